//! A creator's texts read word by word, once, with the place of each word in the text as it was written.
//!
//! Values, conflicts and product talk all look in this one reading. Places are bytes of the text given, so that a quote can
//! be shown and marked where it stands.

use model::Timestamp;
use serde::Serialize;

/// Bytes of one text that are read.
pub const TEXT_BYTES_MAX: usize = 20_000;
/// A quote shows so many words on each side of what was found, within its sentence.
const WORDS_AROUND: usize = 5;

/// One text of a creator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextSeen<'a> {
    pub text: &'a str,
    /// When it was posted; of a profile's own words when they were seen.
    pub at: Timestamp,
    /// Whether these are the profile's own words and no post.
    pub is_bio: bool,
    /// Whether it was paid for, by the platform's label or as `vetting::disclosure` finds; `None`: nobody looked.
    pub paid: Option<bool>,
}

/// Words of a text, as bytes `start..end` of it; `hit_start..hit_end` within are those that were looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Quote {
    /// The place of the text in the input.
    pub text: usize,
    pub start: usize,
    pub end: usize,
    pub hit_start: usize,
    pub hit_end: usize,
}

impl Quote {
    /// The words as they were written; empty when these are not the texts that were read.
    pub fn words<'a>(&self, texts: &[TextSeen<'a>]) -> &'a str {
        texts.get(self.text).and_then(|seen| seen.text.get(self.start..self.end)).unwrap_or_default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    Hashtag,
    Mention,
    Link,
}

/// What stands before a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Gap {
    /// Blanks, hyphens, apostrophes, pictures.
    Blank,
    /// A comma, a bracket, a stroke.
    Clause,
    /// The end of a sentence or line, or the beginning of the text.
    Sentence,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub gap: Gap,
    /// Bytes of the text.
    pub from: usize,
    pub to: usize,
    /// Bytes of the folded words.
    folded_from: usize,
    folded_to: usize,
}

/// One text and its words in order.
pub(super) struct TextRead<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
    /// All words in lower case, without accents of Latin letters; of hashtags without `#` and `_`, of mentions without `@`.
    folded: String,
}

/// Texts of one creator, read once.
pub struct TextsRead<'a> {
    pub(super) seen: &'a [TextSeen<'a>],
    pub(super) read: Vec<TextRead<'a>>,
}

impl<'a> TextsRead<'a> {
    /// Reads the words of each text, at most 20,000 bytes of one. Cost `O(bytes)`.
    pub fn of(texts: &'a [TextSeen<'a>]) -> TextsRead<'a> {
        TextsRead { seen: texts, read: texts.iter().map(|seen| TextRead::of(seen.text)).collect() }
    }

    /// Posts that are not known to be paid for: what the creator says of their own accord.
    pub fn own_posts(&self) -> u64 {
        self.seen.iter().filter(|seen| is_own_post(seen)).count() as u64
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, &TextSeen<'a>, &TextRead<'a>)> {
        self.seen.iter().zip(&self.read).enumerate().map(|(place, (seen, read))| (place, seen, read))
    }

    /// Profile first, then the newest; equal ones by place.
    pub(super) fn sort(&self, quotes: &mut [Quote]) {
        quotes.sort_by_key(|quote| {
            let seen = &self.seen[quote.text];
            (!seen.is_bio, std::cmp::Reverse(seen.at), quote.text, quote.start)
        });
    }
}

pub(super) fn is_own_post(seen: &TextSeen<'_>) -> bool {
    !seen.is_bio && seen.paid != Some(true)
}

impl<'a> TextRead<'a> {
    pub fn of(text: &'a str) -> TextRead<'a> {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let mut read = TextRead { text, tokens: Vec::with_capacity(end / 6), folded: String::with_capacity(end) };
        let (mut at, mut before, mut gap) = (0, ' ', Gap::Sentence);
        while let Some(letter) = text[at..].chars().next() {
            if let Some((kind, to)) = token_at(text, at, letter, before) {
                read.push(kind, gap, at, to);
                (at, before, gap) = (to, 'a', Gap::Blank);
                continue;
            }
            let rest = &text[at..];
            let over = passed_over(rest, letter);
            gap = gap.max(gap_of(&rest[over..], letter));
            before = letter;
            at += over;
        }
        read
    }

    fn push(&mut self, kind: Kind, gap: Gap, from: usize, to: usize) {
        let folded_from = self.folded.len();
        let signs = usize::from(matches!(kind, Kind::Hashtag | Kind::Mention));
        let is_tag = kind == Kind::Hashtag;
        let letters = self.text[from + signs..to].chars().filter(|letter| !(is_tag && *letter == '_'));
        letters.for_each(|letter| fold_into(letter, &mut self.folded));
        self.tokens.push(Token { kind, gap, from, to, folded_from, folded_to: self.folded.len() });
    }

    /// The word as it is looked for.
    pub fn word(&self, place: usize) -> &str {
        let token = &self.tokens[place];
        &self.folded[token.folded_from..token.folded_to]
    }

    pub fn is_capital(&self, place: usize) -> bool {
        self.text[self.tokens[place].from..].starts_with(char::is_uppercase)
    }

    /// What stands between the token before this one, or the beginning, and this one, or the end.
    pub fn gap_text(&self, place: usize) -> &'a str {
        let from = place.checked_sub(1).map_or(0, |before| self.tokens[before].to);
        let to = self.tokens.get(place).map_or(self.text.len(), |token| token.from);
        &self.text[from..to]
    }

    /// Words before this place in the same clause, the nearest first.
    pub fn clause_before(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        let joined = |at: &usize| self.tokens[at + 1].gap == Gap::Blank;
        (0..place).rev().take_while(joined)
    }

    /// Words from this place on in the clause that the token before it is in.
    pub fn clause_after(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        (place..self.tokens.len()).take_while(|at| self.tokens[*at].gap == Gap::Blank)
    }

    /// The first token of the sentence and the first after it.
    pub fn sentence_of(&self, place: usize) -> std::ops::Range<usize> {
        let begins = |at: &usize| self.tokens[*at].gap == Gap::Sentence;
        let first = (0..=place).rev().find(begins).unwrap_or(0);
        first..(place + 1..self.tokens.len()).find(begins).unwrap_or(self.tokens.len())
    }

    /// A quote of tokens `from..to` with a few words around.
    pub fn quote(&self, text: usize, from: usize, to: usize) -> Quote {
        let last = to.max(from + 1) - 1;
        let sentence = self.sentence_of(from);
        let first_shown = from.saturating_sub(WORDS_AROUND).max(sentence.start);
        let end = self.sentence_of(last).end;
        let last_shown = (last + WORDS_AROUND).min(end - 1);
        let (hit_start, hit_end) = (self.tokens[from].from, self.tokens[last].to);
        Quote { text, start: self.tokens[first_shown].from, end: self.tokens[last_shown].to, hit_start, hit_end }
    }
}

/// The token that begins here and where it ends.
fn token_at(text: &str, at: usize, letter: char, before: char) -> Option<(Kind, usize)> {
    let run = |from: usize, is: &dyn Fn(char) -> bool| {
        text[from..].find(|letter: char| !is(letter)).map_or(text.len(), |length| from + length)
    };
    let begins_name = || text[at + 1..].starts_with(is_part);
    match letter {
        '#' if begins_name() => Some((Kind::Hashtag, run(at + 1, &is_part))),
        '@' if begins_name() && !before.is_alphanumeric() => {
            let to = run(at + 1, &|letter| is_part(letter) || letter == '.');
            Some((Kind::Mention, at + text[at..to].trim_end_matches('.').len()))
        }
        _ if is_part(letter) => {
            let rest = &text[at..];
            let is_link = matches!(letter, 'h' | 'w' | 'H' | 'W')
                && ["http://", "https://", "www."]
                    .iter()
                    .any(|start| rest.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)));
            let is_end = |letter: char| !letter.is_whitespace() && !matches!(letter, '"' | '<' | '>' | ')' | ']' | '|');
            if is_link { Some((Kind::Link, run(at, &is_end))) } else { Some((Kind::Word, run(at, &is_part))) }
        }
        _ => None,
    }
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || is_mark(letter)
}

/// How many bytes of markup, or the one letter, are passed over.
fn passed_over(rest: &str, letter: char) -> usize {
    let is_tag = letter == '<' && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/');
    if is_tag {
        return rest.find('>').map_or(1, |end| end + 1);
    }
    let entity = (letter == '&').then(|| rest.bytes().take(9).position(|byte| byte == b';')).flatten();
    let is_name = |end: &usize| rest[1..*end].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    entity.filter(|end| *end > 2 && is_name(end)).map_or(letter.len_utf8(), |end| end + 1)
}

fn gap_of(rest: &str, letter: char) -> Gap {
    match letter {
        '\n' | '…' | '<' => Gap::Sentence,
        '.' | '!' | '?' => {
            let next = rest.chars().next();
            let is_last = next.is_none_or(|next| next.is_whitespace() || matches!(next, '.' | '!' | '?' | ')' | '<'));
            if is_last { Gap::Sentence } else { Gap::Clause }
        }
        ',' | ';' | ':' | '|' | '(' | ')' | '[' | ']' | '"' | '“' | '”' | '„' | '«' | '»' | '•' | '·' | '–' | '—' => {
            Gap::Clause
        }
        _ => Gap::Blank,
    }
}

/// Combining marks belong to the letter before.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// In lower case without the accents of Latin letters, so that "código" and "codigo" are one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|letter| fold_into(letter, &mut folded));
    folded
}

fn fold_into(letter: char, folded: &mut String) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
        return;
    }
    for lower in letter.to_lowercase().filter(|lower| !is_mark(*lower)) {
        let plain = match lower {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
            'ù' | 'ú' | 'û' | 'ü' => "u",
            'ý' | 'ÿ' => "y",
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            other => {
                folded.push(other);
                continue;
            }
        };
        folded.push_str(plain);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        let read = TextRead::of(text);
        (0..read.tokens.len()).map(|at| read.word(at).to_owned()).collect()
    }

    #[test]
    fn words_are_folded_and_markup_is_passed_over() {
        assert_eq!(words("Größe, Código! don&#39;t <br>ab"), ["grosse", "codigo", "don", "t", "ab"]);
        assert_eq!(words("#Slow_Fashion by @hop.haus."), ["slowfashion", "by", "hop.haus"]);
    }

    #[test]
    fn clauses_and_sentences_are_told_apart() {
        let gaps = |text: &str| TextRead::of(text).tokens.iter().map(|token| token.gap).collect::<Vec<_>>();
        let (blank, clause, sentence) = (Gap::Blank, Gap::Clause, Gap::Sentence);
        assert_eq!(gaps("a b, c. d🌱e 2.5"), [sentence, blank, clause, sentence, blank, blank, clause]);
        assert_eq!(gaps("don’t\nno-one"), [sentence, blank, sentence, blank]);
    }

    #[test]
    fn a_quote_stays_in_its_sentence_and_marks_what_was_found() {
        let text = "First one. We only ever bake with flour from here, always. Last.";
        let seen = [TextSeen { text, at: Timestamp(0), is_bio: false, paid: None }];
        let read = TextsRead::of(&seen);
        let quote = read.read[0].quote(0, 7, 8);
        assert_eq!(quote.words(&seen), "We only ever bake with flour from here, always");
        assert_eq!(&text[quote.hit_start..quote.hit_end], "flour");
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_place_is_within_it(text in "\\PC{0,80}") {
            let read = TextRead::of(&text);
            for (at, token) in read.tokens.iter().enumerate() {
                prop_assert!(text.get(token.from..token.to).is_some());
                let quote = read.quote(0, at, at + 1);
                prop_assert!(quote.start <= quote.hit_start && quote.hit_end <= quote.end);
                prop_assert!(text.get(quote.start..quote.end).is_some());
            }
        }
    }
}
