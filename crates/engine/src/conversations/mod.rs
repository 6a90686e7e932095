//! Who talks with whom: the interactions, what they say of a buyer's circle, and who will be listened to next.

pub mod buying_talk;
pub mod deciding;
pub mod evaluate;
pub mod events;
pub mod exchange;
pub mod groups;
pub mod index;
pub mod influence;
pub mod level;
pub mod listening;
pub mod pairs;
pub mod portraits;
#[cfg(test)]
pub(crate) mod testing;
