//! What the author of a controller writes.

use std::future::Future;
use std::time::Duration;

use flux_kube::Key;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::Error;
use crate::facts::Facts;
use crate::object::Object;
use crate::status::Draft;

/// What is to be done with an object after a pass that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing until something changes. After [`Reconciler::finalize`]: take the finalizer away.
    Done,
    /// Another pass at once.
    Again,
    /// Another pass after exactly this time.
    After(Duration),
    /// Another pass after this time, more or less a few percent (`--interval-jitter-percentage`).
    Interval(Duration),
    /// The pass is not over: it waits for a trigger, a [`Waker`](crate::Waker), or the end of this time. Holds no worker. The
    /// reconcile request does not count as handled yet.
    Wait(Duration),
}

/// The story of one kind. One instance serves all objects and may be called for several at once, for each of them once at a time.
pub trait Reconciler: Send + Sync + 'static {
    /// The type that objects are read into.
    type Object: DeserializeOwned + Send + Sync + 'static;

    /// What is fixed.
    fn facts(&self) -> Facts;

    /// One pass. The object has its finalizer, is not suspended and is not being deleted.
    fn reconcile(
        &self,
        object: &Object<Self::Object>,
        context: &Context,
    ) -> impl Future<Output = Result<Outcome, Error>> + Send;

    /// One pass over an object that is being deleted (suspended or not). After [`Outcome::Done`] the finalizer is taken away.
    fn finalize(
        &self,
        _object: &Object<Self::Object>,
        _context: &Context,
    ) -> impl Future<Output = Result<Outcome, Error>> + Send {
        async { Ok(Outcome::Done) }
    }

    /// Whether an object of the kind is only data for others: it gets no finalizer and no passes. One that has a finalizer from
    /// before is reconciled nevertheless, so that what was left behind can go; its reconciler takes the finalizer away.
    fn is_static(&self, _object: &serde_json::Value) -> bool {
        false
    }

    /// The object is suspended: what its status is to say of that. Nothing, unless a controller has something to say.
    fn suspended(&self, _draft: &mut Draft) {}

    /// The object is gone or suspended: give up what is remembered of it.
    fn forget(&self, _key: &Key) {}
}
