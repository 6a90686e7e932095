//! What is proposed for pieces of which no post is known: what each is sought by is read once for all, and held against what their
//! creators published.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lake::PostSeen;
use model::{AccountId, Timestamp};
use store::codes::CodeRow;
use store::published_posts::TrackedPiece;
use store::tracking::LinkRow;

use super::claims::{Background, keys_of_post, post_key, web_address};
use super::matching::{self, Sign, Sought};
use super::{Proposal, Proposed, platform_of};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::outreach::briefs::Brief;
use crate::outreach::settings;
use crate::tracking::told::code_norm;
use crate::tracking::{PATH, TrackingError};

const DAY: i64 = 86_400_000_000;
/// Proposals of one piece that are shown; the best come first.
const PROPOSALS_MAX: usize = 5;

/// What the pieces in question are sought by.
struct Material {
    accounts: BTreeMap<i64, BTreeSet<AccountId>>,
    links: HashMap<i64, Vec<LinkRow>>,
    codes_of_deals: HashMap<i64, Vec<CodeRow>>,
    codes_of_contacts: HashMap<i64, Vec<CodeRow>>,
    brands: HashMap<String, Vec<Sign>>,
    /// Where followed links begin.
    public_address: String,
}

async fn material(data: &DataDirectory, open: &[TrackedPiece]) -> Result<Material, TrackingError> {
    let mut accounts: BTreeMap<i64, BTreeSet<AccountId>> = BTreeMap::new();
    for (contact, account) in data.store.accounts_by_contact().await? {
        accounts.entry(contact).or_default().insert(account);
    }
    let distinct = |of: fn(&TrackedPiece) -> i64| open.iter().map(of).collect::<BTreeSet<i64>>();
    let deals: Vec<i64> = distinct(|of| of.piece.deal).into_iter().collect();
    let contacts: Vec<i64> = distinct(|of| of.contact).into_iter().collect();
    let mut links: HashMap<i64, Vec<LinkRow>> = HashMap::new();
    for link in data.store.links_of_deals(&deals).await? {
        links.entry(link.deal.unwrap_or_default()).or_default().push(link);
    }
    let (mut codes_of_deals, mut codes_of_contacts) = (HashMap::new(), HashMap::new());
    for code in data.store.codes_of(&deals, &contacts).await? {
        let (place, of) = match (code.deal, code.contact) {
            (Some(deal), _) => (&mut codes_of_deals, deal),
            (None, Some(contact)) => (&mut codes_of_contacts, contact),
            (None, None) => continue,
        };
        place.entry(of).or_insert_with(Vec::new).push(code);
    }
    let mut brands = HashMap::new();
    if open.iter().any(|of| of.brand.is_some()) {
        for brand in data.store.brands().await? {
            let own = brand.buyers.own_accounts.into_iter();
            let handles = own.map(|own| Sign::Mention(own.native_id.to_lowercase(), Some(own.platform)));
            brands.insert(brand.id.to_string(), handles.collect());
        }
    }
    let public_address = settings::settings(data).await?.public_address;
    Ok(Material { accounts, links, codes_of_deals, codes_of_contacts, brands, public_address })
}

/// Codes that speak for a piece, each once however it is cased: the brief's, those of its deal, and those of its creator that are of
/// no deal and of no other campaign.
fn codes_of(of: &TrackedPiece, brief: &Brief, material: &Material) -> BTreeSet<Sign> {
    let campaign = of.campaign.as_ref().map(|(id, _)| *id);
    let of_deal = material.codes_of_deals.get(&of.piece.deal).into_iter().flatten();
    let of_contact = material.codes_of_contacts.get(&of.contact).into_iter().flatten();
    let of_contact = of_contact.filter(|code| code.campaign.is_none() || code.campaign == campaign);
    let mut by_norm: BTreeMap<String, &str> = BTreeMap::new();
    for code in of_deal.chain(of_contact) {
        by_norm.entry(code.code_norm.clone()).or_insert(&code.code);
    }
    let briefed = brief.code.trim();
    if !briefed.is_empty() {
        by_norm.entry(code_norm(briefed)).or_insert(briefed);
    }
    by_norm.into_values().map(|code| Sign::Code(code.to_owned())).collect()
}

/// What is sought for a piece: whose posts, when, and what they carry.
fn sought(of: &TrackedPiece, material: &Material) -> Option<Sought> {
    let accounts = material.accounts.get(&of.contact)?;
    let brief: Brief = serde_json::from_str(&of.brief).unwrap_or_default();
    let mut signs: BTreeSet<Sign> = matching::signs_in(&brief.tag).into_iter().collect();
    signs.extend(matching::link_sign(&brief.link));
    signs.extend(codes_of(of, &brief, material));
    for link in material.links.get(&of.piece.deal).into_iter().flatten() {
        // A link of another piece of the deal speaks for that one.
        if link.deliverable.is_none_or(|piece| piece == of.piece.id) {
            let address = format!("{}{PATH}/{}", material.public_address, link.slug);
            signs.extend(matching::link_sign(&address).or_else(|| {
                let below = format!("{PATH}/{}", link.slug);
                Some(Sign::Link(below.trim_start_matches('/').to_lowercase()))
            }));
        }
    }
    signs.extend(of.brand.iter().filter_map(|brand| material.brands.get(brand)).flatten().cloned());
    let due_at = clock::parse_utc_without_zone(&format!("{}T00:00:00", of.piece.due_on));
    Some(Sought {
        accounts: accounts.clone(),
        platform: platform_of(&of.piece.platform),
        accepted_at: of.accepted_at,
        due_at: due_at.map(|at| Timestamp(at.0 + DAY)),
        signs,
    })
}

/// Imported posts that may be pieces of which no post is known, by piece.
pub(super) async fn proposals(
    data: &DataDirectory,
    open: &[TrackedPiece],
    background: &Arc<Background>,
) -> Result<HashMap<i64, Proposed>, TrackingError> {
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let material = material(data, open).await?;
    let asked: Vec<(i64, Sought)> = open.iter().filter_map(|of| Some((of.piece.id, sought(of, &material)?))).collect();
    let authors: BTreeSet<AccountId> = asked.iter().flat_map(|(_, sought)| sought.accounts.iter().copied()).collect();
    let from = asked.iter().map(|(_, sought)| sought.accepted_at).min();
    let to = asked.iter().map(|(_, sought)| sought.until()).max();
    let (Some(from), Some(to)) = (from, to) else { return Ok(HashMap::new()) };
    let authors: Vec<AccountId> = authors.into_iter().collect();
    let posts = data.lake.posts_between(&authors, from, to, data.now()).await?;
    let background = background.clone();
    let held = tokio::task::spawn_blocking(move || held_against(&asked, &posts, &background));
    Ok(held.await.expect("holding posts against pieces does not panic"))
}

/// The posts of their creators that may be pieces, the likeliest first.
fn held_against(asked: &[(i64, Sought)], posts: &[PostSeen], background: &Background) -> HashMap<i64, Proposed> {
    let mut by_author: HashMap<AccountId, Vec<&PostSeen>> = HashMap::new();
    for post in posts {
        if let Some(author) = post.author {
            by_author.entry(author).or_default().push(post);
        }
    }
    let mut all = HashMap::new();
    for (piece, sought) in asked {
        let mut found: Vec<Proposal> = Vec::new();
        for post in sought.accounts.iter().filter_map(|account| by_author.get(account)).flatten() {
            let Some(reasons) = matching::reasons(post, sought) else { continue };
            let keys = keys_of_post(post);
            if background.is_rejected(*piece, &keys) || background.taken_by(*piece, &keys).is_some() {
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
        found.sort_by_key(|proposal| (Reverse(proposal.reasons.len()), off(proposal), proposal.key.clone()));
        if !found.is_empty() {
            let more = found.len().saturating_sub(PROPOSALS_MAX);
            found.truncate(PROPOSALS_MAX);
            all.insert(*piece, Proposed { shown: found, more });
        }
    }
    all
}
