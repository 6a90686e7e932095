//! How each platform's pages are asked for and read, and what is remembered from one to the next.

use model::Platform;
use platforms::Collected;
use platforms::bluesky::views;

use super::asking::{AskError, Asking, Budget};
use super::ending::Ending;
use super::work::{Page, Remembered, Working};
use super::{bluesky, instagram, mastodon, tiktok, youtube};

/// What a platform's reader remembers.
pub enum Reading {
    Bluesky(Box<views::Answers>),
    Mastodon(Box<mastodon::Remembered>),
    YouTube(Box<Remembered>),
    Instagram(Box<Remembered>),
    TikTok(Box<Remembered>),
}

impl Reading {
    pub fn of(platform: Platform) -> Reading {
        match platform {
            Platform::Mastodon => Reading::Mastodon(Box::default()),
            Platform::YouTube => Reading::YouTube(Box::default()),
            Platform::Instagram => Reading::Instagram(Box::default()),
            Platform::TikTok => Reading::TikTok(Box::default()),
            _ => Reading::Bluesky(Box::default()),
        }
    }

    /// Does one page.
    pub async fn step(
        &mut self,
        asking: &mut Asking<'_>,
        working: &Working<'_>,
        found: &mut Collected,
    ) -> Result<Page, AskError> {
        match self {
            Reading::Bluesky(answers) => bluesky::step(asking, working, answers, found).await,
            Reading::Mastodon(remembered) => mastodon::step(asking, working, remembered, found).await,
            Reading::YouTube(remembered) => youtube::step(asking, working, remembered, found).await,
            Reading::Instagram(remembered) => instagram::step(asking, working, remembered, found).await,
            Reading::TikTok(remembered) => tiktok::step(asking, working, remembered, found).await,
        }
    }

    /// What the pages so far turned out to be the end of.
    pub fn take_ended(&mut self) -> Vec<Ending> {
        match self {
            Reading::Bluesky(answers) => std::mem::take(&mut answers.ended).into_iter().map(Ending::from).collect(),
            Reading::Mastodon(remembered) => std::mem::take(&mut remembered.ended),
            Reading::YouTube(_) | Reading::Instagram(_) | Reading::TikTok(_) => vec![],
        }
    }

    /// Accounts are named anew from now on.
    pub fn forget_named(&mut self) {
        match self {
            Reading::Bluesky(answers) => answers.facts.forget_named(),
            Reading::Mastodon(remembered) => remembered.forget_named(),
            Reading::YouTube(remembered) => remembered.forget_named(),
            Reading::Instagram(remembered) => remembered.forget_named(),
            Reading::TikTok(remembered) => remembered.forget_named(),
        }
    }
}

/// The limits of a platform that are counted.
pub fn budgets(platform: Platform) -> Vec<Budget> {
    match platform {
        Platform::Mastodon => vec![mastodon::BUDGET],
        Platform::YouTube => vec![youtube::BUDGET, youtube::SEARCHES],
        Platform::Instagram => vec![instagram::BUDGET, instagram::HASHTAGS],
        Platform::TikTok => vec![tiktok::BUDGET],
        _ => vec![bluesky::BUDGET],
    }
}
