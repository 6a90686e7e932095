//! Which language a group speaks, from a sample of what its members said.

use model::Ratio;
use model::explanation::DEFAULT_LEVEL;
use serde::{Deserialize, Serialize};

use super::participation::ShareRange;
use crate::intervals::jeffreys_interval;

/// Texts of a group that are looked at.
pub const TEXTS_MAX: u32 = 100;
/// The beginning of a text tells its language as well as the whole.
const LETTERS_MAX: usize = 600;
/// Shorter texts do not tell their language.
const WORDS_MIN: usize = 3;
/// Fewer texts than this tell no group's language.
const TEXTS_MIN: u64 = 5;

/// The most spoken language of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenLanguage {
    /// ISO 639-3.
    pub code: String,
    /// In English.
    pub name: String,
    /// Of the texts whose language could be told.
    pub share: ShareRange,
    pub texts: u64,
}

/// The language of one text, ISO 639-3 and in English; `None` for fewer than three words, and where two detectors disagree.
///
/// One detector knows 16 languages, tells them in short texts too, and always answers; another knows 69 and says when it is sure. Where
/// it is sure of a language the first does not know, that is the answer; where it is sure of another of the 16, nothing is told.
/// Cost `O(letters)`, at most 600.
pub fn language_of(text: &str) -> Option<(&'static str, &'static str)> {
    let mut words = String::new();
    let mut in_markup = false;
    for letter in text.chars().take(LETTERS_MAX) {
        match letter {
            '<' => in_markup = true,
            '>' => {
                in_markup = false;
                words.push(' ');
            }
            _ if !in_markup => words.push(letter),
            _ => {}
        }
    }
    let has_letter = |word: &&str| word.chars().any(char::is_alphabetic);
    // Scripts without spaces have one long word for many.
    let letters = words.chars().filter(|letter| letter.is_alphabetic()).count();
    let spaceless = words.chars().filter(|letter| is_written_without_spaces(*letter)).count();
    if words.split_whitespace().filter(has_letter).count() < WORDS_MIN && (spaceless * 2 < letters || letters < 6) {
        return None;
    }
    let first = whichlang::detect_language(&words).three_letter_code();
    let sure = whatlang::detect(&words).filter(whatlang::Info::is_reliable).map(|found| found.lang().code());
    let code = match sure {
        Some(other) if other != first && KNOWN_TO_BOTH.contains(&other) => return None,
        Some(other) => other,
        None => first,
    };
    whatlang::Lang::from_code(code).map(|language| (language.code(), language.eng_name()))
}

/// The languages that both detectors know.
const KNOWN_TO_BOTH: [&str; 16] =
    ["ara", "cmn", "deu", "eng", "fra", "hin", "ita", "jpn", "kor", "nld", "por", "rus", "spa", "swe", "tur", "vie"];

fn is_written_without_spaces(letter: char) -> bool {
    matches!(letter, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// The tag of a language for a page's `lang`, from its ISO 639-3 code: the two-letter one (ISO 639-1) where there is
/// one, as BCP 47 asks; `None` for a code that [`language_of`] does not give.
///
/// ```
/// assert_eq!(engine::conversations::portraits::languages::language_tag("deu"), Some("de"));
/// ```
pub fn language_tag(code: &str) -> Option<&'static str> {
    TAGS.split_whitespace().find_map(|pair| pair.split_once(':').filter(|(long, _)| *long == code)).map(|(_, tag)| tag)
}

/// A language's name in English by its BCP 47 tag; `None` for one that [`language_of`] does not give.
///
/// ```
/// assert_eq!(engine::conversations::portraits::languages::language_named("de"), Some("German"));
/// ```
pub fn language_named(tag: &str) -> Option<&'static str> {
    let long = TAGS.split_whitespace().find_map(|pair| pair.split_once(':').filter(|(_, short)| *short == tag))?.0;
    whatlang::Lang::from_code(long).map(|language| language.eng_name())
}

/// ISO 639-3 to BCP 47 of every language that the detector knows.
const TAGS: &str = "afr:af aka:ak amh:am ara:ar aze:az bel:be ben:bn bul:bg cat:ca ces:cs cmn:zh cym:cy dan:da deu:de \
    ell:el eng:en epo:eo est:et fin:fi fra:fr guj:gu heb:he hin:hi hrv:hr hun:hu hye:hy ind:id ita:it jav:jv jpn:ja \
    kan:kn kat:ka khm:km kor:ko lat:la lav:lv lit:lt mal:ml mar:mr mkd:mk mya:my nep:ne nld:nl nob:nb ori:or pan:pa \
    pes:fa pol:pl por:pt ron:ro rus:ru sin:si slk:sk slv:sl sna:sn spa:es srp:sr swe:sv tam:ta tel:te tgl:tl tha:th \
    tuk:tk tur:tr ukr:uk urd:ur uzb:uz vie:vi yid:yi zul:zu";

/// The most spoken one among the languages of a group's texts; `None` for fewer than five texts. Equal counts go to
/// the smaller code.
pub fn spoken(languages: &[(&'static str, &'static str)]) -> Option<SpokenLanguage> {
    let texts = languages.len() as u64;
    if texts < TEXTS_MIN {
        return None;
    }
    let mut sorted = languages.to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(|a, b| a.0 == b.0).max_by_key(|same| (same.len(), std::cmp::Reverse(same[0].0)))?;
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let range = jeffreys_interval(most.len() as u64, texts, level)?;
    Some(SpokenLanguage {
        code: most[0].0.to_owned(),
        name: most[0].1.to_owned(),
        share: ShareRange { value: most.len() as f64 / texts as f64, lo: range.lo, hi: range.hi },
        texts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_and_short_texts_are_not_guessed_at() {
        let german = "Ich suche ein gutes Bier für den Sommer, das nicht zu bitter ist und in Berlin verkauft wird.";
        let spanish = "¿Alguien me puede recomendar una buena cerveza artesanal para regalar a mi padre este verano? Vivimos en \
                       Sevilla y aquí no encuentro ninguna tienda que tenga más de tres o cuatro clases distintas, y las que \
                       hay son muy caras. También me gustaría saber cuánto tiempo se puede guardar.";
        assert_eq!(language_of(german).map(|found| found.0), Some("deu"));
        assert_eq!(language_of(spanish).map(|found| found.0), Some("spa"));
        assert_eq!(language_of("What hops did you use?").map(|found| found.0), Some("eng"));
        assert_eq!(language_of("この色とても素敵ですね").map(|found| found.0), Some("jpn"));
        let polish = "Szukam dobrego piwa na lato, które nie jest zbyt gorzkie i które można kupić w każdym sklepie.";
        assert_eq!(language_of(polish).map(|found| found.0), Some("pol"), "a language that only one detector knows");
        assert_eq!(language_of("ok, thanks!"), None);
        assert_eq!(language_of("<p></p>"), None);
    }

    #[test]
    fn every_language_of_the_first_detector_is_known_to_the_second() {
        for language in whichlang::LANGUAGES {
            let code = language.three_letter_code();
            assert!(KNOWN_TO_BOTH.contains(&code) && whatlang::Lang::from_code(code).is_some(), "{code}");
        }
        assert_eq!(whichlang::LANGUAGES.len(), KNOWN_TO_BOTH.len());
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may read the open test data; the engine itself reads no file"
    )]
    fn comments_of_an_english_site_are_english_and_the_shortest_are_not_labelled() {
        let beside = || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let root = std::env::var_os("BELLWETHER_TEST_DATA").map_or_else(beside, std::path::PathBuf::from);
        let path = root.join("beer-stackexchange/Comments.xml");
        let Ok(xml) = std::fs::read_to_string(&path) else {
            println!(
                "skipped: comments_of_an_english_site_are_english_and_the_shortest_are_not_labelled because {} is not there",
                path.display()
            );
            return;
        };
        let (mut english, mut labelled, mut short) = (0, 0, 0);
        for row in xml.lines().filter(|line| line.trim_start().starts_with("<row")) {
            let text = row.split(" Text=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a text");
            let entities =
                [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#xA;", " "), ("&#xD;", " "), ("&amp;", "&")];
            let text = entities.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign));
            let found = language_of(&text).map(|found| found.0);
            if text.split_whitespace().count() < 3 {
                short += 1;
                assert_eq!(found, None, "{text:?}");
            }
            labelled += usize::from(found.is_some());
            english += usize::from(found == Some("eng"));
        }
        assert!(labelled > 1_800 && short > 10, "{labelled} labelled, {short} short");
        assert!(english as f64 >= 0.99 * labelled as f64, "{english} of {labelled}");
    }

    #[test]
    fn every_language_that_can_be_told_has_a_tag_for_pages() {
        for language in whatlang::Lang::all() {
            assert!(language_tag(language.code()).is_some(), "{} has no tag", language.code());
        }
        assert_eq!(language_tag("xyz"), None);
    }

    #[test]
    fn a_group_speaks_what_most_of_its_texts_speak() {
        let mut texts = vec![("eng", "English"); 8];
        texts.extend([("deu", "German"); 2]);
        let spoken = spoken(&texts).expect("enough texts");
        assert_eq!((spoken.code.as_str(), spoken.share.value, spoken.texts), ("eng", 0.8, 10));
        assert!(super::spoken(&texts[..3]).is_none());
    }
}
