//! The cluster that `--dry-run=server` asks.

use std::path::PathBuf;

use flux_helm::{Capabilities, Level, Log, Rendered};
use flux_helmrelease::cluster::{self, ClusterHost};
use flux_host::Machine;
use flux_kube::{Client, Options};
use tokio::runtime::{Builder, Runtime};

use super::Failure;
use super::flags::Parsed;

/// A cluster that answers.
pub struct Server {
    runtime: Runtime,
    client: Client,
}

impl Server {
    /// Connects as the flags say, Helm's variables of the environment, and the kubeconfig.
    pub fn connect(parsed: &Parsed, log: &mut Log) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let reached = runtime.block_on(async {
            let client = Client::connect(&options(parsed)).await;
            let client = client.map_err(|error| error.to_string())?;
            let version = client.get_path("/version").await;
            version.map(|_| client).map_err(|error| error.to_string())
        });
        match reached {
            Ok(client) => Ok(Server { runtime, client }),
            Err(error) => {
                let text =
                    format!("cluster reachability check failed: kubernetes cluster unreachable: {error}");
                log.push(Level::Error, &text, &[]);
                Err(text)
            }
        }
    }

    pub fn capabilities(&self) -> Result<Capabilities, Failure> {
        self.runtime.block_on(cluster::capabilities(&self.client))
    }

    /// Answers `lookup`.
    pub fn host(&self, machine: Machine) -> ClusterHost {
        ClusterHost::new(machine, self.client.clone(), self.runtime.handle().clone())
    }

    /// Whether what was rendered could be installed.
    pub fn check(
        &self,
        parsed: &Parsed,
        rendered: &Rendered,
        name: &str,
        namespace: &str,
        log: &mut Log,
    ) -> Result<(), Failure> {
        if !parsed.on("skip-crds") && !rendered.chart.crds().is_empty() {
            let text = "This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.";
            log.push(Level::Warn, text, &[]);
        }
        let owned = !parsed.on("is-upgrade") && !parsed.on("take-ownership");
        let manifest = rendered.manifest();
        let check = cluster::check_install(&self.client, &manifest, name, namespace, owned);
        self.runtime.block_on(check)
    }
}

fn options(parsed: &Parsed) -> Options {
    let text = |flag: &str, variable: &str| -> Option<String> {
        let given = parsed.text(flag).to_owned();
        let set = || std::env::var(variable).unwrap_or_default();
        let value = if given.is_empty() { set() } else { given };
        (!value.is_empty()).then_some(value)
    };
    let groups = match parsed.all("kube-as-group") {
        [] => text("kube-as-group", "HELM_KUBEASGROUPS")
            .map_or_else(Vec::new, |groups| groups.split(',').map(str::to_owned).collect()),
        groups => groups.to_vec(),
    };
    let insecure = text(
        "kube-insecure-skip-tls-verify",
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    );
    Options {
        kubeconfig: text("kubeconfig", "").map(PathBuf::from),
        context: text("kube-context", "HELM_KUBECONTEXT"),
        server: text("kube-apiserver", "HELM_KUBEAPISERVER"),
        token: text("kube-token", "HELM_KUBETOKEN"),
        certificate_authority: text("kube-ca-file", "HELM_KUBECAFILE").map(PathBuf::from),
        tls_server_name: text("kube-tls-server-name", "HELM_KUBETLS_SERVER_NAME"),
        insecure_skip_tls_verify: insecure
            .is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True")),
        impersonate_user: text("kube-as-user", "HELM_KUBEASUSER"),
        impersonate_groups: groups,
        ..Options::default()
    }
}
