//! The kustomization file of a build: found or generated, and completed from the spec.

use flux_api::kustomization::{Image, KustomizationSpec, Patch};
use flux_kustomize::{FileKind, Files};
use flux_yaml::json::{Duplicates, json_to_yaml, parse_json};
use flux_yaml::{Limits, decode_utf8};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::paths;

/// File names that kustomize knows, in the order in which Flux looks for them.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Fields of a kustomization file. Flux reads the file of `spec.path` with a decoder that ignores others.
const FIELDS: [&str; 36] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
    "inventory",
    "dependencies",
];

/// A kustomization file to build with instead of what the tree holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its path.
    pub file: String,
    /// Its contents.
    pub text: String,
    /// Whether the tree has no such file.
    pub created: bool,
}

/// Gives the kustomization file to build a directory with; nothing when the one in the tree serves as it is.
///
/// Without a kustomization file in the directory, one is made of all `.yaml` and `.yml` files below it; a directory that
/// has a kustomization file of its own is taken as a whole. Namespace, prefix, suffix, patches, components, images and
/// build metadata of the spec are put in, as Flux does. `dir` is clean.
///
/// Fails when the file is no mapping or holds something that the spec's fields cannot be added to, and on components that
/// are not local.
pub fn generate(files: &dyn Files, dir: &str, spec: &KustomizationSpec) -> Result<Option<Generated>, Error> {
    let found = FILE_NAMES
        .into_iter()
        .map(|name| paths::join(dir, name))
        .find(|path| files.kind(path) == Some(FileKind::File));
    let created = found.is_none();
    let file = found.unwrap_or_else(|| paths::join(dir, FILE_NAMES[0]));
    let original = if created {
        scan(files, dir)?
    } else {
        read(files, &file)?
    };
    let mut fields = original.clone();
    if !created {
        normalize(&mut fields);
        if list_is_empty(&fields, "resources") {
            // Keeps kustomize from refusing a file that has nothing to build.
            fields.insert("buildMetadata".into(), json!(["originAnnotations"]));
        }
    }
    complete(files, dir, spec, &file, &mut fields)?;
    if !created && fields == original {
        return Ok(None);
    }
    for (field, default) in [
        ("apiVersion", "kustomize.config.k8s.io/v1beta1"),
        ("kind", "Kustomization"),
    ] {
        fields.entry(field).or_insert_with(|| default.into());
    }
    Ok(Some(Generated {
        text: json_to_yaml(&Value::Object(fields)),
        file,
        created,
    }))
}

fn read(files: &dyn Files, file: &str) -> Result<Map<String, Value>, Error> {
    let contents = files
        .read(file)
        .map_err(|error| Error::generate(file, error.to_string()))?;
    let parsed =
        decode_utf8(&contents).and_then(|text| parse_json(&text, Duplicates::LastWins, &Limits::default()));
    match parsed {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(Error::generate(
            file,
            "a kustomization file must be a mapping of fields",
        )),
        Err(error) => Err(Error::Generate {
            file: file.to_owned(),
            line: error.pos.line,
            message: error.to_string(),
        }),
    }
}

/// Field names in their spelling, whatever the case; unknown fields dropped.
fn normalize(fields: &mut Map<String, Value>) {
    let known = |name: &str| FIELDS.into_iter().find(|field| field.eq_ignore_ascii_case(name));
    if fields.keys().any(|name| known(name) != Some(name)) {
        let all = std::mem::take(fields);
        fields.extend(
            all.into_iter()
                .filter_map(|(name, value)| Some((known(&name)?.to_owned(), value))),
        );
    }
}

fn list_is_empty(fields: &Map<String, Value>, field: &str) -> bool {
    fields
        .get(field)
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
}

/// A kustomization file of what lies below a directory.
fn scan(files: &dyn Files, dir: &str) -> Result<Map<String, Value>, Error> {
    let mut resources = Vec::new();
    // Directories to go through, and in each the names that are left, last first.
    let mut open = vec![(dir.to_owned(), names(files, dir)?)];
    while let Some((parent, left)) = open.last_mut() {
        let Some(name) = left.pop() else {
            open.pop();
            continue;
        };
        let path = paths::join(parent, &name);
        match files.kind(&path) {
            Some(FileKind::Directory) if is_kustomization(files, &path) => resources.push(path),
            Some(FileKind::Directory) => {
                let names = names(files, &path)?;
                open.push((path, names));
            }
            Some(FileKind::File) if name.ends_with(".yaml") || name.ends_with(".yml") => resources.push(path),
            _ => {}
        }
    }
    let mut fields = Map::new();
    if resources.is_empty() {
        // Keeps kustomize from refusing a file that has nothing to build.
        fields.insert("namespace".into(), "_placeholder".into());
    } else {
        let below = |path: &String| Value::from(format!("./{}", path[dir.len()..].trim_start_matches('/')));
        fields.insert("resources".into(), resources.iter().map(below).collect());
    }
    Ok(fields)
}

fn names(files: &dyn Files, dir: &str) -> Result<Vec<String>, Error> {
    let mut names = files
        .list(dir)
        .map_err(|error| Error::generate(dir, error.to_string()))?;
    names.reverse();
    Ok(names)
}

fn is_kustomization(files: &dyn Files, dir: &str) -> bool {
    FILE_NAMES
        .into_iter()
        .any(|name| files.kind(&paths::join(dir, name)) == Some(FileKind::File))
}

/// Puts in what the spec says.
fn complete(
    files: &dyn Files,
    dir: &str,
    spec: &KustomizationSpec,
    file: &str,
    fields: &mut Map<String, Value>,
) -> Result<(), Error> {
    let texts = [
        ("namespace", &spec.target_namespace),
        ("namePrefix", &spec.name_prefix),
        ("nameSuffix", &spec.name_suffix),
    ];
    for (field, text) in texts {
        if !text.is_empty() {
            fields.insert(field.into(), text.as_str().into());
        }
    }
    for patch in &spec.patches {
        list(fields, file, "patches")?.push(patch_value(patch));
    }
    for component in &spec.components {
        if !is_local(component) {
            let message = format!("component path '{component}' must be local and relative");
            return Err(Error::generate("", message));
        }
        let exists = resolve_exists(files, dir, component);
        if exists || !spec.ignore_missing_components {
            list(fields, file, "components")?.push(component.as_str().into());
        }
    }
    for image in &spec.images {
        put_image(list(fields, file, "images")?, image);
    }
    if !spec.build_metadata.is_empty() {
        fields.insert("buildMetadata".into(), json!(spec.build_metadata));
    }
    Ok(())
}

fn resolve_exists(files: &dyn Files, dir: &str, path: &str) -> bool {
    paths::resolve(dir, path).is_some_and(|path| files.kind(&path).is_some())
}

fn list<'a>(
    fields: &'a mut Map<String, Value>,
    file: &str,
    field: &str,
) -> Result<&'a mut Vec<Value>, Error> {
    let slot = fields.entry(field).or_insert_with(|| json!([]));
    if slot.is_null() {
        *slot = json!([]);
    }
    slot.as_array_mut()
        .ok_or_else(|| Error::generate(file, format!("{field}: must be a list")))
}

fn patch_value(patch: &Patch) -> Value {
    let mut value = json!({ "patch": patch.patch });
    if let Some(target) = &patch.target {
        let parts = [
            ("group", &target.group),
            ("version", &target.version),
            ("kind", &target.kind),
            ("name", &target.name),
            ("namespace", &target.namespace),
            ("labelSelector", &target.label_selector),
            ("annotationSelector", &target.annotation_selector),
        ];
        let given = parts.into_iter().filter(|(_, text)| !text.is_empty());
        value["target"] = given
            .map(|(key, text)| (key.to_owned(), Value::from(text.as_str())))
            .collect();
    }
    value
}

/// Tag and digest both choose the version, so giving either replaces both.
fn put_image(images: &mut Vec<Value>, image: &Image) {
    let mut entry = match images.iter().position(|entry| entry["name"] == *image.name) {
        Some(index) => &mut images[index],
        None => images.push_mut(json!({ "name": image.name })),
    }
    .as_object_mut();
    let mut put = |key: &str, text: &str| {
        let Some(entry) = entry.as_deref_mut() else { return };
        if text.is_empty() {
            entry.remove(key);
        } else {
            entry.insert(key.to_owned(), text.into());
        }
    };
    if !image.new_name.is_empty() {
        put("newName", &image.new_name);
    }
    if !(image.new_tag.is_empty() && image.digest.is_empty()) {
        put("newTag", &image.new_tag);
        put("digest", &image.digest);
    }
}

/// Whether a component is a relative path and no URL of a repository.
fn is_local(path: &str) -> bool {
    let lower = path.to_lowercase();
    let remote = [
        "git::",
        "gh:",
        "ssh://",
        "https://",
        "http://",
        "git@",
        "github.com:",
        "github.com/",
    ];
    let is_remote = remote
        .iter()
        .any(|prefix| lower.len() > prefix.len() && lower.starts_with(prefix));
    !is_remote && !lower.starts_with('/') && !lower.trim_start_matches("file://").starts_with('/')
}
