//! Standard output: text, and whole objects as YAML or JSON.

use std::io::{BufWriter, Write as _};

use serde_json::{Value, json};

use crate::error::Error;

/// Writes `text` as it is.
pub fn text(text: &str) -> Result<(), Error> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(Error::output)
}

/// What stands between two documents.
pub const SEPARATOR: &str = "---\n";

/// Writes documents, one after the other.
pub fn documents(texts: &[String]) -> Result<(), Error> {
    let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    let mut write = || {
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                out.write_all(SEPARATOR.as_bytes())?;
            }
            out.write_all(text.as_bytes())?;
        }
        out.flush()
    };
    write().map_err(Error::output)
}

/// Writes objects as kubectl does: one object as itself, several as a `List`.
pub fn objects(format: &str, objects: &[&Value], single: bool) -> Result<(), Error> {
    let value = match objects {
        [one] if single => (*one).clone(),
        several => {
            json!({ "apiVersion": "v1", "items": several, "kind": "List", "metadata": { "resourceVersion": "" } })
        }
    };
    structured(format, &value)
}

/// Writes one value as `yaml` or `json`.
pub fn structured(format: &str, value: &Value) -> Result<(), Error> {
    match format {
        "json" => {
            let mut bytes = Vec::new();
            let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
            let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, indent);
            serde::Serialize::serialize(value, &mut serializer)
                .map_err(|error| Error::message(error.to_string()))?;
            text(&(String::from_utf8_lossy(&bytes) + "\n"))
        }
        _ => text(&flux_yaml::json::json_to_yaml(value)),
    }
}
