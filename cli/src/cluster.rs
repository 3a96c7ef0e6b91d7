//! The cluster as the commands see it: Flux kinds in, JSON values out.

use std::pin::Pin;

use flux_kube::{
    Client, Gvk, Key, ListOptions, ObjectRef, Options, Patch, WatchEvent, WatchOptions, WriteOptions,
};
use futures::stream::{self, Stream, StreamExt as _};
use serde_json::Value;

use crate::args::{ClusterFlags, Global};
use crate::error::Error;
use crate::kinds::FluxKind;

const PART_OF_FLUX: &str = "app.kubernetes.io/part-of=flux";
const FIELD_MANAGER: &str = "flux";

/// A connection to one cluster.
pub struct Cluster {
    client: Client,
}

/// Which objects of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// One namespace, or all.
    pub namespace: Option<&'a str>,
    /// One name.
    pub name: Option<&'a str>,
    /// A label selector.
    pub labels: Option<&'a str>,
}

impl Filter<'_> {
    fn options(&self) -> ListOptions {
        let mut options = ListOptions::in_namespace(self.namespace.unwrap_or_default());
        if let Some(name) = self.name {
            options = options.fields(format!("metadata.name={name}"));
        }
        options.labels(self.labels.unwrap_or_default())
    }
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventFilter<'a> {
    /// One namespace, or all.
    pub namespace: Option<&'a str>,
    /// A namespace that wins over `namespace`.
    pub other_namespace: Option<String>,
    /// Kind of the object.
    pub kind: Option<String>,
    /// Name of the object.
    pub name: Option<String>,
}

impl EventFilter<'_> {
    /// Whether the events come from elsewhere than `namespace`.
    pub fn namespace_differs(&self, namespace: Option<&str>) -> bool {
        self.other_namespace
            .as_deref()
            .is_some_and(|other| Some(other) != namespace)
    }

    fn options(&self) -> ListOptions {
        let fields = [
            ("involvedObject.kind", &self.kind),
            ("involvedObject.name", &self.name),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(field, value)| value.as_ref().map(|value| format!("{field}={value}")));
        let namespace = self
            .other_namespace
            .as_deref()
            .or(self.namespace)
            .unwrap_or_default();
        ListOptions::in_namespace(namespace).fields(fields.collect::<Vec<_>>().join(","))
    }
}

/// What is known of an installation.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    version: String,
    part_of: String,
    /// Whether Flux keeps itself from Git.
    pub bootstrapped: bool,
}

impl Distribution {
    /// `flux-v1.2.3`, or only the version; empty when the definitions carry no label.
    pub fn name(&self) -> String {
        if self.part_of.is_empty() {
            self.version.clone()
        } else {
            format!("{}-{}", self.part_of, self.version)
        }
    }
}

impl Cluster {
    /// Connects as the flags say.
    pub async fn connect(global: &Global) -> Result<Self, Error> {
        let client = Client::connect(&options(&global.cluster)).await;
        let client = client
            .map_err(|error| Error::message(format!("Kubernetes client initialization failed: {error}")))?;
        Ok(Cluster { client })
    }

    /// One object; an error when it does not exist.
    pub async fn get(&self, kind: &FluxKind, namespace: &str, name: &str) -> Result<Value, Error> {
        Ok(self.client.get(&gvk(kind), namespace, name).await?)
    }

    /// The objects that `filter` picks, sorted by namespace and name.
    pub async fn list(&self, kind: &FluxKind, filter: &Filter<'_>) -> Result<Vec<Value>, Error> {
        let mut items = self.client.list(&gvk(kind), &filter.options()).await?.items;
        items.sort_by_key(|item| {
            let key = Key::of(item);
            (key.namespace, key.name)
        });
        Ok(items)
    }

    /// The objects that `filter` picks, now and whenever they change.
    pub async fn watch(&self, kind: &FluxKind, filter: &Filter<'_>) -> Result<Objects, Error> {
        // A kind that the server does not know is an error, not a watch that never tells anything.
        self.client.mapper().find(&gvk(kind)).await?;
        Ok(Objects::new([flux_kube::watch(
            self.client.clone(),
            gvk(kind),
            WatchOptions::from(filter.options()),
        )]))
    }

    /// Merges `patch` into the object.
    pub async fn merge_patch(
        &self,
        kind: &FluxKind,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<(), Error> {
        let target = ObjectRef::new(gvk(kind), namespace, name);
        self.client
            .patch(
                &target,
                &Patch::Merge(patch.clone()),
                &WriteOptions::manager(FIELD_MANAGER),
            )
            .await?;
        Ok(())
    }

    /// Applies `object` on the server's side, taking over what others own of it.
    pub async fn apply(&self, object: &Value) -> Result<(), Error> {
        self.client
            .apply(object, &WriteOptions::manager(FIELD_MANAGER).force())
            .await?;
        Ok(())
    }

    /// Events, oldest page first.
    pub async fn events(&self, filter: &EventFilter<'_>) -> Result<Vec<Value>, Error> {
        Ok(self
            .client
            .list(&Gvk::new("v1", "Event"), &filter.options())
            .await?
            .items)
    }

    /// Events, now and whenever one comes.
    pub async fn watch_events(&self, filters: &[EventFilter<'_>]) -> Result<Objects, Error> {
        let event = Gvk::new("v1", "Event");
        let watches = filters.iter().map(|filter| {
            flux_kube::watch(
                self.client.clone(),
                event.clone(),
                WatchOptions::from(filter.options()),
            )
        });
        Ok(Objects::new(watches.collect::<Vec<_>>()))
    }

    /// Version of the server, such as `v1.36.2`.
    pub async fn version(&self) -> Result<String, Error> {
        let version = self.client.get_path("/version").await?;
        Ok(version["gitVersion"].as_str().unwrap_or_default().to_owned())
    }

    /// The installation, told from the labels of the GitRepository definition; nothing when that does not exist.
    pub async fn distribution(&self) -> Result<Option<Distribution>, Error> {
        let name = "gitrepositories.source.toolkit.fluxcd.io";
        let Some(definition) = self.client.get_opt(&definition_kind(), "", name).await? else {
            return Ok(None);
        };
        let label = |key: &str| {
            definition["metadata"]["labels"][key]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Some(Distribution {
            version: label("app.kubernetes.io/version"),
            part_of: label("app.kubernetes.io/part-of"),
            bootstrapped: !label("kustomize.toolkit.fluxcd.io/namespace").is_empty(),
        }))
    }

    /// Deployments of Flux in `namespace`.
    pub async fn flux_deployments(&self, namespace: &str) -> Result<Vec<Value>, Error> {
        let options = ListOptions::in_namespace(namespace).labels(PART_OF_FLUX);
        Ok(self
            .client
            .list(&Gvk::new("apps/v1", "Deployment"), &options)
            .await?
            .items)
    }

    /// Custom resource definitions of Flux.
    pub async fn flux_definitions(&self) -> Result<Vec<Value>, Error> {
        Ok(self
            .client
            .list(&definition_kind(), &ListOptions::default().labels(PART_OF_FLUX))
            .await?
            .items)
    }
}

/// Objects as they come.
pub struct Objects(Pin<Box<dyn Stream<Item = WatchEvent> + Send>>);

impl Objects {
    fn new(
        watches: impl IntoIterator<Item = impl Stream<Item = WatchEvent> + Send + Unpin + 'static>,
    ) -> Self {
        Objects(Box::pin(stream::select_all(watches)))
    }

    /// The next object that is there or changed; fails when the server cannot be reached.
    pub async fn next(&mut self) -> Result<Option<Value>, Error> {
        while let Some(event) = self.0.next().await {
            match event {
                WatchEvent::Listed(object) | WatchEvent::Applied(object) => return Ok(Some(object)),
                WatchEvent::Failed(error) if !error.is_transient() => {
                    return Err(Error::message(error.to_string()));
                }
                WatchEvent::Failed(_)
                | WatchEvent::Restarting
                | WatchEvent::Ready
                | WatchEvent::Deleted(_) => {}
            }
        }
        Ok(None)
    }
}

/// The client's options from the flags.
pub fn options(flags: &ClusterFlags) -> Options {
    let flags = flags.clone();
    Options {
        kubeconfig: flags.kubeconfig,
        context: flags.context,
        cluster: flags.cluster,
        user: flags.user,
        server: flags.server,
        token: flags.token,
        certificate_authority: flags.certificate_authority,
        client_certificate: flags.client_certificate,
        client_key: flags.client_key,
        tls_server_name: flags.tls_server_name,
        insecure_skip_tls_verify: flags.insecure_skip_tls_verify,
        impersonate_user: flags.impersonate,
        impersonate_groups: flags.impersonate_groups,
        impersonate_uid: flags.impersonate_uid,
        // 0 turns the limit off: every supported API server shares itself out fairly.
        qps: flags.kube_api_qps.unwrap_or(0.0),
        burst: flags.kube_api_burst,
        field_manager: FIELD_MANAGER.into(),
        ..Options::default()
    }
}

/// The namespace of the kubeconfig context that the flags choose.
pub async fn context_namespace(flags: &ClusterFlags) -> Option<String> {
    let client = Client::connect(&options(flags)).await.ok()?;
    Some(client.default_namespace().to_owned())
}

fn gvk(kind: &FluxKind) -> Gvk {
    Gvk::new(&format!("{}/{}", kind.group, kind.version), kind.kind)
}

fn definition_kind() -> Gvk {
    Gvk::new("apiextensions.k8s.io/v1", "CustomResourceDefinition")
}
