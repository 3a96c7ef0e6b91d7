//! Waiting for objects without holding a worker: watches keep the picture up to date and bring the next pass when it is
//! complete.

mod until;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use flux_health::{Kind, Rule, Status, Verdict, Watched, status_by, timed_out, verdict};
use flux_kube::{Client, Error, Interest, ObjectRef, Observation, Subscription, Watches};
use flux_object::meta;

use crate::packed::Packed;
pub use until::until;

/// Time between two looks at what a long wait still waits for. Watches tell of every change, and no wait needs this; it guards
/// against a connection that died without a word, which the client notices only when the watch should have ended.
const BACKSTOP: Duration = Duration::from_secs(30);
/// Time between two looks at objects that cannot be watched.
const POLL: Duration = Duration::from_secs(5);

/// One object to wait for, and what is known of it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Which object.
    pub object: ObjectRef,
    /// As the server gave it last; none when nobody has looked.
    pub live: Option<Value>,
    /// See [`Watched::gone_is_done`].
    pub gone_is_done: bool,
    /// By which rule its status is told.
    pub rule: Rule,
}

impl Subject {
    /// A live object.
    pub fn of(live: &Value, gone_is_done: bool) -> Option<Self> {
        let object = ObjectRef::of(live)?;
        Some(Subject {
            object,
            live: Some(live.clone()),
            gone_is_done,
            rule: Rule::default(),
        })
    }

    /// An object that nobody has looked at yet.
    pub fn named(object: ObjectRef) -> Self {
        Subject {
            object,
            live: None,
            gone_is_done: false,
            rule: Rule::default(),
        }
    }

    /// With its status told by another rule.
    #[must_use]
    pub fn by(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }
}

/// What the objects are to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Current.
    Healthy {
        /// The first failed object ends the wait.
        fail_fast: bool,
    },
    /// Gone.
    Gone,
}

/// A wait that goes on. Dropping it ends the watching.
pub struct Wait {
    goal: Goal,
    picture: Arc<Mutex<Picture>>,
    /// When it began.
    pub began: Instant,
    deadline: Instant,
    _subscription: Option<Subscription>,
}

/// How a wait stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The goal is reached.
    Reached,
    /// It goes on; the next look is due after this time.
    Pending(Duration),
    /// It failed, or time is up; the sentence names the objects.
    Failed(String),
}

/// What is known of the objects.
#[derive(Default)]
struct Picture {
    seen: Vec<Seen>,
}

struct Seen {
    watched: Watched,
    object: ObjectRef,
    rule: Rule,
    /// Resource version of the newest state that was judged.
    version: u128,
    /// The newest state that a watch told of; as text, since thousands may be waited for at a time.
    live: Option<Packed>,
    trust: Trust,
    /// How often the watch told something: a look that began before the last time may have found an older state.
    told: u32,
}

/// A look at an object that is about to be made.
struct Look {
    object: ObjectRef,
    /// See [`Seen::told`].
    told: u32,
}

/// Where news of an object come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// The watch tells.
    Watch,
    /// The watch tells, but what it said (or that it said nothing) has to be confirmed by one look.
    Confirm,
    /// The watch cannot tell: looks do, again and again.
    Look,
    /// The account may not look, so what the controller's own watch sees is none of its business.
    Denied,
}

impl Wait {
    /// Judges what is known already, and watches only when that is not enough. `wake` is called when there is a reason to ask for
    /// the state again; it must not block.
    pub fn start(
        watches: &Watches,
        subjects: Vec<Subject>,
        goal: Goal,
        timeout: Duration,
        wake: impl Fn() + Send + Sync + 'static,
        now: Timestamp,
    ) -> Self {
        let seen = subjects.iter().map(|subject| Seen::first(subject, now)).collect();
        let picture = Arc::new(Mutex::new(Picture { seen }));
        let began = Instant::now();
        let mut wait = Wait {
            goal,
            picture,
            began,
            deadline: began + timeout,
            _subscription: None,
        };
        if lock(&wait.picture).judge(goal) == Verdict::Waiting {
            wait._subscription = Some(wait.watch(watches, subjects, wake));
        }
        wait
    }

    fn watch(
        &self,
        watches: &Watches,
        subjects: Vec<Subject>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Subscription {
        // An object that is current and has no status will not say otherwise; watching its kind would cost for nothing.
        let can_change = |subject: &Subject| {
            let settled = subject.live.as_ref().is_some_and(|live| live["status"].is_null());
            !settled || self.goal == Goal::Gone || !self.is_current(&subject.object)
        };
        let interest = |subject: Subject| Interest {
            seen: subject
                .live
                .as_ref()
                .map(|live| meta::resource_version(live).to_owned()),
            object: subject.object,
        };
        let (picture, goal) = (self.picture.clone(), self.goal);
        watches.subscribe(
            subjects.into_iter().filter(can_change).map(interest).collect(),
            move |object, observation| {
                let mut picture = lock(&picture);
                if picture.take(object, &observation, crate::time::now())
                    && (!picture.to_look_at().is_empty() || picture.judge(goal) != Verdict::Waiting)
                {
                    wake();
                }
            },
        )
    }

    /// The newest states that watches told of.
    pub fn told(&self) -> Vec<Arc<Value>> {
        let picture = lock(&self.picture);
        let told = picture.seen.iter().filter_map(|seen| seen.live.as_ref());
        told.map(Packed::value).collect()
    }

    fn is_current(&self, object: &ObjectRef) -> bool {
        let picture = lock(&self.picture);
        let mut seen = picture.seen.iter().filter(|seen| seen.object == *object);
        seen.any(|seen| seen.watched.is_current())
    }

    /// How it stands. Looks at objects about which the watch is not to be trusted, as `client`.
    pub async fn state(&self, client: &Client) -> State {
        let is_long = self.began.elapsed() >= BACKSTOP;
        let looks = if is_long {
            lock(&self.picture).open(self.goal)
        } else {
            lock(&self.picture).to_look_at()
        };
        for look in &looks {
            let key = &look.object.key;
            let found = client.get_opt(&look.object.gvk, &key.namespace, &key.name).await;
            lock(&self.picture).looked(look, &found, crate::time::now());
        }
        let picture = lock(&self.picture);
        let left = self.deadline.saturating_duration_since(Instant::now());
        match picture.judge(self.goal) {
            Verdict::Healthy => State::Reached,
            Verdict::Failed(sentence) => State::Failed(sentence),
            Verdict::Waiting if left.is_zero() => State::Failed(timed_out(&picture.watched())),
            Verdict::Waiting if !picture.to_look_at().is_empty() => State::Pending(left.min(POLL)),
            Verdict::Waiting => State::Pending(left.min(BACKSTOP)),
        }
    }
}

fn lock(picture: &Mutex<Picture>) -> MutexGuard<'_, Picture> {
    picture.lock().unwrap_or_else(|poison| poison.into_inner())
}

impl Seen {
    fn first(subject: &Subject, now: Timestamp) -> Self {
        let mut watched = Watched::new(subject.object.id());
        watched.gone_is_done = subject.gone_is_done;
        watched.status = subject
            .live
            .as_ref()
            .map(|live| status_by(subject.rule, live, now));
        Seen {
            watched,
            version: subject.live.as_ref().map_or(0, version),
            object: subject.object.clone(),
            rule: subject.rule,
            live: None,
            trust: if subject.live.is_some() {
                Trust::Watch
            } else {
                Trust::Confirm
            },
            told: 0,
        }
    }

    fn look(&self) -> Look {
        Look {
            object: self.object.clone(),
            told: self.told,
        }
    }
}

impl Picture {
    /// Takes what a watch says; whether that changes anything.
    fn take(&mut self, object: &ObjectRef, observation: &Observation, now: Timestamp) -> bool {
        let found = self.seen.iter_mut().find(|seen| seen.object == *object);
        let Some(seen) = found.filter(|seen| seen.trust != Trust::Denied) else {
            return false;
        };
        seen.told = seen.told.wrapping_add(1);
        let (status, trust) = match observation {
            // A watch that lags behind tells of states before the one that was applied.
            Observation::Present(live) if version(live) < seen.version => return false,
            Observation::Present(live) => {
                seen.version = version(live);
                seen.live = Some(Packed::new(live));
                (Some(status_by(seen.rule, live, now)), Trust::Watch)
            }
            // It may also not have seen the object come yet, in which case its absence does not mean that it is done.
            Observation::Absent if seen.watched.gone_is_done => (seen.watched.status.clone(), Trust::Confirm),
            Observation::Absent => (Some(Status::not_found()), Trust::Watch),
            Observation::Failed(error) => (Some(Status::new(Kind::Unknown, error.to_string())), Trust::Look),
        };
        // What has to be confirmed brings a look each time: one that is under way may have come too early.
        let changed = seen.watched.status != status || seen.trust != trust || trust == Trust::Confirm;
        (seen.watched.status, seen.trust) = (status, trust);
        changed
    }

    /// Takes what a look found, unless the watch told something since it began.
    fn looked(&mut self, look: &Look, found: &Result<Option<Value>, Error>, now: Timestamp) {
        let Some(seen) = self.seen.iter_mut().find(|seen| seen.object == look.object) else {
            return;
        };
        if seen.told != look.told && matches!(seen.trust, Trust::Watch | Trust::Confirm) {
            return;
        }
        seen.watched.status = Some(match found {
            Ok(Some(live)) => {
                seen.version = seen.version.max(version(live));
                status_by(seen.rule, live, now)
            }
            Ok(None) => Status::not_found(),
            Err(error) => Status::new(Kind::Unknown, error.to_string()),
        });
        seen.trust = match (found, seen.trust) {
            (Err(Error::Forbidden(_) | Error::Unauthorized(_)), _) => Trust::Denied,
            (Err(_), _) => Trust::Look,
            (Ok(_), Trust::Confirm) => Trust::Watch,
            (Ok(_), Trust::Denied) => Trust::Look,
            (Ok(_), trust) => trust,
        };
    }

    fn judge(&self, goal: Goal) -> Verdict {
        let watched = self.watched();
        match goal {
            Goal::Healthy { fail_fast } => verdict(&watched, fail_fast),
            Goal::Gone if watched.iter().all(is_gone) => Verdict::Healthy,
            Goal::Gone => Verdict::Waiting,
        }
    }

    fn watched(&self) -> Vec<Watched> {
        self.seen.iter().map(|seen| seen.watched.clone()).collect()
    }

    /// Objects of which the watch alone does not tell.
    fn to_look_at(&self) -> Vec<Look> {
        let blind = self.seen.iter().filter(|seen| seen.trust != Trust::Watch);
        blind.map(Seen::look).collect()
    }

    /// Objects that are not yet what they are to become.
    fn open(&self, goal: Goal) -> Vec<Look> {
        let is_open = |seen: &&Seen| match goal {
            Goal::Healthy { .. } => !seen.watched.is_current(),
            Goal::Gone => !is_gone(&seen.watched),
        };
        self.seen.iter().filter(is_open).map(Seen::look).collect()
    }
}

fn is_gone(watched: &Watched) -> bool {
    watched
        .status
        .as_ref()
        .is_some_and(|status| status.kind == Kind::NotFound)
}

fn version(live: &Value) -> u128 {
    meta::resource_version(live).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests;
