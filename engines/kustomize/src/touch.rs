//! What changed an object, for `--explain`.

use std::fmt;

/// A generator or transformer that made or changed an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Its kind, as kustomize names it: `PatchTransformer`, `ConfigMapGenerator`; or what the build does by itself at the
    /// end: `name references`, `vars`.
    pub by: String,
    /// The file that asks for it; empty for what the build does by itself.
    pub file: String,
    /// The line in the file, from 1; 0 when unknown.
    pub line: u32,
    /// The field of the kustomization file (`patches[2]`); empty for a file of its own.
    pub field: String,
}

impl fmt::Display for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.by)?;
        match (self.file.as_str(), self.line) {
            ("", _) => {}
            (file, 0) => write!(f, " ({file}")?,
            (file, line) => write!(f, " ({file}:{line}")?,
        }
        match (self.file.is_empty(), self.field.as_str()) {
            (true, _) => Ok(()),
            (false, "") => f.write_str(")"),
            (false, field) => write!(f, " {field})"),
        }
    }
}
