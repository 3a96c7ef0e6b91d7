//! Reads an OpenAPI v3 schema, and says what keeps it from being structural.

use serde_json::{Map, Value, json};

use super::node::{Additional, Checks, JsonType, ListType, Node, Rule, Structural};
use super::rules;
use crate::field_error::{FieldError, FieldErrorKind};

/// Schemas are read recursively; anything deeper than this is refused.
const MAX_DEPTH: usize = 128;

impl Structural {
    /// Reads `spec.versions[].schema.openAPIV3Schema` of a CustomResourceDefinition. Errors name paths below
    /// `spec.validation.openAPIV3Schema`, as the API server does for a definition whose versions share one schema.
    pub fn from_openapi_v3(schema: &Value) -> Result<Structural, Vec<FieldError>> {
        Structural::from_openapi_v3_at(schema, "spec.validation.openAPIV3Schema")
    }

    /// Reads a schema; `path` is where errors say that it stands.
    pub fn from_openapi_v3_at(schema: &Value, path: &str) -> Result<Structural, Vec<FieldError>> {
        let mut reader = Reader { errors: Vec::new() };
        let mut root = reader.node(schema, path, Place::Tree, 0);
        root.root = true;
        rules::root(&root, schema, path, &mut reader.errors);
        if reader.errors.is_empty() {
            Ok(Structural { root })
        } else {
            Err(reader.errors)
        }
    }
}

/// Where a schema stands: the tree itself, or a value check (allOf and the like), where structure is forbidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Tree,
    Check,
    /// Below anyOf or allOf of an int-or-string, where types may be told apart.
    IntOrString,
}

struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    fn node(&mut self, schema: &Value, path: &str, place: Place, depth: usize) -> Node {
        let Some(map) = schema.as_object() else {
            self.invalid(path, schema, "must be an object");
            return Node::default();
        };
        if depth > MAX_DEPTH {
            self.errors.push(FieldError::new(
                path,
                FieldErrorKind::Forbidden,
                Value::Null,
                "nested too deeply",
            ));
            return Node::default();
        }
        let flag = |key: &str| map.get(key) == Some(&Value::Bool(true));
        let int_or_string = flag("x-kubernetes-int-or-string");
        let mut node = Node {
            ty: self.json_type(map, path),
            int_or_string,
            nullable: flag("nullable"),
            default: map.get("default").cloned(),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            required: strings(map.get("required")),
            list_map_keys: strings(map.get("x-kubernetes-list-map-keys")),
            list_type: match text(map, "x-kubernetes-list-type") {
                "set" => ListType::Set,
                "map" => ListType::Map,
                _ => ListType::Atomic,
            },
            atomic: text(map, "x-kubernetes-map-type") == "atomic",
            rules: self.rules(map, path),
            ..Node::default()
        };
        self.children(&mut node, map, path, place, depth);
        let inner = if int_or_string || place == Place::IntOrString {
            Place::IntOrString
        } else {
            Place::Check
        };
        node.checks = self.checks(map, path, inner, depth);
        rules::node(&node, map, path, place, &mut self.errors);
        node
    }

    fn json_type(&mut self, map: &Map<String, Value>, path: &str) -> Option<JsonType> {
        Some(match text(map, "type") {
            "" => return None,
            "object" => JsonType::Object,
            "array" => JsonType::Array,
            "string" => JsonType::String,
            "integer" => JsonType::Integer,
            "number" => JsonType::Number,
            "boolean" => JsonType::Boolean,
            other => {
                let detail =
                    r#"supported values: "array", "boolean", "integer", "number", "object", "string""#;
                self.push(
                    format!("{path}.type"),
                    FieldErrorKind::NotSupported,
                    json!(other),
                    detail,
                );
                return None;
            }
        })
    }

    fn children(
        &mut self,
        node: &mut Node,
        map: &Map<String, Value>,
        path: &str,
        place: Place,
        depth: usize,
    ) {
        for (name, schema) in map
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let child = self.node(schema, &format!("{path}.properties[{name}]"), place, depth + 1);
            node.properties.insert(name.clone(), child);
        }
        node.additional = match map.get("additionalProperties") {
            Some(Value::Bool(true)) => Additional::Any,
            Some(schema @ Value::Object(_)) => Additional::Schema(Box::new(self.node(
                schema,
                &format!("{path}.additionalProperties"),
                place,
                depth + 1,
            ))),
            _ => Additional::None,
        };
        match map.get("items") {
            Some(Value::Array(_)) => {
                let detail = "items must be a schema object and not an array";
                self.push(
                    format!("{path}.items"),
                    FieldErrorKind::Forbidden,
                    Value::Null,
                    detail,
                );
            }
            Some(schema @ Value::Object(_)) => {
                node.items = Some(Box::new(self.node(
                    schema,
                    &format!("{path}.items"),
                    place,
                    depth + 1,
                )));
            }
            _ => {}
        }
    }

    fn checks(&mut self, map: &Map<String, Value>, path: &str, place: Place, depth: usize) -> Checks {
        let count = |key: &str| map.get(key).and_then(Value::as_u64);
        let flag = |key: &str| map.get(key) == Some(&Value::Bool(true));
        let number = |key: &str| map.get(key).and_then(Value::as_number).cloned();
        let pattern = self.pattern(map, path);
        let mut several = |key: &str| -> Vec<Node> {
            let list = map
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .enumerate();
            list.map(|(i, schema)| self.node(schema, &format!("{path}.{key}[{i}]"), place, depth + 1))
                .collect()
        };
        let (all_of, any_of, one_of) = (several("allOf"), several("anyOf"), several("oneOf"));
        let not = map
            .get("not")
            .map(|schema| Box::new(self.node(schema, &format!("{path}.not"), place, depth + 1)));
        Checks {
            format: text(map, "format").to_owned(),
            pattern,
            allowed: map
                .get("enum")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            minimum: number("minimum").map(|limit| (limit, flag("exclusiveMinimum"))),
            maximum: number("maximum").map(|limit| (limit, flag("exclusiveMaximum"))),
            multiple_of: number("multipleOf"),
            min_length: count("minLength"),
            max_length: count("maxLength"),
            min_items: count("minItems"),
            max_items: count("maxItems"),
            min_properties: count("minProperties"),
            max_properties: count("maxProperties"),
            all_of,
            any_of,
            one_of,
            not,
        }
    }

    fn pattern(&mut self, map: &Map<String, Value>, path: &str) -> Option<(String, regex::Regex)> {
        let source = map
            .get("pattern")
            .and_then(Value::as_str)
            .filter(|source| !source.is_empty())?;
        // Go and we read the same syntax; a bound keeps a pattern from eating memory.
        match regex::RegexBuilder::new(source).size_limit(4 << 20).build() {
            Ok(pattern) => Some((source.to_owned(), pattern)),
            Err(error) => {
                let why = go_words(&error.to_string());
                let detail = format!(
                    "must be a valid regular expression, but isn't: error parsing regexp: {why}: `{source}`"
                );
                self.push(
                    format!("{path}.pattern"),
                    FieldErrorKind::Invalid,
                    json!(source),
                    &detail,
                );
                None
            }
        }
    }

    fn rules(&mut self, map: &Map<String, Value>, path: &str) -> Vec<Rule> {
        let list = map
            .get("x-kubernetes-validations")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let entries = list
            .enumerate()
            .filter_map(|(i, entry)| Some((i, entry.as_object()?)));
        let mut out = Vec::new();
        for (i, entry) in entries {
            let rule = Rule {
                rule: text(entry, "rule").to_owned(),
                message: text(entry, "message").to_owned(),
                message_expression: text(entry, "messageExpression").to_owned(),
                reason: text(entry, "reason").to_owned(),
                field_path: text(entry, "fieldPath").to_owned(),
                optional_old_self: entry.get("optionalOldSelf") == Some(&Value::Bool(true)),
            };
            let at = format!("{path}.x-kubernetes-validations[{i}]");
            if rule.rule.trim().is_empty() {
                self.errors.push(FieldError::required(
                    format!("{at}.rule"),
                    "rule is not specified",
                ));
            }
            if rule.message.contains(['\n', '\r']) {
                self.invalid(
                    &format!("{at}.message"),
                    &json!(rule.message),
                    "must not contain line breaks",
                );
            }
            out.push(rule);
        }
        out
    }

    fn invalid(&mut self, path: &str, value: &Value, detail: &str) {
        self.push(path.to_owned(), FieldErrorKind::Invalid, value.clone(), detail);
    }

    fn push(&mut self, path: String, kind: FieldErrorKind, value: Value, detail: &str) {
        self.errors.push(FieldError::new(path, kind, value, detail));
    }
}

/// What Go says about a broken pattern, where the difference is only in words.
fn go_words(error: &str) -> String {
    let why = error
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    match why {
        "unclosed character class" => "missing closing ]".into(),
        "unclosed group" => "missing closing )".into(),
        "unopened group" => "unexpected )".into(),
        "repetition operator missing expression" => "missing argument to repetition operator".into(),
        other => other.to_owned(),
    }
}

pub(super) fn text<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
