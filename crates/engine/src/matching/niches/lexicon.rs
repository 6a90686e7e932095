//! The words of all niches as one automaton: a text is walked once, letter by letter, and every niche word in it found.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::conversations::portraits::niches::TAXONOMY;
use crate::conversations::portraits::terms::words::TEXT_BYTES_MAX;

use super::hashtags::{in_words, pieces};

/// A word or a few words side by side, and the niches they speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) words: String,
    /// Places in the taxonomy, ascending.
    pub(super) niches: Vec<u16>,
}

/// What a walk through a text comes upon; places are bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Words {
        phrase: u16,
        from: usize,
        to: usize,
    },
    /// A hashtag, its `#` left out.
    Hashtag {
        from: usize,
        to: usize,
    },
}

/// 26 letters, 10 digits, and the gap between two words.
const SYMBOLS: usize = 37;
const GAP: usize = 36;
const OTHER: u8 = u8::MAX;
const NO_PHRASE: u16 = u16::MAX;
/// Two words are also read when written as one ("coldbrew"), unless that is so short that it may be another word.
const GLUED_LETTERS_MIN: usize = 6;

const SYMBOL_OF: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut place = 0;
    while place < 26 {
        table[b'a' as usize + place] = place as u8;
        table[b'A' as usize + place] = place as u8;
        place += 1;
    }
    let mut digit = 0;
    while digit < 10 {
        table[b'0' as usize + digit] = 26 + digit as u8;
        digit += 1;
    }
    table
};

/// The automaton. State 0 is the beginning; no transition leads back to it, so 0 also says "none".
pub(super) struct Lexicon {
    pub(super) phrases: Vec<Phrase>,
    next: Vec<[u16; SYMBOLS]>,
    accepts: Vec<u16>,
}

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&TAXONOMY.spellings));

impl Lexicon {
    fn new(spellings: &BTreeMap<String, Vec<u16>>) -> Lexicon {
        let mut lexicon = Lexicon { phrases: vec![], next: vec![[0; SYMBOLS]], accepts: vec![NO_PHRASE] };
        for (words, niches) in spellings {
            let phrase = lexicon.phrases.len() as u16;
            lexicon.phrases.push(Phrase { words: words.clone(), niches: niches.clone() });
            lexicon.insert(words, phrase);
        }
        // What is in the list itself goes before what endings make of another word.
        for phrase in 0..lexicon.phrases.len() {
            let words = lexicon.phrases[phrase].words.clone();
            for spelling in spellings_of(&words) {
                if spelling.contains(' ') {
                    let glued = spelling.replace(' ', "");
                    if glued.len() >= GLUED_LETTERS_MIN {
                        lexicon.insert(&glued, phrase as u16);
                    }
                }
                lexicon.insert(&spelling, phrase as u16);
            }
        }
        lexicon
    }

    fn insert(&mut self, words: &str, phrase: u16) {
        let mut state = 0;
        for byte in words.bytes() {
            let symbol = match SYMBOL_OF[usize::from(byte)] {
                OTHER if byte == b' ' => GAP,
                // A word with another sign is not one of ours; the shipped list has none.
                OTHER => return,
                symbol => usize::from(symbol),
            };
            if self.next[state][symbol] == 0 {
                self.next[state][symbol] = self.next.len() as u16;
                self.next.push([0; SYMBOLS]);
                self.accepts.push(NO_PHRASE);
            }
            state = usize::from(self.next[state][symbol]);
        }
        if self.accepts[state] == NO_PHRASE {
            self.accepts[state] = phrase;
        }
    }

    /// Walks a text: the longest niche words at every place, and where hashtags lie. Markup, web addresses and `@names`
    /// are passed over. Cost `O(bytes)`, at most 20,000 of them.
    pub(super) fn walk(&self, text: &str, mut visit: impl FnMut(Seen)) {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &text[at..];
            match bytes[at] {
                b'<' if bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/') => {
                    at += rest.find('>').map_or(rest.len(), |close| close + 1);
                }
                b'&' => {
                    let entity = rest.bytes().take(10).position(|byte| byte == b';');
                    at += entity.map_or(1, |close| close + 1);
                }
                b'@' => at += to_space(rest),
                b'#' => {
                    let to = word_end(text, at + 1, b"_");
                    if to > at + 1 {
                        visit(Seen::Hashtag { from: at + 1, to });
                    }
                    at = to;
                }
                b'h' | b'w' | b'H' | b'W' if is_address(rest) => at += to_space(rest),
                _ => {
                    let to = word_end(text, at, b"");
                    if to == at {
                        at += rest.chars().next().map_or(1, char::len_utf8);
                        continue;
                    }
                    at = match self.longest(text, at) {
                        Some((phrase, matched)) => {
                            visit(Seen::Words { phrase, from: at, to: matched });
                            matched
                        }
                        None => to,
                    };
                }
            }
        }
    }

    /// Calls `visit` with every phrase of a tag, with or without its `#`: as it is, else by its humps and dashes, else
    /// cut into niche words and the words that tags are made with ("coffeelover"). Cost `O(letters of the tag)`.
    pub(super) fn read_tag(&self, tag: &str, mut visit: impl FnMut(u16)) {
        let tag = tag.trim().trim_start_matches('#');
        if let Some((phrase, to)) = self.longest(tag, 0)
            && to == tag.len()
        {
            return visit(phrase);
        }
        let mut found = false;
        if let Some(spaced) = in_words(tag) {
            self.walk(&spaced, |seen| {
                if let Seen::Words { phrase, .. } = seen {
                    found = true;
                    visit(phrase);
                }
            });
        }
        if !found {
            pieces(tag, |rest, visit| self.words_at(rest, visit)).into_iter().for_each(visit);
        }
    }

    /// The longest phrase that begins here and ends where a word ends.
    fn longest(&self, text: &str, from: usize) -> Option<(u16, usize)> {
        let bytes = text.as_bytes();
        let (mut state, mut at, mut best) = (0, from, None);
        loop {
            while let Some(&byte) = bytes.get(at)
                && SYMBOL_OF[usize::from(byte)] != OTHER
            {
                state = usize::from(self.next[state][usize::from(SYMBOL_OF[usize::from(byte)])]);
                if state == 0 {
                    return best;
                }
                at += 1;
            }
            if bytes.get(at).is_some_and(|byte| *byte >= 0x80) && letter_at(text, at).is_some() {
                return best;
            }
            if self.accepts[state] != NO_PHRASE {
                best = Some((self.accepts[state], at));
            }
            let is_gap = matches!(bytes.get(at), Some(b' ' | b'-'));
            state = usize::from(self.next[state][GAP]);
            if !is_gap || state == 0 || at == from {
                return best;
            }
            at += 1;
        }
    }

    /// Every phrase without a gap that begins the letters, with its length.
    fn words_at(&self, letters: &str, mut visit: impl FnMut(usize, u16)) {
        let mut state = 0;
        for (place, byte) in letters.bytes().enumerate() {
            let symbol = SYMBOL_OF[usize::from(byte)];
            if symbol == OTHER {
                return;
            }
            state = usize::from(self.next[state][usize::from(symbol)]);
            if state == 0 {
                return;
            }
            if self.accepts[state] != NO_PHRASE {
                visit(place + 1, self.accepts[state]);
            }
        }
    }
}

/// Words with the endings of their plural: "brush", "brushes"; each word of a phrase may have one.
fn spellings_of(words: &str) -> Vec<String> {
    let of_word = |word: &str| -> Vec<String> {
        let begin = word.strip_suffix('y').filter(|begin| !begin.ends_with(['a', 'e', 'i', 'o', 'u']));
        let plural = match begin {
            Some(begin) => format!("{begin}ies"),
            None if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
            None => format!("{word}s"),
        };
        vec![word.to_owned(), plural]
    };
    let mut spellings = vec![String::new()];
    for word in words.split(' ') {
        let longer = |before: &String| -> Vec<String> {
            let gap = if before.is_empty() { "" } else { " " };
            of_word(word).into_iter().map(|word| format!("{before}{gap}{word}")).collect()
        };
        spellings = spellings.iter().flat_map(longer).collect();
    }
    spellings
}

fn is_address(text: &str) -> bool {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    begins("http://") || begins("https://") || begins("www.")
}

fn to_space(text: &str) -> usize {
    text.find(|end: char| end.is_whitespace() || end == '<' || end == '"').unwrap_or(text.len())
}

/// The letter of a text here, if it is one and not of plain ASCII.
fn letter_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next().filter(|letter| letter.is_alphabetic())
}

fn word_end(text: &str, from: usize, also: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if SYMBOL_OF[usize::from(byte)] != OTHER || also.contains(&byte) {
            at += 1;
        } else if byte >= 0x80
            && let Some(letter) = letter_at(text, at)
        {
            at += letter.len_utf8();
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<&'static str> {
        let mut found = vec![];
        LEXICON.walk(text, |seen| match seen {
            Seen::Words { phrase, .. } => found.push(LEXICON.phrases[usize::from(phrase)].words.as_str()),
            Seen::Hashtag { from, to } => LEXICON.read_tag(&text[from..to], |phrase| {
                found.push(LEXICON.phrases[usize::from(phrase)].words.as_str());
            }),
        });
        found
    }

    fn tag(tag: &str) -> Vec<&'static str> {
        let mut found = vec![];
        LEXICON.read_tag(tag, |phrase| found.push(LEXICON.phrases[usize::from(phrase)].words.as_str()));
        found
    }

    #[test]
    fn the_longest_words_win_and_plurals_count() {
        assert_eq!(told("A cold-brew and two Breweries, wool coats!"), ["cold brew", "brewery", "wool coat"]);
        assert_eq!(told("pour over, then clean and jerk"), ["pour over", "clean and jerk"]);
        assert_eq!(
            told("Share this, leave it there"),
            Vec::<&str>::new(),
            "no plural is cut from the list's own words"
        );
    }

    #[test]
    fn a_word_is_found_only_whole_and_outside_of_markup_names_and_addresses() {
        let text = "<a href=\"beer\">scarfs</a> @beer https://beer.example/ale www.wine.example gin\u{e9} caf\u{e9}beer &amp; wine’s";
        assert_eq!(told(text), ["scarf", "wine"]);
    }

    #[test]
    fn tags_are_read_by_humps_dashes_and_by_the_words_they_are_glued_from() {
        for (written, expected) in [
            ("#coffeelover", vec!["coffee"]),
            ("LatteArt", vec!["latte"]),
            ("trail_running", vec!["trail running"]),
            ("#coldbrewcoffee", vec!["cold brew", "coffee"]),
            ("#igtravelphotography", vec!["travel", "photography"]),
            ("ipadaily", vec!["ipa"]),
            ("carpet", vec![]),
            ("catering", vec![]),
            ("#", vec![]),
            ("\u{7cbe}\u{917f}", vec![]),
        ] {
            assert_eq!(tag(written), expected, "{written}");
        }
        assert_eq!(told("love it #CoffeeTime #somethingelse"), ["coffee"]);
    }

    #[test]
    fn every_word_of_the_list_is_found_as_it_is_written() {
        for phrase in &LEXICON.phrases {
            let plain = phrase.words.bytes().all(|byte| byte == b' ' || SYMBOL_OF[usize::from(byte)] != OTHER);
            let found = told(&phrase.words);
            assert!(!plain || found == [phrase.words.as_str()], "{phrase:?} {found:?}");
        }
        assert!(LEXICON.next.len() < usize::from(u16::MAX));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_walked_without_a_panic_and_places_are_letters_of_it(text in "\\PC{0,60}|(#|@|<b>|&|http://|coffee|[a-z]|é|酿| |-){0,24}") {
            LEXICON.walk(&text, |seen| {
                let (Seen::Words { from, to, .. } | Seen::Hashtag { from, to }) = seen;
                assert!(!text[from..to].is_empty());
            });
            LEXICON.read_tag(&text, |_| ());
        }
    }
}
