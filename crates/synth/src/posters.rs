//! Those who publish: how often, at what hour, how their posts do, and who among them cheats.
//!
//! Creators come first, then the brand's buyers (who post now and then), then the brand's own accounts.

use model::Days;

use crate::groups::PLATFORMS;
use crate::listening::Listening;
use crate::people::{NONE, People, Role};
use crate::random::{Dice, Purpose, Stream};
use crate::settings::WorldSettings;

/// Marks "no pod" and "no jump".
pub(crate) const NO_NUMBER: u16 = u16::MAX;

/// Somebody who publishes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poster {
    pub(crate) account: u32,
    /// Usual hours between two posts.
    pub(crate) interval_hours: f32,
    /// How much better or worse their posts do than is usual for their size; 1 is usual.
    pub(crate) engagement: f32,
    /// Usual daily growth as a share of followers.
    pub(crate) growth: f32,
    /// Half of their answers come within this time.
    pub(crate) latency_minutes: f32,
    /// Position among the pods, or [`NO_NUMBER`].
    pub(crate) pod: u16,
    /// Position among the jumps in followers, or [`NO_NUMBER`].
    pub(crate) jump: u16,
    /// The hour of the day they like to post at.
    pub(crate) hour: u8,
    pub(crate) likes_hidden: bool,
    pub(crate) reach_known: bool,
    /// Whether the profile is looked at every day.
    pub(crate) watched: bool,
}

/// A sudden gain in followers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jump {
    pub(crate) poster: u32,
    pub(crate) first_day: u16,
    pub(crate) days: u8,
    pub(crate) bought: bool,
    pub(crate) gained: f64,
    /// The share of the gain that is lost again in the months after.
    pub(crate) lost: f64,
    /// How many times better posts do during the jump.
    pub(crate) engagement: f64,
}

/// All who publish, and what is planted among them.
#[derive(Clone, Debug)]
pub(crate) struct Posters {
    pub(crate) all: Vec<Poster>,
    pub(crate) creator_count: usize,
    pub(crate) pods: Vec<Vec<u32>>,
    pub(crate) jumps: Vec<Jump>,
    /// Whose posts bots praise, by platform.
    pub(crate) bot_clients: Vec<Vec<u32>>,
}

impl Posters {
    /// Finds those who publish, tells each person of their place among them, and plants pods and jumps.
    pub(crate) fn plan(settings: &WorldSettings, people: &mut People, listening: &Listening) -> Posters {
        let chance = Stream::new(settings.seed, Purpose::Posters);
        let creators = people.groups.iter().flat_map(|group| group.creators()).collect::<Vec<usize>>();
        let brand_accounts = people.bots().end..people.persons.len();
        let buyers = listening.buyers.iter().map(|&buyer| buyer as usize);
        let mut all: Vec<Poster> = Vec::with_capacity(creators.len() + listening.buyers.len() + brand_accounts.len());
        let watch = settings.size.watched_creators() as f64 / creators.len() as f64;
        for account in creators.iter().copied().chain(buyers).chain(brand_accounts) {
            people.persons[account].poster = all.len() as u32;
            let role = people.persons[account].role;
            all.push(draw_poster(account, role, watch, &mut chance.dice(account as u64)));
        }
        let mut posters = Posters {
            all,
            creator_count: creators.len(),
            pods: Vec::new(),
            jumps: Vec::new(),
            bot_clients: Vec::new(),
        };
        let mischief = Stream::new(settings.seed, Purpose::Mischief);
        posters.plant_pods(settings, people, &mut mischief.dice(0));
        posters.plant_jumps(settings, people, &mut mischief.dice(1));
        posters.choose_bot_clients(people, mischief);
        posters
    }

    /// The position among the buyers, for a poster who is one.
    pub(crate) fn buyer_position(&self, poster: u32) -> usize {
        poster as usize - self.creator_count
    }

    fn plant_pods(&mut self, settings: &WorldSettings, people: &People, dice: &mut Dice) {
        let sizes = if settings.size.pods() < 5 { (10, 4) } else { (10, 21) };
        for number in 0..settings.size.pods() {
            let platform = (number % 3) as u8;
            let wanted = sizes.0 + dice.below(sizes.1);
            let mut members = Vec::new();
            for _ in 0..wanted * 60 {
                if members.len() == wanted {
                    break;
                }
                let poster = dice.below(self.creator_count);
                let account = self.all[poster].account as usize;
                let person = &people.persons[account];
                let fits = person.platform == platform && (1_000..100_000).contains(&person.followers);
                if fits && self.all[poster].pod == NO_NUMBER {
                    let member = &mut self.all[poster];
                    member.pod = number as u16;
                    member.interval_hours = member.interval_hours.min(9.0 * 24.0);
                    members.push(poster as u32);
                }
            }
            members.sort_unstable();
            self.pods.push(members);
        }
    }

    fn plant_jumps(&mut self, settings: &WorldSettings, people: &People, dice: &mut Dice) {
        let Days(days) = settings.days;
        let wanted = settings.size.planted_jumps();
        for turn in 0..wanted * 200 {
            if self.jumps.len() == 2 * wanted {
                break;
            }
            let poster = dice.below(self.creator_count);
            let followers = people.persons[self.all[poster].account as usize].followers;
            let taken = self.all[poster].jump != NO_NUMBER || self.all[poster].pod != NO_NUMBER;
            if taken || !(2_000..200_000).contains(&followers) {
                continue;
            }
            let bought = self.jumps.len().is_multiple_of(2);
            let jump = draw_jump(poster as u32, f64::from(followers), bought, days, turn, dice);
            let who = &mut self.all[poster];
            who.jump = self.jumps.len() as u16;
            who.watched = true;
            who.interval_hours = who.interval_hours.min(8.0 * 24.0);
            self.jumps.push(jump);
        }
    }

    fn choose_bot_clients(&mut self, people: &People, chance: Stream) {
        let mut clients = vec![Vec::new(); PLATFORMS.len()];
        for (poster, who) in self.all[..self.creator_count].iter().enumerate() {
            let buys = who.jump != NO_NUMBER && self.jumps[usize::from(who.jump)].bought;
            let platform = usize::from(people.persons[who.account as usize].platform);
            // One who buys followers gets praise thrown in, so stands on the list several times.
            let times = if buys { 5 } else { usize::from(chance.uniform(1_000 + poster as u64) < 0.08) };
            clients[platform].extend(std::iter::repeat_n(poster as u32, times));
        }
        for (platform, list) in clients.iter_mut().enumerate() {
            let anyone = self.all[..self.creator_count]
                .iter()
                .position(|who| usize::from(people.persons[who.account as usize].platform) == platform);
            if list.is_empty() {
                list.extend(anyone.map(|poster| poster as u32));
            }
        }
        self.bot_clients = clients;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<Poster>() + self.jumps.capacity() * size_of::<Jump>()
    }
}

/// The poster of an account, if it publishes.
pub(crate) fn poster_of(people: &People, account: usize) -> Option<usize> {
    let poster = people.persons[account].poster;
    (poster != NONE).then_some(poster as usize)
}

fn draw_poster(account: usize, role: Role, watch: f64, dice: &mut Dice) -> Poster {
    let interval_days = match role {
        Role::Buyer => dice.between(70.0, 150.0),
        Role::Brand => 3.0,
        _ => dice.log_normal(11.0, 0.5).clamp(2.5, 40.0),
    };
    let growth = dice.log_normal(0.0012, 0.6).min(0.006);
    Poster {
        account: account as u32,
        interval_hours: (interval_days * 24.0) as f32,
        engagement: dice.log_normal(1.0, 0.5) as f32,
        growth: if dice.chance(0.1) { -0.0003 } else { growth as f32 },
        latency_minutes: dice.log_normal(95.0, 0.9).clamp(4.0, 1_500.0) as f32,
        pod: NO_NUMBER,
        jump: NO_NUMBER,
        hour: 7 + dice.below(14) as u8,
        likes_hidden: dice.chance(0.03),
        reach_known: dice.chance(0.15),
        watched: role == Role::Creator && dice.chance(watch),
    }
}

/// Sizes overlap on purpose: what tells a bought jump from a viral one is engagement and later loss, not the jump.
fn draw_jump(poster: u32, followers: f64, bought: bool, days: u32, turn: usize, dice: &mut Dice) -> Jump {
    let first_day = 75 + dice.below(days as usize - 115) as u16;
    if bought {
        let raw = followers * dice.log_normal(0.07, 0.55);
        let rounded = if turn % 5 < 3 { (raw / 100.0).round().max(1.0) * 100.0 } else { raw.round() };
        let lost = dice.between(0.15, 0.5);
        return Jump {
            poster,
            first_day,
            days: 1 + dice.below(6) as u8,
            bought,
            gained: rounded,
            lost,
            engagement: 1.0,
        };
    }
    let gained = (followers * dice.log_normal(0.06, 0.6)).round();
    let engagement = dice.log_normal(4.2, 0.5).max(1.5);
    Jump { poster, first_day, days: 2 + dice.below(4) as u8, bought, gained, lost: 0.02, engagement }
}
