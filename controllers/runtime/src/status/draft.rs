//! A status being drafted.

use flux_api::condition::{Condition, Conditions, READY, RECONCILING, STALLED, Status};
use flux_api::{meta, reason};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

const CONDITIONS: &str = "conditions";
const OBSERVED: &str = "observedGeneration";
const HANDLED: &str = "lastHandledReconcileAt";

/// A status being drafted: conditions with their rules, all other fields as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    fields: Map<String, Value>,
    conditions: Conditions,
    generation: i64,
    requested_at: Option<String>,
    now: String,
}

impl Draft {
    /// The present status of an object, to be changed at `now` (RFC 3339).
    pub fn of(object: &Value, now: String) -> Self {
        let metadata = &object["metadata"];
        let mut fields = object["status"].as_object().cloned().unwrap_or_default();
        let conditions = fields.remove(CONDITIONS).unwrap_or_default();
        Draft {
            fields,
            // Conditions that cannot be read are written anew.
            conditions: serde_json::from_value(conditions).unwrap_or_default(),
            generation: metadata["generation"].as_i64().unwrap_or_default(),
            requested_at: metadata["annotations"][meta::REQUESTED_AT]
                .as_str()
                .map(str::to_owned),
            now,
        }
    }

    /// The conditions.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The time of the draft, RFC 3339.
    pub fn now(&self) -> &str {
        &self.now
    }

    /// The generation of the object.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Sets a condition of the object's generation; its transition time moves only when it says something else.
    pub fn set(&mut self, condition: Condition) {
        self.conditions.set(condition, self.generation, &self.now);
    }

    /// Takes a condition away.
    pub fn remove(&mut self, kind: &str) {
        self.conditions.remove(kind);
    }

    /// At work: `Reconciling=True` and `Ready=Unknown`, both `Progressing`; `Stalled` goes.
    pub fn progressing(&mut self, message: &str) {
        self.reconciling(reason::PROGRESSING, message);
        self.set(Condition::new(
            READY,
            Status::Unknown,
            reason::PROGRESSING,
            message,
        ));
    }

    /// `Reconciling=True`; `Stalled` goes; `Ready` stays.
    pub fn reconciling(&mut self, reason: &str, message: &str) {
        self.remove(STALLED);
        self.set(Condition::new(RECONCILING, true, reason, message));
    }

    /// Done: `Ready=True`; `Reconciling` and `Stalled` go; generation and reconcile request count as handled.
    pub fn ready(&mut self, reason: &str, message: &str) {
        self.remove(RECONCILING);
        self.remove(STALLED);
        self.set(Condition::new(READY, true, reason, message));
        self.observe();
        self.handled();
    }

    /// `status.observedGeneration` becomes the object's generation.
    pub fn observe(&mut self) {
        self.fields.insert(OBSERVED.into(), self.generation.into());
    }

    /// The reconcile request, if any, counts as handled.
    pub fn handled(&mut self) {
        if let Some(value) = &self.requested_at {
            self.fields.insert(HANDLED.into(), value.as_str().into());
        }
    }

    /// A field of the status (other than the conditions).
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// Sets a field of the status; null takes it away.
    pub fn set_field(&mut self, name: &str, value: impl Serialize) {
        match serde_json::to_value(value) {
            Ok(Value::Null) | Err(_) => self.fields.remove(name),
            Ok(value) => self.fields.insert(name.into(), value),
        };
    }

    /// Changes the status in its type; conditions in it are not looked at, and fields that the type does not know stay.
    /// A status that does not fit the type is begun anew.
    pub fn edit<S: Serialize + DeserializeOwned + Default>(&mut self, change: impl FnOnce(&mut S)) {
        let mut status: S = serde_json::from_value(Value::Object(self.fields.clone())).unwrap_or_default();
        let before = as_object(&status);
        change(&mut status);
        let after = as_object(&status);
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            self.fields.remove(name);
        }
        for (name, value) in after {
            if name != CONDITIONS && before.get(&name) != Some(&value) {
                self.fields.insert(name, value);
            }
        }
    }

    /// The status as the server shall have it.
    pub fn to_value(&self) -> Value {
        let mut fields = self.fields.clone();
        if !self.conditions.is_empty() {
            let conditions = serde_json::to_value(&self.conditions).unwrap_or_default();
            fields.insert(CONDITIONS.into(), conditions);
        }
        Value::Object(fields)
    }

    /// Takes over from another writer's status what this one does not own.
    pub(super) fn adopt(&mut self, theirs: &Draft, owned: impl Fn(&str) -> bool) {
        for condition in theirs.conditions.iter().filter(|one| !owned(&one.kind)) {
            let (generation, time) = (
                condition.observed_generation,
                condition.last_transition_time.clone(),
            );
            self.conditions.set(condition.clone(), generation, &time);
        }
    }
}

fn as_object<S: Serialize>(status: &S) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The JSON merge patch (RFC 7386) that makes `after` of `before`; `None` when they are the same.
pub fn merge_patch(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return Some(after.clone());
    };
    let mut patch = Map::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in new {
        let change = match old.get(name) {
            Some(held) => merge_patch(held, value),
            None => Some(value.clone()),
        };
        if let Some(change) = change {
            patch.insert(name.clone(), change);
        }
    }
    Some(Value::Object(patch))
}
