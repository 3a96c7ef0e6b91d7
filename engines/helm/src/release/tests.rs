use serde_json::json;

use super::*;

fn sample() -> Release {
    let metadata = crate::chart::Metadata {
        name: "web".to_owned(),
        api_version: "v2".to_owned(),
        version: "1.0.0".to_owned(),
        ..Default::default()
    };
    Release {
        name: "r".to_owned(),
        namespace: "ns".to_owned(),
        version: 3,
        info: Info {
            status: Some(Status::Deployed),
            first_deployed: Time::from_unix(1_700_000_000, 0),
            ..Info::default()
        },
        chart: Chart {
            metadata,
            templates: vec![crate::chart::File::new("templates/a.yaml", "a: 1\n")],
            ..Chart::default()
        },
        hooks: vec![Hook {
            name: "h".to_owned(),
            events: vec![HookEvent::PreInstall],
            ..Hook::default()
        }],
        apply_method: "ssa".to_owned(),
        ..Release::default()
    }
}

#[test]
fn both_ways() {
    let release = sample();
    let text = encode_release(&release).unwrap();
    assert_eq!(decode_release(&text).unwrap(), release);
}

#[test]
fn the_json_of_helm() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&sample()).unwrap());
}

#[test]
fn objects() {
    let mut release = sample();
    release.labels.insert("team".to_owned(), "a".to_owned());
    for kind in [StorageKind::Secret, StorageKind::ConfigMap] {
        let object = to_object(&release, kind, ("createdAt", 5)).unwrap();
        assert_eq!(object["metadata"]["name"], "sh.helm.release.v1.r.v3");
        let labels = json!({
            "createdAt": "5", "name": "r", "owner": "helm", "status": "deployed", "team": "a", "version": "3",
        });
        assert_eq!(object["metadata"]["labels"], labels);
        assert_eq!(from_object(&object).unwrap(), release);
    }
}

#[test]
fn records_of_helm_3() {
    let text = r#"{"name":"r","info":{"first_deployed":"2024-01-02T03:04:05.678901234+01:00","deleted":"","status":"odd"},
        "chart":{"metadata":{"name":"c"},"lock":null,"templates":null,"values":null,"schema":null,"files":null},"version":1,
        "hooks":[{"name":"h","events":["test"],"last_run":{"started_at":"","completed_at":"","phase":""}}]}"#;
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    let release = decode_release(&text).unwrap();
    assert_eq!(
        release.info.first_deployed.as_str(),
        "2024-01-02T03:04:05.678901234+01:00"
    );
    assert!(release.info.deleted.is_zero() && release.hooks[0].last_run.started_at.is_zero());
    assert_eq!(release.info.status, Some(Status::Other("odd".to_owned())));
}

#[test]
fn damaged_records() {
    for text in ["", "!", "H4sI", "H4sIAAAAAAAA", "e30=x"] {
        assert!(decode_release(text).is_err(), "{text}");
    }
}
