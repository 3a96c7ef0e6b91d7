//! Everything below an object: status, scale, finalize, eviction and the rest.

use http::Method;
use serde_json::{Value, json};

use super::core::Call;
use super::delete::DeleteOptions;
use super::managed::Manager;
use super::request::{FieldValidation, WriteOptions};
use super::write::Part;
use super::{ApiResponse, Failure, body, meta};

impl Call<'_> {
    pub(crate) fn subresource(&self, name: &str) -> Result<ApiResponse, Failure> {
        if self.resource.subresource(name).is_none() {
            return Err(if self.resource.custom.is_some() {
                self.missing()
            } else {
                Failure::no_resource()
            });
        }
        match (name, &self.request.method) {
            ("status", &Method::GET) => self.get(),
            ("status", &Method::PUT) => self.update_part(Part::Status),
            ("status", &Method::PATCH) => self.patch_part(Part::Status),
            ("scale", &Method::GET) => self.get_scale(),
            ("scale", &Method::PUT) => self.update_scale(),
            ("scale", &Method::PATCH) => self.patch_scale(),
            ("finalize", &Method::PUT) => self.finalize(),
            ("binding", &Method::POST) => self.bind(),
            ("eviction", &Method::POST) => self.evict(),
            ("token", &Method::POST) => super::tokens::request(self),
            ("ephemeralcontainers" | "resize" | "approval", &Method::GET) => self.get(),
            ("ephemeralcontainers" | "resize", &Method::PUT) => self.update_part(Part::Main),
            ("ephemeralcontainers" | "resize", &Method::PATCH) => self.patch_part(Part::Main),
            // An approval is a condition.
            ("approval", &Method::PUT) => self.update_part(Part::Status),
            ("approval", &Method::PATCH) => self.patch_part(Part::Status),
            ("log", &Method::GET) => Err(self.no_log()),
            ("log" | "exec" | "attach" | "portforward" | "proxy", _) => Err(self.no_containers(name)),
            _ => Err(Failure::method_not_allowed()),
        }
    }

    fn no_containers(&self, what: &str) -> Failure {
        let plural = &self.resource.plural;
        let message = format!("this cluster runs no containers: {what} of {plural} is not possible");
        Failure::new(501, "NotImplemented", message)
    }

    /// Why there is no log: the pod or its node is not there, or nothing runs.
    fn no_log(&self) -> Failure {
        let (Some(pod), _) = self.core.store.get(&self.resource.storage, &self.key()) else {
            return self.missing();
        };
        let pod = pod.value();
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        if !node.is_empty() && self.core.store.get("nodes", node).0.is_none() {
            return Failure::not_found(self.resource.named(), node);
        }
        self.no_containers("log")
    }

    /// `PUT` on `namespaces/x/finalize`: sets the finalizers of the specification.
    fn finalize(&self) -> Result<ApiResponse, Failure> {
        let options = WriteOptions::read(self.request, "UpdateOptions", false)?;
        let (object, _) = self.decode(&options)?;
        let manager = Manager::update(&options.field_manager, Some("finalize"));
        let written = self.change(Part::Both, &options, &manager, |old| {
            let mut new = old.clone();
            new["spec"] = object["spec"].clone();
            meta::copy(&mut new, &object, "resourceVersion");
            Ok(new)
        })?;
        self.written_response(200, written)
    }

    /// `POST` on `pods/x/binding`: puts the pod on a node.
    fn bind(&self) -> Result<ApiResponse, Failure> {
        let (binding, _) = body::object(self.request, "Binding", FieldValidation::Ignore)?;
        self.bind_to(&binding)
    }

    fn bind_to(&self, binding: &Value) -> Result<ApiResponse, Failure> {
        let options = WriteOptions::read(self.request, "CreateOptions", false)?;
        let node = binding["target"]["name"].as_str().unwrap_or_default().to_owned();
        // Nobody owns the node of a pod.
        let manager = Manager::applied(&options.field_manager, Some("binding"));
        self.change(Part::Binding, &options, &manager, |old| {
            if let Some(there) = old["spec"]["nodeName"].as_str().filter(|there| !there.is_empty()) {
                let what = super::failure::Named {
                    group: "",
                    resource: "pods/binding",
                };
                let quoted = super::go::quote(there);
                let why = format!("pod {} is already assigned to node {quoted}", self.name());
                return Err(Failure::conflict(what, self.name(), &why));
            }
            let mut new = old.clone();
            new["spec"]["nodeName"] = node.as_str().into();
            let at = meta::time(self.now);
            push_condition(
                &mut new,
                &json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": at}),
            );
            Ok(new)
        })?;
        let status =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
        Ok(
            ApiResponse::value(201, &status, super::negotiate::for_errors(&self.request.accept))
                .after(self.core.store.revision()),
        )
    }

    /// `POST` on `pods/x/eviction`: deletes the pod where its disruption budget allows.
    fn evict(&self) -> Result<ApiResponse, Failure> {
        let (eviction, _) = body::object(self.request, "Eviction", FieldValidation::Ignore)?;
        let (entry, _) = self.core.store.get(&self.resource.storage, &self.key());
        let pod = entry.ok_or_else(|| self.missing())?.value();
        let (budgets, _) =
            self.core
                .store
                .list("poddisruptionbudgets.policy", &self.prefix(), None, usize::MAX);
        for (_, budget) in budgets {
            let budget = budget.value();
            if !selects(&budget["spec"]["selector"], &pod["metadata"]["labels"])
                || budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0) > 0
            {
                continue;
            }
            let count = |field: &str| budget["status"][field].as_i64().unwrap_or(0);
            let message = format!(
                "The disruption budget {} needs {} healthy pods and has {} currently",
                meta::name(&budget),
                count("desiredHealthy"),
                count("currentHealthy")
            );
            let mut failure = Failure::new(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
            );
            failure.details = Some(json!({"causes": [{"reason": "DisruptionBudget", "message": message}]}));
            return Err(failure);
        }
        let options = &eviction["deleteOptions"];
        let dry_run = self.request.query.text("dryRun") == "All" || options["dryRun"].is_array();
        let options = DeleteOptions {
            dry_run,
            grace: options["gracePeriodSeconds"].as_i64(),
            ..DeleteOptions::default()
        };
        self.delete_object(self.name(), &options)?;
        let status =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
        Ok(
            ApiResponse::value(201, &status, super::negotiate::for_errors(&self.request.accept))
                .after(self.core.store.revision()),
        )
    }
}

fn push_condition(object: &mut Value, condition: &Value) {
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
        conditions.retain(|old| old["type"] != condition["type"]);
        conditions.push(condition.clone());
    }
}

fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector["matchLabels"].as_object();
    wanted.is_none_or(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// `POST` on `bindings`: the pod is the one that the binding is named after.
pub(crate) fn bind_all(call: &Call<'_>, binding: &Value) -> Result<ApiResponse, Failure> {
    let served = call.core.registry.served();
    let pod = Call {
        core: call.core,
        request: call.request,
        resource: served.resource("", "v1", "pods")?,
        target: super::request::Target {
            resource: "pods".into(),
            name: Some(meta::name(binding).to_owned()),
            ..call.target.clone()
        },
        now: call.now,
        warnings: std::cell::RefCell::default(),
    };
    pod.bind_to(binding)
}
