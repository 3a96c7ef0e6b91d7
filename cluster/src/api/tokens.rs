//! Tokens: who shows them, and how service accounts get theirs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::core::{Call, Core};
use super::failure::Named;
use super::managed::Manager;
use super::negotiate::Offer;
use super::request::{FieldValidation, WriteOptions};
use super::{ApiResponse, Failure, body, decode, meta};
use crate::{Token, User};

/// Who issues tokens, and whom they are for unless the request says so.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const GROUP: &str = "authentication.k8s.io";
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;
const USUAL: i64 = 3600;

/// Whom a token stands for, and for which audiences.
pub(crate) struct Known {
    pub(crate) user: User,
    pub(crate) audiences: Vec<String>,
}

impl Core {
    /// Who shows this token. The error is for `TokenReview`; requests are told nothing.
    pub(crate) fn authenticate(&self, token: &str, now: Timestamp) -> Result<Known, String> {
        let known = self
            .settings
            .tokens
            .iter()
            .chain(self.settings.admin.get())
            .find(|known| same(known.token.as_bytes(), token.as_bytes()));
        if let Some(Token { user, .. }) = known {
            return Ok(Known {
                user: user.clone().authenticated(),
                audiences: vec![ISSUER.into()],
            });
        }
        let claims = self
            .settings
            .token_key
            .verify(token)
            .ok_or("invalid bearer token")?;
        self.of_claims(&claims, now)
            .map_err(|why| format!("[invalid bearer token, {why}]"))
    }

    fn of_claims(&self, claims: &Value, now: Timestamp) -> Result<Known, String> {
        let number = |field: &str| claims[field].as_i64();
        if claims["iss"] != ISSUER {
            return Err("the token was issued by somebody else".into());
        }
        if number("exp").is_some_and(|exp| exp <= now.as_second()) {
            return Err("service account token has expired".into());
        }
        if number("nbf").is_some_and(|nbf| nbf > now.as_second() + 60) {
            return Err("service account token is not valid yet".into());
        }
        let private = &claims["kubernetes.io"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (namespace, account) = (text(&private["namespace"]), &private["serviceaccount"]);
        let (name, uid) = (text(&account["name"]), text(&account["uid"]));
        self.still_there("serviceaccounts", &namespace, account)
            .map_err(|()| format!("service account {namespace}/{name} has been deleted"))?;
        let gone = |()| "service account token has been invalidated".to_owned();
        let mut user = User {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            uid,
            groups: vec![
                "system:serviceaccounts".into(),
                format!("system:serviceaccounts:{namespace}"),
            ],
            ..User::default()
        };
        let mut add = |key: &str, value: String| {
            user.extra
                .insert(format!("authentication.kubernetes.io/{key}"), vec![value]);
        };
        if let Some(id) = claims["jti"].as_str() {
            add("credential-id", format!("JTI={id}"));
        }
        for (kind, plural) in [("pod", "pods"), ("secret", "secrets"), ("node", "nodes")] {
            let Some(bound) = private.get(kind) else { continue };
            let namespace = if kind == "node" { "" } else { &namespace };
            self.still_there(plural, namespace, bound).map_err(gone)?;
            if kind != "secret" {
                add(&format!("{kind}-name"), text(&bound["name"]));
                add(&format!("{kind}-uid"), text(&bound["uid"]));
            }
        }
        let mut audiences: Vec<String> = claims["aud"].as_array().into_iter().flatten().map(text).collect();
        if audiences.is_empty() {
            // A token of a Secret is for the cluster itself.
            audiences.push(ISSUER.into());
        }
        Ok(Known {
            user: user.authenticated(),
            audiences,
        })
    }

    /// Whether the object that a token names is there and the same.
    fn still_there(&self, plural: &str, namespace: &str, named: &Value) -> Result<(), ()> {
        let name = named["name"].as_str().ok_or(())?;
        let key = match namespace {
            "" => name.to_owned(),
            namespace => format!("{namespace}/{name}"),
        };
        let (entry, _) = self.store.get(plural, &key);
        let object = entry.ok_or(())?.value();
        (object["metadata"]["uid"] == named["uid"])
            .then_some(())
            .ok_or(())
    }

    /// A token for a service account; without an end when `seconds` is none.
    pub(crate) fn issue(
        &self,
        account: &Value,
        audiences: &[String],
        seconds: Option<i64>,
        bound: Option<(&str, &Value)>,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let named = |object: &Value| json!({"name": meta::name(object), "uid": meta::text(object, "uid")});
        let (namespace, name) = (meta::text(account, "namespace"), meta::name(account));
        let now = now.as_second();
        let mut private = json!({"namespace": namespace, "serviceaccount": named(account)});
        if let Some((kind, object)) = bound {
            private[kind] = named(object);
        }
        let mut claims = json!({
            "aud": audiences,
            "iat": now,
            "nbf": now,
            "iss": ISSUER,
            "jti": meta::random_uid(),
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
            "kubernetes.io": private,
        });
        if let Some(seconds) = seconds {
            claims["exp"] = (now + seconds).into();
        }
        self.settings.token_key.sign(&claims).map_err(Failure::internal)
    }
}

/// Compare in a time that depends on the lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// `POST` on `serviceaccounts/x/token`.
pub(crate) fn request(call: &Call<'_>) -> Result<ApiResponse, Failure> {
    let options = WriteOptions::read(call.request, "CreateOptions", false)?;
    let (mut object, _) = body::object(call.request, "TokenRequest", FieldValidation::Ignore)?;
    let (entry, _) = call.core.store.get(&call.resource.storage, &call.key());
    let account = entry.ok_or_else(|| call.missing())?.value();
    for (field, value) in [
        ("kind", "TokenRequest"),
        ("apiVersion", "authentication.k8s.io/v1"),
    ] {
        object[field] = value.into();
    }
    let given = meta::metadata(&mut object).clone();
    if !object["spec"].is_object() {
        object["spec"] = json!({});
    }
    if object["spec"]["expirationSeconds"].is_null() {
        object["spec"]["expirationSeconds"] = USUAL.into();
    }
    object["metadata"] = json!({});
    note(call, &mut object, &options.field_manager, "token");
    let fields = object["metadata"]["managedFields"].take();
    check_request(&object)?;
    let seconds = object["spec"]["expirationSeconds"].as_i64().unwrap_or(USUAL);
    let mut audiences: Vec<String> = list(&object["spec"]["audiences"]);
    if audiences.is_empty() {
        audiences.push(ISSUER.into());
    }
    let bound = bound_object(call, &object["spec"]["boundObjectRef"], &account)?;
    let bound = bound.as_ref().map(|(kind, object)| (*kind, object));
    let token = call
        .core
        .issue(&account, &audiences, Some(seconds), bound, call.now)?;
    let mut metadata = json!({
        "name": call.name(),
        "namespace": call.target.namespace,
        "uid": meta::text(&account, "uid"),
        "creationTimestamp": meta::time(call.now),
    });
    for (key, value) in given {
        if metadata.get(&key).is_none() {
            metadata[key] = value;
        }
    }
    metadata["managedFields"] = fields;
    object["metadata"] = metadata;
    object["spec"]["audiences"] = json!(audiences);
    if object["spec"]["boundObjectRef"].is_null() {
        object["spec"]["boundObjectRef"] = Value::Null;
    }
    let end = Timestamp::from_second(call.now.as_second().saturating_add(seconds)).unwrap_or(call.now);
    object["status"] = json!({"token": token, "expirationTimestamp": meta::time(end)});
    let accepted = super::negotiate::negotiate(&call.request.accept, Offer::Plain)?;
    Ok(ApiResponse::value(201, &object, accepted.format))
}

fn list(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Note who wrote an object that is answered and not stored.
pub(crate) fn note(call: &Call<'_>, object: &mut Value, manager: &str, subresource: &str) {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    let (group, short) = super::registry::split_api_version(&version);
    let ty = flux_schema::Facts::builtin().type_of(group, short, &kind);
    let noted = Manager::update(manager, Some(subresource)).note_of_type(
        ty.unwrap_or_else(|| decode::type_of(&call.resource)),
        &version,
        object,
        call.now,
    );
    *object = noted;
}

fn check_request(object: &Value) -> Result<(), Failure> {
    let seconds = object["spec"]["expirationSeconds"].as_i64().unwrap_or(USUAL);
    let why = match seconds {
        ..SHORTEST => "may not specify a duration less than 10 minutes",
        seconds if seconds > LONGEST => "may not specify a duration larger than 2^32 seconds",
        _ => return Ok(()),
    };
    let kind = Named {
        group: GROUP,
        resource: "TokenRequest",
    };
    let message = format!("Invalid value: {seconds}: {why}");
    Err(Failure::invalid_causes(
        kind,
        "",
        &[("FieldValueInvalid", "spec.expirationSeconds", message)],
    ))
}

/// The object whose end shall be the end of the token.
fn bound_object(
    call: &Call<'_>,
    reference: &Value,
    account: &Value,
) -> Result<Option<(&'static str, Value)>, Failure> {
    if !reference.is_object() {
        return Ok(None);
    }
    let text = |field: &str| reference[field].as_str().unwrap_or_default();
    let (kind, plural, namespaced) = match (text("apiVersion"), text("kind")) {
        ("v1", "Pod") => ("pod", "pods", true),
        ("v1", "Secret") => ("secret", "secrets", true),
        ("v1", "Node") => ("node", "nodes", false),
        (version, kind) => {
            let (group, version) = super::registry::split_api_version(version);
            return Err(Failure::bad_request(format!(
                "cannot bind token to object of type {group}/{version}, Kind={kind}"
            )));
        }
    };
    let name = text("name");
    let key = match namespaced {
        true => format!("{}/{name}", call.target.namespace),
        false => name.to_owned(),
    };
    let named = Named {
        group: "",
        resource: plural,
    };
    let (entry, _) = call.core.store.get(plural, &key);
    let object = entry.ok_or_else(|| Failure::not_found(named, name))?.value();
    if kind == "pod" && object["spec"]["serviceAccountName"] != account["metadata"]["name"] {
        return Err(Failure::bad_request(format!(
            "cannot bind token for serviceaccount {} to pod running with different serviceaccount name.",
            super::go::quote(meta::name(account))
        )));
    }
    let uid = text("uid");
    if !uid.is_empty() && uid != meta::text(&object, "uid") {
        let why = format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        );
        return Err(Failure::conflict(named, name, &why));
    }
    Ok(Some((kind, object)))
}

/// `POST` on `tokenreviews`: puts the answer into the object.
pub(crate) fn review(call: &Call<'_>, object: &mut Value) -> Result<(), Failure> {
    let token = object["spec"]["token"].as_str().unwrap_or_default().to_owned();
    if token.is_empty() {
        return Err(Failure::bad_request(
            "token is required for TokenReview in authentication",
        ));
    }
    let asked = list(&object["spec"]["audiences"]);
    object["status"] = match call.core.authenticate(&token, call.now) {
        Err(error) => json!({"user": {}, "error": error}),
        Ok(known) => {
            let wanted = if asked.is_empty() {
                vec![ISSUER.to_owned()]
            } else {
                asked
            };
            let common: Vec<&String> = known
                .audiences
                .iter()
                .filter(|have| wanted.contains(have))
                .collect();
            if common.is_empty() {
                let shown = format!(
                    "token audiences {:?} is invalid for the target audiences {:?}",
                    known.audiences, wanted
                );
                json!({"user": {}, "error": format!("[invalid bearer token, {}]", shown.replace(',', ""))})
            } else {
                json!({"authenticated": true, "user": super::reviews::user_value(&known.user), "audiences": common})
            }
        }
    };
    Ok(())
}

/// The document that tells others how to check tokens.
pub(crate) fn configuration(address: &str) -> Value {
    json!({
        "issuer": ISSUER,
        "jwks_uri": format!("https://{address}/openid/v1/jwks"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}
