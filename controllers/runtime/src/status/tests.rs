use flux_api::condition::{Condition, READY};
use flux_api::kustomization::KustomizationStatus;
use serde_json::{Value, json};

use super::{Draft, merge_patch};

#[track_caller]
fn check_patch(before: Value, after: Value, expect: Option<Value>) {
    assert_eq!(merge_patch(&before, &after), expect);
}

#[test]
fn a_patch_holds_only_what_changed() {
    check_patch(json!({"a": 1}), json!({"a": 1}), None);
    check_patch(
        json!({"a": 1, "b": 2}),
        json!({"a": 1, "b": 3}),
        Some(json!({"b": 3})),
    );
    check_patch(json!({"a": 1, "b": 2}), json!({"a": 1}), Some(json!({"b": null})));
    check_patch(
        json!({"a": {"b": 1, "c": [1]}}),
        json!({"a": {"b": 1, "c": [2]}}),
        Some(json!({"a": {"c": [2]}})),
    );
}

fn draft(status: Value) -> Draft {
    let object = json!({"metadata": {"generation": 2}, "status": status});
    Draft::of(&object, "2026-02-02T00:00:00Z".into())
}

#[test]
fn ready_ends_all_progress_and_observes_the_generation() {
    let mut draft = draft(json!({"observedGeneration": -1}));
    draft.progressing("reconciliation in progress");
    draft.ready("Succeeded", "done");
    assert_eq!(
        draft.to_value(),
        json!({"observedGeneration": 2, "conditions": [{
            "lastTransitionTime": "2026-02-02T00:00:00Z", "message": "done", "observedGeneration": 2,
            "reason": "Succeeded", "status": "True", "type": "Ready"}]})
    );
}

#[test]
fn progress_leaves_ready_unknown_and_does_not_observe() {
    let mut draft = draft(json!({"observedGeneration": 1}));
    draft.progressing("working");
    let kinds: Vec<_> = draft
        .conditions()
        .iter()
        .map(|one| (one.kind.clone(), one.status.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [("Reconciling".into(), "True"), ("Ready".to_owned(), "Unknown")]
    );
    assert_eq!(draft.field("observedGeneration"), Some(&json!(1)));
}

#[test]
fn a_typed_edit_keeps_what_the_type_does_not_know() {
    let mut draft = draft(json!({"future": 1, "lastAppliedRevision": "a", "lastAttemptedRevision": "b"}));
    draft.edit(|status: &mut KustomizationStatus| {
        status.last_applied_revision = "c".into();
        status.last_attempted_revision.clear();
    });
    assert_eq!(draft.to_value(), json!({"future": 1, "lastAppliedRevision": "c"}));
}

#[test]
fn conditions_of_others_are_adopted_with_their_times() {
    let mut ours = draft(json!({}));
    ours.set(Condition::new(READY, true, "Succeeded", "ours"));
    let theirs = draft(json!({"conditions": [
        {"type": "Ready", "status": "False", "reason": "Failed", "message": "theirs", "lastTransitionTime": "t"},
        {"type": "Blessed", "status": "True", "reason": "Amen", "message": "", "lastTransitionTime": "t",
         "observedGeneration": 1}]}));
    ours.adopt(&theirs, |kind| kind == READY);
    let held = ours.conditions();
    assert_eq!(held.get(READY).unwrap().message, "ours");
    assert_eq!(held.get("Blessed").unwrap().last_transition_time, "t");
    assert_eq!(held.get("Blessed").unwrap().observed_generation, 1);
}
