//! `/creators/lists/{id}/share` and `/creators/lists/shared/{secret}`: links to a list, and the list as a client sees it,
//! with a vote and a comment on each, under a name, without signing in.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::AccountId;
use store::{ShortlistLink, ShortlistVote};

use super::one::{self, estimates_of, fees_of};
use super::{list_of, of_list};
use crate::clock;
use crate::creators::shortlists::reviews::{
    COMMENT_LETTERS_MAX, Given, Prices, looked_at, open, revoke as end_link, share as make_link, vote,
};
use crate::creators::shortlists::{self, Listed};
use crate::creators::{CreatorsError, is_made_up};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{EstimateCell, scale_end_for_most};
use crate::web::format;
use crate::web::level::LevelMark;
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use crate::web::words::safe_link;

/// People on one page of a shared list.
const ROWS_A_PAGE: usize = 50;

/// Neither kept by what is on the way nor found by searching.
const UNLISTED: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "private, no-store"), (HeaderName::from_static("x-robots-tag"), "noindex, nofollow")];

/// `POST /creators/lists/{id}/share`: makes a link; its secret is on the page that answers, and nowhere else.
pub async fn share(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    list_of(&app, id).await?;
    let days = asked.one("days").unwrap_or("").parse().unwrap_or(0);
    let prices = if asked.one("prices").is_some() { Prices::Shown } else { Prices::Hidden };
    let made = make_link(&app.data, id, days, asked.one("note").unwrap_or(""), prices).await;
    let made = made.map_err(|error| of_list(error, id))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let scheme = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
    let scheme = if scheme == Some("https") { "https" } else { "http" };
    let origin = if host.is_empty() { String::new() } else { format!("{scheme}://{host}") };
    one::page(&app, visit, id, &Pairs::default(), Some((made, origin))).await
}

/// `POST /creators/lists/{id}/share/{link}/revoke`
pub async fn revoke(State(app): State<App>, Path((id, link)): Path<(i64, i64)>) -> Result<Redirect, WebError> {
    end_link(&app.data, id, link).await.map_err(|error| of_list(error, id))?;
    Ok(Redirect::to(&format!("/creators/lists/{id}#share")))
}

/// Somebody on the list as a client sees them.
pub struct SharedRow {
    pub account: String,
    pub person: Person,
    /// Their page on the platform.
    pub url: Option<String>,
    pub level: LevelMark,
    pub engagement: Option<EstimateCell>,
    /// `None` where prices are not shown.
    pub price: Option<EstimateCell>,
    /// What the client said of them: `for`, `against` or nothing.
    pub vote: &'static str,
    pub comment: String,
}

#[derive(Template)]
#[template(path = "creators/list_shared.html")]
struct SharedPage {
    theme: &'static str,
    made_up: bool,
    name: String,
    note: String,
    expires_on: String,
    address: String,
    rows: Vec<SharedRow>,
    shown: String,
    shows_prices: bool,
    voter: String,
    /// What became of the votes just sent.
    kept: Option<String>,
    problem: Option<String>,
    previous: Option<String>,
    next: Option<usize>,
    offset: usize,
    comment_letters_max: usize,
}

/// What a client just did.
#[derive(Default)]
struct Just {
    voter: String,
    kept: Option<String>,
    /// Why votes could not be kept, with what was typed.
    problem: Option<String>,
    typed: Vec<Given>,
}

/// `GET /creators/lists/shared/{secret}`: the list by a link. What does not open says nothing of why.
pub async fn shared(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let theme = visit.theme.code();
    let asked = Pairs(pairs);
    let Some(link) = open(&app.data, &secret).await? else { return gone(theme).await };
    let just = Just { voter: asked.one("voter").unwrap_or("").to_owned(), ..Just::default() };
    shown(&app, theme, &link, &secret, asked.offset("offset"), just).await
}

/// `POST /creators/lists/shared/{secret}`: a client's votes; the page that answers shows them kept.
pub async fn client_votes(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let theme = visit.theme.code();
    let asked = Pairs(pairs);
    let Some(link) = looked_at(&app.data, &secret).await? else { return gone(theme).await };
    let given = given_by(&asked);
    let voter = asked.one("voter").unwrap_or("").to_owned();
    let (here, next) = (asked.offset("offset"), asked.one("next").and_then(|next| next.parse().ok()));
    match vote(&app.data, link.list, Some(link.id), &voter, given.clone()).await {
        Ok(kept) => {
            let words = format!(
                "{} kept under the name {voter}.",
                format::counted(kept, "vote or comment", "votes and comments")
            );
            let just = Just { voter, kept: Some(words), ..Just::default() };
            shown(&app, theme, &link, &secret, next.unwrap_or(here), just).await
        }
        Err(CreatorsError::ListChange(problem)) => {
            let problem = problem.replace("\nhint: ", "; ");
            let just = Just { voter, problem: Some(problem), typed: given, ..Just::default() };
            let page = shown(&app, theme, &link, &secret, here, just).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Votes as a form has them: `vote-ACCOUNT` (`for`, `against`, `none`) and `comment-ACCOUNT`.
fn given_by(asked: &Pairs) -> Vec<Given> {
    let voted = asked.0.iter().filter_map(|(key, vote)| Some((key.strip_prefix("vote-")?, vote.as_str())));
    let read = |(account, vote): (&str, &str)| {
        let comment = asked.one(&format!("comment-{account}")).unwrap_or("").to_owned();
        let vote = match vote {
            "for" => Some(1),
            "against" => Some(-1),
            // A comment alone is kept; neither takes back what was said before.
            _ => (!comment.is_empty()).then_some(0),
        };
        Some(Given { account: account.parse().ok()?, vote, comment })
    };
    voted.filter_map(read).collect()
}

async fn shown(
    app: &App,
    theme: &'static str,
    link: &ShortlistLink,
    secret: &str,
    offset: usize,
    just: Just,
) -> Result<Response, WebError> {
    let Some(list) = app.data.store.shortlist(link.list).await? else { return gone(theme).await };
    let members = app.data.store.shortlist_members(link.list).await?;
    let data = app.data.clone();
    let all = members.len();
    let from = offset.min(all.saturating_sub(1)) / ROWS_A_PAGE * ROWS_A_PAGE;
    let asked_for = members.into_iter().skip(from).take(ROWS_A_PAGE).collect();
    let listed = aside(move || async move { shortlists::about(&data, asked_for).await }).await?;
    let to = (from + ROWS_A_PAGE).min(all);
    let votes = app.data.store.shortlist_votes(link.list).await?;
    let by_them = |vote: &ShortlistVote| {
        vote.voter.link == Some(link.id) && vote.voter.name.to_lowercase() == just.voter.trim().to_lowercase()
    };
    let mut said: HashMap<AccountId, (i8, String)> =
        (votes.into_iter().filter(by_them)).map(|vote| (vote.account, (vote.vote, vote.comment))).collect();
    for typed in &just.typed {
        said.insert(typed.account, (typed.vote.unwrap_or(0), typed.comment.clone()));
    }
    let address = format!("/creators/lists/shared/{secret}");
    let page_at = |offset: usize| {
        let voter = Some(just.voter.clone()).filter(|voter| !voter.is_empty());
        Pairs::default().with("offset", offset).with_some("voter", voter).address(&address)
    };
    let page = draw(SharedPage {
        theme,
        made_up: is_made_up(&app.data).await?,
        name: list.name,
        note: link.note.clone(),
        expires_on: clock::day(link.expires_at),
        rows: rows_of(app, listed, link.shows_prices, &said).await?,
        shown: format!("{}–{} of {}", from + usize::from(to > 0), to, format::count(all as u64)),
        shows_prices: link.shows_prices,
        voter: just.voter.clone(),
        kept: just.kept,
        problem: just.problem,
        previous: (from > 0).then(|| page_at(from - ROWS_A_PAGE)),
        next: (to < all).then_some(to),
        offset: from,
        comment_letters_max: COMMENT_LETTERS_MAX,
        address,
    })
    .await?;
    Ok((UNLISTED, page).into_response())
}

async fn rows_of(
    app: &App,
    listed: Vec<Listed>,
    shows_prices: bool,
    said: &HashMap<AccountId, (i8, String)>,
) -> Result<Vec<SharedRow>, WebError> {
    let estimates = listed.iter().map(estimates_of).collect::<Result<Vec<_>, _>>()?;
    let engagement_scale =
        scale_end_for_most(estimates.iter().flatten().filter_map(|held| held.by_followers.hi).collect());
    let prices = if shows_prices { fees_of(app, &listed).await? } else { HashMap::new() };
    let price_scale = scale_end_for_most(prices.values().filter_map(|price| price.hi).collect());
    let row = |(listed, estimates): (Listed, Option<crate::vetting::CreatorEstimates>)| {
        let account = listed.member.account;
        let name = listed.name?;
        let (vote, comment) = said.get(&account).cloned().unwrap_or_default();
        Some(SharedRow {
            account: account.to_string(),
            url: safe_link(name.url.as_deref()),
            person: Person::of(&name),
            level: LevelMark::of(estimates.as_ref().map_or("not-known", |held| held.level.as_str())),
            engagement: estimates
                .as_ref()
                .map(|held| EstimateCell::new("Engagement by followers", &held.by_followers, engagement_scale, None)),
            price: prices
                .get(&account)
                .map(|price| EstimateCell::new("Expected fee of one post", price, price_scale, None)),
            vote: match vote {
                1.. => "for",
                0 => "",
                _ => "against",
            },
            comment,
        })
    };
    Ok(listed.into_iter().zip(estimates).filter_map(row).collect())
}

/// What a link that opens nothing shows: no hint of why, and no way into the program.
#[derive(Template)]
#[template(path = "nothing_shared.html")]
struct GonePage {
    theme: &'static str,
}

async fn gone(theme: &'static str) -> Result<Response, WebError> {
    let page = draw(GonePage { theme }).await?;
    Ok((StatusCode::NOT_FOUND, UNLISTED, page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_votes_comments_or_takes_back_and_a_comment_alone_is_kept() {
        let pairs = [
            ("voter", "Ana"),
            ("vote-1", "for"),
            ("comment-1", "  lovely "),
            ("vote-2", "none"),
            ("comment-2", ""),
            ("vote-3", "none"),
            ("comment-3", "who is this?"),
            ("vote-x", "for"),
        ];
        let pairs = Pairs(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec());
        let said: Vec<_> =
            given_by(&pairs).into_iter().map(|given| (given.account.0, given.vote, given.comment)).collect();
        assert_eq!(
            said,
            [(1, Some(1), "lovely".to_owned()), (2, None, String::new()), (3, Some(0), "who is this?".to_owned())]
        );
    }
}
