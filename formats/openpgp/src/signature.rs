//! Signature packets.

use crate::Error;
use crate::crypto::{self, Public};
use crate::packet::{Cursor, length};

/// Over bytes.
pub(crate) const BINARY: u8 = 0x00;
/// Over lines.
pub(crate) const TEXT: u8 = 0x01;
/// Over a subkey, by its primary key.
pub(crate) const SUBKEY: u8 = 0x18;
/// Over the primary key, by a subkey that signs.
pub(crate) const PRIMARY: u8 = 0x19;
/// Takes back a key.
pub(crate) const KEY_REVOCATION: u8 = 0x20;
/// Takes back a subkey.
pub(crate) const SUBKEY_REVOCATION: u8 = 0x28;
/// Takes back a name.
pub(crate) const NAME_REVOCATION: u8 = 0x30;

/// A signature of version 4.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signature {
    pub(crate) kind: u8,
    algorithm: u8,
    hash: u8,
    /// From the version to the end of what is signed.
    hashed: Vec<u8>,
    parts: Vec<Vec<u8>>,
    /// Seconds since 1970.
    pub(crate) created: u32,
    lifetime: u32,
    /// Seconds after the making of the key; 0 means for ever.
    pub(crate) key_lifetime: u32,
    pub(crate) issuer: Option<[u8; 8]>,
    /// What the key may do, where it says so.
    flags: Option<u8>,
    pub(crate) is_primary: bool,
    /// What a subkey says of its primary key.
    pub(crate) embedded: Option<Box<Signature>>,
}

impl Signature {
    /// Reads the body of a packet.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Error> {
        Self::read_within(body, 0)
    }

    fn read_within(body: &[u8], depth: usize) -> Result<Self, Error> {
        let mut cursor = Cursor(body);
        let version = cursor.u8()?;
        if version != 4 {
            return Err(Error::Unsupported(format!("signature packet version {version}")));
        }
        let mut signature = Signature {
            kind: cursor.u8()?,
            algorithm: cursor.u8()?,
            hash: cursor.u8()?,
            ..Signature::default()
        };
        crypto::hash(signature.hash)?;
        let size = usize::from(cursor.u16()?);
        let hashed = cursor.take(size)?;
        signature.hashed = body.get(..6 + size).unwrap_or_default().to_vec();
        signature.subpackets(hashed, true, depth)?;
        let size = usize::from(cursor.u16()?);
        let unhashed = cursor.take(size)?;
        signature.subpackets(unhashed, false, depth)?;
        cursor.take(2)?;
        signature.parts = crypto::read_signature(signature.algorithm, &mut cursor)?;
        if signature.created == 0 {
            return Err(Error::Structural("no creation time in signature"));
        }
        Ok(signature)
    }

    fn subpackets(&mut self, bytes: &[u8], is_hashed: bool, depth: usize) -> Result<(), Error> {
        let mut cursor = Cursor(bytes);
        while !cursor.0.is_empty() {
            let first = cursor.u8()?;
            let size = length(&mut cursor, first)?;
            let mut one = Cursor(cursor.take(size)?);
            let kind = one.u8()?;
            self.subpacket(kind & 0x7f, kind & 0x80 != 0, one, is_hashed, depth)?;
        }
        Ok(())
    }

    fn subpacket(
        &mut self,
        kind: u8,
        is_critical: bool,
        mut one: Cursor<'_>,
        is_hashed: bool,
        depth: usize,
    ) -> Result<(), Error> {
        // What is not signed may name the signer, and nothing else.
        match (kind, is_hashed) {
            (16, _) => self.issuer = one.take(8)?.try_into().ok().or(self.issuer),
            (33, _) if one.u8()? == 4 => {
                let fingerprint = one.take(20)?;
                self.issuer = fingerprint[12..].try_into().ok();
            }
            (32, _) if depth == 0 => self.embedded = Some(Box::new(Self::read_within(one.0, depth + 1)?)),
            (_, false) => {}
            (2, _) => self.created = one.u32()?,
            (3, _) => self.lifetime = one.u32()?,
            (9, _) => self.key_lifetime = one.u32()?,
            (25, _) => self.is_primary = one.u8()? != 0,
            (27, _) => self.flags = Some(one.0.first().copied().unwrap_or(0)),
            // Preferences, reasons and the like; a notation that is critical asks for something that nobody here knows.
            (20, _) if is_critical => return Err(Error::Signature("unknown critical notation")),
            (4..=7 | 11 | 12 | 20..=24 | 26 | 28..=31 | 33..=35, _) => {}
            (other, _) if is_critical => {
                return Err(Error::Unsupported(format!(
                    "unknown critical signature subpacket type {other}"
                )));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the key signed the message.
    pub(crate) fn check(&self, public: &Public, mut message: Vec<u8>) -> Result<(), Error> {
        finish(&mut message, &self.hashed);
        crypto::check(public, self.hash, &message, &self.parts)
    }

    /// Whether the key may sign files.
    pub(crate) fn may_sign(&self) -> bool {
        self.flags.is_some_and(|flags| flags & 2 != 0)
    }

    /// Whether its time is over, or has not come.
    pub(crate) fn is_expired(&self, now: u64) -> bool {
        let created = u64::from(self.created);
        created > now || self.lifetime != 0 && created + u64::from(self.lifetime) < now
    }
}

/// The end of what is signed: the signed part of the packet, and its length.
pub(crate) fn finish(message: &mut Vec<u8>, hashed: &[u8]) {
    message.extend_from_slice(hashed);
    message.extend_from_slice(&[4, 0xff]);
    let size = u32::try_from(hashed.len()).unwrap_or(u32::MAX);
    message.extend_from_slice(&size.to_be_bytes());
}
