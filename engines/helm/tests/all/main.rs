//! The engine from outside: whole charts in, manifests out. Each module is a topic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

mod archives;
mod bounds;
mod dependencies;
mod rendering;
mod threads;

use flux_gotemplate::{Functions, NoHost};
use flux_helm::chart::{Chart, ChartLimits, File, LoadError, load_files};
use flux_helm::{Log, Request, Table, render};

/// A chart of files given as `(path, text)`.
fn chart(files: &[(&str, &str)]) -> Result<Chart, LoadError> {
    let files = files
        .iter()
        .map(|(name, text)| File::new(*name, (*text).to_owned()))
        .collect();
    load_files(files, &ChartLimits::default(), &mut Log::new())
}

/// What is rendered, with notes and hooks, or the error.
fn rendered(
    files: &[(&str, &str)],
    values: &str,
    change: impl FnOnce(&mut Request<'_>),
) -> Result<String, String> {
    let chart = chart(files).map_err(|error| error.to_string())?;
    let values = Table::from_yaml(values.as_bytes()).map_err(|error| error.to_string())?;
    let mut request = Request::new(chart, values, "r", "ns");
    change(&mut request);
    let mut log = Log::new();
    let rendered =
        render(request, &Functions::builtin(), &NoHost, &mut log).map_err(|error| error.to_string())?;
    let mut text = rendered.manifest();
    for hook in rendered.hooks {
        text.push_str(&format!("hook {} {}\n", hook.path, hook.weight));
    }
    if !rendered.notes.is_empty() {
        text.push_str(&format!("notes {}\n", rendered.notes));
    }
    for record in log.records() {
        text.push_str(&format!("{record}\n"));
    }
    Ok(text)
}
