//! The wider parts of a profile report as they are drawn: reach and peers, how they talk, who the audience is, disclosure,
//! brands, and what a fee would buy.

use engine::vetting::disclosure::SponsoredPost;
use engine::vetting::reach::ReachTest;
use engine::vetting::uniformity::UniformityWord;
use engine::vetting::verdict::Sign;
use model::{Estimate, Money, Unit};

use super::super::super::report::{VettingReport, fee_buys};
use crate::clock;
use crate::web::estimates::{Drawing, EstimateView, common_scale, round_scale_end};
use crate::web::format;
use crate::web::query::Pairs;

/// Groups of the audience, and posts, that are shown.
pub(super) const PARTS_SHOWN_MAX: usize = 6;
pub(super) const POSTS_SHOWN_MAX: usize = 6;
/// Letters of a caption that are quoted.
const CAPTION_MAX: usize = 280;

/// A published figure.
pub struct PublishedLine {
    pub source: String,
    pub followers: String,
    pub value: String,
    pub about: String,
}

/// A group that part of the audience is in.
pub struct AudiencePart {
    pub name: String,
    pub address: Option<String>,
    pub share: EstimateView,
    pub times: Option<String>,
}

/// A post that looks sponsored.
pub struct SponsoredLine {
    pub words: String,
    pub language: Option<String>,
    pub day: String,
    pub why: String,
}

pub struct BrandLine {
    pub name: String,
    pub finding: String,
    pub quotes: Vec<QuoteLine>,
}

pub struct QuoteLine {
    pub words: String,
    pub day: String,
}

fn view(id: &str, label: &str, estimate: &Estimate) -> EstimateView {
    EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand: None }, estimate)
}

pub(super) fn posts(report: &VettingReport) -> Vec<EstimateView> {
    let Some(wider) = &report.posts_wider else { return vec![] };
    vec![
        view("standing", "Engagement among peers: share at or below", &wider.standing.quantile),
        view("reach-rate", "Reach of a post by followers", &wider.reach.reach_rate),
        view("sponsored", "Paid posts against the others (1 is the same)", &wider.sponsored),
    ]
}

/// The rule of thumb in words, where it can be told.
pub(super) fn reach_words(report: &VettingReport) -> Option<&'static str> {
    match report.posts_wider.as_ref()?.reach.test {
        ReachTest::NotKnown => None,
        ReachTest::Passes => Some("Reach: at least 10 % of the followers, the field’s rule of thumb."),
        ReachTest::Fails => Some(
            "Reach: below the field’s rule of thumb of 10 % of the followers; large accounts sit under it without fault.",
        ),
        ReachTest::Unclear => {
            Some("Reach: the field’s rule of thumb, 10 % of the followers, lies inside the interval.")
        }
    }
}

pub(super) fn standing_words(report: &VettingReport) -> Option<String> {
    let wider = report.posts_wider.as_ref()?;
    wider.standing.cell.as_ref()?;
    let widened: Vec<&str> = wider.standing.fallen_back.clone();
    Some(match widened.is_empty() {
        true => wider.standing_among.clone(),
        false => format!("{}; compared more widely, since of the {}", wider.standing_among, widened.join("; ")),
    })
}

pub(super) fn published(report: &VettingReport) -> Vec<PublishedLine> {
    let rows = report.posts_wider.iter().flat_map(|wider| &wider.published);
    let line = |row: &&engine::vetting::benchmarks::Benchmark| PublishedLine {
        source: format!("{}, {}", row.source, row.year),
        followers: match row.followers_to {
            Some(to) => {
                format!("{}–{}", format::short_count(row.followers_from as i64), format::short_count(to as i64))
            }
            None => format!("from {}", format::short_count(row.followers_from as i64)),
        },
        value: format::value(row.value, row.value / 40.0, Unit::Percent),
        about: [row.population, row.centre.words(), row.note]
            .iter()
            .filter(|of| !of.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("; "),
    };
    rows.map(line).collect()
}

pub(super) fn talk(report: &VettingReport) -> Vec<EstimateView> {
    let Some(talk) = &report.talk else { return vec![] };
    vec![
        view("depth", "Turns in a thread with both sides", &talk.depth),
        view("returning", "Commenters who come back under another post", &talk.returning),
        view("questions-answered", "Questions answered", &talk.questions_answered),
        view("expressive", "Replies that say more than a stock phrase", &talk.expressive),
        view("asks-back", "Replies that ask back", &talk.asks_back),
        view("audience-talk", "Comments that answer another commenter", &talk.audience_talk),
    ]
}

/// What people have seen of the audience, and what the way to the sample is called.
pub(super) fn sample_words(report: &VettingReport) -> (String, &'static str) {
    match &report.sample {
        None if !is_share_known(report) => (
            "Nobody has looked at this audience yet, and too few profiles are held for a model to tell its share.".to_owned(),
            "Draw a sample and look at it",
        ),
        None => (
            "Nobody has looked at this audience yet; the share above is told by a model whose error rates come from elsewhere."
                .to_owned(),
            "Draw a sample and look at it",
        ),
        Some(sample) => {
            let looked = format!(
                "{} of {} accounts drawn by chance were looked at by {}.",
                format::count(sample.looked_at as u64),
                format::count(sample.people as u64),
                match sample.labellers.len() {
                    0 => "nobody yet".to_owned(),
                    1 => "one person".to_owned(),
                    more => format!("{more} people"),
                }
            );
            (looked, "See the sample")
        }
    }
}

fn is_share_known(report: &VettingReport) -> bool {
    let share = report.signs.iter().find(|seen| seen.sign == Sign::AudienceShare);
    share.is_some_and(|seen| seen.finding.is_some())
}

pub(super) fn uniformity_words(report: &VettingReport) -> String {
    let of = &report.audience_groups;
    let people = format::counted(of.people, "person who follows or comments is", "people who follow or comment are");
    let word = match of.uniformity.word {
        UniformityWord::OneCircle => "they are mostly of one circle",
        UniformityWord::AFewCircles => "they are spread over a few circles",
        UniformityWord::ManyCircles => "they are spread over many circles",
        UniformityWord::NotKnown if of.uniformity.same_group.value.is_some() => {
            "whether they are of one circle or of several lies within the doubt"
        }
        UniformityWord::NotKnown => "how alike they are cannot be told from so few",
    };
    format!("{people} held; {word}. One circle serves a campaign for it, many serve reach; neither is better.")
}

pub(super) fn uniformity(report: &VettingReport) -> Vec<EstimateView> {
    let found = &report.audience_groups.uniformity;
    vec![
        view("same-group", "Two of them, drawn at random, share a group", &found.same_group),
        view("groups-effective", "Groups of one size that would be as mixed", &found.groups_effective),
    ]
}

pub(super) fn audience_parts(report: &VettingReport) -> Vec<AudiencePart> {
    let of = &report.audience_groups;
    let part = |part: &engine::vetting::uniformity::GroupShare| {
        let group = of.groups.get(&part.group)?;
        let id = format!("audience-group-{}", group.id);
        let drawing = Drawing { id: &id, label: &group.name, scale_to: 1.0, brand: None };
        let times = part.times_market.as_ref().and_then(|times| {
            let (value, lo, hi) = (times.value?, times.lo?, times.hi?);
            let around = (hi - lo) / 2.0;
            let words = format::value(value, around, Unit::Score);
            Some(format!("{words} times its share of the market ({})", format::interval(value, lo, hi, Unit::Score)))
        });
        Some(AudiencePart {
            name: group.name.clone(),
            address: Some(format!("/conversations/groups/{}", group.id)),
            share: EstimateView::new(drawing, &part.share),
            times,
        })
    };
    of.uniformity.parts.iter().filter_map(part).collect()
}

pub(super) fn told(report: &VettingReport) -> EstimateView {
    view("told", "Posts that look sponsored and say so", &report.disclosure.told)
}

/// Posts that look sponsored: those without a disclosure that was found, and the others; newest first.
pub(super) fn sponsored(report: &VettingReport) -> (Vec<SponsoredLine>, Vec<SponsoredLine>) {
    let line = |post: &SponsoredPost| {
        let caption = report.captions.get(&post.place).map(String::as_str).unwrap_or_default();
        let marks: Vec<String> =
            post.marks.iter().map(|mark| format!("{}: “{}”", mark.kind.words(), mark.quote)).collect();
        let elsewhere = post.other_language.as_ref().filter(|_| post.disclosure.is_none());
        let elsewhere = elsewhere.map(|told| format!("says so in another language than the post’s: “{}”", told.words));
        let not_judged =
            (!post.judged).then(|| "its language is none of the thirteen that are read for disclosures".to_owned());
        let told = post.disclosure.as_ref().map(|told| {
            let fold = if told.behind_the_fold { ", where few look" } else { "" };
            let by = if told.by_platform {
                "the platform’s own label".to_owned()
            } else {
                format!("“{}”", told.words)
            };
            format!("says so: {by}{fold}")
        });
        SponsoredLine {
            words: shortened(caption),
            language: post.language.clone(),
            day: clock::day(post.at),
            why: marks.into_iter().chain(told).chain(elsewhere).chain(not_judged).collect::<Vec<_>>().join("; "),
        }
    };
    let mut posts: Vec<&SponsoredPost> = report.disclosure.posts.iter().collect();
    posts.sort_by_key(|post| std::cmp::Reverse(post.at));
    // Those that cannot be judged are never shown as if nothing had been found in them.
    let (told, untold): (Vec<_>, Vec<_>) =
        posts.into_iter().partition(|post| post.disclosure.is_some() || !post.judged);
    (untold.into_iter().map(line).collect(), told.into_iter().map(line).collect())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CAPTION_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
    }
}

pub(super) fn brands(report: &VettingReport) -> Vec<BrandLine> {
    let line = |of: &super::super::super::report::BrandMentions| BrandLine {
        name: of.brand.clone(),
        finding: match (of.by_name, of.by_word) {
            (0, 0) => {
                "Not named, nor a word its buyers are known by, in what is held of their posts and newest own comments."
                    .to_owned()
            }
            (name, word) => format!(
                "Named in {}; {} what its buyers talk about, in what is held of their posts and newest own comments.",
                format::counted(name, "post or comment", "posts and comments"),
                format::counted(word, "more speaks of", "more speak of")
            ),
        },
        quotes: of
            .quotes
            .iter()
            .map(|quote| QuoteLine { words: quote.words.clone(), day: clock::day(quote.at) })
            .collect(),
    };
    report.mentions.iter().map(line).collect()
}

/// What was asked about a fee, and what it buys.
pub(super) struct Price {
    pub fee: String,
    pub currency: String,
    pub problem: Option<String>,
    pub buys: Vec<EstimateView>,
}

/// Digits after the decimal mark of a currency (ISO 4217).
fn minor_digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "UGX" | "XAF" | "XOF" | "PYG" | "RWF" => 0,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    }
}

/// An amount as people write it, in minor units: `250`, `1,250.50`, `1.250,50`.
fn minor_units(text: &str, digits: u32) -> Option<u64> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\'').collect();
    let last = text.rfind(['.', ',']);
    let (whole, part) = match last {
        // A mark with three digits behind it sets thousands apart.
        Some(at) if text.len() - at - 1 != 3 || digits == 3 => (&text[..at], &text[at + 1..]),
        _ => (text.as_str(), ""),
    };
    let whole: String = whole.chars().filter(|letter| !matches!(letter, '.' | ',')).collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(&whole) || !is_number(part) || part.len() > digits as usize {
        return None;
    }
    let part = format!("{part:0<width$}", width = digits as usize);
    format!("{whole}{part}").parse().ok()
}

pub(super) fn price(report: &VettingReport, asked: &Pairs) -> Price {
    let fee = asked.one("fee").unwrap_or("").to_owned();
    let currency = asked.one("currency").unwrap_or("EUR").to_uppercase();
    let mut price = Price { fee, currency, problem: None, buys: vec![] };
    if price.fee.is_empty() {
        return price;
    }
    let digits = minor_digits(&price.currency);
    let (Ok(_), Some(amount)) =
        (Money::new(0, &price.currency), minor_units(&price.fee, digits).filter(|amount| *amount > 0))
    else {
        price.problem = Some("Write the fee as a number above 0, such as 250 or 1,250.50, and the currency in three letters, such as EUR.".to_owned());
        return price;
    };
    let found = fee_buys(report, amount, &price.currency);
    let unit = 10f64.powi(digits as i32);
    let line = |id: &str, of: &str, estimate: &Estimate| {
        let major = |value: Option<f64>| value.map(|value| value / unit);
        let scaled = Estimate {
            value: major(estimate.value),
            lo: major(estimate.lo),
            hi: major(estimate.hi),
            ..estimate.clone()
        };
        let label = format!("{} {of}", price.currency);
        let scale_to = round_scale_end(scaled.hi.or(scaled.value).unwrap_or(0.0));
        EstimateView::new(Drawing { id, label: &label, scale_to, brand: None }, &scaled)
    };
    price.buys = vec![
        line("fee-interaction", "for each interaction", &found.per_interaction),
        line("fee-views", "for a thousand views", &found.per_thousand_views),
        line("fee-reached", "for a thousand people reached", &found.per_thousand_reached),
        line("fee-followers", "for a thousand followers", &found.per_thousand_followers),
        line("fee-people", "for a thousand followers not made to be sold", &found.per_thousand_people),
    ];
    price
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_write_it_and_nonsense_is_refused() {
        for (text, digits, expect) in [
            ("250", 2, Some(25_000)),
            ("1,250.50", 2, Some(125_050)),
            ("1.250,5", 2, Some(125_050)),
            ("1.250", 2, Some(125_000)),
            ("12 000", 0, Some(12_000)),
            ("0.999", 3, Some(999)),
            ("250.555", 2, Some(25_055_500)),
            ("-5", 2, None),
            ("abc", 2, None),
            ("", 2, None),
            ("5.12345", 2, None),
        ] {
            assert_eq!(minor_units(text, digits), expect, "{text}");
        }
    }
}
