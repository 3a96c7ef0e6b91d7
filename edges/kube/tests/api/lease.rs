use std::time::Duration;

use flux_kube::lease::{Elector, Settings};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::server::{Answer, Server, refusal};

fn elector(server: &Server, identity: &str) -> Elector {
    let settings = Settings {
        namespace: "flux-system".into(),
        name: "lease".into(),
        identity: identity.into(),
        lease_duration: Duration::from_secs(35),
        renew_deadline: Duration::from_secs(30),
        retry_period: Duration::from_secs(5),
    };
    Elector::new(server.client(), settings)
}

/// A server that keeps one lease; `trouble` may answer a request instead, by its number.
fn server(
    first: Option<Value>,
    mut trouble: impl FnMut(usize, &str) -> Option<Answer> + Send + 'static,
) -> Server {
    let (mut held, mut count) = (first, 0);
    Server::new(move |asked| {
        count += 1;
        if let Some(answer) = trouble(count, &asked.method) {
            return answer;
        }
        if asked.method != "GET" {
            held = Some(asked.body.clone());
        }
        match &held {
            Some(lease) => Answer::Json(200, lease.clone()),
            None => refusal(404, "NotFound", "leases \"lease\" not found"),
        }
    })
}

fn held_by(holder: &str) -> Option<Value> {
    Some(
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"namespace": "flux-system", "name": "lease"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 35, "leaseTransitions": 1}}),
    )
}

#[tokio::test(start_paused = true)]
async fn a_free_lease_is_taken_at_once_and_a_dead_one_after_its_duration() {
    let began = Instant::now();
    elector(&server(None, |_, _| None), "a").acquire().await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    let abandoned = server(held_by("b"), |_, _| None);
    elector(&abandoned, "a").acquire().await;
    let waited = began.elapsed();
    // The first look after 35 s; looks are 5 to 11 s apart.
    assert!(
        waited >= Duration::from_secs(35) && waited < Duration::from_secs(47),
        "{waited:?}"
    );
    assert_eq!(abandoned.last().body["spec"]["leaseTransitions"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_renewed_is_lost_after_the_deadline() {
    let broken = server(None, |count, _| {
        (count > 2).then(|| refusal(503, "ServiceUnavailable", "down"))
    });
    let elector = elector(&broken, "a");
    elector.acquire().await;
    let began = Instant::now();
    elector.hold().await;
    assert!(began.elapsed() >= Duration::from_secs(30) && began.elapsed() <= Duration::from_secs(36));
}

#[tokio::test(start_paused = true)]
async fn a_race_is_not_a_loss_but_another_holder_is() {
    let mut raced = false;
    let taken = server(None, move |count, method| match (count, method) {
        (3.., "PUT") if !raced => {
            raced = true;
            Some(refusal(409, "Conflict", "the object has been modified"))
        }
        (20.., "GET") => held_by("b").map(|lease| Answer::Json(200, lease)),
        _ => None,
    });
    let elector = elector(&taken, "a");
    elector.acquire().await;
    let began = Instant::now();
    elector.hold().await;
    // Two requests each 5 s, up to the twentieth.
    assert!(
        began.elapsed() >= Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_given_back_only_by_its_holder() {
    let others = server(held_by("b"), |_, _| None);
    elector(&others, "a").release().await;
    assert_eq!(others.lines().len(), 1);
    let own = server(held_by("a"), |_, _| None);
    elector(&own, "a").release().await;
    assert_eq!(
        (
            own.last().method.as_str(),
            &own.last().body["spec"]["holderIdentity"]
        ),
        ("PUT", &json!(""))
    );
}
