//! flux-build
