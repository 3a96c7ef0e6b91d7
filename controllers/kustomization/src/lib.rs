//! flux-kustomization
