//! `helm test`.

use flux_helm::release::HookEvent;

use super::{Act, Patience};

impl Act {
    /// Runs the tests of the chart against the newest release.
    pub(super) async fn test(&mut self) -> Result<(), String> {
        let spec = self.object().spec.test();
        let patience = Patience {
            timeout: self.timeout(spec.timeout),
            waits: true,
            for_jobs: true,
            hooks: true,
        };
        let name = self.name();
        let mut release = self.records.last(&name).await?.ok_or("release: not found")?;
        self.target = Some((format!("{}/{name}", release.namespace), release.version));
        let chosen = |hook: &flux_helm::release::Hook| spec.selects(&hook.name);
        let ran = self
            .run_hooks(&mut release, HookEvent::Test, patience, chosen)
            .await;
        let recorded = self.records.update(&release).await;
        ran.and(recorded)
    }
}
