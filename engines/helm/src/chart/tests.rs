use super::*;
use crate::log::Log;

fn check(files: &[(&str, &str)], expect: Result<&str, &str>) {
    let files = files
        .iter()
        .map(|(name, data)| File::new(*name, data.to_string()))
        .collect();
    let loaded = load_files(files, &ChartLimits::default(), &mut Log::new());
    let found = loaded.map(|chart| {
        let names: Vec<_> = chart.dependencies.iter().map(Chart::name).collect();
        format!(
            "{} {} [{}]",
            chart.name(),
            chart.metadata.version,
            names.join(" ")
        )
    });
    match (found, expect) {
        (Ok(found), Ok(expect)) => assert_eq!(found, expect),
        (Err(error), Err(expect)) => assert_eq!(error.to_string(), expect),
        (found, _) => panic!("{found:?}"),
    }
}

const WEB: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

#[test]
fn charts() {
    check(&[("Chart.yaml", WEB)], Ok("web 1.0.0 []"));
    check(&[("Chart.yaml", "name: a\nversion: 1.2\n")], Ok("a 1.2 []"));
    check(
        &[("Chart.yaml", "name: a\nversion: 7.2445e+06\n")],
        Err("validation: chart.metadata.version \"7.2445e+06\" is invalid"),
    );
    check(&[], Err("Chart.yaml file is missing"));
    check(
        &[("Chart.yaml", "apiVersion: v2\nversion: 1\n")],
        Err("validation: chart.metadata.name is required"),
    );
    check(
        &[("Chart.yaml", "apiVersion: v2\nname: a/b\nversion: 1\n")],
        Err("validation: chart.metadata.name \"a/b\" is invalid"),
    );
    check(
        &[("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1\ntype: x\n")],
        Err("validation: chart.metadata.type must be application or library"),
    );
    check(
        &[("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1\nkeywords: x\n")],
        Err(
            "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct \
             field Metadata.keywords of type []string",
        ),
    );
    check(
        &[(
            "Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1\nmaintainers: [null]\n",
        )],
        Err("validation: maintainers must not contain empty or null nodes"),
    );
    check(
        &[(
            "Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1\ndependencies: [{name: b}, {name: c, alias: b}]\n",
        )],
        Err("validation: more than one dependency with name or alias \"b\""),
    );
}

#[test]
fn subcharts() {
    let sub = "apiVersion: v2\nname: sub\nversion: 2.0.0\n";
    check(
        &[("Chart.yaml", WEB), ("charts/sub/Chart.yaml", sub)],
        Ok("web 1.0.0 [sub]"),
    );
    check(
        &[("Chart.yaml", WEB), ("charts/_sub/Chart.yaml", sub)],
        Ok("web 1.0.0 []"),
    );
    check(
        &[("Chart.yaml", WEB), ("charts/sub/values.yaml", "")],
        Err("error unpacking subchart sub in web: Chart.yaml file is missing"),
    );
    check(
        &[("Chart.yaml", WEB), ("charts/a.tgz/x", "")],
        Err("error unpacking subchart tar in web: expected a.tgz, got a.tgz/x"),
    );
    check(
        &[("Chart.yaml", WEB), ("charts/a.tgz", "x")],
        Err("error unpacking subchart a.tgz in web: gzip: invalid header"),
    );
}
