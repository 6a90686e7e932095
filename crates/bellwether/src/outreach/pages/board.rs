//! `/outreach/board`: contacts by how far one has got with them, a column a stage, with who has stood there too long.

use askama::Template;
use axum::extract::{Query, State};
use model::outreach::Stage;
use store::outreach::contacts::{ContactFilter, ContactOrder, ContactRow};

use super::contacts::FilterForm;
use super::undoing::offered;
use super::{Choice, InStage, Part, ago, in_stage, parts, stage_choices};
use crate::outreach::views::contact_filter;
use crate::web::app::{App, Page, draw};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Cards of a column; the table has the rest.
const CARDS_MAX: u64 = 30;

/// Somebody on the board.
pub struct BoardCard {
    pub id: i64,
    pub name: String,
    pub owner: String,
    pub in_stage: InStage,
    pub last_touch: String,
    pub age: Option<String>,
}

/// A stage with those who stand on it.
pub struct Column {
    pub code: &'static str,
    pub words: &'static str,
    pub count: String,
    pub cards: Vec<BoardCard>,
    pub beyond: Option<String>,
    pub table: String,
    pub stages: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "outreach/board.html")]
struct BoardPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    undo: Option<i64>,
    form: FilterForm,
    columns: Vec<Column>,
    table: String,
    all: u64,
    here: String,
}

/// `GET /outreach/board?words=…&stage=…&owner=…&tag=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs(pairs);
    let form = FilterForm::of(&app, &asked).await?;
    let filter = contact_filter(&app.data, &asked);
    let counts = app.data.store.contact_stages(&filter).await?;
    let now = app.data.now();
    let mut columns = Vec::new();
    let mut over = 0;
    for stage in Stage::ALL.iter().copied().filter(|stage| filter.stage.is_none_or(|only| only == *stage)) {
        let of_stage = ContactFilter { stage: Some(stage), ..filter.clone() };
        let (rows, _) = app.data.store.contacts_found(&of_stage, ContactOrder::Waiting, 0, CARDS_MAX).await?;
        let count = counts.iter().find(|of| of.stage == stage).map_or(0, |of| of.contacts);
        let card = |row: ContactRow| BoardCard {
            id: row.id,
            in_stage: in_stage(row.stage, row.stage_since, now),
            age: row.last_touch_at.map(|at| ago(now, at)),
            name: row.name,
            owner: row.owner,
            last_touch: super::first_words(&row.last_touch, 60),
        };
        let cards: Vec<BoardCard> = rows.into_iter().map(card).collect();
        over += cards.iter().filter(|card| card.in_stage.is_over).count() as u64;
        columns.push(Column {
            code: stage.code(),
            words: stage.words(),
            count: format::count(count),
            beyond: (count > CARDS_MAX).then(|| format!("{} more in the table", format::count(count - CARDS_MAX))),
            table: form.address_of_stage("/outreach/contacts", stage),
            stages: stage_choices(Some(stage)),
            cards,
        });
    }
    let all: u64 = counts.iter().map(|of| of.contacts).sum();
    draw(BoardPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Board").await?,
        parts: parts("Board"),
        finding: finding(all, over, &form),
        done: asked.one("done").map(str::to_owned),
        undo: offered(&app, &asked).await?,
        table: form.address("/outreach/contacts"),
        here: form.address("/outreach/board"),
        form,
        columns,
        all,
    })
    .await
}

fn finding(all: u64, over: u64, form: &FilterForm) -> String {
    match (all, over, form.is_filtered) {
        (0, _, false) => "Nobody is a contact yet.".to_owned(),
        (0, _, true) => "No contact meets these filters.".to_owned(),
        (_, 0, _) => "Nobody shown here has stood longer on their stage than they should.".to_owned(),
        (_, 1, _) => "1 contact has stood longer on their stage than they should.".to_owned(),
        (_, some, _) => {
            format!("{} contacts have stood longer on their stage than they should.", format::count(some))
        }
    }
}
