//! Standing: where a creator stands among the peers in the user's own corpus, and whether small creators really draw more
//! interaction than large ones there, as the articles say.
//!
//! Peers are those of the same platform, size class, language and niche, as long as there are thirty of them; else niche,
//! then language, then size class is dropped, and the answer says which. A figure on few posts is shown with its interval
//! and not ranked: whether to ask for its standing is the caller's decision.

use std::collections::BTreeMap;

use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Estimate, Explanation, Grade, Platform, Ratio, Tier, TierSettings, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::{jeffreys_interval, median, ratio_of_medians_interval};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const STANDING_VERSION: u32 = 1;

/// A cell with fewer peers says nothing; its parent answers.
pub const CELL_MIN: usize = 30;

/// Fewer creators on a side say nothing of small against large.
pub const SIDE_MIN: usize = 10;

/// The articles' claim: micro-influencers draw up to 60 % more interaction than macro ones.
pub const CLAIMED_RATIO: f64 = 1.6;

/// One creator of the corpus; one row each. `None` is not known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PeerRow<'a> {
    pub account: AccountId,
    pub platform: Platform,
    pub followers: Option<i64>,
    /// A code such as `de`; only told apart, never scored.
    pub language: Option<&'a str>,
    pub niche: Option<u32>,
    /// The figure compared, e.g. engagement by followers, 0 and up. Others count as not known.
    pub figure: Option<f64>,
}

/// Whom a creator was compared with; `None`: all of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeerCell {
    pub platform: Platform,
    pub tier: Option<Tier>,
    pub language: Option<String>,
    pub niche: Option<u32>,
}

/// Where a creator stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Standing {
    /// Share of the other creators of the cell whose figure is at or below this one's, 0..=1; n is the cell's size.
    pub quantile: Estimate,
    /// `None` where no cell is large enough.
    pub cell: Option<PeerCell>,
    /// What was dropped to find thirty peers, and why, narrowest first; empty where nothing was.
    pub fallen_back: Vec<&'static str>,
}

/// The figures of a corpus by platform, size class, language and niche, ready to be asked.
#[derive(Clone, Debug)]
pub struct Standings {
    tiers: TierSettings,
    languages: Vec<String>,
    /// Ascending by account.
    creators: Vec<Placed>,
    /// Ascending figures.
    cells: BTreeMap<CellKey, Vec<f64>>,
}

/// A creator with the numbers that name its cells.
#[derive(Clone, Copy, Debug)]
struct Placed {
    account: AccountId,
    platform: Platform,
    tier: Option<Tier>,
    language: Option<u32>,
    niche: Option<u32>,
    figure: Option<f64>,
}

/// Platform, size class, language, niche; `None`: all.
type CellKey = (Platform, Option<Tier>, Option<u32>, Option<u32>);

/// How narrow a cell is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Narrow {
    Niche,
    Language,
    Tier,
    Platform,
}

impl Narrow {
    /// In the order they are tried.
    const ALL: [Narrow; 4] = [Narrow::Niche, Narrow::Language, Narrow::Tier, Narrow::Platform];

    fn not_known(self) -> &'static str {
        match self {
            Narrow::Niche => "niche: not known, or the language or size it lies in is not",
            Narrow::Language => "language: not known, or the size it lies in is not",
            Narrow::Tier => "size: followers are not known, or lie in no class of the definition",
            Narrow::Platform => "platform: not known",
        }
    }

    fn too_few(self) -> &'static str {
        match self {
            Narrow::Niche => "niche: fewer than 30 other creators with this figure",
            Narrow::Language => "language: fewer than 30 other creators with this figure",
            Narrow::Tier => "size: fewer than 30 other creators with this figure",
            Narrow::Platform => "platform: fewer than 30 other creators with this figure",
        }
    }
}

impl Placed {
    fn key(&self, narrow: Narrow) -> Option<CellKey> {
        Some(match narrow {
            Narrow::Niche => (self.platform, Some(self.tier?), Some(self.language?), Some(self.niche?)),
            Narrow::Language => (self.platform, Some(self.tier?), Some(self.language?), None),
            Narrow::Tier => (self.platform, Some(self.tier?), None, None),
            Narrow::Platform => (self.platform, None, None, None),
        })
    }
}

impl PeerCell {
    /// The parts of the cell's name: `["Instagram", "10k-100k followers", "de", "coffee"]`. `niche_name` is the niche's own
    /// word where the caller has one.
    ///
    /// Cost: O(1). Source: our own choice.
    pub fn parts(&self, tiers: &TierSettings, niche_name: Option<&str>) -> Vec<String> {
        let mut parts = vec![self.platform.name().to_owned()];
        parts.extend(self.tier.map(|tier| followers_words(tiers, tier)));
        parts.extend(self.language.clone());
        parts.extend(self.niche.map(|_| niche_name.unwrap_or("the same niche").to_owned()));
        parts
    }
}

impl Standings {
    /// Puts a corpus in order, so that any creator of it can be asked for.
    ///
    /// Inputs: `rows`, one a creator, in any order (of a creator that stands there twice the greatest figure counts);
    /// `tiers`, whose second condition on engagement is left aside, since it would choose peers by the figure compared.
    /// Cost: O(n log n), 4 figures of memory a creator. Source: metrics sheet, section 2.
    pub fn of(rows: &[PeerRow], tiers: &TierSettings) -> Standings {
        let mut languages: Vec<String> = rows.iter().filter_map(|row| row.language).map(str::to_owned).collect();
        languages.sort_unstable();
        languages.dedup();
        let number = |language: &str| {
            languages.binary_search_by(|held| held.as_str().cmp(language)).expect("every language is listed") as u32
        };
        let mut creators: Vec<Placed> = rows
            .iter()
            .map(|row| Placed {
                account: row.account,
                platform: row.platform,
                tier: tier_of(row, tiers),
                language: row.language.map(number),
                niche: row.niche,
                figure: known_figure(row),
            })
            .collect();
        creators.sort_by(|a, b| {
            let figure = |one: &Placed| one.figure.unwrap_or(-1.0);
            let rest = |one: &Placed| (one.platform, one.tier, one.language, one.niche);
            a.account.cmp(&b.account).then(figure(b).total_cmp(&figure(a))).then(rest(b).cmp(&rest(a)))
        });
        creators.dedup_by_key(|one| one.account);
        let mut cells: BTreeMap<CellKey, Vec<f64>> = BTreeMap::new();
        for one in &creators {
            let Some(figure) = one.figure else { continue };
            for key in Narrow::ALL.into_iter().filter_map(|narrow| one.key(narrow)) {
                cells.entry(key).or_default().push(figure);
            }
        }
        for figures in cells.values_mut() {
            figures.sort_unstable_by(f64::total_cmp);
        }
        Standings { tiers: tiers.clone(), languages, creators, cells }
    }

    /// Where a creator stands among the others of the narrowest cell that holds thirty of them.
    ///
    /// Formula: `quantile` = others with a figure at or below the creator's / others of the cell. The interval adds up, by
    /// squares, how few peers there are (Jeffreys on the count) and how unsure the creator's own figure is (the quantiles
    /// of its `lo` and `hi`), so that it is never narrower than either.
    /// Inputs: `account`, a creator of the corpus; `figure`, its own estimate of the figure that the rows hold.
    /// Output: 0..=1, 90 % interval; `None` with a reason when the figure is not known, the creator is not in the corpus,
    /// or the platform has fewer than thirty others. Peers' own errors are not taken out: peers are ranked as measured.
    /// Cost: O(log n). Source: metrics sheet, section 2; Brown, Cai & DasGupta 2001; Zou & Donner 2008.
    ///
    /// ```
    /// use engine::vetting::standing::{PeerRow, Standings};
    /// use model::{AccountId, Estimate, Explanation, Platform, TierSettings, Unit};
    /// let row = |at: i64| PeerRow {
    ///     account: AccountId(at), platform: Platform::Instagram, followers: Some(20_000), language: Some("de"),
    ///     niche: Some(1), figure: Some(at as f64 / 1000.0),
    /// };
    /// let rows: Vec<PeerRow> = (0..=40).map(row).collect();
    /// let standings = Standings::of(&rows, &TierSettings::default());
    /// let figure = Estimate::known(0.02, 0.018, 0.022, 12, "posts", "er_followers", Explanation::leaf("x", Some(0.02), Unit::Percent));
    /// let found = standings.standing(AccountId(20), &figure);
    /// assert_eq!((found.quantile.value, found.quantile.n), (Some(0.5), 40));
    /// assert!(found.fallen_back.is_empty());
    /// ```
    pub fn standing(&self, account: AccountId, figure: &Estimate) -> Standing {
        let place = self.creators.binary_search_by_key(&account, |one| one.account);
        let Ok(place) = place else {
            let reason = "this creator is not in the corpus; import the profile and refresh".to_owned();
            return Standing { quantile: unranked(figure, 0, reason), cell: None, fallen_back: vec![] };
        };
        let creator = self.creators[place];
        let Some(value) = figure.value else {
            let why = figure.not_known.as_deref().unwrap_or("no reason was given");
            let reason = format!("the creator's own {} is not known: {why}", figure.method);
            return Standing { quantile: unranked(figure, 0, reason), cell: None, fallen_back: vec![] };
        };
        let mut fallen_back = Vec::new();
        let mut largest = 0;
        for narrow in Narrow::ALL {
            let Some(key) = creator.key(narrow) else {
                fallen_back.push(narrow.not_known());
                continue;
            };
            let peers = Peers { figures: self.cells.get(&key).map_or(&[], Vec::as_slice), own: creator.figure };
            largest = peers.count();
            if peers.count() < CELL_MIN {
                fallen_back.push(narrow.too_few());
                continue;
            }
            let cell = PeerCell {
                platform: key.0,
                tier: key.1,
                language: key.2.map(|language| self.languages[language as usize].clone()),
                niche: key.3,
            };
            let quantile = self.quantile(value, figure, &peers, &cell, &fallen_back);
            return Standing { quantile, cell: Some(cell), fallen_back };
        }
        let reason = format!(
            "only {largest} other creators on {} with a known figure; a standing needs at least {CELL_MIN}, import more",
            creator.platform.name()
        );
        Standing { quantile: unranked(figure, largest as u64, reason), cell: None, fallen_back }
    }

    fn quantile(
        &self,
        value: f64,
        figure: &Estimate,
        peers: &Peers,
        cell: &PeerCell,
        fallen_back: &[&'static str],
    ) -> Estimate {
        let n = peers.count() as u64;
        let share_to = |end: f64| peers.at_or_below(end) as f64 / n as f64;
        let hits = peers.at_or_below(value) as u64;
        let quantile = share_to(value);
        let of_peers = jeffreys_interval(hits, n, level()).expect("a cell has at least thirty peers");
        let own_down = quantile - figure.lo.map_or(0.0, |lo| share_to(lo.min(value)));
        let own_up = figure.hi.map_or(1.0, |hi| share_to(hi.max(value))) - quantile;
        let lo = (quantile - (quantile - of_peers.lo).hypot(own_down)).max(0.0);
        let hi = (quantile + (of_peers.hi - quantile).hypot(own_up)).min(1.0);

        let named = cell.parts(&self.tiers, None).join(", ");
        let mut words = format!(
            "{hits} of {n} other creators ({named}) stand at or below this one; the interval holds how few they are and \
             how unsure the creator's own figure is"
        );
        if !fallen_back.is_empty() {
            words.push_str(&format!(". Compared more widely than by niche: {}", fallen_back.join("; ")));
        }
        let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::People);
        let formula = format!(
            "standing v{STANDING_VERSION} = others of the cell with {} at or below / others of the cell; Jeffreys \
             interval and the quantiles of the figure's own ends, added by squares",
            figure.method
        );
        let explanation =
            Explanation::ratio(words, Unit::Share, count("at or below", hits), count("others of the cell", n))
                .with_formula(formula)
                .with_rows(n, "creators", None);
        finished(
            Estimate::known(quantile, lo, hi, n, "creators", "standing among peers", explanation),
            figure.as_of,
            figure.grade,
        )
    }
}

/// The figures of a cell without the creator's own.
struct Peers<'a> {
    figures: &'a [f64],
    own: Option<f64>,
}

impl Peers<'_> {
    fn count(&self) -> usize {
        self.figures.len() - usize::from(self.own.is_some())
    }

    fn at_or_below(&self, value: f64) -> usize {
        let all = self.figures.partition_point(|figure| *figure <= value);
        all - usize::from(self.own.is_some_and(|own| own <= value))
    }
}

/// What the user's own corpus says to "micro-influencers draw up to 60 % more interaction than macro ones".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeWord {
    /// The whole interval is above 1, and 1.6 is not inside it.
    More,
    /// The whole interval is above 1, and 1.6 is inside it.
    AsMuchAsClaimed,
    /// The whole interval is below 1.
    Less,
    /// 1 is inside the interval.
    CannotTell,
    NotKnown,
}

impl SizeWord {
    /// The word for a page.
    pub fn words(self) -> &'static str {
        match self {
            SizeWord::More => "more",
            SizeWord::AsMuchAsClaimed => "more, and as much as 60 % more is inside the interval",
            SizeWord::Less => "less",
            SizeWord::CannotTell => "cannot tell",
            SizeWord::NotKnown => "not known",
        }
    }
}

/// Small against large creators on one platform.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SizeClaim {
    pub platform: Platform,
    /// Median figure of micro creators over that of macro and larger ones; 1 is the same.
    pub ratio: Estimate,
    /// Creators with a known figure on each side.
    pub micro: u64,
    pub macro_: u64,
    pub word: SizeWord,
}

/// Whether micro creators draw more interaction than macro ones in this corpus, platform by platform.
///
/// Formula: median figure of the creators in the micro class / median figure of those in the macro and mega classes; the
/// class between ("mid") is in neither. "More" when the whole 90 % interval is above 1, "less" when it is below,
/// otherwise "cannot tell"; "as much as 60 % more" when more and 1.6 lies inside.
/// Inputs: `rows`, one a creator, any order; `tiers`, whose condition on engagement (macro only from 3 % on, in one of the
/// articles) is left aside, since it would compare the figure with itself; `as_of` and `grade` of the figures.
/// Output: one row a platform that has any creator, in the order of platforms; a ratio, 0 and up (its upper end `None`
/// where large creators go down to 0); not known under 10 creators on a side. A comparison of who is in the corpus: it
/// does not say that growing would cost a creator interaction.
/// Cost: O(n log n). Source: the claim, trade articles; interval `ratio_of_medians_interval` (no draws needed).
///
/// ```
/// use engine::vetting::standing::{PeerRow, SizeWord, micro_against_macro};
/// use model::{AccountId, Grade, Platform, TierSettings, Timestamp};
/// let row = |at: i64| PeerRow {
///     account: AccountId(at), platform: Platform::TikTok, followers: Some(if at % 2 == 0 { 20_000 } else { 700_000 }),
///     language: None, niche: None, figure: Some(if at % 2 == 0 { 0.03 } else { 0.02 }),
/// };
/// let rows: Vec<PeerRow> = (0..40).map(row).collect();
/// let claims = micro_against_macro(&rows, &TierSettings::default(), Timestamp(0), Grade::B);
/// assert_eq!((claims[0].micro, claims[0].macro_, claims[0].word), (20, 20, SizeWord::More));
/// ```
pub fn micro_against_macro(rows: &[PeerRow], tiers: &TierSettings, as_of: Timestamp, grade: Grade) -> Vec<SizeClaim> {
    let mut sides: BTreeMap<Platform, [Vec<f64>; 2]> = BTreeMap::new();
    for row in rows {
        let of_platform = sides.entry(row.platform).or_default();
        let Some(figure) = known_figure(row) else { continue };
        match tier_of(row, tiers) {
            Some(Tier::Micro) => of_platform[0].push(figure),
            Some(Tier::Macro | Tier::Mega) => of_platform[1].push(figure),
            _ => {}
        }
    }
    sides
        .into_iter()
        .map(|(platform, [mut small, mut large])| {
            small.sort_unstable_by(f64::total_cmp);
            large.sort_unstable_by(f64::total_cmp);
            let ratio = finished(size_ratio(platform, &small, &large, tiers), Some(as_of), grade);
            let word = size_word(&ratio);
            SizeClaim { platform, ratio, micro: small.len() as u64, macro_: large.len() as u64, word }
        })
        .collect()
}

fn size_ratio(platform: Platform, small: &[f64], large: &[f64], tiers: &TierSettings) -> Estimate {
    let method = "micro_against_macro";
    let n = (small.len() + large.len()) as u64;
    let not_known = |reason: String| Estimate::not_known(Unit::Percent, method, n, "creators", reason);
    if !tiers.bands.iter().any(|band| matches!(band.tier, Tier::Macro | Tier::Mega)) {
        return not_known(format!(
            "the definition {:?} names no macro class; choose another definition of sizes",
            tiers.definition
        ));
    }
    if small.len().min(large.len()) < SIDE_MIN {
        return not_known(format!(
            "{} micro and {} macro creators on {} with a known figure; at least {SIDE_MIN} of each are needed, import more",
            small.len(),
            large.len(),
            platform.name()
        ));
    }
    let Some(interval) = ratio_of_medians_interval(small, large, level()) else {
        return not_known("the middle macro creator's figure is 0, so there is nothing to divide by".to_owned());
    };
    let side = |words: String, figures: &[f64]| {
        Explanation::leaf(words, median(figures), Unit::Percent).with_rows(figures.len() as u64, "creators", None)
    };
    let words = format!(
        "the middle micro creator's figure over the middle macro creator's, on {}, by the definition {:?}; those between \
         (mid) are in neither side, and no condition on engagement is applied",
        platform.name(),
        tiers.definition
    );
    let explanation = Explanation::ratio(
        words,
        Unit::Percent,
        side(format!("the middle of {} micro creators", small.len()), small),
        side(format!("the middle of {} macro and larger creators", large.len()), large),
    )
    .with_formula(format!("{method} v{STANDING_VERSION} = median of micro / median of macro and mega"))
    .with_rows(n, "creators", None);
    let value = explanation.value.expect("an interval exists only where the macro median is above 0");
    Estimate {
        hi: interval.hi.is_finite().then_some(interval.hi),
        ..Estimate::known(value, interval.lo, value, n, "creators", method, explanation)
    }
}

fn size_word(ratio: &Estimate) -> SizeWord {
    let (Some(_), Some(lo)) = (ratio.value, ratio.lo) else { return SizeWord::NotKnown };
    let hi = ratio.hi.unwrap_or(f64::INFINITY);
    if lo > 1.0 {
        if lo <= CLAIMED_RATIO && CLAIMED_RATIO <= hi { SizeWord::AsMuchAsClaimed } else { SizeWord::More }
    } else if hi < 1.0 {
        SizeWord::Less
    } else {
        SizeWord::CannotTell
    }
}

fn unranked(figure: &Estimate, n: u64, reason: String) -> Estimate {
    let estimate = Estimate::not_known(Unit::Share, "standing among peers", n, "creators", reason);
    finished(estimate, figure.as_of, figure.grade)
}

fn finished(estimate: Estimate, as_of: Option<Timestamp>, grade: Grade) -> Estimate {
    Estimate { version: STANDING_VERSION, as_of, grade, ..estimate }
}

fn known_figure(row: &PeerRow) -> Option<f64> {
    row.figure.filter(|figure| figure.is_finite() && *figure >= 0.0)
}

/// The size class by followers alone: an engagement that no condition can refuse is handed in.
fn tier_of(row: &PeerRow, tiers: &TierSettings) -> Option<Tier> {
    tiers.tier(row.followers.and_then(|followers| u64::try_from(followers).ok()), Some(f64::INFINITY))
}

fn followers_words(tiers: &TierSettings, tier: Tier) -> String {
    let short = |count: u64| match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}k", count as f64 / 1e3),
        _ => format!("{}M", count as f64 / 1e6),
    };
    match tiers.bands.iter().find(|band| band.tier == tier) {
        Some(band) => match band.to {
            Some(to) => format!("{}-{} followers", short(band.from), short(to)),
            None => format!("{} followers and more", short(band.from)),
        },
        None => {
            let smallest = tiers.bands.iter().map(|band| band.from).min().unwrap_or(0);
            format!("under {} followers", short(smallest))
        }
    }
}

fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

#[cfg(test)]
mod tests;
