//! ControllerRevisions: the history of StatefulSets and DaemonSets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::json::{controller_reference, int, is_controlled_by, meta, set_meta};
use super::names::template_hash;
use super::replicaset::MANAGER;
use super::{Action, ObjectRef, Propagation, View};

/// Label with the hash of the template, on revisions and pods.
pub(crate) const POD_LABEL: &str = "controller-revision-hash";

/// The hash of the owner's current pod template.
pub(crate) fn hash(owner: &Value) -> String {
    template_hash(&owner["spec"]["template"])
}

/// Record the current template if it is not the latest revision, and forget what is beyond the history limit.
/// `live` are the hashes that pods still have.
pub(crate) fn record(owner: &Value, hash: &str, live: &[&str], view: &dyn View) -> Vec<Action> {
    let mut known: Vec<Arc<Value>> = view.owned_by(meta(owner, "uid"));
    known.retain(|object| object["kind"] == "ControllerRevision" && is_controlled_by(object, owner));
    known.sort_by_key(|object| int(&object["revision"]));
    let name = format!("{}-{hash}", meta(owner, "name"));
    let last = known.last().map_or(0, |object| int(&object["revision"]));
    let mut actions = Vec::new();
    match known.iter().find(|object| meta(object, "name") == name) {
        None => actions.push(Action::Create {
            object: revision(owner, hash, &name, last + 1),
            manager: MANAGER,
        }),
        Some(object) if int(&object["revision"]) < last => {
            let mut object = Value::clone(object);
            object["revision"] = json!(last + 1);
            actions.push(Action::Update {
                object,
                parts: super::Parts::Main,
                manager: MANAGER,
            });
        }
        Some(_) => {}
    }
    let limit = usize::try_from(owner["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10)).unwrap_or(10);
    known.retain(|object| {
        let own = object["metadata"]["labels"][POD_LABEL]
            .as_str()
            .unwrap_or_default();
        own != hash && !live.contains(&own)
    });
    let surplus = known.len().saturating_sub(limit);
    actions.extend(known[..surplus].iter().map(|object| Action::Delete {
        target: ObjectRef::of(object),
        uid: meta(object, "uid").to_owned(),
        propagation: Propagation::Background,
    }));
    actions
}

fn revision(owner: &Value, hash: &str, name: &str, number: i64) -> Value {
    let mut template = owner["spec"]["template"].clone();
    template["$patch"] = json!("replace");
    let mut object = json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": meta(owner, "namespace"),
            "labels": owner["spec"]["template"]["metadata"]["labels"],
            "ownerReferences": [controller_reference(owner)],
        },
        "data": {"spec": {"template": template}},
        "revision": number,
    });
    set_meta(&mut object, "labels", POD_LABEL, hash);
    object
}
