//! Joining: one order with everything that speaks for a creator (clicks, codes) becomes one order, credited once.
//!
//! A click and a code of the same creator are two proofs of one order. If they name different creators, a click at most
//! 7 days old goes before the code, else the code goes first; the order is contested, both stay on it, and a person may
//! decide otherwise. A coupon that belongs to nobody is no proof of anybody and hides no click. What a buyer answers
//! when asked, and views that a platform reports, stand on lines of their own and are never added to tracked sales.

use std::collections::BTreeMap;

use model::{Days, Timestamp};
use serde::{Deserialize, Serialize};

use super::journeys::{Journey, Touch, TouchKind};

/// How long a proof counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JoinSettings {
    /// From a click to the order; older clicks prove nothing.
    pub window_days: Days,
    /// A click at most so old goes before another creator's code.
    pub link_before_code_days: Days,
    /// From a view that a platform reports to the order.
    pub view_window_days: Days,
}

impl Default for JoinSettings {
    fn default() -> JoinSettings {
        JoinSettings { window_days: Days(30), link_before_code_days: Days(7), view_window_days: Days(1) }
    }
}

/// A creator met at a moment: a human click, or a view that a platform reports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Met {
    pub at: Timestamp,
    pub creator: u32,
}

/// Whose a code on an order is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeOwner {
    Creator(u32),
    /// A coupon of the shop, of a coupon site, or out of its time.
    Nobody,
}

/// One order and what speaks for whom.
#[derive(Clone, Copy, Debug)]
pub struct OrderProofs<'a> {
    /// The caller's number of the order.
    pub order: u64,
    pub at: Timestamp,
    pub value_minor_units: i64,
    /// Human clicks of this buyer, in any order.
    pub clicks: &'a [Met],
    /// Codes on the order, as the shop lists them.
    pub codes: &'a [CodeOwner],
    /// Views of this buyer as the platform reports them, in any order.
    pub views: &'a [Met],
    /// Whom the buyer named when asked.
    pub survey: Option<u32>,
    /// Whom a person decided the order for.
    pub decision: Option<u32>,
}

/// What proves the credit of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    Link,
    Code,
    LinkAndCode,
    /// A person decided, for somebody whom neither click nor code names.
    Decision,
}

/// Why one creator was preferred to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preferred {
    RecentLink,
    /// The last click and one of several creators' codes name the same creator.
    LinkAndCode,
    CodeOverOldLink,
    /// Two creators' codes and no click: the one listed first.
    FirstCode,
    ByHand,
}

/// Who else has a proof, and why the order is not theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contest {
    pub preferred: Preferred,
    /// The creators who have a proof too, ascending, each once, without the credited one.
    pub against: Vec<u32>,
}

/// Whom an order is credited to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credited {
    pub creator: u32,
    pub proof: Proof,
}

/// One order, joined.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JoinedOrder {
    pub order: u64,
    pub at: Timestamp,
    pub value_minor_units: i64,
    /// `None`: no click in the window and no creator's code.
    pub credited: Option<Credited>,
    /// `Some`: last click and codes name different creators; to be listed.
    pub contested: Option<Contest>,
    /// Clicks in the window by time, then each creator's code that the last click does not already stand for, and whom a
    /// person decided for whom neither names; a survey answer at the end.
    pub touches: Vec<Touch>,
    /// Codes on the order that belong to nobody.
    pub codes_of_nobody: u32,
    pub survey: Option<u32>,
    /// Creators whose views lie in the view window, ascending, each once.
    pub viewed: Vec<u32>,
    /// The decision in words.
    pub words: String,
}

impl JoinedOrder {
    /// The order as a journey for the models, as yet uncut; last touch follows whom it is credited to.
    pub fn journey(&self) -> Journey {
        Journey {
            touches: self.touches.clone(),
            ended_at: self.at,
            conversions: 1,
            nulls: 0,
            value_minor_units: self.value_minor_units,
            decided: self.credited.map(|credited| credited.creator),
        }
    }
}

/// Joins what speaks for an order into one credited order.
///
/// Rule: the last click in the window against the creators' codes. Same creator: one order, two proofs. Different: the
/// click wins if at most `link_before_code_days` old (that day included), else a code wins: the one of a creator who
/// was clicked in the window, else the first listed. Clicks after the order and codes of nobody prove nothing. A
/// person's decision goes before all of it. Clicks of one moment: the larger creator number counts as the later.
/// Output: `credited` is `None` where nothing is proven. Cost: O(clicks log clicks). Source: `docs/formulas.md`.
///
/// ```
/// use engine::measurement::attribution::joining::*;
/// use model::Timestamp;
/// let day = |days: i64| Timestamp(days * 86_400_000_000);
/// let clicks = [Met { creator: 1, at: day(24) }];
/// let order = OrderProofs {
///     order: 7, at: day(30), value_minor_units: 4_990, clicks: &clicks, codes: &[CodeOwner::Creator(2)],
///     views: &[], survey: None, decision: None,
/// };
/// let joined = join(&order, &JoinSettings::default());
/// assert_eq!(joined.credited, Some(Credited { creator: 1, proof: Proof::Link }));
/// assert_eq!(joined.contested.map(|contest| contest.against), Some(vec![2]));
/// ```
pub fn join(order: &OrderProofs<'_>, settings: &JoinSettings) -> JoinedOrder {
    let clicks = within(order.clicks, order.at, settings.window_days);
    let codes: Vec<u32> = order.codes.iter().filter_map(|code| code.creator()).collect();
    let proven = Proven::of(&clicks, &codes, order, settings);
    let viewed: BTreeMap<u32, ()> =
        within(order.views, order.at, settings.view_window_days).iter().map(|view| (view.creator, ())).collect();
    JoinedOrder {
        order: order.order,
        at: order.at,
        value_minor_units: order.value_minor_units,
        touches: touches(&clicks, &codes, order),
        codes_of_nobody: (order.codes.len() - codes.len()) as u32,
        survey: order.survey,
        viewed: viewed.into_keys().collect(),
        words: proven.words(settings),
        credited: proven.credited,
        contested: proven.contested,
    }
}

impl CodeOwner {
    fn creator(self) -> Option<u32> {
        match self {
            CodeOwner::Creator(creator) => Some(creator),
            CodeOwner::Nobody => None,
        }
    }
}

/// Those at most so long before the order, by time, then by creator.
fn within(met: &[Met], order_at: Timestamp, window: Days) -> Vec<Met> {
    let longest = window.as_seconds().saturating_mul(1_000_000);
    let mut met: Vec<Met> =
        met.iter().filter(|met| (0..=longest).contains(&order_at.0.saturating_sub(met.at.0))).copied().collect();
    met.sort_unstable();
    met
}

fn touches(clicks: &[Met], codes: &[u32], order: &OrderProofs<'_>) -> Vec<Touch> {
    let mut touches: Vec<Touch> =
        clicks.iter().map(|click| Touch { creator: click.creator, at: click.at, kind: TouchKind::Link }).collect();
    let last_click = clicks.last().map(|click| click.creator);
    for (place, creator) in codes.iter().enumerate() {
        if Some(*creator) != last_click && !codes[..place].contains(creator) {
            touches.push(Touch { creator: *creator, at: order.at, kind: TouchKind::Code });
        }
    }
    // Whom a person decided for without any proof counts in the models as one touch at the order.
    let decided = order.decision.filter(|creator| !touches.iter().any(|touch| touch.creator == *creator));
    touches.extend(decided.map(|creator| Touch { creator, at: order.at, kind: TouchKind::Decision }));
    touches.extend(order.survey.map(|creator| Touch { creator, at: order.at, kind: TouchKind::Survey }));
    touches
}

/// The decision, with what its words need.
struct Proven {
    credited: Option<Credited>,
    contested: Option<Contest>,
    last_click_age_days: i64,
}

impl Proven {
    fn of(clicks: &[Met], codes: &[u32], order: &OrderProofs<'_>, settings: &JoinSettings) -> Proven {
        let last_click = clicks.last();
        let age = last_click.map_or(0, |click| order.at.0.saturating_sub(click.at.0));
        let is_recent = age <= settings.link_before_code_days.as_seconds().saturating_mul(1_000_000);
        let agreeing_code = codes.iter().find(|code| clicks.iter().any(|click| click.creator == **code));
        let ruled = match (last_click, agreeing_code.or(codes.first())) {
            (None, None) => None,
            (Some(click), None) => Some((click.creator, Preferred::RecentLink)),
            (Some(click), Some(_)) if codes.contains(&click.creator) => Some((click.creator, Preferred::LinkAndCode)),
            (Some(click), Some(_)) if is_recent => Some((click.creator, Preferred::RecentLink)),
            (Some(_), Some(code)) => Some((*code, Preferred::CodeOverOldLink)),
            (None, Some(code)) => Some((*code, Preferred::FirstCode)),
        };
        let decided = order.decision.map(|creator| (creator, Preferred::ByHand));
        let Some((creator, preferred)) = decided.or(ruled) else {
            return Proven { credited: None, contested: None, last_click_age_days: 0 };
        };
        let named: BTreeMap<u32, ()> =
            last_click.map(|click| click.creator).into_iter().chain(codes.iter().copied()).map(|by| (by, ())).collect();
        // A decision that overrules the only proof is a contest too.
        let against: Vec<u32> = named.into_keys().filter(|by| *by != creator).collect();
        let proof = match (clicks.iter().any(|click| click.creator == creator), codes.contains(&creator)) {
            (true, true) => Proof::LinkAndCode,
            (true, false) => Proof::Link,
            (false, true) => Proof::Code,
            (false, false) => Proof::Decision,
        };
        Proven {
            credited: Some(Credited { creator, proof }),
            contested: (!against.is_empty()).then_some(Contest { preferred, against }),
            last_click_age_days: age / 86_400_000_000,
        }
    }

    fn words(&self, settings: &JoinSettings) -> String {
        let Some(credited) = self.credited else {
            return format!("no click within {} days and no creator's code", settings.window_days.0);
        };
        let age = match self.last_click_age_days {
            0 => "less than a day".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        let limit = settings.link_before_code_days.0;
        match self.contested.as_ref().map(|contest| contest.preferred) {
            Some(Preferred::LinkAndCode) => {
                "the last click and a code name this creator, another code names somebody else".to_owned()
            }
            Some(Preferred::RecentLink) => {
                format!(
                    "the last click, {age} before the order, goes before the code of somebody else (up to {limit} days)"
                )
            }
            Some(Preferred::CodeOverOldLink) => {
                format!(
                    "the code goes before the last click, which is {age} old (over {limit} days) and somebody else's"
                )
            }
            Some(Preferred::FirstCode) => "codes of several creators and no click; the first listed counts".to_owned(),
            Some(Preferred::ByHand) => "decided by a person".to_owned(),
            None => match credited.proof {
                Proof::Link => format!("last click {age} before the order"),
                Proof::Code => "code on the order, no click".to_owned(),
                Proof::LinkAndCode => "click and code name the same creator: one order, two proofs".to_owned(),
                Proof::Decision => "decided by a person, without click or code".to_owned(),
            },
        }
    }
}

/// One creator's orders on one line of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SalesLine {
    pub creator: u32,
    pub orders: u64,
    pub value_minor_units: i64,
}

/// The lines of a report; only `tracked` is sales credited, the others are shown beside it and added to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SalesLines {
    /// By click or code, each order once.
    pub tracked: Vec<SalesLine>,
    /// Orders whose buyer named the creator, tracked or not.
    pub survey: Vec<SalesLine>,
    /// Of these, the ones that `tracked` credits to the same creator.
    pub survey_also_tracked: Vec<SalesLine>,
    /// Orders with a reported view and neither click nor code; an order stands at each creator viewed.
    pub view_through: Vec<SalesLine>,
    /// Contested orders, in the order given.
    pub contested: Vec<u64>,
    /// Orders that nothing tracks.
    pub untracked_orders: u64,
}

/// Adds joined orders up into the lines of a report.
///
/// Output: lines by ascending creator, only creators that have orders on them. Money of one currency; a sum that does
/// not fit 63 bits stays at the largest number.
/// Cost: O(orders log creators). Source: `docs/formulas.md`.
///
/// ```
/// use engine::measurement::attribution::joining::*;
/// use model::Timestamp;
/// let at = Timestamp(0);
/// let order = OrderProofs {
///     order: 7, at, value_minor_units: 4_990, clicks: &[], codes: &[CodeOwner::Creator(2)], views: &[],
///     survey: Some(1), decision: None,
/// };
/// let lines = sales_lines(&[join(&order, &JoinSettings::default())]);
/// assert_eq!((lines.tracked[0].creator, lines.survey[0].creator), (2, 1));
/// ```
pub fn sales_lines(orders: &[JoinedOrder]) -> SalesLines {
    let mut lines = SalesLines::default();
    let (mut tracked, mut survey, mut both, mut viewed) = (Line::new(), Line::new(), Line::new(), Line::new());
    for order in orders {
        let credited = order.credited.map(|credited| credited.creator);
        match credited {
            Some(creator) => add(&mut tracked, creator, order),
            None => lines.untracked_orders += 1,
        }
        if let Some(named) = order.survey {
            add(&mut survey, named, order);
            if credited == Some(named) {
                add(&mut both, named, order);
            }
        }
        if credited.is_none() {
            order.viewed.iter().for_each(|creator| add(&mut viewed, *creator, order));
        }
        if order.contested.is_some() {
            lines.contested.push(order.order);
        }
    }
    let list = |line: Line| line.into_values().collect();
    SalesLines {
        tracked: list(tracked),
        survey: list(survey),
        survey_also_tracked: list(both),
        view_through: list(viewed),
        ..lines
    }
}

type Line = BTreeMap<u32, SalesLine>;

fn add(line: &mut Line, creator: u32, order: &JoinedOrder) {
    let entry = line.entry(creator).or_insert(SalesLine { creator, orders: 0, value_minor_units: 0 });
    entry.orders += 1;
    entry.value_minor_units = entry.value_minor_units.saturating_add(order.value_minor_units);
}

#[cfg(test)]
mod tests;
