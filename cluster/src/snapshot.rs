//! A whole cluster as text: for backups, and to take a cluster elsewhere.
//!
//! The first line says what it is and at which revision; each further line is one object as it is stored, or one file of
//! the data directory. The files are keys and tokens: whoever has a snapshot has the cluster.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{Disk, Entry, Packer, body_bytes};
use crate::{Error, files};

const FORMAT: &str = "ferroflux-cluster/1";
/// The secret files of a data directory.
const FILES: [&str; 4] = ["admin.token", "ca.crt", "ca.key", "sa.key"];

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    revision: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Object {
        resource: String,
        key: String,
        revision: u64,
        object: Value,
    },
    File {
        file: String,
        text: String,
    },
}

/// Write everything that a data directory holds; gives the number of objects. No process may be using the directory.
///
/// # Errors
/// The directory cannot be read or is in use, or `out` cannot be written.
pub fn export(directory: &Path, out: &mut dyn Write) -> Result<usize, Error> {
    let path = directory.join(crate::cluster::DATABASE);
    if !path.exists() {
        return Err(Error::Setting(format!(
            "{} holds no cluster",
            directory.display()
        )));
    }
    let loaded = Disk::load(&path)?;
    let failed = |source: std::io::Error| Error::Io {
        path: "the snapshot".into(),
        source,
    };
    let mut line = |value: &dyn erased::Line| value.write(out).map_err(failed);
    line(&Head {
        format: FORMAT.into(),
        revision: loaded.revision,
    })?;
    for (resource, key, entry) in &loaded.objects {
        line(&Line::Object {
            resource: resource.to_string(),
            key: key.to_string(),
            revision: entry.revision,
            object: entry.value(),
        })?;
    }
    for file in FILES {
        if let Ok(text) = std::fs::read_to_string(directory.join(file)) {
            line(&Line::File {
                file: file.into(),
                text,
            })?;
        }
    }
    out.flush().map_err(failed)?;
    Ok(loaded.objects.len())
}

/// One line of JSON, whatever its type.
mod erased {
    pub(super) trait Line {
        fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()>;
    }

    impl<T: serde::Serialize> Line for T {
        fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
            serde_json::to_writer(&mut *out, self)?;
            out.write_all(b"\n")
        }
    }
}

/// Make a cluster of a snapshot in a directory that holds none; gives the number of objects. Revisions, UIDs and tokens
/// stay what they were.
///
/// # Errors
/// The directory holds a cluster, a line cannot be read (its number is named), or something cannot be written.
pub fn import(directory: &Path, input: &mut dyn BufRead) -> Result<usize, Error> {
    let path = directory.join(crate::cluster::DATABASE);
    if path.exists() {
        return Err(Error::Setting(format!(
            "{} holds a cluster already: choose another directory, or remove it first",
            directory.display()
        )));
    }
    let bad = |number: usize, why: &dyn std::fmt::Display| {
        Error::Setting(format!("line {number} of the snapshot: {why}"))
    };
    let mut lines = input.lines().enumerate().map(|(at, line)| (at + 1, line));
    let (_, first) = lines.next().ok_or_else(|| bad(1, &"there is none"))?;
    let first = first.map_err(|error| bad(1, &error))?;
    let head: Head = serde_json::from_str(&first).map_err(|error| bad(1, &error))?;
    if head.format != FORMAT {
        return Err(bad(
            1,
            &format!("the format is {:?}, this program reads {FORMAT:?}", head.format),
        ));
    }
    let (mut objects, mut kept) = (Vec::new(), Vec::new());
    let mut packer = Packer::default();
    for (number, line) in lines {
        let line = line.map_err(|error| bad(number, &error))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&line).map_err(|error| bad(number, &error))? {
            Line::Object {
                resource,
                key,
                revision,
                object,
            } => {
                if revision > head.revision {
                    let newest = head.revision;
                    let why = format!(
                        "revision {revision} is newer than the snapshot, which is of revision {newest}"
                    );
                    return Err(bad(number, &why));
                }
                let resource: Arc<str> = resource.into();
                let entry = entry(&object, revision, &resource, &mut packer);
                objects.push((resource, Arc::from(key), entry.map_err(|why| bad(number, &why))?));
            }
            Line::File { file, text } if FILES.contains(&file.as_str()) => kept.push((file, text)),
            Line::File { file, .. } => {
                return Err(bad(number, &format!("there is no file {file:?} in a cluster")));
            }
        }
    }
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    };
    std::fs::create_dir_all(directory).map_err(io(directory))?;
    for (file, text) in kept {
        let path = directory.join(file);
        files::write_secret(&path, &text).map_err(io(&path))?;
    }
    Disk::write_all(&path, &objects, head.revision)?;
    Ok(objects.len())
}

fn entry(object: &Value, revision: u64, resource: &Arc<str>, packer: &mut Packer) -> Result<Entry, String> {
    if !object["metadata"].is_object() {
        return Err("the object has no metadata".into());
    }
    Entry::read(&body_bytes(object), revision, resource, packer).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_bad(text: &str, expect: &str) {
        let directory = tempfile::tempdir().unwrap();
        let error = import(directory.path(), &mut text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn snapshots_that_are_none_are_refused() {
        check_bad("", "there is none");
        check_bad("{}\n", "line 1");
        check_bad("{\"format\":\"x\",\"revision\":1}\n", "this program reads");
        let head = format!("{{\"format\":\"{FORMAT}\",\"revision\":1}}\n");
        check_bad(&format!("{head}{{"), "line 2");
        check_bad(&format!("{head}{{\"file\":\"../x\",\"text\":\"\"}}"), "no file");
        check_bad(
            &format!(
                "{head}{{\"resource\":\"a\",\"key\":\"b\",\"revision\":2,\"object\":{{\"metadata\":{{}}}}}}"
            ),
            "newer",
        );
        check_bad(
            &format!("{head}{{\"resource\":\"a\",\"key\":\"b\",\"revision\":1,\"object\":{{}}}}"),
            "no metadata",
        );
    }
}
