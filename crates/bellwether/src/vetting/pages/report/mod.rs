//! The profile report: the page a marketer shows their boss, with its numbers as JSON and CSV, what is recorded
//! beside it, and the report by a link.

mod plots;
mod signs;
mod wider;

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::vetting::comments::quality::CommentSign;
use engine::vetting::verdict::VerdictWord;
use model::AccountId;

use self::plots::{GrowthPlot, PostPlot, growth_plot, post_plot};
use self::signs::{FamilyLines, families, families_not_assessed, sum_words};
use self::wider::{AudiencePart, BrandLine, PublishedLine, SponsoredLine};
use super::super::records::{self, Answer, Declared, EventKind};
use super::super::report::{COMMENTS_READ, POSTS_READ, VettingReport, vetting_report};
use super::super::sharing::{self, LinkMade};
use crate::clock;
use crate::creators::is_made_up;
use crate::secret_links::LinkSeen;
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::{Recovery, WebError};
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::figures::{conversation, engagement};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// The words of a verdict with a shape, so that colour alone says nothing.
#[derive(Template, Clone, Copy, PartialEq, Eq, Debug)]
#[template(path = "vetting/_verdict.html")]
pub struct VerdictMark {
    pub words: &'static str,
    pub shape: &'static str,
}

impl VerdictMark {
    pub fn of(word: VerdictWord) -> VerdictMark {
        let shape = match word {
            VerdictWord::NoSign => "none",
            VerdictWord::Unclear => "unclear",
            VerdictWord::SignsWorthAskingAbout => "some",
            VerdictWord::StrongSigns => "strong",
        };
        VerdictMark { words: word.words(), shape }
    }
}

/// A sign of comments with how many show it.
pub struct CommentLine {
    pub words: &'static str,
    pub count: String,
    pub share: String,
}

pub struct ExampleLine {
    pub text: String,
    pub day: String,
    pub signs: String,
}

/// The report itself, drawn alike for people here and for whoever has a link.
#[derive(Template)]
#[template(path = "vetting/_report.html")]
pub struct ReportBody {
    /// By a link: without names of others, prices, forms and ways on.
    is_shared: bool,
    person: Person,
    tier: Option<&'static str>,
    as_of: Option<String>,
    mark: VerdictMark,
    finding: String,
    /// What is contested about the account or was corrected since.
    contested: Vec<String>,
    answers: Vec<Answer>,
    declared: Vec<Declared>,
    chance: EstimateView,
    known_signs: usize,
    all_signs: usize,
    not_assessed: Vec<&'static str>,
    families: Vec<FamilyLines>,
    sum: String,
    level: LevelMark,
    conversation: Vec<EstimateView>,
    talk: Vec<EstimateView>,
    engagement: Vec<EstimateView>,
    reach_line: Option<&'static str>,
    standing_among: Option<String>,
    published: Vec<PublishedLine>,
    posts: Option<PostPlot>,
    growth: Option<GrowthPlot>,
    sample_line: String,
    sample_link: &'static str,
    uniformity_line: String,
    uniformity: Vec<EstimateView>,
    audience_parts: Vec<AudiencePart>,
    audience_parts_beyond: usize,
    comments: Vec<CommentLine>,
    /// How many comments were read, and where the reading stops.
    comments_read: String,
    examples: Vec<ExampleLine>,
    circle: String,
    tied_to: Vec<Person>,
    /// Those tied to the creator beyond the ones named.
    tied_beyond: usize,
    told: EstimateView,
    untold: Vec<SponsoredLine>,
    untold_beyond: usize,
    told_posts: Vec<SponsoredLine>,
    brands: Vec<BrandLine>,
    fee: String,
    currency: String,
    fee_problem: Option<String>,
    buys: Vec<EstimateView>,
}

#[derive(Template)]
#[template(path = "vetting/report.html")]
struct ReportPage {
    layout: Layout,
    body: ReportBody,
    account: AccountId,
    /// What a creator can tell of: code and words.
    kinds: Vec<(&'static str, &'static str)>,
    links: Vec<LinkSeen>,
    /// A link just made, shown this once below the address of this program.
    link_made: Option<LinkMade>,
    origin: String,
    days_max: u32,
    days_usual: u32,
}

#[derive(Template)]
#[template(path = "vetting/shared.html")]
struct SharedPage {
    body: ReportBody,
    name: String,
    note: String,
    expires_on: String,
    made_up: bool,
    theme: &'static str,
}

async fn report_of(app: &App, account: AccountId) -> Result<Arc<VettingReport>, WebError> {
    let data = app.data.clone();
    aside(move || async move { vetting_report(&data, account).await }).await
}

/// `GET /vetting/{account}?fee=…&currency=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    page(&app, visit, account, &Pairs(pairs), None).await
}

/// The report with what is asked of it, and with a link that was just made.
async fn page(app: &App, visit: Visit, account: AccountId, asked: &Pairs, made: Option<(LinkMade, String)>) -> Page {
    let report = report_of(app, account).await?;
    let links = sharing::links(&app.data, account).await?;
    let contested = records::contested(&app.data, account).await?;
    let title = format!("Vetting: {}", report.creator.name);
    let layout = Layout::load(app, visit, Word::Vetting, title).await?;
    let (link_made, origin) = made.map_or((None, String::new()), |(made, origin)| (Some(made), origin));
    draw(ReportPage {
        layout,
        body: body(&report, Seen::Here, asked, contested),
        account,
        kinds: EventKind::ALL.into_iter().map(|kind| (kind.code(), kind.words())).collect(),
        links,
        link_made,
        origin,
        days_max: sharing::DAYS_MAX,
        days_usual: sharing::DAYS_USUAL,
    })
    .await
}

fn back_to_report(error: impl Into<WebError>, account: AccountId) -> WebError {
    error.into().with(Recovery::new("Back to the report", format!("/vetting/{account}#record")))
}

/// `POST /vetting/{account}/declare`
pub async fn declare(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let word = |key: &str| asked.one(key).unwrap_or("");
    known(&app, account).await?;
    let days = (word("from"), asked.one("to"));
    let told = records::declare(&app.data, account, word("kind"), days, word("words")).await;
    told.map_err(|error| back_to_report(error, account))?;
    Ok(Redirect::to(&format!("/vetting/{account}#growth")))
}

/// `POST /vetting/{account}/answer`
pub async fn answer(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    known(&app, account).await?;
    let answered = records::answer(&app.data, account, asked.one("words").unwrap_or(""), asked.one("on")).await;
    answered.map_err(|error| back_to_report(error, account))?;
    Ok(Redirect::to(&format!("/vetting/{account}")))
}

/// `POST /vetting/{account}/take-back`: an event or an answer.
pub async fn take_back(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let number = |key: &str| asked.one(key).and_then(|id| id.parse::<i64>().ok());
    if let Some(id) = number("event") {
        app.data.store.take_back_event(account, id).await?;
    }
    if let Some(id) = number("answer") {
        app.data.store.take_back_answer(account, id).await?;
    }
    Ok(Redirect::to(&format!("/vetting/{account}")))
}

async fn known(app: &App, account: AccountId) -> Result<(), WebError> {
    app.data.revision().await?;
    match app.data.lake.profiles(Some(&[account]), app.data.now()).await?.is_empty() {
        true => Err(crate::creators::CreatorsError::NotFound(account.to_string()).into()),
        false => Ok(()),
    }
}

/// `POST /vetting/{account}/share`: makes a link; its secret is on the page that answers, and nowhere else.
pub async fn share(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    known(&app, account).await?;
    let days = asked.one("days").unwrap_or("").parse().unwrap_or(0);
    let made = sharing::share(&app.data, account, days, asked.one("note").unwrap_or("")).await;
    let made = made.map_err(|error| back_to_report(error, account))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let scheme = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
    let scheme = if scheme == Some("https") { "https" } else { "http" };
    let origin = if host.is_empty() { String::new() } else { format!("{scheme}://{host}") };
    page(&app, visit, account, &Pairs::default(), Some((made, origin))).await
}

/// `POST /vetting/{account}/share/{link}/revoke`
pub async fn revoke(
    State(app): State<App>,
    Path((account, link)): Path<(AccountId, i64)>,
) -> Result<Redirect, WebError> {
    sharing::revoke(&app.data, account, link).await?;
    Ok(Redirect::to(&format!("/vetting/{account}#share")))
}

/// `GET /vetting/shared/{secret}`: the report by a link. What does not open says nothing of why.
pub async fn shared(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let theme = visit.theme.code();
    let Some(link) = sharing::open(&app.data, &secret).await? else { return gone(theme).await };
    let Ok(report) = report_of(&app, link.account).await else { return gone(theme).await };
    let contested = records::contested(&app.data, link.account).await?;
    let page = draw(SharedPage {
        name: report.creator.name.clone(),
        body: body(&report, Seen::ByLink, &Pairs::default(), contested),
        note: link.note,
        expires_on: clock::day(link.expires_at),
        made_up: is_made_up(&app.data).await?,
        theme,
    })
    .await?;
    Ok((UNLISTED, page).into_response())
}

/// Neither kept by what is on the way nor found by searching.
const UNLISTED: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "private, no-store"), (HeaderName::from_static("x-robots-tag"), "noindex, nofollow")];

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

/// `GET /vetting/{account}/report.json`
pub async fn json(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Response, WebError> {
    Ok(Json(report_of(&app, account).await?.as_ref()).into_response())
}

/// `GET /vetting/{account}/signs.csv`
pub async fn csv(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Response, WebError> {
    let report = report_of(&app, account).await?;
    let first = ["sign", "kind", "words", "log_odds", "usual_lo", "usual_hi", "usual_of"];
    let headings: Vec<&str> = first.into_iter().chain(PARTS).collect();
    let mut sheet = Sheet::new(&headings);
    let code = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut chance = vec!["bought_promotion".to_owned(), String::new(), report.word.words().to_owned()];
    chance.extend([report.verdict.log_odds.to_string(), String::new(), String::new(), String::new()]);
    push_estimate(&mut chance, Some(&report.chance), "");
    sheet.row(&chance);
    for seen in &report.signs {
        let part = report.verdict.parts.iter().find(|part| part.sign == seen.sign);
        let usual = seen.usual.as_ref();
        let mut cells = vec![
            serde_json::to_value(seen.sign).map(code).unwrap_or_default(),
            seen.sign.family().words().to_owned(),
            seen.sign.words().to_owned(),
            part.map(|part| part.log_odds.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.lo.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.hi.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.words.clone()).unwrap_or_default(),
        ];
        push_estimate(&mut cells, Some(&seen.value), "");
        sheet.row(&cells);
    }
    Ok(sheet.download(&format!("vetting-{}.csv", report.creator.handle)))
}

/// Who looks at a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Here,
    ByLink,
}

fn body(report: &VettingReport, seen: Seen, asked: &Pairs, contested: Vec<String>) -> ReportBody {
    let person = Person::of(&report.creator);
    let (known, all) = (report.verdict.parts.len(), report.signs.len());
    let level = report.figures.as_ref().map_or("not-known", |figures| figures.level.as_str());
    let is_shared = seen == Seen::ByLink;
    let views = |views: Vec<EstimateView>| -> Vec<EstimateView> {
        views.into_iter().map(|view| if is_shared { view.without_links() } else { view }).collect()
    };
    let chance = Drawing { id: "chance", label: "Chance of bought promotion", scale_to: 1.0, brand: None };
    let mut engaged = report.figures.as_ref().map(|held| engagement(held, None)).unwrap_or_default();
    engaged.extend(wider::posts(report));
    let (sample_line, sample_link) = wider::sample_words(report);
    let parts = wider::audience_parts(report);
    let (untold, told_posts) = wider::sponsored(report);
    let price = wider::price(report, asked);
    ReportBody {
        is_shared,
        tier: report.tier.map(|tier| tier.code()),
        as_of: report.as_of.map(clock::day),
        mark: VerdictMark::of(report.word),
        finding: finding(report),
        contested,
        answers: report.answers.clone(),
        declared: report.declared.clone(),
        chance: views(vec![EstimateView::new(chance, &report.chance)]).remove(0),
        known_signs: known,
        all_signs: all,
        not_assessed: families_not_assessed(report),
        families: families(report, is_shared),
        sum: sum_words(report),
        level: LevelMark::of(level),
        conversation: views(report.figures.as_ref().map(|held| conversation(held, None)).unwrap_or_default()),
        talk: views(wider::talk(report)),
        engagement: views(engaged),
        reach_line: wider::reach_words(report),
        standing_among: wider::standing_words(report),
        published: wider::published(report),
        posts: post_plot(report),
        growth: growth_plot(report),
        sample_line,
        sample_link,
        uniformity_line: wider::uniformity_words(report),
        uniformity: views(wider::uniformity(report)),
        audience_parts_beyond: parts.len().saturating_sub(wider::PARTS_SHOWN_MAX),
        audience_parts: parts.into_iter().take(wider::PARTS_SHOWN_MAX).collect(),
        comments: comment_lines(report),
        comments_read: comments_read(report),
        examples: example_lines(report),
        circle: circle_words(report),
        tied_to: report.tied_to.iter().map(Person::of).collect(),
        tied_beyond: report.tied_people - report.tied_to.len(),
        told: views(vec![wider::told(report)]).remove(0),
        untold_beyond: untold.len().saturating_sub(wider::POSTS_SHOWN_MAX),
        untold: untold.into_iter().take(wider::POSTS_SHOWN_MAX).collect(),
        told_posts: told_posts.into_iter().take(wider::POSTS_SHOWN_MAX).collect(),
        brands: wider::brands(report),
        fee: price.fee,
        currency: price.currency,
        fee_problem: price.problem,
        buys: if is_shared { vec![] } else { price.buys },
        person,
    }
}

/// The verdict as one sentence that accuses nobody.
fn finding(report: &VettingReport) -> String {
    let speaking: Vec<&str> =
        report.verdict.parts.iter().filter(|part| part.log_odds >= 0.3).map(|part| part.sign.words()).collect();
    match (report.word, speaking.as_slice()) {
        (VerdictWord::NoSign, _) => "What is held shows no sign of bought promotion.".to_owned(),
        (VerdictWord::Unclear, []) => {
            "What is held neither speaks for bought promotion nor rules it out; more of the signs below would have to be known."
                .to_owned()
        }
        (VerdictWord::Unclear, some) => {
            format!("Something is worth a look ({}), and too little is known to say more.", some.join("; "))
        }
        (VerdictWord::SignsWorthAskingAbout, some) => format!("Worth asking the creator about: {}.", some.join("; ")),
        (VerdictWord::StrongSigns, some) => {
            format!("Several kinds of evidence point the same way: {}. Ask before paying.", some.join("; "))
        }
    }
}

fn comment_lines(report: &VettingReport) -> Vec<CommentLine> {
    let Some(quality) = &report.comments else { return vec![] };
    CommentSign::ALL
        .into_iter()
        .map(|sign| CommentLine {
            words: sign.words(),
            count: format::count(quality.showing[&sign]),
            share: format!("{:.1}%", quality.showing[&sign] as f64 / quality.comments.max(1) as f64 * 100.0),
        })
        .collect()
}

/// Says where the reading stopped, if it did.
fn comments_read(report: &VettingReport) -> String {
    let count = report.comments.as_ref().map_or(0, |quality| quality.comments);
    let read = format::counted(count, "comment", "comments");
    match count as usize >= COMMENTS_READ {
        true => format!("The newest {read} by others under the newest {POSTS_READ} posts were read."),
        false => format!("{read} by others under the newest {POSTS_READ} posts were read."),
    }
}

fn example_lines(report: &VettingReport) -> Vec<ExampleLine> {
    let line = |example: &super::super::report::CommentExample| ExampleLine {
        text: crate::web::words::plain(&example.text),
        day: clock::day(example.at),
        signs: example.signs.iter().map(|sign| sign.words()).collect::<Vec<_>>().join("; "),
    };
    report.examples.iter().map(line).collect()
}

fn circle_words(report: &VettingReport) -> String {
    match report.circle {
        None => "Not known: fewer than 15 posts of this creator are held, or nobody who often comments under them \
                 publishes anything held."
            .to_owned(),
        Some(circle) if circle.pod_people > 0 => format!(
            "Pod-like: {} creators, each of whom comments on at least {} others of them again and again, and they back.",
            circle.pod_people, circle.core
        ),
        Some(circle) if circle.core > 0 => format!(
            "A tight circle: everybody in it comments on at least {} of it again and again, and they back. From 7 on it is called pod-like.",
            circle.core
        ),
        Some(_) => "Nobody and this creator comment on each other again and again.".to_owned(),
    }
}
