//! Tests of the fit as a whole: what must always hold, what conflicts do, and whether intervals hold planted truths.

use proptest::prelude::*;

use super::*;
use crate::intervals::jeffreys_interval;
use crate::intervals::tests::Stream;
use model::Timestamp;

fn known_part(value: f64, lo: f64, hi: f64) -> Estimate {
    let leaf = Explanation::leaf("measured", Some(value), Unit::Score);
    Estimate::known(value, lo, hi, 30, "posts", "measured", leaf)
}

fn parts_of(values: &[Option<f32>; PARTS]) -> FitParts {
    let of = |part: FitPart| match values[part.place()] {
        Some(value) => {
            let value = f64::from(value);
            known_part(value, (value - 0.1).max(0.0), (value + 0.1).min(1.0))
        }
        None => part.not_known(0, "posts", "nobody looked; look"),
    };
    FitParts {
        product: of(FitPart::Product),
        values: of(FitPart::Values),
        audience: of(FitPart::Audience),
        niche: of(FitPart::Niche),
        conversation: of(FitPart::Conversation),
        price: of(FitPart::Price),
    }
}

fn fit_of(values: &[Option<f32>; PARTS], weights: &FitWeights) -> Fit {
    fit(&parts_of(values), weights, vec![], &FitSettings::default())
}

fn refusal() -> Conflict {
    Conflict {
        kind: ConflictKind::StatedRefusal,
        words: "one text says that paid work is refused".to_owned(),
        quotes: vec![],
        posts: 1,
        newest_at: Timestamp(0),
    }
}

fn weights(text: &str) -> FitWeights {
    text.parse().expect("weights")
}

#[test]
fn parts_not_known_are_left_out_and_their_weight_is_told() {
    let found = fit_of(&[Some(0.8), None, Some(0.4), None, None, None], &weights("p3v2a3n0c0e0w50"));
    assert!((found.estimate.value.expect("known") - 0.6).abs() < 1e-6);
    assert!((found.known_weight - 0.75).abs() < 1e-12);
    let explanation = &found.estimate.explanation;
    assert!(explanation.words.contains("carry 75 % of the weight"), "{}", explanation.words);
    let left_out: Vec<&Explanation> = explanation.parts.iter().filter(|part| part.words.contains("left out")).collect();
    assert_eq!(left_out.len(), 1);
    assert!(left_out[0].words.contains("nobody looked; look"));
}

#[test]
fn nothing_known_that_carries_weight_is_not_known_with_each_reason() {
    let found = fit_of(&[Some(0.8), None, None, None, None, None], &weights("p0v2a3n0c0e0w50"));
    assert_eq!(found.estimate.value, None);
    let reason = found.estimate.not_known.expect("a reason");
    assert!(reason.contains("values: nobody looked") && reason.contains("audience: nobody looked"), "{reason}");
}

#[test]
fn what_is_no_share_counts_as_not_known_and_is_told() {
    let mut parts = parts_of(&[Some(0.5); PARTS]);
    parts.price = known_part(1.7, 1.0, 2.0);
    parts.niche = known_part(f64::NAN, 0.0, 1.0);
    let found = fit(&parts, &FitWeights::default(), vec![], &FitSettings::default());
    assert!((found.estimate.value.expect("known") - 0.5).abs() < 1e-12);
    let told =
        found.estimate.explanation.parts.iter().any(|part| part.words.contains("1.7 does not lie between 0 and 1"));
    assert!(told && (found.known_weight - 15.0 / 18.0).abs() < 1e-12);
}

#[test]
fn a_conflict_stands_first_and_caps_in_words_or_only_flags() {
    let parts = parts_of(&[Some(0.9); PARTS]);
    let capped = fit(&parts, &FitWeights::default(), vec![refusal()], &FitSettings::default());
    let parts_told = &capped.estimate.explanation.parts;
    assert_eq!(parts_told[0].words, "one text says that paid work is refused");
    assert_eq!((capped.estimate.value, capped.estimate.hi), (Some(0.2), Some(0.2)));
    assert!(parts_told.last().expect("parts").words.contains("held at 20 %"));
    assert!(capped.estimate.explanation.adds_up());
    let settings = FitSettings { conflicts: ConflictRule::Flag, ..FitSettings::default() };
    let flagged = fit(&parts, &FitWeights::default(), vec![refusal()], &settings);
    assert!((flagged.estimate.value.expect("known") - 0.9).abs() < 1e-6);
    assert_eq!(flagged.conflicts.len(), 1);
    let low = fit(&parts_of(&[Some(0.1); PARTS]), &FitWeights::default(), vec![refusal()], &FitSettings::default());
    assert!((low.estimate.value.expect("known") - 0.1).abs() < 1e-6 && low.estimate.explanation.adds_up());
}

#[test]
fn targeted_reach_favours_who_talks_and_wide_reach_who_is_cheap() {
    let talker = [Some(0.5), Some(0.5), Some(0.9), Some(0.5), Some(0.9), Some(0.1)];
    let cheap = [Some(0.5), Some(0.5), Some(0.3), Some(0.5), Some(0.3), Some(1.0)];
    let value = |of, text| fit_of(of, &weights(text)).estimate.value.expect("known");
    assert!(value(&talker, "p3v2a4n2c4e4w0") > value(&cheap, "p3v2a4n2c4e4w0"));
    assert!(value(&talker, "p3v2a4n2c4e4w100") < value(&cheap, "p3v2a4n2c4e4w100"));
    let told = fit_of(&talker, &weights("p3v2a4n2c4e4w100")).estimate.explanation;
    assert!(told.parts.iter().any(|part| part.words.contains("x 0.50 by reach")));
    assert!(told.parts.iter().any(|part| part.words.starts_with("wide reach")));
}

/// Parts measured as shares of 40 posts with planted truths, some never measured: how often the interval holds the fit that
/// all six truths make.
#[test]
fn the_interval_holds_the_fit_that_planted_truths_make() {
    let level = Ratio::new(DEFAULT_LEVEL).expect("a share");
    for unknown in 0..=4 {
        let (mut stream, runs) = (Stream(17 + unknown), 1_000);
        let mut held = 0;
        for _ in 0..runs {
            let truths = [(); PARTS].map(|()| stream.uniform());
            let weights = FitWeights::default();
            let shares = weights.shares();
            let truth: f64 = truths.iter().zip(shares).map(|(truth, share)| truth * share).sum();
            let mut first_unknown = (stream.uniform() * PARTS as f64) as usize;
            let mut parts = FitParts::not_known();
            for part in FitPart::ALL {
                first_unknown = (first_unknown + 1) % PARTS;
                if (first_unknown as u64) < unknown {
                    continue;
                }
                let hits = (0..40).filter(|_| stream.uniform() < truths[part.place()]).count() as u64;
                let range = jeffreys_interval(hits, 40, level).expect("a share");
                let estimate = known_part(hits as f64 / 40.0, range.lo, range.hi);
                match part {
                    FitPart::Product => parts.product = estimate,
                    FitPart::Values => parts.values = estimate,
                    FitPart::Audience => parts.audience = estimate,
                    FitPart::Niche => parts.niche = estimate,
                    FitPart::Conversation => parts.conversation = estimate,
                    FitPart::Price => parts.price = estimate,
                }
            }
            let found = fit(&parts, &weights, vec![], &FitSettings::default()).estimate;
            held += u32::from(found.lo.expect("known") <= truth && truth <= found.hi.expect("known"));
        }
        let covered = f64::from(held) / f64::from(runs);
        println!("{unknown} of 6 parts not known: 90 % interval covered {:.1} %", 100.0 * covered);
        assert!((0.87..=0.99).contains(&covered), "{unknown} not known: covered {covered}");
    }
}

#[test]
fn a_column_of_a_hundred_thousand_rows_is_the_same_each_time() {
    let mut stream = Stream(3);
    let mut value = || (stream.uniform() > 0.2).then(|| stream.uniform() as f32);
    let rows: Vec<[Option<f32>; PARTS]> = (0..100_000).map(|_| [(); PARTS].map(|()| value())).collect();
    let weights = FitWeights::default();
    let started = fit_values(&rows, &weights);
    assert_eq!(started, fit_values(&rows, &weights));
    assert!(started.iter().flatten().count() > 99_000);
}

fn any_values() -> impl Strategy<Value = [Option<f32>; PARTS]> {
    prop::array::uniform6(prop::option::of(0.0_f32..=1.0))
}

fn any_weights() -> impl Strategy<Value = FitWeights> {
    (prop::array::uniform6(0_u8..=10), 0_u8..=100)
        .prop_filter_map("all zero", |(weights, wide)| FitWeights::new(weights, Reach::new(wide).ok()?).ok())
}

proptest! {
    #[test]
    fn a_fit_lies_within_0_and_1_within_its_interval_and_adds_up(
        values in any_values(), weights in any_weights(), is_against: bool,
    ) {
        let conflicts = if is_against { vec![refusal()] } else { vec![] };
        let found = fit(&parts_of(&values), &weights, conflicts, &FitSettings::default());
        prop_assert!(found.estimate.explanation.adds_up());
        if let Some(value) = found.estimate.value {
            let (lo, hi) = (found.estimate.lo.expect("known"), found.estimate.hi.expect("known"));
            prop_assert!(0.0 <= lo && lo <= value && value <= hi && hi <= 1.0, "{lo} {value} {hi}");
            let told: f64 = found.parts.iter().filter_map(|part| part.contribution).sum();
            let capped = if is_against { told.min(0.2) } else { told };
            prop_assert!((capped - value).abs() < 1e-9);
        }
    }

    #[test]
    fn raising_one_part_never_lowers_the_fit(
        values in any_values(), weights in any_weights(), at in 0..PARTS, by in 0.0_f32..1.0, is_against: bool,
    ) {
        prop_assume!(values[at].is_some());
        let mut raised = values;
        raised[at] = values[at].map(|value| (value + by).min(1.0));
        let conflicts = || if is_against { vec![refusal()] } else { vec![] };
        let of = |values| fit(&parts_of(values), &weights, conflicts(), &FitSettings::default()).estimate.value;
        match (of(&values), of(&raised)) {
            (Some(before), Some(after)) => prop_assert!(after >= before - 1e-12),
            (before, after) => prop_assert_eq!(before, after),
        }
    }

    #[test]
    fn the_fast_way_gives_the_same_number(values in any_values(), weights in any_weights()) {
        let slow = fit_of(&values, &weights);
        match fit_value(&values, &weights.shares()) {
            Some(fast) => {
                prop_assert!((f64::from(fast.value) - slow.estimate.value.expect("known")).abs() < 1e-6);
                prop_assert!((f64::from(fast.known_weight) - slow.known_weight).abs() < 1e-6);
            }
            None => prop_assert_eq!(slow.estimate.value, None),
        }
    }

    #[test]
    fn one_part_more_known_never_lowers_the_weight_known(
        values in any_values(), weights in any_weights(), at in 0..PARTS,
    ) {
        let mut without = values;
        without[at] = None;
        let (more, less) = (fit_of(&values, &weights), fit_of(&without, &weights));
        prop_assert!(more.known_weight >= less.known_weight - 1e-12);
    }
}
