//! flux-store
