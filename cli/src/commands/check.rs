//! `flux check`: is this cluster fit for Flux, and is what is installed healthy?

use serde_json::Value;

use crate::args::{Check, Global};
use crate::cluster::Cluster;
use crate::commands::version::images;
use crate::error::Error;
use crate::log;

/// The oldest Kubernetes that works.
const OLDEST: (u64, u64, u64) = (1, 33, 0);

/// Runs `flux check`.
pub async fn run(global: &Global, check: &Check) -> Result<(), Error> {
    log::action("checking prerequisites");
    let cluster = Cluster::connect(global).await?;
    let mut passed = kubernetes(&cluster).await;
    if check.pre {
        if !passed {
            return Err(Error::Silent);
        }
        log::success("prerequisites checks passed");
        return Ok(());
    }
    log::action("checking version in cluster");
    passed &= installed(&cluster).await;
    log::action("checking controllers");
    passed &= controllers(&cluster, global, check).await;
    log::action("checking crds");
    passed &= definitions(&cluster).await;
    if !passed {
        log::failure("check failed");
        return Err(Error::Silent);
    }
    log::success("all checks passed");
    Ok(())
}

async fn kubernetes(cluster: &Cluster) -> bool {
    let version = match cluster.version().await {
        Ok(version) => version,
        Err(error) => {
            log::failure(format!("Kubernetes API call failed: {error}"));
            return false;
        }
    };
    let (major, minor, patch) = OLDEST;
    let range = format!(">={major}.{minor}.{patch}-0");
    match parse(&version) {
        None => log::failure("Kubernetes version can't be determined"),
        Some(found) if found < OLDEST => {
            log::failure(format!("Kubernetes version {version} does not match {range}"))
        }
        Some(_) => {
            log::success(format!("Kubernetes {} {range}", version.trim_start_matches('v')));
            return true;
        }
    }
    false
}

/// `v1.36.2+build` as numbers.
fn parse(version: &str) -> Option<(u64, u64, u64)> {
    let plain = version.trim_start_matches('v').split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse::<u64>().ok());
    Some((
        parts.next()??,
        parts.next()??,
        parts.next().flatten().unwrap_or(0),
    ))
}

async fn installed(cluster: &Cluster) -> bool {
    match cluster.distribution().await {
        Ok(Some(info)) => {
            if !info.name().is_empty() {
                log::success(format!("distribution: {}", info.name()));
            }
            log::success(format!("bootstrapped: {}", info.bootstrapped));
            true
        }
        Ok(None) => {
            log::failure(
                "checking failed: customresourcedefinitions.apiextensions.k8s.io \"gitrepositories.source.toolkit.fluxcd.io\" not found",
            );
            false
        }
        Err(error) => {
            log::failure(format!("checking failed: {error}"));
            false
        }
    }
}

/// The controllers; those that are not ready yet are waited for until the timeout.
async fn deployments(cluster: &Cluster, global: &Global, check: &Check) -> Result<Vec<Value>, Error> {
    let end = tokio::time::Instant::now() + global.timeout.get();
    loop {
        let found = cluster.flux_deployments(&global.namespace).await?;
        let next = tokio::time::Instant::now() + check.poll_interval.get();
        if found.iter().all(is_available) || next > end {
            return Ok(found);
        }
        tokio::time::sleep_until(next).await;
    }
}

async fn controllers(cluster: &Cluster, global: &Global, check: &Check) -> bool {
    let namespace = &global.namespace;
    let deployments = match deployments(cluster, global, check).await {
        Ok(deployments) if !deployments.is_empty() => deployments,
        Ok(_) => {
            log::failure(format!(
                "no controllers found in the '{namespace}' namespace with the label selector 'app.kubernetes.io/part-of=flux'"
            ));
            return false;
        }
        Err(error) => {
            log::failure(error);
            return false;
        }
    };
    let mut healthy = true;
    for deployment in &deployments {
        let name = deployment
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if is_available(deployment) {
            log::success(format!("{name}: deployment ready"));
        } else {
            log::failure(format!("{name}: deployment not ready"));
            healthy = false;
        }
        images(deployment).for_each(log::action);
    }
    healthy
}

fn is_available(deployment: &Value) -> bool {
    let number = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_i64);
    let wanted = number("/spec/replicas").unwrap_or(1);
    number("/status/availableReplicas").unwrap_or(0) >= wanted
        && number("/status/observedGeneration") == number("/metadata/generation")
}

async fn definitions(cluster: &Cluster) -> bool {
    let definitions = match cluster.flux_definitions().await {
        Ok(definitions) if !definitions.is_empty() => definitions,
        Ok(_) => {
            log::failure("no crds found with the label selector 'app.kubernetes.io/part-of=flux'");
            return false;
        }
        Err(error) => {
            log::failure(error);
            return false;
        }
    };
    let mut stored = true;
    for definition in &definitions {
        let name = definition
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let versions = definition
            .pointer("/status/storedVersions")
            .and_then(Value::as_array);
        match versions
            .and_then(|versions| versions.last())
            .and_then(Value::as_str)
        {
            Some(version) => log::success(format!("{name}/{version}")),
            None => {
                log::failure(format!("no stored versions for {name}"));
                stored = false;
            }
        }
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_the_versions_of_servers() {
        assert_eq!(parse("v1.36.2"), Some((1, 36, 2)));
        assert_eq!(parse("v1.33.4-gke.100+x"), Some((1, 33, 4)));
        assert_eq!(parse("nonsense"), None);
    }
}
