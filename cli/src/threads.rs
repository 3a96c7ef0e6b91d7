//! How many threads a command may use, and where they run.

use flux_helm::{Placing, Threads};

/// As many threads as there are processors for this process.
pub fn available() -> Threads {
    Threads {
        count: std::thread::available_parallelism().map_or(1, usize::from),
        placing: placing(),
    }
}

#[cfg(target_os = "linux")]
fn placing() -> Placing {
    use nix::sched::{sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::Pid;

    Placing {
        processor: || sched_getcpu().ok(),
        leave: |processor| {
            let this_thread = Pid::from_raw(0);
            // Where that is refused, as when there is no other processor, the thread stays where it is.
            let left = sched_getaffinity(this_thread).and_then(|mut processors| {
                processors.unset(processor)?;
                sched_setaffinity(this_thread, &processors)
            });
            let _ = left;
        },
    }
}

#[cfg(not(target_os = "linux"))]
fn placing() -> Placing {
    Placing::default()
}
