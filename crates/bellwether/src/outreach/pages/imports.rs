//! `/outreach/contacts/import`: a file of contacts sent, looked at before anything is kept, brought in, and taken back as one.

use askama::Template;
use axum::extract::multipart::MultipartError;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::{Platform, RowIssue};
use store::outreach::imports::ContactImportRow;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{Part, Problem, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::clock;
use crate::ingest::uploads::{self, Place, Upload, UploadKind};
use crate::outreach::OutreachError;
use crate::outreach::importing::{self, ForAll, Imported, Sample};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// The largest file of contacts.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Refused rows shown; the table that can be downloaded has all.
const REFUSED_SHOWN: usize = 20;
const PATH: &str = "/outreach/contacts/import";

/// An import that was made.
pub struct ImportLine {
    pub id: i64,
    pub label: String,
    pub rows: String,
    pub new: String,
    pub known: String,
    pub refused: u64,
    pub refused_words: String,
    pub when: String,
    pub undone: Option<String>,
}

/// A refused row.
pub struct IssueLine {
    pub row: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
}

#[derive(Template)]
#[template(path = "outreach/import.html")]
struct ImportPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    source: String,
    basis: String,
    tag: String,
    columns: Vec<&'static str>,
    imports: Vec<ImportLine>,
}

fn import_line(row: ContactImportRow) -> ImportLine {
    ImportLine {
        id: row.id,
        label: row.label,
        rows: format::counted(row.rows_in, "row", "rows"),
        new: format::count(row.rows_new),
        known: format::count(row.rows_known),
        refused_words: format::count(row.rows_refused),
        refused: row.rows_refused,
        when: clock::minute(row.imported_at),
        undone: row.undone_at.map(clock::minute),
    }
}

fn issue_line(issue: &RowIssue) -> IssueLine {
    IssueLine {
        row: issue.row.map(format::count).unwrap_or_default(),
        column: issue.column.clone().unwrap_or_default(),
        problem: issue.problem.clone(),
        hint: issue.hint.clone(),
    }
}

/// `GET /outreach/contacts/import`: the form, and what was brought in before.
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None).await
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    draw(ImportPage {
        layout: Layout::load(app, Visit { here: PATH.into(), ..visit }, Word::Outreach, "Contacts from a file").await?,
        parts: parts("Contacts"),
        done: asked.one("done").map(str::to_owned),
        problem,
        source: typed(asked, "source"),
        basis: typed_or(asked, "basis", "published for business"),
        tag: typed(asked, "tag"),
        columns: importing::COLUMNS.iter().map(|(name, _)| *name).collect(),
        imports: app.data.store.contact_imports().await?.into_iter().map(import_line).collect(),
    })
    .await
}

fn for_all(given: &Pairs) -> ForAll {
    ForAll { source: typed(given, "source"), basis: typed(given, "basis"), tag: typed(given, "tag") }
}

/// The address of a waiting file, with what stands for all its rows.
fn waiting_address(id: Uuid, all: &ForAll, below: &str) -> String {
    let pairs = Pairs::default().with("source", &all.source).with("basis", &all.basis).with("tag", &all.tag);
    pairs.address(&format!("{PATH}/{id}{below}"))
}

/// What came with the form.
#[derive(Default)]
struct Arrived {
    place: Option<Place>,
    bytes: u64,
    given: Pairs,
    /// Why the file was not taken.
    problem: Option<String>,
}

impl Arrived {
    async fn take(&mut self, app: &App, multipart: &mut Multipart) -> Result<(), WebError> {
        loop {
            let field = match multipart.next_field().await {
                Ok(None) => return Ok(()),
                Ok(Some(field)) => field,
                Err(error) => return self.cut_off(&error),
            };
            let taken = match field.name().unwrap_or_default() {
                "file" if self.place.is_none() => self.take_file(app, field).await?,
                _ => {
                    let key = field.name().unwrap_or_default().to_owned();
                    field.text().await.map(|text| self.given.0.push((key, text)))
                }
            };
            if let Err(error) = taken {
                return self.cut_off(&error);
            }
        }
    }

    async fn take_file(
        &mut self,
        app: &App,
        mut field: axum::extract::multipart::Field<'_>,
    ) -> Result<Result<(), MultipartError>, WebError> {
        let place = uploads::make_place(&app.data, field.file_name().unwrap_or_default())?;
        let target = place.path.clone();
        self.place = Some(place);
        let unwritable = |error: std::io::Error| WebError::fault("writing the file to disk", &error);
        let mut file = tokio::fs::File::create(&target).await.map_err(unwritable)?;
        loop {
            match field.chunk().await {
                Ok(Some(portion)) => {
                    self.bytes += portion.len() as u64;
                    file.write_all(&portion).await.map_err(unwritable)?;
                }
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        file.flush().await.map_err(unwritable)?;
        Ok(Ok(()))
    }

    fn cut_off(&mut self, error: &MultipartError) -> Result<(), WebError> {
        self.problem = Some(match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                format!("it is larger than {} MB; divide it, and bring its parts in one by one", FILE_BYTES_MAX >> 20)
            }
            _ => format!("it did not arrive whole: {error}; nothing was kept, choose it again"),
        });
        Ok(())
    }
}

/// `POST /outreach/contacts/import`: keeps the file aside and goes on to its page; nobody is a contact yet.
pub async fn receive(State(app): State<App>, visit: Visit, mut multipart: Multipart) -> Result<Response, WebError> {
    let mut arrived = Arrived::default();
    let outcome = arrived.take(&app, &mut multipart).await;
    let Arrived { place, bytes, given, problem } = arrived;
    let all = for_all(&given).checked();
    let looked = match (&outcome, &place, problem) {
        (Err(_), ..) => Ok(()),
        (_, _, Some(problem)) => Err(OutreachError::Field { field: "file", problem }),
        (_, Some(place), None) if bytes > 0 => {
            let path = place.path.clone();
            let looked = aside(move || async move { Ok::<_, OutreachError>(importing::look(&path)) }).await?;
            looked.map_err(|error| OutreachError::Field {
                field: "file",
                problem: error.to_string().replace("\nhint: ", "; "),
            })
        }
        _ => Err(OutreachError::Field {
            field: "file",
            problem: "no file was chosen, or it is empty; choose a CSV file".to_owned(),
        }),
    };
    let refused = outcome.is_err() || looked.is_err() || all.is_err();
    match (place, all) {
        (Some(place), Ok(all)) if !refused => {
            let id = place.complete(Platform::Other, Some(UploadKind::Contacts), None)?;
            Ok(Redirect::to(&waiting_address(id, &all, "")).into_response())
        }
        (place, all) => {
            if let Some(place) = place {
                place.abandon();
            }
            outcome?;
            let error = looked.err().or(all.err());
            let problem = error.map(problem_of).transpose()?;
            Ok(not_valid(page(&app, visit, &given, problem).await?))
        }
    }
}

/// A contact as the file would bring them.
pub struct SampleLine {
    pub row: u64,
    pub name: String,
    pub emails: String,
    pub stage: &'static str,
    pub owner: String,
    pub tags: Vec<String>,
    pub held: Option<i64>,
}

#[derive(Template)]
#[template(path = "outreach/import_look.html")]
struct LookPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    id: String,
    file: String,
    size: String,
    finding: String,
    all: ForAll,
    can_run: bool,
    new: u64,
    known: u64,
    sample: Vec<SampleLine>,
    issues: Vec<IssueLine>,
    refused: u64,
    more: Option<String>,
    refused_csv: String,
    not_taken: String,
}

fn waiting(app: &App, id: Uuid) -> Result<Upload, WebError> {
    uploads::find(&app.data, id).filter(|upload| upload.kind == UploadKind::Contacts).ok_or_else(|| {
        WebError::not_found(
            "This file is no longer waiting",
            "It was brought in or thrown away, or nobody came back for it within a day.",
        )
        .with(Recovery::new("Bring a file in", PATH))
    })
}

/// Brings a file in on a thread of its own, or only tries it.
async fn run(
    app: &App,
    upload: &Upload,
    all: &ForAll,
    is_try: bool,
) -> Result<Result<Imported, OutreachError>, WebError> {
    let (data, path, all) = (app.data.clone(), upload.path.clone(), all.clone());
    aside(move || async move { Ok::<_, OutreachError>(importing::import(&data, &path, &all, is_try).await) }).await
}

fn sample_line(of: Sample) -> SampleLine {
    SampleLine {
        row: of.row,
        name: of.name,
        emails: of.emails.join(", "),
        stage: of.stage.words(),
        owner: of.owner,
        tags: of.tags,
        held: of.held,
    }
}

fn finding(of: &Imported) -> String {
    format!(
        "{}: {}, {} held already and would gain what {} lack, {} refused.",
        format::counted(of.rows, "row", "rows"),
        format::counted(of.new, "new contact", "new contacts"),
        format::count(of.known),
        if of.known == 1 { "they" } else { "each" },
        format::count(of.refused.len() as u64)
    )
}

/// `GET /outreach/contacts/import/{id}`: what would come of the file; nothing is kept.
pub async fn look(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let upload = waiting(&app, id)?;
    look_page(&app, visit, &upload, for_all(&Pairs(pairs)), None).await
}

async fn look_page(app: &App, visit: Visit, upload: &Upload, all: ForAll, problem: Option<Problem>) -> Page {
    let tried = run(app, upload, &all, true).await??;
    let refused = tried.refused.len();
    draw(LookPage {
        layout: Layout::load(app, visit, Word::Outreach, format!("Look at {}", upload.file)).await?,
        parts: parts("Contacts"),
        problem,
        id: upload.id.to_string(),
        file: upload.file.clone(),
        size: format::bytes(upload.size_bytes),
        finding: finding(&tried),
        can_run: tried.new + tried.known > 0,
        new: tried.new,
        known: tried.known,
        issues: tried.refused.iter().take(REFUSED_SHOWN).map(issue_line).collect(),
        refused: refused as u64,
        more: (refused > REFUSED_SHOWN).then(|| format::count((refused - REFUSED_SHOWN) as u64)),
        refused_csv: waiting_address(upload.id, &all, "/refused.csv"),
        not_taken: tried.not_taken.join(", "),
        sample: tried.sample.into_iter().map(sample_line).collect(),
        all,
    })
    .await
}

/// `GET /outreach/contacts/import/{id}/refused.csv`: the refused rows as they stand in the file, each with what is wrong.
pub async fn refused_rows(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let upload = waiting(&app, id)?;
    let (data, all, path) = (app.data.clone(), for_all(&Pairs(pairs)), upload.path);
    let sheet = aside(move || async move { importing::refused_rows(&data, &path, &all).await }).await?;
    Ok(sheet.download("contacts-refused.csv"))
}

/// `POST /outreach/contacts/import/{id}`: brings the file in and lets it go.
pub async fn bring_in(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let upload = waiting(&app, id)?;
    let all = for_all(&Pairs(pairs)).checked()?;
    if !upload.claim().map_err(|error| WebError::fault("taking the file", &error))? {
        let done = "This file is being brought in already, or was cut off in the middle: what it brought stands below";
        return Ok(Redirect::to(&saying(PATH, done)).into_response());
    }
    let ran = run(&app, &upload, &all, false).await;
    if !matches!(&ran, Ok(Ok(Imported { import: Some(_), .. }))) {
        upload.release();
    }
    match ran? {
        Ok(Imported { import: Some(import), new, known, .. }) => {
            upload.discard();
            let done = format!(
                "Brought in: {}, {} known",
                format::counted(new, "new contact", "new contacts"),
                format::count(known)
            );
            Ok(Redirect::to(&saying(&format!("/outreach/contacts/imports/{import}"), &done)).into_response())
        }
        Ok(_) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(look_page(&app, visit, &upload, all, Some(problem)).await?))
        }
    }
}

/// `POST /outreach/contacts/import/{id}/discard`
pub async fn discard(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Redirect, WebError> {
    waiting(&app, id)?.discard();
    Ok(Redirect::to(&saying(PATH, "The file is thrown away; nobody was brought in")))
}

#[derive(Template)]
#[template(path = "outreach/imported.html")]
struct ImportedPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    import: ImportLine,
    finding: String,
    issues: Vec<IssueLine>,
    more: Option<String>,
    contacts: String,
}

async fn import_of(app: &App, id: i64) -> Result<ContactImportRow, WebError> {
    app.data.store.contact_import(id).await?.ok_or_else(|| {
        WebError::not_found("No such import", format!("No file of contacts was brought in as number {id}."))
            .with(Recovery::new("All imports of contacts", PATH))
    })
}

/// `GET /outreach/contacts/imports/{id}`: what a file brought.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let row = import_of(&app, id).await?;
    let issues = app.data.store.contact_import_issues(id).await?;
    let finding = format!(
        "{}: {}, {} held already, {} refused.",
        format::counted(row.rows_in, "row", "rows"),
        format::counted(row.rows_new, "new contact", "new contacts"),
        format::count(row.rows_known),
        format::count(row.rows_refused)
    );
    draw(ImportedPage {
        layout: Layout::load(&app, visit, Word::Outreach, row.label.clone()).await?,
        parts: parts("Contacts"),
        done: Pairs(pairs).one("done").map(str::to_owned),
        finding,
        issues: issues.iter().take(REFUSED_SHOWN).map(issue_line).collect(),
        more: (issues.len() > REFUSED_SHOWN).then(|| format::count((issues.len() - REFUSED_SHOWN) as u64)),
        contacts: Pairs::default().with("import", id).address("/outreach/contacts"),
        import: import_line(row),
    })
    .await
}

/// `GET /outreach/contacts/imports/{id}/refused.csv`: which rows were refused, and why.
pub async fn refused_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    import_of(&app, id).await?;
    let mut sheet = Sheet::new(&["file", "row", "column", "problem", "what_to_do"]);
    for issue in app.data.store.contact_import_issues(id).await? {
        let row = issue.row.map(|row| row.to_string()).unwrap_or_default();
        sheet.row([issue.file, row, issue.column.unwrap_or_default(), issue.problem, issue.hint]);
    }
    Ok(sheet.download(&format!("contacts-{id}-refused.csv")))
}

/// `POST /outreach/contacts/imports/{id}/undo`: takes it back; contacts with whom something has happened since stay.
pub async fn undo(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let address = format!("/outreach/contacts/imports/{id}");
    if import_of(&app, id).await?.undone_at.is_some() {
        return Ok(Redirect::to(&saying(&address, "It was taken back before; nothing was changed")));
    }
    let undone = importing::undo(&app.data, id).await?;
    let removed = format::counted(undone.removed, "contact is", "contacts are");
    let done = match undone.stay.len() {
        0 => format!("Taken back: {removed} gone"),
        some => {
            let mut names: Vec<&str> = undone.stay.iter().take(5).map(|(_, name)| name.as_str()).collect();
            if some > names.len() {
                names.push("…");
            }
            let stay = format::counted(some as u64, "stays", "stay");
            format!("Taken back: {removed} gone; {stay} because something has happened since: {}", names.join(", "))
        }
    };
    Ok(Redirect::to(&saying(&address, &done)))
}
