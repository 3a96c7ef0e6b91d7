use serde_json::json;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn object(change: serde_json::Value) -> Kustomization {
    let mut object = json!({
        "metadata": {"name": "main", "namespace": "ns", "generation": 1},
        "spec": {"interval": "10m", "retryInterval": "2m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "repo"}},
        "status": {"observedGeneration": 1, "lastAppliedRevision": "main@sha1:a",
            "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}]},
    });
    merge(&mut object, change);
    serde_json::from_value(object).unwrap()
}

fn merge(into: &mut serde_json::Value, change: serde_json::Value) {
    let Some(fields) = change.as_object().cloned() else {
        *into = change;
        return;
    };
    for (key, value) in fields {
        merge(&mut into[key], value);
    }
}

fn source(revision: &str) -> Source {
    Source::Ready(Artifact {
        revision: revision.into(),
        ..Artifact::default()
    })
}

fn situation<'a>(object: &'a Kustomization, source: &'a Source) -> Situation<'a> {
    let last = Last {
        generation: 1,
        revision: "main@sha1:a",
        due_in: MINUTE,
        inputs_changed: false,
    };
    Situation {
        object,
        source,
        obstacle: None,
        waiting: None,
        last: Some(last),
        requeue_dependency: Duration::from_secs(30),
    }
}

#[track_caller]
fn check_effort(situation: &Situation<'_>, expect: Effort) {
    match decide(situation) {
        Step::Run { effort, .. } => assert_eq!(effort, expect),
        step => panic!("{step:?}"),
    }
}

#[test]
fn nothing_is_done_twice() {
    let object = object(json!({}));
    let source = source("main@sha1:a");
    assert_eq!(decide(&situation(&object, &source)), Step::Rest(MINUTE));
}

#[test]
fn a_new_revision_asks_whether_anything_changed() {
    let object = object(json!({}));
    check_effort(
        &situation(&object, &source("main@sha1:b")),
        Effort::IfContentChanged,
    );
}

#[test]
fn whatever_casts_doubt_asks_for_the_full_work() {
    let good = object(json!({}));
    let (same, new) = (source("main@sha1:a"), source("main@sha1:b"));
    for source in [&same, &new] {
        let mut restarted = situation(&good, source);
        restarted.last = None;
        check_effort(&restarted, Effort::Full);
        for change in [
            |last: &mut Last<'_>| last.due_in = Duration::ZERO,
            |last: &mut Last<'_>| last.inputs_changed = true,
            |last: &mut Last<'_>| last.generation = 0,
        ] {
            let mut doubtful = situation(&good, source);
            doubtful.last.iter_mut().for_each(change);
            check_effort(&doubtful, Effort::Full);
        }
        for change in [
            json!({"metadata": {"generation": 2}}),
            json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}),
            json!({"status": {"conditions": []}}),
            json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}),
        ] {
            check_effort(&situation(&object(change), source), Effort::Full);
        }
    }
    let handled = object(
        json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}},
        "status": {"lastHandledReconcileAt": "now"}}),
    );
    assert_eq!(decide(&situation(&handled, &same)), Step::Rest(MINUTE));
}

#[test]
fn a_wait_goes_on_only_for_what_it_was_begun_for() {
    let requested = object(json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}));
    let source = source("main@sha1:b");
    let waiting = Waiting {
        generation: 1,
        revision: "main@sha1:b",
        requested: Some("now"),
    };
    let step = |waiting| {
        decide(&Situation {
            waiting: Some(waiting),
            obstacle: Some("x"),
            ..situation(&requested, &source)
        })
    };
    assert_eq!(step(waiting), Step::Continue);
    assert_ne!(
        step(Waiting {
            generation: 2,
            ..waiting
        }),
        Step::Continue
    );
    assert_ne!(
        step(Waiting {
            revision: "main@sha1:a",
            ..waiting
        }),
        Step::Continue
    );
    assert_ne!(
        step(Waiting {
            requested: None,
            ..waiting
        }),
        Step::Continue
    );
}

#[track_caller]
fn check_hold(source: Source, obstacle: Option<&str>, reason: &str, message: &str, seconds: u64) {
    let object = object(json!({"metadata": {"generation": 2}}));
    match decide(&Situation {
        obstacle,
        ..situation(&object, &source)
    }) {
        Step::Hold {
            reason: r,
            message: m,
            retry,
            ..
        } => {
            assert_eq!(
                (r, m.as_str(), retry),
                (reason, message, Duration::from_secs(seconds))
            );
        }
        step => panic!("{step:?}"),
    }
}

#[test]
fn what_is_missing_is_waited_for() {
    check_hold(
        Source::Missing("not found".into()),
        None,
        "ArtifactFailed",
        "not found",
        120,
    );
    check_hold(
        Source::UnknownKind("what?".into()),
        None,
        "ArtifactFailed",
        "what?",
        120,
    );
    check_hold(
        Source::Empty,
        None,
        "ArtifactFailed",
        "Source artifact not found, retrying in 30s",
        30,
    );
    check_hold(
        source("r"),
        Some("dependency 'ns/x' is not ready"),
        "DependencyNotReady",
        "dependency 'ns/x' is not ready",
        30,
    );
}

#[track_caller]
fn check_stall(spec: serde_json::Value, source: Source, reason: &str, message: &str) {
    let object = object(json!({ "spec": spec }));
    match decide(&situation(&object, &source)) {
        Step::Stall {
            reason: r,
            message: m,
        } => {
            assert_eq!(r, reason);
            assert!(m.starts_with(message), "{m}");
        }
        step => panic!("{step:?}"),
    }
}

#[test]
fn what_cannot_be_done_is_given_up() {
    check_stall(
        json!({}),
        Source::Denied("blocked".into()),
        "AccessDenied",
        "blocked",
    );
    for (spec, field) in [
        (json!({"kubeConfig": {"secretRef": {"name": "x"}}}), "kubeConfig"),
        (json!({"decryption": {"provider": "sops"}}), "decryption"),
        (
            json!({"healthCheckExprs": [{"apiVersion": "v1", "current": "true"}]}),
            "healthCheckExprs",
        ),
        (
            json!({"dependsOn": [{"name": "x", "readyExpr": "true"}]}),
            "dependsOn[].readyExpr",
        ),
        (json!({"ignore": [{"paths": ["/spec"]}]}), "ignore"),
    ] {
        check_stall(
            spec,
            source("r"),
            "NotSupported",
            &format!("spec.{field} is not supported"),
        );
    }
}
