//! What of a profile is looked at, and the features made from it.

use serde::{Deserialize, Serialize};

/// A profile's plain facts; `None` is "not known" and never read as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    pub followers: Option<f64>,
    pub followings: Option<f64>,
    pub posts: Option<f64>,
    /// Letters of the text a profile says about itself.
    pub bio_length: Option<f64>,
    pub has_picture: Option<bool>,
    pub is_private: Option<bool>,
    /// Letters of the handle.
    pub handle_length: Option<f64>,
    /// How many of them are digits.
    pub handle_digits: Option<f64>,
}

/// A column of [`AccountRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Followers,
    Followings,
    Posts,
    BioLength,
    HasPicture,
    IsPrivate,
    HandleLength,
    HandleDigits,
}

impl Column {
    pub const ALL: [Column; 8] = [
        Column::Followers,
        Column::Followings,
        Column::Posts,
        Column::BioLength,
        Column::HasPicture,
        Column::IsPrivate,
        Column::HandleLength,
        Column::HandleDigits,
    ];

    /// The column's heading in a file.
    pub fn name(self) -> &'static str {
        match self {
            Column::Followers => "followers",
            Column::Followings => "followings",
            Column::Posts => "posts",
            Column::BioLength => "bio_length",
            Column::HasPicture => "has_picture",
            Column::IsPrivate => "is_private",
            Column::HandleLength => "handle_length",
            Column::HandleDigits => "handle_digits",
        }
    }
}

/// A set of columns, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Columns(pub u8);

impl Columns {
    pub const ALL: Columns = Columns(u8::MAX);

    pub fn of(columns: impl IntoIterator<Item = Column>) -> Columns {
        Columns(columns.into_iter().fold(0, |bits, column| bits | 1 << column as u8))
    }

    pub fn holds(self, column: Column) -> bool {
        self.0 & (1 << column as u8) != 0
    }

    /// Whether every column of `other` is among these.
    pub fn covers(self, other: Columns) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn both(self, other: Columns) -> Columns {
        Columns(self.0 & other.0)
    }

    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub fn names(self) -> Vec<&'static str> {
        Column::ALL.into_iter().filter(|column| self.holds(*column)).map(Column::name).collect()
    }
}

impl AccountRow {
    pub fn value(&self, column: Column) -> Option<f64> {
        let as_number = |flag: Option<bool>| flag.map(|flag| f64::from(u8::from(flag)));
        match column {
            Column::Followers => self.followers,
            Column::Followings => self.followings,
            Column::Posts => self.posts,
            Column::BioLength => self.bio_length,
            Column::HasPicture => as_number(self.has_picture),
            Column::IsPrivate => as_number(self.is_private),
            Column::HandleLength => self.handle_length,
            Column::HandleDigits => self.handle_digits,
        }
    }

    /// The columns that are known of this account.
    pub fn known(&self) -> Columns {
        Columns::of(Column::ALL.into_iter().filter(|column| self.value(*column).is_some()))
    }

    /// The same account with only these columns.
    pub fn only(&self, columns: Columns) -> AccountRow {
        let kept = |column| self.value(column).filter(|_| columns.holds(column));
        AccountRow {
            followers: kept(Column::Followers),
            followings: kept(Column::Followings),
            posts: kept(Column::Posts),
            bio_length: kept(Column::BioLength),
            has_picture: self.has_picture.filter(|_| columns.holds(Column::HasPicture)),
            is_private: self.is_private.filter(|_| columns.holds(Column::IsPrivate)),
            handle_length: kept(Column::HandleLength),
            handle_digits: kept(Column::HandleDigits),
        }
    }
}

/// A number made from a profile that one term of the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    Followers,
    Followings,
    Posts,
    FollowersOverFollowings,
    FollowersOverPosts,
    FollowingsOverPosts,
    BioLength,
    HasPicture,
    IsPrivate,
    HandleLength,
    DigitsInHandle,
}

impl Feature {
    pub const ALL: [Feature; 11] = [
        Feature::Followers,
        Feature::Followings,
        Feature::Posts,
        Feature::FollowersOverFollowings,
        Feature::FollowersOverPosts,
        Feature::FollowingsOverPosts,
        Feature::BioLength,
        Feature::HasPicture,
        Feature::IsPrivate,
        Feature::HandleLength,
        Feature::DigitsInHandle,
    ];

    /// What it is, as an explanation says it.
    pub fn words(self) -> &'static str {
        match self {
            Feature::Followers => "followers",
            Feature::Followings => "accounts followed",
            Feature::Posts => "posts",
            Feature::FollowersOverFollowings => "followers against accounts followed",
            Feature::FollowersOverPosts => "followers against posts",
            Feature::FollowingsOverPosts => "accounts followed against posts",
            Feature::BioLength => "length of the profile text",
            Feature::HasPicture => "a picture",
            Feature::IsPrivate => "a private account",
            Feature::HandleLength => "length of the handle",
            Feature::DigitsInHandle => "share of digits in the handle",
        }
    }

    /// The columns it is made from.
    pub fn columns(self) -> Columns {
        match self {
            Feature::Followers => Columns::of([Column::Followers]),
            Feature::Followings => Columns::of([Column::Followings]),
            Feature::Posts => Columns::of([Column::Posts]),
            Feature::FollowersOverFollowings => Columns::of([Column::Followers, Column::Followings]),
            Feature::FollowersOverPosts => Columns::of([Column::Followers, Column::Posts]),
            Feature::FollowingsOverPosts => Columns::of([Column::Followings, Column::Posts]),
            Feature::BioLength => Columns::of([Column::BioLength]),
            Feature::HasPicture => Columns::of([Column::HasPicture]),
            Feature::IsPrivate => Columns::of([Column::IsPrivate]),
            Feature::HandleLength => Columns::of([Column::HandleLength]),
            Feature::DigitsInHandle => Columns::of([Column::HandleLength, Column::HandleDigits]),
        }
    }

    /// Whether it is a yes or no, which enters the model as itself.
    pub fn is_two_valued(self) -> bool {
        matches!(self, Feature::HasPicture | Feature::IsPrivate)
    }

    /// Its value, `None` where a column it needs is not known: counts as `ln(1 + count)`, two counts as the difference
    /// of these, the rest as it is.
    pub fn value(self, row: &AccountRow) -> Option<f64> {
        let log = |column| row.value(column).map(|count| count.max(0.0).ln_1p());
        let differ = |over, under| Some(log(over)? - log(under)?);
        match self {
            Feature::Followers => log(Column::Followers),
            Feature::Followings => log(Column::Followings),
            Feature::Posts => log(Column::Posts),
            Feature::FollowersOverFollowings => differ(Column::Followers, Column::Followings),
            Feature::FollowersOverPosts => differ(Column::Followers, Column::Posts),
            Feature::FollowingsOverPosts => differ(Column::Followings, Column::Posts),
            Feature::BioLength => log(Column::BioLength),
            Feature::HasPicture => row.value(Column::HasPicture),
            Feature::IsPrivate => row.value(Column::IsPrivate),
            Feature::HandleLength => row.handle_length,
            Feature::DigitsInHandle => Some(row.handle_digits? / row.handle_length?.max(1.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_known_exactly_when_its_columns_are() {
        let full = AccountRow {
            followers: Some(10.0),
            followings: Some(20.0),
            posts: Some(0.0),
            bio_length: Some(5.0),
            has_picture: Some(true),
            is_private: Some(false),
            handle_length: Some(8.0),
            handle_digits: Some(2.0),
        };
        for bits in 0..=u8::MAX {
            let row = full.only(Columns(bits));
            assert_eq!(row.known(), Columns(bits));
            for feature in Feature::ALL {
                assert_eq!(
                    feature.value(&row).is_some(),
                    Columns(bits).covers(feature.columns()),
                    "{feature:?} {bits}"
                );
            }
        }
    }
}
