//! The open list of words and patterns, and the cues of the model: read from their files, looked up by first word.

use std::sync::LazyLock;

use super::words::{Ending, Sentence, WORD_BYTES_MAX, Word, WordIds, WordKind, WordSet};
use super::{BuyingLevel, BuyingMatch};

pub(super) static ENGLISH: LazyLock<WordList> = LazyLock::new(|| {
    WordList::parse(include_str!("buying_talk_english.tsv"), include_str!("buying_talk_cues.tsv"))
        .expect("the shipped files are well formed, as their tests show")
});

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Anything,
    OnlyQuestions,
}

/// Words in order, within one sentence.
struct Pattern {
    begins: Begins,
    /// The first is always `OneOf`.
    items: Vec<Item>,
    asks: Asks,
    unless: WordSet,
}

pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) level: BuyingLevel,
    pattern: Pattern,
}

/// A pattern that counts for one feature of the model.
struct Cue {
    feature: u16,
    pattern: Pattern,
}

/// Where a feature is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Text,
    Title,
    Both,
}

/// A feature that counts cues.
#[derive(Debug)]
pub(super) struct CueFeature {
    pub(super) name: &'static str,
    pub(super) side: Side,
    /// 1: expected to speak for buying talk, -1: against it.
    pub(super) leans: f64,
}

pub(super) struct WordList {
    pub(super) version: u32,
    pub(super) word_ids: WordIds,
    pub(super) english: WordSet,
    pub(super) abbreviations: WordSet,
    pub(super) rules: Vec<Rule>,
    pub(super) features: Vec<CueFeature>,
    cues: Vec<Cue>,
    /// For each word number, the rules that begin with it.
    rules_by_first_word: Vec<Vec<u16>>,
    cues_by_first_word: Vec<Vec<u16>>,
}

/// How many words after a match may still cancel it.
const UNLESS_WORDS_AFTER: usize = 3;

impl WordList {
    /// Adds the rules that fire in a sentence, each at most once a text.
    pub(super) fn find_rules<'t>(&self, sentence: &Sentence<'t, '_>, matched: &mut Vec<BuyingMatch<'t>>) {
        for (start, word) in sentence.words.iter().enumerate().filter(|(_, word)| word.id != 0) {
            let Some(candidates) = self.rules_by_first_word.get(usize::from(word.id)) else { continue };
            for rule in candidates.iter().map(|index| &self.rules[usize::from(*index)]) {
                let Some(end) = rule.pattern.end(sentence, start) else { continue };
                if matched.iter().all(|hit| hit.rule != rule.id) {
                    let span = word.from as usize..sentence.words[end - 1].to as usize;
                    matched.push(BuyingMatch { words: &sentence.text[span], rule: rule.id, level: rule.level });
                }
            }
        }
    }

    /// Adds the cues of a sentence to `counts`, one a feature and place.
    pub(super) fn count_cues(&self, sentence: &Sentence<'_, '_>, counts: &mut [u16]) {
        for (start, word) in sentence.words.iter().enumerate().filter(|(_, word)| word.id != 0) {
            let Some(candidates) = self.cues_by_first_word.get(usize::from(word.id)) else { continue };
            let mut counted = None;
            for cue in candidates.iter().map(|index| &self.cues[usize::from(*index)]) {
                // The cues of a feature stand together.
                if counted != Some(cue.feature) && cue.pattern.end(sentence, start).is_some() {
                    counted = Some(cue.feature);
                    let count = &mut counts[usize::from(cue.feature)];
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    pub(super) fn parse(list: &'static str, cues: &'static str) -> Result<WordList, String> {
        let mut version = None;
        let mut terms = Terms { classes: Vec::new(), words: vec!["vs"] };
        for row in rows(list) {
            match row.as_slice() {
                ["version", number] => version = number.parse().ok(),
                ["class", name, words] => terms.classes.push(Class { name, words }),
                [_, _, _, _] => {}
                other => return Err(format!("a row has 4 columns, or begins with class or version: {other:?}")),
            }
        }
        for row in rows(cues) {
            if !matches!(row.as_slice(), ["version", _] | ["feature", _, _, _, _] | [_, _, _]) {
                return Err(format!("a cue has 3 columns, a line `feature` 5: {row:?}"));
            }
        }
        for row in rows(list) {
            terms.collect(if row[0] == "class" { &row[2..] } else { row.get(2..).unwrap_or_default() })?;
        }
        for row in rows(cues).filter(|row| !matches!(row[0], "feature" | "version")) {
            terms.collect(&row[1..])?;
        }
        terms.close()?;

        let mut rules: Vec<Rule> = Vec::new();
        for row in rows(list) {
            let [id, level, pattern, unless] = row.as_slice() else { continue };
            let level =
                level.parse().ok().and_then(BuyingLevel::from_number).ok_or_else(|| format!("{id}: no such level"))?;
            if rules.iter().any(|rule| rule.id == *id) {
                return Err(format!("{id}: two rules of one name"));
            }
            rules.push(Rule { id, level, pattern: terms.pattern(id, pattern, unless)? });
        }
        let (mut features, mut counted): (Vec<CueFeature>, Vec<Cue>) = (Vec::new(), Vec::new());
        for row in rows(cues) {
            match row.as_slice() {
                ["feature", name, side, leans, _] => {
                    let side = match *side {
                        "text" => Side::Text,
                        "title" => Side::Title,
                        "both" => Side::Both,
                        other => return Err(format!("{name}: {other:?} is not text, title or both")),
                    };
                    let leans = match *leans {
                        "for" => 1.0,
                        "against" => -1.0,
                        "-" => 0.0,
                        other => return Err(format!("{name}: {other:?} is not for, against or -")),
                    };
                    features.push(CueFeature { name, side, leans });
                }
                [name, pattern, unless] => {
                    if features.last().is_none_or(|feature| feature.name != *name) {
                        return Err(format!("{name}: a cue stands below the line of its feature"));
                    }
                    let pattern = terms.pattern(name, pattern, unless)?;
                    counted.push(Cue { feature: features.len() as u16 - 1, pattern });
                }
                _ => {}
            }
        }
        Ok(WordList {
            version: version.ok_or("no version")?,
            english: terms.set_of("{english}")?,
            abbreviations: terms.set_of("vs")?,
            rules_by_first_word: terms.by_first_word(rules.iter().map(|rule| &rule.pattern)),
            cues_by_first_word: terms.by_first_word(counted.iter().map(|cue| &cue.pattern)),
            word_ids: WordIds::new(&terms.words),
            rules,
            features,
            cues: counted,
        })
    }
}

fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn is_words(item: &str) -> bool {
    !matches!(item, "^" | "@" | "$" | "?" | "-") && !item.starts_with('~')
}

struct Class {
    name: &'static str,
    words: &'static str,
}

/// Every word that some pattern uses, in order; a word's number is its place, from 1 on.
struct Terms {
    classes: Vec<Class>,
    words: Vec<&'static str>,
}

impl Terms {
    fn expand(&self, item: &'static str) -> Result<Vec<&'static str>, String> {
        let mut words = Vec::new();
        for word in item.split('|') {
            match word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) => {
                    let class = self.classes.iter().find(|class| class.name == name);
                    words.extend(class.ok_or_else(|| format!("no class {name}"))?.words.split('|'));
                }
                None => words.push(word),
            }
        }
        Ok(words)
    }

    fn collect(&mut self, columns: &[&'static str]) -> Result<(), String> {
        for item in columns.iter().flat_map(|column| column.split(' ')).filter(|item| is_words(item)) {
            let words = self.expand(item)?;
            self.words.extend(words.into_iter().filter(|word| is_words(word)));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        self.words.sort_unstable();
        self.words.dedup();
        let ill_formed = |word: &&&str| {
            word.is_empty()
                || word.len() > WORD_BYTES_MAX
                || !word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'\''))
        };
        match self.words.iter().find(ill_formed) {
            Some(word) => Err(format!("{word:?} is not a lower-case word of at most {WORD_BYTES_MAX} letters")),
            None => Ok(()),
        }
    }

    fn set_of(&self, item: &'static str) -> Result<WordSet, String> {
        let mut set = WordSet::default();
        for word in self.expand(item)? {
            let index = self.words.binary_search(&word).map_err(|_| format!("{word:?} cannot stand among words"))?;
            set.add(index as u16 + 1);
        }
        Ok(set)
    }

    fn pattern(&self, id: &str, pattern: &'static str, unless: &'static str) -> Result<Pattern, String> {
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
        let items = items
            .into_iter()
            .map(|item| match item {
                "@" => Ok(Item::Name),
                "$" => Ok(Item::Money),
                _ => match item.strip_prefix('~') {
                    Some(count) => count.parse().map(Item::UpTo).map_err(|_| format!("{id}: {item} is not a gap")),
                    None => self.set_of(item).map(Item::OneOf),
                },
            })
            .collect::<Result<Vec<Item>, String>>()?;
        if !matches!(items.first(), Some(Item::OneOf(_))) {
            return Err(format!("{id}: a pattern begins with words"));
        }
        let unless = if unless == "-" { WordSet::default() } else { self.set_of(unless)? };
        Ok(Pattern { begins, items, asks, unless })
    }

    fn by_first_word<'p>(&self, patterns: impl Iterator<Item = &'p Pattern>) -> Vec<Vec<u16>> {
        let mut by_first_word = vec![Vec::new(); self.words.len() + 1];
        for (index, pattern) in patterns.enumerate() {
            if let Some(Item::OneOf(first)) = pattern.items.first() {
                first.ids().for_each(|id| by_first_word[usize::from(id)].push(index as u16));
            }
        }
        by_first_word
    }
}

impl Pattern {
    /// One past the last word of a match that begins at `start`.
    fn end(&self, sentence: &Sentence<'_, '_>, start: usize) -> Option<usize> {
        let words = sentence.words;
        let begins = match self.begins {
            Begins::Anywhere => true,
            Begins::AtStart => start == 0,
            Begins::AfterName => start > 0 && words[start - 1].kind == WordKind::Name,
        };
        if !begins || (self.asks == Asks::OnlyQuestions && sentence.ending != Ending::Question) {
            return None;
        }
        let end = end_of_match(&self.items[1..], words, start + 1)?;
        let reach = words.len().min(end + UNLESS_WORDS_AFTER);
        let cancelled = words[start..reach].iter().any(|word| self.unless.holds(word.id));
        (!cancelled).then_some(end)
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
    use crate::conversations::buying_talk::list_version;

    const LIST: &str = include_str!("buying_talk_english.tsv");

    #[test]
    fn the_shipped_list_is_well_formed_and_every_rule_has_a_name_of_its_own() {
        let list = WordList::parse(LIST, "").expect("well formed");
        assert_eq!(list.version, list_version());
        for number in 1..=4 {
            assert!(list.rules.iter().any(|rule| rule.level.number() == number));
        }
    }

    #[test]
    fn a_list_with_a_mistake_is_refused_with_its_place() {
        let problem = |rows: &'static str| WordList::parse(rows, "").err().expect("refused");
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t9\tbuy\t-").contains("x: no such level"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\t~2 buy\t-").contains("begins with words"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\t{no}\t-").contains("no class no"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\tBuy\t-").contains("lower-case"));
        assert!(problem("version\t1\nclass\tenglish\tthe\nx\t1\tbuy").contains("4 columns"));
        assert!(problem("class\tenglish\tthe").contains("no version"));
    }

    #[test]
    fn a_cue_with_a_mistake_is_refused_with_its_place() {
        let problem = |rows: &'static str| WordList::parse(LIST, rows).err().expect("refused");
        assert!(problem("feature\tx\teverywhere\t-\twhy").contains("not text, title or both"));
        assert!(problem("feature\tx\ttext\t-\twhy\ny\tbuy\t-").contains("below the line of its feature"));
        assert!(problem("feature\tx\ttext\t-\twhy\nx\tbuy").contains("3 columns"));
        assert!(problem("feature\tx\ttext\t-\twhy\nx\t{no}\t-").contains("no class no"));
    }
}
