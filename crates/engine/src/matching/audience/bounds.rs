//! Audiences of which only the size is known: what cannot be passed, and what would be so if they were unrelated.

use super::Found;

/// The fewest and the most people that several audiences can hold together.
///
/// Formula: `max <= distinct <= min(sum, universe)`. Inputs: audiences, each with the people it holds for sure and at
/// most (equal for a known size); `universe_people`, how many there are at all. Output: ends in people, no value:
/// nothing says where between them. Cost: O(audiences). Source: set theory.
///
/// ```
/// use engine::matching::audience::bounds::distinct_bounds;
/// let ends = distinct_bounds(&[(40.0, 40.0), (70.0, 70.0)], Some(100));
/// assert_eq!((ends.value, ends.lo, ends.hi), (None, 70.0, 100.0));
/// ```
pub fn distinct_bounds(audiences: &[(f64, f64)], universe_people: Option<u64>) -> Found {
    let lo = audiences.iter().map(|ends| ends.0).fold(0.0, f64::max);
    let sum: f64 = audiences.iter().map(|ends| ends.1).sum();
    let hi = universe_people.map_or(sum, |people| sum.min(people as f64)).max(lo);
    Found { value: None, lo, hi }
}

/// The fewest and the most people that two audiences can share: `max(0, N_a + N_b - universe)` to the smaller one.
pub fn shared_bounds(people_a: u64, people_b: u64, universe_people: Option<u64>) -> Found {
    let hi = people_a.min(people_b);
    let lo = universe_people.map_or(0, |people| (people_a + people_b).saturating_sub(people)).min(hi);
    Found { value: None, lo: lo as f64, hi: hi as f64 }
}

/// How many people the audiences would hold if they were unrelated. Never an estimate: audiences of one niche are
/// related, and this is then wrong either way.
///
/// Formula: `universe (1 - product(1 - N_j / universe))`. Output: people; `None` where no universe is stated or one
/// audience is larger than it. Cost: O(audiences).
pub fn distinct_if_unrelated(people: &[u64], universe_people: Option<u64>) -> Option<f64> {
    let universe =
        universe_people.filter(|universe| *universe > 0 && people.iter().all(|people| people <= universe))?;
    let missed: f64 = people.iter().map(|people| 1.0 - *people as f64 / universe as f64).product();
    Some(universe as f64 * (1.0 - missed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_universe_lowers_the_most_and_raises_the_least_shared() {
        assert_eq!(distinct_bounds(&[(40.0, 40.0), (70.0, 70.0)], None).hi, 110.0);
        let shared = shared_bounds(40, 70, Some(100));
        assert_eq!((shared.value, shared.lo, shared.hi), (None, 10.0, 40.0));
        assert_eq!(shared_bounds(40, 70, None).lo, 0.0);
    }

    #[test]
    fn the_unrelated_figure_needs_a_universe_and_lies_within_the_ends() {
        assert_eq!(distinct_if_unrelated(&[40, 70], None), None);
        assert_eq!(distinct_if_unrelated(&[40, 170], Some(100)), None);
        let unrelated = distinct_if_unrelated(&[40, 70], Some(100)).expect("a universe");
        assert!((unrelated - 82.0).abs() < 1e-9);
    }
}
