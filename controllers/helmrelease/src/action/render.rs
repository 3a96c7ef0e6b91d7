//! A chart and values become manifests, as the cluster at hand would have it.

use std::sync::Arc;

use flux_gotemplate::Functions;
use flux_helm::{Log, PostRenderStrategy, ReleaseOptions, Rendered, Request};
use flux_host::Machine;
use tokio::runtime::Handle;

use super::Act;
use crate::cluster::{ClusterHost, capabilities};
use crate::post_render;

/// What a chart is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Install,
    Upgrade,
}

impl Act {
    /// Renders the chart with the values of the job.
    pub(super) async fn render(
        &self,
        purpose: Purpose,
        revision: i64,
        check_schema: bool,
    ) -> Result<Rendered, String> {
        let capabilities = capabilities(&self.job.client).await?;
        let object = self.job.object.clone();
        let release = ReleaseOptions {
            name: self.name(),
            namespace: self.namespace().to_owned(),
            revision,
            is_upgrade: purpose == Purpose::Upgrade,
        };
        let chart = Arc::unwrap_or_clone(self.chart()?.clone());
        let values = self.job.values.clone();
        let machine = Machine {
            dns: self.job.settings.allow_dns,
        };
        let host = ClusterHost::new(machine, self.job.client.clone(), Handle::current());
        // Rendering is computation, and asks the cluster in the middle of it.
        let rendering = tokio::task::spawn_blocking(move || {
            let change = |documents: &str| post_render::run(&object, documents);
            let strategy = match object.spec.post_render_strategy.as_str() {
                "nohooks" => PostRenderStrategy::NoHooks,
                "separate" => PostRenderStrategy::Separate,
                _ => PostRenderStrategy::Combined,
            };
            let request = Request {
                release,
                capabilities,
                skip_schema_validation: !check_schema,
                post_render: Some(&change),
                post_render_strategy: strategy,
                ..Request::new(chart, values, "", "")
            };
            let mut log = Log::new();
            flux_helm::render(request, functions(), &host, &mut log).map_err(|error| error.to_string())
        });
        let rendered = rendering
            .await
            .unwrap_or_else(|crash| Err(format!("rendering ended unexpectedly: {crash}")))?;
        self.lines.add(format!(
            "rendered {} manifests and {} hooks",
            rendered.manifests.len(),
            rendered.hooks.len()
        ));
        Ok(rendered)
    }
}

/// The functions of templates, made once.
fn functions() -> &'static Functions {
    static FUNCTIONS: std::sync::OnceLock<Functions> = std::sync::OnceLock::new();
    FUNCTIONS.get_or_init(Functions::helm)
}
