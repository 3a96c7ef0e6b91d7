//! The last few outcomes in the status.

use std::time::Duration;

use flux_api::duration::GoDuration;
use flux_api::kustomization::Snapshot;

const MAX: usize = 5;

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    /// Digest of what was built.
    pub(crate) digest: &'a str,
    /// Reason of `Ready`.
    pub(crate) reason: &'a str,
    pub(crate) took: Duration,
    pub(crate) revision: &'a str,
    pub(crate) origin_revision: &'a str,
}

/// Notes an outcome at `now` (RFC 3339): a repeat of the same content and reason is counted, the newest stands first.
pub(crate) fn note(history: &mut Vec<Snapshot>, outcome: &Outcome<'_>, now: &str) {
    let held = history
        .iter()
        .position(|held| held.digest == outcome.digest && held.last_reconciled_status == outcome.reason);
    let mut snapshot = match held {
        Some(index) => history.remove(index),
        None => Snapshot {
            digest: outcome.digest.into(),
            first_reconciled: now.into(),
            last_reconciled_status: outcome.reason.into(),
            ..Snapshot::default()
        },
    };
    snapshot.last_reconciled = now.into();
    snapshot.last_reconciled_duration = GoDuration::from(outcome.took).to_string();
    snapshot.total_reconciliations += 1;
    let metadata = [
        ("revision", outcome.revision),
        ("originRevision", outcome.origin_revision),
    ];
    snapshot.metadata = metadata
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    history.insert(0, snapshot);
    history.truncate(MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(digest: &'static str, reason: &'static str) -> Outcome<'static> {
        let took = Duration::from_millis(1500);
        Outcome {
            digest,
            reason,
            took,
            revision: "main@sha1:abc",
            origin_revision: "",
        }
    }

    #[test]
    fn repeats_are_counted_and_stand_first() {
        let mut history = Vec::new();
        note(&mut history, &noted("a", "Good"), "t1");
        note(&mut history, &noted("b", "Good"), "t2");
        note(&mut history, &noted("a", "Bad"), "t3");
        note(&mut history, &noted("a", "Good"), "t4");
        let shown: Vec<_> = history
            .iter()
            .map(|held| {
                (
                    held.digest.as_str(),
                    held.last_reconciled_status.as_str(),
                    held.total_reconciliations,
                )
            })
            .collect();
        assert_eq!(shown, [("a", "Good", 2), ("a", "Bad", 1), ("b", "Good", 1)]);
        let first = &history[0];
        assert_eq!(
            (first.first_reconciled.as_str(), first.last_reconciled.as_str()),
            ("t1", "t4")
        );
        assert_eq!(first.last_reconciled_duration, "1.5s");
        assert_eq!(
            first.metadata.get("revision").map(String::as_str),
            Some("main@sha1:abc")
        );
        assert_eq!(first.metadata.len(), 1);
    }

    #[test]
    fn five_are_kept() {
        let mut history = Vec::new();
        for digest in ["a", "b", "c", "d", "e", "f"] {
            note(&mut history, &noted(digest, "Good"), "t");
        }
        let shown: Vec<_> = history.iter().map(|held| held.digest.as_str()).collect();
        assert_eq!(shown, ["f", "e", "d", "c", "b"]);
    }
}
