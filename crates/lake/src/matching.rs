//! Who the buyers are: the people whose posts and comments meet a brand's definition, with the rows that say so.

use std::collections::BTreeMap;

use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use model::{AccountId, BuyerDefinition, Timestamp};

use crate::error::LakeError;
use crate::session::{Lake, ints, maybe_string, strings};

/// A person who meets the definition, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuyerMatch {
    pub account: AccountId,
    /// Posts and comments of theirs that carry a tag or use a keyword.
    pub mentions: u64,
    /// Times they turned to one of the brand's own accounts.
    pub talks_to_brand: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// A post or comment that made somebody a buyer.
#[derive(Clone, PartialEq, Debug)]
pub struct BuyerText {
    pub at: Timestamp,
    pub title: Option<String>,
    pub body: Option<String>,
    pub url: Option<String>,
}

impl Lake {
    /// Everybody who meets `definition`, ordered by account. Cost: one pass over posts, texts and interactions.
    pub async fn buyers(&self, definition: &BuyerDefinition, now: Timestamp) -> Result<Vec<BuyerMatch>, LakeError> {
        let sql = fill(include_str!("sql/matching_buyers.sql"), definition);
        let texts = self.matching_texts(definition, now).await?;
        let rows = self.rows_about(texts, &sql, &words(definition), now, "finding the buyers").await?;
        let mut buyers = Vec::new();
        for batch in &rows.batches {
            let (account, mentions, talks, first, last) =
                (ints(batch, 0), ints(batch, 1), ints(batch, 2), ints(batch, 3), ints(batch, 4));
            for row in 0..batch.num_rows() {
                buyers.push(BuyerMatch {
                    account: AccountId(account.value(row)),
                    mentions: mentions.value(row) as u64,
                    talks_to_brand: talks.value(row) as u64,
                    first_at: Timestamp(first.value(row)),
                    last_at: Timestamp(last.value(row)),
                });
            }
        }
        Ok(buyers)
    }

    /// The texts that use a keyword. Read once, because both posts and comments are looked up by them.
    async fn matching_texts(&self, definition: &BuyerDefinition, now: Timestamp) -> Result<Vec<i64>, LakeError> {
        if definition.keywords.is_empty() {
            return Ok(vec![]);
        }
        let sql = format!("select distinct text_id from text where {}", says("body", definition));
        let keywords = [("keywords", ScalarValue::Utf8(Some(keyword_pattern(&definition.keywords))))];
        let rows = self.rows(&sql, &keywords, now, "finding the texts that use a keyword").await?;
        Ok(rows.batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()).collect())
    }

    /// The posts and comments that made one person a buyer, newest first.
    pub async fn buyer_texts(
        &self,
        definition: &BuyerDefinition,
        account: AccountId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<BuyerText>, LakeError> {
        let sql = fill(include_str!("sql/matching_buyer_texts.sql"), definition)
            .replace("{account}", &account.to_string())
            .replace("{limit}", &limit.to_string());
        let rows = self.rows(&sql, &words(definition), now, "reading a buyer's words").await?;
        let mut texts = Vec::new();
        for batch in &rows.batches {
            let (at, title, body, url) = (ints(batch, 0), strings(batch, 1), strings(batch, 2), strings(batch, 3));
            for row in 0..batch.num_rows() {
                texts.push(BuyerText {
                    at: Timestamp(at.value(row)),
                    title: maybe_string(&title, row),
                    body: maybe_string(&body, row),
                    url: maybe_string(&url, row),
                });
            }
        }
        Ok(texts)
    }

    /// Everybody who followed these accounts or turned to them, each once and ascending, by ascending account. Cost: a pass
    /// over interactions, and the sorting of each account's people; 8 bytes are held for each time somebody turned to one.
    pub async fn people_around(
        &self,
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<(AccountId, Vec<i64>)>, LakeError> {
        let wanted = accounts.iter().map(|account| account.0).collect();
        let sql = include_str!("sql/matching_people_around.sql");
        let what = "reading who is around creators";
        let mut answer = self.stream_about(wanted, sql, now, what).await?;
        let mut around: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        while let Some(batch) = answer.next().await {
            let batch = batch.map_err(|error| LakeError::query(what, error))?;
            let (target, actor) = (ints(&batch, 0), ints(&batch, 1));
            for row in 0..batch.num_rows() {
                around.entry(target.value(row)).or_default().push(actor.value(row));
            }
        }
        let once = |(account, mut people): (i64, Vec<i64>)| {
            people.sort_unstable();
            people.dedup();
            (AccountId(account), people)
        };
        Ok(around.into_iter().map(once).collect())
    }
}

/// Words from outside travel as parameters; only numbers made by the program are written into the statement.
fn fill(sql: &str, definition: &BuyerDefinition) -> String {
    let has_tag = if definition.tags.is_empty() {
        "false".to_owned()
    } else {
        (0..definition.tags.len()).map(|n| format!("array_has(tags, $tag{n})")).collect::<Vec<_>>().join(" or ")
    };
    let own: Vec<AccountId> =
        definition.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id)).collect();
    let own_list = if own.is_empty() { "-1".to_owned() } else { crate::creators::id_list(&own) };
    let platforms = if definition.platforms.is_empty() {
        String::new()
    } else {
        let codes: Vec<String> = definition.platforms.iter().map(|platform| format!("'{}'", platform.code())).collect();
        format!("where platform in ({})", codes.join(", "))
    };
    sql.replace("{has_tag}", &has_tag)
        .replace("{says_title}", &says("title", definition))
        .replace("{says_body}", &says("body", definition))
        .replace("{own_accounts}", &own_list)
        .replace("{on_platforms}", &platforms)
        .replace("{mentions_min}", &definition.mentions_min.max(1).to_string())
}

fn says(column: &str, definition: &BuyerDefinition) -> String {
    if definition.keywords.is_empty() { "false".to_owned() } else { format!("{column} ~ $keywords") }
}

fn words(definition: &BuyerDefinition) -> Vec<(&'static str, ScalarValue)> {
    let mut parameters = Vec::new();
    if !definition.keywords.is_empty() {
        parameters.push(("keywords", ScalarValue::Utf8(Some(keyword_pattern(&definition.keywords)))));
    }
    for (n, tag) in definition.tags.iter().enumerate() {
        // Parameter names live as long as the program; there are only as many as the longest tag list ever used.
        let name = TAG_NAMES.get(n).copied().unwrap_or("tag0");
        parameters.push((name, ScalarValue::Utf8(Some(tag.clone()))));
    }
    parameters
}

/// At most this many tags can name a brand's buyers.
pub(crate) const TAG_NAMES: [&str; 24] = [
    "tag0", "tag1", "tag2", "tag3", "tag4", "tag5", "tag6", "tag7", "tag8", "tag9", "tag10", "tag11", "tag12", "tag13",
    "tag14", "tag15", "tag16", "tag17", "tag18", "tag19", "tag20", "tag21", "tag22", "tag23",
];

/// Whole words or phrases, in any case, with a plural `s` or `es` allowed.
pub(crate) fn keyword_pattern(keywords: &[String]) -> String {
    let escaped: Vec<String> = keywords
        .iter()
        .map(|word| {
            let word: String = word
                .chars()
                .flat_map(|letter| {
                    let special = !letter.is_alphanumeric() && !letter.is_whitespace();
                    special.then_some('\\').into_iter().chain(std::iter::once(letter))
                })
                .collect();
            word.split_whitespace().collect::<Vec<_>>().join("\\s+")
        })
        .collect();
    format!("(?i)\\b(?:{})(?:s|es)?\\b", escaped.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_with_signs_is_taken_literally() {
        let pattern = keyword_pattern(&["c++ brew".into(), "ipa".into()]);
        assert_eq!(pattern, "(?i)\\b(?:c\\+\\+\\s+brew|ipa)(?:s|es)?\\b");
    }
}
