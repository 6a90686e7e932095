//! Audience talk: how a creator and the audience talk, beyond how many are answered: how deep, with whom again, whether
//! questions get answers, whether replies say anything, and whether the audience talks among itself.
//!
//! Read from comments under the creator's own posts; the caller leaves spam out. A comment and its answer are paired as
//! everywhere in the program: by the reply that names the comment when any reply of the creator names one, else by the
//! creator's next comment under the same post. A source that does not deliver replies makes what needs them "not known".

mod questions;
mod threads;

use model::explanation::DEFAULT_LEVEL;
use model::{Days, Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

pub use self::questions::{asks_something, is_expressive};
use self::threads::Talk;
use crate::conversations::level::Replies;
use crate::intervals::{Interval, jeffreys_interval, mean_interval, student_t};
use crate::random::Draws;

/// The version of the formulas in this file; reports keep the version they were made with.
pub const AUDIENCE_TALK_VERSION: u32 = 1;

/// One comment under one of the creator's posts, by anybody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TurnUnder<'a> {
    pub post: u32,
    pub at: Timestamp,
    /// Tells comments apart.
    pub id: i64,
    /// Tells people apart.
    pub commenter: i64,
    pub is_creator: bool,
    /// The comment it names as the one it answers.
    pub answers: Option<i64>,
    /// What was said, where it is held.
    pub words: Option<&'a str>,
}

/// What is held of the talk under a creator's posts.
#[derive(Clone, Copy, Debug)]
pub struct TurnsUnderPosts<'a> {
    /// In any order, each once, spam left out.
    pub turns: &'a [TurnUnder<'a>],
    pub replies: Replies,
    pub observed_until: Timestamp,
    pub grade: Grade,
}

/// What counts as answered, and how much is needed to say anything.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AudienceTalkSettings {
    /// An answer counts when it comes within so many days; younger questions are not judged yet.
    pub reply_window: Days,
    /// Threads that hold both sides.
    pub threads_min: u64,
    /// Distinct commenters.
    pub people_min: u64,
    /// Comments that ask a question.
    pub questions_min: u64,
    /// Replies of the creator whose words are held.
    pub replies_min: u64,
    /// Comments by others.
    pub comments_min: u64,
    /// Decides the draws behind the interval of `depth`.
    pub seed: u64,
}

impl Default for AudienceTalkSettings {
    fn default() -> AudienceTalkSettings {
        AudienceTalkSettings {
            reply_window: Days(7),
            threads_min: 10,
            people_min: 10,
            questions_min: 10,
            replies_min: 10,
            comments_min: 20,
            seed: 0,
        }
    }
}

/// How a creator and the audience talk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AudienceTalkSeen {
    /// Mean turns of a thread that holds both sides, 2 and up.
    pub depth: Estimate,
    /// Share of commenters who come back under another post.
    pub returning: Estimate,
    /// Share of questions the creator answered within the window.
    pub questions_answered: Estimate,
    /// Share of the creator's replies that are more than a stock phrase or emoji.
    pub expressive: Estimate,
    /// Share of the creator's replies that ask something.
    pub asks_back: Estimate,
    /// Share of comments by others that answer another commenter.
    pub audience_talk: Estimate,
}

/// How a creator and the audience talk with each other under the creator's posts.
///
/// Formula: `depth` = mean turns over threads with at least one turn of each side; a thread is everything joined by
/// `answers` when any reply of the creator names a comment, else one commenter's turns under a post with the creator's
/// turns that answer them. `returning` = commenters with comments under two posts or more / commenters.
/// `questions_answered` = comments by others that ask, older than 7 d, answered within 7 d / those comments. `expressive`
/// and `asks_back` = the creator's replies that say more than a stock phrase (that ask) / the creator's replies with
/// words. `audience_talk` = comments by others that name somebody else's comment, not the creator's / comments by others.
/// Inputs: `input.turns`, moments in microseconds, those after `observed_until` left out; `settings` in days and counts.
/// Output: turns 2 and up, shares 0..=1, 90 % intervals (`depth`: seeded bootstrap over threads; shares: Jeffreys); `None`
/// with a reason where replies or words are not held, or under the least counts in `settings`.
/// Trap: a source that names the first comment of a thread instead of the one answered counts a word to the creator inside
/// somebody else's thread as talk with that somebody.
/// Cost: O(turns log turns + 500 min(threads, 2,000)). Source: metrics sheet, section 3; interval Efron 1979 with the
/// small-sample ends of Hesterberg 2015; Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::conversations::level::Replies;
/// use engine::vetting::audience_talk::*;
/// use model::{Grade, Timestamp};
/// let hour = |hours: i64| Timestamp::from_unix_seconds(hours * 3600);
/// let turns: Vec<TurnUnder> = (0..20)
///     .flat_map(|at| {
///         let asked = TurnUnder {
///             post: at as u32 / 10, at: hour(at), id: 2 * at, commenter: at % 10, is_creator: false, answers: None,
///             words: Some("Which camera is this?"),
///         };
///         [asked, TurnUnder { id: 2 * at + 1, commenter: -1, is_creator: true, answers: Some(2 * at), words: Some("A Nikon"), ..asked }]
///     })
///     .collect();
/// let input = TurnsUnderPosts { turns: &turns, replies: Replies::Delivered, observed_until: hour(24 * 30), grade: Grade::B };
/// let seen = how_they_talk(&input, &AudienceTalkSettings::default());
/// assert_eq!((seen.depth.value, seen.returning.value, seen.questions_answered.value), (Some(2.0), Some(1.0), Some(1.0)));
/// assert_eq!((seen.expressive.value, seen.asks_back.value, seen.audience_talk.value), (Some(0.0), Some(0.0), Some(0.0)));
/// ```
pub fn how_they_talk(input: &TurnsUnderPosts, settings: &AudienceTalkSettings) -> AudienceTalkSeen {
    let talk = Talk::of(input.turns, input.observed_until);
    let reading = Reading { input, settings, talk: &talk };
    let replies = reading.replies();
    AudienceTalkSeen {
        depth: reading.depth(),
        returning: reading.returning(),
        questions_answered: reading.questions_answered(),
        expressive: replies.share(&EXPRESSIVE, is_expressive),
        asks_back: replies.share(&ASKS_BACK, asks_something),
        audience_talk: reading.audience_talk(),
    }
}

/// What a figure is, for its estimate.
struct Figure {
    unit: Unit,
    method: &'static str,
    n_of: &'static str,
    /// What the hits of a share are.
    hits: &'static str,
}

const DEPTH: Figure = Figure { unit: Unit::Items, method: "depth", n_of: "threads", hits: "" };
const RETURNING: Figure = Figure {
    unit: Unit::Share,
    method: "returning",
    n_of: "commenters",
    hits: "commenters with comments under two posts or more",
};
const QUESTIONS_ANSWERED: Figure = Figure {
    unit: Unit::Share,
    method: "questions_answered",
    n_of: "questions",
    hits: "questions the creator answered in time",
};
const EXPRESSIVE: Figure = Figure {
    unit: Unit::Share,
    method: "expressive",
    n_of: "replies of the creator",
    hits: "replies that say more than a stock phrase or emoji",
};
const ASKS_BACK: Figure = Figure {
    unit: Unit::Share,
    method: "asks_back",
    n_of: "replies of the creator",
    hits: "replies that ask something",
};
const AUDIENCE_TALK: Figure = Figure {
    unit: Unit::Share,
    method: "audience_talk",
    n_of: "comments by others",
    hits: "comments that answer another commenter",
};

const NO_REPLIES: &str = "the source does not tell who answered whom; import replies, or ask the creator to connect";

struct Reading<'a> {
    input: &'a TurnsUnderPosts<'a>,
    settings: &'a AudienceTalkSettings,
    talk: &'a Talk<'a>,
}

impl Reading<'_> {
    fn depth(&self) -> Estimate {
        if self.input.replies == Replies::NotDelivered {
            return self.not_known(&DEPTH, 0, NO_REPLIES);
        }
        let threads = self.talk.threads();
        let n = threads.turns.len() as u64;
        let least = self.settings.threads_min.max(2);
        if n < least {
            let reason = format!("only {n} threads hold both sides; at least {least} are needed, import more comments");
            return self.not_known(&DEPTH, n, reason);
        }
        // Ascending, so that the order of comments changes nothing.
        let turns: Vec<f64> = threads.turns.iter().map(|turns| *turns as f64).collect();
        let range = mean_range(&turns, self.settings.seed);
        let total: f64 = turns.iter().sum();
        let mut words = format!("{n} threads in which both the creator and others spoke have {total} turns");
        if threads.cut > 0 {
            words.push_str(&format!(
                "; the beginning of {} of them is not held, so that these are longer than they seem",
                threads.cut
            ));
        }
        if !self.talk.names_replies {
            words.push_str("; replies name nobody here, so that a thread is one commenter with the creator");
        }
        let explanation = Explanation::ratio(
            words,
            Unit::Items,
            Explanation::leaf("turns in these threads", Some(total), Unit::Items),
            Explanation::leaf("threads that hold both sides", Some(n as f64), Unit::Items),
        )
        .with_formula(format!("depth v{AUDIENCE_TALK_VERSION} = mean turns over threads that hold both sides"));
        self.known(&DEPTH, range, n, explanation)
    }

    fn returning(&self) -> Estimate {
        let mut under: Vec<(i64, u32)> =
            self.talk.turns.iter().filter(|turn| !turn.is_creator).map(|turn| (turn.commenter, turn.post)).collect();
        under.sort_unstable();
        under.dedup();
        let people = under.chunk_by(|a, b| a.0 == b.0);
        let (n, hits) = people.fold((0, 0), |(n, hits), posts| (n + 1, hits + u64::from(posts.len() > 1)));
        let mut posts: Vec<u32> = self.talk.turns.iter().map(|turn| turn.post).collect();
        posts.dedup();
        if posts.len() < 2 {
            return self.not_known(&RETURNING, n, "comments are held under fewer than two posts; import more posts");
        }
        let least = self.settings.people_min.max(1);
        if n < least {
            let reason = format!("only {n} people commented; at least {least} are needed, import more comments");
            return self.not_known(&RETURNING, n, reason);
        }
        let words = format!(
            "{hits} of {n} commenters wrote under two or more of {} posts; more posts give more occasion to come back",
            posts.len()
        );
        self.share(&RETURNING, hits, n, words)
    }

    fn questions_answered(&self) -> Estimate {
        if self.input.replies == Replies::NotDelivered {
            return self.not_known(&QUESTIONS_ANSWERED, 0, NO_REPLIES);
        }
        let window = self.settings.reply_window.as_seconds().saturating_mul(1_000_000);
        let days = self.settings.reply_window.0;
        let (mut n, mut hits, mut young, mut unread, mut others) = (0, 0, 0, 0, 0);
        for (turn, answer) in self.talk.turns.iter().zip(&self.talk.answered_by) {
            if turn.is_creator {
                continue;
            }
            others += 1;
            let Some(words) = turn.words else {
                unread += 1;
                continue;
            };
            if !asks_something(words) {
                continue;
            }
            if self.input.observed_until.0.saturating_sub(turn.at.0) < window {
                young += 1;
                continue;
            }
            let after = answer.map(|answer| self.talk.turns[answer].at.0.saturating_sub(turn.at.0));
            // An answer dated before its question is a fault of the source: the question is left out.
            if after.is_some_and(|after| after < 0) {
                continue;
            }
            n += 1;
            hits += u64::from(after.is_some_and(|after| after <= window));
        }
        if others > 0 && unread == others {
            return self.not_known(&QUESTIONS_ANSWERED, 0, NO_WORDS);
        }
        let least = self.settings.questions_min.max(1);
        if n < least {
            let reason = format!(
                "only {n} questions older than {days} days ({young} younger, words of {unread} comments not held); at \
                 least {least} are needed, wait or import more comments"
            );
            return self.not_known(&QUESTIONS_ANSWERED, n, reason);
        }
        let words = format!(
            "the creator answered {hits} of {n} questions within {days} days ({young} younger ones are not judged yet, \
             words of {unread} comments are not held)"
        );
        self.share(&QUESTIONS_ANSWERED, hits, n, words)
    }

    fn replies(&self) -> CreatorReplies<'_> {
        let words = self.talk.replies.iter().filter_map(|reply| self.talk.turns[*reply].words).collect();
        CreatorReplies { reading: self, words, all: self.talk.replies.len() as u64 }
    }

    fn audience_talk(&self) -> Estimate {
        if self.input.replies == Replies::NotDelivered || !self.talk.names_anything {
            return self.not_known(&AUDIENCE_TALK, 0, NO_REPLIES);
        }
        let (mut n, mut hits, mut not_held) = (0, 0, 0);
        for turn in self.talk.turns.iter().filter(|turn| !turn.is_creator) {
            match turn.answers.map(|answered| self.talk.find(answered)) {
                Some(None) => not_held += 1,
                Some(Some(answered)) => {
                    let answered = &self.talk.turns[answered];
                    n += 1;
                    hits += u64::from(!answered.is_creator && answered.commenter != turn.commenter);
                }
                None => n += 1,
            }
        }
        let least = self.settings.comments_min.max(1);
        if n < least {
            let reason = format!(
                "only {n} comments by others ({not_held} more answer something not held); at least {least} are needed, \
                 import more comments"
            );
            return self.not_known(&AUDIENCE_TALK, n, reason);
        }
        let words = format!(
            "{hits} of {n} comments by others answer another commenter ({not_held} more answer something that is not \
             held, and are left out)"
        );
        self.share(&AUDIENCE_TALK, hits, n, words)
    }

    fn share(&self, figure: &Figure, hits: u64, n: u64, words: String) -> Estimate {
        let unit = if figure.n_of == "commenters" { Unit::People } else { Unit::Items };
        let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), unit);
        let explanation = Explanation::ratio(words, figure.unit, count(figure.hits, hits), count(figure.n_of, n))
            .with_formula(format!(
                "{} v{AUDIENCE_TALK_VERSION} = {} / {}; Jeffreys interval",
                figure.method, figure.hits, figure.n_of
            ));
        let range = jeffreys_interval(hits, n, level()).expect("hits are a part of n, and n is above 0");
        self.known(figure, range, n, explanation)
    }

    fn known(&self, figure: &Figure, range: Interval, n: u64, explanation: Explanation) -> Estimate {
        let value = explanation.value.expect("nothing is divided by 0 here");
        let explanation = explanation.with_rows(n, figure.n_of, None);
        Estimate {
            version: AUDIENCE_TALK_VERSION,
            ..Estimate::known(value, range.lo, range.hi, n, figure.n_of, figure.method, explanation)
                .as_of(self.input.observed_until)
                .graded(self.input.grade)
        }
    }

    fn not_known(&self, figure: &Figure, n: u64, reason: impl Into<String>) -> Estimate {
        Estimate {
            version: AUDIENCE_TALK_VERSION,
            ..Estimate::not_known(figure.unit, figure.method, n, figure.n_of, reason)
                .as_of(self.input.observed_until)
                .graded(self.input.grade)
        }
    }
}

const NO_WORDS: &str = "the words of these comments are not held; import comments with their text";

/// What the creator's replies say.
struct CreatorReplies<'a> {
    reading: &'a Reading<'a>,
    words: Vec<&'a str>,
    all: u64,
}

impl CreatorReplies<'_> {
    fn share(&self, figure: &Figure, is: fn(&str) -> bool) -> Estimate {
        let reading = self.reading;
        if reading.input.replies == Replies::NotDelivered {
            return reading.not_known(figure, 0, NO_REPLIES);
        }
        let n = self.words.len() as u64;
        if n == 0 && self.all > 0 {
            return reading.not_known(figure, 0, NO_WORDS);
        }
        let least = reading.settings.replies_min.max(1);
        if n < least {
            let reason = format!(
                "only {n} of {} replies by the creator have words that are held; at least {least} are needed, import more",
                self.all
            );
            return reading.not_known(figure, n, reason);
        }
        let hits = self.words.iter().filter(|words| is(words)).count() as u64;
        let words = format!("{hits} of {n} {}: {}", figure.n_of, figure.hits);
        reading.share(figure, hits, n, words)
    }
}

const DRAWS: usize = 500;
const STREAM: u64 = 71;
/// From so many rows on the bootstrap and Student's interval are the same, and the latter is cheaper.
const DRAWN_MAX: usize = 2_000;

/// The range of a mean: bootstrap with ends moved outwards as Student's t asks for few rows. `values` ascending, at least 2.
fn mean_range(values: &[f64], seed: u64) -> Interval {
    let count = values.len();
    if count > DRAWN_MAX {
        return mean_interval(values, level()).expect("there are two rows or more");
    }
    let chance = Draws::new(seed, STREAM);
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let picks = (0..count).map(|pick| values[chance.below((draw * count + pick) as u64, count)]);
            picks.sum::<f64>() / count as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let freedom = count as f64 - 1.0;
    let reach = student_t(freedom, level()) * (count as f64 / freedom).sqrt();
    let tail = 0.5 * statrs::function::erf::erfc(reach / std::f64::consts::SQRT_2);
    let cut = ((DRAWS as f64 * tail).floor() as usize).min(DRAWS / 2 - 1);
    // A mean of draws may lie beside the mean of the rows: the value is never outside its own interval.
    let mean = values.iter().sum::<f64>() / count as f64;
    Interval { lo: means[cut].min(mean), hi: means[DRAWS - 1 - cut].max(mean), level: DEFAULT_LEVEL }
}

fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

#[cfg(test)]
mod tests;
