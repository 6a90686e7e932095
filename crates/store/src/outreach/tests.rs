//! What must hold of outreach as it is kept, whatever the program above does.

use model::outreach::{Channel, EnrolmentState, SendState, Stage, StopReason, SuppressionReason, TouchKind};
use model::{AccountId, Timestamp};

use super::bounces::NewBounce;
use super::campaigns::{CardOf, NewMove};
use super::contacts::{ContactFilter, ContactOrder, NewAddress, NewContact};
use super::deals::NewDeal;
use super::files::ContactFileRow;
use super::mailboxes::MailboxRow;
use super::mails::{FetchedMail, NewMail};
use super::sending::{Beginning, Effects, MayLeave, NewOutgoing, Outcome};
use super::suppressions::SuppressionRow;
use super::threads::ThreadsOf;
use crate::database::Store;

struct Held {
    store: Store,
    _folder: tempfile::TempDir,
}

async fn held() -> Held {
    let folder = tempfile::tempdir().expect("a folder");
    Held { store: Store::open(folder.path()).await.expect("opens"), _folder: folder }
}

fn person(name: &str, account: Option<i64>) -> NewContact {
    NewContact {
        name: name.to_owned(),
        greeting: String::new(),
        stage: Stage::Write,
        owner: String::new(),
        language: String::new(),
        zone: String::new(),
        source: "their page".to_owned(),
        addresses: vec![NewAddress {
            channel: Channel::Email,
            sealed: vec![1, 2, 3],
            hash: format!("hash of {name}"),
            basis: "published".to_owned(),
            source: "their page".to_owned(),
        }],
        accounts: account.map(AccountId).into_iter().collect(),
        tags: vec!["all".to_owned()],
    }
}

impl Held {
    async fn contact(&self, name: &str, account: Option<i64>) -> i64 {
        let added = self.store.add_contact(&person(name, account), None, "team", Timestamp(1)).await.expect("keeps");
        added.expect("the address is nobody's")
    }

    async fn mailbox(&self, address: &str) -> i64 {
        let row = MailboxRow {
            id: 0,
            address: address.to_owned(),
            from_name: String::new(),
            settings: "{}".to_owned(),
            smtp_secret: None,
            imap_secret: None,
            state: model::outreach::MailboxState::Active,
            state_reason: String::new(),
            state_since: Timestamp(0),
            created_at: Timestamp(0),
        };
        self.store.keep_mailbox(&row).await.expect("keeps")
    }

    async fn queued(&self, mailbox: i64, contact: i64, enrolment: Option<(i64, u32)>, is_first: bool) -> i64 {
        let new = NewOutgoing {
            mailbox,
            contact,
            address: None,
            enrolment,
            answers: None,
            is_first,
            template: None,
            subject: "Hello".to_owned(),
            body: "Hi".to_owned(),
            filled: None,
            state: SendState::Waiting,
            not_before: Timestamp(10),
        };
        self.store.add_outgoing(&new, Timestamp(5)).await.expect("queues").expect("is new")
    }

    async fn begin(&self, mail: i64, name: &str, at: i64) -> MayLeave {
        let with = Beginning {
            message_id: format!("{mail}@brand.test"),
            token: format!("token{mail}"),
            address_hash: format!("hash of {name}"),
            at: Timestamp(at),
            guard_since: Timestamp(0),
        };
        self.store.begin_sending(mail, &with).await.expect("asks")
    }

    async fn file(&self, contact: i64, name: &str) -> i64 {
        let file = ContactFileRow {
            id: 0,
            contact,
            sha256: format!("sha of {name}"),
            name: format!("{name}.pdf"),
            bytes: 7,
            added_by: "team".to_owned(),
            added_at: Timestamp(32),
        };
        self.store.add_contact_file(&file).await.expect("keeps").expect("the contact is there")
    }

    async fn state(&self, mail: i64) -> SendState {
        self.store.outgoing(mail).await.expect("reads").expect("is there").state
    }
}

fn mail(way: &'static str, id: &str, name: &str, text: &str) -> NewMail {
    NewMail {
        way,
        message_id: id.to_owned(),
        refers_to: Vec::new(),
        counterpart: format!("hash of {name}"),
        from_shown: name.to_owned(),
        to_shown: String::new(),
        subject: "Hello".to_owned(),
        subject_norm: "hello".to_owned(),
        text: text.to_owned(),
        at: Timestamp(100),
        token: None,
        is_bulk: false,
        files: 0,
        is_read: way == "out",
        sha256: format!("{way}{id}{text}"),
        content: text.as_bytes().to_vec(),
    }
}

fn accepted(id: i64, name: &str) -> Outcome {
    let mail = mail("out", &format!("{id}@brand.test"), name, "Hi");
    Outcome::Accepted { reply: "250 ok".to_owned(), mail: Box::new(mail) }
}

#[tokio::test]
async fn a_mail_begins_to_leave_once_and_what_was_taken_never_leaves_again() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", None).await, held.mailbox("a@brand.test").await);
    let mail = held.queued(mailbox, contact, None, true).await;
    assert_eq!(held.begin(mail, "ana", 20).await, MayLeave::Yes);
    assert_eq!(held.begin(mail, "ana", 21).await, MayLeave::Gone);
    assert!(held.store.outgoing_due(mailbox, Timestamp(99), 10).await.expect("reads").is_empty());
    assert!(held.store.end_sending(mail, &accepted(mail, "ana"), Timestamp(22)).await.expect("ends"));
    assert!(
        !held.store.end_sending(mail, &accepted(mail, "ana"), Timestamp(23)).await.expect("ends"),
        "an end is final"
    );
    assert_eq!(held.store.begun_is_unknown("died").await.expect("notes"), 0);
    let row = held.store.contact(contact).await.expect("reads").expect("is there");
    assert_eq!((row.stage, row.informed_at), (Stage::Written, Some(Timestamp(22))));
    let touches = held.store.touches(contact, None, 10).await.expect("reads");
    assert_eq!(touches.iter().filter(|touch| touch.kind == TouchKind::MailOut).count(), 1);
}

#[tokio::test]
async fn a_mail_that_had_begun_when_the_sender_died_is_of_unknown_fate_until_something_tells() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", None).await, held.mailbox("a@brand.test").await);
    let mut mails = Vec::new();
    for at in 0..3 {
        let mail = held.queued(mailbox, contact, None, false).await;
        assert_eq!(held.begin(mail, "ana", 20 + at).await, MayLeave::Yes);
        mails.push(mail);
    }
    assert_eq!(held.store.begun_is_unknown("died").await.expect("notes"), 3);
    assert!(
        held.store.outgoing_due(mailbox, Timestamp(99), 10).await.expect("reads").is_empty(),
        "none is tried again"
    );
    // The Sent folder tells of the first, an answer of the second, a person of the third.
    let sent = FetchedMail {
        uid: 7,
        internal_date: None,
        is_seen: true,
        mail: mail("out", &format!("{}@brand.test", mails[0]), "ana", "Hi"),
    };
    held.store.keep_fetched(mailbox, "Sent", "sent", 1, &[sent], Timestamp(30)).await.expect("keeps");
    assert_eq!(held.store.settle_by_sent_folder(Timestamp(31)).await.expect("settles"), 1);
    let answer =
        FetchedMail { uid: 1, internal_date: None, is_seen: false, mail: mail("in", "r@c.test", "ana", "Yes") };
    held.store.keep_fetched(mailbox, "INBOX", "inbox", 1, &[answer], Timestamp(32)).await.expect("keeps");
    let came = held.store.mails_classed_before(1, 10).await.expect("reads")[0].id;
    let effects = Effects { contact: Some(contact), arrived: Some(mails[1]), answered: true, ..Effects::default() };
    held.store.keep_class(came, "personal", 1, "", &effects, Timestamp(33)).await.expect("keeps");
    assert!(held.store.settle_unknown(mails[2], SendState::Waiting, "team", Timestamp(34)).await.expect("settles"));
    let states = [held.state(mails[0]).await, held.state(mails[1]).await, held.state(mails[2]).await];
    assert_eq!(states, [SendState::Accepted, SendState::Accepted, SendState::Waiting]);
    assert!(!held.store.settle_unknown(mails[0], SendState::Waiting, "team", Timestamp(35)).await.expect("asks"));
}

#[tokio::test]
async fn nothing_leaves_to_a_barred_address_from_a_second_mailbox_or_out_of_an_ended_sequence() {
    let held = held().await;
    let (ana, ben) = (held.contact("ana", None).await, held.contact("ben", None).await);
    let (one, two) = (held.mailbox("a@brand.test").await, held.mailbox("b@brand.test").await);
    let first = held.queued(one, ana, None, true).await;
    assert_eq!(held.begin(first, "ana", 20).await, MayLeave::Yes);
    let second = held.queued(two, ana, None, true).await;
    let why = held.begin(second, "ana", 21).await;
    assert_eq!(why, MayLeave::Skipped("a@brand.test wrote to them lately".to_owned()));
    let bar = SuppressionRow {
        address_hash: "hash of ben".to_owned(),
        reason: SuppressionReason::Unsubscribed,
        at: Timestamp(1),
        evidence: String::new(),
    };
    assert!(held.store.suppress(&bar).await.expect("bars"));
    let third = held.queued(one, ben, None, true).await;
    assert!(matches!(held.begin(third, "ben", 22).await, MayLeave::Skipped(why) if why.contains("asked not to be")));
    let cem = held.contact("cem", None).await;
    let sequence = held.store.keep_sequence("spring", "[]", Timestamp(1)).await.expect("keeps");
    let enrolment = held.store.enrol(sequence, cem, one, "{}", Timestamp(1)).await.expect("enrols").expect("is new");
    assert_eq!(held.store.release_enrolments(&[enrolment], Timestamp(2)).await.expect("releases"), 1);
    let step = held.queued(one, cem, Some((enrolment, 0)), true).await;
    let again = NewOutgoing {
        mailbox: one,
        contact: cem,
        address: None,
        enrolment: Some((enrolment, 0)),
        answers: None,
        is_first: true,
        template: None,
        subject: String::new(),
        body: String::new(),
        filled: None,
        state: SendState::Waiting,
        not_before: Timestamp(0),
    };
    assert_eq!(held.store.add_outgoing(&again, Timestamp(3)).await.expect("asks"), None, "a step has one mail");
    assert_eq!(held.store.stop_sequences(cem, StopReason::Reply, Timestamp(4)).await.expect("stops"), 1);
    assert_eq!(held.state(step).await, SendState::Cancelled);
    assert_eq!(held.begin(step, "cem", 23).await, MayLeave::Gone);
    let row = &held.store.enrolments_of(cem).await.expect("reads")[0];
    assert_eq!((row.state, row.stopped_because), (EnrolmentState::Stopped, Some(StopReason::Reply)));
}

#[tokio::test]
async fn a_bar_outlives_whom_it_was_for() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", Some(7)).await, held.mailbox("a@brand.test").await);
    let mail = held.queued(mailbox, contact, None, true).await;
    held.begin(mail, "ana", 20).await;
    let bounce = NewBounce {
        address_hash: "hash of ana".to_owned(),
        class: "hard_address".to_owned(),
        status: "5.1.1".to_owned(),
        diagnostic: "no such user".to_owned(),
        class_version: 1,
        is_hard: true,
        stops: true,
    };
    let refused = Outcome::Refused { code: 550, reply: "5.1.1 no such user".to_owned(), bounce };
    held.store.end_sending(mail, &refused, Timestamp(21)).await.expect("ends");
    assert_eq!(held.store.hard_bounces_of_last(mailbox, 100).await.expect("counts"), (1, 1));
    held.store.forget_in_outreach(&[AccountId(7)], Timestamp(22)).await.expect("forgets");
    assert_eq!(held.store.contact(contact).await.expect("reads"), None);
    let barred = held.store.suppressed(&["hash of ana".to_owned()]).await.expect("reads");
    assert_eq!(barred[0].reason, SuppressionReason::Erased);
    assert!(!held.store.lift_suppression("hash of ana").await.expect("asks"), "only a bar set by hand is lifted");
}

#[tokio::test]
async fn mail_of_somebody_forgotten_does_not_come_back_from_the_server() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", Some(7)).await, held.mailbox("a@brand.test").await);
    let came = |uid, text| FetchedMail {
        uid,
        internal_date: None,
        is_seen: false,
        mail: mail("in", &format!("m{uid}@c.test"), "ana", text),
    };
    held.store.keep_fetched(mailbox, "INBOX", "inbox", 1, &[came(1, "secret")], Timestamp(5)).await.expect("keeps");
    assert_eq!(held.store.mail(1).await.expect("reads").and_then(|mail| mail.contact), Some(contact));
    held.store.forget_in_outreach(&[AccountId(7)], Timestamp(6)).await.expect("forgets");
    assert_eq!(held.store.raw_content("inm1@c.testsecret").await.expect("reads"), None);
    assert_eq!(held.store.held_uids(mailbox, "INBOX", 1).await.expect("reads"), [1], "its place is known");
    // The server numbers everything anew, and has one more.
    let both = [came(1, "secret"), came(2, "again")];
    held.store.keep_fetched(mailbox, "INBOX", "inbox", 2, &both, Timestamp(7)).await.expect("keeps");
    assert!(held.store.mails_without_thread(10).await.expect("reads").is_empty());
    assert_eq!(held.store.held_uids(mailbox, "INBOX", 2).await.expect("reads"), [1, 2]);
}

#[tokio::test]
async fn the_same_mail_lies_in_several_places_and_is_there_once() {
    let held = held().await;
    let mailbox = held.mailbox("a@brand.test").await;
    let at =
        |uid, text| FetchedMail { uid, internal_date: None, is_seen: false, mail: mail("in", "m@c.test", "ana", text) };
    let keep = async |folder, validity, mails: &[FetchedMail]| {
        held.store.keep_fetched(mailbox, folder, "inbox", validity, mails, Timestamp(5)).await.expect("keeps")
    };
    assert_eq!(keep("INBOX", 1, &[at(1, "one")]).await, 1);
    assert_eq!(keep("INBOX", 1, &[at(1, "one")]).await, 0);
    assert_eq!(keep("Archive", 1, &[at(9, "one")]).await, 0);
    assert_eq!(keep("INBOX", 2, &[at(4, "one")]).await, 0, "numbered anew, it is the same mail");
    assert_eq!(keep("INBOX", 2, &[at(5, "another under its id")]).await, 1, "what says something else is not lost");
    held.store.note_renumbered(mailbox, "INBOX", 2, Timestamp(6)).await.expect("notes");
    assert!(held.store.held_uids(mailbox, "INBOX", 1).await.expect("reads").is_empty());
    held.store.note_expunged(mailbox, "INBOX", 2, &[4], Timestamp(7)).await.expect("notes");
    assert_eq!(held.store.held_count(mailbox, "INBOX", 2).await.expect("counts"), 1);
    assert!(held.store.mail(1).await.expect("reads").is_some(), "what is deleted there stays here");
}

#[tokio::test]
async fn a_stage_set_on_another_page_moves_the_contact_and_ends_what_they_are_in() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", Some(7)).await, held.mailbox("a@brand.test").await);
    let sequence = held.store.keep_sequence("spring", "[]", Timestamp(1)).await.expect("keeps");
    held.store.enrol(sequence, contact, mailbox, "{}", Timestamp(1)).await.expect("enrols");
    held.store.set_stage(&[AccountId(7)], Some("agreed"), Timestamp(9)).await.expect("sets");
    let row = held.store.contact(contact).await.expect("reads").expect("is there");
    assert_eq!((row.stage, row.stage_since), (Stage::Agreed, Timestamp(9)));
    let enrolment = &held.store.enrolments_of(contact).await.expect("reads")[0];
    assert_eq!(enrolment.stopped_because, Some(StopReason::StageChange));
    held.store.set_contact_stage(&[contact], Stage::Worked, "team", Timestamp(10)).await.expect("sets");
    assert_eq!(held.store.stages().await.expect("reads"), [(AccountId(7), "worked".to_owned())]);
}

#[tokio::test]
async fn threads_keep_their_numbers_when_mail_joins_and_parts() {
    let held = held().await;
    let mailbox = held.mailbox("a@brand.test").await;
    for (uid, name) in [(1, "ana"), (2, "ben"), (3, "ana")] {
        let one = FetchedMail {
            uid,
            internal_date: None,
            is_seen: false,
            mail: NewMail {
                refers_to: vec!["same@brand.test".to_owned()],
                ..mail("in", &format!("m{uid}@c.test"), name, "words")
            },
        };
        held.store.keep_fetched(mailbox, "INBOX", "inbox", 1, &[one], Timestamp(5)).await.expect("keeps");
    }
    let (tied, _) = held.store.tied_mails(&[2]).await.expect("reads");
    assert_eq!(tied.iter().map(|mail| mail.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(held.store.keep_threads(&[1, 2, 3], &[vec![1, 3], vec![2]]).await.expect("keeps"));
    let thread = async |mail| held.store.mail(mail).await.expect("reads").expect("is there").thread;
    let (ana, ben) = (thread(1).await, thread(2).await);
    assert_eq!(thread(3).await, ana);
    assert_ne!(ana, ben);
    assert!(!held.store.keep_threads(&[1, 2], &[vec![1, 2]]).await.expect("asks"), "something came in meanwhile");
    assert!(held.store.keep_threads(&[1, 2, 3], &[vec![1], vec![2], vec![3]]).await.expect("keeps"));
    assert_eq!((thread(1).await, thread(2).await), (ana, ben));
    assert!(held.store.keep_threads(&[1, 2, 3], &[vec![1, 2, 3]]).await.expect("keeps"));
    let (rows, all) = held.store.threads(ThreadsOf::Everything, None, None, 0, 10).await.expect("reads");
    assert_eq!((all, Some(rows[0].id), rows[0].unread), (1, ana, 3), "threads without mail are gone");
}

#[tokio::test]
async fn contacts_are_found_by_words_tag_stage_and_whole_address() {
    let held = held().await;
    held.contact("Ana Brew", None).await;
    held.contact("100% Ben", None).await;
    let found = async |filter: ContactFilter| {
        let (rows, all) = held.store.contacts_found(&filter, ContactOrder::Name, 0, 10).await.expect("finds");
        assert_eq!(rows.len() as u64, all);
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let words = |words: &str| ContactFilter { words: Some(words.to_owned()), ..ContactFilter::default() };
    assert_eq!(found(words("BREW")).await, ["Ana Brew"]);
    assert_eq!(found(words("%")).await, ["100% Ben"]);
    assert_eq!(found(words("all")).await.len(), 2, "a tag");
    let hash = ContactFilter { address_hash: Some("hash of Ana Brew".to_owned()), ..ContactFilter::default() };
    assert_eq!(found(hash).await, ["Ana Brew"]);
    let stage = ContactFilter { stage: Some(Stage::Agreed), ..ContactFilter::default() };
    assert!(found(stage).await.is_empty());
}

/// Everything of a table as text, in order.
async fn dump(store: &Store, table: &'static str) -> String {
    use sqlx::{Column, Row};
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select * from {table} order by 1, 2")))
        .fetch_all(&store.pool)
        .await
        .expect("reads");
    let cell = |row: &sqlx::sqlite::SqliteRow, at: usize| {
        row.try_get::<Option<i64>, _>(at)
            .map(|value| format!("{value:?}"))
            .or_else(|_| row.try_get::<Option<String>, _>(at).map(|value| format!("{value:?}")))
            .unwrap_or_else(|_| format!("{:?}", row.try_get::<Option<Vec<u8>>, _>(at).unwrap_or_default()))
    };
    let line = |row: &sqlx::sqlite::SqliteRow| {
        let cells: Vec<String> = row
            .columns()
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{}={}", column.name(), cell(row, at)))
            .collect();
        cells.join(" ")
    };
    format!("{table}\n{}\n", rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

const OF_CONTACTS: [&str; 31] = [
    "code",
    "conversion_decision",
    "tracked_link",
    "post_match",
    "post_published",
    "post_measurement",
    "contest",
    "account_claim",
    "erasure_request",
    "creator_stage",
    "contact",
    "contact_address",
    "contact_account",
    "contact_tag",
    "contact_value",
    "touch",
    "task",
    "enrolment",
    "outgoing",
    "bounce",
    "mail",
    "thread",
    "suppression",
    "deal",
    "deal_version",
    "deliverable",
    "payment",
    "creator_link",
    "contact_file",
    "campaign_move",
    "deal_choice",
];

async fn everything(store: &Store) -> String {
    let mut all = String::new();
    for table in OF_CONTACTS {
        all.push_str(&dump(store, table).await);
    }
    all
}

async fn campaign(store: &Store) -> i64 {
    let brand = model::BrandId::new();
    let plan = crate::planning::NewPlan {
        brand,
        campaign: "Spring",
        asked: "{}",
        made: "{}",
        summary: "{}",
        version: 1,
        data_revision: 0,
        creators: &[],
    };
    let plan = store.keep_plan(&plan, Timestamp(1)).await.expect("keeps").expect("is kept");
    let new = crate::planning::NewCampaign {
        brand,
        name: "Spring",
        plan,
        starts_on: None,
        ends_on: None,
        budget: model::Money::new(5_000, "EUR").expect("money"),
        creators: &[],
    };
    store.begin_campaign(&new, Timestamp(2)).await.expect("begins").expect("is new")
}

fn moved_by_hand(campaign: i64, of: CardOf, to: &str) -> NewMove {
    NewMove {
        campaign,
        of,
        stage_before: "invited".to_owned(),
        stage_after: to.to_owned(),
        stage_of_facts: "invited".to_owned(),
        actor: "team".to_owned(),
        summary: format!("Spring: Invited → {to}"),
    }
}

#[tokio::test]
async fn a_move_of_an_account_goes_with_whoever_becomes_its_contact_and_with_who_is_forgotten() {
    let held = held().await;
    let store = &held.store;
    let campaign = campaign(store).await;
    let moves = [7, 8].map(|account| moved_by_hand(campaign, CardOf::Account(model::AccountId(account)), "draft"));
    store.add_campaign_moves(&moves, Timestamp(9)).await.expect("moves");
    let ana = held.contact("ana", Some(7)).await;
    let of: Vec<CardOf> = store.campaign_moves(campaign).await.expect("reads").iter().map(|row| row.of).collect();
    assert_eq!(of, [CardOf::Contact(ana), CardOf::Account(model::AccountId(8))]);
    store.forget_contact(ana, Timestamp(10)).await.expect("forgets");
    store.forget_in_outreach(&[model::AccountId(8)], Timestamp(11)).await.expect("forgets");
    assert!(store.campaign_moves(campaign).await.expect("reads").is_empty());
}

#[tokio::test]
async fn stages_of_the_board_are_kept_in_their_order() {
    use model::outreach::board::BoardStage;
    let held = held().await;
    let mut stages = held.store.board_stages().await.expect("reads");
    let codes: Vec<&str> = stages.iter().map(|stage| stage.code.as_str()).collect();
    assert_eq!(codes, model::outreach::board::CampaignStage::ALL.iter().map(|stage| stage.code()).collect::<Vec<_>>());
    stages[0].name = "Asked".to_owned();
    let own = BoardStage {
        code: "own-1".to_owned(),
        name: "With the lawyer".to_owned(),
        position: stages[2].position + 1,
        limit_days: Some(4),
        is_removed: false,
    };
    stages.insert(3, own);
    held.store.keep_board_stages(&stages).await.expect("keeps");
    assert_eq!(held.store.board_stages().await.expect("reads"), stages);
}

#[tokio::test]
async fn a_merge_taken_back_leaves_everything_as_it_was() {
    use super::merging::TakenOver;
    for seed in 0..40u64 {
        let held = held().await;
        let mailbox = held.mailbox("a@brand.test").await;
        let (ana, other) = (held.contact("ana", Some(1)).await, held.contact("ana b", Some(2)).await);
        let store = &held.store;
        let field = store.add_contact_field("Size", "text", "").await.expect("adds").expect("is new");
        let campaign = campaign(store).await;
        let dice = |what: u64| (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(what * 7_919) >> 21) & 1 == 1;
        for (place, contact) in [(0, ana), (1, other)] {
            let name = if place == 0 { "ana" } else { "ana b" };
            if dice(10 + place) {
                store.tag_contacts(&[contact], &[format!("tag {place}")], &[]).await.expect("tags");
            }
            if dice(20 + place) {
                store.set_contact_value(contact, field, &format!("value {place}")).await.expect("fills");
            }
            if dice(30 + place) {
                store.add_task(contact, "call", "2026-03-01", "", Timestamp(2)).await.expect("adds");
            }
            if dice(40 + place) {
                let sequence = store.keep_sequence("spring", "[]", Timestamp(1)).await.expect("keeps");
                let enrolment = store.enrol(sequence, contact, mailbox, "{}", Timestamp(1)).await.expect("enrols");
                store.release_enrolments(&[enrolment.expect("is new")], Timestamp(2)).await.expect("releases");
            }
            if dice(50 + place) {
                let mail = held.queued(mailbox, contact, None, true).await;
                held.begin(mail, name, 20 + place as i64).await;
                store.end_sending(mail, &accepted(mail, name), Timestamp(30 + place as i64)).await.expect("ends");
                let (tied, _) = store.tied_mails(&[mail]).await.expect("reads");
                let seen: Vec<i64> = tied.iter().map(|mail| mail.id).collect();
                store.keep_threads(&seen, std::slice::from_ref(&seen)).await.expect("threads");
            }
            if dice(55 + place) {
                store.add_creator_link(contact, name, Timestamp(90), Timestamp(30)).await.expect("keeps");
                let on = store.add_brief(name, None, "{}", Timestamp(30)).await.expect("keeps").expect("is new");
                let offer = NewDeal {
                    contact,
                    campaign: None,
                    brief: on,
                    brief_version: 1,
                    terms: "{}",
                    message: "",
                    actor: "team",
                    summary: "offered",
                };
                store.add_deal(&offer, Timestamp(31)).await.expect("offers");
            }
            if dice(57 + place) {
                held.file(contact, name).await;
                let moved = moved_by_hand(campaign, CardOf::Contact(contact), "live");
                store.add_campaign_moves(&[moved], Timestamp(31)).await.expect("moves");
            }
            if dice(58 + place) {
                let contest = super::rights::NewContest {
                    contact,
                    fact: "name",
                    account: None,
                    what: "Your name",
                    said: name,
                    claim: "otherwise",
                    proof: "",
                    answer_due_on: "2026-03-08",
                    actor: name,
                };
                store.open_contest(&contest, Timestamp(32)).await.expect("keeps").expect("is the only one");
                let account = AccountId(place as i64 + 1);
                store.open_claim(contact, account, "bw-a-b", Timestamp(90), Timestamp(33)).await.expect("keeps");
                store.ask_to_be_forgotten(contact, Timestamp(91), name, Timestamp(34)).await.expect("notes");
            }
            if dice(59 + place) {
                let link = followed(&format!("link-{place}"), Some(contact));
                store.add_links(&[link], Timestamp(35)).await.expect("keeps").expect("is new");
            }
            if dice(60 + place) {
                store
                    .set_contact_stage(&[contact], Stage::Talking, "team", Timestamp(40 + place as i64))
                    .await
                    .expect("moves");
            }
        }
        let before = everything(store).await;
        let taken = TakenOver {
            name: dice(1),
            stage: dice(2),
            owner: dice(3),
            source: dice(4),
            main_address: dice(5),
            fields: if dice(6) { vec![field] } else { vec![] },
            ..TakenOver::default()
        };
        let change = store
            .merge_contacts(ana, other, taken.clone(), "team", Timestamp(50))
            .await
            .expect("merges")
            .expect("both are there");
        assert_ne!(everything(store).await, before);
        assert_eq!(store.merge_contacts(ana, other, taken, "team", Timestamp(51)).await.expect("asks"), None);
        let (found, all) =
            store.contacts_found(&ContactFilter::default(), ContactOrder::Name, 0, 10).await.expect("finds");
        assert_eq!((found.len(), all), (1, 1));
        assert_eq!(store.contact_addresses(&[ana]).await.expect("reads").len(), 2, "all addresses are kept");
        assert_eq!(store.undo_contact_merge(change, Timestamp(60)).await.expect("undoes"), Some(vec![]));
        assert_eq!(everything(store).await, before, "seed {seed}");
        assert_eq!(store.undo_contact_merge(change, Timestamp(61)).await.expect("asks"), None);
    }
}

#[tokio::test]
async fn what_was_changed_after_a_merge_stays_with_the_one_who_stayed_and_is_named() {
    use super::contacts::ContactChange;
    use super::merging::TakenOver;
    use super::touches::NewTouch;
    let held = held().await;
    let (ana, other) = (held.contact("ana", None).await, held.contact("ana b", None).await);
    let store = &held.store;
    let change = store.merge_contacts(ana, other, TakenOver::default(), "team", Timestamp(5)).await.expect("merges");
    let renamed = ContactChange { name: Some("Ana Brew".to_owned()), ..ContactChange::default() };
    store.change_contact(ana, &renamed).await.expect("changes");
    let note = NewTouch {
        contact: ana,
        at: Timestamp(6),
        kind: TouchKind::Note,
        actor: "team".to_owned(),
        summary: "met her".to_owned(),
        detail: String::new(),
        mail: None,
    };
    store.add_touch(&note).await.expect("keeps");
    let kept = store.undo_contact_merge(change.expect("both are there"), Timestamp(7)).await.expect("undoes");
    assert_eq!(kept, Some(vec!["name: Ana Brew".to_owned()]));
    let touches = store.touches(ana, None, 10).await.expect("reads");
    assert_eq!(touches[0].summary, "met her");
    let back = store.contact(other).await.expect("reads").expect("is there");
    assert_eq!((back.name.as_str(), back.merged_into), ("ana b", None));
}

#[tokio::test]
async fn whoever_became_part_of_others_is_forgotten_with_them() {
    use super::merging::TakenOver;
    let held = held().await;
    let (a, b, c) =
        (held.contact("ana", None).await, held.contact("ana b", None).await, held.contact("ana c", Some(7)).await);
    let store = &held.store;
    store.merge_contacts(b, a, TakenOver::default(), "team", Timestamp(2)).await.expect("merges").expect("are there");
    store.merge_contacts(c, b, TakenOver::default(), "team", Timestamp(3)).await.expect("merges").expect("are there");
    store.forget_in_outreach(&[AccountId(7)], Timestamp(4)).await.expect("forgets a chain");
    for contact in [a, b, c] {
        assert_eq!(store.contact(contact).await.expect("reads"), None);
    }
    assert!(store.contact_changes(10).await.expect("reads").is_empty(), "what was kept of the merges held names");
    let hashes = ["hash of ana", "hash of ana b", "hash of ana c"].map(str::to_owned);
    assert_eq!(store.suppressed(&hashes).await.expect("reads").len(), 3);
}

#[tokio::test]
async fn whoever_objected_is_not_written_to_under_another_address() {
    use super::merging::TakenOver;
    let held = held().await;
    let (ana, other) = (held.contact("ana", None).await, held.contact("ana b", None).await);
    let mailbox = held.mailbox("a@brand.test").await;
    let bar = SuppressionRow {
        address_hash: "hash of ana".to_owned(),
        reason: SuppressionReason::Unsubscribed,
        at: Timestamp(1),
        evidence: String::new(),
    };
    held.store.suppress(&bar).await.expect("bars");
    held.store.merge_contacts(ana, other, TakenOver::default(), "team", Timestamp(2)).await.expect("merges");
    let mail = held.queued(mailbox, ana, None, false).await;
    let why = held.begin(mail, "ana b", 20).await;
    assert!(matches!(&why, MayLeave::Skipped(why) if why.contains("another address")), "{why:?}");
}

#[tokio::test]
async fn a_mail_that_is_sent_again_is_still_found_by_the_ids_it_may_have_left_under() {
    let held = held().await;
    let (contact, mailbox) = (held.contact("ana", None).await, held.mailbox("a@brand.test").await);
    let mail = held.queued(mailbox, contact, None, true).await;
    held.begin(mail, "ana", 20).await;
    held.store.begun_is_unknown("died").await.expect("notes");
    assert!(held.store.settle_unknown(mail, SendState::Waiting, "team", Timestamp(30)).await.expect("settles"));
    let by_token = held.store.outgoing_bearing(Some(&format!("token{mail}")), None).await.expect("looks");
    assert_eq!(by_token.map(|of| of.id), Some(mail));
    let by_id = held.store.outgoing_bearing(None, Some(&format!("{mail}@brand.test"))).await.expect("looks");
    assert_eq!(by_id.map(|of| of.id), Some(mail));
}

#[tokio::test]
async fn a_move_taken_back_puts_back_exactly_those_who_still_stand_where_it_put_them() {
    let held = held().await;
    let store = &held.store;
    let mut all = Vec::new();
    for (place, name) in ["ana", "ben", "cem", "dee", "eva", "fay"].into_iter().enumerate() {
        all.push(held.contact(name, Some(place as i64 + 1)).await);
    }
    let moving = |to| store.set_contact_stage(&all[1..2], to, "team", Timestamp(5));
    moving(Stage::Talking).await.expect("moves");
    store.set_contact_stage(&all[2..3], Stage::Agreed, "team", Timestamp(6)).await.expect("moves");
    let accounts = dump(store, "creator_stage").await;
    let done = store.move_together(&all, Stage::Agreed, "team", Timestamp(10)).await.expect("moves");
    assert_eq!(done.moved.len(), 5, "one stood there before");
    // Dee goes elsewhere, Eva goes elsewhere and comes back, Fay becomes part of Ana.
    store.set_contact_stage(&all[3..5], Stage::Worked, "team", Timestamp(11)).await.expect("moves");
    store.set_contact_stage(&all[4..5], Stage::Agreed, "team", Timestamp(12)).await.expect("moves");
    let taken = super::merging::TakenOver::default();
    store.merge_contacts(all[0], all[5], taken, "team", Timestamp(13)).await.expect("merges");
    let change = done.change.expect("somebody moved");
    let back = store.undo_move(change, "team", Timestamp(20)).await.expect("undoes").expect("is there");
    assert_eq!((back.back, back.elsewhere), (2, 3));
    let stage = async |place: usize| {
        let row = store.contact(all[place]).await.expect("reads").expect("is there");
        (row.stage, row.stage_since.0)
    };
    assert_eq!(stage(0).await, (Stage::Write, 1));
    assert_eq!(stage(1).await, (Stage::Talking, 5), "with the time it had stood there");
    assert_eq!(stage(2).await, (Stage::Agreed, 6));
    assert_eq!(stage(3).await, (Stage::Worked, 11));
    assert_eq!(stage(4).await, (Stage::Agreed, 12));
    let line = |of: &str, account: &str| of.lines().find(|line| line.contains(account)).map(str::to_owned);
    let now = dump(store, "creator_stage").await;
    assert_eq!(line(&now, "account_id=Some(2)"), line(&accounts, "account_id=Some(2)"), "their accounts too");
    assert_eq!(store.undo_move(change, "team", Timestamp(21)).await.expect("asks"), None, "once");
    assert_eq!(store.undo_contact_merge(change, Timestamp(21)).await.expect("asks"), None, "it is no merge");
    let nobody = store.move_together(&all[2..3], Stage::Agreed, "team", Timestamp(22)).await.expect("asks");
    assert_eq!(nobody.change, None);
    assert_eq!(store.contact_merges(9).await.expect("reads").len(), 1);
    assert_eq!(store.contact_changes(9).await.expect("reads").len(), 2);
}

#[tokio::test]
async fn files_views_and_refused_rows_of_somebody_forgotten_are_gone() {
    let held = held().await;
    let store = &held.store;
    let issue = model::RowIssue {
        file: "fair.csv".to_owned(),
        row: Some(3),
        column: Some("email".to_owned()),
        problem: "\"ana(at)creator\" is no e-mail address".to_owned(),
        hint: "write it as ana@creator.example".to_owned(),
        refused: true,
    };
    let earlier = store
        .import_contacts("before.csv", &[], std::slice::from_ref(&issue), "team", Timestamp(1))
        .await
        .expect("imports");
    let done = store
        .import_contacts("fair.csv", &[person("Ana Ruiz", None)], std::slice::from_ref(&issue), "team", Timestamp(1))
        .await
        .expect("imports");
    assert_eq!(store.contact_import_issues(done.id).await.expect("reads"), [issue]);
    let ana = store.contact_with_address(Channel::Email, "hash of Ana Ruiz").await.expect("reads").expect("is there");
    let other = held.contact("ben", None).await;
    let (hers, his) = (held.file(ana, "contract").await, held.file(other, "contract").await);
    assert_eq!(store.content_files().await.expect("reads"), ["sha of contract"]);
    assert!(!store.remove_contact_file(ana, his, "team", Timestamp(2)).await.expect("asks"), "it is another's");
    for (name, query) in [("Mine", "words=ana%20ruiz"), ("Talks", "stage=talking")] {
        store
            .keep_outreach_view(name, "/outreach/contacts", query, Timestamp(1))
            .await
            .expect("keeps")
            .expect("is new");
    }
    let again = store.keep_outreach_view("TALKS", "/outreach/contacts", "", Timestamp(1)).await.expect("asks");
    assert_eq!(again, None, "names are told apart without regard to case");
    assert!(store.forget_contact(ana, Timestamp(9)).await.expect("forgets"));
    assert_eq!(store.contact_file(hers).await.expect("reads"), None);
    assert_eq!(store.contact_file(his).await.expect("reads").expect("stays").contact, other);
    assert!(store.contact_import_issues(done.id).await.expect("reads").is_empty());
    assert!(store.contact_import_issues(earlier.id).await.expect("reads").is_empty(), "an earlier file may quote her");
    let views: Vec<String> = store.outreach_views().await.expect("reads").into_iter().map(|view| view.name).collect();
    assert_eq!(views, ["Talks"]);
    assert!(store.remove_contact_file(other, his, "team", Timestamp(40)).await.expect("removes"));
    assert!(store.content_files().await.expect("reads").is_empty());
    let told: Vec<String> =
        store.touches(other, None, 9).await.expect("reads").into_iter().map(|touch| touch.summary).collect();
    assert_eq!(told[..2], ["removed the file contract.pdf", "kept the file contract.pdf"]);
}

fn followed(slug: &str, contact: Option<i64>) -> crate::tracking::NewLink {
    crate::tracking::NewLink {
        slug: slug.to_owned(),
        slug_hash: format!("hash of {slug}"),
        name: format!("link of {slug}"),
        target: "https://shop.example/".to_owned(),
        contact,
        deal: None,
        deliverable: None,
        campaign: None,
        is_bare: false,
        expires_at: None,
        actor: "team".to_owned(),
    }
}

#[tokio::test]
async fn a_link_of_somebody_forgotten_ends_names_nobody_and_its_slug_is_never_given_again() {
    let held = held().await;
    let store = &held.store;
    let ana = held.contact("ana", None).await;
    store.add_links(&[followed("ana", Some(ana))], Timestamp(2)).await.expect("keeps").expect("is new");
    assert!(store.forget_contact(ana, Timestamp(3)).await.expect("forgets"));
    let row = store.link(1).await.expect("reads").expect("its counts stay");
    assert!(!row.name.contains("ana") && row.target.is_empty() && row.ended_at.is_some(), "{row:?}");
    assert_eq!(row.slug, "~1");
    assert!(store.link_targets(1).await.expect("reads").is_empty());
    let again = store.add_links(&[followed("ana", None)], Timestamp(4)).await.expect("asks");
    assert_eq!(again, Err("ana".to_owned()), "old posts would lead to another's link");
}
