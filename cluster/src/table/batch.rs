//! Tables of Jobs and CronJobs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::{age, human_duration, since};
use super::read::{NONE, UNSET, containers, int, items, plain, selector, text, text_or};

pub(crate) fn job(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let succeeded = int(&status["succeeded"]);
    let completions = match (spec["completions"].as_i64(), int(&spec["parallelism"])) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let (names, images) = containers(&spec["template"]["spec"]);
    vec![
        json!(job_status(object)),
        json!(completions),
        json!(duration(status, now)),
        json!(age(object, now)),
        json!(names),
        json!(images),
        json!(selector(&spec["selector"])),
    ]
}

fn duration(status: &Value, now: Timestamp) -> String {
    let time = |field: &str| {
        status[field]
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    match (time("startTime"), time("completionTime")) {
        (None, _) => String::new(),
        (Some(start), None) => human_duration(now.duration_since(start)),
        (Some(start), Some(end)) => human_duration(end.duration_since(start)),
    }
}

fn job_status(object: &Value) -> &'static str {
    let has = |kind: &str| {
        items(&object["status"]["conditions"])
            .iter()
            .any(|c| c["type"] == kind && c["status"] == "True")
    };
    if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if object["metadata"]["deletionTimestamp"].is_string() {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

pub(crate) fn cron_job(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let suspend = match spec["suspend"].as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => UNSET,
    };
    let last = &object["status"]["lastScheduleTime"];
    let (names, images) = containers(&spec["jobTemplate"]["spec"]["template"]["spec"]);
    vec![
        json!(plain(&spec["schedule"])),
        json!(text_or(&spec["timeZone"], NONE)),
        json!(suspend),
        json!(items(&object["status"]["active"]).len()),
        json!(if text(last).is_empty() {
            NONE.to_owned()
        } else {
            since(last, now)
        }),
        json!(age(object, now)),
        json!(names),
        json!(images),
        json!(selector(&spec["jobTemplate"]["spec"]["selector"])),
    ]
}
