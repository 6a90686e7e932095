//! The frame of every page: title, the nine words, whether the market is made up, whether figures are old.

use axum::http::Method;

use super::app::App;
use super::error::WebError;
use super::visit::{Theme, Visit};
use crate::admin::rights::{Needs, needs};
use crate::creators;
use model::Right;

/// Where in the lifecycle a page is; the navigation names these in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// Belongs to none of the nine.
    None,
    Home,
    Ingest,
    Creators,
    Conversations,
    Vetting,
    Matching,
    Planning,
    Outreach,
    Tracking,
    Measurement,
}

impl Word {
    const IN_ORDER: [Word; 10] = [
        Word::Home,
        Word::Ingest,
        Word::Creators,
        Word::Conversations,
        Word::Vetting,
        Word::Matching,
        Word::Planning,
        Word::Outreach,
        Word::Tracking,
        Word::Measurement,
    ];

    fn name(self) -> &'static str {
        match self {
            Word::None => "",
            Word::Home => "Home",
            Word::Ingest => "Ingest",
            Word::Creators => "Creators",
            Word::Conversations => "Conversations",
            Word::Vetting => "Vetting",
            Word::Matching => "Matching",
            Word::Planning => "Planning",
            Word::Outreach => "Outreach",
            Word::Tracking => "Tracking",
            Word::Measurement => "Measurement",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Word::None | Word::Home => "/",
            Word::Ingest => "/ingest",
            Word::Creators => "/creators",
            Word::Conversations => "/conversations",
            Word::Vetting => "/vetting",
            Word::Matching => "/matching",
            Word::Planning => "/planning",
            Word::Outreach => "/outreach",
            Word::Tracking => "/tracking",
            Word::Measurement => "/measurement",
        }
    }
}

/// One word of the navigation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NavigationWord {
    pub name: &'static str,
    pub address: &'static str,
    pub is_here: bool,
}

/// Work under way, said on every page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Working {
    pub title: String,
    pub address: String,
}

/// Everything the frame around a page needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    pub title: String,
    pub visit: Visit,
    pub words: Vec<NavigationWord>,
    pub made_up: bool,
    /// Facts came in or went after the figures were made.
    pub figures_are_old: bool,
    pub working: Option<Working>,
}

impl Layout {
    /// Asks the store, not the lake: two rows and the list of sources.
    pub async fn load(app: &App, visit: Visit, word: Word, title: impl Into<String>) -> Result<Layout, WebError> {
        let revision = app.data.store.data_revision().await?;
        let derived = app.data.derived.revision().await?;
        let working = app
            .jobs
            .running()
            .map(|job| Working { title: job.title.clone(), address: format!("/ingest/jobs/{}", job.number) });
        Ok(Layout {
            words: words_at(word, &visit),
            made_up: creators::is_made_up(&app.data).await?,
            figures_are_old: revision > 0 && derived != Some(revision),
            working,
            ..Layout::without_data(visit, title)
        })
    }

    /// A frame that asks nothing, for when nothing can be asked.
    pub fn without_data(visit: Visit, title: impl Into<String>) -> Layout {
        Layout {
            title: title.into(),
            words: words_at(Word::None, &visit),
            visit,
            made_up: false,
            figures_are_old: false,
            working: None,
        }
    }

    /// Whether whoever looks manages people; so does everybody before anybody signs in.
    pub fn may_administer(&self) -> bool {
        self.visit.who.as_ref().is_none_or(|who| who.role.may(Right::Administer))
    }

    pub fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }
}

/// The words whoever looks may look at.
fn words_at(here: Word, visit: &Visit) -> Vec<NavigationWord> {
    let may_look = |word: &Word| match (&visit.who, needs(word.address(), &Method::GET)) {
        (Some(who), Some(Needs::Right(right))) => who.role.may(right),
        _ => true,
    };
    Word::IN_ORDER
        .into_iter()
        .filter(may_look)
        .map(|word| NavigationWord { name: word.name(), address: word.address(), is_here: word == here })
        .collect()
}
