//! Sequences: mails, waits and tasks one after the other, previewed for each contact, released by a person, ending by
//! themselves when somebody answers.

use jiff::SignedDuration;
use mail::template::Filled;
use model::Timestamp;
use model::outreach::{EnrolmentState, SendState, StopReason};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::outreach::sending::NewOutgoing;
use store::outreach::sequences::{EnrolmentRow, SequenceRow};

use super::contacts::{self, mail_address};
use super::mailboxes::{self, Mailbox};
use super::settings::settings;
use super::templates;
use super::{OutreachError, composing, one_line};
use crate::clock;
use crate::data_directory::DataDirectory;

const STEPS_MAX: usize = 20;
const WAIT_DAYS_MAX: u32 = 365;
const DAY: i64 = 86_400_000_000;

/// One step of a sequence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// A mail from a template; the second and later ones answer the first.
    Send {
        template: i64,
    },
    Wait {
        days: u32,
    },
    /// Something for a person to do, due so many days later.
    Task {
        title: String,
        in_days: u32,
    },
}

/// A sequence with its steps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sequence {
    pub id: i64,
    pub name: String,
    pub steps: Vec<Step>,
}

pub fn of(row: SequenceRow) -> Result<Sequence, OutreachError> {
    let steps = serde_json::from_str(&row.steps)
        .map_err(|error| OutreachError::Refused(format!("the steps of {:?} cannot be read: {error}", row.name)))?;
    Ok(Sequence { id: row.id, name: row.name, steps })
}

/// Steps as somebody types them, one a line: `send TEMPLATE`, `wait 4`, `task call her in 2`.
pub async fn steps_of(data: &DataDirectory, text: &str) -> Result<Vec<Step>, OutreachError> {
    let mut steps = Vec::new();
    for (place, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let wrong = |problem: String| OutreachError::Field {
            field: "steps",
            problem: format!(
                "line {}: {problem}\nhint: a line is `send TEMPLATE`, `wait DAYS` or `task TITLE in DAYS`",
                place + 1
            ),
        };
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let days = |text: &str| match text.trim_end_matches("days").trim_end_matches("day").trim().parse::<u32>() {
            Ok(days) if days <= WAIT_DAYS_MAX => Ok(days),
            _ => Err(wrong(format!("{text:?} is no number of days up to {WAIT_DAYS_MAX}"))),
        };
        steps.push(match word.to_lowercase().as_str() {
            "send" => Step::Send { template: templates::find(data, rest).await?.id },
            "wait" => Step::Wait { days: days(rest)? },
            "task" => {
                let (title, in_days) = rest.rsplit_once(" in ").unwrap_or((rest, "0"));
                Step::Task { title: one_line("steps", title, 200)?, in_days: days(in_days)? }
            }
            other => return Err(wrong(format!("{other:?} is no step"))),
        });
    }
    if !steps.iter().any(|step| matches!(step, Step::Send { .. })) {
        return Err(OutreachError::Field { field: "steps", problem: "a sequence sends at least one mail".to_owned() });
    }
    if steps.len() > STEPS_MAX {
        return Err(OutreachError::Field { field: "steps", problem: format!("more than {STEPS_MAX} steps") });
    }
    Ok(steps)
}

pub async fn keep(data: &DataDirectory, name: &str, steps: &[Step]) -> Result<i64, OutreachError> {
    let name = one_line("name", name, 80)?;
    if name.is_empty() {
        return Err(OutreachError::Field { field: "name", problem: "a sequence needs a name".to_owned() });
    }
    let text = serde_json::to_string(steps).expect("steps are plain");
    // Whoever is in it counts its steps: changed ones would send a mail twice or leave one out.
    let held = data.store.sequences().await?.into_iter().find(|row| row.name.eq_ignore_ascii_case(&name));
    if let Some(held) = held.filter(|held| held.steps != text) {
        let is_on = |state: EnrolmentState| matches!(state, EnrolmentState::Active | EnrolmentState::Paused);
        let counts = data.store.enrolment_counts().await?;
        let people: u64 =
            counts.iter().filter(|(of, state, _)| *of == held.id && is_on(*state)).map(|(.., people)| people).sum();
        if people > 0 {
            return Err(OutreachError::Refused(format!(
                "{people} people are on their way through {name:?}, so its steps stay as they are\nhint: keep the new steps under another name"
            )));
        }
    }
    Ok(data.store.keep_sequence(&name, &text, data.now()).await?)
}

/// A sequence by its number or name.
pub async fn find(data: &DataDirectory, named: &str) -> Result<Sequence, OutreachError> {
    let all = data.store.sequences().await?;
    let row = all.into_iter().find(|row| row.name.eq_ignore_ascii_case(named) || row.id.to_string() == named);
    of(row.ok_or_else(|| OutreachError::NoSequence(named.to_owned()))?)
}

/// A mail of a sequence as one contact would get it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Preview {
    pub step: u32,
    /// Days after the release, if nobody answers.
    pub after_days: u32,
    pub subject: String,
    pub body: String,
    /// Why it cannot be sent.
    pub problem: Option<String>,
}

/// Everything one contact would get, or why not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PreviewOf {
    pub enrolment: i64,
    pub contact: i64,
    pub name: String,
    pub to: Option<String>,
    pub mails: Vec<Preview>,
    /// Who of us wrote to them last, and when.
    pub written_before: Option<String>,
    pub is_well: bool,
}

/// What an enrolled contact would get.
pub async fn preview(
    data: &DataDirectory,
    enrolment: &EnrolmentRow,
    sequence: &Sequence,
) -> Result<PreviewOf, OutreachError> {
    let contact = contacts::shown(data, enrolment.contact).await?;
    let mailbox = mailboxes::find(data, Some(&enrolment.mailbox.to_string())).await?;
    let settings = settings(data).await?;
    let given: Value = serde_json::from_str(&enrolment.given).unwrap_or(Value::Null);
    let values = templates::values(data, &contact, &mailbox, &given).await?;
    let to = mail_address(&contact.addresses);
    let general = match to {
        None => Some(match contact.addresses.iter().find_map(|address| address.barred.as_ref()) {
            Some(barred) => format!("the address is barred: {barred}"),
            None => "there is no e-mail address".to_owned(),
        }),
        Some(to) => composing::missing_notice(&settings, to),
    };
    let (mut mails, mut after_days): (Vec<Preview>, u32) = (Vec::new(), 0);
    for (place, step) in sequence.steps.iter().enumerate() {
        match step {
            Step::Wait { days } => after_days += days,
            Step::Task { .. } => {}
            Step::Send { template } => {
                let filled = match data.store.template(*template).await? {
                    Some(template) => templates::fill(&template, &values),
                    None => Err("its template is gone".to_owned()),
                };
                let before = mails.iter().rev().map(|mail| mail.subject.clone()).find(|subject| !subject.is_empty());
                let filled = filled.and_then(|filled| match (filled.subject.is_empty(), before) {
                    (false, _) => Ok(filled),
                    (true, Some(before)) => Ok(Filled { subject: templates::answering(&before), ..filled }),
                    (true, None) => Err(templates::NO_SUBJECT.to_owned()),
                });
                let (subject, body, problem) = match filled {
                    Ok(filled) => {
                        let source = to.map_or("", |to| to.source.as_str());
                        let link = composing::objection_link(&settings, &mailbox, "…");
                        let footer = templates::footer(&settings, &contact.row.language, source, &link);
                        (filled.subject, format!("{}{footer}", filled.body.trim_end()), general.clone())
                    }
                    Err(problem) => (String::new(), String::new(), Some(problem)),
                };
                mails.push(Preview { step: place as u32, after_days, subject, body, problem });
            }
        }
    }
    Ok(PreviewOf {
        enrolment: enrolment.id,
        contact: contact.row.id,
        name: contact.row.name,
        to: to.map(|to| to.address.clone()),
        is_well: mails.iter().all(|mail| mail.problem.is_none()),
        mails,
        written_before: contact.last_written.map(|(by, at)| format!("{by} on {}", clock::day(at))),
    })
}

/// What putting people into a sequence did.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Enrolled {
    pub new: Vec<i64>,
    /// In it already.
    pub known: u64,
}

/// Puts contacts into a sequence as drafts that a person has to release.
pub async fn enrol(
    data: &DataDirectory,
    sequence: &Sequence,
    contacts: &[i64],
    mailbox: &Mailbox,
    given: &Value,
) -> Result<Enrolled, OutreachError> {
    if mailbox.settings.smtp.is_none() {
        return Err(OutreachError::Refused(format!(
            "{} has no server to send by\nhint: add one with --smtp",
            mailbox.address
        )));
    }
    let given = given.to_string();
    let mut done = Enrolled::default();
    for contact in contacts {
        match data.store.enrol(sequence.id, *contact, mailbox.id, &given, data.now()).await? {
            Some(id) => done.new.push(id),
            None => done.known += 1,
        }
    }
    Ok(done)
}

/// Releases drafts. All are looked at first: one that cannot be written refuses the whole batch, with who and why.
pub async fn release(data: &DataDirectory, sequence: &Sequence, only: Option<&[i64]>) -> Result<u64, OutreachError> {
    let drafts = data.store.enrolments(Some(sequence.id), Some(EnrolmentState::Draft), u64::from(u32::MAX)).await?;
    let drafts: Vec<EnrolmentRow> =
        drafts.into_iter().filter(|draft| only.is_none_or(|only| only.contains(&draft.id))).collect();
    if drafts.is_empty() {
        return Err(OutreachError::Refused(format!("nobody in {:?} waits for a release", sequence.name)));
    }
    let mut problems = Vec::new();
    for draft in &drafts {
        let preview = preview(data, draft, sequence).await?;
        if let Some(problem) = preview.mails.iter().find_map(|mail| mail.problem.clone()) {
            problems.push(format!("{} (contact {}): {problem}", preview.name, preview.contact));
        }
    }
    if !problems.is_empty() {
        let (all, first) = (problems.len(), problems.iter().take(5).cloned().collect::<Vec<_>>().join("\n"));
        return Err(OutreachError::Refused(format!(
            "nothing was released: {all} of {} mails cannot be written\n{first}\nhint: fill in what is missing, or take these people out",
            drafts.len()
        )));
    }
    let ids: Vec<i64> = drafts.iter().map(|draft| draft.id).collect();
    let released = data.store.release_enrolments(&ids, data.now()).await?;
    data.store
        .add_audit(data.now(), super::TEAM, "sequence released", &sequence.name, &format!("{released} people"))
        .await?;
    Ok(released)
}

/// Takes every step that is due: queues mails, waits, makes tasks. How many steps were taken.
pub async fn advance(data: &DataDirectory, now: Timestamp) -> Result<u64, OutreachError> {
    let mut taken = 0;
    // Each step of each enrolment is taken once a round: what does not move on is left for the next one.
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let due = data.store.enrolments_due(now, 500).await?;
        let due: Vec<EnrolmentRow> = due.into_iter().filter(|of| seen.insert((of.id, of.next_step))).collect();
        if due.is_empty() {
            return Ok(taken);
        }
        for enrolment in &due {
            if let Err(error) = advance_one(data, enrolment, now).await {
                // One that cannot go on holds up nobody else.
                tracing::warn!(%error, enrolment = enrolment.id, "a step of a sequence could not be taken");
            }
            taken += 1;
        }
    }
}

async fn advance_one(data: &DataDirectory, enrolment: &EnrolmentRow, now: Timestamp) -> Result<(), OutreachError> {
    let row = data.store.sequence(enrolment.sequence).await?;
    let sequence = of(row.ok_or_else(|| OutreachError::NoSequence(enrolment.sequence.to_string()))?)?;
    take_step(data, enrolment, &sequence, now).await
}

async fn take_step(
    data: &DataDirectory,
    enrolment: &EnrolmentRow,
    sequence: &Sequence,
    now: Timestamp,
) -> Result<(), OutreachError> {
    let (at, store) = (enrolment.next_step, &data.store);
    let Some(step) = sequence.steps.get(at as usize) else {
        store.move_enrolment(enrolment.id, at, at, None).await?;
        return Ok(());
    };
    match step {
        Step::Wait { days } => {
            let due = Timestamp(enrolment.due_at.0 + i64::from(*days) * DAY);
            store.move_enrolment(enrolment.id, at, at + 1, Some(due)).await?;
        }
        Step::Task { title, in_days } => {
            let due_on = clock::iso_day(Timestamp(now.0 + i64::from(*in_days) * DAY));
            store.add_task(enrolment.contact, title, &due_on, "", now).await?;
            store.move_enrolment(enrolment.id, at, at + 1, Some(enrolment.due_at)).await?;
        }
        Step::Send { template } => {
            match store.step_mail(enrolment.id, at).await? {
                None => {}
                Some(mail) if mail.state == SendState::Accepted => {
                    let sent = mail.ended_at.or(mail.begun_at).unwrap_or(mail.created_at);
                    store.move_enrolment(enrolment.id, at, at + 1, Some(sent)).await?;
                    return Ok(());
                }
                // Who has not got this mail is not asked in the next whether they saw it.
                Some(mail) => {
                    let why = if mail.state == SendState::Cancelled { StopReason::ByHand } else { StopReason::Refused };
                    store.stop_enrolment(enrolment.id, why, now).await?;
                    return Ok(());
                }
            }
            match write_step(data, enrolment, *template, at, now).await? {
                Ok(()) => {}
                Err(problem) => {
                    store.stop_enrolment(enrolment.id, StopReason::Refused, now).await?;
                    let title: String = format!("the next mail of “{}” cannot be written: {problem}", sequence.name);
                    let title: String = title.lines().next().unwrap_or("").chars().take(200).collect();
                    store.add_task(enrolment.contact, &title, &clock::iso_day(now), "", now).await?;
                }
            }
        }
    }
    Ok(())
}

async fn write_step(
    data: &DataDirectory,
    enrolment: &EnrolmentRow,
    template: i64,
    step: u32,
    now: Timestamp,
) -> Result<Result<(), String>, OutreachError> {
    let contact = contacts::shown(data, enrolment.contact).await?;
    let mailbox = mailboxes::find(data, Some(&enrolment.mailbox.to_string())).await?;
    let Some(template) = data.store.template(template).await? else {
        return Ok(Err("its template is gone".to_owned()));
    };
    let Some(to) = mail_address(&contact.addresses) else {
        return Ok(Err("there is no address that may be written to".to_owned()));
    };
    let given: Value = serde_json::from_str(&enrolment.given).unwrap_or(Value::Null);
    let values = templates::values(data, &contact, &mailbox, &given).await?;
    let filled = match templates::fill(&template, &values) {
        Ok(filled) => filled,
        Err(problem) => return Ok(Err(problem)),
    };
    // The second and later mails answer the one before, so that all lie in one thread.
    let before = data.store.last_step_taken(enrolment.id).await?;
    let subject = match (filled.subject.is_empty(), &before) {
        (false, _) => filled.subject,
        (true, Some(before)) => templates::answering(&before.subject),
        (true, None) => return Ok(Err(templates::NO_SUBJECT.to_owned())),
    };
    let new = NewOutgoing {
        mailbox: mailbox.id,
        contact: contact.row.id,
        address: Some(to.id),
        enrolment: Some((enrolment.id, step)),
        answers: before.and_then(|mail| mail.mail),
        is_first: contact.last_written.is_none(),
        template: Some((template.id, template.version)),
        subject,
        body: filled.body,
        filled: None,
        state: SendState::Waiting,
        not_before: now,
    };
    data.store.add_outgoing(&new, now).await?;
    Ok(Ok(()))
}

/// A length of time in days and hours, for "in 3 days".
pub fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    SignedDuration::from_micros(to.0 - from.0).as_hours() / 24
}
