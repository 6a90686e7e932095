//! Tags as people write them: with humps and dashes, or several words glued into one.

/// Words that tags are made with and that speak of no niche, sorted.
const GLUE: [&str; 88] = [
    "addict",
    "addicted",
    "addicts",
    "aesthetic",
    "all",
    "and",
    "art",
    "at",
    "best",
    "blog",
    "blogger",
    "bloggers",
    "boy",
    "breakfast",
    "city",
    "club",
    "community",
    "crew",
    "culture",
    "daily",
    "day",
    "days",
    "diaries",
    "enthusiast",
    "every",
    "everyday",
    "family",
    "fan",
    "fans",
    "for",
    "fresh",
    "friends",
    "from",
    "geek",
    "girl",
    "girls",
    "goals",
    "good",
    "gram",
    "great",
    "guide",
    "guy",
    "happy",
    "home",
    "house",
    "hub",
    "ideas",
    "ig",
    "in",
    "insta",
    "inspiration",
    "inspired",
    "inspo",
    "is",
    "journey",
    "junkie",
    "king",
    "lab",
    "lady",
    "life",
    "lifestyle",
    "local",
    "love",
    "lover",
    "lovers",
    "made",
    "mood",
    "morning",
    "my",
    "nerd",
    "of",
    "our",
    "queen",
    "scene",
    "season",
    "shop",
    "stagram",
    "the",
    "time",
    "tips",
    "today",
    "tok",
    "top",
    "tutorial",
    "vibes",
    "weekend",
    "with",
    "world",
];
/// Longer tags are sentences and are not cut.
const LETTERS_MAX: usize = 40;
/// Shorter words stand in many others.
const WORD_LETTERS_MIN: usize = 3;
/// Of several words glued together one must be so long: "carpet" is not about cars and pets.
const LONGEST_LETTERS_MIN: usize = 4;

/// A tag as words, where humps, dashes or spaces part it; `None` where nothing does.
pub(super) fn in_words(tag: &str) -> Option<String> {
    let mut spaced = String::with_capacity(tag.len() + 4);
    let mut before = ' ';
    let mut parted = false;
    for letter in tag.chars() {
        let is_hump = before.is_lowercase() && letter.is_uppercase();
        if is_hump || matches!(letter, '_' | '-' | ' ') {
            spaced.push(' ');
            parted = true;
        }
        if letter.is_alphanumeric() {
            spaced.push(letter);
        }
        before = letter;
    }
    parted.then_some(spaced)
}

/// The best way to the first so many letters: letters that are niche words, where the last piece begins, its phrase.
#[derive(Clone, Copy)]
struct Cut {
    covered: usize,
    begin: usize,
    phrase: Option<u16>,
}

/// The phrases of a glued tag in their order: the cut of the whole tag into niche words and glue in which niche words
/// have most letters; empty where no cut covers it. `words_at` calls with the length and phrase of every niche word that
/// begins some letters. Cost `O(letters * longest word)`.
pub(super) fn pieces(tag: &str, words_at: impl Fn(&str, &mut dyn FnMut(usize, u16))) -> Vec<u16> {
    let letters = tag.to_ascii_lowercase();
    let total = letters.len();
    if total > LETTERS_MAX || !letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return vec![];
    }
    let mut cuts: Vec<Option<Cut>> = vec![None; total + 1];
    cuts[0] = Some(Cut { covered: 0, begin: 0, phrase: None });
    for begin in 0..total {
        let Some(Cut { covered, .. }) = cuts[begin] else { continue };
        let mut offer = |length: usize, phrase: Option<u16>| {
            let covered = covered + phrase.map_or(0, |_| length);
            if cuts[begin + length].is_none_or(|known| covered > known.covered) {
                cuts[begin + length] = Some(Cut { covered, begin, phrase });
            }
        };
        let rest = &letters[begin..];
        words_at(rest, &mut |length, phrase| {
            if length >= WORD_LETTERS_MIN {
                offer(length, Some(phrase));
            }
        });
        GLUE.iter().filter(|glue| rest.starts_with(**glue)).for_each(|glue| offer(glue.len(), None));
    }
    let mut found: Vec<(u16, usize)> = vec![];
    let mut at = total;
    while at > 0 {
        let Some(cut) = cuts[at] else { return vec![] };
        found.extend(cut.phrase.map(|phrase| (phrase, at - cut.begin)));
        at = cut.begin;
    }
    if found.len() > 1 && found.iter().all(|(_, length)| *length < LONGEST_LETTERS_MIN) {
        return vec![];
    }
    found.iter().rev().map(|(phrase, _)| *phrase).collect()
}
