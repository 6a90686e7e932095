//! `/tracking`: every link with what was counted of it, and making new ones.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::tracking::{LinkFilter, LinkRow, LinksBrought, VerdictCount};
use verdicts::VerdictKind;

use super::live::{self, TodayWords};
use super::{Choice, Part, TEAM, parts, problem_of};
use crate::clock;
use crate::outreach::settings;
use crate::tracking::ground::Duty;
use crate::tracking::links::{self, LinkGiven};
use crate::tracking::{PATH, TrackingError};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::pager::{Pages, pages};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Links on a page.
const ROWS_A_PAGE: u64 = 100;

/// A link with what was counted of it.
pub struct LinkLine {
    pub id: u32,
    pub name: String,
    pub slug: String,
    pub target: String,
    pub state: &'static str,
    pub people: String,
    pub uniques: String,
    pub others: String,
    pub first: String,
    pub last: String,
    pub deal: Option<i64>,
}

#[derive(Template)]
#[template(path = "tracking/links.html")]
struct LinksPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    alarm: Option<String>,
    counted: String,
    counted_at: String,
    /// Another program follows the links and counts.
    counts_elsewhere: bool,
    today: TodayWords,
    lines: Vec<LinkLine>,
    prefix: String,
    has_public: bool,
    target: String,
    name: String,
    slug: String,
    until: String,
    deal: String,
    list: Pages,
    /// Which links these are, where not all.
    of: Option<String>,
    campaigns: Vec<Choice>,
}

/// Which links of `/tracking` are shown.
#[derive(Clone, Default)]
pub struct Asked {
    filter: LinkFilter,
    page: Option<String>,
}

impl Asked {
    pub fn of(pairs: &Pairs) -> Asked {
        let number = |key: &str| pairs.one(key).and_then(|value| value.parse::<i64>().ok());
        Asked {
            filter: LinkFilter { contact: None, deal: number("deal"), campaign: number("campaign") },
            page: pairs.one("page").map(str::to_owned),
        }
    }

    pub async fn brought(&self, app: &App) -> Result<Brought, WebError> {
        Ok(Brought(app.data.store.links_brought(&self.filter, VerdictKind::Human.code()).await?))
    }

    fn pages(&self, links: u64) -> Pages {
        let kept = Pairs::default()
            .with_some("deal", self.filter.deal)
            .with_some("campaign", self.filter.campaign)
            .with_some("page", self.page.as_deref());
        pages(&kept, "/tracking", ROWS_A_PAGE, links)
    }

    /// The links of the page.
    pub async fn rows(&self, app: &App) -> Result<Vec<LinkRow>, WebError> {
        let from = self.pages(self.brought(app).await?.0.links).from;
        Ok(app.data.store.links_page(&self.filter, from, ROWS_A_PAGE).await?)
    }
}

/// What all links brought that are found.
pub struct Brought(LinksBrought);

impl Brought {
    pub fn words(&self) -> String {
        match (self.0.links, self.0.clicks) {
            (0, _) => "No link is followed yet.".to_owned(),
            (_, 0) => "Nobody has clicked yet.".to_owned(),
            (links, clicks) => format!(
                "{} by people on {}.",
                format::counted(clicks, "click", "clicks"),
                format::counted(links, "link", "links")
            ),
        }
    }
}

/// What was counted of one link.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub people: u64,
    /// Visitors by day, added up over days.
    pub uniques: u64,
    pub others: u64,
    pub repeats: u64,
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
}

impl Counts {
    pub fn of<'a>(rows: impl Iterator<Item = &'a VerdictCount>) -> Counts {
        let mut counts = Counts::default();
        for row in rows {
            counts.uniques += row.uniques;
            match VerdictKind::from_code(row.verdict) {
                Some(VerdictKind::Human) => {
                    counts.people += row.clicks;
                    counts.first_at = Some(counts.first_at.map_or(row.first_at.0, |at| at.min(row.first_at.0)));
                    counts.last_at = Some(counts.last_at.map_or(row.last_at.0, |at| at.max(row.last_at.0)));
                }
                Some(VerdictKind::Duplicate) => counts.repeats += row.clicks,
                _ => counts.others += row.clicks,
            }
        }
        counts
    }

    /// By link, of rows that are ordered by it.
    pub fn by_link(rows: &[VerdictCount]) -> HashMap<u32, Counts> {
        rows.chunk_by(|one, other| one.link == other.link)
            .filter_map(|of| Some((of.first()?.link, Counts::of(of.iter()))))
            .collect()
    }
}

pub fn state_words(row: &LinkRow, now: model::Timestamp) -> &'static str {
    match (row.ended_at, row.expires_at) {
        (Some(_), _) => "ended",
        (None, Some(at)) if at <= now => "over",
        _ => "leads on",
    }
}

pub fn moment(at: Option<i64>) -> String {
    at.map_or_else(|| "none yet".to_owned(), |at| clock::minute(model::Timestamp(at)))
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    super::link::counted_or_said(app).await;
    let counted = app.data.store.counted().await?;
    let now = app.data.now();
    let shown = match problem {
        // What was typed is in the form, and chooses nothing.
        Some(_) => Asked::default(),
        None => Asked::of(asked),
    };
    let brought = shown.brought(app).await?;
    let list = shown.pages(brought.0.links);
    let rows = app.data.store.links_page(&shown.filter, list.from, ROWS_A_PAGE).await?;
    let numbers: Vec<u32> = rows.iter().map(|row| row.id).collect();
    let counts = Counts::by_link(&app.data.store.verdict_counts_of(&numbers).await?);
    let lines = rows.into_iter().map(|row| {
        let counts = counts.get(&row.id).copied().unwrap_or_default();
        LinkLine {
            id: row.id,
            state: state_words(&row, now),
            people: format::count(counts.people),
            uniques: format::count(counts.uniques),
            others: format::count(counts.others + counts.repeats),
            first: moment(counts.first_at),
            last: moment(counts.last_at),
            name: row.name,
            slug: row.slug,
            target: row.target,
            deal: row.deal,
        }
    });
    let lines: Vec<LinkLine> = lines.collect();
    let today = live::today(app);
    let filter = shown.filter.clone();
    let campaign = asked.one("campaign").unwrap_or("").to_owned();
    let campaigns = app.data.store.campaigns().await?.into_iter().map(|row| Choice {
        chosen: row.id.to_string() == campaign,
        code: row.id.to_string(),
        words: row.name,
    });
    let settings = settings::settings(&app.data).await?;
    draw(LinksPage {
        layout: Layout::load(app, visit, Word::Tracking, "Tracking").await?,
        parts: parts("Links"),
        done: asked.one("done").map(str::to_owned),
        problem,
        finding: brought.words(),
        today: TodayWords::of(&app.data.store.day_totals(today).await?, today),
        of: match (filter.deal, filter.campaign) {
            (Some(deal), _) => Some(format!("Links of deal {deal} alone.")),
            (None, Some(campaign)) => Some(format!("Links of campaign {campaign} alone.")),
            (None, None) => None,
        },
        list,
        alarm: app.data.tracking_alarm(),
        counted: format::count(counted.clicks),
        counted_at: clock::minute(now),
        counts_elsewhere: app.data.duty() == Some(Duty::PagesAlone),
        lines,
        has_public: !settings.public_address.is_empty(),
        prefix: format!("{}{PATH}/", settings.public_address),
        target: typed(asked, "target"),
        name: typed(asked, "name"),
        slug: typed(asked, "slug"),
        until: typed(asked, "until"),
        deal: typed(asked, "deal"),
        campaigns: campaigns.collect(),
    })
    .await
}

/// `GET /tracking`, with `?deal=` or `?campaign=` the links of one alone.
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None).await
}

/// `POST /tracking`: one link, or one for each deal of a campaign.
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match made(&app, &given).await {
        Ok((address, done)) => {
            if let Ok(redirector) = app.data.redirector().await {
                redirector.look().await?;
            }
            Ok(Redirect::to(&Pairs::default().with("done", done).address(&address)).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
    }
}

async fn made(app: &App, given: &Pairs) -> Result<(String, String), TrackingError> {
    let number = |key: &str| given.one(key).and_then(|value| value.parse::<i64>().ok());
    if let Some(act @ ("campaign" | "pieces")) = given.one("do") {
        let each = if act == "pieces" { links::Each::Piece } else { links::Each::Deal };
        let campaign = number("campaign")
            .ok_or_else(|| TrackingError::Field { field: "campaign", problem: "choose a campaign".to_owned() })?;
        let made = links::make_for_campaign(&app.data, campaign, &typed(given, "target"), each, TEAM).await?;
        let done = match made.len() {
            0 => "Every deal of the campaign has a link already".to_owned(),
            count => format!("{} made", format::counted(count as u64, "link", "links")),
        };
        return Ok(("/tracking".to_owned(), done));
    }
    let link = LinkGiven {
        target: typed(given, "target"),
        name: typed(given, "name"),
        slug: typed(given, "slug"),
        deal: match typed(given, "deal").trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| TrackingError::Field {
                field: "deal",
                problem: format!("{text:?} is no number of a deal"),
            })?),
        },
        until: typed(given, "until"),
        ..LinkGiven::default()
    };
    let row = links::make(&app.data, &link, TEAM).await?;
    Ok((format!("/tracking/links/{}", row.id), "The link leads on from now".to_owned()))
}
