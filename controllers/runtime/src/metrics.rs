//! Metrics under the names that Flux dashboards use.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flux_kube::Key;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Content type of [`Metrics::render_text`].
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ObjectLabels {
    kind: String,
    name: String,
    namespace: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ControllerLabels {
    controller: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    controller: String,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QueueLabels {
    name: String,
}

/// How a pass ended, in controller-runtime's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassResult {
    /// Nothing more to do.
    Success,
    /// Failed.
    Error,
    /// Again at once.
    Requeue,
    /// Again later.
    RequeueAfter,
}

impl PassResult {
    fn as_str(self) -> &'static str {
        match self {
            PassResult::Success => "success",
            PassResult::Error => "error",
            PassResult::Requeue => "requeue",
            PassResult::RequeueAfter => "requeue_after",
        }
    }
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of the process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Mutex<Registry>,
    reconcile_duration: Durations<ObjectLabels>,
    reconcile_total: Family<ResultLabels, Counter>,
    reconcile_errors: Family<ControllerLabels, Counter>,
    reconcile_panics: Family<ControllerLabels, Counter>,
    reconcile_time: Durations<ControllerLabels>,
    active_workers: Family<ControllerLabels, Gauge>,
    max_workers: Family<ControllerLabels, Gauge>,
    queue_depth: Family<QueueLabels, Gauge>,
}

/// Ten buckets from 10 ms to 30 min, each larger than the one before by the same factor.
fn object_histogram() -> Histogram {
    let factor = (1800.0_f64 / 0.01).powf(1.0 / 9.0);
    Histogram::new((0..10).map(|step| 0.01 * factor.powi(step)))
}

/// controller-runtime's buckets.
fn controller_histogram() -> Histogram {
    Histogram::new([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
        1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0,
        40.0, 50.0, 60.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// With nothing counted.
    pub fn new() -> Self {
        let inner = Inner {
            registry: Mutex::default(),
            reconcile_duration: Family::new_with_constructor(object_histogram),
            reconcile_total: Family::default(),
            reconcile_errors: Family::default(),
            reconcile_panics: Family::default(),
            reconcile_time: Family::new_with_constructor(controller_histogram),
            active_workers: Family::default(),
            max_workers: Family::default(),
            queue_depth: Family::default(),
        };
        let metrics = Metrics(Arc::new(inner));
        metrics.register_own();
        metrics
    }

    fn register_own(&self) {
        let own = self.0.clone();
        self.register(|registry| {
            registry.register(
                "gotk_reconcile_duration_seconds",
                "The duration in seconds of a GitOps Toolkit resource reconciliation",
                own.reconcile_duration.clone(),
            );
            registry.register(
                "controller_runtime_reconcile",
                "Total number of reconciliations per controller",
                own.reconcile_total.clone(),
            );
            registry.register(
                "controller_runtime_reconcile_errors",
                "Total number of reconciliation errors per controller",
                own.reconcile_errors.clone(),
            );
            registry.register(
                "controller_runtime_reconcile_panics",
                "Total number of reconciliation panics per controller",
                own.reconcile_panics.clone(),
            );
            registry.register(
                "controller_runtime_reconcile_time_seconds",
                "Length of time per reconciliation per controller",
                own.reconcile_time.clone(),
            );
            registry.register(
                "controller_runtime_active_workers",
                "Number of currently used workers per controller",
                own.active_workers.clone(),
            );
            registry.register(
                "controller_runtime_max_concurrent_reconciles",
                "Maximum number of concurrent reconciles per controller",
                own.max_workers.clone(),
            );
            registry.register(
                "workqueue_depth",
                "Current depth of workqueue",
                own.queue_depth.clone(),
            );
        });
    }

    /// Adds more metrics.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self
            .0
            .registry
            .lock()
            .unwrap_or_else(|poison| poison.into_inner()));
    }

    /// All of them as OpenMetrics text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let registry = self
            .0
            .registry
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        if let Err(error) = text::encode(&mut text, &registry) {
            text.clear();
            // Writing to a String does not fail.
            let _ = writeln!(text, "# {error}");
        }
        text
    }

    /// All of them as the older text format, for those who do not ask for OpenMetrics. There a counter is described under the
    /// name that its samples have, and nothing marks the end.
    pub fn render_text(&self) -> String {
        let open = self.render();
        let counters: Vec<&str> = open
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
            .collect();
        let mut text = String::with_capacity(open.len());
        for line in open.lines().filter(|line| !line.starts_with("# EOF")) {
            let described = ["# HELP ", "# TYPE "]
                .iter()
                .find_map(|word| Some((*word, line.strip_prefix(word)?.split_once(' ')?)));
            match described {
                Some((word, (name, rest))) if counters.contains(&name) => {
                    let _ = writeln!(text, "{word}{name}_total {rest}");
                }
                _ => {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        text
    }

    pub(crate) fn workers(&self, controller: &str, most: usize) {
        let gauge = self.0.max_workers.get_or_create(&labels(controller)).clone();
        gauge.set(i64::try_from(most).unwrap_or(i64::MAX));
    }

    pub(crate) fn began(&self, controller: &str, depth: usize) {
        self.0.active_workers.get_or_create(&labels(controller)).inc();
        self.depth(controller, depth);
    }

    pub(crate) fn ended(&self, controller: &str, result: PassResult, took: Duration) {
        let labels = labels(controller);
        self.0.active_workers.get_or_create(&labels).dec();
        self.0
            .reconcile_time
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        if result == PassResult::Error {
            self.0.reconcile_errors.get_or_create(&labels).inc();
        }
        let labels = ResultLabels {
            controller: controller.into(),
            result: result.as_str(),
        };
        self.0.reconcile_total.get_or_create(&labels).inc();
    }

    pub(crate) fn panicked(&self, controller: &str) {
        self.0.reconcile_panics.get_or_create(&labels(controller)).inc();
    }

    pub(crate) fn depth(&self, controller: &str, depth: usize) {
        let labels = QueueLabels {
            name: controller.into(),
        };
        let gauge = self.0.queue_depth.get_or_create(&labels).clone();
        gauge.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    pub(crate) fn reconciled(&self, kind: &str, key: &Key, took: Duration) {
        let labels = object_labels(kind, key);
        self.0
            .reconcile_duration
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    pub(crate) fn gone(&self, kind: &str, key: &Key) {
        self.0.reconcile_duration.remove(&object_labels(kind, key));
    }
}

fn labels(controller: &str) -> ControllerLabels {
    ControllerLabels {
        controller: controller.into(),
    }
}

fn object_labels(kind: &str, key: &Key) -> ObjectLabels {
    ObjectLabels {
        kind: kind.into(),
        name: key.name.clone(),
        namespace: key.namespace.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_those_of_the_dashboards() {
        let metrics = Metrics::new();
        metrics.began("kustomization", 3);
        metrics.ended("kustomization", PassResult::Error, Duration::from_millis(20));
        metrics.reconciled(
            "Kustomization",
            &Key::new("flux-system", "apps"),
            Duration::from_millis(20),
        );
        let text = metrics.render();
        for line in [
            "controller_runtime_reconcile_total{controller=\"kustomization\",result=\"error\"} 1",
            "controller_runtime_reconcile_errors_total{controller=\"kustomization\"} 1",
            "controller_runtime_active_workers{controller=\"kustomization\"} 0",
            "workqueue_depth{name=\"kustomization\"} 3",
            "gotk_reconcile_duration_seconds_count{kind=\"Kustomization\",name=\"apps\",namespace=\"flux-system\"} 1",
        ] {
            assert!(
                text.lines().any(|held| held == line),
                "{line} is missing in\n{text}"
            );
        }
        metrics.gone("Kustomization", &Key::new("flux-system", "apps"));
        assert!(!metrics.render().contains("name=\"apps\""));
    }

    #[test]
    fn the_older_format_describes_counters_as_they_are_sampled() {
        let metrics = Metrics::new();
        metrics.ended("kustomization", PassResult::Error, Duration::from_millis(20));
        metrics.depth("kustomization", 3);
        let text = metrics.render_text();
        for line in [
            "# HELP controller_runtime_reconcile_errors_total Total number of reconciliation errors per controller.",
            "# TYPE controller_runtime_reconcile_errors_total counter",
            "controller_runtime_reconcile_errors_total{controller=\"kustomization\"} 1",
            "# TYPE workqueue_depth gauge",
            "# TYPE controller_runtime_reconcile_time_seconds histogram",
        ] {
            assert!(
                text.lines().any(|held| held == line),
                "{line} is missing in\n{text}"
            );
        }
        assert!(!text.contains("# EOF"));
    }

    #[test]
    fn the_buckets_of_object_durations_reach_from_10_ms_to_30_min() {
        let metrics = Metrics::new();
        metrics.reconciled("K", &Key::new("n", "a"), Duration::ZERO);
        let text = metrics.render();
        let bounds: Vec<f64> = text
            .split("le=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse().ok())
            .filter(|bound: &f64| bound.is_finite())
            .collect();
        assert_eq!(bounds.len(), 10);
        assert!(
            (bounds[0] - 0.01).abs() < 1e-9 && (bounds[9] - 1800.0).abs() < 1e-6,
            "{bounds:?}"
        );
    }
}
