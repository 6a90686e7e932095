//! Deals: an offer with its terms, changed by either side until both agree, then worked on, delivered and settled. Each change of
//! the terms is a version of its own, shown as what it changes; each step is taken once, on the version that was looked at.

use jiff::civil::Date;
use model::outreach::deals::{DealState, Party};
use model::outreach::{Stage, StopReason};
use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use store::outreach::content::NewDeliverable;
use store::outreach::deals::{DealRow, DealStep, DealVersionRow, NewDeal, Stepped};
use store::outreach::payments::NewPayment;

use super::choices::{self, ChoiceGiven, ChoiceShown};
use super::{OutreachError, TEAM, agreed_prices, briefs, contacts, one_line};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::money_typed;
use crate::tracking::webhooks::events;

const PIECES_MAX: u32 = 60;
const MESSAGE_LETTERS_MAX: usize = 4_000;

/// Pieces of one kind that are to be made.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Piece {
    pub count: u32,
    /// Such as `post`, `story`, `video`.
    pub format: String,
    pub platform: String,
    /// Days as 2026-03-01; empty: none.
    pub draft_due_on: String,
    pub due_on: String,
}

/// What both sides agree to.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    pub fee: Option<Money>,
    /// What they get beside money; empty: nothing. Several, one a line: they choose one.
    pub product: String,
    /// Nothing has to be sent to them for it: a code, a visit, a service.
    pub is_not_sent: bool,
    /// Hundredths of a percent of each sale.
    pub commission_basis_points: u32,
    pub pieces: Vec<Piece>,
    /// Where the brand may use what they make, for how many days from posting, and whether in paid advertising.
    pub usage: String,
    pub usage_days: u32,
    pub is_paid_use: bool,
    /// For whom they do not work meanwhile; empty: for anybody.
    pub exclusivity: String,
    pub exclusivity_days: u32,
    /// Days after the last post by which the fee is paid.
    pub payment_days: u32,
}

impl Terms {
    /// The products, of which they get one.
    pub fn products(&self) -> Vec<&str> {
        self.product.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    /// Whether something is sent to them.
    pub fn is_sent(&self) -> bool {
        !self.products().is_empty() && !self.is_not_sent
    }

    /// The product in a few words.
    fn product_words(&self) -> String {
        let what = match self.products().as_slice() {
            [] => return "none".to_owned(),
            [one] => (*one).to_owned(),
            several => format!("one of: {}", several.join("; ")),
        };
        if self.is_not_sent { format!("{what} (nothing is sent)") } else { what }
    }
}

/// One thing two versions of terms say differently.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    pub what: &'static str,
    pub before: String,
    pub after: String,
}

/// A deal with everything that was proposed in it.
#[derive(Clone, PartialEq, Debug)]
pub struct DealShown {
    pub row: DealRow,
    pub terms: Terms,
    pub versions: Vec<VersionShown>,
    /// What they chose of several products, and where it is sent.
    pub choice: Option<ChoiceShown>,
}

/// One version of a deal's terms, and what it changed.
#[derive(Clone, PartialEq, Debug)]
pub struct VersionShown {
    pub version: i64,
    pub party: Party,
    pub terms: Terms,
    pub changes: Vec<Change>,
    pub message: String,
    pub created_at: Timestamp,
}

/// The terms a line each: what, and how it stands.
pub fn said(terms: &Terms) -> Vec<(&'static str, String)> {
    let none = || "none".to_owned();
    let days = |days: u32| if days == 0 { "no end is set".to_owned() } else { format!("{days} days") };
    let usage = match (terms.usage.is_empty(), terms.is_paid_use) {
        (true, _) => "their own channels only".to_owned(),
        (false, true) => format!("{}, {}, paid advertising included", terms.usage, days(terms.usage_days)),
        (false, false) => format!("{}, {}, no paid advertising", terms.usage, days(terms.usage_days)),
    };
    let exclusivity = match terms.exclusivity.is_empty() {
        true => none(),
        false => format!("{}, {}", terms.exclusivity, days(terms.exclusivity_days)),
    };
    vec![
        ("Fee", terms.fee.as_ref().map_or_else(none, money_typed)),
        ("Product", terms.product_words()),
        (
            "Commission",
            match terms.commission_basis_points {
                0 => none(),
                points => format!("{} % of each sale", decimal(points)),
            },
        ),
        (
            "To be made",
            if terms.pieces.is_empty() {
                none()
            } else {
                terms.pieces.iter().map(piece_words).collect::<Vec<_>>().join("; ")
            },
        ),
        ("The brand may use it", usage),
        ("Exclusive", exclusivity),
        (
            "Paid",
            match terms.fee {
                None => "nothing is to be paid".to_owned(),
                Some(_) if terms.payment_days == 0 => "on the day of the last post".to_owned(),
                Some(_) => format!("within {} days of the last post", terms.payment_days),
            },
        ),
    ]
}

fn decimal(points: u32) -> String {
    match points % 100 {
        0 => (points / 100).to_string(),
        rest => format!("{}.{}", points / 100, format!("{rest:02}").trim_end_matches('0')),
    }
}

/// `2 × story on instagram, draft by 2026-03-01, posted by 2026-03-08`
pub fn piece_words(piece: &Piece) -> String {
    let mut words = format!("{} × {}", piece.count, piece.format);
    if !piece.platform.is_empty() {
        words.push_str(&format!(" on {}", piece.platform));
    }
    if !piece.draft_due_on.is_empty() {
        words.push_str(&format!(", draft by {}", piece.draft_due_on));
    }
    if !piece.due_on.is_empty() {
        words.push_str(&format!(", posted by {}", piece.due_on));
    }
    words
}

/// What two versions say differently, in the order terms are said.
pub fn changes(before: &Terms, after: &Terms) -> Vec<Change> {
    let pairs = said(before).into_iter().zip(said(after));
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((what, before), (_, after))| Change { what, before, after })
        .collect()
}

/// Terms that can be meant, in the form they are kept.
pub fn checked(terms: &Terms) -> Result<Terms, OutreachError> {
    let refused = |field: &'static str, problem: String| Err(OutreachError::Field { field, problem });
    let mut pieces = Vec::new();
    for piece in &terms.pieces {
        let piece = Piece {
            count: piece.count,
            format: one_line("pieces", &piece.format, 60)?,
            platform: one_line("pieces", &piece.platform, 40)?.to_lowercase(),
            draft_due_on: known_day("pieces", &piece.draft_due_on)?,
            due_on: known_day("pieces", &piece.due_on)?,
        };
        if piece.format.is_empty() {
            return refused("pieces", "say of each thing what it is: a post, a story, a video".to_owned());
        }
        if piece.count == 0 {
            return refused(
                "pieces",
                format!("how many of {:?} are to be made? Leave a row empty to leave it out", piece.format),
            );
        }
        if !piece.draft_due_on.is_empty() && !piece.due_on.is_empty() && piece.draft_due_on > piece.due_on {
            return refused("pieces", format!("the draft of {:?} would be due after its post", piece.format));
        }
        pieces.push(piece);
    }
    let all: u32 = pieces.iter().map(|piece| piece.count.min(PIECES_MAX + 1)).fold(0, u32::saturating_add);
    if all == 0 {
        return refused("pieces", "nothing is to be made yet: say at least one thing".to_owned());
    }
    if all > PIECES_MAX {
        return refused("pieces", format!("a deal holds {PIECES_MAX} pieces at most; make several deals"));
    }
    if terms.fee.is_none() && terms.product.trim().is_empty() && terms.commission_basis_points == 0 {
        return refused("fee", "they would get nothing: offer a fee, a product or a commission".to_owned());
    }
    if terms.commission_basis_points > 10_000 {
        return refused("commission", "it is more than the whole sale".to_owned());
    }
    Ok(Terms {
        fee: terms.fee,
        product: choices::product_lines(&terms.product)?,
        is_not_sent: terms.is_not_sent && !terms.product.trim().is_empty(),
        commission_basis_points: terms.commission_basis_points,
        pieces,
        usage: one_line("usage", &terms.usage, 300)?,
        usage_days: terms.usage_days,
        is_paid_use: terms.is_paid_use,
        exclusivity: one_line("exclusivity", &terms.exclusivity, 300)?,
        exclusivity_days: terms.exclusivity_days,
        payment_days: terms.payment_days.min(365),
    })
}

fn known_day(field: &'static str, text: &str) -> Result<String, OutreachError> {
    match text.trim() {
        "" => Ok(String::new()),
        text => match text.parse::<Date>() {
            Ok(day) => Ok(day.to_string()),
            Err(_) => Err(OutreachError::Field { field, problem: format!("{text:?} is no day such as 2026-03-01") }),
        },
    }
}

fn message_of(text: &str) -> Result<String, OutreachError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > MESSAGE_LETTERS_MAX {
        let problem = format!("it is longer than {MESSAGE_LETTERS_MAX} letters");
        return Err(OutreachError::Field { field: "message", problem });
    }
    Ok(text)
}

fn kept(terms: &Terms) -> String {
    serde_json::to_string(terms).expect("terms are plain")
}

pub(super) fn read(terms: &str) -> Result<Terms, OutreachError> {
    serde_json::from_str(terms)
        .map_err(|error| OutreachError::Refused(format!("the terms of a deal cannot be read: {error}")))
}

/// Offers a deal to a contact on a brief in its present version.
pub async fn offer(
    data: &DataDirectory,
    contact: i64,
    brief: i64,
    campaign: Option<i64>,
    terms: &Terms,
    message: &str,
) -> Result<i64, OutreachError> {
    let contact = contacts::shown(data, contact).await?;
    let brief = briefs::find(data, brief, None).await?;
    if brief.row.is_archived {
        return Err(OutreachError::Field {
            field: "brief",
            problem: "this brief was put away; choose another".to_owned(),
        });
    }
    let terms = checked(terms)?;
    let campaign = match campaign {
        Some(id) if data.store.campaign(id).await?.is_none() => {
            return Err(OutreachError::Field { field: "campaign", problem: format!("there is no campaign {id}") });
        }
        Some(id) => Some(id),
        None => brief.row.campaign,
    };
    let deal = NewDeal {
        contact: contact.row.id,
        campaign,
        brief: brief.row.id,
        brief_version: brief.row.version,
        terms: &kept(&terms),
        message: &message_of(message)?,
        actor: TEAM,
        summary: &format!("offered: {}", short(&terms)),
    };
    Ok(data.store.add_deal(&deal, data.now()).await?)
}

/// Terms in a few words: `250.00 EUR for 2 × story`.
pub fn short(terms: &Terms) -> String {
    let gets = match (&terms.fee, terms.products().as_slice(), terms.commission_basis_points) {
        (Some(fee), [], _) => money_typed(fee),
        (Some(fee), [_], _) => format!("{} and the product", money_typed(fee)),
        (Some(fee), several, _) => format!("{} and one of {} products", money_typed(fee), several.len()),
        (None, [], points) => format!("{} % of each sale", decimal(points)),
        (None, [product], _) => (*product).to_owned(),
        (None, several, _) => format!("one of {} products", several.len()),
    };
    let pieces: Vec<String> = terms.pieces.iter().map(|piece| format!("{} × {}", piece.count, piece.format)).collect();
    format!("{gets} for {}", pieces.join(", "))
}

pub async fn shown(data: &DataDirectory, id: i64) -> Result<DealShown, OutreachError> {
    let row = data.store.deal(id).await?.ok_or(OutreachError::NoDeal(id))?;
    let mut versions: Vec<VersionShown> = Vec::new();
    for DealVersionRow { version, party, terms, message, created_at } in data.store.deal_versions(id).await? {
        let terms = read(&terms)?;
        let changes = versions.last().map_or_else(Vec::new, |before| changes(&before.terms, &terms));
        versions.push(VersionShown { version, party, terms, changes, message, created_at });
    }
    let choice = choices::of_deal(data, &row).await?;
    Ok(DealShown { terms: read(&row.terms)?, row, versions, choice })
}

/// What somebody does with a deal.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// New terms: an offer of ours, or a counter-offer of theirs.
    Propose {
        terms: Terms,
        message: String,
    },
    /// Agreeing to the terms as they are; whoever does writes their name, and a creator chooses where there are several products.
    Accept {
        name: String,
        choice: ChoiceGiven,
    },
    Decline {
        reason: String,
    },
    Withdraw {
        reason: String,
    },
    Begin,
    Deliver,
    Settle,
}

/// Takes a step of a deal, on the version of its terms that was looked at.
///
/// Errors: a field where what was given cannot be meant; `Refused` where the deal has moved on meanwhile or the step does not
/// follow, with nothing changed.
pub async fn act(
    data: &DataDirectory,
    deal: &DealShown,
    version: i64,
    by: Party,
    act: Act,
) -> Result<(), OutreachError> {
    let (row, who) = (&deal.row, if by == Party::Us { TEAM } else { deal.row.contact_name.as_str() });
    let mut step = DealStep {
        deal: row.id,
        version,
        next: DealState::Proposed,
        by,
        actor: who,
        terms: None,
        reason: "",
        accepted_by: "",
        pieces: &[],
        payments: &[],
        prices: &[],
        choice: None,
        summary: "",
        stage: None,
        event: None,
    };
    let (mut text, mut words, mut reason, mut name) = (String::new(), String::new(), String::new(), String::new());
    let (mut pieces, mut payments, mut prices) = (Vec::new(), Vec::new(), Vec::new());
    let mut event = None;
    let summary;
    match act {
        Act::Propose { terms, message } => {
            let terms = checked(&terms)?;
            if terms == deal.terms {
                let problem = "these are the terms as they are; change something or accept them".to_owned();
                return Err(OutreachError::Field { field: "fee", problem });
            }
            step.next = if by == Party::Us { DealState::Proposed } else { DealState::Countered };
            summary = match by {
                Party::Us => format!("new offer: {}", short(&terms)),
                Party::Creator => format!("asked for other terms: {}", short(&terms)),
            };
            step.stage = Some(Stage::Negotiating);
            text = kept(&terms);
            words = message_of(&message)?;
        }
        Act::Accept { name: given, choice } => {
            name = one_line("name", &given, 120)?;
            if name.is_empty() {
                let problem = "write your name: it stands below the agreement".to_owned();
                return Err(OutreachError::Field { field: "name", problem });
            }
            step.next = DealState::Accepted;
            step.stage = Some(Stage::Agreed);
            summary = format!("{name} accepted: {}", short(&deal.terms));
            pieces = pieces_of(&deal.terms);
            payments = payments_of(&deal.terms, data.now());
            step.choice = choices::on_accepting(data, &deal.terms, &choice, by)?;
            prices = agreed_prices::of_deal(data, row, version, &deal.terms).await?;
            event = Some(events::deal_accepted(row, &deal.terms, by));
        }
        Act::Decline { reason: given } => {
            reason = one_line("reason", &given, 600)?;
            step.next = DealState::Declined;
            summary = "declined the offer".to_owned();
        }
        Act::Withdraw { reason: given } => {
            reason = one_line("reason", &given, 600)?;
            if row.state.is_agreed() && reason.is_empty() {
                let problem = "both sides had agreed: say why it is given up".to_owned();
                return Err(OutreachError::Field { field: "reason", problem });
            }
            step.next = DealState::Withdrawn;
            summary = "withdrew the offer".to_owned();
        }
        Act::Begin => {
            step.next = DealState::InWork;
            summary = "work on the deal has begun".to_owned();
        }
        Act::Deliver => {
            step.next = DealState::Delivered;
            summary = "everything agreed is delivered".to_owned();
        }
        Act::Settle => {
            step.next = DealState::Settled;
            step.stage = Some(Stage::Worked);
            summary = "the deal is settled".to_owned();
        }
    }
    step.terms = (!text.is_empty()).then_some((text.as_str(), words.as_str()));
    (step.reason, step.accepted_by, step.summary) = (&reason, &name, &summary);
    (step.pieces, step.payments, step.prices) = (&pieces, &payments, &prices);
    step.event = event.as_ref();
    match data.store.step_deal(&step, data.now()).await? {
        Stepped::Done => {}
        Stepped::NotThere => return Err(OutreachError::NoDeal(row.id)),
        Stepped::Moved => {
            let now = data.store.deal(row.id).await?.ok_or(OutreachError::NoDeal(row.id))?;
            let why = match now.version == version {
                true => format!("this deal is {}: that does not follow", now.state.words()),
                false => "the terms were changed meanwhile; look at them as they are now".to_owned(),
            };
            return Err(OutreachError::Refused(format!("{why}\nhint: nothing was changed")));
        }
    }
    if by == Party::Creator {
        // They have answered: nothing goes on by itself.
        data.store.stop_sequences(row.contact, StopReason::Reply, data.now()).await?;
    }
    Ok(())
}

fn pieces_of(terms: &Terms) -> Vec<NewDeliverable> {
    let one = |piece: &Piece| NewDeliverable {
        format: piece.format.clone(),
        platform: piece.platform.clone(),
        draft_due_on: piece.draft_due_on.clone(),
        due_on: piece.due_on.clone(),
    };
    terms.pieces.iter().flat_map(|piece| std::iter::repeat_n(one(piece), piece.count as usize)).collect()
}

fn payments_of(terms: &Terms, now: Timestamp) -> Vec<NewPayment> {
    let Some(amount) = terms.fee else { return Vec::new() };
    let today = clock::iso_day(now);
    let last = terms.pieces.iter().map(|piece| piece.due_on.as_str()).filter(|day| !day.is_empty()).max();
    let last: Date = last.unwrap_or(&today).parse().unwrap_or_default();
    let due = last.checked_add(jiff::Span::new().days(i64::from(terms.payment_days))).unwrap_or(last);
    vec![NewPayment { what: "fee".to_owned(), amount, due_on: due.to_string() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        let piece = Piece {
            count: 2,
            format: "story".to_owned(),
            platform: "instagram".to_owned(),
            draft_due_on: "2026-03-01".to_owned(),
            due_on: "2026-03-08".to_owned(),
        };
        Terms { fee: Money::new(25_000, "EUR").ok(), pieces: vec![piece], payment_days: 14, ..Terms::default() }
    }

    #[test]
    fn a_version_shows_only_what_it_changes() {
        let mut after = terms();
        after.fee = Money::new(30_000, "EUR").ok();
        after.pieces[0].due_on = "2026-03-15".to_owned();
        let changed = changes(&terms(), &after);
        assert_eq!(changed.iter().map(|change| change.what).collect::<Vec<_>>(), ["Fee", "To be made"]);
        assert_eq!((changed[0].before.as_str(), changed[0].after.as_str()), ("250.00 EUR", "300.00 EUR"));
        assert!(changes(&terms(), &terms()).is_empty());
    }

    #[test]
    fn terms_that_give_nothing_or_make_nothing_are_refused() {
        let field = |terms: &Terms| match checked(terms) {
            Err(OutreachError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(&Terms { fee: None, ..terms() }), "fee");
        assert_eq!(field(&Terms { pieces: vec![], ..terms() }), "pieces");
        let mut late = terms();
        late.pieces[0].draft_due_on = "2026-03-09".to_owned();
        assert_eq!(field(&late), "pieces");
        let mut many = terms();
        many.pieces[0].count = u32::MAX;
        assert_eq!(field(&many), "pieces");
        assert_eq!(checked(&terms()).expect("is right"), terms());
    }

    #[test]
    fn each_piece_that_was_agreed_is_one_to_be_made_and_the_fee_is_owed_after_the_last() {
        assert_eq!(pieces_of(&terms()).len(), 2);
        let owed = payments_of(&terms(), Timestamp(0));
        assert_eq!((owed.len(), owed[0].due_on.as_str()), (1, "2026-03-22"));
        assert!(payments_of(&Terms { fee: None, ..terms() }, Timestamp(0)).is_empty());
    }

    #[test]
    fn terms_kept_before_there_were_choices_still_read() {
        let old = r#"{"fee":{"minor_units":25000,"currency":"EUR"},"product":"a grinder","commission_basis_points":0,
            "pieces":[],"usage":"","usage_days":0,"is_paid_use":false,"exclusivity":"","exclusivity_days":0,"payment_days":14}"#;
        let read = read(old).expect("reads");
        assert_eq!((read.products(), read.is_sent()), (vec!["a grinder"], true));
        assert_eq!(said(&read)[1], ("Product", "a grinder".to_owned()));
    }

    #[test]
    fn several_products_are_a_choice_and_a_code_is_not_sent() {
        let several = Terms { product: " a grinder \n\na kettle\nA  Grinder".to_owned(), ..terms() };
        let kept = checked(&several).expect("is right");
        assert_eq!(kept.product, "a grinder\na kettle");
        assert_eq!(said(&kept)[1].1, "one of: a grinder; a kettle");
        assert!(short(&kept).starts_with("250.00 EUR and one of 2 products for"), "{}", short(&kept));
        let code = Terms { product: "a code".to_owned(), is_not_sent: true, ..terms() };
        assert_eq!((code.is_sent(), said(&code)[1].1.as_str()), (false, "a code (nothing is sent)"));
        assert!(!checked(&Terms { is_not_sent: true, ..terms() }).expect("is right").is_not_sent, "nothing is nothing");
    }

    #[test]
    fn a_commission_is_said_without_needless_digits() {
        assert_eq!((decimal(1_000), decimal(1_250), decimal(705)), ("10".into(), "12.5".into(), "7.05".into()));
    }
}
