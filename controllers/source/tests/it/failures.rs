use serde_json::{Value, json};

use crate::world::{Repository, World, condition, conditions};

#[tokio::test]
async fn a_branch_that_is_gone_fails_until_it_is_back() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    let url = repository.url();
    world
        .create("fleet", &url, json!({ "ref": { "branch": "develop" } }))
        .await;
    let failed = world
        .until("fleet", |object| condition(object, "Ready")["status"] == "False")
        .await;
    let cause = format!(
        "failed to checkout and determine revision: unable to clone '{url}': couldn't find remote ref \"refs/heads/develop\" (there are: main)"
    );
    let held = conditions(&failed);
    assert!(
        held[0].starts_with("Reconciling True ProgressingWithRetry "),
        "{held:#?}"
    );
    assert_eq!(held[1], format!("Ready False GitOperationFailed {cause}"));
    assert_eq!(held[2], format!("FetchFailed True GitOperationFailed {cause}"));
    let event = world.event("fleet", "GitOperationFailed").await;
    assert_eq!(
        (&event["type"], &event["message"]),
        (&json!("Warning"), &json!(cause))
    );

    repository.git(&["branch", "develop"]);
    let object = world.ready("fleet").await;
    assert!(condition(&object, "FetchFailed").is_null() && condition(&object, "Reconciling").is_null());
    world.end().await;
}

#[tokio::test]
async fn a_recovery_is_told_and_the_artifact_survives_the_failure() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let first = world.ready("fleet").await;
    let away = repository.path().with_extension("away");
    std::fs::rename(repository.path(), &away).unwrap();
    world.request("fleet", "one").await;
    let failed = world
        .until("fleet", |object| {
            condition(object, "FetchFailed")["status"] == "True"
        })
        .await;
    assert_eq!(failed["status"]["artifact"], first["status"]["artifact"]);
    assert_eq!(condition(&failed, "ArtifactInStorage")["status"], "True");
    std::fs::rename(&away, repository.path()).unwrap();
    world.ready("fleet").await;
    let event = world.event("fleet", "Succeeded").await;
    let revision = first["status"]["artifact"]["revision"].as_str().unwrap();
    assert_eq!(
        event["message"],
        format!("stored artifact for commit '{revision}'")
    );
    world.end().await;
}

/// What is refused for good, with the start of its message.
async fn stalls(spec: Value, reason: &str, message: &str) {
    let world = World::start().await;
    world.create("fleet", "https://example.invalid/x", spec).await;
    let object = world
        .until("fleet", |object| condition(object, "Stalled")["status"] == "True")
        .await;
    for kind in ["Stalled", "Ready", "FetchFailed"] {
        let held = condition(&object, kind);
        assert_eq!(held["reason"], reason);
        assert!(held["message"].as_str().unwrap().starts_with(message), "{held:#}");
    }
    assert_eq!(condition(&object, "Ready")["status"], "False");
    assert!(condition(&object, "Reconciling").is_null());
    assert_eq!(object["status"]["observedGeneration"], 1);
    world.end().await;
}

#[tokio::test]
async fn what_is_not_supported_stalls() {
    let verify = json!({ "verify": { "mode": "HEAD", "secretRef": { "name": "keys" } } });
    stalls(verify, "UnsupportedField", "spec.verify is not supported yet: ").await;
    stalls(
        json!({ "url": "ssh://git@example.com/x" }),
        "UnsupportedField",
        "spec.url is not supported yet: ",
    )
    .await;
}

#[tokio::test]
async fn a_local_repository_stalls_where_it_is_not_allowed() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start_with(|settings| settings.allow_local = false).await;
    world.create("fleet", &repository.url(), json!({})).await;
    let object = world
        .until("fleet", |object| condition(object, "Stalled")["status"] == "True")
        .await;
    assert_eq!(condition(&object, "Stalled")["reason"], "URLInvalid");
    world.end().await;
}

#[tokio::test]
async fn missing_and_malformed_secrets_are_authentication_failures() {
    let world = World::start().await;
    let spec = json!({ "secretRef": { "name": "token" } });
    world.create("fleet", "https://example.invalid/x", spec).await;
    let failed = world
        .until("fleet", |object| {
            condition(object, "FetchFailed")["status"] == "True"
        })
        .await;
    let held = condition(&failed, "Ready");
    assert_eq!(held["reason"], "AuthenticationFailed");
    assert_eq!(
        held["message"],
        "failed to get secret 'default/token': secrets \"token\" not found"
    );

    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "namespace": "default", "name": "token" },
        "stringData": { "username": "u", "bearerToken": "t" },
    });
    world
        .client
        .create(&secret, &flux_kube::WriteOptions::default())
        .await
        .unwrap();
    let message = "failed to configure authentication options: secret 'default/token': basic auth and bearer token cannot be set at the same time";
    world
        .until("fleet", |object| condition(object, "Ready")["message"] == message)
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_a_storage_failure() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    // A file stands where the directory has to be.
    std::fs::create_dir_all(world.directory.path().join("gitrepository/default")).unwrap();
    let blocked = world.directory.path().join("gitrepository/default/fleet");
    std::fs::write(&blocked, "").unwrap();
    world.create("fleet", &repository.url(), json!({})).await;
    let failed = world
        .until("fleet", |object| {
            !condition(object, "StorageOperationFailed").is_null()
        })
        .await;
    let held = condition(&failed, "Ready");
    assert_eq!(
        (&held["status"], &held["reason"]),
        (&json!("False"), &json!("DirectoryCreationFailed"))
    );
    assert!(
        held["message"]
            .as_str()
            .unwrap()
            .starts_with("failed to create artifact directory: "),
        "{held:#}"
    );
    std::fs::remove_file(&blocked).unwrap();
    let object = world.ready("fleet").await;
    assert!(condition(&object, "StorageOperationFailed").is_null());
    world.end().await;
}
