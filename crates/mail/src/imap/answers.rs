//! What stands in a server's answers: mails with their numbers, flags and dates; and the numbers to ask for next.

use async_imap::imap_proto::{AttributeValue, Response};

/// Bytes of mail that are asked for at once, and mails.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
const BATCH_MAILS: usize = 200;

/// A mail as the server holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    pub uid: u32,
    /// When the server took it in; `None` where it did not say or said no date.
    pub internal_date_unix: Option<i64>,
    /// As `\Seen`, `\Answered`, `$Forwarded`.
    pub flags: Vec<String>,
    pub raw: Vec<u8>,
}

pub(super) fn uid_in(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

pub(super) fn flags_in(attributes: &[AttributeValue<'_>]) -> Option<Vec<String>> {
    attributes.iter().find_map(|attribute| match attribute {
        // Whether a mail is new in this session says nothing of the mail.
        AttributeValue::Flags(flags) => {
            Some(flags.iter().filter(|flag| *flag != "\\Recent").map(ToString::to_string).collect())
        }
        _ => None,
    })
}

/// A mail within an answer; `None` for news about flags alone.
pub(super) fn mail_in(response: &Response<'_>) -> Option<Fetched> {
    let Response::Fetch(_, attributes) = response else { return None };
    let raw = attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection { section: None, data: Some(raw), .. } => Some(raw.to_vec()),
        _ => None,
    })?;
    let internal_date_unix = attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::InternalDate(date) => unix_of_internal_date(date),
        _ => None,
    });
    Some(Fetched { uid: uid_in(attributes)?, internal_date_unix, flags: flags_in(attributes).unwrap_or_default(), raw })
}

/// Numbers ascending as a set: `1:3,7`.
pub(super) fn set_of(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let words =
        ranges.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") });
    words.collect::<Vec<_>>().join(",")
}

/// Numbers in groups of bounded bytes; a longer mail is alone.
pub(super) fn batches(sizes: &[(u32, u64)]) -> Vec<Vec<u32>> {
    let mut batches: Vec<Vec<u32>> = Vec::new();
    let mut bytes = 0;
    for &(uid, size) in sizes {
        match batches.last_mut() {
            Some(batch) if bytes + size <= BATCH_BYTES && batch.len() < BATCH_MAILS => {
                batch.push(uid);
                bytes += size;
            }
            _ => {
                batches.push(vec![uid]);
                bytes = size;
            }
        }
    }
    batches
}

/// Seconds since 1970 of ` 2-Mar-2026 09:00:00 +0100`.
fn unix_of_internal_date(date: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut words = date.split_whitespace();
    let (day, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut day = day.split('-');
    let (day, month, year) = (day.next()?.parse().ok()?, day.next()?.to_ascii_lowercase(), day.next()?.parse().ok()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let mut time = time.split(':').map(|part| part.parse::<u8>().ok());
    let zone_digits = zone.strip_prefix(['+', '-']).filter(|digits| digits.len() == 4 && digits.is_ascii())?;
    let date = mail_parser::DateTime {
        year,
        month: u8::try_from(month).ok()?,
        day,
        hour: time.next()??,
        minute: time.next()??,
        second: time.next()??,
        tz_before_gmt: zone.starts_with('-'),
        tz_hour: zone_digits[..2].parse().ok()?,
        tz_minute: zone_digits[2..].parse().ok()?,
    };
    date.is_valid().then(|| date.to_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_one_another_are_asked_for_together() {
        assert_eq!(set_of(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set_of(&[u32::MAX]), "4294967295");
    }

    #[test]
    fn a_batch_is_bounded_by_bytes_and_mails_and_never_empty() {
        let long = BATCH_BYTES + 1;
        assert_eq!(batches(&[(1, 10), (2, long), (3, 10), (4, 10)]), [vec![1], vec![2], vec![3, 4]]);
        let many: Vec<(u32, u64)> = (1..=BATCH_MAILS as u32 + 1).map(|uid| (uid, 1)).collect();
        assert_eq!(batches(&many).iter().map(Vec::len).collect::<Vec<_>>(), [BATCH_MAILS, 1]);
        assert!(batches(&[]).is_empty());
    }

    #[test]
    fn a_date_beside_a_mail_is_read_with_its_zone() {
        assert_eq!(unix_of_internal_date(" 2-Mar-2026 10:00:00 +0100"), Some(1_772_442_000));
        assert_eq!(unix_of_internal_date("02-Mar-2026 04:30:00 -0430"), Some(1_772_442_000));
        for wrong in ["", "2-Mar-2026", "2-Mrz-2026 10:00:00 +0100", "99-Mar-2026 10:00:00 +0100", "2-Mar-2026 10:00 Z"]
        {
            assert_eq!(unix_of_internal_date(wrong), None, "{wrong}");
        }
    }
}
