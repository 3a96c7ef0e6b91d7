//! How many threads a command may use, and where they run.

use flux_helm::{Placing, Threads};

/// As many threads as there are processors for this process.
pub fn available() -> Threads {
    reserve(LARGEST);
    Threads {
        count: std::thread::available_parallelism().map_or(1, usize::from),
        placing: placing(),
    }
}

/// Blocks that the allocator is to take from what it has, and what a thread begins with.
const LARGEST: usize = 4 << 20;
const BEGINNING: usize = 1 << 20;

/// Takes memory and gives it back; none of it is touched.
///
/// That tells the allocator of the GNU C library something. Once a large block was given back, blocks up to its size no longer come
/// from the system one by one. And what a thread begins with grows in one step: it would do so page by page, and while it does, no
/// other thread gets a page.
fn reserve(size: usize) {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(size)));
}

#[cfg(target_os = "linux")]
fn placing() -> Placing {
    use nix::sched::{sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::Pid;

    fn leave(processor: usize) -> nix::Result<()> {
        let this_thread = Pid::from_raw(0);
        let mut processors = sched_getaffinity(this_thread)?;
        processors.unset(processor)?;
        sched_setaffinity(this_thread, &processors)
    }

    Placing {
        processor: || sched_getcpu().ok(),
        begin: |taken| {
            reserve(BEGINNING);
            // Where that is refused, as when there is no other processor, the thread stays where it is.
            let _ = taken.map(leave);
        },
    }
}

#[cfg(not(target_os = "linux"))]
fn placing() -> Placing {
    Placing::default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::sched::sched_getcpu;

    use super::*;

    #[test]
    fn a_new_thread_leaves_the_processor_of_the_one_that_starts_it() {
        let threads = available();
        let left = |_: &u32| {
            let here = sched_getcpu().unwrap();
            let there = std::thread::scope(|scope| {
                let started = threads.start(scope, std::thread::Builder::new(), || sched_getcpu().unwrap());
                started.unwrap().join().unwrap()
            });
            there != here
        };
        // This thread may itself be moved in between, though hardly ever. With one processor there is nowhere to go.
        let apart = (0..20).filter(left).count();
        assert!(apart >= 15 || threads.count == 1, "{apart} of 20");
    }
}
