//! The rules a plan keeps, all brought to a few simple forms, and the search for the cheapest plan that keeps them.
//!
//! Minima make even "is there any plan" a hard question; it is answered by trying the scarcest need first, cheapest
//! candidate first, with a limit of steps. Above the limit the answer is "not known", never a wrong yes or no.

/// One rule, in the forms the search knows. `members` are places of candidates, ascending.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Costs add up to at most this, in minor units.
    Budget(u64),
    AtLeast {
        members: Vec<u32>,
        count: usize,
    },
    AtMost {
        members: Vec<u32>,
        count: usize,
    },
    /// None of the members, or at least `count`.
    NoneOrAtLeast {
        members: Vec<u32>,
        count: usize,
    },
    In(u32),
    Out(u32),
    NotBoth(u32, u32),
}

/// How many of a set of candidates a plan may hold.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub members: Vec<u32>,
    pub least: usize,
    pub most: usize,
    /// `least` holds only once there is one.
    pub only_if_any: bool,
}

/// Rules made ready for asking.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub budget: Option<u64>,
    pub forced: Vec<u32>,
    pub out: Vec<bool>,
    pub limits: Vec<Limit>,
    pub limits_of: Vec<Vec<u32>>,
    pub rivals: Vec<Vec<u32>>,
    /// Whether any rule asks for something; without, every plan within the maxima is one.
    pub has_minima: bool,
}

impl Rules {
    pub fn new<'a>(candidates: usize, forms: impl Iterator<Item = &'a Form>) -> Rules {
        let mut rules = Rules {
            budget: None,
            forced: vec![],
            out: vec![false; candidates],
            limits: vec![],
            limits_of: vec![vec![]; candidates],
            rivals: vec![vec![]; candidates],
            has_minima: false,
        };
        for form in forms {
            match form {
                Form::Budget(budget) => rules.budget = Some(rules.budget.map_or(*budget, |old| old.min(*budget))),
                Form::AtLeast { members, count } => rules.limit(members, *count, usize::MAX, false),
                Form::AtMost { members, count } => rules.limit(members, 0, *count, false),
                Form::NoneOrAtLeast { members, count } => rules.limit(members, *count, usize::MAX, true),
                Form::In(candidate) => rules.forced.push(*candidate),
                Form::Out(candidate) => rules.out[*candidate as usize] = true,
                Form::NotBoth(one, other) => {
                    rules.rivals[*one as usize].push(*other);
                    rules.rivals[*other as usize].push(*one);
                }
            }
        }
        rules.forced.sort_unstable();
        rules.forced.dedup();
        rules.has_minima = rules.limits.iter().any(|limit| limit.least > 0);
        rules
    }

    fn limit(&mut self, members: &[u32], least: usize, most: usize, only_if_any: bool) {
        let place = self.limits.len() as u32;
        for member in members {
            self.limits_of[*member as usize].push(place);
        }
        self.limits.push(Limit { members: members.to_vec(), least, most, only_if_any });
    }
}

/// A plan in the making: who is in, what it costs, how many of each limit.
#[derive(Clone, Debug)]
pub(super) struct Standing<'a> {
    pub rules: &'a Rules,
    costs: &'a [u64],
    pub is_in: Vec<bool>,
    pub cost: u64,
    counts: Vec<usize>,
}

impl<'a> Standing<'a> {
    pub fn new(rules: &'a Rules, costs: &'a [u64]) -> Standing<'a> {
        Standing { rules, costs, is_in: vec![false; costs.len()], cost: 0, counts: vec![0; rules.limits.len()] }
    }

    /// Whether adding breaks none of the rules that only forbid (budget, maxima, rivals, never).
    #[inline]
    pub fn allows(&self, candidate: u32) -> bool {
        let place = candidate as usize;
        if self.is_in[place] || self.rules.out[place] {
            return false;
        }
        let cost = self.cost.saturating_add(self.costs[place]);
        self.rules.budget.is_none_or(|budget| cost <= budget)
            && self.rules.limits_of[place]
                .iter()
                .all(|limit| self.counts[*limit as usize] < self.rules.limits[*limit as usize].most)
            && self.rules.rivals[place].iter().all(|rival| !self.is_in[*rival as usize])
    }

    pub fn add(&mut self, candidate: u32) {
        self.is_in[candidate as usize] = true;
        self.cost = self.cost.saturating_add(self.costs[candidate as usize]);
        for limit in &self.rules.limits_of[candidate as usize] {
            self.counts[*limit as usize] += 1;
        }
    }

    pub fn remove(&mut self, candidate: u32) {
        self.is_in[candidate as usize] = false;
        self.cost -= self.costs[candidate as usize];
        for limit in &self.rules.limits_of[candidate as usize] {
            self.counts[*limit as usize] -= 1;
        }
    }

    /// How many more a limit needs.
    fn lacking(&self, limit: usize) -> usize {
        let (rule, count) = (&self.rules.limits[limit], self.counts[limit]);
        if rule.only_if_any && count == 0 { 0 } else { rule.least.saturating_sub(count) }
    }

    pub fn lacks_nothing(&self) -> bool {
        !self.rules.has_minima || (0..self.rules.limits.len()).all(|limit| self.lacking(limit) == 0)
    }

    /// Adds every forced candidate; `false` where a rule forbids one.
    pub fn add_forced(&mut self) -> bool {
        let rules = self.rules;
        for candidate in &rules.forced {
            if !self.allows(*candidate) {
                return false;
            }
            self.add(*candidate);
        }
        true
    }
}

/// Whether a plan in the making can be made whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Completed {
    /// By adding these; `is_cheapest` where no cheaper addition exists.
    By { added: Vec<u32>, cost: u64, is_cheapest: bool },
    /// By nothing.
    Impossible,
    /// The search took more steps than allowed.
    NotKnown,
}

/// What a search for a completion looks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Look {
    First,
    Cheapest,
}

/// Finds candidates to add so that every rule holds: the scarcest need first, its cheapest candidate first.
///
/// Cost: up to `steps_max` steps of `O(limits x members)`. Source: depth-first branch and bound.
pub(super) fn complete(standing: &Standing<'_>, look: Look, steps_max: usize) -> Completed {
    if standing.lacks_nothing() {
        return Completed::By { added: vec![], cost: standing.cost, is_cheapest: true };
    }
    let mut search = Search {
        standing: standing.clone(),
        barred: vec![false; standing.is_in.len()],
        added: vec![],
        best: None,
        look,
        steps_left: steps_max,
    };
    search.deepen();
    let is_whole = search.steps_left > 0;
    match search.best {
        Some((cost, added)) => Completed::By { added, cost, is_cheapest: is_whole && look == Look::Cheapest },
        None if is_whole => Completed::Impossible,
        None => Completed::NotKnown,
    }
}

struct Search<'a> {
    standing: Standing<'a>,
    barred: Vec<bool>,
    added: Vec<u32>,
    best: Option<(u64, Vec<u32>)>,
    look: Look,
    steps_left: usize,
}

impl Search<'_> {
    fn is_done(&self) -> bool {
        self.steps_left == 0 || (self.look == Look::First && self.best.is_some())
    }

    fn deepen(&mut self) {
        if self.is_done() {
            return;
        }
        self.steps_left -= 1;
        let Some((options, least_cost)) = self.scarcest() else {
            if self.best.as_ref().is_none_or(|best| self.standing.cost < best.0) {
                self.best = Some((self.standing.cost, self.added.clone()));
            }
            return;
        };
        let cannot_win = |best: &(u64, Vec<u32>)| self.standing.cost.saturating_add(least_cost) >= best.0;
        let is_too_dear = |budget: u64| self.standing.cost.saturating_add(least_cost) > budget;
        if self.best.as_ref().is_some_and(cannot_win) || self.standing.rules.budget.is_some_and(is_too_dear) {
            return;
        }
        let mut tried = vec![];
        for option in options {
            self.standing.add(option);
            self.added.push(option);
            self.deepen();
            self.added.pop();
            self.standing.remove(option);
            // Plans with this one were all looked at: what follows is without it.
            self.barred[option as usize] = true;
            tried.push(option);
            if self.is_done() {
                break;
            }
        }
        for option in tried {
            self.barred[option as usize] = false;
        }
    }

    /// The need with the fewest ways to meet it, those ways by cost, and the least that all needs cost.
    fn scarcest(&self) -> Option<(Vec<u32>, u64)> {
        let (mut scarcest, mut slack_min, mut least_cost) = (None, usize::MAX, 0);
        for limit in 0..self.standing.rules.limits.len() {
            let lacking = self.standing.lacking(limit);
            if lacking == 0 {
                continue;
            }
            let is_open = |member: &&u32| !self.barred[**member as usize] && self.standing.allows(**member);
            let mut open: Vec<u32> =
                self.standing.rules.limits[limit].members.iter().filter(is_open).copied().collect();
            open.sort_by_key(|member| (self.standing.costs[*member as usize], *member));
            if open.len() < lacking {
                return Some((vec![], u64::MAX));
            }
            let cheapest: u64 = open[..lacking].iter().map(|member| self.standing.costs[*member as usize]).sum();
            least_cost = least_cost.max(cheapest);
            let slack = open.len() - lacking;
            if slack < slack_min {
                (scarcest, slack_min) = (Some(open), slack);
            }
        }
        scarcest.map(|options| (options, least_cost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheapest(costs: &[u64], forms: &[Form]) -> Completed {
        let rules = Rules::new(costs.len(), forms.iter());
        let mut standing = Standing::new(&rules, costs);
        if standing.add_forced() { complete(&standing, Look::Cheapest, 10_000) } else { Completed::Impossible }
    }

    #[test]
    fn the_cheapest_way_to_meet_overlapping_needs_uses_who_meets_both() {
        let forms = [
            Form::AtLeast { members: vec![0, 2], count: 1 },
            Form::AtLeast { members: vec![1, 2], count: 1 },
            Form::Budget(100),
        ];
        let found = cheapest(&[10, 10, 15], &forms);
        assert_eq!(found, Completed::By { added: vec![2], cost: 15, is_cheapest: true });
        assert_eq!(cheapest(&[10, 10, 25], &forms), Completed::By { added: vec![0, 1], cost: 20, is_cheapest: true });
        assert_eq!(cheapest(&[60, 60, 125], &forms), Completed::Impossible);
    }

    #[test]
    fn a_group_that_is_entered_is_made_strong_enough() {
        let forms = [Form::NoneOrAtLeast { members: vec![0, 1, 2], count: 2 }, Form::In(0)];
        assert_eq!(cheapest(&[5, 9, 7], &forms), Completed::By { added: vec![2], cost: 12, is_cheapest: true });
        assert_eq!(cheapest(&[5, 9, 7], &forms[..1]), Completed::By { added: vec![], cost: 0, is_cheapest: true });
        let rivals = [forms[0].clone(), forms[1].clone(), Form::NotBoth(0, 1), Form::NotBoth(0, 2)];
        assert_eq!(cheapest(&[5, 9, 7], &rivals), Completed::Impossible);
    }
}
