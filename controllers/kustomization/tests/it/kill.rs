//! A controller that is killed at any instant, and another that takes over.

use serde_json::json;

use crate::world::{World, config, config_map, inventory};

/// All requests that write anything are tried as the last one, with and without being done.
fn instants(writes: usize) -> impl Iterator<Item = (usize, bool)> {
    (0..writes).flat_map(|writes| [(writes, false), (writes, true)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_can_be_killed_anywhere() {
    // Finalizer, two dry runs, status, two objects, status.
    for (writes, done) in instants(7) {
        let mut world = World::new().await;
        world.fuse.arm(writes, done);
        world
            .push(
                "repo",
                "1",
                &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
            )
            .await;
        world.kustomize("main", json!({})).await;
        world.fuse.burnt().await;
        // What was applied and is not in the source any more must be known to whoever comes next.
        world.push("repo", "2", &[("a.yaml", &config("a", "1"))]).await;
        world.restart();
        let object = world.until_ready("main", "2").await;
        assert_eq!(
            inventory(&object),
            ["apps_a__ConfigMap"],
            "after {writes} writes, done: {done}"
        );
        assert!(world.get(&config_map(), "apps", "a").await.is_some());
        assert_eq!(
            world.get(&config_map(), "apps", "b").await,
            None,
            "after {writes} writes, done: {done}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_can_be_killed_anywhere() {
    // Two dry runs, status, a changed and a new object, deletion, status.
    for (writes, done) in instants(7) {
        let mut world = World::new().await;
        world
            .push(
                "repo",
                "1",
                &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
            )
            .await;
        world.kustomize("main", json!({})).await;
        world.until_ready("main", "1").await;
        world.fuse.arm(writes, done);
        world
            .push(
                "repo",
                "2",
                &[("a.yaml", &config("a", "2")), ("c.yaml", &config("c", "1"))],
            )
            .await;
        world.fuse.burnt().await;
        world.push("repo", "3", &[("a.yaml", &config("a", "3"))]).await;
        world.restart();
        let object = world.until_ready("main", "3").await;
        assert_eq!(
            inventory(&object),
            ["apps_a__ConfigMap"],
            "after {writes} writes, done: {done}"
        );
        assert_eq!(
            world.get(&config_map(), "apps", "a").await.unwrap()["data"]["key"],
            "3"
        );
        for name in ["b", "c"] {
            assert_eq!(
                world.get(&config_map(), "apps", name).await,
                None,
                "{name} after {writes} writes, done: {done}"
            );
        }
    }
}
