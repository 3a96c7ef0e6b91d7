//! What is fixed of a controller.

use flux_kube::Gvk;

/// What is fixed of a controller: its kind, its names and what it owns.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The kind that it reconciles.
    pub gvk: Gvk,
    /// Name of the upstream program whose place it takes, such as `kustomize-controller`: field manager, event reporter.
    pub component: &'static str,
    /// Field manager of what it writes about its own objects: finalizers and status. The component, unless set.
    pub status_manager: &'static str,
    /// Name in metrics and logs: the kind in lower case.
    pub name: String,
    /// Its finalizer; empty for kinds that leave nothing behind.
    pub finalizer: &'static str,
    /// Condition types that it writes, besides Ready, Reconciling and Stalled.
    pub owned_conditions: &'static [&'static str],
}

impl Facts {
    /// For a kind, as a component.
    pub fn new(gvk: Gvk, component: &'static str) -> Self {
        Facts {
            name: gvk.kind.to_lowercase(),
            gvk,
            component,
            status_manager: component,
            finalizer: "",
            owned_conditions: &[],
        }
    }

    /// With a finalizer.
    #[must_use]
    pub fn finalizer(mut self, finalizer: &'static str) -> Self {
        self.finalizer = finalizer;
        self
    }

    /// With a field manager of its own for finalizers and status.
    #[must_use]
    pub fn status_manager(mut self, manager: &'static str) -> Self {
        self.status_manager = manager;
        self
    }

    /// With more conditions than Ready, Reconciling and Stalled.
    #[must_use]
    pub fn owns(mut self, conditions: &'static [&'static str]) -> Self {
        self.owned_conditions = conditions;
        self
    }
}
