//! How much a text may ask for.

/// What a text may cost. The default is right for Kubernetes manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of mappings and sequences. go-yaml allows 10,000; no manifest needs more than a few dozen, and every walk
    /// over a tree recurses, on stacks as small as 2 MiB.
    pub max_depth: usize,
    /// Length of the text in bytes.
    pub max_bytes: usize,
    /// Nodes of all documents together.
    pub max_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_depth: 250,
            max_bytes: 256 << 20,
            max_nodes: 20_000_000,
        }
    }
}
