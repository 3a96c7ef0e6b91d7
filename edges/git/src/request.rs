//! What to fetch, from where, and what comes of it.

use std::time::Duration;

use flux_artifact::{Revision, Tree};
use flux_http::{Auth, Identity, Proxy};

use crate::commit::Commit;
use crate::ssh::Ssh;

/// A repository and how to reach it.
#[derive(Clone, Debug)]
pub struct Remote {
    /// `http://`, `https://`, `ssh://` or `user@host:path` address; `file://` address or plain path where [`allow_local`](Self::allow_local) holds.
    pub url: String,
    /// Who we are.
    pub credentials: Credentials,
    /// Proxy, instead of that of the environment.
    pub proxy: Option<Proxy>,
    /// Whether repositories on this machine may be read.
    pub allow_local: bool,
    /// Whether credentials may travel over plain HTTP to any host. To this machine itself they always may.
    pub allow_insecure_credentials: bool,
}

impl Remote {
    /// A public repository.
    pub fn new(url: impl Into<String>) -> Self {
        Remote {
            url: url.into(),
            credentials: Credentials::default(),
            proxy: None,
            allow_local: false,
            allow_insecure_credentials: false,
        }
    }
}

/// Credentials of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User name and password, or a token.
    pub auth: Option<Auth>,
    /// Client certificate.
    pub identity: Option<Identity>,
    /// Certificate authorities in PEM form, trusted besides those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Keys and known hosts for `ssh://` and `user@host:path` addresses, which are refused without.
    pub ssh: Option<Ssh>,
}

/// Which commit of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The head of a branch.
    Branch(String),
    /// The commit of a tag.
    Tag(String),
    /// The commit of the tag with the highest version in a range. Tags need at least two dots to be versions.
    Semver(String),
    /// The commit of a full reference name, such as `refs/pull/1/head`.
    Name(String),
    /// What `git fetch` makes of a name: a hash, a full reference name, a tag or a branch; without one, `HEAD`.
    Any(Option<String>),
    /// A commit by its full hash.
    Commit {
        /// Its hash.
        hash: String,
        /// The branch it is known by, for the revision.
        branch: Option<String>,
    },
}

impl Default for Selection {
    /// Upstream's default branch.
    fn default() -> Self {
        Selection::Branch("master".into())
    }
}

impl Selection {
    /// The revision under which a commit of this selection is known; `tag` is the tag that a range of versions led to.
    pub fn revision(&self, hash: &str, tag: Option<&str>) -> String {
        let name = match self {
            Selection::Branch(name) | Selection::Tag(name) | Selection::Name(name) => name,
            Selection::Any(name) => name.as_deref().unwrap_or("HEAD"),
            Selection::Semver(_) => tag.unwrap_or_default(),
            Selection::Commit { branch, .. } => branch.as_deref().unwrap_or_default(),
        };
        Revision::git(name, hash).to_string()
    }
}

/// One fetch.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which commit.
    pub selection: Selection,
    /// The revision held already: when the remote still has it, nothing is fetched.
    pub held: Option<String>,
    /// Ignore rules in gitignore form that come after those of the `.sourceignore` files.
    pub ignore: Option<String>,
    /// Only these directories; all when empty. Each must exist.
    pub sparse: Vec<String>,
    /// Everything that the commit has: no ignore rules apply, and symbolic links and submodules are told of.
    pub whole: bool,
    /// Limit for all of it; 60 s unless set.
    pub timeout: Duration,
    /// Limits in size.
    pub limits: Limits,
}

impl Request {
    /// A fetch of all files with upstream's defaults.
    pub fn new(selection: Selection) -> Self {
        Request {
            selection,
            held: None,
            ignore: None,
            sparse: Vec::new(),
            whole: false,
            timeout: Duration::from_secs(60),
            limits: Limits::default(),
        }
    }
}

/// How large a repository may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes received from a server for one fetch; 2 GiB unless set. They go to the disk.
    pub received: u64,
    /// Bytes of all files that are kept; 512 MiB unless set. They are in memory.
    pub bytes: u64,
    /// Files and directories, ignored ones included; 500 000 unless set.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            received: 2 << 30,
            bytes: 512 << 20,
            entries: 500_000,
        }
    }
}

/// What came of a fetch.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The remote still has what is held already.
    Unchanged {
        /// That revision.
        revision: String,
    },
    /// A commit with its files.
    Fetched(Box<Checkout>),
}

/// A commit with its files.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// `main@sha1:…`, see [`Selection::revision`].
    pub revision: String,
    /// The commit.
    pub commit: Commit,
    /// Its files without those that the ignore rules exclude, and without symbolic links, which artifacts do not carry.
    pub tree: Tree,
    /// Its symbolic links with their targets, where the [whole](Request::whole) commit was asked for.
    pub links: Vec<(String, String)>,
    /// Its submodules, where the [whole](Request::whole) commit was asked for.
    pub submodules: Vec<Submodule>,
}

/// A place in a commit where a commit of another repository belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Its directory.
    pub path: String,
    /// The hash of the commit.
    pub hash: String,
}
