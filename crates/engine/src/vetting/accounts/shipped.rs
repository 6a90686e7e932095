//! The account models that come with the program, with their card: what they were learned from, how often they err, and
//! where the training rows lay.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::columns::{AccountRow, Column, Columns};
use super::drift::DriftReference;
use super::evaluate::chances_out_of_fold;
use super::figures::{ChanceFigures, Judged, figures};
use super::model::AccountModel;
use super::train::{LabelledAccount, TrainingSettings, train};
use crate::vetting::audience::{ErrorCounts, cut_of};

/// What models were learned from, for whoever reads the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedFrom {
    pub name: String,
    pub source: String,
    pub licence: String,
    /// When the accounts were looked at, and on which platform.
    pub of: String,
}

/// A model with what it does on rows it had not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedModel {
    pub model: AccountModel,
    /// Chances from here on are flagged: one in twenty of the real training accounts is.
    pub cut: f64,
    /// What the cut does, out of fold.
    pub errors: ErrorCounts,
    pub figures: ChanceFigures,
    pub reference: Vec<DriftReference>,
}

/// Models for several sets of known columns, learned from the same accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    pub learned_from: LearnedFrom,
    pub rows: u64,
    pub positives: u64,
    /// Most columns first.
    pub models: Vec<TrainedModel>,
}

/// Sets of columns that sources give, most first.
const SETS: [&[Column]; 4] = [
    &[
        Column::Followers,
        Column::Followings,
        Column::Posts,
        Column::HasPicture,
        Column::IsPrivate,
        Column::HandleLength,
        Column::HandleDigits,
    ],
    &[Column::Followers, Column::Followings, Column::Posts, Column::HandleLength, Column::HandleDigits],
    &[Column::Followers, Column::Followings, Column::Posts],
    &[Column::Followers, Column::Followings],
];
/// Error rates come from models that learned from nine tenths.
const FOLDS: usize = 10;
/// A set of columns is learned where at least this share of the labelled accounts shows it.
const SHOWN_BY_MIN: f64 = 0.8;

/// Learns a model for each set of columns that sources give; sets that too few of these accounts show are left out. `None`
/// where no set can be learned. Cost: eleven trainings a set.
pub fn make_card(
    labelled: &[LabelledAccount],
    learned_from: LearnedFrom,
    settings: &TrainingSettings,
) -> Option<ModelCard> {
    let of_set = |columns: &&[Column]| {
        let columns = Columns::of(columns.iter().copied());
        let rows: Vec<LabelledAccount> = labelled
            .iter()
            .filter(|one| one.row.known().covers(columns))
            .map(|one| LabelledAccount { row: one.row.only(columns), ..*one })
            .collect();
        if (rows.len() as f64) < SHOWN_BY_MIN * labelled.len() as f64 {
            return None;
        }
        let model = train(&rows, columns, settings)?;
        let chances = chances_out_of_fold(&rows, FOLDS, 0, settings);
        let judged: Vec<Judged> = rows
            .iter()
            .zip(chances)
            .filter_map(|(one, chance)| Some(Judged { chance: chance?, is_positive: one.is_fake }))
            .collect();
        let cut = cut_of(&judged);
        let known: Vec<AccountRow> = rows.iter().map(|one| one.row).collect();
        Some(TrainedModel {
            model,
            cut,
            errors: ErrorCounts::at(&judged, cut),
            figures: figures(&judged),
            reference: DriftReference::of(&known, columns),
        })
    };
    let models: Vec<TrainedModel> = SETS.iter().filter_map(of_set).collect();
    let positives = labelled.iter().filter(|one| one.is_fake).count() as u64;
    (!models.is_empty()).then_some(ModelCard { learned_from, rows: labelled.len() as u64, positives, models })
}

/// What the models that come with the program were learned from.
pub fn srf() -> LearnedFrom {
    LearnedFrom {
        name: "followers of Swiss influencers, labelled by two people".to_owned(),
        source: "SRF Data (Swiss Radio and Television)".to_owned(),
        licence: "CC BY-SA 4.0".to_owned(),
        of: "Instagram, 2017".to_owned(),
    }
}

/// The models that come with the program. Cost: read once.
pub fn shipped() -> &'static ModelCard {
    static CARD: OnceLock<ModelCard> = OnceLock::new();
    CARD.get_or_init(|| serde_json::from_str(include_str!("shipped_models.json")).expect("a card that a test reads"))
}

impl ModelCard {
    /// The model that reads most of what is known.
    pub fn for_known(&self, known: Columns) -> Option<&TrainedModel> {
        self.models.iter().find(|trained| known.covers(trained.model.columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labelled file, where it is there.
    #[expect(clippy::disallowed_methods, reason = "a test reads what the engine itself never does")]
    fn labelled() -> Option<Vec<LabelledAccount>> {
        let folder = std::env::var("BELLWETHER_TEST_DATA").unwrap_or_else(|_| "../../../shared/data".to_owned());
        let text =
            std::fs::read_to_string(std::path::Path::new(&folder).join("authenticity/srf_followers.csv")).ok()?;
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("followers,followings,posts,has_picture,is_private,handle_length,handle_digits,is_fake")
        );
        let read = |line: &str| {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().expect("a number")).collect();
            LabelledAccount {
                row: AccountRow {
                    followers: Some(cells[0]),
                    followings: Some(cells[1]),
                    posts: Some(cells[2]),
                    bio_length: None,
                    has_picture: Some(cells[3] > 0.0),
                    is_private: Some(cells[4] > 0.0),
                    handle_length: Some(cells[5]),
                    handle_digits: Some(cells[6]),
                },
                is_fake: cells[7] > 0.0,
            }
        };
        Some(lines.filter(|line| !line.is_empty()).map(read).collect())
    }

    /// To make the file again: `BELLWETHER_WRITE_SHIPPED=1 cargo test -p bellwether-engine shipped`.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "on request the test writes what it has learned")]
    fn the_models_that_come_with_the_program_are_what_the_labelled_accounts_teach() {
        let Some(labelled) = labelled() else {
            println!("skipped: srf_followers.csv is not there");
            return;
        };
        let made = make_card(&labelled, srf(), &TrainingSettings::default()).expect("enough labelled accounts");
        if std::env::var("BELLWETHER_WRITE_SHIPPED").is_ok() {
            let text = serde_json::to_string_pretty(&made).expect("a card serialises");
            std::fs::write("src/vetting/accounts/shipped_models.json", text + "\n").expect("the file can be written");
            return;
        }
        let shipped = shipped();
        assert_eq!((shipped.rows, shipped.positives, &shipped.learned_from), (975, 98, &made.learned_from));
        for one in &labelled {
            for (held, made) in shipped.models.iter().zip(&made.models) {
                let (held, made) = (held.model.chance(&one.row), made.model.chance(&one.row));
                assert!((held.expect("known") - made.expect("known")).abs() < 1e-6, "{held:?} {made:?}");
            }
        }
    }

    #[test]
    fn every_model_says_how_often_it_errs_and_the_largest_that_is_known_is_taken() {
        let card = shipped();
        assert_eq!(card.models.len(), SETS.len());
        for trained in &card.models {
            assert!(trained.figures.auc > 0.8, "{:?} {:?}", trained.model.columns.names(), trained.figures);
            assert!(trained.errors.real_flagged * 20 <= trained.errors.real + 20 && trained.errors.fakes > 90);
            assert!(!trained.reference.is_empty());
            println!("{:?}: {:?} {:?}", trained.model.columns.names(), trained.figures, trained.errors);
        }
        let all = card.for_known(Columns::ALL).expect("a model");
        assert_eq!(all.model.columns.count(), 7);
        let few = Columns::of([Column::Followers, Column::Followings, Column::BioLength]);
        assert_eq!(card.for_known(few).expect("a model").model.columns.count(), 2);
        assert!(card.for_known(Columns::of([Column::BioLength])).is_none());
    }
}
