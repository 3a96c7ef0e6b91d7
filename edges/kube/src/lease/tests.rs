use std::convert::Infallible;

use http_body_util::Full;
use tower::service_fn;

use super::*;

fn elector(identity: &str) -> Elector {
    let service =
        service_fn(|_| async { Ok::<_, Infallible>(http::Response::new(Full::<bytes::Bytes>::default())) });
    let settings = Settings {
        namespace: "flux-system".into(),
        name: "lease".into(),
        identity: identity.into(),
        lease_duration: Duration::from_secs(35),
        renew_deadline: Duration::from_secs(30),
        retry_period: Duration::from_secs(5),
    };
    Elector::new(Client::from_service(service), settings)
}

fn lease(holder: &str) -> Value {
    json!({"metadata": {"resourceVersion": "1"}, "spec": {
        "holderIdentity": holder, "leaseDurationSeconds": 35, "leaseTransitions": 3, "acquireTime": "then"}})
}

/// Holder and transitions of what `a` writes over a lease of `holder` that has not changed for `age` seconds.
#[track_caller]
fn check(holder: &str, age: u64, expect: Option<(&str, i64)>) {
    let since = Instant::now();
    let now = since + Duration::from_secs(age);
    let claim = elector("a").claim(&lease(holder), since, now, Timestamp::UNIX_EPOCH);
    let found = claim.as_ref().map(|claim| {
        let spec = &claim["spec"];
        (
            spec["holderIdentity"].as_str().unwrap(),
            spec["leaseTransitions"].as_i64().unwrap(),
        )
    });
    assert_eq!(found, expect);
}

#[tokio::test]
async fn a_lease_is_taken_only_when_it_is_free() {
    check("b", 34, None);
    check("b", 35, Some(("a", 4)));
    check("", 0, Some(("a", 4)));
    check("a", 0, Some(("a", 3)));
}

#[tokio::test]
async fn renewing_keeps_the_time_of_acquisition() {
    let now = Instant::now();
    let claim = elector("a")
        .claim(&lease("a"), now, now, Timestamp::UNIX_EPOCH)
        .unwrap();
    assert_eq!(claim["spec"]["acquireTime"], "then");
    assert_eq!(claim["spec"]["renewTime"], "1970-01-01T00:00:00.000000Z");
    assert_eq!(claim["metadata"]["resourceVersion"], "1");
}
