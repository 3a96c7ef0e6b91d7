//! The controllers, put together for a process.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use flux_artifact::Limits;
use flux_helmrelease::Charts;
use flux_http::{Backoff, Client, Fetcher};
use flux_kustomization::Artifacts;
use flux_runtime::{BoxedController, RunError, Runtime};
use flux_store::Store;
use tokio::net::TcpListener;

use crate::args::Up;
use crate::controller_args::{Common, HelmFlags, KustomizeFlags, SourceFlags};
use crate::error::Error;

/// Bytes of downloaded artifacts kept unpacked in memory.
const FETCHED: u64 = 64 << 20;
/// Bytes that one artifact may have when it is downloaded.
const LARGEST: u64 = 1 << 30;
/// In one process nothing is gained by more: the work is computation, and what waits holds no worker.
const WORKERS: usize = 16;
/// Bytes of chart archives whose charts are kept in memory.
const CHARTS: usize = 16 << 20;

/// All controllers, for the cluster in the same process.
pub async fn in_process(
    runtime: &Runtime,
    up: &Up,
    local: Option<&Path>,
) -> Result<Vec<BoxedController>, Error> {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::message(error.to_string()))?;
    let store = open(flux_store::Settings::new(
        up.data.join("artifacts"),
        address.to_string(),
    ))?;
    let settings = flux_source::Settings {
        allow_local: true,
        worktrees: local
            .filter(|_| up.worktree)
            .map(Path::to_owned)
            .into_iter()
            .collect(),
        ..flux_source::Settings::default()
    };
    let artifacts = Artifacts::new(Some(store.clone()), None, Limits::default(), 0);
    let kustomize =
        flux_kustomization::controller(runtime, flux_kustomization::Settings::default(), artifacts);
    let charts = Charts::new(Some(store.clone()), None, CHARTS);
    let helm = flux_helmrelease::controller(runtime, flux_helmrelease::Settings::default(), charts);
    let mut parts = sources(runtime, &settings, &store, Some(WORKERS));
    parts.extend([
        kustomize.concurrency(WORKERS).boxed(),
        helm.concurrency(WORKERS).boxed(),
        server(store, listener),
    ]);
    Ok(parts)
}

/// The controllers of sources; with their own number of workers unless one is given.
fn sources(
    runtime: &Runtime,
    settings: &flux_source::Settings,
    store: &Store,
    workers: Option<usize>,
) -> Vec<BoxedController> {
    let workers = workers.unwrap_or(2);
    vec![
        flux_source::controller(runtime, settings.clone(), store.clone())
            .concurrency(workers)
            .boxed(),
        flux_source::repository_controller(runtime, settings.clone(), store.clone())
            .concurrency(workers)
            .boxed(),
        flux_source::chart_controller(runtime, settings.clone(), store.clone())
            .concurrency(workers)
            .boxed(),
    ]
}

/// Which controllers run, with their flags.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The source controller.
    pub source: Option<&'a SourceFlags>,
    /// The kustomize controller.
    pub kustomize: Option<&'a KustomizeFlags>,
    /// The helm controller.
    pub helm: Option<&'a HelmFlags>,
}

/// Those that have flags, for any cluster.
pub async fn on_a_cluster(
    runtime: &Runtime,
    common: &Common,
    wanted: &Wanted<'_>,
) -> Result<Vec<BoxedController>, Error> {
    let mut parts = Vec::new();
    let mut own_store = None;
    if let Some(flags) = wanted.source {
        let store = open(store_settings(common, flags)?)?;
        let settings = flux_source::Settings {
            index_limit: flags.helm_index_max_size,
            chart_limit: flags.helm_chart_max_size,
            chart_file_limit: flags.helm_chart_file_max_size,
            ..flux_source::Settings::default()
        };
        parts.extend(sources(runtime, &settings, &store, common.concurrent));
        if let Some(address) = flags.storage_addr.address {
            parts.push(server(store.clone(), bind(address).await?));
        }
        own_store = Some(store);
    }
    if let Some(flags) = wanted.kustomize {
        let artifacts = Artifacts::new(
            own_store.clone(),
            Some(fetcher(common)?),
            Limits::default(),
            FETCHED,
        );
        let settings = flux_kustomization::Settings {
            concurrent_ssa: flags.concurrent_ssa,
            default_service_account: common.default_service_account.clone(),
            override_managers: flags.override_manager.clone(),
            custom_stage_kinds: flags
                .custom_apply_stage_kinds
                .iter()
                .map(|kind| flux_apply::GroupKind::parse(kind))
                .collect(),
        };
        let controller = flux_kustomization::controller(runtime, settings, artifacts);
        parts.push(controller.concurrency(common.concurrent.unwrap_or(4)).boxed());
    }
    if wanted.helm.is_some() {
        let charts = Charts::new(own_store, Some(fetcher(common)?), CHARTS);
        let settings = flux_helmrelease::Settings {
            default_service_account: common.default_service_account.clone(),
            allow_dns: common.gate("AllowDNSLookups"),
        };
        let controller = flux_helmrelease::controller(runtime, settings, charts);
        parts.push(controller.concurrency(common.concurrent.unwrap_or(4)).boxed());
    }
    Ok(parts)
}

fn store_settings(common: &Common, flags: &SourceFlags) -> Result<flux_store::Settings, Error> {
    let hostname = Some(common.hostname.as_str());
    let address = flux_store::advertised(&flags.storage_addr.text, &flags.storage_adv_addr, hostname);
    let address = address.map_err(|error| Error::message(format!("--storage-addr: {error}")))?;
    let algorithm = flags.artifact_digest_algo.parse();
    Ok(flux_store::Settings {
        retention: flags.artifact_retention_ttl.get(),
        records: flags.artifact_retention_records,
        algorithm: algorithm.map_err(|error| Error::message(format!("--artifact-digest-algo: {error}")))?,
        ..flux_store::Settings::new(&flags.storage_path, address)
    })
}

/// Tries again soon and not for long: a reconciliation that failed is tried again anyway, and no worker shall wait for it.
fn fetcher(common: &Common) -> Result<Fetcher, Error> {
    let client = Client::new(&flux_http::Settings::default());
    Ok(Fetcher {
        client: client.map_err(|error| Error::message(error.to_string()))?,
        backoff: Backoff {
            retries: common.http_retry.min(2),
            first: Duration::from_millis(200),
            most: Duration::from_secs(1),
        },
        limit: LARGEST,
        host: std::env::var("SOURCE_CONTROLLER_LOCALHOST")
            .ok()
            .filter(|host| !host.is_empty()),
    })
}

fn open(settings: flux_store::Settings) -> Result<Store, Error> {
    let root = settings.root.clone();
    Store::open(settings).map_err(|error| Error::message(format!("{}: {error}", root.display())))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    let refused = |error| Error::message(format!("cannot listen on {address} for artifacts: {error}"));
    TcpListener::bind(address).await.map_err(refused)
}

/// Serves artifacts while this process leads.
fn server(store: Store, listener: TcpListener) -> BoxedController {
    BoxedController::beside("source-controller", "artifacts", |shutdown| async move {
        store.serve(listener, async move { shutdown.wait().await }).await;
        Ok::<(), RunError>(())
    })
}
