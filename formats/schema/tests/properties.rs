//! Properties that hold for any input.

use flux_schema::Structural;
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab:/-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]|spec|metadata|kind", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Something that may be a schema.
fn schema() -> impl Strategy<Value = Value> {
    let format = "(date-time|date|duration|ipv4|ipv6|cidr|mac|uri|uuid|email|hostname|byte|int32|hexcolor)";
    let leaf = prop_oneof![
        ("(string|integer|number|boolean|object|array|odd)", value())
            .prop_map(|(ty, default)| json!({"type": ty, "default": default})),
        format.prop_map(|format| json!({"type": "string", "format": format})),
        ("[a-c\\[\\](){}*+?.^$|]{0,6}", 0u64..5)
            .prop_map(|(pattern, n)| json!({"type": "string", "pattern": pattern, "maxLength": n})),
        (-9i64..9, any::<f64>())
            .prop_map(|(n, of)| json!({"type": "number", "maximum": n, "multipleOf": of})),
        Just(json!({"x-kubernetes-int-or-string": true})),
        value(),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::btree_map("[abc]|spec|metadata", inner.clone(), 0..4)
                .prop_map(|map| json!({"type": "object", "properties": map})),
            inner
                .clone()
                .prop_map(|inner| json!({"type": "object", "additionalProperties": inner})),
            (inner.clone(), "(set|map|atomic)").prop_map(
                |(inner, kind)| json!({"type": "array", "items": inner, "x-kubernetes-list-type": kind,
                    "x-kubernetes-list-map-keys": ["a"]})
            ),
            (inner.clone(), inner)
                .prop_map(|(one, two)| json!({"type": "object", "anyOf": [one], "oneOf": [two], "not": one})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_can_be_checked(schema in schema(), object in value()) {
        let wrapped = json!({"type": "object", "properties": {"spec": schema}});
        let Ok(schema) = Structural::from_openapi_v3(&wrapped) else { return Ok(()) };
        let mut object = json!({"spec": object});
        schema.prune(&mut object);
        prop_assert!(schema.prune(&mut object).is_empty());
        schema.default(&mut object);
        let once = object.clone();
        schema.default(&mut object);
        prop_assert_eq!(&object, &once);
        prop_assert!(schema.validate(&object, Some(&once)).is_empty());
        let _ = schema.validate(&object, None);
    }
}
