//! Create, read, update, patch, watch and delete with kube-rs, as a program of somebody else would do it.

use std::path::Path;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Config, ResourceExt as _};
use serde_json::{Value, json};

const SPACE: &str = "rust";

/// Long enough for any machine; only what never comes takes it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the script against the cluster of a kubeconfig.
pub(super) fn script(kubeconfig: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = client(kubeconfig).await;
        let spaces: Api<Namespace> = Api::all(client.clone());
        let space = object(json!({"metadata": {"name": SPACE}}));
        spaces.create(&PostParams::default(), &space).await.unwrap();
        maps(&client).await;
        workload(&client).await;
        custom(&client).await;
        spaces.delete(SPACE, &DeleteParams::default()).await.unwrap();
        gone(spaces, SPACE).await;
    });
}

async fn client(kubeconfig: &Path) -> Client {
    let file = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    Client::try_from(config).unwrap()
}

fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

/// Waits until an object is not there any more.
async fn gone<K>(api: Api<K>, name: &str)
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
{
    let left = await_condition(api.clone(), name, |found: Option<&K>| found.is_none());
    tokio::time::timeout(PATIENCE, left).await.unwrap().unwrap();
    assert!(api.get_opt(name).await.unwrap().is_none());
}

/// Every verb on one object, seen by a watcher that began with a list.
async fn maps(client: &Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), SPACE);
    let named = |name: &str, value: &str| {
        object::<ConfigMap>(json!({
            "metadata": {"name": name, "labels": {"x": "1"}},
            "data": {"k": value},
        }))
    };
    let post = PostParams::default();
    maps.create(&post, &named("before", "v")).await.unwrap();
    let again = maps.create(&post, &named("before", "v")).await.unwrap_err();
    assert!(
        matches!(&again, kube::Error::Api(status) if status.code == 409),
        "{again}"
    );

    let config = watcher::Config::default().labels("x=1");
    let mut events = Box::pin(watcher(maps.clone(), config).default_backoff());
    assert_eq!(
        seen(&mut events, 3).await,
        ["init", "listed before v", "listed all"]
    );
    maps.create(&post, &named("a", "v")).await.unwrap();
    let mut found = maps.get("a").await.unwrap();
    let stale = found.clone();
    found.data.as_mut().unwrap().insert("k".into(), "w".into());
    maps.replace("a", &post, &found).await.unwrap();
    let refused = maps.replace("a", &post, &stale).await.unwrap_err();
    assert!(
        matches!(&refused, kube::Error::Api(status) if status.reason == "Conflict"),
        "{refused}"
    );
    let merge = Patch::Merge(json!({"data": {"k": "x"}}));
    maps.patch("a", &PatchParams::default(), &merge).await.unwrap();
    let apply = Patch::Apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "y"}}));
    let mine = PatchParams::apply("script");
    let conflict = maps.patch("a", &mine, &apply).await.unwrap_err();
    assert!(conflict.to_string().contains("conflict with"), "{conflict}");
    maps.patch("a", &mine.force(), &apply).await.unwrap();
    let listed = maps.list(&ListParams::default().labels("x=1")).await.unwrap();
    let names: Vec<String> = listed.iter().map(|map| map.name_any()).collect();
    assert_eq!(names, ["a", "before"]);
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert_eq!(
        seen(&mut events, 5).await,
        ["set a v", "set a w", "set a x", "set a y", "gone a y"]
    );
}

/// The next events of a watcher, a word or three for each.
async fn seen(
    events: &mut (impl futures::Stream<Item = watcher::Result<watcher::Event<ConfigMap>>> + Unpin),
    count: usize,
) -> Vec<String> {
    let words = |map: &ConfigMap| {
        let value = map.data.as_ref().and_then(|data| data.get("k")).cloned();
        format!("{} {}", map.name_any(), value.unwrap_or_default())
    };
    let told = events.take(count).map_ok(|event| match event {
        watcher::Event::Init => "init".to_owned(),
        watcher::Event::InitApply(map) => format!("listed {}", words(&map)),
        watcher::Event::InitDone => "listed all".to_owned(),
        watcher::Event::Apply(map) => format!("set {}", words(&map)),
        watcher::Event::Delete(map) => format!("gone {}", words(&map)),
    });
    let told = tokio::time::timeout(PATIENCE, told.try_collect()).await;
    told.expect("the events come").unwrap()
}

/// A workload, its status and its scale.
async fn workload(client: &Client) {
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), SPACE);
    let deployment = object(json!({
        "metadata": {"name": "d"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
    }));
    deployments
        .create(&PostParams::default(), &deployment)
        .await
        .unwrap();
    let ready = await_condition(deployments.clone(), "d", conditions::is_deployment_completed());
    tokio::time::timeout(PATIENCE, ready).await.unwrap().unwrap();
    let scale = Patch::Merge(json!({"spec": {"replicas": 2}}));
    deployments
        .patch_scale("d", &PatchParams::default(), &scale)
        .await
        .unwrap();
    let scale = deployments.get_scale("d").await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(2));
}

/// A definition and an object of it.
async fn custom(client: &Client) {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition = object(json!({
        "metadata": {"name": "foos.rust.example.com"},
        "spec": {
            "group": "rust.example.com",
            "scope": "Namespaced",
            "names": {"plural": "foos", "kind": "Foo"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "properties": {"a": {"type": "integer"}}}},
            }}}],
        },
    }));
    definitions
        .create(&PostParams::default(), &definition)
        .await
        .unwrap();
    let name = "foos.rust.example.com";
    let established = await_condition(definitions.clone(), name, conditions::is_crd_established());
    tokio::time::timeout(PATIENCE, established)
        .await
        .unwrap()
        .unwrap();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("rust.example.com", "v1", "Foo"));
    let foos: Api<DynamicObject> = Api::namespaced_with(client.clone(), SPACE, &kind);
    let made = |a: Value| {
        DynamicObject::new("f", &kind)
            .within(SPACE)
            .data(json!({"spec": {"a": a}}))
    };
    let wrong = foos.create(&PostParams::default(), &made(json!("one"))).await;
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.contains("spec.a: Invalid value: \"string\""), "{wrong}");
    foos.create(&PostParams::default(), &made(json!(1)))
        .await
        .unwrap();
    assert_eq!(foos.get("f").await.unwrap().data["spec"], json!({"a": 1}));
    foos.delete_collection(&DeleteParams::default(), &ListParams::default())
        .await
        .unwrap();
    assert!(foos.get_opt("f").await.unwrap().is_none());
    definitions.delete(name, &DeleteParams::default()).await.unwrap();
    gone(definitions, name).await;
}
