//! The real kubectl against `flux up`: its typed commands, which send protobuf, and everything else that it can do.
//! What an object must hold afterwards is what a real API server would hold.

mod change;
mod create;
mod look;
mod modes;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fleet::{Fleet, Up, config_map, kubectl_path};

/// A running cluster with one ConfigMap in its repository, and a folder for files.
struct Cluster {
    up: Up,
    fleet: Fleet,
}

impl Cluster {
    fn start() -> Self {
        let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
        let mut up = fleet.up(&["--path", "./root"]);
        up.all_ready();
        Self { up, fleet }
    }

    /// What kubectl prints for these words; it must succeed.
    #[track_caller]
    fn run(&self, words: &str) -> String {
        self.up.kubectl(&words.split(' ').collect::<Vec<_>>())
    }

    /// The same with words that may have spaces in them.
    #[track_caller]
    fn run_words(&self, words: &[&str]) -> String {
        self.up.kubectl(words)
    }

    /// The same with text on standard input.
    #[track_caller]
    fn run_with(&self, words: &str, input: &str) -> String {
        let mut child = Command::new(kubectl_path())
            .arg("--kubeconfig")
            .arg(&self.up.kubeconfig)
            .args(words.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {words}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// `kubectl edit` with an editor that replaces one text by another.
    #[track_caller]
    fn edit(&self, object: &str, from: &str, to: &str) {
        let output = Command::new(kubectl_path())
            .arg("--kubeconfig")
            .arg(&self.up.kubeconfig)
            .args(["edit", object])
            .env("KUBE_EDITOR", format!("sed -i 's|{from}|{to}|'"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl edit {object}: {errors}");
    }

    /// What kubectl says on standard error when it fails.
    #[track_caller]
    fn fails(&self, words: &str) -> String {
        let output = self.up.try_kubectl(&words.split(' ').collect::<Vec<_>>());
        assert!(!output.status.success(), "kubectl {words} should fail");
        String::from_utf8(output.stderr).unwrap()
    }

    /// An object as JSON; the words are those after `kubectl get`.
    #[track_caller]
    fn get(&self, words: &str) -> Value {
        serde_json::from_str(&self.run(&format!("get {words} -o json"))).unwrap()
    }

    /// The object holds all of `expect`: members that are null must be absent, lists have the same length.
    #[track_caller]
    fn holds(&self, words: &str, expect: &Value) {
        let found = self.get(words);
        if let Some(path) = differs(&found, expect, "") {
            panic!("{words}: differs at {path}\nexpected {expect:#}\nfound {found:#}");
        }
    }

    /// Writes a file and gives its path.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.fleet.repository().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn differs(found: &Value, expect: &Value, path: &str) -> Option<String> {
    match (found, expect) {
        (Value::Object(found), Value::Object(expect)) => expect.iter().find_map(|(name, expect)| {
            let found = found.get(name).unwrap_or(&Value::Null);
            differs(found, expect, &format!("{path}.{name}"))
        }),
        (Value::Array(found), Value::Array(expect)) if found.len() == expect.len() => {
            let pairs = found.iter().zip(expect).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (found, expect))| differs(found, expect, &format!("{path}[{at}]")))
        }
        (found, expect) => (found != expect).then(|| path.to_owned()),
    }
}
