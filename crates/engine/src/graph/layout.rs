//! Where the accounts of a map stand: those who talk stand near each other, everybody keeps some distance.
//!
//! Forces as in ForceAtlas2 (Jacomy, Venturini, Heymann, Bastian 2014): pairs pull in proportion to distance and
//! weight, all push each other apart by `k (d_u + 1)(d_v + 1) / distance`, distant crowds are taken together
//! (Barnes, Hut 1986). Fixed steps from a fixed start, so the same graph gives the same map on any number of threads.

use rayon::prelude::*;

use super::csr::Csr;
use crate::random::Draws;

/// A place on the map; the map is about as wide as the square root of its number of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub x: f32,
    pub y: f32,
}

/// How a map is drawn; kept with it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LayoutSettings {
    pub steps: usize,
    pub seed: u64,
    /// How strongly everything is drawn to the middle, so that parts without talk between them do not drift away.
    pub gravity: f64,
}

impl Default for LayoutSettings {
    fn default() -> LayoutSettings {
        LayoutSettings { steps: 150, seed: 0, gravity: 0.05 }
    }
}

const START_STREAM: u64 = 61;
/// A crowd is taken together when it looks smaller than this, in width over distance.
const OPENING: f64 = 1.1;
const REPULSION: f64 = 1.0;
/// Depth of the tree; places nearer than its finest cell push each other as one.
const DEPTH_MAX: usize = 24;

/// Places all nodes of an undirected graph. `start` gives places to begin from; without it they begin in a spiral in
/// an order that the seed decides. Cost `O(steps * (nodes log nodes + pairs))`.
pub fn layout(graph: &Csr, start: Option<&[Place]>, settings: &LayoutSettings) -> Vec<Place> {
    let nodes = graph.nodes();
    let mut at: Vec<[f64; 2]> = match start {
        Some(places) => places.iter().map(|place| [f64::from(place.x), f64::from(place.y)]).collect(),
        None => spiral(nodes, settings.seed),
    };
    let mass: Vec<f64> = (0..nodes).map(|node| (graph.row(node).targets.len() as f64).sqrt() + 1.0).collect();
    let pull = mean_weight(graph);
    let wide = (nodes.max(1) as f64).sqrt();
    for step in 0..settings.steps {
        let tree = Tree::build(&at, &mass);
        let forces: Vec<[f64; 2]> = (0..nodes)
            .into_par_iter()
            .map(|node| {
                let here = at[node];
                let mut force = tree.push(here, mass[node]);
                let row = graph.row(node);
                for (&other, &weight) in row.targets.iter().zip(row.weights) {
                    let there = at[other as usize];
                    // Heavy talk pulls more, but a hundred times the talk not a hundred times as hard.
                    let strength = (f64::from(weight) / pull).sqrt();
                    force[0] += strength * (there[0] - here[0]);
                    force[1] += strength * (there[1] - here[1]);
                }
                for axis in 0..2 {
                    force[axis] -= settings.gravity * mass[node] * here[axis];
                }
                force
            })
            .collect();
        // Steps shrink from a tenth of the map to nearly nothing.
        let longest = 0.1 * wide * (1.0 - step as f64 / settings.steps as f64).powi(2) + 1e-3;
        for (place, (force, mass)) in at.iter_mut().zip(forces.iter().zip(&mass)) {
            let length = (force[0] * force[0] + force[1] * force[1]).sqrt();
            let reach = (length / mass / 4.0).min(longest);
            if length > 0.0 {
                place[0] += force[0] / length * reach;
                place[1] += force[1] / length * reach;
            }
        }
    }
    at.into_iter().map(|place| Place { x: place[0] as f32, y: place[1] as f32 }).collect()
}

/// Pushes discs apart until hardly any two overlap; `radius` in the units of the places. Cost `O(rounds * discs^2)`,
/// for the few hundred discs of a map of groups.
pub fn apart(places: &mut [Place], radius: &[f32], rounds: usize) {
    for _ in 0..rounds {
        let mut moved = false;
        for one in 0..places.len() {
            for other in one + 1..places.len() {
                let (mut dx, mut dy) = (places[other].x - places[one].x, places[other].y - places[one].y);
                let wanted = (radius[one] + radius[other]) * 1.05;
                let mut distance = (dx * dx + dy * dy).sqrt();
                if distance >= wanted {
                    continue;
                }
                if distance < 1e-6 {
                    (dx, dy, distance) = (1e-3 * (one as f32 + 1.0), 1e-3 * (other as f32 + 1.0), 1e-3);
                }
                let by = (wanted - distance) / distance / 2.0;
                places[one].x -= dx * by;
                places[one].y -= dy * by;
                places[other].x += dx * by;
                places[other].y += dy * by;
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Points evenly over a disc, by the golden angle.
fn spiral(nodes: usize, seed: u64) -> Vec<[f64; 2]> {
    let mut at = vec![[0.0; 2]; nodes];
    for (turn, node) in Draws::new(seed, START_STREAM).order(nodes).into_iter().enumerate() {
        let angle = turn as f64 * 2.399_963_229_728_653;
        let radius = (turn as f64 + 0.5).sqrt();
        at[node] = [radius * angle.cos(), radius * angle.sin()];
    }
    at
}

fn mean_weight(graph: &Csr) -> f64 {
    let sum: f64 = graph.row_sums().iter().sum();
    if graph.edges() > 0 { (sum / graph.edges() as f64).max(f64::MIN_POSITIVE) } else { 1.0 }
}

/// A square with everything that stands in it; its four quarters follow one another.
struct Cell {
    mass: f64,
    centre: [f64; 2],
    width: f64,
    /// The first of its quarters, or 0 for a cell without.
    quarters: u32,
}

struct Tree {
    cells: Vec<Cell>,
}

impl Tree {
    fn build(at: &[[f64; 2]], mass: &[f64]) -> Tree {
        let low = |axis: usize| at.iter().map(|place| place[axis]).fold(f64::INFINITY, f64::min);
        let high = |axis: usize| at.iter().map(|place| place[axis]).fold(f64::NEG_INFINITY, f64::max);
        let corner = [low(0), low(1)];
        let width = (high(0) - corner[0]).max(high(1) - corner[1]).max(1e-9);
        let mut order: Vec<u32> = (0..at.len() as u32).collect();
        let mut tree = Tree { cells: vec![Cell { mass: 0.0, centre: [0.0; 2], width, quarters: 0 }] };
        tree.fill(0, &mut order, corner, 0, at, mass);
        tree
    }

    fn fill(&mut self, cell: usize, nodes: &mut [u32], corner: [f64; 2], depth: usize, at: &[[f64; 2]], mass: &[f64]) {
        let mut sum = [0.0; 3];
        for &node in nodes.iter() {
            let node = node as usize;
            sum[0] += mass[node];
            sum[1] += mass[node] * at[node][0];
            sum[2] += mass[node] * at[node][1];
        }
        self.cells[cell].mass = sum[0];
        if sum[0] > 0.0 {
            self.cells[cell].centre = [sum[1] / sum[0], sum[2] / sum[0]];
        }
        if nodes.len() < 2 || depth == DEPTH_MAX {
            return;
        }
        let half = self.cells[cell].width / 2.0;
        let quarter_of = |node: u32| {
            let place = at[node as usize];
            usize::from(place[0] >= corner[0] + half) + 2 * usize::from(place[1] >= corner[1] + half)
        };
        nodes.sort_by_key(|&node| quarter_of(node));
        let first = self.cells.len();
        self.cells[cell].quarters = first as u32;
        self.cells.extend((0..4).map(|_| Cell { mass: 0.0, centre: [0.0; 2], width: half, quarters: 0 }));
        let mut rest = nodes;
        for quarter in 0..4 {
            let length = rest.partition_point(|&node| quarter_of(node) <= quarter);
            let (part, others) = rest.split_at_mut(length);
            let offset = [corner[0] + half * (quarter % 2) as f64, corner[1] + half * (quarter / 2) as f64];
            if !part.is_empty() {
                self.fill(first + quarter, part, offset, depth + 1, at, mass);
            }
            rest = others;
        }
    }

    /// The push of everything on a place.
    fn push(&self, here: [f64; 2], mass: f64) -> [f64; 2] {
        let mut force = [0.0; 2];
        let mut open: Vec<u32> = Vec::with_capacity(64);
        open.push(0);
        while let Some(cell) = open.pop() {
            let cell = &self.cells[cell as usize];
            if cell.mass == 0.0 {
                continue;
            }
            let (dx, dy) = (here[0] - cell.centre[0], here[1] - cell.centre[1]);
            let squared = dx * dx + dy * dy;
            if cell.quarters != 0 && cell.width * cell.width > OPENING * OPENING * squared {
                open.extend((0..4).map(|quarter| cell.quarters + quarter));
                continue;
            }
            if squared > 1e-12 {
                let push = REPULSION * mass * cell.mass / squared.max(1e-4);
                force[0] += push * dx;
                force[1] += push * dy;
            }
        }
        force
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cliques of `size` with one pair between.
    fn two_cliques(size: u32) -> Csr {
        let mut ends = vec![(0, size), (size, 0)];
        for clique in [0, size] {
            for one in 0..size {
                ends.extend((0..size).filter(|&other| other != one).map(|other| (clique + one, clique + other)));
            }
        }
        let (one, other): (Vec<u32>, Vec<u32>) = ends.iter().copied().unzip();
        Csr::from_edges(2 * size as usize, &one, &other, &vec![1.0; ends.len()])
    }

    fn distance(a: Place, b: Place) -> f32 {
        ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)).sqrt()
    }

    #[test]
    fn who_talks_stands_nearer_than_who_does_not() {
        let places = layout(&two_cliques(12), None, &LayoutSettings::default());
        let mean = |pairs: Vec<(usize, usize)>| {
            pairs.iter().map(|&(a, b)| distance(places[a], places[b])).sum::<f32>() / pairs.len() as f32
        };
        let within = mean((1..12).flat_map(|a| (1..a).map(move |b| (a, b))).collect());
        let across = mean((1..12).flat_map(|a| (13..24).map(move |b| (a, b))).collect());
        assert!(across > 2.0 * within, "{across} against {within}");
        assert!(places.iter().all(|place| place.x.is_finite() && place.y.is_finite()));
    }

    #[test]
    fn the_same_graph_gives_the_same_map_on_any_number_of_threads() {
        let graph = two_cliques(30);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| layout(&graph, None, &LayoutSettings::default()))
        };
        assert_eq!(on(1), on(4));
    }

    #[test]
    fn a_map_of_nobody_one_or_of_people_in_one_spot_is_drawn() {
        let nobody = Csr::from_edges(0, &[], &[], &[]);
        assert!(layout(&nobody, None, &LayoutSettings::default()).is_empty());
        let strangers = Csr::from_edges(3, &[], &[], &[]);
        let one_spot = vec![Place::default(); 3];
        let places = layout(&strangers, Some(&one_spot), &LayoutSettings::default());
        assert!(places.iter().all(|place| place.x.is_finite()));
    }

    #[test]
    fn discs_that_overlap_are_pushed_apart() {
        let mut places = vec![Place { x: 0.0, y: 0.0 }, Place { x: 0.1, y: 0.0 }, Place { x: 0.0, y: 0.0 }];
        apart(&mut places, &[1.0, 1.0, 0.5], 500);
        assert!(distance(places[0], places[1]) >= 1.99 && distance(places[0], places[2]) >= 1.49, "{places:?}");
    }
}
