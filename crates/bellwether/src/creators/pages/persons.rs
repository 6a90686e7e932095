//! `/creators/persons`: accounts that may be one person's, what was said of them, and where that disagrees.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::Redirect;
use engine::matching::identity::{Conflict, MergeSuggestion};
use model::{AccountId, Platform};

use crate::clock;
use crate::creators::persons::{Said, Saying, open, open_with, say as keep};
use crate::creators::{CreatorName, CreatorsError, find, names};
use crate::data_directory::DataDirectory;
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS: usize = 25;

/// Two accounts that may be one person's.
#[derive(Clone)]
pub struct SuggestionLine {
    pub a: Person,
    pub b: Person,
    pub evidence: Vec<String>,
    pub chance: EstimateView,
}

/// What was said of two accounts.
pub struct SaidLine {
    pub one: String,
    pub other: String,
    pub a: Person,
    pub b: Person,
    pub words: &'static str,
    pub day: String,
}

/// A claim that can be taken back to settle a conflict.
pub struct Step {
    pub a: String,
    pub b: String,
    pub words: String,
}

/// Two accounts that are said not to be one person's and are joined through others.
pub struct ConflictLine {
    pub words: String,
    pub steps: Vec<Step>,
}

#[derive(Template)]
#[template(path = "creators/persons.html")]
struct PersonsPage {
    layout: Layout,
    finding: String,
    is_behind: bool,
    never: bool,
    conflicts: Vec<ConflictLine>,
    suggestions: Vec<SuggestionLine>,
    shown: String,
    earlier: Option<String>,
    later: Option<String>,
    said: Vec<SaidLine>,
    done: Option<String>,
    undo: Option<(String, String)>,
}

type Names = HashMap<AccountId, CreatorName>;

fn person(names: &Names, account: AccountId) -> Person {
    match names.get(&account) {
        Some(name) => Person::of(name),
        None => Person::new(account, Platform::Other, "nothing is held any more", ""),
    }
}

fn called(names: &Names, account: AccountId) -> String {
    match names.get(&account) {
        Some(name) => format!("{} ({})", name.name, name.platform.name()),
        None => format!("account {account}"),
    }
}

/// `GET /creators/persons`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let offset = query.offset("offset");
    let said = Said::load(&app.data).await?;
    let found = open(&app.data, &said, offset, ROWS).await?;
    let mut accounts: Vec<AccountId> = said.claims.iter().flat_map(|claim| [claim.account, claim.other]).collect();
    accounts.extend(found.suggestions.iter().flat_map(|one| [one.a, one.b]));
    let named = names(&app.data, accounts).await?;
    let address = |offset: usize| match offset {
        0 => "/creators/persons".to_owned(),
        some => Pairs::default().with("offset", some).address("/creators/persons"),
    };
    let all = found.all as usize;
    let end = offset + found.suggestions.len();
    let people = said.persons.persons.len() as u64;
    let of_persons = match people {
        0 => "Nobody is known by several accounts yet".to_owned(),
        some => format!("{} by several accounts", format::counted(some, "person is known", "people are known")),
    };
    let page = PersonsPage {
        layout: Layout::load(&app, visit, Word::Creators, "Accounts of one person").await?,
        finding: match found.all {
            0 => format!("{of_persons}; nothing is suggested."),
            some => format!("{of_persons}; {} to look at.", format::counted(some, "suggestion is", "suggestions are")),
        },
        never: app.data.derived.merges_revision().await?.is_none(),
        is_behind: found.is_behind,
        conflicts: said.persons.conflicts.iter().map(|conflict| conflict_line(conflict, &named)).collect(),
        shown: format!(
            "{} to {} of {}, the likeliest first",
            format::count((offset + 1).min(all) as u64),
            format::count(end as u64),
            format::count(found.all)
        ),
        earlier: (offset > 0).then(|| address(offset.saturating_sub(ROWS))),
        later: (end < all).then(|| address(offset + ROWS)),
        suggestions: found.suggestions.iter().map(|one| suggestion_line(one, &named)).collect(),
        said: said
            .claims
            .iter()
            .map(|claim| SaidLine {
                one: claim.account.to_string(),
                other: claim.other.to_string(),
                a: person(&named, claim.account),
                b: person(&named, claim.other),
                words: if claim.state == "confirmed" { "one person" } else { "not one person" },
                day: clock::day(claim.decided_at),
            })
            .collect(),
        done: query.one("done").map(str::to_owned),
        undo: query.one("a").zip(query.one("b")).map(|(a, b)| (a.to_owned(), b.to_owned())),
    };
    draw(page).await
}

fn suggestion_line(one: &MergeSuggestion, named: &Names) -> SuggestionLine {
    let id = format!("merge-{}-{}", one.a, one.b);
    let drawing = Drawing { id: &id, label: "Chance that they are one person’s", scale_to: 1.0, brand: None };
    SuggestionLine {
        a: person(named, one.a),
        b: person(named, one.b),
        evidence: one.evidence.iter().map(|piece| piece.words.clone()).collect(),
        chance: EstimateView::new(drawing, &one.chance),
    }
}

fn conflict_line(conflict: &Conflict, named: &Names) -> ConflictLine {
    let refused = Step {
        a: conflict.a.to_string(),
        b: conflict.b.to_string(),
        words: format!("{} and {} are not one person", called(named, conflict.a), called(named, conflict.b)),
    };
    let confirmed = conflict.through.windows(2).map(|step| Step {
        a: step[0].to_string(),
        b: step[1].to_string(),
        words: format!("{} and {} are one person", called(named, step[0]), called(named, step[1])),
    });
    ConflictLine { words: conflict_words(conflict, named), steps: [refused].into_iter().chain(confirmed).collect() }
}

fn conflict_words(conflict: &Conflict, named: &Names) -> String {
    let between: Vec<String> =
        conflict.through[1..conflict.through.len() - 1].iter().map(|account| called(named, *account)).collect();
    format!(
        "{} and {} were said not to be one person, and are joined through {}.",
        called(named, conflict.a),
        called(named, conflict.b),
        between.join(", ")
    )
}

/// `POST /creators/persons/say`: `a` and `b`, or whoever `who` names, are one person (`do=same`), are not, or what was said is
/// taken back.
pub async fn say(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let unreadable = || WebError::unreadable("Nothing was said", "Two accounts and an answer are needed.");
    let account = |key: &str| given.one(key).and_then(|account| account.parse::<AccountId>().ok());
    let a = account("a").ok_or_else(unreadable)?;
    let b = match given.one("who") {
        Some(who) => find(&app.data, who).await?,
        None => account("b").ok_or_else(unreadable)?,
    };
    let saying = given.one("do").and_then(Saying::from_code).ok_or_else(unreadable)?;
    let changed = keep(&app.data, a, b, saying).await?;
    if let Some(back) = given.one("back") {
        return Ok(Redirect::to(&format!("{}#also", crate::web::visit::own_address(back))));
    }
    let words = match (saying, changed) {
        (_, false) => "Nothing has changed",
        (Saying::Same, _) => "They are one person now",
        (Saying::NotSame, _) => "They are not one person, and are not suggested again",
        (Saying::Undo, _) => "What was said is taken back",
    };
    let mut told = Pairs::default().with("done", words);
    if saying != Saying::Undo && changed {
        told = told.with("a", a).with("b", b);
    }
    Ok(Redirect::to(&told.address("/creators/persons")))
}

/// Another account of a person.
#[derive(Clone)]
pub struct OtherAccount {
    pub person: Person,
    /// Whether somebody said it of these two, not of others between them.
    pub direct: bool,
}

/// Another account that may be the person's.
#[derive(Clone)]
pub struct MaybeAccount {
    pub person: Person,
    pub evidence: Vec<String>,
    pub chance: EstimateView,
}

/// What a creator's page says of their other accounts.
#[derive(Template, Clone)]
#[template(path = "creators/_also_on.html")]
pub struct AlsoOn {
    account: String,
    others: Vec<OtherAccount>,
    conflicts: Vec<String>,
    suggestions: Vec<MaybeAccount>,
}

impl AlsoOn {
    pub(super) async fn of(data: &DataDirectory, account: AccountId) -> Result<AlsoOn, CreatorsError> {
        let said = Said::load(data).await?;
        let also = said.also(account);
        let found = open_with(data, &said, account).await?;
        let other_of = |one: &MergeSuggestion| if one.a == account { one.b } else { one.a };
        let mut accounts = also.clone();
        accounts.push(account);
        accounts.extend(found.iter().map(other_of));
        let of_person = |conflict: &&Conflict| conflict.through.contains(&account);
        accounts.extend(said.persons.conflicts.iter().filter(of_person).flat_map(|conflict| conflict.through.clone()));
        let named = names(data, accounts).await?;
        let other = |other: &AccountId| OtherAccount {
            person: person(&named, *other),
            direct: said.of(account, *other).is_some_and(|claim| claim.state == "confirmed"),
        };
        let maybe = |one: &MergeSuggestion| {
            let line = suggestion_line(one, &named);
            let person = if one.a == account { line.b } else { line.a };
            MaybeAccount { person, evidence: line.evidence, chance: line.chance }
        };
        Ok(AlsoOn {
            account: account.to_string(),
            others: also.iter().map(other).collect(),
            conflicts: said.persons.conflicts.iter().filter(of_person).map(|one| conflict_words(one, &named)).collect(),
            suggestions: found.iter().filter(|one| named.contains_key(&other_of(one))).map(maybe).collect(),
        })
    }
}
