//! Nobody can give what they do not have: roles and bindings are checked when they are written.

use serde_json::Value;

use super::{Attributes, Rule, rule::quoted};
use crate::User;
use crate::api::core::Call;
use crate::api::{Failure, meta};

const GROUP: &str = "rbac.authorization.k8s.io";

impl Call<'_> {
    /// Check the rights that a role or binding would give. `old` is the object before an update.
    ///
    /// # Errors
    /// `403` with what is missing; `404` for a role that cannot be looked at.
    pub(crate) fn check_escalation(&self, object: &Value, old: Option<&Value>) -> Result<(), Failure> {
        let user = &self.request.user;
        let master = user.groups.iter().any(|group| group == "system:masters");
        if self.resource.group != GROUP || master {
            return Ok(());
        }
        let name = match meta::name(object) {
            "" => self.name(),
            name => name,
        };
        let result = match self.resource.plural.as_str() {
            "roles" | "clusterroles" => self.check_role(user, object, old, name),
            "rolebindings" | "clusterrolebindings" => self.check_binding(user, object, old)?,
            _ => Ok(()),
        };
        result.map_err(|why| Failure::forbidden(self.resource.named(), name, &why))
    }

    fn check_role(&self, user: &User, role: &Value, old: Option<&Value>, name: &str) -> Result<(), String> {
        let same = |field: &str| old.is_some_and(|old| old.get(field) == role.get(field));
        if same("rules") && same("aggregationRule") {
            return Ok(());
        }
        let namespace = self.target.namespace.as_str();
        let escalate = Attributes {
            verb: "escalate",
            namespace,
            group: GROUP,
            resource: &self.resource.plural,
            name,
            ..Attributes::default()
        };
        if self.core.roles.decide(user, &escalate).allowed {
            return Ok(());
        }
        if role["aggregationRule"].is_object() {
            self.holds(user, namespace, &Rule::everything()).map_err(|why| {
                format!("must have cluster-admin privileges to use the aggregationRule: {why}")
            })?;
        }
        self.holds(user, namespace, &Rule::of_role(role))
    }

    fn check_binding(
        &self,
        user: &User,
        binding: &Value,
        old: Option<&Value>,
    ) -> Result<Result<(), String>, Failure> {
        let same = |field: &str| old.is_some_and(|old| old.get(field) == binding.get(field));
        if same("subjects") && same("roleRef") {
            return Ok(Ok(()));
        }
        let text = |field: &str| binding["roleRef"][field].as_str().unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        let namespace = self.target.namespace.as_str();
        let bind = Attributes {
            verb: "bind",
            namespace,
            group: GROUP,
            resource: if kind == "Role" { "roles" } else { "clusterroles" },
            name,
            ..Attributes::default()
        };
        if self.core.roles.decide(user, &bind).allowed {
            return Ok(Ok(()));
        }
        match self.core.roles.rules_of(kind, name, namespace) {
            Ok(rules) => Ok(self.holds(user, namespace, &rules)),
            Err(_) => {
                let resource = if kind == "Role" { "role" } else { "clusterrole" };
                let what = crate::api::failure::Named {
                    group: GROUP,
                    resource,
                };
                Err(Failure::not_found(what, name))
            }
        }
    }

    fn holds(&self, user: &User, namespace: &str, wanted: &[Rule]) -> Result<(), String> {
        let (held, errors) = self.core.roles.rules_for(user, namespace);
        let missing = Rule::missing(&held, wanted);
        if missing.is_empty() {
            return Ok(());
        }
        let mut why = format!(
            "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            crate::api::go::quote(&user.name),
            quoted(&user.groups),
            missing.join("\n")
        );
        if !errors.is_empty() {
            why.push_str(&format!("; resolution errors: [{}]", errors.join(", ")));
        }
        Err(why)
    }
}
