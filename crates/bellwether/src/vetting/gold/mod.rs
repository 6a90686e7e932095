//! Samples of an audience looked at by people: drawing one, what two people say of each account, and the share it gives.

pub mod models;
pub mod sheet;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use engine::random::Draws;
use engine::vetting::accounts::AccountRow;
use engine::vetting::audience::Share;
use engine::vetting::audience::profiles::{model_for, share_of_profiles};
use engine::vetting::audience::sample::{
    Agreement, AudienceHeld, Label, LookedAt, Part, SampleShare, Settled, agreement, draw, narrowing, settled,
    share_of_sample,
};
use lake::{AudienceProfile, CreatorProfile, SaidUnderRow};
use model::AccountId;
use serde::Serialize;
use store::{AudienceLabel, AudienceSample, SamplePart, SamplePerson};

use self::models::ModelsFor;
use super::report::account_row;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// The name under which two people keep what they settled on.
pub const TOGETHER: &str = "together";
/// Accounts nobody looks at whose chances sharpen the share.
const UNSEEN_MAX: usize = 1_000;
const UNSEEN_DRAW: u64 = 72;
/// What somebody said under the creator's posts, as far as it is shown.
const SAID_SHOWN_MAX: usize = 4;
const NAME_MAX: usize = 40;

/// How many are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleSize {
    pub followers: usize,
    pub engagers: usize,
}

impl SampleSize {
    pub const MAX: usize = 2_000;
}

impl Default for SampleSize {
    fn default() -> SampleSize {
        SampleSize { followers: 150, engagers: 50 }
    }
}

/// Why a sample could not be drawn or labelled.
#[derive(Debug, thiserror::Error)]
pub enum GoldError {
    #[error(
        "nobody is held who follows this creator or comments under their posts\nhint: bring in a list of followers, or \
         posts with their comments"
    )]
    NobodyHeld,
    #[error("no sample of this creator's audience has been drawn\nhint: draw one with `bellwether vetting gold draw`")]
    NoSample,
    #[error("a sample holds between 1 and {max} people, not {0}\nhint: 150 followers and 50 who comment are usual", max = SampleSize::MAX)]
    Size(usize),
    #[error(
        "{0:?} is no name to label under\nhint: give a name of at most 40 letters; `together` is kept for what two settled on"
    )]
    Labeller(String),
    #[error(
        "two people have to be two: both are called {0:?}\nhint: give two different names, or leave the second empty"
    )]
    SameLabeller(String),
    #[error("account {0} is not in this sample")]
    NotInSample(String),
    #[error("{0:?} is no answer\nhint: person, made_to_be_sold or cannot_tell")]
    Label(String),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
}

impl From<store::StoreError> for GoldError {
    fn from(error: store::StoreError) -> GoldError {
        GoldError::Creators(error.into())
    }
}

impl From<lake::LakeError> for GoldError {
    fn from(error: lake::LakeError) -> GoldError {
        GoldError::Creators(error.into())
    }
}

impl From<crate::data_directory::DataDirectoryError> for GoldError {
    fn from(error: crate::data_directory::DataDirectoryError) -> GoldError {
        GoldError::Creators(error.into())
    }
}

/// A name to label under, tidied.
pub fn labeller(name: &str) -> Result<String, GoldError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.eq_ignore_ascii_case(TOGETHER);
    if fits { Ok(name) } else { Err(GoldError::Labeller(name)) }
}

/// Draws a sample of a creator's audience and keeps it; labels of an earlier sample stay with that one.
pub async fn draw_sample(
    data: &DataDirectory,
    account: AccountId,
    size: SampleSize,
    seed: u64,
) -> Result<AudienceSample, GoldError> {
    let wanted = size.followers + size.engagers;
    if wanted == 0 || wanted > SampleSize::MAX {
        return Err(GoldError::Size(wanted));
    }
    data.revision().await?;
    let held = audience_held(data, account).await?;
    let drawn = tokio::task::spawn_blocking(move || draw(&held, size.followers, size.engagers, seed))
        .await
        .expect("drawing a sample does not panic");
    if drawn.people.is_empty() {
        return Err(GoldError::NobodyHeld);
    }
    let parts: Vec<SamplePart> =
        drawn.held.iter().map(|(part, held)| SamplePart { part: part.code().to_owned(), held: *held }).collect();
    let people: Vec<SamplePerson> = drawn
        .people
        .iter()
        .map(|person| SamplePerson { account: AccountId(person.account), part: person.part.code().to_owned() })
        .collect();
    let at = data.now();
    data.store.keep_audience_sample(account, seed, &parts, &people, at).await?;
    data.store.audience_sample(account).await?.ok_or(GoldError::NoSample)
}

async fn audience_held(data: &DataDirectory, account: AccountId) -> Result<AudienceHeld, GoldError> {
    let now = data.now();
    let (followers, engagers) =
        tokio::try_join!(data.lake.followers_by_time(account, now), data.lake.engagers(account, now))?;
    Ok(AudienceHeld {
        followers: followers.into_iter().map(|(follower, since)| (follower.0, since.0)).collect(),
        engagers: engagers.into_iter().map(|row| row.account.0).collect(),
    })
}

/// A sample with what is shown of each account, and what the model says of those nobody looks at; read once.
pub struct SampleHeld {
    pub sample: AudienceSample,
    /// The data revision it was read at, and the labels that the model may have learned from.
    revisions: (i64, u64),
    pub profiles: HashMap<AccountId, CreatorProfile>,
    /// What they said under the creator's posts, newest first.
    pub said: HashMap<AccountId, Vec<SaidUnderRow>>,
    places: HashMap<AccountId, usize>,
    chances: HashMap<AccountId, f64>,
    populations: Vec<Population>,
}

/// Followers, or people who comment, beside the sample.
struct Population {
    is_followers: bool,
    held: u64,
    unseen: Vec<f64>,
    /// The share by the model alone.
    by_model: Option<Share>,
}

impl SampleHeld {
    /// The place of an account in the sample.
    pub fn place(&self, account: AccountId) -> Option<usize> {
        self.places.get(&account).copied()
    }
}

/// The newest sample of a creator's audience with everything that is shown of it, read once while neither facts nor the
/// models change. `None` where none was drawn.
pub async fn sample_held(data: &DataDirectory, account: AccountId) -> Result<Option<Arc<SampleHeld>>, GoldError> {
    let Some(sample) = data.store.audience_sample(account).await? else { return Ok(None) };
    let models = data.account_models().await?;
    let revisions = (data.revision().await?, models.labels_seen);
    let mut cached = data.gold.lock().await;
    if let Some(held) = cached.as_ref().filter(|held| held.sample == sample && held.revisions == revisions) {
        return Ok(Some(held.clone()));
    }
    let held = Arc::new(read_sample(data, sample, revisions, &models).await?);
    *cached = Some(held.clone());
    Ok(Some(held))
}

async fn read_sample(
    data: &DataDirectory,
    sample: AudienceSample,
    revisions: (i64, u64),
    models: &ModelsFor,
) -> Result<SampleHeld, GoldError> {
    let now = data.now();
    let sampled: Vec<AccountId> = sample.people.iter().map(|person| person.account).collect();
    let audience = audience_held(data, sample.account).await?;
    let (profiles, said, creator) = tokio::try_join!(
        data.lake.profiles(Some(&sampled), now),
        data.lake.said_under(sample.account, &sampled, now),
        data.lake.profiles(Some(std::slice::from_ref(&sample.account)), now)
    )?;
    let platform = creator.first().map_or(model::Platform::Other, |creator| creator.platform);
    let (card, kind) = models.of(platform);
    let in_sample: HashSet<AccountId> = sampled.iter().copied().collect();
    let follows: HashSet<i64> = audience.followers.iter().map(|(follower, _)| *follower).collect();
    let others = |accounts: Vec<i64>| -> Vec<AccountId> {
        accounts.into_iter().map(AccountId).filter(|other| !in_sample.contains(other)).collect()
    };
    let followers = others(audience.followers.iter().map(|(follower, _)| *follower).collect());
    let engagers = others(audience.engagers.iter().copied().filter(|engager| !follows.contains(engager)).collect());
    let mut chances = HashMap::new();
    let mut populations = Vec::new();
    for (is_followers, unseen) in [(true, followers), (false, engagers)] {
        let of_sample: Vec<AccountId> = sample
            .people
            .iter()
            .filter(|person| Part::from_code(&person.part).is_some_and(|part| part.is_followers() == is_followers))
            .map(|person| person.account)
            .collect();
        if of_sample.is_empty() {
            continue;
        }
        let drawn = some_of(unseen);
        let asked: Vec<AccountId> = of_sample.iter().chain(&drawn).copied().collect();
        let rows: Vec<(AccountId, AccountRow)> = data
            .lake
            .audience_profiles(&asked, now)
            .await?
            .iter()
            .map(|profile: &AudienceProfile| (profile.account, account_row(profile)))
            .collect();
        let all: Vec<AccountRow> = rows.iter().map(|(_, row)| *row).collect();
        let mut of_unseen = Vec::new();
        if let Some(trained) = model_for(card, &all) {
            for (account, row) in &rows {
                let Some(chance) = trained.model.chance(row) else { continue };
                match in_sample.contains(account) {
                    true => _ = chances.insert(*account, chance),
                    false => of_unseen.push(chance),
                }
            }
        }
        let held = sample
            .parts
            .iter()
            .filter(|part| Part::from_code(&part.part).is_some_and(|of| of.is_followers() == is_followers))
            .map(|part| part.held)
            .sum();
        populations.push(Population {
            is_followers,
            held,
            unseen: of_unseen,
            by_model: share_of_profiles(card, &all, kind, 0).map(|found| found.share),
        });
    }
    let mut by_person: HashMap<AccountId, Vec<SaidUnderRow>> = HashMap::new();
    for row in said {
        let of = by_person.entry(row.commenter).or_default();
        if of.len() < SAID_SHOWN_MAX {
            of.push(row);
        }
    }
    Ok(SampleHeld {
        places: sampled.iter().enumerate().map(|(place, account)| (*account, place)).collect(),
        profiles: profiles.into_iter().map(|profile| (profile.account, profile)).collect(),
        said: by_person,
        sample,
        revisions,
        chances,
        populations,
    })
}

fn some_of(accounts: Vec<AccountId>) -> Vec<AccountId> {
    let chosen = Draws::new(0, UNSEEN_DRAW).sample(accounts.len(), UNSEEN_MAX);
    chosen.into_iter().map(|place| accounts[place]).collect()
}

/// The answers about one account of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    pub by: BTreeMap<String, Label>,
    pub together: Option<Label>,
}

impl Answers {
    pub fn settled(&self) -> Option<Settled> {
        settled(&self.by.values().copied().collect::<Vec<_>>(), self.together)
    }
}

/// What a sample says so far.
#[derive(Clone, Debug, Serialize)]
pub struct GoldStanding {
    pub account: AccountId,
    pub sample: i64,
    pub people: usize,
    /// Accounts that at least one person labelled.
    pub looked_at: usize,
    /// Who labelled, and how many.
    pub labellers: Vec<(String, u64)>,
    /// The two who labelled most, and how far they agree.
    pub agreement: Option<Agreement>,
    /// Accounts on which two people differ and have not settled, in the order of the sample.
    pub disagreements: Vec<AccountId>,
    pub populations: Vec<PopulationSeen>,
    pub parts: Vec<PartSeen>,
}

/// What the sample says of followers, or of people who comment.
#[derive(Clone, Debug, Serialize)]
pub struct PopulationSeen {
    pub whose: &'static str,
    pub held: u64,
    pub people: usize,
    pub looked_at: u64,
    pub share: Option<SampleShare>,
    /// By the model alone, without anybody looking.
    pub by_model: Option<Share>,
    /// After every ten looked at.
    pub narrowing: Vec<SampleShare>,
}

/// A part of the sample and how much of it was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct PartSeen {
    pub part: Part,
    pub held: u64,
    pub people: usize,
    pub looked_at: usize,
    pub made_to_be_sold: usize,
}

/// Everything said of a sample, by place.
pub fn answers_of(held: &SampleHeld, labels: &[AudienceLabel]) -> Vec<Answers> {
    let mut answers = vec![Answers::default(); held.sample.people.len()];
    for label in labels {
        let (Some(place), Some(said)) = (held.place(label.account), Label::from_code(&label.label)) else { continue };
        match label.labeller == TOGETHER {
            true => answers[place].together = Some(said),
            false => _ = answers[place].by.insert(label.labeller.clone(), said),
        }
    }
    answers
}

/// What a sample says so far: shares, how they narrowed, and how far two people agree. Cost: the estimates after every ten
/// accounts, each over the sample and at most 1,000 chances.
pub fn standing(held: &SampleHeld, labels: &[AudienceLabel]) -> GoldStanding {
    let answers = answers_of(held, labels);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for name in answers.iter().flat_map(|of| of.by.keys()) {
        *counts.entry(name.as_str()).or_default() += 1;
    }
    let mut labellers: Vec<(String, u64)> = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    labellers.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let pairs: Vec<(Label, Label)> = match labellers.as_slice() {
        [one, two, ..] => answers.iter().filter_map(|of| Some((*of.by.get(&one.0)?, *of.by.get(&two.0)?))).collect(),
        _ => vec![],
    };
    let people = &held.sample.people;
    let disagreements = answers
        .iter()
        .zip(people)
        .filter(|(of, _)| of.settled() == Some(Settled::Disagree))
        .map(|(_, person)| person.account)
        .collect();
    let part_of = |person: &SamplePerson| Part::from_code(&person.part).unwrap_or(Part::Followers);
    let populations = held.populations.iter().map(|population| {
        let of: Vec<(&SamplePerson, &Answers)> = people
            .iter()
            .zip(&answers)
            .filter(|(person, _)| part_of(person).is_followers() == population.is_followers)
            .collect();
        let looked: Vec<LookedAt> = of
            .iter()
            .filter_map(|(person, answers)| {
                Some(LookedAt { said: answers.settled()?, chance: held.chances.get(&person.account).copied() })
            })
            .collect();
        PopulationSeen {
            whose: if population.is_followers { "followers" } else { "commenters" },
            held: population.held,
            people: of.len(),
            looked_at: looked.len() as u64,
            share: share_of_sample(&looked, &population.unseen),
            by_model: population.by_model,
            narrowing: narrowing(&looked, &population.unseen),
        }
    });
    let parts = held.sample.parts.iter().filter_map(|part| {
        let of = Part::from_code(&part.part)?;
        let answers: Vec<Option<Settled>> = people
            .iter()
            .zip(&answers)
            .filter(|(person, _)| part_of(person) == of)
            .map(|(_, answers)| answers.settled())
            .collect();
        Some(PartSeen {
            part: of,
            held: part.held,
            people: answers.len(),
            looked_at: answers.iter().flatten().count(),
            made_to_be_sold: answers.iter().filter(|said| **said == Some(Settled::MadeToBeSold)).count(),
        })
    });
    GoldStanding {
        account: held.sample.account,
        sample: held.sample.id,
        people: people.len(),
        looked_at: answers.iter().filter(|of| of.settled().is_some()).count(),
        agreement: agreement(&pairs),
        disagreements,
        populations: populations.collect(),
        parts: parts.collect(),
        labellers,
    }
}

/// The sample of a creator's audience and what is said of it so far.
pub async fn standing_of(
    data: &DataDirectory,
    account: AccountId,
) -> Result<Option<(Arc<SampleHeld>, GoldStanding)>, GoldError> {
    let Some(held) = sample_held(data, account).await? else { return Ok(None) };
    let labels = data.store.audience_labels(Some(held.sample.id)).await?;
    let of = held.clone();
    let standing = tokio::task::spawn_blocking(move || standing(&of, &labels)).await.expect("shares do not panic");
    Ok(Some((held, standing)))
}

/// Keeps what people said of one account of a creator's sample; all of it or nothing.
pub async fn keep_answers(
    data: &DataDirectory,
    account: AccountId,
    person: AccountId,
    said: &[(String, Label)],
) -> Result<(), GoldError> {
    let held = sample_held(data, account).await?.ok_or(GoldError::NoSample)?;
    held.place(person).ok_or_else(|| GoldError::NotInSample(person.to_string()))?;
    let at = data.now();
    let labels: Vec<AudienceLabel> = said
        .iter()
        .map(|(labeller, label)| AudienceLabel {
            sample: held.sample.id,
            account: person,
            labeller: labeller.clone(),
            label: label.code().to_owned(),
            at,
        })
        .collect();
    Ok(data.store.keep_audience_labels(&labels).await?)
}

/// A row of a file of labels that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelIssue {
    /// The file's first row of labels is row 2.
    pub row: u64,
    pub column: &'static str,
    pub problem: String,
}

/// What taking a file of labels did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelsTaken {
    pub taken: u64,
    pub refused: Vec<LabelIssue>,
}

/// Takes labels of one person from a CSV file with the columns `account` and `label`; good rows are kept, the others named
/// with row and column.
pub async fn take_labels(
    data: &DataDirectory,
    account: AccountId,
    by: &str,
    file: impl std::io::Read,
) -> anyhow::Result<LabelsTaken> {
    let by = labeller(by)?;
    let held = sample_held(data, account).await?.ok_or(GoldError::NoSample)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
    let headings = reader.headers()?.clone();
    let column = |name: &str| {
        headings.iter().position(|heading| heading.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
    };
    let (Some(of_account), Some(of_label)) = (column("account"), column("label")) else {
        anyhow::bail!(
            "the file has no column `account` or none `label`\nhint: `bellwether vetting gold export` writes one to fill in"
        );
    };
    let (mut labels, mut refused, mut strangers) = (Vec::new(), Vec::new(), 0);
    for (index, record) in reader.records().enumerate() {
        let row = index as u64 + 2;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                refused.push(LabelIssue { row, column: "account", problem: error.to_string() });
                continue;
            }
        };
        let cell = |place: usize| record.get(place).unwrap_or("");
        // An account that nobody has looked at yet is no fault.
        if cell(of_label).is_empty() {
            continue;
        }
        let person = cell(of_account).trim_start_matches('\'').parse::<AccountId>().ok();
        let Some(person) = person.filter(|person| held.place(*person).is_some()) else {
            let problem = format!("{:?} is not in this sample", cell(of_account));
            refused.push(LabelIssue { row, column: "account", problem });
            strangers += 1;
            continue;
        };
        let Some(label) = Label::from_code(&cell(of_label).to_lowercase().replace([' ', '-'], "_")) else {
            let problem = format!("{:?} is no answer; person, made_to_be_sold or cannot_tell", cell(of_label));
            refused.push(LabelIssue { row, column: "label", problem });
            continue;
        };
        labels.push(AudienceLabel {
            sample: held.sample.id,
            account: person,
            labeller: by.clone(),
            label: label.code().to_owned(),
            at: data.now(),
        });
    }
    anyhow::ensure!(
        strangers <= labels.len(),
        "{strangers} rows are about accounts that are not in this sample, more than are in it; nothing was kept\nhint: the file \
         may be of another creator, or of an earlier sample"
    );
    // Of an account that stands in the file twice the last answer counts.
    let mut last: BTreeMap<AccountId, AudienceLabel> = BTreeMap::new();
    labels.into_iter().for_each(|label| _ = last.insert(label.account, label));
    let labels: Vec<AudienceLabel> = last.into_values().collect();
    data.store.keep_audience_labels(&labels).await?;
    Ok(LabelsTaken { taken: labels.len() as u64, refused })
}
