//! ClusterRoles with an aggregation rule collect the rules of others.

use serde_json::{Value, json};

use crate::simulate::json::{deleting, items, meta, selector_matches};
use crate::simulate::{Action, ObjectRef, Step, View};

const GROUP: &str = "rbac.authorization.k8s.io";

fn selects(aggregate: &Value, role: &Value) -> bool {
    items(&aggregate["aggregationRule"]["clusterRoleSelectors"])
        .iter()
        .any(|selector| selector_matches(selector, &role["metadata"]["labels"]))
}

/// The roles whose rules may change because this one did. A role that lost its label is found too, since every
/// aggregating role is given.
pub(crate) fn aggregating(role: &Value, view: &dyn View) -> Vec<ObjectRef> {
    if role["kind"] != "ClusterRole" {
        return Vec::new();
    }
    view.list(GROUP, "ClusterRole", None)
        .iter()
        .filter(|other| other["aggregationRule"].is_object() && meta(other, "name") != meta(role, "name"))
        .map(|other| ObjectRef::of(other))
        .collect()
}

/// Look at one role: put together the rules of the roles that it selects, in the order of their names.
pub(crate) fn step(role: &Value, view: &dyn View) -> Step {
    let mut step = Step::default();
    if deleting(role) || !role["aggregationRule"].is_object() {
        return step;
    }
    let mut others = view.list(GROUP, "ClusterRole", None);
    others.retain(|other| meta(other, "name") != meta(role, "name") && selects(role, other));
    others.sort_by_cached_key(|other| meta(other, "name").to_owned());
    let mut rules: Vec<&Value> = Vec::new();
    for rule in others.iter().flat_map(|other| items(&other["rules"])) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    if items(&role["rules"]).iter().eq(rules.iter().copied()) {
        return step;
    }
    step.actions.push(Action::Apply {
        config: json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": meta(role, "name")},
            "rules": rules,
        }),
        manager: "clusterrole-aggregation-controller",
    });
    step
}
