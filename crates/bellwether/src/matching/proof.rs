//! How well the chances behind a ranking hold: what they said of the market's last window, which the model judged never
//! saw, beside what happened in it.

use engine::conversations::listening::reliability::{ERROR_MAX, SUM_BETWEEN, Verdict};
use engine::conversations::listening::{HeldOut, Reading};
use model::Timestamp;
use serde::Serialize;

use crate::clock;
use crate::conversations::ConversationsError;
use crate::data_directory::DataDirectory;
use crate::output::grouped;

/// What is said of the market's chances.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Proof {
    /// What scores may be read as.
    pub reading: Reading,
    /// `None` where there is too little talk to hold any back.
    pub verdict: Option<Verdict>,
    pub held_out: Option<HeldOut>,
}

/// Reads how the market's own last window came out. Cost: that of the conversation graph, once per data revision.
pub async fn proof(data: &DataDirectory) -> Result<Proof, ConversationsError> {
    let snapshot = data.snapshot().await?;
    let held_out = snapshot.model.held_out.clone();
    Ok(Proof {
        reading: snapshot.model.reading(),
        verdict: held_out.as_ref().map(|held| held.chosen.verdict()),
        held_out,
    })
}

/// A verdict in words.
pub fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "single chances hold on average: off by no more than 3 points, the whole interval included",
        Verdict::TooFar => "single chances do not hold: they are off by more than 3 points on average",
        Verdict::CannotTell => {
            "it cannot be told whether single chances hold: 3 points lie within the interval of the error"
        }
        Verdict::TooFew => "too few pairs talked to say whether single chances hold",
    }
}

fn whole(number: f64) -> String {
    grouped(number.round() as u64)
}

impl Proof {
    /// One sentence with the figures.
    pub fn finding(&self) -> String {
        let (Some(held), Some(verdict)) = (&self.held_out, self.verdict) else {
            return "There is too little talk to hold some back, so the listening number is a score.".to_owned();
        };
        let error = held.chosen.calibration_error.map_or_else(String::new, |error| {
            format!(
                " Off by {:.1} points ({:.1}–{:.1}) where {:.0} are allowed.",
                100.0 * error.value,
                100.0 * error.lo,
                100.0 * error.hi,
                100.0 * ERROR_MAX
            )
        });
        let sum = match held.chosen.expected_over_came {
            Some(ratio) => format!(
                " Expected {}, came {}: {:.2} times ({:.2}–{:.2}).",
                whole(held.chosen.expected),
                whole(held.chosen.came),
                ratio.value,
                ratio.lo,
                ratio.hi
            ),
            None => format!(" Expected {}, and nobody came.", whole(held.chosen.expected)),
        };
        let reading = match self.reading {
            Reading::People => " The listening number may be read as people.".to_owned(),
            Reading::Score => format!(
                " The listening number is a score, not people: for people both the error and the sum have to hold (between \
                 {} and {} times, the whole interval).",
                SUM_BETWEEN.0, SUM_BETWEEN.1
            ),
        };
        format!("On the last window {}.{error}{sum}{reading}", verdict_words(verdict))
    }

    /// Which window was held back, in words.
    pub fn window_words(&self) -> Option<String> {
        let held = self.held_out.as_ref()?;
        let day = |unix: i64| clock::day(Timestamp::from_unix_seconds(unix));
        Some(format!(
            "Everything was learned on talk before {}; what the chances said of the days to {} is set beside what then \
             happened, for {} accounts that stood for a brand, chosen without a look at those days.",
            day(held.cut_unix),
            day(held.until_unix),
            grouped(held.sets)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_window_held_back_the_number_is_called_a_score() {
        let none = Proof { reading: Reading::Score, verdict: None, held_out: None };
        assert!(none.finding().ends_with("is a score."));
        assert_eq!(none.window_words(), None);
    }
}
