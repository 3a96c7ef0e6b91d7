//! Values from files and from the command line.

use std::io::Read as _;
use std::path::Path;

use flux_helm::Table;
use flux_helm::values::{Kind as SetKind, load_values, merge_maps, set_values};

use super::flags::{Flag, Kind, Parsed};
use super::{Failure, file_error};

/// Flags that give values.
pub const FLAGS: &[Flag] = &[
    ("values", Some('f'), Kind::List),
    ("set", None, Kind::Array),
    ("set-string", None, Kind::Array),
    ("set-file", None, Kind::Array),
    ("set-json", None, Kind::Array),
    ("set-literal", None, Kind::Array),
];

/// All of them together, in Helm's order: files, JSON, typed, text, files' contents, literals.
pub fn merged(parsed: &Parsed) -> Result<Table, Failure> {
    let mut values = Table::new();
    for path in parsed.all("values") {
        let file = load_values(&read(path)?).map_err(|error| format!("failed to parse {path}: {error}"))?;
        merge_maps(&mut values, file);
    }
    for text in parsed.all("set-json") {
        set_json(text, &mut values)?;
    }
    let read_file = |path: &str| read(path);
    let kinds = [
        ("set", SetKind::Typed),
        ("set-string", SetKind::Text),
        ("set-file", SetKind::File(&read_file)),
        ("set-literal", SetKind::Literal),
    ];
    for (flag, kind) in kinds {
        for text in parsed.all(flag) {
            set_values(text, &mut values, &kind)
                .map_err(|error| format!("failed parsing --{flag} data: {error}"))?;
        }
    }
    Ok(values)
}

fn set_json(text: &str, values: &mut Table) -> Result<(), Failure> {
    if text.trim().starts_with('{') {
        let json = serde_json::from_str(text.trim())
            .ok()
            .as_ref()
            .and_then(Table::from_json);
        let over = json.ok_or_else(|| format!("failed parsing --set-json data JSON: {text}"))?;
        merge_maps(values, over);
        return Ok(());
    }
    set_values(text, values, &SetKind::Json).map_err(|_| format!("failed parsing --set-json data {text}"))
}

/// A file, or the standard input.
fn read(path: &str) -> Result<Vec<u8>, Failure> {
    if path.trim() == "-" {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .map_err(|error| error.to_string())?;
        return Ok(text);
    }
    for scheme in ["http://", "https://", "oci://"] {
        if path.starts_with(scheme) {
            return Err(format!(
                "{path}: values are read from files only, not from addresses"
            ));
        }
    }
    std::fs::read(path).map_err(|error| file_error("open", Path::new(path), &error))
}
