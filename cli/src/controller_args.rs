//! The flags of `flux controller`: upstream's names, defaults and environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use flux_api::duration::GoDuration;

/// Which controllers.
#[derive(Clone, Debug, Subcommand)]
pub enum Controller {
    /// Run all controllers in one process
    All {
        /// Flags of every controller.
        #[command(flatten)]
        common: Common,
        /// Flags of the source controller.
        #[command(flatten)]
        source: SourceFlags,
        /// Flags of the kustomize controller.
        #[command(flatten)]
        kustomize: KustomizeFlags,
        /// Flags of the helm controller.
        #[command(flatten)]
        helm: HelmFlags,
    },
    /// Run the source controller
    Source {
        /// Flags of every controller.
        #[command(flatten)]
        common: Common,
        /// Its own flags.
        #[command(flatten)]
        source: SourceFlags,
    },
    /// Run the kustomize controller
    Kustomize {
        /// Flags of every controller.
        #[command(flatten)]
        common: Common,
        /// Its own flags.
        #[command(flatten)]
        kustomize: KustomizeFlags,
    },
    /// Run the helm controller
    Helm {
        /// Flags of every controller.
        #[command(flatten)]
        common: Common,
        /// Its own flags.
        #[command(flatten)]
        helm: HelmFlags,
    },
}

/// Flags of every controller.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Reconciliations at once; the default is the controller's own
    #[arg(long)]
    pub concurrent: Option<usize>,
    /// Where metrics are served
    #[arg(long, default_value = ":8080", env = "METRICS_ADDR", value_parser = address)]
    pub metrics_addr: Listen,
    /// Where health is served
    #[arg(long, default_value = ":9440", env = "HEALTH_ADDR", value_parser = address)]
    pub health_addr: Listen,
    /// Address of the event receiver
    #[arg(long, default_value = "", env = "EVENTS_ADDR")]
    pub events_addr: String,
    /// Only one process at a time reconciles
    #[arg(long, default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub enable_leader_election: bool,
    /// Give the lease back at the end
    #[arg(long, default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub leader_election_release_on_cancel: bool,
    /// How long a lease counts without being renewed
    #[arg(long, default_value = "35s")]
    pub leader_election_lease_duration: GoDuration,
    /// How long the leader tries to renew
    #[arg(long, default_value = "30s")]
    pub leader_election_renew_deadline: GoDuration,
    /// Time between two tries
    #[arg(long, default_value = "5s")]
    pub leader_election_retry_period: GoDuration,
    /// Backstop for waits on something else
    #[arg(long, default_value = "30s")]
    pub requeue_dependency: GoDuration,
    /// First pause after a failure
    #[arg(long, default_value = "750ms")]
    pub min_retry_delay: GoDuration,
    /// Longest pause after a failure
    #[arg(long, default_value = "15m0s")]
    pub max_retry_delay: GoDuration,
    /// By how much an interval varies, in percent
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub interval_jitter_percentage: u8,
    /// Only objects with these labels
    #[arg(long, default_value = "")]
    pub watch_label_selector: String,
    /// ConfigMaps and Secrets whose changes trigger their referrers
    #[arg(long, default_value = "reconcile.fluxcd.io/watch=Enabled")]
    pub watch_configs_label_selector: String,
    /// All namespaces, or only the runtime namespace
    #[arg(long, default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub watch_all_namespaces: bool,
    /// Refuse references to other namespaces
    #[arg(long, default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub no_cross_namespace_refs: bool,
    /// Tries to fetch an artifact in one go; what fails then is tried again at the retry interval
    #[arg(long, default_value = "9")]
    pub http_retry: u32,
    /// Account for objects that name none
    #[arg(long, default_value = "")]
    pub default_service_account: String,
    /// Feature gates: name=true|false
    #[arg(long, value_delimiter = ',', value_parser = gate)]
    pub feature_gates: Vec<(String, bool)>,
    /// json or console
    #[arg(long, default_value = "json", value_parser = ["json", "console"])]
    pub log_encoding: String,
    /// trace, debug, info or error
    #[arg(long, default_value = "info", value_parser = ["trace", "debug", "info", "error"])]
    pub log_level: String,
    /// Namespace of the controller itself
    #[arg(long, default_value = "flux-system", env = "RUNTIME_NAMESPACE", hide = true)]
    pub runtime_namespace: String,
    /// Host name, for events and leases
    #[arg(long, default_value = "", env = "HOSTNAME", hide = true)]
    pub hostname: String,
    /// What is accepted and does nothing.
    #[command(flatten)]
    pub without_effect: WithoutEffect,
}

/// Flags of upstream's controllers that have no effect here yet. A Deployment that sets them works all the same, and is told.
#[derive(Clone, Debug, Default, Args)]
pub struct WithoutEffect {
    #[arg(long, hide = true)]
    token_cache_max_size: Option<String>,
    #[arg(long, hide = true)]
    token_cache_max_duration: Option<String>,
    #[arg(long, hide = true)]
    helm_cache_max_size: Option<String>,
    #[arg(long, hide = true)]
    helm_cache_ttl: Option<String>,
    #[arg(long, hide = true)]
    helm_cache_purge_interval: Option<String>,
    #[arg(long, hide = true)]
    ssh_kex_algos: Option<String>,
    #[arg(long, hide = true)]
    ssh_hostkey_algos: Option<String>,
    #[arg(long, hide = true)]
    default_decryption_service_account: Option<String>,
    #[arg(long, hide = true)]
    default_kubeconfig_service_account: Option<String>,
    #[arg(long, hide = true)]
    sops_age_secret: Option<String>,
    #[arg(long, hide = true)]
    sops_vault_configmap: Option<String>,
    #[arg(long, hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    insecure_kubeconfig_exec: Option<String>,
    #[arg(long, hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    insecure_kubeconfig_tls: Option<String>,
}

impl WithoutEffect {
    /// Those that are set.
    pub fn set(&self) -> Vec<&'static str> {
        let all = [
            ("--token-cache-max-size", &self.token_cache_max_size),
            ("--token-cache-max-duration", &self.token_cache_max_duration),
            ("--helm-cache-max-size", &self.helm_cache_max_size),
            ("--helm-cache-ttl", &self.helm_cache_ttl),
            ("--helm-cache-purge-interval", &self.helm_cache_purge_interval),
            ("--ssh-kex-algos", &self.ssh_kex_algos),
            ("--ssh-hostkey-algos", &self.ssh_hostkey_algos),
            (
                "--default-decryption-service-account",
                &self.default_decryption_service_account,
            ),
            (
                "--default-kubeconfig-service-account",
                &self.default_kubeconfig_service_account,
            ),
            ("--sops-age-secret", &self.sops_age_secret),
            ("--sops-vault-configmap", &self.sops_vault_configmap),
            ("--insecure-kubeconfig-exec", &self.insecure_kubeconfig_exec),
            ("--insecure-kubeconfig-tls", &self.insecure_kubeconfig_tls),
        ];
        let set = all.into_iter().filter(|(_, value)| value.is_some());
        set.map(|(flag, _)| flag).collect()
    }
}

/// Flags of the source controller.
#[derive(Clone, Debug, Args)]
pub struct SourceFlags {
    /// Where artifacts are kept
    #[arg(long, default_value = "/data", env = "STORAGE_PATH")]
    pub storage_path: PathBuf,
    /// Where artifacts are served
    #[arg(long, default_value = ":9090", env = "STORAGE_ADDRESS", value_parser = address)]
    pub storage_addr: Listen,
    /// Address of the artifact server in the URLs of artifacts
    #[arg(long, default_value = "", env = "STORAGE_ADV_ADDR")]
    pub storage_adv_addr: String,
    /// How long an old artifact is kept
    #[arg(long, default_value = "1m0s")]
    pub artifact_retention_ttl: GoDuration,
    /// How many artifacts are kept for each source
    #[arg(long, default_value = "2")]
    pub artifact_retention_records: usize,
    /// Algorithm of artifact digests
    #[arg(long, default_value = "sha256", value_parser = ["sha256", "sha384", "sha512", "sha1", "blake3"])]
    pub artifact_digest_algo: String,
    /// Largest index of charts in bytes
    #[arg(long, default_value = "52428800")]
    pub helm_index_max_size: u64,
    /// Largest chart in bytes
    #[arg(long, default_value = "10485760")]
    pub helm_chart_max_size: u64,
    /// Largest file of a chart in bytes
    #[arg(long, default_value = "5242880")]
    pub helm_chart_file_max_size: u64,
}

/// Flags of the helm controller.
#[derive(Clone, Debug, Args)]
pub struct HelmFlags {
    /// Algorithm of the digests in the history of releases
    #[arg(long, default_value = "sha256", value_parser = ["sha256"])]
    pub snapshot_digest_algo: String,
}

/// Flags of the kustomize controller.
#[derive(Clone, Debug, Args)]
pub struct KustomizeFlags {
    /// Server-side dry-runs at once for each object
    #[arg(long, default_value = "4")]
    pub concurrent_ssa: usize,
    /// Refuse remote bases
    #[arg(long, default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub no_remote_bases: bool,
    /// Field manager to take over from; may be repeated
    #[arg(long)]
    pub override_manager: Vec<String>,
    /// Kinds with a stage of their own: group/Kind
    #[arg(long, value_delimiter = ',')]
    pub custom_apply_stage_kinds: Vec<String>,
}

/// An address to listen on, or nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// As it was typed.
    pub text: String,
    /// What to bind to.
    pub address: Option<SocketAddr>,
}

/// `:8080`, `127.0.0.1:8080`, or `0` for nowhere.
fn address(text: &str) -> Result<Listen, String> {
    if text.is_empty() || text == "0" {
        return Ok(Listen {
            text: text.into(),
            address: None,
        });
    }
    let full = if text.starts_with(':') {
        format!("0.0.0.0{text}")
    } else {
        text.replacen("localhost:", "127.0.0.1:", 1)
    };
    let parsed = full
        .parse()
        .map_err(|_| format!("{text:?} is not an address such as :8080"))?;
    Ok(Listen {
        text: text.into(),
        address: Some(parsed),
    })
}

/// `Name=true`
fn gate(text: &str) -> Result<(String, bool), String> {
    let wrong = || format!("{text:?} is not a feature gate such as Name=true");
    let (name, state) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_owned(), state.parse().map_err(|_| wrong())?))
}

impl Common {
    /// Whether a feature gate is on.
    pub fn gate(&self, name: &str) -> bool {
        self.feature_gates.iter().any(|(gate, on)| gate == name && *on)
    }

    /// The settings that all controllers of a process share.
    pub fn settings(&self) -> flux_runtime::Settings {
        let defaults = flux_runtime::Settings::default();
        flux_runtime::Settings {
            metrics_addr: self.metrics_addr.address,
            health_addr: self.health_addr.address,
            events_addr: self.events_addr.clone(),
            min_retry_delay: self.min_retry_delay.get(),
            max_retry_delay: self.max_retry_delay.get(),
            requeue_dependency: self.requeue_dependency.get(),
            interval_jitter_percentage: self.interval_jitter_percentage,
            watch_label_selector: self.watch_label_selector.clone(),
            watch_configs_label_selector: self.watch_configs_label_selector.clone(),
            watch_all_namespaces: self.watch_all_namespaces,
            no_cross_namespace_refs: self.no_cross_namespace_refs,
            runtime_namespace: self.runtime_namespace.clone(),
            leader_election: flux_runtime::LeaderElection {
                enabled: self.enable_leader_election,
                release_on_cancel: self.leader_election_release_on_cancel,
                lease_duration: self.leader_election_lease_duration.get(),
                renew_deadline: self.leader_election_renew_deadline.get(),
                retry_period: self.leader_election_retry_period.get(),
            },
            feature_gates: self.feature_gates.iter().cloned().collect::<BTreeMap<_, _>>(),
            hostname: if self.hostname.is_empty() {
                defaults.hostname.clone()
            } else {
                self.hostname.clone()
            },
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(
            address(text)
                .unwrap()
                .address
                .map(|address| address.to_string())
                .as_deref(),
            expect
        );
    }

    #[test]
    fn addresses_as_upstream_takes_them() {
        check(":8080", Some("0.0.0.0:8080"));
        check("localhost:9090", Some("127.0.0.1:9090"));
        check("[::1]:80", Some("[::1]:80"));
        check("0", None);
        check("", None);
        assert!(address("8080").is_err());
    }

    #[test]
    fn a_gate_has_a_state() {
        assert_eq!(gate("A=true"), Ok(("A".into(), true)));
        assert!(gate("A").is_err() && gate("A=yes").is_err());
    }
}
