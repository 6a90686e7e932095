//! The five rules: last touch, first touch, linear, position 40/20/40 and time decay. Each looks at one journey alone.
//!
//! A touch is what is weighed: a creator met three times in a journey is weighed three times. Journeys that did not
//! buy carry no credit here. Every rule gives away the whole of every order, so credits add up to the orders and, in
//! minor units, to their value exactly. Source of the rules: the field's documentation (position and time decay as in
//! Google Analytics before 2023); the two-touch case of position is ours to name and stands below.

use model::Days;

use super::credits::{Account, Credits, whole_weights};
use super::journeys::{AttributionError, Journeys, Path};

/// Who was met last before the order gets all of it. The rule that is paid by unless a report says otherwise.
///
/// Where link and code named different creators and the order was decided for one ([`super::Journey::decided`]),
/// that creator counts as the last. Output: credits by creator, 0 and up. Cost: O(journeys).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, rules};
/// let file = parse_paths("paths.csv", "path,conversions,nulls\nana>ben>ana,3,5\nben,2,7\n", 2).unwrap();
/// let credits = rules::last_touch(&file.journeys().unwrap());
/// assert_eq!(credits.conversions, [3.0, 2.0]); // ana, ben
/// ```
pub fn last_touch(journeys: &Journeys) -> Credits {
    let mut account = Account::new(journeys.creators());
    for path in journeys.paths() {
        let last = path.creators[path.creators.len() - 1];
        account.book_whole(path.end.decided.unwrap_or(last), path.end);
    }
    account.settle()
}

/// Who was met first in the window gets all of the order. Output: credits by creator, 0 and up. Cost: O(journeys).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, rules};
/// let file = parse_paths("paths.csv", "path,conversions,nulls\nben>ana>ana,10,5\n", 2).unwrap();
/// assert_eq!(rules::first_touch(&file.journeys().unwrap()).conversions, [0.0, 10.0]); // ana, ben
/// ```
pub fn first_touch(journeys: &Journeys) -> Credits {
    let mut account = Account::new(journeys.creators());
    for path in journeys.paths() {
        account.book_whole(path.creators[0], path.end);
    }
    account.settle()
}

/// Every touch gets the same share: 1/n of the order. Output: credits by creator, 0 and up. Cost: O(touches).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, rules};
/// let file = parse_paths("paths.csv", "path,conversions,nulls\nana>ben>ana>ana,10,5\n", 2).unwrap();
/// assert_eq!(rules::linear(&file.journeys().unwrap()).conversions, [7.5, 2.5]); // ana, ben
/// ```
pub fn linear(journeys: &Journeys) -> Credits {
    by_touch(journeys, |path, weights| weights.resize(path.creators.len(), 1))
}

/// First and last touch get 40 % each, those between share 20 %.
///
/// One touch gets everything; of two each gets half (there is no middle, and 40 and 40 are made to add up to 100).
/// Output: credits by creator, 0 and up. Cost: O(touches).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, rules};
/// let file = parse_paths("paths.csv", "path,conversions,nulls\nana>ben>ana,10,5\n", 2).unwrap();
/// assert_eq!(rules::position(&file.journeys().unwrap()).conversions, [8.0, 2.0]); // ana, ben
/// ```
pub fn position(journeys: &Journeys) -> Credits {
    by_touch(journeys, |path, weights| {
        let touches = path.creators.len();
        weights.resize(touches, 1);
        if touches > 2 {
            // In units of 1/5 of a middle share: each end 2 (n - 2), the n - 2 touches between 1 each.
            let at_the_ends = 2 * (touches as u64 - 2);
            (weights[0], weights[touches - 1]) = (at_the_ends, at_the_ends);
        }
    })
}

/// The nearer to the order, the more: a touch one half-life older weighs half as much.
///
/// Formula: weight `2^(-age / half-life)`, age from touch to order. Only ratios matter, so ages are counted from the
/// last touch; a touch more than 52 half-lives older than it weighs 0.
/// Input: `half_life`, at least one day (the field's default is 7). Output: credits by creator, 0 and up.
/// Errors: [`AttributionError::NoHalfLife`]. Cost: O(touches).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, rules};
/// use model::Days;
/// let file = parse_paths("paths.csv", "path,days_before,conversions,nulls\nana>ben,9>2,3,0\n", 2).unwrap();
/// let credits = rules::time_decay(&file.journeys().unwrap(), Days(7)).unwrap();
/// assert!((credits.conversions[0] - 1.0).abs() < 1e-12 && (credits.conversions[1] - 2.0).abs() < 1e-12);
/// ```
pub fn time_decay(journeys: &Journeys, half_life: Days) -> Result<Credits, AttributionError> {
    if half_life == Days(0) {
        return Err(AttributionError::NoHalfLife);
    }
    let half_life_microseconds = half_life.as_seconds() as f64 * 1e6;
    let mut decayed = vec![];
    Ok(by_touch(journeys, |path, weights| {
        let youngest = path.ages_microseconds[path.ages_microseconds.len() - 1];
        let older = path.ages_microseconds.iter().map(|age| age.saturating_sub(youngest) as f64);
        decayed.clear();
        decayed.extend(older.map(|older| (-older / half_life_microseconds).exp2()));
        whole_weights(&decayed, weights);
    }))
}

/// Books every journey that carries an order or money by the weights that `weigh` puts into the emptied list.
fn by_touch(journeys: &Journeys, mut weigh: impl FnMut(&Path<'_>, &mut Vec<u64>)) -> Credits {
    let mut account = Account::new(journeys.creators());
    let mut weights = vec![];
    for path in journeys.paths().filter(|path| path.end.conversions > 0 || path.end.value_minor_units != 0) {
        weights.clear();
        weigh(&path, &mut weights);
        account.book(path.creators, &weights, path.end);
    }
    account.settle()
}
