//! The rules over manifests and names: edges between crates, owners of heavy packages, the nine words as folders.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::Layer::{Here, Not};
use super::tables::{EDGES, LAYERS, NOT_A_WORD, ONE_COPY, OWNED, WORDS};
use super::{Breach, crate_of, of};

/// A dependency as a manifest names it, under its package name.
pub(super) struct Dependency {
    table: String,
    package: String,
}

pub(super) fn dependencies(manifest: &str, workspace: &str) -> Vec<Dependency> {
    let parse = |text: &str| text.parse::<toml::Table>().expect("a manifest is TOML");
    let (manifest, workspace) = (parse(manifest), parse(workspace));
    let shared = workspace.get("workspace").and_then(|table| table.get("dependencies")).and_then(toml::Value::as_table);
    let package_of = |key: &str, value: &toml::Value| {
        let named = |value: &toml::Value| Some(value.get("package")?.as_str()?.to_owned());
        let inherited = || named(shared?.get(key)?);
        named(value).or_else(inherited).unwrap_or_else(|| key.to_owned())
    };
    let mut found = Vec::new();
    let mut tables = vec![(String::new(), &manifest)];
    for (target, table) in manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten() {
        tables.extend(table.as_table().map(|table| (format!("target.{target}."), table)));
    }
    for (above, table) in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                found.push(Dependency { table: format!("{above}{kind}"), package: package_of(key, value) });
            }
        }
    }
    found
}

/// The folder of one of our crates from its package name.
pub(super) fn own_crate(package: &str) -> Option<&str> {
    if package == "bellwether" { Some(package) } else { package.strip_prefix("bellwether-") }
}

/// A crate depends only on those the picture in ARCHITECTURE.md draws an arrow to.
pub(super) fn only_drawn_edges(path: &str, manifest: &str, workspace: &str) -> Vec<Breach> {
    let from = crate_of(path).unwrap_or_default();
    if !EDGES.iter().any(|edge| edge.0 == from || edge.1 == from) {
        return vec![of(
            path,
            format!("`{from}` is an eighth crate"),
            "put it into one of the seven, or argue for it in ARCHITECTURE.md and add its edges to house.rs",
        )];
    }
    let to: BTreeSet<String> = dependencies(manifest, workspace)
        .iter()
        .filter_map(|dependency| own_crate(&dependency.package).map(str::to_owned))
        .collect();
    let drawn: BTreeSet<String> = EDGES.iter().filter(|edge| edge.0 == from).map(|edge| edge.1.to_owned()).collect();
    let more = to.difference(&drawn).map(|to| {
        let instead = "let the program call both and hand plain values from one to the other";
        of(path, format!("`{from}` depends on `{to}`, which is none of the nine edges"), instead)
    });
    let fewer = drawn.difference(&to).map(|to| {
        of(
            path,
            format!("`{from}` no longer depends on `{to}`"),
            "take the edge out of house.rs and of ARCHITECTURE.md as well",
        )
    });
    more.chain(fewer).collect()
}

/// A heavy dependency is named by its one owner.
pub(super) fn owners_only(path: &str, manifest: &str, workspace: &str) -> Vec<Breach> {
    let here = crate_of(path).unwrap_or_default();
    let matches = |package: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => {
            package == start || package.starts_with(&format!("{start}-")) || package.starts_with(&format!("{start}_"))
        }
        None => package == pattern,
    };
    let mut breaches = Vec::new();
    for dependency in dependencies(manifest, workspace) {
        let owned =
            OWNED.iter().find(|owned| owned.packages.iter().any(|pattern| matches(&dependency.package, pattern)));
        if let Some(owned) = owned.filter(|owned| !owned.owners.contains(&here)) {
            let problem = format!("`{here}` names {} in [{}]", dependency.package, dependency.table);
            breaches.push(of(path, problem, owned.instead));
        }
    }
    breaches
}

/// One copy of each package that decides how long a build takes.
pub(super) fn one_copy(path: &str, lock: &str) -> Vec<Breach> {
    let lock: toml::Table = lock.parse().expect("the lock file is TOML");
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.get("package").and_then(toml::Value::as_array).into_iter().flatten() {
        let field = |name| package.get(name).and_then(toml::Value::as_str).unwrap_or_default();
        versions.entry(field("name")).or_default().push(field("version"));
    }
    let heavy = |name: &str| ONE_COPY.iter().any(|one| name == *one || name.starts_with(&format!("{one}-")));
    versions
        .iter()
        .filter(|(name, versions)| heavy(name) && versions.len() > 1)
        .map(|(name, versions)| {
            let instead = "bring the versions in Cargo.toml together again; `cargo tree -d` shows who asks for which";
            of(path, format!("{} copies of {name}: {}", versions.len(), versions.join(", ")), instead)
        })
        .collect()
}

/// SQL files lie beside their functions in the lake and the store, migrations in the store.
pub(super) fn sql_files_in_place(paths: &[&str]) -> Vec<Breach> {
    let allowed = ["crates/lake/src/sql/", "crates/store/src/sql/", "crates/store/migrations/"];
    paths
        .iter()
        .filter(|path| path.ends_with(".sql") && !allowed.iter().any(|folder| path.starts_with(folder)))
        .map(|path| {
            of(path, "an .sql file outside the lake and the store", format!("move it to one of {}", allowed.join(", ")))
        })
        .collect()
}

/// Every folder of the program is one of the nine words, or is on the list with its reason.
pub(super) fn no_tenth_word(paths: &[&str]) -> Vec<Breach> {
    let folders: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.strip_prefix("crates/bellwether/src/")?.split_once('/').map(|(folder, _)| folder))
        .collect();
    folders
        .into_iter()
        .filter(|folder| !WORDS.contains(folder) && !NOT_A_WORD.iter().any(|(allowed, _)| allowed == folder))
        .map(|folder| {
            let allowed: Vec<String> = NOT_A_WORD.iter().map(|(name, why)| format!("{name}: {why}")).collect();
            let instead = format!(
                "find the word it belongs to ({}), or add it to NOT_A_WORD with its reason ({})",
                WORDS.join(", "),
                allowed.join("; ")
            );
            of(&format!("crates/bellwether/src/{folder}"), format!("`{folder}` is a tenth word"), instead)
        })
        .collect()
}

/// A word the program has is said by every layer that has something to say about it, and by no other.
pub(super) fn words_in_every_layer(paths: &[&str]) -> Vec<Breach> {
    let exists =
        |start: &str| paths.iter().any(|path| *path == format!("{start}.rs") || path.starts_with(&format!("{start}/")));
    let file = |path: String| paths.contains(&path.as_str());
    let mut breaches = Vec::new();
    for (word, engine, lake, store) in &LAYERS {
        let program = format!("crates/bellwether/src/{word}");
        if !exists(&program) {
            continue;
        }
        for (name, layer) in [("engine", engine), ("lake", lake), ("store", store)] {
            let place = format!("crates/{name}/src/{word}");
            match (layer, exists(&place)) {
                (Here, false) => breaches.push(of(
                    &place,
                    format!("the program has `{word}`, {name} does not"),
                    "name the file there after the word, or say in LAYERS why there is none",
                )),
                (Not(reason), true) => {
                    breaches.push(of(&place, format!("it exists although LAYERS says \"{reason}\""), "set it to Here"))
                }
                _ => {}
            }
        }
        let has_pages = file(format!("{program}/pages.rs")) || exists(&format!("{program}/pages"));
        let needed = [
            (format!("{program}/mod.rs"), true, "its use cases"),
            (format!("docs/guides/{word}.md"), true, "its guide"),
            (format!("crates/bellwether/tests/it/{word}.rs"), true, "its integration test"),
        ];
        for (path, wanted, what) in needed {
            if wanted && !file(path.clone()) {
                breaches.push(of(
                    &path,
                    format!("`{word}` lacks {what}"),
                    "write it; who knows the trade looks for it under this name",
                ));
            }
        }
        if has_pages && !exists(&format!("crates/bellwether/templates/{word}")) {
            let instead = "name the templates' folder after the word, as the URL and the handler are";
            breaches.push(of(&program, format!("`{word}` has pages and no templates/{word}/"), instead));
        }
    }
    breaches
}
