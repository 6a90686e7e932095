//! What platforms write: their exports and the answers of their interfaces, read into facts. Pure: bytes and settings in, facts out;
//! no file is opened, no clock is read, nothing is asked of anybody.
//!
//! Every reader takes what others wrote, whatever it is: it refuses entries with their place, keeps the good ones, holds no more than
//! one entry at a time, and never panics.

pub mod bluesky;
mod exports;
pub mod gexf;
pub mod instagram_export;
pub mod instagram_graph;
pub mod json;
pub mod mastodon;
pub mod moments;
pub mod receive;
pub mod tiktok_display;
pub mod tiktok_export;
pub mod x_archive;
pub mod youtube;
pub mod youtube_takeout;
pub mod zeeschuimer;

pub use receive::{Collected, ReadError, Receiver, Stopped};
