//! What an operator sets for this controller, besides what all controllers share.

use flux_api::kustomization::FIELD_MANAGER;
use flux_apply::{FieldManager, GroupKind, Options};

/// Settings of the controller; the defaults are upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Dry runs of one Kustomization at the same time (`--concurrent-ssa`).
    pub concurrent_ssa: usize,
    /// Account for Kustomizations that name none (`--default-service-account`); empty: the controller's own rights.
    pub default_service_account: String,
    /// Field managers whose fields are taken over (`--override-manager`).
    pub override_managers: Vec<String>,
    /// Kinds applied after classes and before the rest (`--custom-apply-stage-kinds`).
    pub custom_stage_kinds: Vec<GroupKind>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            concurrent_ssa: 4,
            default_service_account: String::new(),
            override_managers: Vec::new(),
            custom_stage_kinds: Vec::new(),
        }
    }
}

impl Settings {
    /// How the objects of a Kustomization are applied.
    pub(crate) fn apply_options(&self, force: bool) -> Options {
        let mut take_over = FieldManager::defaults(FIELD_MANAGER);
        let disallowed = self.override_managers.iter();
        take_over.extend(disallowed.flat_map(|name| FieldManager::disallowed(name)));
        Options {
            field_manager: FIELD_MANAGER.into(),
            force,
            take_over,
        }
    }
}
