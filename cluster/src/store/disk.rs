//! The durable side: a database written by one thread, many changes to one sync.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;

use redb::{
    AccessGuard, Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition,
};

use super::{Change, Entry, Packer, Store};
use crate::Error;

/// `resource NUL key` to revision (8 bytes, big endian) and text.
const OBJECTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("objects");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const FORMAT: u64 = 1;
/// The index holds everything, so the database's own cache is only for its inner pages.
const CACHE: usize = 4 << 20;

/// Resource, key and entry of an object.
pub(crate) type Row = (Arc<str>, Arc<str>, Entry);

/// What a database held when it was opened.
pub(crate) struct Loaded {
    pub(crate) objects: Vec<Row>,
    pub(crate) revision: u64,
    database: Database,
    path: PathBuf,
}

enum Message {
    Change(Change),
    Close,
}

/// The sending end of the thread that writes.
#[derive(Debug)]
pub(crate) struct Disk {
    sender: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    store: Arc<OnceLock<Weak<Store>>>,
}

impl Disk {
    /// Open the database file and read all of it.
    pub(crate) fn load(path: &Path) -> Result<Loaded, Error> {
        let failed = |error: redb::Error| match error {
            redb::Error::DatabaseAlreadyOpen => Error::InUse(path.parent().unwrap_or(path).to_owned()),
            redb::Error::Io(source) => Error::Io {
                path: path.to_owned(),
                source,
            },
            other => Error::Database {
                path: path.to_owned(),
                message: other.to_string(),
            },
        };
        let database = open(path).map_err(failed)?;
        let (objects, revision) = read_all(&database).map_err(failed)?;
        Ok(Loaded {
            objects,
            revision,
            database,
            path: path.to_owned(),
        })
    }

    /// Make a database of these objects.
    pub(crate) fn write_all(path: &Path, objects: &[Row], revision: u64) -> Result<(), Error> {
        let write = || -> Result<(), redb::Error> {
            let database = open(path)?;
            read_all(&database)?;
            let transaction = database.begin_write()?;
            {
                let mut table = transaction.open_table(OBJECTS)?;
                for (resource, key, entry) in objects {
                    let key = format!("{resource}\0{key}");
                    table.insert(key.as_bytes(), stored(entry.revision, &entry.body()).as_slice())?;
                }
                transaction.open_table(META)?.insert("revision", revision)?;
            }
            transaction.commit()?;
            Ok(())
        };
        write().map_err(|error| Error::Database {
            path: path.to_owned(),
            message: error.to_string(),
        })
    }

    /// Start the thread that writes. Call [`Disk::attach`] when the store is made.
    pub(crate) fn start(database: Database, path: PathBuf) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        let store: Arc<OnceLock<Weak<Store>>> = Arc::default();
        let writer = Writer {
            receiver,
            store: store.clone(),
            database: Some(database),
            path: path.clone(),
            epoch: 0,
        };
        let thread = std::thread::Builder::new()
            .name("cluster-store".into())
            .spawn(move || writer.run())
            .map_err(|source| Error::Io { path, source })?;
        Ok(Self {
            sender,
            thread: Mutex::new(Some(thread)),
            store,
        })
    }

    /// Tell the thread whose writes it makes durable.
    pub(crate) fn attach(&self, store: &Arc<Store>) {
        // Set once, right after the store is made.
        let _ = self.store.set(Arc::downgrade(store));
    }

    pub(crate) fn send(&self, change: Change) {
        // The thread ends only after `close`, and then nobody waits for an answer any more.
        let _ = self.sender.send(Message::Change(change));
    }

    pub(crate) fn close(&self) {
        let _ = self.sender.send(Message::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Loaded {
    /// The store over this database.
    pub(crate) fn into_store(self, history: usize) -> Result<Arc<Store>, Error> {
        let disk = Disk::start(self.database, self.path)?;
        let store = Arc::new(Store::new(self.objects, self.revision, Some(disk), history));
        store.attach_disk();
        Ok(store)
    }
}

fn open(path: &Path) -> Result<Database, redb::Error> {
    Ok(Database::builder().set_cache_size(CACHE).create(path)?)
}

fn read_all(database: &Database) -> Result<(Vec<Row>, u64), redb::Error> {
    let transaction = database.begin_write()?;
    let format = {
        let mut meta = transaction.open_table(META)?;
        let format = meta.get("format")?.map(|value| value.value());
        if format.is_none() {
            meta.insert("format", FORMAT)?;
        }
        transaction.open_table(OBJECTS)?;
        format.unwrap_or(FORMAT)
    };
    transaction.commit()?;
    if format != FORMAT {
        return Err(redb::Error::Corrupted(format!(
            "it is of format {format}, this program reads format {FORMAT}"
        )));
    }
    let revision = database
        .begin_read()?
        .open_table(META)?
        .get("revision")?
        .map_or(1, |value| value.value());
    Ok((read_objects(database)?, revision))
}

/// Fewer objects are read by one thread.
const WORTH_A_THREAD: usize = 500;

/// All objects, in the order of the table. Two threads read many, one from each end: reading their texts and packing them is what
/// takes the time.
fn read_objects(database: &Database) -> Result<Vec<Row>, redb::Error> {
    let table = database.begin_read()?.open_table(OBJECTS)?;
    let count = usize::try_from(table.len()?).unwrap_or(usize::MAX);
    if count < WORTH_A_THREAD {
        return table.iter()?.map(Reading::default().rows()).collect();
    }
    let (front, back) = (count - count / 2, count / 2);
    std::thread::scope(|scope| {
        let rest = scope.spawn(|| {
            let table = database.begin_read()?.open_table(OBJECTS)?;
            let rows = table.iter()?.rev().take(back);
            rows.map(Reading::default().rows())
                .collect::<Result<Vec<Row>, redb::Error>>()
        });
        let mut objects: Vec<Row> = table
            .iter()?
            .take(front)
            .map(Reading::default().rows())
            .collect::<Result<_, _>>()?;
        let rest = rest
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        objects.extend(rest?.into_iter().rev());
        Ok(objects)
    })
}

type Item<'t> = Result<(AccessGuard<'t, &'static [u8]>, AccessGuard<'t, &'static [u8]>), redb::StorageError>;

/// What goes from row to row: names of resources are shared, and samples to pack with.
#[derive(Default)]
struct Reading {
    resource: Arc<str>,
    packer: Packer,
}

impl Reading {
    fn rows<'t>(mut self) -> impl FnMut(Item<'t>) -> Result<Row, redb::Error> {
        move |item| {
            let (key, value) = item?;
            self.row(key.value(), value.value())
        }
    }

    fn row(&mut self, key: &[u8], value: &[u8]) -> Result<Row, redb::Error> {
        let damaged = |what: &str, why: &str| redb::Error::Corrupted(format!("{what}: {why}"));
        let (name, key) =
            split_key(key).ok_or_else(|| damaged(&String::from_utf8_lossy(key), "it names no object"))?;
        if *name != *self.resource {
            self.resource = name.into();
        }
        let entry = read_entry(value, &self.resource, &mut self.packer)
            .map_err(|error| damaged(&format!("{name} {key}"), &error))?;
        Ok((self.resource.clone(), Arc::from(key), entry))
    }
}

fn split_key(key: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(key).ok()?.split_once('\0')
}

fn read_entry(value: &[u8], resource: &Arc<str>, packer: &mut Packer) -> Result<Entry, String> {
    let (revision, body) = value.split_first_chunk::<8>().ok_or("too short")?;
    Entry::read(body, u64::from_be_bytes(*revision), resource, packer).map_err(|error| error.to_string())
}

/// The value of an object in the database.
fn stored(revision: u64, body: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(body.len() + 8);
    value.extend_from_slice(&revision.to_be_bytes());
    value.extend_from_slice(body);
    value
}

struct Writer {
    receiver: Receiver<Message>,
    store: Arc<OnceLock<Weak<Store>>>,
    database: Option<Database>,
    path: PathBuf,
    /// Changes of older epochs were undone.
    epoch: u64,
}

impl Writer {
    fn run(mut self) {
        let mut open = true;
        while open {
            let Ok(first) = self.receiver.recv() else { return };
            let mut batch = Vec::new();
            open = take(first, &mut batch);
            while open && let Ok(message) = self.receiver.try_recv() {
                open = take(message, &mut batch);
            }
            self.write(&batch);
        }
    }

    fn write(&mut self, batch: &[Change]) {
        let batch: Vec<&Change> = batch.iter().filter(|change| change.epoch == self.epoch).collect();
        let (Some(last), Some(store)) = (batch.last(), self.store.get().and_then(Weak::upgrade)) else {
            return;
        };
        match self.commit(&batch, last.revision) {
            Ok(()) => {
                let resources: HashSet<Arc<str>> =
                    batch.iter().map(|change| change.resource.clone()).collect();
                store.confirm(last.revision, &resources);
            }
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "writes could not be made durable and were undone");
                self.epoch = store.undo(&format!("the write could not be stored in {}: {error}; free space or repair the disk and try again", self.path.display()));
                // After an I/O error the database refuses everything until it is opened again.
                self.database = None;
            }
        }
    }

    fn commit(&mut self, batch: &[&Change], revision: u64) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open(&self.path)?,
        };
        let database = self.database.insert(database);
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(OBJECTS)?;
            let mut value = Vec::new();
            for change in batch {
                let key = format!("{}\0{}", change.resource, change.key);
                match &change.text {
                    Some(text) => {
                        value.clear();
                        value.extend_from_slice(&change.revision.to_be_bytes());
                        value.extend_from_slice(&text.read());
                        table.insert(key.as_bytes(), value.as_slice())?;
                    }
                    None => drop(table.remove(key.as_bytes())?),
                }
            }
            transaction.open_table(META)?.insert("revision", revision)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Add a message to the batch; gives whether to go on.
fn take(message: Message, batch: &mut Vec<Change>) -> bool {
    match message {
        Message::Change(change) => {
            batch.push(change);
            true
        }
        Message::Close => false,
    }
}
