//! Disclosure: which of a creator's posts look sponsored, and whether they say so openly, in the post's language, quoted.
//!
//! A post looks sponsored only by a strong mark: the platform's label, a price code, a link with a commission, a partner or
//! giver named, or an open "advertisement". So posts with hidden promotion and none of these are overlooked: the share is
//! of posts that look sponsored, never of all that are. The words held may be cut, pictures and speech are not read, and
//! the platform's label is often not delivered: "no disclosure found in the words held" is all that is ever said. What the
//! law asks for differs by country; this is no legal opinion.

pub mod draft;
mod found;
mod marks;
mod reading;
mod words;

use std::sync::LazyLock;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::Serialize;

pub use found::{Disclosure, HASHTAGS_SEEN, LETTERS_BEFORE_THE_FOLD, SponsoredPost};
pub use marks::{Mark, MarkKind};

use crate::intervals::jeffreys_interval;
use found::{Disclosures, Languages, by_platform};
use marks::Marks;
use reading::Reading;

/// The version of the words and rules here; reports keep the version they were made with.
pub const DISCLOSURE_VERSION: u32 = 2;

const PLATFORM_LABEL: &str = "marked as a paid partnership by the platform";
const METHOD: &str = "sponsored_posts_that_tell";
const SPONSORED: &str = "posts that look sponsored";

/// The words of one post.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PostWords<'a> {
    pub at: Timestamp,
    /// Title, caption and tags, as people see them.
    pub words: &'a str,
    /// The platform's own label for paid partnerships; `None`: the source does not tell.
    pub marked_paid: Option<bool>,
    /// The language the platform or the author declares, e.g. `de` or `pt-BR`.
    pub declared_language: Option<&'a str>,
}

/// What a creator's posts say about being paid for.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DisclosureSeen {
    pub posts_read: u64,
    /// How many of them look sponsored.
    pub sponsored: u64,
    /// Share, 0..=1, of those that look sponsored which say so.
    pub told: Estimate,
    /// Those that look sponsored, by place in the input.
    pub posts: Vec<SponsoredPost>,
}

/// Which posts look sponsored, and the share of them that say so openly where their readers can understand it.
///
/// Formula: `told` = posts that look sponsored with a disclosure / posts that look sponsored and can be judged. A post looks
/// sponsored when it bears the platform's label or one strong mark ([`MarkKind`]). A disclosure is the label, or words or a
/// hashtag, whole and not denied ("keine Werbung"), in the post's language, in one commonly accepted there (English in
/// Italian and Dutch posts, Danish in Norwegian ones and the reverse) or in the declared one. The post's language is told
/// from its words without hashtags, mentions and links; where it cannot be told a disclosure in any language counts. Behind
/// the fold (after 125 letters and the first three hashtags) it counts, and is named.
/// Inputs: `posts` in any order, each once; `as_of` the date of the figure; `grade` of the source.
/// Output: counts, a share 0..=1 with a Jeffreys interval at 90 %; `None` with a reason when no post looks sponsored or none
/// of those can be judged (13 languages are in the table: en, de, fr, es, it, pt, nl, pl, sv, da, no, fi, tr).
/// Cost: `O(words of all posts)`. Source: words by hand from what authorities and self-regulation publish for creators;
/// Jeffreys: Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::vetting::disclosure::{PostWords, disclosure};
/// use model::{Grade, Timestamp};
/// let post = |words| PostWords { at: Timestamp(0), words, marked_paid: None, declared_language: None };
/// let posts = [post("Use code ANNA10 for 10% off #ad"), post("Code ANNA20 spart 20 %"), post("My zip code is 90210")];
/// let seen = disclosure(&posts, None, Grade::B);
/// assert_eq!((seen.posts_read, seen.sponsored, seen.told.value), (3, 2, Some(0.5)));
/// ```
pub fn disclosure(posts: &[PostWords], as_of: Option<Timestamp>, grade: Grade) -> DisclosureSeen {
    let read = |(place, post): (usize, &PostWords)| sponsored_post(place, post, &MARKS, &DISCLOSURES);
    let sponsored: Vec<SponsoredPost> = posts.iter().enumerate().filter_map(read).collect();
    let told = Estimate { version: DISCLOSURE_VERSION, as_of, ..told(posts, &sponsored) }.graded(grade);
    DisclosureSeen { posts_read: posts.len() as u64, sponsored: sponsored.len() as u64, told, posts: sponsored }
}

/// Made once: there are thousands of wordings, and a creator has few posts.
static MARKS: LazyLock<Marks> = LazyLock::new(Marks::new);
static DISCLOSURES: LazyLock<Disclosures> = LazyLock::new(Disclosures::new);

/// `None`: the post does not look sponsored.
fn sponsored_post(place: usize, post: &PostWords, marks: &Marks, disclosures: &Disclosures) -> Option<SponsoredPost> {
    let reading = Reading::of(post.words, words::AFFILIATE_HOSTS);
    let has_label = post.marked_paid == Some(true);
    let label = || Mark { kind: MarkKind::PlatformLabel, quote: PLATFORM_LABEL.to_owned() };
    let marks: Vec<Mark> = has_label.then(label).into_iter().chain(marks.of(&reading)).collect();
    if marks.is_empty() {
        return None;
    }
    let languages = Languages::of(&reading, post.declared_language);
    let told = disclosures.of(&reading, &languages);
    Some(SponsoredPost {
        place,
        at: post.at,
        judged: languages.judged || has_label,
        language: languages.shown,
        marks,
        disclosure: if has_label { Some(by_platform()) } else { told.disclosure },
        other_language: told.other_language,
    })
}

fn told(posts: &[PostWords], sponsored: &[SponsoredPost]) -> Estimate {
    let judged: Vec<&SponsoredPost> = sponsored.iter().filter(|post| post.judged).collect();
    let count = |is: &dyn Fn(&SponsoredPost) -> bool| judged.iter().filter(|post| is(post)).count() as u64;
    let (all, telling) = (judged.len() as u64, count(&|post| post.disclosure.is_some()));
    let leaf = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let over = leaf("posts that look sponsored and say so", telling);
    let ratio = Explanation::ratio("of the posts that look sponsored", Unit::Share, over, leaf(SPONSORED, all));
    let behind = |post: &SponsoredPost| post.disclosure.as_ref().is_some_and(|told| told.behind_the_fold);
    let by_label = |post: &SponsoredPost| post.disclosure.as_ref().is_some_and(|told| told.by_platform);
    let elsewhere = |post: &SponsoredPost| post.disclosure.is_none() && post.other_language.is_some();
    let not_delivered = |post: &SponsoredPost| post.disclosure.is_none() && posts[post.place].marked_paid.is_none();
    let left_out = sponsored.len() as u64 - all;
    let wordless = posts.iter().filter(|post| post.words.trim().is_empty()).count() as u64;
    let counts = [
        ("of those that say so: by the platform's own label", count(&by_label)),
        ("of those that say so: only behind \"more\", where few look", count(&behind)),
        ("of the others: with a disclosure in another language than the post's", count(&elsewhere)),
        ("of the others: the source does not tell whether the platform's label is there", count(&not_delivered)),
        ("posts that look sponsored left out: the words of their language are not in the table", left_out),
        ("posts without words held", wordless),
    ];
    let mut parts: Vec<Explanation> = vec![leaf("posts read", posts.len() as u64)];
    parts.extend(counts.into_iter().filter(|(_, count)| *count > 0).map(|(words, count)| leaf(words, count)));
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let (Some(value), Some(range)) = (ratio.value, jeffreys_interval(telling, all, level)) else {
        let reason = why_not_known(posts, left_out);
        let mut estimate = Estimate::not_known(Unit::Share, METHOD, all, SPONSORED, reason);
        estimate.explanation = estimate.explanation.with_parts(parts);
        return estimate;
    };
    let words =
        format!("of {all} posts that look sponsored, {telling} say so in words held that their readers understand");
    let formula = format!("{METHOD} v{DISCLOSURE_VERSION} = posts that look sponsored and say so / {SPONSORED}");
    let explanation = Explanation::leaf(words, Some(value), Unit::Share)
        .with_formula(formula)
        .with_parts(std::iter::once(ratio).chain(parts).collect())
        .with_rows(all, SPONSORED, None);
    Estimate::known(value, range.lo, range.hi, all, SPONSORED, METHOD, explanation)
}

fn why_not_known(posts: &[PostWords], left_out: u64) -> String {
    match (posts.len(), left_out) {
        (0, _) => "no post is held; import posts with their captions".to_owned(),
        (read, 0) => format!(
            "none of {read} posts read looks sponsored, so there is nothing to say openly; import more posts, with whole \
             captions and the platform's label where the source gives it"
        ),
        (_, left_out) => format!(
            "{left_out} posts look sponsored, but the words for it in their language are not in the table; read the posts listed"
        ),
    }
}

#[cfg(test)]
mod tests;
