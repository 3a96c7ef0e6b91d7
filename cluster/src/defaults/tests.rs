//! Defaults and validation, checked against what a kube-apiserver 1.36 gives.

use serde_json::{Value, json};

use super::{Allocate, canonical_quantity, default, validate};

/// Gives out the same address and counts ports.
struct Pool(u16);

impl Allocate for Pool {
    fn cluster_ip(&mut self, requested: Option<&str>) -> Result<String, String> {
        match requested {
            Some("10.96.9.9") => {
                Err("failed to allocate IP 10.96.9.9: provided IP is already allocated".to_owned())
            }
            other => Ok(other.unwrap_or("10.96.0.50").to_owned()),
        }
    }
    fn node_port(&mut self, requested: Option<u16>) -> Result<u16, String> {
        self.0 += 1;
        Ok(requested.unwrap_or(self.0))
    }
    fn uid(&mut self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }
    fn automounts_token(&mut self, _: &str, _: &str) -> bool {
        false
    }
}

fn object(api_version: &str, kind: &str, body: Value) -> Value {
    let mut object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "n"}});
    for (key, value) in body.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn defaulted(mut object: Value) -> Value {
    default(&mut object, None, &mut Pool(30_000)).unwrap();
    object
}

#[track_caller]
fn check_spec(api_version: &str, kind: &str, spec: Value, expect: Value) {
    let object = defaulted(object(api_version, kind, json!({"spec": spec})));
    assert_eq!(object["spec"], expect);
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "app", "image": "nginx:1.25"}]}})
}

fn full_template() -> Value {
    json!({
        "metadata": {"labels": {"app": "d"}},
        "spec": {
            "containers": [{"name": "app", "image": "nginx:1.25", "resources": {}, "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler",
        },
    })
}

#[test]
fn workloads() {
    let selector = json!({"matchLabels": {"app": "d"}});
    check_spec(
        "apps/v1",
        "Deployment",
        json!({"selector": selector, "template": template()}),
        json!({"replicas": 1, "selector": selector, "template": full_template(), "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}}),
    );
    let recreate = object(
        "apps/v1",
        "Deployment",
        json!({"spec": {"selector": selector, "template": template(), "strategy": {"type": "Recreate"}}}),
    );
    assert_eq!(
        defaulted(recreate)["spec"]["strategy"],
        json!({"type": "Recreate"})
    );
    let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1024Mi"}}}});
    check_spec(
        "apps/v1",
        "StatefulSet",
        json!({"selector": selector, "serviceName": "svc", "template": template(), "volumeClaimTemplates": [claim]}),
        json!({"replicas": 1, "selector": selector, "template": full_template(), "serviceName": "svc",
            "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                    "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]}),
    );
}

#[test]
fn statuses() {
    let status =
        |version: &str, kind: &str| defaulted(object(version, kind, json!({"spec": {}})))["status"].take();
    assert_eq!(status("apps/v1", "Deployment"), json!({}));
    assert_eq!(status("apps/v1", "ReplicaSet"), json!({"replicas": 0}));
    assert_eq!(
        status("apps/v1", "StatefulSet"),
        json!({"replicas": 0, "availableReplicas": 0})
    );
    assert_eq!(status("v1", "Service"), json!({"loadBalancer": {}}));
    assert_eq!(status("v1", "PersistentVolumeClaim"), json!({"phase": "Pending"}));
    assert_eq!(status("v1", "Namespace"), json!({"phase": "Active"}));
}

/// The pull policy of an image.
#[track_caller]
fn check_pull(image: &str, expect: &str) {
    let pod = object(
        "v1",
        "Pod",
        json!({"spec": {"containers": [{"name": "a", "image": image}]}}),
    );
    assert_eq!(defaulted(pod)["spec"]["containers"][0]["imagePullPolicy"], expect);
}

#[test]
fn pods() {
    check_pull("nginx", "Always");
    check_pull("nginx:latest", "Always");
    check_pull("nginx:1.25", "IfNotPresent");
    check_pull("registry:5000/nginx", "Always");
    check_pull("registry:5000/nginx:1", "IfNotPresent");
    check_pull("nginx@sha256:0123", "IfNotPresent");
    let container = json!({"name": "a", "image": "i:1", "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}},
        "ports": [{"containerPort": 80}], "env": [{"name": "E", "value": ""}, {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "livenessProbe": {"httpGet": {"port": 80}}});
    let pod = defaulted(object(
        "v1",
        "Pod",
        json!({"spec": {"containers": [container], "hostNetwork": false,
        "volumes": [{"name": "v"}, {"name": "c", "configMap": {"name": "m"}}]}}),
    ));
    let spec = &pod["spec"];
    assert_eq!(
        pod["status"],
        json!({"phase": "Pending", "qosClass": "Guaranteed"})
    );
    assert_eq!(
        spec["containers"][0]["resources"]["requests"],
        json!({"cpu": "1", "memory": "1Gi"})
    );
    assert_eq!(
        spec["containers"][0]["ports"],
        json!([{"containerPort": 80, "protocol": "TCP"}])
    );
    assert_eq!(spec["containers"][0]["env"][0], json!({"name": "E"}));
    assert_eq!(
        spec["containers"][0]["env"][1]["valueFrom"]["fieldRef"]["apiVersion"],
        "v1"
    );
    let probe = json!({"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10,
        "successThreshold": 1, "failureThreshold": 3});
    assert_eq!(spec["containers"][0]["livenessProbe"], probe);
    assert_eq!(
        spec["volumes"],
        json!([{"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "m", "defaultMode": 420}}])
    );
    assert_eq!(
        (
            &spec["serviceAccount"],
            &spec["priority"],
            spec.get("hostNetwork")
        ),
        (&json!("default"), &json!(0), None)
    );
}

#[test]
fn jobs_tie_their_pods_to_themselves() {
    let job = defaulted(object(
        "batch/v1",
        "Job",
        json!({"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}),
    ));
    let uid = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        job["spec"]["selector"],
        json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
    );
    assert_eq!(
        job["spec"]["template"]["metadata"]["labels"]["batch.kubernetes.io/job-name"],
        "x"
    );
    assert_eq!(job["metadata"]["uid"], uid);
    assert_eq!(
        (&job["spec"]["completions"], &job["spec"]["backoffLimit"]),
        (&json!(1), &json!(6))
    );
}

#[test]
fn services() {
    let single = json!({"clusterIP": "10.96.0.50", "clusterIPs": ["10.96.0.50"], "type": "ClusterIP",
        "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster", "selector": {"app": "a"},
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]});
    check_spec(
        "v1",
        "Service",
        json!({"selector": {"app": "a"}, "ports": [{"port": 80}]}),
        single,
    );
    check_spec(
        "v1",
        "Service",
        json!({"clusterIP": "None"}),
        json!({"clusterIP": "None", "clusterIPs": ["None"], "type": "ClusterIP", "sessionAffinity": "None",
            "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack", "internalTrafficPolicy": "Cluster"}),
    );
    check_spec(
        "v1",
        "Service",
        json!({"type": "ExternalName", "externalName": "example.com"}),
        json!({"type": "ExternalName", "externalName": "example.com", "sessionAffinity": "None"}),
    );
}

#[test]
fn a_service_keeps_what_it_was_given() {
    let spec = json!({"type": "NodePort", "ports": [{"port": 80}]});
    let old = defaulted(object("v1", "Service", json!({"spec": spec})));
    assert_eq!(old["spec"]["ports"][0]["nodePort"], 30_001);
    let mut new = object("v1", "Service", json!({"spec": spec}));
    default(&mut new, Some(&old), &mut Pool(31_000)).unwrap();
    assert_eq!(new["spec"], old["spec"]);
    new["spec"]["type"] = json!("ClusterIP");
    default(&mut new, Some(&old), &mut Pool(31_000)).unwrap();
    assert_eq!(new["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(new["spec"].get("externalTrafficPolicy"), None);
    let mut taken = object(
        "v1",
        "Service",
        json!({"spec": {"clusterIP": "10.96.9.9", "ports": [{"port": 80}]}}),
    );
    let errors = default(&mut taken, None, &mut Pool(0)).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "spec.clusterIPs: Invalid value: [\"10.96.9.9\"]: failed to allocate IP 10.96.9.9: provided IP is already allocated"
    );
}

#[test]
fn small_kinds() {
    let secret = defaulted(object(
        "v1",
        "Secret",
        json!({"stringData": {"a": "x"}, "data": {"b": "YQ=="}}),
    ));
    assert_eq!(
        (&secret["type"], &secret["data"]),
        (&json!("Opaque"), &json!({"a": "eA==", "b": "YQ=="}))
    );
    assert_eq!(secret.get("stringData"), None);
    let namespace = defaulted(object("v1", "Namespace", json!({})));
    assert_eq!(namespace["spec"]["finalizers"], json!(["kubernetes"]));
    assert_eq!(
        namespace["metadata"]["labels"]["kubernetes.io/metadata.name"],
        "x"
    );
    let binding =
        json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]});
    let binding = defaulted(object("rbac.authorization.k8s.io/v1", "RoleBinding", binding));
    assert_eq!(binding["roleRef"]["apiGroup"], "rbac.authorization.k8s.io");
    check_spec(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        json!({"egress": [{"ports": [{"port": 53}]}]}),
        json!({"podSelector": {}, "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}], "policyTypes": ["Ingress", "Egress"]}),
    );
    let custom = object(
        "example.com/v1",
        "Deployment",
        json!({"spec": {"list": [], "nothing": null}}),
    );
    assert_eq!(defaulted(custom.clone()), custom);
}

#[track_caller]
fn check_quantity(text: &str, expect: Option<&str>) {
    assert_eq!(canonical_quantity(text).as_deref(), expect, "{text}");
}

#[test]
fn quantities() {
    check_quantity("1024Mi", Some("1Gi"));
    check_quantity("0.5", Some("500m"));
    check_quantity("1000m", Some("1"));
    check_quantity("1", Some("1"));
    check_quantity("1.5Gi", Some("1536Mi"));
    check_quantity("100Mi", Some("100Mi"));
    check_quantity("1000k", Some("1M"));
    check_quantity("1e3", Some("1e3"));
    check_quantity("0.1Ki", Some("102400m"));
    check_quantity("0", Some("0"));
    check_quantity("-1", Some("-1"));
    check_quantity("x", None);
    check_quantity("1.2.3", None);
    check_quantity("", None);
    check_quantity("1Zi", None);
    check_quantity("99999999999999999999999999999999999999999999", None);
}

/// The errors of an object after defaulting, one per line.
#[track_caller]
fn check_errors(mut object: Value, expect: &[&str]) {
    default(&mut object, None, &mut Pool(30_000)).unwrap();
    let errors: Vec<String> = validate(&object, None).iter().map(ToString::to_string).collect();
    assert_eq!(errors, expect);
}

#[test]
fn claims_are_volumes_of_a_stateful_set() {
    let mounting = |name: &str| {
        let mut template = template();
        template["spec"]["containers"][0]["volumeMounts"] = json!([{"name": name, "mountPath": "/data"}]);
        let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}});
        let spec = json!({"selector": {"matchLabels": {"app": "d"}}, "serviceName": "svc", "template": template,
            "volumeClaimTemplates": [claim]});
        object("apps/v1", "StatefulSet", json!({"spec": spec}))
    };
    check_errors(mounting("data"), &[]);
    check_errors(
        mounting("other"),
        &["spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"other\""],
    );
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

#[test]
fn names_and_labels() {
    let named = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}});
    check_errors(named("ok.name-1"), &[]);
    check_errors(
        named("Upper"),
        &[&format!("metadata.name: Invalid value: \"Upper\": {SUBDOMAIN}")],
    );
    check_errors(
        named(""),
        &["metadata.name: Required value: name or generateName is required"],
    );
    let mut labelled = named("a");
    labelled["metadata"]["labels"] = json!({"k": "v".repeat(64)});
    let message = format!(
        "metadata.labels: Invalid value: \"{}\": must be no more than 63 bytes",
        "v".repeat(64)
    );
    check_errors(labelled, &[&message]);
    let mut held = named("a");
    held["metadata"]["finalizers"] = json!(["nodomain"]);
    check_errors(
        held,
        &[
            "metadata.finalizers[0]: Invalid value: \"nodomain\": name is neither a standard finalizer name nor is it fully qualified",
        ],
    );
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dot.name", "namespace": "n"},
        "spec": {"ports": [{"port": 80}]}});
    check_errors(
        service,
        &["metadata.name: Invalid value: \"dot.name\": must not contain dots"],
    );
}

#[test]
fn events() {
    let event = |own: &str, namespace: &str, time: Value| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": own},
            "involvedObject": {"kind": "A", "name": "a", "namespace": namespace}, "eventTime": time})
    };
    let elsewhere = |namespace: &str| {
        format!("involvedObject.namespace: Invalid value: \"{namespace}\": does not match event.namespace")
    };
    check_errors(event("n", "n", Value::Null), &[]);
    check_errors(event("default", "", Value::Null), &[]);
    check_errors(event("n", "other", Value::Null), &[&elsewhere("other")]);
    check_errors(event("n", "", Value::Null), &[&elsewhere("")]);
    check_errors(
        event("n", "", "2026-01-01T00:00:00.000000Z".into()),
        &[&elsewhere("")],
    );
    check_errors(event("n", "other", "2026-01-01T00:00:00.000000Z".into()), &[]);
}

#[test]
fn deployments() {
    let deployment = |selector: Value, template: Value| {
        object(
            "apps/v1",
            "Deployment",
            json!({"spec": {"selector": selector, "template": template}}),
        )
    };
    let labels = json!({"matchLabels": {"app": "d"}});
    check_errors(deployment(labels.clone(), template()), &[]);
    check_errors(
        deployment(json!({"matchLabels": {"app": "other"}}), template()),
        &[
            "spec.template.metadata.labels: Invalid value: {\"app\":\"d\"}: `selector` does not match template `labels`",
        ],
    );
    check_errors(
        deployment(json!({}), template()),
        &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    );
    check_errors(
        object("apps/v1", "Deployment", json!({})),
        &[
            "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
            "spec.template.spec.containers: Required value",
        ],
    );
    let mut twice = template();
    twice["spec"]["containers"] = json!([{"name": "app", "image": "a"}, {"name": "app"}]);
    check_errors(
        deployment(labels, twice),
        &[
            "spec.template.spec.containers[1].image: Required value",
            "spec.template.spec.containers[1].name: Duplicate value: \"app\"",
        ],
    );
}

/// The errors of changing `old` into `new`, each text once.
#[track_caller]
fn check_update(old: Value, change: impl FnOnce(&mut Value), expect: &[&str]) {
    let old = defaulted(old);
    let mut new = old.clone();
    change(&mut new);
    default(&mut new, Some(&old), &mut Pool(30_000)).unwrap();
    let mut errors: Vec<String> = validate(&new, Some(&old))
        .iter()
        .map(ToString::to_string)
        .collect();
    errors.dedup();
    assert_eq!(errors, expect);
}

#[test]
fn immutable_fields() {
    let workload = |kind: &str| {
        let spec =
            json!({"selector": {"matchLabels": {"app": "d"}}, "template": template(), "serviceName": "s"});
        object("apps/v1", kind, json!({"spec": spec}))
    };
    let relabel = |object: &mut Value| {
        object["spec"]["selector"] = json!({"matchLabels": {"app": "z"}});
        object["spec"]["template"]["metadata"]["labels"] = json!({"app": "z"});
    };
    let message = "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"z\"}}: field is immutable";
    check_update(workload("Deployment"), relabel, &[message]);
    check_update(workload("DaemonSet"), relabel, &[message]);
    check_update(
        workload("Deployment"),
        |object| object["spec"]["replicas"] = json!(3),
        &[],
    );
    check_update(
        workload("StatefulSet"),
        |object| object["spec"]["replicas"] = json!(3),
        &[],
    );
    check_update(
        workload("StatefulSet"),
        |object| object["spec"]["serviceName"] = json!("other"),
        &[
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ],
    );
    let frozen = object("v1", "ConfigMap", json!({"data": {"k": "v"}, "immutable": true}));
    check_update(
        frozen,
        |object| object["data"]["k"] = json!("w"),
        &["data: Forbidden: field is immutable when `immutable` is set"],
    );
    let secret = object("v1", "Secret", json!({}));
    check_update(
        secret,
        |object| object["type"] = json!("other"),
        &["type: Invalid value: \"other\": field is immutable"],
    );
    let service = object("v1", "Service", json!({"spec": {"ports": [{"port": 80}]}}));
    check_update(
        service,
        |object| {
            object["spec"]["clusterIP"] = json!("10.96.0.51");
            object["spec"]["clusterIPs"] = json!(["10.96.0.51"]);
        },
        &["spec.clusterIPs[0]: Invalid value: [\"10.96.0.51\"]: may not change once set"],
    );
    let pod = || {
        object(
            "v1",
            "Pod",
            json!({"spec": {"containers": [{"name": "a", "image": "i:1"}]}}),
        )
    };
    check_update(
        pod(),
        |pod| pod["spec"]["containers"][0]["image"] = json!("i:2"),
        &[],
    );
    let bind = |pod: &mut Value| pod["spec"]["nodeName"] = json!("n");
    check_update(
        pod(),
        bind,
        &[
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n@@ -42,7 +42,7 @@\n  \"NodeSelector\": null,\n  \"ServiceAccountName\": \"default\",\n  \"AutomountServiceAccountToken\": null,\n- \"NodeName\": \"\",\n+ \"NodeName\": \"n\",\n  \"SecurityContext\": {\n   \"HostNetwork\": false,\n   \"HostPID\": false,\n",
        ],
    );
    let scheduled = json!({"conditions": [{"type": "PodScheduled", "status": "True"}]});
    let schedule = |pod: &mut Value| {
        bind(pod);
        pod["status"] = scheduled;
    };
    check_update(pod(), schedule, &[]);
    let mut terminating = object("v1", "ConfigMap", json!({}));
    terminating["metadata"]["deletionTimestamp"] = json!("2030-01-01T00:00:00Z");
    check_update(
        terminating,
        |object| object["metadata"]["finalizers"] = json!(["x.io/b"]),
        &[
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"x.io/b\"}",
        ],
    );
}

/// All objects that come from `value` by putting `other` in the place of one member or element.
fn mutations(value: &Value, other: &Value) -> Vec<Value> {
    let mut all = vec![other.clone()];
    match value {
        Value::Object(map) => {
            for (key, member) in map {
                all.extend(mutations(member, other).into_iter().map(|changed| {
                    let mut copy = value.clone();
                    copy[key] = changed;
                    copy
                }));
            }
        }
        Value::Array(list) => {
            for (index, element) in list.iter().enumerate() {
                all.extend(mutations(element, other).into_iter().map(|changed| {
                    let mut copy = value.clone();
                    copy[index] = changed;
                    copy
                }));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn nothing_panics_on_wrong_types() {
    let pod = json!({"restartPolicy": "Always", "hostNetwork": true, "serviceAccount": "s", "tolerations": [{"key": "a"}],
        "containers": [{"name": "a", "image": "i", "ports": [{"containerPort": 80}], "env": [{"name": "E", "value": "",
            "valueFrom": {"fieldRef": {}, "resourceFieldRef": {"divisor": 1}}}],
            "resources": {"limits": {"cpu": 1}, "requests": {"cpu": "1"}},
            "livenessProbe": {"httpGet": {"port": 1}}, "volumeMounts": [{"name": "v", "mountPath": "/"}]}],
        "volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {}}]}}]});
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": pod});
    let selector = json!({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]});
    let meta = json!({"name": "x", "namespace": "n", "uid": "u", "labels": {"a": "b"}, "annotations": {"a": "b"}, "finalizers": ["a/b"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u"}]});
    let bodies = [
        ("v1", "Pod", json!({"spec": pod})),
        (
            "apps/v1",
            "Deployment",
            json!({"spec": {"selector": selector, "template": template, "strategy": {"rollingUpdate": {}}}}),
        ),
        (
            "apps/v1",
            "StatefulSet",
            json!({"spec": {"selector": selector, "template": template,
            "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": 1}}}}]}}),
        ),
        (
            "apps/v1",
            "DaemonSet",
            json!({"spec": {"selector": selector, "template": template}}),
        ),
        (
            "batch/v1",
            "Job",
            json!({"spec": {"template": template, "completions": 1}}),
        ),
        (
            "batch/v1",
            "CronJob",
            json!({"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}}),
        ),
        (
            "v1",
            "Service",
            json!({"spec": {"type": "LoadBalancer", "externalIPs": ["1.1.1.1"], "ports": [{"port": 80}], "selector": {"a": "b"}}}),
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            json!({"spec": {"rules": [{"host": "h", "http": {"paths": [{"path": "/", "backend": {"service": {"port": {"number": 1}}}}]}}]}}),
        ),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            json!({"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "1.0.0.0/8", "except": ["1.1.0.0/16"]}}], "ports": [{"port": 1}]}]}}),
        ),
        (
            "v1",
            "Secret",
            json!({"data": {"a": "eA=="}, "stringData": {"b": "c"}, "type": "kubernetes.io/tls"}),
        ),
        (
            "v1",
            "ConfigMap",
            json!({"data": {"a": "b"}, "binaryData": {"c": "eA=="}}),
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            json!({"spec": {"scaleTargetRef": {}, "metrics": [{"type": "Resource", "resource": {"target": {}}}], "behavior": {"scaleUp": {}}}}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            json!({"roleRef": {"kind": "Role"}, "subjects": [{"kind": "User"}]}),
        ),
        (
            "v1",
            "LimitRange",
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": 1}}]}}),
        ),
    ];
    let wrong = [
        Value::Null,
        json!(true),
        json!(-7),
        json!("é"),
        json!([]),
        json!({}),
        json!(["x"]),
        json!({"a": 1}),
    ];
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    for (api_version, kind, body) in bodies {
        let mut good = object(api_version, kind, body);
        good["metadata"] = meta.clone();
        for other in &wrong {
            for member in good
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| !matches!(key.as_str(), "apiVersion" | "kind"))
            {
                for changed in mutations(&good[member], other) {
                    let mut object = good.clone();
                    object[member] = changed;
                    let fine = default(&mut object, None, &mut Pool(1)).is_ok();
                    let _ = (
                        fine,
                        validate(&object, None),
                        validate(&object, Some(&good)),
                        validate(&good, Some(&object)),
                    );
                    assert!(!crate::table::cells(&object, now).is_empty());
                    crate::simulate::fake::run_once(object);
                }
            }
        }
    }
}
