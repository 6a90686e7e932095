//! Buying talk: the comments in which someone decides on a purchase, found by an open list of English words.
//!
//! The list is `buying_talk_english.tsv` beside this file; anybody can read, dispute and extend it. It knows English
//! only: a text in another language is "not assessed", never "no buying talk". Every hit shows the words that made it.
//! How often it is right was measured by hand, see `docs/formulas.md`: good for pointing at comments, too rough for
//! a figure without its interval.

use std::sync::LazyLock;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::jeffreys_interval;

/// How near to a purchase a text is. Ordered; the numbers 0 to 4 are stored, never renumber them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BuyingLevel {
    NoBuyingTalk = 0,
    AsksAdvice = 1,
    ComparesProducts = 2,
    /// Asks price or where to buy, or says they will buy.
    AsksPrice = 3,
    /// Says they bought, ordered, returned or regret it.
    Bought = 4,
}

impl BuyingLevel {
    pub fn words(self) -> &'static str {
        match self {
            BuyingLevel::NoBuyingTalk => "no buying talk",
            BuyingLevel::AsksAdvice => "asks for advice",
            BuyingLevel::ComparesProducts => "compares named products",
            BuyingLevel::AsksPrice => "asks price or where to buy",
            BuyingLevel::Bought => "says they bought, ordered or returned",
        }
    }

    pub fn number(self) -> u8 {
        self as u8
    }

    fn from_number(number: u8) -> Option<BuyingLevel> {
        match number {
            0 => Some(BuyingLevel::NoBuyingTalk),
            1 => Some(BuyingLevel::AsksAdvice),
            2 => Some(BuyingLevel::ComparesProducts),
            3 => Some(BuyingLevel::AsksPrice),
            4 => Some(BuyingLevel::Bought),
            _ => None,
        }
    }
}

/// The words that made a rule fire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct BuyingMatch<'a> {
    /// As written in the text.
    pub words: &'a str,
    /// The rule's id in the list.
    pub rule: &'static str,
    pub level: BuyingLevel,
}

/// What a text says of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BuyingTalk<'a> {
    /// The highest level any rule found; `None`: not assessed, the text is not in English.
    pub level: Option<BuyingLevel>,
    /// Each rule that fired, once, in the order of the text.
    pub matched: Vec<BuyingMatch<'a>>,
}

impl BuyingTalk<'_> {
    /// The ids of the rules that fired.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> {
        self.matched.iter().map(|found| found.rule)
    }
}

/// Finds the buying talk in a text.
///
/// Formula: the highest level among the rules of the list whose pattern occurs within one sentence; 0 when none does.
/// Input: `text`, plain (no markup), English, any length.
/// Output: level 0..=4 with the matched words; `None` for a text of eight or more words without a single common English
/// word, unless a rule fired. Short texts are read as English.
/// Cost: one pass over the text and a table look-up a word; about a microsecond for a short comment.
/// Source: the list's own patterns, `buying_talk_english.tsv`; measured by hand in `docs/formulas.md`.
///
/// ```
/// use engine::conversations::buying_talk::{BuyingLevel, buying_talk};
/// let found = buying_talk("Lovely! Where can I buy that mug?");
/// assert_eq!(found.level, Some(BuyingLevel::AsksPrice));
/// assert_eq!(found.matched[0].words, "Where can I buy");
/// ```
pub fn buying_talk(text: &str) -> BuyingTalk<'_> {
    let list = &*ENGLISH;
    let mut found = BuyingTalk { level: None, matched: Vec::new() };
    let mut words: Vec<Word> = Vec::with_capacity(32);
    let (mut words_read, mut has_english) = (0_usize, false);
    let mut reader = Reader { text, at: 0 };
    loop {
        words.clear();
        let ending = reader.sentence(list, &mut words);
        words_read += words.len();
        has_english = has_english || words.iter().any(|word| list.english.holds(word.id));
        list.read_sentence(&Sentence { text, words: &words, ending }, &mut found.matched);
        if ending == Ending::Text {
            break;
        }
    }
    let level = found.matched.iter().map(|hit| hit.level).max();
    let looks_foreign = words_read >= LANGUAGE_WORDS_MIN && !has_english;
    found.level = level.or((!looks_foreign).then_some(BuyingLevel::NoBuyingTalk));
    found
}

/// How much of a conversation is buying talk.
///
/// Formula: texts of level 1 or higher / texts assessed, with the Jeffreys interval.
/// Inputs: `levels`, one a text, from `buying_talk`, in any order; `None` (not assessed) enters neither count.
/// Output: a share, 0..=1; `None` with a reason under 20 assessed texts. The interval is for the number of texts only:
/// the list misses about as much as it finds and a quarter of what it finds is not buying talk.
/// Cost: O(texts). Source: `docs/formulas.md`; Jeffreys: Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::conversations::buying_talk::{BuyingLevel, buying_talk_share};
/// use model::{Grade, Timestamp};
/// let mut levels = vec![Some(BuyingLevel::NoBuyingTalk); 24];
/// levels.extend([Some(BuyingLevel::AsksPrice); 6]);
/// let share = buying_talk_share(&levels, Timestamp(0), Grade::B);
/// assert_eq!((share.value, share.n), (Some(0.2), 30));
/// ```
pub fn buying_talk_share(levels: &[Option<BuyingLevel>], as_of: Timestamp, grade: Grade) -> Estimate {
    let (method, n_of) = ("buying_talk_share", "texts");
    let count = |level| levels.iter().filter(|found| **found == Some(level)).count() as u64;
    let texts = |words: &str, count: f64| Explanation::leaf(words, Some(count), Unit::Items);
    let fired = [BuyingLevel::AsksAdvice, BuyingLevel::ComparesProducts, BuyingLevel::AsksPrice, BuyingLevel::Bought];
    let assessed = levels.iter().flatten().count() as u64;
    let not_assessed = levels.len() as u64 - assessed;
    let mut under = vec![texts("texts", levels.len() as f64)];
    if not_assessed > 0 {
        under.push(texts("less: not in English, not assessed", 0.0 - not_assessed as f64));
    }
    let under = Explanation::sum("texts assessed", Unit::Items, under);
    let estimate = if assessed < SHARE_TEXTS_MIN {
        let reason = format!(
            "only {assessed} texts could be assessed ({not_assessed} not in English); a share needs at least {SHARE_TEXTS_MIN}"
        );
        let mut estimate = Estimate::not_known(Unit::Share, method, assessed, n_of, reason);
        estimate.explanation = estimate.explanation.with_parts(vec![under]);
        estimate
    } else {
        let parts = fired.map(|level| texts(level.words(), count(level) as f64)).to_vec();
        let hits: u64 = fired.map(count).iter().sum();
        let over = Explanation::sum("texts with buying talk", Unit::Items, parts);
        let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
        let range = jeffreys_interval(hits, assessed, level).expect("hits are a part of the texts assessed");
        let words = format!("{hits} of {assessed} texts are buying talk, as far as the word list sees");
        let formula =
            format!("{method}, list v{} = texts of level 1-4 / texts assessed; Jeffreys interval", list_version());
        let explanation =
            Explanation::ratio(words, Unit::Share, over, under).with_formula(formula).with_rows(assessed, n_of, None);
        Estimate::known(hits as f64 / assessed as f64, range.lo, range.hi, assessed, n_of, method, explanation)
    };
    Estimate { version: list_version(), ..estimate.as_of(as_of).graded(grade) }
}

/// Below so many assessed texts a share is not known.
const SHARE_TEXTS_MIN: u64 = 20;

/// The version of the list; stored with every figure made from it.
pub fn list_version() -> u32 {
    ENGLISH.version
}

/// From so many words on, a text without any common English word is taken for another language.
const LANGUAGE_WORDS_MIN: usize = 8;

static ENGLISH: LazyLock<WordList> = LazyLock::new(|| {
    WordList::parse(include_str!("buying_talk_english.tsv"))
        .expect("the shipped list is well formed, as its test shows")
});

/// The longest word the list may hold, in bytes: words are compared as one number.
const WORD_BYTES_MAX: usize = 16;

/// What a byte stands for within a word: its lower-case letter, digit or apostrophe; 0 where a word ends.
const WORD_LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        if letter.is_ascii_alphanumeric() || letter == b'\'' {
            letters[byte] = letter.to_ascii_lowercase();
        }
        byte += 1;
    }
    letters
};

/// A word of a text; `id` 0 is a word that the list does not know.
#[derive(Clone, Copy)]
struct Word {
    id: u16,
    kind: WordKind,
    from: u32,
    to: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Plain,
    /// Begins with a capital letter and is not the first of its sentence.
    Name,
    Money,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Question,
    Other,
    /// The text ends without a mark.
    Text,
}

struct Sentence<'t, 'w> {
    text: &'t str,
    words: &'w [Word],
    ending: Ending,
}

/// Cuts a text into sentences of lower-cased words, in one pass.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn sentence(&mut self, list: &WordList, words: &mut Vec<Word>) -> Ending {
        let bytes = self.text.as_bytes();
        let mut money = WordKind::Plain;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\'' => self.at += 1,
                _ if WORD_LETTERS[usize::from(byte)] != 0 => {
                    words.extend(self.word(list, words.is_empty(), money));
                    money = WordKind::Plain;
                }
                b'?' | b'!' | b'\n' => {
                    self.at += 1;
                    let asked = byte == b'?' || (byte == b'!' && bytes.get(self.at) == Some(&b'?'));
                    return if asked { Ending::Question } else { Ending::Other };
                }
                b'.' => {
                    self.at += 1;
                    let ends = bytes.get(self.at).is_none_or(|next| next.is_ascii_whitespace());
                    let abbreviation = words.last().is_some_and(|word| list.abbreviations.holds(word.id));
                    if ends && !abbreviation {
                        return Ending::Other;
                    }
                }
                b'$' => {
                    money = WordKind::Money;
                    self.at += 1;
                }
                0..0x80 => {
                    money = WordKind::Plain;
                    self.at += 1;
                }
                _ => {
                    let next = self.next_char();
                    if next.is_alphabetic() {
                        words.extend(self.word(list, words.is_empty(), WordKind::Plain));
                    } else {
                        money = if matches!(next, '€' | '£' | '¥') { WordKind::Money } else { WordKind::Plain };
                        self.at += next.len_utf8();
                    }
                }
            }
        }
        Ending::Text
    }

    /// Reads the word that begins here; `None` for a web address.
    fn word(&mut self, list: &WordList, is_first: bool, money: WordKind) -> Option<Word> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let (mut key, mut length) = ([0_u8; WORD_BYTES_MAX], 0_usize);
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            let mut letter = WORD_LETTERS[usize::from(byte)];
            if letter == 0 {
                if byte < 0x80 {
                    break;
                }
                match self.text[at..].chars().next() {
                    Some('’') => {
                        at += 2;
                        letter = b'\'';
                    }
                    Some(next) if next.is_alphanumeric() => {
                        at += next.len_utf8() - 1;
                        length = WORD_BYTES_MAX;
                    }
                    _ => break,
                }
            }
            at += 1;
            if let Some(place) = key.get_mut(length) {
                *place = letter;
            }
            length += 1;
        }
        self.at = at;
        // Closing quotation marks are not part of the word they follow.
        while (1..=WORD_BYTES_MAX).contains(&length) && key[length - 1] == b'\'' {
            length -= 1;
            key[length] = 0;
        }
        if bytes.get(self.at) == Some(&b':') && bytes[self.at..].starts_with(b"://") {
            let rest = &bytes[self.at..];
            self.at += rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b')').unwrap_or(rest.len());
            return None;
        }
        let id = if length <= WORD_BYTES_MAX { list.word_ids.id(u128::from_le_bytes(key)) } else { 0 };
        let first = bytes[from];
        let kind = if money == WordKind::Money && first.is_ascii_digit() {
            WordKind::Money
        } else if first.is_ascii_uppercase() && !is_first && self.at - from > 1 && bytes[from + 1] != b'\'' {
            WordKind::Name
        } else {
            WordKind::Plain
        };
        Some(Word { id, kind, from: from as u32, to: self.at as u32 })
    }

    fn next_char(&self) -> char {
        self.text[self.at..].chars().next().expect("the reader stands at the start of a letter")
    }
}

/// Words of the list to their numbers: open addressing, the word itself is the key.
struct WordIds {
    slots: Vec<(u128, u16)>,
}

impl WordIds {
    fn new(words: &[&str]) -> WordIds {
        let mut ids = WordIds { slots: vec![(0, 0); (words.len() * 4).next_power_of_two()] };
        for (index, word) in words.iter().enumerate() {
            let mut bytes = [0_u8; WORD_BYTES_MAX];
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            let key = u128::from_le_bytes(bytes);
            let mut slot = ids.slot(key);
            while ids.slots[slot].1 != 0 {
                slot = (slot + 1) & (ids.slots.len() - 1);
            }
            ids.slots[slot] = (key, index as u16 + 1);
        }
        ids
    }

    fn slot(&self, key: u128) -> usize {
        let folded = (key as u64 ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (folded >> 40) as usize & (self.slots.len() - 1)
    }

    fn id(&self, key: u128) -> u16 {
        let mut slot = self.slot(key);
        loop {
            let (held, id) = self.slots[slot];
            if id == 0 || held == key {
                return id;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// A set of words by number.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct WordSet {
    bits: Vec<u64>,
}

impl WordSet {
    fn add(&mut self, id: u16) {
        let block = usize::from(id) / 64;
        if block >= self.bits.len() {
            self.bits.resize(block + 1, 0);
        }
        self.bits[block] |= 1 << (id % 64);
    }

    fn holds(&self, id: u16) -> bool {
        self.bits.get(usize::from(id) / 64).is_some_and(|block| block >> (id % 64) & 1 == 1)
    }

    fn ids(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.bits.len() as u16 * 64).filter(|id| self.holds(*id))
    }
}

enum Item {
    OneOf(WordSet),
    UpTo(usize),
    Name,
    Money,
}

/// Where a pattern may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Anywhere,
    AtStart,
    AfterName,
}

struct Rule {
    id: &'static str,
    level: BuyingLevel,
    begins: Begins,
    /// The first is always `OneOf`.
    items: Vec<Item>,
    asks: Asks,
    unless: WordSet,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Anything,
    OnlyQuestions,
}

struct WordList {
    version: u32,
    word_ids: WordIds,
    english: WordSet,
    abbreviations: WordSet,
    rules: Vec<Rule>,
    /// For each word number, the rules that begin with it.
    by_first_word: Vec<Vec<u16>>,
}

/// How many words after a match may still cancel it.
const UNLESS_WORDS_AFTER: usize = 3;

impl WordList {
    fn read_sentence<'t>(&self, sentence: &Sentence<'t, '_>, matched: &mut Vec<BuyingMatch<'t>>) {
        let words = sentence.words;
        for (start, word) in words.iter().enumerate().filter(|(_, word)| word.id != 0) {
            let Some(candidates) = self.by_first_word.get(usize::from(word.id)) else { continue };
            for rule in candidates.iter().map(|index| &self.rules[usize::from(*index)]) {
                let begins = match rule.begins {
                    Begins::Anywhere => true,
                    Begins::AtStart => start == 0,
                    Begins::AfterName => start > 0 && words[start - 1].kind == WordKind::Name,
                };
                if !begins || (rule.asks == Asks::OnlyQuestions && sentence.ending != Ending::Question) {
                    continue;
                }
                let Some(end) = end_of_match(&rule.items[1..], words, start + 1) else { continue };
                let reach = words.len().min(end + UNLESS_WORDS_AFTER);
                let cancelled = words[start..reach].iter().any(|word| rule.unless.holds(word.id));
                if !cancelled && matched.iter().all(|hit| hit.rule != rule.id) {
                    let span = word.from as usize..words[end - 1].to as usize;
                    matched.push(BuyingMatch { words: &sentence.text[span], rule: rule.id, level: rule.level });
                }
            }
        }
    }

    fn parse(file: &'static str) -> Result<WordList, String> {
        let rows = || {
            file.lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(|line| line.split('\t').collect::<Vec<_>>())
        };
        let mut version = None;
        let mut classes: Vec<(&str, &str)> = Vec::new();
        for row in rows() {
            match row.as_slice() {
                ["version", number] => version = number.parse().ok(),
                ["class", name, words] => classes.push((name, words)),
                [_, _, _, _] => {}
                other => return Err(format!("a row has 4 columns, or begins with class or version: {other:?}")),
            }
        }
        let class = |name: &str| classes.iter().find(|(known, _)| *known == name).map(|(_, words)| *words);
        let expand = |item: &'static str| -> Result<Vec<&'static str>, String> {
            let mut words = Vec::new();
            for word in item.split('|') {
                match word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                    Some(name) => words.extend(class(name).ok_or_else(|| format!("no class {name}"))?.split('|')),
                    None => words.push(word),
                }
            }
            Ok(words)
        };
        let is_words = |item: &str| !matches!(item, "^" | "@" | "$" | "?" | "-") && !item.starts_with('~');

        let mut all: Vec<&'static str> = vec!["vs"];
        for row in rows() {
            let columns: &[&str] = if row[0] == "class" { &row[2..] } else { row.get(2..).unwrap_or_default() };
            for item in columns.iter().flat_map(|column| column.split(' ')).filter(|item| is_words(item)) {
                all.extend(expand(item)?.into_iter().filter(|word| is_words(word)));
            }
        }
        all.sort_unstable();
        all.dedup();
        let well_formed = |word: &&&str| {
            word.is_empty()
                || word.len() > WORD_BYTES_MAX
                || !word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'\''))
        };
        if let Some(word) = all.iter().find(well_formed) {
            return Err(format!("{word:?} is not a lower-case word of at most {WORD_BYTES_MAX} letters"));
        }
        let set_of = |item: &'static str| -> Result<WordSet, String> {
            let mut set = WordSet::default();
            for word in expand(item)? {
                let index = all.binary_search(&word).map_err(|_| format!("{word:?} cannot stand among words"))?;
                set.add(index as u16 + 1);
            }
            Ok(set)
        };

        let mut rules: Vec<Rule> = Vec::new();
        for row in rows() {
            let [id, level, pattern, unless] = row.as_slice() else { continue };
            let mut items: Vec<&str> = pattern.split(' ').collect();
            let begins = match items[0] {
                "^" => Begins::AtStart,
                "@" => Begins::AfterName,
                _ => Begins::Anywhere,
            };
            if begins != Begins::Anywhere {
                items.remove(0);
            }
            let asks = if items.last() == Some(&"?") { Asks::OnlyQuestions } else { Asks::Anything };
            if asks == Asks::OnlyQuestions {
                items.pop();
            }
            let level =
                level.parse().ok().and_then(BuyingLevel::from_number).ok_or_else(|| format!("{id}: no such level"))?;
            let items = items
                .into_iter()
                .map(|item| match item {
                    "@" => Ok(Item::Name),
                    "$" => Ok(Item::Money),
                    _ => match item.strip_prefix('~') {
                        Some(count) => count.parse().map(Item::UpTo).map_err(|_| format!("{id}: {item} is not a gap")),
                        None => set_of(item).map(Item::OneOf),
                    },
                })
                .collect::<Result<Vec<Item>, String>>()?;
            if !matches!(items.first(), Some(Item::OneOf(_))) {
                return Err(format!("{id}: a pattern begins with words"));
            }
            if rules.iter().any(|rule| rule.id == *id) {
                return Err(format!("{id}: two rules of one name"));
            }
            let unless = if *unless == "-" { WordSet::default() } else { set_of(unless)? };
            rules.push(Rule { id, level, begins, items, asks, unless });
        }
        let mut by_first_word = vec![Vec::new(); all.len() + 1];
        for (index, rule) in rules.iter().enumerate() {
            if let Some(Item::OneOf(first)) = rule.items.first() {
                first.ids().for_each(|id| by_first_word[usize::from(id)].push(index as u16));
            }
        }
        Ok(WordList {
            version: version.ok_or("no version")?,
            word_ids: WordIds::new(&all),
            english: set_of("{english}")?,
            abbreviations: set_of("vs")?,
            rules,
            by_first_word,
        })
    }
}

/// Where the match of the remaining items ends (one past its last word); gaps are tried from the shortest.
fn end_of_match(items: &[Item], words: &[Word], at: usize) -> Option<usize> {
    let Some((item, rest)) = items.split_first() else { return Some(at) };
    let fits = match item {
        // A gap before the question mark only bounds how far the mark may be; the match ends before it.
        Item::UpTo(most) if rest.is_empty() => return (words.len() - at <= *most).then_some(at),
        Item::UpTo(most) => {
            let furthest = words.len().saturating_sub(1).min(at + most);
            return (at..=furthest).find_map(|from| end_of_match(rest, words, from));
        }
        Item::OneOf(set) => words.get(at).is_some_and(|word| set.holds(word.id)),
        Item::Name => words.get(at).is_some_and(|word| word.kind == WordKind::Name),
        Item::Money => words.get(at).is_some_and(|word| word.kind == WordKind::Money),
    };
    if fits { end_of_match(rest, words, at + 1) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(text: &str) -> Option<u8> {
        buying_talk(text).level.map(BuyingLevel::number)
    }

    #[test]
    fn each_level_is_found_by_its_own_words() {
        let cases = [
            ("Which one should I get?", 1),
            ("can anyone recommend a grinder for a small kitchen?", 1),
            ("I'm looking for a light moisturiser", 1),
            ("is it worth the money?", 1),
            ("What's the best lens for portraits?", 1),
            ("Any recommendations?", 1),
            ("Switched from Nikon to Canon last year", 2),
            ("the Comandante is better than the Baratza", 2),
            ("torn on this: Fuji vs Sony, anyone?", 2),
            ("I prefer Cantillon over Lindemans", 2),
            ("How much does it cost?", 3),
            ("price?", 3),
            ("Where can I buy this in Spain?", 3),
            ("do you ship to Canada?", 3),
            ("anyone knows where to buy that mug?", 3),
            ("link please", 3),
            ("I'm gonna buy it", 3),
            ("I just bought one", 4),
            ("ordered mine yesterday", 4),
            ("I regret buying these", 4),
            ("I returned mine after a week", 4),
            ("such a waste of money", 4),
            ("I paid $40 for this", 4),
            ("i’ve ordered two", 4),
        ];
        for (text, expected) in cases {
            assert_eq!(level(text), Some(expected), "{text}: {:?}", buying_talk(text));
        }
    }

    #[test]
    fn which_best_and_worth_alone_are_not_buying_talk() {
        for text in [
            "the colour which I like",
            "Best day ever!",
            "You are the best",
            "which is why it went viral",
            "worth noting that this is old",
            "It's not worth it to argue",
            "What is the best way to sleep?",
            "I never bought into that",
            "where can I find information about this?",
            "thanks for the recommendation to close the question",
            "how much water is in it",
            "love this ❤️❤️",
            "",
            "???",
        ] {
            assert_eq!(level(text), Some(0), "{text}: {:?}", buying_talk(text));
        }
    }

    #[test]
    fn the_matched_words_stand_in_the_text_as_written() {
        let found = buying_talk("So pretty!! WHERE did you GET it? I bought mine in Rome.");
        let words: Vec<&str> = found.matched.iter().map(|hit| hit.words).collect();
        assert_eq!(words, ["WHERE did you GET", "I bought"]);
        assert_eq!(found.rules().collect::<Vec<_>>(), ["where-to-buy", "i-bought"]);
        assert_eq!(found.level, Some(BuyingLevel::Bought));
    }

    #[test]
    fn a_pattern_does_not_reach_into_the_next_sentence() {
        assert_eq!(level("Tell me where. You can buy time."), Some(0));
        assert_eq!(level("see https://shop.example/where-to-buy"), Some(0));
    }

    #[test]
    fn another_language_is_not_assessed_rather_than_no_buying_talk() {
        for text in [
            "Wo habt ihr denn diese schöne Tasse gekauft und wie teuer war sie",
            "¿Dónde puedo comprar esta taza tan bonita para mi madre?",
            "Où peut-on acheter cette jolie tasse et combien coûte-t-elle ?",
            "где можно купить эту чашку и сколько она стоит сейчас",
        ] {
            assert_eq!(level(text), None, "{text}");
        }
        assert_eq!(level("super schön"), Some(0));
    }

    #[test]
    fn a_share_leaves_out_what_was_not_assessed_and_adds_up() {
        let mut levels = vec![Some(BuyingLevel::NoBuyingTalk); 18];
        levels.extend([Some(BuyingLevel::AsksAdvice), Some(BuyingLevel::Bought), None, None]);
        let share = buying_talk_share(&levels, Timestamp(0), Grade::C);
        assert_eq!((share.value, share.n), (Some(0.1), 20));
        assert!(share.explanation.adds_up());
        levels.pop();
        levels.remove(0);
        let few = buying_talk_share(&levels, Timestamp(0), Grade::C);
        assert_eq!((few.value, few.n), (None, 19));
    }

    #[test]
    fn the_shipped_list_is_well_formed_and_every_rule_has_a_name_of_its_own() {
        let list = WordList::parse(include_str!("buying_talk_english.tsv")).expect("well formed");
        assert_eq!(list.version, list_version());
        for number in 1..=4 {
            assert!(list.rules.iter().any(|rule| rule.level.number() == number));
        }
    }

    #[test]
    fn a_list_with_a_mistake_is_refused_with_its_place() {
        let problem = |rows: &'static str| WordList::parse(rows).err().expect("refused");
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t9\tbuy\t-").contains("x: no such level"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\t~2 buy\t-").contains("begins with words"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\t{no}\t-").contains("no class no"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\tBuy\t-").contains("lower-case"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\tbuy").contains("4 columns"));
        assert!(problem("class\tenglish\tthe").contains("no version"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_what_matched_is_part_of_it(text in "\\PC{0,80}") {
            for hit in buying_talk(&text).matched {
                prop_assert!(text.contains(hit.words));
            }
        }

        #[test]
        fn saying_more_never_lowers_the_level(
            first in prop::sample::select(vec!["Where can I buy it?", "which should I get?", "nice", "I bought one."]),
            more in "[a-zA-Z' ?.!$]{0,60}",
        ) {
            let before = buying_talk(first).level;
            let after = format!("{first}\n{more}");
            prop_assert!(buying_talk(&after).level >= before);
        }
    }
}
