//! `flux get`: the status of objects as tables.

use std::io::Write as _;

use serde_json::Value;

use crate::args::{Get, Global};
use crate::cluster::{Cluster, Filter};
use crate::error::Error;
use crate::kind_args::{GetArtifact, GetTarget};
use crate::kinds::{self, Column, FluxKind};
use crate::{log, output, table};

/// Runs `flux get`.
pub async fn run(global: &Global, get: &Get) -> Result<(), Error> {
    let Some(target) = &get.target else {
        return Err(Error::help(&["get"]));
    };
    let request = |name: &Option<String>| Request {
        global,
        get,
        name: name.clone(),
        show_source: false,
        all: false,
    };
    let with_source = |name: &Option<String>, show_source: bool| Request {
        show_source,
        ..request(name)
    };
    match target {
        GetTarget::All => everything(&request(&None)).await,
        GetTarget::Kustomizations { name, show_source } => {
            one(&kinds::KUSTOMIZATION, &with_source(name, *show_source)).await
        }
        GetTarget::Helmreleases { name, show_source } => {
            one(&kinds::HELM_RELEASE, &with_source(name, *show_source)).await
        }
        GetTarget::Receivers(name) => one(&kinds::RECEIVER, &request(&name.name)).await,
        GetTarget::Alerts(name) => one(&kinds::ALERT, &request(&name.name)).await,
        GetTarget::AlertProviders(name) => one(&kinds::PROVIDER, &request(&name.name)).await,
        GetTarget::Artifacts {
            kind: Some(GetArtifact::Generators(name)),
        } => one(&kinds::ARTIFACT_GENERATOR, &request(&name.name)).await,
        GetTarget::Sources { kind: Some(source) } => match source.one() {
            Some((kind, name)) => one(kind, &request(&name)).await,
            None => several(&kinds::SOURCES, &request(&None)).await,
        },
        GetTarget::Images { kind: Some(image) } => match image.one() {
            Some((kind, name)) => one(kind, &request(&name)).await,
            None => several(&kinds::IMAGES, &request(&None)).await,
        },
        GetTarget::Sources { kind: None } => Err(Error::help(&["get", "sources"])),
        GetTarget::Images { kind: None } => Err(Error::help(&["get", "images"])),
        GetTarget::Artifacts { kind: None } => Err(Error::help(&["get", "artifacts"])),
    }
}

struct Request<'a> {
    global: &'a Global,
    get: &'a Get,
    name: Option<String>,
    show_source: bool,
    /// Several kinds: names carry the kind, kinds without objects are passed over.
    all: bool,
}

impl Request<'_> {
    fn namespace(&self) -> Option<&str> {
        (!self.get.all_namespaces).then_some(self.global.namespace.as_str())
    }

    fn filter(&self) -> Filter<'_> {
        Filter {
            namespace: self.namespace(),
            name: self.name.as_deref(),
            labels: self.get.label_selector.as_deref(),
        }
    }
}

async fn everything(request: &Request<'_>) -> Result<(), Error> {
    several(&kinds::SOURCES, request).await?;
    several(&kinds::IMAGES, request).await?;
    several(&kinds::APPLIERS, request).await
}

async fn several(all: &[&'static FluxKind], request: &Request<'_>) -> Result<(), Error> {
    if request.get.watch {
        return Err(Error::message("expected a single resource type, but found all"));
    }
    let cluster = Cluster::connect(request.global).await?;
    for kind in all {
        let request = Request {
            name: None,
            all: true,
            ..*request
        };
        match list(kind, &cluster, &request).await {
            Err(error) if error.is_no_match() => {}
            Err(error) => log::failure(error),
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn one(kind: &'static FluxKind, request: &Request<'_>) -> Result<(), Error> {
    let cluster = Cluster::connect(request.global).await?;
    if request.get.watch {
        let watching = watch(kind, &cluster, request);
        return match tokio::time::timeout(request.global.timeout.get(), watching).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::message("timed out waiting for the condition")),
        };
    }
    list(kind, &cluster, request).await
}

async fn list(kind: &'static FluxKind, cluster: &Cluster, request: &Request<'_>) -> Result<(), Error> {
    let objects = cluster.list(kind, &request.filter()).await?;
    if objects.is_empty() {
        return nothing_found(kind, request);
    }
    let selector = Selector::parse(request.get.status_selector.as_deref())?;
    let chosen: Vec<&Value> = objects.iter().filter(|object| selector.matches(object)).collect();
    if let Some(format) = &request.get.output {
        return output::objects(format, &chosen, request.name.is_some());
    }
    let rows: Vec<Vec<String>> = chosen.iter().map(|object| row(kind, object, request)).collect();
    if request.all && rows.is_empty() {
        return Ok(());
    }
    output::text(&table::render(&header(kind, request), &rows))?;
    if request.all { output::text("\n") } else { Ok(()) }
}

fn nothing_found(kind: &FluxKind, request: &Request<'_>) -> Result<(), Error> {
    let namespace = request
        .namespace()
        .map_or_else(|| "any".to_owned(), |namespace| format!("{namespace:?}"));
    match &request.name {
        Some(name) => Err(Error::message(format!(
            "{} object '{name}' not found in {namespace} namespace",
            kind.kind
        ))),
        None if request.all => Ok(()),
        None => Err(Error::message(format!(
            "no {} objects found in {namespace} namespace",
            kind.kind
        ))),
    }
}

/// Prints a row for every change until the timeout passes or the server ends the watch.
async fn watch(kind: &'static FluxKind, cluster: &Cluster, request: &Request<'_>) -> Result<(), Error> {
    let selector = Selector::parse(request.get.status_selector.as_deref())?;
    let mut changes = cluster.watch(kind, &request.filter()).await?;
    let mut header = header(kind, request);
    while let Some(object) = changes.next().await? {
        if !selector.matches(&object) {
            continue;
        }
        output::text(&table::render(&header, &[row(kind, &object, request)]))?;
        std::io::stdout().flush().map_err(Error::output)?;
        header.clear();
    }
    Ok(())
}

fn header(kind: &FluxKind, request: &Request<'_>) -> Vec<&'static str> {
    if request.get.no_header {
        return Vec::new();
    }
    let namespace = request.get.all_namespaces.then_some("Namespace");
    let source = request.show_source.then_some("Source");
    let columns = kind.columns.iter().map(|column| column.title());
    namespace
        .into_iter()
        .chain(["Name"])
        .chain(source)
        .chain(columns)
        .collect()
}

fn row(kind: &FluxKind, object: &Value, request: &Request<'_>) -> Vec<String> {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut row = Vec::new();
    if request.get.all_namespaces {
        row.push(text("/metadata/namespace"));
    }
    let name = text("/metadata/name");
    row.push(if request.all {
        format!("{}/{name}", kind.kind.to_lowercase())
    } else {
        name
    });
    if request.show_source {
        row.push(Column::Source.cell(object));
    }
    row.extend(kind.columns.iter().map(|column| column.cell(object)));
    row
}

/// `--status-selector`: a condition that must, or must not, have a status.
#[derive(Debug, PartialEq)]
enum Selector {
    Everything,
    Condition {
        kind: String,
        status: String,
        wanted: bool,
    },
}

impl Selector {
    fn parse(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text else {
            return Ok(Selector::Everything);
        };
        let (parts, wanted) = match text.split_once("!=") {
            Some(parts) => (Some(parts), false),
            None => (text.split_once('='), true),
        };
        let (kind, status) = parts.ok_or_else(|| {
            Error::message(format!(
                "expected status selector in type=status or type!=status format, but found: {text}"
            ))
        })?;
        Ok(Selector::Condition {
            kind: kind.into(),
            status: status.into(),
            wanted,
        })
    }

    fn matches(&self, object: &Value) -> bool {
        let Selector::Condition { kind, status, wanted } = self else {
            return true;
        };
        let condition = kinds::condition(object, kind);
        let held = if kinds::has_no_status(object) {
            kind.eq_ignore_ascii_case("Ready").then_some("True")
        } else {
            condition.and_then(|condition| condition["status"].as_str())
        };
        held.is_some_and(|held| held.eq_ignore_ascii_case(status)) == *wanted
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(selector: &str, expect: bool) {
        let object = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
        assert_eq!(
            Selector::parse(Some(selector)).unwrap().matches(&object),
            expect,
            "{selector}"
        );
    }

    #[test]
    fn a_status_selector_ignores_case_and_can_be_negated() {
        check("ready=false", true);
        check("Ready=False", true);
        check("ready=true", false);
        check("ready!=true", true);
        check("ready!=false", false);
        check("healthy=false", false);
        check("healthy!=true", true);
        assert!(Selector::parse(Some("ready")).is_err());
    }

    #[test]
    fn what_has_no_status_counts_as_ready() {
        let alert = json!({"kind": "Alert", "spec": {}});
        let matches = |selector| Selector::parse(Some(selector)).unwrap().matches(&alert);
        assert!(matches("Ready=True") && !matches("Ready=False") && !matches("Healthy=True"));
    }
}
