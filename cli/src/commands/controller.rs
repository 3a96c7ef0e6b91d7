//! `flux controller`: the controllers on any cluster.

use flux_kube::Client;
use flux_runtime::log::Encoding;
use flux_runtime::{Runtime, Shutdown};

use crate::args::Global;
use crate::controller_args::Controller;
use crate::controllers::{self, Wanted};
use crate::error::Error;

/// Runs controllers until the process is told to end.
pub async fn run(global: &Global, which: &Controller) -> Result<(), Error> {
    let (common, wanted) = match which {
        Controller::All {
            common,
            source,
            kustomize,
            helm,
        } => {
            let wanted = Wanted {
                source: Some(source),
                kustomize: Some(kustomize),
                helm: Some(helm),
            };
            (common, wanted)
        }
        Controller::Source { common, source } => {
            let source = Some(source);
            (
                common,
                Wanted {
                    source,
                    ..Wanted::default()
                },
            )
        }
        Controller::Kustomize { common, kustomize } => {
            let kustomize = Some(kustomize);
            (
                common,
                Wanted {
                    kustomize,
                    ..Wanted::default()
                },
            )
        }
        Controller::Helm { common, helm } => {
            let helm = Some(helm);
            (
                common,
                Wanted {
                    helm,
                    ..Wanted::default()
                },
            )
        }
    };
    let encoding = match common.log_encoding.as_str() {
        "console" => Encoding::Console,
        _ => Encoding::Json,
    };
    flux_runtime::log::init(encoding, &common.log_level);
    for flag in common.without_effect.set() {
        tracing::info!(flag, "this flag has no effect in this version");
    }
    let client = Client::connect(&crate::cluster::options(&global.cluster)).await;
    let client = client
        .map_err(|error| Error::message(format!("Kubernetes client initialization failed: {error}")))?;
    let runtime = Runtime::new(client, common.settings());
    let parts = controllers::on_a_cluster(&runtime, common, &wanted).await?;
    let shutdown = Shutdown::new();
    let signal = shutdown.clone();
    let listening = tokio::spawn(async move {
        crate::signals::interrupted().await;
        signal.trigger();
    });
    let outcome = runtime.run(parts, shutdown).await;
    listening.abort();
    outcome.map_err(|error| Error::message(error.to_string()))
}
