//! Artifacts: what a source hands to its consumers.
//!
//! Takes files (an in-memory [`Tree`]) and gives the deterministic archive that upstream's source-controller would write, with
//! its [`Digest`] and size; takes such an archive and gives the files back, within [`Limits`]. It also parses [`Revision`]s
//! and applies [`Ignore`] rules. It deliberately never touches the disk: archives are streamed into any `Write` and out of any
//! `Read`, so that a build runs from memory.
//!
//! ```
//! use flux_artifact::{Algorithm, Ignore, Limits, Tree, pack, unpack};
//!
//! let mut tree = Tree::new();
//! tree.insert("apps/web.yaml", b"kind: Service".as_slice(), false)?;
//! tree.insert("logo.png", b"...".as_slice(), false)?;
//! tree.retain(&Ignore::of_tree(&tree, None));
//!
//! let mut archive = Vec::new();
//! let packed = pack(&tree, Algorithm::Sha256, &mut archive)?;
//! assert!(packed.digest.matches(&archive));
//! assert_eq!(packed.size, archive.len() as u64);
//!
//! let back = unpack(archive.as_slice(), &Limits::default())?;
//! assert_eq!(back, tree);
//! assert!(back.get("apps/web.yaml").is_some() && back.get("logo.png").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod ignore;
mod pack;
mod revision;
mod tree;
mod unpack;

pub use digest::{Algorithm, Digest, Hasher, InvalidDigest};
pub use ignore::{IGNORE_FILE, Ignore};
pub use pack::{Packed, pack};
pub use revision::{Revision, transform_legacy};
pub use tree::{Entry, File, InvalidPath, Tree};
pub use unpack::{Limits, Links, UnpackError, unpack};
