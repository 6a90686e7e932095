//! The account models in use, with their cards: what they learned from, how often they err, and what each term adds.

use askama::Template;
use axum::extract::State;
use engine::intervals::jeffreys_interval;
use engine::vetting::accounts::shipped::{ModelCard, TrainedModel};
use model::{Estimate, Explanation, Grade, Platform, Ratio, Unit};

use crate::web::app::{App, Page, draw};
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

/// What models were learned from, and the models.
pub struct CardView {
    pub title: String,
    pub about: Vec<(&'static str, String)>,
    pub models: Vec<ModelView>,
}

/// One model for a set of known columns.
pub struct ModelView {
    pub reads: String,
    pub found: EstimateView,
    pub wrongly: EstimateView,
    pub figures: Vec<(&'static str, String)>,
    pub terms: Vec<TermView>,
}

/// What one term adds over the range of its feature.
pub struct TermView {
    pub words: &'static str,
    pub points: String,
    /// Where nothing is added.
    pub zero: String,
    pub says: String,
}

#[derive(Template)]
#[template(path = "vetting/account_model.html")]
struct ModelPage {
    layout: Layout,
    cards: Vec<CardView>,
}

/// `GET /vetting/account-model`
pub async fn show(State(app): State<App>, visit: Visit) -> Page {
    let models = app.data.account_models().await?;
    let shipped = engine::vetting::accounts::shipped::shipped();
    let mut cards = vec![card("The models that come with the program".to_owned(), "shipped", shipped)];
    let own = Platform::ALL.into_iter().filter(|platform| models.are_own(*platform));
    cards.extend(own.map(|platform| {
        let title = format!("Learned here, for {}", platform.name());
        card(title, platform.code(), models.of(platform).0)
    }));
    let layout = Layout::load(&app, visit, Word::Vetting, "The account model").await?;
    draw(ModelPage { layout, cards }).await
}

fn card(title: String, id: &str, of: &ModelCard) -> CardView {
    let from = &of.learned_from;
    CardView {
        title,
        about: vec![
            ("Learned from", from.name.clone()),
            ("Source", from.source.clone()),
            ("Licence", from.licence.clone()),
            ("Of", from.of.clone()),
            (
                "Labelled accounts",
                format!("{}, {} made to be sold", format::count(of.rows), format::count(of.positives)),
            ),
        ],
        models: of
            .models
            .iter()
            .enumerate()
            .map(|(place, trained)| model_view(&format!("{id}-{place}"), trained))
            .collect(),
    }
}

fn rate(id: &str, label: &str, words: &str, hits: u64, of: u64) -> EstimateView {
    let level = Ratio::new(model::explanation::DEFAULT_LEVEL).expect("the default level is a share");
    let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::People);
    let tree = Explanation::ratio(words, Unit::Share, count("flagged", hits), count("accounts", of))
        .with_formula("on accounts the model had not seen (ten parts), Jeffreys interval");
    let estimate = match jeffreys_interval(hits, of, level) {
        Some(interval) => Estimate::known(
            hits as f64 / of as f64,
            interval.lo,
            interval.hi,
            of,
            "labelled accounts",
            "flag_rate",
            tree,
        ),
        None => Estimate::not_known(Unit::Share, "flag_rate", 0, "labelled accounts", "nothing was labelled"),
    };
    EstimateView::new(Drawing { id, label, scale_to: 1.0, brand: None }, &estimate.graded(Grade::C))
}

fn model_view(id: &str, trained: &TrainedModel) -> ModelView {
    let (errors, figures) = (&trained.errors, &trained.figures);
    let plain = |value: f64| format!("{value:.3}");
    ModelView {
        reads: trained.model.columns.names().join(", ").replace('_', " "),
        found: rate(
            &format!("found-{id}"),
            "Of those made to be sold, flagged",
            "flagged of those made to be sold",
            errors.fakes_flagged,
            errors.fakes,
        ),
        wrongly: rate(
            &format!("wrongly-{id}"),
            "Of the others, flagged wrongly",
            "flagged of those that were not",
            errors.real_flagged,
            errors.real,
        ),
        figures: vec![
            ("Ranks a sold account above another (AUC)", plain(figures.auc)),
            ("Mean squared miss (Brier)", plain(figures.brier)),
            ("Said against came (ECE)", plain(figures.ece)),
            ("Found where 1 in 100 others is flagged", plain(figures.recall_at_fpr_1)),
            ("Found where 5 in 100 others are flagged", plain(figures.recall_at_fpr_5)),
        ],
        terms: trained.model.terms.iter().filter_map(|term| term_view(trained, term)).collect(),
    }
}

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 64.0;
/// Log-odds at the top and foot of a curve's box.
const ENDS: f64 = 2.0;
const STEPS: usize = 32;

fn term_view(trained: &TrainedModel, term: &engine::vetting::accounts::model::Term) -> Option<TermView> {
    let edges = &trained.reference.iter().find(|reference| reference.feature == term.feature)?.edges;
    let (from, to) = match term.feature.is_two_valued() {
        true => (0.0, 1.0),
        false => (*edges.first()?, *edges.last()?),
    };
    let curve = term.curve(from, to, if term.feature.is_two_valued() { 1 } else { STEPS });
    let y = |log_odds: f64| HEIGHT / 2.0 - log_odds.clamp(-ENDS, ENDS) / ENDS * HEIGHT / 2.0;
    let x = |value: f64| (value - from) / (to - from).max(1e-9) * WIDTH;
    let points: Vec<String> = curve.iter().map(|(value, odds)| format!("{:.1},{:.1}", x(*value), y(*odds))).collect();
    let (first, last) = (curve.first()?.1, curve.last()?.1);
    let written = |odds: f64| format!("{odds:+.1}").replace('-', "\u{2212}");
    Some(TermView {
        words: term.feature.words(),
        points: points.join(" "),
        zero: format!("{:.1}", y(0.0)),
        says: format!("{} where it is least, {} where it is most", written(first), written(last)),
    })
}
