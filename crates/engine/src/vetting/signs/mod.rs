//! Signs: what each thing that was looked at says about bought promotion, with its value, what is usual, and the innocent
//! reasons; and the verdict they add up to.

use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::audience::Share;
use super::audience::sample::SampleShare;
use super::circles::Returned;
use super::comments::quality::CommentQuality;
use super::comments::timing::CommentTiming;
use super::growth::Growth;
use super::likes::LikeSpread;
use super::verdict::{Finding, Sign, Verdict, VerdictSettings, verdict};

mod comments;
mod engagement;
mod words;

pub use engagement::{Usual, UsualLine, UsualOf};

pub const SIGNS_VERSION: u32 = 1;

/// Where somebody stands among those who comment under each other's posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircleSeen {
    /// With how many they are tied both ways within their tightest circle.
    pub core: u32,
    /// People in the pod-like circle they are in; 0 where they are in none.
    pub pod_people: u32,
    /// Posts of theirs that are held.
    pub posts: u32,
    /// How far comments are returned around them, against their niche.
    pub returned: Returned,
}

/// A share of an audience and how many accounts it was told from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudienceSeen {
    pub share: Share,
    pub accounts: u64,
    /// Whose accounts: "followers" or "commenters".
    pub whose: &'static str,
    pub told_by: ToldBy,
}

/// Who told the share of an audience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToldBy {
    /// A model, with how many of the accounts it flagged, uncorrected, and the labelled accounts it learned from.
    Model { flagged: u64, labelled: u64, labelled_sold: u64, learned_here: bool },
    /// People who looked at a sample.
    People(SampleShare),
}

/// Everything about one creator that signs are read from; what is not known is `None`.
#[derive(Clone, Debug)]
pub struct SignsInput<'a> {
    pub followers: Option<u64>,
    pub by_followers: &'a Estimate,
    pub comments_for_likes: &'a Estimate,
    pub reply_rate: &'a Estimate,
    pub likes: Option<LikeSpread>,
    pub growth: Option<&'a Growth>,
    pub comments: Option<&'a CommentQuality>,
    pub timing: Option<&'a CommentTiming>,
    pub circle: Option<CircleSeen>,
    pub audience: Option<AudienceSeen>,
    pub usual: Usual,
    /// Not known where nothing this creator published is held.
    pub as_of: Option<Timestamp>,
    pub grade: Grade,
}

/// What is usual, in the unit of the value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UsualRange {
    pub lo: f64,
    pub hi: f64,
    pub words: String,
}

/// One sign as a person reads it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SignSeen {
    pub sign: Sign,
    /// Not known, with the reason, where it could not be looked at.
    pub value: Estimate,
    pub usual: Option<UsualRange>,
    pub finding: Option<Finding>,
}

/// What was looked at, and what it adds up to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Vetting {
    /// Every sign, in a fixed order; those not looked at too.
    pub signs: Vec<SignSeen>,
    pub verdict: Verdict,
}

/// Reads every sign and puts them together. Removing or adding an unknown never makes the verdict worse (see
/// [`verdict`]). Cost `O(signs^2)`.
pub fn vet(input: &SignsInput<'_>, settings: &VerdictSettings) -> Vetting {
    let signs = vec![
        audience(input),
        growth(input),
        engagement::engagement(input),
        engagement::comments_for_likes(input),
        engagement::flat_likes(input),
        engagement::round_likes(input),
        comments::comment_spam(input),
        comments::repeated_comments(input),
        comments::timing(input),
        circle(input),
        answers(input),
    ];
    let findings: Vec<Finding> = signs.iter().filter_map(|sign| sign.finding).collect();
    Vetting { verdict: verdict(&findings, settings), signs }
}

fn not_looked_at(sign: Sign, unit: Unit, n_of: &str, reason: &str, input: &SignsInput<'_>) -> SignSeen {
    let value = Estimate::not_known(unit, "vetting_sign", 0, n_of, reason);
    let value = Estimate { as_of: input.as_of, ..value.graded(input.grade) };
    SignSeen { sign, value, usual: None, finding: None }
}

/// A sign seen, its value with what it was counted from.
fn seen(sign: Sign, value: Estimate, usual: Option<UsualRange>, finding: Finding, input: &SignsInput<'_>) -> SignSeen {
    let grade = value.grade.worst(input.grade);
    let value = Estimate { version: SIGNS_VERSION, as_of: input.as_of, ..value.graded(grade) };
    SignSeen { sign, value, usual, finding: Some(finding) }
}

/// How far `n` observations can be relied on when `enough` of them tell all there is to tell.
fn from_count(n: u64, enough: f64) -> f64 {
    (n as f64 / enough).min(1.0)
}

/// What a finding says where half of those who buy promotion buy something that this sign does not see: `ln((1 + e^l) / 2)`.
/// So what looks clean never takes more than 0.7, however many rows stand behind it: followers can be bought without a
/// single comment.
fn seen_in_half(log_odds: f64) -> f64 {
    // Above 30 the 1 is lost anyway.
    if log_odds > 30.0 { log_odds - 2f64.ln() } else { (log_odds.exp().ln_1p()) - 2f64.ln() }
}

fn level() -> Ratio {
    Ratio::new(model::explanation::DEFAULT_LEVEL).expect("the default level is a share")
}

fn audience(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::AudienceShare;
    let Some(AudienceSeen { share, accounts, whose, told_by }) = input.audience else {
        let reason = "the profiles of fewer than 50 followers or commenters are held with followers and following; bring in an \
                      accounts file of them";
        return not_looked_at(sign, Unit::Share, "accounts", reason, input);
    };
    let logit = |share: f64| (share.clamp(0.005, 0.995) / (1.0 - share.clamp(0.005, 0.995))).ln();
    // About a tenth is what hand-labelled followers of ordinary influencers show; what lies well above speaks for bought ones.
    let log_odds = |share: f64| (0.9 * (logit(share) - logit(0.12))).clamp(-0.7, 2.0);
    let finding = Finding {
        sign,
        log_odds: log_odds(share.value),
        spread: (log_odds(share.hi) - log_odds(share.lo)) / 3.29,
        reliability: 0.9,
    };
    let parts = match told_by {
        ToldBy::Model { flagged, labelled, labelled_sold, learned_here } => {
            let raw = flagged as f64 / accounts.max(1) as f64;
            let of = if learned_here {
                "looked at by people here"
            } else {
                "followers of Swiss influencers (SRF Data, 2017)"
            };
            vec![
                Explanation::leaf("flagged by the model, not corrected", Some(raw), Unit::Share),
                Explanation::leaf(
                    format!("made to be sold among the {labelled} labelled accounts it learned from, {of}"),
                    Some(labelled_sold as f64 / labelled.max(1) as f64),
                    Unit::Share,
                ),
            ]
        }
        ToldBy::People(sample) => {
            let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::People);
            vec![
                count("accounts looked at by people", sample.looked_at),
                count("of those, made to be sold", sample.made_to_be_sold),
                count("could not be told (inside the interval, in no value)", sample.cannot_tell),
                count("not agreed on (inside the interval, in no value)", sample.disagree),
            ]
        }
    };
    let formula = match told_by {
        ToldBy::Model { .. } => "audience_share = flagged share corrected for both kinds of error",
        ToldBy::People(_) => {
            "audience_share = share of a random sample; with 100 looked at and 10 found, sharpened by the model (PPI++)"
        }
    };
    let words = format!("of the {whose} held, made to be sold: {}", share.rung.words());
    let explanation = Explanation::leaf(words, Some(share.value), Unit::Share)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(accounts, whose, None);
    let value = Estimate::known(share.value, share.lo, share.hi, accounts, whose, "audience_share", explanation);
    // At most 400 accounts, drawn by chance.
    seen(sign, value.graded(Grade::C), None, finding, input)
}

fn growth(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::GrowthBlocks;
    let Some(growth) = input.growth else {
        let reason =
            "under 60 days of follower counts are held, or they are too far apart; counts taken every day tell";
        return not_looked_at(sign, Unit::People, "days", reason, input);
    };
    let reliability = from_count(u64::from(growth.days_known), 180.0).sqrt();
    let (gained, log_odds, words) = match growth.most_suspect() {
        Some(block) => (
            block.gained,
            seen_in_half(block.log_odds),
            "followers beyond the usual in the block that looks most like one bought",
        ),
        None => (0.0, -0.5, "no day stands out"),
    };
    let finding = Finding { sign, log_odds, spread: if gained > 0.0 { 0.8 } else { 0.3 }, reliability };
    let days = u64::from(growth.days_known);
    let parts = growth
        .blocks
        .iter()
        .map(|block| {
            let kept = if block.is_declared { "declared" } else { "not declared" };
            Explanation::leaf(
                format!("block of {} days, score {:.0}, {kept}", block.last_day - block.first_day + 1, block.score),
                Some(block.gained.round()),
                Unit::People,
            )
        })
        .collect();
    let formula =
        "score = (gain - middle) / (1.4826 MAD + 0.05 |middle| + 1) over 28 days on both sides; from 10.5 a block";
    let explanation = Explanation::leaf(words, Some(gained.round()), Unit::People)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(days, "daily follower counts", None);
    let spread = growth.most_suspect().map_or(0.0, |block| 1.645 * block.gained_spread);
    let value = Estimate::known(
        gained.round(),
        (gained - spread).max(0.0).round(),
        (gained + spread).round(),
        days,
        "days",
        "growth_block",
        explanation,
    );
    seen(sign, value, None, finding, input)
}

fn circle(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::TightCircle;
    let Some(circle) = input.circle else {
        let reason = "fewer than 15 posts of this creator are held, or nobody who often comments under them publishes anything held";
        return not_looked_at(sign, Unit::People, "posts", reason, input);
    };
    let finding = Finding {
        sign,
        log_odds: if circle.pod_people > 0 { 1.8 } else { -0.3 },
        spread: 0.3,
        reliability: 0.8 * from_count(u64::from(circle.posts), 30.0).sqrt(),
    };
    let words = match (circle.pod_people, circle.core) {
        (0, 0) => "nobody and this creator comment on each other again and again".to_owned(),
        (0, core) => format!("a tight circle: everybody in it comments on at least {core} others of it, and they back"),
        (people, core) => {
            format!(
                "pod-like: {people} creators, each of whom comments on at least {core} others of them, and they back"
            )
        }
    };
    let core = f64::from(circle.core);
    let share = |words: &str, hits: u64, of: u64| {
        let value = (of > 0).then(|| hits as f64 / of as f64);
        Explanation::leaf(words, value, Unit::Share).with_rows(of, "pairs", None)
    };
    let Returned { pairs, both_ways, niche_pairs, niche_both_ways } = circle.returned;
    let mut parts = vec![
        share("frequent comments that are returned, around this creator", both_ways, pairs),
        share("the same in their niche", niche_both_ways, niche_pairs),
    ];
    if let Some((lift, lo, hi)) = circle.returned.lift() {
        let words = format!("times as often as in the niche ({lo:.1} to {hi:.1}; shown, not counted)");
        parts.push(Explanation::leaf(words, Some(lift), Unit::Score));
    }
    let explanation = Explanation::leaf(words, Some(core), Unit::People)
        .with_parts(parts)
        .with_formula("core number among creators who comment on at least 5 % of each other's posts; from 7 pod-like")
        .with_rows(u64::from(circle.posts), "posts", None);
    let value = Estimate::known(core, core, core, u64::from(circle.posts), "posts", "mutual_core", explanation);
    let usual = UsualRange { lo: 0.0, hi: 6.0, words: "counts as a circle of friends; a setting".to_owned() };
    seen(sign, value, Some(usual), finding, input)
}

fn answers(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::AnswersAudience;
    let rate = input.reply_rate;
    let (Some(value), Some(lo), Some(hi)) = (rate.value, rate.lo, rate.hi) else {
        let reason = rate.not_known.as_deref().unwrap_or("whom the creator answers is not known");
        return not_looked_at(sign, rate.unit, &rate.n_of, reason, input);
    };
    let log_odds = |rate: f64| -1.2 * rate;
    let finding = Finding {
        sign,
        log_odds: log_odds(value),
        spread: (log_odds(lo) - log_odds(hi)).abs() / 3.29,
        reliability: from_count(rate.n, 50.0).sqrt(),
    };
    SignSeen { sign, value: rate.clone(), usual: None, finding: Some(finding) }
}

/// The verdict as an estimate of the chance of bought promotion, opening to its log-odds, sign by sign.
pub fn verdict_estimate(vetting: &Vetting, input: &SignsInput<'_>) -> Estimate {
    let verdict = &vetting.verdict;
    let mut parts = vec![Explanation::leaf("before anything is looked at", Some(verdict.prior_log_odds), Unit::Score)];
    parts.extend(
        verdict.parts.iter().map(|part| Explanation::leaf(part.sign.words(), Some(part.log_odds), Unit::Score)),
    );
    if verdict.shared_log_odds != 0.0 {
        let words = "what several signs of one kind say together, or a limit takes back";
        parts.push(Explanation::leaf(words, Some(verdict.shared_log_odds), Unit::Score));
    }
    let sum = Explanation::sum("log-odds, added up", Unit::Score, parts);
    let n = verdict.parts.len() as u64;
    let explanation = Explanation::leaf(verdict.word.words(), Some(verdict.chance), Unit::Probability)
        .with_formula("chance = 1 / (1 + exp(-log-odds)); each sign limited to +-2, signs of one kind to +-2.5")
        .with_parts(vec![sum])
        .with_rows(n, "signs that could be looked at", None);
    if n == 0 {
        let reason = "none of the signs could be looked at; what each needs stands below";
        let unknown = Estimate::not_known(Unit::Probability, "bought_promotion", 0, "signs", reason);
        return Estimate { version: SIGNS_VERSION, as_of: input.as_of, ..unknown.graded(input.grade) };
    }
    Estimate {
        version: SIGNS_VERSION,
        as_of: input.as_of,
        ..Estimate::known(verdict.chance, verdict.lo, verdict.hi, n, "signs", "bought_promotion", explanation)
            .graded(input.grade)
    }
}

#[cfg(test)]
mod tests;
