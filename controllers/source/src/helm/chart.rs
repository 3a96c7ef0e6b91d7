//! The story of a HelmChart.

use std::sync::Arc;

use bytes::Bytes;
use flux_api::helmchart::{API_VERSION, HelmChart, KIND};
use flux_api::source::{Artifact, BUILD_FAILED, FETCH_FAILED, STORAGE_OPERATION_FAILED};
use flux_api::{gitrepository, helmrepository, meta, reason};
use flux_artifact::Tree;
use flux_helm::Log;
use flux_helm::chart::{Chart, ChartLimits, load_archive};
use flux_helm::repo::{IndexError, find_in_index};
use flux_kube::Gvk;
use flux_runtime::{Context, Error, Facts, Object, Outcome, Reconciler};
use flux_store::Store;

use super::build::{self, Build, BuildError, Local};
use super::dependencies::{self, Missing};
use super::keeper::Keeper;
use super::remote::{Remote, normalize};
use super::sources::{Repository, Sources};
use crate::conditions::OWNED_BY_CHART;
use crate::decide;
use crate::failure;
use crate::reconciler::COMPONENT;
use crate::settings::Settings;

/// Reason for what this program does not do yet.
const UNSUPPORTED: &str = "UnsupportedField";

/// Reconciles HelmChart objects into chart archives in its store.
pub struct HelmChartReconciler {
    settings: Settings,
    store: Store,
    sources: Sources,
}

impl HelmChartReconciler {
    pub(crate) fn new(settings: Settings, store: Store, sources: Sources) -> Self {
        HelmChartReconciler {
            settings,
            store,
            sources,
        }
    }

    fn keeper<'a>(&'a self, context: &'a Context) -> Keeper<'a> {
        Keeper {
            store: &self.store,
            context,
            kind: KIND,
        }
    }

    fn limits(&self) -> ChartLimits {
        ChartLimits {
            file: self.settings.chart_file_limit,
            ..ChartLimits::default()
        }
    }
}

impl Reconciler for HelmChartReconciler {
    type Object = HelmChart;

    fn facts(&self) -> Facts {
        Facts::new(Gvk::new(API_VERSION, KIND), COMPONENT)
            .owns(OWNED_BY_CHART)
            .finalizer(meta::FINALIZER)
    }

    async fn reconcile(&self, object: &Object<HelmChart>, context: &Context) -> Result<Outcome, Error> {
        if !self.sources.are_known() {
            // The first list brings a pass by itself.
            return Ok(Outcome::Wait(std::time::Duration::from_secs(5)));
        }
        let keeper = self.keeper(context);
        let status = &object.status;
        let beginning = decide::begin(
            &object.metadata,
            status.observed_generation,
            &status.last_handled_reconcile_at,
            &status.conditions,
        );
        keeper.begin(beginning.as_ref()).await?;
        let mut pass = Pass {
            reconciler: self,
            object,
            keeper: &keeper,
        };
        match pass.run().await {
            Ok(()) => Ok(Outcome::Interval(object.spec.interval.get())),
            Err(error) => {
                // A failure to fetch says nothing of building, and the other way round.
                let told = |kind: &str| {
                    let mut told = error.failure().conditions.iter();
                    told.any(|condition| condition.kind == kind)
                };
                let kinds = [FETCH_FAILED, BUILD_FAILED, STORAGE_OPERATION_FAILED];
                let passed: Vec<&str> = kinds.into_iter().filter(|kind| !told(kind)).collect();
                keeper.forget(&passed).await?;
                Err(failure::in_progress(
                    error,
                    beginning.map(|beginning| beginning.message),
                ))
            }
        }
    }

    async fn finalize(&self, _object: &Object<HelmChart>, context: &Context) -> Result<Outcome, Error> {
        self.keeper(context).finalize().await
    }
}

/// One pass over one object.
struct Pass<'a> {
    reconciler: &'a HelmChartReconciler,
    object: &'a HelmChart,
    keeper: &'a Keeper<'a>,
}

/// What the chart comes from.
enum Source {
    Git(Artifact),
    Helm(Arc<Repository>, Artifact),
}

impl Source {
    fn revision(&self) -> &str {
        match self {
            Source::Git(artifact) | Source::Helm(_, artifact) => &artifact.revision,
        }
    }
}

impl Pass<'_> {
    async fn run(&mut self) -> Result<(), Error> {
        let held = self.keeper.look(self.object.status.artifact.as_ref()).await?.ok();
        let source = self.source()?;
        let seen = source.revision().to_owned();
        self.keeper
            .context
            .edit_status(|draft| draft.set_field("observedSourceArtifactRevision", &seen))
            .await?;
        match source {
            Source::Git(artifact) => self.build_from_tree(&artifact, held).await,
            Source::Helm(repository, artifact) => self.build_from_index(&repository, &artifact, held).await,
        }
    }

    fn namespace(&self) -> &str {
        &self.object.metadata.namespace
    }

    fn source(&self) -> Result<Source, Error> {
        let reference = &self.object.spec.source_ref;
        let (kind, name, namespace) = (reference.kind.as_str(), reference.name.as_str(), self.namespace());
        let sources = &self.reconciler.sources;
        let missing = |plural: &str| {
            let message =
                format!("failed to get source: {plural}.source.toolkit.fluxcd.io \"{name}\" not found");
            failure::fetch(reason::SOURCE_UNAVAILABLE, message)
        };
        let empty = || {
            let message = format!("no artifact available for {kind} source '{name}'");
            let error = Error::waiting(reason::NO_SOURCE_ARTIFACT, name, &*message).quiet();
            self.keeper.trace(reason::NO_SOURCE_ARTIFACT, &message);
            failure::with(error, FETCH_FAILED)
        };
        match kind {
            gitrepository::KIND => {
                let held = sources
                    .git(namespace, name)
                    .ok_or_else(|| missing("gitrepositories"))?;
                Ok(Source::Git((*held).clone().ok_or_else(empty)?))
            }
            helmrepository::KIND => {
                let held = sources
                    .helm(namespace, name)
                    .ok_or_else(|| missing("helmrepositories"))?;
                if held.spec.is_oci() {
                    let message = format!(
                        "spec.sourceRef: HelmRepository '{name}' is of type oci, which is not supported yet: charts come from \
                         an http(s) repository or a GitRepository"
                    );
                    return Err(failure::stalled(UNSUPPORTED, message));
                }
                if self.object.spec.verify.is_some() {
                    let message = "spec.verify is not supported yet: signatures cannot be checked, so nothing is pulled; \
                                   remove it to pull unverified";
                    return Err(failure::stalled(UNSUPPORTED, message));
                }
                let artifact = held.artifact.clone().ok_or_else(empty)?;
                Ok(Source::Helm(held, artifact))
            }
            "Bucket" => {
                let message = format!("spec.sourceRef: sources of kind {kind} are not supported yet");
                Err(failure::stalled(UNSUPPORTED, message))
            }
            other => {
                let message = format!(
                    "failed to get source: unsupported source kind '{other}', must be one of: [HelmRepository GitRepository Bucket]"
                );
                Err(failure::stalled(reason::UNSUPPORTED_SOURCE_KIND, message))
            }
        }
    }

    /// A chart that lies in a repository of files.
    async fn build_from_tree(&self, artifact: &Artifact, held: Option<Artifact>) -> Result<(), Error> {
        let store = &self.reconciler.store;
        let tree: Arc<Tree> = store.load(artifact).await.map_err(|error| {
            let message = format!("failed to open source artifact: {error}");
            failure::fetch("ReadOperationFailed", message)
        })?;
        let (object, limits) = (self.object, self.reconciler.limits());
        let build_error = |error: BuildError| error.failure();
        let local = Local::new(&tree, &object.spec.chart).map_err(build_error)?;
        let plan = local
            .plan(object, &artifact.revision, &limits)
            .map_err(build_error)?;
        if let Some(held) = held.filter(|_| build::is_held(object, &plan)) {
            return self.up_to_date(&held, plan).await;
        }
        self.announce(&plan).await?;
        if !plan.packaged
            && let Some(bytes) = local.bytes()
        {
            return self.store(plan, bytes).await;
        }
        let values = if build::values_files(object).is_empty() {
            None
        } else {
            Some(local.values(object).map_err(build_error)?)
        };
        let mut chart = local
            .load(&limits)
            .map_err(|cause| BuildError::Package(cause).failure())?;
        if local.is_dir() {
            let resolved = self.resolve(&mut chart, &local).await;
            let resolved = resolved.map_err(|cause| BuildError::Dependency(cause).failure())?;
            if resolved > 0 {
                let message = format!("resolved {resolved} chart dependencies");
                self.keeper.trace("ResolvedDependencies", &message);
            }
        }
        let (build, bytes) = build::pack(plan, chart, values).map_err(build_error)?;
        self.store(build, bytes).await
    }

    /// Adds what the chart needs and does not carry.
    async fn resolve(&self, chart: &mut Chart, local: &Local<'_>) -> Result<usize, String> {
        let missing = dependencies::missing(chart);
        for one in &missing {
            let found = if one.is_local() {
                one.load_local(local, &self.reconciler.limits())?
            } else {
                let fetched = self.fetch_dependency(one).await;
                fetched.map_err(|cause| format!("failed to add remote dependency '{}': {cause}", one.name))?
            };
            chart.dependencies.push(found);
        }
        Ok(missing.len())
    }

    /// Fetches a dependency from its repository, with the credentials of a HelmRepository of the same address.
    async fn fetch_dependency(&self, missing: &Missing) -> Result<Chart, String> {
        let dependency = &missing.dependency;
        let address = &dependency.repository;
        if address.starts_with('@') || address.starts_with("alias:") {
            return Err(format!(
                "aliased repository dependency is not supported: {address}"
            ));
        }
        let address = normalize(address)?;
        let known = self.reconciler.sources.by_address(self.namespace(), &address);
        let spec = known.map_or_else(
            || flux_api::helmrepository::HelmRepositorySpec {
                url: address.clone(),
                ..Default::default()
            },
            |known| known.spec.clone(),
        );
        let remote = Remote::new(self.keeper.context.client(), self.namespace(), &spec).await;
        let remote = remote.map_err(|error| error.to_string())?;
        let settings = &self.reconciler.settings;
        let index = remote.index(settings.index_limit).await?;
        let picked = pick(index, &dependency.name, &dependency.version)
            .await
            .map_err(|cause| {
                format!(
                    "failed to get chart '{}' version '{}' from '{}': {cause}",
                    dependency.name, dependency.version, dependency.repository
                )
            })?;
        let failed =
            |cause: String| format!("chart download of version '{}' failed: {cause}", picked.version);
        let archive = remote
            .chart(&picked.url, settings.chart_limit)
            .await
            .map_err(failed)?;
        let mut chart =
            load_archive(&archive, &self.reconciler.limits(), &mut Log::new()).map_err(|error| {
                format!(
                    "failed to load downloaded archive of version '{}': {error}",
                    picked.version
                )
            })?;
        missing.rename(&mut chart);
        Ok(chart)
    }

    /// A chart of an index.
    async fn build_from_index(
        &self,
        repository: &Repository,
        artifact: &Artifact,
        held: Option<Artifact>,
    ) -> Result<(), Error> {
        let object = self.object;
        check_name(&object.spec.chart).map_err(|cause| BuildError::Reference(cause).failure())?;
        let remote = Remote::new(self.keeper.context.client(), self.namespace(), &repository.spec).await?;
        let index = self.reconciler.store.bytes(artifact).await.map_err(|error| {
            let cause =
                format!("failed to get chart version for remote reference: failed to load index: {error}");
            BuildError::Pull(cause).failure()
        })?;
        let picked = pick(index.into(), &object.spec.chart, &object.spec.version).await;
        let picked = picked.map_err(|cause| {
            BuildError::Reference(format!(
                "failed to get chart version for remote reference: {cause}"
            ))
            .failure()
        })?;
        let build_error = |error: BuildError| error.failure();
        let plan = build::plan_remote(object, &picked.name, &picked.version).map_err(build_error)?;
        if let Some(held) = held.filter(|_| build::is_held(object, &plan)) {
            return self.up_to_date(&held, plan).await;
        }
        self.announce(&plan).await?;
        let settings = &self.reconciler.settings;
        let archive = remote
            .chart(&picked.url, settings.chart_limit)
            .await
            .map_err(|cause| {
                let refused = cause.contains("401") || cause.to_lowercase().contains("unauthorized");
                if refused {
                    let cause =
                        format!("chart pull error: failed to download chart for remote reference: {cause}");
                    return failure::authentication(format!(
                        "failed to authenticate with the Helm repository: {cause}"
                    ));
                }
                BuildError::Pull(format!("failed to download chart for remote reference: {cause}")).failure()
            })?;
        let limits = self.reconciler.limits();
        let (build, bytes) = build::pack_remote(object, plan, archive, &limits).map_err(build_error)?;
        self.store(build, bytes).await
    }

    /// Says what is about to be built.
    async fn announce(&self, plan: &Build) -> Result<(), Error> {
        let status = &self.object.status;
        let held = status.artifact.as_ref();
        let same = status.observed_chart_name == plan.name
            && held.is_some_and(|artifact| artifact.revision == plan.version);
        if same {
            return Ok(());
        }
        let shown = Build {
            values_files: Vec::new(),
            ..plan.clone()
        };
        self.keeper
            .outdated(held.is_some(), reason::NEW_CHART, &shown.summary(false))
            .await
    }

    async fn up_to_date(&self, held: &Artifact, mut plan: Build) -> Result<(), Error> {
        if !self.object.status.observed_values_files.is_empty() {
            plan.values_files
                .clone_from(&self.object.status.observed_values_files);
        }
        let message = format!("artifact up-to-date with remote revision: '{}'", held.revision);
        self.keeper.trace(reason::ARTIFACT_UP_TO_DATE, &message);
        self.succeed(held, &plan, None).await
    }

    async fn store(&self, build: Build, bytes: Vec<u8>) -> Result<(), Error> {
        let what = "unable to copy Helm chart to storage";
        let name = build.file_name();
        let stored = self
            .keeper
            .store(&build.version, &name, bytes, "latest.tar.gz", what);
        let (artifact, url) = stored.await?;
        self.succeed(&artifact, &build, Some(&url)).await
    }

    async fn succeed(&self, artifact: &Artifact, build: &Build, url: Option<&str>) -> Result<(), Error> {
        let (message, reason) = (build.summary(true), build.reason());
        let ignores = self.object.spec.ignore_missing_values_files;
        self.keeper
            .succeed(artifact, reason, &message, |draft| {
                let Some(url) = url else { return };
                if !url.is_empty() {
                    draft.set_field("url", url);
                }
                draft.set_field("observedChartName", &build.name);
                let files = Some(&build.values_files).filter(|files| ignores && !files.is_empty());
                draft.set_field("observedValuesFiles", files);
            })
            .await?;
        let status = &self.object.status;
        let failed = decide::failed(&status.conditions);
        let news = decide::announce(
            status.artifact.as_ref(),
            failed,
            artifact,
            reason,
            reason,
            message,
        );
        self.keeper.announce(artifact, news);
        Ok(())
    }
}

/// The chart of an index that was chosen.
struct Picked {
    name: String,
    version: String,
    url: String,
}

/// Reads an index and chooses; both may take long.
async fn pick(index: Bytes, name: &str, version: &str) -> Result<Picked, String> {
    let (name, version) = (name.to_owned(), version.to_owned());
    let reading = flux_runtime::compute(move || {
        let found = find_in_index(&index[..], &name, &version, &mut Log::new());
        let picked = found.map_err(|error| match error {
            IndexError::NoVersion(..) => format!("no '{name}' chart with version matching '{version}' found"),
            error => error.to_string(),
        })?;
        let url = picked.urls.into_iter().next();
        Ok(Picked {
            url: url.ok_or_else(|| format!("chart '{name}' has no downloadable URLs"))?,
            name: picked.metadata.name,
            version: picked.metadata.version,
        })
    });
    reading.await.unwrap_or_else(|crash| Err(crash.to_string()))
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("no name set for remote chart reference".into());
    }
    let good = |c: char| matches!(c, '-' | '/' | '.' | 'a'..='z' | '0'..='9');
    let begins = name.starts_with(|c: char| matches!(c, '-' | 'a'..='z' | '0'..='9'));
    if begins && name.chars().all(good) {
        return Ok(());
    }
    Err(format!(
        "invalid chart name '{name}': a valid name must be lower case letters and numbers and MAY be separated with dashes (-), \
         slashes (/) or periods (.)"
    ))
}
