//! flux-cli
