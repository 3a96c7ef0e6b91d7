//! Jobs run pods to their end.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::condition::condition;
use super::json::{
    created, deleting, format_time, int, meta, omit_empty, parse_time, same_but_times, set_meta,
};
use super::population::{self, Maker};
use super::replicaset::MANAGER;
use super::stage::{Fail, Stage};
use super::{Action, Config, ObjectRef, Parts, Propagation, Step, View, condition_is, pod};

/// Look at one Job.
pub(crate) fn step(job: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(job) {
        return step;
    }
    if is_finished(job) {
        expire(job, now, &mut step);
        return step;
    }
    let tally = if config.pods {
        Tally::of(job, view)
    } else {
        Tally::imagined(job, now)
    };
    if config.pods && !suspended(job) && tally.verdict(job, now).is_none() {
        let missing = tally.missing(job);
        if missing > 0 {
            let maker = Maker {
                owner: job,
                template: &job["spec"]["template"],
                config,
                now,
            };
            step.actions = (0..missing)
                .map(|n| maker.create(self::pod(&maker, job, &tally, n), MANAGER).0)
                .collect();
            return step;
        }
    }
    if suspended(job) || tally.verdict(job, now).is_some() {
        step.actions
            .extend(tally.running.iter().map(|pod| pod::remove(pod)));
    }
    for at in [tally.wake, deadline(job)]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
    {
        step.wake_at(at);
    }
    let status = status(job, &tally, now);
    if !same_but_times(&job["status"], &status) {
        let mut object = job.clone();
        object["status"] = status;
        step.actions.push(Action::Update {
            object,
            parts: Parts::Status,
            manager: MANAGER,
        });
    }
    step
}

/// Whether the Job has ended, well or not.
pub(crate) fn is_finished(job: &Value) -> bool {
    condition_is(job, "Complete", "True") || condition_is(job, "Failed", "True")
}

fn suspended(job: &Value) -> bool {
    job["spec"]["suspend"] == true
}

/// Delete the finished job when its time to live is over.
fn expire(job: &Value, now: Timestamp, step: &mut Step) {
    let Some(ttl) = job["spec"]["ttlSecondsAfterFinished"].as_i64() else {
        return;
    };
    let ended = super::json::items(&job["status"]["conditions"])
        .iter()
        .filter(|c| (c["type"] == "Complete" || c["type"] == "Failed") && c["status"] == "True")
        .find_map(|c| parse_time(&c["lastTransitionTime"]));
    let Some(due) = ended.and_then(|ended| ended.checked_add(SignedDuration::from_secs(ttl)).ok()) else {
        return;
    };
    if due > now {
        step.wake_at(due);
        return;
    }
    step.actions.push(Action::Delete {
        target: ObjectRef::of(job),
        uid: meta(job, "uid").to_owned(),
        propagation: Propagation::Foreground,
    });
}

fn deadline(job: &Value) -> Option<Timestamp> {
    let limit = job["spec"]["activeDeadlineSeconds"].as_i64()?;
    parse_time(&job["status"]["startTime"])?
        .checked_add(SignedDuration::from_secs(limit))
        .ok()
}

/// How the pods of a job fared.
#[derive(Default)]
struct Tally {
    running: Vec<std::sync::Arc<Value>>,
    ready: i64,
    active: i64,
    succeeded: i64,
    failed: i64,
    wake: Option<Timestamp>,
}

/// How a job ends.
enum Verdict {
    Complete,
    BackoffLimit,
    Deadline,
}

impl Tally {
    fn of(job: &Value, view: &dyn View) -> Self {
        let mut tally = Self::default();
        for pod in population::owned(job, view) {
            match pod["status"]["phase"].as_str() {
                Some("Succeeded") => tally.succeeded += 1,
                Some("Failed") => tally.failed += 1,
                _ if deleting(&pod) => {}
                _ => {
                    tally.active += 1;
                    tally.ready += i64::from(pod::is_ready(&pod));
                    tally.running.push(pod);
                }
            }
        }
        // Pods may be deleted once they are counted; what was counted stays so.
        tally.succeeded = tally.succeeded.max(int(&job["status"]["succeeded"]));
        tally.failed = tally.failed.max(int(&job["status"]["failed"]));
        tally
    }

    fn imagined(job: &Value, now: Timestamp) -> Self {
        if suspended(job) {
            return Self::default();
        }
        let stage: Stage = population::stage(job);
        let due = created(job, now).checked_add(stage.ready_after).ok();
        match due {
            Some(due) if due > now => Self {
                active: parallelism(job).min(completions(job)),
                wake: Some(due),
                ..Self::default()
            },
            _ if stage.fail == Some(Fail::JobFailed) => Self {
                failed: 1,
                ..Self::default()
            },
            _ if stage.fail.is_some() => Self {
                active: parallelism(job),
                ..Self::default()
            },
            _ => Self {
                succeeded: completions(job),
                ..Self::default()
            },
        }
    }

    /// How many pods to start now.
    fn missing(&self, job: &Value) -> usize {
        let open = completions(job) - self.succeeded;
        usize::try_from(open.min(parallelism(job)) - self.active).unwrap_or(0)
    }

    fn verdict(&self, job: &Value, now: Timestamp) -> Option<Verdict> {
        // A staged failure is meant to end the job: no need to go through all its retries.
        let hopeless = population::stage(job).fail == Some(Fail::JobFailed) && self.failed > 0;
        let limit = job["spec"]["backoffLimit"].as_i64().unwrap_or(6);
        if self.succeeded >= completions(job) {
            Some(Verdict::Complete)
        } else if hopeless || self.failed > limit {
            Some(Verdict::BackoffLimit)
        } else if deadline(job).is_some_and(|deadline| deadline <= now) {
            Some(Verdict::Deadline)
        } else {
            None
        }
    }
}

/// How many pods must succeed; a work queue (no `completions`) is done with its first pods.
fn completions(job: &Value) -> i64 {
    job["spec"]["completions"]
        .as_i64()
        .unwrap_or_else(|| parallelism(job).max(1))
}

fn parallelism(job: &Value) -> i64 {
    job["spec"]["parallelism"].as_i64().unwrap_or(1)
}

fn pod(maker: &Maker<'_>, job: &Value, tally: &Tally, n: usize) -> Value {
    let taken = usize::try_from(tally.succeeded + tally.failed + tally.active).unwrap_or(0);
    let mut pod = maker.sibling(taken + n);
    if job["spec"]["completionMode"] == "Indexed" {
        let index = (usize::try_from(tally.succeeded + tally.active).unwrap_or(0) + n).to_string();
        set_meta(
            &mut pod,
            "annotations",
            "batch.kubernetes.io/job-completion-index",
            &index,
        );
        set_meta(
            &mut pod,
            "labels",
            "batch.kubernetes.io/job-completion-index",
            &index,
        );
        pod["spec"]["hostname"] = json!(format!("{}-{index}", meta(job, "name")));
    }
    pod
}

fn status(job: &Value, tally: &Tally, now: Timestamp) -> Value {
    let old = &job["status"];
    let verdict = tally.verdict(job, now);
    let stopped = suspended(job) || verdict.is_some();
    let mut status = omit_empty(
        json!({
            "active": if stopped { 0 } else { tally.active },
            "ready": if stopped { 0 } else { tally.ready },
            "terminating": 0,
            "succeeded": tally.succeeded,
            "failed": tally.failed,
            "uncountedTerminatedPods": {},
        }),
        &["ready", "terminating"],
    );
    if !suspended(job) {
        let start = old["startTime"]
            .as_str()
            .map_or_else(|| format_time(now), str::to_owned);
        status["startTime"] = json!(start);
    }
    let conditions = match verdict {
        Some(Verdict::Complete) => {
            status["completionTime"] = json!(format_time(now));
            let (reason, message) = ("CompletionsReached", "Reached expected number of succeeded pods");
            vec![
                ("SuccessCriteriaMet", "True", reason, message),
                ("Complete", "True", reason, message),
            ]
        }
        Some(Verdict::BackoffLimit) => {
            let (reason, message) = (
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            );
            vec![
                ("FailureTarget", "True", reason, message),
                ("Failed", "True", reason, message),
            ]
        }
        Some(Verdict::Deadline) => {
            let (reason, message) = (
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            );
            vec![
                ("FailureTarget", "True", reason, message),
                ("Failed", "True", reason, message),
            ]
        }
        None if suspended(job) => vec![("Suspended", "True", "JobSuspended", "Job suspended")],
        None if super::condition::find(old, "Suspended").is_some() => {
            vec![("Suspended", "False", "JobResumed", "Job resumed")]
        }
        None => Vec::new(),
    };
    if !conditions.is_empty() {
        let probe = json!(format_time(now));
        let build = |(kind, state, reason, message): (&str, &str, &str, &str)| {
            let mut new = condition(old, kind, state, reason, message, now);
            new["lastProbeTime"] = probe.clone();
            new
        };
        status["conditions"] = conditions.into_iter().map(build).collect();
    }
    if job["spec"]["completionMode"] == "Indexed" && tally.succeeded > 0 {
        let last = tally.succeeded - 1;
        status["completedIndexes"] = json!(match last {
            0 => "0".to_owned(),
            1 => "0,1".to_owned(),
            _ => format!("0-{last}"),
        });
    }
    status
}
