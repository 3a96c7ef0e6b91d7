//! flux-semver
