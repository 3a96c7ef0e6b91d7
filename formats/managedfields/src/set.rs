//! Sets of fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use flux_schema::TypeRef;

use crate::element::PathElement;

/// A set of field paths, as a tree. A parent is a member only where it was put in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// By path element in its FieldsV1 form: `f:spec`, `k:{"name":"a"}`, `v:"x"`, `i:0`.
    pub(crate) nodes: BTreeMap<Arc<str>, SetNode>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetNode {
    pub(crate) member: bool,
    pub(crate) children: FieldSet,
}

impl SetNode {
    fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }
}

impl FieldSet {
    /// The empty set.
    pub fn new() -> FieldSet {
        FieldSet::default()
    }

    /// A set of paths of named fields, each written `spec.replicas`.
    pub fn of_fields(paths: &[&str]) -> FieldSet {
        let mut set = FieldSet::new();
        for path in paths {
            let path: Vec<PathElement> = path.split('.').map(PathElement::field).collect();
            set.insert(&path);
        }
        set
    }

    /// Puts a path in. The empty path is nothing: nobody owns the whole object.
    pub fn insert(&mut self, path: &[PathElement]) {
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        let mut set = self;
        for parent in parents {
            set = &mut set.child_mut(parent).children;
        }
        set.child_mut(last).member = true;
    }

    pub(crate) fn child_mut(&mut self, element: &PathElement) -> &mut SetNode {
        self.nodes.entry(element.shared()).or_default()
    }

    /// Whether a path is a member.
    pub fn has(&self, path: &[PathElement]) -> bool {
        let Some((last, parents)) = path.split_last() else {
            return false;
        };
        let mut set = self;
        for parent in parents {
            match set.nodes.get(parent.as_str()) {
                Some(node) => set = &node.children,
                None => return false,
            }
        }
        set.nodes.get(last.as_str()).is_some_and(|node| node.member)
    }

    pub(crate) fn node(&self, element: &PathElement) -> Option<&SetNode> {
        self.nodes.get(element.as_str())
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.nodes.values().all(SetNode::is_empty)
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.nodes
            .values()
            .map(|node| usize::from(node.member) + node.children.len())
            .sum()
    }

    /// Members of either.
    #[must_use]
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        let mut out = self.clone();
        out.extend(other);
        out
    }

    /// Puts all members of another set in.
    pub fn extend(&mut self, other: &FieldSet) {
        for (element, theirs) in &other.nodes {
            match self.nodes.get_mut(element) {
                Some(ours) => {
                    ours.member |= theirs.member;
                    ours.children.extend(&theirs.children);
                }
                None => {
                    self.nodes.insert(element.clone(), theirs.clone());
                }
            }
        }
    }

    /// Members of both.
    #[must_use]
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |ours, theirs| {
            let theirs = theirs?;
            Some(SetNode {
                member: ours.member && theirs.member,
                children: ours.children.intersection(&theirs.children),
            })
        })
    }

    /// Members of this set that are not members of the other. A parent does not stand for its children.
    #[must_use]
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |ours, theirs| match theirs {
            None => Some(ours.clone()),
            Some(theirs) => Some(SetNode {
                member: ours.member && !theirs.member,
                children: ours.children.difference(&theirs.children),
            }),
        })
    }

    /// Members of this set that are neither members of the other nor below one.
    #[must_use]
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |ours, theirs| match theirs {
            None => Some(ours.clone()),
            Some(theirs) if theirs.member => None,
            Some(theirs) => Some(SetNode {
                member: ours.member,
                children: ours.children.recursive_difference(&theirs.children),
            }),
        })
    }

    fn combine(
        &self,
        other: &FieldSet,
        with: impl Fn(&SetNode, Option<&SetNode>) -> Option<SetNode>,
    ) -> FieldSet {
        let one = |(element, ours): (&Arc<str>, &SetNode)| {
            let node = with(ours, other.nodes.get(element)).filter(|node| !node.is_empty())?;
            Some((element.clone(), node))
        };
        FieldSet {
            nodes: self.nodes.iter().filter_map(one).collect(),
        }
    }

    /// Only the members that have no members below them.
    #[must_use]
    pub fn leaves(&self) -> FieldSet {
        let one = |(element, node): (&Arc<str>, &SetNode)| {
            let children = node.children.leaves();
            let node = SetNode {
                member: node.member && children.is_empty(),
                children,
            };
            if node.is_empty() {
                None
            } else {
                Some((element.clone(), node))
            }
        };
        FieldSet {
            nodes: self.nodes.iter().filter_map(one).collect(),
        }
    }

    /// All members, as paths.
    pub fn paths(&self) -> Vec<Vec<PathElement>> {
        let mut out = Vec::new();
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, path: &mut Vec<PathElement>, out: &mut Vec<Vec<PathElement>>) {
        for (element, node) in &self.nodes {
            path.push(PathElement::from_shared(element.clone()));
            if node.member {
                out.push(path.clone());
            }
            node.children.collect(path, out);
            path.pop();
        }
    }

    /// This set with the named fields on the way to its members as members of their own.
    #[must_use]
    pub(crate) fn with_named_parents(&self, ty: Option<TypeRef<'_>>) -> FieldSet {
        let mut out = FieldSet::new();
        for (element, node) in &self.nodes {
            let name = element.strip_prefix("f:");
            let named = name.zip(ty).is_some_and(|(name, ty)| ty.names_field(name));
            let child_type = match (name, ty) {
                (Some(name), Some(ty)) => ty.field(name),
                (None, Some(ty)) if element.starts_with("k:") => ty.elem(),
                _ => None,
            };
            let member = node.member || (named && !node.children.nodes.is_empty());
            let children = node.children.with_named_parents(child_type);
            out.nodes.insert(element.clone(), SetNode { member, children });
        }
        out
    }

    /// Drops nodes without members, so that equal sets are equal values.
    pub(crate) fn tidy(&mut self) {
        self.nodes.retain(|_, node| {
            node.children.tidy();
            !node.is_empty()
        });
    }
}
