//! A burst long after the post: a code nobody was shown for a month is suddenly used a lot, as when a coupon site has
//! it.
//!
//! After a post the use of a code falls. So for every run of days that begins `late_after_days` or more after the
//! newest post, its use is compared with that of all the days before it since the post had a week to fade. If use never
//! rises between posts, the run's part of both is at most what its length (or its part of the shop's orders) says, and
//! the chance of so many is the tail of a binomial (or, with the shop's orders known, hypergeometric) distribution
//! given their sum; the true rate need not be known. Sales days lift every code, which is why the shop's orders should
//! be handed in. The chance is multiplied by the number of runs looked at, so it holds for the code as a whole.
//! Sources: Przyborowski & Wilenski 1940 (two counts, conditional on their sum); Fisher 1935; Bonferroni 1936.

use std::collections::BTreeMap;
use std::ops::Range;

use model::Days;

use super::chance::{binomial_at_least, hypergeometric_at_least};
use super::{CodeHistory, LeakSettings, Redemption, Shop, Sign, SignFound, SignOutcome};

/// Longer histories are looked at from their newest so many days.
const DAYS_MAX: i32 = 3_660;

/// Uses of the code and orders of the shop on each day of a stretch.
struct Daily {
    first_day: i32,
    /// Sums of the days before, so that a range is one difference.
    uses_before: Vec<u64>,
    /// The shop's orders likewise; `None` when they are not known.
    orders_before: Option<Vec<u64>>,
}

impl Daily {
    fn of(days: Range<i32>, redemptions: &[&Redemption], shop: &Shop<'_>) -> Daily {
        let mut uses: BTreeMap<i32, u64> = BTreeMap::new();
        for redemption in redemptions {
            *uses.entry(redemption.at.day()).or_default() += 1;
        }
        let on = |of: &BTreeMap<i32, u64>, day: i32| of.get(&day).copied().unwrap_or(0);
        let running = |of: &dyn Fn(i32) -> u64| {
            let mut sum = 0;
            let sums = days.clone().map(|day| {
                sum += of(day);
                sum
            });
            std::iter::once(0).chain(sums).collect()
        };
        let mut orders: BTreeMap<i32, u64> = BTreeMap::new();
        for day in shop.orders_by_day {
            *orders.entry(day.day).or_default() += day.orders;
        }
        // A day cannot have more uses of a code than orders, whatever the two lists say.
        let orders_on = |day| on(&orders, day).max(on(&uses, day));
        Daily {
            first_day: days.start,
            uses_before: running(&|day| on(&uses, day)),
            orders_before: (!shop.orders_by_day.is_empty()).then(|| running(&orders_on)),
        }
    }

    fn sum(&self, before: &[u64], days: &Range<i32>) -> u64 {
        before[(days.end - self.first_day) as usize] - before[(days.start - self.first_day) as usize]
    }

    fn uses(&self, days: &Range<i32>) -> u64 {
        self.sum(&self.uses_before, days)
    }

    /// Chance of at least as many uses in `run`, given all uses in `run` and `before` it; and how many were expected.
    fn chance(&self, run: &Range<i32>, before: &Range<i32>) -> Burst {
        let (late, early) = (self.uses(run), self.uses(before));
        let (chance, share) = match &self.orders_before {
            Some(orders) => {
                let (in_run, in_before) = (self.sum(orders, run), self.sum(orders, before));
                let all = in_run + in_before;
                (hypergeometric_at_least(late, all, late + early, in_run), in_run as f64 / all.max(1) as f64)
            }
            None => {
                let share = run.len() as f64 / (run.len() + before.len()) as f64;
                (binomial_at_least(late, late + early, share), share)
            }
        };
        Burst { days: run.clone(), expected: (late + early) as f64 * share, chance }
    }
}

/// One run of days and how unlikely its uses are.
struct Burst {
    days: Range<i32>,
    expected: f64,
    chance: f64,
}

pub(super) fn look(
    code: &CodeHistory<'_>,
    redemptions: &[&Redemption],
    shop: &Shop<'_>,
    settings: &LeakSettings,
) -> SignOutcome {
    let days = |days: Days| days.0.min(DAYS_MAX as u32) as i32;
    let (late, faded, run_days) =
        (days(settings.late_after_days), days(settings.faded_after_days), days(settings.burst_days).max(1));
    let end = shop.as_of.day().saturating_add(1);
    let oldest = end.saturating_sub(DAYS_MAX);
    let mut posts: Vec<i32> = code.posts.iter().map(|post| post.day().max(oldest)).filter(|day| *day < end).collect();
    posts.sort_unstable();
    posts.dedup();
    let Some(first_post) = posts.first().copied() else {
        return SignOutcome::NotAssessed(
            "no post with the code is known; a burst is seen against the days after a post".into(),
        );
    };
    let daily = Daily::of(first_post..end, redemptions, shop);
    posts.push(end);

    let (mut runs, mut bursts) = (0u64, vec![]);
    for pair in posts.windows(2) {
        let (post, next_post) = (pair[0], pair[1]);
        for start in post + late.max(faded + 1)..=next_post - run_days {
            runs += 1;
            let run = start..start + run_days;
            if daily.uses(&run) >= settings.orders_min {
                bursts.push(daily.chance(&run, &(post + faded..start)));
            }
        }
    }
    if runs == 0 {
        return SignOutcome::NotAssessed(format!("no {run_days} days yet that begin {late} days after a post"));
    }
    for burst in &mut bursts {
        burst.chance = (burst.chance * runs as f64).min(1.0);
    }
    bursts.retain(|burst| burst.chance <= settings.hint_false_alarm.value());
    let Some(strongest) = bursts.iter().min_by(|a, b| a.chance.total_cmp(&b.chance)) else {
        return SignOutcome::Clean;
    };
    let is_in_burst = |day: i32| bursts.iter().any(|burst| burst.days.contains(&day));
    let orders: Vec<u64> = redemptions
        .iter()
        .filter(|redemption| is_in_burst(redemption.at.day()))
        .map(|redemption| redemption.order)
        .collect();
    let posted = posts.iter().rev().find(|post| **post <= strongest.days.start).copied().unwrap_or(first_post);
    let used = daily.uses(&strongest.days);
    let words = format!(
        "{used} orders in {run_days} days, {} days after the newest post, where at most {:.1} were to be expected; \
         {} orders in all such runs of days",
        strongest.days.start - posted,
        strongest.expected,
        orders.len()
    );
    SignOutcome::Found(SignFound {
        sign: Sign::LateBurst,
        observed: used,
        of: redemptions.len() as u64,
        expected: Some(strongest.expected),
        chance: Some(strongest.chance),
        orders,
        words,
        formula: match daily.orders_before {
            Some(_) => "Fisher's exact test against the shop's orders, times the runs of days looked at",
            None => "binomial tail against the days since the post, times the runs of days looked at",
        },
    })
}
