//! Rules over the crates: who may depend on whom.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::checkout::root;
use crate::command::{Error, output};

/// From the ground up. A crate depends on its own floor or on floors below it.
const FLOORS: [&str; 7] = [
    "formats",
    "engines",
    "edges",
    "cluster",
    "controllers",
    "cli",
    "xtask",
];

/// Libraries that one crate alone may know, so that the rest of the house stays free of them.
const OWNERS: [(&str, &[&str]); 8] = [
    ("kube", &["flux-kube"]),
    ("k8s-openapi", &["flux-kube"]),
    ("reqwest", &["flux-http"]),
    ("gix", &["flux-git"]),
    ("russh", &["flux-git"]),
    ("redb", &["flux-cluster"]),
    ("cel", &["flux-cel"]),
    ("clap", &["flux-cli"]),
];

/// What a pure crate must not reach, not even through others.
const IMPURE: [&str; 7] = ["tokio", "hyper", "reqwest", "kube", "gix", "rustls", "mio"];

/// Licenses that a dependency may have (one of the alternatives it offers).
const LICENSES: [&str; 15] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
    "Unlicense",
    "CC0-1.0",
    "MIT-0",
];

/// A crate of this workspace.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) floor: usize,
    /// Names of normal dependencies.
    dependencies: Vec<String>,
}

impl Member {
    /// Whether the crate is data in, data out.
    pub(super) fn is_pure(&self) -> bool {
        self.floor < 2
    }
}

/// The workspace as cargo sees it.
pub(super) struct Workspace {
    pub(super) members: Vec<Member>,
    packages: Vec<Package>,
}

struct Package {
    id: String,
    name: String,
    license: String,
    /// Ids of normal dependencies.
    needs: Vec<String>,
}

impl Workspace {
    pub(super) fn read() -> Result<Self, Error> {
        let text = output("cargo", &["metadata", "--format-version", "1", "--locked"])?;
        let metadata: Value = serde_json::from_slice(&text)
            .map_err(|error| Error::Usage(format!("cargo metadata printed no JSON: {error}")))?;
        let ours = strings(&metadata["workspace_members"]);
        let list = metadata["packages"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_ours = |package: &&Value| ours.iter().any(|id| package["id"] == id.as_str());
        let members = list.iter().filter(is_ours).filter_map(member).collect();
        let nodes = metadata["resolve"]["nodes"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let packages = list.iter().map(|package| read_package(package, nodes)).collect();
        Ok(Workspace { members, packages })
    }
}

fn member(package: &Value) -> Option<Member> {
    let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
    let first = folder.strip_prefix(root()).ok()?.components().next()?;
    let floor = FLOORS.iter().position(|floor| first.as_os_str() == *floor)?;
    let all = package["dependencies"].as_array().into_iter().flatten();
    let normal = all.filter(|dependency| dependency["kind"].is_null());
    Some(Member {
        name: text(&package["name"])?,
        folder: folder.to_owned(),
        floor,
        dependencies: normal
            .filter_map(|dependency| text(&dependency["name"]))
            .collect(),
    })
}

fn read_package(package: &Value, nodes: &[Value]) -> Package {
    let node = nodes.iter().find(|node| node["id"] == package["id"]);
    let edges = node
        .and_then(|node| node["deps"].as_array())
        .into_iter()
        .flatten();
    let normal = |edge: &&Value| {
        edge["dep_kinds"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|kind| kind["kind"].is_null())
    };
    Package {
        id: text(&package["id"]).unwrap_or_default(),
        name: text(&package["name"]).unwrap_or_default(),
        license: text(&package["license"]).unwrap_or_default(),
        needs: edges
            .filter(normal)
            .filter_map(|edge| text(&edge["pkg"]))
            .collect(),
    }
}

/// No crate depends on a floor above its own; the engines of kustomize and Helm do not know each other.
pub(super) fn floors(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in &workspace.members {
        for name in &member.dependencies {
            let Some(dependency) = workspace.members.iter().find(|other| other.name == *name) else {
                continue;
            };
            if dependency.floor > member.floor {
                problems.push(format!(
                    "{} ({}) depends on {name} ({}), a floor above",
                    member.name, FLOORS[member.floor], FLOORS[dependency.floor]
                ));
            }
        }
        if member.is_pure() {
            let reached = reach(workspace, &member.name);
            let impure = IMPURE
                .iter()
                .filter(|name| reached.iter().any(|found| found == *name));
            problems.extend(impure.map(|name| format!("{} is pure but reaches {name}", member.name)));
        }
    }
    for (engine, other) in [("flux-kustomize", "flux-helm"), ("flux-helm", "flux-kustomize")] {
        if reach(workspace, engine).iter().any(|name| name == other) {
            problems.push(format!(
                "{engine} reaches {other}; they meet through a closure only"
            ));
        }
    }
    problems
}

/// Names of all packages that `name` needs, itself included.
fn reach(workspace: &Workspace, name: &str) -> Vec<String> {
    let mut open: Vec<&Package> = workspace
        .packages
        .iter()
        .filter(|package| package.name == name)
        .collect();
    let mut seen: Vec<&str> = open.iter().map(|package| package.id.as_str()).collect();
    let mut names = Vec::new();
    while let Some(package) = open.pop() {
        names.push(package.name.clone());
        for id in &package.needs {
            if seen.contains(&id.as_str()) {
                continue;
            }
            seen.push(id);
            open.extend(workspace.packages.iter().find(|other| other.id == *id));
        }
    }
    names
}

/// Libraries with one owner stay with their owner.
pub(super) fn owners(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (library, owners) in OWNERS {
        for member in &workspace.members {
            let direct = member.dependencies.iter().any(|name| name == library);
            if direct && !owners.contains(&member.name.as_str()) {
                problems.push(format!(
                    "{} depends on {library}, which only {} may know",
                    member.name,
                    owners.join(", ")
                ));
            }
        }
    }
    problems
}

/// Every dependency offers a license that we accept.
pub(super) fn licenses(workspace: &Workspace) -> Vec<String> {
    let foreign = workspace
        .packages
        .iter()
        .filter(|package| !accepted(&package.license));
    foreign
        .map(|package| {
            format!(
                "{}: license {:?} is not one that we accept",
                package.name, package.license
            )
        })
        .collect()
}

/// Every part joined by AND must offer an accepted alternative.
fn accepted(license: &str) -> bool {
    let plain = license.replace(['(', ')'], "").replace('/', " OR ");
    !plain.is_empty()
        && plain
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|choice| LICENSES.contains(&choice.trim())))
}

/// Every crate takes the lints of the workspace; pure crates carry the clippy file that forbids the outside world.
pub(super) fn manifests(workspace: &Workspace) -> Result<Vec<String>, Error> {
    let read = |path: PathBuf| std::fs::read_to_string(&path).map_err(Error::file(path));
    let pure = read(root().join("xtask/pure-clippy.toml"))?;
    let mut problems = Vec::new();
    for member in &workspace.members {
        let manifest = read(member.folder.join("Cargo.toml"))?;
        if !manifest.contains("[lints]\nworkspace = true") {
            problems.push(format!(
                "{}: Cargo.toml does not take the workspace's lints",
                member.name
            ));
        }
        let clippy = std::fs::read_to_string(member.folder.join("clippy.toml")).unwrap_or_default();
        if member.is_pure() && clippy != pure {
            problems.push(format!(
                "{}: clippy.toml differs from xtask/pure-clippy.toml",
                member.name
            ));
        }
    }
    Ok(problems)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn a_license_needs_one_accepted_alternative_in_every_part() {
        assert!(accepted("MIT OR Apache-2.0"));
        assert!(accepted("MIT/Apache-2.0"));
        assert!(accepted("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(!accepted("GPL-3.0"));
        assert!(!accepted("MIT AND GPL-3.0"));
        assert!(!accepted(""));
    }
}
