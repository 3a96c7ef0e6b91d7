//! `flux kustomize build`.

use std::path::Path;

use flux_kustomize::{LoadRestrictor, NoRemote, Options, Resource};

use crate::args::Kustomize;
use crate::disk::Disk;
use crate::error::Error;
use crate::{log, output};

/// Runs `flux kustomize`.
pub fn run(command: &Kustomize) -> Result<(), Error> {
    let Kustomize::Build {
        directory,
        load_restrictor,
        output,
    } = command;
    let options = Options {
        load_restrictor: restrictor(load_restrictor)?,
        ..Options::default()
    };
    let path = Disk::path_of(directory).map_err(|error| Error::message(format!("{directory}: {error}")))?;
    let build = flux_kustomize::build(&Disk, &path, &options, &NoRemote);
    let build = build.map_err(|error| Error::message(error.to_string()))?;
    for warning in &build.warnings {
        log::warning(warning);
    }
    let yaml = || build.to_yaml().map_err(|error| Error::message(error.to_string()));
    match output {
        None => output::text(&yaml()?),
        Some(path) if path.is_dir() => build.objects.iter().try_for_each(|object| one_file(path, object)),
        Some(path) => write(path, &yaml()?),
    }
}

fn restrictor(text: &str) -> Result<LoadRestrictor, Error> {
    match text {
        "LoadRestrictionsRootOnly" => Ok(LoadRestrictor::RootOnly),
        "LoadRestrictionsNone" => Ok(LoadRestrictor::None),
        _ => Err(Error::message(format!(
            "illegal flag value --load-restrictor {text}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
        ))),
    }
}

/// `<group>_<version>_<kind>_<name>.yaml`, in lower case, as kustomize names them; the namespace goes in front where there is one.
fn one_file(directory: &Path, object: &Resource) -> Result<(), Error> {
    let api_version = object.api_version().replace('/', "_");
    let mut name = format!("{api_version}_{}_{}", object.kind(), object.name())
        .to_lowercase()
        .replace(':', "_");
    if !object.namespace().is_empty() {
        name = format!("{}_{name}", object.namespace());
    }
    let json = object
        .to_json()
        .map_err(|error| Error::message(error.to_string()))?;
    write(
        &directory.join(format!("{name}.yaml")),
        &flux_yaml::json::json_to_yaml(&json),
    )
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|error| Error::message(format!("{}: {error}", path.display())))
}
