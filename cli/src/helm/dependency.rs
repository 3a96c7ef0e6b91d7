//! `helm dependency build` and `helm dependency list`.

use std::fs;
use std::path::{Path, PathBuf};

use flux_helm::chart::{Dependency, Lock};
use flux_helm::resolve::{Source, digest, digest_v2, resolve};
use flux_helm::{Chart, Level, Log, is_compatible};

use super::flags::{Flag, Kind};
use super::{Failure, load, package, parse, print};

const FLAGS: &[Flag] = &[
    ("max-col-width", None, Kind::Text),
    ("verify", None, Kind::Switch),
    ("keyring", None, Kind::Text),
    ("skip-refresh", None, Kind::Switch),
    ("username", None, Kind::Text),
    ("password", None, Kind::Text),
    ("cert-file", None, Kind::Text),
    ("key-file", None, Kind::Text),
    ("insecure-skip-tls-verify", None, Kind::Switch),
    ("plain-http", None, Kind::Switch),
    ("ca-file", None, Kind::Text),
];

const USAGE: &str = "Usage:\n  helm dependency build|list CHART [flags]\n";

/// Runs `helm dependency`.
pub fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let Some(parsed) = parse(arguments, &[FLAGS], USAGE)? else {
        return Ok(());
    };
    let (command, charts) = match &parsed.arguments[..] {
        [] => return print(USAGE),
        [command, charts @ ..] => (command.as_str(), charts),
    };
    if charts.len() > 1 {
        return Err(format!(
            "\"helm dependency {command}\" accepts at most 1 argument\n\n{USAGE}"
        ));
    }
    let path = charts.first().map_or(".", String::as_str);
    match command {
        "list" | "ls" => {
            let width = parsed.text("max-col-width").parse().unwrap_or(80);
            list(Path::new(path), width, log)
        }
        "build" => build(Path::new(path), log),
        other => Err(format!(
            "unknown command {other:?} for \"helm dependency\"; there are build and list"
        )),
    }
}

fn list(path: &Path, width: usize, log: &mut Log) -> Result<(), Failure> {
    let chart = load::chart(path, log)?;
    let Some(dependencies) = &chart.metadata.dependencies else {
        return print(&format!(
            "WARNING: no dependencies at {}\n",
            path.join("charts").display()
        ));
    };
    let mut rows = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned)];
    for dependency in dependencies {
        let status = status(path, dependency, &chart, log);
        rows.push([
            dependency.name.clone(),
            dependency.version.clone(),
            dependency.repository.clone(),
            status.to_owned(),
        ]);
    }
    let mut text = table(&rows, width);
    text.push('\n');
    for file in entries(&path.join("charts")) {
        if !file.is_dir() && file.extension().is_none_or(|extension| extension != "tgz") {
            continue;
        }
        let shown = file.to_string_lossy();
        match load::chart(&file, &mut Log::new()) {
            Err(_) => text.push_str(&format!("WARNING: {shown:?} is not a chart.\n")),
            Ok(found)
                if dependencies
                    .iter()
                    .all(|dependency| dependency.name != found.name()) =>
            {
                text.push_str(&format!("WARNING: {shown:?} is not in Chart.yaml.\n"));
            }
            Ok(_) => {}
        }
    }
    print(&text)
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'))
        })
        .collect();
    entries.sort();
    entries
}

/// What of a dependency is in `charts/`.
fn status(path: &Path, dependency: &Dependency, chart: &Chart, log: &mut Log) -> &'static str {
    let prefix = format!("{}-", dependency.name);
    let mut archives: Vec<PathBuf> = entries(&path.join("charts"))
        .into_iter()
        .filter(|file| version_of(file, &prefix).is_some())
        .collect();
    if archives.len() > 1 {
        archives.retain(|file| {
            version_of(file, &prefix).is_some_and(|version| flux_helm::is_strict_version(&version))
        });
        if archives.len() > 1 {
            return "too many matches";
        }
    }
    if let [archive] = &archives[..] {
        let Ok(found) = load::chart(archive, log) else {
            return "corrupt";
        };
        if found.name() != dependency.name {
            return "misnamed";
        }
        return fits(&found, dependency).unwrap_or("ok");
    }
    let found = chart
        .dependencies
        .iter()
        .rfind(|chart| chart.name() == dependency.name);
    found.map_or("missing", |found| fits(found, dependency).unwrap_or("unpacked"))
}

fn version_of(file: &Path, prefix: &str) -> Option<String> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    Some(name.strip_prefix(prefix)?.strip_suffix(".tgz")?.to_owned())
}

/// Why the version of a chart does not fit.
fn fits(found: &Chart, dependency: &Dependency) -> Option<&'static str> {
    let version = &found.metadata.version;
    if *version == dependency.version {
        return None;
    }
    if !flux_helm::is_range(&dependency.version) {
        return Some("invalid version");
    }
    (!is_compatible(&dependency.version, version)).then_some("wrong version")
}

/// Columns with a tab behind each, as Helm's tables are.
fn table(rows: &[[String; 4]], width: usize) -> String {
    let cell = |text: &str| -> String {
        let length = text.chars().count();
        if length <= width {
            return text.to_owned();
        }
        let kept: String = text.chars().take(width.saturating_sub(3)).collect();
        format!("{kept}...")
    };
    let rows: Vec<[String; 4]> = rows
        .iter()
        .map(|row| row.each_ref().map(|text| cell(text)))
        .collect();
    let mut widths = [0; 4];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            text.push_str(&format!("{cell:width$}\t"));
        }
        text.pop();
        text.push('\n');
    }
    text
}

fn build(path: &Path, log: &mut Log) -> Result<(), Failure> {
    match fs::metadata(path) {
        Err(error) => {
            return Err(format!(
                "could not find {}: {}",
                path.display(),
                super::file_error("stat", path, &error)
            ));
        }
        Ok(metadata) if !metadata.is_dir() => return Err("only unpacked charts can be updated".to_owned()),
        Ok(_) => {}
    }
    let chart = load::dir(path, log)?;
    let dependencies = chart.metadata.dependencies.clone().unwrap_or_default();
    let Some(lock) = &chart.lock else {
        return update(path, &chart, &dependencies, log);
    };
    let locked = lock.dependencies.clone().unwrap_or_default();
    let is_v1 = chart.metadata.api_version == "v1";
    if digest(&dependencies, &locked) != lock.digest {
        if !is_v1 {
            return Err(
                "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies \
                 with 'helm dependency update'"
                    .to_owned(),
            );
        }
        let message = "warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...";
        log.push(Level::Info, message, &[]);
        if digest_v2(&dependencies) != lock.digest {
            return Err(
                "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update \
                 the dependencies"
                    .to_owned(),
            );
        }
    }
    save_all(path, &locked, log)
}

/// Without a lock file, versions are found out, and the lock file is written.
fn update(path: &Path, chart: &Chart, dependencies: &[Dependency], log: &mut Log) -> Result<(), Failure> {
    if chart.metadata.dependencies.is_none() {
        return Ok(());
    }
    let lock = resolve(dependencies, &package::now(), |dependency| {
        versions(path, dependency)
    })
    .map_err(|error| error.to_string())?;
    save_all(path, lock.dependencies.as_deref().unwrap_or_default(), log)?;
    write_lock(path, &lock, chart.metadata.api_version == "v1")
}

fn versions(path: &Path, dependency: &Dependency) -> Result<Vec<String>, String> {
    match dependency.source() {
        Source::Directory(dir) => {
            let dir = local(path, dir)?;
            Ok(vec![load::dir(&dir, &mut Log::new())?.metadata.version])
        }
        Source::Local => Ok(Vec::new()),
        Source::Registry(_) | Source::Repository(_) => Err(remote(dependency)),
    }
}

fn remote(dependency: &Dependency) -> String {
    let Dependency { name, repository, .. } = dependency;
    format!(
        "dependency {name:?} is in the repository {repository:?}: only charts on the disk (file://) are taken here"
    )
}

fn local(path: &Path, dir: &str) -> Result<PathBuf, Failure> {
    let dir = if dir.starts_with('/') {
        PathBuf::from(dir)
    } else {
        path.join(dir)
    };
    if dir.exists() {
        Ok(dir)
    } else {
        Err(format!("directory {} not found", dir.display()))
    }
}

/// Puts the charts into `charts/`, and removes archives that are not wanted any more.
fn save_all(path: &Path, dependencies: &[Dependency], log: &mut Log) -> Result<(), Failure> {
    let charts = path.join("charts");
    let mut archives = Vec::new();
    print(&format!("Saving {} charts\n", dependencies.len()))?;
    for dependency in dependencies {
        match dependency.source() {
            Source::Local => {
                let name = &dependency.name;
                print(&format!(
                    "Dependency {name} did not declare a repository. Assuming it exists in the charts directory\n"
                ))?;
                let found = load::dir(&charts.join(name), log).map_err(|error| {
                    format!("unable to load chart '{}': {error}", charts.join(name).display())
                })?;
                let (version, wanted) = (&found.metadata.version, &dependency.version);
                if !is_compatible(wanted, version) {
                    return Err(format!(
                        "dependency {name} at version {version} does not satisfy the constraint {wanted}"
                    ));
                }
            }
            Source::Directory(dir) => {
                let mut chart = load::dir(&local(path, dir)?, log)?;
                if !is_compatible(&dependency.version, &chart.metadata.version) {
                    let (name, version) = (&dependency.name, &dependency.version);
                    return Err(format!(
                        "can't get a valid version for dependency {name}: {version}"
                    ));
                }
                if let Some(epoch) = package::source_date_epoch()? {
                    chart.stamp(&epoch);
                }
                archives.push(package::save(&chart, &charts)?);
            }
            Source::Registry(_) | Source::Repository(_) => return Err(remote(dependency)),
        }
    }
    print("Deleting outdated charts\n")?;
    for file in entries(&charts) {
        let outdated = file.is_file() && !archives.contains(&file);
        let Ok(chart) = load::chart(&file, &mut Log::new()) else {
            continue;
        };
        let is_local =
            |dependency: &Dependency| dependency.source() == Source::Local && dependency.name == chart.name();
        if outdated && !dependencies.iter().any(is_local) {
            fs::remove_file(&file).map_err(|error| super::file_error("remove", &file, &error))?;
        }
    }
    Ok(())
}

fn write_lock(path: &Path, lock: &Lock, is_v1: bool) -> Result<(), Failure> {
    let name = if is_v1 { "requirements.lock" } else { "Chart.lock" };
    let file = path.join(name);
    fs::write(&file, flux_helm::package::lock_yaml(lock))
        .map_err(|error| super::file_error("open", &file, &error))
}
