//! Random templates, ours beside the real helm.
//!
//! The real program is found in `target/peers`, where `cargo xtask peers` puts it. `FLUX_DIFFERENTIAL` is how many templates
//! are tried (100 unless given), `FLUX_SEED` where the random numbers begin.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test that runs a program on files"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use flux_gotemplate::{Functions, Map, MapType, NoHost, Options, Scope, TemplateSet, Ty, Value};

use super::random::{Random, template};

const VALUES: &str = r#"{
  "name": "web", "count": 3, "ratio": 0.75, "big": 123456789, "small": 1.5e-7, "neg": -7, "yes": true, "no": false,
  "empty": "", "uni": "héllo ✓ 日本", "quoted": "a\"b\\c\n<&>'",
  "list": ["a", "b", "c"], "nums": [3, 1, 2], "mixed": [1, "two", 3.5, true, null, {"k": "v"}, ["x"]], "none": [],
  "void": {}, "map": {"z": 1, "a": "two", "m": {"k": [1, 2]}}, "users": [{"name": "ann", "age": 30}, {"name": "bob"}]
}"#;

static VALUES_TYPE: MapType = MapType {
    elem: &Ty::Any,
    name: Some("common.Values"),
};

fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::float(number.as_f64().unwrap()),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => Value::map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str(), from_json(value))),
        ),
    }
}

fn data() -> Value {
    let Value::Map(values) = from_json(&serde_json::from_str(VALUES).unwrap()) else {
        unreachable!()
    };
    // Helm adds the values of the subcharts that all share.
    values.insert("global", Value::map::<&str>([]));
    values.remove("global");
    let values = Map::with_type(
        &VALUES_TYPE,
        values.entries().into_iter().collect::<BTreeMap<_, _>>(),
    );
    Value::map([("Values", Value::Map(values))])
}

/// What ours gives under a name: the text as Helm cleans it, or the error.
fn ours(name: &str, text: &str) -> Result<String, String> {
    let mut set = TemplateSet::new("gotpl", Functions::builtin());
    set.parse(name, text).map_err(|error| error.to_string())?;
    let mut scope = Scope::new(Arc::new(set), &NoHost, Options::default());
    let result = scope.execute(name, data()).map_err(|error| error.to_string())?;
    Ok(result.to_string().replace("<no value>", ""))
}

struct Helm {
    program: PathBuf,
    chart: PathBuf,
}

impl Helm {
    fn find() -> Option<Self> {
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = tmp.parent()?.join("peers/helm");
        let chart = tmp.join(format!("differential-{}", std::process::id())).join("t");
        program.is_file().then_some(Self { program, chart })
    }

    fn run(&self, files: &[(String, String)], args: &[&str]) -> Result<String, String> {
        let templates = self.chart.join("templates");
        let _ = std::fs::remove_dir_all(&self.chart);
        std::fs::create_dir_all(&templates).unwrap();
        std::fs::write(
            self.chart.join("Chart.yaml"),
            "apiVersion: v2\nname: t\nversion: 1.0.0\n",
        )
        .unwrap();
        std::fs::write(self.chart.join("values.yaml"), VALUES).unwrap();
        for (name, text) in files {
            std::fs::write(templates.join(name), text).unwrap();
        }
        let output = Command::new(&self.program)
            .args(args)
            .arg(&self.chart)
            .env("KUBECONFIG", "/dev/null")
            .output()
            .unwrap();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn notes(&self, files: &[(String, String)]) -> Result<String, String> {
        let output = self.run(
            files,
            &["install", "rel", "-n", "ns", "--dry-run=client", "-o", "json"],
        )?;
        let release: serde_json::Value = serde_json::from_str(&output).unwrap();
        Ok(release["info"]["notes"].as_str().unwrap_or_default().to_owned())
    }

    /// The notes of many templates that all succeed, from one call.
    fn batch(&self, texts: &[&str]) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        let mut notes = String::new();
        for (index, text) in texts.iter().enumerate() {
            files.push((format!("_{index}.tpl"), (*text).to_owned()));
            notes.push_str(&format!("{{{{ include \"t/templates/_{index}.tpl\" . }}}}\u{1}"));
        }
        files.push(("NOTES.txt".to_owned(), notes));
        let notes = self.notes(&files)?;
        let mut parts: Vec<String> = notes.split('\u{1}').map(str::to_owned).collect();
        parts.pop();
        Ok(parts)
    }

    fn one(&self, text: &str) -> Result<String, String> {
        self.notes(&[("NOTES.txt".to_owned(), text.to_owned())])
    }
}

/// Helm breaks errors of templates into lines, or leaves them as they are.
fn normal(error: &str) -> String {
    let end = error.find("\n\nUse --debug").unwrap_or(error.len());
    let error = error[..end]
        .trim()
        .replace(":\n    ", ": ")
        .replace("\n  ", ": ")
        .replace(":\n", ": ");
    let error = error
        .rsplit_once("FAILED: ")
        .map_or(error.as_str(), |(_, error)| error);
    let error = error.strip_prefix("template: ").unwrap_or(error);
    match error.strip_prefix("parse error at (") {
        Some(rest) => rest.replacen("): ", ": ", 1),
        None => error.to_owned(),
    }
}

/// Ours is longer where Helm keeps the last part of a parse error only.
fn same_error(ours: &str, theirs: &str) -> bool {
    let (ours, theirs) = (normal(ours), normal(theirs));
    let last = |text: &str| text.rsplit(": ").next().unwrap_or_default().to_owned();
    ours == theirs || (!ours.contains("executing") && last(&ours) == last(&theirs))
}

#[test]
fn random_templates() {
    let Some(helm) = Helm::find() else {
        println!("SKIPPED: no helm in target/peers; cargo xtask peers installs it");
        return;
    };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = number("FLUX_DIFFERENTIAL").unwrap_or(100);
    let seed = number("FLUX_SEED").unwrap_or(1);
    let mut random = Random::new(seed);
    let texts: Vec<String> = (0..count).map(|_| template(&mut random)).collect();
    let name = "t/templates/NOTES.txt";
    let (good, bad): (Vec<&String>, Vec<&String>) = texts.iter().partition(|text| ours(name, text).is_ok());
    let mut wrong = 0;
    for texts in good.chunks(50) {
        let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
        let theirs = helm.batch(&texts);
        for (index, text) in texts.iter().enumerate() {
            let theirs = match &theirs {
                Ok(parts) => Ok(parts[index].clone()),
                Err(_) => helm.one(text),
            };
            let ours = ours(name, text);
            if theirs.as_ref().ok() != ours.as_ref().ok() {
                wrong += 1;
                println!("MISMATCH {text}\n  ours   {ours:?}\n  theirs {theirs:?}");
            }
        }
    }
    for text in &bad {
        let ours = ours(name, text).unwrap_err();
        let theirs = helm.one(text);
        if !theirs.as_ref().is_err_and(|theirs| same_error(&ours, theirs)) {
            wrong += 1;
            println!(
                "MISMATCH {text}\n  ours   {}\n  theirs {:?}",
                normal(&ours),
                theirs.map_err(|theirs| normal(&theirs))
            );
        }
    }
    println!(
        "{} of {count} agree ({} of them errors), seed {seed}",
        count - wrong,
        bad.len()
    );
    let _ = std::fs::remove_dir_all(helm.chart.parent().unwrap());
    assert_eq!(wrong, 0);
}
