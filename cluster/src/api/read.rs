//! Get and list.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};

use super::core::Call;
use super::negotiate::Offer;
use super::render::ListMeta;
use super::selector::{FieldSelector, LabelSelector};
use super::{ApiResponse, Failure, fields, go};
use crate::store::Entry;

/// The selectors of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

impl Selection {
    /// Whether everything is selected.
    pub(crate) fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.0.is_empty()
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, resource: &super::Resource, entry: &Entry) -> bool {
        if self.is_all() {
            return true;
        }
        let object = entry.value();
        self.labels.matches(&object["metadata"]["labels"]) && fields::matches(resource, &object, &self.fields)
    }
}

/// A parsed revision parameter.
pub(crate) fn revision(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| parse_error(text))
}

fn parse_error(text: &str) -> String {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let why = if digits {
        "value out of range"
    } else {
        "invalid syntax"
    };
    format!(
        "resourceVersion: Invalid value: {0}: strconv.ParseUint: parsing {0}: {why}",
        go::quote(text)
    )
}

/// Tokens as Go reads them: bits behind the last byte do not matter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

struct Page {
    limit: usize,
    /// Key after which the page starts.
    after: Option<String>,
    /// The revision to read at, or the newest.
    at: Option<u64>,
}

impl Call<'_> {
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        let query = &self.request.query;
        let labels = LabelSelector::parse(query.text("labelSelector"))?;
        let mut fields = FieldSelector::parse(query.text("fieldSelector"))?;
        fields::check(&self.resource, &fields)?;
        if let Some(name) = &self.target.name {
            fields.0.push(super::selector::FieldTerm {
                path: "metadata.name".into(),
                value: name.clone(),
                equal: true,
            });
        }
        Ok(Selection { labels, fields })
    }

    /// The start of the keys that a list or watch covers.
    pub(crate) fn prefix(&self) -> String {
        if self.target.namespace.is_empty() {
            String::new()
        } else {
            format!("{}/", self.target.namespace)
        }
    }

    pub(crate) fn get(&self) -> Result<ApiResponse, Failure> {
        let renderer = self.renderer(Offer::Objects)?;
        let asked = revision(self.request.query.text("resourceVersion")).map_err(Failure::unclassified)?;
        let (entry, current) = self.core.store.get(&self.resource.storage, &self.key());
        if let Some(asked) = asked.filter(|asked| *asked > current) {
            return Err(Failure::future_revision(asked, current));
        }
        let entry = entry.ok_or_else(|| self.missing())?;
        Ok(renderer.object(200, &entry.body())?.after(entry.revision))
    }

    pub(crate) fn list(&self) -> Result<ApiResponse, Failure> {
        let renderer = self.renderer(Offer::Objects)?;
        let selection = self.selection()?;
        let page = self.page()?;
        let (entries, meta) = self.read_page(&page, &selection)?;
        renderer.list(&entries, &meta)
    }

    fn read_page(&self, page: &Page, selection: &Selection) -> Result<(Vec<Entry>, ListMeta), Failure> {
        let store = &self.core.store;
        let (storage, prefix) = (&self.resource.storage, self.prefix());
        let after = page.after.as_deref();
        let (all, revision) = match page.at {
            Some(at) => {
                let old = store
                    .list_at(storage, &prefix, at)
                    .ok_or_else(|| self.expired(page))?;
                (
                    old.into_iter()
                        .filter(|(key, _)| after.is_none_or(|after| &**key > after))
                        .collect::<Vec<_>>(),
                    at,
                )
            }
            None => match selection
                .fields
                .wanted("metadata.name")
                .filter(|_| !prefix.is_empty() || !self.resource.namespaced)
            {
                Some(name) => {
                    let key = self.resource.key(&self.target.namespace, name);
                    let (entry, revision) = store.get(storage, &key);
                    (
                        entry
                            .map(|entry| (key.as_str().into(), entry))
                            .into_iter()
                            .collect(),
                        revision,
                    )
                }
                None => {
                    let limit = if selection.is_all() && page.limit != usize::MAX {
                        page.limit + 1
                    } else {
                        usize::MAX
                    };
                    store.list(storage, &prefix, after, limit)
                }
            },
        };
        let mut rest = all.into_iter();
        let mut found = rest
            .by_ref()
            .filter(|(_, entry)| selection.matches(&self.resource, entry));
        let page_items: Vec<_> = found.by_ref().take(page.limit).collect();
        // What is left may not be selected: upstream does not look before the client asks for it.
        let more = page_items.len() == page.limit && rest.next().is_some();
        let mut meta = ListMeta {
            revision,
            ..ListMeta::default()
        };
        if let (true, Some((last, _))) = (more, page_items.last()) {
            let start = last.strip_prefix(prefix.as_str()).unwrap_or(last);
            let token = json!({"v": "meta.k8s.io/v1", "rv": revision, "start": format!("{start}\u{0}")});
            meta.next = Some(URL_SAFE_NO_PAD.encode(token.to_string()));
            if selection.is_all() {
                let total = match page.at {
                    Some(at) => store
                        .list_at(storage, &prefix, at)
                        .map_or(0, |all| all.iter().filter(|(key, _)| key > last).count()),
                    None => store.count(storage, &prefix) - store_before(store, storage, &prefix, last),
                };
                meta.remaining = Some(total);
            }
        }
        Ok((page_items.into_iter().map(|(_, entry)| entry).collect(), meta))
    }

    fn expired(&self, page: &Page) -> Failure {
        match &page.after {
            None => Failure::expired("The resourceVersion for the provided list is too old."),
            Some(after) => {
                let start = after.strip_prefix(self.prefix().as_str()).unwrap_or(after);
                let token = json!({"v": "meta.k8s.io/v1", "rv": -1, "start": format!("{start}\u{0}")});
                let mut failure = Failure::expired(
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
                );
                failure.details = None;
                failure.message_token(&URL_SAFE_NO_PAD.encode(token.to_string()))
            }
        }
    }

    /// Read and check limit, continue and revision.
    fn page(&self) -> Result<Page, Failure> {
        let query = &self.request.query;
        let (version, matching, token) = (
            query.text("resourceVersion"),
            query.text("resourceVersionMatch"),
            query.text("continue"),
        );
        self.check_list_options(version, matching, token)?;
        super::watch::timeout(query.text("timeoutSeconds"))?;
        let limit = match query.text("limit") {
            "" => 0,
            text => text.parse::<i64>().map_err(|_| {
                Failure::bad_request(format!(
                    "strconv.ParseInt: parsing {}: invalid syntax",
                    go::quote(text)
                ))
            })?,
        };
        let limit = usize::try_from(limit)
            .ok()
            .filter(|limit| *limit > 0)
            .unwrap_or(usize::MAX);
        let asked = revision(version)
            .map_err(|message| Failure::bad_request(format!("invalid resource version: {message}")))?;
        let current = self.core.store.revision();
        if let Some(asked) = asked.filter(|asked| *asked > current) {
            return Err(Failure::future_revision(asked, current));
        }
        if !token.is_empty() {
            if asked.is_some_and(|asked| asked > 0) {
                return Err(Failure::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            let limit = if asked == Some(0) { usize::MAX } else { limit };
            let (rv, start) = continue_token(token)?;
            let after = format!("{}{start}", self.prefix());
            return Ok(Page {
                limit,
                after: Some(after),
                at: rv.filter(|rv| *rv != current),
            });
        }
        let exact = matching == "Exact"
            || (matching.is_empty() && limit != usize::MAX && asked.is_some_and(|asked| asked > 0));
        let limit = if asked == Some(0) && matching != "Exact" {
            usize::MAX
        } else {
            limit
        };
        Ok(Page {
            limit,
            after: None,
            at: asked.filter(|asked| exact && *asked != current),
        })
    }

    fn check_list_options(&self, version: &str, matching: &str, token: &str) -> Result<(), Failure> {
        let mut problems = Vec::new();
        let mut forbid = |field: &'static str, text: &str| {
            problems.push(("FieldValueForbidden", field, format!("Forbidden: {text}")))
        };
        if !matching.is_empty() {
            if version.is_empty() {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                );
            }
            if !token.is_empty() {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden when continue is provided",
                );
            }
            if matching == "Exact" && version == "0" {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                );
            }
            if !matches!(matching, "Exact" | "NotOlderThan") {
                problems.push((
                    "FieldValueNotSupported",
                    "resourceVersionMatch",
                    format!(
                        "Unsupported value: {}: supported values: \"Exact\", \"NotOlderThan\", \"\"",
                        go::quote(matching)
                    ),
                ));
            }
        }
        if self.request.query.get("sendInitialEvents").is_some() {
            problems.push((
                "FieldValueForbidden",
                "sendInitialEvents",
                "Forbidden: sendInitialEvents is forbidden for list".into(),
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid_options("ListOptions", problems))
        }
    }
}

impl Failure {
    /// Put the token for going on into the metadata of the status.
    fn message_token(self, token: &str) -> Self {
        Self {
            continue_token: Some(token.into()),
            ..self
        }
    }
}

fn store_before(store: &crate::store::Store, storage: &str, prefix: &str, last: &str) -> usize {
    let (all, _) = store.list(storage, prefix, None, usize::MAX);
    all.iter().filter(|(key, _)| &**key <= last).count()
}

fn continue_token(token: &str) -> Result<(Option<u64>, String), Failure> {
    let bad = |why: String| {
        Failure::bad_request(format!(
            "invalid continue token: continue key is not valid: {why}"
        ))
    };
    let bytes = LENIENT
        .decode(token.trim_end_matches('='))
        .map_err(|_| bad("illegal base64 data".into()))?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| bad(super::body::json_error(&bytes, &error)))?;
    if value["v"] != "meta.k8s.io/v1" {
        return Err(bad(format!(
            "server does not recognize this encoded version {}",
            go::quote(value["v"].as_str().unwrap_or_default())
        )));
    }
    let start = value["start"]
        .as_str()
        .unwrap_or_default()
        .trim_end_matches('\u{0}');
    if start.is_empty() {
        return Err(bad("encoded start key, but the key is empty".into()));
    }
    let revision = value["rv"]
        .as_i64()
        .and_then(|revision| u64::try_from(revision).ok())
        .filter(|revision| *revision > 0);
    Ok((revision, start.to_owned()))
}
