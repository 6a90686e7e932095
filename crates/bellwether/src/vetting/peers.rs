//! Peers: what is usual for creators of one platform and size, and who comments on whom, from all creators held. Read once
//! per data revision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::vetting::circles::{CircleSettings, Circles, Commenting, circles};
use engine::vetting::peers::{PeerLine, PeerPoint};
use engine::vetting::signs::{CircleSeen, Usual, UsualLine, UsualOf};
use engine::vetting::standing::{PeerRow, SizeClaim, Standing, Standings, micro_against_macro};
use model::{AccountId, Estimate, Grade, Platform, TierSettings, Timestamp};
use store::{CommentingRow, CreatorMeasures, StoreError};

use crate::conversations::groups::Found;
use crate::conversations::market::GroupDetail;
use crate::data_directory::DataDirectory;

/// Whoever has fewer posts or followers says little of what is usual.
const POSTS_MIN: u32 = 12;
const FOLLOWERS_MIN: i64 = 50;
/// Whoever has fewer posts or followers is shown and not ranked.
const RANKED_POSTS_MIN: u32 = 10;
const RANKED_FOLLOWERS_MIN: i64 = 1_000;

/// A conversation group, as far as audiences and peers are told by it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSeen {
    pub id: i64,
    pub name: String,
    pub members: u64,
    niche: Option<String>,
    language: Option<String>,
}

/// What all creators held say about each other.
pub struct Peers {
    /// The data revision it was read at, and that of the derived values: whoever is forgotten leaves at once.
    revisions: (i64, Option<i64>),
    usual: HashMap<Platform, Usual>,
    /// Those who stand in circles, by ascending account; circles name them by their place here.
    accounts: Vec<AccountId>,
    circles: Circles,
    /// Their niches, by the same places.
    niche_of: Vec<Option<u32>>,
    standings: Standings,
    /// Whether small creators draw more than large ones here, platform by platform.
    pub claims: Vec<SizeClaim>,
    /// Names of niches by their number in a standing.
    niches: Vec<String>,
    /// Ascending by number.
    pub groups: Vec<GroupSeen>,
}

impl Peers {
    /// What is usual on a platform: of the creators held, else published where something is.
    pub fn usual(&self, platform: Platform) -> Usual {
        self.usual.get(&platform).copied().unwrap_or_default().or(Usual::published(platform))
    }

    /// Where somebody with so many posts held stands among those who comment on each other; `None` under fifteen posts, and
    /// where nobody who often comments under them publishes anything held: then it cannot be told.
    pub fn circle_of(&self, account: AccountId, posts: u32) -> Option<CircleSeen> {
        if posts < CircleSettings::default().posts_min {
            return None;
        }
        let place = self.accounts.binary_search(&account).ok()? as u32;
        let pod_people = self.circles.pod_of(place).map_or(0, |pod| pod.len() as u32);
        let niche = self.niche_of[place as usize];
        let is_of_niche = |other: u32| niche.is_some() && self.niche_of[other as usize] == niche;
        let returned = self.circles.returned(place, is_of_niche);
        Some(CircleSeen { core: self.circles.cores.get(&place).copied().unwrap_or(0), pod_people, posts, returned })
    }

    /// Where a creator stands by engagement among peers of the same platform, size, language and niche, and what those peers
    /// are called.
    pub fn standing(&self, account: AccountId, figure: &Estimate) -> (Standing, String) {
        let standing = self.standings.standing(account, figure);
        let niche = |number: u32| self.niches.get(number as usize).map(String::as_str);
        let cell = standing.cell.as_ref();
        let words = cell.map(|cell| cell.parts(&TierSettings::default(), cell.niche.and_then(niche)).join(", "));
        (standing, words.unwrap_or_default())
    }

    /// The group with this number, by its place.
    pub fn group_place(&self, id: i64) -> Option<u32> {
        self.groups.binary_search_by_key(&id, |group| group.id).ok().map(|place| place as u32)
    }

    /// Those who are tied to somebody both ways, by ascending account.
    pub fn tied_to(&self, account: AccountId) -> Vec<AccountId> {
        let Ok(place) = self.accounts.binary_search(&account) else { return vec![] };
        self.circles.tied_to(place as u32).map(|other| self.accounts[other as usize]).collect()
    }

    /// Everybody in pod-like circles, circle by circle.
    pub fn pods(&self) -> Vec<Vec<AccountId>> {
        let members = |pod: &Vec<u32>| pod.iter().map(|member| self.accounts[*member as usize]).collect();
        self.circles.pods.iter().map(members).collect()
    }
}

impl DataDirectory {
    /// What is usual among the creators held, and their circles; read once while nothing derived changes. Cost: the
    /// measures of all creators, a fit for every platform, one pass over frequent commenters.
    pub async fn peers(&self) -> Result<Arc<Peers>, StoreError> {
        let revisions = (self.store.data_revision().await?, self.derived.revision().await?);
        let mut held = self.peers.lock().await;
        if let Some(peers) = held.as_ref().filter(|peers| peers.revisions == revisions) {
            return Ok(peers.clone());
        }
        let measures = self.derived.measures().await?;
        let commenters = self.derived.commenters().await?;
        let found: Option<Found> = serde_json::from_str(&self.derived.groups_found().await?).ok();
        let as_of = found.map_or(self.now(), |found| Timestamp::from_unix_seconds(found.as_of_unix));
        let names =
            self.store.known_groups().await?.into_iter().filter_map(|group| Some((group.id, group.name?))).collect();
        let groups = groups_seen(self.derived.group_details().await?, names);
        let of_creators = self.derived.groups_of_creators().await?;
        let work = move || read(revisions, &measures, &commenters, groups, &of_creators, as_of);
        let read = Arc::new(tokio::task::spawn_blocking(work).await.expect("comparing peers does not panic"));
        *held = Some(read.clone());
        Ok(read)
    }
}

fn groups_seen(kept: Vec<store::GroupRow>, mut names: HashMap<i64, String>) -> Vec<GroupSeen> {
    let seen = kept.into_iter().map(|row| {
        let detail: Option<GroupDetail> = serde_json::from_str(&row.detail).ok();
        GroupSeen {
            id: row.id,
            name: names.remove(&row.id).unwrap_or_else(|| format!("group {}", row.id)),
            members: row.members.unsigned_abs(),
            niche: detail.as_ref().and_then(|of| of.niches.first()).map(|niche| niche.name.clone()),
            language: detail.and_then(|of| of.language).map(|language| language.name),
        }
    });
    seen.collect()
}

fn read(
    revisions: (i64, Option<i64>),
    measures: &[(AccountId, Option<f64>, CreatorMeasures)],
    commenters: &[CommentingRow],
    groups: Vec<GroupSeen>,
    of_creators: &[(AccountId, i64)],
    as_of: Timestamp,
) -> Peers {
    let usual = Platform::ALL.into_iter().map(|platform| (platform, usual_on(platform, measures))).collect();
    let mut accounts: Vec<AccountId> = commenters.iter().flat_map(|row| [row.author, row.commenter]).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let place = |account: AccountId| accounts.binary_search(&account).expect("everybody is named") as u32;
    let rows: Vec<Commenting> = commenters
        .iter()
        .map(|row| Commenting {
            author: place(row.author),
            commenter: place(row.commenter),
            posts_commented: row.posts_commented,
            posts: row.posts,
        })
        .collect();
    let circles = circles(&rows, &CircleSettings::default());
    let mut niches: Vec<String> = groups.iter().filter_map(|group| group.niche.clone()).collect();
    niches.sort_unstable();
    niches.dedup();
    let group_of: BTreeMap<AccountId, &GroupSeen> = of_creators
        .iter()
        .filter_map(|(account, id)| {
            let place = groups.binary_search_by_key(id, |group| group.id).ok()?;
            Some((*account, &groups[place]))
        })
        .collect();
    let niche_number = |account: &AccountId| {
        let niche = group_of.get(account)?.niche.as_ref()?;
        niches.binary_search(niche).ok().map(|number| number as u32)
    };
    let niche_of = accounts.iter().map(niche_number).collect();
    let peers: Vec<PeerRow<'_>> = measures
        .iter()
        .map(|(account, engagement, of)| {
            let group = group_of.get(account);
            let is_ranked =
                of.posts >= RANKED_POSTS_MIN && of.followers.is_some_and(|followers| followers >= RANKED_FOLLOWERS_MIN);
            PeerRow {
                account: *account,
                platform: of.platform,
                followers: of.followers,
                language: group.and_then(|group| group.language.as_deref()),
                niche: niche_number(account),
                figure: engagement.filter(|_| is_ranked),
            }
        })
        .collect();
    let tiers = TierSettings::default();
    let claims = micro_against_macro(&peers, &tiers, as_of, Grade::B);
    let standings = Standings::of(&peers, &tiers);
    drop(peers);
    Peers { revisions, usual, accounts, circles, niche_of, standings, claims, niches, groups }
}

fn usual_on(platform: Platform, measures: &[(AccountId, Option<f64>, CreatorMeasures)]) -> Usual {
    let line = |ln_figure: &dyn Fn(Option<f64>, &CreatorMeasures) -> Option<f64>| {
        let points: Vec<PeerPoint> = measures
            .iter()
            .filter(|(_, _, of)| of.platform == platform && of.posts >= POSTS_MIN)
            .filter_map(|(_, engagement, of)| {
                let followers = of.followers.filter(|followers| *followers >= FOLLOWERS_MIN)?;
                Some(PeerPoint { ln_followers: (followers as f64).ln(), ln_figure: ln_figure(*engagement, of)? })
            })
            .collect();
        PeerLine::fit(&points).map(|line| UsualLine { line, of: UsualOf::PeersHeld })
    };
    Usual {
        engagement: line(&|engagement, _| Some(engagement?.max(1e-5).ln())),
        comments_for_likes: line(&|_, of| Some((of.comment_like? + 0.001).ln())),
        like_spread: line(&|_, of| Some(of.like_spread?.max(1e-3).ln())),
    }
}
