//! Work that does not depend on its order, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a function gives for each number up to `count`, in order, worked out on this thread and `threads - 1` others.
pub(crate) fn side_by_side<T: Send>(
    count: usize,
    threads: usize,
    each: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
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
        for _ in 1..threads {
            // Without another thread this one does all of it.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
