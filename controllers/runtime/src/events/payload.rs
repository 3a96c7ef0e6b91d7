//! The event as the notification controller reads it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Annotations of an object under this group go into the metadata of its events.
const EVENT_GROUP: &str = "event.toolkit.fluxcd.io/";

/// The event as the notification controller reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    /// Reference to the object.
    pub involved_object: Value,
    /// `info` or `error`.
    pub severity: &'static str,
    /// RFC 3339.
    pub timestamp: String,
    /// For people.
    pub message: &'a str,
    /// For machines.
    pub reason: &'a str,
    /// Keys with their group.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: &'a BTreeMap<String, String>,
    /// Component.
    pub reporting_controller: &'a str,
    /// Host.
    pub reporting_instance: &'a str,
}

/// `metadata` with the object's API group in front of keys without one, and the object's own event annotations, which win.
pub fn metadata_for(object: &Value, metadata: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let grouped = |key: String| {
        if key.contains('/') || group.is_empty() {
            key
        } else {
            format!("{group}/{key}")
        }
    };
    let mut all: BTreeMap<_, _> = metadata
        .into_iter()
        .map(|(key, value)| (grouped(key), value))
        .collect();
    let annotations = object["metadata"]["annotations"]
        .as_object()
        .into_iter()
        .flatten();
    for (key, value) in annotations.filter(|(key, _)| key.starts_with(EVENT_GROUP)) {
        if let Some(value) = value.as_str() {
            all.insert(key.clone(), value.into());
        }
    }
    all
}
