//! flux-yaml
