//! `replicas`

use flux_yaml::ScalarTag;

use crate::config::Replica;
use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec};
use crate::node_ext::set_text;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Sets the count in the objects that have or had the name.
pub(crate) fn transform(replica: &Replica, specs: &[FieldSpec], objects: &mut ResMap) -> Result<(), Error> {
    let mut found = false;
    let count = replica.count.to_string();
    for object in objects
        .list_mut()
        .iter_mut()
        .filter(|object| is_named(object, &replica.name))
    {
        for spec in specs {
            if !object
                .previous_ids()
                .chain([object.id()])
                .any(|id| id.name == replica.name && id.gvk.is_selected(&spec.gvk))
            {
                continue;
            }
            found = true;
            spec.apply(&mut object.node, Create::Scalar(ScalarTag::Int), &mut |node| {
                set_text(node, &count, ScalarTag::Int)
            })
            .map_err(|error| error.object(object.id()))?;
        }
    }
    if found {
        return Ok(());
    }
    let kinds: Vec<String> = specs.iter().map(|spec| spec.gvk.to_string()).collect();
    Err(Error::conflict(format!(
        "resource with name {} does not match a config with the following GVK [{}]",
        replica.name,
        kinds.join(" ")
    )))
}

fn is_named(object: &Resource, name: &str) -> bool {
    object.name() == name
        || object
            .memory
            .previous
            .iter()
            .any(|previous| previous.name == name)
}
