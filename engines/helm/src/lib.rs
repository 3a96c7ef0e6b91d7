//! Helm as a library: charts, values, templates, releases, repositories.
//!
//! Takes the files of a chart and values and gives what Helm 4.3 renders from them, to the byte: manifests, hooks and notes; and
//! the records in which Helm keeps releases, both ways. Charts of the formats v1 and v2 are rendered, v3 is read. It is
//! deliberately without a cluster, a disk and a network: what templates ask of the world they ask of a host that the caller
//! grants, a schema's references and a repository's files come from the caller, and applying what was rendered is up to
//! others.
//!
//! ```
//! use flux_gotemplate::{Functions, NoHost};
//! use flux_helm::chart::{ChartLimits, File, load_files};
//! use flux_helm::{Log, Request, Table, render};
//!
//! let files = vec![
//!     File::new("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
//!     File::new("values.yaml", "replicas: 1\n"),
//! ];
//! let mut log = Log::new();
//! let chart = load_files(files, &ChartLimits::default(), &mut log)?;
//! let request = Request::new(chart, Table::new(), "my-release", "default");
//! let rendered = render(request, &Functions::none(), &NoHost, &mut log)?;
//! assert_eq!(rendered.manifest(), "");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod capabilities;
pub mod chart;
mod dependencies;
pub mod lint;
mod log;
pub mod manifest;
pub mod package;
mod post_render;
pub mod release;
mod render;
pub mod repo;
pub mod resolve;
mod schema;
mod threads;
mod time;
mod value;
pub mod values;
mod yaml;

pub use action::{ActionError, Rendered, Request, check_release_name, render};
pub use capabilities::{Capabilities, InvalidKubeVersion, KubeVersion};
pub use chart::Chart;
pub use dependencies::{is_compatible, is_range, is_strict_version, process_dependencies};
pub use log::{Level, Log, Record};
pub use post_render::{PostRender, PostRenderError, PostRenderStrategy};
pub use release::Release;
pub use render::{EngineOptions, ReleaseOptions, RenderError, render_templates};
pub use schema::{SchemaError, validate_single, validate_values};
pub use threads::{Placing, Threads};
pub use time::Time;
pub use value::{Table, Value};
pub use yaml::DecodeError;
