//! Phrases that are looked for at once in what was read, as whole words within a sentence, and what denies them.

use std::collections::BTreeMap;

use super::reading::{Gap, Kind, TextRead, fold};

/// One word as it is looked for.
#[derive(Clone, PartialEq, Debug)]
struct Form {
    word: String,
    /// Whether words that only begin so count as well.
    is_beginning: bool,
}

/// Words side by side.
type Forms = Vec<Form>;

/// One step of a phrase.
#[derive(Clone, PartialEq, Debug)]
enum Piece {
    /// One of these.
    Words(Vec<Forms>),
    /// One of these, or nothing.
    Perhaps(Vec<Forms>),
    /// What the caller found before: a rival, a product, a value.
    Target,
    /// Up to so many tokens of any kind.
    Anything(usize),
}

/// Where something was found: tokens `from..to`. `of` is the phrase's place or the target's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub of: usize,
    pub from: usize,
    pub to: usize,
    /// The target that the phrase ran over, by its place among those given.
    pub target: Option<usize>,
}

/// Phrases looked for at once.
///
/// Written as words with blanks: `(a|b c)` one of these, `(a|b c)?` or nothing, `word*` words that begin so, `~3` up to three
/// words of any kind, `TARGET` what the caller found before. A phrase begins with a word or `TARGET`. It never reaches over
/// the end of a clause, but for `: TARGET`. A phrase of fixed words is also found as one hashtag.
#[derive(Default)]
pub(super) struct Phrases {
    pieces: Vec<Vec<Piece>>,
    words: Lookup,
    hashtags: Lookup,
    by_target: Vec<usize>,
}

impl Phrases {
    pub fn new<S: AsRef<str>>(written: impl IntoIterator<Item = S>) -> Phrases {
        Phrases::of(written.into_iter().map(|phrase| parsed(phrase.as_ref())))
    }

    /// The same of words somebody typed, in which no sign has a meaning.
    pub fn literal<S: AsRef<str>>(typed: impl IntoIterator<Item = S>) -> Phrases {
        let word = |word: &str| Piece::Words(vec![vec![Form { word: fold(word), is_beginning: false }]]);
        Phrases::of(typed.into_iter().map(|phrase| words_of(phrase.as_ref()).map(word).collect()))
    }

    /// All phrases of one and then all of the other.
    pub fn and(mut self, other: Phrases) -> Phrases {
        self.pieces.extend(other.pieces);
        Phrases::of(self.pieces)
    }

    fn of(pieces: impl IntoIterator<Item = Vec<Piece>>) -> Phrases {
        let mut phrases = Phrases { pieces: pieces.into_iter().collect(), ..Phrases::default() };
        let (mut words, mut hashtags) = (BTreeMap::new(), BTreeMap::new());
        for (place, pieces) in phrases.pieces.iter().enumerate() {
            match pieces.first() {
                Some(Piece::Words(choices)) => {
                    for form in choices.iter().filter_map(|forms| forms.first()) {
                        let key = (form.word.clone(), form.is_beginning);
                        words.entry(key).or_insert_with(Vec::new).push(place);
                    }
                }
                Some(Piece::Target) => phrases.by_target.push(place),
                _ => {}
            }
            if let Some(form) = as_hashtag(pieces) {
                hashtags.entry((form.word, form.is_beginning)).or_insert_with(Vec::new).push(place);
            }
        }
        (phrases.words, phrases.hashtags) = (Lookup::of(words), Lookup::of(hashtags));
        phrases
    }

    /// Everything found, by place in the text and then by phrase. Cost `O(words log phrases)`.
    pub fn hits(&self, read: &TextRead<'_>, targets: &[Hit]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for at in 0..read.tokens.len() {
            match read.tokens[at].kind {
                Kind::Word => self.words.each(read.word(at), |of| self.matched(read, targets, at, of, &mut hits)),
                Kind::Hashtag => {
                    self.hashtags.each(read.word(at), |of| hits.push(Hit { of, from: at, to: at + 1, target: None }));
                }
                Kind::Mention | Kind::Link => {}
            }
            if targets.iter().any(|target| target.from == at) {
                self.by_target.iter().for_each(|of| self.matched(read, targets, at, *of, &mut hits));
            }
        }
        hits
    }

    fn matched(&self, read: &TextRead<'_>, targets: &[Hit], at: usize, of: usize, hits: &mut Vec<Hit>) {
        let looking = Looking { read, targets, start: at };
        hits.extend(looking.ends(at, &self.pieces[of], None).map(|(to, target)| Hit { of, from: at, to, target }));
    }
}

struct Looking<'l> {
    read: &'l TextRead<'l>,
    targets: &'l [Hit],
    start: usize,
}

impl Looking<'_> {
    /// Where the pieces end when they are matched from here, and the target they ran over.
    fn ends(&self, at: usize, pieces: &[Piece], target: Option<usize>) -> Option<(usize, Option<usize>)> {
        let Some((piece, rest)) = pieces.split_first() else { return Some((at, target)) };
        let is_joined =
            |at: usize| self.read.tokens.get(at).is_some_and(|token| at == self.start || token.gap == Gap::Blank);
        let is = |at: usize, form: &Form| {
            let word = self.read.word(at);
            let is_same = if form.is_beginning { word.starts_with(form.word.as_str()) } else { word == form.word };
            is_same && self.read.tokens[at].kind == Kind::Word
        };
        let has = |forms: &Forms| forms.iter().zip(at..).all(|(form, at)| is_joined(at) && is(at, form));
        let one_of = |choices: &[Forms]| {
            let mut held = choices.iter().filter(|forms| has(forms));
            held.find_map(|forms| self.ends(at + forms.len(), rest, target))
        };
        match piece {
            Piece::Words(choices) => one_of(choices),
            Piece::Perhaps(choices) => one_of(choices).or_else(|| self.ends(at, rest, target)),
            Piece::Target => {
                let follows = || at < self.read.tokens.len() && self.read.gap_text(at).trim() == ":";
                let place = self.targets.iter().position(|target| target.from == at);
                let place = place.filter(|_| is_joined(at) || follows())?;
                self.ends(self.targets[place].to, rest, Some(place))
            }
            Piece::Anything(most) => (0..=*most)
                .take_while(|more| (at..at + more).all(is_joined))
                .find_map(|more| self.ends(at + more, rest, target)),
        }
    }
}

/// Words and beginnings of words, each with its phrases.
#[derive(Default)]
struct Lookup {
    whole: BTreeMap<String, Vec<usize>>,
    /// Sorted; of each the longest other one that it begins with.
    beginnings: Vec<(String, Option<usize>, Vec<usize>)>,
}

impl Lookup {
    fn of(words: BTreeMap<(String, bool), Vec<usize>>) -> Lookup {
        let mut lookup = Lookup::default();
        for ((word, is_beginning), phrases) in words {
            if !is_beginning {
                lookup.whole.insert(word, phrases);
                continue;
            }
            // What begins a word sorts before it, so the nearest is the one before or one of its own.
            let mut shorter = lookup.beginnings.len().checked_sub(1);
            while let Some(place) = shorter.filter(|place| !word.starts_with(lookup.beginnings[*place].0.as_str())) {
                shorter = lookup.beginnings[place].1;
            }
            lookup.beginnings.push((word, shorter, phrases));
        }
        lookup
    }

    fn each(&self, word: &str, mut visit: impl FnMut(usize)) {
        self.whole.get(word).into_iter().flatten().for_each(|phrase| visit(*phrase));
        let mut place = self.beginnings.partition_point(|(begin, ..)| begin.as_str() <= word).checked_sub(1);
        while let Some(at) = place {
            let (begin, shorter, phrases) = &self.beginnings[at];
            if word.starts_with(begin.as_str()) {
                phrases.iter().for_each(|phrase| visit(*phrase));
            }
            place = *shorter;
        }
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).filter(|word| !word.is_empty())
}

fn parsed(phrase: &str) -> Vec<Piece> {
    let form = |word: &str| Form { word: fold(word.trim_end_matches('*')), is_beginning: word.ends_with('*') };
    let forms = |words: &str| words.split_whitespace().map(form).collect::<Forms>();
    let choices = |group: &str| group.split('|').map(forms).collect::<Vec<Forms>>();
    let mut pieces = Vec::new();
    let mut rest = phrase.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with('(') { rest.find(')').expect("a shipped group is closed") } else { 0 };
        let end = rest[end..].find(char::is_whitespace).map_or(rest.len(), |blank| end + blank);
        let (part, after) = rest.split_at(end);
        rest = after.trim_start();
        pieces.push(if part == "TARGET" {
            Piece::Target
        } else if let Some(most) = part.strip_prefix('~') {
            Piece::Anything(most.parse().expect("the gap of a shipped phrase is a number"))
        } else if let Some(group) = part.strip_prefix('(').and_then(|part| part.strip_suffix(")?")) {
            Piece::Perhaps(choices(group))
        } else if let Some(group) = part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
            Piece::Words(choices(group))
        } else {
            Piece::Words(vec![vec![form(part)]])
        });
    }
    pieces
}

/// "zero waste" is "#zerowaste" too.
fn as_hashtag(pieces: &[Piece]) -> Option<Form> {
    let mut joined = Form { word: String::new(), is_beginning: false };
    for piece in pieces {
        let Piece::Words(choices) = piece else { return None };
        let [forms] = choices.as_slice() else { return None };
        let [form] = forms.as_slice() else { return None };
        joined.word.push_str(&form.word);
        joined.is_beginning = form.is_beginning;
    }
    (joined.word.len() >= 2).then_some(joined)
}

/// One of the words before in the same clause that denies what follows must be so near.
const DENIES_WITHIN: usize = 4;

/// Words that deny what follows, in English, German, French and Spanish, folded; "don't" is read as "don" and "t".
#[rustfmt::skip]
const DENIALS: &[&str] = &[
    "not", "no", "never", "t", "isnt", "arent", "dont", "doesnt", "didnt", "wasnt", "cant", "wont", "cannot", "without", "neither",
    "nor", "hardly", "barely", "nicht", "kein", "keine", "keinen", "keiner", "keinem", "keines", "keinerlei", "ohne", "nie",
    "niemals", "weder", "kaum", "pas", "jamais", "sans", "aucun", "aucune", "ni", "sin", "nunca", "jamas", "ningun", "ninguna",
    "tampoco",
];
const WITHOUT: &[&str] = &["without", "ohne", "sans", "sin"];
/// After these a word of denial denies nothing: "not only", "can't wait for", "no doubt".
#[rustfmt::skip]
const NO_DENIAL_BEFORE: &[&str] = &[
    "only", "just", "merely", "wait", "help", "stop", "doubt", "wonder", "forget", "nur", "bloss", "seulement", "uniquement", "que",
    "solo", "solamente", "matter",
];

/// Whether a word before in the same clause denies what begins here: "not sustainable", "nicht wirklich nachhaltig". A double
/// denial with "without" affirms ("never without"), and "not only" denies nothing.
pub(super) fn is_denied(read: &TextRead<'_>, place: usize) -> bool {
    let is = |at: usize, words: &[&str]| read.tokens[at].kind == Kind::Word && words.contains(&read.word(at));
    let near = |place: usize| read.clause_before(place).take(DENIES_WITHIN);
    let is_taken_back = near(place).any(|at| is(at, WITHOUT) && near(at).any(|before| is(before, DENIALS)));
    !is_taken_back && near(place).any(|at| is(at, DENIALS) && !is(at + 1, NO_DENIAL_BEFORE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, text: &str) -> bool {
        !Phrases::new([phrase]).hits(&TextRead::of(text), &[]).is_empty()
    }

    #[test]
    fn a_phrase_is_found_as_whole_words_within_a_clause() {
        let cases = [
            ("zero waste", "a zero-waste kitchen", true),
            ("zero waste", "zero, waste", false),
            ("zero waste", "#ZeroWaste", true),
            ("zero waste", "#zerowastelife", false),
            ("zero waste*", "#zerowastelife", true),
            ("fair*", "unfair", false),
            ("fair*", "Fairness", true),
            ("fair", "fairy", false),
            ("no (paid)? (collabs|ads)", "no collabs", true),
            ("no (paid)? (collabs|ads)", "no paid ads", true),
            ("no (paid)? (collabs|ads)", "no unpaid collabs", false),
            ("(say no|refuse) (at all)? ads", "we say no at all ads", true),
            ("(say no|refuse) (at all)? ads", "refuse ads", true),
            ("(say no|refuse) (at all)? ads", "say ads", false),
            ("work with ~2 beer", "work with any kind of beer", false),
            ("work with ~2 beer", "work with any big beer", true),
        ];
        for (phrase, text, expected) in cases {
            assert_eq!(found(phrase, text), expected, "{phrase} in {text}");
        }
    }

    #[test]
    fn beginnings_within_beginnings_are_all_found() {
        let phrases = Phrases::new(["hand*", "handmade*", "hank*", "handmadeness*", "ha*"]);
        let of = |text: &str| {
            let mut of: Vec<usize> = phrases.hits(&TextRead::of(text), &[]).iter().map(|hit| hit.of).collect();
            of.sort_unstable();
            of
        };
        assert_eq!(of("handmades"), [0, 1, 4]);
        assert_eq!(of("hat"), [4]);
        assert_eq!(of("handmadenesses"), [0, 1, 3, 4]);
        assert_eq!(of("hb"), [0_usize; 0]);
    }

    #[test]
    fn signs_that_somebody_typed_mean_nothing() {
        let phrases = Phrases::literal(["(slow* ~2 tea)"]);
        assert_eq!(phrases.hits(&TextRead::of("slow 2 tea"), &[]).len(), 1);
        assert_eq!(phrases.hits(&TextRead::of("slowly a b tea"), &[]).len(), 0);
    }

    #[test]
    fn a_denial_reaches_a_few_words_and_no_further_than_its_clause() {
        let cases = [
            ("this is not X", true),
            ("das ist nicht wirklich X", true),
            ("it isn't really X", true),
            ("ce n'est pas X", true),
            ("no es X", true),
            ("sin ser X", true),
            ("neither cheap nor X", true),
            ("no, X", false),
            ("not only X but loved", false),
            ("nicht nur X", false),
            ("pas seulement X", false),
            ("no solo X", false),
            ("I can't wait for X", false),
            ("I can't live without X", false),
            ("Not mine. X", false),
        ];
        for (text, expected) in cases {
            let read = TextRead::of(text);
            let place = (0..read.tokens.len()).find(|at| read.word(*at) == "x").expect("an x");
            assert_eq!(is_denied(&read, place), expected, "{text}");
        }
    }
}
