//! What campaigns taught of creators, as the next plan takes it: the share of followers who see a post of theirs, from what posts of
//! campaigns reached, and how many of those who were reached clicked and bought.

use std::collections::HashMap;

use engine::intervals::{jeffreys_interval, poisson_interval};
use model::{AccountId, Estimate, Explanation, Grade, PostMetric, Ratio, Unit};

use super::MeasurementError;
use super::found::StudyFound;
use crate::creators;
use crate::data_directory::DataDirectory;
use crate::tracking::posts::{self, PostState, PostsWanted, measuring};

/// How many see one post of somebody, by posts of campaigns.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenByPosts {
    /// Reach over followers: the middle of the posts.
    pub share: f64,
    /// The least and the most of the posts; of one post a third either way.
    pub lo: f64,
    pub hi: f64,
    pub posts: usize,
    pub grade: Grade,
}

/// How far the next post may be from a single one.
const ONE_POST_SPREAD: f64 = 0.33;

/// By account, what posts of agreed deals reached of its followers. Cost: that of the wall of posts.
pub async fn seen_by_posts(data: &DataDirectory) -> Result<HashMap<AccountId, SeenByPosts>, MeasurementError> {
    let wanted = PostsWanted { state: Some(PostState::Published), ..PostsWanted::default() };
    let pieces = posts::seen(data, &wanted).await?;
    if pieces.is_empty() {
        return Ok(HashMap::new());
    }
    let measured = measuring::measured(data, &pieces).await?;
    let author = |piece: &posts::PieceSeen| piece.found.as_ref()?.post.as_ref()?.author;
    let names = creators::names(data, pieces.iter().filter_map(author).collect()).await?;
    let mut shares: HashMap<AccountId, Vec<f64>> = HashMap::new();
    for piece in &pieces {
        let Some(account) = author(piece) else { continue };
        let Some(followers) = names.get(&account).and_then(|name| name.followers).filter(|count| *count > 0) else {
            continue;
        };
        let rows = measured.get(&piece.id()).map(|measured| measured.measurements.as_slice()).unwrap_or_default();
        if let Some(reach) = rows.iter().rev().find_map(|row| row.metrics.get(PostMetric::Reach)) {
            shares.entry(account).or_default().push(reach as f64 / followers as f64);
        }
    }
    Ok(shares.into_iter().filter_map(|(account, shares)| Some((account, of_shares(shares)?))).collect())
}

/// What answered campaigns say of the way from being seen to buying: clicks of people reached, orders of clicks. Empty before the first.
///
/// Formula: sums over campaigns of which both sides are known; clicks over reach with the interval of a Poisson count, orders over clicks
/// by Jeffreys. Reach is added up over posts, so that the first is a lower end.
pub async fn rates(data: &DataDirectory) -> Result<Vec<Estimate>, MeasurementError> {
    let (mut reached, mut of_reached, mut clicks, mut orders) = (0.0, 0u64, 0u64, 0u64);
    let (mut campaigns, mut as_of) = (0u64, None);
    for study in super::studies(data).await? {
        let Some(row) = data.store.study_results(study.row.id).await?.pop() else { continue };
        let Ok(found) = serde_json::from_str::<StudyFound>(&row.found) else { continue };
        let step = |words: &str| {
            let step = found.funnel.iter().find(|step| step.words.starts_with(words));
            step.and_then(|step| step.estimate.value)
        };
        let (Some(clicked), Some(bought)) = (step("Clicks"), step("Orders")) else { continue };
        if clicked <= 0.0 {
            continue;
        }
        campaigns += 1;
        as_of = as_of.max(Some(row.as_of));
        clicks += clicked as u64;
        orders += bought as u64;
        if let Some(reach) = step("Reach") {
            reached += reach;
            of_reached += clicked as u64;
        }
    }
    let level = Ratio::new(0.9).expect("a share");
    let leaf = |words: &str, value: f64, unit| Explanation::leaf(words, Some(value), unit);
    let told = |value: f64, lo: f64, hi: f64, n: u64, explanation: Explanation| {
        let known = Estimate::known(value, lo.min(value), hi.max(value), n, "clicks", "learnt", explanation);
        Estimate { as_of, grade: Grade::C, ..known }
    };
    let mut all = vec![];
    if reached > 0.0 {
        let range = poisson_interval(of_reached, level);
        let explanation = Explanation::ratio(
            "clicks of people reached, in earlier campaigns",
            Unit::Percent,
            leaf("clicks by people", of_reached as f64, Unit::Items).with_rows(
                campaigns,
                "campaigns",
                Some("/measurement".to_owned()),
            ),
            leaf("reach, added up over posts", reached, Unit::People),
        );
        all.push(told(of_reached as f64 / reached, range.lo / reached, range.hi / reached, of_reached, explanation));
    }
    if let Some(range) = jeffreys_interval(orders.min(clicks), clicks, level) {
        let explanation = Explanation::ratio(
            "orders of clicks, in earlier campaigns",
            Unit::Share,
            leaf("orders credited to creators", orders.min(clicks) as f64, Unit::Items),
            leaf("clicks by people", clicks as f64, Unit::Items).with_rows(
                campaigns,
                "campaigns",
                Some("/measurement".to_owned()),
            ),
        );
        all.push(told(orders.min(clicks) as f64 / clicks as f64, range.lo, range.hi, clicks, explanation));
    }
    Ok(all)
}

fn of_shares(mut shares: Vec<f64>) -> Option<SeenByPosts> {
    shares.sort_by(f64::total_cmp);
    let share = engine::intervals::median(&shares)?;
    let (lo, hi) = match shares.as_slice() {
        [one] => (one * (1.0 - ONE_POST_SPREAD), one * (1.0 + ONE_POST_SPREAD)),
        all => (all[0], all[all.len() - 1]),
    };
    Some(SeenByPosts { share, lo, hi, posts: shares.len(), grade: Grade::C })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_posts_say_how_far_they_lie_apart_and_one_says_it_with_room() {
        let several = of_shares(vec![0.3, 0.1, 0.2]).expect("known");
        assert_eq!((several.share, several.lo, several.hi, several.posts), (0.2, 0.1, 0.3, 3));
        let one = of_shares(vec![0.2]).expect("known");
        assert!(one.lo < 0.14 && one.hi > 0.26, "{one:?}");
        assert_eq!(of_shares(vec![]), None);
    }
}
