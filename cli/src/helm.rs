//! `flux helm …`, and the same through a link named `helm`: Helm's commands that write to no cluster, with its flags, output and exit
//! status.
//!
//! They have no asynchronous part and nothing to do with the flags of `flux`, so they are told apart before anything else starts.

mod dependency;
mod flags;
mod jsonpath;
mod lint;
mod load;
mod package;
mod provenance;
mod remote;
mod repositories;
mod server;
mod show;
pub mod template;
mod values;
mod walk;

use std::io::Write as _;
use std::process::ExitCode;

use flux_helm::Log;

use flags::{Flag, Kind, Parsed};

/// Flags of every command.
const GLOBAL: &[Flag] = &[
    ("namespace", Some('n'), Kind::Text),
    ("debug", None, Kind::Switch),
    ("kubeconfig", None, Kind::Text),
    ("kube-context", None, Kind::Text),
    ("kube-token", None, Kind::Text),
    ("kube-as-user", None, Kind::Text),
    ("kube-as-group", None, Kind::Array),
    ("kube-apiserver", None, Kind::Text),
    ("kube-ca-file", None, Kind::Text),
    ("kube-tls-server-name", None, Kind::Text),
    ("kube-insecure-skip-tls-verify", None, Kind::Switch),
    ("registry-config", None, Kind::Text),
    ("repository-cache", None, Kind::Text),
    ("repository-config", None, Kind::Text),
    ("content-cache", None, Kind::Text),
    ("burst-limit", None, Kind::Text),
    ("qps", None, Kind::Text),
    ("color", None, Kind::Text),
    ("colour", None, Kind::Text),
    ("help", Some('h'), Kind::Switch),
];

const USAGE: &str = "\
Helm's commands that need no cluster.

Usage:
  helm [command]

Available Commands:
  dependency  manage a chart's dependencies (build, list)
  lint        examine a chart for possible issues
  package     package a chart directory into a chart archive
  show        show information of a chart (all, chart, crds, readme, values)
  template    locally render templates
  verify      verify that a chart at the given path has been signed and is valid
";

/// Why a command fails: what stands behind `Error: `.
pub type Failure = String;

/// Runs Helm's command line: the arguments behind `helm`.
pub fn main(arguments: &[String]) -> ExitCode {
    if succeeds(arguments) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The same, as a part of `flux`.
pub fn succeeds(arguments: &[String]) -> bool {
    let mut log = Log::new();
    let outcome = run(arguments, &mut log);
    print_log(&mut log);
    if let Err(failure) = &outcome {
        eprintln!("Error: {failure}");
    }
    outcome.is_ok()
}

fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let Some((command, rest)) = split_command(arguments) else {
        return print(USAGE);
    };
    match &*command {
        "template" => template::run(&rest, log),
        "show" | "inspect" => show::run(&rest, log),
        "package" => package::run(&rest, log),
        "verify" => provenance::run(&rest),
        "lint" => lint::run(&rest, log),
        "dependency" | "dep" | "dependencies" => dependency::run(&rest, log),
        "help" => print(USAGE),
        other => Err(format!(
            "{other:?} is not among the commands of helm that this program has: dependency, lint, package, show, template, verify"
        )),
    }
}

/// The command, and everything else: flags may stand before it.
fn split_command(arguments: &[String]) -> Option<(String, Vec<String>)> {
    let mut at = 0;
    while let Some(argument) = arguments.get(at) {
        if !argument.starts_with('-') {
            let mut rest = arguments.to_vec();
            return Some((rest.remove(at), rest));
        }
        let name = argument.trim_start_matches('-');
        let takes_value = GLOBAL.iter().any(|(long, short, kind)| {
            let named = *long == name || short.is_some_and(|short| name == short.to_string());
            named && *kind != Kind::Switch
        });
        at += if takes_value { 2 } else { 1 };
    }
    None
}

/// The arguments of a command; help is shown when it is asked for.
fn parse(arguments: &[String], flags: &[&[Flag]], usage: &str) -> Result<Option<Parsed>, Failure> {
    let mut all = vec![GLOBAL];
    all.extend_from_slice(flags);
    let parsed = flags::parse(arguments, &all)?;
    if parsed.on("help") {
        print(usage)?;
        return Ok(None);
    }
    Ok(Some(parsed))
}

/// Writes to the standard output. Whoever closed it has seen enough.
fn print(text: &str) -> Result<(), Failure> {
    print_parts([text])
}

/// The same with a text in parts.
fn print_parts(parts: impl IntoIterator<Item: AsRef<str>>) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    let mut parts = parts.into_iter();
    let written = parts.try_for_each(|part| out.write_all(part.as_ref().as_bytes()));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Writes what was logged to the standard error, and forgets it.
fn print_log(log: &mut Log) {
    let mut err = std::io::stderr().lock();
    for record in std::mem::take(log).records() {
        // Nothing is left to tell it to.
        let _ = writeln!(err, "{record}");
    }
}

/// The namespace: the flag, `HELM_NAMESPACE`, that of the current context of the kubeconfig, or `default`.
pub fn namespace(given: &str, kubeconfig: &str, context: &str) -> String {
    if !given.is_empty() {
        return given.to_owned();
    }
    let from_environment = std::env::var("HELM_NAMESPACE")
        .ok()
        .filter(|name| !name.is_empty());
    from_environment
        .or_else(|| context_namespace(kubeconfig, context))
        .unwrap_or_else(|| "default".to_owned())
}

fn context_namespace(given: &str, context: &str) -> Option<String> {
    let paths = if given.is_empty() {
        std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty())
    } else {
        Some(given.into())
    };
    let paths: Vec<_> = match &paths {
        Some(paths) => std::env::split_paths(paths).collect(),
        None => vec![std::path::Path::new(&std::env::var_os("HOME")?).join(".kube/config")],
    };
    let config = paths.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    let config = flux_yaml::parse_one(&config, &flux_yaml::Limits::default())
        .ok()??
        .root;
    let wanted = if context.is_empty() {
        config.text_at(&["current-context"])?
    } else {
        context
    };
    let mut contexts = config.get("contexts")?.items().iter();
    let context = contexts.find(|context| context.text_at(&["name"]) == Some(wanted))?;
    let namespace = context.text_at(&["context", "namespace"])?;
    (!namespace.is_empty()).then(|| namespace.to_owned())
}

/// An error of the file system as Go tells it: `open x: no such file or directory`.
fn file_error(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Failure {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    let lower: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(chars)
        .collect();
    format!("{doing} {}: {lower}", path.display())
}
