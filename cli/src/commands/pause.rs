//! `flux suspend` and `flux resume`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::args::{Global, Pausing};
use crate::cluster::{Cluster, Filter};
use crate::error::Error;
use crate::kinds::{self, FluxKind};
use crate::{log, wait};

/// Runs `flux suspend`.
pub async fn suspend(global: &Global, which: &Pausing) -> Result<(), Error> {
    let (kind, names) = target(which, "suspend")?;
    let cluster = Cluster::connect(global).await?;
    if names.is_empty() {
        let objects = cluster.list(kind, &filter(global, None)).await?;
        if objects.is_empty() {
            return Err(Error::message("no objects found"));
        }
        return set_suspended(&cluster, global, kind, &objects).await;
    }
    for name in distinct(&names) {
        let namespace = &global.namespace;
        let objects = cluster.list(kind, &filter(global, Some(name))).await;
        let outcome = match &objects {
            Ok(objects) if objects.is_empty() => {
                log::failure(format!("{} {name} not found in {namespace} namespace", kind.kind));
                continue;
            }
            Ok(objects) => set_suspended(&cluster, global, kind, objects).await,
            Err(error) => Err(Error::message(error.to_string())),
        };
        if let Err(error) = outcome {
            log::failure(format!(
                "failed suspending {} {name} in {namespace} namespace: {error}",
                kind.kind
            ));
        }
    }
    Ok(())
}

async fn set_suspended(
    cluster: &Cluster,
    global: &Global,
    kind: &FluxKind,
    objects: &[Value],
) -> Result<(), Error> {
    for object in objects {
        let name = name_of(object);
        log::action(format!(
            "suspending {} {name} in {} namespace",
            kind.human, global.namespace
        ));
        cluster
            .merge_patch(
                kind,
                &global.namespace,
                name,
                &json!({ "spec": { "suspend": true } }),
            )
            .await?;
        log::success(format!("{} suspended", kind.human));
    }
    Ok(())
}

/// Runs `flux resume`. A single named object is waited for unless `--wait=false`.
pub async fn resume(global: &Global, which: &Pausing, wait: Option<bool>) -> Result<(), Error> {
    let (kind, names) = target(which, "resume")?;
    let cluster = Cluster::connect(global).await?;
    let resumed = resume_objects(&cluster, global, kind, &names).await?;
    if !wait.unwrap_or(names.len() == 1) {
        return Ok(());
    }
    let mut failed = 0;
    let mut outcomes = Vec::new();
    for name in &resumed {
        log::waiting(format!("waiting for {} reconciliation", kind.kind));
        let ready = |object: &Value| kinds::is_static(object) || wait::is_settled(object);
        outcomes.push((
            name,
            wait::until(&cluster, kind, &global.namespace, name, global.timeout, ready).await,
        ));
    }
    for (name, outcome) in outcomes {
        let problem = match &outcome {
            Err(error) => Some(error.to_string()),
            Ok(object) => match kinds::ready(object) {
                ("True", _) => None,
                (_, message) => Some(message.to_owned()),
            },
        };
        match (problem, outcome) {
            (None, Ok(object)) => {
                log::success(format!("{} {name} reconciliation completed", kind.kind));
                log::success(kind.success_message(&object));
            }
            (problem, _) => {
                failed += 1;
                log::failure(format!(
                    "{} {name} reconciliation failed: {}",
                    kind.kind,
                    problem.unwrap_or_default()
                ));
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Error::message(format!(
        "reconciliation failed for {failed} {}(s)",
        kind.kind
    )))
}

async fn resume_objects(
    cluster: &Cluster,
    global: &Global,
    kind: &FluxKind,
    names: &[String],
) -> Result<BTreeSet<String>, Error> {
    let mut resumed = BTreeSet::new();
    let wanted: Vec<Option<&str>> = if names.is_empty() {
        vec![None]
    } else {
        distinct(names).into_iter().map(Some).collect()
    };
    let namespace = &global.namespace;
    for name in wanted {
        let objects = cluster.list(kind, &filter(global, name)).await?;
        match name {
            _ if !objects.is_empty() => {}
            None => log::failure(format!("no {} objects found in {namespace} namespace", kind.kind)),
            Some(name) => log::failure(format!(
                "{} object '{name}' not found in {namespace} namespace",
                kind.kind
            )),
        }
        for object in &objects {
            let name = name_of(object);
            log::action(format!("resuming {} {name} in {namespace} namespace", kind.human));
            cluster
                .merge_patch(kind, namespace, name, &json!({ "spec": { "suspend": false } }))
                .await?;
            log::success(format!("{} resumed", kind.human));
            resumed.insert(name.to_owned());
        }
    }
    Ok(resumed)
}

fn target(which: &Pausing, command: &'static str) -> Result<(&'static FluxKind, Vec<String>), Error> {
    let target = which.target.as_ref().ok_or_else(|| Error::help(&[command]))?;
    let (kind, names) = target.chosen().map_err(|group| Error::help(&[command, group]))?;
    if names.is_empty() && !which.all {
        return Err(Error::message(format!("{} name is required", kind.human)));
    }
    Ok((kind, names.to_vec()))
}

fn filter<'a>(global: &'a Global, name: Option<&'a str>) -> Filter<'a> {
    Filter {
        namespace: Some(&global.namespace),
        name,
        labels: None,
    }
}

/// Each name once, in the order given.
fn distinct(names: &[String]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    names
        .iter()
        .map(String::as_str)
        .filter(|name| seen.insert(*name))
        .collect()
}

fn name_of(object: &Value) -> &str {
    object
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}
