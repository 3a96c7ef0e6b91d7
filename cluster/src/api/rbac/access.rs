//! What a request wants to do, and whether it may.

use http::Method;
use serde_json::json;

use crate::User;
use crate::api::core::Core;
use crate::api::failure::Named;
use crate::api::request::{Route, Target};
use crate::api::selector::FieldSelector;
use crate::api::{ApiRequest, Failure, go};

/// What somebody wants to do, in the terms of rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Attributes<'a> {
    pub(crate) verb: &'a str,
    /// Empty for the whole cluster.
    pub(crate) namespace: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    /// Empty for all objects.
    pub(crate) name: &'a str,
    /// For requests that are not about resources.
    pub(crate) path: Option<&'a str>,
}

/// Whether something is allowed, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// The binding that allows it, or the roles that could not be found. May be empty.
    pub(crate) reason: String,
}

impl Decision {
    pub(crate) fn allowed(reason: String) -> Self {
        Self {
            allowed: true,
            reason,
        }
    }
}

/// What [`Attributes`] borrow from when a request is taken apart.
pub(crate) struct Asked {
    verb: String,
    name: String,
    namespace: String,
}

impl Asked {
    /// Verb, name and namespace of a request.
    pub(crate) fn of(request: &ApiRequest, route: &Route) -> Self {
        match route {
            Route::Other(_) => Self {
                verb: request.method.as_str().to_ascii_lowercase(),
                name: String::new(),
                namespace: String::new(),
            },
            Route::Resource(target) => Self::of_resource(request, target),
        }
    }

    fn of_resource(request: &ApiRequest, target: &Target) -> Self {
        let mut name = target.name.clone().unwrap_or_default();
        let mut verb = match request.method {
            _ if target.watch => "watch",
            Method::GET | Method::HEAD => "get",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE => "delete",
            _ => "",
        };
        if name.is_empty() && matches!(verb, "get" | "watch") {
            if verb == "get" {
                verb = if request.query.flag("watch") {
                    "watch"
                } else {
                    "list"
                };
            }
            // A list of one object is allowed to those who may see that object.
            let fields = FieldSelector::parse(request.query.text("fieldSelector")).unwrap_or_default();
            name = fields.wanted("metadata.name").unwrap_or_default().to_owned();
        }
        if name.is_empty() && verb == "delete" {
            verb = "deletecollection";
        }
        // A namespace lies in itself.
        let own = target.group.is_empty() && target.resource == "namespaces" && target.namespace.is_empty();
        let namespace = match &target.name {
            Some(name) if own => name.clone(),
            _ => target.namespace.clone(),
        };
        Self {
            verb: verb.into(),
            name,
            namespace,
        }
    }

    /// In the terms of rules.
    pub(crate) fn attributes<'a>(&'a self, request: &'a ApiRequest, route: &'a Route) -> Attributes<'a> {
        match route {
            Route::Other(_) => Attributes {
                verb: &self.verb,
                path: Some(&request.path),
                ..Attributes::default()
            },
            Route::Resource(target) => Attributes {
                verb: &self.verb,
                namespace: &self.namespace,
                group: &target.group,
                resource: &target.resource,
                subresource: target.subresource.as_deref().unwrap_or_default(),
                name: &self.name,
                path: None,
            },
        }
    }
}

impl Core {
    /// Take on the user that a request wants to act as, and check that this user may make it. Gives the user when it is
    /// another one.
    ///
    /// # Errors
    /// `403` with upstream's words.
    pub(crate) fn authorize(&self, request: &ApiRequest, route: &Route) -> Result<Option<User>, Failure> {
        let master = |user: &User| user.groups.iter().any(|group| group == "system:masters");
        if request.wanted.is_none() && master(&request.user) {
            return Ok(None);
        }
        let asked = Asked::of(request, route);
        let attributes = asked.attributes(request, route);
        let acting = match &request.wanted {
            Some(wanted) => Some(self.impersonate(&request.user, wanted, &attributes)?),
            None => None,
        };
        let user = acting.as_ref().unwrap_or(&request.user);
        let decision = self.roles.decide(user, &attributes);
        if decision.allowed {
            Ok(acting)
        } else {
            Err(forbidden(user, &attributes, &decision.reason))
        }
    }
}

/// `403`: a user may not do something.
pub(crate) fn forbidden(user: &User, what: &Attributes<'_>, reason: &str) -> Failure {
    let user = go::quote(&user.name);
    let because = match reason {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    if let Some(path) = what.path {
        let message = format!(
            "forbidden: User {user} cannot {} path {}{because}",
            what.verb,
            go::quote(path)
        );
        return Failure {
            details: Some(json!({})),
            ..Failure::new(403, "Forbidden", message)
        };
    }
    let resource = match what.subresource {
        "" => what.resource.to_owned(),
        sub => format!("{}/{sub}", what.resource),
    };
    let place = match what.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {}", go::quote(namespace)),
    };
    let named = Named {
        group: what.group,
        resource: what.resource,
    };
    let why = format!(
        "User {user} cannot {} resource {} in API group {} {place}{because}",
        what.verb,
        go::quote(&resource),
        go::quote(what.group)
    );
    Failure::forbidden(named, what.name, &why)
}
