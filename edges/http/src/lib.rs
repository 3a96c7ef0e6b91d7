//! flux-http
