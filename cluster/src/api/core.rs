//! From a request to the code that answers it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use http::Method;
use jiff::Timestamp;

use super::crd::Definition;
use super::policy::Policies;
use super::rbac::{Modes, Roles};
use super::registry::{Registry, Resource};
use super::request::{Route, Target};
use super::types::Allocator;
use super::{ApiRequest, ApiResponse, Failure, negotiate};
use crate::Token;
use crate::keys::TokenKey;
use crate::store::Store;

/// Settings that answers depend on.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where clients find the server, for `/api`; set when it listens.
    pub(crate) address: OnceLock<String>,
    /// The range of cluster IPs.
    pub(crate) service_cidr: String,
    /// The bearer tokens that were given out beforehand.
    pub(crate) tokens: Vec<Token>,
    /// The administrator's, which comes last.
    pub(crate) admin: OnceLock<Token>,
    pub(crate) token_key: TokenKey,
    /// Whether a controller gives every namespace its default account.
    pub(crate) default_accounts: bool,
}

impl Settings {
    /// Host and port that clients are told.
    pub(crate) fn address(&self) -> &str {
        self.address.get().map_or("127.0.0.1:6443", String::as_str)
    }
}

/// The API over a store.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) store: Arc<Store>,
    pub(crate) registry: Registry,
    pub(crate) settings: Settings,
    pub(crate) allocator: Mutex<Allocator>,
    /// The custom resource definitions by name, as they were last read.
    pub(crate) definitions: Mutex<BTreeMap<Arc<str>, Definition>>,
    /// Who may do what.
    pub(crate) roles: Roles,
    /// The admission policies.
    pub(crate) policies: Policies,
    /// How users were last allowed to act as others.
    pub(crate) modes: Modes,
}

/// A request for a resource, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) core: &'a Core,
    pub(crate) request: &'a ApiRequest,
    pub(crate) resource: Arc<Resource>,
    pub(crate) target: Target,
    pub(crate) now: Timestamp,
    /// What admission warns of.
    pub(crate) warnings: RefCell<Vec<String>>,
}

impl Core {
    /// A core over a store whose definitions are already served.
    pub(crate) fn new(store: Arc<Store>, settings: Settings) -> Result<Self, crate::Error> {
        let allocator = Mutex::new(Allocator::new(&settings.service_cidr)?);
        let core = Self {
            store,
            registry: Registry::new(super::types::builtin_groups()),
            settings,
            allocator,
            definitions: Mutex::default(),
            roles: Roles::default(),
            policies: Policies::default(),
            modes: Modes::default(),
        };
        core.roles.load(&core.store);
        core.policies.load(&core.store);
        core.refresh_custom();
        core.note_services();
        Ok(core)
    }

    /// Answer one request. Never panics on input; failures are `Status` answers.
    pub(crate) fn handle(&self, request: &ApiRequest, now: Timestamp) -> ApiResponse {
        match self.dispatch(request, now) {
            Ok(response) => response,
            Err(failure) => ApiResponse::failure(request, &failure).after(if failure.code < 500 {
                self.store.revision()
            } else {
                0
            }),
        }
    }

    fn dispatch(&self, request: &ApiRequest, now: Timestamp) -> Result<ApiResponse, Failure> {
        let route = Route::parse(&request.path);
        let acting = self.authorize(request, &route)?.map(|user| ApiRequest {
            user,
            wanted: None,
            ..request.clone()
        });
        let request = acting.as_ref().unwrap_or(request);
        if !negotiate::any_known(&request.accept) && !request.path.starts_with("/api") {
            // Plain handlers do not negotiate.
        } else if !negotiate::any_known(&request.accept) {
            let message = format!(
                "406: Not Acceptable\n\nAvailable representations: {}",
                negotiate::MEDIA_TYPES
            );
            return Err(Failure {
                details: Some(serde_json::json!({})),
                ..Failure::new(406, "NotAcceptable", message)
            });
        }
        match route {
            Route::Other(segments) => {
                let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                super::discovery::answer(self, request, &segments)
            }
            Route::Resource(target) => {
                let mut served = self.registry.served();
                let mut resource = served.resource(&target.group, &target.version, &target.resource)?;
                if resource.custom.is_some() && !self.is_defined(&resource) {
                    // Whoever was told that the definition is gone is not answered by what it had defined.
                    self.refresh_custom();
                    served = self.registry.served();
                    resource = served.resource(&target.group, &target.version, &target.resource)?;
                }
                let mut warnings: Vec<String> = resource
                    .deprecation
                    .iter()
                    .map(|text| format!("299 - \"{text}\""))
                    .collect();
                let call = Call {
                    core: self,
                    request,
                    resource,
                    target,
                    now,
                    warnings: RefCell::default(),
                };
                let answer = call.answer();
                warnings.extend(call.warnings.take());
                match answer {
                    Ok(response) => Ok(response.with_warnings(warnings)),
                    Err(failure) => {
                        let after = if failure.code < 500 {
                            self.store.revision()
                        } else {
                            0
                        };
                        Ok(ApiResponse::failure(request, &failure)
                            .after(after)
                            .with_warnings(warnings))
                    }
                }
            }
        }
    }
}

impl Call<'_> {
    fn answer(&self) -> Result<ApiResponse, Failure> {
        self.check_scope()?;
        self.check_timeout()?;
        if let Some(sub) = &self.target.subresource {
            return self.subresource(sub);
        }
        match (&self.request.method, self.target.name.is_some()) {
            (&Method::GET, true) if self.target.watch => self.need("watch").and_then(|()| self.watch()),
            (&Method::GET, true) if self.request.query.flag("export") => Err(Failure::bad_request(
                "the export parameter, deprecated since v1.14, is no longer supported",
            )),
            (&Method::GET, true) => self.need("get").and_then(|()| self.get()),
            (&Method::GET, false) if self.wants_watch() => self.need("watch").and_then(|()| self.watch()),
            (&Method::GET, false) => self.need("list").and_then(|()| self.list()),
            (&Method::POST, false) => self.need("create").and_then(|()| self.create()),
            (&Method::PUT, true) => self.need("update").and_then(|()| self.update()),
            (&Method::PATCH, true) => self.need("patch").and_then(|()| self.patch()),
            (&Method::DELETE, true) => self.need("delete").and_then(|()| self.delete()),
            (&Method::DELETE, false) => self
                .need("deletecollection")
                .and_then(|()| self.delete_collection()),
            _ => Err(Failure::method_not_allowed()),
        }
    }

    /// How long a request may take is for the client to say, in Go's words for durations.
    fn check_timeout(&self) -> Result<(), Failure> {
        let text = self.request.query.text("timeout");
        let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if text.is_empty() || starts(text.trim_start_matches(['+', '-'])) {
            return Ok(());
        }
        Err(Failure::bad_request(format!(
            "invalid timeout specified in the request URL - time: invalid duration {}",
            super::go::quote(text)
        )))
    }

    fn wants_watch(&self) -> bool {
        self.target.watch || self.request.query.flag("watch")
    }

    /// The path must fit the scope of the resource.
    fn check_scope(&self) -> Result<(), Failure> {
        let target = &self.target;
        if target.excess || target.name.as_deref() == Some("") {
            return Err(Failure::no_resource());
        }
        if !self.resource.namespaced && !target.namespace.is_empty() {
            return Err(self.nothing_here());
        }
        let listing = target.name.is_none() && self.request.method == Method::GET;
        if self.resource.namespaced && target.namespace.is_empty() && !listing {
            return Err(match (&self.request.method, &target.name) {
                (&Method::POST | &Method::DELETE, None) => Failure::method_not_allowed(),
                _ => self.nothing_here(),
            });
        }
        Ok(())
    }

    fn nothing_here(&self) -> Failure {
        if self.resource.custom.is_some() {
            Failure::no_page()
        } else {
            Failure::no_resource()
        }
    }

    fn need(&self, verb: &str) -> Result<(), Failure> {
        if self.resource.allows(verb) {
            Ok(())
        } else {
            Err(Failure::method_not_allowed())
        }
    }

    /// The name in the path.
    pub(crate) fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    /// The store key of the object in the path.
    pub(crate) fn key(&self) -> String {
        self.resource.key(&self.target.namespace, self.name())
    }

    /// `404` for the object in the path.
    pub(crate) fn missing(&self) -> Failure {
        Failure::not_found(self.resource.named(), self.name())
    }
}
