//! One pass over one object: from the queue to the requeue.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use flux_api::reason;
use flux_kube::{Key, Patch, WriteOptions};
use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cause::{Cause, Causes};
use crate::context::{CROWDED, Context, Shared};
use crate::error::Error;
use crate::interpret::{Requeue, Verdict, interpret, record};
use crate::metrics::PassResult;
use crate::object::Object;
use crate::queue::Queue;
use crate::reconciler::{Outcome, Reconciler};
use crate::status::Draft;

/// Works on one key and says when it comes again.
pub(crate) async fn pass<R: Reconciler>(shared: Arc<Shared>, reconciler: Arc<R>, key: Key, causes: Causes) {
    let _under_way = shared.runtime.passes().begin();
    let metrics = shared.runtime.metrics().clone();
    let (controller, kind) = (shared.facts.name.clone(), shared.facts.gvk.kind.clone());
    metrics.began(&controller, shared.queue.depth());
    let _done = Done {
        queue: shared.queue.clone(),
        key: key.clone(),
    };
    let began = Instant::now();
    let result = match shared.view.get(&key) {
        Some(object) => {
            let result = work(&shared, &*reconciler, &key, causes, object).await;
            metrics.reconciled(&kind, &key, began.elapsed());
            result
        }
        None => {
            reconciler.forget(&key);
            shared.queue.forget(&key);
            metrics.gone(&kind, &key);
            PassResult::Success
        }
    };
    metrics.ended(&controller, result, began.elapsed());
}

/// Gives the key back whatever becomes of the pass.
struct Done {
    queue: Queue,
    key: Key,
}

impl Drop for Done {
    fn drop(&mut self) {
        self.queue.done(&self.key);
    }
}

async fn work<R: Reconciler>(
    shared: &Arc<Shared>,
    reconciler: &R,
    key: &Key,
    causes: Causes,
    object: Arc<Value>,
) -> PassResult {
    let context = Context::new(shared.clone(), key.clone(), causes, object.clone());
    let deleting = object["metadata"]["deletionTimestamp"].is_string();
    let is_static = reconciler.is_static(&object);
    if !deleting && !is_static && object["spec"]["suspend"] == true {
        reconciler.forget(key);
        shared.queue.forget(key);
        return rest(reconciler, &context, object).await;
    }
    if (deleting || is_static) && !has_finalizer(&object, shared.facts.finalizer) {
        return PassResult::Success;
    }
    let story = AssertUnwindSafe(tell(reconciler, &context, object, deleting));
    let ended = story.catch_unwind().await.unwrap_or_else(|panic| {
        shared.runtime.metrics().panicked(&shared.facts.name);
        Err(panic_error(&*panic))
    });
    match ended {
        Ok(_) if is_static && !deleting => PassResult::Success,
        Ok(outcome) => settle(&context, outcome, deleting).await,
        Err(error) => fail(&context, error).await,
    }
}

/// A suspended object gets its finalizer, and its status says that this was seen: whoever depends on it goes by that.
async fn rest<R: Reconciler>(reconciler: &R, context: &Context, object: Arc<Value>) -> PassResult {
    let (shared, key) = (context.shared(), context.key());
    tracing::info!(
        controller = shared.facts.name,
        name = key.name,
        namespace = key.namespace,
        "Reconciliation is suspended for this object"
    );
    let seen = |draft: &mut Draft| {
        reconciler.suspended(draft);
        draft.handled();
    };
    let written = match add_finalizer(context, object).await {
        Ok(_) => context.edit_status(seen).await,
        Err(error) => Err(error),
    };
    let Err(error) = written else {
        return PassResult::Success;
    };
    tracing::error!(controller = shared.facts.name, name = key.name, namespace = key.namespace, %error,
        "cannot write the status");
    let pause = shared.queue.failed(key);
    shared.queue.push_after(key.clone(), pause, Cause::Retry);
    PassResult::Error
}

async fn tell<R: Reconciler>(
    reconciler: &R,
    context: &Context,
    object: Arc<Value>,
    deleting: bool,
) -> Result<Outcome, Error> {
    if deleting {
        return reconciler.finalize(&typed(object)?, context).await;
    }
    let object = add_finalizer(context, object).await?;
    reconciler.reconcile(&typed(object)?, context).await
}

fn typed<T: serde::de::DeserializeOwned>(raw: Arc<Value>) -> Result<Object<T>, Error> {
    match T::deserialize(&*raw) {
        Ok(typed) => Ok(Object { raw, typed }),
        Err(error) => Err(Error::stalled(
            "InvalidSpec",
            format!("the object cannot be read: {error}"),
        )),
    }
}

fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    let held = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    !finalizer.is_empty() && held.into_iter().any(|one| one == finalizer)
}

/// The object with the finalizer. It is written before anything is done that would have to be undone.
async fn add_finalizer(context: &Context, object: Arc<Value>) -> Result<Arc<Value>, Error> {
    let finalizer = context.shared().facts.finalizer;
    if finalizer.is_empty() || has_finalizer(&object, finalizer) {
        return Ok(object);
    }
    let mut finalizers = object["metadata"]["finalizers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    finalizers.push(finalizer.into());
    write_finalizers(context, &object, finalizers).await
}

async fn remove_finalizer(context: &Context) -> Result<(), Error> {
    let finalizer = context.shared().facts.finalizer;
    let object = context.object().await;
    let mut finalizers = object["metadata"]["finalizers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    finalizers.retain(|one| one != finalizer);
    match write_finalizers(context, &object, finalizers).await {
        Err(error) if error.failure().reason == GONE => Ok(()),
        other => other.map(|_| ()),
    }
}

const GONE: &str = "Gone";

/// Only on the version that was read: the list is replaced as a whole.
async fn write_finalizers(
    context: &Context,
    object: &Value,
    finalizers: Vec<Value>,
) -> Result<Arc<Value>, Error> {
    let version = &object["metadata"]["resourceVersion"];
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": finalizers, "resourceVersion": version } }));
    let options = WriteOptions::manager(context.shared().facts.status_manager).ignore_unknown_fields();
    let written = context.client().patch(context.target(), &patch, &options).await;
    let mut written = written.map_err(|error| {
        let gone = error.is_not_found();
        // The watch brings the newer version, and with it the next pass.
        let own = Error::from(error).context("cannot write the finalizer").quiet();
        if gone { own.with_reason(GONE) } else { own }
    })?;
    flux_kube::strip_managed_fields(&mut written);
    let written = Arc::new(written);
    context.note_written(written.clone()).await;
    Ok(written)
}

async fn settle(context: &Context, outcome: Outcome, deleting: bool) -> PassResult {
    let (shared, key) = (context.shared(), context.key());
    if deleting && outcome == Outcome::Done {
        return match remove_finalizer(context).await {
            Ok(()) => PassResult::Success,
            Err(error) => fail(context, error).await,
        };
    }
    if !deleting
        && !matches!(outcome, Outcome::Wait(_))
        && let Err(error) = context.edit_status(|draft| draft.handled()).await
    {
        return fail(context, error).await;
    }
    shared.queue.succeeded(key);
    let jitter = shared.runtime.settings().interval_jitter_percentage;
    let (pause, result) = match outcome {
        Outcome::Done => return PassResult::Success,
        Outcome::Again => {
            shared.queue.push(key.clone(), Cause::Timer);
            return PassResult::Requeue;
        }
        Outcome::After(pause) | Outcome::Wait(pause) => (pause, PassResult::RequeueAfter),
        Outcome::Interval(interval) => (
            crate::jitter::jittered(interval, jitter),
            PassResult::RequeueAfter,
        ),
    };
    shared.queue.push_after(key.clone(), pause, Cause::Timer);
    result
}

async fn fail(context: &Context, error: Error) -> PassResult {
    let (shared, key) = (context.shared(), context.key());
    let settings = shared.runtime.settings();
    let verdict = interpret(&error, settings.requeue_dependency);
    say(context, &error, &verdict);
    let failure = error.failure();
    if failure.reason == CROWDED {
        let pause = shared.queue.failed(key);
        shared.queue.push_after(key.clone(), pause, Cause::Retry);
        return PassResult::Error;
    }
    let written = context
        .edit_status(|draft| record(&verdict, failure, draft))
        .await;
    if let Err(error) = &written {
        tracing::error!(controller = shared.facts.name, name = key.name, namespace = key.namespace, %error,
            "cannot write the status");
    }
    let requeue = if written.is_err() {
        Requeue::Backoff
    } else {
        verdict.requeue
    };
    match requeue {
        Requeue::Never => {}
        Requeue::After(pause) => shared.queue.push_after(key.clone(), pause, Cause::Retry),
        Requeue::Backoff => {
            let pause = shared.queue.failed(key);
            shared.queue.push_after(key.clone(), pause, Cause::Retry);
        }
    }
    if verdict.failed {
        PassResult::Error
    } else {
        PassResult::RequeueAfter
    }
}

/// Event and log line.
fn say(context: &Context, error: &Error, verdict: &Verdict) {
    let (facts, key, failure) = (&context.shared().facts, context.key(), error.failure());
    if let Some(severity) = verdict.event {
        context.send_event(
            severity,
            &failure.reason,
            &failure.message,
            failure.metadata.clone(),
        );
    }
    if verdict.failed {
        tracing::error!(
            controller = facts.name,
            name = key.name,
            namespace = key.namespace,
            reason = failure.reason,
            error = failure.message,
            "Reconciler error"
        );
    } else {
        tracing::info!(
            controller = facts.name,
            name = key.name,
            namespace = key.namespace,
            reason = failure.reason,
            "{}",
            failure.message
        );
    }
}

fn panic_error(panic: &(dyn Any + Send)) -> Error {
    let words = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::transient(
        reason::FAILED,
        format!("internal error: {words} (a defect of the controller; other objects are not affected)"),
    )
}
