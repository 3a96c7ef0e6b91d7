use flux_api::condition::Condition;
use flux_api::gitrepository::GitInclude;
use flux_api::meta::LocalReference;
use serde_json::json;

use super::*;

fn object(spec: serde_json::Value, status: serde_json::Value) -> GitRepository {
    let mut full = json!({"url": "https://example.com/x", "interval": "1m"});
    full.as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "metadata": {"name": "a", "namespace": "ns", "generation": 2},
        "spec": full,
        "status": status,
    }))
    .unwrap()
}

#[track_caller]
fn selects(reference: serde_json::Value, expect: Selection) {
    let object = object(json!({"ref": reference}), json!({}));
    assert_eq!(selection(object.spec.reference.as_ref()), expect);
}

#[test]
fn commit_beats_name_beats_tag_beats_range_beats_branch() {
    let all = json!({"branch": "b", "tag": "t", "semver": "1.x", "name": "refs/x", "commit": "c"});
    selects(
        all,
        Selection::Commit {
            hash: "c".into(),
            branch: Some("b".into()),
        },
    );
    selects(
        json!({"branch": "b", "tag": "t", "semver": "1.x", "name": "refs/x"}),
        Selection::Name("refs/x".into()),
    );
    selects(
        json!({"branch": "b", "tag": "t", "semver": "1.x"}),
        Selection::Tag("t".into()),
    );
    selects(
        json!({"branch": "b", "semver": "1.x"}),
        Selection::Semver("1.x".into()),
    );
    selects(json!({"branch": "b", "tag": ""}), Selection::Branch("b".into()));
    selects(json!({}), Selection::Branch("master".into()));
    assert_eq!(selection(None), Selection::Branch("master".into()));
}

#[track_caller]
fn refused(spec: serde_json::Value, field: &str) {
    let error = check_supported(&object(spec, json!({})).spec).unwrap_err();
    assert!(matches!(error, Error::Stalled(_)));
    assert!(
        error
            .failure()
            .message
            .starts_with(&format!("spec.{field} is not supported yet: ")),
        "{error}"
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    refused(json!({"provider": "github"}), "provider");
    refused(json!({"serviceAccountName": "x"}), "serviceAccountName");
    refused(json!({"verify": {"secretRef": {"name": "x"}}}), "verify");
    refused(json!({"recurseSubmodules": true}), "recurseSubmodules");
    refused(json!({"url": "ssh://git@example.com/x"}), "url");
    let fine = object(json!({"provider": "generic", "sparseCheckout": ["a"]}), json!({}));
    assert!(check_supported(&fine.spec).is_ok());
}

#[test]
fn the_held_revision_counts_only_while_it_is_stored() {
    let artifact = Artifact {
        revision: "main@sha1:1".into(),
        ..Artifact::default()
    };
    let held = |status| request(&object(json!({}), status), Some(&artifact), Limits::default()).held;
    let stored =
        json!({"conditions": [{"type": "ArtifactInStorage", "status": "True", "reason": "Succeeded"}]});
    assert_eq!(held(stored).as_deref(), Some("main@sha1:1"));
    assert_eq!(held(json!({})), None);
}

#[test]
fn the_timeout_is_a_minute_unless_set() {
    let timeout = |spec| request(&object(spec, json!({})), None, Limits::default()).timeout;
    assert_eq!(timeout(json!({})), Duration::from_secs(60));
    assert_eq!(timeout(json!({"timeout": "5s"})), Duration::from_secs(5));
}

#[test]
fn content_depends_on_more_than_the_revision() {
    let changed = |spec, status| content_changed(&object(spec, status), &[]);
    assert!(!changed(json!({}), json!({})));
    assert!(changed(json!({"ignore": "x"}), json!({})));
    assert!(changed(json!({"ignore": ""}), json!({})));
    assert!(!changed(json!({"ignore": "x"}), json!({"observedIgnore": "x"})));
    assert!(changed(
        json!({"sparseCheckout": ["a"]}),
        json!({"observedSparseCheckout": ["b"]})
    ));
    assert!(!changed(
        json!({"sparseCheckout": ["a"]}),
        json!({"observedSparseCheckout": ["a"]})
    ));
    assert!(changed(
        json!({}),
        json!({"observedInclude": [{"repository": {"name": "x"}}]})
    ));
}

#[test]
fn content_depends_on_the_included_artifacts() {
    let include = GitInclude {
        repository: LocalReference { name: "x".into() },
        ..GitInclude::default()
    };
    let artifact = |digest: &str| Artifact {
        revision: "r".into(),
        digest: digest.into(),
        ..Artifact::default()
    };
    let mut object = object(json!({}), json!({}));
    object.spec.include = vec![include.clone()];
    object.status.observed_include = vec![include];
    object.status.included_artifacts = vec![artifact("1")];
    assert!(!content_changed(&object, &[artifact("1")]));
    assert!(content_changed(&object, &[artifact("2")]));
    assert!(content_changed(&object, &[]));
    assert!(includes_differ(&[], &[artifact("1")]) && !includes_differ(&[artifact("1")], &[artifact("1")]));
}

#[track_caller]
fn begins(status: serde_json::Value, annotation: &str, expect: Option<(&str, bool)>) {
    let mut object = object(json!({}), status);
    object
        .metadata
        .annotations
        .insert(flux_api::meta::REQUESTED_AT.into(), annotation.into());
    let found = beginning(&object);
    assert_eq!(
        found.as_ref().map(|one| (one.message.as_str(), one.ready_too)),
        expect
    );
}

#[test]
fn the_beginning_is_said_when_something_was_asked_for() {
    let ready = json!([{"type": "Ready", "status": "True", "reason": "Succeeded"}]);
    let new = "processing object: new generation -1 -> 2";
    begins(json!({"observedGeneration": -1}), "", Some((new, true)));
    let seen = json!({"observedGeneration": 2, "conditions": ready, "lastHandledReconcileAt": "now"});
    begins(seen.clone(), "now", None);
    begins(seen, "later", Some(("reconciliation in progress", false)));
}

#[track_caller]
fn announces(before: Option<&str>, failed: bool, expect: Option<&str>) {
    let artifact = |digest: &str| Artifact {
        digest: digest.into(),
        ..Artifact::default()
    };
    let found = announcement(before.map(artifact).as_ref(), failed, &artifact("new"), "fix: it");
    assert_eq!(found.as_ref().map(|one| one.reason), expect);
    assert!(found.is_none_or(|one| one.message == "stored artifact for commit 'fix: it'"));
}

#[test]
fn only_news_is_announced() {
    announces(None, false, Some("NewArtifact"));
    announces(Some("old"), true, Some("NewArtifact"));
    announces(Some("new"), false, None);
    announces(Some("new"), true, Some("Succeeded"));
}

#[test]
fn a_failure_is_remembered_by_its_condition() {
    let mut conditions = Conditions::default();
    assert!(!failed(&conditions));
    conditions.set(
        Condition::new("FetchFailed", true, "GitOperationFailed", ""),
        1,
        "t",
    );
    assert!(failed(&conditions));
}
