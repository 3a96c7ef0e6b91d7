//! Another writer who is always first: before each status is written, the object changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use bytes::Bytes;
use flux_api::kustomization;
use flux_cluster::{Cluster, User};
use flux_kube::{Client, Gvk, ObjectRef, Patch, WriteOptions};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;
use tower::{ServiceExt as _, service_fn};

use crate::world::{World, condition, ready};

/// A client that is overtaken at its next `times` writes of a status, and how many of them are left.
fn overtaken(cluster: &Cluster, times: u32) -> (Client, Arc<AtomicU32>) {
    let service = cluster.service(User::admin());
    let other = Client::from_service(service.clone());
    let left = Arc::new(AtomicU32::new(times));
    let counter = left.clone();
    let client = Client::from_service(service_fn(move |request: Request<Full<Bytes>>| {
        let (service, other, left) = (service.clone(), other.clone(), left.clone());
        async move {
            let path = request.uri().path().to_owned();
            let is_status = request.method() == Method::PATCH && path.ends_with("/status");
            if is_status && let Ok(before) = left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
                let name = path.rsplit('/').nth(1).unwrap();
                let kind = Gvk::new(kustomization::API_VERSION, kustomization::KIND);
                let patch = Patch::Merge(json!({"metadata": {"labels": {"left": before.to_string()}}}));
                let target = ObjectRef::new(kind, "default", name);
                other
                    .patch(&target, &patch, &WriteOptions::default())
                    .await
                    .unwrap();
            }
            service.oneshot(request).await
        }
    }));
    (client, counter)
}

async fn check(times: u32, passes: usize) {
    let mut left = None;
    let world = World::start_on(
        |_| {},
        |cluster| {
            let (client, counter) = overtaken(cluster, times);
            left = Some(counter);
            client
        },
    )
    .await;
    world.create("plain", |_| {}).await;
    let waiting = world.until("plain", |object| {
        // A status that could not be written is no failure of the work.
        assert_ne!(ready(object), "False");
        ready(object) == "True"
    });
    let object = waiting.await;
    assert_eq!(condition(&object, "Ready")["reason"], "ReconciliationSucceeded");
    assert_eq!(
        (left.unwrap().load(SeqCst), world.notes.of("plain").passes.len()),
        (0, passes)
    );
    world.end().await;
}

#[tokio::test]
async fn a_status_is_written_once_the_others_let_it() {
    check(4, 1).await;
}

#[tokio::test]
async fn a_status_that_cannot_be_written_brings_another_pass() {
    check(5, 2).await;
}
