//! The flags of `flux cluster`: kube-apiserver's where it has the same notion.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use flux_api::duration::GoDuration;

/// What to do with the embedded cluster.
#[derive(Clone, Debug, Subcommand)]
pub enum ClusterCommand {
    /// Serve the embedded cluster alone, without any Flux controller
    Serve(Box<Serve>),
    /// Write everything that a cluster holds, its keys and tokens included, as lines of JSON
    Export {
        /// Where the cluster is kept; nothing may be serving it
        #[arg(long)]
        data: PathBuf,
        /// File to write to; standard output unless given
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Make a cluster of what export has written
    Import {
        /// Where the cluster shall be kept; there must be none yet
        #[arg(long)]
        data: PathBuf,
        /// File to read from; standard input unless given
        #[arg(short, long)]
        filename: Option<PathBuf>,
    },
}

/// `flux cluster serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Where the cluster is kept; in memory only unless given
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The IP address on which to listen for the --secure-port port
    #[arg(long, default_value = "127.0.0.1")]
    pub bind_address: IpAddr,
    /// The port on which to serve HTTPS with authentication and authorization; 0 for any
    #[arg(long, default_value_t = 6443)]
    pub secure_port: u16,
    /// The address that clients are told; that of the listener unless given
    #[arg(long)]
    pub advertise_address: Option<IpAddr>,
    /// File with static tokens: token,user,uid[,"group1,group2"] a line
    #[arg(long)]
    pub token_auth_file: Option<PathBuf>,
    /// File with certificates of authorities: clients that show a certificate of one of them are its common name
    #[arg(long)]
    pub client_ca_file: Option<PathBuf>,
    /// CIDR from which cluster IPs of services are given
    #[arg(long, default_value = "10.96.0.0/12")]
    pub service_cluster_ip_range: String,
    /// How often old history is forgotten; 0 leaves it to its size
    #[arg(long, default_value = "5m0s")]
    pub etcd_compaction_interval: GoDuration,
    /// Controllers to run: '*' for all, 'foo' for one more, '-foo' for one less; empty for none
    #[arg(long, default_value = "*", value_delimiter = ',', num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub controllers: Vec<String>,
    /// Simulate nodes, volumes and load balancers; without them pods stay Pending
    #[arg(long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub simulate: bool,
    /// Write a kubeconfig of the administrator to this file
    #[arg(long)]
    pub write_kubeconfig: Option<PathBuf>,
}
