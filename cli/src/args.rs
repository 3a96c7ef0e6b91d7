//! The command line: what can be typed, nothing of what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use flux_api::duration::GoDuration;

use crate::kind_args::{GetTarget, PausingTarget, ReconcileTarget};

/// Namespace that commands work in unless told otherwise.
pub const NAMESPACE: &str = "flux-system";

/// Keeps Kubernetes clusters equal to what Git says.
#[derive(Debug, Parser)]
#[command(name = "flux", disable_help_subcommand = false, subcommand_required = false)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The namespace scope for this operation
    #[arg(
        short,
        long,
        global = true,
        default_value = NAMESPACE,
        env = "FLUX_SYSTEM_NAMESPACE"
    )]
    pub namespace: String,
    /// Timeout for this operation
    #[arg(long, global = true, default_value = "5m0s")]
    pub timeout: GoDuration,
    /// Use the namespace of the kubeconfig context instead of flux-system
    #[arg(long, global = true, env = "FLUX_NS_FOLLOWS_KUBE_CONTEXT", value_parser = clap::builder::FalseyValueParser::new())]
    pub ns_follows_kube_context: bool,
    /// Print more
    #[arg(long, global = true)]
    pub verbose: bool,
    /// Which cluster, as whom.
    #[command(flatten)]
    pub cluster: ClusterFlags,
}

/// Which cluster to talk to, and as whom: kubectl's flags.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterFlags {
    /// Path to the kubeconfig file
    #[arg(long, global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Name of the kubeconfig context
    #[arg(long, global = true)]
    pub context: Option<String>,
    /// Name of the kubeconfig cluster
    #[arg(long, global = true)]
    pub cluster: Option<String>,
    /// Name of the kubeconfig user
    #[arg(long, global = true)]
    pub user: Option<String>,
    /// Username to impersonate
    #[arg(long = "as", global = true)]
    pub impersonate: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", global = true)]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", global = true)]
    pub impersonate_uid: Option<String>,
    /// Bearer token
    #[arg(long, global = true)]
    pub token: Option<String>,
    /// Address of the API server
    #[arg(long, global = true)]
    pub server: Option<String>,
    /// Server name to check the certificate against
    #[arg(long, global = true)]
    pub tls_server_name: Option<String>,
    /// Path to a certificate authority file
    #[arg(long, global = true)]
    pub certificate_authority: Option<PathBuf>,
    /// Path to a client certificate file
    #[arg(long, global = true)]
    pub client_certificate: Option<PathBuf>,
    /// Path to a client key file
    #[arg(long, global = true)]
    pub client_key: Option<PathBuf>,
    /// Do not check the server's certificate (insecure)
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,
    /// Where upstream keeps what it learnt of the API server; nothing is kept here
    #[arg(long, global = true, hide = true)]
    pub cache_dir: Option<PathBuf>,
    /// Do not ask the API server to compress its answers; it is never asked
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub disable_compression: Option<bool>,
    /// Requests a second to the API server; as many as it admits unless set
    #[arg(long, global = true)]
    pub kube_api_qps: Option<f32>,
    /// Requests at once to the API server, where --kube-api-qps is set
    #[arg(long, global = true, default_value = "300")]
    pub kube_api_burst: u32,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start an embedded cluster and reconcile a Git repository onto it
    Up(Up),
    /// Check requirements and installation
    Check(Check),
    /// Get the resources and their status
    Get(Get),
    /// Reconcile sources and resources
    Reconcile {
        /// What to reconcile.
        #[command(subcommand)]
        target: Option<ReconcileTarget>,
    },
    /// Suspend the reconciliation of resources
    Suspend(Pausing),
    /// Resume suspended resources
    Resume {
        /// Wait for one resource to reconcile before moving to the next one
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", global = true)]
        wait: Option<bool>,
        /// Which ones.
        #[command(flatten)]
        which: Pausing,
    },
    /// Display Kubernetes events for Flux resources
    Events(Events),
    /// Install Flux, or print what would be installed
    Install(Install),
    /// Run controllers
    Controller {
        /// Which ones.
        #[command(subcommand)]
        which: Option<Box<crate::controller_args::Controller>>,
    },
    /// Serve, export and import the embedded cluster
    Cluster {
        /// What to do.
        #[command(subcommand)]
        command: Option<crate::cluster_args::ClusterCommand>,
    },
    /// Build kustomizations
    Kustomize {
        /// What to do.
        #[command(subcommand)]
        command: Option<Kustomize>,
    },
    /// Render, lint, package and show Helm charts, as helm does
    #[command(disable_help_flag = true)]
    Helm {
        /// What helm would be given.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print the client and server-side components version information
    Version {
        /// Print only the client version
        #[arg(long)]
        client: bool,
        /// yaml or json
        #[arg(short, long, default_value = "yaml")]
        output: String,
    },
    /// Generate completion scripts for a shell
    Completion {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// `flux check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// Only check the prerequisites
    #[arg(long)]
    pub pre: bool,
    /// List of components; all that are installed are checked
    #[arg(long, value_delimiter = ',', hide = true)]
    pub components: Vec<String>,
    /// List of components in addition; all that are installed are checked
    #[arg(long, value_delimiter = ',', hide = true)]
    pub components_extra: Vec<String>,
    /// How often to look at controllers that are not ready yet
    #[arg(long, default_value = "5s")]
    pub poll_interval: GoDuration,
}

/// `flux up`.
#[derive(Clone, Debug, Args)]
pub struct Up {
    /// Repository: a path or an http(s) URL; the bundled example fleet unless given
    #[arg(long)]
    pub repo: Option<String>,
    /// Branch to follow; the current branch of a local repository, or main
    #[arg(long)]
    pub branch: Option<String>,
    /// Path of the cluster in the repository; ./clusters/dev for the example fleet, else ./
    #[arg(long)]
    pub path: Option<String>,
    /// Follow the working tree of a local repository, uncommitted changes included
    #[arg(long)]
    pub worktree: bool,
    /// Where the cluster and its artifacts are kept
    #[arg(long, default_value = ".flux")]
    pub data: PathBuf,
    /// Address of the API server; 127.0.0.1:6443, or a free port where that is taken
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Exit 0 when everything is ready, 1 with every cause when something failed or the timeout passed
    #[arg(long)]
    pub once: bool,
    /// How to show progress: text (a tree on a terminal, lines otherwise) or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    pub output: String,
}

/// `flux get`.
#[derive(Clone, Debug, Args)]
pub struct Get {
    /// What to get.
    #[command(subcommand)]
    pub target: Option<GetTarget>,
    /// List the requested objects across all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Skip the header when printing the results
    #[arg(long, global = true)]
    pub no_header: bool,
    /// After listing the requested objects, watch for changes
    #[arg(short, long, global = true)]
    pub watch: bool,
    /// Condition name and the desired state to filter the result, e.g. ready=false or ready!=true
    #[arg(long, global = true)]
    pub status_selector: Option<String>,
    /// Filter objects by label selector
    #[arg(short, long, global = true)]
    pub label_selector: Option<String>,
    /// Print whole objects: yaml or json
    #[arg(short, long, global = true, value_parser = ["yaml", "json"])]
    pub output: Option<String>,
}

/// `flux suspend` and `flux resume`.
#[derive(Clone, Debug, Args)]
pub struct Pausing {
    /// All resources in that namespace
    #[arg(long, global = true)]
    pub all: bool,
    /// Which.
    #[command(subcommand)]
    pub target: Option<PausingTarget>,
}

/// `flux events`.
#[derive(Clone, Debug, Args)]
pub struct Events {
    /// Display events from Flux resources across all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Stream the events
    #[arg(short, long)]
    pub watch: bool,
    /// Get events for a particular object: kind[/name]
    #[arg(long = "for")]
    pub for_object: Option<String>,
    /// Only events of these types: Normal, Warning
    #[arg(long, value_delimiter = ',')]
    pub types: Vec<String>,
}

/// `flux install`.
#[derive(Clone, Debug, Args)]
pub struct Install {
    /// Write the install manifests to stdout and exit
    #[arg(long)]
    pub export: bool,
    /// Only the custom resource definitions
    #[arg(long)]
    pub crds_only: bool,
    /// Image with this program, for the Deployments of the controllers; it is published nowhere yet
    #[arg(long)]
    pub image: Option<String>,
    /// List of components, accepts comma-separated values
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "source-controller,kustomize-controller,helm-controller"
    )]
    pub components: Vec<String>,
    /// List of components in addition to those supplied or defaulted
    #[arg(long, value_delimiter = ',')]
    pub components_extra: Vec<String>,
    /// Kubernetes secret name used for pulling the image from a private registry
    #[arg(long)]
    pub image_pull_secret: Option<String>,
    /// Watch for custom resources in all namespaces, or only where the toolkit is installed
    #[arg(long, default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub watch_all_namespaces: bool,
    /// Deny ingress access to the controllers from other namespaces using network policies
    #[arg(long, default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub network_policy: bool,
    /// Log level of the controllers
    #[arg(long, default_value = "info", value_parser = ["debug", "info", "error"])]
    pub log_level: String,
    /// Internal cluster domain
    #[arg(long, default_value = "cluster.local")]
    pub cluster_domain: String,
    /// Keys of tolerations, to run on nodes with matching taints
    #[arg(long, value_delimiter = ',')]
    pub toleration_keys: Vec<String>,
}

/// `flux kustomize`.
#[derive(Clone, Debug, Subcommand)]
pub enum Kustomize {
    /// Build a kustomization target from a directory or URL
    Build(Box<KustomizeBuild>),
    /// Print the version of kustomize that this is equal to
    Version,
}

/// `flux kustomize build`. Flags that have to do with functions are taken and have no effect: functions are refused.
#[derive(Clone, Debug, Args)]
pub struct KustomizeBuild {
    /// A directory with a kustomization file, or the URL of one in a Git repository
    #[arg(default_value = ".")]
    pub directory: String,
    /// LoadRestrictionsRootOnly, or LoadRestrictionsNone to let kustomizations load files from outside their root
    #[arg(long, default_value = "LoadRestrictionsRootOnly")]
    pub load_restrictor: String,
    /// Write to this file, or to one file an object in this directory
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Say in comments where each object came from and what changed it
    #[arg(long)]
    pub explain: bool,
    /// Enable use of the Helm chart inflator generator
    #[arg(long)]
    pub enable_helm: bool,
    /// Taken and not used: no program is run
    #[arg(long, default_value = "helm")]
    pub helm_command: String,
    /// Kubernetes API versions for Capabilities.APIVersions; may be repeated
    #[arg(long)]
    pub helm_api_versions: Vec<String>,
    /// Kubernetes version for Capabilities.KubeVersion
    #[arg(long, default_value = "")]
    pub helm_kube_version: String,
    /// Show what was rendered when a chart fails
    #[arg(long)]
    pub helm_debug: bool,
    /// Add the label app.kubernetes.io/managed-by
    #[arg(long)]
    pub enable_managedby_label: bool,
    /// Use sortOptions in the kustomization file instead: none or legacy
    #[arg(long, default_value = "unspecified", hide = true)]
    pub reorder: String,
    /// Environment of functions; no effect, functions are refused
    #[arg(short, long)]
    pub env: Vec<String>,
    /// Network for functions; no effect, functions are refused
    #[arg(long)]
    pub network: bool,
    /// Network of functions; no effect, functions are refused
    #[arg(long, default_value = "bridge")]
    pub network_name: String,
    /// Storage of functions; no effect, functions are refused
    #[arg(long)]
    pub mount: Vec<String>,
    /// User of functions; no effect, functions are refused
    #[arg(long)]
    pub as_current_user: bool,
    /// External plugins; no effect, they are refused
    #[arg(long)]
    pub enable_alpha_plugins: bool,
    /// Functions that are programs; no effect, they are refused
    #[arg(long, hide = true)]
    pub enable_exec: bool,
}
