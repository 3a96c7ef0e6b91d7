//! The story of a HelmRepository.

use flux_api::helmrepository::{API_VERSION, HelmRepository, KIND};
use flux_api::source::{FETCH_FAILED, STORAGE_OPERATION_FAILED};
use flux_api::{meta, reason};
use flux_helm::repo::read_index;
use flux_kube::{Gvk, Patch, WriteOptions};
use flux_runtime::{Context, Error, Facts, Object, Outcome, Reconciler};
use flux_store::Store;
use serde_json::{Value, json};

use super::keeper::Keeper;
use super::remote::Remote;
use crate::conditions::OWNED_BY_REPOSITORY;
use crate::reconciler::COMPONENT;
use crate::settings::Settings;
use crate::{decide, failure};

/// Reconciles HelmRepository objects into indexes in its store.
pub struct HelmRepositoryReconciler {
    settings: Settings,
    store: Store,
}

impl HelmRepositoryReconciler {
    pub(crate) fn new(settings: Settings, store: Store) -> Self {
        HelmRepositoryReconciler { settings, store }
    }

    fn keeper<'a>(&'a self, context: &'a Context) -> Keeper<'a> {
        Keeper {
            store: &self.store,
            context,
            kind: KIND,
        }
    }

    async fn run(&self, object: &HelmRepository, keeper: &Keeper<'_>) -> Result<(), Error> {
        let context = keeper.context;
        let held = keeper.look(object.status.artifact.as_ref()).await?.ok();
        let remote = Remote::new(context.client(), &object.metadata.namespace, &object.spec).await?;
        let index = remote.index(self.settings.index_limit).await.map_err(|cause| {
            let cause = format!("failed to cache index to temporary file: {cause}");
            failure::fetch(
                reason::FAILED,
                format!("failed to fetch Helm repository index: {cause}"),
            )
        })?;
        let revision = flux_artifact::Algorithm::Sha256.digest(&index).to_string();
        if let Some(held) = held.as_ref().filter(|held| held.revision == revision) {
            let message = format!("artifact up-to-date with remote revision: '{revision}'");
            keeper.trace(reason::ARTIFACT_UP_TO_DATE, &message);
            return self.succeed(object, keeper, held, None).await;
        }
        check(index.clone()).await?;
        keeper.forget(&[FETCH_FAILED]).await?;
        let cause = format!("new index revision '{revision}'");
        keeper
            .outdated(object.status.artifact.is_some(), reason::NEW_REVISION, &cause)
            .await?;
        let file = format!("index-{}.yaml", revision.trim_start_matches("sha256:"));
        let what = "unable to save artifact to storage";
        let (artifact, url) = keeper
            .store(&revision, &file, index.into(), "index.yaml", what)
            .await?;
        self.succeed(object, keeper, &artifact, Some(&url)).await
    }

    async fn succeed(
        &self,
        object: &HelmRepository,
        keeper: &Keeper<'_>,
        artifact: &flux_api::source::Artifact,
        url: Option<&str>,
    ) -> Result<(), Error> {
        let message = format!("stored artifact: revision '{}'", artifact.revision);
        keeper
            .succeed(artifact, reason::SUCCEEDED, &message, |draft| {
                if let Some(url) = url.filter(|url| !url.is_empty()) {
                    draft.set_field("url", url);
                }
            })
            .await?;
        let size = artifact
            .size
            .map_or("unknown size".into(), |size| format!("size {}", human(size)));
        let message = format!("stored fetched index of {size} from '{}'", object.spec.url);
        let before = object.status.artifact.as_ref();
        let failed = decide::failed(&object.status.conditions);
        let news = decide::announce(
            before,
            failed,
            artifact,
            reason::NEW_ARTIFACT,
            reason::SUCCEEDED,
            message,
        );
        keeper.announce(artifact, news);
        Ok(())
    }

    /// A registry is a static object: what an earlier type left behind goes.
    async fn become_static(&self, context: &Context) -> Result<Outcome, Error> {
        self.keeper(context).finalize().await?;
        let object = context.object().await;
        if object["status"]
            .as_object()
            .is_some_and(|status| !status.is_empty())
        {
            let fields = object["status"].as_object().into_iter().flatten();
            let nothing: serde_json::Map<String, Value> =
                fields.map(|(field, _)| (field.clone(), Value::Null)).collect();
            let options = WriteOptions::manager(COMPONENT);
            let client = context.client();
            client
                .patch_status(context.target(), &nothing.into(), None, &options)
                .await?;
        }
        let held = object["metadata"]["finalizers"].as_array().into_iter().flatten();
        let rest: Vec<&Value> = held.filter(|one| *one != meta::FINALIZER).collect();
        let patch = Patch::Merge(json!({ "metadata": { "finalizers": rest } }));
        let options = WriteOptions::manager(COMPONENT);
        context.client().patch(context.target(), &patch, &options).await?;
        Ok(Outcome::Done)
    }
}

/// Looks whether this is an index, without holding what is in it.
async fn check(index: bytes::Bytes) -> Result<(), Error> {
    let reading = flux_runtime::compute(move || {
        let read = read_index(&index[..], |_| Ok(()));
        read.map(drop).map_err(|error| error.to_string())
    });
    let read = reading.await.unwrap_or_else(|crash| Err(crash.to_string()));
    read.map_err(|cause| {
        let cause = format!("failed to load index: {cause}");
        let message = format!("failed to load Helm repository from index YAML: {cause}");
        failure::fetch(reason::INDEXATION_FAILED, message)
    })
}

/// A size as people read it: powers of a thousand, four digits.
fn human(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let whole = (value.abs().log10().floor().max(0.0) as usize).min(3);
    let mut text = format!("{value:.*}", 3 - whole);
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{text}{}", UNITS[unit])
}

impl Reconciler for HelmRepositoryReconciler {
    type Object = HelmRepository;

    fn facts(&self) -> Facts {
        Facts::new(Gvk::new(API_VERSION, KIND), COMPONENT)
            .owns(OWNED_BY_REPOSITORY)
            .finalizer(meta::FINALIZER)
    }

    fn is_static(&self, object: &Value) -> bool {
        object["spec"]["type"] == flux_api::helmrepository::TYPE_OCI
    }

    async fn reconcile(&self, object: &Object<HelmRepository>, context: &Context) -> Result<Outcome, Error> {
        if object.spec.is_oci() {
            return self.become_static(context).await;
        }
        let keeper = self.keeper(context);
        let status = &object.status;
        let beginning = decide::begin(
            &object.metadata,
            status.observed_generation,
            &status.last_handled_reconcile_at,
            &status.conditions,
        );
        keeper.begin(beginning.as_ref()).await?;
        match self.run(object, &keeper).await {
            Ok(()) => Ok(Outcome::Interval(object.spec.interval())),
            Err(error) => {
                let kinds = [FETCH_FAILED, STORAGE_OPERATION_FAILED];
                let told = |kind: &&str| {
                    let mut told = error.failure().conditions.iter();
                    told.any(|condition| condition.kind == *kind)
                };
                let passed: Vec<&str> = kinds.into_iter().filter(|kind| !told(kind)).collect();
                if status.conditions.get(STORAGE_OPERATION_FAILED).is_some() {
                    keeper.forget(&passed).await?;
                }
                Err(failure::in_progress(
                    error,
                    beginning.map(|beginning| beginning.message),
                ))
            }
        }
    }

    async fn finalize(&self, _object: &Object<HelmRepository>, context: &Context) -> Result<Outcome, Error> {
        self.keeper(context).finalize().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: i64, expect: &str) {
        assert_eq!(human(bytes), expect);
    }

    #[test]
    fn sizes_have_four_digits() {
        check(0, "0B");
        check(999, "999B");
        check(1000, "1kB");
        check(1234, "1.234kB");
        check(40_950, "40.95kB");
        check(123_456_789, "123.5MB");
    }
}
