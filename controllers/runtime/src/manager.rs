//! The process: what its controllers share, and their common life.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flux_kube::{Client, Watches, lease};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use crate::controller::BoxedController;
use crate::metrics::Metrics;
use crate::passes::Passes;
use crate::serve;
use crate::settings::Settings;
use crate::shutdown::Shutdown;

/// How long a watch of a kind goes on after the last one who waited for an object of it.
const WATCH_GRACE: Duration = Duration::from_secs(60);

/// Why the controllers do not run (any more).
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    /// A port cannot be had.
    #[error("cannot listen on {address} for {what}: {message}")]
    Listen {
        /// Metrics or probes.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        message: String,
    },
    /// Another process leads now; this one must end.
    #[error("leader election lost")]
    LeadershipLost,
    /// A controller ended by a defect of its own.
    #[error("controller {0} ended unexpectedly")]
    Ended(String),
}

/// What the controllers of a process share. Clones share it.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    client: Client,
    watches: Watches,
    settings: Settings,
    metrics: Metrics,
    passes: Passes,
}

impl Runtime {
    /// With the client of the process; nothing runs yet.
    pub fn new(client: Client, settings: Settings) -> Self {
        Runtime(Arc::new(Inner {
            watches: Watches::new(client.clone(), WATCH_GRACE),
            client,
            settings,
            metrics: Metrics::new(),
            passes: Passes::default(),
        }))
    }

    /// The client of the process.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Watches for whatever is waited for.
    pub fn watches(&self) -> &Watches {
        &self.0.watches
    }

    /// The settings of the process.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The metrics of the process.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The passes under way, of all controllers.
    pub fn passes(&self) -> &Passes {
        &self.0.passes
    }

    /// Serves metrics and probes, becomes the leader if there is to be one, and runs the controllers until `shutdown`, or until one of
    /// them ends.
    pub async fn run(&self, controllers: Vec<BoxedController>, shutdown: Shutdown) -> Result<(), RunError> {
        let settings = self.settings();
        if let Some(address) = settings.metrics_addr {
            serve::metrics(address, self.metrics().clone(), shutdown.clone()).await?;
        }
        if let Some(address) = settings.health_addr {
            serve::probes(address, shutdown.clone()).await?;
        }
        if !settings.leader_election.enabled {
            return run_all(controllers, shutdown).await;
        }
        let component = controllers
            .first()
            .map_or("flux", |controller| controller.component);
        let elector = lease::Elector::new(self.client().clone(), self.lease(component));
        tokio::select! {
            () = elector.acquire() => {}
            () = shutdown.wait() => return Ok(()),
        }
        tracing::info!(component, "became leader");
        // The controllers' own end, which also comes when the lease is lost.
        let end = Shutdown::new();
        let mut running = Box::pin(run_all(controllers, end.clone()));
        let result = tokio::select! {
            result = &mut running => result,
            () = shutdown.wait() => {
                end.trigger();
                running.await
            }
            () = elector.hold() => {
                end.trigger();
                return Err(RunError::LeadershipLost);
            }
        };
        if settings.leader_election.release_on_cancel {
            elector.release().await;
        }
        result
    }

    fn lease(&self, component: &str) -> lease::Settings {
        let settings = self.settings();
        let election = &settings.leader_election;
        lease::Settings {
            namespace: settings.runtime_namespace.clone(),
            name: election_id(component, &settings.watch_label_selector),
            identity: lease::identity(&settings.hostname),
            lease_duration: election.lease_duration,
            renew_deadline: election.renew_deadline,
            retry_period: election.retry_period,
        }
    }
}

/// `<component>-leader-election`, and for a shard eight digits of the digest of its selector.
fn election_id(component: &str, selector: &str) -> String {
    if selector.is_empty() {
        return format!("{component}-leader-election");
    }
    let digest = Sha256::digest(selector.as_bytes());
    let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{component}-leader-election-{digits}")
}

async fn run_all(controllers: Vec<BoxedController>, shutdown: Shutdown) -> Result<(), RunError> {
    let mut running = JoinSet::new();
    for controller in controllers {
        tracing::info!(controller = controller.name, "Starting Controller");
        let end = shutdown.clone();
        let name = controller.name.clone();
        running.spawn(async move { ((controller.run)(end).await, name) });
    }
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        let error = match ended {
            Ok((Ok(()), _)) if shutdown.is_triggered() => continue,
            Ok((Ok(()), name)) => RunError::Ended(name),
            Ok((Err(error), _)) => error,
            Err(panic) => RunError::Ended(panic.to_string()),
        };
        shutdown.trigger();
        if result.is_ok() {
            result = Err(error);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_has_a_lease_of_its_own() {
        assert_eq!(
            election_id("source-controller", ""),
            "source-controller-leader-election"
        );
        // `printf sharding.fluxcd.io/key=shard1 | sha256sum` begins with these digits.
        assert_eq!(
            election_id("source-controller", "sharding.fluxcd.io/key=shard1"),
            "source-controller-leader-election-73fdc1be"
        );
    }
}
