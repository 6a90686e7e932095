//! What every handler is given: the data directory, the work under way, and who can reach this program.

use std::future::Future;
use std::sync::Arc;

use askama::Template;
use axum::response::Html;

use super::error::WebError;
use super::guard::Reach;
use super::jobs::Jobs;
use crate::data_directory::DataDirectory;
use crate::tracking::pages::Live;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub data: Arc<DataDirectory>,
    pub jobs: Arc<Jobs>,
    pub reach: Reach,
    /// Who is told numbers as they change.
    pub live: Arc<Live>,
}

/// What a handler that answers with a page returns.
pub type Page = Result<Html<String>, WebError>;

/// Draws a page away from the threads that serve requests.
pub async fn draw(page: impl Template + Send + 'static) -> Page {
    let drawn = tokio::task::spawn_blocking(move || page.render()).await;
    let html = drawn.map_err(|error| WebError::fault("drawing the page", &error))?;
    Ok(Html(html.map_err(|error| WebError::fault("drawing the page", &error))?))
}

/// Runs work that may compute between its awaits on a thread of its own, so that other requests are not held up.
pub async fn aside<W, F, T, E>(work: W) -> Result<T, WebError>
where
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>>,
    T: Send + 'static,
    E: Into<WebError> + Send + 'static,
{
    let (runtime, actor) = (tokio::runtime::Handle::current(), store::actor_now());
    match tokio::task::spawn_blocking(move || runtime.block_on(store::acting(actor, work()))).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(error) => Err(WebError::fault("doing the work", &error)),
    }
}
