//! A sample as a table to fill in or to keep: a row an account, with what everybody said of it and nothing of the model.

use engine::vetting::audience::sample::Label;
use store::AudienceLabel;

use super::{SampleHeld, answers_of};
use crate::web::csv::Sheet;

/// The sample as a table: a row an account, a column for each person who labelled.
pub fn labels_sheet(held: &SampleHeld, labels: &[AudienceLabel]) -> Sheet {
    let answers = answers_of(held, labels);
    let mut names: Vec<&str> = answers.iter().flat_map(|of| of.by.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let mut headings = vec!["position", "part", "account", "handle", "name", "followers", "following", "bio", "label"];
    let by: Vec<String> = names.iter().map(|name| format!("by {name}")).collect();
    headings.extend(by.iter().map(String::as_str));
    headings.push("together");
    let mut sheet = Sheet::new(&headings);
    for (place, (person, answers)) in held.sample.people.iter().zip(&answers).enumerate() {
        let profile = held.profiles.get(&person.account);
        let text = |of: Option<&String>| of.cloned().unwrap_or_default();
        let count = |of: Option<i64>| of.map(|count| count.to_string()).unwrap_or_default();
        let mut cells = vec![
            (place + 1).to_string(),
            person.part.clone(),
            person.account.to_string(),
            text(profile.and_then(|of| of.handle.as_ref())),
            text(profile.and_then(|of| of.display_name.as_ref())),
            count(profile.and_then(|of| of.followers)),
            count(profile.and_then(|of| of.following)),
            text(profile.and_then(|of| of.bio.as_ref())),
            String::new(),
        ];
        let code = |label: Option<&Label>| label.map(|label| label.code().to_owned()).unwrap_or_default();
        cells.extend(names.iter().map(|name| code(answers.by.get(*name))));
        cells.push(code(answers.together.as_ref()));
        sheet.row(&cells);
    }
    sheet
}
