//! Which fields hold the names of which objects.

use crate::fieldspec::FieldSpec;
use crate::id::Gvk;
use crate::specs::NameReference;

/// Kind, version and the path of the pod spec, of the types that mount config maps and secrets.
const DATA_HOLDERS: [(&str, &str, &str); 8] = [
    ("Pod", "v1", "spec"),
    ("PodTemplate", "", "template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicaSet", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
];

/// The same of the types whose pods name service accounts, claims and priority classes.
const POD_HOLDERS: [(&str, &str, &str); 7] = [
    ("Pod", "", "spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicationController", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
];

const CONFIG_MAP_IN_POD: [&str; 6] = [
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_IN_POD: [&str; 7] = [
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

/// Path, kind and group of a referrer.
type Row = (&'static str, &'static str, &'static str);

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

const CONFIG_MAP_ELSEWHERE: &[Row] = &[
    ("spec/configSource/configMap", "Node", ""),
    ("rules/resourceNames", "Role", ""),
    ("rules/resourceNames", "ClusterRole", ""),
    (
        "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
        "Ingress",
        "",
    ),
];

const SECRET_ELSEWHERE: &[Row] = &[
    ("spec/tls/secretName", "Ingress", ""),
    (
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
        "Ingress",
        "",
    ),
    (
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
        "Ingress",
        "",
    ),
    (
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
        "Ingress",
        "",
    ),
    ("imagePullSecrets/name", "ServiceAccount", ""),
    ("parameters/secretName", "StorageClass", ""),
    ("parameters/adminSecretName", "StorageClass", ""),
    ("parameters/userSecretName", "StorageClass", ""),
    ("parameters/secretRef", "StorageClass", ""),
    ("rules/resourceNames", "Role", ""),
    ("rules/resourceNames", "ClusterRole", ""),
    ("spec/azureFile/secretName", "PersistentVolume", ""),
];

const SERVICE: &[Row] = &[
    ("spec/serviceName", "StatefulSet", "apps"),
    ("spec/rules/http/paths/backend/serviceName", "Ingress", ""),
    ("spec/backend/serviceName", "Ingress", ""),
    ("spec/rules/http/paths/backend/service/name", "Ingress", ""),
    ("spec/defaultBackend/service/name", "Ingress", ""),
    ("spec/service/name", "APIService", "apiregistration.k8s.io"),
    (
        "webhooks/clientConfig/service",
        "ValidatingWebhookConfiguration",
        ADMISSION,
    ),
    (
        "webhooks/clientConfig/service",
        "MutatingWebhookConfiguration",
        ADMISSION,
    ),
];

const SERVICE_ACCOUNT: &[Row] = &[
    ("subjects", "RoleBinding", RBAC),
    ("subjects", "ClusterRoleBinding", RBAC),
];

const CLUSTER_ROLE: &[Row] = &[
    ("roleRef/name", "RoleBinding", RBAC),
    ("roleRef/name", "ClusterRoleBinding", RBAC),
];

const PERSISTENT_VOLUME: &[Row] = &[
    ("spec/volumeName", "PersistentVolumeClaim", ""),
    ("rules/resourceNames", "ClusterRole", ""),
];

const STORAGE_CLASS: &[Row] = &[
    ("spec/storageClassName", "PersistentVolume", ""),
    ("spec/storageClassName", "PersistentVolumeClaim", ""),
    (
        "spec/volumeClaimTemplates/spec/storageClassName",
        "StatefulSet",
        "",
    ),
];

const POLICY: &[Row] = &[("spec/policyName", "ValidatingAdmissionPolicyBinding", ADMISSION)];

fn rows(rows: &[Row]) -> Vec<FieldSpec> {
    rows.iter()
        .map(|(path, kind, group)| FieldSpec::new(Gvk::new(group, "", kind), path, false))
        .collect()
}

fn in_pods(holders: &[(&str, &str, &str)], inner: &[&str]) -> Vec<FieldSpec> {
    holders
        .iter()
        .flat_map(|(kind, version, prefix)| {
            inner.iter().map(move |path| {
                FieldSpec::new(Gvk::new("", version, kind), &format!("{prefix}/{path}"), false)
            })
        })
        .collect()
}

fn reference(group: &str, version: &str, kind: &str, referrers: Vec<FieldSpec>) -> NameReference {
    NameReference {
        gvk: Gvk::new(group, version, kind),
        referrers,
    }
}

pub(super) fn builtin() -> Vec<NameReference> {
    let mut references: Vec<NameReference> =
        ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
            .into_iter()
            .map(|kind| {
                reference(
                    "",
                    "",
                    kind,
                    rows(&[("spec/scaleTargetRef/name", "HorizontalPodAutoscaler", "")]),
                )
            })
            .collect();
    let with = |mut specs: Vec<FieldSpec>, more: Vec<FieldSpec>| {
        specs.extend(more);
        specs
    };
    let knative = FieldSpec::new(
        Gvk::new("serving.knative.dev", "v1", "Service"),
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        false,
    );
    let secrets = with(
        with(in_pods(&DATA_HOLDERS, &SECRET_IN_POD), rows(SECRET_ELSEWHERE)),
        vec![knative],
    );
    references.extend([
        reference(
            "",
            "v1",
            "ConfigMap",
            with(
                in_pods(&DATA_HOLDERS, &CONFIG_MAP_IN_POD),
                rows(CONFIG_MAP_ELSEWHERE),
            ),
        ),
        reference("", "v1", "Secret", secrets),
        reference("", "v1", "Service", rows(SERVICE)),
        reference(RBAC, "", "Role", rows(&CLUSTER_ROLE[..1])),
        reference(RBAC, "", "ClusterRole", rows(CLUSTER_ROLE)),
        reference(
            "",
            "v1",
            "ServiceAccount",
            with(
                rows(SERVICE_ACCOUNT),
                in_pods(&POD_HOLDERS, &["serviceAccountName"]),
            ),
        ),
        reference(
            "",
            "v1",
            "PersistentVolumeClaim",
            in_pods(&POD_HOLDERS, &["volumes/persistentVolumeClaim/claimName"]),
        ),
        reference("", "v1", "PersistentVolume", rows(PERSISTENT_VOLUME)),
        reference("storage.k8s.io", "v1", "StorageClass", rows(STORAGE_CLASS)),
        reference(
            "scheduling.k8s.io",
            "v1",
            "PriorityClass",
            in_pods(&POD_HOLDERS, &["priorityClassName"]),
        ),
        // The group stands so in kustomize's table; no object has it.
        reference(
            "networking.k8s.io/v1",
            "v1",
            "IngressClass",
            rows(&[("spec/ingressClassName", "Ingress", "")]),
        ),
        reference(ADMISSION, "", "ValidatingAdmissionPolicy", rows(POLICY)),
    ]);
    references
}
