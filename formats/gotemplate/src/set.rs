//! Compiled templates that know each other.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::functions::regexp;
use crate::parse::{self, Tree};
use crate::{Error, Functions};

/// What a key that a map lacks gives: Go's option `missingkey`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value: prints `<no value>`.
    Invalid,
    /// The zero of the element type: a nil for `interface {}`. Helm's.
    #[default]
    Zero,
    /// An error. Helm's with `--strict`.
    Error,
}

/// Templates by name. Immutable once built and free to be shared between renders and threads.
#[derive(Clone, Debug)]
pub struct TemplateSet {
    name: Arc<str>,
    functions: Functions,
    trees: HashMap<Arc<str>, Arc<Tree>>,
    regexps: Arc<regexp::Compiled>,
}

impl TemplateSet {
    /// An empty set. The name (Helm's is `gotpl`) occurs in errors, and is that of texts given to `tpl`.
    pub fn new(name: impl Into<Arc<str>>, functions: Functions) -> Self {
        Self {
            name: name.into(),
            functions,
            trees: HashMap::new(),
            regexps: Arc::default(),
        }
    }

    /// The name of the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The functions that its templates know.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The names of the templates, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.trees.keys().map(AsRef::as_ref)
    }

    /// Compiles a text under a name, with all that it defines. A later template of a name replaces an earlier one, unless
    /// it is nothing but space. Errors are Go's: `template: NAME:LINE: …`, and leave the set as it was.
    pub fn parse(&mut self, name: &str, text: impl AsRef<[u8]>) -> Result<(), Error> {
        let compiled = Compiled::new(name, Bytes::copy_from_slice(text.as_ref()), &self.functions)?;
        self.add(compiled);
        Ok(())
    }

    /// Adds what was compiled for the functions of this set, as [`TemplateSet::parse`] does.
    pub fn add(&mut self, compiled: Compiled) {
        for tree in compiled.trees {
            if tree.empty && self.trees.contains_key(&tree.name) {
                continue;
            }
            self.trees.insert(Arc::clone(&tree.name), tree);
        }
    }

    pub(crate) fn regexps(&self) -> &regexp::Compiled {
        &self.regexps
    }

    pub(crate) fn set_name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Tree>> {
        self.trees.get(name)
    }
}

/// A text that was compiled, but belongs to no set so far. So texts can be compiled side by side, and added in their order.
#[derive(Debug)]
pub struct Compiled {
    trees: Vec<Arc<Tree>>,
}

impl Compiled {
    /// Compiles a text under a name. The text is shared, not copied. Errors are those of [`TemplateSet::parse`].
    pub fn new(name: &str, text: Bytes, functions: &Functions) -> Result<Self, Error> {
        let trees = compile(&name.into(), &text, functions)?;
        Ok(Self { trees })
    }
}

/// A text that was compiled before it is known under which names. So texts can be compiled while others are still being read, and once
/// for all that have them.
#[derive(Clone, Debug)]
pub struct Unnamed(parse::Unnamed);

impl Unnamed {
    /// Compiles a text. Nothing where it cannot be: [`Compiled::new`] tells why.
    pub fn new(text: Bytes, functions: &Functions) -> Option<Self> {
        parse::parse_unnamed(&text, functions).ok().map(Self)
    }

    /// The text.
    pub fn text(&self) -> &Bytes {
        self.0.text()
    }

    /// The same as [`Compiled::new`] with this name. Nothing where it is not the same: the text defines a template of its own name.
    pub fn named(&self, name: &str) -> Option<Compiled> {
        let trees = self.0.named(&name.into())?;
        Some(Compiled { trees })
    }
}

/// All templates of a text.
pub(crate) fn compile(name: &Arc<str>, text: &Bytes, functions: &Functions) -> Result<Vec<Arc<Tree>>, Error> {
    parse::parse(name, text, functions)
}
