//! The house rules, as tests: who may depend on whom, where SQL lives, what the engine never touches, which words name
//! the folders, and that the reference names every command and setting.
//!
//! A rule is a function over a path and a text, so each is tried on a planted breach (`tests/fixtures/house/`) before
//! it is trusted with the workspace. A rule that stands in the way of something good is changed in `house/tables.rs`
//! and in ARCHITECTURE.md, in one commit that says why.

mod command_line;
mod manifests;
mod planted;
mod rust_text;
mod sources;
mod tables;

use std::path::{Path, PathBuf};

use command_line::{
    COMMANDS_PAGE, command_line, commands_are_documented, examples_are_real, links_lead_somewhere,
    settings_are_documented,
};
use manifests::{no_tenth_word, one_copy, only_drawn_edges, owners_only, sql_files_in_place, words_in_every_layer};
use rust_text::test_files;
use sources::{
    engine_looks_left, faces_stay_apart, is_pure, lake_speaks_plainly, no_drawers, no_sql, one_writer_a_table,
    says_what_it_is_for,
};

/// A rule that was broken, where, and what to do instead.
struct Breach {
    place: String,
    problem: String,
    instead: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}\n    instead: {}", self.place, self.problem, self.instead)
    }
}

fn at(path: &str, line: usize, problem: impl Into<String>, instead: impl Into<String>) -> Breach {
    Breach { place: format!("{path}:{line}"), problem: problem.into(), instead: instead.into() }
}

fn of(path: &str, problem: impl Into<String>, instead: impl Into<String>) -> Breach {
    Breach { place: path.to_owned(), problem: problem.into(), instead: instead.into() }
}

#[track_caller]
fn none(breaches: Vec<Breach>) {
    let said: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{} of the house's rules broken (ARCHITECTURE.md):\n\n{}\n", said.len(), said.join("\n"));
}

/// A file of the workspace; its path begins at the root and uses `/`.
struct SourceFile {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is two folders above the program's manifest")
}

/// Every file whose name has one of these endings, in the order of their paths; what is built or hidden is left out.
fn files(endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(&root(), "", endings, &mut found);
    assert!(!found.is_empty(), "the workspace has no {endings:?}; the rules look in the wrong place");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, below: &str, endings: &[&str], found: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the workspace can be read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || ["target", "node_modules", "bellwether-data", "demo-data"].contains(&name.as_str())
        {
            continue;
        }
        let (place, path) = (entry.path(), format!("{below}{name}"));
        if place.is_dir() {
            collect(&place, &format!("{path}/"), endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = std::fs::read_to_string(&place).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
            found.push(SourceFile { path, text });
        }
    }
}

fn rust_files() -> Vec<SourceFile> {
    files(&[".rs"])
}

/// One rule over every Rust source.
fn over_sources(rule: impl Fn(&str, &str) -> Vec<Breach>) -> Vec<Breach> {
    rust_files().iter().flat_map(|file| rule(&file.path, &file.text)).collect()
}

/// `crates/engine/src/x.rs` is of crate `engine`.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

fn manifests() -> Vec<SourceFile> {
    let mut manifests = files(&["Cargo.toml"]);
    manifests.retain(|file| crate_of(&file.path).is_some_and(|name| file.path == format!("crates/{name}/Cargo.toml")));
    assert!(manifests.len() >= 7, "the manifests of the seven crates are in crates/*/Cargo.toml");
    manifests
}

fn documentation() -> Vec<SourceFile> {
    let mut pages = files(&[".md"]);
    pages.retain(|file| !file.path.contains('/') || file.path.starts_with("docs/"));
    pages
}

fn command_sources() -> Vec<SourceFile> {
    let mut sources = rust_files();
    sources.retain(|file| file.path.starts_with("crates/bellwether/src/"));
    sources
}

#[test]
fn the_crates_have_exactly_the_nine_edges() {
    let workspace = read("Cargo.toml");
    none(manifests().iter().flat_map(|file| only_drawn_edges(&file.path, &file.text, &workspace)).collect());
}

#[test]
fn a_heavy_dependency_is_named_by_its_owner_alone() {
    let workspace = read("Cargo.toml");
    none(manifests().iter().flat_map(|file| owners_only(&file.path, &file.text, &workspace)).collect());
}

#[test]
fn the_columnar_packages_are_there_once() {
    none(one_copy("Cargo.lock", &read("Cargo.lock")));
}

#[test]
fn sql_is_in_the_lake_and_the_store_and_nowhere_else() {
    none(over_sources(no_sql));
    let sql = files(&[".sql"]);
    none(sql_files_in_place(&sql.iter().map(|file| file.path.as_str()).collect::<Vec<_>>()));
}

#[test]
fn each_table_of_the_store_has_one_writing_file() {
    none(one_writer_a_table(&rust_files()));
}

#[test]
fn model_engine_platforms_and_synth_are_pure() {
    let files = rust_files();
    let tests = test_files(&files);
    let sources = files.iter().filter(|file| !tests.contains(&file.path));
    none(sources.flat_map(|file| is_pure(&file.path, &file.text)).collect());
}

#[test]
fn in_the_engine_a_word_uses_the_words_to_its_left() {
    none(over_sources(engine_looks_left));
}

#[test]
fn pages_and_commands_do_not_know_each_other() {
    none(over_sources(faces_stay_apart));
}

#[test]
fn no_type_of_the_query_engine_leaves_the_lake() {
    none(over_sources(lake_speaks_plainly));
}

#[test]
fn every_source_says_what_it_is_for() {
    none(over_sources(says_what_it_is_for));
}

#[test]
fn no_file_is_a_drawer() {
    none(over_sources(no_drawers));
}

#[test]
fn nine_words_are_said_in_every_layer_and_no_tenth() {
    let files = files(&[".rs", ".md", ".html"]);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    none(no_tenth_word(&paths).into_iter().chain(words_in_every_layer(&paths)).collect());
}

#[test]
fn the_reference_names_every_command_and_flag() {
    let line = command_line(&command_sources());
    assert!(line.commands.len() > 10, "the command line was not understood: {:?}", line.commands.keys());
    none(commands_are_documented(&line, &read(COMMANDS_PAGE)));
}

#[test]
fn every_command_line_in_the_documentation_runs() {
    let line = command_line(&command_sources());
    none(documentation().iter().flat_map(|page| examples_are_real(&line, &page.path, &page.text)).collect());
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    let root = root();
    let exists = |path: &str| root.join(path).exists();
    none(documentation().iter().flat_map(|page| links_lead_somewhere(&page.path, &page.text, exists)).collect());
}

#[test]
fn the_reference_names_every_setting_from_the_environment() {
    none(settings_are_documented(&rust_files(), &read("docs/reference/settings.md")));
}
