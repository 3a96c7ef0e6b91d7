//! Validates a value against a schema, in the words of the API server.

use serde_json::{Number, Value, json};

use super::node::{Additional, JsonType, ListType, Node, Structural};
use super::{embedded, formats};
use crate::field_error::{FieldError, FieldErrorKind};

impl Structural {
    /// Everything that is wrong with an object, in the order of the schema. With the old object, what did not change is
    /// not complained about. What Kubernetes demands of `metadata`, and CEL rules, are left to the caller.
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        validate(&self.root, object, old, &mut String::new(), &mut errors);
        if errors.iter().any(|error| error.kind.blocks_rules()) && self.root.has_rules() {
            let detail = "some validation rules were not checked because the object was invalid; correct the existing \
                          errors to complete validation";
            errors.push(FieldError::new(
                "<nil>",
                FieldErrorKind::Invalid,
                Value::Null,
                detail,
            ));
        }
        errors
    }
}

/// The errors of a default: its place has no name in messages.
pub(super) fn default_errors(node: &Node, default: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(default.is_null() && node.nullable) {
        validate(node, default, None, &mut String::new(), &mut errors);
    }
    errors
}

fn validate(
    node: &Node,
    value: &Value,
    old: Option<&Value>,
    path: &mut String,
    errors: &mut Vec<FieldError>,
) {
    if old == Some(value) {
        return;
    }
    check_type(node, value, path, errors);
    check_allowed(node, value, path, errors);
    if value.is_null() {
        return;
    }
    check_combinations(node, value, path, errors);
    match value {
        Value::String(text) => check_string(node, text, path, errors),
        Value::Number(number) => check_number(node, number, path, errors),
        Value::Array(list) => check_list(node, list, old, path, errors),
        Value::Object(map) => {
            check_object(node, map, old, path, errors);
            if node.embedded {
                embedded::check(map, path, errors);
            }
        }
        _ => {}
    }
}

fn push(
    errors: &mut Vec<FieldError>,
    path: &str,
    kind: FieldErrorKind,
    value: Value,
    detail: impl Into<String>,
) {
    errors.push(FieldError::new(path, kind, value, detail));
}

/// Some checks of the API server lose the name of the field.
fn push_nameless(errors: &mut Vec<FieldError>, detail: String) {
    push(errors, "<nil>", FieldErrorKind::Invalid, json!(""), detail);
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if is_whole(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whole numbers count as integers even where they are written with a fraction, as long as 64 bits hold them.
fn is_whole(number: &Number) -> bool {
    if number.is_i64() || number.is_u64() {
        return true;
    }
    number
        .as_f64()
        .is_some_and(|float| float.fract() == 0.0 && float.abs() < 9.0e15)
}

fn check_type(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if value.is_null() && node.nullable {
        return;
    }
    let found = type_name(value);
    let wanted = if node.int_or_string {
        "integer,string"
    } else if let Some(ty) = node.ty {
        ty.name()
    } else {
        return;
    };
    let fits = match node.ty {
        _ if node.int_or_string => matches!(found, "integer" | "string"),
        Some(JsonType::Number) => matches!(found, "integer" | "number"),
        _ => found == wanted,
    };
    if !fits {
        let detail = format!("{path} in body must be of type {wanted}: \"{found}\"");
        push(errors, path, FieldErrorKind::TypeInvalid, json!(found), detail);
    }
}

fn check_allowed(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let allowed = &node.checks.allowed;
    // Null is never found among the allowed values, even where it is listed.
    if allowed.is_empty() || (!value.is_null() && allowed.iter().any(|one| same(one, value))) {
        return;
    }
    let names: Vec<String> = allowed.iter().map(|one| json!(plain(one)).to_string()).collect();
    let detail = format!("supported values: {}", names.join(", "));
    push(errors, path, FieldErrorKind::NotSupported, value.clone(), detail);
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn passes(node: &Node, value: &Value, path: &mut String) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    validate(node, value, None, path, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn check_combinations(node: &Node, value: &Value, path: &mut String, errors: &mut Vec<FieldError>) {
    let checks = &node.checks;
    if !checks.any_of.is_empty() {
        let (good, best) = try_all(&checks.any_of, value, path);
        if good == 0 {
            push_nameless(
                errors,
                format!("\"{path}\" must validate at least one schema (anyOf)"),
            );
            errors.extend(best);
        }
    }
    if !checks.one_of.is_empty() {
        let (good, best) = try_all(&checks.one_of, value, path);
        let head = format!("\"{path}\" must validate one and only one schema (oneOf).");
        if good == 0 {
            push_nameless(errors, format!("{head} Found none valid"));
            errors.extend(best);
        } else if good > 1 {
            push_nameless(errors, format!("{head} Found {good} valid alternatives"));
        }
    }
    let before = errors.len();
    for schema in &checks.all_of {
        errors.extend(passes(schema, value, path).err().into_iter().flatten());
    }
    if errors.len() > before {
        push_nameless(
            errors,
            format!("\"{path}\" must validate all the schemas (allOf)"),
        );
    }
    if checks
        .not
        .as_ref()
        .is_some_and(|schema| passes(schema, value, path).is_ok())
    {
        push_nameless(errors, format!("\"{path}\" must not validate the schema (not)"));
    }
}

/// How many schemas accept the value, and the errors of the first that does not.
fn try_all(schemas: &[Node], value: &Value, path: &mut String) -> (usize, Vec<FieldError>) {
    let mut good = 0;
    let mut first: Option<Vec<FieldError>> = None;
    for schema in schemas {
        match passes(schema, value, path) {
            Ok(()) => good += 1,
            Err(found) => {
                first.get_or_insert(found);
            }
        }
    }
    (good, first.unwrap_or_default())
}

fn check_string(node: &Node, text: &str, path: &str, errors: &mut Vec<FieldError>) {
    let checks = &node.checks;
    let limits = checks.max_length.is_some() || checks.min_length.is_some();
    let length = if limits { text.chars().count() as u64 } else { 0 };
    if let Some(limit) = checks.max_length.filter(|limit| length > *limit) {
        push(
            errors,
            path,
            FieldErrorKind::TooLong,
            Value::Null,
            format!("may not be more than {limit} bytes"),
        );
    }
    if let Some(limit) = checks.min_length.filter(|limit| length < *limit) {
        let detail = format!("{path} in body should be at least {limit} chars long");
        push(errors, path, FieldErrorKind::Invalid, json!(text), detail);
    }
    if let Some((source, _)) = checks
        .pattern
        .as_ref()
        .filter(|(_, pattern)| !pattern.is_match(text))
    {
        push(
            errors,
            path,
            FieldErrorKind::Invalid,
            json!(text),
            format!("{path} in body should match '{source}'"),
        );
    }
    if !checks.format.is_empty() && !formats::fits(&checks.format, text) {
        let detail = format!(
            "{path} in body must be of type {}: {}",
            checks.format,
            json!(text)
        );
        push(errors, path, FieldErrorKind::TypeInvalid, json!(text), detail);
    }
}

fn check_number(node: &Node, number: &Number, path: &str, errors: &mut Vec<FieldError>) {
    let checks = &node.checks;
    let format = checks.format.as_str();
    if node.ty == Some(JsonType::Integer) {
        let fits = match format {
            "int32" => number
                .as_f64()
                .is_some_and(|float| float >= f64::from(i32::MIN) && float <= f64::from(i32::MAX)),
            _ => true,
        };
        if !is_whole(number) || !fits {
            let kind = if format.is_empty() {
                "integer (default format)".to_owned()
            } else {
                format!("integer with format {format}")
            };
            push_nameless(errors, format!("Checked value must be of type {kind} in {path}"));
            return;
        }
    }
    let value = number.as_f64().unwrap_or_default();
    let limit_of = |limit: &Number| limit.as_f64().unwrap_or_default();
    let mut fail = |words: String| {
        let detail = format!("{path} in body should be {words}");
        push(
            errors,
            path,
            FieldErrorKind::Invalid,
            Value::Number(number.clone()),
            detail,
        );
    };
    if let Some(of) = checks.multiple_of.as_ref().filter(|of| limit_of(of) != 0.0) {
        let quotient = value / limit_of(of);
        if quotient.fract() != 0.0 {
            fail(format!("a multiple of {of}"));
        }
    }
    match &checks.maximum {
        Some((limit, true)) if value >= limit_of(limit) => fail(format!("less than {limit}")),
        Some((limit, false)) if value > limit_of(limit) => fail(format!("less than or equal to {limit}")),
        _ => {}
    }
    match &checks.minimum {
        Some((limit, true)) if value <= limit_of(limit) => fail(format!("greater than {limit}")),
        Some((limit, false)) if value < limit_of(limit) => fail(format!("greater than or equal to {limit}")),
        _ => {}
    }
}

fn check_list(
    node: &Node,
    list: &[Value],
    old: Option<&Value>,
    path: &mut String,
    errors: &mut Vec<FieldError>,
) {
    let checks = &node.checks;
    let length = path.len();
    if let Some(items) = &node.items {
        for (i, child) in list.iter().enumerate() {
            path.push_str(&format!("[{i}]"));
            validate(items, child, counterpart(node, child, old), path, errors);
            path.truncate(length);
        }
    }
    let count = list.len() as u64;
    if let Some(limit) = checks.min_items.filter(|limit| count < *limit) {
        let detail = format!("{path} in body should have at least {limit} items");
        push(errors, path, FieldErrorKind::Invalid, json!(count), detail);
    }
    if let Some(limit) = checks.max_items.filter(|limit| count > *limit) {
        push(
            errors,
            path,
            FieldErrorKind::TooMany,
            json!(count),
            format!("must have at most {limit} items"),
        );
    }
    check_unique(node, list, path, errors);
}

/// The old element that an element of a list map corresponds to.
fn counterpart<'a>(node: &Node, child: &Value, old: Option<&'a Value>) -> Option<&'a Value> {
    if node.list_type != ListType::Map {
        return None;
    }
    let keys = |value: &Value| key_of(node, value);
    let wanted = keys(child);
    old?.as_array()?.iter().find(|element| keys(element) == wanted)
}

fn key_of(node: &Node, element: &Value) -> Value {
    let one = |key: &String| Some((key.clone(), element.get(key)?.clone()));
    Value::Object(node.list_map_keys.iter().filter_map(one).collect())
}

fn check_unique(node: &Node, list: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let mut seen = std::collections::HashSet::new();
    for (i, child) in list.iter().enumerate() {
        let identity = match node.list_type {
            ListType::Atomic => return,
            ListType::Set => child.clone(),
            ListType::Map if child.is_object() => key_of(node, child),
            ListType::Map => continue,
        };
        if !seen.insert(identity.to_string()) {
            push(
                errors,
                &format!("{path}[{i}]"),
                FieldErrorKind::Duplicate,
                identity,
                "",
            );
        }
    }
}

fn check_object(
    node: &Node,
    map: &serde_json::Map<String, Value>,
    old: Option<&Value>,
    path: &mut String,
    errors: &mut Vec<FieldError>,
) {
    let length = path.len();
    let step = |path: &mut String, key: &str| {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    };
    for key in node.required.iter().filter(|key| !map.contains_key(*key)) {
        step(path, key);
        errors.push(FieldError::required(path.clone(), ""));
        path.truncate(length);
    }
    for (key, child) in map {
        let schema = match (node.properties.get(key), &node.additional) {
            (Some(field), _) => field,
            (None, Additional::Schema(schema)) => schema,
            _ => continue,
        };
        step(path, key);
        validate(schema, child, old.and_then(|old| old.get(key)), path, errors);
        path.truncate(length);
    }
    let count = map.len() as u64;
    if let Some(limit) = node.checks.min_properties.filter(|limit| count < *limit) {
        let detail = format!("{path} in body should have at least {limit} properties");
        push(errors, path, FieldErrorKind::Invalid, json!(count), detail);
    }
    if let Some(limit) = node.checks.max_properties.filter(|limit| count > *limit) {
        push(
            errors,
            path,
            FieldErrorKind::TooMany,
            json!(count),
            format!("must have at most {limit} items"),
        );
    }
}
