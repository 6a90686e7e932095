//! The words of outreach: how far a relationship has got, what became of a mail, why somebody must not be written to.
//!
//! Each state knows which states may follow it. Codes are what is kept and what addresses and commands say.

use serde::{Deserialize, Serialize};

/// An enum whose variants have a code that is kept and words that are shown.
macro_rules! coded {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $code:literal, $words:literal;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// All of them, in the order of the work.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// What is kept and typed.
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// What is shown.
            pub const fn words(self) -> &'static str {
                match self { $($name::$variant => $words),+ }
            }

            pub fn from_code(code: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|of| of.code() == code)
            }
        }
    };
}

pub mod board;
pub mod deals;
pub mod rights;

coded! {
    /// How far one has got with somebody.
    Stage {
        Look = "look", "to look at";
        Write = "write", "to write to";
        Written = "written", "written to";
        Talking = "talking", "in talks";
        Negotiating = "negotiating", "negotiating";
        Agreed = "agreed", "agreed";
        Worked = "worked", "worked with";
        Expired = "expired", "expired";
        NotForUs = "not-for-us", "not for us";
    }
}

impl Stage {
    /// Days after which a card on the board asks for somebody; `None` where waiting is no neglect.
    pub fn limit_days(self) -> Option<u32> {
        match self {
            Stage::Look => Some(21),
            Stage::Write => Some(7),
            Stage::Written => Some(14),
            Stage::Talking => Some(7),
            Stage::Negotiating => Some(5),
            Stage::Agreed => Some(30),
            Stage::Worked | Stage::Expired | Stage::NotForUs => None,
        }
    }

    /// Where somebody stands once a mail to them was taken by their server: never further back.
    pub fn after_sending(self) -> Stage {
        match self {
            Stage::Look | Stage::Write | Stage::Expired => Stage::Written,
            other => other,
        }
    }

    /// Where somebody stands once they have answered: never further back.
    pub fn after_answering(self) -> Stage {
        match self {
            Stage::Look | Stage::Write | Stage::Written | Stage::Expired => Stage::Talking,
            other => other,
        }
    }
}

coded! {
    /// By which way somebody is reached.
    Channel {
        Email = "email", "e-mail";
        DirectMessage = "dm", "direct message";
        Form = "form", "contact form";
    }
}

coded! {
    /// Why an address is never written to again.
    SuppressionReason {
        Unsubscribed = "unsubscribed", "asked not to be written to";
        HardBounce = "hard_bounce", "the address does not exist";
        Complaint = "complaint", "was reported as unwanted";
        ByHand = "manual", "barred by hand";
        Erased = "erased", "asked to be forgotten";
    }
}

coded! {
    /// What became of a mail that is to leave.
    SendState {
        Draft = "draft", "waits for a person's release";
        Waiting = "waiting", "in the queue";
        /// Written down before it was given to the server: whoever finds it after a crash does not know its fate.
        Begun = "begun", "being given to the server";
        Accepted = "accepted", "taken by the server";
        Refused = "refused", "refused by the server";
        Unknown = "unknown", "not known whether the server has it";
        Skipped = "skipped", "not sent";
        Cancelled = "cancelled", "taken back";
    }
}

impl SendState {
    /// Whether one state may follow another. Nothing leads out of what has left the house, but for an unknown fate.
    pub fn may_become(self, next: SendState) -> bool {
        use SendState::{Accepted, Begun, Cancelled, Draft, Refused, Skipped, Unknown, Waiting};
        matches!(
            (self, next),
            (Draft, Waiting | Skipped | Cancelled)
                | (Waiting, Begun | Skipped | Cancelled | Draft)
                | (Begun, Accepted | Refused | Unknown | Waiting)
                | (Unknown, Accepted | Refused | Waiting | Cancelled)
                | (Accepted, Refused)
        )
    }

    /// Whether its recipient has it, or may have it.
    pub fn may_have_left(self) -> bool {
        matches!(self, SendState::Begun | SendState::Accepted | SendState::Unknown)
    }
}

coded! {
    /// Where somebody is in a sequence of mails.
    EnrolmentState {
        Draft = "draft", "waits for a person's release";
        Active = "active", "under way";
        Paused = "paused", "paused";
        Finished = "finished", "through";
        Stopped = "stopped", "stopped";
    }
}

impl EnrolmentState {
    pub fn may_become(self, next: EnrolmentState) -> bool {
        use EnrolmentState::{Active, Draft, Finished, Paused, Stopped};
        matches!(
            (self, next),
            (Draft, Active | Stopped) | (Active, Paused | Finished | Stopped) | (Paused, Active | Stopped)
        )
    }
}

coded! {
    /// Why a sequence ended before its last step.
    StopReason {
        Reply = "reply", "they answered";
        Bounce = "bounce", "a mail came back";
        Unsubscribed = "unsubscribed", "they asked not to be written to";
        StageChange = "stage", "their stage was changed";
        ByHand = "hand", "stopped by hand";
        Refused = "refused", "a mail could not be written or was refused";
        Merged = "merged", "two contacts became one";
        Erased = "erased", "they asked to be forgotten";
    }
}

coded! {
    /// What a touch was.
    TouchKind {
        MailOut = "mail_out", "mail to them";
        MailIn = "mail_in", "mail from them";
        Note = "note", "note";
        Call = "call", "call";
        Meeting = "meeting", "meeting";
        DirectMessage = "dm", "direct message";
        Bounce = "bounce", "a mail came back";
        AutoReply = "auto_reply", "automatic answer";
        Stage = "stage", "stage";
        Task = "task", "task done";
        Payment = "payment", "payment";
        Post = "post", "post";
        Click = "click", "click";
        Score = "score", "score changed";
        Deal = "deal", "deal";
        Merge = "merge", "merged";
        Right = "right", "their right";
        File = "file", "file";
    }
}

coded! {
    /// What a mailbox does now.
    MailboxState {
        Active = "active", "sending and reading";
        Paused = "paused", "paused by hand";
        Halted = "halted", "halted by itself";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_state() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_code(stage.code()), Some(*stage));
        }
        for state in SendState::ALL {
            assert_eq!(SendState::from_code(state.code()), Some(*state));
        }
        assert_eq!(Stage::from_code("nowhere"), None);
    }

    #[test]
    fn what_has_left_the_house_is_never_sent_again() {
        for state in SendState::ALL {
            assert!(!SendState::Accepted.may_become(SendState::Waiting), "{state:?}");
            assert!(!SendState::Accepted.may_become(SendState::Begun));
            assert!(!SendState::Begun.may_become(SendState::Begun));
        }
        assert!(SendState::Begun.may_become(SendState::Unknown));
    }

    #[test]
    fn a_relationship_moves_forward_by_itself_and_never_back() {
        let place = |stage: Stage| Stage::ALL.iter().position(|of| *of == stage).expect("is one");
        for stage in Stage::ALL.iter().copied().filter(|stage| *stage != Stage::Expired) {
            assert!(place(stage.after_sending()) >= place(stage));
            assert!(place(stage.after_answering()) >= place(stage));
            assert_eq!(stage.after_sending().after_sending(), stage.after_sending());
        }
        assert_eq!(Stage::NotForUs.after_answering(), Stage::NotForUs);
        assert_eq!(Stage::Expired.after_answering(), Stage::Talking);
    }
}
