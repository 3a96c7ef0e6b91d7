//! Why an apply fails.

use std::fmt;

use crate::element::PathElement;
use crate::managed::{ManagedError, Manager, Operation};
use crate::typed::TypedErrors;

/// A field that an apply would change and somebody else owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The other owner.
    pub manager: Manager,
    /// The field.
    pub path: Vec<PathElement>,
}

impl Conflict {
    /// The field as messages name it: `.spec.containers[name="a"].image`.
    pub fn field(&self) -> String {
        self.path.iter().map(PathElement::to_string).collect()
    }

    /// The message of the cause: `conflict with "kubectl" using apps/v1`.
    pub fn message(&self) -> String {
        format!("conflict with {}", who(&self.manager))
    }
}

/// The owner as messages name it.
fn who(manager: &Manager) -> String {
    let mut out = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        out.push_str(&format!(" with subresource {:?}", manager.subresource));
    }
    if manager.operation == Operation::Update {
        out.push_str(&format!(" using {}", manager.version));
    }
    out
}

/// Why an apply fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Others own fields that it would change, and it does not force: 409, one cause per conflict. Sorted by owner and field.
    #[error("{}", conflict_message(.0))]
    Conflicts(Vec<Conflict>),
    /// The configuration is of another version than the request: 400.
    #[error(
        "Incorrect version specified in apply patch. Specified patch version: {found}, expected: {expected}"
    )]
    Version {
        /// What the configuration says.
        found: String,
        /// What the request says.
        expected: String,
    },
    /// The configuration carries managed fields: 400.
    #[error("metadata.managedFields must be nil")]
    ManagedFieldsSent,
    /// The configuration does not fit its type: 500, as in Kubernetes.
    #[error("failed to create typed patch object ({object}): {errors}")]
    Config {
        /// Namespace, name and kind.
        object: String,
        /// What does not fit.
        errors: TypedErrors,
    },
    /// The live object does not fit its type: 500.
    #[error("failed to create typed live object ({object}): {errors}")]
    Live {
        /// Namespace, name and kind.
        object: String,
        /// What does not fit.
        errors: TypedErrors,
    },
    /// The stored managed fields cannot be read: 500.
    #[error("failed to decode managed fields: {0}")]
    Managed(#[from] ManagedError),
}

fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!(
            "Apply failed with 1 conflict: {}: {}",
            only.message(),
            only.field()
        );
    }
    let mut out = format!("Apply failed with {} conflicts: ", conflicts.len());
    let mut lines = Vec::new();
    let mut last: Option<&Manager> = None;
    for conflict in conflicts {
        if last != Some(&conflict.manager) {
            lines.push(format!("conflicts with {}:", who(&conflict.manager)));
            last = Some(&conflict.manager);
        }
        lines.push(format!("- {}", conflict.field()));
    }
    out.push_str(&lines.join("\n"));
    out
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message(), self.field())
    }
}
