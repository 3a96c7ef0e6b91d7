//! Object ids: for people (`Kind/namespace/name`) and for the inventory (`namespace_name_group_kind`).

use std::fmt;

use serde_json::Value;
use thiserror::Error;

use crate::gvk::split_api_version;
use crate::meta;

/// Names one object, whatever version it is written in.
///
/// Displays as `Kind/namespace/name`, or `Kind/name` for cluster-scoped objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// The text is not `namespace_name_group_kind`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("inventory id {id:?} is not of the form <namespace>_<name>_<group>_<kind>")]
pub struct InvalidInventoryId {
    /// The text.
    pub id: String,
}

impl ObjectId {
    /// From `apiVersion` or a bare group with a version, kind, namespace and name.
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        ObjectId {
            group: split_api_version(api_version).0.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The id of `object`; missing parts are empty.
    pub fn of(object: &Value) -> Self {
        ObjectId::new(
            meta::api_version(object),
            meta::kind(object),
            meta::namespace(object),
            meta::name(object),
        )
    }

    /// `<namespace>_<name>_<group>_<kind>`. Names of RBAC objects may hold a colon, which is written `__`.
    pub fn inventory_id(&self) -> String {
        let name = if self.is_rbac() {
            self.name.replace(':', "__")
        } else {
            self.name.clone()
        };
        format!("{}_{name}_{}_{}", self.namespace, self.group, self.kind)
    }

    /// Reads what [`ObjectId::inventory_id`] writes.
    ///
    /// # Errors
    /// When there are not four parts, or the name holds a single underscore.
    pub fn from_inventory_id(id: &str) -> Result<Self, InvalidInventoryId> {
        parse(id).ok_or_else(|| InvalidInventoryId { id: id.into() })
    }

    fn is_rbac(&self) -> bool {
        self.group == "rbac.authorization.k8s.io"
            && matches!(
                self.kind.as_str(),
                "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding"
            )
    }
}

fn parse(id: &str) -> Option<ObjectId> {
    let (namespace, rest) = id.split_once('_')?;
    let (rest, kind) = rest.rsplit_once('_')?;
    let (name, group) = rest.rsplit_once('_')?;
    let name = name.replace("__", ":");
    (!name.contains('_')).then(|| ObjectId {
        group: group.into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name,
    })
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ObjectId {
            kind,
            namespace,
            name,
            ..
        } = self;
        if namespace.is_empty() {
            write!(f, "{kind}/{name}")
        } else {
            write!(f, "{kind}/{namespace}/{name}")
        }
    }
}
