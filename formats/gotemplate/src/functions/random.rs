//! Chance, from the host's bytes.

use super::convert::{claim, int};
use super::table::function;
use crate::{Error, Function, GoStr, Scope, Ty, Value};

/// Numbers drawn at once.
const BLOCK: usize = 256;

/// A number below another, each as likely.
pub(super) fn below(scope: &mut Scope<'_>, range: u64) -> Result<u64, Error> {
    let limit = u64::MAX - u64::MAX % range;
    loop {
        let mut bytes = [0; 8];
        scope.host().random(&mut bytes)?;
        let number = u64::from_le_bytes(bytes);
        if number < limit {
            return Ok(number % range);
        }
    }
}

/// A text of so many characters of a set.
fn text_of(scope: &mut Scope<'_>, args: &[Value], set: &[u8]) -> Result<Value, Error> {
    // goutils refuses a negative count, and sprig drops that error.
    let count = usize::try_from(int(&args[0])).unwrap_or(0);
    claim(scope, count)?;
    let limit = 256 - 256 % set.len();
    let mut out = Vec::with_capacity(count);
    let mut block = [0; BLOCK];
    while out.len() < count {
        scope.host().random(&mut block)?;
        let fair = block
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < limit);
        out.extend(fair.map(|byte| set[byte % set.len()]).take(count - out.len()));
    }
    Ok(Value::str(out))
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
const ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn ascii(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    text_of(scope, args, &printable)
}

fn shuffle(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut chars: Vec<char> = super::convert::text(&args[0]).runes().collect();
    claim(scope, chars.len().saturating_mul(8))?;
    for index in (1..chars.len()).rev() {
        let other = below(scope, index as u64 + 1)? as usize;
        chars.swap(index, other);
    }
    Ok(Value::Str(GoStr::from(chars.into_iter().collect::<String>())))
}

fn bytes(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let count = usize::try_from(int(&args[0]))
        .map_err(|_| Error::new("runtime error: makeslice: len out of range"))?;
    claim(scope, count.saturating_mul(3))?;
    let mut bytes = vec![0; count];
    scope.host().random(&mut bytes)?;
    Ok(Value::str(super::encoding::base64(&bytes)))
}

fn uuid(scope: &mut Scope<'_>, _: &[Value]) -> Result<Value, Error> {
    let mut bytes = [0; 16];
    scope.host().random(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = super::encoding::hex(&bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(Value::str(parts.join("-")))
}

const COUNT: &[Ty] = &[Ty::INT];

pub(super) static TABLE: &[Function] = &[
    function("randAlphaNum", COUNT, |scope, args| {
        text_of(scope, args, ALPHANUMERIC)
    }),
    function("randAlpha", COUNT, |scope, args| text_of(scope, args, LETTERS)),
    function("randNumeric", COUNT, |scope, args| text_of(scope, args, DIGITS)),
    function("randAscii", COUNT, ascii),
    function("randBytes", COUNT, bytes),
    function("shuffle", &[Ty::Str], shuffle),
    function("uuidv4", &[], uuid),
];
