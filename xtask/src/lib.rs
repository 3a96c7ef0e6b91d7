//! Developer commands: one door to everything that keeps the project in order.
//!
//! Takes a checkout, gives verdicts: `ci` runs what the gate runs, `tidy` holds the rules of the house, `gen` writes what is
//! derived, `peers` installs the real kubectl and helm, `bench` measures, `differ` compares our kustomize
//! with kubectl's and our Helm with the real one. It deliberately has no part in the product: no crate
//! but the tests of `cli` depends on it.
//!
//! ```no_run
//! let peers = xtask::peers::install()?;
//! println!("{}", peers.kubectl.display());
//! # Ok::<(), xtask::Error>(())
//! ```

pub mod bench;
pub mod checkout;
pub mod ci;
mod command;
pub mod differ;
pub mod r#gen;
pub mod peers;
pub mod tidy;

pub use command::Error;
