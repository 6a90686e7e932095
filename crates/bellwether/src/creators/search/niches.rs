//! Which niches a creator is filed under: read from their own words and the groups they talk in, corrected by people.

use std::collections::HashMap;

use engine::matching::niches::{
    Correction, CreatorNiche, NicheInput, NicheOfGroups, NicheSettings, niche_named, niches_of, with_corrections,
};
use lake::PublishedRow;
use model::AccountId;
use store::NicheCorrection;

use super::documents::POSTS_MAX;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// A niche is filtered by from this probability on.
const FILED_FROM: f64 = 0.5;

/// Letters shown on either side of a word that speaks of a niche.
const AROUND_LETTERS: usize = 48;

/// The words niches are read from.
#[derive(Default)]
pub struct NicheWords {
    tags: Vec<(String, u32)>,
    titles: Vec<String>,
    texts: Vec<String>,
    bio: Option<String>,
}

impl NicheWords {
    pub fn of(bio: Option<&str>, posts: &[PublishedRow]) -> NicheWords {
        let mut tags: std::collections::BTreeMap<&str, u32> = std::collections::BTreeMap::new();
        posts.iter().flat_map(|post| &post.tags).for_each(|tag| *tags.entry(tag).or_default() += 1);
        let plain = |text: &Option<String>| text.as_deref().map(crate::web::words::plain);
        NicheWords {
            tags: tags.into_iter().map(|(tag, count)| (tag.to_owned(), count)).collect(),
            titles: posts.iter().filter_map(|post| plain(&post.title)).collect(),
            texts: posts.iter().filter_map(|post| plain(&post.body)).collect(),
            bio: bio.map(crate::web::words::plain),
        }
    }

    /// The niches these words speak of; `groups` are the niches of the groups somebody talks in, with their share.
    pub fn read(&self, groups: &[(String, f64)], settings: &NicheSettings) -> Vec<CreatorNiche> {
        let tags: Vec<(&str, u32)> = self.tags.iter().map(|(tag, count)| (tag.as_str(), *count)).collect();
        let titles: Vec<&str> = self.titles.iter().map(String::as_str).collect();
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let groups: Vec<NicheOfGroups<'_>> =
            groups.iter().map(|(code, share)| NicheOfGroups { code, share: *share }).collect();
        let input =
            NicheInput { tags: &tags, titles: &titles, texts: &texts, bio: self.bio.as_deref(), groups: &groups };
        niches_of(&input, settings)
    }

    /// What was quoted, with some letters around it.
    pub fn quoted(&self, quote: &engine::matching::niches::Quote) -> Option<String> {
        use engine::matching::niches::Place;
        let text = match quote.place {
            Place::Title => self.titles.get(quote.index)?,
            Place::Text => self.texts.get(quote.index)?,
            Place::Bio => self.bio.as_ref()?,
            Place::Tag | Place::Group => return None,
        };
        let (before, after) = (text.get(..quote.from)?, text.get(quote.to..)?);
        let from = before.char_indices().rev().nth(AROUND_LETTERS).map_or(0, |(at, _)| at);
        let from = if from == 0 { 0 } else { before[from..].find(' ').map_or(from, |space| from + space + 1) };
        let to = after.char_indices().nth(AROUND_LETTERS).map_or(after.len(), |(at, _)| at);
        let to = if to == after.len() { to } else { after[..to].rfind(' ').unwrap_or(to) };
        let (begin, end) = (if from > 0 { "… " } else { "" }, if to < after.len() { " …" } else { "" });
        Some(format!("{begin}{}{}{end}", &text[from..quote.to], &after[..to]))
    }
}

/// The codes a creator is filed under.
pub fn filed_under(niches: &[CreatorNiche]) -> Vec<String> {
    let probable = niches.iter().filter(|niche| niche.probability.value.is_some_and(|chance| chance >= FILED_FROM));
    probable.map(|niche| niche.code.clone()).collect()
}

/// How niches are read where only the codes are wanted.
pub fn for_filing() -> NicheSettings {
    NicheSettings { probability_min: FILED_FROM, rounds: 1, ..NicheSettings::default() }
}

/// The niches of these accounts as read from their words. Cost: a pass over posts and texts.
pub async fn niches_read(
    data: &DataDirectory,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, Vec<CreatorNiche>>, CreatorsError> {
    let profiles = data.lake.profiles(Some(accounts), data.now()).await?;
    let published = data.lake.published(accounts, POSTS_MAX, data.now()).await?;
    let mut posts: HashMap<AccountId, Vec<PublishedRow>> =
        published.into_iter().map(|published| (published.author, published.newest)).collect();
    let mut read = HashMap::new();
    for profile in profiles {
        let posts = posts.remove(&profile.account).unwrap_or_default();
        let words = NicheWords::of(profile.bio.as_deref(), &posts);
        read.insert(profile.account, words.read(&[], &for_filing()));
    }
    Ok(read)
}

/// A creator's niches with everything that speaks for them, as corrected.
pub struct NichesOfCreator {
    pub niches: Vec<CreatorNiche>,
    pub words: NicheWords,
    pub corrections: Vec<NicheCorrection>,
}

/// The niches of one creator.
pub async fn niches_of_creator(data: &DataDirectory, account: AccountId) -> Result<NichesOfCreator, CreatorsError> {
    let profile = data.lake.profiles(Some(&[account]), data.now()).await?.pop();
    let bio = profile.and_then(|profile| profile.bio);
    let published = data.lake.published(&[account], POSTS_MAX, data.now()).await?.pop();
    let posts = published.map(|published| published.newest).unwrap_or_default();
    let words = NicheWords::of(bio.as_deref(), &posts);
    let corrections: Vec<NicheCorrection> = (data.store.niche_corrections().await?.into_iter())
        .filter(|correction| correction.account == account)
        .collect();
    let found = words.read(&[], &NicheSettings::default());
    Ok(NichesOfCreator { niches: corrected(found, &corrections), words, corrections })
}

/// What was read as a person corrected it: the correction wins.
pub fn corrected(found: Vec<CreatorNiche>, corrections: &[NicheCorrection]) -> Vec<CreatorNiche> {
    let corrections: Vec<Correction> = corrections
        .iter()
        .map(|correction| Correction { code: correction.code.clone(), is: correction.is_niche })
        .collect();
    with_corrections(found, &corrections)
}

/// Says that a niche, by its code or name, is a creator's (`Some(true)`) or is not; `None` takes back what was said.
pub async fn correct(
    data: &DataDirectory,
    account: AccountId,
    niche: &str,
    is_niche: Option<bool>,
) -> Result<&'static str, CreatorsError> {
    let node = niche_named(niche.trim()).ok_or_else(|| CreatorsError::NoSuchNiche(niche.to_owned()))?;
    if data.lake.profiles(Some(&[account]), data.now()).await?.is_empty() {
        return Err(CreatorsError::NotFound(account.to_string()));
    }
    data.store.correct_niche(account, node.code, is_niche, data.now()).await?;
    Ok(node.name)
}

/// A niche's name by its code.
pub fn words(code: &str) -> Option<String> {
    niche_named(code).map(|node| node.name.to_owned())
}
