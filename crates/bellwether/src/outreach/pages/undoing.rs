//! `/outreach/changes/{id}/undo`: a merge or a move along the stages taken back, by the button that stands beside what was done.

use axum::extract::{Form, Path, State};
use axum::response::Redirect;

use super::{address_back, back_to, saying};
use crate::outreach::moving;
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// The change that a page offers to take back: the one its address names, while it can be.
pub async fn offered(app: &App, asked: &Pairs) -> Result<Option<i64>, WebError> {
    let Some(id) = asked.one("undo").and_then(|id| id.parse().ok()) else { return Ok(None) };
    let held = app.data.store.contact_change(id).await?;
    Ok(held.filter(|held| held.undone_at.is_none()).map(|held| held.id))
}

/// Back to where a form stood, which says what was done and offers to take it back.
pub fn back_with_undo(pairs: &Pairs, otherwise: &str, done: &str, change: Option<i64>) -> Redirect {
    let address = without_undo(&saying(address_back(pairs, otherwise), done));
    let Some(change) = change else { return Redirect::to(&address) };
    let (address, anchor) = match address.split_once('#') {
        Some((address, anchor)) => (address.to_owned(), format!("#{anchor}")),
        None => (address, String::new()),
    };
    Redirect::to(&format!("{address}&undo={change}{anchor}"))
}

/// An address that offers nothing to take back.
fn without_undo(address: &str) -> String {
    let Some((path, rest)) = address.split_once('?') else { return address.to_owned() };
    let (query, anchor) = rest.split_once('#').map_or((rest, None), |(query, anchor)| (query, Some(anchor)));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("undo=")).collect();
    let anchor = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
    format!("{path}?{}{anchor}", kept.join("&"))
}

/// `POST /outreach/changes/{id}/undo`
pub async fn undo(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let held = app.data.store.contact_change(id).await?;
    if held.is_some_and(|held| held.undone_at.is_some()) {
        return Ok(back_to(&given, "/outreach/contacts", "It was taken back before; nothing was changed"));
    }
    let done = moving::undo_any(&app.data, id).await?;
    Ok(back_with_undo(&given, "/outreach/contacts", &done, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn what_can_be_taken_back_is_offered_once_and_beside_what_was_done() {
        for (back, change, expect) in [
            ("/outreach/board?owner=Mia", Some(7), "/outreach/board?done=Moved&owner=Mia&undo=7"),
            ("/outreach/board?done=Old&undo=3", Some(7), "/outreach/board?done=Moved&undo=7"),
            ("/outreach/contacts/1?undo=3#timeline", Some(7), "/outreach/contacts/1?done=Moved&undo=7#timeline"),
            ("/outreach/board?undo=3", None, "/outreach/board?done=Moved"),
            ("https://elsewhere.example/", Some(7), "/outreach/contacts?done=Moved&undo=7"),
        ] {
            let given = Pairs::default().with("back", back);
            let redirect = back_with_undo(&given, "/outreach/contacts", "Moved", change).into_response();
            assert_eq!(redirect.headers()["location"], expect, "{back}");
        }
    }
}
