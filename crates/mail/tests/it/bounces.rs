//! What the reader makes of reports that a real server wrote.

use mail::classify::{BounceClass, Class, classify};
use mail::read::read;

use crate::bed::bed_for;
use crate::bounce_loop::came_back;

#[tokio::test]
async fn genuine_reports_are_classed_and_lead_back_to_their_letters() {
    let Some(bed) = bed_for("genuine reports are classed and lead back to their letters") else { return };
    let came_back = came_back(bed).await;
    assert_eq!(came_back.len(), 3);
    for one in came_back {
        let class = classify(&read(&one.raw));
        let Class::Bounce(bounce) = class else { panic!("{}: {class:?}", one.word) };
        let (expect, status) = match one.word {
            "nouser" => (BounceClass::HardAddress, "5.1.1"),
            "full" => (BounceClass::SoftFull, "5.2.2"),
            _ => (BounceClass::Policy, "5.7.1"),
        };
        assert_eq!((bounce.class, bounce.status.as_deref()), (expect, Some(status)), "{}", one.word);
        assert_eq!(bounce.token.as_deref(), Some(one.token.as_str()));
        assert_eq!(bounce.about.as_deref(), Some(one.message_id.as_str()));
        assert!(!bounce.is_suggestion);
    }
}
