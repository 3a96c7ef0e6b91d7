//! Charts for tests, releases of them, and a repository that serves them.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

/// The only template of most charts: a ConfigMap with a value, and a Deployment.
pub(crate) const WEB: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {value: {{ .Values.value | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 1
  progressDeadlineSeconds: 2
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
      annotations: {sim.ferroflux.dev/fail: {{ .Values.fail | quote }}}
    spec: {containers: [{name: main, image: \"example.com/main:1\"}]}
";

/// The files of the chart `web` in a folder.
pub(crate) fn chart(folder: &str, version: &str, templates: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut files = vec![
        (
            format!("{folder}/Chart.yaml"),
            format!("apiVersion: v2\nname: web\nversion: {version}\nappVersion: \"1\"\n"),
        ),
        (
            format!("{folder}/values.yaml"),
            "value: none\nfail: \"\"\n".to_owned(),
        ),
        (format!("{folder}/templates/web.yaml"), WEB.to_owned()),
    ];
    for (name, text) in templates {
        files.push((format!("{folder}/templates/{name}"), (*text).to_owned()));
    }
    files
}

/// A HelmRelease into `default`; `more` are further lines of its spec.
pub(crate) fn release(name: &str, chart: &str, values: &str, more: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  targetNamespace: default
  storageNamespace: default
  releaseName: {name}
{chart}{more}  values:
    {values}
"
    )
}

/// A chart in the fleet's own repository.
pub(crate) fn from_git(path: &str) -> String {
    format!("  chart: {{spec: {{chart: {path}, sourceRef: {{kind: GitRepository, name: flux-system}}}}}}\n")
}

/// A chart of the repository `charts`.
pub(crate) fn from_repository(chart: &str, version: &str) -> String {
    format!(
        "  chart: {{spec: {{chart: {chart}, version: \"{version}\", sourceRef: {{kind: HelmRepository, name: charts}}}}}}\n"
    )
}

/// The real helm.
pub(crate) fn helm(program: &Path, args: &[&str], home: &Path) -> String {
    let output = try_helm(program, args, home);
    assert!(
        output.status.success(),
        "{} {args:?}: {}{}",
        program.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn try_helm(program: &Path, args: &[&str], home: &Path) -> std::process::Output {
    let mut command = Command::new(program);
    for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(variable, home);
    }
    command.env_remove("KUBECONFIG").args(args).output().unwrap()
}

/// Writes a chart into a folder.
pub(crate) fn write_chart(folder: &Path, version: &str, template: &str) -> PathBuf {
    let chart = folder.join(format!("web-{version}"));
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(
        chart.join("Chart.yaml"),
        format!("apiVersion: v2\nname: web\nversion: {version}\nappVersion: \"1\"\n"),
    )
    .unwrap();
    std::fs::write(chart.join("values.yaml"), "value: none\nfail: \"\"\n").unwrap();
    std::fs::write(chart.join("templates/web.yaml"), template).unwrap();
    chart
}

/// A repository of charts on this machine: packed and indexed by the real helm.
pub(crate) struct Repository {
    _folder: TempDir,
    address: String,
}

impl Repository {
    /// Serves versions of the chart `web`, each with its template.
    pub(crate) fn serve(versions: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let program = xtask::peers::install()
            .expect("the real helm can be installed")
            .helm;
        let served = folder.path().join("served");
        std::fs::create_dir_all(&served).unwrap();
        let served_text = served.to_str().unwrap();
        for (version, template) in versions {
            let chart = write_chart(folder.path(), version, template);
            helm(
                &program,
                &["package", chart.to_str().unwrap(), "-d", served_text],
                folder.path(),
            );
        }
        helm(
            &program,
            &["repo", "index", served_text, "--url", &address],
            folder.path(),
        );
        serve_folder(listener, served, "");
        Repository {
            _folder: folder,
            address,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }
}

/// Serves the files of a folder, to those who send this `Authorization` if there is one.
pub(crate) fn serve_folder(listener: TcpListener, folder: PathBuf, authorization: &str) {
    let authorization = authorization.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A caller that went away is none of ours.
            let _ = answer(stream, &folder, &authorization);
        }
    });
}

/// The same over TLS, for everybody, with a certificate that nobody knows; gives the certificate as PEM.
pub(crate) fn serve_folder_tls(listener: TcpListener, folder: PathBuf) -> String {
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            // A caller that does not like the certificate went away.
            if answer(&mut stream, &folder, "").is_ok() {
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    pair.cert.pem()
}

fn answer(mut stream: impl Read + Write, folder: &Path, authorization: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    let mut is_known = authorization.is_empty();
    while reader.read_line(&mut line)? > 2 {
        let header = line.trim_end().split_once(": ");
        is_known |= header.is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") && value == authorization
        });
        line.clear();
    }
    let name = first
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/')
        .to_owned();
    let (status, body) = match std::fs::read(folder.join(name)) {
        _ if !is_known => ("401 Unauthorized", Vec::new()),
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
