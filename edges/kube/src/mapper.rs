//! Which kinds the server has and under which paths.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::discovery;
use crate::error::{ApiError, Error};
use crate::object::Key;
use crate::request::{Requester, encode};
use flux_object::Gvk;

/// Pause between two looks for the same group and version that were in vain.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same, for [`FRESH`] after a kind was defined or removed.
const IMPATIENCE: Duration = Duration::from_millis(100);
const FRESH: Duration = Duration::from_secs(30);

/// One resource of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResource {
    /// Its kind.
    pub gvk: Gvk,
    /// Name in paths, such as `deployments`.
    pub plural: String,
    /// Name of one, such as `deployment`.
    pub singular: String,
    /// Short names, such as `deploy`.
    pub short_names: Vec<String>,
    /// Groups of resources that it belongs to, such as `all`.
    pub categories: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// What can be done, such as `list`.
    pub verbs: Vec<String>,
    /// Subresources, such as `status`.
    pub subresources: Vec<String>,
    /// Kinds that its subresources take or give, such as `Scale`.
    pub subresource_kinds: Vec<String>,
}

impl ApiResource {
    /// Whether it has this subresource.
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.iter().any(|held| held == name)
    }

    /// Whether it can be done.
    pub fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|held| held == verb)
    }

    pub(crate) fn collection_path(&self, namespace: &str) -> String {
        let mut path = String::from(if self.gvk.group.is_empty() {
            "/api"
        } else {
            "/apis"
        });
        let mut segment = |text: &str| {
            path.push('/');
            encode(text, &mut path);
        };
        if !self.gvk.group.is_empty() {
            segment(&self.gvk.group);
        }
        segment(&self.gvk.version);
        if self.namespaced && !namespace.is_empty() {
            segment("namespaces");
            segment(namespace);
        }
        segment(&self.plural);
        path
    }

    pub(crate) fn object_path(&self, key: &Key) -> Result<String, Error> {
        self.subresource_path(key, "")
    }

    pub(crate) fn subresource_path(&self, key: &Key, subresource: &str) -> Result<String, Error> {
        self.check_namespace(key)?;
        if matches!(key.name.as_str(), "" | "." | "..") || key.name.contains(['/', '%']) {
            return Err(self.refuse(key, &format!("invalid name {:?}", key.name)));
        }
        let mut path = self.collection_path(&key.namespace);
        path.push('/');
        encode(&key.name, &mut path);
        if !subresource.is_empty() {
            path.push('/');
            encode(subresource, &mut path);
        }
        Ok(path)
    }

    /// An object of a namespaced kind must say its namespace; the words are Flux's.
    pub(crate) fn check_namespace(&self, key: &Key) -> Result<(), Error> {
        if self.namespaced && key.namespace.is_empty() {
            return Err(self.refuse(key, "namespace not specified"));
        }
        if matches!(key.namespace.as_str(), "." | "..") || key.namespace.contains(['/', '%']) {
            return Err(self.refuse(key, &format!("invalid namespace {:?}", key.namespace)));
        }
        Ok(())
    }

    fn refuse(&self, key: &Key, why: &str) -> Error {
        Error::Invalid(ApiError {
            message: format!("{}/{} {why}", self.gvk.kind, key.name),
            ..ApiError::default()
        })
    }
}

/// The kinds of one server, discovered once and looked up again when one is missing. Cloning shares it.
#[derive(Clone)]
pub struct Mapper(Arc<Inner>);

struct Inner {
    requester: Requester,
    table: RwLock<Table>,
    /// One discovery at a time.
    discovering: tokio::sync::Mutex<()>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Table {
    complete: bool,
    kinds: HashMap<Gvk, Arc<ApiResource>>,
    /// The versions of each group, the preferred one first.
    groups: BTreeMap<String, Vec<String>>,
}

#[derive(Default)]
struct Asked {
    in_vain: HashMap<(String, String), Instant>,
    changed: Option<Instant>,
}

impl Mapper {
    pub(crate) fn new(requester: Requester) -> Self {
        Mapper(Arc::new(Inner {
            requester,
            table: RwLock::default(),
            discovering: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
        }))
    }

    /// The resource of a kind. A kind that is not known is looked for: at once when a definition was just written
    /// through a client of this mapper, else at most every 5 s for its group and version.
    pub async fn find(&self, gvk: &Gvk) -> Result<Arc<ApiResource>, Error> {
        if let Some(resource) = self.known(gvk) {
            return Ok(resource);
        }
        let _one = self.0.discovering.lock().await;
        if let Some(resource) = self.known(gvk) {
            return Ok(resource);
        }
        if !self.is_complete() {
            self.discover().await?;
        } else if self.may_ask(gvk) {
            self.discover_version(&gvk.group, &gvk.version).await?;
        }
        let found = self.known(gvk);
        self.note_asked(gvk, found.is_some());
        found.ok_or_else(|| Error::NoMatch { gvk: gvk.clone() })
    }

    /// The resource of a kind in the version that the server prefers.
    pub async fn preferred(&self, group: &str, kind: &str) -> Result<Arc<ApiResource>, Error> {
        self.ensure_complete().await?;
        let version = {
            let table = self.read();
            let versions = table.groups.get(group).cloned().unwrap_or_default();
            versions
                .into_iter()
                .find(|version| table.kinds.contains_key(&gvk(group, version, kind)))
        };
        self.find(&gvk(group, version.unwrap_or_default(), kind)).await
    }

    /// The resource that a user means by `name`: plural, singular, short name or kind in lower case, with the group behind
    /// a dot where it must be told apart (`ks`, `gitrepository`, `kustomizations.kustomize.toolkit.fluxcd.io`).
    pub async fn by_name(&self, name: &str) -> Result<Option<Arc<ApiResource>>, Error> {
        self.ensure_complete().await?;
        let name = name.to_ascii_lowercase();
        let (word, group) = name.split_once('.').unwrap_or((&name, ""));
        let table = self.read();
        for (held, versions) in &table.groups {
            if !group.is_empty() && held != group {
                continue;
            }
            for version in versions {
                let mut kinds = table.kinds.values();
                let found = kinds.find(|resource| {
                    resource.gvk.group == *held
                        && resource.gvk.version == *version
                        && is_called(resource, word)
                });
                if let Some(resource) = found {
                    return Ok(Some(resource.clone()));
                }
            }
        }
        Ok(None)
    }

    /// Every resource of the server.
    pub async fn all(&self) -> Result<Vec<Arc<ApiResource>>, Error> {
        self.ensure_complete().await?;
        Ok(self.read().kinds.values().cloned().collect())
    }

    /// Forgets everything; the next question discovers anew.
    pub fn invalidate(&self) {
        *self.write() = Table::default();
        self.asked().in_vain.clear();
    }

    /// A definition of kinds changed: unknown kinds are worth another look at once.
    pub fn definitions_changed(&self) {
        let mut asked = self.asked();
        asked.in_vain.clear();
        asked.changed = Some(Instant::now());
    }

    /// Called for every write that went through.
    pub(crate) fn note_write(&self, gvk: &Gvk) {
        let defines = [
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("apiregistration.k8s.io", "APIService"),
        ];
        if defines.contains(&(gvk.group.as_str(), gvk.kind.as_str())) {
            self.definitions_changed();
        }
    }

    /// The server does not know the kind (any more).
    pub(crate) fn forget(&self, gvk: &Gvk) {
        self.write().kinds.remove(gvk);
    }

    fn known(&self, gvk: &Gvk) -> Option<Arc<ApiResource>> {
        self.read().kinds.get(gvk).cloned()
    }

    fn is_complete(&self) -> bool {
        self.read().complete
    }

    async fn ensure_complete(&self) -> Result<(), Error> {
        if self.is_complete() {
            return Ok(());
        }
        let _one = self.0.discovering.lock().await;
        if self.is_complete() {
            Ok(())
        } else {
            self.discover().await
        }
    }

    fn may_ask(&self, gvk: &Gvk) -> bool {
        let asked = self.asked();
        let fresh = asked.changed.is_some_and(|at| at.elapsed() < FRESH);
        let pause = if fresh { IMPATIENCE } else { PATIENCE };
        let before = asked.in_vain.get(&(gvk.group.clone(), gvk.version.clone()));
        before.is_none_or(|at| at.elapsed() >= pause)
    }

    fn note_asked(&self, gvk: &Gvk, found: bool) {
        const MOST: usize = 1024;
        let mut asked = self.asked();
        if found {
            return;
        }
        if asked.in_vain.len() >= MOST {
            asked.in_vain.clear();
        }
        let key = (gvk.group.clone(), gvk.version.clone());
        // A look that was refused for being too early does not move the clock.
        let expired = asked
            .in_vain
            .get(&key)
            .is_none_or(|at| at.elapsed() >= IMPATIENCE);
        if expired {
            asked.in_vain.insert(key, Instant::now());
        }
    }

    async fn discover(&self) -> Result<(), Error> {
        let found = discovery::everything(&self.0.requester).await?;
        let mut table = self.write();
        table.kinds = found
            .resources
            .into_iter()
            .map(|one| (one.gvk.clone(), Arc::new(one)))
            .collect();
        table.groups = found.groups;
        table.complete = true;
        Ok(())
    }

    async fn discover_version(&self, group: &str, version: &str) -> Result<(), Error> {
        let found = discovery::version(&self.0.requester, group, version).await?;
        let mut table = self.write();
        table
            .kinds
            .retain(|gvk, _| gvk.group != group || gvk.version != version);
        if !found.is_empty() {
            let versions = table.groups.entry(group.into()).or_default();
            if !versions.iter().any(|held| held == version) {
                versions.push(version.into());
            }
        }
        table
            .kinds
            .extend(found.into_iter().map(|one| (one.gvk.clone(), Arc::new(one))));
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.0.table.read().unwrap_or_else(|poison| poison.into_inner())
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.0.table.write().unwrap_or_else(|poison| poison.into_inner())
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.0.asked.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}

fn is_called(resource: &ApiResource, word: &str) -> bool {
    resource.plural == word
        || resource.singular == word
        || resource.short_names.iter().any(|short| short == word)
        || resource.gvk.kind.eq_ignore_ascii_case(word)
}

/// From its three parts.
pub(crate) fn gvk(group: &str, version: impl Into<String>, kind: impl Into<String>) -> Gvk {
    Gvk {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
    }
}
