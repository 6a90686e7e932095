//! Which piece lays claim to which post, by what a person confirmed and by the address noted on it. Whether two pieces share a post
//! is asked here and nowhere else.

use std::collections::{BTreeSet, HashMap};

use lake::PostSeen;
use model::{Platform, PostId};
use store::published_posts::{PostDecision, TrackedPiece};

use super::address::{self, PostAddress};
use crate::data_directory::DataDirectory;
use crate::tracking::TrackingError;

/// Shorter names of posts stand in too many addresses to be sought there.
const NAME_LETTERS_MIN: usize = 5;
/// Names sought in one question.
const NAMES_AT_ONCE: usize = 500;

pub(super) fn post_key(post: PostId) -> String {
    format!("post:{post}")
}

pub(super) fn address_key(address: &PostAddress) -> String {
    format!("address:{}", address.key)
}

/// The number among the facts of a post that is named by it.
pub(super) fn lake_post_of(key: &str) -> Option<PostId> {
    key.strip_prefix("post:")?.parse().ok()
}

/// The address of an imported post where a browser can follow it; empty where none is known.
pub(super) fn web_address(post: &PostSeen) -> String {
    let is_web = |url: &&String| ["https://", "http://"].iter().any(|way| url.starts_with(way));
    post.url.as_ref().filter(is_web).cloned().unwrap_or_default()
}

/// Everything by which a post is the same as another: its number, its address, its platform's own id.
pub(super) fn keys_of_post(post: &PostSeen) -> BTreeSet<String> {
    let mut keys = BTreeSet::from([post_key(post.post)]);
    // A number that many servers give is no name of a post.
    if post.platform != Platform::Mastodon || post.native_id.contains('/') {
        keys.insert(format!("address:{}", address::key_of(post.platform, &post.native_id)));
    }
    keys.extend(post.url.as_deref().and_then(address::read).map(|address| address_key(&address)));
    keys
}

pub(super) fn keys_of_address(address: &PostAddress) -> BTreeSet<String> {
    let ids = address.ids().into_iter().map(post_key);
    std::iter::once(address_key(address)).chain(ids).collect()
}

/// Which piece lays claim to what, in the order in which claims count.
#[derive(Default)]
struct Claims {
    pieces: Vec<i64>,
    /// Places in `pieces` by everything claimed, ascending.
    by_key: HashMap<String, Vec<usize>>,
}

impl Claims {
    fn add(&mut self, piece: i64, keys: BTreeSet<String>) {
        for key in keys {
            self.by_key.entry(key).or_default().push(self.pieces.len());
        }
        self.pieces.push(piece);
    }

    /// The places of all claims to one of these.
    fn to(&self, keys: &BTreeSet<String>) -> BTreeSet<usize> {
        keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied().collect()
    }

    /// Other pieces with a claim to one of these, in the order of their claims.
    fn of_others(&self, keys: &BTreeSet<String>, piece: i64) -> Vec<i64> {
        self.to(keys).into_iter().map(|place| self.pieces[place]).filter(|other| *other != piece).collect()
    }

    /// Other pieces whose claim goes before that of `piece`, in their order; all others where it has none.
    fn before(&self, keys: &BTreeSet<String>, piece: i64) -> Vec<i64> {
        let all = self.to(keys);
        all.into_iter().map(|place| self.pieces[place]).take_while(|other| *other != piece).collect()
    }
}

/// Posts found again by everything by which a post is the same.
pub(super) struct Imported {
    posts: Vec<PostSeen>,
    by_key: HashMap<String, usize>,
}

impl Imported {
    fn of(posts: Vec<PostSeen>) -> Imported {
        let mut by_key = HashMap::new();
        for (place, post) in posts.iter().enumerate() {
            for key in keys_of_post(post) {
                by_key.entry(key).or_insert(place);
            }
        }
        Imported { posts, by_key }
    }

    pub(super) fn find(&self, keys: &BTreeSet<String>) -> Option<&PostSeen> {
        let place = keys.iter().filter_map(|key| self.by_key.get(key)).min()?;
        Some(&self.posts[*place])
    }
}

/// Imported posts that stand at the addresses noted on pieces.
pub(super) async fn imported_at(data: &DataDirectory, pieces: &[TrackedPiece]) -> Result<Imported, TrackingError> {
    let addresses: Vec<PostAddress> = pieces.iter().filter_map(|of| address::read(&of.piece.url)).collect();
    let mut found = Vec::new();
    for part in addresses.chunks(NAMES_AT_ONCE) {
        let ids: Vec<PostId> = part.iter().flat_map(PostAddress::ids).collect();
        let names: Vec<String> = part
            .iter()
            .filter(|address| address.name.chars().count() >= NAME_LETTERS_MIN)
            .map(|address| address.name.clone())
            .collect();
        found.extend(data.lake.posts_at(&ids, &names, data.now()).await?);
    }
    Ok(Imported::of(found))
}

/// What all pieces have in common, read once.
pub(super) struct Background {
    decisions: HashMap<i64, Vec<PostDecision>>,
    confirmed: HashMap<PostId, PostSeen>,
    claims: Claims,
    /// Which two pieces share which post, as people said.
    shared: Vec<(String, i64, i64)>,
}

impl Background {
    fn of(decisions: Vec<PostDecision>, confirmed: HashMap<PostId, PostSeen>, all: &[TrackedPiece]) -> Background {
        let mut claims = Claims::default();
        for decision in decisions.iter().filter(|decision| decision.is_it) {
            if let Some(post) = lake_post_of(&decision.post) {
                let keys = confirmed.get(&post).map_or_else(|| BTreeSet::from([post_key(post)]), keys_of_post);
                claims.add(decision.deliverable, keys);
            }
        }
        // Who noted an address first has it.
        let mut noted: Vec<&TrackedPiece> = all.iter().filter(|of| !of.piece.url.is_empty()).collect();
        noted.sort_by_key(|of| (of.piece.live_at, of.piece.id));
        for of in noted {
            if let Some(address) = address::read(&of.piece.url) {
                claims.add(of.piece.id, keys_of_address(&address));
            }
        }
        let shared = decisions
            .iter()
            .filter(|decision| decision.is_it)
            .filter_map(|decision| Some((decision.post.clone(), decision.deliverable, decision.shared_with?)))
            .collect();
        let mut by_piece: HashMap<i64, Vec<PostDecision>> = HashMap::new();
        for decision in decisions {
            by_piece.entry(decision.deliverable).or_default().push(decision);
        }
        Background { decisions: by_piece, confirmed, claims, shared }
    }

    /// What people said of posts and a piece.
    pub(super) fn said_of(&self, piece: i64) -> &[PostDecision] {
        self.decisions.get(&piece).map_or(&[], Vec::as_slice)
    }

    /// Under which of these a person said that a post is a piece.
    pub(super) fn confirmed_as(&self, piece: i64, keys: &BTreeSet<String>) -> Option<&PostDecision> {
        self.said_of(piece).iter().find(|decision| decision.is_it && keys.contains(&decision.post))
    }

    /// The imported post that a person said to be a piece, as it was said.
    pub(super) fn confirmed_of(&self, piece: i64) -> Option<&PostDecision> {
        self.said_of(piece).iter().find(|decision| decision.is_it && decision.post.starts_with("post:"))
    }

    /// A confirmed post as it was imported; nothing where its import is gone.
    pub(super) fn imported(&self, key: &str) -> Option<&PostSeen> {
        self.confirmed.get(&lake_post_of(key)?)
    }

    pub(super) fn is_rejected(&self, piece: i64, keys: &BTreeSet<String>) -> bool {
        self.said_of(piece).iter().any(|decision| !decision.is_it && keys.contains(&decision.post))
    }

    /// Whether a person said that two pieces share the post of these keys: the one with the other, or each with a third.
    pub(super) fn do_share(&self, a: i64, b: i64, keys: &BTreeSet<String>) -> bool {
        let of_post: Vec<&(String, i64, i64)> = self.shared.iter().filter(|(key, _, _)| keys.contains(key)).collect();
        let mut reached = BTreeSet::from([a]);
        loop {
            let before = reached.len();
            for (_, one, other) in &of_post {
                if reached.contains(one) || reached.contains(other) {
                    reached.extend([*one, *other]);
                }
            }
            if reached.contains(&b) || reached.len() == before {
                return reached.contains(&b);
            }
        }
    }

    /// A piece whose claim to the post of these keys goes before that of `piece`, and with which nobody said that it shares it.
    pub(super) fn asks_about(&self, piece: i64, keys: &BTreeSet<String>) -> Option<i64> {
        self.claims.before(keys, piece).into_iter().find(|other| !self.do_share(piece, *other, keys))
    }

    /// A piece that has the post of these keys and does not share it with `piece`.
    pub(super) fn taken_by(&self, piece: i64, keys: &BTreeSet<String>) -> Option<i64> {
        self.claims.of_others(keys, piece).into_iter().find(|other| !self.do_share(piece, *other, keys))
    }

    /// Other pieces that are the post of these keys too, as a person said.
    pub(super) fn sharing(&self, piece: i64, keys: &BTreeSet<String>) -> Vec<i64> {
        let others: BTreeSet<i64> = self.claims.of_others(keys, piece).into_iter().collect();
        others.into_iter().filter(|other| self.do_share(piece, *other, keys)).collect()
    }
}

/// Reads what people said and which posts that are, and puts the claims of all pieces into their order.
pub(super) async fn background(data: &DataDirectory, all: &[TrackedPiece]) -> Result<Background, TrackingError> {
    let decisions = data.store.post_decisions().await?;
    let ids: Vec<PostId> = decisions
        .iter()
        .filter(|decision| decision.is_it)
        .filter_map(|decision| lake_post_of(&decision.post))
        .collect();
    let confirmed =
        data.lake.posts_at(&ids, &[], data.now()).await?.into_iter().map(|post| (post.post, post)).collect();
    Ok(Background::of(decisions, confirmed, all))
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn of(key: &str) -> BTreeSet<String> {
        BTreeSet::from([key.to_owned()])
    }

    fn said(deliverable: i64, post: &str, shared_with: Option<i64>) -> PostDecision {
        PostDecision {
            deliverable,
            post: post.to_owned(),
            is_it: true,
            shared_with,
            reasons: "[]".to_owned(),
            actor: "team".to_owned(),
            decided_at: Timestamp(1),
            wrote: None,
        }
    }

    #[test]
    fn the_claim_that_was_made_first_counts_and_the_others_are_asked_about() {
        let mut background = Background::of(vec![], HashMap::new(), &[]);
        for (piece, key) in [(2, "address:x/1"), (1, "address:x/1"), (3, "address:x/2")] {
            background.claims.add(piece, of(key));
        }
        let keys = of("address:x/1");
        assert_eq!(background.asks_about(2, &keys), None);
        assert_eq!(background.asks_about(1, &keys), Some(2));
        assert_eq!(background.asks_about(1, &of("address:x/9")), None);
        assert_eq!(background.taken_by(2, &keys), Some(1));
        assert_eq!(background.taken_by(3, &keys), Some(2));
        assert!(background.sharing(1, &keys).is_empty());
    }

    #[test]
    fn pieces_share_a_post_where_a_person_said_so_of_the_two_or_of_each_with_a_third() {
        let said = vec![said(1, "post:5", None), said(2, "post:5", Some(1)), said(3, "post:5", Some(2))];
        let mut background = Background::of(said, HashMap::new(), &[]);
        background.claims.add(4, of("post:5"));
        let keys = of("post:5");
        for (a, b) in [(1, 2), (2, 1), (1, 3), (3, 1)] {
            assert!(background.do_share(a, b, &keys), "{a} {b}");
            assert!(!background.do_share(a, b, &of("post:6")), "of another post nobody said so");
        }
        assert_eq!([1, 2, 3].map(|piece| background.asks_about(piece, &keys)), [None; 3], "whoever came first");
        assert_eq!(background.sharing(1, &keys), [2, 3]);
        assert_eq!(background.asks_about(4, &keys), Some(1), "of the fourth nobody said anything");
    }
}
