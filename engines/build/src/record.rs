//! What a build looked at.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use flux_kustomize::{FileError, FileKind, Files, GitSpec, Remote, RemoteError};
use sha2::{Digest as _, Sha256};

type Hash = [u8; 32];

/// A question that a build asked of its tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Read(String),
    Kind(String),
    List(String),
}

impl Question {
    /// The answer that a tree gives, condensed.
    fn ask(&self, files: &dyn Files) -> Hash {
        match self {
            Question::Read(path) => of_contents(&files.read(path)),
            Question::Kind(path) => of_kind(files.kind(path)),
            Question::List(dir) => of_list(&files.list(dir)),
        }
    }

    fn parts(&self) -> (&'static [u8], &str) {
        match self {
            Question::Read(path) => (b"read", path),
            Question::Kind(path) => (b"kind", path),
            Question::List(path) => (b"list", path),
        }
    }
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        // Lengths keep neighbouring parts apart.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn of_contents(answer: &Result<Cow<'_, [u8]>, FileError>) -> Hash {
    match answer {
        Ok(contents) => hash([b"contents".as_slice(), contents]),
        Err(error) => of_error(error),
    }
}

fn of_kind(answer: Option<FileKind>) -> Hash {
    hash([match answer {
        Some(FileKind::File) => b"file".as_slice(),
        Some(FileKind::Directory) => b"directory",
        None => b"nothing",
    }])
}

fn of_list(answer: &Result<Vec<String>, FileError>) -> Hash {
    match answer {
        Ok(names) => hash(
            [b"names".as_slice()]
                .into_iter()
                .chain(names.iter().map(String::as_bytes)),
        ),
        Err(error) => of_error(error),
    }
}

fn of_error(error: &FileError) -> Hash {
    hash([b"error".as_slice(), error.to_string().as_bytes()])
}

/// A tree that remembers what was asked of it: contents, listings, and what was not there.
pub struct RecordingFiles<'a> {
    files: &'a dyn Files,
    seen: Mutex<BTreeMap<Question, Hash>>,
}

impl<'a> RecordingFiles<'a> {
    /// Records questions to this tree.
    pub fn new(files: &'a dyn Files) -> Self {
        RecordingFiles {
            files,
            seen: Mutex::default(),
        }
    }

    /// What was asked so far.
    pub fn closure(&self) -> Closure {
        Closure {
            seen: self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn note(&self, question: Question, answer: impl FnOnce() -> Hash) {
        // The map holds whole entries only, so one left behind by a panic is as good as any.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(question).or_insert_with(answer);
    }
}

impl Files for RecordingFiles<'_> {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        let answer = self.files.read(path);
        self.note(Question::Read(path.to_owned()), || of_contents(&answer));
        answer
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let answer = self.files.kind(path);
        self.note(Question::Kind(path.to_owned()), || of_kind(answer));
        answer
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let answer = self.files.list(dir);
        self.note(Question::List(dir.to_owned()), || of_list(&answer));
        answer
    }
}

/// Everything that a build looked at in its tree, with the answers it got. Another tree that gives the same answers builds
/// the same, whatever else is in it; remote bases are not part of this, see [`RecordingRemote`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    seen: BTreeMap<Question, Hash>,
}

impl Closure {
    /// `sha256:` and hex, over all questions and answers.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (question, answer) in &self.seen {
            let (kind, path) = question.parts();
            hasher.update(hash([kind, path.as_bytes(), answer]));
        }
        hex(&hasher.finalize())
    }

    /// Whether a tree gives the same answers. Stops at the first that differs.
    pub fn holds_for(&self, files: &dyn Files) -> bool {
        self.seen
            .iter()
            .all(|(question, answer)| question.ask(files) == *answer)
    }

    /// The files that were read or looked for, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.seen.keys().filter_map(|question| match question {
            Question::Read(path) => Some(path.as_str()),
            Question::Kind(_) | Question::List(_) => None,
        })
    }

    /// How many questions were asked.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

/// `sha256:` and the digest in hex.
pub(crate) fn hex(digest: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

/// A remote that remembers whether it was asked. What a remote base holds can change behind the same name, so a build
/// that asked is not judged by its [`Closure`] alone.
pub struct RecordingRemote<'a> {
    remote: &'a dyn Remote,
    asked: AtomicBool,
}

impl<'a> RecordingRemote<'a> {
    /// Records questions to this remote.
    pub fn new(remote: &'a dyn Remote) -> Self {
        RecordingRemote {
            remote,
            asked: AtomicBool::new(false),
        }
    }

    /// Whether anything remote was asked for.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Remote for RecordingRemote<'_> {
    fn git(&self, spec: &GitSpec) -> Result<Arc<dyn Files + Send>, RemoteError> {
        self.asked.store(true, Ordering::Relaxed);
        self.remote.git(spec)
    }

    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        self.asked.store(true, Ordering::Relaxed);
        self.remote.file(url)
    }
}
