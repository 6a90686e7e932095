//! `/ingest/connections`: the platforms that are asked by themselves, what each gives and costs, and how each is.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::{Days, Platform};
use store::{ConnectionState, JobRow, WatchedRow};

use super::{ImportLine, IngestPart, job, parts};
use crate::clock;
use crate::ingest::connections::{self, Asked, Watch};
use crate::ingest::sync::settings::{OFFERS, Part, StreamKind, offer};
use crate::ingest::sync::{self, Connection, SyncError, granting};
use crate::web::app::{App, Page, draw};
use crate::web::error::{Recovery, WebError, sentence};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed, typed_or};
use crate::web::guard::Reach;
use crate::web::jobs::NewJob;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A platform that can be connected.
pub struct OfferView {
    pub code: &'static str,
    pub name: &'static str,
    pub gives: &'static [&'static str],
    pub does_not: &'static [&'static str],
    pub costs: &'static str,
    pub needs: &'static str,
}

/// A connection as a row.
pub struct ConnectionLine {
    pub id: i64,
    pub name: String,
    pub platform: &'static str,
    pub state: &'static str,
    pub answered: String,
    pub watched: String,
    pub due: String,
    pub problem: Option<String>,
}

#[derive(Template)]
#[template(path = "ingest/connections.html")]
struct ConnectionsPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    done: Option<String>,
    finding: String,
    lines: Vec<ConnectionLine>,
    offers: Vec<OfferView>,
}

fn offers() -> Vec<OfferView> {
    let view = |offer: &'static sync::settings::Offer| OfferView {
        code: offer.platform.code(),
        name: offer.platform.name(),
        gives: offer.gives,
        does_not: offer.does_not,
        costs: offer.costs,
        needs: offer.needs,
    };
    OFFERS.iter().map(view).collect()
}

fn state_words(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Active => "kept fresh",
        ConnectionState::Paused => "paused",
        ConnectionState::Revoked => "ended",
    }
}

fn answered(at: Option<model::Timestamp>) -> String {
    at.map_or_else(|| "not yet".to_owned(), clock::minute)
}

/// `GET /ingest/connections`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let mut lines = vec![];
    for row in app.data.store.connections().await? {
        let counts = app.data.store.work_counts(row.id, app.data.now()).await?;
        let watched = app.data.store.watched(row.id).await?.len() as u64;
        lines.push(ConnectionLine {
            id: row.id,
            platform: Platform::from_code(&row.platform).map_or("", Platform::name),
            state: state_words(row.state),
            answered: answered(row.answered_at),
            watched: format::count(watched),
            due: format::count(counts.due),
            problem: row.problem,
            name: row.name,
        });
    }
    let troubled = lines.iter().filter(|line| line.problem.is_some()).count() as u64;
    let finding = match (lines.len() as u64, troubled) {
        (0, _) => "No platform is asked by itself yet.".to_owned(),
        (all, 0) => format!("{} connected; all is well.", format::counted(all, "platform is", "platforms are")),
        (all, troubled) => format!(
            "{} connected; {} something to look at.",
            format::counted(all, "platform is", "platforms are"),
            format::counted(troubled, "has", "have")
        ),
    };
    draw(ConnectionsPage {
        layout: Layout::load(&app, visit, Word::Ingest, "Connections").await?,
        parts: parts("Connections"),
        done: Pairs(pairs).one("done").map(str::to_owned),
        finding,
        lines,
        offers: offers(),
    })
    .await
}

/// Something to tick.
pub struct Tick {
    pub code: &'static str,
    pub words: &'static str,
    pub chosen: bool,
}

fn ticks(offered: &[Part], chosen: &[Part]) -> Vec<Tick> {
    let tick = |part: Part| Tick { code: part.code(), words: part.words(), chosen: chosen.contains(&part) };
    offered.iter().copied().map(tick).collect()
}

#[derive(Template)]
#[template(path = "ingest/connect.html")]
struct ConnectPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    problem: Option<Problem>,
    offer: OfferView,
    name: String,
    server: String,
    history_days: String,
    ticks: Vec<Tick>,
    asks_secret: bool,
    asks_own_id: bool,
    own_id: String,
    /// Somebody may agree at the platform: then the key of an app is asked for, and this is where people come back to.
    consent: Option<ConsentAsked>,
    app_key: String,
    has_stream: bool,
    stream: String,
    is_repos: bool,
    /// Servers in the own network are named by people at this machine alone.
    may_reach_inside: bool,
    is_internal: bool,
}

/// What a connection that rests on consent is asked for.
pub struct ConsentAsked {
    /// There is no other way to connect it.
    is_only_way: bool,
    returns_to: String,
}

/// The address people reach this program by: the public one where there is one, else the one that this page was asked by.
async fn own_server(app: &App, headers: &HeaderMap) -> Result<String, WebError> {
    let public = crate::outreach::settings::settings(&app.data).await?.public_address;
    if !public.is_empty() {
        return Ok(public);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    Ok(format!("http://{host}"))
}

async fn connect_page(
    app: &App,
    visit: Visit,
    headers: &HeaderMap,
    platform: &str,
    asked: &Pairs,
    problem: Option<Problem>,
) -> Page {
    let found = Platform::from_code(platform).and_then(offer).ok_or_else(|| {
        WebError::not_found("This platform cannot be connected", "Its exports can be brought in as files.")
            .with(Recovery::new("What can be connected", "/ingest/connections"))
            .with(Recovery::new("Bring in a file", "/ingest/new"))
    })?;
    let usual = Asked::new(found.platform);
    let may_reach_inside = app.reach == Reach::ThisMachine && visit.is_at_this_machine;
    let chosen: Vec<Part> = match problem {
        Some(_) => asked.all("part").iter().filter_map(|code| Part::from_code(code)).collect(),
        None => usual.parts,
    };
    draw(ConnectPage {
        layout: Layout::load(app, visit, Word::Ingest, format!("Connect {}", found.platform.name())).await?,
        parts: parts("Connections"),
        problem,
        offer: offers().into_iter().find(|view| view.code == platform).expect("it is one of them"),
        name: typed_or(asked, "name", found.platform.name()),
        server: typed_or(asked, "server", found.server),
        history_days: typed_or(asked, "history_days", &usual.history_days.0.to_string()),
        ticks: ticks(found.parts, &chosen),
        asks_secret: !matches!(found.platform, Platform::Bluesky | Platform::TikTok),
        consent: match granting::takes_consent(found.platform) {
            true => Some(ConsentAsked {
                is_only_way: found.platform == Platform::TikTok,
                returns_to: granting::return_address(&own_server(app, headers).await?),
            }),
            false => None,
        },
        app_key: typed(asked, "app_key"),
        asks_own_id: found.platform == Platform::Instagram,
        own_id: typed(asked, "own_id"),
        has_stream: found.platform == Platform::Bluesky,
        stream: typed(asked, "stream"),
        is_repos: asked.one("stream_kind") == Some("repos"),
        may_reach_inside,
        is_internal: asked.one("internal").is_some(),
    })
    .await
}

/// `GET /ingest/connections/new/{platform}`
pub async fn connect_form(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(platform): Path<String>,
) -> Page {
    connect_page(&app, visit, &headers, &platform, &Pairs::default(), None).await
}

/// What was wrong belongs beside the field it is about.
fn problem_of(error: SyncError) -> Result<Problem, WebError> {
    match error {
        SyncError::Refused { what, problem, hint } => {
            let field = match what.as_str() {
                "name" => "name",
                "server" => "server",
                "stream" => "stream",
                "secret" => "secret",
                "own_id" => "own_id",
                "app_key" => "app_key",
                "app_secret" => "app_secret",
                "whom to watch" | "words" => "subjects",
                _ => "",
            };
            let words = if field.is_empty() { format!("{what}: {problem}") } else { problem };
            Ok(Problem { field, words: sentence(&words), hint: Some(sentence(&hint)), links: vec![] })
        }
        SyncError::NotReached(error) => {
            Ok(Problem { field: "server", words: sentence(&error.to_string()), hint: None, links: vec![] })
        }
        other => Err(other.into()),
    }
}

/// `POST /ingest/connections/new/{platform}`
pub async fn connect(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(platform): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let Some(known) = Platform::from_code(&platform) else {
        return Ok(connect_page(&app, visit, &headers, &platform, &given, None).await?.into_response());
    };
    let days =
        given.one("history_days").and_then(|days| days.parse::<u32>().ok()).filter(|days| (1..=3_650).contains(days));
    let Some(days) = days else {
        let words = "Write a number of days from 1 to 3,650.".to_owned();
        let problem = Problem { field: "history_days", words, hint: None, links: vec![] };
        return Ok(not_valid(connect_page(&app, visit, &headers, &platform, &given, Some(problem)).await?));
    };
    let kind = if given.one("stream_kind") == Some("repos") { StreamKind::Repos } else { StreamKind::Jetstream };
    let asked = Asked {
        name: typed(&given, "name"),
        server: typed(&given, "server"),
        parts: given.all("part").iter().filter_map(|code| Part::from_code(code)).collect(),
        history_days: Days(days),
        secret: typed(&given, "secret"),
        app_secret: typed(&given, "app_secret"),
        own_id: typed(&given, "own_id"),
        app_key: typed(&given, "app_key"),
        stream: given.one("stream").map(|server| (kind, server.to_owned())),
        may_reach_inside: app.reach == Reach::ThisMachine
            && visit.is_at_this_machine
            && given.one("internal").is_some(),
        ..Asked::new(known)
    };
    match connections::connect(&app.data, &asked).await {
        Ok(id) => Ok(Redirect::to(&format!("/ingest/connections/{id}")).into_response()),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(connect_page(&app, visit, &headers, &platform, &given, Some(problem)).await?))
        }
    }
}

/// Somebody or some words that are watched.
pub struct WatchedLine {
    pub id: i64,
    pub subject: String,
    pub is_search: bool,
    pub is_first: bool,
    pub brand: Option<String>,
    pub state: String,
    pub is_wrong: bool,
    pub address: Option<String>,
}

/// A piece of work.
pub struct WorkLine {
    pub words: String,
    pub subject: String,
    pub when: String,
    pub problem: Option<String>,
}

/// A limit, as far as it is used.
pub struct CallsLine {
    pub bucket: String,
    pub used: String,
    pub at_most: String,
    pub percent: u64,
}

#[derive(Template)]
#[template(path = "ingest/connection.html")]
struct ConnectionPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    name: String,
    platform: &'static str,
    server: String,
    state: &'static str,
    is_active: bool,
    answered: String,
    wrong: Option<String>,
    finding: String,
    takes: String,
    stream: Option<String>,
    history_days: String,
    offer: Option<OfferView>,
    /// It rests on somebody's consent.
    rests_on_consent: bool,
    watched: Vec<WatchedLine>,
    calls: Vec<CallsLine>,
    work: Vec<WorkLine>,
    work_count: String,
    imports: Vec<ImportLine>,
    brands: Vec<(String, String)>,
    subjects: String,
    is_search: bool,
    is_first: bool,
}

fn watched_line(row: WatchedRow, brands: &[(String, String)], platform: Platform) -> WatchedLine {
    let address =
        row.native_id.as_ref().map(|native_id| format!("/creators/{}", model::AccountId::of(platform, "", native_id)));
    WatchedLine {
        id: row.id,
        is_search: row.kind == "search",
        is_first: row.priority == 0,
        brand: row.brand.and_then(|id| brands.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone())),
        state: match (&row.problem, &row.native_id, row.kind.as_str()) {
            (Some(problem), _, _) => problem.clone(),
            (None, None, "account") => "not met yet".to_owned(),
            (None, None, _) => "looked for".to_owned(),
            (None, Some(_), _) => "met".to_owned(),
        },
        is_wrong: row.problem.is_some(),
        subject: row.subject,
        address,
    }
}

fn work_line(job: JobRow, now: model::Timestamp) -> WorkLine {
    WorkLine {
        words: job.task,
        when: match job.due_at {
            at if at <= now => "now".to_owned(),
            at if at.0 == i64::MAX => "when it is asked for".to_owned(),
            at => clock::minute(at),
        },
        subject: job.subject,
        problem: job.problem,
    }
}

async fn connection_page(app: &App, visit: Visit, id: i64, asked: &Pairs, problem: Option<Problem>) -> Page {
    let connection = Connection::find(&app.data, id).await?;
    let health = connections::health(&app.data, &connection).await?;
    let brands: Vec<(String, String)> =
        app.data.store.brands().await?.into_iter().map(|brand| (brand.id.to_string(), brand.name)).collect();
    let (row, settings) = (&connection.row, &connection.settings);
    let now = app.data.now();
    let finding = match (health.watched.len() as u64, health.counts.due, health.counts.with_problem) {
        (0, _, _) => "Nobody is watched yet, so nothing is asked.".to_owned(),
        (watched, due, wrong) => format!(
            "{} watched; {} due{}.",
            format::counted(watched, "account or search is", "accounts and searches are"),
            format::counted(due, "piece of work is", "pieces of work are"),
            if wrong > 0 { format!(", {} could not be done", format::count(wrong)) } else { String::new() }
        ),
    };
    let takes: Vec<&str> = settings.parts.iter().map(|part| part.words()).collect();
    draw(ConnectionPage {
        layout: Layout::load(app, visit, Word::Ingest, row.name.clone()).await?,
        parts: parts("Connections"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id,
        name: row.name.clone(),
        platform: connection.platform.name(),
        server: row.server.clone(),
        state: state_words(row.state),
        is_active: row.state == ConnectionState::Active,
        answered: answered(row.answered_at),
        wrong: row.problem.clone(),
        finding,
        takes: if takes.is_empty() {
            "profiles and posts alone".to_owned()
        } else {
            format!("profiles, posts; {}", takes.join(", "))
        },
        stream: settings.stream.as_ref().map(|stream| stream.server.clone()),
        history_days: settings.history_days.0.to_string(),
        offer: offers().into_iter().find(|view| view.code == row.platform),
        rests_on_consent: settings.app_key.is_some() && row.state != ConnectionState::Revoked,
        watched: health.watched.into_iter().map(|row| watched_line(row, &brands, connection.platform)).collect(),
        calls: (health.calls.iter())
            .map(|(bucket, _, used, most)| CallsLine {
                bucket: bucket.clone(),
                used: format::count(*used),
                at_most: format::count(*most),
                percent: (used * 100 / most.max(&1)).min(100),
            })
            .collect(),
        work_count: format::count(health.counts.all),
        work: health.work.into_iter().map(|job| work_line(job, now)).collect(),
        imports: health.imports.iter().map(ImportLine::new).collect(),
        brands,
        subjects: typed(asked, "subjects"),
        is_search: asked.one("kind") == Some("search"),
        is_first: asked.one("first").is_some(),
    })
    .await
}

/// `GET /ingest/connections/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    connection_page(&app, visit, id, &asked, None).await
}

fn back(id: i64, done: &str) -> Response {
    Redirect::to(&Pairs::default().with("done", done).address(&format!("/ingest/connections/{id}"))).into_response()
}

/// `POST /ingest/connections/{id}/watch`
pub async fn watch(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let connection = Connection::find(&app.data, id).await?;
    let is_search = given.one("kind") == Some("search");
    // Handles stand in lines or beside each other; words that are looked for fill a line.
    let text = typed(&given, "subjects");
    let split = |letter: char| letter == '\n' || (!is_search && (letter.is_whitespace() || letter == ','));
    let subjects = text.split(split).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    let watch = Watch {
        is_search,
        subjects,
        brand: given.one("brand").map(str::to_owned),
        is_first: given.one("first").is_some(),
    };
    match connections::watch(&app.data, &connection, &watch).await {
        Ok(new) => Ok(back(id, &format!("{} more watched", format::count(new as u64)))),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(connection_page(&app, visit, id, &given, Some(problem)).await?))
        }
    }
}

/// `POST /ingest/connections/{id}/unwatch/{watched}`
pub async fn unwatch(State(app): State<App>, Path((id, watched)): Path<(i64, i64)>) -> Result<Response, WebError> {
    let connection = Connection::find(&app.data, id).await?;
    connections::unwatch(&app.data, &connection, &watched.to_string()).await?;
    Ok(back(id, "Watched no more; what was brought in stays"))
}

/// `POST /ingest/connections/{id}/{change}`: pause, resume, sync.
pub async fn change(State(app): State<App>, Path((id, change)): Path<(i64, String)>) -> Result<Response, WebError> {
    let connection = Connection::find(&app.data, id).await?;
    match change.as_str() {
        "pause" => {
            connections::set_state(&app.data, &connection, ConnectionState::Paused).await?;
            Ok(back(id, "Nothing is asked until it is resumed"))
        }
        "resume" => {
            connections::set_state(&app.data, &connection, ConnectionState::Active).await?;
            Ok(back(id, "It is asked again"))
        }
        "sync" => {
            connections::hurry(&app.data, &connection).await?;
            let data = app.data.clone();
            let new = NewJob { title: format!("asking {}", connection.row.name), size_bytes: 0 };
            let started = app.jobs.start(new, move |job| async move {
                let watching = job.clone();
                let report = sync::run(&data, id, &move |so_far| {
                    watching.progress.rows.store(so_far.rows, std::sync::atomic::Ordering::Relaxed);
                    watching.step(&format!(
                        "{} pages, {} new facts",
                        format::count(so_far.pages),
                        format::count(so_far.facts_new)
                    ));
                })
                .await?;
                if report.facts_new + report.rows_removed > 0 {
                    job::bring_up_to_date(&data, &job).await;
                }
                let mut done = format!("{} new facts", format::count(report.facts_new));
                if let Some(until) = report.waits_until {
                    done.push_str(&format!("; nothing more is asked until {}", clock::minute(until)));
                }
                Ok(Pairs::default().with("done", done).address(&format!("/ingest/connections/{id}")))
            });
            Ok(Redirect::to(&format!("/ingest/jobs/{}", started.number)).into_response())
        }
        _ => Err(WebError::not_found("Nothing is here", "This cannot be done with a connection.")),
    }
}

#[derive(Template)]
#[template(path = "ingest/consent_link.html")]
struct ConsentLinkPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    id: i64,
    name: String,
    platform: &'static str,
    link: String,
    days: i64,
    returns_to: String,
}

/// `GET /ingest/connections/{id}/consent`: the link at which somebody agrees, to be sent to them or opened here.
pub async fn ask_consent(State(app): State<App>, visit: Visit, headers: HeaderMap, Path(id): Path<i64>) -> Page {
    let connection = Connection::find(&app.data, id).await?;
    let server = own_server(&app, &headers).await?;
    let link = granting::link(&app.data, &connection, &server)?;
    draw(ConsentLinkPage {
        layout: Layout::load(&app, visit, Word::Ingest, format!("Consent for {}", connection.row.name)).await?,
        parts: parts("Connections"),
        id,
        platform: connection.platform.name(),
        name: connection.row.name,
        link: link.to_string(),
        days: granting::LINK_DAYS,
        returns_to: granting::return_address(&server),
    })
    .await
}

#[derive(Template)]
#[template(path = "ingest/consent.html")]
struct ConsentPage {
    theme: &'static str,
    title: &'static str,
    words: String,
}

/// `GET /ingest/consent`: somebody comes back from the platform, who may be a creator and no user of this program.
pub async fn consent_returned(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let done = match (given.one("code"), given.one("state")) {
        (Some(code), Some(state)) => granting::returned(&app.data, state, code).await.map(Some),
        _ => Ok(None),
    };
    let (title, words) = match done {
        Ok(Some(connection)) => (
            "Thank you",
            format!(
                "{} may be read now. You can take that back at {} at any time; what was read goes a week later.",
                connection.row.name,
                connection.platform.name()
            ),
        ),
        Ok(None) => ("Nothing was agreed to", "Nothing is read, and this page may be closed.".to_owned()),
        Err(error @ (SyncError::Refused { .. } | SyncError::NotReached(_))) => {
            ("This did not work", sentence(&error.to_string().replace("\nhint:", ";")))
        }
        Err(other) => return Err(other.into()),
    };
    let page = ConsentPage { theme: visit.theme.code(), title, words };
    Ok(draw(page).await?.into_response())
}

#[derive(Template)]
#[template(path = "ingest/disconnect.html")]
struct DisconnectPage {
    layout: Layout,
    id: i64,
    name: String,
    imports: String,
}

/// `GET /ingest/connections/{id}/end`: asks before anything is taken back.
pub async fn end_confirm(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let connection = Connection::find(&app.data, id).await?;
    let brought = app.data.store.brought().await?;
    let held = brought.iter().find(|one| one.connection == Some(id)).map_or(0, |one| one.imports);
    draw(DisconnectPage {
        layout: Layout::load(&app, visit, Word::Ingest, format!("End {}", connection.row.name)).await?,
        id,
        name: connection.row.name,
        imports: format::counted(held, "import", "imports"),
    })
    .await
}

/// `POST /ingest/connections/{id}/end`
pub async fn end(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let with_facts = Pairs(pairs).one("facts") == Some("go");
    let connection = Connection::find(&app.data, id).await?;
    let data = app.data.clone();
    let new = NewJob { title: format!("ending {}", connection.row.name), size_bytes: 0 };
    let started = app.jobs.start(new, move |job| async move {
        job.step("taking back what it brought");
        let done = connections::disconnect(&data, &connection, with_facts).await?;
        if done.imports_undone > 0 {
            job::bring_up_to_date(&data, &job).await;
        }
        let words = format!("{} is ended; {} facts went", connection.row.name, format::count(done.facts_removed));
        Ok(Pairs::default().with("done", words).address("/ingest/connections"))
    });
    Ok(Redirect::to(&format!("/ingest/jobs/{}", started.number)).into_response())
}

/// What a signed request is answered with, as the platform asks.
#[derive(serde::Serialize)]
pub struct DeletionAnswer {
    url: String,
    confirmation_code: String,
}

/// `POST /ingest/instagram/deletion`: somebody took the app's right away through the platform and asks that what it gave goes.
pub async fn deletion(
    State(app): State<App>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<axum::Json<DeletionAnswer>, WebError> {
    let signed = typed(&Pairs(pairs), "signed_request");
    let done = crate::ingest::deletion::delete_as_asked(&app.data, &signed).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    Ok(axum::Json(DeletionAnswer {
        url: format!("https://{host}/ingest/instagram/deletion/{}", done.code),
        confirmation_code: done.code,
    }))
}

/// `GET /ingest/instagram/deletion/{code}`: it is done before it is answered, so there is nothing to wait for.
pub async fn deletion_done(Path(code): Path<String>) -> String {
    let code: String = code.chars().filter(char::is_ascii_hexdigit).take(64).collect();
    format!("What was asked for under {code} is done: nothing that came by this app is held any more.\n")
}
