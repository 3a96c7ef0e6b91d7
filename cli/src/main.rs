//! `flux`: keeps Kubernetes clusters equal to what Git says.
//!
//! Takes a command line and gives tables, files and exit codes as upstream's CLI does; `flux up` puts the embedded cluster and
//! the controllers into one process. All logic lives below: this crate only parses, wires and prints.

#![expect(
    unreachable_pub,
    reason = "a binary has no outside: pub marks what its modules offer each other"
)]

mod args;
mod cluster;
mod cluster_args;
mod commands;
mod controller_args;
mod controllers;
mod disk;
mod error;
mod helm;
mod human;
mod kind_args;
mod kinds;
mod log;
mod output;
mod run;
mod secret_file;
mod signals;
mod table;
mod threads;
mod wait;

fn main() -> std::process::ExitCode {
    run::main()
}
