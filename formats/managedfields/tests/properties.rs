//! Properties that hold for any input.

use flux_managedfields::{FieldSet, Managed, PathElement, Request, apply, compare, field_set, merge, update};
use flux_schema::{Facts, Structural, TypeRef};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn element() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        "[a-z.:\"é]{0,4}".prop_map(|name| PathElement::field(&name)),
        ("[a-z]{1,3}", -5i64..5)
            .prop_map(|(key, value)| PathElement::key(Map::from_iter([(key, json!(value))]))),
        "[a-z\"]{0,3}".prop_map(|text| PathElement::value(json!(text))),
        (0u64..9).prop_map(PathElement::index),
    ]
}

fn set() -> impl Strategy<Value = FieldSet> {
    prop::collection::vec(prop::collection::vec(element(), 1..4), 0..12).prop_map(|paths| {
        let mut set = FieldSet::new();
        for path in &paths {
            set.insert(path);
        }
        set
    })
}

/// Values that use few names, so that they meet.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("(name|set|map|list|free|spec|data|metadata|a)", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn schema() -> Structural {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "name": {"type": "string"},
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "list": {"type": "array", "items": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
            "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "a": {"type": "integer"}}}},
    }}}});
    Structural::from_openapi_v3(&schema).expect("the schema of the test is structural")
}

/// A configuration that fits the schema. It always owns something, and has no empty sets, list maps and maps:
/// when the last element of those goes, they go with it.
fn config() -> impl Strategy<Value = Value> {
    let element = prop_oneof![Just(None), (0i64..3).prop_map(Some)];
    (
        "[ab]",
        prop::option::of(prop::collection::btree_set("[abc]", 1..3)),
        prop::option::of(prop::collection::btree_map("[abc]", element, 1..3)),
        prop::option::of(prop::collection::vec("[ab]", 0..3)),
        prop::option::of(prop::collection::btree_map("[ab]", 0i64..3, 1..3)),
    )
        .prop_map(|(name, set, map, list, free)| {
            let mut spec = json!({"name": name});
            for (field, value) in [("set", json!(set)), ("list", json!(list)), ("free", json!(free))] {
                if !value.is_null() {
                    spec[field] = value;
                }
            }
            if let Some(map) = map {
                let elements = map.into_iter().map(|(name, a)| match a {
                    Some(a) => json!({"name": name, "a": a}),
                    None => json!({"name": name}),
                });
                spec["map"] = elements.collect();
            }
            json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "x"}, "spec": spec})
        })
}

fn request<'a>(ty: TypeRef<'a>, manager: &'a str) -> Request<'a> {
    Request {
        ty,
        api_version: "x.io/v1",
        manager,
        subresource: "",
        now: "2026-01-01T00:00:00Z",
        reset: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sets_survive_printing(set in set()) {
        prop_assert_eq!(FieldSet::from_fields_v1(&set.to_fields_v1()).unwrap(), set);
    }

    #[test]
    fn sets_obey_the_laws(a in set(), b in set()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&a).is_empty());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert_eq!(a.union(&b).len() + a.intersection(&b).len(), a.len() + b.len());
        prop_assert!(a.leaves().difference(&a).is_empty());
    }

    #[test]
    fn anything_is_read_without_panic(fields in value(), object in value()) {
        let _ = FieldSet::from_fields_v1(&fields);
        let _ = Managed::parse(&fields);
        let schema = schema();
        for ty in [TypeRef::Deduced, schema.type_ref(), Facts::builtin().type_of("apps", "v1", "Deployment").unwrap()] {
            let _ = field_set(ty, &object);
            let _ = merge(ty, &object, &fields);
            let _ = compare(ty, &object, &fields);
            let _ = apply(Some(&object), &fields, &request(ty, "a"), true);
            let _ = update(Some(&object), fields.clone(), &request(ty, "a"));
        }
    }

    #[test]
    fn a_value_does_not_differ_from_itself(object in value()) {
        prop_assert!(compare(TypeRef::Deduced, &object, &object).is_same());
    }

    #[test]
    fn applying_twice_changes_nothing(first in config(), second in config()) {
        let schema = schema();
        let (a, b) = (request(schema.type_ref(), "a"), request(schema.type_ref(), "b"));
        let live = apply(None, &first, &a, false).unwrap();
        prop_assert_eq!(&apply(Some(&live), &first, &a, false).unwrap(), &live);
        let both = apply(Some(&live), &second, &b, true).unwrap();
        prop_assert_eq!(&apply(Some(&both), &second, &b, false).unwrap(), &both);
    }

    #[test]
    fn what_is_applied_alone_is_what_is_there(first in config(), second in config()) {
        let schema = schema();
        let a = request(schema.type_ref(), "a");
        let live = apply(None, &first, &a, false).unwrap();
        let mut now = apply(Some(&live), &second, &a, false).unwrap();
        let owned = Managed::of_object(&now).unwrap();
        prop_assert!(owned.owners.len() <= 1);
        // Every field that was applied is there with its value.
        now["metadata"].as_object_mut().unwrap().remove("managedFields");
        let compared = compare(a.ty, &second, &now);
        prop_assert!(compared.removed.is_empty() && compared.modified.is_empty(), "{compared:?}");
    }

    #[test]
    fn forcing_takes_every_conflict(first in config(), second in config()) {
        let schema = schema();
        let (a, b) = (request(schema.type_ref(), "a"), request(schema.type_ref(), "b"));
        let live = apply(None, &first, &a, false).unwrap();
        let forced = apply(Some(&live), &second, &b, true).unwrap();
        prop_assert!(apply(Some(&forced), &second, &b, false).is_ok());
    }
}
