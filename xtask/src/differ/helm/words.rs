//! The words that random charts are made of: scalars, patterns, versions, documents, and what functions are given.

use super::super::random::Random;

/// Those that work, and those that mostly fail.
pub(super) type Words = (&'static [&'static str], &'static [&'static str]);

/// One of the words; so many times in a hundred one of those that fail.
pub(super) fn pick(random: &mut Random, odd: usize, (usual, failing): Words) -> &'static str {
    if !failing.is_empty() && random.chance(odd) {
        random.one(failing)
    } else {
        random.one(usual)
    }
}

/// Texts, as Go writes them.
pub(super) const TEXTS: Words = (
    &[
        r#""""#,
        r#""a""#,
        r#""abc""#,
        r#""Hello World""#,
        r#""foo_bar-baz""#,
        r#""HTTPServer""#,
        r#""  padded  ""#,
        r#""a,b,,c""#,
        r#""héllo ✓""#,
        r#""日本""#,
        r#""a\nb\n""#,
        r#""tab\there""#,
        r#""it's""#,
        r#""say \"hi\"""#,
        r#""<a href='x'>&</a>""#,
        r#""back\\slash""#,
        r#""$1 ${name}""#,
        r#""%d %s""#,
        r#""12""#,
        r#""-3""#,
        r#""0x1F""#,
        r#""017""#,
        r#""1.5""#,
        r#""1e3""#,
        r#""true""#,
        r#""null""#,
        r#""yes""#,
        r#""~""#,
        r#""{{ . }}""#,
        r#""1.2.3""#,
        r#""a.b.c""#,
        r#""key: value""#,
        r#""- x""#,
        r##""#comment""##,
        r#""a very long line of words that has to be wrapped somewhere, because it goes on""#,
        r#""\x00\x1f\x7f""#,
        r#""\u00e9\u2028\ufeff""#,
        r#""👍🏽""#,
        "`raw \\n`",
        r#""aGVsbG8=""#,
    ],
    &[],
);

/// Small whole numbers.
pub(super) const SMALL: Words = (
    &[
        "0", "1", "2", "3", "5", "7", "10", "16", "0x10", "1_0", "'a'", "03", "0b11", "100",
    ],
    &["-1", "-4"],
);

/// Numbers of all forms.
pub(super) const NUMBERS: Words = (
    &[
        "0",
        "1",
        "2",
        "-7",
        "42",
        "1.5",
        "-0.25",
        "1e3",
        "2.5e-3",
        "1e21",
        "123456789",
        "1234567.0",
        "0.1",
        "9223372036854775807",
        "-9223372036854775808",
        "3.0",
        "0x1F",
        "1e6",
        "1e-7",
        "\"12\"",
        "\"1.5\"",
        "\"x\"",
        "\"0x1F\"",
        "\"017\"",
    ],
    &["nil", "true"],
);

/// Keys of maps.
pub(super) const KEYS: Words = (
    &[
        "\"a\"", "\"b\"", "\"c\"", "\"k\"", "\"key\"", "\"a.b\"", "\"x y\"", "\"1\"", "\"é\"", "\"\"",
    ],
    &[],
);

/// Regular expressions.
pub(super) const PATTERNS: Words = (
    &[
        "\"a\"",
        "\"[a-c]+\"",
        "\"^.\"",
        "\".$\"",
        "\"(o)(.)?\"",
        "`\\d+`",
        "`\\w+\\s*`",
        "`\\bfoo`",
        "\"(?i)h\"",
        "\"(?P<name>.)\"",
        "\"\"",
        "\"x*\"",
        "\"(a|b|)\"",
        "\"[^,]*,\"",
        "`\\p{L}+`",
        "\"(?s).+\"",
        "\"(?m)^\"",
        "`[[:alpha:]]+`",
        "\".{2}\"",
        "\"a+?\"",
    ],
    &["\"(\"", "\"a{2,1}\"", "\"(?=x)\"", "`\\pN`"],
);

/// Versions.
pub(super) const VERSIONS: Words = (
    &[
        "\"1.2.3\"",
        "\"v1.2\"",
        "\"1\"",
        "\"0.0.0\"",
        "\"1.2.3-beta.1+build.5\"",
        "\"2.0.0-rc.1\"",
        "\"1.2.3-0\"",
        "\"1.20.0-gke.1\"",
    ],
    &[
        "\"01.2.3\"",
        "\"1.2.3.4\"",
        "\"x\"",
        "\"\"",
        "\"1.2.3-\"",
        "\" 1.2.3\"",
        "\"V1.0\"",
        "\"99999999999999999999.0.0\"",
    ],
);

/// Ranges of versions.
pub(super) const RANGES: Words = (
    &[
        "\">=1.0.0\"",
        "\"^1.2\"",
        "\"~1.2.3\"",
        "\"1.x\"",
        "\"*\"",
        "\">1.0.0, <2.0.0\"",
        "\"1.2 - 2.3\"",
        "\"!=1.2.3\"",
        "\"^0.0.3 || >2\"",
        "\"=1.2.3\"",
        "\">=1.0.0-0\"",
        "\"<= 2\"",
        "\"~>1\"",
        "\"^1.x\"",
        "\">1.2.3-alpha <2\"",
    ],
    &["\"\"", "\"bad\"", "\"=>1.2\""],
);

/// Layouts of times.
pub(super) const LAYOUTS: Words = (
    &[
        "\"2006-01-02\"",
        "\"2006-01-02T15:04:05Z07:00\"",
        "\"Mon Jan _2 15:04:05 2006\"",
        "\"03:04PM\"",
        "\"02/01/06\"",
        "\"Jan 2, 2006 at 3:04pm (MST)\"",
        "\"15h04\"",
        "\"\"",
        "\"2006-002\"",
        "\"05.000\"",
        "\"05.999\"",
        "\"Monday January 2 -0700\"",
    ],
    &[],
);

/// Times.
pub(super) const TIMES: Words = (
    &[
        "(toDate \"2006-01-02\" \"2021-03-04\")",
        "(toDate \"2006-01-02T15:04:05Z07:00\" \"1999-12-31T23:59:59Z\")",
        "(toDate \"2006-01-02T15:04:05Z07:00\" \"2024-02-29T12:30:00+02:00\")",
        "(toDate \"2006-01-02\" \"not a date\")",
        "0",
        "1700000000",
        "(int64 1234567890)",
        "-1",
        "(toDate \"15:04\" \"07:08\")",
    ],
    &[],
);

/// Names of zones.
pub(super) const ZONES: Words = (
    &[
        "\"UTC\"",
        "\"Europe/Berlin\"",
        "\"America/New_York\"",
        "\"Asia/Kolkata\"",
        "\"Nowhere/Land\"",
        "\"\"",
    ],
    &[],
);

/// Lengths of time.
pub(super) const DURATIONS: Words = (
    &[
        "\"1h\"",
        "\"90m\"",
        "\"-1.5h\"",
        "\"1h15m30.918273645s\"",
        "\"300ms\"",
        "\"0\"",
        "\"95\"",
        "\"x\"",
        "\"\"",
        "95",
        "\"2400h10m10s\"",
        "\"1us\"",
        "\"1d\"",
        "3600",
    ],
    &[],
);

/// YAML, as a Go text.
pub(super) const YAMLS: Words = (
    &[
        "\"a: 1\\nb: [x, 2.5, null]\\n\"",
        "\"- a\\n- b: c\\n- ~\\n\"",
        "\"a: 0x1F\\nb: 0o17\\nc: 017\\nd: 1_000\\ne: 1e3\\n\"",
        "\"a: yes\\nb: on\\nc: 'yes'\\nd: !!str 1\\n\"",
        "\"a: 2001-01-01\\nb: 1:30\\n\"",
        "\"a: |\\n  x\\n  y\\nb: >-\\n  p\\n  q\\n\"",
        "\"a: &x {k: 1}\\nb: *x\\nc: {<<: *x, z: 2}\\n\"",
        "\"a: .inf\\n\"",
        "\"a: 1\\na: 2\\n\"",
        "\"a: [\"",
        "\"\"",
        "\"just text\"",
        "\"12\"",
        "\"null\"",
        "\"---\\na: 1\\n---\\nb: 2\\n\"",
        "\"? a\\n: b\\n\"",
        "\"1: x\\n2.5: y\\ntrue: z\\n~: n\\n\"",
        "\"a: 9223372036854775807\\nb: 18446744073709551616\\nc: -9223372036854775809\\n\"",
        "\"a: 1.0\\nb: 1.10\\nc: -0.0\\nd: 1e400\\n\"",
        "\"a:\\tb\\n\"",
        "\"%YAML 1.1\\n---\\na: 1\\n\"",
        "\"a: b: c\\n\"",
        "\"a: !!binary aGk=\\nb: !custom x\\n\"",
        "\"[1, [2, [3]], {a: {b: {}}}]\"",
        "\"# only a comment\\n\"",
        "\"'a b': \\\"\\\\u00e9\\\\n\\\"\\n\"",
    ],
    &[],
);

/// JSON, as a Go text.
pub(super) const JSONS: Words = (
    &[
        "`{\"a\": 1, \"b\": [true, null, \"x\"]}`",
        "`[1, 2.50, -0, 1e3, 12345678901234567890]`",
        "`\"text\"`",
        "`12`",
        "`null`",
        "`{\"a\": {\"b\": {\"c\": \"<&>\"}}}`",
        "`{\"a\": 1, \"a\": 2}`",
        "`{\"a\": }`",
        "`{} x`",
        "\"\"",
        "`[\"\\u00e9\\ud83d\\ude00\\ud83d\"]`",
        "`{'a': 1}`",
        "`[1,]`",
        "`{\"\": \"\"}`",
        "`[01]`",
        "`{\"a\":1.0,\"b\":1e400}`",
    ],
    &[],
);

/// TOML, as a Go text.
pub(super) const TOMLS: Words = (
    &[
        "\"a = 1\\nb = 'x'\\n[t]\\nk = [1, 2]\\n\"",
        "\"[[p]]\\nn = 1\\n[[p]]\\nn = 2\\n\"",
        "\"a = 1979-05-27T07:32:00Z\\n\"",
        "\"a = 1.0\\nb = inf\\nc = 0x1F\\nd = 1_000\\n\"",
        "\"a.b.c = true\\n'quoted key' = 1\\n\"",
        "\"a = {x = 1, y = {z = 2}}\\n\"",
        "\"a = \\n\"",
        "\"a = 1\\na = 2\\n\"",
        "\"\"",
        "\"s = \\\"\\\"\\\"\\nlines\\n\\\"\\\"\\\"\\n\"",
        "\"d = 1979-05-27\\nt = 07:32:00\\n\"",
        "\"[a]\\nb = 1\\n[a.c]\\nd = 2\\n\"",
    ],
    &[],
);

/// Addresses.
pub(super) const ADDRESSES: Words = (
    &[
        "\"https://me:pw@example.com:8080/a/b?q=1&r=x%20y#frag\"",
        "\"http://example.com\"",
        "\"/only/a/path\"",
        "\"mailto:x@y.z\"",
        "\"http://[::1]:80/\"",
        "\"\"",
    ],
    &["\"://bad\"", "\"http://a b/\"", "\"//host/p?%zz\""],
);

/// Paths.
pub(super) const PATHS: Words = (
    &[
        "\"a/b/c.txt\"",
        "\"/x/../y\"",
        "\"./a//b/\"",
        "\"c.tar.gz\"",
        "\"\"",
        "\"/\"",
        "\"..\"",
        "\"dir/\"",
        "\"a\\\\b\"",
    ],
    &[],
);

/// Verbs of `printf`.
pub(super) const VERBS: Words = (
    &[
        "%v",
        "%+v",
        "%#v",
        "%T",
        "%d",
        "%s",
        "%q",
        "%x",
        "%X",
        "%5d",
        "%-5d|",
        "%05d",
        "%+d",
        "%t",
        "%f",
        "%.2f",
        "%8.3f",
        "%e",
        "%g",
        "%c",
        "%U",
        "%o",
        "%b",
        "%#x",
        "%10s|",
        "%-10s|",
        "%.2s",
        "%%",
        "%z",
        "%!",
        "%",
        "%[2]d",
        "%*d",
        "%# x",
        "%6.2f%%",
        "%v and more",
    ],
    &[],
);

/// Scalars of values files.
pub(super) const SCALARS: Words = (
    &[
        "plain",
        "\"quoted\"",
        "'it''s'",
        "\"\"",
        "1",
        "0",
        "-5",
        "42",
        "3.14",
        "1.0",
        "1.10",
        "1e3",
        "12e03",
        "0x1F",
        "0o17",
        "017",
        "1_000",
        "+1",
        "-0",
        ".5",
        "true",
        "false",
        "yes",
        "off",
        "\"true\"",
        "\"12\"",
        "null",
        "~",
        "2001-01-01",
        "2001-12-14t21:59:43.10-05:00",
        "1:30",
        "!!str 1",
        "!!float 2",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "123456789012345678901234567890",
        "0.1e-10",
        "1e21",
        "100000000",
        "1234567.5",
        "\"\\u00e9\\t\"",
        "héllo",
        "a b  c",
        "\"a: b\"",
        "\"{{ .Values.s2 }}-x\"",
        "0b11",
        "0.0",
        "=",
        "'null'",
        "'multi  space'",
        "v1.2.3",
    ],
    &[
        "1e400",
        "<<",
        "\"{{ \"",
        "!!binary aGk=",
        "!!int \"3\"",
        "{{ .Release.Name }}",
    ],
);

/// Texts of values files, several lines of them indented by two.
pub(super) const STRINGS: Words = (
    &[
        "web",
        "\"a,b,c\"",
        "'x: y'",
        "\"\"",
        "\"12\"",
        "Hello World",
        "\"{{ .Release.Name }}-x\"",
        "\"{{ .Values.i1 }}\"",
        "|\n  one\n  two",
        "|-\n  one\n\n  three",
        ">\n  folded\n  text\n",
        "|+\n  kept\n\n",
        "\"é✓\"",
        "v1.2.3",
        "/a/b",
        "nginx:1.25",
        "\"  padded \"",
        "\"a\\\"b\\\\c\"",
        "\"<&>\"",
        "aGVsbG8=",
    ],
    &[],
);

/// What can be divided by.
pub(super) const DIVISORS: Words = (
    &["1", "2", "-3", "7", "10", "1.5", "\"4\""],
    &["0", "\"x\"", "0.0", "nil"],
);

/// Kinds with their groups, in no order.
pub(super) const KINDS: [(&str, &str); 24] = [
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("example.com/v1", "Widget"),
    ("policy/v1", "PodDisruptionBudget"),
    ("storage.k8s.io/v1", "StorageClass"),
];

/// Events of hooks.
pub(super) const EVENTS: [&str; 14] = [
    "pre-install",
    "post-install",
    "pre-upgrade",
    "post-upgrade",
    "pre-delete",
    "post-delete",
    "pre-rollback",
    "test",
    "test-success",
    "pre-install,post-upgrade",
    "post-install, test",
    "crd-install",
    "nothing",
    "\"\"",
];
