//! How a text is cut into words, the same when it is indexed, asked for and shown.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Letters of a word that are kept.
const LETTERS_MAX: usize = 64;

/// A word as it is compared, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Lower case, Latin letters without their marks, English plurals without their s.
    pub form: String,
    pub from: usize,
    pub to: usize,
}

/// The words of a text, in order. Han characters and kana are a word each, so that a run of them is found as a phrase.
pub fn words_of(text: &str) -> Vec<Word> {
    let mut words = vec![];
    let mut form = String::new();
    let mut letters = 0;
    let mut from = 0;
    let mut close = |form: &mut String, from: usize, to: usize| {
        if !form.is_empty() {
            singular(form);
            words.push(Word { form: std::mem::take(form), from, to });
        }
    };
    for (place, letter) in text.char_indices() {
        let alone = is_a_word_alone(letter);
        if !form.is_empty() && (alone || !letter.is_alphanumeric()) {
            close(&mut form, from, place);
        }
        if !letter.is_alphanumeric() {
            continue;
        }
        if form.is_empty() {
            (from, letters) = (place, 0);
        }
        letters += 1;
        if letters <= LETTERS_MAX {
            push_plain(letter, &mut form);
        }
        if alone {
            close(&mut form, from, place + letter.len_utf8());
        }
    }
    close(&mut form, from, text.len());
    words
}

fn is_a_word_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Lower case without the marks of Latin letters.
fn push_plain(letter: char, form: &mut String) {
    if letter.is_ascii() {
        form.push(letter.to_ascii_lowercase());
        return;
    }
    for lower in letter.to_lowercase() {
        let plain = match lower {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'ç' | 'ć' | 'č' | 'ĉ' => "c",
            'ď' | 'đ' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
            'ğ' | 'ĝ' | 'ģ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
            'ķ' => "k",
            'ł' | 'ĺ' | 'ľ' | 'ļ' => "l",
            'ñ' | 'ń' | 'ň' | 'ņ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
            'ŕ' | 'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ť' | 'ţ' | 'ț' => "t",
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ž' | 'ż' => "z",
            'æ' => "ae",
            'œ' => "oe",
            'ß' => "ss",
            'þ' => "th",
            'ð' => "d",
            '\u{300}'..='\u{36f}' => "",
            other => {
                form.push(other);
                continue;
            }
        };
        form.push_str(plain);
    }
}

/// "breweries" is "brewery", "pots" is "pot"; "glass", "focus" and "gas" stay.
fn singular(form: &mut String) {
    if form.len() > 4 && form.ends_with("ies") {
        form.truncate(form.len() - 3);
        form.push('y');
    } else if form.len() > 3 && form.ends_with('s') && !["ss", "us", "is"].iter().any(|end| form.ends_with(end)) {
        form.pop();
    }
}

/// [`words_of`] as the index asks for it.
#[derive(Clone, Default)]
pub(crate) struct Words;

pub(crate) struct WordStream {
    words: std::vec::IntoIter<Word>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        WordStream { words: words_of(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = word.from;
        self.token.offset_to = word.to;
        self.token.text = word.form;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<String> {
        words_of(text).into_iter().map(|word| word.form).collect()
    }

    #[test]
    fn words_lose_case_marks_and_the_plural_s() {
        assert_eq!(forms("Crème-Brûlée, BREWERIES & pots!"), ["creme", "brulee", "brewery", "pot"]);
        assert_eq!(forms("glass focus gas Straße"), ["glass", "focus", "gas", "strasse"]);
        assert_eq!(forms("@ana_bakes #ColdBrew"), ["ana", "bake", "coldbrew"]);
    }

    #[test]
    fn characters_without_spaces_between_are_a_word_each() {
        assert_eq!(forms("抹茶 latte"), ["抹", "茶", "latte"]);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "ünï pots";
        let words = words_of(text);
        assert_eq!(&text[words[1].from..words[1].to], "pots");
        assert_eq!(&text[words[0].from..words[0].to], "ünï");
    }
}
