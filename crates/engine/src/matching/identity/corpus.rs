//! The accounts held, made comparable: their keys in sorted order, and how common a name or a handle is among them.

use std::collections::BTreeMap;

use model::Platform;
use rayon::prelude::*;

use super::AccountKeys;
use super::handles::{handle_shape, normal_handle};
use super::links::{AccountLink, account_link};
use super::names::{NamesAre, compared, name_key};
use super::sites::{domain_of, page_of};

/// Values with whoever holds them, sorted: looked up by halving, counted by run.
pub(super) struct Holders<K>(Vec<(K, u32)>);

impl<K: Ord + Send> Holders<K> {
    /// Each pair counts once. Cost `O(n log n)`.
    pub(super) fn new(mut pairs: Vec<(K, u32)>) -> Holders<K> {
        pairs.par_sort_unstable();
        pairs.dedup();
        Holders(pairs)
    }

    /// Who holds the value, ascending.
    pub(super) fn of(&self, value: &K) -> &[(K, u32)] {
        let from = self.0.partition_point(|pair| pair.0 < *value);
        let length = self.0[from..].partition_point(|pair| pair.0 <= *value);
        &self.0[from..from + length]
    }

    /// Run after run of one value.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[(K, u32)]> {
        self.0.chunk_by(|one, other| one.0 == other.0)
    }
}

/// What of a profile is compared, in its forms.
pub(super) struct Read {
    pub(super) handle: Option<String>,
    pub(super) bare: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email_hashes: Vec<String>,
    pub(super) links: Vec<AccountLink>,
    pub(super) pages: Vec<String>,
    pub(super) domains: Vec<String>,
}

impl Read {
    /// `platform` `None`: of no platform that is known, the handle is compared between platforms only.
    pub(super) fn new<'a>(
        platform: Option<Platform>,
        handle: Option<&str>,
        name: Option<&str>,
        email_hashes: impl Iterator<Item = &'a str>,
        links: impl Iterator<Item = &'a str> + Clone,
    ) -> Read {
        let of_platform = platform.unwrap_or(Platform::Other);
        let handle = handle.and_then(|handle| normal_handle(of_platform, handle));
        let bare =
            handle.as_deref().map(|handle| handle_shape(of_platform, handle).bare).filter(|bare| !bare.is_empty());
        Read {
            handle,
            bare,
            name: name.and_then(name_key),
            email_hashes: once(
                email_hashes.map(|hash| hash.trim().to_ascii_lowercase()).filter(|hash| !hash.is_empty()),
            ),
            links: once(links.clone().filter_map(account_link)),
            // The front of a domain says no more than the domain.
            pages: once(links.clone().filter_map(page_of).filter(|page| page.contains(['/', '?']))),
            domains: once(links.filter(|link| account_link(link).is_none()).filter_map(domain_of)),
        }
    }
}

/// Sorted, each once.
fn once<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

pub(super) fn read_accounts(accounts: &[AccountKeys]) -> Vec<Read> {
    let read = |account: &AccountKeys| {
        let by_name = matches!(
            account.platform,
            Platform::Instagram
                | Platform::TikTok
                | Platform::X
                | Platform::Reddit
                | Platform::Twitch
                | Platform::Other
        );
        let named =
            || account.native_id.as_deref().filter(|id| by_name && !id.bytes().all(|byte| byte.is_ascii_digit()));
        let links = account.bio_links.iter().chain(&account.external_url).map(String::as_str);
        Read::new(
            Some(account.platform),
            account.handle.as_deref().or_else(named),
            account.display_name.as_deref(),
            account.email_hashes.iter().map(String::as_str),
            links,
        )
    };
    accounts.par_iter().map(read).collect()
}

/// How many people hold a value at least, by the accounts that do: the most on one platform, or the names of several words
/// that share none. Cost `O(accounts · names)`.
pub(super) fn persons_at_least(accounts: &[AccountKeys], read: &[Read], holding: &[u32]) -> u64 {
    let mut on_platform: BTreeMap<Platform, u64> = BTreeMap::new();
    let mut names: Vec<&str> = vec![];
    for &at in holding {
        *on_platform.entry(accounts[at as usize].platform).or_default() += 1;
        let whole = read[at as usize].name.as_deref().filter(|name| name.contains(' '));
        names.extend(whole);
    }
    names.sort_unstable();
    let mut apart: Vec<&str> = vec![];
    for name in names {
        if apart.iter().all(|known| compared(known, name) == NamesAre::Apart) {
            apart.push(name);
        }
    }
    on_platform.into_values().max().unwrap_or(0).max(apart.len() as u64)
}

/// How often values come up among the accounts held.
pub(super) struct Corpus<'r> {
    on_platform: BTreeMap<Platform, u64>,
    named_on_platform: BTreeMap<Platform, u64>,
    names: Holders<(Platform, &'r str)>,
    /// Words of names, sorted, once for each account.
    words: Vec<&'r str>,
    named: u64,
    handles: HandleModel,
}

/// How many others bear a name, and the chance that a stranger does.
#[derive(Clone, Copy)]
pub(super) struct NameChance {
    pub(super) others: u64,
    pub(super) chance: f64,
}

/// A first name and a surname are not drawn apart: families and places join them, by up to about this factor.
const NAMES_GO_TOGETHER: f64 = 30.0;
/// A name nobody else bears is taken as borne by at least, and at most, so many strangers among those held.
const STRANGERS: (f64, f64) = (0.02, 0.5);
/// The share of people who make a handle of nothing but their name.
const HANDLE_IS_THE_NAME: f64 = 0.3;
/// More bits a letter are not believed, whatever the corpus says.
const BITS_A_LETTER_MAX: f64 = 3.0;

impl<'r> Corpus<'r> {
    /// Cost `O(n log n)` for `n` accounts.
    pub(super) fn new(accounts: &[AccountKeys], read: &'r [Read]) -> Corpus<'r> {
        let mut on_platform = BTreeMap::new();
        let mut named_on_platform = BTreeMap::new();
        for (account, read) in accounts.iter().zip(read) {
            *on_platform.entry(account.platform).or_default() += 1;
            *named_on_platform.entry(account.platform).or_default() += u64::from(read.name.is_some());
        }
        let name_of = |(place, (account, read)): (usize, (&AccountKeys, &'r Read))| {
            Some(((account.platform, read.name.as_deref()?), place as u32))
        };
        let names = Holders::new(accounts.iter().zip(read).enumerate().filter_map(name_of).collect());
        let mut words: Vec<&str> =
            read.iter().filter_map(|read| read.name.as_deref()).flat_map(|name| name.split(' ')).collect();
        words.par_sort_unstable();
        let named = read.iter().filter(|read| read.name.is_some()).count() as u64;
        let handles = HandleModel::new(read.iter().filter_map(|read| read.bare.as_deref()));
        Corpus { on_platform, named_on_platform, names, words, named, handles }
    }

    pub(super) fn accounts_on(&self, platform: Platform) -> u64 {
        self.on_platform.get(&platform).copied().unwrap_or(0)
    }

    /// How common the name of an account is on its platform: others who bear it, and where there is none the product of its
    /// words' shares, within bounds.
    pub(super) fn name(&self, platform: Platform, name: &str) -> NameChance {
        let named = self.named_on_platform.get(&platform).copied().unwrap_or(0).max(1) as f64;
        let others = (self.names.of(&(platform, name)).len() as u64).saturating_sub(1);
        let share = |word: &str| {
            let from = self.words.partition_point(|known| *known < word);
            let count = self.words[from..].partition_point(|known| *known <= word);
            count.saturating_sub(1).max(1) as f64 / self.named.max(1) as f64
        };
        let by_words = NAMES_GO_TOGETHER * named * name.split(' ').map(share).product::<f64>();
        let strangers = if name.contains(' ') { by_words.clamp(STRANGERS.0, STRANGERS.1) } else { STRANGERS.1 };
        NameChance { others, chance: ((others as f64 + strangers) / named).min(1.0) }
    }

    /// The chance that a stranger of this name has this bare handle, by its letters: what the name does not spell is read by
    /// pairs of letters as the handles held have them.
    pub(super) fn handle(&self, bare: &str, name: &str) -> f64 {
        let mut words: Vec<&str> = name.split(' ').filter(|word| word.chars().count() >= 3).collect();
        words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
        let mut left = bare.to_owned();
        for word in words {
            left = left.replacen(word, "", 1);
        }
        let spelled = if left.len() < bare.len() { HANDLE_IS_THE_NAME } else { 1.0 };
        spelled * (-self.handles.bits(&left)).exp2()
    }
}

/// Letters, digits, everything else, and the edge of a handle.
const SIGNS: usize = 38;
const EDGE: usize = SIGNS - 1;

/// How surprising a handle is, by pairs of neighbouring letters (Perito, Castelluccia, Kaafar & Manils 2011, "How unique and
/// traceable are usernames?", with pairs for their longer runs).
struct HandleModel {
    pairs: Vec<f64>,
    first: [f64; SIGNS],
}

fn sign(letter: char) -> usize {
    match letter {
        'a'..='z' => letter as usize - 'a' as usize,
        '0'..='9' => 26 + letter as usize - '0' as usize,
        _ => 36,
    }
}

impl HandleModel {
    fn new<'a>(bares: impl Iterator<Item = &'a str>) -> HandleModel {
        let mut model = HandleModel { pairs: vec![1.0; SIGNS * SIGNS], first: [SIGNS as f64; SIGNS] };
        for bare in bares {
            let mut before = EDGE;
            for here in bare.chars().map(sign) {
                model.pairs[before * SIGNS + here] += 1.0;
                model.first[before] += 1.0;
                before = here;
            }
        }
        model
    }

    /// Bits, 0 and up; nothing left is no surprise.
    fn bits(&self, text: &str) -> f64 {
        let mut before = EDGE;
        let mut bits = 0.0;
        for here in text.chars().map(sign) {
            bits -= (self.pairs[before * SIGNS + here] / self.first[before]).log2();
            before = here;
        }
        bits.min(BITS_A_LETTER_MAX * text.chars().count() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::AccountId;

    fn account(at: i64, name: &str, handle: &str) -> AccountKeys {
        AccountKeys {
            handle: Some(handle.to_owned()),
            display_name: Some(name.to_owned()),
            ..AccountKeys::new(AccountId(at), Platform::TikTok)
        }
    }

    #[test]
    fn a_name_that_many_bear_says_less_and_a_name_made_of_rare_words_more() {
        let mut accounts: Vec<AccountKeys> =
            (0..200).map(|at| account(at, "Maria Lopez", &format!("ml{at}"))).collect();
        accounts.extend((200..1000).map(|at| account(at, &format!("Ana{at} Ruiz{at}"), &format!("ar{at}"))));
        let read = read_accounts(&accounts);
        let corpus = Corpus::new(&accounts, &read);
        let (common, rare) =
            (corpus.name(Platform::TikTok, "lopez maria"), corpus.name(Platform::TikTok, "ana500 ruiz500"));
        assert_eq!((common.others, rare.others), (199, 0));
        assert!(common.chance > 0.19 && rare.chance < 0.0001, "{} {}", common.chance, rare.chance);
    }

    #[test]
    fn a_handle_that_only_spells_the_name_says_little() {
        let accounts: Vec<AccountKeys> = (0..100).map(|at| account(at, "A B", &format!("hopquill{at}"))).collect();
        let read = read_accounts(&accounts);
        let corpus = Corpus::new(&accounts, &read);
        let spelled = corpus.handle("marialopez", "lopez maria");
        let more = corpus.handle("marialopezx7", "lopez maria");
        let other = corpus.handle("zwxkqj", "lopez maria");
        assert_eq!(spelled, HANDLE_IS_THE_NAME);
        assert!(more < spelled / 10.0 && other < more, "{spelled} {more} {other}");
    }

    #[test]
    fn an_account_known_by_its_name_alone_has_it_as_its_handle() {
        let by = |platform, native: &str| {
            let account =
                AccountKeys { native_id: Some(native.to_owned()), ..AccountKeys::new(AccountId(1), platform) };
            read_accounts(&[account])[0].handle.clone()
        };
        assert_eq!(by(Platform::Instagram, "Hop.Maria").as_deref(), Some("hop.maria"));
        assert_eq!(by(Platform::Instagram, "1784140"), None);
        assert_eq!(by(Platform::YouTube, "UCabc"), None);
    }
}
