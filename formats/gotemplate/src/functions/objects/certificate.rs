//! `sprig.certificate` as a value: a certificate and its key, both PEM.

use std::any::Any;

use crate::{GoStr, Kind, Object, Repr, Value};

/// `sprig.certificate`.
#[derive(Clone, Debug)]
pub(crate) struct CertificateObject {
    pub(crate) cert: GoStr,
    pub(crate) key: GoStr,
}

/// Go's name of the type.
pub(crate) const CERTIFICATE: &str = "sprig.certificate";

impl Object for CertificateObject {
    fn type_name(&self) -> &'static str {
        CERTIFICATE
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn repr(&self) -> Repr {
        Repr::Struct(vec![
            ("Cert", Value::Str(self.cert.clone())),
            ("Key", Value::Str(self.key.clone())),
        ])
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::Str(self.cert.clone())),
            "Key" => Some(Value::Str(self.key.clone())),
            _ => None,
        }
    }

    fn equal(&self, other: &Value) -> Option<bool> {
        let other = super::time::of_value::<CertificateObject>(other);
        Some(other.is_some_and(|other| self.cert == other.cert && self.key == other.key))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
