//! X.509 certificates as sprig has Go write them.

use core::net::IpAddr;

use sha2::{Digest as _, Sha256};

use super::der::{self, Reader, element, integer, sequence};
use super::keys::{PrivateKey, signature_algorithm};
use crate::functions::time::Time;
use crate::{Error, Host};

/// What goes into a certificate.
pub(super) struct Request<'r> {
    pub(super) name: &'r str,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<String>,
    pub(super) begin: Time,
    pub(super) end: Time,
    pub(super) serial: [u8; 16],
    pub(super) authority: bool,
}

/// What a certificate says about who signed it.
#[derive(Clone, Debug, Default)]
pub(super) struct Signer {
    /// Subject, as DER.
    pub(super) subject: Vec<u8>,
    /// Identifier of the key, possibly none.
    pub(super) key_id: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub(super) public: Vec<u8>,
}

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

fn distinguished_name(name: &str) -> Vec<u8> {
    if name.is_empty() {
        return sequence(&[]);
    }
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if name.bytes().all(printable) { 0x13 } else { 0x0c };
    let attribute = sequence(&[&element(der::OID, COMMON_NAME), &element(tag, name.as_bytes())]);
    sequence(&[&element(der::SET, &attribute)])
}

/// Years from 2050 on have four digits.
fn time(time: &Time) -> Vec<u8> {
    let time = time.in_zone(crate::functions::time::zone::Zone::Utc);
    if (1950..2050).contains(&time.clock().year) {
        element(0x17, time.format("060102150405Z").as_bytes())
    } else {
        element(0x18, time.format("20060102150405Z").as_bytes())
    }
}

fn extension(id: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical {
        element(0x01, &[0xff])
    } else {
        Vec::new()
    };
    sequence(&[
        &element(der::OID, &[0x55, 0x1d, id]),
        &critical,
        &element(der::OCTET_STRING, value),
    ])
}

/// Go 1.25 and later: the first bytes of the SHA-256 of the key.
fn key_id(key: &PrivateKey) -> Option<Vec<u8>> {
    Some(Sha256::digest(key.public_bits()?)[..20].to_vec())
}

fn extensions(request: &Request<'_>, key_id: &[u8], signer_id: &[u8]) -> Vec<u8> {
    // Digital signature, key encipherment, and for authorities certificate signing.
    let usage: &[u8] = if request.authority { &[2, 0xa4] } else { &[5, 0xa0] };
    let mut all = extension(0x0f, true, &element(der::BIT_STRING, usage));
    let purpose = |number| element(der::OID, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, number]);
    all.extend(extension(0x25, false, &sequence(&[&purpose(1), &purpose(2)])));
    let constraints = if request.authority {
        sequence(&[&element(0x01, &[0xff])])
    } else {
        sequence(&[])
    };
    all.extend(extension(0x13, true, &constraints));
    if request.authority {
        all.extend(extension(0x0e, false, &element(der::OCTET_STRING, key_id)));
    }
    if !signer_id.is_empty() {
        all.extend(extension(0x23, false, &sequence(&[&element(0x80, signer_id)])));
    }
    if !request.names.is_empty() || !request.addresses.is_empty() {
        let mut names: Vec<u8> = request
            .names
            .iter()
            .flat_map(|name| element(0x82, name.as_bytes()))
            .collect();
        names.extend(request.addresses.iter().flat_map(|address| match address {
            IpAddr::V4(address) => element(0x87, &address.octets()),
            IpAddr::V6(address) => element(0x87, &address.octets()),
        }));
        all.extend(extension(
            0x11,
            request.name.is_empty(),
            &element(der::SEQUENCE, &names),
        ));
    }
    element(0xa3, &element(der::SEQUENCE, &all))
}

/// A certificate for `key`, signed by `signing_key`; signed by itself without a `signer`.
pub(super) fn create(
    host: &dyn Host,
    request: &Request<'_>,
    key: &PrivateKey,
    signer: Option<&Signer>,
    signing_key: &PrivateKey,
) -> Result<Vec<u8>, Error> {
    let failed = |text: &str| Error::new(format!("error creating certificate: {text}"));
    let unsupported = || failed("x509: certificate private key does not implement crypto.Signer");
    let public = key.public_info().ok_or_else(unsupported)?;
    let subject = distinguished_name(request.name);
    let own_id = key_id(key).ok_or_else(unsupported)?;
    let issuer = signer.map_or(&subject, |signer| &signer.subject);
    if let Some(signer) = signer
        && signing_key.public_info().as_ref() != Some(&signer.public)
    {
        return Err(failed(
            "x509: provided PrivateKey doesn't match parent's PublicKey",
        ));
    }
    let signer_id = signer
        .filter(|signer| signer.subject != subject)
        .map_or(&[][..], |signer| &signer.key_id);
    let algorithm = signature_algorithm(signing_key);
    let body = sequence(&[
        &element(0xa0, &integer(&[2])),
        &integer(&request.serial),
        &algorithm,
        issuer,
        &sequence(&[&time(&request.begin), &time(&request.end)]),
        &subject,
        &public,
        &extensions(request, &own_id, signer_id),
    ]);
    let signature = host.sign(&signing_key.to_pkcs8(), &body)?;
    Ok(sequence(&[&body, &algorithm, &der::bits(&signature)]))
}

/// What a certificate says that those it signs must repeat; `None` when it is not one.
pub(super) fn read(bytes: &[u8]) -> Option<Signer> {
    let mut body = Reader::new(bytes).sequence()?.sequence()?;
    if body.peek() == Some(0xa0) {
        body.next()?;
    }
    body.integer()?;
    body.sequence()?;
    body.expect(der::SEQUENCE)?;
    body.expect(der::SEQUENCE)?;
    let subject = body.expect(der::SEQUENCE)?.raw.to_vec();
    let public = body.expect(der::SEQUENCE)?.raw.to_vec();
    let mut signer = Signer {
        subject,
        key_id: Vec::new(),
        public,
    };
    while !body.is_empty() {
        let part = body.next()?;
        if part.tag != 0xa3 {
            continue;
        }
        let mut extensions = Reader::new(part.contents).sequence()?;
        while !extensions.is_empty() {
            let mut extension = extensions.sequence()?;
            let id = extension.expect(der::OID)?.contents;
            if extension.peek() == Some(0x01) {
                extension.next()?;
            }
            let value = extension.expect(der::OCTET_STRING)?.contents;
            if id == [0x55, 0x1d, 0x0e] {
                signer.key_id = Reader::new(value).expect(der::OCTET_STRING)?.contents.to_vec();
            }
        }
    }
    Some(signer)
}
