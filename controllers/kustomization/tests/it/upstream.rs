//! What users and tools see of a Kustomization, held against what upstream's controller writes: conditions, events with their
//! metadata, fields of the status.

use flux_kube::{Gvk, WatchEvent, WatchOptions};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::world::{NS, World, condition, config, kustomization, ready};

/// Group of the metadata of events.
const GROUP: &str = "kustomize.toolkit.fluxcd.io/";
/// Revision of everything that is pushed here.
const REVISION: &str = "main@sha1:0000000000000000000000000000000000000001";

struct Expect<'a> {
    /// `Type Status Reason Message`; `…` at the end stands for the rest.
    conditions: &'a [&'a str],
    /// `Type Reason {metadata} Message`, in any order; `REV` stands for the revision.
    events: &'a [&'a str],
    /// Fields of the status besides conditions and the observed generation.
    status: &'a [&'a str],
    /// Whether the status speaks of the present generation.
    observed: bool,
}

fn line(parts: &[&Value]) -> String {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_str()).collect();
    parts.join(" ").replace(REVISION, "REV")
}

fn fits(found: &str, expect: &str) -> bool {
    match expect.strip_suffix('…') {
        Some(start) => found.starts_with(start),
        None => found == expect,
    }
}

fn told(event: &Value) -> String {
    let annotations = event["metadata"]["annotations"].as_object();
    let metadata: Vec<String> = annotations
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let key = key
                .strip_prefix(GROUP)
                .unwrap_or_else(|| panic!("{key} is of another group"));
            format!("{key}={}", value.as_str().unwrap())
        })
        .collect();
    let metadata: Value = format!("{{{}}}", metadata.join(" ")).into();
    line(&[&event["type"], &event["reason"], &metadata, &event["message"]])
}

impl World {
    /// Waits until each of the events was seen; no other may come before them.
    async fn expect_events(&self, name: &str, expect: &[&str]) {
        let mut missing: Vec<&str> = expect.to_vec();
        let mut seen = Vec::new();
        let mut events = flux_kube::watch(
            self.client.clone(),
            Gvk::new("v1", "Event"),
            WatchOptions::default(),
        );
        let look = async {
            while !missing.is_empty() {
                let Some(WatchEvent::Listed(event) | WatchEvent::Applied(event)) = events.next().await else {
                    continue;
                };
                if event["involvedObject"]["name"] != name {
                    continue;
                }
                let told = told(&event);
                missing.retain(|expect| !fits(&told, expect));
                seen.push(told);
            }
        };
        let found = tokio::time::timeout(std::time::Duration::from_secs(30), look).await;
        assert!(found.is_ok(), "missing {missing:#?}, seen {seen:#?}");
        let strange: Vec<&String> = seen
            .iter()
            .filter(|told| !expect.iter().any(|expect| fits(told, expect)))
            .collect();
        assert!(strange.is_empty(), "{strange:#?}");
    }

    fn expect_status(object: &Value, expect: &Expect<'_>) {
        let conditions = object["status"]["conditions"].as_array().unwrap();
        let found: Vec<String> = conditions
            .iter()
            .map(|one| line(&[&one["type"], &one["status"], &one["reason"], &one["message"]]))
            .collect();
        assert_eq!(found.len(), expect.conditions.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect.conditions) {
            assert!(fits(found, expect), "{found:?} is not {expect:?}");
        }
        assert!(
            conditions
                .iter()
                .all(|one| one["observedGeneration"] == object["metadata"]["generation"])
        );
        let status = object["status"].as_object().unwrap();
        let fields: Vec<&str> = status.keys().map(String::as_str).collect();
        let fields: Vec<&str> = fields
            .into_iter()
            .filter(|field| !["conditions", "observedGeneration"].contains(field))
            .collect();
        assert_eq!(fields, expect.status);
        let observed = status["observedGeneration"] == object["metadata"]["generation"];
        assert_eq!(observed, expect.observed);
    }
}

/// A Kustomization with this spec on a source with these files comes to this reason of `Ready`.
async fn check(files: &[(&str, &str)], spec: Value, reason: &str, expect: Expect<'_>) {
    let world = World::new().await;
    if !files.is_empty() {
        world.push("repo", "1", files).await;
    }
    let mut whole = json!({"interval": "10m", "retryInterval": "1h"});
    whole
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    world.kustomize("main", whole).await;
    let object = world
        .until(&kustomization(), NS, "main", |object| {
            ready(object)["reason"] == reason && condition(object, "Reconciling")["reason"] != "Progressing"
        })
        .await;
    World::expect_status(&object, &expect);
    world.expect_events("main", expect.events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_run() {
    let all = [
        "history",
        "inventory",
        "lastAppliedRevision",
        "lastAttemptedRevision",
    ];
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({}),
        "ReconciliationSucceeded",
        Expect {
            conditions: &["Ready True ReconciliationSucceeded Applied revision: REV"],
            events: &[
                "Normal Progressing {revision=REV} ConfigMap/apps/a created",
                "Normal ReconciliationSucceeded {commit_status=update revision=REV} Reconciliation finished in …",
            ],
            status: &all,
            observed: true,
        },
    )
    .await;
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({"wait": true}),
        "ReconciliationSucceeded",
        Expect {
            conditions: &[
                "Ready True ReconciliationSucceeded Applied revision: REV",
                "Healthy True Succeeded Health check passed in …",
            ],
            events: &[
                "Normal Progressing {revision=REV} ConfigMap/apps/a created",
                "Normal Progressing {revision=REV} Health check passed in …",
                "Normal ReconciliationSucceeded {commit_status=update revision=REV} Reconciliation finished in …",
            ],
            status: &all,
            observed: true,
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_waited_for() {
    check(
        &[],
        json!({}),
        "ArtifactFailed",
        Expect {
            conditions: &[
                "Ready False ArtifactFailed GitRepository.source.toolkit.fluxcd.io \"repo\" not found",
            ],
            events: &[],
            status: &[],
            observed: false,
        },
    )
    .await;
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({"dependsOn": [{"name": "infra"}]}),
        "DependencyNotReady",
        Expect {
            conditions: &[
                "Ready False DependencyNotReady dependency 'flux-system/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io \"infra\" not found",
            ],
            events: &[
                "Normal DependencyNotReady {revision=REV} Dependencies do not meet ready condition, retrying in 30s",
            ],
            status: &[],
            observed: false,
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused() {
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({"sourceRef": {"kind": "ExternalArtifact", "name": "repo"}}),
        "AccessDenied",
        Expect {
            conditions: &[
                "Stalled True AccessDenied can't access 'ExternalArtifact/flux-system/repo', ExternalArtifact feature gate is disabled",
                "Ready False AccessDenied can't access 'ExternalArtifact/flux-system/repo', ExternalArtifact feature gate is disabled",
            ],
            events: &[
                "Warning AccessDenied {} can't access 'ExternalArtifact/flux-system/repo', ExternalArtifact feature gate is disabled",
            ],
            status: &[],
            observed: true,
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_built() {
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({"path": "./nowhere"}),
        "ArtifactFailed",
        Expect {
            conditions: &[
                "Reconciling True ProgressingWithRetry Fetching manifests for revision REV with a timeout of 9m30s",
                "Ready False ArtifactFailed kustomization path not found: …",
            ],
            events: &["Warning ArtifactFailed {revision=REV} kustomization path not found: …"],
            status: &[],
            observed: false,
        },
    )
    .await;
    let building =
        "Reconciling True ProgressingWithRetry Building manifests for revision REV with a timeout of 30s";
    check(
        &[("a.yaml", "kind: [")],
        json!({"timeout": "5s"}),
        "BuildFailed",
        Expect {
            conditions: &[building, "Ready False BuildFailed …"],
            events: &["Warning BuildFailed {revision=REV} …"],
            status: &["lastAttemptedRevision"],
            observed: false,
        },
    )
    .await;
    let missing = "post build failed: substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found";
    check(
        &[("a.yaml", &config("a", "1"))],
        json!({"timeout": "5s", "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}}),
        "BuildFailed",
        Expect {
            conditions: &[building, &format!("Ready False BuildFailed {missing}")],
            events: &[&format!("Warning BuildFailed {{revision=REV}} {missing}")],
            status: &["lastAttemptedRevision"],
            observed: false,
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_applied() {
    let drift =
        "Reconciling True ProgressingWithRetry Detecting drift for revision REV with a timeout of 9m30s";
    let homeless = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    check(
        &[("a.yaml", homeless)],
        json!({}),
        "ReconciliationFailed",
        Expect {
            conditions: &[
                drift,
                "Ready False ReconciliationFailed ConfigMap/a namespace not specified",
            ],
            events: &["Warning ReconciliationFailed {revision=REV} ConfigMap/a namespace not specified"],
            // Nothing was ever applied, so there is no inventory.
            status: &["history", "lastAttemptedRevision"],
            observed: false,
        },
    )
    .await;
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: apps\ndata:\n  a: ENC[x]\nsops:\n  mac: x\n";
    let encrypted = "Secret/apps/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled…";
    check(
        &[("s.yaml", secret)],
        json!({}),
        "ReconciliationFailed",
        Expect {
            conditions: &[drift, &format!("Ready False ReconciliationFailed {encrypted}")],
            events: &[&format!(
                "Warning ReconciliationFailed {{revision=REV}} {encrypted}"
            )],
            status: &["lastAttemptedRevision"],
            observed: false,
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_health_is_checked() {
    let missing = json!([{"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": "apps"}]);
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world
        .kustomize("main", json!({"interval": "10m", "healthChecks": missing}))
        .await;
    let object = world
        .until(&kustomization(), NS, "main", |object| {
            condition(object, "Healthy")["status"] == "Unknown"
        })
        .await;
    let running = "Running health checks for revision REV with a timeout of 9m30s";
    World::expect_status(
        &object,
        &Expect {
            conditions: &[
                &format!("Reconciling True Progressing {running}"),
                "Ready Unknown Progressing Reconciliation in progress",
                &format!("Healthy Unknown Progressing {running}"),
            ],
            events: &[],
            status: &["inventory", "lastAttemptedRevision"],
            observed: false,
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_object() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    world.delete(&kustomization(), NS, "main").await;
    world
        .expect_events(
            "main",
            &[
                "Normal Progressing {revision=REV} ConfigMap/apps/a created",
                "Normal ReconciliationSucceeded {commit_status=update revision=REV} Reconciliation finished in …",
                "Normal ReconciliationSucceeded {revision=REV} ConfigMap/apps/a deleted",
            ],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_depends_on_a_suspended_object_goes_on() {
    let world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("x/a.yaml", &config("a", "1")), ("y/b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("infra", json!({"path": "x"})).await;
    world.until_ready("infra", "1").await;
    world
        .kustomize("infra", json!({"path": "x", "suspend": true}))
        .await;
    let object = world
        .until(&kustomization(), NS, "infra", |object| {
            object["status"]["observedGeneration"] == 2
        })
        .await;
    assert_eq!(ready(&object)["status"], "True");
    world
        .kustomize("app", json!({"path": "y", "dependsOn": [{"name": "infra"}]}))
        .await;
    world.until_ready("app", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_what() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    let object = world.get(&kustomization(), NS, "main").await.unwrap();
    let managers = |object: &Value| -> Vec<String> {
        let fields = object["metadata"]["managedFields"].as_array().unwrap();
        let mut names: Vec<String> = fields
            .iter()
            .map(|one| line(&[&one["manager"], &one["operation"], &one["subresource"]]))
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        managers(&object),
        [
            "gotk-kustomize-controller Update",
            "gotk-kustomize-controller Update status",
            "test Apply"
        ]
    );
    let applied = world.get(&crate::world::config_map(), "apps", "a").await.unwrap();
    assert_eq!(managers(&applied), ["kustomize-controller Apply"]);
}
