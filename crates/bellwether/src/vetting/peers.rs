//! Peers: what is usual for creators of one platform and size, and who comments on whom, from all creators held. Read once
//! per data revision.

use std::collections::HashMap;
use std::sync::Arc;

use engine::vetting::circles::{CircleSettings, Circles, Commenting, circles};
use engine::vetting::peers::{PeerLine, PeerPoint};
use engine::vetting::signs::{CircleSeen, Usual, UsualLine, UsualOf};
use model::{AccountId, Platform};
use store::{CommentingRow, CreatorMeasures, StoreError};

use crate::data_directory::DataDirectory;

/// Whoever has fewer posts or followers says little of what is usual.
const POSTS_MIN: u32 = 12;
const FOLLOWERS_MIN: i64 = 50;

/// What all creators held say about each other.
pub struct Peers {
    /// The data revision it was read at, and that of the derived values: whoever is forgotten leaves at once.
    revisions: (i64, Option<i64>),
    usual: HashMap<Platform, Usual>,
    /// Those who stand in circles, by ascending account; circles name them by their place here.
    accounts: Vec<AccountId>,
    circles: Circles,
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
        Some(CircleSeen { core: self.circles.cores.get(&place).copied().unwrap_or(0), pod_people, posts })
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
        let read = Arc::new(read(revisions, &measures, &commenters));
        *held = Some(read.clone());
        Ok(read)
    }
}

fn read(
    revisions: (i64, Option<i64>),
    measures: &[(AccountId, Option<f64>, CreatorMeasures)],
    commenters: &[CommentingRow],
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
    Peers { revisions, usual, accounts, circles }
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
