//! Questions about the kind of an object that decide how it is handled.

use serde_json::Value;

use crate::meta;

/// A custom resource definition.
pub fn is_definition(object: &Value) -> bool {
    is(object, "customresourcedefinition") && meta::api_version(object).starts_with("apiextensions.k8s.io/")
}

/// A namespace.
pub fn is_namespace(object: &Value) -> bool {
    is(object, "namespace") && meta::api_version(object) == "v1"
}

/// A cluster role.
pub fn is_cluster_role(object: &Value) -> bool {
    is(object, "clusterrole") && meta::api_version(object).starts_with("rbac.authorization.k8s.io/")
}

/// A class: StorageClass, IngressClass, GatewayClass and whatever else ends that way.
pub fn is_class(object: &Value) -> bool {
    meta::kind(object).ends_with("Class")
}

/// A secret, whose values must not be shown.
pub fn is_secret(object: &Value) -> bool {
    is(object, "secret") && meta::api_version(object) == "v1"
}

/// A kustomization file (not the Flux object of that name).
pub fn is_kustomize_config(object: &Value) -> bool {
    is(object, "kustomization") && meta::api_version(object).starts_with("kustomize.config.k8s.io/")
}

fn is(object: &Value, lowercase_kind: &str) -> bool {
    meta::kind(object).eq_ignore_ascii_case(lowercase_kind)
}
