//! Charts: repositories of them, and how one becomes an artifact.

mod build;
mod chart;
mod dependencies;
mod keeper;
mod remote;
mod repository;
mod sources;

pub use chart::HelmChartReconciler;
pub use repository::HelmRepositoryReconciler;
pub use sources::{chart_controller, repository_controller};
