//! The rules of ownership, one by one.

use flux_managedfields::{
    Managed, PathElement, Request, apply, owners_after_scale, owners_of_scale, reset_fields,
    same_but_for_times, update,
};
use flux_schema::{Facts, TypeRef};
use serde_json::{Value, json};

fn config_map() -> TypeRef<'static> {
    Facts::builtin()
        .type_of("", "v1", "ConfigMap")
        .expect("a built-in kind")
}

fn request<'a>(manager: &'a str, now: &'a str) -> Request<'a> {
    Request {
        ty: config_map(),
        api_version: "v1",
        manager,
        subresource: "",
        now,
        reset: None,
    }
}

fn object(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": data})
}

/// `manager operation fields` per entry.
#[track_caller]
fn check_owners(object: &Value, expected: &[(&str, &str, Value)]) {
    let entries = object["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let found: Vec<(&str, &str, Value)> = entries
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            (text("manager"), text("operation"), entry["fieldsV1"].clone())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_create_is_owned_by_its_writer() {
    let created = update(None, object(json!({"k": "v"})), &request("w", "t1"));
    check_owners(
        &created,
        &[("w", "Update", json!({"f:data": {".": {}, "f:k": {}}}))],
    );
}

#[test]
fn a_write_takes_what_it_changes() {
    let live = apply(
        None,
        &object(json!({"k": "v", "l": "w"})),
        &request("a", "t1"),
        false,
    )
    .unwrap();
    let mut new = live.clone();
    new["data"]["k"] = json!("x");
    let live = update(Some(&live), new, &request("w", "t2"));
    let (ours, theirs) = (json!({"f:data": {"f:l": {}}}), json!({"f:data": {"f:k": {}}}));
    check_owners(&live, &[("a", "Apply", ours), ("w", "Update", theirs)]);
}

#[test]
fn conflicts_name_field_and_owner() {
    let live = apply(None, &object(json!({"k": "v"})), &request("a", "t1"), false).unwrap();
    let error = apply(
        Some(&live),
        &object(json!({"k": "x"})),
        &request("b", "t2"),
        false,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"Apply failed with 1 conflict: conflict with "a": .data.k"#
    );
    let mut new = live.clone();
    new["data"]["k"] = json!("y");
    let live = update(Some(&live), new, &request("w", "t2"));
    let error = apply(
        Some(&live),
        &object(json!({"k": "x"})),
        &request("b", "t3"),
        false,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"Apply failed with 1 conflict: conflict with "w" using v1: .data.k"#
    );
}

#[test]
fn a_field_goes_with_its_last_applier() {
    let live = apply(
        None,
        &object(json!({"k": "v", "l": "w"})),
        &request("a", "t1"),
        false,
    )
    .unwrap();
    let live = apply(
        Some(&live),
        &object(json!({"l": "w"})),
        &request("b", "t2"),
        false,
    )
    .unwrap();
    let live = apply(Some(&live), &object(json!({})), &request("a", "t3"), false).unwrap();
    assert_eq!(live["data"], json!({"l": "w"}));
}

#[test]
fn a_field_that_a_writer_changed_stays() {
    let live = apply(
        None,
        &object(json!({"k": "v", "l": "w"})),
        &request("a", "t1"),
        false,
    )
    .unwrap();
    let mut new = live.clone();
    new["data"]["k"] = json!("x");
    let live = update(Some(&live), new, &request("w", "t2"));
    let live = apply(
        Some(&live),
        &object(json!({"l": "w"})),
        &request("a", "t3"),
        false,
    )
    .unwrap();
    assert_eq!(live["data"], json!({"k": "x", "l": "w"}));
}

#[test]
fn joining_a_field_gives_no_time() {
    let live = apply(None, &object(json!({"k": "v"})), &request("a", "t1"), false).unwrap();
    let live = apply(
        Some(&live),
        &object(json!({"k": "v"})),
        &request("b", "t2"),
        false,
    )
    .unwrap();
    let entries = live["metadata"]["managedFields"].as_array().unwrap();
    let times: Vec<_> = entries
        .iter()
        .map(|entry| (entry["manager"].clone(), entry.get("time").cloned()))
        .collect();
    assert!(times.contains(&(json!("a"), Some(json!("t1")))));
    assert!(times.contains(&(json!("b"), None)));
}

#[test]
fn an_apply_of_nothing_leaves_no_entry() {
    let live = apply(None, &object(json!({"k": "v"})), &request("a", "t1"), false).unwrap();
    let nothing = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let after = apply(Some(&live), &nothing, &request("b", "t2"), false).unwrap();
    assert_eq!(after, live);
}

#[test]
fn one_blank_entry_clears_the_owners() {
    let live = apply(None, &object(json!({"k": "v"})), &request("a", "t1"), false).unwrap();
    let mut stored = live.clone();
    stored["metadata"]["uid"] = json!("1");
    let mut new = stored.clone();
    new["metadata"]["managedFields"] = json!([{}]);
    let cleared = update(Some(&stored), new, &request("w", "t2"));
    check_owners(&cleared, &[]);
    let error = apply(
        Some(&cleared),
        &object(json!({"k": "x"})),
        &request("a", "t3"),
        false,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k"#
    );
}

#[test]
fn kubectl_takes_over_what_its_annotation_says() {
    let mut new = object(json!({"k": "v"}));
    let last = object(json!({"k": "v"})).to_string();
    new["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let live = update(None, new, &request("kubectl-client-side-apply", "t1"));
    let changed = object(json!({"k": "x"}));
    assert!(apply(Some(&live), &changed, &request("other", "t2"), false).is_err());
    let live = apply(Some(&live), &changed, &request("kubectl", "t2"), false).unwrap();
    assert_eq!(live["data"]["k"], "x");
    let annotation = live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        .as_str()
        .unwrap();
    assert!(annotation.contains(r#""k":"x""#), "{annotation}");
}

#[test]
fn the_eleventh_writer_moves_the_oldest_together() {
    let mut live = update(None, object(json!({})), &request("w", "2026-01-01T00:00:00Z"));
    for i in 0..12 {
        let mut new = live.clone();
        new["data"][format!("k{i:02}")] = json!("v");
        live = update(
            Some(&live),
            new,
            &request(&format!("w{i:02}"), &format!("2026-01-01T00:00:{i:02}Z")),
        );
    }
    let entries = live["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(entries.len(), 10);
    let ancient = entries
        .iter()
        .find(|entry| entry["manager"] == "ancient-changes")
        .unwrap();
    assert!(ancient["fieldsV1"]["f:data"].get("f:k00").is_some(), "{ancient}");
    assert!(ancient["fieldsV1"]["f:data"].get("f:k11").is_none(), "{ancient}");
}

#[test]
fn reset_fields_are_owned_by_nobody() {
    let reset = reset_fields("apps", "Deployment", "");
    let ty = Facts::builtin().type_of("apps", "v1", "Deployment").unwrap();
    let context = Request {
        ty,
        api_version: "apps/v1",
        manager: "a",
        subresource: "",
        now: "t",
        reset: reset.as_ref(),
    };
    let config = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": 1}, "status": {"replicas": 1}});
    let live = apply(None, &config, &context, false).unwrap();
    check_owners(&live, &[("a", "Apply", json!({"f:spec": {"f:replicas": {}}}))]);
}

#[test]
fn times_alone_are_no_change() {
    let old = apply(None, &object(json!({"k": "v"})), &request("a", "t1"), false).unwrap();
    let mut new = old.clone();
    new["metadata"]["managedFields"][0]["time"] = json!("t2");
    assert!(same_but_for_times(&old, &new));
    new["data"]["k"] = json!("w");
    assert!(!same_but_for_times(&old, &new));
}

#[test]
fn scaling_takes_the_replicas_from_their_owner() {
    let ty = Facts::builtin().type_of("apps", "v1", "Deployment").unwrap();
    let context = Request {
        ty,
        api_version: "apps/v1",
        manager: "a",
        subresource: "",
        now: "t1",
        reset: None,
    };
    let config = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": 2, "paused": true}});
    let mut live = apply(None, &config, &context, false).unwrap();
    let replicas = ["spec", "replicas"].map(PathElement::field);

    let parent = Managed::of_object(&live).unwrap();
    let shown = owners_of_scale(&parent, &replicas);
    let mut scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": 2}});
    shown.store(&mut scale);
    let mut scaled = scale.clone();
    scaled["spec"]["replicas"] = json!(5);
    let hpa = Request {
        ty: Facts::builtin().type_of("autoscaling", "v1", "Scale").unwrap(),
        api_version: "autoscaling/v1",
        manager: "hpa",
        subresource: "scale",
        now: "t2",
        reset: None,
    };
    let scaled = update(Some(&scale), scaled, &hpa);
    owners_after_scale(
        &parent,
        &Managed::of_object(&scaled).unwrap(),
        &replicas,
        "apps/v1",
    )
    .store(&mut live);
    live["spec"]["replicas"] = json!(5);

    let (ours, theirs) = (
        json!({"f:spec": {"f:paused": {}}}),
        json!({"f:spec": {"f:replicas": {}}}),
    );
    check_owners(&live, &[("a", "Apply", ours), ("hpa", "Update", theirs)]);
    let entry = &live["metadata"]["managedFields"][1];
    assert_eq!(
        (&entry["apiVersion"], &entry["subresource"], entry.get("time")),
        (&json!("apps/v1"), &json!("scale"), None)
    );
    let error = apply(Some(&live), &config, &context, false).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas"#
    );
}
