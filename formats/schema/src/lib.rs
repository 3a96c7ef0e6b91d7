//! flux-schema
