//! Holds ownership to recorded exchanges with a real kube-apiserver, as far as it can be judged without a server.
//!
//! Every write whose object before and after is known is repeated here: the managed fields must come out as recorded, and
//! conflicts with the recorded message.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is files, found by an environment variable"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use flux_managedfields::{
    ApplyError, FieldSet, Request, apply, reset_fields, reset_fields_of_custom, same_but_for_times, update,
};
use flux_schema::{Facts, Structural, TypeRef};
use serde_json::{Value, json};

/// Recorded writes that must agree; only ever goes up. The rest needs a server: allocated addresses, admission, quantities.
const AGREE: usize = 653;

fn corpus() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let base = std::env::var_os("FLUX_CONFORMANCE").map_or(beside, PathBuf::from);
    Some(base.join("apiserver/scenarios")).filter(|folder| folder.is_dir())
}

#[test]
fn recorded_writes() {
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
        if matches!(
            scenario["topic"].as_str(),
            Some("apply" | "patch" | "crud" | "crd")
        ) {
            let mut world = World {
                name: scenario["name"].as_str().unwrap_or_default().into(),
                ..World::default()
            };
            for step in scenario["steps"].as_array().unwrap() {
                world.step(step, &mut tally);
            }
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

#[derive(Default)]
struct Tally {
    agree: usize,
    differences: Vec<String>,
}

impl Tally {
    fn judge(&mut self, place: &str, ours: &Value, theirs: &Value) {
        let (ours, theirs) = (normal(ours), normal(theirs));
        if ours == theirs {
            self.agree += 1;
        } else {
            self.differences
                .push(format!("{place}\n    ours:   {ours}\n    theirs: {theirs}"));
        }
    }
}

/// What is known of the server.
#[derive(Default)]
struct World {
    name: String,
    objects: BTreeMap<String, Value>,
    schemas: BTreeMap<(String, String), (Structural, bool)>,
    step: usize,
}

/// A path taken apart.
struct Target {
    group: String,
    version: String,
    plural: String,
    subresource: String,
    object: String,
}

fn target(path: &str) -> Option<Target> {
    let path = path.split('?').next()?;
    let mut steps = path.trim_matches('/').split('/');
    let (group, version) = match steps.next()? {
        "api" => (String::new(), steps.next()?.to_owned()),
        "apis" => (steps.next()?.to_owned(), steps.next()?.to_owned()),
        _ => return None,
    };
    let rest: Vec<&str> = steps.collect();
    let (namespace, rest) = match rest.as_slice() {
        ["namespaces", namespace, rest @ ..]
            if !rest.is_empty() && !matches!(rest, ["status" | "finalize"]) =>
        {
            (*namespace, rest)
        }
        rest => ("", rest),
    };
    let plural = (*rest.first()?).to_owned();
    let name = rest.get(1).copied().unwrap_or_default();
    let object = format!("{group}/{plural}/{namespace}/{name}");
    let subresource = rest.get(2).copied().unwrap_or_default().to_owned();
    Some(Target {
        group,
        version,
        plural,
        subresource,
        object,
    })
}

fn query(path: &str, key: &str) -> Option<String> {
    let query = path.split_once('?')?.1;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.replace("%20", " ").replace("%2F", "/"))
}

impl World {
    fn step(&mut self, step: &Value, tally: &mut Tally) {
        self.step += 1;
        let (request, response) = (&step["request"], &step["response"]);
        let method = request["method"].as_str().unwrap_or_default();
        let path = request["path"].as_str().unwrap_or_default();
        let Some(mut target) = target(path) else { return };
        if target.plural == "customresourcedefinitions" && matches!(method, "POST" | "PUT") {
            self.learn(&request["body"]);
        }
        let status = response["status"].as_u64().unwrap_or_default();
        let body = &response["body"];
        if method == "POST" {
            let name = [body, &request["body"]]
                .iter()
                .find_map(|object| object.pointer("/metadata/name")?.as_str());
            target.object.push_str(name.unwrap_or_default());
        }
        let dry = query(path, "dryRun").is_some();
        if body.is_object() && (status < 300 || status == 409) && target.subresource != "scale" {
            self.judge(&target, request, response, tally);
        }
        if method == "GET" && body["kind"] == "List" || dry || status >= 300 {
            return;
        }
        if body.is_object() && body.pointer("/metadata/name").is_some() && target.subresource != "scale" {
            self.objects.insert(target.object, body.clone());
        } else if method != "GET" {
            self.objects.remove(&target.object);
            if method == "DELETE" {
                self.objects.clear();
            }
        }
    }

    fn learn(&mut self, definition: &Value) {
        let spec = &definition["spec"];
        for version in spec["versions"].as_array().into_iter().flatten() {
            let Some(schema) = version.pointer("/schema/openAPIV3Schema") else {
                continue;
            };
            if let Ok(schema) = Structural::from_openapi_v3(schema) {
                let key = (
                    spec["group"].as_str().unwrap_or_default().into(),
                    version["name"].as_str().unwrap_or_default().into(),
                );
                self.schemas
                    .insert(key, (schema, version.pointer("/subresources/status").is_some()));
            }
        }
    }

    fn judge(&self, target: &Target, request: &Value, response: &Value, tally: &mut Tally) {
        let (method, path) = (
            request["method"].as_str().unwrap_or_default(),
            request["path"].as_str().unwrap_or_default(),
        );
        let kind = request
            .pointer("/headers/Content-Type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_apply = kind.contains("apply-patch");
        let live = self.objects.get(&target.object);
        let api_version = if target.group.is_empty() {
            target.version.clone()
        } else {
            format!("{}/{}", target.group, target.version)
        };
        if live.is_some_and(|live| live["apiVersion"] != api_version) {
            return;
        }
        let (ty, reset) = match self.schemas.get(&(target.group.clone(), target.version.clone())) {
            Some((schema, has_status)) => (
                schema.type_ref(),
                reset_fields_of_custom(*has_status, &target.subresource),
            ),
            None => {
                let Some(facts) =
                    Facts::builtin().by_resource(&target.group, &target.version, &target.plural)
                else {
                    return;
                };
                (
                    facts.type_ref(),
                    reset_fields(facts.group, facts.kind, &target.subresource),
                )
            }
        };
        let agent = request
            .pointer("/headers/User-Agent")
            .and_then(Value::as_str)
            .unwrap_or("conformance/1.0");
        let manager =
            query(path, "fieldManager").unwrap_or_else(|| agent.split('/').next().unwrap_or_default().into());
        let context = Context {
            ty,
            api_version: &api_version,
            manager: &manager,
            subresource: &target.subresource,
            reset: reset.as_ref(),
        };
        let place = format!("{} step {} {method} {path}", self.name, self.step);
        let body = &response["body"];
        match method {
            "PATCH" if is_apply => {
                let config = request["body"].clone();
                let created = response["status"] == 201;
                if !config.is_object() || (live.is_none() && !created) {
                    return;
                }
                let force = query(path, "force").is_some_and(|force| force == "true" || force == "1");
                context.apply(live.filter(|_| !created), &config, force, body, &place, tally);
            }
            "PATCH" | "PUT" | "POST" if response["status"] != 409 && body["kind"] != "Status" => {
                let created = response["status"] == 201;
                if live.is_none() && !created {
                    return;
                }
                // A JSON patch may rewrite the managed fields themselves: that is the patch's business.
                if request["body"].is_array()
                    && request["body"].to_string().contains("/metadata/managedFields")
                {
                    return;
                }
                let mut new = body.clone();
                let sent = request["body"].pointer("/metadata/managedFields").cloned();
                match sent {
                    Some(sent) if method != "PATCH" || target.subresource.is_empty() => {
                        new["metadata"]["managedFields"] = sent
                    }
                    _ => {
                        let stored = live.and_then(|live| live.pointer("/metadata/managedFields"));
                        new["metadata"]["managedFields"] =
                            stored.filter(|_| !created).cloned().unwrap_or(Value::Null);
                    }
                }
                let ours = update(live.filter(|_| !created), new, &context.request());
                tally.judge(&place, managed(&ours), managed(body));
            }
            _ => {}
        }
    }
}

struct Context<'a> {
    ty: TypeRef<'a>,
    api_version: &'a str,
    manager: &'a str,
    subresource: &'a str,
    reset: Option<&'a FieldSet>,
}

impl Context<'_> {
    fn request(&self) -> Request<'_> {
        Request {
            ty: self.ty,
            api_version: self.api_version,
            manager: self.manager,
            subresource: self.subresource,
            now: "2026-11-21T00:00:00Z",
            reset: self.reset,
        }
    }

    fn apply(
        &self,
        live: Option<&Value>,
        config: &Value,
        force: bool,
        body: &Value,
        place: &str,
        tally: &mut Tally,
    ) {
        match apply(live, config, &self.request(), force) {
            Ok(object) => {
                // What changed nothing is not stored, times included.
                let kept = live.filter(|live| same_but_for_times(live, &object));
                tally.judge(place, managed(kept.unwrap_or(&object)), managed(body));
                if body["kind"] != "Status" {
                    tally.judge(&format!("{place} (values)"), &beyond(&object, body), &json!({}));
                }
            }
            Err(error) => {
                let message = body["message"].as_str().unwrap_or_default();
                let lines = |text: &str| {
                    text.split(['\n', ':'])
                        .map(str::to_owned)
                        .collect::<std::collections::BTreeSet<_>>()
                };
                let equal =
                    lines(&error.to_string()) == lines(message) || !matches!(error, ApplyError::Conflicts(_));
                tally.judge(
                    place,
                    &json!(if equal {
                        message.to_owned()
                    } else {
                        error.to_string()
                    }),
                    &json!(message),
                );
            }
        }
    }
}

/// What we have and the server has not, or has otherwise.
fn beyond(ours: &Value, theirs: &Value) -> Value {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let skipped = |key: &str| {
                matches!(
                    key,
                    "managedFields" | "resourceVersion" | "generation" | "status" | "stringData"
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
        (ours, Value::Null) if matches!(ours, Value::Object(map) if map.is_empty()) || ours.is_null() => {
            json!({})
        }
        (ours, Value::Null) if ours == &json!([]) => json!({}),
        (ours, _) => ours.clone(),
    }
}

fn managed(object: &Value) -> &Value {
    object.pointer("/metadata/managedFields").unwrap_or(&Value::Null)
}

/// Entries in a fixed order, times by presence, uids hidden.
fn normal(value: &Value) -> Value {
    let Some(list) = value.as_array() else {
        return value.clone();
    };
    let mut entries: Vec<Value> = list.clone();
    for entry in &mut entries {
        if entry.get("time").is_some() {
            entry["time"] = json!("<time>");
        }
        hide_uids(&mut entry["fieldsV1"]);
    }
    entries.sort_by_key(|entry| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        (
            text("manager"),
            text("operation"),
            text("apiVersion"),
            text("subresource"),
        )
    });
    Value::Array(entries)
}

fn hide_uids(fields: &mut Value) {
    let Some(map) = fields.as_object_mut() else { return };
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        let Some(mut value) = map.remove(&key) else {
            continue;
        };
        hide_uids(&mut value);
        let hidden = if key.starts_with("k:{\"uid\":") {
            "k:{\"uid\":\"<uid>\"}".into()
        } else {
            key
        };
        map.insert(hidden, value);
    }
}
