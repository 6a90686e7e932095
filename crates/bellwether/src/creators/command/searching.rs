//! `bellwether creators search` and `creators searches`: the search page's questions on the command line.

use anyhow::bail;
use search::Values;
use serde_json::{Value, json};

use crate::clock;
use crate::creators::search::asked::{Asked, cursor_words, known_keys};
use crate::creators::search::fields::{CODES, RANGES};
use crate::creators::search::saved::{check_all, find, save};
use crate::creators::search::{Answer, Beside, Standing, search as answer};
use crate::data_directory::DataDirectory;
use crate::matching;
use crate::output::{Output, grouped};
use crate::web::query::Pairs;

/// A search as typed.
pub struct Words {
    pub text: Option<String>,
    pub filters: Vec<String>,
    pub sort: Option<String>,
    pub wider: bool,
    pub after: Option<String>,
    pub limit: usize,
}

impl Words {
    fn asked(&self) -> anyhow::Result<Asked> {
        let mut pairs = Pairs::default().with_some("q", self.text.as_deref()).with("rows", self.limit);
        let keys = known_keys();
        for filter in &self.filters {
            let Some((key, value)) = filter.split_once('=') else {
                bail!("--filter {filter:?} is not of the form KEY=VALUE, e.g. --filter platform=instagram");
            };
            if !keys.contains(key) {
                let near: Vec<&str> =
                    keys.iter().map(String::as_str).filter(|known| known.contains(key)).take(5).collect();
                let all = RANGES.iter().map(|field| field.key).chain(CODES.iter().map(|field| field.key));
                let all: Vec<&str> = all.collect();
                match near.is_empty() {
                    true => bail!(
                        "nothing can be filtered by {key:?}\nhint: filters are {} and, with _from, _to, _read and _unknown, \
                         those with numbers",
                        all.join(", ")
                    ),
                    false => bail!("nothing can be filtered by {key:?}\nhint: is it {}?", near.join(" or ")),
                }
            }
            pairs = pairs.with(key, value);
        }
        let pairs = pairs.with_some("sort", self.sort.as_deref()).with_some("after", self.after.as_deref());
        let pairs = if self.wider { pairs.with("words", "wider") } else { pairs };
        let (asked, misread) = Asked::of(&pairs);
        if let Some(misread) = misread.first() {
            bail!("{}", misread.problem);
        }
        if self.sort.is_some() && asked.sort.is_none() {
            let all: Vec<&str> = RANGES.iter().map(|field| field.key).collect();
            bail!("cannot order by {:?}\nhint: order by one of {}", self.sort.as_deref().unwrap_or(""), all.join(", "));
        }
        Ok(asked)
    }
}

/// Columns printed of each creator found.
const PRINTED: [&str; 6] = ["platform", "followers", "level", "reply_rate", "engagement", "listening"];

/// Searches and prints what was found.
pub async fn search(
    data: &DataDirectory,
    words: &Words,
    brand: Option<&str>,
    counts: bool,
    keep: Option<&str>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let asked = words.asked()?;
    let brand = match brand {
        Some(brand) => Some(matching::brand(data, brand).await?),
        None if asked.needs_brand() => match data.store.brands().await?.into_iter().next() {
            Some(first) => Some(first),
            None => bail!(
                "this search rests on a brand's buyers\nhint: make a brand with `bellwether matching brand NAME --keyword …`"
            ),
        },
        None => None,
    };
    let beside = if counts { Beside::Counts } else { Beside::Nothing };
    let answer = answer(data, &asked, brand.as_ref(), beside, &PRINTED).await?;
    if let Some(name) = keep {
        let of_brand = brand.as_ref().map(|brand| brand.id.to_string());
        save(data, name, &asked, of_brand.as_deref(), true).await?;
    }
    output.result(&document(&answer), |out| {
        match &answer.standing {
            Standing::Current => {}
            Standing::Behind { .. } => {
                writeln!(out, "facts have changed since the index was made; run `bellwether refresh`")?
            }
            Standing::NotMade => return writeln!(out, "the search index has not been made; run `bellwether refresh`"),
        }
        let understood = &answer.found.understood;
        for word in understood.words.iter().filter(|word| !word.mended.is_empty()) {
            writeln!(
                out,
                "{:?} is said by {}; looked for {}",
                word.typed,
                grouped(word.creators),
                word.mended.join(", ")
            )?;
        }
        for word in understood.words.iter().filter(|word| word.common) {
            let (typed, creators) = (&word.typed, grouped(word.creators));
            writeln!(out, "{typed:?} is said by {creators}, so it orders and does not choose; quote it to ask for it")?;
        }
        if understood.some_of_it {
            match understood.say_all {
                0 => writeln!(out, "nobody says all of it; these say some")?,
                all => writeln!(out, "{all} say all of it and come first; the others say all but one word")?,
            }
        }
        writeln!(out, "{} of {} creators", grouped(answer.found.total), grouped(answer.creators))?;
        for (place, hit) in answer.found.hits.iter().enumerate() {
            let name = answer.shown[place].names.first().map_or("", String::as_str);
            let printed: Vec<String> = answer
                .columns
                .iter()
                .zip(&answer.values[place])
                .filter_map(|(column, value)| printed(column, value))
                .collect();
            writeln!(out, "{:>20}  {name}  ({})", hit.account, printed.join(", "))?;
            if let Some(passage) = answer.shown[place].passages.first() {
                let text: String = passage.pieces.iter().map(|piece| piece.text.as_str()).collect();
                writeln!(out, "{:>20}  {}", "", text.split_whitespace().collect::<Vec<_>>().join(" "))?;
            }
        }
        if let Some(next) = &answer.found.next {
            writeln!(out, "more: --after {}", cursor_words(next))?;
        }
        if let Some(name) = keep {
            writeln!(out, "saved as {name:?}; `bellwether creators searches` tells who newly meets it")?;
        }
        let Some(counts) = &answer.counts else { return Ok(()) };
        for field in CODES {
            let Some(found) = counts.facets.get(field.key).filter(|found| !found.codes.is_empty()) else { continue };
            let codes: Vec<String> =
                found.codes.iter().take(12).map(|(code, count)| format!("{code} {}", grouped(*count))).collect();
            writeln!(out, "{}: {}; {} {}", field.key, codes.join(", "), field.none, grouped(found.not_known))?;
        }
        Ok(())
    })
}

fn printed(column: &str, value: &Values) -> Option<String> {
    match value {
        Values::Number(None) => None,
        Values::Number(Some(interval)) => {
            let field = RANGES.iter().find(|field| field.key == column)?;
            let half = f64::from(interval.hi - interval.lo) / 2.0;
            let half = if half.is_finite() { half } else { 0.0 };
            let value = crate::output::value_text(f64::from(interval.value), half, field.unit);
            Some(format!("{} {value}", field.words.to_lowercase()))
        }
        Values::Codes(codes) => {
            let field = CODES.iter().find(|field| field.key == column)?;
            (!codes.is_empty())
                .then(|| codes.iter().map(|code| field.code_words(code)).collect::<Vec<_>>().join(" and "))
        }
    }
}

fn document(answer: &Answer) -> Value {
    let found: Vec<Value> = answer
        .found
        .hits
        .iter()
        .zip(&answer.shown)
        .zip(&answer.values)
        .map(|((hit, shown), values)| {
            let columns: serde_json::Map<String, Value> = answer
                .columns
                .iter()
                .zip(values)
                .map(|(column, value)| ((*column).to_owned(), value_json(value)))
                .collect();
            let said: Vec<String> = shown
                .passages
                .iter()
                .map(|passage| passage.pieces.iter().map(|piece| piece.text.as_str()).collect())
                .collect();
            json!({ "account": hit.account, "name": shown.names.first(), "handle": shown.names.last(), "said": said,
                "order_key": hit.key, "columns": columns })
        })
        .collect();
    let understood = &answer.found.understood;
    let words: Vec<Value> = understood
        .words
        .iter()
        .map(|word| {
            json!({ "word": word.typed, "creators": word.creators, "mended": word.mended, "alike": word.alike,
                "common": word.common })
        })
        .collect();
    let standing = match &answer.standing {
        Standing::Current => "current",
        Standing::Behind { .. } => "behind",
        Standing::NotMade => "not_made",
    };
    let counts = answer.counts.as_ref().map(|counts| {
        let facets: serde_json::Map<String, Value> = counts
            .facets
            .iter()
            .map(|(key, found)| {
                let codes: serde_json::Map<String, Value> =
                    found.codes.iter().map(|(code, count)| (code.clone(), json!(count))).collect();
                (key.clone(), json!({ "codes": codes, "not_known": found.not_known }))
            })
            .collect();
        let ranges: serde_json::Map<String, Value> = counts
            .ranges
            .iter()
            .map(|(key, found)| {
                let edges = RANGES.iter().find(|field| field.key == key).map_or(&[][..], |field| field.edges);
                (key.clone(), json!({ "edges": edges, "bins": found.bins, "not_known": found.not_known }))
            })
            .collect();
        json!({ "facets": facets, "ranges": ranges, "without_each_filter": counts.without })
    });
    json!({ "total": answer.found.total, "creators": answer.creators, "index": standing, "found": found,
        "next": answer.found.next.as_ref().map(cursor_words), "some_of_it": understood.some_of_it, "say_all": understood.say_all, "words": words,
        "said_in_the_same_places": answer.beside,
        "counts": counts, "took_ms": answer.took_ms })
}

fn value_json(value: &Values) -> Value {
    match value {
        Values::Number(None) => Value::Null,
        Values::Number(Some(interval)) => json!({ "value": interval.value, "lo": interval.lo, "hi": interval.hi }),
        Values::Codes(codes) => json!(codes),
    }
}

/// Lists the saved searches, after checking them or removing one where that was asked for.
pub async fn searches(
    data: &DataDirectory,
    check: bool,
    delete: Option<&str>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    if let Some(name) = delete {
        let saved = find(data, name).await?;
        data.store.delete_saved_search(saved.id).await?;
    }
    if check {
        check_all(data).await?;
    }
    let mut lines = vec![];
    for saved in data.store.saved_searches().await? {
        let new = data.store.new_matches(saved.id).await?;
        lines.push((saved, new));
    }
    let document: Vec<Value> = lines
        .iter()
        .map(|(saved, new)| {
            json!({ "search": saved.id, "name": saved.name, "address": format!("/creators?{}", saved.address),
                "alert": saved.alert, "matches": saved.matches, "new": new, "checked_at": clock::iso(saved.checked_at) })
        })
        .collect();
    output.result(&document, |out| {
        if lines.is_empty() {
            return writeln!(out, "no search is saved; save one with `bellwether creators search … --save NAME`");
        }
        lines.iter().try_for_each(|(saved, new)| {
            writeln!(
                out,
                "{:>4}  {:>8} meet it, {:>4} new  {}{}",
                saved.id,
                grouped(saved.matches),
                new.len(),
                saved.name,
                if saved.alert { "" } else { "  (no alert)" }
            )
        })
    })
}
