//! Vetting: is the following real and engaged? One file a signal, each with its interval and its explanation.

pub mod accounts;
pub mod audience;
pub mod audience_talk;
pub mod benchmarks;
pub mod circles;
pub mod comments;
pub mod disclosure;
pub mod engagement;
pub mod fee;
pub mod followers;
pub mod growth;
pub mod likes;
pub mod peers;
pub mod reach;
pub mod signs;
pub mod sponsored;
pub mod standing;
pub mod uniformity;
pub mod verdict;
