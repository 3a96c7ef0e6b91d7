//! Starts what `flux up` consists of: the cluster, its front, what it holds at first, the controllers.

use std::net::SocketAddr;

use flux_cluster::{Cluster, Config, Security, User};
use flux_kube::{Client, Gvk, ObjectRef, Patch, WriteOptions};
use flux_runtime::{Runtime, Shutdown};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::repository::{self, Repository};
use super::seed;
use crate::args::{Global, Up};
use crate::error::Error;
use crate::log;

const DEFAULT_ADDRESS: &str = "127.0.0.1:6443";
const FIELD_MANAGER: &str = "flux";

/// All parts, running.
pub struct Running {
    /// The client of this process, without a socket.
    pub client: Client,
    /// Path of the kubeconfig file.
    pub kubeconfig: String,
    /// Address of the API server.
    pub server: String,
    cluster: Cluster,
    front: flux_cluster::Server,
    shutdown: Shutdown,
    controllers: tokio::task::JoinHandle<()>,
    failure: watch::Receiver<Option<String>>,
}

/// Starts everything; returns when the API answers and the sync objects are applied.
pub async fn start(global: &Global, up: &Up, repository: &Repository) -> Result<Running, Error> {
    let listener = listen(up.listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::message(error.to_string()))?;
    let cluster = Cluster::open(Config::directory(up.data.join("cluster"))).await;
    let cluster = cluster.map_err(|error| Error::message(error.to_string()))?;
    let server = format!("https://{address}");
    let kubeconfig = global
        .cluster
        .kubeconfig
        .clone()
        .unwrap_or_else(|| up.data.join("kubeconfig"));
    crate::secret_file::write(&kubeconfig, &cluster.kubeconfig(&server))?;
    let front = cluster
        .serve(listener, Security::Tls)
        .map_err(|error| Error::message(error.to_string()))?;

    let client = Client::from_service(cluster.service(User::admin())).with_field_manager(FIELD_MANAGER);
    apply_all(&client, &seed::installation()).await?;
    let shutdown = Shutdown::new();
    let now = jiff::Timestamp::now().to_string();
    let (controllers, failure) = controllers(up, repository, &client, &shutdown).await?;
    apply_all(
        &client,
        &seed::sync(repository, &repository::cluster_path(up), &now),
    )
    .await?;
    let kubeconfig = kubeconfig.display().to_string();
    Ok(Running {
        client,
        kubeconfig,
        server,
        cluster,
        front,
        shutdown,
        controllers,
        failure,
    })
}

/// The address asked for; or the usual one, or a free one where that is taken.
async fn listen(wanted: Option<SocketAddr>) -> Result<TcpListener, Error> {
    if let Some(address) = wanted {
        let refused = |error| {
            Error::message(format!(
                "cannot listen on {address}: {error}; choose another with --listen"
            ))
        };
        return TcpListener::bind(address).await.map_err(refused);
    }
    match TcpListener::bind(DEFAULT_ADDRESS).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| Error::message(format!("cannot listen: {error}"))),
    }
}

/// Applies objects on the server's side; those of one kind at once, the kinds one after the other.
async fn apply_all(client: &Client, objects: &[Value]) -> Result<(), Error> {
    let options = WriteOptions::manager(FIELD_MANAGER).force();
    for group in objects.chunk_by(|a, b| a["kind"] == b["kind"]) {
        let applied = group.iter().map(|object| client.apply(object, &options));
        futures::future::try_join_all(applied).await?;
    }
    client.mapper().definitions_changed();
    Ok(())
}

async fn controllers(
    up: &Up,
    repository: &Repository,
    client: &Client,
    shutdown: &Shutdown,
) -> Result<(tokio::task::JoinHandle<()>, watch::Receiver<Option<String>>), Error> {
    let settings = flux_runtime::Settings {
        hostname: "flux-up".into(),
        ..flux_runtime::Settings::default()
    };
    let runtime = Runtime::new(client.clone(), settings);
    let parts = crate::controllers::in_process(&runtime, up, repository.local.as_deref()).await?;
    let (tell, failure) = watch::channel(None);
    let shutdown = shutdown.clone();
    let task = tokio::spawn(async move {
        if let Err(error) = runtime.run(parts, shutdown).await {
            tell.send_replace(Some(error.to_string()));
        }
    });
    Ok((task, failure))
}

impl Running {
    /// Asks for a reconciliation of the root source.
    pub async fn reconcile_source(&self) -> Result<(), Error> {
        let kind = Gvk::new(
            flux_api::gitrepository::API_VERSION,
            flux_api::gitrepository::KIND,
        );
        let now = jiff::Timestamp::now().to_string();
        let patch = json!({ "metadata": { "annotations": { flux_api::meta::REQUESTED_AT: now } } });
        let target = ObjectRef::new(kind, seed::ROOT, seed::ROOT);
        self.client
            .patch(
                &target,
                &Patch::Merge(patch),
                &WriteOptions::manager(FIELD_MANAGER),
            )
            .await?;
        Ok(())
    }

    /// Resolves when the controllers could not go on.
    pub async fn failed(&self) -> Error {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(message) => Error::message(message.clone().unwrap_or_default()),
            Err(_) => std::future::pending().await,
        }
    }

    /// Ends everything in order: the controllers, the front, the store.
    pub async fn stop(self) {
        self.shutdown.trigger();
        if self.controllers.await.is_err() {
            log::failure("a controller ended badly");
        }
        self.front.stop().await;
        self.cluster.shutdown().await;
    }
}
