//! Growth: blocks of followers that came within days, and whether they look bought: a block alone is no evidence, what
//! posts did meanwhile and who stayed afterwards is.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::followers::FollowersSeen;
use crate::intervals::median_of as median;

#[cfg(test)]
mod tests;

/// How a post did, at its moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PostReaction {
    pub at: Timestamp,
    pub interactions: f64,
}

/// Days on which something is known to have brought followers: a giveaway, the press, a clean-up by the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredDays {
    /// Days since 1970, both ends belong to it.
    pub first_day: i32,
    pub last_day: i32,
}

/// What growth is judged from; follower counts by time.
#[derive(Clone, Copy, Debug)]
pub struct GrowthInput<'a> {
    pub followers: &'a [FollowersSeen],
    pub posts: &'a [PostReaction],
    pub declared: &'a [DeclaredDays],
}

/// Followers beyond the usual, within days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthBlock {
    /// Days since 1970.
    pub first_day: i32,
    pub last_day: i32,
    /// Followers beyond what is usual on such days.
    pub gained: f64,
    /// Its standard deviation, from what days around it differ by.
    pub gained_spread: f64,
    /// How far its largest day lies above the usual, in scales of the days around it.
    pub score: f64,
    /// ln of the best post around it over the creator's middle post, less what the best of so many posts has anyway, and
    /// how many posts that is; not known without one.
    pub engagement_lift: Option<f64>,
    pub posts_meanwhile: u32,
    /// The share of the block that was lost from the tenth to the sixtieth day after it, and its standard deviation; not
    /// known before the sixtieth day has passed.
    pub lost_later: Option<f64>,
    pub lost_later_spread: f64,
    pub is_declared: bool,
    /// How much likelier this is for a bought block than for one that a post or the press brought, as a logarithm.
    pub log_odds: f64,
}

/// What a history of follower counts shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Days between the first and the last count.
    pub days: u32,
    /// Days whose gain is known.
    pub days_known: u32,
    /// The middle daily gain.
    pub usual_gain: f64,
    /// Oldest first; declared ones too.
    pub blocks: Vec<GrowthBlock>,
}

impl Growth {
    /// The undeclared block that looks most like a bought one.
    pub fn most_suspect(&self) -> Option<&GrowthBlock> {
        self.blocks.iter().filter(|block| !block.is_declared).max_by(|a, b| a.log_odds.total_cmp(&b.log_odds))
    }
}

/// Under so many days of history nothing is said.
pub const HISTORY_MIN_DAYS: u32 = 60;
/// A day stands out from here on, and belongs to the block of its neighbour from here on.
const SCORE_MIN: f64 = 10.5;
const SCORE_BESIDE: f64 = 4.0;
/// A block ends after so many ordinary days, and is cut after so many.
const PAUSE_MAX: usize = 1;
const BLOCK_MAX: usize = 14;
/// Days around a day that say what is usual then.
const AROUND: usize = 28;
const AROUND_MIN: usize = 14;
/// Counts further apart say nothing of single days.
const GAP_MAX_DAYS: i32 = 3;
/// When followers of a block leave, if they were bought.
const LOSS_FROM: usize = 10;
const LOSS_UNTIL: usize = 60;

/// Daily gains without the weekly cycle; `None` where counts are too far apart.
struct DailyGains {
    first_day: i32,
    gains: Vec<Option<f64>>,
    /// Of each weekday, how its gain compares with the middle day.
    weekly: [f64; 7],
}

impl DailyGains {
    fn of(seen: &[FollowersSeen]) -> Option<DailyGains> {
        let mut by_day: Vec<(i32, f64)> = Vec::new();
        for point in seen {
            let day = point.at.day();
            match by_day.last_mut().filter(|last| last.0 == day) {
                Some(last) => last.1 = point.count as f64,
                None => by_day.push((day, point.count as f64)),
            }
        }
        let (first, last) = (by_day.first()?.0, by_day.last()?.0);
        let mut gains = vec![None; usize::try_from(last - first).ok()?];
        for pair in by_day.windows(2) {
            let apart = pair[1].0 - pair[0].0;
            if apart <= GAP_MAX_DAYS {
                let each = (pair[1].1 - pair[0].1) / f64::from(apart);
                for day in pair[0].0..pair[1].0 {
                    gains[(day - first) as usize] = Some(each);
                }
            }
        }
        // The gain at place p is that of the day after the first day + p.
        let first_day = first + 1;
        let weekly = weekly_cycle(first_day, &gains);
        Some(DailyGains { first_day, gains, weekly })
    }

    fn usual_share(&self, place: usize) -> f64 {
        self.weekly[(self.first_day + place as i32).rem_euclid(7) as usize]
    }

    /// The gain as it would be on a middle weekday.
    fn even(&self, place: usize) -> Option<f64> {
        self.gains[place].map(|gain| gain / self.usual_share(place))
    }

    /// The middle gain around a day, and the scale of the days there.
    fn around(&self, place: usize, without: std::ops::Range<usize>) -> Option<(f64, f64)> {
        let (from, until) = (place.saturating_sub(AROUND), (place + AROUND + 1).min(self.gains.len()));
        let known: Vec<f64> = (from..until).filter(|at| !without.contains(at)).filter_map(|at| self.even(at)).collect();
        if known.len() < AROUND_MIN {
            return None;
        }
        let middle = median(known.clone());
        let apart = median(known.into_iter().map(|gain| (gain - middle).abs()).collect());
        Some((middle, 1.4826 * apart + 0.05 * middle.abs() + 1.0))
    }
}

fn weekly_cycle(first_day: i32, gains: &[Option<f64>]) -> [f64; 7] {
    let middle = median(gains.iter().flatten().copied().collect());
    let mut cycle = [1.0; 7];
    if gains.len() < 56 || middle <= 0.0 {
        return cycle;
    }
    for (weekday, share) in cycle.iter_mut().enumerate() {
        let of_day =
            gains.iter().enumerate().filter(|(place, _)| (first_day + *place as i32).rem_euclid(7) as usize == weekday);
        let of_day: Vec<f64> = of_day.filter_map(|(_, gain)| *gain).collect();
        if of_day.len() >= 6 {
            *share = (median(of_day) / middle).clamp(0.5, 2.0);
        }
    }
    cycle
}

/// Looks for blocks of followers in a history; `None` under 60 days of it, or where fewer than half of the days are
/// known.
///
/// A day's score is `(g - m) / (1.4826 MAD + 0.05 |m| + 1)` over 28 days on both sides, the weekly cycle taken out; a
/// block is what lies around a day above 10.5. Its log-odds are a sum: what posts from two days before to three days
/// after did against the creator's middle post (a block that a post brought goes with one that did about four times as well), and what
/// share left from the tenth to the sixtieth day (bought followers go, about one in six within that time); from three days on, whether the days are equal lots
/// or fade adds or takes 0.7. What is not known adds 0; size alone adds nothing. Cost `O(days * 56)`.
pub fn growth(input: &GrowthInput<'_>) -> Option<Growth> {
    let daily = DailyGains::of(input.followers)?;
    let days = daily.gains.len() as u32;
    let known: Vec<f64> = daily.gains.iter().flatten().copied().collect();
    if days < HISTORY_MIN_DAYS || known.len() * 2 < daily.gains.len() {
        return None;
    }
    let scores: Vec<f64> = (0..daily.gains.len())
        .map(|place| match (daily.even(place), daily.around(place, place..place + 1)) {
            (Some(gain), Some((middle, scale))) => (gain - middle) / scale,
            _ => 0.0,
        })
        .collect();
    let mut blocks: Vec<GrowthBlock> = Vec::new();
    let mut place = 0;
    while place < scores.len() {
        if scores[place] < SCORE_MIN {
            place += 1;
            continue;
        }
        let (from, until) = extent(&scores, place);
        blocks.extend(block(&daily, &scores, from..until, input));
        place = until.max(place + 1);
    }
    Some(Growth { days, days_known: known.len() as u32, usual_gain: median(known), blocks })
}

/// From the first to behind the last day of the block around a day.
fn extent(scores: &[f64], place: usize) -> (usize, usize) {
    let mut from = place;
    while from > 0 && scores[from - 1] >= SCORE_BESIDE && place - from < BLOCK_MAX {
        from -= 1;
    }
    let (mut until, mut at) = (place + 1, place + 1);
    while at < scores.len() && at - from < BLOCK_MAX && at - until < PAUSE_MAX + 1 {
        if scores[at] >= SCORE_BESIDE {
            until = at + 1;
        }
        at += 1;
    }
    (from, until)
}

fn block(
    daily: &DailyGains,
    scores: &[f64],
    days: std::ops::Range<usize>,
    input: &GrowthInput<'_>,
) -> Option<GrowthBlock> {
    let (middle, scale) = daily.around(days.start, days.clone())?;
    let usual: f64 = days.clone().map(|place| middle * daily.usual_share(place)).sum();
    let gained = days.clone().filter_map(|place| daily.gains[place]).sum::<f64>() - usual;
    if gained <= 0.0 {
        return None;
    }
    let (first_day, last_day) = (daily.first_day + days.start as i32, daily.first_day + days.end as i32 - 1);
    let lift = lift(input.posts, first_day);
    let later = loss(daily, days.start, days.end, middle, scale, gained);
    let overlaps = |declared: &DeclaredDays| declared.first_day <= last_day && declared.last_day >= first_day;
    let of_lift = lift.map_or(0.0, lift_log_odds);
    let of_loss = later.map_or(0.0, |(share, spread)| loss_log_odds(share, spread));
    let excess: Vec<f64> =
        days.clone().filter_map(|place| Some(daily.gains[place]? - middle * daily.usual_share(place))).collect();
    let of_evenness = evenness_log_odds(&excess, scale);
    Some(GrowthBlock {
        first_day,
        last_day,
        gained,
        gained_spread: scale * (days.len() as f64).sqrt(),
        score: scores[days].iter().copied().fold(0.0, f64::max),
        engagement_lift: lift.map(|lift| lift.beyond),
        posts_meanwhile: lift.map_or(0, |lift| lift.posts),
        lost_later: later.map(|(share, _)| share),
        lost_later_spread: later.map_or(0.0, |(_, spread)| spread),
        is_declared: input.declared.iter().any(overlaps),
        log_odds: of_lift + of_loss + of_evenness,
    })
}

/// How far the best of so many normal draws lies above the middle, in standard deviations.
const BEST_OF: [f64; 7] = [0.0, 0.0, 0.564, 0.846, 1.029, 1.163, 1.267];

/// The best post from two days before to three days after the block's first day.
#[derive(Clone, Copy)]
struct Lift {
    /// ln of it over the creator's middle post, less what the best of so many posts has anyway.
    beyond: f64,
    posts: u32,
    /// The standard deviation of ln reactions over the creator's other posts.
    spread: f64,
}

fn lift(posts: &[PostReaction], first_day: i32) -> Option<Lift> {
    let reactions = |wanted: &dyn Fn(i32) -> bool| -> Vec<f64> {
        let of = posts.iter().filter(|post| wanted(post.at.day() - first_day));
        of.map(|post| (post.interactions + 1.0).ln()).collect()
    };
    let meanwhile = reactions(&|since| (-2..=3).contains(&since));
    let others = reactions(&|since| !(-2..=3).contains(&since));
    if meanwhile.is_empty() || others.len() < 5 {
        return None;
    }
    let middle = median(others.clone());
    let spread = (1.4826 * median(others.into_iter().map(|post| (post - middle).abs()).collect())).max(0.1);
    let best = meanwhile.iter().copied().fold(f64::MIN, f64::max);
    let expected = BEST_OF[meanwhile.len().min(BEST_OF.len() - 1)] * spread;
    Some(Lift { beyond: best - middle - expected, posts: meanwhile.len() as u32, spread })
}

/// The share of a block that left from the tenth to the sixtieth day, with its standard deviation; `None` where that time
/// is not over, or its days are not known.
fn loss(daily: &DailyGains, start: usize, end: usize, middle: f64, scale: f64, gained: f64) -> Option<(f64, f64)> {
    let days: Vec<f64> =
        (end + LOSS_FROM..(end + LOSS_UNTIL).min(daily.gains.len())).filter_map(|place| daily.even(place)).collect();
    let wanted = LOSS_UNTIL - LOSS_FROM;
    if days.len() * 10 < wanted * 8 {
        return None;
    }
    // What is usual is taken from before the block and, where that is over, from after the loss.
    let usual_of = |places: std::ops::Range<usize>| {
        let known: Vec<f64> = places.filter(|at| *at < daily.gains.len()).filter_map(|at| daily.even(at)).collect();
        (known.len() >= AROUND_MIN).then(|| usual_mean(known, middle, scale))
    };
    let before = usual_of(start.saturating_sub(AROUND)..start);
    let after = usual_of(end + LOSS_UNTIL..end + LOSS_UNTIL + AROUND);
    let (usual, drift) = match (before, after) {
        (Some(before), Some(after)) => ((before + after) / 2.0, 0.12),
        (one, other) => (one.or(other).unwrap_or(middle), 0.2),
    };
    let count = days.len() as f64;
    let missing = usual * count - days.iter().sum::<f64>();
    // Days vary by their scale; what is usual drifts by about a fifth in two months, less between two ends.
    let spread = (scale * scale * count + (drift * usual * count).powi(2)).sqrt();
    Some((missing / gained, spread / gained))
}

/// A block that a post brought has one that did about four times as well, in six of seven cases where posts are known; a
/// bought one leaves posts as they are.
fn lift_log_odds(lift: Lift) -> f64 {
    let without = log_t(lift.beyond, 0.0, 0.8 * lift.spread).exp();
    let with = log_t(lift.beyond, 1.2, (0.8 * lift.spread).hypot(0.6)).exp();
    without.ln() - (0.85 * with + 0.15 * without).ln()
}

/// Of a bought block about a sixth leaves within those days, of another nothing.
fn loss_log_odds(share: f64, spread: f64) -> f64 {
    log_t(share, 0.17, spread.hypot(0.08)) - log_t(share, 0.0, spread.hypot(0.02))
}

/// Bought followers are delivered in equal daily lots, what a post brings fades from day to day. Two days tell nothing.
fn evenness_log_odds(excess: &[f64], scale: f64) -> f64 {
    let count = excess.len() as f64;
    if excess.len() < 3 {
        return 0.0;
    }
    let mean = excess.iter().sum::<f64>() / count;
    let spread = (excess.iter().map(|day| (day - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    // What ordinary days differ by is no unevenness of the block.
    let uneven = ((spread * spread - scale * scale).max(0.0)).sqrt() / mean;
    if uneven < 0.35 { 0.7 } else { -0.7 }
}

/// ln of a t density with four degrees of freedom, up to a constant.
fn log_t(value: f64, middle: f64, scale: f64) -> f64 {
    let z = (value - middle) / scale;
    -2.5 * (z * z / 4.0).ln_1p() - scale.ln()
}

/// The mean of days, those far off taken as far as four scales: gains are skewed, so their middle is not their mean.
fn usual_mean(days: Vec<f64>, middle: f64, scale: f64) -> f64 {
    let count = days.len() as f64;
    days.into_iter().map(|gain| gain.clamp(middle - 4.0 * scale, middle + 4.0 * scale)).sum::<f64>() / count
}
