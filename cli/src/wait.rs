//! Waiting for one object by watching it.

use flux_api::duration::GoDuration;
use serde_json::Value;

use crate::cluster::{Cluster, Filter};
use crate::error::Error;
use crate::kinds::{self, FluxKind};

/// Waits until `done` holds of the object, and gives it; fails when it goes away or `timeout` passes.
pub async fn until(
    cluster: &Cluster,
    kind: &'static FluxKind,
    namespace: &str,
    name: &str,
    timeout: GoDuration,
    done: impl Fn(&Value) -> bool,
) -> Result<Value, Error> {
    let filter = Filter {
        namespace: Some(namespace),
        name: Some(name),
        labels: None,
    };
    let found = async {
        let mut changes = cluster.watch(kind, &filter).await?;
        while let Some(object) = changes.next().await? {
            if done(&object) {
                return Ok(object);
            }
        }
        Err(Error::message(format!(
            "{} {name} in {namespace} namespace is gone",
            kind.kind
        )))
    };
    match tokio::time::timeout(timeout.get(), found).await {
        Ok(outcome) => outcome,
        Err(_) => {
            let state = cluster.get(kind, namespace, name).await.ok();
            let last = state.as_ref().map_or("unknown", |object| kinds::ready(object).1);
            Err(Error::message(format!(
                "{} {name} did not settle within {timeout}; last: {last}",
                kind.kind
            )))
        }
    }
}

/// Whether the object tells the outcome of its current generation: ready, or failed.
pub fn is_settled(object: &Value) -> bool {
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let (generation, observed) = (
        number("/metadata/generation"),
        number("/status/observedGeneration"),
    );
    let Some(ready) = kinds::condition(object, "Ready") else {
        return false;
    };
    let spoken_of = ready["observedGeneration"]
        .as_i64()
        .filter(|generation| *generation != 0)
        .unwrap_or(observed);
    let progressing =
        kinds::condition(object, "Reconciling").is_some_and(|c| c["reason"] == flux_api::reason::PROGRESSING);
    spoken_of == generation && ready["status"] != "Unknown" && !(ready["status"] == "False" && progressing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(generation: i64, ready: &str, reconciling: Option<&str>, expect: bool) {
        let mut conditions = vec![json!({"type": "Ready", "status": ready, "observedGeneration": 2})];
        conditions.extend(
            reconciling.map(|reason| json!({"type": "Reconciling", "status": "True", "reason": reason})),
        );
        let object = json!({
            "metadata": {"generation": generation},
            "status": {"observedGeneration": 2, "conditions": conditions},
        });
        assert_eq!(is_settled(&object), expect);
    }

    #[test]
    fn settled_is_an_outcome_of_the_current_generation() {
        check(2, "True", None, true);
        check(2, "False", None, true);
        check(2, "Unknown", None, false);
        check(3, "True", None, false);
        check(2, "False", Some("Progressing"), false);
        check(2, "False", Some("ProgressingWithRetry"), true);
    }
}
