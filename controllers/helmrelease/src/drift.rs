//! What changed in the cluster since the release, and how that is told.

mod compare;
mod ignore;

use flux_object::meta;
use serde_json::Value;

pub(crate) use compare::{Change, compare};
pub(crate) use ignore::{Rules, is_excluded as excluded, without};

/// An object of the release next to the one in the cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// As the release would have it.
    pub(crate) object: Value,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// There is none.
    Same,
    /// The object is gone.
    Removed,
    /// Nobody cares.
    Excluded,
    /// Fields are not as they were released.
    Changed(Vec<Change>),
}

impl Difference {
    pub(crate) fn is_one(&self) -> bool {
        matches!(self.kind, Kind::Removed | Kind::Changed(_))
    }
}

/// A line for each difference.
pub(crate) fn summary(differences: &[Difference]) -> String {
    let lines = differences.iter().filter_map(|difference| {
        let name = shown(&difference.object);
        match &difference.kind {
            Kind::Same => None,
            Kind::Removed => Some(format!("{name} removed")),
            Kind::Excluded => Some(format!("{name} excluded")),
            Kind::Changed(changes) => {
                let count = |operation: &str| {
                    changes
                        .iter()
                        .filter(|change| change.operation == operation)
                        .count()
                };
                Some(format!(
                    "{name} changed ({} additions, {} changes, {} removals)",
                    count("add"),
                    count("replace"),
                    count("remove")
                ))
            }
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `Kind/namespace/name`
pub(crate) fn shown(object: &Value) -> String {
    let (kind, namespace, name) = (meta::kind(object), meta::namespace(object), meta::name(object));
    if namespace.is_empty() {
        format!("{kind}/{name}")
    } else {
        format!("{kind}/{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str) -> Value {
        json!({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}})
    }

    #[test]
    fn differences_are_told_by_line() {
        let change = |operation| Change {
            operation,
            path: "/data/a".into(),
            value: Value::Null,
        };
        let kinds = [
            Kind::Same,
            Kind::Removed,
            Kind::Excluded,
            Kind::Changed(vec![change("add"), change("add"), change("replace")]),
        ];
        let differences: Vec<Difference> = ["a", "b", "c", "d"]
            .into_iter()
            .zip(kinds)
            .map(|(name, kind)| Difference {
                object: object(name),
                kind,
            })
            .collect();
        assert_eq!(
            summary(&differences),
            "ConfigMap/ns/b removed\nConfigMap/ns/c excluded\nConfigMap/ns/d changed (2 additions, 1 changes, 0 removals)"
        );
    }
}
