//! Shows progress: a tree on a terminal, plain lines when piped, one JSON object a line for machines.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::progress::{Entry, Id, Progress, Stage};
use crate::error::Error;
use crate::table::shorten_hashes;

/// Where and how progress is shown.
#[derive(Debug)]
pub enum Display {
    /// Redraws a tree; holds the number of lines drawn.
    Tree(usize),
    /// A line a change.
    Lines,
    /// A JSON object a line.
    Json,
}

/// What a run has to tell besides its objects.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The cluster answers.
    Started { kubeconfig: &'a str, server: &'a str },
    /// Everything is ready.
    Ready {
        revision: &'a str,
        objects: usize,
        seconds: f64,
    },
    /// Nothing moves any more, and something failed.
    Failed { revision: &'a str },
}

impl Display {
    /// The display for `--output` and this terminal.
    pub fn new(output: &str) -> Self {
        match output {
            "json" => Display::Json,
            _ if std::io::stdout().is_terminal() => Display::Tree(0),
            _ => Display::Lines,
        }
    }

    /// Tells of an event.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), Error> {
        let text = match self {
            Display::Json => format!("{}\n", event_as_json(event)),
            Display::Tree(_) | Display::Lines => event_as_text(event),
        };
        if let Display::Tree(drawn) = self {
            // What was drawn stays above; the next tree begins below this text.
            *drawn = 0;
        }
        write(&text)
    }

    /// Tells that an object changed.
    pub fn object(&mut self, progress: &Progress, id: &Id) -> Result<(), Error> {
        let Some((_, entry)) = progress.entries().find(|(known, _)| *known == id) else {
            return Ok(());
        };
        match self {
            Display::Json => write(&format!("{}\n", object_as_json(progress, id, entry))),
            Display::Lines => write(&format!("{}\n", line(progress, id, entry))),
            Display::Tree(drawn) => {
                let tree: Vec<String> = progress
                    .tree()
                    .into_iter()
                    .map(|(depth, id, entry)| format!("{}{}", "  ".repeat(depth), line(progress, id, entry)))
                    .collect();
                let lines = tree.len();
                let text = redraw(*drawn, &tree);
                *drawn = lines;
                write(&text)
            }
        }
    }
}

/// Moves up over what was drawn and draws anew; each line is cut by the terminal, not wrapped.
fn redraw(drawn: usize, tree: &[String]) -> String {
    let mut text = String::from("\x1b[?7l");
    if drawn > 0 {
        text += &format!("\x1b[{drawn}A");
    }
    for line in tree {
        text += &format!("\x1b[2K{line}\n");
    }
    text + "\x1b[?7h"
}

fn line(progress: &Progress, id: &Id, entry: &Entry) -> String {
    let stage = progress.stage(id, entry);
    let glyph = match stage {
        Stage::Ready => "✔",
        Stage::Failed => "✗",
        Stage::Suspended => "‖",
        Stage::Progressing | Stage::Waiting => "◎",
    };
    let message = entry.message.lines().collect::<Vec<_>>().join(" ");
    format!(
        "{glyph} {}/{}.{} {}",
        id.kind.to_lowercase(),
        id.name,
        id.namespace,
        shorten_hashes(&message)
    )
}

fn event_as_text(event: &Event<'_>) -> String {
    match event {
        Event::Started { kubeconfig, server } => {
            format!("► cluster at {server}\n► try: kubectl --kubeconfig {kubeconfig} get ks,gitrepo -A\n")
        }
        Event::Ready {
            revision,
            objects,
            seconds,
        } => {
            format!(
                "✔ all {objects} ready at {} after {seconds:.1} s\n",
                shorten_hashes(revision)
            )
        }
        Event::Failed { revision } => format!("✗ not everything is ready at {}\n", shorten_hashes(revision)),
    }
}

fn event_as_json(event: &Event<'_>) -> Value {
    match event {
        Event::Started { kubeconfig, server } => {
            json!({ "event": "started", "kubeconfig": kubeconfig, "server": server })
        }
        Event::Ready {
            revision,
            objects,
            seconds,
        } => {
            json!({ "event": "ready", "revision": revision, "objects": objects, "seconds": seconds })
        }
        Event::Failed { revision } => json!({ "event": "failed", "revision": revision }),
    }
}

fn object_as_json(progress: &Progress, id: &Id, entry: &Entry) -> Value {
    let stage = match progress.stage(id, entry) {
        Stage::Progressing => "progressing",
        Stage::Waiting => "waiting",
        Stage::Ready => "ready",
        Stage::Failed => "failed",
        Stage::Suspended => "suspended",
    };
    json!({
        "event": "object", "kind": id.kind, "namespace": id.namespace, "name": id.name, "stage": stage,
        "reason": entry.reason, "message": entry.message, "revision": entry.revision,
    })
}

fn write(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_drawn_over_the_one_before() {
        assert_eq!(redraw(0, &["a".into()]), "\x1b[?7l\x1b[2Ka\n\x1b[?7h");
        assert_eq!(
            redraw(2, &["a".into(), "b".into()]),
            "\x1b[?7l\x1b[2A\x1b[2Ka\n\x1b[2Kb\n\x1b[?7h"
        );
    }
}
