//! What waits for the team: how much of each kind, as the first page counts it, and the things themselves.

use store::outreach::deals::{DealFilter, DealRow};
use store::outreach::payments::PaymentRow;
use store::outreach::tasks::TaskRow;
use store::outreach::waiting::{Waiting, WaitingPiece};

use super::OutreachError;
use crate::clock;
use crate::data_directory::DataDirectory;

/// Days ahead in which a payment is said to be due.
pub const PAYMENT_DAYS: u32 = 7;
/// Of each kind, in the list.
pub const SHOWN_MAX: u64 = 100;

/// The things that wait, the most urgent first, of each kind at most [`SHOWN_MAX`].
pub struct WaitingThings {
    pub counts: Waiting,
    pub counter_offers: Vec<DealRow>,
    pub drafts: Vec<WaitingPiece>,
    pub late: Vec<WaitingPiece>,
    pub payments: Vec<PaymentRow>,
    pub tasks: Vec<(TaskRow, String)>,
}

fn days(data: &DataDirectory) -> (String, String) {
    let now = data.now();
    (clock::iso_day(now), clock::iso_day(now.plus_days(model::Days(PAYMENT_DAYS))))
}

/// How much waits of each kind.
pub async fn counts(data: &DataDirectory) -> Result<Waiting, OutreachError> {
    let (today, until) = days(data);
    Ok(data.store.waiting(&today, &until).await?)
}

/// What waits.
pub async fn things(data: &DataDirectory) -> Result<WaitingThings, OutreachError> {
    let (today, until) = days(data);
    let store = &data.store;
    let countered = DealFilter { state: Some(model::outreach::deals::DealState::Countered), ..DealFilter::default() };
    let tasks = store.tasks_due(&today, SHOWN_MAX).await?;
    let people: Vec<i64> = tasks.iter().map(|task| task.contact).collect();
    let names = store.card_contacts(&people).await?;
    let name = |task: TaskRow| {
        let name = names.iter().find(|contact| contact.id == task.contact).map(|contact| contact.name.clone());
        (task, name.unwrap_or_default())
    };
    Ok(WaitingThings {
        counts: store.waiting(&today, &until).await?,
        counter_offers: store.deals(&countered).await?.into_iter().take(SHOWN_MAX as usize).collect(),
        drafts: store.waiting_pieces(None, SHOWN_MAX).await?,
        late: store.waiting_pieces(Some(&today), SHOWN_MAX).await?,
        payments: store.payments_due(&until, SHOWN_MAX).await?,
        tasks: tasks.into_iter().map(name).collect(),
    })
}
