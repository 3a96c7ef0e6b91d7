//! The rules of a structural schema (`x-kubernetes-validations`).

use std::sync::Arc;

use cel::Value;
use cel::objects::OptionalValue;
use flux_schema::{Additional, FieldError, FieldErrorKind, JsonType, ListType, Node, Rule, Structural};
use serde_json::Value as Json;

use crate::Program;
use crate::typed::typed;

/// What came of checking an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Rules that fail.
    pub errors: Vec<FieldError>,
    /// Rules that fail for what the update did not change: they are told, and do not refuse the update.
    pub warnings: Vec<FieldError>,
}

/// The rules of a schema, compiled.
#[derive(Debug, Default)]
pub struct Rules(Option<Place>);

/// The rules at one place of the schema and below it.
#[derive(Debug)]
struct Place {
    rules: Vec<Compiled>,
    properties: Vec<(String, Place)>,
    elements: Option<Box<Place>>,
}

#[derive(Debug)]
struct Compiled {
    rule: Rule,
    program: Result<Program, String>,
    message: Option<Program>,
    uses_old: bool,
}

impl Rules {
    /// Compile the rules of a schema. A rule that cannot be compiled fails whenever it is evaluated.
    pub fn of(schema: &Structural) -> Self {
        Self(place(&schema.root))
    }

    /// Check an object, and its change if `old` is given. The object must fit the schema.
    pub fn check(&self, schema: &Structural, object: &Json, old: Option<&Json>) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(place) = &self.0 {
            walk(place, &schema.root, object, old, &mut String::new(), &mut outcome);
        }
        outcome
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

fn place(node: &Node) -> Option<Place> {
    if !node.has_rules() {
        return None;
    }
    let properties = node.properties.iter();
    let elements = match (&node.items, &node.additional) {
        (Some(items), _) => place(items),
        (None, Additional::Schema(values)) => place(values),
        _ => None,
    };
    Some(Place {
        rules: node.rules.iter().map(Compiled::new).collect(),
        properties: properties
            .filter_map(|(name, node)| Some((name.clone(), place(node)?)))
            .collect(),
        elements: elements.map(Box::new),
    })
}

impl Compiled {
    fn new(rule: &Rule) -> Self {
        let program = Program::compile(&rule.rule).map_err(|error| error.message);
        let text = rule.message_expression.trim();
        Self {
            uses_old: program.as_ref().is_ok_and(|program| program.uses("oldSelf")),
            message: (!text.is_empty()).then(|| Program::compile(text).ok()).flatten(),
            program,
            rule: rule.clone(),
        }
    }
}

fn walk(
    place: &Place,
    node: &Node,
    value: &Json,
    old: Option<&Json>,
    path: &mut String,
    outcome: &mut Outcome,
) {
    if value.is_null() {
        return;
    }
    for compiled in &place.rules {
        if let Some(error) = compiled.failure(node, value, old, path) {
            if old == Some(value) && !compiled.uses_old {
                outcome.warnings.push(error);
            } else {
                outcome.errors.push(error);
            }
        }
    }
    let length = path.len();
    match value {
        Json::Object(map) => {
            for (name, below) in &place.properties {
                let (Some(child), Some(field)) = (map.get(name), node.properties.get(name)) else {
                    continue;
                };
                step(path, name);
                walk(
                    below,
                    field,
                    child,
                    old.and_then(|old| old.get(name)),
                    path,
                    outcome,
                );
                path.truncate(length);
            }
            if let (Some(below), Additional::Schema(elem)) = (&place.elements, &node.additional) {
                for (key, child) in map {
                    step(path, key);
                    walk(
                        below,
                        elem,
                        child,
                        old.and_then(|old| old.get(key)),
                        path,
                        outcome,
                    );
                    path.truncate(length);
                }
            }
        }
        Json::Array(items) => {
            if let (Some(below), Some(elem)) = (&place.elements, &node.items) {
                for (index, child) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    walk(below, elem, child, counterpart(node, child, old), path, outcome);
                    path.truncate(length);
                }
            }
        }
        _ => {}
    }
}

fn step(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// The old element that an element of a list map corresponds to; elements of other lists correspond to none.
fn counterpart<'a>(node: &Node, child: &Json, old: Option<&'a Json>) -> Option<&'a Json> {
    if node.list_type != ListType::Map {
        return None;
    }
    let key = |element: &'_ Json| -> Vec<Json> {
        node.list_map_keys
            .iter()
            .map(|key| element.get(key).cloned().unwrap_or_default())
            .collect()
    };
    let wanted = key(child);
    old?.as_array()?.iter().find(|element| key(element) == wanted)
}

impl Compiled {
    /// The error of a rule that does not hold.
    fn failure(&self, node: &Node, value: &Json, old: Option<&Json>, path: &str) -> Option<FieldError> {
        let old = old.filter(|old| !old.is_null());
        if self.uses_old && old.is_none() && !self.rule.optional_old_self {
            return None;
        }
        let error = |detail: String| {
            let shown = match node.ty {
                // Objects and lists are not shown.
                Some(JsonType::Object | JsonType::Array) => None,
                _ => Some(value.clone()),
            };
            Some(self.error(path, shown, detail))
        };
        let program = match &self.program {
            Ok(program) => program,
            Err(why) => return error(format!("rule compile error: compilation failed: {why}")),
        };
        let variables = || {
            let mut variables = vec![("self", typed(node, value))];
            if self.rule.optional_old_self {
                let old = old.map(|old| typed(node, old));
                let optional = old.map_or_else(OptionalValue::none, OptionalValue::of);
                variables.push(("oldSelf", Value::Opaque(Arc::new(optional))));
            } else if let Some(old) = old {
                variables.push(("oldSelf", typed(node, old)));
            }
            variables
        };
        let named = || {
            let rule = self.rule.rule.trim();
            if self.rule.message.is_empty() {
                rule.to_owned()
            } else {
                self.rule.message.clone()
            }
        };
        match program.run(variables()) {
            Ok(Value::Bool(true)) => None,
            Ok(Value::Bool(false)) => {
                let made = self
                    .message
                    .as_ref()
                    .and_then(|message| match message.run(variables()) {
                        Ok(Value::String(text)) => Some(text.trim().to_owned()),
                        _ => None,
                    });
                let made = made.filter(|text| !text.is_empty() && !text.contains('\n'));
                let plain = || match self.rule.message.trim() {
                    "" => format!("failed rule: {}", self.rule.rule.trim()),
                    message => message.to_owned(),
                };
                error(made.unwrap_or_else(plain))
            }
            Ok(_) => error(format!("unexpected non-bool result evaluating rule: {}", named())),
            Err(failed) if failed.message.starts_with("no such overload") => error(format!(
                "'{}': call arguments did not match a supported operator, function or macro signature for rule: {}",
                failed.message,
                named()
            )),
            Err(failed) => error(format!("{} evaluating rule: {}", failed.message, named())),
        }
    }

    fn error(&self, path: &str, value: Option<Json>, detail: String) -> FieldError {
        let path = format!("{path}{}", self.rule.field_path);
        let path = path.strip_prefix('.').unwrap_or(&path).to_owned();
        let kind = match self.rule.reason.as_str() {
            "FieldValueRequired" => FieldErrorKind::Required,
            "FieldValueForbidden" => FieldErrorKind::Forbidden,
            "FieldValueDuplicate" => FieldErrorKind::Duplicate,
            _ => FieldErrorKind::Invalid,
        };
        match value {
            Some(value) => FieldError::new(path, kind, value, detail),
            None => FieldError::without_value(path, kind, detail),
        }
    }
}

/// What is wrong with the rules of a schema, before any object is there: they do not compile, are no conditions, or may
/// cost too much.
/// `path` is the place of the schema in its definition.
pub fn check(schema: &Structural, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_node(&schema.root, path, &mut errors);
    errors.extend(crate::cost::check(schema, path));
    errors
}

fn check_node(node: &Node, path: &str, errors: &mut Vec<FieldError>) {
    for (index, rule) in node.rules.iter().enumerate() {
        let at = format!("{path}.x-kubernetes-validations[{index}]");
        check_rule(node, rule, &at, errors);
    }
    for (name, field) in &node.properties {
        check_node(field, &format!("{path}.properties[{name}]"), errors);
    }
    if let Some(items) = &node.items {
        check_node(items, &format!("{path}.items"), errors);
    }
    if let Additional::Schema(values) = &node.additional {
        check_node(values, &format!("{path}.additionalProperties"), errors);
    }
}

fn check_rule(node: &Node, rule: &Rule, at: &str, errors: &mut Vec<FieldError>) {
    if rule.rule.trim().is_empty() {
        return;
    }
    let mut invalid = |field: &str, detail: String| {
        let detail = format!("{}: {detail}", shown(rule));
        errors.push(FieldError::without_value(
            format!("{at}.{field}"),
            FieldErrorKind::Invalid,
            detail,
        ));
    };
    match Program::compile(&rule.rule) {
        Err(error) => invalid("rule", format!("compilation failed: {}", error.message)),
        Ok(program) if is_no_condition(&program, node) => {
            invalid("rule", "cel expression must evaluate to a bool".into());
        }
        Ok(program) if rule.optional_old_self && !program.uses("oldSelf") => {
            invalid(
                "optionalOldSelf",
                "option should only be set for rules which reference `oldSelf`".into(),
            );
        }
        Ok(_) => {}
    }
    if !rule.message_expression.trim().is_empty()
        && let Err(error) = Program::compile(&rule.message_expression)
    {
        invalid(
            "messageExpression",
            format!("messageExpression compilation failed: {}", error.message),
        );
    }
}

/// A rule as the API server shows it: the fields in the order of their type.
fn shown(rule: &Rule) -> String {
    let quoted = |text: &str| Json::from(text).to_string();
    let reason = match rule.reason.as_str() {
        "" => "null".to_owned(),
        reason => quoted(reason),
    };
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{reason},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        quoted(&rule.rule),
        quoted(&rule.message),
        quoted(&rule.message_expression),
        quoted(&rule.field_path),
        if rule.optional_old_self { "true" } else { "null" }
    )
}

/// Whether an expression surely gives something else than true or false.
fn is_no_condition(program: &Program, node: &Node) -> bool {
    use cel::common::ast::Expr;
    match program.expression() {
        Expr::Ident(name) => name == "self" && node.ty.is_some_and(|ty| ty != JsonType::Boolean),
        Expr::List(_) | Expr::Map(_) => true,
        Expr::Literal(literal) => !matches!(literal, cel::common::ast::LiteralValue::Boolean(_)),
        Expr::Call(call) => matches!(
            call.func_name.as_str(),
            "_+_" | "_-_" | "_*_" | "_/_" | "_%_" | "-_" | "size"
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The messages of the errors of one rule on a field `x` of this schema.
    fn check_one(schema: Json, rule: Json, value: Json, old: Option<Json>, expect: &[&str]) {
        let mut field = schema;
        field["x-kubernetes-validations"] = json!([rule]);
        let schema = json!({"type": "object", "properties": {"x": field}});
        let schema = Structural::from_openapi_v3(&schema).unwrap();
        let old = old.map(|old| json!({"x": old}));
        let outcome = Rules::of(&schema).check(&schema, &json!({"x": value}), old.as_ref());
        let errors: Vec<String> = outcome.errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors, expect, "{rule}");
    }

    fn text() -> Json {
        json!({"type": "string"})
    }

    fn number() -> Json {
        json!({"type": "integer"})
    }

    #[test]
    fn rules_hold_or_fail() {
        check_one(
            text(),
            json!({"rule": "self.startsWith('a')"}),
            json!("ab"),
            None,
            &[],
        );
        check_one(
            text(),
            json!({"rule": "self.startsWith('a')"}),
            json!("b"),
            None,
            &["x: Invalid value: \"b\": failed rule: self.startsWith('a')"],
        );
        check_one(
            number(),
            json!({"rule": "self > 1", "message": "too small"}),
            json!(1),
            None,
            &["x: Invalid value: 1: too small"],
        );
        check_one(
            number(),
            json!({"rule": "self > 1", "messageExpression": "'got ' + string(self)"}),
            json!(1),
            None,
            &["x: Invalid value: 1: got 1"],
        );
        check_one(
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b-c": {"type": "string"}}}),
            json!({"rule": "has(self.a) != has(self.b__dash__c)", "reason": "FieldValueForbidden", "fieldPath": ".a", "message": "one"}),
            json!({}),
            None,
            &["x.a: Forbidden: one"],
        );
        check_one(
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"rule": "self.all(i, size(i) < 2)", "message": "long"}),
            json!(["ab"]),
            None,
            &["x: Invalid value: long"],
        );
        check_one(
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"rule": "self.all(k, self[k] > 0)", "message": "m"}),
            json!({"a": 0}),
            None,
            &["x: Invalid value: m"],
        );
        check_one(
            json!({"x-kubernetes-int-or-string": true}),
            json!({"rule": "type(self) == int || self == '1'"}),
            json!("1"),
            None,
            &[],
        );
        check_one(
            json!({"type": "string", "format": "date-time"}),
            json!({"rule": "self > timestamp('2020-01-01T00:00:00Z')"}),
            json!("2021-01-01T00:00:00Z"),
            None,
            &[],
        );
        check_one(
            json!({"type": "string", "format": "duration"}),
            json!({"rule": "self < duration('1h')"}),
            json!("1m"),
            None,
            &[],
        );
    }

    #[test]
    fn changes_are_checked() {
        let fixed = || json!({"rule": "self == oldSelf", "message": "fixed"});
        check_one(text(), fixed(), json!("a"), None, &[]);
        check_one(text(), fixed(), json!("a"), Some(json!("a")), &[]);
        check_one(
            text(),
            fixed(),
            json!("b"),
            Some(json!("a")),
            &["x: Invalid value: \"b\": fixed"],
        );
        let first = || json!({"rule": "oldSelf.hasValue() || self == 'init'", "optionalOldSelf": true, "message": "first"});
        check_one(text(), first(), json!("init"), None, &[]);
        check_one(
            text(),
            first(),
            json!("a"),
            None,
            &["x: Invalid value: \"a\": first"],
        );
        check_one(text(), first(), json!("a"), Some(json!("init")), &[]);
        // What was wrong before stays allowed as long as it is not touched.
        check_one(
            text(),
            json!({"rule": "self == 'a'"}),
            json!("b"),
            Some(json!("b")),
            &[],
        );
    }

    #[test]
    fn kubernetes_functions() {
        for rule in [
            "[1, 2].sum() == 3",
            "[2, 1].min() == 1",
            "[1, 3, 2].max() == 3",
            "[1, 2, 3].isSorted()",
            "'abc 123'.find('[0-9]+') == '123'",
            "'a1b2'.findAll('[0-9]').size() == 2",
            "sets.contains([1, 2], [1])",
            "isQuantity('1Gi') && quantity('1Gi').isGreaterThan(quantity('1M'))",
            "isURL('https://x/y') && !isURL('x')",
            "isIP('10.0.0.1') && !isIP('10.0.0')",
            "isCIDR('10.0.0.0/8')",
            "[1, 2, 1].lastIndexOf(1) == 2",
            "'a,b'.split(',').size() == 2",
        ] {
            check_one(text(), json!({"rule": rule}), json!("a"), None, &[]);
        }
    }
}
