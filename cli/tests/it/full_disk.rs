//! A disk without room: one clear line, the fleet goes on with what it has, and room is all it needs to converge.
//!
//! A limit on the size of files stands for the disk. It can be set for a running process, and needs no rights.

use std::process::{Command, Stdio};

use crate::fleet::{Fleet, Up, config_map};

/// Sets how large a file the process may write.
fn limit(up: &Up, bytes: &str) {
    let status = Command::new("prlimit")
        .args(["--pid", &up.id().to_string(), &format!("--fsize={bytes}:")])
        .status()
        .unwrap();
    assert!(status.success());
}

/// `flux up` that is told of a file too large by an error, as of a full disk, and not by a signal.
fn up(fleet: &Fleet) -> Up {
    let command = fleet.command(&["--path", "./root"]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .env_remove("KUBECONFIG")
        .env_remove("FLUX_SYSTEM_NAMESPACE");
    Up::start(shell.stdout(Stdio::piped()))
}

/// Bytes that do not compress.
fn noise(length: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 64) as u8)
    };
    (0..length).map(|_| next()).collect()
}

const READY: &str = "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}";

#[test]
fn an_artifact_without_room() {
    let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
    let mut up = up(&fleet);
    up.all_ready();
    limit(&up, "1500000");
    let revision = fleet.commit(&[
        ("root/app.yaml", &config_map("app", "2")),
        ("large.txt", &noise(4_000_000)),
    ]);
    let source = "gitrepo/flux-system";
    up.wait("flux-system", source, "condition=Ready=False");
    let told = up.kubectl(&["get", "-n", "flux-system", source, "-o", READY]);
    assert!(told.contains("no space left"), "{told:?}");
    assert!(told.contains("free space"), "{told:?}");
    assert_eq!(
        up.kubectl(&["get", "cm", "app", "-o", "jsonpath={.data.value}"]),
        "1"
    );

    limit(&up, "unlimited");
    let (_, said, done) = up.flux(&["reconcile", "source", "git", "flux-system"]);
    assert!(done, "{said}");
    up.applied("flux-system", &revision);
    assert_eq!(
        up.kubectl(&["get", "cm", "app", "-o", "jsonpath={.data.value}"]),
        "2"
    );
}

#[test]
fn objects_without_room() {
    let fleet = Fleet::new(&[("root/app0.yaml", &config_map("app0", "1"))]);
    let mut running = up(&fleet);
    running.all_ready();
    let stored = std::fs::metadata(fleet.data().join("cluster/cluster.redb"))
        .unwrap()
        .len();
    limit(&running, &(stored + 100_000).to_string());
    // Texts that compress: they fit in the artifact, and not in the store.
    let text = "0123456789".repeat(30_000);
    let files: Vec<(String, String)> = (0..10)
        .map(|app| {
            (
                format!("root/app{app}.yaml"),
                config_map(&format!("app{app}"), &text),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let revision = fleet.commit(&files);
    running.wait("flux-system", "ks/flux-system", "condition=Ready=False");
    let told = running.kubectl(&["get", "-n", "flux-system", "ks/flux-system", "-o", READY]);
    assert!(told.contains("free space"), "{told:?}");
    assert!(told.contains("ConfigMap/default/app"), "{told:?}");

    // What was said to be stored is there after a restart, and the rest follows when there is room.
    drop(running);
    let running = up(&fleet);
    running.applied("flux-system", &revision);
    let names = running.kubectl(&["get", "cm", "-o", "name"]);
    assert_eq!(names.matches("configmap/app").count(), 10, "{names}");
}
