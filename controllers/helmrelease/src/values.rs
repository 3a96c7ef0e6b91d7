//! The values of a release: those of other objects, and those of the spec over them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flux_api::helmrelease::{HelmRelease, ValuesReference};
use flux_helm::values::{Kind as SetKind, set_values};
use flux_helm::{Table, Value};
use flux_kube::{Client, Gvk};

/// Contents of the references, in their order; none for one that is optional and does not exist.
pub(crate) type Contents = Vec<Option<Vec<u8>>>;

/// Reads what `valuesFrom` names.
///
/// # Errors
/// A sentence that names object and key: it does not exist and is not optional, or cannot be read.
pub(crate) async fn read(client: &Client, object: &HelmRelease) -> Result<Contents, String> {
    let mut contents = Contents::new();
    for reference in &object.spec.values_from {
        contents.push(read_one(client, &object.metadata.namespace, reference).await?);
    }
    Ok(contents)
}

async fn read_one(
    client: &Client,
    namespace: &str,
    reference: &ValuesReference,
) -> Result<Option<Vec<u8>>, String> {
    let ValuesReference { kind, name, .. } = reference;
    let failed = |cause: &str| unresolved(namespace, reference, cause);
    if !matches!(kind.as_str(), "ConfigMap" | "Secret") {
        return Err(failed("unsupported values reference kind"));
    }
    let found = client.get_opt(&Gvk::new("v1", kind), namespace, name).await;
    let Some(found) = found.map_err(|error| error.to_string())? else {
        if reference.optional {
            return Ok(None);
        }
        let plural = if kind == "Secret" { "secrets" } else { "configmaps" };
        return Err(failed(&format!("{plural} \"{name}\" not found")));
    };
    let Some(text) = found["data"][reference.key()].as_str() else {
        if reference.optional {
            return Ok(None);
        }
        return Err(failed("key not found"));
    };
    if kind == "Secret" {
        let bytes = STANDARD
            .decode(text)
            .map_err(|error| failed(&error.to_string()))?;
        return Ok(Some(bytes));
    }
    Ok(Some(text.as_bytes().to_vec()))
}

fn unresolved(namespace: &str, reference: &ValuesReference, cause: &str) -> String {
    let optional = if reference.optional { " optional" } else { "" };
    let (kind, name, key) = (&reference.kind, &reference.name, reference.key());
    format!(
        "could not resolve{optional} {kind} chart values reference '{namespace}/{name}' with key '{key}': {cause}"
    )
}

/// Puts the values together as upstream does, tables that it shares included: a path that leads into a table which came from the
/// spec changes the spec's table as well, and so outlives the final merge; one that does not is overridden by the spec.
///
/// # Errors
/// A sentence that names object and key: the content is no YAML, or cannot be put where it shall go.
pub(crate) fn compose(object: &HelmRelease, contents: &Contents) -> Result<Table, String> {
    let inline = Shared::of(&Table::from_json(&object.spec.values().into()).unwrap_or_default());
    let mut result = Shared::default();
    for (reference, content) in object.spec.values_from.iter().zip(contents) {
        let Some(content) = content else { continue };
        let failed = |cause: String| unresolved(&object.metadata.namespace, reference, &cause);
        if reference.target_path.is_empty() {
            let values = Table::from_yaml(content).map_err(|error| failed(error.to_string()))?;
            result = result.merged(&Shared::of(&values));
            continue;
        }
        result = result.merged(&inline);
        let text = String::from_utf8_lossy(content);
        let mut table = result.table();
        let (assignment, kind) = assignment(reference, &text);
        set_values(&assignment, &mut table, &kind).map_err(|error| failed(error.to_string()))?;
        result.assign(&table);
    }
    Ok(result.merged(&inline).table())
}

/// `path=value` as Helm's parser takes it. Quotes around a value make it text.
fn assignment(reference: &ValuesReference, content: &str) -> (String, SetKind<'static>) {
    let path = &reference.target_path;
    if reference.literal {
        let mut escaped = String::with_capacity(content.len());
        for character in content.chars() {
            if matches!(character, '\\' | ',' | '[' | ']' | '{' | '}') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
        return (format!("{path}={escaped}"), SetKind::Text);
    }
    let quoted = |quote: char| content.starts_with(quote) && content.ends_with(quote);
    if quoted('\'') || quoted('"') {
        let inner = content.trim_matches(['\'', '"']);
        return (format!("{path}={inner}"), SetKind::Text);
    }
    (format!("{path}={content}"), SetKind::Typed)
}

/// A table that may be part of several others, as maps are in Go.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<BTreeMap<String, Node>>>);

#[derive(Clone)]
enum Node {
    Table(Shared),
    Value(Value),
}

impl Shared {
    fn of(table: &Table) -> Self {
        let node = |value: &Value| match value {
            Value::Table(table) => Node::Table(Shared::of(table)),
            value => Node::Value(value.clone()),
        };
        let entries = table.iter().map(|(key, value)| (key.to_string(), node(value)));
        Shared(Rc::new(RefCell::new(entries.collect())))
    }

    fn table(&self) -> Table {
        let value = |node: &Node| match node {
            Node::Table(table) => Value::from(table.table()),
            Node::Value(value) => value.clone(),
        };
        let entries = self.0.borrow();
        entries
            .iter()
            .map(|(key, node)| (key.as_str().into(), value(node)))
            .collect()
    }

    /// A new table with the entries of both; where both have tables, they are merged into a new one, and any other one is shared.
    fn merged(&self, over: &Shared) -> Shared {
        let mut entries = self.0.borrow().clone();
        for (key, node) in over.0.borrow().iter() {
            let merged = match (entries.get(key), node) {
                (Some(Node::Table(held)), Node::Table(over)) => Node::Table(held.merged(over)),
                _ => node.clone(),
            };
            entries.insert(key.clone(), merged);
        }
        Shared(Rc::new(RefCell::new(entries)))
    }

    /// Makes the content that of `table`, in place: whoever shares a part sees the change.
    fn assign(&self, table: &Table) {
        for (key, value) in table.iter() {
            let held = self.0.borrow().get(&**key).cloned();
            match (held, value) {
                (Some(Node::Table(held)), Value::Table(table)) => held.assign(table),
                (Some(Node::Value(held)), value) if held == *value => {}
                (_, Value::Table(table)) => {
                    let new = Node::Table(Shared::of(table));
                    self.0.borrow_mut().insert(key.to_string(), new);
                }
                (_, value) => {
                    self.0
                        .borrow_mut()
                        .insert(key.to_string(), Node::Value(value.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[track_caller]
    fn check(inline: Json, references: &[(Json, &str)], expect: Result<Json, &str>) {
        let from: Vec<Json> = references
            .iter()
            .map(|(more, _)| {
                let mut reference = json!({"kind": "ConfigMap", "name": "c"});
                reference
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                reference
            })
            .collect();
        let object = json!({"metadata": {"name": "a", "namespace": "ns"}, "spec": {"values": inline, "valuesFrom": from}});
        let object: HelmRelease = serde_json::from_value(object).unwrap();
        let contents = references.iter().map(|(_, text)| Some(text.as_bytes().to_vec()));
        let found = compose(&object, &contents.collect()).map(|table| table.to_json());
        assert_eq!(found, expect.map_err(str::to_owned));
    }

    fn path(path: &str) -> Json {
        json!({ "targetPath": path })
    }

    #[test]
    fn later_values_win_and_the_spec_wins_in_the_end() {
        check(json!({}), &[], Ok(json!({})));
        check(
            json!({"a": 1}),
            &[(json!({}), "a: 2\nb: {c: 1}\n"), (json!({}), "b: {d: 2}\n")],
            Ok(json!({"a": 1, "b": {"c": 1, "d": 2}})),
        );
        check(
            json!({"a": null}),
            &[(json!({}), "a: 2\n")],
            Ok(json!({"a": null})),
        );
    }

    #[test]
    fn a_path_is_typed_unless_quoted_or_literal() {
        check(json!({}), &[(path("a.b"), "1")], Ok(json!({"a": {"b": 1}})));
        check(json!({}), &[(path("a.b"), "'1'")], Ok(json!({"a": {"b": "1"}})));
        check(json!({}), &[(path("a[0]"), "true")], Ok(json!({"a": [true]})));
        let literal = json!({"targetPath": "a", "literal": true});
        check(json!({}), &[(literal, "x,y={1}")], Ok(json!({"a": "x,y={1}"})));
    }

    #[test]
    fn a_path_outlives_the_spec_where_tables_are_shared() {
        let inline = || json!({"a": {"b": "inline"}, "top": "inline"});
        check(
            inline(),
            &[(path("a.b"), "path")],
            Ok(json!({"a": {"b": "path"}, "top": "inline"})),
        );
        check(inline(), &[(path("top"), "path")], Ok(inline()));
        // An earlier reference made the table, so a merged one is new.
        check(
            inline(),
            &[(json!({}), "a: {c: 1}\n"), (path("a.b"), "path")],
            Ok(json!({"a": {"b": "inline", "c": 1}, "top": "inline"})),
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let found = {
            let object = json!({"metadata": {"name": "a", "namespace": "ns"},
                "spec": {"valuesFrom": [{"kind": "Secret", "name": "s", "valuesKey": "k"}]}});
            let object: HelmRelease = serde_json::from_value(object).unwrap();
            compose(&object, &vec![Some(b"- 1".to_vec())]).unwrap_err()
        };
        assert!(
            found.starts_with("could not resolve Secret chart values reference 'ns/s' with key 'k': "),
            "{found}"
        );
    }
}
