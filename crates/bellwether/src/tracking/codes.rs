//! Codes: whose each is. Typed, made by a pattern for the deals of a campaign, or brought in from the shop's own list.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use aws_lc_rs::rand;
use hmac::{Hmac, Mac};
use jiff::civil::Date;
use model::outreach::deals::DealState;
use model::{RowIssue, Timestamp};
use serde::Serialize;
use sha2::Sha256;
use store::codes::{CodeFilter, CodeRow, NewCode};
use store::outreach::deals::DealFilter;

use super::told::code_norm;
use super::{TrackingError, shops};
use crate::data_directory::DataDirectory;
use crate::ingest::IngestError;
use crate::ingest::csv_file::{CsvFile, Next, file_name};
use crate::outreach::{contacts, deals};
use crate::web::csv::as_typed;

const CODE_LETTERS_MAX: usize = 40;
const CODES_AT_ONCE_MAX: usize = 5_000;
const NAME_LETTERS_MAX: usize = 12;
const DAY: i64 = 86_400_000_000;
/// Letters that are read out and typed without mistakes.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code as somebody gives it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CodeGiven {
    pub code: String,
    /// Name or number of a shop; empty: it counts in all.
    pub shop: String,
    pub deal: Option<i64>,
    pub contact: Option<i64>,
    pub campaign: Option<i64>,
    /// The first and the last day it counts; empty: without end.
    pub from: String,
    pub until: String,
}

/// What came of a file of codes.
#[derive(Clone, Default, PartialEq, Debug, Serialize)]
pub struct CodesImported {
    pub rows: u64,
    pub new: u64,
    pub known: u64,
    pub refused: Vec<RowIssue>,
    pub is_try: bool,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

/// A code as it is kept.
///
/// Errors: a field where it is empty, too long, or holds what no buyer types.
fn checked(code: &str) -> Result<String, TrackingError> {
    let code = code.trim();
    let is_plain =
        code.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '%' | '&' | '+'));
    if code.chars().count() < 2 || code.chars().count() > CODE_LETTERS_MAX || !is_plain {
        return Err(refused(
            "code",
            format!("{code:?} is not 2 to {CODE_LETTERS_MAX} letters, digits and - _ . % & +"),
        ));
    }
    Ok(code.to_owned())
}

fn day_of(field: &'static str, text: &str) -> Result<Option<Timestamp>, TrackingError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let problem = || refused(field, format!("{text:?} is no day such as 2026-03-01"));
    let day: Date = text.parse().map_err(|_| problem())?;
    crate::clock::parse_utc_without_zone(&format!("{day}T00:00:00")).map(Some).ok_or_else(problem)
}

/// What stays of a code when it goes with whom it names.
pub(super) fn code_hash(key: &[u8], code_norm: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"code\0");
    mac.update(code_norm.as_bytes());
    mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn ready(data: &DataDirectory, given: &CodeGiven, actor: &str) -> Result<NewCode, TrackingError> {
    let code = checked(&given.code)?;
    let shop = match given.shop.trim() {
        "" => None,
        named => {
            Some(shops::find(data, named).await.map_err(|_| refused("shop", format!("there is no shop {named}")))?.id)
        }
    };
    let (mut contact, mut campaign) = (given.contact, given.campaign);
    if let Some(deal) = given.deal {
        let held = deals::shown(data, deal).await?;
        contact = Some(held.row.contact);
        campaign = campaign.or(held.row.campaign);
    } else if let Some(id) = contact {
        contacts::shown(data, id).await?;
    } else {
        return Err(refused("deal", "say whose the code is: a deal or a contact"));
    }
    if let Some(id) = campaign
        && data.store.campaign(id).await?.is_none()
    {
        return Err(refused("campaign", format!("there is no campaign {id}")));
    }
    let (from, until) = (day_of("from", &given.from)?, day_of("until", &given.until)?);
    if from.is_some() && until.is_some() && until < from {
        return Err(refused("until", "it ends before it begins"));
    }
    let norm = code_norm(&code);
    Ok(NewCode {
        shop,
        code_hash: code_hash(&data.outreach_key, &norm),
        code_norm: norm,
        code,
        contact,
        deal: given.deal,
        campaign,
        valid_from: from,
        // To the end of that day.
        valid_to: until.map(|until| Timestamp(until.0 + DAY)),
        actor: actor.to_owned(),
    })
}

/// Keeps a code.
pub async fn make(data: &DataDirectory, given: &CodeGiven, actor: &str) -> Result<CodeRow, TrackingError> {
    let new = ready(data, given, actor).await?;
    let ids = data.store.add_codes(std::slice::from_ref(&new), data.now()).await?;
    let id = ids.map_err(|code| refused("code", format!("{code:?} is somebody's already, or was; choose another")))?[0];
    numbered(data, id).await
}

pub async fn numbered(data: &DataDirectory, id: i64) -> Result<CodeRow, TrackingError> {
    data.store.code(id).await?.ok_or_else(|| TrackingError::NoCode(id.to_string()))
}

/// A code by its number or as buyers type it.
pub async fn find(data: &DataDirectory, named: &str) -> Result<CodeRow, TrackingError> {
    let norm = code_norm(named);
    let all = data.store.codes(&CodeFilter::default()).await?;
    let by_code = all.iter().find(|row| row.code_norm == norm);
    let by_number = || all.iter().find(|row| row.id.to_string() == named.trim());
    by_code.or_else(by_number).cloned().ok_or_else(|| TrackingError::NoCode(named.to_owned()))
}

/// Capital letters and digits of a name, without marks.
fn in_capitals(words: &str) -> String {
    let slug = super::links::slug_of(words);
    slug.chars().filter(|letter| *letter != '-').take(NAME_LETTERS_MAX).collect::<String>().to_uppercase()
}

fn drawn(count: usize) -> Result<String, TrackingError> {
    let mut bytes = vec![0u8; count];
    rand::fill(&mut bytes).map_err(|_| TrackingError::Log("the system gives no random bytes".to_owned()))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// The code that a pattern makes for somebody: `{first}` the first of their names, `{name}` all of them, `{deal}` its number,
/// `{random}` four drawn letters.
fn by_pattern(pattern: &str, name: &str, deal: i64) -> Result<String, TrackingError> {
    let first = in_capitals(name.split_whitespace().next().unwrap_or(""));
    let or_drawn = |text: String| if text.is_empty() { drawn(4) } else { Ok(text) };
    let mut code = pattern.trim().to_owned();
    for (mark, value) in [
        ("{first}", or_drawn(first)?),
        ("{name}", or_drawn(in_capitals(name))?),
        ("{deal}", deal.to_string()),
        ("{random}", drawn(4)?),
    ] {
        code = code.replace(mark, &value);
    }
    if code.contains(['{', '}']) {
        return Err(refused("pattern", "a pattern holds {first}, {name}, {deal} or {random}, and letters around them"));
    }
    checked(&code).map_err(|error| match error {
        TrackingError::Field { problem, .. } => refused("pattern", problem),
        other => other,
    })
}

/// Makes a code for every deal of a campaign that has none yet, all or none. Where two come out alike, a number is added.
pub async fn make_for_campaign(
    data: &DataDirectory,
    campaign: i64,
    pattern: &str,
    given: &CodeGiven,
    actor: &str,
) -> Result<Vec<CodeRow>, TrackingError> {
    if data.store.campaign(campaign).await?.is_none() {
        return Err(refused("campaign", format!("there is no campaign {campaign}")));
    }
    if !pattern.contains('{') {
        return Err(refused("pattern", "without {first}, {name}, {deal} or {random} all codes would be the same"));
    }
    let all = data.store.codes(&CodeFilter::default()).await?;
    let has: HashSet<i64> = all.iter().filter_map(|row| row.deal).collect();
    let mut taken: HashSet<String> = all.into_iter().map(|row| row.code_norm).collect();
    let mut new = vec![];
    for deal in data.store.deals(&DealFilter { campaign: Some(campaign), ..DealFilter::default() }).await? {
        if matches!(deal.state, DealState::Declined | DealState::Withdrawn) || has.contains(&deal.id) {
            continue;
        }
        let name = contacts::shown(data, deal.contact).await?.row.name;
        let begin = by_pattern(pattern, &name, deal.id)?;
        let mut code = begin.clone();
        let mut more = 2;
        while taken.contains(&code_norm(&code)) {
            code = format!("{begin}-{more}");
            more += 1;
        }
        taken.insert(code_norm(&code));
        new.push(ready(data, &CodeGiven { code, deal: Some(deal.id), ..given.clone() }, actor).await?);
    }
    if new.len() > CODES_AT_ONCE_MAX {
        return Err(refused("campaign", format!("it has more than {CODES_AT_ONCE_MAX} deals without a code")));
    }
    let ids = data.store.add_codes(&new, data.now()).await?;
    let ids = ids.map_err(|code| {
        refused("pattern", format!("{code:?} is somebody's already, or was; choose another pattern"))
    })?;
    let filter = CodeFilter { campaign: Some(campaign), ..CodeFilter::default() };
    Ok(data.store.codes(&filter).await?.into_iter().filter(|row| ids.contains(&row.id)).collect())
}

/// Brings codes in from a file with the columns code, deal or contact or creator, and shop, from, until where they are known.
pub async fn import(
    data: &DataDirectory,
    path: &Path,
    shop: &str,
    is_try: bool,
    actor: &str,
) -> Result<CodesImported, TrackingError> {
    let of_file = |error: IngestError| {
        TrackingError::File(error.to_string().replace(&path.display().to_string(), &file_name(path)))
    };
    let mut file = CsvFile::open(path).map_err(of_file)?;
    let name = file.name.clone();
    let place = |file: &CsvFile, names: &[&str]| names.iter().find_map(|name| file.column(name));
    let columns: HashMap<&str, Option<usize>> = [
        ("code", place(&file, &["code", "discount code", "coupon", "coupon code", "name"])),
        ("deal", place(&file, &["deal"])),
        ("contact", place(&file, &["contact"])),
        ("creator", place(&file, &["creator", "influencer", "partner"])),
        ("shop", place(&file, &["shop"])),
        ("from", place(&file, &["from", "valid_from", "start", "starts at"])),
        ("until", place(&file, &["until", "valid_to", "end", "ends at"])),
    ]
    .into();
    if columns["code"].is_none() {
        return Err(refused("file", format!("no column says the code; the headings are {}", file.headings.join(", "))));
    }
    let by_name = contacts_by_name(data).await?;
    let held = data.store.codes(&CodeFilter::default()).await?;
    // A code of every shop and the same code of one would name two creators for one order.
    let whose = |one: &NewCode| {
        let same = |row: &&CodeRow| {
            row.code_norm == one.code_norm && (row.shop.is_none() || one.shop.is_none() || row.shop == one.shop)
        };
        held.iter().find(same).map(|row| (row.contact, row.shop))
    };
    let mut done = CodesImported { is_try, ..CodesImported::default() };
    let (mut new, mut seen): (Vec<NewCode>, HashSet<(Option<i64>, String)>) = (vec![], HashSet::new());
    loop {
        let row = match file.next_row().map_err(of_file)? {
            Next::End => break,
            Next::Bad(issue) => {
                done.rows += 1;
                done.refused.push(issue);
                continue;
            }
            Next::Row(row) => row,
        };
        done.rows += 1;
        let text = |of: &str| columns[of].and_then(|place| row.text(place)).map_or("", as_typed).trim().to_owned();
        let issue = |column: &str, problem: String| {
            row.issue(&name, column, problem, "mend the row and bring the file in again")
        };
        let number = |of: &'static str| match text(of).as_str() {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| issue(of, format!("{text:?} is no number"))),
        };
        let (deal, mut contact) = match (number("deal"), number("contact")) {
            (Ok(deal), Ok(contact)) => (deal, contact),
            (Err(wrong), _) | (_, Err(wrong)) => {
                done.refused.push(wrong);
                continue;
            }
        };
        let creator = text("creator");
        if deal.is_none() && contact.is_none() && !creator.is_empty() {
            match by_name.get(&creator.to_lowercase()) {
                Some(Some(id)) => contact = Some(*id),
                Some(None) => {
                    done.refused.push(issue(
                        "creator",
                        format!("several contacts are called {creator:?}; give the contact's number"),
                    ));
                    continue;
                }
                None => {
                    done.refused.push(issue("creator", format!("no contact is called {creator:?}")));
                    continue;
                }
            }
        }
        let own_shop = text("shop");
        let given = CodeGiven {
            code: text("code"),
            shop: if own_shop.is_empty() { shop.to_owned() } else { own_shop },
            deal,
            contact,
            campaign: None,
            from: text("from"),
            until: text("until"),
        };
        match ready(data, &given, actor).await {
            Ok(one) if whose(&one) == Some((one.contact, one.shop)) => done.known += 1,
            Ok(one) if whose(&one).is_some_and(|(contact, _)| contact == one.contact) => {
                let problem = format!("{:?} is theirs already in another shop or in all; end that one first", one.code);
                done.refused.push(issue("code", problem));
            }
            Ok(one) if whose(&one).is_some() => {
                done.refused.push(issue("code", format!("{:?} is somebody else's already", one.code)));
            }
            Ok(one) if !seen.insert((one.shop, one.code_norm.clone())) => {
                done.refused.push(issue("code", format!("{:?} stands in an earlier row", one.code)));
            }
            Ok(one) => new.push(one),
            Err(TrackingError::Field { field, problem }) => done.refused.push(issue(field, problem)),
            Err(TrackingError::Outreach(error)) => {
                let words = error.to_string();
                done.refused.push(issue("deal", words.lines().next().unwrap_or("").to_owned()));
            }
            Err(other) => return Err(other),
        }
    }
    done.new = new.len() as u64;
    if !is_try && !new.is_empty() {
        let kept = data.store.add_codes(&new, data.now()).await?;
        kept.map_err(|code| {
            refused("file", format!("{code:?} was somebody's before, and is never given to another; nothing was kept"))
        })?;
    }
    Ok(done)
}

/// Contacts by their name in small letters; `None` where several are called so.
pub(super) async fn contacts_by_name(data: &DataDirectory) -> Result<HashMap<String, Option<i64>>, TrackingError> {
    let mut by_name: HashMap<String, Option<i64>> = HashMap::new();
    for (id, name) in data.store.contact_names().await? {
        let held = by_name.entry(name.trim().to_lowercase()).or_insert(Some(id));
        if *held != Some(id) {
            *held = None;
        }
    }
    Ok(by_name)
}

/// How often a code was used where it counts.
pub fn uses_of(uses: &[(i64, String, u64)], code: &CodeRow) -> u64 {
    let is_of =
        |(shop, norm, _): &&(i64, String, u64)| *norm == code.code_norm && code.shop.is_none_or(|own| own == *shop);
    uses.iter().filter(is_of).map(|(_, _, uses)| uses).sum()
}

/// Ends a code, or lets it count again; orders before keep it.
pub async fn end(data: &DataDirectory, id: i64, again: bool) -> Result<bool, TrackingError> {
    numbered(data, id).await?;
    Ok(data.store.end_code(id, (!again).then(|| data.now())).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_makes_what_people_can_read_out() {
        assert_eq!(by_pattern("{first}10", "Ana Ruiz", 7).expect("makes"), "ANA10");
        assert_eq!(by_pattern("{name}-{deal}", "Jürgen Weiß", 7).expect("makes"), "JUERGENWEISS-7");
        assert_eq!(by_pattern("{random}", "Ana", 7).expect("makes").len(), 4);
        assert_eq!(
            by_pattern("{first}10", "安娜", 7).expect("makes").len(),
            6,
            "letters nobody types are drawn instead"
        );
        assert!(by_pattern("{last}10", "Ana Ruiz", 7).is_err());
        assert!(checked("ana 10").is_err() && checked("a").is_err() && checked("ANA10").is_ok());
    }
}
