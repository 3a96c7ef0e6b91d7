//! A chart and values become manifests, as the cluster at hand would have it.

use std::sync::Arc;

use flux_gotemplate::{Error, Functions, Host, KeyKind, Value as GoValue};
use flux_helm::{Capabilities, KubeVersion, Log, PostRenderStrategy, ReleaseOptions, Rendered, Request};
use flux_host::Machine;
use flux_kube::{Client, Gvk, ListOptions};
use serde_json::Value;
use tokio::runtime::Handle;

use super::Act;
use crate::post_render;

/// What a chart is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Install,
    Upgrade,
}

impl Act {
    /// Renders the chart with the values of the job.
    pub(super) async fn render(
        &self,
        purpose: Purpose,
        revision: i64,
        check_schema: bool,
    ) -> Result<Rendered, String> {
        let capabilities = capabilities(&self.job.client).await?;
        let object = self.job.object.clone();
        let release = ReleaseOptions {
            name: self.name(),
            namespace: self.namespace().to_owned(),
            revision,
            is_upgrade: purpose == Purpose::Upgrade,
        };
        let chart = Arc::unwrap_or_clone(self.chart()?.clone());
        let values = self.job.values.clone();
        let host = ClusterHost {
            machine: Machine {
                dns: self.job.settings.allow_dns,
            },
            client: self.job.client.clone(),
            runtime: Handle::current(),
        };
        // Rendering is computation, and asks the cluster in the middle of it.
        let rendering = tokio::task::spawn_blocking(move || {
            let change = |documents: &str| post_render::run(&object, documents);
            let strategy = match object.spec.post_render_strategy.as_str() {
                "nohooks" => PostRenderStrategy::NoHooks,
                "separate" => PostRenderStrategy::Separate,
                _ => PostRenderStrategy::Combined,
            };
            let request = Request {
                release,
                capabilities,
                skip_schema_validation: !check_schema,
                post_render: Some(&change),
                post_render_strategy: strategy,
                ..Request::new(chart, values, "", "")
            };
            let mut log = Log::new();
            flux_helm::render(request, functions(), &host, &mut log).map_err(|error| error.to_string())
        });
        let rendered = rendering
            .await
            .unwrap_or_else(|crash| Err(format!("rendering ended unexpectedly: {crash}")))?;
        self.lines.add(format!(
            "rendered {} manifests and {} hooks",
            rendered.manifests.len(),
            rendered.hooks.len()
        ));
        Ok(rendered)
    }
}

/// The functions of templates, made once.
fn functions() -> &'static Functions {
    static FUNCTIONS: std::sync::OnceLock<Functions> = std::sync::OnceLock::new();
    FUNCTIONS.get_or_init(Functions::helm)
}

/// What the cluster can do.
async fn capabilities(client: &Client) -> Result<Capabilities, String> {
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
            let with_kind = format!("{group}/{}", resource.gvk.kind);
            [group, with_kind]
        })
        .collect();
    api_versions.sort();
    api_versions.dedup();
    Ok(Capabilities {
        kube_version,
        api_versions,
    })
}

/// The machine, and the cluster for `lookup`.
struct ClusterHost {
    machine: Machine,
    client: Client,
    runtime: Handle,
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
        let found = answer.map_err(|error| Error::new(error.to_string()))?;
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
    let list = client.list(gvk, &ListOptions::in_namespace(namespace)).await?;
    Ok(Some(serde_json::json!({
        "apiVersion": gvk.api_version(),
        "kind": format!("{}List", gvk.kind),
        "metadata": {"resourceVersion": list.resource_version},
        "items": list.items,
    })))
}
