//! Charts from the disk.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flux_gotemplate::Functions;
use flux_helm::chart::{
    ArchiveError, ChartLimits, File, LoadError, Metadata, Prepared, load_archive, load_archive_to_render,
    load_files, load_files_to_render,
};
use flux_helm::{Chart, Log, Threads};

use super::flags::Parsed;
use super::remote::{self, Login, PACKED, Server};
use super::repositories::Repositories;
use super::walk::{dir_files, walk};
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
        threads: Threads,
        log: &mut Log,
    ) -> Result<(Chart, Prepared), Failure> {
        let load = |archive: &mut dyn BufRead, log: &mut Log| {
            load_archive_to_render(archive, &ChartLimits::default(), functions, threads, log)
        };
        match self {
            Located::Path(path) if is_dir(path)? => {
                let (root, chart_yaml, metadata) = chart_root(path)?;
                let prepared = Prepared::with_metadata(chart_yaml, metadata);
                let read = |log: &mut Log, each: &(dyn Fn(&mut File) + Sync)| walk(&root, threads, log, each);
                let limits = &ChartLimits::default();
                let loaded = load_files_to_render(read, prepared, limits, functions, log)?;
                loaded.map_err(|error| error.to_string())
            }
            Located::Path(path) => unpack_with(&path.to_string_lossy(), &mut open(path)?, log, load),
            Located::Archive(address, data) => unpack_with(address, &mut &**data, log, load),
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

/// Bytes of an archive that are read at once.
const PIECE: usize = 64 << 10;

fn open(path: &Path) -> Result<BufReader<fs::File>, Failure> {
    let opened = fs::File::open(path).map_err(|error| file_error("open", path, &error))?;
    Ok(BufReader::with_capacity(PIECE, opened))
}

/// Loads a chart from the bytes of its archive; `shown` tells where they are from.
pub fn unpack(shown: &str, data: &[u8], log: &mut Log) -> Result<Chart, Failure> {
    unpack_with(shown, &mut &*data, log, |_, log| {
        load_archive(data, &ChartLimits::default(), log)
    })
}

fn unpack_with<C>(
    shown: &str,
    archive: &mut dyn BufRead,
    log: &mut Log,
    load: impl FnOnce(&mut dyn BufRead, &mut Log) -> Result<C, LoadError>,
) -> Result<C, Failure> {
    let data = archive
        .fill_buf()
        .map_err(|error| format!("read {shown}: {error}"))?;
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
    match load(archive, log) {
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
    let files = dir_files(&chart_root(path)?.0, log)?;
    load_files(files, &ChartLimits::default(), log).map_err(|error| error.to_string())
}

/// The directory of a chart, if there is one in it that can be read, with its `Chart.yaml`.
fn chart_root(path: &Path) -> Result<(PathBuf, Bytes, Metadata), Failure> {
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
    Ok((root, text.into(), metadata))
}
