use flux_kube::DeleteOptions;
use flux_kube::ObjectRef;
use serde_json::json;

use crate::world::{Repository, World, artifact, condition, conditions, kind};

#[tokio::test]
async fn a_repository_becomes_an_artifact() {
    let repository = Repository::with(&[
        ("apps/web.yaml", "kind: Service"),
        ("logo.png", "x"),
        (".gitignore", ""),
    ]);
    let hash = repository.git(&["rev-parse", "HEAD"]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;

    let object = world.ready("fleet").await;
    let stored = format!("stored artifact for revision 'main@sha1:{hash}'");
    assert_eq!(
        conditions(&object),
        [
            format!("Ready True Succeeded {stored}"),
            format!("ArtifactInStorage True Succeeded {stored}")
        ]
    );
    assert_eq!(object["status"]["observedGeneration"], 1);
    assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    let artifact = artifact(&object);
    assert_eq!(artifact.revision, format!("main@sha1:{hash}"));
    assert_eq!(
        artifact.path,
        format!("gitrepository/default/fleet/{hash}.tar.gz")
    );
    assert_eq!(artifact.url, format!("http://source.example/{}", artifact.path));
    let archive = std::fs::read(world.directory.path().join(&artifact.path)).unwrap();
    assert!(
        artifact
            .digest
            .parse::<flux_artifact::Digest>()
            .unwrap()
            .matches(&archive)
    );
    assert_eq!(artifact.size, Some(archive.len() as i64));
    assert_eq!(world.files(&object).await, ["apps/web.yaml"]);

    let event = world.event("fleet", "NewArtifact").await;
    assert_eq!(event["message"], "stored artifact for commit 'first'");
    assert_eq!(event["type"], "Normal");
    let annotations = &event["metadata"]["annotations"];
    assert_eq!(
        annotations["source.toolkit.fluxcd.io/revision"],
        artifact.revision
    );
    assert_eq!(annotations["source.toolkit.fluxcd.io/digest"], artifact.digest);
    world.end().await;
}

#[tokio::test]
async fn a_new_commit_is_a_new_artifact_and_no_commit_is_none() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let first = artifact(&world.ready("fleet").await);

    let same = world.reconcile("fleet", "one").await;
    assert_eq!(artifact(&same), first);
    let event = world.event("fleet", "GitOperationSucceeded").await;
    let expect = format!(
        "no changes since last reconciliation: observed revision '{}'",
        first.revision
    );
    assert_eq!(event["message"], expect);

    let hash = repository.commit("second", &[("a", "2")]);
    let object = world.reconcile("fleet", "two").await;
    let second = artifact(&object);
    assert_eq!(second.revision, format!("main@sha1:{hash}"));
    assert_ne!(second.digest, first.digest);
    assert!(condition(&object, "ArtifactOutdated").is_null());
    // The old one is kept for those who still read it.
    assert!(world.directory.path().join(&first.path).exists());
    world.end().await;
}

#[tokio::test]
async fn other_rules_make_another_artifact_of_the_same_commit() {
    let repository = Repository::with(&[("a.yaml", "1"), ("b.yaml", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let first = world.ready("fleet").await;
    world
        .patch("fleet", json!({ "spec": { "ignore": "b.yaml" } }))
        .await;
    let second = world
        .until("fleet", |object| object["status"]["observedIgnore"] == "b.yaml")
        .await;
    assert_eq!(second["status"]["observedGeneration"], 2);
    assert_eq!(artifact(&second).revision, artifact(&first).revision);
    assert_eq!(world.files(&second).await, ["a.yaml"]);
    world.end().await;
}

#[tokio::test]
async fn what_disappeared_or_rotted_is_built_again() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let first = artifact(&world.ready("fleet").await);
    let file = world.directory.path().join(&first.path);

    std::fs::remove_file(&file).unwrap();
    let again = artifact(&world.reconcile("fleet", "one").await);
    assert_eq!((&again.digest, file.exists()), (&first.digest, true));

    std::fs::write(&file, "rotten").unwrap();
    let again = artifact(&world.reconcile("fleet", "two").await);
    assert_eq!(again.digest, first.digest);
    let event = world.event("fleet", "ArtifactVerificationFailed").await;
    assert_eq!(event["type"], "Warning");
    world.store.verify(&again).await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn includes_are_copied_in_and_followed() {
    let other = Repository::with(&[("charts/x/Chart.yaml", "1"), ("y", "1")]);
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    let include = json!([{ "repository": { "name": "other" }, "fromPath": "charts", "toPath": "vendor" }]);
    world
        .create("fleet", &repository.url(), json!({ "include": include }))
        .await;
    let waiting = world
        .until("fleet", |object| {
            !condition(object, "IncludeUnavailable").is_null()
        })
        .await;
    let unavailable = condition(&waiting, "IncludeUnavailable");
    assert_eq!(
        (&unavailable["status"], &unavailable["reason"]),
        (&json!("True"), &json!("NotFound"))
    );
    assert_eq!(condition(&waiting, "Ready")["reason"], "NotFound");

    // The backstop would come in thirty seconds.
    world.create("other", &other.url(), json!({})).await;
    let object = world.ready("fleet").await;
    assert_eq!(world.files(&object).await, ["a", "vendor/x/Chart.yaml"]);
    assert_eq!(object["status"]["includedArtifacts"].as_array().unwrap().len(), 1);
    assert!(condition(&object, "IncludeUnavailable").is_null());

    other.commit("second", &[("charts/z", "2")]);
    world.reconcile("other", "one").await;
    let followed = world.until("fleet", |now| {
        now["status"]["artifact"]["digest"] != object["status"]["artifact"]["digest"]
            && condition(now, "Ready")["status"] == "True"
    });
    let followed = followed.await;
    assert_eq!(
        world.files(&followed).await,
        ["a", "vendor/x/Chart.yaml", "vendor/z"]
    );
    assert_eq!(artifact(&followed).revision, artifact(&object).revision);
    world.end().await;
}

#[tokio::test]
async fn a_deleted_object_takes_its_artifacts_with_it() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let object = world.ready("fleet").await;
    let directory = world.directory.path().join(artifact(&object).path);
    let directory = directory.parent().unwrap();
    assert!(directory.exists());
    let target = ObjectRef::new(kind(), "default", "fleet");
    world
        .client
        .delete(&target, &DeleteOptions::default())
        .await
        .unwrap();
    world.until_gone("fleet").await;
    assert!(!directory.exists());
    world.end().await;
}

#[tokio::test]
async fn a_suspended_object_is_left_alone() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world
        .create("resting", &repository.url(), json!({ "suspend": true }))
        .await;
    world.create("fleet", &repository.url(), json!({})).await;
    world.ready("fleet").await;
    let resting = world.until("resting", |_| true).await;
    assert!(resting["status"]["conditions"].is_null(), "{resting:#}");
    world
        .patch("resting", json!({ "spec": { "suspend": false } }))
        .await;
    world.ready("resting").await;
    world.end().await;
}

#[tokio::test]
async fn a_working_tree_is_followed_with_its_uncommitted_changes() {
    let repository = Repository::with(&[("a", "1")]);
    let path = repository.path().to_owned();
    let world = World::start_with(|settings| settings.worktrees = vec![path]).await;
    world.create("fleet", &repository.url(), json!({})).await;
    let first = world.ready("fleet").await;
    repository.write("b", "new");
    let second = world.reconcile("fleet", "one").await;
    assert_eq!(world.files(&second).await, ["a", "b"]);
    assert_ne!(artifact(&second).revision, artifact(&first).revision);
    let third = world.reconcile("fleet", "two").await;
    assert_eq!(artifact(&third), artifact(&second));
    world.end().await;
}
