//! A running render.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::frame::{At, Frame, Item};
use super::walk::TOO_DEEP;
use crate::fmt::sprintf;
use crate::parse::Tree;
use crate::set::compile;
use crate::stack::Stack;
use crate::{Error, ErrorKind, GoStr, Host, Limits, MissingKey, TemplateSet, Value};

/// How templates are executed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What a key that a map lacks gives.
    pub missing_key: MissingKey,
    /// Helm's lint mode: `required` and `fail` do not fail.
    pub lint: bool,
    /// What a render may use up.
    pub limits: Limits,
}

/// Helm's limit of includes of one name within each other.
const INCLUDES: u32 = 1000;

/// How many bytes of texts given to `tpl` are remembered, compiled.
const TEXTS: usize = 8 << 20;

/// A running render: what functions are given to call back with.
pub struct Scope<'h> {
    set: Arc<TemplateSet>,
    host: &'h dyn Host,
    pub(super) options: Options,
    /// What is being written. What an include writes lies at the end until it is done.
    pub(super) out: Vec<u8>,
    pub(super) vars: Vec<Item>,
    /// Argument lists to be used again.
    pub(super) pool: Vec<Vec<Value>>,
    /// Templates that texts given to `tpl` define, innermost last.
    layers: Vec<Rc<Layer>>,
    /// Texts given to `tpl`, compiled.
    texts: HashMap<GoStr, Rc<Layer>>,
    /// How long these texts are together.
    texts_length: usize,
    /// How many includes of each name are under way.
    includes: HashMap<String, u32>,
    pub(super) stack: Stack,
    /// Templates under way, whoever called them.
    running: u32,
    steps: u64,
    produced: usize,
}

/// The templates of one text given to `tpl`.
struct Layer {
    trees: Vec<Arc<Tree>>,
}

impl<'h> Scope<'h> {
    /// Starts a render with a set of templates.
    pub fn new(set: Arc<TemplateSet>, host: &'h dyn Host, options: Options) -> Self {
        let stack = Stack::new(options.limits.stack);
        Self {
            set,
            host,
            options,
            out: Vec::new(),
            vars: Vec::new(),
            pool: Vec::new(),
            layers: Vec::new(),
            texts: HashMap::new(),
            texts_length: 0,
            includes: HashMap::new(),
            stack,
            running: 0,
            steps: 0,
            produced: 0,
        }
    }

    /// The world around.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// How templates are executed.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The templates that can be named, those of `tpl` aside.
    pub fn set(&self) -> &Arc<TemplateSet> {
        &self.set
    }

    /// Executes a template by its name and gives what it writes, as Go's `ExecuteTemplate`.
    pub fn execute(&mut self, name: &str, data: Value) -> Result<GoStr, Error> {
        let Some(tree) = self.lookup(name) else {
            let format = b"template: no template %q associated with template %q";
            let text = sprintf(format, &[Value::from(name), Value::from(self.set.name())])?;
            return Err(Error::new(text.to_text()));
        };
        self.run_apart(&tree, data)
    }

    /// Helm's `include`: as [`Scope::execute`], with Helm's limit of calls of one name within each other.
    pub fn include(&mut self, name: &str, data: Value) -> Result<GoStr, Error> {
        match self.includes.get_mut(name) {
            Some(count) if *count > INCLUDES => {
                let text = format!("rendering template has a nested reference name: {name}: ");
                return Err(Error::wrap(text, Error::new("unable to execute template")));
            }
            Some(count) => *count += 1,
            None => {
                self.includes.insert(name.to_owned(), 1);
            }
        }
        let result = self.execute(name, data);
        if let Some(count) = self.includes.get_mut(name) {
            *count -= 1;
        }
        result
    }

    /// Helm's `tpl`: compiles a text (once, however often it is asked for) and executes it. Templates that the text
    /// defines are known within it only. `<no value>` is taken out of the result, as Helm does.
    pub fn tpl(&mut self, text: &GoStr, data: Value) -> Result<GoStr, Error> {
        let prefix = |words: &str| -> Result<String, Error> {
            let text = sprintf(format!("{words} %q: ").as_bytes(), &[Value::Str(text.clone())])?;
            Ok(text.to_text().into_owned())
        };
        let layer = match self.texts.get(text) {
            Some(layer) => Rc::clone(layer),
            None => {
                let name = self.set.set_name();
                let trees = match compile(
                    name,
                    &Bytes::copy_from_slice(text.as_bytes()),
                    self.set.functions(),
                ) {
                    Ok(trees) => trees,
                    Err(error) => return Err(Error::wrap(prefix("cannot parse template")?, error)),
                };
                let layer = Rc::new(Layer { trees });
                self.texts_length += text.len();
                if self.texts_length > TEXTS {
                    self.texts.clear();
                    self.texts_length = text.len();
                }
                self.texts.insert(text.clone(), Rc::clone(&layer));
                layer
            }
        };
        // The main template of the text is the last of its trees, and never taken from elsewhere.
        let Some(main) = layer
            .trees
            .iter()
            .find(|tree| tree.name == *self.set.set_name())
            .map(Arc::clone)
        else {
            return Ok(GoStr::EMPTY);
        };
        // Without a template of its own a text changes nothing for those that it calls.
        let has_own = layer.trees.len() > 1;
        if has_own {
            self.layers.push(layer);
        }
        let result = self.run_apart(&main, data);
        if has_own {
            self.layers.pop();
        }
        match result {
            Ok(text) => Ok(without_no_value(text)),
            Err(error) => Err(Error::wrap(
                prefix("error during tpl function execution for")?,
                error,
            )),
        }
    }

    /// Accounts for `bytes` that a function is about to produce out of a number that a template gave (`repeat`, `until`,
    /// `indent`). To be asked before they are allocated.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        self.produced = self.produced.saturating_add(bytes);
        if self.produced > self.options.limits.produced {
            let limit = self.options.limits.produced;
            return Err(
                Error::new(format!("templates produce more than {limit} bytes")).with_kind(ErrorKind::Limit)
            );
        }
        Ok(())
    }

    /// Counts a node or an iteration.
    pub(super) fn step(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.steps += 1;
        let limits = &self.options.limits;
        if self.steps > limits.steps {
            return Err(frame.limit(format_args!("more than {} steps", limits.steps)));
        }
        if self.out.len() > limits.output {
            return Err(frame.limit(format_args!("output of more than {} bytes", limits.output)));
        }
        Ok(())
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Arc<Tree>> {
        let own = self
            .layers
            .iter()
            .rev()
            .flat_map(|layer| &layer.trees)
            .filter(|tree| *tree.name == *name);
        let mut fallback = None;
        // A template that is nothing but space does not replace another one.
        for tree in own.chain(self.set.get(name)) {
            if !tree.empty {
                return Some(Arc::clone(tree));
            }
            fallback.get_or_insert(tree);
        }
        fallback.map(Arc::clone)
    }

    /// Executes a template and takes what it wrote out of the output.
    fn run_apart(&mut self, tree: &Tree, data: Value) -> Result<GoStr, Error> {
        let mark = self.out.len();
        let vars = self.vars.len();
        if self.running == 0 {
            self.stack = Stack::new(self.options.limits.stack);
        }
        self.running += 1;
        let data = if matches!(data, Value::Nil) {
            Value::Invalid
        } else {
            data
        };
        let result = self.run(tree, Item::plain(data));
        self.running -= 1;
        self.vars.truncate(vars);
        let text = result.map(|()| GoStr::from(&self.out[mark..]));
        self.out.truncate(mark);
        let text = text?;
        self.charge(text.len())?;
        Ok(text)
    }

    /// Executes a template, which writes to the output.
    pub(super) fn run(&mut self, tree: &Tree, dot: Item) -> Result<(), Error> {
        let mut frame = Frame {
            tree,
            base: self.vars.len(),
            at: At::Start,
        };
        if self.stack.is_used_up() {
            return Err(frame.limit(TOO_DEEP));
        }
        self.vars.resize_with(frame.base + tree.slots, Item::default);
        self.vars[frame.base] = dot.clone();
        self.walk(&mut frame, &dot, tree.root)?;
        self.vars.truncate(frame.base);
        Ok(())
    }
}

/// Helm's remedy for what `missingkey=zero` prints.
fn without_no_value(text: GoStr) -> GoStr {
    const NO_VALUE: &[u8] = b"<no value>";
    let bytes = text.as_bytes();
    if !bytes.windows(NO_VALUE.len()).any(|window| window == NO_VALUE) {
        return text;
    }
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(NO_VALUE.len()).position(|window| window == NO_VALUE) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + NO_VALUE.len()..];
    }
    kept.extend_from_slice(rest);
    kept.into()
}
