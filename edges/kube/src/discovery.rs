//! Reading the server's own list of resources.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::mapper::{ApiResource, gvk};
use crate::request::{Call, Requester, encode};

const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
const AT_ONCE: usize = 8;

/// What a server has.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) resources: Vec<ApiResource>,
    /// The versions of each group, the preferred one first.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
}

/// All groups: in two requests where the server aggregates, else in one for each version.
pub(crate) async fn everything(requester: &Requester) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut plain = Vec::new();
    for root in ["/api", "/apis"] {
        let answer = requester.json(Call::get(root.into()).accept(AGGREGATED)).await?;
        if answer["kind"] == "APIGroupDiscoveryList" {
            read_aggregated(answer, &mut found)?;
        } else {
            plain.extend(versions_of(&answer));
        }
    }
    for (group, version) in &plain {
        found
            .groups
            .entry(group.clone())
            .or_default()
            .push(version.clone());
    }
    let lists = stream::iter(plain).map(|(group, version)| {
        let requester = requester.clone();
        async move { self::version(&requester, &group, &version).await }
    });
    let mut lists = lists.buffered(AT_ONCE);
    while let Some(list) = lists.next().await {
        // A group whose own server is down must not hide all others.
        match list {
            Ok(resources) => found.resources.extend(resources),
            Err(error) if error.is_transient() => tracing::warn!(%error, "discovery of one API group failed"),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The resources of one group and version; none when the server does not have it.
pub(crate) async fn version(
    requester: &Requester,
    group: &str,
    version: &str,
) -> Result<Vec<ApiResource>, Error> {
    let mut path = String::from(if group.is_empty() { "/api" } else { "/apis/" });
    encode(group, &mut path);
    path.push('/');
    encode(version, &mut path);
    let answer = match requester.json(Call::get(path)).await {
        Err(Error::NotFound(_)) => return Ok(Vec::new()),
        answer => answer?,
    };
    let list: PlainList = read(answer)?;
    Ok(list.into_resources(group, version))
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, Error> {
    serde_json::from_value(answer)
        .map_err(|error| Error::Protocol(format!("the discovery answer is malformed: {error}")))
}

/// Groups and versions of an `APIVersions` or `APIGroupList`, preferred versions first.
fn versions_of(answer: &Value) -> Vec<(String, String)> {
    let texts = |list: &Value| -> Vec<String> {
        let items = list.as_array().into_iter().flatten();
        items
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let mut all: Vec<_> = texts(&answer["versions"])
        .into_iter()
        .map(|version| (String::new(), version))
        .collect();
    for group in answer["groups"].as_array().into_iter().flatten() {
        let name = group["name"].as_str().unwrap_or_default();
        let preferred = group["preferredVersion"]["version"].as_str().unwrap_or_default();
        let served = group["versions"].as_array().into_iter().flatten();
        let mut versions: Vec<_> = served.filter_map(|version| version["version"].as_str()).collect();
        versions.sort_by_key(|version| *version != preferred);
        all.extend(
            versions
                .into_iter()
                .map(|version| (name.to_owned(), version.to_owned())),
        );
    }
    all
}

#[derive(Deserialize)]
struct PlainList {
    #[serde(default)]
    resources: Vec<PlainResource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PlainResource {
    name: String,
    singular_name: String,
    namespaced: bool,
    kind: String,
    verbs: Vec<String>,
    short_names: Vec<String>,
    categories: Vec<String>,
}

impl PlainList {
    fn into_resources(self, group: &str, version: &str) -> Vec<ApiResource> {
        let (whole, parts): (Vec<_>, Vec<_>) = self
            .resources
            .into_iter()
            .partition(|one| !one.name.contains('/'));
        let subresources = |plural: &str| -> (Vec<String>, Vec<String>) {
            let parts = parts.iter().filter_map(|part| {
                let (of, name) = part.name.split_once('/')?;
                (of == plural).then(|| (name.to_owned(), part.kind.clone()))
            });
            parts.unzip()
        };
        let resources = whole.into_iter().map(|one| {
            let (subresources, subresource_kinds) = subresources(&one.name);
            ApiResource {
                gvk: gvk(group, version, one.kind),
                subresources,
                subresource_kinds,
                plural: one.name,
                singular: one.singular_name,
                short_names: one.short_names,
                categories: one.categories,
                namespaced: one.namespaced,
                verbs: one.verbs,
            }
        });
        resources.collect()
    }
}

#[derive(Deserialize)]
struct Aggregated {
    #[serde(default)]
    items: Vec<AggregatedGroup>,
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: AggregatedName,
    #[serde(default)]
    versions: Vec<AggregatedVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedName {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedVersion {
    version: String,
    resources: Vec<AggregatedResource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AggregatedResource {
    resource: String,
    response_kind: Option<AggregatedKind>,
    scope: String,
    singular_resource: String,
    verbs: Vec<String>,
    short_names: Vec<String>,
    categories: Vec<String>,
    subresources: Vec<AggregatedSubresource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedKind {
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AggregatedSubresource {
    subresource: String,
    response_kind: Option<AggregatedKind>,
}

fn read_aggregated(answer: Value, found: &mut Found) -> Result<(), Error> {
    let list: Aggregated = read(answer)?;
    for group in list.items {
        let name = group.metadata.name;
        for version in group.versions {
            let versions = found.groups.entry(name.clone()).or_default();
            versions.push(version.version.clone());
            let resources = version.resources.into_iter();
            found
                .resources
                .extend(resources.map(|one| one.into_resource(&name, &version.version)));
        }
    }
    Ok(())
}

impl AggregatedResource {
    fn into_resource(self, group: &str, version: &str) -> ApiResource {
        let kind = self.response_kind.unwrap_or_default().kind;
        let parts = self.subresources.into_iter();
        let (subresources, subresource_kinds) = parts
            .map(|one| (one.subresource, one.response_kind.unwrap_or_default().kind))
            .unzip();
        ApiResource {
            gvk: gvk(group, version, kind),
            plural: self.resource,
            singular: self.singular_resource,
            short_names: self.short_names,
            categories: self.categories,
            namespaced: self.scope == "Namespaced",
            verbs: self.verbs,
            subresources,
            subresource_kinds,
        }
    }
}
