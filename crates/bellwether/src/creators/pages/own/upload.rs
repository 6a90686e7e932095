//! A file of own people before it is added: which column is what, whom it would bring, which rows would be refused.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::{Platform, RowIssue};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{Choice, page};
use crate::clock;
use crate::creators::own_people::{Adding, KEPT_DAYS, KEPT_DAYS_MAX, add};
use crate::ingest::own_file::{self, FIELDS, OwnKind, OwnMapping, OwnPeopleRead, OwnProposal, OwnRecord, OwnSettings};
use crate::ingest::uploads::{self, Upload, UploadKind};
use crate::web::app::{App, Page, draw};
use crate::web::error::{Recovery, WebError, message_and_hint};
use crate::web::format;
use crate::web::jobs::NewJob;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const SAMPLE: usize = 10;
const ISSUES_SHOWN: usize = 20;

/// What a form did not accept, and what to do.
#[derive(Clone)]
pub struct FieldError {
    pub message: String,
    pub hint: Option<String>,
}

impl FieldError {
    fn of(text: &str) -> FieldError {
        let (message, hint) = message_and_hint(text);
        FieldError { message, hint }
    }
}

/// Platforms to choose, and none.
pub(super) fn platforms(chosen: Option<Platform>) -> Vec<Choice> {
    let none = Choice {
        code: String::new(),
        words: "the file says it, or there are none".to_owned(),
        chosen: chosen.is_none(),
    };
    let choice = |platform: Platform| Choice {
        code: platform.code().to_owned(),
        words: platform.name().to_owned(),
        chosen: chosen == Some(platform),
    };
    [none].into_iter().chain(Platform::ALL.into_iter().map(choice)).collect()
}

/// `POST /creators/own/uploads`: streams the file to disk and goes on to its page; nobody is kept yet.
pub async fn receive(State(app): State<App>, visit: Visit, mut multipart: Multipart) -> Result<Response, WebError> {
    let mut arrived = Arrived::default();
    let outcome = arrived.take(&app, &mut multipart).await;
    let place = arrived.place.take();
    if let Err(error) = outcome {
        if let Some(place) = place {
            place.abandon();
        }
        return Err(error);
    }
    let asked = Pairs::default()
        .with("kind", OwnKind::from_code(&arrived.kind).unwrap_or(OwnKind::Followers).code())
        .with_some("platform", Platform::from_code(&arrived.platform).map(Platform::code));
    let problem = match place {
        Some(place) if arrived.bytes == 0 => {
            place.abandon();
            Some("no file was chosen, or it is empty\nhint: choose a CSV file, or followers_1.json of an Instagram export".to_owned())
        }
        None => {
            Some("no file was chosen\nhint: choose a CSV file, or followers_1.json of an Instagram export".to_owned())
        }
        Some(place) => {
            let (path, kind) = (place.path.clone(), OwnKind::from_code(&arrived.kind).unwrap_or(OwnKind::Followers));
            let looked = tokio::task::spawn_blocking(move || own_file::propose(&path, kind, None)).await;
            match looked.map_err(|error| WebError::fault("looking at the file", &error))? {
                Ok(_) => {
                    let id = place.complete(Platform::Other, Some(UploadKind::OwnPeople), None)?;
                    return Ok(Redirect::to(&asked.address(&format!("/creators/own/uploads/{id}"))).into_response());
                }
                Err(error) => {
                    let path = place.path.to_string_lossy().into_owned();
                    let name = crate::ingest::csv_file::file_name(&place.path);
                    place.abandon();
                    Some(error.to_string().replace(&path, &name))
                }
            }
        }
    };
    let visit = Visit { here: "/creators/own".into(), ..visit };
    let page = page(&app, visit, &asked, problem.as_deref().map(FieldError::of)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response())
}

/// What came with a form.
#[derive(Default)]
struct Arrived {
    place: Option<uploads::Place>,
    kind: String,
    platform: String,
    bytes: u64,
}

impl Arrived {
    async fn take(&mut self, app: &App, multipart: &mut Multipart) -> Result<(), WebError> {
        let cut_off = |error: axum::extract::multipart::MultipartError| {
            WebError::unreadable(
                "The file did not arrive whole",
                format!("The transfer ended early: {error}. Nothing was kept."),
            )
        };
        while let Some(mut field) = multipart.next_field().await.map_err(cut_off)? {
            match field.name().unwrap_or_default() {
                "file" => {
                    let place = uploads::make_place(&app.data, field.file_name().unwrap_or_default())?;
                    let target = place.path.clone();
                    self.place = Some(place);
                    let unwritable = |error: std::io::Error| WebError::fault("writing the file to disk", &error);
                    let mut file = tokio::fs::File::create(&target).await.map_err(unwritable)?;
                    while let Some(portion) = field.chunk().await.map_err(cut_off)? {
                        self.bytes += portion.len() as u64;
                        file.write_all(&portion).await.map_err(unwritable)?;
                    }
                    file.flush().await.map_err(unwritable)?;
                }
                "kind" => self.kind = field.text().await.map_err(cut_off)?,
                "platform" => self.platform = field.text().await.map_err(cut_off)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A field and the columns it can be read from.
pub struct FieldChoice {
    pub name: &'static str,
    pub words: &'static str,
    pub columns: Vec<Choice>,
}

/// Somebody as the file would bring them.
pub struct SampleLine {
    pub row: u64,
    pub platform: &'static str,
    pub handle: String,
    pub email: &'static str,
    pub name: String,
    pub link: String,
    pub first: String,
    pub last: String,
    pub times: String,
}

/// A refused row.
pub struct IssueLine {
    pub row: String,
    pub file: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
    pub refused: &'static str,
}

/// What trying the file out found.
pub struct Trial {
    pub rows: String,
    pub people: String,
    pub refused: String,
    pub has_people: bool,
    pub sample: Vec<SampleLine>,
    pub issues: Vec<IssueLine>,
    pub more_issues: Option<String>,
}

#[derive(Template)]
#[template(path = "creators/own_upload.html")]
struct UploadPage {
    layout: Layout,
    id: String,
    file: String,
    size: String,
    kind: &'static str,
    kinds: Vec<Choice>,
    platforms: Vec<Choice>,
    fields: Vec<FieldChoice>,
    zone: String,
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    questions: Vec<String>,
    trial: Option<Trial>,
    trial_error: Option<FieldError>,
    kept: Vec<(String, String)>,
    keep_days: u32,
    keep_days_max: u32,
    brands: Vec<Choice>,
}

fn waiting(app: &App, id: Uuid) -> Result<Upload, WebError> {
    uploads::find(&app.data, id).filter(|upload| upload.kind == UploadKind::OwnPeople).ok_or_else(|| {
        WebError::not_found(
            "This file is no longer waiting",
            "It was added or thrown away, or nobody came back for it within a day.",
        )
        .with(Recovery::new("Your own people", "/creators/own"))
    })
}

/// What the address says: the kind, the platform, and the columns where somebody chose any.
struct Asked {
    kind: OwnKind,
    platform: Option<Platform>,
    mapping: Option<OwnMapping>,
}

impl Asked {
    fn of(pairs: &Pairs) -> Asked {
        let columns = FIELDS.iter().filter_map(|field| {
            Some((field.name.to_owned(), pairs.one(&format!("column-{}", field.name))?.to_owned()))
        });
        let mapping = OwnMapping { columns: columns.collect(), zone: pairs.one("zone").map(str::to_owned) };
        Asked {
            kind: pairs.one("kind").and_then(OwnKind::from_code).unwrap_or(OwnKind::Followers),
            platform: pairs.one("platform").and_then(Platform::from_code),
            mapping: pairs.one("chosen").map(|_| mapping),
        }
    }
}

fn mapping_name(kind: OwnKind, headings: &[String]) -> String {
    format!("own {} {}", kind.code(), headings.join(" | "))
}

/// The columns a file of these headings was last added with, else what the headings say.
async fn proposal(app: &App, upload: &Upload, asked: &Asked) -> Result<OwnProposal, WebError> {
    let (path, kind, platform) = (upload.path.clone(), asked.kind, asked.platform);
    let read = tokio::task::spawn_blocking(move || own_file::propose(&path, kind, platform)).await;
    let proposal = read.map_err(|error| WebError::fault("looking at the file", &error))??;
    let kept = app.data.store.mapping(&mapping_name(kind, &proposal.headings)).await?;
    Ok(match kept.and_then(|json| serde_json::from_str(&json).ok()) {
        Some(mapping) => proposal.with_mapping(mapping, kind),
        None => proposal,
    })
}

fn settings_of(asked: &Asked, proposal: &OwnProposal) -> OwnSettings {
    OwnSettings {
        kind: asked.kind,
        platform: proposal.platform,
        mapping: asked.mapping.clone().unwrap_or_else(|| proposal.mapping.clone()),
    }
}

/// `GET /creators/own/uploads/{id}?kind=…&column-handle=…`: the columns in the address, tried out.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let upload = waiting(&app, id)?;
    let asked = Asked::of(&Pairs(pairs));
    let proposal = proposal(&app, &upload, &asked).await?;
    let settings = settings_of(&asked, &proposal);
    let is_open = asked.mapping.is_none() && !proposal.questions.is_empty();
    let (trial, trial_error) = if is_open { (None, None) } else { tried(upload.clone(), settings.clone()).await? };
    let brands = app.data.store.brands().await?;
    let no_brand =
        Choice { code: String::new(), words: "no brand in particular".to_owned(), chosen: brands.len() != 1 };
    let brand = |brand: &model::Brand| Choice {
        code: brand.id.to_string(),
        words: brand.name.clone(),
        chosen: brands.len() == 1,
    };
    draw(UploadPage {
        layout: Layout::load(&app, visit, Word::Creators, format!("Look at {}", upload.file)).await?,
        id: id.to_string(),
        file: upload.file.clone(),
        size: format::bytes(upload.size_bytes),
        kind: settings.kind.words(),
        kinds: super::kinds(settings.kind),
        platforms: platforms(settings.platform),
        fields: field_choices(&settings.mapping, &proposal.headings),
        zone: settings.mapping.zone.clone().unwrap_or_default(),
        questions: if is_open {
            proposal.questions.iter().map(|words| without_option(words)).collect()
        } else {
            vec![]
        },
        headings: proposal.headings,
        rows: proposal.rows,
        trial,
        trial_error,
        kept: pairs_of(&settings),
        keep_days: KEPT_DAYS,
        keep_days_max: KEPT_DAYS_MAX,
        brands: [no_brand].into_iter().chain(brands.iter().map(brand)).collect(),
    })
    .await
}

/// A question of the command line without the option it names.
fn without_option(question: &str) -> String {
    question.split_once(" (").map_or(question, |(words, _)| words).to_owned()
}

fn field_choices(mapping: &OwnMapping, headings: &[String]) -> Vec<FieldChoice> {
    let choice = |heading: &String, chosen: Option<&String>| Choice {
        code: heading.clone(),
        words: heading.clone(),
        chosen: chosen == Some(heading),
    };
    FIELDS
        .iter()
        .filter(|_| !headings.is_empty())
        .map(|field| {
            let chosen = mapping.columns.get(field.name);
            FieldChoice {
                name: field.name,
                words: field.words,
                columns: headings.iter().map(|heading| choice(heading, chosen)).collect(),
            }
        })
        .collect()
}

fn pairs_of(settings: &OwnSettings) -> Vec<(String, String)> {
    let columns = settings.mapping.columns.iter();
    Pairs(columns.map(|(field, heading)| (format!("column-{field}"), heading.clone())).collect())
        .with("kind", settings.kind.code())
        .with("chosen", "yes")
        .with_some("platform", settings.platform.map(Platform::code))
        .with_some("zone", settings.mapping.zone.as_deref())
        .0
}

async fn tried(upload: Upload, settings: OwnSettings) -> Result<(Option<Trial>, Option<FieldError>), WebError> {
    let (name, shown) = (upload.path.to_string_lossy().into_owned(), upload.file.clone());
    let work = move || own_file::read(&upload.path, &settings, &Arc::default());
    let run =
        tokio::task::spawn_blocking(work).await.map_err(|error| WebError::fault("trying the file out", &error))?;
    Ok(match run {
        Ok(held) => (Some(trial(&held)), None),
        Err(error) => (None, Some(FieldError::of(&error.to_string().replace(&name, &shown)))),
    })
}

fn trial(held: &OwnPeopleRead) -> Trial {
    let more = held.refused.saturating_sub(held.issues.len().min(ISSUES_SHOWN) as u64);
    Trial {
        rows: format::counted(held.rows_in, "row", "rows"),
        people: format::counted(held.people.len() as u64, "person", "people"),
        refused: format::count(held.refused),
        has_people: !held.people.is_empty(),
        sample: held.people.iter().take(SAMPLE).map(sample_line).collect(),
        issues: held.issues.iter().take(ISSUES_SHOWN).map(issue_line).collect(),
        more_issues: (more > 0).then(|| format::count(more)),
    }
}

fn sample_line(person: &OwnRecord) -> SampleLine {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    SampleLine {
        row: person.row,
        platform: person.platform.map_or("", Platform::name),
        handle: person.handle.clone().or_else(|| person.native_id.clone()).unwrap_or_default(),
        email: if person.email_sha256.is_some() { "a hash is kept" } else { "" },
        name: text(&person.name),
        link: text(&person.link),
        first: person.first_at.map(clock::day).unwrap_or_default(),
        last: person.last_at.map(clock::day).unwrap_or_default(),
        times: person.times.map(format::count).unwrap_or_default(),
    }
}

fn issue_line(issue: &RowIssue) -> IssueLine {
    IssueLine {
        row: issue.row.map(|row| row.to_string()).unwrap_or_default(),
        file: issue.file.clone(),
        column: issue.column.clone().unwrap_or_default(),
        problem: issue.problem.clone(),
        hint: issue.hint.clone(),
        refused: if issue.refused { "refused" } else { "taken" },
    }
}

/// `POST /creators/own/uploads/{id}`: adds the file as tried out and matches everybody.
pub async fn take(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let upload = waiting(&app, id)?;
    let given = Pairs(pairs);
    let keep_days = given.one("keep_days").map_or(Some(KEPT_DAYS), |days| days.parse().ok());
    let keep_days = keep_days.filter(|days| (1..=KEPT_DAYS_MAX).contains(days)).ok_or_else(|| {
        WebError::unreadable(
            "The file was not added",
            format!(
                "People can be kept from 1 to {KEPT_DAYS_MAX} days; {:?} is none of these.",
                given.one("keep_days").unwrap_or("")
            ),
        )
        .with(Recovery::new("Back to the file", format!("/creators/own/uploads/{id}")))
    })?;
    let asked = Asked::of(&given);
    let proposal = proposal(&app, &upload, &asked).await?;
    let settings = settings_of(&asked, &proposal);
    let brand = given.one("brand").map(str::to_owned);
    let data = app.data.clone();
    let new = NewJob { title: format!("adding {}", upload.file), size_bytes: upload.size_bytes };
    let job = app.jobs.start(new, move |job| async move {
        job.step("reading the file and looking for its people among the accounts held");
        let kind = settings.kind;
        let mapping = serde_json::to_string(&settings.mapping).expect("a mapping serialises");
        let adding = Adding { path: &upload.path, label: upload.file.clone(), settings, keep_days, brand };
        let added = add(&data, adding, job.progress.clone()).await?;
        if !proposal.headings.is_empty() && !added.same {
            data.store.keep_mapping(&mapping_name(kind, &proposal.headings), &mapping, data.now()).await?;
        }
        upload.discard();
        let told = Pairs::default().with("added", added.file).with_some("same", added.same.then_some("yes"));
        Ok(told.with_some("left_out", (added.left_out > 0).then_some(added.left_out)).address("/creators/own"))
    });
    Ok(Redirect::to(&format!("/ingest/jobs/{}", job.number)).into_response())
}

/// `POST /creators/own/uploads/{id}/discard`
pub async fn discard(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Redirect, WebError> {
    waiting(&app, id)?.discard();
    Ok(Redirect::to("/creators/own"))
}
