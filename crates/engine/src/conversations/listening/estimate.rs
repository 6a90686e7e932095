//! The listening score as people may see it: its value and interval, and the tree of counts it was made from.

use model::{Combine, Estimate, Explanation, Timestamp, Unit};

use super::last_window::Reading;
use super::score::ListenedTo;

const METHOD: &str = "listening_score";

/// What the score of one creator was made from, beside the score itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredFor {
    /// Buyers the talk knows.
    pub buyers: u64,
    /// How far ahead the score looks, in days.
    pub days: f64,
    pub as_of_unix: i64,
    /// Whether it may be read as people.
    pub reading: Reading,
}

/// The listening score of one creator: buyers expected to turn to them, with the parts that add up to it.
///
/// `value` and its 90 % interval are those of `listened`, `n` the buyers. It is a score for comparing creators: whether
/// it may be read as people is a question about the market's past, which `train_and_prove` answers.
pub fn listening_estimate(listened: &ListenedTo, scored_for: &ScoredFor) -> Estimate {
    let evidence = &listened.evidence;
    let unit = match scored_for.reading {
        Reading::People => Unit::People,
        Reading::Score => Unit::Score,
    };
    let count = |words: &str, value: f64, unit| Explanation::leaf(words, Some(value), unit);
    let returning = Explanation::leaf("among buyers who already talk to them", Some(listened.expected_returning), unit)
        .with_parts(vec![
            count("buyers who talk to them", f64::from(evidence.buyers_talking), Unit::People),
            count("of these, on two or more different days", f64::from(evidence.buyers_came_back), Unit::People),
            count("of these, spoken to in return", f64::from(evidence.buyers_answered), Unit::People),
            count("times they turned to these buyers", evidence.talks_back as f64, Unit::Items),
            count("talks about buying", evidence.buying_talks as f64, Unit::Items),
        ])
        .with_rows(evidence.talks, "interactions of these buyers with them", None);
    let joining = Explanation::leaf("among buyers who do not talk to them yet", Some(listened.expected_joining), unit)
        .with_parts(vec![
            count("everybody who ever talked to them", f64::from(evidence.in_degree), Unit::People),
            count("nearness to the buyers along talk", evidence.nearness, Unit::Probability),
        ]);
    let days = scored_for.days;
    let words = match scored_for.reading {
        Reading::People => format!(
            "buyers expected to turn to them within {days:.0} days; such numbers came true on this market's own last window"
        ),
        Reading::Score => format!(
            "listening score: buyers expected to turn to them within {days:.0} days. Good for comparing creators; such \
             numbers have not been shown to come true as people on this market's own last window"
        ),
    };
    let explanation = Explanation::sum(words, unit, vec![returning, joining])
        .with_formula("share of the buyers' listening * listening expected of them; each buyer's chance adds up to it");
    debug_assert_eq!(explanation.combine, Combine::Sum);
    Estimate::known(
        listened.expected_listeners,
        listened.lo,
        listened.hi,
        scored_for.buyers,
        "buyers",
        METHOD,
        explanation,
    )
    .as_of(Timestamp::from_unix_seconds(scored_for.as_of_unix))
}
