//! Fields that this controller does not act on. An object that uses one says so instead of pretending.

use flux_api::kustomization::KustomizationSpec;

/// Reason of `Ready` and `Stalled` on objects with such a field.
pub(crate) const NOT_SUPPORTED: &str = "NotSupported";

/// The sentence about the first field that is set and not acted on.
pub(crate) fn unsupported(spec: &KustomizationSpec) -> Option<String> {
    let ready_expr = spec
        .depends_on
        .iter()
        .any(|dependency| !dependency.ready_expr.is_empty());
    let fields = [
        (spec.kube_config.is_some(), "kubeConfig"),
        (spec.decryption.is_some(), "decryption"),
        (!spec.health_check_exprs.is_empty(), "healthCheckExprs"),
        (ready_expr, "dependsOn[].readyExpr"),
        (!spec.ignore.is_empty(), "ignore"),
    ];
    let (_, field) = fields.into_iter().find(|(set, _)| *set)?;
    Some(format!(
        "spec.{field} is not supported by this version of the controller and nothing was applied: remove the field, or let \
         another kustomize-controller reconcile this object"
    ))
}
