//! `flux kustomize build`.

mod charts;
mod write;

use std::sync::Arc;

use flux_bases::{Bases, SshHome};
use flux_kustomize::{Build, HelmOptions, LoadRestrictor, Options, Reorder, Resource, Warning};

use charts::Charts;

use crate::args::{Kustomize, KustomizeBuild};
use crate::disk::Disk;
use crate::error::Error;
use crate::{log, output};

/// The version of kustomize whose behaviour this is.
const VERSION: &str = "v5.8.1";

/// Runs `flux kustomize`.
pub fn run(command: &Kustomize) -> Result<(), Error> {
    match command {
        Kustomize::Build(arguments) => build(arguments),
        Kustomize::Version => output::text(&format!("{VERSION}\n")),
    }
}

fn build(arguments: &KustomizeBuild) -> Result<(), Error> {
    let bases = Bases::new(std::env::temp_dir()).with_local();
    let bases = Arc::new(bases.with_ssh(SshHome::of_environment()));
    let options = options(arguments, &bases)?;
    let here = Here::now();
    let directory = arguments.directory.as_str();
    // What is not here may be a repository.
    let path = match Disk::path_of(directory) {
        Err(error) if flux_kustomize::is_repository(directory) => {
            drop(error);
            directory.to_owned()
        }
        found => found.map_err(|error| Error::message(format!("{directory}: {error}")))?,
    };
    match flux_kustomize::build(&Disk, &path, &options, &*bases) {
        Ok(build) => {
            here.warn(&build.warnings);
            write(arguments, build, &here)
        }
        Err(error) => {
            here.warn(&error.warnings);
            Err(Error::message(here.short(&error.to_string())))
        }
    }
}

fn write(arguments: &KustomizeBuild, build: Build, here: &Here) -> Result<(), Error> {
    // The program ends after this: taking large trees apart node by node would be for nothing.
    let objects = Box::leak(build.objects.into_boxed_slice());
    let text = |object: &mut Resource| write::text(object, arguments.explain.then_some(here));
    match &arguments.output {
        Some(path) if path.is_dir() => write::many(path, objects, text),
        output => {
            // Nothing is written before everything could be.
            let texts = write::texts(objects, &text)?;
            match output {
                None => output::documents(&texts),
                Some(path) => write::one(path, &texts.join(output::SEPARATOR)),
            }
        }
    }
}

fn options(arguments: &KustomizeBuild, bases: &Arc<Bases>) -> Result<Options, Error> {
    let helm = arguments.enable_helm.then(|| HelmOptions {
        api_versions: arguments.helm_api_versions.clone(),
        kube_version: arguments.helm_kube_version.clone(),
        debug: arguments.helm_debug,
        ..HelmOptions::new(Arc::new(Charts::new(Arc::clone(bases))))
    });
    let by_environment = std::env::var("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL").is_ok_and(|value| value == "on");
    Ok(Options {
        load_restrictor: restrictor(&arguments.load_restrictor)?,
        reorder: reorder(&arguments.reorder)?,
        managed_by_label: arguments.enable_managedby_label || by_environment,
        helm,
        absolute_paths: true,
        explain: arguments.explain,
    })
}

fn restrictor(text: &str) -> Result<LoadRestrictor, Error> {
    match text {
        "LoadRestrictionsRootOnly" | "" => Ok(LoadRestrictor::RootOnly),
        "LoadRestrictionsNone" => Ok(LoadRestrictor::None),
        _ => Err(Error::message(format!(
            "illegal flag value --load-restrictor {text}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
        ))),
    }
}

fn reorder(text: &str) -> Result<Reorder, Error> {
    match text {
        "legacy" | "unspecified" => Ok(Reorder::Legacy),
        "none" => Ok(Reorder::None),
        _ => Err(Error::message(format!(
            "illegal flag value --reorder {text}; legal values: [none legacy]"
        ))),
    }
}

/// The working directory: paths below it are shown without it.
pub(super) struct Here(Option<String>);

impl Here {
    fn now() -> Self {
        let directory = std::env::current_dir().and_then(std::fs::canonicalize).ok();
        Here(directory.map(|directory| format!("{}/", directory.display())))
    }

    pub(super) fn short(&self, text: &str) -> String {
        match &self.0 {
            Some(here) if here.len() > 1 => text.replace(here, ""),
            _ => text.to_owned(),
        }
    }

    /// Deprecated fields are told of in upstream's words, the rest with its place.
    fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            if warning.deprecated {
                log::plain(format!("# Warning: {}", warning.message));
            } else {
                log::plain(format!("# Warning: {}", self.short(&warning.to_string())));
            }
        }
    }
}
