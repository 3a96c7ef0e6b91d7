//! Helm's engine on snippets of templates, where the corpus is at hand, beside what helm 4.3 made of them.
//!
//! Each is the notes of a small chart, or (those that fail) a template of it. How many must agree is in `helm-snippets.ratchet`.

use std::path::Path;

use flux_gotemplate::Functions;
use flux_helm::chart::{ChartLimits, File, load_dir_files};
use flux_helm::values::{Kind, load_values, set_values};
use flux_helm::{KubeVersion, Log, Request, render};
use flux_host::Machine;
use serde_json::Value;

/// The files of the chart, without what a snippet adds.
fn fixture(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            fixture(&path, &format!("{name}/"), files);
        } else {
            files.push(File::new(name, std::fs::read(&path).unwrap()));
        }
    }
}

/// What the engine makes of it: the notes, or what helm would print on standard error.
fn rendered(snippet: &Value, files: &[File]) -> Result<String, String> {
    let text = |key: &str| snippet[key].as_str().unwrap_or_default().to_owned();
    let place = if snippet.get("output").is_some() {
        "templates/NOTES.txt"
    } else {
        "templates/test.yaml"
    };
    let mut files = files.to_vec();
    files.push(File::new(place, text("template")));
    files.push(File::new("values.yaml", text("chart_values")));
    let mut log = Log::new();
    let chart = load_dir_files(files, &ChartLimits::default(), &mut log).map_err(|e| e.to_string())?;
    let mut values = load_values(text("values").as_bytes())
        .map_err(|error| format!("Error: failed to parse values.yaml: {error}\n"))?;
    for set in snippet["set"].as_array().into_iter().flatten() {
        set_values(set.as_str().unwrap(), &mut values, &Kind::Typed).map_err(|e| e.to_string())?;
    }
    let mut request = Request::new(chart, values, "rel", "ns");
    if snippet.get("capabilities").is_some() {
        request.capabilities.kube_version = KubeVersion::parse("1.33.0").unwrap();
        let further = [
            "monitoring.coreos.com/v1",
            "monitoring.coreos.com/v1/ServiceMonitor",
        ];
        request
            .capabilities
            .api_versions
            .extend(further.map(str::to_owned));
    }
    match render(request, &Functions::helm(), &Machine { dns: false }, &mut log) {
        Ok(rendered) => Ok(rendered.notes),
        Err(error) if error.has_release() => Err(format!(
            "Error: {error}\n\nUse --debug flag to render out invalid YAML\n"
        )),
        Err(error) => Err(format!("Error: {error}\n")),
    }
}

#[test]
fn snippets_render_as_with_helm() {
    let Some(corpus) = xtask::checkout::conformance("helm/templates") else {
        return;
    };
    let mut files = Vec::new();
    fixture(&corpus.join("chart"), "", &mut files);
    let snippets = std::fs::read_to_string(corpus.join("snippets.jsonl")).unwrap();
    let wanted = std::env::var("FLUX_CASE").unwrap_or_default();
    let (mut agree, mut total) = (0, 0);
    for line in snippets.lines() {
        let snippet: Value = serde_json::from_str(line).unwrap();
        let name = snippet["name"].as_str().unwrap_or_default();
        if !name.contains(&wanted) {
            continue;
        }
        total += 1;
        let ours = rendered(&snippet, &files);
        let theirs = match snippet["output"].as_str() {
            Some(output) => Ok(output.to_owned()),
            None => Err(snippet["error"].as_str().unwrap_or_default().to_owned()),
        };
        if ours == theirs {
            agree += 1;
        } else {
            eprintln!("{name}\n  ours:   {ours:?}\n  theirs: {theirs:?}");
        }
    }
    eprintln!("{agree} of {total} snippets agree");
    let ratchet: usize = include_str!("../../helm-snippets.ratchet")
        .trim()
        .parse()
        .unwrap();
    assert!(
        !wanted.is_empty() || agree >= ratchet,
        "{agree} snippets agree, {ratchet} did before"
    );
}
