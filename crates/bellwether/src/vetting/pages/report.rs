//! The profile report: the page a marketer shows their boss, with its numbers as JSON and CSV.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::vetting::comments::quality::CommentSign;
use engine::vetting::growth::GrowthBlock;
use engine::vetting::signs::SignSeen;
use engine::vetting::verdict::{Family, VerdictWord};
use model::AccountId;

use super::super::report::{COMMENTS_READ, POSTS_READ, PostSeen, VettingReport, vetting_report};
use crate::clock;
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, common_scale};
use crate::web::figures::{conversation, engagement};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::people::Person;
use crate::web::visit::Visit;

/// The words of a verdict with a shape, so that colour alone says nothing.
#[derive(Template, Clone, Copy, PartialEq, Eq, Debug)]
#[template(path = "vetting/_verdict.html")]
pub struct VerdictMark {
    pub words: &'static str,
    pub shape: &'static str,
}

impl VerdictMark {
    pub fn of(word: VerdictWord) -> VerdictMark {
        let shape = match word {
            VerdictWord::NoSign => "none",
            VerdictWord::Unclear => "unclear",
            VerdictWord::SignsWorthAskingAbout => "some",
            VerdictWord::StrongSigns => "strong",
        };
        VerdictMark { words: word.words(), shape }
    }
}

/// Signs of one kind.
pub struct FamilyLines {
    pub words: &'static str,
    pub signs: Vec<SignLine>,
}

/// One sign as it is drawn.
pub struct SignLine {
    pub value: EstimateView,
    pub usual: Option<String>,
    pub part: Option<PartBar>,
    pub innocent: &'static str,
    pub would_change: &'static str,
}

/// What a sign adds to the log-odds: a bar from the middle, to the right where it speaks for bought promotion.
pub struct PartBar {
    pub words: String,
    pub x: String,
    pub width: String,
    pub class: &'static str,
}

/// Rates of posts over time with the median and its interval.
pub struct PostPlot {
    pub dots: Vec<Dot>,
    pub band: Option<Band>,
    pub top: String,
    pub finding: String,
    pub rows: Vec<PostLine>,
}

pub struct Dot {
    pub x: String,
    pub y: String,
    pub class: &'static str,
}

pub struct Band {
    pub y: String,
    pub height: String,
    pub middle: String,
}

pub struct PostLine {
    pub day: String,
    pub likes: String,
    pub comments: String,
    pub followers: String,
    pub rate: String,
    pub paid: &'static str,
}

/// Followers over time with the blocks marked.
pub struct GrowthPlot {
    pub points: String,
    pub blocks: Vec<BlockMark>,
    pub finding: String,
    pub rows: Vec<BlockLine>,
}

pub struct BlockMark {
    pub x: String,
    pub width: String,
}

pub struct BlockLine {
    pub days: String,
    pub gained: String,
    pub score: String,
    pub lift: String,
    pub lost: String,
    pub declared: &'static str,
}

/// A sign of comments with how many show it.
pub struct CommentLine {
    pub words: &'static str,
    pub count: String,
    pub share: String,
}

pub struct ExampleLine {
    pub text: String,
    pub day: String,
    pub signs: String,
}

#[derive(Template)]
#[template(path = "vetting/report.html")]
struct ReportPage {
    layout: Layout,
    person: Person,
    tier: Option<&'static str>,
    as_of: Option<String>,
    mark: VerdictMark,
    finding: String,
    chance: EstimateView,
    known_signs: usize,
    all_signs: usize,
    not_assessed: Vec<&'static str>,
    families: Vec<FamilyLines>,
    sum: String,
    level: LevelMark,
    conversation: Vec<EstimateView>,
    engagement: Vec<EstimateView>,
    posts: Option<PostPlot>,
    growth: Option<GrowthPlot>,
    comments: Vec<CommentLine>,
    /// How many comments were read, and where the reading stops.
    comments_read: String,
    examples: Vec<ExampleLine>,
    circle: String,
    tied_to: Vec<Person>,
    /// Those tied to the creator beyond the ones named.
    tied_beyond: usize,
}

async fn report_of(app: &App, account: AccountId) -> Result<VettingReport, WebError> {
    let data = app.data.clone();
    aside(move || async move { vetting_report(&data, account).await }).await
}

/// `GET /vetting/{account}`
pub async fn show(State(app): State<App>, visit: Visit, Path(account): Path<AccountId>) -> Page {
    let report = report_of(&app, account).await?;
    let title = format!("Vetting: {}", report.creator.name);
    let layout = Layout::load(&app, visit, Word::Vetting, title).await?;
    draw(page(layout, &report)).await
}

/// `GET /vetting/{account}/report.json`
pub async fn json(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Json<VettingReport>, WebError> {
    Ok(Json(report_of(&app, account).await?))
}

/// `GET /vetting/{account}/signs.csv`
pub async fn csv(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Response, WebError> {
    let report = report_of(&app, account).await?;
    let first = ["sign", "kind", "words", "log_odds", "usual_lo", "usual_hi", "usual_of"];
    let headings: Vec<&str> = first.into_iter().chain(PARTS).collect();
    let mut sheet = Sheet::new(&headings);
    let code = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut chance = vec!["bought_promotion".to_owned(), String::new(), report.word.words().to_owned()];
    chance.extend([report.verdict.log_odds.to_string(), String::new(), String::new(), String::new()]);
    push_estimate(&mut chance, Some(&report.chance), "");
    sheet.row(&chance);
    for seen in &report.signs {
        let part = report.verdict.parts.iter().find(|part| part.sign == seen.sign);
        let usual = seen.usual.as_ref();
        let mut cells = vec![
            serde_json::to_value(seen.sign).map(code).unwrap_or_default(),
            seen.sign.family().words().to_owned(),
            seen.sign.words().to_owned(),
            part.map(|part| part.log_odds.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.lo.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.hi.to_string()).unwrap_or_default(),
            usual.map(|usual| usual.words.clone()).unwrap_or_default(),
        ];
        push_estimate(&mut cells, Some(&seen.value), "");
        sheet.row(&cells);
    }
    Ok(sheet.download(&format!("vetting-{}.csv", report.creator.handle)))
}

fn page(layout: Layout, report: &VettingReport) -> ReportPage {
    let person = Person::of(&report.creator);
    let (known, all) = (report.verdict.parts.len(), report.signs.len());
    let level = report.figures.as_ref().map_or("not-known", |figures| figures.level.as_str());
    ReportPage {
        layout,
        tier: report.tier.map(|tier| tier.code()),
        as_of: report.as_of.map(clock::day),
        mark: VerdictMark::of(report.word),
        finding: finding(report),
        chance: EstimateView::new(
            Drawing { id: "chance", label: "Chance of bought promotion", scale_to: 1.0, brand: None },
            &report.chance,
        ),
        known_signs: known,
        all_signs: all,
        not_assessed: families_not_assessed(report),
        families: families(report),
        sum: sum_words(report),
        level: LevelMark::of(level),
        conversation: report.figures.as_ref().map(|held| conversation(held, None)).unwrap_or_default(),
        engagement: report.figures.as_ref().map(|held| engagement(held, None)).unwrap_or_default(),
        posts: post_plot(report),
        growth: growth_plot(report),
        comments: comment_lines(report),
        comments_read: comments_read(report),
        examples: example_lines(report),
        circle: circle_words(report),
        tied_to: report.tied_to.iter().map(Person::of).collect(),
        tied_beyond: report.tied_people - report.tied_to.len(),
        person,
    }
}

/// The verdict as one sentence that accuses nobody.
fn finding(report: &VettingReport) -> String {
    let speaking: Vec<&str> =
        report.verdict.parts.iter().filter(|part| part.log_odds >= 0.3).map(|part| part.sign.words()).collect();
    match (report.word, speaking.as_slice()) {
        (VerdictWord::NoSign, _) => "What is held shows no sign of bought promotion.".to_owned(),
        (VerdictWord::Unclear, []) => {
            "What is held neither speaks for bought promotion nor rules it out; more of the signs below would have to be known."
                .to_owned()
        }
        (VerdictWord::Unclear, some) => {
            format!("Something is worth a look ({}), and too little is known to say more.", some.join("; "))
        }
        (VerdictWord::SignsWorthAskingAbout, some) => format!("Worth asking the creator about: {}.", some.join("; ")),
        (VerdictWord::StrongSigns, some) => {
            format!("Several kinds of evidence point the same way: {}. Ask before paying.", some.join("; "))
        }
    }
}

fn families_not_assessed(report: &VettingReport) -> Vec<&'static str> {
    Family::ALL
        .into_iter()
        .filter(|family| {
            report.signs.iter().filter(|seen| seen.sign.family() == *family).all(|seen| seen.finding.is_none())
        })
        .map(Family::words)
        .collect()
}

fn families(report: &VettingReport) -> Vec<FamilyLines> {
    let lines = |family: Family| FamilyLines {
        words: family.words(),
        signs: report.signs.iter().filter(|seen| seen.sign.family() == family).map(|seen| line(seen, report)).collect(),
    };
    Family::ALL.into_iter().map(lines).collect()
}

fn line(seen: &SignSeen, report: &VettingReport) -> SignLine {
    let part = report.verdict.parts.iter().find(|part| part.sign == seen.sign);
    let id = serde_json::to_value(seen.sign).ok().and_then(|code| code.as_str().map(|code| code.replace('_', "-")));
    let id = id.unwrap_or_default();
    let usual = seen.usual.as_ref().map(|usual| {
        let middle = (usual.lo + usual.hi) / 2.0;
        format!("usual: {} ({})", format::interval(middle, usual.lo, usual.hi, seen.value.unit), usual.words)
    });
    let scale = match &seen.usual {
        Some(usual) => common_scale(&[&seen.value]).max(crate::web::estimates::round_scale_end(usual.hi)),
        None => common_scale(&[&seen.value]),
    };
    SignLine {
        value: EstimateView::new(
            Drawing { id: &id, label: seen.sign.words(), scale_to: scale, brand: None },
            &seen.value,
        ),
        usual,
        part: part.map(|part| part_bar(part.log_odds)),
        innocent: seen.sign.innocent(),
        would_change: seen.sign.would_change(),
    }
}

/// The bar's box runs from -2.5 to 2.5, 50 to a side.
fn part_bar(log_odds: f64) -> PartBar {
    let length = (log_odds.abs() / 2.5 * 50.0).min(50.0);
    let (x, class) = if log_odds >= 0.0 { (50.0, "for") } else { (50.0 - length, "against") };
    PartBar {
        words: format!("{log_odds:+.2}").replace('-', "\u{2212}"),
        x: format!("{x:.1}"),
        width: format!("{length:.1}"),
        class,
    }
}

fn sum_words(report: &VettingReport) -> String {
    let verdict = &report.verdict;
    let mut words = format!("{:+.2} before anything is looked at", verdict.prior_log_odds);
    let parts: f64 = verdict.parts.iter().map(|part| part.log_odds).sum();
    words.push_str(&format!(", {parts:+.2} from the signs"));
    if verdict.shared_log_odds.abs() >= 0.005 {
        words.push_str(&format!(", {:+.2} shared or taken back by a limit", verdict.shared_log_odds));
    }
    words.push_str(&format!(" = {:+.2}", verdict.log_odds));
    words.replace('-', "\u{2212}")
}

const PLOT_WIDTH: f64 = 640.0;
const PLOT_HEIGHT: f64 = 180.0;

fn post_plot(report: &VettingReport) -> Option<PostPlot> {
    let shown: Vec<&PostSeen> = report.posts.iter().filter(|post| post.rate.is_some()).collect();
    if shown.len() < 2 {
        return None;
    }
    let (first, last) = (shown.first()?.at.0 as f64, shown.last()?.at.0 as f64);
    let highest = shown.iter().filter_map(|post| post.rate).fold(0.0, f64::max);
    let top = crate::web::estimates::round_scale_end(highest);
    let x = |at: f64| (at - first) / (last - first).max(1.0) * (PLOT_WIDTH - 12.0) + 6.0;
    let y = |rate: f64| PLOT_HEIGHT - rate / top * (PLOT_HEIGHT - 8.0);
    let dots = shown.iter().map(|post| Dot {
        x: format!("{:.1}", x(post.at.0 as f64)),
        y: format!("{:.1}", y(post.rate.unwrap_or(0.0))),
        class: if post.paid == Some(true) { "paid" } else { "" },
    });
    let rate = report.figures.as_ref().map(|figures| &figures.by_followers);
    let band = rate.and_then(|rate| {
        let (value, lo, hi) = (rate.value?, rate.lo?, rate.hi?);
        Some(Band {
            y: format!("{:.1}", y(hi.min(top))),
            height: format!("{:.1}", (y(lo) - y(hi.min(top))).max(1.0)),
            middle: format!("{:.1}", y(value)),
        })
    });
    let percent = |rate: f64| format::value(rate, rate / 20.0, model::Unit::Percent);
    let finding = format!(
        "{} from {} to {}: likes and comments by followers at posting, from 0 to {} at the top; the line is the median of those that count, the band its interval. Hollow: marked as paid.",
        format::counted(shown.len() as u64, "post", "posts"),
        clock::day(shown.first()?.at),
        clock::day(shown.last()?.at),
        percent(top)
    );
    let number = |count: Option<u64>| count.map_or_else(|| "not known".to_owned(), format::count);
    let rows = report.posts.iter().rev().map(|post| PostLine {
        day: clock::day(post.at),
        likes: number(post.likes),
        comments: number(post.comments),
        followers: number(post.followers),
        rate: post.rate.map_or_else(|| "not known".to_owned(), percent),
        paid: match post.paid {
            Some(true) => "marked as paid",
            Some(false) => "not marked",
            None => "not known",
        },
    });
    Some(PostPlot { dots: dots.collect(), band, top: percent(top), finding, rows: rows.collect() })
}

fn growth_plot(report: &VettingReport) -> Option<GrowthPlot> {
    let series = &report.followers;
    let (first, last) = (series.first()?, series.last()?);
    if series.len() < 2 {
        return None;
    }
    let lowest = series.iter().map(|point| point.followers).min()? as f64;
    let highest = series.iter().map(|point| point.followers).max()? as f64;
    let span = f64::from(last.day - first.day).max(1.0);
    let x = |day: i32| f64::from(day - first.day) / span * PLOT_WIDTH;
    let y = |count: f64| PLOT_HEIGHT - 4.0 - (count - lowest) / (highest - lowest).max(1.0) * (PLOT_HEIGHT - 12.0);
    let points: Vec<String> =
        series.iter().map(|point| format!("{:.1},{:.1}", x(point.day), y(point.followers as f64))).collect();
    let blocks: &[GrowthBlock] = report.growth.as_ref().map_or(&[], |growth| &growth.blocks);
    let day = |day: i32| clock::day(model::Timestamp::from_unix_seconds(i64::from(day) * 86_400));
    let judged = match (&report.growth, blocks.len()) {
        (None, _) => "too short a history, or too many days missing, to look for blocks".to_owned(),
        (Some(_), 0) => "no day stands out from those around it".to_owned(),
        (Some(_), some) => {
            format!("{} marked", format::counted(some as u64, "block stands out and is", "blocks stand out and are"))
        }
    };
    let finding = format!(
        "Followers from {} on {} to {} on {}; the line runs from {} at its foot to {} at its top; {judged}.",
        format::count(first.followers),
        day(first.day),
        format::count(last.followers),
        day(last.day),
        format::count(lowest as u64),
        format::count(highest as u64)
    );
    let rows = blocks.iter().map(|block| BlockLine {
        days: format!("{} to {}", day(block.first_day), day(block.last_day)),
        gained: format::count(block.gained.max(0.0).round() as u64),
        score: format!("{:.0}", block.score),
        lift: block
            .engagement_lift
            .map_or_else(|| "no post then".to_owned(), |lift| format!("{:.1} times the middle post", lift.exp())),
        lost: block.lost_later.map_or_else(
            || "not over yet".to_owned(),
            |lost| {
                let shown = (lost * 100.0).round();
                format!("{shown:.0} % (± {:.0})", block.lost_later_spread * 164.5).replace('-', "\u{2212}")
            },
        ),
        declared: if block.is_declared { "declared" } else { "not declared" },
    });
    let marks = blocks.iter().map(|block| BlockMark {
        x: format!("{:.1}", x(block.first_day - 1)),
        width: format!("{:.1}", (x(block.last_day) - x(block.first_day - 1)).max(3.0)),
    });
    Some(GrowthPlot { points: points.join(" "), blocks: marks.collect(), finding, rows: rows.collect() })
}

fn comment_lines(report: &VettingReport) -> Vec<CommentLine> {
    let Some(quality) = &report.comments else { return vec![] };
    CommentSign::ALL
        .into_iter()
        .map(|sign| CommentLine {
            words: sign.words(),
            count: format::count(quality.showing[&sign]),
            share: format!("{:.1}%", quality.showing[&sign] as f64 / quality.comments.max(1) as f64 * 100.0),
        })
        .collect()
}

/// Says where the reading stopped, if it did.
fn comments_read(report: &VettingReport) -> String {
    let count = report.comments.as_ref().map_or(0, |quality| quality.comments);
    let read = format::counted(count, "comment", "comments");
    match count as usize >= COMMENTS_READ {
        true => format!("The newest {read} by others under the newest {POSTS_READ} posts were read."),
        false => format!("{read} by others under the newest {POSTS_READ} posts were read."),
    }
}

fn example_lines(report: &VettingReport) -> Vec<ExampleLine> {
    let line = |example: &super::super::report::CommentExample| ExampleLine {
        text: crate::web::words::plain(&example.text),
        day: clock::day(example.at),
        signs: example.signs.iter().map(|sign| sign.words()).collect::<Vec<_>>().join("; "),
    };
    report.examples.iter().map(line).collect()
}

fn circle_words(report: &VettingReport) -> String {
    match report.circle {
        None => "Not known: fewer than 15 posts of this creator are held, or nobody who often comments under them \
                 publishes anything held."
            .to_owned(),
        Some(circle) if circle.pod_people > 0 => format!(
            "Pod-like: {} creators, each of whom comments on at least {} others of them again and again, and they back.",
            circle.pod_people, circle.core
        ),
        Some(circle) if circle.core > 0 => format!(
            "A tight circle: everybody in it comments on at least {} of it again and again, and they back. From 7 on it is called pod-like.",
            circle.core
        ),
        Some(_) => "Nobody and this creator comment on each other again and again.".to_owned(),
    }
}
