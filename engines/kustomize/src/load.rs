//! From the text of a manifest file to objects.

use std::collections::VecDeque;

use flux_yaml::Node;

use crate::error::{Error, ErrorKind};
use crate::loader::Loader;
use crate::node_ext;
use crate::resource::{Behavior, Place, Previous, Resource};

/// Annotations that kustomize keeps its notes in; they may be given in files and never appear in the result.
const NOTES: &str = "internal.config.kubernetes.io/";

/// The notes. Others under the same name stay where they are.
const KNOWN_NOTES: [&str; 16] = [
    "previousKinds",
    "previousNames",
    "previousNamespaces",
    "prefixes",
    "suffixes",
    "allowNameChange",
    "allowKindChange",
    "refBy",
    "generatorBehavior",
    "needsHashSuffix",
    "path",
    "index",
    "seqindent",
    "id",
    "annotations-migration-resource-id",
    "helm-generated",
];

/// How deep lists of lists of objects may be.
const MAX_LIST_DEPTH: usize = 16;

/// The objects in a text. `file` is its name in messages.
pub(crate) fn resources(text: &str, file: &str, loader: &Loader<'_>) -> Result<Vec<Resource>, Error> {
    let syntax = |error: flux_yaml::Error| {
        Error::new(ErrorKind::Syntax, format!("MalformedYAMLError: {error}")).at(file, error.pos.line)
    };
    let documents = flux_yaml::parse_all(text, &crate::limits::of_file()).map_err(syntax)?;
    // Items of lists go behind all other objects of the file, as kustomize puts them.
    let mut queue = VecDeque::new();
    for mut document in documents {
        if document.root.is_null() {
            continue;
        }
        flux_yaml::expand_aliases(&mut document.root).map_err(syntax)?;
        flux_yaml::check_duplicate_keys(&document.root).map_err(syntax)?;
        queue.push_back((document.root, 0));
    }
    let mut found = Vec::new();
    while let Some((node, depth)) = queue.pop_front() {
        let depth: usize = depth;
        if depth > MAX_LIST_DEPTH {
            return Err(
                Error::invalid(format!("lists are nested more than {MAX_LIST_DEPTH} deep"))
                    .at(file, node.pos.line),
            );
        }
        match expand(node, file)? {
            Expanded::Nothing => {}
            Expanded::Object(node) => found.push(node),
            Expanded::List(items) => queue.extend(items.into_iter().map(|item| (item, depth + 1))),
        }
    }
    let repo = loader.repo().map(str::to_owned);
    Ok(found
        .into_iter()
        .map(|node| {
            let place = Place {
                file: file.to_owned(),
                line: node.pos.line,
                repo: repo.clone(),
            };
            let mut resource = Resource::new(node, place);
            take_notes(&mut resource);
            resource
        })
        .collect())
}

/// What a document is.
enum Expanded {
    Nothing,
    Object(Node),
    List(Vec<Node>),
}

fn expand(mut node: Node, file: &str) -> Result<Expanded, Error> {
    if node_ext::is_nil_or_empty(&node) {
        return Ok(Expanded::Nothing);
    }
    let line = node.pos.line;
    let invalid = |message: String| Err(Error::invalid(message).at(file, line));
    if !node.is_mapping() {
        return invalid(format!(
            "missing Resource metadata: expected an object, found {}",
            node_ext::kind_word(&node)
        ));
    }
    let kind = node.text_at(&["kind"]).unwrap_or_default().to_owned();
    if kind.is_empty() {
        return invalid("missing kind in object".to_owned());
    }
    if !kind.ends_with("List") {
        let has_name = node
            .get_path(&["metadata", "name"])
            .is_some_and(|name| !name.is_null() && name.text() != Some(""));
        return if has_name {
            Ok(Expanded::Object(node))
        } else {
            invalid(format!("missing metadata.name in object {kind}"))
        };
    }
    match node.remove("items") {
        None => Ok(Expanded::Object(node)),
        Some(items) if items.is_null() => Ok(Expanded::Nothing),
        Some(mut items) => match items.as_sequence_mut() {
            Some(items) => Ok(Expanded::List(std::mem::take(items))),
            None => invalid(format!(
                "expected a list in {kind}/items, found {}",
                node_ext::kind_word(&items)
            )),
        },
    }
}

/// Moves the notes from annotations to where the build keeps them.
fn take_notes(resource: &mut Resource) {
    if !resource.annotations().any(|(key, _)| key.starts_with(NOTES)) {
        return;
    }
    let Some(annotations) = resource
        .node
        .get_path_mut(&["metadata", "annotations"])
        .and_then(Node::as_mapping_mut)
    else {
        return;
    };
    let mut notes = Vec::new();
    annotations.entries.retain(|(key, value)| {
        let note = key
            .text()
            .and_then(|key| key.strip_prefix(NOTES))
            .filter(|note| KNOWN_NOTES.contains(note));
        notes.extend(note.map(|note| (note.to_owned(), value.text().unwrap_or_default().to_owned())));
        note.is_none()
    });
    take_previous(resource, &notes);
    let enabled = |value: &str| value == "enabled";
    for (note, value) in notes {
        let memory = &mut resource.memory;
        match note.as_str() {
            "needsHashSuffix" => memory.needs_hash = enabled(&value),
            "helm-generated" => memory.from_helm = value == "true",
            "allowNameChange" => memory.allow_name_change = enabled(&value),
            "allowKindChange" => memory.allow_kind_change = enabled(&value),
            "generatorBehavior" => {
                memory.behavior = match value.as_str() {
                    "merge" => Behavior::Merge,
                    "replace" => Behavior::Replace,
                    _ => Behavior::Create,
                };
            }
            "prefixes" => memory.prefixes = value.split(',').map(str::to_owned).collect(),
            "suffixes" => memory.suffixes = value.split(',').map(str::to_owned).collect(),
            _ => {}
        }
    }
}

/// The ids that an object had, as another build noted them: three lists of one length.
fn take_previous(resource: &mut Resource, notes: &[(String, String)]) {
    let list = |name: &str| {
        let text = notes.iter().find(|(note, _)| note == name);
        text.map_or_else(Vec::new, |(_, value)| {
            value.split(',').map(str::to_owned).collect()
        })
    };
    let kinds = list("previousKinds").into_iter().zip(list("previousNamespaces"));
    let previous = list("previousNames").into_iter().zip(kinds);
    resource.memory.previous = previous
        .map(|(name, (kind, namespace))| Previous {
            name,
            namespace,
            kind,
        })
        .collect();
}
