//! Which requests the rules of a policy or a binding match.

use serde_json::Value;

/// What a request is about, as rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) operation: &'a str,
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) plural: &'a str,
    pub(crate) subresource: &'a str,
    /// Empty for what belongs to the cluster; of a Namespace its own name.
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl About<'_> {
    /// Whether one of these rules (`resourceRules`, `excludeResourceRules`) matches.
    pub(crate) fn matches(&self, rules: &Value) -> bool {
        items(rules).iter().any(|rule| {
            let any = |field: &str, wanted: &str| {
                items(&rule[field])
                    .iter()
                    .any(|item| item == "*" || item == wanted)
            };
            let names = items(&rule["resourceNames"]);
            self.in_scope(&rule["scope"])
                && any("operations", self.operation)
                && any("apiGroups", self.group)
                && any("apiVersions", self.version)
                && items(&rule["resources"])
                    .iter()
                    .any(|item| self.is_resource(item.as_str().unwrap_or_default()))
                && (names.is_empty() || names.iter().any(|name| name == self.name))
        })
    }

    fn in_scope(&self, scope: &Value) -> bool {
        let of_cluster = self.namespace.is_empty() || (self.group.is_empty() && self.plural == "namespaces");
        match scope.as_str() {
            None | Some("*") => true,
            Some("Namespaced") => !of_cluster,
            Some("Cluster") => of_cluster,
            Some(_) => false,
        }
    }

    fn is_resource(&self, item: &str) -> bool {
        let (plural, sub) = item.split_once('/').unwrap_or((item, ""));
        (plural == "*" || plural == self.plural) && (sub == "*" || sub == self.subresource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(resource: &str, scope: &str, names: &[&str], about: (&str, &str, &str), expect: bool) {
        let (plural, subresource, namespace) = about;
        let about = About {
            operation: "CREATE",
            group: "",
            version: "v1",
            plural,
            subresource,
            namespace,
            name: "a",
        };
        let rules = json!([{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1", "v2"],
            "resources": [resource], "scope": scope, "resourceNames": names}]);
        assert_eq!(about.matches(&rules), expect, "{resource} {scope} {names:?}");
    }

    #[test]
    fn rules() {
        let pod = ("pods", "", "x");
        check("pods", "*", &[], pod, true);
        check("*", "*", &[], pod, true);
        check("pods/status", "*", &[], pod, false);
        check("pods/*", "*", &[], pod, true);
        check("pods/status", "*", &[], ("pods", "status", "x"), true);
        check("*/status", "*", &[], ("pods", "status", "x"), true);
        check("*", "*", &[], ("pods", "status", "x"), false);
        check("*/*", "*", &[], ("pods", "status", "x"), true);
        check("pods", "Namespaced", &[], pod, true);
        check("pods", "Cluster", &[], pod, false);
        check("nodes", "Cluster", &[], ("nodes", "", ""), true);
        check("namespaces", "Cluster", &[], ("namespaces", "", "x"), true);
        check("namespaces", "Namespaced", &[], ("namespaces", "", "x"), false);
        check("pods", "*", &["a"], pod, true);
        check("pods", "*", &["b"], pod, false);
        check("configmaps", "*", &[], pod, false);
    }
}
