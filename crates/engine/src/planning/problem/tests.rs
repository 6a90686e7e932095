//! Problems that are refused, and what is said.

use model::Money;

use super::*;

fn candidate(name: &str, cost: i64, group: &str) -> Candidate {
    let labels = vec![Label { kind: LabelKind::Group, name: group.to_owned() }];
    let creator = name.bytes().fold(0, |sum: i64, byte| 31 * sum + i64::from(byte));
    Candidate { name: name.to_owned(), creator, cost: Money::new(cost, "EUR").ok(), labels }
}

fn four() -> Vec<Candidate> {
    vec![
        candidate("@ana", 4_000, "run"),
        candidate("@ben", 3_000, "run"),
        candidate("@cem", 5_000, "cook"),
        candidate("@dee", 9_000, "cook"),
    ]
}

fn euros(minor_units: i64) -> PlanRules {
    PlanRules::within(Money::new(minor_units, "EUR").expect("a currency"))
}

fn of(candidates: Vec<Candidate>, rules: PlanRules) -> Result<Problem, PlanError> {
    let lists = (0..candidates.len()).map(|place| vec![(place as u32, 1.0)]).collect();
    let people = candidates.len();
    let pairs = Pairs::from_lists(people, lists).expect("pairs");
    Problem::new(candidates, pairs, vec![1.0; people], Objective::Once, rules)
}

fn clash(rules: PlanRules) -> Clash {
    match of(four(), rules).expect_err("refuses") {
        PlanError::Clash(clash) => *clash,
        other => panic!("{other}"),
    }
}

fn group(name: &str, at_least: usize, at_most: Option<usize>) -> LabelLimit {
    LabelLimit { label: Label { kind: LabelKind::Group, name: name.to_owned() }, at_least, at_most }
}

#[test]
fn an_unknown_price_names_the_candidate_and_never_counts_as_nothing() {
    let mut candidates = four();
    candidates[2].cost = None;
    let refused = of(candidates.clone(), euros(9_000)).expect_err("refuses");
    assert!(matches!(&refused, PlanError::UnknownCost { candidates, .. } if candidates == &[2]));
    assert!(refused.to_string().contains("@cem"), "{refused}");
    let never = PlanRules { never: vec![2], ..euros(9_000) };
    assert!(of(candidates, never).is_ok());
}

#[test]
fn two_currencies_no_budget_and_nobody_affordable_are_told_apart() {
    let mut candidates = four();
    candidates[1].cost = Money::new(3_000, "USD").ok();
    assert!(matches!(of(candidates, euros(9_000)), Err(PlanError::MixedCurrencies { candidate: 1, .. })));
    assert!(matches!(of(four(), euros(0)), Err(PlanError::NoBudget { .. })));
    assert!(matches!(of(four(), euros(-5)), Err(PlanError::NoBudget { .. })));
    let refused = of(four(), euros(2_000)).expect_err("refuses");
    assert!(matches!(refused, PlanError::NobodyAffordable { cheapest: 3_000, .. }), "{refused}");
    let mut free = four();
    free[0].cost = Money::new(0, "EUR").ok();
    assert!(of(free, euros(0)).is_ok());
}

#[test]
fn rules_that_clash_are_named_and_the_smallest_change_comes_first() {
    let found = clash(PlanRules { must: vec![3, 0], ..euros(10_000) });
    assert_eq!(found.rules, ["the budget of 100.00 EUR", "@dee must be in", "@ana must be in"]);
    assert!(found.is_smallest);
    assert_eq!(found.changes[0].words, "raise the budget to 130.00 EUR");
    assert_eq!(found.changes.len(), 3);
}

#[test]
fn rules_that_have_nothing_to_do_with_the_clash_are_not_named() {
    let rules = PlanRules {
        limits: vec![group("cook", 2, None), group("run", 0, Some(1))],
        conflicts: vec![(0, 1), (3, 2)],
        creators_max: Some(4),
        ..euros(50_000)
    };
    let found = clash(rules);
    assert_eq!(found.rules, ["at least 2 of conversation group cook", "@dee and @cem not together"]);
    assert_eq!(found.changes[0].words, "instead of at least 2 of conversation group cook, at least 1");
}

#[test]
fn a_minimum_that_the_budget_cannot_pay_says_the_least_it_needs() {
    let found = clash(PlanRules { limits: vec![group("cook", 2, None)], ..euros(12_000) });
    assert_eq!(found.rules, ["the budget of 120.00 EUR", "at least 2 of conversation group cook"]);
    assert_eq!(found.changes[0].words, "raise the budget to 140.00 EUR");
    let found = clash(PlanRules { creators_min: 5, ..euros(90_000) });
    assert_eq!(found.rules, ["at least 5 creators"]);
    assert_eq!(found.changes[0].words, "instead of at least 5 creators, at least 4");
}

#[test]
fn of_several_offers_of_one_creator_two_are_too_many() {
    let mut candidates = four();
    candidates[1].creator = candidates[0].creator;
    let rules = PlanRules { must: vec![0, 1], ..euros(90_000) };
    let refused = of(candidates.clone(), rules).expect_err("refuses");
    assert!(refused.to_string().contains("one offer at most of the creator of @ana"), "{refused}");
    let problem = of(candidates, euros(90_000)).expect("a problem");
    assert!(!problem.keeps_rules(&[0, 1]) && problem.keeps_rules(&[0, 2]));
}

#[test]
fn a_must_that_is_also_a_never_is_a_clash_of_two() {
    let found = clash(PlanRules { must: vec![1], never: vec![1], ..euros(90_000) });
    assert_eq!(found.rules, ["@ben must be in", "@ben never"]);
}

#[test]
fn amounts_are_written_as_their_currency_writes_them() {
    let of = |code: &str| amount(12_345, Currency::new(code).expect("a currency"));
    assert_eq!([of("EUR"), of("JPY"), of("KWD")], ["123.45 EUR", "12345 JPY", "12.345 KWD"]);
}

#[test]
fn more_than_the_most_is_named_at_once_among_any_number_of_candidates() {
    let many: Vec<Candidate> = (0..200).map(|place| candidate(&format!("@c{place}"), 100 + place, "run")).collect();
    let rules = PlanRules { creators_min: 50, creators_max: Some(30), ..euros(1_000_000) };
    let PlanError::Clash(clash) = of(many.clone(), rules).expect_err("refuses") else { panic!("is a clash") };
    assert_eq!(clash.rules, ["at least 50 creators", "at most 30 creators"]);
    assert!(clash.is_smallest && clash.changes.iter().any(|change| change.words.ends_with("at most 50")), "{clash:?}");
    let limits = vec![group("run", 9, None), group("run", 0, Some(4))];
    let rules = PlanRules { limits, ..euros(1_000_000) };
    let PlanError::Clash(clash) = of(many, rules).expect_err("refuses") else { panic!("is a clash") };
    assert_eq!(clash.rules.len(), 2);
}

#[test]
fn of_several_offers_of_a_creator_who_must_be_in_one_is_and_which_one_is_free() {
    let mut offers = four();
    offers[3].creator = offers[0].creator; // @ana's second offer, the dearest one of all
    let rules = PlanRules { must_one_of: vec![vec![0, 3]], ..euros(9_000) };
    let problem = of(offers.clone(), rules).expect("a problem");
    assert!(problem.keeps_rules(&[0]) && problem.keeps_rules(&[3]) && !problem.keeps_rules(&[1, 2]));
    let clash = of(offers, PlanRules { must_one_of: vec![vec![0, 3]], never: vec![0, 3], ..euros(9_000) });
    let PlanError::Clash(clash) = clash.expect_err("refuses") else { panic!("is a clash") };
    assert!(clash.rules.iter().any(|rule| rule.contains("must be in")), "{clash:?}");
}
