//! Signs: what each thing that was looked at says about bought promotion, with its value, what is usual, and the innocent
//! reasons; and the verdict they add up to.

use model::{Estimate, Explanation, Grade, Platform, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::audience::Share;
use super::comments::quality::{CommentQuality, CommentSign};
use super::comments::timing::CommentTiming;
use super::growth::Growth;
use super::likes::LikeSpread;
use super::peers::{PeerLine, PeerPoint, residual_log_odds};
use super::verdict::{Finding, Sign, Verdict, VerdictSettings, verdict};
use crate::intervals::jeffreys_interval;

pub const SIGNS_VERSION: u32 = 1;

/// What is usual for a figure by followers, and from whom that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsualLine {
    pub line: PeerLine,
    pub of: UsualOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualOf {
    /// Creators of the same platform that are held here.
    PeersHeld,
    /// Published figures of 603 honest Instagram accounts with up to ten thousand followers.
    PublishedFigures,
}

/// What is usual for the three figures that are compared with peers.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Usual {
    pub engagement: Option<UsualLine>,
    pub comments_for_likes: Option<UsualLine>,
    pub like_spread: Option<UsualLine>,
}

impl Usual {
    /// What is published of honest Instagram accounts; nothing for other platforms. It stands in until thirty peers are
    /// held. Source: vetting sheet 3.1 and 3.2, from 603 accounts of 2017 to 2020.
    pub fn published(platform: Platform) -> Usual {
        if platform != Platform::Instagram {
            return Usual::default();
        }
        let line = |level, slope, scale| {
            Some(UsualLine { line: PeerLine { level, slope, scale, peers: 603 }, of: UsualOf::PublishedFigures })
        };
        Usual {
            engagement: line(-0.55, -0.25, 0.66),
            comments_for_likes: line(-2.69, -0.175, 0.58),
            like_spread: line(-1.45, 0.14, 0.40),
        }
    }

    /// These, and for what is not known here the others.
    pub fn or(self, other: Usual) -> Usual {
        Usual {
            engagement: self.engagement.or(other.engagement),
            comments_for_likes: self.comments_for_likes.or(other.comments_for_likes),
            like_spread: self.like_spread.or(other.like_spread),
        }
    }
}

/// Where somebody stands among those who comment under each other's posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircleSeen {
    /// With how many they are tied both ways within their tightest circle.
    pub core: u32,
    /// People in the pod-like circle they are in; 0 where they are in none.
    pub pod_people: u32,
    /// Posts of theirs that are held.
    pub posts: u32,
}

/// A share of an audience and how many accounts it was told from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudienceSeen {
    pub share: Share,
    pub accounts: u64,
    /// How many of them the model flagged, uncorrected.
    pub flagged: u64,
    /// Whose accounts: "followers" or "commenters".
    pub whose: &'static str,
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
    pub as_of: Timestamp,
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

impl Sign {
    pub fn words(self) -> &'static str {
        match self {
            Sign::AudienceShare => "share of the audience made to be sold",
            Sign::GrowthBlocks => "followers that came in a block",
            Sign::EngagementResidual => "engagement against peers of the same size",
            Sign::CommentsAgainstLikes => "comments for each like against peers",
            Sign::FlatLikes => "likes that hardly differ from post to post",
            Sign::RoundLikes => "likes that stop at the same count",
            Sign::CommentSpam => "comments that show two signs of not being meant",
            Sign::RepeatedComments => "the same comment by several people",
            Sign::CommentTiming => "the same people in the same order",
            Sign::TightCircle => "a circle that comments on each other",
            Sign::AnswersAudience => "answers their audience",
        }
    }

    /// Why an honest creator may show it.
    pub fn innocent(self) -> &'static str {
        match self {
            Sign::AudienceShare => {
                "any account of some size is followed by sold accounts that hide among others; nobody can choose their followers"
            }
            Sign::GrowthBlocks => "a giveaway, the press, a mention by somebody larger, a return after a break",
            Sign::EngagementResidual => {
                "a young or very loyal following, a format that is shown more, paid promotion of posts"
            }
            Sign::CommentsAgainstLikes => "questions asked in captions, giveaways, a topic people argue about",
            Sign::FlatLikes => "a small circle of the same readers, posts of one kind at one hour",
            Sign::RoundLikes => "counts that the source has rounded",
            Sign::CommentSpam => "fans who praise in few words, a running joke, spam under any large account",
            Sign::RepeatedComments => "chants of fans, answers to a question in the caption, song lines",
            Sign::CommentTiming => "reminders, lives, friends in one time zone",
            Sign::TightCircle => "friends, colleagues of one trade, people who started together",
            Sign::AnswersAudience => "it only ever speaks for a creator",
        }
    }

    /// What would change it.
    pub fn would_change(self) -> &'static str {
        match self {
            Sign::AudienceShare => {
                "a sample of the followers looked at by two people, or the creator's connected account"
            }
            Sign::GrowthBlocks => {
                "a declared giveaway or press date, the posts of those days, two more months of counts"
            }
            Sign::EngagementResidual => "posts marked as promoted, the reach from the creator's connected account",
            Sign::CommentsAgainstLikes => "more posts, likes that are not hidden",
            Sign::FlatLikes => "more posts of one kind, counts taken seven days after posting",
            Sign::RoundLikes => "counts straight from the platform",
            Sign::CommentSpam => "reading the comments listed; the texts of comments not held yet",
            Sign::RepeatedComments => "reading the comments listed",
            Sign::CommentTiming => "more posts with the moments of their comments",
            Sign::TightCircle => "the posts of those who comment, and whether they know each other",
            Sign::AnswersAudience => "the replies of the creator, where the source gives them",
        }
    }
}

/// Reads every sign and puts them together. Removing or adding an unknown never makes the verdict worse (see
/// [`verdict`]). Cost `O(signs^2)`.
pub fn vet(input: &SignsInput<'_>, settings: &VerdictSettings) -> Vetting {
    let signs = vec![
        audience(input),
        growth(input),
        engagement(input),
        comments_for_likes(input),
        flat_likes(input),
        round_likes(input),
        comment_spam(input),
        repeated_comments(input),
        timing(input),
        circle(input),
        answers(input),
    ];
    let findings: Vec<Finding> = signs.iter().filter_map(|sign| sign.finding).collect();
    Vetting { verdict: verdict(&findings, settings), signs }
}

fn not_looked_at(sign: Sign, unit: Unit, n_of: &str, reason: &str, input: &SignsInput<'_>) -> SignSeen {
    let value = Estimate::not_known(unit, "vetting_sign", 0, n_of, reason).as_of(input.as_of).graded(input.grade);
    SignSeen { sign, value, usual: None, finding: None }
}

/// A sign seen, its value with what it was counted from.
fn seen(sign: Sign, value: Estimate, usual: Option<UsualRange>, finding: Finding, input: &SignsInput<'_>) -> SignSeen {
    let value = Estimate { version: SIGNS_VERSION, ..value.as_of(input.as_of).graded(input.grade) };
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

fn audience(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::AudienceShare;
    let Some(AudienceSeen { share, accounts, flagged, whose }) = input.audience else {
        let reason = "the profiles of fewer than 50 followers or commenters are held with followers and following; bring in an \
                      accounts file of them";
        return not_looked_at(sign, Unit::Share, "accounts", reason, input);
    };
    let logit = |share: f64| (share.clamp(0.005, 0.995) / (1.0 - share.clamp(0.005, 0.995))).ln();
    // A tenth to an eighth is usual anywhere; what lies above speaks for bought followers.
    let log_odds = |share: f64| (0.9 * (logit(share) - logit(0.12))).clamp(-0.7, 2.0);
    let finding = Finding {
        sign,
        log_odds: log_odds(share.value),
        spread: (log_odds(share.hi) - log_odds(share.lo)) / 3.29,
        reliability: 0.9,
    };
    let formula = "audience_share = flagged share corrected for both kinds of error";
    let raw = flagged as f64 / accounts.max(1) as f64;
    let parts = vec![Explanation::leaf("flagged by the model, not corrected", Some(raw), Unit::Share)];
    let words = format!("of the {whose} held, made to be sold: {}", share.rung.words());
    let explanation = Explanation::leaf(words, Some(share.value), Unit::Share)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(accounts, whose, None);
    let value = Estimate::known(share.value, share.lo, share.hi, accounts, whose, "audience_share", explanation);
    let usual = UsualRange { lo: 0.02, hi: 0.15, words: "what audiences that bought nothing show".to_owned() };
    seen(sign, value, Some(usual), finding, input)
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
    let usual_day = growth.usual_gain.abs().max(1.0);
    let value = Estimate::known(
        gained.round(),
        (gained - 8.0 * usual_day).max(0.0).round(),
        (gained + 8.0 * usual_day).round(),
        days,
        "days",
        "growth_block",
        explanation,
    );
    seen(
        sign,
        if gained > 0.0 { value } else { Estimate { lo: Some(0.0), hi: Some(0.0), ..value } },
        None,
        finding,
        input,
    )
}

/// A figure against the line of peers.
struct AgainstPeers {
    sign: Sign,
    /// How much of the distance counts, 0..=1.
    weight: f64,
    /// A sign that speaks only when the figure is too small.
    is_low_only: bool,
}

fn against_peers(
    which: &AgainstPeers,
    usual: Option<UsualLine>,
    figure: &Estimate,
    ln_of: impl Fn(f64) -> f64,
    back: impl Fn(f64) -> f64,
    input: &SignsInput<'_>,
) -> SignSeen {
    let sign = which.sign;
    let refuse = |reason: &str| not_looked_at(sign, figure.unit, &figure.n_of, reason, input);
    let (Some(value), Some(lo), Some(hi)) = (figure.value, figure.lo, figure.hi) else {
        return refuse(figure.not_known.as_deref().unwrap_or("the figure is not known"));
    };
    if figure.n < 12 {
        return refuse(&format!("only {} posts with known counts are held; from 12 on it is compared", figure.n));
    }
    let Some(followers) = input.followers.filter(|followers| *followers >= 50) else {
        return refuse("the number of followers is not known, or below 50");
    };
    let Some(usual) = usual else {
        return refuse("fewer than 30 creators of this platform are held to compare with; bring in more of them");
    };
    let ln_followers = (followers as f64).ln();
    let z = |figure: f64| usual.line.residual(PeerPoint { ln_followers, ln_figure: ln_of(figure) });
    let log_odds = |figure: f64| match which.is_low_only {
        true => seen_in_half(residual_log_odds(z(figure).min(0.0))),
        false => seen_in_half(residual_log_odds(z(figure))),
    };
    let far = usual.of == UsualOf::PublishedFigures && followers > 10_000;
    let reliability = which.weight * from_count(figure.n, 30.0).sqrt() * if far { 0.5 } else { 1.0 };
    let finding =
        Finding { sign, log_odds: log_odds(value), spread: (log_odds(hi) - log_odds(lo)).abs() / 3.29, reliability };
    let middle = usual.line.level + usual.line.slope * ln_followers;
    // Nine in ten of a t distribution with four degrees of freedom lie within 2.13 scales.
    let (low, high) = (back(middle - 2.132 * usual.line.scale), back(middle + 2.132 * usual.line.scale));
    let words = match usual.of {
        UsualOf::PeersHeld => format!("nine in ten of {} creators held, at this size", usual.line.peers),
        UsualOf::PublishedFigures => {
            "nine in ten of 603 honest Instagram accounts (published), at this size".to_owned()
        }
    };
    let parts = vec![
        Explanation::leaf("distance from the middle of peers, in their scales", Some(z(value)), Unit::Score),
        Explanation::leaf("the middle of peers of this size", Some(back(middle)), figure.unit),
        figure.explanation.clone(),
    ];
    let explanation = Explanation::leaf(sign.words(), Some(value), figure.unit)
        .with_formula("z = (ln figure - level - slope ln followers) / scale, t errors with 4 degrees of freedom")
        .with_parts(parts)
        .with_rows(figure.n, figure.n_of.clone(), None);
    let value = Estimate { method: "against_peers".to_owned(), explanation, ..figure.clone() };
    seen(sign, value, Some(UsualRange { lo: low, hi: high, words }), finding, input)
}

fn engagement(input: &SignsInput<'_>) -> SignSeen {
    let which = AgainstPeers { sign: Sign::EngagementResidual, weight: 0.6, is_low_only: false };
    against_peers(&which, input.usual.engagement, input.by_followers, |rate| rate.max(1e-5).ln(), f64::exp, input)
}

fn comments_for_likes(input: &SignsInput<'_>) -> SignSeen {
    let which = AgainstPeers { sign: Sign::CommentsAgainstLikes, weight: 0.4, is_low_only: false };
    let (ln_of, back) = (|ratio: f64| (ratio + 0.001).ln(), |ln: f64| (ln.exp() - 0.001).max(0.0));
    against_peers(&which, input.usual.comments_for_likes, input.comments_for_likes, ln_of, back, input)
}

/// The spread of likes as an estimate; `None` where too few posts are held.
fn spread_estimate(likes: &LikeSpread) -> Estimate {
    let explanation = Explanation::leaf(
        "standard deviation of ln(1 + likes) over posts of one kind",
        Some(likes.spread),
        Unit::Score,
    )
    .with_rows(u64::from(likes.posts), "posts", None);
    let (lo, hi) = ((likes.spread - 1.645 * likes.spread_error).max(0.0), likes.spread + 1.645 * likes.spread_error);
    Estimate::known(likes.spread, lo, hi, u64::from(likes.posts), "posts", "like_spread", explanation)
}

const FEW_LIKES: &str = "fewer than 12 posts of one kind with known likes are held";

fn flat_likes(input: &SignsInput<'_>) -> SignSeen {
    let Some(likes) = input.likes else {
        return not_looked_at(Sign::FlatLikes, Unit::Score, "posts", FEW_LIKES, input);
    };
    let which = AgainstPeers { sign: Sign::FlatLikes, weight: 0.6, is_low_only: true };
    let figure = spread_estimate(&likes);
    against_peers(&which, input.usual.like_spread, &figure, |spread| spread.max(1e-3).ln(), f64::exp, input)
}

fn round_likes(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::RoundLikes;
    let Some(likes) = input.likes else { return not_looked_at(sign, Unit::Share, "posts", FEW_LIKES, input) };
    let z = (likes.alike_share - likes.alike_by_chance) / likes.alike_deviation;
    let finding = Finding {
        sign,
        log_odds: seen_in_half(residual_log_odds(z.max(0.0))),
        spread: 0.3,
        reliability: 0.6 * from_count(u64::from(likes.posts), 30.0).sqrt(),
    };
    let posts = u64::from(likes.posts);
    let parts = vec![
        Explanation::leaf("what share that would be by chance", Some(likes.alike_by_chance), Unit::Share),
        Explanation::leaf("how far it lies above chance, in standard deviations", Some(z), Unit::Score),
    ];
    let explanation = Explanation::leaf(
        "largest share of posts within 2 % of one count of likes",
        Some(likes.alike_share),
        Unit::Share,
    )
    .with_formula("share by chance: 400 seeded draws of as many log-normal posts with the same middle and spread")
    .with_parts(parts)
    .with_rows(posts, "posts", None);
    let hits = (likes.alike_share * posts as f64).round() as u64;
    let interval = jeffreys_interval(hits, posts, level()).expect("there are posts");
    let value =
        Estimate::known(likes.alike_share, interval.lo, interval.hi, posts, "posts", "alike_likes", explanation);
    let by_chance = UsualRange {
        lo: (likes.alike_by_chance - 2.0 * likes.alike_deviation).max(0.0),
        hi: likes.alike_by_chance + 2.0 * likes.alike_deviation,
        words: "by chance, with this spread".to_owned(),
    };
    seen(sign, value, Some(by_chance), finding, input)
}

fn level() -> Ratio {
    Ratio::new(model::explanation::DEFAULT_LEVEL).expect("the default level is a share")
}

/// Shares of ordinary comments and of bought ones, as beta distributions; the count of comments is limited since comments
/// of one audience are no independent draws.
struct ShareSign {
    sign: Sign,
    ordinary: (f64, f64),
    bought: (f64, f64),
    counted_max: f64,
    reliability: f64,
    usual: (f64, f64),
}

fn share_sign(
    of: &ShareSign,
    hits: u64,
    n: u64,
    explanation: Explanation,
    method: &str,
    input: &SignsInput<'_>,
) -> SignSeen {
    let share = hits as f64 / n.max(1) as f64;
    let counted = (n as f64).min(of.counted_max);
    let log_odds = |share: f64| {
        let (k, rest) = (share * counted, (1.0 - share) * counted);
        seen_in_half(beta_binomial(k, rest, of.bought) - beta_binomial(k, rest, of.ordinary))
    };
    let interval = jeffreys_interval(hits, n, level()).expect("there are comments");
    let finding = Finding {
        sign: of.sign,
        log_odds: log_odds(share),
        spread: (log_odds(interval.hi) - log_odds(interval.lo)).abs().min(4.0) / 3.29,
        reliability: of.reliability * from_count(n, 50.0).sqrt(),
    };
    let value = Estimate::known(share, interval.lo, interval.hi, n, "comments", method, explanation);
    let usual =
        UsualRange { lo: of.usual.0, hi: of.usual.1, words: "what is found under posts of any creator".to_owned() };
    seen(of.sign, value, Some(usual), finding, input)
}

/// ln of the beta-binomial likelihood of `k` and `rest`, up to what both hypotheses share.
fn beta_binomial(k: f64, rest: f64, (a, b): (f64, f64)) -> f64 {
    use statrs::function::beta::ln_beta;
    ln_beta(a + k, b + rest) - ln_beta(a, b)
}

const FEW_COMMENTS: &str = "fewer than 20 comments by others with their texts are held under the newest posts";
const COMMENTS_MIN: u64 = 20;

fn comment_spam(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::CommentSpam;
    let Some(quality) = input.comments.filter(|quality| quality.comments >= COMMENTS_MIN) else {
        return not_looked_at(sign, Unit::Share, "comments", FEW_COMMENTS, input);
    };
    let of = ShareSign {
        sign,
        ordinary: (0.6, 20.0),
        bought: (1.2, 5.0),
        counted_max: 100.0,
        reliability: 0.8,
        usual: (0.0, 0.08),
    };
    let n = quality.comments;
    let parts = CommentSign::ALL
        .into_iter()
        .map(|sign| Explanation::leaf(sign.words(), Some(quality.showing[&sign] as f64 / n as f64), Unit::Share))
        .collect();
    let share = quality.two_signs as f64 / n as f64;
    let explanation = Explanation::leaf(
        format!("{} of {n} comments by others show two signs", quality.two_signs),
        Some(share),
        Unit::Share,
    )
    .with_formula("counted where two of six signs meet; one alone counts nothing")
    .with_parts(parts)
    .with_rows(n, "comments", None);
    share_sign(&of, quality.two_signs, n, explanation, "comment_quality", input)
}

fn repeated_comments(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::RepeatedComments;
    let Some(quality) = input.comments.filter(|quality| quality.long_enough >= COMMENTS_MIN) else {
        let reason = "fewer than 20 comments of four words or more are held under the newest posts";
        return not_looked_at(sign, Unit::Share, "comments", reason, input);
    };
    let of = ShareSign {
        sign,
        ordinary: (0.6, 15.0),
        bought: (1.2, 6.0),
        counted_max: 50.0,
        reliability: 0.6,
        usual: (0.0, 0.1),
    };
    let (hits, n) = (quality.showing[&CommentSign::SameAsOthers], quality.long_enough);
    let explanation = Explanation::leaf(
        "of comments of four words or more, those that three people wrote alike",
        Some(hits as f64 / n as f64),
        Unit::Share,
    )
    .with_formula("MinHash over three words in a row, texts of which four fifths agree")
    .with_rows(n, "comments", None);
    share_sign(&of, hits, n, explanation, "repeated_comments", input)
}

fn timing(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::CommentTiming;
    let known = input
        .timing
        .and_then(|timing| Some((timing, timing.same_order?)))
        .filter(|(timing, _)| timing.pairs_of_posts >= 3);
    let Some((timing, order)) = known else {
        let reason = "fewer than six posts share four of their first commenters, so no order can be compared";
        return not_looked_at(sign, Unit::Score, "pairs of posts", reason, input);
    };
    // Friends in one time zone come in a similar order; only near agreement that chance cannot explain speaks.
    let speaks = timing.same_order_score > 3.0 && order > 0.5;
    let finding = Finding {
        sign,
        log_odds: if speaks { 4.0 * (order - 0.5) } else { -0.2 },
        spread: 0.5,
        reliability: 0.4 * from_count(u64::from(timing.pairs_of_posts), 8.0).sqrt(),
    };
    let pairs = u64::from(timing.pairs_of_posts);
    let parts = vec![
        Explanation::leaf("how far above chance, in standard deviations", Some(timing.same_order_score), Unit::Score),
        Explanation::leaf(
            "comments within ten minutes of the post (shown, not counted)",
            Some(timing.early as f64 / timing.comments.max(1) as f64),
            Unit::Share,
        ),
    ];
    let explanation = Explanation::leaf(
        "agreement of the order of first commenters from post to post (Kendall's tau)",
        Some(order),
        Unit::Score,
    )
    .with_formula("tau over pairs of posts of those who come under five posts or more")
    .with_parts(parts)
    .with_rows(pairs, "pairs of posts", None);
    let half = if timing.same_order_score.abs() > 1e-9 { 1.645 * (order / timing.same_order_score).abs() } else { 0.3 };
    let value = Estimate::known(
        order,
        (order - half).max(-1.0),
        (order + half).min(1.0),
        pairs,
        "pairs of posts",
        "same_order",
        explanation,
    );
    let usual = UsualRange { lo: -0.5, hi: 0.5, words: "people who come when they see it".to_owned() };
    seen(sign, value, Some(usual), finding, input)
}

fn circle(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::TightCircle;
    let Some(circle) = input.circle else {
        let reason =
            "fewer than 15 posts of this creator, or none of those who comment, are held with the comments under them";
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
    let explanation = Explanation::leaf(words, Some(core), Unit::People)
        .with_formula("core number among creators who comment on at least 5 % of each other's posts; from 7 pod-like")
        .with_rows(u64::from(circle.posts), "posts", None);
    let value = Estimate::known(core, core, core, u64::from(circle.posts), "posts", "mutual_core", explanation);
    let usual = UsualRange { lo: 0.0, hi: 6.0, words: "a circle of friends".to_owned() };
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
    Estimate {
        version: SIGNS_VERSION,
        ..Estimate::known(verdict.chance, verdict.lo, verdict.hi, n, "signs", "bought_promotion", explanation)
            .as_of(input.as_of)
            .graded(input.grade)
    }
}

#[cfg(test)]
mod tests;
