//! Templates of a chart and its subcharts into texts.

mod context;
mod errors;
mod glob;
mod job;
mod objects;

use std::collections::BTreeMap;

use bytes::Bytes;
use flux_gotemplate::{Compiled, Functions, Host, Limits, TemplateSet};

use crate::capabilities::Capabilities;
use crate::chart::{Chart, Prepared, clean};
use crate::manifest::{Document, is_partial};
use crate::threads::Threads;
use crate::value::Table;
use context::Place;
use job::Job;

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
    /// The threads that may be used.
    pub threads: Threads,
    /// The process ends soon after: what was built is left to the system, which is rid of it sooner.
    pub is_last: bool,
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
            threads: Threads::from(1),
            is_last: false,
            limits: Limits {
                stack: TEMPLATE_STACK,
                ..Limits::default()
            },
        }
    }
}

impl EngineOptions {
    /// Takes something apart that is not needed any more, if that is worth it.
    pub(crate) fn done_with<T>(&self, built: T) {
        if self.is_last {
            std::mem::forget(built);
        }
    }
}

/// A template that cannot be parsed or executed; in the form in which Helm shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RenderError(pub(crate) String);

/// A template, and the chart that it belongs to.
struct Template<'c> {
    text: &'c Bytes,
    place: usize,
}

/// What a template wrote.
pub(crate) struct File {
    pub(crate) text: String,
    /// The documents in it, where they were asked for.
    pub(crate) documents: Vec<Document>,
}

/// What is rendered, and for what.
pub(crate) struct Scene<'s> {
    pub(crate) chart: &'s Chart,
    pub(crate) values: &'s Table,
    pub(crate) release: &'s ReleaseOptions,
    pub(crate) capabilities: &'s Capabilities,
    pub(crate) functions: &'s Functions,
    pub(crate) host: &'s (dyn Host + Sync),
    pub(crate) options: &'s EngineOptions,
    /// Whether what is rendered is read as manifests, too.
    pub(crate) documents: bool,
}

/// Renders the templates of a chart and its subcharts: path → text, partials left out, `NOTES.txt` included.
///
/// `values` are those of [`crate::values::coalesce_values`]. Templates run on threads of their own with a large stack, and side
/// by side as long as none of them changes what is shared.
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
    let scene = Scene {
        chart,
        values,
        release,
        capabilities,
        functions,
        host,
        options,
        documents: false,
    };
    let files = render_files(&scene, Prepared::default())?;
    Ok(files.into_iter().map(|(path, file)| (path, file.text)).collect())
}

/// The same, with templates that may have been compiled before, and with the documents in what was rendered.
pub(crate) fn render_files(
    scene: &Scene<'_>,
    prepared: Prepared,
) -> Result<BTreeMap<String, File>, RenderError> {
    let places = context::places(scene.chart, scene.values);
    let templates = collect(&places);
    let mut order: Vec<(&str, &Template<'_>)> = templates
        .iter()
        .map(|(path, template)| (&**path, template))
        .collect();
    order.sort_by_cached_key(|(path, _)| std::cmp::Reverse((depth(path), *path)));
    let set = compile(&order, prepared, scene)?;
    order.retain(|(path, _)| !is_partial(path));
    let job = Job::new(scene, set, &places, &order);
    let files = job.run();
    scene.options.done_with(job);
    files
}

fn depth(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

fn collect<'c>(places: &[Place<'c>]) -> BTreeMap<String, Template<'c>> {
    let mut templates = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let is_library = place.chart.metadata.is_library();
        for file in &place.chart.templates {
            if is_library && !is_partial(&file.name) {
                continue;
            }
            let template = Template {
                text: &file.data,
                place: at,
            };
            templates.insert(clean([&*place.path, "/", &*file.name].concat()), template);
        }
    }
    templates
}

/// Bytes of templates for which another thread is worth its start.
const WORTH_A_COMPILER: usize = 32 << 10;

fn compile(
    order: &[(&str, &Template<'_>)],
    prepared: Prepared,
    scene: &Scene<'_>,
) -> Result<TemplateSet, RenderError> {
    let functions = scene.functions;
    let mut early: Vec<Option<Compiled>> = Vec::with_capacity(order.len());
    for (path, template) in order {
        let unnamed = prepared.template(template.text);
        early.push(unnamed.and_then(|unnamed| unnamed.named(path)));
    }
    let late: Vec<usize> = (0..order.len()).filter(|index| early[*index].is_none()).collect();
    let size: usize = late.iter().map(|index| order[*index].1.text.len()).sum();
    let threads = scene.options.threads.at_most(size / WORTH_A_COMPILER);
    let compiled = threads.side_by_side(late.len(), &|index| {
        let (path, template) = order[late[index]];
        let text = match std::str::from_utf8(template.text) {
            Ok(_) => template.text.clone(),
            Err(_) => String::from_utf8_lossy(template.text).into_owned().into(),
        };
        Compiled::new(path, text, functions).map_err(|error| RenderError(errors::parse_error(path, &error)))
    });
    let mut compiled = compiled.into_iter();
    let mut set = TemplateSet::new("gotpl", functions.clone());
    for early in early {
        match early {
            Some(early) => set.add(early),
            None => compiled.next().into_iter().try_for_each(|late| {
                set.add(late?);
                Ok(())
            })?,
        }
    }
    scene.options.done_with(prepared);
    Ok(set)
}
