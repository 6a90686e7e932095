//! What must hold of every grouping: no pieces, the same bytes on any number of threads, planted groups found again.

use proptest::prelude::*;

use super::*;
use crate::graph::Csr;
use crate::random::Draws;

/// `groups` groups of `size` accounts; every account talks `talk` times, nine times in ten inside its group.
fn planted(groups: usize, size: usize, talk: usize, seed: u64) -> (TalkGraph, Vec<u32>) {
    let draws = Draws::new(seed, 77);
    let nodes = groups * size;
    let (mut sources, mut targets) = (vec![], vec![]);
    for draw in 0..nodes * talk {
        let source = draw % nodes;
        let is_inside = draws.uniform(2 * draw as u64) < 0.9;
        let pick = 2 * draw as u64 + 1;
        let target = if is_inside { source / size * size + draws.below(pick, size) } else { draws.below(pick, nodes) };
        sources.push(source as u32);
        targets.push(target as u32);
    }
    let graph = Csr::from_edges(nodes, &sources, &targets, &vec![1.0; sources.len()]);
    (TalkGraph::from_directed(&graph), (0..nodes).map(|node| (node / size) as u32).collect())
}

fn on_threads(threads: usize, graph: &TalkGraph, settings: &GroupSettings) -> Grouping {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| find_groups(graph, settings))
}

#[test]
fn planted_groups_are_found_again() {
    let (graph, truth) = planted(40, 50, 20, 1);
    for mode in [Mode::Deterministic, Mode::Parallel] {
        let found = find_groups(&graph, &GroupSettings { mode, ..GroupSettings::default() });
        assert!(normalised_mutual_information(&found.group, &truth) > 0.99, "{mode:?}");
        assert_eq!(count_disconnected(&graph, &found.group), 0);
    }
    let density = GroupSettings { objective: Objective::Density { density: 0.05 }, ..GroupSettings::default() };
    assert!(normalised_mutual_information(&find_groups(&graph, &density).group, &truth) > 0.99);
}

#[test]
fn groups_known_before_take_in_newcomers_and_otherwise_stay() {
    let (graph, truth) = planted(40, 50, 20, 1);
    // The last account of each group is new, and so is all that it says.
    let is_new = |account: usize| account % 50 == 49;
    let labels: Vec<u32> = (0..graph.nodes() as u32)
        .map(|account| if is_new(account as usize) { account } else { account / 50 * 50 })
        .collect();
    let found = find_groups_from(&graph, &GroupSettings::default(), labels);
    assert!(normalised_mutual_information(&found.group, &truth) > 0.99);
    assert_eq!(count_disconnected(&graph, &found.group), 0);
    let settled = found.group.iter().map(|&group| found.group.iter().position(|&other| other == group));
    let settled: Vec<u32> = settled.map(|first| first.expect("in its own group") as u32).collect();
    assert_eq!(find_groups_from(&graph, &GroupSettings::default(), settled), found);
}

#[test]
fn groups_known_before_that_no_longer_hang_together_come_apart() {
    let (graph, truth) = planted(10, 30, 12, 4);
    let labels = truth.iter().map(|group| group / 2 * 60).collect();
    let found = find_groups_from(&graph, &GroupSettings::default(), labels);
    assert!(normalised_mutual_information(&found.group, &truth) > 0.99);
}

#[test]
fn the_deterministic_mode_gives_the_same_bytes_on_any_number_of_threads() {
    let (graph, _) = planted(30, 40, 6, 5);
    for seed in 0..3 {
        let settings = GroupSettings { seed, ..GroupSettings::default() };
        let one = on_threads(1, &graph, &settings);
        assert_eq!(one, on_threads(2, &graph, &settings));
        assert_eq!(one, on_threads(8, &graph, &settings));
    }
}

#[test]
fn no_group_is_in_pieces_on_any_number_of_threads_and_with_any_seed() {
    let (graph, _) = planted(60, 20, 4, 9);
    for seed in 0..20 {
        for threads in [1, 2, 8] {
            let settings = GroupSettings { mode: Mode::Parallel, seed, ..GroupSettings::default() };
            let found = on_threads(threads, &graph, &settings);
            assert_eq!(count_disconnected(&graph, &found.group), 0, "seed {seed}, {threads} threads");
        }
    }
}

#[test]
fn the_setting_that_foretells_held_back_talk_finds_the_planted_groups() {
    let (graph, truth) = planted(40, 25, 12, 3);
    let settings = GroupSettings::default();
    let tried = try_objectives(&graph, &settings, &usual_objectives());
    let found = find_groups(&graph, &GroupSettings { objective: tried[0].objective, ..settings });
    assert!(normalised_mutual_information(&found.group, &truth) > 0.95, "{:?}", tried[0]);
    assert!(tried[0].bits_per_talk > 1.0 && tried[0].share_inside > tried[0].share_by_chance);
    assert!(tried.windows(2).all(|pair| pair[0].bits_per_talk >= pair[1].bits_per_talk));
}

#[test]
fn finer_settings_are_not_tried_once_two_in_a_row_foretold_less() {
    let (graph, _) = planted(6, 60, 12, 3);
    let settings = GroupSettings::default();
    let objectives: Vec<Objective> =
        (0..12).map(|step| Objective::Modularity { resolution: 0.5 * 2f64.powi(step) }).collect();
    let tried = try_objectives(&graph, &settings, &objectives);
    assert!(tried.len() < objectives.len(), "{tried:?}");
    let bits = |step: usize| tried.iter().find(|tried| tried.objective == objectives[step]).map(|t| t.bits_per_talk);
    let last = tried.len() - 1;
    assert!(bits(last) < bits(last - 1) && bits(last - 1) < bits(last - 2), "the first ones of the ladder were tried");
    assert_eq!(tried[0].objective, try_objectives(&graph, &settings, &objectives[..=last])[0].objective);
    let densities = [Objective::Density { density: 0.05 }];
    let both = try_objectives(&graph, &settings, &[objectives.as_slice(), &densities].concat());
    assert_eq!(both.len(), tried.len() + 1, "the other kind is tried all the same");
}

#[test]
fn an_empty_market_and_people_who_talk_with_nobody_are_grouped() {
    let nobody = TalkGraph::from_directed(&Csr::from_edges(0, &[], &[], &[]));
    assert_eq!(find_groups(&nobody, &GroupSettings::default()), Grouping::default());
    let alone = TalkGraph::from_directed(&Csr::from_edges(5, &[0, 2], &[1, 2], &[1.0, 9.0]));
    let found = find_groups(&alone, &GroupSettings::default());
    assert_eq!(found.group, [0, 0, 1, 2, 3], "who talks with himself alone is alone");
    assert_eq!(found.sizes(), [2, 1, 1, 1]);
}

#[test]
fn a_chain_of_cliques_has_the_modularity_that_is_published_for_it() {
    // Two triangles joined by one pair: modularity of the obvious split is 5/14 = 0.357.
    let (sources, targets) = ([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3]);
    let graph = TalkGraph::from_directed(&Csr::from_edges(6, &sources, &targets, &[1.0; 7]));
    let found = find_groups(&graph, &GroupSettings::default());
    assert_eq!(found.group, [0, 0, 0, 1, 1, 1]);
    assert!((modularity(&graph, &found.group, 1.0) - 5.0 / 14.0).abs() < 1e-12);
}

#[test]
fn agreement_is_one_for_other_names_of_the_same_groups_and_nothing_for_chance() {
    let one = [0, 0, 1, 1, 2, 2];
    assert!((normalised_mutual_information(&one, &[5, 5, 0, 0, 3, 3]) - 1.0).abs() < 1e-12);
    assert!(normalised_mutual_information(&[0, 0, 1, 1], &[0, 1, 0, 1]).abs() < 1e-12);
}

#[test]
fn talk_of_both_directions_is_added_up_however_many_different_weights_there_are() {
    for different in [1, 200, 256, 257, 3000] {
        let nodes = 700;
        let draws = Draws::new(2, 78);
        let pick = |draw: u64| draws.below(draw, nodes) as u32;
        let edges: Vec<(u32, u32)> = (0..4000).map(|edge| (pick(2 * edge), pick(2 * edge + 1))).collect();
        let sources: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
        let targets: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
        let weights: Vec<f64> = (0..edges.len()).map(|edge| 1.0 + (edge % different) as f64 / 4096.0).collect();
        let out = Csr::from_edges(nodes, &sources, &targets, &weights);
        let graph = TalkGraph::from_directed(&out);
        let mut pairs = 0;
        for node in 0..nodes {
            let mut found: Vec<(u32, f32)> = graph.partners(node).iter().map(|p| (p.node, p.weight)).collect();
            found.sort_unstable_by_key(|partner| partner.0);
            let both = |other: u32| {
                out.weight(node, other).unwrap_or(0.0) + out.weight(other as usize, node as u32).unwrap_or(0.0)
            };
            let expect: Vec<(u32, f32)> = (0..nodes as u32)
                .filter(|&other| other as usize != node && both(other) > 0.0)
                .map(|other| (other, both(other)))
                .collect();
            assert_eq!(found, expect, "{different} weights, account {node}");
            pairs += found.len();
        }
        assert_eq!(graph.pairs(), pairs / 2);
    }
}

#[test]
fn the_talk_is_gone_through_again_only_where_groups_are_faint() {
    let found =
        |graph: &TalkGraph, iterations| find_groups(graph, &GroupSettings { iterations, ..GroupSettings::default() });
    let (clear, _) = planted(40, 50, 20, 1);
    assert_eq!(found(&clear, 1), found(&clear, 5));
    let (faint, _) = planted(1, 3000, 4, 1);
    let quality = |iterations| modularity(&faint, &found(&faint, iterations).group, 1.0);
    assert!(quality(2) > quality(1) + 0.002, "{} {}", quality(1), quality(2));
}

proptest! {
    #[test]
    fn any_talk_is_grouped_without_pieces_and_never_worse_than_everybody_alone(
        edges in proptest::collection::vec((0u32..30, 0u32..30, 1u32..5), 0..120),
        resolution in 0.2f64..4.0,
        seed in 0u64..4,
    ) {
        let sources: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
        let targets: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
        let weights: Vec<f64> = edges.iter().map(|edge| f64::from(edge.2)).collect();
        let graph = TalkGraph::from_directed(&Csr::from_edges(30, &sources, &targets, &weights));
        let settings =
            GroupSettings { objective: Objective::Modularity { resolution }, seed, ..GroupSettings::default() };
        let found = find_groups(&graph, &settings);
        prop_assert_eq!(count_disconnected(&graph, &found.group), 0);
        let alone: Vec<u32> = (0..30).collect();
        let gain = modularity(&graph, &found.group, resolution) - modularity(&graph, &alone, resolution);
        prop_assert!(gain >= -1e-6, "{}", gain);
    }
}
