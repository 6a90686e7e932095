//! `/matching/listening`: how well the chances behind the ranking came true on the market's own last window.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::conversations::listening::reliability::{Reliability, ReliabilityBin};

use crate::matching::proof::{Proof, proof};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

/// Side of the picture's square, and what is written beside it.
const SIDE: f64 = 300.0;

/// A line of the table.
struct Line {
    said: String,
    pairs: String,
    mean: String,
    came: String,
    interval: String,
}

/// A bin in the picture: across what was said, upwards what came.
struct Dot {
    x: String,
    y: String,
    lo: String,
    hi: String,
}

/// A mark on both axes.
struct Mark {
    at: String,
    down: String,
    words: &'static str,
}

/// One population with its picture and table.
struct Population {
    id: &'static str,
    words: &'static str,
    why: &'static str,
    summary: String,
    dots: Vec<Dot>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "matching/listening.html")]
struct ListeningPage {
    layout: Layout,
    finding: String,
    window: Option<String>,
    marks: Vec<Mark>,
    populations: Vec<Population>,
}

/// `GET /matching/listening`
pub async fn show(State(app): State<App>, visit: Visit) -> Page {
    let found = proof_of(&app).await?;
    draw(ListeningPage {
        layout: Layout::load(&app, visit, Word::Matching, "How well do the chances hold?").await?,
        finding: found.finding(),
        window: found.window_words(),
        marks: marks(),
        populations: populations(&found),
    })
    .await
}

async fn proof_of(app: &App) -> Result<Proof, WebError> {
    let data = app.data.clone();
    aside(move || async move { proof(&data).await }).await
}

fn populations(found: &Proof) -> Vec<Population> {
    let Some(held) = &found.held_out else { return vec![] };
    vec![
        population(
            "chosen",
            "The ten creators named to each brand",
            "Whoever is named was picked for a high number, and some of that is luck: here chances come out too high first.",
            &held.chosen,
        ),
        population(
            "all",
            "All creators who could have been named",
            "Nearly all of these pairs never talk, so a small error here says little about those who are named.",
            &held.all,
        ),
    ]
}

fn population(id: &'static str, words: &'static str, why: &'static str, found: &Reliability) -> Population {
    let error = found.calibration_error.map_or_else(
        || "No pair was there to look at.".to_owned(),
        |error| {
            format!(
                "Off by {:.1} points on average ({:.1}–{:.1} at 90\u{a0}%).",
                100.0 * error.value,
                100.0 * error.lo,
                100.0 * error.hi
            )
        },
    );
    Population {
        id,
        words,
        why,
        summary: format!(
            "{error} {} of {} and {}; {} talks expected, {} came.",
            format::counted(found.pairs, "pair", "pairs"),
            format::counted(found.buyers, "buyer", "buyers"),
            format::counted(found.creators, "creator", "creators"),
            format::count(found.expected.round() as u64),
            format::count(found.came as u64)
        ),
        dots: found.bins.iter().filter_map(dot).collect(),
        lines: found.bins.iter().map(line).collect(),
    }
}

/// The root of a chance, so that those below a tenth, which are nearly all, are told apart.
fn across(chance: f64) -> f64 {
    chance.clamp(0.0, 1.0).sqrt() * SIDE
}

fn dot(bin: &ReliabilityBin) -> Option<Dot> {
    let up = |chance: f64| format!("{:.1}", SIDE - across(chance));
    Some(Dot { x: format!("{:.1}", across(bin.said?)), y: up(bin.came?), lo: up(bin.lo?), hi: up(bin.hi?) })
}

fn marks() -> Vec<Mark> {
    [(0.01, "1 %"), (0.05, "5 %"), (0.1, "10 %"), (0.25, "25 %"), (0.5, "50 %"), (1.0, "100 %")]
        .into_iter()
        .map(|(chance, words)| Mark {
            at: format!("{:.1}", across(chance)),
            down: format!("{:.1}", SIDE - across(chance)),
            words,
        })
        .collect()
}

fn line(bin: &ReliabilityBin) -> Line {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "no pair".to_owned(), |share| format!("{:.1}\u{a0}%", 100.0 * share));
    Line {
        said: format!("{}–{}\u{a0}%", 100.0 * bin.from, 100.0 * bin.to),
        pairs: format::count(bin.pairs),
        mean: percent(bin.said),
        came: percent(bin.came),
        interval: match (bin.lo, bin.hi) {
            (Some(lo), Some(hi)) => format!("{:.1}–{:.1}\u{a0}%", 100.0 * lo, 100.0 * hi),
            _ => "no pair".to_owned(),
        },
    }
}

/// `GET /matching/listening.csv`
pub async fn download(State(app): State<App>) -> Result<Response, WebError> {
    let found = proof_of(&app).await?;
    let mut sheet = Sheet::new(&["population", "from", "to", "pairs", "said", "came", "lo", "hi"]);
    if let Some(held) = &found.held_out {
        for (population, found) in [("chosen", &held.chosen), ("all", &held.all)] {
            for bin in &found.bins {
                let maybe = |share: Option<f64>| share.map_or_else(String::new, |share| share.to_string());
                sheet.row([
                    population.to_owned(),
                    bin.from.to_string(),
                    bin.to.to_string(),
                    bin.pairs.to_string(),
                    maybe(bin.said),
                    maybe(bin.came),
                    maybe(bin.lo),
                    maybe(bin.hi),
                ]);
            }
        }
    }
    Ok(sheet.download("listening-reliability.csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bin_is_drawn_nowhere_and_says_so_in_the_table() {
        let empty = ReliabilityBin { from: 0.5, to: 0.7, pairs: 0, said: None, came: None, lo: None, hi: None };
        assert!(dot(&empty).is_none());
        let line = line(&empty);
        assert_eq!((line.said.as_str(), line.came.as_str()), ("50–70\u{a0}%", "no pair"));
    }

    #[test]
    fn chances_that_come_true_lie_on_the_diagonal() {
        let bin = ReliabilityBin {
            from: 0.2,
            to: 0.3,
            pairs: 9,
            said: Some(0.25),
            came: Some(0.25),
            lo: Some(0.16),
            hi: Some(0.36),
        };
        let dot = dot(&bin).expect("there are pairs");
        assert_eq!(
            (dot.x.as_str(), dot.y.as_str(), dot.lo.as_str(), dot.hi.as_str()),
            ("150.0", "150.0", "180.0", "120.0")
        );
    }
}
