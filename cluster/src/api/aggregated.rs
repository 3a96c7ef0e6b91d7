//! Aggregated discovery: everything that is served, in one document.

use serde::Serialize;
use sha2::{Digest as _, Sha512};

use super::ApiResponse;
use super::registry::{Group, GroupVersion, Resource, Subresource};

const TYPE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

// The order of the fields is that of upstream's types: the hash that clients compare is of the text.

#[derive(Serialize)]
struct List<'a> {
    metadata: Metadata<'a>,
    items: Vec<GroupDiscovery<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

#[derive(Serialize)]
struct GroupDiscovery<'a> {
    metadata: Metadata<'a>,
    versions: Vec<VersionDiscovery<'a>>,
}

#[derive(Serialize)]
struct VersionDiscovery<'a> {
    version: &'a str,
    resources: Vec<ResourceDiscovery<'a>>,
    freshness: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceDiscovery<'a> {
    resource: &'a str,
    response_kind: Kind<'a>,
    scope: &'static str,
    singular_resource: &'a str,
    verbs: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    short_names: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    categories: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subresources: Vec<SubresourceDiscovery<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubresourceDiscovery<'a> {
    subresource: &'a str,
    response_kind: Kind<'a>,
    verbs: &'a [String],
}

#[derive(Serialize)]
struct Kind<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

/// The answer with these groups.
pub(crate) fn answer<'a>(groups: impl Iterator<Item = &'a Group>) -> ApiResponse {
    let list = List {
        metadata: Metadata { name: "" },
        items: groups.map(group).collect(),
    };
    // Texts and lists of texts always have a JSON form.
    let text = serde_json::to_string(&list).unwrap_or_default();
    let hash: String = Sha512::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let rest = text.strip_prefix('{').unwrap_or(&text);
    let body =
        format!("{{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",{rest}");
    let mut response = ApiResponse::whole(200, TYPE, body);
    response.headers.push(("etag", format!("\"{hash}\"")));
    response.headers.push(("vary", "Accept".into()));
    response
}

fn group(group: &Group) -> GroupDiscovery<'_> {
    GroupDiscovery {
        metadata: Metadata { name: &group.name },
        versions: group.versions.iter().map(version).collect(),
    }
}

fn version(version: &GroupVersion) -> VersionDiscovery<'_> {
    VersionDiscovery {
        version: &version.version,
        resources: version.resources.values().map(|found| resource(found)).collect(),
        freshness: "Current",
    }
}

fn resource(resource: &Resource) -> ResourceDiscovery<'_> {
    ResourceDiscovery {
        resource: &resource.plural,
        response_kind: kind(resource, ("", ""), &resource.kind),
        scope: if resource.namespaced {
            "Namespaced"
        } else {
            "Cluster"
        },
        singular_resource: &resource.singular,
        verbs: &resource.verbs,
        short_names: &resource.short_names,
        categories: &resource.categories,
        subresources: resource
            .subresources
            .iter()
            .map(|sub| subresource(resource, sub))
            .collect(),
    }
}

fn subresource<'a>(resource: &'a Resource, sub: &'a Subresource) -> SubresourceDiscovery<'a> {
    SubresourceDiscovery {
        subresource: &sub.name,
        response_kind: kind(resource, (&sub.group, &sub.version), &sub.kind),
        verbs: &sub.verbs,
    }
}

/// Built-in kinds leave group and version out where they are the resource's own; custom resources write them.
fn kind<'a>(resource: &'a Resource, (group, version): (&'a str, &'a str), kind: &'a str) -> Kind<'a> {
    let own = resource.custom.is_some() && version.is_empty();
    let (group, version) = if own {
        (resource.group.as_str(), resource.version.as_str())
    } else {
        (group, version)
    };
    Kind { group, version, kind }
}
