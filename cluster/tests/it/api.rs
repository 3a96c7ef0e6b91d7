//! Requests and their answers.

use serde_json::{Value, json};

use crate::client::{call, ok, quiet};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str, data: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": data}})
        .to_string()
}

/// Send a request to a fresh cluster that has a config map `a`; compare the code and, of a failure, the message.
#[track_caller]
fn check(request: &str, body: &str, expect: &str) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    let (request, body, expect) = (request.to_owned(), body.to_owned(), expect.to_owned());
    async move {
        let cluster = quiet().await;
        ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
        let (status, answer) = call(&cluster, &request, body).await;
        let found = match answer["kind"].as_str() {
            Some("Status") if status >= 400 => {
                format!("{status} {}", answer["message"].as_str().unwrap_or_default())
            }
            _ => status.to_string(),
        };
        match expect.strip_suffix('…') {
            Some(start) => assert!(found.starts_with(start), "{place}: {found}"),
            None => assert_eq!(found, expect, "{place}"),
        }
    }
}

#[tokio::test]
async fn codes_and_messages() {
    check("GET /api/v1/namespaces/default/configmaps/a", "", "200").await;
    check(
        "GET /api/v1/namespaces/default/configmaps/b",
        "",
        "404 configmaps \"b\" not found",
    )
    .await;
    check("GET /api/v1/namespaces/none/configmaps", "", "200").await;
    check(
        "GET /api/v1/nothing",
        "",
        "404 the server could not find the requested resource",
    )
    .await;
    check("GET /apis/none.example.com/v1/things", "", "404").await;
    check(
        "POST /api/v1/namespaces/none/configmaps",
        &map("a", "1"),
        "404 namespaces \"none\" not found",
    )
    .await;
    check(
        "POST /api/v1/namespaces/default/configmaps",
        &map("a", "1"),
        "409 configmaps \"a\" already exists",
    )
    .await;
    check(
        "PUT /api/v1/namespaces/default/configmaps/b",
        &map("b", "1"),
        "404 configmaps \"b\" not found",
    )
    .await;
    let other = "400 the name of the object (b) does not match the name on the URL (a)";
    check(
        "PUT /api/v1/namespaces/default/configmaps/a",
        &map("b", "1"),
        other,
    )
    .await;
    check("DELETE /api/v1/namespaces/default/configmaps/a", "", "200").await;
    check("POST /api/v1/namespaces/default/configmaps", "{", "400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)").await;
    check("POST /api/v1/namespaces/default/configmaps text/plain", "x", "415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf").await;
    check(
        "GET /api/v1/configmaps?labelSelector=a%3D%28",
        "",
        "400 unable to parse requirement: found '(', expected: identifier",
    )
    .await;
    check(
        "GET /api/v1/configmaps?resourceVersion=99999",
        "",
        "504 Timeout: Too large resource version: 99999, current: …",
    )
    .await;
}

#[tokio::test]
async fn a_stale_update_is_a_conflict() {
    let cluster = quiet().await;
    let first = ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
    ok(call(&cluster, &format!("PUT {MAPS}/a"), map("a", "2")).await);
    let mut stale = first;
    stale["data"]["k"] = "3".into();
    let (status, answer) = call(&cluster, &format!("PUT {MAPS}/a"), stale.to_string()).await;
    assert_eq!((status, answer["reason"].as_str()), (409, Some("Conflict")));
}

#[tokio::test]
async fn a_write_that_changes_nothing_keeps_the_revision() {
    let cluster = quiet().await;
    let apply = format!("PATCH {MAPS}/a?fieldManager=me application/apply-patch+yaml");
    let first = ok(call(&cluster, &apply, map("a", "1")).await);
    let again = ok(call(&cluster, &apply, map("a", "1")).await);
    assert_eq!(first, again);
    let changed = ok(call(&cluster, &apply, map("a", "2")).await);
    assert_ne!(
        first["metadata"]["resourceVersion"],
        changed["metadata"]["resourceVersion"]
    );
}

#[tokio::test]
async fn an_apply_conflicts_with_another_manager_unless_it_forces() {
    let cluster = quiet().await;
    let apply = |manager: &str, more: &str| {
        format!("PATCH {MAPS}/a?fieldManager={manager}{more} application/apply-patch+yaml")
    };
    ok(call(&cluster, &apply("one", ""), map("a", "1")).await);
    let (status, answer) = call(&cluster, &apply("two", ""), map("a", "2")).await;
    assert_eq!(status, 409);
    assert_eq!(
        answer["message"],
        "Apply failed with 1 conflict: conflict with \"one\": .data.k"
    );
    let forced = ok(call(&cluster, &apply("two", "&force=true"), map("a", "2")).await);
    assert_eq!(forced["data"]["k"], "2");
}

#[tokio::test]
async fn dry_run_writes_nothing() {
    let cluster = quiet().await;
    ok(call(&cluster, &format!("POST {MAPS}?dryRun=All"), map("a", "1")).await);
    assert_eq!(call(&cluster, &format!("GET {MAPS}/a"), "").await.0, 404);
    ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
    let before = cluster.revision();
    ok(call(&cluster, &format!("PUT {MAPS}/a?dryRun=All"), map("a", "2")).await);
    ok(call(&cluster, &format!("DELETE {MAPS}/a?dryRun=All"), "").await);
    assert_eq!(cluster.revision(), before);
}

#[tokio::test]
async fn finalizers_hold_an_object() {
    let cluster = quiet().await;
    let mut object: Value = serde_json::from_str(&map("a", "1")).unwrap();
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    ok(call(&cluster, &format!("POST {MAPS}"), object.to_string()).await);
    let held = ok(call(&cluster, &format!("DELETE {MAPS}/a"), "").await);
    assert!(held["metadata"]["deletionTimestamp"].is_string());
    let patch = format!("PATCH {MAPS}/a application/merge-patch+json");
    ok(call(&cluster, &patch, r#"{"metadata":{"finalizers":null}}"#).await);
    assert_eq!(call(&cluster, &format!("GET {MAPS}/a"), "").await.0, 404);
}

#[tokio::test]
async fn pages_show_one_moment() {
    let cluster = quiet().await;
    for name in ["a", "b", "c"] {
        ok(call(&cluster, &format!("POST {MAPS}"), map(name, "1")).await);
    }
    let first = ok(call(&cluster, &format!("GET {MAPS}?limit=2"), "").await);
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    ok(call(&cluster, &format!("DELETE {MAPS}/c"), "").await);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = ok(call(&cluster, &format!("GET {MAPS}?limit=2&continue={token}"), "").await);
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
}

fn definition() -> String {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {
                        "size": {"type": "integer", "minimum": 1},
                        "color": {"type": "string", "default": "red"},
                    }},
                    "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
                }}},
            }],
        },
    })
    .to_string()
}

#[tokio::test]
async fn custom_resources_are_served_pruned_defaulted_and_checked() {
    let cluster = quiet().await;
    ok(call(
        &cluster,
        "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        definition(),
    )
    .await);
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let widget = |spec: Value| {
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec})
            .to_string()
    };
    let made = ok(call(
        &cluster,
        &format!("POST {widgets}"),
        widget(json!({"size": 3, "none": 1})),
    )
    .await);
    assert_eq!(made["spec"], json!({"size": 3, "color": "red"}));
    assert_eq!(made["metadata"]["generation"], 1);
    let (status, answer) = call(&cluster, &format!("PUT {widgets}/w"), {
        let mut wrong = made.clone();
        wrong["spec"]["size"] = 0.into();
        wrong.to_string()
    })
    .await;
    assert_eq!(status, 422);
    assert_eq!(
        answer["message"],
        "Widget.example.com \"w\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"
    );
    let patch = format!("PATCH {widgets}/w/status application/merge-patch+json");
    let patched = ok(call(&cluster, &patch, r#"{"spec":{"size":9},"status":{"ready":true}}"#).await);
    assert_eq!(
        (&patched["spec"]["size"], &patched["status"]["ready"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(patched["metadata"]["generation"], 1);
}

#[tokio::test]
async fn a_definition_goes_with_its_instances() {
    let cluster = quiet().await;
    ok(call(
        &cluster,
        "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        definition(),
    )
    .await);
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}});
    ok(call(&cluster, &format!("POST {widgets}"), widget.to_string()).await);
    let one = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com";
    ok(call(&cluster, &format!("DELETE {one}"), "").await);
    // The clean-up runs beside us; every look gives it a turn.
    for _ in 0..10_000 {
        if call(&cluster, &format!("GET {one}"), "").await.0 == 404 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(call(&cluster, &format!("GET {one}"), "").await.0, 404);
    assert_eq!(call(&cluster, &format!("GET {widgets}"), "").await.0, 404);
}

#[tokio::test]
async fn bodies_that_lie_about_themselves_do_no_harm() {
    let cluster = quiet().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{\"metadata\":5}",
        "{\"metadata\":{\"name\":5}}",
        deep.as_str(),
        "\u{feff}{}",
        "{\"kind\":[]}",
    ] {
        for (method, path, content) in [
            ("POST", MAPS.to_owned(), "application/json"),
            ("POST", MAPS.to_owned(), "application/yaml"),
            (
                "POST",
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned(),
                "application/json",
            ),
            (
                "POST",
                "/apis/apps/v1/namespaces/default/deployments".to_owned(),
                "application/json",
            ),
            ("PATCH", format!("{MAPS}/a"), "application/json-patch+json"),
            ("PATCH", format!("{MAPS}/a"), "application/merge-patch+json"),
            (
                "PATCH",
                format!("{MAPS}/a"),
                "application/strategic-merge-patch+json",
            ),
            (
                "PATCH",
                format!("{MAPS}/a?fieldManager=x"),
                "application/apply-patch+yaml",
            ),
            ("DELETE", format!("{MAPS}/a"), "application/json"),
        ] {
            let (status, answer) = call(&cluster, &format!("{method} {path} {content}"), body).await;
            assert!(status >= 400, "{method} {path} {content}: {status} {answer}");
        }
    }
}

#[tokio::test]
async fn writes_that_are_refused() {
    let one = format!("{MAPS}/a");
    let apply = format!("PATCH {one}?fieldManager=x");
    let config =
        r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "2"}}"#;
    let yaml = "application/apply-patch+yaml";
    check(&format!("{apply}&force=true {yaml}"), config, "200").await;
    check(
        &format!("{apply} {yaml}"),
        config,
        "409 Apply failed with 1 conflict: conflict with \"test\" using v1: .data.k",
    )
    .await;
    check(
        &format!("PATCH {MAPS}/b?fieldManager=x {yaml}"),
        r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#,
        "400 the name of the object (b based on URL) was undeterminable: name must be provided",
    )
    .await;
    check(
        &format!("{apply}&fieldValidation=Strict {yaml}"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: a, x: b}\n",
        "400 error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 4: key \"x\" already set in map",
    )
    .await;
    check(
        &format!("PATCH {one} application/merge-patch+json"),
        "null",
        "400 Invalid JSON Patch",
    )
    .await;
    check(
        &format!("PATCH {one} application/strategic-merge-patch+json"),
        r#"{"data": {"k": {"x": "y"}}}"#,
        "422  \"\" is invalid: patch: Invalid value: \"map[data:map[k:map[x:y]]]\": unrecognized type: string",
    )
    .await;
    check(
        &format!("GET {MAPS}?timeoutSeconds=x"),
        "",
        "400 strconv.ParseInt: parsing \"x\": invalid syntax",
    )
    .await;
    check(
        "PUT /apis/coordination.k8s.io/v1/namespaces/default/leases/l",
        r#"{"metadata": {"name": "l"}, "spec": {}}"#,
        "201",
    )
    .await;
    check(
        "POST /apis/apps/v1/namespaces/default/deployments",
        r#"{"metadata": {"name": "d"}, "spec": {"replicas": 1.5}}"#,
        "400 Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    )
    .await;
}

/// Who owns what after a creation: what the server adds is nobody's.
#[tokio::test]
async fn what_the_server_adds_is_not_owned() {
    let cluster = quiet().await;
    let job = json!({"metadata": {"name": "j"}, "spec": {"template": {"spec": {"restartPolicy": "Never",
        "containers": [{"name": "app", "image": "a"}]}}}});
    let made = ok(call(
        &cluster,
        "POST /apis/batch/v1/namespaces/default/jobs",
        job.to_string(),
    )
    .await);
    assert!(made["spec"]["selector"].is_object());
    let owned = &made["metadata"]["managedFields"][0]["fieldsV1"];
    assert!(owned["f:spec"]["f:template"]["f:spec"].is_object());
    assert_eq!(owned["f:spec"].get("f:selector"), None);
    assert_eq!(owned.get("f:metadata"), None);
}
