//! Every template of the charts of the corpus compiles.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test that reads a corpus from the disk"
)]

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flux_gotemplate::{Error, Function, Functions, TemplateSet, Ty, Value};

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let root = std::env::var_os("FLUX_CONFORMANCE").map_or_else(beside, PathBuf::from);
    Some(root.join("helm/charts")).filter(|folder| folder.is_dir())
}

/// The files of an archive, be it compressed or not.
fn files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    let mut plain = Vec::new();
    if flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut plain)
        .is_err()
    {
        plain = bytes;
    }
    let mut archive = tar::Archive::new(plain.as_slice());
    let entries = archive.entries().into_iter().flatten().flatten();
    entries
        .map(|mut entry| {
            let name = entry.path().unwrap().to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// A function of a name that does nothing: which ones there are is another test's matter.
fn stub(name: &str) -> &'static [Function] {
    let name = Box::leak(name.to_owned().into_boxed_str());
    let call = |_: &mut flux_gotemplate::Scope<'_>, _: &[Value]| -> Result<Value, Error> { Ok(Value::Nil) };
    Box::leak(Box::new([Function {
        name,
        params: &[],
        variadic: Some(Ty::Any),
        call,
    }]))
}

fn parse(functions: &mut Functions, name: &str, text: &[u8]) -> Result<(), String> {
    loop {
        let error = match TemplateSet::new("gotpl", functions.clone()).parse(name, text) {
            Ok(()) => return Ok(()),
            Err(error) => error.to_string(),
        };
        let missing = error
            .split_once("function \"")
            .and_then(|(_, rest)| rest.split_once("\" not defined"));
        let Some((missing, _)) = missing else {
            return Err(error);
        };
        *functions = functions.clone().with(stub(missing));
    }
}

#[test]
fn all_templates_compile() {
    let Some(folder) = corpus() else {
        println!("SKIPPED: no conformance corpus; set FLUX_CONFORMANCE to its folder");
        return;
    };
    let mut functions = Functions::builtin();
    let (mut count, mut bytes) = (0, 0);
    // Many charts carry the same library.
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    let mut charts: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    charts.sort();
    // Unpacking all of them takes minutes without optimization.
    let step = if cfg!(debug_assertions) { 6 } else { 1 };
    println!(
        "{} of {} charts are read",
        charts.len().div_ceil(step),
        charts.len()
    );
    for path in charts.iter().step_by(step) {
        for (name, text) in files(path) {
            if !name.contains("/templates/")
                || !name.ends_with(".yaml") && !name.ends_with(".tpl") && !name.ends_with(".txt")
            {
                continue;
            }
            if !seen.insert(text.clone()) {
                continue;
            }
            count += 1;
            bytes += text.len();
            if let Err(error) = parse(&mut functions, &name, &text) {
                wrong.push(format!("{}: {error}", path.display()));
            }
        }
    }
    println!(
        "{} of {count} templates compile, {bytes} bytes",
        count - wrong.len()
    );
    for error in &wrong {
        println!("{error}");
    }
    // Some charts of Helm's own tests are broken on purpose.
    assert!(wrong.len() <= 2, "{wrong:#?}");
}
