//! flux-managedfields
