//! Fetches one commit of a Git repository.
//!
//! Takes an address with credentials and a [`Selection`] (branch, tag, range of versions, reference or commit), and gives the
//! commit and its files as a [`flux_artifact::Tree`], ignore rules applied, or the news that nothing changed. It speaks the
//! smart protocol over HTTP through our own client and over ssh, fetches a single commit without history, and reads repositories on this
//! machine straight from their object database where that is allowed. No program is started and no Git configuration of the
//! host is read. It also reads a working tree as it is, see [`worktree()`]. It deliberately knows no cluster, pushes nothing,
//! and verifies no signatures.
//!
//! ```no_run
//! use flux_git::{Git, Outcome, Remote, Request, Selection};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let git = Git::new(std::env::temp_dir());
//! let remote = Remote::new("https://example.com/fleet.git");
//! let request = Request::new(Selection::Branch("main".into()));
//! match git.fetch(&remote, &request).await? {
//!     Outcome::Fetched(checkout) => println!("{}: {} files", checkout.revision, checkout.tree.len()),
//!     Outcome::Unchanged { revision } => println!("still {revision}"),
//! }
//! # Ok(())
//! # }
//! ```

mod channel;
mod checkout;
mod choose;
mod commit;
mod create;
mod error;
mod fetch;
mod local;
mod remote;
mod request;
mod secret;
mod ssh;
mod submodules;
mod transport;
mod worktree;

pub use commit::{Commit, Signature, Tag};
pub use create::{CreateError, create_repository, current_branch};
pub use error::GitError;
pub use fetch::Git;
pub use request::{Checkout, Credentials, Limits, Outcome, Remote, Request, Selection, Submodule};
pub use secret::InvalidSecret;
pub use ssh::Ssh;
pub use worktree::{Worktree, worktree};
