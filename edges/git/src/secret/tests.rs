use super::*;

fn data(pairs: &[(&str, &str)]) -> Data {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

#[track_caller]
fn refused(pairs: &[(&str, &str)], expect: InvalidSecret) {
    assert_eq!(Credentials::from_secret(&data(pairs)), Err(expect));
}

#[track_caller]
fn auth(pairs: &[(&str, &str)], expect: Option<Auth>) {
    assert_eq!(Credentials::from_secret(&data(pairs)).unwrap().auth, expect);
}

#[test]
fn reads_credentials() {
    let basic = |username: &str, password: &str| {
        Some(Auth::Basic {
            username: username.into(),
            password: password.into(),
        })
    };
    auth(&[("username", "u"), ("password", "p")], basic("u", "p"));
    auth(&[("username", "token")], basic("token", ""));
    auth(&[("bearerToken", "t")], Some(Auth::Bearer("t".into())));
    auth(&[("ca.crt", "x"), ("other", "y")], None);
    auth(&[], None);
}

#[test]
fn reads_certificates() {
    let pairs = [
        ("tls.crt", "c"),
        ("tls.key", "k"),
        ("ca.crt", "new"),
        ("caFile", "old"),
    ];
    let credentials = Credentials::from_secret(&data(&pairs)).unwrap();
    assert_eq!(
        credentials.identity,
        Some(Identity {
            certificate: b"c".to_vec(),
            key: b"k".to_vec()
        })
    );
    assert_eq!(credentials.authorities.as_deref(), Some(b"new".as_slice()));
    let older = Credentials::from_secret(&data(&[("caFile", "old")])).unwrap();
    assert_eq!(older.authorities.as_deref(), Some(b"old".as_slice()));
}

#[test]
fn refuses_contradictions() {
    refused(
        &[("username", "u"), ("bearerToken", "t")],
        InvalidSecret::BasicAndBearer,
    );
    refused(
        &[("password", "p"), ("bearerToken", "t")],
        InvalidSecret::BasicAndBearer,
    );
    refused(&[("password", "p")], InvalidSecret::NoUsername);
    refused(
        &[("tls.crt", "c")],
        InvalidSecret::HalfPair {
            has: "tls.crt",
            lacks: "tls.key",
        },
    );
    refused(
        &[("tls.key", "k")],
        InvalidSecret::HalfPair {
            has: "tls.key",
            lacks: "tls.crt",
        },
    );
    refused(&[("githubAppID", "1")], InvalidSecret::GithubApp);
    let binary = BTreeMap::from([("username".to_owned(), vec![0xff])]);
    assert_eq!(
        Credentials::from_secret(&binary),
        Err(InvalidSecret::NotText { key: "username" })
    );
}

#[test]
fn reads_a_proxy() {
    let proxy = Credentials::proxy_from_secret(&data(&[("address", "socks5://p:1080"), ("username", "u")]));
    assert_eq!(proxy.unwrap().username.as_deref(), Some("u"));
    assert_eq!(
        Credentials::proxy_from_secret(&data(&[])),
        Err(InvalidSecret::NoAddress)
    );
    let address = Credentials::proxy_from_secret(&data(&[("address", "ftp://u:secret@p")]));
    assert_eq!(
        address,
        Err(InvalidSecret::Address {
            address: "ftp://p/".into()
        })
    );
}
