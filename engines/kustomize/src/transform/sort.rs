//! The order of the result.

use std::collections::HashMap;

use crate::config::SortOptions;
use crate::error::Error;
use crate::id::{Gvk, ResId};
use crate::resource::Resource;

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The place of a kind in the order of the command line: below zero for those that come first.
pub(crate) fn rank(kind: &str) -> i64 {
    if let Some(index) = FIRST.iter().position(|first| *first == kind) {
        return index as i64 - FIRST.len() as i64;
    }
    LAST.iter()
        .position(|last| *last == kind)
        .map_or(0, |index| index as i64 + 1)
}

/// Orders as `sortOptions` say.
pub(crate) fn with_options(options: &SortOptions, objects: &mut [Resource]) -> Result<(), Error> {
    match (options.order.as_str(), &options.legacy) {
        ("legacy", None) => legacy(objects),
        ("legacy", Some((first, last))) => {
            let texts = |list: &[String]| {
                list.iter()
                    .map(String::as_str)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            by_kind(objects, &texts(first), &texts(last));
        }
        ("fifo", None) => {}
        ("fifo", Some(_)) => {
            return Err(Error::invalid(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
            ));
        }
        (order, _) => {
            return Err(Error::invalid(format!(
                "the field 'sortOptions.order' must be one of [fifo, legacy], not {order:?}"
            )));
        }
    }
    Ok(())
}

/// The order of the command line: definitions first, webhooks last.
pub(crate) fn legacy(objects: &mut [Resource]) {
    let owned = |list: &[&str]| list.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>();
    by_kind(objects, &owned(&FIRST), &owned(&LAST));
}

fn by_kind(objects: &mut [Resource], first: &[String], last: &[String]) {
    let mut ranks: HashMap<&str, i64> = HashMap::new();
    for (index, kind) in first.iter().enumerate() {
        ranks.insert(kind, index as i64 - first.len() as i64);
    }
    for (index, kind) in last.iter().enumerate() {
        ranks.insert(kind, index as i64 + 1);
    }
    objects.sort_by_cached_key(|object| {
        let id = object.id();
        let rank = ranks.get(id.gvk.kind.as_str()).copied().unwrap_or(0);
        (rank, later_namespaces(&id.gvk), id.gvk.sort_text(), id_text(&id))
    });
}

/// A Namespace of the core group comes before those of other groups.
fn later_namespaces(gvk: &Gvk) -> bool {
    gvk.kind == "Namespace" && !gvk.group.is_empty()
}

fn id_text(id: &ResId) -> String {
    let or = |text: &str, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text.to_owned()
        }
    };
    format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N"))
}
