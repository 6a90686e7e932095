//! How an estimate and its explanation are drawn, alike on every page: value, interval as a thin bar with a dot,
//! n, grade, date, and below it the tree down to the rows.

use askama::Template;
use model::{BrandId, Combine, Estimate, Explanation, Grade, Unit};

use super::format;
use crate::clock;

/// Where an interval lies on a scale that begins at 0, as percentages of the bar's width.
#[derive(Clone, PartialEq, Debug)]
pub struct IntervalBar {
    pub from: String,
    pub to: String,
    pub dot: String,
    /// The interval goes on beyond the scale's end.
    pub beyond: bool,
}

impl IntervalBar {
    /// `None` where there is no interval or no scale to draw it on.
    pub fn on_scale(estimate: &Estimate, scale_to: f64) -> Option<IntervalBar> {
        let (value, lo, hi) = (estimate.value?, estimate.lo?, estimate.hi?);
        // A scale begins at 0, so it cannot hold what may be less than nothing.
        if scale_to <= 0.0 || lo < 0.0 {
            return None;
        }
        let place = |value: f64| format!("{:.2}%", (value / scale_to * 100.0).clamp(0.0, 100.0));
        Some(IntervalBar { from: place(lo), to: place(hi), dot: place(value), beyond: hi > scale_to * 1.000_001 })
    }
}

/// What is known: the value as written, its interval in words where it has one, and the bar.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownValue {
    pub value: String,
    pub interval: Option<String>,
    pub bar: Option<IntervalBar>,
}

impl KnownValue {
    fn of(estimate: &Estimate, scale_to: f64) -> Option<KnownValue> {
        let known = estimate.value?;
        let (lo, hi) = (estimate.lo.unwrap_or(known), estimate.hi.unwrap_or(known));
        let interval = (hi > lo).then(|| format::interval(known, lo, hi, estimate.unit));
        // An interval too narrow to be written says nothing.
        let interval = interval.filter(|words| words.split_once('–').is_none_or(|(lo, hi)| lo != hi));
        // Some figures have no upper end: what they are divided by may be as good as nothing.
        let open = estimate.lo.filter(|_| estimate.hi.is_none());
        let interval = open.map_or(interval, |lo| Some(format!("from {} up", format::part(lo, estimate.unit))));
        let bar = if interval.is_some() { IntervalBar::on_scale(estimate, scale_to) } else { None };
        Some(KnownValue { value: format::value(known, (hi - lo) / 2.0, estimate.unit), interval, bar })
    }
}

/// An estimate in a table cell; the whole of it is one link away.
#[derive(Template, Clone, PartialEq, Debug)]
#[template(path = "_estimate_cell.html")]
pub struct EstimateCell {
    pub known: Option<KnownValue>,
    pub not_known: String,
    pub n: String,
    /// The page and place where it opens to its explanation.
    pub link: Option<String>,
    pub label: String,
}

impl EstimateCell {
    pub fn new(label: &str, estimate: &Estimate, scale_to: f64, link: Option<String>) -> EstimateCell {
        EstimateCell {
            known: KnownValue::of(estimate, scale_to),
            not_known: reason_not_known(estimate),
            n: n_words(estimate),
            link,
            label: label.to_owned(),
        }
    }
}

/// An estimate that opens to its explanation.
#[derive(Template, Clone, PartialEq, Debug)]
#[template(path = "_estimate.html")]
pub struct EstimateView {
    /// The element's id, so that a table cell can link to it.
    pub id: String,
    pub label: String,
    pub known: Option<KnownValue>,
    pub not_known: String,
    pub n: String,
    pub level: String,
    pub method: String,
    pub as_of: Option<String>,
    pub grade_letter: &'static str,
    pub grade_words: &'static str,
    pub tree: ExplanationView,
    pub opened: Opened,
}

/// Whether an estimate's explanation is open when the page arrives.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Opened {
    #[default]
    No,
    Yes,
}

/// What a page adds to an estimate to draw it.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    pub id: &'a str,
    pub label: &'a str,
    /// The right end of the bar's scale.
    pub scale_to: f64,
    /// The brand whose evidence the links of the tree lead to.
    pub brand: Option<BrandId>,
}

impl EstimateView {
    pub fn new(drawing: Drawing<'_>, estimate: &Estimate) -> EstimateView {
        EstimateView {
            id: drawing.id.to_owned(),
            label: drawing.label.to_owned(),
            known: KnownValue::of(estimate, drawing.scale_to),
            not_known: reason_not_known(estimate),
            n: n_words(estimate),
            level: format!("{:.0}\u{a0}%", estimate.level * 100.0),
            method: format!("{} {}", estimate.method.replace('_', " "), estimate.version),
            as_of: estimate.as_of.map(clock::day),
            grade_letter: estimate.grade.letter(),
            grade_words: Grade::words(estimate.grade),
            tree: ExplanationView::new(&estimate.explanation, drawing.brand),
            opened: Opened::No,
        }
    }

    /// The same for somebody who sees this page alone: rows are counted and lead nowhere.
    pub fn without_links(mut self) -> EstimateView {
        self.tree.cut_links();
        self
    }

    pub fn opened(mut self) -> EstimateView {
        self.opened = Opened::Yes;
        self
    }
}

/// One node of an explanation with everything below it.
#[derive(Template, Clone, PartialEq, Debug)]
#[template(path = "_explanation.html")]
pub struct ExplanationView {
    pub words: String,
    pub value: String,
    pub formula: Option<String>,
    /// How the parts make the value, in words; nothing for a leaf.
    pub combined: &'static str,
    pub parts: Vec<ExplanationView>,
    pub rows: Option<RowsView>,
}

/// The rows at the end of an explanation.
#[derive(Clone, PartialEq, Debug)]
pub struct RowsView {
    pub words: String,
    pub link: Option<String>,
}

impl ExplanationView {
    fn cut_links(&mut self) {
        if let Some(rows) = &mut self.rows {
            rows.link = None;
        }
        self.parts.iter_mut().for_each(ExplanationView::cut_links);
    }

    pub fn new(node: &Explanation, brand: Option<BrandId>) -> ExplanationView {
        let combined = match (node.parts.len(), node.combine) {
            (0, _) => "",
            (_, Combine::Sum) => "adds up from",
            (_, Combine::Ratio) => "is the first over the second",
            (_, Combine::Inputs) => "is made from",
        };
        ExplanationView {
            words: node.words.clone(),
            value: node.value.map_or_else(|| "not known".to_owned(), |value| format::part(value, node.unit)),
            formula: node.formula.clone(),
            combined,
            parts: node.parts.iter().map(|part| ExplanationView::new(part, brand)).collect(),
            rows: node.rows.as_ref().map(|rows| RowsView {
                words: format!("{} {}", format::count(rows.count), rows.what),
                link: rows.link.as_deref().map(|link| evidence_link(link, brand)),
            }),
        }
    }
}

/// A link to a creator's evidence leads to the evidence of the brand at hand.
fn evidence_link(link: &str, brand: Option<BrandId>) -> String {
    match brand {
        Some(brand) if link.starts_with("/conversations/") && !link.contains('?') => format!("{link}?brand={brand}"),
        _ => link.to_owned(),
    }
}

/// A round end for a scale that holds every upper end: 1, 2 or 5 times a power of ten.
pub fn round_scale_end(highest: f64) -> f64 {
    if highest <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(highest.log10().floor());
    [1.0, 2.0, 3.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|end| *end >= highest).unwrap_or(highest)
}

/// A round end for a scale on which nine in ten of these upper ends lie: one outlier does not flatten a column, and
/// what goes beyond is drawn as going beyond.
pub fn scale_end_for_most(mut highs: Vec<f64>) -> f64 {
    highs.sort_by(f64::total_cmp);
    let ninth = highs.len().saturating_mul(9).div_ceil(10).saturating_sub(1);
    round_scale_end(highs.get(ninth).copied().unwrap_or(0.0))
}

/// A scale that holds all of these estimates; shares always run to 100 %.
pub fn common_scale(estimates: &[&Estimate]) -> f64 {
    if estimates.iter().any(|estimate| matches!(estimate.unit, Unit::Share | Unit::Probability)) {
        return 1.0;
    }
    round_scale_end(estimates.iter().filter_map(|estimate| estimate.hi).fold(0.0, f64::max))
}

fn reason_not_known(estimate: &Estimate) -> String {
    estimate.not_known.clone().unwrap_or_else(|| "nothing is held that would tell".to_owned())
}

fn n_words(estimate: &Estimate) -> String {
    format!("n\u{a0}=\u{a0}{} {}", format::count(estimate.n), estimate.n_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate() -> Estimate {
        let parts = vec![
            Explanation::leaf("already do", Some(2.0), Unit::People).with_rows(
                18,
                "comments",
                Some("/conversations/5".into()),
            ),
            Explanation::leaf("do not yet", Some(1.4), Unit::People),
        ];
        let tree = Explanation::sum("buyers <expected>", Unit::People, parts);
        Estimate::known(3.4, 2.1, 5.4, 140, "buyers", "listening", tree)
    }

    #[test]
    fn an_estimate_shows_value_interval_n_and_grade_and_opens_to_rows() {
        let brand = BrandId::new();
        let drawing = Drawing { id: "fit", label: "Listening score", scale_to: 10.0, brand: Some(brand) };
        let html = EstimateView::new(drawing, &estimate()).render().expect("renders");
        for piece in ["3.4", "2.1–5.4", "n\u{a0}=\u{a0}140 buyers", "complete public record", "18 comments", "<details"]
        {
            assert!(html.contains(piece), "{piece} is missing in {html}");
        }
        assert!(html.contains(&format!("/conversations/5?brand={brand}")));
        assert!(html.contains("buyers &#60;expected&#62;"), "words are escaped once: {html}");
    }

    #[test]
    fn not_known_is_said_in_words_and_never_as_a_number() {
        let unknown = Estimate::not_known(Unit::Percent, "by_followers", 0, "posts", "likes are hidden");
        let html = EstimateCell::new("Engagement", &unknown, 1.0, None).render().expect("renders");
        assert!(html.contains("not known") && html.contains("likes are hidden") && !html.contains('0'));
    }

    #[test]
    fn a_scale_ends_on_a_round_number() {
        assert_eq!(round_scale_end(4.2), 5.0);
        assert_eq!(round_scale_end(0.031), 0.05);
        assert_eq!(round_scale_end(0.0), 1.0);
    }

    #[test]
    fn one_outlier_does_not_flatten_a_column() {
        let highs = vec![0.04, 0.05, 0.03, 0.045, 0.05, 0.02, 0.01, 0.048, 0.044, 0.3];
        assert_eq!(scale_end_for_most(highs), 0.05);
        assert_eq!(scale_end_for_most(vec![]), 1.0);
    }
}
