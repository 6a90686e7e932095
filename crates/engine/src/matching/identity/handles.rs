//! Handles as they are compared: one form for each platform, however somebody typed them.

use model::Platform;
use serde::{Deserialize, Serialize};

use super::names::plain;

/// The handle as the platform means it, or `None` where the text cannot be a handle there.
///
/// Trimmed, without `@`, plain letters in lower case ([`plain`]). Dots and underscores stay: they tell two accounts of
/// Instagram apart. Mastodon needs `user@host` (a local name alone names many people), Bluesky a domain. Stack Exchange has
/// names, which many share, and no handles. Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::normal_handle;
/// use model::Platform;
/// assert_eq!(normal_handle(Platform::Instagram, " @Hop.Maria ").as_deref(), Some("hop.maria"));
/// assert_eq!(normal_handle(Platform::Mastodon, "@Ana@Beer.example").as_deref(), Some("ana@beer.example"));
/// assert_eq!(normal_handle(Platform::Mastodon, "ana"), None);
/// assert_eq!(normal_handle(Platform::Instagram, "Maria Lopez"), None);
/// ```
pub fn normal_handle(platform: Platform, text: &str) -> Option<String> {
    let text = plain(text);
    let text = text.trim();
    let text = match platform {
        Platform::Reddit => ["/u/", "u/", "/user/"].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text),
        _ => text,
    };
    let handle = text.strip_prefix('@').unwrap_or(text);
    let allowed = |signs: &str, length_max: usize| {
        (1..=length_max).contains(&handle.chars().count())
            && handle.chars().all(|sign| sign.is_ascii_alphanumeric() || signs.contains(sign))
    };
    let fits = match platform {
        Platform::Instagram => allowed("._", 30),
        Platform::TikTok => allowed("._", 24),
        Platform::X => allowed("_", 20),
        Platform::Reddit => allowed("_-", 21),
        Platform::Twitch => allowed("_", 25),
        Platform::YouTube => {
            handle.chars().count() <= 30
                && !handle.is_empty()
                && handle.chars().all(|sign| sign.is_alphanumeric() || "._-·".contains(sign))
        }
        Platform::Bluesky => allowed(".-", 253) && is_domain(handle),
        Platform::Mastodon => handle.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && user.chars().all(|sign| sign.is_ascii_alphanumeric() || "._-".contains(sign))
                && is_domain(host)
        }),
        Platform::StackExchange => false,
        Platform::Other => !handle.is_empty() && !handle.contains(char::is_whitespace),
    };
    fits.then(|| handle.to_owned())
}

/// Two labels at least, none empty, the last with a letter.
pub(super) fn is_domain(text: &str) -> bool {
    let labels = || text.split('.');
    let label = |label: &str| !label.is_empty() && label.chars().all(|sign| sign.is_alphanumeric() || sign == '-');
    labels().count() >= 2
        && labels().all(label)
        && labels().next_back().is_some_and(|last| last.chars().count() >= 2 && last.chars().any(char::is_alphabetic))
}

/// What of a handle can be compared between platforms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HandleShape {
    /// Letters and digits alone, without a server, an own domain's ending, dots, lines and hyphens.
    pub bare: String,
    pub letters: u32,
    pub digits: u32,
}

/// The shape of a handle in its platform's form ([`normal_handle`]). Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::handle_shape;
/// use model::Platform;
/// let shape = |platform, handle| handle_shape(platform, handle).bare;
/// assert_eq!(shape(Platform::Instagram, "hop.maria_"), shape(Platform::Bluesky, "hopmaria.bsky.social"));
/// ```
pub fn handle_shape(platform: Platform, handle: &str) -> HandleShape {
    let name = match platform {
        Platform::Mastodon => handle.split('@').next().unwrap_or(handle),
        Platform::Bluesky => handle.strip_prefix("www.").unwrap_or(handle).split('.').next().unwrap_or(handle),
        _ => handle,
    };
    let bare: String = name.chars().filter(|sign| sign.is_alphanumeric()).collect();
    let digits = bare.chars().filter(|sign| sign.is_numeric()).count() as u32;
    let letters = bare.chars().count() as u32 - digits;
    HandleShape { bare, letters, digits }
}

/// Shorter ones lie one letter from too many others.
pub(super) const ALIKE_LETTERS_MIN: usize = 6;

/// The text itself, then every text with one letter taken out, each once. Two texts that are one letter apart, or have two
/// neighbours changed round, share at least one of these (Garbe's symmetric deletion). Texts too short to be alike have
/// only themselves.
pub(super) fn deletions(bare: &str) -> Vec<String> {
    let letters: Vec<char> = bare.chars().collect();
    let mut all = vec![bare.to_owned()];
    if letters.len() >= ALIKE_LETTERS_MIN {
        for out in 0..letters.len() {
            // Of a doubled letter either one out gives the same text.
            if out == 0 || letters[out] != letters[out - 1] {
                all.push(letters[..out].iter().chain(&letters[out + 1..]).collect());
            }
        }
    }
    all
}

/// Whether one letter more, less or other, or two neighbours changed round, makes one of the other (Damerau 1964). A digit is
/// no slip: it is how the next person of a name gets a handle that is still free.
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - end], &other[..other.len() - end]) {
        ([], []) => true,
        ([sign], []) | ([], [sign]) => !sign.is_numeric(),
        ([a], [b]) => !a.is_numeric() && !b.is_numeric(),
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_handle_has_one_form_on_its_platform_or_none() {
        let check = |platform, text: &str, expected: Option<&str>| {
            assert_eq!(normal_handle(platform, text).as_deref(), expected, "{platform:?} {text}");
        };
        check(Platform::Instagram, "ｈｏｐ．ｍａｒｉａ", Some("hop.maria"));
        check(Platform::Instagram, "hopmaria", Some("hopmaria"));
        check(Platform::Instagram, "maría", None);
        check(Platform::YouTube, "@María", Some("maría"));
        check(Platform::Reddit, "u/Hop-Maria", Some("hop-maria"));
        check(Platform::Bluesky, "hopmaria.bsky.social", Some("hopmaria.bsky.social"));
        check(Platform::Bluesky, "hopmaria", None);
        check(Platform::Mastodon, "ana@localhost", None);
        check(Platform::StackExchange, "ana", None);
        check(Platform::X, "", None);
        check(Platform::X, "@", None);
    }

    #[test]
    fn dots_tell_two_accounts_of_one_platform_apart() {
        let form = |text| normal_handle(Platform::Instagram, text);
        assert_ne!(form("hop.maria"), form("hopmaria"));
    }

    proptest! {
        #[test]
        fn the_form_of_a_form_is_itself(text in "\\PC{0,20}", which in 0usize..10) {
            let platform = Platform::ALL[which];
            if let Some(form) = normal_handle(platform, &text)
                && platform != Platform::Other
            {
                prop_assert_eq!(normal_handle(platform, &form), Some(form));
            }
        }

        #[test]
        fn whoever_is_one_letter_away_shares_a_deletion(word in "[a-z]{6,12}", at in 0usize..12, letter in "[a-z]", how in 0u8..3) {
            let mut letters: Vec<char> = word.chars().collect();
            let at = at % letters.len();
            match how {
                0 => letters[at] = letter.chars().next().expect("one letter"),
                1 => letters.insert(at, letter.chars().next().expect("one letter")),
                _ => letters.swap(at, (at + 1) % word.len()),
            }
            let near: String = letters.iter().collect();
            // The first and the last letter are no neighbours.
            if how < 2 || at + 1 < word.len() {
                prop_assert!(are_alike(&word, &near));
                let (one, other) = (deletions(&word), deletions(&near));
                prop_assert!(one.iter().any(|text| other.contains(text)));
            }
        }
    }

    #[test]
    fn two_letters_off_or_another_digit_is_not_alike() {
        assert!(are_alike("hopmaria", "hopmariia") && are_alike("hopmaria", "hopmraia"));
        assert!(!are_alike("hopmaria7", "hopmaria8") && !are_alike("hopmaria", "hopmaria7"));
        assert!(!are_alike("hopmaria", "hopmarley"));
        assert!(!are_alike("hopmaria", "hopmaria88"));
    }
}
