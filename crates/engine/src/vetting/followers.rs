//! How many followers somebody had on a day: the nearest count, or the straight line between two.

use model::{Days, Timestamp};

/// A follower count as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowersSeen {
    pub at: Timestamp,
    pub count: u64,
}

/// A count this near to the day stands for it.
pub const NEAR: Days = Days(7);

/// Followers at a moment: the count nearest to it when that is within seven days, else the straight line between the
/// counts before and after it, else not known (`None`). Dividing an old post by today's followers would flatter
/// shrinking accounts and hurt growing ones.
///
/// `seen` is sorted by time. Cost `O(log seen)`.
///
/// ```
/// use engine::vetting::followers::{FollowersSeen, followers_at};
/// use model::Timestamp;
/// let day = |day: i64| Timestamp::from_unix_seconds(day * 86_400);
/// let seen = [FollowersSeen { at: day(0), count: 100 }, FollowersSeen { at: day(100), count: 200 }];
/// assert_eq!(followers_at(&seen, day(3)), Some(100));
/// assert_eq!(followers_at(&seen, day(50)), Some(150));
/// assert_eq!(followers_at(&seen, day(120)), None);
/// ```
pub fn followers_at(seen: &[FollowersSeen], at: Timestamp) -> Option<u64> {
    let after = seen.partition_point(|point| point.at < at);
    let before = after.checked_sub(1).map(|place| seen[place]);
    let after = seen.get(after).copied();
    let distance = |point: FollowersSeen| (point.at.0 - at.0).unsigned_abs();
    let nearest = match (before, after) {
        (Some(before), Some(after)) => Some(if distance(before) <= distance(after) { before } else { after }),
        (one, other) => one.or(other),
    }?;
    if distance(nearest) <= NEAR.as_seconds().unsigned_abs() * 1_000_000 {
        return Some(nearest.count);
    }
    let (before, after) = (before?, after?);
    let share = (at.0 - before.at.0) as f64 / (after.at.0 - before.at.0) as f64;
    Some((before.count as f64 + share * (after.count as f64 - before.count as f64)).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_seen_is_not_known() {
        assert_eq!(followers_at(&[], Timestamp(0)), None);
    }

    #[test]
    fn of_two_near_counts_the_nearer_one_stands() {
        let day = |day: i64| Timestamp::from_unix_seconds(day * 86_400);
        let seen = [FollowersSeen { at: day(0), count: 10 }, FollowersSeen { at: day(4), count: 20 }];
        assert_eq!(followers_at(&seen, day(3)), Some(20));
        assert_eq!(followers_at(&seen, day(1)), Some(10));
    }
}
