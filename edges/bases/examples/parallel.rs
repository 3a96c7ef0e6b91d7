//! 64 builds of an overlay over 50 applications, on one thread and on two; prints how it scales.
//!
//! Builds share nothing, so two threads on two cores should be nearly twice as fast.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flux_kustomize::{MemFiles, NoRemote, Options, build};

const BUILDS: usize = 64;

fn tree() -> MemFiles {
    let mut files = MemFiles::new();
    let mut resources = String::from("resources:\n");
    for app in 0..50 {
        let _ = writeln!(resources, "- {app}.yaml");
        files.insert(
            &format!("base/{app}.yaml"),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{app}\nspec:\n  selector:\n    matchLabels:\n      app: \
                 app-{app}\n  template:\n    metadata:\n      labels:\n        app: app-{app}\n    spec:\n      containers:\n      - \
                 name: main\n        image: app:v1\n        envFrom:\n        - configMapRef:\n            name: \
                 app-{app}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-{app}\ndata:\n  a: b\n"
            ),
        );
    }
    files.insert("base/kustomization.yaml", resources);
    files.insert(
        "kustomization.yaml",
        "resources: [base]\nnamespace: prod\nnamePrefix: prod-\nlabels:\n- pairs: {team: a}\n  includeSelectors: \
         true\nimages:\n- name: app\n  newTag: v2\n",
    );
    files
}

/// How long all builds take on so many threads.
fn on(threads: usize, files: &MemFiles) -> Duration {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < BUILDS {
                    let built = build(files, "", &Options::default(), &NoRemote);
                    let yaml = built.and_then(|built| built.to_yaml()).expect("the tree builds");
                    assert!(yaml.contains("prod-app-49"));
                }
            });
        }
    });
    started.elapsed()
}

fn main() {
    let files = tree();
    on(2, &files);
    let mut pairs: Vec<(Duration, Duration)> = (0..7).map(|_| (on(1, &files), on(2, &files))).collect();
    pairs.sort_by_key(|(one, two)| (one.as_nanos() * 1000) / two.as_nanos().max(1));
    let (one, two) = pairs[pairs.len() / 2];
    println!(
        "   one thread {:.1} ms, two {:.1} ms: {:.2} times as fast; goal 1.8",
        one.as_secs_f64() * 1000.0,
        two.as_secs_f64() * 1000.0,
        one.as_secs_f64() / two.as_secs_f64()
    );
}
