//! What is measured of a published post: which counts there are, what they count, and who read them.

use serde::{Deserialize, Serialize};

use crate::units::Unit;

/// A count that a platform shows of a post. All of them add up from the moment of publishing on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostMetric {
    Views,
    Reach,
    Impressions,
    Likes,
    Comments,
    Shares,
    Saves,
    /// Answers to a story, which go to its author alone.
    Replies,
    /// People who left a story at this point.
    Exits,
    LinkTaps,
    StickerTaps,
}

impl PostMetric {
    /// In the order in which pages and files list them.
    pub const ALL: [PostMetric; 11] = [
        PostMetric::Views,
        PostMetric::Reach,
        PostMetric::Impressions,
        PostMetric::Likes,
        PostMetric::Comments,
        PostMetric::Shares,
        PostMetric::Saves,
        PostMetric::Replies,
        PostMetric::Exits,
        PostMetric::LinkTaps,
        PostMetric::StickerTaps,
    ];

    /// What files, forms and commands call it.
    pub fn code(self) -> &'static str {
        match self {
            PostMetric::Views => "views",
            PostMetric::Reach => "reach",
            PostMetric::Impressions => "impressions",
            PostMetric::Likes => "likes",
            PostMetric::Comments => "comments",
            PostMetric::Shares => "shares",
            PostMetric::Saves => "saves",
            PostMetric::Replies => "replies",
            PostMetric::Exits => "exits",
            PostMetric::LinkTaps => "link_taps",
            PostMetric::StickerTaps => "sticker_taps",
        }
    }

    /// The name on a page.
    pub fn words(self) -> &'static str {
        match self {
            PostMetric::LinkTaps => "link taps",
            PostMetric::StickerTaps => "sticker taps",
            other => other.code(),
        }
    }

    pub fn from_code(code: &str) -> Option<PostMetric> {
        PostMetric::ALL.into_iter().find(|metric| metric.code().eq_ignore_ascii_case(code))
    }

    /// Reach counts people; everything else counts what they did.
    pub fn unit(self) -> Unit {
        match self {
            PostMetric::Reach => Unit::People,
            _ => Unit::Items,
        }
    }
}

/// The counts of a post at one moment; what was not read is `None`, never 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct PostMetrics([Option<u64>; PostMetric::ALL.len()]);

impl PostMetrics {
    pub fn get(&self, metric: PostMetric) -> Option<u64> {
        self.0[metric as usize]
    }

    pub fn set(&mut self, metric: PostMetric, value: Option<u64>) {
        self.0[metric as usize] = value;
    }

    pub fn with(mut self, metric: PostMetric, value: Option<u64>) -> PostMetrics {
        self.set(metric, value);
        self
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// What was read, in the order of the list.
    pub fn known(&self) -> impl Iterator<Item = (PostMetric, u64)> + '_ {
        PostMetric::ALL.into_iter().filter_map(|metric| Some((metric, self.get(metric)?)))
    }
}

/// Who read a count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredBy {
    /// Typed by a person.
    Hand,
    /// A table that somebody brought.
    File,
    /// Facts that were imported.
    Import,
}

impl MeasuredBy {
    pub const ALL: [MeasuredBy; 3] = [MeasuredBy::Hand, MeasuredBy::File, MeasuredBy::Import];

    pub fn code(self) -> &'static str {
        match self {
            MeasuredBy::Hand => "hand",
            MeasuredBy::File => "file",
            MeasuredBy::Import => "import",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            MeasuredBy::Hand => "by hand",
            MeasuredBy::File => "from a file",
            MeasuredBy::Import => "imported",
        }
    }

    pub fn from_code(code: &str) -> Option<MeasuredBy> {
        MeasuredBy::ALL.into_iter().find(|by| by.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_found_again_by_its_code_and_unknown_stays_unknown() {
        for metric in PostMetric::ALL {
            assert_eq!(PostMetric::from_code(metric.code()), Some(metric));
            assert_eq!(PostMetrics::default().with(metric, Some(0)).known().collect::<Vec<_>>(), [(metric, 0)]);
        }
        assert!(PostMetrics::default().is_empty());
        for by in MeasuredBy::ALL {
            assert_eq!(MeasuredBy::from_code(by.code()), Some(by));
        }
    }
}
