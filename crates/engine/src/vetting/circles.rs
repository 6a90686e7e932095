//! Circles: creators who comment under each other's posts again and again, and from when on such a circle is too large to
//! be friends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::graph::csr::Csr;
use crate::graph::k_core::core_numbers;

/// Somebody who publishes comments under the posts of another who does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commenting {
    pub author: u32,
    pub commenter: u32,
    /// Posts of the author with a comment by the commenter, and all posts of the author that are held.
    pub posts_commented: u32,
    pub posts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CircleSettings {
    /// From this share of the other's posts on, 0..=1, somebody is a frequent commenter,
    pub share_min: f64,
    /// where at least so many posts are held.
    pub posts_min: u32,
    /// A circle is pod-like when everybody in it is a frequent commenter, both ways, with at least so many of it. It must be
    /// more than any believable circle of friends has.
    pub core_min: u32,
}

impl Default for CircleSettings {
    fn default() -> Self {
        CircleSettings { share_min: 0.05, posts_min: 15, core_min: 7 }
    }
}

/// What the market's frequent comments show.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Circles {
    /// With how many each one is tied both ways, within the tightest circle they are in (the core number); who is in none
    /// is absent.
    pub cores: BTreeMap<u32, u32>,
    /// Pod-like circles, each by ascending account, the largest first.
    pub pods: Vec<Vec<u32>>,
    /// Who is tied to whom both ways; both directions stand here, ascending.
    pub ties: Vec<(u32, u32)>,
    /// Who often comments under whose posts, ties or not: author and commenter, ascending.
    pub frequent: Vec<(u32, u32)>,
}

/// How far comments are returned around one creator, against the niche they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Pairs of the creator with somebody, at least one of whom often comments under the other's posts; and those of them
    /// where both do.
    pub pairs: u64,
    pub both_ways: u64,
    /// The same over all pairs within the niche without this creator's.
    pub niche_pairs: u64,
    pub niche_both_ways: u64,
}

impl Returned {
    /// How many times as often comments are returned around the creator as in the niche, with a 90 % interval: the ratio of
    /// two shares, each with half a pair added to either side, its logarithm taken as normal (Katz et al. 1978). `None`
    /// under five pairs of the creator's or twenty of the niche's.
    pub fn lift(&self) -> Option<(f64, f64, f64)> {
        if self.pairs < 5 || self.niche_pairs < 20 {
            return None;
        }
        let share = |hits: u64, of: u64| (hits as f64 + 0.5) / (of as f64 + 1.0);
        let (own, niche) = (share(self.both_ways, self.pairs), share(self.niche_both_ways, self.niche_pairs));
        let of = |hits: u64, all: u64| 1.0 / (hits as f64 + 0.5) - 1.0 / (all as f64 + 1.0);
        let error = (of(self.both_ways, self.pairs) + of(self.niche_both_ways, self.niche_pairs)).sqrt();
        let lift = (own / niche).ln();
        Some((lift.exp(), (lift - 1.645 * error).exp(), (lift + 1.645 * error).exp()))
    }
}

impl Circles {
    /// The pod-like circle somebody is in.
    pub fn pod_of(&self, person: u32) -> Option<&[u32]> {
        self.pods.iter().find(|pod| pod.binary_search(&person).is_ok()).map(Vec::as_slice)
    }

    /// How far comments are returned around somebody, against everybody for whom `is_of_niche` holds. Cost `O(frequent)`.
    pub fn returned(&self, person: u32, is_of_niche: impl Fn(u32) -> bool) -> Returned {
        let mut found = Returned { pairs: 0, both_ways: 0, niche_pairs: 0, niche_both_ways: 0 };
        for &(author, commenter) in &self.frequent {
            let both = self.ties.binary_search(&(author, commenter)).is_ok();
            // A pair tied both ways stands here twice and counts once.
            if both && author > commenter {
                continue;
            }
            if author == person || commenter == person {
                found.pairs += 1;
                found.both_ways += u64::from(both);
            } else if is_of_niche(author) && is_of_niche(commenter) {
                found.niche_pairs += 1;
                found.niche_both_ways += u64::from(both);
            }
        }
        found
    }

    /// Those who are tied to somebody both ways.
    pub fn tied_to(&self, person: u32) -> impl Iterator<Item = u32> + '_ {
        let from = self.ties.partition_point(|tie| tie.0 < person);
        self.ties[from..].iter().take_while(move |tie| tie.0 == person).map(|tie| tie.1)
    }
}

/// Finds circles: two are tied when each commented under at least 5 % of the other's posts (15 posts or more); the k-core of
/// these ties with k = 7, piece by piece, is pod-like, since seven friends who all know each other are rare and a group of
/// six friends is a 5-core. Rows may come in any order and twice; of the same pair the one with most posts counts.
///
/// Cost `O(rows log rows)`. Source of the figures: vetting sheet, 3.6.
pub fn circles(rows: &[Commenting], settings: &CircleSettings) -> Circles {
    let is_frequent = |row: &&Commenting| {
        row.author != row.commenter
            && row.posts >= settings.posts_min
            && f64::from(row.posts_commented) >= settings.share_min * f64::from(row.posts)
    };
    let mut frequent: Vec<(u32, u32)> =
        rows.iter().filter(is_frequent).map(|row| (row.author, row.commenter)).collect();
    frequent.sort_unstable();
    frequent.dedup();
    let ties: Vec<(u32, u32)> =
        frequent.iter().copied().filter(|(a, b)| frequent.binary_search(&(*b, *a)).is_ok()).collect();
    let mut people: Vec<u32> = ties.iter().map(|tie| tie.0).collect();
    people.dedup();
    let place = |person: u32| people.binary_search(&person).expect("everybody tied is named") as u32;
    let sources: Vec<u32> = ties.iter().map(|tie| place(tie.0)).collect();
    let targets: Vec<u32> = ties.iter().map(|tie| place(tie.1)).collect();
    let graph = Csr::from_edges(people.len(), &sources, &targets, &vec![1.0; ties.len()]);
    let cores = core_numbers(&graph);
    let mut pods = pieces(&graph, &cores, settings.core_min);
    for pod in &mut pods {
        pod.iter_mut().for_each(|member| *member = people[*member as usize]);
    }
    pods.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    Circles { cores: people.iter().copied().zip(cores).collect(), pods, ties, frequent }
}

/// The connected pieces of those with at least this core number, each ascending.
fn pieces(graph: &Csr, cores: &[u32], core_min: u32) -> Vec<Vec<u32>> {
    let mut seen = vec![false; cores.len()];
    let mut found = Vec::new();
    for start in 0..cores.len() {
        if seen[start] || cores[start] < core_min {
            continue;
        }
        seen[start] = true;
        let (mut piece, mut next) = (vec![start as u32], 0);
        while next < piece.len() {
            for &other in graph.row(piece[next] as usize).targets {
                if !seen[other as usize] && cores[other as usize] >= core_min {
                    seen[other as usize] = true;
                    piece.push(other);
                }
            }
            next += 1;
        }
        piece.sort_unstable();
        found.push(piece);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn poisson(mean: f64, draw: &mut Sequence) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), draw.uniform(), 0);
        while product > limit && count < 200 {
            product *= draw.uniform();
            count += 1;
        }
        count
    }

    fn binomial(n: u32, chance: f64, draw: &mut Sequence) -> u32 {
        (0..n).filter(|_| draw.uniform() < chance).count() as u32
    }

    /// The market of the vetting sheet, section 3.6: ordinary comments within niches, groups of friends, and pods.
    fn market(seed: u64) -> (Vec<Commenting>, Vec<u32>) {
        let mut draw = Sequence::new(seed, 77);
        let creators = 1_500u32;
        let posts: Vec<u32> = (0..creators).map(|_| 15 + draw.below(60) as u32).collect();
        let popular: Vec<f64> = (0..creators).map(|_| (1.0 - draw.uniform()).powf(-1.0 / 1.5)).collect();
        let mut commented: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut add = |author: u32, by: u32, count: u32| {
            let held = commented.entry((author, by)).or_default();
            *held = (*held + count).min(posts[author as usize]);
        };
        for creator in 0..creators {
            let niche: Vec<u32> =
                (0..creators).filter(|other| other % 30 == creator % 30 && *other != creator).collect();
            let all: f64 = niche.iter().map(|other| popular[*other as usize]).sum();
            for _ in 0..poisson(4.0 * draw.gamma(2.0) / 2.0, &mut draw) {
                let mut left = draw.uniform() * all;
                let chosen = niche.iter().copied().find(|other| {
                    left -= popular[*other as usize];
                    left <= 0.0
                });
                let Some(author) = chosen else { continue };
                let chance = draw.beta(1.0, 12.0);
                add(author, creator, binomial(posts[author as usize], chance, &mut draw));
                if draw.uniform() < 0.35 {
                    add(creator, author, binomial(posts[creator as usize], chance, &mut draw));
                }
            }
        }
        for _ in 0..60 {
            let members: Vec<u32> = (0..3 + draw.below(4)).map(|_| draw.below(creators as usize) as u32).collect();
            for &author in &members {
                for &by in members.iter().filter(|by| **by != author) {
                    let count = binomial(posts[author as usize], 0.35, &mut draw);
                    add(author, by, count);
                }
            }
        }
        let mut planted = Vec::new();
        for (size, rate) in [(8, 0.3), (20, 0.2), (35, 0.12), (60, 0.08)] {
            let members: Vec<u32> = (0..size).map(|_| draw.below(creators as usize) as u32).collect();
            for &author in &members {
                for &by in members.iter().filter(|by| **by != author) {
                    let count = binomial(posts[author as usize], rate, &mut draw);
                    add(author, by, count);
                }
            }
            planted.extend(members);
        }
        planted.sort_unstable();
        planted.dedup();
        let rows = commented
            .into_iter()
            .map(|((author, commenter), posts_commented)| Commenting {
                author,
                commenter,
                posts_commented,
                posts: posts[author as usize],
            })
            .collect();
        (rows, planted)
    }

    #[test]
    fn planted_pods_are_found_and_groups_of_friends_are_not_called_pods() {
        let (mut right, mut named, mut planted_all) = (0, 0, 0);
        for seed in 0..10 {
            let (rows, planted) = market(seed);
            let found = circles(&rows, &CircleSettings::default());
            let members: Vec<u32> = found.pods.iter().flatten().copied().collect();
            right += members.iter().filter(|member| planted.binary_search(member).is_ok()).count();
            named += members.len();
            planted_all += planted.len();
        }
        let (precision, recall) = (right as f64 / named as f64, right as f64 / planted_all as f64);
        println!("precision {precision:.3} recall {recall:.3}");
        assert!(precision >= 0.98 && recall >= 0.9, "{precision} {recall}");
    }

    #[test]
    fn comments_are_returned_more_often_in_a_pod_than_in_its_niche_and_a_loner_is_told_apart() {
        let (rows, planted) = market(1);
        let found = circles(&rows, &CircleSettings::default());
        let pod = &found.pods[0];
        let member = pod[0];
        assert!(planted.binary_search(&member).is_ok());
        let returned = found.returned(member, |other| other % 30 == member % 30);
        let (lift, lo, hi) = returned.lift().expect("enough pairs");
        assert!(lift > 1.5 && lo > 1.0 && hi > lift, "{lift} {lo} {hi} {returned:?}");
        let loner = found.returned(9_999_999, |_| true);
        assert_eq!((loner.pairs, loner.lift()), (0, None));
        let same = Returned { pairs: 40, both_ways: 10, niche_pairs: 400, niche_both_ways: 100 };
        assert!(same.lift().is_some_and(|(lift, lo, hi)| (lift - 1.0).abs() < 0.05 && lo < 1.0 && hi > 1.0));
    }

    #[test]
    fn the_order_of_rows_changes_nothing_and_few_posts_tie_nobody() {
        let (mut rows, _) = market(3);
        let settings = CircleSettings::default();
        let found = circles(&rows, &settings);
        rows.reverse();
        assert_eq!(circles(&rows, &settings), found);
        let (pod, member) = (&found.pods[0], found.pods[0][0]);
        assert_eq!(found.pod_of(member), Some(pod.as_slice()));
        assert!(found.tied_to(member).all(|other| found.tied_to(other).any(|back| back == member)));
        rows.iter_mut().for_each(|row| row.posts = row.posts.min(14));
        assert_eq!(circles(&rows, &settings), Circles::default(), "no posts, no ties");
        assert_eq!(circles(&[], &settings), Circles::default());
    }
}
