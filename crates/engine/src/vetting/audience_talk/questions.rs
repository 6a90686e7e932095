//! Questions and stock phrases: whether a comment asks something, and whether a creator's reply says more than "thank you".
//!
//! English, German, French, Spanish, Italian, Portuguese and Dutch; in other languages the mark alone tells a question.

use crate::vetting::comments::features::plain;
use crate::vetting::comments::quality::{PRAISE, TELLING, normalised};

/// A question without its mark has at least so many words.
const UNMARKED_WORDS_MIN: usize = 3;
/// A reply of so many words says more than a stock phrase, if it is none.
const OWN_WORDS_MIN: usize = 4;
/// A stock phrase has no more words than this.
const STOCK_WORDS_MAX: usize = 8;

/// How a question begins: a first word, and the words one of which must follow (none named: any).
#[rustfmt::skip]
const BEGINNINGS: &[(&str, &[&str])] = &[
    // English. "how beautiful", "what a shot", "when I saw", "who cares" and "why I love" ask nothing.
    ("how", &["do", "does", "did", "is", "are", "was", "were", "can", "could", "would", "will", "much", "many", "long",
        "often", "old", "far", "big", "tall", "have", "has", "to", "about", "come", "should"]),
    ("what", &["is", "are", "was", "were", "do", "does", "did", "kind", "brand", "size", "color", "colour", "model",
        "lens", "camera", "time", "about", "would", "should", "can", "type", "shade", "happened"]),
    ("what's", &[]), ("whats", &[]), ("where's", &[]), ("wheres", &[]), ("how's", &[]), ("who's", &["the", "this", "that"]),
    ("where", &["is", "are", "was", "can", "could", "do", "does", "did", "to", "should", "have"]),
    ("when", &["is", "are", "will", "do", "does", "did", "can", "would"]),
    ("who", &["is", "are", "makes", "made", "did", "does", "else", "knows"]),
    ("which", &["one", "ones", "lens", "camera", "brand", "size", "color", "colour", "model", "shade", "do", "did", "would"]),
    ("why", &["is", "are", "do", "does", "did", "not", "would", "can", "can't", "don't", "doesn't", "isn't", "was", "were",
        "have", "has", "should"]),
    ("can", &["you", "i", "we", "it", "this", "someone", "anyone", "somebody", "anybody"]), ("could", &["you", "i", "we", "it"]),
    ("would", &["you", "it", "this"]), ("will", &["you", "it", "this", "there"]), ("do", &["you", "u", "they", "we", "i"]),
    ("does", &["it", "this", "that", "the", "anyone", "anybody", "your"]), ("did", &["you", "u", "it", "they"]),
    ("is", &["it", "this", "that", "there", "the", "your"]), ("are", &["you", "these", "those", "they", "there", "the"]),
    ("have", &["you"]), ("any", &["tips", "tip", "ideas", "idea", "recommendations", "chance", "advice", "link"]),
    ("anyone", &["know", "knows", "tried"]), ("anybody", &["know", "knows", "tried"]),
    // German. "wie schön", "was für ein Bild" and "wenn" ask nothing.
    ("wo", &["hast", "kann", "gibt", "ist", "kauft", "bekommt", "bekomme", "finde", "findet", "habt", "kriegt", "sind", "war", "gibt's", "kauf"]),
    ("wie", &["viel", "viele", "lange", "oft", "heißt", "heisst", "hast", "habt", "machst", "geht", "groß", "gross", "teuer",
        "funktioniert", "alt", "macht", "mache", "kann", "kommt", "lang", "ist", "wird"]),
    ("was", &["ist", "kostet", "hast", "machst", "sind", "hältst", "nimmst", "benutzt", "meinst", "passiert"]),
    ("wer", &["ist", "kann", "hat", "weiß", "weiss", "kennt"]), ("wann", &[]), ("warum", &[]), ("wieso", &[]), ("weshalb", &[]),
    ("woher", &[]), ("womit", &[]), ("welche", &[]), ("welcher", &[]), ("welches", &[]), ("welchen", &[]), ("welchem", &[]),
    ("kannst", &["du"]), ("könntest", &["du"]), ("hast", &["du"]), ("habt", &["ihr"]), ("könnt", &["ihr"]), ("machst", &["du"]),
    ("gibt", &["es"]), ("gibt's", &[]), ("ist", &["das", "die", "der", "es"]), ("weiß", &["jemand", "wer"]), ("weiss", &["jemand", "wer"]),
    // French. "quelle beauté" and "comme c'est beau" ask nothing.
    ("où", &[]), ("combien", &[]), ("pourquoi", &[]), ("est", &["ce"]), ("qu'est", &["ce"]),
    ("comment", &["tu", "vous", "faire", "on", "as", "avez", "ça", "fais", "faites", "est", "il"]),
    ("quel", &["est", "objectif", "appareil", "prix", "modèle"]), ("quelle", &["est", "marque", "taille", "couleur"]),
    ("quels", &["sont"]), ("quelles", &["sont"]), ("quand", &["est", "sort"]), ("qui", &["a", "sait", "connaît"]),
    ("as", &["tu"]), ("avez", &["vous"]), ("peux", &["tu"]), ("pouvez", &["vous"]), ("tu", &["peux"]),
    // Spanish. "qué bonito" and "cuánto amor" ask nothing.
    ("dónde", &[]), ("donde", &["puedo", "lo", "la", "se", "compraste", "está", "es"]), ("cuál", &[]), ("cuáles", &[]),
    ("cual", &["es"]), ("cómo", &["se", "hago", "haces", "puedo", "lo", "hiciste", "es", "te"]), ("como", &["se", "hago", "haces", "puedo", "faço", "faz", "fez", "você", "posso"]),
    ("cuánto", &["cuesta", "vale", "tiempo", "es", "mide"]), ("cuanto", &["cuesta", "vale", "tiempo", "es"]), ("cuándo", &[]),
    ("qué", &["cámara", "marca", "es", "talla", "tipo", "modelo", "lente", "color", "opinas"]), ("quién", &["es", "sabe", "hizo"]),
    ("por", &["qué", "que"]), ("alguien", &["sabe"]), ("alguém", &["sabe"]), ("tienes", &[]), ("puedes", &[]),
    // Italian. "che bello" and "come sei bella" ask nothing.
    ("dove", &["hai", "posso", "si", "è", "lo", "la", "avete", "compri"]), ("dov'è", &[]), ("perché", &[]), ("quanto", &["costa", "custa", "tempo", "dura", "è", "é"]),
    ("quale", &[]), ("quali", &[]), ("qual", &["è", "é", "a", "o", "seu", "sua", "câmera"]), ("come", &["si", "hai", "fai", "posso", "funziona", "avete"]),
    ("chi", &["è", "sa"]), ("quando", &["esce", "è", "arriva", "sai", "vai", "é"]), ("cosa", &["usi", "è", "hai", "ne"]), ("hai", &["usato", "un", "una"]),
    // Portuguese.
    ("onde", &[]), ("quais", &[]), ("quem", &["é", "sabe", "fez"]), ("você", &["pode", "tem", "usa", "sabe"]),
    // Dutch. "wat mooi" and "hoe mooi" ask nothing.
    ("waar", &["kan", "heb", "is", "koop", "vind", "haal", "komt", "kun"]), ("hoe", &["lang", "veel", "heb", "doe", "werkt", "vaak", "groot", "oud", "kan", "heet"]),
    ("wat", &["is", "kost", "voor", "zijn", "heb", "doe", "vind"]), ("welke", &[]), ("waarom", &[]), ("wanneer", &[]),
    ("kun", &["je"]), ("heb", &["je"]), ("weet", &["iemand"]), ("wie", &["weet", "heeft"]),
];

/// Words that come before what is said.
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "hi", "hey", "hello", "omg", "ok", "okay", "so", "and", "but", "oh", "wow", "please", "pls", "sorry", "btw", "question",
    "hallo", "und", "aber", "also", "ach", "sag", "frage", "salut", "bonjour", "et", "mais", "coucou", "hola", "y", "pero",
    "oye", "ciao", "e", "ma", "scusa", "oi", "olá", "mas", "hoi", "en", "maar",
];

/// What is hung behind a statement so that it looks like a question.
#[rustfmt::skip]
const TAILS: &[&str] = &[
    "right", "isn't it", "isnt it", "innit", "huh", "eh", "ok", "okay", "yeah", "no", "you know", "amirite", "am i right", "or what",
    "really", "seriously", "wow", "omg", "lol", "wtf",
    "oder", "oder nicht", "gell", "gelle", "ne", "nicht wahr", "wa", "echt", "wirklich", "ernsthaft",
    "n'est ce pas", "hein", "non", "pas vrai", "vraiment", "sérieux", "verdad", "cierto", "no es así", "en serio",
    "vero", "giusto", "davvero", "né", "não é", "não", "certo", "sério", "toch", "hè", "hé", "niet waar", "of niet",
];

/// Words of thanks that fit under anything; with the list of praise, what stock replies are made of.
#[rustfmt::skip]
const THANKS: &[&str] = &[
    "thank", "thanks", "thx", "ty", "tysm", "appreciate", "appreciated", "glad", "welcome", "danke", "dank", "dankeschön",
    "gern", "gerne", "freut", "merci", "plaisir", "gracias", "grazie", "prego", "obrigada", "obrigado", "brigada", "brigado",
    "valeu", "bedankt", "dankjewel", "dankje", "graag",
];
#[rustfmt::skip]
const AROUND_THANKS: &[&str] = &[
    "much", "many", "lot", "lots", "for", "watching", "support", "to", "my", "dear", "friend", "babe", "hun", "hon", "bro",
    "sis", "like", "liked", "happy", "of", "course", "sure", "always", "means", "that", "all", "too", "we", "guys", "everyone",
    "dir", "dich", "euch", "vielen", "lieben", "herzlichen", "mich", "fürs", "zuschauen", "liebe", "lieber", "schön",
    "beaucoup", "mille", "à", "toi", "vous", "avec", "pour", "ton", "votre", "soutien", "muchas", "muchísimas", "mil", "por",
    "tu", "apoyo", "ti", "de", "nada", "tante", "te", "muito", "je", "wel", "gedaan", "lief", "heel", "erg",
];

/// Whether a text asks something: a sentence with a question mark (?, ？, ؟, or ¿ anywhere) that is more than a tail such as
/// "right?", or, where the mark is missing, a sentence of three words or more that begins as questions do.
///
/// Input: any text. Addresses and mentions are passed over. Cost: O(letters). Source: our own lists, seven languages.
///
/// ```
/// use engine::vetting::audience_talk::asks_something;
/// assert!(asks_something("@ana where did you get the kettle"));
/// assert!(!asks_something("So pretty, right?"));
/// ```
pub fn asks_something(text: &str) -> bool {
    let said = said(text);
    if said.contains('¿') {
        return true;
    }
    let mut from = 0;
    for (at, letter) in said.char_indices() {
        let end = at + letter.len_utf8();
        match letter {
            '?' | '？' | '؟' => {
                if is_marked_question(&said[from..at]) {
                    return true;
                }
                from = end;
            }
            '.' | '\n' | '。' | '…' => {
                if is_unmarked_question(&said[from..at]) {
                    return true;
                }
                from = end;
            }
            '!' | '！' => from = end,
            _ => {}
        }
    }
    is_unmarked_question(&said[from..])
}

/// Whether a creator's reply says more than a stock phrase or emoji: at least four words that are not all thanks and
/// praise, or a question back.
///
/// Input: any text; mentions and addresses are no words, and in scripts without blanks every two letters count as one.
/// Cost: O(letters). Source: our own choice; list of praise as for comment quality.
///
/// ```
/// use engine::vetting::audience_talk::is_expressive;
/// assert!(is_expressive("The kettle is from a flea market in Ghent"));
/// assert!(!is_expressive("@ben thank you so much! 😍"));
/// ```
pub fn is_expressive(text: &str) -> bool {
    if asks_something(text) {
        return true;
    }
    let words = normalised(&said(text));
    let is_telling = |word: &String| TELLING.contains(&word.as_str()) || THANKS.contains(&word.as_str());
    let is_filling = |word: &String| PRAISE.contains(&word.as_str()) || AROUND_THANKS.contains(&word.as_str());
    let is_stock = words.len() <= STOCK_WORDS_MAX
        && words.iter().any(is_telling)
        && words.iter().all(|word| is_telling(word) || is_filling(word));
    !is_stock && words.iter().map(|word| words_in(word)).sum::<usize>() >= OWN_WORDS_MIN
}

/// The text in lower case, without mentions and addresses, with plain apostrophes; lines stay lines.
fn said(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for line in plain(text).lines() {
        for token in line.split_whitespace() {
            let is_address = token.contains("://") || token.starts_with("www.");
            if !token.starts_with('@') && !is_address {
                said.push_str(token);
                said.push(' ');
            }
        }
        said.push('\n');
    }
    said.to_lowercase().replace(['’', '`', '´'], "'")
}

fn words_of(sentence: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '\'';
    sentence.split(|letter: char| !is_part(letter)).filter(|word| !word.is_empty()).collect()
}

fn is_marked_question(sentence: &str) -> bool {
    let words = words_of(sentence);
    if begins_as_question(&words) {
        return true;
    }
    let is_tail =
        (1..=3.min(words.len())).any(|count| TAILS.contains(&words[words.len() - count..].join(" ").as_str()));
    !words.is_empty() && !is_tail
}

fn is_unmarked_question(sentence: &str) -> bool {
    let words = words_of(sentence);
    words.len() >= UNMARKED_WORDS_MIN && begins_as_question(&words)
}

fn begins_as_question(words: &[&str]) -> bool {
    let from = words.iter().take_while(|word| BEFORE.contains(word)).count();
    let [first, second, ..] = &words[from..] else { return false };
    BEGINNINGS.iter().any(|(begins, then)| begins == first && (then.is_empty() || then.contains(second)))
}

/// How many words a word counts as: one, or one for every two letters of a script that writes without blanks.
fn words_in(word: &str) -> usize {
    let without_blanks = |letter: &char| matches!(u32::from(*letter), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF);
    word.chars().filter(without_blanks).count().div_ceil(2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn questions_are_told_in_seven_languages_with_and_without_their_mark() {
        let asking = [
            "Which lens is this?",
            "price?",
            "where did you get that cup",
            "Love it! how much is it",
            "hey @ana what's the recipe",
            "これはどこで買えますか？",
            "كم السعر؟",
            "Wo hast du die Tasse gekauft",
            "Wie lange dauert das",
            "Welche Kamera benutzt du",
            "Où as-tu acheté ça",
            "Est-ce que c'est vegan",
            "¿Dónde lo compraste",
            "cuánto cuesta el envío",
            "dove hai comprato la giacca",
            "quanto custa esse vestido",
            "Waar heb je die tas gekocht",
            "is that right?",
            "Is it vegan or not, right?",
            "What&#39;s the name of the song",
            "can you share the link please",
        ];
        for text in asking {
            assert!(asks_something(text), "{text:?} asks");
        }
    }

    #[test]
    fn exclamations_tails_and_addresses_are_no_questions() {
        let telling = [
            "So pretty, right?",
            "Das ist super, oder?",
            "C'est beau, n'est-ce pas?",
            "Qué lindo, verdad?",
            "Lindo né?",
            "Mooi toch?",
            "Really?!",
            "??? 😍",
            "?",
            "how beautiful is not a word for it. what a shot!",
            "What a great picture",
            "when I saw this I cried",
            "Why I love this place",
            "who cares about that",
            "Wie schön das ist",
            "Was für ein tolles Bild",
            "Quelle beauté ce paysage",
            "que bonito todo esto",
            "che bello questo posto",
            "Hoe mooi is dit",
            "see https://example.org/?q=1 and www.a.com/?b",
            "how is this so good!",
            "",
        ];
        for text in telling {
            assert!(!asks_something(text), "{text:?} does not ask");
        }
    }

    #[test]
    fn thanks_praise_and_emoji_are_stock_and_an_answer_or_a_question_back_is_not() {
        let stock = [
            "thank you so much!! 😍",
            "@ben thanks",
            "❤️❤️",
            "Vielen lieben Dank!",
            "merci beaucoup à toi",
            "muchas gracias por tu apoyo",
            "glad you like it",
            "so beautiful, love it so much",
            "yes, 40 euros",
            "",
        ];
        for text in stock {
            assert!(!is_expressive(text), "{text:?} is stock or short");
        }
        for text in [
            "It is from a flea market in Ghent",
            "Thanks! It is the 35 mm from last year",
            "which one?",
            "danke dir, die Mühle ist von 1982",
            "これは去年京都で買いました",
        ] {
            assert!(is_expressive(text), "{text:?} says something");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_plain_question_asks_wherever_it_stands(text in "\\PC{0,60}") {
            let _ = is_expressive(&text);
            let asked = format!("{}! Which camera do you use?", text);
            let both = asks_something(&asked) && is_expressive(&asked);
            prop_assert!(both);
        }
    }
}
