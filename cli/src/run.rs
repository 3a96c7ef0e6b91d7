//! From the command line to an exit status.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::{Cli, Command};
use crate::commands;
use crate::error::Error;
use crate::log;

/// Parses the arguments of the process and runs what they ask for.
pub fn main() -> ExitCode {
    if let Some(arguments) = helm_arguments() {
        return crate::helm::main(&arguments);
    }
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    if let Some(Command::Kustomize {
        command: Some(command),
    }) = &cli.0.command
    {
        return finish_kustomize(commands::kustomize::run(command));
    }
    flux_http::install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Error::message(format!("cannot start: {error}")).report(),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Whether the binary was called through a link of this name.
fn is_called(name: &str) -> bool {
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    called.is_some_and(|called| called.file_stem().is_some_and(|stem| stem == name))
}

/// The arguments of `flux helm`, or of a link named `helm`. They are Helm's, and nothing else of `flux` is started for them.
fn helm_arguments() -> Option<Vec<String>> {
    let mut arguments = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned());
    if is_called("helm") || arguments.next().is_some_and(|command| command == "helm") {
        return Some(arguments.collect());
    }
    None
}

/// The arguments; called through a link named `kustomize`, the binary answers as `flux kustomize`.
fn arguments() -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if is_called("kustomize") {
        arguments.insert(1, "kustomize".into());
    }
    arguments
}

/// The exit status of `flux kustomize`, which needs no runtime. As `kustomize` it fails in kustomize's form.
fn finish_kustomize(outcome: Result<(), Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Message(message)) if is_called("kustomize") => {
            log::plain(format!("Error: {message}"));
            ExitCode::FAILURE
        }
        Err(error) => error.report(),
    }
}

/// The arguments, and where the namespace came from.
fn parse() -> Result<(Cli, Option<ValueSource>), clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments())?;
    let origin = matches.value_source("namespace");
    Ok((Cli::from_arg_matches(&matches)?, origin))
}

async fn dispatch((cli, origin): (Cli, Option<ValueSource>)) -> Result<(), Error> {
    let mut global = cli.global;
    if origin == Some(ValueSource::EnvVariable) && !is_label(&global.namespace) {
        log::warning(format!(
            " ignoring invalid FLUX_SYSTEM_NAMESPACE: {:?}",
            global.namespace
        ));
        global.namespace = crate::args::NAMESPACE.into();
    }
    if global.ns_follows_kube_context && origin != Some(ValueSource::CommandLine) {
        let found = crate::cluster::context_namespace(&global.cluster).await;
        global.namespace = found.unwrap_or(global.namespace);
    }
    if !is_label(&global.namespace) {
        return Err(Error::message(format!(
            "namespace must be a valid DNS label: {:?}",
            global.namespace
        )));
    }
    let global = &global;
    match cli.command {
        None => Err(Error::help(&[])),
        Some(Command::Up(up)) => commands::up::run(global, &up).await,
        Some(Command::Check(check)) => commands::check::run(global, &check).await,
        Some(Command::Get(get)) => commands::get::run(global, &get).await,
        Some(Command::Reconcile { target }) => commands::reconcile::run(global, target.as_ref()).await,
        Some(Command::Suspend(which)) => commands::pause::suspend(global, &which).await,
        Some(Command::Resume { wait, which }) => commands::pause::resume(global, &which, wait).await,
        Some(Command::Events(events)) => commands::events::run(global, &events).await,
        Some(Command::Install(install)) => commands::install::run(global, &install).await,
        Some(Command::Controller { which: None }) => Err(Error::help(&["controller"])),
        Some(Command::Controller { which: Some(which) }) => commands::controller::run(global, &which).await,
        Some(Command::Cluster { command: None }) => Err(Error::help(&["cluster"])),
        Some(Command::Cluster {
            command: Some(command),
        }) => commands::cluster::run(&command).await,
        // With a command it is run without the runtime.
        Some(Command::Kustomize { .. }) => Err(Error::help(&["kustomize"])),
        Some(Command::Helm { arguments }) => match crate::helm::succeeds(&arguments) {
            true => Ok(()),
            false => Err(Error::Silent),
        },
        Some(Command::Version { client, output }) => commands::version::run(global, client, &output).await,
        Some(Command::Completion { shell }) => commands::completion::run(shell),
    }
}

/// Whether `text` is a DNS-1123 label.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Shows the help of the command at `path`.
pub fn print_help(path: &[&str]) {
    let mut command = Cli::command();
    command.build();
    let found = path
        .iter()
        .try_fold(&mut command, |command, name| command.find_subcommand_mut(name));
    if let Some(command) = found {
        // Nothing sensible can be done when the terminal is gone.
        let _ = command.print_help();
    }
}

/// Words of upstream for arguments that do not parse; help and version are no failures.
fn refuse(error: &clap::Error) -> ExitCode {
    use clap::error::{ContextKind, ContextValue};
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        ErrorKind::UnknownArgument => match context(ContextKind::InvalidArg) {
            long if long.starts_with("--") => log::failure(format!("unknown flag: {long}")),
            short if short.starts_with('-') => {
                let letter = short.trim_start_matches('-');
                log::failure(format!("unknown shorthand flag: '{letter}' in {short}"));
            }
            other => log::failure(format!("unknown command {other:?} for \"flux\"")),
        },
        ErrorKind::InvalidSubcommand => {
            log::failure(format!(
                "unknown command {:?} for \"flux\"",
                context(ContextKind::InvalidSubcommand)
            ));
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let (flag, value) = (
                context(ContextKind::InvalidArg),
                context(ContextKind::InvalidValue),
            );
            let flag = flag.split([' ', '=', '[']).next().unwrap_or_default();
            let cause = std::error::Error::source(error).map(ToString::to_string);
            log::failure(match cause {
                _ if value.is_empty() => format!("flag needs an argument: {flag}"),
                Some(cause) => format!("invalid argument {value:?} for {flag:?} flag: {cause}"),
                None => format!(
                    "invalid argument {value:?} for {flag:?} flag: must be one of: {}",
                    choices(error)
                ),
            });
        }
        _ => log::failure(error.to_string().trim_start_matches("error: ").trim_end()),
    }
    ExitCode::FAILURE
}

/// The values that a flag takes.
fn choices(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn namespaces_are_labels() {
        assert!(is_label("flux-system") && is_label("a1"));
        for text in ["", "-a", "a-", "A", "a.b", &"a".repeat(64)] {
            assert!(!is_label(text), "{text:?}");
        }
    }
}
