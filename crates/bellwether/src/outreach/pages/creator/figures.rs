//! What is said about a creator: the figures of each of their accounts with everything they follow from, and showing that an
//! account is theirs.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, Redirect, Response};
use model::AccountId;

use super::super::{Problem, not_valid, problem_of, saying};
use super::{Who, let_in, nothing, shown};
use crate::clock;
use crate::creators::CreatorsError;
use crate::outreach::claims::{self, Seen};
use crate::outreach::{OutreachError, contacts};
use crate::vetting::report::{VettingReport, vetting_report};
use crate::vetting::{records, sharing};
use crate::web::app::{App, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::figures::{conversation, engagement};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// The whole report can be read for a week by the link that is made.
const REPORT_DAYS: u32 = 7;

/// How far somebody has come in showing that an account is theirs.
pub enum ClaimView {
    Nobody,
    /// The code to be put into the profile, until when, and the claim.
    Code {
        id: i64,
        code: String,
        until: String,
    },
    Yours {
        since: String,
    },
    Elsewhere,
}

/// An account with what is said about it.
pub struct AccountFigures {
    pub account: AccountId,
    pub name: String,
    pub platform: &'static str,
    /// None where nothing is known but the account itself.
    pub verdict: Option<VerdictView>,
    pub contested: Vec<String>,
    pub claim: ClaimView,
}

/// What is said about an account.
pub struct VerdictView {
    pub words: String,
    pub known_from: String,
    pub as_of: String,
    pub conversation: Vec<EstimateView>,
    pub engagement: Vec<EstimateView>,
    /// The chance, then each sign it follows from.
    pub signs: Vec<EstimateView>,
}

#[derive(Template)]
#[template(path = "outreach/creator_figures.html")]
struct FiguresPage {
    theme: &'static str,
    base: String,
    sender: String,
    done: Option<String>,
    problem: Option<Problem>,
    accounts: Vec<AccountFigures>,
}

fn verdict_view(account: AccountId, report: &VettingReport) -> VerdictView {
    let own = |view: EstimateView| {
        let id = format!("a{account}-{}", view.id);
        EstimateView { id, ..view.without_links() }
    };
    let drawing = |id, label| Drawing { id, label, scale_to: 1.0, brand: None };
    let chance = EstimateView::new(drawing("chance", "Chance of bought promotion"), &report.chance);
    let signs = report.signs.iter().enumerate().map(|(place, seen)| {
        let id = format!("sign-{place}");
        let scale_to = crate::web::estimates::common_scale(&[&seen.value]);
        EstimateView::new(Drawing { id: &id, label: seen.sign.words(), scale_to, brand: None }, &seen.value)
    });
    let held = report.figures.as_ref();
    VerdictView {
        words: report.word.words().to_owned(),
        known_from: format!("known from {} of {} signs", report.verdict.parts.len(), report.signs.len()),
        as_of: report.as_of.map_or_else(|| "a day that is not known".to_owned(), clock::day),
        conversation: held.map(|held| conversation(held, None)).unwrap_or_default().into_iter().map(own).collect(),
        engagement: held.map(|held| engagement(held, None)).unwrap_or_default().into_iter().map(own).collect(),
        signs: std::iter::once(chance).chain(signs).map(own).collect(),
    }
}

async fn claim_view(app: &App, who: &Who, account: AccountId) -> Result<ClaimView, WebError> {
    if let Some(proved) = app.data.store.proved_claim(account).await? {
        return Ok(match (proved.contact == who.contact, proved.proved_at) {
            (true, Some(at)) => ClaimView::Yours { since: clock::day(at) },
            _ => ClaimView::Elsewhere,
        });
    }
    let now = app.data.now();
    let rows = app.data.store.claims_of(who.contact).await?;
    let open = rows.into_iter().find(|row| row.account == account && row.proved_at.is_none() && row.expires_at > now);
    Ok(open.map_or(ClaimView::Nobody, |row| ClaimView::Code {
        id: row.id,
        until: clock::day(row.expires_at),
        code: row.code,
    }))
}

async fn page(app: &App, who: Who, done: Option<String>, problem: Option<Problem>) -> Result<Html<String>, WebError> {
    let mut accounts = Vec::new();
    for account in contacts::shown(&app.data, who.contact).await?.accounts {
        let data = app.data.clone();
        let report = aside(move || async move {
            match vetting_report(&data, account).await {
                Ok(report) => Ok(Some(report)),
                Err(CreatorsError::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let report = report.await?;
        let claim = claim_view(app, &who, account).await?;
        let contested = records::contested(&app.data, account).await?;
        let names = crate::creators::names(&app.data, vec![account]).await?;
        let name = names.get(&account);
        accounts.push(AccountFigures {
            account,
            name: name.map_or_else(|| account.to_string(), |name| name.name.clone()),
            platform: name.map_or("", |name| name.platform.name()),
            verdict: report.map(|report| verdict_view(account, &report)),
            contested,
            claim,
        });
    }
    draw(FiguresPage { theme: who.theme, base: who.base, sender: who.sender, done, problem, accounts }).await
}

/// `GET /outreach/creator/{secret}/figures`
pub async fn figures(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let done = Pairs(pairs).one("done").map(str::to_owned);
    Ok(shown(page(&app, who, done, None).await?))
}

/// Whether an account is among the contact's.
async fn is_theirs(app: &App, who: &Who, account: AccountId) -> Result<bool, WebError> {
    Ok(contacts::shown(&app.data, who.contact).await?.accounts.contains(&account))
}

/// `POST /outreach/creator/{secret}/figures/{account}/report`: a link to the whole report, which ends in a week.
pub async fn whole_report(
    State(app): State<App>,
    visit: Visit,
    Path((secret, account)): Path<(String, AccountId)>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    if !is_theirs(&app, &who, account).await? {
        return Ok(nothing());
    }
    let made = sharing::share(&app.data, account, REPORT_DAYS, "for whom it is about").await?;
    Ok(shown(Redirect::to(&made.address)))
}

/// `POST /outreach/creator/{secret}/claims`: begin to show that an account is theirs, or look whether the code is there.
pub async fn claim(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let given = Pairs(pairs);
    let account = given.one("account").and_then(|account| account.parse().ok()).map(AccountId);
    let Some(account) = account else { return Ok(nothing()) };
    if !is_theirs(&app, &who, account).await? {
        return Ok(nothing());
    }
    match act(&app, &who, account, given.one("claim")).await {
        Ok(done) => Ok(shown(Redirect::to(&saying(&format!("{}/figures#account-{account}", who.base), &done)))),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(shown(not_valid(page(&app, who, None, Some(problem)).await?)))
        }
    }
}

async fn act(app: &App, who: &Who, account: AccountId, claim: Option<&str>) -> Result<String, OutreachError> {
    let Some(id) = claim.and_then(|claim| claim.parse::<i64>().ok()) else {
        let row = claims::begin(&app.data, who.contact, account).await?;
        return Ok(format!("Your code is {}", row.code));
    };
    let rows = app.data.store.claims_of(who.contact).await?;
    let Some(row) = rows.into_iter().find(|row| row.id == id && row.account == account) else {
        return Ok("This code is none any more; ask for a new one".to_owned());
    };
    Ok(match claims::settle(&app.data, &row).await? {
        Seen::Proved | Seen::InProfile { .. } => "The account is yours".to_owned(),
        Seen::InMail { day } => format!("Your mail of {day} is here; {} confirms it next", who.sender),
        Seen::NotYet { profile_of: Some(day) } => {
            format!("It is not there yet: the newest profile that is held is of {day}. It is looked at again by itself")
        }
        Seen::NotYet { profile_of: None } => {
            "No profile of this account is held yet. It is looked at by itself when one comes".to_owned()
        }
        Seen::Over => "The days of this code are over; ask for a new one".to_owned(),
    })
}
