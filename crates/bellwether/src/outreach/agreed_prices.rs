//! Agreed fees as prices: what a deal says that one piece of a kind by one account costs goes into the price history.
//!
//! Where the terms have one kind of piece and one account of the contact can be meant, it is the fee over the count, rounded half to
//! even. Where there are several, nothing is guessed: a person says how the fee divides.

use engine::matching::price::{PostFormat, PriceKind};
use lake::CreatorProfile;
use model::outreach::deals::DealState;
use model::{AccountId, Money, Platform};
use store::outreach::deals::DealRow;
use store::{DealPrice, PriceRow};

use super::OutreachError;
use super::deals::{DealShown, Terms};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::money_typed;

/// Pieces of one kind in a deal's terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PieceKind {
    pub count: u32,
    /// As the terms say it.
    pub format: String,
    pub platform: String,
}

/// How much of the fee is for pieces of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    pub account: AccountId,
    pub format: PostFormat,
    /// For all pieces of the kind.
    pub amount: Money,
}

/// An account that a kind of piece may be meant on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountChoice {
    pub account: AccountId,
    pub words: String,
}

/// A kind of piece whose share of the fee is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KindAsked {
    pub kind: PieceKind,
    /// Where it can be told from the words of the terms.
    pub format: Option<PostFormat>,
    pub accounts: Vec<AccountChoice>,
}

/// What of a deal stands in the price history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InHistory {
    /// Not agreed, without a fee, or given up.
    Nothing,
    Held(Vec<DealPrice>),
    /// Nothing was guessed: why, and what is asked.
    Asked {
        why: String,
        kinds: Vec<KindAsked>,
    },
    /// No account of theirs is held that a price could be of.
    NoAccount,
}

/// `total` over `count`, rounded half to even.
fn each(total: i64, count: i64) -> i64 {
    let (whole, rest) = (total.div_euclid(count), total.rem_euclid(count));
    match (2 * rest).cmp(&count) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + (whole & 1),
    }
}

/// The format that words of terms mean: a code, a plural of one, or what everybody calls it.
pub fn format_named(words: &str) -> Option<PostFormat> {
    let plain = words.trim().to_lowercase().replace([' ', '-'], "_");
    let single = plain
        .strip_suffix("ies")
        .map_or_else(|| plain.strip_suffix('s').unwrap_or(&plain).to_owned(), |stem| format!("{stem}y"));
    let called = match single.as_str() {
        "reel" | "short" => Some(PostFormat::ShortVideo),
        "live_stream" => Some(PostFormat::Live),
        _ => None,
    };
    PostFormat::from_code(&plain).or_else(|| PostFormat::from_code(&single)).or(called)
}

fn platform_named(words: &str) -> Option<Platform> {
    let plain = words.trim();
    Platform::ALL.into_iter().find(|of| of.code().eq_ignore_ascii_case(plain) || of.name().eq_ignore_ascii_case(plain))
}

/// The kinds of pieces in terms, in their order; pieces that differ in their days alone are one kind.
pub fn kinds(terms: &Terms) -> Vec<PieceKind> {
    let mut found: Vec<PieceKind> = Vec::new();
    for piece in &terms.pieces {
        let format = piece.format.to_lowercase();
        let same = |held: &&mut PieceKind| held.format.to_lowercase() == format && held.platform == piece.platform;
        match found.iter_mut().find(same) {
            Some(held) => held.count += piece.count,
            None => found.push(PieceKind {
                count: piece.count,
                format: piece.format.clone(),
                platform: piece.platform.clone(),
            }),
        }
    }
    found
}

async fn profiles(data: &DataDirectory, contact: i64) -> Result<Vec<CreatorProfile>, OutreachError> {
    let accounts = data.store.contact_accounts(contact).await?;
    if accounts.is_empty() {
        return Ok(vec![]);
    }
    Ok(data.lake.profiles(Some(&accounts), data.now()).await?)
}

/// The accounts that a kind of piece may be meant on.
fn meant<'a>(kind: &PieceKind, profiles: &'a [CreatorProfile]) -> Vec<&'a CreatorProfile> {
    match (kind.platform.is_empty(), platform_named(&kind.platform)) {
        (true, _) => profiles.iter().collect(),
        (false, Some(platform)) => profiles.iter().filter(|profile| profile.platform == platform).collect(),
        (false, None) => vec![],
    }
}

fn price(
    data: &DataDirectory,
    (deal, version, piece): (i64, i64, usize),
    profile: &CreatorProfile,
    format: PostFormat,
    fee: Money,
) -> DealPrice {
    let price = PriceRow {
        id: 0,
        account: profile.account,
        platform: profile.platform.code().to_owned(),
        followers: profile.followers,
        format: format.code().to_owned(),
        fee,
        kind: PriceKind::Deal.code().to_owned(),
        dated_at: data.now(),
        note: format!("deal {deal}, version {version}"),
    };
    DealPrice { piece: piece as i64, price }
}

/// The price that follows from a version of a deal without guessing; none where it does not.
pub async fn of_deal(
    data: &DataDirectory,
    deal: &DealRow,
    version: i64,
    terms: &Terms,
) -> Result<Vec<DealPrice>, OutreachError> {
    let kinds = kinds(terms);
    let (Some(fee), [kind]) = (terms.fee.filter(|fee| fee.minor_units > 0), kinds.as_slice()) else {
        return Ok(vec![]);
    };
    let Some(format) = format_named(&kind.format) else { return Ok(vec![]) };
    let profiles = profiles(data, deal.contact).await?;
    let [profile] = meant(kind, &profiles)[..] else { return Ok(vec![]) };
    let fee = Money { minor_units: each(fee.minor_units, i64::from(kind.count.max(1))), ..fee };
    Ok(vec![price(data, (deal.id, version, 0), profile, format, fee)])
}

/// What of a deal stands in the price history, or what is asked before anything can.
pub async fn in_history(data: &DataDirectory, deal: &DealShown) -> Result<InHistory, OutreachError> {
    let held = data.store.deal_prices(deal.row.id).await?;
    if !held.is_empty() {
        return Ok(InHistory::Held(held));
    }
    let has_fee = deal.terms.fee.is_some_and(|fee| fee.minor_units > 0);
    if !has_fee || !deal.row.state.is_agreed() {
        return Ok(InHistory::Nothing);
    }
    let profiles = profiles(data, deal.row.contact).await?;
    if profiles.is_empty() {
        return Ok(InHistory::NoAccount);
    }
    let kinds = kinds(&deal.terms);
    let choice = |profile: &CreatorProfile| AccountChoice {
        account: profile.account,
        words: format!(
            "{} on {}",
            profile.handle.as_ref().or(profile.display_name.as_ref()).unwrap_or(&profile.native_id),
            profile.platform.name()
        ),
    };
    let why = match kinds.as_slice() {
        [kind] => match (format_named(&kind.format), meant(kind, &profiles).len()) {
            (None, _) => format!("What kind of price {:?} is cannot be told from its name.", kind.format),
            (Some(_), 0) => format!("None of their accounts that are held is on {:?}.", kind.platform),
            (Some(_), 1) => "It was agreed before fees went into the price history by themselves.".to_owned(),
            (Some(_), _) => "Several accounts of theirs could be meant.".to_owned(),
        },
        _ => "The fee is for several kinds of pieces.".to_owned(),
    };
    let asked = |kind: PieceKind| {
        let first = meant(&kind, &profiles);
        let rest = profiles.iter().filter(|profile| !first.iter().any(|held| held.account == profile.account));
        let accounts = first.iter().copied().chain(rest).map(choice).collect();
        KindAsked { format: format_named(&kind.format), kind, accounts }
    };
    Ok(InHistory::Asked { why, kinds: kinds.into_iter().map(asked).collect() })
}

/// Records how the fee of an agreed deal divides over its kinds of pieces, in their order.
///
/// Errors: `Field` where the parts are not those of the deal or do not come to the fee; `Refused` where the deal has moved on or
/// stands in the history already.
pub async fn divide(data: &DataDirectory, deal: &DealShown, parts: &[Part]) -> Result<(), OutreachError> {
    let refused = |problem: String| Err(OutreachError::Field { field: "parts", problem });
    let kinds = kinds(&deal.terms);
    let Some(fee) = deal.terms.fee else { return refused("this deal has no fee".to_owned()) };
    if parts.len() != kinds.len() {
        return refused(format!("the deal has {} kinds of pieces: say of each how much is for it", kinds.len()));
    }
    if parts.iter().any(|part| part.amount.currency != fee.currency) {
        return refused(format!("the fee is in {}: say the parts in it too", fee.currency));
    }
    let sum: i64 = parts.iter().map(|part| part.amount.minor_units).fold(0, i64::saturating_add);
    if sum != fee.minor_units {
        let sum = Money { minor_units: sum, ..fee };
        return refused(format!("the parts come to {} and the fee is {}", money_typed(&sum), money_typed(&fee)));
    }
    let profiles = profiles(data, deal.row.contact).await?;
    let mut prices = Vec::new();
    for (place, (part, kind)) in parts.iter().zip(&kinds).enumerate() {
        let Some(profile) = profiles.iter().find(|profile| profile.account == part.account) else {
            return refused(format!("{} is no account of {}", part.account, deal.row.contact_name));
        };
        // A kind that was made for nothing has no price.
        if part.amount.minor_units > 0 {
            let fee = Money { minor_units: each(part.amount.minor_units, i64::from(kind.count.max(1))), ..fee };
            prices.push(price(data, (deal.row.id, deal.row.version, place), profile, part.format, fee));
        }
    }
    if data.store.add_deal_prices(deal.row.id, deal.row.version, &prices, data.now()).await? {
        return Ok(());
    }
    let why = match deal.row.state {
        DealState::Declined | DealState::Withdrawn => "the deal was given up",
        state if !state.is_agreed() => "the deal is not agreed yet",
        _ => "the fee of this deal stands in the price history already",
    };
    Err(OutreachError::Refused(format!("{why}\nhint: nothing was changed")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outreach::deals::Piece;

    #[test]
    fn a_fee_over_its_pieces_is_rounded_half_to_even() {
        for (total, count, expect) in [
            (100, 4, 25),
            (5, 2, 2),
            (7, 2, 4),
            (100, 3, 33),
            (200, 3, 67),
            (1, 3, 0),
            (10, 4, 2),
            (14, 4, 4),
            (9, 1, 9),
        ] {
            assert_eq!(each(total, count), expect, "{total} over {count}");
        }
    }

    #[test]
    fn formats_are_told_by_what_people_write() {
        for (words, expect) in [
            ("story", Some(PostFormat::Story)),
            ("Stories", Some(PostFormat::Story)),
            ("posts", Some(PostFormat::Post)),
            ("Short video", Some(PostFormat::ShortVideo)),
            ("reel", Some(PostFormat::ShortVideo)),
            ("live", Some(PostFormat::Live)),
            ("video", None),
            ("poem", None),
        ] {
            assert_eq!(format_named(words), expect, "{words}");
        }
    }

    #[test]
    fn pieces_that_differ_in_their_days_alone_are_one_kind() {
        let piece = |count: u32, format: &str, due_on: &str| Piece {
            count,
            format: format.to_owned(),
            platform: "instagram".to_owned(),
            due_on: due_on.to_owned(),
            ..Piece::default()
        };
        let pieces = vec![piece(1, "story", "2026-03-01"), piece(2, "Story", "2026-03-08"), piece(1, "post", "")];
        let found = kinds(&Terms { pieces, ..Terms::default() });
        assert_eq!(found.iter().map(|kind| kind.count).collect::<Vec<_>>(), [3, 1]);
    }
}
