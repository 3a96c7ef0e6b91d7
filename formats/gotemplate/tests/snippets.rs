//! Holds functions to template snippets that the real helm 4.3.1 rendered: those of the corpus that need no chart of their
//! own, and those of this project.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is files, found by an environment variable; large stacks are threads"
)]
#![expect(clippy::unwrap_used, reason = "a test; what is missing is a broken corpus")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use flux_gotemplate::{
    Error, Functions, GoStr, Host, KeyKind, Limits, Map, MapType, Mutated, Options, Scope, TemplateSet, Ty,
    Value,
};
use serde_json::Value as Json;

/// Snippets of the corpus that must agree; only ever goes up. Those that need more than values are Helm's engine's.
const AGREE: usize = 498;

/// Bytes of stack: a thousand templates within each other take much in a build for tests.
const STACK: usize = 256 << 20;

/// Time stands still, and chance is a counter.
struct Still(std::cell::Cell<u8>);

impl Host for Still {
    fn now(&self) -> (i64, u32) {
        (1_700_000_000, 0)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        for byte in bytes {
            self.0.set(self.0.get().wrapping_mul(5).wrapping_add(7));
            *byte = self.0.get();
        }
        Ok(())
    }

    fn generate_key(&self, _: KeyKind) -> Result<Vec<u8>, Error> {
        Err(Error::new("no keys"))
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::float(number.as_f64().unwrap()),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(entries) => Value::map(entries.iter().map(|(key, json)| (key.as_str(), value(json)))),
    }
}

fn yaml(text: &str) -> Json {
    let limits = flux_yaml::Limits::default();
    flux_yaml::json::parse_json(text, flux_yaml::json::Duplicates::LastWins, &limits).unwrap_or_default()
}

const VALUES: &MapType = &MapType {
    elem: &Ty::Any,
    name: Some("common.Values"),
};

/// A map of the type that Helm gives values.
fn values(json: &Json) -> Value {
    let entries: BTreeMap<GoStr, Value> = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, json)| (GoStr::from(key.as_str()), value(json)))
        .collect();
    Value::Map(Map::shared(VALUES, entries, Mutated::default()))
}

const SUB: &str = "global: {}\nx: 1\nz: {k: 0, s: str}";

fn root(snippet: &Json, template: &str) -> Value {
    let mut merged = yaml(snippet["values"].as_str().unwrap_or_default());
    if !merged.is_object() {
        merged = Json::Object(Default::default());
    }
    merged["sub"] = yaml(SUB);
    let release = yaml("{Name: rel, Namespace: ns, Service: Helm, IsInstall: true, IsUpgrade: false}");
    let root = Map::with_type(VALUES, BTreeMap::new());
    root.insert("Values", values(&merged));
    let Value::Map(release) = value(&release) else {
        panic!("a map")
    };
    release.insert("Revision", Value::int(1));
    root.insert("Release", Value::Map(release));
    root.insert(
        "Chart",
        value(&yaml("{Name: t, Version: 1.2.3+build.7, AppVersion: '4.50'}")),
    );
    root.insert(
        "Template",
        Value::map([("Name", template.into()), ("BasePath", "t/templates".into())]),
    );
    Value::Map(root)
}

fn render(snippet: &Json, helpers: &str) -> Result<Vec<u8>, String> {
    let name = if snippet.get("output").is_some() {
        "t/templates/NOTES.txt"
    } else {
        "t/templates/test.yaml"
    };
    let mut set = TemplateSet::new("gotpl", Functions::helm());
    set.parse("t/templates/_helpers.tpl", helpers)
        .map_err(|error| error.to_string())?;
    set.parse(name, snippet["template"].as_str().unwrap())
        .map_err(|error| error.to_string())?;
    let host = Still(Default::default());
    let limits = Limits {
        stack: STACK / 2,
        ..Limits::default()
    };
    let mut scope = Scope::new(
        Arc::new(set),
        &host,
        Options {
            limits,
            ..Options::default()
        },
    );
    let output = scope
        .execute(name, root(snippet, name))
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8(output.as_bytes().to_vec());
    Ok(text.map_or_else(
        |error| error.into_bytes(),
        |text| text.replace("<no value>", "").into_bytes(),
    ))
}

/// Helm's display of an error, as Go had it.
fn plain_error(shown: &str) -> String {
    let shown = shown.trim_start_matches("Error: ");
    let shown = shown.split("\n\nUse --debug").next().unwrap_or_default();
    if let Some((_, message)) = shown
        .strip_prefix("execution error at (")
        .and_then(|rest| rest.split_once("): "))
    {
        return message.to_owned();
    }
    if let Some(rest) = shown.strip_prefix("parse error at (") {
        return format!("template: {}", rest.replacen("): ", ": ", 1));
    }
    let joined = shown
        .replace(
            "error calling include:\ntemplate: ",
            "error calling include: template: ",
        )
        .replace("error calling include:\n", "error calling include: template: ")
        .replace("\n  executing ", ": executing ")
        .replace(">:\n    ", ">: ");
    if joined.starts_with("template: ") {
        joined
    } else {
        format!("template: {joined}")
    }
}

fn inner(error: &str) -> &str {
    let marked = error
        .split_once("HELM_ERR_START")
        .and_then(|(_, rest)| rest.split_once("HELM_ERR_END"));
    marked.map_or(error, |(message, _)| message)
}

/// The difference, if there is one.
fn judge(snippet: &Json, helpers: &str) -> Option<String> {
    let name = snippet["name"]
        .as_str()
        .or(snippet["template"].as_str())
        .unwrap_or_default();
    let ours = render(snippet, helpers);
    if let Some(expect) = snippet.get("output").and_then(Json::as_str) {
        return match ours {
            Ok(ours) if ours == expect.as_bytes() => None,
            Ok(ours) => Some(format!(
                "{name}\n  ours:   {:?}\n  theirs: {expect:?}",
                String::from_utf8_lossy(&ours)
            )),
            Err(error) => Some(format!("{name}\n  ours:   error {error}\n  theirs: {expect:?}")),
        };
    }
    let expect = plain_error(snippet["error"].as_str().unwrap_or_default());
    match ours {
        Err(error) if inner(&error) == expect => None,
        Err(error) => Some(format!(
            "{name}\n  ours:   error {error}\n  theirs: error {expect}"
        )),
        Ok(ours) => Some(format!(
            "{name}\n  ours:   {:?}\n  theirs: error {expect}",
            String::from_utf8_lossy(&ours)
        )),
    }
}

/// What differs, found on a thread with a large stack.
fn differences(snippets: Vec<Json>, helpers: String) -> Vec<String> {
    let judge_all = move || {
        snippets
            .iter()
            .filter_map(|snippet| judge(snippet, &helpers))
            .collect()
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(judge_all)
        .unwrap()
        .join()
        .unwrap()
}

fn lines(text: &str) -> Vec<Json> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whether a snippet needs a whole chart.
fn needs_chart(snippet: &Json) -> bool {
    let name = snippet["name"].as_str().unwrap_or_default();
    let template = snippet["template"].as_str().unwrap_or_default();
    let chart = ["co-", "file-", "obj-", "num-set", "yaml11-", "yaml-values"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    let objects = [
        ".Files",
        ".Capabilities",
        ".Subcharts",
        "/_cfg.yaml",
        ".Chart",
        "typeOf .",
    ];
    chart
        || snippet.get("set").is_some()
        || snippet.get("chart_values").is_some()
        || objects.iter().any(|object| template.contains(object)) && name != "tpl-from-values"
        || name == "cry-genCA-shape"
}

#[test]
fn corpus() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let base = std::env::var_os("FLUX_CONFORMANCE")
        .map_or(beside, PathBuf::from)
        .join("helm/templates");
    let Ok(text) = std::fs::read_to_string(base.join("snippets.jsonl")) else {
        println!("SKIPPED: no corpus; set FLUX_CONFORMANCE to the folder of the corpora");
        return;
    };
    let helpers = std::fs::read_to_string(base.join("chart/templates/_helpers.tpl")).unwrap();
    let snippets: Vec<Json> = lines(&text)
        .into_iter()
        .filter(|snippet| !needs_chart(snippet))
        .collect();
    let differences = differences(snippets.clone(), helpers);
    for difference in &differences {
        println!("{difference}");
    }
    let agree = snippets.len() - differences.len();
    println!("{agree} of {} agree", snippets.len());
    assert!(agree >= AGREE, "{agree} agree, {AGREE} did before");
}

#[test]
fn own_cases() {
    let cases = lines(include_str!("cases.jsonl"));
    let differences = differences(cases.clone(), String::new());
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n")
    );
}
