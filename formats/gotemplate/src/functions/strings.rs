//! Functions on texts.

use super::convert::{claim, int, map, printed, text, to_text};
use super::table::{function, variadic};
use super::text as words;
use super::{case, encoding, hash, paths, url};
use crate::{Error, Function, GoStr, Map, MapType, Scope, Ty, Value};

/// A function from one text to another.
macro_rules! mapped {
    ($name:literal, $map:expr) => {
        function($name, ONE, |scope, args| {
            let text = text(&args[0]);
            claim(scope, text.len())?;
            let map: fn(&GoStr) -> GoStr = $map;
            Ok(Value::Str(map(text)))
        })
    };
}

/// A question about two texts.
macro_rules! asked {
    ($name:literal, $ask:expr) => {
        function($name, PAIR, |_, args| {
            let ask: fn(&[u8], &[u8]) -> bool = $ask;
            Ok(Value::Bool(ask(
                text(&args[0]).as_bytes(),
                text(&args[1]).as_bytes(),
            )))
        })
    };
}

/// A part of the second text, by the first.
macro_rules! trimmed {
    ($name:literal, $trim:expr) => {
        function($name, PAIR, |_, args| {
            let trim: for<'t> fn(&[u8], &'t [u8]) -> &'t [u8] = $trim;
            let whole = text(&args[1]);
            let part = trim(text(&args[0]).as_bytes(), whole.as_bytes());
            Ok(Value::Str(if part.len() == whole.len() {
                whole.clone()
            } else {
                GoStr::from(part)
            }))
        })
    };
}

fn lossy(text: &GoStr) -> std::borrow::Cow<'_, str> {
    text.to_text()
}

fn substr(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    words::substr(int(&args[0]), int(&args[1]), text(&args[2]))
        .map(Value::Str)
        .map_err(Error::new)
}

fn repeat(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let count = usize::try_from(int(&args[0])).map_err(|_| Error::new("strings: negative Repeat count"))?;
    let bytes = text(&args[1]).as_bytes();
    claim(scope, bytes.len().saturating_mul(count))?;
    Ok(Value::str(bytes.repeat(if bytes.is_empty() { 0 } else { count })))
}

/// goutils' wrap allocates a separator for each line: all of it counts before it is there.
fn wrapped(
    scope: &mut Scope<'_>,
    width: i64,
    separator: &GoStr,
    whole: &GoStr,
    long: bool,
) -> Result<Value, Error> {
    let lines = whole.len() / usize::try_from(width.max(1)).unwrap_or(usize::MAX) + 1;
    claim(
        scope,
        whole
            .len()
            .saturating_add(lines.saturating_mul(separator.len().max(1))),
    )?;
    Ok(Value::Str(words::wrap(whole, width, separator, long)))
}

fn quote(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().filter(|arg| !arg.is_nothing()).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        crate::strconv::quote(&mut out, to_text(arg)?.as_bytes());
    }
    Ok(Value::str(out))
}

fn squote(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().filter(|arg| !arg.is_nothing()).enumerate() {
        out.extend_from_slice(if index > 0 { b" '" } else { b"'" });
        out.extend_from_slice(printed(arg)?.as_bytes());
        out.push(b'\'');
    }
    Ok(Value::str(out))
}

fn cat(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().filter(|arg| !arg.is_nothing()).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(printed(arg)?.as_bytes());
    }
    Ok(Value::str(out))
}

fn indented(scope: &mut Scope<'_>, args: &[Value], newline: bool) -> Result<Value, Error> {
    let spaces = usize::try_from(int(&args[0])).map_err(|_| Error::new("strings: negative Repeat count"))?;
    let bytes = text(&args[1]).as_bytes();
    let lines = memchr::memchr_iter(b'\n', bytes).count() + 1;
    claim(scope, bytes.len().saturating_add(lines.saturating_mul(spaces)))?;
    let mut out = words::indent(spaces, bytes);
    if newline {
        out.insert(0, b'\n');
    }
    Ok(Value::str(out))
}

fn replace(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let [old, new, whole] = [0, 1, 2].map(|index| text(&args[index]).as_bytes());
    let places = if old.is_empty() {
        whole.len() + 1
    } else {
        memchr::memmem::find_iter(whole, old).count()
    };
    if places == 0 {
        return Ok(args[2].clone());
    }
    claim(
        scope,
        whole.len().saturating_add(places.saturating_mul(new.len())),
    )?;
    Ok(Value::str(words::replace(whole, old, new)))
}

fn plural(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(args[usize::from(int(&args[2]) != 1)].clone())
}

fn split_into(
    scope: &mut Scope<'_>,
    separator: &Value,
    limit: i64,
    whole: &Value,
) -> Result<Vec<GoStr>, Error> {
    let whole = text(whole).as_bytes();
    let parts = words::split(whole, text(separator).as_bytes(), limit);
    claim(
        scope,
        whole.len() + parts.len().saturating_mul(size_of::<Value>() * 2),
    )?;
    Ok(parts.into_iter().map(GoStr::from).collect())
}

/// `map[string]string` with the keys `_0`, `_1` …
fn numbered(parts: Vec<GoStr>) -> Value {
    let entries = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| (GoStr::from(format!("_{index}")), Value::Str(part)))
        .collect();
    Value::Map(Map::with_type(MapType::STRINGS, entries))
}

fn decoded(result: Result<Vec<u8>, String>) -> Value {
    result.map_or_else(Value::str, Value::str)
}

fn url_parse(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let url = url::Url::parse(text(&args[0]).as_bytes())
        .map_err(|error| Error::new(format!("unable to parse url: {error}")))?;
    let user = url.user.as_ref().map(url::User::to_text).unwrap_or_default();
    Ok(Value::map([
        ("scheme", Value::str(url.scheme.as_slice())),
        ("host", Value::str(url.host.as_slice())),
        ("hostname", Value::str(url.hostname())),
        ("path", Value::str(url.path.as_slice())),
        ("query", Value::str(url.query.as_slice())),
        ("opaque", Value::str(url.opaque.as_slice())),
        ("fragment", Value::str(url.fragment.as_slice())),
        ("userinfo", Value::str(user)),
    ]))
}

fn url_join(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let parts = map(&args[0])?;
    let part = |key: &str| match parts.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.as_bytes().to_vec()),
        Some(value) if value.is_nothing() => Err(Error::new(super::convert::NIL_DEREFERENCE)),
        Some(value) => Err(Error::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            value.kind()
        ))),
    };
    let mut url = url::Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let with_user = [b"proto://", user.as_slice(), b"@host"].concat();
        let parsed = url::Url::parse(&with_user)
            .map_err(|error| Error::new(format!("unable to parse userinfo in dict: {error}")))?;
        url.user = parsed.user;
    }
    Ok(Value::str(url.to_text()))
}

const ONE: &[Ty] = &[Ty::Str];
const PAIR: &[Ty] = &[Ty::Str, Ty::Str];
const COUNTED: &[Ty] = &[Ty::INT, Ty::Str];

pub(super) static TABLE: &[Function] = &[
    function("hello", &[], |_, _| Ok(Value::str("Hello!"))),
    mapped!("upper", words::upper),
    mapped!("lower", words::lower),
    mapped!("title", words::title),
    mapped!("untitle", words::untitle),
    mapped!("swapcase", words::swapcase),
    mapped!("initials", words::initials),
    mapped!("nospace", words::nospace),
    mapped!("trim", |text| {
        let trimmed = words::trim_space(text.as_bytes());
        if trimmed.len() == text.len() {
            text.clone()
        } else {
            GoStr::from(trimmed)
        }
    }),
    mapped!("snakecase", |text| case::joined(&lossy(text), '_').into()),
    mapped!("kebabcase", |text| case::joined(&lossy(text), '-').into()),
    mapped!("camelcase", |text| case::pascal(&lossy(text)).into()),
    mapped!("b64enc", |text| encoding::base64(text.as_bytes()).into()),
    mapped!("b32enc", |text| encoding::base32(text.as_bytes()).into()),
    function("b64dec", ONE, |_, args| {
        Ok(decoded(encoding::decode_base64(text(&args[0]).as_bytes())))
    }),
    function("b32dec", ONE, |_, args| {
        Ok(decoded(encoding::decode_base32(text(&args[0]).as_bytes())))
    }),
    mapped!("sha1sum", |text| hash::sha1(text.as_bytes()).into()),
    mapped!("sha256sum", |text| hash::sha256(text.as_bytes()).into()),
    mapped!("sha512sum", |text| hash::sha512(text.as_bytes()).into()),
    mapped!("adler32sum", |text| hash::adler32(text.as_bytes())
        .to_string()
        .into()),
    mapped!("base", |text| GoStr::from(paths::base(text.as_bytes()))),
    mapped!("osBase", |text| GoStr::from(paths::base(text.as_bytes()))),
    mapped!("dir", |text| GoStr::from(paths::dir(text.as_bytes()))),
    mapped!("osDir", |text| GoStr::from(paths::dir(text.as_bytes()))),
    mapped!("clean", |text| GoStr::from(paths::clean(text.as_bytes()))),
    mapped!("osClean", |text| GoStr::from(paths::clean(text.as_bytes()))),
    mapped!("ext", |text| GoStr::from(paths::ext(text.as_bytes()))),
    mapped!("osExt", |text| GoStr::from(paths::ext(text.as_bytes()))),
    function("isAbs", ONE, |_, args| {
        Ok(text(&args[0]).as_bytes().starts_with(b"/").into())
    }),
    function("osIsAbs", ONE, |_, args| {
        Ok(text(&args[0]).as_bytes().starts_with(b"/").into())
    }),
    asked!("contains", |part, whole| words::find(whole, part).is_some()),
    asked!("hasPrefix", |part, whole| whole.starts_with(part)),
    asked!("hasSuffix", |part, whole| whole.ends_with(part)),
    trimmed!("trimAll", |set, whole| words::trim_set(whole, set)),
    trimmed!("trimall", |set, whole| words::trim_set(whole, set)),
    trimmed!("trimPrefix", |part, whole| whole
        .strip_prefix(part)
        .unwrap_or(whole)),
    trimmed!("trimSuffix", |part, whole| whole
        .strip_suffix(part)
        .unwrap_or(whole)),
    function("trunc", COUNTED, |_, args| {
        Ok(Value::Str(words::trunc(int(&args[0]), text(&args[1]))))
    }),
    function("abbrev", COUNTED, |_, args| {
        Ok(Value::Str(words::abbrev(int(&args[0]), text(&args[1]))))
    }),
    function("abbrevboth", &[Ty::INT, Ty::INT, Ty::Str], |_, args| {
        Ok(Value::Str(words::abbrev_both(
            int(&args[0]),
            int(&args[1]),
            text(&args[2]),
        )))
    }),
    function("substr", &[Ty::INT, Ty::INT, Ty::Str], substr),
    function("repeat", COUNTED, repeat),
    function("wrap", COUNTED, |scope, args| {
        wrapped(scope, int(&args[0]), &GoStr::EMPTY, text(&args[1]), false)
    }),
    function("wrapWith", &[Ty::INT, Ty::Str, Ty::Str], |scope, args| {
        wrapped(scope, int(&args[0]), text(&args[1]), text(&args[2]), true)
    }),
    variadic("quote", &[], Ty::Any, quote),
    variadic("squote", &[], Ty::Any, squote),
    variadic("cat", &[], Ty::Any, cat),
    function("indent", COUNTED, |scope, args| indented(scope, args, false)),
    function("nindent", COUNTED, |scope, args| indented(scope, args, true)),
    function("replace", &[Ty::Str, Ty::Str, Ty::Str], replace),
    function("plural", &[Ty::Str, Ty::Str, Ty::INT], plural),
    function("toString", &[Ty::Any], |_, args| {
        to_text(&args[0]).map(Value::Str)
    }),
    function("split", PAIR, |scope, args| {
        split_into(scope, &args[0], -1, &args[1]).map(numbered)
    }),
    function("splitn", &[Ty::Str, Ty::INT, Ty::Str], |scope, args| {
        split_into(scope, &args[0], int(&args[1]), &args[2]).map(numbered)
    }),
    function("splitList", PAIR, |scope, args| {
        split_into(scope, &args[0], -1, &args[1]).map(Value::strings)
    }),
    function("urlParse", ONE, url_parse),
    function("urlJoin", &[Ty::MAP], url_join),
];
