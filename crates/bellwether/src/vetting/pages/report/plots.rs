//! The pictures of a profile report: posts over time with the band of the median, followers over time with their blocks.

use engine::vetting::growth::GrowthBlock;

use super::super::super::report::{PostSeen, VettingReport};
use crate::clock;
use crate::web::format;

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
    pub shares: String,
    pub interactions: String,
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

const PLOT_WIDTH: f64 = 640.0;
const PLOT_HEIGHT: f64 = 180.0;

pub(super) fn post_plot(report: &VettingReport) -> Option<PostPlot> {
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
        "{} from {} to {}: interactions by followers at posting, from 0 to {} at the top; the line is the median of those that count, the band its interval.{}",
        format::counted(shown.len() as u64, "post", "posts"),
        clock::day(shown.first()?.at),
        clock::day(shown.last()?.at),
        percent(top),
        if shown.iter().any(|post| post.paid == Some(true)) { " Hollow: marked as paid." } else { "" }
    );
    let number = |count: Option<u64>| count.map_or_else(|| "not known".to_owned(), format::count);
    let rows = report.posts.iter().rev().map(|post| PostLine {
        day: clock::day(post.at),
        likes: number(post.likes),
        comments: number(post.comments),
        shares: number(post.shares),
        interactions: number(post.interactions),
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

pub(super) fn growth_plot(report: &VettingReport) -> Option<GrowthPlot> {
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
