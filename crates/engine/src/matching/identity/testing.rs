//! A made-up market for the tests of identity: people, their accounts on several platforms, what their profiles tell, and the
//! brand's files, with the truth of who is who. Its shares are set apart from the weights that are tried on it.

use model::{AccountId, Platform};

use super::{AccountKeys, OwnRow, RowOrigin};
use crate::random::Sequence;

/// Whose row or account it is; nobody's where it is an agency's or a fan's.
pub(super) type Person = usize;

pub(super) struct Market {
    pub(super) accounts: Vec<AccountKeys>,
    pub(super) account_of: Vec<Person>,
    pub(super) rows: Vec<OwnRow>,
    pub(super) row_of: Vec<Person>,
}

const PLATFORMS: [(Platform, f64); 5] = [
    (Platform::Instagram, 0.6),
    (Platform::TikTok, 0.5),
    (Platform::YouTube, 0.3),
    (Platform::Reddit, 0.3),
    (Platform::X, 0.3),
];

struct Someone {
    first: String,
    last: String,
    nick: String,
    handle: String,
    agency: Option<usize>,
}

struct Held {
    person: Person,
    platform: Platform,
    handle: String,
    named: String,
}

fn word(chance: &mut Sequence, syllables: usize) -> String {
    let letters = |of: &str, at: usize| of.chars().nth(at).expect("within the list");
    let syllable =
        |chance: &mut Sequence| [letters("bdfghklmnprstvz", chance.below(15)), letters("aeiou", chance.below(5))];
    (0..syllables).flat_map(|_| syllable(chance)).collect()
}

/// A place drawn so that the n-th is about 1/n as likely as the first.
fn zipf(chance: &mut Sequence, of: usize) -> usize {
    (((of + 1) as f64).powf(chance.uniform()) as usize - 1).min(of - 1)
}

fn handle(chance: &mut Sequence, first: &str, last: &str, nick: &str) -> String {
    match chance.below(100) {
        0..25 => format!("{first}{last}"),
        25..40 => format!("{first}_{last}"),
        40..55 => format!("{first}{:02}", chance.below(100)),
        55..85 => nick.to_owned(),
        _ => format!("{first}_{nick}"),
    }
}

fn link_to(held: &Held) -> String {
    let start = match held.platform {
        Platform::Instagram => "https://www.instagram.com/",
        Platform::TikTok => "https://tiktok.com/@",
        Platform::YouTube => "https://youtube.com/@",
        Platform::Reddit => "https://reddit.com/user/",
        _ => "https://x.com/",
    };
    format!("{start}{}", held.handle)
}

impl Market {
    pub(super) fn new(seed: u64, people: usize) -> Market {
        let mut chance = Sequence::new(seed, 77);
        let firsts: Vec<String> = (0..150).map(|_| word(&mut chance, 2)).collect();
        let lasts: Vec<String> = (0..900).map(|_| word(&mut chance, 3)).collect();
        let nouns: Vec<String> = (0..400).map(|_| word(&mut chance, 2)).collect();
        let someone = |chance: &mut Sequence| {
            let (first, last) = (firsts[zipf(chance, 150)].clone(), lasts[zipf(chance, 900)].clone());
            let nick = format!("{}{}", nouns[chance.below(400)], nouns[chance.below(400)]);
            let handle = handle(chance, &first, &last, &nick);
            let agency = (chance.uniform() < 0.03).then(|| chance.below(people / 300 + 1));
            Someone { first, last, nick, handle, agency }
        };
        let everybody: Vec<Someone> = (0..people).map(|_| someone(&mut chance)).collect();
        let held = Market::held(&mut chance, &everybody);
        let mut market = Market { accounts: vec![], account_of: vec![], rows: vec![], row_of: vec![] };
        market.profiles(&mut chance, &everybody, &held);
        market.fans(&mut chance, &held, people);
        market.files(&mut chance, &everybody, &held);
        market
    }

    /// Who has which account; a handle is given out once on a platform.
    fn held(chance: &mut Sequence, everybody: &[Someone]) -> Vec<Held> {
        let mut taken = std::collections::BTreeSet::new();
        let mut held = vec![];
        for (person, one) in everybody.iter().enumerate() {
            for (platform, share) in PLATFORMS {
                if chance.uniform() >= share {
                    continue;
                }
                let kept = chance.uniform() < 0.6;
                let mut name = if kept { one.handle.clone() } else { handle(chance, &one.first, &one.last, &one.nick) };
                while !taken.insert((platform, name.clone())) {
                    name = format!("{name}{}", chance.below(10));
                }
                let named = match chance.below(10) {
                    0..5 => format!("{} {}", one.first, one.last),
                    5..7 => one.first.clone(),
                    7 => format!("{} {} | ale", one.first.to_uppercase(), one.last),
                    _ => one.nick.clone(),
                };
                held.push(Held { person, platform, handle: name, named });
            }
        }
        held
    }

    fn profiles(&mut self, chance: &mut Sequence, everybody: &[Someone], held: &[Held]) {
        for (place, one) in held.iter().enumerate() {
            let person = &everybody[one.person];
            let mut keys = AccountKeys::new(AccountId(place as i64), one.platform);
            keys.native_id = Some(format!("id{place}"));
            keys.handle = Some(one.handle.clone());
            keys.display_name = (chance.uniform() < 0.9).then(|| one.named.clone());
            let own = |chance: &mut Sequence| {
                let from = held[..place].iter().rposition(|other| other.person != one.person).map_or(0, |at| at + 1);
                let own: Vec<&Held> = held[from..].iter().take_while(|other| other.person == one.person).collect();
                own[chance.below(own.len())]
            };
            if chance.uniform() < 0.2 {
                keys.bio_links.push(link_to(own(chance)));
            }
            if chance.uniform() < 0.015 {
                keys.bio_links.push(link_to(&held[chance.below(held.len())]));
            }
            if chance.uniform() < 0.1 {
                keys.external_url = Some(format!("https://linktr.ee/{}{}", person.nick, one.person));
            } else if chance.uniform() < 0.05 {
                keys.external_url = Some(format!("https://{}{}.example/", person.nick, one.person));
            } else if chance.uniform() < 0.02 {
                keys.external_url = Some(format!("https://club{}.example/", chance.below(everybody.len() / 40 + 1)));
            }
            match person.agency {
                Some(agency) => keys.email_hashes.push(format!("agency{agency}")),
                None if chance.uniform() < 0.15 => keys.email_hashes.push(format!("mail{}", one.person)),
                None => {}
            }
            self.accounts.push(keys);
            self.account_of.push(one.person);
        }
    }

    /// Fans take a creator's name and nearly its handle, and link to it.
    fn fans(&mut self, chance: &mut Sequence, held: &[Held], people: usize) {
        for fan in 0..people / 200 {
            let of = &held[chance.below(held.len())];
            let mut keys = AccountKeys::new(AccountId(1_000_000_000 + fan as i64), PLATFORMS[chance.below(5)].0);
            keys.handle = Some(format!("{}{}", of.handle, if fan % 2 == 0 { "_" } else { "fan" }));
            keys.display_name = Some(of.named.clone());
            keys.bio_links.push(link_to(of));
            self.accounts.push(keys);
            self.account_of.push(people + fan);
        }
    }

    /// Every third person is the brand's own, by one file or several; three accounts in ten are not among those held.
    fn files(&mut self, chance: &mut Sequence, everybody: &[Someone], held: &[Held]) {
        let mut kept = vec![];
        let accounts = std::mem::take(&mut self.accounts);
        for (account, person) in accounts.into_iter().zip(std::mem::take(&mut self.account_of)) {
            if chance.uniform() < 0.7 {
                self.accounts.push(account);
                kept.push(person);
            }
        }
        self.account_of = kept;
        let mail = |person: Person| format!("mail{person}");
        for (place, one) in held.iter().enumerate() {
            let person = &everybody[one.person];
            let full = format!("{} {}", person.last, person.first);
            if one.person % 3 != 0 {
                continue;
            }
            if one.platform == Platform::Instagram {
                let row = self.row(one.person, RowOrigin::PlatformExport);
                row.platform = Some(one.platform);
                row.handle = Some(one.handle.clone());
                row.name = (chance.uniform() < 0.4).then(|| one.named.clone());
                // The handle has been given up since, and somebody else has it.
                if chance.uniform() < 0.003 {
                    row.handle = Some(held[chance.below(held.len())].handle.clone());
                }
            }
            if chance.uniform() < 0.25 {
                let row = self.row(one.person, RowOrigin::List);
                row.platform = Some(one.platform);
                row.name = Some(full.clone());
                row.handle = Some(match chance.below(100) {
                    0..4 => held[chance.below(held.len())].handle.clone(),
                    4..8 => format!("{}x", one.handle),
                    _ => format!("@{}", one.handle),
                });
            }
            if place == 0 || held[place - 1].person != one.person {
                let row = self.row(one.person, RowOrigin::List);
                row.name = (chance.uniform() < 0.8).then_some(full);
                row.email_hash = Some(mail(one.person));
                match chance.below(20) {
                    0 | 1 => row.links.push(link_to(one)),
                    2 => row.links.push(format!("{}{}.example/shop", person.nick, one.person)),
                    3 => row.links.push(format!("http://linktr.ee/{}{}?utm_source=x", person.nick, one.person)),
                    _ => {}
                }
            }
        }
        // An agency's own staff buy with the address that stands in its creators' bios.
        for agency in 0..everybody.len() / 300 + 1 {
            let row = self.row(usize::MAX, RowOrigin::List);
            row.email_hash = Some(format!("agency{agency}"));
        }
    }

    fn row(&mut self, person: Person, origin: RowOrigin) -> &mut OwnRow {
        self.rows.push(OwnRow::new(self.rows.len() as u32, origin));
        self.row_of.push(person);
        self.rows.last_mut().expect("it was pushed")
    }

    /// Owner of every account, by id.
    pub(super) fn owners(&self) -> std::collections::BTreeMap<AccountId, Person> {
        self.accounts.iter().map(|keys| keys.account).zip(self.account_of.iter().copied()).collect()
    }
}
