//! Mail as mail servers speak it: reading, telling what a mail is, threading, writing, signing, sending, fetching.
//!
//! Knows no database, page, clock or file: bytes and settings in, values out. Only `smtp` and `imap` speak to a server;
//! everything else is pure and gives the same answer for the same bytes, so that it can be run again over all mail kept.

pub mod classify;
pub mod imap;
pub mod read;
pub mod smtp;
pub mod template;
pub mod threads;
pub mod tls;
pub mod write;

/// An address with the name shown beside it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Address {
    pub name: Option<String>,
    /// As written; compare and hash by [`read::folded`].
    pub address: String,
}
