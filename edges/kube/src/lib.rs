//! flux-kube
