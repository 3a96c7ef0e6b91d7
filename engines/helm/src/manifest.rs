//! Rendered files into manifests and hooks: split, told apart, sorted.

mod head;
mod kinds;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::log::{Level, Log};
use crate::release::{Hook, HookDeletePolicy, HookEvent, HookOutputLogPolicy};
use crate::render::File;
use crate::threads::Threads;
use crate::yaml::DecodeError;

pub(crate) use head::Head;
pub use kinds::{INSTALL_ORDER, UNINSTALL_ORDER, sort_by_kind};

/// One document of a rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Path of the template, with that of the chart.
    pub path: String,
    /// The document.
    pub content: String,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
}

/// A document that is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}: {cause}")]
pub struct ManifestError {
    /// Path of the template.
    pub path: String,
    /// Why.
    pub cause: DecodeError,
}

/// The documents of a file, as Helm splits it: at every line that starts with `---`, whatever follows.
pub fn split_manifests(text: &str) -> Vec<&str> {
    places(text).into_iter().map(|place| &text[place]).collect()
}

/// Where these documents stand.
fn places(whole: &str) -> Vec<Range<usize>> {
    let text = whole.trim_start();
    let before = whole.len() - text.len();
    let mut places = Vec::new();
    let mut start = 0;
    for at in separators(text).chain([text.len()]) {
        let document = text[start..at].trim_start();
        if !document.is_empty() {
            places.push(before + at - document.len()..before + at);
        }
        let rest = text.get(at + 3..).unwrap_or_default();
        start = at
            + 3
            + rest
                .bytes()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
    }
    places
}

/// Where lines start with `---`.
fn separators(text: &str) -> impl Iterator<Item = usize> {
    let first = text.starts_with("---").then_some(0);
    let others = memchr::memmem::find_iter(text.as_bytes(), b"\n---").map(|end| end + 1);
    first.into_iter().chain(others)
}

/// A document of a rendered file: where it stands, and its head.
#[derive(Debug)]
pub(crate) struct Document {
    place: Range<usize>,
    head: Result<Head, DecodeError>,
}

/// The documents of a file, read.
pub(crate) fn documents(text: &str) -> Vec<Document> {
    let document = |place: Range<usize>| Document {
        head: Head::read(&text[place.clone()]),
        place,
    };
    places(text).into_iter().map(document).collect()
}

/// Hooks and manifests of rendered files (path → text), each in the order of installation.
///
/// # Errors
/// A document is no YAML, or has no usable head. What was read before is lost.
pub fn sort_manifests(
    files: &BTreeMap<String, String>,
    log: &mut Log,
) -> Result<(Vec<Hook>, Vec<Manifest>), ManifestError> {
    sort(&mut read_on_threads(files.clone(), Threads::from(1)), log)
}

/// Bytes of manifests for which another thread is worth its start.
const WORTH_A_THREAD: usize = 64 << 10;

/// Files with their documents, which are read on up to so many threads.
pub(crate) fn read_on_threads(files: BTreeMap<String, String>, threads: Threads) -> BTreeMap<String, File> {
    let size: usize = files.values().map(String::len).sum();
    let threads = threads.at_most(size / WORTH_A_THREAD);
    let texts: Vec<(&String, &String)> = files.iter().collect();
    let read = threads.side_by_side(texts.len(), &|index| match texts[index] {
        (path, _) if is_partial(path) => Vec::new(),
        (_, text) => documents(text),
    });
    let read = files.into_iter().zip(read);
    read.map(|((path, text), documents)| (path, File { text, documents }))
        .collect()
}

/// Hooks and manifests of files whose documents were read. Texts that are nothing but one document are taken, unless it fails.
pub(crate) fn sort(
    files: &mut BTreeMap<String, File>,
    log: &mut Log,
) -> Result<(Vec<Hook>, Vec<Manifest>), ManifestError> {
    let mut documents = files.values().flat_map(|file| &file.documents);
    let takes = documents.all(|document| document.head.is_ok());
    let mut hooks = Vec::new();
    let mut manifests = Vec::new();
    for (path, file) in files {
        let File { text, documents } = file;
        let takes = takes && documents.len() == 1;
        for Document { place, head } in std::mem::take(documents) {
            let head = head.map_err(|cause| ManifestError {
                path: path.clone(),
                cause,
            })?;
            let content = if takes {
                taken(std::mem::take(text), place)
            } else {
                text[place].to_owned()
            };
            match head.annotations.get(HOOK) {
                Some(events) => hooks.extend(hook(path, content, events, &head, log)),
                None => manifests.push(Manifest {
                    path: path.clone(),
                    content,
                    api_version: head.api_version,
                    kind: head.kind,
                }),
            }
        }
    }
    sort_by_kind(&mut hooks, INSTALL_ORDER, |hook| &hook.kind);
    sort_by_kind(&mut manifests, INSTALL_ORDER, |manifest| &manifest.kind);
    Ok((hooks, manifests))
}

/// A part of a text, in its place.
fn taken(mut text: String, place: Range<usize>) -> String {
    text.truncate(place.end);
    text.drain(..place.start);
    text
}

pub(crate) fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path).starts_with('_')
}

const HOOK: &str = "helm.sh/hook";
const HOOK_WEIGHT: &str = "helm.sh/hook-weight";
const HOOK_DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const HOOK_OUTPUT_LOG_POLICY: &str = "helm.sh/hook-output-log-policy";

fn hook(path: &str, document: String, events: &str, head: &Head, log: &mut Log) -> Option<Hook> {
    let names =
        |list: &str| -> Vec<String> { list.split(',').map(|name| name.trim().to_lowercase()).collect() };
    let mut known = Vec::new();
    for name in names(events) {
        let Some(event) = HookEvent::from_annotation(&name) else {
            let attributes = vec![("hookTypes", events.to_owned())];
            log.add_with(Level::Info, "skipping unknown hooks", attributes);
            return None;
        };
        known.push(event);
    }
    let weight = head.annotations.get(HOOK_WEIGHT).map_or("", String::as_str);
    let list = |annotation: &str| {
        head.annotations
            .get(annotation)
            .map(|list| names(list))
            .unwrap_or_default()
    };
    Some(Hook {
        name: head.name.clone(),
        kind: head.kind.clone(),
        path: path.to_owned(),
        manifest: document,
        events: known,
        weight: weight.parse().unwrap_or(0),
        delete_policies: list(HOOK_DELETE_POLICY)
            .into_iter()
            .map(HookDeletePolicy)
            .collect(),
        output_log_policies: list(HOOK_OUTPUT_LOG_POLICY)
            .into_iter()
            .map(HookOutputLogPolicy)
            .collect(),
        ..Hook::default()
    })
}
