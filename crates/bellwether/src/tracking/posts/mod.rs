//! Pieces of deals and the posts they became: by the address given, by what was imported, or as a person confirmed it. What only
//! looks like a piece is proposed with its reasons, and nothing more.

pub mod address;
mod claims;
mod deciding;
pub mod files;
pub mod matching;
pub mod measuring;
mod proposing;

use std::collections::HashMap;
use std::sync::Arc;

use lake::PostSeen;
use model::outreach::deals::{DealState, DeliverableState};
use model::{Platform, Timestamp};
use serde::Serialize;
use store::published_posts::{OfDeals, PieceFilter, PostDecision, TrackedPiece};

pub use self::deciding::{confirm, reject, take_back};

use self::claims::{
    Background, Imported, address_key, background, imported_at, keys_of_address, keys_of_post, web_address,
};
use self::matching::Reason;
use super::TrackingError;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::outreach::{OutreachError, content};

const HOUR: i64 = 3_600_000_000;

/// How far a piece has got on its way to the public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PostState {
    /// Nothing is known of a post.
    Waiting,
    /// Somebody has to say whether a post is it.
    Proposed,
    Published,
    /// It was published, and the last look at it found nothing.
    Gone,
}

impl PostState {
    pub const ALL: [PostState; 4] = [PostState::Waiting, PostState::Proposed, PostState::Published, PostState::Gone];

    pub fn code(self) -> &'static str {
        match self {
            PostState::Waiting => "waiting",
            PostState::Proposed => "proposed",
            PostState::Published => "published",
            PostState::Gone => "gone",
        }
    }

    pub fn from_code(code: &str) -> Option<PostState> {
        PostState::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Which pieces are wanted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct PostsWanted {
    pub campaign: Option<i64>,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub piece: Option<i64>,
    pub state: Option<PostState>,
}

/// How it is known which post a piece became.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// Its address was noted on the piece.
    Address,
    /// Its address was noted, and what was imported holds the same post.
    Imported,
    /// A person confirmed what was proposed.
    Confirmed,
}

impl FoundBy {
    pub fn words(self) -> &'static str {
        match self {
            FoundBy::Address => "by the address noted on the piece",
            FoundBy::Imported => "by the address noted on the piece, and it was imported",
            FoundBy::Confirmed => "a person confirmed it",
        }
    }
}

/// The post a piece became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub by: FoundBy,
    /// By which it is named in what people say of it.
    pub key: String,
    /// Empty where none is known.
    pub address: String,
    /// As it was imported.
    pub post: Option<PostSeen>,
    /// What was said when it was confirmed.
    pub reasons: Vec<Reason>,
    /// Other pieces that are this post too, as a person said.
    pub shared_with: Vec<i64>,
    /// Under which a person said it of this piece, so that it can be taken back.
    pub said: Option<String>,
}

/// A post that may be a piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    pub key: String,
    pub address: String,
    pub post: Option<PostSeen>,
    pub reasons: Vec<Reason>,
    /// It is this piece already, so that it takes a person to say that the two share it.
    pub is_of: Option<i64>,
}

/// Posts that may be a piece.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Proposed {
    /// The likeliest first.
    shown: Vec<Proposal>,
    /// How many there are beside those.
    more: usize,
}

/// When a piece was published, and who says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublishedWhen {
    pub at: Timestamp,
    /// By a person, not by what was imported.
    pub is_said: bool,
}

/// A piece with the post it became, or those that may be it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PieceSeen {
    pub tracked: TrackedPiece,
    pub state: PostState,
    pub found: Option<Found>,
    /// The likeliest first.
    pub proposals: Vec<Proposal>,
    /// How many there are beside those that are shown.
    pub more_proposals: usize,
    pub rejected: Vec<PostDecision>,
    pub published: Option<PublishedWhen>,
    /// What does not fit together.
    pub remarks: Vec<String>,
}

impl PieceSeen {
    pub fn id(&self) -> i64 {
        self.tracked.piece.id
    }

    /// What is shown of it in a list: `story 2`.
    pub fn name(&self) -> String {
        content::piece_name(&self.tracked.piece)
    }

    pub fn platform(&self) -> Option<Platform> {
        let found = self.found.as_ref().and_then(|found| found.post.as_ref()).map(|post| post.platform);
        found.or_else(|| platform_of(&self.tracked.piece.platform))
    }
}

/// A platform as people write it: by its code or its name.
fn platform_of(text: &str) -> Option<Platform> {
    let text = text.trim();
    Platform::from_code(text).or_else(|| {
        if text.eq_ignore_ascii_case("twitter") {
            return Some(Platform::X);
        }
        Platform::ALL.into_iter().find(|platform| platform.name().eq_ignore_ascii_case(text))
    })
}

/// Pieces with the posts they became or may be, the newest first.
pub async fn seen(data: &DataDirectory, wanted: &PostsWanted) -> Result<Vec<PieceSeen>, TrackingError> {
    Ok(look(data, wanted).await?.0)
}

/// The same, with what all pieces have in common.
async fn look(data: &DataDirectory, wanted: &PostsWanted) -> Result<(Vec<PieceSeen>, Arc<Background>), TrackingError> {
    data.revision().await?;
    // Who asks for one piece sees it also where its deal was given up.
    let of_deals = if wanted.piece.is_some() { OfDeals::EverAgreed } else { OfDeals::GoingOn };
    let all = data.store.tracked_pieces(&PieceFilter { of_deals, ..PieceFilter::default() }).await?;
    let background = Arc::new(background(data, &all).await?);
    let is_wanted = |of: &TrackedPiece| {
        wanted.campaign.is_none_or(|campaign| of.campaign.as_ref().is_some_and(|(id, _)| *id == campaign))
            && wanted.contact.is_none_or(|contact| contact == of.contact)
            && wanted.deal.is_none_or(|deal| deal == of.piece.deal)
            && wanted.piece.is_none_or(|piece| piece == of.piece.id)
    };
    let pieces: Vec<TrackedPiece> = all.into_iter().filter(is_wanted).collect();
    let imported = imported_at(data, &pieces).await?;
    let said: HashMap<i64, Timestamp> =
        data.store.posts_published().await?.into_iter().map(|said| (said.deliverable, said.at)).collect();
    let mut found: Vec<(TrackedPiece, Option<Found>, Option<Proposal>)> = Vec::with_capacity(pieces.len());
    for of in pieces {
        let (post, question) = found_of(&of, &background, &imported);
        found.push((of, post, question));
    }
    let open: Vec<TrackedPiece> = found
        .iter()
        .filter(|(of, post, question)| post.is_none() && question.is_none() && of.deal_state.is_agreed())
        .map(|(of, _, _)| of.clone())
        .collect();
    let mut proposed = proposing::proposals(data, &open, &background).await?;
    let mut seen = Vec::with_capacity(found.len());
    for (tracked, found, question) in found {
        let id = tracked.piece.id;
        let proposed = match question {
            Some(question) => Proposed { shown: vec![question], more: 0 },
            None => proposed.remove(&id).unwrap_or_default(),
        };
        let state = match (&found, proposed.shown.is_empty(), tracked.is_there) {
            (Some(_), _, Some(false)) => PostState::Gone,
            (Some(_), _, _) => PostState::Published,
            (None, false, _) => PostState::Proposed,
            (None, true, _) => PostState::Waiting,
        };
        let (published, mut remarks) = published_of(&tracked, found.as_ref(), said.get(&id).copied());
        remarks.extend(remarks_of(&tracked, found.as_ref()));
        let rejected = background.said_of(id).iter().filter(|decision| !decision.is_it).cloned().collect();
        let Proposed { shown: proposals, more: more_proposals } = proposed;
        seen.push(PieceSeen { rejected, tracked, state, found, proposals, more_proposals, published, remarks });
    }
    seen.retain(|piece| wanted.state.is_none_or(|state| state == piece.state));
    Ok((seen, background))
}

/// One piece, also of a deal that was given up.
pub async fn piece(data: &DataDirectory, id: i64) -> Result<PieceSeen, TrackingError> {
    let wanted = PostsWanted { piece: Some(id), ..PostsWanted::default() };
    seen(data, &wanted).await?.pop().ok_or_else(|| OutreachError::NoDeliverable(id).into())
}

/// The post a piece became; or the question whether it shares the post of another.
fn found_of(of: &TrackedPiece, background: &Background, imported: &Imported) -> (Option<Found>, Option<Proposal>) {
    let id = of.piece.id;
    if let Some(decision) = background.confirmed_of(id) {
        let post = background.imported(&decision.post).cloned();
        let mut keys = post.as_ref().map(keys_of_post).unwrap_or_default();
        keys.insert(decision.post.clone());
        let address = post.as_ref().map(web_address).filter(|address| !address.is_empty());
        let address = address.unwrap_or_else(|| of.piece.url.clone());
        let found = Found {
            by: FoundBy::Confirmed,
            key: decision.post.clone(),
            address,
            post,
            reasons: serde_json::from_str(&decision.reasons).unwrap_or_default(),
            shared_with: background.sharing(id, &keys),
            said: Some(decision.post.clone()),
        };
        return (Some(found), None);
    }
    let Some(address) = address::read(&of.piece.url) else { return (None, None) };
    let mut keys = keys_of_address(&address);
    let post = imported.find(&keys).cloned();
    if let Some(post) = &post {
        keys.extend(keys_of_post(post));
    }
    let key = address_key(&address);
    if let Some(other) = background.asks_about(id, &keys) {
        let words =
            format!("the address noted on it is that of piece {other}, and nobody has said that the two share a post");
        let question = Proposal {
            key,
            address: of.piece.url.clone(),
            post,
            reasons: vec![Reason::new("address", words)],
            is_of: Some(other),
        };
        return (None, Some(question));
    }
    let found = Found {
        by: if post.is_some() { FoundBy::Imported } else { FoundBy::Address },
        key,
        address: of.piece.url.clone(),
        post,
        reasons: vec![],
        shared_with: background.sharing(id, &keys),
        said: background.confirmed_as(id, &keys).map(|decision| decision.post.clone()),
    };
    (Some(found), None)
}

fn published_of(
    of: &TrackedPiece,
    found: Option<&Found>,
    said: Option<Timestamp>,
) -> (Option<PublishedWhen>, Vec<String>) {
    let post = found.and_then(|found| found.post.as_ref());
    // Of a post that is known by what was said under it alone, only that is dated.
    let imported = post.filter(|post| post.is_dated).map(|post| post.created_at);
    let mut remarks = Vec::new();
    if let (Some(said), Some(imported)) = (said, imported)
        && (said.0 - imported.0).abs() > HOUR
    {
        remarks.push(format!(
            "what was imported says that it was published on {}, a person says on {}; the person counts",
            clock::minute(imported),
            clock::minute(said)
        ));
    }
    if let Some(found) = found.filter(|found| found.by == FoundBy::Confirmed)
        && let (Some(noted), Some(post)) = (address::read(&of.piece.url), &found.post)
        && keys_of_post(post).is_disjoint(&keys_of_address(&noted))
    {
        remarks.push(format!(
            "the address noted on the piece is another: {}; take the confirmation back to follow it",
            of.piece.url
        ));
    }
    let when = said.map(|at| PublishedWhen { at, is_said: true });
    (when.or(imported.map(|at| PublishedWhen { at, is_said: false })), remarks)
}

/// What of the piece and its deal does not fit together.
fn remarks_of(of: &TrackedPiece, found: Option<&Found>) -> Option<String> {
    if !of.deal_state.is_agreed() {
        return Some(format!("its deal was given up ({}); nothing is proposed for it any more", of.deal_state.words()));
    }
    if found.is_none() && !of.piece.url.is_empty() && address::read(&of.piece.url).is_none() {
        return Some(format!("the address noted on it leads to no single post: {}", of.piece.url));
    }
    let is_delivered = matches!(of.deal_state, DealState::Delivered | DealState::Settled);
    (is_delivered && of.piece.state != DeliverableState::Live)
        .then(|| format!("its deal is {}, and the piece is noted as posted nowhere", of.deal_state.words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_known_by_their_codes_and_names() {
        assert_eq!(platform_of("TikTok"), Some(Platform::TikTok));
        assert_eq!(platform_of("Twitter"), Some(Platform::X));
        assert_eq!(platform_of("Stack Exchange"), Some(Platform::StackExchange));
        assert_eq!(platform_of("the pub"), None);
    }
}
