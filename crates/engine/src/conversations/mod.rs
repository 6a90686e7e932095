//! Who talks with whom: the interactions, what they say of a buyer's circle, and who will be listened to next.

pub mod events;
