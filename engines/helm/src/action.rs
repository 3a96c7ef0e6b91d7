//! The whole way from a chart and values to what is installed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use flux_gotemplate::{Functions, Host};

use crate::capabilities::Capabilities;
use crate::chart::{Chart, Prepared};
use crate::dependencies::process_dependencies;
use crate::log::{Level, Log};
use crate::manifest::{Manifest, ManifestError, read_on_threads, sort};
use crate::post_render::{PostRender, PostRenderError, PostRenderStrategy, post_render};
use crate::release::Hook;
use crate::render::{EngineOptions, File, ReleaseOptions, RenderError, Scene, render_files};
use crate::schema::{SchemaError, validate_values};
use crate::value::Table;
use crate::values::CoalesceError;
use crate::values::coalesce::coalesce_for_render;

/// What is to be rendered, and how.
pub struct Request<'r> {
    /// The chart as it was loaded.
    pub chart: Chart,
    /// Values over those of the chart.
    pub values: Table,
    /// What templates know as `.Release`.
    pub release: ReleaseOptions,
    /// What templates know as `.Capabilities`.
    pub capabilities: Capabilities,
    /// Put what is in `crds/` before the manifests, as `helm template --include-crds`.
    pub include_crds: bool,
    /// Take the notes of subcharts as well.
    pub sub_notes: bool,
    /// Do not hold values against schemas.
    pub skip_schema_validation: bool,
    /// Leave out the content of Secrets.
    pub hide_secrets: bool,
    /// Changes what was rendered.
    pub post_render: Option<&'r dyn PostRender>,
    /// What of it.
    pub post_render_strategy: PostRenderStrategy,
    /// How templates are rendered.
    pub engine: EngineOptions,
    /// What [`crate::chart::load_archive_to_render`] made of the chart's templates, for the functions they are rendered with.
    pub prepared: Prepared,
}

impl Request<'_> {
    /// A first installation of `chart` with Helm's defaults.
    pub fn new(chart: Chart, values: Table, name: &str, namespace: &str) -> Self {
        Request {
            chart,
            values,
            release: ReleaseOptions {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                revision: 1,
                is_upgrade: false,
            },
            capabilities: Capabilities::default(),
            include_crds: false,
            sub_notes: false,
            skip_schema_validation: false,
            hide_secrets: false,
            post_render: None,
            post_render_strategy: PostRenderStrategy::default(),
            engine: EngineOptions::default(),
            prepared: Prepared::default(),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The chart without the subcharts that are off, with imported values: what a release records.
    pub chart: Chart,
    /// Hooks by kind. They run by weight, then name; see [`crate::release::Hook`].
    pub hooks: Vec<Hook>,
    /// Everything else, in the order of installation.
    pub manifests: Vec<Manifest>,
    /// `NOTES.txt`.
    pub notes: String,
    include_crds: bool,
    hide_secrets: bool,
}

impl Rendered {
    /// The manifests as one text, with the path of each template: what a release records.
    pub fn manifest(&self) -> String {
        self.parts().concat()
    }

    /// The parts of [`Rendered::manifest`], in order.
    pub fn parts(&self) -> Vec<Cow<'_, str>> {
        let mut parts = Vec::with_capacity(self.manifests.len() * 5);
        if self.include_crds {
            for crd in self.chart.crds() {
                let content = String::from_utf8_lossy(&crd.file.data);
                parts.extend(with_source(crd.path.into(), content));
            }
        }
        for manifest in &self.manifests {
            let is_hidden = self.hide_secrets && manifest.kind == "Secret" && manifest.api_version == "v1";
            let content = if is_hidden {
                "# HIDDEN: The Secret output has been suppressed"
            } else {
                &manifest.content
            };
            parts.extend(with_source((&*manifest.path).into(), content.into()));
        }
        parts
    }
}

/// Why nothing came of it; in the words of Helm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// The name of the release cannot be one.
    #[error("release name check failed: release name {}: {why}", crate::log::quote(.name))]
    ReleaseName {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// Values for a subchart are no table.
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(CoalesceError),
    /// The same after dependencies were processed.
    #[error(transparent)]
    Values(#[from] CoalesceError),
    /// Values do not fit the schemas.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(SchemaError),
    /// The format of the chart is only known to this version of Helm, not installed by it.
    #[error("invalid chart apiVersion")]
    ApiVersion,
    /// The chart wants another version of Kubernetes.
    #[error("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}")]
    KubeVersion {
        /// The range.
        wanted: String,
        /// The version.
        found: String,
    },
    /// A template fails.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// What a template wrote is no manifest.
    #[error("{cause}")]
    Manifest {
        /// What was rendered, for people to look at.
        rendered: String,
        /// Why.
        cause: ManifestError,
    },
    /// Changing what was rendered failed.
    #[error(transparent)]
    PostRender(#[from] PostRenderError),
}

impl ActionError {
    /// Whether rendering had begun: Helm then tells how to see what was rendered.
    pub fn has_release(&self) -> bool {
        matches!(
            self,
            ActionError::KubeVersion { .. }
                | ActionError::Render(_)
                | ActionError::Manifest { .. }
                | ActionError::PostRender(_)
        )
    }
}

/// Renders a chart as `helm template`, `helm install` and `helm upgrade` do.
///
/// `functions` are those of templates (`flux_gotemplate::functions::helm()`), `host` what they may ask of the world.
///
/// # Errors
/// In the order of Helm: name, dependencies, values, schemas, version of Kubernetes, templates, manifests.
pub fn render(
    request: Request<'_>,
    functions: &Functions,
    host: &(dyn Host + Sync),
    log: &mut Log,
) -> Result<Rendered, ActionError> {
    let Request {
        mut chart,
        values,
        release,
        capabilities,
        ..
    } = request;
    if chart.metadata.api_version == "v3" {
        return Err(ActionError::ApiVersion);
    }
    if let Err(why) = check_release_name(&release.name) {
        let error = ActionError::ReleaseName {
            name: release.name,
            why,
        };
        log_failure(log, "release name check failed", &error);
        return Err(error);
    }
    if let Err(error) = process_dependencies(&mut chart, &values, log) {
        let error = ActionError::Dependencies(error);
        log_failure(log, "chart dependencies processing failed", &error);
        return Err(error);
    }
    let values = coalesce_for_render(&chart, &values, log)?;
    if !request.skip_schema_validation {
        validate_values(&chart, &values, log).map_err(ActionError::Schema)?;
    }
    if !chart
        .metadata
        .accepts_kube_version(&capabilities.kube_version.normalized)
    {
        return Err(ActionError::KubeVersion {
            wanted: chart.metadata.kube_version,
            found: capabilities.kube_version.version,
        });
    }
    let scene = Scene {
        chart: &chart,
        values: &values,
        release: &release,
        capabilities: &capabilities,
        functions,
        host,
        options: &request.engine,
        documents: request.post_render.is_none(),
    };
    let mut files = render_files(&scene, request.prepared)?;
    let notes = take_notes(&mut files, &chart, request.sub_notes);
    if let Some(post_renderer) = request.post_render {
        let texts = files.into_iter().map(|(path, file)| (path, file.text));
        let texts = post_render(texts.collect(), post_renderer, request.post_render_strategy, log)?;
        files = read_on_threads(texts, request.engine.threads);
    }
    let (hooks, manifests) = sort(&mut files, log).map_err(|cause| ActionError::Manifest {
        rendered: with_sources(&files),
        cause,
    })?;
    request.engine.done_with((files, values));
    Ok(Rendered {
        chart,
        hooks,
        manifests,
        notes,
        include_crds: request.include_crds,
        hide_secrets: request.hide_secrets,
    })
}

/// Helm logs the cause, and gives it again as its error.
fn log_failure(log: &mut Log, what: &str, error: &ActionError) {
    let text = error.to_string();
    let cause = text
        .strip_prefix(what)
        .and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(&text);
    log.add_with(Level::Error, what, vec![("error", cause.to_owned())]);
}

/// Whether a release can have this name.
///
/// # Errors
/// Helm's words.
pub fn check_release_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("no name provided");
    }
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(alphanumeric)
            && bytes.last().is_some_and(alphanumeric)
            && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
    };
    if name.len() > 53 || !name.split('.').all(label) {
        return Err(
            "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the \
             length must not be longer than 53",
        );
    }
    Ok(())
}

/// Takes `NOTES.txt` of all charts out of the files; gives that of the chart, or all.
fn take_notes(files: &mut BTreeMap<String, File>, chart: &Chart, sub_notes: bool) -> String {
    let own = format!("{}/templates/NOTES.txt", chart.name());
    let mut notes = String::new();
    let found: Vec<String> = files
        .keys()
        .filter(|path| path.ends_with("NOTES.txt"))
        .cloned()
        .collect();
    for path in found {
        let text = files.remove(&path).map(|file| file.text).unwrap_or_default();
        if sub_notes || path == own {
            if !notes.is_empty() {
                notes.push('\n');
            }
            notes.push_str(&text);
        }
    }
    notes
}

fn with_sources(files: &BTreeMap<String, File>) -> String {
    let mut text = String::new();
    for (path, file) in files {
        if !file.text.trim().is_empty() {
            text.push_str(&with_source(path.into(), (&*file.text).into()).concat());
        }
    }
    text
}

/// A text below the path of its template.
fn with_source<'t>(path: Cow<'t, str>, text: Cow<'t, str>) -> [Cow<'t, str>; 5] {
    ["---\n# Source: ".into(), path, "\n".into(), text, "\n".into()]
}
