//! `/outreach/contacts`: contacts as a table, filtered and paged, changed together, downloaded, and made.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::AccountId;
use model::outreach::{Channel, Stage};
use serde_json::Value;
use store::outreach::contacts::{ContactOrder, ContactRow};

use super::undoing::{back_with_undo, offered};
use super::views::KeptViews;
use super::{
    Choice, InStage, Pages, Part, Problem, ago, in_stage, not_valid, numbers, pages, parts, problem_of,
    sending_mailboxes, stage_choices, stage_named, typed, typed_or,
};
use crate::clock;
use crate::creators;
use crate::outreach::contacts::{self, ContactGiven};
use crate::outreach::views::{self, CONTACT_ORDERS, contact_filter, contact_order};
use crate::outreach::{OutreachError, TEAM, mailboxes, moving, sequences};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS_A_PAGE: u64 = 50;
/// A download or a change for many reads so many at the most.
const ROWS_MAX: u64 = 1_000_000;

/// What table and board are filtered by, as a form shows it.
pub struct FilterForm {
    pub words: String,
    pub stages: Vec<Choice>,
    pub owners: Vec<Choice>,
    pub tags: Vec<Choice>,
    /// Files of contacts that were brought in.
    pub imports: Vec<Choice>,
    pub is_filtered: bool,
    /// The pairs, to keep them in other forms and addresses.
    pub kept: Vec<(String, String)>,
}

impl FilterForm {
    pub async fn of(app: &App, asked: &Pairs) -> Result<FilterForm, WebError> {
        let (owners, tags) = app.data.store.contact_choices().await?;
        let choices = |all: Vec<String>, key: &str| {
            let chosen = asked.one(key).unwrap_or("");
            let choice = |of: String| Choice { chosen: of == chosen, words: of.clone(), code: of };
            all.into_iter().map(choice).collect()
        };
        let kept: Vec<(String, String)> = ["words", "stage", "owner", "tag", "import"]
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), asked.one(key)?.to_owned())))
            .collect();
        Ok(FilterForm {
            words: asked.one("words").unwrap_or("").to_owned(),
            stages: stage_choices(asked.one("stage").and_then(Stage::from_code)),
            owners: choices(owners, "owner"),
            tags: choices(tags, "tag"),
            imports: imports(app, asked.one("import")).await?,
            is_filtered: !kept.is_empty(),
            kept,
        })
    }

    /// An address that keeps the filter.
    pub fn address(&self, path: &str) -> String {
        Pairs(self.kept.clone()).address(path)
    }

    /// The same, for one stage.
    pub fn address_of_stage(&self, path: &str, stage: Stage) -> String {
        let kept = self.kept.iter().filter(|(key, _)| key != "stage").cloned().collect();
        Pairs(kept).with("stage", stage.code()).address(path)
    }
}

/// The imports that stand, the latest first.
async fn imports(app: &App, chosen: Option<&str>) -> Result<Vec<Choice>, WebError> {
    let rows = app.data.store.contact_imports().await?;
    let choice = |row: store::outreach::imports::ContactImportRow| {
        let code = row.id.to_string();
        Choice {
            words: format!("{} ({})", row.label, clock::day(row.imported_at)),
            chosen: chosen == Some(&code),
            code,
        }
    };
    Ok(rows.into_iter().filter(|row| row.undone_at.is_none()).map(choice).collect())
}

/// A contact in the table.
pub struct ContactLine {
    pub id: i64,
    pub name: String,
    pub stage: &'static str,
    pub in_stage: InStage,
    pub owner: String,
    pub tags: Vec<String>,
    pub last_touch: String,
    pub age: Option<String>,
}

#[derive(Template)]
#[template(path = "outreach/contacts.html")]
struct ContactsPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    undo: Option<i64>,
    problem: Option<Problem>,
    form: FilterForm,
    kept: KeptViews,
    orders: Vec<Choice>,
    rows: Vec<ContactLine>,
    list: Pages,
    all: u64,
    all_words: String,
    csv: String,
    board: String,
    sequences: Vec<Choice>,
    mailboxes: Vec<Choice>,
    here: String,
}

/// `GET /outreach/contacts?words=…&stage=…&owner=…&tag=…&sort=…&page=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None).await
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let form = FilterForm::of(app, asked).await?;
    let filter = contact_filter(&app.data, asked);
    let (sort, order) = contact_order(asked);
    let (_, all) = app.data.store.contacts_found(&filter, order, 0, 0).await?;
    let kept = Pairs(form.kept.clone()).with_some("sort", (sort != CONTACT_ORDERS[0].0).then_some(sort));
    let paged = kept.clone().with_some("page", asked.one("page").map(str::to_owned));
    let list = pages(&paged, "/outreach/contacts", ROWS_A_PAGE, all);
    let (rows, _) = app.data.store.contacts_found(&filter, order, list.from, ROWS_A_PAGE).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let tags = app.data.store.contact_tags(&ids).await?;
    let now = app.data.now();
    let line = |row: ContactRow| ContactLine {
        id: row.id,
        stage: row.stage.words(),
        in_stage: in_stage(row.stage, row.stage_since, now),
        tags: tags.iter().filter(|(contact, _)| *contact == row.id).map(|(_, tag)| tag.clone()).collect(),
        age: row.last_touch_at.map(|at| ago(now, at)),
        name: row.name,
        owner: row.owner,
        last_touch: row.last_touch,
    };
    let sequences = app.data.store.sequences().await?;
    let boxes = mailboxes::all(&app.data).await?;
    let contacts = format::counted(all, "contact", "contacts");
    draw(ContactsPage {
        layout: Layout::load(app, visit, Word::Outreach, "Contacts").await?,
        parts: parts("Contacts"),
        finding: match (all, form.is_filtered) {
            (0, false) => "Nobody is a contact yet.".to_owned(),
            (0, true) => "No contact meets these filters.".to_owned(),
            (_, false) => {
                let first = match order {
                    ContactOrder::Waiting => "the longest on their stage first",
                    ContactOrder::Name => "by name",
                    ContactOrder::LastTouch => "the last touched first",
                    ContactOrder::Newest => "the newest first",
                };
                format!("{contacts}, {first}.")
            }
            (1, true) => "1 contact meets these filters.".to_owned(),
            (_, true) => format!("{contacts} meet these filters."),
        },
        done: asked.one("done").map(str::to_owned),
        undo: offered(app, asked).await?,
        problem,
        kept: KeptViews::of(app, views::CONTACTS.0, &kept).await?,
        orders: CONTACT_ORDERS
            .into_iter()
            .map(|(code, words, _)| Choice { code: code.to_owned(), words: words.to_owned(), chosen: code == sort })
            .collect(),
        rows: rows.into_iter().map(line).collect(),
        all,
        all_words: format::count(all),
        csv: kept.address("/outreach/contacts.csv"),
        board: form.address("/outreach/board"),
        sequences: sequences
            .into_iter()
            .filter(|row| !row.is_archived)
            .map(|row| Choice { code: row.id.to_string(), words: row.name, chosen: false })
            .collect(),
        mailboxes: sending_mailboxes(&boxes, ""),
        here: paged.address("/outreach/contacts"),
        list,
        form,
    })
    .await
}

/// `GET /outreach/contacts.csv`: all that meet the filters, in their order.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let (_, order) = contact_order(&asked);
    let (rows, all) = app.data.store.contacts_found(&contact_filter(&app.data, &asked), order, 0, ROWS_MAX).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let tags = app.data.store.contact_tags(&ids).await?;
    let addresses = contacts::addresses(&app.data, &ids).await?;
    let mut sheet = Sheet::new(&[
        "contact",
        "name",
        "stage",
        "stage_since",
        "owner",
        "language",
        "zone",
        "source",
        "tags",
        "emails",
        "emails_barred",
        "last_touch_at",
        "last_touch",
    ]);
    for row in rows {
        let emails = |is_barred: bool| {
            let of = addresses.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            let meant = |address: &&contacts::AddressShown| {
                address.channel == Channel::Email && address.barred.is_some() == is_barred
            };
            of.iter().filter(meant).map(|address| address.address.clone()).collect::<Vec<_>>().join("; ")
        };
        let of_row: Vec<&str> =
            tags.iter().filter(|(contact, _)| *contact == row.id).map(|(_, tag)| tag.as_str()).collect();
        sheet.row([
            row.id.to_string(),
            row.name.clone(),
            row.stage.code().to_owned(),
            clock::iso(row.stage_since),
            row.owner.clone(),
            row.language.clone(),
            row.zone.clone(),
            row.source.clone(),
            of_row.join("; "),
            emails(false),
            emails(true),
            row.last_touch_at.map(clock::iso).unwrap_or_default(),
            row.last_touch.clone(),
        ]);
    }
    app.data.store.add_audit(app.data.now(), TEAM, "contacts exported", "contacts.csv", &format!("{all} rows")).await?;
    Ok(sheet.download("contacts.csv"))
}

/// Whom a form means: those ticked, or all that meet the filters, as many as were counted.
async fn meant(app: &App, given: &Pairs) -> Result<Vec<i64>, OutreachError> {
    let nobody = |problem: &str| OutreachError::Field { field: "contact", problem: problem.to_owned() };
    if given.one("whole").is_none() {
        let ticked = numbers(given, "contact");
        if ticked.is_empty() {
            return Err(nobody("nobody is ticked; tick contacts first"));
        }
        return Ok(ticked);
    }
    let (rows, all) =
        app.data.store.contacts_found(&contact_filter(&app.data, given), ContactOrder::Newest, 0, ROWS_MAX).await?;
    if given.one("count") != Some(all.to_string().as_str()) {
        return Err(nobody(&format!(
            "{all} contacts meet the filters by now; look at them and say it again, nothing was changed"
        )));
    }
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Tags as somebody types them, between commas.
pub fn tags_of(text: &str) -> Vec<String> {
    text.split([',', '\n']).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// `POST /outreach/contacts/bulk`: one thing done to many.
pub async fn bulk(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let contacts = match meant(&app, &given).await {
        Ok(contacts) => contacts,
        Err(error) => return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
    };
    let people = |count: u64| format::counted(count, "contact", "contacts");
    let mut change = None;
    let done = match given.one("do") {
        Some("stage") => {
            let stage = stage_named(&given, "to_stage")?;
            let done = moving::move_together(&app.data, &contacts, stage).await?;
            change = done.change;
            let moved = done.moved.len() as u64;
            let before = contacts.len() as u64 - moved;
            let moved = match moved {
                1 => "1 contact is".to_owned(),
                some => format!("{} are", people(some)),
            };
            match before {
                0 => format!("{moved} now “{}”", stage.words()),
                some => {
                    format!("{moved} now “{}”; {} there before", stage.words(), format::counted(some, "was", "were"))
                }
            }
        }
        Some(way @ ("tag" | "untag")) => {
            let tags = tags_of(&typed(&given, "bulk_tag"));
            if tags.is_empty() {
                let error = OutreachError::Field { field: "bulk_tag", problem: "name a tag".to_owned() };
                return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?));
            }
            let (on, off) = if way == "tag" { (tags, vec![]) } else { (vec![], tags) };
            match contacts::tag(&app.data, &contacts, &on, &off).await {
                Ok(()) if way == "tag" => {
                    format!("{} tagged “{}”", people(contacts.len() as u64), on.join("”, “"))
                }
                Ok(()) => format!("“{}” taken off {}", off.join("”, “"), people(contacts.len() as u64)),
                Err(error) => return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
            }
        }
        Some("enrol") => {
            let sequence = sequences::find(&app.data, given.one("sequence").unwrap_or("")).await?;
            let mailbox = mailboxes::find(&app.data, given.one("mailbox")).await?;
            let enrolled = sequences::enrol(&app.data, &sequence, &contacts, &mailbox, &Value::Null).await?;
            let done = super::sequences::enrolled_words(&enrolled);
            let address = format!("/outreach/sequences/{}", sequence.id);
            return Ok(Redirect::to(&super::saying(&address, &done)).into_response());
        }
        _ => return Err(WebError::unreadable("Nothing to do", "The form does not say what is to be done.")),
    };
    Ok(back_with_undo(&given, "/outreach/contacts", &done, change).into_response())
}

#[derive(Template)]
#[template(path = "outreach/contact_new.html")]
struct NewContactPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    name: String,
    emails: String,
    source: String,
    basis: String,
    greeting: String,
    language: String,
    zone: String,
    owner: String,
    tags: String,
    stages: Vec<Choice>,
    /// Creators that the contact is, by account and name.
    creators: Vec<(String, String)>,
}

/// The creators a form names.
fn accounts_of(asked: &Pairs) -> Result<Vec<AccountId>, WebError> {
    let unreadable = || {
        WebError::unreadable("No such creator", "The address names no creator's account.")
            .with(Recovery::new("Search creators", "/creators"))
    };
    asked.all("creator").iter().map(|account| account.parse().map_err(|_| unreadable())).collect()
}

/// `GET /outreach/contacts/new?creator=…`
pub async fn new(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let held = app.data.store.contacts_of_accounts(&accounts_of(&asked)?).await?;
    if let Some((_, contact)) = held.first() {
        return Ok(Redirect::to(&format!("/outreach/contacts/{contact}")).into_response());
    }
    Ok(new_page(&app, visit, &asked, None).await?.into_response())
}

async fn new_page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let accounts = accounts_of(asked)?;
    let (data, named) = (app.data.clone(), accounts.clone());
    let names = aside(move || async move { creators::names(&data, named).await }).await?;
    let first = accounts.iter().find_map(|account| names.get(account));
    let source = first.map_or(String::new(), |name| format!("your profile on {}", name.platform.name()));
    let stage = asked.one("stage").and_then(Stage::from_code).unwrap_or(Stage::Write);
    draw(NewContactPage {
        layout: Layout::load(app, visit, Word::Outreach, "A new contact").await?,
        parts: parts("Contacts"),
        problem,
        name: typed_or(asked, "name", first.map_or("", |name| &name.name)),
        emails: typed(asked, "emails"),
        source: typed_or(asked, "source", &source),
        basis: typed_or(asked, "basis", "published for business"),
        greeting: typed(asked, "greeting"),
        language: typed(asked, "language"),
        zone: typed(asked, "zone"),
        owner: typed(asked, "owner"),
        tags: typed(asked, "tags"),
        stages: stage_choices(Some(stage)),
        creators: accounts
            .iter()
            .map(|account| {
                let name = names.get(account).map_or_else(|| account.to_string(), |name| name.name.clone());
                (account.to_string(), name)
            })
            .collect(),
    })
    .await
}

/// `POST /outreach/contacts/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let emails = typed(&given, "emails");
    let contact = ContactGiven {
        name: typed(&given, "name"),
        greeting: typed(&given, "greeting"),
        addresses: emails
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| (Channel::Email, line.to_owned()))
            .collect(),
        basis: typed(&given, "basis"),
        source: typed(&given, "source"),
        accounts: accounts_of(&given)?,
        owner: typed(&given, "owner"),
        language: typed(&given, "language"),
        zone: typed(&given, "zone"),
        tags: tags_of(&typed(&given, "tags")),
        stage: given.one("stage").and_then(Stage::from_code),
    };
    match contacts::add(&app.data, contact).await {
        Ok(id) => {
            Ok(Redirect::to(&super::saying(&format!("/outreach/contacts/{id}"), "Made a contact")).into_response())
        }
        Err(error) => {
            let mut problem = problem_of(error)?;
            problem.field = match problem.field {
                "address" => "emails",
                "tag" => "tags",
                other => other,
            };
            Ok(not_valid(new_page(&app, visit, &given, Some(problem)).await?))
        }
    }
}
