//! What can be said of a conversation group: what it talks about and in which niches, how lively it is, who is listened
//! to in it, which groups it talks with, how sure the group itself is, and whether it is one we have met before.

pub mod carrying;
pub mod estimates;
pub mod figures;
pub mod languages;
pub mod niches;
pub mod participation;
pub mod stability;
pub mod terms;
pub mod words_held;
