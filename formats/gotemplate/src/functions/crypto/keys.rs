//! Private keys: out of PEM and into it, and their public halves.

use super::der::{self, Reader, element, integer, sequence};
use super::pem;
use crate::{Error, Host};

/// `1.2.840.113549.1.1.1`
const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `1.2.840.10045.2.1`
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `1.3.101.112`
const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// `1.2.840.10045.3.1.7`, `1.3.132.0.34`, `1.3.132.0.35`
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// A private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrivateKey {
    /// PKCS#1.
    Rsa(Vec<u8>),
    /// The curve's OID, the secret number, and the public point.
    Ec {
        curve: Vec<u8>,
        secret: Vec<u8>,
        public: Vec<u8>,
    },
    /// The seed, and the public key when it is known.
    Ed25519 { seed: Vec<u8>, public: Vec<u8> },
    /// sprig's own form: p, q, g, y, x. Certificates cannot be made with it.
    Dsa,
}

/// How a certificate is signed: the algorithm's identifier.
pub(super) fn signature_algorithm(key: &PrivateKey) -> Vec<u8> {
    const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    match key {
        PrivateKey::Rsa(_) => sequence(&[&element(der::OID, SHA256_RSA), &element(der::NULL, &[])]),
        PrivateKey::Ec { curve, .. } => {
            let hash = match curve.as_slice() {
                P384 => 3,
                P521 => 4,
                _ => 2,
            };
            sequence(&[&element(der::OID, &[ECDSA_SHA2, &[hash]].concat())])
        }
        PrivateKey::Ed25519 { .. } | PrivateKey::Dsa => sequence(&[&element(der::OID, OID_ED25519)]),
    }
}

impl PrivateKey {
    /// Reads PKCS#8, as the host makes keys.
    pub(super) fn from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let mut body = Reader::new(bytes).sequence()?;
        body.integer()?;
        let mut algorithm = body.sequence()?;
        let oid = algorithm.expect(der::OID)?.contents;
        let key = body.expect(der::OCTET_STRING)?.contents;
        match oid {
            OID_RSA => rsa(key),
            OID_EC => ec(key, Some(algorithm.expect(der::OID)?.contents)),
            OID_ED25519 => {
                let seed = Reader::new(key).expect(der::OCTET_STRING)?.contents.to_vec();
                // Version 2 has the public key behind attributes.
                let mut public = Vec::new();
                while !body.is_empty() {
                    let part = body.next()?;
                    if part.tag == 0x81 {
                        public = part.contents.get(1..)?.to_vec();
                    }
                }
                Some(PrivateKey::Ed25519 { seed, public })
            }
            _ => None,
        }
    }

    /// Reads the first PEM block of a text.
    ///
    /// # Errors
    /// sprig's words.
    pub(super) fn from_pem(text: &str) -> Result<Self, String> {
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        if block.label == "PRIVATE KEY" {
            return Self::from_pkcs8(&block.bytes)
                .ok_or_else(|| "decoding PEM as PKCS#8: asn1: structure error".into());
        }
        let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
            return Err(format!(
                "no private key data in PEM block of type {}",
                block.label
            ));
        };
        let malformed = || format!("parsing {kind} private key from PEM: asn1: structure error");
        match kind {
            "RSA" => rsa(&block.bytes).ok_or_else(malformed),
            "EC" => ec(&block.bytes, None).ok_or_else(malformed),
            "DSA" => Ok(PrivateKey::Dsa),
            _ => Err(format!("invalid private key type {kind}")),
        }
    }

    /// The same with its public half, which its form may have left out.
    pub(super) fn with_public(mut self, host: &dyn Host) -> Result<Self, Error> {
        let pkcs8 = self.to_pkcs8();
        if let PrivateKey::Ec { public, .. } | PrivateKey::Ed25519 { public, .. } = &mut self
            && public.is_empty()
        {
            *public = host.public_key(&pkcs8)?;
        }
        Ok(self)
    }

    /// PKCS#8, as the host takes keys.
    pub(super) fn to_pkcs8(&self) -> Vec<u8> {
        let (algorithm, key) = match self {
            PrivateKey::Rsa(key) => (algorithm(OID_RSA, &element(der::NULL, &[])), key.clone()),
            PrivateKey::Ec { curve, .. } => (algorithm(OID_EC, &element(der::OID, curve)), self.sec1(false)),
            PrivateKey::Ed25519 { seed, .. } => {
                (algorithm(OID_ED25519, &[]), element(der::OCTET_STRING, seed))
            }
            PrivateKey::Dsa => (Vec::new(), Vec::new()),
        };
        sequence(&[&integer(&[0]), &algorithm, &element(der::OCTET_STRING, &key)])
    }

    fn sec1(&self, with_curve: bool) -> Vec<u8> {
        let PrivateKey::Ec {
            curve,
            secret,
            public,
        } = self
        else {
            return Vec::new();
        };
        let parameters = if with_curve {
            element(0xa0, &element(der::OID, curve))
        } else {
            Vec::new()
        };
        let public = if public.is_empty() {
            Vec::new()
        } else {
            element(0xa1, &der::bits(public))
        };
        sequence(&[
            &integer(&[1]),
            &element(der::OCTET_STRING, secret),
            &parameters,
            &public,
        ])
    }

    /// PEM in the form of the kind.
    pub(super) fn to_pem(&self) -> String {
        match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", key),
            PrivateKey::Ec { .. } => pem::encode("EC PRIVATE KEY", &self.sec1(true)),
            PrivateKey::Ed25519 { .. } | PrivateKey::Dsa => pem::encode("PRIVATE KEY", &self.to_pkcs8()),
        }
    }

    /// The bits of the public key.
    pub(super) fn public_bits(&self) -> Option<Vec<u8>> {
        match self {
            PrivateKey::Rsa(key) => {
                let mut parts = Reader::new(key).sequence()?;
                parts.integer()?;
                let (modulus, exponent) = (parts.integer()?, parts.integer()?);
                Some(sequence(&[&integer(modulus), &integer(exponent)]))
            }
            PrivateKey::Ec { public, .. } | PrivateKey::Ed25519 { public, .. } => {
                Some(public.clone()).filter(|public| !public.is_empty())
            }
            PrivateKey::Dsa => None,
        }
    }

    /// The public key with its algorithm: SubjectPublicKeyInfo.
    pub(super) fn public_info(&self) -> Option<Vec<u8>> {
        let algorithm = match self {
            PrivateKey::Rsa(_) => algorithm(OID_RSA, &element(der::NULL, &[])),
            PrivateKey::Ec { curve, .. } => algorithm(OID_EC, &element(der::OID, curve)),
            PrivateKey::Ed25519 { .. } => algorithm(OID_ED25519, &[]),
            PrivateKey::Dsa => return None,
        };
        Some(sequence(&[&algorithm, &der::bits(&self.public_bits()?)]))
    }
}

fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&element(der::OID, oid), parameters])
}

fn rsa(bytes: &[u8]) -> Option<PrivateKey> {
    let mut parts = Reader::new(bytes).sequence()?;
    for _ in 0..9 {
        parts.integer()?;
    }
    Some(PrivateKey::Rsa(bytes.to_vec()))
}

fn ec(bytes: &[u8], curve: Option<&[u8]>) -> Option<PrivateKey> {
    let mut parts = Reader::new(bytes).sequence()?;
    parts.integer()?;
    let secret = parts.expect(der::OCTET_STRING)?.contents.to_vec();
    let mut curve = curve.map(<[u8]>::to_vec);
    let mut public = Vec::new();
    while !parts.is_empty() {
        let part = parts.next()?;
        match part.tag {
            0xa0 => curve = Some(Reader::new(part.contents).expect(der::OID)?.contents.to_vec()),
            0xa1 => {
                public = Reader::new(part.contents)
                    .expect(der::BIT_STRING)?
                    .contents
                    .get(1..)?
                    .to_vec()
            }
            _ => return None,
        }
    }
    let curve = curve.filter(|curve| [P256, P384, P521].contains(&curve.as_slice()))?;
    Some(PrivateKey::Ec {
        curve,
        secret,
        public,
    })
}
