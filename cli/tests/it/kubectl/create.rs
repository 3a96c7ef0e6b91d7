//! `kubectl create`, `run` and `expose`: typed objects, sent in protobuf.

use serde_json::json;

use super::Cluster;

#[test]
fn configuration() {
    let cluster = Cluster::start();
    cluster.run("create namespace team");
    cluster.holds(
        "namespace team",
        &json!({
            "metadata": {"labels": {"kubernetes.io/metadata.name": "team"}},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }),
    );

    cluster.run("create configmap literals --from-literal=a=1 --from-literal=empty=");
    cluster.holds(
        "configmap literals",
        &json!({"data": {"a": "1", "empty": ""}, "binaryData": null, "immutable": null}),
    );
    let text = cluster.file("text.txt", "hello\n");
    let binary = cluster.file("binary.dat", [0xff, 0, 1]);
    cluster.run(&format!(
        "create configmap files --from-file={text} --from-file=bin={binary}"
    ));
    cluster.holds(
        "configmap files",
        &json!({"data": {"text.txt": "hello\n"}, "binaryData": {"bin": "/wAB"}}),
    );

    cluster.run(&format!(
        "create secret generic generic --from-literal=user=admin --from-file=bin={binary}"
    ));
    cluster.holds(
        "secret generic",
        &json!({"type": "Opaque", "data": {"user": "YWRtaW4=", "bin": "/wAB"}}),
    );
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        cluster.file("tls.crt", pair.cert.pem()),
        cluster.file("tls.key", pair.signing_key.serialize_pem()),
    );
    cluster.run(&format!("create secret tls tls --cert={certificate} --key={key}"));
    let secret = cluster.get("secret tls");
    assert_eq!(secret["type"], "kubernetes.io/tls");
    assert_eq!(secret["data"].as_object().map(serde_json::Map::len), Some(2));
    cluster.run(
        "create secret docker-registry registry --docker-server=r.example.com --docker-username=u --docker-password=p",
    );
    // {"auths":{"r.example.com":{"username":"u","password":"p","auth":"dTpw"}}}
    cluster.holds(
        "secret registry",
        &json!({
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson":
                "eyJhdXRocyI6eyJyLmV4YW1wbGUuY29tIjp7InVzZXJuYW1lIjoidSIsInBhc3N3b3JkIjoicCIsImF1dGgiOiJkVHB3In19fQ=="},
        }),
    );
}

#[test]
fn workloads() {
    let cluster = Cluster::start();
    cluster.run("create deployment web --image=example.com/web:1 --replicas=2 --port=8080");
    cluster.holds(
        "deployment web",
        &json!({
            "metadata": {"generation": 1, "labels": {"app": "web"}},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                "progressDeadlineSeconds": 600,
                "revisionHistoryLimit": 10,
                "minReadySeconds": null,
                "template": {"spec": {
                    "containers": [{
                        "name": "web",
                        "image": "example.com/web:1",
                        "imagePullPolicy": "IfNotPresent",
                        "ports": [{"containerPort": 8080, "protocol": "TCP", "hostPort": null, "name": null}],
                        "resources": {},
                        "stdin": null,
                    }],
                    "restartPolicy": "Always",
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {},
                    "hostNetwork": null,
                }},
            },
        }),
    );
    cluster.run("rollout status deployment/web --timeout=60s");

    cluster.run("create job once --image=example.com/job:1 -- echo hi");
    cluster.holds(
        "job once",
        &json!({"spec": {
            "completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
            "template": {"spec": {
                "containers": [{"name": "once", "command": ["echo", "hi"]}],
                "restartPolicy": "Never",
            }},
        }}),
    );
    cluster.run_words(&[
        "create",
        "cronjob",
        "cron",
        "--image=example.com/job:1",
        "--schedule=*/5 * * * *",
        "--",
        "echo",
        "hi",
    ]);
    cluster.holds(
        "cronjob cron",
        &json!({"spec": {
            "schedule": "*/5 * * * *", "concurrencyPolicy": "Allow", "suspend": false,
            "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
            "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}},
        }}),
    );
    cluster.run("create job by-hand --from=cronjob/cron");
    cluster.holds(
        "job by-hand",
        &json!({"metadata": {
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [{"kind": "CronJob", "name": "cron", "controller": true}],
        }}),
    );

    cluster.run("run solo --image=example.com/solo:1 --port=80 --env=A=1 --labels=app=solo");
    cluster.holds(
        "pod solo",
        &json!({
            "metadata": {"labels": {"app": "solo"}},
            "spec": {
                "containers": [{
                    "name": "solo", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}],
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "enableServiceLinks": true,
            },
        }),
    );
}

#[test]
fn network() {
    let cluster = Cluster::start();
    cluster.run("create service clusterip inner --tcp=80:8080");
    cluster.holds(
        "service inner",
        &json!({"spec": {
            "type": "ClusterIP",
            "selector": {"app": "inner"},
            "sessionAffinity": "None",
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ports": [{"name": "80-8080", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": null}],
        }}),
    );
    cluster.run("create service nodeport node --tcp=80:8080 --node-port=30080");
    cluster.holds(
        "service node",
        &json!({"spec": {"type": "NodePort", "externalTrafficPolicy": "Cluster", "ports": [{"nodePort": 30080}]}}),
    );
    cluster.run("create service loadbalancer outer --tcp=80:8080");
    cluster.holds(
        "service outer",
        &json!({"spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": true}}),
    );
    cluster.run("create service externalname alias --external-name=example.com");
    cluster.holds(
        "service alias",
        &json!({"spec": {"type": "ExternalName", "externalName": "example.com", "clusterIP": null}}),
    );
    cluster.run("create ingress front --class=nginx --rule=example.com/path*=inner:80,tls=cert");
    cluster.holds(
        "ingress front",
        &json!({"spec": {
            "ingressClassName": "nginx",
            "rules": [{"host": "example.com", "http": {"paths": [{
                "path": "/path", "pathType": "Prefix",
                "backend": {"service": {"name": "inner", "port": {"number": 80}}},
            }]}}],
            "tls": [{"hosts": ["example.com"], "secretName": "cert"}],
        }}),
    );

    cluster.run("create deployment web --image=example.com/web:1 --port=8080");
    cluster.run("expose deployment web --port=80 --target-port=8080 --name=web");
    cluster.holds(
        "service web",
        &json!({"spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}]}}),
    );
}

#[test]
fn access() {
    let cluster = Cluster::start();
    cluster.run("create serviceaccount robot");
    cluster.run("create role reader --verb=get,list --resource=pods,deployments.apps");
    cluster.holds(
        "role reader",
        &json!({"rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"], "resourceNames": null},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
        ]}),
    );
    cluster.run("create rolebinding readers --role=reader --serviceaccount=default:robot");
    cluster.holds(
        "rolebinding readers",
        &json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "default", "apiGroup": null}],
        }),
    );
    cluster.run("create clusterrole prober --verb=get --non-resource-url=/healthz");
    cluster.holds(
        "clusterrole prober",
        &json!({"rules": [{"nonResourceURLs": ["/healthz"], "verbs": ["get"]}]}),
    );
    cluster.run("create clusterrolebinding probers --clusterrole=prober --user=jane --group=devs");
    cluster.holds(
        "clusterrolebinding probers",
        &json!({"subjects": [
            {"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"},
            {"kind": "Group", "name": "devs", "apiGroup": "rbac.authorization.k8s.io"},
        ]}),
    );
    cluster.run("set subject rolebinding/readers --user=bob");
    let subjects = cluster.get("rolebinding readers")["subjects"]
        .as_array()
        .map(Vec::len);
    assert_eq!(subjects, Some(2));

    assert_eq!(cluster.run("auth can-i create pods"), "yes\n");
    assert_eq!(
        cluster.run("auth can-i list pods --as=system:serviceaccount:default:robot"),
        "yes\n"
    );
    assert!(cluster.run("auth whoami").contains("system:masters"));
}

#[test]
fn policy() {
    let cluster = Cluster::start();
    cluster.run("create quota limits --hard=cpu=1,memory=1G,pods=2");
    cluster.holds(
        "resourcequota limits",
        &json!({"spec": {"hard": {"cpu": "1", "memory": "1G", "pods": "2"}}}),
    );
    cluster.run("create poddisruptionbudget budget --selector=app=web --min-available=50%");
    cluster.holds(
        "poddisruptionbudget budget",
        &json!({"spec": {"minAvailable": "50%", "maxUnavailable": null, "selector": {"matchLabels": {"app": "web"}}}}),
    );
    cluster.run("create priorityclass high --value=1000 --description=important");
    cluster.holds(
        "priorityclass high",
        &json!({"value": 1000, "globalDefault": null, "description": "important", "preemptionPolicy": "PreemptLowerPriority"}),
    );
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "important"},
        "spec": {"priorityClassName": "high", "containers": [{"name": "main", "image": "example.com/main:1",
            "resources": {"requests": {"cpu": "100m", "memory": "1M"}}}]},
    });
    cluster.run_with("create -f -", &pod.to_string());
    cluster.holds(
        "pod important",
        &json!({"spec": {"priority": 1000, "preemptionPolicy": "PreemptLowerPriority"}}),
    );
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "claim"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    cluster.run_with("create -f -", &claim.to_string());
    cluster.holds("pvc claim", &json!({"spec": {"storageClassName": "standard"}}));
    let request = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "client"},
        "spec": {
            "request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0=",
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    });
    cluster.run_with("create -f -", &request.to_string());
    cluster.run("certificate approve client");
    cluster.holds(
        "csr client",
        &json!({
            "spec": {"username": "admin"},
            "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "KubectlApprove"}]},
        }),
    );
    let dry = cluster.run("create configmap dry --from-literal=a=1 --dry-run=server -o name");
    assert_eq!(dry, "configmap/dry\n");
    assert!(cluster.fails("get configmap dry").contains("(NotFound)"));
    assert!(
        cluster
            .fails("create priorityclass high --value=1")
            .contains("\"high\" already exists")
    );
}
