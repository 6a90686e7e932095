//! `bellwether creators merge` and `creators merges`: which accounts are one person's.

use engine::matching::identity::MergeSuggestion;
use model::AccountId;
use serde_json::{Value, json};

use crate::clock;
use crate::creators::persons::{Said, Saying, open, say};
use crate::creators::{find, names};
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};

pub async fn merge(
    data: &DataDirectory,
    creator: &str,
    other: &str,
    saying: Saying,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let (one, other) = (find(data, creator).await?, find(data, other).await?);
    let changed = say(data, one, other, saying).await?;
    let said = Said::load(data).await?;
    let person = said.persons.accounts_of(one);
    let conflicts = said.persons.conflicts.len();
    let document = json!({ "accounts": [one, other], "changed": changed, "person": person, "conflicts": conflicts });
    output.result(&document, |out| {
        match (saying, changed) {
            (_, false) => writeln!(out, "nothing has changed")?,
            (Saying::Same, _) => writeln!(out, "{} accounts are one person's now", person.len())?,
            (Saying::NotSame, _) => writeln!(out, "they are not one person's, and are not suggested again")?,
            (Saying::Undo, _) => writeln!(out, "what was said of the two is taken back")?,
        }
        if conflicts > 0 {
            writeln!(out, "{conflicts} pairs said not to be one person's are joined through others; see `bellwether creators merges`")?;
        }
        Ok(())
    })
}

pub async fn merges(data: &DataDirectory, limit: usize, output: Output<'_>) -> anyhow::Result<()> {
    let said = Said::load(data).await?;
    let found = open(data, &said, 0, limit).await?;
    let mut accounts: Vec<AccountId> = said.persons.persons.concat();
    accounts.extend(said.claims.iter().flat_map(|claim| [claim.account, claim.other]));
    accounts.extend(found.suggestions.iter().flat_map(|suggestion| [suggestion.a, suggestion.b]));
    let named = names(data, accounts).await?;
    let called = |account: AccountId| {
        named.get(&account).map_or_else(
            || format!("{account}, of whom nothing is held any more"),
            |name| format!("{} on {} ({account})", name.name, name.platform.name()),
        )
    };
    let claims: Vec<Value> = (said.claims.iter())
        .map(|claim| {
            json!({ "accounts": [claim.account, claim.other], "state": claim.state,
                "decided_at": clock::iso(claim.decided_at) })
        })
        .collect();
    let suggestions: Vec<Value> = (found.suggestions.iter())
        .map(|one| json!({ "accounts": [one.a, one.b], "chance": one.chance, "evidence": one.evidence, "words": one.words }))
        .collect();
    let document = json!({ "persons": said.persons.persons, "conflicts": said.persons.conflicts, "said": claims,
        "suggestions": suggestions, "open": found.all, "behind": found.is_behind });
    output.result(&document, |out| {
        for person in &said.persons.persons {
            let all: Vec<String> = person.iter().map(|account| called(*account)).collect();
            writeln!(out, "one person: {}", all.join("; "))?;
        }
        for conflict in &said.persons.conflicts {
            let through: Vec<String> = conflict.through.iter().map(|account| called(*account)).collect();
            writeln!(
                out,
                "conflict: {} and {} were said not to be one person's, and are joined through {}",
                called(conflict.a),
                called(conflict.b),
                through.join(", ")
            )?;
        }
        for claim in said.claims.iter().filter(|claim| claim.state == "refused") {
            writeln!(out, "not one person: {}; {}", called(claim.account), called(claim.other))?;
        }
        if found.is_behind {
            writeln!(out, "facts have changed since accounts were compared; run `bellwether refresh`")?;
        }
        writeln!(out, "{} suggestions wait", grouped(found.all))?;
        for MergeSuggestion { a, b, chance, words, .. } in &found.suggestions {
            writeln!(out, "{}; {}: {words} ({})", called(*a), called(*b), estimate_text(chance))?;
        }
        Ok(())
    })
}
