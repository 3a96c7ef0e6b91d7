//! What an operator sets for this controller, besides what all controllers share.

/// Settings of the controller; the defaults are upstream's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Account for releases that name none (`--default-service-account`); empty: the controller's own rights.
    pub default_service_account: String,
    /// Whether templates may look up names of hosts (gate `AllowDNSLookups`).
    pub allow_dns: bool,
}
