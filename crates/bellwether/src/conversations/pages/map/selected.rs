//! What was selected on the map, as a table to take along: people, or groups with their whole portrait in numbers.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use model::AccountId;

use crate::conversations::ConversationsError;
use crate::conversations::market::GroupAbout;
use crate::creators;
use crate::web::app::{App, aside};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// `POST /conversations/map/selected.csv`: `account` or `group`, as often as there are any.
pub async fn selected(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let groups: Vec<i64> = asked.all("group").iter().filter_map(|group| group.parse().ok()).collect();
    let accounts: Vec<AccountId> = asked.all("account").iter().filter_map(|account| account.parse().ok()).collect();
    if groups.is_empty() && accounts.is_empty() {
        let hint = "Select people or groups on the map first: draw a loop around them, or press Space on each.";
        return Err(WebError::unreadable("Nothing is selected", hint));
    }
    let data = app.data.clone();
    aside(move || async move {
        let (snapshot, market) = data.market_groups().await?;
        if !groups.is_empty() {
            let wanted = groups.iter().filter_map(|&group| market.place(group));
            return Ok(sheet_of_groups(wanted.map(|place| &market.list[place as usize])));
        }
        let names = creators::names(&data, accounts.clone()).await.map_err(ConversationsError::from)?;
        let mut sheet = Sheet::new(&[
            "account",
            "name",
            "handle",
            "platform",
            "followers",
            "group",
            "group_name",
            "creator",
            "turned_to_by",
            "turns_to",
        ]);
        for account in accounts {
            let Some(name) = names.get(&account) else { continue };
            let place = snapshot.place(account);
            let group = place.and_then(|place| market.group_of(place));
            let talk = |counts: &[u32]| place.map_or_else(String::new, |place| counts[place as usize].to_string());
            let creator = place.map(|place| market.is_creator[place as usize].to_string());
            sheet.row([
                account.to_string(),
                name.name.clone(),
                name.handle.clone(),
                name.platform.name().to_owned(),
                name.followers.map(|followers| followers.to_string()).unwrap_or_default(),
                group.map(|group| group.id.to_string()).unwrap_or_default(),
                group.map(GroupAbout::called).unwrap_or_default(),
                creator.unwrap_or_default(),
                talk(&snapshot.index.account.in_degree),
                talk(&snapshot.index.account.out_degree),
            ]);
        }
        Ok::<_, ConversationsError>(sheet.download("selected-people.csv"))
    })
    .await
}

fn sheet_of_groups<'a>(groups: impl Iterator<Item = &'a GroupAbout>) -> Response {
    let mut sheet = Sheet::new(&[
        "group",
        "name",
        "people",
        "turns_inside",
        "found_again_value",
        "found_again_lo",
        "found_again_hi",
        "niche_code",
        "niche",
        "niche_share_value",
        "niche_share_lo",
        "niche_share_hi",
        "language",
    ]);
    for group in groups {
        let detail = &group.detail;
        let niche = detail.niches.first();
        let number = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
        sheet.row([
            group.id.to_string(),
            group.called(),
            detail.figures.members.to_string(),
            detail.figures.talks_inside.to_string(),
            number(detail.stability.map(|sure| sure.value)),
            number(detail.stability.map(|sure| sure.lo)),
            number(detail.stability.map(|sure| sure.hi)),
            niche.map(|niche| niche.code.clone()).unwrap_or_default(),
            niche.map(|niche| niche.name.clone()).unwrap_or_default(),
            number(niche.map(|niche| niche.share.value)),
            number(niche.map(|niche| niche.share.lo)),
            number(niche.map(|niche| niche.share.hi)),
            detail.language.as_ref().map(|spoken| spoken.name.clone()).unwrap_or_default(),
        ]);
    }
    sheet.download("selected-groups.csv")
}
