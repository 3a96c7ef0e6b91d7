"""Create, read, update, patch, watch and delete with the Python client. Argument: a kubeconfig."""
import sys
import threading
import time

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

NS = "py"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "foos.py.example.com"},
    "spec": {
        "group": "py.example.com",
        "scope": "Namespaced",
        "names": {"plural": "foos", "kind": "Foo"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def maps(v1):
    labels = {"x": "1"}
    v1.create_namespaced_config_map(NS, {"metadata": {"name": "a", "labels": labels}, "data": {"k": "v"}})
    seen, ready = [], threading.Event()

    def follow():
        stream = watch.Watch()
        for event in stream.stream(v1.list_namespaced_config_map, NS, label_selector="x=1", timeout_seconds=30):
            seen.append(event["type"])
            ready.set()
            if event["type"] == "DELETED":
                stream.stop()

    thread = threading.Thread(target=follow)
    thread.start()
    assert ready.wait(30)
    found = v1.read_namespaced_config_map("a", NS)
    found.data["k"] = "w"
    v1.replace_namespaced_config_map("a", NS, found)
    try:
        found.data["k"] = "stale"
        v1.replace_namespaced_config_map("a", NS, found)
        raise SystemExit("a stale write went through")
    except ApiException as error:
        assert error.status == 409, error
    v1.patch_namespaced_config_map("a", NS, {"data": {"j": "1"}})
    assert v1.read_namespaced_config_map("a", NS).data == {"k": "w", "j": "1"}
    listed = v1.list_namespaced_config_map(NS, label_selector="x").items
    assert [item.metadata.name for item in listed] == ["a"]
    v1.delete_namespaced_config_map("a", NS)
    thread.join()
    assert seen == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"], seen


def eventually(check):
    for _ in range(300):
        if check():
            return
        time.sleep(0.1)
    raise SystemExit("it did not happen")


def workload(apps):
    labels = {"a": "b"}
    pod = client.V1PodSpec(containers=[client.V1Container(name="c", image="i:1")])
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels), spec=pod)
    selector = client.V1LabelSelector(match_labels=labels)
    spec = client.V1DeploymentSpec(replicas=1, selector=selector, template=template)
    apps.create_namespaced_deployment(NS, client.V1Deployment(metadata=client.V1ObjectMeta(name="d"), spec=spec))
    eventually(lambda: apps.read_namespaced_deployment_status("d", NS).status.ready_replicas == 1)
    apps.patch_namespaced_deployment_scale("d", NS, {"spec": {"replicas": 2}})
    assert apps.read_namespaced_deployment_scale("d", NS).spec.replicas == 2


def custom():
    client.ApiextensionsV1Api().create_custom_resource_definition(CRD)
    api = client.CustomObjectsApi()
    place = ("py.example.com", "v1", NS, "foos")
    foo = {"apiVersion": "py.example.com/v1", "kind": "Foo", "metadata": {"name": "f"}, "spec": {"a": 1}}
    api.create_namespaced_custom_object(*place, foo)
    assert api.get_namespaced_custom_object(*place, "f")["spec"] == {"a": 1}
    api.delete_namespaced_custom_object(*place, "f")


config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
core.create_namespace({"metadata": {"name": NS}})
maps(core)
workload(client.AppsV1Api())
custom()
review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
assert client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed
core.delete_namespace(NS)
print("fine")
