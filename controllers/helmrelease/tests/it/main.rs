//! Releases on a cluster: the source controller makes the charts, the helm controller releases them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

mod charts;
mod failures;
mod life;
mod world;
