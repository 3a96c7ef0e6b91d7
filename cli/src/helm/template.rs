//! `helm template`.

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flux_gotemplate::{Functions, Scope, TemplateSet, Value};
use flux_helm::manifest::{Manifest, split_manifests};
use flux_helm::release::{Hook, HookEvent};
use flux_helm::{ActionError, Capabilities, Chart, KubeVersion, Level, Log, Rendered, Request, render};
use flux_host::Machine;

use super::flags::{Flag, Kind, Parsed};
use super::server::Server;
use super::{Failure, file_error, load, namespace, parse, print, print_log, print_parts, values};

const FLAGS: &[Flag] = &[
    ("show-only", Some('s'), Kind::Array),
    ("output-dir", None, Kind::Text),
    ("validate", None, Kind::Switch),
    ("include-crds", None, Kind::Switch),
    ("skip-tests", None, Kind::Switch),
    ("is-upgrade", None, Kind::Switch),
    ("kube-version", None, Kind::Text),
    ("api-versions", Some('a'), Kind::List),
    ("release-name", None, Kind::Switch),
    ("dry-run", None, Kind::Optional("unset")),
    ("post-renderer", None, Kind::Text),
    ("post-renderer-args", None, Kind::Array),
];

/// Flags of `helm install` that `helm template` takes as well; most mean nothing without a cluster.
const INSTALL: &[Flag] = &[
    ("create-namespace", None, Kind::Switch),
    ("force-replace", None, Kind::Switch),
    ("force", None, Kind::Switch),
    ("force-conflicts", None, Kind::Switch),
    ("server-side", None, Kind::Switch),
    ("no-hooks", None, Kind::Switch),
    ("replace", None, Kind::Switch),
    ("timeout", None, Kind::Text),
    ("wait-for-jobs", None, Kind::Switch),
    ("wait", None, Kind::Optional("watcher")),
    ("generate-name", Some('g'), Kind::Switch),
    ("name-template", None, Kind::Text),
    ("description", None, Kind::Text),
    ("devel", None, Kind::Switch),
    ("dependency-update", None, Kind::Switch),
    ("disable-openapi-validation", None, Kind::Switch),
    ("rollback-on-failure", None, Kind::Switch),
    ("atomic", None, Kind::Switch),
    ("skip-crds", None, Kind::Switch),
    ("render-subchart-notes", None, Kind::Switch),
    ("skip-schema-validation", None, Kind::Switch),
    ("labels", Some('l'), Kind::Text),
    ("enable-dns", None, Kind::Switch),
    ("hide-notes", None, Kind::Switch),
    ("take-ownership", None, Kind::Switch),
];

/// Flags that tell where a chart comes from.
pub const CHART: &[Flag] = &[
    ("version", None, Kind::Text),
    ("verify", None, Kind::Switch),
    ("keyring", None, Kind::Text),
    ("repo", None, Kind::Text),
    ("username", None, Kind::Text),
    ("password", None, Kind::Text),
    ("cert-file", None, Kind::Text),
    ("key-file", None, Kind::Text),
    ("insecure-skip-tls-verify", None, Kind::Switch),
    ("plain-http", None, Kind::Switch),
    ("ca-file", None, Kind::Text),
    ("pass-credentials", None, Kind::Switch),
];

const USAGE: &str = "Usage:\n  helm template [NAME] [CHART] [flags]\n";

/// Runs `helm template`.
pub fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let Some(parsed) = parse(arguments, &[FLAGS, INSTALL, CHART, values::FLAGS], USAGE)? else {
        return Ok(());
    };
    if parsed.arguments.is_empty() {
        return Err(format!(
            "\"helm template\" requires at least 1 argument\n\n{}",
            USAGE.replace("\n  ", "  ").trim_end()
        ));
    }
    refuse(&parsed)?;
    let mut capabilities = Capabilities::default();
    let kube_version = parsed.text("kube-version");
    if !kube_version.is_empty() {
        let version = KubeVersion::parse(kube_version);
        capabilities.kube_version =
            version.map_err(|error| format!("invalid kube version '{kube_version}': {error}"))?;
    }
    capabilities
        .api_versions
        .extend_from_slice(parsed.all("api-versions"));
    let host = Machine {
        dns: parsed.on("enable-dns"),
    };
    let (name, chart) = name_and_chart(&parsed, &host)?;
    let located = load::locate(&chart, &parsed, log)?;
    let given = values::merged(&parsed)?;
    let functions = Functions::helm();
    let threads = crate::threads::available();
    let (chart, prepared) = located.load_to_render(&functions, threads, log)?;
    check(&chart, log)?;
    print_log(log);
    let namespace = namespace(
        parsed.text("namespace"),
        parsed.text("kubeconfig"),
        parsed.text("kube-context"),
    );
    let mut request = Request::new(chart, given, &name, &namespace);
    let server = match parsed.text("dry-run") {
        "server" => Some(Server::connect(&parsed, log)?),
        _ => None,
    };
    if let Some(server) = &server {
        // What the flags say of versions is for those that have no cluster.
        capabilities = server.capabilities()?;
    }
    request.capabilities = capabilities;
    request.release.is_upgrade = parsed.on("is-upgrade");
    request.include_crds = parsed.on("include-crds") && parsed.text("output-dir").is_empty();
    request.skip_schema_validation = parsed.on("skip-schema-validation");
    request.prepared = prepared;
    request.engine.threads = threads;
    request.engine.is_last = true;
    let rendered = match &server {
        Some(server) => render(request, &functions, &server.host(host), log),
        None => render(request, &functions, &host, log),
    };
    match rendered {
        Ok(rendered) => {
            if let Some(server) = &server {
                server.check(&parsed, &rendered, &name, &namespace, log)?;
            }
            print_log(log);
            let written = write(&parsed, &name, &rendered);
            // The process ends with it; taking all of it apart is for nothing.
            std::mem::forget(rendered);
            written
        }
        Err(error) => failed(&parsed, error),
    }
}

/// What is not there is refused, not ignored.
fn refuse(parsed: &Parsed) -> Result<(), Failure> {
    let strategy = parsed.text("dry-run");
    if parsed.on("validate") {
        return Err("--validate is not supported here: use --dry-run=server".to_owned());
    }
    if !matches!(
        strategy,
        "" | "client" | "server" | "unset" | "true" | "false" | "none"
    ) {
        return Err(format!(
            "unknown dry-run value {strategy:?}: valid values are \"client\", \"server\""
        ));
    }
    for flag in ["post-renderer", "dependency-update"] {
        if parsed.has(flag) && parsed.text(flag) != "false" && !parsed.text(flag).is_empty() {
            return Err(format!("--{flag} is not supported here"));
        }
    }
    Ok(())
}

/// Name of the release and of the chart.
fn name_and_chart(parsed: &Parsed, host: &Machine) -> Result<(String, String), Failure> {
    let template = parsed.text("name-template");
    match &parsed.arguments[..] {
        [name, chart] => {
            if parsed.on("generate-name") {
                return Err("cannot set --generate-name and also specify a name".to_owned());
            }
            if !template.is_empty() {
                return Err("cannot set --name-template and also specify a name".to_owned());
            }
            Ok((name.clone(), chart.clone()))
        }
        [chart] if !template.is_empty() => Ok((name_of(template, host)?, chart.clone())),
        [chart] => Ok(("release-name".to_owned(), chart.clone())),
        [_, _, others @ ..] => Err(format!(
            "expected at most two arguments, unexpected arguments: {}",
            others.join(", ")
        )),
        [] => Err("no chart".to_owned()),
    }
}

/// The name that `--name-template` makes.
pub fn name_of(template: &str, host: &Machine) -> Result<String, Failure> {
    let mut set = TemplateSet::new("name-template", Functions::helm());
    set.parse("name-template", template)
        .map_err(|error| error.to_string())?;
    let mut scope = Scope::new(set.into(), host, flux_gotemplate::Options::default());
    let name = scope
        .execute("name-template", Value::Nil)
        .map_err(|error| error.to_string())?;
    Ok(name.to_text().into_owned())
}

/// Whether the chart can be installed.
pub fn check(chart: &Chart, log: &mut Log) -> Result<(), Failure> {
    if !chart.metadata.is_installable() {
        return Err(format!("{} charts are not installable", chart.metadata.kind));
    }
    if chart.metadata.deprecated {
        log.push(Level::Warn, "this chart is deprecated", &[]);
    }
    chart.check_dependencies().map_err(|missing| {
        format!(
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing \
             dependencies: {missing}"
        )
    })
}

fn failed(parsed: &Parsed, error: ActionError) -> Result<(), Failure> {
    if !error.has_release() {
        return Err(error.to_string());
    }
    if !parsed.on("debug") {
        return Err(format!("{error}\n\nUse --debug flag to render out invalid YAML"));
    }
    if let ActionError::Manifest { rendered, .. } = &error {
        print(&format!("{}\n", rendered.trim()))?;
    }
    Err(error.to_string())
}

fn write(parsed: &Parsed, name: &str, rendered: &Rendered) -> Result<(), Failure> {
    let (with_hooks, with_tests) = (!parsed.on("no-hooks"), !parsed.on("skip-tests"));
    let output_dir = parsed.text("output-dir");
    if !output_dir.is_empty() {
        let mut dir = PathBuf::from(output_dir);
        if parsed.on("release-name") {
            dir.push(name);
        }
        write_files(parsed, &dir, rendered, hooks(rendered, with_hooks, with_tests))?;
        return print("\n");
    }
    let shown = parsed.all("show-only");
    if shown.is_empty() {
        return print_parts(parts(rendered, with_hooks, with_tests));
    }
    let text = text(rendered, with_hooks, with_tests);
    print(&only(&text, shown)?)
}

fn hooks(rendered: &Rendered, all: bool, tests: bool) -> impl Iterator<Item = &Hook> {
    let hooks = rendered.hooks.iter();
    hooks.filter(move |hook| all && (tests || !hook.events.contains(&HookEvent::Test)))
}

/// What `helm template` prints: the manifest, and the hooks, if they are wanted.
pub fn text(rendered: &Rendered, with_hooks: bool, with_tests: bool) -> String {
    parts(rendered, with_hooks, with_tests).concat()
}

fn parts(rendered: &Rendered, with_hooks: bool, with_tests: bool) -> Vec<Cow<'_, str>> {
    let mut parts = rendered.parts();
    // Without the space behind the last one; before the first one there is none.
    while parts.pop_if(|last| last.trim().is_empty()).is_some() {}
    if let Some(last) = parts.last_mut() {
        *last = match std::mem::take(last) {
            Cow::Borrowed(text) => text.trim_end().into(),
            Cow::Owned(text) => text.trim_end().to_owned().into(),
        };
    }
    parts.push("\n".into());
    let hooks = hooks(rendered, with_hooks, with_tests);
    let hooks = hooks.flat_map(|hook| ["---\n# Source: ", &*hook.path, "\n", &*hook.manifest, "\n"]);
    parts.extend(hooks.map(Cow::Borrowed));
    parts
}

/// The documents whose template matches one of the patterns.
fn only(text: &str, patterns: &[String]) -> Result<String, Failure> {
    let documents: Vec<(&str, Option<&str>)> = split_manifests(text)
        .into_iter()
        .map(|document| (document, source(document)))
        .collect();
    let mut shown = String::new();
    for pattern in patterns {
        let mut missing = true;
        for (document, path) in &documents {
            if path.is_some_and(|path| flux_helm::chart::glob(pattern, path)) {
                shown.push_str(&format!("---\n{document}\n"));
                missing = false;
            }
        }
        if missing {
            return Err(format!("could not find template {pattern} in chart"));
        }
    }
    Ok(shown)
}

/// The path of the template without that of the chart.
fn source(document: &str) -> Option<&str> {
    let marks = document.match_indices("# Source: ");
    marks.into_iter().find_map(|(at, mark)| {
        let line = document[at + mark.len()..].lines().next()?;
        let (chart, path) = line.split_once('/')?;
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}

fn write_files<'h>(
    parsed: &Parsed,
    dir: &Path,
    rendered: &Rendered,
    hooks: impl Iterator<Item = &'h Hook>,
) -> Result<(), Failure> {
    let mut written = std::collections::HashSet::new();
    if parsed.on("include-crds") {
        for crd in rendered.chart.crds() {
            let text = String::from_utf8_lossy(&crd.file.data);
            write_file(
                Path::new(parsed.text("output-dir")),
                &crd.path,
                &text,
                !written.insert(crd.path.clone()),
            )?;
        }
    }
    for Manifest { path, content, .. } in &rendered.manifests {
        write_file(dir, path, content, !written.insert(path.clone()))?;
    }
    for hook in hooks {
        let exists = dir.join(&hook.path).exists();
        write_file(dir, &hook.path, &hook.manifest, exists)?;
    }
    Ok(())
}

fn write_file(dir: &Path, name: &str, content: &str, append: bool) -> Result<(), Failure> {
    let path = dir.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| file_error("mkdir", parent, &error))?;
    }
    let mut options = fs::OpenOptions::new();
    if append {
        options.append(true);
    } else {
        options.create(true).write(true).truncate(true);
    }
    let opened = options
        .open(&path)
        .map_err(|error| file_error("open", &path, &error));
    let written = write!(opened?, "---\n# Source: {name}\n{content}\n");
    written.map_err(|error| file_error("write", &path, &error))?;
    let shown = format!("{}/{name}", dir.display());
    print(&format!("wrote {shown}\n"))
}
