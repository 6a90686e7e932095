//! `/creators/own`: the brand's own people: the creators among them first, what is to be looked at, and the files.

pub mod upload;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use model::{AccountId, BrandId};
use store::OwnFile;

use crate::clock;
use crate::creators::own_people::among::{
    OwnAccount, OwnPair, OwnPeople, PairEvidence, Standing, evidence_of, own_people,
};
use crate::creators::own_people::{Answer, decide as decide_matches, remove as remove_file};
use crate::creators::{CreatorName, CreatorsError, names};
use crate::data_directory::DataDirectory;
use crate::ingest::own_file::OwnKind;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, round_scale_end};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS: usize = 50;

/// Whose rows are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Creators,
    Suggested,
    Others,
    Refused,
}

impl Who {
    const ALL: [Who; 4] = [Who::Creators, Who::Suggested, Who::Others, Who::Refused];

    fn code(self) -> &'static str {
        match self {
            Who::Creators => "creators",
            Who::Suggested => "suggested",
            Who::Others => "others",
            Who::Refused => "refused",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Who::Creators => "Creators",
            Who::Suggested => "To look at",
            Who::Others => "Others",
            Who::Refused => "Refused",
        }
    }

    fn of(query: &Pairs) -> Who {
        Who::ALL.into_iter().find(|who| Some(who.code()) == query.one("who")).unwrap_or(Who::Creators)
    }

    fn rows(self, people: &OwnPeople) -> Vec<&OwnAccount> {
        match self {
            Who::Creators => people.creators().collect(),
            Who::Suggested => people.suggested.iter().collect(),
            Who::Others => people.others().collect(),
            Who::Refused => people.refused.iter().collect(),
        }
    }
}

/// A choice of whose rows are shown.
pub struct Tab {
    pub words: &'static str,
    pub count: String,
    pub address: String,
    pub is_here: bool,
}

/// One person of a file who may be the account.
pub struct PairLine {
    pub key: String,
    pub from: String,
    pub standing: &'static str,
    pub decided: Option<String>,
    pub evidence: Vec<String>,
    pub rivals: Option<String>,
    pub chance: Option<EstimateView>,
    pub may_confirm: bool,
    pub may_refuse: bool,
    pub may_undo: bool,
}

/// An account with what makes it one of their own.
pub struct OwnLine {
    pub account: String,
    pub person: Option<Person>,
    pub ways: Vec<String>,
    pub span: Option<EstimateView>,
    pub standing: &'static str,
    /// Whether somebody has looked, or need not.
    pub is_settled: bool,
    pub is_creator: bool,
    /// Matches that are suggested only, of somebody who is surely among own people.
    pub waiting: Option<String>,
    pub pairs: Vec<PairLine>,
    pub may_confirm: bool,
    pub may_refuse: bool,
    pub may_undo: bool,
}

/// A file that is held.
pub struct FileLine {
    pub id: i64,
    pub label: String,
    pub kind: &'static str,
    pub brand: Option<String>,
    pub added: String,
    pub until: String,
    pub rows: String,
    pub people: String,
    pub refused: String,
    pub matched: String,
    pub suggested: String,
    pub not_matched: String,
}

/// A choice of a form.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "creators/own.html")]
struct OwnPage {
    layout: Layout,
    finding: String,
    files: Vec<FileLine>,
    tabs: Vec<Tab>,
    who: &'static str,
    who_words: &'static str,
    rows: Vec<OwnLine>,
    shown: String,
    earlier: Option<String>,
    later: Option<String>,
    here: String,
    search: String,
    kinds: Vec<Choice>,
    platforms: Vec<Choice>,
    done: Option<String>,
    /// Accounts whose decision can be taken back at once.
    undo: Vec<String>,
    added: Option<String>,
    problem: Option<upload::FieldError>,
}

/// `GET /creators/own?who=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    draw(page(&app, visit, &Pairs(pairs), None).await?).await
}

async fn page(
    app: &App,
    visit: Visit,
    query: &Pairs,
    problem: Option<upload::FieldError>,
) -> Result<OwnPage, WebError> {
    let who = Who::of(query);
    let data = app.data.clone();
    let people = aside(move || async move { own_people(&data).await }).await?;
    let all = who.rows(&people);
    let offset = query.offset("offset").min(all.len());
    let shown: Vec<&OwnAccount> = all.iter().copied().skip(offset).take(ROWS).collect();
    let named = names(&app.data, shown.iter().map(|one| one.account).collect()).await?;
    let evidence = evidence_of(&app.data, &shown).await?;
    let brands = app.data.store.brands().await?;
    let address = |who: Who, offset: usize| {
        let pairs = Pairs::default().with("who", who.code());
        if offset > 0 { pairs.with("offset", offset) } else { pairs }.address("/creators/own")
    };
    let scale = round_scale_end(shown.iter().filter_map(|one| one.span.value).fold(0.0, f64::max));
    let tab = |tab: Who| Tab {
        words: tab.words(),
        count: format::count(tab.rows(&people).len() as u64),
        address: address(tab, 0),
        is_here: tab == who,
    };
    Ok(OwnPage {
        layout: Layout::load(app, visit, Word::Creators, "Your own people").await?,
        finding: finding(&people),
        tabs: Who::ALL.into_iter().map(tab).collect(),
        who: who.code(),
        who_words: who.words(),
        rows: shown.iter().map(|one| line(one, named.get(&one.account), &evidence, scale)).collect(),
        shown: format!(
            "{} to {} of {}",
            format::count((offset + 1).min(all.len()) as u64),
            format::count((offset + shown.len()) as u64),
            format::count(all.len() as u64)
        ),
        earlier: (offset > 0).then(|| address(who, offset.saturating_sub(ROWS))),
        later: (offset + shown.len() < all.len()).then(|| address(who, offset + ROWS)),
        here: address(who, offset),
        search: OwnKind::ALL
            .iter()
            .fold(Pairs::default(), |pairs, kind| pairs.with("own", kind.person()))
            .address("/creators"),
        files: people.files.iter().map(|file| file_line(file, &brands)).collect(),
        kinds: kinds(query.one("kind").and_then(OwnKind::from_code).unwrap_or(OwnKind::Followers)),
        platforms: upload::platforms(query.one("platform").and_then(model::Platform::from_code)),
        done: query.one("done").map(str::to_owned),
        undo: query.all("undo"),
        added: added_words(query, &people),
        problem,
    })
}

fn kinds(chosen: OwnKind) -> Vec<Choice> {
    let choice =
        |kind: OwnKind| Choice { code: kind.code().to_owned(), words: kind.words().to_owned(), chosen: kind == chosen };
    OwnKind::ALL.into_iter().map(choice).collect()
}

fn finding(people: &OwnPeople) -> String {
    if people.files.is_empty() {
        return "Nobody of your own is held yet.".to_owned();
    }
    let creators: Vec<&OwnAccount> = people.creators().collect();
    let of_kind =
        |kind: OwnKind| creators.iter().filter(|one| one.ways.iter().any(|way| way.kind == kind)).count() as u64;
    let kinds: Vec<String> = OwnKind::ALL
        .into_iter()
        .map(|kind| (kind, of_kind(kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format::counted(count, kind.person(), &format!("{}s", kind.person())))
        .collect();
    let waiting = people.suggested.iter().filter(|one| one.is_creator).count() as u64;
    let waiting = match waiting {
        0 => String::new(),
        some => format!("; {} to look at", format::counted(some, "suggested one is", "suggested ones are")),
    };
    match creators.len() as u64 {
        0 => format!("No creator is surely among your own people yet{waiting}."),
        some => format!(
            "{} among your own people: {}{waiting}.",
            format::counted(some, "creator is", "creators are"),
            kinds.join(", ")
        ),
    }
}

fn added_words(query: &Pairs, people: &OwnPeople) -> Option<String> {
    let id: i64 = query.one("added")?.parse().ok()?;
    let file = people.files.iter().find(|file| file.id == id)?;
    if query.one("same").is_some() {
        return Some(format!("Exactly this file is held already as “{}”, so nothing was added", file.label));
    }
    let left_out = match query.one("left_out").and_then(|count| count.parse().ok()) {
        Some(0) | None => String::new(),
        Some(some) => {
            format!(
                "; {}",
                format::counted(
                    some,
                    "person who asked to be forgotten was left out",
                    "people who asked to be forgotten were left out"
                )
            )
        }
    };
    Some(format!(
        "“{}” is added: of {} {} surely have an account that is held, {} may have one{left_out}",
        file.label,
        format::counted(file.people, "person", "people"),
        format::count(file.matched),
        format::count(file.suggested)
    ))
}

fn file_line(file: &OwnFile, brands: &[model::Brand]) -> FileLine {
    let brand = file.brand.as_deref().and_then(|id| id.parse::<BrandId>().ok());
    FileLine {
        id: file.id,
        label: file.label.clone(),
        kind: OwnKind::from_code(&file.kind).map_or("", OwnKind::words),
        brand: brand.and_then(|id| brands.iter().find(|brand| brand.id == id)).map(|brand| brand.name.clone()),
        added: clock::day(file.added_at),
        until: clock::day(file.expires_at),
        rows: format::count(file.rows_in),
        people: format::count(file.people),
        refused: format::count(file.rows_refused),
        matched: format::count(file.matched),
        suggested: format::count(file.suggested),
        not_matched: format::count(file.people.saturating_sub(file.matched + file.suggested)),
    }
}

type Evidence = HashMap<(i64, AccountId), PairEvidence>;

fn line(one: &OwnAccount, name: Option<&CreatorName>, evidence: &Evidence, scale: f64) -> OwnLine {
    let pairs: Vec<PairLine> = one.pairs.iter().map(|pair| pair_line(one.account, pair, evidence)).collect();
    let id = format!("span-{}", one.account);
    let drawing = Drawing { id: &id, label: "From first to last", scale_to: scale, brand: None };
    OwnLine {
        account: one.account.to_string(),
        person: name.map(Person::of),
        ways: one.ways.iter().map(|way| way.words()).collect(),
        span: one.span.value.filter(|span| *span > 0.0).map(|_| EstimateView::new(drawing, &one.span)),
        standing: one.standing.words(),
        is_settled: one.standing.counts(),
        is_creator: one.is_creator,
        waiting: Some(one.pairs.iter().filter(|pair| pair.standing == Standing::Suggested).count() as u64)
            .filter(|count| *count > 0 && one.standing.counts())
            .map(|count| format!("{} to look at", format::counted(count, "more match", "more matches"))),
        may_confirm: one.standing != Standing::Refused
            && one.pairs.iter().any(|pair| matches!(pair.standing, Standing::Sure | Standing::Suggested)),
        may_refuse: one.standing != Standing::Refused,
        may_undo: one.pairs.iter().any(|pair| pair.decided_at.is_some()),
        pairs,
    }
}

fn pair_line(account: AccountId, pair: &OwnPair, evidence: &Evidence) -> PairLine {
    let held = evidence.get(&(pair.person, account));
    let key = format!("{account}.{}", pair.person);
    let id = format!("chance-{account}-{}", pair.person);
    let drawing = Drawing { id: &id, label: "Chance that it is theirs", scale_to: 1.0, brand: None };
    PairLine {
        from: format!("row {} of file {}, {}", pair.row, pair.file, pair.kind.words()),
        standing: pair.standing.words(),
        decided: pair.decided_at.map(clock::day),
        evidence: held.iter().flat_map(|held| held.evidence.iter().map(|piece| piece.words.clone())).collect(),
        rivals: held.filter(|held| !held.rivals.is_empty()).map(|held| {
            let others = format::counted(held.rivals.len() as u64, "other account", "other accounts");
            format!("{others} of the platform could be meant as well")
        }),
        chance: held.map(|held| EstimateView::new(drawing, &held.chance)),
        may_confirm: pair.standing != Standing::Confirmed,
        may_refuse: pair.standing != Standing::Refused,
        may_undo: pair.decided_at.is_some(),
        key,
    }
}

/// `POST /creators/own/decide`: `one` is an answer to one account or to one person of it (`confirm.ACCOUNT.PERSON`); `do` is
/// one to those ticked, or, ending in `-page`, to all shown.
pub async fn decide(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let accounts_of =
        |key: &str| given.all(key).iter().filter_map(|account| account.parse().ok()).collect::<Vec<AccountId>>();
    let (answer, accounts, person) = match given.one("one") {
        Some(one) => {
            let mut parts = one.split('.');
            let answer = parts.next().and_then(Answer::from_code);
            let account = parts.next().and_then(|account| account.parse::<AccountId>().ok());
            (answer, account.into_iter().collect(), parts.next().and_then(|person| person.parse().ok()))
        }
        None => {
            let asked = given.one("do").unwrap_or("");
            let (code, accounts) = match asked.strip_suffix("-page") {
                Some(code) => (code, accounts_of("shown")),
                None => (asked, accounts_of("account")),
            };
            (Answer::from_code(code), accounts, None)
        }
    };
    let Some(answer) = answer else {
        return Err(WebError::unreadable("Nothing was decided", "The answer is none of confirm, refuse and undo."));
    };
    let changed = decide_matches(&app.data, &accounts, person, answer).await?;
    let what = match answer {
        Answer::Confirm => "confirmed",
        Answer::Refuse => "refused",
        Answer::Undo => "taken back",
    };
    let words = match changed {
        0 => "Nothing was left to be changed".to_owned(),
        some => format!("{} {what}", format::counted(some, "match is", "matches are")),
    };
    let back = crate::web::visit::own_address(given.one("back").unwrap_or("/creators/own")).to_owned();
    let mut told = Pairs::default().with("done", words);
    if answer != Answer::Undo && changed > 0 && back.starts_with("/creators/own") {
        told = accounts.iter().take(ROWS).fold(told, |told, account| told.with("undo", account));
    }
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{back}{joint}{}", told.address("").trim_start_matches('?'))))
}

/// `POST /creators/own/files/{id}/remove`
pub async fn remove(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    remove_file(&app.data, id).await?;
    let done = Pairs::default().with("done", "The file is gone with everything it held");
    Ok(Redirect::to(&done.address("/creators/own")))
}

/// What a creator's page says of them.
#[derive(Template, Clone)]
#[template(path = "creators/_own.html")]
pub struct OwnMark {
    account: String,
    counts: bool,
    words: String,
    standing: &'static str,
}

impl OwnMark {
    /// `None` for whoever is not among own people, nor suggested to be.
    pub(super) async fn of(data: &DataDirectory, account: AccountId) -> Result<Option<OwnMark>, CreatorsError> {
        let people = own_people(data).await?;
        let found = people.of(account).filter(|one| one.standing != Standing::Refused);
        Ok(found.map(|one| OwnMark {
            account: account.to_string(),
            counts: one.standing.counts(),
            words: one.words(),
            standing: one.standing.words(),
        }))
    }
}
