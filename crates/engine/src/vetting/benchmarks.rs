//! Published benchmarks: what others say creators of this size usually reach, each figure with its source and year.
//!
//! They are context, never a pass mark: tier limits, population, centre and formula differ from source to source, so that
//! for one size on one platform the published rates lie a factor of ten apart. Draw them as a grey band called "published
//! figures", print source and year beside each, and never mix them with quantiles of one's own market. A source that names
//! no limits for "nano" or "micro" has ours entered and says so in its note.

use model::Platform;
use serde::Serialize;

/// The version of the table; a report keeps the version it was made with.
pub const BENCHMARKS_VERSION: u32 = 1;

/// What a published figure measures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BenchmarkMetric {
    /// Interactions by followers, a rate: 0.01 is 1 %.
    ErFollowers,
    /// Interactions by views, a rate.
    ErViews,
    /// Reach of a post by followers, a rate.
    ReachRate,
    /// Reach of a story by followers, a rate.
    ReachRateStory,
    /// Likes of a post, a count.
    Likes,
    /// Share of all creators who are of this size, 0..=1.
    ShareOfCreators,
    /// Price of a thousand views or impressions in US dollars.
    CpmUsDollars,
}

/// The centre a source gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Centre {
    #[serde(rename = "mean")]
    Mean,
    #[serde(rename = "median")]
    Median,
    #[serde(rename = "not said")]
    NotSaid,
}

impl Centre {
    /// As it is printed beside the figure.
    pub fn words(self) -> &'static str {
        match self {
            Centre::Mean => "mean",
            Centre::Median => "median",
            Centre::NotSaid => "not said",
        }
    }
}

/// How one figure is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// One figure for the whole class.
    Figure,
    /// The lower end of a published range.
    LowEnd,
    /// The upper end of a published range.
    HighEnd,
    /// "From here on": what the source calls good or usual at least. Its opinion, not a measurement.
    FromHereOn,
}

/// Whose accounts a figure is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BenchmarkOf {
    Creators,
    /// Accounts in general: the source does not part creators from brands.
    Accounts,
    /// Brands' own accounts.
    Brands,
}

/// Whether the source says what a rate is divided by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    Said,
    /// Not said; taken as by followers, which is the usual one.
    TakenAsFollowers,
}

/// One published figure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Benchmark {
    pub source: &'static str,
    pub year: u16,
    /// `None`: the source does not part platforms.
    pub platform: Option<Platform>,
    /// Followers, inclusive.
    pub followers_from: u64,
    /// Followers, exclusive; `None`: no upper end.
    pub followers_to: Option<u64>,
    pub metric: BenchmarkMetric,
    pub of: BenchmarkOf,
    pub population: &'static str,
    pub centre: Centre,
    pub reading: Reading,
    pub denominator: Denominator,
    /// In the unit of the metric; rates and shares as a part of one.
    pub value: f64,
    /// What a reader must know; may be empty.
    pub note: &'static str,
}

/// The lowest and highest published figure for one size.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PublishedSpan {
    pub lowest: f64,
    pub highest: f64,
}

/// What is published about accounts of this size: context with source and year, never a pass mark.
///
/// Rule: rows of the metric whose follower limits hold `followers` (lower inclusive, upper exclusive) and whose platform
/// is this one or is not said.
/// Inputs: `followers`, a count. Output: rows in the table's order, newest source first; empty: nothing is published here.
/// Cost: O(rows), about 50. Source: metrics sheet, section 9.
///
/// ```
/// use engine::vetting::benchmarks::{BenchmarkMetric, benchmarks_for};
/// let found = benchmarks_for(model::Platform::Instagram, 20_000, BenchmarkMetric::ErFollowers);
/// assert!(found.iter().any(|row| row.source.starts_with("HypeAuditor") && row.year == 2026 && row.value == 0.0054));
/// ```
pub fn benchmarks_for(platform: Platform, followers: u64, metric: BenchmarkMetric) -> Vec<&'static Benchmark> {
    let holds = |row: &&Benchmark| {
        row.metric == metric
            && row.platform.is_none_or(|of| of == platform)
            && row.followers_from <= followers
            && row.followers_to.is_none_or(|to| followers < to)
    };
    BENCHMARKS.iter().filter(holds).collect()
}

/// How far apart the published figures for accounts of this size lie: the grey band, never a pass mark.
///
/// Formula: lowest and highest value of [`benchmarks_for`], without brands' own accounts and without "from here on".
/// Output: in the metric's unit; both ends are equal where one figure is published; `None`: nothing is published here.
/// Cost: O(rows). Source: metrics sheet, section 9.
///
/// ```
/// use engine::vetting::benchmarks::{BenchmarkMetric, published_span};
/// let span = published_span(model::Platform::Instagram, 20_000, BenchmarkMetric::ErFollowers).unwrap();
/// assert_eq!((span.lowest, span.highest), (0.0054, 0.055));
/// ```
pub fn published_span(platform: Platform, followers: u64, metric: BenchmarkMetric) -> Option<PublishedSpan> {
    let is_measured = |row: &&&Benchmark| row.of != BenchmarkOf::Brands && row.reading != Reading::FromHereOn;
    let values = benchmarks_for(platform, followers, metric);
    let values = values.iter().filter(is_measured).map(|row| row.value);
    values.fold(None, |span: Option<PublishedSpan>, value| {
        let (lowest, highest) = span.map_or((value, value), |span| (span.lowest.min(value), span.highest.max(value)));
        Some(PublishedSpan { lowest, highest })
    })
}

const INSTAGRAM: Option<Platform> = Some(Platform::Instagram);
const TIKTOK: Option<Platform> = Some(Platform::TikTok);
const YOUTUBE: Option<Platform> = Some(Platform::YouTube);
const LIMITS: &str = "limits of the class not said with the figure; those the source uses today";
const OUR_LIMITS: &str = "limits of the class not said; ours entered";
const MILLION: u64 = 1_000_000;

/// A figure by followers about creators, its centre and denominator not said, from which each row departs as it must.
const fn row(
    source: &'static str,
    year: u16,
    platform: Option<Platform>,
    followers: (u64, Option<u64>),
    value: f64,
) -> Benchmark {
    Benchmark {
        source,
        year,
        platform,
        followers_from: followers.0,
        followers_to: followers.1,
        metric: BenchmarkMetric::ErFollowers,
        of: BenchmarkOf::Creators,
        population: "not said",
        centre: Centre::NotSaid,
        reading: Reading::Figure,
        denominator: Denominator::TakenAsFollowers,
        value,
        note: "",
    }
}

/// HypeAuditor's yearly report of 2026, as eMarketer tells it.
const fn hypeauditor_2026(followers: (u64, Option<u64>), metric: BenchmarkMetric, value: f64) -> Benchmark {
    Benchmark {
        metric,
        denominator: Denominator::Said,
        note: "nano and mega: the limits the source uses today",
        ..row("HypeAuditor State of Influencer Marketing, via eMarketer", 2026, INSTAGRAM, followers, value)
    }
}

/// Figures of 2025 that somebody put together from others.
const fn compiled_2025(platform: Option<Platform>, followers: (u64, Option<u64>), value: f64) -> Benchmark {
    Benchmark { note: OUR_LIMITS, ..row("secondary compilation", 2025, platform, followers, value) }
}

/// Reach by followers.
const fn reach(source: &'static str, year: u16, followers: (u64, Option<u64>), value: f64) -> Benchmark {
    Benchmark {
        metric: BenchmarkMetric::ReachRate,
        of: BenchmarkOf::Accounts,
        denominator: Denominator::Said,
        ..row(source, year, None, followers, value)
    }
}

/// Minter.io's medians of posts or stories on Instagram.
const fn minter(metric: BenchmarkMetric, followers: (u64, Option<u64>), value: f64) -> Benchmark {
    Benchmark {
        platform: INSTAGRAM,
        metric,
        centre: Centre::Median,
        note: "reach of posts and of stories apart",
        ..reach("Minter.io", 2019, followers, value)
    }
}

const NANO: (u64, Option<u64>) = (1_000, Some(10_000));
const MICRO: (u64, Option<u64>) = (10_000, Some(100_000));
const MICRO_TO_50K: (u64, Option<u64>) = (10_000, Some(50_000));
const MID: (u64, Option<u64>) = (100_000, Some(500_000));
const MACRO: (u64, Option<u64>) = (500_000, Some(MILLION));
const MEGA: (u64, Option<u64>) = (MILLION, None);
const ALL: (u64, Option<u64>) = (0, None);
const COMPILED: &str = "compilation of published figures";

/// The table, newest source first.
pub static BENCHMARKS: &[Benchmark] = &[
    hypeauditor_2026(NANO, BenchmarkMetric::ErFollowers, 0.0178),
    hypeauditor_2026(MICRO_TO_50K, BenchmarkMetric::ErFollowers, 0.0054),
    hypeauditor_2026(MEGA, BenchmarkMetric::ErFollowers, 0.0033),
    Benchmark { centre: Centre::Median, ..hypeauditor_2026(MICRO_TO_50K, BenchmarkMetric::Likes, 91.0) },
    Benchmark { centre: Centre::Median, ..hypeauditor_2026(MEGA, BenchmarkMetric::Likes, 6_678.0) },
    hypeauditor_2026(NANO, BenchmarkMetric::ShareOfCreators, 0.815),
    hypeauditor_2026(MICRO_TO_50K, BenchmarkMetric::ShareOfCreators, 0.144),
    hypeauditor_2026(MEGA, BenchmarkMetric::ShareOfCreators, 0.001),
    Benchmark { reading: Reading::LowEnd, note: OUR_LIMITS, ..row("Passo, Untapper", 2026, INSTAGRAM, MICRO, 0.03) },
    Benchmark { reading: Reading::HighEnd, note: OUR_LIMITS, ..row("Passo, Untapper", 2026, INSTAGRAM, MICRO, 0.055) },
    Benchmark {
        reading: Reading::FromHereOn,
        note: "called \"good\"; limits of the class not said; ours entered",
        ..row("Passo, Untapper", 2026, INSTAGRAM, MICRO, 0.035)
    },
    Benchmark {
        metric: BenchmarkMetric::ErViews,
        reading: Reading::FromHereOn,
        denominator: Denominator::Said,
        note: OUR_LIMITS,
        ..row("Passo, Untapper", 2026, TIKTOK, MICRO, 0.07)
    },
    Benchmark { reading: Reading::LowEnd, ..reach(COMPILED, 2026, (0, Some(10_000)), 0.08) },
    Benchmark { reading: Reading::HighEnd, ..reach(COMPILED, 2026, (0, Some(10_000)), 0.15) },
    Benchmark { reading: Reading::LowEnd, ..reach(COMPILED, 2026, (100_000, None), 0.03) },
    Benchmark { reading: Reading::HighEnd, ..reach(COMPILED, 2026, (100_000, None), 0.07) },
    Benchmark {
        of: BenchmarkOf::Brands,
        population: "brands",
        centre: Centre::Mean,
        ..reach(COMPILED, 2026, ALL, 0.035)
    },
    Benchmark {
        metric: BenchmarkMetric::CpmUsDollars,
        reading: Reading::LowEnd,
        denominator: Denominator::Said,
        note: OUR_LIMITS,
        ..row("Untapper", 2026, None, MICRO, 10.0)
    },
    Benchmark {
        metric: BenchmarkMetric::CpmUsDollars,
        reading: Reading::HighEnd,
        denominator: Denominator::Said,
        note: OUR_LIMITS,
        ..row("Untapper", 2026, None, MICRO, 25.0)
    },
    compiled_2025(TIKTOK, NANO, 0.103),
    compiled_2025(TIKTOK, MICRO, 0.081),
    compiled_2025(TIKTOK, MID, 0.063),
    compiled_2025(TIKTOK, MACRO, 0.055),
    compiled_2025(TIKTOK, MEGA, 0.049),
    compiled_2025(INSTAGRAM, NANO, 0.048),
    compiled_2025(INSTAGRAM, MICRO, 0.024),
    compiled_2025(INSTAGRAM, MID, 0.018),
    compiled_2025(INSTAGRAM, MACRO, 0.015),
    compiled_2025(INSTAGRAM, MEGA, 0.012),
    compiled_2025(YOUTUBE, NANO, 0.032),
    compiled_2025(YOUTUBE, MICRO, 0.021),
    compiled_2025(YOUTUBE, MID, 0.015),
    compiled_2025(YOUTUBE, MACRO, 0.012),
    compiled_2025(YOUTUBE, MEGA, 0.009),
    row("IQFluence", 2025, TIKTOK, (0, Some(100_000)), 0.075),
    row("IQFluence", 2025, TIKTOK, (10 * MILLION, None), 0.0288),
    row("IQFluence", 2025, INSTAGRAM, (0, Some(100_000)), 0.0365),
    row("IQFluence", 2025, INSTAGRAM, (10 * MILLION, None), 0.0177),
    Benchmark { reading: Reading::LowEnd, ..reach(COMPILED, 2024, MICRO, 0.15) },
    Benchmark { reading: Reading::HighEnd, ..reach(COMPILED, 2024, MICRO, 0.30) },
    Benchmark { population: "world", note: LIMITS, ..row("HypeAuditor, via Statista", 2023, INSTAGRAM, NANO, 0.0219) },
    Benchmark { population: "world", ..row("HypeAuditor, via Statista", 2023, INSTAGRAM, ALL, 0.0185) },
    Benchmark {
        population: "as the press in Australia told it",
        note: LIMITS,
        ..row("HypeAuditor State of Influencer Marketing", 2023, INSTAGRAM, NANO, 0.0278)
    },
    Benchmark {
        population: "as the press in Australia told it",
        note: LIMITS,
        ..row("HypeAuditor State of Influencer Marketing", 2023, TIKTOK, NANO, 0.126)
    },
    Benchmark {
        population: "United States, first half of the year",
        ..row("Statista", 2023, INSTAGRAM, (5_000, Some(10_000)), 0.0515)
    },
    Benchmark { population: "United States, first half of the year", ..row("Statista", 2023, INSTAGRAM, MEGA, 0.0254) },
    Benchmark { population: "United Kingdom", ..row("Statista", 2021, INSTAGRAM, (1_000, Some(5_000)), 0.0459) },
    Benchmark { population: "United Kingdom", ..row("Statista", 2021, INSTAGRAM, (5_000, Some(20_000)), 0.0226) },
    Benchmark { population: "United Kingdom", ..row("Statista", 2021, INSTAGRAM, ALL, 0.0292) },
    Benchmark {
        of: BenchmarkOf::Brands,
        population: "top fifth of brands",
        ..reach("Bazaarvoice", 2021, (500_000, None), 0.15)
    },
    minter(BenchmarkMetric::ReachRate, (0, Some(20_000)), 0.377),
    minter(BenchmarkMetric::ReachRate, (20_000, Some(100_000)), 0.229),
    minter(BenchmarkMetric::ReachRate, (100_000, Some(MILLION)), 0.229),
    minter(BenchmarkMetric::ReachRate, MEGA, 0.191),
    minter(BenchmarkMetric::ReachRateStory, (0, Some(20_000)), 0.082),
    minter(BenchmarkMetric::ReachRateStory, (20_000, Some(100_000)), 0.043),
    minter(BenchmarkMetric::ReachRateStory, (100_000, Some(MILLION)), 0.041),
    minter(BenchmarkMetric::ReachRateStory, MEGA, 0.038),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_micro_rates_on_one_platform_lie_a_factor_of_ten_apart() {
        let span = |followers| published_span(Platform::Instagram, followers, BenchmarkMetric::ErFollowers);
        assert_eq!(span(20_000), Some(PublishedSpan { lowest: 0.0054, highest: 0.055 }));
        // Between 50k and 100k the source of the lowest figure says nothing.
        assert_eq!(span(60_000), Some(PublishedSpan { lowest: 0.0185, highest: 0.055 }));
        assert_eq!(published_span(Platform::Reddit, 20_000, BenchmarkMetric::ErFollowers), None);
    }

    #[test]
    fn lower_limits_are_inclusive_and_upper_ones_are_not() {
        let hypeauditor = |followers| {
            let rows = benchmarks_for(Platform::Instagram, followers, BenchmarkMetric::ErFollowers);
            rows.iter().filter(|row| row.year == 2026 && row.reading == Reading::Figure).map(|row| row.value).collect()
        };
        let cases: [(u64, &[f64]); 5] =
            [(999, &[]), (9_999, &[0.0178]), (10_000, &[0.0054]), (50_000, &[]), (1_000_000, &[0.0033])];
        for (followers, expected) in cases {
            let found: Vec<f64> = hypeauditor(followers);
            assert_eq!(found, expected, "{followers}");
        }
    }

    #[test]
    fn brands_and_opinions_are_listed_but_do_not_widen_the_span() {
        let rows = benchmarks_for(Platform::TikTok, 20_000, BenchmarkMetric::ErViews);
        assert_eq!(rows.len(), 1);
        assert_eq!(published_span(Platform::TikTok, 20_000, BenchmarkMetric::ErViews), None);
        let reach = benchmarks_for(Platform::YouTube, 20_000, BenchmarkMetric::ReachRate);
        assert!(reach.iter().any(|row| row.of == BenchmarkOf::Brands));
        let span = published_span(Platform::YouTube, 20_000, BenchmarkMetric::ReachRate);
        assert_eq!(span, Some(PublishedSpan { lowest: 0.15, highest: 0.30 }));
    }

    #[test]
    fn every_row_is_a_possible_figure_of_a_named_source_newest_first() {
        for row in BENCHMARKS {
            assert!(!row.source.is_empty() && !row.population.is_empty() && (2018..=2026).contains(&row.year));
            assert!(row.followers_to.is_none_or(|to| to > row.followers_from), "{row:?}");
            let is_count = matches!(row.metric, BenchmarkMetric::Likes | BenchmarkMetric::CpmUsDollars);
            assert!(row.value > 0.0 && (is_count || row.value < 1.0), "{row:?}");
        }
        assert!(BENCHMARKS.windows(2).all(|pair| pair[0].year >= pair[1].year));
    }

    proptest! {
        #[test]
        fn the_span_holds_every_published_figure_for_creators(followers in 0u64..20_000_000, place in 0usize..10) {
            let platform = Platform::ALL[place];
            let span = published_span(platform, followers, BenchmarkMetric::ErFollowers);
            for row in benchmarks_for(platform, followers, BenchmarkMetric::ErFollowers) {
                if row.reading == Reading::FromHereOn || row.of == BenchmarkOf::Brands { continue; }
                let span = span.expect("a figure is published");
                prop_assert!(span.lowest <= row.value && row.value <= span.highest);
            }
        }
    }
}
