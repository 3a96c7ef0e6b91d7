//! Writing a status.

use std::sync::Arc;
use std::time::Duration;

use flux_api::condition::{READY, RECONCILING, STALLED};
use flux_kube::{Client, Error, ObjectRef, WriteOptions};
use serde_json::Value;

use super::draft::{Draft, merge_patch};
use crate::facts::Facts;
use crate::time::{now, rfc3339};

const TRIES: u32 = 5;
/// Pause before the second try; doubles.
const PAUSE: Duration = Duration::from_millis(10);

/// Writes the status of one object, each time only what changed. Conditions of other owners survive; a conflict with
/// another writer is resolved up to five times.
pub struct StatusWriter {
    client: Client,
    target: ObjectRef,
    manager: &'static str,
    owned: &'static [&'static str],
    /// The object as last read or written.
    held: Arc<Value>,
}

impl StatusWriter {
    /// For an object as read from the server, with a client of the controller.
    pub fn new(client: Client, facts: &Facts, target: ObjectRef, object: Arc<Value>) -> Self {
        StatusWriter {
            client,
            target,
            manager: facts.status_manager,
            owned: facts.owned_conditions,
            held: object,
        }
    }

    /// The object as last read or written.
    pub fn object(&self) -> &Arc<Value> {
        &self.held
    }

    /// The object was written by other means.
    pub fn replace(&mut self, object: Arc<Value>) {
        self.held = object;
    }

    /// Changes the status and writes what changed, if anything. An object that is gone is no error. `change` is called again
    /// after a conflict.
    ///
    /// # Errors
    ///
    /// Those of the server; a conflict when others wrote the object before each of the tries: then nothing was written.
    pub async fn edit(&mut self, change: impl Fn(&mut Draft)) -> Result<(), Error> {
        let mut drafted = Draft::of(&self.held, rfc3339(now()));
        change(&mut drafted);
        for tried in 0..TRIES {
            let patch = merge_patch(&status_of(&self.held), &drafted.to_value());
            let Some(patch) = patch else {
                return Ok(());
            };
            match self.write(&patch).await {
                Ok(written) => {
                    self.held = written;
                    return Ok(());
                }
                Err(Error::NotFound(_)) => return Ok(()),
                Err(Error::Conflict(_)) if tried + 1 < TRIES => {
                    tokio::time::sleep(PAUSE * (1 << tried)).await
                }
                Err(error) => return Err(error),
            }
            let Some(latest) = self.read().await? else {
                return Ok(());
            };
            let theirs = Draft::of(&latest, rfc3339(now()));
            drafted.adopt(&theirs, |kind| self.owns(kind));
            self.held = latest;
        }
        Ok(())
    }

    async fn write(&self, patch: &Value) -> Result<Arc<Value>, Error> {
        // Conditions are a list, which a merge patch replaces: only on the version that was read.
        let locked = patch.get("conditions").is_some();
        let version = self.held["metadata"]["resourceVersion"]
            .as_str()
            .filter(|_| locked);
        let options = WriteOptions::manager(self.manager).ignore_unknown_fields();
        let mut written = self
            .client
            .patch_status(&self.target, patch, version, &options)
            .await?;
        flux_kube::strip_managed_fields(&mut written);
        Ok(Arc::new(written))
    }

    async fn read(&self) -> Result<Option<Arc<Value>>, Error> {
        let key = &self.target.key;
        let latest = self
            .client
            .get_opt(&self.target.gvk, &key.namespace, &key.name)
            .await?;
        let same = |latest: &Value| latest["metadata"]["uid"] == self.held["metadata"]["uid"];
        Ok(latest.filter(same).map(|mut latest| {
            flux_kube::strip_managed_fields(&mut latest);
            Arc::new(latest)
        }))
    }

    fn owns(&self, kind: &str) -> bool {
        [READY, RECONCILING, STALLED].contains(&kind) || self.owned.contains(&kind)
    }
}

fn status_of(object: &Value) -> Value {
    match &object["status"] {
        Value::Null => Value::Object(Default::default()),
        status => status.clone(),
    }
}
