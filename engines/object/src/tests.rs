use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Gvk, ObjectId, marks, meta, sort_for_apply, sort_for_delete};

#[track_caller]
fn check_id(api_version: &str, kind: &str, namespace: &str, name: &str, shown: &str, inventory: &str) {
    let id = ObjectId::new(api_version, kind, namespace, name);
    assert_eq!(id.to_string(), shown);
    assert_eq!(id.inventory_id(), inventory);
    assert_eq!(ObjectId::from_inventory_id(inventory), Ok(id));
}

#[test]
fn ids_have_two_spellings() {
    check_id(
        "apps/v1",
        "Deployment",
        "ns",
        "web",
        "Deployment/ns/web",
        "ns_web_apps_Deployment",
    );
    check_id("v1", "Namespace", "", "ns", "Namespace/ns", "_ns__Namespace");
    check_id(
        "v1",
        "ConfigMap",
        "ns",
        "a.b",
        "ConfigMap/ns/a.b",
        "ns_a.b__ConfigMap",
    );
    check_id(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "",
        "system:view",
        "ClusterRole/system:view",
        "_system__view_rbac.authorization.k8s.io_ClusterRole",
    );
}

#[test]
fn a_colon_is_only_written_differently_for_rbac() {
    let id = ObjectId::new("example.com/v1", "Thing", "", "a:b");
    assert_eq!(id.inventory_id(), "_a:b_example.com_Thing");
}

#[test]
fn what_is_not_an_inventory_id_is_refused() {
    for id in ["", "ns", "ns_name", "ns_name_group", "ns_na_me_group_Kind"] {
        let error = ObjectId::from_inventory_id(id).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("inventory id {id:?} is not of the form <namespace>_<name>_<group>_<kind>")
        );
    }
}

proptest! {
    #[test]
    fn inventory_ids_come_back(ns in "[a-z0-9-]{0,8}", name in "[a-z0-9.-]{1,12}", group in "[a-z.]{0,12}", kind in "[A-Z][a-z]{1,9}") {
        let id = ObjectId { group, kind, namespace: ns, name };
        prop_assert_eq!(ObjectId::from_inventory_id(&id.inventory_id()), Ok(id));
    }

    #[test]
    fn any_text_is_an_id_or_an_error(text in "\\PC*") {
        let _ = ObjectId::from_inventory_id(&text);
    }
}

#[test]
fn types_read_and_write() {
    let gvk = Gvk::new("apps/v1", "Deployment");
    assert_eq!((gvk.group.as_str(), gvk.version.as_str()), ("apps", "v1"));
    assert_eq!(gvk.api_version(), "apps/v1");
    assert_eq!(gvk.to_string(), "apps/v1, Kind=Deployment");
    assert_eq!(
        Gvk::of(&json!({"apiVersion": "v1", "kind": "Pod"})),
        Gvk::new("v1", "Pod")
    );
    assert_eq!(Gvk::of(&json!(7)), Gvk::default());
}

fn object(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "x/v1", "kind": kind, "metadata": {"name": name}})
}

#[test]
fn what_others_need_comes_first() {
    let mut objects = [
        object("ValidatingWebhookConfiguration", "a"),
        object("Zebra", "a"),
        object("Deployment", "a"),
        object("MutatingWebhookConfiguration", "a"),
        object("Ingress", "a"),
        object("Secret", "b"),
        object("Secret", "a"),
        object("Namespace", "a"),
        object("CustomResourceDefinition", "a"),
    ];
    let expected = [
        "CustomResourceDefinition/a",
        "Namespace/a",
        "Secret/a",
        "Secret/b",
        "Deployment/a",
        "Ingress/a",
        "Zebra/a",
        "MutatingWebhookConfiguration/a",
        "ValidatingWebhookConfiguration/a",
    ];
    let shown = |objects: &[Value]| -> Vec<String> {
        objects
            .iter()
            .map(|object| ObjectId::of(object).to_string())
            .collect()
    };
    sort_for_apply(&mut objects);
    assert_eq!(shown(&objects), expected);
    sort_for_delete(&mut objects);
    assert!(shown(&objects).iter().rev().eq(expected.iter()));
}

#[test]
fn marks_are_labels_or_annotations_in_any_case() {
    let label = json!({"metadata": {"labels": {marks::SSA: "ignore"}}});
    let annotation = json!({"metadata": {"annotations": {marks::SSA: "IGNORE"}}});
    assert!(marks::has(&label, marks::SSA, marks::IGNORE));
    assert!(marks::has(&annotation, marks::SSA, marks::IGNORE));
    assert!(!marks::has(&annotation, marks::SSA, marks::MERGE));
    assert!(marks::has_any(
        &label,
        &[(marks::PRUNE, marks::DISABLED), (marks::SSA, marks::IGNORE)]
    ));
    assert!(!marks::has(&json!({}), marks::SSA, ""));
}

#[test]
fn metadata_is_made_where_it_is_missing() {
    let mut bare = json!({"metadata": {"labels": null}});
    marks::set_owner(&mut bare, "apps", "flux-system");
    meta::set_annotation(&mut bare, "a", "b");
    meta::set_namespace(&mut bare, "ns");
    assert!(marks::is_owned_by(&bare, "apps", "flux-system"));
    assert!(!marks::is_owned_by(&bare, "apps", "other"));
    assert_eq!(meta::annotation(&bare, "a"), Some("b"));
    assert_eq!(meta::namespace(&bare), "ns");
    meta::remove_namespace(&mut bare);
    assert_eq!(meta::namespace(&bare), "");
    let mut text = json!("text");
    meta::set_label(&mut text, "a", "b");
    assert_eq!(text, json!("text"));
}
