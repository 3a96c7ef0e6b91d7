//! Templates of a chart and its subcharts into texts.

mod context;
mod errors;
mod glob;
mod objects;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flux_gotemplate::{
    Compiled, Error, ErrorKind, Functions, GoStr, Host, Limits, Map, MissingKey, Options, Scope, TemplateSet,
    Value,
};

use crate::capabilities::Capabilities;
use crate::chart::{Chart, clean};
use crate::threads::side_by_side;
use crate::value::Table;

/// What templates know as `.Release`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseOptions {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Revision, from 1.
    pub revision: i64,
    /// An upgrade or a rollback, not an installation.
    pub is_upgrade: bool,
}

/// How templates are rendered.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// A key that is missing is an error.
    pub strict: bool,
    /// `required` and `fail` do not fail.
    pub lint: bool,
    /// How many threads may be used. The result does not depend on it.
    pub threads: usize,
    /// What a render may use up.
    pub limits: Limits,
}

/// Stack of the threads that render. Only what is used of it takes memory.
const STACK: usize = 256 << 20;
/// What of it templates within templates may use.
const TEMPLATE_STACK: usize = 192 << 20;

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            strict: false,
            lint: false,
            threads: 1,
            limits: Limits {
                stack: TEMPLATE_STACK,
                ..Limits::default()
            },
        }
    }
}

/// A template that cannot be parsed or executed; in the form in which Helm shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RenderError(pub(crate) String);

/// A template, and where it belongs.
struct Template<'c> {
    text: &'c Bytes,
    /// Path of the chart.
    chart: String,
}

/// Renders the templates of a chart and its subcharts: path → text, partials left out, `NOTES.txt` included.
///
/// `values` are those of [`crate::values::coalesce_values`]. Templates run on threads of their own with a large stack;
/// subcharts are rendered side by side as long as no template changes what is shared.
///
/// # Errors
/// The first template, in Helm's order, that cannot be parsed or executed.
pub fn render_templates(
    chart: &Chart,
    values: &Table,
    release: &ReleaseOptions,
    capabilities: &Capabilities,
    functions: &Functions,
    host: &(dyn Host + Sync),
    options: &EngineOptions,
) -> Result<BTreeMap<String, String>, RenderError> {
    let mut templates = BTreeMap::new();
    collect(chart, chart.name(), &mut templates);
    let mut order: Vec<&str> = templates.keys().map(String::as_str).collect();
    order.sort_by(|a, b| depth(b).cmp(&depth(a)).then_with(|| b.cmp(a)));
    let set = compile(&order, &templates, functions, options.threads)?;
    let rendered = order
        .iter()
        .copied()
        .filter(|path| !crate::manifest::is_partial(path));
    let job = Job {
        set: Arc::new(set),
        work: rendered.map(|path| (path, &templates[path])).collect(),
        chart,
        values,
        release,
        capabilities,
        host,
        options,
    };
    job.run()
}

fn depth(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

fn collect<'c>(chart: &'c Chart, path: &str, templates: &mut BTreeMap<String, Template<'c>>) {
    for subchart in &chart.dependencies {
        collect(subchart, &format!("{path}/charts/{}", subchart.name()), templates);
    }
    let is_library = chart.metadata.is_library();
    for file in &chart.templates {
        if is_library && !crate::manifest::is_partial(&file.name) {
            continue;
        }
        let template = Template {
            text: &file.data,
            chart: path.to_owned(),
        };
        templates.insert(clean(&format!("{path}/{}", file.name)), template);
    }
}

fn compile(
    order: &[&str],
    templates: &BTreeMap<String, Template<'_>>,
    functions: &Functions,
    threads: usize,
) -> Result<TemplateSet, RenderError> {
    let size: usize = order.iter().map(|path| templates[*path].text.len()).sum();
    let threads = threads.clamp(1, (size / WORTH_A_COMPILER).max(1));
    let compiled = side_by_side(order.len(), threads, &|index| {
        let path = order[index];
        let text = templates[path].text;
        let text = match std::str::from_utf8(text) {
            Ok(_) => text.clone(),
            Err(_) => String::from_utf8_lossy(text).into_owned().into(),
        };
        Compiled::new(path, text, functions).map_err(|error| RenderError(errors::parse_error(path, &error)))
    });
    let mut set = TemplateSet::new("gotpl", functions.clone());
    for compiled in compiled {
        set.add(compiled?);
    }
    Ok(set)
}

struct Job<'j> {
    set: Arc<TemplateSet>,
    work: Vec<(&'j str, &'j Template<'j>)>,
    chart: &'j Chart,
    values: &'j Table,
    release: &'j ReleaseOptions,
    capabilities: &'j Capabilities,
    host: &'j (dyn Host + Sync),
    options: &'j EngineOptions,
}

/// What became of a template: its index, and text or error.
type Outcome = (usize, Result<String, String>);

/// Bytes of templates for which another thread is worth its start.
const WORTH_A_COMPILER: usize = 32 << 10;

/// Templates beyond which a second thread is worth its start.
const WORTH_A_THREAD: usize = 24;

impl Job<'_> {
    fn run(&self) -> Result<BTreeMap<String, String>, RenderError> {
        let threads = self
            .options
            .threads
            .clamp(1, self.work.len().div_ceil(WORTH_A_THREAD).max(1));
        let side_by_side = (threads > 1)
            .then(|| self.on_threads(threads))
            .transpose()?
            .flatten();
        let outcomes = match side_by_side {
            Some(outcomes) => outcomes,
            None => self.on_threads(1)?.unwrap_or_default(),
        };
        let mut files = BTreeMap::new();
        for (index, outcome) in outcomes {
            let (path, _) = self.work[index];
            files.insert(path.to_owned(), outcome.map_err(RenderError)?);
        }
        Ok(files)
    }

    /// Renders on so many threads. Nothing when a template changed what others may see, so that order matters.
    fn on_threads(&self, threads: usize) -> Result<Option<Vec<Outcome>>, RenderError> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let mutated = AtomicBool::new(false);
        let outcomes = Mutex::new(Vec::with_capacity(self.work.len()));
        let worker = || {
            let changed: Rc<Cell<bool>> = Rc::default();
            let mut worker = Worker::new(self, changed.clone());
            let mut done = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= self.work.len() {
                    break;
                }
                let outcome = worker.render(self, index);
                let failed = outcome.is_err();
                done.push((index, outcome));
                if threads > 1 && changed.get() {
                    mutated.store(true, Ordering::Relaxed);
                    stop.store(true, Ordering::Relaxed);
                }
                if failed {
                    // Whatever comes later in Helm's order does not matter any more.
                    stop.store(true, Ordering::Relaxed);
                }
            }
            outcomes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(done);
        };
        let started = std::thread::scope(|scope| {
            let start = || {
                std::thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, worker)
            };
            (0..threads)
                .map(|_| start())
                .collect::<Result<Vec<_>, _>>()
                .is_ok()
        });
        if !started {
            return Err(RenderError(
                "rendering template failed: cannot start a thread".to_owned(),
            ));
        }
        if mutated.into_inner() {
            return Ok(None);
        }
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        Ok(Some(outcomes))
    }
}

/// One thread's own values.
struct Worker<'w> {
    contexts: context::Contexts,
    scope: Scope<'w>,
    mutated: Rc<Cell<bool>>,
    /// How many of the templates the contexts have been told of.
    told: usize,
}

impl<'w> Worker<'w> {
    fn new(job: &Job<'w>, mutated: Rc<Cell<bool>>) -> Self {
        let builder = context::Builder::new(mutated.clone());
        let missing_key = if job.options.strict {
            MissingKey::Error
        } else {
            MissingKey::Zero
        };
        let options = Options {
            missing_key,
            lint: job.options.lint,
            limits: job.options.limits,
        };
        Worker {
            contexts: builder.contexts(job.chart, job.values, job.release, job.capabilities),
            scope: Scope::new(job.set.clone(), job.host, options),
            mutated,
            told: 0,
        }
    }

    /// Puts `.Template` of a template into the context of its chart, and of those before it that other threads render: through
    /// `.Subcharts` a chart sees which template of another one was the last.
    fn tell(&mut self, job: &Job<'_>, index: usize) {
        // The engine's own change is none that others could see.
        let before = self.mutated.get();
        for (path, template) in &job.work[self.told..=index] {
            let about = [
                ("Name", (*path).to_owned()),
                ("BasePath", clean(&format!("{}/templates", template.chart))),
            ];
            let about = about.map(|(key, value)| (GoStr::constant(key), Value::from(value)));
            let about = Map::with_type(context::VALUES, about.into_iter().collect());
            if let Some(context) = self.contexts.get(&template.chart) {
                context.insert("Template", Value::Map(about));
            }
        }
        self.mutated.set(before);
        self.told = index + 1;
    }

    fn render(&mut self, job: &Job<'_>, index: usize) -> Result<String, String> {
        self.tell(job, index);
        let (path, template) = job.work[index];
        let Some(context) = self.contexts.get(&template.chart) else {
            return Err(format!("no values for {path}"));
        };
        let context = Value::Map(context.clone());
        match self.scope.execute(path, context) {
            Ok(text) => plain_text(path, &text).map_err(|error| errors::exec_error(path, &error)),
            Err(error) => Err(errors::exec_error(path, &error)),
        }
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
