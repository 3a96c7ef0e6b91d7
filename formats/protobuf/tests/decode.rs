//! Bodies made by hand, by the rules of the wire format and the field numbers of the Kubernetes API definitions.

use flux_protobuf::{Error, Limits, decode};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A number without sign in groups of seven bits.
fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn int(number: u32, value: i64) -> Vec<u8> {
    [varint(u64::from(number) << 3), varint(value as u64)].concat()
}

fn bytes(number: u32, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [
        varint(u64::from(number) << 3 | 2),
        varint(value.len() as u64),
        value.to_vec(),
    ]
    .concat()
}

fn message(number: u32, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(number, fields.concat())
}

fn envelope(api_version: &str, kind: &str, fields: &[Vec<u8>]) -> Vec<u8> {
    let type_meta = message(1, &[bytes(1, api_version), bytes(2, kind)]);
    [
        b"k8s\0".to_vec(),
        type_meta,
        message(2, fields),
        bytes(3, ""),
        bytes(4, ""),
    ]
    .concat()
}

fn metadata(name: &str) -> Vec<u8> {
    // As Go writes it: fields by value are there even when they are empty.
    message(
        1,
        &[
            bytes(1, name),
            bytes(2, ""),
            bytes(3, ""),
            bytes(4, ""),
            bytes(5, ""),
            bytes(6, ""),
            int(7, 0),
            message(8, &[]),
        ],
    )
}

#[track_caller]
fn check(api_version: &str, kind: &str, fields: &[Vec<u8>], mut expect: Value) {
    expect["apiVersion"] = api_version.into();
    expect["kind"] = kind.into();
    let found =
        decode(&envelope(api_version, kind, fields), &Limits::default()).expect("the body is well formed");
    assert_eq!(found, expect, "\n{found:#}");
}

#[track_caller]
fn refuse(body: &[u8], expect: &str) {
    let error = decode(body, &Limits::default()).expect_err("the body is wrong");
    assert_eq!(error.to_string(), expect);
}

#[test]
fn zero_by_value_is_absent_and_by_pointer_is_meant() {
    let data = [
        message(2, &[bytes(1, "a"), bytes(2, "1")]),
        message(2, &[bytes(1, "empty"), bytes(2, "")]),
    ]
    .concat();
    check(
        "v1",
        "ConfigMap",
        &[metadata("c"), data.clone()],
        json!({"metadata": {"name": "c"}, "data": {"a": "1", "empty": ""}}),
    );
    // immutable is a pointer.
    check(
        "v1",
        "ConfigMap",
        &[metadata("c"), int(4, 0)],
        json!({"metadata": {"name": "c"}, "immutable": false}),
    );
    // replicas is a pointer, minReadySeconds and paused are not.
    let spec = message(
        2,
        &[
            int(1, 0),
            message(2, &[]),
            message(3, &[message(1, &[]), message(2, &[bytes(3, ""), int(11, 0)])]),
            message(4, &[bytes(1, "")]),
            int(5, 0),
            int(7, 0),
        ],
    );
    check(
        "apps/v1",
        "Deployment",
        &[metadata("d"), spec, message(3, &[int(1, 0)])],
        json!({
            "metadata": {"name": "d"},
            "spec": {"replicas": 0, "selector": {}, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": null}}},
            "status": {},
        }),
    );
}

#[test]
fn fields_that_are_always_written() {
    check(
        "rbac.authorization.k8s.io/v1",
        "Role",
        &[metadata("r")],
        json!({"metadata": {"name": "r"}, "rules": null}),
    );
    check(
        "v1",
        "Namespace",
        &[],
        json!({"metadata": {}, "spec": {}, "status": {}}),
    );
    check(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        &[metadata("p"), int(2, 0)],
        json!({"metadata": {"name": "p"}, "value": 0}),
    );
    check(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        &[metadata("p"), int(2, -5)],
        json!({"metadata": {"name": "p"}, "value": -5}),
    );
}

#[test]
fn bytes_are_base64() {
    check(
        "v1",
        "Secret",
        &[
            metadata("s"),
            message(2, &[bytes(1, "k"), bytes(2, [0xff, 0, 1])]),
            message(2, &[bytes(1, "none"), bytes(2, "")]),
            bytes(3, "Opaque"),
        ],
        json!({"metadata": {"name": "s"}, "data": {"k": "/wAB", "none": ""}, "type": "Opaque"}),
    );
}

#[test]
fn times_quantities_and_ports() {
    let lease = message(
        2,
        &[
            bytes(1, "me"),
            int(2, 15),
            message(3, &[int(1, 1_700_000_000), int(2, 123_456_789)]),
        ],
    );
    check(
        "coordination.k8s.io/v1",
        "Lease",
        &[metadata("l"), lease],
        json!({"metadata": {"name": "l"}, "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": "2023-11-14T22:13:20.123456Z"}}),
    );
    let created = message(
        1,
        &[bytes(1, "n"), message(8, &[int(1, 1_700_000_000), int(2, 5)])],
    );
    check(
        "v1",
        "ConfigMap",
        &[created],
        json!({"metadata": {"name": "n", "creationTimestamp": "2023-11-14T22:13:20Z"}}),
    );
    let hard = message(1, &[bytes(1, "cpu"), message(2, &[bytes(1, "500m")])]);
    check(
        "v1",
        "ResourceQuota",
        &[metadata("q"), message(2, &[hard]), message(3, &[])],
        json!({"metadata": {"name": "q"}, "spec": {"hard": {"cpu": "500m"}}, "status": {}}),
    );
    let port = |target: &[Vec<u8>]| {
        message(
            1,
            &[
                bytes(1, ""),
                bytes(2, "TCP"),
                int(3, 80),
                message(4, target),
                int(5, 0),
            ],
        )
    };
    check(
        "v1",
        "Service",
        &[
            metadata("s"),
            message(
                2,
                &[
                    port(&[int(1, 0), int(2, 8080), bytes(3, "")]),
                    port(&[int(1, 1), int(2, 0), bytes(3, "http")]),
                ],
            ),
        ],
        json!({
            "metadata": {"name": "s"},
            "spec": {"ports": [{"protocol": "TCP", "port": 80, "targetPort": 8080}, {"protocol": "TCP", "port": 80, "targetPort": "http"}]},
            "status": {"loadBalancer": {}},
        }),
    );
}

#[test]
fn fields_of_inner_structures_stand_in_the_outer_one() {
    // Volume.volumeSource (2) holds emptyDir (2), which is a pointer and empty.
    let volume = message(1, &[bytes(1, "tmp"), message(2, &[message(2, &[bytes(1, "")])])]);
    // Probe.handler (1) holds httpGet (2).
    let probe = message(
        10,
        &[
            message(
                1,
                &[message(2, &[bytes(1, "/"), message(2, &[int(1, 0), int(2, 80)])])],
            ),
            int(2, 0),
        ],
    );
    let container = message(2, &[bytes(1, "c"), bytes(2, "i"), message(8, &[]), probe]);
    check(
        "v1",
        "Pod",
        &[metadata("p"), message(2, &[volume, container, int(4, 0)])],
        json!({
            "metadata": {"name": "p"},
            "spec": {
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [{"name": "c", "image": "i", "resources": {}, "livenessProbe": {"httpGet": {"path": "/", "port": 80}}}],
                "terminationGracePeriodSeconds": 0,
            },
            "status": {},
        }),
    );
}

#[test]
fn options_belong_to_every_group() {
    for version in ["v1", "apps/v1", "policy/v1"] {
        check(
            version,
            "DeleteOptions",
            &[
                int(1, 0),
                message(2, &[bytes(1, "u")]),
                bytes(4, "Background"),
                bytes(5, "All"),
            ],
            json!({"gracePeriodSeconds": 0, "preconditions": {"uid": "u"}, "propagationPolicy": "Background", "dryRun": ["All"]}),
        );
    }
}

#[test]
fn raw_json_and_schemas() {
    check(
        "apps/v1",
        "ControllerRevision",
        &[
            metadata("r"),
            message(2, &[bytes(1, r#"{"spec":{"a":[1,null]}}"#)]),
            int(3, 4),
        ],
        json!({"metadata": {"name": "r"}, "data": {"spec": {"a": [1, null]}}, "revision": 4}),
    );
}

#[test]
fn pieces_are_merged_and_unknown_fields_skipped() {
    let parts = [
        message(1, &[bytes(1, "n")]),
        message(1, &[bytes(3, "ns"), bytes(1, "m")]),
        int(99, 7),
        vec![0xfb, 0x07, 0xfc, 0x07],
    ];
    check(
        "v1",
        "ConfigMap",
        &parts,
        json!({"metadata": {"name": "m", "namespace": "ns"}}),
    );
}

#[test]
fn refused() {
    refuse(
        b"{}",
        "the body is not Kubernetes protobuf: it does not start with \"k8s\\0\"",
    );
    refuse(
        b"k8s\0",
        "the envelope names no kind: the client must set apiVersion and kind",
    );
    refuse(
        &envelope("example.com/v1", "Thing", &[]),
        "no protobuf form of kind \"Thing\" in version \"example.com/v1\" is known: send JSON",
    );
    refuse(
        &envelope("v1", "Pod", &[message(2, &[message(2, &[int(1, 5)])])]),
        "malformed protobuf at spec.containers.[0].name: a value of wire type Varint cannot be a String",
    );
    let mut cut = envelope("v1", "ConfigMap", &[metadata("c")]);
    cut.truncate(cut.len() - 6);
    refuse(&cut, "malformed protobuf: the bytes end in the middle of a value");
}

#[test]
fn limits_hold() {
    let deep = (0..300).fold(Vec::new(), |inner, _| message(28, &[inner]));
    let version = message(7, &[bytes(1, "v1"), message(4, &[message(1, &[deep])])]);
    let body = envelope(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        &[metadata("d"), message(2, &[version])],
    );
    let error = decode(&body, &Limits::default()).expect_err("too deep");
    assert!(matches!(error, Error::TooDeep { limit: 100, .. }), "{error}");

    let many = envelope("v1", "Pod", &[message(2, &vec![message(2, &[]); 1000])]);
    let limits = Limits {
        max_values: 1000,
        ..Limits::default()
    };
    assert_eq!(decode(&many, &limits), Err(Error::TooManyValues { limit: 1000 }));
    let limits = Limits {
        max_bytes: 100,
        ..Limits::default()
    };
    assert_eq!(
        decode(&many, &limits),
        Err(Error::TooLarge {
            found: many.len(),
            limit: 100
        })
    );
}

proptest! {
    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&[b"k8s\0".as_slice(), &body].concat(), &Limits::default());
    }

    #[test]
    fn any_object(raw in prop::collection::vec(any::<u8>(), 0..400), kind in prop::sample::select(vec![
        ("v1", "Pod"), ("v1", "ConfigMap"), ("v1", "Service"), ("apps/v1", "Deployment"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ])) {
        let _ = decode(&envelope(kind.0, kind.1, &[raw]), &Limits::default());
    }

    /// Fields of any number and form, nested: most of them reach the table.
    #[test]
    fn any_fields(raw in fields()) {
        let _ = decode(&envelope("v1", "Pod", std::slice::from_ref(&raw)), &Limits::default());
        let _ = decode(&envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", &[raw]), &Limits::default());
    }
}

fn fields() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        (1u32..45, any::<i64>()).prop_map(|(number, value)| int(number, value)),
        (1u32..45, "[a-z{}\":0-9]{0,6}").prop_map(|(number, value)| bytes(number, value)),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        (1u32..45, prop::collection::vec(inner, 0..5)).prop_map(|(number, fields)| message(number, &fields))
    })
}
