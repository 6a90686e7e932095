//! `/tracking/live`: numbers as they change, as server-sent events, while somebody listens; and the words that `/tracking` itself
//! says of them, so that both say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use store::tracking::{Counted, DayTotal};
use verdicts::VerdictKind;

use super::link::counted_or_said;
use super::links::{Asked, Counts, moment};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::query::Pairs;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two signs of life, without which a proxy cuts the line.
const SIGN_EVERY_LOOKS: u32 = 15;
/// A line ends after so many looks and is begun again by the page: nobody listens for ever on a line that is gone.
const LOOKS_MAX: u32 = 3_600;
const DAY: i64 = 86_400_000_000;

/// Today's numbers in words.
pub struct TodayWords {
    pub people: String,
    pub visitors: String,
    pub others: String,
}

impl TodayWords {
    pub fn of(totals: &[DayTotal], today: i64) -> TodayWords {
        let (mut people, mut visitors, mut others) = (0, 0, 0);
        for total in totals.iter().filter(|total| total.day == today) {
            match VerdictKind::from_code(total.verdict) {
                Some(VerdictKind::Human) => (people, visitors) = (people + total.clicks, visitors + total.visitors),
                _ => others += total.clicks,
            }
        }
        TodayWords { people: format::count(people), visitors: format::count(visitors), others: format::count(others) }
    }
}

/// Today, since 1970.
pub fn today(app: &App) -> i64 {
    app.data.now().0.div_euclid(DAY)
}

/// Every number of the page under the name that its place in the page has.
async fn numbers(app: &App, asked: &Asked) -> Result<BTreeMap<String, String>, WebError> {
    let today = today(app);
    let words = TodayWords::of(&app.data.store.day_totals(today).await?, today);
    let mut numbers = BTreeMap::from([
        ("today-people".to_owned(), words.people),
        ("today-visitors".to_owned(), words.visitors),
        ("today-others".to_owned(), words.others),
        ("finding".to_owned(), asked.brought(app).await?.words()),
        ("counted".to_owned(), format::count(app.data.store.counted().await?.clicks)),
    ]);
    let rows = asked.rows(app).await?;
    let links: Vec<u32> = rows.iter().map(|row| row.id).collect();
    for (link, counts) in Counts::by_link(&app.data.store.verdict_counts_of(&links).await?) {
        numbers.insert(format!("people-{link}"), format::count(counts.people));
        numbers.insert(format!("visitors-{link}"), format::count(counts.uniques));
        numbers.insert(format!("others-{link}"), format::count(counts.others + counts.repeats));
        numbers.insert(format!("first-{link}"), moment(counts.first_at));
        numbers.insert(format!("last-{link}"), moment(counts.last_at));
    }
    Ok(numbers)
}

/// One who listens.
struct Listening {
    app: App,
    asked: Asked,
    counted: Option<Counted>,
    day: i64,
    said: BTreeMap<String, String>,
    looks: u32,
}

impl Listening {
    /// Waits until there is something to say; nothing once the line or the program ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.looks > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            self.looks += 1;
            if self.looks > LOOKS_MAX || self.app.data.is_ending() {
                return None;
            }
            match self.changed().await {
                Ok(Some(event)) => return Some(event),
                Ok(None) if self.looks.is_multiple_of(SIGN_EVERY_LOOKS) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(what = %error.what_happened, "live numbers could not be read");
                    return None;
                }
            }
        }
    }

    /// The numbers that are other ones than were said; all of them at first.
    async fn changed(&mut self) -> Result<Option<Bytes>, WebError> {
        counted_or_said(&self.app).await;
        let (counted, day) = (self.app.data.store.counted().await?, today(&self.app));
        if self.counted == Some(counted) && self.day == day {
            return Ok(None);
        }
        (self.counted, self.day) = (Some(counted), day);
        let now = numbers(&self.app, &self.asked).await?;
        let changed: BTreeMap<&String, &String> =
            now.iter().filter(|(name, words)| self.said.get(*name) != Some(words)).collect();
        let event = (!changed.is_empty())
            .then(|| serde_json::to_string(&changed).map(|json| Bytes::from(format!("data: {json}\n\n"))))
            .transpose();
        let event = event.map_err(|error| WebError::fault("writing live numbers", &error))?;
        self.said = now;
        Ok(event)
    }
}

/// `GET /tracking/live`, with the filter and page of `/tracking`.
pub async fn live(State(app): State<App>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, WebError> {
    let asked = Asked::of(&Pairs(pairs));
    let listening = Listening { app, asked, counted: None, day: 0, said: BTreeMap::new(), looks: 0 };
    let events = futures::stream::unfold(listening, |mut listening| async move {
        let event = listening.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), listening))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}
