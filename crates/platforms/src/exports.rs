//! What the exports of all platforms have in common, and other readers use too: how handles, counts and hashtags are written, what a
//! follow becomes, and what a person is told of what was found and left out.

use model::facts::InteractionFact;
use model::{AccountId, InteractionId, InteractionKind, Platform, RowIssue, Timestamp};
use serde_json::Value;

use crate::receive::{ReadError, Receiver};

pub(crate) const NAME_THE_ACCOUNT: &str = "name the account the export is of: `--account NAME`";

/// Why an entry is left out.
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) problem: &'static str,
    pub(crate) hint: &'static str,
}

impl Wrong {
    pub(crate) fn new(field: &'static str, problem: &'static str, hint: &'static str) -> Wrong {
        Wrong { field, problem, hint }
    }
}

/// A document that broke off is told as an issue, and reading goes on with the next one; a stop stays a stop.
pub(crate) fn break_noted(outcome: Result<(), ReadError>, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
    match outcome {
        Err(ReadError::Broken { file, problem, hint }) => {
            receiver.note(RowIssue { file, row: None, column: None, problem, hint, refused: true });
            Ok(())
        }
        other => other,
    }
}

/// `profile` is the file that would have told.
pub(crate) fn owner_unknown(file: &str, profile: &str) -> ReadError {
    let problem = format!("it is not known whose export this is: {profile} is missing or names nobody");
    ReadError::broken(file, problem, NAME_THE_ACCOUNT)
}

/// For a person: the export names itself one way, the operator another.
pub(crate) fn of_another(stated: &str, owner: &str) -> String {
    format!("The export says that it is of {stated}, but it is imported as {owner}'s: its profile was left out.")
}

/// That `actor` follows `target`. The id holds no date, so that a later export, or one without dates, adds nothing.
pub(crate) fn follow(platform: Platform, actor: &str, target: &str, at: Timestamp) -> InteractionFact {
    InteractionFact {
        id: InteractionId::native(platform, &format!("follow:{actor}:{target}")),
        kind: InteractionKind::Follow,
        actor: AccountId::of(platform, "", actor),
        target: Some(AccountId::of(platform, "", target)),
        post: None,
        parent: None,
        at,
        text: None,
        by_author: false,
    }
}

/// A handle as it is compared: lower case, without `@`. `None` for what is no name.
pub(crate) fn handle_of(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('@');
    let is_name = (1..=100).contains(&bare.len()) && !bare.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_name && !bare.contains('/')).then(|| bare.to_lowercase())
}

/// A text that says something.
pub(crate) fn text_of<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A whole number, written as one or as text.
pub(crate) fn number_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// What follows each `#`, in lower case, each once.
pub(crate) fn hashtags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for after in text.split('#').skip(1) {
        let tag: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let tag = tag.to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// `1 post`, `1,200 posts`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if count == 1 { one } else { many })
}

/// `100 followers, 3 posts`: what is there at all.
pub(crate) fn listed(counts: &[(u64, &str, &str)]) -> String {
    let found: Vec<String> =
        counts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count, one, many)).collect();
    if found.is_empty() { "Nothing was found".to_owned() } else { found.join(", ") }
}

/// The end of a sentence on what own comments were not taken, empty where there are none.
pub(crate) fn comments_left_out(count: u64) -> String {
    let comments = counted(count, "own comment that names nobody", "own comments that name nobody");
    if count == 0 { String::new() } else { format!("; left out: {comments}") }
}

/// The end of a sentence on follows without a date, empty where there are none.
pub(crate) fn dated_as_the_export(count: u64) -> String {
    let follows = counted(count, "follow without a date is", "follows without a date are");
    if count == 0 { String::new() } else { format!("; {follows} dated as the export") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_compared_in_lower_case_and_what_is_no_name_is_none() {
        for (text, expect) in [(" @Ana.Brews ", Some("ana.brews")), ("\u{c9}va", Some("\u{e9}va"))] {
            assert_eq!(handle_of(text).as_deref(), expect, "{text}");
        }
        for text in ["", " @ ", "ana brews", "ana/7", "ana\0", &"a".repeat(101)] {
            assert_eq!(handle_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_found_is_told_in_words_and_what_was_not_is_left_unsaid() {
        assert_eq!(
            listed(&[(1_200, "post", "posts"), (0, "like", "likes"), (1, "reply", "replies")]),
            "1,200 posts, 1 reply"
        );
        assert_eq!(listed(&[(0, "post", "posts")]), "Nothing was found");
        assert_eq!(comments_left_out(0) + &dated_as_the_export(0), "");
    }
}
