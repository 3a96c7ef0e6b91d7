//! Functions on regular expressions.

use super::convert::{claim, int, text};
use super::regexp::{Regexp, quote_meta};
use super::table::{Call, function};
use crate::{Error, Function, List, Scope, Ty, Value};

/// Compiles, but not each time anew.
///
/// # Errors
/// The words of `regexp.Compile`, or with `panics` those of `regexp.MustCompile`.
fn compile(scope: &mut Scope<'_>, pattern: &Value, panics: bool) -> Result<Regexp, Error> {
    let pattern = text(pattern);
    let Some(valid) = pattern.as_str() else {
        return Err(Error::new("error parsing regexp: invalid UTF-8"));
    };
    scope.set().regexps().get(valid).map_err(|error| {
        if !panics {
            return Error::new(error);
        }
        let shown = if crate::strconv::can_backquote(pattern.as_bytes()) {
            format!("`{valid}`")
        } else {
            super::quote(pattern.as_bytes())
        };
        Error::new(format!("regexp: Compile({shown}): {error}"))
    })
}

fn strings(scope: &mut Scope<'_>, parts: Option<Vec<&[u8]>>) -> Result<Value, Error> {
    let Some(parts) = parts else {
        return Ok(Value::List(List::nil(Ty::Str)));
    };
    claim(scope, parts.len().saturating_mul(2 * size_of::<Value>()))?;
    Ok(Value::strings(parts))
}

fn find_all(scope: &mut Scope<'_>, args: &[Value], panics: bool) -> Result<Value, Error> {
    let regexp = compile(scope, &args[0], panics)?;
    let whole = text(&args[1]).as_bytes();
    let found = regexp.find_all(whole, int(&args[2]));
    let parts: Vec<&[u8]> = found.into_iter().map(|(start, end)| &whole[start..end]).collect();
    strings(scope, Some(parts).filter(|parts| !parts.is_empty()))
}

fn find(scope: &mut Scope<'_>, args: &[Value], panics: bool) -> Result<Value, Error> {
    let regexp = compile(scope, &args[0], panics)?;
    Ok(Value::str(
        regexp.find(text(&args[1]).as_bytes()).unwrap_or_default(),
    ))
}

fn replaced(scope: &mut Scope<'_>, args: &[Value], panics: bool, literal: bool) -> Result<Value, Error> {
    let regexp = compile(scope, &args[0], panics)?;
    let (whole, by) = (text(&args[1]).as_bytes(), text(&args[2]).as_bytes());
    let most = scope.options().limits.output;
    let out = if literal {
        regexp.replace_all_literal(whole, by, most)
    } else {
        regexp.replace_all(whole, by, most)
    };
    claim(scope, out.as_ref().map_or(usize::MAX, Vec::len))?;
    Ok(Value::str(out.unwrap_or_default()))
}

fn split(scope: &mut Scope<'_>, args: &[Value], panics: bool) -> Result<Value, Error> {
    let regexp = compile(scope, &args[0], panics)?;
    let parts = regexp.split(text(&args[1]).as_bytes(), int(&args[2]));
    strings(scope, parts)
}

fn must_match(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::Bool(
        compile(scope, &args[0], false)?.is_match(text(&args[1]).as_bytes()),
    ))
}

const IS_MATCH: Call = |scope, args| Ok(must_match(scope, args).unwrap_or(Value::Bool(false)));

const PAIR: &[Ty] = &[Ty::Str, Ty::Str];
const LIMITED: &[Ty] = &[Ty::Str, Ty::Str, Ty::INT];
const THREE: &[Ty] = &[Ty::Str, Ty::Str, Ty::Str];

pub(super) static TABLE: &[Function] = &[
    function("regexMatch", PAIR, IS_MATCH),
    function("mustRegexMatch", PAIR, must_match),
    function("regexFindAll", LIMITED, |scope, args| find_all(scope, args, true)),
    function("mustRegexFindAll", LIMITED, |scope, args| {
        find_all(scope, args, false)
    }),
    function("regexFind", PAIR, |scope, args| find(scope, args, true)),
    function("mustRegexFind", PAIR, |scope, args| find(scope, args, false)),
    function("regexReplaceAll", THREE, |scope, args| {
        replaced(scope, args, true, false)
    }),
    function("mustRegexReplaceAll", THREE, |scope, args| {
        replaced(scope, args, false, false)
    }),
    function("regexReplaceAllLiteral", THREE, |scope, args| {
        replaced(scope, args, true, true)
    }),
    function("mustRegexReplaceAllLiteral", THREE, |scope, args| {
        replaced(scope, args, false, true)
    }),
    function("regexSplit", LIMITED, |scope, args| split(scope, args, true)),
    function("mustRegexSplit", LIMITED, |scope, args| split(scope, args, false)),
    function("regexQuoteMeta", &[Ty::Str], |_, args| {
        Ok(Value::str(quote_meta(text(&args[0]).as_bytes())))
    }),
];
