//! What changed in the cluster since the release: found by a dry run, and put right.

use flux_api::helmrelease::{FIELD_MANAGER, HelmRelease};
use flux_helm::release::Release;
use flux_kube::{Client, Error, Patch, WriteOptions};
use flux_object::{Gvk, ObjectId, apply_order};
use futures::StreamExt as _;
use serde_json::Value;

use super::apply::{AT_ONCE, Target, build};
use super::{Act, own};
use crate::drift::{Difference, Kind, Rules, compare, excluded, shown, without};

/// Looks at every object of a release. What could not be looked at is told beside.
pub(crate) async fn detect(
    client: &Client,
    object: &HelmRelease,
    release: &Release,
) -> Result<(Vec<Difference>, Option<String>), String> {
    let ignore = object
        .spec
        .drift_detection
        .as_ref()
        .map_or(&[][..], |drift| &drift.ignore);
    let rules = Rules::compile(ignore)?;
    let targets = build(client, &release.manifest, &release.namespace).await?;
    let mut looks = Vec::new();
    for mut target in targets {
        own::mark(&mut target.object, &release.name, &release.namespace);
        looks.push(look(client, target, &rules));
    }
    let found: Vec<Result<Difference, String>> =
        futures::stream::iter(looks).buffered(AT_ONCE).collect().await;
    let mut differences = Vec::new();
    let mut errors = Vec::new();
    for look in found {
        match look {
            Ok(difference) => differences.push(difference),
            Err(error) => errors.push(error),
        }
    }
    let error = match errors.len() {
        0 => None,
        1 => errors.pop(),
        _ => Some(format!("[{}]", errors.join(", "))),
    };
    match error {
        Some(error) if !differences.iter().any(Difference::is_one) => Err(error),
        error => Ok((differences, error)),
    }
}

async fn look(client: &Client, target: Target, rules: &Rules) -> Result<Difference, String> {
    let Target { object, at } = target;
    let as_kind = |object, kind| Ok(Difference { object, kind });
    let Some(paths) = rules.paths(&object) else {
        return as_kind(object, Kind::Excluded);
    };
    let live = client.get_opt(&at.gvk, &at.key.namespace, &at.key.name).await;
    let Some(mut live) = live.map_err(|error| error.to_string())? else {
        return as_kind(object, Kind::Removed);
    };
    if excluded(&live) {
        return as_kind(object, Kind::Excluded);
    }
    let write = WriteOptions::manager(FIELD_MANAGER)
        .force()
        .dry_run()
        .ignore_unknown_fields();
    let applied = client.apply(&object, &write).await;
    let mut wanted = applied.map_err(|error| failed(&object, &error))?;
    for path in paths {
        without(&mut live, path);
        without(&mut wanted, path);
    }
    let changes = compare(&live, &wanted);
    let kind = if changes.is_empty() {
        Kind::Same
    } else {
        Kind::Changed(changes)
    };
    as_kind(object, kind)
}

/// Values of Secrets do not get into messages.
fn failed(object: &Value, error: &Error) -> String {
    let name = shown(object);
    if Gvk::of(object).kind == "Secret" && matches!(error, Error::Invalid(_)) {
        return format!("{name} dry-run failed: the server refused the Secret");
    }
    format!("{name} dry-run failed: {error}")
}

impl Act {
    /// Puts right what changed: what is missing first. A line for each that was, and the problems.
    pub(super) async fn correct(&mut self, mut differences: Vec<Difference>) -> Result<(), String> {
        differences.sort_by(|a, b| {
            let is_change = |difference: &Difference| matches!(difference.kind, Kind::Changed(_));
            let order = apply_order(&ObjectId::of(&a.object), &ObjectId::of(&b.object));
            is_change(a).cmp(&is_change(b)).then(order)
        });
        let write = WriteOptions::manager(FIELD_MANAGER);
        let client = &self.job.client;
        let mut problems = Vec::new();
        for difference in &differences {
            let object = &difference.object;
            let name = shown(object);
            match &difference.kind {
                Kind::Removed => match client.create(object, &write).await {
                    Ok(_) => self.corrected.push(format!("{name} created")),
                    Err(error) => problems.push(format!("{name} creation failure: {error}")),
                },
                Kind::Changed(changes) => {
                    let Some(at) = flux_kube::ObjectRef::of(object) else {
                        continue;
                    };
                    let patch = Patch::Json(changes.iter().map(crate::drift::Change::to_json).collect());
                    match client.patch(&at, &patch, &write).await {
                        Ok(_) => self.corrected.push(format!("{name} configured")),
                        Err(error) => {
                            problems.push(format!("{name} patch failure: {}", refusal(object, &error)))
                        }
                    }
                }
                Kind::Same | Kind::Excluded => {}
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.join("\n"))
        }
    }
}

/// Why a patch was refused; of a Secret only the last part, which has no values in it.
fn refusal(object: &Value, error: &Error) -> String {
    let text = error.to_string();
    if Gvk::of(object).kind != "Secret" {
        return text;
    }
    text.rsplit(':').next().unwrap_or_default().trim().to_owned()
}
