//! The web application: its addresses, its frame, its errors and what every page shares.
//!
//! Pages of a word live in that word's folder (`matching/pages`); here is what belongs to none of the nine.

pub mod app;
pub mod assets;
pub mod brands;
pub mod csv;
pub mod error;
pub mod estimates;
pub mod figures;
pub mod format;
pub mod forms;
pub mod guard;
pub mod heat;
pub mod home;
pub mod jobs;
pub mod layout;
pub mod level;
pub mod lists;
pub mod outbound;
pub mod pager;
pub mod patterns;
pub mod people;
pub mod query;
pub mod router;
pub mod session;
pub mod visit;
pub mod words;
pub mod workbook;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;

use crate::data_directory::DataDirectory;
use crate::ingest::uploads;
use crate::tracking::ground::{Duty, Leader, Place};
use crate::{outreach, tracking};
use guard::Reach;

/// Serves the pages until Ctrl-C or SIGTERM; requests under way are finished first.
pub async fn serve(data: Arc<DataDirectory>, listen: SocketAddr) -> anyhow::Result<()> {
    let reach = if listen.ip().is_loopback() { Reach::ThisMachine } else { Reach::OtherMachines };
    uploads::sweep(&data);
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}\nhint: another program may be using it; try --listen with another port")
    })?;
    let address = listener.local_addr().context("the listening address cannot be read")?;
    if data.duty() != Some(Duty::PagesAlone) {
        match data.take_redirectors_place().context("the data directory cannot be used")? {
            Place::Ours => {}
            Place::Held(Leader::Alone) => data.begin_serving(Duty::PagesAlone),
            Place::Held(Leader::WithPages) => eprintln!(
                "another `bellwether serve` follows the links; clicks that come here are not kept while it runs"
            ),
        }
    }
    if data.duty() == Some(Duty::PagesAlone) {
        eprintln!(
            "links are left to a program of their own (`bellwether serve --only redirect`), which counts the clicks"
        );
    }
    eprintln!("bellwether is at http://{address}  (Ctrl-C ends it)");
    read_ahead(data.clone());
    let working = outreach::working::begin(data.clone());
    tracking::redirecting::begin(data.clone());
    tracking::webhooks::sender::begin(data.clone());
    crate::ingest::sync::working::begin(data.clone());
    let held = data.clone();
    let pages = router::router_reached_from(data, reach).into_make_service_with_connect_info::<SocketAddr>();
    let told = held.clone();
    let ends = async move {
        asked_to_end().await;
        told.begin_ending();
    };
    axum::serve(listener, pages).with_graceful_shutdown(ends).await.context("the web server stopped")?;
    working.end().await;
    held.close_redirector()
        .context("the click log could not be ended cleanly; every click that was answered is in it")?;
    Ok(())
}

/// Reads the conversation graph before anybody waits for it, where `refresh` has left all that is derived from it.
fn read_ahead(data: Arc<DataDirectory>) {
    tokio::spawn(async move {
        let (made, now) = (data.derived.revision().await, data.revision().await);
        if matches!((made, now), (Ok(Some(made)), Ok(now)) if made == now)
            && let Err(error) = data.market_groups().await
        {
            // Whoever opens a page of conversations is told the same.
            tracing::warn!(%error, "the conversation graph could not be read");
        }
    });
}

/// Ends with Ctrl-C or SIGTERM.
pub async fn asked_to_end() {
    let interrupted = async {
        // Without the signal there is only the other way to end.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
