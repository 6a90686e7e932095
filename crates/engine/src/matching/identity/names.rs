//! Names as they are compared: styled letters made plain, accents and order of words left aside.

/// Plain letters in lower case: full-width, circled and mathematical Latin letters become ordinary ones, signs nobody sees go.
///
/// It is the part of Unicode's NFKC with case folding that profiles use; accents stay. Cost `O(letters)`.
///
/// ```
/// assert_eq!(engine::matching::identity::names::plain("Ｈｏｐ 𝓜𝓪𝓻𝓲𝓪\u{200b}"), "hop maria");
/// ```
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter_map(plain_letter) {
        match letter {
            'ς' => out.push('σ'),
            _ if letter.is_ascii() => out.push(letter.to_ascii_lowercase()),
            _ => out.extend(letter.to_lowercase()),
        }
    }
    out
}

/// `None`: the sign is not seen.
fn plain_letter(letter: char) -> Option<char> {
    let latin = |place: u32, capital: bool| char::from_u32(place + if capital { 0x41 } else { 0x61 });
    match letter as u32 {
        0..=0x9F => Some(letter),
        0xA0 | 0x2000..=0x200A | 0x202F | 0x3000 => Some(' '),
        0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0xFE00..=0xFE0F | 0xFEFF => None,
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0),
        code @ 0x24B6..=0x24CF => latin(code - 0x24B6, true),
        code @ 0x24D0..=0x24E9 => latin(code - 0x24D0, false),
        code @ (0x1F130..=0x1F149 | 0x1F150..=0x1F169 | 0x1F170..=0x1F189) => latin((code - 0x1F130) % 32, true),
        code @ 0x1D400..=0x1D6A3 => {
            let place = (code - 0x1D400) % 52;
            latin(place % 26, place < 26)
        }
        code @ 0x1D7CE..=0x1D7FF => char::from_digit((code - 0x1D7CE) % 10, 10),
        // The styled letters that Unicode had already, and left out of the rows above.
        0x212C => Some('B'),
        0x210A => Some('g'),
        0x210B..=0x210D => Some('H'),
        0x210E => Some('h'),
        0x2110 | 0x2111 => Some('I'),
        0x2112 => Some('L'),
        0x2115 => Some('N'),
        0x2119 => Some('P'),
        0x211A => Some('Q'),
        0x211B..=0x211D => Some('R'),
        0x2124 | 0x2128 => Some('Z'),
        0x2102 | 0x212D => Some('C'),
        0x212F => Some('e'),
        0x2130 => Some('E'),
        0x2131 => Some('F'),
        0x2133 => Some('M'),
        0x2134 => Some('o'),
        _ => Some(letter),
    }
}

/// A letter of a name without its accent, for lower-case Latin letters.
fn base(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// A name as it is compared: its words without accents, in alphabetical order, up to the first stroke, bullet, bracket or
/// emoji, after which profiles say what somebody does. `None` where no letter is left.
///
/// `ö` is read as `o`, not as `oe`, so "Möller" and "Moeller" stay two names. Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::name_key;
/// assert_eq!(name_key("López, María"), name_key("Maria Lopez 🍺 craft beer"));
/// assert_eq!(name_key("🍺🍺"), None);
/// ```
pub fn name_key(text: &str) -> Option<String> {
    let mut words: Vec<String> = vec![];
    let mut word = String::new();
    for letter in plain(text).chars() {
        match letter {
            _ if letter.is_ascii_alphanumeric() => word.push(letter),
            '\u{300}'..='\u{36f}' | '\'' | '’' | '‘' | '`' | '´' => {}
            _ if letter.is_alphanumeric() => match base(letter) {
                Some(plain) => word.push_str(plain),
                None => word.push(letter),
            },
            _ => {
                let ends_the_name = matches!(letter, '|' | '(' | '[' | '/' | '~' | '·') || letter >= '\u{2010}';
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if ends_the_name && !words.is_empty() {
                    break;
                }
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    if !words.iter().any(|word| word.chars().any(char::is_alphabetic)) {
        return None;
    }
    words.sort_unstable();
    Some(words.join(" "))
}

/// How two names, as [`name_key`] makes them, stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NamesAre {
    Same,
    /// They share a word: a first name alone, a second surname. It says too little either way.
    Partly,
    Apart,
}

pub(super) fn compared(one: &str, other: &str) -> NamesAre {
    if one == other {
        return NamesAre::Same;
    }
    let shared = one.split(' ').any(|word| other.split(' ').any(|also| also == word));
    if shared { NamesAre::Partly } else { NamesAre::Apart }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_the_same_however_it_is_dressed() {
        for dressed in [
            "Maria Lopez",
            "MARIA  LOPEZ",
            "Lopez, Maria",
            "ⓜⓐⓡⓘⓐ 𝗟𝗼𝗽𝗲𝘇",
            "Mari\u{301}a López | ale",
            "✨ maria-lopez ✨ IPA",
        ] {
            assert_eq!(name_key(dressed).as_deref(), Some("lopez maria"), "{dressed}");
        }
        assert_eq!(name_key("O’Brien").as_deref(), Some("obrien"));
        assert_eq!(name_key("Łukasz Groß").as_deref(), Some("gross lukasz"));
        assert_eq!(name_key("田中 太郎").as_deref(), Some("太郎 田中"));
        assert_eq!(name_key(" 1984 "), None);
    }

    #[test]
    fn names_that_share_a_word_are_neither_the_same_nor_apart() {
        assert_eq!(compared("lopez maria", "maria"), NamesAre::Partly);
        assert_eq!(compared("lopez maria", "ana ruiz"), NamesAre::Apart);
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,30}") {
            if let Some(key) = name_key(&text) {
                prop_assert_eq!(name_key(&key), Some(key));
            }
        }
    }
}
