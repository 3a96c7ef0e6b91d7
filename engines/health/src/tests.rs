use jiff::Timestamp;
use serde_json::{Value, json};

use flux_object::ObjectId;

use crate::{Kind, Rule, Status, Verdict, Watched, status, status_by, timed_out, verdict};

const NOW: &str = "2026-01-01T00:01:00Z";

#[track_caller]
fn check(object: Value, kind: Kind, message: &str) {
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(status(&object, now), Status::new(kind, message));
}

fn of(api_version: &str, kind: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "generation": 1}, "spec": spec, "status": status})
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message})
}

#[test]
fn all_objects_share_some_rules() {
    let custom = |status| of("example.com/v1", "Thing", json!({}), status);
    check(custom(json!({})), Kind::Current, "Resource is current");
    check(
        custom(json!({"observedGeneration": 0})),
        Kind::InProgress,
        "Thing generation is 1, but latest observed generation is 0",
    );
    let stalled = [condition("Stalled", "True", "Broken", "cannot go on")];
    check(
        custom(json!({"conditions": stalled})),
        Kind::Failed,
        "cannot go on",
    );
    let reconciling = [
        condition("Reconciling", "True", "Working", "on it"),
        stalled[0].clone(),
    ];
    check(
        custom(json!({"conditions": reconciling})),
        Kind::InProgress,
        "on it",
    );
    let ready = |status: &str| json!({"conditions": [condition("Ready", status, "R", "because")]});
    check(custom(ready("True")), Kind::Current, "Resource is Ready");
    check(custom(ready("False")), Kind::InProgress, "because");
    check(custom(ready("Unknown")), Kind::InProgress, "because");
    let mut deleted = custom(ready("True"));
    deleted["metadata"]["deletionTimestamp"] = json!(NOW);
    check(deleted, Kind::Terminating, "Resource scheduled for deletion");
}

#[test]
fn objects_without_status_are_current() {
    check(
        of("v1", "ConfigMap", json!({}), json!({})),
        Kind::Current,
        "Resource is always ready",
    );
    check(
        of("batch/v1", "CronJob", json!({}), json!({})),
        Kind::Current,
        "Resource is always ready",
    );
    check(json!(null), Kind::Current, "Resource is current");
}

#[test]
fn a_deployment_is_rolled_out_step_by_step() {
    let deployment = |status| {
        of(
            "apps/v1",
            "Deployment",
            json!({"replicas": 2, "progressDeadlineSeconds": 600}),
            status,
        )
    };
    check(deployment(json!({})), Kind::InProgress, "Replicas: 0/2");
    check(
        deployment(json!({"replicas": 2, "updatedReplicas": 1})),
        Kind::InProgress,
        "Updated: 1/2",
    );
    check(
        deployment(json!({"replicas": 3, "updatedReplicas": 2})),
        Kind::InProgress,
        "Pending termination: 1",
    );
    let mut counts = json!({"replicas": 2, "updatedReplicas": 2});
    check(deployment(counts.clone()), Kind::InProgress, "Available: 0/2");
    counts["availableReplicas"] = json!(2);
    check(deployment(counts.clone()), Kind::InProgress, "Ready: 0/2");
    counts["readyReplicas"] = json!(2);
    check(
        deployment(counts.clone()),
        Kind::InProgress,
        "ReplicaSet not Available",
    );
    let progressing = condition("Progressing", "True", "NewReplicaSetAvailable", "");
    counts["conditions"] = json!([progressing]);
    check(
        deployment(counts.clone()),
        Kind::InProgress,
        "Deployment not Available",
    );
    counts["conditions"] = json!([progressing, condition("Available", "True", "", "")]);
    check(
        deployment(counts.clone()),
        Kind::Current,
        "Deployment is available. Replicas: 2",
    );
    counts["conditions"] = json!([condition("Progressing", "False", "ProgressDeadlineExceeded", "")]);
    check(deployment(counts), Kind::Failed, "Progress deadline exceeded");
}

#[test]
fn a_deployment_without_deadline_need_not_progress() {
    let counts = json!({"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1,
        "conditions": [condition("Available", "True", "", "")]});
    check(
        of("apps/v1", "Deployment", json!({}), counts),
        Kind::Current,
        "Deployment is available. Replicas: 1",
    );
}

#[test]
fn a_stateful_set_looks_at_partition_and_revision() {
    let set = |spec, status| of("apps/v1", "StatefulSet", spec, status);
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    check(
        set(on_delete, json!({})),
        Kind::Current,
        "StatefulSet is using the ondelete update strategy",
    );
    check(set(json!({}), json!({})), Kind::InProgress, "Replicas: 0/1");
    check(
        set(json!({}), json!({"replicas": 1})),
        Kind::InProgress,
        "Ready: 0/1",
    );
    check(
        set(json!({}), json!({"replicas": 1, "readyReplicas": 1})),
        Kind::InProgress,
        "current: 0/1",
    );
    let partition = |n| json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": n}}});
    let three = json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1});
    check(set(partition(1), three.clone()), Kind::InProgress, "updated: 1/2");
    check(
        set(partition(2), three),
        Kind::Current,
        "Partition rollout complete. updated: 1",
    );
    let mut one = json!({"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
    check(
        set(json!({}), one.clone()),
        Kind::InProgress,
        "Waiting for updated revision to match current",
    );
    one["updateRevision"] = json!("a");
    check(
        set(json!({}), one),
        Kind::Current,
        "All replicas scheduled as expected. Replicas: 1",
    );
}

#[test]
fn a_daemon_set_must_have_been_observed() {
    let set = |status| of("apps/v1", "DaemonSet", json!({}), status);
    check(
        set(json!({})),
        Kind::InProgress,
        "DaemonSet status.observedGeneration not found",
    );
    check(
        set(json!({"observedGeneration": 1})),
        Kind::InProgress,
        "Missing .status.desiredNumberScheduled",
    );
    let mut counts = json!({"observedGeneration": 1, "desiredNumberScheduled": 1});
    for (field, message) in [
        ("currentNumberScheduled", "Current: 0/1"),
        ("updatedNumberScheduled", "Updated: 0/1"),
        ("numberAvailable", "Available: 0/1"),
        ("numberReady", "Ready: 0/1"),
    ] {
        check(set(counts.clone()), Kind::InProgress, message);
        counts[field] = json!(1);
    }
    check(
        set(counts),
        Kind::Current,
        "All replicas scheduled as expected. Replicas: 1",
    );
}

#[test]
fn a_replica_set_counts_labels() {
    let set = |status| of("apps/v1", "ReplicaSet", json!({}), status);
    check(set(json!({})), Kind::InProgress, "Labelled: 0/1");
    let failure = json!({"conditions": [condition("ReplicaFailure", "True", "", "")]});
    check(
        set(failure),
        Kind::InProgress,
        "Replica Failure condition. Check Pods",
    );
    let all = json!({"fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1, "replicas": 1});
    check(set(all), Kind::Current, "ReplicaSet is available. Replicas: 1");
}

#[test]
fn a_job_is_current_when_it_is_done() {
    let job = |spec, status| of("batch/v1", "Job", spec, status);
    check(
        job(json!({"suspend": true}), json!({})),
        Kind::Current,
        "Job is suspended",
    );
    check(
        job(json!({"parallelism": 3}), json!({})),
        Kind::InProgress,
        "Job not started. active: 0/3",
    );
    let started = json!({"startTime": NOW, "active": 1});
    check(
        job(json!({}), started),
        Kind::InProgress,
        "Job in progress. success:0, active: 1, failed: 0",
    );
    let done = json!({"succeeded": 1, "conditions": [condition("Complete", "True", "", "")]});
    check(
        job(json!({}), done),
        Kind::Current,
        "Job Completed. succeeded: 1/1",
    );
    let failed = json!({"failed": 2, "conditions": [condition("Failed", "True", "", "")]});
    check(
        job(json!({"completions": 4}), failed),
        Kind::Failed,
        "Job Failed. failed: 2/4",
    );
}

#[test]
fn a_pod_has_fifteen_seconds_to_find_a_node() {
    let pod = |created: &str| {
        let mut pod = of(
            "v1",
            "Pod",
            json!({}),
            json!({"phase": "Pending",
            "conditions": [condition("PodScheduled", "False", "Unschedulable", "")]}),
        );
        pod["metadata"]["creationTimestamp"] = json!(created);
        pod
    };
    check(
        pod("2026-01-01T00:00:46Z"),
        Kind::InProgress,
        "Pod has not been scheduled",
    );
    check(
        pod("2026-01-01T00:00:45Z"),
        Kind::Failed,
        "Pod could not be scheduled",
    );
    check(pod("yesterday"), Kind::Failed, "Pod could not be scheduled");
}

#[test]
fn a_pod_follows_its_phase() {
    let pod = |status| of("v1", "Pod", json!({}), status);
    check(pod(json!({})), Kind::InProgress, "Pod phase not available");
    check(
        pod(json!({"phase": "Pending"})),
        Kind::InProgress,
        "Pod is in the Pending phase",
    );
    check(
        pod(json!({"phase": "Succeeded"})),
        Kind::Current,
        "Pod has completed successfully",
    );
    check(
        pod(json!({"phase": "Failed"})),
        Kind::Current,
        "Pod has completed, but not successfully",
    );
    check(
        pod(json!({"phase": "Asleep"})),
        Kind::Unknown,
        "unknown phase Asleep",
    );
    check(
        pod(json!({"phase": "Running"})),
        Kind::InProgress,
        "Pod is running but is not Ready",
    );
    let looping =
        json!([{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}, {"name": "sidecar"}]);
    check(
        pod(json!({"phase": "Running", "containerStatuses": looping})),
        Kind::Failed,
        "Containers in CrashLoop state: app",
    );
    let ready = [condition("Ready", "True", "", "")];
    check(
        pod(json!({"phase": "Running", "conditions": ready})),
        Kind::Current,
        "Pod is Ready",
    );
}

#[test]
fn a_definition_is_established_or_refused() {
    let definition = |conditions: Value| {
        of(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            json!({}),
            json!({"conditions": conditions}),
        )
    };
    check(definition(json!([])), Kind::InProgress, "Install in progress");
    let refused = json!([condition("NamesAccepted", "False", "Conflict", "taken")]);
    check(definition(refused), Kind::Failed, "taken");
    let installing = json!([condition("Established", "False", "Installing", "")]);
    check(definition(installing), Kind::InProgress, "Install in progress");
    check(
        definition(json!([condition("Established", "True", "", "")])),
        Kind::Current,
        "CRD is established",
    );
}

#[test]
fn claims_and_services() {
    check(
        of("v1", "PersistentVolumeClaim", json!({}), json!({})),
        Kind::InProgress,
        "PVC is not Bound. phase: unknown",
    );
    check(
        of(
            "v1",
            "PersistentVolumeClaim",
            json!({}),
            json!({"phase": "Bound"}),
        ),
        Kind::Current,
        "PVC is Bound",
    );
    check(
        of("v1", "Service", json!({"type": "LoadBalancer"}), json!({})),
        Kind::InProgress,
        "ClusterIP not set. Service type: LoadBalancer",
    );
    check(
        of("v1", "Service", json!({}), json!({})),
        Kind::Current,
        "Service is ready",
    );
}

fn watched(name: &str, kind: Kind) -> Watched {
    let mut watched = Watched::new(ObjectId::new("apps/v1", "Deployment", "ns", name));
    watched.status = Some(Status::new(kind, "because"));
    watched
}

#[test]
fn a_set_is_healthy_when_all_of_it_is() {
    assert_eq!(verdict(&[], true), Verdict::Healthy);
    assert_eq!(verdict(&[watched("a", Kind::Current)], true), Verdict::Healthy);
    assert_eq!(
        verdict(&[watched("a", Kind::Current), watched("b", Kind::NotFound)], true),
        Verdict::Waiting
    );
    assert_eq!(
        verdict(&[Watched::new(ObjectId::default())], true),
        Verdict::Waiting
    );
    let job = Watched {
        gone_is_done: true,
        ..watched("a", Kind::NotFound)
    };
    assert_eq!(verdict(&[job], true), Verdict::Healthy);
}

#[test]
fn a_failure_decides_at_once_or_in_the_end() {
    let set = [watched("a", Kind::Failed), watched("b", Kind::InProgress)];
    let sentence = "failed early due to stalled resources: [Deployment/ns/a status: 'Failed': because]";
    assert_eq!(verdict(&set, true), Verdict::Failed(sentence.into()));
    assert_eq!(verdict(&set, false), Verdict::Waiting);
    let settled = [watched("a", Kind::Failed), watched("b", Kind::Current)];
    assert_eq!(verdict(&settled, false), Verdict::Failed(sentence.into()));
}

#[test]
fn out_of_time_names_everything_that_is_not_current() {
    let mut set = vec![watched("a", Kind::Current), watched("b", Kind::InProgress)];
    set.push(Watched::new(ObjectId::new("v1", "Namespace", "", "n")));
    insta::assert_snapshot!(timed_out(&set), @"timeout waiting for: [Deployment/ns/b status: 'InProgress': because, can't determine status for Namespace/n]");
}

#[track_caller]
fn check_by(rule: Rule, object: Value, kind: Kind) {
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(status_by(rule, &object, now).kind, kind);
}

#[test]
fn hooks_have_to_end() {
    let pod = |phase: &str| of("v1", "Pod", json!({}), json!({ "phase": phase }));
    check_by(Rule::Hook, pod("Running"), Kind::InProgress);
    check_by(Rule::Hook, pod("Succeeded"), Kind::Current);
    check_by(Rule::Hook, pod("Failed"), Kind::Failed);
    check_by(Rule::Usual, pod("Failed"), Kind::Current);
    let job = |status: Value| of("batch/v1", "Job", json!({}), status);
    check_by(Rule::Hook, job(json!({"startTime": NOW})), Kind::InProgress);
    check_by(
        Rule::Hook,
        of("apps/v1", "Deployment", json!({}), json!({})),
        Kind::Current,
    );
}

#[test]
fn jobs_that_may_run_are_current_once_started() {
    let job = |status: Value| of("batch/v1", "Job", json!({}), status);
    check_by(Rule::JobsMayRun, job(json!({})), Kind::InProgress);
    check_by(Rule::JobsMayRun, job(json!({"startTime": NOW})), Kind::Current);
    check_by(Rule::Usual, job(json!({"startTime": NOW})), Kind::InProgress);
    let failed = json!({"startTime": NOW, "conditions": [condition("Failed", "True", "R", "m")]});
    check_by(Rule::JobsMayRun, job(failed), Kind::Failed);
}
