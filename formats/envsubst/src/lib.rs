//! flux-envsubst
