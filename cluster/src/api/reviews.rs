//! Kinds that are questions: they are answered and not stored.

use serde_json::{Value, json};

use super::core::Call;
use super::failure::Named;
use super::negotiate::Offer;
use super::rbac::{Attributes, Decision};
use super::request::{FieldValidation, WriteOptions};
use super::{ApiResponse, Failure, body, meta, tokens};
use crate::User;

pub(crate) fn user_value(user: &User) -> Value {
    let mut value = json!({"username": user.name, "groups": user.groups});
    if user.groups.is_empty() {
        value = json!({"username": user.name});
    }
    if !user.uid.is_empty() {
        value["uid"] = user.uid.as_str().into();
    }
    if !user.extra.is_empty() {
        value["extra"] = json!(user.extra);
    }
    value
}

/// Who asks for a certificate is for the server to say, whatever the client wrote.
pub(crate) fn sign_request(user: &User, object: &mut Value) {
    let asking = user_value(user);
    let Some(spec) = object["spec"].as_object_mut() else {
        return;
    };
    for field in ["username", "uid", "groups", "extra"] {
        match asking.get(field) {
            Some(value) => drop(spec.insert(field.into(), value.clone())),
            None => drop(spec.remove(field)),
        }
    }
}

/// `POST` on a kind that can only be created.
pub(crate) fn create(call: &Call<'_>) -> Result<ApiResponse, Failure> {
    let resource = &call.resource;
    let options = WriteOptions::read(call.request, "CreateOptions", false)?;
    let (mut object, _) = body::object(call.request, &resource.kind, FieldValidation::Ignore)?;
    if let Some(map) = object.as_object_mut() {
        map.insert("kind".into(), resource.kind.as_str().into());
        map.insert("apiVersion".into(), resource.api_version().into());
        map.remove("status");
    }
    meta::metadata(&mut object).remove("creationTimestamp");
    let kind = resource.kind.as_str();
    if matches!(
        kind,
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" | "TokenReview"
    ) {
        without_empty(&mut object["spec"]);
        tokens::note(call, &mut object, &options.field_manager, "");
    }
    match kind {
        "SelfSubjectReview" => {
            meta::metadata(&mut object).insert("creationTimestamp".into(), meta::time(call.now).into());
            object["status"] = json!({"userInfo": user_value(&call.request.user)});
        }
        "SelfSubjectAccessReview" => {
            let user = call.request.user.clone();
            access(call, &mut object, &user)?;
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            let user = subject(&object["spec"]);
            access(call, &mut object, &user)?;
        }
        "SelfSubjectRulesReview" => rules(call, &mut object)?,
        "TokenReview" => tokens::review(call, &mut object)?,
        "Binding" => return super::subresource::bind_all(call, &object),
        _ => return Err(Failure::method_not_allowed()),
    }
    let accepted = super::negotiate::negotiate(&call.request.accept, Offer::Plain)?;
    Ok(ApiResponse::value(201, &object, accepted.format))
}

/// Texts that are empty are as if they were not there.
fn without_empty(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(without_empty);
        map.retain(|_, value| !value.is_null() && *value != "" && *value != json!([]));
    }
}

fn subject(spec: &Value) -> User {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect::<Vec<_>>()
    };
    let extra = spec["extra"].as_object().into_iter().flatten();
    User {
        name: text(&spec["user"]),
        uid: text(&spec["uid"]),
        groups: texts(&spec["groups"]),
        extra: extra
            .map(|(key, values)| (key.to_lowercase(), texts(values)))
            .collect(),
    }
}

/// `SubjectAccessReview` and its kin: may `user` do what the specification says?
fn access(call: &Call<'_>, object: &mut Value, user: &User) -> Result<(), Failure> {
    check_access(call, object)?;
    let spec = &object["spec"];
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let text = |value: &'_ Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let Decision { allowed, reason } = if path.is_object() {
        let (verb, path) = (text(path, "verb"), text(path, "path"));
        let what = Attributes {
            verb: &verb,
            path: Some(&path),
            ..Attributes::default()
        };
        call.core.roles.decide(user, &what)
    } else {
        let field = |name: &str| resource[name].as_str().unwrap_or_default();
        let what = Attributes {
            verb: field("verb"),
            namespace: field("namespace"),
            group: field("group"),
            resource: field("resource"),
            subresource: field("subresource"),
            name: field("name"),
            path: None,
        };
        call.core.roles.decide(user, &what)
    };
    let mut status = json!({"allowed": allowed});
    if !reason.is_empty() {
        status["reason"] = reason.into();
    }
    object["status"] = status;
    Ok(())
}

fn check_access(call: &Call<'_>, object: &Value) -> Result<(), Failure> {
    let spec = &object["spec"];
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut problems: Vec<(&str, &str, String)> = Vec::new();
    let mut invalid = |field: &'static str, value: &str, why: &str| {
        problems.push((
            "FieldValueInvalid",
            field,
            format!("Invalid value: {value}: {why}"),
        ));
    };
    let shown = || {
        let part = |field: &str, name: &str| {
            format!(
                "\"{name}\":{}",
                super::go::quote(path[field].as_str().unwrap_or_default())
            )
        };
        format!("{{{},{}}}", part("path", "Path"), part("verb", "Verb"))
    };
    match (resource.is_object(), path.is_object()) {
        (true, true) => invalid(
            "spec.nonResourceAttributes",
            &shown(),
            "cannot be specified in combination with resourceAttributes",
        ),
        (false, false) => invalid(
            "spec.resourceAttributes",
            "null",
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        _ => {}
    }
    let own = call.resource.kind == "SelfSubjectAccessReview";
    let nobody = spec["user"].is_null() && spec["groups"].is_null();
    if !own && nobody {
        invalid(
            "spec.user",
            "\"\"",
            "at least one of user or group must be specified",
        );
    }
    if call.resource.namespaced {
        let given = resource["namespace"].as_str().unwrap_or_default();
        if resource.is_object() && given != call.target.namespace {
            let shown = super::go::quote(given);
            invalid(
                "spec.resourceAttributes.namespace",
                &shown,
                "must match metadata.namespace",
            );
        }
        if path.is_object() {
            invalid(
                "spec.nonResourceAttributes",
                &shown(),
                "disallowed on this kind of request",
            );
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let kind = Named {
        group: &call.resource.group,
        resource: "",
    };
    Err(Failure::invalid_causes(kind, "", &problems))
}

/// `SelfSubjectRulesReview`: everything that the user may do in a namespace.
fn rules(call: &Call<'_>, object: &mut Value) -> Result<(), Failure> {
    let namespace = object["spec"]["namespace"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if namespace.is_empty() {
        return Err(Failure::bad_request("no namespace on request"));
    }
    let user = &call.request.user;
    let (rules, errors) = call.core.roles.rules_for(user, &namespace);
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    if user.groups.iter().any(|group| group == "system:masters") {
        // Upstream finds these before it looks at roles.
        resources.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    for rule in rules {
        match rule.listed() {
            (true, rule) => resources.push(rule),
            (false, rule) => paths.push(rule),
        }
    }
    object["spec"] = json!({});
    object["status"] = json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false});
    if !errors.is_empty() {
        object["status"]["evaluationError"] = errors.join(", ").into();
    }
    Ok(())
}
