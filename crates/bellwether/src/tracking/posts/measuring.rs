//! What was measured of published posts: imported readings as they lie among the facts, those from files and by hand, and what they
//! come to at the same age.

use std::collections::HashMap;

use engine::measurement::same_age::{
    AGES_HOURS, AtAge, Fall, Reading, SameAgeInput, SameAgeSettings, age_name, at_age, falls, without_publishing,
};
use model::{MeasuredBy, PostId, PostMetric, PostMetrics, Timestamp};
use serde_json::json;
use store::outreach::content::DraftFile;
use store::published_posts::{MeasurementKept, MeasurementRow, NewMeasurement};

use super::PieceSeen;
use crate::clock::{self, NoMinute};
use crate::data_directory::DataDirectory;
use crate::ingest::csv_file::parse_count;
use crate::outreach::{OutreachError, content, files};
use crate::tracking::TrackingError;

/// Of a picture that shows a measurement.
pub const EVIDENCE_BYTES_MAX: usize = 16 << 20;
/// The fields of the moment of a measurement and of publishing, each with that of its zone.
const MEASURED: (&str, &str) = ("at", "zone");
const PUBLISHED: (&str, &str) = ("published", "published_zone");
/// A larger count is a typing error.
const COUNT_MAX: u64 = 1_000_000_000_000;

/// One measurement of a post, wherever it lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measurement {
    /// `None` for what was imported: it is taken back with its import.
    pub id: Option<i64>,
    pub at: Timestamp,
    pub by: MeasuredBy,
    /// The file it came in, or the source that was imported; empty by hand.
    pub origin: String,
    pub metrics: PostMetrics,
    pub evidence: Option<DraftFile>,
    pub actor: String,
    pub corrected_at: Option<Timestamp>,
}

/// One count of a post at each of the ages.
#[derive(Clone, PartialEq, Debug)]
pub struct MetricAtAges {
    pub metric: PostMetric,
    pub ages: Vec<AtAge>,
}

/// Everything measured of a piece.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PieceMeasured {
    /// By time.
    pub measurements: Vec<Measurement>,
    /// What was measured at all, in the order of the list.
    pub metrics: Vec<MetricAtAges>,
    /// Readings lower than the one before.
    pub falls: Vec<(PostMetric, Fall)>,
}

/// A measurement as somebody types it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct MeasurementGiven {
    /// `2026-03-02T10:00`, in `zone` where it names none.
    pub at: String,
    pub zone: String,
    /// What stands in each field; empty: not read.
    pub counts: Vec<(PostMetric, String)>,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

/// A moment as somebody types it: the minute matters, so a day alone is none.
pub fn moment(
    (field, zone_field): (&'static str, &'static str),
    text: &str,
    zone: &str,
) -> Result<Timestamp, TrackingError> {
    let text = text.trim();
    let known = match zone.trim() {
        "" => None,
        name => {
            let no_zone = || refused(zone_field, format!("{name:?} is no time zone such as Europe/Berlin"));
            Some(clock::zone(name).ok_or_else(no_zone)?)
        }
    };
    clock::parse_minute(text, known.as_ref()).map_err(|why| {
        let problem = match why {
            NoMinute::Empty => "say when, such as 2026-03-02T10:00".to_owned(),
            NoMinute::NoTimeOfDay => format!("{text:?} has no time of day: give the minute, such as {text}T10:00"),
            NoMinute::NoZone => format!("{text:?} does not say in which time zone: name one, or end it with Z"),
            NoMinute::NotADate => format!("{text:?} is no moment such as 2026-03-02T10:00"),
        };
        refused(field, problem)
    })
}

/// A count as somebody types it; nothing typed is not known.
pub fn count_of(text: &str) -> Result<Option<u64>, String> {
    let count = parse_count(text)?.map(i64::unsigned_abs);
    match count.filter(|count| *count > COUNT_MAX) {
        Some(_) => Err(format!("{:?} is more than any post has", text.trim())),
        None => Ok(count),
    }
}

fn metrics_of(counts: &[(PostMetric, String)]) -> Result<PostMetrics, TrackingError> {
    let mut metrics = PostMetrics::default();
    for (metric, text) in counts {
        metrics.set(*metric, count_of(text).map_err(|problem| refused(metric.code(), problem))?);
    }
    if metrics.is_empty() {
        return Err(refused("views", "nothing was counted: fill in at least one field"));
    }
    Ok(metrics)
}

/// Whether a moment can be one at which a piece was measured.
pub fn may_be_measured(piece: &PieceSeen, at: Timestamp, now: Timestamp) -> Result<(), String> {
    if at > now {
        return Err(format!("{} is still to come", clock::minute(at)));
    }
    match piece.published {
        Some(published) if at < published.at => {
            Err(format!("{} lies before it was published, on {}", clock::minute(at), clock::minute(published.at)))
        }
        _ => Ok(()),
    }
}

/// Keeps what somebody read of a piece; its number.
pub async fn measure(
    data: &DataDirectory,
    piece_id: i64,
    given: &MeasurementGiven,
    actor: &str,
) -> Result<i64, TrackingError> {
    let piece = super::piece(data, piece_id).await?;
    let at = moment(MEASURED, &given.at, &given.zone)?;
    may_be_measured(&piece, at, data.now()).map_err(|problem| refused("at", problem))?;
    let new = NewMeasurement {
        deliverable: piece_id,
        at,
        by: MeasuredBy::Hand,
        origin: String::new(),
        metrics: metrics_of(&given.counts)?,
        actor: actor.to_owned(),
    };
    match data.store.add_measurements(&[new], data.now()).await?.first() {
        Some(MeasurementKept::New(id) | MeasurementKept::Known(id)) => Ok(*id),
        Some(MeasurementKept::Differs(id)) => {
            Err(refused("at", format!("measurement {id} is of that moment already: correct it instead")))
        }
        Some(MeasurementKept::NoPiece) | None => Err(OutreachError::NoDeliverable(piece_id).into()),
    }
}

async fn held(data: &DataDirectory, id: i64) -> Result<MeasurementRow, TrackingError> {
    data.store.measurement(id).await?.ok_or(TrackingError::NoMeasurement(id))
}

fn as_json(row: &MeasurementRow) -> String {
    let counts: serde_json::Map<String, serde_json::Value> =
        row.metrics.known().map(|(metric, value)| (metric.code().to_owned(), json!(value))).collect();
    json!({ "measured_at": clock::iso_exact(row.at), "counts": counts }).to_string()
}

/// Sets a measurement right; how it was before stands in the book of who did what.
pub async fn correct(
    data: &DataDirectory,
    id: i64,
    given: &MeasurementGiven,
    actor: &str,
) -> Result<i64, TrackingError> {
    let row = held(data, id).await?;
    let piece = super::piece(data, row.deliverable).await?;
    let at = match given.at.trim() {
        "" => row.at,
        text => moment(MEASURED, text, &given.zone)?,
    };
    may_be_measured(&piece, at, data.now()).map_err(|problem| refused("at", problem))?;
    let metrics = metrics_of(&given.counts)?;
    match data.store.correct_measurement(id, at, &metrics, actor, data.now()).await? {
        Some(true) => {}
        Some(false) => return Err(refused("at", "another measurement is of that moment already")),
        None => return Err(TrackingError::NoMeasurement(id)),
    }
    let about = format!("piece {}", row.deliverable);
    data.store.add_audit(data.now(), actor, "corrected a measurement", &about, &as_json(&row)).await?;
    Ok(row.deliverable)
}

/// Removes a measurement with its picture; which piece it was of.
pub async fn remove(data: &DataDirectory, id: i64, actor: &str) -> Result<i64, TrackingError> {
    let row = held(data, id).await?;
    if !data.store.remove_measurement(id).await? {
        return Err(TrackingError::NoMeasurement(id));
    }
    let about = format!("piece {}", row.deliverable);
    data.store.add_audit(data.now(), actor, "removed a measurement", &about, &as_json(&row)).await?;
    if row.evidence.is_some() {
        content::sweep(data).await?;
    }
    Ok(row.deliverable)
}

/// Puts a picture beside a measurement that shows it, in place of the one before.
pub async fn keep_evidence(data: &DataDirectory, id: i64, name: &str, bytes: Vec<u8>) -> Result<(), TrackingError> {
    let row = held(data, id).await?;
    if bytes.is_empty() {
        return Err(refused("file", "no file was chosen, or it is empty"));
    }
    if bytes.len() > EVIDENCE_BYTES_MAX {
        return Err(refused("file", format!("it is larger than {} MB; make it smaller", EVIDENCE_BYTES_MAX >> 20)));
    }
    let kind = content::kind_of(&bytes[..bytes.len().min(64)]);
    let kind = kind.filter(|kind| kind.starts_with("image/"));
    let kind =
        kind.ok_or_else(|| refused("file", "it is no picture that a browser can show; JPEG and PNG always are"))?;
    let unkept = |error: std::io::Error| refused("file", format!("the file could not be kept: {error}"));
    let held = content::hold(data).await.map_err(unkept)?;
    let length = bytes.len() as u64;
    let folder = data.path.clone();
    let kept = tokio::task::spawn_blocking(move || content::keep_bytes(&folder, &bytes)).await;
    let file = DraftFile {
        sha256: kept.expect("keeping a file does not panic")?,
        name: files::plain_name(name),
        kind: kind.to_owned(),
        bytes: length,
    };
    if !data.store.set_evidence(id, Some(&file)).await? {
        return Err(TrackingError::NoMeasurement(id));
    }
    drop(held);
    if row.evidence.is_some() {
        content::sweep(data).await?;
    }
    Ok(())
}

/// The picture of a measurement of a piece, for reading.
pub async fn evidence(data: &DataDirectory, piece: i64, id: i64) -> Result<(DraftFile, Vec<u8>), TrackingError> {
    let row = held(data, id).await?;
    let of_piece = row.deliverable == piece;
    let file = row.evidence.filter(|_| of_piece).ok_or(TrackingError::NoMeasurement(id))?;
    let (folder, sha256) = (data.path.clone(), file.sha256.clone());
    let read = tokio::task::spawn_blocking(move || content::bytes_of(&folder, &sha256)).await;
    let bytes = read.expect("reading a file does not panic").map_err(|_| TrackingError::NoMeasurement(id))?;
    Ok((file, bytes))
}

/// Says when a piece was published, or takes it back where nothing is given.
pub async fn say_published(
    data: &DataDirectory,
    piece: i64,
    at: &str,
    zone: &str,
    actor: &str,
) -> Result<(), TrackingError> {
    let at = match at.trim() {
        "" => None,
        text => Some(moment(PUBLISHED, text, zone)?),
    };
    if let Some(at) = at.filter(|at| *at > data.now()) {
        return Err(refused("published", format!("{} is still to come", clock::minute(at))));
    }
    let changed = data.store.say_published(piece, at, actor, data.now()).await?;
    if !changed && at.is_some() {
        return Err(OutreachError::NoDeliverable(piece).into());
    }
    if changed {
        let (did, detail) = match at {
            Some(at) => ("said when a post was published", clock::iso_exact(at)),
            None => ("took back when a post was published", String::new()),
        };
        data.store.add_audit(data.now(), actor, did, &format!("piece {piece}"), &detail).await?;
    }
    Ok(())
}

/// Every measurement of some pieces, wherever it lies, by piece.
pub(super) async fn held_of(
    data: &DataDirectory,
    pieces: &[PieceSeen],
) -> Result<HashMap<i64, Vec<Measurement>>, TrackingError> {
    let ids: Vec<i64> = pieces.iter().map(PieceSeen::id).collect();
    let mut by_piece: HashMap<i64, Vec<Measurement>> = HashMap::new();
    for row in data.store.measurements(&ids).await? {
        by_piece.entry(row.deliverable).or_default().push(Measurement {
            id: Some(row.id),
            at: row.at,
            by: row.by,
            origin: row.origin,
            metrics: row.metrics,
            evidence: row.evidence,
            actor: row.actor,
            corrected_at: row.corrected_at,
        });
    }
    let mut of_post: HashMap<PostId, Vec<i64>> = HashMap::new();
    for piece in pieces {
        if let Some(post) = piece.found.as_ref().and_then(|found| found.post.as_ref()) {
            of_post.entry(post.post).or_default().push(piece.id());
        }
    }
    let posts: Vec<PostId> = of_post.keys().copied().collect();
    for counts in data.lake.post_counts(&posts, data.now()).await? {
        for piece in of_post.get(&counts.post).into_iter().flatten().filter(|_| !counts.metrics.is_empty()) {
            by_piece.entry(*piece).or_default().push(Measurement {
                id: None,
                at: counts.observed_at,
                by: MeasuredBy::Import,
                origin: counts.source.clone(),
                metrics: counts.metrics,
                evidence: None,
                actor: String::new(),
                corrected_at: None,
            });
        }
    }
    Ok(by_piece)
}

/// What was measured of some pieces, with what it comes to at the same age, by piece.
pub async fn measured(
    data: &DataDirectory,
    pieces: &[PieceSeen],
) -> Result<HashMap<i64, PieceMeasured>, TrackingError> {
    let mut by_piece = held_of(data, pieces).await?;
    let as_of = data.now();
    let asked: Vec<(i64, Option<Timestamp>, Vec<Measurement>)> = pieces
        .iter()
        .map(|piece| {
            let published = piece.published.map(|published| published.at);
            (piece.id(), published, by_piece.remove(&piece.id()).unwrap_or_default())
        })
        .collect();
    let computed = tokio::task::spawn_blocking(move || {
        asked.into_iter().map(|(id, published, rows)| (id, measured_of(id, published, rows, as_of))).collect()
    });
    Ok(computed.await.expect("comparing posts does not panic"))
}

fn readings(measurements: &[Measurement], metric: PostMetric) -> Vec<Reading> {
    let reading = |of: &Measurement| Some(Reading { at: of.at, value: of.metrics.get(metric)?, by: of.by });
    measurements.iter().filter_map(reading).collect()
}

/// The page of a piece's post.
pub fn address_of(piece: i64) -> String {
    format!("/tracking/posts/{piece}")
}

fn measured_of(
    piece: i64,
    published: Option<Timestamp>,
    mut measurements: Vec<Measurement>,
    as_of: Timestamp,
) -> PieceMeasured {
    measurements.sort_by(|a, b| (a.at, a.by, a.id, &a.origin).cmp(&(b.at, b.by, b.id, &b.origin)));
    let link = format!("{}#measurements", address_of(piece));
    let mut all = PieceMeasured { measurements, ..PieceMeasured::default() };
    for metric in PostMetric::ALL {
        let readings = readings(&all.measurements, metric);
        if readings.is_empty() {
            continue;
        }
        all.falls.extend(falls(&readings).into_iter().map(|fall| (metric, fall)));
        let ages = AGES_HOURS.into_iter().map(|hours| match published {
            Some(published_at) => at_age(
                &SameAgeInput { metric, published_at, readings: &readings, as_of, link: Some(&link) },
                hours,
                &SameAgeSettings::default(),
            ),
            None => without_publishing(metric, &readings, hours, as_of, Some(&link)),
        });
        all.metrics.push(MetricAtAges { metric, ages: ages.collect() });
    }
    all
}

/// A fall in words: `views fell from 120 to 100 by 3 Mar 2026, 10:00 UTC`.
pub fn fall_words(metric: PostMetric, fall: &Fall) -> String {
    let count = crate::output::grouped;
    format!(
        "{} fell from {} to {} by {}: both are kept as they were read",
        metric.words(),
        count(fall.before.value),
        count(fall.after.value),
        clock::minute(fall.after.at)
    )
}

/// The ages as headings.
pub fn age_names() -> Vec<String> {
    AGES_HOURS.into_iter().map(age_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_needs_its_minute_and_its_zone() {
        let at = moment(MEASURED, "2026-03-02T10:00", "Europe/Berlin").expect("a moment");
        assert_eq!(clock::iso(at), "2026-03-02T09:00:00Z");
        assert_eq!(moment(MEASURED, "2026-03-02T09:00:00Z", "").expect("a moment"), at);
        for (text, zone, field) in [
            ("2026-03-02", "UTC", "at"),
            ("2026-03-02T10:00", "", "at"),
            ("", "UTC", "at"),
            ("soon", "UTC", "at"),
            ("2026-03-02T10:00", "Berlin", "zone"),
        ] {
            let error = moment(MEASURED, text, zone).expect_err("is refused");
            assert!(matches!(error, TrackingError::Field { field: of, .. } if of == field), "{text} {zone}: {error}");
        }
    }

    #[test]
    fn counts_are_read_as_people_write_them_and_nothing_typed_is_not_known() {
        assert_eq!(count_of("12.5k"), Ok(Some(12_500)));
        assert_eq!(count_of(" "), Ok(None));
        assert_eq!(count_of("0"), Ok(Some(0)));
        assert!(count_of("many").is_err());
        assert!(count_of("9999999999999999").is_err());
        assert!(metrics_of(&[(PostMetric::Likes, String::new())]).is_err());
    }

    #[test]
    fn without_a_moment_of_publishing_nothing_has_an_age() {
        let reading = Measurement {
            id: Some(1),
            at: Timestamp(5),
            by: MeasuredBy::Hand,
            origin: String::new(),
            metrics: PostMetrics::default().with(PostMetric::Likes, Some(4)),
            evidence: None,
            actor: "team".to_owned(),
            corrected_at: None,
        };
        let found = measured_of(3, None, vec![reading], Timestamp(9));
        assert_eq!(found.metrics.len(), 1);
        for age in &found.metrics[0].ages {
            let reason = age.estimate.not_known.as_deref().expect("a reason");
            assert!(age.estimate.value.is_none() && reason.contains("nobody has said when it was published"));
            assert_eq!((age.estimate.n, age.estimate.as_of), (1, Some(Timestamp(9))));
            assert!(age.estimate.explanation.rows.is_some(), "the measurements it would come from");
        }
    }
}
