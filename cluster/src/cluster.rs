//! A cluster: the store, the API, and what works behind it.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api::{Core, Settings};
use crate::config::{Config, Storage, Token, User};
use crate::driver::Driver;
use crate::front::{ApiService, Authority, Security, Server, Shared, serve};
use crate::keys::TokenKey;
use crate::store::{Disk, Store};
use crate::{Error, api, files};

pub(crate) const DATABASE: &str = "cluster.redb";
const TOKEN_FILE: &str = "admin.token";

/// An embedded Kubernetes cluster. See the crate's documentation for an example.
#[derive(Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
    authority: Authority,
    admin_token: String,
    client_authorities: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Cluster {
    /// Open a cluster: read what is stored, serve it, start what works behind the API. When this returns, the usual
    /// namespaces exist. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// The data directory cannot be used (another process has it, it cannot be read), or a setting is wrong.
    pub async fn open(config: Config) -> Result<Self, Error> {
        let mut simulation = config.simulation.clone();
        let opening = config.clone();
        // The database is opened first: it holds the lock that keeps a second process out.
        let store = blocking(move || open_storage(&opening)).await?;
        // Keys and certificates take longest, so they are made while the rest begins.
        let storage = config.storage.clone();
        let secrets = tokio::task::spawn_blocking(move || open_secrets(&storage));
        let tokens = config.tokens.clone();
        let directory = match &config.storage {
            Storage::Memory => None,
            Storage::Directory(directory) => Some(directory.clone()),
        };
        let settings = Settings {
            address: std::sync::OnceLock::new(),
            service_cidr: config.service_cidr.clone(),
            tokens,
            admin: std::sync::OnceLock::new(),
            token_key: TokenKey::new(directory),
            default_accounts: config.controllers.has("serviceaccount-controller"),
        };
        let is_new = store.is_new();
        let core = Arc::new(Core::new(store.clone(), settings)?);
        let shared = Arc::new(Shared {
            core: core.clone(),
            closing: watch::Sender::new(false),
        });
        simulation.kubelet &= config.simulate;
        let mut driver = Driver::new(core, simulation, config.controllers);
        driver.bootstrap();
        let (authority, admin_token) = joined(secrets.await)?;
        // Nobody else sets it.
        let _ = shared.core.settings.admin.set(Token {
            token: admin_token.clone(),
            user: User::admin(),
        });
        driver.trust(&authority.cert_pem);
        // What a new cluster starts with is there when this returns. A cluster that was there before has it: it serves at once, and
        // its objects are looked at meanwhile.
        if is_new {
            driver.settle_everything();
        }
        if let Err(lost) = store.settled(store.revision()).await {
            return Err(Error::Setting(lost.to_string()));
        }
        let mut tasks = vec![tokio::spawn(driver.run(shared.closing.subscribe()))];
        if let Some(interval) = config.compaction {
            tasks.push(tokio::spawn(compact(store, interval, shared.closing.subscribe())));
        }
        Ok(Self {
            shared,
            authority,
            admin_token,
            client_authorities: config.client_authorities,
            tasks,
        })
    }

    /// The API in process, for one user.
    pub fn service(&self, user: User) -> ApiService {
        ApiService::new(self.shared.clone(), user)
    }

    /// Tell clients this address (`host:port`) instead of that of the first listener.
    pub fn advertise(&self, address: String) {
        // The first one counts.
        let _ = self.shared.core.settings.address.set(address);
    }

    /// Serve the API on a listener. With TLS the certificate is for the listener's address, `localhost` and the names
    /// that programs in a cluster use.
    ///
    /// # Errors
    /// The certificate could not be made, or the listener has no address.
    pub fn serve(&self, listener: TcpListener, security: Security) -> Result<Server, Error> {
        let address = listener.local_addr().map_err(|source| Error::Io {
            path: "listener".into(),
            source,
        })?;
        // Clients are told the first address that is served.
        self.shared
            .core
            .settings
            .address
            .get_or_init(|| address.to_string());
        let tls = match security {
            Security::Plain => None,
            Security::Tls => {
                let mut names: Vec<String> = [
                    "localhost",
                    "127.0.0.1",
                    "::1",
                    "kubernetes",
                    "kubernetes.default",
                    "kubernetes.default.svc",
                ]
                .map(str::to_owned)
                .to_vec();
                let own = address.ip().to_string();
                if !names.contains(&own) {
                    names.push(own);
                }
                Some(self.authority.server_config(names, &self.client_authorities)?)
            }
        };
        serve(
            listener,
            ApiService::with_tokens(self.shared.clone()),
            tls,
            self.shared.closing.subscribe(),
        )
    }

    /// A kubeconfig file for the administrator, with the server's URL (see [`Server::url`]).
    pub fn kubeconfig(&self, server_url: &str) -> String {
        use base64::Engine as _;
        let ca = match server_url.starts_with("https") {
            true => format!(
                "    certificate-authority-data: {}\n",
                base64::engine::general_purpose::STANDARD.encode(&self.authority.cert_pem)
            ),
            false => String::new(),
        };
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: ferroflux\n  cluster:\n    server: {server_url}\n{ca}\
             users:\n- name: ferroflux-admin\n  user:\n    token: {}\n\
             contexts:\n- name: ferroflux\n  context:\n    cluster: ferroflux\n    user: ferroflux-admin\n\
             current-context: ferroflux\n",
            self.admin_token
        )
    }

    /// The administrator's bearer token.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// The certificate of the cluster's authority, as PEM.
    pub fn ca_certificate(&self) -> &str {
        &self.authority.cert_pem
    }

    /// The revision of the newest write.
    pub fn revision(&self) -> u64 {
        self.shared.core.store.revision()
    }

    /// End all watches and servers, stop what works behind the API, and wait until everything is on disk.
    pub async fn shutdown(mut self) {
        self.shared.closing.send_replace(true);
        for task in self.tasks.drain(..) {
            // A task that panicked is ended as well.
            let _ = task.await;
        }
        let store = self.shared.core.store.clone();
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

/// What a task gives; that it panicked is an error.
fn joined<T>(outcome: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    outcome.unwrap_or_else(|error| {
        Err(Error::Setting(format!(
            "the cluster could not be opened: {error}"
        )))
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(tokio::task::spawn_blocking(work).await)
}

fn open_storage(config: &Config) -> Result<Arc<Store>, Error> {
    match &config.storage {
        Storage::Memory => Ok(Arc::new(Store::new(Vec::new(), 1, None, config.history))),
        Storage::Directory(directory) => {
            std::fs::create_dir_all(directory).map_err(|source| Error::Io {
                path: directory.clone(),
                source,
            })?;
            Disk::load(&directory.join(DATABASE))?.into_store(config.history)
        }
    }
}

/// The authority and the administrator's token; made at the first start.
fn open_secrets(storage: &Storage) -> Result<(Authority, String), Error> {
    match storage {
        Storage::Memory => Ok((Authority::generate()?, api::secret_uid())),
        Storage::Directory(directory) => Ok((Authority::load(directory)?, admin_token(directory)?)),
    }
}

fn admin_token(directory: &Path) -> Result<String, Error> {
    let path = directory.join(TOKEN_FILE);
    match std::fs::read_to_string(&path) {
        Ok(token) if !token.trim().is_empty() => return Ok(token.trim().to_owned()),
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::Io { path, source });
        }
        _ => {}
    }
    let token = api::secret_uid();
    files::write_secret(&path, &token).map_err(|source| Error::Io { path, source })?;
    Ok(token)
}

/// Forget old history at an interval: what was the newest at one tick is forgotten at the next.
async fn compact(store: Arc<Store>, interval: std::time::Duration, mut closing: watch::Receiver<bool>) {
    let mut last = store.revision();
    loop {
        tokio::select! {
            () = tokio::time::sleep(interval) => {
                store.compact(last);
                last = store.revision();
            }
            _ = closing.changed() => return,
        }
    }
}
