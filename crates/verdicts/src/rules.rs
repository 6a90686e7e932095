//! The word lists that verdicts are given by, ready to be looked for, with their version.
//!
//! Nothing is built before it is first asked for; building takes milliseconds and is done once, see [`Rules::shipped`].

use crate::listed::{LIST, Listed};
use crate::reasons::{Reason, Reasons};
use crate::referrers::SpamHosts;
use crate::shape::{LONGEST_AGENT, Shapes, behind_device};
use crate::signs::Signs;
use std::sync::LazyLock;

/// Raised whenever a verdict can come out differently: with the lists, the words and the order of verdicts.
pub const RULES_VERSION: u32 = 1;

/// Why rules could not be made ready. Cannot happen with the lists that come with the program; a test builds them.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("the list of crawlers is not a JSON array of entries with a `pattern`: {0}")]
    Unreadable(serde_json::Error),
    #[error("a pattern of the list of crawlers is not a regular expression: {0}")]
    Pattern(regex::Error),
    #[error("the words of the list of crawlers are too many: {0}")]
    Words(aho_corasick::BuildError),
}

/// What verdicts are given by.
pub struct Rules {
    listed: Listed,
    signs: Signs,
    shapes: Shapes,
    spam_hosts: SpamHosts,
}

impl Rules {
    /// The rules that come with the program, built by the first who asks. A program that answers requests asks once
    /// before it takes any, on a thread that may compute.
    pub fn shipped() -> &'static Rules {
        static SHIPPED: LazyLock<Rules> =
            LazyLock::new(|| Rules::build(SpamHosts::shipped()).expect("the shipped lists are built by a test"));
        &SHIPPED
    }

    /// The shipped rules with a list of referrers of the operator's.
    pub fn build(spam_hosts: SpamHosts) -> Result<Rules, RulesError> {
        Ok(Rules {
            listed: Listed::build(LIST)?,
            signs: Signs::build().map_err(RulesError::Words)?,
            shapes: Shapes::build().map_err(RulesError::Words)?,
            spam_hosts,
        })
    }

    /// What a verdict is stored with. The operator's lists are not part of it.
    pub fn version(&self) -> u32 {
        RULES_VERSION
    }

    /// What the user agent says against a person: nothing for a browser, an app's own included.
    ///
    /// Apps that fetch previews are told alone; else the public list, our own words and the agent's shape each have a
    /// say.
    pub(crate) fn reasons_of_agent(&self, agent: Option<&[u8]>) -> Reasons {
        let shape: Reasons = self.shapes.reason(agent).into_iter().collect();
        let agent = agent.unwrap_or_default();
        let agent = &agent[..agent.len().min(LONGEST_AGENT)];
        let from = behind_device(agent);
        let named = self.signs.find(agent, from);
        if named.verdict() == crate::VerdictKind::Preview {
            return named;
        }
        let reasons = shape.union(named);
        if self.listed.is_match(agent, from) { reasons.with(Reason::CrawlerListed) } else { reasons }
    }

    pub(crate) fn reasons_of_referrer(&self, host: Option<&str>) -> Reasons {
        match host {
            Some(host) if self.spam_hosts.contains(host) => Reasons::NONE.with(Reason::ReferrerSpam),
            _ => Reasons::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::previews::PREVIEWS;
    use crate::programs::PROGRAMS;
    use crate::shape;

    /// Of the lists below; see the test.
    const RULES_FINGERPRINT: u64 = 0x2975_983c_6d82_6aba;

    #[test]
    fn whoever_changes_a_list_raises_the_version() {
        let signs = PREVIEWS.iter().chain(PROGRAMS).flat_map(|sign| [sign.text, sign.reason.name()]);
        let lists = std::iter::once(LIST).chain(signs).chain(shape::words());
        // FNV-1a.
        let fingerprint = lists
            .flat_map(|text| text.bytes().chain([0]))
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(
            fingerprint, RULES_FINGERPRINT,
            "a list has changed: raise RULES_VERSION, then write {fingerprint:#x} here"
        );
    }

    #[test]
    fn the_shipped_rules_are_built() {
        assert_eq!(Rules::shipped().version(), RULES_VERSION);
        assert!(Rules::build(SpamHosts::of_lines("")).is_ok());
    }
}
