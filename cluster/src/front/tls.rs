//! The cluster's own certificate authority.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::Error;

const CERT_FILE: &str = "ca.crt";
const KEY_FILE: &str = "ca.key";

/// A certificate authority: its certificate and key as PEM.
pub(crate) struct Authority {
    pub(crate) cert_pem: String,
    key: KeyPair,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn tls(error: impl std::fmt::Display) -> Error {
    Error::Tls(error.to_string())
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "ferroflux-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::CrlSign,
    ];
    params.not_after = rcgen::date_time_ymd(2099, 12, 31);
    params
}

impl Authority {
    /// A new authority, valid until the end of the century.
    pub(crate) fn generate() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(tls)?;
        let cert = ca_params().self_signed(&key).map_err(tls)?;
        Ok(Self {
            cert_pem: cert.pem(),
            key,
        })
    }

    /// The authority of a data directory; made at the first start.
    pub(crate) fn load(directory: &Path) -> Result<Self, Error> {
        let (cert_path, key_path) = (directory.join(CERT_FILE), directory.join(KEY_FILE));
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        if cert_path.exists() && key_path.exists() {
            let cert_pem = std::fs::read_to_string(&cert_path).map_err(io(&cert_path))?;
            let key_pem = std::fs::read_to_string(&key_path).map_err(io(&key_path))?;
            return Ok(Self {
                cert_pem,
                key: KeyPair::from_pem(&key_pem).map_err(tls)?,
            });
        }
        let authority = Self::generate()?;
        crate::files::write_secret(&key_path, &authority.key.serialize_pem()).map_err(io(&key_path))?;
        std::fs::write(&cert_path, &authority.cert_pem).map_err(io(&cert_path))?;
        Ok(authority)
    }

    /// TLS for a server that is reached under these names and addresses.
    pub(crate) fn server_config(&self, names: Vec<String>) -> Result<Arc<rustls::ServerConfig>, Error> {
        // Name and key make the issuer; both are the same at every start.
        let issuer = Issuer::new(ca_params(), &self.key);
        let key = KeyPair::generate().map_err(tls)?;
        let mut params = CertificateParams::new(names).map_err(tls)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "kube-apiserver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_after = rcgen::date_time_ymd(2099, 12, 31);
        let cert = params.signed_by(&key, &issuer).map_err(tls)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], private)
            .map_err(tls)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
