//! The conversation level as a mark: up to four strokes and the words, so that colour alone says nothing.

use askama::Template;

use crate::vetting::level_words;

/// The mark of one level.
#[derive(Template, Clone, Copy, PartialEq, Eq, Debug)]
#[template(path = "_level.html")]
pub struct LevelMark {
    pub words: &'static str,
    /// How many of the four strokes are filled; `None` is not known.
    pub strokes: Option<u8>,
}

impl LevelMark {
    /// The codes from most to least talk, not known last.
    pub const CODES: [&'static str; 5] = ["almost-everyone", "many", "some", "rarely", "not-known"];

    pub fn of(code: &str) -> LevelMark {
        let strokes = match code {
            "almost-everyone" => Some(4),
            "many" => Some(3),
            "some" => Some(2),
            "rarely" => Some(1),
            _ => None,
        };
        LevelMark { words: level_words(code), strokes }
    }

    /// The mark's strokes from left to right, each with whether it is filled.
    pub fn bars(&self) -> [Stroke; 4] {
        let filled = self.strokes.unwrap_or(0);
        [0u8, 1, 2, 3].map(|place| Stroke {
            x: u32::from(place) * 5,
            y: 9 - u32::from(place) * 3,
            height: 4 + u32::from(place) * 3,
            class: if place < filled { "on" } else { "off" },
        })
    }
}

/// One stroke of the mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stroke {
    pub x: u32,
    pub y: u32,
    pub height: u32,
    pub class: &'static str,
}
