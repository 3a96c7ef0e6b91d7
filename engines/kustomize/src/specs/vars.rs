//! Fields in which `$(VAR)` is replaced.

use crate::fieldspec::FieldSpec;
use crate::id::Gvk;

const HOLDERS: [(&str, &str); 7] = [
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("Pod", "spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
];

const IN_CONTAINER: [&str; 4] = ["args", "command", "env/value", "volumeMounts/mountPath"];

const ELSEWHERE: [(&str, &str); 16] = [
    ("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
    ("DaemonSet", "spec/template/spec/volumes/nfs/server"),
    ("Deployment", "spec/template/spec/volumes/nfs/server"),
    ("Deployment", "spec/template/metadata/annotations"),
    ("Ingress", "spec/rules/host"),
    ("Ingress", "spec/tls/hosts"),
    ("Ingress", "spec/tls/secretName"),
    ("Job", "spec/template/spec/volumes/nfs/server"),
    ("Pod", "spec/volumes/nfs/server"),
    ("ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    ("Service", "spec/ports/port"),
    ("Service", "spec/ports/targetPort"),
    ("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    ("PersistentVolume", "spec/nfs/server"),
    ("", "metadata/labels"),
    ("", "metadata/annotations"),
];

pub(super) fn builtin() -> Vec<FieldSpec> {
    let spec = |kind: &str, path: &str| FieldSpec::new(Gvk::new("", "", kind), path, false);
    let in_containers = HOLDERS.iter().flat_map(|(kind, prefix)| {
        ["containers", "initContainers"]
            .into_iter()
            .flat_map(move |list| {
                IN_CONTAINER
                    .iter()
                    .map(move |field| spec(kind, &format!("{prefix}/{list}/{field}")))
            })
    });
    let elsewhere = ELSEWHERE.iter().map(|(kind, path)| spec(kind, path));
    in_containers.chain(elsewhere).collect()
}
