//! Why a command failed, and what the process exits with.

use std::process::ExitCode;

/// The failure of a command; printed as one `✗` line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Told in words.
    #[error("{0}")]
    Message(String),
    /// The cluster said no.
    #[error(transparent)]
    Cluster(#[from] flux_kube::Error),
    /// Standard output is gone.
    #[error("cannot write the output: {0}")]
    Output(std::io::Error),
    /// A command group was called without a command: its help is shown.
    #[error("{}", .0.join(" "))]
    Help(Vec<&'static str>),
    /// Everything was said already.
    #[error("")]
    Silent,
}

impl Error {
    /// A failure told in words.
    pub fn message(text: impl Into<String>) -> Self {
        Error::Message(text.into())
    }

    /// The output could not be written.
    pub fn output(error: std::io::Error) -> Self {
        Error::Output(error)
    }

    /// The help of the command at `path`.
    pub fn help(path: &[&'static str]) -> Self {
        Error::Help(path.to_vec())
    }

    /// Whether the cluster does not know the kind.
    pub fn is_no_match(&self) -> bool {
        matches!(self, Error::Cluster(flux_kube::Error::NoMatch { .. }))
    }

    /// Tells the user, and gives the exit status.
    pub fn report(self) -> ExitCode {
        match self {
            Error::Silent => ExitCode::FAILURE,
            Error::Help(path) => {
                crate::run::print_help(&path);
                ExitCode::SUCCESS
            }
            // Whoever read our output has seen enough.
            Error::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            error => {
                crate::log::failure(error);
                ExitCode::FAILURE
            }
        }
    }
}
