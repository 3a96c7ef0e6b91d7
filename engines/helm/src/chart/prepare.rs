//! What can be done with the files of a chart while its archive is still being unpacked.
//!
//! Values are read, and templates compiled, before it is known what of them the chart uses, and under which names. What came of them
//! is found again by the bytes of the file, which are shared and never copied. What fails is left to whoever asks: it fails there
//! again, in Helm's order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};

use bytes::Bytes;
use flux_gotemplate::{Functions, Unnamed};

use crate::chart::{ArchiveError, File};
use crate::value::Table;
use crate::values::load_values;

/// What was made of the files of a chart so far.
#[derive(Debug, Default)]
pub struct Prepared {
    values: HashMap<Key, (Bytes, Table)>,
    templates: HashMap<Key, Unnamed>,
}

/// Where the bytes of a file lie. No others lie there while these are held.
type Key = (usize, usize);

fn key(data: &[u8]) -> Key {
    (data.as_ptr().addr(), data.len())
}

impl Prepared {
    /// The values in a file.
    pub(crate) fn values<E>(&mut self, data: &[u8]) -> Option<Result<Table, E>> {
        let (_, table) = self.values.remove(&key(data))?;
        Some(Ok(table))
    }

    /// The template in a file. It is there only once: a chart may be in use under several names.
    pub(crate) fn template(&mut self, data: &[u8]) -> Option<Unnamed> {
        self.templates.remove(&key(data))
    }

    fn add(&mut self, done: Done) {
        match done {
            Done::Values(data, table) => {
                self.values.insert(key(&data), (data, table));
            }
            Done::Template(template) => {
                self.templates.insert(key(template.text()), template);
            }
        }
    }
}

/// What is to be done with a file.
enum Task {
    Values(Bytes),
    Template(Bytes),
}

enum Done {
    Values(Bytes, Table),
    Template(Unnamed),
}

impl Task {
    fn of(file: &File) -> Option<Self> {
        // Nothing has no place of its own in memory.
        if file.data.is_empty() {
            return None;
        }
        let name = &*file.name;
        if name == "values.yaml" || name.ends_with("/values.yaml") {
            return Some(Task::Values(file.data.clone()));
        }
        let is_template = name.starts_with("templates/") || name.contains("/templates/");
        is_template.then(|| Task::Template(file.data.clone()))
    }

    fn run(self, functions: &Functions) -> Option<Done> {
        match self {
            Task::Values(data) => {
                let table = load_values(&data).ok()?;
                Some(Done::Values(data, table))
            }
            // What is no text is compiled as something else.
            Task::Template(text) if std::str::from_utf8(&text).is_err() => None,
            Task::Template(text) => Unnamed::new(text, functions).map(Done::Template),
        }
    }
}

/// Tasks on their way from the thread that unpacks to the one beside it.
#[derive(Default)]
struct Queue {
    tasks: Mutex<(VecDeque<Task>, Ended)>,
    more: Condvar,
}

/// Whether no more tasks will come.
type Ended = bool;

impl Queue {
    fn push(&self, task: Task) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.0.push_back(task);
        drop(tasks);
        self.more.notify_one();
    }

    /// No more tasks will come; those that are left are not worth it, unless they are `wanted`.
    fn end(&self, wanted: bool) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.1 = true;
        if !wanted {
            tasks.0.clear();
        }
        drop(tasks);
        self.more.notify_one();
    }

    /// The next task; nothing when there will be none.
    fn next(&self) -> Option<Task> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |tasks: &mut (VecDeque<Task>, Ended)| tasks.0.is_empty() && !tasks.1;
        let waited = self.more.wait_while(tasks, wait);
        waited.unwrap_or_else(PoisonError::into_inner).0.pop_front()
    }

    fn work(&self, functions: &Functions) -> Vec<Done> {
        let tasks = std::iter::from_fn(|| self.next());
        tasks.filter_map(|task| task.run(functions)).collect()
    }
}

/// Unpacks on this thread, and works on what is unpacked on another one; in the end on both.
pub(crate) fn prepare(
    functions: &Functions,
    unpack: impl FnOnce(&mut dyn FnMut(&File)) -> Result<Vec<File>, ArchiveError>,
) -> (Result<Vec<File>, ArchiveError>, Prepared) {
    let queue = Queue::default();
    let work = || queue.work(functions);
    let mut prepared = Prepared::default();
    let files = std::thread::scope(|scope| {
        let beside = std::thread::Builder::new().spawn_scoped(scope, work);
        let files = unpack(&mut |file| Task::of(file).into_iter().for_each(|task| queue.push(task)));
        // What an archive that is broken begins with is of no use.
        queue.end(files.is_ok());
        let mut done = work();
        let others = beside.ok().and_then(|beside| beside.join().ok());
        done.extend(others.into_iter().flatten());
        done.into_iter().for_each(|done| prepared.add(done));
        files
    });
    (files, prepared)
}
