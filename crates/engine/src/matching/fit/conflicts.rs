//! Conflicts: what in a creator's own words speaks against working together, each quoted with its date.
//!
//! Four kinds: works for a rival, was paid by a rival, refuses paid work (or work with this brand), speaks against a value of
//! the brand. A rival that is merely named is told as a mention and is no conflict. What is denied, thought up, past, asked
//! or said of others counts as nothing: a false alarm costs a creator work, so doubtful words are overlooked.

mod rivals;
mod words;

use std::collections::BTreeMap;

use model::Timestamp;
use serde::Serialize;

use super::phrases::{Hit, Phrases, is_denied};
use super::reading::{Gap, Kind, Quote, TextRead, TextSeen, TextsRead};
use super::values::{ValueError, Values};
use super::{BrandProfile, QUOTES_MAX};
use rivals::RivalName;

/// What kind of words speak against working together, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    RivalAmbassador,
    RivalPaidPost,
    StatedRefusal,
    AgainstValue,
}

/// Words of the creator that speak against working together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conflict {
    pub kind: ConflictKind,
    /// What was found, in a sentence about the words and not about the person.
    pub words: String,
    /// From the profile, then the newest, at most five.
    pub quotes: Vec<Quote>,
    /// How many texts say so.
    pub posts: u64,
    pub newest_at: Timestamp,
}

/// A rival that is named without a sign of being paid; no conflict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RivalMention {
    pub rival: String,
    pub quotes: Vec<Quote>,
    pub posts: u64,
    pub newest_at: Timestamp,
}

/// What was found in a creator's texts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ConflictsFound {
    /// The gravest kind first, then the newest.
    pub conflicts: Vec<Conflict>,
    /// In the order of the brand's rivals.
    pub mentions: Vec<RivalMention>,
}

/// A brand's words, made once for many creators.
pub struct BrandWords {
    values: Values,
    products: Phrases,
    /// The brand's own name, then its product words.
    targets: Phrases,
    target_names: Vec<String>,
    own_name: Option<RivalName>,
    rivals: Phrases,
    rival_names: Vec<RivalName>,
}

impl BrandWords {
    /// Takes the brand's values, product words and rivals. Refuses values as [`Values::of`] does. Cost `O(words log words)`.
    pub fn of(brand: &BrandProfile) -> Result<BrandWords, ValueError> {
        let is_word = |text: &&String| text.chars().any(char::is_alphanumeric);
        let products: Vec<&String> = brand.product_words.iter().filter(is_word).collect();
        let own: Vec<&String> = std::iter::once(&brand.name).filter(is_word).collect();
        let targets: Vec<&String> = own.into_iter().chain(products.iter().copied()).collect();
        let rival_names: Vec<RivalName> = brand.rivals.iter().filter(is_word).map(|name| RivalName::of(name)).collect();
        Ok(BrandWords {
            values: Values::of(&brand.values)?,
            products: Phrases::literal(products),
            targets: Phrases::literal(&targets),
            target_names: targets.into_iter().cloned().collect(),
            own_name: is_word(&&brand.name).then(|| RivalName::of(&brand.name)),
            rivals: Phrases::literal(rival_names.iter().map(|rival| &rival.name)),
            rival_names,
        })
    }

    pub fn values(&self) -> &Values {
        &self.values
    }

    pub(super) fn products(&self) -> &Phrases {
        &self.products
    }

    fn has_own_name(&self) -> bool {
        self.own_name.is_some()
    }
}

/// What a text says and what it is about, before texts that say the same are put together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Said {
    Ambassador(usize),
    PaidPost(usize),
    /// Paid work at all.
    RefusesAll,
    /// Work with the brand or its kind of product, by the place among targets.
    Refuses(usize),
    Against(usize),
    Mentions(usize),
}

/// Reads a creator's texts for words that speak against working with the brand.
///
/// A rival counts as paying where the words say so ("sponsored by", "ambassador for", a code for it), or where the post is
/// paid for, by its label or its words, names the rival and neither compares it nor names the brand. A refusal in the first
/// person counts anywhere; a label ("no collabs", "keine Werbung") in the profile, and in a post only with "here", "please" or
/// the like, since there it is usually about that post. Speaking against a value needs words such as "I hate", "is overrated".
/// Inputs: `texts` of one creator, each once; `brand`. Output: conflicts and mentions with quotes; empty where nothing was
/// found in the words held, which is no proof that there is nothing. Cost: `O(words log phrases)`, and the reading of
/// `vetting::disclosure` for posts that name a rival. Source: words by hand, English, German, French, Spanish.
///
/// ```
/// use engine::matching::fit::{BrandProfile, BrandWords, ConflictKind, TextSeen, TextsRead, conflicts};
/// use model::Timestamp;
/// let brand = BrandProfile { rivals: vec!["Hop Haus".to_owned()], ..Default::default() };
/// let post = |text| TextSeen { text, at: Timestamp(0), is_bio: false, paid: None };
/// let texts = [post("Proud to be a Hop Haus ambassador!"), post("Hop Haus was crowded")];
/// let found = conflicts(&TextsRead::of(&texts), &BrandWords::of(&brand).unwrap());
/// assert_eq!(found.conflicts[0].kind, ConflictKind::RivalAmbassador);
/// assert_eq!(found.mentions[0].posts, 1);
/// ```
pub fn conflicts(texts: &TextsRead<'_>, brand: &BrandWords) -> ConflictsFound {
    let mut said: BTreeMap<Said, Vec<Quote>> = BTreeMap::new();
    for (place, seen, read) in texts.pairs() {
        refusals(place, seen, read, brand, &mut said);
        against_values(place, read, brand, &mut said);
    }
    rivals::of_rivals(texts, brand, &mut said);
    let mut found = ConflictsFound::default();
    for (what, mut quotes) in said {
        texts.sort(&mut quotes);
        let posts = quotes.len() as u64;
        let newest_at = quotes.iter().map(|quote| texts.seen[quote.text].at).max().unwrap_or(Timestamp(0));
        let (kind, words) = match what {
            Said::Mentions(rival) => {
                quotes.truncate(QUOTES_MAX);
                let rival = brand.rival_names[rival].name.clone();
                found.mentions.push(RivalMention { rival, quotes, posts, newest_at });
                continue;
            }
            Said::Ambassador(rival) => {
                (ConflictKind::RivalAmbassador, works_for(&brand.rival_names[rival].name, posts))
            }
            Said::PaidPost(rival) => (ConflictKind::RivalPaidPost, paid_by(&brand.rival_names[rival].name, posts)),
            Said::RefusesAll => (ConflictKind::StatedRefusal, refuses_all(texts, newest_at, posts)),
            Said::Refuses(target) => {
                let words = format!("{} that work with \"{}\" is refused", say(posts), brand.target_names[target]);
                (ConflictKind::StatedRefusal, words)
            }
            Said::Against(value) => {
                let words = format!("{} something against \"{}\"", speak(posts), brand.values.name(value));
                (ConflictKind::AgainstValue, words)
            }
        };
        quotes.truncate(QUOTES_MAX);
        found.conflicts.push(Conflict { kind, words, quotes, posts, newest_at });
    }
    found.conflicts.sort_by(|a, b| a.kind.cmp(&b.kind).then(b.newest_at.cmp(&a.newest_at)));
    found
}

fn say(texts: u64) -> String {
    if texts == 1 { "one text says".to_owned() } else { format!("{texts} texts say") }
}

fn speak(texts: u64) -> String {
    if texts == 1 { "one text states".to_owned() } else { format!("{texts} texts state") }
}

fn works_for(rival: &str, texts: u64) -> String {
    format!("{} that the creator works for {rival}, a rival", say(texts))
}

fn paid_by(rival: &str, texts: u64) -> String {
    let texts = if texts == 1 { "one text is".to_owned() } else { format!("{texts} texts are") };
    format!("{texts} paid for, by the words in it or its label, and promote {rival}, a rival")
}

fn refuses_all(texts: &TextsRead<'_>, newest_at: Timestamp, saying: u64) -> String {
    let since = texts.seen.iter().filter(|seen| seen.paid == Some(true) && seen.at > newest_at).count();
    let words = format!("{} that paid work is refused", say(saying));
    match since {
        0 => words,
        1 => format!("{words}; one paid post is newer than that"),
        more => format!("{words}; {more} paid posts are newer than that"),
    }
}

fn is_word(read: &TextRead<'_>, at: usize, words: &[&str]) -> bool {
    read.tokens[at].kind == Kind::Word && words.contains(&read.word(at))
}

fn refusals(
    place: usize,
    seen: &TextSeen<'_>,
    read: &TextRead<'_>,
    brand: &BrandWords,
    said: &mut BTreeMap<Said, Vec<Quote>>,
) {
    let stated = words::REFUSALS.hits(read, &[]);
    let labels = words::REFUSAL_LABELS.hits(read, &[]);
    let labels = labels.into_iter().filter(|hit| heads_its_clause(read, hit.from));
    let labels = labels
        .filter(|hit| seen.is_bio || read.clause_after(hit.to).take(1).any(|at| is_word(read, at, words::ALWAYS)));
    let all = stated.into_iter().chain(labels).find(|hit| is_meant(read, hit) && !is_narrowed(read, hit.to));
    if let Some(hit) = all {
        said.entry(Said::RefusesAll).or_default().push(read.quote(place, hit.from, hit.to));
    }
    let targets = brand.targets.hits(read, &[]);
    if targets.is_empty() {
        return;
    }
    let mut refused: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in words::TARGETED.hits(read, &targets) {
        let Some(target) = hit.target.map(|target| targets[target].of) else { continue };
        let is_turned = (hit.from..hit.to).any(|at| is_word(read, at, words::EXCEPT));
        let is_own_name = target == 0 && brand.has_own_name();
        let next = read.clause_after(hit.to).next();
        let is_of_trade = is_own_name || next.is_none_or(|at| is_word(read, at, words::OF_THE_TRADE));
        if is_meant(read, &hit) && !is_turned && is_of_trade {
            refused.entry(target).or_insert(hit);
        }
    }
    // Several words of one product are one refusal.
    if let Some((target, hit)) = refused.into_iter().next() {
        said.entry(Said::Refuses(target)).or_default().push(read.quote(place, hit.from, hit.to));
    }
}

/// Whether nothing but a sign, a picture or "sorry" stands before it in its clause.
fn heads_its_clause(read: &TextRead<'_>, at: usize) -> bool {
    let stands_apart = |at: usize| {
        let gap = read.gap_text(at);
        at == 0 || read.tokens[at].gap != Gap::Blank || gap.chars().any(|sign| !sign.is_whitespace() && sign != '\'')
    };
    stands_apart(at) || (is_word(read, at - 1, words::BEFORE_A_LABEL))
}

/// Whether it is said now, by the writer, of themselves: not denied, quoted, asked, reported or thought up.
fn is_meant(read: &TextRead<'_>, hit: &Hit) -> bool {
    let is_quoted = read.gap_text(hit.from).contains(['"', '“', '„', '«', '‘']);
    let is_asked = read.gap_text(read.sentence_of(hit.from).end).trim_start().starts_with('?');
    let mut before = read.clause_before(hit.from);
    let is_reported = before.any(|at| {
        let is_ever = at.checked_sub(1).is_some_and(|before| is_word(read, before, words::SINCE_EVER));
        is_word(read, at, words::NOT_MEANT) && !is_ever
    });
    let has_always = read.clause_before(hit.from).any(|at| is_word(read, at, words::SINCE_EVER));
    let clause = read.clause_before(hit.from).last().unwrap_or(hit.from);
    let follows_comma = clause > 0 && read.gap_text(clause).trim() == ",";
    let is_told = |at: usize| is_word(read, at, words::SAID_BEFORE_A_COMMA);
    let is_said = follows_comma && std::iter::once(clause - 1).chain(read.clause_before(clause - 1)).any(is_told);
    !is_quoted && !is_asked && !is_said && (!is_reported || has_always) && !is_denied(read, hit.from)
}

/// "for free", "often", "with brands I don't trust": a refusal of some and not of all.
fn is_narrowed(read: &TextRead<'_>, after: usize) -> bool {
    let next: Vec<usize> = read.clause_after(after).take(6).collect();
    let very = usize::from(next.first().is_some_and(|at| is_word(read, *at, words::VERY)));
    let rest = &next[very.min(next.len())..];
    if !rest.first().is_some_and(|at| is_word(read, *at, words::NARROWING)) {
        return false;
    }
    match rest.iter().position(|at| is_word(read, *at, words::STILL_ALL)) {
        Some(all) => rest[all + 1..].iter().take(1).any(|at| is_word(read, *at, words::NARROWED_AGAIN)),
        None => true,
    }
}

fn against_values(place: usize, read: &TextRead<'_>, brand: &BrandWords, said: &mut BTreeMap<Said, Vec<Quote>>) {
    let named = brand.values.named_in(read);
    let spoken = words::AGAINST.hits(read, &named);
    let spoken = spoken.into_iter().filter_map(|hit| Some(Hit { of: named[hit.target?].of, ..hit }));
    let mut found: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in spoken.chain(brand.values.opposed_in(read)) {
        if is_meant(read, &hit) {
            found.entry(hit.of).or_insert(hit);
        }
    }
    for (value, hit) in found {
        said.entry(Said::Against(value)).or_default().push(read.quote(place, hit.from, hit.to));
    }
}

#[cfg(test)]
mod tests;
