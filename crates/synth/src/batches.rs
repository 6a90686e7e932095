//! Tells a world as facts, hour by hour: accounts first, then profiles, posts, counts and talk as they happen.
//!
//! What is kept between two portions is a few bytes an account, the latest posts of each author and what is still
//! under way. The number of interactions steers itself: each day plans what is missing to the size's target.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use model::facts::TextFact;
use model::{FactBatch, PostId, TextId};

use crate::growth::Following;
use crate::people::Role;
use crate::posters::{Jump, NO_NUMBER};
use crate::posts::{Author, Reading, publish, read_counts};
use crate::profiles::Profiler;
use crate::random::{Dice, Purpose, Stream};
use crate::rhythm::{HOURS, day_shares, split};
use crate::sentences::Mood;
use crate::talk::FirstWord;
use crate::texts::Utterance;
use crate::turns::{Cause, LastComment, Place, RecentPosts, Turn, Turns};
use crate::world::World;

pub(crate) const DAY: u32 = 86_400;
pub(crate) const HOUR: u32 = 3_600;

/// A portion is handed on at the end of the hour in which it holds this many interactions,
const BATCH_INTERACTIONS: usize = 50_000;
/// or this many facts of any kind.
const BATCH_FACTS: usize = 120_000;
/// How many first words are decided at once.
const RUN: usize = 256;
/// Accounts in one opening portion.
const BATCH_ACCOUNTS: usize = 25_000;

/// Of a day's interactions, about how many are a person's first word rather than an answer.
const FIRST_WORDS: f64 = 0.72;
/// Of a day's interactions, how many are a bot's.
const BOT_WORDS: f64 = 0.045;

/// A reading of counts that is due.
#[derive(Clone, Copy, Debug)]
struct DueReading {
    at: u32,
    post: PostId,
    place: Place,
}

/// A post that is due today.
#[derive(Clone, Copy, Debug)]
struct DuePost {
    at: u32,
    poster: u32,
}

/// Text ids are hashes already, so a set of them needs no other.
#[derive(Clone, Copy, Default, Debug)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_i64(&mut self, id: i64) {
        // The set looks at the top bits too, and ids have none in the very first place.
        self.0 = (id as u64) << 1;
    }
}

/// The facts of a world as a stream of portions; see [`World::batches`].
#[derive(Debug)]
pub struct Batches<'w> {
    pub(crate) world: &'w World,
    talk: Stream,
    pub(crate) answers: Stream,
    metrics: Stream,
    posting: Stream,
    growing: Stream,
    accounts_told: usize,
    hour: u32,
    hours: u32,
    /// The share of the talk that has happened by the end of each day.
    shares: Vec<f64>,
    first_words_today: f64,
    bot_words_today: f64,
    posts_today: VecDeque<DuePost>,
    next_post_at: Vec<u32>,
    readings: Vec<VecDeque<DueReading>>,
    following: Vec<Following>,
    pub(crate) recent: Vec<RecentPosts>,
    pub(crate) last_comment: Vec<LastComment>,
    pub(crate) turns: Turns,
    first_words: Vec<FirstWord>,
    draws: u64,
    pub(crate) comments: u32,
    pub(crate) told: u64,
    pub(crate) batch: FactBatch,
    texts: HashSet<TextId, BuildHasherDefault<AlreadyHashed>>,
    pub(crate) scratch: String,
}

impl<'w> Batches<'w> {
    pub(crate) fn new(world: &'w World) -> Batches<'w> {
        let seed = world.settings.seed;
        let days = world.settings.days.0;
        let posting = Stream::new(seed, Purpose::Posts);
        let posters = &world.posters.all;
        let next_post_at = posters
            .iter()
            .enumerate()
            .map(|(poster, who)| {
                let wait = f64::from(who.interval_hours).min(8.0 * 24.0);
                (posting.dice(poster as u64).uniform() * wait * f64::from(HOUR)) as u32
            })
            .collect();
        let following = posters
            .iter()
            .map(|who| Following {
                real: f64::from(world.people.persons[who.account as usize].followers),
                ..Following::default()
            })
            .collect();
        Batches {
            world,
            talk: Stream::new(seed, Purpose::Talk),
            answers: Stream::new(seed, Purpose::Answers),
            metrics: Stream::new(seed, Purpose::Metrics),
            posting,
            growing: Stream::new(seed, Purpose::Growth),
            accounts_told: 0,
            hour: 0,
            hours: days * 24,
            shares: day_shares(days),
            first_words_today: 0.0,
            bot_words_today: 0.0,
            posts_today: VecDeque::new(),
            next_post_at,
            readings: world.settings.size.metric_ages_days().iter().map(|_| VecDeque::new()).collect(),
            following,
            recent: vec![RecentPosts::NONE; posters.len()],
            last_comment: vec![LastComment::NONE; world.people.persons.len()],
            turns: Turns::default(),
            first_words: Vec::with_capacity(RUN),
            draws: 0,
            comments: 0,
            told: 0,
            batch: FactBatch::default(),
            texts: HashSet::default(),
            scratch: String::new(),
        }
    }

    /// Bytes this stream keeps between two portions.
    pub fn kept_bytes(&self) -> usize {
        let waiting: usize = self.readings.iter().map(VecDeque::len).sum();
        self.recent.capacity() * size_of::<RecentPosts>()
            + self.last_comment.capacity() * size_of::<LastComment>()
            + self.following.capacity() * size_of::<Following>()
            + self.next_post_at.capacity() * size_of::<u32>()
            + self.turns.len() * (size_of::<Turn>() + size_of::<u64>())
            + waiting * size_of::<DueReading>()
    }

    fn profiler(&self) -> Profiler<'w> {
        let chance = Stream::new(self.world.settings.seed, Purpose::Growth);
        Profiler { people: &self.world.people, namer: self.world.namer, chance }
    }

    fn tell_accounts(&mut self) {
        let world = self.world;
        let end = (self.accounts_told + BATCH_ACCOUNTS).min(world.people.persons.len());
        let profiler = self.profiler();
        let start = world.settings.start_at();
        for account in self.accounts_told..end {
            let poster = crate::posters::poster_of(&world.people, account);
            let following = poster.map(|poster| self.following[poster]);
            self.batch.accounts.push(profiler.account(account));
            self.batch.profiles.push(profiler.profile(account, start, following, 0));
        }
        self.accounts_told = end;
    }

    fn begin_day(&mut self, day: u32) {
        let target = self.world.settings.size.interactions() as f64 * self.shares[day as usize];
        let missing = (target - self.told as f64).max(0.0);
        self.first_words_today = missing * FIRST_WORDS;
        self.bot_words_today = missing * BOT_WORDS;
        if day > 0 {
            self.look_at_profiles(day);
        }
        self.collect_posts(day);
        self.deliver_bought_follows(day);
    }

    fn look_at_profiles(&mut self, day: u32) {
        let world = self.world;
        let profiler = self.profiler();
        let every = world.settings.size.profile_every_days();
        let observed_at = world.moment(day * DAY);
        for (poster, who) in world.posters.all.iter().enumerate() {
            let now_and_then = poster < world.posters.creator_count && (day + poster as u32).is_multiple_of(every);
            if !(who.watched || now_and_then) {
                continue;
            }
            let mut dice = self.growing.dice((poster as u64) << 16 | u64::from(day));
            let step = if who.watched { 1 } else { every };
            let jump = self.jump_of(poster);
            self.following[poster].advance(who, jump, day as u16, step, &mut dice);
            let made = self.recent[poster].made;
            let profile = profiler.profile(who.account as usize, observed_at, Some(self.following[poster]), made);
            self.batch.profiles.push(profile);
        }
    }

    fn jump_of(&self, poster: usize) -> Option<&'w Jump> {
        let jump = self.world.posters.all[poster].jump;
        (jump != NO_NUMBER).then(|| &self.world.posters.jumps[usize::from(jump)])
    }

    /// Puts today's posts in order and decides when their authors post next.
    fn collect_posts(&mut self, day: u32) {
        let end = (day + 1) * DAY;
        let mut due = Vec::new();
        for poster in 0..self.next_post_at.len() {
            if self.next_post_at[poster] >= end {
                continue;
            }
            let who = &self.world.posters.all[poster];
            let mut dice = self.posting.dice((poster as u64 + 1) << 16 | u64::from(day));
            let hours = (f64::from(who.hour) + 1.5 * dice.normal()).clamp(0.0, 23.9);
            due.push(DuePost { at: day * DAY + (hours * f64::from(HOUR)) as u32, poster: poster as u32 });
            let wait = f64::from(who.interval_hours) * dice.log_normal(0.9, 0.45);
            let mut next = day * DAY + (wait.max(24.0) * f64::from(HOUR)) as u32;
            if let Some(jump) = self.jump_of(poster)
                && !jump.bought
            {
                // What goes viral is a post.
                let viral_at = u32::from(jump.first_day) * DAY;
                if day * DAY < viral_at && next > viral_at {
                    next = viral_at;
                }
            }
            self.next_post_at[poster] = next;
        }
        due.sort_unstable_by_key(|post| (post.at, post.poster));
        self.posts_today = due.into();
    }

    fn deliver_bought_follows(&mut self, day: u32) {
        let world = self.world;
        let bots = world.people.bots();
        for (number, jump) in world.posters.jumps.iter().enumerate() {
            let since = day.checked_sub(u32::from(jump.first_day));
            if !jump.bought || since.is_none_or(|since| since >= u32::from(jump.days)) {
                continue;
            }
            let mut dice = self.posting.dice(u64::MAX - ((number as u64) << 16) - u64::from(day));
            let target = world.posters.all[jump.poster as usize].account;
            for _ in 0..8 + dice.below(18) {
                let at = day * DAY + dice.below(DAY as usize) as u32;
                let actor = (bots.start + dice.below(bots.len())) as u32;
                self.turns.push(Turn { at, actor, target, place: None, cause: Cause::BoughtFollow });
            }
        }
    }

    fn run_hour(&mut self) {
        let (day, hour) = (self.hour / 24, (self.hour % 24) as usize);
        if hour == 0 {
            self.begin_day(day);
        }
        let start = self.hour * HOUR;
        self.queue_bots(day, hour, start);
        let (before, all) = (HOURS[..hour].iter().sum::<f64>(), HOURS.iter().sum());
        let phase = self.answers.uniform(u64::MAX - u64::from(day));
        let count = split(self.first_words_today, before, HOURS[hour], all, phase);
        let mut words = std::mem::take(&mut self.first_words);
        for run in (0..count).step_by(RUN) {
            let (talk, draws) = (self.talk, self.draws);
            let moments = (run..count.min(run + RUN as u64)).map(|number| {
                let mut dice = talk.dice(draws + number);
                let at = start + (f64::from(HOUR) * (number as f64 + dice.uniform()) / count as f64) as u32;
                (at, dice)
            });
            self.decide_first_words(moments, &mut words);
            for &word in &words {
                self.advance_to(word.at);
                self.tell_first_word(word);
            }
        }
        self.first_words = words;
        self.draws += count;
        self.advance_to(start + HOUR - 1);
        self.read_due_counts(start + HOUR - 1);
        self.hour += 1;
    }

    /// Bots know no night: as many in each hour.
    fn queue_bots(&mut self, day: u32, hour: usize, start: u32) {
        let phase = self.metrics.uniform(u64::MAX - u64::from(day));
        let count = split(self.bot_words_today, hour as f64, 1.0, 24.0, phase);
        let bots = self.world.people.bots();
        let mut dice = self.posting.dice(u64::MAX / 2 - u64::from(self.hour));
        for number in 0..count {
            let at = start + (f64::from(HOUR) * (number as f64 + dice.uniform()) / count as f64) as u32;
            let actor = (bots.start + dice.below(bots.len())) as u32;
            self.turns.push(Turn { at, actor, target: actor, place: None, cause: Cause::Bot });
        }
    }

    /// Tells the posts and turns that are due by `at`, in order.
    fn advance_to(&mut self, at: u32) {
        loop {
            let post_at = self.posts_today.front().map_or(u32::MAX, |post| post.at);
            let turn_at = self.turns.next_at().unwrap_or(u32::MAX);
            if post_at.min(turn_at) > at {
                return;
            }
            if post_at <= turn_at {
                let due = self.posts_today.pop_front().expect("looked at just now");
                self.publish(due);
            } else {
                let turn = self.turns.pop().expect("looked at just now");
                self.take_turn(turn);
            }
        }
    }

    fn publish(&mut self, due: DuePost) {
        let world = self.world;
        let poster = due.poster as usize;
        let account = world.posters.all[poster].account as usize;
        let person = &world.people.persons[account];
        let author = Author {
            id: world.people.ids[account],
            role: person.role,
            platform: world.people.platform(account),
            niche: world.people.niche(account),
        };
        let number = self.recent[poster].made;
        let mut dice = self.metrics.dice((u64::from(number) << 40) | (1 << 39) | poster as u64);
        let mut native_id = String::with_capacity(32);
        world.namer.post_native_id(&mut native_id, author.platform, account, number);
        let branded = matches!(person.role, Role::Buyer | Role::Brand) && dice.chance(0.8);
        let mood = if branded { Mood::BrandPost } else { Mood::Caption };
        let utterance = Utterance { niche: author.niche, language: person.language, mood, name: "" };
        let mut caption = String::with_capacity(80);
        world.writer.write(&mut caption, utterance, &mut dice);
        let text = self.keep_text(caption);
        let title = (author.platform == model::Platform::YouTube).then(|| {
            let mut title = String::with_capacity(48);
            world.writer.write(&mut title, Utterance { mood: Mood::Title, ..utterance }, &mut dice);
            title
        });
        let post = publish(author, native_id, world.moment(due.at), title, Some(text), &mut dice);
        let place = Place { poster: due.poster, post_number: self.recent[poster].add(post.id, due.at) };
        for (queue, age) in self.readings.iter_mut().zip(world.settings.size.metric_ages_days()) {
            let at = due.at + age * DAY;
            if at < self.hours * HOUR {
                queue.push_back(DueReading { at, post: post.id, place });
            }
        }
        self.batch.posts.push(post);
        self.call_pod(due, place, &mut dice);
        self.call_crowd(due, place, &mut dice);
    }

    /// The other members of a pod come within minutes.
    fn call_pod(&mut self, due: DuePost, place: Place, dice: &mut Dice) {
        let author = &self.world.posters.all[due.poster as usize];
        if author.pod == NO_NUMBER {
            return;
        }
        for &member in &self.world.posters.pods[usize::from(author.pod)] {
            if member != due.poster && dice.chance(0.4) {
                let at = due.at + 25 + (dice.log_normal(200.0, 0.7) as u32).min(1_500);
                let actor = self.world.posters.all[member as usize].account;
                self.turns.push(Turn { at, actor, target: author.account, place: Some(place), cause: Cause::Pod });
            }
        }
    }

    /// A viral post is talked about by people who were never there before.
    fn call_crowd(&mut self, due: DuePost, place: Place, dice: &mut Dice) {
        if self.boost_of(due.poster as usize, due.at / DAY) <= 1.0 {
            return;
        }
        let target = self.world.posters.all[due.poster as usize].account;
        for _ in 0..25 + dice.below(40) {
            let at = due.at + 60 + (dice.log_normal(36_000.0, 1.0) as u32).min(4 * DAY);
            self.turns.push(Turn { at, actor: target, target, place: Some(place), cause: Cause::Crowd });
        }
    }

    /// How many times better than usual a post of this day does.
    fn boost_of(&self, poster: usize, day: u32) -> f64 {
        match self.jump_of(poster) {
            Some(jump)
                if !jump.bought && (day + 1).checked_sub(u32::from(jump.first_day)).is_some_and(|since| since < 5) =>
            {
                jump.engagement
            }
            _ => 1.0,
        }
    }

    /// Reads the counts that are due in the hour that ends at `until`.
    fn read_due_counts(&mut self, until: u32) {
        let world = self.world;
        let mut due = Vec::new();
        for (queue, &age_days) in self.readings.iter_mut().zip(world.settings.size.metric_ages_days()) {
            while let Some(reading) = queue.front().copied().filter(|reading| reading.at <= until) {
                queue.pop_front();
                due.push((reading, age_days));
            }
        }
        due.sort_by_key(|(reading, _)| reading.at);
        for (reading, age_days) in due {
            let poster = reading.place.poster as usize;
            let who = &world.posters.all[poster];
            let seen = self.recent[poster].get(reading.place.post_number);
            let facts = Reading {
                post: reading.post,
                observed_at: world.moment(reading.at),
                age_days,
                platform: world.people.platform(who.account as usize),
                following: self.following[poster],
                boost: self.boost_of(poster, (reading.at - age_days * DAY) / DAY),
                comments_seen: seen.map_or(0, |post| post.comments),
            };
            let dice = self.metrics.dice((u64::from(reading.place.post_number) << 40) | poster as u64);
            self.batch.post_metrics.push(read_counts(who, facts, dice));
        }
    }

    /// Gives the id of a text, adding it to the portion unless it is there already.
    pub(crate) fn keep_text(&mut self, body: String) -> TextId {
        let text = TextFact::new(body);
        let id = text.id;
        if self.texts.insert(id) {
            self.batch.texts.push(text);
        }
        id
    }

    fn hand_on(&mut self) -> FactBatch {
        self.texts.clear();
        // The next portion will be much like this one, so its room is made at once.
        let like = &self.batch;
        let next = FactBatch {
            accounts: Vec::new(),
            profiles: Vec::with_capacity(like.profiles.len()),
            posts: Vec::with_capacity(like.posts.len()),
            post_metrics: Vec::with_capacity(like.post_metrics.len()),
            interactions: Vec::with_capacity(like.interactions.len()),
            texts: Vec::with_capacity(like.texts.len()),
        };
        std::mem::replace(&mut self.batch, next)
    }
}

impl Iterator for Batches<'_> {
    type Item = FactBatch;

    fn next(&mut self) -> Option<FactBatch> {
        if self.accounts_told < self.world.people.persons.len() {
            self.tell_accounts();
            return Some(self.hand_on());
        }
        while self.hour < self.hours {
            self.run_hour();
            if self.batch.interactions.len() >= BATCH_INTERACTIONS || self.batch.len() >= BATCH_FACTS {
                return Some(self.hand_on());
            }
        }
        if self.batch.is_empty() { None } else { Some(self.hand_on()) }
    }
}
