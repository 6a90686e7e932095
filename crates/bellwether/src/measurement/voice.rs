//! Share of voice: how often people name the brand among all who name it or one of its rivals, in the days of the campaign.

use engine::intervals::jeffreys_interval;
use model::{Brand, Estimate, Explanation, Grade, Ratio, Timestamp, Unit};

use super::design::StudyDesign;
use super::{MeasurementError, Study};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile;

/// Who was named how often.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Voice {
    /// Name and texts that name it; the brand first. Empty where there is no brand.
    pub named: Vec<(String, u64)>,
    /// Texts that name several are counted for each.
    pub texts: u64,
    /// Why it is not known.
    pub why_not: Option<String>,
}

/// Counts who is named in posts and comments that were written on the campaign's days.
pub async fn voice(data: &DataDirectory, study: &Study, design: &StudyDesign) -> Result<Voice, MeasurementError> {
    let none = |why: &str| Voice { why_not: Some(why.to_owned()), ..Voice::default() };
    let Some(campaign) = study.row.campaign else {
        return Ok(none("this measurement belongs to no campaign, so to no brand"));
    };
    let Some(row) = data.store.campaign(campaign).await? else { return Ok(none("the campaign was deleted")) };
    let brands = data.store.brands().await?;
    let Some(brand) = brands.into_iter().find(|brand: &Brand| brand.id.to_string() == row.brand) else {
        return Ok(none("the brand was deleted"));
    };
    let rivals = profile::profile(data, &brand).await?.rivals;
    if rivals.is_empty() {
        return Ok(none("the list of rivals is part of the number: say who they are on the brand’s page"));
    }
    data.revision().await?;
    let names: Vec<String> = std::iter::once(brand.name.clone()).chain(rivals).collect();
    let (from, until) = (design.moment_of(design.first_day()), design.moment_of(design.day_after()));
    let found = data.lake.named_in_texts(&names, from, until, data.now()).await?;
    Ok(Voice { named: names.into_iter().zip(found.by_name).collect(), texts: found.texts, why_not: None })
}

/// The brand's share of all namings.
pub fn estimate(voice: &Voice, as_of: Timestamp) -> Estimate {
    let all: u64 = voice.named.iter().map(|(_, count)| count).sum();
    let own = voice.named.first().map_or(0, |(_, count)| *count);
    let level = Ratio::new(0.95).expect("a share");
    let Some(range) = jeffreys_interval(own, all, level) else {
        let why = voice.why_not.clone().unwrap_or_else(|| {
            format!("nobody named the brand or a rival in the {} texts of these days that are held", voice.texts)
        });
        return Estimate::not_known(Unit::Share, "share_of_voice", 0, "namings", why).as_of(as_of);
    };
    let leaf = |(name, count): &(String, u64)| {
        Explanation::leaf(format!("texts that name {name}"), Some(*count as f64), Unit::Items)
    };
    let value = own as f64 / all as f64;
    let over = Explanation::leaf("texts that name the brand", Some(own as f64), Unit::Items);
    let under = Explanation::sum("texts that name it or a rival", Unit::Items, voice.named.iter().map(leaf).collect())
        .with_rows(voice.texts, "texts of these days", None);
    let explanation = Explanation::ratio("share of voice", Unit::Share, over, under).with_formula(
        "own namings / (own + rivals’), posts and comments held of the campaign’s days; Jeffreys interval",
    );
    let known =
        Estimate::known(value, range.lo.min(value), range.hi.max(value), all, "namings", "share_of_voice", explanation);
    Estimate { level: 0.95, as_of: Some(as_of), grade: Grade::C, ..known }
}
