//! Where an object came from, as `buildMetadata: [originAnnotations, transformerAnnotations]` writes it.

use flux_yaml::Node;

use crate::paths;
use crate::repo_url;

/// The annotation that holds the origin of an object.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation that lists the transformers that touched an object.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// What configured a generator or transformer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfiguredBy {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

/// The origin of an object, or of a change to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    pub(crate) configured_by: Option<ConfiguredBy>,
}

impl Origin {
    /// One step further along a path or URL.
    pub(crate) fn append(&self, path: &str) -> Origin {
        let mut origin = self.clone();
        if let Some(spec) = repo_url::parse(path) {
            origin.repo = spec.repo;
            origin.reference = spec.reference.unwrap_or_default();
            origin.path = spec.path;
        } else {
            origin.path = paths::join_lexically(&origin.path, path);
        }
        origin
    }

    /// The origin of what a field of this kustomization file makes.
    pub(crate) fn of_field(&self, kustomization_file: &str, plugin: &str) -> Origin {
        Origin {
            path: String::new(),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: paths::join_lexically(&self.path, kustomization_file),
            configured_by: Some(ConfiguredBy {
                api_version: "builtin".to_owned(),
                kind: plugin.to_owned(),
                ..ConfiguredBy::default()
            }),
        }
    }

    /// The annotation's value for one origin.
    pub(crate) fn to_yaml(&self) -> String {
        flux_yaml::to_string(&self.to_node())
    }

    /// The annotation's value for several.
    pub(crate) fn list_to_yaml(list: &[Origin]) -> String {
        flux_yaml::to_string(&Node::sequence(list.iter().map(Origin::to_node)))
    }

    fn to_node(&self) -> Node {
        let mut node = fields(&[
            ("path", &self.path),
            ("repo", &self.repo),
            ("ref", &self.reference),
            ("configuredIn", &self.configured_in),
        ]);
        if let Some(by) = &self.configured_by {
            let parts = [
                ("apiVersion", &by.api_version),
                ("kind", &by.kind),
                ("name", &by.name),
                ("namespace", &by.namespace),
            ];
            node.set("configuredBy", fields(&parts));
        }
        node
    }
}

fn fields(parts: &[(&str, &String)]) -> Node {
    Node::mapping_of(
        parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (Node::string(*key), Node::string(text.as_str()))),
    )
}
