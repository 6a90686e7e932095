//! Whether a hit of a tracked link was a person: previews, crawlers, scanners, prefetches and repeats told from clicks,
//! each with its reasons, so that a report can leave them out and an audit can read why.
//!
//! No hit is dropped here: every request gets a verdict. Two steps, both without clock, file, network and chance:
//!
//! 1. [`judge`] reads one request and gives what this request alone decides.
//! 2. [`Sequence::observe`] adds what only the hits before it can tell: a mail read by a scanner, a repeated click. It
//!    also says which earlier hits are to be judged anew.
//!
//! [`burst_alarms`] looks at counts a minute, and [`Agent::read`] tells device and browser for the report.
//!
//! ```
//! use verdicts::{judge, Request, Rules, VerdictKind};
//!
//! let request = Request { user_agent: Some(b"WhatsApp/2.23.20.0 A"), ..Request::default() };
//! let verdict = judge(Rules::shipped(), &request);
//! assert_eq!(verdict.verdict, VerdictKind::Preview);
//! assert_eq!(verdict.reasons.words(), ["a link preview of WhatsApp"]);
//! ```
//!
//! # What cannot be told
//! A program that looks like a person in every field of one request is judged human. Bursts show it, see
//! [`burst_alarms`].

mod agent;
mod bursts;
mod judge;
mod listed;
mod previews;
mod programs;
mod reasons;
mod referrers;
mod request;
mod rules;
mod said;
mod sequence;
mod shape;
mod signs;
mod verdict;

pub use agent::{Agent, BrowserFamily, DeviceClass};
pub use bursts::{BurstAlarm, BurstSettings, MinuteClicks, MinuteConversions, burst_alarms};
pub use judge::{judge, judge_said};
pub use reasons::{Reason, Reasons};
pub use referrers::SpamHosts;
pub use request::{MailHit, MailLink, Method, Network, Request};
pub use rules::{RULES_VERSION, Rules, RulesError};
pub use said::{AgentSaid, AgentsMet};
pub use sequence::{Changed, Hit, Observed, Sequence, SequenceSettings};
pub use verdict::{Verdict, VerdictKind};
