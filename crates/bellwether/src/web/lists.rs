//! The field that adds people to a shortlist, as it stands on every page where people can be picked.

use super::app::App;
use super::error::WebError;

/// A shortlist to add to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListChoice {
    pub id: i64,
    pub name: String,
    pub is_chosen: bool,
}

/// All shortlists by name; the one added to last is chosen.
pub async fn list_choices(app: &App) -> Result<Vec<ListChoice>, WebError> {
    let lists = app.data.store.shortlists().await?;
    let newest = lists.iter().max_by_key(|list| (list.added_to_at, list.created_at)).map(|list| list.id);
    let choice =
        |list: store::Shortlist| ListChoice { is_chosen: newest == Some(list.id), id: list.id, name: list.name };
    Ok(lists.into_iter().map(choice).collect())
}

/// Where somebody was picked, in words; `None` for a place that is none.
pub fn picked_on_words(place: &str) -> Option<&'static str> {
    Some(match place {
        "map" => "on the map",
        "ranking" => "in a ranking",
        "fit" => "by fit",
        "profile" => "on their page",
        "list" => "on a list",
        "search" => "in a search",
        "file" => "from a file",
        "command" => "by command",
        _ => return None,
    })
}
