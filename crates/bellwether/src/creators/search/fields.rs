//! Everything creators can be filtered, counted and ordered by: each with its words, its unit, and where it comes from.

use model::{Platform, Tier, Unit};
use search::{FacetColumn, Layout, RangeColumn};

use crate::vetting::level_words;
use crate::web::people::tier_words;

/// Raised when a column below, or what is written into one, changes; an index of another version is made anew.
const LAYOUT_VERSION: u32 = 1;

/// A part of the rail in which filters stand together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    Conversation,
    Creator,
    Performance,
    Vetting,
    Audience,
    Deals,
    Own,
}

impl Group {
    pub const ALL: [Group; 7] = [
        Group::Conversation,
        Group::Creator,
        Group::Performance,
        Group::Vetting,
        Group::Audience,
        Group::Deals,
        Group::Own,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Group::Conversation => "Conversation",
            Group::Creator => "Creator",
            Group::Performance => "Performance",
            Group::Vetting => "Vetting",
            Group::Audience => "Audience",
            Group::Deals => "Deals",
            Group::Own => "Your own",
        }
    }
}

/// Where a column comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// The index, made at refresh.
    Index,
    /// What people typed.
    Typed,
    /// The brand at hand.
    Brand,
    /// The creator that others are compared with.
    Alike,
}

/// A number to filter by.
pub struct RangeField {
    /// The key in addresses and on the command line.
    pub key: &'static str,
    pub words: &'static str,
    pub group: Group,
    pub unit: Unit,
    pub interval: bool,
    pub from: From,
    /// Where one bin of its histogram ends and the next begins.
    pub edges: &'static [f32],
    /// What it is, in a sentence.
    pub about: &'static str,
}

/// A choice to filter by.
pub struct CodeField {
    pub key: &'static str,
    pub words: &'static str,
    pub group: Group,
    pub from: From,
    /// What it means to have none.
    pub none: &'static str,
}

const SHARES: &[f32] = &[0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const SMALL_SHARES: &[f32] = &[0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35];
const COUNTS: &[f32] = &[10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6];

const fn range(
    key: &'static str,
    words: &'static str,
    group: Group,
    unit: Unit,
    from: From,
    edges: &'static [f32],
    about: &'static str,
) -> RangeField {
    RangeField { key, words, group, unit, interval: false, from, edges, about }
}

const fn estimate(
    key: &'static str,
    words: &'static str,
    group: Group,
    unit: Unit,
    from: From,
    edges: &'static [f32],
    about: &'static str,
) -> RangeField {
    RangeField { key, words, group, unit, interval: true, from, edges, about }
}

/// Every number, in the order of the rail.
pub const RANGES: &[RangeField] = &[
    estimate(
        "listening",
        "Listening score",
        Group::Conversation,
        Unit::Score,
        From::Brand,
        &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
        "How much the brand's buyers are expected to turn to them.",
    ),
    estimate(
        "fit",
        "Fit to the brand",
        Group::Conversation,
        Unit::Score,
        From::Brand,
        SHARES,
        "From product, values, audience, niche, conversation and price, by the brand's weights.",
    ),
    estimate(
        "fit_product",
        "Speaks of the product",
        Group::Conversation,
        Unit::Score,
        From::Brand,
        SHARES,
        "How much their own words are about products like the brand's.",
    ),
    estimate(
        "fit_values",
        "Shows the values",
        Group::Conversation,
        Unit::Score,
        From::Brand,
        SHARES,
        "How much their own words show what the brand stands for.",
    ),
    range(
        "buyers",
        "Buyers who turned to them",
        Group::Conversation,
        Unit::People,
        From::Brand,
        &[1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        "People who meet the brand's definition and turned to them.",
    ),
    estimate(
        "buyer_share",
        "Buyers among talk partners",
        Group::Conversation,
        Unit::Share,
        From::Brand,
        SMALL_SHARES,
        "Of the people they talk with, how many are the brand's buyers.",
    ),
    estimate(
        "affinity",
        "Buyers against the average",
        Group::Audience,
        Unit::Score,
        From::Brand,
        &[0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0],
        "The share of buyers among their talk partners over that among everybody who talks.",
    ),
    range(
        "alike",
        "Alike by topics",
        Group::Conversation,
        Unit::Score,
        From::Alike,
        &[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "How alike what they say is, by the words of this market's own texts; 1 is the same.",
    ),
    estimate(
        "shared_audience",
        "Shared talk partners",
        Group::Audience,
        Unit::Share,
        From::Alike,
        SMALL_SHARES,
        "Of the talk partners of the creator they are compared with, how many talk with them too.",
    ),
    estimate(
        "reply_rate",
        "Comments answered",
        Group::Conversation,
        Unit::Share,
        From::Index,
        SHARES,
        "Of the comments that could be answered, how many the creator answered within a week.",
    ),
    estimate(
        "reply_people",
        "People answered",
        Group::Conversation,
        Unit::Share,
        From::Index,
        SHARES,
        "Of those who commented, how many got an answer.",
    ),
    estimate(
        "reply_latency",
        "Time to an answer",
        Group::Conversation,
        Unit::Seconds,
        From::Index,
        &[600.0, 3_600.0, 10_800.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0],
        "The middle time to the creator's first answer, unanswered comments counted as waiting.",
    ),
    estimate(
        "conversation_rate",
        "Talk both ways",
        Group::Conversation,
        Unit::Share,
        From::Index,
        SHARES,
        "Of those who commented, how many had two turns or more each way.",
    ),
    estimate(
        "mutual_share",
        "Partners who talk back",
        Group::Conversation,
        Unit::Share,
        From::Index,
        SHARES,
        "Of those they talk to, how many also talk to them.",
    ),
    range(
        "followers",
        "Followers",
        Group::Creator,
        Unit::People,
        From::Index,
        &[500.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6],
        "As last seen.",
    ),
    range(
        "following",
        "Following",
        Group::Creator,
        Unit::People,
        From::Index,
        &[100.0, 300.0, 500.0, 1e3, 1.5e3, 3e3, 7.5e3],
        "As last seen.",
    ),
    range(
        "posts",
        "Posts held",
        Group::Creator,
        Unit::Items,
        From::Index,
        &[1.0, 4.0, 10.0, 30.0, 60.0, 100.0, 300.0, 1e3],
        "Posts of theirs that were brought in.",
    ),
    range(
        "posts_a_week",
        "Posts a week",
        Group::Creator,
        Unit::Items,
        From::Index,
        &[0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 14.0],
        "Over the last half year before the newest facts.",
    ),
    range(
        "last_post",
        "Days since the last post",
        Group::Creator,
        Unit::Items,
        From::Index,
        &[1.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0],
        "Counted back from the newest facts held.",
    ),
    estimate(
        "engagement",
        "Engagement by followers",
        Group::Performance,
        Unit::Percent,
        From::Index,
        SMALL_SHARES,
        "Interactions of the middle post over followers at posting.",
    ),
    estimate(
        "engagement_reach",
        "Engagement by reach",
        Group::Performance,
        Unit::Percent,
        From::Index,
        SMALL_SHARES,
        "Interactions of the middle post over people reached; known from connected accounts and proofs alone.",
    ),
    estimate(
        "engagement_views",
        "Engagement by views",
        Group::Performance,
        Unit::Percent,
        From::Index,
        SMALL_SHARES,
        "Interactions of the middle post over its views.",
    ),
    estimate(
        "comment_like",
        "Comments for likes",
        Group::Performance,
        Unit::Percent,
        From::Index,
        SMALL_SHARES,
        "Comments over likes.",
    ),
    range(
        "likes",
        "Likes of the middle post",
        Group::Performance,
        Unit::Items,
        From::Index,
        COUNTS,
        "Of the newest sixty posts that are three days old.",
    ),
    range(
        "comments",
        "Comments on the middle post",
        Group::Performance,
        Unit::Items,
        From::Index,
        &[1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4],
        "Of the newest sixty posts that are three days old.",
    ),
    range(
        "views",
        "Views of the middle post",
        Group::Performance,
        Unit::Items,
        From::Index,
        COUNTS,
        "Of the newest sixty posts that are three days old.",
    ),
    range(
        "growth",
        "Growth in 90 days",
        Group::Performance,
        Unit::Percent,
        From::Index,
        &[-0.05, 0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0],
        "Net growth of followers over about ninety days.",
    ),
    estimate(
        "paid_share",
        "Posts marked as paid",
        Group::Vetting,
        Unit::Share,
        From::Index,
        SHARES,
        "Of the posts whose source tells, how many are marked as paid.",
    ),
    estimate(
        "told_share",
        "Paid posts that say so",
        Group::Vetting,
        Unit::Share,
        From::Index,
        SHARES,
        "Of the posts that look sponsored, how many say so where their readers understand it.",
    ),
    estimate(
        "uniformity",
        "Audience in one group",
        Group::Audience,
        Unit::Share,
        From::Index,
        SHARES,
        "The share of their talk partners who are in one conversation group.",
    ),
    estimate(
        "price",
        "Price of a post",
        Group::Deals,
        Unit::Score,
        From::Typed,
        &[50.0, 100.0, 200.0, 300.0, 500.0, 1e3, 2e3, 5e3],
        "What a post should cost, from deals, quotes and rate cards; in the currency of your prices.",
    ),
];

const fn codes(key: &'static str, words: &'static str, group: Group, from: From, none: &'static str) -> CodeField {
    CodeField { key, words, group, from, none }
}

/// Every choice, in the order of the rail.
pub const CODES: &[CodeField] = &[
    codes("level", "Answers its audience", Group::Conversation, From::Index, "not known"),
    codes("group", "Conversation group", Group::Conversation, From::Index, "in no group"),
    codes("platform", "Platform", Group::Creator, From::Index, "not known"),
    codes("tier", "Size", Group::Creator, From::Index, "followers not known"),
    codes("niche", "Niche", Group::Creator, From::Index, "no niche found"),
    codes("topic", "Topics", Group::Creator, From::Index, "no tags"),
    codes("language", "Language", Group::Creator, From::Index, "not known"),
    codes("country", "Country", Group::Creator, From::Index, "not known"),
    codes("contact", "Contact", Group::Creator, From::Index, "none in the bio"),
    codes("verdict", "Signs of bought promotion", Group::Vetting, From::Index, "not assessed"),
    codes("discloses", "Disclosure", Group::Vetting, From::Index, "no sponsored post seen"),
    codes("spread", "Audience by groups", Group::Audience, From::Index, "not known"),
    codes("list", "Shortlist", Group::Own, From::Typed, "on no list"),
    codes("stage", "Stage", Group::Own, From::Typed, "not begun"),
    codes("own", "Among your own people", Group::Own, From::Typed, "not among them"),
];

/// The columns that lie in the index.
pub fn layout() -> Layout {
    Layout {
        version: LAYOUT_VERSION,
        ranges: RANGES.iter().filter(|field| field.from == From::Index).map(RangeField::column).collect(),
        facets: CODES.iter().filter(|field| field.from == From::Index).map(CodeField::column).collect(),
    }
}

impl RangeField {
    pub fn column(&self) -> RangeColumn {
        RangeColumn { name: self.key, interval: self.interval, edges: self.edges.to_vec() }
    }

    /// What a typed number is multiplied by: shares are typed as percentages, times as hours.
    pub fn typed_unit(&self) -> f32 {
        match self.unit {
            Unit::Share | Unit::Percent => 0.01,
            Unit::Seconds => 3_600.0,
            _ => 1.0,
        }
    }

    /// The unit of what is typed, in a word.
    pub fn typed_words(&self) -> &'static str {
        match self.unit {
            Unit::Share | Unit::Percent => "%",
            Unit::Seconds => "hours",
            _ => "",
        }
    }
}

impl CodeField {
    pub fn column(&self) -> FacetColumn {
        FacetColumn { name: self.key }
    }

    /// A code in words; groups, niches and lists are named by whoever knows them.
    pub fn code_words(&self, code: &str) -> String {
        match self.key {
            "platform" => Platform::from_code(code).map_or_else(|| code.to_owned(), |it| it.name().to_owned()),
            "tier" => Tier::from_code(code).map_or_else(|| code.to_owned(), |it| tier_words(it).to_owned()),
            "level" => level_words(code).to_owned(),
            "contact" => match code {
                "email" => "e-mail address in the bio",
                "link" => "a link to a site",
                other => other,
            }
            .to_owned(),
            "own" => match code {
                "engager" => "liked, commented or shared",
                "reader" => "newsletter reader",
                "buyer" => "ordered",
                other => other,
            }
            .to_owned(),
            "discloses" => match code {
                "always" => "all that look sponsored say so",
                "mostly" => "most say so",
                "seldom" => "few or none say so",
                other => other,
            }
            .to_owned(),
            _ => code.to_owned(),
        }
    }
}

pub fn range_field(key: &str) -> Option<&'static RangeField> {
    RANGES.iter().find(|field| field.key == key)
}

pub fn code_field(key: &str) -> Option<&'static CodeField> {
    CODES.iter().find(|field| field.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_at_least_thirty_filters_and_no_two_of_one_name() {
        let mut keys: Vec<&str> =
            RANGES.iter().map(|field| field.key).chain(CODES.iter().map(|field| field.key)).collect();
        assert!(keys.len() >= 30, "{}", keys.len());
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), RANGES.len() + CODES.len());
    }

    #[test]
    fn edges_of_every_histogram_rise() {
        for field in RANGES {
            assert!(field.edges.is_sorted_by(|a, b| a < b), "{}", field.key);
        }
    }
}
