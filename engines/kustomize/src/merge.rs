//! Strategic merge of one tree into another, as kyaml does it with lists growing at the front.

mod facts;
mod list;
mod schema;

use flux_yaml::{Node, ScalarStyle, ScalarTag, Value};

use crate::error::Error;
use crate::node_ext::kind_word;

use schema::Schema;
pub(crate) use schema::{Document, is_builtin};

/// The key of directives in patches.
const DIRECTIVE: &str = "$patch";

/// What a patch says about the node as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "merge" => Ok(Directive::Merge),
            "replace" => Ok(Directive::Replace),
            "delete" => Ok(Directive::Delete),
            other => Err(Error::conflict(format!(
                "unknown patch strategy '{other}'; known are merge, replace and delete"
            ))),
        }
    }

    fn of_mapping(patch: &Node) -> Result<Self, Error> {
        match patch.get(DIRECTIVE).filter(|value| !value.is_null()) {
            Some(value) => Directive::parse(value.text().unwrap_or_default()),
            None => Ok(Directive::Merge),
        }
    }
}

/// Merges `patch` into `target`. Nothing is left when the patch deletes the object.
///
/// `document` is an OpenAPI document that takes the place of the built-in facts.
pub(crate) fn merge(
    target: Node,
    patch: &Node,
    document: Option<Document<'_>>,
) -> Result<Option<Node>, Error> {
    Merger { document }.walk(Some(target), Some(patch), None)
}

struct Merger<'a> {
    document: Option<Document<'a>>,
}

fn present(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| !node.is_null())
}

impl<'a> Merger<'a> {
    fn schema(&self, known: Option<Schema<'a>>, nodes: [Option<&Node>; 2]) -> Option<Schema<'a>> {
        known.or_else(|| {
            nodes.into_iter().flatten().find_map(|node| {
                let kind = node.text_at(&["kind"]).filter(|kind| !kind.is_empty())?;
                let api_version = node
                    .text_at(&["apiVersion"])
                    .filter(|version| !version.is_empty())?;
                Schema::of_kind(self.document, api_version, kind)
            })
        })
    }

    /// The merge of what may be there with what the patch may say.
    fn walk(
        &self,
        dest: Option<Node>,
        patch: Option<&Node>,
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Node>, Error> {
        let schema = self.schema(schema, [present(dest.as_ref()), present(patch)]);
        let Some(first) = present(dest.as_ref()).or(present(patch)) else {
            return Ok(nulls(dest, patch));
        };
        let same_kind = |node: Option<&Node>| {
            present(node).is_none_or(|node| {
                std::mem::discriminant(&node.value) == std::mem::discriminant(&first.value)
            })
        };
        if !same_kind(patch) {
            return Err(Error::conflict(format!(
                "wrong node kind: expected {} but the patch has {}",
                kind_word(first),
                patch.map_or("nothing", kind_word)
            )));
        }
        match &first.value {
            Value::Mapping(_) => self.mappings(dest, patch, schema),
            Value::Sequence(_) => match schema.and_then(Schema::merge_keys) {
                Some(keys) => self.lists(dest, patch, &keys, schema.and_then(Schema::elements)),
                None => Ok(patch.cloned().or(dest).filter(|node| !node.is_null())),
            },
            Value::Scalar(_) => Ok(patch.cloned().or(dest).filter(|node| !node.is_null())),
            Value::Alias(name) => Err(Error::conflict(format!("the alias *{name} was not resolved"))),
        }
    }

    fn mappings(
        &self,
        dest: Option<Node>,
        patch: Option<&Node>,
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Node>, Error> {
        let (dest, patch) = match (dest.filter(|dest| !dest.is_null()), patch) {
            (None, None) => return Ok(None),
            (None, Some(patch)) => return self.added(patch, schema),
            (Some(_), Some(patch)) if patch.is_null() => return Ok(None),
            (Some(dest), patch) => (dest, patch),
        };
        match patch.map_or(Ok(Directive::Merge), Directive::of_mapping)? {
            Directive::Delete => Ok(None),
            Directive::Replace => patch.map_or(Ok(None), |patch| self.added(patch, schema)),
            Directive::Merge => self.fields(dest, patch, schema).map(Some),
        }
    }

    /// A mapping that only the patch has: nulls and directives in it take effect on the mapping itself.
    fn added(&self, patch: &Node, schema: Option<Schema<'a>>) -> Result<Option<Node>, Error> {
        let schema = self.schema(schema, [Some(patch), None]);
        match &patch.value {
            Value::Mapping(mapping) => {
                if Directive::of_mapping(patch)? == Directive::Delete {
                    return Ok(None);
                }
                let mut made = Vec::with_capacity(mapping.len());
                for (key, value) in &mapping.entries {
                    let name = key.text().unwrap_or_default();
                    if name == DIRECTIVE {
                        continue;
                    }
                    let schema = schema.and_then(|schema| schema.field(name));
                    if let Some(value) = self.added(value, schema)? {
                        made.push((key.clone(), value));
                    }
                }
                let mut node = Node::mapping_of(made).at(patch.pos);
                node.set_flow(mapping.flow);
                Ok(Some(node))
            }
            Value::Sequence(_) => match schema.and_then(Schema::merge_keys) {
                Some(keys) => self.added_list(patch, &keys, schema.and_then(Schema::elements)),
                None => Ok(Some(patch.clone())),
            },
            _ if patch.is_null() => Ok(None),
            _ => Ok(Some(patch.clone())),
        }
    }

    fn fields(
        &self,
        mut dest: Node,
        patch: Option<&Node>,
        schema: Option<Schema<'a>>,
    ) -> Result<Node, Error> {
        let patch_entries = patch.map(Node::entries).unwrap_or_default();
        let mapping = dest.make_mapping();
        let mut merged = Vec::with_capacity(mapping.len() + patch_entries.len());
        let mut seen = vec![false; patch_entries.len()];
        for (key, old) in std::mem::take(&mut mapping.entries) {
            let name = key.text().unwrap_or_default();
            let at = patch_entries.iter().position(|(key, _)| key.text() == Some(name));
            if let Some(at) = at {
                seen[at] = true;
            }
            let style = old.as_scalar().map(|scalar| scalar.style);
            let new = at.map(|at| &patch_entries[at].1);
            let value = self
                .walk(Some(old), new, schema.and_then(|schema| schema.field(name)))
                .map_err(|e| below(e, name))?;
            if let Some(mut value) = value {
                if new.is_some() {
                    keep_style(&mut value, style);
                }
                merged.push((key, value));
            }
        }
        for ((key, new), seen) in patch_entries.iter().zip(seen) {
            let name = key.text().unwrap_or_default();
            if seen || name == DIRECTIVE {
                continue;
            }
            let schema = schema.and_then(|schema| schema.field(name));
            if let Some(value) = self
                .walk(None, Some(new), schema)
                .map_err(|error| below(error, name))?
            {
                merged.push((key.clone(), value));
            }
        }
        mapping.entries = merged;
        Ok(dest)
    }
}

/// Both sides null or absent: a null that is spelled out stays when the patch does not speak of it.
fn nulls(dest: Option<Node>, patch: Option<&Node>) -> Option<Node> {
    match (dest, patch) {
        (Some(dest), None) if dest.text().is_some_and(|text| !text.is_empty()) => Some(dest),
        _ => None,
    }
}

/// A value takes over the style of the one that it replaces, and quotes make it a string.
fn keep_style(value: &mut Node, style: Option<ScalarStyle>) {
    if let (Some(scalar), Some(style)) = (value.as_scalar_mut(), style) {
        scalar.style = style;
        if style != ScalarStyle::Plain {
            scalar.tag = ScalarTag::Str;
        }
    }
}

fn below(mut error: Error, name: &str) -> Error {
    error.message = match error.message.strip_prefix("at ") {
        Some(rest) => format!("at {name}.{rest}"),
        None => format!("at {name}: {}", error.message),
    };
    error
}
