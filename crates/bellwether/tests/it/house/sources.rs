//! The rules over sources: first lines, SQL, purity, direction, and what must not leave the lake.

use std::collections::BTreeMap;

use super::rust_text::{names_in, read_rust, without_tests};
use super::tables::{COLUMNAR_TYPES, DRAWERS, ENGINE_ORDER, IMPURE, MAY_BE_UNREPEATABLE, UNREPEATABLE, WORDS};
use super::{Breach, SourceFile, at, crate_of, of};

/// Every file says in its first line what it is for.
pub(super) fn says_what_it_is_for(path: &str, text: &str) -> Vec<Breach> {
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with("//!") && first.trim_start_matches("//!").trim().len() >= 10 {
        return vec![];
    }
    vec![at(
        path,
        1,
        "the first line does not say what the file is for",
        "begin it with `//! …`, in words a marketer could follow",
    )]
}

/// SQL lives in the lake (analytic) and the store (transactional), tests included.
pub(super) fn no_sql(path: &str, text: &str) -> Vec<Breach> {
    if matches!(crate_of(path), Some("lake" | "store")) {
        return vec![];
    }
    let instead = "ask crates/lake (facts) or crates/store (what people made) for a function that answers the question";
    read_rust(text)
        .literals
        .iter()
        .filter_map(|literal| Some((literal.line, statement_in(&literal.text)?)))
        .map(|(line, kind)| at(path, line, format!("a string holds SQL ({kind})"), instead))
        .collect()
}

/// The kind of statement a text holds, if it holds one.
pub(super) fn statement_in(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let bare = lower.replace(['(', ')', ';', ','], " ");
    let words: Vec<&str> = bare.split_whitespace().collect();
    let has = |first: &str, second: &str| words.windows(2).any(|pair| pair == [first, second]);
    let selects = words.iter().position(|word| *word == "select").is_some_and(|from| {
        let begins = from == 0 || has("as", "select") || has("all", "select") || lower.contains("(select");
        begins && words[from..].contains(&"from")
    });
    let updates = words.windows(3).any(|three| three[0] == "update" && three[2] == "set");
    match () {
        () if selects => Some("select"),
        () if has("insert", "into") => Some("insert"),
        () if updates => Some("update"),
        () if has("delete", "from") => Some("delete"),
        () if ["table", "view", "index"].iter().any(|what| has("create", what)) => Some("create"),
        () => None,
    }
}

/// The pure crates know no file, clock, network, thread pool of another kind or unseeded chance.
pub(super) fn is_pure(path: &str, text: &str) -> Vec<Breach> {
    let pure = ["crates/engine/src/", "crates/model/src/", "crates/platforms/src/", "crates/synth/src/"];
    if !pure.iter().any(|folder| path.starts_with(folder)) {
        return vec![];
    }
    let code = without_tests(&read_rust(text).code);
    let mut breaches = Vec::new();
    for named in names_in(&code) {
        let impure = IMPURE.iter().find(|(name, _)| match name.strip_suffix("::") {
            Some(_) => named.path.starts_with(name),
            None if name.contains("::") => named.is_in(name),
            None => named.has_segment(name),
        });
        if let Some((_, instead)) = impure {
            breaches.push(at(path, named.line, format!("a pure crate uses `{}`", named.path), *instead));
        }
        let drawn = UNREPEATABLE.iter().any(|call| named.path == *call || named.path.ends_with(&format!("::{call}")));
        if drawn && path != MAY_BE_UNREPEATABLE {
            let instead = "take the id as an argument; a use case of the program makes it";
            breaches.push(at(
                path,
                named.line,
                format!("a pure crate calls `{}`, which never repeats", named.path),
                instead,
            ));
        }
    }
    breaches
}

/// Inside the engine a word uses the words to its left.
pub(super) fn engine_looks_left(path: &str, text: &str) -> Vec<Breach> {
    let Some(below) = path.strip_prefix("crates/engine/src/") else { return vec![] };
    let word = below.split(['/', '.']).next().unwrap_or_default();
    let place = |word: &str| ENGINE_ORDER.iter().position(|known| *known == word);
    let Some(here) = place(word) else { return vec![] };
    names_in(&read_rust(text).code)
        .iter()
        .filter_map(|named| Some((named, named.path.strip_prefix("crate::")?.split("::").next()?)))
        .filter(|(_, used)| place(used).is_some_and(|used| used > here))
        .map(|(named, used)| {
            let instead =
                format!("move what both need to the left ({}), or call it from the program", ENGINE_ORDER.join(", "));
            at(path, named.line, format!("`{word}` uses `{used}`, which stands to its right"), instead)
        })
        .collect()
}

/// Pages and commands are two faces of the same use cases and do not know each other; nor do two stages' pages.
pub(super) fn faces_stay_apart(path: &str, text: &str) -> Vec<Breach> {
    let Some(below) = path.strip_prefix("crates/bellwether/src/") else { return vec![] };
    let Some((stage, file)) = below.split_once('/') else { return vec![] };
    let is = |face: &str| file == format!("{face}.rs") || file.starts_with(&format!("{face}/"));
    let mut breaches = Vec::new();
    for named in names_in(&read_rust(text).code) {
        let other = if is("pages") { "command" } else { "pages" };
        if (is("pages") || is("command")) && named.path.contains("::") && named.has_segment(other) {
            let instead = format!("put what both need into crates/bellwether/src/{stage}/mod.rs and call it from both");
            breaches.push(at(path, named.line, format!("{file} uses `{}`", named.path), instead));
            continue;
        }
        let mut segments = named.path.split("::").skip_while(|segment| ["crate", "super"].contains(segment));
        let (first, second) = (segments.next().unwrap_or_default(), segments.next());
        if WORDS.contains(&stage) && WORDS.contains(&first) && first != stage && second == Some("pages") {
            let instead = "what two stages share lives in model, engine, lake or store, or in web/ when it is markup";
            breaches.push(at(path, named.line, format!("`{stage}` uses the pages of `{first}`"), instead));
        }
    }
    breaches
}

/// No type of the query engine leaves the lake: not in a public function, field, variant or re-export.
pub(super) fn lake_speaks_plainly(path: &str, text: &str) -> Vec<Breach> {
    if !path.starts_with("crates/lake/src/") {
        return vec![];
    }
    let code = without_tests(&read_rust(text).code);
    let instead = "return plain columns or a struct of model types; box an error as `dyn std::error::Error`";
    let mut breaches = Vec::new();
    let mut in_public_enum = false;
    let mut signature = false;
    for (index, line) in code.lines().enumerate() {
        let bare = line.trim_start();
        in_public_enum = bare.starts_with("pub enum ") || in_public_enum && !line.starts_with('}');
        let field = bare.starts_with("pub ") && !bare.starts_with("pub mod") && bare.contains(':');
        signature = signature
            || bare.starts_with("pub fn ")
            || bare.starts_with("pub async fn ")
            || bare.starts_with("pub use ");
        if in_public_enum || field || signature {
            // Re-exports and bounds are signatures too; `use` lines without `pub` are not.
            let leaked = names_in(line).into_iter().find(|named| {
                COLUMNAR_TYPES.iter().any(|known| named.path.rsplit("::").next() == Some(known))
                    || ["datafusion", "deltalake", "arrow", "parquet"].iter().any(|root| named.is_in(root))
            });
            if let Some(leaked) = leaked {
                breaches.push(at(path, index + 1, format!("`{}` is visible outside the lake", leaked.path), instead));
            }
        }
        signature = signature && !(bare.ends_with('{') || bare.ends_with(';'));
    }
    breaches
}

/// Files named after nothing collect everything.
pub(super) fn no_drawers(path: &str, _: &str) -> Vec<Breach> {
    let named = path.split('/').map(|part| part.trim_end_matches(".rs")).find(|part| DRAWERS.contains(part));
    let instead = "name it after what it holds, or put each piece beside the code that uses it";
    named.map(|drawer| of(path, format!("`{drawer}` says nothing about what is in it"), instead)).into_iter().collect()
}

/// In the store each table is written by one file.
pub(super) fn one_writer_a_table(files: &[SourceFile]) -> Vec<Breach> {
    let mut writers: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.starts_with("crates/store/src/")) {
        for literal in read_rust(&file.text).literals {
            for table in tables_written(&literal.text) {
                writers.entry(table).or_default().entry(&file.path).or_insert(literal.line);
            }
        }
    }
    writers
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(table, files)| {
            let places: Vec<String> = files.iter().map(|(path, line)| format!("{path}:{line}")).collect();
            let instead =
                "let one file write it and give the others a function to call, inside their transaction if need be";
            of(&places.join(" and "), format!("the table `{table}` has {} writing files", files.len()), instead)
        })
        .collect()
}

pub(super) fn tables_written(statement: &str) -> Vec<String> {
    let lower = statement.to_lowercase().replace('(', " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let mut tables = Vec::new();
    for place in 0..words.len() {
        let table = match words[place..] {
            ["into" | "from", table, ..]
                if place > 0 && ["insert", "delete", "replace"].contains(&words[place - 1]) =>
            {
                table
            }
            ["update", table, "set", ..] => table,
            _ => continue,
        };
        tables.push(table.to_owned());
    }
    tables
}
