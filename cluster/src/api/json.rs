//! Where JSON text goes wrong, in the words of Go's scanner, which clients know.

/// Nesting that Go's decoder still takes.
const MAX_DEPTH: usize = 10_000;

/// What is wrong with the syntax of a JSON text; none where it is fine.
pub(crate) fn syntax_error(bytes: &[u8]) -> Option<String> {
    Scan { bytes, at: 0 }.text().err()
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".into(),
        b'"' => "'\"'".into(),
        b'\n' => "'\\n'".into(),
        b'\r' => "'\\r'".into(),
        b'\t' => "'\\t'".into(),
        b'\\' => "'\\\\'".into(),
        0x20..=0x7e | 0xa1..=0xac | 0xae..=0xff => format!("'{}'", char::from(byte)),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'\\x{byte:02x}'"),
    }
}

impl Scan<'_> {
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, String> {
        let end = || "unexpected end of JSON input".to_owned();
        self.bytes.get(self.at).copied().ok_or_else(end)
    }

    fn wrong<T>(&self, context: &str) -> Result<T, String> {
        Err(format!("invalid character {} {context}", quoted(self.peek()?)))
    }

    fn text(&mut self) -> Result<(), String> {
        // The brackets that are open: whether each is an object's.
        let mut open: Vec<bool> = Vec::new();
        loop {
            // A value begins here.
            self.space();
            let byte = self.peek()?;
            if matches!(byte, b'{' | b'[') {
                if open.len() >= MAX_DEPTH {
                    return self.wrong("exceeded max depth");
                }
                open.push(byte == b'{');
                self.at += 1;
                self.space();
                let close = if byte == b'{' { b'}' } else { b']' };
                if self.peek()? != close {
                    if byte == b'{' {
                        self.key()?;
                    }
                    continue;
                }
            } else {
                self.scalar(byte)?;
                if open.is_empty() {
                    break;
                }
            }
            if self.after_value(&mut open)? {
                break;
            }
        }
        self.space();
        if self.at < self.bytes.len() {
            return self.wrong("after top-level value");
        }
        Ok(())
    }

    /// Behind a value within brackets; true when the last bracket is closed.
    fn after_value(&mut self, open: &mut Vec<bool>) -> Result<bool, String> {
        loop {
            self.space();
            let Some(object) = open.last().copied() else {
                return Ok(true);
            };
            match (self.peek()?, object) {
                (b',', true) => {
                    self.at += 1;
                    self.space();
                    self.key()?;
                    return Ok(false);
                }
                (b',', false) => {
                    self.at += 1;
                    return Ok(false);
                }
                (b'}', true) | (b']', false) => {
                    self.at += 1;
                    open.pop();
                    if open.is_empty() {
                        return Ok(true);
                    }
                }
                (_, true) => return self.wrong("after object key:value pair"),
                (_, false) => return self.wrong("after array element"),
            }
        }
    }

    fn key(&mut self) -> Result<(), String> {
        if self.peek()? != b'"' {
            return self.wrong("looking for beginning of object key string");
        }
        self.string()?;
        self.space();
        if self.peek()? != b':' {
            return self.wrong("after object key");
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self, first: u8) -> Result<(), String> {
        match first {
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.wrong("looking for beginning of value"),
        }
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    self.escape()?;
                }
                0..=0x1f => return self.wrong("in string literal"),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.peek()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek()?.is_ascii_hexdigit() {
                        return self.wrong("in \\u hexadecimal character escape");
                    }
                    self.at += 1;
                }
            }
            _ => return self.wrong("in string escape code"),
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            self.at += 1;
            if self.peek()? != expected {
                return self.wrong(&format!("in literal {word} (expecting {})", quoted(expected)));
            }
        }
        self.at += 1;
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return self.wrong("in numeric literal"),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if !self.peek()?.is_ascii_digit() {
                return self.wrong("after decimal point in numeric literal");
            }
            self.digits();
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            if !self.peek()?.is_ascii_digit() {
                return self.wrong("in exponent of numeric literal");
            }
            self.digits();
        }
        Ok(())
    }
}
