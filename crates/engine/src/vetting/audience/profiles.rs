//! The share of an audience told from profiles, with the models that come with the program or the user's own.

use super::share::{borrowed, matching};
use super::{Flagged, Share};
use crate::vetting::accounts::columns::{AccountRow, Column, Columns};
use crate::vetting::accounts::drift::{FeatureDrift, population_differs};
use crate::vetting::accounts::shipped::{ModelCard, TrainedModel};

/// Whether the accounts are of the platform and time that the models were learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Same,
    Another,
}

/// A share, from how many accounts, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfilesShare {
    pub share: Share,
    pub flagged: Flagged,
    /// Accounts of which too little is known to judge them.
    pub not_judged: u64,
    /// The columns that were read.
    pub columns: Columns,
    pub drift: Vec<FeatureDrift>,
}

/// Fewer accounts tell no share.
pub const ACCOUNTS_MIN: usize = 50;
/// A column is read where at least this share of the accounts has it.
const KNOWN_MIN: f64 = 0.8;

/// The share of these accounts that was made to be sold; `None` under 50 that can be judged.
///
/// Of the models the one that reads most of what four in five accounts show. Error rates count as the audience's own where
/// the accounts are of the same kind and no two features have drifted, else as borrowed (wide on purpose). Order of rows
/// changes nothing. Cost `O(accounts * terms)` and 4,000 draws.
pub fn share_of_profiles(card: &ModelCard, accounts: &[AccountRow], kind: Kind, seed: u64) -> Option<ProfilesShare> {
    let TrainedModel { model, cut, errors, reference, .. } = model_for(card, accounts)?;
    let judged: Vec<AccountRow> = accounts.iter().filter(|row| row.known().covers(model.columns)).copied().collect();
    if judged.len() < ACCOUNTS_MIN {
        return None;
    }
    let is_flagged = |row: &&AccountRow| model.chance(row).is_some_and(|chance| chance >= *cut);
    let flagged = Flagged { accounts: judged.len() as u64, flagged: judged.iter().filter(is_flagged).count() as u64 };
    let drift: Vec<FeatureDrift> = reference.iter().filter_map(|reference| reference.drift(&judged)).collect();
    let share = match kind {
        Kind::Same if !population_differs(&drift) => matching(flagged, errors, seed),
        _ => borrowed(flagged, &[*errors], seed),
    }?;
    let not_judged = (accounts.len() - judged.len()) as u64;
    Some(ProfilesShare { share, flagged, not_judged, columns: model.columns, drift })
}

/// Of the models of a card the one that reads most of what four in five of these accounts show; `None` where none can.
pub fn model_for<'a>(card: &'a ModelCard, accounts: &[AccountRow]) -> Option<&'a TrainedModel> {
    let known_of = |column: &Column| {
        let known = accounts.iter().filter(|row| row.value(*column).is_some()).count();
        known > 0 && known as f64 >= KNOWN_MIN * accounts.len() as f64
    };
    card.for_known(Columns::of(Column::ALL.into_iter().filter(known_of)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;
    use crate::vetting::accounts::shipped::shipped;
    use crate::vetting::audience::Rung;

    fn audience(made_to_be_sold: usize, count: usize) -> Vec<AccountRow> {
        let mut draw = Sequence::new(11, 3);
        let mut around = |middle: f64, sd: f64| Some((middle * (sd * draw.normal()).exp()).round());
        (0..count)
            .map(|place| match place < made_to_be_sold {
                true => AccountRow {
                    followers: around(25.0, 0.8),
                    followings: around(3_000.0, 0.6),
                    posts: around(2.0, 0.8),
                    ..AccountRow::default()
                },
                false => AccountRow {
                    followers: around(250.0, 0.9),
                    followings: around(320.0, 0.8),
                    posts: around(60.0, 1.2),
                    ..AccountRow::default()
                },
            })
            .collect()
    }

    #[test]
    fn a_bought_third_is_seen_and_a_clean_audience_is_not_called_bought() {
        let share =
            |made: usize, kind| share_of_profiles(shipped(), &audience(made, 400), kind, 0).expect("a share").share;
        let (clean, third) = (share(0, Kind::Another), share(133, Kind::Another));
        assert!(clean.lo < 0.05 && third.lo > 0.15 && third.hi > third.lo, "{clean:?} {third:?}");
        assert_eq!(third.rung, Rung::Borrowed);
        let mut turned = audience(133, 400);
        turned.reverse();
        assert_eq!(share_of_profiles(shipped(), &turned, Kind::Another, 0).expect("a share").share, third);
    }

    #[test]
    fn few_accounts_or_accounts_of_which_too_little_is_known_tell_no_share() {
        assert_eq!(share_of_profiles(shipped(), &audience(10, 49), Kind::Same, 0), None);
        assert_eq!(share_of_profiles(shipped(), &vec![AccountRow::default(); 400], Kind::Same, 0), None);
        let mut some = audience(0, 400);
        some.iter_mut().take(60).for_each(|row| row.posts = None);
        let found = share_of_profiles(shipped(), &some, Kind::Another, 0).expect("a share");
        assert_eq!((found.not_judged, found.columns.count()), (60, 3));
        some.iter_mut().take(100).for_each(|row| row.posts = None);
        assert_eq!(share_of_profiles(shipped(), &some, Kind::Another, 0).expect("a share").columns.count(), 2);
    }
}
