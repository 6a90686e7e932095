//! A post read word by word: words, hashtags, mentions and links, each with its place, and patterns that are looked for in
//! them. Only whole words ever match, so that "ad" is not found in "add".

use std::collections::BTreeMap;

use super::super::comments::features::plain;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    Hashtag,
    Mention,
    Link,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    /// In lower case, without accents; of a hashtag without `#` and `_`.
    pub folded: String,
    /// Bytes of the text, `from..to`.
    pub from: usize,
    pub to: usize,
    /// How many letters stand before it.
    pub letters_before: usize,
    /// Whether a sentence or line ends before it.
    pub begins: bool,
}

/// A post's words in order.
pub(super) struct Reading {
    pub text: String,
    pub tokens: Vec<Token>,
}

/// Letters of no width, which part words and links only for machines.
const UNSEEN: [char; 4] = ['\u{feff}', '\u{200b}', '\u{200e}', '\u{2060}'];
/// Longer quotes are cut.
const QUOTE_LETTERS_MAX: usize = 100;

impl Reading {
    pub fn of(text: &str, link_hosts: &[&str]) -> Reading {
        let text = without_markup(&plain(text)).replace(UNSEEN, "");
        let mut tokens: Vec<Token> = Vec::new();
        let (mut at, mut letters, mut counted) = (0, 0, 0);
        while let Some(letter) = text[at..].chars().next() {
            let before = text[..at].chars().next_back();
            let Some((kind, to)) = token_at(&text, at, letter, before, link_hosts) else {
                at += letter.len_utf8();
                continue;
            };
            letters += text[counted..at].chars().count();
            counted = at;
            let begins = ends_sentence(&text[tokens.last().map_or(0, |last| last.to)..at]);
            let folded = match kind {
                Kind::Hashtag => fold(&text[at + letter.len_utf8()..to]).replace('_', ""),
                _ => fold(&text[at..to]),
            };
            tokens.push(Token { kind, folded, from: at, to, letters_before: letters, begins });
            at = to;
        }
        Reading { text, tokens }
    }

    /// The token as it was written.
    pub fn written(&self, place: usize) -> &str {
        &self.text[self.tokens[place].from..self.tokens[place].to]
    }

    /// What stands between the token before this one, or the beginning, and this one.
    pub fn gap_before(&self, place: usize) -> &str {
        let from = place.checked_sub(1).map_or(0, |before| self.tokens[before].to);
        let to = self.tokens.get(place).map_or(self.text.len(), |token| token.from);
        &self.text[from..to]
    }

    /// The words between two places as they were written, with up to two more on each side of the same sentence.
    pub fn quote(&self, from: usize, to: usize) -> String {
        let (mut first, mut last) = (from, to.max(from + 1) - 1);
        for _ in 0..2 {
            if first > 0 && !self.tokens[first].begins {
                first -= 1;
            }
            if self.tokens.get(last + 1).is_some_and(|next| !next.begins) {
                last += 1;
            }
        }
        let start = self.tokens[first].from;
        let opened = self.text[..start].chars().next_back().filter(|letter| matches!(letter, '[' | '(' | '"' | '*'));
        let start = start - opened.map_or(0, char::len_utf8);
        let words = self.text[start..self.tokens[last].to].split_whitespace();
        let whole = words.collect::<Vec<_>>().join(" ");
        let cut: String = whole.chars().take(QUOTE_LETTERS_MAX).collect();
        if cut.len() < whole.len() { format!("{cut}…") } else { whole }
    }

    /// The text without hashtags, mentions and links, for telling its language.
    pub fn prose(&self) -> String {
        let mut written = String::with_capacity(self.text.len());
        let mut from = 0;
        for token in self.tokens.iter().filter(|token| token.kind != Kind::Word) {
            written.push_str(&self.text[from..token.from]);
            from = token.to;
        }
        written.push_str(&self.text[from..]);
        written
    }

    /// How many hashtags stand before this place.
    pub fn hashtags_before(&self, place: usize) -> usize {
        self.tokens[..place].iter().filter(|token| token.kind == Kind::Hashtag).count()
    }

    /// Whether one of the three words before denies what follows: "not", "keine", "sin".
    pub fn is_denied(&self, place: usize, denials: &[&str]) -> bool {
        let mut at = place;
        for _ in 0..3 {
            if at == 0
                || self.tokens[at].begins
                || self.gap_before(at).contains([',', ';', ':', '|', '(', ')', '[', ']'])
            {
                return false;
            }
            at -= 1;
            if self.tokens[at].kind == Kind::Word && denials.contains(&self.tokens[at].folded.as_str()) {
                return true;
            }
        }
        false
    }
}

/// Tags of HTML become what they mean for a reader: the end of a line, a link, or nothing.
fn without_markup(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        written.push_str(&rest[..at]);
        let is_tag = rest[at + 1..].starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/');
        let Some(end) = rest[at..].find('>').filter(|_| is_tag) else {
            written.push('<');
            rest = &rest[at + 1..];
            continue;
        };
        let tag = &rest[at + 1..at + end];
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|letter| letter.is_ascii_alphanumeric()).collect();
        match name.to_ascii_lowercase().as_str() {
            "br" | "p" | "div" | "li" => written.push('\n'),
            _ => {
                if let Some(link) = tag.split("href=\"").nth(1).and_then(|link| link.split('"').next()) {
                    written.extend([" ", link, " "]);
                }
            }
        }
        rest = &rest[at + end + 1..];
    }
    written.push_str(rest);
    written
}

/// The token that begins here and where it ends.
fn token_at(text: &str, at: usize, letter: char, before: Option<char>, link_hosts: &[&str]) -> Option<(Kind, usize)> {
    let rest = &text[at..];
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || is_mark(letter);
    let run = |from: usize, is: &dyn Fn(char) -> bool| {
        text[from..].find(|letter: char| !is(letter)).map_or(text.len(), |length| from + length)
    };
    let begins_name = |rest: &str| rest.chars().nth(1).is_some_and(|next| next.is_alphanumeric() || next == '_');
    match letter {
        '#' if begins_name(rest) => Some((Kind::Hashtag, run(at + 1, &is_part))),
        '@' if begins_name(rest) && !before.is_some_and(char::is_alphanumeric) => {
            let to = run(at + 1, &|letter| is_part(letter) || matches!(letter, '.' | '-' | '@'));
            Some((Kind::Mention, at + text[at..to].trim_end_matches(['.', '-', '@']).len()))
        }
        _ if is_part(letter) => {
            let end =
                run(at, &|letter| !letter.is_whitespace() && !matches!(letter, '"' | '<' | '>' | ')' | ']' | '|'));
            let chunk = text[at..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
            if is_link(chunk, link_hosts) {
                return Some((Kind::Link, at + chunk.len()));
            }
            Some((Kind::Word, run(at, &is_part)))
        }
        _ => None,
    }
}

fn is_link(chunk: &str, link_hosts: &[&str]) -> bool {
    let lower = chunk.to_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
        return true;
    }
    let (host, path) = lower.split_once('/').map_or((lower.as_str(), None), |(host, path)| (host, Some(path)));
    let is_host = host.contains('.')
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        && host.rsplit('.').next().is_some_and(|last| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    is_host && (path.is_some() || link_hosts.contains(&host))
}

fn ends_sentence(gap: &str) -> bool {
    let mut letters = gap.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_last = letters.peek().is_none_or(|next| next.is_whitespace() || matches!(next, '.' | '!' | '?' | ')'));
        if letter == '\n' || letter == '…' || (matches!(letter, '.' | '!' | '?') && is_last) {
            return true;
        }
    }
    false
}

/// Combining marks belong to the letter before.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// Lower case without the accents of Latin letters, so that "código" and "codigo" are one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase).filter(|letter| !is_mark(*letter)) {
        let plain = match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'è' | 'é' | 'ê' | 'ë' | 'ę' => 'e',
            'ğ' => 'g',
            'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
            'ś' | 'ş' | 'š' => 's',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            'ý' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            'ß' => {
                folded.push('s');
                's'
            }
            'æ' => {
                folded.push('a');
                'e'
            }
            'œ' => {
                folded.push('o');
                'e'
            }
            other => other,
        };
        folded.push(plain);
    }
    folded
}

/// One step of a pattern.
#[derive(Clone, PartialEq, Debug)]
enum Piece {
    /// One of these words.
    Word(Vec<String>),
    /// One of these words, or nothing.
    Perhaps(Vec<String>),
    Hashtag(String),
    /// A mention.
    Somebody,
    /// A mention, or a word with a capital.
    Name,
    /// Up to so many tokens of any kind.
    Anything(usize),
}

/// Patterns that are looked for at once.
///
/// Written as words with blanks: `(a|b)` one of these, `(a|b)?` or nothing, `@` a mention, `NAME` a mention or a word with a
/// capital, `#tag` a hashtag, `~3` up to three words of any kind. A pattern begins with words, a hashtag or `@`. It never
/// reaches over the end of a sentence.
pub(super) struct Patterns {
    pieces: Vec<Vec<Piece>>,
    by_first: BTreeMap<String, Vec<usize>>,
    by_mention: Vec<usize>,
}

/// Where a pattern was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub pattern: usize,
    /// Tokens `from..to`.
    pub from: usize,
    pub to: usize,
}

impl Patterns {
    pub fn new<'p>(written: impl IntoIterator<Item = &'p str>) -> Patterns {
        let mut patterns = Patterns { pieces: Vec::new(), by_first: BTreeMap::new(), by_mention: Vec::new() };
        for (place, pattern) in written.into_iter().enumerate() {
            let pieces = parsed(pattern);
            match pieces.first() {
                Some(Piece::Word(words)) => {
                    for word in words {
                        patterns.by_first.entry(word.clone()).or_default().push(place);
                    }
                }
                Some(Piece::Hashtag(tag)) => patterns.by_first.entry(format!("#{tag}")).or_default().push(place),
                Some(Piece::Somebody) => patterns.by_mention.push(place),
                _ => {}
            }
            patterns.pieces.push(pieces);
        }
        patterns
    }

    /// Everything found, by place in the text and then by pattern.
    pub fn hits(&self, reading: &Reading) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (from, token) in reading.tokens.iter().enumerate() {
            let beginning = match token.kind {
                Kind::Word => self.by_first.get(&token.folded),
                Kind::Hashtag => self.by_first.get(&format!("#{}", token.folded)),
                Kind::Mention => Some(&self.by_mention),
                Kind::Link => None,
            };
            for &pattern in beginning.into_iter().flatten() {
                let pieces = &self.pieces[pattern];
                hits.extend(matches(reading, from, from, pieces).map(|to| Hit { pattern, from, to }));
            }
        }
        hits
    }
}

fn parsed(pattern: &str) -> Vec<Piece> {
    let words_of = |text: &str| text.split('|').map(fold).collect::<Vec<String>>();
    let mut pieces = Vec::new();
    for part in pattern.split_whitespace() {
        if let Some(tag) = part.strip_prefix('#') {
            pieces.push(Piece::Hashtag(fold(tag)));
        } else if let Some(most) = part.strip_prefix('~') {
            pieces.push(Piece::Anything(most.parse().expect("a pattern's gap is a number")));
        } else if part == "@" {
            pieces.push(Piece::Somebody);
        } else if part == "NAME" {
            pieces.push(Piece::Name);
        } else if let Some(words) = part.strip_prefix('(').and_then(|part| part.strip_suffix(")?")) {
            pieces.push(Piece::Perhaps(words_of(words)));
        } else if let Some(words) = part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
            pieces.push(Piece::Word(words_of(words)));
        } else {
            let words = part.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
            pieces.extend(words.map(|word| Piece::Word(vec![fold(word)])));
        }
    }
    pieces
}

/// Where the pieces end when they are matched from here.
fn matches(reading: &Reading, start: usize, at: usize, pieces: &[Piece]) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    let token = reading.tokens.get(at).filter(|token| at == start || !token.begins);
    let next_if = |is: bool| if is { matches(reading, start, at + 1, rest) } else { None };
    let is_one_of =
        |words: &[String]| token.is_some_and(|token| token.kind == Kind::Word && words.contains(&token.folded));
    match piece {
        Piece::Word(words) => next_if(is_one_of(words)),
        Piece::Perhaps(words) => next_if(is_one_of(words)).or_else(|| matches(reading, start, at, rest)),
        Piece::Hashtag(tag) => next_if(token.is_some_and(|token| token.kind == Kind::Hashtag && token.folded == *tag)),
        Piece::Somebody => next_if(token.is_some_and(|token| token.kind == Kind::Mention)),
        Piece::Name => next_if(token.is_some_and(|token| {
            let has_capital = reading.written(at).starts_with(char::is_uppercase);
            token.kind == Kind::Mention || (token.kind == Kind::Word && has_capital)
        })),
        Piece::Anything(most) => (0..=*most)
            .take_while(|more| (at..at + more).all(|over| reading.tokens.get(over).is_some_and(|token| !token.begins)))
            .find_map(|more| matches(reading, start, at + more, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_read_into_words_hashtags_mentions_and_links() {
        let text =
            "Hi @ben.k! Use código ANNA_10 at https://a.example/x?ref=1, #My_Tag (amzn.to/3x). anna@mail.example";
        let reading = Reading::of(text, &[]);
        let of = |kind| -> Vec<String> {
            let of_kind = reading.tokens.iter().enumerate().filter(|(_, token)| token.kind == kind);
            of_kind.map(|(place, _)| reading.written(place).to_owned()).collect()
        };
        assert_eq!(of(Kind::Mention), ["@ben.k"]);
        assert_eq!(of(Kind::Hashtag), ["#My_Tag"]);
        assert_eq!(of(Kind::Link), ["https://a.example/x?ref=1", "amzn.to/3x"]);
        assert!(reading.tokens.iter().any(|token| token.folded == "codigo"));
        assert!(reading.tokens.iter().any(|token| token.folded == "mytag"));
        assert!(!reading.prose().contains("My_Tag"));
    }

    #[test]
    fn a_pattern_matches_whole_words_within_a_sentence() {
        let cases = [
            ("gifted by @", "gifted by @x", true),
            ("gifted by @", "gifted by my aunt", false),
            ("gifted by @", "so gifted. By @x", false),
            ("thanks to ~2 for sponsoring", "Thanks to Big Brand for sponsoring", true),
            ("thanks to ~2 for sponsoring", "Thanks to you and me and all for sponsoring", false),
            ("paid (new)? partnership", "Paid partnership", true),
            ("pr-sample", "PR Sample", true),
            ("pr sample", "PR-Sample", true),
            ("with NAME", "with Brand", true),
            ("with NAME", "with friends", false),
            ("#ad", "#AD", true),
            ("#ad", "ad #adventure", false),
        ];
        for (pattern, text, expected) in cases {
            let found = !Patterns::new([pattern]).hits(&Reading::of(text, &[])).is_empty();
            assert_eq!(found, expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn markup_becomes_lines_and_links() {
        let html = "<p>Look<br>here <a href=\"https://shop.example/?aff=1\" class=\"u\">shop</a></p> 3 < 4";
        let reading = Reading::of(html, &[]);
        assert!(reading.tokens.iter().any(|token| token.folded == "https://shop.example/?aff=1"));
        assert!(reading.tokens.iter().any(|token| token.folded == "here" && token.begins));
        assert!(!reading.text.contains("class"));
    }

    #[test]
    fn a_quote_is_short_and_stays_in_its_sentence() {
        let reading = Reading::of("First one. And this was gifted by @x for my trip. Last.", &[]);
        let hit = Patterns::new(["gifted by @"]).hits(&reading)[0];
        assert_eq!(reading.quote(hit.from, hit.to), "this was gifted by @x for my");
    }
}
