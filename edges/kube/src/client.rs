//! Requests for objects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use tower::Service;

use crate::config::{ConfigError, Impersonate, Options};
use crate::error::{ApiError, Error};
use crate::limit::Limiter;
use crate::mapper::{ApiResource, Mapper};
use crate::object::{Key, ObjectRef};
use crate::options::{DeleteOptions, ListOptions, Patch, WatchOptions, WriteOptions};
use crate::request::{Call, Requester};
use crate::transport::{BoxError, ResponseBody, Transport};
use flux_object::Gvk;

const DEFAULT_MANAGER: &str = "flux";

/// A connection to one API server as one account. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    requester: Requester,
    mapper: Mapper,
    field_manager: String,
    default_namespace: String,
    address: String,
}

/// All objects of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The objects, each with its `apiVersion` and `kind`.
    pub items: Vec<Value>,
    /// From where a watch goes on.
    pub resource_version: String,
}

/// Some objects of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The objects, each with its `apiVersion` and `kind`.
    pub items: Vec<Value>,
    /// From where a watch goes on.
    pub resource_version: String,
    /// For the next page; `None` at the end.
    pub next: Option<String>,
}

impl Client {
    /// Connects as the options say. No request is made yet.
    pub async fn connect(options: &Options) -> Result<Self, ConfigError> {
        let connection = options.load().await?;
        let address = connection.config.cluster_url.to_string();
        let default_namespace = connection.config.default_namespace.clone();
        let client = kube::Client::try_from(connection.config)
            .map_err(|error| ConfigError::Invalid(crate::transport::describe(&error)))?;
        let transport = Transport::remote(client, address.clone());
        let limiter = Limiter::new(options.qps, options.burst).map(Arc::new);
        let client = Self::assemble(
            transport,
            limiter,
            &options.field_manager,
            default_namespace,
            address,
        );
        Ok(client.with_impersonation(connection.impersonate))
    }

    /// Sends every request into a service of this process; no limit of requests. The service is cloned for each request, which
    /// has a path as its URI.
    pub fn from_service<S, B>(service: S) -> Self
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let transport = Transport::in_process(service);
        Self::assemble(transport, None, "", "default".into(), "this process".into())
    }

    fn assemble(
        transport: Transport,
        limiter: Option<Arc<Limiter>>,
        field_manager: &str,
        default_namespace: String,
        address: String,
    ) -> Self {
        let field_manager = if field_manager.is_empty() {
            DEFAULT_MANAGER
        } else {
            field_manager
        };
        let requester = Requester::new(transport, limiter, field_manager);
        Client(Arc::new(Inner {
            mapper: Mapper::new(requester.clone()),
            requester,
            field_manager: field_manager.into(),
            default_namespace,
            address,
        }))
    }

    /// The same connection with requests that count as `user`'s (with `groups`, which may be empty). Shares limiter and discovery.
    #[must_use]
    pub fn impersonate(&self, user: &str, groups: &[String]) -> Self {
        self.with_impersonation(Impersonate {
            user: Some(user.into()),
            uid: None,
            groups: groups.to_vec(),
        })
    }

    fn with_impersonation(&self, impersonate: Impersonate) -> Self {
        Client(Arc::new(Inner {
            requester: self.0.requester.acting_as(impersonate),
            mapper: self.0.mapper.clone(),
            field_manager: self.0.field_manager.clone(),
            default_namespace: self.0.default_namespace.clone(),
            address: self.0.address.clone(),
        }))
    }

    /// The same connection with another default field manager (and user agent).
    #[must_use]
    pub fn with_field_manager(&self, field_manager: &str) -> Self {
        Client(Arc::new(Inner {
            requester: self.0.requester.with_agent(field_manager),
            mapper: self.0.mapper.clone(),
            field_manager: field_manager.into(),
            default_namespace: self.0.default_namespace.clone(),
            address: self.0.address.clone(),
        }))
    }

    /// Namespace of the kubeconfig's context, or of the pod, or `default`.
    pub fn default_namespace(&self) -> &str {
        &self.0.default_namespace
    }

    /// Where the server is, for messages.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// Discovery of resources, shared by all clones.
    pub fn mapper(&self) -> &Mapper {
        &self.0.mapper
    }

    /// Reads one object. The namespace is ignored for cluster-scoped kinds.
    pub async fn get(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Value, Error> {
        let resource = self.0.mapper.find(gvk).await?;
        let path = resource.object_path(&Key::new(namespace, name))?;
        self.object_call(&resource, Call::get(path)).await
    }

    /// Reads one object that need not exist.
    pub async fn get_opt(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Option<Value>, Error> {
        optional(self.get(gvk, namespace, name).await)
    }

    /// Reads the metadata of one object.
    pub async fn get_metadata(&self, gvk: &Gvk, namespace: &str, name: &str) -> Result<Value, Error> {
        let resource = self.0.mapper.find(gvk).await?;
        let path = resource.object_path(&Key::new(namespace, name))?;
        let call = Call::get(path)
            .accept("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");
        self.object_call(&resource, call).await
    }

    /// Reads all objects that the options select, page by page. A list that expires on the way is begun anew.
    pub async fn list(&self, gvk: &Gvk, options: &ListOptions) -> Result<List, Error> {
        let mut list = List::default();
        let mut next: Option<String> = None;
        let mut restarts = 0;
        loop {
            let page = match self.list_page(gvk, options, next.as_deref()).await {
                Err(Error::Gone(_)) if next.is_some() && restarts < 3 => {
                    restarts += 1;
                    list.items.clear();
                    next = None;
                    continue;
                }
                page => page?,
            };
            list.items.extend(page.items);
            list.resource_version = page.resource_version;
            next = page.next;
            if next.is_none() {
                return Ok(list);
            }
        }
    }

    /// Reads one page; `next` is what the page before gave.
    pub async fn list_page(
        &self,
        gvk: &Gvk,
        options: &ListOptions,
        next: Option<&str>,
    ) -> Result<Page, Error> {
        let resource = self.0.mapper.find(gvk).await?;
        let limit = if options.page_size == 0 {
            500
        } else {
            options.page_size
        };
        let mut call = selected(Call::get(resource.collection_path(&options.namespace)), options)
            .query("limit", &limit.to_string())
            .query_if("continue", next.unwrap_or_default());
        if options.any_version && next.is_none() {
            call = call.query("resourceVersion", "0");
        }
        if options.metadata_only {
            call = call
                .accept("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");
        }
        let mut answer = self.call(&resource, call).await?;
        let metadata = answer["metadata"].take();
        let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
        let mut items = match answer.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            // A list of metadata without objects says null.
            Some(Value::Null) => Vec::new(),
            _ => {
                return Err(Error::Protocol(format!(
                    "the list of {} has no items",
                    resource.plural
                )));
            }
        };
        items.iter_mut().for_each(|item| name_kind(item, gvk));
        Ok(Page {
            items,
            resource_version: text("resourceVersion"),
            next: Some(text("continue")).filter(|token| !token.is_empty()),
        })
    }

    /// Creates the object; kind, namespace and name are its own. An object with `generateName` gets a name.
    pub async fn create(&self, object: &Value, options: &WriteOptions) -> Result<Value, Error> {
        let resource = self.resource_of(object).await?;
        let key = Key::of(object);
        resource.check_namespace(&key)?;
        let path = resource.collection_path(&key.namespace);
        let call = self.write(Call::new(Method::POST, path), options).json(object);
        self.object_call(&resource, call).await
    }

    /// Replaces the object. With `metadata.resourceVersion`, only that version.
    pub async fn replace(&self, object: &Value, options: &WriteOptions) -> Result<Value, Error> {
        let resource = self.resource_of(object).await?;
        let path = resource.subresource_path(&Key::of(object), &options.subresource)?;
        let call = self.write(Call::new(Method::PUT, path), options).json(object);
        self.object_call(&resource, call).await
    }

    /// Server-side apply of the object; kind, namespace and name are its own.
    pub async fn apply(&self, object: &Value, options: &WriteOptions) -> Result<Value, Error> {
        let target = ObjectRef::of(object).ok_or_else(|| nameless(object))?;
        let resource = self.0.mapper.find(&target.gvk).await?;
        let path = resource.subresource_path(&target.key, &options.subresource)?;
        let call = self
            .write(Call::new(Method::PATCH, path), options)
            .query("force", if options.force { "true" } else { "false" })
            .json(object)
            .content_type("application/apply-patch+yaml");
        self.object_call(&resource, call).await
    }

    /// Changes an object.
    pub async fn patch(
        &self,
        target: &ObjectRef,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Value, Error> {
        let resource = self.0.mapper.find(&target.gvk).await?;
        let path = resource.subresource_path(&target.key, &options.subresource)?;
        let mut call = self
            .write(Call::new(Method::PATCH, path), options)
            .json(patch.body())
            .content_type(patch.content_type());
        if matches!(patch, Patch::Apply(_)) {
            call = call.query("force", if options.force { "true" } else { "false" });
        }
        self.object_call(&resource, call).await
    }

    /// Merges `status` (a JSON merge patch of the field) into the status of an object. With a resource version, only
    /// that version is changed.
    pub async fn patch_status(
        &self,
        target: &ObjectRef,
        status: &Value,
        resource_version: Option<&str>,
        options: &WriteOptions,
    ) -> Result<Value, Error> {
        let mut body = json!({ "status": status });
        if let Some(version) = resource_version {
            body["metadata"] = json!({ "resourceVersion": version });
        }
        let options = options.clone().subresource("status");
        self.patch(target, &Patch::Merge(body), &options).await
    }

    /// Deletes an object. `None` when it is gone already; else the server's answer (the object while finalizers hold it).
    pub async fn delete(&self, target: &ObjectRef, options: &DeleteOptions) -> Result<Option<Value>, Error> {
        let resource = self.0.mapper.find(&target.gvk).await?;
        let path = resource.object_path(&target.key)?;
        let call = Call::new(Method::DELETE, path).json(&delete_body(options));
        let answer = self.call(&resource, call).await;
        if answer.is_ok() && !options.dry_run {
            self.0.mapper.note_write(&target.gvk);
        }
        optional(answer)
    }

    /// GET of any path of the server, such as `/version`, as JSON.
    pub async fn get_path(&self, path: &str) -> Result<Value, Error> {
        self.0.requester.json(Call::get(path.into())).await
    }

    /// Any request to any path of the server with a JSON body, for what has no method of its own (token requests, access reviews).
    pub async fn post_path(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.0
            .requester
            .json(Call::new(Method::POST, path.into()).json(body))
            .await
    }

    pub(crate) async fn open_watch(
        &self,
        gvk: &Gvk,
        options: &WatchOptions,
        resource_version: &str,
    ) -> Result<http::Response<ResponseBody>, Error> {
        let resource = self.0.mapper.find(gvk).await?;
        let list = &options.list;
        let mut call = selected(Call::get(resource.collection_path(&list.namespace)), list)
            .query("watch", "true")
            .query("allowWatchBookmarks", "true")
            .query("timeoutSeconds", &options.timeout.as_secs().to_string())
            .query_if("resourceVersion", resource_version)
            .uncompressed();
        if list.metadata_only {
            call =
                call.accept("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");
        }
        self.0.requester.stream(call).await
    }

    async fn resource_of(&self, object: &Value) -> Result<Arc<ApiResource>, Error> {
        let gvk = Gvk::of(object);
        if gvk.version.is_empty() || gvk.kind.is_empty() {
            return Err(nameless(object));
        }
        self.0.mapper.find(&gvk).await
    }

    fn write(&self, call: Call, options: &WriteOptions) -> Call {
        let manager = if options.field_manager.is_empty() {
            &self.0.field_manager
        } else {
            &options.field_manager
        };
        call.query("fieldManager", manager)
            .query_if("dryRun", if options.dry_run { "All" } else { "" })
            .query_if("fieldValidation", &options.field_validation)
            .writing(!options.dry_run)
    }

    async fn object_call(&self, resource: &ApiResource, call: Call) -> Result<Value, Error> {
        let keeps = call.keeps();
        let mut object = self.call(resource, call).await?;
        if keeps {
            self.0.mapper.note_write(&resource.gvk);
        }
        name_kind(&mut object, &resource.gvk);
        Ok(object)
    }

    async fn call(&self, resource: &ApiResource, call: Call) -> Result<Value, Error> {
        let answer = self.0.requester.json(call).await;
        if let Err(Error::NotFound(api)) = &answer
            && is_unknown_resource(api)
        {
            self.0.mapper.forget(&resource.gvk);
        }
        answer
    }
}

/// A 404 that speaks of the resource and not of an object: the kind was removed from the server.
fn is_unknown_resource(api: &ApiError) -> bool {
    api.message.contains("could not find the requested resource")
        || api.message.contains("404 page not found")
}

fn selected(call: Call, options: &ListOptions) -> Call {
    call.query_if("labelSelector", &options.label_selector)
        .query_if("fieldSelector", &options.field_selector)
}

fn delete_body(options: &DeleteOptions) -> Value {
    let mut body = json!({ "apiVersion": "v1", "kind": "DeleteOptions" });
    if let Some(propagation) = options.propagation {
        body["propagationPolicy"] = propagation.as_str().into();
    }
    if let Some(seconds) = options.grace_period {
        body["gracePeriodSeconds"] = seconds.into();
    }
    if options.dry_run {
        body["dryRun"] = json!(["All"]);
    }
    let precondition = &options.precondition;
    if let Some(uid) = &precondition.uid {
        body["preconditions"]["uid"] = uid.as_str().into();
    }
    if let Some(version) = &precondition.resource_version {
        body["preconditions"]["resourceVersion"] = version.as_str().into();
    }
    body
}

/// Items of lists, and metadata-only objects, do not say their kind.
pub(crate) fn name_kind(object: &mut Value, gvk: &Gvk) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    let kind = fields.get("kind").and_then(Value::as_str);
    if matches!(kind, None | Some("" | "PartialObjectMetadata")) {
        fields.insert("apiVersion".into(), gvk.api_version().into());
        fields.insert("kind".into(), gvk.kind.as_str().into());
    }
}

fn optional(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn nameless(object: &Value) -> Error {
    Error::Invalid(ApiError {
        message: format!(
            "the object {} has no apiVersion, kind or metadata.name",
            Key::of(object)
        ),
        ..ApiError::default()
    })
}

/// Longest time for one request; the server itself gives up after 60 s.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(65);
