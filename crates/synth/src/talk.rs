//! Who turns to whom, and what comes back.
//!
//! A buyer turns half of the time to somebody they listen to; all other talk goes by popularity, three quarters of it
//! inside the group, and popularity swings over the months. Whether an answer comes is the habit of the one spoken to.

use model::facts::InteractionFact;
use model::{InteractionId, InteractionKind, PostId};

use crate::batches::{Batches, DAY};
use crate::people::Role;
use crate::posters::poster_of;
use crate::random::Dice;
use crate::sentences::Mood;
use crate::texts::Utterance;
use crate::turns::{Cause, LastComment, Place, Turn};

/// The share of ordinary talk that leaves the group.
const OUTSIDE: f64 = 0.25;
/// How often a buyer turns to somebody they listen to rather than to whoever is popular.
const LISTENED: f64 = 0.5;
/// How often a buyer turns to the brand itself.
const TO_BRAND: f64 = 0.03;
/// An answer that takes longer never comes.
const ANSWER_SECONDS_MAX: f64 = 6.0 * 86_400.0;
/// After so many turns a thread ends.
const DEPTH_MAX: u8 = 6;

/// Something somebody says or does.
#[derive(Clone, Copy, Debug)]
struct Speech {
    at: u32,
    actor: usize,
    target: usize,
    kind: InteractionKind,
    place: Option<Place>,
    parent: Option<u32>,
    mood: Mood,
    depth: u8,
}

/// Somebody who will turn to somebody, decided but not yet told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstWord {
    pub(crate) at: u32,
    dice: Dice,
    speaker: usize,
    choice: Choice,
}

/// Whom somebody turns to, and why.
#[derive(Clone, Copy, Debug)]
struct Choice {
    target: usize,
    listened: bool,
}

impl Batches<'_> {
    /// Decides who turns to whom for a run of moments. Nothing here depends on what is said, so all speakers are drawn
    /// before all they turn to: the memory of a large world is slow to reach, and so it is reached many places at once.
    pub(crate) fn decide_first_words(&self, moments: impl Iterator<Item = (u32, Dice)>, words: &mut Vec<FirstWord>) {
        let people = &self.world.people;
        words.clear();
        for (at, mut dice) in moments {
            let speaker = people.draw_speaker((at / DAY) as u16, &mut dice);
            words.push(FirstWord { at, dice, speaker, choice: Choice { target: speaker, listened: false } });
        }
        for word in words.iter_mut() {
            word.choice = self.choose_target(word.speaker, word.at / DAY, &mut word.dice);
        }
        words.retain(|word| word.choice.target != word.speaker);
    }

    /// Somebody turns to somebody.
    pub(crate) fn tell_first_word(&mut self, word: FirstWord) {
        let FirstWord { at, mut dice, speaker, choice } = word;
        let dice = &mut dice;
        let people = &self.world.people;
        let mood = draw_mood(people.persons[speaker].role, people.persons[choice.target].role, choice.listened, dice);
        let (mentions, likes, follows) = if choice.listened { (0.12, 0.04, 0.0) } else { (0.07, 0.09, 0.05) };
        let u = dice.uniform();
        let wanted = match u {
            _ if u < mentions => InteractionKind::Mention,
            _ if u < mentions + likes => InteractionKind::Like,
            _ if u < mentions + likes + follows => InteractionKind::Follow,
            _ => InteractionKind::Comment,
        };
        let speech = Speech {
            at,
            actor: speaker,
            target: choice.target,
            kind: wanted,
            place: None,
            parent: None,
            mood,
            depth: 0,
        };
        match wanted {
            InteractionKind::Comment => {
                let speech = self.find_place(speech, dice);
                self.say(speech, dice);
            }
            InteractionKind::Mention => self.say(speech, dice),
            InteractionKind::Like => {
                let place = poster_of(people, choice.target).and_then(|poster| self.latest_post(poster, dice));
                match place {
                    Some(place) => self.sign(Speech { place: Some(place), ..speech }),
                    None => self.sign(Speech { kind: InteractionKind::Follow, ..speech }),
                }
            }
            _ => self.sign(speech),
        }
    }

    fn choose_target(&self, speaker: usize, day: u32, dice: &mut Dice) -> Choice {
        let people = &self.world.people;
        let person = &people.persons[speaker];
        if person.role == Role::Buyer {
            let u = dice.uniform();
            if u < TO_BRAND
                && let Some(target) = people.brand_account(person.platform)
            {
                return Choice { target, listened: false };
            }
            if u < TO_BRAND + LISTENED
                && let Some(target) = self.listened_to(speaker, dice)
            {
                return Choice { target, listened: true };
            }
        }
        let group = people.group_number(speaker).filter(|_| !dice.chance(OUTSIDE));
        let Some(group) = group else {
            return Choice { target: people.draw_elsewhere(person.platform, dice), listened: false };
        };
        let mut target = speaker;
        for _ in 0..4 {
            target = people.draw_known(group, dice);
            if target != speaker && dice.chance(attention(target, day)) {
                break;
            }
        }
        Choice { target, listened: false }
    }

    /// One of the people this buyer listens to.
    fn listened_to(&self, buyer: usize, dice: &mut Dice) -> Option<usize> {
        let poster = self.world.people.persons[buyer].poster;
        let listened = self.world.listening.of(self.world.posters.buyer_position(poster));
        let mut mark = dice.uniform() as f32;
        let chosen = listened.iter().find(|edge| {
            mark -= edge.weight;
            mark < 0.0
        });
        chosen.or(listened.first()).map(|edge| edge.creator as usize)
    }

    /// Where a comment to this person is made: under one of their posts, or where they last spoke.
    fn find_place(&self, speech: Speech, dice: &mut Dice) -> Speech {
        let world = self.world;
        let role = world.people.persons[speech.target].role;
        if let Some(poster) = poster_of(&world.people, speech.target)
            && let Some(place) = self.latest_post(poster, dice)
        {
            let posted_at = self.recent[poster].get(place.post_number).map_or(0, |post| post.at);
            let fresh = speech.at.saturating_sub(posted_at) < 10 * DAY;
            if role != Role::Buyer || (fresh && dice.chance(0.6)) {
                return Speech { place: Some(place), ..speech };
            }
        }
        let last = self.last_comment[speech.target];
        if last.number > 0 && speech.at.saturating_sub(last.at) < 10 * DAY {
            let kind = InteractionKind::Reply;
            return Speech { kind, place: Some(last.place), parent: Some(last.number), ..speech };
        }
        Speech { kind: InteractionKind::Mention, ..speech }
    }

    /// One of the author's latest posts, mostly the very last.
    fn latest_post(&self, poster: usize, dice: &mut Dice) -> Option<Place> {
        let made = self.recent[poster].made;
        let back = match dice.uniform() {
            u if u < 0.75 => 0,
            u if u < 0.92 => 1,
            _ => 2,
        };
        let post_number = made.checked_sub(1)?.saturating_sub(back);
        Some(Place { poster: poster as u32, post_number })
    }

    /// Does what was due.
    pub(crate) fn take_turn(&mut self, turn: Turn) {
        let world = self.world;
        let (actor, target) = (turn.actor as usize, turn.target as usize);
        let mut dice = self.answers.dice(self.told);
        let silent = Speech {
            at: turn.at,
            actor,
            target,
            kind: InteractionKind::Comment,
            place: turn.place,
            parent: None,
            mood: Mood::PodPraise,
            depth: 0,
        };
        match turn.cause {
            Cause::Answer { parent, mood, depth } => {
                let creator = world.people.persons[actor].role == Role::Creator;
                let mood = match (mood.asks(), creator || dice.chance(0.35)) {
                    (true, _) => Mood::Advice,
                    (false, true) => Mood::Thanks,
                    (false, false) => Mood::SmallTalk,
                };
                self.say(
                    Speech { kind: InteractionKind::Reply, parent: Some(parent), mood, depth, ..silent },
                    &mut dice,
                );
            }
            Cause::Pod => self.say(silent, &mut dice),
            Cause::Crowd => {
                let group = world.people.group_number(target).expect("a creator is in a group");
                let platform = world.people.persons[target].platform;
                let actor = match dice.chance(0.5) {
                    true => world.people.draw_member(group, &mut dice),
                    false => world.people.draw_elsewhere(platform, &mut dice),
                };
                if actor != target {
                    let mood = if dice.chance(0.6) { Mood::Praise } else { Mood::SmallTalk };
                    self.say(Speech { actor, mood, ..silent }, &mut dice);
                }
            }
            Cause::Bot => self.act_as_bot(silent, &mut dice),
            Cause::BoughtFollow => self.sign(Speech { kind: InteractionKind::Follow, ..silent }),
        }
    }

    fn act_as_bot(&mut self, speech: Speech, dice: &mut Dice) {
        let world = self.world;
        let clients = &world.posters.bot_clients[usize::from(world.people.persons[speech.actor].platform)];
        if clients.is_empty() {
            return;
        }
        let poster = *dice.choose(clients) as usize;
        let target = world.posters.all[poster].account as usize;
        let place = self.latest_post(poster, dice);
        let speech = Speech { target, place, mood: Mood::StockPraise, ..speech };
        match (dice.uniform(), place) {
            (u, Some(_)) if u < 0.5 => self.say(speech, dice),
            (u, Some(_)) if u < 0.7 => self.sign(Speech { kind: InteractionKind::Like, ..speech }),
            _ => self.sign(Speech { kind: InteractionKind::Follow, place: None, ..speech }),
        }
    }

    /// A like or a follow: no words, no answer.
    fn sign(&mut self, speech: Speech) {
        let post = speech.place.map(|place| self.post_id(place));
        let ids = &self.world.people.ids;
        let (actor, target) = (ids[speech.actor], Some(ids[speech.target]));
        let at = self.world.moment(speech.at);
        let id = InteractionId::by_content(speech.kind, actor, target, post, at, None);
        let by_author = speech.place.is_some_and(|place| self.author(place) == speech.actor);
        self.batch.interactions.push(InteractionFact {
            id,
            kind: speech.kind,
            actor,
            target,
            post,
            parent: None,
            at,
            text: None,
            by_author,
        });
        self.told += 1;
    }

    /// Tells one spoken interaction and lets the one spoken to decide whether to answer.
    fn say(&mut self, speech: Speech, dice: &mut Dice) {
        let world = self.world;
        let people = &world.people;
        self.comments += 1;
        let number = self.comments;
        let id = world.namer.comment_id(number);
        let parent = speech.parent.map(|parent| world.namer.comment_id(parent));
        let text = self.write(speech, dice);
        let post = speech.place.map(|place| self.post_id(place));
        let by_author = speech.place.is_some_and(|place| self.author(place) == speech.actor);
        self.batch.interactions.push(InteractionFact {
            id,
            kind: speech.kind,
            actor: people.ids[speech.actor],
            target: Some(people.ids[speech.target]),
            post,
            parent,
            at: world.moment(speech.at),
            text: Some(text),
            by_author,
        });
        self.told += 1;
        if let Some(place) = speech.place {
            self.recent[place.poster as usize].count_comment(place.post_number);
            self.last_comment[speech.actor] = LastComment { number, at: speech.at, place };
        }
        self.await_answer(speech, number, dice);
    }

    fn await_answer(&mut self, speech: Speech, number: u32, dice: &mut Dice) {
        let target = &self.world.people.persons[speech.target];
        let from_bot = self.world.people.persons[speech.actor].role == Role::Bot;
        let willing = if from_bot { 0.2 * target.answers() } else { target.answers() };
        if speech.depth >= DEPTH_MAX || !dice.chance(willing) {
            return;
        }
        let median_minutes = match poster_of(&self.world.people, speech.target) {
            Some(poster) if target.role != Role::Buyer => f64::from(self.world.posters.all[poster].latency_minutes),
            _ => 110.0,
        };
        let wait = dice.log_normal(median_minutes * 60.0, 1.1).clamp(20.0, ANSWER_SECONDS_MAX);
        self.turns.push(Turn {
            at: speech.at + wait as u32,
            actor: speech.target as u32,
            target: speech.actor as u32,
            place: speech.place,
            cause: Cause::Answer { parent: number, mood: speech.mood, depth: speech.depth + 1 },
        });
    }

    fn write(&mut self, speech: Speech, dice: &mut Dice) -> model::TextId {
        let world = self.world;
        let people = &world.people;
        let speaker = &people.persons[speech.actor];
        let niche = match people.group_number(speech.target) {
            Some(group) => people.groups[group].niche(),
            None => people.niche(speech.actor),
        };
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        if matches!(speech.mood, Mood::Advice | Mood::Ordered | Mood::BrandOrdered) {
            let named = match speaker.role {
                Role::Buyer => self.listened_to(speech.actor, dice).unwrap_or(speech.target),
                _ => people.group_number(speech.actor).map_or(speech.target, |group| people.draw_known(group, dice)),
            };
            world.namer.handle(&mut name, named, people.niche(named));
        }
        let mut body = String::with_capacity(88);
        if speech.kind == InteractionKind::Mention && speaker.role != Role::Bot {
            body.push('@');
            match people.persons[speech.target].role {
                Role::Brand => body.push_str(crate::brand::HANDLE),
                _ => world.namer.handle(&mut body, speech.target, people.niche(speech.target)),
            }
            body.push(' ');
        }
        let utterance = Utterance { niche, language: speaker.language, mood: speech.mood, name: &name };
        world.writer.write(&mut body, utterance, dice);
        self.scratch = name;
        self.keep_text(body)
    }

    fn author(&self, place: Place) -> usize {
        self.world.posters.all[place.poster as usize].account as usize
    }

    fn post_id(&mut self, place: Place) -> PostId {
        if let Some(post) = self.recent[place.poster as usize].get(place.post_number) {
            return post.id;
        }
        let account = self.author(place);
        let platform = self.world.people.platform(account);
        self.scratch.clear();
        self.world.namer.post_native_id(&mut self.scratch, platform, account, place.post_number);
        PostId::of(platform, &self.scratch)
    }
}

/// How much of its usual attention an account gets on a day: everybody is talked about more in some months.
fn attention(account: usize, day: u32) -> f64 {
    let phase = (account as u32).wrapping_mul(2_654_435_761) % 160;
    let along = f64::from((day + phase) % 160) / 80.0;
    0.2 + 0.8 * (along - 1.0).abs()
}

/// What is on the mind of somebody who speaks first.
fn draw_mood(speaker: Role, target: Role, listened: bool, dice: &mut Dice) -> Mood {
    let buying = match (speaker, target, listened) {
        (_, Role::Brand, _) => 0.9,
        (Role::Buyer, _, true) => 0.4,
        (Role::Buyer, _, false) => 0.15,
        _ => 0.0,
    };
    if dice.chance(buying) {
        return *dice.choose(&[
            Mood::BrandQuestion,
            Mood::BrandQuestion,
            Mood::BrandOrdered,
            Mood::BrandOrdered,
            Mood::BrandPrice,
            Mood::BrandRegret,
            Mood::Question,
            Mood::Price,
        ]);
    }
    let moods = [
        (0.40, Mood::SmallTalk),
        (0.66, Mood::Praise),
        (0.80, Mood::Question),
        (0.90, Mood::Advice),
        (0.94, Mood::Price),
        (0.98, Mood::Ordered),
        (1.0, Mood::Regret),
    ];
    let u = dice.uniform();
    moods.iter().find(|(until, _)| u < *until).map_or(Mood::SmallTalk, |&(_, mood)| mood)
}
