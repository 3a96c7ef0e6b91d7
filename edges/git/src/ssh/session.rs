//! One connection: the server's key, our key, and commands on it.

use std::io;
use std::sync::{Arc, Mutex};

use flux_http::redact;
use gix_transport::Protocol;
use gix_transport::client::blocking_io::Transport;
use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;
use russh::client::{Config, Handle, connect_stream};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, decode_secret_key};
use russh::{Disconnect, Preferred};
use tokio::net::TcpStream;

use super::known_hosts::Known;
use super::pipe::pipe;
use super::watch::Watch;
use super::{Address, Ssh};
use crate::channel::{Channel, lock};
use crate::error::GitError;

/// Who we are when nobody says.
const USER: &str = "git";
/// Keys that are tried; servers end the connection after a few.
const ATTEMPTS: usize = 20;
/// Messages that wait for us at most, each at most a packet long.
const WAITING: usize = 16;

/// A connection to a server that knows us.
pub(crate) struct Session {
    channel: Arc<Channel>,
    address: Address,
    handle: Handle<Watch>,
}

impl Session {
    /// Connects; the server's key is checked before anything is said about us.
    pub(crate) fn open(channel: &Arc<Channel>, address: Address, ssh: &Ssh) -> Result<Self, GitError> {
        let opened = channel.run(connect(&channel.url, &address, ssh));
        let handle = opened.map_err(|error| {
            channel.failure().unwrap_or_else(|| GitError::Network {
                url: redact(&channel.url),
                cause: error.to_string(),
            })
        })?;
        Ok(Session {
            channel: channel.clone(),
            address,
            handle,
        })
    }

    /// Starts an exchange about the repository.
    pub(crate) fn upload_pack(&self, url: gix::Url) -> io::Result<Box<dyn Transport + Send>> {
        let command = self.address.command();
        let opened = self.channel.run(async {
            let exchange = async {
                let exchange = self.handle.channel_open_session().await?;
                // Servers that do not take it speak the older protocol.
                exchange.set_env(false, "GIT_PROTOCOL", "version=2").await?;
                exchange.exec(true, command).await?;
                Ok(exchange)
            };
            exchange.await.map_err(|error| network(&self.channel.url, &error))
        })?;
        let (reader, writer) = pipe(&self.channel, opened);
        let path = self.address.path.clone();
        let (nobody, mode) = (None::<(&str, _)>, ConnectMode::Process);
        let connection = Connection::new(reader, writer, Protocol::V2, path, nobody, mode, false);
        Ok(Box::new(connection.custom_url(Some(url.to_bstring()))))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whether the server hears it does not matter.
        let _ = self.channel.run(async {
            let _ = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
            Ok(())
        });
    }
}

fn network(url: &str, error: &russh::Error) -> GitError {
    GitError::Network {
        url: redact(url),
        cause: format!("ssh: {error}"),
    }
}

async fn connect(url: &str, address: &Address, ssh: &Ssh) -> Result<Handle<Watch>, GitError> {
    let cannot = |error: io::Error| GitError::Network {
        url: redact(url),
        cause: format!("cannot connect: {error}"),
    };
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
    let stream = stream.map_err(cannot)?;
    stream.set_nodelay(true).map_err(cannot)?;
    let known = Known::of(&ssh.known_hosts, &address.known_as());
    let refusal = Arc::new(Mutex::new(None));
    let config = config(&known.trusted);
    let watch = Watch::new(known, refusal.clone());
    let connected = connect_stream(Arc::new(config), stream, watch).await;
    let mut handle = connected.map_err(|error| match lock(&refusal).take() {
        Some(cause) => GitError::Unauthorized {
            url: redact(url),
            cause,
        },
        None => network(url, &error),
    })?;
    let user = address.user.as_deref().unwrap_or(&ssh.user);
    let user = if user.is_empty() { USER } else { user };
    let refused = |cause| GitError::Unauthorized {
        url: redact(url),
        cause,
    };
    authenticate(&mut handle, user, ssh).await.map_err(refused)?;
    Ok(handle)
}

fn config(trusted: &[PublicKey]) -> Config {
    let defaults = Preferred::default();
    let is_rsa = |kind: &Algorithm| matches!(kind, Algorithm::Rsa { .. });
    let same = |a: &Algorithm, b: &Algorithm| a == b || is_rsa(a) && is_rsa(b);
    // SHA-1 counts for nothing any more.
    let kinds = defaults
        .key
        .iter()
        .filter(|kind| **kind != Algorithm::Rsa { hash: None });
    // A server has keys of several kinds: it is to show one that can be compared.
    let (mut kinds, others): (Vec<_>, Vec<_>) = kinds
        .cloned()
        .partition(|kind| trusted.iter().any(|key| same(kind, &key.algorithm())));
    kinds.extend(others);
    Config {
        preferred: Preferred {
            key: kinds.into(),
            ..defaults
        },
        channel_buffer_size: WAITING,
        ..Config::default()
    }
}

/// Tries the keys of the agent, then those that were given; else says why none is good.
async fn authenticate(handle: &mut Handle<Watch>, user: &str, ssh: &Ssh) -> Result<(), String> {
    let (mut tried, mut notes) = (Vec::<PublicKey>::new(), Vec::new());
    if let Some(path) = &ssh.agent {
        match AgentClient::connect_uds(path).await {
            Ok(mut agent) => {
                let known = agent.request_identities().await.unwrap_or_default();
                for identity in known {
                    let AgentIdentity::PublicKey { key, .. } = identity else {
                        continue;
                    };
                    if tried.len() >= ATTEMPTS || handle.is_closed() {
                        break;
                    }
                    tried.push(key.clone());
                    let hash = hash_for(handle, &key.algorithm()).await;
                    let answer = handle
                        .authenticate_publickey_with(user, key, hash, &mut agent)
                        .await;
                    if answer.is_ok_and(|answer| answer.success()) {
                        return Ok(());
                    }
                }
            }
            Err(_) => notes.push("the agent does not answer".to_owned()),
        }
    }
    for bytes in &ssh.keys {
        let key = match read_key(bytes, ssh.passphrase.as_deref()) {
            Ok(key) => key,
            Err(note) => {
                notes.push(note);
                continue;
            }
        };
        let public = key.public_key();
        if tried.iter().any(|tried| tried.key_data() == public.key_data()) {
            continue;
        }
        if tried.len() >= ATTEMPTS || handle.is_closed() {
            break;
        }
        tried.push(public.clone());
        let hash = hash_for(handle, &key.algorithm()).await;
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let answer = handle.authenticate_publickey(user, key).await;
        if answer.is_ok_and(|answer| answer.success()) {
            return Ok(());
        }
    }
    Err(not_known(user, &tried, &notes))
}

fn not_known(user: &str, tried: &[PublicKey], notes: &[String]) -> String {
    let shown: Vec<String> = tried
        .iter()
        .map(|key| key.fingerprint(HashAlg::Sha256).to_string())
        .collect();
    let mut text = if shown.is_empty() {
        format!(
            "there is no ssh key for user {user:?}: put one into the agent (`ssh-add`) or make one with `ssh-keygen`"
        )
    } else {
        let keys = shown.join(", ");
        format!("the server refused user {user:?} with {keys}: add the public key there, or use another key")
    };
    if !notes.is_empty() {
        text.push_str(&format!(" ({})", notes.join("; ")));
    }
    text
}

async fn hash_for(handle: &Handle<Watch>, kind: &Algorithm) -> Option<HashAlg> {
    if !matches!(kind, Algorithm::Rsa { .. }) {
        return None;
    }
    let best = handle.best_supported_rsa_hash().await;
    best.ok().flatten().flatten().or(Some(HashAlg::Sha512))
}

fn read_key(bytes: &[u8], passphrase: Option<&str>) -> Result<PrivateKey, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "a private key is no text".to_owned())?;
    decode_secret_key(text, passphrase).map_err(|error| match error {
        russh::keys::Error::KeyIsEncrypted => {
            "a private key has a passphrase: use it through ssh-agent".to_owned()
        }
        error => format!("a private key cannot be read: {error}"),
    })
}
