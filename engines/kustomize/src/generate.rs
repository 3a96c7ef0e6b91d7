//! `configMapGenerator` and `secretGenerator`

mod configmap;
pub(crate) mod helm;
mod pairs;
mod secret;

use std::collections::BTreeMap;

use flux_yaml::{Node, ScalarStyle};

use crate::config::{GeneratorArgs, GeneratorOptions};
use crate::error::Error;
use crate::loader::Loader;
use crate::node_ext;
use crate::resource::{Behavior, Memory, Place, Resource};

/// Which object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::ConfigMap => "ConfigMap",
            Kind::Secret => "Secret",
        }
    }

    /// The name of the generator as a plugin.
    pub(crate) fn plugin(self) -> &'static str {
        match self {
            Kind::ConfigMap => "ConfigMapGenerator",
            Kind::Secret => "SecretGenerator",
        }
    }
}

/// Makes the object of one entry.
pub(crate) fn generate(
    kind: Kind,
    args: &GeneratorArgs,
    options: &GeneratorOptions,
    loader: &Loader<'_>,
    file: &str,
) -> Result<Resource, Error> {
    let make = || {
        if args.name.is_empty() {
            return Err(Error::invalid("a configmap must have a name"));
        }
        let pairs = pairs::load(args, loader)?;
        let mut node = base(kind, args);
        match kind {
            Kind::ConfigMap => configmap::fill(&mut node, &pairs),
            Kind::Secret => secret::fill(&mut node, args, &pairs),
        }
        set_options(&mut node, options);
        let place = Place {
            file: file.to_owned(),
            line: args.place.line,
            repo: loader.repo().map(str::to_owned),
        };
        let mut resource = Resource::new(node, place);
        resource.memory = Memory {
            behavior: behavior(&args.behavior),
            needs_hash: !options.disable_name_suffix_hash,
            ..Memory::default()
        };
        Ok(resource)
    };
    make().map_err(|error| {
        args.place
            .name(error, file)
            .object(format!("{} {}", kind.name(), args.name))
    })
}

/// kustomize takes every other word for `create`, and public trees rely on it.
fn behavior(text: &str) -> Behavior {
    match text {
        "replace" => Behavior::Replace,
        "merge" => Behavior::Merge,
        _ => Behavior::Create,
    }
}

fn base(kind: Kind, args: &GeneratorArgs) -> Node {
    let mut metadata = Node::mapping_of([(Node::string("name"), Node::string(args.name.as_str()))]);
    if !args.namespace.is_empty() {
        metadata.set("namespace", Node::string(args.namespace.as_str()));
    }
    Node::mapping_of([
        (Node::string("apiVersion"), Node::string("v1")),
        (Node::string("kind"), Node::string(kind.name())),
        (Node::string("metadata"), metadata),
    ])
}

fn set_options(node: &mut Node, options: &GeneratorOptions) {
    let entries = |map: &BTreeMap<String, String>| {
        Node::mapping_of(
            map.iter()
                .map(|(key, value)| (Node::string(key.as_str()), Node::string(value.as_str()))),
        )
    };
    for (field, map) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if !map.is_empty() {
            node.set_path(&["metadata", field], entries(map));
        }
    }
    if options.immutable {
        node.set("immutable", Node::bool(true));
    }
}

/// A value of `data`.
fn value_node(text: String) -> Node {
    let style = if text.contains('\n') {
        ScalarStyle::Literal
    } else {
        ScalarStyle::Plain
    };
    Node::string(text).styled(style)
}

fn data(node: &Node, field: &str) -> BTreeMap<String, String> {
    node_ext::string_entries(node.get(field))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Makes the new object stand in for the old one: it takes over name, namespace, labels and annotations that it does not
/// set itself, and for a merge also the data.
pub(crate) fn merge_into(new: &mut Resource, old: &Resource, behavior: Behavior) {
    for field in ["labels", "annotations"] {
        let of = |resource: &Resource| {
            node_ext::string_entries(resource.node.get_path(&["metadata", field]))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let mut merged = of(old);
        merged.extend(of(new));
        new.set_metadata_map(field, &merged);
    }
    let (name, namespace) = (old.name().to_owned(), old.namespace().to_owned());
    new.set_name(&name);
    new.set_namespace(&namespace);
    let needs_hash = new.memory.needs_hash && old.memory.needs_hash;
    let origin = new.memory.origin.take();
    let mut touches = old.memory.touches.clone();
    touches.append(&mut new.memory.touches);
    new.memory = Memory {
        needs_hash,
        origin,
        touches,
        ..old.memory.clone()
    };
    if behavior != Behavior::Merge {
        return;
    }
    for field in ["data", "binaryData"] {
        let mut merged = data(&old.node, field);
        merged.extend(data(&new.node, field));
        new.node.remove(field);
        if !merged.is_empty() {
            new.node.set(
                field,
                Node::mapping_of(
                    merged
                        .into_iter()
                        .map(|(key, text)| (Node::string(key), value_node(text))),
                ),
            );
        }
    }
}
