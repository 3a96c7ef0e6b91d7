//! `replacements`

use std::cell::RefCell;

use flux_yaml::{Node, Scalar, ScalarTag, Value};
use regex::Regex;

use crate::config::{Field, FieldOptions, Replacement, ReplacementSource, ReplacementTarget};
use crate::error::{Error, ErrorKind, Warning};
use crate::id::{ResId, effective_namespace};
use crate::loader::Loader;
use crate::node_ext::{self, element_selector, kind_word, split_field_path};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::Matcher;

const DEFAULT_PATH: &str = "metadata.name";

/// Loads the entries that are paths; gives all replacements with the file that each stands in.
pub(crate) fn load(
    entries: &[Replacement],
    loader: &Loader<'_>,
    file: &str,
    warnings: &RefCell<Vec<Warning>>,
) -> Result<Vec<(String, Replacement)>, Error> {
    let mut all = Vec::new();
    for entry in entries {
        if entry.path.is_empty() {
            all.push((file.to_owned(), entry.clone()));
            continue;
        }
        let mut read = || {
            if entry.source.is_some() || entry.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
                return Err(Error::invalid("cannot specify both path and inline replacement"));
            }
            let text = loader.load_text(&entry.path)?;
            let from = loader.display(&entry.path);
            let syntax = |error: flux_yaml::Error| {
                Error::new(ErrorKind::Syntax, error.to_string()).at(&from, error.pos.line)
            };
            let document = flux_yaml::parse_one(&text, &crate::limits::of_file()).map_err(syntax)?;
            let mut root = document.map_or_else(Node::null, |document| document.root);
            flux_yaml::expand_aliases(&mut root).map_err(syntax)?;
            let field = Field::lenient(&root, &from, warnings);
            let list = match &root.value {
                Value::Sequence(_) => field.list(Replacement::read)?,
                Value::Mapping(_) => vec![Replacement::read(&field)?],
                _ => {
                    return Err(
                        field.error("unsupported replacement type encountered within replacement path")
                    );
                }
            };
            all.extend(list.into_iter().map(|replacement| (from.clone(), replacement)));
            Ok(())
        };
        read().map_err(|error| entry.place.name(error, file))?;
    }
    Ok(all)
}

/// Copies values from sources to targets, one replacement after the other.
pub(crate) fn transform(replacements: &[(String, Replacement)], objects: &mut ResMap) -> Result<(), Error> {
    let list = objects.edit();
    let mut copied = 0;
    replacements.iter().try_for_each(|(file, replacement)| {
        apply(replacement, list, &mut copied).map_err(|error| replacement.place.name(error, file))
    })
}

fn apply(replacement: &Replacement, objects: &mut [Resource], copied: &mut usize) -> Result<(), Error> {
    let Some(targets) = &replacement.targets else {
        return Err(Error::invalid(
            "replacements must specify a source and at least one target",
        ));
    };
    let value = match (&replacement.source, &replacement.source_value) {
        (None, None) => {
            return Err(Error::invalid(
                "replacements must specify a source and at least one target",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Error::invalid(
                "value and resource selectors are mutually exclusive",
            ));
        }
        (None, Some(value)) => Node::scalar(value.as_str()),
        (Some(source), None) => source_value(source, objects)?,
    };
    targets
        .iter()
        .try_for_each(|target| apply_to(target, &value, objects, copied))
}

/// The ids an object has and had, as replacements see them.
fn ids(object: &Resource) -> impl Iterator<Item = ResId> {
    [ResId {
        cluster: false,
        ..object.id()
    }]
    .into_iter()
    .chain(object.previous_ids())
}

fn source_value(source: &ReplacementSource, objects: &[Resource]) -> Result<Node, Error> {
    let wanted = |id: &ResId| {
        (source.name.is_empty() || source.name == id.name)
            && (source.namespace.is_empty()
                || effective_namespace(&source.namespace, false) == id.effective_namespace())
            && id.gvk.is_selected(&source.gvk)
    };
    let named = || {
        let id = ResId {
            gvk: source.gvk.clone(),
            name: source.name.clone(),
            namespace: source.namespace.clone(),
            cluster: false,
        };
        id.to_string()
    };
    let mut matches = objects.iter().filter(|object| ids(object).any(|id| wanted(&id)));
    let object = match (matches.next(), matches.next()) {
        (None, _) => return Err(Error::conflict(format!("nothing selected by {}", named()))),
        (Some(first), Some(second)) => {
            let ids = format!("{} and {}", first.id(), second.id());
            return Err(Error::conflict(format!(
                "multiple matches for selector {}: {ids}",
                named()
            )));
        }
        (Some(object), None) => object,
    };
    let path = if source.field_path.is_empty() {
        DEFAULT_PATH
    } else {
        &source.field_path
    };
    let found = node_ext::lookup(&object.node, &split_field_path(path))
        .filter(|node| !node_ext::is_nil_or_empty(node));
    let Some(found) = found else {
        let message = format!("fieldPath `{path}` is missing for replacement source {}", named());
        return Err(Error::conflict(message).object(object.id()));
    };
    let options = source.options.clone().unwrap_or_default();
    if options.delimiter.is_empty() {
        return Ok(found.clone());
    }
    let Some(text) = found.text() else {
        return Err(Error::conflict(format!(
            "delimiter option can only be used with scalar nodes, found {}",
            kind_word(found)
        )));
    };
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|index| text.split(options.delimiter.as_str()).nth(index));
    let Some(part) = part else {
        return Err(Error::conflict(format!(
            "options.index {} is out of bounds for value {text}",
            options.index
        )));
    };
    let mut value = found.clone();
    if let Some(scalar) = value.as_scalar_mut() {
        scalar.text = part.into();
    }
    Ok(value)
}

fn apply_to(
    target: &ReplacementTarget,
    value: &Node,
    objects: &mut [Resource],
    copied: &mut usize,
) -> Result<(), Error> {
    let Some(select) = &target.select else {
        return Err(Error::invalid("target must specify resources to select"));
    };
    let select = select.compile()?;
    let reject = target
        .reject
        .iter()
        .map(|selector| selector.compile())
        .collect::<Result<Vec<Matcher>, _>>()?;
    let default = [DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() {
        &default[..]
    } else {
        &target.field_paths
    };
    for object in objects {
        let by_metadata = |matcher: &Matcher, object: &Resource| {
            matcher.matches_annotations(object) && matcher.matches_labels(object)
        };
        if !by_metadata(&select, object)
            || reject
                .iter()
                .any(|one| one.has_metadata_selector() && by_metadata(one, object))
        {
            continue;
        }
        let is_id = |matcher: &Matcher, id: &ResId| {
            matcher.matches_gvk(&id.gvk)
                && matcher.matches_name(&id.name)
                && matcher.matches_namespace(&id.namespace)
        };
        let rejected = reject
            .iter()
            .any(|one| !one.id_is_empty && ids(object).any(|id| is_id(one, &id)));
        if rejected || !ids(object).any(|id| is_id(&select, &id)) {
            continue;
        }
        for path in paths {
            copy_to(object, value, path, target.options.as_ref(), copied)
                .map_err(|error| error.object(object.id()))?;
        }
    }
    Ok(())
}

fn copy_to(
    object: &mut Resource,
    value: &Node,
    path: &str,
    options: Option<&FieldOptions>,
    copied: &mut usize,
) -> Result<(), Error> {
    let parts = split_field_path(path);
    let size = size_of(value);
    if in_structured_text(&mut object.node, &parts, value, options) {
        return Ok(());
    }
    let create = options
        .is_some_and(|options| options.create)
        .then(|| blank_like(value));
    let mut search = Search {
        create,
        found: 0,
        set: &mut |node| {
            *copied = crate::limits::replace(*copied, size)?;
            set_field(options, node, value)
        },
    };
    search.down(&mut object.node, &parts).map_err(|mut error| {
        error.message = format!(
            "unable to find field {path:?} in replacement target: {}",
            error.message
        );
        error
    })?;
    match (search.found, &search.create) {
        (0, None) => Err(Error::conflict(format!(
            "unable to find field {path:?} in replacement target"
        ))),
        (0, Some(_)) => Err(Error::conflict(format!(
            "unable to find or create field {path:?} in replacement target"
        ))),
        _ => Ok(()),
    }
}

/// About how many bytes a value takes.
fn size_of(node: &Node) -> usize {
    match &node.value {
        Value::Mapping(mapping) => {
            1 + mapping
                .entries
                .iter()
                .map(|(key, value)| size_of(key) + size_of(value))
                .sum::<usize>()
        }
        Value::Sequence(sequence) => 1 + sequence.items.iter().map(size_of).sum::<usize>(),
        Value::Scalar(scalar) => 1 + scalar.text.len(),
        Value::Alias(_) => 1,
    }
}

/// An empty node of the kind of another.
fn blank_like(value: &Node) -> Node {
    match &value.value {
        Value::Mapping(_) => Node::mapping(),
        Value::Sequence(_) => Node::sequence([]),
        _ => Value::Scalar(Scalar::default()).into(),
    }
}

fn set_field(options: Option<&FieldOptions>, target: &mut Node, value: &Node) -> Result<(), Error> {
    let mut value = value.clone();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        let Some(old) = target.text() else {
            return Err(Error::conflict(format!(
                "delimiter option can only be used with scalar nodes, found {}",
                kind_word(target)
            )));
        };
        let new = value.text().unwrap_or_default().to_owned();
        let mut parts: Vec<&str> = old.split(options.delimiter.as_str()).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, &new),
            Ok(index) if index >= parts.len() => parts.push(&new),
            Ok(index) => parts[index] = &new,
        }
        let joined = parts.join(&options.delimiter);
        if let Some(scalar) = value.as_scalar_mut() {
            scalar.text = joined.into();
        }
    }
    if let Some(scalar) = target
        .as_scalar_mut()
        .filter(|scalar| scalar.tag == ScalarTag::Null)
    {
        scalar.tag = ScalarTag::Auto;
    }
    set_text_or_value(target, &value);
    Ok(())
}

/// Where a scalar stands only the text is copied: the type stays that of the target.
fn set_text_or_value(target: &mut Node, value: &Node) {
    match (target.as_scalar_mut(), value.as_scalar()) {
        (Some(target), new) => target.text = new.map(|scalar| scalar.text.clone()).unwrap_or_default(),
        (None, _) => *target = value.clone(),
    }
}

/// Sets a field of JSON or YAML that a scalar holds as text. Gives whether there was such a field.
fn in_structured_text(
    object: &mut Node,
    parts: &[String],
    value: &Node,
    options: Option<&FieldOptions>,
) -> bool {
    for length in 1..parts.len() {
        let (way, rest) = parts.split_at(length);
        let Some(text) = node_ext::lookup(object, way)
            .filter(|node| node.is_scalar())
            .and_then(Node::text)
        else {
            continue;
        };
        let Ok(Some(mut document)) = flux_yaml::parse_one(text, &crate::limits::of_file()) else {
            continue;
        };
        if document.root.is_null() {
            return false;
        }
        let create = options
            .is_some_and(|options| options.create)
            .then(|| blank_like(value));
        // kustomize does not look at the delimiter here.
        let mut search = Search {
            create,
            found: 0,
            set: &mut |node| {
                set_text_or_value(node, value);
                Ok(())
            },
        };
        if search.down(&mut document.root, rest).is_err() || search.found == 0 {
            return false;
        }
        let Some(written) = write_structured(&document.root, text) else {
            return false;
        };
        if let Some(scalar) = node_ext::lookup_mut(object, way).and_then(Node::as_scalar_mut) {
            scalar.text = written.into();
        }
        return true;
    }
    false
}

/// The text again, in the form that it had.
fn write_structured(root: &Node, original: &str) -> Option<String> {
    if !original.trim_start().starts_with(['{', '[']) {
        return Some(flux_yaml::to_string(root).trim().to_owned());
    }
    let json = node_ext::to_json(root).ok()?;
    let indent = original.contains('\n') && original.contains("  ");
    Some(crate::go_json::write(&json, indent))
}

/// The walk to the fields of a path, with wildcards and element patterns.
struct Search<'s> {
    /// What missing fields become.
    create: Option<Node>,
    found: usize,
    set: &'s mut dyn FnMut(&mut Node) -> Result<(), Error>,
}

fn is_index(part: &str) -> bool {
    part.parse::<usize>().is_ok()
}

impl Search<'_> {
    fn down(&mut self, node: &mut Node, path: &[String]) -> Result<(), Error> {
        let Some((first, rest)) = path.split_first() else {
            self.found += 1;
            return (self.set)(node);
        };
        let wants_list = is_index(first) || first == "*" || element_selector(first).is_some();
        if node.is_null() && self.create.is_none() {
            return Ok(());
        }
        if wants_list && !node.is_sequence() || !wants_list && !node.is_mapping() && !node.is_null() {
            let wanted = if wants_list { "a list" } else { "a mapping" };
            return Err(Error::conflict(format!(
                "wrong node kind at {first:?}: expected {wanted} but got {}",
                kind_word(node)
            )));
        }
        if is_index(first) {
            self.index(node, first, rest)
        } else if first == "*" {
            node.items_mut()
                .iter_mut()
                .try_for_each(|item| self.down(item, rest))
        } else if let Some((key, pattern)) = element_selector(first) {
            self.elements(node, key, pattern, rest)
        } else {
            self.field(node, first, rest)
        }
    }

    /// What is made for a missing part: a list or mapping on the way, the blank value at the end.
    fn blank(&self, rest: &[String]) -> Option<Node> {
        let create = self.create.as_ref()?;
        Some(match rest.first() {
            None => create.clone(),
            Some(next) if is_index(next) || (next.starts_with('[') && next.ends_with(']')) => {
                Node::sequence([])
            }
            Some(_) => Node::mapping(),
        })
    }

    fn field(&mut self, node: &mut Node, name: &str, rest: &[String]) -> Result<(), Error> {
        let made = node.get(name).is_none();
        if made {
            let Some(blank) = self.blank(rest) else {
                return Ok(());
            };
            node.set(name, blank);
        }
        match node.get_mut(name) {
            // kustomize looks into text here as well and loses what it sets there.
            Some(field) if field.is_scalar() && !rest.is_empty() && !made => {
                let text = field.text().unwrap_or_default();
                match flux_yaml::parse_one(text, &crate::limits::of_file()) {
                    Ok(Some(mut document)) => self.down(&mut document.root, rest),
                    Ok(None) => Err(Error::conflict(format!("there is no text at {name:?}"))),
                    Err(error) => Err(Error::conflict(format!(
                        "the text at {name:?} is no YAML: {error}"
                    ))),
                }
            }
            Some(field) => self.down(field, rest),
            None => Ok(()),
        }
    }

    fn index(&mut self, node: &mut Node, first: &str, rest: &[String]) -> Result<(), Error> {
        let index: usize = first.parse().unwrap_or(usize::MAX);
        let blank = self.blank(rest);
        let Some(items) = node.as_sequence_mut() else {
            return Ok(());
        };
        if let (true, Some(blank)) = (items.len() == index, blank) {
            items.push(blank);
        }
        let length = items.len();
        match items.get_mut(index) {
            Some(item) => self.down(item, rest),
            None => Err(Error::conflict(format!(
                "index {index} specified but only {length} elements found"
            ))),
        }
    }

    fn elements(&mut self, node: &mut Node, key: &str, pattern: &str, rest: &[String]) -> Result<(), Error> {
        let regex = Regex::new(pattern)
            .map_err(|error| Error::invalid(format!("{pattern:?} is not a regular expression: {error}")))?;
        let before = self.found;
        let is_match = |item: &Node| {
            let value = if key.is_empty() { Some(item) } else { item.get(key) };
            value.is_some_and(|value| regex.is_match(flux_yaml::to_string(value).trim()))
        };
        for item in node.items_mut().iter_mut().filter(|item| is_match(item)) {
            if key.is_empty() {
                self.found += 1;
                (self.set)(item)?;
            } else {
                self.down(item, rest)?;
            }
        }
        if self.found > before || self.create.is_none() {
            return Ok(());
        }
        let mut made = if key.is_empty() {
            Node::scalar(pattern)
        } else {
            Node::mapping_of([(Node::string(key), Node::scalar(pattern))])
        };
        if key.is_empty() {
            self.found += 1;
            (self.set)(&mut made)?;
        } else {
            self.down(&mut made, rest)?;
        }
        if let Some(items) = node.as_sequence_mut() {
            items.push(made);
        }
        Ok(())
    }
}
