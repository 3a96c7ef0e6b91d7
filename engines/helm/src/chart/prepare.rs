//! What can be done with the files of a chart while others are still being unpacked or read.
//!
//! Values are read, and templates compiled, before it is known what of them the chart uses, and under which names. What came of them
//! is found again by the bytes of the file, which are shared and never copied. What fails is left to whoever asks: it fails there
//! again, in Helm's order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use bytes::Bytes;
use flux_gotemplate::{Functions, Unnamed};

use crate::chart::{File, Metadata};
use crate::threads::Threads;
use crate::value::Table;
use crate::values::load_values;

/// What was made of the files of a chart so far.
#[derive(Debug, Default)]
pub struct Prepared {
    metadata: HashMap<Key, (Bytes, Metadata)>,
    values: HashMap<Key, (Bytes, Table)>,
    templates: HashMap<Key, Unnamed>,
}

/// Where the bytes of a file lie. No others lie there while these are held.
type Key = (usize, usize);

fn key(data: &[u8]) -> Key {
    (data.as_ptr().addr(), data.len())
}

impl Prepared {
    /// What was read of a `Chart.yaml` already.
    pub fn with_metadata(data: Bytes, metadata: Metadata) -> Self {
        let mut prepared = Prepared::default();
        prepared.add(Done::Metadata(data, Box::new(metadata)));
        prepared
    }

    /// What stands in a `Chart.yaml`.
    pub(crate) fn metadata(&self, data: &[u8]) -> Option<Metadata> {
        self.metadata
            .get(&key(data))
            .map(|(_, metadata)| metadata.clone())
    }

    /// The values in a file.
    pub(crate) fn values<E>(&self, data: &[u8]) -> Option<Result<Table, E>> {
        let (_, table) = self.values.get(&key(data))?;
        Some(Ok(table.clone()))
    }

    /// The template in a file.
    pub(crate) fn template(&self, data: &[u8]) -> Option<&Unnamed> {
        self.templates.get(&key(data))
    }

    fn add(&mut self, done: Done) {
        match done {
            Done::Metadata(data, metadata) => {
                self.metadata.insert(key(&data), (data, *metadata));
            }
            Done::Values(data, table) => {
                self.values.insert(key(&data), (data, table));
            }
            Done::Template(template) => {
                self.templates.insert(key(template.text()), *template);
            }
        }
    }
}

/// What is to be done with a file.
struct Task(Sort, Bytes);

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Metadata,
    Values,
    Template,
}

enum Done {
    Metadata(Bytes, Box<Metadata>),
    Values(Bytes, Table),
    Template(Box<Unnamed>),
}

impl Sort {
    fn of(file: &File) -> Option<Self> {
        // Nothing has no place of its own in memory.
        if file.data.is_empty() {
            return None;
        }
        let name = &*file.name;
        if name == "Chart.yaml" || name.ends_with("/Chart.yaml") {
            return Some(Sort::Metadata);
        }
        if name == "values.yaml" || name.ends_with("/values.yaml") {
            return Some(Sort::Values);
        }
        let is_template = name.starts_with("templates/") || name.contains("/templates/");
        is_template.then_some(Sort::Template)
    }
}

impl Task {
    fn run(self, functions: &Functions) -> Option<Done> {
        let Task(sort, data) = self;
        match sort {
            Sort::Metadata => {
                let metadata = Metadata::from_yaml(&data).ok()?;
                Some(Done::Metadata(data, Box::new(metadata)))
            }
            Sort::Values => {
                let table = load_values(&data).ok()?;
                Some(Done::Values(data, table))
            }
            // What is no text is compiled as something else.
            Sort::Template if std::str::from_utf8(&data).is_err() => None,
            Sort::Template => {
                let template = Unnamed::new(data, functions)?;
                Some(Done::Template(Box::new(template)))
            }
        }
    }
}

/// Files of the same content, of which the first stands for all: charts within a chart often bring the same library with them, or are
/// of the same make.
#[derive(Default)]
struct Contents(HashMap<(Sort, usize), Vec<Bytes>>);

/// Contents of one length that are compared with another one; more are taken for new.
const COMPARED: usize = 16;

impl Contents {
    /// Those of which something was made.
    fn of(prepared: &Prepared) -> Self {
        let mut contents = Contents::default();
        for (data, _) in prepared.metadata.values() {
            let alike = contents.0.entry((Sort::Metadata, data.len())).or_default();
            alike.push(data.clone());
        }
        contents
    }

    /// Makes the content of a file that of an earlier one, where they are equal. Whether it was new.
    fn share(&mut self, file: &mut File, sort: Sort) -> bool {
        let alike = self.0.entry((sort, file.data.len())).or_default();
        if let Some(first) = alike.iter().find(|first| **first == file.data) {
            file.data = first.clone();
            return false;
        }
        if alike.len() < COMPARED {
            alike.push(file.data.clone());
        }
        true
    }
}

/// Tasks on their way from the thread that reads to the one beside it.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Bytes in them.
    size: usize,
    /// No more tasks will come.
    ended: bool,
    /// A thread waits for tasks.
    idle: bool,
}

/// Tasks, and bytes in them, for which a thread that waits is woken: that takes longer than a small task.
const WORTH_WAKING: (usize, usize) = (8, 16 << 10);

impl Queue {
    fn push(&self, task: Task) {
        let mut state = locked(&self.state);
        state.size += task.1.len();
        state.tasks.push_back(task);
        let (count, size) = WORTH_WAKING;
        if state.idle && (state.tasks.len() >= count || state.size >= size) {
            state.idle = false;
            drop(state);
            self.more.notify_one();
        }
    }

    /// No more tasks will come; those that are left are not worth it, unless they are `wanted`.
    fn end(&self, wanted: bool) {
        let mut state = locked(&self.state);
        state.ended = true;
        if !wanted {
            state.tasks.clear();
        }
        drop(state);
        self.more.notify_one();
    }

    /// The next task; nothing when there will be none.
    fn next(&self) -> Option<Task> {
        let mut state = locked(&self.state);
        loop {
            if let Some(task) = state.tasks.pop_front() {
                state.size -= task.1.len();
                return Some(task);
            }
            if state.ended {
                return None;
            }
            state.idle = true;
            let waits = |state: &mut State| state.idle && !state.ended;
            let waited = self.more.wait_while(state, waits);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self, functions: &Functions) -> Vec<Done> {
        let tasks = std::iter::from_fn(|| self.next());
        tasks.filter_map(|task| task.run(functions)).collect()
    }
}

/// Unpacks files on this thread, and works on them on another one; in the end on both. The other thread begins with the first file that
/// is of use.
pub(crate) fn beside<E>(
    functions: &Functions,
    threads: Threads,
    unpack: impl FnOnce(&mut dyn FnMut(&mut File)) -> Result<Vec<File>, E>,
) -> (Result<Vec<File>, E>, Prepared) {
    let queue = Queue::default();
    let work = || queue.work(functions);
    let mut prepared = Prepared::default();
    let files = std::thread::scope(|scope| {
        let mut beside = None;
        let mut contents = Contents::default();
        let files = unpack(&mut |file| {
            let Some(sort) = Sort::of(file) else { return };
            if !contents.share(file, sort) {
                return;
            }
            queue.push(Task(sort, file.data.clone()));
            beside.get_or_insert_with(|| threads.start(scope, Builder::new(), work).ok());
        });
        // What cannot be unpacked to its end is of no use.
        queue.end(files.is_ok());
        let mut done = work();
        let others = beside.flatten().and_then(|beside| beside.join().ok());
        done.extend(others.into_iter().flatten());
        done.into_iter().for_each(|done| prepared.add(done));
        files
    });
    (files, prepared)
}

/// Works on files that are read one by one, on whatever thread one is read. What was `prepared` before is not worked on again.
pub(crate) fn at_once<E>(
    functions: &Functions,
    mut prepared: Prepared,
    read: impl FnOnce(&(dyn Fn(&mut File) + Sync)) -> Result<Vec<File>, E>,
) -> (Result<Vec<File>, E>, Prepared) {
    let contents = Mutex::new(Contents::of(&prepared));
    let done = Mutex::new(Vec::new());
    let files = read(&|file| {
        let Some(sort) = Sort::of(file) else { return };
        if !locked(&contents).share(file, sort) {
            return;
        }
        if let Some(made) = Task(sort, file.data.clone()).run(functions) {
            locked(&done).push(made);
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().for_each(|done| prepared.add(done));
    (files, prepared)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
