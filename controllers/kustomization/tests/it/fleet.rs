//! The example fleet of the project, each of its clusters.

use std::path::Path;

use flux_artifact::Tree;
use flux_kube::ListOptions;
use flux_object::meta;
use serde_json::json;

use crate::world::{NS, World, kustomization, ready};

const LAYERS: [&str; 6] = [
    "flux-system",
    "infra-crds",
    "infra-controllers",
    "infra-configs",
    "apps",
    "tenants",
];

fn add(tree: &mut Tree, root: &Path, directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(tree, root, &path);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            tree.insert(&name, std::fs::read(&path).unwrap(), false).unwrap();
        }
    }
}

async fn check(cluster: &str) {
    let world = World::new().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fleet");
    let mut tree = Tree::new();
    add(&mut tree, &root, &root);
    world.push_tree("flux-system", "1", tree).await;
    let source = json!({"kind": "GitRepository", "name": "flux-system"});
    world
        .kustomize(
            "flux-system",
            json!({"path": format!("./clusters/{cluster}"), "sourceRef": source}),
        )
        .await;
    for name in [
        "flux-system",
        "infra-crds",
        "infra-controllers",
        "infra-configs",
        "apps",
        "tenants",
    ] {
        world.until_ready(name, "1").await;
    }
    let all = world
        .client
        .list(&kustomization(), &ListOptions::default())
        .await
        .unwrap();
    assert!(all.items.len() > LAYERS.len(), "the tenant has one of its own");
    for object in &all.items {
        let (namespace, name) = (meta::namespace(object), meta::name(object));
        world
            .until(&kustomization(), namespace, name, |object| {
                ready(object)["status"] == "True"
            })
            .await;
    }
    // What it applied goes with it, layer by layer.
    world.delete(&kustomization(), NS, "flux-system").await;
    for object in &all.items {
        world
            .until_gone(&kustomization(), meta::namespace(object), meta::name(object))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_becomes_ready() {
    check("dev").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_becomes_ready() {
    check("staging").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_becomes_ready() {
    check("production").await;
}
