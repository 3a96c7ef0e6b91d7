//! The fields of the schemas in a custom resource definition: what upstream's type does not have is dropped.

use serde_json::Value;

const KNOWN: [&str; 43] = [
    "id",
    "$schema",
    "$ref",
    "description",
    "type",
    "format",
    "title",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "enum",
    "maxProperties",
    "minProperties",
    "required",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "properties",
    "additionalProperties",
    "patternProperties",
    "dependencies",
    "additionalItems",
    "definitions",
    "externalDocs",
    "example",
    "nullable",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

const RULES: &str = "x-kubernetes-validations";
const OF_RULES: [&str; 6] = [
    "rule",
    "message",
    "messageExpression",
    "reason",
    "fieldPath",
    "optionalOldSelf",
];

/// Drop unknown fields from the schemas of a definition; gives their paths.
pub(crate) fn prune(definition: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    let versions = definition["spec"]
        .get_mut("versions")
        .and_then(Value::as_array_mut);
    for (index, version) in versions.into_iter().flatten().enumerate() {
        let schema = version.get_mut("schema").and_then(Value::as_object_mut);
        if let Some(schema) = schema.and_then(|schema| schema.get_mut("openAPIV3Schema")) {
            let at = format!("spec.versions[{index}].schema.openAPIV3Schema");
            walk(schema, &at, &mut Some(&mut unknown));
        }
    }
    unknown
}

/// `unknown` is absent where upstream reads by itself, and notices nothing.
fn walk(schema: &mut Value, at: &str, unknown: &mut Option<&mut Vec<String>>) {
    let Some(map) = schema.as_object_mut() else { return };
    map.retain(|name, value| {
        let at = format!("{at}.{name}");
        let known = KNOWN.contains(&name.as_str()) || name == RULES;
        if !known && let Some(unknown) = unknown {
            unknown.push(at.clone());
        }
        member(name, value, &at, unknown);
        known
    });
}

fn member(name: &str, value: &mut Value, at: &str, unknown: &mut Option<&mut Vec<String>>) {
    match (name, value) {
        ("properties" | "patternProperties" | "definitions", Value::Object(map)) => {
            for (name, schema) in map {
                walk(schema, &format!("{at}.{name}"), unknown);
            }
        }
        ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
            for (index, schema) in list.iter_mut().enumerate() {
                walk(schema, &format!("{at}[{index}]"), unknown);
            }
        }
        ("not", schema) => walk(schema, at, unknown),
        ("items" | "additionalItems", Value::Array(list)) => {
            list.iter_mut().for_each(|schema| walk(schema, at, &mut None));
        }
        ("items" | "additionalItems" | "additionalProperties", schema) => walk(schema, at, &mut None),
        ("dependencies", Value::Object(map)) => {
            map.values_mut().for_each(|schema| walk(schema, at, &mut None));
        }
        (RULES, Value::Array(list)) => {
            for (index, rule) in list.iter_mut().enumerate() {
                let Some(map) = rule.as_object_mut() else { continue };
                map.retain(|name, _| {
                    let known = OF_RULES.contains(&name.as_str());
                    if !known && let Some(unknown) = unknown {
                        unknown.push(format!("{at}[{index}].{name}"));
                    }
                    known
                });
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: Value, left: Value, unknown: &[&str]) {
        let mut definition = json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}});
        let found: Vec<String> = prune(&mut definition)
            .iter()
            .map(|path| path.replace("spec.versions[0].schema.openAPIV3Schema.", ""))
            .collect();
        assert_eq!(found, unknown);
        assert_eq!(
            definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"],
            left
        );
    }

    #[test]
    fn unknown_fields() {
        check(json!({"type": "object"}), json!({"type": "object"}), &[]);
        check(
            json!({"properties": {"a": {"writeOnly": true}, "readOnly": {"type": "string"}}}),
            json!({"properties": {"a": {}, "readOnly": {"type": "string"}}}),
            &["properties.a.writeOnly"],
        );
        check(
            json!({"items": {"readOnly": true}, "default": {"any": 1}}),
            json!({"items": {}, "default": {"any": 1}}),
            &[],
        );
        check(
            json!({"allOf": [{"x": 1}], "x-kubernetes-validations": [{"rule": "true", "why": ""}]}),
            json!({"allOf": [{}], "x-kubernetes-validations": [{"rule": "true"}]}),
            &["allOf[0].x", "x-kubernetes-validations[0].why"],
        );
    }
}
