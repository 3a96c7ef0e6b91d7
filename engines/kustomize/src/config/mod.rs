//! The kustomization file and the files that it points to, as typed settings.

mod decode;
mod helm;
mod kustomization;
mod parts;

pub(crate) use decode::{Field, FieldPlace, Text};
pub(crate) use helm::{HelmChart, HelmGlobals};
pub(crate) use kustomization::Kustomization;
pub(crate) use parts::{
    FieldOptions, GeneratorArgs, GeneratorOptions, Image, LabelRule, Patch, Replacement, ReplacementSource,
    ReplacementTarget, Replica, SortOptions, VarRule, field_specs, read_patch, selector,
};
