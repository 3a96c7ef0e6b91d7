//! Who waits for whom.

use serde_json::json;

use crate::world::{NS, World, config, config_map, kustomization, ready};

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_comes_after() {
    let world = World::new().await;
    world
        .kustomize("app", json!({"path": "app", "dependsOn": [{"name": "infra"}]}))
        .await;
    world
        .push(
            "repo",
            "1",
            &[
                ("app/a.yaml", &config("app", "1")),
                ("infra/a.yaml", &config("infra", "1")),
            ],
        )
        .await;
    let object = world.until_reason("app", "DependencyNotReady").await;
    assert_eq!(
        ready(&object)["message"],
        "dependency 'flux-system/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io \"infra\" not found"
    );
    assert_eq!(world.get(&config_map(), "apps", "app").await, None);
    world.kustomize("infra", json!({"path": "infra"})).await;
    // The backstop is thirty seconds; that this is quicker shows only in the time that the tests take.
    world.until_ready("app", "1").await;
    world
        .push(
            "repo",
            "2",
            &[
                ("app/a.yaml", &config("app", "2")),
                ("infra/a.yaml", &config("infra", "2")),
            ],
        )
        .await;
    world.until_ready("app", "2").await;
    let infra = world.get(&kustomization(), NS, "infra").await.unwrap();
    assert!(
        infra["status"]["lastAppliedRevision"]
            .as_str()
            .unwrap()
            .ends_with('2')
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_is_told() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("a", json!({"dependsOn": [{"name": "b"}]})).await;
    world.kustomize("b", json!({"dependsOn": [{"name": "a"}]})).await;
    world
        .until(&kustomization(), NS, "b", |object| {
            let message = ready(object)["message"].as_str().unwrap_or_default();
            message == "dependency cycle: flux-system/b -> flux-system/a -> flux-system/b; remove one of these dependencies"
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_source_is_waited_for() {
    let world = World::new().await;
    world.kustomize("main", json!({})).await;
    let object = world.until_reason("main", "ArtifactFailed").await;
    assert_eq!(
        ready(&object)["message"],
        "GitRepository.source.toolkit.fluxcd.io \"repo\" not found"
    );
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.until_ready("main", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_path_is_told() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({"path": "./nowhere"})).await;
    let expect = "kustomization path not found: \"nowhere\" is no directory of the source";
    let object = world
        .until(&kustomization(), NS, "main", |object| {
            ready(object)["message"] == expect
        })
        .await;
    assert_eq!(ready(&object)["reason"], "ArtifactFailed");
}
