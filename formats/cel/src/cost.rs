//! What the rules of a schema may cost at worst, as the API server estimates it before it takes a definition.
//!
//! Costs are the counts of cel-go: a selection or a name is 1, a call 1, texts a tenth of their length, and what is
//! repeated as often as its range is long. What the schema does not bound is as large as a request may be. Types are
//! followed as far as costs need them; what cannot be followed is taken for small, so that nothing is refused by mistake.

mod expression;
mod size;

use flux_schema::{Additional, FieldError, FieldErrorKind, JsonType, Node, Structural};

use crate::Program;
use size::REQUEST;

/// What one rule may cost, times the places that it is evaluated at.
const RULE: u64 = 10_000_000;
/// What all rules of a schema may cost together.
const ALL: u64 = 100_000_000;
/// How many rules are named when all cost too much.
const NAMED: usize = 4;

/// The errors of rules that cost too much. `path` is the place of the schema in its definition.
pub(crate) fn check(schema: &Structural, path: &str) -> Vec<FieldError> {
    let mut costs = Costs::default();
    costs.node(&schema.root, path, Some(1));
    let mut errors = costs.errors;
    if costs.total > ALL {
        costs.expensive.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
        for (_, at) in costs.expensive.into_iter().take(NAMED) {
            let why =
                "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
            errors.push(FieldError::without_value(at, FieldErrorKind::Forbidden, why));
        }
        let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
        let why = exceeds(what, costs.total, ALL);
        errors.push(FieldError::without_value(path, FieldErrorKind::Forbidden, why));
    }
    errors
}

fn exceeds(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
}

#[derive(Default)]
struct Costs {
    total: u64,
    /// Rules that cost at least a hundredth of what all may, with their places.
    expensive: Vec<(u64, String)>,
    errors: Vec<FieldError>,
}

impl Costs {
    /// `times`: how often the place may occur; none where nothing bounds that.
    fn node(&mut self, node: &Node, path: &str, times: Option<u64>) {
        let below = |own: Option<u64>| times.and_then(|times| own.map(|own| times.saturating_mul(own)));
        for (name, field) in &node.properties {
            self.node(field, &format!("{path}.properties[{name}]"), below(Some(1)));
        }
        if let Some(items) = &node.items {
            self.node(items, &format!("{path}.items"), below(node.checks.max_items));
        }
        if let Additional::Schema(values) = &node.additional {
            let at = format!("{path}.additionalProperties");
            self.node(values, &at, below(node.checks.max_properties));
        }
        // Where nothing bounds it, a place occurs as often as it fits into a request.
        let times = times.unwrap_or_else(|| REQUEST / (size::least_text(node) + 1));
        for (index, rule) in node.rules.iter().enumerate() {
            let at = format!("{path}.x-kubernetes-validations[{index}]");
            if let Ok(program) = Program::compile(&rule.rule) {
                let cost = expression::cost(&program, node).saturating_mul(times);
                self.observe("estimated rule cost", format!("{at}.rule"), cost);
            }
            if let Ok(program) = Program::compile(&rule.message_expression) {
                let cost = expression::cost(&program, node);
                self.observe(
                    "estimated messageExpression cost",
                    format!("{at}.messageExpression"),
                    cost,
                );
            }
        }
    }

    fn observe(&mut self, what: &str, at: String, cost: u64) {
        if cost > RULE {
            let why = exceeds(what, cost, RULE);
            self.errors.push(FieldError::without_value(
                at.as_str(),
                FieldErrorKind::Forbidden,
                why,
            ));
        }
        self.total = self.total.saturating_add(cost);
        if cost >= ALL / 100 {
            self.expensive.push((cost, at));
        }
    }
}

/// Whether a place holds a structure of known fields.
fn is_structure(node: &Node) -> bool {
    node.ty == Some(JsonType::Object) && !matches!(node.additional, Additional::Schema(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    /// The estimated cost of a rule on a field `x`.
    fn check_cost(field: Json, rule: &str, expect: u64) {
        let schema = json!({"type": "object", "properties": {"x": field}});
        let schema = Structural::from_openapi_v3(&schema).unwrap();
        let program = Program::compile(rule).unwrap();
        assert_eq!(
            expression::cost(&program, &schema.root.properties["x"]),
            expect,
            "{rule}"
        );
    }

    #[test]
    fn expressions() {
        let text = json!({"type": "string", "maxLength": 10});
        check_cost(text.clone(), "self == 'abcdefghijk'", 3);
        check_cost(text.clone(), "self.size() > 1", 3);
        check_cost(text.clone(), "self.startsWith('a')", 2);
        check_cost(text.clone(), "self.matches('^a$')", 6);
        check_cost(json!({"type": "integer"}), "self > 1 && self < 5", 4);
        let structure = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": text}});
        check_cost(structure.clone(), "self.a > 1", 3);
        check_cost(structure.clone(), "has(self.a)", 1);
        check_cost(structure.clone(), "!has(self.a) || self.a == 1", 4);
        check_cost(structure, "self.a > 1 ? self.b == 'x' : true", 6);
        let list = json!({"type": "array", "maxItems": 5, "items": {"type": "integer"}});
        check_cost(list.clone(), "self.all(i, i > 0)", 27);
        check_cost(list, "self.exists(i, i == 0)", 27);
        let unbounded = json!({"type": "array", "items": {"type": "string"}});
        check_cost(unbounded, "self.all(i, i == i)", 329_858_626_352);
    }

    fn check_factor(schema: Json, expect: &[&str]) {
        let schema = json!({"type": "object", "properties": {"x": schema}});
        let schema = Structural::from_openapi_v3(&schema).unwrap();
        let errors: Vec<String> = check(&schema, "s").iter().map(ToString::to_string).collect();
        let short: Vec<String> = errors
            .iter()
            .map(|error| error.split(" (try").next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(short, expect);
    }

    #[test]
    fn schemas() {
        let rule = |rule: &str| json!([{"rule": rule}]);
        check_factor(
            json!({"type": "string", "x-kubernetes-validations": rule("self.matches('.*')")}),
            &[],
        );
        check_factor(
            json!({"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 100, "x-kubernetes-validations": rule("self.matches('.*')")}}),
            &[],
        );
        check_factor(
            json!({"type": "array", "items": {"type": "string", "x-kubernetes-validations": rule("self.matches('.*')")}}),
            &[
                "s.properties[x].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x",
                "s.properties[x].items.x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
                "s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x",
            ],
        );
        check_factor(
            json!({"type": "array", "maxItems": 40, "items": {"type": "string", "x-kubernetes-validations": rule("self.matches('.*')")}}),
            &[
                "s.properties[x].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.258296x",
            ],
        );
    }
}
