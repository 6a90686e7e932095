//! What one account may do towards another: the kinds of interaction, and which of them are talk.

use serde::{Deserialize, Serialize};

/// The kind of one interaction. The discriminants are stored; never renumber them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum InteractionKind {
    Comment = 0,
    Reply = 1,
    Answer = 2,
    Message = 3,
    Mention = 4,
    Repost = 5,
    Quote = 6,
    Like = 7,
    Follow = 8,
    Tag = 9,
}

impl InteractionKind {
    pub const ALL: [InteractionKind; 10] = [
        InteractionKind::Comment,
        InteractionKind::Reply,
        InteractionKind::Answer,
        InteractionKind::Message,
        InteractionKind::Mention,
        InteractionKind::Repost,
        InteractionKind::Quote,
        InteractionKind::Like,
        InteractionKind::Follow,
        InteractionKind::Tag,
    ];

    /// The word used in files, URLs and JSON.
    pub fn code(self) -> &'static str {
        match self {
            InteractionKind::Comment => "comment",
            InteractionKind::Reply => "reply",
            InteractionKind::Answer => "answer",
            InteractionKind::Message => "message",
            InteractionKind::Mention => "mention",
            InteractionKind::Repost => "repost",
            InteractionKind::Quote => "quote",
            InteractionKind::Like => "like",
            InteractionKind::Follow => "follow",
            InteractionKind::Tag => "tag",
        }
    }

    pub fn from_code(code: &str) -> Option<InteractionKind> {
        InteractionKind::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(code))
    }

    /// The kind stored under this number, if it is one.
    pub fn from_number(number: u8) -> Option<InteractionKind> {
        InteractionKind::ALL.get(usize::from(number)).copied()
    }

    /// Whether this is a mark on somebody or something, of which there is one or none: a like, a repost, following.
    pub fn is_sign(self) -> bool {
        matches!(self, InteractionKind::Like | InteractionKind::Repost | InteractionKind::Follow)
    }

    /// Whether this is somebody turning to somebody (talk), rather than a silent sign (like, follow).
    pub fn is_talk(self) -> bool {
        !matches!(self, InteractionKind::Like | InteractionKind::Follow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_word_and_its_number() {
        for kind in InteractionKind::ALL {
            assert_eq!(InteractionKind::from_code(kind.code()), Some(kind));
            assert_eq!(InteractionKind::from_number(kind as u8), Some(kind));
        }
        assert_eq!(InteractionKind::from_code("shout"), None);
        assert_eq!(InteractionKind::from_number(10), None);
    }
}
