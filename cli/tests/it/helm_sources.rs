//! Where charts come from, and who signed them: `flux helm` beside the real helm, each in a folder of its own, word for word.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::charts::{WEB, helm, serve_folder, serve_folder_tls, write_chart};

const PUBLIC: &str = include_str!("../../../formats/openpgp/tests/data/public.txt");
const SECRET: &str = include_str!("../../../formats/openpgp/tests/data/secret.txt");
/// `user:secret`
const AUTHORIZATION: &str = "Basic dXNlcjpzZWNyZXQ=";

/// Two folders with the same files, and servers with versions 1.0.0, 1.2.0 and 2.0.0-rc.1 of the chart `web`, signed.
struct Pair {
    helm: PathBuf,
    home: TempDir,
    /// Anyone may read.
    open: String,
    /// Only `user` may.
    closed: String,
}

impl Pair {
    fn new() -> Self {
        let helm_program = xtask::peers::install()
            .expect("the real helm can be installed")
            .helm;
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        decode(SECRET, &root.join("secret.gpg"));
        for version in ["1.0.0", "1.2.0", "2.0.0-rc.1"] {
            let chart = write_chart(root, version, WEB);
            let keyring = root.join("secret.gpg");
            let args = [
                "package",
                chart.to_str().unwrap(),
                "-d",
                &text(root, "served"),
                "--sign",
                "--key",
                "Test rsa",
            ];
            let args = [&args[..], &["--keyring", keyring.to_str().unwrap()]].concat();
            helm(&helm_program, &args, root);
        }
        helm(&helm_program, &["repo", "index", &text(root, "served")], root);
        let serve = |authorization: &str| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            serve_folder(listener, root.join("served"), authorization);
            address
        };
        let (open, closed) = (serve(""), serve(AUTHORIZATION));
        for side in ["theirs", "ours"] {
            let folder = root.join(side);
            std::fs::create_dir_all(folder.join("home")).unwrap();
            decode(PUBLIC, &folder.join("public.gpg"));
            decode(SECRET, &folder.join("secret.gpg"));
            std::fs::write(folder.join("passphrase"), "open sesame\n").unwrap();
            write_chart(&folder, "0.3.0", WEB);
            for file in ["web-1.0.0.tgz", "web-1.0.0.tgz.prov"] {
                std::fs::copy(root.join("served").join(file), folder.join(file)).unwrap();
            }
            std::fs::write(folder.join("forged.tgz"), "another").unwrap();
            std::fs::copy(
                root.join("served/web-1.0.0.tgz.prov"),
                folder.join("forged.tgz.prov"),
            )
            .unwrap();
        }
        Pair {
            helm: helm_program,
            home,
            open,
            closed,
        }
    }

    /// A file in both folders.
    fn write(&self, name: &str, text: &str) {
        for side in ["theirs", "ours"] {
            let path = self.home.path().join(side).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = text.replace("OPEN", &self.open).replace("CLOSED", &self.closed);
            std::fs::write(path, text).unwrap();
        }
    }

    /// Output, errors and success of a side.
    fn run(&self, side: &str, line: &str) -> (String, String, bool) {
        let folder = self.home.path().join(side);
        let mut command = if side == "theirs" {
            Command::new(&self.helm)
        } else {
            let mut command = Command::new(env!("CARGO_BIN_EXE_flux"));
            command.arg("helm");
            command
        };
        let line = line.replace("OPEN", &self.open).replace("CLOSED", &self.closed);
        for variable in [
            "HELM_CACHE_HOME",
            "HELM_CONFIG_HOME",
            "HELM_DATA_HOME",
            "GNUPGHOME",
        ] {
            command.env(variable, folder.join("home"));
        }
        command
            .env_remove("KUBECONFIG")
            .env("SOURCE_DATE_EPOCH", "1700000000");
        let words = line.split(' ').map(|word| word.replace('_', " "));
        let output = command.args(words).current_dir(&folder).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&format!("/{side}/"), "/SIDE/");
        (
            text(&output.stdout),
            text(&output.stderr),
            output.status.success(),
        )
    }

    /// Both do the same, and succeed or not. `_` in a word is a blank.
    #[track_caller]
    fn check(&self, line: &str, success: bool) {
        let (theirs, ours) = (self.run("theirs", line), self.run("ours", line));
        assert_eq!(ours, theirs, "{line}");
        assert_eq!(ours.2, success, "{line}: {}{}", ours.0, ours.1);
    }

    /// A file is the same on both sides, but for lines with this word.
    #[track_caller]
    fn same(&self, name: &str, except: &str) {
        let read = |side: &str| {
            let text = std::fs::read(self.home.path().join(side).join(name)).unwrap();
            let lines = text
                .split(|byte| *byte == b'\n')
                .map(|line| String::from_utf8_lossy(line).into_owned());
            let lines = lines.filter(|line| except.is_empty() || !line.contains(except));
            lines.collect::<Vec<_>>()
        };
        assert_eq!(read("ours"), read("theirs"), "{name}");
    }
}

fn text(root: &Path, name: &str) -> String {
    root.join(name).to_str().unwrap().to_owned()
}

/// Writes what base64 stands for.
fn decode(letters: &str, path: &Path) {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in letters.chars().filter_map(|letter| DIGITS.find(letter)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn charts_of_a_repository() {
    let pair = Pair::new();
    for line in [
        "show chart web --repo OPEN",
        "show chart web --repo OPEN/ --version 1.0.0",
        "show chart web --repo OPEN --version <1.1",
        "show chart web --repo OPEN --devel",
        "show chart web --repo CLOSED --username user --password secret",
        "show values OPEN/web-1.0.0.tgz",
        "template x web --repo OPEN",
        "template x web --repo OPEN --verify --keyring public.gpg",
        "template x web-1.0.0.tgz --verify --keyring public.gpg",
    ] {
        pair.check(line, true);
    }
    for line in [
        "show chart web --repo OPEN --version 7",
        "show chart nope --repo OPEN",
        "show chart web --repo OPEN/nope",
        "show chart web --repo CLOSED",
        "show chart web --repo CLOSED --username user --password wrong",
        "show chart web --repo ftp://x",
        "show chart OPEN/web-9.0.0.tgz",
        "show chart web --repo OPEN --verify",
        "show chart mine/web",
        "template x web-0.3.0 --verify --keyring public.gpg",
    ] {
        pair.check(line, false);
    }
}

/// A server whose certificate nobody knows: refused, unless it is named or not asked for.
#[test]
fn certificates_of_servers() {
    let pair = Pair::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let certificate = serve_folder_tls(listener, pair.home.path().join("served"));
    pair.write("ca.pem", &certificate);
    pair.write(
        "other.pem",
        &rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])
            .unwrap()
            .cert
            .pem(),
    );
    for line in [
        "show chart web --repo ADDRESS",
        "show values ADDRESS/web-1.0.0.tgz",
        "template x web --repo ADDRESS",
    ] {
        let line = line.replace("ADDRESS", &address);
        for refused in [line.clone(), format!("{line} --ca-file other.pem")] {
            let (theirs, ours) = (pair.run("theirs", &refused), pair.run("ours", &refused));
            assert_eq!((ours.0.as_str(), ours.2), ("", false), "{refused}");
            assert_eq!((theirs.0, theirs.2), (ours.0, ours.2), "{refused}: {}", theirs.1);
            assert!(ours.1.contains("certificate"), "{refused}: {}", ours.1);
        }
        pair.check(&format!("{line} --insecure-skip-tls-verify"), true);
        pair.check(&format!("{line} --ca-file ca.pem"), true);
    }
}

/// Charts that need themselves, at once or by another one.
#[test]
fn charts_that_need_themselves() {
    let pair = Pair::new();
    let chart = |name: &str, of: &str, place: &str| {
        let text = format!(
            "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n- name: {of}\n  version: 1.0.0\n  repository: {place}\n"
        );
        pair.write(&format!("{name}/Chart.yaml"), &text);
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Chart.Name }}\"}\n";
        pair.write(&format!("{name}/templates/a.yaml"), object);
    };
    chart("own", "own", "\"file://.\"");
    chart("a", "b", "\"file://../b\"");
    chart("b", "a", "\"file://../a\"");
    chart("held", "held", "\"\"");
    pair.write(
        "held/charts/held/Chart.yaml",
        "apiVersion: v2\nname: held\nversion: 1.0.0\n",
    );
    for line in ["template x own", "template x a"] {
        pair.check(line, false);
    }
    for line in [
        "dependency build own",
        "dependency list own",
        "template x own",
        "dependency build own",
        "template x own",
        "dependency build a",
        "dependency build b",
        "dependency build a",
        "template x a",
        "template x b",
        "dependency list a",
        "template x held",
    ] {
        pair.check(line, true);
    }
}

#[test]
fn repositories_by_name() {
    let pair = Pair::new();
    let entries =
        "apiVersion: ''\nrepositories:\n- {name: mine, url: CLOSED, username: user, password: secret}\n";
    pair.write("home/repositories.yaml", entries);
    pair.check("show chart mine/web", false);
    pair.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- {name: web, version: 1.x, repository: '@mine'}\n");
    pair.check("dependency build app", true);
    pair.check("show chart mine/web", true);
    pair.check("show chart mine/web --version 1.0.0", true);
    pair.check("show chart mine/nope", false);
    pair.check("dependency build app --skip-refresh", true);
    pair.same("app/Chart.lock", "generated");
    pair.same("app/charts/web-1.2.0.tgz", "");
    pair.check("dependency list app", true);
}

#[test]
fn dependencies_of_repositories_and_folders() {
    let pair = Pair::new();
    let chart = |dependencies: &str| {
        format!("apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n{dependencies}")
    };
    let web = "- {name: web, version: ^1.0.0, repository: OPEN}\n";
    pair.write(
        "app/Chart.yaml",
        &chart(&format!(
            "{web}- {{name: local, version: 0.3.0, repository: 'file://../local'}}\n"
        )),
    );
    pair.write(
        "local/Chart.yaml",
        "apiVersion: v2\nname: local\nversion: 0.3.0\n",
    );
    pair.check("dependency list app", true);
    pair.check("dependency build app", true);
    pair.check("dependency list app", true);
    pair.same("app/Chart.lock", "generated");
    pair.same("app/charts/web-1.2.0.tgz", "");
    pair.check("template x app", true);
    pair.write(
        "app/Chart.yaml",
        &chart("- {name: web, version: ^1.1.0, repository: OPEN}\n"),
    );
    pair.check("dependency build app", false);

    for (name, dependency) in [
        ("range", "- {name: web, version: 3.x, repository: OPEN}\n"),
        ("absent", "- {name: nope, version: 3.x, repository: OPEN}\n"),
        ("nowhere", "- {name: web, version: 1.x, repository: OPEN/nope}\n"),
        ("word", "- {name: web, version: 1.x, repository: stable}\n"),
        ("alias", "- {name: web, version: 1.x, repository: '@mine'}\n"),
    ] {
        pair.write(&format!("{name}/Chart.yaml"), &chart(dependency));
        pair.check(&format!("dependency build {name}"), false);
    }
    pair.write(
        "twice/Chart.yaml",
        &chart(&format!(
            "{web}- {{name: web, alias: b, version: 1.2.0, repository: OPEN}}\n"
        )),
    );
    pair.check("dependency build twice", true);
}

#[test]
fn provenance() {
    let pair = Pair::new();
    pair.check("verify web-1.0.0.tgz --keyring public.gpg", true);
    for line in [
        "verify web-1.0.0.tgz",
        "verify web-1.0.0.tgz --keyring passphrase",
        "verify forged.tgz --keyring public.gpg",
        "verify web-0.3.0",
        "verify passphrase",
        "verify nope.tgz",
        "package web-0.3.0 --sign --keyring secret.gpg",
        "package web-0.3.0 --sign --keyring secret.gpg --key Nobody",
        "package web-0.3.0 --sign --keyring secret.gpg --key Test",
        "package web-0.3.0 --sign --keyring public.gpg --key Test_rsa",
        "package web-0.3.0 --sign --keyring secret.gpg --key Locked --passphrase-file public.gpg",
    ] {
        pair.check(line, false);
    }
}

/// What we sign, helm verifies.
#[test]
fn signatures() {
    let pair = Pair::new();
    for key in [
        "--key Test_rsa",
        "--key Test_ed",
        "--key Locked --passphrase-file passphrase",
    ] {
        pair.check(
            &format!("package web-0.3.0 --sign --keyring secret.gpg {key}"),
            true,
        );
        let ours = pair.home.path().join("ours");
        for file in ["web-0.3.0.tgz", "web-0.3.0.tgz.prov"] {
            std::fs::copy(ours.join(file), pair.home.path().join("theirs").join(file)).unwrap();
        }
        pair.check("verify web-0.3.0.tgz --keyring public.gpg", true);
    }
}

/// The same program under the name `helm`.
#[test]
fn a_link_named_helm() {
    let home = tempfile::tempdir().unwrap();
    let link = home.path().join("helm");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_flux"), &link).unwrap();
    let chart = write_chart(home.path(), "0.3.0", WEB);
    let shown = helm(&link, &["show", "chart", chart.to_str().unwrap()], home.path());
    assert!(shown.contains("version: 0.3.0"), "{shown}");
}

const VALUES: &str = "a: 1
big: 10000000
f: 1.5
t: true
z: null
neg: -3
m: {}
l: []
ll: [[1, 2], [3]]
a.b: dot
u: ü<>
list:
- {name: a, v: 1}
- {name: b, v: 20, s: x<y}
";

#[test]
fn values_by_jsonpath() {
    let pair = Pair::new();
    pair.write("j/Chart.yaml", "apiVersion: v2\nname: j\nversion: 1.0.0\n");
    pair.write("j/values.yaml", VALUES);
    let check = |path: &str, success| pair.check(&format!("show values j --jsonpath {path}"), success);
    for path in [
        "{.a}",
        "{.big}",
        "{.f}_{.t}_{.z}|{.neg}",
        "{.m}{.l}",
        "{.ll}",
        "{.ll[*]}",
        "{.ll[*][0]}",
        "{.u}",
        ".a",
        "{.a\\.b}",
        "{$.a}",
        "{.list}",
        "{@.a}",
        "{.list[*].name}",
        "{.list[0].name}",
        "{.list[-1].name}",
        "{.list[0:1].name}",
        "{.list[-2:].name}",
        "{.list[::2].name}",
        "{.list[2:]}",
        "{.list[9]}",
        "{.list[0,1].name}",
        "{['a','t']}",
        "{..name}",
        "{..v}",
        "x{.nope}y",
        "{.a.b}",
        "{.list.name}",
        "{.list[?(@.name==\"b\")].v}",
        "{.list[?(@.name!='b')]}",
        "{.list[?(@.s)].name}",
        "{.list[?(@.v>5)].name}",
        "{.list[?(@.v>5.5)].name}",
        "{.list[?(@.v>\"a\")].name}",
        "{range_.list[*]}[{.name},_{.v}]{\"\\n\"}{end}",
        "{range_.list[*]}{.name}",
        "{end}",
        "{a}",
        "{_.a_}",
        "{'x'}",
        "text",
        "{range_.list[*]}{.s}{end}",
        "{.[0]}",
    ] {
        check(path, true);
    }
    for path in [
        "{",
        "{.a",
        "{.list[a]}",
        "{[\"a\"]}",
        "{.a,.t}",
        "{.list[?(@.v==1&&@.v==1)]}",
    ] {
        check(path, false);
    }
}
