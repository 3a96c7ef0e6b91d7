//! HTTP above the core: bodies, the in-process service, the server.

mod body;
mod server;
mod service;
mod tls;

pub use body::ApiBody;
pub(crate) use server::serve;
pub use server::{Security, Server};
pub use service::ApiService;
pub(crate) use service::Shared;
pub(crate) use tls::Authority;
