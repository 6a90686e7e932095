//! The people of a world: how much each talks, how much each is spoken to, and whether they answer.
//!
//! An account costs some fifty bytes here; everything else about it (name, words, counts) is made again from its
//! number whenever it is needed.

use model::{AccountId, Platform};

use crate::brand;
use crate::groups::{Group, PLATFORMS, platform_turn};
use crate::names::Namer;
use crate::random::{AliasTables, Dice, Purpose, Stream, power};
use crate::sentences::Language;
use crate::settings::WorldSettings;
use crate::vocabulary::{COFFEE, NICHES, Niche};

/// The part somebody plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Ordinary,
    Buyer,
    Creator,
    Bot,
    Brand,
}

/// Marks "none" where an account or a poster is meant.
pub(crate) const NONE: u32 = u32::MAX;

/// From this many followers on somebody is spoken to from everywhere rather than from their group.
const STAR_FOLLOWERS: u32 = 400_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) followers: u32,
    /// Position among the posters, or [`NONE`].
    pub(crate) poster: u32,
    /// First and last day of activity.
    pub(crate) active_from: u16,
    pub(crate) active_until: u16,
    group: u16,
    /// How often they answer, in 255ths.
    habit: u8,
    pub(crate) role: Role,
    pub(crate) language: Language,
    /// Position in [`PLATFORMS`].
    pub(crate) platform: u8,
}

impl Person {
    /// The share of what is said to them that they answer.
    pub(crate) fn answers(&self) -> f64 {
        f64::from(self.habit) / 255.0
    }
}

/// Where talk that leaves the group goes, on one platform.
#[derive(Clone, Debug, Default)]
struct Elsewhere {
    groups: Vec<u16>,
    groups_by_popularity: AliasTables,
    stars: Vec<u32>,
    stars_by_fame: AliasTables,
}

#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) persons: Vec<Person>,
    pub(crate) ids: Vec<AccountId>,
    pub(crate) groups: Vec<Group>,
    /// How many are people; bots come behind them, the brand's own accounts last.
    pub(crate) human_count: usize,
    activity: AliasTables,
    popularity: AliasTables,
    groups_by_activity: AliasTables,
    elsewhere: Vec<Elsewhere>,
}

impl People {
    pub(crate) fn plan(settings: &WorldSettings, groups: Vec<Group>, human_count: usize, namer: Namer) -> People {
        let accounts = settings.size.accounts();
        let chance = Stream::new(settings.seed, Purpose::People);
        let charm = Stream::new(settings.seed, Purpose::Charm);
        let days = settings.days.0 as u16;
        let mut persons = Vec::with_capacity(accounts);
        let (mut activity, mut popularity) = (AliasTables::default(), AliasTables::default());
        let (mut group_activity, mut group_popularity) = (Vec::new(), Vec::new());
        let tail = (accounts as f64 / 10.0).clamp(100.0, 1_000.0);
        let mut groups_on = [0usize; PLATFORMS.len()];
        for (number, group) in groups.iter().enumerate() {
            let (mut talk, mut fame) = (Vec::new(), Vec::new());
            let made_stars = !group.has_buyers && groups_on[usize::from(group.platform)] < 2;
            groups_on[usize::from(group.platform)] += usize::from(!group.has_buyers);
            for account in group.members() {
                let mut dice = chance.dice(account as u64);
                let creates = account < group.creators().end;
                let star = made_stars && account == group.first as usize;
                let person = draw_person(&mut dice, group, number as u16, creates, star, days);
                // Somebody who is about to buy has something to ask.
                let busier = if person.role == Role::Buyer { 2.0 } else { 1.0 };
                talk.push(dice.power_law(1.0, tail, 2.2).max(0.8 * busier) * busier);
                fame.push(draw_popularity(&mut dice, &person, tail) * charm_of(charm, account));
                persons.push(person);
            }
            activity.append(&talk);
            popularity.append(&fame);
            group_activity.push(talk.iter().sum::<f64>());
            group_popularity.push(fame.iter().sum::<f64>());
        }
        let brand_count = brand::PLATFORMS.len();
        for bot in 0..accounts - human_count - brand_count {
            persons.push(draw_bot(&mut chance.dice(persons.len() as u64), platform_turn(bot), days));
        }
        for platform in brand::PLATFORMS {
            persons.push(brand_account(platform, days));
        }
        let elsewhere = plan_elsewhere(&groups, &group_popularity, &persons);
        let ids = name_all(&persons, namer, human_count);
        People {
            persons,
            ids,
            groups,
            human_count,
            activity,
            popularity,
            groups_by_activity: AliasTables::of(&group_activity),
            elsewhere,
        }
    }

    pub(crate) fn platform(&self, account: usize) -> Platform {
        PLATFORMS[usize::from(self.persons[account].platform)]
    }

    /// The group of a person; bots and brands have none.
    pub(crate) fn group_number(&self, account: usize) -> Option<usize> {
        (account < self.human_count).then(|| usize::from(self.persons[account].group))
    }

    pub(crate) fn niche(&self, account: usize) -> &'static Niche {
        self.group_number(account).map_or(&NICHES[COFFEE], |number| self.groups[number].niche())
    }

    /// Somebody who speaks, in proportion to how much they talk, among those active on the day.
    pub(crate) fn draw_speaker(&self, day: u16, dice: &mut Dice) -> usize {
        let mut speaker = 0;
        for _ in 0..6 {
            let group = self.groups_by_activity.draw(0..self.groups.len(), dice);
            speaker = self.activity.draw(self.groups[group].members(), dice);
            let person = &self.persons[speaker];
            if person.active_from <= day && day <= person.active_until {
                break;
            }
        }
        speaker
    }

    /// A member of this group, in proportion to how much they are spoken to.
    pub(crate) fn draw_known(&self, group: usize, dice: &mut Dice) -> usize {
        self.popularity.draw(self.groups[group].members(), dice)
    }

    /// A member of this group, in proportion to how much they talk.
    pub(crate) fn draw_member(&self, group: usize, dice: &mut Dice) -> usize {
        self.activity.draw(self.groups[group].members(), dice)
    }

    /// Somebody anywhere on the platform: as often as not one of its stars.
    pub(crate) fn draw_elsewhere(&self, platform: u8, dice: &mut Dice) -> usize {
        let there = &self.elsewhere[usize::from(platform)];
        if !there.stars.is_empty() && dice.chance(0.5) {
            return there.stars[there.stars_by_fame.draw(0..there.stars.len(), dice)] as usize;
        }
        let group = there.groups_by_popularity.draw(0..there.groups.len(), dice);
        self.draw_known(usize::from(there.groups[group]), dice)
    }

    /// The brand's own account on this platform, if it has one there.
    pub(crate) fn brand_account(&self, platform: u8) -> Option<usize> {
        let own = brand::PLATFORMS.iter().position(|&own| own == PLATFORMS[usize::from(platform)])?;
        Some(self.persons.len() - brand::PLATFORMS.len() + own)
    }

    pub(crate) fn bots(&self) -> std::ops::Range<usize> {
        self.human_count..self.persons.len() - brand::PLATFORMS.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.persons.capacity() * size_of::<Person>()
            + self.ids.capacity() * size_of::<AccountId>()
            + self.groups.capacity() * size_of::<Group>()
            + self.activity.bytes()
            + self.popularity.bytes()
            + self.groups_by_activity.bytes()
    }
}

/// What makes people like to listen to somebody, and makes them a little more popular too.
pub(crate) fn charm_of(charm: Stream, account: usize) -> f64 {
    charm.dice(account as u64).log_normal(1.0, 0.6)
}

fn draw_person(dice: &mut Dice, group: &Group, number: u16, creates: bool, star: bool, days: u16) -> Person {
    let role = match (creates, group.has_buyers && dice.chance(0.5)) {
        (true, _) => Role::Creator,
        (false, true) => Role::Buyer,
        (false, false) => Role::Ordinary,
    };
    let followers = match role {
        Role::Creator if star => dice.between(1.0e6, 3.0e6),
        Role::Creator => draw_creator_followers(dice, group.has_buyers),
        _ => dice.log_normal(170.0, 1.0).clamp(3.0, 2_500.0),
    };
    let habit = match role {
        Role::Creator => draw_creator_habit(dice, followers),
        _ => dice.between(0.15, 0.55),
    };
    let language = match dice.uniform() {
        u if u < 0.035 => Language::German,
        u if u < 0.07 => Language::Spanish,
        u if u < 0.10 => Language::French,
        _ => Language::English,
    };
    let (mut active_from, mut active_until) = (0, days);
    if role == Role::Ordinary {
        match dice.uniform() {
            u if u < 0.15 => active_from = (dice.uniform() * 0.7 * f64::from(days)) as u16,
            u if u < 0.30 => active_until = (dice.between(0.3, 1.0) * f64::from(days)) as u16,
            _ => {}
        }
    }
    Person {
        followers: followers as u32,
        poster: NONE,
        active_from,
        active_until,
        group: number,
        habit: (habit * 255.0).round() as u8,
        role,
        language,
        platform: group.platform,
    }
}

/// Followers by size class, evenly on the logarithmic scale within a class; few giants among the buyers' groups.
fn draw_creator_followers(dice: &mut Dice, has_buyers: bool) -> f64 {
    let bands = [
        (0.14, 350.0, 1_000.0),
        (0.74, 1e3, 1e4),
        (0.94, 1e4, 1e5),
        (0.98, 1e5, 5e5),
        (0.99, 5e5, 1e6),
        (1.0, 1e6, 6e6),
    ];
    let u = dice.uniform() * if has_buyers { 0.985 } else { 1.0 };
    let (_, from, to) = *bands.iter().find(|band| u < band.0).expect("the last class ends at 1");
    from * power(to / from, dice.uniform())
}

/// Some creators answer nearly everyone, some hardly anybody; giants cannot.
fn draw_creator_habit(dice: &mut Dice, followers: f64) -> f64 {
    let habit = match dice.uniform() {
        u if u < 0.25 => dice.between(0.01, 0.08),
        u if u < 0.60 => dice.between(0.15, 0.5),
        _ => dice.between(0.6, 0.97),
    };
    if followers >= f64::from(STAR_FOLLOWERS) { habit * 0.03 } else { habit }
}

fn draw_popularity(dice: &mut Dice, person: &Person, tail: f64) -> f64 {
    if person.role != Role::Creator {
        return dice.power_law(1.0, 40.0, 2.4);
    }
    let own = 14.0 * dice.power_law(1.0, tail / 4.0, 2.1);
    let by_size = power(f64::from(person.followers) / 5_000.0, 0.12);
    if person.followers >= STAR_FOLLOWERS { own * 0.3 } else { own * by_size }
}

fn draw_bot(dice: &mut Dice, platform: u8, days: u16) -> Person {
    Person {
        followers: dice.log_normal(28.0, 1.0).clamp(0.0, 900.0) as u32,
        poster: NONE,
        active_from: 0,
        active_until: days,
        group: u16::MAX,
        habit: 0,
        role: Role::Bot,
        language: Language::English,
        platform,
    }
}

fn brand_account(platform: Platform, days: u16) -> Person {
    let platform = PLATFORMS.iter().position(|&own| own == platform).expect("the brand is on a platform of the world");
    Person {
        followers: 8_400,
        poster: NONE,
        active_from: 0,
        active_until: days,
        group: u16::MAX,
        habit: 150,
        role: Role::Brand,
        language: Language::English,
        platform: platform as u8,
    }
}

fn plan_elsewhere(groups: &[Group], popularity: &[f64], persons: &[Person]) -> Vec<Elsewhere> {
    let mut elsewhere = vec![Elsewhere::default(); PLATFORMS.len()];
    let mut weights = vec![Vec::new(); PLATFORMS.len()];
    let mut fame = vec![Vec::new(); PLATFORMS.len()];
    for (number, group) in groups.iter().enumerate() {
        let platform = usize::from(group.platform);
        elsewhere[platform].groups.push(number as u16);
        weights[platform].push(popularity[number]);
        for account in group.creators() {
            if persons[account].followers >= STAR_FOLLOWERS {
                elsewhere[platform].stars.push(account as u32);
                fame[platform].push(f64::from(persons[account].followers).sqrt());
            }
        }
    }
    for (platform, there) in elsewhere.iter_mut().enumerate() {
        there.groups_by_popularity = AliasTables::of(&weights[platform]);
        there.stars_by_fame = AliasTables::of(&fame[platform]);
    }
    elsewhere
}

fn name_all(persons: &[Person], namer: Namer, human_count: usize) -> Vec<AccountId> {
    let mut native_id = String::with_capacity(40);
    let mut ids = Vec::with_capacity(persons.len());
    for (account, person) in persons.iter().enumerate() {
        let platform = PLATFORMS[usize::from(person.platform)];
        native_id.clear();
        if account >= human_count && person.role == Role::Brand {
            native_id.push_str(brand::HANDLE);
        } else {
            namer.native_id(&mut native_id, platform, account);
        }
        ids.push(AccountId::of(platform, "", &native_id));
    }
    ids
}
