//! Bellwether: find, vet, plan and measure micro-influencers by the conversations your buyers take part in.
//!
//! The program alone knows HTTP, HTML, the command line, the clock and files. Each of the nine words has a folder:
//! its use cases in `mod.rs` (load, compute, save), its pages in `pages.rs`, its commands in `command.rs`.

pub mod admin;
pub mod cli;
pub mod clock;
pub mod conversations;
pub mod creators;
pub mod data_directory;
pub mod demo;
pub mod evaluate;
pub mod ingest;
pub mod matching;
pub mod measurement;
pub mod memory;
pub mod output;
pub mod outreach;
pub mod planning;
pub mod refresh;
pub mod secret_links;
pub mod tracking;
pub mod vetting;
pub mod web;
