//! A campaign's board: on which stage somebody stands by what has happened, and what a move by hand changes of that.
//!
//! # Where the facts lead
//!
//! | what is known | stage | in words |
//! |---|---|---|
//! | no contact yet | Invited | not a contact yet |
//! | no deal, nothing written | Invited | not written to yet |
//! | no deal, written to, no answer | Invited | written to, no answer yet |
//! | no deal, they have answered | Applied | has answered |
//! | no deal, the relationship is expired | Invited | no answer came |
//! | no deal, the relationship says not for us | Dropped | not for us |
//! | offered, and they have said nothing yet | Invited | offered, no answer yet |
//! | offered, and they have answered in the campaign or asked for other terms before | Terms | offered, their turn |
//! | countered | Terms | they ask for other terms |
//! | agreed, no draft yet, nothing is to be sent | Terms | terms agreed, no draft yet |
//! | agreed, no draft yet, a product is to be sent | Shipped | terms agreed, the product is to be sent |
//! | a draft of any piece was handed in | Draft | a draft to look at, or changes asked for, or some approved |
//! | every piece is approved or posted | Approved | approved, to be posted |
//! | every piece is posted, or we said that all is delivered | Live | posted, with what is owed |
//! | every piece is posted and all that was owed has arrived | Paid | paid |
//! | settled | Done | settled |
//! | declined or withdrawn | Dropped | declined, withdrawn |
//!
//! The stage is that of the work, not of the money: a fee that arrives before the posts does not put anybody on Paid. Of several
//! deals in one campaign the one that has got furthest counts, and an ended one only where there is no other.

use serde::{Deserialize, Serialize};

use super::Stage;
use super::deals::{DealState, DeliverableState, PaymentState};
use crate::Timestamp;

coded! {
    /// The stages that facts lead to. A team renames them and sets stages of its own between.
    CampaignStage {
        Invited = "invited", "Invited";
        Applied = "applied", "Applied";
        Terms = "terms", "Terms";
        Shipped = "shipped", "Shipped";
        Draft = "draft", "Draft";
        Approved = "approved", "Approved";
        Live = "live", "Live";
        Paid = "paid", "Paid";
        Done = "done", "Done";
        Dropped = "dropped", "Dropped";
    }
}

impl CampaignStage {
    /// Whether a team may neither rename nor remove it.
    pub fn is_fixed(self) -> bool {
        matches!(self, CampaignStage::Live | CampaignStage::Done | CampaignStage::Dropped)
    }
}

/// A deal as far as a stage follows from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DealFacts {
    pub state: DealState,
    pub since: Timestamp,
    /// Whether they have asked for other terms at some time.
    pub was_countered: bool,
    /// Whether the terms name a product that is sent to them.
    pub sends_product: bool,
    /// Of each piece: how far it is, and since when.
    pub pieces: Vec<(DeliverableState, Timestamp)>,
    pub payments: Vec<(PaymentState, Timestamp)>,
}

/// What is known of somebody in a campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatorFacts {
    /// Since when they are in the campaign.
    pub added_at: Timestamp,
    /// How far one has got with them, and since when; `None`: no contact yet.
    pub relationship: Option<(Stage, Timestamp)>,
    /// When somebody wrote to them since they are in the campaign.
    pub written_at: Option<Timestamp>,
    /// When they answered since.
    pub answered_at: Option<Timestamp>,
    pub deals: Vec<DealFacts>,
}

/// Where somebody stands by the facts: the stage, since when, and what there is to say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    pub stage: CampaignStage,
    pub since: Timestamp,
    pub words: String,
}

fn standing(stage: CampaignStage, since: Timestamp, words: impl Into<String>) -> Standing {
    Standing { stage, since, words: words.into() }
}

/// Where the facts lead somebody in a campaign; the table above says how.
pub fn stage_of(facts: &CreatorFacts) -> Standing {
    let open = facts.deals.iter().map(|deal| stage_of_deal(facts, deal));
    let furthest = open.fold(None, |best: Option<Standing>, next| match &best {
        Some(held) if held.stage != CampaignStage::Dropped && next.stage == CampaignStage::Dropped => best,
        Some(held) if held.stage == CampaignStage::Dropped && next.stage != CampaignStage::Dropped => Some(next),
        Some(held) if held.stage > next.stage || (held.stage == next.stage && held.since >= next.since) => best,
        _ => Some(next),
    });
    furthest.unwrap_or_else(|| stage_without_deal(facts))
}

fn answered(facts: &CreatorFacts) -> Option<Timestamp> {
    // In talks is what was said of them by hand or by their mail; what came before the campaign began still holds.
    match facts.relationship {
        Some((Stage::Talking | Stage::Negotiating, since)) => Some(facts.answered_at.unwrap_or(since)),
        _ => facts.answered_at,
    }
}

fn stage_without_deal(facts: &CreatorFacts) -> Standing {
    use CampaignStage::{Applied, Dropped, Invited};
    let Some((relationship, since)) = facts.relationship else {
        return standing(Invited, facts.added_at, "not a contact yet");
    };
    if relationship == Stage::NotForUs {
        return standing(Dropped, since, "not for us");
    }
    if let Some(at) = answered(facts) {
        return standing(Applied, at.max(facts.added_at), "has answered");
    }
    match (relationship, facts.written_at) {
        (Stage::Expired, _) => standing(Invited, since.max(facts.added_at), "no answer came"),
        (_, Some(at)) => standing(Invited, at, "written to, no answer yet"),
        (Stage::Written, None) => standing(Invited, since.max(facts.added_at), "written to, no answer yet"),
        (_, None) => standing(Invited, facts.added_at, "not written to yet"),
    }
}

fn stage_of_deal(facts: &CreatorFacts, deal: &DealFacts) -> Standing {
    use CampaignStage::{Done, Dropped, Invited, Live, Terms};
    match deal.state {
        DealState::Declined => standing(Dropped, deal.since, "declined"),
        DealState::Withdrawn => standing(Dropped, deal.since, "withdrawn"),
        DealState::Settled => standing(Done, deal.since, "settled"),
        DealState::Countered => standing(Terms, deal.since, "they ask for other terms"),
        // The relationship says nothing here: making an offer moves it to negotiating.
        DealState::Proposed if deal.was_countered || facts.answered_at.is_some() => {
            standing(Terms, deal.since, "offered, their turn")
        }
        DealState::Proposed => standing(Invited, deal.since, "offered, no answer yet"),
        DealState::Delivered => stage_when_live(deal),
        DealState::Accepted | DealState::InWork => {
            let work = stage_of_work(deal);
            if work.stage == Live { stage_when_live(deal) } else { work }
        }
    }
}

/// Where the pieces of an agreed deal lead.
fn stage_of_work(deal: &DealFacts) -> Standing {
    use CampaignStage::{Approved, Draft, Live, Shipped, Terms};
    let all = deal.pieces.len();
    let how_many = |is: fn(DeliverableState) -> bool| deal.pieces.iter().filter(|(state, _)| is(*state)).count();
    let last = |is: fn(DeliverableState) -> bool| {
        deal.pieces.iter().filter(|(state, _)| is(*state)).map(|(_, at)| *at).max().unwrap_or(deal.since)
    };
    let begun = how_many(|state| state != DeliverableState::Waiting);
    let live = how_many(|state| state == DeliverableState::Live);
    let ready = how_many(|state| matches!(state, DeliverableState::Approved | DeliverableState::Live));
    let to_look_at = how_many(|state| state == DeliverableState::Drafted);
    if all > 0 && live == all {
        return standing(Live, last(|state| state == DeliverableState::Live), "posted");
    }
    if all > 0 && ready == all {
        let words =
            if live > 0 { format!("approved, {live} of {all} posted") } else { "approved, to be posted".to_owned() };
        return standing(Approved, last(|state| state == DeliverableState::Approved), words);
    }
    if begun > 0 {
        // Since the first piece was begun is not kept; since the latest step is.
        let words = match (to_look_at, how_many(|state| state == DeliverableState::Changes), all) {
            (0, 0, all) => format!("{ready} of {all} approved"),
            (0, _, _) => "changes asked for".to_owned(),
            (1, _, _) => "a draft to look at".to_owned(),
            (some, _, _) => format!("{some} drafts to look at"),
        };
        return standing(Draft, last(|state| state != DeliverableState::Waiting), words);
    }
    match deal.sends_product {
        true => standing(Shipped, deal.since, "terms agreed, the product is to be sent"),
        false => standing(Terms, deal.since, "terms agreed, no draft yet"),
    }
}

/// Everything is posted: what is left is money.
fn stage_when_live(deal: &DealFacts) -> Standing {
    use CampaignStage::{Live, Paid};
    let posted = deal.pieces.iter().filter(|(state, _)| *state == DeliverableState::Live).map(|(_, at)| *at).max();
    let since = posted.unwrap_or(deal.since);
    let asked: Vec<&(PaymentState, Timestamp)> =
        deal.payments.iter().filter(|(state, _)| *state != PaymentState::Cancelled).collect();
    let arrived = asked.iter().filter(|(state, _)| *state == PaymentState::Arrived).count();
    let sent = asked.iter().filter(|(state, _)| *state == PaymentState::Sent).count();
    match asked.len() {
        0 => standing(Live, since, "posted, nothing is owed"),
        all if arrived == all => {
            let at = asked.iter().map(|(_, at)| *at).max().unwrap_or(since);
            standing(Paid, at.max(since), "paid")
        }
        all if arrived + sent == all => standing(Live, since, "posted, the payment is sent"),
        _ => standing(Live, since, "posted, payment is owed"),
    }
}

/// One stage of the board as a team has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BoardStage {
    /// One of [`CampaignStage`], or `own-1`.
    pub code: String,
    pub name: String,
    pub position: i64,
    /// Days after which a card that stands here asks for somebody.
    pub limit_days: Option<u32>,
    /// Shown no more: who stood there stands on the stage before it.
    pub is_removed: bool,
}

impl BoardStage {
    /// Whether it may neither be renamed nor removed.
    pub fn is_fixed(&self) -> bool {
        CampaignStage::from_code(&self.code).is_some_and(CampaignStage::is_fixed)
    }
}

/// A move by hand that is the last one of somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandMove {
    /// The code of a stage; empty: as the facts say.
    pub to: String,
    /// Where the facts had led when it was made.
    pub facts_then: String,
    pub at: Timestamp,
    pub actor: String,
}

/// Where somebody stands on the board.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Place {
    /// The code of a stage that is shown.
    pub stage: String,
    pub since: Timestamp,
    /// Whether a hand put them there.
    pub by_hand: bool,
}

/// The stages of the board in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    stages: Vec<BoardStage>,
}

impl Board {
    pub fn new(mut stages: Vec<BoardStage>) -> Board {
        stages.sort_by_key(|stage| stage.position);
        Board { stages }
    }

    /// All stages, also those that are shown no more.
    pub fn all(&self) -> &[BoardStage] {
        &self.stages
    }

    /// The stages that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &BoardStage> {
        self.stages.iter().filter(|stage| !stage.is_removed)
    }

    /// A stage by its code or its name.
    pub fn named(&self, named: &str) -> Option<&BoardStage> {
        let by_code = self.shown().find(|stage| stage.code == named);
        by_code.or_else(|| self.shown().find(|stage| stage.name.to_lowercase() == named.to_lowercase()))
    }

    fn rank(&self, code: &str) -> i64 {
        self.stages.iter().find(|stage| stage.code == code).map_or(i64::MIN, |stage| stage.position)
    }

    /// The stage itself, or where it is shown no more the one before it, else the one after.
    fn shown_as(&self, code: &str) -> String {
        let rank = self.rank(code);
        let before = self.shown().filter(|stage| stage.position <= rank).last();
        before.or_else(|| self.shown().next()).map_or_else(|| code.to_owned(), |stage| stage.code.clone())
    }

    /// Where somebody stands.
    ///
    /// A move by hand holds until the facts lead both further than it and further than they had led when it was made. Dropped by
    /// hand stays until somebody moves the card back; dropped by the facts (declined, withdrawn) goes before any other stage,
    /// unless somebody moved the card out of it since.
    pub fn place(&self, facts: &Standing, hand: Option<&HandMove>) -> Place {
        let dropped = CampaignStage::Dropped.code();
        let by_facts = Place { stage: self.shown_as(facts.stage.code()), since: facts.since, by_hand: false };
        let Some(hand) = hand.filter(|hand| !hand.to.is_empty() && self.rank(&hand.to) != i64::MIN) else {
            return by_facts;
        };
        let by_hand = Place { stage: self.shown_as(&hand.to), since: hand.at, by_hand: true };
        if hand.to == dropped {
            return by_hand;
        }
        if facts.stage == CampaignStage::Dropped {
            return if hand.facts_then == dropped { by_hand } else { by_facts };
        }
        let (now, moved_to) = (self.rank(facts.stage.code()), self.rank(&hand.to));
        let then = if hand.facts_then == dropped { i64::MIN } else { self.rank(&hand.facts_then) };
        if now > moved_to && now > then { by_facts } else { by_hand }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timestamp = Timestamp(100);

    fn facts() -> CreatorFacts {
        CreatorFacts {
            added_at: Timestamp(10),
            relationship: Some((Stage::Write, Timestamp(5))),
            written_at: None,
            answered_at: None,
            deals: vec![],
        }
    }

    fn deal(state: DealState) -> DealFacts {
        DealFacts { state, since: T, was_countered: false, sends_product: false, pieces: vec![], payments: vec![] }
    }

    fn with(deal: DealFacts) -> CreatorFacts {
        CreatorFacts { deals: vec![deal], ..facts() }
    }

    #[track_caller]
    fn check(facts: &CreatorFacts, stage: CampaignStage, words: &str) {
        let found = stage_of(facts);
        assert_eq!((found.stage, found.words.as_str()), (stage, words));
    }

    #[test]
    fn without_a_deal_the_stage_is_what_was_written() {
        use CampaignStage::{Applied, Dropped, Invited};
        let relation = |stage| Some((stage, Timestamp(50)));
        let of = |relationship, written: Option<i64>, answered: Option<i64>| CreatorFacts {
            relationship,
            written_at: written.map(Timestamp),
            answered_at: answered.map(Timestamp),
            ..facts()
        };
        for (facts, stage, words) in [
            (of(None, None, None), Invited, "not a contact yet"),
            (of(relation(Stage::Look), None, None), Invited, "not written to yet"),
            (of(relation(Stage::Write), None, None), Invited, "not written to yet"),
            (of(relation(Stage::Worked), None, None), Invited, "not written to yet"),
            (of(relation(Stage::Agreed), None, None), Invited, "not written to yet"),
            (of(relation(Stage::Written), None, None), Invited, "written to, no answer yet"),
            (of(relation(Stage::Worked), Some(60), None), Invited, "written to, no answer yet"),
            (of(relation(Stage::Talking), Some(60), None), Applied, "has answered"),
            (of(relation(Stage::Worked), Some(60), Some(70)), Applied, "has answered"),
            (of(relation(Stage::Expired), Some(60), None), Invited, "no answer came"),
            (of(relation(Stage::NotForUs), Some(60), Some(70)), Dropped, "not for us"),
        ] {
            check(&facts, stage, words);
        }
        assert_eq!(stage_of(&of(relation(Stage::Worked), Some(60), Some(70))).since, Timestamp(70));
    }

    #[test]
    fn a_deal_leads_from_its_offer_to_money_that_arrived() {
        use CampaignStage::{Approved, Done, Draft, Dropped, Invited, Live, Paid, Shipped, Terms};
        use DeliverableState as Piece;
        let pieces = |states: &[Piece]| states.iter().map(|state| (*state, Timestamp(200))).collect::<Vec<_>>();
        let work = |states: &[Piece]| DealFacts { pieces: pieces(states), ..deal(DealState::InWork) };
        let paid = |state: DealState, payments: &[PaymentState]| DealFacts {
            pieces: pieces(&[Piece::Live]),
            payments: payments.iter().map(|state| (*state, Timestamp(300))).collect(),
            ..deal(state)
        };
        let product = DealFacts { sends_product: true, ..work(&[Piece::Waiting]) };
        let arrived_early = DealFacts {
            payments: vec![(PaymentState::Arrived, Timestamp(300))],
            ..work(&[Piece::Waiting, Piece::Waiting])
        };
        for (deal, stage, words) in [
            (deal(DealState::Proposed), Invited, "offered, no answer yet"),
            (DealFacts { was_countered: true, ..deal(DealState::Proposed) }, Terms, "offered, their turn"),
            (deal(DealState::Countered), Terms, "they ask for other terms"),
            (deal(DealState::Accepted), Terms, "terms agreed, no draft yet"),
            (product.clone(), Shipped, "terms agreed, the product is to be sent"),
            (work(&[Piece::Waiting, Piece::Drafted]), Draft, "a draft to look at"),
            (work(&[Piece::Drafted, Piece::Drafted]), Draft, "2 drafts to look at"),
            (work(&[Piece::Waiting, Piece::Changes]), Draft, "changes asked for"),
            (work(&[Piece::Waiting, Piece::Live]), Draft, "1 of 2 approved"),
            (work(&[Piece::Approved, Piece::Approved]), Approved, "approved, to be posted"),
            (work(&[Piece::Approved, Piece::Live]), Approved, "approved, 1 of 2 posted"),
            (work(&[Piece::Live, Piece::Live]), Live, "posted, nothing is owed"),
            (DealFacts { pieces: vec![], ..deal(DealState::Delivered) }, Live, "posted, nothing is owed"),
            (paid(DealState::Delivered, &[PaymentState::Owed]), Live, "posted, payment is owed"),
            (paid(DealState::Delivered, &[PaymentState::Sent]), Live, "posted, the payment is sent"),
            (paid(DealState::Delivered, &[PaymentState::Arrived, PaymentState::Owed]), Live, "posted, payment is owed"),
            (paid(DealState::Delivered, &[PaymentState::Arrived, PaymentState::Cancelled]), Paid, "paid"),
            (paid(DealState::InWork, &[PaymentState::Arrived]), Paid, "paid"),
            (arrived_early, Terms, "terms agreed, no draft yet"),
            (paid(DealState::Settled, &[PaymentState::Arrived]), Done, "settled"),
            (deal(DealState::Declined), Dropped, "declined"),
            (deal(DealState::Withdrawn), Dropped, "withdrawn"),
        ] {
            check(&with(deal), stage, words);
        }
        let answered = CreatorFacts { answered_at: Some(Timestamp(90)), ..with(deal(DealState::Proposed)) };
        check(&answered, Terms, "offered, their turn");
    }

    #[test]
    fn of_several_deals_the_furthest_counts_and_an_ended_one_only_alone() {
        use DealState::{Countered, Declined, Proposed, Settled, Withdrawn};
        for (states, stage) in [
            (vec![Declined, Countered], CampaignStage::Terms),
            (vec![Countered, Withdrawn], CampaignStage::Terms),
            (vec![Settled, Proposed], CampaignStage::Done),
            (vec![Declined, Withdrawn], CampaignStage::Dropped),
        ] {
            let facts = CreatorFacts { deals: states.iter().map(|state| deal(*state)).collect(), ..facts() };
            assert_eq!(stage_of(&facts).stage, stage, "{states:?}");
        }
    }

    fn board() -> Board {
        let of = |(at, stage): (usize, &CampaignStage)| BoardStage {
            code: stage.code().to_owned(),
            name: stage.words().to_owned(),
            position: (at as i64 + 1) * 1000,
            limit_days: None,
            is_removed: false,
        };
        let mut stages: Vec<BoardStage> = CampaignStage::ALL.iter().enumerate().map(of).collect();
        stages.push(BoardStage {
            code: "own-1".to_owned(),
            name: "With the lawyer".to_owned(),
            position: 3500,
            limit_days: Some(3),
            is_removed: false,
        });
        Board::new(stages)
    }

    #[test]
    fn a_move_by_hand_holds_until_the_facts_lead_further() {
        use CampaignStage::{Applied, Approved, Draft, Dropped, Invited, Terms};
        let board = board();
        let place = |facts: CampaignStage, to: &str, then: CampaignStage| {
            let hand = HandMove {
                to: to.to_owned(),
                facts_then: then.code().to_owned(),
                at: Timestamp(7),
                actor: "team".to_owned(),
            };
            let placed = board.place(&standing(facts, Timestamp(9), ""), Some(&hand));
            assert_eq!(placed.since, if placed.by_hand { Timestamp(7) } else { Timestamp(9) });
            placed.stage
        };
        for (facts, to, then, expect) in [
            // Forward: the facts catch up and then lead.
            (Applied, "own-1", Applied, "own-1"),
            (Terms, "own-1", Applied, "own-1"),
            (Draft, "own-1", Applied, "draft"),
            // Backward: the facts that were there already do not take it away again.
            (Draft, "terms", Draft, "terms"),
            (Approved, "terms", Draft, "approved"),
            (Invited, "terms", Draft, "terms"),
            // Dropped by hand stays; moved back out of it, it is gone.
            (Approved, "dropped", Draft, "dropped"),
            (Dropped, "terms", Dropped, "terms"),
            (Draft, "terms", Dropped, "draft"),
            (Terms, "draft", Dropped, "draft"),
            // A decline goes before what was moved by hand.
            (Dropped, "approved", Terms, "dropped"),
            // As the facts say.
            (Draft, "", Terms, "draft"),
            (Draft, "own-9", Terms, "draft"),
        ] {
            assert_eq!(place(facts, to, then), expect, "{facts:?} after {to} at {then:?}");
        }
        assert_eq!(board.place(&standing(Draft, T, ""), None).stage, "draft");
    }

    #[test]
    fn who_stands_on_a_removed_stage_stands_on_the_one_before() {
        let mut stages = board().all().to_vec();
        for stage in &mut stages {
            stage.is_removed = matches!(stage.code.as_str(), "own-1" | "shipped" | "invited");
        }
        let board = Board::new(stages);
        let place = |stage| board.place(&standing(stage, T, ""), None).stage;
        assert_eq!(place(CampaignStage::Shipped), "terms");
        assert_eq!(place(CampaignStage::Invited), "applied", "none stands before it");
        let hand = HandMove { to: "own-1".into(), facts_then: "applied".into(), at: T, actor: "team".into() };
        assert_eq!(board.place(&standing(CampaignStage::Applied, T, ""), Some(&hand)).stage, "terms");
        assert_eq!(board.named("with the lawyer"), None);
        assert_eq!(board.named("Live").map(|stage| stage.code.as_str()), Some("live"));
    }

    #[test]
    fn three_stages_keep_their_names() {
        let fixed: Vec<&str> = board()
            .all()
            .iter()
            .filter(|stage| stage.is_fixed())
            .map(|stage| stage.code.as_str())
            .map(|code| CampaignStage::from_code(code).expect("one of ours").words())
            .collect();
        assert_eq!(fixed, ["Live", "Done", "Dropped"]);
    }
}
