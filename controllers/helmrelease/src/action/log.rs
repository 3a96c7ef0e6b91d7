//! The last few lines about an action, for the event of its failure.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const KEPT: usize = 10;

/// The last ten lines, each with its time.
#[derive(Default)]
pub(super) struct Lines(Mutex<VecDeque<(String, String)>>);

impl Lines {
    /// Adds a line; a repetition of the last one is left out.
    pub(super) fn add(&self, line: impl Into<String>) {
        let line = line.into();
        tracing::debug!(line, "helm");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.back().is_some_and(|(_, last)| *last == line) {
            return;
        }
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back((flux_runtime::time::now().to_string(), line));
    }

    /// All of them.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<String> = lines
            .iter()
            .map(|(time, line)| format!("{time}: {line}"))
            .collect();
        lines.join("\n")
    }
}
