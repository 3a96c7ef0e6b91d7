//! The objects that a name may mean, found without looking at all of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::id::{Gvk, NOT_NAMESPACED, ResId};
use crate::resource::Resource;

/// What is to be known of an object that may be referred to. Names do not change while references are fixed.
pub(super) struct Candidate {
    pub(super) id: ResId,
    /// The namespace as it is written.
    pub(super) namespace: String,
    pub(super) original_namespace: String,
    pub(super) previous: Vec<ResId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// What is to be known of the object whose fields are fixed.
pub(super) struct Referrer<'a> {
    pub(super) id: ResId,
    pub(super) prefixes: &'a [String],
    pub(super) suffixes: &'a [String],
    /// Kind and group of the role that a role binding names.
    pub(super) role: Option<Gvk>,
    /// Namespaces of the service accounts that a role binding names.
    pub(super) subjects: Vec<String>,
}

/// The last prefix and the last suffix: those of layers that fit each other are the same, or one of them is empty.
/// `None` stands for any.
type Layer = (Option<String>, Option<String>);

/// The candidates in one namespace.
#[derive(Default)]
struct InNamespace {
    all: Vec<usize>,
    by_layer: HashMap<Layer, Vec<usize>>,
}

/// All candidates: by the name that they had, the kind that they had then, and the namespace that they are in now.
#[derive(Default)]
pub(super) struct Candidates {
    list: Vec<Candidate>,
    by_name: HashMap<String, BTreeMap<String, BTreeMap<String, InNamespace>>>,
    /// Namespaces at first, alone and with the namespace of now.
    original_namespaces: HashSet<String>,
    moves: HashSet<(String, String)>,
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

fn last(list: &[String]) -> String {
    list.last().cloned().unwrap_or_default()
}

impl Referrer<'_> {
    /// Whether the referrer may mean the candidate: both are in one namespace, or one of them is in none, or it is a
    /// service account that the role binding names with its namespace.
    fn sees(&self, candidate: &Candidate) -> bool {
        self.id.cluster
            || candidate.id.cluster
            || candidate.id.effective_namespace() == self.id.effective_namespace()
            || (candidate.id.gvk.kind == "ServiceAccount" && self.subjects.contains(&candidate.namespace))
    }

    fn in_layer(&self, candidate: &Candidate, lenient: bool) -> bool {
        let fits =
            |a: &[String], b: &[String]| (lenient && (a.is_empty() || b.is_empty())) || same_ending(a, b);
        fits(&candidate.prefixes, self.prefixes) && fits(&candidate.suffixes, self.suffixes)
    }
}

impl Candidates {
    pub(super) fn new(objects: &[Resource]) -> Self {
        let mut made = Candidates::default();
        for object in objects {
            let candidate = Candidate {
                id: object.id(),
                namespace: object.namespace().to_owned(),
                original_namespace: object.original_id().effective_namespace().to_owned(),
                previous: object.previous_ids().collect(),
                prefixes: object.memory.prefixes.clone(),
                suffixes: object.memory.suffixes.clone(),
            };
            made.index(&candidate);
            made.list.push(candidate);
        }
        made
    }

    fn index(&mut self, candidate: &Candidate) {
        let index = self.list.len();
        let current = candidate.id.effective_namespace().to_owned();
        let previous = &candidate.previous;
        // Name and kind may come from different steps of the build.
        for (name, kind) in previous
            .iter()
            .flat_map(|a| previous.iter().map(|b| (&a.name, &b.gvk.kind)))
        {
            let kinds = self.by_name.entry(name.clone()).or_default();
            let namespaces = kinds.entry(kind.clone()).or_default();
            let slot = namespaces.entry(current.clone()).or_default();
            if slot.all.last() == Some(&index) {
                continue;
            }
            slot.all.push(index);
            let (prefix, suffix) = (last(&candidate.prefixes), last(&candidate.suffixes));
            for layer in [
                (Some(prefix.clone()), Some(suffix.clone())),
                (Some(prefix), None),
                (None, Some(suffix)),
            ] {
                slot.by_layer.entry(layer).or_default().push(index);
            }
        }
        self.original_namespaces
            .insert(candidate.original_namespace.clone());
        self.moves.insert((candidate.original_namespace.clone(), current));
    }

    /// Whether the referrer sees any object that was in this namespace at first.
    fn sees_original(&self, referrer: &Referrer<'_>, namespace: &str) -> bool {
        if referrer.id.cluster {
            return self.original_namespaces.contains(namespace);
        }
        let own = referrer.id.effective_namespace();
        let current = [own, NOT_NAMESPACED]
            .into_iter()
            .chain(referrer.subjects.iter().map(String::as_str));
        let mut pairs = current.map(|current| (namespace.to_owned(), current.to_owned()));
        pairs.any(|pair| self.moves.contains(&pair))
    }

    /// The objects that had this name and kind, in the namespaces that the referrer can see.
    fn groups(&self, referrer: &Referrer<'_>, name: &str, kind: &str) -> Vec<&InNamespace> {
        let Some(kinds) = self.by_name.get(name) else {
            return Vec::new();
        };
        let mut groups = Vec::new();
        for (_, namespaces) in kinds
            .iter()
            .filter(|(known, _)| kind.is_empty() || *known == kind)
        {
            if referrer.id.cluster {
                groups.extend(namespaces.values());
                continue;
            }
            let own = referrer.id.effective_namespace();
            let mut visible = vec![own, NOT_NAMESPACED];
            visible.extend(referrer.subjects.iter().map(String::as_str));
            visible.sort_unstable();
            visible.dedup();
            groups.extend(
                visible
                    .into_iter()
                    .filter_map(|namespace| namespaces.get(namespace)),
            );
        }
        groups
    }

    /// The objects of type `target` that the referrer may mean by a name, narrowed down step by step until one is left
    /// or no step is. `namespace` is the one that stands beside the name.
    pub(super) fn select(
        &self,
        referrer: &Referrer<'_>,
        target: &Gvk,
        role: Option<&Gvk>,
        name: &str,
        namespace: Option<&str>,
    ) -> Vec<&Candidate> {
        let groups = self.groups(referrer, name, &target.kind);
        if groups.is_empty() {
            return Vec::new();
        }
        let by_original = namespace.is_some_and(|namespace| self.sees_original(referrer, namespace));
        let in_namespace = |candidate: &Candidate| {
            namespace.is_none_or(|wanted| match by_original {
                true => candidate.original_namespace == wanted,
                false => candidate.id.effective_namespace() == wanted,
            })
        };
        let was =
            |candidate: &Candidate, gvk: &Gvk| candidate.previous.iter().any(|id| id.gvk.is_selected(gvk));
        let fits = |candidate: &&Candidate| {
            referrer.sees(candidate)
                && in_namespace(candidate)
                && was(candidate, target)
                && role.is_none_or(|role| was(candidate, role))
        };
        // A step needs to know only whether there is more than one.
        let all = || {
            groups
                .iter()
                .flat_map(|group| group.all.iter().map(|index| &self.list[*index]))
        };
        let found: Vec<&Candidate> = all().filter(fits).take(2).collect();
        if found.len() < 2 {
            return found;
        }
        let in_layers = |layers: Vec<Layer>| {
            groups
                .iter()
                .flat_map(move |group| {
                    layers
                        .clone()
                        .into_iter()
                        .filter_map(|layer| group.by_layer.get(&layer))
                        .collect::<Vec<_>>()
                })
                .flatten()
                .map(|index| &self.list[*index])
        };
        let own = (last(referrer.prefixes), last(referrer.suffixes));
        let fits_leniently = |candidate: &&Candidate| fits(candidate) && referrer.in_layer(candidate, true);
        let lenient: Vec<&Candidate> = match lenient_layers(&own) {
            Some(layers) => in_layers(layers).filter(fits_leniently).take(2).collect(),
            None => all().filter(fits_leniently).take(2).collect(),
        };
        if lenient.len() < 2 {
            return lenient;
        }
        in_layers(vec![(Some(own.0), Some(own.1))])
            .filter(|candidate| fits(candidate) && referrer.in_layer(candidate, false))
            .collect()
    }
}

/// The layers that fit a prefix and a suffix when an empty one fits anything; nothing means all.
fn lenient_layers((prefix, suffix): &(String, String)) -> Option<Vec<Layer>> {
    let blank = || Some(String::new());
    let (prefix, suffix) = (Some(prefix.clone()), Some(suffix.clone()));
    match (prefix == blank(), suffix == blank()) {
        (true, true) => None,
        (false, true) => Some(vec![(prefix, None), (blank(), None)]),
        (true, false) => Some(vec![(None, suffix), (None, blank())]),
        (false, false) => Some(vec![
            (prefix.clone(), suffix.clone()),
            (prefix, blank()),
            (blank(), suffix),
            (blank(), blank()),
        ]),
    }
}
