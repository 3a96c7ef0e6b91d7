//! What the policies say about a request.

use std::sync::Arc;

use flux_cel::{Evaluated, Scope};
use serde_json::{Value, json};

use super::rules::About;
use super::table::{Bound, Expression, Policy, Validation};
use crate::api::core::Call;
use crate::api::failure::Named;
use crate::api::registry::{Resource, split_api_version};
use crate::api::{Failure, meta, warn};
use crate::simulate::json::selector_matches;

/// Longer messages of expressions are not shown.
const LONGEST_MESSAGE: usize = 5 << 10;

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A request before the policies.
struct Review<'a> {
    call: &'a Call<'a>,
    operation: Operation,
    object: Option<&'a Value>,
    old: Option<&'a Value>,
    subresource: &'a str,
    dry_run: bool,
}

/// Why a request is refused: message and reason.
struct Denial {
    message: String,
    reason: String,
}

impl Denial {
    fn error(message: String) -> Self {
        let reason = String::new();
        Self { message, reason }
    }
}

impl Call<'_> {
    /// Ask the policies about a request; what they only warn of is noted.
    ///
    /// # Errors
    /// A policy denies it.
    pub(crate) fn check_policies(
        &self,
        operation: Operation,
        object: Option<&Value>,
        old: Option<&Value>,
        subresource: &str,
        dry_run: bool,
    ) -> Result<(), Failure> {
        let bound = self.core.policies.bound();
        if bound.is_empty() || self.resource.group == super::GROUP {
            return Ok(());
        }
        let review = Review {
            call: self,
            operation,
            object,
            old,
            subresource,
            dry_run,
        };
        let mut warnings = Vec::new();
        let mut first = None;
        for bound in bound.iter() {
            review.ask(bound, &mut warnings, &mut first);
        }
        *self.warnings.borrow_mut() = warnings.iter().map(|text| warn::header(text)).collect();
        match first {
            None => Ok(()),
            Some((policy, denial)) => Err(refusal(self.resource.named(), review.name(), &policy, &denial)),
        }
    }
}

/// `policy` says which one denies, and by which binding.
fn refusal(what: Named<'_>, name: &str, policy: &str, denial: &Denial) -> Failure {
    let message = format!(
        "ValidatingAdmissionPolicy {policy} denied request: {}",
        denial.message
    );
    let (code, reason) = match denial.reason.as_str() {
        "Unauthorized" => (401, "Unauthorized"),
        "Forbidden" => (403, "Forbidden"),
        "RequestEntityTooLarge" => (413, "RequestEntityTooLarge"),
        _ => (422, "Invalid"),
    };
    let mut failure = Failure::forbidden(what, name, &message);
    failure.code = code;
    failure.reason = reason;
    if let Some(details) = &mut failure.details {
        details["causes"] = json!([{"message": message}]);
    }
    failure
}

impl Review<'_> {
    fn name(&self) -> &str {
        let of = |object: Option<&'_ Value>| object.is_some_and(|object| !meta::name(object).is_empty());
        match (self.object, self.old) {
            (Some(object), _) if of(self.object) => meta::name(object),
            (_, Some(old)) => meta::name(old),
            _ => self.call.name(),
        }
    }

    fn is_namespace(&self) -> bool {
        self.call.resource.is("", "namespaces")
    }

    /// The namespace of the object; a Namespace has its own name here.
    fn namespace(&self) -> &str {
        if self.is_namespace() {
            self.name()
        } else {
            &self.call.target.namespace
        }
    }

    fn ask(&self, bound: &Bound, warnings: &mut Vec<String>, first: &mut Option<(String, Denial)>) {
        let policy = &bound.policy;
        let Some(resource) = self.matched(&policy.spec["matchConstraints"]) else {
            return;
        };
        for (name, binding) in &bound.bindings {
            let constraints = &binding["matchResources"];
            if !constraints.is_null() && self.matched(constraints).is_none() {
                continue;
            }
            let at = format!("'{}' with binding '{name}'", policy.name);
            let denials = match self.params(policy, binding) {
                Ok(params) => params
                    .iter()
                    .flat_map(|params| self.decide(policy, &resource, params))
                    .collect(),
                Err(_) if policy.ignores_errors => Vec::new(),
                Err(why) => {
                    let denial = Denial::error(format!("failed to configure binding: {why}"));
                    first.get_or_insert((at, denial));
                    continue;
                }
            };
            let acts = |action: &str| {
                let actions = binding["validationActions"].as_array();
                actions.is_some_and(|actions| actions.iter().any(|known| known == action))
            };
            for denial in denials {
                if acts("Warn") {
                    warnings.push(format!(
                        "Validation failed for ValidatingAdmissionPolicy {at}: {}",
                        denial.message
                    ));
                }
                if acts("Deny") {
                    first.get_or_insert_with(|| (at.clone(), denial));
                }
            }
        }
    }

    /// The resource that constraints match: that of the request, or the same in another version.
    fn matched(&self, constraints: &Value) -> Option<Arc<Resource>> {
        let own = &self.call.resource;
        if !self.namespace_matches(&constraints["namespaceSelector"])
            || !self.labels_match(&constraints["objectSelector"])
        {
            return None;
        }
        let equivalent = constraints["matchPolicy"] != "Exact";
        let matched = |rules: &Value| {
            if self.about(own).matches(rules) {
                return Some(own.clone());
            }
            let served = self.call.core.registry.served();
            let others = served.groups.iter().flat_map(|group| &group.versions);
            others
                .filter(|_| equivalent)
                .filter_map(|version| version.resources.get(&own.plural))
                .find(|other| other.storage == own.storage && self.about(other).matches(rules))
                .cloned()
        };
        if matched(&constraints["excludeResourceRules"]).is_some() {
            return None;
        }
        match constraints["resourceRules"].as_array() {
            Some(rules) if !rules.is_empty() => matched(&constraints["resourceRules"]),
            _ => Some(own.clone()),
        }
    }

    fn about<'a>(&'a self, resource: &'a Resource) -> About<'a> {
        About {
            operation: self.operation.text(),
            group: &resource.group,
            version: &resource.version,
            plural: &resource.plural,
            subresource: self.subresource,
            namespace: self.namespace(),
            name: self.name(),
        }
    }

    fn namespace_matches(&self, selector: &Value) -> bool {
        if is_empty(selector) || self.namespace().is_empty() {
            return true;
        }
        let labels = match (self.is_namespace(), self.operation, self.object) {
            (true, Operation::Create | Operation::Update, Some(object)) => {
                object["metadata"]["labels"].clone()
            }
            _ => self.namespace_object(self.namespace())["metadata"]["labels"].clone(),
        };
        selector_matches(selector, &labels)
    }

    fn labels_match(&self, selector: &Value) -> bool {
        let matches = |object: Option<&Value>| {
            object.is_some_and(|object| selector_matches(selector, &object["metadata"]["labels"]))
        };
        is_empty(selector) || matches(self.object) || matches(self.old)
    }

    fn namespace_object(&self, name: &str) -> Value {
        let (entry, _) = self.call.core.store.get("namespaces", name);
        entry.map_or(Value::Null, |entry| entry.value())
    }

    /// The parameters that a policy is asked with: null where there are none.
    fn params(&self, policy: &Policy, binding: &Value) -> Result<Vec<Value>, String> {
        let (kind, wanted) = (&policy.spec["paramKind"], &binding["paramRef"]);
        if !kind.is_object() || !wanted.is_object() {
            return Ok(vec![Value::Null]);
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind) = (text(&kind["apiVersion"]), text(&kind["kind"]));
        let (group, number) = split_api_version(&version);
        let served = self.call.core.registry.served();
        let resource = served
            .version(group, number)
            .and_then(|known| known.resources.values().find(|resource| resource.kind == kind))
            .ok_or_else(|| format!("paramKind kind `{version}, Kind={kind}` not known"))?;
        let given = text(&wanted["namespace"]);
        let namespace = match (resource.namespaced, given.as_str(), self.namespace()) {
            (false, "", _) => String::new(),
            (false, _, _) => {
                return Err(
                    "paramRef.namespace must not be provided for a cluster-scoped `paramKind`".into(),
                );
            }
            (true, "", "") => {
                return Err(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
                        .into(),
                );
            }
            (true, "", own) => own.to_owned(),
            (true, given, _) => given.to_owned(),
        };
        let store = &self.call.core.store;
        let name = text(&wanted["name"]);
        let found: Vec<Value> = if name.is_empty() {
            let prefix = if resource.namespaced {
                format!("{namespace}/")
            } else {
                String::new()
            };
            let (entries, _) = store.list(&resource.storage, &prefix, None, usize::MAX);
            let objects = entries.iter().map(|(_, entry)| crate::api::full(resource, entry));
            objects
                .filter(|object| {
                    let selector = &wanted["selector"];
                    is_empty(selector) || selector_matches(selector, &object["metadata"]["labels"])
                })
                .collect()
        } else {
            let (entry, _) = store.get(&resource.storage, &resource.key(&namespace, &name));
            entry
                .iter()
                .map(|entry| crate::api::full(resource, entry))
                .collect()
        };
        if found.is_empty() && wanted["parameterNotFoundAction"] == "Deny" {
            return Err("no params found for policy binding with `Deny` parameterNotFoundAction".into());
        }
        Ok(found)
    }

    /// What a policy holds against the request with these parameters.
    fn decide(&self, policy: &Policy, resource: &Resource, params: &Value) -> Vec<Denial> {
        let scope = self.scope(policy, resource, params);
        let failed = |denial: Denial| match policy.ignores_errors {
            true => Vec::new(),
            false => vec![denial],
        };
        let mut errors = Vec::new();
        for condition in &policy.conditions {
            match evaluate(&scope, condition) {
                Ok(Evaluated::Bool(false)) => return Vec::new(),
                Ok(_) => {}
                Err(why) => errors.push(why),
            }
        }
        match errors.as_slice() {
            [] => {}
            [one] => return failed(Denial::error(one.clone())),
            many => return failed(Denial::error(format!("[{}]", many.join(", ")))),
        }
        let validations = policy.validations.iter();
        validations
            .flat_map(|validation| match evaluate(&scope, &validation.expression) {
                Ok(Evaluated::Bool(true)) => Vec::new(),
                Ok(_) => vec![Denial {
                    message: message(&scope, validation),
                    reason: validation.reason.clone(),
                }],
                Err(why) => failed(Denial::error(why)),
            })
            .collect()
    }

    fn scope(&self, policy: &Policy, resource: &Resource, params: &Value) -> Scope {
        let seen = |object: Option<&Value>| {
            object.map_or(Value::Null, |object| self.in_version(object.clone(), resource))
        };
        let namespace = match (self.is_namespace(), self.namespace()) {
            (true, _) | (_, "") => Value::Null,
            (false, name) => {
                let mut namespace = self.namespace_object(name);
                if let Some(metadata) = namespace["metadata"].as_object_mut() {
                    metadata.remove("managedFields");
                    metadata.remove("ownerReferences");
                }
                namespace
            }
        };
        let mut scope = Scope::default();
        scope.set("object", &seen(self.object));
        scope.set("oldObject", &seen(self.old));
        scope.set("request", &self.request(resource));
        scope.set("namespaceObject", &namespace);
        scope.set("params", params);
        for (name, expression) in &policy.variables {
            scope.compose(name, &expression.program);
        }
        scope
    }

    /// An object as another version of its resource has it.
    fn in_version(&self, mut object: Value, resource: &Resource) -> Value {
        let own = &self.call.resource;
        if resource.version != own.version || resource.group != own.group {
            crate::api::convert::to_storage(own, &mut object);
            crate::api::convert::from_storage(resource, &mut object);
            object["apiVersion"] = resource.api_version().into();
        }
        object
    }

    fn request(&self, resource: &Resource) -> Value {
        let (own, user) = (&self.call.resource, &self.call.request.user);
        let kind = |of: &Resource| json!({"group": of.group, "version": of.version, "kind": of.kind});
        let plural = |of: &Resource| json!({"group": of.group, "version": of.version, "resource": of.plural});
        json!({
            "kind": kind(resource),
            "resource": plural(resource),
            "subResource": self.subresource,
            "requestKind": kind(own),
            "requestResource": plural(own),
            "requestSubResource": self.subresource,
            "name": self.name(),
            "namespace": self.namespace(),
            "operation": self.operation.text(),
            "userInfo": {"username": user.name, "uid": user.uid, "groups": user.groups, "extra": user.extra},
            "dryRun": self.dry_run,
            "options": {},
        })
    }
}

fn is_empty(selector: &Value) -> bool {
    let none = |field: &str| match &selector[field] {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => true,
    };
    none("matchLabels") && none("matchExpressions")
}

fn evaluate(scope: &Scope, expression: &Expression) -> Result<Evaluated, String> {
    match &expression.program {
        Ok(program) => scope
            .eval(program)
            .map_err(|error| format!("expression '{}' resulted in error: {error}", expression.text)),
        Err(error) => Err(format!("compilation error: compilation failed: {error}")),
    }
}

/// What a condition that does not hold says.
fn message(scope: &Scope, validation: &Validation) -> String {
    let made = validation.message_expression.as_ref();
    let made = made.and_then(|expression| match evaluate(scope, expression) {
        Ok(Evaluated::Text(text)) => Some(text.trim().to_owned()),
        _ => None,
    });
    let made = made.filter(|text| text.len() <= LONGEST_MESSAGE && !text.contains('\n'));
    [made.unwrap_or_default(), validation.message.trim().to_owned()]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| format!("failed expression: {}", validation.expression.text.trim()))
}
