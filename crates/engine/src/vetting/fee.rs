//! What a fee would buy: an asked price against what the creator's posts usually draw, before there is a deal of one's own.
//!
//! One post is priced by the creator's middle post. Money has no unit of its own among the units of this program, so costs
//! are in minor units of the currency (cents), and the currency is named in words.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::{Interval, median, median_interval, poisson_upper_bound};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const FEE_VERSION: u32 = 1;

/// Fewer posts say nothing of what the next one will draw.
pub const POSTS_MIN: usize = 4;

/// "At least" is said at this level.
const AT_LEAST_LEVEL: f64 = 0.95;

/// The share of an audience that was made to be sold, each 0..=1, with its 90 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SoldShare {
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
}

/// What is known of the creator the fee is for: one platform, one format, organic posts; one row a post, in any order.
#[derive(Clone, Copy, Debug)]
pub struct FeeInput<'a> {
    /// Interactions of each post whose interactions are known.
    pub interactions: &'a [u64],
    /// Views of each post whose views are known.
    pub views: &'a [u64],
    /// People reached by each post whose reach is known.
    pub reach: &'a [u64],
    pub followers: Option<u64>,
    pub audience_share: Option<SoldShare>,
    pub as_of: Timestamp,
    pub grade: Grade,
}

/// What a fee would buy, in minor units of `currency`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FeeBuys {
    pub currency: String,
    pub per_interaction: Estimate,
    pub per_thousand_views: Estimate,
    pub per_thousand_reached: Estimate,
    pub per_thousand_followers: Estimate,
    /// Per thousand followers that were not made to be sold.
    pub per_thousand_people: Estimate,
}

/// What the fee is divided by.
struct Bought {
    method: &'static str,
    /// "interactions", "views", "people reached".
    what: &'static str,
    /// The cost is of so many.
    per: f64,
    how_to_know: &'static str,
}

const INTERACTIONS: Bought = Bought {
    method: "fee per interaction",
    what: "interactions",
    per: 1.0,
    how_to_know: "import more posts with likes and comments, or ask the creator to connect",
};
const VIEWS: Bought = Bought {
    method: "fee per thousand views",
    what: "views",
    per: 1_000.0,
    how_to_know: "import posts whose platform counts views",
};
const REACH: Bought = Bought {
    method: "fee per thousand reached",
    what: "people reached",
    per: 1_000.0,
    how_to_know: "only the creator sees reach: ask the creator to connect, or import it with a screenshot as proof",
};

/// What a fee for one post would cost for each reaction, thousand views, thousand people reached and thousand followers.
///
/// Formula: fee / interactions of the median post; 1000 x fee / views (reach) of the median post; the interval is that of
/// the median, turned round (a better post costs less for each). 1000 x fee / followers; and for followers that are
/// people 1000 x fee / (followers x (1 - share made to be sold)), the share's interval carried through.
/// Inputs: `fee_minor_units` for one post, with product and commission if the whole cost is meant; `currency`, an ISO 4217
/// code, used for words alone; `input`, counts 0 and up, shares 0..=1.
/// Output: minor units of the currency, above 0; no upper end (`None`) where posts go down to 0. When the middle post drew
/// nothing the value is not known, `lo` holds the least that each must cost, and the reason begins with "at least". Not
/// known with a reason under 4 posts, without followers or share, or for a fee of 0. What was usual is no promise.
/// Cost: O(posts log posts). Source: metrics sheet, section 5; intervals `median_interval` and, for posts that all drew
/// nothing, the 95 % Poisson bound of 0 (Garwood 1936).
///
/// ```
/// use engine::vetting::fee::{FeeInput, SoldShare, what_a_fee_buys};
/// use model::{Grade, Timestamp};
/// let input = FeeInput {
///     interactions: &[400, 500, 500, 500, 700], views: &[], reach: &[], followers: Some(10_000),
///     audience_share: Some(SoldShare { value: 0.2, lo: 0.1, hi: 0.3 }), as_of: Timestamp(0), grade: Grade::B,
/// };
/// let buys = what_a_fee_buys(20_000, "EUR", &input);
/// assert_eq!(buys.per_interaction.value, Some(40.0));
/// assert_eq!(buys.per_thousand_people.value, Some(2_500.0));
/// assert_eq!(buys.per_thousand_views.value, None);
/// ```
pub fn what_a_fee_buys(fee_minor_units: u64, currency: &str, input: &FeeInput) -> FeeBuys {
    let asked = Asked { fee: fee_minor_units as f64, currency, input };
    FeeBuys {
        currency: currency.to_owned(),
        per_interaction: asked.of_posts(&INTERACTIONS, input.interactions),
        per_thousand_views: asked.of_posts(&VIEWS, input.views),
        per_thousand_reached: asked.of_posts(&REACH, input.reach),
        per_thousand_followers: asked.of_followers(),
        per_thousand_people: asked.of_people(),
    }
}

/// The fee and whom it is for.
struct Asked<'a> {
    fee: f64,
    currency: &'a str,
    input: &'a FeeInput<'a>,
}

impl Asked<'_> {
    fn of_posts(&self, bought: &Bought, counts: &[u64]) -> Estimate {
        let n = counts.len() as u64;
        let not_known = |reason: String| self.not_known(bought.method, n, "posts", reason);
        if self.fee <= 0.0 {
            return not_known(NO_FEE.to_owned());
        }
        if counts.len() < POSTS_MIN {
            return not_known(format!(
                "{} are known for {n} posts; at least {POSTS_MIN} are needed: {}",
                bought.what, bought.how_to_know
            ));
        }
        let mut sorted: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = median(&sorted).expect("there are at least four posts");
        let range = median_interval(&sorted, level()).expect("there are at least four posts");
        let cost = |count: f64| self.fee * bought.per / count;
        if middle <= 0.0 {
            return self.at_least(bought, n, &range);
        }
        let words = format!(
            "the fee for one post over what the middle of {n} posts drew, in minor units of {}; what was usual is no promise",
            self.currency
        );
        let formula =
            format!("{} v{FEE_VERSION} = {} x fee / median over posts of {}", bought.method, bought.per, bought.what);
        let explanation = self.ratio(words, bought.what, bought.per, middle, Unit::Items, " of the middle post");
        Estimate {
            hi: (range.lo > 0.0).then(|| cost(range.lo)),
            level: range.level,
            ..self.known(bought.method, [cost(range.hi), cost(range.lo)], n, "posts", explanation.with_formula(formula))
        }
    }

    /// The middle post drew nothing: what each must cost at least.
    fn at_least(&self, bought: &Bought, n: u64, range: &Interval) -> Estimate {
        let (most, level) = if range.hi > 0.0 {
            (range.hi, f64::midpoint(1.0, range.level))
        } else {
            let at_least_level = Ratio::new(AT_LEAST_LEVEL).expect("a level");
            (poisson_upper_bound(0, at_least_level) / n as f64, AT_LEAST_LEVEL)
        };
        let least = self.fee * bought.per / most;
        let each = if bought.per > 1.0 { "for each thousand" } else { "each" };
        let reason = format!(
            "at least {} {each} ({:.0} %): the middle of {n} posts drew no {}; wait for more posts, or pay for what comes",
            money_words(least, self.currency),
            100.0 * level,
            bought.what
        );
        let mut estimate = self.not_known(bought.method, n, "posts", reason);
        estimate.lo = Some(least);
        estimate.level = level;
        estimate.explanation = estimate.explanation.with_parts(vec![
            Explanation::leaf(format!("fee, in minor units of {}", self.currency), Some(self.fee), Unit::Score),
            Explanation::leaf(format!("{} of the middle post, at most", bought.what), Some(most), Unit::Items),
        ]);
        estimate
    }

    fn of_followers(&self) -> Estimate {
        let method = "fee per thousand followers";
        let followers = match self.followers() {
            Ok(followers) => followers,
            Err(reason) => return self.not_known(method, 0, "followers", reason),
        };
        let cost = 1_000.0 * self.fee / followers;
        let words = format!(
            "the fee for one post over followers, in minor units of {}; most followers do not see a given post",
            self.currency
        );
        let explanation = self
            .ratio(words, "followers", 1_000.0, followers, Unit::People, "")
            .with_formula(format!("{method} v{FEE_VERSION} = 1000 x fee / followers"));
        self.known(method, [cost, cost], followers as u64, "followers", explanation)
    }

    fn of_people(&self) -> Estimate {
        let method = "fee per thousand followers that are people";
        let followers = match self.followers() {
            Ok(followers) => followers,
            Err(reason) => return self.not_known(method, 0, "followers", reason),
        };
        let n = followers as u64;
        let Some(share) = self.input.audience_share else {
            let reason = "the share of this audience that was made to be sold is not known; import its followers or \
                          commenters and refresh";
            return self.not_known(method, n, "followers", reason.to_owned());
        };
        let in_order = 0.0 <= share.lo && share.lo <= share.value && share.value <= share.hi && share.hi <= 1.0;
        if !in_order {
            let reason =
                format!("the share {} ({} to {}) is none; refresh the vetting", share.value, share.lo, share.hi);
            return self.not_known(method, n, "followers", reason);
        }
        let people = |share: f64| followers * (1.0 - share);
        let cost = |share: f64| 1_000.0 * self.fee / people(share);
        if share.value >= 1.0 {
            let reason = "nobody in this audience seems to be a person who was not made to be sold, so there is nothing \
                          to divide by";
            return self.not_known(method, n, "followers", reason.to_owned());
        }
        let words = format!(
            "the fee for one post over followers without the {:.0} % ({:.0}-{:.0} %) made to be sold, in minor units of {}",
            100.0 * share.value,
            100.0 * share.lo,
            100.0 * share.hi,
            self.currency
        );
        let explanation = self
            .ratio(words, "followers that are people", 1_000.0, people(share.value), Unit::People, "")
            .with_formula(format!("{method} v{FEE_VERSION} = 1000 x fee / (followers x (1 - share made to be sold))"));
        Estimate {
            hi: (share.hi < 1.0).then(|| cost(share.hi)),
            ..self.known(method, [cost(share.lo), cost(share.hi)], n, "followers", explanation)
        }
    }

    fn followers(&self) -> Result<f64, String> {
        if self.fee <= 0.0 {
            return Err(NO_FEE.to_owned());
        }
        match self.input.followers {
            None => Err("followers are not known; import the creator's profile".to_owned()),
            Some(0) => Err("the creator has no followers, so there is nothing to divide by".to_owned()),
            Some(followers) => Ok(followers as f64),
        }
    }

    /// Fee over count, in units of `per`; its value is the cost.
    fn ratio(&self, words: String, what: &str, per: f64, count: f64, unit: Unit, of: &str) -> Explanation {
        let fee = Explanation::leaf(format!("fee, in minor units of {}", self.currency), Some(self.fee), Unit::Score);
        let thousands = if per > 1.0 { ", in thousands" } else { "" };
        Explanation::ratio(
            words,
            Unit::Score,
            fee,
            Explanation::leaf(format!("{what}{of}{thousands}"), Some(count / per), unit),
        )
    }

    fn known(&self, method: &str, [lo, hi]: [f64; 2], n: u64, n_of: &str, explanation: Explanation) -> Estimate {
        let value = explanation.value.expect("nothing is divided by 0 here");
        let explanation = explanation.with_rows(n, n_of, None);
        Estimate {
            version: FEE_VERSION,
            ..Estimate::known(value, lo, hi, n, n_of, method, explanation)
                .as_of(self.input.as_of)
                .graded(self.input.grade)
        }
    }

    fn not_known(&self, method: &str, n: u64, n_of: &str, reason: String) -> Estimate {
        Estimate {
            version: FEE_VERSION,
            ..Estimate::not_known(Unit::Score, method, n, n_of, reason).as_of(self.input.as_of).graded(self.input.grade)
        }
    }
}

const NO_FEE: &str = "no fee is given; where only a product is sent, put what it costs";

/// An amount as people write it: "12.50 EUR", "1250 JPY".
fn money_words(minor_units: f64, currency: &str) -> String {
    // ISO 4217: currencies without a minor unit, and those with a thousandth.
    const NONE: [&str; 16] = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    ];
    const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
    let decimals = if NONE.contains(&currency) {
        0
    } else if THREE.contains(&currency) {
        3
    } else {
        2
    };
    format!("{:.decimals$} {currency}", minor_units / 10f64.powi(decimals as i32))
}

fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;
    use proptest::prelude::*;

    fn input<'a>(interactions: &'a [u64], share: Option<(f64, f64, f64)>) -> FeeInput<'a> {
        FeeInput {
            interactions,
            views: &[],
            reach: &[],
            followers: Some(20_000),
            audience_share: share.map(|(value, lo, hi)| SoldShare { value, lo, hi }),
            as_of: Timestamp(5),
            grade: Grade::B,
        }
    }

    fn all(buys: &FeeBuys) -> [&Estimate; 5] {
        [
            &buys.per_interaction,
            &buys.per_thousand_views,
            &buys.per_thousand_reached,
            &buys.per_thousand_followers,
            &buys.per_thousand_people,
        ]
    }

    #[test]
    fn a_fee_of_200_euros_is_priced_by_the_middle_post_with_the_interval_turned_round() {
        let posts = [100, 200, 400, 500, 1_000];
        let views: Vec<u64> = posts.iter().map(|count| count * 20).collect();
        let held = FeeInput { views: &views, reach: &views, ..input(&posts, Some((0.2, 0.1, 0.5))) };
        let buys = what_a_fee_buys(20_000, "EUR", &held);
        assert_eq!((buys.per_interaction.value, buys.per_interaction.n), (Some(50.0), 5));
        assert_eq!(buys.per_thousand_views.value, Some(2_500.0), "25 euros for a thousand views");
        assert_eq!(buys.per_thousand_reached.value, Some(2_500.0));
        assert_eq!(buys.per_thousand_followers.value, Some(1_000.0));
        assert_eq!(buys.per_thousand_followers.lo, buys.per_thousand_followers.hi);
        let people = &buys.per_thousand_people;
        assert_eq!((people.value, people.hi), (Some(1_250.0), Some(2_000.0)));
        assert!((people.lo.expect("known") - 1_111.11).abs() < 0.01);
        for estimate in all(&buys) {
            assert!(estimate.lo <= estimate.value && estimate.value <= estimate.hi, "{estimate:?}");
            assert!(estimate.explanation.adds_up() && estimate.explanation.words.contains("EUR"));
            assert_eq!(
                (estimate.as_of, estimate.version, estimate.unit),
                (Some(Timestamp(5)), FEE_VERSION, Unit::Score)
            );
        }
    }

    #[test]
    fn what_is_missing_is_not_known_and_says_what_to_do() {
        let buys = what_a_fee_buys(20_000, "EUR", &FeeInput { followers: None, ..input(&[5, 6, 7], None) });
        for (estimate, reason) in all(&buys).into_iter().zip([
            "known for 3 posts",
            "counts views",
            "ask the creator to connect",
            "import the creator's profile",
            "import the creator's profile",
        ]) {
            assert_eq!((estimate.value, estimate.lo, estimate.hi), (None, None, None));
            assert!(estimate.not_known.as_ref().is_some_and(|told| told.contains(reason)), "{estimate:?}");
        }
        let no_share = what_a_fee_buys(20_000, "EUR", &input(&[5; 9], None)).per_thousand_people;
        assert!(no_share.not_known.is_some_and(|reason| reason.contains("made to be sold is not known")));
        let free = what_a_fee_buys(0, "EUR", &input(&[5; 9], Some((0.1, 0.0, 0.2))));
        for estimate in [free.per_interaction, free.per_thousand_followers, free.per_thousand_people] {
            assert!(estimate.value.is_none() && estimate.not_known.is_some_and(|told| told.contains("no fee")));
        }
    }

    #[test]
    fn posts_without_any_interaction_cost_at_least_so_much_and_are_neither_free_nor_without_end() {
        let none = what_a_fee_buys(30_000, "EUR", &input(&[0; 10], None)).per_interaction;
        assert_eq!((none.value, none.hi), (None, None));
        let least = none.lo.expect("a lower end");
        assert!((least - 30_000.0 * 10.0 / 2.9957).abs() < 10.0, "{least}");
        assert!(
            none.not_known.is_some_and(|told| told.starts_with("at least 1001") && told.contains("EUR each (95 %)"))
        );
        let mostly = what_a_fee_buys(30_000, "JPY", &input(&[0, 0, 0, 0, 0, 0, 9, 50, 60], None)).per_interaction;
        assert!(mostly.value.is_none() && mostly.lo.is_some_and(|lo| lo > 600.0));
        assert!(mostly.not_known.is_some_and(|told| told.contains("JPY each (95 %)") && !told.contains('.')));
        let open = what_a_fee_buys(30_000, "EUR", &input(&[0, 0, 9, 50, 60], None)).per_interaction;
        assert!(open.value.is_some() && open.lo.is_some() && open.hi.is_none());
    }

    #[test]
    fn an_audience_that_may_be_sold_altogether_has_no_upper_end() {
        let people = what_a_fee_buys(100, "EUR", &input(&[], Some((0.5, 0.2, 1.0)))).per_thousand_people;
        assert!(people.value.is_some() && people.lo.is_some() && people.hi.is_none());
        let nobody = what_a_fee_buys(100, "EUR", &input(&[], Some((1.0, 0.9, 1.0)))).per_thousand_people;
        assert!(nobody.value.is_none() && nobody.not_known.is_some());
        let wrong = what_a_fee_buys(100, "EUR", &input(&[], Some((f64::NAN, 0.9, 1.0)))).per_thousand_people;
        assert!(wrong.value.is_none());
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        for (minor, currency, expected) in
            [(1_250.0, "EUR", "12.50 EUR"), (1_250.0, "JPY", "1250 JPY"), (1_250.0, "KWD", "1.250 KWD")]
        {
            assert_eq!(money_words(minor, currency), expected);
        }
    }

    #[test]
    fn the_interval_of_the_cost_covers_what_the_middle_post_costs() {
        let mut draw = Sequence::new(2, 6);
        for count in [5, 12, 30] {
            let (mut covered, runs) = (0, 2_000);
            for _ in 0..runs {
                let posts: Vec<u64> =
                    (0..count).map(|_| (50_000.0 * (0.8 * draw.normal()).exp()).round() as u64).collect();
                let cost = what_a_fee_buys(100_000, "EUR", &input(&posts, None)).per_interaction;
                covered += u32::from(cost.lo <= Some(2.0) && Some(2.0) <= cost.hi);
            }
            let share = f64::from(covered) / f64::from(runs);
            println!("fee per interaction, {count} posts: 90 % interval covers {share:.3}");
            assert!((0.87..0.94).contains(&share), "{count}: {share}");
        }
    }

    proptest! {
        #[test]
        fn ends_are_in_order_the_order_of_posts_changes_nothing_and_double_the_fee_costs_double(
            mut posts in prop::collection::vec(0_u64..400, 0..40),
            fee in 1_u64..1_000_000,
            share in prop::option::of((0.0_f64..=1.0, 0.0_f64..=1.0, 0.0_f64..=1.0)),
        ) {
            let share = share.map(|(a, b, c)| {
                let mut ends = [a, b, c];
                ends.sort_by(f64::total_cmp);
                (ends[1], ends[0], ends[2])
            });
            let buys = what_a_fee_buys(fee, "EUR", &input(&posts, share));
            let double = what_a_fee_buys(2 * fee, "EUR", &input(&posts, share));
            for (one, two) in all(&buys).into_iter().zip(all(&double)) {
                prop_assert!(one.explanation.adds_up());
                prop_assert_eq!(one.value.is_none(), one.not_known.is_some());
                if let Some(value) = one.value {
                    prop_assert!(value > 0.0 && one.lo.is_some_and(|lo| 0.0 < lo && lo <= value * (1.0 + 1e-12)));
                    prop_assert!(one.hi.is_none_or(|hi| hi.is_finite() && hi >= value * (1.0 - 1e-12)));
                    prop_assert!((two.value.expect("known") / value - 2.0).abs() < 1e-9);
                }
            }
            posts.reverse();
            prop_assert_eq!(buys, what_a_fee_buys(fee, "EUR", &input(&posts, share)));
        }
    }
}
