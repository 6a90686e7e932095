//! The signs of a profile report as they are drawn: family by family, each with what it adds to the log-odds.

use engine::vetting::signs::SignSeen;
use engine::vetting::verdict::Family;

use super::super::super::report::VettingReport;
use crate::web::estimates::{Drawing, EstimateView, common_scale};
use crate::web::format;

/// Signs of one kind.
pub struct FamilyLines {
    pub words: &'static str,
    pub signs: Vec<SignLine>,
}

/// One sign as it is drawn.
pub struct SignLine {
    pub value: EstimateView,
    pub usual: Option<String>,
    pub part: Option<PartBar>,
    pub innocent: &'static str,
    pub would_change: &'static str,
}

/// What a sign adds to the log-odds: a bar from the middle, to the right where it speaks for bought promotion.
pub struct PartBar {
    pub words: String,
    pub x: String,
    pub width: String,
    pub class: &'static str,
}

pub(super) fn families_not_assessed(report: &VettingReport) -> Vec<&'static str> {
    Family::ALL
        .into_iter()
        .filter(|family| {
            report.signs.iter().filter(|seen| seen.sign.family() == *family).all(|seen| seen.finding.is_none())
        })
        .map(Family::words)
        .collect()
}

pub(super) fn families(report: &VettingReport, is_shared: bool) -> Vec<FamilyLines> {
    let lines = |family: Family| FamilyLines {
        words: family.words(),
        signs: report
            .signs
            .iter()
            .filter(|seen| seen.sign.family() == family)
            .map(|seen| line(seen, report, is_shared))
            .collect(),
    };
    Family::ALL.into_iter().map(lines).collect()
}

fn line(seen: &SignSeen, report: &VettingReport, is_shared: bool) -> SignLine {
    let part = report.verdict.parts.iter().find(|part| part.sign == seen.sign);
    let id = serde_json::to_value(seen.sign).ok().and_then(|code| code.as_str().map(|code| code.replace('_', "-")));
    let id = id.unwrap_or_default();
    let usual = seen.usual.as_ref().map(|usual| {
        let middle = (usual.lo + usual.hi) / 2.0;
        format!("usual: {} ({})", format::interval(middle, usual.lo, usual.hi, seen.value.unit), usual.words)
    });
    let scale = match &seen.usual {
        Some(usual) => common_scale(&[&seen.value]).max(crate::web::estimates::round_scale_end(usual.hi)),
        None => common_scale(&[&seen.value]),
    };
    let drawing = Drawing { id: &id, label: seen.sign.words(), scale_to: scale, brand: None };
    let value = EstimateView::new(drawing, &seen.value);
    SignLine {
        value: if is_shared { value.without_links() } else { value },
        usual,
        part: part.map(|part| part_bar(part.log_odds)),
        innocent: seen.sign.innocent(),
        would_change: seen.sign.would_change(),
    }
}

/// The bar's box runs from -2.5 to 2.5, 50 to a side.
fn part_bar(log_odds: f64) -> PartBar {
    let length = (log_odds.abs() / 2.5 * 50.0).min(50.0);
    let (x, class) = if log_odds >= 0.0 { (50.0, "for") } else { (50.0 - length, "against") };
    PartBar {
        words: format!("{log_odds:+.2}").replace('-', "\u{2212}"),
        x: format!("{x:.1}"),
        width: format!("{length:.1}"),
        class,
    }
}

pub(super) fn sum_words(report: &VettingReport) -> String {
    let verdict = &report.verdict;
    let mut words = format!("{:+.2} before anything is looked at", verdict.prior_log_odds);
    let parts: f64 = verdict.parts.iter().map(|part| part.log_odds).sum();
    words.push_str(&format!(", {parts:+.2} from the signs"));
    if verdict.shared_log_odds.abs() >= 0.005 {
        words.push_str(&format!(", {:+.2} shared or taken back by a limit", verdict.shared_log_odds));
    }
    words.push_str(&format!(" = {:+.2}", verdict.log_odds));
    words.replace('-', "\u{2212}")
}
