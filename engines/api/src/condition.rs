//! Conditions: what an object says of itself, and when a condition counts as changed.

use serde::{Deserialize, Serialize};

/// The summary that users read.
pub const READY: &str = "Ready";
/// At work (abnormal when true).
pub const RECONCILING: &str = "Reconciling";
/// Given up until the spec changes (abnormal when true).
pub const STALLED: &str = "Stalled";
/// The outcome of health checks.
pub const HEALTHY: &str = "Healthy";

const MAX_MESSAGE: usize = 32_768;
const CUT: &str = "...";

/// True, False or Unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Not known (yet).
    #[default]
    Unknown,
}

impl From<bool> for Status {
    fn from(holds: bool) -> Self {
        if holds { Status::True } else { Status::False }
    }
}

impl Status {
    /// The word as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::True => "True",
            Status::False => "False",
            Status::Unknown => "Unknown",
        }
    }
}

/// One thing that an object says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// RFC 3339 time since when `status` is what it is.
    pub last_transition_time: String,
    /// For people.
    pub message: String,
    /// The generation it speaks of.
    #[serde(skip_serializing_if = "crate::gitrepository::is_zero")]
    pub observed_generation: i64,
    /// For machines, in CamelCase.
    pub reason: String,
    /// Whether it holds.
    pub status: Status,
    /// Name of the condition.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Condition {
    /// A condition without time and generation; [`Conditions::set`] fills them in.
    pub fn new(kind: &str, status: impl Into<Status>, reason: &str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        truncate(&mut message, MAX_MESSAGE);
        Condition {
            kind: kind.into(),
            status: status.into(),
            reason: reason.into(),
            message,
            ..Condition::default()
        }
    }
}

/// The conditions of one object, one of each type. The order is Flux's: Stalled, Reconciling, Ready, then the rest by
/// newest generation and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// The condition of this type.
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the condition of this type is True.
    pub fn is_true(&self, kind: &str) -> bool {
        self.get(kind)
            .is_some_and(|condition| condition.status == Status::True)
    }

    /// Whether the condition of this type is False.
    pub fn is_false(&self, kind: &str) -> bool {
        self.get(kind)
            .is_some_and(|condition| condition.status == Status::False)
    }

    /// Puts `condition` in place of the one of its type. The transition time moves to `now` (RFC 3339, whole seconds) when
    /// status, reason or message change, as Flux's own setter does; otherwise only the generation is brought up to date.
    pub fn set(&mut self, mut condition: Condition, generation: i64, now: &str) {
        condition.observed_generation = generation;
        match self.0.iter_mut().find(|held| held.kind == condition.kind) {
            Some(held) if held.says_the_same(&condition) => held.observed_generation = generation,
            Some(held) => {
                condition.last_transition_time = now.into();
                *held = condition;
            }
            None => {
                condition.last_transition_time = now.into();
                self.0.push(condition);
            }
        }
        self.0.sort_by(|a, b| {
            let newest_first = b.observed_generation.cmp(&a.observed_generation);
            rank(&a.kind)
                .cmp(&rank(&b.kind))
                .then(newest_first)
                .then_with(|| a.kind.cmp(&b.kind))
        });
    }

    /// Takes the condition of this type away.
    pub fn remove(&mut self, kind: &str) {
        self.0.retain(|condition| condition.kind != kind);
    }
}

impl Condition {
    fn says_the_same(&self, other: &Condition) -> bool {
        self.status == other.status && self.reason == other.reason && self.message == other.message
    }
}

/// Flux sorts Stalled, Reconciling and Ready in front, the rest by newest generation, then by name.
fn rank(kind: &str) -> u8 {
    match kind {
        STALLED => 0,
        RECONCILING => 1,
        READY => 2,
        _ => 3,
    }
}

fn truncate(text: &mut String, limit: usize) {
    if text.len() <= limit {
        return;
    }
    let mut end = limit - CUT.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(CUT);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(status: bool, message: &str) -> Condition {
        Condition::new(READY, status, "Succeeded", message)
    }

    #[test]
    fn the_time_moves_only_with_a_change() {
        let mut conditions = Conditions::default();
        conditions.set(ready(true, "a"), 1, "t1");
        conditions.set(ready(true, "a"), 2, "t2");
        let held = conditions.get(READY).unwrap();
        assert_eq!(
            (held.last_transition_time.as_str(), held.observed_generation),
            ("t1", 2)
        );
        conditions.set(ready(true, "b"), 2, "t3");
        assert_eq!(conditions.get(READY).unwrap().last_transition_time, "t3");
    }

    #[test]
    fn the_order_is_flux_s() {
        let mut conditions = Conditions::default();
        for kind in ["Healthy", "ArtifactInStorage", READY, RECONCILING, STALLED] {
            conditions.set(Condition::new(kind, true, "Succeeded", ""), 1, "t");
        }
        let order: Vec<_> = conditions
            .iter()
            .map(|condition| condition.kind.as_str())
            .collect();
        assert_eq!(
            order,
            [STALLED, RECONCILING, READY, "ArtifactInStorage", "Healthy"]
        );
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let condition = Condition::new(READY, false, "Failed", "é".repeat(MAX_MESSAGE));
        assert!(condition.message.len() <= MAX_MESSAGE && condition.message.ends_with(CUT));
    }
}
