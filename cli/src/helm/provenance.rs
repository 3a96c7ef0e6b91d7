//! Provenance files: `helm verify`, `--verify`, and `helm package --sign`.

use std::fs;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use flux_helm::Log;
use flux_helm::package::chart_yaml;
use flux_openpgp::{Keyring, sign};

use super::flags::{Flag, Kind, Parsed};
use super::{Failure, file_error, load, package, parse, print};

const FLAGS: &[Flag] = &[("keyring", None, Kind::Text)];

const USAGE: &str = "Usage:\n  helm verify PATH [flags]\n";

/// Runs `helm verify`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let Some(parsed) = parse(arguments, &[FLAGS], USAGE)? else {
        return Ok(());
    };
    let [path] = &parsed.arguments[..] else {
        return Err("\"helm verify\" requires 1 argument\n\nUsage:  helm verify PATH [flags]".to_owned());
    };
    print(&verify(Path::new(path), &keyring(&parsed))?)
}

/// The keyring: the flag, or GnuPG's old one.
pub fn keyring(parsed: &Parsed) -> PathBuf {
    if parsed.has("keyring") {
        return parsed.text("keyring").into();
    }
    match std::env::var_os("GNUPGHOME") {
        Some(home) => Path::new(&home).join("pubring.gpg"),
        None => Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".gnupg/pubring.gpg"),
    }
}

/// Checks an archive against the provenance file next to it: who signed it, with which key, and its hash.
pub fn verify(path: &Path, keyring: &Path) -> Result<String, Failure> {
    let metadata = fs::metadata(path).map_err(|error| file_error("stat", path, &error))?;
    if metadata.is_dir() {
        return Err("unpacked charts cannot be verified".to_owned());
    }
    let is_archive = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("tgz");
    if !path.extension().is_some_and(is_archive) {
        return Err("chart must be a tgz file".to_owned());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".prov");
    let beside = PathBuf::from(beside);
    let provenance = fs::read(&beside).map_err(|error| {
        let cause = file_error("stat", &beside, &error);
        format!("could not load provenance file {}: {cause}", beside.display())
    })?;
    let archive = fs::read(path).map_err(|error| file_error("open", path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    check(&archive, &provenance, &name, keyring)
}

/// Checks an archive of this file name against a provenance file.
pub fn check(archive: &[u8], provenance: &[u8], name: &str, keyring: &Path) -> Result<String, Failure> {
    let ring = read_keyring(keyring).map_err(|cause| format!("failed to load keyring: {cause}"))?;
    let signed = flux_openpgp::verify(provenance, &ring, seconds()).map_err(|error| error.to_string())?;
    let hash = flux_helm::package::digest(archive);
    let noted = sum(&signed.text, name)?
        .ok_or_else(|| format!("provenance does not contain a SHA for a file named {name:?}"))?;
    if noted != hash {
        return Err(format!(
            "sha256 sum does not match for {name}: {noted:?} != {hash:?}"
        ));
    }
    let mut text = String::new();
    for name in signed.by.names() {
        text.push_str(&format!("Signed by: {name}\n"));
    }
    let fingerprint = signed.by.fingerprint();
    text.push_str(&format!(
        "Using Key With Fingerprint: {fingerprint}\nChart Hash Verified: {hash}\n"
    ));
    Ok(text)
}

/// The hash that the signed text has for a file.
fn sum(text: &str, name: &str) -> Result<Option<String>, Failure> {
    let sums = text
        .split("\n...\n")
        .nth(1)
        .ok_or("message block must have at least two parts")?;
    let document =
        flux_yaml::parse_one(sums, &flux_yaml::Limits::default()).map_err(|error| error.to_string())?;
    let found = document
        .as_ref()
        .and_then(|document| document.root.text_at(&["files", name]));
    Ok(found.map(str::to_owned))
}

fn read_keyring(path: &Path) -> Result<Keyring, Failure> {
    let data = fs::read(path).map_err(|error| file_error("open", path, &error))?;
    Keyring::parse(&data).map_err(|error| error.to_string())
}

fn seconds() -> u64 {
    let now = package::now().unix();
    now.and_then(|(seconds, _)| u64::try_from(seconds).ok())
        .unwrap_or(0)
}

/// Signs archives as the flags say.
pub struct Signing<'p> {
    parsed: &'p Parsed,
    /// What the standard input gave, which it does only once.
    passphrase: Option<Vec<u8>>,
}

impl<'p> Signing<'p> {
    /// What `--sign` and the flags around it ask for.
    pub fn new(parsed: &'p Parsed) -> Result<Option<Self>, Failure> {
        if !parsed.on("sign") {
            return Ok(None);
        }
        if parsed.text("key").is_empty() {
            return Err("--key is required for signing a package".to_owned());
        }
        if parsed.has("keyring") && parsed.text("keyring").is_empty() {
            return Err("--keyring is required for signing a package".to_owned());
        }
        Ok(Some(Signing {
            parsed,
            passphrase: None,
        }))
    }

    /// Writes the provenance file of an archive.
    pub fn sign(&mut self, path: &Path) -> Result<(), Failure> {
        let ring = read_keyring(&keyring(self.parsed))?;
        let signer = ring
            .signer(self.parsed.text("key"), |name| self.passphrase(name))
            .map_err(|Refusal(cause)| cause)?;
        let chart = load::chart(path, &mut Log::new())
            .map_err(|error| format!("failed to load chart for signing: {error}"))?;
        let archive = fs::read(path).map_err(|error| file_error("open", path, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = format!(
            "{}\n...\nfiles:\n  {name}: {}\n",
            chart_yaml(&chart.metadata),
            flux_helm::package::digest(&archive)
        );
        let signed = sign(&text, &signer, seconds()).map_err(|error| error.to_string())?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".prov");
        let beside = PathBuf::from(beside);
        fs::write(&beside, signed).map_err(|error| file_error("open", &beside, &error))
    }

    fn passphrase(&mut self, name: &str) -> Result<Vec<u8>, Refusal> {
        if let Some(known) = &self.passphrase {
            return Ok(known.clone());
        }
        let mut line = Vec::new();
        match self.parsed.text("passphrase-file") {
            "" => {
                return Err(Refusal(format!(
                    "the key {name:?} is locked: --passphrase-file must name a file with its passphrase (- for the standard input)"
                )));
            }
            "-" => std::io::stdin().lock().read_until(b'\n', &mut line),
            path => fs::File::open(path).and_then(|file| std::io::BufReader::new(file).read_until(b'\n', &mut line)),
        }
        .map_err(|error| {
            Refusal(file_error("open", Path::new(self.parsed.text("passphrase-file")), &error))
        })?;
        while line.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
            line.pop();
        }
        Ok(self.passphrase.insert(line).clone())
    }
}

/// Why there is no signature.
struct Refusal(Failure);

impl From<flux_openpgp::Error> for Refusal {
    fn from(error: flux_openpgp::Error) -> Self {
        Refusal(error.to_string())
    }
}
