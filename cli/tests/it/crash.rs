//! A process that dies loses nothing and leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::fleet::{Fleet, config_map, deployment, kustomization};

const APPS: usize = 4;

/// When no line of progress comes for so long, everything is done.
const PATIENCE: Duration = Duration::from_secs(10);

fn files(value: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for app in 0..APPS {
        let (name, path) = (format!("app{app}"), format!("./app{app}"));
        files.push((
            format!("root/{name}.yaml"),
            kustomization(&name, &path, "  wait: true\n"),
        ));
        files.push((format!("app{app}/deployment.yaml"), deployment(&name, "")));
        files.push((
            format!("app{app}/config.yaml"),
            config_map(&name, &value.to_string()),
        ));
        // One object of each app has another name in every commit: the old one must go.
        files.push((
            format!("app{app}/moving.yaml"),
            config_map(&format!("{name}-{value}"), "moving"),
        ));
    }
    files
}

fn commit(fleet: &Fleet, value: usize) -> String {
    let files = files(value);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    fleet.commit(&files)
}

#[test]
fn killed_at_twenty_moments_of_a_sync_it_converges_after_a_restart() {
    let fleet = Fleet::new(&[("README.md", "a fleet\n")]);
    let mut revision = String::new();
    for moment in 0..20 {
        revision = commit(&fleet, moment);
        let mut child = fleet
            .command(&["--path", "./root"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The moment is told in lines of progress: start, first objects, somewhere in the middle, nearly done.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (told, heard) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|_| told.send(())));
        for _ in 0..=moment {
            // On a loaded machine one line tells of several steps, and there are fewer of them.
            if heard.recv_timeout(PATIENCE).is_err() {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    let up = fleet.up(&["--path", "./root"]);
    for app in 0..APPS {
        up.applied(&format!("app{app}"), &revision);
    }
    up.applied("flux-system", &revision);
    let names = up.kubectl(&[
        "get",
        "configmaps",
        "-n",
        "default",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name}={.data.value} {end}",
    ]);
    let mut names: Vec<&str> = names
        .split_whitespace()
        .filter(|name| name.starts_with("app"))
        .collect();
    names.sort_unstable();
    let mut expected: Vec<String> = Vec::new();
    for app in 0..APPS {
        expected.extend([format!("app{app}-19=moving"), format!("app{app}=19")]);
    }
    expected.sort_unstable();
    assert_eq!(names, expected, "nothing lost, nothing left over");
    for kind in ["deployments", "replicasets", "pods"] {
        let count = up
            .kubectl(&["get", kind, "-n", "default", "-o", "name"])
            .lines()
            .count();
        assert_eq!(count, APPS, "{kind}");
    }
}
