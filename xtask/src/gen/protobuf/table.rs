//! The table of messages, in the notation that `formats/protobuf/src/table` reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::types;
use super::messages::{Field, Kind, Message, Messages, Wrap, fold};
use crate::command::Error;

/// Scalar fields that count even when they are zero; see the head of the file.
const POINTERS: &str = include_str!("pointers.txt");

/// Fields that the definitions have and the crate does not; see the head of the file.
const ADDED: &str = include_str!("added.txt");

/// One line per message (`=name [gvk=]* [is=]`) followed by one indented line per field (`number name notation [flag]*`).
pub(super) fn table(definitions: &Value, messages: &Messages) -> Result<String, Error> {
    let mut writer = Writer {
        definitions: &definitions["$defs"],
        messages,
        present: types::present(),
        pointers: pointers(),
        todo: BTreeMap::new(),
        done: BTreeSet::new(),
        problems: Vec::new(),
        out: String::new(),
    };
    for (name, schema) in writer.definitions.as_object().into_iter().flatten() {
        let folded = fold(name.trim_start_matches("io.k8s."));
        // Alpha kinds that no server serves without being told are not worth facts of their own.
        if !kinds(name, schema).is_empty() && messages.contains_key(&folded) {
            writer.push(&folded, Some(name));
        }
    }
    while let Some((folded, work)) = writer.todo.pop_first() {
        writer.message(&folded, &work);
    }
    if writer.problems.is_empty() {
        return Ok(writer.out);
    }
    Err(Error::Problems(writer.problems))
}

/// What `gvk=` tells of a definition. Lists are never sent, options belong to every group and are found by kind alone.
fn kinds(name: &str, schema: &Value) -> Vec<String> {
    if types::is_list(name, schema) || name.ends_with(".WatchEvent") {
        return Vec::new();
    }
    let gvks = schema["x-kubernetes-group-version-kind"]
        .as_array()
        .into_iter()
        .flatten();
    let text = |gvk: &Value, key: &str| gvk[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> = if name.starts_with("io.k8s.apimachinery") {
        gvks.map(|gvk| format!("*/*/{}", text(gvk, "kind"))).collect()
    } else {
        gvks.map(|gvk| {
            format!(
                "{}/{}/{}",
                text(gvk, "group"),
                text(gvk, "version"),
                text(gvk, "kind")
            )
        })
        .collect()
    };
    found.dedup();
    found
}

fn pointers() -> BTreeSet<(&'static str, &'static str)> {
    let lines = POINTERS.lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(|line| {
            let (name, fields) = line.split_once(' ').unwrap_or_default();
            fields.split(' ').map(move |field| (name, field))
        })
        .collect()
}

/// A message to be written: its definition, and the fields of the message that it stands in without a name.
struct Work {
    definition: Option<String>,
    around: Map<String, Value>,
    /// Under which name the facts of its fields stand, when it has no definition of its own.
    owner: String,
}

struct Writer<'a> {
    definitions: &'a Value,
    messages: &'a Messages,
    present: BTreeMap<(&'static str, &'static str), &'static str>,
    pointers: BTreeSet<(&'static str, &'static str)>,
    todo: BTreeMap<String, Work>,
    done: BTreeSet<String>,
    problems: Vec<String>,
    out: String,
}

impl Writer<'_> {
    fn push(&mut self, folded: &str, definition: Option<&str>) {
        self.push_within(folded, definition, &Map::new(), "");
    }

    fn push_within(
        &mut self,
        folded: &str,
        definition: Option<&str>,
        around: &Map<String, Value>,
        owner: &str,
    ) {
        if self.done.insert(folded.to_owned()) {
            let work = Work {
                definition: definition.map(str::to_owned),
                around: around.clone(),
                owner: owner.to_owned(),
            };
            self.todo.insert(folded.to_owned(), work);
        }
    }

    fn message(&mut self, folded: &str, work: &Work) {
        let unknown = || Message {
            name: folded.to_owned(),
            fields: Vec::new(),
        };
        let message = self.messages.get(folded).cloned().unwrap_or_else(unknown);
        let name = work
            .definition
            .clone()
            .unwrap_or_else(|| format!("io.k8s.{}", message.name));
        let schema = self.definitions[&name].clone();
        let _ = write!(self.out, "={}", name.trim_start_matches("io.k8s."));
        for gvk in kinds(&name, &schema) {
            let _ = write!(self.out, " gvk={gvk}");
        }
        if let Some(special) = special(&message) {
            let _ = writeln!(self.out, " is={special}");
            self.special(&message);
            return;
        }
        self.out.push('\n');
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let (owner, properties) = match properties.is_empty() {
            true => (&work.owner, work.around.clone()),
            false => (&name, properties),
        };
        if !self.messages.contains_key(folded) && properties.is_empty() {
            self.problems
                .push(format!("{name}: neither the crate nor the definitions have it"));
        }
        let mut left: BTreeSet<String> = properties.keys().cloned().collect();
        for field in &message.fields {
            self.field(owner, field, &properties, &mut left);
        }
        self.added(&name, &mut left);
        left.retain(|field| !matches!(field.as_str(), "apiVersion" | "kind"));
        if work.around.is_empty() && !left.is_empty() {
            self.problems
                .push(format!("{name}: no number for {left:?}; add it to added.txt"));
        }
    }

    /// Fields of wrappers, all of which count.
    fn special(&mut self, message: &Message) {
        for field in &message.fields {
            let notation = self.notation(field);
            let name = camel(&field.name).replace("jSonSchemas", "jSONSchemas");
            let _ = writeln!(self.out, " {} {name} {notation} *", field.number);
        }
    }

    fn field(
        &mut self,
        owner: &str,
        field: &Field,
        properties: &Map<String, Value>,
        left: &mut BTreeSet<String>,
    ) {
        let wanted = fold(&field.name);
        if let Some(name) = properties
            .keys()
            .find(|name| fold(name) == wanted || alias(&wanted) == name.as_str())
        {
            left.remove(name);
            let notation = self.notation(field);
            let flags = self.flags(owner, name);
            let _ = writeln!(self.out, " {} {name} {notation}{flags}", field.number);
        } else if let Kind::Message(inner) = &field.kind
            && let Some(inner_message) = self.messages.get(inner)
            && field.wrap == Wrap::One
            && self.within(inner_message, properties)
        {
            self.remove_all(&inner_message.clone(), properties, left);
            let definition = self.definition(inner);
            self.push_within(inner, definition.as_deref(), properties, owner);
            let notation = self.notation(field);
            let _ = writeln!(self.out, " {} . {notation}", field.number);
        }
    }

    /// Whether the fields of a message are fields of the one around it.
    fn within(&self, message: &Message, properties: &Map<String, Value>) -> bool {
        let known = |field: &&Field| {
            let inner = || match &field.kind {
                Kind::Message(inner) if field.wrap == Wrap::One => self.messages.get(inner),
                _ => None,
            };
            properties.keys().any(|name| fold(name) == fold(&field.name))
                || inner().is_some_and(|inner| self.within(inner, properties))
        };
        // Newer fields may be missing from the definitions.
        message.fields.iter().filter(known).count() * 2 > message.fields.len()
    }

    fn remove_all(&self, message: &Message, properties: &Map<String, Value>, left: &mut BTreeSet<String>) {
        for field in &message.fields {
            let wanted = fold(&field.name);
            match properties.keys().find(|name| fold(name) == wanted) {
                Some(name) => {
                    left.remove(name);
                }
                None => {
                    if let Kind::Message(inner) = &field.kind
                        && let Some(inner) = self.messages.get(inner)
                    {
                        self.remove_all(inner, properties, left);
                    }
                }
            }
        }
    }

    fn added(&mut self, owner: &str, left: &mut BTreeSet<String>) {
        for line in ADDED.lines().filter(|line| !line.starts_with('#')) {
            if let [name, number, field, notation] = line.split(' ').collect::<Vec<_>>()[..]
                && name == owner.trim_start_matches("io.k8s.")
                && left.remove(field)
            {
                let flags = self.flags(owner, field);
                let _ = writeln!(self.out, " {number} {field} {notation}{flags}");
                if let Some((_, message)) = notation.split_once('@') {
                    let folded = fold(message.trim_end_matches([']', '}']));
                    let definition = self.definition(&folded);
                    self.push(&folded, definition.as_deref());
                }
            }
        }
    }

    fn flags(&self, owner: &str, field: &str) -> String {
        let mut flags = String::new();
        if let Some(zero) = self.present.get(&(owner, field)) {
            let _ = write!(flags, " zero={zero}");
        }
        if self
            .pointers
            .contains(&(owner.trim_start_matches("io.k8s."), field))
        {
            flags.push_str(" *");
        }
        flags
    }

    fn notation(&mut self, field: &Field) -> String {
        let inner = match &field.kind {
            Kind::Scalar(name) => match name.as_str() {
                "int32" | "int64" => "int".to_owned(),
                "double" => "number".to_owned(),
                other => other.to_owned(),
            },
            Kind::Message(folded) => {
                let definition = self.definition(folded);
                self.push(folded, definition.as_deref());
                let name = definition.unwrap_or_else(|| {
                    self.messages
                        .get(folded)
                        .map_or_else(|| folded.clone(), |found| found.name.clone())
                });
                format!("@{}", name.trim_start_matches("io.k8s."))
            }
        };
        match field.wrap {
            Wrap::One => inner,
            Wrap::List => format!("[{inner}]"),
            Wrap::Map => format!("{{{inner}}}"),
        }
    }

    /// The definition whose name differs in case at most.
    fn definition(&self, folded: &str) -> Option<String> {
        let mut names = self
            .definitions
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name);
        names
            .find(|name| fold(name.trim_start_matches("io.k8s.")) == folded)
            .cloned()
    }
}

/// Fields whose name in protobuf is not that in JSON.
fn alias(folded: &str) -> &str {
    match folded {
        "ref" => "$ref",
        "schema" => "$schema",
        other => other,
    }
}

/// Messages that are something else in JSON than an object of their fields.
fn special(message: &Message) -> Option<&'static str> {
    Some(match message.name.rsplit('.').next()? {
        "Time" => "time",
        "MicroTime" => "microtime",
        "Duration" => "duration",
        "Quantity" => "quantity",
        "IntOrString" => "intorstring",
        "Json" | "RawExtension" | "FieldsV1" | "JSON" => "raw",
        "JsonSchemaPropsOrArray" | "JSONSchemaPropsOrArray" => "orarray",
        "JsonSchemaPropsOrBool" | "JSONSchemaPropsOrBool" => "orbool",
        "JsonSchemaPropsOrStringArray" | "JSONSchemaPropsOrStringArray" => "orstrings",
        "ExtraValue" | "Verbs" => "items",
        _ => return None,
    })
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut up = false;
    for c in name.chars() {
        if c == '_' {
            up = true;
        } else {
            out.push(if up { c.to_ascii_uppercase() } else { c });
            up = false;
        }
    }
    out
}
