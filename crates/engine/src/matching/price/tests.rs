//! What must hold of an estimated fee, on planted prices and on prices in any order.

use super::evaluate::{CreatorHeld, planted_coverage};
use super::*;
use crate::intervals::median_of;
use crate::random::Sequence;
use model::{Combine, Explanation, Grade, Unit};
use proptest::prelude::*;

fn settings() -> PriceSettings {
    PriceSettings::new(Currency::new("USD").expect("a currency"))
}

fn query(creator: i64, followers: Option<u64>) -> PriceQuery {
    PriceQuery {
        creator: AccountId(creator),
        platform: Platform::Instagram,
        followers,
        format: PostFormat::Post,
        kind: PriceKind::Deal,
    }
}

fn deal(creator: i64, fee_minor_units: u64, day: i64) -> PriceFact {
    PriceFact {
        creator: AccountId(creator),
        platform: Platform::Instagram,
        followers: Some(30_000),
        format: PostFormat::Post,
        fee_minor_units,
        kind: PriceKind::Deal,
        at: Timestamp::from_unix_seconds(day * 86_400),
    }
}

/// Deals around `middle`, each a few per cent off.
fn deals(creator: i64, middle: f64, count: usize) -> Vec<PriceFact> {
    let mut draw = Sequence::new(creator as u64, 1);
    (0..count).map(|day| deal(creator, (middle * (0.1 * draw.normal()).exp()) as u64, day as i64)).collect()
}

/// One deal each of many creators, their levels half apart.
fn market(creators: i64) -> Vec<PriceFact> {
    drawn_market(11, creators)
}

fn drawn_market(seed: u64, creators: i64) -> Vec<PriceFact> {
    let mut draw = Sequence::new(seed, 1);
    (1_000..1_000 + creators)
        .map(|creator| deal(creator, (20_000.0 * (0.4 * draw.normal()).exp()) as u64, creator % 90))
        .collect()
}

fn width(range: PriceRange) -> f64 {
    range.hi / range.lo
}

fn check_coverage(facts: usize, worlds: usize) {
    let figures = planted_coverage(3, worlds, facts);
    for cell in &figures.cells {
        let Some(coverage) = cell.coverage.value else {
            assert!(facts == 0 && cell.creator == CreatorHeld::Known && cell.coverage.not_known.is_some());
            continue;
        };
        println!(
            "{facts} prices, {:?} noise, {:?} creator: {:.3} of {} within, hi/lo {:.1}, error {:.2} (tier {:.2?}, \
             last {:.2?})",
            cell.noise,
            cell.creator,
            coverage,
            cell.coverage.n,
            cell.width_factor.expect("known"),
            cell.log_error.expect("known"),
            cell.log_error_of_tier_average,
            cell.log_error_of_last_price,
        );
        assert_eq!(cell.coverage.n, worlds as u64);
        assert!((0.85..=0.95).contains(&coverage), "{cell:?}");
    }
}

#[test]
fn without_a_price_nine_in_ten_next_deals_fall_into_the_prior_range() {
    check_coverage(0, 400);
}

#[test]
fn with_5_prices_nine_in_ten_next_deals_fall_into_their_range() {
    check_coverage(5, 300);
}

#[test]
fn with_20_prices_nine_in_ten_next_deals_fall_into_their_range() {
    check_coverage(20, 300);
}

#[test]
fn with_200_prices_nine_in_ten_next_deals_fall_into_their_range() {
    check_coverage(200, 200);
}

#[test]
fn the_same_seed_gives_the_same_coverage_and_another_seed_another() {
    let figures = planted_coverage(1, 8, 6);
    assert_eq!(figures, planted_coverage(1, 8, 6));
    assert_ne!(figures.cells, planted_coverage(2, 8, 6).cells);
}

#[test]
fn more_prices_of_a_market_and_more_of_a_creator_make_the_range_narrower() {
    let width_of =
        |facts: &[PriceFact]| width(PriceModel::fit(facts, &settings()).price_range(&query(1, Some(30_000))));
    // One market may by chance be more uneven than another.
    let of_markets = |creators: i64| median_of((0..15).map(|seed| width_of(&drawn_market(seed, creators))).collect());
    let [none, few, many] = [0, 10, 100].map(of_markets);
    assert!(none > few && few > many && many > 1.5, "{none} {few} {many}");
    let known = |own: usize| width_of(&[market(40), deals(1, 20_000.0, own)].concat());
    let [new, one, ten] = [0, 1, 10].map(known);
    assert!(new > one && one > ten, "{new} {one} {ten}");
}

#[test]
fn own_deals_pull_the_estimate_to_the_creator_and_leave_the_others_where_they_are() {
    let market = market(60);
    let before = PriceModel::fit(&market, &settings());
    let usual = before.price_range(&query(1, Some(30_000))).median;
    let mut last = usual;
    for own in [1, 3, 10, 40] {
        let model = PriceModel::fit(&[market.clone(), deals(1, 60_000.0, own)].concat(), &settings());
        let pulled = model.price_range(&query(1, Some(30_000))).median;
        assert!(pulled > last * 0.999 && pulled < 63_000.0, "{own}: {pulled} after {last}");
        let other = model.price_range(&query(2, Some(30_000))).median;
        assert!((other / usual).ln().abs() < 0.15, "{own}: {other} was {usual}");
        last = pulled;
    }
    assert!(last > 55_000.0, "{last}");
}

#[test]
fn the_planted_power_platform_and_asking_are_found_again() {
    let mut draw = Sequence::new(5, 5);
    let mut facts = Vec::new();
    for creator in 0..600 {
        let followers = (2_000.0 * 200.0_f64.powf(draw.uniform())) as u64;
        let platform = [Platform::Instagram, Platform::YouTube][draw.below(2)];
        let kind = [PriceKind::Quote, PriceKind::Deal][draw.below(2)];
        let planted = (followers as f64 / 30_000.0).powf(0.9)
            * if platform == Platform::YouTube { 5.0 } else { 1.0 }
            * if kind == PriceKind::Quote { 1.4 } else { 1.0 };
        let fee = 50_000.0 * planted * (0.3 * draw.normal()).exp();
        let fact = PriceFact { platform, kind, followers: Some(followers), ..deal(creator, fee as u64, creator) };
        facts.push(fact);
    }
    let model = PriceModel::fit(&facts, &settings());
    let median = |query: PriceQuery| model.price_range(&query).median;
    let here = query(-1, Some(30_000));
    let middle = median(here);
    assert!((middle / 50_000.0).ln().abs() < 0.1, "{middle}");
    for (found, planted) in [
        (median(PriceQuery { followers: Some(60_000), ..here }) / middle, 2.0_f64.powf(0.9)),
        (median(PriceQuery { platform: Platform::YouTube, ..here }) / middle, 5.0),
        (median(PriceQuery { kind: PriceKind::Quote, ..here }) / middle, 1.4),
    ] {
        assert!((found / planted).ln().abs() < 0.1, "{found} for {planted}");
    }
}

#[test]
fn the_grade_and_the_counts_say_what_the_estimate_rests_on() {
    let alone = PriceModel::fit(&[], &settings()).estimate(&query(1, Some(30_000)));
    assert_eq!((alone.estimate.grade, alone.own_facts, alone.pooled_facts, alone.estimate.n), (Grade::D, 0, 0, 0));
    assert!((alone.prior_weight - 1.0).abs() < 1e-9 && alone.estimate.as_of.is_none());

    let quoted = PriceFact { kind: PriceKind::Quote, ..deal(1, 30_000, 4) };
    let facts = [market(30), vec![quoted]].concat();
    let asked = PriceModel::fit(&facts, &settings()).estimate(&query(1, Some(30_000)));
    assert_eq!((asked.estimate.grade, asked.own_facts, asked.own_deals, asked.pooled_facts), (Grade::C, 1, 0, 30));

    let facts = [facts, vec![deal(1, 28_000, 100)]].concat();
    let dealt = PriceModel::fit(&facts, &settings()).estimate(&query(1, Some(30_000)));
    assert_eq!((dealt.estimate.grade, dealt.own_facts, dealt.own_deals, dealt.estimate.n), (Grade::B, 2, 1, 32));
    assert!(dealt.prior_weight < asked.prior_weight && asked.prior_weight < 0.3, "{}", asked.prior_weight);
    assert_eq!(dealt.estimate.as_of, Some(Timestamp::from_unix_seconds(100 * 86_400)));
}

#[test]
fn twice_the_published_figures_move_the_estimate_by_their_weight_and_no_more() {
    let twice = PriceSettings { minor_units_per_usd_cent: Some(2.0), ..settings() };
    for facts in [vec![], market(3), market(60)] {
        let estimate = PriceModel::fit(&facts, &settings()).estimate(&query(1, Some(30_000)));
        let moved = PriceModel::fit(&facts, &twice).price_range(&query(1, Some(30_000))).median;
        let told = 2.0_f64.powf(estimate.prior_weight);
        let found = moved / estimate.estimate.value.expect("known");
        assert!((found / told).ln().abs() < 0.06, "{} prices: {found} told {told}", facts.len());
    }
}

#[test]
fn a_rate_that_is_not_known_is_said_to_be_assumed_and_makes_the_prior_wider() {
    let euros = PriceSettings::new(Currency::new("EUR").expect("a currency"));
    let known = PriceSettings { minor_units_per_usd_cent: Some(0.92), ..euros };
    let told = |settings: &PriceSettings| {
        let price = PriceModel::fit(&[], settings).estimate(&query(1, Some(30_000)));
        serde_json::to_string(&price.estimate.explanation).expect("writes")
    };
    assert!(told(&euros).contains("is assumed") && !told(&known).contains("is assumed"));
    let width_of = |settings: &PriceSettings| width(PriceModel::fit(&[], settings).price_range(&query(1, None)));
    assert!(width_of(&euros) > 1.2 * width_of(&known));
    let wrong = PriceSettings { minor_units_per_usd_cent: Some(f64::NAN), ..euros };
    assert_eq!(told(&wrong), told(&euros));
}

#[test]
fn followers_that_are_not_known_make_the_range_wider_unless_the_creators_prices_tell_them() {
    let model = PriceModel::fit(&[market(40), vec![deal(1, 20_000, 1)]].concat(), &settings());
    let (known, unknown) = (model.price_range(&query(2, Some(30_000))), model.price_range(&query(2, None)));
    assert!(width(unknown) > 1.5 * width(known));
    assert_eq!(model.estimate(&query(2, None)).parts.followers, None);
    assert_eq!(model.price_range(&query(1, None)), model.price_range(&query(1, Some(30_000))));

    let nobody_counted: Vec<PriceFact> =
        deals(1, 90_000.0, 12).into_iter().map(|fact| PriceFact { followers: None, ..fact }).collect();
    let model = PriceModel::fit(&[market(40), nobody_counted].concat(), &settings());
    let own = model.price_range(&query(1, None));
    assert!(own.lo < 90_000.0 && 90_000.0 < own.hi && own.median > 75_000.0, "{own:?}");
    assert_eq!(own, model.price_range(&query(1, Some(800_000))), "its size is in its record and not counted twice");
}

#[test]
fn a_fee_of_0_is_no_price_and_is_counted_as_left_out() {
    let facts = market(10);
    let with_gifts = [facts.clone(), vec![deal(1, 0, 1), deal(2, 0, 2)]].concat();
    let (without, with) = (PriceModel::fit(&facts, &settings()), PriceModel::fit(&with_gifts, &settings()));
    assert_eq!(with.price_range(&query(1, None)), without.price_range(&query(1, None)));
    let told = with.estimate(&query(1, None)).estimate;
    assert_eq!(told.n, 10);
    let left_out = told.explanation.parts.iter().find(|part| part.words.starts_with("left out"));
    assert_eq!(left_out.and_then(|part| part.value), Some(2.0));
}

#[test]
fn a_quote_is_called_usual_high_or_low_by_its_place_among_deals_and_nobody_is_accused() {
    let model = PriceModel::fit(&[market(60), deals(1, 20_000.0, 5)].concat(), &settings());
    let at = query(1, Some(30_000));
    let range = model.price_range(&at);
    for (fee, place, word) in [
        (range.median, QuotePlace::Usual, "usual for a post on Instagram: about 5 in 10"),
        (range.hi * 1.01, QuotePlace::High, "high for a post on Instagram: 19 in 20 such deals cost less"),
        (range.lo * 0.99, QuotePlace::Low, "low for a post on Instagram: 19 in 20 such deals cost more"),
    ] {
        let standing = model.standing(&at, fee.round() as u64);
        assert_eq!(standing.place, Some(place), "{standing:?}");
        assert!(standing.words.starts_with(word), "{}", standing.words);
        let over = &standing.over_expected;
        assert!((over.value.expect("known") - (fee.round() - range.median)).abs() < 1e-6);
        assert!(over.lo <= over.value && over.value <= over.hi && over.explanation.adds_up());
        assert_eq!(over.unit, Unit::Money(settings().currency));
        for share in [&standing.deals_below, &standing.quotes_below] {
            assert!(share.lo <= share.value && share.value <= share.hi && share.explanation.adds_up(), "{share:?}");
        }
        assert!(standing.quotes_below.value < standing.deals_below.value, "quotes lie above deals");
    }
    let none = model.standing(&at, 0);
    assert!(none.place.is_none() && none.over_expected.value.is_none() && none.deals_below.not_known.is_some());
}

#[test]
fn a_single_price_is_enough_to_move_the_estimate_and_too_little_to_settle_it() {
    let model = PriceModel::fit(&[deal(1, 100_000, 1)], &settings());
    let prior = PriceModel::fit(&[], &settings()).price_range(&query(1, Some(30_000)));
    let (own, other) = (model.price_range(&query(1, Some(30_000))), model.price_range(&query(2, Some(30_000))));
    assert!(prior.median < other.median && other.median < own.median && own.median < 100_000.0);
    assert!(width(own) > 3.0 && own.hi > 100_000.0, "{own:?}");
}

#[test]
fn five_thousand_prices_are_fitted_and_five_thousand_creators_asked_for() {
    let mut draw = Sequence::new(8, 8);
    let facts: Vec<PriceFact> = (0..5_000)
        .map(|day| {
            let creator = draw.below(1_700) as i64;
            let level = 0.5 * Sequence::new(creator as u64, 9).normal();
            deal(creator, (20_000.0 * (level + 0.3 * draw.normal()).exp()) as u64, day)
        })
        .collect();
    let model = PriceModel::fit(&facts, &settings());
    let held = (10_000..15_000)
        .filter(|creator| {
            let range = model.price_range(&query(*creator, Some(30_000)));
            let level = 0.5 * Sequence::new(*creator as u64, 9).normal();
            let fee = 20_000.0 * (level + 0.3 * draw.normal()).exp();
            range.lo <= fee && fee <= range.hi
        })
        .count();
    let share = held as f64 / 5_000.0;
    println!("5,000 prices: {share:.3} of new creators' next deals within");
    assert!((0.88..0.92).contains(&share), "{share}");
}

fn factors_multiply(explanation: &Explanation) -> f64 {
    let of = |start: &str| {
        let part = explanation.parts.iter().find(|part| part.words.starts_with(start));
        part.and_then(|part| part.value).unwrap_or(1.0)
    };
    ["base", "followers", "platform", "format", "quote", "rate card", "this creator", "the range is"]
        .into_iter()
        .map(of)
        .product()
}

fn any_fact() -> impl Strategy<Value = PriceFact> {
    let place = (0_i64..6, 0_usize..10, 0_usize..8, 0_usize..3);
    let told = (prop::option::of(0_u64..3_000_000), 0_u64..5_000_000, 0_i64..400);
    (place, told).prop_map(|((creator, platform, format, kind), (followers, fee, day))| PriceFact {
        platform: Platform::ALL[platform],
        followers,
        format: PostFormat::ALL[format],
        kind: PriceKind::ALL[kind],
        ..deal(creator, fee, day)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_prices_in_any_order_give_one_range_whose_parts_multiply_to_it(
        mut facts in prop::collection::vec(any_fact(), 0..30),
        asked in any_fact(),
        quote in 1_u64..10_000_000,
    ) {
        let model = PriceModel::fit(&facts, &settings());
        let query = PriceQuery {
            creator: asked.creator,
            platform: asked.platform,
            followers: asked.followers,
            format: asked.format,
            kind: asked.kind,
        };
        let price = model.estimate(&query);
        let (value, lo, hi) = (price.estimate.value.expect("known"), price.estimate.lo, price.estimate.hi);
        prop_assert!(lo.is_some_and(|lo| 0.0 < lo && lo < value) && hi.is_some_and(|hi| value < hi && hi.is_finite()));
        prop_assert!(price.estimate.explanation.adds_up() && price.estimate.explanation.combine == Combine::Inputs);
        prop_assert!((factors_multiply(&price.estimate.explanation) / value - 1.0).abs() < 1e-9);
        prop_assert!((price.parts.product() / value - 1.0).abs() < 1e-9);
        prop_assert!((0.0..=1.0).contains(&price.prior_weight));
        prop_assert_eq!(price.own_facts + price.pooled_facts, price.estimate.n);
        let standing = model.standing(&query, quote);
        let more = model.standing(&query, quote * 2);
        prop_assert!(standing.deals_below.value <= more.deals_below.value);
        facts.reverse();
        prop_assert_eq!(PriceModel::fit(&facts, &settings()).estimate(&query), price);
    }
}
