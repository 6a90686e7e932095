//! Facts that creators contest, one at a time: what they say is wrong, and the answer they get in writing within a week.

use model::Timestamp;
use model::outreach::rights::{ANSWER_WITHIN_DAYS, ContestState};
use store::outreach::rights::{ContestRow, Decision, NewContest};

use super::inbox::{self, Written};
use super::{OutreachError, TEAM, contacts, one_line, rights};
use crate::clock;
use crate::data_directory::DataDirectory;

const CLAIM_LETTERS_MAX: usize = 2_000;
const PROOF_LETTERS_MAX: usize = 500;
const ANSWER_LETTERS_MAX: usize = 4_000;
const DAY: i64 = 86_400_000_000;

/// A decision with how it reached who asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    pub contest: ContestRow,
    /// The mail that takes the answer along; `None`: it stands on their page alone.
    pub mail: Option<i64>,
}

fn text_of(field: &'static str, given: &str, letters_max: usize, missing: &str) -> Result<String, OutreachError> {
    let text = given.replace("\r\n", "\n").trim().to_owned();
    let problem = match text.chars().count() {
        0 => missing.to_owned(),
        letters if letters > letters_max => format!("it is longer than {letters_max} letters"),
        _ => return Ok(text),
    };
    Err(OutreachError::Field { field, problem })
}

/// Contests a fact held about a contact.
///
/// Errors: a field where the fact is not held or nothing is said; `Refused` where another fact of theirs is contested and not yet
/// answered, for each gets an answer of its own.
pub async fn open(
    data: &DataDirectory,
    contact: i64,
    fact: &str,
    claim: &str,
    proof: &str,
) -> Result<i64, OutreachError> {
    let about = rights::held_about(data, contact).await?;
    let Some(held) = about.held.iter().find(|held| held.fact == fact) else {
        let problem = "it is not held any more; choose one of what is held".to_owned();
        return Err(OutreachError::Field { field: "fact", problem });
    };
    let claim = text_of("claim", claim, CLAIM_LETTERS_MAX, "say what is wrong and how it is right")?;
    let proof = one_line("proof", proof, PROOF_LETTERS_MAX)?;
    let now = data.now();
    let row = &about.contact.row;
    let new = NewContest {
        contact: row.id,
        fact,
        account: held.account,
        what: &held.what,
        said: &held.says,
        claim: &claim,
        proof: &proof,
        answer_due_on: &clock::iso_day(Timestamp(now.0 + ANSWER_WITHIN_DAYS * DAY)),
        actor: &row.name,
    };
    data.store.open_contest(&new, now).await?.ok_or_else(|| {
        OutreachError::Refused(
            "one thing you contested has not been answered yet\nhint: each gets an answer of its own; contest the next after it"
                .to_owned(),
        )
    })
}

/// Takes a contest back, at the word of who opened it; whether it was open.
pub async fn take_back(data: &DataDirectory, contact: i64, contest: i64) -> Result<bool, OutreachError> {
    let held = data.store.contest(contest).await?.filter(|held| held.contact == contact);
    let Some(held) = held else { return Ok(false) };
    let name = contacts::shown(data, contact).await?.row.name;
    let decision =
        Decision { contest: held.id, state: ContestState::TakenBack, answer: "", actor: &name, revision: None };
    Ok(data.store.decide_contest(&decision, data.now()).await?)
}

/// Answers a contest: it is corrected, or it stands. The answer goes by mail where mail can go, and stands on their page.
///
/// Errors: a field where no answer is given, or where it is said to be corrected and still says what it said; `Refused` where it
/// was answered already.
pub async fn decide(
    data: &DataDirectory,
    contest: i64,
    is_corrected: bool,
    answer: &str,
    actor: &str,
) -> Result<Decided, OutreachError> {
    let held = data.store.contest(contest).await?.ok_or(OutreachError::NoContest(contest))?;
    let answer =
        text_of("answer", answer, ANSWER_LETTERS_MAX, "answer in a sentence or two: it is all they get to read")?;
    let about = rights::held_about(data, held.contact).await?;
    let says_still = about.held.iter().any(|one| one.fact == held.fact && one.says == held.said);
    if is_corrected && says_still {
        let problem = format!("it still says “{}”: correct it first, then say that it is corrected", held.said);
        return Err(OutreachError::Field { field: "answer", problem });
    }
    let state = if is_corrected { ContestState::Corrected } else { ContestState::Stands };
    let revision = Some(data.revision().await?);
    let decision = Decision { contest, state, answer: &answer, actor, revision };
    if !data.store.decide_contest(&decision, data.now()).await? {
        return Err(OutreachError::Refused(format!(
            "contest {contest} has been answered already, or was taken back\nhint: what was answered stands on the page of requests"
        )));
    }
    let outcome = match is_corrected {
        true => "It has been corrected.",
        false => "We have looked at it, and it stays as it is.",
    };
    let body =
        format!("You told us that something we hold about you is wrong: {}.\n\n{outcome}\n\n{answer}\n", held.what);
    let mail = Written { subject: "What you asked us to look at".to_owned(), body, mailbox: None };
    // Where no mail can go, the answer stands on their page.
    let mail = inbox::write(data, held.contact, mail).await.ok();
    let contest = data.store.contest(contest).await?.ok_or(OutreachError::NoContest(contest))?;
    Ok(Decided { contest, mail })
}

/// Who answers where nobody says so.
pub const ANSWERS: &str = TEAM;
