//! The conversation level: how far a creator talks with the audience, rather than at it.
//!
//! A micro-influencer answers almost everyone. How many, how many different people, and how fast are measured here
//! from comments by others under the creator's own posts; the caller leaves out spam and the creator's own comments.
//! A source that does not deliver replies makes all of it "not known", never "answers nobody".

use model::explanation::DEFAULT_LEVEL;
use model::{Days, Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::{Interval, Wait, WaitEnd, jeffreys_interval, median_wait};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const LEVEL_VERSION: u32 = 1;

/// One comment by somebody else under one of the creator's posts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AudienceComment {
    pub commenter: u32,
    pub at: Timestamp,
    /// When the creator first replied to it; `None`: not by the end of the observation.
    pub answered_at: Option<Timestamp>,
}

/// Whether the source tells who answered whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replies {
    Delivered,
    NotDelivered,
}

/// How often one person and the creator turned to each other, one row a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TalkPartner {
    pub person: u32,
    pub turns_to_creator: u32,
    pub turns_from_creator: u32,
}

/// What is known of a creator's talk with the audience.
#[derive(Clone, Copy, Debug)]
pub struct AudienceTalk<'a> {
    pub comments: &'a [AudienceComment],
    pub replies: Replies,
    /// Everybody the creator talked to or who talked to the creator; `None` when turns were not counted.
    pub partners: Option<&'a [TalkPartner]>,
    pub observed_until: Timestamp,
    pub grade: Grade,
}

/// What counts as answered, how much is needed to say anything, and where the words begin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LevelSettings {
    /// A reply counts when it comes within so many days; younger comments are not judged yet.
    pub reply_window: Days,
    /// Below so many answerable comments the reply rate is not known.
    pub answerable_min: u64,
    /// Below so many distinct people a figure about people is not known.
    pub people_min: u64,
    /// Turns in each direction that make a conversation.
    pub conversation_turns: u32,
    /// "answers almost everyone": the interval's lower end is at least this share.
    pub almost_everyone_from: Ratio,
    /// "answers many": the lower end is at least this share.
    pub many_from: Ratio,
    /// "answers some": the lower end is at least this share.
    pub some_from: Ratio,
    /// "rarely answers": the upper end is at most this share.
    pub rarely_to: Ratio,
}

impl Default for LevelSettings {
    fn default() -> LevelSettings {
        let share = |value| Ratio::new(value).expect("a default is a share");
        LevelSettings {
            reply_window: Days(7),
            answerable_min: 20,
            people_min: 10,
            conversation_turns: 2,
            almost_everyone_from: share(0.8),
            many_from: share(0.5),
            some_from: share(0.1),
            rarely_to: share(0.2),
        }
    }
}

/// The level in a word. Ordered; `NotKnown` is not a low level, it is no statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelWord {
    NotKnown,
    RarelyAnswers,
    AnswersSome,
    AnswersMany,
    AnswersAlmostEveryone,
}

impl LevelWord {
    pub fn words(self) -> &'static str {
        match self {
            LevelWord::NotKnown => "not known",
            LevelWord::RarelyAnswers => "rarely answers",
            LevelWord::AnswersSome => "answers some",
            LevelWord::AnswersMany => "answers many",
            LevelWord::AnswersAlmostEveryone => "answers almost everyone",
        }
    }
}

/// How far a creator talks with the audience.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConversationLevel {
    pub word: LevelWord,
    /// Share of answerable comments answered within the window.
    pub reply_rate: Estimate,
    /// Share of distinct commenters answered at least once.
    pub reply_rate_people: Estimate,
    /// Middle time to the first reply, in seconds.
    pub reply_latency: Estimate,
    /// Share of distinct commenters with a conversation of several turns each way.
    pub conversation_rate: Estimate,
    /// Share of the people the creator talks to who also talk to the creator.
    pub mutual_share: Estimate,
}

/// How far a creator talks with the audience: how many comments and people are answered, how fast, and how deep.
///
/// Formula: `reply_rate` = comments answered within 7 d / comments older than 7 d; `reply_rate_people` = commenters
/// answered at least once / commenters, over the same comments; `reply_latency` = Kaplan-Meier median of comment to
/// first reply, unanswered comments counted as waiting to the end; `conversation_rate` = people with >= 2 turns each
/// way / people who wrote; `mutual_share` = people with turns both ways / people the creator turned to.
/// Inputs: `talk.comments` in any order, moments in microseconds (a reply dated before its comment is a fault of the
/// source: that comment is left out and counted); `settings` in days, counts and shares.
/// Output: shares 0..=1 with Jeffreys intervals at 90 %, seconds for the latency; `None` with a reason when replies
/// are not delivered, under 20 answerable comments, under 10 people, or under half ever answered ("not reached").
/// Cost: O(comments log comments). Source: `docs/formulas.md`; Jeffreys: Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::conversations::level::*;
/// use model::{Grade, Timestamp};
/// let hour = |hours: i64| Timestamp::from_unix_seconds(hours * 3600);
/// let comments: Vec<AudienceComment> = (0..30)
///     .map(|who| AudienceComment { commenter: who, at: hour(0), answered_at: Some(hour(2)) })
///     .collect();
/// let talk = AudienceTalk {
///     comments: &comments, replies: Replies::Delivered, partners: None, observed_until: hour(24 * 30), grade: Grade::B,
/// };
/// let level = conversation_level(&talk, &LevelSettings::default());
/// assert_eq!(level.word.words(), "answers almost everyone");
/// assert_eq!(level.reply_latency.value, Some(7200.0));
/// assert_eq!(level.mutual_share.value, None);
/// ```
pub fn conversation_level(talk: &AudienceTalk, settings: &LevelSettings) -> ConversationLevel {
    let (conversation_rate, mutual_share) = partner_figures(talk, settings);
    if talk.replies == Replies::NotDelivered {
        let refuse = |unit, method| {
            let reason = "the source does not tell who answered whom; import replies, or ask the creator to connect";
            not_known(Figure { unit, method, n_of: "comments" }, 0, reason.to_owned(), talk, vec![])
        };
        return ConversationLevel {
            word: LevelWord::NotKnown,
            reply_rate: refuse(Unit::Share, "reply_rate"),
            reply_rate_people: refuse(Unit::Share, "reply_rate_people"),
            reply_latency: refuse(Unit::Seconds, "reply_latency"),
            conversation_rate,
            mutual_share,
        };
    }
    let counts = ReplyCounts::of(talk, settings);
    let reply_rate = reply_rate(&counts, talk, settings);
    let reply_rate_people = reply_rate_people(&counts, talk, settings);
    ConversationLevel {
        word: level_word(&reply_rate, &reply_rate_people, settings),
        reply_rate,
        reply_rate_people,
        reply_latency: reply_latency(talk),
        conversation_rate,
        mutual_share,
    }
}

/// The word for a creator's level, decided by the intervals and not by the values.
///
/// Formula: of the figures known, the lower of their lower ends decides: at least 80 % "answers almost everyone", 50 %
/// "answers many", 10 % "answers some"; otherwise "rarely answers" when the higher of their upper ends is at most
/// 20 %; otherwise, and when `reply_rate` is not known, "not known". So the fan who is answered forty times cannot
/// make a creator who answers everyone, and neither can twenty lucky comments.
/// Inputs: two shares, 0..=1. Output: a word. Cost: O(1). Source: our own choice, thresholds in `LevelSettings`.
///
/// ```
/// use engine::conversations::level::{LevelSettings, LevelWord, level_word};
/// use model::{Estimate, Unit};
/// let unknown = Estimate::not_known(Unit::Share, "reply_rate", 3, "comments", "only 3 comments");
/// assert_eq!(level_word(&unknown, &unknown, &LevelSettings::default()), LevelWord::NotKnown);
/// ```
pub fn level_word(reply_rate: &Estimate, reply_rate_people: &Estimate, settings: &LevelSettings) -> LevelWord {
    let (Some(lo), Some(hi)) = (reply_rate.lo, reply_rate.hi) else { return LevelWord::NotKnown };
    let lo = reply_rate_people.lo.map_or(lo, |people| people.min(lo));
    let hi = reply_rate_people.hi.map_or(hi, |people| people.max(hi));
    if lo >= settings.almost_everyone_from.value() {
        LevelWord::AnswersAlmostEveryone
    } else if lo >= settings.many_from.value() {
        LevelWord::AnswersMany
    } else if lo >= settings.some_from.value() {
        LevelWord::AnswersSome
    } else if hi <= settings.rarely_to.value() {
        LevelWord::RarelyAnswers
    } else {
        LevelWord::NotKnown
    }
}

/// What a figure is, for its estimate.
#[derive(Clone, Copy)]
struct Figure {
    unit: Unit,
    method: &'static str,
    n_of: &'static str,
}

/// How a comment stands at the end of the observation.
enum Standing {
    /// Written after the end, or answered before it was written.
    LeftOut,
    /// Answered after so many microseconds.
    Answered(i64),
    /// Watched for so many microseconds without an answer.
    Open(i64),
}

fn standing(comment: &AudienceComment, end: Timestamp) -> Standing {
    let watched = end.0.saturating_sub(comment.at.0);
    if watched < 0 {
        return Standing::LeftOut;
    }
    match comment.answered_at.filter(|answer| *answer <= end) {
        Some(answer) if answer < comment.at => Standing::LeftOut,
        Some(answer) => Standing::Answered(answer.0 - comment.at.0),
        None => Standing::Open(watched),
    }
}

#[derive(Default)]
struct ReplyCounts {
    comments: u64,
    left_out: u64,
    too_young: u64,
    answered_in_time: u64,
    answerable: u64,
    people: u64,
    people_answered: u64,
}

impl ReplyCounts {
    fn of(talk: &AudienceTalk, settings: &LevelSettings) -> ReplyCounts {
        let window = settings.reply_window.as_seconds().saturating_mul(1_000_000);
        let mut counts = ReplyCounts { comments: talk.comments.len() as u64, ..ReplyCounts::default() };
        let mut people: Vec<(u32, bool)> = Vec::with_capacity(talk.comments.len());
        for comment in talk.comments {
            let answered = match standing(comment, talk.observed_until) {
                Standing::LeftOut => {
                    counts.left_out += 1;
                    continue;
                }
                _ if talk.observed_until.0.saturating_sub(comment.at.0) < window => {
                    counts.too_young += 1;
                    continue;
                }
                Standing::Answered(after) => after <= window,
                Standing::Open(_) => false,
            };
            counts.answerable += 1;
            counts.answered_in_time += u64::from(answered);
            people.push((comment.commenter, answered));
        }
        people.sort_unstable();
        for of_one in people.chunk_by(|a, b| a.0 == b.0) {
            counts.people += 1;
            counts.people_answered += u64::from(of_one.iter().any(|(_, answered)| *answered));
        }
        counts
    }

    fn explain_answerable(&self, settings: &LevelSettings) -> Explanation {
        let less = |words: String, count: u64| Explanation::leaf(words, Some(0.0 - count as f64), Unit::Items);
        let mut parts = vec![Explanation::leaf("comments by others", Some(self.comments as f64), Unit::Items)];
        if self.too_young > 0 {
            parts.push(less(
                format!("less: younger than {} days, not judged yet", settings.reply_window.0),
                self.too_young,
            ));
        }
        if self.left_out > 0 {
            parts.push(less(
                "less: dated after the observation, or answered before they were written".into(),
                self.left_out,
            ));
        }
        Explanation::sum("comments that could have been answered", Unit::Items, parts)
    }
}

fn reply_rate(counts: &ReplyCounts, talk: &AudienceTalk, settings: &LevelSettings) -> Estimate {
    let figure = Figure { unit: Unit::Share, method: "reply_rate", n_of: "answerable comments" };
    let under = counts.explain_answerable(settings);
    if counts.answerable < settings.answerable_min.max(1) {
        let reason = format!(
            "only {} comments could have been answered; a reply rate needs at least {}, import more comments",
            counts.answerable, settings.answerable_min
        );
        return not_known(figure, counts.answerable, reason, talk, vec![under]);
    }
    let days = settings.reply_window.0;
    let over = Explanation::leaf(
        format!("answered by the creator within {days} days"),
        Some(counts.answered_in_time as f64),
        Unit::Items,
    );
    let words = format!(
        "the creator answered {} of {} comments within {days} days",
        counts.answered_in_time, counts.answerable
    );
    share(figure, counts.answered_in_time, counts.answerable, Explanation::ratio(words, Unit::Share, over, under), talk)
}

fn reply_rate_people(counts: &ReplyCounts, talk: &AudienceTalk, settings: &LevelSettings) -> Estimate {
    let figure = Figure { unit: Unit::Share, method: "reply_rate_people", n_of: "commenters" };
    if counts.people < settings.people_min.max(1) {
        let reason = format!(
            "only {} people wrote comments that could have been answered; the share of people needs at least {}",
            counts.people, settings.people_min
        );
        return not_known(figure, counts.people, reason, talk, vec![]);
    }
    let over =
        Explanation::leaf("distinct people answered at least once", Some(counts.people_answered as f64), Unit::People);
    let under = Explanation::leaf("distinct people who commented", Some(counts.people as f64), Unit::People);
    let words =
        format!("the creator answered {} of {} people; each counts once", counts.people_answered, counts.people);
    share(figure, counts.people_answered, counts.people, Explanation::ratio(words, Unit::Share, over, under), talk)
}

fn reply_latency(talk: &AudienceTalk) -> Estimate {
    let figure = Figure { unit: Unit::Seconds, method: "reply_latency", n_of: "comments" };
    let waits: Vec<Wait> = talk
        .comments
        .iter()
        .filter_map(|comment| match standing(comment, talk.observed_until) {
            Standing::LeftOut => None,
            Standing::Answered(after) => Some(Wait { seconds: seconds(after), end: WaitEnd::Came }),
            Standing::Open(watched) => Some(Wait { seconds: seconds(watched), end: WaitEnd::StillWaiting }),
        })
        .collect();
    let found = median_wait(&waits, level());
    let n = waits.len() as u64;
    let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let mut parts = vec![
        count("comments answered", found.came),
        count("comments still unanswered when the observation ended", found.still_waiting),
        Explanation::leaf(
            "share answered by the end, those watched too briefly allowed for",
            Some(found.came_share),
            Unit::Share,
        ),
    ];
    let Some(median) = found.median else {
        if n == 0 {
            return not_known(figure, 0, "no comment was observed; import comments".into(), talk, vec![]);
        }
        if let Some(lo) = found.lo {
            parts.push(Explanation::leaf("the middle time is at least", Some(lo), Unit::Seconds));
        }
        let reason = format!("not reached: under half of {n} comments were answered within the time watched");
        return not_known(figure, n, reason, talk, parts);
    };
    let words = format!("half of {n} comments are answered within this time, unanswered ones counted as still waiting");
    let formula = format!("reply_latency v{LEVEL_VERSION} = first t with Kaplan-Meier S(t) <= 1/2");
    let explanation = Explanation::leaf(words, Some(median), Unit::Seconds)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(n, "comments", None);
    Estimate {
        lo: found.lo,
        hi: found.hi,
        version: LEVEL_VERSION,
        ..Estimate::known(median, median, median, n, figure.n_of, figure.method, explanation)
            .as_of(talk.observed_until)
            .graded(talk.grade)
    }
}

fn partner_figures(talk: &AudienceTalk, settings: &LevelSettings) -> (Estimate, Estimate) {
    let conversation =
        Figure { unit: Unit::Share, method: "conversation_rate", n_of: "people who wrote to the creator" };
    let mutual = Figure { unit: Unit::Share, method: "mutual_share", n_of: "people the creator talked to" };
    let Some(partners) = talk.partners else {
        let reason = "turns in both directions were not counted; import replies with their authors";
        let refuse = |figure| not_known(figure, 0, reason.to_owned(), talk, vec![]);
        return (refuse(conversation), refuse(mutual));
    };
    let count = |is: &dyn Fn(&TalkPartner) -> bool| partners.iter().filter(|partner| is(partner)).count() as u64;
    let turns = settings.conversation_turns;
    let wrote = count(&|partner| partner.turns_to_creator > 0);
    let conversed = count(&|partner| partner.turns_to_creator.min(partner.turns_from_creator) >= turns.max(1));
    let addressed = count(&|partner| partner.turns_from_creator > 0);
    let both = count(&|partner| partner.turns_to_creator > 0 && partner.turns_from_creator > 0);

    let people = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::People);
    let figure = |figure: Figure, hits: u64, n: u64, words: String, hits_words: &str| {
        if n < settings.people_min.max(1) {
            let reason = format!("only {n} {}; this share needs at least {}", figure.n_of, settings.people_min);
            return not_known(figure, n, reason, talk, vec![]);
        }
        let explanation = Explanation::ratio(words, Unit::Share, people(hits_words, hits), people(figure.n_of, n));
        share(figure, hits, n, explanation, talk)
    };
    (
        figure(
            conversation,
            conversed,
            wrote,
            format!("{conversed} of {wrote} people who wrote had at least {turns} turns each way with the creator"),
            "people with a conversation",
        ),
        figure(
            mutual,
            both,
            addressed,
            format!("{both} of {addressed} people the creator talks to also talk to the creator"),
            "people who talk both ways",
        ),
    )
}

fn share(figure: Figure, hits: u64, n: u64, explanation: Explanation, talk: &AudienceTalk) -> Estimate {
    let Interval { lo, hi, .. } = jeffreys_interval(hits, n, level()).expect("hits are a part of n, and n is above 0");
    let over = explanation.parts.first().map(|part| part.words.as_str()).unwrap_or_default();
    let formula = format!("{} v{LEVEL_VERSION} = {over} / {}; Jeffreys interval", figure.method, figure.n_of);
    let explanation = explanation.with_formula(formula).with_rows(n, figure.n_of, None);
    Estimate {
        version: LEVEL_VERSION,
        ..Estimate::known(hits as f64 / n as f64, lo, hi, n, figure.n_of, figure.method, explanation)
            .as_of(talk.observed_until)
            .graded(talk.grade)
    }
}

fn not_known(figure: Figure, n: u64, reason: String, talk: &AudienceTalk, parts: Vec<Explanation>) -> Estimate {
    let mut estimate = Estimate::not_known(figure.unit, figure.method, n, figure.n_of, reason)
        .as_of(talk.observed_until)
        .graded(talk.grade);
    estimate.explanation = estimate.explanation.with_parts(parts).with_rows(n, figure.n_of, None);
    estimate.version = LEVEL_VERSION;
    estimate
}

fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

fn seconds(microseconds: i64) -> u64 {
    u64::try_from(microseconds / 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests;
