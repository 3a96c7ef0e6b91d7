//! Fields that hold the names of other objects follow when those names change.

use std::collections::HashMap;

use flux_yaml::{Node, ScalarTag, Value};

use crate::error::Error;
use crate::fieldspec::FieldSpec;
use crate::id::Gvk;
use crate::node_ext::{kind_word, set_entry, set_text};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::specs::NameReference;
use crate::transform::candidates::{Candidate, Candidates, Referrer};

/// One rule at work on one object.
struct Fix<'a> {
    candidates: &'a Candidates,
    referrer: &'a Referrer<'a>,
    target: &'a Gvk,
    spec: &'a FieldSpec,
}

/// Rules by the kind of the referrer; the empty kind holds those for any kind.
type Rules<'a> = HashMap<&'a str, Vec<(&'a Gvk, &'a FieldSpec)>>;

/// Fixes the references in all objects.
pub(crate) fn transform(references: &[NameReference], objects: &mut ResMap) -> Result<(), Error> {
    let candidates = Candidates::new(objects.list());
    let mut rules: Rules<'_> = HashMap::new();
    for reference in references {
        for spec in &reference.referrers {
            rules
                .entry(spec.gvk.kind.as_str())
                .or_default()
                .push((&reference.gvk, spec));
        }
    }
    objects
        .edit()
        .iter_mut()
        .try_for_each(|object| fix_object(object, &rules, &candidates))
}

fn fix_object(object: &mut Resource, rules: &Rules<'_>, candidates: &Candidates) -> Result<(), Error> {
    let original = object.original_id();
    let referrer = Referrer {
        id: object.id(),
        prefixes: &object.memory.prefixes,
        suffixes: &object.memory.suffixes,
        role: role_of(&object.node),
        subjects: if object.kind() == "RoleBinding" {
            subject_namespaces(object)?
        } else {
            Vec::new()
        },
    };
    let for_kind = rules.get(original.gvk.kind.as_str()).into_iter().flatten();
    for (target, spec) in for_kind.chain(rules.get("").into_iter().flatten()) {
        if !original.gvk.is_selected(&spec.gvk) {
            continue;
        }
        let fix = Fix {
            candidates,
            referrer: &referrer,
            target,
            spec,
        };
        // The rule was chosen by the type that the object had at first, so the walk must not look at the type again.
        spec.apply_to_any(&mut object.node, &mut |node| fix.field(node))
            .map_err(|mut error| {
                error.message = format!("updating name reference: {}", error.message);
                error
                    .at(&object.place.file, object.place.line)
                    .object(referrer.id.clone())
            })?;
    }
    Ok(())
}

fn role_of(object: &Node) -> Option<Gvk> {
    let role = object.get("roleRef")?;
    Some(Gvk::new(
        role.text_at(&["apiGroup"])?,
        "",
        role.text_at(&["kind"])?,
    ))
}

fn subject_namespaces(object: &Resource) -> Result<Vec<String>, Error> {
    let mut namespaces = Vec::new();
    for subject in object.node.get("subjects").map(Node::items).unwrap_or_default() {
        if subject.text_at(&["kind"]) != Some("ServiceAccount") {
            continue;
        }
        match subject.get("namespace") {
            None => {}
            Some(namespace) if namespace.is_string() => {
                namespaces.extend(namespace.text().map(str::to_owned))
            }
            Some(namespace) => {
                return Err(Error::conflict("invalid subject: its namespace is blank")
                    .at(&object.place.file, namespace.pos.line)
                    .object(object.id()));
            }
        }
    }
    Ok(namespaces)
}

impl Fix<'_> {
    fn field(&self, node: &mut Node) -> Result<(), Error> {
        if node.is_null() {
            return Ok(());
        }
        match &mut node.value {
            Value::Scalar(_) => self.scalar(node),
            Value::Mapping(_) => self.mapping(node),
            Value::Sequence(sequence) => sequence.items.iter_mut().try_for_each(|item| match &item.value {
                Value::Scalar(_) => self.scalar(item),
                Value::Mapping(_) => self.mapping(item),
                _ => Err(Error::conflict(format!(
                    "expected a name, found {}",
                    kind_word(item)
                ))),
            }),
            Value::Alias(_) => Err(Error::conflict("expected a name, found an alias")),
        }
    }

    fn scalar(&self, node: &mut Node) -> Result<(), Error> {
        let Some(old) = node.text() else { return Ok(()) };
        match self.select(old, None, false)? {
            Some(found) if found.id.name != old => set_text(node, &found.id.name, ScalarTag::Auto),
            _ => Ok(()),
        }
    }

    fn mapping(&self, node: &mut Node) -> Result<(), Error> {
        let Some(name) = node.get("name") else {
            return Err(Error::invalid("path config error; no 'name' field in node"));
        };
        let old = name.text().unwrap_or_default();
        let namespace = node
            .get("namespace")
            .map(|namespace| namespace.text().unwrap_or_default());
        let Some(found) = self.select(old, namespace, true)? else {
            return Ok(());
        };
        if found.id.name == old && found.namespace.is_empty() {
            return Ok(());
        }
        set_entry(node, "name", &found.id.name, ScalarTag::Auto)?;
        // An empty namespace means any, not the default one.
        if found.namespace.is_empty() {
            return Ok(());
        }
        // A new one is a string; one that was there becomes what its text reads as.
        let tag = match node.get("namespace") {
            None => ScalarTag::Str,
            Some(_) => ScalarTag::Auto,
        };
        set_entry(node, "namespace", &found.namespace, tag)
    }

    /// The object that is meant by a name, narrowed down step by step.
    fn select(&self, old: &str, namespace: Option<&str>, both: bool) -> Result<Option<&Candidate>, Error> {
        let role = self.referrer.role.as_ref();
        let role = role.filter(|_| self.spec.path.ends_with("roleRef/name"));
        let found = self
            .candidates
            .select(self.referrer, self.target, role, old, namespace);
        let Some(first) = found.first().copied() else {
            return Ok(None);
        };
        let same = |c: &&Candidate| c.id.name == first.id.name && (!both || c.namespace == first.namespace);
        if found.iter().all(same) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
        Err(Error::conflict(format!(
            "found multiple possible referrals for name {old:?}: {}",
            ids.join(", ")
        )))
    }
}
