//! How to reach a server.

use std::fmt;
use std::time::Duration;

/// All that a [`Client`](crate::Client) needs to know of its server. Two uses with equal settings may share a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Certificate authorities in PEM form, trusted besides those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Client certificate.
    pub identity: Option<Identity>,
    /// Credentials sent with every request, never to another host after a redirect.
    pub auth: Option<Auth>,
    /// Whether any certificate will do, and any name in it.
    pub insecure: bool,
    /// Proxy; unless set, the environment decides (`HTTPS_PROXY` and so on).
    pub proxy: Option<Proxy>,
    /// Limit for a connection to be made; 30 s unless set.
    pub connect_timeout: Duration,
    /// Limit for a whole exchange, the answer included.
    pub timeout: Option<Duration>,
    /// `User-Agent`.
    pub user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            authorities: None,
            identity: None,
            auth: None,
            insecure: false,
            proxy: None,
            connect_timeout: Duration::from_secs(30),
            timeout: None,
            user_agent: concat!("ferroflux/", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}

/// Credentials.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Auth {
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Password or token.
        password: String,
    },
    /// A bearer token.
    Bearer(String),
}

/// A client certificate with its key, both in PEM form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Certificate chain.
    pub certificate: Vec<u8>,
    /// Private key.
    pub key: Vec<u8>,
}

/// A proxy for all requests.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// `http://`, `https://` or `socks5://` address.
    pub address: String,
    /// User name, if the proxy wants one.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
}

// What is secret never reaches a log through `{:?}`.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::Basic { username, .. } => write!(f, "Basic({username:?}, ***)"),
            Auth::Bearer(_) => f.write_str("Bearer(***)"),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Identity({} bytes of certificate, ***)",
            self.certificate.len()
        )
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", crate::redact(&self.address))
    }
}
