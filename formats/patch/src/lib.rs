//! flux-patch
