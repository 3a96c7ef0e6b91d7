//! Keys and certificates of templates, judged by openssl.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use flux_gotemplate::{Functions, Options, Scope, TemplateSet, Value};
use flux_host::Machine;

fn render(text: &str) -> String {
    let mut set = TemplateSet::new("test", Functions::helm());
    set.parse("t", text).unwrap();
    let machine = Machine::default();
    let mut scope = Scope::new(Arc::new(set), &machine, Options::default());
    scope.execute("t", Value::Nil).unwrap().to_string()
}

/// What openssl says to a text on its input.
fn openssl(args: &[&str], input: &str) -> String {
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "openssl {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The key is one that openssl takes, and has this in its text.
#[track_caller]
fn check_key(kind: &str, expect: &str) {
    let pem = render(&format!("{{{{ genPrivateKey {kind:?} }}}}"));
    let text = openssl(&["pkey", "-text", "-noout"], &pem);
    assert!(text.contains(expect), "{text}");
}

/// A chain of two verifies; `ca` and `cert` are template expressions, `$ca` the first in the second.
#[track_caller]
fn check_chain(ca: &str, cert: &str, expect: &[&str]) {
    let all = render(&format!(
        "{{{{ $ca := {ca} }}}}{{{{ $ca.Cert }}}}SPLIT{{{{ ({cert}).Cert }}}}SPLIT{{{{ ({cert}).Key }}}}"
    ));
    let parts: Vec<&str> = all.split("SPLIT").collect();
    let folder = std::env::temp_dir().join(format!(
        "flux-host-{}-{}",
        std::process::id(),
        ca.len() * 1000 + cert.len()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, parts[0]).unwrap();
    let verified = openssl(
        &["verify", "-x509_strict", "-CAfile", file.to_str().unwrap()],
        parts[1],
    );
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(verified.contains("OK"), "{verified}");
    let text = openssl(&["x509", "-text", "-noout"], parts[1]);
    for expect in expect {
        assert!(text.contains(expect), "{expect}\n{text}");
    }
    openssl(&["pkey", "-noout"], parts[2]);
}

#[test]
fn private_keys() {
    check_key("rsa", "(4096 bit");
    check_key("ecdsa", "prime256v1");
    check_key("ed25519", "ED25519");
}

#[test]
fn signed_by_rsa() {
    check_chain(
        "genCA \"my ca\" 365",
        "genSignedCert \"x.y\" (list \"10.0.0.1\" \"::1\") (list \"a.b\" \"*.c\") 30 $ca",
        &[
            "CN = x.y",
            "DNS:a.b, DNS:*.c, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1",
            "TLS Web Server Authentication, TLS Web Client Authentication",
            "Digital Signature, Key Encipherment",
            "CA:FALSE",
            "Issuer: CN = my ca",
        ],
    );
}

#[test]
fn signed_by_others() {
    check_chain(
        "genCAWithKey \"é\" 3650 (genPrivateKey \"ecdsa\")",
        "genSignedCertWithKey \"\" nil (list \"a\") 3650 $ca (genPrivateKey \"ecdsa\")",
        &["ecdsa-with-SHA256", "X509v3 Subject Alternative Name: critical"],
    );
    check_chain(
        "genCAWithKey \"ed\" 1 (genPrivateKey \"ed25519\")",
        "genSignedCertWithKey \"x\" nil (list \"a\") 1 $ca (genPrivateKey \"ed25519\")",
        &["ED25519"],
    );
}

#[test]
fn self_signed() {
    let cert = render("{{ (genSelfSignedCert \"s\" (list \"1.2.3.4\") (list \"s.t\") 10).Cert }}");
    let text = openssl(&["x509", "-text", "-noout"], &cert);
    assert!(text.contains("DNS:s.t, IP Address:1.2.3.4"), "{text}");
}

#[test]
fn custom_certificate() {
    let expect = "true true";
    let text = "{{ $c := genCA \"x\" 1 }}{{ $d := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key) }}\
                {{ eq $c.Cert $d.Cert }} {{ eq $c.Key $d.Key }}";
    assert_eq!(render(text), expect);
}
