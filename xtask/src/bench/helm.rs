//! Helm's commands beside the real helm: time from start to end of the process, and its peak memory.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::fleet::Scratch;
use crate::checkout::target;
use crate::command::{Error, output, run};
use crate::peers;

/// Runs two commands in turn, in so many rounds of some runs each, of which the first one is not counted. Prints the median time of each
/// in seconds, the largest peak of memory of each in KiB, and the median over the rounds of how much longer the second one takes.
const MEASURE: &str = r#"
import os, sys, time
from statistics import median
rounds, runs, commands = int(sys.argv[1]), 5, [command.split("\t") for command in sys.argv[2:]]
times, peaks, ratios = [[], []], [0, 0], []
def once(command):
    begin = time.perf_counter()
    null = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
    os.close(null)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command} ended with {status}")
    return time.perf_counter() - begin, usage.ru_maxrss
for _ in range(rounds):
    medians = []
    for index, command in enumerate(commands):
        measured = [once(command) for _ in range(1 + runs)][1:]
        times[index] += [time for time, _ in measured]
        peaks[index] = max(peaks[index], *(peak for _, peak in measured))
        medians.append(median(time for time, _ in measured))
    ratios.append(medians[1] / medians[0])
print(*map(median, times), *peaks, median(ratios))
"#;

/// What is measured: its name, in how many rounds, and the arguments of ours and of theirs.
struct Scene {
    name: &'static str,
    rounds: usize,
    ours: Vec<String>,
    theirs: Vec<String>,
}

/// `cargo xtask bench helm`.
pub(super) fn helm() -> Result<(), Error> {
    let helm = peers::install()?.helm.display().to_string();
    run(
        "cargo",
        &[
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--package",
            "flux-helm",
            "--example",
            "find_in_index",
        ],
        &[],
    )?;
    let scratch = Scratch::new()?;
    // As it would be installed: what a linker has just written lies in the page cache in small pieces.
    let flux = scratch.path("flux")?;
    fs::copy(target().join("release/flux"), &flux).map_err(Error::file(&flux))?;
    let flux = flux.display().to_string();
    let template = |name, rounds, chart: &Path| {
        let arguments = ["template", "bench", &chart.display().to_string()].map(str::to_owned);
        Scene {
            name,
            rounds,
            ours: [flux.clone(), "helm".to_owned()]
                .into_iter()
                .chain(arguments.clone())
                .collect(),
            theirs: [helm.clone()].into_iter().chain(arguments).collect(),
        }
    };
    let mut scenes = vec![
        template("small chart", 9, &small(&scratch.path("small")?)?),
        template(
            "umbrella of 100 subcharts",
            9,
            &umbrella(&scratch.path("umbrella")?)?,
        ),
        template("5,000 calls of tpl", 3, &tpl(&scratch.path("tpl")?)?),
    ];
    match largest() {
        Some(chart) => scenes.insert(0, template("kube-prometheus-stack", 9, &chart)),
        None => println!("kube-prometheus-stack: skipped"),
    }
    scenes.push(index(&scratch, &helm)?);
    println!("scene                             ours     helm 4.3    ratio     ours     helm 4.3   ratio");
    for scene in scenes {
        let [ours, theirs, our_peak, their_peak, ratio] = measure(&scene)?;
        println!(
            "{:<28} {:>7.1} ms {:>8.1} ms {:>6.1} x {:>6.1} MiB {:>6.1} MiB {:>5.1} x",
            scene.name,
            ours * 1e3,
            theirs * 1e3,
            ratio,
            our_peak / 1024.0,
            their_peak / 1024.0,
            their_peak / our_peak,
        );
    }
    println!("goals: 10 x and 3 x; the small chart under 10 ms; the index under 1 s and 64 MiB");
    Ok(())
}

/// What [`MEASURE`] prints.
fn measure(scene: &Scene) -> Result<[f64; 5], Error> {
    let commands = [scene.ours.join("\t"), scene.theirs.join("\t")];
    let [ours, theirs] = &commands;
    let printed = output(
        "python3",
        &["-c", MEASURE, &scene.rounds.to_string(), ours, theirs],
    )?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let mut figures = printed
        .split_whitespace()
        .map(|figure| figure.parse().unwrap_or(f64::NAN));
    Ok(std::array::from_fn(|_| figures.next().unwrap_or(f64::NAN)))
}

fn largest() -> Option<PathBuf> {
    let charts = crate::checkout::conformance("helm/charts")?;
    let mut charts: Vec<PathBuf> = fs::read_dir(charts)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    charts.retain(|path| path.to_string_lossy().contains("/kube-prometheus-stack"));
    charts.pop()
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::file(parent))?;
    }
    fs::write(path, text).map_err(Error::file(path))
}

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}
  labels: {{- include "app.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "app.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "app.labels" . | nindent 8 }}
    spec:
      containers:
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          resources: {{- toYaml .Values.resources | nindent 12 }}
"#;

const HELPERS: &str = r#"{{- define "app.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: {{ include "app.fullname" . }}
spec:
  ports:
    - port: {{ .Values.port }}
"#;

const VALUES: &str = "replicas: 2\nport: 80\nimage: {repository: example/app, tag: \"\"}\nresources:\n  limits: {cpu: 100m, memory: 64Mi}\n";

fn application(folder: &Path, name: &str) -> Result<(), Error> {
    let chart = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\nappVersion: \"1.0\"\n");
    write(&folder.join("Chart.yaml"), &chart)?;
    write(&folder.join("values.yaml"), VALUES)?;
    write(&folder.join("templates/_helpers.tpl"), HELPERS)?;
    write(&folder.join("templates/deployment.yaml"), DEPLOYMENT)?;
    write(&folder.join("templates/service.yaml"), SERVICE)
}

fn small(folder: &Path) -> Result<PathBuf, Error> {
    application(folder, "small")?;
    Ok(folder.to_owned())
}

fn umbrella(folder: &Path) -> Result<PathBuf, Error> {
    let mut chart = "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n".to_owned();
    let mut values = "global: {region: north}\n".to_owned();
    for number in 0..100 {
        let name = format!("app{number}");
        application(&folder.join("charts").join(&name), &name)?;
        let _ = writeln!(
            chart,
            "- {{name: {name}, version: 1.x.x, condition: {name}.enabled}}"
        );
        let _ = writeln!(values, "{name}: {{enabled: true, replicas: {number}}}");
    }
    write(&folder.join("Chart.yaml"), &chart)?;
    write(&folder.join("values.yaml"), &values)?;
    Ok(folder.to_owned())
}

fn tpl(folder: &Path) -> Result<PathBuf, Error> {
    write(
        &folder.join("Chart.yaml"),
        "apiVersion: v2\nname: tpl\nversion: 1.0.0\n",
    )?;
    write(
        &folder.join("values.yaml"),
        "text: \"{{ .Release.Name }}-{{ .Values.name | upper }}\"\nname: x\n",
    )?;
    let template =
        "data:\n{{- range $i := until 5000 }}\n  k{{ $i }}: {{ tpl $.Values.text $ }}\n{{- end }}\n";
    write(
        &folder.join("templates/map.yaml"),
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\n{template}"),
    )?;
    Ok(folder.to_owned())
}

/// An index of 50 MB; helm reads it when it searches a repository.
fn index(scratch: &Scratch, helm: &str) -> Result<Scene, Error> {
    let folder = scratch.path("index")?;
    let mut text = "apiVersion: v1\nentries:\n".to_owned();
    for chart in 0..400 {
        let _ = writeln!(text, "  chart{chart}:");
        for version in 0..260 {
            let _ = writeln!(
                text,
                "  - apiVersion: v2\n    appVersion: 1.{version}.0\n    created: \"2024-01-02T03:04:05.678901234Z\"\n    description: A chart of an application \
                 with a description that is as long as they are\n    digest: {version:064x}\n    home: https://example.com/charts/chart{chart}\n    \
                 keywords:\n    - one\n    - two\n    maintainers:\n    - email: someone@example.com\n      name: someone\n    name: chart{chart}\n    \
                 type: application\n    urls:\n    - https://example.com/charts/chart{chart}-1.{version}.0.tgz\n    version: 1.{version}.0"
            );
        }
    }
    text.push_str("generated: \"2024-01-02T03:04:05.678901234Z\"\n");
    let cache = folder.join("cache");
    write(&cache.join("bench-index.yaml"), &text)?;
    let repositories = folder.join("repositories.yaml");
    write(
        &repositories,
        "apiVersion: \"\"\ngenerated: \"2024-01-02T03:04:05Z\"\nrepositories:\n- name: bench\n  url: https://example.com/charts\n",
    )?;
    let file = cache.join("bench-index.yaml").display().to_string();
    let ours = target()
        .join("release/examples/find_in_index")
        .display()
        .to_string();
    let (repositories, cache) = (repositories.display().to_string(), cache.display().to_string());
    let theirs = [
        "search",
        "repo",
        "bench/chart7",
        "--repository-config",
        &repositories,
        "--repository-cache",
        &cache,
    ];
    Ok(Scene {
        name: "index of 50 MB",
        rounds: 1,
        ours: vec![ours, file, "chart7".to_owned(), "1.x".to_owned()],
        theirs: [helm].into_iter().chain(theirs).map(str::to_owned).collect(),
    })
}
