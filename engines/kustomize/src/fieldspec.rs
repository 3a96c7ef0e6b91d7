//! Fields named by path, and the walk that finds them in an object.

use flux_yaml::{Node, Scalar, ScalarTag, Value};

use crate::error::Error;
use crate::id::{Gvk, split_api_version};
use crate::node_ext;

/// A field of some types of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    /// Parts separated by `/`; lists are walked through; a part ending in `[]` must be a list.
    pub(crate) path: String,
    /// Whether missing parts are made.
    pub(crate) create: bool,
    parts: Vec<String>,
}

/// What a missing field becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Create {
    /// Nothing is made, whatever the spec says.
    Never,
    /// A mapping.
    Mapping,
    /// A scalar of a type.
    Scalar(ScalarTag),
}

impl Create {
    fn node(self) -> Option<Node> {
        match self {
            Create::Never => None,
            Create::Mapping => Some(Node::mapping()),
            Create::Scalar(tag) => Some(
                Value::Scalar(Scalar {
                    tag,
                    ..Scalar::default()
                })
                .into(),
            ),
        }
    }
}

impl FieldSpec {
    pub(crate) fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        FieldSpec {
            gvk,
            path: path.to_owned(),
            create,
            parts: node_ext::split_path(path, '/'),
        }
    }

    /// Whether this spec covers what the other says.
    fn covers(&self, other: &FieldSpec) -> bool {
        self.gvk.is_selected(&other.gvk) && self.path == other.path
    }

    /// Calls `set` on the field wherever it is found in the object; an object of another type is left alone.
    pub(crate) fn apply(
        &self,
        object: &mut Node,
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let kind = object.text_at(&["kind"]).unwrap_or_default();
        let (group, version) = split_api_version(object.text_at(&["apiVersion"]).unwrap_or_default());
        if !self.gvk.selects(group, version, kind) {
            return Ok(());
        }
        self.walk(object, if self.create { create } else { Create::Never }, set)
    }

    /// The same for an object of any type; nothing is made.
    pub(crate) fn apply_to_any(
        &self,
        object: &mut Node,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.walk(object, Create::Never, set)
    }

    fn walk(
        &self,
        object: &mut Node,
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Walk { create }
            .down(object, &self.parts, set)
            .map_err(|mut error| {
                error.message = format!("considering field '{}': {}", self.path, error.message);
                error
            })
    }
}

struct Walk {
    create: Create,
}

impl Walk {
    fn down(
        &self,
        node: &mut Node,
        path: &[String],
        set: &mut dyn FnMut(&mut Node) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some((first, rest)) = path.split_first() else {
            return set(node);
        };
        if node.is_null() {
            return Ok(());
        }
        match &mut node.value {
            Value::Sequence(sequence) => sequence
                .items
                .iter_mut()
                .try_for_each(|item| self.down(item, path, set)),
            Value::Mapping(_) => self.field(node, first, rest, set),
            _ => Err(Error::conflict(format!(
                "expected a list or mapping, found {}",
                node_ext::kind_word(node)
            ))),
        }
    }

    fn field(
        &self,
        node: &mut Node,
        first: &str,
        rest: &[String],
        set: &mut dyn FnMut(&mut Node) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (name, is_list) = first
            .strip_suffix("[]")
            .map_or((first, false), |name| (name, true));
        if name.is_empty() {
            return Err(Error::invalid("cannot set or create an empty field name"));
        }
        let made = match self.create {
            Create::Never => None,
            _ if is_list => None,
            create if rest.is_empty() => create.node(),
            _ => Some(Node::mapping()),
        };
        let mapping = node.make_mapping();
        match (mapping.position(name), made) {
            (None, None) => Ok(()),
            (None, Some(made)) => self.down(mapping.entry_with(name, made), rest, set),
            (Some(index), made) => {
                let field = &mut mapping.entries[index].1;
                match made {
                    Some(made) if field.is_null() => *field = made,
                    // The path says that a list belongs here, and kustomize makes it one even where it creates nothing.
                    None if is_list && field.is_null() => *field = Node::sequence([]),
                    _ => {}
                }
                self.down(field, rest, set)
            }
        }
    }
}

/// Adds an entry that is known to be missing.
trait EntryWith {
    fn entry_with(&mut self, key: &str, value: Node) -> &mut Node;
}

impl EntryWith for flux_yaml::Mapping {
    fn entry_with(&mut self, key: &str, value: Node) -> &mut Node {
        let slot = self.entry(key);
        *slot = value;
        slot
    }
}

/// Adds a spec unless one covers it; the two must then agree on creation.
pub(crate) fn merge_one(specs: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<(), Error> {
    match specs.iter().find(|known| known.covers(spec)) {
        Some(known) if known.create != spec.create => Err(Error::invalid(format!(
            "conflicting fieldspecs: {} is given both with and without create",
            spec.path
        ))),
        Some(_) => Ok(()),
        None => {
            specs.push(spec.clone());
            Ok(())
        }
    }
}

pub(crate) fn merge_all(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), Error> {
    more.iter().try_for_each(|spec| merge_one(specs, spec))
}
