//! Credentials as they stand in a Secret.

use std::collections::BTreeMap;

use flux_http::{Auth, Identity, Proxy};

use crate::request::Credentials;

/// Why the data of a Secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// User name and token together.
    #[error("basic auth and bearer token cannot be set at the same time")]
    BasicAndBearer,
    /// A password for nobody.
    #[error("invalid auth option: 'password' requires 'username' to be set")]
    NoUsername,
    /// A certificate without its key or the other way round.
    #[error("'{has}' requires '{lacks}' to be set")]
    HalfPair {
        /// The key that is there.
        has: &'static str,
        /// The key that is missing.
        lacks: &'static str,
    },
    /// Something that must be text is not.
    #[error("key '{key}' is not UTF-8 text")]
    NotText {
        /// The key.
        key: &'static str,
    },
    /// Keys of a GitHub App, which only its provider can use.
    #[error("secret has github app data but provider is not set to github")]
    GithubApp,
    /// No address of a proxy.
    #[error("invalid proxy secret: key 'address' is missing")]
    NoAddress,
    /// An address that is no proxy's.
    #[error(
        "invalid proxy secret: proxy URL must use one of the supported schemes (http, https, socks5): {address:?}"
    )]
    Address {
        /// The address, redacted.
        address: String,
    },
}

type Data = BTreeMap<String, Vec<u8>>;

impl Credentials {
    /// Reads `username` and `password`, or `bearerToken`; `tls.crt` and `tls.key`; `ca.crt` (or the older `caFile`).
    ///
    /// # Errors
    /// The keys contradict each other, or one that is needed is missing.
    pub fn from_secret(data: &Data) -> Result<Self, InvalidSecret> {
        let filled = |key: &str| data.get(key).filter(|value| !value.is_empty());
        if data.contains_key("githubAppID") {
            return Err(InvalidSecret::GithubApp);
        }
        let (username, password) = (text(data, "username")?, text(data, "password")?);
        let auth = match (text(data, "bearerToken")?, username, password) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => return Err(InvalidSecret::BasicAndBearer),
            (Some(token), None, None) => Some(Auth::Bearer(token)),
            (None, None, Some(_)) => return Err(InvalidSecret::NoUsername),
            (None, Some(username), password) => Some(Auth::Basic {
                username,
                password: password.unwrap_or_default(),
            }),
            (None, None, None) => None,
        };
        let identity = match (filled("tls.crt"), filled("tls.key")) {
            (Some(certificate), Some(key)) => Some(Identity {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            (Some(_), None) => {
                return Err(InvalidSecret::HalfPair {
                    has: "tls.crt",
                    lacks: "tls.key",
                });
            }
            (None, Some(_)) => {
                return Err(InvalidSecret::HalfPair {
                    has: "tls.key",
                    lacks: "tls.crt",
                });
            }
            (None, None) => None,
        };
        let authorities = filled("ca.crt").or_else(|| filled("caFile")).cloned();
        Ok(Credentials {
            auth,
            identity,
            authorities,
            ssh: None,
        })
    }

    /// Reads the `address`, `username` and `password` of a proxy.
    ///
    /// # Errors
    /// There is no address, or it is not of a kind that works.
    pub fn proxy_from_secret(data: &Data) -> Result<Proxy, InvalidSecret> {
        let address = text(data, "address")?.ok_or(InvalidSecret::NoAddress)?;
        let known = ["http://", "https://", "socks5://"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        if !known || address.len() > 2048 {
            return Err(InvalidSecret::Address {
                address: flux_http::redact(&address),
            });
        }
        Ok(Proxy {
            address,
            username: text(data, "username")?,
            password: text(data, "password")?,
        })
    }
}

fn text(data: &Data, key: &'static str) -> Result<Option<String>, InvalidSecret> {
    let Some(value) = data.get(key).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value).map_err(|_| InvalidSecret::NotText { key })?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests;
