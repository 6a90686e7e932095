//! Cascades on small graphs, where forward runs can tell the truth.

use super::*;
use crate::random::Sequence;

/// A few accounts that many listen to, among many that few do.
fn made_up(nodes: u32, seed: u64, is_weighted: bool) -> InfluenceGraph {
    let mut sequence = Sequence::new(seed, 3);
    let mut reader = InfluenceReader::new(Flow::Against, is_weighted);
    for node in 0..nodes {
        for _ in 0..1 + sequence.below(5) {
            let source = (f64::from(nodes) * sequence.uniform().powi(3)) as u32;
            reader.take(format!("{node} {source} {}\n", 1 + sequence.below(4)).as_bytes()).expect("reads");
        }
    }
    reader.finish().expect("a graph")
}

#[test]
fn the_spread_is_what_forward_runs_see_and_the_certificate_holds() {
    for is_weighted in [false, true] {
        let graph = made_up(3_000, 7, is_weighted);
        let settings = CascadeSettings { k: 10, epsilon: 0.1, delta: Some(0.01), seed: 1 };
        let found = cascade(&graph, &settings).expect("seeds");
        let forward = forward_spread(&graph, &found.seeds, 10_000, 2);
        println!("{is_weighted}: {} beside {forward:?}, ratio {}", found.spread, found.ratio);
        assert!((found.spread / forward.mean - 1.0).abs() < 0.05, "{} {forward:?}", found.spread);
        assert!(found.spread_lo <= forward.mean + 3.0 * forward.error && found.best_hi >= forward.mean);
        assert!(found.ratio >= 0.53 && found.seeds.len() == 10);
    }
}

#[test]
fn the_same_seed_gives_the_same_answer_on_any_number_of_threads() {
    let graph = made_up(2_000, 8, false);
    let settings = CascadeSettings { k: 5, epsilon: 0.2, delta: None, seed: 4 };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| (cascade(&graph, &settings).expect("seeds"), forward_spread(&graph, &[0, 1], 500, 3)))
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let graph = made_up(10, 1, false);
    let of = |k: usize, epsilon: f64| cascade(&graph, &CascadeSettings { k, epsilon, delta: None, seed: 0 });
    assert!(matches!(of(0, 0.1), Err(CascadeError::Seeds { .. })));
    assert!(matches!(of(11, 0.1), Err(CascadeError::Seeds { .. })));
    assert!(matches!(of(1, 0.7), Err(CascadeError::Settings { .. })));
    let empty = InfluenceReader::new(Flow::Along, false).finish().expect("reads");
    let settings = CascadeSettings { k: 1, epsilon: 0.1, delta: None, seed: 0 };
    assert_eq!(cascade(&empty, &settings), Err(CascadeError::Empty));
    assert_eq!(of(10, 0.1).expect("all of them").seeds.len(), 10);
}
