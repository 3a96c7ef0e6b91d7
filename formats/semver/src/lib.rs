//! Semantic versions and ranges over them, as Masterminds/semver v3 understands them (the library behind Flux and Helm).
//!
//! Takes text and gives a [`Version`] (loosely parsed: `v1.2` is fine) or a [`Constraint`] (`>=1.0 <2 || ~3.1`), and answers
//! whether the one satisfies the other and, if not, why. It deliberately does not pick a version out of a list: that rule
//! differs between tags, charts and images.
//!
//! ```
//! use flux_semver::{Constraint, Version};
//!
//! let range = Constraint::parse(">=1.2.0 <2 || ^3.0")?;
//! assert!(range.matches(&Version::parse("v1.4")?));
//! assert!(!range.matches(&Version::parse("2.1.0")?));
//! // A prerelease counts only when the range names one.
//! assert!(!range.matches(&Version::parse("3.1.0-rc.1")?));
//! assert!(Constraint::parse("^3.0-0")?.matches(&Version::parse("3.1.0-rc.1")?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod constraint;
mod version;

pub use constraint::{Constraint, InvalidConstraint, Mismatch};
pub use version::{InvalidVersion, Version};
