//! What admission looks up in other objects.

use serde_json::Value;

use super::core::Core;

impl Core {
    fn all(&self, resource: &str) -> impl Iterator<Item = Value> {
        let (entries, _) = self.store.list(resource, "", None, usize::MAX);
        entries.into_iter().map(|(_, entry)| Value::clone(&entry.value()))
    }

    /// The name of the newest StorageClass that is marked as the default.
    pub(crate) fn default_storage_class(&self) -> Option<String> {
        let marked = |class: &Value| {
            class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
        };
        let created = |class: &Value| class["metadata"]["creationTimestamp"].as_str().map(str::to_owned);
        let classes = self.all("storageclasses.storage.k8s.io").filter(marked);
        let newest = classes.max_by_key(created)?;
        newest["metadata"]["name"].as_str().map(str::to_owned)
    }

    /// Value and preemption policy of a PriorityClass; without a name those of the lowest global default.
    pub(crate) fn priority(&self, name: &str) -> Option<(i64, String)> {
        let wanted = |class: &Value| match name {
            "" => class["globalDefault"] == true,
            name => class["metadata"]["name"] == name,
        };
        let classes = self.all("priorityclasses.scheduling.k8s.io").filter(wanted);
        let class = classes.min_by_key(|class| class["value"].as_i64())?;
        let policy = class["preemptionPolicy"]
            .as_str()
            .unwrap_or("PreemptLowerPriority");
        Some((class["value"].as_i64()?, policy.to_owned()))
    }

    /// Whether pods of a ServiceAccount get its token mounted when they do not say so themselves.
    pub(crate) fn automounts_token(&self, namespace: &str, account: &str) -> bool {
        let (entry, _) = self
            .store
            .get("serviceaccounts", &format!("{namespace}/{account}"));
        entry.is_none_or(|entry| entry.value()["automountServiceAccountToken"] != false)
    }
}
