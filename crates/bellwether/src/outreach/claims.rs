//! Accounts that creators show to be theirs: by a code in the profile, or by a mail from the address that stands there.

use aws_lc_rs::rand;
use mail::read::fresh_text;
use model::outreach::Channel;
use model::{AccountId, Timestamp};
use store::outreach::rights::ClaimRow;
use store::outreach::threads::ThreadsOf;

use super::sealing::address_hash;
use super::{OutreachError, contacts};
use crate::clock;
use crate::data_directory::DataDirectory;

/// Days within which a code has to be seen.
pub const CODE_DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000;
/// Letters that are not mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
const CODE_LETTERS: usize = 10;
const THREADS_READ: u64 = 200;

/// What was found when somebody looked for a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// The account is theirs.
    Proved,
    /// The code stands in the profile of this day.
    InProfile { day: String },
    /// A mail that says it comes from the address in the profile holds the code: somebody has to take it for them.
    InMail { day: String },
    /// The newest profile that is held is of this day, and does not hold it.
    NotYet { profile_of: Option<String> },
    /// Its days are over.
    Over,
}

/// Begins to show that an account of the contact's is theirs.
///
/// Errors: a field where the account is none of the contact's, or was shown to be somebody's already.
pub async fn begin(data: &DataDirectory, contact: i64, account: AccountId) -> Result<ClaimRow, OutreachError> {
    let shown = contacts::shown(data, contact).await?;
    let refused = |problem: &str| OutreachError::Field { field: "account", problem: problem.to_owned() };
    if !shown.accounts.contains(&account) {
        return Err(refused("it is not among your accounts here; tell us by mail that it is yours"));
    }
    if data.store.proved_claim(account).await?.is_some() {
        return Err(refused("somebody has shown already that it is theirs"));
    }
    let mut bytes = [0u8; CODE_LETTERS];
    rand::fill(&mut bytes).map_err(|_| OutreachError::Refused("the system gives no random bytes".to_owned()))?;
    let letters: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let code = format!("bw-{}-{}", &letters[..5], &letters[5..]);
    let now = data.now();
    let expires_at = Timestamp(now.0 + CODE_DAYS * DAY);
    let id = data.store.open_claim(shown.row.id, account, &code, expires_at, now).await?;
    let rows = data.store.claims_of(shown.row.id).await?;
    rows.into_iter().find(|row| row.id == id).ok_or_else(|| refused("it could not be kept; try again"))
}

/// Looks for the code of a claim and takes the account for theirs where it stands in the profile.
pub async fn settle(data: &DataDirectory, claim: &ClaimRow) -> Result<Seen, OutreachError> {
    let seen = look(data, claim).await?;
    let Seen::InProfile { day } = &seen else { return Ok(seen) };
    let evidence = format!("the code {} stood in the profile of {day}", claim.code);
    Ok(match data.store.prove_claim(claim.id, &evidence, "the profile", data.now()).await? {
        true => Seen::Proved,
        false => Seen::Over,
    })
}

/// Looks for the code of a claim in the newest profile held, then in mails from the address that stands in it. Changes nothing.
pub async fn look(data: &DataDirectory, claim: &ClaimRow) -> Result<Seen, OutreachError> {
    if claim.proved_at.is_some() {
        return Ok(Seen::Proved);
    }
    let now = data.now();
    if claim.expires_at <= now {
        return Ok(Seen::Over);
    }
    data.revision().await?;
    let profile = data.lake.profiles(Some(&[claim.account]), now).await?.pop();
    let observed = profile.as_ref().and_then(|profile| profile.observed_at);
    let words = profile.map_or_else(String::new, |profile| {
        let parts = [profile.bio, profile.display_name, profile.external_url];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase()
    });
    if words.contains(&claim.code) {
        let day = observed.map_or_else(|| "a day that is not known".to_owned(), clock::day);
        return Ok(Seen::InProfile { day });
    }
    if let Some(day) = in_mail(data, claim, &words).await? {
        return Ok(Seen::InMail { day });
    }
    Ok(Seen::NotYet { profile_of: observed.map(clock::day) })
}

/// The day of a mail with the code that came, as it says, from an address that stands in the profile.
async fn in_mail(data: &DataDirectory, claim: &ClaimRow, profile: &str) -> Result<Option<String>, OutreachError> {
    let is_part = |letter: char| letter.is_alphanumeric() || "@.+-_".contains(letter);
    let listed: Vec<String> = profile
        .split(|letter: char| !is_part(letter))
        .map(|word| word.trim_matches('.'))
        .filter(|word| super::mailboxes::looks_like_an_address(word))
        .map(|word| address_hash(&data.outreach_key, Channel::Email, word))
        .collect();
    if listed.is_empty() {
        return Ok(None);
    }
    let (threads, _) = data.store.threads(ThreadsOf::Everything, Some(claim.contact), None, 0, THREADS_READ).await?;
    for thread in threads {
        for mail in data.store.thread_mails(thread.id).await? {
            let is_from_them = mail.way == "in" && mail.at > claim.opened_at && listed.contains(&mail.counterpart);
            if is_from_them && fresh_text(&mail.text).to_string().to_lowercase().contains(&claim.code) {
                return Ok(Some(clock::day(mail.at)));
            }
        }
    }
    Ok(None)
}

/// Takes an account for a contact's because of a mail, at the word of somebody who has read it.
pub async fn take_by_mail(data: &DataDirectory, contact: i64, claim: i64, actor: &str) -> Result<(), OutreachError> {
    let rows = data.store.claims_of(contact).await?;
    let Some(row) = rows.into_iter().find(|row| row.id == claim) else {
        return Err(OutreachError::Refused("there is no such claim any more".to_owned()));
    };
    let Seen::InMail { day } = look(data, &row).await? else {
        return Err(OutreachError::Refused(
            "no mail with the code has come from the address in the profile\nhint: their page tells them what to do"
                .to_owned(),
        ));
    };
    let evidence =
        format!("a mail of {day} from the address in the profile held the code {}, taken by {actor}", row.code);
    data.store.prove_claim(row.id, &evidence, actor, data.now()).await?;
    Ok(())
}
