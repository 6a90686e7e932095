//! What is looked at in a comment: pieces of words, words, and six things that hold in any language.

use std::borrow::Cow;

/// The things looked at by hand; they need no training text of the language.
pub const BY_HAND: [&str; 6] =
    ["length", "links", "words that advertise", "share of capitals", "share of digits", "exclamation marks"];

/// Longer comments count as this long, in units of 200 letters.
const LENGTH_MAX: f64 = 5.0;
/// More of one thing counts as so many.
const COUNT_MAX: f64 = 5.0;
const LINKS: [&str; 4] = ["http://", "https://", "www.", ".com"];
const ADVERTISING: [&str; 4] = ["subscri", "check out", "my channel", "follow me"];

/// The text without a byte-order mark, with entities of HTML as what they stand for.
pub fn plain(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            Some((end, letter)) => {
                written.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                written.push('&');
                rest = &rest[1..];
            }
        }
    }
    written.push_str(rest);
    Cow::Owned(written.replace('\u{feff}', ""))
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// The six things, each 0 or more, none above 5.
pub fn by_hand(plain: &str) -> [f64; 6] {
    let lower = plain.to_lowercase();
    let count = |words: &[&str]| words.iter().map(|word| lower.matches(word).count()).sum::<usize>() as f64;
    let letters = plain.chars().count().max(1) as f64;
    let share = |of: fn(char) -> bool| plain.chars().filter(|letter| of(*letter)).count() as f64 / letters;
    [
        (letters / 200.0).min(LENGTH_MAX),
        count(&LINKS).min(COUNT_MAX),
        count(&ADVERTISING).min(COUNT_MAX),
        share(char::is_uppercase),
        share(|letter| letter.is_ascii_digit()),
        (plain.matches('!').count() as f64 / 5.0).min(COUNT_MAX),
    ]
}

/// Calls `take` with every piece of 3 to 5 letters of each word, the word standing between two blanks, in lower case.
/// A word shorter than a piece is taken whole once.
pub fn pieces(lower: &str, mut take: impl FnMut(&str)) {
    let mut padded = String::new();
    let mut at = Vec::new();
    for word in lower.split_whitespace() {
        padded.clear();
        padded.push(' ');
        padded.push_str(word);
        padded.push(' ');
        at.clear();
        at.extend(padded.char_indices().map(|(place, _)| place));
        at.push(padded.len());
        let letters = at.len() - 1;
        for size in 3..=5 {
            if letters <= size {
                // No larger piece is in it.
                take(&padded);
                break;
            }
            for start in 0..=letters - size {
                take(&padded[at[start]..at[start + size]]);
            }
        }
    }
}

/// Calls `take` with every word of two letters or more and every two words in a row, in lower case.
pub fn words(lower: &str, mut take: impl FnMut(&str)) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut before: Option<&str> = None;
    let mut both = String::new();
    for word in lower.split(|letter| !is_part(letter)).filter(|word| word.chars().nth(1).is_some()) {
        take(word);
        if let Some(before) = before {
            both.clear();
            both.push_str(before);
            both.push(' ');
            both.push_str(word);
            take(&both);
        }
        before = Some(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(of: impl Fn(&str, &mut dyn FnMut(&str)), text: &str) -> Vec<String> {
        let mut found = Vec::new();
        of(text, &mut |piece| found.push(piece.to_owned()));
        found
    }

    #[test]
    fn entities_stand_for_their_letters_and_what_is_none_stays() {
        assert_eq!(
            plain("\u{feff}Tom &amp; &#39;Jerry&#x27; &lt;3 &nbsp;&bogus; & &"),
            "Tom & 'Jerry' <3  &bogus; & &"
        );
        assert_eq!(plain("nothing"), "nothing");
    }

    #[test]
    fn pieces_stay_within_words_and_words_come_alone_and_in_pairs() {
        assert_eq!(all(|text, take| pieces(text, take), "ab c"), [" ab", "ab ", " ab ", " c "]);
        assert_eq!(
            all(|text, take| words(text, take), "check out, my x!"),
            ["check", "out", "check out", "my", "out my"]
        );
        assert!(!all(|text, take| pieces(text, take), "grün 日本語").is_empty());
    }

    #[test]
    fn what_is_counted_by_hand_is_bounded_whatever_was_written() {
        let long = "SUBSCRIBE!!! http://a.com ".repeat(50_000);
        assert!(by_hand(&long).iter().all(|value| (0.0..=5.0).contains(value)));
        assert_eq!(by_hand(""), [0.005, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
