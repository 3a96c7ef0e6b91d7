use std::sync::Arc;

use flux_kube::Gvk;
use serde_json::json;

use super::*;

fn job() -> ObjectRef {
    ObjectRef::new(Gvk::new("batch/v1", "Job"), "ns", "j")
}

fn state(version: u64, complete: bool) -> Value {
    let conditions = if complete {
        json!([{"type": "Complete", "status": "True"}])
    } else {
        json!([])
    };
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "ns", "resourceVersion": version.to_string()},
        "status": {"conditions": conditions}})
}

fn picture(live: Option<Value>, gone_is_done: bool) -> Picture {
    let subject = Subject {
        object: job(),
        live,
        gone_is_done,
        rule: Rule::Usual,
    };
    Picture {
        seen: vec![Seen::first(&subject, Timestamp::UNIX_EPOCH)],
    }
}

fn present(live: Value) -> Observation {
    Observation::Present(Arc::new(live))
}

fn forbidden() -> Error {
    Error::Forbidden(flux_kube::ApiError {
        message: "no".into(),
        ..Default::default()
    })
}

/// A look at all that has to be looked at.
fn look(picture: &mut Picture, found: &Result<Option<Value>, Error>) {
    for look in picture.to_look_at() {
        picture.looked(&look, found, Timestamp::UNIX_EPOCH);
    }
}

#[track_caller]
fn check(picture: &mut Picture, observation: Observation, changes: bool, verdict: Verdict, looks: usize) {
    assert_eq!(picture.take(&job(), &observation, Timestamp::UNIX_EPOCH), changes);
    assert_eq!(picture.judge(Goal::Healthy { fail_fast: true }), verdict);
    assert_eq!(picture.to_look_at().len(), looks);
}

#[test]
fn a_watch_that_lags_behind_proves_nothing() {
    let mut picture = picture(Some(state(7, false)), false);
    check(&mut picture, present(state(6, true)), false, Verdict::Waiting, 0);
    check(&mut picture, present(state(8, true)), true, Verdict::Healthy, 0);
    check(&mut picture, present(state(8, true)), false, Verdict::Healthy, 0);
}

#[test]
fn the_absence_of_a_job_that_removes_itself_is_confirmed() {
    let mut picture = picture(Some(state(7, false)), true);
    check(&mut picture, Observation::Absent, true, Verdict::Waiting, 1);
    look(&mut picture, &Ok(None));
    assert_eq!(picture.judge(Goal::Healthy { fail_fast: true }), Verdict::Healthy);
    assert!(picture.to_look_at().is_empty());
}

#[test]
fn what_cannot_be_watched_is_looked_at() {
    let mut picture = picture(Some(state(7, false)), false);
    check(
        &mut picture,
        Observation::Failed(Arc::new(forbidden())),
        true,
        Verdict::Waiting,
        1,
    );
    look(&mut picture, &Ok(Some(state(8, false))));
    assert_eq!(picture.to_look_at().len(), 1, "and again");
    check(&mut picture, present(state(9, true)), true, Verdict::Healthy, 0);
}

#[test]
fn what_an_account_may_not_see_it_does_not_hear_of() {
    let mut picture = picture(None, false);
    assert_eq!(picture.to_look_at().len(), 1);
    look(&mut picture, &Err(forbidden()));
    check(&mut picture, present(state(8, true)), false, Verdict::Waiting, 1);
}

#[test]
fn gone_means_gone() {
    let mut picture = picture(None, false);
    let judge = |picture: &Picture| picture.judge(Goal::Gone);
    assert_eq!(judge(&picture), Verdict::Waiting);
    look(&mut picture, &Ok(Some(state(8, true))));
    assert_eq!(judge(&picture), Verdict::Waiting);
    picture.take(&job(), &Observation::Absent, Timestamp::UNIX_EPOCH);
    assert_eq!(judge(&picture), Verdict::Healthy);
}

#[test]
fn a_look_that_the_watch_overtook_proves_nothing() {
    let mut picture = picture(None, false);
    let looks = picture.to_look_at();
    check(&mut picture, present(state(8, true)), true, Verdict::Healthy, 0);
    picture.looked(&looks[0], &Ok(Some(state(7, false))), Timestamp::UNIX_EPOCH);
    assert_eq!(picture.judge(Goal::Healthy { fail_fast: true }), Verdict::Healthy);
    picture.looked(&looks[0], &Ok(None), Timestamp::UNIX_EPOCH);
    assert_eq!(picture.judge(Goal::Healthy { fail_fast: true }), Verdict::Healthy);
}

#[test]
fn an_absence_told_during_a_look_brings_another() {
    let mut picture = picture(Some(state(7, false)), true);
    check(&mut picture, Observation::Absent, true, Verdict::Waiting, 1);
    let looks = picture.to_look_at();
    check(&mut picture, Observation::Absent, true, Verdict::Waiting, 1);
    picture.looked(&looks[0], &Ok(Some(state(7, false))), Timestamp::UNIX_EPOCH);
    assert_eq!(picture.to_look_at().len(), 1);
}
