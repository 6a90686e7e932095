//! `/creators/lists/{id}/edit` and `/creators/lists/{id}/people/{account}`: notes, owners and columns typed in place, for a
//! page of people or for one, and the team's votes on one. A field that somebody else changed in the meantime is shown with
//! both versions and left as it is.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::AccountId;
use store::{Shortlist, ShortlistMember};

use super::one::Beside;
use super::{Notice, back_to, list_of, of_list};
use crate::clock;
use crate::creators::shortlists::changes::{Conflict, Edit, Field, NOTE_LETTERS_MAX, VALUE_LETTERS_MAX, edit};
use crate::creators::shortlists::reviews::{COMMENT_LETTERS_MAX, Given, vote, vote_words, voter_words};
use crate::creators::shortlists::{self, Listed};
use crate::creators::stages;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// People whose fields are shown at once.
const ROWS_A_PAGE: usize = 50;

/// Somebody's fields.
pub struct EditRow {
    pub account: String,
    /// `None` once nothing about them is held any more.
    pub person: Option<Person>,
    pub note: String,
    pub owner: String,
    /// Column's number, name and value.
    pub values: Vec<(i64, String, String)>,
}

/// A field that two people changed.
pub struct ConflictLine {
    pub who: String,
    pub field: String,
    pub theirs: String,
    pub yours: String,
}

#[derive(Template)]
#[template(path = "creators/list_edit.html")]
struct EditPage {
    layout: Layout,
    list: Shortlist,
    columns: Vec<String>,
    rows: Vec<EditRow>,
    shown: String,
    offset: usize,
    previous: Option<String>,
    next: Option<String>,
    kept: Option<Notice>,
    conflicts: Vec<ConflictLine>,
    note_letters_max: usize,
    value_letters_max: usize,
}

fn row_of(listed: Listed, held: &Beside) -> EditRow {
    let account = listed.member.account;
    let named = held.columns.iter().zip(held.values_of(account));
    EditRow {
        account: account.to_string(),
        person: listed.name.as_ref().map(|name| Person { followers: None, ..Person::of(name) }),
        note: listed.member.note,
        owner: listed.member.owner,
        values: named.map(|((id, name), value)| (*id, name.clone(), value)).collect(),
    }
}

/// `GET /creators/lists/{id}/edit`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    page(&app, visit, id, asked.offset("offset"), None, vec![]).await
}

async fn page(app: &App, visit: Visit, id: i64, offset: usize, kept: Option<Notice>, conflicts: Vec<Conflict>) -> Page {
    let list = list_of(app, id).await?;
    let members = app.data.store.shortlist_members(id).await?;
    let from = offset.min(members.len().saturating_sub(1));
    let shown: Vec<ShortlistMember> = members.iter().skip(from).take(ROWS_A_PAGE).cloned().collect();
    let to = from + shown.len();
    let data = app.data.clone();
    let listed = aside(move || async move { shortlists::about(&data, shown).await }).await?;
    let held = Beside::of(app, id).await?;
    let rows: Vec<EditRow> = listed.into_iter().map(|listed| row_of(listed, &held)).collect();
    let path = format!("/creators/lists/{id}/edit");
    let page_at = |offset: usize| Pairs::default().with("offset", offset).address(&path);
    draw(EditPage {
        layout: Layout::load(app, visit, Word::Creators, format!("Edit {}", list.name)).await?,
        columns: held.columns.iter().map(|(_, name)| name.clone()).collect(),
        conflicts: conflicts.into_iter().map(|conflict| conflict_line(conflict, &rows, &held)).collect(),
        rows,
        shown: format!("{}–{} of {}", from + usize::from(to > 0), to, format::count(list.people)),
        offset: from,
        previous: (from > 0).then(|| page_at(from.saturating_sub(ROWS_A_PAGE))),
        next: (to < members.len()).then(|| page_at(to)),
        kept,
        note_letters_max: NOTE_LETTERS_MAX,
        value_letters_max: VALUE_LETTERS_MAX,
        list,
    })
    .await
}

fn conflict_line(conflict: Conflict, rows: &[EditRow], held: &Beside) -> ConflictLine {
    let account = conflict.account.to_string();
    let person = rows.iter().find(|row| row.account == account).and_then(|row| row.person.as_ref());
    ConflictLine {
        who: person.map_or(account, |person| person.name.clone()),
        field: match conflict.field {
            Field::Note => "note".to_owned(),
            Field::Owner => "owner".to_owned(),
            Field::Value(column) => {
                held.columns.iter().find(|(id, _)| *id == column).map_or_else(String::new, |(_, name)| name.clone())
            }
        },
        theirs: conflict.theirs,
        yours: conflict.yours,
    }
}

/// The edits of a form: `note-ACCOUNT`, `owner-ACCOUNT`, `value-COLUMN-ACCOUNT`, each with what it was under `was-…`.
fn edits_of(pairs: &[(String, String)]) -> Vec<Edit> {
    let was = |key: &str| {
        let held = pairs.iter().find(|(name, _)| name.strip_prefix("was-") == Some(key));
        held.map_or_else(String::new, |(_, value)| value.clone())
    };
    let read = |(key, to): &(String, String)| {
        let (field, account) = match key.split_once('-')? {
            ("note", account) => (Field::Note, account),
            ("owner", account) => (Field::Owner, account),
            ("value", rest) => {
                let (column, account) = rest.split_once('-')?;
                (Field::Value(column.parse().ok()?), account)
            }
            _ => return None,
        };
        Some(Edit { account: account.parse().ok()?, field, was: was(key), to: to.clone() })
    };
    pairs.iter().filter_map(read).collect()
}

/// `POST /creators/lists/{id}/edit`
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    list_of(&app, id).await?;
    let (edits, asked) = (edits_of(&pairs), Pairs(pairs));
    let edited = edit(&app.data, id, edits).await.map_err(|error| of_list(error, id))?;
    let path = format!("/creators/lists/{id}");
    if edited.conflicts.is_empty() {
        let path = match asked.one("account") {
            Some(account) => format!("{path}/people/{account}"),
            None => path,
        };
        return Ok(back_to(&path, &edited.done, &asked).into_response());
    }
    let kept = Notice { words: edited.done.words, undo: edited.done.undo };
    Ok(page(&app, visit, id, asked.offset("offset"), Some(kept), edited.conflicts).await?.into_response())
}

/// A vote as the team sees it.
pub struct VoteLine {
    pub who: String,
    pub vote: &'static str,
    pub comment: String,
    pub when: String,
}

#[derive(Template)]
#[template(path = "creators/list_member.html")]
struct MemberPage {
    layout: Layout,
    list: Shortlist,
    notice: Option<Notice>,
    row: EditRow,
    title: String,
    stage: Option<&'static str>,
    votes: Vec<VoteLine>,
    sum: String,
    name: String,
    note_letters_max: usize,
    value_letters_max: usize,
    comment_letters_max: usize,
}

/// `GET /creators/lists/{id}/people/{account}`
pub async fn member(
    State(app): State<App>,
    visit: Visit,
    Path((id, account)): Path<(i64, AccountId)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    let list = list_of(&app, id).await?;
    let members = app.data.store.shortlist_members(id).await?;
    let Some(member) = members.into_iter().find(|member| member.account == account) else {
        let words = "The shortlist exists; this person is not on it, or no longer.";
        return Err(of_list(WebError::not_found("Not on this shortlist", words), id));
    };
    let data = app.data.clone();
    let mut listed = aside(move || async move { shortlists::about(&data, vec![member]).await }).await?;
    let held = Beside::of(&app, id).await?;
    let Some(listed) = listed.pop() else {
        return Err(WebError::not_found("Not on this shortlist", "The person is no longer on it."));
    };
    let row = row_of(listed, &held);
    let title = row.person.as_ref().map_or_else(|| format!("account {account}"), |person| person.name.clone());
    let own: Vec<_> = held.votes.iter().filter(|vote| vote.account == account).cloned().collect();
    let tally = shortlists::reviews::tallies(&own).remove(&account).unwrap_or_default();
    let line = |vote: &store::ShortlistVote| VoteLine {
        who: voter_words(&vote.voter, &held.links),
        vote: vote_words(vote.vote),
        comment: vote.comment.clone(),
        when: clock::minute(vote.voted_at),
    };
    draw(MemberPage {
        layout: Layout::load(&app, visit, Word::Creators, format!("{title} on {}", list.name)).await?,
        notice: Notice::of(&app, &asked).await,
        stage: held.stages.get(&account).and_then(|stage| stages::words(stage)),
        sum: format!("{} for, {} against, {} neither", tally.up, tally.down, tally.neutral),
        votes: own.iter().map(line).collect(),
        name: asked.one("voter").unwrap_or("").to_owned(),
        title,
        row,
        note_letters_max: NOTE_LETTERS_MAX,
        value_letters_max: VALUE_LETTERS_MAX,
        comment_letters_max: COMMENT_LETTERS_MAX,
        list,
    })
    .await
}

/// `POST /creators/lists/{id}/people/{account}/vote`: somebody of the team.
pub async fn team_vote(
    State(app): State<App>,
    Path((id, account)): Path<(i64, AccountId)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    list_of(&app, id).await?;
    let given = match asked.one("vote") {
        Some("for") => Some(1),
        Some("against") => Some(-1),
        Some("take-back") => None,
        _ => Some(0),
    };
    let (voter, comment) = (asked.one("voter").unwrap_or(""), asked.one("comment").unwrap_or("").to_owned());
    let kept = vote(&app.data, id, None, voter, vec![Given { account, vote: given, comment }]).await;
    kept.map_err(|error| of_list(error, id))?;
    let address = Pairs::default().with("said", "kept").with("voter", voter);
    Ok(Redirect::to(&address.address(&format!("/creators/lists/{id}/people/{account}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_was_typed_and_what_was_seen() {
        let pairs: Vec<(String, String)> = [
            ("note-5", "asks for samples"),
            ("was-note-5", "asks"),
            ("value-7-5", ""),
            ("was-value-7-5", "200"),
            ("value-x-5", "?"),
            ("note-ana", "?"),
            ("offset", "50"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
        let edit =
            |field, was: &str, to: &str| Edit { account: AccountId(5), field, was: was.to_owned(), to: to.to_owned() };
        assert_eq!(edits_of(&pairs), [edit(Field::Note, "asks", "asks for samples"), edit(Field::Value(7), "200", "")]);
    }
}
