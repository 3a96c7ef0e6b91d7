//! What templates may know of this machine: its clock, its time zone, chance, private keys, and names of hosts.
//!
//! Takes nothing and gives [`Machine`], a [`flux_gotemplate::Host`]. It deliberately knows no cluster: for `lookup` a
//! caller wraps it. Keys are made and used by aws-lc, which the TLS of this project is built on as well.
//!
//! ```
//! use flux_gotemplate::Host;
//! use flux_host::Machine;
//!
//! let mut bytes = [0; 16];
//! Machine::default().random(&mut bytes)?;
//! assert_ne!(bytes, [0; 16]);
//! # Ok::<(), flux_gotemplate::Error>(())
//! ```

mod keys;
mod machine;

pub use machine::Machine;
