//! `/conversations/influence`: who has a say among a brand's buyers, by window and niche; three columns beside each other.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::conversations::influence::{Influential, Standing};
use model::{Brand, BrandId, InteractionKind, Platform};

use super::super::influence::{Column, InfluenceReport, Niche, Order, against_everywhere, report};
use crate::clock;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, round_scale_end};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// People on the page; the download holds all.
const PEOPLE_SHOWN: usize = 50;
/// Groups offered in the form.
const GROUPS_OFFERED: usize = 60;

/// What the address asks for.
struct InfluenceQuery {
    brand: Option<String>,
    from: String,
    to: String,
    about: String,
    niche: Niche,
    sort: Column,
    order: Order,
}

impl InfluenceQuery {
    fn read(pairs: &Pairs) -> Result<InfluenceQuery, WebError> {
        let unclear = |what: String, how: String| WebError::unreadable(format!("{what} is not understood"), how);
        let day = |key: &str| -> Result<Option<i64>, WebError> {
            let Some(text) = pairs.one(key) else { return Ok(None) };
            clock::parse_utc_without_zone(&format!("{text}T00:00:00"))
                .map(|day| Some(day.unix_seconds()))
                .ok_or_else(|| unclear(format!("{key}={text}"), "A day is written like 2026-03-01.".to_owned()))
        };
        let group = match pairs.one("group") {
            None => None,
            Some(text) => Some(
                text.parse()
                    .map_err(|_| unclear(format!("group={text}"), "A group is named by its number.".to_owned()))?,
            ),
        };
        let kinds = pairs.all("kind").iter().map(|code| Niche::kind(code)).collect::<Result<Vec<_>, String>>();
        let text = |key: &str| pairs.one(key).unwrap_or("").to_owned();
        Ok(InfluenceQuery {
            brand: pairs.one("brand").map(str::to_owned),
            niche: Niche {
                from_unix: day("from")?,
                // The last day is meant whole.
                to_unix: day("to")?.map(|to| to + 86_400),
                about: Niche::words(&text("about")),
                group,
                kinds: kinds.map_err(|why| unclear("The kind of talk".to_owned(), why))?,
            },
            from: text("from"),
            to: text("to"),
            about: text("about"),
            sort: pairs.one("sort").and_then(Column::from_code).unwrap_or_default(),
            order: if pairs.one("order") == Some("desc") { Order::LastFirst } else { Order::FirstFirst },
        })
    }

    fn pairs(&self, brand: BrandId) -> Pairs {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let pairs = Pairs::default()
            .with("brand", brand)
            .with_some("from", some(&self.from))
            .with_some("to", some(&self.to))
            .with_some("about", some(&self.about))
            .with_some("group", self.niche.group);
        self.niche.kinds.iter().fold(pairs, |pairs, kind| pairs.with("kind", kind.code()))
    }

    /// The address ordered by this column; the other way round when it already is.
    fn sorted_by(&self, brand: BrandId, column: Column) -> String {
        let turned = self.sort == column && self.order == Order::FirstFirst;
        let pairs = self.pairs(brand).with_some("sort", (column != Column::default()).then(|| column.code()));
        pairs.with_some("order", turned.then_some("desc")).address("/conversations/influence")
    }
}

/// A heading that orders the table.
struct Heading {
    words: &'static str,
    address: String,
    /// `ascending` or `descending` when the table is ordered by it.
    ordered: Option<&'static str>,
    scale: String,
}

/// One column of one person.
struct Cell {
    place: String,
    value: EstimateCell,
    whole: EstimateView,
}

struct Line {
    person: Person,
    evidence: String,
    listening: Cell,
    near: Cell,
    everywhere: Cell,
    differs: String,
}

struct Choice {
    code: String,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "conversations/influence.html")]
struct InfluencePage {
    layout: Layout,
    brand: Option<Brand>,
    brands: Vec<BrandChoice>,
    finding: String,
    about_talk: String,
    how: String,
    about: String,
    from: String,
    to: String,
    groups: Vec<Choice>,
    kinds: Vec<Choice>,
    narrowed: bool,
    clear: String,
    download: String,
    headings: Vec<Heading>,
    lines: Vec<Line>,
    more: String,
}

/// `GET /conversations/influence?brand=…&from=…&to=…&about=…&group=…&kind=…&sort=…&order=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = InfluenceQuery::read(&Pairs(pairs))?;
    let brand = brand_at_hand(&app, query.brand.as_deref()).await?;
    let found = match &brand {
        Some(brand) => Some(found_of(&app, brand, &query.niche).await?),
        None => None,
    };
    let groups = if found.is_some() { groups_offered(&app, query.niche.group).await? } else { vec![] };
    let id = brand.as_ref().map(|brand| brand.id);
    let lines = match (&found, id) {
        (Some(found), Some(id)) => lines(found, &query, id),
        _ => vec![],
    };
    let people = found.as_ref().map_or(0, |found| found.influence.people.len());
    let choices = app.data.store.brands().await?;
    draw(InfluencePage {
        layout: Layout::load(&app, visit, Word::Conversations, "Who has a say").await?,
        finding: match (&found, &brand) {
            (Some(found), Some(brand)) => finding(found, brand),
            _ => String::new(),
        },
        about_talk: found.as_ref().map(|found| about_talk(found)).unwrap_or_default(),
        how: found.as_ref().map(|found| how(found, &query.niche)).unwrap_or_default(),
        kinds: kinds(&query.niche),
        narrowed: !query.niche.is_everything(),
        clear: Pairs::default().with_some("brand", id).address("/conversations/influence"),
        download: id.map(|id| query.pairs(id).address("/conversations/influence.csv")).unwrap_or_default(),
        headings: match (&found, id) {
            (Some(found), Some(id)) => headings(found, &query, id),
            _ => vec![],
        },
        more: if people > lines.len() { format::count((people - lines.len()) as u64) } else { String::new() },
        lines,
        groups,
        brands: choices
            .into_iter()
            .map(|choice| BrandChoice {
                is_here: id == Some(choice.id),
                address: query.pairs(choice.id).address("/conversations/influence"),
                name: choice.name,
            })
            .collect(),
        brand,
        about: query.about,
        from: query.from,
        to: query.to,
    })
    .await
}

async fn found_of(app: &App, brand: &Brand, niche: &Niche) -> Result<Arc<InfluenceReport>, WebError> {
    let (data, brand, niche) = (app.data.clone(), brand.clone(), niche.clone());
    aside(move || async move { report(&data, &brand, &niche).await }).await
}

async fn groups_offered(app: &App, chosen: Option<i64>) -> Result<Vec<Choice>, WebError> {
    let (_, market) = app.data.market_groups().await?;
    let wanted =
        market.list.iter().enumerate().filter(|(place, group)| *place < GROUPS_OFFERED || chosen == Some(group.id));
    Ok(wanted
        .map(|(_, group)| Choice {
            code: group.id.to_string(),
            words: format!("{}, {} people", group.called(), format::count(u64::from(group.detail.figures.members))),
            chosen: chosen == Some(group.id),
        })
        .collect())
}

fn kinds(niche: &Niche) -> Vec<Choice> {
    let kinds = InteractionKind::ALL.into_iter().filter(|kind| kind.is_talk());
    kinds
        .map(|kind| Choice {
            code: kind.code().to_owned(),
            words: kind.code().to_owned(),
            chosen: niche.kinds.contains(&kind),
        })
        .collect()
}

fn finding(found: &InfluenceReport, brand: &Brand) -> String {
    let influence = &found.influence;
    if influence.people.is_empty() {
        return format!(
            "None of {}’s {} talks in this window and niche.",
            brand.name,
            format::counted(found.buyers, "buyer", "buyers")
        );
    }
    let agreement = influence.agreement;
    format!(
        "Of the {} people {}’s buyers are likeliest to turn to, {} are also among the {} nearest to them, and {} among \
         the {} heard most everywhere.",
        agreement.first,
        brand.name,
        agreement.listening_and_near,
        agreement.first,
        agreement.listening_and_everywhere,
        agreement.first
    )
}

fn about_talk(found: &InfluenceReport) -> String {
    let when = match (found.since, found.as_of) {
        (Some(since), Some(until)) => format!(", {} to {}", clock::day(since), clock::day(until)),
        _ => String::new(),
    };
    format!(
        "{} of {} take part, in {} of {}{when}.",
        format::count(found.influence.buyers as u64),
        format::counted(found.buyers, "buyer", "buyers"),
        format::counted(found.interactions, "interaction", "interactions"),
        format::counted(found.influence.accounts as u64, "person", "people"),
    )
}

fn how(found: &InfluenceReport, niche: &Niche) -> String {
    let part = if niche.is_everything() {
        ""
    } else {
        " The chances were learned on all talk and are asked about this part of it; whether they come true in a part was not measured."
    };
    format!(
        "Listening: buyers expected to turn to them within {:.0} days, interval by drawing the buyers again. Near and \
         everywhere: shares of a walk along talk, from the buyers or from anywhere; their interval is the bound on what \
         is left of the walk (at most {:.0e} and {:.0e} for all people together), not chance.{part}",
        found.horizon_days, found.influence.near_error, found.influence.everywhere_error
    )
}

fn scale(found: &InfluenceReport, column: Column) -> f64 {
    let high = found.influence.people.iter().filter_map(|one| standing(one, column).estimate.hi).fold(0.0, f64::max);
    round_scale_end(high)
}

fn standing(one: &Influential, column: Column) -> &Standing {
    match column {
        Column::Listening => &one.listening,
        Column::Near => &one.near,
        Column::Everywhere => &one.everywhere,
    }
}

fn words(column: Column) -> &'static str {
    match column {
        Column::Listening => "Likely to be turned to",
        Column::Near => "Near to the buyers",
        Column::Everywhere => "Heard everywhere",
    }
}

fn headings(found: &InfluenceReport, query: &InfluenceQuery, brand: BrandId) -> Vec<Heading> {
    Column::ALL
        .into_iter()
        .map(|column| {
            let unit =
                found.influence.people.first().map_or(model::Unit::Score, |one| standing(one, column).estimate.unit);
            Heading {
                words: words(column),
                address: query.sorted_by(brand, column),
                ordered: (query.sort == column).then_some(match query.order {
                    Order::FirstFirst => "ascending",
                    Order::LastFirst => "descending",
                }),
                scale: format::scale_end(scale(found, column), unit),
            }
        })
        .collect()
}

fn lines(found: &InfluenceReport, query: &InfluenceQuery, brand: BrandId) -> Vec<Line> {
    let scales = Column::ALL.map(|column| scale(found, column));
    let people = found.ordered(query.sort, query.order).into_iter().take(PEOPLE_SHOWN);
    people
        .map(|one| {
            let account = found.account(one);
            let person = found
                .names
                .get(&account)
                .map_or_else(|| Person::new(account, Platform::Other, &format!("account {account}"), ""), Person::of);
            let cell = |column: Column| {
                let at = standing(one, column);
                let id = format!("{}-{account}", column.code());
                let scale_to = scales[column as usize];
                Cell {
                    place: at.place.map_or_else(|| "–".to_owned(), |place| format::count(place as u64)),
                    value: EstimateCell::new(words(column), &at.estimate, scale_to, Some(format!("#{id}"))),
                    whole: EstimateView::new(
                        Drawing { id: &id, label: words(column), scale_to, brand: Some(brand) },
                        &at.estimate,
                    ),
                }
            };
            Line {
                person: person.for_brand(Some(brand)),
                evidence: format!("/conversations/{account}?brand={brand}"),
                listening: cell(Column::Listening),
                near: cell(Column::Near),
                everywhere: cell(Column::Everywhere),
                differs: differs(one),
            }
        })
        .collect()
}

/// Where the buyers and everybody disagree about somebody, in words.
fn differs(one: &Influential) -> String {
    match against_everywhere(one) {
        None => "not known: no place in one of the columns".to_owned(),
        Some(0) => "the same place everywhere".to_owned(),
        Some(1) => "1 place higher than everywhere".to_owned(),
        Some(-1) => "1 place lower than everywhere".to_owned(),
        Some(more) if more > 0 => format!("{} places higher than everywhere", format::count(more.unsigned_abs())),
        Some(less) => format!("{} places lower than everywhere", format::count(less.unsigned_abs())),
    }
}

/// `GET /conversations/influence.csv`: the same question, all people, every part of every estimate.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let query = InfluenceQuery::read(&Pairs(pairs))?;
    let brand = brand_at_hand(&app, query.brand.as_deref()).await?.ok_or_else(|| {
        WebError::not_found("No brand is set up", "Influence is among a brand’s buyers; set a brand up first.")
    })?;
    let found = found_of(&app, &brand, &query.niche).await?;
    let plain = ["account", "name", "platform", "places_above_everywhere"].map(str::to_owned);
    let parts = Column::ALL.into_iter().flat_map(|column| {
        let part = move |part: &&str| format!("{}_{part}", column.code());
        std::iter::once(format!("{}_place", column.code())).chain(PARTS.iter().map(part).collect::<Vec<String>>())
    });
    let headings: Vec<String> = plain.into_iter().chain(parts).collect();
    let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for one in found.ordered(query.sort, query.order) {
        let account = found.account(one);
        let name = found.names.get(&account);
        let mut cells = vec![
            account.to_string(),
            name.map(|name| name.name.clone()).unwrap_or_default(),
            name.map(|name| name.platform.code().to_owned()).unwrap_or_default(),
            against_everywhere(one).map_or_else(|| "not known".to_owned(), |places| places.to_string()),
        ];
        for column in Column::ALL {
            let at = standing(one, column);
            cells.push(at.place.map_or_else(|| "not known".to_owned(), |place| place.to_string()));
            push_estimate(&mut cells, Some(&at.estimate), "");
        }
        sheet.row(cells);
    }
    Ok(sheet.download(&format!("influence-{}.csv", brand.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_niche_is_read_and_written_alike() {
        let brand = BrandId::new();
        let given = Pairs::default()
            .with("brand", brand)
            .with("from", "2026-01-01")
            .with("about", "ipa, stout")
            .with("group", 7)
            .with("kind", "reply")
            .with("kind", "answer");
        let Ok(query) = InfluenceQuery::read(&given) else { panic!("the address is understood") };
        assert_eq!(query.pairs(brand), given);
        assert_eq!((query.niche.about.len(), query.niche.kinds.len()), (2, 2));
        assert!(query.sorted_by(brand, Column::Listening).ends_with("order=desc"), "a second click turns it round");
        assert!(query.sorted_by(brand, Column::Near).ends_with("sort=near"));
        for wrong in [("from", "soon"), ("group", "ale"), ("kind", "like")] {
            assert!(InfluenceQuery::read(&Pairs::default().with(wrong.0, wrong.1)).is_err(), "{wrong:?}");
        }
    }
}
