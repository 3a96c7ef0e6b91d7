//! `kustomize build` as a function.
//!
//! Takes a tree of files, the path of a directory with a kustomization file in it, and [`Options`]; gives the objects of
//! the build in order, each with the place that it came from, and warnings about deprecated fields. The outcome is that
//! of kustomize v5.8.1, byte for byte in [`Build::to_yaml`]. It deliberately reads no disk and no network: files come
//! through [`Files`], remote bases through [`Remote`], rendered charts through [`Helm`]. It runs no plugins in containers or
//! processes; kustomizations that want these are refused with the name of the field. Builds share nothing: any number may
//! run at once.
//!
//! ```
//! use flux_kustomize::{MemFiles, NoRemote, Options, build};
//!
//! let files: MemFiles = [
//!     ("base/kustomization.yaml", "resources: [service.yaml]\n"),
//!     ("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"),
//!     ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
//! ]
//! .into_iter()
//! .collect();
//! let built = build(&files, "prod", &Options::default(), &NoRemote)?;
//! assert_eq!(built.objects[0].name(), "prod-web");
//! assert_eq!(built.objects[0].place().file, "base/service.yaml");
//! assert!(built.to_yaml()?.starts_with("apiVersion: v1\nkind: Service\n"));
//!
//! let error = build(&files, "test", &Options::default(), &NoRemote).unwrap_err();
//! assert_eq!(error.to_string(), "'test': no such file or directory");
//! # Ok::<(), flux_kustomize::Error>(())
//! ```

mod build;
mod config;
mod error;
mod fieldspec;
mod files;
mod generate;
mod go_json;
mod helm;
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
mod touch;
mod transform;

pub use build::{Build, build};
pub use error::{Error, ErrorDetails, ErrorKind, Warning};
pub use files::{FileError, FileKind, Files, MemFiles};
pub use helm::{ChartRequest, ChartSource, Helm, HelmError, HelmOptions};
pub use options::{LoadRestrictor, Options, Reorder};
pub use remote::{GitSpec, NoRemote, Remote, RemoteError};
pub use repo_url::is_repository;
pub use resource::{Place, Resource};
pub use touch::Touch;
