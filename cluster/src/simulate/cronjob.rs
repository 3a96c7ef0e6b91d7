//! CronJobs start Jobs by the clock.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::cron::Schedule;
use super::json::{
    controller_reference, created, deleting, format_time, is_controlled_by, meta, parse_time, set_meta,
    status_update, text,
};
use super::replicaset::MANAGER;
use super::{Action, Config, ObjectRef, Propagation, Step, View, condition_is, job};

/// Look at one CronJob.
pub(crate) fn step(cron: &Value, view: &dyn View, _config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(cron) {
        return step;
    }
    let mut jobs = view.owned_by(meta(cron, "uid"));
    jobs.retain(|job| job["kind"] == "Job" && is_controlled_by(job, cron));
    jobs.sort_by_cached_key(|job| {
        (
            meta(job, "creationTimestamp").to_owned(),
            meta(job, "name").to_owned(),
        )
    });
    let active: Vec<&Arc<Value>> = jobs.iter().filter(|job| !job::is_finished(job)).collect();
    let mut last = parse_time(&cron["status"]["lastScheduleTime"]);
    let mut listed: Vec<Value> = active.iter().map(|job| reference(job)).collect();
    if cron["spec"]["suspend"] != true
        && let Some((due, next)) = times(cron, last, now)
    {
        if let Some(next) = next {
            step.wake_at(next);
        }
        if let Some(due) = due.filter(|due| in_time(cron, *due, now)) {
            let policy = text(&cron["spec"]["concurrencyPolicy"]);
            if active.is_empty() || policy != "Forbid" {
                if policy == "Replace" {
                    step.actions.extend(active.iter().map(|job| delete(job)));
                    listed.clear();
                }
                step.actions.push(Action::Create {
                    object: job_at(cron, due),
                    manager: MANAGER,
                });
                last = Some(due);
            }
        }
    }
    step.actions.extend(forget(cron, &jobs));
    let mut status = json!({});
    if !listed.is_empty() {
        status["active"] = json!(listed);
    }
    if let Some(last) = last {
        status["lastScheduleTime"] = json!(format_time(last));
    }
    let done = jobs.iter().filter(|job| condition_is(job, "Complete", "True"));
    let done = done
        .filter_map(|job| job["status"]["completionTime"].as_str())
        .max()
        .map(str::to_owned);
    if let Some(done) = done.or_else(|| cron["status"]["lastSuccessfulTime"].as_str().map(str::to_owned)) {
        status["lastSuccessfulTime"] = json!(done);
    }
    if !cron["status"].is_null() || status != json!({}) {
        step.actions.extend(status_update(cron, status, MANAGER));
    }
    step
}

/// The latest time that is due and not served yet, and the next one after `now`.
fn times(
    cron: &Value,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    let schedule = Schedule::parse(text(&cron["spec"]["schedule"]))?;
    let zone = match cron["spec"]["timeZone"].as_str() {
        Some(name) => TimeZone::get(name).ok()?,
        None => TimeZone::UTC,
    };
    let after = |at: Timestamp| -> Option<Timestamp> {
        let local = schedule.next(zone.to_datetime(at))?;
        Some(local.to_zoned(zone.clone()).ok()?.timestamp())
    };
    // Looking back a day at most keeps the search short however long the cluster was down.
    let day = SignedDuration::from_hours(24);
    let from = last
        .unwrap_or_else(|| created(cron, now))
        .max(now.checked_sub(day).ok()?);
    let mut due = None;
    let mut next = after(from);
    while let Some(at) = next.filter(|at| *at <= now) {
        due = Some(at);
        next = after(at);
    }
    Some((due, next))
}

fn in_time(cron: &Value, due: Timestamp, now: Timestamp) -> bool {
    let limit = cron["spec"]["startingDeadlineSeconds"].as_i64();
    limit.is_none_or(|limit| now.duration_since(due) <= SignedDuration::from_secs(limit))
}

fn reference(job: &Value) -> Value {
    json!({
        "apiVersion": job["apiVersion"],
        "kind": job["kind"],
        "name": job["metadata"]["name"],
        "namespace": job["metadata"]["namespace"],
        "resourceVersion": job["metadata"]["resourceVersion"],
        "uid": job["metadata"]["uid"],
    })
}

fn job_at(cron: &Value, due: Timestamp) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            // The name is the time: the same job cannot be started twice.
            "name": format!("{}-{}", meta(cron, "name"), due.as_second() / 60),
            "namespace": meta(cron, "namespace"),
            "ownerReferences": [controller_reference(cron)],
        },
        "spec": template["spec"],
    });
    for field in ["labels", "annotations"] {
        if !template["metadata"][field].is_null() {
            job["metadata"][field] = template["metadata"][field].clone();
        }
    }
    set_meta(
        &mut job,
        "annotations",
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        &format_time(due),
    );
    job
}

fn delete(job: &Value) -> Action {
    Action::Delete {
        target: ObjectRef::of(job),
        uid: meta(job, "uid").to_owned(),
        propagation: Propagation::Background,
    }
}

/// Delete the oldest finished jobs beyond the two history limits.
fn forget(cron: &Value, jobs: &[Arc<Value>]) -> Vec<Action> {
    let surplus = |kind: &str, field: &str, default: i64| {
        let limit = usize::try_from(cron["spec"][field].as_i64().unwrap_or(default)).unwrap_or(0);
        let done: Vec<&Arc<Value>> = jobs
            .iter()
            .filter(|job| condition_is(job, kind, "True") && !deleting(job))
            .collect();
        let count = done.len().saturating_sub(limit);
        done.into_iter()
            .take(count)
            .map(|job| delete(job))
            .collect::<Vec<_>>()
    };
    let mut actions = surplus("Complete", "successfulJobsHistoryLimit", 3);
    actions.extend(surplus("Failed", "failedJobsHistoryLimit", 1));
    actions
}
