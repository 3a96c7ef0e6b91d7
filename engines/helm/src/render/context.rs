//! What a template is given: `.Values`, `.Chart`, `.Release` and the rest, for one thread.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use flux_gotemplate::{GoStr, List, Map, MapType, Mutated, Ty, Value};

use crate::capabilities::Capabilities;
use crate::chart::{Chart, Dependency, Maintainer, Metadata};
use crate::render::ReleaseOptions;
use crate::render::objects::{CapabilitiesObject, Files};
use crate::value::{self, Table};

/// Helm's type of `.Values` and of the root.
pub(super) const VALUES: &MapType = &MapType {
    elem: &Ty::Any,
    name: Some("common.Values"),
};

/// A chart among those that are rendered together.
pub(super) struct Place<'c> {
    /// Its path: names, with `charts` between.
    pub(super) path: String,
    pub(super) chart: &'c Chart,
    /// Its values among those of its parent.
    values: Option<&'c Table>,
    is_root: bool,
    /// The charts in it.
    subcharts: Vec<usize>,
    /// The first of those in it, in those, and so on. They all come before it.
    first: usize,
}

impl Place<'_> {
    /// The places of the charts within this one, which stands at `place`.
    pub(super) fn within(&self, place: usize) -> std::ops::Range<usize> {
        self.first..place
    }
}

/// A chart and all charts within it; the chart itself is the last one.
pub(super) fn places<'c>(chart: &'c Chart, values: &'c Table) -> Vec<Place<'c>> {
    let mut places = Vec::new();
    add_place(chart, chart.name().to_owned(), Some(values), true, &mut places);
    places
}

fn add_place<'c>(
    chart: &'c Chart,
    path: String,
    values: Option<&'c Table>,
    is_root: bool,
    places: &mut Vec<Place<'c>>,
) -> usize {
    let first = places.len();
    let mut subcharts = Vec::with_capacity(chart.dependencies.len());
    for subchart in &chart.dependencies {
        let name = subchart.name();
        // Dots in its name lead further down.
        let values = values.and_then(|values| values.table(name));
        let path = [&*path, "/charts/", name].concat();
        subcharts.push(add_place(subchart, path, values, false, places));
    }
    places.push(Place {
        path,
        chart,
        values,
        is_root,
        subcharts,
        first,
    });
    places.len() - 1
}

/// The contexts of charts, for one thread.
pub(super) struct Contexts<'c> {
    places: &'c [Place<'c>],
    builder: Builder,
    release: Value,
    capabilities: Value,
    made: Vec<Option<Map>>,
}

impl<'c> Contexts<'c> {
    /// None so far: each is made when it is asked for. That is enough as long as no template changes what it is given.
    pub(super) fn new(
        places: &'c [Place<'c>],
        release: &ReleaseOptions,
        capabilities: &Capabilities,
        mutated: Mutated,
    ) -> Self {
        let builder = Builder {
            mutated,
            aliases: HashMap::new(),
        };
        let release = builder.map([
            ("Name", Value::from(&*release.name)),
            ("Namespace", Value::from(&*release.namespace)),
            ("IsUpgrade", Value::Bool(release.is_upgrade)),
            ("IsInstall", Value::Bool(!release.is_upgrade)),
            ("Revision", Value::int(release.revision)),
            ("Service", Value::from("Helm")),
        ]);
        Contexts {
            places,
            builder,
            release,
            capabilities: Value::object(CapabilitiesObject(Rc::new(capabilities.clone()))),
            made: vec![None; places.len()],
        }
    }

    /// Makes all of them, and the values of subcharts those very maps that stand in the values of their parents, as in Helm: what a
    /// template changes here shows up there.
    pub(super) fn make_all(&mut self) {
        if let Some(root) = self.places.len().checked_sub(1) {
            let values = self.values(root);
            self.make(root, values, true);
        }
    }

    /// The context of a chart, when it is made already.
    pub(super) fn made(&self, place: usize) -> Option<&Map> {
        self.made.get(place)?.as_ref()
    }

    /// The context of a chart.
    pub(super) fn get(&mut self, place: usize) -> Map {
        match self.made(place) {
            Some(context) => context.clone(),
            None => {
                let values = self.values(place);
                self.make(place, values, false)
            }
        }
    }

    fn values(&mut self, place: usize) -> Map {
        let Place { chart, values, .. } = &self.places[place];
        match values {
            // The only chart whose values are not found by name in those of another one is the root.
            Some(values) => self.builder.table(values, VALUES, Some(chart)),
            None => self.builder.shared(VALUES, BTreeMap::new()),
        }
    }

    fn make(&mut self, place: usize, values: Map, as_in_parent: bool) -> Map {
        let places = self.places;
        let Place {
            chart,
            is_root,
            subcharts,
            ..
        } = &places[place];
        let mut contexts = Vec::with_capacity(subcharts.len());
        for subchart in subcharts {
            let name = places[*subchart].chart.name();
            let context = match self.made(*subchart) {
                Some(context) => context.clone(),
                None => {
                    let inner = if as_in_parent {
                        inner_table(&values, name)
                            .unwrap_or_else(|| self.builder.shared(VALUES, BTreeMap::new()))
                    } else {
                        self.values(*subchart)
                    };
                    self.make(*subchart, inner, as_in_parent)
                }
            };
            contexts.push((GoStr::from(name), Value::Map(context)));
        }
        let builder = &self.builder;
        let subcharts = Value::Map(builder.shared(MapType::ANY, contexts.into_iter().collect()));
        let entries = [
            ("Chart", builder.metadata(&chart.metadata, *is_root)),
            ("Files", Value::object(Files::new(chart.files.iter()))),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values)),
            ("Subcharts", subcharts),
        ];
        let entries = entries
            .into_iter()
            .map(|(key, value)| (GoStr::constant(key), value));
        let context = builder.shared(VALUES, entries.collect());
        self.made[place] = Some(context.clone());
        context
    }
}

/// Builds the values of templates.
struct Builder {
    mutated: Mutated,
    /// Tables that Helm holds in several places.
    aliases: HashMap<*const Table, Map>,
}

impl Builder {
    fn shared(&self, ty: &'static MapType, entries: BTreeMap<GoStr, Value>) -> Map {
        Map::shared(ty, entries, self.mutated.clone())
    }

    fn map(&self, entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (GoStr::constant(key), value));
        Value::Map(self.shared(MapType::ANY, entries.collect()))
    }

    /// A table; those that are the values of a subchart of `chart` have the type of `.Values`.
    fn table(&mut self, table: &Table, ty: &'static MapType, chart: Option<&Chart>) -> Map {
        // Of those of one name, the last one.
        let subcharts = chart.into_iter().flat_map(|chart| &chart.dependencies);
        let subcharts: HashMap<&str, &Chart> = subcharts.map(|chart| (chart.name(), chart)).collect();
        let entries = table.iter().map(|(key, value)| {
            let inner = subcharts.get(&**key).copied();
            (GoStr::from(key.clone()), self.value(value, inner))
        });
        let entries: BTreeMap<GoStr, Value> = entries.collect();
        self.shared(ty, entries)
    }

    fn value(&mut self, value: &value::Value, chart: Option<&Chart>) -> Value {
        match value {
            value::Value::Null => Value::Nil,
            value::Value::Bool(value) => Value::Bool(*value),
            value::Value::Int(value) => Value::int64(*value),
            value::Value::Float(value) => Value::float(*value),
            value::Value::Str(text) => Value::Str(GoStr::from(text.clone())),
            value::Value::Raw(bytes) => Value::Str(GoStr::from(&**bytes)),
            value::Value::List(items) => Value::List(List::new(
                items.iter().map(|item| self.value(item, None)).collect(),
            )),
            value::Value::Table(table) => {
                if table.is_aliased()
                    && let Some(map) = self.aliases.get(&Arc::as_ptr(table))
                {
                    return Value::Map(map.clone());
                }
                let ty = if chart.is_some() { VALUES } else { MapType::ANY };
                let map = self.table(table, ty, chart);
                if table.is_aliased() {
                    self.aliases.insert(Arc::as_ptr(table), map.clone());
                }
                Value::Map(map)
            }
        }
    }

    /// `.Chart`: the fields of Helm's struct under their names in Go.
    fn metadata(&self, metadata: &Metadata, is_root: bool) -> Value {
        let text = |text: &str| Value::from(text);
        let texts = |list: &Option<Vec<String>>| list.iter().flatten().map(|item| text(item)).collect();
        let maintainers = metadata.maintainers.iter().flatten();
        let dependencies = metadata.dependencies.iter().flatten();
        self.map([
            ("Name", text(&metadata.name)),
            ("Home", text(&metadata.home)),
            ("Sources", Value::list(texts(&metadata.sources))),
            ("Version", text(&metadata.version)),
            ("Description", text(&metadata.description)),
            ("Keywords", Value::list(texts(&metadata.keywords))),
            (
                "Maintainers",
                Value::list(maintainers.map(|item| self.maintainer(item)).collect()),
            ),
            ("Icon", text(&metadata.icon)),
            ("APIVersion", text(&metadata.api_version)),
            ("Condition", text(&metadata.condition)),
            ("Tags", text(&metadata.tags)),
            ("AppVersion", text(&metadata.app_version)),
            ("Deprecated", Value::Bool(metadata.deprecated)),
            ("Annotations", self.annotations(metadata)),
            ("KubeVersion", text(&metadata.kube_version)),
            (
                "Dependencies",
                Value::list(dependencies.map(|item| self.dependency(item)).collect()),
            ),
            ("Type", text(&metadata.kind)),
            ("IsRoot", Value::Bool(is_root)),
        ])
    }

    fn maintainer(&self, maintainer: &Maintainer) -> Value {
        self.map([
            ("Name", Value::from(&*maintainer.name)),
            ("Email", Value::from(&*maintainer.email)),
            ("URL", Value::from(&*maintainer.url)),
        ])
    }

    fn annotations(&self, metadata: &Metadata) -> Value {
        let Some(annotations) = &metadata.annotations else {
            return Value::Map(Map::nil(MapType::STRINGS));
        };
        let entries = annotations.iter();
        let entries = entries.map(|(key, value)| (GoStr::from(&**key), Value::from(&**value)));
        Value::Map(self.shared(MapType::STRINGS, entries.collect()))
    }

    fn dependency(&self, dependency: &Dependency) -> Value {
        let texts = dependency
            .tags
            .iter()
            .flatten()
            .map(|tag| Value::from(&**tag))
            .collect();
        let imports = dependency.import_values.iter().flatten().map(|pair| {
            let entries = pair.as_object().into_iter().flatten();
            let entries = entries.map(|(key, value)| {
                (
                    GoStr::from(&**key),
                    Value::from(value.as_str().unwrap_or_default()),
                )
            });
            Value::Map(self.shared(MapType::STRINGS, entries.collect()))
        });
        self.map([
            ("Name", Value::from(&*dependency.name)),
            ("Version", Value::from(&*dependency.version)),
            ("Repository", Value::from(&*dependency.repository)),
            ("Condition", Value::from(&*dependency.condition)),
            ("Tags", Value::list(texts)),
            ("Enabled", Value::Bool(dependency.enabled)),
            ("ImportValues", Value::list(imports.collect())),
            ("Alias", Value::from(&*dependency.alias)),
        ])
    }
}

/// The values of a subchart in those of its parent; dots in its name lead further down.
fn inner_table(values: &Map, name: &str) -> Option<Map> {
    name.split('.')
        .try_fold(values.clone(), |map, part| match map.get(part) {
            Some(Value::Map(inner)) => Some(inner),
            _ => None,
        })
}
