//! What a user agent says by itself, read once: the same few agents come again and again, and reading one costs more than
//! everything else a verdict needs.
//!
//! The memory is bounded and knows no clock: the same requests in the same order hold the same agents. What it gives is
//! always what reading anew would give, for it is kept under all bytes of the agent.

use crate::agent::Agent;
use crate::reasons::Reasons;
use crate::rules::Rules;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Longer agents are read each time; browsers' have 80 to 350 bytes.
const LONGEST_KEPT: usize = 1_024;

/// What a user agent says against a person, and of device and browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgentSaid {
    pub(crate) reasons: Reasons,
    pub agent: Agent,
}

impl AgentSaid {
    /// Reads a user agent, any bytes; `None` where none was sent. Costs about a microsecond for a browser's.
    pub fn read(rules: &Rules, user_agent: Option<&[u8]>) -> AgentSaid {
        AgentSaid { reasons: rules.reasons_of_agent(user_agent), agent: Agent::read(user_agent.unwrap_or_default()) }
    }
}

/// The agents met lately, at most twice [`AgentsMet::KEPT`] of them: two generations, of which the older goes when the
/// younger is full. Made for one thread and one set of rules.
#[derive(Default)]
pub struct AgentsMet {
    younger: HashMap<Box<[u8]>, AgentSaid, RandomState>,
    older: HashMap<Box<[u8]>, AgentSaid, RandomState>,
}

impl AgentsMet {
    /// Agents in a generation; both together hold 2 MB where every agent is as long as is kept, some 300 KB with browsers'.
    pub const KEPT: usize = 1_024;

    /// What an agent says: as met before, or read now.
    ///
    /// ```
    /// use verdicts::{AgentSaid, AgentsMet, Rules};
    ///
    /// let (rules, mut met) = (Rules::shipped(), AgentsMet::default());
    /// let whatsapp = Some(b"WhatsApp/2.23.20.0 A".as_slice());
    /// let first = met.said(rules, whatsapp);
    /// assert_eq!(met.said(rules, whatsapp), first);
    /// assert_eq!(AgentSaid::read(rules, whatsapp), first);
    /// ```
    pub fn said(&mut self, rules: &Rules, user_agent: Option<&[u8]>) -> AgentSaid {
        let Some(agent) = user_agent.filter(|agent| agent.len() <= LONGEST_KEPT) else {
            return AgentSaid::read(rules, user_agent);
        };
        if let Some(said) = self.younger.get(agent) {
            return *said;
        }
        let said = self.older.get(agent).copied().unwrap_or_else(|| AgentSaid::read(rules, user_agent));
        if self.younger.len() >= AgentsMet::KEPT {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(agent.into(), said);
        said
    }

    /// How many are held.
    pub fn held(&self) -> usize {
        self.younger.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIREFOX: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

    proptest! {
        #[test]
        fn an_agent_met_before_says_what_it_says_when_read_anew(
            agents in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..40),
                    "(Mozilla/5.0 \\((X11|iPhone|Windows NT 10.0)\\) )?(Googlebot/2.1|WhatsApp/2|Instagram 302|curl/8|Safari/604.1)"
                        .prop_map(String::into_bytes),
                ],
                0..30,
            ),
        ) {
            let (rules, mut met) = (Rules::shipped(), AgentsMet::default());
            for agent in agents.iter().chain(&agents) {
                let agent = Some(agent.as_slice());
                prop_assert_eq!(met.said(rules, agent), AgentSaid::read(rules, agent));
            }
        }
    }

    #[test]
    fn no_agent_and_an_empty_one_are_told_apart_and_neither_is_taken_for_the_other() {
        let (rules, mut met) = (Rules::shipped(), AgentsMet::default());
        for agent in [Some(b"".as_slice()), None, Some(b""), None] {
            assert_eq!(met.said(rules, agent), AgentSaid::read(rules, agent));
        }
    }

    #[test]
    fn a_flood_of_agents_fills_no_memory_and_those_that_come_often_stay() {
        let (rules, mut met) = (Rules::shipped(), AgentsMet::default());
        for number in 0..AgentsMet::KEPT * 5 {
            met.said(rules, Some(format!("made up {number}").as_bytes()));
            met.said(rules, Some(FIREFOX));
            assert!(met.held() <= AgentsMet::KEPT * 2);
        }
        assert!(met.younger.contains_key(FIREFOX) || met.older.contains_key(FIREFOX));
        met.said(rules, Some(&vec![b'x'; LONGEST_KEPT + 1]));
        assert!(met.younger.keys().all(|agent| agent.len() <= LONGEST_KEPT));
    }
}
