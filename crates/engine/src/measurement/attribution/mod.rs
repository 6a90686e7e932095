//! Attribution: whom an order is credited to, by seven models side by side, because no single one is the truth.
//!
//! Pure: journeys and settings in, credits and their range out. The models share out the same orders: those with at
//! least one touch in the window. Orders without one are reported and credited to nobody. Sums are of whole numbers,
//! so neither the order of journeys nor of threads can change a bit.

mod credits;
pub mod joining;
mod journeys;
pub mod leaks;
pub mod markov;
pub mod paths;
mod range;
pub mod rules;
pub mod shapley;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use model::Days;
use serde::{Deserialize, Serialize};

pub use credits::Credits;
pub use journeys::{AttributionError, CREATORS_MAX, Journey, Journeys, Totals, Touch, TouchKind};
pub use range::{CreatorRange, OrdersRange, ValueRange};

/// The version of the formulas here; reports keep the version they were made with.
pub const ATTRIBUTION_VERSION: u32 = 1;

/// A way of crediting orders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    Last,
    First,
    Linear,
    Position,
    Decay,
    Markov,
    Shapley,
}

impl Model {
    /// Every model, in the order they are shown in.
    pub const ALL: [Model; 7] =
        [Model::Last, Model::First, Model::Linear, Model::Position, Model::Decay, Model::Markov, Model::Shapley];

    /// The model's name in files and answers.
    pub fn key(self) -> &'static str {
        match self {
            Model::Last => "last",
            Model::First => "first",
            Model::Linear => "linear",
            Model::Position => "position",
            Model::Decay => "decay",
            Model::Markov => "markov",
            Model::Shapley => "shapley",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Model::Last => "last touch",
            Model::First => "first touch",
            Model::Linear => "every touch the same",
            Model::Position => "position, 40 % first, 40 % last, 20 % between",
            Model::Decay => "time decay",
            Model::Markov => "Markov removal effect",
            Model::Shapley => "Shapley value",
        }
    }
}

/// What a report chooses, kept with its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributionSettings {
    /// From a touch to the order; touches further back count nothing.
    pub window_days: Days,
    /// The age by which a touch weighs half, for time decay; at least one day.
    pub half_life_days: Days,
    /// The model that creators are paid by. Where Markov is chosen and refused, last touch stands in and `paid_by` says
    /// so.
    pub pay_by: Model,
}

impl Default for AttributionSettings {
    fn default() -> AttributionSettings {
        AttributionSettings { window_days: Days(30), half_life_days: Days(7), pay_by: Model::Last }
    }
}

/// One model's credits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ModelCredits {
    pub model: Model,
    pub credits: Credits,
}

/// A model that cannot be had from these journeys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedModel {
    pub model: Model,
    pub why: String,
}

/// All models over the same journeys.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attribution {
    pub version: u32,
    pub settings: AttributionSettings,
    /// The model that `ranges` call paid: the chosen one, or last touch when that was refused.
    pub paid_by: Model,
    /// In the order of [`Model::ALL`], without refused ones.
    pub models: Vec<ModelCredits>,
    pub refused: Vec<RefusedModel>,
    /// The share of journeys that bought; `None` when Markov was refused.
    pub base: Option<f64>,
    /// By creator; `None` when Markov was refused.
    pub removal_effects: Option<Vec<f64>>,
    /// One a creator.
    pub ranges: Vec<CreatorRange>,
    /// What was shared out: every model's credits add up to these orders and this value.
    pub shared_out: Totals,
    /// Journeys without a touch in the window, credited to nobody.
    pub untouched: Totals,
}

/// Credits orders to creators by every model and gives the range over them.
///
/// Formulas: in [`rules`], [`markov`] and [`shapley`]. Inputs: `creators`, how many there are, at most
/// [`CREATORS_MAX`]; `journeys` in any order, money in minor units of one currency; those that did not buy too, or
/// Markov is refused. Output: credits 0 and up in orders, minor units of either sign; Markov may stand in `refused`
/// with its reason, the rest is always known. Errors: [`AttributionError`].
/// Cost: O(touches log touches) and that of [`markov::markov`]. Source: the files named.
///
/// ```
/// use engine::measurement::attribution::{AttributionSettings, Model, attribute, paths::parse_paths};
/// let text = "path,conversions,nulls\na>b>a,3,5\nb,2,7\nc>a,1,4\nc>b>b>a,2,1\n";
/// let file = parse_paths("paths.csv", text, 2).unwrap();
/// let found = attribute(file.creators.len() as u32, &file.journeys, &AttributionSettings::default()).unwrap();
/// let a = &found.ranges[0];
/// assert_eq!(a.paid_conversions, 6.0);
/// assert_eq!((a.conversions.lo_by, a.conversions.hi_by), (Model::Shapley, Model::Last));
/// ```
pub fn attribute(
    creators: u32,
    journeys: &[Journey],
    settings: &AttributionSettings,
) -> Result<Attribution, AttributionError> {
    let journeys = Journeys::within(settings.window_days, creators, journeys)?;
    let known = |model, credits| ModelCredits { model, credits };
    let mut models = vec![
        known(Model::Last, rules::last_touch(&journeys)),
        known(Model::First, rules::first_touch(&journeys)),
        known(Model::Linear, rules::linear(&journeys)),
        known(Model::Position, rules::position(&journeys)),
        known(Model::Decay, rules::time_decay(&journeys, settings.half_life_days)?),
    ];
    let (mut refused, mut base, mut removal_effects) = (vec![], None, None);
    match markov::markov(&journeys) {
        Ok(found) => {
            (base, removal_effects) = (Some(found.base), Some(found.removal_effects));
            models.push(known(Model::Markov, found.credits));
        }
        Err(why) => refused.push(RefusedModel { model: Model::Markov, why: why.to_string() }),
    }
    models.push(known(Model::Shapley, shapley::shapley(&journeys)));

    let is_refused = refused.iter().any(|refused| refused.model == settings.pay_by);
    let paid_by = if is_refused { Model::Last } else { settings.pay_by };
    let ranges = range::ranges(&models, paid_by, &orders_touched(&journeys));
    Ok(Attribution {
        version: ATTRIBUTION_VERSION,
        settings: *settings,
        paid_by,
        models,
        refused,
        base,
        removal_effects,
        ranges,
        shared_out: journeys.totals(),
        untouched: journeys.untouched(),
    })
}

impl Attribution {
    /// One model's credits; `None` when it was refused.
    pub fn credits(&self, model: Model) -> Option<&Credits> {
        self.models.iter().find(|found| found.model == model).map(|found| &found.credits)
    }
}

/// By creator, how many orders have it on their path.
fn orders_touched(journeys: &Journeys) -> Vec<u64> {
    let mut touched = vec![0; journeys.creators() as usize];
    let mut met: Vec<u32> = vec![];
    for path in journeys.paths() {
        met.clear();
        met.extend(path.creators);
        met.sort_unstable();
        met.dedup();
        for creator in &met {
            touched[*creator as usize] += path.end.conversions;
        }
    }
    touched
}
