//! The policies and bindings of the store, compiled once.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use flux_cel::{CompileError, Program};
use serde_json::Value;

use super::GROUP;
use crate::store::Store;

const POLICIES: &str = "validatingadmissionpolicies";
const BINDINGS: &str = "validatingadmissionpolicybindings";

/// An expression, or why it is none.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) program: Result<Program, CompileError>,
}

impl Expression {
    fn read(value: &Value) -> Self {
        let text = value.as_str().unwrap_or_default().to_owned();
        Self {
            program: Program::compile(&text),
            text,
        }
    }
}

/// One condition of a policy.
#[derive(Debug)]
pub(crate) struct Validation {
    pub(crate) expression: Expression,
    pub(crate) message: String,
    pub(crate) message_expression: Option<Expression>,
    pub(crate) reason: String,
}

/// A policy, read from its object.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) spec: Value,
    pub(crate) conditions: Vec<Expression>,
    pub(crate) variables: Vec<(String, Expression)>,
    pub(crate) validations: Vec<Validation>,
    /// Whether errors admit.
    pub(crate) ignores_errors: bool,
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Policy {
    fn read(object: &Value) -> Self {
        let spec = &object["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let validation = |value: &Value| Validation {
            expression: Expression::read(&value["expression"]),
            message: text(&value["message"]),
            message_expression: value["messageExpression"]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(|_| Expression::read(&value["messageExpression"])),
            reason: text(&value["reason"]),
        };
        Self {
            name: text(&object["metadata"]["name"]),
            conditions: items(&spec["matchConditions"])
                .iter()
                .map(|condition| Expression::read(&condition["expression"]))
                .collect(),
            variables: items(&spec["variables"])
                .iter()
                .map(|variable| (text(&variable["name"]), Expression::read(&variable["expression"])))
                .collect(),
            validations: items(&spec["validations"]).iter().map(validation).collect(),
            ignores_errors: spec["failurePolicy"] == "Ignore",
            spec: spec.clone(),
        }
    }
}

/// A policy with the specifications of its bindings by name.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) policy: Arc<Policy>,
    pub(crate) bindings: Vec<(String, Value)>,
}

#[derive(Debug, Default)]
struct State {
    policies: BTreeMap<String, Arc<Policy>>,
    bindings: BTreeMap<String, Value>,
    /// Policies that are bound, by name.
    bound: Arc<[Bound]>,
}

impl State {
    fn join(&mut self) {
        let of = |policy: &Policy| -> Vec<(String, Value)> {
            let bindings = self.bindings.iter();
            bindings
                .filter(|(_, spec)| spec["policyName"] == policy.name.as_str())
                .map(|(name, spec)| (name.clone(), spec.clone()))
                .collect()
        };
        let bound = self.policies.values().map(|policy| Bound {
            policy: policy.clone(),
            bindings: of(policy),
        });
        self.bound = bound.filter(|bound| !bound.bindings.is_empty()).collect();
    }
}

/// All policies and bindings. Kept in step by [`Policies::refresh`].
#[derive(Debug, Default)]
pub(crate) struct Policies(RwLock<State>);

impl Policies {
    /// Read everything.
    pub(crate) fn load(&self, store: &Store) {
        let all = |plural: &str| {
            let (entries, _) = store.list(&format!("{plural}.{GROUP}"), "", None, usize::MAX);
            entries
                .into_iter()
                .map(|(key, entry)| (key.to_string(), entry.value()))
        };
        let mut state = State {
            policies: all(POLICIES)
                .map(|(name, object)| (name, Arc::new(Policy::read(&object))))
                .collect(),
            bindings: all(BINDINGS)
                .map(|(name, object)| (name, object["spec"].clone()))
                .collect(),
            ..State::default()
        };
        state.join();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// An object of the group was written or removed.
    pub(crate) fn refresh(&self, store: &Store, plural: &str, key: &str) {
        if plural != POLICIES && plural != BINDINGS {
            return;
        }
        // The object is read under the lock, so that the last one to refresh sees the last state.
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (entry, _) = store.get(&format!("{plural}.{GROUP}"), key);
        let object = entry.map(|entry| entry.value());
        match (plural, object) {
            (POLICIES, Some(object)) => {
                state
                    .policies
                    .insert(key.to_owned(), Arc::new(Policy::read(&object)));
            }
            (POLICIES, None) => drop(state.policies.remove(key)),
            (_, Some(object)) => drop(state.bindings.insert(key.to_owned(), object["spec"].clone())),
            (_, None) => drop(state.bindings.remove(key)),
        }
        state.join();
    }

    /// The policies that are bound.
    pub(crate) fn bound(&self) -> Arc<[Bound]> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .bound
            .clone()
    }
}
