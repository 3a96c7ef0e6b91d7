//! `flux completion`: scripts for shells, generated from the command line's own definition.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::error::Error;
use crate::output;

/// Runs `flux completion`.
pub fn run(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flux", &mut script);
    output::text(&String::from_utf8_lossy(&script))
}
