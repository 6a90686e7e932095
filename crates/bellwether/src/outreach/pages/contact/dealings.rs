//! What stands on a contact's page of money: their deals in short, and every price known for their accounts, oldest first.

use engine::matching::price::{PostFormat, PriceKind};
use model::AccountId;
use model::outreach::deals::DealState;
use store::PriceRow;
use store::outreach::deals::{DealFilter, DealRow};

use super::super::ago;
use crate::clock;
use crate::matching::fit::profile::money_typed;
use crate::outreach::deals::{self, Terms};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// A deal of the contact.
pub struct DealLine {
    pub id: i64,
    pub brief: String,
    pub state: &'static str,
    pub since: String,
    pub short: String,
    pub is_over: bool,
}

/// A price that the contact asked or was paid.
pub struct PriceLine {
    pub day: String,
    pub account: String,
    pub format: &'static str,
    /// Asked, or agreed.
    pub kind: &'static str,
    pub fee: String,
    pub note: String,
    pub address: String,
}

/// The deals of a contact, those that go on first.
pub async fn deal_lines(app: &App, contact: i64) -> Result<Vec<DealLine>, WebError> {
    let now = app.data.now();
    let rows = app.data.store.deals(&DealFilter { contact: Some(contact), ..DealFilter::default() }).await?;
    let line = |row: DealRow| {
        let terms: Terms =
            serde_json::from_str(&row.terms).map_err(|error| WebError::fault("reading a deal", &error))?;
        Ok(DealLine {
            id: row.id,
            brief: row.brief_name,
            state: row.state.words(),
            since: ago(now, row.state_since),
            short: deals::short(&terms),
            is_over: matches!(row.state, DealState::Settled | DealState::Declined | DealState::Withdrawn),
        })
    };
    let mut lines = rows.into_iter().map(line).collect::<Result<Vec<_>, WebError>>()?;
    lines.sort_by_key(|line| (line.is_over, std::cmp::Reverse(line.id)));
    Ok(lines)
}

/// The prices known for some accounts, which are named as the page names them.
pub async fn price_lines(
    app: &App,
    accounts: &[AccountId],
    name: impl Fn(AccountId) -> String,
) -> Result<Vec<PriceLine>, WebError> {
    let rows = app.data.store.prices_of(accounts).await?;
    let line = |row: PriceRow| PriceLine {
        day: clock::day(row.dated_at),
        account: name(row.account),
        format: PostFormat::from_code(&row.format).unwrap_or(PostFormat::Other).name(),
        kind: match PriceKind::from_code(&row.kind) {
            Some(PriceKind::Deal) => "agreed",
            Some(PriceKind::RateCard) => "asked, on a rate card",
            Some(PriceKind::Quote) | None => "asked, as a quote",
        },
        fee: money_typed(&row.fee),
        note: row.note,
        address: Pairs::default().with("creator", row.account).with("format", &row.format).address("/matching/prices"),
    };
    Ok(rows.into_iter().map(line).collect())
}
