//! The controllers behind the API, run by the cluster in memory of the simulation's tests.

use serde_json::{Value, json};

use crate::simulate::Propagation;
use crate::simulate::fake::Fake;
use crate::simulate::json::{items, meta, text};

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}})
}

fn owned(name: &str, owners: &[Value]) -> Value {
    let mut object = config_map(name);
    object["metadata"]["ownerReferences"] = owners
        .iter()
        .map(|owner| {
            json!({"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta(owner, "name"),
                "uid": meta(owner, "uid"), "blockOwnerDeletion": true})
        })
        .collect();
    object
}

/// `owner` ← `child` ← `grandchild`, then `owner` is deleted: what is left.
#[track_caller]
fn check_gc(propagation: Propagation, expect: &[&str]) {
    let mut fake = Fake::new();
    fake.create(config_map("owner"));
    let owner = fake.object("ConfigMap", "owner");
    fake.create(owned("child", &[owner]));
    let child = fake.object("ConfigMap", "child");
    fake.create(owned("grandchild", &[child]));
    fake.settle();
    fake.delete("ConfigMap", "owner", propagation);
    fake.settle();
    assert_eq!(fake.names("ConfigMap"), expect);
}

#[test]
fn propagation() {
    check_gc(Propagation::Background, &[]);
    check_gc(Propagation::Foreground, &[]);
    check_gc(Propagation::Orphan, &["child", "grandchild"]);
}

#[test]
fn orphans_lose_the_reference() {
    let mut fake = Fake::new();
    fake.create(config_map("owner"));
    let owner = fake.object("ConfigMap", "owner");
    fake.create(owned("child", &[owner]));
    fake.delete("ConfigMap", "owner", Propagation::Orphan);
    fake.settle();
    assert!(
        fake.object("ConfigMap", "child")["metadata"]
            .get("ownerReferences")
            .is_none()
    );
}

#[test]
fn one_living_owner_keeps_the_dependent() {
    let mut fake = Fake::new();
    fake.create(config_map("one"));
    fake.create(config_map("two"));
    let owners = [fake.object("ConfigMap", "one"), fake.object("ConfigMap", "two")];
    fake.create(owned("child", &owners));
    fake.settle();
    fake.delete("ConfigMap", "one", Propagation::Background);
    fake.settle();
    let references = fake.object("ConfigMap", "child")["metadata"]["ownerReferences"].take();
    assert_eq!(
        items(&references)
            .iter()
            .map(|r| text(&r["name"]))
            .collect::<Vec<_>>(),
        ["two"]
    );
}

#[track_caller]
fn check_dangling(reference: Value, kept: bool) {
    let mut fake = Fake::new();
    fake.create(config_map("real"));
    let uid = meta(&fake.object("ConfigMap", "real"), "uid").to_owned();
    let mut object = config_map("child");
    let mut reference = reference;
    if reference["uid"] == "real" {
        reference["uid"] = json!(uid);
    }
    object["metadata"]["ownerReferences"] = json!([reference]);
    fake.create(object);
    fake.settle();
    assert_eq!(fake.names("ConfigMap").contains(&"child"), kept, "{reference}");
}

#[test]
fn dangling_owners() {
    let reference = |kind: &str, name: &str, uid: &str| json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": uid});
    check_dangling(reference("ConfigMap", "real", "real"), true);
    check_dangling(reference("ConfigMap", "real", "other"), false);
    check_dangling(reference("ConfigMap", "wrong", "real"), false);
    check_dangling(reference("Secret", "real", "real"), false);
    check_dangling(reference("Unserved", "real", "real"), true);
}

#[test]
fn foreground_waits_for_a_held_dependent() {
    let mut fake = Fake::new();
    fake.create(config_map("owner"));
    let owner = fake.object("ConfigMap", "owner");
    let mut child = owned("child", &[owner]);
    child["metadata"]["finalizers"] = json!(["example.com/hold"]);
    fake.create(child);
    fake.delete("ConfigMap", "owner", Propagation::Foreground);
    fake.settle();
    assert_eq!(fake.names("ConfigMap"), ["child", "owner"]);
    fake.edit("ConfigMap", "child", |object| {
        object["metadata"]["finalizers"] = json!([])
    });
    fake.settle();
    assert_eq!(fake.names("ConfigMap"), Vec::<&str>::new());
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}, "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"}})
}

#[test]
fn namespace_is_furnished() {
    let mut fake = Fake::new();
    fake.config.root_ca = "PEM".to_owned();
    fake.create(namespace());
    fake.settle();
    assert_eq!(fake.names("ServiceAccount"), ["default"]);
    assert_eq!(
        fake.object("ConfigMap", "kube-root-ca.crt")["data"]["ca.crt"],
        "PEM"
    );
    fake.delete("ServiceAccount", "default", Propagation::Background);
    fake.edit("ConfigMap", "kube-root-ca.crt", |object| {
        object["data"] = json!({})
    });
    fake.settle();
    assert_eq!(fake.names("ServiceAccount"), ["default"]);
    assert_eq!(
        fake.object("ConfigMap", "kube-root-ca.crt")["data"]["ca.crt"],
        "PEM"
    );
}

#[test]
fn namespace_is_emptied() {
    let mut fake = Fake::new();
    fake.create(namespace());
    let mut held = config_map("held");
    held["metadata"]["finalizers"] = json!(["x.io/h"]);
    fake.create(held);
    fake.create(config_map("free"));
    fake.create(crate::simulate::fake::workload("Deployment", 2));
    fake.settle();
    fake.delete("Namespace", "default", Propagation::Background);
    fake.settle();
    assert_eq!(fake.names("ConfigMap"), ["held"]);
    assert_eq!(fake.names("Pod").len() + fake.names("ServiceAccount").len(), 0);
    let status = fake.object("Namespace", "default")["status"].take();
    let messages: Vec<&str> = items(&status["conditions"])
        .iter()
        .map(|c| text(&c["message"]))
        .collect();
    assert_eq!(
        messages[3],
        "Some resources are remaining: configmaps. has 1 resource instances"
    );
    assert_eq!(
        messages[4],
        "Some content in the namespace has finalizers remaining: x.io/h in 1 resource instances"
    );
    fake.edit("ConfigMap", "held", |object| {
        object["metadata"]["finalizers"] = json!([])
    });
    fake.settle();
    assert_eq!(fake.names("Namespace"), Vec::<&str>::new());
}

#[test]
fn definition_takes_its_instances() {
    let mut fake = Fake::new();
    fake.create(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.example.com", "finalizers": ["customresourcecleanup.apiextensions.k8s.io"]},
        "spec": {"group": "example.com", "names": {"kind": "Foo"}},
    }));
    fake.create(json!({"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "a", "namespace": "default"}}));
    fake.delete(
        "CustomResourceDefinition",
        "foos.example.com",
        Propagation::Background,
    );
    fake.settle();
    assert_eq!(
        fake.names("Foo").len() + fake.names("CustomResourceDefinition").len(),
        0
    );
}

#[test]
fn events_expire() {
    let mut fake = Fake::new();
    fake.create(
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"}}),
    );
    fake.pass(1800);
    fake.edit("Event", "e", |object| {
        object["lastTimestamp"] = json!("2030-01-01T00:30:00Z")
    });
    fake.pass(3599);
    assert_eq!(fake.names("Event"), ["e"]);
    fake.pass(1);
    assert_eq!(fake.names("Event"), Vec::<&str>::new());
}

#[test]
fn roles_aggregate() {
    let mut fake = Fake::new();
    let role = |name: &str, body: Value| {
        let mut role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"});
        role["metadata"] = json!({"name": name, "labels": body["labels"]});
        role["rules"] = body["rules"].clone();
        role["aggregationRule"] = body["aggregationRule"].clone();
        role
    };
    let rule = json!([{"verbs": ["get"], "apiGroups": ["x.io"], "resources": ["y"]}]);
    fake.create(role(
        "all",
        json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}),
    ));
    fake.create(role("part", json!({"labels": {"to": "all"}, "rules": rule})));
    fake.settle();
    assert_eq!(fake.object("ClusterRole", "all")["rules"], rule);
    fake.edit("ClusterRole", "part", |object| {
        object["metadata"]["labels"] = json!({})
    });
    fake.settle();
    assert_eq!(fake.object("ClusterRole", "all")["rules"], json!([]));
}
