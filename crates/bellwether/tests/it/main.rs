//! One test binary for the whole program, through the command line and the router. Test names are sentences.

mod bad_input;
mod conversations;
mod creators;
mod creators_lists;
mod creators_own;
mod creators_persons;
mod creators_search;
mod evaluate;
mod faults;
mod fit;
mod harness;
mod house;
mod ingest;
mod mail_bed;
mod matching;
mod open_format;
mod outreach;
mod outreach_campaigns;
mod outreach_deals;
mod outreach_keeping;
mod outreach_pages;
mod outreach_rights;
mod planning;
mod planning_market;
mod refresh;
mod vetting;
