//! What admission sets and refuses on new objects besides what their kinds say: accounts of pods, their priorities, and
//! the limits of their namespace.

use serde_json::{Map, Value, json};

use super::core::Call;
use super::{Failure, meta};
use crate::defaults::{compare_quantities, quantity_ratio};

const LIMITS: &str = "limitranges";

impl Call<'_> {
    /// Set what admission sets on a new object.
    ///
    /// # Errors
    /// `403`: the object is not admitted.
    pub(crate) fn admit_new(&self, object: &mut Value) -> Result<(), Failure> {
        if self.resource.is("", "nodes") && self.request.user.name != super::request::INTERNAL {
            taint(object);
        }
        if !self.resource.is("", "pods") && !self.resource.is("", "persistentvolumeclaims") {
            return Ok(());
        }
        let ranges = self.limits();
        if self.resource.is("", "pods") {
            self.check_priority(object)?;
            self.check_account(object)?;
            set_limits(object, &ranges);
        }
        let errors = if self.resource.is("", "pods") {
            broken_by_pod(object, &ranges)
        } else {
            broken_by_claim(object, &ranges)
        };
        match errors.as_slice() {
            [] => Ok(()),
            [one] => Err(Failure::forbidden(self.resource.named(), meta::name(object), one)),
            many => {
                let all = format!("[{}]", many.join(", "));
                Err(Failure::forbidden(
                    self.resource.named(),
                    meta::name(object),
                    &all,
                ))
            }
        }
    }

    /// `spec.limits[]` of the LimitRanges of the namespace.
    fn limits(&self) -> Vec<Value> {
        let (entries, _) = self.core.store.list(LIMITS, &self.prefix(), None, usize::MAX);
        let mut limits = Vec::new();
        for (_, entry) in entries {
            limits.extend(
                entry.value()["spec"]["limits"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
        limits
    }

    /// The account of a pod must be there. The default one may be about to come.
    fn check_account(&self, pod: &Value) -> Result<(), Failure> {
        let spec = &pod["spec"];
        let name = ["serviceAccountName", "serviceAccount"]
            .iter()
            .filter_map(|field| spec[field].as_str().filter(|name| !name.is_empty()))
            .next()
            .unwrap_or("default");
        let coming = name == "default" && self.core.settings.default_accounts;
        if self.request.user.name == super::request::INTERNAL || coming {
            return Ok(());
        }
        let namespace = self.target.namespace.as_str();
        let key = format!("{namespace}/{name}");
        if self.core.store.get("serviceaccounts", &key).0.is_some() {
            return Ok(());
        }
        let why = format!(
            "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
        );
        Err(Failure::forbidden(self.resource.named(), meta::name(pod), &why))
    }

    /// The class of a pod must be there, and the number is the class's to say.
    fn check_priority(&self, pod: &Value) -> Result<(), Failure> {
        let spec = &pod["spec"];
        let class = spec["priorityClassName"].as_str().unwrap_or_default();
        let known = self.core.priority(class);
        if !class.is_empty() && known.is_none() {
            let why = format!("no PriorityClass with name {class} was found");
            return Err(Failure::forbidden(self.resource.named(), meta::name(pod), &why));
        }
        let wanted = known.map_or(0, |(value, _)| value);
        match spec["priority"].as_i64() {
            Some(given) if given != wanted => {
                let why = format!(
                    "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {wanted} from the given PriorityClass name"
                );
                Err(Failure::forbidden(self.resource.named(), meta::name(pod), &why))
            }
            _ => Ok(()),
        }
    }
}

/// A node that nobody has looked at is not ready.
fn taint(node: &mut Value) {
    const KEY: &str = "node.kubernetes.io/not-ready";
    if !node["spec"].is_object() {
        node["spec"] = json!({});
    }
    let taints = &mut node["spec"]["taints"];
    let has = taints
        .as_array()
        .into_iter()
        .flatten()
        .any(|taint| taint["key"] == KEY);
    if has {
        return;
    }
    if !taints.is_array() {
        *taints = json!([]);
    }
    if let Some(list) = taints.as_array_mut() {
        list.push(json!({"key": KEY, "effect": "NoSchedule"}));
    }
}

fn of_kind<'a>(ranges: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    ranges.iter().filter(move |limit| limit["type"] == kind)
}

/// Give containers the amounts that they do not name themselves, and note that in an annotation.
fn set_limits(pod: &mut Value, ranges: &[Value]) {
    let mut notes = Vec::new();
    for limit in of_kind(ranges, "Container") {
        for (list, what) in [("initContainers", "init container"), ("containers", "container")] {
            let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                set_amounts(container, limit, what, &mut notes);
            }
        }
    }
    if notes.is_empty() {
        return;
    }
    let metadata = meta::metadata(pod);
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    annotations["kubernetes.io/limit-ranger"] =
        format!("LimitRanger plugin set: {}", notes.join("; ")).into();
}

fn set_amounts(container: &mut Value, limit: &Value, what: &str, notes: &mut Vec<String>) {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    for (amounts, defaults, noun) in [
        ("requests", "defaultRequest", "request"),
        ("limits", "default", "limit"),
    ] {
        let mut set = Vec::new();
        for (resource, amount) in limit[defaults].as_object().into_iter().flatten() {
            if !container["resources"].is_object() {
                container["resources"] = json!({});
            }
            let there = &mut container["resources"][amounts];
            if there.get(resource).is_some() {
                continue;
            }
            if !there.is_object() {
                *there = json!({});
            }
            there[resource.as_str()] = amount.clone();
            set.push(resource.as_str());
        }
        if !set.is_empty() {
            notes.push(format!("{} {noun} for {what} {name}", set.join(", ")));
        }
    }
}

/// What limits a pod breaks.
fn broken_by_pod(pod: &Value, ranges: &[Value]) -> Vec<String> {
    let mut errors = Vec::new();
    for limit in of_kind(ranges, "Container") {
        for list in ["containers", "initContainers"] {
            for container in pod["spec"][list].as_array().into_iter().flatten() {
                let resources = &container["resources"];
                broken(limit, &resources["requests"], &resources["limits"], &mut errors);
            }
        }
    }
    for limit in of_kind(ranges, "Pod") {
        let sum = |amounts: &str| Value::Object(crate::defaults::pod_amounts(&pod["spec"], amounts));
        broken(limit, &sum("requests"), &sum("limits"), &mut errors);
    }
    errors
}

fn broken_by_claim(claim: &Value, ranges: &[Value]) -> Vec<String> {
    let mut errors = Vec::new();
    let requests = &claim["spec"]["resources"]["requests"];
    for limit in of_kind(ranges, "PersistentVolumeClaim") {
        for (bound, word) in [("min", "minimum"), ("max", "maximum")] {
            for (name, amount) in limit[bound].as_object().into_iter().flatten() {
                let (amount, request) = (text(amount), text(&requests[name]));
                let wrong = match compare_quantities(request, amount) {
                    Some(order) if bound == "min" => order.is_lt(),
                    Some(order) => order.is_gt(),
                    None => false,
                };
                if wrong {
                    errors.push(format!(
                        "{word} {name} usage per PersistentVolumeClaim is {amount}, but request is {request}"
                    ));
                }
            }
        }
    }
    errors
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// One entry of `spec.limits` against the amounts of a container or a pod.
fn broken(limit: &Value, requests: &Value, limits: &Value, errors: &mut Vec<String>) {
    let kind = text(&limit["type"]);
    let none = Map::new();
    let bounds = |name: &str| limit[name].as_object().unwrap_or(&none);
    let given = |amounts: &Value, name: &str| amounts[name].as_str().map(str::to_owned);
    let beyond = |found: &Option<String>, bound: &str, wrong: fn(std::cmp::Ordering) -> bool| {
        found
            .as_deref()
            .is_some_and(|found| compare_quantities(found, bound).is_some_and(wrong))
    };
    for (name, bound) in bounds("min") {
        let (bound, request, most) = (text(bound), given(requests, name), given(limits, name));
        let start = format!("minimum {name} usage per {kind} is {bound}");
        match &request {
            None => errors.push(format!("{start}.  No request is specified")),
            Some(amount) if beyond(&request, bound, std::cmp::Ordering::is_lt) => {
                errors.push(format!("{start}, but request is {amount}"));
            }
            Some(_) => {
                if let Some(amount) = most
                    .as_ref()
                    .filter(|_| beyond(&most, bound, std::cmp::Ordering::is_lt))
                {
                    errors.push(format!("{start}, but limit is {amount}"));
                }
            }
        }
    }
    for (name, bound) in bounds("max") {
        let (bound, request, most) = (text(bound), given(requests, name), given(limits, name));
        let start = format!("maximum {name} usage per {kind} is {bound}");
        match &most {
            None => errors.push(format!("{start}.  No limit is specified")),
            Some(amount) if beyond(&most, bound, std::cmp::Ordering::is_gt) => {
                errors.push(format!("{start}, but limit is {amount}"));
            }
            Some(_) => {
                if let Some(amount) = request
                    .as_ref()
                    .filter(|_| beyond(&request, bound, std::cmp::Ordering::is_gt))
                {
                    errors.push(format!("{start}, but request is {amount}"));
                }
            }
        }
    }
    for (name, bound) in bounds("maxLimitRequestRatio") {
        let bound = text(bound);
        let start = format!("{name} max limit to request ratio per {kind} is {bound}");
        let (request, most) = (given(requests, name), given(limits, name));
        match (
            request.filter(|amount| amount != "0"),
            most.filter(|amount| amount != "0"),
        ) {
            (None, _) => errors.push(format!("{start}, but no request is specified or request is 0")),
            (_, None) => errors.push(format!("{start}, but no limit is specified or limit is 0")),
            (Some(request), Some(most)) => {
                let ratio = quantity_ratio(&most, &request);
                if ratio
                    .zip(quantity_ratio(bound, "1"))
                    .is_some_and(|(found, most)| found > most)
                {
                    errors.push(format!(
                        "{start}, but provided ratio is {:.6}",
                        ratio.unwrap_or_default()
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{broken_by_pod, set_limits};

    fn check(limit: &Value, resources: &Value, expected: &[&str]) {
        let ranges = [limit.clone()];
        let mut pod =
            json!({"metadata": {}, "spec": {"containers": [{"name": "app", "resources": resources}]}});
        set_limits(&mut pod, &ranges);
        assert_eq!(broken_by_pod(&pod, &ranges), expected, "{pod}");
    }

    #[test]
    fn limits_of_containers() {
        let limit = json!({"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "200m"}});
        check(&limit, &json!({}), &[]);
        let over = "maximum cpu usage per Container is 1, but limit is 4";
        check(&limit, &json!({"limits": {"cpu": "4"}}), &[over]);
        let limit = json!({"type": "Container", "min": {"memory": "1Gi"}});
        let none = "minimum memory usage per Container is 1Gi.  No request is specified";
        check(&limit, &json!({}), &[none]);
        let less = "minimum memory usage per Container is 1Gi, but request is 5Mi";
        check(&limit, &json!({"requests": {"memory": "5Mi"}}), &[less]);
    }

    #[test]
    fn limits_of_pods_and_ratios() {
        let limit = json!({"type": "Pod", "max": {"cpu": "500m"}});
        check(&limit, &json!({"limits": {"cpu": "500m"}}), &[]);
        let over = "maximum cpu usage per Pod is 500m, but limit is 1";
        check(&limit, &json!({"limits": {"cpu": "1"}}), &[over]);
        let limit = json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}});
        let over = "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000";
        let resources = json!({"limits": {"cpu": "2"}, "requests": {"cpu": "500m"}});
        check(&limit, &resources, &[over]);
    }
}
