//! Who of the accounts held is among the brand's own people: the creators first, each with how, how long and how surely.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use engine::matching::identity::{MatchEvidence, OwnEvent, OwnEventKind, OwnMatch, tenure};
use model::{AccountId, Estimate, InteractionKind, Timestamp};
use serde::Serialize;
use store::{OwnFile, OwnMatched};

use crate::clock;
use crate::creators::CreatorsError;
use crate::creators::search::FOLLOWERS_MIN;
use crate::data_directory::DataDirectory;
use crate::ingest::own_file::OwnKind;
use crate::output::grouped;

/// How sure it is that an account is among own people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Confirmed,
    Sure,
    Suggested,
    Refused,
}

impl Standing {
    fn of_state(state: &str) -> Standing {
        match state {
            "confirmed" => Standing::Confirmed,
            "sure" => Standing::Sure,
            "refused" => Standing::Refused,
            _ => Standing::Suggested,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Standing::Confirmed => "confirmed",
            Standing::Sure => "sure",
            Standing::Suggested => "suggested",
            Standing::Refused => "refused",
        }
    }

    /// Whether it counts.
    pub fn counts(self) -> bool {
        matches!(self, Standing::Confirmed | Standing::Sure)
    }
}

/// What somebody did, by one kind of file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OwnWay {
    pub kind: OwnKind,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub times: Option<u64>,
}

impl OwnWay {
    /// "follower since 3 Mar 2024", "4 orders, 5 Jan 2026 to 1 Mar 2026".
    pub fn words(&self) -> String {
        let since = self.first_at.map_or_else(String::new, |at| format!(" since {}", clock::day(at)));
        let between = match (self.first_at, self.last_at) {
            (Some(first), Some(last)) if clock::day(first) != clock::day(last) => {
                format!(", {} to {}", clock::day(first), clock::day(last))
            }
            (Some(day), _) | (None, Some(day)) => format!(", {}", clock::day(day)),
            (None, None) => String::new(),
        };
        let counted = |one: &str, many: &str| match self.times {
            Some(1) => format!("1 {one}"),
            Some(times) => format!("{} {many}", grouped(times)),
            None => many.to_owned(),
        };
        match self.kind {
            OwnKind::Followers => format!("follower{since}"),
            OwnKind::Engagers => format!("{}{between}", counted("like or comment", "likes or comments")),
            OwnKind::Newsletter => format!("newsletter reader{since}"),
            OwnKind::Customers if self.times.is_some() => {
                format!("customer{since}, {}", counted("order", "orders"))
            }
            OwnKind::Customers => format!("customer{since}"),
            OwnKind::Orders => format!("{}{between}", counted("order", "orders")),
        }
    }
}

/// One person of a file who may be this account.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OwnPair {
    pub person: i64,
    pub file: i64,
    pub kind: OwnKind,
    pub row: u64,
    pub chance: f64,
    pub standing: Standing,
    pub decided_at: Option<Timestamp>,
}

/// An account that is, or may be, among own people.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OwnAccount {
    pub account: AccountId,
    pub standing: Standing,
    /// Whether they publish, or have followers enough to be looked for.
    pub is_creator: bool,
    /// By kind; of pairs that count where any does.
    pub ways: Vec<OwnWay>,
    /// From the first to the last day held.
    pub span: Estimate,
    pub pairs: Vec<OwnPair>,
}

impl OwnAccount {
    /// All they did, in one line.
    pub fn words(&self) -> String {
        self.ways.iter().map(OwnWay::words).collect::<Vec<_>>().join("; ")
    }
}

/// Everybody matched, and the files.
pub struct OwnPeople {
    pub files: Vec<OwnFile>,
    /// Sure or confirmed, creators first, those who did most and for longest before others.
    pub theirs: Vec<OwnAccount>,
    /// Only suggested, creators first, the likeliest before others.
    pub suggested: Vec<OwnAccount>,
    pub refused: Vec<OwnAccount>,
}

impl OwnPeople {
    pub fn of(&self, account: AccountId) -> Option<&OwnAccount> {
        self.theirs.iter().chain(&self.suggested).chain(&self.refused).find(|one| one.account == account)
    }

    pub fn creators(&self) -> impl Iterator<Item = &OwnAccount> {
        self.theirs.iter().filter(|one| one.is_creator)
    }

    pub fn others(&self) -> impl Iterator<Item = &OwnAccount> {
        self.theirs.iter().filter(|one| !one.is_creator)
    }
}

/// What own people were read from: what was typed, the data revision and the day.
type ReadFrom = (i64, i64, i32);

/// Own people as last read.
#[derive(Default)]
pub struct OwnPeopleHeld {
    people: Option<(ReadFrom, Arc<OwnPeople>)>,
    /// Who can be looked for, with the data revision.
    creators: Option<(i64, Arc<HashSet<AccountId>>)>,
}

/// Everybody matched now. Cost: one reading of the matches and of who can be looked for, once until either changes.
pub async fn own_people(data: &DataDirectory) -> Result<Arc<OwnPeople>, CreatorsError> {
    let now = data.now();
    let revision = data.revision().await?;
    let from = (data.store.typed_change().await?, revision, now.day());
    let mut held = data.own_people.lock().await;
    if let Some((_, people)) = held.people.as_ref().filter(|(of, _)| *of == from) {
        return Ok(people.clone());
    }
    let files = data.store.own_files(now).await?;
    let matches = data.store.own_matches(now).await?;
    let known = held.creators.as_ref().filter(|(of, _)| *of == revision).map(|(_, creators)| creators.clone());
    let creators = match known {
        Some(creators) => creators,
        None if matches.is_empty() => Arc::default(),
        None => Arc::new(data.lake.searchable_accounts(FOLLOWERS_MIN, now).await?.into_iter().collect()),
    };
    held.creators = (!matches.is_empty()).then(|| (revision, creators.clone()));
    let work = move || sorted(files, &matches, &creators);
    let people = Arc::new(tokio::task::spawn_blocking(work).await.expect("sorting does not panic"));
    held.people = Some((from, people.clone()));
    Ok(people)
}

fn sorted(files: Vec<OwnFile>, matches: &[OwnMatched], creators: &HashSet<AccountId>) -> OwnPeople {
    let mut people = OwnPeople { files, theirs: vec![], suggested: vec![], refused: vec![] };
    for of_account in matches.chunk_by(|one, other| one.account == other.account) {
        let account = account_of(of_account, creators);
        match account.standing {
            Standing::Confirmed | Standing::Sure => people.theirs.push(account),
            Standing::Suggested => people.suggested.push(account),
            Standing::Refused => people.refused.push(account),
        }
    }
    let span = |one: &OwnAccount| one.span.value.unwrap_or(-1.0);
    let times = |one: &OwnAccount| one.ways.iter().filter_map(|way| way.times).sum::<u64>();
    people.theirs.sort_by(|one, other| {
        (other.is_creator, other.ways.len())
            .cmp(&(one.is_creator, one.ways.len()))
            .then(span(other).total_cmp(&span(one)))
            .then(times(other).cmp(&times(one)))
            .then(one.account.cmp(&other.account))
    });
    let likeliest = |one: &OwnAccount| one.pairs.iter().map(|pair| pair.chance).fold(0.0, f64::max);
    let by_chance = |one: &OwnAccount, other: &OwnAccount| {
        (other.is_creator.cmp(&one.is_creator))
            .then(likeliest(other).total_cmp(&likeliest(one)))
            .then(one.account.cmp(&other.account))
    };
    people.suggested.sort_by(by_chance);
    people.refused.sort_by(by_chance);
    people
}

fn account_of(matches: &[OwnMatched], creators: &HashSet<AccountId>) -> OwnAccount {
    let pairs: Vec<OwnPair> = matches
        .iter()
        .filter_map(|one| {
            Some(OwnPair {
                person: one.person,
                file: one.file,
                kind: OwnKind::from_code(&one.kind)?,
                row: one.row_number,
                chance: one.chance,
                standing: Standing::of_state(&one.state),
                decided_at: one.decided_at,
            })
        })
        .collect();
    let standing = pairs.iter().map(|pair| pair.standing).min().unwrap_or(Standing::Suggested);
    let counted = |one: &&OwnMatched| {
        let of = Standing::of_state(&one.state);
        if standing.counts() { of.counts() } else { of == standing }
    };
    let (mut ways, mut events): (BTreeMap<OwnKind, OwnWay>, Vec<OwnEvent>) = Default::default();
    for one in matches.iter().filter(counted) {
        let Some(kind) = OwnKind::from_code(&one.kind) else { continue };
        let way = ways.entry(kind).or_insert(OwnWay { kind, first_at: None, last_at: None, times: None });
        way.first_at = [way.first_at, one.first_at].into_iter().flatten().min();
        way.last_at = [way.last_at, one.last_at].into_iter().flatten().max();
        way.times = match (way.times, one.times) {
            (None, None) => None,
            (before, more) => Some(before.unwrap_or(0) + more.unwrap_or(0)),
        };
        let mut days = vec![one.first_at, one.last_at];
        days.dedup();
        events.extend(days.into_iter().flatten().map(|at| OwnEvent { at, kind: event_kind(kind) }));
    }
    let account = matches[0].account;
    OwnAccount {
        account,
        standing,
        is_creator: creators.contains(&account),
        ways: ways.into_values().collect(),
        span: tenure(&events, None).span,
        pairs,
    }
}

/// A file that only says that somebody engaged does not tell likes from comments; the span does not depend on it.
fn event_kind(kind: OwnKind) -> OwnEventKind {
    match kind {
        OwnKind::Followers => OwnEventKind::Did(InteractionKind::Follow),
        OwnKind::Engagers => OwnEventKind::Did(InteractionKind::Comment),
        OwnKind::Newsletter => OwnEventKind::Newsletter,
        OwnKind::Customers | OwnKind::Orders => OwnEventKind::Order,
    }
}

/// What speaks for a match.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PairEvidence {
    pub chance: Estimate,
    pub evidence: Vec<MatchEvidence>,
    pub rivals: Vec<AccountId>,
}

/// What speaks for each pair of these accounts, by person and account.
pub async fn evidence_of(
    data: &DataDirectory,
    accounts: &[&OwnAccount],
) -> Result<HashMap<(i64, AccountId), PairEvidence>, CreatorsError> {
    let pairs: Vec<(i64, AccountId)> =
        accounts.iter().flat_map(|one| one.pairs.iter().map(|pair| (pair.person, one.account))).collect();
    let held = data.store.own_evidence(&pairs).await?;
    let read = |(pair, json): ((i64, AccountId), String)| {
        let found: OwnMatch = serde_json::from_str(&json).ok()?;
        Some((pair, PairEvidence { chance: found.chance, evidence: found.evidence, rivals: found.rivals }))
    };
    Ok(held.into_iter().filter_map(read).collect())
}
