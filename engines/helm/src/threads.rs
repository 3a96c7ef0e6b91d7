//! Work that does not depend on its order, on several threads.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// How many threads may work side by side, and where.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// How many, that of the caller among them. No result depends on it.
    pub count: usize,
    /// Where.
    pub placing: Placing,
}

/// Keeps a new thread off the processor of the one that starts it.
///
/// Linux often leaves it there until its next look at the load, for longer than the whole work takes, while another processor has
/// nothing to do. What can be done about it belongs to whoever knows the system; by default nothing is.
#[derive(Clone, Copy, Debug)]
pub struct Placing {
    /// The processor of this thread, if it can be told.
    pub processor: fn() -> Option<usize>,
    /// What a new thread does first: it keeps off this processor, if there is another one.
    pub begin: fn(Option<usize>),
}

impl Default for Placing {
    fn default() -> Self {
        Placing {
            processor: || None,
            begin: |_| (),
        }
    }
}

impl From<usize> for Threads {
    fn from(count: usize) -> Self {
        Threads {
            count,
            placing: Placing::default(),
        }
    }
}

impl Threads {
    /// The same, but no more than so many, and at least one.
    pub(crate) fn at_most(self, count: usize) -> Self {
        Threads {
            count: self.count.clamp(1, count.max(1)),
            ..self
        }
    }

    /// Starts a thread beside this one.
    ///
    /// # Errors
    /// The system gives none.
    pub fn start<'s, T: Send + 's>(
        self,
        scope: &'s Scope<'s, '_>,
        thread: Builder,
        work: impl FnOnce() -> T + Send + 's,
    ) -> io::Result<ScopedJoinHandle<'s, T>> {
        let here = (self.placing.processor)();
        let started = self.start_at(here, scope, thread, work);
        if here.is_some() {
            // It comes to leave only when this one makes room.
            std::thread::yield_now();
        }
        started
    }

    /// Starts a thread that takes the place of this one, which waits for it.
    ///
    /// # Errors
    /// The system gives none.
    pub(crate) fn start_here<'s, T: Send + 's>(
        self,
        scope: &'s Scope<'s, '_>,
        thread: Builder,
        work: impl FnOnce() -> T + Send + 's,
    ) -> io::Result<ScopedJoinHandle<'s, T>> {
        self.start_at(None, scope, thread, work)
    }

    fn start_at<'s, T: Send + 's>(
        self,
        taken: Option<usize>,
        scope: &'s Scope<'s, '_>,
        thread: Builder,
        work: impl FnOnce() -> T + Send + 's,
    ) -> io::Result<ScopedJoinHandle<'s, T>> {
        let begin = self.placing.begin;
        thread.spawn_scoped(scope, move || {
            begin(taken);
            work()
        })
    }

    /// What a function gives for each number up to `count`, in order, worked out on this thread and others.
    pub(crate) fn side_by_side<T: Send>(self, count: usize, each: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(count));
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                done.push((index, each(index)));
            }
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .append(&mut done);
        };
        std::thread::scope(|scope| {
            for _ in 1..self.count {
                // Without another thread this one does all of it.
                let _ = self.start(scope, Builder::new(), work);
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}
