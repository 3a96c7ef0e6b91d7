//! Kinds that are questions: they are answered and not stored.

use serde_json::{Value, json};

use super::core::Call;
use super::negotiate::Offer;
use super::request::{FieldValidation, Route, Target};
use super::{ApiRequest, ApiResponse, Failure, body, meta};
use crate::User;

/// Whether the user may ask at all. Users without credentials see health and version only; everyone who is known may do
/// everything.
pub(crate) fn authorize(request: &ApiRequest, route: &Route) -> Result<(), Failure> {
    let first = request
        .path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    if !request.user.is_anonymous() || matches!(first, "healthz" | "livez" | "readyz" | "version") {
        return Ok(());
    }
    let user = super::go::quote(&request.user.name);
    match route {
        Route::Other(_) => {
            let verb = request.method.as_str().to_ascii_lowercase();
            let message = format!("forbidden: User {user} cannot {verb} path \"{}\"", request.path);
            Err(Failure {
                details: Some(json!({})),
                ..Failure::new(403, "Forbidden", message)
            })
        }
        Route::Resource(target) => Err(refused(request, target, &user)),
    }
}

/// The refusal of a request for a resource.
fn refused(request: &ApiRequest, target: &Target, user: &str) -> Failure {
    let watch = request.query.flag("watch") || target.watch;
    let verb = match (request.method.as_str(), &target.name) {
        ("GET" | "HEAD", _) if watch => "watch",
        ("GET" | "HEAD", Some(_)) => "get",
        ("GET" | "HEAD", None) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        (_, Some(_)) => "delete",
        (_, None) => "deletecollection",
    };
    let resource = match &target.subresource {
        Some(sub) => format!("{}/{sub}", target.resource),
        None => target.resource.clone(),
    };
    let place = match target.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {}", super::go::quote(namespace)),
    };
    let what = super::failure::Named {
        group: &target.group,
        resource: &target.resource,
    };
    let why = format!(
        "User {user} cannot {verb} resource {} in API group {} {place}",
        super::go::quote(&resource),
        super::go::quote(&target.group)
    );
    Failure::forbidden(what, target.name.as_deref().unwrap_or_default(), &why)
}

fn user_value(user: &User) -> Value {
    let mut groups = user.groups.clone();
    if !user.is_anonymous() && !groups.iter().any(|group| group == "system:authenticated") {
        groups.push("system:authenticated".into());
    }
    let mut value = json!({"username": user.name, "groups": groups});
    if !user.uid.is_empty() {
        value["uid"] = user.uid.as_str().into();
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
    let (mut object, _) = body::object(call.request, &resource.kind, FieldValidation::Ignore)?;
    meta::metadata(&mut object)
        .entry("creationTimestamp")
        .or_insert(Value::Null);
    if let Some(map) = object.as_object_mut() {
        map.insert("kind".into(), resource.kind.as_str().into());
        map.insert("apiVersion".into(), resource.api_version().into());
    }
    meta::metadata(&mut object).remove("creationTimestamp");
    match resource.kind.as_str() {
        "SelfSubjectReview" => {
            meta::metadata(&mut object).insert("creationTimestamp".into(), meta::time(call.now).into());
            object["status"] = json!({"userInfo": user_value(&call.request.user)});
        }
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            object["status"] = json!({"allowed": true});
        }
        "SelfSubjectRulesReview" => {
            object["status"] = json!({
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                "incomplete": false,
            });
        }
        "TokenReview" => {
            if object["spec"]["token"].as_str().is_none_or(str::is_empty) {
                return Err(Failure::bad_request(
                    "token is required for TokenReview in authentication",
                ));
            }
            object["status"] = json!({"user": {}, "error": "[invalid bearer token, unknown]"});
        }
        "Binding" => return Err(Failure::method_not_allowed()),
        _ => return Err(Failure::method_not_allowed()),
    }
    let accepted = super::negotiate::negotiate(&call.request.accept, Offer::Plain)?;
    Ok(ApiResponse::value(201, &object, accepted.format))
}

/// `POST` on `serviceaccounts/x/token`.
pub(crate) fn token(call: &Call<'_>) -> Result<ApiResponse, Failure> {
    let (entry, _) = call.core.store.get(&call.resource.storage, &call.key());
    entry.ok_or_else(|| call.missing())?;
    Err(Failure::new(
        501,
        "NotImplemented",
        "this cluster does not issue service account tokens yet",
    ))
}
