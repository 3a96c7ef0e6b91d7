//! Packets: a tag and a body, one after the other.

use crate::Error;

/// Public key that names can be signed with.
pub(crate) const PUBLIC_KEY: u8 = 6;
/// Its secret form.
pub(crate) const SECRET_KEY: u8 = 5;
/// Public key below another one.
pub(crate) const PUBLIC_SUBKEY: u8 = 14;
/// Its secret form.
pub(crate) const SECRET_SUBKEY: u8 = 7;
/// Signature.
pub(crate) const SIGNATURE: u8 = 2;
/// Name and address of a person.
pub(crate) const USER_ID: u8 = 13;

/// A packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'d> {
    pub(crate) tag: u8,
    pub(crate) body: &'d [u8],
}

/// All packets of a text.
pub(crate) fn packets(data: &[u8]) -> Result<Vec<Packet<'_>>, Error> {
    let mut cursor = Cursor(data);
    let mut packets = Vec::new();
    while !cursor.0.is_empty() {
        packets.push(packet(&mut cursor)?);
    }
    Ok(packets)
}

fn packet<'d>(cursor: &mut Cursor<'d>) -> Result<Packet<'d>, Error> {
    let head = cursor.u8()?;
    if head & 0x80 == 0 {
        return Err(Error::Structural("tag byte does not have MSB set"));
    }
    let is_new = head & 0x40 != 0;
    let (tag, length) = if is_new {
        let first = cursor.u8()?;
        (head & 0x3f, length(cursor, first)?)
    } else {
        let length = match head & 3 {
            0 => usize::from(cursor.u8()?),
            1 => usize::from(cursor.u16()?),
            2 => cursor.u32()? as usize,
            _ => cursor.0.len(),
        };
        ((head >> 2) & 0xf, length)
    };
    Ok(Packet {
        tag,
        body: cursor.take(length)?,
    })
}

/// A length in the form that new packets and subpackets share.
pub(crate) fn length(cursor: &mut Cursor<'_>, first: u8) -> Result<usize, Error> {
    match first {
        0..=191 => Ok(usize::from(first)),
        192..=223 => Ok((usize::from(first) - 192) * 256 + usize::from(cursor.u8()?) + 192),
        255 => Ok(cursor.u32()? as usize),
        _ => Err(Error::Unsupported("packets in parts".to_owned())),
    }
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'d>(pub(crate) &'d [u8]);

impl<'d> Cursor<'d> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'d [u8], Error> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Error::Structural("unexpected end"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A number: its length in bits, then its bytes; without leading zeros.
    pub(crate) fn number(&mut self) -> Result<&'d [u8], Error> {
        let bits = usize::from(self.u16()?);
        let mut bytes = self.take(bits.div_ceil(8))?;
        while let Some((0, rest)) = bytes.split_first() {
            bytes = rest;
        }
        Ok(bytes)
    }
}

/// Writes a number.
pub(crate) fn write_number(out: &mut Vec<u8>, mut bytes: &[u8]) {
    while let Some((0, rest)) = bytes.split_first() {
        bytes = rest;
    }
    let zeros = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = bytes.len() * 8 - zeros;
    out.extend_from_slice(&u16::try_from(bits).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}
