//! The one cryptography provider.

/// Makes aws-lc the cryptography of this process. Call it first thing in `main`; calling it again does nothing.
pub fn install_default() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
