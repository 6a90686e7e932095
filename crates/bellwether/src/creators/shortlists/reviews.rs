//! What the team and clients say of the people on a list: votes with comments, and links by which a client looks at a
//! list without signing in.
//!
//! A client sees who is on the list and what is known of them; prices only where the link was made to show them; never
//! notes, owners, columns, or what others said. Whoever has the link can vote under a name of their own, and change that.

use std::collections::{HashMap, HashSet};

use model::{AccountId, Timestamp};
use serde::Serialize;
use store::{ShortlistLink, ShortlistVote, Voter};

use super::{PERSON_LETTERS_MAX, fits, one_line, paragraphs};
use crate::clock;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::secret_links::{hash_of, new_secret};

/// How long a link may live.
pub const DAYS_MAX: u32 = 366;
pub const DAYS_USUAL: u32 = 14;
const NOTE_LETTERS_MAX: usize = 200;
pub const COMMENT_LETTERS_MAX: usize = 1_000;
/// Names that may vote by one link: a link that went astray must not fill the list.
const VOTERS_A_LINK_MAX: usize = 50;

/// How the votes on somebody add up.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Tally {
    pub up: u64,
    pub neutral: u64,
    pub down: u64,
}

impl Tally {
    pub fn all(self) -> u64 {
        self.up + self.neutral + self.down
    }
}

/// The votes on each of a list, added up.
pub fn tallies(votes: &[ShortlistVote]) -> HashMap<AccountId, Tally> {
    let mut tallies: HashMap<AccountId, Tally> = HashMap::new();
    for vote in votes {
        let tally = tallies.entry(vote.account).or_default();
        match vote.vote {
            1.. => tally.up += 1,
            0 => tally.neutral += 1,
            _ => tally.down += 1,
        }
    }
    tallies
}

/// A vote in a word.
pub fn vote_words(vote: i8) -> &'static str {
    match vote {
        1.. => "for",
        0 => "neither",
        _ => "against",
    }
}

/// Who voted, in words; links are called by the note they were made with.
pub fn voter_words(voter: &Voter, links: &[ShortlistLink]) -> String {
    match voter.link {
        None => format!("{}, team", voter.name),
        Some(id) => match links.iter().find(|link| link.id == id).map(|link| link.note.as_str()) {
            Some(note) if !note.is_empty() => format!("{}, by the link for {note}", voter.name),
            _ => format!("{}, by link {id}", voter.name),
        },
    }
}

/// A vote as somebody gives it; `None` takes it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    pub account: AccountId,
    pub vote: Option<i8>,
    pub comment: String,
}

/// Keeps votes under one name, each in the place of an earlier one under it; returns how many were kept.
pub async fn vote(
    data: &DataDirectory,
    list: i64,
    link: Option<i64>,
    name: &str,
    given: Vec<Given>,
) -> Result<u64, CreatorsError> {
    let name = one_line("your name", name, PERSON_LETTERS_MAX)?;
    if name.is_empty() {
        return Err(CreatorsError::ListChange("a vote needs a name\nhint: say who you are".to_owned()));
    }
    let held = data.store.shortlist_votes(list).await?;
    let voters: HashSet<&Voter> = held.iter().map(|vote| &vote.voter).filter(|voter| voter.link == link).collect();
    let same = voters.iter().find(|voter| voter.name.to_lowercase() == name.to_lowercase());
    if link.is_some() && same.is_none() && voters.len() >= VOTERS_A_LINK_MAX {
        return Err(CreatorsError::ListChange(format!(
            "{VOTERS_A_LINK_MAX} people have voted by this link, and more are not taken\nhint: ask for a link of your own"
        )));
    }
    let voter = same.map_or(Voter { link, name }, |voter| (*voter).clone());
    let mut kept = 0;
    for given in given {
        let comment = paragraphs("a comment", &given.comment, COMMENT_LETTERS_MAX)?;
        match given.vote {
            None => {
                data.store.take_vote_back(list, given.account, &voter).await?;
            }
            Some(vote) => {
                let vote = ShortlistVote {
                    account: given.account,
                    voter: voter.clone(),
                    vote: vote.signum(),
                    comment,
                    voted_at: data.now(),
                };
                let before = held.iter().find(|held| held.account == vote.account && held.voter == voter);
                let is_same = before.is_some_and(|held| (held.vote, &held.comment) == (vote.vote, &vote.comment));
                // A vote sent again unchanged keeps the day it was given.
                kept += u64::from(is_same || data.store.keep_vote(list, &vote).await?);
            }
        }
    }
    Ok(kept)
}

/// A link just made; its secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkMade {
    pub link: i64,
    /// The address below that of the program.
    pub address: String,
    pub expires_on: String,
}

/// A link as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkSeen {
    pub link: i64,
    pub note: String,
    pub shows_prices: bool,
    pub made_on: String,
    pub expires_on: String,
    /// `open`, `over` or `revoked`.
    pub state: &'static str,
    pub opened: u64,
    pub last_opened: Option<String>,
}

/// Whether whoever has a link sees what creators should cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prices {
    Shown,
    Hidden,
}

/// Makes a link to a list that lives for so many days.
pub async fn share(
    data: &DataDirectory,
    list: i64,
    days: u32,
    note: &str,
    prices: Prices,
) -> Result<LinkMade, CreatorsError> {
    if days == 0 || days > DAYS_MAX {
        return Err(CreatorsError::ListChange(format!(
            "a link lives between 1 and {DAYS_MAX} days, not {days}\nhint: two weeks are usual"
        )));
    }
    let note = fits("for whom the link is", note.trim().to_owned(), NOTE_LETTERS_MAX)?;
    let now = data.now();
    let expires_at = Timestamp(now.0 + i64::from(days) * 86_400_000_000);
    // Twice 122 random bits; only their hash is kept.
    let secret = new_secret();
    let link = ShortlistLink {
        id: 0,
        list,
        note,
        shows_prices: prices == Prices::Shown,
        created_at: now,
        expires_at,
        revoked_at: None,
        opened: 0,
        last_opened_at: None,
    };
    let link = data.store.share_shortlist(&hash_of(&secret), &link).await?;
    Ok(LinkMade { link, address: format!("/creators/lists/shared/{secret}"), expires_on: clock::day(expires_at) })
}

/// Opens a link by its secret and counts it; `None` for whatever does not open.
pub async fn open(data: &DataDirectory, secret: &str) -> Result<Option<ShortlistLink>, CreatorsError> {
    Ok(data.store.open_shared_shortlist(&hash_of(secret), data.now()).await?)
}

/// The link of a secret, for whoever looks at it already.
pub async fn looked_at(data: &DataDirectory, secret: &str) -> Result<Option<ShortlistLink>, CreatorsError> {
    Ok(data.store.shared_shortlist(&hash_of(secret), data.now()).await?)
}

/// Links as they are listed.
pub fn seen(links: &[ShortlistLink], now: Timestamp) -> Vec<LinkSeen> {
    let seen = |link: &ShortlistLink| LinkSeen {
        link: link.id,
        note: link.note.clone(),
        shows_prices: link.shows_prices,
        made_on: clock::day(link.created_at),
        expires_on: clock::day(link.expires_at),
        state: match (link.revoked_at, link.expires_at <= now) {
            (Some(_), _) => "revoked",
            (None, true) => "over",
            (None, false) => "open",
        },
        opened: link.opened,
        last_opened: link.last_opened_at.map(clock::minute),
    };
    links.iter().map(seen).collect()
}

/// Revokes a link to a list.
pub async fn revoke(data: &DataDirectory, list: i64, link: i64) -> Result<(), CreatorsError> {
    match data.store.revoke_shortlist_link(list, link, data.now()).await? {
        true => Ok(()),
        false => Err(CreatorsError::NoListLink(link)),
    }
}
