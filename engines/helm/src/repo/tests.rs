use super::*;

const INDEX: &str = "\
apiVersion: v1
entries:
  web:
  - apiVersion: v2
    name: web
    version: 1.0.0
    description: |
      entries:
        x:
    urls:
    - https://example.com/web-1.0.0.tgz
  - name: web
    version: 1.10.0
    digest: abc
    urls: [web-1.10.0.tgz]
  - name: web
    version: 2.0.0-rc.1
    urls: [x]
  - version: bad
    name: web
  \"other\":
    - version: 0.1.0
      name: other
generated: \"2024-01-02T03:04:05Z\"
";

fn check(index: &str, chart: &str, wanted: &str, expect: &str) {
    let found = match find_in_index(index.as_bytes(), chart, wanted, &mut Log::new()) {
        Ok(version) => format!("{} {}", version.metadata.version, version.urls.join(" ")),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expect, "{chart} {wanted}");
}

#[test]
fn versions() {
    check(INDEX, "web", "", "1.10.0 web-1.10.0.tgz");
    check(INDEX, "web", "1.0.0", "1.0.0 https://example.com/web-1.0.0.tgz");
    check(INDEX, "web", "^1.0.0", "1.10.0 web-1.10.0.tgz");
    check(INDEX, "web", ">0.0.0-0", "2.0.0-rc.1 x");
    check(INDEX, "web", "9", "no chart version found for web-9");
    check(INDEX, "nope", "", "no chart name found");
    check(INDEX, "other", "", "0.1.0 ");
}

#[test]
fn other_styles() {
    let json =
        r#"{"apiVersion":"v1","entries":{"web":[{"name":"web","version":"1.0.0","urls":["a"]}, null]}}"#;
    check(json, "web", "", "1.0.0 a");
    check(
        "apiVersion: v1\nentries: {web: [{name: web, version: 1.0.0, urls: [a]}]}\n",
        "web",
        "",
        "1.0.0 a",
    );
    check("entries: {}\napiVersion: v1\n", "web", "", "no chart name found");
    check(
        "entries:\n  web: []\napiVersion: v1\n",
        "web",
        "",
        "no chart name found",
    );
    check("", "web", "", "empty index.yaml file");
    check("entries: {}\n", "web", "", "no API version specified");
}

#[test]
fn written_and_read_again() {
    let mut index = Index::read(INDEX.as_bytes(), &mut Log::new()).unwrap();
    assert_eq!(index.generated.as_str(), "2024-01-02T03:04:05Z");
    let again = Index::read(index.to_yaml().as_bytes(), &mut Log::new()).unwrap();
    assert_eq!(again, index);
    let metadata = Metadata {
        name: "new".to_owned(),
        version: "1.0.0".to_owned(),
        ..Metadata::default()
    };
    let mut other = Index::new(Time::default());
    other
        .add(
            &metadata,
            "a/new-1.0.0.tgz",
            "https://example.com/",
            "d",
            &Time::default(),
        )
        .unwrap();
    index.merge(other);
    let new = index.get("new", "", &mut Log::new()).unwrap();
    assert_eq!(new.urls, ["https://example.com/new-1.0.0.tgz"]);
}
