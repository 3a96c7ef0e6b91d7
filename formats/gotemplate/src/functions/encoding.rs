//! base64, base32, hexadecimal; decoders fail with Go's words.

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    encode(bytes, ALPHABET, 6, 4)
}

/// Standard base32 with padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    encode(bytes, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8)
}

fn encode(bytes: &[u8], alphabet: &[u8], bits: u32, block: usize) -> String {
    let mut out = String::with_capacity((bytes.len() * 8).div_ceil(bits as usize) + block);
    let mask = (1u32 << bits) - 1;
    let (mut pending, mut count) = (0u32, 0u32);
    for byte in bytes {
        pending = pending << 8 | u32::from(*byte);
        count += 8;
        while count >= bits {
            count -= bits;
            out.push(char::from(alphabet[(pending >> count & mask) as usize]));
        }
        pending &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(char::from(alphabet[(pending << (bits - count) & mask) as usize]));
    }
    while !out.len().is_multiple_of(block) {
        out.push('=');
    }
    out
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn value64(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Decodes standard base64; line breaks do not count.
///
/// # Errors
/// `illegal base64 data at input byte 4`.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut at = 0;
    'quantum: loop {
        let mut quantum = [0u8; 4];
        let mut filled = 0;
        while filled < 4 {
            let Some(&byte) = text.get(at) else {
                if filled == 0 {
                    return Ok(out);
                }
                return corrupt(at - filled);
            };
            at += 1;
            if let Some(value) = value64(byte) {
                quantum[filled] = value;
                filled += 1;
            } else if is_newline(byte) {
            } else if byte != b'=' || filled < 2 {
                return corrupt(at - 1);
            } else {
                let skip = |mut at: usize| {
                    while text.get(at).is_some_and(|byte| is_newline(*byte)) {
                        at += 1;
                    }
                    at
                };
                if filled == 2 {
                    at = skip(at);
                    match text.get(at) {
                        None => return corrupt(text.len()),
                        Some(b'=') => at += 1,
                        Some(_) => return corrupt(at - 1),
                    }
                }
                at = skip(at);
                if at < text.len() {
                    return corrupt(at);
                }
                push_quantum(&mut out, quantum, filled);
                return Ok(out);
            }
        }
        push_quantum(&mut out, quantum, 4);
        continue 'quantum;
    }
}

fn push_quantum(out: &mut Vec<u8>, quantum: [u8; 4], filled: usize) {
    let bits = quantum
        .iter()
        .fold(0u32, |bits, value| bits << 6 | u32::from(*value));
    out.extend_from_slice(&bits.to_be_bytes()[1..filled]);
}

/// Decodes standard base32; line breaks do not count.
///
/// # Errors
/// `illegal base32 data at input byte 4`.
pub(crate) fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_newline(*byte)).collect();
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut at = 0;
    while at < text.len() {
        let mut quantum = 0u64;
        let mut filled = 0;
        let mut end = false;
        while filled < 8 {
            let Some(&byte) = text.get(at) else {
                return corrupt(text.len() - filled);
            };
            at += 1;
            let left = text.len() - at;
            if byte == b'=' && filled >= 2 && left < 8 {
                if left + filled < 7 {
                    return corrupt(text.len());
                }
                for skip in 0..7 - filled {
                    if text.get(at + skip).is_some_and(|byte| *byte != b'=') {
                        return corrupt((at + skip).saturating_sub(1));
                    }
                }
                if matches!(filled, 1 | 3 | 6) {
                    return corrupt(at - 1);
                }
                end = true;
                break;
            }
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'2'..=b'7' => byte - b'2' + 26,
                _ => return corrupt(at - 1),
            };
            quantum |= u64::from(value) << (35 - 5 * filled);
            filled += 1;
        }
        let bytes = filled * 5 / 8;
        out.extend_from_slice(&quantum.to_be_bytes()[3..3 + bytes]);
        if end {
            break;
        }
    }
    Ok(out)
}
