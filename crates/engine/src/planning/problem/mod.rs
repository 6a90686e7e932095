//! What a plan is chosen from: candidates with what they cost, whom they may reach, and the rules a person sets.
//!
//! A cost is known, in one currency, or the candidate is refused by name: an unknown price never counts as 0. Rules that
//! cannot hold together are answered with the smallest set that clashes and what would help.

mod checks;
mod clash;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::pairs::Pairs;
use super::rules::{Form, Rules};

use checks::{checked_budget, checked_costs, checked_shapes};
pub use clash::{Change, Clash};

/// Most times that an exposure may count for one person.
pub const TIMES_MAX: usize = 8;

/// A kind of label that limits can be set on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    Niche,
    /// A conversation group.
    Group,
    Platform,
    Language,
    Tier,
    Agency,
}

impl LabelKind {
    pub fn words(self) -> &'static str {
        match self {
            LabelKind::Niche => "niche",
            LabelKind::Group => "conversation group",
            LabelKind::Platform => "platform",
            LabelKind::Language => "language",
            LabelKind::Tier => "tier",
            LabelKind::Agency => "agency",
        }
    }
}

/// Something a candidate is filed under.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Label {
    pub kind: LabelKind,
    pub name: String,
}

/// One offer of one creator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// As messages call it: "@ana, one reel".
    pub name: String,
    /// Offers with the same number are of one creator; at most one of them is chosen.
    pub creator: i64,
    /// Fee, product at cost, shipping and expected commission together; `None`: not known.
    pub cost: Option<Money>,
    pub labels: Vec<Label>,
}

/// How often a person has to be met until meeting them again adds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Distinct people, each counted once.
    Once,
    /// `E[min(times, exposures)]` a person; 2 where nothing else is said.
    Repeated { times: usize },
}

impl Objective {
    pub fn times(self) -> usize {
        match self {
            Objective::Once => 1,
            Objective::Repeated { times } => times,
        }
    }
}

/// How many of a label a plan may hold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LabelLimit {
    pub label: Label,
    pub at_least: usize,
    pub at_most: Option<usize>,
}

/// What a plan must keep. Candidates are named by their place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanRules {
    pub budget: Money,
    pub creators_min: usize,
    pub creators_max: Option<usize>,
    pub must: Vec<usize>,
    /// Of each of these sets at least one: a creator with several offers who must be in.
    pub must_one_of: Vec<Vec<usize>>,
    pub never: Vec<usize>,
    /// Agreed already: in the plan and paid from the budget.
    pub agreed: Vec<usize>,
    pub limits: Vec<LabelLimit>,
    /// A conversation group that the plan enters gets at least so many creators, so that they support each other; 0 or 1:
    /// no such rule. At least so many of one named group is a [`LabelLimit`].
    pub together_min: usize,
    /// Two who must not run together (exclusivity).
    pub conflicts: Vec<(usize, usize)>,
}

impl PlanRules {
    pub fn within(budget: Money) -> PlanRules {
        PlanRules {
            budget,
            creators_min: 0,
            creators_max: None,
            must: vec![],
            must_one_of: vec![],
            never: vec![],
            agreed: vec![],
            limits: vec![],
            together_min: 0,
            conflicts: vec![],
        }
    }
}

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("there is no candidate to choose from; add creators to the plan first")]
    NoCandidates,
    #[error("the price of {names} is not known; ask for it or take the estimated one, it never counts as 0")]
    UnknownCost { candidates: Vec<usize>, names: String },
    #[error("the price of {name} is below 0; correct it")]
    NegativeCost { candidate: usize, name: String },
    #[error("the price of {name} is in {found} and the budget in {budget}; convert it at a stored rate first")]
    MixedCurrencies { candidate: usize, name: String, found: Currency, budget: Currency },
    #[error("the budget is {minor_units} {currency} (in the smallest unit); set one above 0")]
    NoBudget { minor_units: i64, currency: Currency },
    #[error(
        "nobody is affordable: the cheapest, {name}, costs {} and the budget is {}",
        amount(*.cheapest, *.currency), amount(*.budget, *.currency)
    )]
    NobodyAffordable { name: String, cheapest: u64, budget: u64, currency: Currency },
    #[error("an exposure may count 1 to {TIMES_MAX} times, got {0}")]
    Times(usize),
    #[error("{what}: {given} given, {expected} expected")]
    Shapes { what: &'static str, given: usize, expected: usize },
    #[error("person {person}: a weight is 0 or more and finite, got {weight}")]
    Weight { person: usize, weight: f64 },
    #[error("a rule names candidate {place}, counted from 0; there are {candidates}")]
    NoSuchCandidate { place: usize, candidates: usize },
    #[error("{0}")]
    Clash(Box<Clash>),
    #[error("no plan that keeps all rules was found within {steps} steps, and none was ruled out; loosen a minimum")]
    NotFound { steps: usize },
}

/// A checked problem: every cost known in one currency, rules that can hold together.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(super) candidates: Vec<Candidate>,
    pub(super) pairs: Arc<Pairs>,
    pub(super) weights: Arc<[f64]>,
    pub(super) times: usize,
    pub(super) costs: Vec<u64>,
    pub(super) budget: u64,
    pub(super) currency: Currency,
    pub(super) settings: PlanRules,
    pub(super) named: Vec<NamedRule>,
    pub(super) rules: Rules,
    /// The most candidates a plan may hold by rule.
    pub(super) picks_max: usize,
}

/// A rule with the words a person knows it by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedRule {
    pub form: Form,
    pub words: String,
}

impl Problem {
    /// Checks what a plan is to be chosen from.
    ///
    /// Inputs: `pairs` with one column a candidate; `weights`, one a person, 0 and up (1: a person counts once);
    /// `objective`; `rules`. Errors: [`PlanError`]; of rules that clash the smallest set is named, with changes that help.
    /// Cost: `O(pairs + rules)`; with minima a search of a limited number of steps.
    ///
    /// ```
    /// use engine::planning::{Candidate, Objective, Pairs, PlanRules, Problem};
    /// use model::Money;
    /// let ana = Candidate { name: "@ana".into(), creator: 1, cost: Money::new(900, "EUR").ok(), labels: vec![] };
    /// let pairs = Pairs::from_lists(2, vec![vec![(0, 1.0), (1, 0.5)]]).unwrap();
    /// let rules = PlanRules::within(Money::new(1000, "EUR").unwrap());
    /// let problem = Problem::new(vec![ana], pairs, vec![1.0; 2], Objective::Once, rules).unwrap();
    /// assert_eq!(problem.cost_of(&[0]), 900);
    /// ```
    pub fn new(
        candidates: Vec<Candidate>,
        pairs: impl Into<Arc<Pairs>>,
        weights: impl Into<Arc<[f64]>>,
        objective: Objective,
        rules: PlanRules,
    ) -> Result<Problem, PlanError> {
        let (pairs, weights) = (pairs.into(), weights.into());
        checked_shapes(&candidates, &pairs, &weights, objective, &rules)?;
        let costs = checked_costs(&candidates, &rules)?;
        let budget = checked_budget(&candidates, &costs, &rules)?;
        let named = named_rules(&candidates, &rules, budget);
        let compiled = Rules::new(candidates.len(), named.iter().map(|rule| &rule.form));
        let problem = Problem {
            picks_max: rules.creators_max.unwrap_or(usize::MAX).min(candidates.len()),
            currency: rules.budget.currency,
            times: objective.times(),
            settings: rules,
            rules: compiled,
            candidates,
            pairs,
            weights,
            costs,
            budget,
            named,
        };
        clash::checked(&problem)?;
        Ok(problem)
    }

    /// The same problem with another budget, in minor units.
    pub fn with_budget(&self, minor_units: u64) -> Result<Problem, PlanError> {
        let budget = Money { minor_units: i64::try_from(minor_units).unwrap_or(i64::MAX), currency: self.currency };
        let rules = PlanRules { budget, ..self.settings.clone() };
        self.with(self.pairs.clone(), rules)
    }

    /// The same problem with other rules.
    pub fn with_rules(&self, rules: PlanRules) -> Result<Problem, PlanError> {
        self.with(self.pairs.clone(), rules)
    }

    /// The same problem with people counting otherwise, one weight a person.
    pub fn with_weights(&self, weights: Vec<f64>) -> Result<Problem, PlanError> {
        let (candidates, pairs) = (self.candidates.clone(), self.pairs.clone());
        Problem::new(candidates, pairs, weights, self.objective(), self.settings.clone())
    }

    /// The same problem with other chances and prices, the rules as they are; for draws of what is not sure.
    pub(super) fn drawn(&self, pairs: Pairs, costs: Vec<u64>) -> Problem {
        Problem { pairs: Arc::new(pairs), costs, ..self.clone() }
    }

    fn with(&self, pairs: Arc<Pairs>, rules: PlanRules) -> Result<Problem, PlanError> {
        Problem::new(self.candidates.clone(), pairs, self.weights.clone(), self.objective(), rules)
    }

    pub fn objective(&self) -> Objective {
        if self.times == 1 { Objective::Once } else { Objective::Repeated { times: self.times } }
    }

    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    pub fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub fn rules(&self) -> &PlanRules {
        &self.settings
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// In minor units.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// What one candidate costs, in minor units.
    pub fn cost(&self, candidate: usize) -> u64 {
        self.costs[candidate]
    }

    /// What a set costs, in minor units.
    pub fn cost_of(&self, picks: &[u32]) -> u64 {
        picks.iter().fold(0, |sum: u64, pick| sum.saturating_add(self.costs[*pick as usize]))
    }

    /// Whether a set keeps every rule. Cost: `O(picks + rules)`.
    pub fn keeps_rules(&self, picks: &[u32]) -> bool {
        let mut standing = super::rules::Standing::new(&self.rules, &self.costs);
        for pick in picks {
            if !standing.allows(*pick) {
                return false;
            }
            standing.add(*pick);
        }
        standing.lacks_nothing() && self.rules.forced.iter().all(|forced| standing.is_in[*forced as usize])
    }
}

/// Every rule with its words. The order decides which rule is named first when several would do.
fn named_rules(candidates: &[Candidate], rules: &PlanRules, budget: u64) -> Vec<NamedRule> {
    let mut named = vec![NamedRule {
        form: Form::Budget(budget),
        words: format!("the budget of {}", amount(budget, rules.budget.currency)),
    }];
    let mut add = |form: Form, words: String| named.push(NamedRule { form, words });
    let name = |place: usize| candidates[place].name.as_str();
    let all: Vec<u32> = (0..candidates.len() as u32).collect();
    if rules.creators_min > 0 {
        let count = rules.creators_min;
        add(Form::AtLeast { members: all.clone(), count }, format!("at least {count} creators"));
    }
    if let Some(count) = rules.creators_max {
        add(Form::AtMost { members: all, count }, format!("at most {count} creators"));
    }
    for place in &rules.agreed {
        add(Form::In(*place as u32), format!("{} is agreed already", name(*place)));
    }
    for place in &rules.must {
        add(Form::In(*place as u32), format!("{} must be in", name(*place)));
    }
    for places in &rules.must_one_of {
        let mut members: Vec<u32> = places.iter().map(|place| *place as u32).collect();
        members.sort_unstable();
        let words = places
            .first()
            .map_or_else(String::new, |place| format!("{} or another offer of theirs must be in", name(*place)));
        add(Form::AtLeast { members, count: 1 }, words);
    }
    for place in &rules.never {
        add(Form::Out(*place as u32), format!("{} never", name(*place)));
    }
    let mut filed: BTreeMap<&Label, Vec<u32>> = BTreeMap::new();
    let mut offers: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let mut labels: Vec<&Label> = candidate.labels.iter().collect();
        labels.sort_unstable();
        labels.dedup();
        for label in labels {
            filed.entry(label).or_default().push(place as u32);
        }
        offers.entry(candidate.creator).or_default().push(place as u32);
    }
    for limit in &rules.limits {
        let members = filed.get(&limit.label).cloned().unwrap_or_default();
        let of = format!("{} {}", limit.label.kind.words(), limit.label.name);
        if limit.at_least > 0 {
            let count = limit.at_least;
            add(Form::AtLeast { members: members.clone(), count }, format!("at least {count} of {of}"));
        }
        if let Some(count) = limit.at_most {
            add(Form::AtMost { members, count }, format!("at most {count} of {of}"));
        }
    }
    if rules.together_min > 1 {
        let count = rules.together_min;
        for (label, members) in filed.iter().filter(|(label, _)| label.kind == LabelKind::Group) {
            let words = format!("none or at least {count} of conversation group {}", label.name);
            add(Form::NoneOrAtLeast { members: members.clone(), count }, words);
        }
    }
    for (one, other) in &rules.conflicts {
        let form = Form::NotBoth(*one.min(other) as u32, *one.max(other) as u32);
        add(form, format!("{} and {} not together", name(*one), name(*other)));
    }
    for members in offers.into_values().filter(|members| members.len() > 1) {
        let words = format!("one offer at most of the creator of {}", name(members[0] as usize));
        add(Form::AtMost { members, count: 1 }, words);
    }
    named
}

/// An amount in whole units: "12.50 EUR".
pub(super) fn amount(minor_units: u64, currency: Currency) -> String {
    let decimals = currency.decimals();
    let unit = 10u64.pow(decimals);
    match decimals {
        0 => format!("{minor_units} {currency}"),
        _ => format!("{}.{:0width$} {currency}", minor_units / unit, minor_units % unit, width = decimals as usize),
    }
}

#[cfg(test)]
mod tests;
