//! Validating and writing one stage.

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use flux_apply::{
    Action, Change, Decision, Options, Refusal, Seen, Stage, apply_failed, decide, dry_run_failed,
    is_skipped, must_recreate, recreate_failed,
};
use flux_kube::{Client, DeleteOptions, Error, ObjectRef, Patch, Propagation, WriteOptions};
use flux_object::{Gvk, ObjectId, marks, meta};

/// What was seen of live objects, by id: saves reading those that a dry run shows to be as they were.
pub(crate) type Memory = HashMap<ObjectId, Seen>;

/// Applies with the rights of one account.
pub(crate) struct Applier<'a> {
    pub(crate) client: &'a Client,
    pub(crate) options: &'a Options,
    pub(crate) concurrency: usize,
}

/// An object that the server accepts.
#[derive(Debug)]
pub(crate) struct Planned {
    desired: Value,
    /// The answer of the dry run, or the live object where none was made.
    answer: Value,
    what: What,
}

#[derive(Debug)]
enum What {
    Leave(Action),
    Write { action: Action, cleanup: Option<Value> },
}

/// An object that was dealt with.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) change: Change,
    /// The live object as the server gave it last; null once nobody asks for it any more.
    pub(crate) live: Value,
}

/// Why a stage was not written, or not to its end.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// The server refused, or could not be asked; the sentence names the object.
    Refused(String),
    /// Objects are being deleted in order to be created anew.
    Recreating(Vec<ObjectRef>),
}

impl Planned {
    /// Which object, as the server knows it: a namespace that does not belong is gone.
    pub(crate) fn id(&self) -> ObjectId {
        let known = if meta::name(&self.answer).is_empty() {
            &self.desired
        } else {
            &self.answer
        };
        ObjectId::of(known)
    }

    pub(crate) fn version(&self) -> String {
        Gvk::of(&self.desired).version
    }

    /// Whether something will be written.
    pub(crate) fn is_write(&self) -> bool {
        matches!(self.what, What::Write { .. })
    }

    fn done(&self, action: Action, live: Value) -> Done {
        let change = Change {
            id: ObjectId::of(&live),
            version: self.version(),
            action,
        };
        Done { change, live }
    }
}

impl Applier<'_> {
    /// Asks the server about every object of a stage. When one is refused none of them is to be written.
    pub(crate) async fn validate(&self, stage: Stage, memory: &Memory) -> Result<Vec<Planned>, Obstacle> {
        let checks = stage
            .objects
            .into_iter()
            .map(|desired| self.check(desired, memory));
        let checked: Vec<Checked> = futures::stream::iter(checks)
            .buffered(self.concurrency.max(1))
            .try_collect()
            .await
            .map_err(Obstacle::Refused)?;
        let mut planned = Vec::with_capacity(checked.len());
        let mut recreating = Vec::new();
        for checked in checked {
            match checked {
                Checked::Planned(plan) => planned.push(*plan),
                Checked::Recreating(object) => recreating.push(object),
            }
        }
        if recreating.is_empty() {
            Ok(planned)
        } else {
            Err(Obstacle::Recreating(recreating))
        }
    }

    async fn check(&self, desired: Value, memory: &Memory) -> Result<Checked, String> {
        let write = WriteOptions::manager(&self.options.field_manager)
            .force()
            .dry_run();
        let answer = match self.client.apply(&desired, &write).await {
            Ok(answer) => answer,
            Err(error) => return self.refused(desired, error).await,
        };
        if meta::resource_version(&answer).is_empty() {
            let skipped = is_skipped(&desired, None);
            return Ok(plan(desired, answer, new_object(skipped)));
        }
        let seen = memory.get(&ObjectId::of(&answer));
        // Seen objects carry no mark and need no cleanup; a mark on the desired object is looked at below.
        if let Some(seen) = seen.filter(|seen| seen.is_still_there(&answer) && !is_marked(&desired)) {
            let what = if seen.confirms(&answer) {
                What::Leave(Action::Unchanged)
            } else {
                What::Write {
                    action: Action::Configured,
                    cleanup: None,
                }
            };
            return Ok(plan(desired, answer, what));
        }
        let live = self.live(&desired).await?;
        if is_skipped(&desired, live.as_ref()) {
            let answer = live.unwrap_or(answer);
            return Ok(plan(desired, answer, What::Leave(Action::Skipped)));
        }
        let what = match decide(&desired, live.as_ref(), &answer, self.options) {
            Decision::Unchanged => What::Leave(Action::Unchanged),
            Decision::Apply { action, cleanup } => What::Write { action, cleanup },
        };
        Ok(plan(desired, answer, what))
    }

    /// A refused object may be one to leave alone, or one to recreate.
    async fn refused(&self, desired: Value, error: Error) -> Result<Checked, String> {
        let refusal = refusal(&error);
        let sentence = || match &error {
            // The client knows before the server that a namespace is missing, and says so in the same words.
            Error::Invalid(api) if api.code == 0 => api.message.clone(),
            _ => dry_run_failed(&ObjectId::of(&desired), &refusal),
        };
        let live = self.live(&desired).await.ok().flatten();
        if is_skipped(&desired, live.as_ref()) {
            let answer = live.unwrap_or_else(|| desired.clone());
            return Ok(plan(desired, answer, What::Leave(Action::Skipped)));
        }
        if !must_recreate(&desired, live.as_ref(), &refusal, self.options) {
            return Err(sentence());
        }
        let target = ObjectRef::of(&desired).ok_or_else(sentence)?;
        self.client
            .delete(&target, &DeleteOptions::with(Propagation::Background))
            .await
            .map_err(|error| recreate_failed(&ObjectId::of(&desired), &error.to_string()))?;
        Ok(Checked::Recreating(target))
    }

    async fn live(&self, desired: &Value) -> Result<Option<Value>, String> {
        let id = ObjectId::of(desired);
        self.client
            .get_opt(&Gvk::of(desired), &id.namespace, &id.name)
            .await
            .map_err(|error| dry_run_failed(&id, &refusal(&error)))
    }

    /// Writes a validated stage in its order. What was done before a refusal (a sentence) is in `done`.
    pub(crate) async fn write(
        &self,
        planned: Vec<Planned>,
        memory: &mut Memory,
        done: &mut Vec<Done>,
    ) -> Result<(), String> {
        for plan in planned {
            let entry = match &plan.what {
                What::Leave(action) => plan.done(*action, plan.answer.clone()),
                What::Write { action, cleanup } => {
                    let live = self.write_one(&plan, cleanup.as_ref()).await?;
                    plan.done(*action, live)
                }
            };
            if entry.change.action == Action::Skipped {
                memory.remove(&entry.change.id);
            } else {
                remember(memory, &entry.live, self.options);
            }
            done.push(entry);
        }
        Ok(())
    }

    async fn write_one(&self, plan: &Planned, cleanup: Option<&Value>) -> Result<Value, String> {
        let id = plan.id();
        let write = WriteOptions::manager(&self.options.field_manager);
        if let (Some(patch), Some(target)) = (cleanup, ObjectRef::of(&plan.desired)) {
            let patched = self
                .client
                .patch(&target, &Patch::Json(patch.clone()), &write)
                .await;
            patched.map_err(|error| format!("{id} metadata.managedFields cleanup failed: {error}"))?;
        }
        // The dry run has warned of unknown fields.
        let applied = self
            .client
            .apply(&plan.desired, &write.force().ignore_unknown_fields())
            .await;
        applied.map_err(|error| apply_failed(&id, &error.to_string()))
    }
}

enum Checked {
    Planned(Box<Planned>),
    Recreating(ObjectRef),
}

fn plan(desired: Value, answer: Value, what: What) -> Checked {
    Checked::Planned(Box::new(Planned {
        desired,
        answer,
        what,
    }))
}

fn new_object(skipped: bool) -> What {
    if skipped {
        What::Leave(Action::Skipped)
    } else {
        What::Write {
            action: Action::Created,
            cleanup: None,
        }
    }
}

fn is_marked(desired: &Value) -> bool {
    is_skipped(desired, None) || marks::has(desired, marks::SSA, marks::IF_NOT_PRESENT)
}

/// Remembers a live object that is in order: not left alone, and nothing left in it of other tools.
pub(crate) fn remember(memory: &mut Memory, live: &Value, options: &Options) {
    let id = ObjectId::of(live);
    if !is_marked(live) && flux_apply::cleanup(live, live, options).is_none() {
        memory.insert(id, Seen::of(live));
    } else {
        memory.remove(&id);
    }
}

/// A failed request, as the planning engine knows it.
fn refusal(error: &Error) -> Refusal {
    let api = error.api();
    let text = error.to_string();
    Refusal {
        code: api.map_or(0, |api| api.code),
        reason: api.map(|api| api.reason.clone()).unwrap_or_default(),
        message: text,
        is_field_conflict: error
            .causes()
            .iter()
            .any(|cause| cause.reason == "FieldManagerConflict"),
    }
}
