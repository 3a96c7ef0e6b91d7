//! The repositories that Helm knows by name: `repositories.yaml`, and the indexes that it keeps of them.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use flux_helm::chart::Dependency;
use flux_helm::resolve::Source;
use flux_yaml::Node;

use super::flags::Parsed;
use super::remote::{Login, Server};
use super::{Failure, file_error, print};

/// A repository with a name.
pub struct Known {
    pub name: String,
    pub url: String,
    pub login: Login,
}

/// All of them.
pub struct Repositories {
    known: Vec<Known>,
    cache: PathBuf,
    /// How to reach those that have no name.
    login: Login,
    /// Indexes by address.
    held: HashMap<String, Bytes>,
}

impl Repositories {
    /// Those of the file that flags or the environment name; none when there is no such file.
    pub fn load(parsed: &Parsed) -> Result<Self, Failure> {
        let config = place(
            parsed.text("repository-config"),
            "HELM_REPOSITORY_CONFIG",
            ("HELM_CONFIG_HOME", "repositories.yaml"),
            ("XDG_CONFIG_HOME", ".config"),
        );
        let cache = place(
            parsed.text("repository-cache"),
            "HELM_REPOSITORY_CACHE",
            ("HELM_CACHE_HOME", "repository"),
            ("XDG_CACHE_HOME", ".cache"),
        );
        let known = match std::fs::read_to_string(&config) {
            Ok(text) => {
                known(&text).map_err(|error| format!("failed to load {}: {error}", config.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(file_error("open", &config, &error)),
        };
        Ok(Repositories {
            known,
            cache,
            login: Login::of(parsed),
            held: HashMap::new(),
        })
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Result<&Known, Failure> {
        let mut known = self.known.iter();
        known
            .find(|known| known.name == name)
            .ok_or_else(|| format!("repo {name} not found"))
    }

    fn at(&self, url: &str) -> Option<&Known> {
        let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
        let mut known = self.known.iter();
        known.find(|known| trimmed(&known.url) == trimmed(url))
    }

    /// The server of a repository, with the credentials that are known for it.
    pub fn server(&self, url: &str) -> Result<Server, Failure> {
        let login = self.at(url).map_or(&self.login, |known| &known.login);
        Server::new(url, login)
    }

    /// The index that Helm kept of a repository.
    pub fn kept(&self, name: &str) -> Result<Bytes, Failure> {
        let path = self.index_file(name);
        std::fs::read(&path)
            .map(Bytes::from)
            .map_err(|error| file_error("open", &path, &error))
    }

    fn index_file(&self, name: &str) -> PathBuf {
        self.cache.join(format!("{name}-index.yaml"))
    }

    /// Puts addresses in the place of names, and refuses what is neither.
    pub fn resolve_names(&self, dependencies: &mut [Dependency]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for dependency in dependencies {
            let Source::Repository(repository) = dependency.source() else {
                continue;
            };
            let name = repository
                .strip_prefix('@')
                .or_else(|| repository.strip_prefix("alias:"));
            let found = name.and_then(|name| self.named(name).ok());
            match found {
                Some(known) => dependency.repository = known.url.clone(),
                None if url::Url::parse(repository).is_ok() && name.is_none() => {}
                None => missing.push(repository.to_owned()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let is_name =
            |text: &String| !text.contains("//") && !text.starts_with('@') && !text.starts_with("alias:");
        let hint = if missing.iter().any(is_name) {
            "\nNote that repositories must be URLs or aliases. For example, to refer to the \"example\"\nrepository, use \
             \"https://charts.example.com/\" or \"@example\" instead of\n\"example\". Don't forget to add the repo, too ('helm repo \
             add')."
        } else {
            ""
        };
        Err(format!(
            "no repository definition for {}. Please add them via 'helm repo add'{hint}",
            missing.join(", ")
        ))
    }

    /// Fetches the indexes of the repositories that have a name.
    pub fn refresh(&mut self) -> Result<(), Failure> {
        if self.known.is_empty() {
            return Ok(());
        }
        print("Hang tight while we grab the latest from your chart repositories...\n")?;
        let all: Vec<(String, String)> = self
            .known
            .iter()
            .map(|known| (known.name.clone(), known.url.clone()))
            .collect();
        for (name, url) in all {
            self.fetch(
                &name,
                &url,
                &format!("{name:?} chart repository"),
                &format!(" ({url})"),
            )?;
        }
        print("Update Complete. ⎈Happy Helming!⎈\n")
    }

    /// Fetches the indexes of the repositories without a name.
    pub fn refresh_unmanaged(&mut self, dependencies: &[Dependency]) -> Result<(), Failure> {
        let mut urls: Vec<String> = Vec::new();
        for dependency in dependencies {
            if let Source::Repository(url) = dependency.source()
                && self.at(url).is_none()
                && !urls.iter().any(|known| known == url)
            {
                urls.push(url.to_owned());
            }
        }
        if urls.is_empty() {
            return Ok(());
        }
        print("Getting updates for unmanaged Helm repositories...\n")?;
        for url in urls {
            self.fetch(&unmanaged(&url), &url, &format!("{url:?} chart repository"), "")?;
        }
        Ok(())
    }

    fn fetch(&mut self, name: &str, url: &str, shown: &str, more: &str) -> Result<(), Failure> {
        let index = self.server(url).and_then(|server| server.index());
        match index {
            Ok(index) => {
                let path = self.index_file(name);
                // Whoever cannot keep it fetches it again.
                let _ = std::fs::create_dir_all(&self.cache).and_then(|()| std::fs::write(path, &index));
                self.held.insert(url.to_owned(), index);
                print(&format!("...Successfully got an update from the {shown}\n"))
            }
            Err(error) => print(&format!(
                "...Unable to get an update from the {shown}{more}:\n\t{error}\n"
            )),
        }
    }

    /// The index of a repository as it was fetched or kept.
    pub fn index(&self, url: &str) -> Result<Bytes, Failure> {
        if let Some(index) = self.held.get(url) {
            return Ok(index.clone());
        }
        let name = self
            .at(url)
            .map_or_else(|| unmanaged(url), |known| known.name.clone());
        self.kept(&name).map_err(|error| {
            format!("no cached repository for {name} found. (try 'helm repo update'): {error}")
        })
    }

    /// The same, fetched when it is not there.
    pub fn index_or_fetch(&self, url: &str) -> Result<Bytes, Failure> {
        self.index(url).or_else(|_| {
            let index = self.server(url)?.index();
            index.map_err(|cause| {
                format!("looks like {url:?} is not a valid chart repository or cannot be reached: {cause}")
            })
        })
    }
}

/// The name under which Helm keeps the index of a repository that has none.
fn unmanaged(url: &str) -> String {
    let hash = flux_helm::package::digest(url.as_bytes());
    format!("helm-manager-{}", hash.trim_start_matches("sha256:"))
}

/// A flag, a variable, a folder of Helm, a folder of all programs, or the one in the home directory.
fn place(flag: &str, variable: &str, (home, name): (&str, &str), (all, below): (&str, &str)) -> PathBuf {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if !flag.is_empty() {
        return flag.into();
    }
    if let Some(path) = set(variable) {
        return path;
    }
    let folder = set(home).or_else(|| set(all).map(|all| all.join("helm")));
    let folder = folder.unwrap_or_else(|| set("HOME").unwrap_or_default().join(below).join("helm"));
    folder.join(name)
}

fn known(text: &str) -> Result<Vec<Known>, Failure> {
    let document =
        flux_yaml::parse_one(text, &flux_yaml::Limits::default()).map_err(|error| error.to_string())?;
    let entries = document
        .as_ref()
        .and_then(|document| document.root.get("repositories"));
    let entries = entries.map_or(&[][..], |entries| entries.items());
    Ok(entries.iter().map(entry).collect())
}

fn entry(node: &Node) -> Known {
    let text = |name: &str| node.text_at(&[name]).unwrap_or_default().to_owned();
    Known {
        name: text("name"),
        url: text("url"),
        login: Login {
            username: text("username"),
            password: text("password"),
            to_all: text("pass_credentials_all") == "true",
            ca_file: text("caFile"),
            cert_file: text("certFile"),
            key_file: text("keyFile"),
            insecure: text("insecure_skip_tls_verify") == "true",
        },
    }
}
