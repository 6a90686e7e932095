//! Intervals held against published values, brute force and their own coverage.

use super::*;
use proptest::prelude::*;

fn level(value: f64) -> Ratio {
    Ratio::new(value).expect("a level")
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6 * (1.0 + b.abs())
}

/// The n-th number of a fixed stream (splitmix64); the tests' only source of chance.
pub(crate) struct Stream(pub u64);

impl Stream {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
    fn log_normal(&mut self, sigma: f64) -> f64 {
        (sigma * self.normal()).exp()
    }
}

#[test]
fn quantiles_agree_with_published_tables() {
    let share = |hits, n, at| jeffreys_interval(hits, n, level(at)).expect("a share");
    let cases = [
        (share(5, 10, 0.95), 0.22352867, 0.77647133),
        (share(18, 20, 0.9), 0.74977332, 0.97066576),
        (share(0, 10, 0.95), 0.0, 0.217196268),
        (share(3, 100, 0.9), 0.01091458, 0.06875679),
    ];
    for (seen, lo, hi) in cases {
        assert!(close(seen.lo, lo) && close(seen.hi, hi), "{seen:?} is not {lo}..{hi}");
    }
    assert!(close(student_t(9.0, level(0.9)), 1.833112932656237));
    assert!(close(two_sided_z(level(0.9)), 1.6448536269514722));
    assert!(close(poisson_upper_bound(0, level(0.95)), -(0.05_f64.ln())));
    let ten = poisson_interval(10, level(0.95));
    assert!(close(ten.lo, 4.7953887) && close(ten.hi, 18.39035604201778));
}

#[test]
fn nothing_observed_gives_no_interval_and_not_zero() {
    assert_eq!(jeffreys_interval(0, 0, level(0.9)), None);
    assert_eq!(jeffreys_interval(2, 1, level(0.9)), None);
    assert_eq!(median(&[]), None);
    assert_eq!(median_interval(&[], level(0.9)), None);
    assert_eq!(ratio_of_sums_interval(&[RatioRow { over: 1.0, under: 0.0 }; 3], level(0.9)), None);
    assert_eq!(ratio_of_sums_interval(&[RatioRow { over: 1.0, under: 9.0 }], level(0.9)), None);
}

#[test]
fn the_extreme_levels_are_answered_too() {
    assert_eq!(two_sided_z(level(1.0)), f64::INFINITY);
    assert_eq!(two_sided_z(level(0.0)), 0.0);
    assert_eq!(poisson_upper_bound(0, level(1.0)), f64::INFINITY);
    let rows: Vec<f64> = (1..=20).map(f64::from).collect();
    for at in [0.0, 0.05, 0.5, 0.9, 0.99, 1.0] {
        let range = median_interval(&rows, level(at)).expect("rows");
        assert!(1.0 <= range.lo && range.lo <= 10.5 && 10.5 <= range.hi && range.hi <= 20.0, "{at}: {range:?}");
    }
}

#[test]
fn four_rows_reach_only_87_and_a_half_percent_and_say_so() {
    let range = median_interval(&[1.0, 2.0, 3.0, 4.0], level(0.9)).expect("rows");
    assert_eq!((range.lo, range.hi, range.level), (1.0, 4.0, 0.875));
}

#[test]
fn the_median_interval_of_uneven_posts_covers_what_it_promises() {
    let mut stream = Stream(7);
    for posts in [5, 12, 30, 60] {
        let runs = 2_000;
        let held = (0..runs)
            .filter(|_| {
                let mut sizes: Vec<f64> = (0..posts).map(|_| stream.log_normal(0.8)).collect();
                sizes.sort_by(f64::total_cmp);
                let range = median_interval(&sizes, level(0.9)).expect("rows");
                range.lo <= 1.0 && 1.0 <= range.hi
            })
            .count();
        let covered = held as f64 / f64::from(runs);
        println!("median of {posts} log-normal posts: 90 % interval covered {:.1} %", 100.0 * covered);
        assert!((0.88..=0.95).contains(&covered), "{posts} posts: covered {covered}");
    }
}

#[test]
fn the_interval_of_a_ratio_of_totals_covers_near_its_level() {
    let mut stream = Stream(11);
    for posts in [12, 60] {
        let runs = 2_000;
        let truth = 0.05 * (0.32_f64).exp();
        let held = (0..runs)
            .filter(|_| {
                let rows: Vec<RatioRow> = (0..posts)
                    .map(|_| {
                        let under = 1_000.0 + 500.0 * stream.uniform();
                        RatioRow { over: 0.05 * under * stream.log_normal(0.8), under }
                    })
                    .collect();
                let range = ratio_of_sums_interval(&rows, level(0.9)).expect("rows");
                range.lo <= truth && truth <= range.hi
            })
            .count();
        let covered = held as f64 / f64::from(runs);
        println!("ratio of sums of {posts} log-normal posts: 90 % interval covered {:.1} %", 100.0 * covered);
        assert!((0.84..=0.95).contains(&covered), "{posts} posts: covered {covered}");
    }
}

#[test]
fn the_interval_of_a_mean_of_four_covers_what_it_promises() {
    let mut stream = Stream(23);
    let runs = 4_000;
    let held = (0..runs)
        .filter(|_| {
            let rows = [(); 4].map(|()| 3.0 + stream.normal());
            mean_interval(&rows, level(0.9)).is_some_and(|range| range.lo <= 3.0 && 3.0 <= range.hi)
        })
        .count();
    let covered = held as f64 / f64::from(runs);
    println!("mean of 4 normal rows: 90 % interval covered {:.1} %", 100.0 * covered);
    assert!((0.885..=0.915).contains(&covered), "covered {covered}");
    assert_eq!(mean_interval(&[1.0], level(0.9)), None);
}

#[test]
fn a_total_of_zero_has_an_upper_end() {
    let range = ratio_of_sums_interval(&[RatioRow { over: 0.0, under: 50.0 }; 4], level(0.95)).expect("rows");
    assert_eq!(range.lo, 0.0);
    assert!(close(range.hi, 2.995732273553991 / 200.0));
}

#[test]
fn the_middle_wait_agrees_with_a_published_example() {
    // Freireich et al. 1963, 6-mercaptopurine arm, as in Kaplan-Meier textbooks: median 23 weeks, lower end 13
    // (R survfit, conf.type = "log-log", 95 %), upper end not reached.
    let came = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|seconds| Wait { seconds, end: WaitEnd::Came });
    let open =
        [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|seconds| Wait { seconds, end: WaitEnd::StillWaiting });
    let waits: Vec<Wait> = came.into_iter().chain(open).collect();
    let found = median_wait(&waits, level(0.95));
    assert_eq!((found.median, found.lo, found.hi), (Some(23.0), Some(13.0), None));
    assert_eq!((found.came, found.still_waiting), (9, 12));
    assert!(close(1.0 - found.came_share, 0.448179271));
}

#[test]
fn no_waits_have_no_middle() {
    let found = median_wait(&[], level(0.9));
    assert_eq!((found.median, found.lo, found.hi, found.came_share), (None, None, None, 0.0));
}

proptest! {
    #[test]
    fn a_share_lies_in_its_interval_and_more_rows_narrow_it(hits in 0_u64..50, more in 0_u64..50) {
        let n = hits + more + 1;
        let once = jeffreys_interval(hits, n, level(0.9)).expect("a share");
        let tenfold = jeffreys_interval(10 * hits, 10 * n, level(0.9)).expect("a share");
        let share = hits as f64 / n as f64;
        prop_assert!(0.0 <= once.lo && once.lo <= share && share <= once.hi && once.hi <= 1.0);
        prop_assert!(tenfold.hi - tenfold.lo <= once.hi - once.lo + 1e-9);
    }

    #[test]
    fn the_median_lies_in_its_interval(mut rows in prop::collection::vec(-1e6_f64..1e6, 1..80), at in 0.0_f64..0.999) {
        rows.sort_by(f64::total_cmp);
        let range = median_interval(&rows, level(at)).expect("rows");
        let middle = median(&rows).expect("rows");
        prop_assert!(range.lo <= middle + 1e-6 && middle <= range.hi + 1e-6);
        prop_assert!(rows[0] <= range.lo && range.hi <= rows[rows.len() - 1]);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        rows in prop::collection::vec((0_u32..1000, 1_u32..1000), 2..40),
        waits in prop::collection::vec((0_u64..50, prop::bool::ANY), 0..40),
    ) {
        let ratio: Vec<RatioRow> =
            rows.iter().map(|row| RatioRow { over: f64::from(row.0) / 7.0, under: f64::from(row.1) / 3.0 }).collect();
        let backwards: Vec<RatioRow> = ratio.iter().rev().copied().collect();
        prop_assert_eq!(ratio_of_sums_interval(&ratio, level(0.9)), ratio_of_sums_interval(&backwards, level(0.9)));
        let end = |came| if came { WaitEnd::Came } else { WaitEnd::StillWaiting };
        let waits: Vec<Wait> = waits.into_iter().map(|(seconds, came)| Wait { seconds, end: end(came) }).collect();
        let backwards: Vec<Wait> = waits.iter().rev().copied().collect();
        prop_assert_eq!(median_wait(&waits, level(0.9)), median_wait(&backwards, level(0.9)));
    }
}

#[test]
fn the_range_of_a_ratio_of_medians_covers_from_four_rows_a_side_on() {
    let mut stream = Stream(11);
    for (over_rows, under_rows) in [(4, 4), (4, 30), (6, 12), (12, 30), (30, 30)] {
        let (mut covered, runs) = (0, 2_000);
        for _ in 0..runs {
            let mut draw = |count: usize, middle: f64| {
                let mut rows: Vec<f64> = (0..count).map(|_| middle * stream.log_normal(0.8)).collect();
                rows.sort_by(f64::total_cmp);
                rows
            };
            let (over, under) = (draw(over_rows, 0.02), draw(under_rows, 0.04));
            let range = ratio_of_medians_interval(&over, &under, level(0.9)).expect("rows on both sides");
            covered += u32::from(range.lo <= 0.5 && 0.5 <= range.hi);
        }
        let share = f64::from(covered) / f64::from(runs);
        println!("ratio of medians, {over_rows} over {under_rows} rows: 90 % interval covers {share:.3}");
        assert!((0.86..0.97).contains(&share), "{over_rows} over {under_rows}: {share}");
    }
}

#[test]
fn a_ratio_of_medians_with_zeros_has_open_ends_and_never_a_false_zero() {
    let found = |over: &[f64], under: &[f64]| ratio_of_medians_interval(over, under, level(0.9));
    let some = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(found(&some, &[0.0; 6]), None);
    assert_eq!(found(&[1.0], &some), None);
    let low = found(&[0.0, 0.0, 2.0, 2.0, 2.0, 2.0], &some).expect("known");
    assert!(low.lo == 0.0 && low.hi.is_finite() && low.hi > 2.0 / 3.5, "{low:?}");
    let open = found(&some, &[0.0, 0.0, 2.0, 2.0, 2.0, 2.0]).expect("known");
    assert!(open.hi.is_infinite() && open.lo > 0.0, "{open:?}");
    let mostly_none = found(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0], &some).expect("known");
    assert!(mostly_none.lo == 0.0 && mostly_none.hi > 0.0, "{mostly_none:?}");
    assert!(found(&[0.0; 6], &some).expect("known").hi.is_infinite());
}
