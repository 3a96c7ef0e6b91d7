//! `helm show`.

use flux_helm::package::{chart_yaml, readme};
use flux_helm::{Chart, Log};

use super::flags::{Flag, Kind};
use super::template::CHART;
use super::{Failure, jsonpath, load, parse, print};

const FLAGS: &[Flag] = &[("devel", None, Kind::Switch), ("jsonpath", None, Kind::Text)];

const USAGE: &str = "Usage:\n  helm show all|chart|crds|readme|values [CHART] [flags]\n";

/// Runs `helm show`.
pub fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let Some(parsed) = parse(arguments, &[FLAGS, CHART], USAGE)? else {
        return Ok(());
    };
    let (what, chart) = match &parsed.arguments[..] {
        [] => return print(USAGE),
        [what, rest @ ..] => (what.as_str(), rest),
    };
    if !matches!(what, "all" | "chart" | "crds" | "readme" | "values") {
        return Err(format!("unknown command {what:?} for \"helm show\""));
    }
    let [chart] = chart else {
        return Err(format!(
            "\"helm show {what}\" requires 1 argument\n\nUsage:  helm show {what} [CHART] [flags]"
        ));
    };
    if parsed.has("jsonpath") && what != "values" {
        return Err("unknown flag: --jsonpath".to_owned());
    }
    let chart = load::locate(chart, &parsed, log)?.load(log)?;
    match (parsed.text("jsonpath"), &chart.values) {
        (template, Some(values)) if !template.is_empty() => print(&jsonpath::print(template, values)?),
        _ => print(&shown(&chart, what)),
    }
}

fn shown(chart: &Chart, what: &str) -> String {
    let all = what == "all";
    let mut text = String::new();
    if all || what == "chart" {
        text.push_str(&chart_yaml(&chart.metadata));
        text.push('\n');
    }
    if (all || what == "values") && chart.values.is_some() {
        if all {
            text.push_str("---\n");
        }
        for file in chart.raw.iter().filter(|file| file.name == "values.yaml") {
            text.push_str(&String::from_utf8_lossy(&file.data));
            text.push('\n');
        }
    }
    if let (true, Some(readme)) = (all || what == "readme", readme(chart)) {
        if all {
            text.push_str("---\n");
        }
        text.push_str(&String::from_utf8_lossy(readme));
        text.push('\n');
    }
    if all || what == "crds" {
        for crd in chart.crds() {
            if !crd.file.data.starts_with(b"---") {
                text.push_str("---\n");
            }
            text.push_str(&String::from_utf8_lossy(&crd.file.data));
            text.push('\n');
        }
    }
    text
}
