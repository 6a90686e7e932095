//! Reports by mail: to contacts who get the link every week while the campaign runs and with the answer, or with the answer alone;
//! through the same queue, hours and bars as all mail.

use model::Timestamp;
use store::measurement::StudyMail;

use super::{MeasurementError, Standing, Study, refused, report, sharing, study, watching};
use crate::data_directory::DataDirectory;
use crate::outreach::inbox::{self, Written};
use crate::outreach::{contacts, settings};
use crate::web::format;

const WEEK: i64 = 7 * 86_400_000_000;
/// How long a link in a mail lives.
const LINK_DAYS: u32 = 60;

/// How often somebody gets a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rhythm {
    /// Every week until the answer, and then that.
    Weekly,
    Answer,
}

impl Rhythm {
    pub fn code(self) -> &'static str {
        match self {
            Rhythm::Weekly => "weekly",
            Rhythm::Answer => "answer",
        }
    }

    pub fn from_code(code: &str) -> Option<Rhythm> {
        [Rhythm::Weekly, Rhythm::Answer].into_iter().find(|rhythm| rhythm.code() == code)
    }

    pub fn words(self) -> &'static str {
        match self {
            Rhythm::Weekly => "every week, and the answer",
            Rhythm::Answer => "the answer",
        }
    }
}

/// A contact gets the report from now on.
///
/// Errors: a field where there is no such contact; `Refused` by outreach where no public address is set, for a link leads nowhere then.
pub async fn add(
    data: &DataDirectory,
    study_id: i64,
    contact: i64,
    rhythm: Rhythm,
    actor: &str,
) -> Result<i64, MeasurementError> {
    let study = study(data, study_id).await?;
    if data.store.contacts_numbered(&[contact]).await?.is_empty() {
        return Err(refused("contact", format!("there is no contact {contact}; `outreach contacts` lists them")));
    }
    contacts::shown(data, contact).await?;
    if data.store.study_mails(study_id).await?.iter().any(|mail| mail.contact == contact && mail.ended_at.is_none()) {
        return Err(refused("contact", "they get it already; end that first to change how often"));
    }
    if settings::settings(data).await?.public_address.is_empty() {
        return Err(refused(
            "contact",
            "no public address is set, so a link would lead nowhere: set one below Outreach, Settings",
        ));
    }
    if study.row.withdrawn.is_some() {
        return Err(MeasurementError::Withdrawn(study_id, "there is nothing to report".to_owned()));
    }
    let now = data.now();
    let starts = study.design.moment_of(study.design.first_day());
    let next = match rhythm {
        Rhythm::Weekly => Timestamp((starts.0 + WEEK).max(now.0)).min(study.row.unlocks_at),
        Rhythm::Answer => study.row.unlocks_at,
    };
    Ok(data.store.add_study_mail(study_id, contact, rhythm.code(), next, actor, now).await?)
}

pub async fn end(data: &DataDirectory, study: i64, mail: i64) -> Result<(), MeasurementError> {
    match data.store.end_study_mail(study, mail, data.now()).await? {
        true => Ok(()),
        false => Err(MeasurementError::NoMail),
    }
}

/// Sends what is due; how many. What fails for one is logged; the others go on.
pub async fn round(data: &DataDirectory) -> Result<u64, MeasurementError> {
    let mut sent = 0;
    for mail in data.store.study_mails_due(data.now()).await? {
        match send(data, &mail).await {
            Ok(true) => sent += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, study = mail.study, contact = mail.contact, "a report could not be mailed")
            }
        }
    }
    Ok(sent)
}

/// Noted before it is written, so that nobody gets it twice; what cannot be written becomes a task.
async fn send(data: &DataDirectory, mail: &StudyMail) -> Result<bool, MeasurementError> {
    let study = study(data, mail.study).await?;
    let now = data.now();
    let is_answer = study.standing(now) == Standing::Open;
    let next = (!is_answer).then(|| Timestamp(now.0 + WEEK).min(study.row.unlocks_at));
    // Worked out first: what fails here is tried again in the next round.
    let (subject, words) = if is_answer { answered(data, &study).await? } else { so_far(data, &study).await? };
    if !data.store.pass_study_mail(mail, next, now).await? {
        return Ok(false);
    }
    let note = format!("by mail to contact {}", mail.contact);
    let made = sharing::share(data, study.row.id, LINK_DAYS, &note).await?;
    let body = format!("{words}\n\nThe whole report:\n\n{}\n\nThe link works until {}.", made.address, made.expires_on);
    let written = inbox::write(data, mail.contact, Written { subject, body, mailbox: None }).await;
    let Err(error) = written else { return Ok(true) };
    // A link nobody was given opens nothing; a person sends it then.
    sharing::revoke(data, study.row.id, made.link).await?;
    let task = format!("Send the report “{}”: it could not be mailed", study.row.name);
    data.store.add_task(mail.contact, &task, &crate::clock::iso_day(now), "", now).await?;
    Err(error.into())
}

async fn answered(data: &DataDirectory, study: &Study) -> Result<(String, String), MeasurementError> {
    let report = report(data, study.row.id).await?;
    let answer = super::words::answer(&report);
    Ok((format!("{}: what it brought", study.row.name), answer))
}

async fn so_far(data: &DataDirectory, study: &Study) -> Result<(String, String), MeasurementError> {
    let watched = watching::watched(data, study).await?;
    let lines: Vec<String> = watched.iter().map(super::words::so_far).collect();
    let days = study.design.days();
    let words = format!(
        "{} is still running ({} from {}). What may be said today:\n\n{}\n\nThe answer comes once it is over, on the day that was set beforehand.",
        study.row.name,
        format::counted(days.unsigned_abs().into(), "day", "days"),
        study.design.starts_on,
        lines.join("\n")
    );
    Ok((format!("{}: so far", study.row.name), words))
}
