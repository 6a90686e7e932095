//! Timelines told of what happened elsewhere: that an account of a contact answers otherwise than before, and who clicked on a link
//! of theirs.

use model::AccountId;

use super::OutreachError;
use crate::data_directory::DataDirectory;
use crate::vetting::level_words;
use crate::web::format;

const DAY: i64 = 86_400_000_000;
/// A day's clicks are told so long after it is over.
const SETTLED_AFTER: i64 = 600_000_000;

/// After figures were made: tells in the timeline of each contact whose account answers otherwise than it did; how many.
///
/// The first time an account is seen nothing has changed; what is not known changes nothing.
pub async fn scores(data: &DataDirectory) -> Result<u64, store::StoreError> {
    let told = data.store.scores_told().await?;
    let accounts: Vec<AccountId> = told.iter().map(|told| told.account).collect();
    let figures = data.derived.figures(&accounts).await?;
    let mut changed = 0;
    for one in told {
        let Some(now) = figures.get(&one.account).map(|figures| figures.level.as_str()) else { continue };
        let is_known = now != "not-known";
        match one.level.as_deref() {
            Some(before) if before == now || !is_known => {}
            Some(before) => {
                let words = format!("{}; before: {}", level_words(now), level_words(before));
                data.store.tell_score(&one, now, Some(&words), data.now()).await?;
                changed += 1;
            }
            None if is_known => data.store.tell_score(&one, now, None, data.now()).await?,
            None => {}
        }
    }
    Ok(changed)
}

/// Tells of each day that is over how many people clicked on a contact's link; how many days.
pub async fn clicks(data: &DataDirectory) -> Result<u64, OutreachError> {
    let now = data.now();
    let human = verdicts::VerdictKind::Human.code();
    let mut told = 0;
    // A click of the last second of a day may reach the log a little later.
    let today = (now.0 - SETTLED_AFTER).div_euclid(DAY);
    for of in data.store.clicks_not_told(today, human).await? {
        let day = crate::clock::day(model::Timestamp(of.day * DAY));
        let words = format!("{} by people on “{}” on {day}", format::counted(of.clicks, "click", "clicks"), of.name);
        told += u64::from(data.store.tell_clicks(&of, &words, now).await?);
    }
    Ok(told)
}
