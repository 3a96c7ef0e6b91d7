//! Git's protocol over ssh.
//!
//! One connection carries a fetch; each exchange of it is a `git-upload-pack` of its own on the server. Keys and known hosts come
//! from the caller as bytes. No program is started, nobody is asked, and a server whose key is not known is not spoken to.

mod address;
mod known_hosts;
mod pipe;
mod session;
mod watch;

use std::fmt;
use std::path::PathBuf;

pub(crate) use address::Address;
pub(crate) use session::Session;

/// Who we are for servers that speak ssh, and which of them are known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ssh {
    /// The user, where the address names none; `git` when empty.
    pub user: String,
    /// Socket of an agent, whose keys are tried first.
    pub agent: Option<PathBuf>,
    /// Private keys in OpenSSH or PEM form, tried in this order.
    pub keys: Vec<Vec<u8>>,
    /// The passphrase of those keys that have one.
    pub passphrase: Option<String>,
    /// Known hosts, in the form of OpenSSH's `known_hosts`.
    pub known_hosts: Vec<u8>,
    /// Whether they are for every server, as those of a person are; else they are for the server of the address, and
    /// submodules on others do without.
    pub anywhere: bool,
}

impl fmt::Debug for Ssh {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Ssh");
        shown.field("user", &self.user).field("agent", &self.agent);
        shown.field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}
