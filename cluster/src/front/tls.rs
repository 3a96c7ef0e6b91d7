//! The cluster's own certificate authority.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{Error, User};

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
    /// Clients may show certificates of this authority or of those in `client_authorities` (PEM).
    pub(crate) fn server_config(
        &self,
        names: Vec<String>,
        client_authorities: &str,
    ) -> Result<Arc<rustls::ServerConfig>, Error> {
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
        let mut config = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_client_cert_verifier(self.client_verifier(client_authorities, &provider)?)
            .with_single_cert(vec![cert.der().clone()], private)
            .map_err(tls)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn client_verifier(
        &self,
        more: &str,
        provider: &Arc<rustls::crypto::CryptoProvider>,
    ) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, Error> {
        let mut roots = rustls::RootCertStore::empty();
        for text in [self.cert_pem.as_str(), more] {
            for cert in CertificateDer::pem_slice_iter(text.as_bytes()) {
                roots.add(cert.map_err(tls)?).map_err(tls)?;
            }
        }
        rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(tls)
    }
}

/// Who a certificate is for: the common name is the user, the organizations are its groups. The certificate was verified
/// before. None when it has no common name.
pub(crate) fn user_of(certificate: &CertificateDer<'_>) -> Option<User> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let groups = subject
        .iter_organization()
        .filter_map(|group| group.as_str().ok());
    Some(User {
        name: name.to_owned(),
        groups: groups.map(str::to_owned).collect(),
        ..User::default()
    })
}
