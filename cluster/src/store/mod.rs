//! The objects of the cluster: an index in memory, a history for watches, and a log on disk.
//!
//! A write changes the index at once and is *acknowledged* only when it is durable: everything that leaves the house
//! (answers, lists, watch events) waits for [`Store::settled`]. So many writers share one sync of the disk, and when
//! the disk fails, what was not durable is undone without anyone having seen it.

mod disk;
mod entry;
mod history;
mod state;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use disk::Disk;
pub(crate) use entry::{Entry, Event, EventKind, body_bytes, parse_uid};
pub(crate) use state::{Change, Expect, Guard, Store};
pub(crate) use text::{Packer, Text};
