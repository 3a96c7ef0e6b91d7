//! What a `sourceRef` leads to.

use serde_json::Value;

use flux_api::kustomization::Kustomization;
use flux_api::meta::ObjectReference;
use flux_api::source::Artifact;
use flux_object::Gvk;

use flux_runtime::Settings;

/// API group of all sources.
pub(crate) const GROUP: &str = "source.toolkit.fluxcd.io";
/// Kinds that a `sourceRef` may name.
pub(crate) const KINDS: [&str; 4] = ["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"];
/// Metadata of an artifact that was packed elsewhere: the revision there.
const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";

/// Names a source: kind, namespace, name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SourceKey {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl SourceKey {
    /// The source of a Kustomization.
    pub(crate) fn of(object: &Kustomization) -> Self {
        SourceKey::resolve(&object.spec.source_ref, &object.metadata.namespace)
    }

    fn resolve(reference: &ObjectReference, namespace: &str) -> Self {
        let namespace = if reference.namespace.is_empty() {
            namespace
        } else {
            &reference.namespace
        };
        SourceKey {
            kind: reference.kind.clone(),
            namespace: namespace.into(),
            name: reference.name.clone(),
        }
    }

    pub(crate) fn gvk(kind: &str) -> Gvk {
        Gvk::new("source.toolkit.fluxcd.io/v1", kind)
    }
}

impl std::fmt::Display for SourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// What is known of a source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// It may not be used; the sentence says why.
    Denied(String),
    /// The kind cannot be used.
    UnknownKind(String),
    /// It does not exist.
    Missing(String),
    /// It has no artifact yet.
    Empty,
    /// It has one.
    Ready(Artifact),
}

/// Whether the reference may be followed at all.
pub(crate) fn check(key: &SourceKey, own_namespace: &str, settings: &Settings) -> Option<Source> {
    let SourceKey {
        kind,
        namespace,
        name,
    } = key;
    if settings.no_cross_namespace_refs && namespace != own_namespace {
        return Some(Source::Denied(format!(
            "can't access '{key}', cross-namespace references have been blocked"
        )));
    }
    if kind == "ExternalArtifact" && !settings.feature("ExternalArtifact", false) {
        return Some(Source::Denied(format!(
            "can't access '{key}', ExternalArtifact feature gate is disabled"
        )));
    }
    (!KINDS.contains(&kind.as_str()))
        .then(|| Source::UnknownKind(format!("source `{name}` kind '{kind}' not supported")))
}

/// What a source object, or its absence, means.
pub(crate) fn read(key: &SourceKey, artifact: Option<&Option<Artifact>>) -> Source {
    match artifact {
        None => Source::Missing(format!("{}.{GROUP} \"{}\" not found", key.kind, key.name)),
        Some(None) => Source::Empty,
        Some(Some(artifact)) => Source::Ready(artifact.clone()),
    }
}

/// The artifact in the status of a source, which is all that the controller keeps of it.
pub(crate) fn artifact_of(object: &Value) -> Option<Artifact> {
    serde_json::from_value(object.pointer("/status/artifact")?.clone()).ok()
}

/// The revision that the content had where the artifact was packed; empty when the artifact does not tell.
pub(crate) fn origin_revision(artifact: &Artifact) -> &str {
    artifact.metadata.get(ORIGIN_REVISION).map_or("", String::as_str)
}

/// Whether two revisions are the same, whatever form they are written in.
pub(crate) fn same_revision(a: &str, b: &str) -> bool {
    flux_artifact::transform_legacy(a) == flux_artifact::transform_legacy(b)
}
