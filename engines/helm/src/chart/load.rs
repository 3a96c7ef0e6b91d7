//! Charts from files.

use std::collections::BTreeMap;
use std::io::BufRead;

use bytes::Bytes;
use flux_gotemplate::Functions;

use crate::chart::archive::{ArchiveError, Budget, ChartLimits, read_within, without_bom};
use crate::chart::ignore::{IgnoreError, IgnoreRules};
use crate::chart::metadata::{Lock, Metadata, ValidationError};
use crate::chart::prepare::{self, Prepared};
use crate::chart::{Chart, File};
use crate::log::Log;
use crate::threads::Threads;
use crate::values::{ValuesError, load_values};
use crate::yaml::DecodeError;

/// Why files are no chart; in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is no `Chart.yaml`.
    #[error("Chart.yaml file is missing")]
    NoChartYaml,
    /// A file of the chart cannot be read.
    #[error("cannot load {file}: {cause}")]
    File {
        /// Its name.
        file: &'static str,
        /// Why.
        cause: DecodeError,
    },
    /// `values.yaml` cannot be read.
    #[error("cannot load values.yaml: {0}")]
    Values(ValuesError),
    /// `Chart.yaml` breaks a rule.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `.helmignore` cannot be read.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// `apiVersion` is none of v1, v2 and v3.
    #[error("unsupported chart version")]
    UnsupportedVersion,
    /// The archive of a subchart has another name than its entry.
    #[error("error unpacking subchart tar in {chart}: expected {expected}, got {found}")]
    NestedArchive {
        /// The parent.
        chart: String,
        /// The folder.
        expected: String,
        /// The first file in it.
        found: String,
    },
    /// A subchart is no chart.
    #[error("error unpacking subchart {name} in {chart}: {cause}")]
    Subchart {
        /// Its folder or file in `charts/`.
        name: String,
        /// The parent.
        chart: String,
        /// Why.
        cause: Box<LoadError>,
    },
    /// Charts in charts in charts.
    #[error("charts are nested more than {0} levels deep")]
    TooDeep(usize),
    /// A file of a directory is too large.
    #[error("chart file {} is larger than the maximum file size {limit}", crate::log::quote(.name))]
    FileTooLarge {
        /// Its name.
        name: String,
        /// What is allowed.
        limit: u64,
    },
}

impl LoadError {
    /// Whether the text is no gzip at all, so that something else than a chart was named.
    pub fn is_not_gzip(&self) -> bool {
        matches!(self, LoadError::Archive(ArchiveError::NotGzip))
    }
}

/// Loads a chart from its archive (`.tgz`).
///
/// # Errors
/// The archive or the chart in it cannot be read.
pub fn load_archive(archive: &[u8], limits: &ChartLimits, log: &mut Log) -> Result<Chart, LoadError> {
    let mut budget = Budget::new(*limits);
    let files = read_within(&mut &*archive, &mut budget, &mut |_| ())?;
    let loader = &mut Loader::new(budget, log);
    loader.detect(&files)?;
    loader.load(files)
}

/// The same for a chart that is rendered next: while the archive is unpacked, another thread reads the values in it and compiles its
/// templates for these functions. What came of the templates goes into [`crate::Request`]. Takes no more than two of `threads`.
///
/// # Errors
/// Those of [`load_archive`].
pub fn load_archive_to_render(
    archive: &mut dyn BufRead,
    limits: &ChartLimits,
    functions: &Functions,
    threads: Threads,
    log: &mut Log,
) -> Result<(Chart, Prepared), LoadError> {
    let mut budget = Budget::new(*limits);
    let is_large = archive
        .fill_buf()
        .is_ok_and(|begins| begins.len() >= WORTH_A_THREAD);
    let mut unpack = |each: &mut dyn FnMut(&mut File)| read_within(archive, &mut budget, each);
    let (files, prepared) = if threads.count > 1 && is_large {
        prepare::beside(functions, threads, unpack)
    } else {
        (unpack(&mut |_| ()), Prepared::default())
    };
    let files = files?;
    let mut loader = Loader::new(budget, log);
    loader.prepared = prepared;
    loader.detect(&files)?;
    let chart = loader.load(files)?;
    Ok((chart, loader.prepared))
}

/// Bytes of an archive for which another thread is worth its start, where they are there at once.
const WORTH_A_THREAD: usize = 24 << 10;

/// Loads a chart as [`load_files`] does, for rendering as [`load_archive_to_render`]: `read` reads the files, and shows each of them
/// as soon as it is there. What was `prepared` before is not made again.
///
/// # Errors
/// The outer one is that of `read`, the inner one that of the chart.
pub fn load_files_to_render<E>(
    read: impl FnOnce(&mut Log, &(dyn Fn(&mut File) + Sync)) -> Result<Vec<File>, E>,
    prepared: Prepared,
    limits: &ChartLimits,
    functions: &Functions,
    log: &mut Log,
) -> Result<Result<(Chart, Prepared), LoadError>, E> {
    let (files, prepared) = prepare::at_once(functions, prepared, |each| read(log, each));
    let files = files?;
    let mut loader = Loader::new(Budget::new(*limits), log);
    loader.prepared = prepared;
    let chart = loader.load(files);
    Ok(chart.map(|chart| (chart, loader.prepared)))
}

/// Loads a chart from its files, without regard to `.helmignore`: that of an archive does not count.
///
/// # Errors
/// The files are no chart.
pub fn load_files(files: Vec<File>, limits: &ChartLimits, log: &mut Log) -> Result<Chart, LoadError> {
    let loader = &mut Loader::new(Budget::new(*limits), log);
    loader.load(files)
}

/// Loads a chart from the files of a directory (paths relative to it, with `/`): what `.helmignore` names is left out, byte
/// order marks are dropped.
///
/// # Errors
/// The files are no chart.
pub fn load_dir_files(files: Vec<File>, limits: &ChartLimits, log: &mut Log) -> Result<Chart, LoadError> {
    let ignore = files.iter().find(|file| file.name == ".helmignore");
    let rules = IgnoreRules::new(ignore.map(|file| &*file.data))?;
    let mut files: Vec<File> = files
        .into_iter()
        .filter(|file| !rules.ignores_file(&file.name))
        .collect();
    files.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
    for file in &mut files {
        if file.data.len() as u64 > limits.file {
            return Err(LoadError::FileTooLarge {
                name: file.name.rsplit('/').next().unwrap_or_default().to_owned(),
                limit: limits.file,
            });
        }
        file.data = without_bom(std::mem::take(&mut file.data));
    }
    let loader = &mut Loader::new(Budget::new(*limits), log);
    loader.detect(&files)?;
    loader.load(files)
}

struct Loader<'l> {
    budget: Budget,
    log: &'l mut Log,
    depth: usize,
    prepared: Prepared,
}

impl<'l> Loader<'l> {
    fn new(budget: Budget, log: &'l mut Log) -> Self {
        Loader {
            budget,
            log,
            depth: 0,
            prepared: Prepared::default(),
        }
    }

    /// Whether the version of the chart's format is known.
    fn detect(&self, files: &[File]) -> Result<(), LoadError> {
        let chart_yaml = files.iter().find(|file| file.name == "Chart.yaml");
        let chart_yaml = chart_yaml.ok_or(LoadError::NoChartYaml)?;
        let metadata = Metadata::from_yaml(&chart_yaml.data).map_err(in_file("Chart.yaml"))?;
        match &*metadata.api_version {
            "" | "v1" | "v2" | "v3" => Ok(()),
            _ => Err(LoadError::UnsupportedVersion),
        }
    }

    fn load(&mut self, files: Vec<File>) -> Result<Chart, LoadError> {
        let mut chart = Chart {
            raw: files.clone(),
            ..Chart::default()
        };
        let mut found = false;
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            match self.prepared.metadata(&file.data) {
                Some(metadata) if !found => chart.metadata = metadata,
                _ => chart.metadata.read(&file.data).map_err(in_file("Chart.yaml"))?,
            }
            // Helm 2 knew no version.
            if chart.metadata.api_version.is_empty() {
                chart.metadata.api_version = "v1".to_owned();
            }
            chart.mod_time = file.mod_time.clone();
            found = true;
        }
        let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for file in files {
            self.place(file, &mut chart, &mut found, &mut subcharts)?;
        }
        if !found {
            return Err(LoadError::NoChartYaml);
        }
        chart.metadata.validate()?;
        for (name, files) in subcharts {
            if let Some(subchart) = self.subchart(&name, files, &chart)? {
                chart.dependencies.push(subchart);
            }
        }
        Ok(chart)
    }

    /// Puts a file where it belongs.
    fn place(
        &mut self,
        file: File,
        chart: &mut Chart,
        found: &mut bool,
        subcharts: &mut BTreeMap<String, Vec<File>>,
    ) -> Result<(), LoadError> {
        let is_v3 = chart.metadata.api_version == "v3";
        match &*file.name {
            "Chart.yaml" => {}
            "Chart.lock" => {
                chart.lock = Some(Lock::from_yaml(&file.data).map_err(in_file("Chart.lock"))?);
            }
            "values.yaml" => {
                let values = self.prepared.values(&file.data);
                let values = values.unwrap_or_else(|| load_values(&file.data));
                chart.values = Some(values.map_err(LoadError::Values)?);
            }
            "values.schema.json" => {
                chart.schema = Some(file.data);
                chart.schema_mod_time = file.mod_time;
            }
            "requirements.yaml" if !is_v3 => {
                *found = true;
                self.old_file(
                    chart,
                    "Dependencies are handled in Chart.yaml",
                    "dependencies to Chart.yaml",
                );
                chart
                    .metadata
                    .read(&file.data)
                    .map_err(in_file("requirements.yaml"))?;
                if chart.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            "requirements.lock" if !is_v3 => {
                *found = true;
                chart.lock = Some(Lock::from_yaml(&file.data).map_err(in_file("requirements.lock"))?);
                self.old_file(
                    chart,
                    "Dependency locking is handled in Chart.lock",
                    "to Chart.lock",
                );
                if chart.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(file),
            name if name.starts_with("charts/") => {
                if extension(name) == ".prov" {
                    chart.files.push(file);
                    return Ok(());
                }
                let mut file = file;
                file.name.drain(.."charts/".len());
                let folder = file.name.split('/').next().unwrap_or_default();
                // Files of a folder follow each other.
                match subcharts.last_entry() {
                    Some(mut last) if last.key() == folder => last.get_mut().push(file),
                    _ => subcharts.entry(folder.to_owned()).or_default().push(file),
                }
            }
            _ => chart.files.push(file),
        }
        Ok(())
    }

    fn old_file(&mut self, chart: &Chart, what: &str, migrate: &str) {
        if chart.metadata.api_version != "v1" {
            self.log.print(format!(
                "Warning: {what} since apiVersion \"v2\". We recommend migrating {migrate}."
            ));
        }
    }

    fn subchart(&mut self, name: &str, files: Vec<File>, chart: &Chart) -> Result<Option<Chart>, LoadError> {
        if name.starts_with(['_', '.']) {
            return Ok(None);
        }
        if self.depth == self.budget.limits.depth {
            return Err(LoadError::TooDeep(self.depth));
        }
        self.depth += 1;
        let loaded = if extension(name) == ".tgz" {
            self.nested_archive(name, &files, chart)
        } else {
            let inside = files.into_iter().filter_map(|mut file| {
                let folder = file.name.find('/')?;
                file.name.drain(..=folder);
                Some(file)
            });
            self.load(inside.collect())
        };
        self.depth -= 1;
        match loaded {
            Ok(chart) => Ok(Some(chart)),
            Err(error @ LoadError::NestedArchive { .. }) if error.is_about(name, chart) => Err(error),
            Err(cause) => Err(LoadError::Subchart {
                name: name.to_owned(),
                chart: chart.name().to_owned(),
                cause: Box::new(cause),
            }),
        }
    }

    fn nested_archive(&mut self, name: &str, files: &[File], chart: &Chart) -> Result<Chart, LoadError> {
        let empty = File::new("", Bytes::new());
        let file = files.first().unwrap_or(&empty);
        if file.name != name {
            return Err(LoadError::NestedArchive {
                chart: chart.name().to_owned(),
                expected: name.to_owned(),
                found: file.name.clone(),
            });
        }
        let files = read_within(&mut &*file.data, &mut self.budget, &mut |_| ())?;
        self.load(files)
    }
}

impl LoadError {
    fn is_about(&self, name: &str, parent: &Chart) -> bool {
        matches!(self, LoadError::NestedArchive { chart, expected, .. } if chart == parent.name() && expected == name)
    }
}

fn in_file(file: &'static str) -> impl Fn(DecodeError) -> LoadError {
    move |cause| LoadError::File { file, cause }
}

/// Go's `filepath.Ext`.
pub(crate) fn extension(name: &str) -> &str {
    match name.bytes().rposition(|byte| matches!(byte, b'.' | b'/')) {
        Some(at) if name[at..].starts_with('.') => &name[at..],
        _ => "",
    }
}
