//! Pieces of deals and the posts they became: by the address given, by what was imported, or as a person confirmed it. What only
//! looks like a piece is proposed with its reasons, and nothing more.

pub mod address;
pub mod files;
pub mod matching;
pub mod measuring;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lake::PostSeen;
use model::outreach::deals::{DeliverableState, Party};
use model::{AccountId, Platform, PostId, Timestamp};
use serde::Serialize;
use store::codes::CodeFilter;
use store::published_posts::{Decided, PieceFilter, PostDecision, TrackedPiece};
use store::tracking::{LinkFilter, LinkRow};

use self::address::PostAddress;
use self::matching::{Reason, Sign, Sought};
use super::{PATH, TrackingError, links};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::outreach::briefs::Brief;
use crate::outreach::{OutreachError, content};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
/// Proposals of one piece that are shown; the best come first.
const PROPOSALS_MAX: usize = 5;
/// Shorter names of posts stand in too many addresses to be sought there.
const NAME_LETTERS_MIN: usize = 5;
/// Names sought in one question.
const NAMES_AT_ONCE: usize = 500;

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

fn post_key(post: PostId) -> String {
    format!("post:{post}")
}

fn address_key(address: &PostAddress) -> String {
    format!("address:{}", address.key)
}

/// The address of an imported post where a browser can follow it; empty where none is known.
fn web_address(post: &PostSeen) -> String {
    let is_web = |url: &&String| ["https://", "http://"].iter().any(|way| url.starts_with(way));
    post.url.as_ref().filter(is_web).cloned().unwrap_or_default()
}

/// Everything by which a post is the same as another: its number, its address, its platform's own id.
fn keys_of_post(post: &PostSeen) -> BTreeSet<String> {
    let mut keys = BTreeSet::from([
        post_key(post.post),
        format!("address:{}", address::key_of(post.platform, &post.native_id)),
    ]);
    keys.extend(post.url.as_deref().and_then(address::read).map(|address| address_key(&address)));
    keys
}

fn keys_of_address(address: &PostAddress) -> BTreeSet<String> {
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

    /// Claims of other pieces to one of these, in their order.
    fn of_others(&self, keys: &BTreeSet<String>, piece: i64) -> BTreeSet<usize> {
        let all = keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied();
        all.filter(|place| self.pieces[*place] != piece).collect()
    }

    /// The piece whose claim counts first; that of `but` does not.
    fn first(&self, keys: &BTreeSet<String>, but: i64) -> Option<i64> {
        self.of_others(keys, but).first().map(|place| self.pieces[*place])
    }

    /// The piece whose claim goes before that of `piece`.
    fn before(&self, keys: &BTreeSet<String>, piece: i64) -> Option<i64> {
        let own = keys
            .iter()
            .filter_map(|key| self.by_key.get(key))
            .flatten()
            .copied()
            .filter(|place| self.pieces[*place] == piece)
            .min();
        let other = self.of_others(keys, piece).first().copied()?;
        own.is_none_or(|own| other < own).then(|| self.pieces[other])
    }

    /// All other pieces that claim one of these.
    fn sharing(&self, keys: &BTreeSet<String>, piece: i64) -> Vec<i64> {
        let others: BTreeSet<i64> = self.of_others(keys, piece).into_iter().map(|place| self.pieces[place]).collect();
        others.into_iter().collect()
    }
}

/// Posts found again by everything by which a post is the same.
struct Imported {
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

    fn find(&self, keys: &BTreeSet<String>) -> Option<&PostSeen> {
        let place = keys.iter().filter_map(|key| self.by_key.get(key)).min()?;
        Some(&self.posts[*place])
    }
}

/// What all pieces have in common, read once.
struct Background {
    decisions: Vec<PostDecision>,
    confirmed: HashMap<PostId, PostSeen>,
    claims: Claims,
}

impl Background {
    fn confirmed_of(&self, piece: i64) -> Option<&PostDecision> {
        self.decisions
            .iter()
            .find(|decision| decision.deliverable == piece && decision.is_it && decision.post.starts_with("post:"))
    }

    /// Whether a person said that a piece shares its address with another.
    fn shares_address(&self, piece: i64, key: &str) -> bool {
        self.decisions
            .iter()
            .any(|decision| decision.deliverable == piece && decision.post == key && decision.is_shared)
    }

    fn is_rejected(&self, piece: i64, keys: &BTreeSet<String>) -> bool {
        self.decisions
            .iter()
            .any(|decision| decision.deliverable == piece && !decision.is_it && keys.contains(&decision.post))
    }
}

fn lake_post_of(key: &str) -> Option<PostId> {
    key.strip_prefix("post:")?.parse().ok()
}

async fn background(data: &DataDirectory, all: &[TrackedPiece]) -> Result<Background, TrackingError> {
    let decisions = data.store.post_decisions().await?;
    let ids: Vec<PostId> = decisions
        .iter()
        .filter(|decision| decision.is_it)
        .filter_map(|decision| lake_post_of(&decision.post))
        .collect();
    let confirmed: HashMap<PostId, PostSeen> =
        data.lake.posts_at(&ids, &[], data.now()).await?.into_iter().map(|post| (post.post, post)).collect();
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
    Ok(Background { decisions, confirmed, claims })
}

/// Pieces with the posts they became or may be, the newest first.
pub async fn seen(data: &DataDirectory, wanted: &PostsWanted) -> Result<Vec<PieceSeen>, TrackingError> {
    data.revision().await?;
    let all = data.store.tracked_pieces(&PieceFilter::default()).await?;
    let background = background(data, &all).await?;
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
    let open: Vec<&TrackedPiece> =
        found.iter().filter(|(_, post, question)| post.is_none() && question.is_none()).map(|(of, _, _)| of).collect();
    let mut proposed = proposals(data, &open, &background).await?;
    let mut seen = Vec::with_capacity(found.len());
    for (tracked, found, question) in found {
        let id = tracked.piece.id;
        let proposals = match question {
            Some(question) => vec![question],
            None => proposed.remove(&id).unwrap_or_default(),
        };
        let state = match (&found, proposals.is_empty(), tracked.is_there) {
            (Some(_), _, Some(false)) => PostState::Gone,
            (Some(_), _, _) => PostState::Published,
            (None, false, _) => PostState::Proposed,
            (None, true, _) => PostState::Waiting,
        };
        let (published, remarks) = published_of(&tracked, found.as_ref(), said.get(&id).copied());
        let rejected =
            background.decisions.iter().filter(|decision| decision.deliverable == id && !decision.is_it).cloned();
        seen.push(PieceSeen { rejected: rejected.collect(), tracked, state, found, proposals, published, remarks });
    }
    seen.retain(|piece| wanted.state.is_none_or(|state| state == piece.state));
    Ok(seen)
}

/// One piece.
pub async fn piece(data: &DataDirectory, id: i64) -> Result<PieceSeen, TrackingError> {
    let wanted = PostsWanted { piece: Some(id), ..PostsWanted::default() };
    seen(data, &wanted).await?.pop().ok_or_else(|| OutreachError::NoDeliverable(id).into())
}

/// Imported posts that stand at the addresses noted on pieces.
async fn imported_at(data: &DataDirectory, pieces: &[TrackedPiece]) -> Result<Imported, TrackingError> {
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

/// The post a piece became; or the question whether it shares the post of another.
fn found_of(of: &TrackedPiece, background: &Background, imported: &Imported) -> (Option<Found>, Option<Proposal>) {
    let id = of.piece.id;
    if let Some(decision) = background.confirmed_of(id) {
        let post = lake_post_of(&decision.post).and_then(|post| background.confirmed.get(&post)).cloned();
        let keys = post.as_ref().map_or_else(|| BTreeSet::from([decision.post.clone()]), keys_of_post);
        let address = post.as_ref().map(web_address).filter(|address| !address.is_empty());
        let address = address.unwrap_or_else(|| of.piece.url.clone());
        let found = Found {
            by: FoundBy::Confirmed,
            key: decision.post.clone(),
            address,
            post,
            reasons: serde_json::from_str(&decision.reasons).unwrap_or_default(),
            shared_with: background.claims.sharing(&keys, id),
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
    if let Some(other) = background.claims.before(&keys, id)
        && !background.shares_address(id, &key)
    {
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
    let shared_with = background
        .claims
        .sharing(&keys, id)
        .into_iter()
        .filter(|other| background.shares_address(id, &key) || background.shares_address(*other, &key))
        .collect();
    let found = Found {
        by: if post.is_some() { FoundBy::Imported } else { FoundBy::Address },
        key,
        address: of.piece.url.clone(),
        post,
        reasons: vec![],
        shared_with,
    };
    (Some(found), None)
}

fn published_of(
    of: &TrackedPiece,
    found: Option<&Found>,
    said: Option<Timestamp>,
) -> (Option<PublishedWhen>, Vec<String>) {
    let imported = found.and_then(|found| found.post.as_ref()).map(|post| post.created_at);
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

/// What is sought for a piece: whose posts, when, and what they carry.
async fn sought(
    data: &DataDirectory,
    of: &TrackedPiece,
    accounts: &BTreeMap<i64, BTreeSet<AccountId>>,
    links: &[LinkRow],
    brands: &mut HashMap<String, Vec<Sign>>,
) -> Result<Option<Sought>, TrackingError> {
    let Some(accounts) = accounts.get(&of.contact) else { return Ok(None) };
    let brief: Brief = serde_json::from_str(&of.brief).unwrap_or_default();
    let mut signs: BTreeSet<Sign> = matching::signs_in(&brief.tag).into_iter().collect();
    signs.extend(matching::link_sign(&brief.link));
    let codes = CodeFilter { deal: Some(of.piece.deal), ..CodeFilter::default() };
    signs.extend(data.store.codes(&codes).await?.into_iter().map(|code| Sign::Code(code.code)));
    if !brief.code.trim().is_empty() {
        signs.insert(Sign::Code(brief.code.trim().to_owned()));
    }
    for link in links.iter().filter(|link| link.deal == Some(of.piece.deal)) {
        // A link of another piece of the deal speaks for that one.
        if link.deliverable.is_none_or(|piece| piece == of.piece.id) {
            let address = links::address_of(data, &link.slug).await?;
            signs.extend(matching::link_sign(&address).or_else(|| {
                let below = format!("{PATH}/{}", link.slug);
                Some(Sign::Link(below.trim_start_matches('/').to_lowercase()))
            }));
        }
    }
    if let Some(brand) = &of.brand {
        if !brands.contains_key(brand) {
            let own = data.store.brand(brand).await?.map(|brand| brand.buyers.own_accounts).unwrap_or_default();
            let handles = own.into_iter().map(|own| Sign::Mention(own.native_id.to_lowercase(), Some(own.platform)));
            brands.insert(brand.clone(), handles.collect());
        }
        signs.extend(brands.get(brand).into_iter().flatten().cloned());
    }
    let due_at = clock::parse_utc_without_zone(&format!("{}T00:00:00", of.piece.due_on));
    Ok(Some(Sought {
        accounts: accounts.clone(),
        platform: platform_of(&of.piece.platform),
        accepted_at: of.accepted_at,
        due_at: due_at.map(|at| Timestamp(at.0 + DAY)),
        signs,
    }))
}

/// Imported posts that may be pieces of which no post is known, by piece.
async fn proposals(
    data: &DataDirectory,
    open: &[&TrackedPiece],
    background: &Background,
) -> Result<HashMap<i64, Vec<Proposal>>, TrackingError> {
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let mut accounts: BTreeMap<i64, BTreeSet<AccountId>> = BTreeMap::new();
    for (contact, account) in data.store.accounts_by_contact().await? {
        accounts.entry(contact).or_default().insert(account);
    }
    let links = data.store.links(&LinkFilter::default()).await?;
    let (mut brands, mut asked) = (HashMap::new(), Vec::new());
    for of in open {
        if let Some(sought) = sought(data, of, &accounts, &links, &mut brands).await? {
            asked.push((of.piece.id, sought));
        }
    }
    let authors: Vec<AccountId> = asked
        .iter()
        .flat_map(|(_, sought)| sought.accounts.iter().copied())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let from = asked.iter().map(|(_, sought)| sought.accepted_at).min();
    let to = asked.iter().map(|(_, sought)| sought.until()).max();
    let (Some(from), Some(to)) = (from, to) else { return Ok(HashMap::new()) };
    let posts = data.lake.posts_between(&authors, from, to, data.now()).await?;
    let mut by_author: HashMap<AccountId, Vec<&PostSeen>> = HashMap::new();
    for post in &posts {
        if let Some(author) = post.author {
            by_author.entry(author).or_default().push(post);
        }
    }
    let mut all = HashMap::new();
    for (piece, sought) in asked {
        let mut found: Vec<Proposal> = Vec::new();
        for post in sought.accounts.iter().filter_map(|account| by_author.get(account)).flatten() {
            let Some(reasons) = matching::reasons(post, &sought) else { continue };
            let keys = keys_of_post(post);
            if background.is_rejected(piece, &keys) || background.claims.first(&keys, piece).is_some() {
                continue;
            }
            found.push(Proposal {
                key: post_key(post.post),
                address: web_address(post),
                post: Some((*post).clone()),
                reasons,
                is_of: None,
            });
        }
        let off = |proposal: &Proposal| {
            let at = proposal.post.as_ref().map_or(0, |post| post.created_at.0);
            sought.due_at.map_or(at - sought.accepted_at.0, |due| at - due.0).abs()
        };
        found.sort_by_key(|proposal| (std::cmp::Reverse(proposal.reasons.len()), off(proposal), proposal.key.clone()));
        found.truncate(PROPOSALS_MAX);
        if !found.is_empty() {
            all.insert(piece, found);
        }
    }
    Ok(all)
}

/// A post as somebody names it: as it is listed, or by its number among the facts alone.
fn named(text: &str) -> String {
    let text = text.trim();
    if text.bytes().all(|letter| letter.is_ascii_digit()) { format!("post:{text}") } else { text.to_owned() }
}

/// A person says that a post is a piece; together with another piece only where they say that too.
///
/// The piece is noted as posted at the address of the post, where it was not and the address is known.
pub async fn confirm(
    data: &DataDirectory,
    piece_id: i64,
    post: &str,
    is_shared: bool,
    actor: &str,
) -> Result<(), TrackingError> {
    let (seen, key) = (piece(data, piece_id).await?, named(post));
    let proposal = match seen.proposals.iter().find(|proposal| proposal.key == key) {
        Some(proposal) => proposal.clone(),
        None => named_by_hand(data, &key, actor).await?,
    };
    if !is_shared {
        if let Some(other) = proposal.is_of {
            return Err(TrackingError::PostTaken(other));
        }
        let all = data.store.tracked_pieces(&PieceFilter::default()).await?;
        let keys = proposal.post.as_ref().map_or_else(|| BTreeSet::from([key.clone()]), keys_of_post);
        if let Some(other) = background(data, &all).await?.claims.first(&keys, piece_id) {
            return Err(TrackingError::PostTaken(other));
        }
    }
    let decision = PostDecision {
        deliverable: piece_id,
        post: key,
        is_it: true,
        is_shared,
        reasons: serde_json::to_string(&proposal.reasons).expect("reasons are plain"),
        actor: actor.to_owned(),
        decided_at: data.now(),
    };
    match data.store.decide_post(&decision).await? {
        Decided::Done => {}
        Decided::Taken(other) => return Err(TrackingError::PostTaken(other)),
        Decided::NotThere => return Err(OutreachError::NoDeliverable(piece_id).into()),
    }
    data.store.add_audit(data.now(), actor, "confirmed a post", &format!("piece {piece_id}"), &decision.post).await?;
    if seen.tracked.piece.state != DeliverableState::Live && !proposal.address.is_empty() {
        let shown = content::shown(data, piece_id).await?;
        content::posted(data, &shown, Party::Us, &proposal.address).await?;
    }
    Ok(())
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
        is_shared: false,
        reasons: serde_json::to_string(&proposal.reasons).expect("reasons are plain"),
        actor: actor.to_owned(),
        decided_at: data.now(),
    };
    if data.store.decide_post(&decision).await? == Decided::NotThere {
        return Err(OutreachError::NoDeliverable(piece_id).into());
    }
    data.store.add_audit(data.now(), actor, "rejected a post", &format!("piece {piece_id}"), &decision.post).await?;
    Ok(())
}

/// Takes back what a person said of a post and a piece; where nothing else tells, it is proposed again.
pub async fn take_back(data: &DataDirectory, piece_id: i64, post: &str, actor: &str) -> Result<(), TrackingError> {
    let key = named(post);
    if !data.store.take_post_decision_back(piece_id, &key).await? {
        return Err(TrackingError::NoPost(post.to_owned()));
    }
    data.store
        .add_audit(data.now(), actor, "took back what was said of a post", &format!("piece {piece_id}"), &key)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_named_as_it_is_listed_or_by_its_number() {
        assert_eq!(named(" 123 "), "post:123");
        assert_eq!(named("post:123"), "post:123");
        assert_eq!(named("address:x/1"), "address:x/1");
        assert_eq!(lake_post_of("post:123"), Some(PostId(123)));
        assert_eq!(lake_post_of("address:x/1"), None);
    }

    #[test]
    fn platforms_are_known_by_their_codes_and_names() {
        assert_eq!(platform_of("TikTok"), Some(Platform::TikTok));
        assert_eq!(platform_of("Twitter"), Some(Platform::X));
        assert_eq!(platform_of("Stack Exchange"), Some(Platform::StackExchange));
        assert_eq!(platform_of("the pub"), None);
    }

    #[test]
    fn the_claim_that_was_made_first_counts_and_the_others_are_asked_about() {
        let of = |key: &str| BTreeSet::from([key.to_owned()]);
        let mut claims = Claims::default();
        for (piece, key) in [(2, "address:x/1"), (1, "address:x/1"), (3, "address:x/2")] {
            claims.add(piece, of(key));
        }
        let keys = of("address:x/1");
        assert_eq!(claims.before(&keys, 2), None);
        assert_eq!(claims.before(&keys, 1), Some(2));
        assert_eq!(claims.before(&of("address:x/9"), 1), None);
        assert_eq!(claims.first(&keys, 2), Some(1));
        assert_eq!(claims.sharing(&keys, 3), [1, 2]);
    }
}
