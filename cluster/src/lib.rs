//! flux-cluster
