//! Printing values: `Sprint`, `Sprintf`, `Sprintln`.

use std::io::Write as _;

use super::flags::Flags;
use super::verbs::{Spec, Specs};
use crate::{Error, ErrorKind, GoStr, Kind, List, Map, Object, Repr, Value};

/// How deep lists and maps may nest in what is printed. Go has no such limit and dies of a map that holds itself.
const DEPTH: usize = 200;
/// How much one call may print.
const SIZE: usize = 1 << 30;

/// Go's `fmt.Sprint`: a space between two values of which neither is a string.
pub fn sprint(values: &[Value]) -> Result<GoStr, Error> {
    let mut out = Vec::new();
    sprint_to(&mut out, values)?;
    Ok(out.into())
}

/// [`sprint`], appended.
pub fn sprint_to(out: &mut Vec<u8>, values: &[Value]) -> Result<(), Error> {
    let mut printer = Printer::new(out);
    let mut after_string = true;
    for (index, value) in values.iter().enumerate() {
        let string = value.kind() == Kind::String;
        if index > 0 && !string && !after_string {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
        after_string = string;
    }
    printer.finish()
}

/// Go's `fmt.Sprintln`: spaces between all, and a newline.
pub fn sprintln(values: &[Value]) -> Result<GoStr, Error> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
    }
    printer.out.push(b'\n');
    printer.finish()?;
    Ok(out.into())
}

/// Go's `fmt.Sprintf`.
pub fn sprintf(format: &[u8], values: &[Value]) -> Result<GoStr, Error> {
    let mut out = Vec::new();
    sprintf_to(&mut out, format, values)?;
    Ok(out.into())
}

/// [`sprintf`], appended.
pub fn sprintf_to(out: &mut Vec<u8>, format: &[u8], values: &[Value]) -> Result<(), Error> {
    let mut printer = Printer::new(out);
    let mut specs = Specs::new(format, values);
    while let Some(spec) = specs.next() {
        match spec {
            Spec::Text(text) => printer.out.extend_from_slice(text),
            Spec::Bad(verb, why) => {
                printer.out.extend_from_slice(b"%!");
                printer.rune(verb);
                printer.out.extend_from_slice(why);
            }
            Spec::Print(flags, verb, value) => {
                printer.flags = flags;
                printer.argument(value, verb);
            }
        }
        printer.check()?;
    }
    printer.flags = Flags::default();
    let extra = specs.extra();
    if !extra.is_empty() {
        printer.out.extend_from_slice(b"%!(EXTRA ");
        for (index, value) in extra.iter().enumerate() {
            if index > 0 {
                printer.out.extend_from_slice(b", ");
            }
            printer.typed(value);
        }
        printer.out.push(b')');
    }
    printer.finish()
}

/// One value as `%v` prints it, appended.
pub fn print_to(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    let mut printer = Printer::new(out);
    printer.argument(value, 'v');
    printer.finish()
}

/// One value as a template prints it, appended: no value is `<no value>`, a pointer is what it points to.
pub(crate) fn display(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Invalid => out.extend_from_slice(b"<no value>"),
        Value::Str(text) => out.extend_from_slice(text.as_bytes()),
        Value::Int(_, number) => {
            // Writing to memory does not fail.
            let _ = write!(out, "{number}");
        }
        Value::Object(object) if object.kind() == Kind::Pointer && object.text().is_none() => {
            let mut printer = Printer::new(out);
            printer.below(object.as_ref(), 'v', 0);
            printer.finish()?;
        }
        _ => print_to(out, value)?,
    }
    Ok(())
}

struct Printer<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    flags: Flags,
    /// While the value in `%!d(string=x)` is printed: methods are not asked then.
    erroring: bool,
    failed: Option<&'static str>,
}

impl<'o> Printer<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            start: out.len(),
            out,
            flags: Flags::default(),
            erroring: false,
            failed: None,
        }
    }

    fn check(&mut self) -> Result<(), Error> {
        match self.failed {
            Some(text) => Err(Error::new(text).with_kind(ErrorKind::Limit)),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        self.check()
    }

    fn rune(&mut self, rune: char) {
        self.out
            .extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn name(&mut self, value: &Value) {
        self.out.extend_from_slice(value.type_name().as_bytes());
    }

    /// An argument of a print function.
    fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Invalid | Value::Nil, 'T' | 'v') => self.flags.pad(self.out, b"<nil>"),
            (Value::Invalid | Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => self.flags.text(self.out, value.type_name().as_bytes()),
            (_, 'p') => self.pointer(value, verb),
            _ => self.value(value, verb, 0),
        }
    }

    /// `type=value`, or `<nil>`.
    fn typed(&mut self, value: &Value) {
        if value.is_nothing() {
            self.out.extend_from_slice(b"<nil>");
            return;
        }
        self.name(value);
        self.out.push(b'=');
        self.value(value, 'v', 0);
    }

    fn bad_verb(&mut self, value: &Value, verb: char) {
        let outer = std::mem::replace(&mut self.erroring, true);
        self.out.extend_from_slice(b"%!");
        self.rune(verb);
        self.out.push(b'(');
        self.typed(value);
        self.out.push(b')');
        self.erroring = outer;
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > DEPTH {
            self.failed = Some("value nests too deep to be printed, or holds itself");
        } else if self.out.len() - self.start > SIZE {
            self.failed = Some("value is too big to be printed");
        }
        if self.failed.is_some() {
            return;
        }
        match value {
            Value::Invalid | Value::Nil if self.flags.sharp_v => {
                self.out.extend_from_slice(b"interface {}(nil)")
            }
            Value::Invalid | Value::Nil => self.out.extend_from_slice(b"<nil>"),
            Value::Bool(true) if matches!(verb, 't' | 'v') => self.flags.pad(self.out, b"true"),
            Value::Bool(false) if matches!(verb, 't' | 'v') => self.flags.pad(self.out, b"false"),
            Value::Bool(_) => self.bad_verb(value, verb),
            Value::Int(_, number) => self.integer(value, i128::from(*number), true, verb),
            Value::Uint(_, number) => self.integer(value, i128::from(*number), false, verb),
            Value::Float(..) => self.float(value, verb),
            Value::Complex(..) => self.complex(value, verb),
            Value::Str(text) => self.text(value, text.as_bytes(), verb),
            Value::Bytes(bytes) => self.bytes(value, bytes.as_deref(), verb, depth),
            Value::List(list) => self.list(value, list, verb, depth),
            Value::Map(map) => self.map(map, verb, depth),
            Value::Object(object) => self.object(value, object.as_ref(), verb, depth),
        }
    }

    fn integer(&mut self, value: &Value, number: i128, signed: bool, verb: char) {
        let flags = self.flags;
        match verb {
            'v' if flags.sharp_v && !signed => {
                Flags { sharp: true, ..flags }.integer(self.out, number, 16, false, false);
            }
            'v' | 'd' => flags.integer(self.out, number, 10, false, false),
            'b' => flags.integer(self.out, number, 2, false, false),
            'o' | 'O' => flags.integer(self.out, number, 8, verb == 'O', false),
            'x' | 'X' => flags.integer(self.out, number, 16, false, verb == 'X'),
            'c' => flags.rune(self.out, number),
            'q' => flags.quoted_rune(self.out, number),
            #[expect(
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation,
                reason = "Go prints the bits"
            )]
            'U' => flags.unicode(self.out, number as u64),
            _ => self.bad_verb(value, verb),
        }
    }

    fn float(&mut self, value: &Value, verb: char) {
        let Value::Float(kind, number) = value else { return };
        let flags = self.flags;
        match verb {
            'v' => flags.float(self.out, *number, *kind, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => flags.float(self.out, *number, *kind, verb, None),
            'f' | 'e' | 'E' | 'F' => flags.float(self.out, *number, *kind, verb, Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    fn complex(&mut self, value: &Value, verb: char) {
        let Value::Complex(real, imaginary) = value else {
            return;
        };
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            self.bad_verb(value, verb);
            return;
        }
        let before = self.flags;
        self.out.push(b'(');
        self.float(&Value::float(*real), verb);
        self.flags.plus = true;
        self.float(&Value::float(*imaginary), verb);
        self.out.extend_from_slice(b"i)");
        self.flags = before;
    }

    fn text(&mut self, value: &Value, text: &[u8], verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.flags.quoted(self.out, text),
            'v' | 's' => self.flags.text(self.out, text),
            'x' | 'X' => self.flags.hex(self.out, text, verb == 'X'),
            'q' => self.flags.quoted(self.out, text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn bytes(&mut self, value: &Value, bytes: Option<&[u8]>, verb: char, depth: usize) {
        let content = bytes.unwrap_or_default();
        match verb {
            'v' if self.flags.sharp_v => {
                self.out
                    .extend_from_slice(if depth == 0 { b"[]byte" } else { b"[]uint8" });
                if bytes.is_none() {
                    self.out.extend_from_slice(b"(nil)");
                    return;
                }
                let inner: Vec<String> = content.iter().map(|byte| format!("{byte:#x}")).collect();
                self.out
                    .extend_from_slice(format!("{{{}}}", inner.join(", ")).as_bytes());
            }
            's' => self.flags.text(self.out, content),
            'x' | 'X' => self.flags.hex(self.out, content, verb == 'X'),
            'q' => self.flags.quoted(self.out, content),
            _ => {
                let verb = if verb == 'v' { 'd' } else { verb };
                self.out.push(b'[');
                for (index, byte) in content.iter().enumerate() {
                    if index > 0 {
                        self.out.push(b' ');
                    }
                    let item = Value::Uint(crate::UintKind::Uint8, u64::from(*byte));
                    self.integer(&item, i128::from(*byte), false, verb);
                }
                self.out.push(b']');
            }
        }
        let _ = value;
    }

    fn list(&mut self, value: &Value, list: &List, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.name(value);
            if list.is_nil() {
                self.out.extend_from_slice(b"(nil)");
                return;
            }
        }
        self.out.push(if self.flags.sharp_v { b'{' } else { b'[' });
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.separator();
            }
            self.value(item, verb, depth + 1);
        }
        self.out.push(if self.flags.sharp_v { b'}' } else { b']' });
    }

    fn separator(&mut self) {
        self.out
            .extend_from_slice(if self.flags.sharp_v { b", " } else { b" " });
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.out.extend_from_slice(map.ty().name().as_bytes());
            if map.is_nil() {
                self.out.extend_from_slice(b"(nil)");
                return;
            }
            self.out.push(b'{');
        } else {
            self.out.extend_from_slice(b"map[");
        }
        for (index, (key, item)) in map.entries().into_iter().enumerate() {
            if index > 0 {
                self.separator();
            }
            self.value(&Value::Str(key), verb, depth + 1);
            self.out.push(b':');
            self.value(&item, verb, depth + 1);
        }
        self.out.push(if self.flags.sharp_v { b'}' } else { b']' });
    }

    fn object(&mut self, value: &Value, object: &dyn Object, verb: char, depth: usize) {
        if !self.erroring
            && !self.flags.sharp_v
            && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(text) = object.text()
        {
            self.text(value, text.as_bytes(), verb);
            return;
        }
        if object.kind() == Kind::Pointer {
            if depth > 0 {
                self.pointer(value, verb);
                return;
            }
            self.out.push(b'&');
        }
        self.below(object, verb, depth);
    }

    /// What lies below the name of a type.
    fn below(&mut self, object: &dyn Object, verb: char, depth: usize) {
        match object.repr() {
            Repr::Value(inner @ (Value::Map(_) | Value::List(_))) if self.flags.sharp_v => {
                // The name of the type is the object's.
                let start = self.out.len();
                self.value(&inner, verb, depth);
                let length = inner.type_name().len();
                self.out.splice(start..start + length, object.type_name().bytes());
            }
            Repr::Value(inner) => self.value(&inner, verb, depth),
            Repr::Struct(fields) => {
                if self.flags.sharp_v {
                    self.out
                        .extend_from_slice(object.type_name().trim_start_matches('*').as_bytes());
                }
                self.out.push(b'{');
                for (index, (name, field)) in fields.iter().enumerate() {
                    if index > 0 {
                        self.separator();
                    }
                    if self.flags.plus_v || self.flags.sharp_v {
                        self.out.extend_from_slice(name.as_bytes());
                        self.out.push(b':');
                    }
                    self.value(field, verb, depth + 1);
                }
                self.out.push(b'}');
            }
            Repr::Opaque => self.out.extend_from_slice(b"{}"),
        }
    }

    /// An address. Go's differ from run to run; ours is always the same.
    fn pointer(&mut self, value: &Value, verb: char) {
        match (value.kind(), verb) {
            (Kind::Map | Kind::Slice | Kind::Pointer | Kind::Func, 'p' | 'v') => {
                self.flags.pad(self.out, b"0xc000000000");
            }
            _ => self.bad_verb(value, verb),
        }
    }
}
