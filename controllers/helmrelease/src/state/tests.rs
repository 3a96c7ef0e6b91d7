use serde_json::{Value, json};

use super::*;

fn object(change: Value) -> HelmRelease {
    let mut object = json!({
        "metadata": {"name": "app", "namespace": "ns", "generation": 1},
        "spec": {},
        "status": {
            "observedGeneration": 1, "storageNamespace": "ns", "lastAttemptedReleaseAction": "upgrade",
            "history": [{"apiVersion": "v2", "digest": "sha256:d", "name": "app", "namespace": "ns", "version": 1,
                "status": "deployed", "chartName": "c", "chartVersion": "1.0.0", "configDigest": "sha256:v",
                "firstDeployed": "t", "lastDeployed": "t"}],
        },
    });
    merge(&mut object, change);
    serde_json::from_value(object).unwrap()
}

fn merge(base: &mut Value, change: Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (key, value) in change {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change,
    }
}

fn stored(status: &str, digest: &str) -> Stored {
    Stored {
        status: status.into(),
        digest: digest.into(),
        chart_name: "c".into(),
        chart_version: "1.0.0".into(),
    }
}

const WANTED: Wanted<'static> = Wanted {
    chart_name: "c",
    chart_version: "1.0.0",
    values: "sha256:v",
};

#[track_caller]
fn check(change: Value, stored: Option<Stored>, wanted: Wanted<'_>, expect: State) {
    assert_eq!(state(&object(change), stored.as_ref(), wanted), Ok(expect));
}

#[test]
fn what_is_stored_decides() {
    check(
        json!({}),
        None,
        WANTED,
        State::Absent("no release in storage for object"),
    );
    let good = || Some(stored("deployed", "sha256:d"));
    check(json!({}), good(), WANTED, State::InSync);
    let uninstalled = Some(stored("uninstalled", "sha256:d"));
    check(
        json!({}),
        uninstalled,
        WANTED,
        State::Absent("found uninstalled release in storage"),
    );
    check(
        json!({}),
        Some(stored("failed", "sha256:d")),
        WANTED,
        State::Failed(""),
    );
    let pending = Some(stored("pending-upgrade", "x"));
    check(
        json!({}),
        pending,
        WANTED,
        State::Locked("pending-upgrade".into()),
    );
    let superseded = stored("superseded", "sha256:d");
    assert!(state(&object(json!({})), Some(&superseded), WANTED).is_err());
}

#[test]
fn a_release_of_others_is_unmanaged() {
    let other = || Some(stored("deployed", "sha256:other"));
    let unknown = State::Unmanaged("release not observed to be made for object");
    check(json!({}), other(), WANTED, unknown);
    let empty = json!({"status": {"history": []}});
    let existing = State::Unmanaged("found existing release in storage");
    check(empty, other(), WANTED, existing);
    let mut old = object(json!({}));
    old.status.history[0].api_version.clear();
    assert_eq!(state(&old, other().as_ref(), WANTED), Ok(State::InSync));
}

#[test]
fn another_wish_is_out_of_sync() {
    let good = || Some(stored("deployed", "sha256:d"));
    let with = |change: fn(&mut Wanted<'static>)| {
        let mut wanted = WANTED;
        change(&mut wanted);
        wanted
    };
    let chart = State::OutOfSync("release chart changed");
    check(
        json!({}),
        good(),
        with(|wanted| wanted.chart_version = "1.0.1"),
        chart,
    );
    let values = State::OutOfSync("release config values changed");
    check(
        json!({}),
        good(),
        with(|wanted| wanted.values = "sha256:w"),
        values,
    );
    let metadata = json!({"spec": {"commonMetadata": {"labels": {"a": "b"}}}});
    check(metadata, good(), WANTED, State::InSync);
    let newer = json!({"metadata": {"generation": 2}, "spec": {"commonMetadata": {"labels": {"a": "b"}}}});
    check(
        newer,
        good(),
        WANTED,
        State::OutOfSync("common metadata digest has changed"),
    );
    let renderers = json!({"metadata": {"generation": 2}, "spec": {"postRenderers": []}});
    check(
        renderers,
        good(),
        WANTED,
        State::OutOfSync("postrenderers digest has changed"),
    );
}

#[test]
fn tests_are_part_of_the_state() {
    let good = || Some(stored("deployed", "sha256:d"));
    let tested = |hooks: Value, more: Value| {
        let mut value = json!({"spec": {"test": {"enable": true}}});
        merge(&mut value, more);
        let mut object = object(value);
        object.status.history[0].test_hooks = serde_json::from_value(hooks).unwrap();
        state(&object, good().as_ref(), WANTED).unwrap()
    };
    assert_eq!(tested(Value::Null, json!({})), State::Untested);
    assert_eq!(tested(json!({}), json!({})), State::InSync);
    assert_eq!(
        tested(json!({"t": {"phase": "Succeeded"}}), json!({})),
        State::InSync
    );
    let failed = json!({"t": {"phase": "Failed"}});
    assert_eq!(
        tested(failed.clone(), json!({})),
        State::Failed("release has test in failed phase")
    );
    let ignored = json!({"spec": {"test": {"ignoreFailures": true}}});
    assert_eq!(tested(failed, ignored), State::InSync);
}

#[test]
fn long_names_are_cut() {
    assert_eq!(shorten("short"), "short");
    let long = "a".repeat(54);
    // `printf 'a%.0s' {1..54} | sha256sum`
    assert_eq!(shorten(&long), format!("{}-{}", "a".repeat(40), "a3f01b693925"));
    assert_eq!(shorten(&"a".repeat(53)).len(), 53);
}

#[test]
fn another_target_is_another_release() {
    let changed = |change: Value| target_change(&object(change), "c");
    assert_eq!(changed(json!({})), None);
    assert_eq!(
        changed(json!({"spec": {"storageNamespace": "s"}})),
        Some("storage namespace")
    );
    assert_eq!(
        changed(json!({"spec": {"targetNamespace": "t"}})),
        Some("release namespace")
    );
    assert_eq!(
        changed(json!({"spec": {"releaseName": "r"}})),
        Some("release name")
    );
    assert_eq!(target_change(&object(json!({})), "d"), Some("chart name"));
    let in_place = json!({"spec": {"upgrade": {"chartNameChangeStrategy": "InPlaceUpdate"}}});
    assert_eq!(target_change(&object(in_place), "d"), None);
}

#[test]
fn failures_count_for_one_configuration() {
    let attempted = json!({"status": {"lastAttemptedGeneration": 1, "lastAttemptedRevision": "1.0.0",
        "lastAttemptedConfigDigest": "sha256:v"}});
    let forgets = |change: Value| {
        let mut value = attempted.clone();
        merge(&mut value, change);
        forgets_failures(&mut object(value), WANTED)
    };
    assert_eq!(forgets(json!({})), None);
    assert!(forgets(json!({"metadata": {"generation": 2}})).is_some());
    assert!(forgets(json!({"status": {"lastAttemptedRevision": "0.9.0"}})).is_some());
    assert!(forgets(json!({"status": {"lastAttemptedConfigDigest": "sha256:w"}})).is_some());
    let reset = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/resetAt": "1", "reconcile.fluxcd.io/requestedAt": "1"}}});
    assert_eq!(forgets(reset), Some("reset requested through annotation"));
}
