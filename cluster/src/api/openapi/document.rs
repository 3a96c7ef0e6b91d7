//! Whole documents, and the list of them.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

use super::paths::Paths;
use super::schemas::{Schemas, Version, meta};
use crate::api::negotiate::{self, Format};
use crate::api::registry::{GroupVersion, Served, api_version};
use crate::api::{ApiRequest, ApiResponse, Failure};

/// Documents besides those of groups and versions, by path: each has one operation.
const SMALL: [(&str, &str); 5] = [
    (
        ".well-known/openid-configuration",
        "/.well-known/openid-configuration/",
    ),
    ("api", "/api/"),
    ("apis", "/apis/"),
    ("openid/v1/jwks", "/openid/v1/jwks/"),
    ("version", "/version/"),
];

fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

/// The list of documents, each with a hash of what it is made from.
pub(crate) fn index(served: &Served) -> Value {
    let mut paths = Map::new();
    let mut add = |path: String, hash: String| {
        let url = format!("/openapi/v3/{path}?hash={hash}");
        paths.insert(path, json!({"serverRelativeURL": url}));
    };
    for (path, _) in SMALL {
        add(path.into(), hash_of(&[path.as_bytes()]));
    }
    for group in &served.groups {
        if !group.name.is_empty() && !group.custom {
            add(format!("apis/{}", group.name), hash_of(&[group.name.as_bytes()]));
        }
        for version in &group.versions {
            add(path_of(&group.name, &version.version), hash(&group.name, version));
        }
    }
    json!({"paths": paths})
}

fn hash_of(parts: &[&[u8]]) -> String {
    let mut digest = Sha512::new();
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}

/// The types of built-in kinds do not change while the program runs; definitions do.
fn hash(group: &str, version: &GroupVersion) -> String {
    let mut texts = vec![
        api_version(group, &version.version),
        env!("CARGO_PKG_VERSION").to_owned(),
    ];
    for resource in version.resources.values() {
        texts.push(resource.kind.clone());
        if let Some(custom) = &resource.custom {
            texts.push(custom.mark.clone());
        }
    }
    let parts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    hash_of(&parts)
}

/// The document of everything in version 2.
pub(crate) fn v2(served: &Served, request: &ApiRequest) -> Result<ApiResponse, Failure> {
    // Old clients ask for protobuf only; they take an error for a server without the document.
    if !negotiate::any_known(&request.accept) {
        return Err(Failure::not_acceptable("application/json"));
    }
    let mut schemas = Schemas::new(Version::Two);
    for name in flux_schema::Facts::builtin().names() {
        schemas.need(name);
    }
    let mut paths = Map::new();
    for group in &served.groups {
        for version in &group.versions {
            paths.extend(paths_of(&group.name, version, Version::Two, &mut schemas));
        }
    }
    let document = json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "definitions": schemas.finish(),
    });
    let text = document.to_string();
    let etag = format!("\"{}\"", hash_of(&[text.as_bytes()]));
    let mut response = ApiResponse::whole(200, "application/json", text);
    response.headers.push(("etag", etag));
    Ok(response)
}

fn paths_of(group: &str, version: &GroupVersion, of: Version, schemas: &mut Schemas) -> Map<String, Value> {
    let mut paths = Paths {
        root: format!("/{}", path_of(group, &version.version)),
        version: of,
        schemas,
        paths: Map::new(),
    };
    let mut built_in = false;
    for resource in version.resources.values() {
        paths.schemas.add_resource(resource);
        paths.add(resource);
        built_in |= resource.custom.is_none();
    }
    if built_in {
        paths.add_root();
    }
    paths.paths
}

/// The document of one group and version.
pub(crate) fn document(served: &Served, segments: &[&str]) -> Result<ApiResponse, Failure> {
    let path = segments.join("/");
    if let Some((_, own)) = SMALL.iter().find(|(small, _)| *small == path) {
        return Ok(small(own, hash_of(&[path.as_bytes()])));
    }
    let (group, version) = match segments {
        ["apis", group] if served.group(group).is_some_and(|group| !group.custom) => {
            return Ok(small(&format!("/apis/{group}/"), hash_of(&[group.as_bytes()])));
        }
        ["api", version] => ("", *version),
        ["apis", group, version] => (*group, *version),
        _ => return Err(Failure::empty(404)),
    };
    let found = served
        .version(group, version)
        .ok_or_else(|| Failure::empty(404))?;
    let mut schemas = Schemas::new(Version::Three);
    let paths = paths_of(group, found, Version::Three, &mut schemas);
    Ok(three(&paths, &schemas.finish(), hash(group, found)))
}

fn small(path: &str, hash: String) -> ApiResponse {
    let mut schemas = Schemas::new(Version::Three);
    let answer = match path.split('/').collect::<Vec<_>>()[..] {
        ["", "api", ""] => meta("APIVersions"),
        ["", "apis", ""] => meta("APIGroupList"),
        ["", "apis", _, ""] => meta("APIGroup"),
        ["", "version", ""] => "io.k8s.apimachinery.pkg.version.Info".into(),
        _ => String::new(),
    };
    let schema = match answer.as_str() {
        "" => json!({"type": "string"}),
        name => {
            schemas.need(name);
            schemas.refer(name)
        }
    };
    let get = json!({"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}});
    let paths = Map::from_iter([(path.to_owned(), json!({"get": get}))]);
    three(&paths, &schemas.finish(), hash)
}

fn three(paths: &Map<String, Value>, schemas: &Map<String, Value>, hash: String) -> ApiResponse {
    let document = json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": schemas},
    });
    let mut response = ApiResponse::value(200, &document, Format::Json);
    response.headers.push(("etag", format!("\"{hash}\"")));
    response
}
