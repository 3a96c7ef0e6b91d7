use proptest::prelude::*;
use serde_json::{Value, json};

use flux_api::kustomization::{CommonMetadata, Inventory};
use flux_object::{ObjectId, marks, meta};

use crate::*;

fn config(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}, "data": {"key": value}})
}

fn live(mut object: Value) -> Value {
    object["metadata"]["uid"] = "u".into();
    object["metadata"]["resourceVersion"] = "7".into();
    object
}

fn marked(mut object: Value, key: &str, value: &str) -> Value {
    meta::set_annotation(&mut object, key, value);
    object
}

fn apply(action: Action) -> Decision {
    Decision::Apply {
        action,
        cleanup: None,
    }
}

#[track_caller]
fn check_decision(live_object: Option<Value>, dry_run: Value, expect: Decision) {
    let decision = decide(
        &config("a", "1"),
        live_object.as_ref(),
        &dry_run,
        &Options::default(),
    );
    assert_eq!(decision, expect);
}

#[test]
fn only_what_drifted_is_applied() {
    let same = live(config("a", "1"));
    check_decision(None, config("a", "1"), apply(Action::Created));
    check_decision(Some(same.clone()), same.clone(), Decision::Unchanged);
    check_decision(
        Some(live(config("a", "2"))),
        same.clone(),
        apply(Action::Configured),
    );
    check_decision(None, same.clone(), apply(Action::Configured));
    let labelled = live(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "1"},
        "metadata": {"name": "a", "namespace": "ns", "labels": {"a": "b"}}}),
    );
    check_decision(Some(same.clone()), labelled, apply(Action::Configured));
    let mut noise = same.clone();
    noise["metadata"]["managedFields"] = json!([{"manager": "x"}]);
    noise["metadata"]["generation"] = json!(2);
    noise["status"] = json!({"ready": true});
    check_decision(Some(same), noise, Decision::Unchanged);
}

#[test]
fn what_kubectl_left_behind_is_reason_enough() {
    let touched = marked(live(config("a", "1")), marks::LAST_APPLIED, "{}");
    let cleanup = Some(
        json!([{"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"}]),
    );
    let expect = Decision::Apply {
        action: Action::Configured,
        cleanup,
    };
    check_decision(Some(touched.clone()), touched.clone(), expect);
    let merged = marked(config("a", "1"), marks::SSA, "merge");
    assert_eq!(
        decide(&merged, Some(&touched), &touched, &Options::default()),
        Decision::Unchanged
    );
}

fn manager(name: &str, operation: &str, fields: Value) -> Value {
    json!({"manager": name, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
}

#[track_caller]
fn check_managers(before: Value, after: Option<Value>) {
    let mut object = live(config("a", "1"));
    object["metadata"]["managedFields"] = before;
    let patch =
        after.map(|value| json!([{"op": "replace", "path": "/metadata/managedFields", "value": value}]));
    assert_eq!(cleanup(&config("a", "1"), &object, &Options::default()), patch);
}

#[test]
fn fields_of_kubectl_become_ours() {
    let ours = |fields| manager("kustomize-controller", "Apply", fields);
    let other = manager("hpa", "Update", json!({"f:spec": {}}));
    check_managers(json!([ours(json!({"f:data": {}})), other.clone()]), None);
    check_managers(
        json!([
            manager("kubectl-edit", "Update", json!({"f:data": {"f:b": {}}})),
            other.clone(),
            ours(json!({"f:data": {"f:a": {}}}))
        ]),
        Some(json!([
            other.clone(),
            ours(json!({"f:data": {"f:a": {}, "f:b": {}}}))
        ])),
    );
    check_managers(
        json!([manager("kubectl", "Apply", json!({"f:data": {}})), other.clone()]),
        Some(json!([other.clone(), ours(json!({"f:data": {}}))])),
    );
    check_managers(
        json!([
            ours(json!({"f:data": {}})),
            manager("before-first-apply", "Update", json!({"f:data": {"f:b": {}}}))
        ]),
        Some(json!([ours(json!({"f:data": {"f:b": {}, ".": {}}}))])),
    );
    let mut scale = manager("kubectl", "Update", json!({"f:spec": {"f:replicas": {}}}));
    scale["subresource"] = json!("scale");
    check_managers(json!([ours(json!({})), scale]), None);
}

#[test]
fn marks_on_either_object_leave_it_alone() {
    let plain = config("a", "1");
    assert!(!is_skipped(&plain, None) && !is_skipped(&plain, Some(&plain)));
    for (key, value) in [(marks::RECONCILE, "Disabled"), (marks::SSA, "ignore")] {
        assert!(is_skipped(&marked(plain.clone(), key, value), None));
        assert!(is_skipped(&plain, Some(&marked(live(plain.clone()), key, value))));
    }
}

#[test]
fn if_not_present_is_read_from_the_desired_object_only() {
    let desired = marked(config("a", "1"), marks::SSA, "IfNotPresent");
    assert!(!is_skipped(&desired, None));
    assert!(is_skipped(&desired, Some(&live(config("a", "2")))));
    assert!(!is_skipped(&config("a", "1"), Some(&live(desired))));
}

fn refusal(code: u16, reason: &str, message: &str) -> Refusal {
    Refusal {
        code,
        reason: reason.into(),
        message: message.into(),
        is_field_conflict: false,
    }
}

#[test]
fn recreation_needs_a_permission_and_an_immutable_field() {
    let immutable = refusal(422, "Invalid", "spec.selector: Invalid value: field is immutable");
    let forced = Options {
        force: true,
        ..Options::default()
    };
    let (object, there) = (config("a", "1"), live(config("a", "1")));
    assert!(!must_recreate(
        &object,
        Some(&there),
        &immutable,
        &Options::default()
    ));
    assert!(must_recreate(&object, Some(&there), &immutable, &forced));
    assert!(!must_recreate(&object, None, &immutable, &forced));
    let enabled = marked(object.clone(), marks::FORCE, "Enabled");
    assert!(must_recreate(
        &enabled,
        Some(&there),
        &immutable,
        &Options::default()
    ));
    assert!(must_recreate(
        &object,
        Some(&enabled),
        &immutable,
        &Options::default()
    ));
    assert!(!must_recreate(
        &enabled,
        Some(&there),
        &refusal(403, "Forbidden", "no"),
        &forced
    ));
    assert!(must_recreate(
        &enabled,
        Some(&there),
        &refusal(403, "Forbidden", "the field is immutable"),
        &forced
    ));
    assert!(must_recreate(
        &enabled,
        Some(&there),
        &refusal(400, "", "cannot change immutable field x"),
        &forced
    ));
}

#[test]
fn refusals_read_as_with_upstream() {
    let id = ObjectId::new("apps/v1", "Deployment", "ns", "web");
    let bare = ObjectId::new("apps/v1", "Deployment", "", "web");
    let show = |id: &ObjectId, refusal: Refusal| dry_run_failed(id, &refusal);
    insta::assert_snapshot!(show(&id, refusal(422, "Invalid", "spec: required")), @"Deployment/ns/web dry-run failed (Invalid): spec: required");
    insta::assert_snapshot!(show(&id, refusal(404, "NotFound", "namespaces \"ns\" not found")), @r#"Deployment/ns/web not found: namespaces "ns" not found"#);
    insta::assert_snapshot!(show(&bare, refusal(404, "NotFound", "the server could not find the requested resource")), @"Deployment/web namespace not specified: the server could not find the requested resource");
    insta::assert_snapshot!(show(&id, refusal(0, "", "connection refused")), @"Deployment/ns/web dry-run failed: connection refused");
    let conflict = Refusal {
        is_field_conflict: true,
        ..refusal(409, "Conflict", "conflict")
    };
    insta::assert_snapshot!(show(&id, conflict), @"Deployment/ns/web dry-run failed (FieldManagerConflict): conflict");
    insta::assert_snapshot!(apply_failed(&id, "boom"), @"Deployment/ns/web apply failed: boom");
}

#[test]
fn stages_follow_each_other() {
    let object = |api_version: &str, kind: &str| json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
    let objects = vec![
        object("v1", "Service"),
        object("networking.k8s.io/v1", "IngressClass"),
        object("example.com/v1", "Widget"),
        object("v1", "Namespace"),
        object("v1", "ConfigMap"),
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ];
    let shown: Vec<String> = stages(objects, &[GroupKind::parse("example.com/Widget")])
        .iter()
        .map(|stage| {
            let kinds: Vec<&str> = stage.objects.iter().map(meta::kind).collect();
            format!(
                "{:?} {} {}",
                stage.kind,
                stage.kind.is_waited_for(),
                kinds.join(",")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    Definitions true CustomResourceDefinition,Namespace
    Classes true IngressClass
    Custom false Widget
    Rest false ConfigMap,Service
    ");
}

#[track_caller]
fn check_prepared(mut object: Value, pointer: &str, expect: Value) {
    normalize(&mut object);
    assert_eq!(object.pointer(pointer).cloned().unwrap_or_default(), expect);
}

#[test]
fn objects_are_made_ready_for_the_server() {
    let port = json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}});
    check_prepared(port.clone(), "/spec/ports/0/protocol", json!("TCP"));
    check_prepared(port, "/spec/ports/1/protocol", json!("UDP"));
    let pod = json!({"containers": [{"ports": [{"containerPort": 1}]}]});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "status": {}, "spec": {"template": {"spec": pod}}});
    check_prepared(
        deployment.clone(),
        "/spec/template/spec/containers/0/ports/0/protocol",
        json!("TCP"),
    );
    check_prepared(deployment, "/status", Value::Null);
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "QQ=="}, "stringData": {"b": "B"}});
    check_prepared(secret.clone(), "/data", json!({"a": "QQ==", "b": "Qg=="}));
    check_prepared(secret, "/stringData", Value::Null);
    let definition = |bundle: &str| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "status": {"x": 1}, "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}}})
    };
    check_prepared(
        definition("Cg=="),
        "/spec/conversion/webhook/clientConfig",
        json!({}),
    );
    check_prepared(
        definition("!"),
        "/spec/conversion/webhook/clientConfig",
        json!({}),
    );
    check_prepared(definition("!"), "/status", json!({"x": 1}));
}

#[test]
fn owner_and_common_metadata_are_written() {
    let mut objects = [config("a", "1")];
    let common = CommonMetadata {
        labels: [("team".into(), "x".into())].into(),
        annotations: [("note".into(), "y".into())].into(),
    };
    prepare(&mut objects, "apps", "flux-system", Some(&common));
    assert!(marks::is_owned_by(&objects[0], "apps", "flux-system"));
    assert_eq!(meta::label(&objects[0], "team"), Some("x"));
    assert_eq!(meta::annotation(&objects[0], "note"), Some("y"));
}

fn inventory(ids: &[&str]) -> Inventory {
    let entries = ids.iter().map(|id| flux_api::kustomization::InventoryEntry {
        id: (*id).into(),
        v: "v1".into(),
    });
    Inventory {
        entries: entries.collect(),
    }
}

fn ids(inventory: &Inventory) -> Vec<&str> {
    inventory.entries.iter().map(|entry| entry.id.as_str()).collect()
}

#[test]
fn stale_is_what_only_the_old_inventory_has() {
    let old = inventory(&["_ns__Namespace", "ns_a__ConfigMap", "ns_b_apps_Deployment"]);
    let new = inventory(&["ns_a__ConfigMap"]);
    let stale = stale(&old, &new).unwrap();
    let shown: Vec<String> = stale.iter().map(|entry| entry.id.to_string()).collect();
    assert_eq!(shown, ["Deployment/ns/b", "Namespace/ns"]);
    assert_eq!(stale[0].gvk().to_string(), "apps/v1, Kind=Deployment");
    assert!(crate::stale(&inventory(&["nonsense"]), &new).is_err());
}

#[test]
fn a_merge_keeps_each_object_once() {
    let merged = merge(&inventory(&["a", "b"]), &inventory(&["b", "c"]));
    assert_eq!(ids(&merged), ["a", "b", "c"]);
}

#[test]
fn changes_become_inventory_and_log() {
    let change = |name: &str, action| Change {
        id: ObjectId::new("v1", "ConfigMap", "ns", name),
        version: "v1".into(),
        action,
    };
    let changes = [change("a", Action::Created), change("b", Action::Skipped)];
    assert_eq!(
        ids(&inventory_of(&changes)),
        ["ns_a__ConfigMap", "ns_b__ConfigMap"]
    );
    assert_eq!(changes[0].to_string(), "ConfigMap/ns/a created");
    assert!(changes[0].action.is_change() && !changes[1].action.is_change());
}

#[test]
fn only_what_is_ours_and_not_marked_is_deleted() {
    let mut ours = live(config("a", "1"));
    marks::set_owner(&mut ours, "apps", "flux-system");
    let judge = |object: &Value| deletion(Some(object), "apps", "flux-system");
    assert_eq!(judge(&ours), Deletion::Delete);
    assert_eq!(judge(&live(config("a", "1"))), Deletion::Skip);
    for (key, value) in [
        (marks::PRUNE, "Disabled"),
        (marks::RECONCILE, "disabled"),
        (marks::SSA, "Ignore"),
    ] {
        assert_eq!(judge(&marked(ours.clone(), key, value)), Deletion::Skip);
    }
    assert_eq!(deletion(None, "apps", "flux-system"), Deletion::Gone);
}

#[test]
fn what_was_seen_is_confirmed_by_a_dry_run_of_the_same_version() {
    let object = live(config("a", "1"));
    let seen = Seen::of(&object);
    assert!(seen.confirms(&object));
    assert!(!seen.confirms(&live(config("a", "2"))));
    let mut newer = object.clone();
    newer["metadata"]["resourceVersion"] = "8".into();
    assert!(!seen.confirms(&newer));
    assert!(!Seen::of(&config("a", "1")).confirms(&config("a", "1")));
}

#[test]
fn an_autoscaler_of_an_old_server_has_not_drifted() {
    let scaler = |metrics: Value| json!({"kind": "HorizontalPodAutoscaler", "spec": {"metrics": metrics}});
    let cpu = json!({"type": "Resource", "resource": {"name": "cpu"}});
    assert!(!has_drifted(
        &scaler(json!([cpu])),
        &scaler(json!([cpu, cpu, {"type": ""}]))
    ));
    assert!(has_drifted(&scaler(json!([cpu])), &scaler(json!([]))));
}

proptest! {
    #[test]
    fn a_fingerprint_tells_values_apart(a in "\\PC{0,6}", b in "\\PC{0,6}") {
        prop_assert_eq!(a == b, fingerprint(&config("x", &a)) == fingerprint(&config("x", &b)));
    }
}
