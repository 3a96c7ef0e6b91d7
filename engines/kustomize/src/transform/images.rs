//! `images`

use flux_yaml::{Node, ScalarTag, Value};
use regex::Regex;

use crate::config::Image;
use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec};
use crate::node_ext::{kind_word, set_text};
use crate::resmap::ResMap;

/// An entry of `images` ready for use.
struct Images<'a> {
    image: &'a Image,
    name: Name<'a>,
}

/// What the name of an entry matches. kustomize takes it for a regular expression.
enum Name<'a> {
    /// Only letters, digits and such, and dots, which stand for any character.
    Simple(&'a str),
    Regex(Regex),
    /// No regular expression; nothing matches.
    Nothing,
}

impl<'a> Name<'a> {
    fn new(name: &'a str) -> Self {
        if name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_/:.".contains(&byte))
        {
            return Name::Simple(name);
        }
        let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        Regex::new(&pattern).map_or(Name::Nothing, Name::Regex)
    }

    fn matches(&self, image: &str) -> bool {
        match self {
            Name::Simple(name) => {
                let mut rest = image.chars();
                let fits = name.chars().all(|wanted| {
                    rest.next()
                        .is_some_and(|c| wanted == '.' && c != '\n' || wanted == c)
                });
                fits && is_tag_and_digest(rest.as_str())
            }
            Name::Regex(regex) => regex.is_match(image),
            Name::Nothing => false,
        }
    }
}

/// `:tag@sha256:digest`, either part or both left out.
fn is_tag_and_digest(text: &str) -> bool {
    let is_tag = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte))
    };
    let (tag, digest) = text
        .split_once('@')
        .map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    let tag_fits = tag.is_empty() || tag.strip_prefix(':').is_some_and(is_tag);
    tag_fits && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_tag))
}

/// Renames the image in containers anywhere in the objects, and in the fields of the specs.
pub(crate) fn transform(image: &Image, specs: &[FieldSpec], objects: &mut ResMap) -> Result<(), Error> {
    let images = Images {
        image,
        name: Name::new(&image.name),
    };
    for object in objects.list_mut() {
        if object.kind() == "CustomResourceDefinition" {
            continue;
        }
        let mut change = || {
            images.search(&mut object.node)?;
            specs.iter().try_for_each(|spec| {
                spec.apply(&mut object.node, Create::Never, &mut |node| images.set(node))
            })
        };
        change().map_err(|error: Error| {
            error
                .at(&object.place.file, object.place.line)
                .object(object.id())
        })?;
    }
    Ok(())
}

impl Images<'_> {
    /// Looks for `containers` and `initContainers` at any depth.
    fn search(&self, node: &mut Node) -> Result<(), Error> {
        match &mut node.value {
            Value::Mapping(mapping) => {
                for (key, value) in &mut mapping.entries {
                    self.search(value)?;
                    if matches!(key.text(), Some("containers" | "initContainers")) {
                        value.items_mut().iter_mut().try_for_each(|container| {
                            match container.get_mut("image") {
                                Some(image) => self.set(image),
                                None => Ok(()),
                            }
                        })?;
                    }
                }
                Ok(())
            }
            Value::Sequence(sequence) => sequence.items.iter_mut().try_for_each(|item| self.search(item)),
            _ => Ok(()),
        }
    }

    fn set(&self, node: &mut Node) -> Result<(), Error> {
        if node.is_null() {
            return Ok(());
        }
        let Some(value) = node.text() else {
            return Err(Error::conflict(format!(
                "expected an image name, found {}",
                kind_word(node)
            )));
        };
        if !self.name.matches(value) {
            return Ok(());
        }
        let new = self.rename(value);
        set_text(node, &new, ScalarTag::Auto)
    }

    fn rename(&self, value: &str) -> String {
        let (name, tag, digest) = split(value);
        let wanted = self.image;
        let name = if wanted.new_name.is_empty() {
            name
        } else {
            &wanted.new_name
        };
        // A new tag or digest replaces both of the old ones.
        let (tag, digest) = if !wanted.new_tag.is_empty() || !wanted.digest.is_empty() {
            (wanted.new_tag.clone(), wanted.digest.as_str())
        } else if !wanted.tag_suffix.is_empty() {
            (format!("{tag}{}", wanted.tag_suffix), "")
        } else {
            (tag.to_owned(), digest)
        };
        let mut new = name.to_owned();
        for (separator, part) in [(':', tag.as_str()), ('@', digest)] {
            if !part.is_empty() {
                new.push(separator);
                new.push_str(part);
            }
        }
        new
    }
}

/// Name, tag and digest of an image reference; what is missing is empty.
fn split(image: &str) -> (&str, &str, &str) {
    let after_host = image.find('/').unwrap_or(0);
    let find = |c: char| image[after_host..].find(c).map(|at| after_host + at);
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}
