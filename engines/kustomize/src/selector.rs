//! Which objects a patch, replacement or transformer is for.

use regex::Regex;

use crate::error::Error;
use crate::id::Gvk;
use crate::resource::Resource;

/// A selector as it is written: regular expressions for the parts of the id, Kubernetes selectors for the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotations: String,
    pub(crate) labels: String,
}

/// An anchored regular expression; the empty one matches anything.
#[derive(Clone, Debug)]
enum Pattern {
    Any,
    Text(String),
    Regex(Regex),
}

impl Pattern {
    fn new(pattern: &str) -> Result<Self, Error> {
        if pattern.is_empty() {
            return Ok(Pattern::Any);
        }
        if pattern
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/'))
        {
            return Ok(Pattern::Text(pattern.to_owned()));
        }
        Regex::new(&format!("^(?:{pattern})$"))
            .map(Pattern::Regex)
            .map_err(|error| Error::invalid(format!("{pattern:?} is not a regular expression: {error}")))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Text(wanted) => wanted == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A selector ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    annotations: Requirements,
    labels: Requirements,
    /// Whether no part of the id is given.
    pub(crate) id_is_empty: bool,
}

impl Selector {
    pub(crate) fn compile(&self) -> Result<Matcher, Error> {
        Ok(Matcher {
            group: Pattern::new(&self.gvk.group)?,
            version: Pattern::new(&self.gvk.version)?,
            kind: Pattern::new(&self.gvk.kind)?,
            name: Pattern::new(&self.name)?,
            namespace: Pattern::new(&self.namespace)?,
            annotations: Requirements::parse(&self.annotations)?,
            labels: Requirements::parse(&self.labels)?,
            id_is_empty: self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty(),
        })
    }
}

impl Matcher {
    pub(crate) fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.kind.matches(&gvk.kind) && self.group.matches(&gvk.group) && self.version.matches(&gvk.version)
    }

    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.name.matches(name)
    }

    pub(crate) fn matches_namespace(&self, namespace: &str) -> bool {
        self.namespace.matches(namespace)
    }

    pub(crate) fn matches_annotations(&self, resource: &Resource) -> bool {
        self.annotations.match_all(|key| resource.annotation(key))
    }

    pub(crate) fn matches_labels(&self, resource: &Resource) -> bool {
        self.labels.match_all(|key| {
            resource
                .labels()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value)
        })
    }

    pub(crate) fn has_metadata_selector(&self) -> bool {
        !self.annotations.0.is_empty() || !self.labels.0.is_empty()
    }

    /// Whether the object has, or was loaded with, the name and namespace that are asked for, and fits the rest.
    pub(crate) fn matches(&self, resource: &Resource) -> bool {
        let id = resource.id();
        let original = resource.original_id();
        (self.matches_namespace(original.effective_namespace())
            || self.matches_namespace(id.effective_namespace()))
            && (self.matches_name(&original.name) || self.matches_name(&id.name))
            && self.matches_gvk(&id.gvk)
            && self.matches_labels(resource)
            && self.matches_annotations(resource)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Greater(String, i64),
    Less(String, i64),
}

/// A label or annotation selector: all requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Requirements(Vec<Requirement>);

impl Requirements {
    fn parse(text: &str) -> Result<Self, Error> {
        let bad = |part: &str| Error::invalid(format!("{text:?} is not a selector: cannot read {part:?}"));
        split_outside_parens(text)
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| parse_requirement(part).ok_or_else(|| bad(part)))
            .collect::<Result<_, _>>()
            .map(Requirements)
    }

    fn match_all<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Missing(key) => value(key).is_none(),
            Requirement::In(key, wanted) => {
                value(key).is_some_and(|value| wanted.iter().any(|one| one == value))
            }
            Requirement::NotIn(key, refused) => {
                value(key).is_none_or(|value| refused.iter().all(|one| one != value))
            }
            Requirement::Greater(key, bound) => value(key)
                .and_then(|value| value.parse().ok())
                .is_some_and(|value: i64| value > *bound),
            Requirement::Less(key, bound) => value(key)
                .and_then(|value| value.parse().ok())
                .is_some_and(|value: i64| value < *bound),
        })
    }
}

fn split_outside_parens(text: &str) -> Vec<&str> {
    let mut depth = 0i32;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn parse_requirement(part: &str) -> Option<Requirement> {
    let is_key = |key: &str| {
        !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
    };
    let key = |key: &str| is_key(key.trim()).then(|| key.trim().to_owned());
    if let Some(rest) = part.strip_prefix('!') {
        return Some(Requirement::Missing(key(rest)?));
    }
    if let Some((name, value)) = part.split_once("!=") {
        return Some(Requirement::NotIn(key(name)?, vec![value.trim().to_owned()]));
    }
    if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some(Requirement::In(key(name)?, vec![value.trim().to_owned()]));
    }
    if let Some((name, value)) = part.split_once('>') {
        return Some(Requirement::Greater(key(name)?, value.trim().parse().ok()?));
    }
    if let Some((name, value)) = part.split_once('<') {
        return Some(Requirement::Less(key(name)?, value.trim().parse().ok()?));
    }
    let Some((head, set)) = part.split_once('(') else {
        return Some(Requirement::Exists(key(part)?));
    };
    let values = set
        .trim_end()
        .strip_suffix(')')?
        .split(',')
        .map(|value| value.trim().to_owned())
        .collect();
    let (name, operator) = head.trim().rsplit_once(char::is_whitespace)?;
    match operator {
        "in" => Some(Requirement::In(key(name)?, values)),
        "notin" => Some(Requirement::NotIn(key(name)?, values)),
        _ => None,
    }
}
