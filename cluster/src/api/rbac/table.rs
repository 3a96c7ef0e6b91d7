//! The roles and bindings of the store, parsed once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::{Attributes, Decision, Rule};
use crate::User;
use crate::store::Store;

const GROUP: &str = "rbac.authorization.k8s.io";
const KINDS: [&str; 4] = ["clusterroles", "roles", "clusterrolebindings", "rolebindings"];

#[derive(Debug, Clone)]
struct Subject {
    kind: String,
    name: String,
    namespace: String,
}

#[derive(Debug, Clone)]
struct Binding {
    name: String,
    role_kind: String,
    role_name: String,
    subjects: Vec<Subject>,
}

#[derive(Debug, Default)]
struct Index {
    /// Rules by `namespace/name`, or the name of a cluster role.
    roles: HashMap<String, Arc<[Rule]>>,
    /// Bindings by namespace (empty: of the cluster) and name.
    bindings: HashMap<String, BTreeMap<String, Binding>>,
}

/// All roles and bindings. Kept in step by [`Roles::refresh`].
#[derive(Debug, Default)]
pub(crate) struct Roles(RwLock<Index>);
/// A rule that a user has: the binding, its subject, the place and the rule; or why a role could not be read.
type Found<'a> = Result<(&'a Binding, &'a Subject, &'a str, &'a Rule), String>;

impl Subject {
    fn read(value: &Value) -> Self {
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        Self {
            kind: text("kind"),
            name: text("name"),
            namespace: text("namespace"),
        }
    }

    fn is(&self, user: &User, namespace: &str) -> bool {
        match self.kind.as_str() {
            "User" => user.name == self.name,
            "Group" => user.groups.contains(&self.name),
            "ServiceAccount" => {
                let namespace = self.namespace_or(namespace);
                !namespace.is_empty()
                    && user
                        .name
                        .strip_prefix("system:serviceaccount:")
                        .and_then(|rest| rest.split_once(':'))
                        == Some((namespace, self.name.as_str()))
            }
            _ => false,
        }
    }

    fn namespace_or<'a>(&'a self, namespace: &'a str) -> &'a str {
        if self.namespace.is_empty() {
            namespace
        } else {
            &self.namespace
        }
    }

    fn text(&self, namespace: &str) -> String {
        match self.kind.as_str() {
            "ServiceAccount" => format!(
                "ServiceAccount \"{}/{}\"",
                self.name,
                self.namespace_or(namespace)
            ),
            kind => format!("{kind} \"{}\"", self.name),
        }
    }
}

impl Binding {
    fn read(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            name: text(&object["metadata"]["name"]),
            role_kind: text(&object["roleRef"]["kind"]),
            role_name: text(&object["roleRef"]["name"]),
            subjects: object["subjects"]
                .as_array()
                .into_iter()
                .flatten()
                .map(Subject::read)
                .collect(),
        }
    }

    /// Who gives what to whom, for messages.
    fn text(&self, subject: &Subject, namespace: &str) -> String {
        let (role, subject) = (
            format!("{} \"{}\"", self.role_kind, self.role_name),
            subject.text(namespace),
        );
        match namespace {
            "" => format!("ClusterRoleBinding \"{}\" of {role} to {subject}", self.name),
            namespace => format!("RoleBinding \"{}/{namespace}\" of {role} to {subject}", self.name),
        }
    }
}

impl Index {
    fn set(&mut self, plural: &str, key: &str, object: Option<&Value>) {
        if plural.ends_with("roles") {
            match object {
                Some(object) => drop(self.roles.insert(key.to_owned(), Rule::of_role(object).into())),
                None => drop(self.roles.remove(key)),
            }
            return;
        }
        let (namespace, name) = key.split_once('/').unwrap_or(("", key));
        let shelf = self.bindings.entry(namespace.to_owned()).or_default();
        match object {
            Some(object) => drop(shelf.insert(name.to_owned(), Binding::read(object))),
            None => drop(shelf.remove(name)),
        }
    }

    fn rules(&self, kind: &str, name: &str, namespace: &str) -> Result<&Arc<[Rule]>, String> {
        let (key, kind) = match kind {
            "Role" => (format!("{namespace}/{name}"), "role"),
            "ClusterRole" => (name.to_owned(), "clusterrole"),
            other => return Err(format!("unsupported role reference kind: \"{other}\"")),
        };
        self.roles
            .get(&key)
            .ok_or_else(|| format!("{kind}.{GROUP} \"{name}\" not found"))
    }

    /// Show every rule that a user has in a namespace with where it comes from, until `visit` has seen enough.
    fn visit(&self, user: &User, namespace: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) {
        let places = ["", namespace];
        let places = if namespace.is_empty() {
            &places[..1]
        } else {
            &places[..]
        };
        for place in places {
            for binding in self.bindings.get(*place).into_iter().flat_map(BTreeMap::values) {
                let Some(subject) = binding.subjects.iter().find(|subject| subject.is(user, place)) else {
                    continue;
                };
                match self.rules(&binding.role_kind, &binding.role_name, place) {
                    Ok(rules) => {
                        for rule in rules.iter() {
                            if visit(Ok((binding, subject, place, rule))) {
                                return;
                            }
                        }
                    }
                    Err(error) => drop(visit(Err(error))),
                }
            }
        }
    }
}

impl Roles {
    /// Read everything.
    pub(crate) fn load(&self, store: &Store) {
        let mut index = Index::default();
        for plural in KINDS {
            let (entries, _) = store.list(&format!("{plural}.{GROUP}"), "", None, usize::MAX);
            for (key, entry) in entries {
                index.set(plural, &key, Some(&entry.value()));
            }
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = index;
    }

    /// An object of the group was written or removed.
    pub(crate) fn refresh(&self, store: &Store, plural: &str, key: &str) {
        // The object is read under the lock, so that the last one to refresh sees the last state.
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (entry, _) = store.get(&format!("{plural}.{GROUP}"), key);
        index.set(plural, key, entry.map(|entry| entry.value()).as_ref());
    }

    /// Whether a user may do something.
    pub(crate) fn decide(&self, user: &User, what: &Attributes<'_>) -> Decision {
        if user.groups.iter().any(|group| group == "system:masters") {
            return Decision::allowed(String::new());
        }
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut errors) = (None, Vec::new());
        index.visit(user, what.namespace, &mut |step| match step {
            Ok((binding, subject, place, rule)) if rule.allows(what) => {
                found = Some(format!("RBAC: allowed by {}", binding.text(subject, place)));
                true
            }
            Ok(_) => false,
            Err(error) => {
                errors.push(error);
                false
            }
        });
        match found {
            Some(reason) => Decision::allowed(reason),
            None => Decision {
                allowed: false,
                reason: match errors.as_slice() {
                    [] => String::new(),
                    [error] => format!("RBAC: {error}"),
                    errors => format!("RBAC: [{}]", errors.join(", ")),
                },
            },
        }
    }

    /// The rules that a user has in a namespace (and in the cluster), and what could not be resolved.
    pub(crate) fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        index.visit(user, namespace, &mut |step| {
            match step {
                Ok((_, _, _, rule)) => rules.push(rule.clone()),
                Err(error) => errors.push(error),
            }
            false
        });
        (rules, errors)
    }

    /// The rules of the role that a binding in a namespace names.
    pub(crate) fn rules_of(&self, kind: &str, name: &str, namespace: &str) -> Result<Arc<[Rule]>, String> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.rules(kind, name, namespace).cloned()
    }
}
