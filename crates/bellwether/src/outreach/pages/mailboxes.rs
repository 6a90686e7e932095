//! `/outreach/mailboxes`: the user's own mailboxes: what each holds against what its server holds, what it sent today, whether
//! its servers answer; and the form of one. Passwords are taken and never shown.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::MailboxState;

use super::{Choice, Part, Problem, ago, back_to, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::outreach::mailboxes::{self, Answered, Mailbox, MailboxGiven, MailboxSettings, Pace, Server};
use crate::outreach::{OutreachError, sending, settings};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A folder: how many mails its server holds and how many are held here.
pub struct FolderLine {
    pub name: String,
    pub role: String,
    pub server: String,
    pub held: String,
    pub is_even: bool,
    pub checked: String,
    pub problem: String,
}

/// A mailbox in the list.
pub struct MailboxLine {
    pub id: i64,
    pub address: String,
    pub from_name: String,
    pub state: &'static str,
    pub is_active: bool,
    pub reason: String,
    pub smtp: Option<String>,
    pub imap: Option<String>,
    pub today: String,
    pub folders: Vec<FolderLine>,
    pub answered: Option<Answered>,
}

#[derive(Template)]
#[template(path = "outreach/mailboxes.html")]
struct MailboxesPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    /// Whether a name stands below first mails.
    has_sender: bool,
    rows: Vec<MailboxLine>,
}

/// `GET /outreach/mailboxes`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, Pairs(pairs).one("done").map(str::to_owned), None).await
}

fn server_words(server: &Server) -> String {
    let login = if server.user.is_empty() { "no login".to_owned() } else { format!("as {}", server.user) };
    format!("{}:{}, {}, {login}", server.host, server.port, server.security)
}

async fn page(app: &App, visit: Visit, done: Option<String>, answered: Option<Answered>) -> Page {
    let held = settings::settings(&app.data).await?;
    let all = mailboxes::all(&app.data).await?;
    let mut rows = Vec::with_capacity(all.len());
    for mailbox in &all {
        let answered = answered.clone().filter(|answered| answered.mailbox == mailbox.address);
        rows.push(line(app, mailbox, &held, answered).await?);
    }
    let uneven = rows.iter().flat_map(|row| &row.folders).filter(|folder| !folder.is_even).count() as u64;
    let halted = rows.iter().filter(|row| !row.is_active).count() as u64;
    let finding = match (rows.len() as u64, halted, uneven) {
        (0, ..) => "No mailbox yet: Bellwether sends and reads by your own servers.".to_owned(),
        (_, 0, 0) => "Every mailbox works, and what is held here is what the servers hold.".to_owned(),
        (_, some, 0) => format!("{} sending.", format::counted(some, "mailbox is not", "mailboxes are not")),
        (_, _, some) => {
            format!(
                "{} differently much here and on the server.",
                format::counted(some, "folder holds", "folders hold")
            )
        }
    };
    draw(MailboxesPage {
        layout: Layout::load(app, visit, Word::Outreach, "Mailboxes").await?,
        parts: parts("Mailboxes"),
        finding,
        done,
        has_sender: !held.sender.is_empty(),
        rows,
    })
    .await
}

async fn line(
    app: &App,
    mailbox: &Mailbox,
    held: &settings::OutreachSettings,
    answered: Option<Answered>,
) -> Result<MailboxLine, WebError> {
    let now = app.data.now();
    let today = sending::today(&app.data, mailbox, held).await?;
    let folders = app.data.store.mail_folders(mailbox.id).await?.into_iter().map(|folder| FolderLine {
        is_even: folder.server_count == folder.held_count && folder.problem.is_empty(),
        name: folder.name,
        role: folder.role,
        server: format::count(folder.server_count),
        held: format::count(folder.held_count),
        checked: ago(now, folder.checked_at),
        problem: folder.problem,
    });
    Ok(MailboxLine {
        id: mailbox.id,
        address: mailbox.address.clone(),
        from_name: mailbox.from_name.clone(),
        state: mailbox.state.words(),
        is_active: mailbox.state == MailboxState::Active,
        reason: mailbox.state_reason.clone(),
        smtp: mailbox.settings.smtp.as_ref().map(server_words),
        imap: mailbox.settings.imap.as_ref().map(server_words),
        today: format!(
            "{} today, {} of at most {} first ones",
            format::counted(today.mails, "mail", "mails"),
            format::count(today.first),
            format::count(u64::from(today.first_at_most))
        ),
        folders: folders.collect(),
        answered,
    })
}

async fn mailbox_of(app: &App, id: i64) -> Result<Mailbox, WebError> {
    Ok(mailboxes::find(&app.data, Some(&id.to_string())).await?)
}

/// `POST /outreach/mailboxes/{id}/state`: pauses it, or lets it go on.
pub async fn set_state(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let mailbox = mailbox_of(&app, id).await?;
    let (state, done) = match given.one("to") {
        Some("paused") => (MailboxState::Paused, format!("{} sends nothing until you let it go on", mailbox.address)),
        Some("active") => (MailboxState::Active, format!("{} goes on", mailbox.address)),
        _ => return Err(WebError::unreadable("Nothing to do", "The form does not say what.")),
    };
    mailboxes::set_state(&app.data, &mailbox, state, given.one("why").unwrap_or("")).await?;
    Ok(back_to(&given, "/outreach/mailboxes", &done))
}

/// `POST /outreach/mailboxes/{id}/check`: logs in to its servers and says what they said.
pub async fn check(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let mailbox = mailbox_of(&app, id).await?;
    let answered = mailboxes::check(&app.data, &mailbox).await?;
    page(&app, visit, None, Some(answered)).await
}

/// The form of a mailbox, as typed or as held.
#[derive(Template)]
#[template(path = "outreach/mailbox.html")]
struct MailboxPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    /// `None`: a new one.
    id: Option<i64>,
    address: String,
    name: String,
    smtp: String,
    smtp_user: String,
    smtp_security: Vec<Choice>,
    imap: String,
    imap_user: String,
    imap_security: Vec<Choice>,
    root_pem: String,
    bounce_address: String,
    has_plus: bool,
    keeps_sent_copy: bool,
    zone: String,
    weekdays_only: bool,
    first_a_day: String,
    spacing_seconds: String,
    from_hour: String,
    to_hour: String,
    warm_up_since: String,
    warm_up_first: String,
    warm_up_percent: String,
    hard_bounces_max: String,
    guard_days: String,
}

fn security_choices(chosen: &str) -> Vec<Choice> {
    [
        ("tls", "encrypted from the start (TLS)"),
        ("starttls", "encrypted after a greeting (STARTTLS)"),
        ("plain", "not encrypted (this machine alone)"),
    ]
    .into_iter()
    .map(|(code, words)| Choice { code: code.to_owned(), words: words.to_owned(), chosen: code == chosen })
    .collect()
}

async fn form(app: &App, visit: Visit, held: Option<&Mailbox>, asked: &Pairs, problem: Option<Problem>) -> Page {
    let of = held.map(|mailbox| mailbox.settings.clone());
    let pace = of.as_ref().map_or_else(Pace::default, |of| of.pace.clone());
    let is_typed = asked.0.iter().any(|(key, _)| key == "address");
    let ticked = |key: &str, held: bool| if is_typed { asked.one(key).is_some() } else { held };
    let server = |server: Option<&Server>| match server {
        Some(server) => (format!("{}:{}", server.host, server.port), server.user.clone(), server.security.clone()),
        None => (String::new(), String::new(), "tls".to_owned()),
    };
    let (smtp, smtp_user, smtp_security) = server(of.as_ref().and_then(|of| of.smtp.as_ref()));
    let (imap, imap_user, imap_security) = server(of.as_ref().and_then(|of| of.imap.as_ref()));
    let text = |of: Option<String>| of.unwrap_or_default();
    let number = |key: &str, held: u32| typed_or(asked, key, &held.to_string());
    let title = held.map_or_else(|| "A new mailbox".to_owned(), |mailbox| mailbox.address.clone());
    draw(MailboxPage {
        layout: Layout::load(app, visit, Word::Outreach, title).await?,
        parts: parts("Mailboxes"),
        problem,
        id: held.map(|mailbox| mailbox.id),
        address: typed_or(asked, "address", held.map_or("", |mailbox| &mailbox.address)),
        name: typed_or(asked, "name", held.map_or("", |mailbox| &mailbox.from_name)),
        smtp: typed_or(asked, "smtp", &smtp),
        smtp_user: typed_or(asked, "smtp_user", &smtp_user),
        smtp_security: security_choices(&typed_or(asked, "smtp_security", &smtp_security)),
        imap: typed_or(asked, "imap", &imap),
        imap_user: typed_or(asked, "imap_user", &imap_user),
        imap_security: security_choices(&typed_or(asked, "imap_security", &imap_security)),
        root_pem: typed_or(asked, "root_pem", &text(of.as_ref().and_then(|of| of.root_pem.clone()))),
        bounce_address: typed_or(asked, "bounce_address", of.as_ref().map_or("", |of| &of.bounce_address)),
        has_plus: ticked("has_plus", of.as_ref().is_some_and(|of| of.has_plus)),
        keeps_sent_copy: ticked("keeps_sent_copy", of.as_ref().is_some_and(|of| of.keeps_sent_copy)),
        zone: typed_or(asked, "zone", of.as_ref().map_or("", |of| &of.zone)),
        weekdays_only: ticked("weekdays_only", pace.weekdays_only),
        first_a_day: number("first_a_day", pace.first_a_day),
        spacing_seconds: number("spacing_seconds", pace.spacing_seconds),
        from_hour: number("from_hour", u32::from(pace.from_hour)),
        to_hour: number("to_hour", u32::from(pace.to_hour)),
        warm_up_since: typed_or(asked, "warm_up_since", &pace.warm_up_since),
        warm_up_first: number("warm_up_first", pace.warm_up_first),
        warm_up_percent: number("warm_up_percent", pace.warm_up_percent),
        hard_bounces_max: number("hard_bounces_max", pace.hard_bounces_max),
        guard_days: number("guard_days", pace.guard_days),
    })
    .await
}

/// `GET /outreach/mailboxes/new`
pub async fn new(State(app): State<App>, visit: Visit) -> Page {
    form(&app, visit, None, &Pairs::default(), None).await
}

/// `GET /outreach/mailboxes/{id}`
pub async fn edit(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let held = mailbox_of(&app, id).await?;
    form(&app, visit, Some(&held), &Pairs::default(), None).await
}

fn server_of(given: &Pairs, key: &'static str) -> Result<Option<Server>, OutreachError> {
    let Some(text) = given.one(key) else { return Ok(None) };
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    let Some((host, port)) = parts else {
        let problem = format!("{text:?} is not HOST:PORT, such as mail.brand.example:465");
        return Err(OutreachError::Field { field: key, problem });
    };
    Ok(Some(Server {
        host,
        port,
        security: given.one(&format!("{key}_security")).unwrap_or("tls").to_owned(),
        user: given.one(&format!("{key}_user")).unwrap_or("").to_owned(),
    }))
}

fn number_of<N: std::str::FromStr>(given: &Pairs, field: &'static str) -> Result<N, OutreachError> {
    let text = given.one(field).unwrap_or("");
    text.parse().map_err(|_| OutreachError::Field { field, problem: format!("{text:?} is no number that fits here") })
}

fn given_of(given: &Pairs) -> Result<MailboxGiven, OutreachError> {
    let since = given.one("warm_up_since").unwrap_or("");
    if !since.is_empty() && since.parse::<jiff::civil::Date>().is_err() {
        let problem = format!("{since:?} is no day such as 2026-03-01");
        return Err(OutreachError::Field { field: "warm_up_since", problem });
    }
    let pace = Pace {
        first_a_day: number_of(given, "first_a_day")?,
        spacing_seconds: number_of(given, "spacing_seconds")?,
        from_hour: number_of(given, "from_hour")?,
        to_hour: number_of(given, "to_hour")?,
        weekdays_only: given.one("weekdays_only").is_some(),
        warm_up_since: since.to_owned(),
        warm_up_first: number_of(given, "warm_up_first")?,
        warm_up_percent: number_of(given, "warm_up_percent")?,
        hard_bounces_max: number_of(given, "hard_bounces_max")?,
        guard_days: number_of(given, "guard_days")?,
    };
    let password = |key: &str| Some(typed(given, key)).filter(|text| !text.is_empty());
    Ok(MailboxGiven {
        address: typed(given, "address"),
        from_name: typed(given, "name"),
        settings: MailboxSettings {
            smtp: server_of(given, "smtp")?,
            imap: server_of(given, "imap")?,
            root_pem: given.one("root_pem").map(|pem| format!("{}\n", pem.replace("\r\n", "\n"))),
            bounce_address: given.one("bounce_address").unwrap_or("").to_owned(),
            has_plus: given.one("has_plus").is_some(),
            keeps_sent_copy: given.one("keeps_sent_copy").is_some(),
            pace,
            zone: given.one("zone").unwrap_or("").to_owned(),
        },
        smtp_password: password("smtp_password"),
        imap_password: password("imap_password"),
    })
}

async fn kept(app: &App, visit: Visit, held: Option<&Mailbox>, given: &Pairs) -> Result<Response, WebError> {
    let outcome = match given_of(given) {
        Ok(mailbox) => mailboxes::keep(&app.data, mailbox).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => {
            let done = format!("{} is kept; look whether its servers answer", given.one("address").unwrap_or(""));
            Ok(Redirect::to(&saying("/outreach/mailboxes", &done)).into_response())
        }
        Err(error) => {
            let mut problem = problem_of(error)?;
            problem.field = match problem.field {
                "hours" => "from_hour",
                "security" => "smtp",
                other => other,
            };
            Ok(not_valid(form(app, visit, held, given, Some(problem)).await?))
        }
    }
}

/// `POST /outreach/mailboxes/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let taken = mailboxes::all(&app.data)
        .await?
        .into_iter()
        .find(|mailbox| mailbox.address.eq_ignore_ascii_case(given.one("address").unwrap_or("")));
    if let Some(taken) = taken {
        let problem = format!("{} is here already; change it on its own page", taken.address);
        let problem = problem_of(OutreachError::Field { field: "address", problem })?;
        return Ok(not_valid(form(&app, visit, None, &given, Some(problem)).await?));
    }
    kept(&app, visit, None, &given).await
}

/// `POST /outreach/mailboxes/{id}`: its address stays.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let held = mailbox_of(&app, id).await?;
    let given = Pairs(pairs).with("address", &held.address);
    kept(&app, visit, Some(&held), &given).await
}
