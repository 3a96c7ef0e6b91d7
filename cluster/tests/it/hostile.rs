//! Input that nobody means well: the words of the real server, and never a panic.

use flux_cluster::{Cluster, Config};
use serde_json::json;

use crate::client::{call, ok, quiet};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// Send a body; compare the code and the start of the message.
#[track_caller]
fn check<'a>(
    cluster: &'a Cluster,
    request: &str,
    body: &str,
    code: u16,
    start: &str,
) -> impl Future<Output = ()> + 'a {
    let place = std::panic::Location::caller();
    let (request, body, start) = (request.to_owned(), body.to_owned(), start.to_owned());
    async move {
        let (status, answer) = call(cluster, &request, body).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(status, code, "{place}: {message}");
        assert!(message.starts_with(&start), "{place}: {message}");
    }
}

#[tokio::test]
async fn broken_bodies() {
    let cluster = quiet().await;
    let post = format!("POST {MAPS}");
    let unknown = "the object provided is unrecognized (must be of type ConfigMap): ";
    check(&cluster, &post, "", 400, unknown).await;
    check(
        &cluster,
        &post,
        "{",
        400,
        &format!("{unknown}couldn't get version/kind; json parse error: unexpected end of JSON input"),
    )
    .await;
    check(
        &cluster,
        &post,
        "[]",
        400,
        &format!("{unknown}couldn't get version/kind; json parse error: json: cannot unmarshal array"),
    )
    .await;
    check(&cluster, &post, &"[".repeat(200_000), 400, unknown).await;
    let number = r#"{"apiVersion":1,"kind":"ConfigMap"}"#;
    let why = "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string";
    check(&cluster, &post, number, 400, &format!("{unknown}{why}")).await;
    let wrong = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":5}}"#;
    check(
        &cluster,
        &post,
        wrong,
        400,
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number",
    )
    .await;
    let big = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "x".repeat(4 << 20)}});
    check(
        &cluster,
        &post,
        &big.to_string(),
        413,
        "Request entity too large: limit is 3145728",
    )
    .await;
}

#[tokio::test]
async fn hostile_names() {
    let cluster = quiet().await;
    for name in [
        "",
        "..",
        ".",
        "a/b",
        "a%2Fb",
        "A",
        "a b",
        "a\u{0}b",
        "-a",
        "é",
        "a\n",
        "\u{202e}a",
    ] {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        check(
            &cluster,
            &format!("POST {MAPS}"),
            &body.to_string(),
            422,
            "ConfigMap ",
        )
        .await;
    }
    let long = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a".repeat(254)}});
    check(
        &cluster,
        &format!("POST {MAPS}"),
        &long.to_string(),
        422,
        "ConfigMap ",
    )
    .await;
    check(&cluster, &format!("GET {MAPS}/..%2F..%2Fsecrets"), "", 404, "").await;
    check(
        &cluster,
        &format!("GET {MAPS}/%00"),
        "",
        404,
        "configmaps \"\\x00\" not found",
    )
    .await;
}

#[tokio::test]
async fn selectors_and_options() {
    let cluster = quiet().await;
    let list = |query: &str| format!("GET {MAPS}?{query}");
    check(
        &cluster,
        &list("labelSelector=a%20b%20c"),
        "",
        400,
        "unable to parse requirement",
    )
    .await;
    check(&cluster, &list("labelSelector=((("), "", 400, "").await;
    check(
        &cluster,
        &list("fieldSelector=nothing%3D1"),
        "",
        400,
        "\"nothing\" is not a known field selector",
    )
    .await;
    check(
        &cluster,
        &list("fieldSelector=a"),
        "",
        400,
        "invalid selector: 'a'; can't understand 'a'",
    )
    .await;
    check(
        &cluster,
        &list("limit=x"),
        "",
        400,
        "strconv.ParseInt: parsing \"x\": invalid syntax",
    )
    .await;
    check(&cluster, &list("continue=x"), "", 400, "invalid continue token").await;
    check(
        &cluster,
        &list("resourceVersion=x"),
        "",
        400,
        "invalid resource version",
    )
    .await;
    check(
        &cluster,
        &list("watch=true&resourceVersion=x"),
        "",
        500,
        "resourceVersion: Invalid value: \"x\"",
    )
    .await;
}

#[tokio::test]
async fn owners_in_a_circle() {
    let cluster = Cluster::open(Config::memory()).await.unwrap();
    let create =
        |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}).to_string();
    let a = ok(call(&cluster, &format!("POST {MAPS}"), create("a")).await);
    let b = ok(call(&cluster, &format!("POST {MAPS}"), create("b")).await);
    let own = |owner: &serde_json::Value| {
        let meta = &owner["metadata"];
        json!({"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"], "blockOwnerDeletion": true},
        ]}})
        .to_string()
    };
    let patch = |name: &str| format!("PATCH {MAPS}/{name} application/merge-patch+json");
    ok(call(&cluster, &patch("a"), own(&b)).await);
    ok(call(&cluster, &patch("b"), own(&a)).await);
    ok(call(&cluster, &format!("DELETE {MAPS}/a"), String::new()).await);
    // Its dependent has no owner left, and goes too.
    let gone = async {
        while call(&cluster, &format!("GET {MAPS}/b"), String::new()).await.0 != 404 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), gone)
        .await
        .unwrap();
}

#[tokio::test]
async fn definitions_with_bad_schemas() {
    let cluster = quiet().await;
    let definition = |schema: serde_json::Value| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "foos.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"plural": "foos", "kind": "Foo"}, "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": schema}}]}})
        .to_string()
    };
    let post = "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let start = "CustomResourceDefinition.apiextensions.k8s.io \"foos.example.com\" is invalid: ";
    check(&cluster, post, &definition(json!({"type": "string"})), 422, start).await;
    check(
        &cluster,
        post,
        &definition(json!({"type": "object", "properties": {"a": {}}})),
        422,
        start,
    )
    .await;
    let rule = json!({"type": "object", "x-kubernetes-validations": [{"rule": "self.("}]});
    check(&cluster, post, &definition(rule), 422, start).await;
    let mut deep = json!({"type": "string"});
    for _ in 0..60 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    check(&cluster, post, &definition(deep), 201, "").await;
}
