use std::time::Duration;

use flux_kube::Key;
use tokio::time::Instant;

use super::{Backoff, Core, Queue};
use crate::cause::{Cause, Causes};

const BACKOFF: Backoff = Backoff {
    min: Duration::from_millis(750),
    max: Duration::from_secs(900),
};

fn key(name: &str) -> Key {
    Key::new("ns", name)
}

fn causes(all: &[Cause]) -> Causes {
    let mut causes = Causes::default();
    all.iter().for_each(|cause| causes.insert(*cause));
    causes
}

#[track_caller]
fn check_pause(failures: u32, expect_ms: u64) {
    assert_eq!(BACKOFF.pause(failures), Duration::from_millis(expect_ms));
}

#[test]
fn pauses_double_up_to_the_longest() {
    check_pause(1, 750);
    check_pause(2, 1_500);
    check_pause(5, 12_000);
    check_pause(11, 768_000);
    check_pause(12, 900_000);
    check_pause(u32::MAX, 900_000);
}

#[test]
fn a_key_that_is_pushed_twice_comes_once_with_both_causes() {
    let mut core = Core::new(BACKOFF);
    core.push(key("a"), Cause::Changed);
    core.push(key("b"), Cause::Changed);
    core.push(key("a"), Cause::Source);
    assert_eq!(
        core.take(),
        Some((key("a"), causes(&[Cause::Changed, Cause::Source])))
    );
    assert_eq!(core.take(), Some((key("b"), causes(&[Cause::Changed]))));
    assert_eq!(core.take(), None);
}

#[test]
fn a_key_under_work_comes_again_only_after_it() {
    let mut core = Core::new(BACKOFF);
    core.push(key("a"), Cause::Changed);
    core.take();
    core.push(key("a"), Cause::Requested);
    assert_eq!(core.take(), None);
    core.done(&key("a"));
    assert_eq!(core.take(), Some((key("a"), causes(&[Cause::Requested]))));
    core.done(&key("a"));
    assert_eq!((core.take(), core.in_flight()), (None, 0));
}

#[test]
fn a_key_has_one_timer_and_taking_it_clears_it() {
    let mut core = Core::new(BACKOFF);
    let start = Instant::now();
    core.schedule(key("a"), start + Duration::from_secs(9), Cause::Timer);
    core.schedule(key("a"), start + Duration::from_secs(5), Cause::Retry);
    assert_eq!(core.deadline(), Some(start + Duration::from_secs(5)));
    core.push(key("a"), Cause::Source);
    core.take();
    assert_eq!(core.deadline(), None);
}

#[test]
fn a_timer_that_is_due_during_work_brings_the_key_again() {
    let mut core = Core::new(BACKOFF);
    let start = Instant::now();
    core.push(key("a"), Cause::Changed);
    core.take();
    core.schedule(key("a"), start, Cause::Timer);
    core.wake(start);
    assert_eq!(core.take(), None);
    core.done(&key("a"));
    assert_eq!(core.take(), Some((key("a"), causes(&[Cause::Timer]))));
}

#[test]
fn success_resets_the_pause() {
    let mut core = Core::new(BACKOFF);
    core.failed(&key("a"));
    assert_eq!(core.failed(&key("a")), Duration::from_millis(1_500));
    core.succeeded(&key("a"));
    assert_eq!(core.failed(&key("a")), Duration::from_millis(750));
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_earliest_timer() {
    let queue = Queue::new(BACKOFF);
    let start = Instant::now();
    queue.push_after(key("late"), Duration::from_secs(60), Cause::Timer);
    queue.push_after(key("early"), Duration::from_secs(20), Cause::Retry);
    assert_eq!(queue.next().await, (key("early"), causes(&[Cause::Retry])));
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(queue.next().await.0, key("late"));
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_a_push() {
    let queue = Queue::new(BACKOFF);
    let pusher = queue.clone();
    let waiting = tokio::spawn(async move { queue.next().await });
    tokio::task::yield_now().await;
    pusher.push(key("a"), Cause::Manual);
    assert_eq!(waiting.await.unwrap().0, key("a"));
}
