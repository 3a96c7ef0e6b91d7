//! flux-apply
