//! What programs are told: in order, each once, rested where they are away, parked after three days.

use super::*;

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Store::open(folder.path()).await.expect("opens"), folder)
}

async fn endpoint(store: &Store, url: &str, events: &[&str]) -> i64 {
    store.add_endpoint(url, b"sealed", events, Timestamp(1)).await.expect("keeps").expect("is new")
}

#[tokio::test]
async fn an_event_is_queued_once_for_each_program_that_listens_under_one_id() {
    let (store, _folder) = store().await;
    let (one, two) = (
        endpoint(&store, "https://a.example/", &["x", "y"]).await,
        endpoint(&store, "https://b.example/", &["x"]).await,
    );
    assert_eq!(store.add_endpoint("https://a.example/", b"s", &["x"], Timestamp(1)).await.expect("asks"), None);
    assert_eq!(store.queue_event("x", "{}", Timestamp(5)).await.expect("queues"), 2);
    assert_eq!(store.queue_event("z", "{}", Timestamp(5)).await.expect("queues"), 0, "nobody listens");
    let of = |rows: Vec<DeliveryRow>| rows.into_iter().map(|row| row.event_id).collect::<Vec<_>>();
    let ids = of(store.deliveries(one, None, 0, 9).await.expect("reads"));
    assert_eq!(ids, of(store.deliveries(two, None, 0, 9).await.expect("reads")));
    assert_eq!(ids.len(), 1);
    assert!(store.set_endpoint_events(one, &["z"]).await.expect("chooses"));
    assert_eq!(store.queue_event("z", "{}", Timestamp(6)).await.expect("queues"), 1);
    assert!(!store.set_endpoint_events(9, &["z"]).await.expect("asks"));
    assert!(store.remove_endpoint(one).await.expect("removes"));
    assert_eq!(store.endpoints().await.expect("reads").len(), 1, "its log went with it");
}

#[tokio::test]
async fn a_message_is_taken_by_one_sender_and_by_the_next_once_that_one_is_gone() {
    let (store, _folder) = store().await;
    let id = endpoint(&store, "https://a.example/", &["x"]).await;
    store.queue_event("x", "{}", Timestamp(5)).await.expect("queues");
    assert!(store.claim_due(id, Timestamp(4), Timestamp(60)).await.expect("asks").is_none(), "it is not due");
    let taken = store.claim_due(id, Timestamp(5), Timestamp(60)).await.expect("takes").expect("is due");
    assert_eq!((taken.attempts, taken.claimed_until), (1, Some(Timestamp(60))));
    assert!(store.claim_due(id, Timestamp(6), Timestamp(61)).await.expect("asks").is_none(), "somebody has it");
    let sent = store.claim_again(taken.id, Timestamp(6), Timestamp(61)).await.expect("asks");
    assert!(sent.is_none(), "it is being sent");
    let again = store.claim_due(id, Timestamp(60), Timestamp(120)).await.expect("takes").expect("is free");
    assert_eq!((&again.event_id, again.attempts), (&taken.event_id, 2));
    let tried = Tried {
        delivery: again.id,
        claimed_until: again.claimed_until,
        status: Some(500),
        problem: "no",
        response_head: "",
        became: Became::Waiting(Timestamp(200)),
    };
    let late = Tried { claimed_until: taken.claimed_until, became: Became::Delivered, ..tried.clone() };
    assert!(!store.note_tried(&late, Program::Takes, Timestamp(61)).await.expect("asks"), "it is another's by now");
    assert!(store.note_tried(&tried, Program::Unchanged, Timestamp(61)).await.expect("notes"));
    assert!(!store.note_tried(&tried, Program::Unchanged, Timestamp(62)).await.expect("asks"), "it was given free");
    assert!(store.endpoints_due(Timestamp(199)).await.expect("reads").is_empty());
    assert_eq!(store.endpoints_due(Timestamp(200)).await.expect("reads"), [id]);
    store.pause_endpoint(id, Timestamp(70)).await.expect("pauses");
    assert!(store.claim_due(id, Timestamp(200), Timestamp(260)).await.expect("asks").is_none(), "it is paused");
    let by_hand = store.claim_again(again.id, Timestamp(80), Timestamp(140)).await.expect("takes");
    assert_eq!(by_hand.map(|row| row.attempts), Some(1), "a person may send it all the same");
    let tried_out = store.queue_and_claim(id, "ping", "{}", Timestamp(90), Timestamp(150)).await.expect("queues");
    assert!(tried_out.is_some_and(|row| row.event_id != again.event_id));
    assert_eq!(store.queue_and_claim(9, "ping", "{}", Timestamp(90), Timestamp(150)).await.expect("asks"), None);
}

#[tokio::test]
async fn what_was_delivered_goes_after_a_month_and_what_waits_for_a_paused_program_is_parked() {
    let (store, _folder) = store().await;
    let id = endpoint(&store, "https://a.example/", &["x"]).await;
    store.queue_event("x", "{}", Timestamp(5)).await.expect("queues");
    store.queue_event("x", "{}", Timestamp(6)).await.expect("queues");
    let first = store.claim_due(id, Timestamp(6), Timestamp(60)).await.expect("takes").expect("is due");
    let tried = Tried {
        delivery: first.id,
        claimed_until: first.claimed_until,
        status: Some(200),
        problem: "",
        response_head: "ok",
        became: Became::Delivered,
    };
    store.note_tried(&tried, Program::Takes, Timestamp(7)).await.expect("notes");
    store.pause_endpoint(id, Timestamp(8)).await.expect("pauses");
    store.tidy_deliveries(Timestamp(30 * DAY)).await.expect("tidies");
    assert_eq!(store.deliveries(id, None, 0, 9).await.expect("reads").len(), 2);
    store.tidy_deliveries(Timestamp(30 * DAY + 9)).await.expect("tidies");
    let rows = store.deliveries(id, None, 0, 9).await.expect("reads");
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [DeliveryState::Parked]);
    assert_eq!(store.resend_parked(id, Timestamp(31 * DAY)).await.expect("sends again"), 1);
}

#[tokio::test]
async fn a_program_that_is_away_rests_and_its_messages_are_parked_by_their_own_moment() {
    let (store, _folder) = store().await;
    let id = endpoint(&store, "https://a.example/", &["x"]).await;
    for at in [1, 2, 3] {
        store.queue_event("x", "{}", Timestamp(at)).await.expect("queues");
    }
    let away = async |now: i64, rests: u32, until: i64| {
        let row = store.claim_due(id, Timestamp(now), Timestamp(now + 50)).await.expect("takes").expect("is due");
        let tried = Tried {
            delivery: row.id,
            claimed_until: row.claimed_until,
            status: None,
            problem: "takes no line",
            response_head: "",
            became: Became::Waiting(Timestamp(until)),
        };
        let rests = Program::Rests { rests_before: rests, rests: rests + 1, until: Timestamp(until) };
        assert!(store.note_tried(&tried, rests, Timestamp(now)).await.expect("notes"));
        row.id
    };
    let first = away(10, 0, 100).await;
    assert!(store.endpoints_due(Timestamp(99)).await.expect("reads").is_empty(), "the others are not tried either");
    assert!(store.claim_due(id, Timestamp(99), Timestamp(120)).await.expect("asks").is_none());
    assert_eq!(store.endpoint_to_tell(id).await.expect("reads").map(|to| to.rests), Some(1));
    let second = away(100, 1, 300).await;
    assert_ne!(first, second, "one that does not go through is not tried before all others");
    let row = store.endpoint(id).await.expect("reads").expect("is there");
    assert_eq!((row.rest_until, row.waiting), (Some(Timestamp(300)), 3));
    // Tried out by a person, it takes something: what waited for its rest is due at once.
    let ping = store.queue_and_claim(id, PING, "{}", Timestamp(150), Timestamp(200)).await.expect("queues");
    let ping = ping.expect("is taken");
    let tried = Tried {
        delivery: ping.id,
        claimed_until: ping.claimed_until,
        status: Some(200),
        problem: "",
        response_head: "",
        became: Became::Delivered,
    };
    store.note_tried(&tried, Program::Takes, Timestamp(151)).await.expect("notes");
    assert_eq!(store.endpoints_due(Timestamp(151)).await.expect("reads"), [id]);
    assert!(store.deliveries(id, None, 0, 9).await.expect("reads").iter().all(|row| row.next_at <= Timestamp(151)));
    // Three days are over for two of them, whether or not they were tried.
    assert_eq!(store.park_overdue(id, "takes no line", Timestamp(TRIED_FOR + 2)).await.expect("parks"), 2);
    let left = store.deliveries(id, Some(DeliveryState::Waiting), 0, 9).await.expect("reads");
    assert_eq!(left.iter().map(|row| row.at).collect::<Vec<_>>(), [Timestamp(3)]);
    // Sent again by hand they have three days from then.
    assert_eq!(store.resend_parked(id, Timestamp(TRIED_FOR + 9)).await.expect("sends again"), 2);
    assert_eq!(store.park_overdue(id, "", Timestamp(2 * TRIED_FOR)).await.expect("parks"), 1, "the third alone");
    // So has what waited for a paused program.
    assert!(store.pause_endpoint(id, Timestamp(2 * TRIED_FOR)).await.expect("pauses"));
    assert!(store.unpause_endpoint(id, Timestamp(3 * TRIED_FOR)).await.expect("lets it be told"));
    assert!(!store.unpause_endpoint(id, Timestamp(3 * TRIED_FOR)).await.expect("asks"));
    assert_eq!(store.park_overdue(id, "", Timestamp(4 * TRIED_FOR - 1)).await.expect("parks"), 0);
    assert_eq!(store.park_overdue(id, "", Timestamp(4 * TRIED_FOR)).await.expect("parks"), 2);
}

#[tokio::test]
async fn a_program_tried_out_in_vain_is_not_one_that_took_nothing_for_three_days() {
    let (store, _folder) = store().await;
    let id = endpoint(&store, "https://a.example/", &["x"]).await;
    let ping = store.queue_and_claim(id, PING, "{}", Timestamp(5), Timestamp(60)).await.expect("queues");
    let ping = ping.expect("is taken");
    let tried = Tried {
        delivery: ping.id,
        claimed_until: ping.claimed_until,
        status: Some(410),
        problem: "it answered with 410",
        response_head: "",
        became: Became::Parked,
    };
    store.note_tried(&tried, Program::Unchanged, Timestamp(6)).await.expect("notes");
    let row = store.endpoint(id).await.expect("reads").expect("is there");
    assert_eq!((row.parked, row.pings_not_taken), (0, 1));
    assert_eq!(store.resend_parked(id, Timestamp(7)).await.expect("sends again"), 0);
}
