//! Makes one creator: an ordinary one, with what is planted in it said where its role says.

use super::everyday::{based_in, paid_tag, posting_in, towns};
use super::planting::{Mention, Role, bio_words, way_of};
use super::portrait::{Portrait, Use, moments, stream};
use super::queries::{MANY_POSTS, SOME_POSTS};
use super::topics::{Beside, Topic, about_moulds};
use super::writing::{Sheet, ordinary_post};
use super::{QueryKind, SearchCreator, SearchPost, SearchWorld};
use crate::random::Dice;
use crate::sentences::Language;
use crate::texts::push_code;
use crate::vocabulary::Niche;

/// What names are drawn with: topics that belong to no circle.
const ANYWHERE: Niche = Niche {
    name: "anything",
    items: &[],
    doings: &[],
    topics: &["slow mornings", "small things", "the long way home", "quiet weekends", "good company"],
    praises: &[],
    tags: &[],
    lines: &[],
};

/// What one post is about.
#[derive(Clone, Copy)]
enum Subject {
    /// One topic throughout, said in this way.
    About(&'static Topic, &'static str),
    /// One topic in passing, said in this way.
    Passing(&'static Topic, &'static str),
    /// A sentence as it stands.
    Sentence(&'static str),
    /// What surrounds a topic, without the topic.
    Around(&'static Topic),
}

/// Makes the creator at one position.
pub(super) struct Maker<'w> {
    world: &'w SearchWorld,
    position: usize,
    portrait: Portrait,
    role: Option<Role>,
    dice: Dice,
}

impl<'w> Maker<'w> {
    pub(super) fn of(world: &'w SearchWorld, position: usize) -> Maker<'w> {
        let role = world.planting.roles.get(&position).copied();
        let mut portrait = Portrait::draw(world.settings.seed, position);
        if let Some(role) = role {
            portrait.language = match role {
                Role::Answers { topic, .. } => world.planting.topics[topic].language(),
                _ => Language::English,
            };
        }
        let dice = stream(world.settings.seed, Use::Texts).dice(position as u64);
        Maker { world, position, portrait, role, dice }
    }

    pub(super) fn make(mut self) -> SearchCreator {
        let (display_name, handle) = self.names();
        let way = self.role.and_then(|role| self.way(role));
        let (bio, country) = self.bio(way);
        let posts = self.posts(way);
        let language = (self.topic_beside().is_some() || self.dice.chance(0.7)).then(|| self.portrait.language.code());
        let settings = self.world.settings;
        SearchCreator {
            account: self.portrait.account(self.world.namer, self.position),
            platform: self.portrait.platform,
            handle,
            display_name,
            bio,
            country,
            language,
            followers: self.portrait.followers,
            figures: self.portrait.figures(settings.seed, self.position, settings.creators, &posts),
            posts,
        }
    }

    fn topic(&self, topic: usize) -> &'static Topic {
        self.world.planting.topics[topic]
    }

    /// The way this creator says what it speaks of.
    fn way(&mut self, role: Role) -> Option<&'static str> {
        match role {
            Role::Answers { topic, grade } => Some(way_of(self.topic(topic), grade, &mut self.dice)),
            Role::SaysExcluded { topic } | Role::Elsewhere { topic } => Some(self.topic(topic).ways[0]),
            _ => None,
        }
    }

    /// The second aspect this creator answers, where its query has one.
    fn topic_beside(&self) -> Option<&'static Topic> {
        match self.role {
            Some(Role::Answers { topic, .. }) => Some(self.topic(topic)).filter(|topic| bio_words(topic).is_some()),
            _ => None,
        }
    }

    fn names(&mut self) -> (String, String) {
        let mut display_name = self.world.namer.display_name(self.position, &ANYWHERE);
        match self.role {
            Some(Role::Answers { topic, grade: 3 }) if self.topic(topic).kind == QueryKind::Name => {
                return bearer(self.topic(topic));
            }
            Some(Role::HalfName { topic, first }) => {
                let (given, family) = self.topic(topic).ways[0].split_once(' ').expect("a name has two parts");
                let (own_given, own_family) = display_name.split_once(' ').expect("a drawn name has two parts");
                display_name = if first { format!("{given} {own_family}") } else { format!("{own_given} {family}") };
            }
            _ => {}
        }
        let given = display_name.split(' ').next().expect("a name has a first part");
        let mut handle = given.to_lowercase();
        handle.push(*self.dice.choose(&['.', '_']));
        if self.dice.chance(0.4) {
            handle.push_str(self.dice.word(&self.world.words.circles[self.portrait.niche].tags));
            handle.push('_');
        }
        push_code(&mut handle, self.position as u64);
        (display_name, handle)
    }

    fn sheet(&self) -> Sheet<'w> {
        Sheet::new(&self.world.words, self.portrait.language, self.portrait.niche)
    }

    /// The few lines above the posts, and the country.
    fn bio(&mut self, way: Option<&'static str>) -> (String, Option<&'static str>) {
        let language = self.portrait.language;
        let mut sheet = self.sheet();
        if let Some(Role::Stuffed { topic }) = self.role {
            self.stuff(&mut sheet, topic);
            return (sheet.text, self.country());
        }
        let length = 5 + self.dice.below(13);
        sheet.fill(length, &mut self.dice);
        let says_way = match self.role {
            Some(Role::Answers { grade: 3, topic }) if self.topic(topic).kind != QueryKind::Name => 0.5,
            Some(Role::Answers { grade: 2, topic }) if self.topic(topic).kind != QueryKind::Name => 0.15,
            _ => 0.0,
        };
        if let Some(way) = way.filter(|_| self.dice.chance(says_way)) {
            sheet.end_sentence();
            sheet.push(way);
        }
        match self.topic_beside().map(|topic| topic.beside) {
            Some(Beside::Town(name, country)) => {
                sheet.end_sentence();
                sheet.push(&[based_in(language), name].concat());
                return (sheet.text, Some(country));
            }
            Some(Beside::Tongue(..)) => {
                sheet.end_sentence();
                sheet.push(posting_in(language));
            }
            _ if matches!(self.role, Some(Role::Elsewhere { .. })) => {}
            _ if self.dice.chance(0.25) => {
                let town = self.dice.choose(towns(language));
                sheet.end_sentence();
                sheet.push(&[based_in(language), town.name].concat());
                return (sheet.text, Some(town.country));
            }
            _ if self.dice.chance(0.1) => {
                sheet.end_sentence();
                sheet.push(posting_in(language));
            }
            _ => {}
        }
        (sheet.text, self.country())
    }

    fn country(&mut self) -> Option<&'static str> {
        self.dice.chance(0.6).then(|| self.dice.choose(towns(self.portrait.language)).country)
    }

    /// Lists the topic among others until the bio is full.
    fn stuff(&mut self, sheet: &mut Sheet<'_>, topic: usize) {
        let topics = &self.world.planting.topics;
        let mut next = topic;
        while sheet.words < 20 {
            if topics[next].kind != QueryKind::Name {
                sheet.push(topics[next].ways[0]);
                sheet.text.push(',');
            }
            // Every number from 0 to 39 comes up, because 7 and 40 share no factor; fewer topics only come up sooner.
            next = (next + 7) % topics.len();
            if next == topic {
                sheet.fill(20, &mut self.dice);
            }
        }
    }

    fn posts(&mut self, way: Option<&'static str>) -> Vec<SearchPost> {
        let subjects = self.subjects(way);
        let moments = moments(subjects.len(), &mut self.dice);
        let paid_share = if self.dice.chance(0.45) { 0.0 } else { self.dice.between(0.03, 0.35) };
        subjects
            .into_iter()
            .zip(moments)
            .map(|(said, at)| {
                let paid = self.dice.chance(paid_share);
                let tags = self.tags(&said, paid);
                let text = self.text(&said);
                SearchPost { text, tags, at, paid }
            })
            .collect()
    }

    /// What each post is about, oldest first; none for the ordinary ones.
    fn subjects(&mut self, way: Option<&'static str>) -> Vec<Vec<Subject>> {
        let planted = match self.role {
            Some(Role::LongWinded) => return self.everything_once(),
            Some(role) => self.planted(role, way),
            None => self.mentioned(),
        };
        let fewest = if self.role.is_some() { 8 } else { 6 };
        let posts = fewest + self.dice.below(15 - fewest);
        let mut subjects: Vec<Vec<Subject>> = vec![Vec::new(); posts];
        for (place, subject) in planted.into_iter().enumerate() {
            subjects[place] = vec![subject];
        }
        for place in (1..posts).rev() {
            subjects.swap(place, self.dice.below(place + 1));
        }
        subjects
    }

    /// What an ordinary creator mentions once, if anything.
    fn mentioned(&mut self) -> Vec<Subject> {
        if self.portrait.language != Language::English {
            return Vec::new();
        }
        let mention = self.world.planting.mention(&mut self.dice);
        mention.map(|Mention { topic, way }| Subject::Passing(self.topic(topic), way)).into_iter().collect()
    }

    fn planted(&mut self, role: Role, way: Option<&'static str>) -> Vec<Subject> {
        let many = MANY_POSTS + self.dice.below(4);
        match role {
            Role::Answers { topic, grade } => {
                let topic = self.topic(topic);
                let way = way.expect("an answer has a way of saying it");
                match (topic.kind, grade) {
                    (QueryKind::Name, 3) => Vec::new(),
                    (_, 3) => vec![Subject::About(topic, way); many],
                    (_, 2) => vec![Subject::About(topic, way); SOME_POSTS + self.dice.below(MANY_POSTS - SOME_POSTS)],
                    _ => vec![Subject::Passing(topic, way)],
                }
            }
            Role::Astray { topic } => {
                (0..many).map(|_| Subject::Sentence(self.dice.word(self.topic(topic).astray))).collect()
            }
            Role::SaysExcluded { topic } => {
                let topic = self.topic(topic);
                let Beside::Never(word) = topic.beside else { unreachable!("an exclusion names a word") };
                let mut said = vec![Subject::About(topic, topic.ways[0]); many];
                said.push(Subject::Sentence(word));
                said
            }
            Role::Elsewhere { topic } => vec![Subject::About(self.topic(topic), self.topic(topic).ways[0]); many],
            Role::Around { topic } => vec![Subject::Around(self.topic(topic)); many],
            Role::HalfName { .. } | Role::Stuffed { .. } | Role::LongWinded => Vec::new(),
        }
    }

    /// Every topic in one post or another, one or two a post.
    fn everything_once(&mut self) -> Vec<Vec<Subject>> {
        let posts = 20 + self.dice.below(11);
        let mut subjects: Vec<Vec<Subject>> = vec![Vec::new(); posts];
        for (number, topic) in self.world.planting.topics.iter().copied().enumerate() {
            let said = &mut subjects[number % posts];
            said.push(Subject::Passing(topic, self.dice.word(topic.ways)));
            if let Beside::Never(word) = topic.beside {
                said.push(Subject::Sentence(word));
            }
        }
        subjects
    }

    fn tags(&mut self, said: &[Subject], paid: bool) -> Vec<String> {
        let from = &self.world.words.circles[self.portrait.niche].tags;
        let start = self.dice.below(from.len());
        let count = self.dice.below(4);
        let mut tags: Vec<String> = (start..start + count).map(|at| from[at % from.len()].to_owned()).collect();
        if let [Subject::About(_, way)] = said
            && self.dice.chance(0.4)
        {
            tags.push(way.to_lowercase().replace([' ', '-'], ""));
        }
        if paid && self.dice.chance(0.7) {
            tags.push(paid_tag(self.portrait.language).to_owned());
        }
        tags
    }

    fn text(&mut self, said: &[Subject]) -> String {
        let mut sheet = self.sheet();
        let dice = &mut self.dice;
        match self.role {
            Some(Role::LongWinded) => {
                let length = 40 + dice.below(21);
                for subject in said {
                    let before = sheet.words + 3 + dice.below(8);
                    sheet.fill(before, dice);
                    say(&mut sheet, *subject, dice);
                }
                sheet.fill(length, dice);
            }
            _ => match *said {
                [] => sheet = ordinary_post(sheet, 8 + dice.below(23), dice),
                [subject @ Subject::Passing(..), ..] => {
                    sheet.fill(6 + dice.below(6), dice);
                    say(&mut sheet, subject, dice);
                    sheet.fill(24 + dice.below(7), dice);
                }
                [subject, ..] => {
                    sheet.fill(dice.below(6), dice);
                    say(&mut sheet, subject, dice);
                    sheet.fill(18 + dice.below(13), dice);
                }
            },
        }
        sheet.finish(dice)
    }
}

/// The display name and the handle of who bears a planted name.
fn bearer(topic: &Topic) -> (String, String) {
    let name = topic.ways[0];
    let asked = topic.query.trim_start_matches('@');
    let handle = if asked.contains(['.', '_']) { asked.to_owned() } else { name.to_lowercase().replace(' ', ".") };
    (name.to_owned(), handle)
}

fn say(sheet: &mut Sheet<'_>, subject: Subject, dice: &mut Dice) {
    match subject {
        Subject::About(topic, way) => {
            let [before, after] = dice.choose(about_moulds(sheet.language));
            let said = [*before, &put(topic, way, dice), *after].concat();
            sheet.push(&said);
            near(sheet, topic, 2, dice);
        }
        Subject::Passing(topic, way) => {
            sheet.push(&put(topic, way, dice));
            near(sheet, topic, 3, dice);
        }
        Subject::Sentence(sentence) => sheet.push(sentence),
        Subject::Around(topic) => near(sheet, topic, 4, dice),
    }
}

/// Some of the words around a topic, each after an everyday word.
fn near(sheet: &mut Sheet<'_>, topic: &Topic, count: usize, dice: &mut Dice) {
    let start = dice.below(topic.near.len());
    for at in start..start + count {
        sheet.fill(sheet.words + 1, dice);
        sheet.push(topic.near[at % topic.near.len()]);
    }
}

/// The words as they are put in a sentence: names also as handles, words that may stand anywhere also turned round.
fn put(topic: &Topic, way: &str, dice: &mut Dice) -> String {
    match (topic.kind, way.split_once(' ')) {
        (QueryKind::Name, _) if dice.chance(0.5) => format!("@{}", bearer(topic).1),
        (QueryKind::ExactWords, Some((first, second))) if dice.chance(0.3) => {
            format!("{second}{}{first}", dice.word(&[" and ", " with ", " for "]))
        }
        _ => way.to_owned(),
    }
}
