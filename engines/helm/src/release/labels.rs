//! The Secret or ConfigMap that holds a release.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::release::codec::{DecodeReleaseError, decode_release, encode_release};
use crate::release::{Release, Status};

/// What a release is stored in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StorageKind {
    /// A Secret of type `helm.sh/release.v1`.
    #[default]
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

/// Labels that are Helm's own; a release cannot have labels of these names.
pub const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// The name of the object: `sh.helm.release.v1.NAME.vVERSION`.
pub fn storage_name(release: &str, version: i64) -> String {
    format!("sh.helm.release.v1.{release}.v{version}")
}

/// The object that holds a release, in its namespace.
///
/// `stamp` is the label that tells when: `createdAt` for a new object, `modifiedAt` for one that is replaced, with seconds
/// since 1970.
///
/// # Errors
/// The release cannot be written as JSON.
pub fn to_object(
    release: &Release,
    kind: StorageKind,
    stamp: (&'static str, i64),
) -> Result<Json, serde_json::Error> {
    let text = encode_release(release)?;
    let status = release.info.status.as_ref().map_or("", Status::as_str);
    let mut labels: BTreeMap<String, String> = release.labels.clone();
    let own = [
        (stamp.0, stamp.1.to_string()),
        ("name", release.name.clone()),
        ("owner", "helm".to_owned()),
        ("status", status.to_owned()),
        ("version", release.version.to_string()),
    ];
    labels.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let mut object = json!({
        "apiVersion": "v1",
        "metadata": {
            "name": storage_name(&release.name, release.version),
            "namespace": release.namespace,
            "labels": labels,
        },
    });
    match kind {
        StorageKind::Secret => {
            object["kind"] = "Secret".into();
            object["type"] = "helm.sh/release.v1".into();
            object["data"] = json!({ "release": STANDARD.encode(text) });
        }
        StorageKind::ConfigMap => {
            object["kind"] = "ConfigMap".into();
            object["data"] = json!({ "release": text });
        }
    }
    Ok(object)
}

/// Reads a release from the object that holds it, with its own labels.
///
/// # Errors
/// There is no release in it.
pub fn from_object(object: &Json) -> Result<Release, DecodeReleaseError> {
    let text = object
        .pointer("/data/release")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let is_secret = object.get("kind").and_then(Json::as_str) != Some("ConfigMap");
    let mut release = if is_secret {
        let text = STANDARD.decode(text)?;
        decode_release(&String::from_utf8_lossy(&text))?
    } else {
        decode_release(text)?
    };
    let labels = object.pointer("/metadata/labels").and_then(Json::as_object);
    release.labels = labels
        .into_iter()
        .flatten()
        .filter(|(name, _)| !SYSTEM_LABELS.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    Ok(release)
}
