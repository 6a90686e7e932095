//! Comment quality: which comments under a creator's posts show two signs of not being meant, so that neither a short
//! "nice" of a fan nor a repeated chant counts by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::features::{by_hand, plain};
use crate::random::mix;

/// A comment by somebody other than the creator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudienceText<'t> {
    /// Tells commenters apart.
    pub commenter: i64,
    pub text: &'t str,
    /// Under how many other creators' posts the same account left the very same text.
    pub same_elsewhere: u32,
}

/// What a comment shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentSign {
    /// A link, or words that advertise something of one's own.
    Advertises,
    /// Praise that would fit under anything.
    StockPraise,
    EmojiOnly,
    MentionOnly,
    /// At least three commenters wrote the same four words or more.
    SameAsOthers,
    /// The same account wrote the very same under other creators' posts, or three times here.
    RepeatedByItsWriter,
}

impl CommentSign {
    pub const ALL: [CommentSign; 6] = [
        CommentSign::Advertises,
        CommentSign::StockPraise,
        CommentSign::EmojiOnly,
        CommentSign::MentionOnly,
        CommentSign::SameAsOthers,
        CommentSign::RepeatedByItsWriter,
    ];

    pub fn words(self) -> &'static str {
        match self {
            CommentSign::Advertises => "advertises something of its writer's own",
            CommentSign::StockPraise => "praise that would fit under anything",
            CommentSign::EmojiOnly => "emoji alone",
            CommentSign::MentionOnly => "names somebody and says nothing else",
            CommentSign::SameAsOthers => "at least three people wrote the same",
            CommentSign::RepeatedByItsWriter => "its writer left the same words elsewhere, or three times here",
        }
    }
}

/// What the comments under a creator's posts show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentQuality {
    pub comments: u64,
    /// How many show each sign.
    pub showing: BTreeMap<CommentSign, u64>,
    /// How many show two signs or more.
    pub two_signs: u64,
    /// How many have four words or more, so that repeats among them mean something.
    pub long_enough: u64,
    /// Of each comment in turn, what it shows; not written out, since it goes with the comments.
    #[serde(skip)]
    pub signs: Vec<Vec<CommentSign>>,
}

/// A repeat needs so many commenters and words.
const REPEATED_BY_MIN: usize = 3;
const REPEATED_WORDS_MIN: usize = 4;
/// Stock praise has no more words than this.
const PRAISE_WORDS_MAX: usize = 5;
/// A writer who leaves the same this often here is repeating themselves.
const SAME_HERE_MIN: usize = 3;

/// Words that praise without saying what; a comment of nothing else is stock praise. English, German, Spanish, French,
/// Portuguese, Italian.
#[rustfmt::skip]
pub(in crate::vetting) const PRAISE: &[&str] = &[
    "a", "absolutely", "amazing", "and", "awesome", "beautiful", "best", "brilliant", "content", "cool", "cute", "dope",
    "ever", "excellent", "fantastic", "feed", "fire", "goals", "good", "gorgeous", "great", "i", "incredible", "inspiring",
    "is", "it", "job", "keep", "lit", "looks", "love", "lovely", "loving", "man", "nice", "omg", "one", "page", "perfect",
    "photo", "pic", "picture", "post", "profile", "really", "shot", "so", "stunning", "such", "super", "sweet", "the",
    "this", "up", "very", "video", "vibes", "well", "what", "work", "wow", "yes", "you", "your",
    "das", "einfach", "genial", "hammer", "klasse", "mega", "schön", "sehr", "so", "super", "tolles", "toll", "wunderschön",
    "bonita", "bonito", "buen", "bueno", "genial", "hermosa", "hermoso", "increíble", "lindo", "me", "encanta", "muy", "qué",
    "beau", "belle", "bravo", "c'est", "génial", "j'adore", "magnifique", "superbe", "très", "trop",
    "linda", "lindo", "maravilhoso", "top", "bella", "bellissimo", "bello", "bravissimo", "stupendo",
];
/// At least one of these must be among them.
#[rustfmt::skip]
pub(in crate::vetting) const TELLING: &[&str] = &[
    "amazing", "awesome", "beautiful", "brilliant", "cool", "cute", "dope", "excellent", "fantastic", "fire", "goals",
    "good", "gorgeous", "great", "incredible", "inspiring", "lit", "love", "lovely", "loving", "nice", "perfect", "stunning",
    "sweet", "wow", "best", "genial", "hammer", "klasse", "mega", "schön", "super", "tolles", "toll", "wunderschön",
    "bonita", "bonito", "buen", "bueno", "hermosa", "hermoso", "increíble", "lindo", "encanta", "beau", "belle", "bravo",
    "génial", "j'adore", "magnifique", "superbe", "linda", "maravilhoso", "top", "bella", "bellissimo", "bello",
    "bravissimo", "stupendo",
];

/// Looks at every comment for six signs; one counts only where two meet, one of them being a repeat or an advertisement.
///
/// Repeats: texts in lower case, everything but letters and digits as one blank; MinHash of three words in a row (two where
/// there are fewer than six words), 24 values in bands of 4, so that texts of which four fifths agree are found together.
/// The order of comments changes nothing but the order of `signs`. Cost `O(comments * words)`.
/// Sources: vetting sheet 3.3, 3.4; Broder, "On the resemblance and containment of documents" (1997).
pub fn comment_quality(comments: &[AudienceText<'_>]) -> CommentQuality {
    let words: Vec<Vec<String>> = comments.iter().map(|comment| normalised(comment.text)).collect();
    let repeated = same_as_others(comments, &words);
    let mut written: BTreeMap<(i64, &[String]), usize> = BTreeMap::new();
    for (comment, words) in comments.iter().zip(&words) {
        *written.entry((comment.commenter, words.as_slice())).or_default() += 1;
    }
    let signs: Vec<Vec<CommentSign>> = comments
        .iter()
        .zip(&words)
        .zip(&repeated)
        .map(|((comment, words), repeated)| {
            let times_here = written[&(comment.commenter, words.as_slice())];
            let itself = comment.same_elsewhere > 0 || (!words.is_empty() && times_here >= SAME_HERE_MIN);
            let mut signs: Vec<CommentSign> = of_text(comment.text, words).into_iter().collect();
            signs.extend(repeated.then_some(CommentSign::SameAsOthers));
            signs.extend(itself.then_some(CommentSign::RepeatedByItsWriter));
            signs
        })
        .collect();
    let showing = CommentSign::ALL
        .into_iter()
        .map(|sign| (sign, signs.iter().filter(|of| of.contains(&sign)).count() as u64))
        .collect();
    CommentQuality {
        comments: comments.len() as u64,
        showing,
        two_signs: signs.iter().filter(|signs| signs.len() >= 2).count() as u64,
        long_enough: words.iter().filter(|words| words.len() >= REPEATED_WORDS_MIN).count() as u64,
        signs,
    }
}

/// What the text alone shows: at most one of four.
fn of_text(text: &str, words: &[String]) -> Option<CommentSign> {
    let plain = plain(text);
    let [_, links, advertising, ..] = by_hand(&plain);
    if links + advertising > 0.0 {
        return Some(CommentSign::Advertises);
    }
    if words.is_empty() {
        return plain.chars().any(|letter| !letter.is_whitespace()).then_some(CommentSign::EmojiOnly);
    }
    if plain.split_whitespace().all(|word| word.starts_with('@')) {
        return Some(CommentSign::MentionOnly);
    }
    let all_praise = words.len() <= PRAISE_WORDS_MAX && words.iter().all(|word| PRAISE.contains(&word.as_str()));
    (all_praise && words.iter().any(|word| TELLING.contains(&word.as_str()))).then_some(CommentSign::StockPraise)
}

/// The words of a text in lower case; everything but letters, digits and apostrophes parts them.
pub(in crate::vetting) fn normalised(text: &str) -> Vec<String> {
    let lower = plain(text).to_lowercase();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '\'';
    lower.split(|letter: char| !is_part(letter)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

const VALUES: usize = 24;
const BAND: usize = 4;

fn same_as_others(comments: &[AudienceText<'_>], words: &[Vec<String>]) -> Vec<bool> {
    let signatures: Vec<Option<[u64; VALUES]>> =
        words.iter().map(|words| (words.len() >= REPEATED_WORDS_MIN).then(|| signature(words))).collect();
    // Whoever shares a band stands together.
    let mut together: Vec<usize> = (0..comments.len()).collect();
    for band in 0..VALUES / BAND {
        let mut first: BTreeMap<&[u64], usize> = BTreeMap::new();
        for (place, signature) in signatures.iter().enumerate() {
            let Some(signature) = signature else { continue };
            let other = *first.entry(&signature[band * BAND..(band + 1) * BAND]).or_insert(place);
            let (one, other) = (root(&mut together, place), root(&mut together, other));
            together[one.max(other)] = one.min(other);
        }
    }
    let mut writers: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for place in 0..comments.len() {
        if signatures[place].is_some() {
            writers.entry(root(&mut together, place)).or_default().push(comments[place].commenter);
        }
    }
    for of in writers.values_mut() {
        of.sort_unstable();
        of.dedup();
    }
    (0..comments.len())
        .map(|place| {
            let root = root(&mut together, place);
            signatures[place].is_some() && writers[&root].len() >= REPEATED_BY_MIN
        })
        .collect()
}

fn root(together: &mut [usize], mut place: usize) -> usize {
    while together[place] != place {
        together[place] = together[together[place]];
        place = together[place];
    }
    place
}

fn signature(words: &[String]) -> [u64; VALUES] {
    let size = if words.len() < 6 { 2 } else { 3 };
    let mut least = [u64::MAX; VALUES];
    for shingle in words.windows(size) {
        // FNV-1a over the words, a blank between two.
        let bytes = shingle.iter().flat_map(|word| word.bytes().chain([b' ']));
        let hash = bytes
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        for (turn, value) in least.iter_mut().enumerate() {
            *value = (*value).min(mix(hash ^ mix(turn as u64 + 1)));
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(commenter: i64, text: &str, same_elsewhere: u32) -> AudienceText<'_> {
        AudienceText { commenter, text, same_elsewhere }
    }

    #[test]
    fn each_sign_is_seen_and_ordinary_comments_show_none() {
        use CommentSign::*;
        let comments = [
            from(1, "check out my channel https://example.org", 0),
            from(2, "Great post! 🔥", 0),
            from(3, "😍😍", 0),
            from(4, "@anna @ben", 0),
            from(5, "Does the grinder keep its setting after a week?", 0),
            from(6, "what", 0),
            from(7, "wunderschön!", 2),
        ];
        let found = comment_quality(&comments);
        let expected: [&[CommentSign]; 7] = [
            &[Advertises],
            &[StockPraise],
            &[EmojiOnly],
            &[MentionOnly],
            &[],
            &[],
            &[StockPraise, RepeatedByItsWriter],
        ];
        assert_eq!(found.signs, expected);
        assert_eq!((found.comments, found.two_signs, found.long_enough), (7, 1, 2));
    }

    #[test]
    fn the_same_words_of_three_people_are_found_though_they_differ_a_little() {
        let said = "this changed how I make coffee in the morning thank you so much for it";
        let texts = [said.to_owned(), format!("{}!!", said.to_uppercase()), format!("  {said} ❤"), format!("{said} x")];
        let three: Vec<AudienceText<'_>> =
            texts.iter().enumerate().map(|(at, text)| from(at as i64, text, 0)).collect();
        let found = comment_quality(&three);
        assert_eq!(found.showing[&CommentSign::SameAsOthers], 4, "{:?}", found.signs);
        let two: Vec<AudienceText<'_>> =
            three.iter().map(|comment| from(comment.commenter % 2, comment.text, 0)).collect();
        assert_eq!(comment_quality(&two).showing[&CommentSign::SameAsOthers], 0, "a chant needs three people");
        assert_eq!(comment_quality(&two).two_signs, 0);
    }

    #[test]
    fn the_order_of_comments_changes_no_count_and_none_is_fine() {
        let texts = ["nice!", "so good, where did you get the small kettle?", "nice!", "nice!", "@you", ""];
        let mut comments: Vec<AudienceText<'_>> =
            texts.iter().enumerate().map(|(at, text)| from((at / 4) as i64, text, 0)).collect();
        let found = comment_quality(&comments);
        assert_eq!(found.two_signs, 3, "the same person praised three times in the same words");
        comments.reverse();
        let turned = comment_quality(&comments);
        assert_eq!((turned.showing, turned.two_signs), (found.showing, found.two_signs));
        assert_eq!(comment_quality(&[]).comments, 0);
    }
}
