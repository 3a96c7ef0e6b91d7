//! The node tree.

use std::borrow::Cow;

use crate::resolve::{self, ScalarTag};

/// The text of a scalar. Up to 24 bytes are held in place, as nearly all keys and values are: they cost no allocation, and
/// whoever walks a tree stays in its nodes.
pub type Text = compact_str::CompactString;

/// Where a node stood in its file. Both numbers count from 1; 0 means the node was made by a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pos {
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
}

/// How a scalar was written, and is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// No quotes; the emitter adds quotes or `|` when the text needs them.
    #[default]
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A scalar: its text after unquoting and unfolding, the style, and what type it is of.
#[derive(Clone, Debug, Default)]
pub struct Scalar {
    /// The text, without quotes and escapes.
    pub text: Text,
    /// The style wanted on output.
    pub style: ScalarStyle,
    /// The type. [`ScalarTag::Auto`] leaves it to the text, as a go-yaml node without a tag does.
    pub tag: ScalarTag,
}

/// A mapping. Keys keep the order of the file; a key may be any node.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Key and value, in order.
    pub entries: Vec<(Node, Node)>,
    /// Written as `{a: b}`.
    pub flow: bool,
}

/// A sequence.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// The items, in order.
    pub items: Vec<Node>,
    /// Written as `[a, b]`.
    pub flow: bool,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text of some type.
    Scalar(Scalar),
    /// Ordered keys and values.
    Mapping(Mapping),
    /// Ordered items.
    Sequence(Sequence),
    /// `*name`; see [`crate::expand_aliases`].
    Alias(Box<str>),
}

/// Comments of a node, with their `#`, lines separated by `\n`. They are attached as go-yaml v3 attaches them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Lines right above the node.
    pub head: String,
    /// At the end of the node's line.
    pub line: String,
    /// Lines below the node, before an empty line.
    pub foot: String,
}

impl Comments {
    /// Whether there is no comment at all.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty()
    }
}

/// The rare parts of a node, kept out of line.
#[derive(Clone, Debug, Default)]
struct Extra {
    tag: Option<Box<str>>,
    anchor: Option<Box<str>>,
    comments: Comments,
}

/// A node of a YAML tree.
///
/// Equality is that of structure: kind, text, type and children in order. Position, comments, style and anchors do not
/// take part.
#[derive(Clone, Debug)]
pub struct Node {
    /// What the node holds.
    pub value: Value,
    /// Where the node came from.
    pub pos: Pos,
    extra: Option<Box<Extra>>,
}

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// The document's node; an empty document is a null scalar.
    pub root: Node,
    /// Comments before the first node, separated from it by an empty line.
    pub head_comment: String,
    /// Comments at the end of the document.
    pub foot_comment: String,
    /// Where the document's first token stood.
    pub pos: Pos,
}

impl Document {
    /// A document around a node.
    pub fn new(root: Node) -> Self {
        Document {
            root,
            head_comment: String::new(),
            foot_comment: String::new(),
            pos: Pos::default(),
        }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Node {
            value,
            pos: Pos::default(),
            extra: None,
        }
    }
}

impl Node {
    pub(crate) fn from_parts(
        value: Value,
        pos: Pos,
        tag: Option<String>,
        anchor: Option<&str>,
        comments: Comments,
    ) -> Self {
        let extra = if tag.is_none() && anchor.is_none() && comments.is_empty() {
            None
        } else {
            let (tag, anchor) = (tag.map(String::into_boxed_str), anchor.map(Into::into));
            Some(Box::new(Extra {
                tag,
                anchor,
                comments,
            }))
        };
        Node { value, pos, extra }
    }
}

/// Constructors.
impl Node {
    fn tagged(text: impl Into<Text>, tag: ScalarTag) -> Self {
        Value::Scalar(Scalar {
            text: text.into(),
            style: ScalarStyle::Plain,
            tag,
        })
        .into()
    }

    /// A string. Quotes are added on output when the text would read as another type by YAML 1.2; for `yes` and the
    /// like set the style.
    pub fn string(text: impl Into<Text>) -> Self {
        Node::tagged(text, ScalarTag::Str)
    }

    /// A scalar whose type follows from its text: `Node::scalar("3")` is an integer.
    pub fn scalar(text: impl Into<Text>) -> Self {
        Node::tagged(text, ScalarTag::Auto)
    }

    /// `null`
    pub fn null() -> Self {
        Node::tagged("null", ScalarTag::Null)
    }

    /// `true` or `false`
    pub fn bool(value: bool) -> Self {
        Node::tagged(if value { "true" } else { "false" }, ScalarTag::Bool)
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Node::tagged(value.to_string(), ScalarTag::Int)
    }

    /// An empty block mapping.
    pub fn mapping() -> Self {
        Value::Mapping(Mapping::default()).into()
    }

    /// A block mapping with these entries.
    pub fn mapping_of(entries: impl IntoIterator<Item = (Node, Node)>) -> Self {
        Value::Mapping(Mapping {
            entries: entries.into_iter().collect(),
            flow: false,
        })
        .into()
    }

    /// A block sequence with these items.
    pub fn sequence(items: impl IntoIterator<Item = Node>) -> Self {
        Value::Sequence(Sequence {
            items: items.into_iter().collect(),
            flow: false,
        })
        .into()
    }

    /// `*name`
    pub fn alias(name: impl Into<Box<str>>) -> Self {
        Value::Alias(name.into()).into()
    }

    /// The same node with a position.
    pub fn at(mut self, pos: Pos) -> Self {
        self.pos = pos;
        self
    }

    /// The same node with a scalar style (no effect on other kinds).
    pub fn styled(mut self, style: ScalarStyle) -> Self {
        self.set_style(style);
        self
    }
}

/// What the node is.
impl Node {
    /// Whether this is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// Whether this is a sequence.
    pub fn is_sequence(&self) -> bool {
        matches!(self.value, Value::Sequence(_))
    }

    /// Whether this is a scalar of any type, null included.
    pub fn is_scalar(&self) -> bool {
        matches!(self.value, Value::Scalar(_))
    }

    /// Whether this is a null scalar (`null`, `~`, or nothing).
    pub fn is_null(&self) -> bool {
        self.is_scalar() && self.tag() == "!!null"
    }

    /// Whether this is a scalar of type string.
    pub fn is_string(&self) -> bool {
        self.is_scalar() && self.tag() == "!!str"
    }

    /// The short tag: the explicit one when there is one, else the resolved type (`!!str`, `!!int`, `!!map`, ...).
    pub fn tag(&self) -> Cow<'_, str> {
        if let Some(tag) = self.explicit_tag() {
            return Cow::Borrowed(tag);
        }
        Cow::Borrowed(match &self.value {
            Value::Mapping(_) => "!!map",
            Value::Sequence(_) => "!!seq",
            Value::Alias(_) => "",
            Value::Scalar(scalar) => scalar.resolved_tag().short(),
        })
    }

    /// The tag that was written in the file, in short form (`!!int`, `!mine`).
    pub fn explicit_tag(&self) -> Option<&str> {
        self.extra.as_ref()?.tag.as_deref()
    }

    /// The anchor name (`&name`) of this node.
    pub fn anchor(&self) -> Option<&str> {
        self.extra.as_ref()?.anchor.as_deref()
    }

    /// The comments of this node, when there are any.
    pub fn comments(&self) -> Option<&Comments> {
        self.extra
            .as_ref()
            .map(|extra| &extra.comments)
            .filter(|comments| !comments.is_empty())
    }

    /// The comments for changing. Allocates; call it only when there is something to write.
    pub fn comments_mut(&mut self) -> &mut Comments {
        &mut self.extra_mut().comments
    }

    /// Drops the comments of this node (not those of its children).
    pub fn clear_comments(&mut self) {
        if let Some(extra) = &mut self.extra {
            extra.comments = Comments::default();
        }
        self.shrink();
    }

    /// Drops the comments of this node and of everything below.
    pub fn clear_comments_deep(&mut self) {
        self.clear_comments();
        match &mut self.value {
            Value::Mapping(mapping) => {
                for (key, value) in &mut mapping.entries {
                    key.clear_comments_deep();
                    value.clear_comments_deep();
                }
            }
            Value::Sequence(sequence) => sequence.items.iter_mut().for_each(Node::clear_comments_deep),
            Value::Scalar(_) | Value::Alias(_) => {}
        }
    }

    /// Sets or removes the explicit tag.
    pub fn set_explicit_tag(&mut self, tag: Option<&str>) {
        if tag.is_some() || self.extra.is_some() {
            self.extra_mut().tag = tag.map(Into::into);
            self.shrink();
        }
    }

    /// Sets or removes the anchor.
    pub fn set_anchor(&mut self, anchor: Option<&str>) {
        if anchor.is_some() || self.extra.is_some() {
            self.extra_mut().anchor = anchor.map(Into::into);
            self.shrink();
        }
    }

    /// Sets the style of a scalar.
    pub fn set_style(&mut self, style: ScalarStyle) {
        if let Value::Scalar(scalar) = &mut self.value {
            scalar.style = style;
        }
    }

    /// Chooses between flow (`{}`, `[]`) and block style of a mapping or sequence.
    pub fn set_flow(&mut self, flow: bool) {
        match &mut self.value {
            Value::Mapping(mapping) => mapping.flow = flow,
            Value::Sequence(sequence) => sequence.flow = flow,
            Value::Scalar(_) | Value::Alias(_) => {}
        }
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    fn shrink(&mut self) {
        if self
            .extra
            .as_ref()
            .is_some_and(|extra| extra.tag.is_none() && extra.anchor.is_none() && extra.comments.is_empty())
        {
            self.extra = None;
        }
    }
}

impl Scalar {
    /// The type, resolved from the text when it is [`ScalarTag::Auto`].
    pub fn resolved_tag(&self) -> ScalarTag {
        match self.tag {
            ScalarTag::Auto if self.style != ScalarStyle::Plain => ScalarTag::Str,
            ScalarTag::Auto => resolve::resolve(&self.text),
            tag => tag,
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        if self.tag() != other.tag() {
            return false;
        }
        match (&self.value, &other.value) {
            (Value::Scalar(a), Value::Scalar(b)) => a.text == b.text,
            (Value::Mapping(a), Value::Mapping(b)) => a.entries == b.entries,
            (Value::Sequence(a), Value::Sequence(b)) => a.items == b.items,
            (Value::Alias(a), Value::Alias(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Node {}
