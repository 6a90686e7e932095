//! Rivals: where they are named, and whether the words say that the creator works for one or was paid by one.

use std::collections::BTreeMap;

use model::{Grade, Timestamp};

use super::super::phrases::{Hit, is_denied};
use super::super::reading::{Kind, Quote, TextRead, TextSeen, TextsRead, fold};
use super::{BrandWords, ConflictKind, Said, is_word, words};
use crate::vetting::disclosure::{MarkKind, PostWords, SponsoredPost, disclosure};

/// A rival as it is looked for.
pub(super) struct RivalName {
    pub name: String,
    /// Folded, without blanks and signs, as in a mention.
    joined: String,
    /// Whether it is one word with a capital, which in small letters is an everyday word: "Gap".
    needs_capital: bool,
}

impl RivalName {
    pub fn of(name: &str) -> RivalName {
        let parts = name.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).count();
        let joined: String = fold(name).chars().filter(|letter| letter.is_alphanumeric()).collect();
        let has_capital = name.trim_start_matches(['@', '#']).starts_with(char::is_uppercase);
        RivalName { name: name.trim().to_owned(), joined, needs_capital: parts == 1 && has_capital }
    }

    /// "@golden.keg" and "@goldenkeg_fr" are of Golden Keg.
    fn is_account(&self, mentioned: &str) -> bool {
        let plain: String = mentioned.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let begins = mentioned.strip_prefix(self.joined.as_str());
        plain == self.joined || begins.is_some_and(|rest| rest.starts_with(['_', '.']))
    }
}

impl BrandWords {
    /// Where rivals are named; `of` is the rival's place.
    fn rivals_in(&self, read: &TextRead<'_>) -> Vec<Hit> {
        let is_name = |hit: &Hit| {
            let is_written = read.tokens[hit.from].kind == Kind::Hashtag || read.is_capital(hit.from);
            is_written || !self.rival_names[hit.of].needs_capital
        };
        let mut hits: Vec<Hit> = self.rivals.hits(read, &[]).into_iter().filter(is_name).collect();
        for at in 0..read.tokens.len() {
            let word = read.word(at);
            let is_named = |rival: &RivalName| match read.tokens[at].kind {
                Kind::Mention => rival.is_account(word),
                Kind::Hashtag => paid_tag(word, rival).is_some(),
                Kind::Word | Kind::Link => false,
            };
            let named = self.rival_names.iter().enumerate().filter(|(_, rival)| is_named(rival));
            hits.extend(named.map(|(of, _)| Hit { of, from: at, to: at + 1, target: None }));
        }
        hits.sort_by_key(|hit| (hit.from, hit.of));
        hits
    }
}

/// "#nikeambassador", "#nikead".
fn paid_tag(tag: &str, rival: &RivalName) -> Option<ConflictKind> {
    let rest = tag.strip_prefix(rival.joined.as_str()).filter(|_| rival.joined.len() >= 3)?;
    if words::AMBASSADOR_TAGS.contains(&rest) {
        return Some(ConflictKind::RivalAmbassador);
    }
    words::PAID_TAGS.contains(&rest).then_some(ConflictKind::RivalPaidPost)
}

/// A text that names rivals.
struct Naming<'t> {
    place: usize,
    named: Vec<Hit>,
    /// The sentence of the first rival and the one after it.
    near: &'t str,
}

/// Puts what each text says of rivals where it belongs, the gravest of each rival alone.
pub(super) fn of_rivals(texts: &TextsRead<'_>, brand: &BrandWords, said: &mut BTreeMap<Said, Vec<Quote>>) {
    let mut naming = Vec::new();
    for (place, _, read) in texts.pairs() {
        let named = brand.rivals_in(read);
        let Some(first) = named.first() else { continue };
        let sentence = read.sentence_of(first.from);
        let end = if sentence.end < read.tokens.len() { read.sentence_of(sentence.end).end } else { sentence.end };
        let to = read.tokens.get(end).map_or(read.text.len(), |token| token.from);
        let near = &read.text[read.tokens[sentence.start].from..to];
        naming.push(Naming { place, named, near });
    }
    if naming.is_empty() {
        return;
    }
    let paid = paid_texts(texts, &naming);
    for (text, is_paid) in naming.iter().zip(paid) {
        let (seen, read) = (&texts.seen[text.place], &texts.read[text.place]);
        let mut worst: BTreeMap<usize, (Said, Hit)> = BTreeMap::new();
        for (what, hit) in signs(seen, read, &text.named, brand, is_paid) {
            let rival = match what {
                Said::Ambassador(rival) | Said::PaidPost(rival) | Said::Mentions(rival) => rival,
                _ => continue,
            };
            let held = worst.entry(rival).or_insert((what, hit));
            if what < held.0 {
                *held = (what, hit);
            }
        }
        for (what, hit) in worst.into_values() {
            said.entry(what).or_default().push(read.quote(text.place, hit.from, hit.to));
        }
    }
}

/// Whether each text is paid for: by what the caller knows, by what the whole of it says, or by a code or link near the rival.
fn paid_texts(texts: &TextsRead<'_>, naming: &[Naming<'_>]) -> Vec<bool> {
    let marked = |words_of: &dyn Fn(&Naming<'_>) -> String, counts: &dyn Fn(&SponsoredPost) -> bool| -> Vec<bool> {
        let words: Vec<String> = naming.iter().map(words_of).collect();
        let post = |words| PostWords { at: Timestamp(0), words, marked_paid: None, declared_language: None };
        let posts: Vec<PostWords<'_>> = words.iter().map(|words| post(words.as_str())).collect();
        let mut is_marked = vec![false; naming.len()];
        disclosure(&posts, None, Grade::D)
            .posts
            .iter()
            .filter(|post| counts(post))
            .for_each(|post| is_marked[post.place] = true);
        is_marked
    };
    let says_so = |post: &SponsoredPost| {
        post.disclosure.is_some() || post.marks.iter().any(|mark| matches!(mark.kind, MarkKind::SaysSo))
    };
    let whole = marked(&|text| texts.read[text.place].text.to_owned(), &says_so);
    let near = marked(&|text| text.near.to_owned(), &|_| true);
    let known = |text: &Naming<'_>| texts.seen[text.place].paid == Some(true);
    naming.iter().zip(whole).zip(near).map(|((text, whole), near)| known(text) || whole || near).collect()
}

/// Every sign of a rival in one text, with the words that show it.
fn signs(
    seen: &TextSeen<'_>,
    read: &TextRead<'_>,
    named: &[Hit],
    brand: &BrandWords,
    is_paid: bool,
) -> Vec<(Said, Hit)> {
    let mut signs: Vec<(Said, Hit)> = named.iter().map(|hit| (Said::Mentions(hit.of), *hit)).collect();
    let of_target = |hit: Hit| Some((named[hit.target?].of, hit));
    let works = words::AMBASSADOR.hits(read, named).into_iter().filter_map(of_target);
    signs.extend(works.filter(|(_, hit)| is_now_and_me(read, hit)).map(|(rival, hit)| (Said::Ambassador(rival), hit)));
    let paid = words::PAID.hits(read, named).into_iter().filter_map(of_target);
    let paid_kind = |rival: usize| if seen.is_bio { Said::Ambassador(rival) } else { Said::PaidPost(rival) };
    signs.extend(paid.filter(|(_, hit)| is_now_and_me(read, hit)).map(|(rival, hit)| (paid_kind(rival), hit)));
    let tagged = |hit: &&Hit| read.tokens[hit.from].kind == Kind::Hashtag;
    let of_tag = |hit: &Hit| Some((paid_tag(read.word(hit.from), &brand.rival_names[hit.of])?, *hit));
    signs.extend(named.iter().filter(tagged).filter_map(of_tag).map(|(kind, hit)| match kind {
        ConflictKind::RivalAmbassador => (Said::Ambassador(hit.of), hit),
        _ => (Said::PaidPost(hit.of), hit),
    }));
    let mentions = |at: &usize| read.tokens[*at].kind == Kind::Mention;
    let is_own = |at: usize| brand.own_name.as_ref().is_some_and(|own| own.is_account(read.word(at)));
    let names_the_brand = brand.targets.hits(read, &[]).iter().any(|hit| hit.of == 0 && brand.has_own_name())
        || (0..read.tokens.len()).filter(mentions).any(is_own);
    if is_paid && !names_the_brand {
        let is_rival = |at: &usize| named.iter().any(|hit| hit.from == *at);
        let another = (0..read.tokens.len()).filter(mentions).any(|at| !is_rival(&at));
        let promoted = named.iter().filter(|hit| mentions(&hit.from) || !another);
        let promoted = promoted.filter(|hit| !is_compared(read, hit.from) && !is_denied(read, hit.from));
        signs.extend(promoted.map(|hit| (paid_kind(hit.of), *hit)));
    }
    signs
}

fn is_compared(read: &TextRead<'_>, at: usize) -> bool {
    read.clause_before(at).take(3).any(|before| is_word(read, before, words::COMPARES))
}

/// Whether it is said of the writer and of now: not of a friend, of the past, of a wish or of a programme.
fn is_now_and_me(read: &TextRead<'_>, hit: &Hit) -> bool {
    let is_other = read.clause_before(hit.from).take(8).any(|at| is_word(read, at, words::NOT_NOW_NOT_ME));
    let is_thing = read.clause_after(hit.to).take(1).any(|at| is_word(read, at, words::OF_A_THING));
    let is_asked = read.gap_text(read.sentence_of(hit.from).end).trim_start().starts_with('?');
    !is_other && !is_thing && !is_asked && !is_denied(read, hit.from)
}
