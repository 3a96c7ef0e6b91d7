//! Commands that change what is there: `set`, `scale`, `patch`, `edit`, `replace`, `apply`, `rollout`, `delete`.

use serde_json::json;

use super::Cluster;

fn manifest(image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: app}}
spec:
  selector: {{matchLabels: {{app: app}}}}
  template:
    metadata: {{labels: {{app: app}}}}
    spec: {{containers: [{{name: main, image: \"{image}\", ports: [{{containerPort: 80}}]}}]}}
"
    )
}

#[test]
fn set_and_scale() {
    let cluster = Cluster::start();
    cluster.run("create deployment web --image=example.com/web:1 --port=8080");
    cluster.run("set image deployment/web web=example.com/web:2");
    cluster.run("set env deployment/web A=1");
    cluster.run("set resources deployment/web --limits=cpu=200m,memory=64Mi");
    cluster.run("set serviceaccount deployment/web default");
    cluster.run("scale deployment/web --replicas=3");
    cluster.run("label deployment/web tier=front");
    cluster.run("annotate deployment/web note=x");
    cluster.holds(
        "deployment web",
        &json!({
            "metadata": {"generation": 7, "labels": {"app": "web", "tier": "front"}, "annotations": {"note": "x"}},
            "spec": {"replicas": 3, "template": {"spec": {
                "serviceAccountName": "default",
                "serviceAccount": "default",
                "containers": [{
                    "image": "example.com/web:2",
                    "env": [{"name": "A", "value": "1"}],
                    "resources": {"limits": {"cpu": "200m", "memory": "64Mi"}},
                    "ports": [{"containerPort": 8080}],
                }],
            }}},
        }),
    );
    cluster.run("autoscale deployment/web --min=1 --max=4 --cpu=80%");
    cluster.holds(
        "horizontalpodautoscaler web",
        &json!({"spec": {
            "minReplicas": 1, "maxReplicas": 4,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "metrics": [{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80},
            }}],
        }}),
    );
    cluster.run("create service clusterip inner --tcp=80");
    cluster.run("set selector service/inner app=web");
    cluster.holds("service inner", &json!({"spec": {"selector": {"app": "web"}}}));
    cluster.run("label deployment/web tier-");
    cluster.holds(
        "deployment web",
        &json!({"metadata": {"labels": {"app": "web", "tier": null}}}),
    );
}

#[test]
fn patch_and_edit() {
    let cluster = Cluster::start();
    cluster.run("create deployment web --image=example.com/web:1 --port=8080");
    cluster.run(r#"patch deployment/web -p {"spec":{"template":{"spec":{"containers":[{"name":"web","tty":true}]}}}}"#);
    cluster.run(r#"patch deployment/web --type=merge -p {"metadata":{"labels":{"merge":"1"}}}"#);
    cluster.run(
        r#"patch deployment/web --type=json -p [{"op":"add","path":"/metadata/labels/json","value":"1"}]"#,
    );
    cluster.edit("deployment/web", "example.com/web:1", "example.com/web:2");
    cluster.holds(
        "deployment web",
        &json!({
            "metadata": {"labels": {"app": "web", "merge": "1", "json": "1"}},
            "spec": {"template": {"spec": {"containers": [{
                "name": "web", "image": "example.com/web:2", "tty": true, "ports": [{"containerPort": 8080}],
            }]}}},
        }),
    );
    let error = cluster.fails(r#"patch deployment/web --type=merge -p {"spec":{"replicas":"x"}}"#);
    assert!(
        error.contains("cannot unmarshal string into Go struct field"),
        "{error}"
    );

    cluster.run("create configmap files --from-literal=a=old");
    cluster.edit("configmap/files", "old", "new");
    cluster.holds("configmap files", &json!({"data": {"a": "new"}}));
    cluster.run("create service clusterip inner --tcp=80:8080");
    cluster.edit("service/inner", "targetPort:.*", "targetPort: web");
    cluster.holds(
        "service inner",
        &json!({"spec": {"ports": [{"port": 80, "targetPort": "web"}]}}),
    );
}

#[test]
fn replace_and_apply() {
    let cluster = Cluster::start();
    cluster.run_with("apply -f -", &manifest("example.com/app:1"));
    assert_eq!(
        cluster.run_with("apply -f -", &manifest("example.com/app:1")),
        "deployment.apps/app unchanged\n"
    );
    let next = cluster.file("app.yaml", manifest("example.com/app:2"));
    let diff = cluster.up.try_kubectl(&["diff", "-f", &next]);
    let text = String::from_utf8_lossy(&diff.stdout);
    assert_eq!(
        diff.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&diff.stderr)
    );
    assert!(
        text.contains("-      - image: example.com/app:1\n+      - image: example.com/app:2\n"),
        "{text}"
    );

    assert_eq!(
        cluster.run(&format!("apply -f {next}")),
        "deployment.apps/app configured\n"
    );
    assert_eq!(
        cluster.up.try_kubectl(&["diff", "-f", &next]).status.code(),
        Some(0)
    );
    cluster.run(&format!("apply --server-side --force-conflicts -f {next}"));
    let live = cluster.run("get deployment app -o yaml");
    cluster.run_with("replace -f -", &live.replace("replicas: 1", "replicas: 2"));
    cluster.holds(
        "deployment app",
        &json!({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": "example.com/app:2"}]}}}}),
    );
    assert!(
        cluster
            .run_with("replace --force -f -", &manifest("example.com/app:3"))
            .contains("replaced")
    );
    cluster.holds(
        "deployment app",
        &json!({"metadata": {"generation": 1}, "spec": {"replicas": 1}}),
    );
    cluster.run("delete deployment app");
    assert!(cluster.fails("get deployment app").contains("(NotFound)"));

    let created = cluster.run_with(
        "create -f -",
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"g-"}}"#,
    );
    assert!(created.starts_with("configmap/g-"), "{created}");
}

#[test]
fn rollouts() {
    let cluster = Cluster::start();
    cluster.run("create deployment app --image=example.com/app:1");
    cluster.run("rollout status deployment/app --timeout=60s");
    cluster.run("set image deployment/app app=example.com/app:2");
    let status = cluster.run("rollout status deployment/app --timeout=60s");
    assert!(
        status.ends_with("deployment \"app\" successfully rolled out\n"),
        "{status}"
    );
    let history = cluster.run("rollout history deployment/app");
    assert!(
        history.contains("\n1         <none>\n2         <none>\n"),
        "{history}"
    );
    assert!(
        cluster
            .run("rollout history deployment/app --revision=1")
            .contains("example.com/app:1")
    );
    cluster.run("rollout undo deployment/app");
    cluster.holds(
        "deployment app",
        &json!({"spec": {"template": {"spec": {"containers": [{"image": "example.com/app:1"}]}}}}),
    );
    cluster.run("rollout status deployment/app --timeout=60s");
    cluster.holds(
        "deployment app",
        &json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "3"}}}),
    );
    cluster.run("rollout restart deployment/app");
    let template = &cluster.get("deployment app")["spec"]["template"];
    assert!(template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string());
    cluster.run("rollout pause deployment/app");
    cluster.holds("deployment app", &json!({"spec": {"paused": true}}));
    cluster.run("rollout resume deployment/app");
    cluster.holds("deployment app", &json!({"spec": {"paused": null}}));
    cluster.run("wait --for=condition=Available deployment/app --timeout=60s");
}

#[test]
fn nodes() {
    let cluster = Cluster::start();
    cluster.run("create deployment app --image=example.com/app:1");
    cluster.run("rollout status deployment/app --timeout=60s");
    let node = cluster.run("get nodes -o name");
    let node = node.trim();
    cluster.run(&format!("cordon {node}"));
    cluster.holds(node, &json!({"spec": {"unschedulable": true}}));
    let drained = cluster.run(&format!("drain {node} --ignore-daemonsets --force --timeout=60s"));
    assert!(drained.contains("drained"), "{drained}");
    cluster.run(&format!("uncordon {node}"));
    cluster.holds(node, &json!({"spec": {"unschedulable": null}}));
    let name = node.trim_start_matches("node/");
    cluster.run(&format!("taint nodes {name} key=value:NoSchedule"));
    cluster.holds(
        node,
        &json!({"spec": {"taints": [{"key": "key", "value": "value", "effect": "NoSchedule"}]}}),
    );
    cluster.run(&format!("taint nodes {name} key-"));
    cluster.holds(node, &json!({"spec": {"taints": null}}));
}
