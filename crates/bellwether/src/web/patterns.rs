//! `/patterns`: every component in every state, so that whoever changes one sees all of them.

use askama::Template;
use axum::extract::State;
use model::{AccountId, Combine, Estimate, Explanation, Grade, Platform, Timestamp, Unit};

use super::app::{App, Page, draw};
use super::estimates::{Drawing, EstimateCell, EstimateView};
use super::layout::{Layout, Word};
use super::level::LevelMark;
use super::people::Person;
use super::visit::Visit;

/// An estimate as a cell and as it opens.
pub struct EstimateState {
    pub state: &'static str,
    pub cell: EstimateCell,
    pub view: EstimateView,
}

/// A person in one state.
pub struct PersonState {
    pub state: &'static str,
    pub person: Person,
}

#[derive(Template)]
#[template(path = "patterns.html")]
struct PatternsPage {
    layout: Layout,
    estimates: Vec<EstimateState>,
    people: Vec<PersonState>,
    levels: Vec<LevelMark>,
}

/// `GET /patterns`
pub async fn show(State(app): State<App>, visit: Visit) -> Page {
    let layout = Layout::load(&app, visit, Word::None, "How things look here").await?;
    let levels = LevelMark::CODES.into_iter().map(LevelMark::of).collect();
    draw(PatternsPage { layout, estimates: estimates(), people: people(), levels }).await
}

fn estimates() -> Vec<EstimateState> {
    let tree = Explanation::sum(
        "buyers expected to turn to this creator",
        Unit::People,
        vec![
            Explanation::leaf("among buyers who already do", Some(2.2), Unit::People).with_rows(
                18,
                "comments",
                Some("/conversations".into()),
            ),
            Explanation::leaf("among buyers who do not yet", Some(1.2), Unit::People),
        ],
    )
    .with_formula("sum over buyers of p(buyer turns to creator)");
    let known = Estimate::known(3.4, 2.1, 5.4, 140, "buyers", "listening", tree)
        .graded(Grade::B)
        .as_of(Timestamp::from_unix_seconds(1_772_323_200));
    let ratio = Explanation {
        combine: Combine::Ratio,
        ..Explanation::ratio(
            "comments answered",
            Unit::Share,
            Explanation::leaf("answered within 7 days", Some(0.0), Unit::Items),
            Explanation::leaf("comments by others", Some(31.0), Unit::Items),
        )
    };
    let zero = Estimate::known(0.0, 0.0, 0.08, 31, "comments", "reply_rate", ratio).graded(Grade::C);
    let hidden = Estimate::not_known(
        Unit::Percent,
        "er_followers",
        0,
        "posts",
        "likes are hidden; ask the creator to connect the account or to send a screenshot",
    );
    let huge = Estimate::exact(
        1_234_567_890,
        Unit::Items,
        "interactions",
        "count",
        Explanation::leaf("every interaction held", Some(1_234_567_890.0), Unit::Items),
    )
    .graded(Grade::A);
    let wait = Estimate::known(
        9_000.0,
        4_000.0,
        30_000.0,
        12,
        "answers",
        "reply_latency",
        Explanation::leaf("middle time to the first answer", Some(9_000.0), Unit::Seconds),
    )
    .graded(Grade::D);
    [
        ("with an interval", known, 10.0),
        ("zero, and known to be", zero, 1.0),
        ("not known", hidden, 1.0),
        ("a huge exact count", huge, 0.0),
        ("a length of time", wait, 36_000.0),
    ]
    .into_iter()
    .map(|(state, estimate, scale_to)| {
        let id = format!("pattern-{}", state.replace([' ', ','], "-"));
        let drawing = Drawing { id: &id, label: "A figure", scale_to, brand: None };
        EstimateState {
            state,
            cell: EstimateCell::new("A figure", &estimate, scale_to, Some(format!("#{id}"))),
            view: EstimateView::new(drawing, &estimate).opened(),
        }
    })
    .collect()
}

fn people() -> Vec<PersonState> {
    let person =
        |number: i64, name: &str, handle: &str| Person::new(AccountId(number), Platform::Instagram, name, handle);
    vec![
        PersonState {
            state: "usual",
            person: person(1, "Ana Bakes", "ana_bakes").followed_by(Some(12_400)).in_tier(Some("micro")),
        },
        PersonState { state: "followers not known", person: person(2, "Old Tom", "old_tom") },
        PersonState {
            state: "a long name",
            person: person(
                3,
                "The Extraordinarily Long-Winded Brewing Companion of Upper Lower Middle-Earthington-on-Sea",
                "the_extraordinarily_long_winded_brewing_companion",
            )
            .followed_by(Some(1_340_000))
            .in_tier(Some("mega")),
        },
        PersonState {
            state: "right to left",
            person: person(4, "ليلى خالد", "layla_k").followed_by(Some(840)).in_tier(Some("below")),
        },
        PersonState { state: "a name without letters", person: person(5, "···", "dots") },
    ]
}
