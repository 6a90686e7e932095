//! The answer in words, the same on the page, in mails and on the command line: seen, cannot tell, or a design that says nothing;
//! never "proved" and never "no effect".

use engine::measurement::costs::RoiVerdict;
use engine::measurement::lift::LiftVerdict;
use model::{Estimate, Unit};

use super::Report;
use super::found::{OutcomeFound, StudyFound};
use super::watching::Watched;
use crate::web::format;

/// A number as its interval lets it be written.
pub fn value(estimate: &Estimate) -> String {
    let Some(value) = estimate.value else { return "not known".to_owned() };
    let (lo, hi) = (estimate.lo.unwrap_or(value), estimate.hi.unwrap_or(value));
    format::value(value, (hi - lo) / 2.0, estimate.unit)
}

/// `between 900.00 EUR and 5,200.00 EUR`, with words for less than nothing.
pub fn between(estimate: &Estimate, more: &str, fewer: &str) -> String {
    let (Some(lo), Some(hi)) = (estimate.lo, estimate.hi) else { return "between what is not known".to_owned() };
    let half = (hi - lo) / 2.0;
    let end = |end: f64| format::value(end.abs(), half, estimate.unit);
    let side = |end: f64| if end < 0.0 { fewer } else { more };
    match (lo < 0.0, hi < 0.0) {
        (false, false) => format!("between {} and {}", end(lo), end(hi)),
        (true, true) => format!("between {} and {} {fewer}", end(hi), end(lo)),
        _ => format!("between {} {} and {} {}", end(lo), side(lo), end(hi), side(hi)),
    }
}

fn percent(level: f64) -> String {
    format!("{:.0} %", 100.0 * level)
}

/// What a campaign added to an outcome, in a sentence.
pub fn outcome(found: &OutcomeFound) -> String {
    let words = &found.words;
    if let Some(why) = &found.refused {
        return format!("What it added in {words} is not known: {why}.");
    }
    let level = percent(found.gained.level);
    let is_money = matches!(found.unit, Unit::Money(_));
    let (more, fewer) = if is_money { ("more", "less") } else { ("more", "fewer") };
    let range = between(&found.gained, more, fewer);
    match found.verdict {
        LiftVerdict::SeenMore if found.is_seen() => {
            format!("About {} more {words} than without, {range} ({level}).", value(&found.gained))
        }
        LiftVerdict::SeenMore => format!(
            "More {words} than without, {range} ({level}), but with so many figures looked at, one such is no surprise: cannot tell."
        ),
        LiftVerdict::SeenLess if is_money => format!("Less {words} than without: {range} ({level})."),
        LiftVerdict::SeenLess => format!("Fewer {words} than without: {range} ({level})."),
        LiftVerdict::CannotTell => format!("Cannot tell: {range} {words} than without ({level})."),
        LiftVerdict::NotTrustworthy => format!(
            "The design is not trustworthy for {words}: the same analysis raised alarms where nothing happened, so no answer is given."
        ),
    }
}

/// The answer a boss reads first: what it brought, between what, and what it cost.
pub fn answer(report: &Report) -> String {
    answer_of(&report.found)
}

/// The same of what was found.
pub fn answer_of(found: &StudyFound) -> String {
    let cost = match found.cost.total.value {
        Some(_) => format!(" It cost {}.", value(&found.cost.total)),
        None => " What it cost is not known.".to_owned(),
    };
    let margin = &found.incremental.margin;
    if found.primary.verdict == LiftVerdict::NotTrustworthy || found.primary.refused.is_some() || margin.value.is_none()
    {
        return format!("{}{cost}", outcome(&found.primary));
    }
    let level = percent(margin.level);
    let range = between(margin, "more", "less");
    let first = match found.primary.verdict {
        LiftVerdict::SeenMore => format!("About {} more margin than without, {range} ({level}).", value(margin)),
        LiftVerdict::SeenLess => format!("Less margin than without: {range} ({level})."),
        _ => format!("Cannot tell: {range} margin than without ({level})."),
    };
    let paid = match found.incremental.verdict {
        Some(RoiVerdict::Paid) => " Even at the low end it paid.",
        Some(RoiVerdict::DidNotPay) => " Even at the high end it did not pay.",
        Some(RoiVerdict::CannotTellYet) => " Whether it paid cannot be told yet.",
        None => "",
    };
    format!("{first}{cost}{paid}")
}

/// What may be said while it runs.
pub fn so_far(watched: &Watched) -> String {
    let words = &watched.words;
    if let Some(why) = &watched.why_not {
        return format!("{words}: nothing yet, {why}");
    }
    let fewer = if matches!(watched.more.unit, Unit::Money(_)) { "less" } else { "fewer" };
    if watched.more.hi.is_none() {
        return format!("{words}: nothing is ruled out yet");
    }
    let range = between(&watched.more, "more", fewer);
    match (watched.alarm, watched.more.lo.is_some_and(|lo| lo > 0.0)) {
        (true, true) => format!("{words}: more than expected so far, {range}"),
        (true, false) => format!("{words}: other than expected, {range} so far"),
        (false, _) => format!("{words}: nothing to be told apart from chance yet, {range} than expected"),
    }
}

#[cfg(test)]
mod tests {
    use model::Explanation;

    use super::*;

    #[test]
    fn a_range_says_more_and_fewer_in_words() {
        let of = |lo: f64, hi: f64| {
            let middle = f64::midpoint(lo, hi);
            Estimate::known(middle, lo, hi, 28, "days", "lift", Explanation::leaf("x", Some(middle), Unit::Items))
        };
        assert_eq!(between(&of(10.0, 110.0), "more", "fewer"), "between 10 and 110");
        assert_eq!(between(&of(-20.0, 80.0), "more", "fewer"), "between 20 fewer and 80 more");
        assert_eq!(between(&of(-80.0, -20.0), "more", "fewer"), "between 20 and 80 fewer");
    }
}
