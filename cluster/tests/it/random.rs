//! Requests that nobody means: whatever comes, the answer is an object, a Status or a page, and never a panic.

use http_body_util::BodyExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::client::{quiet, send};

const TYPES: [&str; 8] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "text/plain",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "v1", "apps/v1", "a", "default", "100m", "1Gi", "app", "Delete"
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
        "finalizers",
        "ownerReferences",
        "managedFields",
        "spec",
        "status",
        "data",
        "stringData",
        "template",
        "containers",
        "selector",
        "matchLabels",
        "ports",
        "port",
        "replicas",
        "volumes",
        "env",
        "op",
        "path",
        "value",
        "rules",
        "versions",
        "names",
        "schema",
        "$patch",
        "generateName",
        "resourceVersion",
        "uid",
        "app",
    ]);
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

/// A resource's path and an object of its kind with some of its fields at random.
fn known() -> impl Strategy<Value = (String, Value)> {
    let kinds = vec![
        ("/api/v1/namespaces/default/configmaps", "v1", "ConfigMap"),
        ("/api/v1/namespaces/default/pods", "v1", "Pod"),
        ("/api/v1/namespaces/default/services", "v1", "Service"),
        ("/api/v1/namespaces/default/secrets", "v1", "Secret"),
        (
            "/apis/apps/v1/namespaces/default/deployments",
            "apps/v1",
            "Deployment",
        ),
        (
            "/apis/batch/v1/namespaces/default/cronjobs",
            "batch/v1",
            "CronJob",
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
        ),
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
        ),
    ];
    let fields = (value(), value(), value(), value());
    (prop::sample::select(kinds), fields).prop_map(|((path, version, kind), (spec, status, data, labels))| {
        let object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a", "labels": labels},
            "spec": spec, "status": status, "data": data});
        (path.to_owned(), object)
    })
}

fn request() -> impl Strategy<Value = (String, Vec<u8>)> {
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
    let tail = prop::sample::select(vec![
        "",
        "/a",
        "/a/status",
        "/a/scale",
        "/a/eviction",
        "/a/token",
        "/b/c/d",
    ]);
    let query = prop::sample::select(vec![
        "",
        "?dryRun=All",
        "?fieldManager=x&force=true",
        "?fieldValidation=Strict",
        "?labelSelector=a%20in%20(b",
        "?fieldSelector=metadata.name%3Da",
        "?limit=1&continue=abc",
        "?resourceVersion=99999999999999999999",
        "?propagationPolicy=Foreground&gracePeriodSeconds=-1",
    ]);
    let kind = prop::sample::select(TYPES.to_vec());
    let place = prop_oneof![
        4 => known(),
        1 => ("(/[a-z0-9%.~]{0,8}){0,7}", value()).prop_map(|(path, body)| (format!("/{path}"), body)),
    ];
    let garbage = prop::collection::vec(any::<u8>(), 0..60);
    (
        method,
        place,
        tail,
        query,
        kind,
        prop::option::weighted(0.1, garbage),
    )
        .prop_map(|(method, (path, body), tail, query, kind, garbage)| {
            let body = garbage.unwrap_or_else(|| body.to_string().into_bytes());
            (format!("{method} {path}{tail}{query} {kind}"), body)
        })
}

#[test]
fn every_request_has_an_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cluster = runtime.block_on(quiet());
    let config = Config {
        cases: 600,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&request(), |(call, body)| {
        let body = String::from_utf8_lossy(&body).into_owned();
        let uri = call.split(' ').nth(1).unwrap_or_default();
        prop_assume!(uri.parse::<http::Uri>().is_ok());
        let (status, bytes, json) = runtime.block_on(async {
            let response = send(&cluster, &call, body).await;
            let json = (response.headers().get("content-type"))
                .is_some_and(|kind| kind.to_str().unwrap().contains("json"));
            let status = response.status().as_u16();
            // A watch has no end.
            let endless = uri.contains("watch") && status == 200;
            let bytes = match endless {
                true => bytes::Bytes::new(),
                false => response.into_body().collect().await.unwrap().to_bytes(),
            };
            (status, bytes, json && !endless)
        });
        prop_assert!((200..600).contains(&status), "{status}");
        if json && !bytes.is_empty() {
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if status >= 400 {
                prop_assert_eq!(&answer["kind"], "Status", "{}: {}", call, answer);
                prop_assert_eq!(&answer["code"], status, "{}: {}", call, answer);
            } else {
                prop_assert!(answer.is_object(), "{}: {}", call, answer);
            }
        }
        Ok(())
    });
    runtime.block_on(cluster.shutdown());
    result.unwrap();
}
