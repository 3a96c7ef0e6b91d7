//! The fields of names, namespaces, labels, annotations, images and replicas.

use crate::fieldspec::FieldSpec;
use crate::id::Gvk;

/// Path, group, version, kind, whether to create. Empty parts match anything.
type Row = (&'static str, &'static str, &'static str, &'static str, bool);

fn table(rows: &[Row]) -> Vec<FieldSpec> {
    rows.iter()
        .map(|(path, group, version, kind, create)| {
            FieldSpec::new(Gvk::new(group, version, kind), path, *create)
        })
        .collect()
}

pub(super) fn name() -> Vec<FieldSpec> {
    table(&[("metadata/name", "", "", "", false)])
}

pub(super) fn namespace() -> Vec<FieldSpec> {
    table(&[
        ("metadata/name", "", "", "Namespace", true),
        (
            "spec/service/namespace",
            "apiregistration.k8s.io",
            "",
            "APIService",
            true,
        ),
        (
            "spec/conversion/webhook/clientConfig/service/namespace",
            "apiextensions.k8s.io",
            "",
            "CustomResourceDefinition",
            false,
        ),
    ])
}

const METADATA_LABELS: &[Row] = &[
    ("metadata/labels", "", "", "", true),
    (
        "spec/template/metadata/labels",
        "",
        "v1",
        "ReplicationController",
        true,
    ),
    ("spec/template/metadata/labels", "", "", "Deployment", true),
    ("spec/template/metadata/labels", "", "", "ReplicaSet", true),
    ("spec/template/metadata/labels", "", "", "DaemonSet", true),
    ("spec/template/metadata/labels", "apps", "", "StatefulSet", true),
    ("spec/template/metadata/labels", "batch", "", "Job", true),
    ("spec/jobTemplate/metadata/labels", "batch", "", "CronJob", true),
    (
        "spec/jobTemplate/spec/template/metadata/labels",
        "batch",
        "",
        "CronJob",
        true,
    ),
];

const SELECTORS: &[Row] = &[
    ("spec/selector", "", "v1", "Service", true),
    ("spec/selector", "", "v1", "ReplicationController", true),
    ("spec/selector/matchLabels", "", "", "Deployment", true),
    ("spec/selector/matchLabels", "", "", "ReplicaSet", true),
    ("spec/selector/matchLabels", "", "", "DaemonSet", true),
    ("spec/selector/matchLabels", "apps", "", "StatefulSet", true),
    ("spec/selector/matchLabels", "batch", "", "Job", false),
    (
        "spec/jobTemplate/spec/selector/matchLabels",
        "batch",
        "",
        "CronJob",
        false,
    ),
    (
        "spec/selector/matchLabels",
        "policy",
        "",
        "PodDisruptionBudget",
        false,
    ),
    (
        "spec/podSelector/matchLabels",
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        false,
    ),
    (
        "spec/ingress/from/podSelector/matchLabels",
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        false,
    ),
    (
        "spec/egress/to/podSelector/matchLabels",
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        false,
    ),
];

/// Selectors inside pod specs, for Deployments and StatefulSets.
const POD_SELECTORS: [&str; 5] = [
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution",
    "topologySpreadConstraints",
];

pub(super) fn metadata_labels() -> Vec<FieldSpec> {
    let mut specs = table(METADATA_LABELS);
    specs.extend(volume_claim_template_labels());
    specs
}

pub(super) fn volume_claim_template_labels() -> Vec<FieldSpec> {
    table(&[(
        "spec/volumeClaimTemplates[]/metadata/labels",
        "apps",
        "",
        "StatefulSet",
        true,
    )])
}

pub(super) fn common_labels() -> Vec<FieldSpec> {
    let mut specs = table(SELECTORS);
    for kind in ["Deployment", "StatefulSet"] {
        for inner in POD_SELECTORS {
            let path = format!("spec/template/spec/{inner}/labelSelector/matchLabels");
            specs.push(FieldSpec::new(Gvk::new("apps", "", kind), &path, false));
        }
    }
    specs.extend(metadata_labels());
    specs
}

pub(super) fn annotations() -> Vec<FieldSpec> {
    table(&[
        ("metadata/annotations", "", "", "", true),
        (
            "spec/template/metadata/annotations",
            "",
            "v1",
            "ReplicationController",
            true,
        ),
        ("spec/template/metadata/annotations", "", "", "Deployment", true),
        ("spec/template/metadata/annotations", "", "", "ReplicaSet", true),
        ("spec/template/metadata/annotations", "", "", "DaemonSet", true),
        ("spec/template/metadata/annotations", "", "", "StatefulSet", true),
        ("spec/template/metadata/annotations", "batch", "", "Job", true),
        (
            "spec/jobTemplate/metadata/annotations",
            "batch",
            "",
            "CronJob",
            true,
        ),
        (
            "spec/jobTemplate/spec/template/metadata/annotations",
            "batch",
            "",
            "CronJob",
            true,
        ),
    ])
}

pub(super) fn images() -> Vec<FieldSpec> {
    table(&[
        ("spec/containers[]/image", "", "", "", true),
        ("spec/initContainers[]/image", "", "", "", true),
        ("spec/volumes[]/image/reference", "", "", "", true),
        ("spec/template/spec/containers[]/image", "", "", "", true),
        ("spec/template/spec/initContainers[]/image", "", "", "", true),
        ("spec/template/spec/volumes[]/image/reference", "", "", "", true),
    ])
}

pub(super) fn replicas() -> Vec<FieldSpec> {
    table(&[
        ("spec/replicas", "", "", "Deployment", true),
        ("spec/replicas", "", "", "ReplicationController", true),
        ("spec/replicas", "", "", "ReplicaSet", true),
        ("spec/replicas", "", "", "StatefulSet", true),
    ])
}
