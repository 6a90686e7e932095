//! Product: whether a creator speaks of products like the brand's, and of using them, at prices like the brand's.
//!
//! Own posts alone are read; a post that is paid for says what the payer wants said.

use std::sync::LazyLock;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Money, Ratio, Unit};
use serde::Serialize;

use super::conflicts::BrandWords;
use super::curves::{Measure, Together, half_at, mean_of_known};
use super::phrases::{Hit, Phrases, is_denied};
use super::reading::{Quote, TextRead, TextsRead, is_own_post};
use super::{FIT_VERSION, FitPart, MIDDLE_SHARE, POSTS_MIN, QUOTES_MAX};
use crate::intervals::jeffreys_interval;

/// A word of use counts so many words before or after the product, within its sentence.
const USE_WITHIN: usize = 6;
/// Fewer prices say nothing of what somebody usually buys.
const PRICES_MIN: usize = 4;
/// Prices from half to double the product's are like it.
const PRICE_FACTOR: f64 = 2.0;

/// Words by which people tell that they have, use or advise something.
#[rustfmt::skip]
static USE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "my", "mine", "our", "bought", "buy", "buying", "ordered", "use", "uses", "using", "used", "wear", "wearing", "wore", "own",
        "tried", "trying", "drank", "recommend*", "favourite*", "favorite*", "go to", "mein*", "unser*", "gekauft", "kaufe", "bestellt",
        "benutz*", "nutze", "verwende*", "trage", "probiert", "getestet", "empfehl*", "empfiehl*", "lieblings*", "mon", "ma", "mes",
        "notre", "nos", "achete*", "commande", "utilise*", "porte", "essaye", "teste", "recommand*", "conseill*", "prefere*", "mi", "mis",
        "nuestr*", "comprado", "compre", "compro", "pedi", "uso", "utilizo", "llevo", "probado", "probe", "recomiend*", "recomend*",
        "favorit*",
    ])
});

/// How a creator speaks of the product, as counts; what the caller knows beside may be filled in.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ProductTalk {
    /// Own posts read.
    pub posts_read: u64,
    /// Of these, those that name the product or its kind.
    pub posts_naming: u64,
    /// Of those, those that tell of having, using or advising it.
    pub posts_of_use: u64,
    /// Words of use first, then the newest, at most five.
    pub quotes: Vec<Quote>,
    /// How alike their words and the product's are, 0..=1, by word vectors of the caller.
    pub product_similarity: Option<f32>,
    /// How alike their words and those on whom it is for are, 0..=1.
    pub for_whom_similarity: Option<f32>,
    /// Prices of comparable things they speak of.
    pub prices: Vec<Money>,
}

/// Reads how a creator speaks of the brand's product.
///
/// A post names the product by one of its words, whole and not denied. It tells of use when "my", "bought", "recommend" or the
/// like, not denied, stands within six words in the same sentence (English, German, French, Spanish).
/// Inputs: `texts` of one creator; `brand` with its product words. Output: counts and quotes; similarities and prices are left
/// as not known. Cost: `O(words)`. Source: words by hand, our own choice.
///
/// ```
/// use engine::matching::fit::{BrandProfile, BrandWords, TextSeen, TextsRead, product_talk};
/// use model::Timestamp;
/// let post = |text| TextSeen { text, at: Timestamp(0), is_bio: false, paid: None };
/// let texts = [post("My favourite craft beer is back"), post("Craft beer prices again"), post("Rain")];
/// let brand = BrandProfile { product_words: vec!["craft beer".to_owned()], ..Default::default() };
/// let talk = product_talk(&TextsRead::of(&texts), &BrandWords::of(&brand).unwrap());
/// assert_eq!((talk.posts_read, talk.posts_naming, talk.posts_of_use), (3, 2, 1));
/// ```
pub fn product_talk(texts: &TextsRead<'_>, brand: &BrandWords) -> ProductTalk {
    let mut talk = ProductTalk { posts_read: texts.own_posts(), ..ProductTalk::default() };
    let (mut of_use, mut naming) = (Vec::new(), Vec::new());
    for (place, _, read) in texts.pairs().filter(|(_, seen, _)| is_own_post(seen)) {
        let mut named = brand.products().hits(read, &[]);
        named.retain(|hit| !is_denied(read, hit.from));
        let Some(first) = named.first() else { continue };
        talk.posts_naming += 1;
        match use_near(read, &named) {
            Some(hit) => {
                talk.posts_of_use += 1;
                of_use.push(read.quote(place, hit.from, hit.to));
            }
            None => naming.push(read.quote(place, first.from, first.to)),
        }
    }
    texts.sort(&mut of_use);
    texts.sort(&mut naming);
    talk.quotes = of_use.into_iter().chain(naming).take(QUOTES_MAX).collect();
    talk
}

/// The product words that have a word of use near.
fn use_near(read: &TextRead<'_>, named: &[Hit]) -> Option<Hit> {
    let of_use = USE.hits(read, &[]);
    let is_near = |product: &&Hit, word: &Hit| {
        let sentence = read.sentence_of(product.from);
        let apart = if word.from < product.from {
            product.from.saturating_sub(word.to)
        } else {
            word.from.saturating_sub(product.to)
        };
        sentence.contains(&word.from) && apart <= USE_WITHIN && !is_denied(read, word.from)
    };
    named.iter().find(|product| of_use.iter().any(|word| is_near(product, word))).copied()
}

/// How much a creator speaks of products like the brand's, 0..=1: the part [`FitPart::Product`].
///
/// Formula: a weighted mean of what is known of: posts that name it, `s / (s + 0.1)`, weight 7; posts of use, `s / (s + 0.05)`,
/// weight 5; likeness of words to the product, weight 3, and to whom it is for, weight 2; prices, see [`talked_prices`],
/// weight 3. Shares `s` of own posts have Jeffreys intervals; likeness has none of its own. Ends are averaged like values,
/// since all is read in the same posts.
/// Inputs: `talk`; the product's `price`. Output: 0..=1, rising in each; not known under 5 own posts or when counts do not
/// fit each other. Cost: O(prices). Source: our own choice; Jeffreys: Brown, Cai & DasGupta 2001.
pub fn product_part(talk: &ProductTalk, price: Option<Money>) -> Estimate {
    let part = FitPart::Product;
    if talk.posts_read < POSTS_MIN {
        let reason = format!(
            "{} own posts were read; at least {POSTS_MIN} are needed: import more posts with their captions",
            talk.posts_read
        );
        return part.not_known(talk.posts_read, "own posts", reason);
    }
    let shares = (
        share("own posts that name the product or its kind", talk.posts_naming, talk.posts_read),
        share("own posts that tell of having, using or advising it", talk.posts_of_use, talk.posts_read),
    );
    let (Some(naming), Some(of_use)) = shares else {
        let reason = "more posts name the product than were read; count the same posts in both";
        return part.not_known(talk.posts_read, "own posts", reason);
    };
    let likeness = |of: Option<f32>, words: &str| {
        let value = of.filter(|value| value.is_finite()).map(|value| f64::from(value.clamp(0.0, 1.0)));
        value.map_or_else(
            || part.not_known(0, "posts", format!("{words}: words were not compared; refresh with word vectors")),
            |value| {
                let leaf = Explanation::leaf(words, Some(value), Unit::Score);
                Estimate::known(value, value, value, talk.posts_read, "own posts", "likeness", leaf).graded(Grade::C)
            },
        )
    };
    let measure = |weight: f64, estimate: Estimate| Measure { weight, estimate };
    let measures = [
        measure(7.0, half_at(MIDDLE_SHARE, &naming, "names products like ours".to_owned())),
        measure(5.0, half_at(MIDDLE_SHARE / 2.0, &of_use, "tells of using them".to_owned())),
        measure(3.0, likeness(talk.product_similarity, "their words are like the product's")),
        measure(2.0, likeness(talk.for_whom_similarity, "their words are like those on whom it is for")),
        measure(3.0, talked_prices(price, &talk.prices)),
    ];
    mean_of_known(part, &measures, Together::RiseTogether)
}

fn share(words: &str, hits: u64, n: u64) -> Option<Estimate> {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let range = jeffreys_interval(hits, n, level)?;
    let leaf = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let ratio =
        Explanation::ratio(format!("share of {words}"), Unit::Share, leaf(words, hits), leaf("own posts read", n));
    let value = ratio.value?;
    Some(Estimate::known(value, range.lo, range.hi, n, "own posts", "share of own posts", ratio).graded(Grade::C))
}

/// Whether the things a creator speaks of cost about what the product does.
///
/// Formula: prices from half to double the product's / prices, Jeffreys interval at 90 %.
/// Inputs: the product's `price`; `talked_of`, prices of comparable things. Those in another currency are left out, never
/// converted. Output: a share 0..=1; not known without a price or under 4 prices. Cost: O(prices). Source: our own choice.
pub fn talked_prices(price: Option<Money>, talked_of: &[Money]) -> Estimate {
    const WORDS: &str = "speaks of things at prices like the product's";
    let not_known = |n: u64, reason: &str| {
        let reason = format!("{WORDS}: {reason}");
        Estimate { version: FIT_VERSION, ..Estimate::not_known(Unit::Share, "talked_prices", n, "prices", reason) }
    };
    let Some(price) = price.filter(|price| price.minor_units > 0) else {
        return not_known(0, "the product has no price; enter it on the brand's page");
    };
    let same = |talked: &&Money| talked.currency == price.currency && talked.minor_units > 0;
    let compared: Vec<&Money> = talked_of.iter().filter(same).collect();
    let n = compared.len() as u64;
    if compared.len() < PRICES_MIN {
        return not_known(n, "fewer than 4 prices in the product's currency are held; enter prices of what they show");
    }
    let middle = price.minor_units as f64;
    let near =
        |talked: &&&Money| (middle / PRICE_FACTOR..=middle * PRICE_FACTOR).contains(&(talked.minor_units as f64));
    let hits = compared.iter().filter(near).count() as u64;
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let range = jeffreys_interval(hits, n, level).expect("those near are a part of all");
    let leaf = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let over = leaf("prices from half to double the product's", hits);
    let ratio = Explanation::ratio(WORDS, Unit::Share, over, leaf("prices in its currency", n));
    let value = ratio.value.expect("there are prices");
    let made = Estimate::known(value, range.lo, range.hi, n, "prices", "talked_prices", ratio).graded(Grade::C);
    Estimate { version: FIT_VERSION, ..made }
}

#[cfg(test)]
mod tests {
    use super::super::{BrandProfile, TextSeen};
    use super::*;
    use crate::intervals::tests::Stream;
    use model::Timestamp;
    use proptest::prelude::*;

    fn is_use(text: &str) -> (u64, u64) {
        let texts = [TextSeen { text, at: Timestamp(0), is_bio: false, paid: Some(false) }];
        let brand = BrandProfile { product_words: vec!["tea".into(), "loose leaf".into()], ..Default::default() };
        let talk = product_talk(&TextsRead::of(&texts), &BrandWords::of(&brand).expect("a brand"));
        (talk.posts_naming, talk.posts_of_use)
    }

    #[test]
    fn naming_and_using_are_told_apart() {
        let cases = [
            ("My tea is cold", (1, 1)),
            ("I bought more loose-leaf", (1, 1)),
            ("I would never buy tea", (0, 0)),
            ("No tea for me", (0, 0)),
            ("I am not using it and still this tea is everywhere", (1, 0)),
            ("Tea is everywhere today", (1, 0)),
            ("My dog slept. Tea is everywhere", (1, 0)),
            ("Kann diesen tea nur empfehlen", (1, 1)),
            ("Mon tea du matin", (1, 1)),
            ("Recomiendo este tea", (1, 1)),
            ("My team won", (0, 0)),
        ];
        for (text, expected) in cases {
            assert_eq!(is_use(text), expected, "{text}");
        }
    }

    #[test]
    fn posts_that_are_paid_for_and_the_profile_are_not_read() {
        let seen = |is_bio, paid| TextSeen { text: "My tea", at: Timestamp(0), is_bio, paid };
        let texts = [seen(false, Some(true)), seen(true, None), seen(false, None)];
        let brand = BrandProfile { product_words: vec!["tea".into()], ..Default::default() };
        let talk = product_talk(&TextsRead::of(&texts), &BrandWords::of(&brand).expect("a brand"));
        assert_eq!((talk.posts_read, talk.posts_of_use), (1, 1));
        assert_eq!(talk.quotes.iter().map(|quote| quote.text).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn prices_of_another_currency_are_left_out_and_few_are_not_known() {
        let euros = |minor_units| Money::new(minor_units, "EUR").expect("a currency");
        let mut prices = vec![euros(500), euros(1_000), euros(2_000), euros(2_001)];
        let found = talked_prices(Some(euros(1_000)), &prices);
        assert_eq!((found.value, found.n), (Some(0.75), 4));
        prices[0] = Money::new(500, "USD").expect("a currency");
        assert_eq!(talked_prices(Some(euros(1_000)), &prices).value, None);
        assert_eq!(talked_prices(None, &prices).value, None);
    }

    #[test]
    fn counts_that_cannot_be_and_too_few_posts_are_not_known() {
        let talk = ProductTalk { posts_read: 10, posts_naming: 11, ..Default::default() };
        assert!(product_part(&talk, None).not_known.expect("refused").contains("count the same posts"));
        let talk = ProductTalk { posts_read: 4, ..Default::default() };
        assert!(product_part(&talk, None).not_known.expect("refused").contains("at least 5"));
    }

    #[test]
    fn the_interval_holds_the_planted_truth() {
        let (mut stream, runs) = (Stream(5), 1_000);
        let truth = 7.0 / 12.0 * (0.15 / 0.25) + 5.0 / 12.0 * (0.06 / 0.11);
        let held = (0..runs)
            .filter(|_| {
                let mut talk = ProductTalk { posts_read: 60, ..Default::default() };
                for _ in 0..talk.posts_read {
                    let draw = stream.uniform();
                    talk.posts_naming += u64::from(draw < 0.15);
                    talk.posts_of_use += u64::from(draw < 0.06);
                }
                let part = product_part(&talk, None);
                part.lo.expect("known") <= truth && truth <= part.hi.expect("known")
            })
            .count();
        let covered = held as f64 / f64::from(runs);
        println!("product part of 60 posts: 90 % interval covered {:.1} %", 100.0 * covered);
        assert!((0.88..=0.99).contains(&covered), "covered {covered}");
    }

    proptest! {
        #[test]
        fn more_of_anything_never_lowers_the_part(
            read in 5_u64..200, naming in 0.0_f64..=1.0, of_use in 0.0_f64..=1.0, likeness in prop::option::of(0.0_f32..=1.0),
        ) {
            let naming = (read as f64 * naming) as u64;
            let of_use = (naming as f64 * of_use) as u64;
            let talk = ProductTalk {
                posts_read: read, posts_naming: naming, posts_of_use: of_use, product_similarity: likeness, ..Default::default()
            };
            let part = product_part(&talk, None);
            let (lo, value, hi) = (part.lo.expect("known"), part.value.expect("known"), part.hi.expect("known"));
            prop_assert!(0.0 <= lo && lo <= value && value <= hi && hi <= 1.0 && part.explanation.adds_up());
            let more = ProductTalk { posts_naming: (naming + 1).min(read), ..talk.clone() };
            prop_assert!(product_part(&more, None).value.expect("known") >= value);
            let more = ProductTalk { posts_of_use: (of_use + 1).min(naming), ..talk.clone() };
            prop_assert!(product_part(&more, None).value.expect("known") >= value);
            let more = ProductTalk { product_similarity: likeness.map(|of| (of + 0.1).min(1.0)), ..talk };
            prop_assert!(product_part(&more, None).value.expect("known") >= value - 1e-9);
        }
    }
}
