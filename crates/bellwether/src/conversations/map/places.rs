//! Where the nodes of a map lie: laid out once for each state of the market, kept, and never moved by a filter.

use std::sync::Arc;

use engine::graph::layout::apart;
use engine::graph::{Csr, LayoutSettings, Place, layout};

use super::super::market::MarketGroups;
use super::selection::Selection;
use super::{Level, Map, MapEdge, MapRequest};
use crate::data_directory::DataDirectory;

/// Layouts and whole maps held in memory.
const LAYOUTS_HELD: usize = 24;
const MAPS_HELD: usize = 6;
/// From the middle to the edge of a map of groups, in radii of its largest disc.
const MAP_IN_LARGEST_DISCS: f32 = 8.0;

/// The data revision of the graph, and that of the groups.
type Revisions = (i64, Option<i64>);

/// Places of one level of one state of the market.
type LayoutKey = (Revisions, Level, usize);

fn key_of(revisions: Revisions, request: &MapRequest) -> LayoutKey {
    (revisions, request.level, request.nodes_max)
}

/// The maps that were drawn lately, and the places of their nodes.
#[derive(Default)]
pub struct MapsHeld {
    layouts: Vec<(LayoutKey, Arc<Vec<Place>>)>,
    maps: Vec<(Revisions, MapRequest, Arc<Map>)>,
}

impl MapsHeld {
    pub(super) fn map(&self, revisions: Revisions, request: &MapRequest) -> Option<Arc<Map>> {
        let held = self.maps.iter().find(|(of, asked, _)| *of == revisions && asked == request);
        held.map(|(_, _, map)| map.clone())
    }

    pub(super) fn keep_map(&mut self, revisions: Revisions, request: &MapRequest, map: Arc<Map>) {
        self.maps.retain(|(of, asked, _)| *of == revisions && asked != request);
        if self.maps.len() >= MAPS_HELD {
            self.maps.remove(0);
        }
        self.maps.push((revisions, request.clone(), map));
    }

    fn layout(&self, key: &LayoutKey) -> Option<Arc<Vec<Place>>> {
        self.layouts.iter().find(|(held, _)| held == key).map(|(_, places)| places.clone())
    }

    pub(super) fn keep_layout(&mut self, revisions: Revisions, request: &MapRequest, places: Arc<Vec<Place>>) {
        let key = key_of(revisions, request);
        self.layouts.retain(|(held, _)| held.0 == key.0 && *held != key);
        if self.layouts.len() >= LAYOUTS_HELD {
            self.layouts.remove(0);
        }
        self.layouts.push((key, places));
    }
}

/// Under which name refresh keeps the places of a map; only of those that everybody opens.
pub(super) fn kept_name(request: &MapRequest) -> Option<String> {
    match request.level {
        Level::Groups => Some(format!("groups {}", request.nodes_max)),
        Level::People => Some(format!("people {}", request.nodes_max)),
        Level::Members(_) | Level::Circle(_, _) => None,
    }
}

/// The places of a map that are held in memory, or that refresh left for the present state of the market.
pub(super) async fn held_places(
    data: &DataDirectory,
    revisions: Revisions,
    request: &MapRequest,
) -> Result<Option<Arc<Vec<Place>>>, store::StoreError> {
    if let Some(places) = data.maps.lock().await.layout(&key_of(revisions, request)) {
        return Ok(Some(places));
    }
    let is_fresh = revisions.1 == Some(revisions.0);
    let Some(name) = kept_name(request).filter(|_| is_fresh) else { return Ok(None) };
    let kept = data.derived.map_places(&name).await?;
    Ok(kept.map(|places| Arc::new(places.into_iter().map(|(x, y)| Place { x, y }).collect())))
}

/// The talk of all pairs of nodes, both directions and all kinds added up.
pub(super) fn undirected(nodes: usize, edges: &[MapEdge]) -> Csr {
    let mut pairs: Vec<(u32, u32, u64)> = edges
        .iter()
        .map(|edge| (edge.source.min(edge.target), edge.source.max(edge.target), u64::from(edge.turns)))
        .collect();
    pairs.sort_unstable();
    let sum: Vec<(u32, u32, f64)> = pairs
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .map(|same| (same[0].0, same[0].1, same.iter().map(|pair| pair.2).sum::<u64>() as f64))
        .collect();
    let sources: Vec<u32> = sum.iter().map(|pair| pair.0).chain(sum.iter().map(|pair| pair.1)).collect();
    let targets: Vec<u32> = sum.iter().map(|pair| pair.1).chain(sum.iter().map(|pair| pair.0)).collect();
    let weights: Vec<f64> = sum.iter().chain(&sum).map(|pair| pair.2).collect();
    Csr::from_edges(nodes, &sources, &targets, &weights)
}

/// Lays a map out. Cost a few hundred rounds over nodes and edges.
pub(super) fn place(selection: &Selection, edges: &[MapEdge], market: &MarketGroups) -> Vec<Place> {
    let graph = undirected(selection.nodes.len(), edges);
    let steps = if selection.nodes.len() > 3_000 { 80 } else { 200 };
    let mut places = layout(&graph, None, &LayoutSettings { steps, ..LayoutSettings::default() });
    if selection.are_groups {
        // The page draws the largest disc about a twentieth of the map wide; places are stretched to that measure, then
        // pushed apart.
        let radius: Vec<f32> = selection
            .nodes
            .iter()
            .map(|&group| (market.list[group as usize].detail.figures.members as f32).sqrt())
            .collect();
        let largest = radius.iter().copied().fold(1.0f32, f32::max);
        let wide = places.iter().map(|place| place.x.abs().max(place.y.abs())).fold(1e-6f32, f32::max);
        let stretch = MAP_IN_LARGEST_DISCS * largest / wide;
        places.iter_mut().for_each(|place| (place.x, place.y) = (place.x * stretch, place.y * stretch));
        if selection.nodes.len() <= 1_000 {
            let roomy: Vec<f32> = radius.iter().map(|radius| 1.3 * radius).collect();
            apart(&mut places, &roomy, 300);
        }
    }
    places
}
