//! Values of a chart and its subcharts joined, as Helm joins them.
//!
//! Helm's maps are references, and its merging leaves one map in several places now and then: a table inside `global`
//! of a parent is also that of its subcharts, so that a subchart's own defaults show up in the parent. To come to the
//! same result, tables that are merged are references here as well; what nobody touches stays shared and frozen.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::chart::Chart;
use crate::log::{Log, quote};
use crate::value::{Table, Value};

/// The key whose table is passed on to subcharts.
pub(crate) const GLOBAL: &str = "global";

/// Nesting beyond which values are not merged; Go's stack would allow far more, no chart needs it.
const MAX_DEPTH: usize = 500;

/// What a value is while it is merged.
#[derive(Clone)]
pub(crate) enum Node {
    /// Not touched so far.
    Frozen(Value),
    /// A reference to a table.
    Open(Open),
}

/// A table that is being merged.
pub(crate) type Open = Rc<RefCell<BTreeMap<Arc<str>, Node>>>;

/// The values for a subchart are no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoalesceError {
    /// The parent has something else than a table under the name of a subchart.
    #[error("type mismatch on {chart}: {found}")]
    TypeMismatch {
        /// Name of the subchart.
        chart: String,
        /// What is there, as Go's `%t` shows it.
        found: String,
    },
    /// Nested beyond the limit.
    #[error("values are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
}

/// Joins `values` with the defaults of `chart` and its subcharts; a null removes the default.
///
/// # Errors
/// Values for a subchart are no table.
pub fn coalesce_values(chart: &Chart, values: &Table, log: &mut Log) -> Result<Table, CoalesceError> {
    join(chart, values, false, log).map(|open| freeze(&open))
}

/// The same, with nulls kept.
pub(crate) fn merge_values(chart: &Chart, values: &Table, log: &mut Log) -> Result<Open, CoalesceError> {
    join(chart, values, true, log)
}

/// The same as [`coalesce_values`], telling which tables are one map in Helm.
pub(crate) fn coalesce_for_render(
    chart: &Chart,
    values: &Table,
    log: &mut Log,
) -> Result<Table, CoalesceError> {
    join(chart, values, false, log).map(|open| Freezer::default().freeze(&open))
}

/// Joins two tables, without a chart; a null removes what is below it.
pub(crate) fn coalesce_tables(
    values: &Table,
    defaults: &Table,
    log: &mut Log,
) -> Result<Table, CoalesceError> {
    let joined = thaw(values);
    tables(log, &joined, &thaw(defaults), Trail::default(), false, 0)?;
    Ok(freeze(&joined))
}

fn join(chart: &Chart, values: &Table, merge: bool, log: &mut Log) -> Result<Open, CoalesceError> {
    let dest = thaw(values);
    let mut joiner = Joiner {
        log,
        merge,
        depth: 0,
        global: GLOBAL.into(),
    };
    joiner.chart(chart, &dest, Trail::default())?;
    Ok(dest)
}

pub(crate) fn thaw(table: &Table) -> Open {
    let frozen = |(key, value): (&Arc<str>, &Value)| (key.clone(), Node::Frozen(value.clone()));
    Rc::new(RefCell::new(table.iter().map(frozen).collect()))
}

/// The table as it is now.
pub(crate) fn freeze(open: &Open) -> Table {
    open.borrow()
        .iter()
        .map(|(key, node)| (key.clone(), freeze_node(node)))
        .collect()
}

fn freeze_node(node: &Node) -> Value {
    match node {
        Node::Frozen(value) => value.clone(),
        Node::Open(open) => Value::Table(Arc::new(freeze(open))),
    }
}

/// Freezes, and tells which tables stand in several places.
#[derive(Default)]
struct Freezer {
    done: HashMap<*const (), Arc<Table>>,
}

impl Freezer {
    fn freeze(&mut self, open: &Open) -> Table {
        Table::from(self.entries(open))
    }

    fn entries(&mut self, open: &Open) -> BTreeMap<Arc<str>, Value> {
        open.borrow()
            .iter()
            .map(|(key, node)| (key.clone(), self.node(node)))
            .collect()
    }

    fn node(&mut self, node: &Node) -> Value {
        let open = match node {
            Node::Frozen(value) => return value.clone(),
            Node::Open(open) => open,
        };
        // Once everything is joined, only the places in which a table stands still hold it.
        if Rc::strong_count(open) < 2 {
            return Value::Table(Arc::new(self.freeze(open)));
        }
        let address = Rc::as_ptr(open).cast();
        if let Some(table) = self.done.get(&address) {
            return Value::Table(table.clone());
        }
        let table = Arc::new(Table::aliased(self.entries(open)));
        self.done.insert(address, table.clone());
        Value::Table(table)
    }
}

/// The table at `key`, opened where it stands.
pub(crate) fn open_at(open: &Open, key: &str) -> Option<Open> {
    let mut entries = open.borrow_mut();
    let node = entries.get_mut(key)?;
    if let Node::Frozen(Value::Table(table)) = node {
        *node = Node::Open(thaw(table));
    }
    match node {
        Node::Open(inner) => Some(inner.clone()),
        Node::Frozen(_) => None,
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node, Node::Frozen(Value::Null))
}

fn is_table(node: &Node) -> bool {
    matches!(node, Node::Open(_) | Node::Frozen(Value::Table(_)))
}

fn set(open: &Open, key: &Arc<str>, node: Node) {
    open.borrow_mut().insert(key.clone(), node);
}

fn get(open: &Open, key: &str) -> Option<Node> {
    open.borrow().get(key).cloned()
}

fn keys(open: &Open) -> Vec<Arc<str>> {
    open.borrow().keys().cloned().collect()
}

/// A copy of the table whose inner tables are the same ones.
fn shallow_copy(open: &Open) -> Open {
    for key in keys(open) {
        open_at(open, &key);
    }
    Rc::new(RefCell::new(open.borrow().clone()))
}

/// The names that lead to a table, for warnings.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trail<'t>(Option<(&'t Trail<'t>, &'t str)>);

impl<'t> Trail<'t> {
    fn then(&'t self, name: &'t str) -> Trail<'t> {
        Trail(Some((self, name)))
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((before, name)) = self.0 else {
            return Ok(());
        };
        let before = before.to_string();
        if !before.is_empty() {
            write!(f, "{before}.")?;
        }
        f.write_str(name)
    }
}

struct Joiner<'l> {
    log: &'l mut Log,
    merge: bool,
    depth: usize,
    /// [`GLOBAL`].
    global: Arc<str>,
}

impl Joiner<'_> {
    fn chart(&mut self, chart: &Chart, dest: &Open, prefix: Trail<'_>) -> Result<(), CoalesceError> {
        if self.depth > MAX_DEPTH {
            return Err(CoalesceError::TooDeep);
        }
        self.depth += 1;
        self.own_values(chart, dest, prefix)?;
        let outcome = self.subcharts(chart, dest, prefix);
        self.depth -= 1;
        outcome
    }

    fn subcharts(&mut self, chart: &Chart, dest: &Open, prefix: Trail<'_>) -> Result<(), CoalesceError> {
        for subchart in &chart.dependencies {
            let name = subchart.name();
            let inner = match open_at(dest, name) {
                Some(inner) => inner,
                None => match get(dest, name) {
                    Some(node) => {
                        return Err(CoalesceError::TypeMismatch {
                            chart: name.to_owned(),
                            found: bad_bool(&freeze_node(&node)),
                        });
                    }
                    None => {
                        let inner = Open::default();
                        set(dest, &name.into(), Node::Open(inner.clone()));
                        inner
                    }
                },
            };
            let prefix = prefix.then(chart.name());
            self.globals(&inner, dest, prefix)?;
            self.chart(subchart, &inner, prefix)?;
        }
        Ok(())
    }

    /// Copies the globals of `src` into `dest`.
    fn globals(&mut self, dest: &Open, src: &Open, prefix: Trail<'_>) -> Result<(), CoalesceError> {
        let mut side = |open: &Open, side: &str| match open.borrow().get(GLOBAL) {
            None => Some(None),
            Some(node) if is_table(node) => Some(Some(())),
            Some(_) => {
                let message = format!("warning: skipping globals because {side} {GLOBAL} is not a table.");
                self.log.print(message);
                None
            }
        };
        if side(dest, "destination").is_none() || side(src, "source").is_none() {
            return Ok(());
        }
        let theirs = open_at(src, GLOBAL).unwrap_or_default();
        let ours = open_at(dest, GLOBAL).unwrap_or_default();
        for key in keys(&theirs) {
            let Some(value) = get(&theirs, &key) else { continue };
            if !is_table(&value) {
                if get(&ours, &key).is_some_and(|node| is_table(&node)) {
                    self.log.print(format!("key {key} is table. Skipping"));
                } else {
                    set(&ours, &key, value);
                }
                continue;
            }
            let Some(table) = open_at(&theirs, &key) else {
                continue;
            };
            let copy = shallow_copy(&table);
            match get(&ours, &key) {
                None => set(&ours, &key, Node::Open(copy)),
                Some(node) if !is_table(&node) => {
                    let key = quote(&key);
                    let message = format!("Conflict: cannot merge map onto non-map for {key}. Skipping.");
                    self.log.print(message);
                }
                Some(_) => {
                    if let Some(defaults) = open_at(&ours, &key) {
                        tables(self.log, &copy, &defaults, prefix.then(&key), true, 0)?;
                    }
                    set(&ours, &key, Node::Open(copy));
                }
            }
        }
        set(dest, &self.global, Node::Open(ours));
        Ok(())
    }

    /// The chart's own defaults below what is given.
    fn own_values(&mut self, chart: &Chart, dest: &Open, prefix: Trail<'_>) -> Result<(), CoalesceError> {
        let prefix = prefix.then(chart.name());
        let subcharts: HashSet<&str> = chart.dependencies.iter().map(Chart::name).collect();
        for (key, default) in chart.values.iter().flat_map(Table::iter) {
            let Some(given) = get(dest, key) else {
                if self.merge {
                    set(dest, key, Node::Frozen(default.clone()));
                } else if let Some(clean) = without_nulls(default) {
                    set(dest, key, Node::Frozen(clean));
                }
                continue;
            };
            if is_null(&given) && !self.merge {
                dest.borrow_mut().remove(key);
                continue;
            }
            if is_same(&given, default) {
                continue;
            }
            let Some(given) = open_at(dest, key) else { continue };
            let Value::Table(default) = default else {
                if *default != Value::Null {
                    let message = format!("warning: skipped value for {prefix}.{key}: Not a table.");
                    self.log.print(message);
                }
                continue;
            };
            let merge = self.merge || subcharts.contains(&**key);
            let default = if merge {
                thaw(default)
            } else {
                thaw(&table_without_nulls(default))
            };
            tables(self.log, &given, &default, prefix.then(key), merge, 0)?;
        }
        Ok(())
    }
}

/// Whether what is given is the very table that stands in the defaults, so that there is nothing to join. Nulls are there to be removed.
fn is_same(given: &Node, default: &Value) -> bool {
    match (given, default) {
        (Node::Frozen(Value::Table(given)), Value::Table(default)) => {
            Arc::ptr_eq(given, default) && !has_null(default)
        }
        _ => false,
    }
}

/// The value without nulls in it; nothing for null itself.
fn without_nulls(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Table(table) if has_null(table) => Some(table_without_nulls(table).into()),
        other => Some(other.clone()),
    }
}

fn table_without_nulls(table: &Table) -> Table {
    if !has_null(table) {
        return table.clone();
    }
    table
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), without_nulls(value)?)))
        .collect()
}

fn has_null(table: &Table) -> bool {
    table.iter().any(|(_, value)| match value {
        Value::Null => true,
        Value::Table(inner) => has_null(inner),
        _ => false,
    })
}

/// Joins `src` into `dst`, which wins.
pub(crate) fn tables(
    log: &mut Log,
    dst: &Open,
    src: &Open,
    prefix: Trail<'_>,
    merge: bool,
    depth: usize,
) -> Result<(), CoalesceError> {
    if depth > MAX_DEPTH {
        return Err(CoalesceError::TooDeep);
    }
    let nulls: Vec<Arc<str>> = dst
        .borrow()
        .iter()
        .filter(|(_, node)| is_null(node))
        .map(|(key, _)| key.clone())
        .collect();
    // Of those: what hides a default.
    let mut hiding = BTreeSet::new();
    for key in nulls {
        if get(src, &key).is_some_and(|default| !is_null(&default)) {
            hiding.insert(key.clone());
        }
        set(src, &key, Node::Frozen(Value::Null));
    }
    for key in keys(src) {
        let Some(default) = get(src, &key) else { continue };
        let full = prefix.then(&key);
        match get(dst, &key) {
            Some(given) if is_null(&given) && !merge && hiding.contains(&key) => {
                dst.borrow_mut().remove(&key);
            }
            None => {
                // From here on both places hold the same map.
                let value = open_at(src, &key).map_or(default, Node::Open);
                set(dst, &key, value);
            }
            Some(_) if is_table(&default) => match (open_at(dst, &key), open_at(src, &key)) {
                (Some(given), Some(default)) => {
                    tables(log, &given, &default, full, merge, depth + 1)?;
                }
                _ => {
                    let (key, default) = (full, freeze_node(&default));
                    log.print(format!(
                        "warning: cannot overwrite table with non table for {key} ({default})"
                    ));
                }
            },
            Some(given) if is_table(&given) && !is_null(&default) => {
                let (key, default) = (full, freeze_node(&default));
                log.print(format!(
                    "warning: destination for {key} is a table. Ignoring non-table value ({default})"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Go's `%t` of what is no boolean.
fn bad_bool(value: &Value) -> String {
    let nested = |value: &Value| match value {
        Value::Null => "<nil>".to_owned(),
        other => bad_bool(other),
    };
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Null => "%!t(<nil>)".to_owned(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(nested).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Table(table) => {
            let entries = table.iter();
            let entries = entries.map(|(key, value)| format!("%!t(string={key}):{}", nested(value)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
        other => format!("%!t({}={other})", other.go_type()),
    }
}
