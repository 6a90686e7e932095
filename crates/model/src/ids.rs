//! Names of things: ids of facts are hashes of their key columns, ids of what people make are time-ordered UUIDs.
//!
//! A fact id needs no central dictionary: the same row read twice, in parallel or on another machine, lands on
//! itself. Accounts, posts and texts are joined on everywhere, so they are 63-bit non-negative `i64`; interactions
//! are never joined on, only recognised again among hundreds of millions, so they keep 128 bits.
//! With n ids of 63 bits the chance of any collision is about n²/2⁶⁴: 0.05 % at 100 million.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::creator::Platform;
use crate::interaction::InteractionKind;
use crate::units::Timestamp;

/// Keeps 63 bits so that the id is non-negative in every engine that reads the tables.
fn to_63_bits(hash: u64) -> i64 {
    (hash >> 1) as i64
}

/// Joins key columns with a separator that no platform allows in an id, so `("a", "bc")` and `("ab", "c")` differ.
fn key_of(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}

macro_rules! fact_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    };
}

fact_id!(
    /// One account on one platform.
    AccountId
);
fact_id!(
    /// One published post (or question, or answer) on one platform.
    PostId
);
fact_id!(
    /// One stored text, shared by every fact that says exactly the same.
    TextId
);

impl AccountId {
    /// The id of the account a platform calls `native_id`. `scope` is empty for ids that are global on the platform,
    /// else the server or app they are valid in.
    ///
    /// ```
    /// use model::{AccountId, Platform};
    /// let a = AccountId::of(Platform::Instagram, "", "ana");
    /// assert_eq!(a, AccountId::of(Platform::Instagram, "", "ana"));
    /// assert_ne!(a, AccountId::of(Platform::TikTok, "", "ana"));
    /// ```
    pub fn of(platform: Platform, scope: &str, native_id: &str) -> AccountId {
        // The fast path of an import: no allocation for ids of ordinary length.
        let (name, separator) = (platform.code().as_bytes(), 0x1fu8);
        let length = name.len() + scope.len() + native_id.len() + 2;
        let mut buffer = [0u8; 256];
        if length <= buffer.len() {
            let mut at = 0;
            for (index, part) in [name, scope.as_bytes(), native_id.as_bytes()].into_iter().enumerate() {
                if index > 0 {
                    buffer[at] = separator;
                    at += 1;
                }
                buffer[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
            AccountId(to_63_bits(xxh3_64(&buffer[..at])))
        } else {
            AccountId(to_63_bits(xxh3_64(key_of(&[platform.code(), scope, native_id]).as_bytes())))
        }
    }
}

impl PostId {
    /// The id of the post a platform calls `native_id`.
    pub fn of(platform: Platform, native_id: &str) -> PostId {
        PostId(to_63_bits(xxh3_64(key_of(&["post", platform.code(), native_id]).as_bytes())))
    }
}

impl TextId {
    /// The id of a text: equal bodies share one.
    pub fn of(body: &str) -> TextId {
        TextId(to_63_bits(xxh3_64(body.as_bytes())))
    }
}

/// One interaction: 128 bits, because files hold hundreds of millions of them and each must be recognised again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InteractionId(pub u128);

impl InteractionId {
    /// The id of an interaction that has a name of its own on its platform (a comment id, a record URI).
    pub fn native(platform: Platform, native_id: &str) -> InteractionId {
        InteractionId(xxh3_128(key_of(&["interaction", platform.code(), native_id]).as_bytes()))
    }

    /// The id of an interaction without a name of its own: its kind, people, post, second and text.
    /// Two such rows that agree in all of these are the same interaction.
    pub fn by_content(
        kind: InteractionKind,
        actor: AccountId,
        target: Option<AccountId>,
        post: Option<PostId>,
        at: Timestamp,
        text: Option<TextId>,
    ) -> InteractionId {
        let mut key = [0u8; 41];
        key[0] = kind as u8;
        let fields = [
            actor.0,
            target.map_or(-1, |t| t.0),
            post.map_or(-1, |p| p.0),
            at.unix_seconds(),
            text.map_or(-1, |t| t.0),
        ];
        for (slot, field) in fields.into_iter().enumerate() {
            key[1 + slot * 8..9 + slot * 8].copy_from_slice(&field.to_le_bytes());
        }
        InteractionId(xxh3_128(&key))
    }

    /// The upper and lower halves, as the lake stores them.
    pub fn halves(self) -> (i64, i64) {
        ((self.0 >> 64) as i64, self.0 as i64)
    }

    /// Puts the two stored halves together again.
    pub fn from_halves(upper: i64, lower: i64) -> InteractionId {
        InteractionId((u128::from(upper as u64) << 64) | u128::from(lower as u64))
    }
}

macro_rules! made_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl $name {
            /// A new id; later ids sort after earlier ones.
            pub fn new() -> $name {
                $name(Uuid::now_v7())
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map($name)
            }
        }
    };
}

made_id!(
    /// A brand that a person set up here.
    BrandId
);

/// An import, numbered from 1 in the order they were made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(pub i64);

impl std::fmt::Display for ImportId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_account_named_twice_is_one_id_and_other_platforms_are_others() {
        let ana = AccountId::of(Platform::Instagram, "", "ana");
        assert_eq!(ana, AccountId::of(Platform::Instagram, "", "ana"));
        assert_ne!(ana, AccountId::of(Platform::Instagram, "x", "ana"));
        assert!(ana.0 >= 0);
    }

    #[test]
    fn a_very_long_native_id_hashes_like_its_short_path_would() {
        let long = "x".repeat(400);
        assert_eq!(AccountId::of(Platform::Other, "", &long), AccountId::of(Platform::Other, "", &long));
        let short = AccountId::of(Platform::Other, "s", "n");
        assert_eq!(short.0, to_63_bits(xxh3_64(key_of(&[Platform::Other.code(), "s", "n"]).as_bytes())));
    }

    #[test]
    fn halves_of_an_interaction_id_come_together_again() {
        let id = InteractionId::native(Platform::YouTube, "c1");
        let (upper, lower) = id.halves();
        assert_eq!(InteractionId::from_halves(upper, lower), id);
    }
}
