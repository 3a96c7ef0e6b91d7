//! flux-health
