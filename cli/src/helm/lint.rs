//! `helm lint`.

use std::path::{Path, PathBuf};

use flux_gotemplate::Functions;
use flux_helm::chart::{ChartLimits, File, read_archive};
use flux_helm::lint::{Severity, lint};
use flux_helm::{Capabilities, KubeVersion, Log, Table};
use flux_host::Machine;

use super::flags::{Flag, Kind, Parsed};
use super::{Failure, namespace, parse, print, print_log, values, walk};

const FLAGS: &[Flag] = &[
    ("strict", None, Kind::Switch),
    ("with-subcharts", None, Kind::Switch),
    ("quiet", None, Kind::Switch),
    ("skip-schema-validation", None, Kind::Switch),
    ("kube-version", None, Kind::Text),
];

const USAGE: &str = "Usage:\n  helm lint PATH [flags]\n";

/// Runs `helm lint`.
pub fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let Some(parsed) = parse(arguments, &[FLAGS, values::FLAGS], USAGE)? else {
        return Ok(());
    };
    if parsed.arguments.is_empty() {
        return Err(
            "\"helm lint\" requires at least 1 argument\n\nUsage:  helm lint PATH [flags]".to_owned(),
        );
    }
    let mut capabilities = Capabilities::default();
    let version = parsed.text("kube-version");
    if !version.is_empty() {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|error| format!("invalid kube version '{version}': {error}"))?;
    }
    let mut paths: Vec<PathBuf> = parsed.arguments.iter().map(PathBuf::from).collect();
    if parsed.on("with-subcharts") {
        for path in paths.clone() {
            subcharts(&path.join("charts"), &mut paths);
        }
    }
    let given = values::merged(&parsed)?;
    let lowest = if parsed.on("strict") {
        Severity::Warning
    } else {
        Severity::Error
    };
    let mut text = String::new();
    let (mut failed, mut notable) = (0, 0);
    for path in &paths {
        let quiet = parsed.on("quiet");
        let outcome = one(path, &given, &capabilities, &parsed, log);
        print_log(log);
        let messages = outcome.as_ref().map_or(&[][..], Vec::as_slice);
        let is_notable = outcome.is_err() || messages.iter().any(|message| message.severity > Severity::Info);
        notable += usize::from(is_notable);
        if quiet && !is_notable {
            continue;
        }
        text.push_str(&format!("==> Linting {}\n", path.display()));
        if let Err(error) = &outcome {
            text.push_str(&format!("Error {error}\n"));
        }
        for message in messages
            .iter()
            .filter(|message| !quiet || message.severity > Severity::Info)
        {
            text.push_str(&format!("{message}\n"));
        }
        failed += usize::from(outcome.is_err() || messages.iter().any(|message| message.severity >= lowest));
        text.push('\n');
    }
    print(&text)?;
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", paths.len());
    if failed > 0 {
        return Err(summary);
    }
    if !parsed.on("quiet") || notable > 0 {
        print(&format!("{summary}\n"))?;
    }
    Ok(())
}

fn subcharts(dir: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            subcharts(&path, paths);
        } else if name == "Chart.yaml" {
            paths.push(dir.to_owned());
        } else if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
            paths.push(path);
        }
    }
}

fn one(
    path: &Path,
    given: &Table,
    capabilities: &Capabilities,
    parsed: &Parsed,
    log: &mut Log,
) -> Result<Vec<flux_helm::lint::Message>, Failure> {
    let files = files(path, log)?;
    if !files.iter().any(|file| file.name == "Chart.yaml") {
        let missing = path.join("Chart.yaml");
        return Err(format!(
            "unable to check Chart.yaml file in chart: stat {}: no such file or directory",
            missing.display()
        ));
    }
    let skip_schema = parsed.on("skip-schema-validation");
    let version = parsed.has("kube-version").then_some(&capabilities.kube_version);
    Ok(lint(
        &files,
        given,
        &namespace(
            parsed.text("namespace"),
            parsed.text("kubeconfig"),
            parsed.text("kube-context"),
        ),
        version,
        skip_schema,
        &Functions::helm(),
        &Machine::default(),
        log,
    ))
}

fn files(path: &Path, log: &mut Log) -> Result<Vec<File>, Failure> {
    let name = path.to_string_lossy();
    if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        let data = std::fs::read(path).map_err(|error| {
            format!(
                "unable to open tarball: {}",
                super::file_error("open", path, &error)
            )
        })?;
        return read_archive(&data, &ChartLimits::default())
            .map_err(|error| format!("unable to extract tarball: {error}"));
    }
    if !path.join("Chart.yaml").exists() {
        return Ok(Vec::new());
    }
    walk::dir_files(path, log)
}
