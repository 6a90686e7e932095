//! The Shapley value: each order is shared equally among the different creators its buyer met.
//!
//! The game: a coalition of creators is worth the orders of those journeys that met nobody outside it,
//! `v(S) = sum of conversions over journeys whose set of creators lies within S`. It is a sum of one small game a
//! journey ("all of these together, or nothing"), and in such a game the Shapley value gives each member the same, so
//! `credit of k = sum over journeys that met k of conversions / (number of different creators met)`: exact for any
//! number of creators, without going over 2^n coalitions. Order and repetition do not matter.
//! Source: Shapley, "A value for n-person games" (1953); the closed form Zhao, Mahboobi, Bagheri, "Shapley value
//! methods for attribution modeling in online advertising" (2018).
//!
//! Other tools play another game: `v(S)` is the rate at which journeys that met exactly S bought. We do not, for three
//! reasons. Its credits are rates that add up to the rate of the full coalition, not to the orders, so they have to be
//! scaled. It needs a rate for every coalition, and most were met by nobody or by three people. It is not monotone, so
//! a creator can be credited with fewer than 0 orders. What ours leaves out in return is that it does not look at
//! journeys that did not buy; Markov does, and the range over models shows both.

use super::credits::{Account, Credits};
use super::journeys::Journeys;

/// Shares each order equally among the different creators met.
///
/// Output: credits by creator, 0 and up; they add up to the orders, and exactly to their value. Money is shared by the
/// same rule, in the game whose worth is the journeys' value; there a refund lowers every share alike.
/// Cost: O(touches log touches of a journey).
///
/// ```
/// use engine::measurement::attribution::{paths::parse_paths, shapley::shapley};
/// let file = parse_paths("paths.csv", "path,conversions,nulls\nana>ben>ana,3,5\nben,2,7\n", 2).unwrap();
/// let credits = shapley(&file.journeys().unwrap());
/// assert_eq!(credits.conversions, [1.5, 3.5]); // ana, ben
/// ```
pub fn shapley(journeys: &Journeys) -> Credits {
    let mut account = Account::new(journeys.creators());
    let (mut met, mut weights): (Vec<u32>, Vec<u64>) = (vec![], vec![]);
    for path in journeys.paths().filter(|path| path.end.conversions > 0 || path.end.value_minor_units != 0) {
        met.clear();
        met.extend(path.creators);
        met.sort_unstable();
        met.dedup();
        weights.clear();
        weights.resize(met.len(), 1);
        account.book(&met, &weights, path.end);
    }
    account.settle()
}
