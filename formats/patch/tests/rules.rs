//! The rules of patches, one by one.

use flux_patch::{
    json_patch, merge_patch, strategic_merge, three_way_merge_patch, three_way_strategic_patch,
};
use flux_schema::Facts;
use serde_json::{Value, json};

#[track_caller]
fn check_json(target: Value, patch: Value, expected: Option<Value>) {
    let mut found = target;
    let result = json_patch(&mut found, &patch);
    assert_eq!(result.is_ok().then_some(found), expected, "{result:?}");
}

#[test]
fn json_patch_is_lenient_like_the_server() {
    let one = |op: Value| json!([op]);
    let target = || json!({"a": [1, 2], "b": {}});
    check_json(
        target(),
        one(json!({"op": "replace", "path": "/b/x", "value": 1})),
        Some(json!({"a": [1, 2], "b": {"x": 1}})),
    );
    check_json(
        target(),
        one(json!({"op": "test", "path": "/b/x", "value": null})),
        Some(target()),
    );
    check_json(
        target(),
        one(json!({"op": "test", "path": "/b/x", "value": 1})),
        None,
    );
    check_json(
        target(),
        one(json!({"op": "copy", "from": "/b/x", "path": "/c"})),
        Some(json!({"a": [1, 2], "b": {}, "c": null})),
    );
    check_json(
        target(),
        one(json!({"op": "replace", "path": "/a/-1", "value": 9})),
        Some(json!({"a": [1, 9], "b": {}})),
    );
    check_json(
        target(),
        one(json!({"op": "add", "path": "/a/01", "value": 9})),
        Some(json!({"a": [1, 9, 2], "b": {}})),
    );
    check_json(
        target(),
        one(json!({"op": "add", "path": "x/b", "value": 9})),
        Some(json!({"a": [1, 2], "b": 9})),
    );
    check_json(target(), one(json!({"op": "add", "path": "", "value": {}})), None);
    check_json(target(), one(json!({"op": "remove", "path": "/b/x"})), None);
    check_json(
        target(),
        one(json!({"op": "add", "path": "/a/3", "value": 9})),
        None,
    );
    check_json(
        target(),
        one(json!({"op": "add", "path": "/c/d", "value": 9})),
        None,
    );
    check_json(
        target(),
        one(json!({"op": "add", "path": "/b/x~1y~0z", "value": 9})),
        Some(json!({"a": [1, 2], "b": {"x/y~z": 9}})),
    );
}

#[test]
fn a_patch_that_fails_late_changes_nothing() {
    let mut target = json!({"a": 1});
    let patch = json!([{"op": "add", "path": "/b", "value": 1}, {"op": "test", "path": "/a", "value": 2}]);
    assert!(json_patch(&mut target, &patch).is_err());
    assert_eq!(target, json!({"a": 1}));
}

#[test]
fn copies_are_bounded() {
    let mut target = json!({"a": "x".repeat(1000)});
    let patch: Vec<Value> = (0..64)
        .map(|_| json!({"op": "copy", "from": "", "path": "/a"}))
        .collect();
    assert!(json_patch(&mut target, &Value::Array(patch)).is_err());
    let doubling: Vec<Value> = (0..64)
        .flat_map(|i| {
            [
                json!({"op": "add", "path": format!("/l{i}"), "value": {}}),
                json!({"op": "copy", "from": "/a", "path": format!("/l{i}/a")}),
                json!({"op": "copy", "from": format!("/l{i}"), "path": "/a"}),
                json!({"op": "copy", "from": "/a", "path": format!("/l{i}/b")}),
                json!({"op": "copy", "from": format!("/l{i}"), "path": "/a"}),
            ]
        })
        .collect();
    let error = json_patch(&mut target, &Value::Array(doubling)).unwrap_err();
    assert!(error.to_string().contains("copies more than"), "{error}");
}

#[test]
fn merge_patch_drops_nulls_of_new_objects() {
    let mut target = json!({"a": {"b": 1}, "l": [1]});
    merge_patch(
        &mut target,
        &json!({"a": {"b": null, "c": {"d": null, "e": 1}}, "l": [null], "x": null}),
    );
    assert_eq!(target, json!({"a": {"c": {"e": 1}}, "l": [null]}));
}

#[test]
fn a_merge_patch_keeps_the_nulls_of_a_list_that_replaces_an_object() {
    let patch = json!({"a": [{"b": null}]});
    let mut target = json!({"a": {}});
    merge_patch(&mut target, &patch);
    assert_eq!(target, patch);
    merge_patch(&mut target, &patch);
    assert_eq!(target, json!({"a": [{}]}));
}

#[test]
fn three_ways() {
    let (original, modified) = (
        json!({"a": 1, "gone": 1, "o": {"x": 1, "y": 1}}),
        json!({"a": 2, "o": {"y": 1}}),
    );
    let current = json!({"a": 3, "gone": 1, "o": {"x": 1, "y": 1, "theirs": 1}, "theirs": 1});
    let patch = three_way_merge_patch(&original, &modified, &current);
    assert_eq!(patch, json!({"a": 2, "gone": null, "o": {"x": null}}));
}

#[test]
fn three_strategic_ways() {
    let ty = Facts::builtin().definition("io.k8s.api.core.v1.PodSpec").unwrap();
    let original =
        json!({"containers": [{"name": "a", "image": "1"}, {"name": "gone"}], "nodeSelector": {"x": "1"}});
    let modified = json!({"containers": [{"name": "a", "image": "2"}]});
    let current = json!({"containers": [{"name": "injected"}, {"name": "a", "image": "1", "args": ["theirs"]}, {"name": "gone"}],
        "nodeSelector": {"x": "1", "y": "2"}, "dnsPolicy": "Default"});
    let patch = three_way_strategic_patch(&original, &modified, &current, ty);
    assert_eq!(
        patch,
        json!({"nodeSelector": null, "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "2"}, {"name": "gone", "$patch": "delete"}]})
    );
    assert_eq!(
        strategic_merge(&current, &patch, ty).unwrap(),
        json!({"containers": [{"name": "injected"}, {"name": "a", "image": "2", "args": ["theirs"]}], "dnsPolicy": "Default"})
    );
}

#[track_caller]
fn check_pod_spec(original: Value, patch: Value, expected: Result<Value, &str>) {
    let ty = Facts::builtin()
        .definition("io.k8s.api.core.v1.PodSpec")
        .expect("a built-in type");
    let found = strategic_merge(&original, &patch, ty).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn lists_merge_by_key_and_new_elements_come_first() {
    let live = || json!({"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]});
    check_pod_spec(
        live(),
        json!({"containers": [{"name": "c", "image": "3"}, {"name": "b", "image": "2"}]}),
        Ok(
            json!({"containers": [{"name": "c", "image": "3"}, {"name": "a", "image": "1"}, {"name": "b", "image": "2"}]}),
        ),
    );
    check_pod_spec(
        live(),
        json!({"containers": [{"name": "a", "$patch": "delete"}]}),
        Ok(json!({"containers": [{"name": "b", "image": "1"}]})),
    );
    check_pod_spec(
        live(),
        json!({"containers": [{"$patch": "replace"}, {"name": "x"}, {"name": "b"}]}),
        Ok(json!({"containers": [{"name": "x"}, {"name": "b"}]})),
    );
    check_pod_spec(
        live(),
        json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}),
        Ok(json!({"containers": [{"name": "b", "image": "1"}, {"name": "a", "image": "1"}]})),
    );
    check_pod_spec(
        live(),
        json!({"containers": [{"image": "x"}]}),
        Err("map: map[image:x] does not contain declared merge key: name"),
    );
    check_pod_spec(
        live(),
        json!({"containers": {"$patch": "replace"}}),
        Ok(json!({})),
    );
}

#[test]
fn retained_keys() {
    let live = json!({"volumes": [{"name": "v", "emptyDir": {}}]});
    check_pod_spec(
        live.clone(),
        json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}, "$retainKeys": ["name", "hostPath"]}]}),
        Ok(json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]})),
    );
    check_pod_spec(
        live,
        json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}, "$retainKeys": ["name"]}]}),
        Err("invalid patch format of retainKeys"),
    );
}

#[test]
fn primitive_lists() {
    let ty = Facts::builtin().object_meta();
    let live = json!({"finalizers": ["a", "b", "c"]});
    let merged = strategic_merge(&live, &json!({"finalizers": ["d"]}), ty).unwrap();
    assert_eq!(merged, json!({"finalizers": ["d", "a", "b", "c"]}));
    let patch =
        json!({"$deleteFromPrimitiveList/finalizers": ["b"], "$setElementOrder/finalizers": ["c", "a"]});
    assert_eq!(
        strategic_merge(&live, &patch, ty).unwrap(),
        json!({"finalizers": ["c", "a"]})
    );
}

#[test]
fn depth_is_bounded() {
    let mut target = json!({});
    let deep = (0..100).fold(json!({}), |inner, _| json!({ "a": inner }));
    let operations = (0..100).map(|i| json!({"op": "add", "path": "/a".repeat(100 * i + 1), "value": deep}));
    let error = json_patch(&mut target, &operations.collect()).unwrap_err();
    assert!(error.to_string().contains("levels deep"), "{error}");
}
