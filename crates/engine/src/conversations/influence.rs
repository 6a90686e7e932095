//! Who has a say among a brand's buyers, three ways beside each other: likely to be turned to, near to the buyers along
//! talk, and heard by everybody. Where they differ is the point: popularity is no influence on these buyers.

use model::{Estimate, Explanation, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::index::ConversationIndex;
use super::listening::estimate::{ScoredFor, listening_estimate};
use super::listening::last_window::Reading;
use super::listening::{Evidence, ListenedTo, ListeningModel, ListeningSettings, score};
use crate::graph::{PageRank, Seed, Start, gauss_seidel};

/// Whose talk is looked at, of one window and niche.
#[derive(Clone, Copy)]
pub struct InfluenceInputs<'a> {
    /// The talk of the window and the niche.
    pub index: &'a ConversationIndex,
    /// The market's model, learned on all of its talk.
    pub model: &'a ListeningModel,
    /// The brand's buyers, as accounts of the index.
    pub buyers: &'a [u32],
    /// Accounts that are not shown, such as the brand's own.
    pub excluded: &'a [u32],
    /// Whether the listening score may be read as people in this talk.
    pub reading: Reading,
}

/// What changes the three columns; stored and printed with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InfluenceSettings {
    pub listening: ListeningSettings,
    /// Both walks end when the ranks are at most so far (L1) from the exact ones.
    pub error_max: f64,
    /// The first so many of each column are returned.
    pub people_max: usize,
}

impl Default for InfluenceSettings {
    fn default() -> InfluenceSettings {
        InfluenceSettings { listening: ListeningSettings::default(), error_max: 1e-8, people_max: 100 }
    }
}

/// One account's value in a column and its place, 1 the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// `None` where the value is not known.
    pub place: Option<usize>,
    pub estimate: Estimate,
}

/// One account, three ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Influential {
    pub account: u32,
    /// Buyers expected to turn to it; not known for accounts outside the best candidates.
    pub listening: Standing,
    /// Personalised PageRank from the buyers.
    pub near: Standing,
    /// PageRank from anywhere.
    pub everywhere: Standing,
    /// What was counted between it and the buyers; `None` where it was not scored.
    pub evidence: Option<Evidence>,
}

/// How far two columns name the same people among their first ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// So many first places are compared.
    pub first: usize,
    pub listening_and_near: usize,
    pub listening_and_everywhere: usize,
    pub near_and_everywhere: usize,
}

/// The first people of each column, by place in the listening column, then by nearness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Influence {
    pub people: Vec<Influential>,
    /// Buyers known to the talk of this window and niche.
    pub buyers: usize,
    /// Accounts that take part in it.
    pub accounts: usize,
    /// No value of the column is further from the exact one than this.
    pub near_error: f64,
    pub everywhere_error: f64,
    pub agreement: Agreement,
}

const COMPARED: usize = 20;

/// Sets the three columns beside each other.
///
/// Near: `x <- (1-a) P^T x + ((1-a) x(dead ends) + a) r`, r = the buyers alike, P = recency-weighted talk, being spoken
/// to at `reverse_weight`; everywhere: the same with r = all accounts and P = counts of talk, forward. Both lie in 0..=1
/// and add up to 1; their interval is the L1 bound of the walk, which no single value can miss by more (level 1).
/// Listening: [`score`], its interval drawn over the buyers. Ties are broken by dense id. No buyer in the talk gives an
/// empty list. Cost: two walks of `edges * ln(1 / error_max)` and one call of [`score`].
/// Sources: Jeh and Widom (2003); Page, Brin, Motwani, Winograd (1998).
pub fn influence(inputs: &InfluenceInputs<'_>, settings: &InfluenceSettings) -> Influence {
    let index = inputs.index;
    let mut buyers: Vec<u32> = inputs.buyers.iter().copied().filter(|&buyer| takes_part(index, buyer)).collect();
    buyers.sort_unstable();
    buyers.dedup();
    let mut excluded = inputs.excluded.to_vec();
    excluded.sort_unstable();
    let seeds: Vec<Seed> = buyers.iter().map(|&node| Seed { node, weight: 1.0 }).collect();
    let restart = settings.listening.restart;
    let near = gauss_seidel(index.walk().steps(), Start::Seeds(&seeds), restart, settings.error_max);
    let everywhere = gauss_seidel(&index.counts(), Start::Anywhere, restart, settings.error_max);
    let listened =
        if buyers.is_empty() { vec![] } else { score(index, inputs.model, &buyers, &excluded, &settings.listening) };
    let columns = Columns::new(index, &near, &everywhere, &listened, &excluded);
    let mut shown: Vec<u32> = if buyers.is_empty() { vec![] } else { columns.first(settings.people_max) };
    let order = |account: &u32| {
        let at = |places: &[Option<usize>]| places[*account as usize].unwrap_or(usize::MAX);
        (at(&columns.listening), at(&columns.near), *account)
    };
    shown.sort_unstable_by_key(order);
    let makings = Makings {
        inputs,
        settings,
        buyers: buyers.len(),
        accounts: (0..index.accounts() as u32).filter(|&account| takes_part(index, account)).count(),
        near: &near,
        everywhere: &everywhere,
    };
    Influence {
        people: shown.into_iter().map(|account| makings.row(account, &columns, &listened)).collect(),
        buyers: buyers.len(),
        accounts: makings.accounts,
        near_error: near.error_bound,
        everywhere_error: everywhere.error_bound,
        agreement: columns.agreement(),
    }
}

fn takes_part(index: &ConversationIndex, account: u32) -> bool {
    let at = account as usize;
    at < index.accounts() && index.account.in_degree[at] + index.account.out_degree[at] > 0
}

/// The places of every account in each column, from 1.
struct Columns {
    listening: Vec<Option<usize>>,
    near: Vec<Option<usize>>,
    everywhere: Vec<Option<usize>>,
}

impl Columns {
    fn new(
        index: &ConversationIndex,
        near: &PageRank,
        everywhere: &PageRank,
        listened: &[ListenedTo],
        excluded: &[u32],
    ) -> Columns {
        let mut listening = vec![None; index.accounts()];
        for (place, one) in listened.iter().enumerate() {
            listening[one.account as usize] = Some(place + 1);
        }
        let places = |ranks: &[f64]| {
            let mut accounts: Vec<u32> = (0..index.accounts() as u32)
                .filter(|&account| takes_part(index, account) && excluded.binary_search(&account).is_err())
                .collect();
            let rank = |account: u32| ranks[account as usize];
            accounts.sort_unstable_by(|&a, &b| rank(b).total_cmp(&rank(a)).then(a.cmp(&b)));
            let mut places = vec![None; index.accounts()];
            for (place, &account) in accounts.iter().enumerate() {
                places[account as usize] = Some(place + 1);
            }
            places
        };
        Columns { listening, near: places(&near.rank), everywhere: places(&everywhere.rank) }
    }

    fn is_among(place: Option<usize>, first: usize) -> bool {
        place.is_some_and(|place| place <= first)
    }

    /// Accounts among the first of any column.
    fn first(&self, people_max: usize) -> Vec<u32> {
        let columns = [&self.listening, &self.near, &self.everywhere];
        (0..self.near.len() as u32)
            .filter(|&account| columns.iter().any(|column| Columns::is_among(column[account as usize], people_max)))
            .collect()
    }

    fn agreement(&self) -> Agreement {
        let scored = self.listening.iter().flatten().count();
        let first = COMPARED.min(scored);
        let both = |a: &[Option<usize>], b: &[Option<usize>]| {
            a.iter().zip(b).filter(|(a, b)| Columns::is_among(**a, first) && Columns::is_among(**b, first)).count()
        };
        Agreement {
            first,
            listening_and_near: both(&self.listening, &self.near),
            listening_and_everywhere: both(&self.listening, &self.everywhere),
            near_and_everywhere: both(&self.near, &self.everywhere),
        }
    }
}

/// What the rows are made from.
struct Makings<'a> {
    inputs: &'a InfluenceInputs<'a>,
    settings: &'a InfluenceSettings,
    buyers: usize,
    accounts: usize,
    near: &'a PageRank,
    everywhere: &'a PageRank,
}

impl Makings<'_> {
    fn row(&self, account: u32, columns: &Columns, listened: &[ListenedTo]) -> Influential {
        let at = account as usize;
        let one = columns.listening[at].map(|place| &listened[place - 1]);
        Influential {
            account,
            listening: Standing { place: columns.listening[at], estimate: self.listening(one) },
            near: Standing { place: columns.near[at], estimate: self.near(at) },
            everywhere: Standing { place: columns.everywhere[at], estimate: self.everywhere(at) },
            evidence: one.map(|one| one.evidence),
        }
    }

    fn listening(&self, one: Option<&ListenedTo>) -> Estimate {
        let days = self.settings.listening.horizon_days.unwrap_or(self.inputs.model.horizon_days);
        let as_of_unix = self.inputs.index.as_of_unix;
        match one {
            Some(one) => listening_estimate(
                one,
                &ScoredFor { buyers: self.buyers as u64, days, as_of_unix, reading: self.inputs.reading },
            ),
            None => {
                let reason = format!(
                    "not among the {} accounts that most of the buyers talk to, so no score was made",
                    self.settings.listening.candidates_max
                );
                Estimate::not_known(Unit::Score, "listening_score", self.buyers as u64, "buyers", reason)
            }
        }
    }

    fn near(&self, account: usize) -> Estimate {
        let talk = &self.inputs.index.account;
        let words = format!(
            "of the steps of a walk that follows talk and starts again at one of the {} buyers, this share comes by",
            self.buyers
        );
        let parts = vec![
            Explanation::leaf("buyers the walk starts from", Some(self.buyers as f64), Unit::People),
            Explanation::leaf("accounts that turned to them", Some(f64::from(talk.in_degree[account])), Unit::People),
            Explanation::leaf("accounts they turned to", Some(f64::from(talk.out_degree[account])), Unit::People),
        ];
        let formula = format!(
            "x = {follow:.2} P'x + {restart:.2} r; talk both ways, being spoken to at {reverse}; older talk fades",
            follow = 1.0 - self.settings.listening.restart,
            restart = self.settings.listening.restart,
            reverse = self.inputs.index.settings.reverse_weight,
        );
        let told = Told { words, formula, parts, n: self.buyers, n_of: "buyers", method: "personalised_pagerank" };
        walked(self.near, account, told, self.inputs.index.as_of_unix)
    }

    fn everywhere(&self, account: usize) -> Estimate {
        let talk = &self.inputs.index.account;
        let words =
            "of the steps of a walk that follows talk and starts again anywhere, this share comes by".to_owned();
        let parts = vec![
            Explanation::leaf("accounts that turned to them", Some(f64::from(talk.in_degree[account])), Unit::People),
            Explanation::leaf("times they did", Some(f64::from(talk.received[account])), Unit::Items),
        ];
        let formula = format!(
            "x = {:.2} P'x + {:.2} / accounts; from the speaker to the one spoken to, every talk counts alike",
            1.0 - self.settings.listening.restart,
            self.settings.listening.restart
        );
        let told = Told { words, formula, parts, n: self.accounts, n_of: "accounts", method: "pagerank" };
        walked(self.everywhere, account, told, self.inputs.index.as_of_unix)
    }
}

/// What is said of a walk's share beside its value.
struct Told {
    words: String,
    formula: String,
    parts: Vec<Explanation>,
    n: usize,
    n_of: &'static str,
    method: &'static str,
}

/// A walk's share of one account; the bound of the walk is its interval.
fn walked(ranks: &PageRank, account: usize, told: Told, as_of_unix: i64) -> Estimate {
    let (value, bound) = (ranks.rank[account], ranks.error_bound);
    let mut parts = told.parts;
    parts.push(Explanation::leaf("no value of this column is further off than", Some(bound), Unit::Share));
    let tree = Explanation::leaf(told.words, Some(value), Unit::Share).with_formula(told.formula).with_parts(parts);
    let (lo, hi) = ((value - bound).max(0.0), (value + bound).min(1.0));
    let estimate = Estimate::known(value, lo, hi, told.n as u64, told.n_of, told.method, tree);
    Estimate { level: 1.0, ..estimate.as_of(Timestamp::from_unix_seconds(as_of_unix)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::events::{EventColumns, EventLog};
    use crate::conversations::listening::train;
    use crate::conversations::testing::made_up_talk;

    fn seen(log: &EventLog, buyers: &[u32], excluded: &[u32]) -> Influence {
        let mut settings = InfluenceSettings::default();
        settings.listening.training_anchors_max = 12;
        settings.listening.bootstrap_draws = 20;
        let model = train(log, &settings.listening).expect("valid settings");
        let index = ConversationIndex::build(log, None, &settings.listening.index);
        influence(
            &InfluenceInputs { index: &index, model: &model, buyers, excluded, reading: Reading::Score },
            &settings,
        )
    }

    #[test]
    fn the_star_of_another_crowd_is_heard_everywhere_and_is_not_near() {
        // Buyers 0-9 turn to 20; a crowd of 30 others turns to 21.
        let rows: Vec<(u32, u32)> = (0..10).map(|b| (b, 20)).chain((30..60).map(|b| (b, 21))).collect();
        let columns = EventColumns {
            actor: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            at_unix: (0..rows.len() as i64).map(|at| 1_600_000_000 + 1000 * at).collect(),
            kind: vec![0; rows.len()],
            buying_level: vec![],
        };
        let found = seen(&EventLog::new(60, columns).expect("valid"), &(0..10).collect::<Vec<u32>>(), &[]);
        let of = |account: u32| found.people.iter().find(|one| one.account == account).expect("is shown");
        assert_eq!((of(20).near.place, of(20).everywhere.place), (Some(1), Some(2)));
        assert_eq!(of(21).everywhere.place, Some(1));
        assert!(of(21).near.estimate.value <= Some(found.near_error), "no walk from the buyers comes by");
        assert_eq!(of(20).listening.place, Some(1));
    }

    #[test]
    fn the_values_of_a_walk_add_up_to_one_within_the_bound_that_is_said() {
        let found = seen(&made_up_talk(60, 2000, 3), &(0..20).collect::<Vec<u32>>(), &[]);
        let sum: f64 = found.people.iter().filter_map(|one| one.near.estimate.value).sum();
        assert_eq!(found.people.len(), found.accounts, "everybody is among the first hundred here");
        assert!((sum - 1.0).abs() <= 1e-6 + found.near_error, "{sum}");
        for one in &found.people {
            let estimate = &one.near.estimate;
            assert!(estimate.explanation.adds_up() && estimate.lo <= estimate.value && estimate.value <= estimate.hi);
            assert!(one.listening.estimate.explanation.adds_up());
        }
    }

    #[test]
    fn without_a_buyer_in_the_talk_nobody_is_named() {
        let found = seen(&made_up_talk(60, 2000, 3), &[], &[]);
        assert!(found.people.is_empty());
        assert_eq!((found.buyers, found.agreement.first), (0, 0));
    }

    #[test]
    fn the_brands_own_account_is_in_no_column() {
        let found = seen(&made_up_talk(60, 2000, 3), &(0..20).collect::<Vec<u32>>(), &[5]);
        assert!(found.people.iter().all(|one| one.account != 5));
    }

    #[test]
    fn one_two_and_eight_threads_give_the_same_bytes() {
        let log = made_up_talk(60, 2000, 3);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| serde_json::to_vec(&seen(&log, &[1, 2, 3, 4], &[])).expect("serialises"))
        };
        let one = run(1);
        assert_eq!(one, run(2));
        assert_eq!(one, run(8));
    }
}
