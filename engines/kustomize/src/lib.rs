//! `kustomize build` as a function.
//!
//! Takes a tree of files, the path of a directory with a kustomization file in it, and [`Options`]; gives the objects of
//! the build in order, each with the place that it came from, and warnings about deprecated fields. The outcome is that
//! of kustomize v5.8.1, byte for byte in [`Build::to_yaml`]. It deliberately reads no disk and no network: files come
//! through [`Files`], remote bases through [`Remote`]. It runs no plugins in containers or processes, and knows nothing
//! of Helm; kustomizations that want these are refused with the name of the field.
//!
//! ```
//! use flux_kustomize::{MemFiles, NoRemote, Options};
//!
//! let files: MemFiles = [("app/kustomization.yaml", "resources: []\n")].into_iter().collect();
//! let error = flux_kustomize::build(&files, "missing", &Options::default(), &NoRemote).unwrap_err();
//! assert!(error.to_string().contains("missing"));
//! ```

mod build;
mod config;
mod error;
mod fieldspec;
mod files;
mod generate;
mod go_json;
mod id;
mod limits;
mod load;
mod loader;
mod merge;
mod node_ext;
mod options;
mod origin;
mod paths;
mod plugin;
mod remote;
mod repo_url;
mod resmap;
mod resource;
mod scope;
mod selector;
mod specs;
mod target;
mod timestamp;
mod transform;

pub use build::{Build, build};
pub use error::{Error, ErrorDetails, ErrorKind, Warning};
pub use files::{FileError, FileKind, Files, MemFiles};
pub use options::{LoadRestrictor, Options, Reorder};
pub use remote::{GitSpec, NoRemote, Remote, RemoteError};
pub use resource::{Place, Resource};
