//! Properties that hold for any input.

use flux_patch::{
    create_merge_patch, json_patch, merge_patch, strategic_merge, three_way_merge_patch,
    three_way_strategic_patch,
};
use flux_schema::{Facts, TypeRef};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value(nulls: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(if nulls { Value::Null } else { json!("n") }),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        "[ab~/]{0,2}".prop_map(Value::from),
    ];
    let names = r"(spec|template|containers|name|a|\$patch|\$retainKeys|\$setElementOrder/containers|\$deleteFromPrimitiveList/a)";
    leaf.prop_recursive(5, 48, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop_oneof!["(add|remove|replace|move|copy|test)", "[a-z]{0,3}"];
    let path = prop_oneof!["(/(spec|a|name|0|1|-|-1|01)){0,4}", "[/~a-z0-9-]{0,6}"];
    let from = prop_oneof!["(/(spec|a|name|0|1|-)){0,3}", "[/~a]{0,3}"];
    (op, path, from, value(true))
        .prop_map(|(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}))
}

/// A pod spec with lists of every kind.
fn pod() -> impl Strategy<Value = Value> {
    let volume = prop_oneof![
        Just(json!({"emptyDir": {}})),
        Just(json!({"hostPath": {"path": "/"}}))
    ];
    let container = (
        prop::option::of("[xy]"),
        prop::collection::btree_map("[AB]", "[12]", 0..3),
        prop::collection::vec("[ab]", 0..3),
    );
    (
        prop::collection::btree_map("[abc]", container, 0..3),
        prop::collection::btree_map("[vw]", volume, 0..3),
        prop::collection::btree_map("[kl]", "[12]", 0..3),
        prop::collection::btree_set("[fgh]", 0..3),
        any::<bool>(),
    )
        .prop_map(|(containers, volumes, selector, finalizers, reversed)| {
            let mut containers: Vec<Value> = containers
                .into_iter()
                .map(|(name, (image, env, args))| {
                    let env: Vec<Value> = env
                        .into_iter()
                        .map(|(name, value)| json!({"name": name, "value": value}))
                        .collect();
                    let mut container = json!({"name": name, "env": env, "args": args});
                    if let Some(image) = image {
                        container["image"] = json!(image);
                    }
                    container
                })
                .collect();
            if reversed {
                containers.reverse();
            }
            let volumes: Vec<Value> = volumes
                .into_iter()
                .map(|(name, mut volume)| {
                    volume["name"] = json!(name);
                    volume
                })
                .collect();
            json!({"metadata": {"finalizers": finalizers},
                "spec": {"containers": containers, "volumes": volumes, "nodeSelector": selector}})
        })
}

fn objects_only(value: &Value) -> bool {
    value.is_object()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_patches_never_panic(target in value(true), patch in prop::collection::vec(operation(), 0..6)) {
        let before = target.clone();
        let mut target = target;
        if json_patch(&mut target, &Value::Array(patch)).is_err() {
            prop_assert_eq!(target, before);
        }
    }

    #[test]
    fn odd_json_patches_never_panic(target in value(true), patch in value(true)) {
        let mut target = target;
        let _ = json_patch(&mut target, &patch);
    }

    #[test]
    fn merge_patches_never_panic(target in value(true), patch in value(true)) {
        let mut once = target;
        merge_patch(&mut once, &patch);
        let mut twice = once;
        merge_patch(&mut twice, &patch);
        let mut thrice = twice.clone();
        merge_patch(&mut thrice, &patch);
        // Not after the first time: a list that replaces an object keeps the nulls in it, one that replaces a list does not. Upstream
        // has it so.
        if objects_only(&patch) {
            prop_assert_eq!(twice, thrice);
        }
    }

    #[test]
    fn a_created_patch_leads_to_the_new_value(old in value(false), new in value(false)) {
        let patch = create_merge_patch(&old, &new);
        let mut patched = old;
        merge_patch(&mut patched, &patch);
        prop_assert_eq!(patched, new);
    }

    #[test]
    fn equal_values_need_no_patch(value in value(false)) {
        if objects_only(&value) {
            prop_assert_eq!(create_merge_patch(&value, &value), json!({}));
        }
    }

    #[test]
    fn three_ways_lead_to_what_is_wanted(original in value(false), modified in value(false)) {
        if objects_only(&original) && objects_only(&modified) {
            let patch = three_way_merge_patch(&original, &modified, &original);
            let mut patched = original;
            merge_patch(&mut patched, &patch);
            prop_assert_eq!(patched, modified);
        }
    }

    #[test]
    fn strategic_patches_never_panic(target in value(true), patch in value(true)) {
        for ty in [TypeRef::Deduced, Facts::builtin().type_of("apps", "v1", "Deployment").unwrap()] {
            let _ = strategic_merge(&target, &patch, ty);
        }
    }

    #[test]
    fn three_strategic_ways_lead_to_what_is_wanted(original in pod(), modified in pod()) {
        let ty = Facts::builtin().type_of("", "v1", "Pod").unwrap();
        let patch = three_way_strategic_patch(&original, &modified, &original, ty);
        let patched = strategic_merge(&original, &patch, ty);
        prop_assert_eq!(patched.as_ref(), Ok(&modified), "{}", patch);
    }

    #[test]
    fn any_strategic_patch_is_taken(original in pod(), modified in pod(), current in pod()) {
        let ty = Facts::builtin().type_of("", "v1", "Pod").unwrap();
        let patch = three_way_strategic_patch(&original, &modified, &current, ty);
        let patched = strategic_merge(&current, &patch, ty).unwrap();
        // What is wanted is there; applying again changes nothing.
        prop_assert_eq!(&strategic_merge(&patched, &patch, ty).unwrap(), &patched);
    }
}
