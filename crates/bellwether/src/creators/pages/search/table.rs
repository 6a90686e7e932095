//! The table of a search: its columns, and of each creator found the words, figures and marks.

use std::collections::HashMap;

use model::{AccountId, Estimate, Platform, Unit};
use search::{Interval, Passage, Piece, Values};

use super::{Answer, Asked, View};
use crate::creators::persons::Said;
use crate::creators::search::fields::RangeField;
use crate::vetting::CreatorEstimates;
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::estimates::{EstimateCell, common_scale, round_scale_end};
use crate::web::format;
use crate::web::level::LevelMark;
use crate::web::people::Person;

/// A column of the table.
pub struct Column {
    pub words: &'static str,
    pub about: &'static str,
    /// Orders by it, or the other way round when it is ordered by already.
    pub address: String,
    pub ordered: Option<&'static str>,
    pub scale: String,
}

/// A cell of the table.
pub enum Cell {
    Estimate(EstimateCell),
    Count(String),
    NotKnown(&'static str),
}

/// A creator found.
pub struct Row {
    pub account: String,
    pub person: Person,
    pub passage: Vec<Piece>,
    pub passage_in: &'static str,
    pub more: Vec<Vec<Piece>>,
    pub listening: Option<String>,
    pub level: LevelMark,
    pub cells: Vec<Cell>,
    pub tags: Vec<String>,
    pub stage: Option<String>,
    pub report: String,
    /// Other accounts of the same person.
    pub also: Vec<Person>,
}

pub(super) type Figures = HashMap<AccountId, CreatorEstimates>;

pub(super) async fn figures_of(app: &App, answer: &Answer) -> Result<Figures, WebError> {
    let accounts: Vec<AccountId> = answer.found.hits.iter().map(|hit| hit.account).collect();
    let figures = app.data.derived.figures(&accounts).await?;
    let estimates = |(account, figures): (AccountId, store::CreatorFigures)| {
        Some((account, serde_json::from_str(&figures.detail).ok()?))
    };
    Ok(figures.into_iter().filter_map(estimates).collect())
}

pub(super) type Also = HashMap<AccountId, Vec<Person>>;

/// Other accounts of those found, where somebody said that they are one person's.
pub(super) async fn also_on(app: &App, answer: &Answer) -> Result<Also, WebError> {
    let said = Said::load(&app.data).await?;
    let mut also: HashMap<AccountId, Vec<AccountId>> =
        answer.found.hits.iter().map(|hit| (hit.account, said.also(hit.account))).collect();
    also.retain(|_, others| !others.is_empty());
    let named = crate::creators::names(&app.data, also.values().flatten().copied().collect()).await?;
    let people = |others: Vec<AccountId>| others.iter().filter_map(|other| named.get(other)).map(Person::of).collect();
    Ok(also.into_iter().map(|(account, others)| (account, people(others))).collect())
}

/// The estimate behind a column, where it is kept with its explanation.
pub(super) fn estimate_of<'a>(figures: &'a CreatorEstimates, key: &str) -> Option<&'a Estimate> {
    Some(match key {
        "reply_rate" => &figures.reply_rate,
        "reply_people" => &figures.reply_rate_people,
        "reply_latency" => &figures.reply_latency,
        "conversation_rate" => &figures.conversation_rate,
        "mutual_share" => &figures.mutual_share,
        "engagement" => &figures.by_followers,
        "engagement_reach" => &figures.by_reach,
        "engagement_views" => &figures.by_views,
        "comment_like" => &figures.comment_like_ratio,
        _ => return None,
    })
}

/// Where a figure stands on a creator's page.
pub(super) fn place_on_page(key: &str) -> &'static str {
    match key {
        "reply_rate" => "reply-rate",
        "reply_people" => "reply-rate-people",
        "reply_latency" => "reply-latency",
        "conversation_rate" => "conversation-rate",
        "mutual_share" => "mutual-share",
        "engagement" => "by-followers",
        "engagement_reach" => "by-reach",
        "engagement_views" => "by-views",
        "comment_like" => "comment-like-ratio",
        _ => "held",
    }
}

pub(super) fn scales(columns: &[&'static RangeField], answer: Option<&Answer>, figures: &Figures) -> Vec<f64> {
    columns
        .iter()
        .map(|field| {
            let estimates: Vec<&Estimate> =
                figures.values().filter_map(|figures| estimate_of(figures, field.key)).collect();
            if !estimates.is_empty() {
                return common_scale(&estimates);
            }
            let place = answer.and_then(|answer| answer.columns.iter().position(|column| *column == field.key));
            let highest = answer.zip(place).map(|(answer, place)| {
                let ends = answer.values.iter().filter_map(|values| match &values[place] {
                    Values::Number(Some(interval)) => Some(f64::from(interval.hi)),
                    _ => None,
                });
                ends.filter(|end| end.is_finite()).fold(0.0, f64::max)
            });
            round_scale_end(highest.unwrap_or(0.0))
        })
        .collect()
}

pub(super) fn rows(
    view: &View<'_>,
    answer: &Answer,
    columns: &[&'static RangeField],
    figures: &Figures,
    also: &Also,
) -> Vec<Row> {
    let place = |key: &str| answer.columns.iter().position(|column| *column == key);
    let scales = scales(columns, Some(answer), figures);
    let hits = answer.found.hits.iter().zip(&answer.shown).zip(&answer.values);
    hits.map(|((hit, shown), values)| {
        let number = |key: &str| match place(key).map(|place| &values[place]) {
            Some(Values::Number(Some(interval))) => Some(*interval),
            _ => None,
        };
        let codes = |key: &str| match place(key).map(|place| &values[place]) {
            Some(Values::Codes(codes)) => codes.as_slice(),
            _ => &[],
        };
        let platform = codes("platform").first().and_then(|code| Platform::from_code(code)).unwrap_or(Platform::Other);
        let name = shown.names.first().cloned().unwrap_or_else(|| hit.account.to_string());
        let handle = shown.names.get(1).cloned().unwrap_or_default();
        let followers = number("followers").map(|interval| interval.value as i64);
        let tier = codes("tier").first().map(String::as_str);
        let person = Person::new(hit.account, platform, &name, &handle)
            .followed_by(followers)
            .in_tier(tier)
            .for_brand(view.brand.map(|brand| brand.id));
        let held = figures.get(&hit.account);
        let cells = columns.iter().zip(&scales).map(|(field, scale)| {
            let link = format!("{}#{}", person.address, place_on_page(field.key));
            match held.and_then(|held| estimate_of(held, field.key)) {
                Some(estimate) => Cell::Estimate(EstimateCell::new(field.words, estimate, *scale, Some(link))),
                None => match number(field.key) {
                    Some(interval) => Cell::Count(number_words(field.unit, interval)),
                    None => Cell::NotKnown("not known"),
                },
            }
        });
        let mut tags: Vec<String> = codes("niche").iter().take(2).map(|code| view.names.of("niche", code)).collect();
        tags.extend(codes("list").iter().map(|code| view.names.of("list", code)));
        tags.extend(codes("own").iter().map(|code| format!("your own: {}", view.names.of("own", code))));
        let mut passages = shown.passages.iter();
        let first = passages.next();
        Row {
            account: hit.account.to_string(),
            passage: first.map(|passage| passage.pieces.clone()).unwrap_or_default(),
            passage_in: first.map_or("", passage_place),
            more: passages.map(|passage| passage.pieces.clone()).collect(),
            listening: number("listening").map(|score| {
                let buyers = number("buyers").map_or(0.0, |buyers| buyers.value);
                format!(
                    "listening score {}, {}",
                    number_words(Unit::Score, score),
                    format::counted(buyers as u64, "buyer turned to them", "buyers turned to them")
                )
            }),
            level: LevelMark::of(held.map_or("not-known", |held| held.level.as_str())),
            cells: cells.collect(),
            tags,
            stage: codes("stage").first().map(|code| view.names.of("stage", code)),
            report: format!("/vetting/{}", hit.account),
            also: also.get(&hit.account).cloned().unwrap_or_default(),
            person,
        }
    })
    .collect()
}

pub(super) fn passage_place(passage: &Passage) -> &'static str {
    if passage.in_bio { "bio" } else { "post" }
}

/// A number with its interval, where it has one.
pub(super) fn number_words(unit: Unit, interval: Interval) -> String {
    let (value, lo, hi) = (f64::from(interval.value), f64::from(interval.lo), f64::from(interval.hi));
    if lo == hi || !lo.is_finite() || !hi.is_finite() {
        return format::part(value, unit);
    }
    format!("{} ({})", format::value(value, (hi - lo) / 2.0, unit), format::interval(value, lo, hi, unit))
}

pub(super) fn column(view: &View<'_>, field: &'static RangeField, scale: f64) -> Column {
    let ordered = view.asked.sort.filter(|(by, _)| by.key == field.key).map(|(_, descending)| descending);
    let asked = Asked { sort: Some((field, ordered != Some(true))), after: None, ..view.asked.clone() };
    Column {
        words: field.words,
        about: field.about,
        address: view.address(&asked),
        ordered: ordered.map(|descending| if descending { "descending" } else { "ascending" }),
        scale: if field.interval && scale > 0.0 { format::scale_end(scale, field.unit) } else { String::new() },
    }
}
