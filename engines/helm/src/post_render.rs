//! A last change of what was rendered, by someone else: documents go out as one stream and come back to their files by an
//! annotation.

use std::collections::BTreeMap;

use flux_yaml::{Document, Limits, Node, parse_all, to_string};

use crate::log::Log;
use crate::manifest::{ManifestError, is_partial, sort_manifests, split_manifests};

/// Changes a stream of documents.
pub trait PostRender {
    /// Gives the changed stream.
    ///
    /// # Errors
    /// In words for the user.
    fn run(&self, documents: &str) -> Result<String, String>;
}

impl<F: Fn(&str) -> Result<String, String>> PostRender for F {
    fn run(&self, documents: &str) -> Result<String, String> {
        self(documents)
    }
}

/// What goes through the post-renderer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostRenderStrategy {
    /// Hooks and manifests together. Helm 4's.
    #[default]
    Combined,
    /// Hooks and manifests, one after the other.
    Separate,
    /// Manifests only. Helm 3's.
    NoHooks,
}

/// Why post-rendering failed; in the words of Helm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostRenderError {
    /// What was rendered is no YAML.
    #[error("error merging {group}: {cause}")]
    Merge {
        /// What was sent.
        group: &'static str,
        /// Why.
        cause: String,
    },
    /// The post-renderer failed.
    #[error("error while running post render on {group}: {cause}")]
    Run {
        /// What was sent.
        group: &'static str,
        /// Why.
        cause: String,
    },
    /// What came back is no YAML.
    #[error("error while parsing post rendered output{}{cause}", separated(.group))]
    Parse {
        /// What was sent.
        group: &'static str,
        /// Why.
        cause: String,
    },
    /// What was rendered is no manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

fn separated(group: &str) -> String {
    if group == "files" {
        ": ".to_owned()
    } else {
        format!(" for {group}: ")
    }
}

const FILENAME: &str = "postrenderer.helm.sh/postrender-filename";

type Files = BTreeMap<String, String>;

/// Sends files through the post-renderer.
pub(crate) fn post_render(
    files: Files,
    post_renderer: &dyn PostRender,
    strategy: PostRenderStrategy,
    log: &mut Log,
) -> Result<Files, PostRenderError> {
    if strategy == PostRenderStrategy::Combined {
        return send(&files, post_renderer, "files", "");
    }
    let (hooks, manifests) = sort_manifests(&files, log)?;
    let mut hook_files = Files::new();
    for hook in hooks {
        add(&mut hook_files, hook.path, &hook.manifest);
    }
    let mut manifest_files = Files::new();
    for manifest in manifests {
        add(&mut manifest_files, manifest.path, &manifest.content);
    }
    let mut changed = Files::new();
    let groups = [
        ("hooks", hook_files, strategy == PostRenderStrategy::Separate),
        ("manifests", manifest_files, true),
    ];
    for (group, files, sent) in groups {
        let files = match sent && !files.is_empty() {
            true => send(&files, post_renderer, group, group)?,
            false => files,
        };
        for (path, text) in files {
            add(&mut changed, path, &text);
        }
    }
    Ok(changed)
}

fn add(files: &mut Files, path: String, text: &str) {
    files
        .entry(path)
        .and_modify(|before| {
            before.push_str("\n---\n");
            before.push_str(text);
        })
        .or_insert_with(|| text.to_owned());
}

fn send(
    files: &Files,
    post_renderer: &dyn PostRender,
    group: &'static str,
    fallback: &str,
) -> Result<Files, PostRenderError> {
    let merged = merge(files).map_err(|cause| PostRenderError::Merge {
        group: if group == "files" { "manifests" } else { group },
        cause,
    })?;
    let changed = post_renderer
        .run(&merged)
        .map_err(|cause| PostRenderError::Run { group, cause })?;
    split(&changed, fallback).map_err(|cause| PostRenderError::Parse { group, cause })
}

/// All documents in one stream, each with the name of its file.
fn merge(files: &Files) -> Result<String, String> {
    let mut documents = Vec::new();
    for (path, text) in files {
        if is_partial(path) || text.trim().is_empty() {
            continue;
        }
        for document in split_manifests(text) {
            for mut document in parse(document).map_err(|error| format!("parsing {path}: {error}"))? {
                let at = ["metadata", "annotations", FILENAME];
                document.root.set_path(&at, Node::string(path));
                documents.push(document);
            }
        }
    }
    Ok(print(&documents))
}

fn parse(text: &str) -> Result<Vec<Document>, String> {
    let documents = parse_all(text, &Limits::default()).map_err(|error| error.to_string())?;
    let is_empty = |document: &Document| document.root.tag() == "!!null";
    Ok(documents
        .into_iter()
        .filter(|document| !is_empty(document))
        .collect())
}

fn print(documents: &[Document]) -> String {
    let texts: Vec<String> = documents
        .iter()
        .map(|document| to_string(&document.root))
        .collect();
    texts.join("---\n")
}

/// The stream back in files.
fn split(stream: &str, fallback: &str) -> Result<Files, String> {
    let mut files: BTreeMap<String, Vec<Document>> = BTreeMap::new();
    let documents = parse(stream).map_err(|error| format!("error parsing YAML: {error}"))?;
    for (index, mut document) in documents.into_iter().enumerate() {
        let annotations = document.root.get_path_mut(&["metadata", "annotations"]);
        let name = annotations.and_then(|annotations| annotations.remove(FILENAME));
        let name = name.as_ref().and_then(Node::text).filter(|name| !name.is_empty());
        let dash = if fallback.is_empty() { "" } else { "-" };
        let name = name.map_or_else(
            || format!("generated-by-postrender{dash}{fallback}-{index}.yaml"),
            str::to_owned,
        );
        files.entry(name).or_default().push(document);
    }
    Ok(files
        .into_iter()
        .map(|(name, documents)| (name, print(&documents)))
        .collect())
}
