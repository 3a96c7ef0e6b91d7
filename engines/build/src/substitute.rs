//! Variables in built objects.

use std::collections::BTreeMap;

use flux_envsubst::{Limits, Mode, is_valid_name, substitute};
use flux_kustomize::Place;
use flux_object::{marks, meta};
use flux_yaml::json::{Duplicates, json_to_yaml, parse_json};
use serde_json::{Value, json};

use crate::error::{PostBuildCause, PostBuildError};

/// The variables of a build: those of `substituteFrom` in the order of the list, then the inline ones; later ones win.
/// Line breaks in values are dropped, as Flux does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
}

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Variables::default()
    }

    /// Adds variables, which win over those that are there.
    pub fn extend<'a>(&mut self, more: impl IntoIterator<Item = (&'a String, &'a String)>) {
        let cleaned = more
            .into_iter()
            .map(|(name, value)| (name.clone(), value.replace('\n', "")));
        self.values.extend(cleaned);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first name that no expression can have.
    pub(crate) fn invalid_name(&self) -> Option<&str> {
        self.values
            .keys()
            .map(String::as_str)
            .find(|name| !is_valid_name(name))
    }

    fn run(&self, text: &str, mode: Mode) -> Result<String, flux_envsubst::Error> {
        let lookup = |name: &str| self.values.get(name).map(String::as_str);
        substitute(text, &lookup, mode, &Limits::default())
    }

    /// Replaces the variables in an object that is printed as YAML, and reads the result again: values may change their
    /// type. Nothing when the text has no variables.
    pub(crate) fn apply(
        &self,
        object: &Value,
        printed: &str,
        mode: Mode,
        place: &Place,
    ) -> Result<Option<Value>, Box<PostBuildError>> {
        let fail = |cause, field| Err(Box::new(post_build_error(object, field, place, cause)));
        if let Some(name) = self.invalid_name() {
            return fail(PostBuildCause::Name(name.to_owned()), String::new());
        }
        if !printed.contains('$') {
            return Ok(None);
        }
        let text = match self.run(printed, mode) {
            Ok(text) => text,
            Err(error) => {
                return fail(
                    PostBuildCause::Expression(error.kind),
                    self.failing_field(object, mode),
                );
            }
        };
        match parse_json(&text, Duplicates::LastWins, &flux_yaml::Limits::default()) {
            Ok(value @ Value::Object(_)) => Ok(Some(value)),
            Ok(_) => fail(PostBuildCause::NotAnObject, String::new()),
            Err(error) => fail(PostBuildCause::Yaml(error), self.failing_field(object, mode)),
        }
    }

    /// Whether a value cannot be substituted, or makes bad YAML then.
    fn fails_alone(&self, text: &str, mode: Mode) -> bool {
        let printed = json_to_yaml(&json!({ "value": text }));
        match self.run(&printed, mode) {
            Ok(text) => parse_json(&text, Duplicates::LastWins, &flux_yaml::Limits::default()).is_err(),
            Err(_) => true,
        }
    }

    /// The path of the first value that fails by itself.
    fn failing_field(&self, object: &Value, mode: Mode) -> String {
        let mut path = String::new();
        if self.find_failing(object, mode, &mut path) {
            path
        } else {
            String::new()
        }
    }

    fn find_failing(&self, value: &Value, mode: Mode, path: &mut String) -> bool {
        let length = path.len();
        let mut below = |part: &str, value: &Value| {
            path.push_str(part);
            let found = self.find_failing(value, mode, path);
            if !found {
                path.truncate(length);
            }
            found
        };
        match value {
            Value::String(text) => text.contains('$') && self.fails_alone(text, mode),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .any(|(index, item)| below(&format!("[{index}]"), item)),
            Value::Object(fields) => fields.iter().any(|(key, value)| {
                let part = match (length, key.contains(['.', '/'])) {
                    (_, true) => format!("[{key:?}]"),
                    (0, false) => key.clone(),
                    (_, false) => format!(".{key}"),
                };
                below(&part, value)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// Whether an object wants to be left as it is.
pub(crate) fn is_disabled(object: &Value) -> bool {
    [
        meta::label(object, marks::SUBSTITUTE),
        meta::annotation(object, marks::SUBSTITUTE),
    ]
    .contains(&Some(marks::DISABLED))
}

pub(crate) fn post_build_error(
    object: &Value,
    field: String,
    place: &Place,
    cause: PostBuildCause,
) -> PostBuildError {
    let (group, version) = match meta::api_version(object).split_once('/') {
        Some((group, version)) => (group, version),
        None => ("[noGrp]", meta::api_version(object)),
    };
    PostBuildError {
        gvk: format!("{}.{version}.{group}", meta::kind(object)),
        name: meta::name(object).to_owned(),
        field,
        place: place.clone(),
        cause,
    }
}
