//! Charts into archives, the same bytes each time.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use crate::chart::{Chart, Metadata, ValidationError};
use crate::log::quote;
use crate::time::Time;

/// Why a chart cannot be packaged; in the words of Helm.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// `Chart.yaml` breaks a rule.
    #[error("chart validation: {0}")]
    Invalid(#[from] ValidationError),
    /// The name cannot be that of a folder.
    #[error("{} is not a valid chart name", quote(.0))]
    Name(String),
    /// `values.schema.json` is no JSON.
    #[error("invalid JSON in values.schema.json")]
    Schema,
    /// It cannot be written.
    #[error("cannot write the archive: {0}")]
    Write(#[from] std::io::Error),
}

/// Helm's mark in the header of the archive.
const EXTRA: &[u8] = b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";

/// The name of a chart's archive: `NAME-VERSION.tgz`.
pub fn archive_name(metadata: &Metadata) -> String {
    format!("{}-{}.tgz", metadata.name, metadata.version)
}

/// Writes a chart as `helm package` does, its subcharts unpacked in `charts/`. Files of unknown time get `now`.
///
/// # Errors
/// The chart breaks a rule of `Chart.yaml`, or its schema is no JSON.
pub fn package(chart: &Chart, now: &Time) -> Result<Vec<u8>, PackageError> {
    let mut checked = chart.metadata.clone();
    checked.validate()?;
    let gzip = GzBuilder::new()
        .extra(EXTRA)
        .comment("Helm")
        .operating_system(255)
        .write(Vec::new(), Compression::default());
    let mut writer = Writer {
        out: gzip,
        now: now.clone(),
    };
    writer.chart(chart, "", &checked)?;
    // Two empty blocks end an archive.
    writer.out.write_all(&[0; 1024])?;
    Ok(writer.out.finish()?)
}

struct Writer<W> {
    out: W,
    now: Time,
}

impl<W: Write> Writer<W> {
    fn chart(&mut self, chart: &Chart, prefix: &str, metadata: &Metadata) -> Result<(), PackageError> {
        let name = chart.name();
        if name.is_empty() || name.contains('/') || name == "." || name == ".." {
            return Err(PackageError::Name(name.to_owned()));
        }
        let base = format!("{prefix}{name}");
        let mut metadata = metadata.clone();
        if metadata.api_version == "v1" {
            metadata.dependencies = None;
        }
        self.file(
            &format!("{base}/Chart.yaml"),
            to_yaml(&metadata)?.as_bytes(),
            &chart.mod_time,
        )?;
        if let (Some(lock), "v2") = (&chart.lock, &*chart.metadata.api_version) {
            self.file(
                &format!("{base}/Chart.lock"),
                to_yaml(lock)?.as_bytes(),
                &lock.generated,
            )?;
        }
        for file in chart.raw.iter().filter(|file| file.name == "values.yaml") {
            self.file(&format!("{base}/values.yaml"), &file.data, &file.mod_time)?;
        }
        if let Some(schema) = &chart.schema {
            serde_json::from_slice::<serde::de::IgnoredAny>(schema).map_err(|_| PackageError::Schema)?;
            self.file(
                &format!("{base}/values.schema.json"),
                schema,
                &chart.schema_mod_time,
            )?;
        }
        for file in chart.templates.iter().chain(&chart.files) {
            self.file(&format!("{base}/{}", file.name), &file.data, &file.mod_time)?;
        }
        for subchart in &chart.dependencies {
            self.chart(subchart, &format!("{base}/charts/"), &subchart.metadata)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &str, data: &[u8], time: &Time) -> std::io::Result<()> {
        let path = crate::chart::clean(path.to_owned());
        let (seconds, _) = time.unix().or_else(|| self.now.unix()).unwrap_or_default();
        let mut header = Header::new_ustar();
        if header.set_path(&path).is_err() {
            self.long_name(&path)?;
            // Readers take the name from the entry before.
            let short: String = path.chars().filter(char::is_ascii).take(99).collect();
            header.set_path(short.trim_end_matches('/'))?;
        }
        header.set_mode(0o644);
        header.set_size(data.len() as u64);
        header.set_mtime(u64::try_from(seconds).unwrap_or(0));
        header.set_cksum();
        self.entry(&header, data)
    }

    /// An entry of the pax format with the name of the next one.
    fn long_name(&mut self, path: &str) -> std::io::Result<()> {
        let record = pax_record("path", path);
        let mut header = Header::new_ustar();
        header.set_path("PaxHeaders.0/name")?;
        header.set_entry_type(EntryType::XHeader);
        header.set_size(record.len() as u64);
        header.set_cksum();
        self.entry(&header, record.as_bytes())
    }

    fn entry(&mut self, header: &Header, data: &[u8]) -> std::io::Result<()> {
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(data)?;
        let padding = data.len().next_multiple_of(512) - data.len();
        self.out.write_all(&[0; 512][..padding])
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn pax_record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length.to_string().len() + rest.len() != length {
        length = length.to_string().len() + rest.len();
    }
    format!("{length}{rest}")
}

/// As sigs.k8s.io/yaml writes it: through JSON, keys in order.
pub(crate) fn to_yaml(value: &impl Serialize) -> std::io::Result<String> {
    let json = serde_json::to_value(value).map_err(std::io::Error::other)?;
    Ok(flux_yaml::json::json_to_yaml(&json))
}

/// `Chart.yaml` as Helm writes it.
pub fn chart_yaml(metadata: &Metadata) -> String {
    to_yaml(metadata).unwrap_or_default()
}

/// `Chart.lock` as Helm writes it.
pub fn lock_yaml(lock: &crate::chart::Lock) -> String {
    to_yaml(lock).unwrap_or_default()
}

/// `README` of a chart: `readme.md`, `readme.txt` or `readme`, in any case.
pub fn readme(chart: &Chart) -> Option<&Bytes> {
    let names = ["readme.md", "readme.txt", "readme"];
    let mut files = chart.files.iter();
    let found = files.find(|file| names.iter().any(|name| file.name.eq_ignore_ascii_case(name)));
    found.map(|file| &file.data)
}

/// The hash of an archive as provenance files have it: `sha256:` and hexadecimal digits.
pub fn digest(archive: &[u8]) -> String {
    let hash = Sha256::digest(archive);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
