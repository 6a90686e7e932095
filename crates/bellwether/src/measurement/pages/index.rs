//! `/measurement`: every question asked of a campaign with where it stands, campaigns nobody has asked about, and what can be measured.

use askama::Template;
use axum::extract::{Query, State};

use super::chart::day_in_full;
use super::{Part, parts};
use crate::measurement::{Standing, outcomes, studies, words};
use crate::web::app::{App, Page, draw};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A study in the list.
pub struct StudyLine {
    pub id: i64,
    pub name: String,
    pub campaign: Option<(i64, String)>,
    pub days: String,
    pub standing: &'static str,
    pub sentence: String,
    pub is_late: bool,
}

/// A campaign without a study.
pub struct CampaignLine {
    pub id: i64,
    pub name: String,
    pub days: String,
    pub has_begun: bool,
}

#[derive(Template)]
#[template(path = "measurement/index.html")]
struct IndexPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    finding: String,
    studies: Vec<StudyLine>,
    campaigns: Vec<CampaignLine>,
    outcomes: Vec<String>,
}

/// `GET /measurement`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let data = &app.data;
    let now = data.now();
    let today = crate::clock::iso_day(now);
    let all = studies(data).await?;
    let campaigns = data.store.campaigns().await?;
    let mut lines = vec![];
    for study in &all {
        let standing = study.standing(now);
        let first = day_in_full(study.design.first_day());
        let sentence = match standing {
            Standing::Ahead => format!("begins on {first}; the question is kept"),
            Standing::Running => "what may be said today stands on its page".to_owned(),
            Standing::Settling => {
                format!("the answer may be read from {} on", crate::clock::minute(study.row.unlocks_at))
            }
            Standing::Withdrawn => study.row.withdrawn.as_ref().map(|(_, why)| why.clone()).unwrap_or_default(),
            // The answer as it was kept last; a page of its own computes it where the data are others now.
            Standing::Open => match data.store.study_results(study.row.id).await?.last() {
                Some(row) => serde_json::from_str(&row.found)
                    .map_or_else(|_| "the answer stands on its page".to_owned(), |found| words::answer_of(&found)),
                None => "the answer may be read now".to_owned(),
            },
        };
        lines.push(StudyLine {
            id: study.row.id,
            name: study.row.name.clone(),
            campaign: study
                .row
                .campaign
                .and_then(|id| campaigns.iter().find(|row| row.id == id).map(|row| (id, row.name.clone()))),
            days: format!("{first} to {}", day_in_full(study.design.day_after() - 1)),
            standing: standing.words(),
            sentence,
            is_late: study.design.is_late,
        });
    }
    let without = campaigns.into_iter().filter(|row| !all.iter().any(|study| study.row.campaign == Some(row.id)));
    let without: Vec<CampaignLine> = without
        .map(|row| CampaignLine {
            id: row.id,
            has_begun: row.starts_on.as_deref().is_some_and(|day| day <= today.as_str()),
            days: match (&row.starts_on, &row.ends_on) {
                (Some(from), Some(to)) => format!("{from} to {to}"),
                (Some(from), None) => format!("from {from}"),
                _ => "days not set".to_owned(),
            },
            name: row.name,
        })
        .collect();
    let standing_at = |standing: Standing| all.iter().filter(|study| study.standing(now) == standing).count() as u64;
    let finding = match all.len() {
        0 => "No question has been asked of a campaign yet.".to_owned(),
        count => format!(
            "{}: {} answered, {} running, {} ahead.",
            format::counted(count as u64, "measurement", "measurements"),
            standing_at(Standing::Open),
            standing_at(Standing::Running) + standing_at(Standing::Settling),
            standing_at(Standing::Ahead)
        ),
    };
    draw(IndexPage {
        layout: Layout::load(&app, visit, Word::Measurement, "Measurement").await?,
        parts: parts("Measurements"),
        done: Pairs(pairs).one("done").map(str::to_owned),
        finding,
        studies: lines,
        campaigns: without,
        outcomes: outcomes::outcomes_held(data).await?.into_iter().map(|(_, words)| words).collect(),
    })
    .await
}
