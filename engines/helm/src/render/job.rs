//! Templates being executed, on one thread or several.
//!
//! Several threads work on the templates side by side, each with values of its own. That is right as long as no template changes what
//! others see. The first change ends it: everything is rendered again, in Helm's order, with one set of values.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use flux_gotemplate::{Error, ErrorKind, GoStr, Map, MissingKey, Options, Scope, TemplateSet, Value};

use super::context::{self, Contexts, Place};
use super::{File, RenderError, STACK, Scene, Template, errors};
use crate::chart::clean;
use crate::manifest::documents;
use crate::threads::Threads;

/// Templates beyond which a second thread is worth its start.
const WORTH_A_THREAD: usize = 24;

/// Templates of one chart that a thread takes at once.
const AT_ONCE: usize = 4;

/// Everything that the threads share.
pub(super) struct Job<'j> {
    scene: &'j Scene<'j>,
    set: Arc<TemplateSet>,
    places: &'j [Place<'j>],
    work: &'j [(&'j str, &'j Template<'j>)],
}

/// What became of a template: its index, and what it wrote or an error.
type Outcome = (usize, Result<File, String>);

/// What threads tell each other.
#[derive(Default)]
struct Progress {
    /// The next piece of the work.
    next: AtomicUsize,
    /// Whether a template changed what others see.
    mutated: AtomicBool,
    outcomes: Mutex<Vec<Outcome>>,
}

impl<'j> Job<'j> {
    /// `work` is in Helm's order.
    pub(super) fn new(
        scene: &'j Scene<'j>,
        set: TemplateSet,
        places: &'j [Place<'j>],
        work: &'j [(&'j str, &'j Template<'j>)],
    ) -> Self {
        Job {
            scene,
            set: Arc::new(set),
            places,
            work,
        }
    }

    /// What all templates write, by path; or the error of the first one that fails.
    pub(super) fn run(&self) -> Result<BTreeMap<String, File>, RenderError> {
        let most = self.work.len().div_ceil(WORTH_A_THREAD).max(1);
        let threads = self.scene.options.threads.at_most(most);
        let side_by_side = (threads.count > 1)
            .then(|| self.on_threads(threads))
            .transpose()?
            .flatten();
        let outcomes = match side_by_side {
            Some(outcomes) => outcomes,
            None => self.on_threads(Threads::from(1))?.unwrap_or_default(),
        };
        let mut files = BTreeMap::new();
        for (index, outcome) in outcomes {
            let (path, _) = self.work[index];
            files.insert(path.to_owned(), outcome.map_err(RenderError)?);
        }
        Ok(files)
    }

    /// Renders on so many threads. Nothing when a template changed what others may see, so that order matters.
    fn on_threads(&self, threads: Threads) -> Result<Option<Vec<Outcome>>, RenderError> {
        let pieces = self.pieces();
        let failed = AtomicUsize::new(usize::MAX);
        let progress = Progress::default();
        let work = || self.work_on(&pieces, threads.count > 1, &progress, &failed);
        let started = std::thread::scope(|scope| {
            let thread = || Builder::new().stack_size(STACK);
            // This one only waits: one of them takes its place.
            let others: Vec<_> = (1..threads.count)
                .map(|_| threads.start(scope, thread(), work))
                .collect();
            let last = threads.start_here(scope, thread(), work);
            others.iter().chain([&last]).all(Result::is_ok)
        });
        if !started {
            return Err(RenderError(
                "rendering template failed: cannot start a thread".to_owned(),
            ));
        }
        if progress.mutated.into_inner() {
            return Ok(None);
        }
        let outcomes = progress.outcomes.into_inner();
        let mut outcomes = outcomes.unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        Ok(Some(outcomes))
    }

    /// The work in pieces: templates that follow each other and belong to one chart, whose values one thread makes then.
    fn pieces(&self) -> Vec<Range<usize>> {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for (index, (_, template)) in self.work.iter().enumerate() {
            match pieces.last_mut() {
                Some(piece) if piece.len() < AT_ONCE && self.work[piece.start].1.place == template.place => {
                    piece.end = index + 1;
                }
                _ => pieces.push(index..index + 1),
            }
        }
        pieces
    }

    /// One thread's part.
    fn work_on(
        &self,
        pieces: &[Range<usize>],
        side_by_side: bool,
        progress: &Progress,
        failed: &AtomicUsize,
    ) {
        let mut worker = Worker::new(self, side_by_side);
        let mut done = Vec::new();
        'pieces: while let Some(piece) = pieces.get(progress.next.fetch_add(1, Ordering::Relaxed)) {
            for index in piece.clone() {
                // Whatever comes later in Helm's order than an error does not matter any more.
                if index > failed.load(Ordering::Relaxed) || progress.mutated.load(Ordering::Relaxed) {
                    break 'pieces;
                }
                let outcome = worker.render(self, index);
                if outcome.is_err() {
                    failed.fetch_min(index, Ordering::Relaxed);
                }
                done.push((index, outcome));
                if side_by_side && worker.mutated.get() {
                    progress.mutated.store(true, Ordering::Relaxed);
                }
            }
        }
        let mut outcomes = progress.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.append(&mut done);
        drop(outcomes);
        self.scene.options.done_with(worker);
    }
}

/// One thread's own values.
struct Worker<'w> {
    contexts: Contexts<'w>,
    scope: Scope<'w>,
    mutated: Rc<Cell<bool>>,
    /// How many of the templates were begun, on whatever thread.
    begun: usize,
    /// The last template of each chart that was begun.
    latest: Vec<Option<usize>>,
}

impl<'w> Worker<'w> {
    fn new(job: &Job<'w>, side_by_side: bool) -> Self {
        let Scene {
            release,
            capabilities,
            host,
            options,
            ..
        } = job.scene;
        let missing_key = if options.strict {
            MissingKey::Error
        } else {
            MissingKey::Zero
        };
        let mutated: Rc<Cell<bool>> = Rc::default();
        let mut contexts = Contexts::new(job.places, release, capabilities, mutated.clone());
        if !side_by_side {
            contexts.make_all();
        }
        let options = Options {
            missing_key,
            lint: options.lint,
            limits: options.limits,
        };
        Worker {
            contexts,
            scope: Scope::new(job.set.clone(), *host, options),
            mutated,
            begun: 0,
            latest: vec![None; job.places.len()],
        }
    }

    /// The context of a template's chart with `.Template`. Those of other charts get it, too: through `.Subcharts` a chart sees which
    /// template of another one was the last.
    fn context(&mut self, job: &Job<'_>, index: usize) -> Map {
        // The engine's own change is none that others could see.
        let before = self.mutated.get();
        let place = job.work[index].1.place;
        if self.contexts.made(place).is_none() {
            self.contexts.get(place);
            // With it, those of the charts within it were made.
            job.places[place]
                .within(place)
                .for_each(|place| self.tell(job, place));
        }
        for begun in self.begun..=index {
            let place = job.work[begun].1.place;
            self.latest[place] = Some(begun);
            self.tell(job, place);
        }
        self.begun = index + 1;
        let context = self.contexts.get(place);
        self.mutated.set(before);
        context
    }

    /// Puts the last template of a chart into its context, if there is one.
    fn tell(&self, job: &Job<'_>, place: usize) {
        let (Some(context), Some(latest)) = (self.contexts.made(place), self.latest[place]) else {
            return;
        };
        let base = clean([&*job.places[place].path, "/templates"].concat());
        let about = [("Name", job.work[latest].0.to_owned()), ("BasePath", base)];
        let about = about.map(|(key, value)| (GoStr::constant(key), Value::from(value)));
        let about = Map::with_type(context::VALUES, about.into_iter().collect());
        context.insert("Template", Value::Map(about));
    }

    fn render(&mut self, job: &Job<'_>, index: usize) -> Result<File, String> {
        let (path, _) = job.work[index];
        let context = Value::Map(self.context(job, index));
        let text = self.scope.execute(path, context);
        let text = text.and_then(|text| plain_text(path, &text));
        let text = text.map_err(|error| errors::exec_error(path, &error))?;
        let documents = if job.scene.documents && !path.ends_with("NOTES.txt") {
            documents(&text)
        } else {
            Vec::new()
        };
        Ok(File { text, documents })
    }
}

/// What a template wrote, without what Go writes for missing values.
fn plain_text(path: &str, text: &GoStr) -> Result<String, Error> {
    match text.as_str() {
        Some(text) if text.contains("<no value>") => Ok(text.replace("<no value>", "")),
        Some(text) => Ok(text.to_owned()),
        None => {
            Err(Error::new(format!("{path} writes bytes that are not UTF-8")).with_kind(ErrorKind::Plain))
        }
    }
}
