//! One rule of a role.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Attributes;
use crate::api::go;

/// What one rule allows: the verbs on the resources of the groups, or on paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Only objects of these names; all when empty.
    pub(crate) names: Vec<String>,
    pub(crate) urls: Vec<String>,
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|item| item == "*" || item == wanted)
}

impl Rule {
    /// All rules of a role.
    pub(crate) fn of_role(role: &Value) -> Vec<Self> {
        role["rules"]
            .as_array()
            .into_iter()
            .flatten()
            .map(Self::read)
            .collect()
    }

    fn read(rule: &Value) -> Self {
        Self {
            verbs: texts(&rule["verbs"]),
            groups: texts(&rule["apiGroups"]),
            resources: texts(&rule["resources"]),
            names: texts(&rule["resourceNames"]),
            urls: texts(&rule["nonResourceURLs"]),
        }
    }

    /// What only an administrator of everything holds.
    pub(crate) fn everything() -> Vec<Self> {
        let all = || vec!["*".to_owned()];
        vec![
            Self {
                verbs: all(),
                groups: all(),
                resources: all(),
                ..Self::default()
            },
            Self {
                verbs: all(),
                urls: all(),
                ..Self::default()
            },
        ]
    }

    /// Whether it allows a request.
    pub(crate) fn allows(&self, what: &Attributes<'_>) -> bool {
        if !has(&self.verbs, what.verb) {
            return false;
        }
        if let Some(path) = what.path {
            return self.urls.iter().any(|url| url_covers(url, path));
        }
        has(&self.groups, what.group)
            && self.covers_resource(what.resource, what.subresource)
            && (self.names.is_empty() || self.names.iter().any(|name| name == what.name))
    }

    fn covers_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|own| match own.split_once('/') {
            _ if own == "*" => true,
            None => subresource.is_empty() && own == resource,
            Some(("*", sub)) => !subresource.is_empty() && sub == subresource,
            Some((main, sub)) => main == resource && sub == subresource,
        })
    }

    /// Whether everything that `other` allows is allowed by this rule. `other` is one of [`Rule::parts`].
    fn covers(&self, other: &Self) -> bool {
        let all = |own: &[String], others: &[String]| others.iter().all(|item| has(own, item));
        let resources = other
            .resources
            .iter()
            .all(|resource| match resource.split_once('/') {
                Some((main, sub)) => self.covers_resource(main, sub),
                None => self.covers_resource(resource, ""),
            });
        let names = self.names.is_empty()
            || (!other.names.is_empty() && other.names.iter().all(|name| self.names.contains(name)));
        let urls = other
            .urls
            .iter()
            .all(|url| self.urls.iter().any(|own| url_covers(own, url)));
        all(&self.verbs, &other.verbs) && all(&self.groups, &other.groups) && resources && names && urls
    }

    /// The rule as rules of one verb, group, resource and name each.
    fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let one = |text: &String| vec![text.clone()];
        for verb in &self.verbs {
            for group in &self.groups {
                for resource in &self.resources {
                    let part = Self {
                        verbs: one(verb),
                        groups: one(group),
                        resources: one(resource),
                        ..Self::default()
                    };
                    if self.names.is_empty() {
                        parts.push(part);
                    } else {
                        parts.extend(self.names.iter().map(|name| Self {
                            names: one(name),
                            ..part.clone()
                        }));
                    }
                }
            }
            parts.extend(self.urls.iter().map(|url| Self {
                verbs: one(verb),
                urls: one(url),
                ..Self::default()
            }));
        }
        parts
    }

    /// What of `wanted` is not allowed by any of `held`, in short form and in order; nothing when all is held.
    pub(crate) fn missing(held: &[Self], wanted: &[Self]) -> Vec<String> {
        let parts = wanted.iter().flat_map(Self::parts);
        let missing = parts.filter(|part| !held.iter().any(|rule| rule.covers(part)));
        // Those that differ in the verb only become one.
        let mut compact: Vec<Self> = Vec::new();
        for part in missing {
            let simple = part.names.is_empty() && part.urls.is_empty();
            let known = compact.iter_mut().find(|known| {
                simple
                    && known.names.is_empty()
                    && known.groups == part.groups
                    && known.resources == part.resources
            });
            match known {
                Some(known) => known.verbs.extend(part.verbs),
                None => compact.push(part),
            }
        }
        let texts: BTreeSet<String> = compact.iter().map(Self::text).collect();
        texts.into_iter().collect()
    }

    fn text(&self) -> String {
        let fields = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.urls),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let shown = fields.iter().filter(|(_, list)| !list.is_empty());
        let shown: Vec<String> = shown
            .map(|(name, list)| format!("{name}:{}", quoted(list)))
            .collect();
        format!("{{{}}}", shown.join(", "))
    }

    /// The rule as `SelfSubjectRulesReview` lists it: for resources, or for paths.
    pub(crate) fn listed(&self) -> (bool, Value) {
        let mut map = Map::new();
        let mut add = |name: &str, list: &[String]| {
            if !list.is_empty() {
                map.insert(name.into(), json!(list));
            }
        };
        add("verbs", &self.verbs);
        let of_resources = self.urls.is_empty();
        if of_resources {
            add("apiGroups", &self.groups);
            add("resources", &self.resources);
            add("resourceNames", &self.names);
        } else {
            add("nonResourceURLs", &self.urls);
        }
        (of_resources, Value::Object(map))
    }
}

/// A list of texts as Go's `%q` prints it.
pub(crate) fn quoted(list: &[String]) -> String {
    let list: Vec<String> = list.iter().map(|text| go::quote(text)).collect();
    format!("[{}]", list.join(" "))
}

fn url_covers(url: &str, path: &str) -> bool {
    match url.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => url == path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rule` is `verbs groups resources names urls`, each a comma list, `-` for none and `.` for the core group.
    fn rule(text: &str) -> Rule {
        let mut lists = text.split(' ').map(|list| match list {
            "-" => Vec::new(),
            list => list.split(',').map(|item| item.replace('.', "")).collect(),
        });
        let mut next = || lists.next().unwrap_or_default();
        Rule {
            verbs: next(),
            groups: next(),
            resources: next(),
            names: next(),
            urls: next(),
        }
    }

    /// `what` is `verb group resource/sub name`, or `verb /path`.
    fn check(text: &str, what: &str, expect: bool) {
        let words: Vec<&str> = what.split(' ').collect();
        let mut attributes = Attributes {
            verb: words[0],
            ..Attributes::default()
        };
        if words[1].starts_with('/') {
            attributes.path = Some(words[1]);
        } else {
            let (resource, sub) = words[2].split_once('/').unwrap_or((words[2], ""));
            attributes.group = words[1].trim_matches('.');
            attributes.resource = resource;
            attributes.subresource = sub;
            attributes.name = words.get(3).copied().unwrap_or_default();
        }
        assert_eq!(rule(text).allows(&attributes), expect, "{text} / {what}");
    }

    #[test]
    fn rules_allow() {
        check("get . pods", "get . pods", true);
        check("get . pods", "list . pods", false);
        check("get . pods", "get apps pods", false);
        check("get . pods", "get . pods/log", false);
        check("get . pods/log", "get . pods/log", true);
        check("* * *", "get apps deployments/scale", true);
        check("update * */scale", "update apps deployments/scale", true);
        check("update * */scale", "update apps deployments", false);
        check("get apps deployments/*", "get apps deployments/scale", false);
        check("get . pods a,b", "get . pods b", true);
        check("get . pods a,b", "get . pods c", false);
        check("get . pods a,b", "get . pods", false);
        check("get - - - /api*", "get /apis/x", true);
        check("get - - - /healthz", "get /healthz/etcd", false);
        check("* * *", "get /api", false);
    }

    fn check_missing(held: &[&str], wanted: &[&str], expect: &[&str]) {
        let all = |texts: &[&str]| texts.iter().map(|text| rule(text)).collect::<Vec<_>>();
        assert_eq!(
            Rule::missing(&all(held), &all(wanted)),
            expect,
            "{held:?} / {wanted:?}"
        );
    }

    #[test]
    fn rules_that_are_not_held_are_named() {
        check_missing(&["* * *"], &["get . pods", "list apps deployments/scale x"], &[]);
        check_missing(
            &["get . pods"],
            &["get,list,watch . pods"],
            &[r#"{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}"#],
        );
        check_missing(
            &["get . pods a"],
            &["get . pods a,b"],
            &[r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}"#],
        );
        check_missing(
            &[],
            &["* * *", "* - - - *"],
            &[
                r#"{APIGroups:["*"], Resources:["*"], Verbs:["*"]}"#,
                r#"{NonResourceURLs:["*"], Verbs:["*"]}"#,
            ],
        );
    }
}
