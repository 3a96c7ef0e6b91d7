//! Pods: scheduling on the one node, and what a kubelet reports.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::condition::condition;
use super::json::{created, deleting, format_time, int, items, meta, same_but_times, text};
use super::names::hash;
use super::stage::{Fail, Stage};
use super::{Action, Config, ObjectRef, Parts, Propagation, Step};

/// The manager of what kubelets write.
const KUBELET: &str = "kubelet";

/// Look at one pod: end it when it is being deleted, otherwise schedule it and report its state.
pub(crate) fn step(pod: &Value, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if !config.kubelet {
        return step;
    }
    if deleting(pod) {
        step.actions.push(remove(pod));
        return step;
    }
    let mut new = pod.clone();
    step.wake = run(&mut new, config, now);
    let bound = new["spec"]["nodeName"] != pod["spec"]["nodeName"];
    if bound || !same_but_times(&new["status"], &pod["status"]) {
        let parts = if bound { Parts::Both } else { Parts::Status };
        step.actions.push(Action::Update {
            object: new,
            parts,
            manager: KUBELET,
        });
    }
    step
}

/// Delete the pod at once: there are no processes whose end could be waited for.
pub(crate) fn remove(pod: &Value) -> Action {
    Action::Delete {
        target: ObjectRef::of(pod),
        uid: meta(pod, "uid").to_owned(),
        propagation: Propagation::Background,
    }
}

/// Set node and status of a pod as they are at `now`. Gives the time of the next change.
pub(crate) fn run(pod: &mut Value, config: &Config, now: Timestamp) -> Option<Timestamp> {
    if is_finished(pod) {
        return None;
    }
    let stage = Stage::of(&[&pod["metadata"]["annotations"]]);
    let state = State::of(pod, &stage, now);
    let scheduled = stage.fail != Some(Fail::Unschedulable);
    if scheduled && text(&pod["spec"]["nodeName"]).is_empty() {
        pod["spec"]["nodeName"] = json!(config.node);
    }
    pod["status"] = status(pod, &stage, &state, now);
    match state {
        State::Starting { until } => Some(until),
        _ => None,
    }
}

/// What the containers of a pod do.
enum State {
    Unschedulable,
    Starting { until: Timestamp },
    Ready,
    Succeeded,
    Failed,
    Waiting { reason: &'static str },
}

impl State {
    fn of(pod: &Value, stage: &Stage, now: Timestamp) -> Self {
        let runs_to_end = pod["spec"]["restartPolicy"]
            .as_str()
            .is_some_and(|policy| policy != "Always");
        let due = created(pod, now)
            .checked_add(stage.ready_after)
            .ok()
            .filter(|due| *due > now);
        match stage.fail {
            Some(Fail::Unschedulable) => Self::Unschedulable,
            Some(Fail::ImagePullBackOff) => Self::Waiting {
                reason: "ImagePullBackOff",
            },
            Some(Fail::CrashLoopBackOff) => Self::Waiting {
                reason: "CrashLoopBackOff",
            },
            Some(Fail::JobFailed) if runs_to_end => {
                due.map_or(Self::Failed, |until| Self::Starting { until })
            }
            _ if runs_to_end => due.map_or(Self::Succeeded, |until| Self::Starting { until }),
            _ => due.map_or(Self::Ready, |until| Self::Starting { until }),
        }
    }

    fn phase(&self) -> &'static str {
        match self {
            Self::Unschedulable
            | Self::Waiting {
                reason: "ImagePullBackOff",
            } => "Pending",
            Self::Starting { .. } | Self::Ready | Self::Waiting { .. } => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// Whether all containers have ended for good.
pub(crate) fn is_finished(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Whether the pod is ready for traffic.
pub(crate) fn is_ready(pod: &Value) -> bool {
    super::condition_is(pod, "Ready", "True")
}

fn status(pod: &Value, stage: &Stage, state: &State, now: Timestamp) -> Value {
    let old = &pod["status"];
    let mut status = json!({
        "phase": state.phase(),
        "qosClass": quality_of_service(&pod["spec"]),
    });
    status["observedGeneration"] = json!(generation(pod));
    status["conditions"] = conditions(pod, state, now);
    if matches!(state, State::Unschedulable) {
        return status;
    }
    let ip = match text(&old["podIP"]) {
        "" => address(pod),
        ip => ip.to_owned(),
    };
    status["hostIP"] = json!(NODE_ADDRESS);
    status["hostIPs"] = json!([{"ip": NODE_ADDRESS}]);
    status["podIP"] = json!(ip);
    status["podIPs"] = json!([{"ip": ip}]);
    status["startTime"] = match &old["startTime"] {
        Value::Null => json!(format_time(now)),
        time => time.clone(),
    };
    let containers: Vec<Value> = items(&pod["spec"]["containers"])
        .iter()
        .map(|container| self::container(pod, container, stage, state, now))
        .collect();
    status["containerStatuses"] = json!(containers);
    let init: Vec<Value> = items(&pod["spec"]["initContainers"])
        .iter()
        .map(|container| init_container(container, now))
        .collect();
    if !init.is_empty() {
        status["initContainerStatuses"] = json!(init);
    }
    status
}

/// The generation of a pod; one that is about to be created starts with 1.
fn generation(pod: &Value) -> i64 {
    pod["metadata"]["generation"].as_i64().unwrap_or(1)
}

fn conditions(pod: &Value, state: &State, now: Timestamp) -> Value {
    let old = &pod["status"];
    let condition = |kind: &str, ok: bool, reason: &str, message: &str| {
        let mut new = condition(old, kind, if ok { "True" } else { "False" }, reason, message, now);
        new["lastProbeTime"] = Value::Null;
        new["observedGeneration"] = json!(generation(pod));
        new
    };
    if matches!(state, State::Unschedulable) {
        let message = "0/1 nodes are available: staged by annotation. no new claims to deallocate, preemption: 0/1 \
                       nodes are available: 1 Preemption is not helpful for scheduling.";
        return json!([condition("PodScheduled", false, "Unschedulable", message)]);
    }
    let names: Vec<&str> = items(&pod["spec"]["containers"])
        .iter()
        .map(|c| text(&c["name"]))
        .collect();
    let (ready, reason, message) = match state {
        State::Ready => (true, "", String::new()),
        State::Succeeded => (false, "PodCompleted", String::new()),
        State::Failed => (false, "PodFailed", String::new()),
        _ => (
            false,
            "ContainersNotReady",
            format!("containers with unready status: [{}]", names.join(" ")),
        ),
    };
    let sandbox = !matches!(state, State::Succeeded | State::Failed);
    let initialized = if matches!(state, State::Succeeded) {
        "PodCompleted"
    } else {
        ""
    };
    json!([
        condition("PodReadyToStartContainers", sandbox, "", ""),
        condition("Initialized", true, initialized, ""),
        condition("Ready", ready, reason, &message),
        condition("ContainersReady", ready, reason, &message),
        condition("PodScheduled", true, "", ""),
    ])
}

fn container(pod: &Value, container: &Value, stage: &Stage, state: &State, now: Timestamp) -> Value {
    let name = text(&container["name"]);
    let old = items(&pod["status"]["containerStatuses"])
        .iter()
        .find(|old| old["name"] == name);
    let started = old
        .and_then(|old| old["state"]["running"]["startedAt"].as_str())
        .map_or_else(|| format_time(now), str::to_owned);
    let id = container_id(pod, name);
    let ended = |code: i64, reason: &str| {
        json!({"terminated": {"containerID": id, "exitCode": code, "reason": reason,
            "startedAt": started, "finishedAt": format_time(now)}})
    };
    let crashed = matches!(
        state,
        State::Waiting {
            reason: "CrashLoopBackOff"
        }
    );
    let ready = matches!(state, State::Ready);
    let (current, last) = match state {
        State::Succeeded => (ended(0, "Completed"), json!({})),
        State::Failed => (ended(1, "Error"), json!({})),
        State::Waiting { reason } => {
            let message = if crashed {
                format!(
                    "back-off 5m0s restarting failed container={name} pod={}_{}({})",
                    meta(pod, "name"),
                    meta(pod, "namespace"),
                    meta(pod, "uid")
                )
            } else {
                format!("Back-off pulling image \"{}\"", text(&container["image"]))
            };
            let last = if crashed { ended(1, "Error") } else { json!({}) };
            (json!({"waiting": {"reason": reason, "message": message}}), last)
        }
        _ => (json!({"running": {"startedAt": started}}), json!({})),
    };
    json!({
        "name": name,
        "image": container["image"],
        "imageID": if matches!(state, State::Waiting { reason: "ImagePullBackOff" }) { String::new() } else { image_id(text(&container["image"])) },
        "containerID": id,
        "ready": ready,
        "started": matches!(state, State::Ready | State::Starting { .. }),
        "restartCount": stage.restarts.unwrap_or(if crashed { 5 } else { 0 }),
        "state": current,
        "lastState": last,
    })
}

fn init_container(container: &Value, now: Timestamp) -> Value {
    let sidecar = container["restartPolicy"] == "Always";
    let at = format_time(now);
    let state = if sidecar {
        json!({"running": {"startedAt": at}})
    } else {
        json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at}})
    };
    json!({
        "name": container["name"],
        "image": container["image"],
        "imageID": image_id(text(&container["image"])),
        "ready": true,
        "started": sidecar,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    })
}

/// The address of the simulated node.
pub(crate) const NODE_ADDRESS: &str = "172.18.0.2";

/// A pod address in 10.128.0.0/9, stable for the pod's name.
fn address(pod: &Value) -> String {
    let hash = hash(&["pod", meta(pod, "namespace"), meta(pod, "name")]);
    let [low, middle, high, ..] = hash.to_le_bytes();
    format!("10.{}.{}.{}", 128 | high, middle, low.clamp(1, 254))
}

fn container_id(pod: &Value, container: &str) -> String {
    let half = |salt: &str| hash(&[salt, meta(pod, "namespace"), meta(pod, "name"), container]);
    format!(
        "containerd://{:016x}{:016x}{:016x}{:016x}",
        half("a"),
        half("b"),
        half("c"),
        half("d")
    )
}

fn image_id(image: &str) -> String {
    if image.contains("@sha256:") {
        return image.to_owned();
    }
    let half = |salt: &str| hash(&[salt, image]);
    format!(
        "sha256:{:016x}{:016x}{:016x}{:016x}",
        half("a"),
        half("b"),
        half("c"),
        half("d")
    )
}

/// The QoS class that follows from requests and limits of CPU and memory.
pub(crate) fn quality_of_service(spec: &Value) -> &'static str {
    let all = || {
        items(&spec["containers"])
            .iter()
            .chain(items(&spec["initContainers"]))
    };
    let set = |value: &Value| !value.is_null() && text(value) != "0" && int(value) == 0 || int(value) > 0;
    let names = ["cpu", "memory"];
    let any = all().any(|container| {
        let resources = &container["resources"];
        names
            .iter()
            .any(|name| set(&resources["requests"][name]) || set(&resources["limits"][name]))
    });
    if !any {
        return "BestEffort";
    }
    let guaranteed = all().all(|container| {
        let resources = &container["resources"];
        names.iter().all(|name| {
            let (request, limit) = (&resources["requests"][name], &resources["limits"][name]);
            set(limit) && (request.is_null() || request == limit)
        })
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}
