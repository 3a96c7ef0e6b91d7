//! What the server serves, and whether it is well.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::core::Core;
use super::negotiate::{Offer, Shape, negotiate};
use super::registry::{Group, GroupVersion, Resource, api_version};
use super::{ApiRequest, ApiResponse, Failure, openapi};

/// The server version that clients see.
pub(crate) const MINOR: &str = "36";

/// Answer a request that names no resource.
pub(crate) fn answer(core: &Core, request: &ApiRequest, segments: &[&str]) -> Result<ApiResponse, Failure> {
    let served = core.registry.served();
    let get = matches!(request.method, Method::GET | Method::HEAD);
    match segments {
        [] | [""] if get => Ok(root(&served.groups)),
        ["healthz" | "livez" | "readyz", rest @ ..] => Ok(health(request, segments[0], rest)),
        ["version"] => only_get(request, || plain(request, &version())),
        ["openapi", "v2"] if get => openapi::v2(&served, request),
        ["openapi", "v3"] if get && request.path.ends_with('/') => Err(Failure::empty(404)),
        ["openapi", "v3"] if get => Ok(ApiResponse::whole(
            200,
            "text/plain; charset=utf-8",
            openapi::index(&served).to_string(),
        )),
        ["openapi", "v3", rest @ ..] if get => openapi::document(&served, rest),
        ["api"] => only_get(request, || match shape(request)? {
            Shape::Discovery => Ok(super::aggregated::answer(
                served.groups.iter().filter(|group| group.name.is_empty()),
            )),
            _ => plain(request, &api_versions(core)),
        }),
        // Upstream's handler of this path looks at no method.
        ["apis"] => match shape(request)? {
            Shape::Discovery => Ok(super::aggregated::answer(
                served.groups.iter().filter(|group| !group.name.is_empty()),
            )),
            _ => plain(request, &group_list(&served.groups)),
        },
        ["api", rest @ ..] if rest.len() > 1 => Err(Failure::no_resource()),
        ["api", version] => only_get(request, || {
            resource_list(request, served.version("", version), "", version)
        }),
        ["apis", name] => only_get(request, || {
            let group = served
                .group(name)
                .filter(|group| !group.name.is_empty())
                .ok_or_else(Failure::no_page)?;
            plain(request, &with_type("APIGroup", group_value(group)))
        }),
        ["apis", name, version] => only_get(request, || {
            let group = served
                .group(name)
                .filter(|group| !group.name.is_empty())
                .ok_or_else(Failure::no_page)?;
            let found = served.version(name, version);
            if found.is_none() && group.custom {
                return Err(Failure::no_page());
            }
            resource_list(request, found, name, version)
        }),
        [".well-known", "openid-configuration"] if get => Ok(ApiResponse::value(
            200,
            &super::tokens::configuration(core.settings.address()),
            super::negotiate::Format::Json,
        )),
        ["openid", "v1", "jwks"] if get => {
            let keys = core.settings.token_key.public().map_err(Failure::internal)?;
            Ok(ApiResponse::whole(
                200,
                "application/jwk-set+json",
                keys.to_string(),
            ))
        }
        ["metrics"] if get => Ok(ApiResponse::text(200, "")),
        _ => Err(Failure::no_page()),
    }
}

fn only_get(
    request: &ApiRequest,
    answer: impl FnOnce() -> Result<ApiResponse, Failure>,
) -> Result<ApiResponse, Failure> {
    if request.method == Method::GET {
        return answer();
    }
    Err(Failure::method_not_allowed())
}

fn shape(request: &ApiRequest) -> Result<Shape, Failure> {
    Ok(negotiate(&request.accept, Offer::DiscoveryRoot)?.shape)
}

fn plain(request: &ApiRequest, value: &Value) -> Result<ApiResponse, Failure> {
    let accepted = negotiate(&request.accept, Offer::Plain)?;
    Ok(ApiResponse::value(200, value, accepted.format))
}

fn with_type(kind: &str, mut value: Value) -> Value {
    value["kind"] = kind.into();
    value["apiVersion"] = "v1".into();
    value
}

fn root(groups: &[Group]) -> ApiResponse {
    let mut paths: Vec<String> = [
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/healthz",
        "/livez",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .to_vec();
    for group in groups.iter().filter(|group| !group.name.is_empty()) {
        paths.push(format!("/apis/{}", group.name));
        paths.extend(
            group
                .versions
                .iter()
                .map(|version| format!("/apis/{}/{}", group.name, version.version)),
        );
    }
    paths.sort();
    ApiResponse::value(200, &json!({"paths": paths}), super::negotiate::Format::Json)
}

fn health(request: &ApiRequest, endpoint: &str, rest: &[&str]) -> ApiResponse {
    const CHECKS: [&str; 4] = ["ping", "log", "etcd", "informer-sync"];
    match rest {
        [] if request.query.get("verbose").is_some() => {
            let lines: String = CHECKS.iter().map(|check| format!("[+]{check} ok\n")).collect();
            ApiResponse::text(200, format!("{lines}{endpoint} check passed\n"))
        }
        [] => ApiResponse::text(200, "ok"),
        [check] if CHECKS.contains(check) => ApiResponse::text(200, "ok"),
        _ => ApiResponse::text(404, "404 page not found\n"),
    }
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": MINOR,
        "emulationMajor": "1",
        "emulationMinor": MINOR,
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.2",
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.26",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

fn api_versions(core: &Core) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": core.settings.address()}],
    })
}

fn group_value(group: &Group) -> Value {
    let version = |version: &GroupVersion| json!({"groupVersion": api_version(&group.name, &version.version), "version": version.version});
    let versions: Vec<Value> = group.versions.iter().map(version).collect();
    json!({"name": group.name, "versions": versions, "preferredVersion": versions.first()})
}

fn group_list(groups: &[Group]) -> Value {
    let groups: Vec<Value> = groups
        .iter()
        .filter(|group| !group.name.is_empty())
        .map(group_value)
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// The storage version hash that clients see: it only has to differ between storage versions.
fn storage_hash(resource: &Resource) -> String {
    use base64::Engine as _;
    // Some are stored in another version than the one that is served.
    let (group, version) = match resource.plural.as_str() {
        _ if resource.custom.is_some() => (resource.group.as_str(), resource.version.as_str()),
        "events" => ("", "v1"),
        "horizontalpodautoscalers" => ("autoscaling", "v2"),
        "customresourcedefinitions" => ("apiextensions.k8s.io", "v1beta1"),
        "mutatingadmissionpolicies" | "mutatingadmissionpolicybindings" => {
            ("admissionregistration.k8s.io", "v1beta1")
        }
        _ => (resource.group.as_str(), resource.version.as_str()),
    };
    let text = format!("{group}/{version}/{}", resource.kind);
    base64::engine::general_purpose::STANDARD.encode(&Sha256::digest(text.as_bytes())[..8])
}

fn resource_list(
    request: &ApiRequest,
    version: Option<&GroupVersion>,
    group: &str,
    name: &str,
) -> Result<ApiResponse, Failure> {
    let version = version.ok_or_else(Failure::no_resource)?;
    let mut list = Vec::new();
    for resource in version.resources.values() {
        list.push(resource_value(resource));
        list.extend(
            resource
                .subresources
                .iter()
                .map(|sub| subresource_value(resource, sub)),
        );
    }
    let mut value =
        json!({"kind": "APIResourceList", "groupVersion": api_version(group, name), "resources": list});
    if !group.is_empty() {
        value["apiVersion"] = "v1".into();
    }
    plain(request, &value)
}

fn resource_value(resource: &Resource) -> Value {
    let mut value = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        value["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        value["categories"] = json!(resource.categories);
    }
    if resource.allows("get") && resource.plural != "componentstatuses" {
        value["storageVersionHash"] = storage_hash(resource).into();
    }
    value
}

fn subresource_value(resource: &Resource, sub: &super::registry::Subresource) -> Value {
    let mut value = json!({
        "name": format!("{}/{}", resource.plural, sub.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": sub.kind,
        "verbs": sub.verbs,
    });
    if (resource.custom.is_none() || sub.name == "scale") && !sub.version.is_empty() {
        value["group"] = sub.group.as_str().into();
        value["version"] = sub.version.as_str().into();
    }
    value
}
