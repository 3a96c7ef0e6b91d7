//! Kubernetes objects in protobuf, as typed clients send them.
//!
//! Takes the bytes of a body of type [`MEDIA_TYPE`] (the magic, an envelope that names version and kind, the object) and gives
//! the same object as JSON, in the form that Go writes it: quantities, times and raw JSON in their text form, bytes as base64,
//! optional fields that are zero left out, required ones there even when they are zero. Field names and numbers of the
//! built-in kinds stand in a table that is compiled in. It deliberately does not encode, does not default or validate, and
//! knows no custom resources (upstream has no protobuf for them either).
//!
//! ```
//! let body = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x08\x0a\x06\x0a\x04demo";
//! let object = flux_protobuf::decode(body, &flux_protobuf::Limits::default())?;
//! assert_eq!(object["metadata"]["name"], "demo");
//! assert_eq!(object["apiVersion"], "v1");
//! # Ok::<(), flux_protobuf::Error>(())
//! ```

mod decode;
mod envelope;
mod error;
mod special;
mod table;
mod wire;

pub use envelope::{Limits, MAGIC, MEDIA_TYPE, decode};
pub use error::Error;
