//! `helm package`.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flux_helm::package::{archive_name, package};
use flux_helm::{Chart, Log, Time};

use super::flags::{Flag, Kind};
use super::provenance::Signing;
use super::{Failure, file_error, load, parse, print, values};

const FLAGS: &[Flag] = &[
    ("sign", None, Kind::Switch),
    ("key", None, Kind::Text),
    ("keyring", None, Kind::Text),
    ("passphrase-file", None, Kind::Text),
    ("version", None, Kind::Text),
    ("app-version", None, Kind::Text),
    ("destination", Some('d'), Kind::Text),
    ("dependency-update", Some('u'), Kind::Switch),
];

/// Runs `helm package`.
pub fn run(arguments: &[String], log: &mut Log) -> Result<(), Failure> {
    let usage = "Usage:\n  helm package [CHART_PATH] [...] [flags]\n";
    let Some(parsed) = parse(arguments, &[FLAGS, values::FLAGS], usage)? else {
        return Ok(());
    };
    if parsed.arguments.is_empty() {
        return Err("need at least one argument, the path to the chart".to_owned());
    }
    if parsed.on("dependency-update") {
        return Err("--dependency-update is not supported here".to_owned());
    }
    let mut signing = Signing::new(&parsed)?;
    let epoch = source_date_epoch()?;
    for path in &parsed.arguments {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        if let Err(error) = std::fs::metadata(&path) {
            return Err(file_error("stat", &path, &error));
        }
        let mut chart = load::dir(&path, log)?;
        for (flag, field) in [
            ("version", &mut chart.metadata.version),
            ("app-version", &mut chart.metadata.app_version),
        ] {
            if !parsed.text(flag).is_empty() {
                parsed.text(flag).clone_into(field);
            }
        }
        if let Some(epoch) = &epoch {
            chart.stamp(epoch);
        }
        chart.check_dependencies().map_err(|error| error.to_string())?;
        let destination = match parsed.text("destination") {
            "" | "." => std::env::current_dir().map_err(|error| error.to_string())?,
            given => PathBuf::from(given),
        };
        let saved = save(&chart, &destination)?;
        if let Some(signing) = &mut signing {
            signing.sign(&saved)?;
        }
        print(&format!(
            "Successfully packaged chart and saved it to: {}\n",
            saved.display()
        ))?;
    }
    Ok(())
}

/// Writes a chart's archive into a directory, which is made when it is not there.
pub fn save(chart: &Chart, destination: &Path) -> Result<PathBuf, Failure> {
    let archive = package(chart, &now()).map_err(|error| format!("failed to save: {error}"))?;
    std::fs::create_dir_all(destination).map_err(|error| file_error("mkdir", destination, &error))?;
    let path = destination.join(archive_name(&chart.metadata));
    std::fs::write(&path, archive).map_err(|error| file_error("open", &path, &error))?;
    Ok(path)
}

/// Now.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(0), since.subsec_nanos())
}

/// The moment that `SOURCE_DATE_EPOCH` sets for all files.
pub fn source_date_epoch() -> Result<Option<Time>, Failure> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<i64>() {
        Ok(seconds) if seconds >= 0 => Ok(Some(Time::from_unix(seconds, 0))),
        _ => Err(format!(
            "invalid SOURCE_DATE_EPOCH {text:?}: it must be a number of seconds"
        )),
    }
}
