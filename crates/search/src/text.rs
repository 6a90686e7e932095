//! What somebody types into the search field: words, phrases in quotes, exclusions, alternatives; how mistyped words are
//! mended and words said otherwise added; and the question to the index that comes of it.

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::error::SearchError;
use crate::index::Generation;
use crate::words::words_of;

/// How much more a word counts in a name than elsewhere. In a bio it counts no more: bios are where words are piled up.
const NAME_BOOST: f32 = 3.0;
/// How much a word counts that stands in for the one typed.
const MENDED_BOOST: f32 = 0.8;
const BESIDE_BOOST: f32 = 0.5;
const BEGINS_BOOST: f32 = 0.6;
/// Letters of a word from which one mistake, and from which two are mended.
const ONE_MISTAKE_LETTERS: usize = 4;
const TWO_MISTAKES_LETTERS: usize = 8;
/// A word that is held is taken for mistyped when another that looks like it is so many times more frequent.
const MORE_FREQUENT: u64 = 50;
const MENDED_MAX: usize = 3;
/// Words whose mending is remembered.
const MENDED_REMEMBERED_MAX: usize = 4_096;
/// Names that begin with what was typed, and from how many letters on.
const BEGINS_MAX: usize = 20;
const BEGINS_LETTERS: usize = 3;
/// When fewer creators say all of the words, those who say all but one are shown after them.
const FEW: u64 = 20;
/// What stands before whoever does not say all: more than words ever score.
const ALL_OF_IT_SCORE: f32 = 1_000.0;
/// Letters of a question.
const LETTERS_MAX: usize = 400;
const PARTS_MAX: usize = 24;
/// A word that more than this share of creators say tells them little apart: beside rarer words it orders and does not
/// choose.
const COMMON_SHARE: f64 = 0.25;
/// Fewer creators do not tell which words are common.
const COMMON_CREATORS_MIN: u64 = 200;

/// Where a word is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Anywhere,
    Name,
    Bio,
}

/// A word, or several that must stand side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub part: Part,
    /// As compared, in order.
    pub words: Vec<String>,
    /// Typed in quotes: taken as it is.
    pub exact: bool,
}

/// A question in words: every group must be met by one of its items, and no item of `not`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextQuery {
    pub groups: Vec<Vec<Item>>,
    pub not: Vec<Item>,
}

/// What is known of words that are said in the same places; asked with a word as compared, answers with words as compared
/// and how alike they are, from 0 to 1.
pub type Alike<'a> = &'a (dyn Fn(&str) -> Vec<(String, f32)> + Sync);

/// How a word was understood.
#[derive(Clone, PartialEq, Debug)]
pub struct WordUnderstood {
    pub typed: String,
    /// Creators who say exactly this.
    pub creators: u64,
    /// Words that were taken for what was meant.
    pub mended: Vec<String>,
    /// Words said in the same places that were looked for too.
    pub alike: Vec<String>,
    /// So many say it that beside the other words it orders and does not choose.
    pub common: bool,
}

/// How a question was understood.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Understood {
    pub words: Vec<WordUnderstood>,
    /// Nobody says all of it, or few do, so that those who say some of it are shown too.
    pub some_of_it: bool,
    /// How many say all of it, where that are so few that others are shown too; they come first.
    pub say_all: u64,
    /// Every form that was looked for, to be marked where it stands.
    pub forms: Vec<String>,
}

impl TextQuery {
    /// Reads what was typed. `"cold brew"` is a phrase, `-word` and `-"a phrase"` must not occur, `name:ana` and `bio:…`
    /// look there alone, `tea OR matcha` takes either. A word with a sign in it (`cold-brew`) is a phrase.
    pub fn parse(typed: &str) -> Result<TextQuery, SearchError> {
        if typed.chars().count() > LETTERS_MAX {
            return Err(SearchError::Text(format!(
                "the search has more than {LETTERS_MAX} letters; leave out what matters least"
            )));
        }
        let mut query = TextQuery::default();
        let mut either = false;
        for raw in pieces(typed) {
            if raw.text == "OR" && !raw.exact && !query.groups.is_empty() {
                either = true;
                continue;
            }
            let words: Vec<String> = words_of(&raw.text).into_iter().map(|word| word.form).collect();
            if words.is_empty() {
                continue;
            }
            let item = Item { part: raw.part, words, exact: raw.exact };
            match (raw.not, std::mem::take(&mut either)) {
                (true, _) => query.not.push(item),
                (false, true) => query.groups.last_mut().expect("a group stands before OR").push(item),
                (false, false) => query.groups.push(vec![item]),
            }
        }
        match query.groups.len() + query.not.len() {
            0..=PARTS_MAX => Ok(query),
            parts => Err(SearchError::Text(format!(
                "the search has {parts} words; {PARTS_MAX} are the most, so leave out what matters least"
            ))),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.not.is_empty()
    }
}

struct Raw {
    text: String,
    part: Part,
    not: bool,
    exact: bool,
}

/// Cuts at spaces outside of quotes; a quote that is never closed reaches to the end.
fn pieces(typed: &str) -> Vec<Raw> {
    let mut found = vec![];
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let (not, after) = match rest.strip_prefix('-') {
            Some(after) if after.starts_with(|next: char| !next.is_whitespace() && next != '-') => (true, after),
            _ => (false, rest),
        };
        let of_part = |name: &str| after.get(..name.len()).filter(|begin| begin.eq_ignore_ascii_case(name)).is_some();
        let (part, after) = match (of_part("name:"), of_part("bio:")) {
            (true, _) => (Part::Name, &after[5..]),
            (_, true) => (Part::Bio, &after[4..]),
            _ => (Part::Anywhere, after),
        };
        let quote = after.chars().next().filter(|first| matches!(first, '"' | '“' | '”' | '„' | '«'));
        let (text, exact, next) = match quote {
            Some(quote) => {
                let inside = &after[quote.len_utf8()..];
                let end = inside.find(['"', '“', '”', '»']).unwrap_or(inside.len());
                let closing = inside[end..].chars().next().map_or(0, char::len_utf8);
                (&inside[..end], true, &inside[end + closing..])
            }
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (&after[..end], false, &after[end..])
            }
        };
        found.push(Raw { text: text.to_owned(), part, not, exact });
        rest = next.trim_start();
    }
    found
}

/// A question to the index, and how it was understood.
pub(crate) struct Asked {
    pub(crate) query: Box<dyn Query>,
    pub(crate) understood: Understood,
}

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// Makes the question. `alike` is asked for words that are not in quotes; `scored` adds what only the order needs; `widen`
/// lets those who say all but one of the words follow where few say all.
pub(crate) fn ask(
    generation: &Generation,
    text: &TextQuery,
    alike: Option<Alike<'_>>,
    scored: bool,
    widen: bool,
) -> Result<Asked, SearchError> {
    let asking = Asking { generation, alike, scored };
    let mut understood = Understood::default();
    let mut groups: Vec<Box<dyn Query>> = vec![];
    let mut beside: Clauses = vec![];
    let mut quoted: Vec<bool> = vec![];
    let common = asking.common(&text.groups)?;
    for (group, common) in text.groups.iter().zip(common) {
        let mut ways: Vec<Box<dyn Query>> = vec![];
        for item in group {
            ways.extend(asking.ways(item, &mut understood, &mut beside)?);
        }
        match common {
            false => {
                groups.push(any_of(ways));
                quoted.push(group.iter().all(|item| item.exact));
            }
            true => {
                understood.words.last_mut().expect("a common word was told just now").common = true;
                beside.push((Occur::Should, any_of(ways)));
            }
        }
    }
    let nots: Vec<Box<dyn Query>> = text.not.iter().map(|item| asking.plain(item)).collect();
    let whole = |occur: Occur, groups: &[Box<dyn Query>]| -> Box<dyn Query> {
        let mut clauses: Clauses = groups.iter().map(|group| (occur, group.box_clone())).collect();
        if clauses.is_empty() {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        clauses.extend(nots.iter().map(|not| (Occur::MustNot, not.box_clone())));
        Box::new(BooleanQuery::new(clauses))
    };
    let mut query = whole(Occur::Must, &groups);
    if groups.len() > 1 {
        let say_all = asking.so_many(query.as_ref(), if widen { FEW } else { 1 })?;
        if say_all == 0 || (widen && say_all < FEW) {
            understood.some_of_it = true;
            understood.say_all = say_all;
            // What was put in quotes is asked for: it is no word that may be missing, unless nobody says all.
            let (asked_for, open): (Vec<_>, Vec<_>) =
                groups.iter().zip(&quoted).partition(|(_, quoted)| **quoted && say_all > 0);
            let least = if say_all == 0 { 1 } else { open.len().saturating_sub(1) };
            let mut clauses: Clauses =
                asked_for.into_iter().map(|(group, _)| (Occur::Must, group.box_clone())).collect();
            let some: Clauses = open.into_iter().map(|(group, _)| (Occur::Should, group.box_clone())).collect();
            if least > 0 {
                clauses.push((Occur::Must, Box::new(BooleanQuery::with_minimum_required_clauses(some, least))));
            } else {
                clauses.extend(some);
            }
            if scored && say_all > 0 {
                clauses.push((Occur::Should, Box::new(ConstScoreQuery::new(query, ALL_OF_IT_SCORE))));
            }
            clauses.extend(nots.iter().map(|not| (Occur::MustNot, not.box_clone())));
            query = Box::new(BooleanQuery::new(clauses));
        }
    }
    if scored && !beside.is_empty() {
        let mut clauses: Clauses = vec![(Occur::Must, query)];
        clauses.append(&mut beside);
        query = Box::new(BooleanQuery::new(clauses));
    }
    understood.forms.sort();
    understood.forms.dedup();
    Ok(Asked { query, understood })
}

fn any_of(mut ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match ways.len() {
        1 => ways.remove(0),
        _ => Box::new(BooleanQuery::union(ways)),
    }
}

struct Asking<'a> {
    generation: &'a Generation,
    alike: Option<Alike<'a>>,
    scored: bool,
}

impl Asking<'_> {
    fn field(&self, part: Part) -> Field {
        let words = &self.generation.fields.words;
        match part {
            Part::Anywhere => words.all,
            Part::Name => words.name,
            Part::Bio => words.bio,
        }
    }

    fn term(&self, field: Field, word: &str) -> Box<dyn Query> {
        let option = if self.scored { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
        Box::new(TermQuery::new(Term::from_field_text(field, word), option))
    }

    /// Which groups are one word so common that it does not choose: never one in quotes, never all of them.
    fn common(&self, groups: &[Vec<Item>]) -> Result<Vec<bool>, SearchError> {
        let creators = self.generation.searcher.num_docs();
        let from = (creators as f64 * COMMON_SHARE) as u64;
        let is_common = |group: &Vec<Item>| match group.as_slice() {
            [Item { part: Part::Anywhere, words, exact: false }] if words.len() == 1 => {
                Ok(self.frequency(self.field(Part::Anywhere), &words[0])? > from)
            }
            _ => Ok(false),
        };
        let common: Vec<bool> = groups.iter().map(is_common).collect::<Result<_, SearchError>>()?;
        let none = creators < COMMON_CREATORS_MIN || common.iter().all(|common| *common);
        Ok(if none { vec![false; groups.len()] } else { common })
    }

    /// An item as it stands: a word, or words side by side. Only what is looked for anywhere knows where words stand, so
    /// in a name or a bio all words of a phrase must occur.
    fn plain(&self, item: &Item) -> Box<dyn Query> {
        let field = self.field(item.part);
        match (item.words.as_slice(), item.part) {
            ([word], _) => self.term(field, word),
            (words, Part::Anywhere) => {
                Box::new(PhraseQuery::new(words.iter().map(|word| Term::from_field_text(field, word)).collect()))
            }
            (words, _) => {
                Box::new(BooleanQuery::intersection(words.iter().map(|word| self.term(field, word)).collect()))
            }
        }
    }

    /// Everything that meets an item: itself, what was meant, what is said instead, names that begin so.
    fn ways(
        &self,
        item: &Item,
        understood: &mut Understood,
        beside: &mut Clauses,
    ) -> Result<Vec<Box<dyn Query>>, SearchError> {
        let mut ways = vec![self.plain(item)];
        understood.forms.extend(item.words.iter().cloned());
        let [word] = item.words.as_slice() else { return Ok(ways) };
        let words = &self.generation.fields.words;
        if item.part == Part::Anywhere && self.scored {
            beside.push((Occur::Should, boosted(self.term(words.name, word), NAME_BOOST)));
        }
        let field = self.field(item.part);
        let creators = self.frequency(field, word)?;
        let mut told = WordUnderstood { typed: word.clone(), creators, mended: vec![], alike: vec![], common: false };
        if !item.exact {
            let boost = if creators == 0 { MENDED_BOOST } else { BESIDE_BOOST };
            let mut standard = creators;
            for (mended, held) in self.mended(field, word, creators)? {
                standard = standard.max(held);
                ways.push(boosted(self.term(field, &mended), boost));
                told.mended.push(mended);
            }
            if item.part != Part::Bio {
                for begun in self.names_beginning(word)? {
                    ways.push(boosted(self.term(words.name, &begun), BEGINS_BOOST));
                    understood.forms.push(begun);
                }
            }
            if let (Some(alike), Part::Anywhere) = (self.alike, item.part) {
                let of = if creators == 0 { told.mended.first().unwrap_or(word) } else { word };
                for (other, how_alike) in alike(of) {
                    if other != *word && !told.mended.contains(&other) {
                        // A rarer word would count more than the one typed; it is to count less.
                        let boost = how_alike * self.rarity(standard) / self.rarity(self.frequency(field, &other)?);
                        ways.push(boosted(self.term(field, &other), boost));
                        told.alike.push(other);
                    }
                }
            }
        }
        understood.forms.extend(told.mended.iter().chain(&told.alike).cloned());
        understood.words.push(told);
        Ok(ways)
    }

    /// What BM25 multiplies a word by that so many creators say.
    fn rarity(&self, creators: u64) -> f32 {
        let (all, with) = (self.generation.searcher.num_docs() as f32, creators as f32);
        (1.0 + (all - with + 0.5).max(0.5) / (with + 0.5)).ln().max(0.01)
    }

    fn frequency(&self, field: Field, word: &str) -> Result<u64, SearchError> {
        let failed = SearchError::of(&self.generation.folder);
        self.generation.searcher.doc_freq(&Term::from_field_text(field, word)).map_err(failed)
    }

    /// How many creators meet a question, counted up to `most`.
    fn so_many(&self, query: &dyn Query, most: u64) -> Result<u64, SearchError> {
        let failed = SearchError::of(&self.generation.folder);
        let searcher = &self.generation.searcher;
        let off = tantivy::query::EnableScoring::disabled_from_searcher(searcher);
        let weight = query.weight(off).map_err(&failed)?;
        let mut found = 0;
        for (place, reader) in searcher.segment_readers().iter().enumerate() {
            let mut scorer = weight.scorer(reader, 1.0).map_err(&failed)?;
            let segment = &self.generation.segments[place];
            while scorer.doc() != tantivy::TERMINATED && found < most {
                found += u64::from(segment.is_alive(scorer.doc()));
                scorer.advance();
            }
        }
        Ok(found)
    }

    /// Words held that look like one that is not, or hardly, the most frequent first. Going through all words takes longer
    /// than everything else a question needs, so that answers are remembered: a page asks for a word several times.
    fn mended(&self, field: Field, word: &str, held: u64) -> Result<Vec<(String, u64)>, SearchError> {
        let key = (field.field_id(), word.to_owned());
        let remembered = || self.generation.mended.lock().expect("nobody panics while holding it");
        if let Some(found) = remembered().get(&key) {
            return Ok(found.clone());
        }
        let found = self.mended_anew(field, word, held)?;
        let mut remembered = remembered();
        if remembered.len() >= MENDED_REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key, found.clone());
        Ok(found)
    }

    fn mended_anew(&self, field: Field, word: &str, held: u64) -> Result<Vec<(String, u64)>, SearchError> {
        let letters = word.chars().count();
        if letters < ONE_MISTAKE_LETTERS || word.chars().any(|letter| letter.is_numeric()) {
            return Ok(vec![]);
        }
        if held.saturating_mul(MORE_FREQUENT) > self.generation.searcher.num_docs() {
            return Ok(vec![]); // No word is frequent enough to have been meant instead.
        }
        let nearer = self.looking_like(field, word, 1)?;
        let two = nearer.is_empty() && held == 0 && letters >= TWO_MISTAKES_LETTERS;
        let mut found = if two { self.looking_like(field, word, 2)? } else { nearer };
        found.retain(|(_, creators)| *creators >= held.saturating_mul(MORE_FREQUENT).max(1));
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // What is much rarer than the best guess is hardly what was meant.
        let best = found.first().map_or(0, |first| first.1);
        found.retain(|(_, creators)| *creators * 20 >= best);
        found.truncate(MENDED_MAX);
        Ok(found)
    }

    fn looking_like(&self, field: Field, word: &str, mistakes: u8) -> Result<Vec<(String, u64)>, SearchError> {
        let failed = SearchError::of(&self.generation.folder);
        let io = |problem: std::io::Error| failed(tantivy::TantivyError::from(problem));
        let fuzzy = FuzzyTermQuery::new(Term::from_field_text(field, word), mistakes, true);
        let mut found = std::collections::BTreeMap::<String, u64>::new();
        for reader in self.generation.searcher.segment_readers() {
            let automaton = fuzzy.automaton().map_err(&failed)?;
            let inverted = reader.inverted_index(field).map_err(&failed)?;
            let mut terms = inverted.terms().search(automaton).into_stream().map_err(io)?;
            while let Some((term, info)) = terms.next() {
                if let Ok(term) = std::str::from_utf8(term)
                    && term != word
                {
                    *found.entry(term.to_owned()).or_default() += u64::from(info.doc_freq);
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    fn names_beginning(&self, word: &str) -> Result<Vec<String>, SearchError> {
        if word.chars().count() < BEGINS_LETTERS {
            return Ok(vec![]);
        }
        let failed = SearchError::of(&self.generation.folder);
        let io = |problem: std::io::Error| failed(tantivy::TantivyError::from(problem));
        let mut found = vec![];
        for reader in self.generation.searcher.segment_readers() {
            let inverted = reader.inverted_index(self.generation.fields.words.name).map_err(&failed)?;
            let mut terms = inverted.terms().range().gt(word).into_stream().map_err(io)?;
            let mut taken = 0;
            while let Some((term, _)) = terms.next()
                && taken < BEGINS_MAX
                && term.starts_with(word.as_bytes())
            {
                taken += 1;
                found.extend(std::str::from_utf8(term).map(str::to_owned));
            }
        }
        found.sort();
        found.dedup();
        found.truncate(BEGINS_MAX);
        Ok(found)
    }
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}
