//! What the signs find and how often they cry wolf: planted leaks, clean codes by the thousand, and very few orders.

use super::*;
use crate::measurement::attribution::testing::{Chance, DAY, day};

const AS_OF: i64 = 200;
const POST: i64 = 10;

fn country(code: &str) -> Country {
    Country::new(code).expect("two letters")
}

fn share(code: &str, share: f64) -> CountryShare {
    CountryShare { country: country(code), share: Ratio::new(share).expect("a share") }
}

fn redeemed(order: u64, at: Timestamp) -> Redemption {
    Redemption { at, order, click: CreatorClick::Seen, country: None }
}

fn code(redemptions: &[Redemption]) -> CodeHistory<'_> {
    const POSTS: &[Timestamp] = &[Timestamp(POST * DAY)];
    CodeHistory {
        creator: 3,
        posts: POSTS,
        posts_known: PostsKnown::All,
        link_clicks: Some(50),
        redemptions,
        audience: &[],
    }
}

const SHOP: Shop<'_> = Shop { as_of: Timestamp(AS_OF * DAY), orders_by_day: &[], sells_to: &[] };

fn look(codes: &[CodeHistory<'_>], shop: &Shop<'_>) -> Vec<CodeLeaks> {
    find_leaks(codes, shop, &LeakSettings::default())
}

fn finding(leaks: &CodeLeaks, sign: Sign) -> Option<&LeakFinding> {
    leaks.findings.iter().find(|finding| finding.sign == sign)
}

#[test]
fn an_order_before_the_first_post_is_certain_and_one_within_the_clocks_slack_is_not_found() {
    let before = |minutes: i64| Timestamp(POST * DAY - minutes * 60_000_000);
    let redemptions =
        [redeemed(5, day(50)), redeemed(5, before(11)), redeemed(4, before(9)), redeemed(6, day(POST + 1))];
    let found = look(&[code(&redemptions)], &SHOP).remove(0);
    let first = finding(&found, Sign::BeforeFirstPost).expect("found");
    assert_eq!((first.certainty, first.observed, first.of, &first.orders), (Certainty::Certain, 1, 3, &vec![5]));
    assert_eq!((first.expected, first.false_alarm), (None, None));
    assert!(first.words.starts_with("1 order was made"));
    let unsure = CodeHistory { posts_known: PostsKnown::Some, ..code(&redemptions) };
    assert_eq!(look(&[unsure], &SHOP)[0].findings[0].certainty, Certainty::Hint);
}

#[test]
fn what_cannot_be_looked_at_is_said_for_each_sign() {
    let bare = CodeHistory { posts: &[], link_clicks: None, ..code(&[]) };
    let found = look(&[bare], &SHOP).remove(0);
    assert_eq!(found.findings, []);
    let signs: Vec<Sign> = found.not_assessed.iter().map(|missing| missing.sign).collect();
    assert_eq!(signs, [Sign::BeforeFirstPost, Sign::NoClick, Sign::LateBurst, Sign::UnlikeCountries]);
    assert_eq!(look(&[], &SHOP), []);
}

/// Orders of a clean code: after the post a use that falls off within days towards a steady trickle.
fn clean(chance: &mut Chance, peak_a_day: f64, trickle_a_day: f64) -> Vec<Redemption> {
    let mut redemptions = vec![];
    for after in 0..AS_OF - POST {
        let mean = peak_a_day * (-(after as f64) / 5.0).exp() + trickle_a_day;
        for _ in 0..chance.poisson(mean) {
            let at = Timestamp(day(POST + after).0 + chance.below(DAY as u64) as i64);
            redemptions.push(redeemed(redemptions.len() as u64, at));
        }
    }
    redemptions
}

fn plant(redemptions: &mut Vec<Redemption>, from_day: i64, days: i64, a_day: u64) {
    for on in from_day..from_day + days {
        for _ in 0..a_day {
            redemptions.push(redeemed(redemptions.len() as u64, day(on)));
        }
    }
}

#[test]
fn a_burst_four_months_after_the_post_is_found_with_its_orders() {
    let mut redemptions = clean(&mut Chance(1), 20.0, 0.1);
    let before = redemptions.len() as u64;
    plant(&mut redemptions, 130, 3, 4);
    let found = look(&[code(&redemptions)], &SHOP).remove(0);
    let burst = finding(&found, Sign::LateBurst).expect("found");
    assert_eq!(burst.certainty, Certainty::Likely);
    assert!(burst.false_alarm.is_some_and(|rate| rate < 1e-4), "{burst:?}");
    assert!((before..before + 12).all(|order| burst.orders.contains(&order)), "{burst:?}");
    assert!(burst.words.contains("12 orders in 3 days, 120 days after"), "{}", burst.words);
    assert!(burst.explanation.adds_up());
}

#[test]
fn a_sales_day_of_the_whole_shop_is_no_burst_of_one_code() {
    let mut redemptions = clean(&mut Chance(2), 20.0, 0.3);
    plant(&mut redemptions, 150, 3, 4);
    assert!(finding(&look(&[code(&redemptions)], &SHOP)[0], Sign::LateBurst).is_some());
    let orders_on = |on: i64| DayOrders { day: on as i32, orders: if (150..153).contains(&on) { 600 } else { 40 } };
    let orders_by_day: Vec<DayOrders> = (0..=AS_OF).map(orders_on).collect();
    let shop = Shop { orders_by_day: &orders_by_day, ..SHOP };
    assert_eq!(finding(&look(&[code(&redemptions)], &shop)[0], Sign::LateBurst), None);
}

#[test]
fn a_new_post_explains_new_orders() {
    let mut redemptions = clean(&mut Chance(3), 10.0, 0.1);
    plant(&mut redemptions, 120, 4, 6);
    let posts = [day(POST), day(120)];
    let posted_again = CodeHistory { posts: &posts, ..code(&redemptions) };
    assert!(finding(&look(&[code(&redemptions)], &SHOP)[0], Sign::LateBurst).is_some());
    assert_eq!(finding(&look(&[posted_again], &SHOP)[0], Sign::LateBurst), None);
}

#[test]
fn a_handful_of_orders_is_never_a_burst() {
    let mut redemptions = vec![];
    plant(&mut redemptions, 150, 1, 4);
    assert_eq!(look(&[code(&redemptions)], &SHOP)[0].findings, []);
}

#[test]
fn bursts_in_clean_codes_are_found_no_more_often_than_stated() {
    let mut chance = Chance(11);
    let codes = 3_000;
    let shop_orders: Vec<DayOrders> = (0..=AS_OF as i32).map(|on| DayOrders { day: on, orders: 50 }).collect();
    for shop in [SHOP, Shop { orders_by_day: &shop_orders, ..SHOP }] {
        let (mut hints, mut likely) = (0, 0);
        for place in 0..codes {
            let trickle = [0.05, 0.3, 1.0, 4.0][place % 4];
            let redemptions = clean(&mut chance, 5.0 * trickle, trickle);
            if let Some(burst) = finding(&look(&[code(&redemptions)], &shop)[0], Sign::LateBurst) {
                hints += 1;
                likely += usize::from(burst.certainty == Certainty::Likely);
            }
        }
        // Three standard errors above the stated rates; the test is conservative, so it stays far below.
        println!("bursts in {codes} clean codes: {hints} hints, {likely} likely");
        assert!(hints <= 30 + 17, "{hints} hints in {codes}");
        assert!(likely <= 3 + 6, "{likely} likely in {codes}");
    }
}

#[test]
fn planted_bursts_are_mostly_found() {
    let mut chance = Chance(12);
    let found = (0..300)
        .filter(|_| {
            let mut redemptions = clean(&mut chance, 10.0, 0.2);
            let from = 60 + chance.below(100) as i64;
            for on in from..from + 5 {
                let more = chance.poisson(4.0);
                plant(&mut redemptions, on, 1, more);
            }
            finding(&look(&[code(&redemptions)], &SHOP)[0], Sign::LateBurst).is_some()
        })
        .count();
    println!("planted bursts found: {found} of 300");
    assert!(found >= 285, "{found} of 300");
}

/// Redemptions of a code of which each comes without a click with chance `without`.
fn with_clicks(chance: &mut Chance, orders: u64, without: f64) -> Vec<Redemption> {
    let one = |order| {
        let click = if chance.uniform() < without { CreatorClick::NotSeen } else { CreatorClick::Seen };
        Redemption { click, ..redeemed(order, day(POST + 1)) }
    };
    (0..orders).map(one).collect()
}

#[test]
fn a_code_used_without_clicks_more_than_all_others_is_a_hint_with_its_orders() {
    let mut chance = Chance(4);
    let mut histories: Vec<Vec<Redemption>> = (0..9).map(|_| with_clicks(&mut chance, 40, 0.2)).collect();
    histories.push(with_clicks(&mut chance, 60, 0.9));
    let codes: Vec<CodeHistory<'_>> = histories.iter().map(|history| code(history)).collect();
    let found = look(&codes, &SHOP);
    assert!(found[..9].iter().all(|clean| finding(clean, Sign::NoClick).is_none()), "{found:?}");
    let leak = finding(&found[9], Sign::NoClick).expect("found");
    assert_eq!((leak.certainty, leak.orders.len() as u64), (Certainty::Hint, leak.observed));
    assert!(leak.false_alarm.is_some_and(|rate| rate < 0.001), "{leak:?}");
    let unclicked = CodeHistory { link_clicks: Some(0), ..codes[9] };
    let few = look(&[codes[0], codes[1], codes[9], unclicked], &SHOP);
    assert!(few[2].not_assessed.iter().any(|missing| missing.why.starts_with("2 other codes")));
    assert!(few[3].not_assessed.iter().any(|missing| missing.why.contains("a missing click says nothing")));
}

#[test]
fn missing_clicks_of_clean_codes_are_hints_no_more_often_than_stated() {
    // Brands whose codes differ little, much, and are few; shares drawn from Beta(a, b).
    for (seed, codes, (a, b)) in [(21, 30, (20, 60)), (22, 30, (2, 3)), (23, 8, (4, 8)), (24, 12, (1, 1))] {
        let mut chance = Chance(seed);
        let (mut hints, mut looked) = (0, 0);
        for _ in 0..900 / codes {
            let histories: Vec<Vec<Redemption>> = (0..codes)
                .map(|_| {
                    let (orders, without) = (5 + chance.below(60), chance.beta(a, b));
                    with_clicks(&mut chance, orders, without)
                })
                .collect();
            let histories: Vec<CodeHistory<'_>> = histories.iter().map(|history| code(history)).collect();
            let found = look(&histories, &SHOP);
            looked += found.len();
            hints += found.iter().filter(|found| finding(found, Sign::NoClick).is_some()).count();
        }
        println!("missing clicks, shares Beta({a}, {b}), {codes} codes: {hints} hints in {looked}");
        assert!(hints <= 9 + 9, "Beta({a}, {b}), {codes} codes: {hints} hints in {looked}");
    }
}

fn from_countries(rows: &[(&str, u64)]) -> Vec<Redemption> {
    let mut redemptions = vec![];
    for (code, orders) in rows {
        for _ in 0..*orders {
            let order = redemptions.len() as u64;
            redemptions.push(Redemption { country: Some(country(code)), ..redeemed(order, day(POST + 2)) });
        }
    }
    redemptions
}

#[test]
fn orders_from_where_the_audience_is_not_are_found_and_those_like_it_are_not() {
    let audience = [share("DE", 0.7), share("AT", 0.2), share("US", 0.05)];
    let unlike = |rows: &[(&str, u64)], sells_to: &[Country]| {
        let redemptions = from_countries(rows);
        let history = CodeHistory { audience: &audience, ..code(&redemptions) };
        finding(&look(&[history], &Shop { sells_to, ..SHOP })[0], Sign::UnlikeCountries).cloned()
    };
    let found = unlike(&[("DE", 20), ("IN", 15), ("US", 3)], &[]).expect("found");
    assert_eq!((found.certainty, found.observed, found.of), (Certainty::Likely, 15, 38));
    assert_eq!(found.orders, (20..35).collect::<Vec<u64>>());
    assert!(found.words.contains("IN (15)"));
    assert_eq!(unlike(&[("DE", 20), ("AT", 12), ("US", 4), ("IN", 1)], &[]), None);
    assert_eq!(unlike(&[("IN", 4)], &[]), None, "too few to say");
    // Sold in the United States alone, all orders come from there, though the audience hardly does.
    assert!(unlike(&[("US", 30)], &[]).is_some());
    assert_eq!(unlike(&[("US", 30)], &[country("US")]), None);
    // The fewer countries might have spoken, the less a country's orders can be chance.
    let sold = ["DE", "AT", "US", "IN"].map(country);
    assert_eq!(unlike(&[("DE", 35), ("IN", 5)], &[]), None);
    assert_eq!(unlike(&[("DE", 35), ("IN", 5)], &sold).map(|found| found.certainty), Some(Certainty::Hint));
    let none_sold = CodeHistory { audience: &audience, ..code(&[]) };
    let found = look(&[none_sold], &Shop { sells_to: &[country("JP")], ..SHOP }).remove(0);
    assert!(found.not_assessed.iter().any(|missing| missing.sign == Sign::UnlikeCountries));
}

#[test]
fn countries_of_clean_codes_are_found_no_more_often_than_stated() {
    let audience = [share("DE", 0.6), share("AT", 0.15), share("CH", 0.1), share("US", 0.05)];
    let mut chance = Chance(31);
    // Buyers twice as American and half as Austrian as the audience, 3 % from two countries it does not list.
    let buyers = [("DE", 0.72), ("AT", 0.795), ("CH", 0.87), ("US", 0.97), ("FR", 0.985), ("IN", 1.0)];
    let codes = 2_000;
    let alarms = (0..codes)
        .filter(|_| {
            let mut redemptions = vec![];
            for order in 0..10 + chance.below(190) {
                let drawn = chance.uniform();
                let from = buyers.iter().find(|(_, up_to)| drawn < *up_to).map(|(code, _)| country(code));
                redemptions.push(Redemption { country: from, ..redeemed(order, day(POST + 2)) });
            }
            let history = CodeHistory { audience: &audience, ..code(&redemptions) };
            finding(&look(&[history], &SHOP)[0], Sign::UnlikeCountries).is_some()
        })
        .count();
    println!("countries in {codes} clean codes: {alarms} alarms");
    assert!(alarms <= 20 + 14, "{alarms} of {codes}");
}

#[test]
fn the_order_of_codes_and_redemptions_changes_nothing() {
    let mut chance = Chance(5);
    let histories: Vec<Vec<Redemption>> = (0..8).map(|_| with_clicks(&mut chance, 30, 0.4)).collect();
    let reversed: Vec<Vec<Redemption>> =
        histories.iter().map(|history| history.iter().rev().copied().collect()).collect();
    let codes = |histories: &[Vec<Redemption>]| {
        find_leaks(&histories.iter().map(|history| code(history)).collect::<Vec<_>>(), &SHOP, &LeakSettings::default())
    };
    assert_eq!(codes(&histories), codes(&reversed));
}

#[test]
fn moments_at_the_ends_of_time_do_not_break_anything() {
    for at in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp(0)] {
        let posts = [at, Timestamp(0)];
        let redemptions = [redeemed(1, at), redeemed(2, Timestamp(1))];
        let history = CodeHistory { posts: &posts, ..code(&redemptions) };
        for as_of in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp(0)] {
            let zero = LeakSettings {
                faded_after_days: Days(0),
                late_after_days: Days(0),
                burst_days: Days(0),
                orders_min: 0,
                ..LeakSettings::default()
            };
            for settings in [LeakSettings::default(), zero] {
                assert_eq!(find_leaks(&[history], &Shop { as_of, ..SHOP }, &settings).len(), 1);
            }
        }
    }
}
