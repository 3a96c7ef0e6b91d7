//! The text in which a release is stored: JSON, packed with gzip, in base64.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::release::Release;

/// What a record may unpack to. Kubernetes keeps objects of up to about 1.5 MiB, which text can exceed when packed a
/// hundredfold at most; Helm has no such limit.
const MAX_UNPACKED: u64 = 256 << 20;

/// A text that is no release.
#[derive(Debug, thiserror::Error)]
pub enum DecodeReleaseError {
    /// Not base64.
    #[error("illegal base64 data: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Damaged.
    #[error("cannot unpack the release: {0}")]
    Gzip(#[from] std::io::Error),
    /// Not a release.
    #[error("the release is damaged: {0}")]
    Json(#[from] serde_json::Error),
    /// It unpacks to more than any release.
    #[error("the release is larger than {MAX_UNPACKED} bytes when it is unpacked")]
    TooLarge,
}

/// The text that Helm stores under the key `release` (before the encoding that a Secret adds).
///
/// # Errors
/// It cannot be written as JSON; values of a chart always can.
pub fn encode_release(release: &Release) -> Result<String, serde_json::Error> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    serde_json::to_writer(std::io::BufWriter::new(&mut packed), release)?;
    packed.flush().map_err(serde_json::Error::io)?;
    let packed = packed.finish().map_err(serde_json::Error::io)?;
    Ok(STANDARD.encode(packed))
}

/// Reads what [`encode_release`] and any Helm from 3.0 to 4.3 wrote; text that was not packed is read as well.
///
/// # Errors
/// Damaged, too large, or no release.
pub fn decode_release(text: &str) -> Result<Release, DecodeReleaseError> {
    let text: std::borrow::Cow<'_, str> = if text.contains(['\n', '\r']) {
        text.replace(['\n', '\r'], "").into()
    } else {
        text.into()
    };
    let packed = STANDARD.decode(text.as_bytes())?;
    if packed.len() <= 3 || !packed.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(serde_json::from_slice(&packed)?);
    }
    let mut json = Vec::new();
    MultiGzDecoder::new(&*packed)
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut json)?;
    if json.len() as u64 > MAX_UNPACKED {
        return Err(DecodeReleaseError::TooLarge);
    }
    Ok(serde_json::from_slice(&json)?)
}
