//! Facts of built-in kinds, and the rules of structural schemas, one by one.

use flux_schema::{Facts, ListKind, MapKind, Shape, Structural, TypeRef};
use serde_json::{Value, json};

fn walk(ty: TypeRef<'static>, path: &str) -> TypeRef<'static> {
    path.split('.').fold(ty, |ty, step| {
        let next = if step == "[]" { ty.elem() } else { ty.field(step) };
        next.unwrap_or_else(|| panic!("{path}: nothing at {step}"))
    })
}

fn deployment(path: &str) -> TypeRef<'static> {
    walk(
        Facts::builtin()
            .type_of("apps", "v1", "Deployment")
            .expect("a built-in kind"),
        path,
    )
}

#[test]
fn every_served_kind_has_a_type() {
    let kinds = Facts::builtin().kinds();
    assert!(kinds.len() > 60, "{}", kinds.len());
    for kind in kinds {
        assert!(
            Facts::builtin()
                .type_of(kind.group, kind.version, kind.kind)
                .is_some(),
            "{kind:?}"
        );
        assert!(kind.verbs.is_sorted() && !kind.verbs.is_empty(), "{kind:?}");
    }
}

#[test]
fn kinds_are_found_by_either_name() {
    let facts = Facts::builtin();
    let kind = facts
        .by_resource("apps", "v1", "deployments")
        .expect("a built-in kind");
    assert_eq!(
        (kind.kind, kind.singular, kind.namespaced),
        ("Deployment", "deployment", true)
    );
    assert_eq!(
        (kind.short_names.as_slice(), kind.categories.as_slice()),
        (["deploy"].as_slice(), ["all"].as_slice())
    );
    assert_eq!(
        kind.subresource("scale").map(|scale| (scale.group, scale.kind)),
        Some(("autoscaling", "Scale"))
    );
    assert_eq!(
        facts.kind("", "v1", "Namespace").map(|kind| kind.namespaced),
        Some(false)
    );
    assert_eq!(facts.kind("apps", "v1beta1", "Deployment"), None);
}

#[test]
fn lists_say_how_their_elements_are_told_apart() {
    let ports = ["containerPort".to_owned(), "protocol".to_owned()];
    assert_eq!(
        deployment("spec.template.spec.containers.[].ports").list_kind(),
        ListKind::Map(&ports)
    );
    assert_eq!(
        deployment("spec.template.spec.containers.[].args").list_kind(),
        ListKind::Atomic
    );
    assert_eq!(
        deployment("spec.template.spec.tolerations").list_kind(),
        ListKind::Atomic
    );
    assert_eq!(deployment("metadata.finalizers").list_kind(), ListKind::Set);
    assert_eq!(
        deployment("spec.template.spec.containers.[].ports").merge_key(),
        Some("containerPort")
    );
    assert!(
        deployment("spec.template.spec.volumes")
            .patch_strategy()
            .retain_keys
    );
    assert!(deployment("spec.strategy").patch_strategy().retain_keys);
}

#[test]
fn maps_say_whether_they_are_one_value() {
    assert_eq!(deployment("spec.selector").map_kind(), MapKind::Atomic);
    assert_eq!(
        deployment("spec.template.spec.nodeSelector").map_kind(),
        MapKind::Atomic
    );
    assert_eq!(deployment("metadata.labels").map_kind(), MapKind::Granular);
    assert_eq!(deployment("metadata.labels").shape(), Shape::Map);
}

#[test]
fn scalars_have_their_shapes() {
    assert_eq!(deployment("spec.replicas").shape(), Shape::Int);
    assert_eq!(deployment("metadata.generation").shape(), Shape::Long);
    assert_eq!(
        deployment("spec.strategy.rollingUpdate.maxSurge").shape(),
        Shape::IntOrString
    );
    assert_eq!(
        deployment("spec.template.spec.containers.[].resources.limits.cpu").shape(),
        Shape::Quantity
    );
    assert_eq!(deployment("metadata.creationTimestamp").shape(), Shape::Time);
    let secret = Facts::builtin().type_of("", "v1", "Secret").unwrap();
    assert_eq!(walk(secret, "data.x").shape(), Shape::Bytes);
    assert_eq!(
        walk(secret, "metadata.managedFields.[].fieldsV1").shape(),
        Shape::Raw
    );
}

#[test]
fn list_keys_have_defaults() {
    let port = deployment("spec.template.spec.containers.[].ports.[]");
    assert_eq!(
        port.field("protocol").and_then(TypeRef::key_default),
        Some(json!("TCP"))
    );
    let secret = deployment("spec.template.spec.imagePullSecrets.[]");
    assert_eq!(
        secret.field("name").and_then(TypeRef::key_default),
        Some(json!(""))
    );
}

#[test]
fn an_object_starts_with_what_go_always_writes() {
    let empty = Facts::builtin()
        .type_of("apps", "v1", "Deployment")
        .unwrap()
        .empty();
    assert_eq!(
        empty["spec"],
        json!({"selector": null, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": null}}})
    );
    assert_eq!(
        Facts::builtin().type_of("", "v1", "ConfigMap").unwrap().empty(),
        json!({"metadata": {}})
    );
}

fn structural(spec: Value) -> Structural {
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    Structural::from_openapi_v3(&schema).expect("schemas of these tests are structural")
}

#[track_caller]
fn check_errors(spec: Value, value: Value, expected: &[&str]) {
    let errors = structural(spec).validate(&json!({"spec": value}), None);
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn values_are_validated_in_the_servers_words() {
    check_errors(
        json!({"type": "integer"}),
        json!("x"),
        &[r#"spec: Invalid value: "string": spec in body must be of type integer: "string""#],
    );
    check_errors(
        json!({"type": "string", "enum": ["b", "c"]}),
        json!("a"),
        &[r#"spec: Unsupported value: "a": supported values: "b", "c""#],
    );
    check_errors(
        json!({"type": "object", "required": ["x"]}),
        json!({}),
        &["spec.x: Required value"],
    );
    check_errors(
        json!({"type": "string", "maxLength": 1}),
        json!("éé"),
        &["spec: Too long: may not be more than 1 bytes"],
    );
    check_errors(
        json!({"x-kubernetes-int-or-string": true}),
        json!(1.5),
        &[r#"spec: Invalid value: "number": spec in body must be of type integer,string: "number""#],
    );
    check_errors(
        json!({"type": "integer", "minimum": 1}),
        json!(0),
        &["spec: Invalid value: 0: spec in body should be greater than or equal to 1"],
    );
    check_errors(
        json!({"type": "integer", "format": "int32"}),
        json!(99999999999i64),
        &[r#"<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec"#],
    );
}

#[test]
fn what_did_not_change_is_not_complained_about() {
    let schema = structural(
        json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}),
    );
    let old = json!({"spec": {"a": "x", "b": 1}});
    let new = json!({"spec": {"a": "x", "b": "y"}});
    let errors = schema.validate(&new, Some(&old));
    assert_eq!(
        errors.iter().map(|error| error.path.as_str()).collect::<Vec<_>>(),
        ["spec.b"]
    );
}

#[test]
fn pruned_paths_are_named() {
    let schema = structural(
        json!({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "object",
        "properties": {"k": {"type": "string"}}}}}}),
    );
    let mut object =
        json!({"metadata": {"x": 1}, "spec": {"l": [{"k": "1", "no": 2}], "gone": {"a": 1}}, "top": 1});
    assert_eq!(schema.prune(&mut object), ["spec.gone", "spec.l[0].no", "top"]);
    assert_eq!(object, json!({"metadata": {"x": 1}, "spec": {"l": [{"k": "1"}]}}));
}

#[test]
fn formats() {
    let fits = |format: &str, text: &str| {
        structural(json!({"type": "string", "format": format}))
            .validate(&json!({"spec": text}), None)
            .is_empty()
    };
    for (format, good, bad) in [
        ("date-time", "2024-02-29T23:59:59.5+01:00", "2023-02-29T00:00:00Z"),
        ("date", "2024-12-31", "2024-13-01"),
        ("duration", "1h30m", "1x"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "1.2.3.4"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("email", "a@b.c", "a b@c"),
        ("byte", "YQ==", "***"),
        ("mac", "00:1a:2b:3c:4d:5e", "00:1a"),
        ("hostname", "a.example.com", "-a"),
    ] {
        assert!(fits(format, good), "{format} {good}");
        assert!(!fits(format, bad), "{format} {bad}");
    }
}

#[test]
fn custom_resources_have_metadata_of_their_own_accord() {
    let schema = structural(json!({"type": "object"}));
    let ty = schema.type_ref();
    let finalizers = ty
        .field("metadata")
        .and_then(|meta| meta.field("finalizers"))
        .unwrap();
    assert_eq!(finalizers.list_kind(), ListKind::Set);
    assert!(ty.names_field("kind") && ty.field("nothing").is_none());
}
