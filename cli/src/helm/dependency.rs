//! `helm dependency build` and `helm dependency list`.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flux_helm::chart::{Dependency, Lock};
use flux_helm::repo::{IndexError, find_in_index};
use flux_helm::resolve::{Source, digest, digest_v2, resolve};
use flux_helm::{Chart, Level, Log, is_compatible};

use super::flags::{Flag, Kind, Parsed};
use super::remote::{self, PACKED};
use super::repositories::Repositories;
use super::{Failure, load, package, parse, print, provenance};

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
        "build" => build(Path::new(path), &parsed, log),
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

fn build(path: &Path, parsed: &Parsed, log: &mut Log) -> Result<(), Failure> {
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
    let declared = chart.metadata.dependencies.clone().unwrap_or_default();
    let mut dependencies = declared.clone();
    let mut repositories = Repositories::load(parsed)?;
    repositories.resolve_names(&mut dependencies)?;
    let is_v1 = chart.metadata.api_version == "v1";
    let Some(lock) = &chart.lock else {
        let update = Update {
            path,
            parsed,
            repositories,
        };
        return match &chart.metadata.dependencies {
            Some(_) => update.run(&dependencies, is_v1, log),
            None => Ok(()),
        };
    };
    let locked = lock.dependencies.clone().unwrap_or_default();
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
        if digest_v2(&declared) != lock.digest {
            return Err(
                "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update \
                 the dependencies"
                    .to_owned(),
            );
        }
    }
    if !parsed.on("skip-refresh") {
        repositories.refresh()?;
    }
    let update = Update {
        path,
        parsed,
        repositories,
    };
    update.save_all(&locked, log)
}

/// What fills `charts/` of a chart.
struct Update<'u> {
    path: &'u Path,
    parsed: &'u Parsed,
    repositories: Repositories,
}

impl Update<'_> {
    /// Without a lock file, versions are found out, and the lock file is written.
    fn run(mut self, dependencies: &[Dependency], is_v1: bool, log: &mut Log) -> Result<(), Failure> {
        if !self.parsed.on("skip-refresh") {
            self.repositories.refresh_unmanaged(dependencies)?;
            self.repositories.refresh()?;
        }
        let lock = resolve(dependencies, &package::now(), |dependency| {
            self.versions(dependency, log)
        })
        .map_err(|error| error.to_string())?;
        self.save_all(lock.dependencies.as_deref().unwrap_or_default(), log)?;
        write_lock(self.path, &lock, is_v1)
    }

    fn versions(&self, dependency: &Dependency, log: &mut Log) -> Result<Vec<String>, String> {
        match dependency.source() {
            Source::Directory(dir) => {
                let dir = local(self.path, dir)?;
                Ok(vec![load::dir(&dir, &mut Log::new())?.metadata.version])
            }
            Source::Local => Ok(Vec::new()),
            Source::Registry(_) => Err(registry(dependency)),
            Source::Repository(url) => {
                let index = self.repositories.index(url)?;
                match find_in_index(&index[..], &dependency.name, &dependency.version, log) {
                    Ok(found) => Ok(vec![found.metadata.version]),
                    Err(IndexError::NoVersion(..) | IndexError::NoChartVersion) => Ok(Vec::new()),
                    Err(IndexError::NoChartName) => {
                        Err(format!("{} chart not found in repo {url}", dependency.name))
                    }
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }

    /// Puts the charts into `charts/`, and removes archives that are not wanted any more.
    fn save_all(&self, dependencies: &[Dependency], log: &mut Log) -> Result<(), Failure> {
        print(&format!("Saving {} charts\n", dependencies.len()))?;
        // Nothing is written before all of it is there.
        let mut archives = Archives::new();
        for dependency in dependencies {
            let saved = match dependency.source() {
                Source::Local => self.check_local(dependency, log),
                Source::Directory(dir) => self.pack(dependency, dir, &mut archives, log),
                Source::Registry(_) => Err(registry(dependency)),
                Source::Repository(url) => self.download(dependency, url, &mut archives, log),
            };
            if let Err(error) = saved {
                print(&format!("Save error occurred:  {error}\n"))?;
                return Err(error);
            }
        }
        let charts = self.path.join("charts");
        fs::create_dir_all(&charts).map_err(|error| super::file_error("mkdir", &charts, &error))?;
        for (name, _, archive) in &archives {
            let file = charts.join(name);
            fs::write(&file, archive).map_err(|error| super::file_error("open", &file, &error))?;
        }
        print("Deleting outdated charts\n")?;
        for file in entries(&charts) {
            let is_new = archives.iter().any(|(name, _, _)| file == charts.join(name));
            let Ok(chart) = load::chart(&file, &mut Log::new()) else {
                continue;
            };
            let is_local = |dependency: &Dependency| {
                dependency.source() == Source::Local && dependency.name == chart.name()
            };
            if file.is_file() && !is_new && !dependencies.iter().any(is_local) {
                fs::remove_file(&file).map_err(|error| super::file_error("remove", &file, &error))?;
            }
        }
        Ok(())
    }

    /// A chart in `charts/` must be the one that is meant.
    fn check_local(&self, dependency: &Dependency, log: &mut Log) -> Result<(), Failure> {
        let name = &dependency.name;
        print(&format!(
            "Dependency {name} did not declare a repository. Assuming it exists in the charts directory\n"
        ))?;
        let path = self.path.join("charts").join(name);
        let found = load::dir(&path, log)
            .map_err(|error| format!("unable to load chart '{}': {error}", path.display()))?;
        let (version, wanted) = (&found.metadata.version, &dependency.version);
        if is_compatible(wanted, version) {
            return Ok(());
        }
        Err(format!(
            "dependency {name} at version {version} does not satisfy the constraint {wanted}"
        ))
    }

    /// A chart of another directory.
    fn pack(
        &self,
        dependency: &Dependency,
        dir: &str,
        archives: &mut Archives,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let mut chart = load::dir(&local(self.path, dir)?, log)?;
        if !is_compatible(&dependency.version, &chart.metadata.version) {
            let (name, version) = (&dependency.name, &dependency.version);
            return Err(format!(
                "can't get a valid version for dependency {name}: {version}"
            ));
        }
        if let Some(epoch) = package::source_date_epoch()? {
            chart.stamp(&epoch);
        }
        let archive = flux_helm::package::package(&chart, &package::now())
            .map_err(|error| format!("failed to save: {error}"))?;
        archives.push((
            flux_helm::package::archive_name(&chart.metadata),
            String::new(),
            archive.into(),
        ));
        Ok(())
    }

    /// A chart of a repository.
    fn download(
        &self,
        dependency: &Dependency,
        url: &str,
        archives: &mut Archives,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let Dependency { name, version, .. } = dependency;
        let server = self.repositories.server(url)?;
        let missing = |cause: String| format!("could not find : chart {name} not found in {url}: {cause}");
        let index = self.repositories.index_or_fetch(url).map_err(missing)?;
        let absent = |_: &str| {
            missing(format!(
                "chart {name:?} version {version:?} not found in {url} repository"
            ))
        };
        let address =
            remote::pick(&server, &index, name, version, log).map_err(|error| error.told(absent))?;
        if archives.iter().any(|(_, known, _)| *known == address) {
            return print(&format!("Already downloaded {name} from repo {url}\n"));
        }
        print(&format!("Downloading {name} from repo {url}\n"))?;
        let shown = remote::shown(&address);
        let failed = |cause: String| format!("could not download {shown}: {cause}");
        let archive = server.get(&address, PACKED).map_err(failed)?;
        let file = remote::file_name(&address).map_err(failed)?;
        if self.parsed.on("verify") {
            match server.get(&format!("{address}.prov"), PACKED) {
                Ok(signature) => {
                    let keyring = provenance::keyring(self.parsed);
                    provenance::check(&archive, &signature, &file, &keyring).map_err(failed)?;
                }
                Err(error) => print(&format!("WARNING: Verification not found for {shown}: {error}\n"))?,
            }
        }
        load::unpack(&shown, &archive, &mut Log::new()).map_err(failed)?;
        archives.push((file, address, archive));
        Ok(())
    }
}

/// File names, addresses and bytes of archives.
type Archives = Vec<(String, String, Bytes)>;

fn registry(dependency: &Dependency) -> String {
    let Dependency { name, repository, .. } = dependency;
    format!(
        "dependency {name:?} is in the registry {repository:?}: charts are not pulled from registries (oci://) here"
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

fn write_lock(path: &Path, lock: &Lock, is_v1: bool) -> Result<(), Failure> {
    let name = if is_v1 { "requirements.lock" } else { "Chart.lock" };
    let file = path.join(name);
    fs::write(&file, flux_helm::package::lock_yaml(lock))
        .map_err(|error| super::file_error("open", &file, &error))
}
