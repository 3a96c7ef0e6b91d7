use flux_api::helmrelease::HelmRelease;
use serde_json::{Value, json};

use super::*;

fn work(spec: Value, status: Value) -> Work {
    let object = json!({"metadata": {"name": "app", "namespace": "ns", "generation": 1}, "spec": spec, "status": status});
    let object: HelmRelease = serde_json::from_value(object).unwrap();
    Work::new(object, "t".into())
}

fn snapshot(version: i64, status: &str) -> Value {
    json!({"version": version, "status": status, "name": "app", "namespace": "ns", "chartName": "c", "chartVersion": "1.0.0"})
}

fn failed_upgrade(failures: i64) -> Value {
    json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": failures,
        "history": [snapshot(2, "failed"), snapshot(1, "superseded")]})
}

#[track_caller]
fn check(spec: Value, status: Value, state: State, expect: &str) {
    let mut work = work(spec, status);
    let next = decide(&mut work, &state, Defaults::default(), |_| Target::Sound);
    let word = match next {
        Next::Rest => "rest".into(),
        Next::Exceeded => "exceeded".into(),
        Next::NoTarget => "no target".into(),
        Next::Act(Action::Rollback(to)) => format!("rollback to {}", to.version),
        Next::Act(action) => action.name().into(),
    };
    assert_eq!(word, expect);
}

#[test]
fn each_state_has_its_action() {
    check(json!({}), json!({}), State::Absent(""), "install");
    check(
        json!({}),
        json!({}),
        State::Locked("pending-install".into()),
        "unlock",
    );
    check(json!({}), json!({}), State::Unmanaged(""), "upgrade");
    check(json!({}), json!({}), State::OutOfSync(""), "upgrade");
    check(json!({}), json!({}), State::Untested, "test");
    check(json!({}), json!({}), State::InSync, "rest");
    check(json!({}), json!({}), State::Failed(""), "upgrade");
}

#[test]
fn attempts_run_out() {
    check(
        json!({}),
        json!({"installFailures": 1}),
        State::Absent(""),
        "exceeded",
    );
    check(
        json!({}),
        json!({"upgradeFailures": 1}),
        State::OutOfSync(""),
        "exceeded",
    );
    check(json!({}), failed_upgrade(1), State::Failed(""), "exceeded");
    let retries = |count: i64| json!({"upgrade": {"remediation": {"retries": count}}});
    check(retries(1), failed_upgrade(1), State::Failed(""), "rollback to 1");
    check(retries(1), failed_upgrade(2), State::Failed(""), "rollback to 1");
    let last = json!({"upgrade": {"remediation": {"retries": 1, "remediateLastFailure": false}}});
    check(last, failed_upgrade(2), State::Failed(""), "exceeded");
}

#[test]
fn a_failure_is_undone_as_the_spec_says() {
    let uninstall = json!({"upgrade": {"remediation": {"retries": 1, "strategy": "uninstall"}}});
    check(uninstall, failed_upgrade(1), State::Failed(""), "uninstall");
    let install = json!({"lastAttemptedReleaseAction": "install", "installFailures": 1, "history": [snapshot(1, "failed")]});
    let retries = json!({"install": {"remediation": {"retries": 3}}});
    check(retries, install, State::Failed(""), "uninstall");
    let nothing = json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": 1, "history": [snapshot(2, "failed")]});
    let retries = json!({"upgrade": {"remediation": {"retries": 1}}});
    check(retries, nothing, State::Failed(""), "no target");
    let retry = json!({"upgrade": {"strategy": {"name": "RetryOnFailure"}}});
    check(retry, failed_upgrade(9), State::Failed(""), "upgrade");
}

#[test]
fn a_corrupt_target_is_upgraded_over() {
    let retries = json!({"upgrade": {"remediation": {"retries": 1}}});
    let mut work = work(retries, failed_upgrade(1));
    let next = decide(&mut work, &State::Failed(""), Defaults::default(), |_| {
        Target::Corrupt
    });
    assert_eq!(next, Next::Act(Action::Upgrade));
}

#[test]
fn force_counts_once() {
    let mut work = work(json!({}), json!({"upgradeFailures": 1}));
    let at = "2026".to_owned();
    let annotations = &mut work.object.metadata.annotations;
    annotations.insert("reconcile.fluxcd.io/forceAt".into(), at.clone());
    annotations.insert("reconcile.fluxcd.io/requestedAt".into(), at);
    let mut decide = |state| decide(&mut work, &state, Defaults::default(), |_| Target::Sound);
    assert_eq!(decide(State::OutOfSync("")), Next::Act(Action::Upgrade));
    assert_eq!(decide(State::OutOfSync("")), Next::Exceeded);
}

#[test]
fn a_release_that_turns_out_well_says_so() {
    let status = json!({"history": [snapshot(1, "deployed")], "conditions": [
        {"type": "Released", "status": "False", "reason": "UpgradeFailed", "message": "m", "lastTransitionTime": "t"}]});
    let mut work = work(json!({}), status);
    let next = decide(&mut work, &State::InSync, Defaults::default(), |_| Target::Sound);
    assert_eq!(next, Next::Rest);
    assert!(work.is_true(READY) && work.is_true(RELEASED));
    assert_eq!(
        work.ready_message(),
        "Helm upgrade succeeded for release ns/app.v1 with chart c@1.0.0"
    );
}

#[track_caller]
fn check_after(spec: Value, failures: i64, expect: After) {
    let work = work(spec, failed_upgrade(failures));
    assert_eq!(after(&work, Type::Release, Defaults::default()), After::Continue);
    assert_eq!(after(&work, Type::Remediate, Defaults::default()), expect);
}

#[test]
fn after_a_remediation_comes_another_attempt_or_the_end() {
    let retries = |strategy: &str| json!({"upgrade": {"remediation": {"retries": 1, "strategy": strategy}}});
    check_after(retries("rollback"), 1, After::Again);
    check_after(retries("rollback"), 2, After::Exceeded);
    check_after(retries("uninstall"), 2, After::Again);
}

#[test]
fn an_action_is_done_once_in_an_attempt() {
    let defaults = Defaults::default();
    let work = work(json!({}), failed_upgrade(1));
    assert_eq!(before(&work, Type::Release, &[], defaults), After::Continue);
    assert_eq!(
        before(&work, Type::Release, &[Type::Release], defaults),
        After::Rest
    );
    let retry = Defaults {
        retry_on_failure: true,
    };
    let pause = std::time::Duration::from_secs(300);
    assert_eq!(
        before(&work, Type::Release, &[Type::Release], retry),
        After::Retry(pause)
    );
}
