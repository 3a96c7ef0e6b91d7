//! Repositories on a server.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use gix::ObjectId;
use gix::progress::Discard;
use gix::protocol::handshake::Ref;
use gix::remote::fetch::{Prepare, Shallow, Tags};
use gix::remote::{Direction, ref_map};
use gix_transport::Protocol;
use gix_transport::client::blocking_io::Transport as AnyTransport;
use gix_transport::client::blocking_io::http::Transport as Smart;
use tracing::debug;

use crate::channel::Channel;
use crate::checkout::{Found, checkout};
use crate::choose::{candidates, check_reference, highest, nearby};
use crate::error::{GitError, causes};
use crate::local::{commit_time, options, parse_hash};
use crate::request::{Outcome, Request, Selection};
use crate::ssh::Session;
use crate::transport::{Link, Transport};

/// One connection in Git's protocol, whatever carries it.
type Wire = Box<dyn AnyTransport + Send>;

/// How the server is reached.
pub(crate) enum Way {
    /// Over http or https.
    Http(flux_http::Client),
    /// Over ssh.
    Ssh(Box<(crate::ssh::Address, crate::Ssh)>),
}

enum Open {
    Http(Link),
    Ssh(Session),
}

/// One commit, no history.
const DEPTH: Shallow = Shallow::DepthAtRemote(NonZeroU32::MIN);

/// Fetches through `channel` into a bare repository that is made in `scratch`, which the caller removes afterwards.
pub(crate) fn fetch(
    channel: Arc<Channel>,
    way: Way,
    scratch: &Path,
    request: &Request,
) -> Result<Outcome, GitError> {
    let repository = init(scratch)?;
    let open = match way {
        Way::Http(client) => Open::Http(Link {
            channel: channel.clone(),
            client,
        }),
        Way::Ssh(way) => Open::Ssh(Session::open(&channel, way.0, &way.1)?),
    };
    let server = Server {
        channel,
        open,
        repository: &repository,
    };
    match &request.selection {
        Selection::Branch(branch) => server.named(&format!("refs/heads/{branch}"), None, request),
        Selection::Tag(tag) => server.named(&format!("refs/tags/{tag}"), Some(tag), request),
        Selection::Name(name) => {
            let name = name.trim_end_matches("^{}");
            server.named(name, name.strip_prefix("refs/tags/"), request)
        }
        Selection::Any(None) => server.named("HEAD", None, request),
        Selection::Any(Some(name)) => server.any(name, request),
        Selection::Semver(range) => server.semver(range, request),
        Selection::Commit { hash, branch } => server.commit(hash, branch.as_deref(), request),
    }
}

/// Makes the least that counts as a repository: a fetch that finds nothing new should cost nothing.
fn init(scratch: &Path) -> Result<gix::Repository, GitError> {
    let failed = |cause: std::io::Error| GitError::Io {
        action: "make a repository in",
        path: scratch.display().to_string(),
        cause,
    };
    fs::create_dir_all(scratch.join("objects/pack")).map_err(failed)?;
    fs::create_dir(scratch.join("refs")).map_err(failed)?;
    fs::write(scratch.join("HEAD"), "ref: refs/heads/main\n").map_err(failed)?;
    fs::write(
        scratch.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    )
    .map_err(failed)?;
    let options = options().open_path_as_is(true).with(gix::sec::Trust::Full);
    gix::open_opts(scratch, options).map_err(|error| failed(std::io::Error::other(causes(&error))))
}

struct Server<'a> {
    channel: Arc<Channel>,
    open: Open,
    repository: &'a gix::Repository,
}

/// A reference that the server has.
struct Advertised {
    name: String,
    /// What it points to: a commit or a tag object.
    tip: ObjectId,
    /// The commit behind it.
    commit: ObjectId,
}

impl<'a> Server<'a> {
    fn named(&self, name: &str, tag: Option<&str>, request: &Request) -> Result<Outcome, GitError> {
        check_reference(name)?;
        let prepared = self.prepare(&[format!("+{name}:refs/flux/head")])?;
        let advertised = advertised(&prepared);
        let Some(found) = advertised.into_iter().find(|found| found.name == name) else {
            return Err(self.not_found(name));
        };
        let revision = request.selection.revision(&found.commit.to_string(), tag);
        if request.held.as_deref() == Some(revision.as_str()) {
            return Ok(Outcome::Unchanged { revision });
        }
        self.receive(prepared, DEPTH)?;
        self.checkout(found, tag, request)
    }

    /// The first of the references that a short name may mean, or a commit.
    fn any(&self, name: &str, request: &Request) -> Result<Outcome, GitError> {
        if parse_hash(name).is_ok() {
            return self.commit(name, None, request);
        }
        let wanted = candidates(name)?;
        let specs: Vec<String> = (0..)
            .zip(&wanted)
            .map(|(at, name): (u8, _)| format!("+{name}:refs/flux/any/{at}"))
            .collect();
        let found = advertised(&self.prepare(&specs)?);
        let known = wanted
            .iter()
            .find(|name| found.iter().any(|found| found.name == **name));
        match known {
            Some(name) => self.named(name, name.strip_prefix("refs/tags/"), request),
            None => Err(self.not_found(&format!("refs/heads/{name}"))),
        }
    }

    fn checkout(&self, found: Advertised, tag: Option<&str>, request: &Request) -> Result<Outcome, GitError> {
        let found = Found {
            tip: found.tip,
            reference: found.name,
            tag: tag.map(str::to_owned),
        };
        Ok(Outcome::Fetched(Box::new(checkout(
            self.repository,
            found,
            request,
        )?)))
    }

    fn semver(&self, range: &str, request: &Request) -> Result<Outcome, GitError> {
        let all = self.list("refs/tags/")?;
        let names: Vec<&str> = all
            .iter()
            .filter_map(|found| found.name.strip_prefix("refs/tags/"))
            .collect();
        if names.is_empty() && self.list("")?.is_empty() {
            return Err(GitError::Empty {
                url: self.shown_url(),
            });
        }
        let best = highest(range, &names)?;
        if let [tag] = best.as_slice() {
            return self.named(&format!("refs/tags/{tag}"), Some(tag), request);
        }
        // Versions that differ in build metadata only: the newest commit decides, so all of them are fetched.
        let specs: Vec<String> = best
            .iter()
            .map(|tag| format!("+refs/tags/{tag}:refs/flux/tags/{tag}"))
            .collect();
        let prepared = self.prepare(&specs)?;
        let mut tied = advertised(&prepared);
        tied.retain(|found| {
            best.iter()
                .any(|tag| found.name.strip_prefix("refs/tags/") == Some(*tag))
        });
        self.receive(prepared, DEPTH)?;
        let mut newest: Option<(i64, Advertised)> = None;
        for found in tied {
            let time = commit_time(self.repository, found.commit)?;
            if newest.as_ref().is_none_or(|(held, _)| time > *held) {
                newest = Some((time, found));
            }
        }
        let Some((_, found)) = newest else {
            return Err(self.not_found(&format!("refs/tags/{}", best.first().unwrap_or(&""))));
        };
        let tag = found.name.trim_start_matches("refs/tags/").to_owned();
        let revision = request.selection.revision(&found.commit.to_string(), Some(&tag));
        if request.held.as_deref() == Some(revision.as_str()) {
            return Ok(Outcome::Unchanged { revision });
        }
        self.checkout(found, Some(&tag), request)
    }

    fn commit(&self, hash: &str, branch: Option<&str>, request: &Request) -> Result<Outcome, GitError> {
        let id = parse_hash(hash)?;
        let reference = branch
            .map(|branch| format!("refs/heads/{branch}"))
            .unwrap_or_default();
        if !reference.is_empty() {
            check_reference(&reference)?;
        }
        if let Err(error) = self.exactly(id) {
            // Old servers give out only what a reference points to; then the history must come too.
            debug!(%error, "server does not give out a commit by its hash");
            self.history(&reference)?;
        }
        let object = self
            .repository
            .find_object(id)
            .map_err(|_| GitError::CommitNotFound {
                hash: hash.into(),
                cause: "object not found".into(),
            })?;
        let cause = "it is no commit".to_owned();
        let not_a_commit = |_| GitError::CommitNotFound {
            hash: hash.into(),
            cause,
        };
        object.peel_to_commit().map_err(not_a_commit)?;
        let found = Found {
            tip: id,
            reference,
            tag: None,
        };
        Ok(Outcome::Fetched(Box::new(checkout(
            self.repository,
            found,
            request,
        )?)))
    }

    fn exactly(&self, id: ObjectId) -> Result<(), GitError> {
        let prepared = self.prepare(&[format!("+{id}:refs/flux/head")])?;
        self.receive(prepared, DEPTH)
    }

    fn history(&self, reference: &str) -> Result<(), GitError> {
        let specs = if reference.is_empty() {
            vec![
                "+refs/heads/*:refs/flux/heads/*".into(),
                "+refs/tags/*:refs/flux/tags/*".into(),
            ]
        } else {
            vec![format!("+{reference}:refs/flux/head")]
        };
        let prepared = self.prepare(&specs)?;
        let advertised = advertised(&prepared);
        if !reference.is_empty() && !advertised.iter().any(|found| found.name == reference) {
            return Err(self.not_found(reference));
        }
        if advertised.is_empty() {
            return Err(GitError::Empty {
                url: self.shown_url(),
            });
        }
        self.receive(prepared, Shallow::NoChange)
    }

    /// The references below a prefix; all of them when it is empty.
    fn list(&self, prefix: &str) -> Result<Vec<Advertised>, GitError> {
        // The filter on the server knows prefixes of two parts only.
        let (spec, filter) = match prefix {
            "" => ("+refs/*:refs/flux/*".into(), false),
            prefix => (format!("+{prefix}*:refs/flux/list/*"), true),
        };
        let mut found = advertised(&self.prepare_with(&[spec], filter)?);
        found.retain(|found| found.name.starts_with(prefix));
        Ok(found)
    }

    fn not_found(&self, name: &str) -> GitError {
        let all = match self.list("") {
            Ok(all) => all,
            Err(error) => return error,
        };
        if all.is_empty() {
            return GitError::Empty {
                url: self.shown_url(),
            };
        }
        let prefix = if name.starts_with("refs/tags/") {
            "refs/tags/"
        } else {
            "refs/heads/"
        };
        let names = all
            .iter()
            .filter_map(|found| Some(found.name.strip_prefix(prefix)?.to_owned()));
        let nearby = nearby(name.strip_prefix(prefix).unwrap_or(name), names);
        GitError::RefNotFound {
            url: self.shown_url(),
            reference: name.into(),
            nearby,
        }
    }

    fn shown_url(&self) -> String {
        flux_http::redact(&self.channel.url)
    }

    /// What went wrong: what the channel saw if it saw something, else what the library says.
    fn protocol(&self, error: impl std::error::Error + 'static) -> GitError {
        if let Some(failure) = self.channel.failure() {
            return failure;
        }
        let mut cause = causes(&error);
        if cause.contains("64 hexadecimal characters") {
            cause = "repositories with sha256 object names are not supported yet".into();
        }
        GitError::Protocol {
            url: self.shown_url(),
            cause,
        }
    }

    fn prepare(&self, specs: &[String]) -> Result<Prepare<'static, 'a, Wire>, GitError> {
        self.prepare_with(specs, true)
    }

    fn prepare_with(&self, specs: &[String], filter: bool) -> Result<Prepare<'static, 'a, Wire>, GitError> {
        let url = gix::url::parse(self.channel.url.as_bytes()).map_err(|error| self.protocol(error))?;
        let remote = self.repository.remote_at_without_url_rewrite(url.clone());
        let remote = remote
            .map_err(|error| self.protocol(error))?
            .with_fetch_tags(Tags::None);
        let specs = specs.iter().map(String::as_str);
        let remote = remote
            .with_refspecs(specs, Direction::Fetch)
            .map_err(|error| self.protocol(error))?;
        let wire: Wire = match &self.open {
            Open::Http(link) => {
                let transport = Transport::new(link.clone());
                Box::new(Smart::new_http(transport, url, Protocol::V2, false))
            }
            Open::Ssh(session) => session.upload_pack(url).map_err(|error| self.protocol(error))?,
        };
        let connection = remote
            .to_connection_with_transport(wire)
            // Ours are sent from the start; nobody else is asked.
            .with_credentials(|_| Ok(None))
            .with_transport_options(Box::new(()));
        let options = ref_map::Options {
            prefix_from_spec_as_filter_on_remote: filter,
            ..Default::default()
        };
        connection
            .prepare_fetch(Discard, options)
            .map_err(|error| self.protocol(error))
    }

    fn receive(&self, prepared: Prepare<'_, '_, Wire>, shallow: Shallow) -> Result<(), GitError> {
        let prepared = prepared.with_shallow(shallow).with_write_packed_refs_only(true);
        let outcome = prepared.receive(Discard, &self.channel.interrupt.flag);
        outcome.map(drop).map_err(|error| self.protocol(error))
    }
}

fn advertised(prepared: &Prepare<'_, '_, Wire>) -> Vec<Advertised> {
    let references = prepared.ref_map().remote_refs.iter();
    let read = |reference: &Ref| {
        let (name, tip, commit) = match reference {
            Ref::Peeled {
                full_ref_name,
                tag,
                object,
            } => (full_ref_name, *tag, *object),
            Ref::Direct {
                full_ref_name,
                object,
            } => (full_ref_name, *object, *object),
            Ref::Symbolic {
                full_ref_name,
                tag,
                object,
                ..
            } => (full_ref_name, tag.unwrap_or(*object), *object),
            Ref::Unborn { .. } => return None,
        };
        Some(Advertised {
            name: name.to_string(),
            tip,
            commit,
        })
    };
    references.filter_map(read).collect()
}
