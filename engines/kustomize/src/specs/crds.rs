//! Fields that the OpenAPI definitions in `crds` mark as references, labels, annotations or names.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::error::{Error, ErrorKind};
use crate::fieldspec::{FieldSpec, merge_one};
use crate::id::Gvk;
use crate::specs::{NameReference, Specs};

/// Reads a file of OpenAPI definitions, JSON or YAML: type names with a `Schema` each.
pub(crate) fn from_crds(text: &str, file: &str) -> Result<Specs, Error> {
    let bad = |message: String, line: u32| {
        Error::new(
            ErrorKind::Invalid,
            format!("unable to parse open API definition: {message}"),
        )
        .at(file, line)
    };
    let document = flux_yaml::parse_one(text, &crate::limits::of_file())
        .map_err(|error| bad(error.to_string(), error.pos.line))?;
    let json = document.map_or(Ok(Json::Null), |document| {
        crate::node_ext::to_json(&document.root)
    })?;
    let Json::Object(types) = json else {
        return Err(bad("expected a mapping of type names".to_owned(), 1));
    };
    let mut specs = Specs::default();
    for name in types.keys() {
        let is_object = properties(&types, name).is_some_and(|fields| {
            ["kind", "apiVersion", "metadata"]
                .iter()
                .all(|key| fields.contains_key(*key))
        });
        if !is_object {
            continue;
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let mut walk = Walk {
            types: &types,
            gvk: Gvk::new("", "", kind),
            specs: &mut specs,
            open: BTreeSet::new(),
        };
        walk.type_fields(name, &mut Vec::new())
            .map_err(|error| error.at(file, 0))?;
    }
    Ok(specs)
}

fn properties<'a>(types: &'a Map<String, Json>, name: &str) -> Option<&'a Map<String, Json>> {
    let definition = types.get(name)?;
    let schema = definition.get("Schema").or_else(|| definition.get("schema"))?;
    schema.get("properties")?.as_object()
}

struct Walk<'a> {
    types: &'a Map<String, Json>,
    gvk: Gvk,
    specs: &'a mut Specs,
    /// Types on the way down, against definitions that contain themselves.
    open: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn type_fields(&mut self, name: &'a str, path: &mut Vec<&'a str>) -> Result<(), Error> {
        let Some(fields) = properties(self.types, name) else {
            return Ok(());
        };
        if !self.open.insert(name) {
            return Ok(());
        }
        for (key, property) in fields {
            path.push(key);
            self.property(property, path)?;
            path.pop();
        }
        self.open.remove(name);
        Ok(())
    }

    fn property(&mut self, property: &'a Json, path: &mut Vec<&'a str>) -> Result<(), Error> {
        let text = |key: &str| property.get(key).and_then(Json::as_str);
        let spec = |path: &[&str], gvk: &Gvk| FieldSpec::new(gvk.clone(), &path.join("/"), false);
        if text("x-kubernetes-annotation").is_some() {
            merge_one(&mut self.specs.common_annotations, &spec(path, &self.gvk))?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            merge_one(&mut self.specs.common_labels, &spec(path, &self.gvk))?;
        }
        if text("x-kubernetes-identity").is_some() {
            merge_one(&mut self.specs.name_prefix, &spec(path, &self.gvk))?;
        }
        let version = text("x-kubernetes-object-ref-api-version");
        if let (Some(version), Some(kind)) = (version, text("x-kubernetes-object-ref-kind")) {
            let name_key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let referrer = spec(&[path.as_slice(), &[name_key]].concat(), &self.gvk);
            let reference = NameReference {
                gvk: Gvk::new("", version, kind),
                referrers: vec![referrer],
            };
            self.specs.merge(&Specs {
                name_reference: vec![reference],
                ..Specs::default()
            })?;
        }
        match property.get("$ref").and_then(Json::as_str) {
            Some(name) => self.type_fields(name, path),
            None => Ok(()),
        }
    }
}
