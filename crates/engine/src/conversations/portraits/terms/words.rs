//! The terms of one text: words that carry meaning and pairs of them, whatever the script.

use std::sync::LazyLock;

/// Bytes of one text that are read.
pub const TEXT_BYTES_MAX: usize = 20_000;

/// Calls `visit` with every term of a text: lower-case words of 3 to 24 letters that carry meaning, and pairs of such
/// words that stand side by side. Markup, web addresses, numbers and `@names` are passed over; scripts written without
/// spaces are read as pairs of characters. Cost `O(bytes)`, at most 20,000 of them.
pub fn visit_terms(text: &str, mut visit: impl FnMut(&str)) {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let mut previous = String::new();
    let mut word = String::new();
    let mut pair = String::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if letter == '<' && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/') {
            at += rest.find('>').map_or(rest.len(), |close| close + 1);
            previous.clear();
            continue;
        }
        if letter == '&'
            && let Some(close) = rest.get(..10.min(rest.len())).and_then(|start| start.find(';'))
        {
            at += close + 1;
            continue;
        }
        if rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.") || letter == '@' {
            at += rest.find(|end: char| end.is_whitespace() || end == '<' || end == '"').unwrap_or(rest.len());
            previous.clear();
            continue;
        }
        if is_unspaced(letter) {
            let run: &str = &rest[..rest.find(|next: char| !is_unspaced(next)).unwrap_or(rest.len())];
            let mut letters = run.char_indices().map(|(place, _)| place).chain([run.len()]).collect::<Vec<_>>();
            letters.dedup();
            for three in letters.windows(3) {
                visit(&run[three[0]..three[2]]);
            }
            at += run.len();
            previous.clear();
            continue;
        }
        if !letter.is_alphabetic() {
            // A pair of words is broken by everything but a space or a hyphen.
            if !(letter == ' ' || letter == '-') {
                previous.clear();
            }
            at += letter.len_utf8();
            continue;
        }
        let length = rest
            .char_indices()
            .find(|(_, next)| !(next.is_alphabetic() || *next == '\'' || *next == '’'))
            .map_or(rest.len(), |(place, _)| place);
        word.clear();
        let letters = &rest[..length];
        if letters.is_ascii() {
            word.push_str(letters);
            word.make_ascii_lowercase();
        } else {
            word.extend(letters.chars().flat_map(char::to_lowercase));
        }
        let kept = without_possessive(&word).len();
        word.truncate(kept);
        at += length;
        let letters = word.chars().count();
        if !(3..=24).contains(&letters) || is_common(&word) {
            previous.clear();
            continue;
        }
        visit(&word);
        if !previous.is_empty() {
            pair.clear();
            pair.push_str(&previous);
            pair.push(' ');
            pair.push_str(&word);
            visit(&pair);
        }
        std::mem::swap(&mut previous, &mut word);
    }
}

fn without_possessive(word: &str) -> &str {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    word.trim_matches(['\'', '’'])
}

/// Chinese, Japanese and Thai are written without spaces.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Words that everybody uses and that carry no topic, sorted. What a language not in this list says all the time is
/// said by all its groups alike, so its score stays low.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common_words.txt").split_whitespace().collect());

/// The same by length in bytes: hardly any word is looked up among more than a few.
static COMMON_OF_LENGTH: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let longest = COMMON.iter().map(|word| word.len()).max().unwrap_or(0);
    (0..=longest).map(|length| COMMON.iter().copied().filter(|word| word.len() == length).collect()).collect()
});

fn is_common(word: &str) -> bool {
    COMMON_OF_LENGTH.get(word.len()).is_some_and(|words| words.binary_search(&word).is_ok())
}

/// "beer" and "beers" are one word here.
pub(super) fn is_same_word(one: &str, other: &str) -> bool {
    one == other || stem(one) == stem(other)
}

/// A word without the s of its plural.
pub fn stem(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut found = vec![];
        visit_terms(text, |term| found.push(term.to_owned()));
        found
    }

    #[test]
    fn markup_addresses_names_and_common_words_are_no_terms() {
        let text =
            "<p>Look at the <b>Saison's</b> barrel-aged style, @maria! https://example.org/saison &amp; more</p>";
        assert_eq!(terms(text), ["saison", "barrel", "aged", "barrel aged", "style", "aged style"]);
    }

    #[test]
    fn words_of_a_pair_stand_side_by_side_in_one_sentence() {
        assert_eq!(terms("dark chocolate. porter"), ["dark", "chocolate", "dark chocolate", "porter"]);
    }

    #[test]
    fn scripts_without_spaces_are_read_in_pairs() {
        assert_eq!(terms("精酿啤酒 ok"), ["精酿", "酿啤", "啤酒"]);
    }

    #[test]
    fn the_common_words_are_sorted_so_that_each_is_found() {
        assert!(COMMON.is_sorted() && COMMON.len() > 200);
    }
}
