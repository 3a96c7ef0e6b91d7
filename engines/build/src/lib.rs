//! What a Flux Kustomization does around `kustomize build`.
//!
//! Takes a tree of files, the spec of a Kustomization and the variables that its `substituteFrom` names; gives the
//! objects to apply in order, each with the place that it came from, and the digest of the manifests. On the way a
//! kustomization file is found or generated and completed from the spec ([`generate`]), built, variables are replaced
//! ([`Variables`]), and the marks of the owner are set. [`RecordingFiles`] remembers what a build looked at, so that a
//! caller can tell whether another revision would build the same. It deliberately does not decrypt (an encrypted Secret
//! is refused), fetch variables, choose a default namespace, or apply anything.
//!
//! ```
//! use flux_api::kustomization::KustomizationSpec;
//! use flux_build::{Generated, generate};
//! use flux_kustomize::MemFiles;
//!
//! let files: MemFiles = [("deploy/b.yaml", ""), ("deploy/a/x.yml", ""), ("deploy/notes.txt", "")].into_iter().collect();
//! let spec = KustomizationSpec { target_namespace: "apps".into(), ..KustomizationSpec::default() };
//! let Some(Generated { file, text, .. }) = generate(&files, "deploy", &spec)? else { unreachable!() };
//! assert_eq!(file, "deploy/kustomization.yaml");
//! assert!(text.contains("namespace: apps\nresources:\n- ./a/x.yml\n- ./b.yaml\n"));
//! # Ok::<(), flux_build::Error>(())
//! ```

mod build;
mod error;
mod generate;
mod overlay;
mod paths;
mod record;
mod substitute;

pub use build::{Input, Object, Output, build};
pub use error::{Error, PostBuildCause, PostBuildError};
pub use generate::{Generated, generate};
pub use overlay::OverlayFiles;
pub use record::{Closure, RecordingFiles, RecordingRemote};
pub use substitute::Variables;

#[cfg(test)]
mod tests;
