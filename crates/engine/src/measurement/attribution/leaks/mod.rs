//! Leaking codes: signs that a creator's code is used by people who did not get it from the creator.
//!
//! Four signs, each with the orders behind it: used before the first post (certain), used without a click more often
//! than other codes, a burst long after the post, orders from countries unlike the audience. Nothing is lowered or
//! withheld here: a finding asks a person to look. Each sign keeps a stated rate of false alarms; what cannot be
//! looked at is named with its reason, so that silence is not taken for innocence.

mod burst;
mod chance;
mod clicks;
mod countries;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::{Days, Explanation, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The version of the tests in these files.
pub const LEAKS_VERSION: u32 = 1;

/// A country by its two capital letters (ISO 3166-1), e.g. `DE`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Country([u8; 2]);

impl Country {
    /// `None` unless `code` is two capital letters.
    ///
    /// ```
    /// use engine::measurement::attribution::leaks::Country;
    /// assert_eq!(Country::new("DE").map(|country| country.to_string()), Some("DE".to_owned()));
    /// assert_eq!(Country::new("de"), None);
    /// ```
    pub fn new(code: &str) -> Option<Country> {
        let letters = <[u8; 2]>::try_from(code.as_bytes()).ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Country(letters))
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("??"))
    }
}

/// Whether the buyer is known to have clicked the creator's link before the order, within the window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatorClick {
    Seen,
    NotSeen,
}

/// One order with the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Redemption {
    pub at: Timestamp,
    /// The caller's number of the order.
    pub order: u64,
    pub click: CreatorClick,
    pub country: Option<Country>,
}

impl Redemption {
    fn is_without_click(&self) -> bool {
        self.click == CreatorClick::NotSeen
    }
}

/// A country's share of an audience.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CountryShare {
    pub country: Country,
    pub share: Ratio,
}

/// Whether every post that showed the code is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostsKnown {
    /// All of them, stories included.
    All,
    /// There may be others, earlier ones too.
    Some,
}

/// One creator's code in one shop.
#[derive(Clone, Copy, Debug)]
pub struct CodeHistory<'a> {
    pub creator: u32,
    /// When posts with the code came out, in any order; empty: not known.
    pub posts: &'a [Timestamp],
    pub posts_known: PostsKnown,
    /// Human clicks on the creator's links; `None`: the creator has no link.
    pub link_clicks: Option<u64>,
    /// In any order; an order given twice counts once.
    pub redemptions: &'a [Redemption],
    /// The creator's audience by country; empty: not known.
    pub audience: &'a [CountryShare],
}

/// How many orders the shop had on a day (UTC), with any code or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayOrders {
    /// Days since 1970.
    pub day: i32,
    pub orders: u64,
}

/// What is known of the shop.
#[derive(Clone, Copy, Debug)]
pub struct Shop<'a> {
    /// The moment the report is for; later redemptions and posts are not looked at.
    pub as_of: Timestamp,
    /// All days that had orders; empty: not known, and then a burst is measured against days alone.
    pub orders_by_day: &'a [DayOrders],
    /// Empty: not known or everywhere.
    pub sells_to: &'a [Country],
}

/// When a sign is a finding.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LeakSettings {
    /// Clocks of shop and platform may differ by so much.
    pub clock_slack_minutes: u32,
    /// Long after the post: from so many days on.
    pub late_after_days: Days,
    /// Use of a code has faded so many days after a post; later days are what a burst is compared with.
    pub faded_after_days: Days,
    /// How many days a burst is looked for in.
    pub burst_days: Days,
    /// Fewer orders than this are never a finding (but for orders before the first post, of which one is enough).
    pub orders_min: u64,
    /// So many other codes are needed to say how many orders without a click are usual.
    pub other_codes_min: u64,
    /// A country may have so many times its share of the audience, at least 1.
    pub country_factor: f64,
    /// And always this share of the orders.
    pub country_share_min: Ratio,
    /// A finding is shown as a hint when clean codes look like this at most so often, for each sign of a code.
    pub hint_false_alarm: Ratio,
    /// And as likely when at most so often.
    pub likely_false_alarm: Ratio,
}

impl Default for LeakSettings {
    fn default() -> LeakSettings {
        let share = |value| Ratio::new(value).expect("the shipped figure lies between 0 and 1");
        LeakSettings {
            clock_slack_minutes: 10,
            late_after_days: Days(30),
            faded_after_days: Days(7),
            burst_days: Days(3),
            orders_min: 5,
            other_codes_min: 5,
            country_factor: 3.0,
            country_share_min: share(0.02),
            hint_false_alarm: share(0.01),
            likely_false_alarm: share(0.001),
        }
    }
}

/// What speaks for a leak.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    BeforeFirstPost,
    NoClick,
    LateBurst,
    UnlikeCountries,
}

impl Sign {
    pub fn words(self) -> &'static str {
        match self {
            Sign::BeforeFirstPost => "used before the first post",
            Sign::NoClick => "used without a click of this creator",
            Sign::LateBurst => "used in a burst long after the post",
            Sign::UnlikeCountries => "used in countries unlike the audience",
        }
    }
}

/// How sure a finding is; ordered from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Worth a look: clean codes look like this in at most 1 % of cases (a setting), or an honest reason is common.
    Hint,
    /// Clean codes look like this in at most 0.1 % of cases (a setting).
    Likely,
    /// It cannot be otherwise: nobody could have had the code from the creator's posts.
    Certain,
}

/// One sign that was found, with the orders it was found in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LeakFinding {
    pub sign: Sign,
    pub certainty: Certainty,
    /// Orders that show the sign.
    pub observed: u64,
    /// Out of so many that were looked at.
    pub of: u64,
    /// How many were to be expected at most in a clean code; `None` where none are.
    pub expected: Option<f64>,
    /// How often a clean code looks like this at most, 0..=1; `None` for the certain sign.
    pub false_alarm: Option<f64>,
    /// The orders, by time. For a burst those of every run of days that stands out, `observed` being of the strongest.
    pub orders: Vec<u64>,
    pub words: String,
    pub explanation: Explanation,
}

/// A sign that could not be looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NotAssessed {
    pub sign: Sign,
    pub why: String,
}

/// What was found of one code.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CodeLeaks {
    pub creator: u32,
    pub redemptions: u64,
    /// In the order of [`Sign`].
    pub findings: Vec<LeakFinding>,
    pub not_assessed: Vec<NotAssessed>,
}

/// What a sign's own file says.
enum SignOutcome {
    Clean,
    NotAssessed(String),
    Found(SignFound),
}

/// A sign before it is graded.
struct SignFound {
    sign: Sign,
    observed: u64,
    of: u64,
    expected: Option<f64>,
    chance: Option<f64>,
    orders: Vec<u64>,
    words: String,
    formula: &'static str,
}

/// Looks at all codes of a brand for signs that they leak.
///
/// Formulas: before the first post: redeemed more than `clock_slack_minutes` before it; the others in the files of this
/// folder. Inputs: `codes` in any order, each once; times in microseconds; `settings` as documented there.
/// Output: one row a code, in the order given.
/// False alarms: a clean code shows a burst, or countries, by chance in at most `hint_false_alarm` (1 %) of reports
/// each, and as "likely" in at most `likely_false_alarm` (0.1 %); missing clicks in about 1 %, never as more than a
/// hint, because a spoken code shows them too. In simulated clean codes: bursts 0.1 to 0.3 % (likely 0.01 to 0.03 %),
/// missing clicks 0.6 to 1.2 %, countries below 0.01 %. That holds if use does not rise between posts, if buyers come
/// one by one (those who order together make bursts more frequent), if their countries keep below the bar and if codes
/// differ in their shares without a click as a Beta distribution does.
/// Cost: O(codes * 960 + codes * days + redemptions log redemptions); a code with a hint of missing clicks 960 * its
/// redemptions more. Source: the files of this folder.
///
/// ```
/// use engine::measurement::attribution::leaks::*;
/// use model::Timestamp;
/// let day = |days: i64| Timestamp(days * 86_400_000_000);
/// let redemptions = [Redemption { order: 81, at: day(9), click: CreatorClick::NotSeen, country: None }];
/// let code = CodeHistory {
///     creator: 0, posts: &[day(10)], posts_known: PostsKnown::All, link_clicks: Some(12), redemptions: &redemptions,
///     audience: &[],
/// };
/// let shop = Shop { as_of: day(20), orders_by_day: &[], sells_to: &[] };
/// let found = find_leaks(&[code], &shop, &LeakSettings::default());
/// assert_eq!(found[0].findings[0].certainty, Certainty::Certain);
/// assert_eq!(found[0].findings[0].orders, [81]);
/// ```
pub fn find_leaks(codes: &[CodeHistory<'_>], shop: &Shop<'_>, settings: &LeakSettings) -> Vec<CodeLeaks> {
    let redemptions: Vec<Vec<&Redemption>> = codes.iter().map(|code| each_once(code.redemptions, shop.as_of)).collect();
    let without_click = codes.iter().zip(&redemptions).map(|(code, own)| clicks::WithoutClick::of(code, own)).collect();
    let all_codes = clicks::Codes::new(without_click);
    let look = |(place, (code, own)): (usize, (&CodeHistory<'_>, &Vec<&Redemption>))| {
        let outcomes = [
            (Sign::BeforeFirstPost, before_first_post(code, own, settings)),
            (Sign::NoClick, all_codes.look(place, own, settings)),
            (Sign::LateBurst, burst::look(code, own, shop, settings)),
            (Sign::UnlikeCountries, countries::look(code, own, shop, settings)),
        ];
        collect(code, own.len() as u64, outcomes, settings)
    };
    codes.iter().zip(&redemptions).enumerate().map(look).collect()
}

/// By time; an order given twice counts at its earliest.
fn each_once(redemptions: &[Redemption], as_of: Timestamp) -> Vec<&Redemption> {
    let mut earliest: BTreeMap<u64, &Redemption> = BTreeMap::new();
    for redemption in redemptions.iter().filter(|redemption| redemption.at <= as_of) {
        let kept = earliest.entry(redemption.order).or_insert(redemption);
        *kept = (*kept).min(redemption);
    }
    let mut sorted: Vec<&Redemption> = earliest.into_values().collect();
    sorted.sort_unstable();
    sorted
}

fn before_first_post(code: &CodeHistory<'_>, redemptions: &[&Redemption], settings: &LeakSettings) -> SignOutcome {
    let Some(first_post) = code.posts.iter().min() else {
        return SignOutcome::NotAssessed("no post with the code is known; note when it was first shown".into());
    };
    let slack_microseconds = i64::from(settings.clock_slack_minutes) * 60_000_000;
    let is_before = |redemption: &&&Redemption| redemption.at.0 < first_post.0.saturating_sub(slack_microseconds);
    let orders: Vec<u64> = redemptions.iter().filter(is_before).map(|redemption| redemption.order).collect();
    if orders.is_empty() {
        return SignOutcome::Clean;
    }
    let observed = orders.len() as u64;
    let used = if observed == 1 { "1 order was".to_owned() } else { format!("{observed} orders were") };
    let words = match code.posts_known {
        PostsKnown::All => format!("{used} made with the code before it was first shown"),
        PostsKnown::Some => {
            format!("{used} made with the code before the first post known here; an earlier post would explain it")
        }
    };
    SignOutcome::Found(SignFound {
        sign: Sign::BeforeFirstPost,
        observed,
        of: redemptions.len() as u64,
        expected: None,
        chance: None,
        orders,
        words,
        formula: "order before the first post, by more than the clocks may differ",
    })
}

fn collect(
    code: &CodeHistory<'_>,
    redemptions: u64,
    outcomes: [(Sign, SignOutcome); 4],
    settings: &LeakSettings,
) -> CodeLeaks {
    let mut leaks = CodeLeaks { creator: code.creator, redemptions, findings: vec![], not_assessed: vec![] };
    for (sign, outcome) in outcomes {
        match outcome {
            SignOutcome::Clean => {}
            SignOutcome::NotAssessed(why) => leaks.not_assessed.push(NotAssessed { sign, why }),
            SignOutcome::Found(found) => {
                let certainty = certainty(&found, code.posts_known, settings);
                leaks.findings.push(found.graded(certainty));
            }
        }
    }
    leaks
}

fn certainty(found: &SignFound, posts_known: PostsKnown, settings: &LeakSettings) -> Certainty {
    match (found.sign, found.chance) {
        (Sign::BeforeFirstPost, _) if posts_known == PostsKnown::All => Certainty::Certain,
        (Sign::LateBurst | Sign::UnlikeCountries, Some(chance)) if chance <= settings.likely_false_alarm.value() => {
            Certainty::Likely
        }
        _ => Certainty::Hint,
    }
}

impl SignFound {
    fn graded(self, certainty: Certainty) -> LeakFinding {
        let leaf = |words: &str, value| Explanation::leaf(words, value, Unit::Items);
        let mut parts = vec![leaf("orders with the code that were looked at", Some(self.of as f64))];
        if let Some(expected) = self.expected {
            parts.push(leaf("orders to be expected at most in a clean code", Some(expected)));
        }
        if let Some(chance) = self.chance {
            let words = "share of clean codes that look like this, at most";
            parts.push(Explanation::leaf(words, Some(chance), Unit::Probability));
        }
        let explanation = Explanation::leaf(self.sign.words(), Some(self.observed as f64), Unit::Items)
            .with_parts(parts)
            .with_formula(format!("{} v{LEAKS_VERSION}", self.formula))
            .with_rows(self.orders.len() as u64, "orders", None);
        LeakFinding {
            sign: self.sign,
            certainty,
            observed: self.observed,
            of: self.of,
            expected: self.expected,
            false_alarm: self.chance,
            orders: self.orders,
            words: self.words,
            explanation,
        }
    }
}
