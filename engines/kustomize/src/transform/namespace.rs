//! `namespace`

use std::collections::HashMap;

use flux_yaml::{Node, ScalarTag};

use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec};
use crate::id::IdKey;
use crate::node_ext::{self, set_text};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    /// None.
    None,
}

/// The settings of the transformer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namespace {
    pub(crate) namespace: String,
    pub(crate) specs: Vec<FieldSpec>,
    /// Only fields without a value are set.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

impl Namespace {
    pub(crate) fn transform(&self, objects: &mut ResMap) -> Result<(), Error> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let list = objects.edit();
        let mut ids: HashMap<IdKey, usize> = HashMap::with_capacity(list.len());
        for object in list.iter() {
            *ids.entry(object.id().key()).or_default() += 1;
        }
        for object in list.iter_mut().filter(|object| !object.memory.from_helm) {
            if let Some(count) = ids.get_mut(&object.id().key()) {
                *count -= 1;
            }
            object.store_id();
            self.set(object).map_err(|error| {
                error
                    .at(&object.place.file, object.place.line)
                    .object(object.id())
            })?;
            let id = object.id();
            let count = ids.entry(id.key()).or_default();
            *count += 1;
            if *count > 1 {
                return Err(Error::conflict(format!(
                    "namespace transformation produces ID conflict: {count} objects would be {id}"
                ))
                .at(&object.place.file, object.place.line)
                .object(id));
            }
        }
        Ok(())
    }

    /// The field itself, without ids: used where a value is added at `metadata/namespace`.
    pub(crate) fn set(&self, object: &mut Resource) -> Result<(), Error> {
        let gvk = object.gvk();
        let core = object.api_version() == "v1";
        let binding = matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if !gvk.is_cluster_scoped() {
            let spec = FieldSpec::new(crate::id::Gvk::default(), "metadata/namespace", true);
            spec.apply(&mut object.node, Create::Scalar(ScalarTag::Auto), &mut |node| {
                self.write(node)
            })?;
        }
        if binding {
            self.set_subjects(&mut object.node)?;
        }
        for spec in &self.specs {
            let skipped = spec.path == "metadata/namespace"
                || (!core && spec.path == "metadata/name")
                || (binding
                    && spec.path == "subjects/namespace"
                    && matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"));
            if !skipped {
                spec.apply(&mut object.node, Create::Scalar(ScalarTag::Str), &mut |node| {
                    self.write(node)
                })?;
            }
        }
        Ok(())
    }

    fn write(&self, node: &mut Node) -> Result<(), Error> {
        if self.unset_only && !node.is_null() && node.text().is_some_and(|text| !text.is_empty()) {
            return Ok(());
        }
        set_text(node, &self.namespace, ScalarTag::Str)
    }

    fn set_subjects(&self, object: &mut Node) -> Result<(), Error> {
        let (key, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::DefaultOnly => ("name", "default"),
            Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = object.get_mut("subjects").filter(|subjects| !subjects.is_null()) else {
            return Ok(());
        };
        let kind = node_ext::kind_word(subjects);
        let Some(items) = subjects.as_sequence_mut() else {
            return Err(Error::conflict(format!(
                "expected a list of subjects, found {kind}"
            )));
        };
        for item in items {
            if item.get(key).and_then(Node::text) == Some(wanted) {
                let slot = item.make_mapping().entry("namespace");
                if slot.is_null() {
                    *slot = Node::string("");
                }
                self.write(slot)?;
            }
        }
        Ok(())
    }
}
