//! YAML as Kubernetes tools see it.
//!
//! Takes text and gives a tree of [`Node`]s that keeps order, comments, styles and positions, in the way of go-yaml v3
//! (what kustomize edits), and writes such trees back byte for byte as kustomize does. The [`json`] module is the other
//! face: the conversion of sigs.k8s.io/yaml between YAML and JSON, with the booleans of YAML 1.1, which is how manifests
//! become API objects. It deliberately knows nothing of Kubernetes objects, reads no files, and has no serde
//! integration: typed values go through JSON.
//!
//! ```
//! use flux_yaml::{Limits, Node, parse_one, to_string};
//!
//! let mut doc = parse_one("a: 1 # one\nb:\n- x\n", &Limits::default())?.expect("the text has a document");
//! doc.root.set("c", Node::string("true"));
//! assert_eq!(doc.root.get_path(&["a"]).and_then(Node::as_i64), Some(1));
//! assert_eq!(to_string(&doc.root), "a: 1 # one\nb:\n- x\nc: \"true\"\n");
//! # Ok::<(), flux_yaml::Error>(())
//! ```

mod access;
mod emit;
mod error;
mod expand;
pub mod json;
mod limits;
mod node;
mod parse;
pub mod resolve;

pub use emit::{Emit, emit, emit_node, to_string};
pub use error::{Error, ErrorKind};
pub use expand::{check_duplicate_keys, expand_aliases};
pub use limits::Limits;
pub use node::{Comments, Document, Mapping, Node, Pos, Scalar, ScalarStyle, Sequence, Text, Value};
pub use parse::{decode_utf8, parse_all, parse_one, parse_one_without_comments};
pub use resolve::ScalarTag;
