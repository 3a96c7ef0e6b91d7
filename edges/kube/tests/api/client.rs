use std::time::Duration;

use flux_kube::{
    DeleteOptions, Error, ErrorKind, Gvk, ListOptions, ObjectRef, Patch, Propagation, WriteOptions,
};
use serde_json::{Value, json};

use crate::server::{Answer, Server, config_map, list, refusal};

fn kind() -> Gvk {
    Gvk::new("v1", "ConfigMap")
}

fn target() -> ObjectRef {
    ObjectRef::new(kind(), "ns", "a")
}

fn object() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": "a"}})
}

fn echo() -> Server {
    Server::new(|_| Answer::Json(200, config_map("a", "1")))
}

#[track_caller]
fn check(server: &Server, line: &str, content_type: &[&str]) {
    let asked = server.last();
    assert_eq!(
        (asked.line().as_str(), asked.header("content-type")),
        (line, content_type.to_vec())
    );
}

#[tokio::test]
async fn requests_have_the_paths_and_parameters_of_the_api() {
    let server = echo();
    let client = server.client().with_field_manager("kustomize-controller");
    let found = client.get(&kind(), "ns", "a").await.unwrap();
    check(&server, "GET /api/v1/namespaces/ns/configmaps/a", &[]);
    assert_eq!(
        (&found["apiVersion"], &found["kind"]),
        (&json!("v1"), &json!("ConfigMap"))
    );
    client
        .get(&Gvk::new("v1", "Namespace"), "ignored", "system:x y")
        .await
        .unwrap();
    check(&server, "GET /api/v1/namespaces/system:x%20y", &[]);
    client.create(&object(), &WriteOptions::default()).await.unwrap();
    check(
        &server,
        "POST /api/v1/namespaces/ns/configmaps?fieldManager=kustomize-controller",
        &["application/json"],
    );
    client
        .apply(&object(), &WriteOptions::manager("me").force().dry_run())
        .await
        .unwrap();
    check(
        &server,
        "PATCH /api/v1/namespaces/ns/configmaps/a?fieldManager=me&dryRun=All&force=true",
        &["application/apply-patch+yaml"],
    );
    let patch = Patch::Json(json!([{"op": "remove", "path": "/data"}]));
    client
        .patch(&target(), &patch, &WriteOptions::default().subresource("status"))
        .await
        .unwrap();
    check(
        &server,
        "PATCH /api/v1/namespaces/ns/configmaps/a/status?fieldManager=kustomize-controller",
        &["application/json-patch+json"],
    );
    client
        .patch_status(&target(), &json!({"a": 1}), Some("7"), &WriteOptions::default())
        .await
        .unwrap();
    assert_eq!(
        server.last().body,
        json!({"status": {"a": 1}, "metadata": {"resourceVersion": "7"}})
    );
    client
        .delete(&target(), &DeleteOptions::with(Propagation::Background).uid("u"))
        .await
        .unwrap();
    check(
        &server,
        "DELETE /api/v1/namespaces/ns/configmaps/a",
        &["application/json"],
    );
    assert_eq!(server.last().body["preconditions"], json!({"uid": "u"}));
    assert_eq!(server.last().header("user-agent"), ["kustomize-controller/0.1.0"]);
}

#[tokio::test]
async fn impersonation_is_three_headers() {
    let server = echo();
    let groups = ["system:serviceaccounts".to_owned(), "b".to_owned()];
    let client = server
        .client()
        .impersonate("system:serviceaccount:ns:sa", &groups);
    client.get(&kind(), "ns", "a").await.unwrap();
    let asked = server.last();
    assert_eq!(asked.header("impersonate-user"), ["system:serviceaccount:ns:sa"]);
    assert_eq!(asked.header("impersonate-group"), ["system:serviceaccounts", "b"]);
    server.client().get(&kind(), "ns", "a").await.unwrap();
    assert!(server.last().header("impersonate-user").is_empty());
}

/// What a refusal becomes.
async fn refused(answer: fn() -> Answer) -> Error {
    let server = Server::new(move |_| answer());
    server.client().get(&kind(), "ns", "a").await.unwrap_err()
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cases: [(fn() -> Answer, ErrorKind); 12] = [
        (|| refusal(404, "NotFound", "m"), ErrorKind::NotFound),
        (|| refusal(409, "Conflict", "m"), ErrorKind::Conflict),
        (|| refusal(409, "AlreadyExists", "m"), ErrorKind::AlreadyExists),
        (|| refusal(422, "Invalid", "m"), ErrorKind::Invalid),
        (|| refusal(400, "BadRequest", "m"), ErrorKind::Invalid),
        (|| refusal(403, "Forbidden", "m"), ErrorKind::Forbidden),
        (|| refusal(401, "Unauthorized", "m"), ErrorKind::Unauthorized),
        (|| refusal(410, "Expired", "m"), ErrorKind::Gone),
        (|| refusal(429, "TooManyRequests", "m"), ErrorKind::Busy),
        (|| refusal(500, "InternalError", "m"), ErrorKind::Busy),
        (|| Answer::Text(502, "<html>bad gateway"), ErrorKind::Busy),
        (|| Answer::Text(200, "no JSON"), ErrorKind::Protocol),
    ];
    for (answer, expect) in cases {
        let error = refused(answer).await;
        assert_eq!(error.kind(), expect, "{error}");
        if matches!(expect, ErrorKind::Forbidden | ErrorKind::Conflict) {
            assert_eq!(error.to_string(), "m");
        }
    }
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let error = refused(|| Answer::RetryAfter(429, 7)).await;
    assert_eq!(
        (error.retry_after(), error.is_transient()),
        (Some(Duration::from_secs(7)), true)
    );
}

#[tokio::test]
async fn causes_of_a_refusal_are_kept() {
    let error = refused(|| {
        let mut body =
            crate::server::status(422, "Invalid", "ConfigMap \"a\" is invalid: data: Required value");
        body["details"] = json!({"causes": [{"reason": "FieldValueRequired", "message": "Required value", "field": "data"}]});
        Answer::Json(422, body)
    });
    let error = error.await;
    assert_eq!(error.causes()[0].field, "data");
    assert_eq!(
        error.to_string(),
        "ConfigMap \"a\" is invalid: data: Required value"
    );
}

#[tokio::test]
async fn what_cannot_be_a_path_is_not_asked_for() {
    let server = echo();
    let client = server.client();
    for (namespace, name) in [
        ("", "a"),
        ("ns", ""),
        ("ns", "../b"),
        ("ns", ".."),
        ("..", "a"),
        ("a/b", "c"),
    ] {
        let error = client.get(&kind(), namespace, name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{namespace:?} {name:?}");
    }
    assert!(server.lines().is_empty());
    let error = client.get(&kind(), "", "a").await.unwrap_err();
    assert_eq!(error.to_string(), "ConfigMap/a namespace not specified");
}

#[tokio::test]
async fn a_missing_object_is_no_error_where_it_may_be_missing() {
    let server = Server::new(|_| refusal(404, "NotFound", "configmaps \"a\" not found"));
    let client = server.client();
    assert_eq!(client.get_opt(&kind(), "ns", "a").await.unwrap(), None);
    assert_eq!(
        client.delete(&target(), &DeleteOptions::default()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let server = Server::new(|asked| {
        if asked.query.contains("continue=next%2Fpage") {
            list(&[config_map("b", "2")], "9", "")
        } else {
            list(&[config_map("a", "1")], "9", "next/page")
        }
    });
    let options = ListOptions::in_namespace("ns").labels("a in (b)");
    let found = server.client().list(&kind(), &options).await.unwrap();
    let names: Vec<_> = found
        .items
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!((names, found.resource_version.as_str()), (vec!["a", "b"], "9"));
    assert_eq!(found.items[0]["kind"], "ConfigMap");
    assert_eq!(
        server.lines(),
        [
            "GET /api/v1/namespaces/ns/configmaps?labelSelector=a%20in%20%28b%29&limit=500",
            "GET /api/v1/namespaces/ns/configmaps?labelSelector=a%20in%20%28b%29&limit=500&continue=next%2Fpage",
        ]
    );
}

#[tokio::test]
async fn a_list_that_expires_on_the_way_is_begun_anew() {
    let mut expired = false;
    let server = Server::new(move |asked| match asked.query.contains("continue") {
        false => list(&[config_map("a", "1")], "9", "next"),
        true if !expired => {
            expired = true;
            refusal(410, "Expired", "the continue token is too old")
        }
        true => list(&[config_map("b", "1")], "9", ""),
    });
    let found = server
        .client()
        .list(&kind(), &ListOptions::default())
        .await
        .unwrap();
    assert_eq!((found.items.len(), server.lines().len()), (2, 4));
}

#[tokio::test]
async fn metadata_is_asked_for_by_content_type() {
    let server = Server::new(|_| {
        let mut object = config_map("a", "1");
        object["kind"] = "PartialObjectMetadata".into();
        object["apiVersion"] = "meta.k8s.io/v1".into();
        Answer::Json(200, object)
    });
    let found = server.client().get_metadata(&kind(), "ns", "a").await.unwrap();
    assert!(server.last().header("accept")[0].starts_with("application/json;as=PartialObjectMetadata;"));
    assert_eq!(
        (&found["apiVersion"], &found["kind"]),
        (&json!("v1"), &json!("ConfigMap"))
    );
}

#[tokio::test]
async fn an_empty_list_of_metadata_has_null_for_items() {
    let null =
        Server::new(|_| Answer::Json(200, json!({"metadata": {"resourceVersion": "7"}, "items": null})));
    let options = ListOptions::in_namespace("").metadata_only();
    let found = null.client().list(&kind(), &options).await.unwrap();
    assert_eq!((found.items, found.resource_version.as_str()), (Vec::new(), "7"));
    let none = Server::new(|_| Answer::Json(200, json!({"metadata": {}})));
    let refused = none.client().list(&kind(), &options).await.unwrap_err();
    assert_eq!(refused.to_string(), "the list of configmaps has no items");
}
