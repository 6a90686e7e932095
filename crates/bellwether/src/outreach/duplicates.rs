//! Contacts that may be one person: proposed with what speaks for it, merged by a person, taken back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use store::outreach::deals::DealFilter;
use store::outreach::merging::TakenOver;
use store::outreach::threads::ThreadsOf;

use super::contacts::{self, ContactShown};
use super::sealing::unseal;
use super::{OutreachError, TEAM};
use crate::data_directory::DataDirectory;

/// Domains where everybody has their address: sharing one says nothing.
const EVERYBODYS: [&str; 22] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.de",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "web.de",
    "t-online.de",
    "proton.me",
    "protonmail.com",
    "mail.ru",
    "orange.fr",
    "free.fr",
    "libero.it",
];
/// A name or domain that more contacts share is no sign of one person.
const TOGETHER_MAX: usize = 8;

/// Two contacts that may be one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Proposal {
    pub contact: i64,
    pub name: String,
    pub other: i64,
    pub other_name: String,
    /// Sure: their accounts were said to be one person's.
    pub is_sure: bool,
    pub because: Vec<String>,
}

/// A name's words in small letters and order, so that "Brew, Ana" and "ana brew" are alike.
fn words_of(name: &str) -> BTreeSet<String> {
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
        .collect()
}

/// Pairs by name and by a domain of their own. Pure; cost: one pass and the pairs within small groups.
fn alike(contacts: &BTreeMap<i64, (String, BTreeSet<String>)>) -> BTreeMap<(i64, i64), Vec<String>> {
    let mut by_name: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut by_domain: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (id, (name, domains)) in contacts {
        let words = words_of(name);
        if words.len() > 1 {
            by_name.entry(words.into_iter().collect::<Vec<_>>().join(" ")).or_default().push(*id);
        }
        for domain in domains.iter().filter(|domain| !EVERYBODYS.contains(&domain.as_str())) {
            by_domain.entry(domain).or_default().push(*id);
        }
    }
    let mut found: BTreeMap<(i64, i64), Vec<String>> = BTreeMap::new();
    for group in by_name.values().filter(|group| (2..=TOGETHER_MAX).contains(&group.len())) {
        for (at, one) in group.iter().enumerate() {
            for other in &group[at + 1..] {
                found.entry((*one, *other)).or_default().push("the same name".to_owned());
            }
        }
    }
    for (domain, group) in by_domain.iter().filter(|(_, group)| (2..=TOGETHER_MAX).contains(&group.len())) {
        for (at, one) in group.iter().enumerate() {
            for other in &group[at + 1..] {
                let shared: Vec<String> =
                    words_of(&contacts[one].0).intersection(&words_of(&contacts[other].0)).cloned().collect();
                if !shared.is_empty() {
                    let because = format!("addresses at {domain} and “{}” in both names", shared.join(" "));
                    found.entry((*one, *other)).or_default().push(because);
                }
            }
        }
    }
    found
}

/// Every pair that may be one person, the sure ones first.
pub async fn proposals(data: &DataDirectory) -> Result<Vec<Proposal>, OutreachError> {
    let mut contacts: BTreeMap<i64, (String, BTreeSet<String>)> = BTreeMap::new();
    for (id, name, sealed) in data.store.contacts_for_doubles().await? {
        let held = contacts.entry(id).or_insert_with(|| (name, BTreeSet::new()));
        if !sealed.is_empty()
            && let Some((_, domain)) = unseal(&data.outreach_key, "address", &sealed)?.rsplit_once('@')
        {
            held.1.insert(domain.to_lowercase());
        }
    }
    let mut found = alike(&contacts);
    let mut sure: BTreeSet<(i64, i64)> = BTreeSet::new();
    for claim in data.store.identity_claims().await?.into_iter().filter(|claim| claim.state == "confirmed") {
        let whose = data.store.contacts_of_accounts(&[claim.account, claim.other]).await?;
        if let [(_, one), (_, other)] = whose.as_slice()
            && one != other
        {
            let pair = (*one.min(other), *one.max(other));
            sure.insert(pair);
            found.entry(pair).or_default().insert(0, "their accounts were said to be one person's".to_owned());
        }
    }
    let name = |id: &i64| contacts.get(id).map_or_else(String::new, |(name, _)| name.clone());
    let mut proposals: Vec<Proposal> = found
        .into_iter()
        .map(|((one, other), because)| Proposal {
            contact: one,
            name: name(&one),
            other,
            other_name: name(&other),
            is_sure: sure.contains(&(one, other)),
            because,
        })
        .collect();
    proposals.sort_by_key(|of| (!of.is_sure, std::cmp::Reverse(of.because.len()), of.contact, of.other));
    Ok(proposals)
}

/// Makes two contacts one; the number under which it can be taken back.
pub async fn merge(data: &DataDirectory, stays: i64, goes: i64, taken: TakenOver) -> Result<i64, OutreachError> {
    if stays == goes {
        return Err(OutreachError::Refused(
            "a contact cannot be merged with itself\nhint: name two contacts".to_owned(),
        ));
    }
    match data.store.merge_contacts(stays, goes, taken, TEAM, data.now()).await? {
        Some(change) => {
            let about = format!("contact {stays}");
            data.store
                .add_audit(data.now(), TEAM, "merged", &about, &format!("contact {goes}, change {change}"))
                .await?;
            Ok(change)
        }
        None => Err(OutreachError::NoContact(format!("{stays} or {goes}"))),
    }
}

/// Makes two of one again; what was changed since and stays.
pub async fn undo(data: &DataDirectory, change: i64) -> Result<Vec<String>, OutreachError> {
    match data.store.undo_contact_merge(change, data.now()).await? {
        Some(kept) => {
            data.store
                .add_audit(
                    data.now(),
                    TEAM,
                    "merge taken back",
                    &format!("change {change}"),
                    &format!("{} fields stay", kept.len()),
                )
                .await?;
            Ok(kept)
        }
        None => Err(OutreachError::Refused(format!(
            "there is no merge {change} that can be taken back\nhint: `bellwether outreach changes` lists them"
        ))),
    }
}

/// What to take over from the one who goes, by names of fields: those every contact has, and those the team added.
pub async fn taken_over(data: &DataDirectory, fields: &[String]) -> Result<TakenOver, OutreachError> {
    let own = data.store.contact_fields().await?;
    let mut taken = TakenOver::default();
    for field in fields.iter().flat_map(|field| field.split(',')).map(str::trim).filter(|field| !field.is_empty()) {
        match field {
            "name" => taken.name = true,
            "greeting" => taken.greeting = true,
            "stage" => taken.stage = true,
            "owner" => taken.owner = true,
            "language" => taken.language = true,
            "zone" => taken.zone = true,
            "source" => taken.source = true,
            "main-address" => taken.main_address = true,
            other => match own.iter().find(|of| of.name.eq_ignore_ascii_case(other) || field_code(of.id) == other) {
                Some(of) => taken.fields.push(of.id),
                None => {
                    return Err(OutreachError::Field {
                        field: "take",
                        problem: format!(
                            "{other:?} is none of name, greeting, stage, owner, language, zone, source, main-address, and no \
                             field of your own"
                        ),
                    });
                }
            },
        }
    }
    Ok(taken)
}

/// What a field of the team's own is called in a form, so that it is never taken for one that every contact has.
fn field_code(field: i64) -> String {
    format!("field-{field}")
}

/// Something of two contacts about which one has to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldOfTwo {
    /// As [`taken_over`] takes it.
    pub code: String,
    pub words: String,
    pub stays: String,
    pub goes: String,
}

impl FieldOfTwo {
    /// Where they differ, and there is something to choose on both sides.
    pub fn is_open(&self) -> bool {
        self.stays != self.goes && !self.stays.is_empty() && !self.goes.is_empty()
    }
}

/// How much of something each has; a merge keeps all of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptOfBoth {
    pub what: &'static str,
    pub stays: u64,
    pub goes: u64,
}

/// Two contacts side by side.
#[derive(Clone, PartialEq, Debug)]
pub struct Pair {
    pub stays: ContactShown,
    pub goes: ContactShown,
    pub fields: Vec<FieldOfTwo>,
    pub kept: Vec<KeptOfBoth>,
}

/// Two contacts side by side, before they are made one.
pub async fn pair(data: &DataDirectory, stays: i64, goes: i64) -> Result<Pair, OutreachError> {
    let (stays, goes) = (contacts::shown(data, stays).await?, contacts::shown(data, goes).await?);
    let of = |code: &str, words: &str, stays: &str, goes: &str| FieldOfTwo {
        code: code.to_owned(),
        words: words.to_owned(),
        stays: stays.to_owned(),
        goes: goes.to_owned(),
    };
    let main = |shown: &ContactShown| {
        let main = shown.addresses.iter().find(|address| address.is_main);
        main.map_or_else(String::new, |address| address.address.clone())
    };
    let mut fields = vec![
        of("name", "Name", &stays.row.name, &goes.row.name),
        of("greeting", "Greeting", &stays.row.greeting, &goes.row.greeting),
        of("stage", "Stage", stays.row.stage.words(), goes.row.stage.words()),
        of("owner", "Owner", &stays.row.owner, &goes.row.owner),
        of("language", "Language", &stays.row.language, &goes.row.language),
        of("zone", "Zone", &stays.row.zone, &goes.row.zone),
        of("source", "Where they came from", &stays.row.source, &goes.row.source),
        of("main-address", "Mail goes to", &main(&stays), &main(&goes)),
    ];
    for ((field, value), (_, other)) in stays.fields.iter().zip(&goes.fields) {
        fields.push(of(&field_code(field.id), &field.name, value, other));
    }
    let kept = vec![
        counted("addresses", stays.addresses.len(), goes.addresses.len()),
        counted("accounts", stays.accounts.len(), goes.accounts.len()),
        counted("tags", stays.tags.len(), goes.tags.len()),
        counted("open tasks", stays.tasks.len(), goes.tasks.len()),
        KeptOfBoth {
            what: "conversations",
            stays: threads_of(data, stays.row.id).await?,
            goes: threads_of(data, goes.row.id).await?,
        },
        counted("sequences", enrolments_of(data, stays.row.id).await?, enrolments_of(data, goes.row.id).await?),
        counted("deals", deals_of(data, stays.row.id).await?, deals_of(data, goes.row.id).await?),
        counted(
            "files",
            data.store.contact_files(stays.row.id).await?.len(),
            data.store.contact_files(goes.row.id).await?.len(),
        ),
        counted(
            "touches",
            data.store.touches(stays.row.id, None, u64::from(u32::MAX)).await?.len(),
            data.store.touches(goes.row.id, None, u64::from(u32::MAX)).await?.len(),
        ),
    ];
    Ok(Pair { stays, goes, fields, kept })
}

fn counted(what: &'static str, stays: usize, goes: usize) -> KeptOfBoth {
    KeptOfBoth { what, stays: stays as u64, goes: goes as u64 }
}

async fn threads_of(data: &DataDirectory, contact: i64) -> Result<u64, OutreachError> {
    Ok(data.store.threads(ThreadsOf::Everything, Some(contact), None, 0, 1).await?.1)
}

async fn enrolments_of(data: &DataDirectory, contact: i64) -> Result<usize, OutreachError> {
    Ok(data.store.enrolments_of(contact).await?.len())
}

async fn deals_of(data: &DataDirectory, contact: i64) -> Result<usize, OutreachError> {
    Ok(data.store.deals(&DealFilter { contact: Some(contact), ..DealFilter::default() }).await?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_name_or_a_shared_own_domain_is_proposed_and_a_shared_provider_is_not() {
        let contact = |name: &str, domain: &str| (name.to_owned(), BTreeSet::from([domain.to_owned()]));
        let contacts = BTreeMap::from([
            (1, contact("Ana Brew", "anabrew.test")),
            (2, contact("Brew, Ana", "gmail.com")),
            (3, contact("Ben", "gmail.com")),
            (4, contact("Ben", "gmail.com")),
            (5, contact("Team Ana", "anabrew.test")),
            (6, contact("Cem", "anabrew.test")),
        ]);
        let found = alike(&contacts);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [(1, 2), (1, 5)]);
        assert_eq!(found[&(1, 5)], ["addresses at anabrew.test and “ana” in both names"]);
        let crowd: BTreeMap<i64, _> = (0..50).map(|id| (id, contact("Ana Brew", "anabrew.test"))).collect();
        assert!(alike(&crowd).is_empty(), "what fifty share tells nobody apart");
    }
}
