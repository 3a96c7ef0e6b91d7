//! Tables of the workload kinds.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;
use super::read::{NONE, containers, int, items, labels, selector, text};

/// Containers, images and selector of `-o wide`.
fn wide(object: &Value) -> [Value; 3] {
    let (names, images) = containers(&object["spec"]["template"]["spec"]);
    [
        json!(names),
        json!(images),
        json!(selector(&object["spec"]["selector"])),
    ]
}

fn replicas(object: &Value) -> i64 {
    int(&object["spec"]["replicas"])
}

pub(crate) fn deployment(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = &object["status"];
    let mut cells = vec![
        json!(format!("{}/{}", int(&status["readyReplicas"]), replicas(object))),
        json!(int(&status["updatedReplicas"])),
        json!(int(&status["availableReplicas"])),
        json!(age(object, now)),
    ];
    cells.extend(wide(object));
    cells
}

pub(crate) fn replica_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = &object["status"];
    let mut cells = vec![
        json!(replicas(object)),
        json!(int(&status["replicas"])),
        json!(int(&status["readyReplicas"])),
        json!(age(object, now)),
    ];
    cells.extend(wide(object));
    cells
}

pub(crate) fn replication_controller(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = replica_set(object, now);
    cells.pop();
    cells.push(json!(labels(&object["spec"]["selector"])));
    cells
}

pub(crate) fn stateful_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let ready = format!("{}/{}", int(&object["status"]["readyReplicas"]), replicas(object));
    let [names, images, _] = wide(object);
    vec![json!(ready), json!(age(object, now)), names, images]
}

pub(crate) fn daemon_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let counts = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    let mut cells: Vec<Value> = counts
        .iter()
        .map(|field| json!(int(&object["status"][field])))
        .collect();
    cells.push(json!(labels(&object["spec"]["template"]["spec"]["nodeSelector"])));
    cells.push(json!(age(object, now)));
    cells.extend(wide(object));
    cells
}

pub(crate) fn controller_revision(object: &Value, now: Timestamp) -> Vec<Value> {
    let owner = items(&object["metadata"]["ownerReferences"])
        .iter()
        .find(|r| r["controller"] == true);
    let controller = owner.map_or_else(
        || NONE.to_owned(),
        |owner| {
            let kind = text(&owner["kind"]).to_ascii_lowercase();
            let group = text(&owner["apiVersion"])
                .split_once('/')
                .map_or("", |(group, _)| group);
            let separator = if group.is_empty() { "" } else { "." };
            format!("{kind}{separator}{group}/{}", text(&owner["name"]))
        },
    );
    vec![
        json!(controller),
        json!(int(&object["revision"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn pod_template(object: &Value, _now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(&object["template"]["spec"]);
    vec![
        json!(names),
        json!(images),
        json!(labels(&object["template"]["metadata"]["labels"])),
    ]
}
