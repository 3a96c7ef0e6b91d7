//! The functions of Helm's templates: sprig's, and Helm's own.

mod case;
mod convert;
mod crypto;
mod dates;
mod decimal;
mod dicts;
mod encoding;
mod equal;
mod hash;
mod helm;
mod json;
mod lists;
mod logic;
mod math;
mod merge;
mod objects;
mod paths;
mod random;
pub(crate) mod regexp;
mod regexps;
mod strings;
mod table;
mod text;
mod time;
mod toml;
mod unicode;
mod url;
mod versions;
mod yaml;

use crate::Functions;

impl Functions {
    /// All that Helm 4 knows: Go's builtin functions, sprig's (but for `env` and `expandenv`), and Helm's own.
    pub fn helm() -> Self {
        let tables = [
            strings::TABLE,
            logic::TABLE,
            math::TABLE,
            lists::TABLE,
            dicts::TABLE,
            dates::TABLE,
            regexps::TABLE,
            versions::TABLE,
            random::TABLE,
            crypto::TABLE,
            helm::TABLE,
        ];
        tables.into_iter().fold(Self::builtin(), Self::with)
    }
}

/// `strconv.Quote`, for error texts.
fn quote(text: &[u8]) -> String {
    let mut out = Vec::new();
    crate::strconv::quote(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}
