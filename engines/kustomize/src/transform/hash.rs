//! The suffix of generated names, taken from the content.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::node_ext;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Appends the hash to the names of the objects that asked for it.
pub(crate) fn transform(objects: &mut ResMap) -> Result<(), Error> {
    if !objects.iter().any(|object| object.memory.needs_hash) {
        return Ok(());
    }
    for object in objects
        .edit()
        .iter_mut()
        .filter(|object| object.memory.needs_hash)
    {
        let hash = hash(object).map_err(|error| error.object(object.id()))?;
        object.store_id();
        let name = format!("{}-{hash}", object.name());
        object.set_name(&name);
    }
    Ok(())
}

/// Ten characters that depend on kind, name and data.
fn hash(object: &Resource) -> Result<String, Error> {
    let content = match object.kind() {
        "ConfigMap" => content(object, "ConfigMap", "binaryData")?,
        "Secret" => {
            let mut map = content(object, "Secret", "stringData")?;
            map.insert("type".to_owned(), field(object, "type")?);
            map
        }
        kind => {
            return Err(Error::unsupported(format!(
                "name hash of a {kind}: only ConfigMap and Secret names get a hash"
            )));
        }
    };
    Ok(encode(&Sha256::digest(crate::go_json::write(
        &Json::Object(content),
        false,
    ))))
}

fn field(object: &Resource, key: &str) -> Result<Json, Error> {
    match object.node().get(key) {
        None => Ok(Json::from("")),
        Some(node) if node.is_scalar() => Ok(Json::from(node.text().unwrap_or_default())),
        Some(node) => node_ext::to_json(node),
    }
}

fn content(object: &Resource, kind: &str, extra: &str) -> Result<Map<String, Json>, Error> {
    let mut map = Map::new();
    map.insert("kind".to_owned(), Json::from(kind));
    // kustomize looks for a key with a slash in it here, so the name never takes part.
    map.insert("name".to_owned(), Json::from(""));
    map.insert("data".to_owned(), field(object, "data")?);
    let extra_data = field(object, extra)?;
    if extra_data.is_object() {
        map.insert(extra.to_owned(), extra_data);
    }
    Ok(map)
}

fn encode(digest: &[u8]) -> String {
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .take(10)
        .map(|nibble| match nibble {
            // Characters that could spell words are swapped for ones that cannot.
            0 => 'g',
            1 => 'h',
            3 => 'k',
            10 => 'm',
            14 => 't',
            nibble => char::from_digit(u32::from(nibble), 16).unwrap_or('x'),
        })
        .collect()
}
