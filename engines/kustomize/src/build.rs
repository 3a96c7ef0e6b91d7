use flux_yaml::json;

use crate::error::{Error, ErrorKind, Warning};
use crate::files::Files;
use crate::options::Options;
use crate::remote::Remote;
use crate::resource::Resource;

/// What a build gives.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The objects, in the order of the result.
    pub objects: Vec<Resource>,
    /// Deprecated fields and the like.
    pub warnings: Vec<Warning>,
}

impl Build {
    /// The objects as `kubectl kustomize` prints them: keys sorted, `---` between documents.
    pub fn to_yaml(&self) -> Result<String, Error> {
        let mut out = String::new();
        for (index, object) in self.objects.iter().enumerate() {
            if index > 0 {
                out.push_str("---\n");
            }
            out.push_str(&json::json_to_yaml(&object.to_json()?));
        }
        Ok(out)
    }
}

/// Builds the kustomization in a directory of a tree, as `kustomize build` does.
///
/// `path` is relative to the root of `files`; the empty string and `.` are the root itself.
pub fn build(
    _files: &dyn Files,
    path: &str,
    _options: &Options,
    _remote: &dyn Remote,
) -> Result<Build, Error> {
    Err(Error::new(ErrorKind::Unsupported, "the engine is being written").at(path, 0))
}
