//! Remote bases and remote files of kustomizations.
//!
//! Takes what a build asks of its [`Remote`](flux_kustomize::Remote): a repository at a reference, or the address of a
//! manifest; gives the files. Git repositories come through `flux-git`, submodules included, manifests through `flux-http`; a repository that is asked for
//! several times is fetched once. Over ssh it uses the keys and known hosts of a person where that is allowed ([`SshHome`]). It
//! deliberately runs no program, asks nobody, reads no Git or ssh configuration of the host, and writes nothing that stays.
//!
//! ```no_run
//! use flux_kustomize::{MemFiles, Options, build};
//!
//! let files: MemFiles = [("kustomization.yaml", "resources: [github.com/org/repo//app?ref=v1.0.0]\n")].into_iter().collect();
//! let bases = flux_bases::Bases::new(std::env::temp_dir());
//! let built = build(&files, "", &Options::default(), &bases)?;
//! # Ok::<(), flux_kustomize::Error>(())
//! ```

mod bases;
mod ssh;
mod tree;

pub use bases::Bases;
pub use ssh::SshHome;
pub use tree::RepositoryFiles;
