//! What is known of the fleet while it comes up: a pure model fed with objects, and the verdict on the whole.

use std::collections::{BTreeMap, BTreeSet};

use flux_api::{gitrepository, helmchart, helmrelease, helmrepository, kustomization, reason};
use serde_json::Value;

use crate::{kinds, wait};

/// Kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// How far one object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At work, or about to be.
    Progressing,
    /// Waits for something that is not ready.
    Waiting,
    /// Done.
    Ready,
    /// Failed.
    Failed,
    /// Told to rest.
    Suspended,
}

/// One object of the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// How far it is, by its own words.
    pub stage: Stage,
    /// Reason of its Ready condition.
    pub reason: String,
    /// Message of its Ready condition.
    pub message: String,
    /// Revision that it stored or applied.
    pub revision: String,
    /// The Kustomization that applied it.
    pub parent: Option<Id>,
    /// What it last made of its source, good or bad; and what it is made of now.
    attempted: String,
    made_of: String,
    source: Option<Id>,
    needs: Vec<Id>,
    /// What it applied that is shown here as well.
    holds: Vec<Id>,
}

/// The verdict on the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not known yet.
    Pending,
    /// Everything is ready.
    Ready,
    /// Nothing moves any more, and something failed.
    Failed,
}

/// The kinds that a controller of this process works on.
const WORKED_ON: [&str; 5] = [
    gitrepository::KIND,
    helmrepository::KIND,
    helmchart::KIND,
    helmrelease::KIND,
    kustomization::KIND,
];

/// The kinds that are shown: those that become ready.
pub fn shown() -> impl Iterator<Item = &'static kinds::FluxKind> {
    kinds::all().filter(|kind| ![kinds::ALERT.kind, kinds::PROVIDER.kind].contains(&kind.kind))
}

/// All objects.
#[derive(Debug, Default)]
pub struct Progress {
    entries: BTreeMap<Id, Entry>,
}

impl Progress {
    /// Takes in the state of an object; gives its name when that says something new.
    pub fn update(&mut self, object: &Value) -> Option<Id> {
        let id = id(object);
        let entry = entry(object, &id.namespace);
        if self.entries.get(&id) == Some(&entry) {
            return None;
        }
        self.entries.insert(id.clone(), entry);
        Some(id)
    }

    /// Takes an object out; whether it was known.
    pub fn remove(&mut self, id: &Id) -> bool {
        self.entries.remove(id).is_some()
    }

    /// All objects in order.
    pub fn entries(&self) -> impl Iterator<Item = (&Id, &Entry)> {
        self.entries.iter()
    }

    /// How far an object is, seen together with what it waits for.
    pub fn stage(&self, id: &Id, entry: &Entry) -> Stage {
        let is_ready = |id: &Id| {
            self.entries
                .get(id)
                .is_some_and(|entry| entry.stage == Stage::Ready)
        };
        let source = entry.source.as_ref().and_then(|source| self.entries.get(source));
        match entry.stage {
            // What it waits for is there: it will go on in a moment.
            Stage::Waiting
                if entry.needs.iter().all(is_ready) && source.is_none_or(|s| s.stage == Stage::Ready) =>
            {
                Stage::Progressing
            }
            // Each kind is watched for itself: what it applied is about to be seen.
            Stage::Ready if entry.holds.iter().any(|held| !self.entries.contains_key(held)) => {
                Stage::Progressing
            }
            Stage::Ready | Stage::Failed
                if source.is_some_and(|source| self.is_behind(id, entry, source)) =>
            {
                Stage::Progressing
            }
            stage => stage,
        }
    }

    /// Whether the source has moved on from what this object last worked on.
    fn is_behind(&self, id: &Id, entry: &Entry, source: &Entry) -> bool {
        const FOLLOWERS: [&str; 3] = [kustomization::KIND, helmchart::KIND, helmrelease::KIND];
        let knows_revisions =
            FOLLOWERS.contains(&id.kind.as_str()) && entry.reason != reason::ARTIFACT_FAILED;
        let worked_on = if entry.stage == Stage::Ready {
            &entry.made_of
        } else {
            &entry.attempted
        };
        knows_revisions
            && source.stage == Stage::Ready
            && !worked_on.is_empty()
            && *worked_on != source.revision
    }

    /// The verdict, once the root (GitRepository and Kustomization of `root`'s name) is there.
    pub fn verdict(&self, root: &Id) -> Verdict {
        if !self.entries.contains_key(root) {
            return Verdict::Pending;
        }
        let stages: Vec<Stage> = self
            .entries
            .iter()
            .map(|(id, entry)| self.stage(id, entry))
            .collect();
        if stages.contains(&Stage::Progressing) {
            return Verdict::Pending;
        }
        let good = |stage: &Stage| matches!(stage, Stage::Ready | Stage::Suspended);
        if stages.iter().all(good) {
            Verdict::Ready
        } else {
            Verdict::Failed
        }
    }

    /// Revision of the source that the root follows.
    pub fn revision(&self, root: &Id) -> &str {
        self.entries.get(root).map_or("", |entry| &entry.revision)
    }

    /// What is not ready, failures before those who wait for them.
    pub fn problems(&self) -> Vec<(&Id, &Entry)> {
        let of = |wanted: Stage| {
            self.entries
                .iter()
                .filter(move |(id, entry)| self.stage(id, entry) == wanted)
        };
        of(Stage::Failed)
            .chain(of(Stage::Progressing))
            .chain(of(Stage::Waiting))
            .collect()
    }

    /// The objects as a tree, depth first: who applied whom; sources stand before what uses them.
    pub fn tree(&self) -> Vec<(usize, &Id, &Entry)> {
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        let is_top = |entry: &Entry| {
            entry
                .parent
                .as_ref()
                .is_none_or(|parent| !self.entries.contains_key(parent))
        };
        for (id, entry) in self
            .entries
            .iter()
            .filter(|(id, entry)| is_top(entry) || entry.parent.as_ref() == Some(*id))
        {
            self.branch(0, id, entry, &mut seen, &mut lines);
        }
        lines
    }

    fn branch<'a>(
        &'a self,
        depth: usize,
        id: &'a Id,
        entry: &'a Entry,
        seen: &mut BTreeSet<&'a Id>,
        lines: &mut Vec<(usize, &'a Id, &'a Entry)>,
    ) {
        if !seen.insert(id) {
            return;
        }
        lines.push((depth, id, entry));
        for (child, entry) in self
            .entries
            .iter()
            .filter(|(_, entry)| entry.parent.as_ref() == Some(id))
        {
            self.branch(depth + 1, child, entry, seen, lines);
        }
    }
}

/// The name of an object.
pub fn id(object: &Value) -> Id {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Id {
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    }
}

fn entry(object: &Value, namespace: &str) -> Entry {
    let kind = object["kind"].as_str().unwrap_or_default();
    let is_static = object.pointer("/spec/type").is_some_and(|kind| kind == "oci");
    if !WORKED_ON.contains(&kind) || is_static {
        return without_controller(object, kind);
    }
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let is_source = object["apiVersion"] == gitrepository::API_VERSION;
    let (status, message) = kinds::ready(object);
    let condition = kinds::condition(object, "Ready");
    let reason = condition
        .and_then(|condition| condition["reason"].as_str())
        .unwrap_or_default()
        .to_owned();
    let stage = match status {
        _ if kinds::is_suspended(object) => Stage::Suspended,
        _ if condition.is_none() || !wait::is_settled(object) => Stage::Progressing,
        // What it says is from before it was asked to look again.
        _ if is_source && text("/status/lastHandledReconcileAt") != requested_at(object) => {
            Stage::Progressing
        }
        "True" => Stage::Ready,
        _ if waits(&reason) || is_source_missing(message) => Stage::Waiting,
        // A release that failed is undone and tried again until it is given up.
        _ if kind == helmrelease::KIND && is_released(&reason) && !is_stalled(object) => Stage::Progressing,
        _ => Stage::Failed,
    };
    let (revision, made_of, attempted) = match kind {
        helmrelease::KIND => (
            text("/status/history/0/chartVersion"),
            text("/status/history/0/chartVersion"),
            text("/status/lastAttemptedRevision"),
        ),
        helmchart::KIND => (
            text("/status/artifact/revision"),
            text("/status/observedSourceArtifactRevision"),
            text("/status/observedSourceArtifactRevision"),
        ),
        _ if is_source => (text("/status/artifact/revision"), String::new(), String::new()),
        _ => (
            text("/status/lastAppliedRevision"),
            text("/status/lastAppliedRevision"),
            text("/status/lastAttemptedRevision"),
        ),
    };
    Entry {
        stage,
        reason,
        message: message.to_owned(),
        revision,
        parent: parent(object),
        attempted,
        made_of,
        source: source(object, namespace),
        needs: dependencies(object, namespace),
        holds: inventory(object),
    }
}

/// Reasons of those who wait for others.
fn waits(reason: &str) -> bool {
    [
        reason::DEPENDENCY_NOT_READY,
        reason::SOURCE_NOT_READY,
        reason::NO_SOURCE_ARTIFACT,
    ]
    .contains(&reason)
}

/// Reasons that a Helm action gives.
fn is_released(reason: &str) -> bool {
    let actions = ["Install", "Upgrade", "Test", "Rollback", "Uninstall"];
    let ends = ["Failed", "Succeeded"];
    let mut pairs = actions
        .iter()
        .flat_map(|action| ends.iter().map(move |end| (action, end)));
    pairs.any(|(action, end)| reason.strip_prefix(action) == Some(end))
}

fn is_stalled(object: &Value) -> bool {
    kinds::condition(object, "Stalled").is_some_and(|condition| condition["status"] == "True")
}

/// What an object is made from.
fn source(object: &Value, namespace: &str) -> Option<Id> {
    if object["kind"] != helmrelease::KIND {
        return reference(object.pointer("/spec/sourceRef"), namespace, "");
    }
    if let Some(chart) = object.pointer("/spec/chartRef") {
        return reference(Some(chart), namespace, "");
    }
    let (namespace, name) = object.pointer("/status/helmChart")?.as_str()?.split_once('/')?;
    Some(Id {
        kind: helmchart::KIND.into(),
        namespace: namespace.into(),
        name: name.into(),
    })
}

/// Nothing in this process works on the kind: said plainly, or a fleet would wait for it in silence.
fn without_controller(object: &Value, kind: &str) -> Entry {
    let is_static = object.pointer("/spec/type").is_some_and(|kind| kind == "oci");
    let stage = match () {
        () if kinds::is_suspended(object) => Stage::Suspended,
        () if is_static => Stage::Ready,
        () => Stage::Failed,
    };
    Entry {
        stage,
        reason: "NoController".into(),
        message: if is_static {
            "static: there is nothing to reconcile".into()
        } else {
            format!("this version has no controller for {kind} objects yet")
        },
        revision: String::new(),
        parent: parent(object),
        attempted: String::new(),
        made_of: String::new(),
        source: None,
        needs: Vec::new(),
        holds: Vec::new(),
    }
}

/// The objects of an inventory that are shown.
fn inventory(object: &Value) -> Vec<Id> {
    let entries = object
        .pointer("/status/inventory/entries")
        .and_then(Value::as_array);
    let shown = |entry: &Value| {
        // namespace_name_group_kind; names of these kinds have no underscore.
        let mut parts = entry["id"].as_str()?.split('_');
        let (namespace, name, group, kind) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        shown()
            .any(|known| (known.group, known.kind) == (group, kind))
            .then(|| Id {
                kind: kind.into(),
                namespace: namespace.into(),
                name: name.into(),
            })
    };
    entries.into_iter().flatten().filter_map(shown).collect()
}

fn requested_at(object: &Value) -> &str {
    object["metadata"]["annotations"][flux_api::meta::REQUESTED_AT]
        .as_str()
        .unwrap_or_default()
}

/// The words for a source that has nothing yet.
fn is_source_missing(message: &str) -> bool {
    message.starts_with("Source artifact not found") || message.starts_with("Source is not ready")
}

fn parent(object: &Value) -> Option<Id> {
    let label = |group: &str, key: &str| {
        let labels = &object["metadata"]["labels"];
        labels[format!("{group}/{key}")].as_str().map(str::to_owned)
    };
    let owners = [
        (helmrelease::GROUP, helmrelease::KIND),
        (kustomization::GROUP, kustomization::KIND),
    ];
    owners.into_iter().find_map(|(group, kind)| {
        Some(Id {
            kind: kind.into(),
            namespace: label(group, "namespace")?,
            name: label(group, "name")?,
        })
    })
}

fn dependencies(object: &Value, namespace: &str) -> Vec<Id> {
    let own = object["kind"].as_str().unwrap_or_default();
    let list = object.pointer("/spec/dependsOn").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|dependency| reference(Some(dependency), namespace, own))
        .collect()
}

fn reference(value: Option<&Value>, namespace: &str, kind: &str) -> Option<Id> {
    let value = value?;
    let text = |key: &str, default: &str| value[key].as_str().unwrap_or(default).to_owned();
    Some(Id {
        kind: text("kind", kind),
        namespace: text("namespace", namespace),
        name: value["name"].as_str()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn git(revision: &str) -> Value {
        json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "flux-system", "namespace": "flux-system", "generation": 1},
            "status": {"observedGeneration": 1, "artifact": {"revision": revision},
                "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1}]},
        })
    }

    fn ks(name: &str, ready: &str, reason: &str, revision: &str, needs: &[&str]) -> Value {
        let needs: Vec<_> = needs.iter().map(|name| json!({"name": name})).collect();
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "flux-system", "generation": 1},
            "spec": {"dependsOn": needs, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
            "status": {"observedGeneration": 1, "lastAppliedRevision": revision, "lastAttemptedRevision": revision,
                "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": reason, "observedGeneration": 1}]},
        })
    }

    #[track_caller]
    fn check(objects: &[Value], expect: Verdict) {
        let mut progress = Progress::default();
        for object in objects {
            progress.update(object);
        }
        let root = Id {
            kind: "Kustomization".into(),
            namespace: "flux-system".into(),
            name: "flux-system".into(),
        };
        assert_eq!(progress.verdict(&root), expect);
    }

    #[test]
    fn ready_is_everything_at_the_revision_of_its_source() {
        let root = ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        check(&[git("r1")], Verdict::Pending);
        check(&[git("r1"), root.clone()], Verdict::Ready);
        check(&[git("r2"), root.clone()], Verdict::Pending);
        check(
            &[git("r1"), root, ks("a", "Unknown", "Progressing", "", &[])],
            Verdict::Pending,
        );
    }

    #[test]
    fn what_was_applied_is_still_to_be_seen() {
        let mut root = ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        let id =
            |group: &str, kind: &str| json!({"id": format!("flux-system_app_{group}_{kind}"), "v": "v1"});
        root["status"]["inventory"]["entries"] = json!([
            id("", "ConfigMap"),
            id("notification.toolkit.fluxcd.io", "Alert"),
            id("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ]);
        check(&[git("r1"), root.clone()], Verdict::Pending);
        let app = ks("app", "True", "ReconciliationSucceeded", "r1", &[]);
        check(&[git("r1"), root, app], Verdict::Ready);
    }

    #[test]
    fn a_source_that_was_asked_to_look_again_has_not_answered_yet() {
        let root = ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        let mut asked = git("r1");
        asked["metadata"]["annotations"] = json!({"reconcile.fluxcd.io/requestedAt": "now"});
        check(&[asked.clone(), root.clone()], Verdict::Pending);
        asked["status"]["lastHandledReconcileAt"] = "now".into();
        check(&[asked, root], Verdict::Ready);
    }

    #[test]
    fn failed_is_when_nothing_moves() {
        let root = ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        let bad = ks("bad", "False", "BuildFailed", "r1", &[]);
        check(&[git("r1"), root.clone(), bad.clone()], Verdict::Failed);
        check(
            &[
                git("r1"),
                root.clone(),
                bad.clone(),
                ks("a", "Unknown", "Progressing", "", &[]),
            ],
            Verdict::Pending,
        );
        check(
            &[
                git("r1"),
                root.clone(),
                bad.clone(),
                ks("a", "False", "DependencyNotReady", "", &["bad"]),
            ],
            Verdict::Failed,
        );
        // Its dependency is there: it is about to go on.
        check(
            &[
                git("r1"),
                root.clone(),
                bad,
                ks("a", "False", "DependencyNotReady", "", &["flux-system"]),
            ],
            Verdict::Pending,
        );
        // A failure on an old revision is about to be tried again.
        check(
            &[git("r2"), ks("flux-system", "False", "BuildFailed", "r1", &[])],
            Verdict::Pending,
        );
    }

    fn release(ready: &str, reason: &str, version: &str, more: Value) -> Value {
        let mut conditions = vec![
            json!({"type": "Ready", "status": ready, "reason": reason, "message": "", "observedGeneration": 1}),
        ];
        conditions.extend(more.as_array().into_iter().flatten().cloned());
        json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "app", "namespace": "flux-system", "generation": 1},
            "spec": {"chart": {"spec": {}}},
            "status": {"observedGeneration": 1, "helmChart": "flux-system/flux-system-app", "lastAttemptedRevision": version,
                "history": [{"chartVersion": version}], "conditions": conditions},
        })
    }

    #[test]
    fn a_release_follows_its_chart_until_it_is_given_up() {
        let root = || ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        let chart = |version: &str, seen: &str| {
            let mut chart = git(version);
            chart["kind"] = "HelmChart".into();
            chart["metadata"]["name"] = "flux-system-app".into();
            chart["spec"]["sourceRef"] = json!({"kind": "GitRepository", "name": "flux-system"});
            chart["status"]["observedSourceArtifactRevision"] = seen.into();
            chart
        };
        let all = |chart: Value, release: Value| [git("r1"), root(), chart, release];
        let good = |version: &str| release("True", "UpgradeSucceeded", version, json!([]));
        check(&all(chart("1.0.0", "r1"), good("1.0.0")), Verdict::Ready);
        check(&all(chart("1.1.0", "r1"), good("1.0.0")), Verdict::Pending);
        check(&all(chart("1.0.0", "r0"), good("1.0.0")), Verdict::Pending);
        let failed = |more: Value| release("False", "UpgradeFailed", "1.0.0", more);
        check(&all(chart("1.0.0", "r1"), failed(json!([]))), Verdict::Pending);
        let stalled =
            json!([{"type": "Stalled", "status": "True", "reason": "RetriesExceeded", "message": ""}]);
        check(&all(chart("1.0.0", "r1"), failed(stalled)), Verdict::Failed);
    }

    #[test]
    fn a_cycle_is_a_failure() {
        let root = ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]);
        let a = ks("a", "False", "DependencyNotReady", "", &["b"]);
        let b = ks("b", "False", "DependencyNotReady", "", &["a"]);
        check(&[git("r1"), root, a, b], Verdict::Failed);
    }

    #[test]
    fn the_tree_follows_who_applied_whom() {
        let mut progress = Progress::default();
        let labels = json!({"kustomize.toolkit.fluxcd.io/name": "flux-system", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
        let mut child = ks("a", "True", "ReconciliationSucceeded", "r1", &[]);
        child["metadata"]["labels"] = labels;
        for object in [
            git("r1"),
            ks("flux-system", "True", "ReconciliationSucceeded", "r1", &[]),
            child,
        ] {
            progress.update(&object);
        }
        let lines: Vec<_> = progress
            .tree()
            .into_iter()
            .map(|(depth, id, _)| format!("{depth} {id}"))
            .collect();
        assert_eq!(
            lines,
            [
                "0 GitRepository/flux-system/flux-system",
                "0 Kustomization/flux-system/flux-system",
                "1 Kustomization/flux-system/a"
            ]
        );
    }
}
