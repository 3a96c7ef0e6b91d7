//! How to build.

use crate::helm::HelmOptions;

/// Which files a kustomization may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Only files at or below the directory of the kustomization (`LoadRestrictionsRootOnly`). The default of the
    /// command line.
    #[default]
    RootOnly,
    /// Any file of the tree (`LoadRestrictionsNone`). What Flux uses.
    None,
}

/// The order of the objects when no `sortOptions` say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// Namespaces, CRDs and so on first, webhooks last, the rest by kind and name. The default of the command line.
    #[default]
    Legacy,
    /// As the kustomizations name them, depth first. What Flux uses.
    None,
}

/// How to build. The default is that of `kubectl kustomize` without flags.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which files may be read.
    pub load_restrictor: LoadRestrictor,
    /// The order of the result.
    pub reorder: Reorder,
    /// Adds the label `app.kubernetes.io/managed-by: kustomize-VERSION` to every object.
    pub managed_by_label: bool,
    /// Who renders `helmCharts`; without it they are refused.
    pub helm: Option<HelmOptions>,
    /// Whether the tree is a whole file system, so that absolute paths of files mean something.
    pub absolute_paths: bool,
    /// Whether to note for every object what changed it.
    pub explain: bool,
}

impl Options {
    /// What Flux's kustomize-controller asks for: any file of the artifact, order as given.
    pub fn flux() -> Self {
        Options {
            load_restrictor: LoadRestrictor::None,
            reorder: Reorder::None,
            ..Options::default()
        }
    }
}
