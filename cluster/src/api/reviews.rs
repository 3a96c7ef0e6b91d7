//! Kinds that are questions: they are answered and not stored.

use serde_json::{Value, json};

use super::core::Call;
use super::negotiate::Offer;
use super::request::FieldValidation;
use super::{ApiRequest, ApiResponse, Failure, body, meta};
use crate::User;

/// Whether the user may ask at all. Users without credentials see health and version only; everyone who is known may do
/// everything.
pub(crate) fn authorize(request: &ApiRequest) -> Result<(), Failure> {
    let first = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if !request.user.is_anonymous() || matches!(first, "healthz" | "livez" | "readyz" | "version") {
        return Ok(());
    }
    let what = super::failure::Named { group: "", resource: "" };
    let verb = request.method.as_str().to_ascii_lowercase();
    let mut failure = Failure::forbidden(what, "", "");
    failure.message = format!("forbidden: User \"system:anonymous\" cannot {verb} path \"{}\"", request.path);
    failure.details = Some(json!({}));
    Err(failure)
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

/// `POST` on a kind that can only be created.
pub(crate) fn create(call: &Call<'_>) -> Result<ApiResponse, Failure> {
    let resource = &call.resource;
    let (mut object, _) = body::object(call.request, &resource.kind, FieldValidation::Ignore)?;
    meta::metadata(&mut object).entry("creationTimestamp").or_insert(Value::Null);
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
                return Err(Failure::bad_request("token is required for TokenReview in authentication"));
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
    Err(Failure::new(501, "NotImplemented", "this cluster does not issue service account tokens yet"))
}
