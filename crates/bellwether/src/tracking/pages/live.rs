//! `/tracking/live`: numbers as they change, as server-sent events, while somebody listens; and the words that `/tracking` itself
//! says of them, so that both say the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::tracking::{Counted, DayTotal};
use tokio::sync::watch;
use verdicts::VerdictKind;

use super::link::counted_or_said;
use super::links::{Asked, Counts, moment};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::query::Pairs;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two signs of life, without which a proxy cuts the line.
const SIGN_EVERY: Duration = Duration::from_secs(15);
/// A line ends after so long and is begun again by the page: nobody listens for ever on a line that is gone.
const LISTENS_FOR: Duration = Duration::from_secs(3_600);
/// Who listen at once; each has the numbers of its own page read when they change.
const LISTENERS_MAX: usize = 100;
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

/// What all who listen are told at once: that something may have changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct News {
    counted: Counted,
    day: i64,
    is_over: bool,
}

/// Those who listen, and the one who looks for all of them, as long as there is anybody.
pub struct Live {
    /// Nothing before the first look.
    news: watch::Sender<Option<News>>,
    is_looked: Mutex<bool>,
}

impl Default for Live {
    fn default() -> Live {
        Live { news: watch::Sender::new(None), is_looked: Mutex::default() }
    }
}

impl Live {
    /// Somebody listens from now on; nobody, where so many do already.
    fn listen(&self, app: &App) -> Option<watch::Receiver<Option<News>>> {
        let mut is_looked = self.is_looked.lock().unwrap_or_else(PoisonError::into_inner);
        if self.news.receiver_count() >= LISTENERS_MAX {
            return None;
        }
        let mut listens = self.news.subscribe();
        if *is_looked {
            listens.mark_changed();
        } else {
            *is_looked = true;
            self.news.send_replace(None);
            let app = app.clone();
            tokio::spawn(async move { app.live.look(&app).await });
        }
        Some(listens)
    }

    /// Looks every second, until nobody listens any more or the program ends.
    async fn look(&self, app: &App) {
        loop {
            counted_or_said(app).await;
            match app.data.store.counted().await {
                Ok(counted) => {
                    let news = Some(News { counted, day: today(app), is_over: app.data.is_ending() });
                    self.news.send_if_modified(|held| std::mem::replace(held, news) != news);
                }
                Err(error) => tracing::warn!(%error, "live numbers could not be read"),
            }
            {
                let mut is_looked = self.is_looked.lock().unwrap_or_else(PoisonError::into_inner);
                if self.news.receiver_count() == 0 || app.data.is_ending() {
                    *is_looked = false;
                    return;
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One who listens.
struct Listening {
    app: App,
    asked: Asked,
    news: watch::Receiver<Option<News>>,
    said: BTreeMap<String, String>,
    ends: Instant,
}

impl Listening {
    /// Waits until there is something to say; nothing once the line or the program ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ends <= Instant::now() {
                return None;
            }
            match tokio::time::timeout(SIGN_EVERY, self.news.changed()).await {
                Err(_) => return Some(Bytes::from_static(b": still here\n\n")),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
            let Some(news) = *self.news.borrow_and_update() else { continue };
            if news.is_over {
                return None;
            }
            match self.changed().await {
                Ok(Some(event)) => return Some(event),
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

/// `GET /tracking/live`, with the filter and page of `/tracking`. 503 where so many listen already; the page shows its numbers
/// all the same, as they were when it was opened.
pub async fn live(State(app): State<App>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let asked = Asked::of(&Pairs(pairs));
    let Some(news) = app.live.listen(&app) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let listening = Listening { app, asked, news, said: BTreeMap::new(), ends: Instant::now() + LISTENS_FOR };
    let events = futures::stream::unfold(listening, |mut listening| async move {
        let event = listening.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), listening))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(events)).into_response()
}
