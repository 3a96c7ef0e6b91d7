//! Writing trees as text, byte for byte as go-yaml's emitter does.
//!
//! The emitter goes over a tree in the order of go-yaml's events. Comments wait in fields until the place comes where
//! go-yaml writes them; a comment may so be written later than its node, and the code below keeps that order.

mod analyze;
mod scalar;
mod write;

use crate::node::{Comments, Document, Mapping, Node, ScalarStyle, Sequence, Value};
use crate::resolve::{ScalarTag, resolve};
use analyze::Analysis;

/// How to write. The default is kustomize's: two spaces, sequences not indented inside mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emit {
    /// Spaces per level, 2 to 9.
    pub indent: usize,
    /// Whether sequences inside mappings start in the column of their key.
    pub compact_sequences: bool,
}

impl Default for Emit {
    fn default() -> Self {
        Emit {
            indent: 2,
            compact_sequences: true,
        }
    }
}

/// Writes documents with their comments, `---` between them. No documents give an empty text.
pub fn emit(documents: &[Document], how: Emit) -> String {
    let mut emitter = Emitter::new(how, Flavor::V3);
    for document in documents {
        emitter.document(&document.root, &document.head_comment, &document.foot_comment);
    }
    emitter.out
}

/// Writes one node as a document.
pub fn emit_node(node: &Node, how: Emit) -> String {
    let mut emitter = Emitter::new(how, Flavor::V3);
    emitter.document(node, "", "");
    emitter.out
}

/// Writes one node as a document, as kustomize does.
pub fn to_string(node: &Node) -> String {
    let mut emitter = Emitter::new(Emit::default(), Flavor::V3);
    emitter.document(node, "", "");
    emitter.out
}

/// Writes one node as go-yaml v2 does: no comments, lines folded at 80 columns.
pub(crate) fn to_string_v2(node: &Node) -> String {
    let mut emitter = Emitter::new(Emit::default(), Flavor::V2);
    emitter.document(node, "", "");
    emitter.out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
    V2,
    V3,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    BlockItem,
    FlowItem,
    Key,
    SimpleKey,
    Value,
}

impl Place {
    fn in_mapping(self) -> bool {
        matches!(self, Place::Key | Place::SimpleKey | Place::Value)
    }
}

/// Comments that are still to be written.
#[derive(Default)]
struct Waiting<'n> {
    head: &'n str,
    line: &'n str,
    foot: &'n str,
    /// The foot of the entry before.
    tail: &'n str,
    /// The line comment of a key, which is written after its value's first line.
    key_line: &'n str,
}

impl Waiting<'_> {
    fn trails(&self) -> bool {
        !(self.line.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }
}

fn set<'n>(slot: &mut &'n str, comment: &'n str) {
    if !comment.is_empty() {
        *slot = comment;
    }
}

struct Emitter<'n> {
    out: String,
    flavor: Flavor,
    best_indent: i32,
    best_width: usize,
    compact: bool,
    column: usize,
    indent: i32,
    flow_level: usize,
    whitespace: bool,
    indention: bool,
    foot_indent: i32,
    waiting: Waiting<'n>,
}

static NO_COMMENTS: Comments = Comments {
    head: String::new(),
    line: String::new(),
    foot: String::new(),
};

impl<'n> Emitter<'n> {
    fn new(how: Emit, flavor: Flavor) -> Self {
        Emitter {
            out: String::new(),
            flavor,
            best_indent: how.indent.clamp(2, 9) as i32,
            best_width: if flavor == Flavor::V2 { 80 } else { usize::MAX },
            compact: how.compact_sequences,
            column: 0,
            indent: -1,
            flow_level: 0,
            whitespace: true,
            indention: true,
            foot_indent: -1,
            waiting: Waiting::default(),
        }
    }

    fn document(&mut self, root: &'n Node, head: &'n str, foot: &'n str) {
        set(&mut self.waiting.head, head);
        if !self.out.is_empty() {
            self.write_indent();
            self.write_indicator("---", true, false, false);
            self.write_indent();
        }
        if !self.waiting.head.is_empty() {
            self.write_head_comment();
            self.put_break();
        }
        let analysis = self.begin(root, "");
        self.write_head_comment();
        self.node(root, Place::Root, &analysis);
        self.write_line_comment();
        self.write_foot_comment();
        self.contents(root, Place::Root);
        set(&mut self.waiting.foot, foot);
        self.foot_indent = 0;
        self.write_foot_comment();
        self.foot_indent = -1;
        self.write_indent();
    }

    /// Looks at a node before anything of it is written: its comments start to wait.
    fn begin(&mut self, node: &'n Node, tail: &'n str) -> Analysis {
        let comments = self.comments_of(node);
        let waiting = &mut self.waiting;
        set(&mut waiting.head, &comments.head);
        match &node.value {
            Value::Scalar(scalar) => {
                set(&mut waiting.line, &comments.line);
                set(&mut waiting.foot, &comments.foot);
                set(&mut waiting.tail, tail);
                return Analysis::of(&scalar.text, self.flavor == Flavor::V2);
            }
            Value::Alias(_) => {
                set(&mut waiting.line, &comments.line);
                set(&mut waiting.foot, &comments.foot);
            }
            Value::Mapping(_) => set(&mut waiting.tail, tail),
            Value::Sequence(_) => {}
        }
        Analysis::default()
    }

    fn end(&mut self, node: &'n Node, tail: &'n str) {
        let comments = self.comments_of(node);
        set(&mut self.waiting.line, &comments.line);
        set(&mut self.waiting.foot, &comments.foot);
        set(&mut self.waiting.tail, tail);
    }

    fn comments_of(&self, node: &'n Node) -> &'n Comments {
        if self.flavor == Flavor::V2 {
            &NO_COMMENTS
        } else {
            node.comments().unwrap_or(&NO_COMMENTS)
        }
    }

    fn increase_indent(&mut self, place: Place, flow: bool, compact: bool) {
        if self.indent < 0 {
            self.indent = if flow { self.best_indent } else { 0 };
        } else if self.flavor == Flavor::V2 {
            self.indent += self.best_indent;
        } else if place == Place::BlockItem {
            // The first level inside a sequence item starts right after "- ".
            self.indent += 2;
        } else {
            self.indent = self.best_indent * ((self.indent + self.best_indent) / self.best_indent);
            if compact {
                self.indent -= 2;
            }
        }
    }

    /// Writes a scalar or an alias, or what stands before the contents of a collection.
    fn node(&mut self, node: &'n Node, place: Place, analysis: &Analysis) {
        if let Value::Alias(name) = &node.value {
            self.write_indicator("*", true, false, false);
            self.write_word(name);
            return;
        }
        if let Some(name) = node.anchor() {
            self.write_indicator("&", true, false, false);
            self.write_word(name);
        }
        match &node.value {
            Value::Scalar(scalar) => {
                let (style, tag) = self.scalar_style(node);
                let style = self.allowed_style(style, place, scalar.text.is_empty(), analysis);
                self.write_tag(tag);
                let outer = self.indent;
                self.increase_indent(place, true, false);
                self.write_scalar(&scalar.text, style, place != Place::SimpleKey);
                self.indent = outer;
            }
            // A tag that was written in the file stays, even when it says nothing new.
            Value::Mapping(_) | Value::Sequence(_) => self.write_tag(node.explicit_tag()),
            Value::Alias(_) => {}
        }
    }

    /// The style and tag that a scalar asks for.
    fn scalar_style(&self, node: &'n Node) -> (ScalarStyle, Option<&'n str>) {
        let Value::Scalar(scalar) = &node.value else {
            return (ScalarStyle::Plain, None);
        };
        let mut tag = node.explicit_tag();
        let mut quote = false;
        if self.flavor == Flavor::V2 {
            tag = None;
            quote = scalar.tag == ScalarTag::Str && scalar::v2_must_quote(&scalar.text);
        } else if tag.is_none() {
            let quoted = scalar.style != ScalarStyle::Plain;
            let implicit = match scalar.tag {
                ScalarTag::Auto => true,
                ScalarTag::Str if quoted => true,
                wanted => resolve(&scalar.text) == wanted,
            };
            if !implicit && scalar.tag == ScalarTag::Str {
                quote = true;
            } else if !implicit {
                tag = Some(scalar.tag.short());
            }
        }
        let style = match scalar.style {
            ScalarStyle::Plain if scalar.text.contains('\n') => ScalarStyle::Literal,
            ScalarStyle::Plain if quote => ScalarStyle::DoubleQuoted,
            style => style,
        };
        (style, tag)
    }

    /// The style that the text allows at this place.
    fn allowed_style(
        &self,
        wanted: ScalarStyle,
        place: Place,
        empty: bool,
        analysis: &Analysis,
    ) -> ScalarStyle {
        let simple_key = place == Place::SimpleKey;
        let in_flow = self.flow_level > 0;
        let mut style = wanted;
        if simple_key && analysis.multiline {
            style = ScalarStyle::DoubleQuoted;
        }
        if style == ScalarStyle::Plain {
            let allowed = if in_flow {
                analysis.flow_plain
            } else {
                analysis.block_plain
            };
            if !allowed || empty && (in_flow || simple_key) {
                style = ScalarStyle::SingleQuoted;
            }
        }
        if style == ScalarStyle::SingleQuoted && !analysis.single_quoted {
            style = ScalarStyle::DoubleQuoted;
        }
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if is_block && (!analysis.block || in_flow || simple_key) {
            style = ScalarStyle::DoubleQuoted;
        }
        style
    }

    /// Writes what is inside a collection, and its end.
    fn contents(&mut self, node: &'n Node, place: Place) {
        match &node.value {
            Value::Sequence(sequence) => {
                if self.flow_level > 0 || sequence.flow || sequence.items.is_empty() {
                    self.flow_sequence(node, sequence, place);
                } else {
                    self.block_sequence(node, sequence, place);
                }
            }
            Value::Mapping(mapping) => {
                if self.flow_level > 0 || mapping.flow || mapping.entries.is_empty() {
                    self.flow_mapping(node, mapping, place);
                } else {
                    self.block_mapping(node, mapping, place);
                }
            }
            Value::Scalar(_) | Value::Alias(_) => {}
        }
    }

    fn block_sequence(&mut self, node: &'n Node, sequence: &'n Sequence, place: Place) {
        let outer = self.indent;
        if self.flavor == Flavor::V2 {
            let indentless = place.in_mapping() && !self.indention && self.indent >= 0;
            if !indentless {
                self.increase_indent(place, false, false);
            }
        } else {
            let compact = place.in_mapping() && (self.column == 0 || !self.indention) && self.compact;
            self.increase_indent(place, false, compact);
        }
        for item in &sequence.items {
            let analysis = self.begin(item, "");
            self.write_head_comment();
            self.write_indent();
            self.write_indicator("-", true, false, true);
            self.node(item, Place::BlockItem, &analysis);
            self.write_line_comment();
            self.write_foot_comment();
            self.contents(item, Place::BlockItem);
        }
        self.end(node, "");
        self.indent = outer;
    }

    fn block_mapping(&mut self, node: &'n Node, mapping: &'n Mapping, place: Place) {
        let outer = self.indent;
        self.increase_indent(place, false, false);
        let mut tail = "";
        for (key, value) in &mapping.entries {
            let comments = self.comments_of(key);
            self.block_key(key, tail);
            self.block_value(value);
            self.contents(value, Place::Value);
            tail = &comments.foot;
        }
        self.end(node, tail);
        self.write_head_comment();
        self.indent = outer;
    }

    fn block_key(&mut self, key: &'n Node, tail: &'n str) {
        let foot = std::mem::take(&mut self.waiting.foot);
        let analysis = self.begin(key, tail);
        // The foot of a key is written as the tail of the next one.
        self.waiting.foot = foot;
        self.write_head_comment();
        self.write_indent();
        set(&mut self.waiting.key_line, std::mem::take(&mut self.waiting.line));
        if analyze::is_simple_key(key, &analysis) {
            self.node(key, Place::SimpleKey, &analysis);
            self.contents(key, Place::SimpleKey);
            self.write_indicator(":", false, false, false);
        } else {
            self.write_indicator("?", true, false, true);
            self.node(key, Place::Key, &analysis);
            self.contents(key, Place::Key);
            self.write_indent();
            self.write_indicator(":", true, false, true);
        }
    }

    fn block_value(&mut self, value: &'n Node) {
        let analysis = self.begin(value, "");
        let key_line = self.waiting.key_line;
        if !key_line.is_empty() {
            match &value.value {
                Value::Scalar(_) if self.waiting.line.is_empty() => {
                    self.waiting.line = key_line;
                    self.waiting.key_line = "";
                }
                Value::Sequence(Sequence { flow: false, .. })
                | Value::Mapping(Mapping { flow: false, .. }) => {
                    let line = std::mem::replace(&mut self.waiting.line, key_line);
                    self.write_line_comment();
                    self.waiting.key_line = std::mem::replace(&mut self.waiting.line, line);
                }
                _ => {}
            }
        }
        self.node(value, Place::Value, &analysis);
        self.write_line_comment();
        self.write_foot_comment();
    }

    fn flow_sequence(&mut self, node: &'n Node, sequence: &'n Sequence, place: Place) {
        let outer = self.open_flow("[", place);
        let mut trail = false;
        for (index, item) in sequence.items.iter().enumerate() {
            let analysis = self.begin(item, "");
            self.before_flow_entry(index == 0 || trail);
            trail = self.waiting.trails();
            self.node(item, Place::FlowItem, &analysis);
            self.after_flow_entry();
            self.contents(item, Place::FlowItem);
        }
        self.end(node, "");
        self.flow_level -= 1;
        self.indent = outer;
        if self.column == 0 {
            self.write_indent();
        }
        self.close_flow("]");
    }

    fn flow_mapping(&mut self, node: &'n Node, mapping: &'n Mapping, place: Place) {
        let outer = self.open_flow("{", place);
        let mut trail = false;
        let mut tail = "";
        for (index, (key, value)) in mapping.entries.iter().enumerate() {
            let foot = std::mem::take(&mut self.waiting.foot);
            let analysis = self.begin(key, tail);
            self.waiting.foot = foot;
            self.before_flow_entry(index == 0 || trail);
            self.flow_key(key, &analysis);
            let analysis = self.begin(value, "");
            trail = self.waiting.trails();
            self.node(value, Place::Value, &analysis);
            self.after_flow_entry();
            self.contents(value, Place::Value);
            tail = &self.comments_of(key).foot;
        }
        self.end(node, tail);
        let waiting = &self.waiting;
        let comments_wait = !(waiting.head.is_empty() && waiting.foot.is_empty() && waiting.tail.is_empty());
        if comments_wait && !mapping.entries.is_empty() && !trail {
            self.write_indicator(",", false, false, false);
        }
        self.write_head_comment();
        self.flow_level -= 1;
        self.indent = outer;
        self.close_flow("}");
    }

    fn flow_key(&mut self, key: &'n Node, analysis: &Analysis) {
        if analyze::is_simple_key(key, analysis) {
            self.node(key, Place::SimpleKey, analysis);
            self.contents(key, Place::SimpleKey);
            self.write_indicator(":", false, false, false);
            return;
        }
        self.write_indicator("?", true, false, false);
        self.node(key, Place::Key, analysis);
        self.contents(key, Place::Key);
        if self.column > self.best_width {
            self.write_indent();
        }
        self.write_indicator(":", true, false, false);
    }

    fn open_flow(&mut self, bracket: &str, place: Place) -> i32 {
        self.write_indicator(bracket, true, true, false);
        let outer = self.indent;
        self.increase_indent(place, true, false);
        self.flow_level += 1;
        outer
    }

    fn before_flow_entry(&mut self, no_comma: bool) {
        if !no_comma {
            self.write_indicator(",", false, false, false);
        }
        self.write_head_comment();
        if self.column == 0 && self.flavor == Flavor::V3 {
            self.write_indent();
        }
        if self.column > self.best_width {
            self.write_indent();
        }
    }

    fn after_flow_entry(&mut self) {
        if self.waiting.trails() {
            self.write_indicator(",", false, false, false);
        }
        self.write_line_comment();
        self.write_foot_comment();
    }

    fn close_flow(&mut self, bracket: &str) {
        self.write_indicator(bracket, false, false, false);
        self.write_line_comment();
        self.write_foot_comment();
    }
}

#[cfg(test)]
mod tests;
