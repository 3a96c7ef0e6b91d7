//! flux-git
