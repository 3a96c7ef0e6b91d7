//! Admission by ResourceQuotas that limit how many objects there are. A quota counts from when its controller has looked
//! at it; amounts of processor time and memory are not limited.

use serde_json::{Value, json};

use super::core::Call;
use super::managed::Manager;
use super::request::{Target, WriteOptions};
use super::write::Part;
use super::{ApiRequest, Failure, meta};

const STORAGE: &str = "resourcequotas";
const NAMED: [&str; 7] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
];

impl Call<'_> {
    /// Check a new object against the quotas of its namespace, and count it.
    ///
    /// # Errors
    /// `403`: a quota is used up.
    pub(crate) fn check_quotas(&self, name: &str, dry_run: bool) -> Result<(), Failure> {
        let resource = &self.resource;
        if !resource.namespaced || resource.custom.is_some() {
            return Ok(());
        }
        let (quotas, _) = self.core.store.list(STORAGE, &self.prefix(), None, usize::MAX);
        if quotas.is_empty() {
            return Ok(());
        }
        let mut names = Vec::new();
        if resource.group.is_empty() {
            names.push(format!("count/{}", resource.plural));
            names.extend(
                NAMED
                    .iter()
                    .find(|known| **known == resource.plural)
                    .map(|name| (*name).to_owned()),
            );
        }
        for (_, quota) in &quotas {
            let quota = quota.value();
            let status = &quota["status"];
            let limited: Vec<&String> = names
                .iter()
                .filter(|name| status["hard"].get(*name).is_some())
                .collect();
            let over = limited
                .iter()
                .copied()
                .filter(|name| number(&status["used"][*name]) + 1 > number(&status["hard"][*name]));
            let over: Vec<&String> = over.collect();
            if !over.is_empty() {
                let list = |show: &dyn Fn(&str) -> i64| {
                    let parts: Vec<String> =
                        over.iter().map(|name| format!("{name}={}", show(name))).collect();
                    parts.join(",")
                };
                let why = format!(
                    "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                    meta::name(&quota),
                    list(&|_| 1),
                    list(&|name| number(&status["used"][name])),
                    list(&|name| number(&status["hard"][name])),
                );
                return Err(Failure::forbidden(resource.named(), name, &why));
            }
            if !limited.is_empty() && !dry_run {
                self.count(meta::name(&quota), &limited);
            }
        }
        Ok(())
    }

    /// One more of each.
    fn count(&self, quota: &str, names: &[&String]) {
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
        };
        let manager = Manager::update("kube-apiserver", Some("status"));
        let counted = call.change(Part::Status, &WriteOptions::default(), &manager, |old| {
            let mut new = old.clone();
            for name in names {
                let used = number(&old["status"]["used"][*name]) + 1;
                new["status"]["used"][*name] = json!(used.to_string());
            }
            Ok(new)
        });
        if let Err(failure) = counted {
            tracing::debug!(quota, %failure, "a quota went away while it was counted");
        }
    }
}

fn number(value: &Value) -> i64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}
