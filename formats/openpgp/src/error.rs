//! What can be wrong with keys and signatures.

/// Why a keyring or a signature is refused; in the words of Go's library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Bytes that are not of the form.
    #[error("openpgp: invalid data: {0}")]
    Structural(&'static str),
    /// A feature that is not there.
    #[error("openpgp: unsupported feature: {0}")]
    Unsupported(String),
    /// The signature does not fit the text and the key.
    #[error("openpgp: invalid signature: {0}")]
    Signature(&'static str),
    /// The text is not clear-signed.
    #[error("signature block not found")]
    NoSignature,
    /// No key of the keyring made the signature.
    #[error("openpgp: signature made by unknown entity")]
    UnknownIssuer,
    /// The key was taken back.
    #[error("openpgp: signature made by revoked key")]
    Revoked,
    /// The key has expired.
    #[error("openpgp: key expired")]
    KeyExpired,
    /// The signature has expired, or comes from the future.
    #[error("openpgp: signature expired")]
    SignatureExpired,
    /// There is no key of this name.
    #[error("private key not found")]
    NoKey,
    /// There is only the public half of the key.
    #[error("provided key is not a private key. Try providing a keyring with secret keys")]
    NotSecret,
    /// Several keys have a name like this.
    #[error("more than one key contain the id {0:?}")]
    Vague(String),
}
