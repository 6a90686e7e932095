//! Values: which of a brand's values a creator's own words show, each with quotes, and how often.
//!
//! A post shows a value when it uses one of the value's words and does not deny it ("not sustainable"). Posts that are paid
//! for are told apart and never counted: their words may be the payer's. What is read are words about things and ways of
//! living; values that would touch religion, politics, health, descent or love are refused, not only absent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Unit};
use serde::Serialize;

use super::curves::{Measure, Together, at_least, half_at, mean_of_known};
use super::phrases::{Hit, Phrases, is_denied};
use super::reading::{Quote, TextRead, TextsRead, fold, is_own_post};
use super::{BrandValue, FitPart, MIDDLE_SHARE, POSTS_MIN, QUOTES_MAX};
use crate::intervals::jeffreys_interval;

/// The version of the words and rules here; results keep the version they were made with.
pub const VALUES_VERSION: u32 = 1;

const METHOD: &str = "values_shown";

/// One value of the shipped list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShippedValue {
    pub code: &'static str,
    pub name: &'static str,
    #[serde(skip)]
    words: Vec<&'static str>,
    #[serde(skip)]
    against: Vec<&'static str>,
}

static SHIPPED: LazyLock<Vec<ShippedValue>> = LazyLock::new(|| read(include_str!("values.tsv")));

fn read(table: &'static str) -> Vec<ShippedValue> {
    let mut values: Vec<ShippedValue> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [code, kind, words @ ..] = cells.as_slice() else { continue };
        match (*kind, values.last_mut().filter(|value| value.code == *code)) {
            ("against", Some(value)) => value.against.extend(words),
            (_, Some(value)) => value.words.extend(words),
            (_, None) => {
                let name = words.first().copied().unwrap_or(code);
                values.push(ShippedValue { code, name, words: vec![], against: vec![] });
            }
        }
    }
    values
}

/// The everyday values that are shipped with words in English, German, French and Spanish.
pub fn shipped_values() -> &'static [ShippedValue] {
    &SHIPPED
}

/// Why a brand's value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("a value has no name; give one, or a code of the list such as `handmade`")]
    NoName,
    #[error(
        "the value {0:?} is not in the list and has no words; give the words by which people show it, e.g. \"slow tea\""
    )]
    NoWords(String),
    #[error(
        "the value {value:?} has the word {word:?}, which would sort people by religion, politics, health, descent or love; \
         that is never looked for. Name a property of the product instead"
    )]
    AboutThePerson { value: String, word: String },
}

/// Words that tell of a person what is never looked for. A guard against mistakes and by no means complete.
static ABOUT_THE_PERSON: LazyLock<Phrases> = LazyLock::new(|| {
    let words = "relig* christian* christlich* chretien* cristian* catholic* katholi* catoli* protestan* evangeli* muslim* musulm* \
                 islam* halal jewish judai* judisch* judio* kosher koscher hindu* buddhis* bouddhis* budis* atheis* church* kirche* \
                 eglise iglesia bible bibel quran koran prayer* politi* republican* democrat* demokrat* conservativ* konservativ* \
                 socialis* sozialis* communis* kommunis* feminis* abortion* abtreib* avortement trump* brexit leftist* rightwing* \
                 migrant* refugee* ethnic* ethni* racial* latinx gay gays lesbian* lesbisch* queer* lgbt* bisex* transgender* \
                 transsex* homosex* heterosex* diabet* depress* anxiety cancer* krebs autis* adhd disabil* behinder* handicap* \
                 discapac* disease* krankheit* maladie* enfermedad* disorder* illness* pregnan* schwanger* enceinte embaraz* obes* \
                 adipos*";
    Phrases::new(words.split_whitespace())
});

/// A brand's values with their words, made once for many creators.
pub struct Values {
    names: Vec<ValueName>,
    words: Phrases,
    word_of: Vec<usize>,
    against: Phrases,
    against_of: Vec<usize>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct ValueName {
    code: String,
    name: String,
}

impl Values {
    /// Takes a brand's values: one whose name is a code or name of the list brings the list's words, and own words are added.
    ///
    /// Refuses a value without a name or words, and one whose words would tell of a person what is never looked for.
    /// Cost: `O(words log words)`.
    pub fn of(brand: &[BrandValue]) -> Result<Values, ValueError> {
        let mut names = Vec::new();
        let (mut shipped, mut own, mut against) = (Vec::new(), Vec::new(), Vec::new());
        for (place, value) in brand.iter().enumerate() {
            let name = value.name.trim();
            if name.is_empty() {
                return Err(ValueError::NoName);
            }
            let is_it = |listed: &&ShippedValue| listed.code == name || fold(listed.name) == fold(name);
            let listed = SHIPPED.iter().find(is_it);
            let words: Vec<&str> = value.words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).collect();
            for typed in words.iter().copied().chain(listed.is_none().then_some(name)) {
                refuse_about_the_person(name, typed)?;
            }
            if words.is_empty() && listed.is_none() {
                return Err(ValueError::NoWords(name.to_owned()));
            }
            own.extend(words.iter().map(|word| (place, *word)));
            if let Some(listed) = listed {
                shipped.extend(listed.words.iter().map(|word| (place, *word)));
                against.extend(listed.against.iter().map(|word| (place, *word)));
            }
            let (code, name) = listed.map_or((name, name), |listed| (listed.code, listed.name));
            names.push(ValueName { code: code.to_owned(), name: name.to_owned() });
        }
        let words = |of: &[(usize, &'static str)]| Phrases::new(of.iter().map(|(_, word)| *word));
        let own_words = Phrases::literal(own.iter().map(|(_, word)| *word));
        let word_of = shipped.iter().map(|(place, _)| *place).chain(own.iter().map(|(place, _)| *place)).collect();
        let against_of = against.iter().map(|(place, _)| *place).collect();
        Ok(Values { names, words: words(&shipped).and(own_words), word_of, against: words(&against), against_of })
    }

    pub fn name(&self, place: usize) -> &str {
        &self.names[place].name
    }

    pub fn code(&self, place: usize) -> &str {
        &self.names[place].code
    }

    /// Words of values that the text affirms; `of` is the value's place.
    pub(super) fn shown_in(&self, read: &TextRead<'_>) -> Vec<Hit> {
        let mut hits = self.named_in(read);
        if hits.is_empty() {
            return hits;
        }
        let denied: Vec<usize> = DENIED_AFTER.hits(read, &hits).iter().filter_map(|hit| hit.target).collect();
        let mut place = 0;
        hits.retain(|hit| {
            place += 1;
            !denied.contains(&(place - 1)) && !is_denied(read, hit.from)
        });
        hits
    }

    /// Words of values, whether the text affirms them or not; `of` is the value's place.
    pub(super) fn named_in(&self, read: &TextRead<'_>) -> Vec<Hit> {
        let of = |hit: Hit| Hit { of: self.word_of[hit.of], ..hit };
        self.words.hits(read, &[]).into_iter().map(of).collect()
    }

    /// Words that speak against a value; `of` is the value's place.
    pub(super) fn opposed_in(&self, read: &TextRead<'_>) -> Vec<Hit> {
        let of = |hit: Hit| Hit { of: self.against_of[hit.of], ..hit };
        self.against.hits(read, &[]).into_iter().map(of).collect()
    }
}

/// Denials that follow: "nachhaltig ist das nicht".
static DENIED_AFTER: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "TARGET (ist|sind|war|waren|wirkt) (das|dies|es|er|sie|die|der|dieses|diese) ~2 (nicht|keineswegs)",
        "TARGET (it|this|that|they) (is|are|was|were) (not|never)",
        "TARGET (it|this|that|they) (isn|aren|wasn|weren) t",
        "TARGET (ca|ce) ne l est pas",
    ])
});

fn refuse_about_the_person(value: &str, typed: &str) -> Result<(), ValueError> {
    let read = TextRead::of(typed);
    match ABOUT_THE_PERSON.hits(&read, &[]).first() {
        Some(hit) => Err(ValueError::AboutThePerson { value: value.to_owned(), word: read.word(hit.from).to_owned() }),
        None => Ok(()),
    }
}

/// One value of the brand as the creator's words show it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ValueShown {
    /// The list's code, or the brand's own name for it.
    pub code: String,
    pub name: String,
    /// Own posts that use its words and do not deny it.
    pub posts_with: u64,
    /// Own posts read: without the profile's words and what is paid for.
    pub posts_read: u64,
    /// Posts paid for that use its words; they count nothing.
    pub paid_posts_with: u64,
    /// Whether the profile's own words show it.
    pub in_bio: bool,
    /// From the profile and own posts, the newest first, at most five.
    pub quotes: Vec<Quote>,
    /// Share, 0..=1, of own posts.
    pub share: Estimate,
}

/// Which of the brand's values the creator shows, in the brand's order.
///
/// Formula: `share` = own posts that use a word of the value and do not deny it / own posts read, Jeffreys interval at 90 %.
/// A word is denied by "not", "nicht", "pas", "sin" and the like among the four words before it in its clause, and by a few
/// endings ("nachhaltig ist das nicht").
/// Inputs: `texts` of one creator, each once; `values` of the brand.
/// Output: shares 0..=1; not known with a reason where no own post was read. Cost: `O(words log phrases)`.
/// Source: words by hand; Jeffreys: Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::matching::fit::{BrandValue, TextSeen, TextsRead, Values, values_shown};
/// use model::Timestamp;
/// let post = |text| TextSeen { text, at: Timestamp(0), is_bio: false, paid: None };
/// let texts = [post("Handmade mugs from my kiln"), post("Das ist leider nicht handgemacht"), post("Rain again")];
/// let brand = [BrandValue { name: "handmade".to_owned(), words: vec![] }];
/// let shown = values_shown(&TextsRead::of(&texts), &Values::of(&brand).unwrap());
/// assert_eq!((shown[0].posts_with, shown[0].posts_read), (1, 3));
/// assert_eq!(shown[0].quotes[0].words(&texts), "Handmade mugs from my kiln");
/// ```
pub fn values_shown(texts: &TextsRead<'_>, values: &Values) -> Vec<ValueShown> {
    let mut seen: Vec<Seen> = values.names.iter().map(|_| Seen::default()).collect();
    for (place, text, read) in texts.pairs() {
        let mut first: BTreeMap<usize, Hit> = BTreeMap::new();
        for hit in values.shown_in(read) {
            first.entry(hit.of).or_insert(hit);
        }
        for (value, hit) in first {
            let seen = &mut seen[value];
            match (text.is_bio, is_own_post(text)) {
                (true, _) => seen.in_bio = true,
                (false, true) => seen.posts_with += 1,
                (false, false) => seen.paid_posts_with += 1,
            }
            if text.is_bio || is_own_post(text) {
                seen.quotes.push(read.quote(place, hit.from, hit.to));
            }
        }
    }
    let posts_read = texts.own_posts();
    let shown = |(name, mut seen): (&ValueName, Seen)| {
        texts.sort(&mut seen.quotes);
        seen.quotes.truncate(QUOTES_MAX);
        ValueShown {
            code: name.code.clone(),
            name: name.name.clone(),
            posts_with: seen.posts_with,
            posts_read,
            paid_posts_with: seen.paid_posts_with,
            in_bio: seen.in_bio,
            share: share(&name.name, &seen, posts_read),
            quotes: seen.quotes,
        }
    };
    values.names.iter().zip(seen).map(shown).collect()
}

#[derive(Default)]
struct Seen {
    posts_with: u64,
    paid_posts_with: u64,
    in_bio: bool,
    quotes: Vec<Quote>,
}

fn share(name: &str, seen: &Seen, posts_read: u64) -> Estimate {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let leaf = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let over = leaf("own posts that use its words and do not deny it", seen.posts_with);
    let words = format!("of the creator's own posts, those that show \"{name}\"");
    let ratio = Explanation::ratio(words, Unit::Share, over, leaf("own posts read", posts_read));
    let (Some(value), Some(range)) = (ratio.value, jeffreys_interval(seen.posts_with, posts_read, level)) else {
        let reason = "no own post was read; import posts with their captions";
        return Estimate {
            version: VALUES_VERSION,
            ..Estimate::not_known(Unit::Share, METHOD, 0, "own posts", reason)
        };
    };
    let explanation = ratio.with_formula("own posts with words of the value / own posts read").with_rows(
        posts_read,
        "own posts",
        None,
    );
    Estimate {
        version: VALUES_VERSION,
        ..Estimate::known(value, range.lo, range.hi, posts_read, "own posts", METHOD, explanation)
    }
    .graded(Grade::C)
}

/// How much of what the brand stands for the creator shows, 0..=1: the part [`FitPart::Values`] of a fit.
///
/// Formula: the mean over the brand's values of `share / (share + 0.1)`, so that one own post in ten counts a half; a value
/// that the profile names counts a half at least. The ends of the interval are made of the ends alike: values are read in
/// the same posts, so they may all be too high at once.
/// Inputs: what [`values_shown`] gives. Output: 0..=1; not known with a reason without values, or under 5 own posts.
/// Cost: `O(values)`. Source: our own choice.
pub fn values_part(shown: &[ValueShown]) -> Estimate {
    let posts_read = shown.first().map_or(0, |value| value.posts_read);
    let refused = |reason: String| FitPart::Values.not_known(posts_read, "own posts", reason);
    if shown.is_empty() {
        return refused("the brand names no values; add some on the brand's page".to_owned());
    }
    if posts_read < POSTS_MIN {
        return refused(format!(
            "{posts_read} own posts were read; at least {POSTS_MIN} are needed: import more posts with their captions"
        ));
    }
    let measure = |value: &ValueShown| {
        let words = format!("shows \"{}\"", value.name);
        let measure = half_at(MIDDLE_SHARE, &value.share, words);
        let estimate = if value.in_bio { at_least(0.5, measure, "the profile names it") } else { measure };
        Measure { weight: 1.0, estimate }
    };
    let measures: Vec<Measure> = shown.iter().map(measure).collect();
    mean_of_known(FitPart::Values, &measures, Together::RiseTogether)
}

#[cfg(test)]
mod tests;
