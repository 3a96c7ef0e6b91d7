//! Holds patches to recorded exchanges with a real kube-apiserver.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is files, found by an environment variable"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use flux_patch::{json_patch, merge_patch, strategic_merge};
use flux_schema::{Facts, TypeRef};
use serde_json::{Value, json};

/// Recorded patches that must agree; only ever goes up. The rest needs a server.
const AGREE: usize = 182;

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

#[test]
fn recorded_patches() {
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
        let mut objects = BTreeMap::new();
        for (i, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
            let place = format!("{} step {}", scenario["name"].as_str().unwrap_or_default(), i + 1);
            exchange(&place, step, &mut objects, &mut tally);
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

fn exchange(place: &str, step: &Value, objects: &mut BTreeMap<String, Value>, tally: &mut Tally) {
    let (request, response) = (&step["request"], &step["response"]);
    let (Some(path), Some(method)) = (request["path"].as_str(), request["method"].as_str()) else {
        return;
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let body = &response["body"];
    let path = match (method, body.pointer("/metadata/name").and_then(Value::as_str)) {
        ("POST", Some(name)) => format!("{path}/{name}"),
        _ => path.trim_end_matches("/status").to_owned(),
    };
    if method == "PATCH"
        && let Some(before) = objects.get(&path)
    {
        patch(place, request, before, response, tally);
    }
    let good = response["status"].as_u64().is_some_and(|status| status < 300);
    if good && body.pointer("/metadata/name").is_some() && !query.contains("dryRun") {
        objects.insert(path, body.clone());
    } else if method != "GET" && good {
        objects.remove(&path);
    }
}

fn patch(place: &str, request: &Value, before: &Value, response: &Value, tally: &mut Tally) {
    let kind = request
        .pointer("/headers/Content-Type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let patch = &request["body"];
    let mut ours = before.clone();
    let result = match kind {
        "application/json-patch+json" if !patch.is_null() => {
            json_patch(&mut ours, patch).map_err(|error| error.to_string())
        }
        "application/merge-patch+json" if patch.is_object() => {
            merge_patch(&mut ours, patch);
            Ok(())
        }
        "application/strategic-merge-patch+json" if patch.is_object() => {
            let version = before["apiVersion"].as_str().unwrap_or_default();
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let kind = before["kind"].as_str().unwrap_or_default();
            let ty = Facts::builtin()
                .type_of(group, version, kind)
                .unwrap_or(TypeRef::Deduced);
            strategic_merge(before, patch, ty)
                .map(|merged| ours = merged)
                .map_err(|error| error.to_string())
        }
        _ => return,
    };
    let status = response["status"].as_u64().unwrap_or_default();
    let message = response["body"]["message"].as_str().unwrap_or_default();
    let difference = match (status, result) {
        (200, Ok(())) => beyond(&ours, &response["body"]),
        (200, Err(error)) => json!(error),
        // The texts of JSON patch failures are generic.
        (422, Err(_)) if message.starts_with("the server rejected our request") => json!({}),
        (422, Ok(())) if message.starts_with("the server rejected our request") => json!("ours succeeds"),
        (400 | 413 | 500, Err(error)) if message.ends_with(&error) => json!({}),
        (400 | 413 | 500, Err(error)) => json!([error, message]),
        // Refused later than by the patch.
        _ => return,
    };
    if difference == json!({}) {
        tally.agree += 1;
    } else {
        let shown = |value: &Value| value.to_string().chars().take(600).collect::<String>();
        tally.differences.push(format!(
            "{place}\n    patch: {}\n    ours: {}",
            shown(patch),
            shown(&difference)
        ));
    }
}

/// What we have and the server has not, or has otherwise: it may have more, by defaulting.
fn beyond(ours: &Value, theirs: &Value) -> Value {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let skipped = |key: &str| {
                matches!(
                    key,
                    "managedFields" | "resourceVersion" | "generation" | "stringData"
                )
            };
            let fields = ours
                .iter()
                .filter(|(key, _)| !skipped(key))
                .filter_map(|(key, value)| {
                    let rest = beyond(value, theirs.get(key).unwrap_or(&Value::Null));
                    if rest == json!({}) {
                        None
                    } else {
                        Some((key.clone(), rest))
                    }
                });
            Value::Object(fields.collect())
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let rest: Vec<Value> = ours
                .iter()
                .zip(theirs)
                .map(|(ours, theirs)| beyond(ours, theirs))
                .collect();
            if rest.iter().all(|rest| *rest == json!({})) {
                json!({})
            } else {
                Value::Array(rest)
            }
        }
        (ours, theirs) if ours == theirs => json!({}),
        (Value::Object(map), Value::Null) if map.is_empty() => json!({}),
        (Value::Null, _) => json!({}),
        (ours, Value::Null) if ours == &json!([]) => json!({}),
        (ours, _) => ours.clone(),
    }
}
