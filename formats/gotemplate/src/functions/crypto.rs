//! Keys, certificates and passwords. Algorithms are here; chance and public-key cryptography come from the host.

mod certificate;
mod der;
mod dsa;
mod keys;
mod password;
mod pem;

use core::net::IpAddr;

use certificate::{Request, Signer};
use keys::PrivateKey;

use super::convert::{int, printed, text};
use super::encoding::decode_base64;
use super::objects::{CERTIFICATE, CertificateObject, of_value};
use super::table::function;
use super::time::{Time, zone::Zone};
use crate::{Error, Function, GoStr, KeyKind, Scope, Ty, Value};

/// A new private key as PEM; what goes wrong is its text, as with sprig.
fn gen_private_key(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let kind = text(&args[0]).to_text();
    let kind = match &*kind {
        "" | "rsa" => KeyKind::Rsa(4096),
        "ecdsa" => KeyKind::P256,
        "ed25519" => KeyKind::Ed25519,
        "dsa" => return dsa::generate(scope).map(Value::str),
        _ => return Ok(Value::str(format!("Unknown type {kind}"))),
    };
    Ok(Value::str(generate(scope, kind)?.to_pem()))
}

fn generate(scope: &Scope<'_>, kind: KeyKind) -> Result<PrivateKey, Error> {
    let key = scope.host().generate_key(kind)?;
    let key =
        PrivateKey::from_pkcs8(&key).ok_or_else(|| Error::new("the key that was made cannot be read"))?;
    key.with_public(scope.host())
}

/// The key that a certificate is for: a new one, or one given as PEM.
fn subject_key(scope: &Scope<'_>, given: Option<&Value>) -> Result<PrivateKey, Error> {
    match given {
        Some(pem) => PrivateKey::from_pem(&text(pem).to_text())
            .map_err(|error| Error::new(format!("parsing private key: {error}")))?
            .with_public(scope.host()),
        None => generate(scope, KeyKind::Rsa(2048)),
    }
}

fn request<'r>(
    scope: &Scope<'_>,
    name: &'r str,
    days: i64,
    ips: &Value,
    names: &Value,
) -> Result<Request<'r>, Error> {
    let mut serial = [0; 16];
    scope.host().random(&mut serial)?;
    let (seconds, nanos) = scope.host().now();
    let begin = Time::new(seconds, nanos, Zone::Utc);
    let addresses = items(ips)
        .iter()
        .map(|item| {
            let Value::Str(text) = item else {
                return Err(Error::new(format!(
                    "error parsing ip: {} is not a string",
                    printed(item)?
                )));
            };
            let address: Result<IpAddr, _> = text.to_text().parse();
            address.map_err(|_| Error::new(format!("error parsing ip: {text}")))
        })
        .collect::<Result<_, _>>()?;
    let names = items(names)
        .iter()
        .map(|item| match item {
            Value::Str(text) => Ok(text.to_text().into_owned()),
            _ => Err(Error::new(format!(
                "error processing alternate dns name: {} is not a string",
                printed(item)?
            ))),
        })
        .collect::<Result<_, _>>()?;
    let end = begin.add(days.wrapping_mul(86_400_000_000_000));
    Ok(Request {
        name,
        addresses,
        names,
        begin,
        end,
        serial,
        authority: false,
    })
}

fn items(list: &Value) -> &[Value] {
    match list {
        Value::List(list) => list.items(),
        _ => &[],
    }
}

fn finish(
    scope: &Scope<'_>,
    request: &Request<'_>,
    key: &PrivateKey,
    signer: Option<(&Signer, &PrivateKey)>,
) -> Result<Value, Error> {
    let signing_key = signer.map_or(key, |(_, key)| key);
    let der = certificate::create(
        scope.host(),
        request,
        key,
        signer.map(|(signer, _)| signer),
        signing_key,
    )?;
    Ok(Value::object(CertificateObject {
        cert: pem::encode("CERTIFICATE", &der).into(),
        key: key.to_pem().into(),
    }))
}

/// `genCA CN DAYS [KEY]`
fn gen_ca(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let key = subject_key(scope, args.get(2))?;
    let name = text(&args[0]).to_text();
    let mut request = request(scope, &name, int(&args[1]), &Value::Nil, &Value::Nil)?;
    request.authority = true;
    finish(scope, &request, &key, None)
}

/// `genSelfSignedCert CN IPS NAMES DAYS [KEY]`
fn gen_self_signed(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let key = subject_key(scope, args.get(4))?;
    let name = text(&args[0]).to_text();
    let request = request(scope, &name, int(&args[3]), &args[1], &args[2])?;
    finish(scope, &request, &key, None)
}

/// `genSignedCert CN IPS NAMES DAYS CA [KEY]`
fn gen_signed(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let key = subject_key(scope, args.get(5))?;
    let Some(ca) = of_value::<CertificateObject>(&args[4]) else {
        return Err(Error::new("unable to decode certificate"));
    };
    let block = pem::decode(&ca.cert.to_text()).ok_or_else(|| Error::new("unable to decode certificate"))?;
    let signer = certificate::read(&block.bytes).ok_or_else(|| {
        Error::new("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")
    })?;
    let signing_key = PrivateKey::from_pem(&ca.key.to_text())
        .map_err(|error| Error::new(format!("error parsing private key: {error}")))?
        .with_public(scope.host())?;
    let name = text(&args[0]).to_text();
    let request = request(scope, &name, int(&args[3]), &args[1], &args[2])?;
    finish(scope, &request, &key, Some((&signer, &signing_key)))
}

/// `buildCustomCert BASE64CERT BASE64KEY`
fn build_custom(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let decoded = |index: usize, what: &str| {
        decode_base64(text(&args[index]).as_bytes())
            .map(|bytes| GoStr::from(bytes.as_slice()))
            .map_err(|_| Error::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    let block = pem::decode(&cert.to_text()).ok_or_else(|| Error::new("unable to decode certificate"))?;
    if certificate::read(&block.bytes).is_none() {
        return Err(Error::new(
            "error parsing certificate: decodedCert.Bytes: x509: malformed certificate",
        ));
    }
    PrivateKey::from_pem(&key.to_text())
        .map_err(|error| Error::new(format!("error parsing private key: {error}")))?;
    Ok(Value::object(CertificateObject { cert, key }))
}

const CA: Ty = Ty::Named(CERTIFICATE);

pub(super) static TABLE: &[Function] = &[
    function("bcrypt", &[Ty::Str], password::bcrypt),
    function("htpasswd", &[Ty::Str, Ty::Str], password::htpasswd),
    function(
        "derivePassword",
        &[
            Ty::Uint(crate::UintKind::Uint32),
            Ty::Str,
            Ty::Str,
            Ty::Str,
            Ty::Str,
        ],
        password::derive_password,
    ),
    function("encryptAES", &[Ty::Str, Ty::Str], password::encrypt_aes),
    function("decryptAES", &[Ty::Str, Ty::Str], password::decrypt_aes),
    function("genPrivateKey", &[Ty::Str], gen_private_key),
    function("buildCustomCert", &[Ty::Str, Ty::Str], build_custom),
    function("genCA", &[Ty::Str, Ty::INT], gen_ca),
    function("genCAWithKey", &[Ty::Str, Ty::INT, Ty::Str], gen_ca),
    function(
        "genSelfSignedCert",
        &[Ty::Str, Ty::LIST, Ty::LIST, Ty::INT],
        gen_self_signed,
    ),
    function(
        "genSelfSignedCertWithKey",
        &[Ty::Str, Ty::LIST, Ty::LIST, Ty::INT, Ty::Str],
        gen_self_signed,
    ),
    function(
        "genSignedCert",
        &[Ty::Str, Ty::LIST, Ty::LIST, Ty::INT, CA],
        gen_signed,
    ),
    function(
        "genSignedCertWithKey",
        &[Ty::Str, Ty::LIST, Ty::LIST, Ty::INT, CA, Ty::Str],
        gen_signed,
    ),
];
