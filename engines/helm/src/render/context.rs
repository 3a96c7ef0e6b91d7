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

/// Builds the values of templates.
pub(super) struct Builder {
    mutated: Mutated,
    /// Tables that Helm holds in several places.
    aliases: HashMap<*const Table, Map>,
}

/// The context of each chart, by its path.
pub(super) type Contexts = HashMap<String, Map>;

impl Builder {
    pub(super) fn new(mutated: Mutated) -> Self {
        Builder {
            mutated,
            aliases: HashMap::new(),
        }
    }

    /// The contexts of a chart and of those within it.
    pub(super) fn contexts(
        mut self,
        chart: &Chart,
        values: &Table,
        release: &ReleaseOptions,
        capabilities: &Capabilities,
    ) -> Contexts {
        let release = self.map([
            ("Name", Value::from(&*release.name)),
            ("Namespace", Value::from(&*release.namespace)),
            ("IsUpgrade", Value::Bool(release.is_upgrade)),
            ("IsInstall", Value::Bool(!release.is_upgrade)),
            ("Revision", Value::int(release.revision)),
            ("Service", Value::from("Helm")),
        ]);
        let capabilities = Value::object(CapabilitiesObject(Rc::new(capabilities.clone())));
        // The only chart whose values are not found by name in those of another one.
        let names = sub_names(chart);
        let values = self.table(values, VALUES, Some(&names));
        let mut contexts = Contexts::new();
        self.chart(
            chart,
            chart.name(),
            true,
            values,
            &(release, capabilities),
            &mut contexts,
        );
        contexts
    }

    fn chart(
        &mut self,
        chart: &Chart,
        path: &str,
        is_root: bool,
        values: Map,
        common: &(Value, Value),
        contexts: &mut Contexts,
    ) -> Map {
        let mut subcharts = Vec::new();
        for subchart in &chart.dependencies {
            let path = format!("{path}/charts/{}", subchart.name());
            let inner =
                inner_table(&values, subchart.name()).unwrap_or_else(|| self.shared(VALUES, BTreeMap::new()));
            let context = self.chart(subchart, &path, false, inner, common, contexts);
            subcharts.push((subchart.name(), Value::Map(context)));
        }
        let subcharts = self.map(subcharts);
        let entries = [
            ("Chart", self.metadata(&chart.metadata, is_root)),
            ("Files", Value::object(Files::new(chart.files.iter()))),
            ("Release", common.0.clone()),
            ("Capabilities", common.1.clone()),
            ("Values", Value::Map(values)),
            ("Subcharts", subcharts),
        ];
        let entries = entries
            .into_iter()
            .map(|(key, value)| (GoStr::constant(key), value));
        let context = self.shared(VALUES, entries.collect());
        contexts.insert(path.to_owned(), context.clone());
        context
    }

    fn shared(&self, ty: &'static MapType, entries: BTreeMap<GoStr, Value>) -> Map {
        Map::shared(ty, entries, self.mutated.clone())
    }

    fn map<'k>(&self, entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
        let entries = entries.into_iter().map(|(key, value)| (GoStr::from(key), value));
        Value::Map(self.shared(MapType::ANY, entries.collect()))
    }

    /// A table; those of subcharts have the type of `.Values`.
    fn table(&mut self, table: &Table, ty: &'static MapType, subcharts: Option<&SubNames>) -> Map {
        let entries = table.iter().map(|(key, value)| {
            let inner = subcharts.and_then(|names| names.0.get(&**key));
            (GoStr::from(key.clone()), self.value(value, inner))
        });
        let entries: BTreeMap<GoStr, Value> = entries.collect();
        self.shared(ty, entries)
    }

    fn value(&mut self, value: &value::Value, subcharts: Option<&SubNames>) -> Value {
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
                let ty = if subcharts.is_some() { VALUES } else { MapType::ANY };
                let map = self.table(table, ty, subcharts);
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

/// Names of subcharts, and of theirs.
struct SubNames(HashMap<String, SubNames>);

fn sub_names(chart: &Chart) -> SubNames {
    let names = chart
        .dependencies
        .iter()
        .map(|sub| (sub.name().to_owned(), sub_names(sub)));
    SubNames(names.collect())
}

/// The values of a subchart in those of its parent; dots in its name lead further down.
fn inner_table(values: &Map, name: &str) -> Option<Map> {
    name.split('.')
        .try_fold(values.clone(), |map, part| match map.get(part) {
            Some(Value::Map(inner)) => Some(inner),
            _ => None,
        })
}
