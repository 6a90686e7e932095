//! The rail of filters: every choice with its exact count, every number with a histogram of the present result.

use search::{FacetCounts, Histogram, Read};

use super::{Answer, NONE, View, opens};
use crate::creators::search::asked::plain_number;
use crate::creators::search::fields::{CODES, CodeField, Group, RANGES, RangeField};
use crate::web::format;

/// Choices shown before the rest is folded away, and the most that are shown at all.
const SHOWN: usize = 7;
const SHOWN_MAX: usize = 60;

/// A part of the rail.
pub struct RailGroup {
    pub words: &'static str,
    pub open: bool,
    pub active: String,
    pub codes: Vec<CodesView>,
    pub ranges: Vec<RangeView>,
}

/// A choice with its codes.
pub struct CodesView {
    pub key: &'static str,
    pub words: &'static str,
    pub values: Vec<CodeView>,
    pub more: Vec<CodeView>,
    /// Codes beyond those that can be ticked here.
    pub left_out: Option<String>,
}

/// One code.
pub struct CodeView {
    pub code: String,
    pub words: String,
    pub count: String,
    pub ticked: bool,
    /// Ticked as one that is not wanted.
    pub unwanted: bool,
}

/// A number with its histogram.
pub struct RangeView {
    pub key: &'static str,
    pub words: &'static str,
    pub about: &'static str,
    pub unit: &'static str,
    pub from: String,
    pub to: String,
    pub surely: bool,
    pub possibly: bool,
    pub interval: bool,
    pub bars: Vec<Bar>,
    /// The histogram in words.
    pub spoken: String,
    pub not_known: Option<String>,
    pub known_only: bool,
    pub open: bool,
}

/// A bar of a histogram, in a box of 100 by 24.
pub struct Bar {
    pub x: String,
    pub width: String,
    pub y: String,
    pub height: String,
    pub title: String,
    /// Whether the range asked for covers it.
    pub inside: bool,
}

/// The rail for an answer.
pub fn rail(view: &View<'_>, answer: &Answer) -> Vec<RailGroup> {
    let Some(counts) = &answer.counts else { return vec![] };
    Group::ALL
        .into_iter()
        .map(|group| {
            let codes: Vec<CodesView> = CODES
                .iter()
                .filter(|field| field.group == group)
                .filter_map(|field| codes_view(view, field, counts.facets.get(field.key)?))
                .collect();
            let ranges: Vec<RangeView> = RANGES
                .iter()
                .filter(|field| field.group == group)
                .filter_map(|field| range_view(view, field, counts.ranges.get(field.key)?))
                .collect();
            let active =
                view.asked.codes.iter().filter(|asked| codes.iter().any(|codes| codes.key == asked.key)).count()
                    + view.asked.ranges.iter().filter(|asked| asked.field.group == group).count();
            RailGroup {
                words: group.words(),
                open: opens(group, active),
                active: if active == 0 { String::new() } else { active.to_string() },
                codes,
                ranges,
            }
        })
        .filter(|group| !group.codes.is_empty() || !group.ranges.is_empty())
        .collect()
}

fn codes_view(view: &View<'_>, field: &'static CodeField, counts: &FacetCounts) -> Option<CodesView> {
    let asked = view.asked.codes.iter().find(|asked| asked.key == field.key);
    let ticked = |code: &str| asked.is_some_and(|asked| asked.one_of.iter().any(|one| one == code));
    let unwanted = |code: &str| asked.is_some_and(|asked| asked.none_of.iter().any(|one| one == code));
    let mut values: Vec<CodeView> = counts
        .codes
        .iter()
        .map(|(code, count)| CodeView {
            words: view.names.of(field.key, code),
            count: format::count(*count),
            ticked: ticked(code),
            unwanted: unwanted(code),
            code: code.clone(),
        })
        .collect();
    // What is asked for stays to be unticked, even where nobody has it.
    for asked in asked.iter().flat_map(|asked| asked.one_of.iter().chain(&asked.none_of)) {
        if !values.iter().any(|value| value.code == *asked) {
            values.push(CodeView {
                words: view.names.of(field.key, asked),
                count: "0".to_owned(),
                ticked: ticked(asked),
                unwanted: unwanted(asked),
                code: asked.clone(),
            });
        }
    }
    if values.is_empty() && asked.is_none() {
        return None;
    }
    let left_out = values.len().saturating_sub(SHOWN_MAX);
    values.sort_by_key(|value| !(value.ticked || value.unwanted));
    values.truncate(SHOWN_MAX);
    if counts.not_known > 0 || asked.is_some_and(|asked| asked.not_known) {
        let none = CodeView {
            code: NONE.to_owned(),
            words: field.none.to_owned(),
            count: format::count(counts.not_known),
            ticked: asked.is_some_and(|asked| asked.not_known),
            unwanted: false,
        };
        values.insert(values.len().min(SHOWN), none);
    }
    let more = values.split_off(values.len().min(SHOWN + 1));
    let left_out = (left_out > 0).then(|| format!("{} more; search for them by name", format::count(left_out as u64)));
    Some(CodesView { key: field.key, words: field.words, values, more, left_out })
}

fn range_view(view: &View<'_>, field: &'static RangeField, counts: &Histogram) -> Option<RangeView> {
    let asked = view.asked.ranges.iter().find(|asked| asked.field.key == field.key);
    let known: u64 = counts.bins.iter().sum();
    if known == 0 && asked.is_none() {
        return None;
    }
    let typed = |value: Option<f32>| value.map(|value| plain_number(value / field.typed_unit())).unwrap_or_default();
    let highest = counts.bins.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = 100.0 / counts.bins.len() as f64;
    let lower = |bin: usize| if bin == 0 { f32::NEG_INFINITY } else { field.edges[bin - 1] };
    let upper = |bin: usize| field.edges.get(bin).copied().unwrap_or(f32::INFINITY);
    let bin_words = |bin: usize| {
        let edge = |value: f32| format::part(f64::from(value), field.unit);
        match (bin, field.edges.len()) {
            (0, _) => format!("below {}", edge(upper(0))),
            (bin, last) if bin == last => format!("{} and more", edge(lower(bin))),
            (bin, _) => format!("{} to {}", edge(lower(bin)), edge(upper(bin))),
        }
    };
    let bars = counts
        .bins
        .iter()
        .enumerate()
        .map(|(bin, &count)| {
            // Even one creator can be seen.
            let height = if count == 0 { 0.0 } else { (count as f64 / highest * 24.0).max(1.5) };
            let inside = asked.is_none_or(|asked| {
                asked.from.is_none_or(|from| upper(bin) > from) && asked.to.is_none_or(|to| lower(bin) <= to)
            });
            Bar {
                x: format!("{:.2}", bin as f64 * width + 0.6),
                width: format!("{:.2}", width - 1.2),
                y: format!("{:.2}", 24.0 - height),
                height: format!("{height:.2}"),
                title: format!("{}: {}", bin_words(bin), format::count(count)),
                inside,
            }
        })
        .collect();
    let spoken: Vec<String> = (counts.bins.iter().enumerate().filter(|(_, count)| **count > 0))
        .map(|(bin, count)| format!("{} {}", bin_words(bin), format::count(*count)))
        .collect();
    Some(RangeView {
        key: field.key,
        words: field.words,
        about: field.about,
        unit: field.typed_words(),
        from: typed(asked.and_then(|asked| asked.from)),
        to: typed(asked.and_then(|asked| asked.to)),
        surely: asked.is_some_and(|asked| asked.read == Read::Surely),
        possibly: asked.is_some_and(|asked| asked.read == Read::Possibly),
        interval: field.interval,
        bars,
        spoken: spoken.join("; "),
        not_known: (counts.not_known > 0).then(|| format::count(counts.not_known)),
        known_only: asked.is_some_and(|asked| !asked.not_known),
        open: asked.is_some(),
    })
}
