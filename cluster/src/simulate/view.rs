//! What a step can see of the cluster.

use std::sync::Arc;

use serde_json::Value;

/// What objects are picked by, so that they need not be read whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// `metadata.labels`.
    pub labels: Value,
    /// `spec.selector`.
    pub selector: Value,
    /// The claims that the volumes of a pod name.
    pub claims: Box<[Box<str>]>,
}

impl Profile {
    /// The profile of an object, with or without `apiVersion` and `kind`.
    pub fn of(mut object: Value) -> Self {
        let volumes = object.pointer("/spec/volumes").and_then(Value::as_array);
        let claims = volumes.into_iter().flatten().filter_map(|volume| {
            let claim = &volume["persistentVolumeClaim"]["claimName"];
            claim.as_str().map(Box::from)
        });
        let claims = claims.collect();
        let mut take = |pointer: &str| object.pointer_mut(pointer).map(Value::take).unwrap_or_default();
        Self {
            labels: take("/metadata/labels"),
            selector: take("/spec/selector"),
            claims,
        }
    }
}

/// Says whether an object is meant.
pub type Wanted<'a> = dyn Fn(&Profile) -> bool + 'a;

/// Read access to the stored objects, in one consistent state. Objects come in any served version of their
/// kind, with `apiVersion` and `kind` set.
pub trait View {
    /// The object of that group, kind and name; `namespace` is empty for cluster-scoped kinds.
    fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>>;

    /// All objects of that kind, in one namespace, or in all where `namespace` is `None`.
    fn list(&self, group: &str, kind: &str, namespace: Option<&str>) -> Vec<Arc<Value>>;

    /// The objects of that kind in the namespace that `wanted` picks. This is asked for every pod and Service that
    /// changes: read whole objects only when they are picked.
    fn select(&self, group: &str, kind: &str, namespace: &str, wanted: &Wanted<'_>) -> Vec<Arc<Value>> {
        let mut objects = self.list(group, kind, Some(namespace));
        objects.retain(|object| wanted(&Profile::of(Value::clone(object))));
        objects
    }

    /// All objects of any kind with an owner reference to `uid`. Keep an index: this is asked for every
    /// workload object that changes.
    fn owned_by(&self, uid: &str) -> Vec<Arc<Value>>;

    /// The object of any kind with this `metadata.uid`, for owner references whose kind or name is wrong.
    fn by_uid(&self, uid: &str) -> Option<Arc<Value>>;

    /// All objects of any kind in the namespace, for emptying it.
    fn namespaced(&self, namespace: &str) -> Vec<Arc<Value>>;

    /// Whether the kind is served, and if so whether it is namespaced. Owner references to kinds that are not
    /// served are left alone by the garbage collector.
    fn is_namespaced(&self, group: &str, kind: &str) -> Option<bool>;
}

/// How the simulation behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Whether pods exist as objects. Without them the workload objects get the same statuses with far fewer
    /// objects: for benchmarks with thousands of workloads.
    pub pods: bool,
    /// Whether the scheduler and the kubelets are simulated. Without them pods stay Pending until a client binds
    /// them and writes their status, as on a cluster that has controllers but no nodes.
    pub kubelet: bool,
    /// Name of the one simulated node.
    pub node: String,
    /// The PEM bundle that goes into `kube-root-ca.crt` of every namespace.
    pub root_ca: String,
    /// How long Events are kept, in seconds (kube-apiserver: one hour).
    pub event_ttl: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pods: true,
            kubelet: true,
            node: "ferroflux".to_owned(),
            root_ca: String::new(),
            event_ttl: 3600,
        }
    }
}
