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
    /// The same of a chart: a version, in which nothing is shortened.
    ChartRevision,
    /// `status.lastAppliedRevision`.
    AppliedRevision,
    /// Chart version of a HelmRelease's newest release, or what was tried last.
    ReleaseRevision,
    /// `spec.suspend` as True or False.
    Suspended,
    /// Status of the Ready condition.
    Ready,
    /// Message of the Ready condition, its hashes shortened.
    Message,
    /// Message of the Ready condition as it is.
    PlainMessage,
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
    /// "scan fetched … tags"
    Scanned,
    /// "selected ref …"
    Selected,
    /// "… reconciliation completed"
    Completed,
    /// The message of the Ready condition.
    Message,
}

use Column::{
    AppliedRevision, ArtifactRevision, ChartRevision, LastRun, LastScan, LatestImage, LatestTag, Message,
    PlainMessage, Ready, ReleaseRevision, Source, StaticMessage, StaticReady, Suspended,
};

const SOURCE: &str = "source.toolkit.fluxcd.io";
const IMAGE: &str = "image.toolkit.fluxcd.io";
const NOTIFICATION: &str = "notification.toolkit.fluxcd.io";
const FETCHED: &[Column] = &[ArtifactRevision, Suspended, Ready, Message];
const APPLIED: &[Column] = &[AppliedRevision, Suspended, Ready, Message];
const WORKING: &[Column] = &[Suspended, Ready, PlainMessage];

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
pub const HELM_CHART: FluxKind = FluxKind {
    columns: &[ChartRevision, Suspended, Ready, Message],
    ..source("HelmChart", "source chart")
};
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
    columns: &[ReleaseRevision, Suspended, Ready, PlainMessage],
    success: Success::Applied,
};
/// Receiver.
pub const RECEIVER: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1",
    kind: "Receiver",
    human: "receiver",
    columns: WORKING,
    success: Success::Completed,
};
/// Provider.
pub const PROVIDER: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1beta3",
    kind: "Provider",
    human: "alert provider",
    columns: &[StaticReady, StaticMessage],
    success: Success::Completed,
};
/// Alert.
pub const ALERT: FluxKind = FluxKind {
    group: NOTIFICATION,
    version: "v1beta3",
    kind: "Alert",
    human: "alert",
    columns: &[Suspended, StaticReady, StaticMessage],
    success: Success::Completed,
};
/// ImageRepository.
pub const IMAGE_REPOSITORY: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImageRepository",
    human: "image repository",
    columns: &[LastScan, Suspended, Ready, PlainMessage],
    success: Success::Scanned,
};
/// ImagePolicy.
pub const IMAGE_POLICY: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImagePolicy",
    human: "image policy",
    columns: &[LatestImage, LatestTag, Ready, PlainMessage],
    success: Success::Selected,
};
/// ImageUpdateAutomation.
pub const IMAGE_UPDATE: FluxKind = FluxKind {
    group: IMAGE,
    version: "v1",
    kind: "ImageUpdateAutomation",
    human: "image update automation",
    columns: &[LastRun, Suspended, Ready, PlainMessage],
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
            ArtifactRevision | ChartRevision | AppliedRevision | ReleaseRevision => "Revision",
            Suspended => "Suspended",
            Ready | StaticReady => "Ready",
            Message | PlainMessage | StaticMessage => "Message",
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
            ChartRevision => text("/status/artifact/revision").into(),
            AppliedRevision => short(text("/status/lastAppliedRevision")),
            ReleaseRevision => release_revision(object).into(),
            Suspended => if is_suspended(object) { "True" } else { "False" }.into(),
            Ready => ready(object).0.into(),
            Message => short(ready(object).1),
            PlainMessage => ready(object).1.into(),
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

/// Whether an object of this kind has no status at all: it counts as ready.
pub fn has_no_status(object: &Value) -> bool {
    matches!(object["kind"].as_str(), Some("Alert" | "Provider"))
}

/// Whether nothing works on the object: it only holds settings for others.
pub fn is_static(object: &Value) -> bool {
    has_no_status(object) || is_oci_helm_repository(object)
}

fn is_oci_helm_repository(object: &Value) -> bool {
    object["kind"] == "HelmRepository" && object["spec"]["type"] == "oci"
}

/// Status and message of the Ready condition.
pub fn ready(object: &Value) -> (&str, &str) {
    if is_oci_helm_repository(object) {
        return ("True", "Helm repository is Ready");
    }
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

fn release_revision(object: &Value) -> &str {
    let newest = object.pointer("/status/history/0/chartVersion");
    let tried = object.pointer("/status/lastAttemptedRevision");
    newest.or(tried).and_then(Value::as_str).unwrap_or_default()
}

/// Kind/namespace/name of the source of an object; empty where it has none.
pub fn source_of(object: &Value) -> String {
    let places = ["/spec/sourceRef", "/spec/chartRef", "/spec/chart/spec/sourceRef"];
    let found = places.iter().find_map(|place| object.pointer(place));
    let Some(reference) = found.filter(|reference| reference.is_object()) else {
        return String::new();
    };
    let own = object.pointer("/metadata/namespace").and_then(Value::as_str);
    let namespace = reference["namespace"]
        .as_str()
        .filter(|namespace| !namespace.is_empty());
    format!(
        "{}/{}/{}",
        reference["kind"].as_str().unwrap_or_default(),
        namespace.or(own).unwrap_or_default(),
        reference["name"].as_str().unwrap_or_default()
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
            Success::Applied if self.kind == HELM_RELEASE.kind => {
                format!("applied revision {}", release_revision(object))
            }
            Success::Applied => format!("applied revision {}", text("/status/lastAppliedRevision")),
            Success::Fetched if is_oci_helm_repository(object) => ready(object).1.to_owned(),
            Success::Fetched => format!("fetched revision {}", text("/status/artifact/revision")),
            Success::Scanned => {
                let count = object.pointer("/status/lastScanResult/tagCount");
                let count = count.and_then(Value::as_i64).unwrap_or(0);
                format!("scan fetched {count} tags")
            }
            Success::Selected => {
                let (name, tag) = (text("/status/latestRef/name"), text("/status/latestRef/tag"));
                let digest = match text("/status/latestRef/digest") {
                    "" => String::new(),
                    digest => format!("@{digest}"),
                };
                format!("selected ref {name}:{tag}{digest}")
            }
            Success::Completed => format!("{} reconciliation completed", self.kind),
            Success::Message => ready(object).1.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(kind: &FluxKind, mut object: Value, row: &[&str], success: &str) {
        object["kind"] = kind.kind.into();
        let cells: Vec<String> = kind.columns.iter().map(|column| column.cell(&object)).collect();
        assert_eq!(cells, row);
        assert_eq!(kind.success_message(&object), success);
    }

    /// A commit hash, which tables shorten where upstream does.
    const HASH: &str = "696f056df216eea4f9401adbee0ff744d4df390f";

    fn said(message: &str) -> Value {
        json!([{"type": "Ready", "status": "True", "message": message}])
    }

    #[test]
    fn rows_and_success_as_upstream_has_them() {
        let revision = format!("main@sha1:{HASH}");
        check(
            &KUSTOMIZATION,
            json!({"spec": {"suspend": true}, "status": {"lastAppliedRevision": revision, "conditions": said(&format!("Applied revision: {revision}"))}}),
            &[
                "main@sha1:696f056d",
                "True",
                "True",
                "Applied revision: main@sha1:696f056d",
            ],
            &format!("applied revision {revision}"),
        );
        check(
            &GIT,
            json!({"status": {}}),
            &["", "False", "False", "waiting to be reconciled"],
            "fetched revision ",
        );
        check(
            &HELM_CHART,
            json!({"status": {"artifact": {"revision": format!("1.0.0+{HASH}")}, "conditions": said("pulled")}}),
            &[&format!("1.0.0+{HASH}"), "False", "True", "pulled"],
            &format!("fetched revision 1.0.0+{HASH}"),
        );
        check(
            &HELM_REPOSITORY,
            json!({"spec": {"type": "oci"}}),
            &["", "False", "True", "Helm repository is Ready"],
            "Helm repository is Ready",
        );
        check(
            &HELM_RELEASE,
            json!({"status": {"lastAttemptedRevision": "2.0.0", "history": [{"chartVersion": "1.2.3"}], "conditions": said(HASH)}}),
            &["1.2.3", "False", "True", HASH],
            "applied revision 1.2.3",
        );
        check(
            &IMAGE_POLICY,
            json!({"status": {"latestRef": {"name": "ghcr.io/a/b", "tag": "5.0.3", "digest": "sha256:87"}, "conditions": said("m")}}),
            &["ghcr.io/a/b", "5.0.3", "True", "m"],
            "selected ref ghcr.io/a/b:5.0.3@sha256:87",
        );
        check(
            &IMAGE_REPOSITORY,
            json!({"status": {"lastScanResult": {"scanTime": "t", "tagCount": 7}, "conditions": said("m")}}),
            &["t", "False", "True", "m"],
            "scan fetched 7 tags",
        );
        check(
            &ALERT,
            json!({}),
            &["False", "True", "Alert is Ready"],
            "Alert reconciliation completed",
        );
    }

    #[test]
    fn sources_are_named_in_full() {
        let of = |spec: Value| source_of(&json!({"metadata": {"namespace": "apps"}, "spec": spec}));
        assert_eq!(
            of(json!({"sourceRef": {"kind": "GitRepository", "name": "a"}})),
            "GitRepository/apps/a"
        );
        assert_eq!(
            of(json!({"chartRef": {"kind": "OCIRepository", "name": "a", "namespace": "b"}})),
            "OCIRepository/b/a"
        );
        let chart = json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "a"}}}});
        assert_eq!(of(chart), "HelmRepository/apps/a");
        assert_eq!(of(json!({})), "");
    }
}
