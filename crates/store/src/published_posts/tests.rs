//! What must hold of published posts as they are kept: one post a piece, one measurement a moment, and nothing of whoever is forgotten.

use model::outreach::Stage;
use model::outreach::deals::{DeliverableState, Party};

use super::*;
use crate::outreach::contacts::NewContact;
use crate::outreach::content::{NewDeliverable, Step};
use crate::outreach::deals::{DealStep, NewDeal};
use crate::outreach::merging::TakenOver;

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Store::open(folder.path()).await.expect("opens"), folder)
}

async fn contact(store: &Store, name: &str, account: i64) -> i64 {
    let new = NewContact {
        name: name.to_owned(),
        greeting: String::new(),
        stage: Stage::Write,
        owner: String::new(),
        language: String::new(),
        zone: String::new(),
        source: String::new(),
        addresses: vec![],
        accounts: vec![AccountId(account)],
        tags: vec![],
    };
    store.add_contact(&new, None, "team", Timestamp(1)).await.expect("keeps").expect("is new")
}

/// A deal of two stories that the contact accepted.
async fn deal(store: &Store, contact: i64) -> i64 {
    let brief = store.add_brief(&format!("of {contact}"), None, "{}", Timestamp(2)).await.expect("keeps");
    let offer = NewDeal {
        contact,
        campaign: None,
        brief: brief.expect("is new"),
        brief_version: 1,
        terms: "{}",
        message: "",
        actor: "team",
        summary: "offered",
    };
    let deal = store.add_deal(&offer, Timestamp(3)).await.expect("offers");
    let piece = NewDeliverable {
        format: "story".to_owned(),
        platform: "instagram".to_owned(),
        draft_due_on: String::new(),
        due_on: "2026-03-08".to_owned(),
    };
    let step = DealStep {
        event: None,
        deal,
        version: 1,
        next: DealState::Accepted,
        by: Party::Creator,
        actor: "ana",
        terms: None,
        reason: "",
        accepted_by: "Ana",
        pieces: &[piece.clone(), piece],
        payments: &[],
        prices: &[],
        choice: None,
        summary: "accepted",
        stage: None,
    };
    assert_eq!(store.step_deal(&step, Timestamp(4)).await.expect("steps"), crate::outreach::deals::Stepped::Done);
    deal
}

fn said(deliverable: i64, post: &str, is_it: bool, shared_with: Option<i64>) -> PostDecision {
    PostDecision {
        deliverable,
        post: post.to_owned(),
        is_it,
        shared_with,
        reasons: "[]".to_owned(),
        actor: "team".to_owned(),
        decided_at: Timestamp(9),
        wrote: None,
    }
}

fn read(deliverable: i64, at: i64, views: u64) -> NewMeasurement {
    NewMeasurement {
        deliverable,
        at: Timestamp(at),
        by: MeasuredBy::File,
        origin: "march.csv".to_owned(),
        metrics: PostMetrics::default().with(PostMetric::Views, Some(views)).with(PostMetric::StickerTaps, Some(0)),
        actor: "team".to_owned(),
    }
}

async fn rows_held(store: &Store) -> i64 {
    let (rows,): (i64,) = sqlx::query_as(
        "select (select count(*) from post_match) + (select count(*) from post_published) + (select count(*) from post_measurement)",
    )
    .fetch_one(&store.pool)
    .await
    .expect("counts");
    rows
}

#[tokio::test]
async fn pieces_of_agreed_deals_are_listed_with_whose_they_are() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    let of_ana = deal(&store, ana).await;
    let pieces = store.tracked_pieces(&PieceFilter::default()).await.expect("reads");
    let told: Vec<(i64, &str, i64)> =
        pieces.iter().map(|of| (of.piece.deal, of.contact_name.as_str(), of.piece.number)).collect();
    assert_eq!(told, [(of_ana, "ana", 2), (of_ana, "ana", 1)]);
    assert_eq!((pieces[0].accepted_at, pieces[0].brief.as_str(), pieces[0].is_there), (Timestamp(4), "{}", None));
    assert_eq!(store.accounts_by_contact().await.expect("reads"), [(ana, AccountId(7))]);
    for filter in [
        PieceFilter { contact: Some(ana + 1), ..PieceFilter::default() },
        PieceFilter { campaign: Some(1), ..PieceFilter::default() },
        PieceFilter { deal: Some(of_ana + 1), ..PieceFilter::default() },
    ] {
        assert!(store.tracked_pieces(&filter).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn two_pieces_have_one_post_only_where_a_person_says_so() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    deal(&store, ana).await;
    assert_eq!(store.decide_post(&said(1, "post:5", true, None)).await.expect("keeps"), Decided::Done);
    assert_eq!(store.decide_post(&said(2, "post:5", true, None)).await.expect("asks"), Decided::Taken(1));
    assert_eq!(store.decide_post(&said(2, "post:5", true, Some(1))).await.expect("keeps"), Decided::Done);
    // Another post takes the place of the first; what was rejected stays rejected.
    assert_eq!(store.decide_post(&said(1, "post:6", false, None)).await.expect("keeps"), Decided::Done);
    assert_eq!(store.decide_post(&said(1, "post:8", true, None)).await.expect("keeps"), Decided::Done);
    let held: Vec<(i64, String, bool)> = store
        .post_decisions()
        .await
        .expect("reads")
        .into_iter()
        .map(|decision| (decision.deliverable, decision.post, decision.is_it))
        .collect();
    let of = |piece: i64, post: &str, is_it: bool| (piece, post.to_owned(), is_it);
    assert_eq!(held, [of(1, "post:6", false), of(1, "post:8", true), of(2, "post:5", true)]);
    assert_eq!(store.decide_post(&said(9, "post:5", true, Some(1))).await.expect("asks"), Decided::NotThere);
    assert!(store.take_post_decision_back(2, "post:5").await.expect("takes back"));
    assert!(!store.take_post_decision_back(2, "post:5").await.expect("asks"));
}

#[tokio::test]
async fn what_was_said_first_stays_and_an_address_that_was_written_is_taken_off_where_it_still_stands() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    deal(&store, ana).await;
    let first = PostDecision { reasons: "[1]".to_owned(), ..said(1, "post:5", true, None) };
    store.decide_post(&first).await.expect("keeps");
    let url = "https://www.instagram.com/p/abc/";
    let step = |next: DeliverableState| Step {
        event: None,
        deliverable: 1,
        next,
        by: Party::Us,
        actor: "team",
        contact: ana,
        summary: "posted".to_owned(),
        at: Timestamp(40),
    };
    assert!(store.note_posted(&step(DeliverableState::Live), url).await.expect("notes"));
    let wrote = WrittenAddress { url: url.to_owned(), state: DeliverableState::Waiting };
    store.note_written(1, "post:5", &wrote).await.expect("notes");
    let again = PostDecision { actor: "mia".to_owned(), decided_at: Timestamp(20), ..said(1, "post:5", true, Some(2)) };
    assert_eq!(store.decide_post(&again).await.expect("keeps"), Decided::Done);
    let held = store.post_decisions().await.expect("reads");
    assert_eq!(held, [PostDecision { shared_with: Some(2), wrote: Some(wrote), ..first }]);

    assert!(!store.take_posted_back(&step(DeliverableState::Waiting), "https://else.example").await.expect("asks"));
    assert_eq!(store.second_looks(1).await.expect("reads").len(), 3);
    assert!(store.take_posted_back(&step(DeliverableState::Waiting), url).await.expect("takes back"));
    let row = store.deliverable(1).await.expect("reads").expect("is there");
    assert_eq!((row.state, row.url.as_str(), row.live_at), (DeliverableState::Waiting, "", None));
    assert!(store.second_looks(1).await.expect("reads").is_empty());
    assert!(!store.take_posted_back(&step(DeliverableState::Waiting), url).await.expect("asks"));
}

#[tokio::test]
async fn pieces_of_a_deal_that_was_given_up_are_read_where_all_are_asked_for() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    let deal = deal(&store, ana).await;
    let step = DealStep {
        event: None,
        deal,
        version: 1,
        next: DealState::Withdrawn,
        by: Party::Us,
        actor: "team",
        terms: None,
        reason: "no stock",
        accepted_by: "",
        pieces: &[],
        payments: &[],
        prices: &[],
        choice: None,
        summary: "withdrawn",
        stage: None,
    };
    assert_eq!(store.step_deal(&step, Timestamp(9)).await.expect("steps"), crate::outreach::deals::Stepped::Done);
    assert!(store.tracked_pieces(&PieceFilter::default()).await.expect("reads").is_empty());
    let all = PieceFilter { of_deals: OfDeals::EverAgreed, ..PieceFilter::default() };
    assert_eq!(store.tracked_pieces(&all).await.expect("reads").len(), 2);
}

#[tokio::test]
async fn the_same_measurement_is_kept_once_and_others_of_its_moment_do_not_replace_it() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    deal(&store, ana).await;
    let rows = [read(1, 50, 10), read(1, 60, 20), read(9, 60, 20)];
    let kept = store.add_measurements(&rows, Timestamp(70)).await.expect("keeps");
    assert_eq!(kept, [MeasurementKept::New(1), MeasurementKept::New(2), MeasurementKept::NoPiece]);
    let again = store.add_measurements(&[read(1, 50, 10), read(1, 60, 21)], Timestamp(71)).await.expect("keeps");
    assert_eq!(again, [MeasurementKept::Known(1), MeasurementKept::Differs(2)]);
    let by_hand = NewMeasurement { by: MeasuredBy::Hand, ..read(1, 50, 11) };
    assert_eq!(store.add_measurements(&[by_hand], Timestamp(72)).await.expect("keeps"), [MeasurementKept::New(3)]);
    let views = async || -> Vec<Option<u64>> {
        let rows = store.measurements(&[1, 2]).await.expect("reads");
        rows.iter().map(|row| row.metrics.get(PostMetric::Views)).collect()
    };
    assert_eq!(views().await, [Some(10), Some(11), Some(20)]);
    let first = store.measurement(1).await.expect("reads").expect("is there");
    assert_eq!(first.metrics.get(PostMetric::StickerTaps), Some(0), "a zero that was read is no unknown");
    assert_eq!(first.metrics.get(PostMetric::Likes), None);
    let right = PostMetrics::default().with(PostMetric::Views, Some(19));
    let correct = async |id, at| store.correct_measurement(id, Timestamp(at), &right, "Mia", Timestamp(80)).await;
    assert_eq!(correct(2, 50).await.expect("asks"), Some(false), "that moment is held");
    assert_eq!(correct(2, 61).await.expect("corrects"), Some(true));
    assert_eq!(correct(99, 61).await.expect("asks"), None);
    assert_eq!(views().await, [Some(10), Some(11), Some(19)]);
    assert!(store.remove_measurement(2).await.expect("removes"));
    assert!(!store.remove_measurement(2).await.expect("asks"));
}

#[tokio::test]
async fn a_picture_of_a_measurement_is_held_as_long_as_the_measurement() {
    let (store, _folder) = store().await;
    let ana = contact(&store, "ana", 7).await;
    deal(&store, ana).await;
    store.add_measurements(&[read(1, 50, 10)], Timestamp(70)).await.expect("keeps");
    let file = DraftFile { sha256: "abc".to_owned(), name: "a.png".to_owned(), kind: "image/png".to_owned(), bytes: 7 };
    assert!(store.set_evidence(1, Some(&file)).await.expect("keeps"));
    assert_eq!(store.content_files().await.expect("reads"), ["abc"]);
    assert_eq!(store.measurement(1).await.expect("reads").expect("is there").evidence, Some(file));
    store.remove_measurement(1).await.expect("removes");
    assert!(store.content_files().await.expect("reads").is_empty());
}

#[tokio::test]
async fn what_is_known_of_posts_moves_with_their_deal_and_goes_with_whoever_is_forgotten() {
    let (store, _folder) = store().await;
    let (ana, ben) = (contact(&store, "ana", 7).await, contact(&store, "ben", 8).await);
    deal(&store, ana).await;
    let step = Step {
        event: None,
        deliverable: 1,
        next: DeliverableState::Live,
        by: Party::Us,
        actor: "team",
        contact: ana,
        summary: "posted".to_owned(),
        at: Timestamp(40),
    };
    assert!(store.note_posted(&step, "https://www.instagram.com/p/abc/").await.expect("notes"));
    store.decide_post(&said(1, "post:5", true, None)).await.expect("keeps");
    assert!(store.say_published(1, Some(Timestamp(41)), "team", Timestamp(42)).await.expect("keeps"));
    assert!(!store.say_published(9, Some(Timestamp(41)), "team", Timestamp(42)).await.expect("asks"));
    store.add_measurements(&[read(1, 50, 10)], Timestamp(70)).await.expect("keeps");
    let of_ben = PieceFilter { contact: Some(ben), ..PieceFilter::default() };
    store.merge_contacts(ben, ana, TakenOver::default(), "team", Timestamp(80)).await.expect("merges").expect("both");
    assert_eq!(store.tracked_pieces(&of_ben).await.expect("reads").len(), 2, "the deal is theirs now");
    assert_eq!(rows_held(&store).await, 3);
    assert!(store.forget_contact(ben, Timestamp(90)).await.expect("forgets"));
    assert_eq!(rows_held(&store).await, 0);
}
