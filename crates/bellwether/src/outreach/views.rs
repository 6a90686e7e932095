//! Views of a list: its filters kept under a name, opened again by an address.

use model::outreach::Stage;
use serde::Serialize;
use store::outreach::contacts::{ContactFilter, ContactOrder};
use store::outreach::deals::DealFilter;
use store::outreach::views::{Renamed, ViewRow};

use super::contacts::filter;
use super::{OutreachError, TEAM, one_line};
use crate::creators::search::saved::pairs_of;
use crate::data_directory::DataDirectory;
use crate::web::query::Pairs;

const NAME_LETTERS_MAX: usize = 60;
const QUERY_LETTERS_MAX: usize = 1_000;
/// Of one list.
const VIEWS_MAX: usize = 100;

/// A list that has views: its address, and what it is called.
pub const CONTACTS: (&str, &str) = ("/outreach/contacts", "Contacts");
pub const DEALS: (&str, &str) = ("/outreach/deals", "Deals");
const LISTS: [(&str, &str); 2] = [CONTACTS, DEALS];

/// What an address holds beside the filters of its list.
const NO_FILTERS: [&str; 4] = ["page", "done", "undo", "back"];

/// A view as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ViewShown {
    pub id: i64,
    pub name: String,
    pub list: &'static str,
    pub address: String,
    /// What it shows: `stage talking, owner Mia`.
    pub filters: String,
    #[serde(skip)]
    pub query: String,
}

fn shown(row: ViewRow) -> ViewShown {
    let list = LISTS.iter().find(|(path, _)| *path == row.path).map_or("", |(_, words)| words);
    let address = if row.query.is_empty() { row.path.clone() } else { format!("{}?{}", row.path, row.query) };
    ViewShown {
        id: row.id,
        name: row.name,
        list,
        filters: filter_words(&pairs_of(&row.query)),
        address,
        query: row.query,
    }
}

/// Filters in words.
pub fn filter_words(pairs: &Pairs) -> String {
    let word = |(key, value): &(String, String)| match key.as_str() {
        "stage" => format!("stage {}", Stage::from_code(value).map_or(value.as_str(), |stage| stage.words())),
        "words" => format!("“{value}”"),
        "sort" => format!("by {value}"),
        "show" => format!("as {value}"),
        key => format!("{key} {value}"),
    };
    let words: Vec<String> = pairs.0.iter().filter(|(_, value)| !value.trim().is_empty()).map(word).collect();
    if words.is_empty() { "everything".to_owned() } else { words.join(", ") }
}

/// The filters among the pairs of an address, as a question.
pub fn question_of(asked: &Pairs) -> String {
    let kept = asked.0.iter().filter(|(key, value)| !value.trim().is_empty() && !NO_FILTERS.contains(&key.as_str()));
    Pairs(kept.cloned().collect()).address("").trim_start_matches('?').to_owned()
}

/// Every view, or those of one list.
pub async fn all(data: &DataDirectory, path: Option<&str>) -> Result<Vec<ViewShown>, OutreachError> {
    let rows = data.store.outreach_views().await?;
    Ok(rows.into_iter().filter(|row| path.is_none_or(|path| path == row.path)).map(shown).collect())
}

fn name_of(name: &str) -> Result<String, OutreachError> {
    let name = one_line("view_name", name, NAME_LETTERS_MAX)?;
    match name.is_empty() {
        true => Err(OutreachError::Field { field: "view_name", problem: "a view needs a name".to_owned() }),
        false => Ok(name),
    }
}

fn taken(name: &str) -> OutreachError {
    let problem = format!("a view is called “{name}” already; choose another name, or delete that one first");
    OutreachError::Field { field: "view_name", problem }
}

/// Keeps the filters of a list under a name.
pub async fn keep(data: &DataDirectory, name: &str, path: &str, query: &str) -> Result<ViewShown, OutreachError> {
    let refused = |problem: String| OutreachError::Field { field: "view_name", problem };
    let name = name_of(name)?;
    if !LISTS.iter().any(|(known, _)| *known == path) {
        return Err(refused(format!("{path:?} is no list that has views")));
    }
    let pairs = pairs_of(query);
    let query = question_of(&pairs);
    if query.chars().count() > QUERY_LETTERS_MAX {
        return Err(refused("these filters are too long to be kept".to_owned()));
    }
    if pairs.one("words").is_some_and(|words| words.contains('@')) {
        let problem = "it looks for somebody's address, and addresses are not kept in views; open the contact instead";
        return Err(refused(problem.to_owned()));
    }
    if all(data, Some(path)).await?.len() >= VIEWS_MAX {
        return Err(refused(format!("there are {VIEWS_MAX} views of this list; delete one first")));
    }
    match data.store.keep_outreach_view(&name, path, &query, data.now()).await? {
        Some(id) => Ok(shown(ViewRow { id, name, path: path.to_owned(), query, created_at: data.now() })),
        None => Err(taken(&name)),
    }
}

/// Gives a view another name.
pub async fn rename(data: &DataDirectory, id: i64, name: &str) -> Result<(), OutreachError> {
    let name = name_of(name)?;
    match data.store.rename_outreach_view(id, &name).await? {
        Renamed::Done => Ok(()),
        Renamed::Taken => Err(taken(&name)),
        Renamed::NotThere => Err(OutreachError::NoView(id.to_string())),
    }
}

pub async fn delete(data: &DataDirectory, id: i64) -> Result<(), OutreachError> {
    if !data.store.delete_outreach_view(id).await? {
        return Err(OutreachError::NoView(id.to_string()));
    }
    data.store.add_audit(data.now(), TEAM, "view deleted", &format!("view {id}"), "").await?;
    Ok(())
}

/// The filters of a view, by its list and its name or number.
pub async fn find(data: &DataDirectory, path: &str, named: &str) -> Result<Pairs, OutreachError> {
    let views = all(data, Some(path)).await?;
    let by_name = views.iter().find(|view| view.name.to_lowercase() == named.trim().to_lowercase());
    let found = by_name.or_else(|| views.iter().find(|view| view.id.to_string() == named.trim()));
    found.map(|view| pairs_of(&view.query)).ok_or_else(|| OutreachError::NoView(named.to_owned()))
}

/// Which contacts an address or a view asks for.
pub fn contact_filter(data: &DataDirectory, asked: &Pairs) -> ContactFilter {
    ContactFilter {
        import: asked.one("import").and_then(|import| import.parse().ok()),
        ..filter(
            data,
            asked.one("words"),
            asked.one("stage").and_then(Stage::from_code),
            asked.one("owner").map(str::to_owned),
            asked.one("tag").map(str::to_owned),
        )
    }
}

/// How lists of contacts are ordered: code, words, order; the first is the usual one.
pub const CONTACT_ORDERS: [(&str, &str, ContactOrder); 4] = [
    ("waiting", "longest on their stage", ContactOrder::Waiting),
    ("name", "name", ContactOrder::Name),
    ("touch", "last touch", ContactOrder::LastTouch),
    ("newest", "newest", ContactOrder::Newest),
];

/// The order that an address or a view asks for.
pub fn contact_order(asked: &Pairs) -> (&'static str, ContactOrder) {
    let named = CONTACT_ORDERS.into_iter().find(|(code, ..)| asked.one("sort") == Some(code));
    named.map_or((CONTACT_ORDERS[0].0, CONTACT_ORDERS[0].2), |(code, _, order)| (code, order))
}

/// Which deals a view asks for.
pub fn deal_filter(asked: &Pairs) -> DealFilter {
    DealFilter { campaign: asked.one("campaign").and_then(|id| id.parse().ok()), ..DealFilter::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_keeps_the_filters_alone_and_says_them() {
        let asked = Pairs::default()
            .with("words", "espresso & tea")
            .with("stage", "talking")
            .with("owner", "")
            .with("page", 3)
            .with("done", "Kept");
        let question = question_of(&asked);
        assert_eq!(question, "words=espresso%20%26%20tea&stage=talking");
        assert_eq!(filter_words(&pairs_of(&question)), "“espresso & tea”, stage in talks");
        assert_eq!(filter_words(&pairs_of("")), "everything");
    }
}
