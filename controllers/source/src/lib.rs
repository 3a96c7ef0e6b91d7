//! flux-source
