//! `flux up`: an embedded cluster, the controllers, and a Git repository reconciled onto it, in one process.

mod display;
#[cfg(target_os = "linux")]
mod follow;
#[cfg(not(target_os = "linux"))]
#[path = "up/follow_none.rs"]
mod follow;
mod progress;
mod repository;
mod screen;
mod seed;
mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use flux_kube::{Client, Gvk, ListOptions, WatchEvent, WatchOptions};
use futures::stream::{self, Stream, StreamExt as _};

use self::display::{Display, Event};
use self::follow::Follower;
use self::progress::{Id, Progress, Verdict};
use self::repository::Repository;
use self::start::Running;
use crate::args::{Global, Up};
use crate::error::Error;
use crate::kinds;
use crate::log;

/// Time between two drawings of the tree: what changes within it is drawn at once.
const FRAME: Duration = Duration::from_millis(40);

/// Runs `flux up` until interrupted, or with `--once` until everything is ready or something failed.
pub async fn run(global: &Global, up: &Up) -> Result<(), Error> {
    let started = Instant::now();
    let repository = repository::find(up)?;
    if up.worktree && repository.local.is_none() {
        return Err(Error::message(
            "--worktree follows a local repository; --repo names a remote one",
        ));
    }
    let running = start::start(global, up, &repository).await?;
    let outcome = watch(global, up, &repository, &running, started).await;
    running.stop().await;
    outcome
}

async fn watch(
    global: &Global,
    up: &Up,
    repository: &Repository,
    running: &Running,
    started: Instant,
) -> Result<(), Error> {
    let mut session = Session::new(up, started);
    session.display.event(&Event::Started {
        kubeconfig: &running.kubeconfig,
        server: &running.server,
    })?;
    let end = session.follow(global, up, repository, running).await;
    // What the terminal shows at last is how it ended.
    session.display.draw(&session.progress)?;
    match end? {
        End::Good => Ok(()),
        End::Failed => session.failed(),
        End::TimedOut => {
            log::failure(format!("not everything was ready within {}", global.timeout));
            session.failed()
        }
    }
}

/// Why nothing more is watched.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Interrupted, or everything is ready.
    Good,
    /// Something failed.
    Failed,
    /// The time is over.
    TimedOut,
}

/// Everything that Flux works on, as it changes, with its kind.
fn objects(client: &Client) -> impl Stream<Item = (&'static str, WatchEvent)> + Unpin {
    let watches = progress::shown().map(|kind| {
        let gvk = Gvk::new(&format!("{}/{}", kind.group, kind.version), kind.kind);
        let events = flux_kube::watch(client.clone(), gvk, WatchOptions::from(ListOptions::default()));
        events.map(|event| (kind.kind, event))
    });
    stream::select_all(watches.collect::<Vec<_>>())
}

fn follower(up: &Up, repository: &Repository) -> Option<Follower> {
    let folder = repository.local.as_deref().filter(|_| !up.once)?;
    match Follower::new(folder, up.worktree) {
        Ok(follower) => Some(follower),
        Err(error) => {
            log::warning(format!("{error}; changes are seen every minute instead"));
            None
        }
    }
}

async fn next_change(follower: &mut Option<Follower>) -> Result<(), Error> {
    match follower {
        Some(follower) => follower.changed().await,
        None => std::future::pending().await,
    }
}

/// What is known, and what was told of it.
struct Session {
    display: Display,
    progress: Progress,
    /// The kinds of which a list is being told, or is to come, with what was known and is not told again so far: there may be
    /// more objects than are known, or fewer.
    listing: BTreeMap<&'static str, BTreeSet<Id>>,
    /// When what is under way began.
    began: Instant,
    root: Id,
    /// The verdict told last, and at which revision.
    told: (Verdict, String),
}

impl Session {
    fn new(up: &Up, started: Instant) -> Self {
        let root = Id {
            kind: kinds::KUSTOMIZATION.kind.into(),
            namespace: seed::ROOT.into(),
            name: seed::ROOT.into(),
        };
        let told = (Verdict::Pending, String::new());
        Session {
            display: Display::new(&up.output),
            progress: Progress::default(),
            listing: progress::shown()
                .map(|kind| (kind.kind, BTreeSet::new()))
                .collect(),
            began: started,
            root,
            told,
        }
    }

    /// Watches and shows until there is nothing more to watch for.
    async fn follow(
        &mut self,
        global: &Global,
        up: &Up,
        repository: &Repository,
        running: &Running,
    ) -> Result<End, Error> {
        let mut objects = objects(&running.client);
        let mut follower = follower(up, repository);
        let mut resizes = crate::signals::resizes();
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let deadline = tokio::time::sleep(global.timeout.get());
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                event = objects.next() => self.take(event)?,
                _ = frames.tick(), if self.display.is_stale() => self.display.draw(&self.progress)?,
                () = resizes.next() => self.display.draw(&self.progress)?,
                changed = next_change(&mut follower) => match changed {
                    Ok(()) => running.reconcile_source().await?,
                    Err(error) => {
                        log::warning(format!("{error}; changes are seen every minute instead"));
                        self.display.disturbed();
                        follower = None;
                    }
                },
                () = &mut deadline, if up.once => return Ok(End::TimedOut),
                failure = running.failed() => return Err(failure),
                () = crate::signals::interrupted() => return Ok(End::Good),
            }
            match self.verdict()? {
                Verdict::Ready if up.once => return Ok(End::Good),
                Verdict::Failed if up.once => return Ok(End::Failed),
                _ => {}
            }
        }
    }

    fn take(&mut self, event: Option<(&'static str, WatchEvent)>) -> Result<(), Error> {
        let Some((kind, event)) = event else { return Ok(()) };
        match event {
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                if let Some(missing) = self.listing.get_mut(kind) {
                    missing.remove(&progress::id(&object));
                }
                if let Some(id) = self.progress.update(&object) {
                    self.display.object(&self.progress, &id)?;
                }
            }
            WatchEvent::Deleted(object) => self.gone(&progress::id(&object))?,
            WatchEvent::Failed(error) => {
                log::warning(error);
                self.display.disturbed();
            }
            WatchEvent::Restarting => {
                let known = self.progress.entries().map(|(id, _)| id);
                let known = known.filter(|id| id.kind == kind).cloned().collect();
                self.listing.insert(kind, known);
            }
            WatchEvent::Ready => {
                for id in self.listing.remove(kind).unwrap_or_default() {
                    self.gone(&id)?;
                }
            }
        }
        Ok(())
    }

    fn gone(&mut self, id: &Id) -> Result<(), Error> {
        if self.progress.remove(id) {
            self.display.gone(id)?;
        }
        Ok(())
    }

    /// The verdict; told when it is new.
    fn verdict(&mut self) -> Result<Verdict, Error> {
        if !self.listing.is_empty() {
            return Ok(Verdict::Pending);
        }
        let verdict = self.progress.verdict(&self.root);
        let now = (verdict, self.progress.revision(&self.root).to_owned());
        if now == self.told {
            return Ok(verdict);
        }
        let revision = &now.1;
        match verdict {
            Verdict::Pending => {
                if self.told.0 != Verdict::Pending {
                    self.began = Instant::now();
                }
                self.display.event(&Event::Busy)?;
            }
            Verdict::Ready => {
                let (objects, seconds) = (
                    self.progress.entries().count(),
                    self.began.elapsed().as_secs_f64(),
                );
                self.display.event(&Event::Ready {
                    revision,
                    objects,
                    seconds,
                })?;
            }
            Verdict::Failed => self.display.event(&Event::Failed { revision })?,
        }
        self.told = now;
        Ok(verdict)
    }

    fn failed(&self) -> Result<(), Error> {
        for (id, entry) in self.progress.problems() {
            log::failure(format!("{id}: {}: {}", entry.reason, entry.message));
        }
        Err(Error::Silent)
    }
}
