//! Shows progress: a tree on a terminal, plain lines when piped, one JSON object a line for machines.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::progress::{Entry, Id, Progress};
use super::screen::{Line, Size, glyph, layout, redraw, word};
use crate::error::Error;
use crate::table::shorten_hashes;

/// Where and how progress is shown.
#[derive(Debug)]
pub enum Display {
    /// A tree that is drawn over itself.
    Tree(Screen),
    /// A line a change.
    Lines,
    /// A JSON object a line.
    Json,
}

/// What stands on the terminal.
#[derive(Debug)]
pub struct Screen {
    /// Lines of the tree, from the cursor upwards.
    drawn: usize,
    size: Size,
    /// Something changed since.
    stale: bool,
    /// What was said at the start; it comes back when the screen is cleared.
    header: String,
    /// The last thing that was said of the whole.
    footer: String,
    colour: bool,
}

/// What a run has to tell besides its objects.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The cluster answers.
    Started { kubeconfig: &'a str, server: &'a str },
    /// Something is on its way again.
    Busy,
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
            _ if std::io::stdout().is_terminal() => Display::Tree(Screen {
                drawn: 0,
                size: Size::now(),
                stale: false,
                header: String::new(),
                footer: String::new(),
                colour: std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
            }),
            _ => Display::Lines,
        }
    }

    /// Tells of an event.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), Error> {
        match (self, event) {
            (Display::Json | Display::Lines, Event::Busy) => Ok(()),
            (Display::Json, event) => write(&format!("{}\n", event_as_json(event))),
            (Display::Lines, event) => write(&event_as_text(event)),
            (Display::Tree(screen), Event::Started { .. }) => {
                screen.header = event_as_text(event);
                write(&screen.header)
            }
            (Display::Tree(screen), event) => {
                screen.footer = event_as_text(event).trim_end().to_owned();
                screen.stale = true;
                Ok(())
            }
        }
    }

    /// Tells that an object changed; on a terminal [`Display::draw`] shows it.
    pub fn object(&mut self, progress: &Progress, id: &Id) -> Result<(), Error> {
        let Some((_, entry)) = progress.entries().find(|(known, _)| *known == id) else {
            return Ok(());
        };
        match self {
            Display::Json => write(&format!("{}\n", object_as_json(progress, id, entry))),
            Display::Lines => {
                let stage = progress.stage(id, entry);
                write(&format!("{} {}\n", glyph(stage), said(id, entry)))
            }
            Display::Tree(screen) => {
                screen.stale = true;
                Ok(())
            }
        }
    }

    /// Tells that an object is gone.
    pub fn gone(&mut self, id: &Id) -> Result<(), Error> {
        match self {
            Display::Json => write(&format!(
                "{}\n",
                json!({"event": "object", "kind": id.kind, "namespace": id.namespace, "name": id.name, "stage": "gone"})
            )),
            Display::Lines => write(&format!("− {} is gone\n", named(id))),
            Display::Tree(screen) => {
                screen.stale = true;
                Ok(())
            }
        }
    }

    /// Something else was written to the terminal: the tree begins anew below it.
    pub fn disturbed(&mut self) {
        if let Display::Tree(screen) = self {
            (screen.drawn, screen.stale) = (0, true);
        }
    }

    /// Whether there is something to draw.
    pub fn is_stale(&self) -> bool {
        matches!(self, Display::Tree(screen) if screen.stale)
    }

    /// Draws the tree, if something changed.
    pub fn draw(&mut self, progress: &Progress) -> Result<(), Error> {
        let Display::Tree(screen) = self else {
            return Ok(());
        };
        let size = Size::now();
        if !screen.stale && screen.size == size {
            return Ok(());
        }
        let mut text = String::new();
        if screen.size != size {
            // The terminal has moved the lines about: nothing can be drawn over.
            text += "\x1b[H\x1b[2J";
            text += &screen.header;
            screen.drawn = 0;
        }
        let tree = progress.tree().into_iter().map(|(depth, id, entry)| Line {
            stage: progress.stage(id, entry),
            text: said(id, entry),
            depth,
        });
        let lines = layout(&tree.collect::<Vec<_>>(), &screen.footer, size, screen.colour);
        text += &redraw(screen.drawn, &lines);
        (screen.drawn, screen.size, screen.stale) = (lines.len(), size, false);
        write(&text)
    }
}

fn named(id: &Id) -> String {
    format!("{}/{}.{}", id.kind.to_lowercase(), id.name, id.namespace)
}

fn said(id: &Id, entry: &Entry) -> String {
    let message = entry.message.lines().collect::<Vec<_>>().join(" ");
    format!("{} {}", named(id), shorten_hashes(&message))
}

fn event_as_text(event: &Event<'_>) -> String {
    match event {
        Event::Started { kubeconfig, server } => {
            format!("► cluster at {server}\n► try: kubectl --kubeconfig {kubeconfig} get ks,gitrepo -A\n")
        }
        Event::Busy => String::new(),
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
        Event::Busy => json!({ "event": "busy" }),
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
    json!({
        "event": "object", "kind": id.kind, "namespace": id.namespace, "name": id.name,
        "stage": word(progress.stage(id, entry)),
        "reason": entry.reason, "message": entry.message, "revision": entry.revision,
    })
}

fn write(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::output)
}
