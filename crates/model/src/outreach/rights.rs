//! The words of what creators may ask for: that a fact is set right, that an account is taken for theirs.

use serde::{Deserialize, Serialize};

coded! {
    /// What became of a fact that somebody contests.
    ContestState {
        Open = "open", "contested";
        Corrected = "corrected", "corrected";
        Stands = "stands", "looked at, and it stands";
        TakenBack = "taken-back", "taken back";
    }
}

coded! {
    /// What is reminded of.
    ReminderKind {
        Draft = "draft", "a draft is due";
        Post = "post", "a post is due";
        Payment = "payment", "a payment is due";
        Look = "look", "a post is to be looked at again";
        Answer = "answer", "an answer is due";
    }
}

/// Days within which somebody who contests a fact is answered in writing.
pub const ANSWER_WITHIN_DAYS: i64 = 7;

/// Days after posting on which a post is looked at again: it is still there, and still says that it is paid for.
pub const LOOK_AGAIN_AFTER_DAYS: [i64; 3] = [1, 7, 30];

/// Days somebody has who wants to be forgotten later, to take with them what is theirs.
pub const GRACE_DAYS: i64 = 14;
