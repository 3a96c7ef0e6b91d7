//! Random flags of `helm template`.

use std::collections::BTreeMap;

use super::super::random::Random;
use super::chart::Case;
use super::values::fields;
use super::words;

const SETS: words::Words = (
    &[
        "s1=x",
        "i1=12",
        "i1=0123",
        "i2=-1",
        "i1=1.5",
        "f1=1e5",
        "b1=true",
        "b2=false",
        "d1.a=null",
        "d1.k=v",
        "d1.x.y.z=1",
        "d1.a\\.b=c",
        "l1[0]=a",
        "l1[4]=z",
        "l1={a,b,1}",
        "l1[0]=a,l1[1]=b",
        "s1=a\\,b",
        "s1=a=b",
        "s1= spaced ",
        "sub1.s1=given",
        "sub1.enabled=false",
        "sub2.enabled=true",
        "global.s1=g",
        "tags.front=true",
        "s1=9223372036854775808",
        "s1=\"quoted\"",
        "s1=a,s2=b,d2.k=c",
    ],
    &[
        "s3",
        "l1[-1]=x",
        "l1[x]=1",
        "l1[0]",
        "=x",
        "d1.=x",
        "d1..a=x",
        "s1[0]=x",
        "s1.k=v",
        "l1.k=v",
        "l1[0].k=v",
        "l1[0][1]=x",
        ".x=y",
        "d1=null",
        "b1=null",
        "s1=null",
        "s1=",
        "s2=",
        "l1={}",
        "d1={a: 1}",
        "sub1=null",
        "l1=[]",
        "b1={}",
    ],
);

const JSON_SETS: words::Words = (
    &[
        "d1={\"a\":[1,2.50,null]}",
        "{\"s1\":\"x\",\"d1\":{\"k\":null}}",
        "l1=[1,\"2\",{\"k\":true}]",
        "s1=\"text\"",
        "i1=12345678901234567890",
        "l1[1]={\"a\":1}",
        "d1.x.y={\"z\":[]}",
        "s1=\"a\",i1=2",
        "{}",
        "sub1={\"s1\":\"j\",\"global\":{\"i1\":3}}",
    ],
    &["s1=", "s1", "d1={\"a\":}", "f1=1e400"],
);

/// Values files and other flags.
pub(super) fn flags(random: &mut Random, case: &mut Case) {
    let odd = case.odd;
    let mut add = |words: &[&str]| {
        case.flags
            .push(words.iter().map(|word| (*word).to_owned()).collect())
    };
    let mut files = BTreeMap::new();
    for number in 0..random.below(3) {
        let name = format!("v{number}.yaml");
        let mut text = fields(random, odd, 20);
        text.push_str(random.one(&[
            "",
            "",
            "m1: null\nz1: 1\n",
            "d2:\n  a: null\n  new: 1\n",
            "sub1:\n  s1: file\n  l1: null\n",
            "global:\n  s1: file\n  d1:\n    a: null\n",
            "sub1:\n  sub1:\n    s1: deep\n  global: {i1: 9}\n",
        ]));
        add(&[random.one(&["-f", "--values"]), &name]);
        files.insert(name, text);
    }
    for _ in 0..random.below(3) {
        match random.below(9) {
            0 => add(&["--set-string", words::pick(random, odd * 10, SETS)]),
            1 => add(&["--set-json", words::pick(random, odd * 10, JSON_SETS)]),
            2 => add(&[
                "--set-literal",
                words::pick(
                    random,
                    odd * 10,
                    (
                        &["s1=a,b={c}", "l1[0]=z", "s1=x", "d1.k=[1]"],
                        &["d1.a\\.b=x,y", "s1="],
                    ),
                ),
            ]),
            3 => add(&[
                "--set-file",
                words::pick(
                    random,
                    odd * 10,
                    (
                        &[
                            "s1=plain.txt",
                            "d1.file=plain.txt,s2=plain.txt",
                            "l1[1]=plain.txt",
                        ],
                        &["s1=none.txt", "s1="],
                    ),
                ),
            ]),
            _ => add(&["--set", words::pick(random, odd * 10, SETS)]),
        }
    }
    for (percent, words) in [
        (10, &["--include-crds"][..]),
        (8, &["--is-upgrade"]),
        (5, &["--no-hooks"]),
        (5, &["--skip-tests"]),
        (
            8,
            &[
                "--kube-version",
                random.one(&["1.28.3", "v1.33", "1.19.0", "1.31.0-gke.5", "1.25"]),
            ],
        ),
        (
            8,
            &[
                "--api-versions",
                random.one(&["example.com/v1", "example.com/v1/Widget", "a/v1,b/v2"]),
            ],
        ),
        (
            4,
            &[
                "--show-only",
                random.one(&[
                    "templates/a.yaml",
                    "templates/*.yaml",
                    "charts/sub1/templates/a.yaml",
                    "templates/none.yaml",
                    "templates/sub/b.yaml",
                ]),
            ],
        ),
        (3, &["--skip-schema-validation"]),
        (2, &["--name-template", "made-{{ lower \"X\" }}"]),
        (2, &["--skip-crds"]),
    ] {
        if random.chance(percent) {
            add(words);
        }
    }
    case.files.extend(files);
}
