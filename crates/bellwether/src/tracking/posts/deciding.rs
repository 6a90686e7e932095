//! What a person says of a post and a piece: it is this one, it is not, or neither after all. What confirming wrote on the piece goes
//! when it is taken back; what a person typed stays.

use std::collections::BTreeSet;

use model::outreach::deals::{DealState, DeliverableState, Party};
use store::outreach::content::Step;
use store::published_posts::{Decided, PostDecision, WrittenAddress};

use super::claims::{keys_of_post, lake_post_of, web_address};
use super::matching::Reason;
use super::{PieceSeen, PostsWanted, Proposal, look, piece};
use crate::data_directory::DataDirectory;
use crate::outreach::deals::{self, Act};
use crate::outreach::{OutreachError, content};
use crate::tracking::TrackingError;

/// A post as somebody names it: as it is listed, or by its number among the facts alone.
fn named(text: &str) -> String {
    let text = text.trim();
    if text.bytes().all(|letter| letter.is_ascii_digit()) { format!("post:{text}") } else { text.to_owned() }
}

/// A person says that a post is a piece; together with another piece only where they say that too. Said again it stays as it was
/// said first.
///
/// The piece is noted as posted at the address of the post, where it was not and the address is known.
pub async fn confirm(
    data: &DataDirectory,
    piece_id: i64,
    post: &str,
    is_shared: bool,
    actor: &str,
) -> Result<(), TrackingError> {
    let wanted = PostsWanted { piece: Some(piece_id), ..PostsWanted::default() };
    let (mut pieces, background) = look(data, &wanted).await?;
    let (seen, key) = (pieces.pop().ok_or(OutreachError::NoDeliverable(piece_id))?, named(post));
    let said = background.confirmed_as(piece_id, &BTreeSet::from([key.clone()]));
    if said.is_some_and(|said| !is_shared || said.shared_with.is_some()) {
        return Ok(());
    }
    let proposal = match seen.proposals.iter().find(|proposal| proposal.key == key) {
        Some(proposal) => proposal.clone(),
        None => named_by_hand(data, &key, actor).await?,
    };
    let mut keys = proposal.post.as_ref().map(keys_of_post).unwrap_or_default();
    keys.insert(key.clone());
    let other = proposal.is_of.or_else(|| background.taken_by(piece_id, &keys));
    if let Some(other) = other.filter(|_| !is_shared) {
        return Err(TrackingError::PostTaken(other));
    }
    let before = background.confirmed_of(piece_id).filter(|before| before.post != key);
    let writes = writes_address(&seen, &proposal, before)?;
    let decision = PostDecision {
        deliverable: piece_id,
        post: key,
        is_it: true,
        // That it is another piece too may have been said of its address before.
        shared_with: other.or_else(|| background.confirmed_as(piece_id, &keys).and_then(|said| said.shared_with)),
        reasons: serde_json::to_string(&proposal.reasons).expect("reasons are plain"),
        actor: actor.to_owned(),
        decided_at: data.now(),
        wrote: None,
    };
    // What another post wrote on the piece goes with it.
    if let Some(before) = before {
        undo(data, before, actor).await?;
    }
    match data.store.decide_post(&decision).await? {
        Decided::Done => {}
        Decided::Taken(other) => return Err(TrackingError::PostTaken(other)),
        Decided::NotThere => return Err(OutreachError::NoDeliverable(piece_id).into()),
    }
    data.store.add_audit(data.now(), actor, "confirmed a post", &format!("piece {piece_id}"), &decision.post).await?;
    if writes {
        let shown = content::shown(data, piece_id).await?;
        content::posted(data, &shown, Party::Us, &proposal.address).await?;
        let wrote = WrittenAddress { url: proposal.address, state: shown.row.state };
        data.store.note_written(piece_id, &decision.post, &wrote).await?;
    }
    Ok(())
}

/// Whether confirming notes the address of the post on the piece: none is noted there, or the one that the post before it wrote.
///
/// Errors: `UnfitAddress` where it is one that cannot be noted, before anything is written.
fn writes_address(seen: &PieceSeen, proposal: &Proposal, before: Option<&PostDecision>) -> Result<bool, TrackingError> {
    let row = &seen.tracked.piece;
    let goes = before.and_then(|before| before.wrote.as_ref()).is_some_and(|wrote| wrote.url == row.url);
    let is_free = row.state != DeliverableState::Live || goes;
    if proposal.address.is_empty() || !is_free || !seen.tracked.deal_state.is_agreed() {
        return Ok(false);
    }
    match content::address_of_post(&proposal.address) {
        Ok(_) => Ok(true),
        Err(_) => Err(TrackingError::UnfitAddress(proposal.address.clone())),
    }
}

/// A post that was not proposed and that somebody names all the same.
async fn named_by_hand(data: &DataDirectory, key: &str, actor: &str) -> Result<Proposal, TrackingError> {
    let id = lake_post_of(key).ok_or_else(|| TrackingError::NoPost(key.to_owned()))?;
    let post = data.lake.posts_at(&[id], &[], data.now()).await?.pop();
    let post = post.ok_or_else(|| TrackingError::NoPost(key.to_owned()))?;
    Ok(Proposal {
        key: key.to_owned(),
        address: web_address(&post),
        reasons: vec![Reason::new("person", format!("it was not proposed; {actor} named it"))],
        post: Some(post),
        is_of: None,
    })
}

/// A person says that a post is not a piece; it is not proposed for it again.
pub async fn reject(data: &DataDirectory, piece_id: i64, post: &str, actor: &str) -> Result<(), TrackingError> {
    let (seen, key) = (piece(data, piece_id).await?, named(post));
    let proposal = seen.proposals.iter().find(|proposal| proposal.key == key && proposal.is_of.is_none());
    let proposal = proposal.ok_or_else(|| TrackingError::NoPost(post.to_owned()))?;
    let decision = PostDecision {
        deliverable: piece_id,
        post: key,
        is_it: false,
        shared_with: None,
        reasons: serde_json::to_string(&proposal.reasons).expect("reasons are plain"),
        actor: actor.to_owned(),
        decided_at: data.now(),
        wrote: None,
    };
    if data.store.decide_post(&decision).await? == Decided::NotThere {
        return Err(OutreachError::NoDeliverable(piece_id).into());
    }
    data.store.add_audit(data.now(), actor, "rejected a post", &format!("piece {piece_id}"), &decision.post).await?;
    Ok(())
}

/// Takes back what a person said of a post and a piece, with the address that confirming wrote on the piece; where nothing else
/// tells, it is proposed again. A deal that was delivered by that is in work again.
pub async fn take_back(data: &DataDirectory, piece_id: i64, post: &str, actor: &str) -> Result<(), TrackingError> {
    let key = named(post);
    let said = data.store.post_decisions().await?;
    let said = said.into_iter().find(|said| said.deliverable == piece_id && said.post == key);
    let said = said.ok_or_else(|| TrackingError::NoPost(post.to_owned()))?;
    if undo(data, &said, actor).await? {
        let shown = content::shown(data, piece_id).await?;
        if shown.deal.row.state == DealState::Delivered {
            deals::act(data, &shown.deal, shown.deal.row.version, Party::Us, Act::Begin).await?;
        }
    }
    if !data.store.take_post_decision_back(piece_id, &key).await? {
        return Err(TrackingError::NoPost(post.to_owned()));
    }
    data.store
        .add_audit(data.now(), actor, "took back what was said of a post", &format!("piece {piece_id}"), &key)
        .await?;
    Ok(())
}

/// Takes the address off a piece that confirming a post wrote there, where it is still the one; whether it was.
async fn undo(data: &DataDirectory, said: &PostDecision, actor: &str) -> Result<bool, TrackingError> {
    let Some(wrote) = &said.wrote else { return Ok(false) };
    let shown = content::shown(data, said.deliverable).await?;
    let step = Step {
        deliverable: said.deliverable,
        next: wrote.state,
        by: Party::Us,
        actor,
        contact: shown.deal.row.contact,
        summary: format!("took back that {} was posted: {}", content::piece_name(&shown.row), wrote.url),
        at: data.now(),
        event: None,
    };
    Ok(data.store.take_posted_back(&step, &wrote.url).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_named_as_it_is_listed_or_by_its_number() {
        assert_eq!(named(" 123 "), "post:123");
        assert_eq!(named("post:123"), "post:123");
        assert_eq!(named("address:x/1"), "address:x/1");
        assert_eq!(lake_post_of("post:123").map(|post| post.0), Some(123));
        assert_eq!(lake_post_of("address:x/1"), None);
    }
}
