//! A wait for those who run beside the queue.

use std::sync::Arc;
use std::time::Duration;

use flux_kube::{Client, Watches};
use tokio::sync::Notify;

use super::{Goal, State, Subject, Wait};
use crate::time::now;

/// Waits until the objects are what they are to become, as long as `timeout`. Looks, where the watches are not enough, are made
/// as `client`. For tasks of their own; a pass of a reconciler keeps the [`Wait`] instead and returns.
///
/// # Errors
/// The sentence that names the objects: one failed, or time is up.
pub async fn until(
    watches: &Watches,
    client: &Client,
    subjects: Vec<Subject>,
    goal: Goal,
    timeout: Duration,
) -> Result<(), String> {
    let news = Arc::new(Notify::new());
    let bell = news.clone();
    let wait = Wait::start(watches, subjects, goal, timeout, move || bell.notify_one(), now());
    loop {
        match wait.state(client).await {
            State::Reached => return Ok(()),
            State::Failed(sentence) => return Err(sentence),
            State::Pending(left) => {
                // Either news, or the time of the next look.
                let _ = tokio::time::timeout(left, news.notified()).await;
            }
        }
    }
}
