//! Fields that hold the names of other objects follow when those names change.

use std::collections::HashMap;

use flux_yaml::{Node, ScalarTag, Value};

use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec};
use crate::id::{Gvk, ResId};
use crate::node_ext::{kind_word, set_entry, set_text};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::specs::NameReference;

/// What is to be known of an object that may be referred to. Names do not change while references are fixed.
struct Candidate {
    id: ResId,
    namespace: String,
    original_namespace: String,
    previous: Vec<ResId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// All candidates, by the names that they had.
struct Candidates {
    list: Vec<Candidate>,
    by_name: HashMap<String, Vec<usize>>,
}

/// What is to be known of the object whose fields are fixed.
struct Referrer<'a> {
    id: ResId,
    prefixes: &'a [String],
    suffixes: &'a [String],
    /// Kind and group of the role that a role binding names.
    role: Option<Gvk>,
    /// Namespaces of the service accounts that a role binding names.
    subjects: Vec<String>,
}

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
        let anywhere = FieldSpec::new(Gvk::default(), &spec.path, false);
        anywhere
            .apply(&mut object.node, Create::Never, &mut |node| fix.field(node))
            .map_err(|mut error| {
                error.message = format!("updating name reference: {}", error.message);
                error
                    .at(&object.place.file, object.place.line)
                    .object(referrer.id.clone())
            })?;
    }
    Ok(())
}

impl Candidates {
    fn new(objects: &[Resource]) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        let list = objects.iter().enumerate().map(|(index, object)| {
            let previous: Vec<ResId> = object.previous_ids().collect();
            for id in &previous {
                let slot = by_name.entry(id.name.clone()).or_default();
                if slot.last() != Some(&index) {
                    slot.push(index);
                }
            }
            Candidate {
                id: object.id(),
                namespace: object.namespace().to_owned(),
                original_namespace: object.original_id().effective_namespace().to_owned(),
                previous,
                prefixes: object.memory.prefixes.clone(),
                suffixes: object.memory.suffixes.clone(),
            }
        });
        let list = list.collect();
        Candidates { list, by_name }
    }
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

/// Whether the shorter list is the end of the longer one.
fn same_ending(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() > b.len() { (b, a) } else { (a, b) };
    if short.is_empty() {
        long.is_empty()
    } else {
        long.ends_with(short)
    }
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
        set_entry(node, "namespace", &found.namespace, ScalarTag::Auto)
    }

    /// Whether the referrer can see the candidate at all.
    fn is_visible(&self, candidate: &Candidate) -> bool {
        let referrer = &self.referrer.id;
        referrer.cluster
            || candidate.id.cluster
            || candidate.id.effective_namespace() == referrer.effective_namespace()
            || self.referrer.subjects.contains(&candidate.namespace)
    }

    /// Whether it is in the referrer's namespace, or such that this does not matter.
    fn is_near(&self, candidate: &Candidate) -> bool {
        let referrer = &self.referrer.id;
        referrer.cluster
            || candidate.id.cluster
            || candidate.id.gvk.kind == "ServiceAccount"
            || candidate.id.effective_namespace() == referrer.effective_namespace()
    }

    fn in_layer(&self, candidate: &Candidate, lenient: bool) -> bool {
        let fits =
            |a: &[String], b: &[String]| (lenient && (a.is_empty() || b.is_empty())) || same_ending(a, b);
        fits(&candidate.prefixes, self.referrer.prefixes) && fits(&candidate.suffixes, self.referrer.suffixes)
    }

    /// The object that is meant by a name, narrowed down step by step.
    fn select(&self, old: &str, namespace: Option<&str>, both: bool) -> Result<Option<&Candidate>, Error> {
        let Some(indexes) = self.candidates.by_name.get(old) else {
            return Ok(None);
        };
        let visible = indexes
            .iter()
            .filter_map(|index| self.candidates.list.get(*index))
            .filter(|c| self.is_visible(c));
        let visible: Vec<&Candidate> = match namespace {
            None => visible.collect(),
            Some(namespace) => self.in_namespace(visible.collect(), namespace),
        };
        let role = self
            .referrer
            .role
            .as_ref()
            .filter(|_| self.spec.path.ends_with("roleRef/name"));
        let mut found: Vec<&Candidate> = visible
            .into_iter()
            .filter(|candidate| {
                candidate
                    .previous
                    .iter()
                    .any(|id| id.gvk.is_selected(self.target))
            })
            .filter(|candidate| {
                role.is_none_or(|role| candidate.previous.iter().any(|id| id.gvk.is_selected(role)))
            })
            .filter(|candidate| self.is_near(candidate))
            .collect();
        if found.len() == 1 {
            return Ok(found.pop());
        }
        found.retain(|candidate| self.in_layer(candidate, true));
        if found.len() > 1 {
            found.retain(|candidate| self.in_layer(candidate, false));
        }
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

    /// Those that were in the namespace at first; when the build has none there, those that are in it now.
    fn in_namespace<'c>(&self, found: Vec<&'c Candidate>, namespace: &str) -> Vec<&'c Candidate> {
        let visible = |c: &&Candidate| self.is_visible(c);
        let any = self
            .candidates
            .list
            .iter()
            .filter(visible)
            .any(|c| c.original_namespace == namespace);
        let place = |c: &&Candidate| {
            if any {
                c.original_namespace == namespace
            } else {
                c.id.effective_namespace() == namespace
            }
        };
        found.into_iter().filter(place).collect()
    }
}
