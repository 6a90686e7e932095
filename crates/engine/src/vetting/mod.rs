//! Vetting: is the following real and engaged? One file a signal, each with its interval and its explanation.

pub mod accounts;
pub mod audience;
pub mod circles;
pub mod comments;
pub mod engagement;
pub mod followers;
pub mod growth;
pub mod likes;
pub mod peers;
pub mod signs;
pub mod verdict;
