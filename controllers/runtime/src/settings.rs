//! What can be set from outside: plain data with upstream's defaults.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// Leader election (`--enable-leader-election` and its companions).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderElection {
    /// Whether only one process at a time reconciles.
    pub enabled: bool,
    /// Give the lease back at the end, so that the next one need not wait.
    pub release_on_cancel: bool,
    /// How long a lease counts without being renewed.
    pub lease_duration: Duration,
    /// How long the leader tries to renew before it gives up.
    pub renew_deadline: Duration,
    /// Time between two tries.
    pub retry_period: Duration,
}

impl Default for LeaderElection {
    fn default() -> Self {
        LeaderElection {
            enabled: false,
            release_on_cancel: true,
            lease_duration: Duration::from_secs(35),
            renew_deadline: Duration::from_secs(30),
            retry_period: Duration::from_secs(5),
        }
    }
}

/// What all controllers of a process share; each field is upstream's flag of that name.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where metrics are served; `None`: nowhere. Upstream: `:8080`.
    pub metrics_addr: Option<SocketAddr>,
    /// Where `/healthz` and `/readyz` are served; `None`: nowhere. Upstream: `:9440`.
    pub health_addr: Option<SocketAddr>,
    /// Where events are posted (`http://notification-controller.…/`); empty: nowhere.
    pub events_addr: String,
    /// First pause after a failure.
    pub min_retry_delay: Duration,
    /// Longest pause after a failure.
    pub max_retry_delay: Duration,
    /// Backstop for waits on something else.
    pub requeue_dependency: Duration,
    /// By how much an interval varies, in percent.
    pub interval_jitter_percentage: u8,
    /// Only objects with these labels (a shard); empty: all.
    pub watch_label_selector: String,
    /// ConfigMaps and Secrets whose changes trigger their referrers.
    pub watch_configs_label_selector: String,
    /// All namespaces, or only `runtime_namespace`.
    pub watch_all_namespaces: bool,
    /// References to sources of other namespaces are refused.
    pub no_cross_namespace_refs: bool,
    /// Own namespace (`RUNTIME_NAMESPACE`).
    pub runtime_namespace: String,
    /// Leader election.
    pub leader_election: LeaderElection,
    /// Feature gates by name.
    pub feature_gates: BTreeMap<String, bool>,
    /// How long running passes may go on at the end.
    pub graceful_shutdown_timeout: Duration,
    /// Host name, for events and the lease.
    pub hostname: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            metrics_addr: None,
            health_addr: None,
            events_addr: String::new(),
            min_retry_delay: Duration::from_millis(750),
            max_retry_delay: Duration::from_secs(15 * 60),
            requeue_dependency: Duration::from_secs(30),
            interval_jitter_percentage: 5,
            watch_label_selector: String::new(),
            watch_configs_label_selector: "reconcile.fluxcd.io/watch=Enabled".into(),
            watch_all_namespaces: true,
            no_cross_namespace_refs: false,
            runtime_namespace: "flux-system".into(),
            leader_election: LeaderElection::default(),
            feature_gates: BTreeMap::new(),
            graceful_shutdown_timeout: Duration::from_secs(30),
            hostname: "localhost".into(),
        }
    }
}

impl Settings {
    /// Whether a feature gate is on; `default` where it is not set.
    pub fn feature(&self, name: &str, default: bool) -> bool {
        self.feature_gates.get(name).copied().unwrap_or(default)
    }

    /// The namespace to watch; empty: all.
    pub fn watch_namespace(&self) -> &str {
        if self.watch_all_namespaces {
            ""
        } else {
            &self.runtime_namespace
        }
    }
}
