//! Making a study's answer: loads what is held, computes, and keeps what was found once for each state of the data.

mod by_creator;
mod loading;
mod promises;
mod reaching;
mod returns;

use std::collections::{BTreeMap, BTreeSet};

use engine::measurement::holm::holm;
use model::{Currency, Estimate, Explanation, Grade, PostMetric, Ratio, Timestamp, Unit};
use sha2::{Digest, Sha256};

use crate::measurement::analysing::{Beside, analyse, refused as unmeasured};
use crate::measurement::costing::{self, StudyCosts};
use crate::measurement::found::{FOUND_VERSION, OutcomeFound, StudyFound};
use crate::measurement::outcomes::Outcome;
use crate::measurement::{MeasurementError, Study, voice};
use crate::planning::made::PlanMade;
use crate::tracking::posts::PieceSeen;

use by_creator::creators_of;
pub use loading::{asked_of, load};
use promises::{not_known, promises};
use reaching::{funnel, posts_found, reached, unit_costs};
use returns::{attributed, cost_of, incremental};

const LEVEL: f64 = 0.95;
/// Half the width of a normal interval at 95 %, in standard errors.
const Z: f64 = 1.959_964;
/// Orders of the same length of time before tell what an order is worth.
const ORDERS_FOR_VALUE_MIN: u64 = 10;

/// One order that is credited to somebody.
struct CreditedOrder {
    contact: i64,
    value: f64,
    /// By a click; by a code alone otherwise.
    is_clicked: bool,
    is_contested: bool,
}

/// Everything that is loaded before anything is computed.
pub struct Loaded {
    study: Study,
    costs: StudyCosts,
    deals: costing::OfDeals,
    currency: Currency,
    outcomes: Vec<(Outcome, Result<crate::measurement::design::Laid, String>)>,
    beside: Beside,
    orders: Vec<CreditedOrder>,
    leads: Vec<CreditedOrder>,
    clicks: BTreeMap<i64, u64>,
    /// The mean value of all orders of the days measured and how many they are.
    order_value: Option<(f64, u64)>,
    posts: Vec<PostHeld>,
    plan: Option<PlanMade>,
    planned_posts: u64,
    voice: voice::Voice,
    remarks: Vec<String>,
    as_of: Timestamp,
}

/// A piece with what was counted of its post last.
struct PostHeld {
    piece: PieceSeen,
    last: BTreeMap<PostMetric, u64>,
    grade: Grade,
    followers: Option<i64>,
}

impl Loaded {
    /// Where posts are, by piece.
    pub fn addresses(&self) -> BTreeMap<i64, String> {
        let of = |post: &PostHeld| Some((post.piece.id(), post.piece.found.as_ref()?.address.clone()));
        self.posts.iter().filter_map(of).collect()
    }

    /// Of everything that what is found follows from.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: String| hash.update(text.as_bytes());
        add(format!("{:?}|{:?}|{:?}\n", self.study.design, self.costs, self.deals));
        for (outcome, laid) in &self.outcomes {
            match laid {
                Ok(laid) => add(format!("{outcome:?}|{}|{}|{:?}\n", laid.first_day, laid.pre_periods, laid.response)),
                Err(why) => add(format!("{outcome:?}|{why}\n")),
            }
        }
        for daily in self.beside.controls.iter().chain(&self.beside.comparable) {
            add(format!("{}|{}|{:?}\n", daily.words, daily.first_day, daily.values));
        }
        for order in self.orders.iter().chain(&self.leads) {
            add(format!("{}|{}|{}|{}\n", order.contact, order.value, order.is_clicked, order.is_contested));
        }
        add(format!("{:?}|{:?}|{:?}|{:?}\n", self.clicks, self.order_value, self.planned_posts, self.voice));
        for post in &self.posts {
            add(format!("{}|{:?}|{:?}|{:?}\n", post.piece.id(), post.last, post.followers, post.piece.published));
        }
        add(format!("{:?}\n", self.plan.as_ref().map(|plan| &plan.told.cost.value)));
        hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// How somebody is written in what is kept: names stand in for it where it is shown, so that none is kept here.
pub fn by_number(contact: i64) -> String {
    format!("{}{contact}", crate::measurement::MARK)
}

/// Computes everything. Cost: that of the analyses; away from the threads that serve requests.
pub fn make(loaded: &Loaded) -> Result<StudyFound, MeasurementError> {
    let design = &loaded.study.design;
    let as_of = loaded.as_of;
    let mut found: Vec<OutcomeFound> = loaded
        .outcomes
        .iter()
        .enumerate()
        .map(|(place, (outcome, laid))| match laid {
            // Others stand beside the primary outcome alone: they are in its unit.
            Ok(laid) if place == 0 => analyse(outcome, laid, &loaded.beside, as_of),
            Ok(laid) => {
                let beside = Beside { comparable: vec![], ..loaded.beside.clone() };
                analyse(outcome, laid, &beside, as_of)
            }
            Err(why) => unmeasured(outcome, &outcome_words(outcome), Unit::Items, why, as_of),
        })
        .collect();
    let primary = found.remove(0);
    let p: Vec<f64> = found.iter().map(|one| one.p.unwrap_or(1.0)).collect();
    for (one, adjusted) in found.iter_mut().zip(holm(&p)) {
        one.p_among_all = one.p.map(|_| adjusted);
    }
    let contacts = contacts_of(loaded);
    let mut credited: BTreeMap<i64, i64> = BTreeMap::new();
    for order in &loaded.orders {
        *credited.entry(order.contact).or_default() += order.value as i64;
    }
    let costed = costing::costed(&loaded.costs, &loaded.deals, &credited, &contacts, loaded.currency)?;
    let creators = creators_of(loaded, &contacts, &costed)?;
    let (distinct, frequency) = reached(loaded);
    let mut remarks = loaded.remarks.clone();
    if design.is_late {
        remarks.insert(
            0,
            "this was asked after the campaign had begun: a question chosen after the answer finds too much, so it is a hint and no test"
                .to_owned(),
        );
    }
    Ok(StudyFound {
        version: FOUND_VERSION,
        cost: cost_of(&costed, loaded),
        attributed: attributed(loaded, &costed.all)?,
        incremental: incremental(loaded, &primary, &costed.all)?,
        unit_costs: unit_costs(loaded, &costed.all)?,
        funnel: funnel(loaded),
        distinct,
        frequency,
        share_of_voice: voice::estimate(&loaded.voice, as_of),
        creators,
        posts: posts_found(loaded),
        promises: promises(loaded, &costed.all),
        not_known: not_known(loaded, &primary, &costed.all),
        credited_by: format!(
            "the last click within {} days; a code where there is none, or where the click is older than {} days",
            design.window_days,
            asked_of(&loaded.study).link_before_code_days
        ),
        primary,
        secondary: found,
        remarks,
    })
}

fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Orders => "orders".to_owned(),
        Outcome::Revenue => "revenue".to_owned(),
        Outcome::NewCustomers => "new customers".to_owned(),
        Outcome::Leads => "leads".to_owned(),
        Outcome::Followers { native_id, .. } => format!("followers gained by {native_id}"),
        Outcome::Series(id) => format!("series {id}"),
    }
}

fn contacts_of(loaded: &Loaded) -> Vec<i64> {
    let mut all: BTreeSet<i64> = loaded.deals.fees.keys().copied().collect();
    all.extend(loaded.clicks.keys());
    all.extend(loaded.orders.iter().chain(&loaded.leads).map(|order| order.contact));
    all.extend(loaded.posts.iter().map(|post| post.piece.tracked.contact));
    all.into_iter().collect()
}

/// An estimate of this study: its date, level and grade.
fn told(estimate: Estimate, as_of: Timestamp, grade: Grade) -> Estimate {
    Estimate { level: LEVEL, as_of: Some(as_of), grade, ..estimate }
}

fn exact(value: f64, n: u64, n_of: &str, method: &str, explanation: Explanation, as_of: Timestamp) -> Estimate {
    told(Estimate::known(value, value, value, n, n_of, method, explanation), as_of, Grade::B)
}

fn level() -> Ratio {
    Ratio::new(LEVEL).expect("a share")
}
