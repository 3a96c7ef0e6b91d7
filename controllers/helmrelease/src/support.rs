//! Fields that this controller does not act on. An object that uses one says so instead of pretending.

use flux_api::helmrelease::HelmReleaseSpec;

/// Reason of `Ready` and `Stalled` on objects with such a field.
pub(crate) const NOT_SUPPORTED: &str = "NotSupported";

/// The sentence about the first field that is set and not acted on.
pub(crate) fn unsupported(spec: &HelmReleaseSpec) -> Option<String> {
    let ready_expr = spec
        .depends_on
        .iter()
        .any(|dependency| !dependency.ready_expr.is_empty());
    let other_chart = spec
        .chart_ref
        .as_ref()
        .is_some_and(|chart| chart.kind != "HelmChart");
    let legacy = spec
        .wait_strategy
        .as_ref()
        .is_some_and(|strategy| strategy.name == "legacy");
    let client_side = spec.install().server_side_apply == Some(false)
        || spec.upgrade().server_side_apply == "disabled"
        || spec.rollback().server_side_apply == "disabled";
    let fields = [
        (spec.kube_config.is_some(), "kubeConfig"),
        (other_chart, "chartRef with a kind other than HelmChart"),
        (!spec.health_check_exprs.is_empty(), "healthCheckExprs"),
        (ready_expr, "dependsOn[].readyExpr"),
        (legacy, "waitStrategy legacy"),
        (client_side, "serverSideApply other than server-side"),
    ];
    let (_, field) = fields.into_iter().find(|(set, _)| *set)?;
    Some(format!(
        "spec.{field} is not supported by this version of the controller and nothing was released: remove the field, or let \
         another helm-controller reconcile this object"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(spec: Value, expect: Option<&str>) {
        let spec: HelmReleaseSpec = serde_json::from_value(spec).unwrap();
        let found = unsupported(&spec);
        assert_eq!(found.is_some(), expect.is_some());
        assert!(found.unwrap_or_default().contains(expect.unwrap_or_default()));
    }

    #[test]
    fn what_is_not_acted_on_is_named() {
        check(json!({}), None);
        check(
            json!({"kubeConfig": {"secretRef": {"name": "a"}}}),
            Some("spec.kubeConfig"),
        );
        check(json!({"driftDetection": {"mode": "warn"}}), None);
        check(json!({"chartRef": {"kind": "HelmChart", "name": "a"}}), None);
        check(
            json!({"chartRef": {"kind": "OCIRepository", "name": "a"}}),
            Some("spec.chartRef"),
        );
        check(
            json!({"upgrade": {"serverSideApply": "disabled"}}),
            Some("serverSideApply"),
        );
    }
}
