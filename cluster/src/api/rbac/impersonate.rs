//! Acting as another user.
//!
//! Upstream knows several ways to be allowed to: the constrained ones (for service accounts, nodes and other users, each
//! only together with what is done under the name), and the old one with the verb `impersonate`. They are tried in
//! this order, except that the way that worked last for a user comes first; the first refusal is the one that is told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;

use super::{Attributes, forbidden};
use crate::User;
use crate::api::core::Core;
use crate::api::{Failure, go};

const AUTHENTICATION: &str = "authentication.k8s.io";
const ACCOUNT: &str = "system:serviceaccount:";
const NODE: &str = "system:node:";
const EXTRA: &str = "impersonate-extra-";
/// As many groups or values are first asked for all at once.
const MANY: usize = 4;
/// How many users' last ways are remembered.
const REMEMBERED: usize = 10_000;

/// Whom a request wants to act as, as its headers say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted(User);

/// Which way was the last that worked, by user.
#[derive(Debug, Default)]
pub(crate) struct Modes(Mutex<HashMap<String, Mode>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    AssociatedNode,
    Node,
    Account,
    UserInfo,
    Legacy,
}

const MODES: [Mode; 5] = [
    Mode::AssociatedNode,
    Mode::Node,
    Mode::Account,
    Mode::UserInfo,
    Mode::Legacy,
];

impl Mode {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::AssociatedNode => Some("associated-node"),
            Self::Node => Some("arbitrary-node"),
            Self::Account => Some("serviceaccount"),
            Self::UserInfo => Some("user-info"),
            Self::Legacy => None,
        }
    }

    /// Whether this way is for such users at all.
    fn is_for(self, user: &User, wanted: &User) -> bool {
        let bare = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
        match self {
            Self::AssociatedNode => {
                let own = user.extra.get("authentication.kubernetes.io/node-name");
                bare && account(&user.name).is_some()
                    && node(&wanted.name).is_some_and(|name| own.is_some_and(|own| own[..] == [name]))
            }
            Self::Node => bare && node(&wanted.name).is_some(),
            Self::Account => bare && account(&wanted.name).is_some(),
            Self::UserInfo => node(&wanted.name).is_none() && account(&wanted.name).is_none(),
            Self::Legacy => true,
        }
    }
}

fn account(name: &str) -> Option<(&str, &str)> {
    let (namespace, name) = name.strip_prefix(ACCOUNT)?.split_once(':')?;
    let valid = crate::defaults::is_label(namespace) && crate::defaults::is_subdomain(name);
    valid.then_some((namespace, name))
}

fn node(name: &str) -> Option<&str> {
    name.strip_prefix(NODE)
        .filter(|name| crate::defaults::is_subdomain(name))
}

impl Wanted {
    /// What the `Impersonate-*` headers ask for.
    ///
    /// # Errors
    /// `400`: groups, id or extra values without a user name.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Self>, Failure> {
        let all = |name: &str| -> Vec<String> {
            let values = headers.get_all(name).iter();
            values
                .filter_map(|value| value.to_str().ok())
                .map(str::to_owned)
                .collect()
        };
        let first = |name: &str| all(name).into_iter().next().unwrap_or_default();
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in headers.keys() {
            if let Some(key) = name.as_str().strip_prefix(EXTRA) {
                let key = crate::api::decode_path(key).unwrap_or_else(|| key.to_owned());
                extra.entry(key).or_default().extend(all(name.as_str()));
            }
        }
        let user = User {
            name: first("impersonate-user"),
            uid: first("impersonate-uid"),
            groups: all("impersonate-group"),
            extra,
        };
        if !user.name.is_empty() {
            return Ok(Some(Self(user)));
        }
        if user.uid.is_empty() && user.groups.is_empty() && user.extra.is_empty() {
            return Ok(None);
        }
        Err(Failure::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{}, Groups:{}, Extra:{}}} without impersonating a user name",
            go::quote(&user.uid),
            go_strings(&user.groups),
            go_extra(&user.extra)
        )))
    }
}

fn go_strings(list: &[String]) -> String {
    if list.is_empty() {
        return "[]string(nil)".into();
    }
    let list: Vec<String> = list.iter().map(|text| go::quote(text)).collect();
    format!("[]string{{{}}}", list.join(", "))
}

fn go_extra(extra: &BTreeMap<String, Vec<String>>) -> String {
    if extra.is_empty() {
        return "map[string][]string(nil)".into();
    }
    let pairs = extra.iter();
    let pairs: Vec<String> = pairs
        .map(|(key, values)| format!("{}:{}", go::quote(key), go_strings(values)))
        .collect();
    format!("map[string][]string{{{}}}", pairs.join(", "))
}

impl Core {
    /// The user that `user` may act as, doing `what`.
    pub(super) fn impersonate(
        &self,
        user: &User,
        wanted: &Wanted,
        what: &Attributes<'_>,
    ) -> Result<User, Failure> {
        let last = self.modes.last(&user.name);
        let mut refusal = None;
        let order = last
            .into_iter()
            .chain(MODES.into_iter().filter(|mode| Some(*mode) != last));
        for mode in order.filter(|mode| mode.is_for(user, &wanted.0)) {
            match self.try_mode(mode, user, &wanted.0, what) {
                Ok(acting) => {
                    self.modes.remember(&user.name, mode);
                    return Ok(acting);
                }
                Err(failure) => drop(refusal.get_or_insert(failure)),
            }
        }
        // The last way is for everyone, so there is a refusal.
        Err(refusal.unwrap_or_else(|| Failure::internal("all impersonation modes failed")))
    }

    fn try_mode(
        &self,
        mode: Mode,
        user: &User,
        wanted: &User,
        what: &Attributes<'_>,
    ) -> Result<User, Failure> {
        if let Some(name) = mode.name() {
            let verb = format!("impersonate-on:{name}:{}", what.verb);
            self.check(user, &Attributes { verb: &verb, ..*what })?;
        }
        let constrained = mode.name();
        let verb = constrained.map_or("impersonate".to_owned(), |name| format!("impersonate:{name}"));
        let own_group = if constrained.is_some() { AUTHENTICATION } else { "" };
        let mut acting = wanted.clone();
        self.check_name(mode, user, wanted, (&verb, own_group), &mut acting)?;
        let base = Attributes {
            verb: &verb,
            group: AUTHENTICATION,
            ..Attributes::default()
        };
        if !wanted.uid.is_empty() {
            let what = Attributes {
                resource: "uids",
                name: &wanted.uid,
                ..base
            };
            self.check(user, &what)?;
        }
        let groups = Attributes {
            resource: "groups",
            group: own_group,
            ..base
        };
        self.check_groups(user, wanted, constrained.is_some(), &groups)?;
        self.check_extra(
            user,
            wanted,
            constrained.is_some(),
            &Attributes {
                resource: "userextras",
                ..base
            },
        )?;
        let implied = if acting.name == "system:anonymous" {
            Some("system:unauthenticated")
        } else {
            let known = acting
                .groups
                .iter()
                .any(|group| group == "system:unauthenticated");
            (!known).then_some("system:authenticated")
        };
        if let Some(group) = implied
            && !acting.groups.iter().any(|known| known == group)
        {
            acting.groups.push(group.to_owned());
        }
        Ok(acting)
    }

    fn check_name(
        &self,
        mode: Mode,
        user: &User,
        wanted: &User,
        (verb, group): (&str, &str),
        acting: &mut User,
    ) -> Result<(), Failure> {
        let mut what = Attributes {
            verb,
            group,
            resource: "users",
            name: &wanted.name,
            ..Attributes::default()
        };
        if let (Some(name), true) = (node(&wanted.name), mode != Mode::Legacy) {
            (what.resource, what.name) = ("nodes", if mode == Mode::AssociatedNode { "*" } else { name });
            acting.groups = vec!["system:nodes".into()];
        }
        if let Some((namespace, name)) = account(&wanted.name) {
            (what.resource, what.namespace, what.name) = ("serviceaccounts", namespace, name);
            if wanted.groups.is_empty() {
                acting.groups = vec![
                    "system:serviceaccounts".into(),
                    format!("system:serviceaccounts:{namespace}"),
                ];
            }
        }
        self.check(user, &what)
    }

    fn check_groups(
        &self,
        user: &User,
        wanted: &User,
        constrained: bool,
        base: &Attributes<'_>,
    ) -> Result<(), Failure> {
        if constrained {
            if wanted.groups.iter().any(String::is_empty) {
                return Err(forbidden(
                    user,
                    base,
                    "impersonating the empty string group is not allowed",
                ));
            }
            if let Some(name) = wanted.groups.iter().find(|group| *group == "system:masters") {
                let what = Attributes { name, ..*base };
                return Err(forbidden(
                    user,
                    &what,
                    "impersonating the system:masters group is not allowed",
                ));
            }
            let all = Attributes { name: "*", ..*base };
            if wanted.groups.len() >= MANY && self.check(user, &all).is_ok() {
                return Ok(());
            }
        }
        wanted
            .groups
            .iter()
            .try_for_each(|name| self.check(user, &Attributes { name, ..*base }))
    }

    fn check_extra(
        &self,
        user: &User,
        wanted: &User,
        constrained: bool,
        base: &Attributes<'_>,
    ) -> Result<(), Failure> {
        if constrained && wanted.extra.values().flatten().any(String::is_empty) {
            let why = "impersonating the empty string value in extra is not allowed";
            return Err(forbidden(user, base, why));
        }
        let count: usize = wanted.extra.values().map(Vec::len).sum();
        let all = Attributes {
            subresource: "*",
            name: "*",
            ..*base
        };
        if constrained && count >= MANY && self.check(user, &all).is_ok() {
            return Ok(());
        }
        for (subresource, values) in &wanted.extra {
            for name in values {
                let what = Attributes {
                    subresource,
                    name,
                    ..*base
                };
                self.check(user, &what)?;
            }
        }
        Ok(())
    }

    fn check(&self, user: &User, what: &Attributes<'_>) -> Result<(), Failure> {
        let decision = self.roles.decide(user, what);
        if decision.allowed {
            Ok(())
        } else {
            Err(forbidden(user, what, &decision.reason))
        }
    }
}

impl Modes {
    fn last(&self, user: &str) -> Option<Mode> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(user)
            .copied()
    }

    fn remember(&self, user: &str, mode: Mode) {
        let mut modes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if modes.get(user) == Some(&mode) {
            return;
        }
        if modes.len() >= REMEMBERED {
            modes.clear();
        }
        modes.insert(user.to_owned(), mode);
    }
}
