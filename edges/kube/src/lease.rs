//! Leader election by a `coordination.k8s.io/v1` Lease, with client-go's rules.
//!
//! A lease counts as held as long as its record was seen to change within its duration, by the clock of the one who looks:
//! clocks of different machines are never compared.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use flux_object::Gvk;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Error;
use crate::options::WriteOptions;

/// Which lease, for whom, with which times (client-go's names; Flux: 35 s, 30 s, 5 s).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Namespace of the lease.
    pub namespace: String,
    /// Name of the lease.
    pub name: String,
    /// Who asks for it; see [`identity`].
    pub identity: String,
    /// How long it counts without being renewed.
    pub lease_duration: Duration,
    /// How long the holder tries to renew it before it gives up.
    pub renew_deadline: Duration,
    /// Time between two tries.
    pub retry_period: Duration,
}

/// An identity that no other process has: the host name and a random number.
pub fn identity(hostname: &str) -> String {
    let random = RandomState::new().hash_one(hostname);
    format!("{hostname}_{random:016x}")
}

/// Takes part in one election.
pub struct Elector {
    client: Client,
    settings: Settings,
    seen: Mutex<Option<Seen>>,
}

/// The record as last seen, and since when it is like that.
#[derive(Clone, Debug)]
struct Seen {
    spec: Value,
    at: Instant,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Ours,
    Theirs,
    /// The lease was written by someone between reading and writing it: another try will tell.
    Raced,
}

impl Elector {
    /// Nothing is asked for yet.
    pub fn new(client: Client, settings: Settings) -> Self {
        Elector {
            client,
            settings,
            seen: Mutex::new(None),
        }
    }

    /// Waits until the lease is held.
    pub async fn acquire(&self) {
        loop {
            match self.try_hold().await {
                Ok(Hold::Ours) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, lease = self.settings.name, "cannot take the lease; trying again")
                }
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Renews the lease; returns when it is lost: taken by another, or not renewed within the deadline.
    pub async fn hold(&self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.settings.retry_period).await;
            let left = (renewed + self.settings.renew_deadline).saturating_duration_since(Instant::now());
            // An answer that is there at once would win against a timeout of zero.
            let tried = if left.is_zero() {
                None
            } else {
                tokio::time::timeout(left, self.try_hold()).await.ok()
            };
            match tried {
                Some(Ok(Hold::Ours)) => renewed = Instant::now(),
                Some(Ok(Hold::Theirs)) => return,
                Some(Ok(Hold::Raced)) => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, lease = self.settings.name, "cannot renew the lease")
                }
                None => {
                    tracing::error!(lease = self.settings.name, "the lease was not renewed in time");
                    return;
                }
            }
        }
    }

    /// Gives the lease back, if it is held, so that the next one need not wait for its end.
    pub async fn release(&self) {
        if let Err(error) = self.try_release().await {
            tracing::warn!(%error, lease = self.settings.name, "cannot give the lease back");
        }
    }

    async fn try_release(&self) -> Result<(), Error> {
        let Some(mut lease) = self.read().await? else {
            return Ok(());
        };
        if lease["spec"]["holderIdentity"] != self.settings.identity.as_str() {
            return Ok(());
        }
        let now = micro_time(Timestamp::now());
        let spec = &mut lease["spec"];
        spec["holderIdentity"] = "".into();
        spec["leaseDurationSeconds"] = 1.into();
        spec["renewTime"] = now.clone().into();
        spec["acquireTime"] = now.into();
        self.client.replace(&lease, &WriteOptions::default()).await?;
        Ok(())
    }

    /// One try to take or renew the lease. Whoever writes first wins.
    async fn try_hold(&self) -> Result<Hold, Error> {
        let wrote = match self.read().await? {
            None => {
                self.client
                    .create(&self.new_lease(), &WriteOptions::default())
                    .await
            }
            Some(lease) => {
                let since = self.look(&lease["spec"]);
                match self.claim(&lease, since, Instant::now(), Timestamp::now()) {
                    Some(claim) => self.client.replace(&claim, &WriteOptions::default()).await,
                    None => return Ok(Hold::Theirs),
                }
            }
        };
        match wrote {
            Ok(lease) => {
                self.look(&lease["spec"]);
                Ok(Hold::Ours)
            }
            Err(Error::Conflict(_) | Error::AlreadyExists(_)) => Ok(Hold::Raced),
            Err(error) => Err(error),
        }
    }

    async fn read(&self) -> Result<Option<Value>, Error> {
        let kind = Gvk::new("coordination.k8s.io/v1", "Lease");
        self.client
            .get_opt(&kind, &self.settings.namespace, &self.settings.name)
            .await
    }

    /// Notes the record and says since when it is like that.
    fn look(&self, spec: &Value) -> Instant {
        let mut seen = self.seen.lock().unwrap_or_else(|poison| poison.into_inner());
        match &*seen {
            Some(held) if held.spec == *spec => held.at,
            _ => {
                let at = Instant::now();
                *seen = Some(Seen {
                    spec: spec.clone(),
                    at,
                });
                at
            }
        }
    }

    /// The lease as this process would hold it; `None` while another holds it.
    fn claim(&self, lease: &Value, since: Instant, now: Instant, time: Timestamp) -> Option<Value> {
        let spec = &lease["spec"];
        let holder = spec["holderIdentity"].as_str().unwrap_or_default();
        let ours = holder == self.settings.identity;
        let duration = Duration::from_secs(spec["leaseDurationSeconds"].as_u64().unwrap_or_default());
        if !ours && !holder.is_empty() && now < since + duration {
            return None;
        }
        let transitions = spec["leaseTransitions"].as_i64().unwrap_or_default();
        let mut claim = lease.clone();
        let mut held = self.held(time);
        if ours {
            held["acquireTime"] = spec["acquireTime"].clone();
            held["leaseTransitions"] = transitions.into();
        } else {
            held["leaseTransitions"] = (transitions + 1).into();
        }
        claim["spec"] = held;
        Some(claim)
    }

    fn new_lease(&self) -> Value {
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": self.settings.name, "namespace": self.settings.namespace },
            "spec": self.held(Timestamp::now()),
        })
    }

    fn held(&self, time: Timestamp) -> Value {
        json!({
            "holderIdentity": self.settings.identity,
            "leaseDurationSeconds": self.settings.lease_duration.as_secs(),
            "acquireTime": micro_time(time),
            "renewTime": micro_time(time),
            "leaseTransitions": 0,
        })
    }

    /// The retry period and up to 1.2 times as much again, so that candidates do not come at the same instant.
    fn pause(&self) -> Duration {
        let random = RandomState::new().hash_one(0_u8) % 1_200;
        let period = self.settings.retry_period;
        period + period.mul_f64(random as f64 / 1000.0)
    }
}

fn micro_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests;
