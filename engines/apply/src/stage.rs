//! The order of application in the large: what others need is applied, and waited for, before them.

use serde_json::Value;

use flux_object::{Gvk, kind, sort_for_apply};

/// API group and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupKind {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
}

impl GroupKind {
    /// Reads `group/Kind` or `Kind`.
    pub fn parse(text: &str) -> Self {
        let (group, kind) = text.split_once('/').unwrap_or(("", text));
        GroupKind {
            group: group.into(),
            kind: kind.into(),
        }
    }
}

/// Which stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageKind {
    /// Custom resource definitions, namespaces, cluster roles.
    Definitions,
    /// Classes.
    Classes,
    /// Kinds that the operator named.
    Custom,
    /// Everything else.
    Rest,
}

impl StageKind {
    /// Whether the stage must be current before the next one starts.
    pub fn is_waited_for(self) -> bool {
        matches!(self, StageKind::Definitions | StageKind::Classes)
    }
}

/// Objects that are validated together and then written in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Which.
    pub kind: StageKind,
    /// The objects, in the order of application.
    pub objects: Vec<Value>,
}

/// Sorts objects into stages; empty ones are left out.
pub fn stages(objects: Vec<Value>, custom: &[GroupKind]) -> Vec<Stage> {
    let kinds = [
        StageKind::Definitions,
        StageKind::Classes,
        StageKind::Custom,
        StageKind::Rest,
    ];
    let mut stages = kinds.map(|kind| Stage {
        kind,
        objects: Vec::new(),
    });
    for object in objects {
        let index = kind_of(&object, custom) as usize;
        stages[index].objects.push(object);
    }
    let mut stages: Vec<Stage> = stages
        .into_iter()
        .filter(|stage| !stage.objects.is_empty())
        .collect();
    for stage in &mut stages {
        sort_for_apply(&mut stage.objects);
    }
    stages
}

fn kind_of(object: &Value, custom: &[GroupKind]) -> StageKind {
    let is_custom = || {
        let gvk = Gvk::of(object);
        custom
            .iter()
            .any(|named| named.group == gvk.group && named.kind == gvk.kind)
    };
    if kind::is_definition(object) || kind::is_namespace(object) || kind::is_cluster_role(object) {
        StageKind::Definitions
    } else if kind::is_class(object) {
        StageKind::Classes
    } else if is_custom() {
        StageKind::Custom
    } else {
        StageKind::Rest
    }
}
