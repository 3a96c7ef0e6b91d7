use proptest::prelude::*;

use super::*;

const SHA1: &str = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
const SHA256: &str = "55609ff9d959589ed917ce32e6bc0f0a36809565f308602c15c3668965979edc";

#[track_caller]
fn check(text: &str, name: &str, digest: &str) {
    let revision: Revision = text.parse().unwrap();
    assert_eq!((revision.name.as_str(), revision.digest.as_str()), (name, digest));
}

#[test]
fn todays_forms() {
    check(&format!("main@sha1:{SHA1}"), "main", &format!("sha1:{SHA1}"));
    check(
        &format!("feature/x@y@sha1:{SHA1}"),
        "feature/x@y",
        &format!("sha1:{SHA1}"),
    );
    check(
        &format!("refs/pull/1/head@sha1:{SHA1}"),
        "refs/pull/1/head",
        &format!("sha1:{SHA1}"),
    );
    check(&format!("sha1:{SHA1}"), "", &format!("sha1:{SHA1}"));
    check("6.3.5+abc", "6.3.5+abc", "");
    check("", "", "");
}

#[track_caller]
fn transformed(text: &str, expect: &str) {
    assert_eq!(transform_legacy(text), expect);
}

#[test]
fn legacy_forms() {
    transformed(&format!("main/{SHA1}"), &format!("main@sha1:{SHA1}"));
    transformed(
        &format!("feature/branch/{SHA1}"),
        &format!("feature/branch@sha1:{SHA1}"),
    );
    transformed(&format!("HEAD/{SHA1}"), &format!("sha1:{SHA1}"));
    transformed(SHA1, &format!("sha1:{SHA1}"));
    transformed(&format!("tag/{SHA256}"), &format!("tag@sha256:{SHA256}"));
    transformed(SHA256, &format!("sha256:{SHA256}"));
    transformed("v1.0.0", "v1.0.0");
    transformed("v1.0.0-rc+deadbeef", "v1.0.0-rc+deadbeef");
    transformed("feature/branch", "feature/branch");
    transformed(&SHA1.to_uppercase(), &SHA1.to_uppercase());
}

#[test]
fn prints_as_it_was_built() {
    assert_eq!(
        Revision::git("main", SHA1).to_string(),
        format!("main@sha1:{SHA1}")
    );
    assert_eq!(Revision::git("", SHA256).to_string(), format!("sha256:{SHA256}"));
    assert_eq!(Revision::git("main", SHA1).hash(), SHA1);
}

proptest! {
    #[test]
    fn printing_survives_a_round_trip(name in "[a-z/@.-]{0,20}", hash in "[0-9a-f]{40}|[0-9a-f]{64}") {
        let revision = Revision::git(&name, &hash);
        prop_assert_eq!(revision.to_string().parse::<Revision>().unwrap(), revision);
    }
}
