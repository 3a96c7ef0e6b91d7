//! Where the cluster is and who we are there.

use std::path::PathBuf;

use kube::config::{Config, KubeConfigOptions, Kubeconfig};

/// Connection settings; the defaults are kubectl's: `KUBECONFIG` or `~/.kube/config`, else the in-cluster environment.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kubeconfig file; `None` means `KUBECONFIG`, `~/.kube/config`, in-cluster, in this order.
    pub kubeconfig: Option<PathBuf>,
    /// Kubeconfig as text instead of a file (from a Secret).
    pub kubeconfig_text: Option<String>,
    /// Context of the kubeconfig.
    pub context: Option<String>,
    /// Cluster of the kubeconfig.
    pub cluster: Option<String>,
    /// User of the kubeconfig.
    pub user: Option<String>,
    /// API server address instead of the kubeconfig's.
    pub server: Option<String>,
    /// Namespace instead of the context's.
    pub namespace: Option<String>,
    /// Bearer token instead of the kubeconfig's credentials.
    pub token: Option<String>,
    /// File with the certificate authority.
    pub certificate_authority: Option<PathBuf>,
    /// File with the client certificate.
    pub client_certificate: Option<PathBuf>,
    /// File with the client key.
    pub client_key: Option<PathBuf>,
    /// Name in the server's certificate instead of its address.
    pub tls_server_name: Option<String>,
    /// Take any server certificate.
    pub insecure_skip_tls_verify: bool,
    /// Account to act as (`--as`).
    pub impersonate_user: Option<String>,
    /// Groups to act as (`--as-group`).
    pub impersonate_groups: Vec<String>,
    /// UID to act as (`--as-uid`).
    pub impersonate_uid: Option<String>,
    /// Requests per second; 0 or less means no limit. Upstream's controllers: 50.
    pub qps: f32,
    /// Requests that may go at once before `qps` counts. Upstream's controllers: 300.
    pub burst: u32,
    /// Default field manager and first word of the user agent; empty means `flux`.
    pub field_manager: String,
    /// Refuse kubeconfigs that start a program (for kubeconfigs that others wrote; `--insecure-kubeconfig-exec` lifts it).
    pub forbid_exec: bool,
    /// Refuse kubeconfigs without TLS verification (for kubeconfigs that others wrote; `--insecure-kubeconfig-tls` lifts it).
    pub forbid_insecure_tls: bool,
}

/// Settings that lead to no client.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The kubeconfig cannot be read, or does not hold what was named.
    #[error("cannot load the kubeconfig: {0}")]
    Kubeconfig(String),
    /// There is neither a kubeconfig nor the in-cluster environment.
    #[error(
        "no kubeconfig and no in-cluster configuration: {0}; set --kubeconfig, KUBECONFIG or run inside a cluster"
    )]
    Nothing(String),
    /// A setting makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// What the client is made of.
pub(crate) struct Connection {
    pub(crate) config: Config,
    pub(crate) impersonate: Impersonate,
}

/// Headers that make a request count as another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Impersonate {
    pub(crate) user: Option<String>,
    pub(crate) uid: Option<String>,
    pub(crate) groups: Vec<String>,
}

impl Options {
    /// Resolves files and environment.
    pub(crate) async fn load(&self) -> Result<Connection, ConfigError> {
        let mut config = self.base().await?;
        config.default_retry = false;
        self.guard(&config)?;
        self.override_cluster(&mut config)?;
        self.override_user(&mut config);
        let impersonate = self.impersonation(&config);
        Ok(Connection { config, impersonate })
    }

    async fn base(&self) -> Result<Config, ConfigError> {
        let choice = KubeConfigOptions {
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
        };
        let explicit = match (&self.kubeconfig_text, &self.kubeconfig) {
            (Some(text), _) => Some(Kubeconfig::from_yaml(text)),
            (None, Some(path)) => Some(Kubeconfig::read_from(path)),
            (None, None) => None,
        };
        let kubeconfig_error = |error: &dyn std::fmt::Display| ConfigError::Kubeconfig(error.to_string());
        if let Some(kubeconfig) = explicit {
            let kubeconfig = kubeconfig.map_err(|error| kubeconfig_error(&error))?;
            return Config::from_custom_kubeconfig(kubeconfig, &choice)
                .await
                .map_err(|error| kubeconfig_error(&error));
        }
        match Config::from_kubeconfig(&choice).await {
            Ok(config) => Ok(config),
            Err(error) if self.context.is_some() || self.cluster.is_some() || self.user.is_some() => {
                Err(kubeconfig_error(&error))
            }
            Err(error) => Config::incluster().or_else(|_| match &self.server {
                Some(server) => Ok(Config::new(parse_server(server)?)),
                None => Err(ConfigError::Nothing(error.to_string())),
            }),
        }
    }

    fn guard(&self, config: &Config) -> Result<(), ConfigError> {
        let refuse = |what: &str, flag: &str| {
            Err(ConfigError::Invalid(format!(
                "the kubeconfig {what}, which is not allowed here ({flag} allows it)"
            )))
        };
        if self.forbid_exec && config.auth_info.exec.is_some() {
            return refuse("starts a program for credentials", "--insecure-kubeconfig-exec");
        }
        if self.forbid_insecure_tls && config.accept_invalid_certs {
            return refuse(
                "skips the verification of the server's certificate",
                "--insecure-kubeconfig-tls",
            );
        }
        Ok(())
    }

    fn override_cluster(&self, config: &mut Config) -> Result<(), ConfigError> {
        if let Some(server) = &self.server {
            config.cluster_url = parse_server(server)?;
        }
        if let Some(namespace) = &self.namespace {
            config.default_namespace.clone_from(namespace);
        }
        if let Some(path) = &self.certificate_authority {
            config.root_cert_file = Some(path.clone());
        }
        if let Some(name) = &self.tls_server_name {
            config.tls_server_name = Some(name.clone());
        }
        config.accept_invalid_certs |= self.insecure_skip_tls_verify;
        Ok(())
    }

    fn override_user(&self, config: &mut Config) {
        let auth = &mut config.auth_info;
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        if let Some(token) = &self.token {
            auth.token = Some(token.clone().into());
            auth.token_file = None;
            auth.exec = None;
            auth.auth_provider = None;
        }
        if let Some(path) = &self.client_certificate {
            auth.client_certificate = Some(text(path));
            auth.client_certificate_data = None;
        }
        if let Some(path) = &self.client_key {
            auth.client_key = Some(text(path));
            auth.client_key_data = None;
        }
    }

    fn impersonation(&self, config: &Config) -> Impersonate {
        let auth = &config.auth_info;
        let own = auth.impersonate_groups.clone().unwrap_or_default();
        Impersonate {
            user: self.impersonate_user.clone().or_else(|| auth.impersonate.clone()),
            uid: self
                .impersonate_uid
                .clone()
                .or_else(|| auth.impersonate_uid.clone()),
            groups: if self.impersonate_groups.is_empty() {
                own
            } else {
                self.impersonate_groups.clone()
            },
        }
    }
}

fn parse_server(text: &str) -> Result<http::Uri, ConfigError> {
    text.parse()
        .map_err(|error| ConfigError::Invalid(format!("the server address {text:?} is no URL: {error}")))
}
