//! Charts from the disk.

use std::fs::{self, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flux_gotemplate::Functions;
use flux_helm::chart::{
    ArchiveError, ChartLimits, File, IgnoreRules, LoadError, Metadata, Prepared, load_archive,
    load_archive_to_render, load_files, load_files_to_render,
};
use flux_helm::{Chart, Level, Log, Time};

use super::flags::Parsed;
use super::remote::{self, Login, PACKED, Server};
use super::repositories::Repositories;
use super::{Failure, file_error, provenance};

/// A chart that is named on the command line.
pub enum Located {
    /// On the disk.
    Path(PathBuf),
    /// Fetched: from where, and its archive.
    Archive(String, Bytes),
}

impl Located {
    /// Loads it.
    pub fn load(&self, log: &mut Log) -> Result<Chart, Failure> {
        match self {
            Located::Path(path) => chart(path, log),
            Located::Archive(address, data) => unpack(address, data, log),
        }
    }

    /// The same for a chart that is rendered next, with these functions, on so many threads.
    pub fn load_to_render(
        &self,
        functions: &Functions,
        threads: usize,
        log: &mut Log,
    ) -> Result<(Chart, Prepared), Failure> {
        let load = |data: &[u8], log: &mut Log| {
            load_archive_to_render(data, &ChartLimits::default(), functions, threads, log)
        };
        match self {
            Located::Path(path) if is_dir(path)? => {
                let root = chart_root(path)?;
                let read = |log: &mut Log, each: &mut dyn FnMut(&File)| walk(&root, log, each);
                let loaded = load_files_to_render(read, &ChartLimits::default(), functions, threads, log)?;
                loaded.map_err(|error| error.to_string())
            }
            Located::Path(path) => unpack_with(&path.to_string_lossy(), &read(path)?, log, load),
            Located::Archive(address, data) => unpack_with(address, data, log, load),
        }
    }
}

/// Finds a chart that is named on the command line: on the disk, at an address, or in a repository. With `--verify`, its provenance
/// is checked.
pub fn locate(name: &str, parsed: &Parsed, log: &mut Log) -> Result<Located, Failure> {
    let name = name.trim();
    let repository = parsed.text("repo");
    if repository.is_empty() {
        let path = Path::new(name);
        if path.exists() {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            if parsed.on("verify") {
                provenance::verify(&path, &provenance::keyring(parsed))?;
            }
            return Ok(Located::Path(path));
        }
        if path.is_absolute() || name.starts_with('.') {
            return Err(format!("path {name:?} not found"));
        }
    }
    let version = match parsed.text("version").trim() {
        "" if parsed.on("devel") => ">0.0.0-0",
        version => version,
    };
    let (server, address) = address(name, version, parsed, log)?;
    let data = server.get(&address, PACKED)?;
    if parsed.on("verify") {
        let signature = format!("{address}.prov");
        let signature = server
            .get(&signature, PACKED)
            .map_err(|_| format!("failed to fetch provenance {:?}", remote::shown(&signature)))?;
        let file = remote::file_name(&address)?;
        provenance::check(&data, &signature, &file, &provenance::keyring(parsed))?;
    }
    Ok(Located::Archive(remote::shown(&address), data))
}

/// Where a chart is that is not on the disk.
fn address(name: &str, version: &str, parsed: &Parsed, log: &mut Log) -> Result<(Server, String), Failure> {
    let login = Login::of(parsed);
    let repository = parsed.text("repo");
    if !repository.is_empty() {
        return remote::find(repository, name, version, &login, log);
    }
    if name.contains("://") {
        return Ok((Server::new(name, &login)?, name.to_owned()));
    }
    let Some((repository, chart)) = name.split_once('/') else {
        return Err(format!(
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: {name}"
        ));
    };
    let repositories = Repositories::load(parsed)?;
    let known = repositories.named(repository)?;
    let index = repositories
        .kept(repository)
        .map_err(|error| format!("no cached repo found. (try 'helm repo update'): {error}"))?;
    let server = Server::new(&known.url, &known.login)?;
    let found = remote::pick(&server, &index, chart, version, log).map_err(|error| {
        error.told(|cause| {
            format!("chart {chart:?} matching {version} not found in {repository} index. (try 'helm repo update'): {cause}")
        })
    })?;
    Ok((server, found))
}

/// Loads a chart from its directory or archive.
pub fn chart(path: &Path, log: &mut Log) -> Result<Chart, Failure> {
    if is_dir(path)? {
        dir(path, log)
    } else {
        unpack(&path.to_string_lossy(), &read(path)?, log)
    }
}

fn is_dir(path: &Path) -> Result<bool, Failure> {
    let metadata = fs::metadata(path).map_err(|error| file_error("stat", path, &error))?;
    Ok(metadata.is_dir())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| file_error("open", path, &error))
}

/// Loads a chart from the bytes of its archive; `shown` tells where they are from.
pub fn unpack(shown: &str, data: &[u8], log: &mut Log) -> Result<Chart, Failure> {
    unpack_with(shown, data, log, |data, log| {
        load_archive(data, &ChartLimits::default(), log)
    })
}

fn unpack_with<C>(
    shown: &str,
    data: &[u8],
    log: &mut Log,
    load: impl FnOnce(&[u8], &mut Log) -> Result<C, LoadError>,
) -> Result<C, Failure> {
    if !data.starts_with(&[0x1f, 0x8b]) {
        if shown.ends_with(".yml") || shown.ends_with(".yaml") {
            return Err(format!(
                "file '{shown}' seems to be a YAML file, but expected a gzipped archive"
            ));
        }
        let text = std::str::from_utf8(&data[..data.len().min(512)]).is_ok_and(|text| !text.contains('\0'));
        let kind = if text {
            "text/plain; charset=utf-8"
        } else {
            "application/octet-stream"
        };
        return Err(format!(
            "file '{shown}' does not appear to be a gzipped archive; got '{kind}'"
        ));
    }
    match load(data, log) {
        Ok(chart) => Ok(chart),
        Err(LoadError::Archive(ArchiveError::NotGzip)) => Err(format!(
            "file '{shown}' does not appear to be a valid chart file (details: gzip: invalid header)"
        )),
        Err(LoadError::NoChartYaml) => Err("unable to detect chart version, no Chart.yaml found".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Loads a chart from its directory.
pub fn dir(path: &Path, log: &mut Log) -> Result<Chart, Failure> {
    let files = dir_files(&chart_root(path)?, log)?;
    load_files(files, &ChartLimits::default(), log).map_err(|error| error.to_string())
}

/// The directory of a chart, if there is one in it that can be read.
fn chart_root(path: &Path) -> Result<PathBuf, Failure> {
    let root = std::path::absolute(path).map_err(|error| error.to_string())?;
    let chart_yaml = root.join("Chart.yaml");
    let text = fs::read(&chart_yaml).map_err(|error| {
        let cause = file_error("open", &chart_yaml, &error);
        format!("unable to detect chart at {}: {cause}", path.display())
    })?;
    let metadata = Metadata::from_yaml(&text).map_err(|error| format!("cannot load Chart.yaml: {error}"))?;
    if !matches!(&*metadata.api_version, "" | "v1" | "v2" | "v3") {
        return Err("unsupported chart version".to_owned());
    }
    Ok(root)
}

/// The files of a chart's directory without those that `.helmignore` names. Links are followed, as Helm does.
pub fn dir_files(root: &Path, log: &mut Log) -> Result<Vec<File>, Failure> {
    walk(root, log, &mut |_| ())
}

/// The same; `each` is shown every file as soon as it is read.
fn walk(root: &Path, log: &mut Log, each: &mut dyn FnMut(&File)) -> Result<Vec<File>, Failure> {
    let ignore = fs::read(root.join(".helmignore")).ok();
    let rules = IgnoreRules::new(ignore.as_deref()).map_err(|error| error.to_string())?;
    let mut walk = Walk {
        rules,
        files: Vec::new(),
        log,
        each,
        entries: 0,
    };
    walk.dir(root, "", 0)?;
    Ok(walk.files)
}

struct Walk<'l> {
    rules: IgnoreRules,
    files: Vec<File>,
    log: &'l mut Log,
    each: &'l mut dyn FnMut(&File),
    entries: usize,
}

/// Directories in directories, and entries altogether, beyond which a link must lead in circles.
const MAX_DEPTH: usize = 200;
const MAX_ENTRIES: usize = 1_000_000;

impl Walk<'_> {
    fn dir(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), Failure> {
        let entries = fs::read_dir(dir).map_err(|error| file_error("open", dir, &error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| file_error("open", dir, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| file_error("lstat", &entry.path(), &error))?;
            names.push((entry.file_name(), kind));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.entries += names.len();
        if depth > MAX_DEPTH || self.entries > MAX_ENTRIES {
            return Err(format!(
                "{}: links lead in circles, or there is too much in it",
                dir.display()
            ));
        }
        for (name, kind) in names {
            let path = dir.join(&name);
            let relative = format!("{prefix}{}", name.to_string_lossy());
            self.entry(&path, &relative, kind, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, relative: &str, kind: FileType, depth: usize) -> Result<(), Failure> {
        let kind = if kind.is_symlink() {
            let resolved = fs::canonicalize(path).map_err(|error| {
                format!(
                    "error evaluating symlink {}: {}",
                    path.display(),
                    file_error("lstat", path, &error)
                )
            })?;
            self.log.push(
                Level::Info,
                "found symbolic link in path. Contents of linked file included and used",
                &[
                    ("path", &path.to_string_lossy()),
                    ("resolved", &resolved.to_string_lossy()),
                ],
            );
            let metadata = fs::metadata(&resolved);
            metadata
                .map_err(|error| file_error("lstat", &resolved, &error))?
                .file_type()
        } else {
            kind
        };
        if self.rules.ignores(relative, kind.is_dir()) {
            return Ok(());
        }
        if kind.is_dir() {
            return self.dir(path, &format!("{relative}/"), depth + 1);
        }
        if !kind.is_file() {
            return Err(format!(
                "cannot load irregular file {} as it has file mode type bits set",
                path.display()
            ));
        }
        let file = file(path, relative)?;
        (self.each)(&file);
        self.files.push(file);
        Ok(())
    }
}

/// A file of a chart.
fn file(path: &Path, relative: &str) -> Result<File, Failure> {
    let unreadable = |error| format!("error reading {relative}: {}", file_error("open", path, &error));
    let mut opened = fs::File::open(path).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    let limit = ChartLimits::default().file;
    if metadata.len() > limit {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Err(format!(
            "chart file {name:?} is larger than the maximum file size {limit}"
        ));
    }
    let mut data = content(&mut opened, metadata.len()).map_err(unreadable)?;
    if data.starts_with(b"\xef\xbb\xbf") {
        data.drain(..3);
    }
    Ok(File {
        name: relative.to_owned(),
        data: data.into(),
        mod_time: modified(&metadata),
    })
}

/// As many bytes as the file is said to have, in one piece where that works; all there are where it is said to be empty.
fn content(file: &mut fs::File, length: u64) -> io::Result<Vec<u8>> {
    let mut data = vec![0; usize::try_from(length).unwrap_or(0)];
    if data.is_empty() {
        file.take(ChartLimits::default().file).read_to_end(&mut data)?;
        return Ok(data);
    }
    let mut filled = 0;
    while filled < data.len() {
        match file.read(&mut data[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(data)
}

fn modified(metadata: &fs::Metadata) -> Time {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or_else(Time::default, |since| {
        Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(0), since.subsec_nanos())
    })
}
