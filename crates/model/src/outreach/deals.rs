//! The words of deals: what was offered and agreed, what is to be made, what is owed.

use serde::{Deserialize, Serialize};

coded! {
    /// Who did something in a deal.
    Party {
        Us = "us", "the brand";
        Creator = "creator", "the creator";
    }
}

coded! {
    /// How far a deal has got.
    DealState {
        Proposed = "proposed", "proposed, their turn";
        Countered = "countered", "countered, our turn";
        Accepted = "accepted", "accepted";
        InWork = "in-work", "in work";
        Delivered = "delivered", "delivered";
        Settled = "settled", "settled";
        Declined = "declined", "declined";
        Withdrawn = "withdrawn", "withdrawn";
    }
}

impl DealState {
    /// Whether one state may follow another by a party's act. A new offer of ours answers a counter-offer or replaces an offer;
    /// nothing leads out of what is settled, declined or withdrawn.
    pub fn may_become(self, next: DealState, by: Party) -> bool {
        use DealState::{Accepted, Countered, Declined, Delivered, InWork, Proposed, Settled, Withdrawn};
        match by {
            Party::Creator => matches!(
                (self, next),
                (Proposed, Accepted | Countered | Declined) | (Countered, Countered | Declined) | (Accepted, InWork)
            ),
            Party::Us => matches!(
                (self, next),
                (Proposed, Proposed | Withdrawn)
                    | (Countered, Proposed | Accepted | Withdrawn)
                    | (Accepted, InWork | Withdrawn)
                    | (InWork, Delivered | Withdrawn)
                    | (Delivered, InWork | Settled)
            ),
        }
    }

    /// Whether the terms are still talked about.
    pub fn is_talked_about(self) -> bool {
        matches!(self, DealState::Proposed | DealState::Countered)
    }

    /// Whether both sides have agreed to the terms and the deal has not been given up.
    pub fn is_agreed(self) -> bool {
        matches!(self, DealState::Accepted | DealState::InWork | DealState::Delivered | DealState::Settled)
    }

    /// Days after which a deal that stands here asks for somebody; `None` where waiting is no neglect.
    pub fn limit_days(self) -> Option<u32> {
        match self {
            DealState::Proposed => Some(7),
            DealState::Countered => Some(3),
            DealState::Accepted => Some(14),
            DealState::InWork => Some(30),
            DealState::Delivered => Some(14),
            DealState::Settled | DealState::Declined | DealState::Withdrawn => None,
        }
    }
}

coded! {
    /// How far one thing that is to be made has got.
    DeliverableState {
        Waiting = "waiting", "waits for a draft";
        Drafted = "drafted", "a draft to look at";
        Changes = "changes", "changes asked for";
        Approved = "approved", "approved, to be posted";
        Live = "live", "posted";
    }
}

impl DeliverableState {
    /// Whether one state may follow another by a party's act. Only the brand approves or asks for changes; only what the
    /// creator has posted is live, with an approval before it or without.
    pub fn may_become(self, next: DeliverableState, by: Party) -> bool {
        use DeliverableState::{Approved, Changes, Drafted, Live, Waiting};
        match by {
            Party::Creator => matches!(
                (self, next),
                (Waiting | Drafted | Changes | Approved, Drafted)
                    | (Waiting | Drafted | Changes | Approved | Live, Live)
            ),
            Party::Us => {
                matches!((self, next), (Drafted | Approved, Changes) | (Drafted | Changes, Approved) | (_, Live))
            }
        }
    }
}

coded! {
    /// What became of money that is owed. The program moves none: it notes what people say they did.
    PaymentState {
        Owed = "owed", "owed";
        Sent = "sent", "sent";
        Arrived = "arrived", "arrived, says the creator";
        Cancelled = "cancelled", "not owed any more";
    }
}

impl PaymentState {
    pub fn may_become(self, next: PaymentState, by: Party) -> bool {
        use PaymentState::{Arrived, Cancelled, Owed, Sent};
        match by {
            Party::Creator => matches!((self, next), (Sent, Arrived)),
            Party::Us => matches!((self, next), (Owed, Sent | Cancelled) | (Sent, Owed) | (Cancelled, Owed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_state() {
        for state in DealState::ALL {
            assert_eq!(DealState::from_code(state.code()), Some(*state));
        }
        for state in DeliverableState::ALL {
            assert_eq!(DeliverableState::from_code(state.code()), Some(*state));
        }
        for state in PaymentState::ALL {
            assert_eq!(PaymentState::from_code(state.code()), Some(*state));
        }
    }

    #[test]
    fn nobody_agrees_to_their_own_offer() {
        assert!(!DealState::Proposed.may_become(DealState::Accepted, Party::Us));
        assert!(!DealState::Countered.may_become(DealState::Accepted, Party::Creator));
        assert!(DealState::Proposed.may_become(DealState::Accepted, Party::Creator));
        assert!(DealState::Countered.may_become(DealState::Accepted, Party::Us));
    }

    #[test]
    fn nothing_leads_out_of_an_ended_deal() {
        for ended in [DealState::Settled, DealState::Declined, DealState::Withdrawn] {
            for next in DealState::ALL {
                for by in Party::ALL {
                    assert!(!ended.may_become(*next, *by), "{ended:?} to {next:?} by {by:?}");
                }
            }
        }
    }

    #[test]
    fn a_creator_never_approves_their_own_draft_and_the_brand_never_drafts() {
        for state in DeliverableState::ALL {
            assert!(!state.may_become(DeliverableState::Approved, Party::Creator));
            assert!(!state.may_become(DeliverableState::Changes, Party::Creator));
            assert!(!state.may_become(DeliverableState::Drafted, Party::Us));
        }
    }
}
