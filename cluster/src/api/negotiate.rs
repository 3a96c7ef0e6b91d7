//! In which form the client wants the answer.

use super::Failure;

/// The text form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Yaml,
}

/// The rendering of objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Object,
    /// `as=Table`
    Table,
    /// `as=PartialObjectMetadata`
    Partial,
    /// `as=PartialObjectMetadataList`
    PartialList,
    /// `as=APIGroupDiscoveryList` in its version 2.
    Discovery,
}

/// What was agreed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) format: Format,
    pub(crate) shape: Shape,
}

/// What may be asked for at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Objects and lists.
    Objects,
    /// A watch, which has no YAML.
    Watch,
    /// The roots of discovery, which know the aggregated form.
    DiscoveryRoot,
    /// Everything else.
    Plain,
}

/// The media types that bodies and answers may have.
pub(crate) const MEDIA_TYPES: &str =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const WATCH_TYPES: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

struct Clause<'a> {
    media: &'a str,
    quality: f32,
    params: Vec<(&'a str, &'a str)>,
}

fn clauses(accept: &str) -> Vec<Clause<'_>> {
    let mut found: Vec<Clause<'_>> = accept
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let media = pieces.next().unwrap_or_default();
            let params: Vec<_> = pieces
                .filter_map(|piece| piece.split_once('='))
                .map(|(k, v)| (k.trim(), v.trim().trim_matches('"')))
                .collect();
            let quality = params
                .iter()
                .find(|(key, _)| *key == "q")
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(1.0);
            Clause {
                media,
                quality,
                params,
            }
        })
        .collect();
    found.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    found
}

impl Clause<'_> {
    fn param(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    }

    fn format(&self) -> Option<Format> {
        match self.media {
            "application/json" | "*/*" | "application/*" => Some(Format::Json),
            // Clients that ask for protobuf also read JSON, which the content type tells them.
            "application/vnd.kubernetes.protobuf" | "application/cbor" => Some(Format::Json),
            "application/yaml" => Some(Format::Yaml),
            _ => None,
        }
    }

    fn shape(&self, offer: Offer) -> Option<Shape> {
        let (kind, version, group) = (self.param("as"), self.param("v"), self.param("g"));
        let meta = group == "meta.k8s.io" && matches!(version, "v1" | "v1beta1");
        match (kind, offer) {
            ("", _) => Some(Shape::Object),
            ("Table", Offer::Objects | Offer::Watch) if meta => Some(Shape::Table),
            ("PartialObjectMetadata", Offer::Objects | Offer::Watch) if meta => Some(Shape::Partial),
            ("PartialObjectMetadataList", Offer::Objects | Offer::Watch) if meta => Some(Shape::PartialList),
            ("APIGroupDiscoveryList", Offer::DiscoveryRoot)
                if group == "apidiscovery.k8s.io" && version == "v2" =>
            {
                Some(Shape::Discovery)
            }
            _ => None,
        }
    }
}

/// Find the first form in `accept` that can be had.
pub(crate) fn negotiate(accept: &str, offer: Offer) -> Result<Accepted, Failure> {
    if accept.trim().is_empty() {
        return Ok(Accepted::default());
    }
    for clause in clauses(accept) {
        let (Some(format), Some(shape)) = (clause.format(), clause.shape(offer)) else {
            continue;
        };
        if format == Format::Yaml && (offer == Offer::Watch || shape == Shape::Discovery) {
            continue;
        }
        return Ok(Accepted { format, shape });
    }
    Err(match offer {
        Offer::Watch => Failure::not_acceptable(WATCH_TYPES),
        _ => Failure::not_acceptable(MEDIA_TYPES),
    })
}

/// Whether any clause of the header names a media type that is known at all; otherwise the handler in front of the
/// resources refuses.
pub(crate) fn any_known(accept: &str) -> bool {
    accept.trim().is_empty() || clauses(accept).iter().any(|clause| clause.format().is_some())
}

/// The form of errors: as asked for where that is possible, JSON otherwise.
pub(crate) fn for_errors(accept: &str) -> Format {
    clauses(accept)
        .iter()
        .find_map(Clause::format)
        .unwrap_or_default()
}
