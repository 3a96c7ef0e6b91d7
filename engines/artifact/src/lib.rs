//! flux-artifact
