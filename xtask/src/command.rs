//! Running programs, and what can go wrong.

use std::path::PathBuf;
use std::process::Command;

/// Why a developer command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started.
    #[error("cannot run {program}: {source}; is it installed?")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended with a failure.
    #[error("{command} failed ({status})\n{stderr}")]
    Failed {
        /// The whole command.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said, where that was kept.
        stderr: String,
    },
    /// A file could not be used.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Rules are broken.
    #[error("{} problem(s):\n{}", .0.len(), .0.join("\n"))]
    Problems(Vec<String>),
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}

/// Runs a program with its output shown; fails when it fails.
pub(crate) fn run(program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<(), Error> {
    let mut command = Command::new(program);
    command
        .args(args)
        .envs(env.iter().copied())
        .current_dir(crate::checkout::root());
    let start = |source| Error::Start {
        program: program.into(),
        source,
    };
    let status = command.status().map_err(start)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        command: format!("{program} {}", args.join(" ")),
        status,
        stderr: String::new(),
    })
}

/// Runs a program and gives what it prints; fails when it fails.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<Vec<u8>, Error> {
    let mut command = Command::new(program);
    command.args(args).current_dir(crate::checkout::root());
    let start = |source| Error::Start {
        program: program.into(),
        source,
    };
    let output = command.output().map_err(start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::Failed {
        command: format!("{program} {}", args.join(" ")),
        status: output.status,
        stderr,
    })
}
