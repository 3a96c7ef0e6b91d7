//! What workloads look like in a cluster in memory.

use serde_json::{Value, json};

use super::fake::{Fake, template, workload};
use super::json::{items, meta, text};
use super::{Propagation, bootstrap};

fn job(spec: Value) -> Value {
    let mut spec = spec;
    spec["template"] = template(json!({}));
    spec["template"]["spec"]["restartPolicy"] = json!("Never");
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run", "namespace": "default"}, "spec": spec})
}

fn annotated(mut object: Value, key: &str, value: &str) -> Value {
    super::json::set_meta(
        &mut object,
        "annotations",
        &format!("sim.ferroflux.dev/{key}"),
        value,
    );
    object
}

/// The status of the workload `web` after `seconds`, without conditions.
#[track_caller]
fn check_status(object: Value, pods: bool, seconds: i64, expect: Value) {
    let mut fake = Fake::new();
    fake.config.pods = pods;
    let (kind, name) = (text(&object["kind"]).to_owned(), meta(&object, "name").to_owned());
    fake.create(object);
    fake.pass(seconds);
    let mut status = fake.object(&kind, &name)["status"].take();
    let drop = [
        "conditions",
        "currentRevision",
        "updateRevision",
        "startTime",
        "completionTime",
    ];
    if let Some(status) = status.as_object_mut() {
        status.retain(|key, _| !drop.contains(&key.as_str()));
    }
    assert_eq!(status, expect);
}

#[test]
fn deployment_with_one_replica_takes_four_writes() {
    let mut fake = Fake::new();
    fake.create(workload("Deployment", 1));
    fake.settle();
    let verbs: Vec<&str> = fake
        .log
        .iter()
        .map(|entry| entry.split('-').next().unwrap())
        .collect();
    assert_eq!(
        verbs,
        [
            "create ReplicaSet/web",
            "create Pod/web",
            "status ReplicaSet/web",
            "status Deployment/web"
        ]
    );
    assert_eq!(
        fake.condition("Deployment", "web", "Available"),
        "True MinimumReplicasAvailable"
    );
    assert_eq!(
        fake.condition("Deployment", "web", "Progressing"),
        "True NewReplicaSetAvailable"
    );
    let deployment = fake.object("Deployment", "web");
    assert_eq!(
        deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "1"
    );
}

#[test]
fn without_pods_a_deployment_takes_two_writes() {
    let mut fake = Fake::new();
    fake.config.pods = false;
    fake.create(workload("Deployment", 3));
    fake.settle();
    assert_eq!(fake.log.len(), 2, "{:?}", fake.log);
    assert_eq!(
        fake.condition("Deployment", "web", "Available"),
        "True MinimumReplicasAvailable"
    );
}

#[test]
fn statuses_of_healthy_workloads() {
    let deployment = json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3});
    check_status(workload("Deployment", 3), true, 0, deployment.clone());
    check_status(workload("Deployment", 3), false, 0, deployment);
    check_status(
        workload("Deployment", 0),
        true,
        0,
        json!({"observedGeneration": 1}),
    );
    let stateful = json!({"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2,
        "currentReplicas": 2, "updatedReplicas": 2, "collisionCount": 0});
    check_status(workload("StatefulSet", 2), true, 0, stateful.clone());
    check_status(workload("StatefulSet", 2), false, 0, stateful);
    let daemon = json!({"observedGeneration": 1, "currentNumberScheduled": 1, "numberMisscheduled": 0,
        "desiredNumberScheduled": 1, "numberReady": 1, "updatedNumberScheduled": 1, "numberAvailable": 1});
    check_status(workload("DaemonSet", 1), true, 0, daemon.clone());
    check_status(workload("DaemonSet", 1), false, 0, daemon);
    let done = json!({"succeeded": 3, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}});
    check_status(job(json!({"completions": 3})), true, 0, done.clone());
    check_status(job(json!({"completions": 3})), false, 0, done);
}

#[test]
fn staged_delays() {
    for pods in [true, false] {
        let delayed = || annotated(workload("Deployment", 1), "ready-after", "5s");
        let early =
            json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1});
        check_status(delayed(), pods, 4, early);
        let late = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1});
        check_status(delayed(), pods, 5, late);
    }
    let running = json!({"active": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}});
    check_status(annotated(job(json!({})), "ready-after", "3s"), true, 2, running);
    let done = json!({"succeeded": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}});
    check_status(annotated(job(json!({})), "ready-after", "3s"), true, 3, done);
}

#[test]
fn unhealthy_deployment_exceeds_its_deadline_and_heals() {
    let mut object = annotated(workload("Deployment", 1), "fail", "CrashLoopBackOff");
    object["spec"]["progressDeadlineSeconds"] = json!(60);
    let mut fake = Fake::new();
    fake.create(object);
    fake.pass(59);
    assert_eq!(
        fake.condition("Deployment", "web", "Progressing"),
        "True ReplicaSetUpdated"
    );
    assert_eq!(
        fake.condition("Deployment", "web", "Available"),
        "False MinimumReplicasUnavailable"
    );
    fake.pass(1);
    assert_eq!(
        fake.condition("Deployment", "web", "Progressing"),
        "False ProgressDeadlineExceeded"
    );
    let name = fake.names("Pod")[0].to_owned();
    let pod = fake.object("Pod", &name);
    assert_eq!(
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"],
        "CrashLoopBackOff"
    );
    fake.edit("Deployment", "web", |object| {
        object["metadata"]["annotations"] = json!({})
    });
    fake.settle();
    assert_eq!(
        fake.condition("Deployment", "web", "Progressing"),
        "True NewReplicaSetAvailable"
    );
}

#[test]
fn rollout_keeps_the_old_set_and_the_minimum_available() {
    let mut fake = Fake::new();
    fake.create(workload("Deployment", 4));
    fake.settle();
    let first = fake.names("ReplicaSet")[0].to_owned();
    fake.edit("Deployment", "web", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.28")
    });
    fake.settle();
    assert_eq!(fake.names("ReplicaSet").len(), 2);
    assert_eq!(fake.object("ReplicaSet", &first)["spec"]["replicas"], 0);
    assert_eq!(fake.names("Pod").len(), 4);
    let deployment = fake.object("Deployment", "web");
    assert_eq!(
        deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "2"
    );
    assert_eq!(deployment["status"]["updatedReplicas"], 4);
    // Back again: the first set is used again, as revision 3.
    fake.edit("Deployment", "web", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.27")
    });
    fake.settle();
    assert_eq!(fake.names("ReplicaSet").len(), 2);
    let first = fake.object("ReplicaSet", &first);
    assert_eq!(
        (
            &first["spec"]["replicas"],
            text(&first["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        ),
        (&json!(4), "3")
    );
}

#[test]
fn failing_rollout_leaves_the_old_pods_serving() {
    let mut fake = Fake::new();
    fake.create(workload("Deployment", 4));
    fake.settle();
    fake.edit("Deployment", "web", |object| {
        object["spec"]["template"]["metadata"]["annotations"] =
            json!({"sim.ferroflux.dev/fail": "ImagePullBackOff"});
    });
    fake.pass(30);
    let status = fake.object("Deployment", "web")["status"].take();
    // One more than wanted (25 % surge) and one less available (25 %), by upstream's arithmetic.
    assert_eq!(status["replicas"], 5);
    assert_eq!(status["availableReplicas"], 3);
    assert_eq!(status["updatedReplicas"], 2);
}

#[test]
fn recreate_stops_all_before_it_starts_any() {
    let mut fake = Fake::new();
    let mut object = workload("Deployment", 2);
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    fake.create(object);
    fake.settle();
    fake.log.clear();
    fake.edit("Deployment", "web", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.28")
    });
    fake.settle();
    let last_delete = fake
        .log
        .iter()
        .rposition(|entry| entry.starts_with("delete Pod"))
        .unwrap();
    let first_create = fake
        .log
        .iter()
        .position(|entry| entry.starts_with("create Pod"))
        .unwrap();
    assert!(last_delete < first_create, "{:?}", fake.log);
    assert_eq!(fake.object("Deployment", "web")["status"]["availableReplicas"], 2);
}

#[test]
fn scaling() {
    let mut fake = Fake::new();
    fake.create(workload("Deployment", 1));
    fake.settle();
    for size in [5, 2, 0] {
        fake.edit("Deployment", "web", |object| {
            object["spec"]["replicas"] = json!(size)
        });
        fake.settle();
        assert_eq!(fake.names("Pod").len(), usize::try_from(size).unwrap());
        assert_eq!(
            super::json::int(&fake.object("Deployment", "web")["status"]["readyReplicas"]),
            size
        );
    }
}

#[test]
fn history_limit() {
    let mut fake = Fake::new();
    let mut object = workload("Deployment", 1);
    object["spec"]["revisionHistoryLimit"] = json!(1);
    fake.create(object);
    for tag in 0..4 {
        fake.edit("Deployment", "web", |object| {
            object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(format!("nginx:{tag}"))
        });
        fake.settle();
    }
    assert_eq!(fake.names("ReplicaSet").len(), 2);
}

#[test]
fn deleted_pod_comes_back_and_deleted_deployment_takes_all() {
    let mut fake = Fake::new();
    fake.create(workload("Deployment", 2));
    fake.settle();
    let name = fake.names("Pod")[0].to_owned();
    fake.pass(1);
    fake.delete("Pod", &name, Propagation::Background);
    fake.settle();
    assert_eq!(fake.names("Pod").len(), 2);
    assert!(!fake.names("Pod").contains(&name.as_str()));
    fake.delete("Deployment", "web", Propagation::Foreground);
    fake.settle();
    assert_eq!(
        fake.names("Deployment").len() + fake.names("ReplicaSet").len() + fake.names("Pod").len(),
        0
    );
}

#[test]
fn stateful_set_goes_in_order() {
    let mut fake = Fake::new();
    let mut object = annotated(workload("StatefulSet", 3), "ready-after", "2s");
    object["spec"]["serviceName"] = json!("peers");
    object["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]);
    fake.create(object);
    fake.pass(1);
    assert_eq!(fake.names("Pod"), ["web-0"]);
    fake.pass(2);
    assert_eq!(fake.names("Pod"), ["web-0", "web-1"]);
    fake.pass(10);
    assert_eq!(fake.names("Pod"), ["web-0", "web-1", "web-2"]);
    assert_eq!(
        fake.names("PersistentVolumeClaim"),
        ["data-web-0", "data-web-1", "data-web-2"]
    );
    assert_eq!(
        fake.object("PersistentVolumeClaim", "data-web-2")["status"]["phase"],
        "Bound"
    );
    let pod = fake.object("Pod", "web-1");
    assert_eq!(
        (text(&pod["spec"]["hostname"]), text(&pod["spec"]["subdomain"])),
        ("web-1", "peers")
    );
    fake.log.clear();
    fake.edit("StatefulSet", "web", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.28")
    });
    fake.pass(20);
    let pods: Vec<&String> = fake
        .log
        .iter()
        .filter(|entry| entry.contains(" Pod/") && !entry.starts_with("status"))
        .collect();
    assert_eq!(
        pods,
        [
            "delete Pod/web-2",
            "create Pod/web-2",
            "delete Pod/web-1",
            "create Pod/web-1",
            "delete Pod/web-0",
            "create Pod/web-0"
        ]
    );
    let status = fake.object("StatefulSet", "web")["status"].take();
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(fake.names("ControllerRevision").len(), 2);
    fake.edit("StatefulSet", "web", |object| {
        object["spec"]["replicas"] = json!(1)
    });
    fake.pass(5);
    assert_eq!(fake.names("Pod"), ["web-0"]);
}

#[test]
fn daemon_set_rolls() {
    let mut fake = Fake::new();
    fake.create(workload("DaemonSet", 1));
    fake.settle();
    fake.edit("DaemonSet", "web", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.28")
    });
    fake.settle();
    let name = fake.names("Pod")[0].to_owned();
    assert_eq!(
        fake.object("Pod", &name)["spec"]["containers"][0]["image"],
        "nginx:1.28"
    );
    assert_eq!(
        fake.object("DaemonSet", "web")["status"]["updatedNumberScheduled"],
        1
    );
}

#[test]
fn jobs_end() {
    let mut fake = Fake::new();
    fake.create(job(json!({"ttlSecondsAfterFinished": 10})));
    fake.settle();
    assert_eq!(fake.log.len(), 2, "{:?}", fake.log);
    assert_eq!(
        fake.condition("Job", "run", "Complete"),
        "True CompletionsReached"
    );
    fake.pass(10);
    assert_eq!(fake.names("Job").len() + fake.names("Pod").len(), 0);

    let mut fake = Fake::new();
    fake.create(annotated(job(json!({})), "fail", "JobFailed"));
    fake.settle();
    assert_eq!(
        fake.condition("Job", "run", "Failed"),
        "True BackoffLimitExceeded"
    );
    assert_eq!(fake.object("Job", "run")["status"]["failed"], 1);

    let mut fake = Fake::new();
    fake.create(annotated(
        job(json!({"activeDeadlineSeconds": 5})),
        "ready-after",
        "1h",
    ));
    fake.pass(5);
    assert_eq!(fake.condition("Job", "run", "Failed"), "True DeadlineExceeded");
    assert_eq!(fake.names("Pod").len(), 0);

    let mut fake = Fake::new();
    fake.create(job(json!({"suspend": true})));
    fake.settle();
    assert_eq!(fake.condition("Job", "run", "Suspended"), "True JobSuspended");
    fake.edit("Job", "run", |object| object["spec"]["suspend"] = json!(false));
    fake.settle();
    assert_eq!(
        fake.condition("Job", "run", "Complete"),
        "True CompletionsReached"
    );
}

#[test]
fn cron_job_starts_jobs_and_forgets_them() {
    let mut fake = Fake::new();
    fake.create(json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": "default"},
        "spec": {"schedule": "*/5 * * * *", "successfulJobsHistoryLimit": 2,
            "jobTemplate": {"spec": job(json!({}))["spec"]}},
    }));
    fake.pass(4 * 60 + 59);
    assert_eq!(fake.names("Job").len(), 0);
    fake.pass(1);
    assert_eq!(fake.names("Job"), ["tick-31557605"]);
    fake.pass(20 * 60);
    assert_eq!(fake.names("Job").len(), 2);
    assert_eq!(
        fake.object("CronJob", "tick")["status"]["lastScheduleTime"],
        "2030-01-01T00:25:00Z"
    );
}

#[track_caller]
fn check_cron(schedule: &str, from: &str, expect: Option<&str>) {
    let next =
        super::cron::Schedule::parse(schedule).and_then(|schedule| schedule.next(from.parse().unwrap()));
    assert_eq!(next.map(|next| next.to_string()).as_deref(), expect, "{schedule}");
}

#[test]
fn cron_schedules() {
    check_cron("* * * * *", "2030-01-01T00:00:30", Some("2030-01-01T00:01:00"));
    check_cron("0 * * * *", "2030-01-01T00:00:00", Some("2030-01-01T01:00:00"));
    check_cron("@daily", "2030-01-31T00:00:00", Some("2030-02-01T00:00:00"));
    check_cron(
        "30 4 1,15 * 5",
        "2030-01-01T05:00:00",
        Some("2030-01-04T04:30:00"),
    );
    check_cron("0 0 29 2 *", "2030-01-01T00:00:00", Some("2032-02-29T00:00:00"));
    check_cron("0 0 * * 7", "2030-01-01T00:00:00", Some("2030-01-06T00:00:00"));
    check_cron(
        "0 0 * JAN-MAR mon",
        "2030-04-01T00:00:00",
        Some("2031-01-06T00:00:00"),
    );
    check_cron("5/20 * * * *", "2030-01-01T00:25:00", Some("2030-01-01T00:45:00"));
    check_cron("0 0 31 2 *", "2030-01-01T00:00:00", None);
    check_cron("60 * * * *", "2030-01-01T00:00:00", None);
    check_cron("* * * *", "2030-01-01T00:00:00", None);
    check_cron("*/0 * * * *", "2030-01-01T00:00:00", None);
    check_cron("", "2030-01-01T00:00:00", None);
}

fn service(kind: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": kind, "clusterIP": "10.96.0.10", "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]},
    })
}

#[test]
fn service_gets_address_and_endpoints() {
    let mut fake = Fake::new();
    fake.create(service("LoadBalancer"));
    fake.create(workload("Deployment", 2));
    fake.settle();
    let ingress = fake.object("Service", "web")["status"]["loadBalancer"]["ingress"][0].take();
    assert!(text(&ingress["ip"]).starts_with("172.18."), "{ingress}");
    let slice = fake.names("EndpointSlice")[0].to_owned();
    let slice = fake.object("EndpointSlice", &slice);
    assert_eq!(items(&slice["endpoints"]).len(), 2);
    assert_eq!(
        slice["ports"],
        json!([{"name": "http", "port": 8080, "protocol": "TCP"}])
    );
    assert_eq!(
        items(&fake.object("Endpoints", "web")["subsets"][0]["addresses"]).len(),
        2
    );
    fake.edit("Deployment", "web", |object| {
        object["spec"]["replicas"] = json!(0)
    });
    fake.settle();
    assert!(fake.object("Endpoints", "web").get("subsets").is_none());
}

#[test]
fn endpoints_tell_what_changed_them() {
    let mut fake = Fake::new();
    let noted = |fake: &Fake| {
        let slice = fake.object("EndpointSlice", fake.names("EndpointSlice")[0]);
        slice["metadata"]["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"].clone()
    };
    fake.create(service("ClusterIP"));
    fake.settle();
    let service = fake.object("Service", "web");
    assert_eq!(noted(&fake), service["metadata"]["creationTimestamp"]);
    fake.create(workload("Deployment", 1));
    fake.settle();
    let pod = fake.object("Pod", fake.names("Pod")[0]);
    let ready = items(&pod["status"]["conditions"])
        .iter()
        .find(|condition| condition["type"] == "Ready");
    assert_eq!(noted(&fake), ready.unwrap()["lastTransitionTime"]);
    fake.edit("Deployment", "web", |object| {
        object["spec"]["replicas"] = json!(0)
    });
    fake.settle();
    assert!(noted(&fake).is_null(), "a pod that is gone tells no time");
}

#[test]
fn service_without_selector_has_no_endpoints_of_ours() {
    let mut fake = Fake::new();
    let mut object = service("ClusterIP");
    object["spec"]["selector"] = Value::Null;
    fake.create(object);
    fake.settle();
    assert_eq!(fake.log, Vec::<String>::new());
}

#[test]
fn claims_bind_and_release() {
    let mut fake = Fake::new();
    fake.create(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default", "finalizers": ["kubernetes.io/pvc-protection"]},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
            "resources": {"requests": {"storage": "1Gi"}}},
    }));
    fake.settle();
    assert_eq!(
        fake.object("PersistentVolumeClaim", "data")["status"]["capacity"]["storage"],
        "1Gi"
    );
    assert_eq!(fake.names("PersistentVolume").len(), 1);
    fake.delete("PersistentVolumeClaim", "data", Propagation::Background);
    fake.settle();
    assert_eq!(
        fake.names("PersistentVolumeClaim").len() + fake.names("PersistentVolume").len(),
        0
    );
}

#[test]
fn bare_pods_run() {
    let pod = |policy: &str| {
        let mut pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}});
        pod["spec"] = template(json!({}))["spec"].take();
        pod["spec"]["restartPolicy"] = json!(policy);
        pod
    };
    for (pod, phase) in [
        (pod("Always"), "Running"),
        (pod("Never"), "Succeeded"),
        (annotated(pod("Always"), "fail", "Unschedulable"), "Pending"),
        (annotated(pod("Always"), "fail", "CrashLoopBackOff"), "Running"),
        (annotated(pod("Never"), "fail", "JobFailed"), "Failed"),
    ] {
        let mut fake = Fake::new();
        fake.create(pod);
        fake.settle();
        assert_eq!(fake.object("Pod", "p")["status"]["phase"], phase);
        // One for node and status, one for the generation that the binding gave.
        assert!(fake.log.len() <= 2, "{:?}", fake.log);
    }
}

#[test]
fn budgets_count() {
    let mut fake = Fake::new();
    fake.create(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    }));
    fake.create(workload("Deployment", 3));
    fake.settle();
    let status = fake.object("PodDisruptionBudget", "web")["status"].take();
    assert_eq!(
        (&status["disruptionsAllowed"], &status["desiredHealthy"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn bootstrap_makes_what_is_missing() {
    let mut fake = Fake::new();
    for action in bootstrap(&fake, &fake.config.clone(), fake.now) {
        fake.execute(action);
    }
    assert_eq!(fake.names("Node"), ["ferroflux"]);
    assert_eq!(
        fake.names("Namespace"),
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    assert!(bootstrap(&fake, &fake.config.clone(), fake.now).is_empty());
}

#[track_caller]
fn check_duration(text: &str, millis: Option<i128>) {
    assert_eq!(
        super::stage::duration(text).map(|duration| duration.as_millis()),
        millis,
        "{text}"
    );
}

#[test]
fn durations() {
    check_duration("2s", Some(2000));
    check_duration("1m30s", Some(90_000));
    check_duration("500ms", Some(500));
    check_duration("1.5h", Some(5_400_000));
    check_duration("2", None);
    check_duration("2x", None);
    check_duration("-2s", None);
    check_duration("", Some(0));
}

#[test]
fn rolling_update_arithmetic() {
    use super::rollout::{Bounds, bounds, grow, scaled, shrink};
    let of = |surge: Value, unavailable: Value, replicas: i64| {
        let mut object = workload("Deployment", replicas);
        object["spec"]["strategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
        let Bounds { surge, unavailable } = bounds(&object);
        (surge, unavailable)
    };
    assert_eq!(of(json!("25%"), json!("25%"), 1), (1, 0));
    assert_eq!(of(json!("25%"), json!("25%"), 10), (3, 2));
    assert_eq!(of(json!(0), json!(0), 10), (0, 1));
    assert_eq!(scaled(&json!("34%"), 3, true), Some(2));
    let both = Bounds {
        surge: 1,
        unavailable: 0,
    };
    assert_eq!(grow(1, 0, 1, both), 1);
    assert_eq!(grow(4, 0, 4, both), 1);
    assert_eq!(shrink(4, both, (1, 1), (4, 4)), 1);
    assert_eq!(shrink(4, both, (1, 0), (4, 4)), 0);
    assert_eq!(shrink(4, both, (0, 0), (4, 2)), 0);
}
