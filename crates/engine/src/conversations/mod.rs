//! Who talks with whom: the interactions, what they say of a buyer's circle, and who will be listened to next.

pub mod buying_talk;
pub mod evaluate;
pub mod events;
pub mod index;
pub mod level;
pub mod listening;
