//! Which events are written, which are counted, which are dropped: what client-go's event correlator does, with its numbers.
//!
//! The same event again is counted. Events that differ in their message only are combined from the tenth on, for as long as
//! they come within ten minutes of each other. An object gets 25 events, and then one every five minutes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher as _};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Record;

/// Entries of each table; the one that was not asked for longest is forgotten.
const REMEMBERED: usize = 4096;
/// So many messages of one reason are told apart.
const SIMILAR: usize = 10;
/// After this time without a similar event they are told apart again.
const SIMILAR_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Events of one object at once.
const BURST: f64 = 25.0;
/// Events of one object a second in the long run.
const REFILL: f64 = 1.0 / 300.0;
/// What stands before the message of an event that stands for several.
const COMBINED: &str = "(combined from similar events): ";

/// What is to be done with one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    /// Name of the event: a new one, or that of the one to count.
    pub(super) name: String,
    /// How often it happened, this time included.
    pub(super) count: u64,
    /// When it happened first.
    pub(super) first: Timestamp,
    /// The text, with a mark when it stands for several.
    pub(super) message: String,
    /// Whether it stands for several.
    pub(super) is_combined: bool,
}

/// What is known of recent events. Keys are hashes: texts of events are long, and there are many.
#[derive(Debug, Default)]
pub(super) struct Correlator {
    similar: Table<Similar>,
    observed: Table<Observation>,
    allowances: Table<Allowance>,
}

#[derive(Debug)]
struct Similar {
    messages: VecDeque<u64>,
    last: Timestamp,
}

#[derive(Debug)]
struct Observation {
    name: Box<str>,
    count: u64,
    first: Timestamp,
}

#[derive(Debug)]
struct Allowance {
    left: f64,
    at: Timestamp,
}

impl Correlator {
    /// Takes an event about `involved`; nothing when it is to be dropped.
    pub(super) fn observe(&mut self, involved: &Value, record: &Record, now: Timestamp) -> Option<Observed> {
        let object = hash(&(
            text(involved, "kind"),
            text(involved, "namespace"),
            text(involved, "name"),
            text(involved, "uid"),
            text(involved, "apiVersion"),
        ));
        let group = hash(&(object, &record.kind, &record.reason));
        let is_combined = self.is_one_of_many(group, &record.message, now);
        let (key, message) = if is_combined {
            (group, format!("{COMBINED}{}", record.message))
        } else {
            (hash(&(group, &record.message)), record.message.clone())
        };
        let seen = self.observed.entry(key, || Observation {
            name: format!("{}.{:x}", text(involved, "name"), now.as_nanosecond()).into(),
            count: 0,
            first: now,
        });
        seen.count += 1;
        let observed = Observed {
            name: seen.name.to_string(),
            count: seen.count,
            first: seen.first,
            message,
            is_combined,
        };
        self.may_send(object, now).then_some(observed)
    }

    fn is_one_of_many(&mut self, group: u64, message: &str, now: Timestamp) -> bool {
        let similar = self.similar.entry(group, || Similar {
            messages: VecDeque::new(),
            last: now,
        });
        if now.duration_since(similar.last) > SIMILAR_FOR {
            similar.messages.clear();
        }
        similar.last = now;
        let message = hash(message);
        if !similar.messages.contains(&message) {
            similar.messages.push_back(message);
        }
        let are_many = similar.messages.len() >= SIMILAR;
        if are_many {
            similar.messages.pop_front();
        }
        are_many
    }

    fn may_send(&mut self, object: u64, now: Timestamp) -> bool {
        let allowance = self
            .allowances
            .entry(object, || Allowance { left: BURST, at: now });
        let passed = now.duration_since(allowance.at).as_secs_f64().max(0.0);
        allowance.left = (allowance.left + passed * REFILL).min(BURST);
        allowance.at = now;
        let may = allowance.left >= 1.0;
        if may {
            allowance.left -= 1.0;
        }
        may
    }
}

/// A table that forgets what was not used longest.
#[derive(Debug)]
struct Table<T> {
    held: HashMap<u64, (u64, T)>,
    /// Keys by their last use.
    order: BTreeMap<u64, u64>,
    uses: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            held: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
        }
    }
}

impl<T> Table<T> {
    fn entry(&mut self, key: u64, new: impl FnOnce() -> T) -> &mut T {
        self.uses += 1;
        if let Some((used, _)) = self.held.get(&key) {
            self.order.remove(used);
        } else if self.held.len() >= REMEMBERED
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.held.remove(&oldest);
        }
        self.order.insert(self.uses, key);
        let (used, value) = self.held.entry(key).or_insert_with(|| (0, new()));
        *used = self.uses;
        value
    }
}

fn text<'a>(involved: &'a Value, field: &str) -> &'a str {
    involved[field].as_str().unwrap_or_default()
}

fn hash(value: &(impl std::hash::Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Sends events at the given seconds; gives `count message` of each that is to be written, `-` for the others.
    fn sent(events: &[(i64, &str)]) -> Vec<String> {
        let mut correlator = Correlator::default();
        let involved = json!({"kind": "Kustomization", "name": "a", "uid": "u"});
        let one = |(second, message): &(i64, &str)| {
            let record = Record {
                reason: "Progressing".into(),
                message: (*message).into(),
                ..Record::default()
            };
            let now = Timestamp::from_second(*second).unwrap_or_default();
            let observed = correlator.observe(&involved, &record, now);
            observed.map_or("-".into(), |seen| format!("{} {}", seen.count, seen.message))
        };
        events.iter().map(one).collect()
    }

    #[track_caller]
    fn check(events: &[(i64, &str)], expect: &[&str]) {
        let sent = sent(events);
        assert_eq!(sent[sent.len() - expect.len()..], *expect);
    }

    #[test]
    fn the_same_event_is_counted() {
        check(&[(0, "m"), (5, "n"), (9000, "m")], &["1 m", "1 n", "2 m"]);
    }

    #[test]
    fn the_tenth_message_of_a_reason_is_combined_with_those_that_follow() {
        let messages: Vec<String> = (0..12).map(|number| format!("took {number}")).collect();
        let events: Vec<(i64, &str)> = (0..).zip(messages.iter().map(String::as_str)).collect();
        check(
            &events,
            &[
                "1 took 8",
                "1 (combined from similar events): took 9",
                "2 (combined from similar events): took 10",
                "3 (combined from similar events): took 11",
            ],
        );
    }

    #[test]
    fn after_ten_quiet_minutes_messages_are_told_apart_again() {
        let mut events: Vec<(i64, &str)> = (0..)
            .zip(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
            .collect();
        events.extend([(609, "k"), (1210, "l")]);
        let combined = "(combined from similar events): ";
        check(&events, &[&format!("2 {combined}k"), "1 l"]);
    }

    #[test]
    fn an_object_that_talks_too_much_is_heard_every_five_minutes() {
        let mut events = vec![(0, "m"); 26];
        events.extend([(299, "m"), (301, "m"), (302, "m"), (601, "m")]);
        check(&events, &["25 m", "-", "-", "28 m", "-", "30 m"]);
    }

    #[test]
    fn what_was_not_used_longest_is_forgotten() {
        let mut table = Table::default();
        for key in 0..REMEMBERED as u64 {
            *table.entry(key, || 0) += 1;
        }
        table.entry(0, || 0);
        table.entry(u64::MAX, || 0);
        assert_eq!((*table.entry(0, || 9), *table.entry(1, || 9)), (1, 9));
        assert_eq!((table.held.len(), table.order.len()), (REMEMBERED, REMEMBERED));
    }
}
