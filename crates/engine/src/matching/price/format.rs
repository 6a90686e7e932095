//! What a creator is paid to make: one post, a short video, a story.

use serde::{Deserialize, Serialize};

/// The kind of one deliverable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostFormat {
    Post,
    Carousel,
    ShortVideo,
    LongVideo,
    Story,
    Live,
    /// Several deliverables sold for one fee that cannot be told apart.
    Bundle,
    Other,
}

impl PostFormat {
    pub const ALL: [PostFormat; 8] = [
        PostFormat::Post,
        PostFormat::Carousel,
        PostFormat::ShortVideo,
        PostFormat::LongVideo,
        PostFormat::Story,
        PostFormat::Live,
        PostFormat::Bundle,
        PostFormat::Other,
    ];

    /// The word used in files, URLs and keys; never change one.
    pub fn code(self) -> &'static str {
        match self {
            PostFormat::Post => "post",
            PostFormat::Carousel => "carousel",
            PostFormat::ShortVideo => "short_video",
            PostFormat::LongVideo => "long_video",
            PostFormat::Story => "story",
            PostFormat::Live => "live",
            PostFormat::Bundle => "bundle",
            PostFormat::Other => "other",
        }
    }

    /// The name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            PostFormat::Post => "Post",
            PostFormat::Carousel => "Carousel",
            PostFormat::ShortVideo => "Short video",
            PostFormat::LongVideo => "Long video",
            PostFormat::Story => "Story",
            PostFormat::Live => "Live stream",
            PostFormat::Bundle => "Bundle",
            PostFormat::Other => "Other",
        }
    }

    /// One of it, within a sentence: "a short video".
    pub fn one(self) -> String {
        match self {
            PostFormat::Other => "another format".to_owned(),
            _ => format!("a {}", self.name().to_lowercase()),
        }
    }

    pub fn from_code(code: &str) -> Option<PostFormat> {
        PostFormat::ALL.into_iter().find(|format| format.code().eq_ignore_ascii_case(code))
    }

    /// Its place in [`PostFormat::ALL`].
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_again_by_its_code_and_stands_in_its_place() {
        for (place, format) in PostFormat::ALL.into_iter().enumerate() {
            assert_eq!(PostFormat::from_code(format.code()), Some(format));
            assert_eq!(format.place(), place);
            let json = serde_json::to_string(&format).expect("writes");
            assert_eq!(json, format!("\"{}\"", format.code()));
        }
        assert_eq!(PostFormat::from_code("poster"), None);
    }
}
