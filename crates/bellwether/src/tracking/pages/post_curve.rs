//! The curve of one count of a post over its age, drawn on the server: the same numbers as the table of its measurements.

use engine::measurement::same_age::{AGES_HOURS, age_name, age_words};
use model::{PostMetric, Timestamp};

use crate::tracking::posts::measuring::PieceMeasured;
use crate::web::estimates::round_scale_end;
use crate::web::format;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;
const HOUR: f64 = 3.6e9;

/// A mark on an axis.
pub struct Tick {
    pub at: f64,
    pub words: String,
}

/// A reading, as it is pointed at.
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub words: String,
}

/// The picture.
pub struct CurveView {
    pub title: String,
    pub spoken: String,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub base_y: f64,
    pub line: String,
    pub dots: Vec<Dot>,
    pub ages: Vec<Tick>,
    pub values: Vec<Tick>,
}

/// `None` where it is not known when the post was published, or fewer than two readings came after that.
pub fn curve_view(measured: &PieceMeasured, metric: PostMetric, published: Option<Timestamp>) -> Option<CurveView> {
    let published = published?;
    let points: Vec<(f64, f64, &'static str)> = measured
        .measurements
        .iter()
        .filter(|of| of.at > published)
        .filter_map(|of| Some(((of.at.0 - published.0) as f64 / HOUR, of.metrics.get(metric)? as f64, of.by.words())))
        .collect();
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 {
        return None;
    }
    // The axis begins at the first reading or an hour, and holds every age that posts are compared at.
    let from = first.0.clamp(0.1, 1.0).ln();
    let to = last.0.max(f64::from(AGES_HOURS[AGES_HOURS.len() - 1])).ln();
    let most = round_scale_end(points.iter().map(|point| point.1).fold(0.0, f64::max));
    let x = |hours: f64| LEFT + ((hours.max(0.1).ln() - from) / (to - from)).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (1.0 - value / most) * (HEIGHT - TOP - BOTTOM);
    let whole = |value: f64| format::part(value, metric.unit());
    let age = |hours: f64| age_words(hours * 3_600.0);
    let name = metric.words();
    Some(CurveView {
        title: format!("{} {name} after {}", whole(last.1), age(last.0)),
        spoken: format!(
            "{name}: {} at an age of {}, {} at an age of {}, {} readings in all",
            whole(first.1),
            age(first.0),
            whole(last.1),
            age(last.0),
            points.len()
        ),
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: WIDTH - RIGHT,
        top: TOP,
        base_y: HEIGHT - BOTTOM,
        line: points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect::<Vec<_>>().join(" "),
        dots: points
            .iter()
            .map(|(hours, value, by)| Dot {
                x: x(*hours),
                y: y(*value),
                words: format!("{} at {}, {by}", whole(*value), age(*hours)),
            })
            .collect(),
        ages: AGES_HOURS.into_iter().map(|hours| Tick { at: x(f64::from(hours)), words: age_name(hours) }).collect(),
        values: (0..=2)
            .map(|step| f64::from(step) / 2.0 * most)
            .map(|value| Tick { at: y(value), words: whole(value) })
            .collect(),
    })
}
