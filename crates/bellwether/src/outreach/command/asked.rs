//! What creators asked for as their right, what comes due, and second looks at posts, by command.

use anyhow::Context;
use model::Timestamp;
use serde_json::json;

use super::text_of;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::Output;
use crate::outreach::reminders::{self, LookGiven};
use crate::outreach::{TEAM, claims, contacts, content, contests};

pub async fn requests(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let mut contested = Vec::new();
    for row in data.store.contests(u64::from(u32::MAX)).await?.0 {
        let name = contacts::shown(data, row.contact).await?.row.name;
        contested.push((row, name));
    }
    let mut claimed = Vec::new();
    for row in data.store.open_claims(data.now()).await? {
        let name = contacts::shown(data, row.contact).await?.row.name;
        claimed.push((row, name));
    }
    let erasures = data.store.erasure_requests(Timestamp(i64::MAX)).await?;
    let all = json!({
        "contests": contested.iter().map(|(row, name)| json!({
            "contest": row.id, "contact": row.contact, "name": name, "what": row.what, "said": row.said, "claim": row.claim,
            "proof": row.proof, "state": row.state.code(), "opened_on": clock::iso(row.opened_at),
            "answer_due_on": row.answer_due_on, "answer": row.answer, "answered_on": row.decided_at.map(clock::iso),
        })).collect::<Vec<_>>(),
        "claims": claimed.iter().map(|(row, name)| json!({
            "claim": row.id, "contact": row.contact, "name": name, "account": row.account.to_string(), "code": row.code,
            "until": clock::iso(row.expires_at),
        })).collect::<Vec<_>>(),
        "erasures": erasures.iter().map(|request| json!({
            "contact": request.contact, "asked_on": clock::iso(request.asked_at), "on": clock::iso(request.due_at),
        })).collect::<Vec<_>>(),
    });
    output.result(&all, |out| {
        if contested.is_empty() && claimed.is_empty() && erasures.is_empty() {
            return writeln!(out, "nobody has asked for anything");
        }
        for (row, name) in &contested {
            writeln!(out, "contest {}  {name}  {}: {}", row.id, row.what, row.state.words())?;
            writeln!(out, "  it said {:?}; they say {:?}", row.said, row.claim)?;
            match row.decided_at {
                None => writeln!(out, "  an answer is due by {}", row.answer_due_on)?,
                Some(at) => writeln!(out, "  answered on {}: {}", clock::day(at), row.answer)?,
            }
        }
        for (row, name) in &claimed {
            writeln!(out, "claim {}  {name}  account {}  code {}", row.id, row.account, row.code)?;
        }
        for request in &erasures {
            writeln!(out, "contact {} is forgotten on {}", request.contact, clock::day(request.due_at))?;
        }
        Ok(())
    })
}

pub async fn answer_contest(
    data: &DataDirectory,
    contest: i64,
    is_corrected: bool,
    answer: &str,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let decided = contests::decide(data, contest, is_corrected, answer, TEAM).await?;
    let state = decided.contest.state;
    output.result(&json!({ "contest": contest, "state": state.code(), "mail": decided.mail }), |out| {
        writeln!(out, "contest {contest} is {}; the answer stands on their page", state.words())?;
        match decided.mail {
            Some(mail) => writeln!(out, "and leaves as mail {mail}"),
            None => writeln!(out, "no mail could be written to them"),
        }
    })
}

pub async fn take_claim(data: &DataDirectory, claim: i64, output: Output<'_>) -> anyhow::Result<()> {
    let open = data.store.open_claims(data.now()).await?;
    let row = open
        .into_iter()
        .find(|row| row.id == claim)
        .with_context(|| format!("there is no open claim {claim}\nhint: `bellwether outreach requests` lists them"))?;
    claims::take_by_mail(data, row.contact, claim, TEAM).await?;
    output.result(&json!({ "claim": claim, "account": row.account.to_string() }), |out| {
        writeln!(out, "account {} is taken for contact {}'s", row.account, row.contact)
    })
}

pub async fn remind(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let done = reminders::round(data).await?;
    output.result(&done, |out| {
        writeln!(out, "{} tasks, {} mails to creators", done.tasks, done.mails)?;
        if done.accounts_shown > 0 {
            writeln!(out, "{} accounts were shown to be their owner's", done.accounts_shown)?;
        }
        match done.forgotten {
            0 => Ok(()),
            count => writeln!(out, "{count} were forgotten: the day they had asked for has come"),
        }
    })
}

#[derive(clap::Args)]
pub struct LookArguments {
    /// The piece; `bellwether outreach deal` lists a deal's.
    pub piece: i64,
    /// The post is gone.
    #[arg(long)]
    pub gone: bool,
    /// A file with its words as they stand now; `-` reads from standard input.
    #[arg(long, conflicts_with = "gone")]
    pub caption: Option<std::path::PathBuf>,
    /// Whether the platform's own label of paid partnerships is on it: yes or no.
    #[arg(long)]
    pub label: Option<String>,
}

pub async fn look(data: &DataDirectory, given: LookArguments, output: Output<'_>) -> anyhow::Result<()> {
    let piece = content::shown(data, given.piece).await?;
    let caption = given.caption.as_deref().map(text_of).transpose()?.unwrap_or_default();
    let has_paid_label = match given.label.as_deref() {
        None => None,
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(other) => anyhow::bail!("--label is yes or no, not {other:?}"),
    };
    let look = LookGiven { is_there: !given.gone, caption: &caption, has_paid_label };
    let words = reminders::look_again(data, &piece, &look, TEAM).await?;
    output.result(&json!({ "piece": given.piece, "found": words }), |out| writeln!(out, "{words}"))
}
