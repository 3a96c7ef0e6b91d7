//! HTTP for the whole house: the one client and a small server.
//!
//! Takes [`Settings`] (certificate authority, client certificate, credentials, proxy, timeouts) and gives a [`Client`] whose
//! errors say what failed without ever showing a credential; a [`Fetcher`] for the artifacts of other controllers (retries,
//! size limit, digest check); and [`serve`], which answers requests on a listener until told to stop. It deliberately knows
//! nothing of Kubernetes, Git or registries, and decides on no policy but retries.
//!
//! ```
//! use flux_http::{Client, Settings, body, serve};
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let server = tokio::spawn(serve(
//!     listener,
//!     |_request| async { http::Response::new(body::full("hello")) },
//!     async { drop(stopped.await) },
//! ));
//!
//! let client = Client::new(&Settings::default())?;
//! let answer = client.get(&format!("http://{address}/")).await?.bytes(1024).await?;
//! assert_eq!(&answer[..], b"hello");
//!
//! drop(stop);
//! server.await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod body;
mod client;
mod error;
mod fetch;
mod provider;
mod redact;
mod retry;
mod server;
mod settings;

pub use client::{Client, Response};
pub use error::Error;
pub use fetch::{FetchError, Fetcher};
pub use provider::install_default;
pub use redact::redact;
pub use retry::Backoff;
pub use server::{Request, serve};
pub use settings::{Auth, Identity, Proxy, Settings};
