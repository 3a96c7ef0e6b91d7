//! `flux events`: the Kubernetes events of Flux objects.

use serde_json::Value;

use crate::args::{Events, Global};
use crate::cluster::{Cluster, EventFilter};
use crate::error::Error;
use crate::{human, kinds, log, output, table};

/// Runs `flux events`.
pub async fn run(global: &Global, events: &Events) -> Result<(), Error> {
    for kind in &events.types {
        if !["Normal", "Warning"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(kind))
        {
            return Err(Error::message(format!(
                "type '{kind}' not supported. Supported types are Normal, Warning"
            )));
        }
    }
    let cluster = Cluster::connect(global).await?;
    let namespace = (!events.all_namespaces).then_some(global.namespace.as_str());
    let mut filters = vec![EventFilter {
        namespace,
        ..EventFilter::default()
    }];
    let mut with_namespace = events.all_namespaces;
    if let Some(text) = &events.for_object {
        filters = of_object(&cluster, global, namespace, text).await?;
        with_namespace |= filters.iter().any(|filter| filter.namespace_differs(namespace));
    }
    if events.watch {
        return watch(&cluster, events, &filters, with_namespace).await;
    }
    let mut found = Vec::new();
    for filter in &filters {
        found.extend(cluster.events(filter).await?);
    }
    found.retain(|event| is_wanted(event, &events.types));
    found.sort_by_key(|event| time(event).map(|time| time.as_nanosecond()));
    if found.is_empty() {
        match namespace {
            None => log::failure("No events found."),
            Some(namespace) => log::failure(format!("No events found in {namespace} namespace.")),
        }
        return Ok(());
    }
    let now = jiff::Timestamp::now();
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|event| row(event, with_namespace, now))
        .collect();
    output::text(&table::render(&header(with_namespace), &rows))
}

/// The object that `--for` names, and what it refers to as its source.
async fn of_object<'a>(
    cluster: &Cluster,
    global: &Global,
    namespace: Option<&'a str>,
    text: &str,
) -> Result<Vec<EventFilter<'a>>, Error> {
    let (kind, name) = text
        .split_once('/')
        .map_or((text, None), |(kind, name)| (kind, Some(name)));
    if kind.is_empty() {
        return Err(Error::message("--for selector must be of format <kind>[/<name>]"));
    }
    let kind = kinds::by_name(kind)
        .ok_or_else(|| Error::message(format!("'{kind}' is not a recognized Flux kind")))?;
    let own = EventFilter {
        namespace,
        kind: Some(kind.kind.into()),
        name: name.map(Into::into),
        ..EventFilter::default()
    };
    let Some(name) = name else { return Ok(vec![own]) };
    if !refers(kind.kind) {
        return Ok(vec![own]);
    }
    let object = cluster.get(kind, &global.namespace, name).await?;
    let others = references(kind.kind, &object, &global.namespace);
    let others = others.into_iter().map(|(kind, other, name)| EventFilter {
        other_namespace: Some(other),
        kind: Some(kind),
        name: Some(name),
        namespace,
    });
    Ok(std::iter::once(own).chain(others).collect())
}

fn refers(kind: &str) -> bool {
    matches!(
        kind,
        "Kustomization" | "HelmChart" | "HelmRelease" | "Alert" | "ImagePolicy"
    )
}

/// Kind, namespace and name of what an object refers to, whose events tell about it as well.
fn references(kind: &str, object: &Value, own: &str) -> Vec<(String, String, String)> {
    let spec = &object["spec"];
    let (reference, fixed) = match kind {
        "Kustomization" | "HelmChart" => (&spec["sourceRef"], None),
        "HelmRelease" if spec["chartRef"].is_object() => (&spec["chartRef"], None),
        "HelmRelease" => (&spec["chart"]["spec"]["sourceRef"], None),
        "Alert" => (&spec["providerRef"], Some("Provider")),
        _ => (&spec["imageRepositoryRef"], Some("ImageRepository")),
    };
    let text = |key: &str| reference[key].as_str().filter(|text| !text.is_empty());
    let (Some(named), Some(name)) = (fixed.or(text("kind")), text("name")) else {
        return Vec::new();
    };
    let namespace = text("namespace").unwrap_or(own);
    let mut found = vec![(named.to_owned(), namespace.to_owned(), name.to_owned())];
    if kind == "HelmRelease" && !spec["chartRef"].is_object() {
        // The chart that the controller makes stands beside its source.
        let release = object["metadata"]["name"].as_str().unwrap_or_default();
        found.push(("HelmChart".into(), namespace.into(), format!("{own}-{release}")));
    }
    found
}

async fn watch(
    cluster: &Cluster,
    events: &Events,
    filters: &[EventFilter<'_>],
    with_namespace: bool,
) -> Result<(), Error> {
    let mut header = header(with_namespace);
    let mut changes = cluster.watch_events(filters).await?;
    while let Some(event) = changes.next().await? {
        if !is_wanted(&event, &events.types) {
            continue;
        }
        output::text(&table::render(
            &header,
            &[row(&event, with_namespace, jiff::Timestamp::now())],
        ))?;
        header.clear();
    }
    Ok(())
}

fn is_wanted(event: &Value, types: &[String]) -> bool {
    let kind = event
        .pointer("/involvedObject/kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let of_type = event["type"].as_str().unwrap_or_default();
    kinds::by_name(kind).is_some()
        && (types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(of_type)))
}

fn header(with_namespace: bool) -> Vec<&'static str> {
    let namespace = with_namespace.then_some("Namespace");
    namespace
        .into_iter()
        .chain(["Last seen", "Type", "Reason", "Object", "Message"])
        .collect()
}

fn row(event: &Value, with_namespace: bool, now: jiff::Timestamp) -> Vec<String> {
    let text = |pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut row = Vec::new();
    if with_namespace {
        row.push(text("/metadata/namespace"));
    }
    let object = format!(
        "{}/{}",
        text("/involvedObject/kind"),
        text("/involvedObject/name")
    );
    row.extend([
        last_seen(event, now),
        text("/type"),
        text("/reason"),
        object,
        text("/message"),
    ]);
    row
}

/// When an event happened last.
fn time(event: &Value) -> Option<jiff::Timestamp> {
    let paths = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime"];
    paths.iter().find_map(|pointer| timestamp(event, pointer))
}

fn timestamp(event: &Value, pointer: &str) -> Option<jiff::Timestamp> {
    event.pointer(pointer)?.as_str()?.parse().ok()
}

fn last_seen(event: &Value, now: jiff::Timestamp) -> String {
    let since = |pointer: &str| {
        timestamp(event, pointer).map_or_else(
            || "<unknown>".to_owned(),
            |time| human::age(now.as_second() - time.as_second()),
        )
    };
    let first = if timestamp(event, "/eventTime").is_some() {
        since("/eventTime")
    } else {
        since("/firstTimestamp")
    };
    let count = |pointer: &str| event.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    match (
        event.get("series").filter(|series| !series.is_null()),
        count("/count"),
    ) {
        (Some(_), _) => format!(
            "{} (x{} over {first})",
            since("/series/lastObservedTime"),
            count("/series/count")
        ),
        (None, 2..) => format!("{} (x{} over {first})", since("/lastTimestamp"), count("/count")),
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(event: Value, expect: &str) {
        assert_eq!(last_seen(&event, "2026-01-01T00:10:00Z".parse().unwrap()), expect);
    }

    #[track_caller]
    fn refers_to(kind: &str, spec: Value, expect: &[&str]) {
        let object = json!({"metadata": {"name": "web"}, "spec": spec});
        let found = references(kind, &object, "apps");
        let found: Vec<String> = found
            .into_iter()
            .map(|(kind, namespace, name)| format!("{kind}/{namespace}/{name}"))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn events_of_what_is_referred_to_are_shown_too() {
        let git = json!({"sourceRef": {"kind": "GitRepository", "name": "a", "namespace": "b"}});
        refers_to("Kustomization", git, &["GitRepository/b/a"]);
        let chart = json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "a"}}}});
        refers_to(
            "HelmRelease",
            chart,
            &["HelmRepository/apps/a", "HelmChart/apps/apps-web"],
        );
        let chart = json!({"chartRef": {"kind": "OCIRepository", "name": "a"}});
        refers_to("HelmRelease", chart, &["OCIRepository/apps/a"]);
        refers_to(
            "Alert",
            json!({"providerRef": {"name": "slack"}}),
            &["Provider/apps/slack"],
        );
        refers_to(
            "ImagePolicy",
            json!({"imageRepositoryRef": {"name": "r"}}),
            &["ImageRepository/apps/r"],
        );
        refers_to("Kustomization", json!({}), &[]);
    }

    #[test]
    fn repeats_are_counted() {
        check(
            json!({"firstTimestamp": "2026-01-01T00:09:55Z", "count": 1}),
            "5s",
        );
        check(
            json!({"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:09:58Z", "count": 4}),
            "2s (x4 over 10m)",
        );
        check(
            json!({"eventTime": "2026-01-01T00:09:00.5Z", "firstTimestamp": null}),
            "60s",
        );
        check(json!({}), "<unknown>");
    }
}
