//! Rules that cannot hold together: the smallest set of them that clashes, and what would have to change.

use std::cell::Cell;

use super::super::rules::{Completed, Form, Look, Rules, Standing, complete};
use super::{NamedRule, PlanError, Problem, amount};

/// Steps of one search for a plan that keeps the rules.
const STEPS: usize = 20_000;
/// Steps of all searches for the smallest clashing set together.
const STEPS_IN_ALL: usize = 400_000;
/// Sets of so many rules are tried one by one before falling back on dropping one rule after the other.
const SMALL_SET: usize = 3;
/// Sets tried at most.
const SETS_MAX: usize = 20_000;

/// Rules that cannot hold together.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// The words of the rules; leaving out any one of them lets the others hold.
    pub rules: Vec<String>,
    /// Whether no smaller set of the rules clashes.
    pub is_smallest: bool,
    /// What would help, each alone, the smallest first; empty: no single change does.
    pub changes: Vec<Change>,
}

/// One change that lets all other rules hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// "raise the budget to 120.00 EUR".
    pub words: String,
    /// How much it changes: 0 and up, the share by which a number moves; 1 for a rule given up.
    pub size: f64,
}

impl std::fmt::Display for Clash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "these rules cannot hold together: {}", self.rules.join("; "))?;
        match self.changes.as_slice() {
            [] => write!(f, ". No single change helps; give up one of them and see what is left"),
            changes => {
                let words: Vec<&str> = changes.iter().map(|change| change.words.as_str()).collect();
                write!(f, ". What would help: {}", words.join(", or "))
            }
        }
    }
}

/// The asking of one problem's rules, with how many steps are left.
struct Asking<'a> {
    costs: &'a [u64],
    steps_left: Cell<usize>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Answer {
    Yes,
    No,
    NotKnown,
}

impl Asking<'_> {
    fn completed<'f>(&self, forms: impl Iterator<Item = &'f Form>, look: Look) -> Completed {
        let rules = Rules::new(self.costs.len(), forms);
        let mut standing = Standing::new(&rules, self.costs);
        if !standing.add_forced() {
            return Completed::Impossible;
        }
        let steps = STEPS.min(self.steps_left.get());
        self.steps_left.set(self.steps_left.get().saturating_sub(steps / 50 + 1));
        complete(&standing, look, steps)
    }

    fn can_hold<'f>(&self, forms: impl Iterator<Item = &'f Form>) -> Answer {
        match self.completed(forms, Look::First) {
            Completed::By { .. } => Answer::Yes,
            Completed::Impossible => Answer::No,
            Completed::NotKnown => Answer::NotKnown,
        }
    }
}

/// Refuses a problem whose rules cannot hold together.
pub(super) fn checked(problem: &Problem) -> Result<(), PlanError> {
    let asking = Asking { costs: &problem.costs, steps_left: Cell::new(STEPS_IN_ALL) };
    let named = &problem.named;
    let answer = match contradiction(named) {
        Some(both) => Err((both, true)),
        None => match asking.can_hold(named.iter().map(|rule| &rule.form)) {
            Answer::Yes => Ok(()),
            Answer::NotKnown => return Err(PlanError::NotFound { steps: STEPS }),
            Answer::No => Err(smallest(&asking, named)),
        },
    };
    match answer {
        Ok(()) => Ok(()),
        Err((clashing, is_smallest)) => {
            let rules = clashing.iter().map(|place| named[*place].words.clone()).collect();
            let mut changes: Vec<Change> =
                clashing.iter().filter_map(|place| change(&asking, problem, *place)).collect();
            changes.sort_by(|a, b| a.size.total_cmp(&b.size));
            Err(PlanError::Clash(Box::new(Clash { rules, is_smallest, changes })))
        }
    }
}

/// Rules that contradict each other on their face: more of some than of those and others, or more than there are. The search
/// would go through every set of so many before it knew.
fn contradiction(named: &[NamedRule]) -> Option<Vec<usize>> {
    let is_among = |some: &[u32], all: &[u32]| some.iter().all(|one| all.binary_search(one).is_ok());
    for (place, rule) in named.iter().enumerate() {
        let Form::AtLeast { members, count: least } = &rule.form else { continue };
        if *least > members.len() {
            return Some(vec![place]);
        }
        for (other, most) in named.iter().enumerate() {
            if let Form::AtMost { members: among, count } = &most.form
                && least > count
                && is_among(members, among)
            {
                return Some(vec![place, other]);
            }
        }
    }
    None
}

/// A smallest set of rules that clash: rule by rule dropped where the rest still clash, then all sets that are smaller.
fn smallest(asking: &Asking<'_>, named: &[NamedRule]) -> (Vec<usize>, bool) {
    let clash = |places: &[usize]| asking.can_hold(places.iter().map(|place| &named[*place].form)) == Answer::No;
    let mut kept: Vec<usize> = (0..named.len()).collect();
    let mut place = 0;
    while place < kept.len() {
        let mut without = kept.clone();
        without.remove(place);
        if clash(&without) {
            kept = without;
        } else {
            place += 1;
        }
    }
    let mut tried = 0;
    for size in 1..kept.len() {
        if size > SMALL_SET {
            return (kept, false);
        }
        let mut places: Vec<usize> = (0..size).collect();
        loop {
            tried += 1;
            if tried > SETS_MAX || asking.steps_left.get() == 0 {
                return (kept, false);
            }
            if clash(&places) {
                return (places, true);
            }
            if !next_set(&mut places, named.len()) {
                break;
            }
        }
    }
    (kept, true)
}

/// The next set of places in the order of the dictionary.
fn next_set(places: &mut [usize], total: usize) -> bool {
    let size = places.len();
    for at in (0..size).rev() {
        if places[at] < total - size + at {
            places[at] += 1;
            for later in at + 1..size {
                places[later] = places[later - 1] + 1;
            }
            return true;
        }
    }
    false
}

/// The smallest change of one rule that lets all others hold; `None` where none does.
fn change(asking: &Asking<'_>, problem: &Problem, place: usize) -> Option<Change> {
    let named = &problem.named;
    let others = || named.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, rule)| &rule.form);
    let holds = |form: &Form| {
        let mut forms: Vec<&Form> = others().collect();
        forms.push(form);
        asking.can_hold(forms.into_iter()) == Answer::Yes
    };
    let words = &named[place].words;
    let moved = |from: usize, to: usize| (from.abs_diff(to)) as f64 / from.max(1) as f64;
    match &named[place].form {
        Form::Budget(budget) => match asking.completed(others(), Look::Cheapest) {
            Completed::By { cost, .. } => Some(Change {
                words: format!("raise the budget to {}", amount(cost, problem.currency)),
                size: cost.saturating_sub(*budget) as f64 / (*budget).max(1) as f64,
            }),
            _ => None,
        },
        Form::AtLeast { members, count } => {
            let lower = |less: &usize| holds(&Form::AtLeast { members: members.clone(), count: *less });
            let less = (0..*count).rev().find(lower)?;
            Some(Change { words: format!("instead of {words}, at least {less}"), size: moved(*count, less) })
        }
        Form::NoneOrAtLeast { members, count } => {
            let lower = |less: &usize| holds(&Form::NoneOrAtLeast { members: members.clone(), count: *less });
            let less = (1..*count).rev().find(lower)?;
            Some(Change { words: format!("instead of {words}, none or at least {less}"), size: moved(*count, less) })
        }
        Form::AtMost { members, count } => {
            let higher = |more: &usize| holds(&Form::AtMost { members: members.clone(), count: *more });
            let more = (count + 1..=members.len()).find(higher)?;
            Some(Change { words: format!("instead of {words}, at most {more}"), size: moved(*count, more) })
        }
        Form::In(_) | Form::Out(_) | Form::NotBoth(..) => (asking.can_hold(others()) == Answer::Yes)
            .then(|| Change { words: format!("give up that {words}"), size: 1.0 }),
    }
}
