//! Journeys: which creators a person met, in order, before buying or not buying; cut to a window and checked once.
//!
//! A journey may stand for many people who took the same path: it says how many bought (`conversions`), how many did
//! not (`nulls`) and what the orders are worth together. Amounts are minor units of one currency; journeys in other
//! currencies are handed in apart. A refund is a journey of its own with 0 conversions and a negative value, along the
//! path of the order it takes back; an order cancelled as a whole is handed in as not bought.

use model::{Days, Timestamp};
use serde::{Deserialize, Serialize};

/// More creators than this are refused: every model answers with one row a creator.
pub const CREATORS_MAX: u32 = 1_000_000;

/// How a person met a creator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    /// A human click on the creator's tracked link.
    Link,
    /// The creator's code on the order.
    Code,
    /// A person decided so, for somebody whom neither click nor code names.
    Decision,
    /// The buyer named the creator when asked; a line of its own, no model counts it.
    Survey,
}

/// One meeting of a person and a creator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Touch {
    /// The creator's number, counted from 0 without gaps.
    pub creator: u32,
    pub at: Timestamp,
    pub kind: TouchKind,
}

/// The touches of one person (or of many who took the same path) and how they ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Journey {
    /// Put in order of time where it is read; touches of one moment keep the order given.
    pub touches: Vec<Touch>,
    /// The moment of the order; of those who did not buy the last moment they were watched.
    pub ended_at: Timestamp,
    /// How many of these journeys ended in an order.
    pub conversions: u64,
    /// How many ended without one.
    pub nulls: u64,
    /// What the orders are worth together, in minor units; negative for a refund.
    pub value_minor_units: i64,
    /// Whom the order was decided for where link and code named different creators; last touch follows it.
    pub decided: Option<u32>,
}

impl Journey {
    /// The journey with only what lies in the window before its end, in order of time.
    ///
    /// Keeps touches with `0 <= ended_at - at <= window`, both ends included; survey answers are kept whenever they
    /// were given. Input: `window` in days. Cost: O(touches log touches).
    ///
    /// ```
    /// use engine::measurement::attribution::{Journey, Touch, TouchKind};
    /// use model::{Days, Timestamp};
    /// let day = |days: i64| Timestamp(days * 86_400_000_000);
    /// let click = |creator, days| Touch { creator, at: day(days), kind: TouchKind::Link };
    /// let touches = vec![click(2, 40), click(0, 9), click(1, 10), click(3, 41)];
    /// let (ended_at, value_minor_units) = (day(40), 995);
    /// let journey = Journey { touches, ended_at, conversions: 1, nulls: 0, value_minor_units, decided: None };
    /// let creators: Vec<u32> = journey.cut(Days(30)).touches.iter().map(|touch| touch.creator).collect();
    /// assert_eq!(creators, [1, 2]); // 0 clicked 31 days before the order, 3 after it
    /// ```
    pub fn cut(&self, window: Days) -> Journey {
        let longest = window.as_seconds().saturating_mul(1_000_000);
        let mut cut = self.clone();
        cut.touches.retain(|touch| {
            touch.kind == TouchKind::Survey || (0..=longest).contains(&age_microseconds(touch, self.ended_at))
        });
        cut.touches.sort_by_key(|touch| touch.at);
        cut
    }
}

fn age_microseconds(touch: &Touch, ended_at: Timestamp) -> i64 {
    ended_at.0.saturating_sub(touch.at.0)
}

/// Orders, journeys without one, and the orders' value.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Totals {
    pub conversions: u64,
    pub nulls: u64,
    pub value_minor_units: i64,
}

/// Why journeys were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributionError {
    #[error(
        "journey {journey} (counted from 0) names creator {creator}, but creators are numbered 0 to {creators} - 1"
    )]
    NoSuchCreator { journey: usize, creator: u32, creators: u32 },
    #[error("{creators} creators are too many; at most {CREATORS_MAX} fit one report, choose a campaign")]
    TooManyCreators { creators: u32 },
    #[error("the {what} of these journeys do not fit 63 bits together; look at the largest rows")]
    TooLarge { what: &'static str },
    #[error("a half-life of 0 days leaves time decay nothing to weigh by; give at least one day")]
    NoHalfLife,
}

/// How one journey ended, beside its touches.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) conversions: u64,
    pub(super) nulls: u64,
    pub(super) value_minor_units: i64,
    pub(super) decided: Option<u32>,
}

/// Checked journeys, cut to one window and packed; what every model reads.
#[derive(Clone, Debug)]
pub struct Journeys {
    creators: u32,
    window: Days,
    /// Touches of journey i: `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
    touched: Vec<u32>,
    /// From the touch to the end, one a touch.
    ages_microseconds: Vec<i64>,
    ends: Vec<End>,
    touched_totals: Totals,
    untouched: Totals,
}

/// One packed journey: at least one touch, in order of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    pub(super) creators: &'a [u32],
    pub(super) ages_microseconds: &'a [i64],
    pub(super) end: &'a End,
}

impl Journeys {
    /// Cuts every journey to the window, drops survey answers and sets journeys without a touch aside.
    ///
    /// Inputs: `creators`, how many there are, at most [`CREATORS_MAX`]; every number in `journeys` lies below it.
    /// Output: what the models read. Errors: [`AttributionError`]; together conversions, nulls and absolute values
    /// must each fit 63 bits, so that no sum below can overflow. Cost: O(touches log touches), 12 bytes a touch.
    ///
    /// ```
    /// use engine::measurement::attribution::{Journey, Journeys};
    /// use model::{Days, Timestamp};
    /// let (ended_at, touches) = (Timestamp(0), vec![]);
    /// let bought = Journey { touches, ended_at, conversions: 1, nulls: 0, value_minor_units: 995, decided: None };
    /// let journeys = Journeys::within(Days(30), 2, &[bought]).unwrap();
    /// assert_eq!((journeys.totals().conversions, journeys.untouched().conversions), (0, 1));
    /// ```
    pub fn within(window: Days, creators: u32, journeys: &[Journey]) -> Result<Journeys, AttributionError> {
        if creators > CREATORS_MAX {
            return Err(AttributionError::TooManyCreators { creators });
        }
        refuse_large(journeys)?;
        let mut packed = Journeys {
            creators,
            window,
            offsets: vec![0],
            touched: vec![],
            ages_microseconds: vec![],
            ends: vec![],
            touched_totals: Totals::default(),
            untouched: Totals::default(),
        };
        for (number, journey) in journeys.iter().enumerate() {
            let named = journey.touches.iter().map(|touch| touch.creator).chain(journey.decided);
            if let Some(creator) = named.into_iter().find(|creator| *creator >= creators) {
                return Err(AttributionError::NoSuchCreator { journey: number, creator, creators });
            }
            packed.push(&journey.cut(window));
        }
        Ok(packed)
    }

    fn push(&mut self, journey: &Journey) {
        let before = self.touched.len();
        for touch in journey.touches.iter().filter(|touch| touch.kind != TouchKind::Survey) {
            self.touched.push(touch.creator);
            self.ages_microseconds.push(age_microseconds(touch, journey.ended_at));
        }
        let is_touched = self.touched.len() > before;
        let totals = if is_touched { &mut self.touched_totals } else { &mut self.untouched };
        totals.conversions += journey.conversions;
        totals.nulls += journey.nulls;
        totals.value_minor_units += journey.value_minor_units;
        if is_touched {
            self.offsets.push(self.touched.len());
            self.ends.push(End {
                conversions: journey.conversions,
                nulls: journey.nulls,
                value_minor_units: journey.value_minor_units,
                decided: journey.decided,
            });
        }
    }

    /// How many creators there are; every model's lists have this length.
    pub fn creators(&self) -> u32 {
        self.creators
    }

    /// The window the journeys were cut to.
    pub fn window(&self) -> Days {
        self.window
    }

    /// What the models share out: the journeys with at least one touch in the window.
    pub fn totals(&self) -> Totals {
        self.touched_totals
    }

    /// Journeys without a touch in the window; no model credits them to anybody.
    pub fn untouched(&self) -> Totals {
        self.untouched
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = Path<'_>> {
        self.ends.iter().zip(self.offsets.windows(2)).map(|(end, range)| Path {
            creators: &self.touched[range[0]..range[1]],
            ages_microseconds: &self.ages_microseconds[range[0]..range[1]],
            end,
        })
    }
}

fn refuse_large(journeys: &[Journey]) -> Result<(), AttributionError> {
    let sum = |of: &dyn Fn(&Journey) -> u64| journeys.iter().map(|journey| u128::from(of(journey))).sum::<u128>();
    let sums = [
        ("conversions", sum(&|journey| journey.conversions)),
        ("journeys without an order", sum(&|journey| journey.nulls)),
        ("values", sum(&|journey| journey.value_minor_units.unsigned_abs())),
    ];
    match sums.into_iter().find(|(_, sum)| *sum > i64::MAX as u128) {
        Some((what, _)) => Err(AttributionError::TooLarge { what }),
        None => Ok(()),
    }
}
