//! How a cluster is to be set up.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Controllers, simulate};

/// Where the objects live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In memory only: gone with the process. For tests and `--once` runs.
    Memory,
    /// In this directory, which is made when it does not exist. One process at a time may use it.
    Directory(PathBuf),
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// User name, for example `system:admin`.
    pub name: String,
    /// A stable id besides the name; may be empty.
    pub uid: String,
    /// Groups; `system:authenticated` is added to everyone but the anonymous.
    pub groups: Vec<String>,
    /// Further values that are known of the user, by key.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The administrator: `admin` of `system:masters`.
    pub fn admin() -> Self {
        Self {
            name: "admin".into(),
            groups: vec!["system:masters".into()],
            ..Self::default()
        }
    }

    /// Whoever shows no credentials.
    pub fn anonymous() -> Self {
        Self {
            name: "system:anonymous".into(),
            groups: vec!["system:unauthenticated".into()],
            ..Self::default()
        }
    }

    /// The user with the group that everyone is in who has shown credentials.
    pub(crate) fn authenticated(mut self) -> Self {
        const GROUP: &str = "system:authenticated";
        if !self.is_anonymous() && !self.groups.iter().any(|group| group == GROUP) {
            self.groups.push(GROUP.into());
        }
        self
    }

    /// Whether this is the user of requests without credentials.
    pub fn is_anonymous(&self) -> bool {
        self.name == "system:anonymous"
    }
}

/// A bearer token and whom it stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The secret text after `Bearer`.
    pub token: String,
    /// The user.
    pub user: User,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The settings of a cluster.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the objects live.
    pub storage: Storage,
    /// Bearer tokens besides the generated administrator token of [`crate::Cluster::kubeconfig`].
    pub tokens: Vec<Token>,
    /// Certificates (PEM) of authorities besides the cluster's own whose clients are let in: the common name is the user,
    /// the organizations are its groups.
    pub client_authorities: String,
    /// Which controllers run behind the API.
    pub controllers: Controllers,
    /// Whether nodes are simulated: the scheduler and the kubelets, volumes and load balancers. Without them pods stay
    /// Pending, as on a cluster that has controllers but no nodes.
    pub simulate: bool,
    /// How the simulation behaves.
    pub simulation: simulate::Config,
    /// The range that cluster IPs of Services come from.
    pub service_cidr: String,
    /// How many changes are kept for watches; a watch from before them gets `410 Gone`.
    pub history: usize,
    /// Forget history older than this at this interval, as `--etcd-compaction-interval`; `None` leaves it to
    /// [`Config::history`].
    pub compaction: Option<Duration>,
}

impl Config {
    /// A cluster in memory with everything on: for tests.
    pub fn memory() -> Self {
        Self {
            storage: Storage::Memory,
            tokens: Vec::new(),
            client_authorities: String::new(),
            controllers: Controllers::all(),
            simulate: true,
            simulation: simulate::Config::default(),
            service_cidr: "10.96.0.0/12".into(),
            history: 10_000,
            compaction: None,
        }
    }

    /// A durable cluster with everything on.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self {
            storage: Storage::Directory(path.into()),
            ..Self::memory()
        }
    }
}
