//! What a creator may see of what is held about them, and what they may ask for on their own page: no more mail, to be forgotten at
//! once or on a day to come.

use model::outreach::rights::{ContestState, GRACE_DAYS};
use model::outreach::{SuppressionReason, TouchKind};
use model::{AccountId, Timestamp};
use store::PriceRow;
use store::codes::CodeFilter;
use store::outreach::rights::{ContestRow, ErasureRequest};
use store::published_posts::{OfDeals, PieceFilter, PostDecision};
use store::tracking::LinkFilter;

use super::contacts::{self, ContactShown};
use super::unsubscribing::bar_contact;
use super::{OutreachError, choices, content};
use crate::clock;
use crate::creators::{self, CreatorReport};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::money_typed;
use crate::tracking::posts::matching::Reason;
use crate::vetting::records::Declared;

const DAY: i64 = 86_400_000_000;

/// Something held: what it is, what it says, where it came from and since when.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Held {
    /// By which it is found again: `name`, `address:4`, `followers:123`.
    pub fact: String,
    /// The account it is about; `None`: the contact.
    #[serde(skip)]
    pub account: Option<AccountId>,
    pub what: String,
    pub says: String,
    pub from: String,
    pub since: Option<Timestamp>,
    /// What became of it since its owner contested it; empty: never contested.
    pub mark: String,
}

/// Everything held about a contact that is theirs to see.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldAbout {
    pub contact: ContactShown,
    pub held: Vec<Held>,
    /// What they contested, the newest first.
    pub contests: Vec<ContestRow>,
    /// Mails and what else happened, the newest first: when, what.
    pub touches: Vec<(Timestamp, String)>,
    /// How many internal notes there are, which weigh others too and are not shown.
    pub internal_notes: u64,
    pub is_barred: bool,
    /// Where they asked to be forgotten on a day to come.
    pub erasure: Option<ErasureRequest>,
}

/// What is held about a contact, with where it came from.
pub async fn held_about(data: &DataDirectory, contact: i64) -> Result<HeldAbout, OutreachError> {
    let shown = contacts::shown(data, contact).await?;
    let mut held = about_contact(&shown);
    for file in data.store.contact_files(shown.row.id).await? {
        held.push(Held {
            fact: format!("file:{}", file.id),
            account: None,
            what: "A file about you".to_owned(),
            says: file.name,
            from: "kept by the team".to_owned(),
            since: Some(file.added_at),
            mark: String::new(),
        });
    }
    for (deal, choice) in choices::of_contact(data, shown.row.id).await? {
        let what = |fact: &str, what: &str, says: &str| Held {
            fact: format!("{fact}:{deal}"),
            account: None,
            what: what.to_owned(),
            says: says.to_owned(),
            from: format!("written down by {} in deal {deal}", choice.by.words()),
            since: Some(choice.at),
            mark: String::new(),
        };
        held.push(what("choice", "The product you get", choice.product.as_deref().unwrap_or("a surprise")));
        if let Some(address) = &choice.address {
            held.push(what("shipping", "Where it is sent", address));
        }
    }
    let theirs = CodeFilter { contact: Some(shown.row.id), ..CodeFilter::default() };
    held.extend(data.store.codes(&theirs).await?.into_iter().map(|code| Held {
        fact: format!("code:{}", code.id),
        account: None,
        what: "A code of yours".to_owned(),
        says: code.code,
        from: "made or brought in by the team; orders with it are counted, and of their buyers nothing is kept that names them"
            .to_owned(),
        since: Some(code.created_at),
        mark: String::new(),
    }));
    let followed = LinkFilter { contact: Some(shown.row.id), ..LinkFilter::default() };
    held.extend(data.store.links(&followed).await?.into_iter().map(|link| Held {
        fact: format!("link:{}", link.id),
        account: None,
        what: "A link of yours that is followed".to_owned(),
        says: format!("{}, leads to {}", link.name, link.target),
        from: "made by the team; who clicks is counted and nobody's address is kept".to_owned(),
        since: Some(link.created_at),
        mark: String::new(),
    }));
    held.extend(data.store.told_of_contact(shown.row.id).await?.into_iter().map(|told| {
        let host = url::Url::parse(&told.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let often = if told.times == 1 { "once".to_owned() } else { format!("{} times", told.times) };
        Held {
            fact: format!("told:{}:{}", told.endpoint, told.event),
            account: None,
            what: "What another program of the team is told, with your name".to_owned(),
            says: format!("{}, {often}, to {}", told.event, host.unwrap_or_default()),
            from: "queued when it happened".to_owned(),
            since: Some(told.since),
            mark: String::new(),
        }
    }));
    held.extend(of_posts(data, shown.row.id).await?);
    let prices = data.store.prices_of(&shown.accounts).await?;
    for account in &shown.accounts {
        let report = match creators::report(data, *account).await {
            Ok(report) => report,
            // Nothing of it is held any more, so there is nothing to show.
            Err(creators::CreatorsError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let declared = data.store.declared_events(*account).await?.iter().map(Declared::of).collect::<Vec<_>>();
        held.extend(about_account(&report, &declared));
        held.extend(prices.iter().filter(|price| price.account == *account).map(about_price));
    }
    let contests = data.store.contests_of(shown.row.id).await?;
    for one in &mut held {
        if let Some(contest) = contests.iter().find(|contest| contest.fact == one.fact) {
            one.mark = mark_of(contest);
        }
    }
    let mut touches = Vec::new();
    let mut internal_notes = 0;
    for touch in data.store.touches(shown.row.id, None, u64::from(u32::MAX)).await? {
        let is_theirs = touch.is_shareable
            || matches!(
                touch.kind,
                TouchKind::MailIn
                    | TouchKind::MailOut
                    | TouchKind::Deal
                    | TouchKind::Post
                    | TouchKind::Payment
                    | TouchKind::Right
            );
        match is_theirs {
            true => touches.push((touch.at, format!("{}: {}", touch.kind.words(), touch.summary))),
            false
                if matches!(
                    touch.kind,
                    TouchKind::Note | TouchKind::Call | TouchKind::Meeting | TouchKind::DirectMessage
                ) =>
            {
                internal_notes += 1;
            }
            false => {}
        }
    }
    let is_barred = !shown.addresses.is_empty() && shown.addresses.iter().all(|address| address.barred.is_some());
    let erasure = data.store.erasure_request(shown.row.id).await?;
    Ok(HeldAbout { contact: shown, held, contests, touches, internal_notes, is_barred, erasure })
}

/// What was noted of the posts under a contact's deals, whatever became of the deals: where each piece was posted and when, which post
/// it is or is not, what was read of it, and pictures of that. What was imported of posts stands with their accounts.
async fn of_posts(data: &DataDirectory, contact: i64) -> Result<Vec<Held>, OutreachError> {
    let of_contact = PieceFilter { contact: Some(contact), of_deals: OfDeals::EverAgreed, ..PieceFilter::default() };
    let pieces = data.store.tracked_pieces(&of_contact).await?;
    if pieces.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<i64> = pieces.iter().map(|of| of.piece.id).collect();
    let measured = data.store.measurements(&ids).await?;
    let (decisions, moments) = (data.store.post_decisions().await?, data.store.posts_published().await?);
    let mut held = Vec::new();
    for of in &pieces {
        let (id, name) = (of.piece.id, content::piece_name(&of.piece));
        let mut note = |fact: String, what: String, says: String, from: String, since: Option<Timestamp>| {
            held.push(Held { fact, account: None, what, says, from, since, mark: String::new() });
        };
        if !of.piece.url.is_empty() {
            let from = "noted by you or by the team".to_owned();
            note(
                format!("posted:{id}"),
                format!("Where your {name} was posted"),
                of.piece.url.clone(),
                from,
                of.piece.live_at,
            );
        }
        for said in decisions.iter().filter(|said| said.deliverable == id) {
            let what = match said.is_it {
                true => format!("Which post your {name} is"),
                false => format!("A post that your {name} is not"),
            };
            let from = format!("said by {}", said.actor);
            note(format!("post:{id}:{}", said.post), what, reasons_of(said), from, Some(said.decided_at));
        }
        for said in moments.iter().filter(|said| said.deliverable == id) {
            let (what, says) = (format!("When your {name} was published"), clock::minute(said.at));
            note(format!("published:{id}"), what, says, format!("said by {}", said.actor), None);
        }
        let rows: Vec<_> = measured.iter().filter(|row| row.deliverable == id).collect();
        if let Some(last) = rows.last() {
            let times = if rows.len() == 1 { "once".to_owned() } else { format!("{} times", rows.len()) };
            let says = format!("read {times}, last on {}", clock::day(last.at));
            let from = "written down by the team, or from a file they were given".to_owned();
            let since = rows.iter().map(|row| row.noted_at).min();
            note(format!("figures:{id}"), format!("Figures of your {name}"), says, from, since);
        }
        for (row, file) in rows.iter().filter_map(|row| Some((row, row.evidence.as_ref()?))) {
            let says = format!("{}, of what was read on {}", file.name, clock::minute(row.at));
            let (what, from) = (format!("A picture of the figures of your {name}"), "kept by the team".to_owned());
            note(format!("picture:{}", row.id), what, says, from, Some(row.noted_at));
        }
    }
    Ok(held)
}

/// The post that something was said of, with why it was proposed.
fn reasons_of(said: &PostDecision) -> String {
    let reasons: Vec<Reason> = serde_json::from_str(&said.reasons).unwrap_or_default();
    let words: Vec<String> = reasons.into_iter().map(|reason| reason.words).collect();
    if words.is_empty() { said.post.clone() } else { format!("{}: {}", said.post, words.join("; ")) }
}

fn about_contact(shown: &ContactShown) -> Vec<Held> {
    let row = &shown.row;
    let said = |fact: &str, what: &str, says: &str, from: &str| Held {
        fact: fact.to_owned(),
        account: None,
        what: what.to_owned(),
        says: says.to_owned(),
        from: if from.is_empty() { "it is not noted".to_owned() } else { from.to_owned() },
        since: Some(row.created_at),
        mark: String::new(),
    };
    let mut held = vec![said("name", "Your name", &row.name, &row.source)];
    for (fact, what, says) in [
        ("greeting", "How mails greet you", &row.greeting),
        ("language", "Your language", &row.language),
        ("zone", "Your time zone", &row.zone),
    ] {
        if !says.is_empty() {
            held.push(said(fact, what, says, "written down by the team, or by you"));
        }
    }
    for address in &shown.addresses {
        let barred = address.barred.as_ref().map_or(String::new(), |why| format!(" (never written to: {why})"));
        let fact = format!("address:{}", address.id);
        held.push(said(&fact, "Your address", &format!("{}{barred}", address.address), &address.source));
    }
    for (field, value) in shown.fields.iter().filter(|(_, value)| !value.is_empty()) {
        held.push(said(&format!("field:{}", field.id), &field.name, value, "written down by the team"));
    }
    held
}

fn about_account(report: &CreatorReport, declared: &[Declared]) -> Vec<Held> {
    let profile = &report.profile;
    let account = profile.account;
    let of = |fact: &str, what: &str, says: String, from: String, since: Option<Timestamp>| Held {
        fact: format!("{fact}:{account}"),
        account: Some(account),
        what: what.to_owned(),
        says,
        from,
        since,
        mark: String::new(),
    };
    let brought = || "data about public accounts that was brought in".to_owned();
    let platform = profile.platform.name();
    let mut held = vec![of(
        "account",
        &format!("Your account on {platform}"),
        report.name.name.clone(),
        brought(),
        profile.observed_at,
    )];
    if let Some(bio) = profile.bio.as_ref().filter(|bio| !bio.trim().is_empty()) {
        held.push(of("bio", &format!("Your profile on {platform}"), bio.clone(), brought(), profile.observed_at));
    }
    for (fact, what, says) in [
        ("country", "The country of your account", &profile.country),
        ("account-language", "The language of your account", &profile.language),
    ] {
        if let Some(says) = says {
            held.push(of(fact, what, says.clone(), brought(), profile.observed_at));
        }
    }
    if let Some(last) = report.followers.last() {
        let says = format!("{} on {}", last.followers, clock::day(last.observed_at));
        let from = format!("{} counts since {}", report.followers.len(), clock::day(report.followers[0].observed_at));
        held.push(of("followers", &format!("Your followers on {platform}"), says, from, Some(last.observed_at)));
    }
    if let Some(newest) = report.posts.first() {
        let says =
            format!("{} of the latest are held, the newest of {}", report.posts.len(), clock::day(newest.created_at));
        held.push(of("posts", &format!("Your posts on {platform}"), says, brought(), None));
    }
    held.extend(declared.iter().map(|event| Held {
        fact: format!("event:{}", event.id),
        account: Some(account),
        what: "What explains your numbers".to_owned(),
        says: match event.first_day == event.last_day {
            true => format!("{} on {}: {}", event.kind, event.first_day, event.words),
            false => format!("{} from {} to {}: {}", event.kind, event.first_day, event.last_day, event.words),
        },
        from: "you told of it".to_owned(),
        since: None,
        mark: String::new(),
    }));
    held
}

fn about_price(price: &PriceRow) -> Held {
    Held {
        fact: format!("price:{}", price.id),
        account: Some(price.account),
        what: format!("What you asked or were paid for: {}", price.format.replace('_', " ")),
        says: money_typed(&price.fee),
        from: match price.kind.as_str() {
            "rate_card" => "your rate card".to_owned(),
            "quote" => "an offer you made".to_owned(),
            _ => "a deal".to_owned(),
        },
        since: Some(price.dated_at),
        mark: String::new(),
    }
}

/// How a fact stands that was contested, in words.
pub fn mark_of(contest: &ContestRow) -> String {
    let on = contest.decided_at.map_or_else(String::new, clock::day);
    match contest.state {
        ContestState::Open => format!("contested on {}", clock::day(contest.opened_at)),
        ContestState::Corrected => format!("corrected on {on}"),
        ContestState::Stands => format!("contested; looked at on {on}, and it stands"),
        ContestState::TakenBack => String::new(),
    }
}

/// No more mail to a contact, at their own word.
pub async fn stop_mail(data: &DataDirectory, contact: i64) -> Result<(), OutreachError> {
    bar_contact(data, contact, SuppressionReason::Unsubscribed, "on their own page").await
}

/// Forgets a contact at their own word: their accounts with everything held about them, their mail, deals and drafts. Hashes stay,
/// so that no import brings anything back.
///
/// Errors: `Creators` where facts are being written at this moment; nothing is changed then, and it can be asked again.
pub async fn forget(data: &DataDirectory, contact: i64) -> Result<(), OutreachError> {
    let accounts = data.store.contact_accounts(contact).await?;
    if !accounts.is_empty() {
        creators::forget_together(data, &accounts, "asked for on their own page").await?;
    }
    data.store.forget_contact(contact, data.now()).await?;
    let about = format!("contact {contact}");
    data.store.add_audit(data.now(), "creator", FORGOTTEN, &about, "").await?;
    content::sweep(data).await
}

/// How the log names it that somebody was forgotten at their own word.
pub const FORGOTTEN: &str = "asked to be forgotten and was";

/// Forgets a contact two weeks from now, at their own word, so that they can take with them what is theirs; they get no more mail
/// from now on.
pub async fn forget_later(data: &DataDirectory, contact: i64) -> Result<ErasureRequest, OutreachError> {
    let shown = contacts::shown(data, contact).await?;
    stop_mail(data, shown.row.id).await?;
    let now = data.now();
    let due_at = Timestamp(now.0 + GRACE_DAYS * DAY);
    Ok(data.store.ask_to_be_forgotten(shown.row.id, due_at, &shown.row.name, now).await?)
}

/// They are not to be forgotten after all; whether they were to be. The bar on mail stays: it was their word as well.
pub async fn keep_after_all(data: &DataDirectory, contact: i64) -> Result<bool, OutreachError> {
    let shown = contacts::shown(data, contact).await?;
    Ok(data.store.keep_after_all(shown.row.id, &shown.row.name, data.now()).await?)
}

/// Forgets whoever's day has come; how many. Where facts are being written at the moment it is tried again next time.
pub async fn forget_those_due(data: &DataDirectory) -> Result<u64, OutreachError> {
    let mut forgotten = 0;
    for request in data.store.erasure_requests(data.now()).await? {
        match forget(data, request.contact).await {
            Ok(()) => forgotten += 1,
            Err(error) => {
                tracing::warn!(%error, "somebody is to be forgotten and could not be at once; it is tried again")
            }
        }
    }
    Ok(forgotten)
}
