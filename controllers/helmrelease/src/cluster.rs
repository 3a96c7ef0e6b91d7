//! The cluster as templates of charts see it.

use flux_gotemplate::{Error, Host, KeyKind, Value as GoValue};
use flux_helm::{Capabilities, KubeVersion};
use flux_host::Machine;
use flux_kube::{Client, Gvk, ListOptions};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::action::apply;

/// What the cluster can do: its version, and its groups and kinds, those of subresources included.
///
/// # Errors
/// It does not tell.
pub async fn capabilities(client: &Client) -> Result<Capabilities, String> {
    let failed = |error: flux_kube::Error| format!("could not get apiVersions from Kubernetes: {error}");
    let version = client.get_path("/version").await;
    let version =
        version.map_err(|error| format!("could not get server version from Kubernetes: {error}"))?;
    let git_version = version["gitVersion"].as_str().unwrap_or_default();
    let mut kube_version = KubeVersion::parse(git_version).map_err(|error| error.to_string())?;
    for (field, part) in [
        ("major", &mut kube_version.major),
        ("minor", &mut kube_version.minor),
    ] {
        if let Some(text) = version[field].as_str() {
            *part = text.to_owned();
        }
    }
    let resources = client.mapper().all().await.map_err(failed)?;
    let mut api_versions: Vec<String> = resources
        .iter()
        .flat_map(|resource| {
            let group = resource.gvk.api_version();
            let kinds = [&resource.gvk.kind]
                .into_iter()
                .chain(&resource.subresource_kinds);
            let with_kind = kinds.map(|kind| format!("{group}/{kind}"));
            with_kind.chain([group.clone()]).collect::<Vec<_>>()
        })
        .collect();
    api_versions.sort();
    api_versions.dedup();
    Ok(Capabilities {
        kube_version,
        api_versions,
    })
}

/// Whether a release could be installed: the cluster knows the kinds of its objects and, where `owned` is wanted, those that exist
/// belong to the release.
///
/// # Errors
/// In Helm's words.
pub async fn check_install(
    client: &Client,
    manifest: &str,
    name: &str,
    namespace: &str,
    owned: bool,
) -> Result<(), String> {
    let built = apply::build(client, manifest, namespace).await;
    let targets = built
        .map_err(|error| format!("unable to build kubernetes objects from release manifest: {error}"))?;
    if owned {
        let existing = apply::existing(client, &targets, name, namespace, false).await;
        existing.map_err(|error| format!("unable to continue with install: {error}"))?;
    }
    Ok(())
}

/// The machine, and the cluster for `lookup`.
pub struct ClusterHost {
    machine: Machine,
    client: Client,
    runtime: Handle,
}

impl ClusterHost {
    /// `runtime` is where the client works. Templates must not be executed within it.
    pub fn new(machine: Machine, client: Client, runtime: Handle) -> Self {
        ClusterHost {
            machine,
            client,
            runtime,
        }
    }
}

impl Host for ClusterHost {
    fn now(&self) -> (i64, u32) {
        self.machine.now()
    }

    fn local_zone(&self) -> String {
        self.machine.local_zone()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.machine.random(bytes)
    }

    fn generate_key(&self, kind: KeyKind) -> Result<Vec<u8>, Error> {
        self.machine.generate_key(kind)
    }

    fn public_key(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        self.machine.public_key(key)
    }

    fn sign(&self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        self.machine.sign(key, message)
    }

    fn host_by_name(&self, name: &str) -> String {
        self.machine.host_by_name(name)
    }

    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<GoValue, Error> {
        let gvk = Gvk::new(api_version, kind);
        let answer = self
            .runtime
            .block_on(look_up(&self.client, &gvk, namespace, name));
        let found = answer.map_err(|error| {
            Error::new(match error {
                flux_kube::Error::NoMatch { .. } => format!(
                    "unable to get apiresource from unstructured: {}/{}, Kind={kind}: the server could not find the requested resource",
                    gvk.group, gvk.version
                ),
                error => error.to_string(),
            })
        })?;
        Ok(found
            .as_ref()
            .map_or_else(|| GoValue::Map(flux_gotemplate::Map::new()), from_json))
    }
}

/// An object as `unstructured.Unstructured` holds it.
fn from_json(value: &Value) -> GoValue {
    match value {
        Value::Null => GoValue::Nil,
        Value::Bool(flag) => GoValue::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => GoValue::int64(whole),
            None => GoValue::float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => GoValue::str(text.as_str()),
        Value::Array(items) => GoValue::list(items.iter().map(from_json).collect()),
        Value::Object(fields) => {
            GoValue::map(fields.iter().map(|(key, value)| (key.as_str(), from_json(value))))
        }
    }
}

async fn look_up(
    client: &Client,
    gvk: &Gvk,
    namespace: &str,
    name: &str,
) -> Result<Option<Value>, flux_kube::Error> {
    if !name.is_empty() {
        return client.get_opt(gvk, namespace, name).await;
    }
    let list = match client.list(gvk, &ListOptions::in_namespace(namespace)).await {
        Err(flux_kube::Error::NotFound(_)) => return Ok(None),
        list => list?,
    };
    Ok(Some(serde_json::json!({
        "apiVersion": gvk.api_version(),
        "kind": format!("{}List", gvk.kind),
        "metadata": {"resourceVersion": list.resource_version},
        "items": list.items,
    })))
}
