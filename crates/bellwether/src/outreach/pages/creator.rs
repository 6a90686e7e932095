//! `/outreach/creator/{secret}`: a creator's own page, reached by their link alone, made for a phone: what is theirs to do next, the
//! brief and the terms, their drafts, what is owed to them, and everything held about them.
//!
//! Looking changes nothing, for scanners follow links. Whoever comes with a link that is none learns nothing; one that is over
//! can have a new one sent to its owner and to nobody else.

mod drafts;
mod figures;
mod rights;

pub use drafts::{WHOLE_BYTES_MAX, act_on_piece, begin_upload, draft_file, go_on, how_far, piece};
pub use figures::{claim, figures, whole_report};
pub use rights::{
    ContestLine, contest, contest_line, data_file, forget, keep_after_all, keep_settings, my_data, stop_mail,
    take_contest_back,
};

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::deals::{DealState, DeliverableState, Party, PaymentState};
use store::outreach::deals::{DealFilter, DealRow};

use super::deals::{PaymentLine, PieceLine, VersionView, agreement_page, payment_line, piece_line, version_views};
use super::terms::{self, ChoiceForm, TermsForm};
use super::{Problem, not_valid, problem_of, saying, typed};
use crate::clock;
use crate::outreach::briefs::{self, Brief};
use crate::outreach::choices;
use crate::outreach::creator_links::{self, Opened, PATH};
use crate::outreach::deals::{self, Act, DealShown, Terms};
use crate::outreach::{OutreachError, campaigns, contacts, settings};
use crate::web::app::{App, draw};
use crate::web::error::WebError;
use crate::web::guard;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Neither kept by what is on the way, nor found by searching, nor told to whoever is linked.
const UNLISTED: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "private, no-store"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Who looks at their page: the contact, and where their pages begin.
pub(super) struct Who {
    contact: i64,
    name: String,
    sender: String,
    theme: &'static str,
    base: String,
}

fn nothing() -> Response {
    (UNLISTED, guard::nothing_is_here()).into_response()
}

fn shown(page: impl IntoResponse) -> Response {
    (UNLISTED, page).into_response()
}

/// Who comes by a secret, or the page that says why nobody is let in.
async fn who_comes(app: &App, visit: &Visit, secret: &str) -> Result<Result<Who, Response>, WebError> {
    let contact = match creator_links::open(&app.data, secret).await? {
        None => return Ok(Err(nothing())),
        Some(Opened::Over(_)) => return Ok(Err(over_page(app, visit, secret, false).await?)),
        Some(Opened::Contact(contact)) => contact,
    };
    let held = contacts::shown(&app.data, contact).await?;
    let sender = settings::settings(&app.data).await?.sender;
    Ok(Ok(Who {
        contact: held.row.id,
        name: held.row.name,
        sender: if sender.is_empty() { "The brand".to_owned() } else { sender },
        theme: visit.theme.code(),
        base: format!("{PATH}/{secret}"),
    }))
}

/// Lets somebody in by their secret, or answers for them.
macro_rules! let_in {
    ($app:expr, $visit:expr, $secret:expr) => {
        match $crate::outreach::pages::creator::who_comes(&$app, &$visit, &$secret).await? {
            Ok(who) => who,
            Err(answer) => return Ok(answer),
        }
    };
}
use let_in;

#[derive(Template)]
#[template(path = "outreach/creator_over.html")]
struct OverPage {
    theme: &'static str,
    base: String,
    is_sent: bool,
    sender: String,
}

async fn over_page(app: &App, visit: &Visit, secret: &str, is_sent: bool) -> Result<Response, WebError> {
    let sender = settings::settings(&app.data).await?.sender;
    let page = draw(OverPage { theme: visit.theme.code(), base: format!("{PATH}/{secret}"), is_sent, sender }).await?;
    Ok(shown(page))
}

/// `POST /outreach/creator/{secret}/renew`: a new link goes to its owner's address, whoever asked.
pub async fn renew(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let Some(Opened::Over(contact)) = creator_links::open(&app.data, &secret).await? else { return Ok(nothing()) };
    // Once a day at most: the link may be in many hands by now.
    let day_ago = app.data.now().0 - 86_400_000_000;
    let links = creator_links::links(&app.data, contact).await?;
    if !links.iter().any(|link| link.created_at.0 > day_ago) {
        let words = "Here is the new link to your page:";
        let sent = creator_links::send(&app.data, contact, "Your new link", words, None, "creator").await;
        if let Err(error) = sent {
            tracing::warn!(%error, contact, "a creator asked for a new link and it could not be sent");
        }
    }
    // The same words whatever came of it: whoever holds an old link learns nothing.
    over_page(&app, &visit, &secret, true).await
}

/// A deal on the creator's page.
pub struct DealTile {
    pub address: String,
    pub brief: String,
    pub short: String,
    pub state: String,
    pub next: Option<String>,
}

#[derive(Template)]
#[template(path = "outreach/creator_home.html")]
struct HomePage {
    theme: &'static str,
    base: String,
    name: String,
    sender: String,
    done: Option<String>,
    tiles: Vec<DealTile>,
}

fn state_words(row: &DealRow) -> String {
    match row.state {
        DealState::Proposed => "your turn".to_owned(),
        DealState::Countered => "with the brand".to_owned(),
        other => other.words().to_owned(),
    }
}

async fn tile(app: &App, who: &Who, row: DealRow, today: &str) -> Result<DealTile, WebError> {
    let terms: Terms = serde_json::from_str(&row.terms).map_err(|error| WebError::fault("reading a deal", &error))?;
    let pieces = app.data.store.deliverables(row.id).await?;
    let waits =
        pieces.iter().find(|piece| piece.state != DeliverableState::Live && piece.state != DeliverableState::Drafted);
    let payment =
        app.data.store.payments_of(row.id).await?.into_iter().find(|payment| payment.state == PaymentState::Sent);
    let next = match (row.state, waits, payment) {
        (DealState::Proposed, _, _) => Some("Read it and answer".to_owned()),
        (state, Some(piece), _) if state.is_agreed() => {
            let line = piece_line(piece, "", today);
            Some(format!("{}: {}, {}", line.name, line.state, line.due))
        }
        (_, _, Some(payment)) => Some(format!("{} was sent: has it arrived?", payment.what)),
        _ => None,
    };
    Ok(DealTile {
        address: format!("{}/deals/{}", who.base, row.id),
        short: deals::short(&terms),
        state: state_words(&row),
        brief: row.brief_name,
        next,
    })
}

/// `GET /outreach/creator/{secret}`
pub async fn home(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let today = clock::iso_day(app.data.now());
    let rows = app.data.store.deals(&DealFilter { contact: Some(who.contact), ..DealFilter::default() }).await?;
    let mut tiles = Vec::new();
    for row in rows.into_iter().rev() {
        tiles.push(tile(&app, &who, row, &today).await?);
    }
    tiles.sort_by_key(|tile| tile.next.is_none());
    let page = draw(HomePage {
        theme: who.theme,
        base: who.base,
        name: who.name,
        sender: who.sender,
        done: Pairs(pairs).one("done").map(str::to_owned),
        tiles,
    })
    .await?;
    Ok(shown(page))
}

#[derive(Template)]
#[template(path = "outreach/creator_deal.html")]
struct CreatorDealPage {
    theme: &'static str,
    base: String,
    sender: String,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    version: i64,
    brief_name: String,
    brief: Brief,
    state: String,
    reason: String,
    accepted: Option<String>,
    message: String,
    terms: Vec<(&'static str, String)>,
    versions: Vec<VersionView>,
    pieces: Vec<PieceLine>,
    payments: Vec<PaymentLine>,
    /// Clicks on the links of this deal; none where none is followed.
    results: Option<String>,
    form: TermsForm,
    may_accept: bool,
    may_counter: bool,
    choice: ChoiceForm,
    /// What they chose, once they have.
    chosen: Option<String>,
    /// Whether a product is still to be chosen, or where it is sent to be said.
    may_choose: bool,
    name: String,
    counter_message: String,
    decline_reason: String,
}

/// What a creator chose, as they read it; their address is not shown again.
fn chosen_words(deal: &DealShown) -> Option<String> {
    let choice = deal.choice.as_ref()?;
    let what = choice.product.as_deref().unwrap_or("a surprise");
    let place = match (deal.terms.is_sent(), &choice.address) {
        (false, _) => "",
        (true, Some(_)) => "; the brand knows where to send it",
        (true, None) => "; the brand has not been told here where to send it",
    };
    Some(format!("{what}{place}"))
}

fn may_choose(deal: &DealShown) -> bool {
    let goes_on = matches!(deal.row.state, DealState::Accepted | DealState::InWork | DealState::Delivered);
    let chosen = deal.choice.is_some() || deal.terms.products().len() < 2;
    let known = !deal.terms.is_sent() || deal.choice.as_ref().is_some_and(|choice| choice.address.is_some());
    goes_on && !(chosen && known)
}

/// A deal of the contact, and of nobody else.
async fn own_deal(app: &App, who: &Who, id: i64) -> Result<Option<DealShown>, WebError> {
    match deals::shown(&app.data, id).await {
        Ok(deal) if deal.row.contact == who.contact => Ok(Some(deal)),
        Ok(_) | Err(OutreachError::NoDeal(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn deal_page(
    app: &App,
    who: Who,
    deal: DealShown,
    asked: &Pairs,
    problem: Option<Problem>,
) -> Result<axum::response::Html<String>, WebError> {
    let row = &deal.row;
    let today = clock::iso_day(app.data.now());
    let brief = briefs::find(&app.data, row.brief, Some(row.brief_version)).await?.brief;
    let path = format!("{}/pieces", who.base);
    let pieces = app.data.store.deliverables(row.id).await?;
    let payments = app.data.store.payments_of(row.id).await?;
    let may = |next| row.state.may_become(next, Party::Creator);
    let of = store::tracking::LinkFilter { deal: Some(row.id), ..Default::default() };
    let results = campaigns::results(&app.data, &of).await?;
    let last_word = deal.versions.last().filter(|version| version.party == Party::Us);
    draw(CreatorDealPage {
        theme: who.theme,
        sender: who.sender,
        done: asked.one("done").map(str::to_owned),
        problem,
        id: row.id,
        version: row.version,
        brief_name: row.brief_name.clone(),
        brief,
        state: state_words(row),
        reason: row.reason.clone(),
        accepted: row.accepted_at.map(|at| format!("{} by {}", clock::minute(at), row.accepted_by)),
        message: last_word.map_or_else(String::new, |version| version.message.clone()),
        terms: deals::said(&deal.terms),
        versions: version_views(&deal, true),
        pieces: pieces.iter().map(|piece| piece_line(piece, &path, &today)).collect(),
        payments: payments.into_iter().map(|payment| payment_line(payment, &today)).collect(),
        results: results.is_anything().then(|| results.words(false)),
        form: TermsForm::of(&deal.terms, asked),
        choice: ChoiceForm::of(&deal.terms, deal.choice.as_ref(), asked),
        chosen: chosen_words(&deal),
        may_choose: may_choose(&deal),
        may_accept: may(DealState::Accepted),
        may_counter: may(DealState::Countered),
        name: typed(asked, "name"),
        counter_message: typed(asked, "message"),
        decline_reason: typed(asked, "reason"),
        base: who.base,
    })
    .await
}

/// `GET /outreach/creator/{secret}/deals/{id}`
pub async fn deal(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let Some(deal) = own_deal(&app, &who, id).await? else { return Ok(nothing()) };
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    Ok(shown(deal_page(&app, who, deal, &asked, None).await?))
}

fn answer_of(given: &Pairs, offered: &Terms) -> Result<(Act, &'static str), OutreachError> {
    Ok(match given.one("do") {
        Some("accept") => {
            let choice = terms::choice_of(offered, given);
            (Act::Accept { name: typed(given, "name"), choice }, "You have agreed; what is to be made stands below")
        }
        Some("decline") => {
            (Act::Decline { reason: typed(given, "reason") }, "You have declined; nothing more is asked of you")
        }
        _ => {
            let terms = terms::read_counter(offered, given)?;
            (Act::Propose { terms, message: typed(given, "message") }, "Your terms are with the brand now")
        }
    })
}

/// `POST /outreach/creator/{secret}/deals/{id}`: accept, decline or propose other terms.
pub async fn answer(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let Some(deal) = own_deal(&app, &who, id).await? else { return Ok(nothing()) };
    let given = Pairs(pairs);
    let version = given.one("version").and_then(|version| version.parse().ok()).unwrap_or(0);
    if given.one("do") == Some("choose") {
        let chosen = choices::choose(&app.data, &deal, &terms::choice_of(&deal.terms, &given), Party::Creator).await;
        return match chosen {
            Ok(()) => Ok(shown(Redirect::to(&saying(
                &format!("{}/deals/{id}", who.base),
                "Thank you: the brand knows it now",
            )))),
            Err(error) => Ok(shown(not_valid(deal_page(&app, who, deal, &given, Some(problem_of(error)?)).await?))),
        };
    }
    let outcome = match answer_of(&given, &deal.terms) {
        Ok((act, done)) => deals::act(&app.data, &deal, version, Party::Creator, act).await.map(|()| done),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(done) => Ok(shown(Redirect::to(&saying(&format!("{}/deals/{id}", who.base), done)))),
        Err(error) => {
            let Some(deal) = own_deal(&app, &who, id).await? else { return Ok(nothing()) };
            Ok(shown(not_valid(deal_page(&app, who, deal, &given, Some(problem_of(error)?)).await?)))
        }
    }
}

/// `GET /outreach/creator/{secret}/deals/{id}/agreement`
pub async fn agreement(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    if own_deal(&app, &who, id).await?.is_none() {
        return Ok(nothing());
    }
    Ok(shown(agreement_page(&app, &visit, id, format!("{}/deals/{id}", who.base), Party::Creator).await?))
}

/// `POST /outreach/creator/{secret}/deals/{id}/payments/{payment}`: it has arrived.
pub async fn arrived(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id, payment)): Path<(String, i64, i64)>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    if own_deal(&app, &who, id).await?.is_none() {
        return Ok(nothing());
    }
    app.data.store.change_payment(id, payment, PaymentState::Arrived, Party::Creator, None, app.data.now()).await?;
    Ok(shown(Redirect::to(&saying(&format!("{}/deals/{id}#payments", who.base), "Thank you: it is noted as arrived"))))
}
