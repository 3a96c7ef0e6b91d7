//! What only the server can give out.

/// What only the server can give out: it knows what is taken.
pub trait Allocate {
    /// A free cluster IP for a Service, or the requested one if it is free and in range.
    ///
    /// # Errors
    /// The message for the field `spec.clusterIPs` when it cannot be had.
    fn cluster_ip(&mut self, requested: Option<&str>) -> Result<String, String>;

    /// A free node port, or the requested one if it is free and in range.
    ///
    /// # Errors
    /// The message for the field `nodePort` when it cannot be had.
    fn node_port(&mut self, requested: Option<u16>) -> Result<u16, String>;

    /// A new UID (version 4), for labels that need one (Job) where the object has none yet.
    fn uid(&mut self) -> String;

    /// The name of the default StorageClass, for claims that name none.
    fn default_storage_class(&mut self) -> Option<String> {
        None
    }

    /// Value and preemption policy of a PriorityClass; of the global default for an empty name.
    fn priority(&mut self, _class: &str) -> Option<(i64, String)> {
        None
    }

    /// Whether pods of that ServiceAccount get its token mounted when they do not say so themselves.
    fn automounts_token(&mut self, _namespace: &str, _account: &str) -> bool {
        true
    }
}
