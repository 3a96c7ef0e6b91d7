//! The Flux kinds as the command line knows them: names, columns, and what success sounds like.

use serde_json::Value;

/// One kind that `get`, `reconcile`, `suspend` and `resume` work on.
#[derive(Debug)]
pub struct FluxKind {
    /// API group.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// What a person calls it.
    pub human: &'static str,
    /// Column titles after the name.
    pub columns: &'static [Column],
    /// What is said of a revision that was reconciled.
    pub success: Success,
}

/// A column of `flux get`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The stored artifact's revision.
    ArtifactRevision,
    /// `status.lastAppliedRevision`, or for a HelmRelease the chart version of its newest release.
    AppliedRevision,
    /// `spec.suspend` as True or False.
    Suspended,
    /// Status of the Ready condition.
    Ready,
    /// Message of the Ready condition.
    Message,
    /// Kind/namespace/name of the source.
    Source,
    /// Image of an image policy.
    LatestImage,
    /// Tag of an image policy.
    LatestTag,
    /// Time of the last scan.
    LastScan,
    /// Time of the last automation run.
    LastRun,
    /// Ready, for kinds without status.
    StaticReady,
    /// Message, for kinds without status.
    StaticMessage,
}

/// How a success is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// "applied revision …"
    Applied,
    /// "fetched revision …"
    Fetched,
    /// The message of the Ready condition.
    Message,
}

use Column::{
    AppliedRevision, ArtifactRevision, LastRun, LastScan, LatestImage, LatestTag, Message, Ready, Source,
    StaticMessage, StaticReady, Suspended,
};

const SOURCE: &str = "source.toolkit.fluxcd.io";
const IMAGE: &str = "image.toolkit.fluxcd.io";
const NOTIFICATION: &str = "notification.toolkit.fluxcd.io";
const FETCHED: &[Column] = &[ArtifactRevision, Suspended, Ready, Message];
const APPLIED: &[Column] = &[AppliedRevision, Suspended, Ready, Message];
const WORKING: &[Column] = &[Suspended, Ready, Message];

const fn source(kind: &'static str, human: &'static str) -> FluxKind {
    FluxKind {
        group: SOURCE,
        version: "v1",
        kind,
        human,
        columns: FETCHED,
        success: Success::Fetched,
    }
}

/// GitRepository.
pub const GIT: FluxKind = source("GitRepository", "source git");
/// OCIRepository.
pub const OCI: FluxKind = source("OCIRepository", "source oci");
/// Bucket.
pub const BUCKET: FluxKind = source("Bucket", "source bucket");
/// HelmRepository.
pub const HELM_REPOSITORY: FluxKind = source("HelmRepository", "source helm");
/// HelmChart.
pub const HELM_CHART: FluxKind = source("HelmChart", "source chart");
/// ExternalArtifact.
pub const EXTERNAL: FluxKind = FluxKind {
    columns: &[ArtifactRevision, Source, Ready, Message],
    ..source("ExternalArtifact", "source external-artifact")
};
/// Kustomization.
pub const KUSTOMIZATION: FluxKind = FluxKind {
    group: "kustomize.toolkit.fluxcd.io",
    version: "v1",
    kind: "Kustomization",
    human: "kustomization",
    columns: APPLIED,
    success: Success::Applied,
};
/// HelmRelease.
pub const HELM_RELEASE: FluxKind = FluxKind {
    group: "helm.toolkit.fluxcd.io",
    version: "v2",
    kind: "HelmRelease",
    human: "helmrelease",
    columns: APPLIED,
    success: Success::Applied,
};
/// Receiver.
pub const RECEIVER: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1",
    kind: "Receiver",
    human: "receiver",
    columns: WORKING,
    success: Success::Message,
};
/// Provider.
pub const PROVIDER: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1beta3",
    kind: "Provider",
    human: "alert provider",
    columns: &[StaticReady, StaticMessage],
    success: Success::Message,
};
/// Alert.
pub const ALERT: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1beta3",
    kind: "Alert",
    human: "alert",
    columns: &[Suspended, StaticReady, StaticMessage],
    success: Success::Message,
};
/// ImageRepository.
pub const IMAGE_REPOSITORY: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImageRepository",
    human: "image repository",
    columns: &[LastScan, Suspended, Ready, Message],
    success: Success::Message,
};
/// ImagePolicy.
pub const IMAGE_POLICY: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImagePolicy",
    human: "image policy",
    columns: &[LatestImage, LatestTag, Ready, Message],
    success: Success::Message,
};
/// ImageUpdateAutomation.
pub const IMAGE_UPDATE: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImageUpdateAutomation",
    human: "image update automation",
    columns: &[LastRun, Suspended, Ready, Message],
    success: Success::Message,
};
/// ArtifactGenerator.
pub const ARTIFACT_GENERATOR: FluxKind = FluxKind {
    group: "source.extensions.fluxcd.io",
    version: "v1beta1",
    kind: "ArtifactGenerator",
    human: "artifactgenerator",
    columns: WORKING,
    success: Success::Message,
};

/// The order of `flux get sources all`.
pub const SOURCES: [&FluxKind; 6] = [&OCI, &BUCKET, &GIT, &HELM_REPOSITORY, &HELM_CHART, &EXTERNAL];
/// The order of `flux get images all`.
pub const IMAGES: [&FluxKind; 3] = [&IMAGE_REPOSITORY, &IMAGE_POLICY, &IMAGE_UPDATE];
/// What follows sources and images in `flux get all`.
pub const APPLIERS: [&FluxKind; 5] = [&HELM_RELEASE, &KUSTOMIZATION, &RECEIVER, &PROVIDER, &ALERT];

/// Every kind, for commands that take a kind by name.
pub fn all() -> impl Iterator<Item = &'static FluxKind> {
    SOURCES
        .into_iter()
        .chain(IMAGES)
        .chain(APPLIERS)
        .chain([&ARTIFACT_GENERATOR])
}

/// The kind of this name, whatever its case.
pub fn by_name(name: &str) -> Option<&'static FluxKind> {
    all().find(|kind| kind.kind.eq_ignore_ascii_case(name))
}

impl Column {
    /// The title, before it is put in capitals.
    pub fn title(self) -> &'static str {
        match self {
            ArtifactRevision | AppliedRevision => "Revision",
            Suspended => "Suspended",
            Ready | StaticReady => "Ready",
            Message | StaticMessage => "Message",
            Source => "Source",
            LatestImage => "Image",
            LatestTag => "Tag",
            LastScan => "Last scan",
            LastRun => "Last run",
        }
    }

    /// The cell for one object.
    pub fn cell(self, object: &Value) -> String {
        let text = |pointer: &str| {
            object
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let short = crate::table::shorten_hashes;
        match self {
            ArtifactRevision => short(text("/status/artifact/revision")),
            AppliedRevision => short(applied_revision(object)),
            Suspended => if is_suspended(object) { "True" } else { "False" }.into(),
            Ready => ready(object).0.into(),
            Message => short(ready(object).1),
            Source => source_of(object),
            LatestImage => text("/status/latestRef/name").into(),
            LatestTag => text("/status/latestRef/tag").into(),
            LastScan => text("/status/lastScanResult/scanTime").into(),
            LastRun => text("/status/lastAutomationRunTime").into(),
            StaticReady => "True".into(),
            StaticMessage => format!("{} is Ready", text("/kind")),
        }
    }
}

/// `spec.suspend`.
pub fn is_suspended(object: &Value) -> bool {
    object
        .pointer("/spec/suspend")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// Status and message of the Ready condition.
pub fn ready(object: &Value) -> (&str, &str) {
    let Some(condition) = condition(object, "Ready") else {
        return ("False", "waiting to be reconciled");
    };
    let text = |key: &str| condition[key].as_str().unwrap_or_default();
    (text("status"), text("message"))
}

/// The last condition of this type, whatever its case.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().rfind(|condition| {
        condition["type"]
            .as_str()
            .is_some_and(|t| t.eq_ignore_ascii_case(kind))
    })
}

fn applied_revision(object: &Value) -> &str {
    let newest_release = object.pointer("/status/history/0/chartVersion");
    let applied = object.pointer("/status/lastAppliedRevision");
    applied
        .or(newest_release)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Kind/namespace/name of what `spec.sourceRef` names.
pub fn source_of(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let own = text("/metadata/namespace").unwrap_or_default();
    let namespace = text("/spec/sourceRef/namespace").unwrap_or(own);
    format!(
        "{}/{namespace}/{}",
        text("/spec/sourceRef/kind").unwrap_or_default(),
        text("/spec/sourceRef/name").unwrap_or_default()
    )
}

impl FluxKind {
    /// What is said when `object` was reconciled.
    pub fn success_message(&self, object: &Value) -> String {
        let text = |pointer: &str| {
            object
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match self.success {
            Success::Applied => format!("applied revision {}", applied_revision(object)),
            Success::Fetched => format!("fetched revision {}", text("/status/artifact/revision")),
            Success::Message => ready(object).1.to_owned(),
        }
    }
}
