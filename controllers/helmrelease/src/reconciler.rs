//! The reconciler.

use flux_api::helmrelease::{self, FIELD_MANAGER, HelmRelease};
use flux_api::meta;
use flux_kube::{Cache, Client, Gvk, Key};
use flux_runtime::{Context, Error, Facts, Object, Outcome, Reconciler};
use serde_json::Value;

use crate::charts::Charts;
use crate::decide::Defaults;
use crate::memory::{Memories, Memory};
use crate::pass::Pass;
use crate::settings::Settings;
use crate::work::{OWNED, Work};

/// Reconciles HelmReleases.
pub struct HelmReleaseReconciler {
    shared: Shared,
    memories: Memories,
}

/// What all passes share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) charts: Charts,
    /// All HelmCharts.
    pub(crate) sources: Cache<Value>,
    pub(crate) defaults: Defaults,
}

impl Shared {
    /// The account that an object acts as; empty: the controller's own.
    pub(crate) fn account<'a>(&'a self, object: &'a HelmRelease) -> &'a str {
        match object.spec.service_account_name.as_str() {
            "" => &self.settings.default_service_account,
            own => own,
        }
    }

    fn client(&self, own: &Client, object: &HelmRelease) -> Client {
        match self.account(object) {
            "" => own.clone(),
            account => own.impersonate(
                &format!("system:serviceaccount:{}:{account}", object.metadata.namespace),
                &[],
            ),
        }
    }
}

impl HelmReleaseReconciler {
    pub(crate) fn new(shared: Shared) -> Self {
        HelmReleaseReconciler {
            shared,
            memories: Memories::default(),
        }
    }

    fn pass<'a>(&'a self, object: &HelmRelease, context: &'a Context, memory: &'a mut Memory) -> Pass<'a> {
        if memory.uid != object.metadata.uid {
            *memory = Memory {
                uid: object.metadata.uid.clone(),
                ..Memory::default()
            };
        }
        let client = self.shared.client(context.client(), object);
        let now = flux_runtime::time::rfc3339(context.now());
        Pass {
            shared: &self.shared,
            context,
            memory,
            client: client.with_field_manager(FIELD_MANAGER),
            work: Work::new(object.clone(), now),
        }
    }
}

impl Reconciler for HelmReleaseReconciler {
    type Object = HelmRelease;

    fn facts(&self) -> Facts {
        Facts::new(
            Gvk::new(helmrelease::API_VERSION, helmrelease::KIND),
            FIELD_MANAGER,
        )
        .owns(OWNED)
        .finalizer(meta::FINALIZER)
    }

    async fn reconcile(&self, object: &Object<HelmRelease>, context: &Context) -> Result<Outcome, Error> {
        let memory = self.memories.of(context.key());
        let mut memory = memory.lock().await;
        if !self.shared.sources.is_synced() && self.shared.sources.error().is_none() {
            // The first list brings a pass by itself.
            return Ok(Outcome::Wait(std::time::Duration::from_secs(5)));
        }
        self.pass(&object.typed, context, &mut memory).step().await
    }

    async fn finalize(&self, object: &Object<HelmRelease>, context: &Context) -> Result<Outcome, Error> {
        let memory = self.memories.of(context.key());
        let mut memory = memory.lock().await;
        self.pass(&object.typed, context, &mut memory).finalize().await
    }

    fn forget(&self, key: &Key) {
        self.memories.forget(key);
    }
}
