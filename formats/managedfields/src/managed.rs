//! `metadata.managedFields`: read, kept by manager, printed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fields_v1::FieldsError;
use crate::set::FieldSet;

/// How a manager came to own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

impl Operation {
    /// The word in managedFields.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// Who owns fields. One name can stand for several managers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Manager {
    /// The name.
    pub name: String,
    /// How it writes.
    pub operation: Operation,
    /// The version it writes in; empty for appliers, who are the same manager in any version.
    pub version: String,
    /// The subresource it writes to; empty for the object.
    pub subresource: String,
}

/// What a manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The fields.
    pub set: FieldSet,
    /// The version in which they are named.
    pub api_version: String,
    /// When the set last changed.
    pub time: Option<String>,
}

/// All owners of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// By manager.
    pub owners: BTreeMap<Manager, Owned>,
}

/// Why `managedFields` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManagedError {
    /// Not a list of objects.
    #[error("metadata.managedFields must be a list of objects")]
    Shape,
    /// Neither Apply nor Update.
    #[error("metadata.managedFields[{0}]: operation must be `Apply` or `Update`")]
    Operation(usize),
    /// No version.
    #[error("metadata.managedFields[{0}]: apiVersion must not be empty")]
    Version(usize),
    /// Not FieldsV1.
    #[error("metadata.managedFields[{0}]: fieldsType must be `FieldsV1`")]
    FieldsType(usize),
    /// A set that cannot be read.
    #[error("metadata.managedFields[{0}]: {1}")]
    Fields(usize, FieldsError),
}

impl Managed {
    /// Reads the owners of an object.
    pub fn of_object(object: &Value) -> Result<Managed, ManagedError> {
        Managed::parse(object.pointer("/metadata/managedFields").unwrap_or(&Value::Null))
    }

    /// Reads the value of `metadata.managedFields`; null is nobody.
    pub fn parse(entries: &Value) -> Result<Managed, ManagedError> {
        let list = match entries {
            Value::Null => return Ok(Managed::default()),
            Value::Array(list) => list,
            _ => return Err(ManagedError::Shape),
        };
        let mut managed = Managed::default();
        for (i, entry) in list.iter().enumerate() {
            let (manager, owned) = read(i, entry.as_object().ok_or(ManagedError::Shape)?)?;
            managed.owners.insert(manager, owned);
        }
        Ok(managed)
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Prints the entries: appliers first, then by time, name, version and subresource.
    pub fn to_value(&self) -> Value {
        let mut entries: Vec<(&Manager, &Owned)> = self.owners.iter().collect();
        entries.sort_by(|(left, left_owned), (right, right_owned)| {
            let key = |manager: &Manager, owned: &Owned| {
                (
                    manager.operation,
                    owned.time.clone(),
                    manager.name.clone(),
                    owned.api_version.clone(),
                    manager.subresource.clone(),
                )
            };
            key(left, left_owned).cmp(&key(right, right_owned))
        });
        entries
            .into_iter()
            .map(|(manager, owned)| print(manager, owned))
            .collect()
    }

    /// Puts the owners into an object; nobody leaves no trace.
    pub fn store(&self, object: &mut Value) {
        if self.is_empty() {
            strip(object);
            return;
        }
        let Some(object) = object.as_object_mut() else {
            return;
        };
        let meta = object.entry("metadata").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("managedFields".into(), self.to_value());
        }
    }
}

/// Takes `metadata.managedFields` out of an object.
pub(crate) fn strip(object: &mut Value) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
}

fn read(i: usize, entry: &Map<String, Value>) -> Result<(Manager, Owned), ManagedError> {
    let text = |key: &str| {
        entry
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let operation = match text("operation").as_str() {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return Err(ManagedError::Operation(i)),
    };
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        return Err(ManagedError::Version(i));
    }
    if text("fieldsType") != "FieldsV1" {
        return Err(ManagedError::FieldsType(i));
    }
    let set = match entry.get("fieldsV1") {
        None | Some(Value::Null) => FieldSet::new(),
        Some(fields) => FieldSet::from_fields_v1(fields).map_err(|error| ManagedError::Fields(i, error))?,
    };
    let version = if operation == Operation::Apply {
        String::new()
    } else {
        api_version.clone()
    };
    let manager = Manager {
        name: text("manager"),
        operation,
        version,
        subresource: text("subresource"),
    };
    let time = Some(text("time")).filter(|time| !time.is_empty());
    Ok((
        manager,
        Owned {
            set,
            api_version,
            time,
        },
    ))
}

fn print(manager: &Manager, owned: &Owned) -> Value {
    let mut entry = json!({
        "operation": manager.operation.name(),
        "apiVersion": owned.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.set.to_fields_v1(),
    });
    let mut put = |key: &str, text: &str| {
        if !text.is_empty() {
            entry[key] = Value::from(text);
        }
    };
    put("manager", &manager.name);
    put("subresource", &manager.subresource);
    put("time", owned.time.as_deref().unwrap_or_default());
    entry
}
