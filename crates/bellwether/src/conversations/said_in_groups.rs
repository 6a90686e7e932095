//! Reading what is said in the groups: the terms that tell them apart, their languages, and sample words.

use engine::conversations::portraits::figures::{Groups, NO_GROUP};
use engine::conversations::portraits::languages::{SpokenLanguage, TEXTS_MAX, language_of, spoken};
use engine::conversations::portraits::terms::{GroupTerms, TermReader, VocabularyReader, typical_score};
use lake::Said;
use model::AccountId;
use store::SampleRow;

use super::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;

/// The same where only a few groups are new and the others keep what was read before.
pub const TEXTS_READ_FOR_NEW_GROUPS_MAX: u64 = 100_000;
/// Words shown for a group.
const SAMPLES_MAX: usize = 3;
/// How much more a sample shows when it was said to somebody.
const SAID_TO_SOMEBODY: f64 = 2.0;
/// Texts read for terms; of more than these a part is read, chosen by their ids.
pub const TEXTS_READ_MAX: u64 = 2_000_000;

/// What the texts say of the groups.
pub struct SaidInGroups {
    pub terms: GroupTerms,
    pub languages: Vec<Option<SpokenLanguage>>,
    pub samples: Vec<Vec<SampleRow>>,
    pub texts: Vec<u64>,
    pub one_in: u64,
}

impl SaidInGroups {
    /// For groups of which nothing has to be read.
    pub fn nothing(groups: usize) -> SaidInGroups {
        let vocabulary = VocabularyReader::default().finish();
        SaidInGroups {
            terms: TermReader::new(&vocabulary, groups).finish(),
            languages: vec![None; groups],
            samples: vec![vec![]; groups],
            texts: vec![0; groups],
            one_in: 1,
        }
    }
}

/// To which group words belong: that of the one who said them, unless they went to somebody of another group.
fn group_of_said(snapshot: &Snapshot, groups: &Groups, said: &Said<'_>) -> Option<(u32, u32)> {
    let author = snapshot.place(said.author)?;
    let group = groups.of_account[author as usize];
    let elsewhere = said
        .other
        .and_then(|other| snapshot.place(other))
        .is_some_and(|other| groups.of_account[other as usize] != group);
    (group != NO_GROUP && !elsewhere).then_some((group, author))
}

/// The texts that are read, from the lake each time, or held in memory where they are few: they are gone through three
/// times.
enum SaidTexts<'a> {
    InLake { data: &'a DataDirectory, one_in: u64 },
    Held(Vec<HeldSaid>),
}

struct HeldSaid {
    author: AccountId,
    other: Option<AccountId>,
    text: Option<i64>,
    body: String,
}

impl SaidTexts<'_> {
    async fn of(data: &DataDirectory, one_in: u64) -> Result<SaidTexts<'_>, ConversationsError> {
        if data.lake.text_count(data.now()).await? / one_in > TEXTS_READ_FOR_NEW_GROUPS_MAX {
            return Ok(SaidTexts::InLake { data, one_in });
        }
        let mut held = vec![];
        data.lake
            .for_each_said(one_in, data.now(), |said| {
                let body = said.body.to_owned();
                held.push(HeldSaid { author: said.author, other: said.other, text: said.text, body });
            })
            .await?;
        Ok(SaidTexts::Held(held))
    }

    async fn for_each(&self, mut each: impl FnMut(Said<'_>)) -> Result<(), ConversationsError> {
        match self {
            SaidTexts::InLake { data, one_in } => Ok(data.lake.for_each_said(*one_in, data.now(), each).await?),
            SaidTexts::Held(held) => {
                for said in held {
                    each(Said { author: said.author, other: said.other, text: said.text, body: &said.body });
                }
                Ok(())
            }
        }
    }
}

/// Reads the texts of the groups: terms, languages and sample words. Of more than `texts_max` a part is read, chosen by
/// their ids. Cost one to three readings of the texts.
pub async fn read_texts(
    data: &DataDirectory,
    snapshot: &Snapshot,
    groups: &Groups,
    texts_max: u64,
) -> Result<SaidInGroups, ConversationsError> {
    let now = data.now();
    let one_in = data.lake.text_count(now).await?.div_ceil(texts_max).max(1);
    let mut vocabulary = VocabularyReader::default();
    let texts_said = SaidTexts::of(data, one_in).await?;
    texts_said.for_each(|said| vocabulary.read(said.body)).await?;
    let vocabulary = vocabulary.finish();
    let mut reader = TermReader::new(&vocabulary, groups.count);
    let mut texts = vec![0u64; groups.count];
    texts_said
        .for_each(|said| {
            if let Some((group, author)) = group_of_said(snapshot, groups, &said) {
                reader.read(group, author, said.body);
                texts[group as usize] += 1;
            }
        })
        .await?;
    let terms = reader.finish();
    let scores = terms.scores();
    let mut languages: Vec<Vec<(&str, &str)>> = vec![vec![]; groups.count];
    let mut samples: Vec<Vec<(f64, SampleRow)>> = vec![vec![]; groups.count];
    texts_said
        .for_each(|said| {
            let Some((group, _)) = group_of_said(snapshot, groups, &said) else { return };
            let place = group as usize;
            // Texts come in no fixed order, so a text is taken by its own number, not by when it comes.
            let is_looked_at = said.text.is_none_or(|text| {
                texts[place] <= u64::from(TEXTS_MAX) || (text as u64 % texts[place]) < u64::from(TEXTS_MAX)
            });
            if is_looked_at && let Some(found) = language_of(said.body) {
                languages[place].push(found);
            }
            let Some(text) = said.text.filter(|_| (40..=1_500).contains(&said.body.len())) else { return };
            // Words to somebody show a conversation; a post's own words stand in where there are none.
            let to_somebody = if said.other.is_some() { SAID_TO_SOMEBODY } else { 1.0 };
            let score = to_somebody * typical_score(said.body, group, &scores);
            if score > 0.0 {
                let sample = SampleRow { text, author: said.author, other: said.other };
                keep_sample(&mut samples[place], score, sample);
            }
        })
        .await?;
    Ok(SaidInGroups {
        languages: languages.iter().map(|found| spoken(found)).collect(),
        samples: samples.into_iter().map(|kept| kept.into_iter().map(|(_, sample)| sample).collect()).collect(),
        terms,
        texts,
        one_in,
    })
}

/// Keeps the most typical words, each author once.
fn keep_sample(kept: &mut Vec<(f64, SampleRow)>, score: f64, sample: SampleRow) {
    let order = |kept: &(f64, SampleRow)| (std::cmp::Reverse(ordered(kept.0)), kept.1.text, kept.1.author);
    if let Some(same) = kept.iter_mut().find(|held| held.1.author == sample.author || held.1.text == sample.text) {
        let fresh = (score, sample);
        if order(&fresh) < order(same) {
            *same = fresh;
        }
    } else {
        kept.push((score, sample));
    }
    kept.sort_by_key(order);
    kept.truncate(SAMPLES_MAX);
}

/// A positive score as a number that sorts like it.
fn ordered(score: f64) -> u64 {
    score.max(0.0).to_bits()
}
