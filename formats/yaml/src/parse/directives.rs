//! `%YAML`, `%TAG`, tags, anchors and aliases.

use super::bytes::is_word;
use super::scan::Scanner;
use super::token::{Kind, Mark, Token};
use crate::error::Error;

impl<'a> Scanner<'a> {
    fn word_end(&self) -> usize {
        self.pos + self.rest(0).iter().take_while(|byte| is_word(**byte)).count()
    }

    pub(super) fn scan_anchor(&mut self) -> Result<Token<'a>, Error> {
        let start = self.mark();
        let is_alias = self.at(0) == b'*';
        self.skip();
        let name = self.take_to(self.word_end());
        let ended =
            self.is_blankz(0) || matches!(self.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ended {
            return self.error(start, "did not find expected alphabetic or numeric character");
        }
        let kind = if is_alias {
            Kind::Alias(name)
        } else {
            Kind::Anchor(name)
        };
        Ok(Token {
            kind,
            start,
            end: self.mark(),
        })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, Error> {
        let start = self.mark();
        let (handle, suffix) = if self.at(1) == b'<' {
            self.take_to(self.pos + 2);
            let suffix = self.scan_tag_uri("", start)?;
            if self.at(0) != b'>' {
                return self.error(start, "did not find the expected '>'");
            }
            self.skip();
            ("", suffix)
        } else {
            let handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (handle, self.scan_tag_uri("", start)?)
            } else {
                match self.scan_tag_uri(handle, start)? {
                    // The tag "!" alone.
                    suffix if suffix.is_empty() => ("", "!".to_owned()),
                    suffix => ("!", suffix),
                }
            }
        };
        if !self.is_blankz(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(Token {
            kind: Kind::Tag { handle, suffix },
            start,
            end: self.mark(),
        })
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<&'a str, Error> {
        let from = self.pos;
        if self.at(0) != b'!' {
            return self.error(start, "did not find expected '!'");
        }
        self.skip();
        self.take_to(self.word_end());
        if self.at(0) == b'!' {
            self.skip();
        } else if directive && self.pos != from + 1 {
            return self.error(start, "did not find expected '!'");
        }
        Ok(&self.src[from..self.pos])
    }

    /// The rest of a tag; `head` is what was read of it already, its `!` included.
    fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Result<String, Error> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let from = self.pos;
        loop {
            match self.at(0) {
                b'%' => uri.push(self.scan_escaped_octet(start)?),
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.skip();
                }
                _ => break,
            }
        }
        if self.pos == from && head.is_empty() {
            return self.error(start, "did not find expected tag URI");
        }
        match String::from_utf8(uri) {
            Ok(uri) => Ok(uri),
            Err(_) => self.error(start, "found an incorrect leading UTF-8 octet"),
        }
    }

    fn scan_escaped_octet(&mut self, start: Mark) -> Result<u8, Error> {
        let digit = |ahead| char::from(self.at(ahead)).to_digit(16);
        match (digit(1), digit(2)) {
            (Some(high), Some(low)) => {
                self.take_to(self.pos + 3);
                Ok((high * 16 + low) as u8)
            }
            _ => self.error(start, "did not find URI escaped octet"),
        }
    }

    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>, Error> {
        let start = self.mark();
        self.skip();
        let name = self.take_to(self.word_end());
        if name.is_empty() {
            return self.error(start, "could not find expected directive name");
        }
        if !self.is_blankz(0) {
            return self.error(start, "found unexpected non-alphabetical character");
        }
        self.skip_blanks();
        let kind = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return self.error(start, "found unknown directive name"),
        };
        let end = self.mark();
        self.skip_blanks();
        if self.at(0) == b'#' {
            self.take_to(self.line_end());
        }
        if !self.is_breakz(0) {
            return self.error(start, "did not find expected comment or line break");
        }
        self.take_break();
        Ok(Token { kind, start, end })
    }

    fn scan_version(&mut self, start: Mark) -> Result<Kind<'a>, Error> {
        let major = self.scan_version_number(start)?;
        if self.at(0) != b'.' {
            return self.error(start, "did not find expected digit or '.' character");
        }
        self.skip();
        Ok(Kind::Version {
            major,
            minor: self.scan_version_number(start)?,
        })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u32, Error> {
        let count = self
            .rest(0)
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count > 2 {
            return self.error(start, "found extremely long version number");
        }
        match self.take_to(self.pos + count).parse() {
            Ok(number) => Ok(number),
            Err(_) => self.error(start, "did not find expected version number"),
        }
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<Kind<'a>, Error> {
        let handle = self.scan_tag_handle(true, start)?;
        if !super::bytes::is_blank(self.at(0)) {
            return self.error(start, "did not find expected whitespace");
        }
        self.skip_blanks();
        let prefix = self.scan_tag_uri("", start)?;
        if !self.is_blankz(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(Kind::TagDirective { handle, prefix })
    }
}
