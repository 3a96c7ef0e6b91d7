//! A cluster in memory that runs the steps, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::json::{deleting, items, meta, text};
use super::{Action, Config, ObjectRef, Parts, Propagation, View, step, targets};

/// An object store with the semantics that the driver's writes have.
pub(crate) struct Fake {
    objects: BTreeMap<ObjectRef, Arc<Value>>,
    pub(crate) config: Config,
    pub(crate) now: Timestamp,
    queue: BTreeSet<ObjectRef>,
    timers: Vec<(Timestamp, ObjectRef)>,
    serial: u64,
    /// Writes made by the steps, as `Verb Kind/name`.
    pub(crate) log: Vec<String>,
}

impl View for Fake {
    fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects
            .get(&ObjectRef::new(group, kind, namespace, name))
            .cloned()
    }
    fn list(&self, group: &str, kind: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let wanted = |id: &ObjectRef| {
            id.group == group
                && id.kind == kind
                && namespace.is_none_or(|namespace| id.namespace == namespace)
        };
        self.objects
            .iter()
            .filter(|(id, _)| wanted(id))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }
    fn owned_by(&self, uid: &str) -> Vec<Arc<Value>> {
        let owns = |object: &Value| {
            items(&object["metadata"]["ownerReferences"])
                .iter()
                .any(|r| r["uid"] == uid)
        };
        self.objects
            .values()
            .filter(|object| owns(object))
            .cloned()
            .collect()
    }
    fn by_uid(&self, uid: &str) -> Option<Arc<Value>> {
        self.objects
            .values()
            .find(|object| meta(object, "uid") == uid)
            .cloned()
    }
    fn namespaced(&self, namespace: &str) -> Vec<Arc<Value>> {
        self.objects
            .values()
            .filter(|object| meta(object, "namespace") == namespace)
            .cloned()
            .collect()
    }
    fn is_namespaced(&self, _group: &str, kind: &str) -> Option<bool> {
        match kind {
            "Unserved" => None,
            "Namespace" | "Node" | "PersistentVolume" | "ClusterRole" | "CustomResourceDefinition" => {
                Some(false)
            }
            _ => Some(true),
        }
    }
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            config: Config::default(),
            now: "2030-01-01T00:00:00Z".parse().unwrap(),
            queue: BTreeSet::new(),
            timers: Vec::new(),
            serial: 0,
            log: Vec::new(),
        }
    }

    fn notify(&mut self, object: &Value, deleted: bool) {
        let mut found = targets(object, self);
        found.extend(crate::behind::targets(object, deleted, self));
        self.queue.extend(found);
    }

    fn store(&mut self, mut object: Value) {
        self.serial += 1;
        object["metadata"]["resourceVersion"] = json!(self.serial.to_string());
        let finalizers = |field: &str| !items(&object[field]["finalizers"]).is_empty();
        let gone = deleting(&object)
            && !finalizers("metadata")
            && !(object["kind"] == "Namespace" && finalizers("spec"));
        if gone {
            self.objects.remove(&ObjectRef::of(&object));
        } else {
            self.objects
                .insert(ObjectRef::of(&object), Arc::new(object.clone()));
        }
        self.notify(&object, gone);
    }

    pub(crate) fn create(&mut self, mut object: Value) {
        self.serial += 1;
        object["metadata"]["uid"] = json!(format!("uid-{}", self.serial));
        object["metadata"]["creationTimestamp"] = json!(super::json::format_time(self.now));
        if object["spec"].is_object() {
            object["metadata"]["generation"] = json!(1);
        }
        self.store(object);
    }

    fn replace(&mut self, mut object: Value) {
        let id = ObjectRef::of(&object);
        let Some(old) = self.objects.get(&id).cloned() else {
            return;
        };
        if object["spec"] != old["spec"] && old["metadata"]["generation"].is_i64() {
            object["metadata"]["generation"] = json!(super::json::int(&old["metadata"]["generation"]) + 1);
        }
        self.store(object);
    }

    pub(crate) fn edit(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut object = self.object(kind, name);
        change(&mut object);
        self.replace(object);
    }

    pub(crate) fn delete(&mut self, kind: &str, name: &str, propagation: Propagation) {
        let object = self.object(kind, name);
        let target = ObjectRef::of(&object);
        self.execute(Action::Delete {
            target,
            uid: meta(&object, "uid").to_owned(),
            propagation,
        });
        self.log.clear();
    }

    pub(crate) fn execute(&mut self, action: Action) {
        let mut entry = |verb: &str, object: &Value| {
            self.log.push(format!(
                "{verb} {}/{}",
                text(&object["kind"]),
                meta(object, "name")
            ));
        };
        match action {
            Action::Create { object, .. } => {
                if !self.objects.contains_key(&ObjectRef::of(&object)) {
                    entry("create", &object);
                    self.create(object);
                }
            }
            Action::Update { object, parts, .. } => {
                let Some(old) = self.objects.get(&ObjectRef::of(&object)) else {
                    return;
                };
                if old["metadata"]["resourceVersion"] != object["metadata"]["resourceVersion"] {
                    return;
                }
                entry(
                    if parts == Parts::Status {
                        "status"
                    } else {
                        "update"
                    },
                    &object,
                );
                self.replace(object);
            }
            Action::Apply { config, .. } => {
                let Some(old) = self.objects.get(&ObjectRef::of(&config)) else {
                    return;
                };
                let mut object = Value::clone(old);
                flux_patch::merge_patch(&mut object, &config);
                entry("apply", &object);
                self.replace(object);
            }
            Action::Token { mut secret, .. } => {
                entry("token", &secret);
                secret["data"]["token"] = json!("dG9rZW4=");
                self.replace(secret);
            }
            Action::Delete {
                target,
                uid,
                propagation,
            } => {
                let Some(old) = self.objects.get(&target).filter(|old| meta(old, "uid") == uid) else {
                    return;
                };
                let mut object = Value::clone(old);
                entry("delete", &object);
                object["metadata"]["deletionTimestamp"] = json!(super::json::format_time(self.now));
                let finalizer = match propagation {
                    Propagation::Background => None,
                    Propagation::Foreground => Some("foregroundDeletion"),
                    Propagation::Orphan => Some("orphan"),
                };
                if let Some(finalizer) = finalizer {
                    let mut list = items(&object["metadata"]["finalizers"]).to_vec();
                    list.push(json!(finalizer));
                    object["metadata"]["finalizers"] = json!(list);
                }
                self.store(object);
            }
        }
    }

    /// Run the queue until it is empty.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        for _ in 0..2000 {
            let Some(target) = self.queue.pop_first() else {
                return;
            };
            for step in [
                step(&target, self, &self.config.clone(), self.now),
                crate::behind::step(
                    &target,
                    self,
                    &self.config.clone(),
                    &crate::Controllers::all(),
                    self.now,
                ),
            ] {
                if let Some(wake) = step.wake {
                    if wake <= self.now {
                        self.queue.insert(target.clone());
                    } else {
                        self.timers.push((wake, target.clone()));
                    }
                }
                for action in step.actions {
                    self.execute(action);
                }
            }
        }
        panic!(
            "the steps do not come to rest: {:?}",
            &self.log[self.log.len() - 10..]
        );
    }

    /// Let time pass, and run what is due.
    #[track_caller]
    pub(crate) fn pass(&mut self, seconds: i64) {
        let end = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        loop {
            self.settle();
            self.timers.sort();
            let due = self.timers.first().filter(|(at, _)| *at <= end).cloned();
            let Some((at, target)) = due else { break };
            self.timers.remove(0);
            self.now = self.now.max(at);
            self.queue.insert(target);
        }
        self.now = end;
    }

    #[track_caller]
    pub(crate) fn object(&self, kind: &str, name: &str) -> Value {
        let found = self
            .objects
            .iter()
            .find(|(id, _)| id.kind == kind && id.name == name);
        found
            .map(|(_, object)| Value::clone(object))
            .unwrap_or_else(|| panic!("no {kind} {name}"))
    }

    pub(crate) fn names(&self, kind: &str) -> Vec<&str> {
        self.objects
            .keys()
            .filter(|id| id.kind == kind)
            .map(|id| id.name.as_str())
            .collect()
    }

    /// `Type=Status Reason` of a condition.
    #[track_caller]
    pub(crate) fn condition(&self, kind: &str, name: &str, condition: &str) -> String {
        let object = self.object(kind, name);
        let found = super::condition::find(&object["status"], condition)
            .cloned()
            .unwrap_or_default();
        format!("{} {}", text(&found["status"]), text(&found["reason"]))
    }
}

/// Let the simulation look at an object once, whatever is in it.
pub(crate) fn run_once(object: Value) {
    let mut fake = Fake::new();
    let target = ObjectRef::of(&object);
    fake.objects.insert(target.clone(), Arc::new(object.clone()));
    let _ = (
        targets(&object, &fake),
        crate::behind::targets(&object, true, &fake),
    );
    let _ = step(&target, &fake, &fake.config.clone(), fake.now);
    let _ = crate::behind::step(
        &target,
        &fake,
        &fake.config.clone(),
        &crate::Controllers::all(),
        fake.now,
    );
}

pub(crate) fn template(annotations: Value) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}, "annotations": annotations},
        "spec": {"restartPolicy": "Always", "containers": [
            {"name": "app", "image": "nginx:1.27", "ports": [{"name": "http", "containerPort": 8080}]},
        ]},
    })
}

pub(crate) fn workload(kind: &str, replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(json!({})),
        },
    })
}
