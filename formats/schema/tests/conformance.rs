//! Holds structural schemas to recorded exchanges with a real kube-apiserver: what is pruned, defaulted and refused.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is files, found by an environment variable"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use flux_schema::{FieldError, Structural};
use serde_json::{Value, json};

/// Recorded exchanges that must agree; only ever goes up. The rest needs CEL.
const AGREE: usize = 242;

fn corpus() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let base = std::env::var_os("FLUX_CONFORMANCE").map_or(beside, PathBuf::from);
    Some(base.join("apiserver/scenarios")).filter(|folder| folder.is_dir())
}

#[derive(Default)]
struct Tally {
    agree: usize,
    differences: Vec<String>,
}

impl Tally {
    fn judge<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, ours: &T, theirs: &T) {
        if ours == theirs {
            self.agree += 1;
        } else {
            self.differences
                .push(format!("{place}\n    ours:   {ours:?}\n    theirs: {theirs:?}"));
        }
    }
}

#[test]
fn recorded_custom_resources() {
    let Some(folder) = corpus() else {
        println!("SKIPPED: no corpus; set FLUX_CONFORMANCE to the folder of the corpora");
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut tally = Tally::default();
    for file in files {
        let scenario: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let name = scenario["name"].as_str().unwrap_or_default();
        let mut schemas = BTreeMap::new();
        for (i, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
            let place = format!("{name} step {}", i + 1);
            judge(&place, step, &mut schemas, &mut tally);
        }
    }
    for line in &tally.differences {
        println!("{line}");
    }
    println!(
        "{} of {} agree",
        tally.agree,
        tally.agree + tally.differences.len()
    );
    assert!(tally.agree >= AGREE, "{} agree, {AGREE} did before", tally.agree);
}

fn judge(place: &str, step: &Value, schemas: &mut BTreeMap<String, Structural>, tally: &mut Tally) {
    let (request, response) = (&step["request"], &step["response"]);
    let body = &request["body"];
    if !body.is_object() || !matches!(request["method"].as_str(), Some("POST" | "PUT")) {
        return;
    }
    if body["kind"] == "CustomResourceDefinition" {
        definition(place, body, response, schemas, tally);
    } else if let Some(schema) = schemas.get(body["apiVersion"].as_str().unwrap_or_default())
        && request["method"] == "POST"
        && !request["path"].as_str().unwrap_or_default().contains('?')
    {
        resource(place, schema, body, &response["body"], tally);
    }
}

fn definition(
    place: &str,
    body: &Value,
    response: &Value,
    schemas: &mut BTreeMap<String, Structural>,
    tally: &mut Tally,
) {
    let group = body
        .pointer("/spec/group")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut errors = Vec::new();
    for version in body
        .pointer("/spec/versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let Some(schema) = version.pointer("/schema/openAPIV3Schema") else {
            continue;
        };
        match Structural::from_openapi_v3(schema) {
            Ok(schema) => {
                schemas.insert(
                    format!("{group}/{}", version["name"].as_str().unwrap_or_default()),
                    schema,
                );
            }
            Err(found) => errors.extend(found),
        }
    }
    let theirs = causes(&response["body"]);
    let about_schema = |field: &str| field.contains("openAPIV3Schema");
    if response["status"] == 422 && theirs.iter().any(|(field, _)| about_schema(field)) {
        tally.judge(place, &ours(&errors), &theirs);
    } else if response["status"] == 201 {
        tally.judge(place, &ours(&errors), &BTreeSet::new());
    }
}

fn resource(place: &str, schema: &Structural, body: &Value, response: &Value, tally: &mut Tally) {
    let mut object = body.clone();
    schema.prune(&mut object);
    schema.default(&mut object);
    let errors = schema.validate(&object, None);
    if response["kind"] == "Status" {
        if response["reason"] == "Invalid" {
            tally.judge(place, &ours(&errors), &causes(response));
        }
        return;
    }
    if !response.is_object() {
        return;
    }
    let bare = |object: &Value| {
        let mut object = object.clone();
        for key in ["metadata", "status"] {
            if let Some(map) = object.as_object_mut() {
                map.remove(key);
            }
        }
        object
    };
    tally.judge(&format!("{place} (errors)"), &ours(&errors), &BTreeSet::new());
    // The corpus does not tell 1.0 from 1.
    let text = |object: &Value| bare(object).to_string().replace("1.0}", "1}");
    tally.judge(place, &text(&object), &text(response));
}

type Causes = BTreeSet<(String, String)>;

fn ours(errors: &[FieldError]) -> Causes {
    errors
        .iter()
        .map(|error| {
            (
                error.path.clone(),
                format!("{} {}", error.kind.reason(), error.message()),
            )
        })
        .collect()
}

fn causes(status: &Value) -> Causes {
    let list = status.pointer("/details/causes").and_then(Value::as_array);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.into_iter()
        .flatten()
        .map(|cause| {
            (
                text(&cause["field"]),
                format!("{} {}", text(&cause["reason"]), text(&cause["message"])),
            )
        })
        .filter(|_| *status != json!(null))
        .collect()
}
