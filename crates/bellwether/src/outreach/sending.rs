//! Sending: what is due leaves through its mailbox at its pace, each mail at most once, each outcome written down.

use std::fs::{File, TryLockError};
use std::sync::Arc;

use jiff::Timestamp as Moment;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use mail::classify::{BounceClass, CLASSIFIER_VERSION, class_of_reply};
use mail::imap::{FolderRole, ImapSession};
use mail::smtp::{Sent, SmtpSession};
use mail::write::{SigningKey, new_message_id, new_token};
use model::Timestamp;
use model::outreach::{MailboxState, SendState};
use serde::Serialize;
use store::outreach::bounces::NewBounce;
use store::outreach::contacts::ContactRow;
use store::outreach::sending::{Beginning, MayLeave, Outcome, OutgoingRow};
use tokio::sync::Mutex;

use super::composing::{Answers, Composing, as_kept, compose, signing_keys, tells_source};
use super::contacts::{AddressShown, addresses};
use super::mailboxes::{self, Mailbox, Pace};
use super::settings::{OutreachSettings, settings};
use super::{OutreachError, sequences};
use crate::data_directory::DataDirectory;

/// Mails looked at together.
const PORTION: u64 = 100;
/// How often a mail that a server put off is tried.
const TRIES_MAX: u32 = 8;
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1_440 * MINUTE;

/// Held by the one program that sends from a data directory.
pub struct SenderLock {
    _file: File,
    /// Held from before a mail begins to leave until what became of it is written down.
    in_hand: Arc<Mutex<()>>,
}

impl SenderLock {
    /// Who holds this holds up the next mail and cuts off none.
    pub fn in_hand(&self) -> Arc<Mutex<()>> {
        self.in_hand.clone()
    }
}

/// Takes the sender's lock, or says that somebody else has it. Whatever had begun to leave when an earlier sender died is
/// of unknown fate from now on.
pub async fn begin(data: &DataDirectory) -> Result<SenderLock, OutreachError> {
    let place = data.path.join("sender.lock");
    let refused =
        |problem: std::io::Error| OutreachError::Refused(format!("{} cannot be used: {problem}", place.display()));
    let file = File::options().create(true).truncate(false).write(true).open(&place).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OutreachError::AtWork),
        Err(TryLockError::Error(problem)) => return Err(refused(problem)),
    }
    let unknown = data.store.begun_is_unknown("the program ended while the server was being given this mail").await?;
    if unknown > 0 {
        tracing::warn!(mails = unknown, "mails of unknown fate: a person has to say what became of them");
    }
    Ok(SenderLock { _file: file, in_hand: Arc::default() })
}

/// What one round of sending did.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Round {
    pub accepted: u64,
    pub refused: u64,
    pub skipped: u64,
    pub unknown: u64,
    /// The server could not take them now; they are tried again.
    pub put_off: u64,
    /// They wait for their hour, the mailbox's pace or its cap.
    pub not_yet: u64,
    pub problems: Vec<String>,
}

impl Round {
    pub fn did_anything(&self) -> bool {
        self.accepted + self.refused + self.skipped + self.unknown + self.put_off > 0
    }
}

/// Takes due steps of sequences and lets leave what may leave now.
pub async fn round(data: &DataDirectory, lock: &SenderLock) -> Result<Round, OutreachError> {
    let mut round = Round::default();
    // Nothing is under way between two rounds: what still says so was cut off.
    data.store.begun_is_unknown("what became of it could not be written down").await?;
    sequences::advance(data, data.now()).await?;
    let settings = settings(data).await?;
    for mailbox in mailboxes::all(data).await? {
        if mailbox.settings.smtp.is_none() || mailbox.state != MailboxState::Active {
            continue;
        }
        if let Err(error) = send_from(data, &mailbox, &settings, lock, &mut round).await {
            round.problems.push(format!("{}: {error}", mailbox.address));
        }
    }
    Ok(round)
}

async fn send_from(
    data: &DataDirectory,
    mailbox: &Mailbox,
    settings: &OutreachSettings,
    lock: &SenderLock,
    round: &mut Round,
) -> Result<(), OutreachError> {
    let keys = signing_keys(data, mailbox.domain())?;
    let mut session: Option<SmtpSession> = None;
    let mut looked_at = std::collections::BTreeSet::new();
    let mut mailbox_waits = false;
    let mut copies: Vec<Vec<u8>> = Vec::new();
    loop {
        let due = data.store.outgoing_due(mailbox.id, data.now(), PORTION).await?;
        let due: Vec<OutgoingRow> = due.into_iter().filter(|mail| looked_at.insert(mail.id)).collect();
        if due.is_empty() {
            break;
        }
        for mail in due {
            let contact = data.store.contact(mail.contact).await?;
            let Some(contact) = contact else { continue };
            if tells_source(&mail) && mailbox_waits {
                round.not_yet += 1;
                continue;
            }
            match not_before(data, mailbox, settings, &contact, &mail).await? {
                Pause::None => {}
                Pause::ThisMail(later) | Pause::Mailbox(later) if later <= data.now() => {}
                pause @ (Pause::ThisMail(later) | Pause::Mailbox(later)) => {
                    round.not_yet += 1;
                    mailbox_waits = matches!(pause, Pause::Mailbox(_));
                    data.store.change_outgoing(mail.id, None, None, Some(later), "", data.now()).await?;
                    continue;
                }
            }
            let problems = round.problems.len();
            let _in_hand = lock.in_hand.lock().await;
            let sent = send_one(data, mailbox, settings, &contact, &mail, &keys, &mut session, round).await?;
            copies.extend(sent.filter(|_| mailbox.settings.keeps_sent_copy));
            if round.problems.len() > problems {
                // The server cannot be reached: the others wait for it too.
                return end(data, mailbox, session, &copies).await;
            }
            if too_many_come_back(data, mailbox).await? {
                round.problems.push(format!("{} has halted: too many addresses do not exist", mailbox.address));
                return end(data, mailbox, session, &copies).await;
            }
        }
    }
    end(data, mailbox, session, &copies).await
}

/// Ends the line to the server and puts copies into the Sent folder; a copy that cannot be put there is named in the log, for
/// the mail itself has left and is held here.
async fn end(
    data: &DataDirectory,
    mailbox: &Mailbox,
    session: Option<SmtpSession>,
    copies: &[Vec<u8>],
) -> Result<(), OutreachError> {
    if let Some(session) = session {
        session.quit().await;
    }
    if copies.is_empty() {
        return Ok(());
    }
    if let Err(problem) = put_copies(data, mailbox, copies).await {
        tracing::warn!(
            problem,
            mails = copies.len(),
            "no copy could be put into the Sent folder of {}",
            mailbox.address
        );
    }
    Ok(())
}

async fn put_copies(data: &DataDirectory, mailbox: &Mailbox, copies: &[Vec<u8>]) -> Result<(), String> {
    let account = mailbox.imap_account(&data.outreach_key).map_err(|error| error.to_string())?;
    let account = account.ok_or_else(|| "it has no server to read from".to_owned())?;
    let mut session = ImapSession::open(&account).await.map_err(|problem| problem.to_string())?;
    let folders = session.folders().await.map_err(|problem| problem.to_string())?;
    let sent = folders.iter().find(|folder| folder.role == FolderRole::Sent);
    let sent = sent.ok_or_else(|| "the server has no Sent folder".to_owned())?;
    for copy in copies {
        session.append(&sent.name, copy, true).await.map_err(|problem| problem.to_string())?;
    }
    session.logout().await;
    Ok(())
}

/// Halts the mailbox when more of its last hundred mails than may came back because the address does not exist.
async fn too_many_come_back(data: &DataDirectory, mailbox: &Mailbox) -> Result<bool, OutreachError> {
    let (of, hard) = data.store.hard_bounces_of_last(mailbox.id, 100).await?;
    if hard <= u64::from(mailbox.settings.pace.hard_bounces_max) {
        return Ok(false);
    }
    let why = format!("{hard} of the last {of} mails went to addresses that do not exist");
    mailboxes::set_state(data, mailbox, MailboxState::Halted, &why).await?;
    Ok(true)
}

/// Until when a mail waits.
enum Pause {
    None,
    ThisMail(Timestamp),
    /// So do all first mails and mails of sequences of its mailbox.
    Mailbox(Timestamp),
}

/// Until when a mail waits. A person's answer to a person waits for nothing.
async fn not_before(
    data: &DataDirectory,
    mailbox: &Mailbox,
    settings: &OutreachSettings,
    contact: &ContactRow,
    mail: &OutgoingRow,
) -> Result<Pause, OutreachError> {
    if !tells_source(mail) {
        return Ok(Pause::None);
    }
    let (pace, now) = (&mailbox.settings.pace, data.now());
    let zone = zone_of(&[&contact.zone, &mailbox.settings.zone, &settings.zone]);
    let open = next_open(pace, &zone, now);
    if open > now {
        return Ok(Pause::ThisMail(open));
    }
    if let Some(last) = data.store.last_left(mailbox.id).await? {
        let next = Timestamp(last.0 + spacing_micros(pace, mail.id));
        if next > now {
            return Ok(Pause::Mailbox(next_open(pace, &zone, next)));
        }
    }
    if mail.is_first {
        let own_zone = zone_of(&[&mailbox.settings.zone, &settings.zone]);
        let (today, tomorrow) = day_of(&own_zone, now);
        let (_, first) = data.store.left_since(mailbox.id, today).await?;
        if first >= u64::from(cap_on(pace, &own_zone, now)) {
            return Ok(Pause::Mailbox(next_open(pace, &zone, tomorrow)));
        }
    }
    Ok(Pause::None)
}

/// The first zone of those named that is known; else UTC.
pub fn zone_of(names: &[&str]) -> TimeZone {
    names.iter().filter(|name| !name.is_empty()).find_map(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

/// Between two mails: the spacing and up to a fifth more, by the mail's number.
fn spacing_micros(pace: &Pace, mail: i64) -> i64 {
    let spacing = i64::from(pace.spacing_seconds) * 1_000_000;
    let part = (mail.wrapping_mul(0x9E37_79B9) & 0x3ff) * spacing / (5 * 1024);
    spacing + part
}

/// The first moment from `at` on that lies in the hours and days in which mail leaves, in the recipient's zone.
pub fn next_open(pace: &Pace, zone: &TimeZone, at: Timestamp) -> Timestamp {
    let Ok(moment) = Moment::from_microsecond(at.0) else { return at };
    let local = moment.to_zoned(zone.clone());
    let is_open_day =
        |day: jiff::civil::Date| !pace.weekdays_only || !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let hour = local.hour();
    if is_open_day(local.date()) && hour >= pace.from_hour as i8 && i32::from(hour) < i32::from(pace.to_hour) {
        return at;
    }
    let mut day = local.date();
    if !is_open_day(day) || i32::from(hour) >= i32::from(pace.to_hour) {
        day = day.tomorrow().unwrap_or(day);
    }
    for _ in 0..7 {
        if is_open_day(day) {
            break;
        }
        day = day.tomorrow().unwrap_or(day);
    }
    let opens = day.at(pace.from_hour as i8, 0, 0, 0).to_zoned(zone.clone());
    opens.map_or(at, |opens| Timestamp(opens.timestamp().as_microsecond()))
}

/// The day's begin and end in a zone.
fn day_of(zone: &TimeZone, at: Timestamp) -> (Timestamp, Timestamp) {
    let Ok(moment) = Moment::from_microsecond(at.0) else { return (at, at) };
    let local = moment.to_zoned(zone.clone());
    let micros = |of: Result<jiff::Zoned, jiff::Error>| of.map_or(at, |of| Timestamp(of.timestamp().as_microsecond()));
    let begin = micros(local.start_of_day());
    let end = local.date().tomorrow().and_then(|day| day.to_zoned(zone.clone()));
    (begin, micros(end))
}

/// First mails a mailbox may send on the day of a moment: its cap, or less while it warms up.
pub fn cap_on(pace: &Pace, zone: &TimeZone, at: Timestamp) -> u32 {
    let Ok(since) = pace.warm_up_since.parse::<jiff::civil::Date>() else { return pace.first_a_day };
    let Ok(moment) = Moment::from_microsecond(at.0) else { return pace.first_a_day };
    let days = moment.to_zoned(zone.clone()).date().since(since).map_or(0, |span| span.get_days()).max(0);
    let grown = f64::from(pace.warm_up_first) * (1.0 + f64::from(pace.warm_up_percent) / 100.0).powi(days);
    (grown.min(f64::from(pace.first_a_day))) as u32
}

#[expect(clippy::too_many_arguments, reason = "everything one mail needs, each used once")]
async fn send_one(
    data: &DataDirectory,
    mailbox: &Mailbox,
    settings: &OutreachSettings,
    contact: &ContactRow,
    mail: &OutgoingRow,
    keys: &[SigningKey],
    session: &mut Option<SmtpSession>,
    round: &mut Round,
) -> Result<Option<Vec<u8>>, OutreachError> {
    let held = addresses(data, &[contact.id]).await?.remove(&contact.id).unwrap_or_default();
    // An address that was removed meanwhile is not replaced by another one silently.
    let to = held.iter().find(|address| Some(address.id) == mail.address);
    let Some(to) = to else {
        lay_aside(data, mail, "the address it was for is not there any more", round).await?;
        return Ok(None);
    };
    let composing = Composing {
        mailbox,
        settings,
        contact,
        to,
        mail,
        answers: answers_of(data, mail).await?,
        message_id: new_message_id(mailbox.domain()),
        token: new_token(),
        at: data.now(),
        keys,
    };
    let composed = match compose(&composing) {
        Ok(composed) => composed,
        Err(problem) => {
            lay_aside(data, mail, &problem, round).await?;
            return Ok(None);
        }
    };
    // Without a line to the server nothing is begun: the mail stays where it is.
    if !session.as_ref().is_some_and(SmtpSession::is_usable) {
        *session = None;
        match SmtpSession::open(&mailbox.smtp_account(&data.outreach_key)?).await {
            Ok(opened) => *session = Some(opened),
            Err(problem) => {
                round.put_off += 1;
                round.problems.push(format!("{}: {problem}", mailbox.address));
                let later = Timestamp(data.now().0 + 5 * MINUTE);
                data.store.change_outgoing(mail.id, None, None, Some(later), &problem.to_string(), data.now()).await?;
                return Ok(None);
            }
        }
    }
    let line = session.as_mut().expect("it was opened above");
    let beginning = Beginning {
        message_id: composing.message_id.clone(),
        token: composing.token.clone(),
        address_hash: to.hash.clone(),
        at: composing.at,
        guard_since: Timestamp(composing.at.0 - i64::from(mailbox.settings.pace.guard_days) * DAY),
    };
    match data.store.begin_sending(mail.id, &beginning).await? {
        MayLeave::Yes => {}
        MayLeave::Skipped(_) => {
            round.skipped += 1;
            return Ok(None);
        }
        MayLeave::Gone => return Ok(None),
    }
    let sent = line.send(&composed.envelope_from, &to.address, &composed.bytes).await;
    let outcome = match sent {
        Sent::Accepted { reply } => {
            round.accepted += 1;
            Outcome::Accepted { reply, mail: Box::new(as_kept(&composing, &composed)) }
        }
        Sent::Refused { code, enhanced, text, is_lasting: true, .. } => {
            round.refused += 1;
            let class = class_of_reply(code, enhanced.as_deref(), &text);
            let bounce = bounce_of(class, to, enhanced.unwrap_or_default(), text.clone());
            Outcome::Refused { code, reply: text, bounce }
        }
        Sent::Refused { code, text, is_lasting: false, .. } => {
            round.put_off += 1;
            Outcome::NotBegun { problem: format!("{code} {text}"), again_at: again_at(data.now(), mail.tries) }
        }
        Sent::NotBegun { problem } => {
            round.put_off += 1;
            Outcome::NotBegun { problem, again_at: again_at(data.now(), mail.tries) }
        }
        Sent::Unknown { problem } => {
            round.unknown += 1;
            Outcome::Unknown { problem }
        }
    };
    let was_taken = matches!(outcome, Outcome::Accepted { .. });
    // What became of it must be written down, also where the database is busy for a while.
    let mut tries = 0;
    while let Err(error) = data.store.end_sending(mail.id, &outcome, data.now()).await {
        tries += 1;
        if tries == 5 {
            return Err(error.into());
        }
        tokio::time::sleep(std::time::Duration::from_secs(tries)).await;
    }
    if !line.is_usable() {
        *session = None;
    }
    Ok(was_taken.then_some(composed.bytes))
}

/// A person says what became of a mail of unknown fate: it was sent, it is to be sent again, it is let be.
pub async fn settle(data: &DataDirectory, mail: i64, to: &str) -> Result<SendState, OutreachError> {
    let state = match to {
        "sent" => SendState::Accepted,
        "again" => SendState::Waiting,
        "let-be" => SendState::Cancelled,
        other => {
            let problem = format!("{other:?} is none of sent, again, let-be");
            return Err(OutreachError::Field { field: "to", problem });
        }
    };
    match data.store.settle_unknown(mail, state, super::TEAM, data.now()).await? {
        true => Ok(state),
        false => Err(OutreachError::Refused(format!("mail {mail} is not of unknown fate any more"))),
    }
}

/// What left a mailbox today, in its zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Today {
    pub mails: u64,
    pub first: u64,
    /// First mails that may leave today.
    pub first_at_most: u32,
}

pub async fn today(
    data: &DataDirectory,
    mailbox: &Mailbox,
    settings: &OutreachSettings,
) -> Result<Today, OutreachError> {
    let zone = zone_of(&[&mailbox.settings.zone, &settings.zone]);
    let (begin, _) = day_of(&zone, data.now());
    let (mails, first) = data.store.left_since(mailbox.id, begin).await?;
    Ok(Today { mails, first, first_at_most: cap_on(&mailbox.settings.pace, &zone, data.now()) })
}

/// What follows from a class of bounce.
pub fn bounce_of(class: BounceClass, to: &AddressShown, status: String, diagnostic: String) -> NewBounce {
    NewBounce {
        address_hash: to.hash.clone(),
        class: class.code().to_owned(),
        status,
        diagnostic,
        class_version: CLASSIFIER_VERSION,
        is_hard: class == BounceClass::HardAddress,
        stops: matches!(class, BounceClass::HardAddress | BounceClass::Policy | BounceClass::Unknown),
    }
}

/// When a mail that was put off is tried again: 5, 10, 20 … minutes later, then never.
fn again_at(now: Timestamp, tries: u32) -> Option<Timestamp> {
    (tries < TRIES_MAX).then(|| Timestamp(now.0 + (5 * MINUTE) * (1 << tries.min(7))))
}

async fn lay_aside(
    data: &DataDirectory,
    mail: &OutgoingRow,
    why: &str,
    round: &mut Round,
) -> Result<(), OutreachError> {
    round.skipped += 1;
    data.store.change_outgoing(mail.id, None, Some(SendState::Skipped), None, why, data.now()).await?;
    if let Some(enrolment) = mail.enrolment {
        data.store.stop_enrolment(enrolment, model::outreach::StopReason::Refused, data.now()).await?;
    }
    Ok(())
}

/// The ids a mail has to name so that its recipient's program shows it below what it answers.
async fn answers_of(data: &DataDirectory, mail: &OutgoingRow) -> Result<Option<Answers>, OutreachError> {
    let Some(id) = mail.answers else { return Ok(None) };
    let Some(answered) = data.store.mail(id).await? else { return Ok(None) };
    let raw = data.store.raw_content(&answered.sha256).await?.unwrap_or_default();
    let read = mail::read::read(&raw);
    let mut references = read.references;
    for before in read.in_reply_to {
        if !references.contains(&before) {
            references.push(before);
        }
    }
    references.retain(|id| *id != answered.message_id);
    references.push(answered.message_id.clone());
    // The first one and the latest are enough for every program; headers must not grow without end.
    if references.len() > 20 {
        references.drain(1..references.len() - 19);
    }
    Ok(Some(Answers { message_id: answered.message_id, references }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn at(text: &str) -> Timestamp {
        match clock::parse_date_cell(text, None) {
            clock::DateCell::At(at) => at,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn mail_leaves_in_the_recipients_hours_on_weekdays() {
        let pace = Pace::default();
        let berlin = zone_of(&["Europe/Berlin"]);
        for (given, expect) in [
            // Wednesday, 10:00 in Berlin.
            ("2026-03-04T09:00:00Z", "2026-03-04T09:00:00Z"),
            ("2026-03-04T07:59:59Z", "2026-03-04T08:00:00Z"),
            ("2026-03-04T16:00:00Z", "2026-03-05T08:00:00Z"),
            // Friday evening: Monday.
            ("2026-03-06T17:00:00Z", "2026-03-09T08:00:00Z"),
            ("2026-03-07T09:00:00Z", "2026-03-09T08:00:00Z"),
            // The night in which summer begins: 9:00 is an hour earlier by the world's clock.
            ("2026-03-28T09:00:00Z", "2026-03-30T07:00:00Z"),
            ("2026-10-24T09:00:00Z", "2026-10-26T08:00:00Z"),
        ] {
            assert_eq!(clock::iso(next_open(&pace, &berlin, at(given))), expect, "{given}");
        }
        let tokyo = zone_of(&["Asia/Tokyo"]);
        assert_eq!(clock::iso(next_open(&pace, &tokyo, at("2026-03-04T09:00:00Z"))), "2026-03-05T00:00:00Z");
    }

    #[test]
    fn over_sixty_days_a_mailbox_never_sends_more_than_its_cap_and_warms_up_by_a_fifth_a_day() {
        let pace = Pace { warm_up_since: "2026-03-02".to_owned(), ..Pace::default() };
        let berlin = zone_of(&["Europe/Berlin"]);
        let mut now = at("2026-03-02T00:00:00Z");
        let (mut sent, mut by_day) = (Vec::<Timestamp>::new(), std::collections::BTreeMap::<String, u32>::new());
        let end = Timestamp(now.0 + 60 * DAY);
        // The sender's own rules with a clock that is pushed on.
        while now < end {
            let open = next_open(&pace, &berlin, now);
            if open > now {
                now = open;
                continue;
            }
            if let Some(last) = sent.last() {
                let next = Timestamp(last.0 + spacing_micros(&pace, sent.len() as i64));
                if next > now {
                    now = next;
                    continue;
                }
            }
            let (today, tomorrow) = day_of(&berlin, now);
            let of_today = sent.iter().filter(|at| **at >= today).count() as u32;
            if of_today >= cap_on(&pace, &berlin, now) {
                now = tomorrow;
                continue;
            }
            sent.push(now);
            let day = Moment::from_microsecond(now.0).expect("a moment").to_zoned(berlin.clone());
            *by_day.entry(day.date().to_string()).or_default() += 1;
            assert!((9..17).contains(&day.hour()), "{day}");
            assert!(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday), "{day}");
        }
        assert_eq!(by_day["2026-03-02"], 10);
        assert_eq!(by_day["2026-03-03"], 12);
        assert_eq!(by_day["2026-03-06"], 20);
        assert_eq!(by_day["2026-03-09"], 35, "the days of the weekend count as days");
        assert!(by_day.values().all(|mails| *mails <= 40));
        assert_eq!(by_day.values().filter(|mails| **mails == 40).count(), by_day.len() - 6);
        assert!(sent.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 90_000_000));
    }

    #[test]
    fn a_mail_that_is_put_off_is_tried_ever_later_and_then_given_up() {
        let minutes: Vec<i64> =
            (0..9).map_while(|tries| again_at(Timestamp(0), tries)).map(|at| at.0 / MINUTE).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 320, 640]);
    }
}
