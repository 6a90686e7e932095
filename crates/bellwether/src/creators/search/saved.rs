//! Saved searches: kept under a name, checked whenever facts have changed, and telling who newly meets them.

use model::AccountId;
use serde::Serialize;
use store::SavedSearch;

use super::asked::Asked;
use super::everybody;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::web::query::Pairs;

/// A search can be watched when so many meet it; of more nobody would read the news.
pub const WATCHED_MAX: usize = 10_000;
const NAME_LETTERS_MAX: usize = 80;

/// What checking a saved search came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Checked {
    pub search: i64,
    pub name: String,
    pub matches: u64,
    pub new: u64,
}

/// Keeps a search under a name with everybody who meets it now.
pub async fn save(
    data: &DataDirectory,
    name: &str,
    asked: &Asked,
    brand: Option<&str>,
    alert: bool,
) -> Result<SavedSearch, CreatorsError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => return Err(CreatorsError::SavedSearch("a saved search needs a name".to_owned())),
        1..=NAME_LETTERS_MAX => {}
        letters => {
            return Err(CreatorsError::SavedSearch(format!(
                "the name has {letters} letters; {NAME_LETTERS_MAX} are the most a saved search's name may have"
            )));
        }
    }
    let of_brand = brand_of(data, brand).await?;
    let met = everybody(data, asked, of_brand.as_ref(), WATCHED_MAX, false).await?;
    let Some(met) = met.or_else(|| (!alert).then(Vec::new)) else {
        return Err(CreatorsError::SavedSearch(format!(
            "more than {WATCHED_MAX} creators meet this search, too many to tell of new ones; filter further, or save it \
             without an alert"
        )));
    };
    let address = address_of(asked);
    let id = data.store.save_search(&name, &address, brand, alert, &met, data.now()).await?;
    find(data, &id.to_string()).await
}

/// A search as it is kept: the question of its address.
pub fn address_of(asked: &Asked) -> String {
    asked.pairs().address("").trim_start_matches('?').to_owned()
}

/// What a kept address asks for.
pub fn asked_of(saved: &SavedSearch) -> Asked {
    Asked::of(&pairs_of(&saved.address)).0
}

/// The pairs of a question as an address writes it.
pub fn pairs_of(question: &str) -> Pairs {
    let plain = |text: &str| {
        let mut bytes = vec![];
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'%' => {
                    let digits: Vec<u8> = rest.by_ref().take(2).collect();
                    let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                    bytes.extend(code);
                }
                b'+' => bytes.push(b' '),
                other => bytes.push(other),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pairs = question.split('&').filter(|pair| !pair.is_empty());
    Pairs(
        pairs
            .map(|pair| {
                pair.split_once('=').map_or((plain(pair), String::new()), |(key, value)| (plain(key), plain(value)))
            })
            .collect(),
    )
}

/// The saved search that `text` means: its name, else its number.
pub async fn find(data: &DataDirectory, text: &str) -> Result<SavedSearch, CreatorsError> {
    let all = data.store.saved_searches().await?;
    let wanted = text.trim().to_lowercase();
    let named = all.iter().find(|saved| saved.name.to_lowercase() == wanted);
    let numbered = || all.iter().find(|saved| saved.id.to_string() == wanted);
    named.or_else(numbered).cloned().ok_or_else(|| CreatorsError::NoSuchSearch(text.to_owned()))
}

/// Looks who meets each watched search now.
pub async fn check_all(data: &DataDirectory) -> Result<Vec<Checked>, CreatorsError> {
    let mut checked = vec![];
    for saved in data.store.saved_searches().await?.into_iter().filter(|saved| saved.alert) {
        let brand = brand_of(data, saved.brand.as_deref()).await?;
        let Some(met) = everybody(data, &asked_of(&saved), brand.as_ref(), WATCHED_MAX, false).await? else {
            tracing::warn!(search = saved.name, "more than {WATCHED_MAX} meet a watched search; it is not checked");
            continue;
        };
        let new = data.store.check_saved_search(saved.id, &met, data.now()).await?;
        checked.push(Checked { search: saved.id, name: saved.name, matches: met.len() as u64, new });
    }
    Ok(checked)
}

async fn brand_of(data: &DataDirectory, brand: Option<&str>) -> Result<Option<model::Brand>, CreatorsError> {
    match brand {
        Some(brand) => Ok(data.store.brand(brand).await?),
        None => Ok(None),
    }
}

/// Those who newly meet a search, by name.
pub async fn new_names(data: &DataDirectory, saved: &SavedSearch) -> Result<Vec<AccountId>, CreatorsError> {
    Ok(data.store.new_matches(saved.id).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_address_is_read_back() {
        let pairs = Pairs::default().with("q", "cold brew -\"a b\"").with("topic", "été&x=1").with("platform", "x");
        let question = pairs.address("").trim_start_matches('?').to_owned();
        assert_eq!(pairs_of(&question), pairs);
    }
}
