//! Account models for audiences: those that come with the program, or learned from the user's own labels once there are
//! enough of a platform.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::vetting::accounts::shipped::{LearnedFrom, ModelCard, make_card, shipped};
use engine::vetting::accounts::{LabelledAccount, TrainingSettings};
use engine::vetting::audience::profiles::Kind;
use engine::vetting::audience::sample::{Label, Settled, settled};
use model::{AccountId, Platform};
use store::AudienceLabel;

use super::super::report::account_row;
use super::TOGETHER;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// From so many labelled accounts of a platform on, and so many of either kind, the user's own labels teach a model.
const LABELLED_MIN: usize = 100;
const EACH_KIND_MIN: usize = 20;
/// Models are learned anew after so many more labels, from the oldest so many that are kept: whoever labels does not wait
/// for it at every account, and a program that was started later has the same models.
const LABELS_STEP: u64 = 50;

/// The models in use.
pub struct ModelsFor {
    /// How many labels they may have learned from.
    pub labels_seen: u64,
    revision: i64,
    own: HashMap<Platform, ModelCard>,
}

impl ModelsFor {
    /// The models for accounts of a platform, and whether their error rates are those of accounts of the same kind.
    pub fn of(&self, platform: Platform) -> (&ModelCard, Kind) {
        match self.own.get(&platform) {
            Some(card) => (card, Kind::Same),
            // Those that come with the program were learned from Instagram followers; elsewhere their error rates are
            // borrowed.
            None if platform == Platform::Instagram => (shipped(), Kind::Same),
            None => (shipped(), Kind::Another),
        }
    }

    /// Whether the models of a platform were learned from the user's own labels.
    pub fn are_own(&self, platform: Platform) -> bool {
        self.own.contains_key(&platform)
    }
}

impl DataDirectory {
    /// The account models, learned once while facts do not change and no fifty labels came. Cost: eleven trainings for each set of
    /// columns and platform that has enough labels.
    pub async fn account_models(&self) -> Result<Arc<ModelsFor>, CreatorsError> {
        let labels = self.store.labels_count().await? / LABELS_STEP * LABELS_STEP;
        let seen = (labels, self.revision().await?);
        let mut held = self.account_models.lock().await;
        if let Some(models) = held.as_ref().filter(|models| (models.labels_seen, models.revision) == seen) {
            return Ok(models.clone());
        }
        let own = learn(self, labels).await?;
        let models = Arc::new(ModelsFor { labels_seen: seen.0, revision: seen.1, own });
        *held = Some(models.clone());
        Ok(models)
    }
}

/// What everybody who looked said of each account, over all samples: one answer an account.
fn told(labels: &[AudienceLabel]) -> Vec<(AccountId, bool)> {
    let mut of: BTreeMap<AccountId, (Vec<Label>, Option<Label>)> = BTreeMap::new();
    for label in labels {
        let Some(said) = Label::from_code(&label.label) else { continue };
        let answers = of.entry(label.account).or_default();
        match label.labeller == TOGETHER {
            true => answers.1 = Some(said),
            false => answers.0.push(said),
        }
    }
    of.into_iter()
        .filter_map(|(account, (labels, together))| match settled(&labels, together)? {
            Settled::Person => Some((account, false)),
            Settled::MadeToBeSold => Some((account, true)),
            Settled::CannotTell | Settled::Disagree => None,
        })
        .collect()
}

async fn learn(data: &DataDirectory, count: u64) -> Result<HashMap<Platform, ModelCard>, CreatorsError> {
    if (count as usize) < LABELLED_MIN {
        return Ok(HashMap::new());
    }
    let mut labels = data.store.audience_labels(None).await?;
    labels.sort_by(|a, b| (a.at, a.sample, a.account, &a.labeller).cmp(&(b.at, b.sample, b.account, &b.labeller)));
    labels.truncate(count as usize);
    let told: HashMap<AccountId, bool> = told(&labels).into_iter().collect();
    if told.len() < LABELLED_MIN {
        return Ok(HashMap::new());
    }
    let mut accounts: Vec<AccountId> = told.keys().copied().collect();
    accounts.sort_unstable();
    let now = data.now();
    let (profiles, named) =
        tokio::try_join!(data.lake.audience_profiles(&accounts, now), data.lake.profiles(Some(&accounts), now))?;
    let platforms: HashMap<AccountId, Platform> =
        named.into_iter().map(|profile| (profile.account, profile.platform)).collect();
    let mut labelled: BTreeMap<&'static str, (Platform, Vec<LabelledAccount>)> = BTreeMap::new();
    for profile in &profiles {
        let platform = platforms.get(&profile.account).copied().unwrap_or(Platform::Other);
        let of = labelled.entry(platform.code()).or_insert_with(|| (platform, vec![]));
        of.1.push(LabelledAccount { row: account_row(profile), is_fake: told[&profile.account] });
    }
    let cards = tokio::task::spawn_blocking(move || {
        let enough = |rows: &[LabelledAccount]| {
            let sold = rows.iter().filter(|row| row.is_fake).count();
            rows.len() >= LABELLED_MIN && sold.min(rows.len() - sold) >= EACH_KIND_MIN
        };
        let card = |platform: Platform, rows: &[LabelledAccount]| {
            let from = LearnedFrom {
                name: "accounts that people here looked at".to_owned(),
                source: "labels of samples drawn here".to_owned(),
                licence: "your own".to_owned(),
                of: platform.name().to_owned(),
            };
            make_card(rows, from, &TrainingSettings::default()).map(|card| (platform, card))
        };
        labelled.into_values().filter(|(_, rows)| enough(rows)).filter_map(|(of, rows)| card(of, &rows)).collect()
    });
    Ok(cards.await.expect("learning does not panic"))
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn labels_of_all_samples_give_one_answer_an_account_and_quarrels_teach_nothing() {
        let label = |sample: i64, account: i64, labeller: &str, said: Label| AudienceLabel {
            sample,
            account: AccountId(account),
            labeller: labeller.to_owned(),
            label: said.code().to_owned(),
            at: Timestamp(0),
        };
        use Label::{CannotTell, MadeToBeSold, Person};
        let labels = [
            label(1, 5, "Ana", Person),
            label(2, 5, "Ben", Person),
            label(1, 6, "Ana", Person),
            label(1, 6, "Ben", MadeToBeSold),
            label(1, 7, "Ana", Person),
            label(1, 7, "Ben", MadeToBeSold),
            label(1, 7, TOGETHER, MadeToBeSold),
            label(1, 8, "Ana", CannotTell),
        ];
        assert_eq!(told(&labels), [(AccountId(5), false), (AccountId(7), true)]);
    }
}
