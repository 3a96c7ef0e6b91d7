//! Rendered files into manifests and hooks: split, told apart, sorted.

mod head;
mod kinds;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::log::{Level, Log};
use crate::release::{Hook, HookDeletePolicy, HookEvent, HookOutputLogPolicy};
use crate::threads::side_by_side;
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
    let text = text.trim_start();
    let mut documents = Vec::new();
    let mut start = 0;
    for at in separators(text).chain([text.len()]) {
        let document = text[start..at].trim_start();
        if !document.is_empty() {
            documents.push(document);
        }
        let rest = text.get(at + 3..).unwrap_or_default();
        start = at
            + 3
            + rest
                .bytes()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
    }
    documents
}

/// Where lines start with `---`.
fn separators(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        while from < bytes.len() {
            let at = from;
            from = bytes[at..]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |end| at + end + 1);
            if bytes[at..].starts_with(b"---") {
                return Some(at);
            }
        }
        None
    })
}

/// Hooks and manifests of rendered files (path → text), each in the order of installation.
///
/// # Errors
/// A document is no YAML, or has no usable head. What was read before is lost.
pub fn sort_manifests(
    files: &BTreeMap<String, String>,
    log: &mut Log,
) -> Result<(Vec<Hook>, Vec<Manifest>), ManifestError> {
    sort_on_threads(files, 1, log)
}

/// Bytes of manifests for which another thread is worth its start.
const WORTH_A_THREAD: usize = 64 << 10;

/// The same on up to so many threads.
pub(crate) fn sort_on_threads(
    files: &BTreeMap<String, String>,
    threads: usize,
    log: &mut Log,
) -> Result<(Vec<Hook>, Vec<Manifest>), ManifestError> {
    let mut documents: Vec<(&String, &str)> = Vec::with_capacity(files.len());
    for (path, text) in files {
        if !is_partial(path) && !text.trim().is_empty() {
            documents.extend(split_manifests(text).into_iter().map(|document| (path, document)));
        }
    }
    let size: usize = documents.iter().map(|(_, document)| document.len()).sum();
    let threads = threads.clamp(1, (size / WORTH_A_THREAD).max(1));
    let heads = side_by_side(documents.len(), threads, &|index| Head::read(documents[index].1));
    let mut hooks = Vec::new();
    let mut manifests = Vec::with_capacity(documents.len());
    for ((path, document), head) in documents.into_iter().zip(heads) {
        let head = head.map_err(|cause| ManifestError {
            path: path.clone(),
            cause,
        })?;
        match head.annotations.get(HOOK) {
            Some(events) => hooks.extend(hook(path, document, events, &head, log)),
            None => manifests.push(Manifest {
                path: path.clone(),
                content: document.to_owned(),
                api_version: head.api_version,
                kind: head.kind,
            }),
        }
    }
    sort_by_kind(&mut hooks, INSTALL_ORDER, |hook| &hook.kind);
    sort_by_kind(&mut manifests, INSTALL_ORDER, |manifest| &manifest.kind);
    Ok((hooks, manifests))
}

pub(crate) fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path).starts_with('_')
}

const HOOK: &str = "helm.sh/hook";
const HOOK_WEIGHT: &str = "helm.sh/hook-weight";
const HOOK_DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const HOOK_OUTPUT_LOG_POLICY: &str = "helm.sh/hook-output-log-policy";

fn hook(path: &str, document: &str, events: &str, head: &Head, log: &mut Log) -> Option<Hook> {
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
        manifest: document.to_owned(),
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
