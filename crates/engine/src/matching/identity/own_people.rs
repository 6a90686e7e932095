//! Own people first: rows of the brand's followers, customers, readers and orders matched to the accounts held.

use std::collections::BTreeMap;

use model::{AccountId, Estimate, Platform};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::corpus::{Corpus, Holders, Read, persons_at_least, read_accounts};
use super::handles::{are_alike, deletions};
use super::links::{AccountLink, LinkKey};
use super::names::{NamesAre, compared};
use super::own_rows::{OwnRow, RowOrigin, RowRead};
use super::weighing::{Prior, Weighed, handle_evidence, key_evidence, may_be_sure, name_differs, same_name, weighed};
use super::{AccountKeys, EvidenceKind, IdentitySettings, MatchEvidence};

/// Whether a person has to look before a match is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchState {
    Sure,
    Suggested,
}

/// A row and an account that may be one person's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnMatch {
    pub row: u32,
    pub account: AccountId,
    /// The strongest first.
    pub evidence: Vec<MatchEvidence>,
    /// What is assumed in it stands in its explanation. Tried on made-up markets it comes true about as often as it says from
    /// one half on, and more often below.
    pub chance: Estimate,
    pub state: MatchState,
    /// Accounts of the same platform that fit the row about as well; where there is one, the match is never sure.
    pub rivals: Vec<AccountId>,
}

/// A rival whose odds are at least this share of another's fits about as well.
const ABOUT_AS_WELL: f64 = 1.0 / 3.0;

/// Which accounts are the brand's own people, with evidence and chance.
///
/// Sure are the platform's own id and a handle in the platform's own export; an e-mail address in the bio, a link to the
/// account and a page that both link to are sure from `settings.sure_from` on (alone they are taken to be right in 97, 97 and
/// 95 of 100, and the evidence says so); a typed handle only with the same name. Suggested are a profile that links to the
/// row's own, a domain nobody else has, and an equal or nearly equal handle on another platform beside the same name. A name
/// alone, or a handle alone on another platform, is nothing. An address,
/// a page or a link that several people share, by the names and accounts that hold it, is a team's and never sure.
///
/// Formula: chance = odds / (1 + odds + odds of the platform's other candidates), ln odds = ln(prior) + sum of ln(m / u).
/// Inputs: `rows` in any order; `accounts`, each once. Output: by row and account; a row may match accounts on several
/// platforms, and several rows one account. A value that more than `settings.holders_max` accounts hold is passed over.
/// Cost: `O((rows + accounts) log (rows + accounts))`, each row looked up by its own keys. Source of the weights: the module
/// `weighing`; Fellegi & Sunter 1969.
pub fn own_people(rows: &[OwnRow], accounts: &[AccountKeys], settings: &IdentitySettings) -> Vec<OwnMatch> {
    let read = read_accounts(accounts);
    let rows_read: Vec<RowRead> = rows.par_iter().map(RowRead::new).collect();
    let keys = Keys::new(accounts, &read, &rows_read);
    let of_row = |row: &RowRead| keys.matches(row, settings);
    let mut matches: Vec<OwnMatch> =
        rows_read.par_iter().map(of_row).collect::<Vec<_>>().into_iter().flatten().collect();
    matches.sort_by_key(|found| (found.row, found.account));
    matches
}

/// A sign by which an account was found, before it is weighed.
enum Sign {
    Key(EvidenceKind, String, u64),
    Handle(EvidenceKind),
}

struct Keys<'a> {
    accounts: &'a [AccountKeys],
    read: &'a [Read],
    corpus: Corpus<'a>,
    natives: Holders<(Platform, &'a str)>,
    handles: Holders<(Platform, &'a str)>,
    emails: Holders<&'a str>,
    linking_to: Holders<&'a AccountLink>,
    pages: Holders<&'a str>,
    domains: Holders<&'a str>,
    /// Name and bare handle with up to one letter out, for names that rows bear.
    named_handles: Holders<u64>,
    /// How many persons of the rows give a link, a page or a domain.
    giving_link: Holders<&'a AccountLink>,
    giving_page: Holders<&'a str>,
    giving_domain: Holders<&'a str>,
}

/// FNV-1a (Fowler, Noll, Vo) over a name and a bare handle; what it finds is compared again letter by letter.
pub(super) fn named_handle(name: &str, bare: &str) -> u64 {
    let bytes = name.bytes().chain([0x1f]).chain(bare.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl<'a> Keys<'a> {
    fn new(accounts: &'a [AccountKeys], read: &'a [Read], rows: &'a [RowRead<'a>]) -> Keys<'a> {
        let all = || accounts.iter().zip(read).zip(0u32..);
        let mut row_names: Vec<&str> = rows.iter().filter_map(|row| row.read.name.as_deref()).collect();
        row_names.par_sort_unstable();
        row_names.dedup();
        let named = all().flat_map(|((_, read), at)| {
            let name = read.name.as_deref().filter(|name| row_names.binary_search(name).is_ok());
            let pair = name.zip(read.bare.as_deref());
            pair.into_iter().flat_map(move |(name, bare)| {
                deletions(bare).into_iter().map(move |part| (named_handle(name, &part), at))
            })
        });
        let mut persons: Vec<&str> = rows.iter().map(|row| row.person.as_str()).collect();
        persons.par_sort_unstable();
        persons.dedup();
        let person = |row: &RowRead| persons.partition_point(|known| **known < *row.person) as u32;
        Keys {
            corpus: Corpus::new(accounts, read),
            natives: Holders::new(
                all()
                    .filter_map(|((account, _), at)| {
                        Some(((account.platform, account.native_id.as_deref()?.trim()), at))
                    })
                    .collect(),
            ),
            handles: Holders::new(
                all()
                    .filter_map(|((account, read), at)| Some(((account.platform, read.handle.as_deref()?), at)))
                    .collect(),
            ),
            emails: Holders::new(
                all()
                    .flat_map(|((_, read), at)| read.email_hashes.iter().map(move |hash| (hash.as_str(), at)))
                    .collect(),
            ),
            linking_to: Holders::new(
                all().flat_map(|((_, read), at)| read.links.iter().map(move |link| (link, at))).collect(),
            ),
            pages: Holders::new(
                all().flat_map(|((_, read), at)| read.pages.iter().map(move |page| (page.as_str(), at))).collect(),
            ),
            domains: Holders::new(
                all()
                    .flat_map(|((_, read), at)| read.domains.iter().map(move |domain| (domain.as_str(), at)))
                    .collect(),
            ),
            named_handles: Holders::new(named.collect()),
            giving_link: Holders::new(
                rows.iter().flat_map(|row| row.read.links.iter().map(move |link| (link, person(row)))).collect(),
            ),
            giving_page: Holders::new(
                rows.iter()
                    .flat_map(|row| row.read.pages.iter().map(move |page| (page.as_str(), person(row))))
                    .collect(),
            ),
            giving_domain: Holders::new(
                rows.iter()
                    .flat_map(|row| row.read.domains.iter().map(move |domain| (domain.as_str(), person(row))))
                    .collect(),
            ),
            accounts,
            read,
        }
    }

    fn matches(&self, row: &RowRead<'_>, settings: &IdentitySettings) -> Vec<OwnMatch> {
        let mut platforms: BTreeMap<Platform, Vec<(u32, Weighed)>> = BTreeMap::new();
        for (at, signs) in self.signs(row, settings) {
            let platform = self.accounts[at as usize].platform;
            platforms.entry(platform).or_default().push((at, self.weigh(row, at, signs, settings)));
        }
        platforms.into_values().flat_map(|candidates| self.told_apart(row, candidates, settings)).collect()
    }

    /// Every account that shares a key with the row, and which.
    fn signs(&self, row: &RowRead<'_>, settings: &IdentitySettings) -> BTreeMap<u32, Vec<Sign>> {
        let mut signs: BTreeMap<u32, Vec<Sign>> = BTreeMap::new();
        let mut add = |holding: &[u32], kind: EvidenceKind, words: &str, sharers: u64| {
            use EvidenceKind::{Email, OneWayLink, SameDomain, SamePage};
            if (1..=settings.holders_max).contains(&holding.len()) {
                let may_be_shared = matches!(kind, Email | OneWayLink | SameDomain | SamePage);
                let persons = if may_be_shared { persons_at_least(self.accounts, self.read, holding) } else { 1 };
                let sharers = sharers.max(persons - 1);
                for &at in holding {
                    let of_account = signs.entry(at).or_default();
                    if !of_account.iter().any(|sign| matches!(sign, Sign::Key(known, ..) if *known == kind)) {
                        of_account.push(Sign::Key(kind, words.to_owned(), sharers));
                    }
                }
            }
        };
        let others = |persons: usize| (persons as u64).saturating_sub(1);
        if let (Some(platform), Some(id)) = (row.platform, row.native_id) {
            let words = format!("the row names {}'s own id of the account", platform.name());
            add(&holders(&self.natives, &(platform, id)), EvidenceKind::NativeId, &words, 0);
        }
        if let (Some(platform), Some(handle)) = (row.platform, row.read.handle.as_deref()) {
            let (kind, words) = match row.row.origin {
                RowOrigin::PlatformExport => {
                    (EvidenceKind::ExportHandle, format!("@{handle} stands in the export of {}", platform.name()))
                }
                RowOrigin::List => (EvidenceKind::TypedHandle, format!("@{handle} was typed for {}", platform.name())),
            };
            add(&holders(&self.handles, &(platform, handle)), kind, &words, 0);
        }
        for hash in &row.read.email_hashes {
            let words = "an e-mail address in the bio is the row's; agencies and families share addresses";
            add(&holders(&self.emails, &hash.as_str()), EvidenceKind::Email, words, 0);
        }
        for link in &row.read.links {
            let sharers = others(self.giving_link.of(&link).len());
            let words = |name: &str| format!("the row links to {} {name}", link.platform.name());
            match &link.key {
                // The row's own handle written as a link is that handle, and no second piece of evidence.
                _ if row.itself.contains(link) => {}
                LinkKey::Handle(name) => {
                    add(
                        &holders(&self.handles, &(link.platform, name.as_str())),
                        EvidenceKind::LinkToAccount,
                        &words(name),
                        sharers,
                    );
                }
                LinkKey::NativeId(id) => {
                    add(
                        &holders(&self.natives, &(link.platform, id.as_str())),
                        EvidenceKind::LinkToAccount,
                        &words(id),
                        sharers,
                    );
                }
                LinkKey::OlderName(name) => {
                    add(
                        &holders(&self.handles, &(link.platform, name.as_str())),
                        EvidenceKind::OlderName,
                        &words(name),
                        sharers,
                    );
                }
            }
        }
        for page in &row.read.pages {
            let sharers = others(self.giving_page.of(&page.as_str()).len());
            add(
                &holders(&self.pages, &page.as_str()),
                EvidenceKind::SamePage,
                &format!("both link to {page}"),
                sharers,
            );
        }
        for domain in &row.read.domains {
            let sharers = others(self.giving_domain.of(&domain.as_str()).len());
            add(
                &holders(&self.domains, &domain.as_str()),
                EvidenceKind::SameDomain,
                &format!("both link to {domain}"),
                sharers,
            );
        }
        for link in row.itself.iter().chain(&row.read.links) {
            let (LinkKey::Handle(name) | LinkKey::NativeId(name) | LinkKey::OlderName(name)) = &link.key;
            let linking = holders(&self.linking_to, &link);
            let elsewhere: Vec<u32> =
                linking.into_iter().filter(|at| self.accounts[*at as usize].platform != link.platform).collect();
            let words = format!("the profile links to the row's {} {name}", link.platform.name());
            add(&elsewhere, EvidenceKind::OneWayLink, &words, 0);
        }
        for (at, kind) in self.alike(row, settings) {
            signs.entry(at).or_default().push(Sign::Handle(kind));
        }
        signs
    }

    /// Accounts with the row's name whose handle is the same or one letter off, on other platforms; on the row's own only
    /// where the handle was typed.
    fn alike(&self, row: &RowRead<'_>, settings: &IdentitySettings) -> Vec<(u32, EvidenceKind)> {
        let (Some(name), Some(bare)) = (row.read.name.as_deref(), row.read.bare.as_deref()) else { return vec![] };
        let mut found: Vec<u32> = vec![];
        for part in deletions(bare) {
            let run = self.named_handles.of(&named_handle(name, &part));
            if run.len() <= settings.holders_max {
                found.extend(run.iter().map(|(_, at)| *at));
            }
        }
        found.sort_unstable();
        found.dedup();
        let kind = |at: u32| {
            let (account, read) = (&self.accounts[at as usize], &self.read[at as usize]);
            let other = read.bare.as_deref()?;
            let here = row.platform == Some(account.platform);
            let may_be = !here || row.row.origin == RowOrigin::List && read.handle != row.read.handle;
            let same_name = read.name.as_deref() == Some(name);
            let kind = if other == bare && !here { EvidenceKind::HandleEqual } else { EvidenceKind::HandleAlike };
            (may_be && same_name && are_alike(other, bare)).then_some((at, kind))
        };
        found.into_iter().filter_map(kind).collect()
    }

    fn weigh(&self, row: &RowRead<'_>, at: u32, signs: Vec<Sign>, settings: &IdentitySettings) -> Weighed {
        let (account, read) = (&self.accounts[at as usize], &self.read[at as usize]);
        let platform = account.platform;
        let prior = Prior::new(settings.held_share, platform, self.corpus.accounts_on(platform));
        let has =
            |wanted: EvidenceKind| signs.iter().any(|sign| matches!(sign, Sign::Key(kind, ..) if *kind == wanted));
        let (has_page, has_key) = (has(EvidenceKind::SamePage), signs.iter().any(|sign| matches!(sign, Sign::Key(..))));
        let mut evidence: Vec<MatchEvidence> = vec![];
        for sign in signs {
            match sign {
                // A page lies on its domain: one piece, not two.
                Sign::Key(EvidenceKind::SameDomain, ..) if has_page => {}
                Sign::Key(kind, words, sharers) => evidence.push(key_evidence(kind, words, sharers, &prior)),
                Sign::Handle(kind) => evidence.extend(self.handle_weight(read, platform, kind)),
            }
        }
        if let (Some(own), Some(shown)) = (row.read.name.as_deref(), read.name.as_deref()) {
            match compared(own, shown) {
                NamesAre::Same => {
                    let name = self.corpus.name(platform, shown);
                    evidence.push(same_name(name.others, name.chance));
                }
                NamesAre::Apart if has_key => evidence.push(name_differs(own, shown)),
                NamesAre::Apart | NamesAre::Partly => {}
            }
        }
        let kinds = || evidence.iter().map(|piece| piece.kind);
        let chance_max = if kinds().any(may_be_sure) { 1.0 - 1e-6 } else { settings.unsure_max };
        weighed(evidence, prior, chance_max)
    }

    fn handle_weight(&self, read: &Read, platform: Platform, kind: EvidenceKind) -> Option<MatchEvidence> {
        let (name, bare) = (read.name.as_deref()?, read.bare.as_deref()?);
        let is_like_it = |at: u32| {
            let other = &self.read[at as usize];
            self.accounts[at as usize].platform == platform && other.name == read.name && other.bare == read.bare
        };
        let run = self.named_handles.of(&named_handle(name, bare));
        let holders = run.iter().filter(|(_, at)| is_like_it(*at)).count() as u64;
        let bearers = self.corpus.name(platform, name).others;
        Some(handle_evidence(kind, bare, self.corpus.handle(bare, name), holders.saturating_sub(1), bearers))
    }

    /// Candidates of one platform against each other: at most one is meant.
    fn told_apart(
        &self,
        row: &RowRead<'_>,
        mut candidates: Vec<(u32, Weighed)>,
        settings: &IdentitySettings,
    ) -> Vec<OwnMatch> {
        for exact in [EvidenceKind::NativeId, EvidenceKind::ExportHandle] {
            if candidates.iter().any(|(_, weighed)| weighed.kinds().any(|kind| kind == exact)) {
                candidates.retain(|(_, weighed)| weighed.kinds().any(|kind| kind == exact));
            }
        }
        // By id, so that the order of the input changes no last digit of the sum.
        candidates.sort_by_key(|(at, _)| self.accounts[*at as usize].account);
        let total: f64 = candidates.iter().map(|(_, weighed)| weighed.odds()).sum();
        let mut matches = vec![];
        for (at, weighed) in &candidates {
            let fits_about_as_well = |other: &(u32, Weighed)| {
                let (one, other_odds) = (weighed.odds(), other.1.odds());
                other.0 != *at && one.min(other_odds) >= ABOUT_AS_WELL * one.max(other_odds)
            };
            let rivals: Vec<AccountId> = candidates
                .iter()
                .filter(|other| fits_about_as_well(other))
                .map(|other| self.accounts[other.0 as usize].account)
                .collect();
            let chance = weighed.chance((total - weighed.odds()).max(0.0));
            let value = chance.value.unwrap_or(0.0);
            if value < settings.shown_from {
                continue;
            }
            let sure = value >= settings.sure_from && rivals.is_empty() && weighed.kinds().any(may_be_sure);
            matches.push(OwnMatch {
                row: row.row.row,
                account: self.accounts[*at as usize].account,
                evidence: weighed.evidence.clone(),
                chance,
                state: if sure { MatchState::Sure } else { MatchState::Suggested },
                rivals,
            });
        }
        matches
    }
}

fn holders<K: Ord + Send>(keys: &Holders<K>, value: &K) -> Vec<u32> {
    keys.of(value).iter().map(|(_, at)| *at).collect()
}
