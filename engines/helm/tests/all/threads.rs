//! Many templates on several threads, compiled before or not: the same as one after the other.

use flux_gotemplate::{Functions, NoHost};
use flux_helm::chart::{ChartLimits, File, Prepared, load_files, load_files_to_render};
use flux_helm::{Chart, Log, Request, Table, render};

/// Enough templates for several threads.
const COUNT: usize = 120;

fn files(others: &[(&str, &str)], template: &dyn Fn(usize) -> String) -> Vec<File> {
    let chart = ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let mut files = vec![File::new(chart.0, chart.1)];
    files
        .extend((0..COUNT).map(|number| File::new(format!("templates/t{number:03}.yaml"), template(number))));
    files.extend(
        others
            .iter()
            .map(|(name, text)| File::new(*name, (*text).to_owned())),
    );
    files
}

fn load(files: Vec<File>, threads: usize) -> (Chart, Prepared) {
    let read = |_: &mut Log, each: &(dyn Fn(&mut File) + Sync)| {
        let mut files = files.clone();
        let portion = files.len().div_ceil(threads);
        std::thread::scope(|scope| {
            for files in files.chunks_mut(portion) {
                scope.spawn(|| files.iter_mut().for_each(each));
            }
        });
        Ok::<_, ()>(files)
    };
    let loaded = load_files_to_render(
        read,
        Prepared::default(),
        &ChartLimits::default(),
        &Functions::helm(),
        &mut Log::new(),
    );
    loaded.unwrap().unwrap()
}

/// What is rendered, without where it is from; or the error.
fn rendered((chart, prepared): (Chart, Prepared), threads: usize) -> String {
    let mut request = Request::new(chart, Table::new(), "r", "ns");
    request.engine.threads = threads.into();
    request.prepared = prepared;
    let rendered = match render(request, &Functions::helm(), &NoHost, &mut Log::new()) {
        Ok(rendered) => rendered,
        Err(error) => return format!("Error: {error}"),
    };
    let manifest = rendered.manifest();
    let lines = manifest.lines();
    let lines =
        lines.filter(|line| !line.is_empty() && !line.starts_with("---") && !line.starts_with("# Source"));
    let mut lines: Vec<&str> = lines.collect();
    lines.extend((!rendered.notes.is_empty()).then_some(&*rendered.notes));
    lines.join(",")
}

fn check(others: &[(&str, &str)], template: &dyn Fn(usize) -> String, expect: &str) {
    let files = files(others, template);
    let plain = load_files(files.clone(), &ChartLimits::default(), &mut Log::new()).unwrap();
    for threads in [1, 2, 4, 4, 4] {
        let found = rendered((plain.clone(), Prepared::default()), threads);
        assert_eq!(found, expect, "{threads} threads");
        let found = rendered(load(files.clone(), threads), threads);
        assert_eq!(found, expect, "{threads} threads, prepared");
    }
}

fn numbered(line: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = (0..COUNT).map(line).collect();
    lines.join(",")
}

#[test]
fn nothing_is_changed() {
    let values = ("values.yaml", "a: {b: x}\n");
    check(
        &[values, ("templates/NOTES.txt", "Of {{ .Template.Name }}")],
        &|number| format!("n: {number}{{{{ .Values.a.b }}}}\n"),
        &(numbered(|number| format!("n: {number}x")) + ",Of web/templates/NOTES.txt"),
    );
}

/// Files of the same content are compiled once, and are templates of their own all the same.
#[test]
fn contents_are_the_same() {
    check(
        &[],
        &|_| "n: {{ .Template.Name }}\n".to_owned(),
        &numbered(|number| format!("n: web/templates/t{number:03}.yaml")),
    );
    let fails = "n: {{ if eq .Template.Name \"web/templates/t060.yaml\" }}{{ fail \"x\" }}{{ end }}\n";
    check(
        &[],
        &|_| fails.to_owned(),
        "Error: execution error at (web/templates/t060.yaml:1:58): x",
    );
}

/// Helm goes from the last path to the first.
#[test]
fn values_are_changed() {
    let values = ("values.yaml", "c: 0\ndeep: {list: [{c: 0}]}\n");
    let count =
        |place: &str| format!("{{{{ {place}.c }}}}{{{{ $_ := set {place} \"c\" (add1 {place}.c) }}}}\n");
    let down = numbered(|number| format!("n: {}", COUNT - 1 - number));
    check(&[values], &|_| format!("n: {}", count(".Values")), &down);
    check(
        &[values],
        &|_| format!("n: {}", count("(index .Values.deep.list 0)")),
        &down,
    );
    let last = |number: usize| {
        if number == 0 {
            count("$.Values")
        } else {
            "{{ .Values.c }}\n".to_owned()
        }
    };
    check(
        &[values],
        &|number| format!("n: {}", last(number)),
        &numbered(|_| "n: 0".to_owned()),
    );
    check(
        &[values],
        &|number| match number {
            60 => "n: {{ $_ := unset .Values \"c\" }}{{ .Values.c }}\n".to_owned(),
            _ => "n: {{ .Values.c }}\n".to_owned(),
        },
        &numbered(|number| {
            if number <= 60 {
                "n: ".to_owned()
            } else {
                "n: 0".to_owned()
            }
        }),
    );
    check(
        &[values],
        &|number| match number {
            60 => "n: {{ (mergeOverwrite .Values (dict \"c\" 7)).c }}\n".to_owned(),
            _ => "n: {{ .Values.c }}\n".to_owned(),
        },
        &numbered(|number| {
            if number <= 60 {
                "n: 7".to_owned()
            } else {
                "n: 0".to_owned()
            }
        }),
    );
}

#[test]
fn values_are_changed_by_a_subchart() {
    check(
        &[
            ("values.yaml", "global: {t: {c: 1}}\nsub: {m: 1}\n"),
            (
                "charts/sub/Chart.yaml",
                "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            ),
            (
                "charts/sub/templates/_x.tpl",
                "{{ define \"x\" }}{{ $_ := set .Values \"m\" 5 }}{{ end }}",
            ),
            (
                "charts/sub/templates/a.yaml",
                "a: {{ .Values.m }}\n{{ include \"x\" . }}",
            ),
        ],
        &|_| {
            "n: {{ .Values.sub.m }} {{ .Subcharts.sub.Values.m }} {{ .Subcharts.sub.Template.Name }}\n"
                .to_owned()
        },
        &("a: 1,".to_owned() + &numbered(|_| "n: 5 5 web/charts/sub/templates/a.yaml".to_owned())),
    );
}

#[test]
fn subcharts_are_seen() {
    let subchart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let (one, two) = (subchart("one"), subchart("two"));
    check(
        &[
            ("charts/one/Chart.yaml", &*one),
            ("charts/one/values.yaml", "v: 1\n"),
            (
                "charts/one/templates/a.yaml",
                "{{ .Values.v }}: {{ .Template.Name }}\n",
            ),
            (
                "charts/one/templates/b.yaml",
                "{{ .Values.v }}: {{ .Template.Name }}\n",
            ),
            ("charts/two/Chart.yaml", &*two),
            ("charts/two/values.yaml", "v: 2\n"),
        ],
        &|_| {
            "n: {{ .Subcharts.one.Template.Name | base }}{{ .Subcharts.two.Values.v }}{{ .Subcharts.two.Template }}\n".to_owned()
        },
        &("1: web/charts/one/templates/a.yaml,1: web/charts/one/templates/b.yaml,".to_owned()
            + &numbered(|_| "n: a.yaml2".to_owned())),
    );
}

#[test]
fn definitions_that_replace_others() {
    let sub = "apiVersion: v2\nname: sub\nversion: 1.0.0\n";
    check(
        &[
            ("templates/_a.tpl", "{{ define \"x\" }}a{{ end }}"),
            (
                "templates/_b.tpl",
                "{{ define \"x\" }}b{{ end }}{{ define \"y\" }}b{{ end }}",
            ),
            ("charts/sub/Chart.yaml", sub),
            (
                "charts/sub/templates/_x.tpl",
                "{{ define \"x\" }}s{{ end }}{{ define \"y\" }}s{{ end }}{{ define \"z\" }}s{{ end }}",
            ),
            ("templates/_z.tpl", "{{ define \"z\" }}  {{ end }}"),
        ],
        &|_| "n: {{ include \"x\" . }}{{ include \"y\" . }}{{ include \"z\" . }}\n".to_owned(),
        &numbered(|_| "n: abs".to_owned()),
    );
}

#[test]
fn the_first_error_in_order() {
    let fails = |numbers: &'static [usize], text: &'static str| {
        move |number: usize| match numbers.contains(&number) {
            true => text.replace('N', &number.to_string()),
            false => format!("n: {number}\n"),
        }
    };
    check(
        &[],
        &fails(&[3, 50, 51, 52, 53, 117], "{{ fail \"N\" }}"),
        "Error: execution error at (web/templates/t117.yaml:1:3): 117",
    );
    check(
        &[],
        &fails(&[0, 1, 60], "\n{{ required \"N\" .Values.x }}"),
        "Error: execution error at (web/templates/t060.yaml:2:3): 60",
    );
    check(
        &[],
        &fails(&[2, 61], "{{ if }}"),
        "Error: parse error at (web/templates/t061.yaml:1): missing value for if",
    );
    // Those of the parser come before all others, and those of manifests after them, by path.
    check(
        &[("templates/a.yaml", "{{ end }}")],
        &fails(&[2, 61], "{{ fail \"N\" }}"),
        "Error: parse error at (web/templates/a.yaml:1): unexpected {{end}}",
    );
    check(
        &[],
        &fails(&[2, 61], "text"),
        "Error: YAML parse error on web/templates/t002.yaml: error unmarshaling JSON: while decoding JSON: json: cannot \
         unmarshal string into Go value of type util.SimpleHead",
    );
}

/// A text is compiled before its name is known; it may define a template of that name.
#[test]
fn templates_named_as_their_files() {
    let own = "{{ define \"web/templates/own.yaml\" }}o: own\n{{ end }}";
    let line = |number: usize| format!("n: {number}\n");
    check(
        &[("templates/own.yaml", own)],
        &line,
        &("o: own,".to_owned() + &numbered(|number| format!("n: {number}"))),
    );
    check(
        &[("templates/own.yaml", &format!("{own}o: 1\n"))],
        &line,
        "Error: parse error at (web/templates/own.yaml:3): multiple definition of template \"web/templates/own.yaml\"",
    );
}

#[test]
fn a_chart_under_two_names() {
    let dependencies = "dependencies:\n- {name: sub, version: 1.x.x, alias: one}\n- {name: sub, version: 1.x.x, alias: two}\n";
    let chart = format!("apiVersion: v2\nname: web\nversion: 1.0.0\n{dependencies}");
    check(
        &[
            ("Chart.yaml", &*chart),
            ("values.yaml", "one: {v: 1}\ntwo: {v: 2}\n"),
            (
                "charts/sub/Chart.yaml",
                "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            ),
            ("charts/sub/values.yaml", "v: 0\n"),
            (
                "charts/sub/templates/a.yaml",
                "{{ .Chart.Name }}: {{ .Values.v }} {{ .Template.Name }}\n",
            ),
        ],
        &|number| format!("n: {number}\n"),
        &("one: 1 web/charts/one/templates/a.yaml,two: 2 web/charts/two/templates/a.yaml,".to_owned()
            + &numbered(|number| format!("n: {number}"))),
    );
}
