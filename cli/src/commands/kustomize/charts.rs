//! `--enable-helm`: charts of a kustomization, rendered by the Helm engine. No program is run, and nothing is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flux_bases::Bases;
use flux_gotemplate::Functions;
use flux_helm::chart::{ChartLimits, File, IgnoreRules, load_dir_files, read_archive};
use flux_helm::repo::find_in_index;
use flux_helm::values::{load_values, merge_maps};
use flux_helm::{ActionError, Capabilities, KubeVersion, Log, Request, Table, render};
use flux_host::Machine;
use flux_kustomize::{ChartRequest, ChartSource, FileKind, Files, Helm, HelmError, MemFiles, RemoteError};
use url::Url;

use crate::helm::{namespace, template};

/// How large an index may be.
const INDEX: u64 = 256 << 20;
/// How large a packed chart may be.
const PACKED: u64 = 100 << 20;
/// Directories in directories, and entries altogether, beyond which a link must lead in circles.
const MAX_DEPTH: usize = 200;
const MAX_ENTRIES: usize = 1_000_000;

/// The Helm of the command line. A chart that is asked for several times is fetched once.
pub(super) struct Charts {
    bases: Arc<Bases>,
    held: Mutex<HashMap<ChartSource, Arc<MemFiles>>>,
}

impl Charts {
    pub(super) fn new(bases: Arc<Bases>) -> Self {
        Charts {
            bases,
            held: Mutex::default(),
        }
    }

    /// `helm pull`: the version of the index that fits, unpacked.
    fn fetch(&self, source: &ChartSource) -> Result<MemFiles, HelmError> {
        let ChartSource { name, repo, .. } = source;
        if repo.starts_with("oci://") {
            return Err(refused(format!(
                "{repo}/{name}: charts are not pulled from registries yet; put the chart into chartHome"
            )));
        }
        let base = base(repo)
            .map_err(|cause| refused(format!("the repository {repo} of the chart {name}: {cause}")))?;
        let index = base.join("index.yaml").map(|url| with_query(url, &base));
        let index = index.map_err(|error| refused(format!("{repo}: {error}")))?;
        let index = self.bases.download(index.as_str(), INDEX).map_err(unreachable)?;
        let range = match source.version.as_str() {
            "" if source.devel => ">0.0.0-0",
            version => version,
        };
        let found = find_in_index(&index[..], name, range, &mut Log::new());
        let found = found.map_err(|error| {
            refused(format!(
                "chart \"{name}\" version \"{}\" not found in {} repository: {error}",
                source.version,
                flux_http::redact(repo)
            ))
        })?;
        let reference = found.urls.first();
        let reference =
            reference.ok_or_else(|| refused(format!("chart \"{name}\" has no downloadable URLs")))?;
        let mut address = base
            .join(reference)
            .map_err(|error| refused(format!("{reference}: {error}")))?;
        if Url::parse(reference).is_err() {
            address = with_query(address, &base);
        }
        let archive = self
            .bases
            .download(address.as_str(), PACKED)
            .map_err(unreachable)?;
        let files = read_archive(&archive, &ChartLimits::default())
            .map_err(|error| refused(format!("{}: {error}", flux_http::redact(address.as_str()))))?;
        Ok(files.into_iter().map(|file| (file.name, file.data)).collect())
    }
}

/// The address of a repository with exactly one `/` at its end.
fn base(repo: &str) -> Result<Url, String> {
    let mut url = Url::parse(repo).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("could not find protocol handler for: {}", url.scheme()));
    }
    url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
    Ok(url)
}

/// What the address of a repository asks for, such as a token, is asked of what belongs to it as well.
fn with_query(mut url: Url, base: &Url) -> Url {
    if url.query().is_none() {
        url.set_query(base.query());
    }
    url
}

fn refused(message: String) -> HelmError {
    HelmError {
        message,
        transient: false,
    }
}

fn unreachable(error: RemoteError) -> HelmError {
    HelmError {
        message: error.message,
        transient: error.transient,
    }
}

impl Helm for Charts {
    fn pull(&self, source: &ChartSource) -> Result<Arc<dyn Files + Send>, HelmError> {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = held().get(source) {
            return Ok(Arc::clone(files) as _);
        }
        let files = Arc::new(self.fetch(source)?);
        held().insert(source.clone(), Arc::clone(&files));
        Ok(files)
    }

    fn template(&self, request: &ChartRequest<'_>) -> Result<String, HelmError> {
        rendered(request).map_err(refused)
    }
}

fn rendered(asked: &ChartRequest<'_>) -> Result<String, String> {
    let host = Machine { dns: false };
    let name = name(asked, &host)?;
    let mut capabilities = Capabilities::default();
    if !asked.kube_version.is_empty() {
        let version = KubeVersion::parse(asked.kube_version);
        capabilities.kube_version =
            version.map_err(|error| format!("invalid kube version '{}': {error}", asked.kube_version))?;
    }
    capabilities.api_versions.extend_from_slice(asked.api_versions);
    let mut values = Table::new();
    for (index, text) in asked.values.iter().enumerate() {
        let one = load_values(text.as_bytes());
        let one = one.map_err(|error| format!("failed to parse values file {}: {error}", index + 1))?;
        merge_maps(&mut values, one);
    }
    // What Helm would warn of, kustomize does not show.
    let mut log = Log::new();
    let files = files(asked.files, asked.chart)?;
    let chart =
        load_dir_files(files, &ChartLimits::default(), &mut log).map_err(|error| error.to_string())?;
    template::check(&chart, &mut log)?;
    let mut request = Request::new(chart, values, &name, &namespace(asked.namespace, "", ""));
    request.capabilities = capabilities;
    request.include_crds = asked.include_crds;
    request.engine.threads = crate::threads::available();
    match render(request, &Functions::helm(), &host, &mut log) {
        Ok(rendered) => Ok(template::text(&rendered, !asked.skip_hooks, !asked.skip_tests)),
        Err(ActionError::Manifest { rendered, cause }) if asked.debug => {
            Err(format!("{cause}\nHelm template:\n{}", rendered.trim()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// As `helm template` finds it, whose `--generate-name` generates nothing.
fn name(asked: &ChartRequest<'_>, host: &Machine) -> Result<String, String> {
    match (asked.release_name, asked.name_template) {
        ("", "") => Ok("release-name".to_owned()),
        ("", template) => template::name_of(template, host),
        (name, "") => Ok(name.to_owned()),
        _ => Err("cannot set --name-template and also specify a name".to_owned()),
    }
}

/// The files of a chart, without the directories that its `.helmignore` names.
fn files(tree: &dyn Files, root: &str) -> Result<Vec<File>, String> {
    let ignore = tree.read(&below(root, ".helmignore")).ok();
    let rules = IgnoreRules::new(ignore.as_deref()).map_err(|error| error.to_string())?;
    let (mut files, mut entries) = (Vec::new(), 0);
    let mut left = vec![(String::new(), 0)];
    while let Some((directory, depth)) = left.pop() {
        let path = below(root, &directory);
        let names = tree.list(&path).map_err(|error| format!("{path}: {error}"))?;
        entries += names.len();
        if depth > MAX_DEPTH || entries > MAX_ENTRIES {
            return Err(format!(
                "{path}: links lead in circles, or there is too much in it"
            ));
        }
        for name in names {
            let relative = below(&directory, &name);
            let path = below(root, &relative);
            let is_directory = tree.kind(&path) == Some(FileKind::Directory);
            if rules.ignores(&relative, is_directory) {
                continue;
            }
            if is_directory {
                left.push((relative, depth + 1));
                continue;
            }
            let data = tree.read(&path).map_err(|error| format!("{path}: {error}"))?;
            files.push(File::new(relative, data.into_owned()));
        }
    }
    Ok(files)
}

fn below(directory: &str, name: &str) -> String {
    match (directory, name) {
        ("", name) => name.to_owned(),
        (directory, "") => directory.to_owned(),
        _ => format!("{directory}/{name}"),
    }
}
