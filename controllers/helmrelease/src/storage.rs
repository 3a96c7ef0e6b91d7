//! Release records, in Secrets as Helm keeps them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use flux_helm::release::{Release, Status, StorageKind, from_object, storage_name, to_object};
use flux_kube::{Client, DeleteOptions, Error, Gvk, ListOptions, ObjectRef, WriteOptions};
use serde_json::Value;

/// The records of one namespace, as one account sees them. What is written is noted.
pub(crate) struct Records {
    client: Client,
    namespace: String,
    written: Mutex<BTreeMap<i64, Release>>,
}

fn kind() -> Gvk {
    Gvk::new("v1", "Secret")
}

impl Records {
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        Records {
            client,
            namespace: namespace.into(),
            written: Mutex::default(),
        }
    }

    /// All records of a release, oldest first. Those that cannot be read are passed over, as Helm does.
    pub(crate) async fn history(&self, name: &str) -> Result<Vec<Release>, String> {
        let options = ListOptions::in_namespace(&self.namespace).labels(format!("name={name},owner=helm"));
        let listed = self.client.list(&kind(), &options).await;
        let listed = listed.map_err(|error| format!("query: failed to query with labels: {error}"))?;
        let mut releases: Vec<Release> = listed.items.iter().filter_map(read).collect();
        releases.sort_by_key(|release| release.version);
        Ok(releases)
    }

    /// The newest record.
    pub(crate) async fn last(&self, name: &str) -> Result<Option<Release>, String> {
        Ok(self.history(name).await?.pop())
    }

    /// Adds a record, after making room: of more than `keep` (0: any number) the oldest go, but never the deployed one.
    pub(crate) async fn create(&self, release: &Release, keep: usize) -> Result<(), String> {
        if keep > 0 {
            self.make_room(&release.name, keep - 1).await?;
        }
        let object = self.object(release, "createdAt")?;
        match self.client.create(&object, &WriteOptions::default()).await {
            Ok(_) => {}
            Err(Error::AlreadyExists(_)) => return Err("release: already exists".into()),
            Err(error) => return Err(format!("create: failed to create: {error}")),
        }
        self.note(release);
        Ok(())
    }

    /// Replaces a record.
    pub(crate) async fn update(&self, release: &Release) -> Result<(), String> {
        let object = self.object(release, "modifiedAt")?;
        let replaced = self.client.replace(&object, &WriteOptions::default()).await;
        replaced.map_err(|error| format!("update: failed to update: {error}"))?;
        self.note(release);
        Ok(())
    }

    /// Replaces a record as well as that goes: what was done is done, whether it is noted or not.
    pub(crate) async fn record(&self, release: &Release) {
        if let Err(error) = self.update(release).await {
            tracing::warn!(
                release = release.name,
                version = release.version,
                error,
                "cannot record the release"
            );
        }
    }

    /// Removes a record.
    pub(crate) async fn delete(&self, name: &str, version: i64) -> Result<(), String> {
        let target = ObjectRef::new(kind(), &self.namespace, storage_name(name, version));
        let deleted = self.client.delete(&target, &DeleteOptions::default()).await;
        deleted.map(|_| ()).map_err(|error| error.to_string())
    }

    /// What was written, by version.
    pub(crate) fn written(&self) -> Vec<Release> {
        self.noted().values().cloned().collect()
    }

    pub(crate) fn note(&self, release: &Release) {
        self.noted().insert(release.version, release.clone());
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<i64, Release>> {
        self.written.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    fn object(&self, release: &Release, stamp: &'static str) -> Result<Value, String> {
        let now = flux_runtime::time::now().as_second();
        let object = to_object(release, StorageKind::Secret, (stamp, now));
        let mut object =
            object.map_err(|error| format!("failed to encode release {:?}: {error}", release.name))?;
        object["metadata"]["namespace"] = self.namespace.as_str().into();
        Ok(object)
    }

    async fn make_room(&self, name: &str, keep: usize) -> Result<(), String> {
        let history = self.history(name).await?;
        for version in surplus(&history, keep) {
            self.delete(name, version).await?;
        }
        Ok(())
    }
}

fn read(object: &Value) -> Option<Release> {
    let read = from_object(object);
    let name = || object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    read.inspect_err(|error| tracing::debug!(record = name(), %error, "release record passed over"))
        .ok()
}

pub(crate) fn is(release: &Release, status: &Status) -> bool {
    release.info.status.as_ref() == Some(status)
}

/// The newest deployed one.
pub(crate) fn deployed(history: &[Release]) -> Option<&Release> {
    history
        .iter()
        .rev()
        .find(|release| is(release, &Status::Deployed))
}

/// The versions to remove so that `keep` are left; the deployed one stays.
fn surplus(history: &[Release], keep: usize) -> Vec<i64> {
    let excess = history.len().saturating_sub(keep);
    let deployed = deployed(history).map(|release| release.version);
    let versions = history.iter().map(|release| release.version);
    versions
        .filter(|version| Some(*version) != deployed)
        .take(excess)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statuses: &[&str], keep: usize, expect: &[i64]) {
        let release = |(index, status): (usize, &&str)| {
            let mut release = Release {
                version: index as i64 + 1,
                ..Release::default()
            };
            release.info.status = Some(Status::from((*status).to_owned()));
            release
        };
        let history: Vec<Release> = statuses.iter().enumerate().map(release).collect();
        assert_eq!(surplus(&history, keep), expect);
    }

    #[test]
    fn the_oldest_make_room_but_never_the_deployed_one() {
        check(&["superseded", "deployed"], 4, &[]);
        check(&["superseded", "superseded", "deployed"], 2, &[1]);
        check(&["deployed", "failed", "failed"], 2, &[2]);
        check(&["deployed", "failed", "failed"], 1, &[2, 3]);
    }
}
