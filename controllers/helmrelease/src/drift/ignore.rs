//! What may change without being drift.

use flux_api::helmrelease::IgnoreRule;
use flux_api::kustomization::Selector;
use flux_object::{Gvk, meta};
use regex::Regex;
use serde_json::Value;

/// An object with this label or annotation is left alone.
pub(crate) const KEY: &str = "helm.toolkit.fluxcd.io/driftDetection";
const DISABLED: &str = "disabled";

/// The rules of an object, ready to be matched.
pub(crate) struct Rules(Vec<(Option<Matcher>, Vec<String>)>);

impl Rules {
    pub(crate) fn compile(rules: &[IgnoreRule]) -> Result<Self, String> {
        let compiled = rules.iter().map(|rule| {
            let matcher = rule.target.as_ref().map(Matcher::compile).transpose()?;
            Ok((matcher, rule.paths.clone()))
        });
        let compiled: Result<_, String> = compiled.collect();
        Ok(Rules(compiled.map_err(|error| {
            format!("failed to create ignore rule selector: {error}")
        })?))
    }

    /// Pointers that do not count in an object; `None` when nothing of it counts.
    pub(crate) fn paths(&self, object: &Value) -> Option<Vec<&str>> {
        if is_excluded(object) {
            return None;
        }
        let rules = self
            .0
            .iter()
            .filter(|(matcher, _)| matcher.as_ref().is_none_or(|matcher| matcher.matches(object)));
        let paths: Vec<&str> = rules.flat_map(|(_, paths)| paths).map(String::as_str).collect();
        (!paths.contains(&"")).then_some(paths)
    }
}

/// Whether an object itself says that it may change.
pub(crate) fn is_excluded(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let says = |map: &str| {
        metadata[map][KEY]
            .as_str()
            .is_some_and(|value| value.eq_ignore_ascii_case(DISABLED))
    };
    says("labels") || says("annotations")
}

/// Takes a field away, where it is.
pub(crate) fn without(object: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.remove(&last);
        }
        Some(Value::Array(items)) => {
            if let Ok(index) = last.parse::<usize>()
                && index < items.len()
            {
                items.remove(index);
            }
        }
        _ => {}
    }
}

struct Matcher {
    /// Group, version, kind, namespace, name.
    patterns: [Option<Regex>; 5],
    annotations: Vec<Requirement>,
    labels: Vec<Requirement>,
}

impl Matcher {
    fn compile(selector: &Selector) -> Result<Self, String> {
        let pattern = |text: &str| {
            if text.is_empty() {
                return Ok(None);
            }
            Regex::new(&format!("^(?:{text})$"))
                .map(Some)
                .map_err(|error| error.to_string())
        };
        Ok(Matcher {
            patterns: [
                pattern(&selector.group)?,
                pattern(&selector.version)?,
                pattern(&selector.kind)?,
                pattern(&selector.namespace)?,
                pattern(&selector.name)?,
            ],
            annotations: requirements(&selector.annotation_selector)?,
            labels: requirements(&selector.label_selector)?,
        })
    }

    fn matches(&self, object: &Value) -> bool {
        let gvk = Gvk::of(object);
        let texts = [
            gvk.group.as_str(),
            gvk.version.as_str(),
            gvk.kind.as_str(),
            meta::namespace(object),
            meta::name(object),
        ];
        let fits = |(pattern, text): (&Option<Regex>, &str)| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        let metadata = &object["metadata"];
        self.patterns.iter().zip(texts).all(fits)
            && self
                .annotations
                .iter()
                .all(|requirement| requirement.holds(&metadata["annotations"]))
            && self
                .labels
                .iter()
                .all(|requirement| requirement.holds(&metadata["labels"]))
    }
}

/// A part of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    /// Values it must be one of; none to ask only whether there is one.
    values: Vec<String>,
    negated: bool,
}

impl Requirement {
    fn holds(&self, map: &Value) -> bool {
        let value = map[&self.key].as_str();
        let found = match value {
            Some(value) => self.values.is_empty() || self.values.iter().any(|wanted| wanted == value),
            None => false,
        };
        found != self.negated
    }
}

/// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
fn requirements(selector: &str) -> Result<Vec<Requirement>, String> {
    let mut rest = selector.trim();
    let mut requirements = Vec::new();
    while !rest.is_empty() {
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        });
        let (part, next) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        requirements
            .push(requirement(part.trim()).ok_or_else(|| format!("unable to parse requirement: {part:?}"))?);
        rest = next.trim();
    }
    Ok(requirements)
}

fn requirement(part: &str) -> Option<Requirement> {
    let (negated, key, values) = if let Some((left, list)) = part.split_once('(') {
        let list = list.strip_suffix(')')?;
        let mut words = left.split_whitespace();
        let key = words.next()?;
        let negated = match words.next()? {
            "in" => false,
            "notin" => true,
            _ => return None,
        };
        (negated, key, list.split(',').map(str::trim).collect())
    } else if let Some((key, value)) = part.split_once("!=") {
        (true, key, vec![value.trim()])
    } else if let Some((key, value)) = part.split_once('=') {
        (false, key, vec![value.trim_start_matches('=').trim()])
    } else if let Some(key) = part.strip_prefix('!') {
        (true, key, Vec::new())
    } else {
        (false, part, Vec::new())
    };
    let key = key.trim();
    let is_word = !key.is_empty() && !key.contains(char::is_whitespace);
    is_word.then(|| Requirement {
        key: key.to_owned(),
        values: values.into_iter().map(str::to_owned).collect(),
        negated,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(rules: Value, expect: Option<&[&str]>) {
        let rules: Vec<IgnoreRule> = serde_json::from_value(rules).unwrap();
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "ns", "labels": {"app": "web", "tier": "front"}},
        });
        let rules = Rules::compile(&rules).unwrap();
        assert_eq!(rules.paths(&object).as_deref(), expect);
    }

    #[test]
    fn rules_match_by_target() {
        check(json!([]), Some(&[]));
        check(json!([{"paths": ["/spec/replicas"]}]), Some(&["/spec/replicas"]));
        check(
            json!([{"paths": ["/a"], "target": {"kind": "Deploy.*", "name": "web"}}]),
            Some(&["/a"]),
        );
        check(
            json!([{"paths": ["/a"], "target": {"kind": "Deploy"}}]),
            Some(&[]),
        );
        check(
            json!([{"paths": ["/a"], "target": {"labelSelector": "app=web,tier in (front,back),!gone"}}]),
            Some(&["/a"]),
        );
        check(
            json!([{"paths": ["/a"], "target": {"labelSelector": "app!=web"}}]),
            Some(&[]),
        );
        check(
            json!([{"paths": ["/a"], "target": {"labelSelector": "app notin (web)"}}]),
            Some(&[]),
        );
        check(
            json!([{"paths": [""], "target": {"group": "apps", "version": "v1"}}]),
            None,
        );
    }

    #[test]
    fn selectors_must_be_readable() {
        assert!(requirements("a in b(").is_err());
        assert!(requirements("a b").is_err());
        assert_eq!(requirements(" ").unwrap(), []);
    }

    #[test]
    fn a_field_is_taken_away() {
        let mut object = json!({"spec": {"a/b": 1, "list": [1, 2]}});
        for pointer in ["/spec/a~1b", "/spec/list/0", "/spec/none/x", "/spec/list/9"] {
            without(&mut object, pointer);
        }
        assert_eq!(object, json!({"spec": {"list": [2]}}));
    }
}
