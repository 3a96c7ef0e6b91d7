//! flux-object
