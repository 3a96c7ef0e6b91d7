//! The short notation of the kinds: a head of keyword lines, then one line a field, nested by two blanks.
//!
//! A field is `name[!] type [keyword=json …] [| description]`; `!` means required. Types are `string`, `bool`, `int`,
//! `int64`, `number`, `object`, `any`, `list` (its element is the child `-`), `map` (its value is the child `*`), the
//! shorthands `[string]` and `{string}`, and `@name` for a shared shape. `rule "CEL" "message"` is a child that gives
//! its parent a validation rule.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Shapes that several kinds share, by name.
pub(super) type Shared = BTreeMap<String, Value>;

/// A line that does not follow the notation.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(super) struct Malformed {
    line: usize,
    problem: String,
}

/// Reads the file of shared shapes.
pub(super) fn shared(text: &str) -> Result<Shared, Malformed> {
    let lines = lines(text);
    let mut shapes = Shared::new();
    let mut at = 0;
    while at < lines.len() {
        let field = field(&lines, &mut at, &shapes)?;
        shapes.insert(field.name, field.schema);
    }
    Ok(shapes)
}

/// Reads the file of one kind and gives its CustomResourceDefinition.
pub(super) fn definition(text: &str, shared: &Shared) -> Result<Value, Malformed> {
    let lines = lines(text);
    let mut head = Head::default();
    let mut at = 0;
    while at < lines.len() && head.take(&lines[at])? {
        at += 1;
    }
    let mut properties = Map::new();
    for (name, kind) in [
        ("apiVersion", "string"),
        ("kind", "string"),
        ("metadata", "object"),
    ] {
        properties.insert(name.into(), json!({ "type": kind }));
    }
    let mut required = Vec::new();
    while at < lines.len() {
        let field = field(&lines, &mut at, shared)?;
        if field.required {
            required.push(Value::from(field.name.clone()));
        }
        properties.insert(field.name, field.schema);
    }
    let mut schema = json!({ "type": "object", "description": head.about, "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    Ok(head.definition(schema))
}

#[derive(Default)]
struct Head {
    kind: String,
    about: String,
    group: String,
    plural: String,
    singular: String,
    short_names: Vec<String>,
    categories: Vec<String>,
    substitutable: bool,
    version: String,
    /// Versions that are served with the same schema besides.
    also: Vec<String>,
    status: bool,
    columns: Vec<Value>,
}

impl Head {
    /// Takes a line of the head; false when the fields begin.
    fn take(&mut self, line: &Line<'_>) -> Result<bool, Malformed> {
        let (keyword, rest) = line.text.split_once(' ').unwrap_or((line.text, ""));
        let words = || rest.split_whitespace().map(str::to_owned);
        match keyword {
            "kind" => {
                let (kind, about) = rest
                    .split_once(" | ")
                    .ok_or_else(|| line.malformed("no description"))?;
                (self.kind, self.about) = (kind.into(), about.into());
            }
            "group" => self.group = rest.into(),
            "names" => {
                let (plural, singular) = rest
                    .split_once(' ')
                    .ok_or_else(|| line.malformed("two names expected"))?;
                (self.plural, self.singular) = (plural.into(), singular.into());
            }
            "short" => self.short_names = words().collect(),
            "categories" => self.categories = words().collect(),
            "substitutable" => self.substitutable = true,
            "version" => {
                let mut words = words();
                self.version = words.next().unwrap_or_default();
                self.status = words.any(|word| word == "status");
            }
            "also" => self.also = words().collect(),
            "column" => self
                .columns
                .push(column(rest).ok_or_else(|| line.malformed("not a column"))?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn definition(self, schema: Value) -> Value {
        let mut names = json!({
            "categories": self.categories, "kind": self.kind, "listKind": format!("{}List", self.kind),
            "plural": self.plural, "singular": self.singular,
        });
        if !self.short_names.is_empty() {
            names["shortNames"] = json!(self.short_names);
        }
        let mut metadata = json!({ "name": format!("{}.{}", self.plural, self.group) });
        if !self.substitutable {
            // Schemas hold `${…}`-like patterns that Flux's own substitution must leave alone.
            metadata["annotations"] = json!({ "kustomize.toolkit.fluxcd.io/substitute": "disabled" });
        }
        let subresources = if self.status {
            json!({ "status": {} })
        } else {
            json!({})
        };
        let version = |name: &String, storage: bool| {
            let mut version = json!({
                "additionalPrinterColumns": self.columns, "name": name,
                "schema": { "openAPIV3Schema": schema },
                "served": true, "storage": storage, "subresources": subresources,
            });
            if !storage {
                let advice = format!(
                    "{}/{name} {} is deprecated, upgrade to {}",
                    self.group, self.kind, self.version
                );
                version["deprecated"] = true.into();
                version["deprecationWarning"] = advice.into();
            }
            version
        };
        let old = self.also.iter().map(|name| version(name, false));
        let versions: Vec<Value> = std::iter::once(version(&self.version, true)).chain(old).collect();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata,
            "spec": { "group": self.group, "names": names, "scope": "Namespaced", "versions": versions },
        })
    }
}

/// `"Name" type jsonPath [priority=N]`
fn column(text: &str) -> Option<Value> {
    let (name, rest) = text.strip_prefix('"')?.split_once("\" ")?;
    let (kind, path) = rest.split_once(' ')?;
    let (path, priority) = path.split_once(" priority=").unwrap_or((path, "0"));
    let priority: i64 = priority.parse().ok()?;
    let mut column = json!({ "jsonPath": path, "name": name, "type": kind });
    if priority != 0 {
        column["priority"] = priority.into();
    }
    Some(column)
}

struct Line<'a> {
    number: usize,
    depth: usize,
    text: &'a str,
}

impl Line<'_> {
    fn malformed(&self, problem: impl Into<String>) -> Malformed {
        Malformed {
            line: self.number,
            problem: problem.into(),
        }
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let numbered = text.lines().enumerate();
    let meaningful = numbered.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    meaningful
        .map(|(index, line)| {
            let text = line.trim_start();
            Line {
                number: index + 1,
                depth: (line.len() - text.len()) / 2,
                text,
            }
        })
        .collect()
}

struct Field {
    name: String,
    required: bool,
    schema: Value,
}

/// Reads the field at `at` with everything nested below it, and moves `at` behind it.
fn field(lines: &[Line<'_>], at: &mut usize, shared: &Shared) -> Result<Field, Malformed> {
    let line = &lines[*at];
    let (text, about) = line
        .text
        .split_once(" | ")
        .map_or((line.text, None), |(text, about)| (text, Some(about)));
    let (name, rest) = text
        .split_once(' ')
        .ok_or_else(|| line.malformed("a field needs a type"))?;
    let (shape, keywords) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut schema =
        shape_of(shape, shared).ok_or_else(|| line.malformed(format!("unknown type {shape}")))?;
    keyword_values(keywords, &mut schema).map_err(|problem| line.malformed(problem))?;
    if let Some(about) = about {
        schema.insert("description".into(), about.into());
    }
    *at += 1;
    children(lines, at, line.depth + 1, &mut schema, shared)?;
    let required = name.ends_with('!');
    Ok(Field {
        name: name.trim_end_matches('!').into(),
        required,
        schema: schema.into(),
    })
}

fn children(
    lines: &[Line<'_>],
    at: &mut usize,
    depth: usize,
    schema: &mut Map<String, Value>,
    shared: &Shared,
) -> Result<(), Malformed> {
    let (mut properties, mut required, mut rules) = (Map::new(), Vec::new(), Vec::new());
    while *at < lines.len() && lines[*at].depth >= depth {
        let line = &lines[*at];
        if let Some(rule) = line.text.strip_prefix("rule ") {
            rules.push(rule_of(rule).ok_or_else(|| line.malformed("not a rule"))?);
            *at += 1;
            continue;
        }
        let child = field(lines, at, shared)?;
        match child.name.as_str() {
            "-" => drop(schema.insert("items".into(), child.schema)),
            "*" => drop(schema.insert("additionalProperties".into(), child.schema)),
            name => {
                if child.required {
                    required.push(Value::from(name));
                }
                properties.insert(name.into(), child.schema);
            }
        }
    }
    for (key, list) in [("required", required), ("x-kubernetes-validations", rules)] {
        if !list.is_empty() {
            schema.insert(key.into(), list.into());
        }
    }
    if !properties.is_empty() {
        schema.insert("properties".into(), properties.into());
    }
    Ok(())
}

fn shape_of(shape: &str, shared: &Shared) -> Option<Map<String, Value>> {
    let schema = match shape {
        "string" | "number" | "object" => json!({ "type": shape }),
        "bool" => json!({ "type": "boolean" }),
        "int" => json!({ "type": "integer" }),
        "int64" => json!({ "type": "integer", "format": "int64" }),
        "any" => json!({}),
        "list" => json!({ "type": "array" }),
        "map" => json!({ "type": "object" }),
        "[string]" => json!({ "type": "array", "items": { "type": "string" } }),
        "{string}" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        _ => shared.get(shape.strip_prefix('@')?)?.clone(),
    };
    schema.as_object().cloned()
}

/// `key=json key=json …`
fn keyword_values(mut text: &str, schema: &mut Map<String, Value>) -> Result<(), String> {
    while !text.trim_start().is_empty() {
        let (key, rest) = text
            .trim_start()
            .split_once('=')
            .ok_or_else(|| format!("no value in {text}"))?;
        let (value, rest) = leading_json(rest).ok_or_else(|| format!("{key} has no JSON value"))?;
        schema.insert(key.into(), value);
        text = rest;
    }
    Ok(())
}

fn rule_of(text: &str) -> Option<Value> {
    let (rule, rest) = leading_json(text)?;
    let (message, _) = leading_json(rest)?;
    let mut validation = json!({ "rule": rule });
    if !message.is_null() {
        validation["message"] = message;
    }
    Some(validation)
}

fn leading_json(text: &str) -> Option<(Value, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    let rest = values.byte_offset();
    Some((value, &text[rest..]))
}
