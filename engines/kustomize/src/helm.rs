//! What the build asks of Helm, as a trait that the caller fulfils: this crate knows no charts.

use std::fmt;
use std::sync::Arc;

use crate::files::Files;

/// Where a chart is to be had when it is not in the tree: `helm pull`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChartSource {
    /// The name of the chart.
    pub name: String,
    /// The repository: an `https://` index or an `oci://` registry. Never empty.
    pub repo: String,
    /// The version or range; the newest when empty.
    pub version: String,
    /// Whether prereleases count when no version is given.
    pub devel: bool,
}

/// One chart to render: `helm template`.
#[derive(Clone, Copy)]
pub struct ChartRequest<'a> {
    /// The tree that the chart is in: that of the build, or what [`Helm::pull`] gave.
    pub files: &'a dyn Files,
    /// The directory of the chart in the tree, the one with `Chart.yaml`.
    pub chart: &'a str,
    /// `releaseName`; when empty, Helm makes one up (`--generate-name`).
    pub release_name: &'a str,
    /// `namespace`, or that of the kustomizations around; Helm's `default` when empty.
    pub namespace: &'a str,
    /// `nameTemplate`; when empty there is none.
    pub name_template: &'a str,
    /// The values documents, YAML, later ones over earlier ones, as with `--values`.
    pub values: &'a [String],
    /// `apiVersions`: what `Capabilities.APIVersions` has besides the built-in ones.
    pub api_versions: &'a [String],
    /// `kubeVersion`; Helm's own when empty.
    pub kube_version: &'a str,
    /// `includeCRDs`: whether the CRDs of the chart are part of the result.
    pub include_crds: bool,
    /// `skipTests`: whether test hooks are left out.
    pub skip_tests: bool,
    /// `skipHooks`: whether all hooks are left out.
    pub skip_hooks: bool,
    /// `debug`: whether a failure comes with what was rendered so far.
    pub debug: bool,
}

/// Why a chart could not be had or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HelmError {
    /// What went wrong and what to do about it.
    pub message: String,
    /// Whether trying again later may help.
    pub transient: bool,
}

/// Gets and renders charts. The build itself does neither.
pub trait Helm: Send + Sync {
    /// A chart as a tree with `Chart.yaml` at its root.
    fn pull(&self, source: &ChartSource) -> Result<Arc<dyn Files + Send>, HelmError>;

    /// The text that `helm template` prints.
    fn template(&self, request: &ChartRequest<'_>) -> Result<String, HelmError>;
}

/// `--enable-helm` and the flags beside it.
#[derive(Clone)]
pub struct HelmOptions {
    /// Who renders.
    pub helm: Arc<dyn Helm>,
    /// `--helm-api-versions`: used where a chart names none.
    pub api_versions: Vec<String>,
    /// `--helm-kube-version`: used where a chart names none.
    pub kube_version: String,
    /// `--helm-debug`
    pub debug: bool,
}

impl HelmOptions {
    /// Charts rendered by `helm`, without further settings.
    pub fn new(helm: Arc<dyn Helm>) -> Self {
        HelmOptions {
            helm,
            api_versions: Vec::new(),
            kube_version: String::new(),
            debug: false,
        }
    }
}

impl fmt::Debug for HelmOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelmOptions")
            .field("api_versions", &self.api_versions)
            .field("kube_version", &self.kube_version)
            .field("debug", &self.debug)
            .finish_non_exhaustive()
    }
}
