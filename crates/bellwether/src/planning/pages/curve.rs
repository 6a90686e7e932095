//! The curve of reach against budget with the bound above it, drawn on the server: the same numbers as the table below it.

use crate::planning::made::PlanMade;
use crate::web::format;
use model::Unit;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// A mark on an axis.
pub struct Tick {
    pub at: f64,
    pub words: String,
}

/// A row of the table.
pub struct CurveRow {
    pub budget: String,
    pub reach: String,
    pub bound: String,
    pub gap: String,
    pub one_more: String,
    pub creators: usize,
    pub is_here: bool,
    pub is_knee: bool,
}

/// The picture and its table.
pub struct CurveView {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub base_y: f64,
    pub left: f64,
    pub right: f64,
    pub band: String,
    pub reach: String,
    pub bound: String,
    pub dots: Vec<(f64, f64)>,
    pub here: Option<(f64, f64)>,
    pub knee: Option<(f64, f64)>,
    pub budgets: Vec<Tick>,
    pub values: Vec<Tick>,
    pub rows: Vec<CurveRow>,
    pub spoken: String,
}

/// `None` where fewer than two budgets have a plan.
pub fn curve_view(made: &PlanMade, budget_minor_units: i64, money: Unit) -> Option<CurveView> {
    let points = &made.curve;
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 || first.budget_minor_units >= last.budget_minor_units {
        return None;
    }
    let most = crate::web::estimates::round_scale_end(points.iter().map(|point| point.bound).fold(0.0, f64::max));
    let log = |minor: i64| (minor.max(1) as f64).ln();
    let (from, to) = (log(first.budget_minor_units), log(last.budget_minor_units));
    let x = |minor: i64| LEFT + (log(minor) - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (1.0 - (value / most).clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM);
    let line = |value: &dyn Fn(usize) -> f64| -> Vec<String> {
        (0..points.len())
            .map(|place| format!("{:.1},{:.1}", x(points[place].budget_minor_units), y(value(place))))
            .collect()
    };
    let (reach, bound) = (line(&|place| points[place].reach), line(&|place| points[place].bound));
    let band: Vec<String> = reach.iter().cloned().chain(bound.iter().rev().cloned()).collect();
    let amount = |minor: i64| format::part(minor as f64, money);
    let here = made.told.reach.value.map(|value| (x(budget_minor_units), y(value)));
    let knee = points.iter().find(|point| point.is_knee);
    let title = match knee {
        Some(knee) if knee.budget_minor_units < last.budget_minor_units => {
            format!("Beyond {} more money reaches few more", amount(knee.budget_minor_units))
        }
        _ => "More money goes on reaching more".to_owned(),
    };
    let every = (points.len() / 4).max(1);
    let rows = points.iter().map(|point| CurveRow {
        budget: amount(point.budget_minor_units),
        reach: format!("{:.1}", point.reach),
        bound: format!("{:.1}", point.bound),
        gap: match point.bound > 0.0 {
            true => format!("{:.1} %", 100.0 * (1.0 - point.reach / point.bound).max(0.0)),
            false => "0 %".to_owned(),
        },
        one_more: point.cost_of_one_more.map_or_else(|| "not known".to_owned(), |cost| format::part(cost, money)),
        creators: point.creators,
        is_here: point.budget_minor_units == budget_minor_units,
        is_knee: point.is_knee,
    });
    Some(CurveView {
        spoken: format!(
            "Reach rises from {:.0} at {} to {:.0} at {}",
            first.reach,
            amount(first.budget_minor_units),
            last.reach,
            amount(last.budget_minor_units)
        ),
        title,
        width: WIDTH,
        height: HEIGHT,
        base_y: HEIGHT - BOTTOM,
        left: LEFT,
        right: WIDTH - RIGHT,
        band: band.join(" "),
        dots: points.iter().map(|point| (x(point.budget_minor_units), y(point.reach))).collect(),
        reach: reach.join(" "),
        bound: bound.join(" "),
        here,
        knee: knee.map(|point| (x(point.budget_minor_units), y(point.reach))),
        budgets: points
            .iter()
            .step_by(every)
            .map(|point| Tick { at: x(point.budget_minor_units), words: amount(point.budget_minor_units) })
            .collect(),
        values: (0..=2)
            .map(|step| f64::from(step) / 2.0 * most)
            .map(|value| Tick { at: y(value), words: format!("{value:.0}") })
            .collect(),
        rows: rows.collect(),
    })
}
