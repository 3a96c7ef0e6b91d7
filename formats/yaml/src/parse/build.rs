//! Tokens to nodes, by recursive descent.
//!
//! When a comment is handed over matters: each place below that calls [`Builder::take_comments`] does so where go-yaml
//! makes an event of its own, so that comments end up on the same nodes.

use std::collections::HashSet;

use super::scan::{Pending, Scanner};
use super::token::{Kind, Mark, Token};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::node::{Comments, Document, Mapping, Node, Scalar, ScalarStyle, Sequence, Text, Value};
use crate::resolve::{ScalarTag, resolve};

const TAG_PREFIX: &str = "tag:yaml.org,2002:";

pub(super) struct Builder<'a> {
    scanner: Scanner<'a>,
    pending: Pending,
    /// A head comment that belongs to a whole collection inside a sequence, not to its first entry.
    stem: Option<String>,
    tag_directives: Vec<(String, String)>,
    anchors: HashSet<&'a str>,
    first: bool,
    depth: usize,
    nodes_left: usize,
    limits: Limits,
}

/// What may stand before the content of a node.
struct Properties<'a> {
    start: Mark,
    tag: Option<String>,
    anchor: Option<&'a str>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(src: &'a str, limits: &Limits, with_comments: bool) -> Result<Self, Error> {
        let mut builder = Builder {
            scanner: Scanner::new(src, limits.max_depth, with_comments),
            pending: Pending::default(),
            stem: None,
            tag_directives: Vec::new(),
            anchors: HashSet::new(),
            first: true,
            depth: 0,
            nodes_left: limits.max_nodes,
            limits: *limits,
        };
        builder.peek()?;
        builder.scanner.next();
        Ok(builder)
    }

    fn peek(&mut self) -> Result<&Token<'a>, Error> {
        self.scanner.peek(&mut self.pending)
    }

    fn next(&mut self) -> Token<'a> {
        self.scanner.next()
    }

    fn take_comments(&mut self) -> Comments {
        let Pending { head, line, foot } = std::mem::take(&mut self.pending);
        self.stem = None;
        Comments { head, line, foot }
    }

    fn count_node(&mut self, mark: Mark) -> Result<(), Error> {
        match self.nodes_left.checked_sub(1) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => {
                let message = format!("more than {} nodes", self.limits.max_nodes);
                Err(Error::new(ErrorKind::Limit, mark.into(), message))
            }
        }
    }

    fn enter(&mut self, mark: Mark) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            self.scanner.too_deep(mark)
        } else {
            Ok(())
        }
    }

    // Documents.

    pub(super) fn document(&mut self) -> Result<Option<Document>, Error> {
        if !self.first {
            while matches!(self.peek()?.kind, Kind::DocumentEnd) {
                self.next();
            }
        }
        let token = self.peek()?;
        let start = token.start;
        let explicit = matches!(
            token.kind,
            Kind::Version { .. } | Kind::TagDirective { .. } | Kind::DocumentStart
        );
        if matches!(token.kind, Kind::StreamEnd) {
            return Ok(None);
        }
        let (root, head_comment) = if self.first && !explicit {
            self.directives()?;
            let head_comment = self.split_head();
            (self.node(true, false)?, head_comment)
        } else {
            self.directives()?;
            let token = self.peek()?;
            if !matches!(token.kind, Kind::DocumentStart) {
                let mark = token.start;
                return self.scanner.error(mark, "did not find expected <document start>");
            }
            self.next();
            (self.explicit_content()?, String::new())
        };
        self.first = false;
        let foot_comment = self.document_end()?;
        Ok(Some(Document {
            root,
            head_comment,
            foot_comment,
            pos: start.into(),
        }))
    }

    fn explicit_content(&mut self) -> Result<Node, Error> {
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            Kind::Version { .. }
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => self.empty(start),
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Result<String, Error> {
        if matches!(self.peek()?.kind, Kind::DocumentEnd) {
            self.next();
        }
        self.tag_directives.clear();
        self.anchors.clear();
        let comments = self.take_comments();
        Ok(if comments.foot.is_empty() {
            comments.head
        } else {
            comments.foot
        })
    }

    /// The part of the pending head comment before its last empty line is the document's.
    fn split_head(&mut self) -> String {
        let head = &mut self.pending.head;
        let (cut, rest) = if head.len() > 1 && head.ends_with('\n') {
            (head.len() - 1, head.len())
        } else if let Some(at) = head.rfind("\n\n") {
            (at, at + 2)
        } else {
            return String::new();
        };
        let rest = head[rest..].to_owned();
        head.truncate(cut);
        std::mem::replace(head, rest)
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut version_seen = false;
        loop {
            let token = self.peek()?;
            let mark = token.start;
            match &token.kind {
                Kind::Version { .. } if version_seen => {
                    return self.scanner.error(mark, "found duplicate %YAML directive");
                }
                Kind::Version { major: 1, minor: 1 } => version_seen = true,
                Kind::Version { .. } => return self.scanner.error(mark, "found incompatible YAML document"),
                Kind::TagDirective { handle, prefix } => {
                    let (handle, prefix) = ((*handle).to_owned(), prefix.clone());
                    if self.tag_directives.iter().any(|(known, _)| *known == handle) {
                        return self.scanner.error(mark, "found duplicate %TAG directive");
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.next();
        }
    }

    // Nodes.

    fn empty(&mut self, mark: Mark) -> Result<Node, Error> {
        self.count_node(mark)?;
        let scalar = Scalar {
            text: Text::default(),
            style: ScalarStyle::Plain,
            tag: ScalarTag::Null,
        };
        Ok(Node::from(Value::Scalar(scalar)).at(mark.into()))
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Node, Error> {
        let token = self.peek()?;
        let start = token.start;
        if let Kind::Alias(name) = token.kind {
            return self.alias(name, start);
        }
        let properties = self.properties(start)?;
        self.count_node(start)?;
        let token = self.peek()?;
        let mark = token.start;
        match token.kind {
            Kind::BlockEntry if indentless => self.indentless_sequence(properties),
            Kind::Scalar { .. } => self.scalar(properties),
            Kind::FlowSequenceStart => self.flow_sequence(properties),
            Kind::FlowMappingStart => self.flow_mapping(properties),
            Kind::BlockSequenceStart if block => self.block_sequence(properties),
            Kind::BlockMappingStart if block => self.block_mapping(properties),
            _ if properties.tag.is_some() || properties.anchor.is_some() => {
                let text = Text::default();
                Ok(self.finish_scalar(text, ScalarStyle::Plain, properties, Comments::default()))
            }
            _ => self.scanner.error(mark, "did not find expected node content"),
        }
    }

    fn alias(&mut self, name: &'a str, start: Mark) -> Result<Node, Error> {
        self.count_node(start)?;
        let comments = self.take_comments();
        self.next();
        if !self.anchors.contains(name) {
            let message = format!("unknown anchor '{name}' referenced");
            return Err(Error::new(ErrorKind::Alias, start.into(), message));
        }
        Ok(Node::from_parts(
            Value::Alias(name.into()),
            start.into(),
            None,
            None,
            comments,
        ))
    }

    fn properties(&mut self, start: Mark) -> Result<Properties<'a>, Error> {
        let mut properties = Properties {
            start,
            tag: None,
            anchor: None,
        };
        loop {
            let token = self.peek()?;
            let mark = token.start;
            match &token.kind {
                Kind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name),
                Kind::Tag { handle, suffix } if properties.tag.is_none() => {
                    let (handle, suffix) = (*handle, suffix.clone());
                    properties.tag = Some(self.full_tag(handle, suffix, mark)?);
                }
                _ => break,
            }
            self.next();
        }
        if let Some(name) = properties.anchor {
            self.anchors.insert(name);
        }
        Ok(properties)
    }

    /// The tag with its handle replaced, in short form.
    fn full_tag(&self, handle: &str, suffix: String, mark: Mark) -> Result<String, Error> {
        let prefix = match self.tag_directives.iter().find(|(known, _)| known == handle) {
            Some((_, prefix)) => prefix.as_str(),
            None => match handle {
                "" => return Ok(short_tag(suffix)),
                "!" => "!",
                "!!" => TAG_PREFIX,
                _ => return self.scanner.error(mark, "found undefined tag handle"),
            },
        };
        Ok(short_tag(format!("{prefix}{suffix}")))
    }

    fn finish(&self, value: Value, properties: Properties<'_>, comments: Comments) -> Node {
        let tag = properties.tag.filter(|tag| tag != "!");
        Node::from_parts(value, properties.start.into(), tag, properties.anchor, comments)
    }

    fn finish_scalar(
        &self,
        text: Text,
        style: ScalarStyle,
        properties: Properties<'_>,
        comments: Comments,
    ) -> Node {
        let tag = match (&properties.tag, style) {
            (Some(tag), _) if tag != "!" => ScalarTag::Auto,
            (_, ScalarStyle::Plain) if text == "<<" => ScalarTag::Merge,
            (_, ScalarStyle::Plain) => resolve(&text),
            _ => ScalarTag::Str,
        };
        self.finish(Value::Scalar(Scalar { text, style, tag }), properties, comments)
    }

    fn scalar(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        let comments = self.take_comments();
        match self.next().kind {
            Kind::Scalar { text, style } => Ok(self.finish_scalar(text.into(), style, properties, comments)),
            _ => self.empty(properties.start),
        }
    }

    /// The head comment of a block collection: only what was set aside as its stem.
    fn block_comments(&mut self) -> Comments {
        Comments {
            head: self.stem.take().unwrap_or_default(),
            ..Comments::default()
        }
    }

    fn block_sequence(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        self.enter(properties.start)?;
        let comments = self.block_comments();
        self.next();
        let mut items = Vec::new();
        loop {
            let token = self.peek()?;
            let (start, mark) = (token.start, token.end);
            match token.kind {
                Kind::BlockEntry => {
                    let item = match self.after_block_entry()? {
                        Kind::BlockEntry | Kind::BlockEnd => self.empty(mark)?,
                        _ => self.node(true, false)?,
                    };
                    items.push(item);
                }
                Kind::BlockEnd => break,
                _ => return self.scanner.error(start, "did not find expected '-' indicator"),
            }
        }
        self.next();
        self.depth -= 1;
        Ok(self.finish(
            Value::Sequence(Sequence { items, flow: false }),
            properties,
            comments,
        ))
    }

    fn indentless_sequence(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        self.enter(properties.start)?;
        let mut items = Vec::new();
        while matches!(self.peek()?.kind, Kind::BlockEntry) {
            let mark = self.peek()?.end;
            let item = match self.after_block_entry()? {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(mark)?,
                _ => self.node(true, false)?,
            };
            items.push(item);
        }
        self.depth -= 1;
        Ok(self.finish(
            Value::Sequence(Sequence { items, flow: false }),
            properties,
            Comments::default(),
        ))
    }

    /// Steps over `-`, sets the stem comment aside, and gives the token that follows.
    fn after_block_entry(&mut self) -> Result<&Kind<'a>, Error> {
        let stem = self.pending.head.len();
        self.next();
        let kind = &self.peek()?.kind;
        if stem > 0 && matches!(kind, Kind::BlockSequenceStart | Kind::BlockMappingStart) {
            let head = &mut self.pending.head;
            let rest = head.get(stem + 1..).unwrap_or_default().to_owned();
            head.truncate(stem);
            self.stem = Some(std::mem::replace(head, rest));
        }
        Ok(&self.peek()?.kind)
    }

    fn block_mapping(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        self.enter(properties.start)?;
        let mut comments = self.block_comments();
        self.next();
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let token = self.peek()?;
            let (start, mark) = (token.start, token.end);
            match token.kind {
                Kind::Key => {}
                Kind::BlockEnd => break,
                _ => return self.scanner.error(start, "did not find expected key"),
            }
            self.next();
            let mut key = self.block_part(mark)?;
            if let Some((prior, _)) = entries.last_mut()
                && let Some(foot) = take_foot(&mut key)
            {
                // It stands below the value before, which was indented more.
                prior.comments_mut().foot = foot;
            }
            let token = self.peek()?;
            let (start, mark) = (token.start, token.end);
            let mut value = if matches!(token.kind, Kind::Value) {
                self.next();
                self.block_part(mark)?
            } else {
                self.empty(start)?
            };
            move_foot(&mut key, &mut value);
            entries.push((key, value));
        }
        let end = self.take_comments();
        self.next();
        self.depth -= 1;
        comments.line = end.line;
        match entries.last_mut() {
            Some((key, _)) if !end.foot.is_empty() => key.comments_mut().foot = end.foot,
            _ => comments.foot = end.foot,
        }
        Ok(self.finish(
            Value::Mapping(Mapping { entries, flow: false }),
            properties,
            comments,
        ))
    }

    /// A key or a value of a block mapping, after its indicator.
    fn block_part(&mut self, mark: Mark) -> Result<Node, Error> {
        match self.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(mark),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        self.enter(properties.start)?;
        let mut comments = self.take_comments();
        self.next();
        let mut items = Vec::new();
        while self.flow_entry_follows(items.is_empty(), &Kind::FlowSequenceEnd)? {
            let token = self.peek()?;
            let start = token.start;
            let item = if matches!(token.kind, Kind::Key) {
                self.flow_pair(start)?
            } else {
                self.node(false, false)?
            };
            items.push(item);
        }
        self.flow_end(&mut comments);
        Ok(self.finish(
            Value::Sequence(Sequence { items, flow: true }),
            properties,
            comments,
        ))
    }

    fn flow_end(&mut self, comments: &mut Comments) {
        let end = self.take_comments();
        (comments.line, comments.foot) = (end.line, end.foot);
        self.next();
        self.depth -= 1;
    }

    /// Whether another entry follows; steps over the comma before it.
    fn flow_entry_follows(&mut self, first: bool, end: &Kind<'_>) -> Result<bool, Error> {
        let token = self.peek()?;
        if token.kind == *end {
            return Ok(false);
        }
        if first {
            return Ok(true);
        }
        if !matches!(token.kind, Kind::FlowEntry) {
            let mark = token.start;
            let close = if *end == Kind::FlowSequenceEnd { ']' } else { '}' };
            return self
                .scanner
                .error(mark, format!("did not find expected ',' or '{close}'"));
        }
        self.next();
        Ok(self.peek()?.kind != *end)
    }

    /// `key: value` without braces, inside a flow sequence.
    fn flow_pair(&mut self, start: Mark) -> Result<Node, Error> {
        self.enter(start)?;
        self.count_node(start)?;
        self.next();
        let token = self.peek()?;
        let mark = token.end;
        let mut key = match token.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // libyaml drops the token here, so that "[? : x]" is refused later.
                self.next();
                self.empty(mark)?
            }
            _ => self.node(false, false)?,
        };
        let mut value = self.flow_value(&Kind::FlowSequenceEnd)?;
        self.peek()?;
        move_foot(&mut key, &mut value);
        self.depth -= 1;
        let mapping = Mapping {
            entries: vec![(key, value)],
            flow: true,
        };
        Ok(Node::from(Value::Mapping(mapping)).at(start.into()))
    }

    fn flow_mapping(&mut self, properties: Properties<'a>) -> Result<Node, Error> {
        self.enter(properties.start)?;
        let mut comments = self.take_comments();
        self.next();
        let mut entries = Vec::new();
        while self.flow_entry_follows(entries.is_empty(), &Kind::FlowMappingEnd)? {
            let (mut key, mut value) = if matches!(self.peek()?.kind, Kind::Key) {
                self.next();
                let token = self.peek()?;
                let start = token.start;
                let key = match token.kind {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty(start)?,
                    _ => self.node(false, false)?,
                };
                (key, self.flow_value(&Kind::FlowMappingEnd)?)
            } else {
                let key = self.node(false, false)?;
                let start = self.peek()?.start;
                (key, self.empty(start)?)
            };
            move_foot(&mut key, &mut value);
            entries.push((key, value));
        }
        self.flow_end(&mut comments);
        Ok(self.finish(
            Value::Mapping(Mapping { entries, flow: true }),
            properties,
            comments,
        ))
    }

    fn flow_value(&mut self, end: &Kind<'_>) -> Result<Node, Error> {
        let token = self.peek()?;
        let mut start = token.start;
        if matches!(token.kind, Kind::Value) {
            self.next();
            let token = self.peek()?;
            if !matches!(token.kind, Kind::FlowEntry) && token.kind != *end {
                return self.node(false, false);
            }
            start = token.start;
        }
        self.empty(start)
    }
}

fn short_tag(tag: String) -> String {
    match tag.strip_prefix(TAG_PREFIX) {
        Some(rest) => format!("!!{rest}"),
        None => tag,
    }
}

fn take_foot(node: &mut Node) -> Option<String> {
    node.comments().filter(|comments| !comments.foot.is_empty())?;
    Some(std::mem::take(&mut node.comments_mut().foot))
}

/// The foot of a value is kept on its key.
fn move_foot(key: &mut Node, value: &mut Node) {
    let key_has_foot = key.comments().is_some_and(|comments| !comments.foot.is_empty());
    if !key_has_foot && let Some(foot) = take_foot(value) {
        key.comments_mut().foot = foot;
    }
}
