//! `patches`, `patchesStrategicMerge` and `patchesJson6902`

use serde_json::{Map, Value as Json};

use crate::config::{FieldPlace, Patch, Text};
use crate::error::Error;
use crate::load;
use crate::loader::Loader;
use crate::merge::{self, Document};
use crate::node_ext;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::Selector;
use crate::transform::json6902::JsonPatch;

/// What a patch file or inline patch turned out to be.
enum Content {
    Merge(Vec<Resource>),
    Json(JsonPatch),
}

/// An entry of `patches`, loaded.
pub(crate) struct LoadedPatch {
    content: Content,
    target: Option<Selector>,
    source: String,
    place: FieldPlace,
    file: String,
}

/// Loads an entry of `patches`; `file` is the kustomization file.
pub(crate) fn load(patch: &Patch, loader: &Loader<'_>, file: &str) -> Result<LoadedPatch, Error> {
    let read = || {
        let inline = patch.patch.trim();
        let (text, source, from) = match (inline.is_empty(), patch.path.is_empty()) {
            (true, true) => return Err(Error::invalid("must specify one of patch and path")),
            (false, false) => return Err(Error::invalid("patch and path can't be set at the same time")),
            (false, true) => (inline.to_owned(), "inline patch".to_owned(), file.to_owned()),
            (true, false) => {
                let text = loader.load_text(&patch.path)?;
                (text, format!("patch {}", patch.path), loader.display(&patch.path))
            }
        };
        let content = classify(&text, &from, &source, loader)?;
        Ok(LoadedPatch {
            content: allow(content, patch),
            target: patch.target.clone(),
            source,
            place: patch.place.clone(),
            file: file.to_owned(),
        })
    };
    read().map_err(|error| patch.place.name(error, file))
}

fn classify(text: &str, from: &str, source: &str, loader: &Loader<'_>) -> Result<Content, Error> {
    let merges = load::resources(text, from, loader);
    let json = JsonPatch::parse(text);
    match (merges, json) {
        (Ok(merges), Ok(json)) if !merges.is_empty() && !json.is_empty() => Err(Error::invalid(format!(
            "illegally qualifies as both an SM and JSON patch: {source}"
        ))),
        (Ok(merges), _) => Ok(Content::Merge(merges)),
        (Err(_), Ok(json)) => Ok(Content::Json(json)),
        (Err(as_merge), Err(as_json)) => {
            let mut error = as_merge;
            error.message = format!(
                "unable to parse SM or JSON patch from {source}: as strategic merge: {}; as JSON patch: {}",
                error.message, as_json.message
            );
            Err(error)
        }
    }
}

fn allow(content: Content, patch: &Patch) -> Content {
    match content {
        Content::Merge(mut merges) => {
            for merge in &mut merges {
                merge.memory.allow_name_change |= patch.allow_name_change;
                merge.memory.allow_kind_change |= patch.allow_kind_change;
            }
            Content::Merge(merges)
        }
        json => json,
    }
}

impl LoadedPatch {
    /// Applies the patch to the objects that it is for.
    pub(crate) fn transform(
        &self,
        objects: &mut ResMap,
        document: Option<Document<'_>>,
    ) -> Result<(), Error> {
        self.apply(objects, document)
            .map_err(|error| self.place.name(error, &self.file))
    }

    fn apply(&self, objects: &mut ResMap, document: Option<Document<'_>>) -> Result<(), Error> {
        match (&self.content, &self.target) {
            (Content::Merge(merges), _) if merges.is_empty() => Ok(()),
            (Content::Merge(merges), Some(target)) => {
                let [patch] = merges.as_slice() else {
                    return Err(Error::invalid(format!(
                        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {}",
                        self.source
                    )));
                };
                let selected = select(target, objects)?;
                merge_targeted(&selected, patch, objects, document)
            }
            (Content::Merge(merges), None) => merges.iter().try_for_each(|patch| {
                let index = find(patch, objects)?;
                merge_one(index, patch, objects, document)
            }),
            (Content::Json(_), None) => Err(Error::invalid(format!(
                "must specify a target for JSON patch {}",
                self.source
            ))),
            (Content::Json(patch), Some(target)) => {
                let selected = select(target, objects)?;
                json_patch(&selected, patch, objects, true)
            }
        }
    }
}

/// Loads `patchesStrategicMerge`: each entry is a patch or the path of a file.
pub(crate) fn load_strategic_merge(
    entries: &[Text],
    loader: &Loader<'_>,
    file: &str,
) -> Result<Vec<Resource>, Error> {
    let mut patches = Vec::new();
    for entry in entries {
        let read = || match load::resources(&entry.value, file, loader) {
            Ok(inline) => Ok(inline),
            Err(_) => {
                let text = loader.load_text(&entry.value)?;
                load::resources(&text, &loader.display(&entry.value), loader)
            }
        };
        patches.extend(read().map_err(|error| entry.name(error, file))?);
    }
    if patches.is_empty() && !entries.is_empty() {
        let files: Vec<&str> = entries.iter().map(|entry| entry.value.as_str()).collect();
        return Err(
            Error::invalid(format!("patch appears to be empty; files=[{}]", files.join(" "))).at(file, 0),
        );
    }
    Ok(patches)
}

/// Applies the patches of `patchesStrategicMerge`.
pub(crate) fn strategic_merge(
    patches: &[Resource],
    objects: &mut ResMap,
    document: Option<Document<'_>>,
) -> Result<(), Error> {
    patches.iter().try_for_each(|patch| {
        let index = find(patch, objects)?;
        merge_targeted(&[index], patch, objects, document)
    })
}

/// Applies an entry of `patchesJson6902`.
pub(crate) fn json_targeted(
    patch: &Patch,
    loader: &Loader<'_>,
    file: &str,
    objects: &mut ResMap,
) -> Result<(), Error> {
    let mut apply = || {
        let target = patch.target.as_ref().filter(|target| !target.name.is_empty());
        let target = target.ok_or_else(|| Error::invalid("must specify the target name"))?;
        let text = match (patch.path.is_empty(), patch.patch.is_empty()) {
            (true, true) => return Err(Error::invalid("empty file path and empty jsonOp")),
            (false, false) => return Err(Error::invalid("must specify a file path or jsonOp, not both")),
            (true, false) => patch.patch.clone(),
            (false, true) => loader.load_text(&patch.path)?,
        };
        let json = JsonPatch::parse(&text).map_err(|error| {
            let from = if patch.path.is_empty() {
                String::new()
            } else {
                loader.display(&patch.path)
            };
            if from.is_empty() {
                error
            } else {
                error.at(&from, 0)
            }
        })?;
        if json.is_empty() {
            return Err(Error::invalid(format!(
                "patch appears to be empty; file={}",
                patch.path
            )));
        }
        let selected = select(target, objects)?;
        json_patch(&selected, &json, objects, false)
    };
    apply().map_err(|error| patch.place.name(error, file))
}

fn find(patch: &Resource, objects: &mut ResMap) -> Result<usize, Error> {
    let id = patch.original_id();
    objects.one_with_any_id(&id).map_err(|mut error| {
        error.message = format!(
            "no resource matches strategic merge patch {:?}: {}",
            id.to_string(),
            error.message
        );
        error.at(&patch.place.file, patch.place.line).object(id)
    })
}

/// The objects that a selector finds.
pub(crate) fn select(selector: &Selector, objects: &ResMap) -> Result<Vec<usize>, Error> {
    let matcher = selector.compile()?;
    Ok(objects
        .iter()
        .enumerate()
        .filter(|(_, object)| matcher.matches(object))
        .map(|(index, _)| index)
        .collect())
}

/// Merges one patch into each of the objects; those that it deletes are dropped.
fn merge_targeted(
    selected: &[usize],
    patch: &Resource,
    objects: &mut ResMap,
    document: Option<Document<'_>>,
) -> Result<(), Error> {
    let mut patch = patch.clone();
    // kustomize reads and writes back these maps, which makes strings of their values.
    for field in ["labels", "annotations"] {
        if patch.node.get_path(&["metadata", field]).is_some() {
            let map = node_ext::string_entries(patch.node.get_path(&["metadata", field]))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            patch.set_metadata_map(field, &map);
        }
    }
    for index in selected {
        let Some(object) = objects.list().get(*index) else {
            continue;
        };
        let mut own = patch.clone();
        if object.node.get("apiVersion").is_some() {
            own.node
                .set("apiVersion", flux_yaml::Node::scalar(object.api_version()));
        }
        merge_one(*index, &own, objects, document)?;
    }
    objects.drop_empty();
    Ok(())
}

fn merge_one(
    index: usize,
    patch: &Resource,
    objects: &mut ResMap,
    document: Option<Document<'_>>,
) -> Result<(), Error> {
    let changes_id = patch.memory.allow_name_change || patch.memory.allow_kind_change;
    let object = if changes_id {
        objects.edit().get_mut(index)
    } else {
        objects.get_mut(index)
    };
    let Some(object) = object else { return Ok(()) };
    let id = object.id();
    if changes_id {
        object.store_id();
    }
    let target = std::mem::replace(&mut object.node, flux_yaml::Node::null());
    let merged = merge::merge(target, &patch.node, document)
        .map_err(|error| error.at(&patch.place.file, patch.place.line).object(id.clone()))?;
    match merged.filter(|node| !node_ext::is_nil_or_empty(node)) {
        Some(node) => {
            object.node = node;
            if !patch.memory.allow_kind_change {
                object.set_kind(&id.gvk.kind);
            }
            if !patch.memory.allow_name_change {
                object.set_name(&id.name);
            }
            object.set_namespace(&id.namespace);
            object.memory.needs_hash |= patch.memory.needs_hash;
            if object.gvk() != id.gvk {
                objects.edit();
            }
        }
        // The indexes must forget the object.
        None => drop(objects.edit().get_mut(index)),
    }
    Ok(())
}

fn has_annotations(object: &Json) -> bool {
    let annotations = object
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    annotations.is_some_and(|annotations| !annotations.is_null())
}

fn json_patch(selected: &[usize], patch: &JsonPatch, objects: &mut ResMap, store: bool) -> Result<(), Error> {
    if selected.is_empty() {
        return Ok(());
    }
    let list = objects.edit();
    for object in selected
        .iter()
        .filter_map(|index| list.get_mut(*index).map(|_| *index))
        .collect::<Vec<_>>()
    {
        let object = &mut list[object];
        let id = object.id();
        if store {
            object.store_id();
        }
        let mut apply = || {
            let mut json = node_ext::to_json(&object.node)?;
            // kustomize keeps its notes in annotations, so that there are some to add to once it has any.
            let made = object.memory.has_notes() && !has_annotations(&json);
            if let Some(metadata) = json
                .get_mut("metadata")
                .and_then(Json::as_object_mut)
                .filter(|_| made)
            {
                metadata.insert("annotations".to_owned(), Json::Object(Map::new()));
            }
            patch.apply(&mut json)?;
            if let Some(metadata) = json
                .get_mut("metadata")
                .and_then(Json::as_object_mut)
                .filter(|_| made)
                && metadata
                    .get("annotations")
                    .and_then(Json::as_object)
                    .is_some_and(Map::is_empty)
            {
                metadata.remove("annotations");
            }
            object.node = node_ext::from_json(&json).at(object.node.pos);
            Ok(())
        };
        apply().map_err(|error: Error| error.object(id))?;
    }
    Ok(())
}
