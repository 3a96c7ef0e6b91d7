//! Admission by ResourceQuotas: how many objects there are, and how much pods and claims ask for. A quota counts from when
//! its controller has looked at it; scopes are not known.

use serde_json::{Map, Value};

use super::core::Call;
use super::managed::Manager;
use super::request::{Target, WriteOptions};
use super::write::Part;
use super::{ApiRequest, Failure, meta};
use crate::defaults::{amount, compare_quantities, sum, unnamed, usage};

const STORAGE: &str = "resourcequotas";
impl Call<'_> {
    /// Check a new object against the quotas of its namespace, and count it.
    ///
    /// # Errors
    /// `403`: a quota is used up, or a container does not say how much it needs where a quota limits that.
    pub(crate) fn check_quotas(&self, object: &Value, dry_run: bool) -> Result<(), Failure> {
        let resource = &self.resource;
        if !resource.namespaced || resource.custom.is_some() {
            return Ok(());
        }
        let (quotas, _) = self.core.store.list(STORAGE, &self.prefix(), None, usize::MAX);
        if quotas.is_empty() {
            return Ok(());
        }
        let refuse = |why: &str| Failure::forbidden(resource.named(), meta::name(object), why);
        let used = if resource.group.is_empty() {
            usage(&resource.plural, object)
        } else {
            let name = format!("count/{}.{}", resource.plural, resource.group);
            Map::from_iter([(name, "1".into())])
        };
        for (_, quota) in &quotas {
            let quota = quota.value();
            let Some(hard) = quota["status"]["hard"].as_object() else {
                continue;
            };
            if resource.is("", "pods") {
                let silent = unnamed(hard, &object["spec"]);
                if !silent.is_empty() {
                    let why = format!("failed quota: {}: must specify {silent}", meta::name(&quota));
                    return Err(refuse(&why));
                }
            }
            let limited: Map<String, Value> = used
                .iter()
                .filter(|(name, _)| hard.contains_key(*name))
                .map(|(name, amount)| (name.clone(), amount.clone()))
                .collect();
            let there = &quota["status"]["used"];
            let over: Vec<&String> = limited
                .iter()
                .filter(|(name, amount)| {
                    let total = sum(&there[*name], amount);
                    compare_quantities(&total, &self::amount(&hard[*name])).is_some_and(|order| order.is_gt())
                })
                .map(|(name, _)| name)
                .collect();
            if !over.is_empty() {
                let list = |show: &dyn Fn(&str) -> String| {
                    let parts: Vec<String> =
                        over.iter().map(|name| format!("{name}={}", show(name))).collect();
                    parts.join(",")
                };
                let why = format!(
                    "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                    meta::name(&quota),
                    list(&|name| amount(&limited[name])),
                    list(&|name| amount(&there[name])),
                    list(&|name| amount(&hard[name])),
                );
                return Err(refuse(&why));
            }
            if !limited.is_empty() && !dry_run {
                self.count(meta::name(&quota), &limited);
            }
        }
        Ok(())
    }

    /// So much more of each.
    fn count(&self, quota: &str, more: &Map<String, Value>) {
        let Ok(resource) = self.core.registry.served().resource("", "v1", STORAGE) else {
            return;
        };
        let request = ApiRequest::internal(http::Method::PUT, String::new(), bytes::Bytes::new());
        let call = Call {
            core: self.core,
            request: &request,
            resource,
            target: Target {
                namespace: self.target.namespace.clone(),
                name: Some(quota.to_owned()),
                ..Target::default()
            },
            now: self.now,
            warnings: std::cell::RefCell::default(),
        };
        let manager = Manager::update("kube-apiserver", Some("status"));
        let counted = call.change(Part::Status, &WriteOptions::default(), &manager, |old| {
            let mut new = old.clone();
            for (name, amount) in more {
                let used = sum(&old["status"]["used"][name], amount);
                new["status"]["used"][name] = used.into();
            }
            Ok(new)
        });
        if let Err(failure) = counted {
            tracing::debug!(quota, %failure, "a quota went away while it was counted");
        }
    }
}
