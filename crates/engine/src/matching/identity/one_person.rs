//! One person with several accounts: which accounts on different platforms may be one person's, and why.

use std::collections::BTreeMap;

use model::{AccountId, Estimate, Platform};
use serde::{Deserialize, Serialize};

use super::corpus::{Corpus, Holders, Read, persons_at_least, read_accounts};
use super::links::LinkKey;
use super::names::{NamesAre, compared};
use super::own_people::named_handle;
use super::weighing::{Prior, handle_evidence, key_evidence, mistaken, name_differs, same_name, weighed};
use super::{AccountKeys, EvidenceKind, IdentitySettings, MatchEvidence};

/// Two accounts on different platforms that may be one person's; a person decides.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MergeSuggestion {
    /// The smaller id.
    pub a: AccountId,
    pub b: AccountId,
    /// The strongest first.
    pub evidence: Vec<MatchEvidence>,
    pub chance: Estimate,
    /// "Instagram @ana and TikTok @ana.b: each profile links to the other".
    pub words: String,
}

/// Pairs of accounts on different platforms that may be one person's, best first.
///
/// In order of weight: profiles that link to each other, an e-mail address in both bios, a page both link to, a link one way,
/// a domain nobody else has, and last an equal handle beside an equal name, which is never believed above `settings.weak_max`.
/// An equal handle alone, or an equal name alone, is nothing. Two accounts of one platform are never suggested: couples, clubs
/// and brands link to each other there.
///
/// Inputs: `accounts`, each once, in any order. Output: by chance, falling, then by ids; each pair once. A value that more
/// than `settings.holders_max` accounts hold is passed over, and what several accounts of a platform share says so much less.
/// Cost: `O(accounts log accounts)` and `O(holders²)` for each value shared, at most `holders_max²`. Source of the weights: the
/// module `weighing`.
pub fn suggest_merges(accounts: &[AccountKeys], settings: &IdentitySettings) -> Vec<MergeSuggestion> {
    let read = read_accounts(accounts);
    let corpus = Corpus::new(accounts, &read);
    let mut pairs = Pairs { accounts, settings, found: vec![] };
    pairs.by_links(&read);
    pairs.by_shared(
        EvidenceKind::Email,
        &read,
        |read| &read.email_hashes,
        |_| "one e-mail address stands in both bios".to_owned(),
    );
    pairs.by_shared(EvidenceKind::SamePage, &read, |read| &read.pages, |page| format!("both link to {page}"));
    pairs.by_shared(EvidenceKind::SameDomain, &read, |read| &read.domains, |domain| format!("both link to {domain}"));
    pairs.by_named_handle(&read);
    let mut found = pairs.found;
    found.sort_by(|one, other| {
        (one.a, one.b, one.kind, one.sharers).cmp(&(other.a, other.b, other.kind, other.sharers))
    });
    let suggest = |signs: &[Found]| suggestion(accounts, &read, &corpus, signs, settings);
    let mut suggestions: Vec<MergeSuggestion> =
        found.chunk_by(|one, other| (one.a, one.b) == (other.a, other.b)).filter_map(suggest).collect();
    let chance = |suggestion: &MergeSuggestion| suggestion.chance.value.unwrap_or(0.0);
    suggestions
        .sort_by(|one, other| chance(other).total_cmp(&chance(one)).then((one.a, one.b).cmp(&(other.a, other.b))));
    suggestions
}

/// A sign between two accounts by their places, the smaller id's first.
struct Found {
    a: u32,
    b: u32,
    kind: EvidenceKind,
    words: String,
    /// Others of a platform that could be meant as well.
    sharers: u64,
}

struct Pairs<'a> {
    accounts: &'a [AccountKeys],
    settings: &'a IdentitySettings,
    found: Vec<Found>,
}

impl Pairs<'_> {
    fn platform(&self, at: u32) -> Platform {
        self.accounts[at as usize].platform
    }

    fn add(&mut self, one: u32, other: u32, kind: EvidenceKind, words: String, sharers: u64) {
        if self.platform(one) != self.platform(other) {
            let id = |at: u32| self.accounts[at as usize].account;
            let (a, b) = if id(one) <= id(other) { (one, other) } else { (other, one) };
            self.found.push(Found { a, b, kind, words, sharers });
        }
    }

    fn by_links(&mut self, read: &[Read]) {
        let links = resolved_links(self.accounts, read, self.settings.holders_max);
        // How many accounts of a platform link to one account, and to how many of a platform one account links.
        let mut linking: BTreeMap<(u32, Platform), u64> = BTreeMap::new();
        let mut linked: BTreeMap<(u32, Platform), u64> = BTreeMap::new();
        for link in &links {
            *linking.entry((link.to, self.platform(link.from))).or_default() += 1;
            *linked.entry((link.from, self.platform(link.to))).or_default() += 1;
        }
        let place = |from: u32, to: u32| links.binary_search_by_key(&(from, to), |link| (link.from, link.to)).ok();
        for link in &links {
            let back = place(link.to, link.from);
            if back.is_some() && link.to < link.from {
                continue;
            }
            let out = linked.get(&(link.from, self.platform(link.to))).copied().unwrap_or(1);
            let (words, kind, others) = match back {
                Some(back) => {
                    let also = linked.get(&(link.to, self.platform(link.from))).copied().unwrap_or(1);
                    let by_older = link.by_older_name || links[back].by_older_name;
                    let kind = if by_older { EvidenceKind::OneWayLink } else { EvidenceKind::ReciprocalLinks };
                    ("each profile links to the other".to_owned(), kind, out.max(also))
                }
                None => {
                    let from = &self.accounts[link.from as usize];
                    let kind = if link.by_older_name { EvidenceKind::OlderName } else { EvidenceKind::OneWayLink };
                    let arriving = linking.get(&(link.to, self.platform(link.from))).copied().unwrap_or(1);
                    let words = format!("the profile of {} links to the other, which does not link back", from.words());
                    (words, kind, out.max(arriving))
                }
            };
            if others <= self.settings.holders_max as u64 {
                self.add(link.from, link.to, kind, words, others - 1);
            }
        }
    }

    fn by_shared<'r>(
        &mut self,
        kind: EvidenceKind,
        read: &'r [Read],
        values: impl Fn(&'r Read) -> &'r Vec<String>,
        words: impl Fn(&str) -> String,
    ) {
        let pairs =
            read.iter().zip(0u32..).flat_map(|(read, at)| values(read).iter().map(move |value| (value.as_str(), at)));
        let holders = Holders::new(pairs.collect());
        for run in holders.runs().filter(|run| (2..=self.settings.holders_max).contains(&run.len())) {
            let holding: Vec<u32> = run.iter().map(|(_, at)| *at).collect();
            let sharers = persons_at_least(self.accounts, read, &holding) - 1;
            for (place, (value, one)) in run.iter().enumerate() {
                for (_, other) in &run[place + 1..] {
                    self.add(*one, *other, kind, words(value), sharers);
                }
            }
        }
    }

    fn by_named_handle(&mut self, read: &[Read]) {
        let keys = read
            .iter()
            .zip(0u32..)
            .filter_map(|(read, at)| Some((named_handle(read.name.as_deref()?, read.bare.as_deref()?), at)));
        let holders = Holders::new(keys.collect());
        for run in holders.runs().filter(|run| (2..=self.settings.holders_max).contains(&run.len())) {
            for (place, (_, one)) in run.iter().enumerate() {
                for (_, other) in &run[place + 1..] {
                    let (here, there) = (&read[*one as usize], &read[*other as usize]);
                    if here.name == there.name && here.bare == there.bare {
                        let of_platform =
                            |wanted: Platform| run.iter().filter(|(_, at)| self.platform(*at) == wanted).count() as u64;
                        let sharers = of_platform(self.platform(*one)).max(of_platform(self.platform(*other))) - 1;
                        self.add(*one, *other, EvidenceKind::HandleEqual, String::new(), sharers);
                    }
                }
            }
        }
    }
}

struct Link {
    from: u32,
    to: u32,
    by_older_name: bool,
}

/// Links that lead to an account held on another platform, by both ends; a link that fits more accounts than `holders_max`
/// fits none.
fn resolved_links(accounts: &[AccountKeys], read: &[Read], holders_max: usize) -> Vec<Link> {
    let all = || accounts.iter().zip(read).zip(0u32..);
    let handles = Holders::new(
        all().filter_map(|((account, read), at)| Some(((account.platform, read.handle.as_deref()?), at))).collect(),
    );
    let natives = Holders::new(
        all()
            .filter_map(|((account, _), at)| Some(((account.platform, account.native_id.as_deref()?.trim()), at)))
            .collect(),
    );
    let mut links: Vec<Link> = vec![];
    for ((account, read), from) in all() {
        for link in read.links.iter().filter(|link| link.platform != account.platform) {
            let (ends, by_older_name) = match &link.key {
                LinkKey::Handle(handle) => (handles.of(&(link.platform, handle.as_str())), false),
                LinkKey::NativeId(id) => (natives.of(&(link.platform, id.as_str())), false),
                LinkKey::OlderName(name) => (handles.of(&(link.platform, name.as_str())), true),
            };
            if ends.len() <= holders_max {
                links.extend(ends.iter().map(|(_, to)| Link { from, to: *to, by_older_name }));
            }
        }
    }
    links.sort_by_key(|link| (link.from, link.to, link.by_older_name));
    links.dedup_by_key(|link| (link.from, link.to));
    links
}

fn suggestion(
    accounts: &[AccountKeys],
    read: &[Read],
    corpus: &Corpus<'_>,
    signs: &[Found],
    settings: &IdentitySettings,
) -> Option<MergeSuggestion> {
    let first = signs.first()?;
    let (one, other) = (&accounts[first.a as usize], &accounts[first.b as usize]);
    let (here, there) = (&read[first.a as usize], &read[first.b as usize]);
    // The platform with more accounts held has more strangers who could be meant.
    let crowded = if corpus.accounts_on(one.platform) >= corpus.accounts_on(other.platform) {
        one.platform
    } else {
        other.platform
    };
    let prior = Prior::new(settings.held_share, crowded, corpus.accounts_on(crowded));
    let has_page = signs.iter().any(|sign| sign.kind == EvidenceKind::SamePage);
    let has_key = signs.iter().any(|sign| mistaken(sign.kind).is_some());
    let mut evidence: Vec<MatchEvidence> = vec![];
    for sign in signs {
        let known = evidence.iter().any(|piece| piece.kind == sign.kind);
        match sign.kind {
            _ if known => {}
            EvidenceKind::SameDomain if has_page => {}
            EvidenceKind::HandleEqual => {
                let (name, bare) = (here.name.as_deref()?, here.bare.as_deref()?);
                let bearers = corpus.name(crowded, name).others;
                evidence.push(handle_evidence(sign.kind, bare, corpus.handle(bare, name), sign.sharers, bearers));
            }
            kind => evidence.push(key_evidence(kind, sign.words.clone(), sign.sharers, &prior)),
        }
    }
    if let (Some(name), Some(shown)) = (here.name.as_deref(), there.name.as_deref()) {
        match compared(name, shown) {
            NamesAre::Same => {
                let name = corpus.name(crowded, name);
                evidence.push(same_name(name.others, name.chance));
            }
            NamesAre::Apart if has_key => evidence.push(name_differs(name, shown)),
            NamesAre::Apart | NamesAre::Partly => {}
        }
    }
    let chance_max = match evidence.iter().map(|piece| piece.kind).min() {
        Some(EvidenceKind::ReciprocalLinks) => 1.0 - 1e-6,
        Some(kind) if mistaken(kind).is_some() => settings.sure_from.max(settings.unsure_max),
        _ => settings.weak_max,
    };
    let all = weighed(evidence, prior, chance_max);
    let chance = all.chance(0.0);
    if chance.value.unwrap_or(0.0) < settings.shown_from {
        return None;
    }
    let reasons: Vec<&str> = all.evidence.iter().map(|piece| piece.words.as_str()).collect();
    let words = format!("{} and {}: {}", one.words(), other.words(), reasons.join("; "));
    Some(MergeSuggestion { a: one.account, b: other.account, evidence: all.evidence, chance, words })
}
