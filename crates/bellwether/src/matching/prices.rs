//! Prices: what creators asked and were paid, what the next post should cost, and a quote held against it.

use std::collections::HashMap;

use engine::matching::price::{
    PostFormat, PriceEstimate, PriceFact, PriceKind, PriceModel, PriceQuery, PriceSettings, QuoteStanding,
};
use model::{AccountId, Currency, Money, Platform, Timestamp};
use store::PriceRow;

use super::MatchingError;
use crate::creators::{self, CreatorsError};
use crate::data_directory::DataDirectory;

/// The setting that holds the currency prices are estimated in, and before a currency's code its rate to the dollar.
const CURRENCY_SETTING: &str = "price_currency";
const RATE_SETTING: &str = "price_minor_units_per_usd_cent_";

/// Why a price was not recorded or estimated.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    #[error("{0:?} is no amount of money\nhint: write it like \"250 EUR\" or \"250.00 EUR\"")]
    NotMoney(String),
    #[error("{0:?} is no format\nhint: formats are {1}")]
    NotAFormat(String, String),
    #[error("{0:?} is no kind of price\nhint: kinds are rate_card, quote and deal")]
    NotAKind(String),
    #[error("{0:?} is no rate\nhint: how many units of the currency one US dollar buys, e.g. 0.92")]
    NotARate(String),
    #[error("there is no price with the number {0}\nhint: `bellwether matching prices` lists them with their numbers")]
    NoSuchPrice(i64),
}

/// What is known about prices as a whole.
pub struct Prices {
    pub model: PriceModel,
    pub settings: PriceSettings,
    /// Newest first.
    pub rows: Vec<PriceRow>,
    /// Prices in other currencies, which are not taken into account.
    pub left_out: usize,
}

/// An amount as people type it: `250 EUR`, `EUR 250.50`, `1,200 usd`.
pub fn money(text: &str) -> Result<Money, PriceError> {
    let refused = || PriceError::NotMoney(text.to_owned());
    // Behind the digits a dash stands for no cents, before them it is a sign.
    if text.chars().take_while(|letter| !letter.is_ascii_digit()).any(|letter| "-\u{2212}\u{2013}(".contains(letter)) {
        return Err(refused());
    }
    let code: String = text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
    let currency = Currency::new(&code).map_err(|_| refused())?;
    let mut digits: String = text.chars().filter(|letter| letter.is_ascii_digit() || ".,".contains(*letter)).collect();
    // A comma with two digits behind it is a decimal comma; all others set thousands apart.
    if let Some((whole, cents)) = digits.rsplit_once(',')
        && cents.len() != 3
        && !cents.contains('.')
    {
        digits = format!("{}.{cents}", whole.replace('.', ""));
    }
    let digits = digits.trim_end_matches(['.', ',']);
    let amount: f64 = digits.replace(',', "").parse().map_err(|_| refused())?;
    let minor_units = (amount * 10f64.powi(currency.decimals() as i32)).round();
    match minor_units > 0.0 && minor_units < 1e15 {
        true => Ok(Money { minor_units: minor_units as i64, currency }),
        false => Err(refused()),
    }
}

pub fn format_of(text: &str) -> Result<PostFormat, PriceError> {
    let plain = text.trim().replace([' ', '-'], "_");
    PostFormat::from_code(&plain).ok_or_else(|| {
        let all: Vec<&str> = PostFormat::ALL.into_iter().map(PostFormat::code).collect();
        PriceError::NotAFormat(text.to_owned(), all.join(", "))
    })
}

pub fn kind_of(text: &str) -> Result<PriceKind, PriceError> {
    let plain = text.trim().replace([' ', '-'], "_");
    PriceKind::from_code(&plain).ok_or_else(|| PriceError::NotAKind(text.to_owned()))
}

/// A price as a person gives it.
pub struct Given<'a> {
    pub account: AccountId,
    pub fee: Money,
    pub format: PostFormat,
    pub kind: PriceKind,
    pub dated_at: Timestamp,
    pub note: &'a str,
}

/// Records a price with the platform and followers of now.
pub async fn record(data: &DataDirectory, given: &Given<'_>) -> Result<(), MatchingError> {
    let profile = data.lake.profiles(Some(&[given.account]), data.now()).await?.pop();
    let profile = profile.ok_or_else(|| CreatorsError::NotFound(given.account.to_string()))?;
    let row = PriceRow {
        id: 0,
        account: given.account,
        platform: profile.platform.code().to_owned(),
        followers: profile.followers,
        format: given.format.code().to_owned(),
        fee: given.fee,
        kind: given.kind.code().to_owned(),
        dated_at: given.dated_at,
        note: given.note.trim().to_owned(),
    };
    data.store.add_prices(&[row], data.now()).await?;
    Ok(())
}

/// Takes a price back.
pub async fn take_back(data: &DataDirectory, id: i64) -> Result<(), MatchingError> {
    match data.store.delete_price(id).await? {
        true => Ok(()),
        false => Err(PriceError::NoSuchPrice(id).into()),
    }
}

/// Chooses the currency prices are estimated in, and how many of its units one US dollar buys.
pub async fn choose_currency(data: &DataDirectory, code: &str, rate: Option<&str>) -> Result<(), MatchingError> {
    let currency = Currency::new(&code.trim().to_uppercase()).map_err(|_| PriceError::NotMoney(code.to_owned()))?;
    data.store.set_setting(CURRENCY_SETTING, currency.code()).await?;
    if let Some(rate) = rate.map(str::trim).filter(|rate| !rate.is_empty()) {
        let number: f64 = rate.replace(',', ".").parse().map_err(|_| PriceError::NotARate(rate.to_owned()))?;
        if !(number.is_finite() && number > 0.0) {
            return Err(PriceError::NotARate(rate.to_owned()).into());
        }
        // One dollar is a hundred cents, and so is one unit of most currencies.
        let minor = number * 10f64.powi(currency.decimals() as i32) / 100.0;
        data.store.set_setting(&format!("{RATE_SETTING}{currency}"), &minor.to_string()).await?;
    }
    Ok(())
}

/// Estimates prices in this currency from now on where none was chosen and no price is held.
pub async fn begin_with(data: &DataDirectory, currency: Currency) -> Result<(), MatchingError> {
    if data.store.setting(CURRENCY_SETTING).await?.is_none() && data.store.prices().await?.is_empty() {
        data.store.set_setting(CURRENCY_SETTING, currency.code()).await?;
    }
    Ok(())
}

/// What was chosen about currencies, as kept; another choice means other estimates.
pub async fn currency_settings(data: &DataDirectory) -> Result<(Option<String>, Option<String>), MatchingError> {
    let chosen = data.store.setting(CURRENCY_SETTING).await?;
    let rate = match &chosen {
        Some(code) => data.store.setting(&format!("{RATE_SETTING}{code}")).await?,
        None => None,
    };
    Ok((chosen, rate))
}

/// The currency prices are estimated in: the one chosen, else the one most prices are in, else the dollar.
async fn currency(data: &DataDirectory, rows: &[PriceRow]) -> Result<Currency, MatchingError> {
    if let Some(chosen) = data.store.setting(CURRENCY_SETTING).await?
        && let Ok(currency) = Currency::new(&chosen)
    {
        return Ok(currency);
    }
    let mut counts: HashMap<Currency, usize> = HashMap::new();
    rows.iter().for_each(|row| *counts.entry(row.fee.currency).or_default() += 1);
    let most = counts.into_iter().max_by_key(|(currency, count)| (*count, std::cmp::Reverse(*currency)));
    Ok(most.map_or(Currency::new("USD").expect("a currency"), |(currency, _)| currency))
}

/// Fits the model to the prices held. Cost: see [`PriceModel::fit`].
pub async fn prices(data: &DataDirectory) -> Result<Prices, MatchingError> {
    let rows = data.store.prices().await?;
    let currency = currency(data, &rows).await?;
    let mut settings = PriceSettings::new(currency);
    if let Some(rate) = data.store.setting(&format!("{RATE_SETTING}{currency}")).await? {
        settings.minor_units_per_usd_cent = rate.parse().ok();
    }
    let facts: Vec<PriceFact> = rows.iter().filter(|row| row.fee.currency == currency).filter_map(fact).collect();
    let left_out = rows.len() - facts.len();
    let work = move || PriceModel::fit(&facts, &settings);
    let model = tokio::task::spawn_blocking(work).await.expect("fitting prices does not panic");
    Ok(Prices { model, settings, rows, left_out })
}

/// [`prices`], in this currency where none was chosen and no price is held; nothing is chosen by it.
pub async fn prices_in(data: &DataDirectory, currency: Currency) -> Result<Prices, MatchingError> {
    let held = prices(data).await?;
    if !held.rows.is_empty() || data.store.setting(CURRENCY_SETTING).await?.is_some() {
        return Ok(held);
    }
    let settings = PriceSettings::new(currency);
    let work = move || PriceModel::fit(&[], &settings);
    let model = tokio::task::spawn_blocking(work).await.expect("fitting prices does not panic");
    Ok(Prices { model, settings: PriceSettings::new(currency), rows: vec![], left_out: 0 })
}

fn fact(row: &PriceRow) -> Option<PriceFact> {
    Some(PriceFact {
        creator: row.account,
        platform: Platform::from_code(&row.platform)?,
        followers: row.followers.and_then(|count| u64::try_from(count).ok()),
        format: PostFormat::from_code(&row.format)?,
        fee_minor_units: u64::try_from(row.fee.minor_units).ok()?,
        kind: PriceKind::from_code(&row.kind)?,
        at: row.dated_at,
    })
}

/// What one creator's next post should cost, and a quote against it.
pub struct Expected {
    pub estimate: PriceEstimate,
    pub standing: Option<QuoteStanding>,
}

/// What the next deal with a creator should cost; `quote` is held against it.
pub async fn expected(
    data: &DataDirectory,
    prices: &Prices,
    account: AccountId,
    format: PostFormat,
    quote: Option<Money>,
) -> Result<Expected, MatchingError> {
    let profile = data.lake.profiles(Some(&[account]), data.now()).await?.pop();
    let profile = profile.ok_or_else(|| CreatorsError::NotFound(account.to_string()))?;
    let query = PriceQuery {
        creator: account,
        platform: profile.platform,
        followers: profile.followers.and_then(|count| u64::try_from(count).ok()),
        format,
        kind: PriceKind::Deal,
    };
    let quote = quote.filter(|quote| quote.currency == prices.settings.currency);
    Ok(Expected {
        estimate: prices.model.estimate(&query),
        standing: quote
            .and_then(|quote| u64::try_from(quote.minor_units).ok())
            .map(|quote| prices.model.standing(&query, quote)),
    })
}

/// The names of everybody with a price.
pub async fn names(
    data: &DataDirectory,
    rows: &[PriceRow],
) -> Result<HashMap<AccountId, creators::CreatorName>, MatchingError> {
    Ok(creators::names(data, rows.iter().map(|row| row.account).collect()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_people_write_it() {
        for (text, minor, code) in [
            ("250 EUR", 25_000, "EUR"),
            ("EUR 250.50", 25_050, "EUR"),
            ("1,200 usd", 120_000, "USD"),
            ("1.200,50 eur", 120_050, "EUR"),
            ("9000 JPY", 9_000, "JPY"),
            ("250,- EUR", 25_000, "EUR"),
            ("CHF 250.\u{2013}", 25_000, "CHF"),
        ] {
            let read = money(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((read.minor_units, read.currency()), (minor, code), "{text}");
        }
        for text in ["", "250", "EUR", "-5 XX", "-5 EUR", "EUR \u{2212}5", "(5 EUR)", "0 EUR"] {
            assert!(money(text).is_err(), "{text:?}");
        }
    }
}
