//! The table of Pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::{age, since};
use super::read::{NONE, int, items, text, text_or};

pub(crate) fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let summary = Summary::of(pod, now);
    let status = &pod["status"];
    let ip = items(&status["podIPs"])
        .first()
        .map_or_else(|| text(&status["podIP"]), |first| text(&first["ip"]));
    vec![
        json!(format!("{}/{}", summary.ready, summary.total)),
        json!(summary.reason),
        json!(summary.restarts),
        json!(age(pod, now)),
        json!(if ip.is_empty() { NONE } else { ip }),
        json!(text_or(&pod["spec"]["nodeName"], NONE)),
        json!(text_or(&status["nominatedNodeName"], NONE)),
        json!(gates(pod)),
    ]
}

/// `met/all` of the readiness gates.
fn gates(pod: &Value) -> String {
    let gates = items(&pod["spec"]["readinessGates"]);
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let met = |gate: &&Value| {
        items(&pod["status"]["conditions"])
            .iter()
            .any(|c| c["type"] == gate["conditionType"] && c["status"] == "True")
    };
    format!("{}/{}", gates.iter().filter(met).count(), gates.len())
}

struct Summary {
    ready: usize,
    total: usize,
    reason: String,
    restarts: String,
}

/// What has been counted of the containers so far.
#[derive(Default)]
struct Tally {
    ready: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Tally {
    fn restart(&mut self, container: &Value) {
        self.restarts += int(&container["restartCount"]);
        let last = container["lastState"]["terminated"]["finishedAt"]
            .as_str()
            .and_then(|at| at.parse().ok());
        self.last_restart = self.last_restart.max(last);
    }
}

impl Summary {
    fn of(pod: &Value, now: Timestamp) -> Self {
        let status = &pod["status"];
        let inits = items(&pod["spec"]["initContainers"]);
        let sidecars = inits.iter().filter(|init| is_sidecar(init)).count();
        let total = items(&pod["spec"]["containers"]).len() + sidecars;
        let mut reason = text_or(&status["reason"], text(&status["phase"])).to_owned();
        let gated = |c: &Value| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated";
        if items(&status["conditions"]).iter().any(gated) {
            reason = "SchedulingGated".to_owned();
        }
        let mut tally = Tally::default();
        let initializing = initialize(pod, inits, &mut tally);
        let initialized = items(&status["conditions"])
            .iter()
            .any(|c| c["type"] == "Initialized" && c["status"] == "True");
        match initializing {
            Some(why) if !initialized => reason = why,
            _ => {
                // Restarts of init containers stop counting once the pod runs; those of sidecars go on.
                let sidecar_restarts = sidecar_tally(pod, inits);
                tally = Tally {
                    ready: tally.ready,
                    ..sidecar_restarts
                };
                reason = run(pod, &mut tally, reason);
            }
        }
        if pod["metadata"]["deletionTimestamp"].is_string() {
            let finished = matches!(text(&status["phase"]), "Succeeded" | "Failed");
            if status["reason"] == "NodeLost" {
                reason = "Unknown".to_owned();
            } else if !finished {
                reason = "Terminating".to_owned();
            }
        }
        let mut restarts = tally.restarts.to_string();
        if let Some(last) = tally.last_restart.filter(|_| tally.restarts != 0) {
            restarts = format!("{restarts} ({} ago)", since(&json!(last.to_string()), now));
        }
        Self {
            ready: tally.ready,
            total,
            reason,
            restarts,
        }
    }
}

fn is_sidecar(container: &Value) -> bool {
    container["restartPolicy"] == "Always"
}

fn sidecar_tally(pod: &Value, inits: &[Value]) -> Tally {
    let mut tally = Tally::default();
    for status in items(&pod["status"]["initContainerStatuses"]) {
        if inits
            .iter()
            .any(|init| init["name"] == status["name"] && is_sidecar(init))
        {
            tally.restart(status);
        }
    }
    tally
}

/// What the first init container that is not done is doing, if there is one.
fn initialize(pod: &Value, inits: &[Value], tally: &mut Tally) -> Option<String> {
    for (index, container) in items(&pod["status"]["initContainerStatuses"]).iter().enumerate() {
        tally.restart(container);
        let sidecar = inits
            .iter()
            .any(|init| init["name"] == container["name"] && is_sidecar(init));
        let ended = &container["state"]["terminated"];
        let waiting = text(&container["state"]["waiting"]["reason"]);
        if ended.is_object() && int(&ended["exitCode"]) == 0 {
            continue;
        }
        if sidecar && container["started"] == true {
            tally.ready += usize::from(container["ready"] == true);
            continue;
        }
        if ended.is_object() {
            return Some(format!("Init:{}", ended_reason(ended)));
        }
        if !waiting.is_empty() && waiting != "PodInitializing" {
            return Some(format!("Init:{waiting}"));
        }
        return Some(format!("Init:{index}/{}", inits.len()));
    }
    None
}

fn ended_reason(ended: &Value) -> String {
    match (text(&ended["reason"]), int(&ended["signal"])) {
        ("", 0) => format!("ExitCode:{}", int(&ended["exitCode"])),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

/// What the containers are doing: the first one with something to tell wins.
fn run(pod: &Value, tally: &mut Tally, reason: String) -> String {
    let mut reason = reason;
    let mut running = false;
    for container in items(&pod["status"]["containerStatuses"]).iter().rev() {
        tally.restart(container);
        let state = &container["state"];
        let waiting = text(&state["waiting"]["reason"]);
        if !waiting.is_empty() {
            reason = waiting.to_owned();
        } else if state["terminated"].is_object() {
            reason = ended_reason(&state["terminated"]);
        } else if container["ready"] == true && state["running"].is_object() {
            running = true;
            tally.ready += 1;
        }
    }
    if reason == "Completed" && running {
        let ready = items(&pod["status"]["conditions"])
            .iter()
            .any(|c| c["type"] == "Ready" && c["status"] == "True");
        reason = if ready { "Running" } else { "NotReady" }.to_owned();
    }
    reason
}
