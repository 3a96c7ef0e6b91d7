//! What a new cluster starts with.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{format_time, meta};
use super::pod::NODE_ADDRESS;
use super::volume::PROVISIONER;
use super::{Action, Config, View};

/// What a new cluster starts with: the namespaces `default`, `kube-system`, `kube-public` and
/// `kube-node-lease`, the usual ClusterRoles, and with [`Config::kubelet`] the node and a default StorageClass. What exists is left alone.
pub fn bootstrap(view: &dyn View, config: &Config, now: Timestamp) -> Vec<Action> {
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let mut objects: Vec<(&str, Value)> = ["default", "kube-system", "kube-public", "kube-node-lease"]
        .map(|name| ("", namespace(name)))
        .to_vec();
    objects.extend(
        super::roles::roles()
            .into_iter()
            .map(|role| ("rbac.authorization.k8s.io", role)),
    );
    for (name, value, what) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let class = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
            "value": value, "description": what, "preemptionPolicy": "PreemptLowerPriority",
        });
        objects.push(("scheduling.k8s.io", class));
    }
    if config.kubelet {
        objects.push(("", node(config, now)));
        objects.push(("storage.k8s.io", storage_class()));
    }
    objects
        .into_iter()
        .filter(|(group, object)| {
            let kind = object["kind"].as_str().unwrap_or_default();
            let namespace = meta(object, "namespace");
            view.get(group, kind, namespace, meta(object, "name")).is_none()
        })
        .map(|(_, object)| Action::Create {
            object,
            manager: "kube-apiserver",
        })
        .collect()
}

fn storage_class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": true,
    })
}

fn node(config: &Config, now: Timestamp) -> Value {
    let at = format_time(now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": at, "lastTransitionTime": at})
    };
    let resources = json!({
        "cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "100000",
        "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    });
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": config.node,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": config.node,
                "kubernetes.io/os": "linux",
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "node-role.kubernetes.io/control-plane": "",
            },
        },
        "spec": {"podCIDR": "10.128.0.0/9", "podCIDRs": ["10.128.0.0/9"], "providerID": format!("ferroflux://{}", config.node)},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": NODE_ADDRESS},
                {"type": "Hostname", "address": config.node},
            ],
            "allocatable": resources,
            "capacity": resources,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": "",
                "containerRuntimeVersion": "simulated://1.0.0",
                "kernelVersion": "simulated",
                "kubeProxyVersion": "",
                "kubeletVersion": concat!("v1.36.2+ferroflux.", env!("CARGO_PKG_VERSION")),
                "machineID": "",
                "operatingSystem": "linux",
                "osImage": "Ferroflux (simulated)",
                "systemUUID": "",
            },
        },
    })
}
