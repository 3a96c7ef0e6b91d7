//! `flux version`.

use serde_json::{Map, Value};

use crate::args::Global;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::output;

/// The version of this binary, as upstream writes its own.
pub const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// Runs `flux version`.
pub async fn run(global: &Global, client: bool, format: &str) -> Result<(), Error> {
    if !["yaml", "json"].contains(&format) {
        return Err(Error::message(format!(
            "--output must be json or yaml, not {format}"
        )));
    }
    let mut distribution = String::new();
    let mut controllers = Map::new();
    if !client {
        let cluster = Cluster::connect(global).await?;
        distribution = cluster
            .distribution()
            .await?
            .map(|info| info.name())
            .unwrap_or_default();
        let deployments = cluster.flux_deployments(&global.namespace).await?;
        if deployments.is_empty() {
            return Err(Error::message(format!(
                "no deployments found in {} namespace",
                global.namespace
            )));
        }
        for image in deployments.iter().flat_map(images) {
            let (name, tag) = split(image);
            controllers.insert(name.into(), tag.into());
        }
    }
    print(format, &distribution, controllers)
}

fn print(format: &str, distribution: &str, mut controllers: Map<String, Value>) -> Result<(), Error> {
    if format == "json" {
        controllers.insert("flux".into(), VERSION.into());
        if !distribution.is_empty() {
            controllers.insert("distribution".into(), distribution.into());
        }
        let text =
            serde_json::to_string_pretty(&controllers).map_err(|error| Error::message(error.to_string()))?;
        return output::text(&(text + "\n"));
    }
    let mut text = format!("flux: {VERSION}\n");
    if !distribution.is_empty() {
        text += &format!("distribution: {distribution}\n");
    }
    if !controllers.is_empty() {
        text += &flux_yaml::json::json_to_yaml(&controllers.into());
    }
    output::text(&text)
}

/// Images of a Deployment's containers.
pub fn images(deployment: &Value) -> impl Iterator<Item = &str> {
    let containers = deployment
        .pointer("/spec/template/spec/containers")
        .and_then(Value::as_array);
    containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["image"].as_str())
}

/// The last part of the image's name, and its tag.
fn split(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').unwrap_or((last, "latest"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_image_has_a_name_and_a_tag() {
        assert_eq!(
            split("ghcr.io/fluxcd/source-controller:v1.9.0"),
            ("source-controller", "v1.9.0")
        );
        assert_eq!(split("localhost:5000/x@sha256:00"), ("x", "latest"));
    }
}
