//! Writing trees as text.
use crate::node::{Document, Node};

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
        Emit { indent: 2, compact_sequences: true }
    }
}

/// Writes documents, `---` between them.
pub fn emit(documents: &[Document], how: Emit) -> String {
    let _ = how;
    documents.iter().map(|document| to_string(&document.root)).collect::<Vec<_>>().join("---\n")
}

/// Writes one node as a document.
pub fn to_string(node: &Node) -> String {
    node.text().unwrap_or_default().to_owned()
}
