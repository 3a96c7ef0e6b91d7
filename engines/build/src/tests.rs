use std::collections::BTreeMap;

use flux_api::kustomization::{CommonMetadata, Image, KustomizationSpec, Patch, PostBuild, Selector};
use flux_envsubst::Mode;
use flux_kustomize::{FileKind, Files as _, MemFiles, NoRemote, Place};
use serde_json::{Value, json};

use super::*;

mod build;
mod generate;
mod record;

fn files(entries: &[(&str, &str)]) -> MemFiles {
    entries.iter().map(|(path, text)| (*path, *text)).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: value\n")
}
