//! The CustomResourceDefinitions of every Flux kind.
//!
//! Each kind is written down once, in a file of `kinds/` in the short notation of `notation.rs`: names, printer columns and the
//! structural schema, field by field as upstream's definitions have them, with descriptions of our own.

mod notation;

use serde_json::{Value, json};

const SHARED: &str = include_str!("crd/kinds/shared.crd");

/// One file a kind, sorted by the name of the definition that it gives.
const KINDS: [&str; 15] = [
    include_str!("crd/kinds/alert.crd"),
    include_str!("crd/kinds/artifactgenerator.crd"),
    include_str!("crd/kinds/bucket.crd"),
    include_str!("crd/kinds/externalartifact.crd"),
    include_str!("crd/kinds/gitrepository.crd"),
    include_str!("crd/kinds/helmchart.crd"),
    include_str!("crd/kinds/helmrelease.crd"),
    include_str!("crd/kinds/helmrepository.crd"),
    include_str!("crd/kinds/imagepolicy.crd"),
    include_str!("crd/kinds/imagerepository.crd"),
    include_str!("crd/kinds/imageupdateautomation.crd"),
    include_str!("crd/kinds/kustomization.crd"),
    include_str!("crd/kinds/ocirepository.crd"),
    include_str!("crd/kinds/provider.crd"),
    include_str!("crd/kinds/receiver.crd"),
];

/// All definitions (`apiextensions.k8s.io/v1`), sorted by name.
pub fn all() -> Vec<Value> {
    let shared = notation::shared(SHARED).expect("the shared shapes are well formed: a test parses them");
    KINDS.iter().map(|text| definition(text, &shared)).collect()
}

fn definition(text: &str, shared: &notation::Shared) -> Value {
    notation::definition(text, shared).expect("the kinds are well formed: a test parses them all")
}

/// Lets GitRepository objects name repositories of the local file system (`file://`), which upstream's schema forbids.
/// For a cluster that runs in the same process as the controllers only.
pub fn allow_local_repositories(definitions: &mut [Value]) {
    for definition in definitions {
        if definition["spec"]["names"]["kind"] != crate::gitrepository::KIND {
            continue;
        }
        let versions = definition["spec"]["versions"].as_array_mut();
        for version in versions.into_iter().flatten() {
            let url = &mut version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["url"];
            url["pattern"] = json!("^(http|https|ssh|file)://.*$");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_parses_and_the_names_are_sorted() {
        let names: Vec<_> = all()
            .iter()
            .map(|crd| crd["metadata"]["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names.len(), KINDS.len());
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| name.split('.').next().map(str::to_owned));
        assert_eq!(names, sorted);
    }

    #[test]
    fn a_definition_has_what_the_server_wants() {
        let all = all();
        let git = all
            .iter()
            .find(|crd| crd["spec"]["names"]["kind"] == "GitRepository")
            .unwrap();
        let version = &git["spec"]["versions"][0];
        assert_eq!(
            git["metadata"]["name"],
            "gitrepositories.source.toolkit.fluxcd.io"
        );
        assert_eq!(git["spec"]["names"]["shortNames"], json!(["gitrepo"]));
        assert_eq!(version["subresources"], json!({"status": {}}));
        let spec = &version["schema"]["openAPIV3Schema"]["properties"]["spec"];
        assert_eq!(spec["required"], json!(["interval", "url"]));
        assert_eq!(spec["properties"]["timeout"]["default"], "60s");
        assert_eq!(spec["x-kubernetes-validations"].as_array().unwrap().len(), 1);
        assert_eq!(
            spec["properties"]["include"]["items"]["required"],
            json!(["repository"])
        );
    }

    #[test]
    fn older_versions_of_a_release_are_served() {
        let all = all();
        let mut found = all
            .iter()
            .filter(|crd| crd["spec"]["names"]["kind"] == "HelmRelease");
        let versions = found.next().unwrap()["spec"]["versions"].as_array().unwrap();
        let shown: Vec<_> = versions
            .iter()
            .map(|version| {
                (
                    version["name"].as_str().unwrap(),
                    version["storage"] == true,
                    version["deprecated"] == true,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("v2", true, false),
                ("v2beta2", false, true),
                ("v2beta1", false, true)
            ]
        );
    }

    #[test]
    fn local_repositories_only_when_allowed() {
        let url = |all: &[Value]| {
            all[4]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["url"]["pattern"].clone()
        };
        let mut definitions = all();
        assert_eq!(url(&definitions), "^(http|https|ssh)://.*$");
        allow_local_repositories(&mut definitions);
        assert_eq!(url(&definitions), "^(http|https|ssh|file)://.*$");
    }
}
