//! A plan as a person reads it: reach, frequency, cost and the certificate, each with its interval and what it is made of.
//!
//! Reach is a number of people only where the chances are calibrated; else it is a score and says so. The interval counts who
//! happens to be met, and with [`super::robust`] also what is not sure about the chances.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::PLAN_VERSION;
use super::portfolio::Plan;
use super::problem::Problem;
use super::reach::{Reached, exclusive_of, meetings};
use super::robust::{Robustness, Spread};
use crate::intervals::two_sided_z;

const METHOD: &str = "plan";

/// Whether chances were checked against what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chances {
    /// Reach counts people.
    Calibrated,
    /// Reach is a score, comparable only among plans on the same chances.
    Uncalibrated,
}

/// What goes with every figure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ToldSettings {
    pub chances: Chances,
    /// How good the evidence behind the chances is.
    pub grade: Grade,
    pub as_of: Option<Timestamp>,
}

/// One pick with what it costs and brings. Reach as in the plan's objective.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PickTold {
    pub candidate: u32,
    pub name: String,
    pub cost: Estimate,
    /// If it were the only one.
    pub alone: Estimate,
    /// What it adds to those before it; these add up to the plan's reach.
    pub marginal: Estimate,
    /// What the plan loses without it.
    pub exclusive: Estimate,
    /// Cost of one more person by this pick: cost over marginal.
    pub cost_of_one: Estimate,
    /// Share of draws in which a plan keeps it; `None`: not drawn.
    pub stays: Option<Estimate>,
}

/// A plan as a person reads it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanTold {
    /// The objective.
    pub reach: Estimate,
    pub cost: Estimate,
    /// What no plan can pass.
    pub bound: Estimate,
    /// Reach over bound: at least this share of the best possible plan for this model and these inputs.
    pub certificate: Estimate,
    /// The certificate in words, and what it does not say.
    pub certificate_words: String,
    /// People met at least once, twice, three times.
    pub reached_at_least: [Estimate; 3],
    /// Meetings a person reached.
    pub mean_frequency: Estimate,
    pub cost_per_person: Estimate,
    /// In the order in which they add most.
    pub picks: Vec<PickTold>,
}

/// Turns a plan into figures with intervals and explanations.
///
/// Formula: reach >= i is `sum_u w_u P(N_u >= i)`, its variance `sum_u w_u^2 P (1 - P)` (people independent) plus the
/// variance of the draws where `robust` is given; mean frequency = expected meetings / reach >= 1; cost per person = cost /
/// reach >= 1. Intervals are at 90 %, normal, cut to what can be. Inputs: `plan` and `robust` of this problem. Output:
/// [`PlanTold`]; not known where a denominator is 0. Cost: `O(picks^2 pairs of a pick)` and `O(people)`.
/// Source: Nemhauser, Wolsey & Fisher 1978 for the bounds.
pub fn told(problem: &Problem, plan: &Plan, robust: Option<&Robustness>, settings: &ToldSettings) -> PlanTold {
    let order = by_what_they_add(problem, &plan.picks);
    let people = Frequencies::of(problem, &order);
    let shown = Shown { problem, people: &people, robust, settings };
    let marginals = marginals(problem, &order);
    let parts = order.iter().zip(&marginals).map(|(pick, gain)| {
        Explanation::leaf(format!("{} adds", problem.candidates[*pick as usize].name), Some(*gain), shown.unit())
    });
    let words = match problem.times {
        1 => "people expected to be met at least once, each counted once".to_owned(),
        times => format!("meetings expected to count, at most {times} a person"),
    };
    let formula = match problem.times {
        1 => format!("plan v{PLAN_VERSION}: sum of w (1 - product of (1 - p))"),
        times => format!("plan v{PLAN_VERSION}: sum of w E[min({times}, meetings)]"),
    };
    let reach = Explanation::sum(words, shown.unit(), parts.collect()).with_formula(formula);
    let reach_sd = people.objective_variance.sqrt();
    let reach = shown.estimate(plan.value, reach_sd, robust.map(|robust| robust.reach), reach);
    let at_least = [0, 1, 2].map(|place| shown.at_least(place));
    let money = Unit::Money(problem.currency);
    let cost = shown.cost(&order, robust);
    let cost_per_person = shown.over(
        &cost,
        &at_least[0],
        Explanation::ratio(
            "cost of one person reached",
            money,
            cost.explanation.clone(),
            at_least[0].explanation.clone(),
        ),
    );
    let meetings = Explanation::leaf("meetings expected", Some(people.meetings), Unit::Items);
    let frequency =
        Explanation::ratio("meetings a person reached", Unit::Score, meetings, at_least[0].explanation.clone());
    let mean_frequency = shown.frequency(frequency, &at_least[0]);
    PlanTold {
        bound: shown.bound(plan),
        certificate: shown.certificate(plan),
        certificate_words: certificate_words(plan),
        picks: picks(&shown, &order, &marginals, plan),
        reached_at_least: at_least,
        mean_frequency,
        cost_per_person,
        reach,
        cost,
    }
}

/// "At least 96.2 % of the best plan …" and its limits.
fn certificate_words(plan: &Plan) -> String {
    // The exact search proves its bound to a millionth.
    let is_exact = plan.ratio >= 1.0 - 2e-6;
    let share = (1000.0 * plan.ratio).floor() / 10.0;
    let first = match is_exact {
        true => "the best possible plan for this model and these inputs".to_owned(),
        false => format!("at least {share:.1} % of the best possible plan for this model and these inputs"),
    };
    format!("{first}, proved by {}. This says nothing about errors in the chances", plan.proved_by.words())
}

fn by_what_they_add(problem: &Problem, picks: &[u32]) -> Vec<u32> {
    let mut left = picks.to_vec();
    let mut reached = Reached::nobody(problem);
    while !left.is_empty() {
        let gains = left.iter().map(|pick| reached.gain(*pick));
        let best = gains.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((place, _)) = best else { break };
        reached.add(left.remove(place));
    }
    reached.picks().to_vec()
}

fn marginals(problem: &Problem, order: &[u32]) -> Vec<f64> {
    let mut reached = Reached::nobody(problem);
    order.iter().map(|pick| reached.add(*pick)).collect()
}

/// How often people are met.
struct Frequencies {
    /// Weighted people met at least once, twice, three times, and the variance of each.
    at_least: [f64; 3],
    variance: [f64; 3],
    meetings: f64,
    objective_variance: f64,
    /// People whom any pick may meet.
    met: u64,
}

impl Frequencies {
    fn of(problem: &Problem, picks: &[u32]) -> Frequencies {
        let mut chances: Vec<Vec<f64>> = vec![vec![]; problem.pairs.people()];
        for pick in picks {
            for (person, chance) in problem.pairs.column(*pick as usize).iter() {
                chances[person].push(chance);
            }
        }
        let mut found =
            Frequencies { at_least: [0.0; 3], variance: [0.0; 3], meetings: 0.0, objective_variance: 0.0, met: 0 };
        for (chances, weight) in chances.iter().zip(problem.weights.iter()).filter(|(chances, _)| !chances.is_empty()) {
            let met = meetings(chances);
            let mut fewer = 0.0;
            for place in 0..3 {
                fewer += met.get(place).copied().unwrap_or(0.0);
                let reached = (1.0 - fewer).max(0.0);
                found.at_least[place] += weight * reached;
                found.variance[place] += weight * weight * reached * (1.0 - reached);
            }
            let counted = |power: i32| {
                met.iter().enumerate().map(|(n, p)| (n.min(problem.times) as f64).powi(power) * p).sum::<f64>()
            };
            found.objective_variance += weight * weight * (counted(2) - counted(1).powi(2)).max(0.0);
            found.meetings += weight * chances.iter().sum::<f64>();
            found.met += 1;
        }
        found
    }
}

struct Shown<'a> {
    problem: &'a Problem,
    people: &'a Frequencies,
    robust: Option<&'a Robustness>,
    settings: &'a ToldSettings,
}

const MET: &str = "people whom a pick may meet";

impl Shown<'_> {
    fn unit(&self) -> Unit {
        match (self.settings.chances, self.problem.times) {
            (Chances::Uncalibrated, _) => Unit::Score,
            (Chances::Calibrated, 1) => Unit::People,
            (Chances::Calibrated, _) => Unit::Items,
        }
    }

    fn people_unit(&self) -> Unit {
        if self.settings.chances == Chances::Calibrated { Unit::People } else { Unit::Score }
    }

    fn finish(&self, estimate: Estimate) -> Estimate {
        Estimate { version: PLAN_VERSION, as_of: self.settings.as_of, ..estimate }.graded(self.settings.grade)
    }

    /// Value with the chance of who happens to be met and, where drawn, of the chances themselves.
    fn estimate(&self, value: f64, sd: f64, drawn: Option<Spread>, explanation: Explanation) -> Estimate {
        let reach = z() * sd;
        let (down, up) = drawn.map_or((0.0, 0.0), |drawn| ((value - drawn.lo).max(0.0), (drawn.hi - value).max(0.0)));
        let (lo, hi) = ((value - reach.hypot(down)).max(0.0), value + reach.hypot(up));
        self.finish(Estimate::known(value, lo, hi, self.people.met, MET, METHOD, explanation))
    }

    /// The draws' share above and below the plan's reach, passed on to a figure of the same kind.
    fn drawn_like(&self, value: f64) -> Option<Spread> {
        let reach = self.robust?.reach;
        let scale = if reach.mean > 0.0 { value / reach.mean } else { 0.0 };
        Some(Spread { mean: value, lo: reach.lo * scale, hi: reach.hi * scale })
    }

    fn at_least(&self, place: usize) -> Estimate {
        let value = self.people.at_least[place];
        let words = format!("people expected to be met at least {}", ["once", "twice", "three times"][place]);
        let of = Explanation::leaf(words, Some(value), self.people_unit())
            .with_formula("sum of w P(meetings >= i), meetings independent given the person");
        self.estimate(value, self.people.variance[place].sqrt(), self.drawn_like(value), of)
    }

    fn cost(&self, picks: &[u32], robust: Option<&Robustness>) -> Estimate {
        let money = Unit::Money(self.problem.currency);
        let value = self.problem.cost_of(picks) as f64;
        let part = |pick: &u32| {
            let candidate = &self.problem.candidates[*pick as usize];
            Explanation::leaf(
                format!("{} costs", candidate.name),
                Some(self.problem.costs[*pick as usize] as f64),
                money,
            )
        };
        let words = "fees, product, shipping and commission of the picks";
        let explanation = Explanation::sum(words, money, picks.iter().map(part).collect());
        let spread = robust.map_or(Spread { mean: value, lo: value, hi: value }, |robust| robust.cost);
        let (lo, hi) = (spread.lo.min(value), spread.hi.max(value));
        self.finish(Estimate::known(value, lo, hi, picks.len() as u64, "creators", METHOD, explanation))
    }

    /// One figure over another, ends by the worst of both.
    fn over(&self, over: &Estimate, under: &Estimate, explanation: Explanation) -> Estimate {
        match (explanation.value, over.lo, over.hi, under.lo, under.hi) {
            (Some(value), Some(lo), Some(hi), Some(under_lo), Some(under_hi)) if under_lo > 0.0 => {
                let (lo, hi) = ((lo / under_hi).min(value), (hi / under_lo).max(value));
                self.finish(Estimate::known(value, lo, hi, self.people.met, MET, METHOD, explanation))
            }
            _ => self
                .not_known(explanation.unit, "the plan may reach nobody; choose creators whom more people listen to"),
        }
    }

    fn not_known(&self, unit: Unit, reason: &str) -> Estimate {
        self.finish(Estimate::not_known(unit, METHOD, self.people.met, MET, reason))
    }

    fn frequency(&self, explanation: Explanation, reached: &Estimate) -> Estimate {
        match (explanation.value, reached.value) {
            (Some(value), Some(people)) if people > 0.0 => {
                // Reach and meetings move together; what chance does to the ratio is of the order of 1 / sqrt(people).
                let spread = z() * (self.people.variance[0].sqrt() / people) * (value - 1.0).max(0.0);
                let lo = (value - spread).max(1.0).min(value);
                self.finish(Estimate::known(value, lo, value + spread, self.people.met, MET, METHOD, explanation))
            }
            _ => self.not_known(Unit::Score, "the plan may reach nobody; choose creators whom more people listen to"),
        }
    }

    /// A bound is no guess: its ends are itself.
    fn bound(&self, plan: &Plan) -> Estimate {
        let parts = plan
            .bounds
            .iter()
            .filter(|proved| proved.bound.is_finite())
            .map(|proved| Explanation::leaf(format!("by {}", proved.by.words()), Some(proved.bound), self.unit()));
        let explanation = Explanation::leaf("no plan under these rules reaches more", Some(plan.bound), self.unit())
            .with_formula("the least of these")
            .with_parts(parts.collect());
        let bound = plan.bound;
        let estimate = Estimate::known(bound, bound, bound, self.people.met, MET, METHOD, explanation);
        self.finish(Estimate { level: 1.0, ..estimate })
    }

    fn certificate(&self, plan: &Plan) -> Estimate {
        if plan.bound <= 0.0 {
            return self.not_known(Unit::Share, "nobody can be reached at all; add creators whom somebody listens to");
        }
        let over = Explanation::leaf("reach of the plan", Some(plan.value), self.unit());
        let under = Explanation::leaf("no plan reaches more", Some(plan.bound), self.unit());
        let explanation = Explanation::ratio(certificate_words(plan), Unit::Share, over, under);
        let estimate = Estimate::known(plan.ratio, plan.ratio, 1.0, self.people.met, MET, METHOD, explanation);
        self.finish(Estimate { level: 1.0, ..estimate })
    }
}

fn picks(shown: &Shown<'_>, order: &[u32], marginals: &[f64], plan: &Plan) -> Vec<PickTold> {
    let problem = shown.problem;
    let exclusive = exclusive_of(problem, order);
    let nobody = Reached::nobody(problem);
    let unit = shown.unit();
    let told = |(slot, pick): (usize, &u32)| {
        let figure = |value: f64, words: &str| {
            // What one pick meets is a sum of as many chances: its variance is at most its value times the largest weight.
            let largest = problem.weights.iter().copied().fold(0.0, f64::max);
            let sd = (value * largest).max(0.0).sqrt();
            shown.estimate(value, sd, shown.drawn_like(value), Explanation::leaf(words, Some(value), unit))
        };
        let cost = shown.cost(std::slice::from_ref(pick), None);
        let marginal = figure(marginals[slot], "added to those before it");
        let of_one = Explanation::ratio(
            "cost of one more by this pick",
            cost.unit,
            cost.explanation.clone(),
            marginal.explanation.clone(),
        );
        let stays = shown.robust.and_then(|robust| {
            let place = plan.picks.iter().position(|other| other == pick)?;
            let share = *robust.stays_share.get(place)?;
            let error = z() * (share * (1.0 - share) / f64::from(robust.draws)).sqrt();
            let words = "share of draws in which a plan made for the draw keeps it";
            let explanation = Explanation::leaf(words, Some(share), Unit::Share);
            let (lo, hi) = ((share - error).max(0.0), (share + error).min(1.0));
            Some(shown.finish(Estimate::known(share, lo, hi, u64::from(robust.draws), "draws", METHOD, explanation)))
        });
        PickTold {
            candidate: *pick,
            name: problem.candidates[*pick as usize].name.clone(),
            cost_of_one: shown.over(&cost, &marginal, of_one),
            cost,
            alone: figure(nobody.gain(*pick), "if it were the only one"),
            marginal,
            exclusive: figure(exclusive[slot], "what the plan loses without it"),
            stays,
        }
    };
    order.iter().enumerate().map(told).collect()
}

fn z() -> f64 {
    two_sided_z(Ratio::new(DEFAULT_LEVEL).expect("the default level is a share"))
}

#[cfg(test)]
mod tests {
    use super::super::portfolio::{ChooseSettings, choose};
    use super::super::robust::{RobustSettings, robustness};
    use super::super::testing::made_up;
    use super::*;

    fn bare(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Object(fields) if fields.contains_key("explanation") => {
                fields["n"].is_u64()
                    && (fields["value"].is_null() || (fields["lo"].is_number() && fields["hi"].is_number()))
            }
            serde_json::Value::Object(fields) => {
                fields.iter().all(|(key, value)| key == "candidate" || (!value.is_number() && bare(value)))
            }
            serde_json::Value::Array(items) => items.iter().all(|item| !item.is_number() && bare(item)),
            _ => true,
        }
    }

    #[test]
    fn no_number_is_bare_and_every_explanation_adds_up() {
        for seed in 0..12 {
            let problem = made_up(seed, 14, 80, 1 + seed as usize % 2);
            let plan = choose(&problem, &ChooseSettings::default()).expect("a plan");
            let settings = RobustSettings { draws: 30, price_sd: vec![0.2; 14], ..RobustSettings::default() };
            let robust = robustness(&problem, &plan, &[], &settings);
            let shown = ToldSettings { chances: Chances::Calibrated, grade: Grade::C, as_of: Some(Timestamp(5)) };
            let told = told(&problem, &plan, Some(&robust), &shown);
            assert!(bare(&serde_json::to_value(&told).expect("serialises")));
            let mut all = vec![&told.reach, &told.cost, &told.bound, &told.certificate, &told.mean_frequency];
            all.extend([&told.cost_per_person]);
            all.extend(&told.reached_at_least);
            for pick in &told.picks {
                all.extend([&pick.cost, &pick.alone, &pick.marginal, &pick.exclusive, &pick.cost_of_one]);
                all.extend(&pick.stays);
                assert!(pick.exclusive.value <= pick.marginal.value.map(|value| value + 1e-9));
                assert!(pick.marginal.value <= pick.alone.value.map(|value| value + 1e-9));
            }
            for estimate in all {
                assert!(estimate.explanation.adds_up(), "{:?}", estimate.explanation);
                assert!(estimate.lo <= estimate.value && estimate.value <= estimate.hi, "{estimate:?}");
                assert_eq!((estimate.grade, estimate.as_of), (Grade::C, Some(Timestamp(5))));
            }
            let [once, twice, thrice] = &told.reached_at_least;
            assert!(once.value >= twice.value && twice.value >= thrice.value);
            if problem.objective().times() == 1 {
                assert!((once.value.expect("known") - plan.value).abs() < 1e-9);
            }
            assert!(told.certificate_words.contains("for this model and these inputs"));
        }
    }

    #[test]
    fn without_calibration_reach_is_a_score_and_not_a_number_of_people() {
        let problem = made_up(1, 10, 30, 1);
        let plan = choose(&problem, &ChooseSettings::fast()).expect("a plan");
        let shown = ToldSettings { chances: Chances::Uncalibrated, grade: Grade::C, as_of: None };
        let told = told(&problem, &plan, None, &shown);
        assert_eq!((told.reach.unit, told.reached_at_least[0].unit), (Unit::Score, Unit::Score));
        assert!(told.picks.iter().all(|pick| pick.stays.is_none()));
    }
}
