//! Actions, pipelines, variables, values.

use super::helper::check;

#[test]
fn text_and_trimming() {
    check("", "");
    check("just text } {", "just text } {");
    check("a   \n  {{- \" b\" }} c", "a b c");
    check("a {{ \"b\" -}}   \n\n   c", "a bc");
    check("{{ 3 -}} x {{- 4 }} y {{ -5 }}", "3x4 y -5");
    check("a {{- /* gone */ -}} b", "ab");
    check("a {{/* kept spaces */}} b", "a  b");
    check("x{{/*\n several\n lines\n*/}}y", "xy");
    check("{{-3}}|{{- 3}}", "-3|3");
    check("{{ .name\n  -}}\n x", "webx");
    check("a\n{{- with .name }}\n{{ . }}\n{{- end }}\nb", "a\nweb\nb");
}

#[test]
fn constants() {
    check(
        r#"{{ "tab\there \"q\" \\ \u00e9 \x41 \101" }}"#,
        "tab\there \"q\" \\ é A A",
    );
    check("{{ `raw \\n \"x\"` }}", "raw \\n \"x\"");
    check("{{ 'a' }} {{ '\\n' }} {{ '✓' }} {{ '\\'' }}", "97 10 10003 39");
    check(
        "{{ 10 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 1.5 }} {{ 1e3 }} {{ .5 }} {{ +3 }} {{ 0x1p4 }}",
        "10 31 5 15 15 1000 1.5 1000 0.5 3 16",
    );
    check(
        "{{ 1i }} {{ 1+2i }} {{ printf \"%T\" 2i }}",
        "(0+1i) (1+2i) complex128",
    );
    check("{{ true }} {{ false }} {{ not true }}", "true false false");
    check(
        "{{ 1.0 }} {{ 1e20 }} {{ 1e21 }} {{ 123456789.0 }} {{ 0.000001 }} {{ 3.0e-5 }} {{ .big }} {{ 100000.0 }}",
        "1 1e+20 1e+21 1.23456789e+08 1e-06 3e-05 1.23456789e+08 100000",
    );
}

#[test]
fn texts_in_quotes() {
    check(
        "{{`a`}}{{ \"b\" }}{{- `c` -}} {{`d`\n}}|{{ \"e\"\t-}} f",
        "abcd|ef",
    );
    check(
        "{{ `a` | printf \"%s%s\" \"b\" }}{{`c`| len}}{{ `d` \n | len }}",
        "ba11",
    );
    check("{{`a`}}{{`}}`}}{{ \"{{\" }}", "a}}{{");
    check(
        "\n{{ `a`\n`b` }}",
        "template: t:2:3: executing \"t\" at <`a`>: can't give argument to non-function `a`",
    );
    check("{{ `a`.b }}", "template: t:1: unexpected . after term \"`a`\"");
    check("{{ `a`", "template: t:1: unclosed action");
    check("{{ \"a\" | }}", "a");
}

#[test]
fn fields_and_nothing() {
    check("{{ .map.m.k }} {{ .map.a }} {{ .labels.app }}", "true two web");
    check(
        "[{{ .nothing }}] [{{ .nil }}] [{{ .labels.nothing }}]",
        "[<no value>] [<no value>] []",
    );
    check("{{ print .nothing }} {{ printf \"%v\" .nothing }}", "<nil> <nil>");
    check(
        "[{{ (.nothing).deeper }}] [{{ ((.nothing).deeper).still }}]",
        "[<no value>] [<no value>]",
    );
    check("{{ $x := .nothing }}[{{ $x.deeper }}]", "[<no value>]");
    check("{{ range .mixed }}{{ . }},{{ end }}", "1,x,<no value>,[2.5],");
    check(
        "{{ with $u := index .users 0 }}{{ $u.name }} {{ .age }}{{ end }}",
        "ann 30",
    );
    check("{{ (index .users 1).name }}{{ $.users | len }}", "bob2");
    check("{{ .raw }}", "a\u{fffd}b");
}

#[test]
fn branches() {
    check(
        "{{ if .nothing }}T{{ else }}F{{ end }}{{ if .name }}T{{ end }}{{ if .none }}T{{ else }}F{{ end }}",
        "FTF",
    );
    check(
        "{{ if eq .name \"db\" }}db{{ else if eq .name \"web\" }}web{{ else }}other{{ end }}",
        "web",
    );
    check(
        "{{ if $x := .name }}got {{ $x }}{{ end }}{{ if $v := .nothing }}{{ else }}[{{ $v }}]{{ end }}",
        "got web[<no value>]",
    );
    check(
        "{{ with .void }}1{{ else with .list }}2 {{ . }}{{ else }}3{{ end }}",
        "2 [a b c]",
    );
    check("{{ with .map }}{{ .a }} {{ $.name }}{{ end }}", "two web");
    check("{{ with .nil }}x{{ else }}{{ .name }}{{ end }}", "web");
    check("{{ if and .yes (or .no (not .empty)) }}yes{{ end }}", "yes");
}

#[test]
fn loops() {
    check("{{ range .list }}<{{ . }}>{{ end }}", "<a><b><c>");
    check(
        "{{ range $i, $e := .list }}{{ $i }}={{ $e }};{{ end }}",
        "0=a;1=b;2=c;",
    );
    check(
        "{{ range $k, $v := .map }}{{ $k }}:{{ $v }} {{ end }}",
        "a:two m:map[k:true] z:1 ",
    );
    check(
        "{{ range .none }}x{{ else }}none{{ end }}{{ range .nothing }}x{{ else }}nil{{ end }}",
        "nonenil",
    );
    check(
        "{{ range 4 }}{{ . }},{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}{{ range 0 }}x{{ else }}-{{ end }}",
        "0,1,2,3,01-",
    );
    check(
        "{{ range $i, $_ := .list }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ $i }}{{ end }} done",
        "0 done",
    );
    check(
        "{{ range .list }}{{ if eq . \"b\" }}{{ continue }}{{ end }}{{ . }}{{ end }}",
        "ac",
    );
    check(
        "{{ range $i := 3 }}{{ range $j := 5 }}{{ if gt $j $i }}{{ break }}{{ end }}{{ $i }}{{ $j }} {{ end }}|{{ end }}",
        "00 |10 11 |20 21 22 |",
    );
    check("{{ range .bytes }}{{ . }} {{ end }}", "104 105 ");
    check("{{ $i := 9 }}{{ range $i = .list }}{{ end }}{{ $i }}", "c");
    check(
        "{{ $i := 9 }}{{ $e := 9 }}{{ range $i, $e = .list }}{{ end }}{{ $i }}{{ $e }}",
        "2c",
    );
    check(
        "{{ range .list }}{{ with . }}{{ continue }}{{ end }}never{{ end }}",
        "",
    );
}

#[test]
fn variables() {
    check(
        "{{ $n := 0 }}{{ range .list }}{{ $n = len . }}{{ end }}{{ $n }}",
        "1",
    );
    check(
        "{{ $n := 0 }}{{ range .list }}{{ $n := . }}{{ $n }}{{ end }}{{ $n }}",
        "abc0",
    );
    check(
        "{{ $x := \"outer\" }}{{ range $x := .list }}{{ $x }}{{ end }}{{ $x }}",
        "abcouter",
    );
    check("{{ $a := 1 }}{{ $a := print $a 2 }}{{ $a }}", "1 2");
    check(
        "{{ $a := 1 }}{{ if true }}{{ $a := print $a }}{{ $a }}{{ end }}{{ $a }}",
        "11",
    );
    check(
        "{{ $v := 0 }}{{ if .no }}{{ $v := 1 }}{{ else }}{{ $v }}{{ end }}",
        "0",
    );
    check("[{{ $a := \"x\" }}][{{ $a = \"y\" }}]{{ $a }}", "[][]y");
    check(
        "{{ $m := .map }}{{ $m.m.k }} {{ $.map.z }} {{ $.name }}",
        "true 1 web",
    );
    check("{{ ($x := 1) }}{{ $x }}", "11");
}

#[test]
fn pipelines() {
    check(
        r#"{{ "x" | printf "%s-%s" "a" }} {{ 3 | printf "%d" | printf "%5s" }}"#,
        "a-x     3",
    );
    check("{{ .name\n   | printf \"%q\"\n   | len }}", "5");
    check("{{ (len .list) | eq 3 }} {{ .list | len | eq 3 }}", "true true");
    check("{{ print (print (print (len .list))) }}", "3");
    check(
        "{{ and 1 0 2 }} {{ or 0 \"\" \"z\" \"y\" }} {{ and \"a\" \"b\" }} {{ 1 | and 2 }} {{ 0 | or 0 }}",
        "0 z b 1 0",
    );
    check(
        "{{ and false (index .list 9) }} {{ or true (index .list 9) }}",
        "false true",
    );
}

#[test]
fn templates() {
    check(
        "{{ define \"g\" }}hi {{ .name }}{{ end }}{{ template \"g\" index .users 1 }}",
        "hi bob",
    );
    check(
        "{{ define \"n\" }}[{{ . }}]{{ end }}{{ template \"n\" }}",
        "[<no value>]",
    );
    check(
        "{{ define \"d\" }}{{ $.z }}{{ end }}{{ template \"d\" .map }}",
        "1",
    );
    check(
        "{{ block \"b\" .name }}<{{ . }}>{{ end }}{{ template \"b\" 2 }}",
        "<web><2>",
    );
    check(
        "{{ template \"late\" . }}{{ define \"late\" }}late{{ end }}",
        "late",
    );
    check(
        "{{ define \"down\" }}{{ . }}{{ if . }}{{ template \"down\" (slice . 1) }}{{ end }}{{ end }}{{ template \"down\" \"abc\" }}",
        "abcbcc",
    );
    check(
        "{{ define \"x\" }} {{ end }}{{ define \"x\" }}full{{ end }}{{ template \"x\" }}",
        "full",
    );
}

#[test]
fn builtins() {
    check(
        "{{ index .map \"a\" }} {{ index .list 1 }} {{ index .users 0 \"name\" }} {{ index \"abc\" 1 }}",
        "two b ann 98",
    );
    check(
        "[{{ index .map \"nope\" }}] [{{ index .labels \"nope\" }}]",
        "[<no value>] []",
    );
    check(
        "{{ slice .list 1 }} {{ slice .list 0 2 }} {{ slice \"hello\" 1 3 }} {{ slice .list 0 1 2 }}",
        "[b c] [a b] el [a]",
    );
    check(
        "{{ len .list }} {{ len .map }} {{ len \"日本\" }} {{ len .nils }}",
        "3 3 6 0",
    );
    check(
        "{{ print 1 2 \"a\" \"b\" 3 nil true }}|{{ print }}|{{ println \"x\" 1 }}",
        "1 2ab3 <nil> true||x 1\n",
    );
    check(
        r#"{{ html "<a href='x'>&\"" }} {{ js "it's <b> \"q\" \\ =" }} {{ urlquery "a b&c=d/é" }}"#,
        r#"&lt;a href=&#39;x&#39;&gt;&amp;&#34; it\'s \u003Cb\u003E \"q\" \\ \u003D a+b%26c%3Dd%2F%C3%A9"#,
    );
    check("{{ html nil }}{{ \"<\" | html }}", "&lt;no value&gt;&lt;");
}

#[test]
fn comparisons() {
    check(
        "{{ eq 3 1 2 3 }} {{ eq \"a\" \"b\" }} {{ eq .count 3.0 }} {{ eq .int64 -7 }}",
        "true false true true",
    );
    check(
        "{{ eq nil .nil }} {{ eq .nothing nil }} {{ ne .name nil }} {{ eq .nothing \"x\" }}",
        "true true true false",
    );
    check(
        "{{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ ge 3 2 }} {{ lt 1.5 2.5 }} {{ gt \"b\" \"abc\" }}",
        "true true true false true true true",
    );
    check(
        "{{ eq (index .bytes 0) 104 }} {{ lt -1 (index .bytes 0) }} {{ lt (index .bytes 0) -1 }}",
        "true true false",
    );
}

#[test]
fn values_have_methods() {
    check(
        "{{ .values.AsMap.port }} {{ (.values.Table \"db\").host }} {{ .values.PathValue \"db.host\" }}",
        "80 pg pg",
    );
    check(
        "{{ printf \"%T\" .values }} {{ printf \"%T\" .values.AsMap }} {{ .values.port }}",
        "common.Values map[string]interface {} 80",
    );
    check(
        "{{ .values.PathValue \"db\" }}",
        "template: t:1:10: executing \"t\" at <.values.PathValue>: error calling PathValue: \"db\" is not a value",
    );
}
