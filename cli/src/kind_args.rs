//! The kinds that can be typed after `get`, `reconcile`, `suspend` and `resume`, and which Flux kind each means.

use clap::{Args, Subcommand};

use crate::kinds::{self, FluxKind};

/// One object, or all.
#[derive(Clone, Debug, Args)]
pub struct Name {
    /// One object.
    pub name: Option<String>,
}

/// Objects by name.
#[derive(Clone, Debug, Args)]
pub struct Names {
    /// Their names.
    pub names: Vec<String>,
}

/// Kinds of `flux get`.
#[derive(Clone, Debug, Subcommand)]
pub enum GetTarget {
    /// Get all resources and statuses
    All,
    /// Get Kustomization statuses
    #[command(visible_aliases = ["ks", "kustomization"])]
    Kustomizations {
        /// One object.
        name: Option<String>,
        /// Show the source reference for each kustomization
        #[arg(long)]
        show_source: bool,
    },
    /// Get HelmRelease statuses
    #[command(visible_aliases = ["hr", "helmrelease"])]
    Helmreleases {
        /// One object.
        name: Option<String>,
        /// Show the source reference for each helmrelease
        #[arg(long)]
        show_source: bool,
    },
    /// Get source statuses
    #[command(visible_alias = "source")]
    Sources {
        /// Which.
        #[command(subcommand)]
        kind: Option<GetSource>,
    },
    /// Get image automation object status
    #[command(visible_alias = "image")]
    Images {
        /// Which.
        #[command(subcommand)]
        kind: Option<GetImage>,
    },
    /// Get artifact object status
    #[command(visible_alias = "artifact")]
    Artifacts {
        /// Which.
        #[command(subcommand)]
        kind: Option<GetArtifact>,
    },
    /// Get Receiver statuses
    #[command(visible_alias = "receiver")]
    Receivers(Name),
    /// Get Alert statuses
    #[command(visible_alias = "alert")]
    Alerts(Name),
    /// Get Provider statuses
    #[command(visible_alias = "alert-provider")]
    AlertProviders(Name),
}

/// Kinds of `flux get sources`.
#[derive(Clone, Debug, Subcommand)]
pub enum GetSource {
    /// Get all source statuses
    All,
    /// Get GitRepository source statuses
    Git(Name),
    /// Get OCIRepository status
    Oci(Name),
    /// Get HelmRepository source statuses
    Helm(Name),
    /// Get HelmChart statuses
    Chart(Name),
    /// Get Bucket source statuses
    Bucket(Name),
    /// Get ExternalArtifact source statuses
    External(Name),
}

impl GetSource {
    /// The kind and the name; none for all kinds.
    pub fn one(&self) -> Option<(&'static FluxKind, Option<String>)> {
        let (kind, name) = match self {
            GetSource::All => return None,
            GetSource::Git(name) => (&kinds::GIT, name),
            GetSource::Oci(name) => (&kinds::OCI, name),
            GetSource::Helm(name) => (&kinds::HELM_REPOSITORY, name),
            GetSource::Chart(name) => (&kinds::HELM_CHART, name),
            GetSource::Bucket(name) => (&kinds::BUCKET, name),
            GetSource::External(name) => (&kinds::EXTERNAL, name),
        };
        Some((kind, name.name.clone()))
    }
}

/// Kinds of `flux get images`.
#[derive(Clone, Debug, Subcommand)]
pub enum GetImage {
    /// Get all image statuses
    All,
    /// Get ImageRepository statuses
    Repository(Name),
    /// Get ImagePolicy statuses
    Policy(Name),
    /// Get ImageUpdateAutomation statuses
    Update(Name),
}

impl GetImage {
    /// The kind and the name; none for all kinds.
    pub fn one(&self) -> Option<(&'static FluxKind, Option<String>)> {
        let (kind, name) = match self {
            GetImage::All => return None,
            GetImage::Repository(name) => (&kinds::IMAGE_REPOSITORY, name),
            GetImage::Policy(name) => (&kinds::IMAGE_POLICY, name),
            GetImage::Update(name) => (&kinds::IMAGE_UPDATE, name),
        };
        Some((kind, name.name.clone()))
    }
}

/// Kinds of `flux get artifacts`.
#[derive(Clone, Debug, Subcommand)]
pub enum GetArtifact {
    /// Get artifact generator statuses
    #[command(visible_alias = "generator")]
    Generators(Name),
}

/// Kinds of `flux reconcile`.
#[derive(Clone, Debug, Subcommand)]
pub enum ReconcileTarget {
    /// Reconcile a Kustomization resource
    #[command(visible_alias = "ks")]
    Kustomization {
        /// Its name.
        name: Option<String>,
        /// Reconcile Kustomization source
        #[arg(long)]
        with_source: bool,
    },
    /// Reconcile a HelmRelease resource
    #[command(visible_alias = "hr")]
    Helmrelease {
        /// Its name.
        name: Option<String>,
        /// Reconcile HelmRelease source
        #[arg(long)]
        with_source: bool,
        /// Force a one-off install or upgrade of the HelmRelease resource
        #[arg(long)]
        force: bool,
        /// Reset the failure count for this HelmRelease resource
        #[arg(long)]
        reset: bool,
    },
    /// Reconcile sources
    Source {
        /// Which.
        #[command(subcommand)]
        kind: Option<ReconcileSource>,
    },
    /// Reconcile image automation objects
    Image {
        /// Which.
        #[command(subcommand)]
        kind: Option<ReconcileImage>,
    },
    /// Reconcile a Receiver
    Receiver(Name),
}

/// Kinds of `flux reconcile source`.
#[derive(Clone, Debug, Subcommand)]
pub enum ReconcileSource {
    /// Reconcile a GitRepository source
    Git(Name),
    /// Reconcile an OCIRepository
    Oci(Name),
    /// Reconcile a HelmRepository source
    Helm(Name),
    /// Reconcile a HelmChart source
    Chart {
        /// Its name.
        name: Option<String>,
        /// Reconcile HelmChart source
        #[arg(long)]
        with_source: bool,
    },
    /// Reconcile a Bucket source
    Bucket(Name),
}

/// Kinds of `flux reconcile image`.
#[derive(Clone, Debug, Subcommand)]
pub enum ReconcileImage {
    /// Reconcile an ImageRepository
    Repository(Name),
    /// Reconcile an ImagePolicy
    Policy(Name),
    /// Reconcile an ImageUpdateAutomation
    Update(Name),
}

/// Kinds of `flux suspend` and `flux resume`.
#[derive(Clone, Debug, Subcommand)]
pub enum PausingTarget {
    /// Kustomization resources
    #[command(visible_alias = "ks")]
    Kustomization(Names),
    /// HelmRelease resources
    #[command(visible_alias = "hr")]
    Helmrelease(Names),
    /// Sources
    Source {
        /// Which.
        #[command(subcommand)]
        kind: Option<PausingSource>,
    },
    /// Image automation objects
    Image {
        /// Which.
        #[command(subcommand)]
        kind: Option<PausingImage>,
    },
    /// Alerts
    Alert(Names),
    /// Providers
    AlertProvider(Names),
    /// Receivers
    Receiver(Names),
}

/// Kinds of `flux suspend source` and `flux resume source`.
#[derive(Clone, Debug, Subcommand)]
pub enum PausingSource {
    /// GitRepository sources
    Git(Names),
    /// OCIRepository sources
    Oci(Names),
    /// HelmRepository sources
    Helm(Names),
    /// HelmChart sources
    Chart(Names),
    /// Bucket sources
    Bucket(Names),
}

/// Kinds of `flux suspend image` and `flux resume image`.
#[derive(Clone, Debug, Subcommand)]
pub enum PausingImage {
    /// ImageRepository objects
    Repository(Names),
    /// ImagePolicy objects
    Policy(Names),
    /// ImageUpdateAutomation objects
    Update(Names),
}

impl PausingTarget {
    /// The kind and the names; the name of the group where its kind is missing.
    pub fn chosen(&self) -> Result<(&'static FluxKind, &[String]), &'static str> {
        let (kind, names) = match self {
            PausingTarget::Source { kind: None } => return Err("source"),
            PausingTarget::Image { kind: None } => return Err("image"),
            PausingTarget::Kustomization(names) => (&kinds::KUSTOMIZATION, names),
            PausingTarget::Helmrelease(names) => (&kinds::HELM_RELEASE, names),
            PausingTarget::Alert(names) => (&kinds::ALERT, names),
            PausingTarget::AlertProvider(names) => (&kinds::PROVIDER, names),
            PausingTarget::Receiver(names) => (&kinds::RECEIVER, names),
            PausingTarget::Source { kind: Some(source) } => match source {
                PausingSource::Git(names) => (&kinds::GIT, names),
                PausingSource::Oci(names) => (&kinds::OCI, names),
                PausingSource::Helm(names) => (&kinds::HELM_REPOSITORY, names),
                PausingSource::Chart(names) => (&kinds::HELM_CHART, names),
                PausingSource::Bucket(names) => (&kinds::BUCKET, names),
            },
            PausingTarget::Image { kind: Some(image) } => match image {
                PausingImage::Repository(names) => (&kinds::IMAGE_REPOSITORY, names),
                PausingImage::Policy(names) => (&kinds::IMAGE_POLICY, names),
                PausingImage::Update(names) => (&kinds::IMAGE_UPDATE, names),
            },
        };
        Ok((kind, &names.names))
    }
}
