//! Planted breaches: each rule must catch one, name its line, and say what to do instead.

use std::collections::BTreeSet;

use super::command_line::{
    command_line, commands_are_documented, examples_are_real, links_lead_somewhere, settings_are_documented,
};
use super::manifests::{
    no_tenth_word, one_copy, only_drawn_edges, owners_only, sql_files_in_place, words_in_every_layer,
};
use super::rust_text::{names_in, read_rust, test_files, without_tests};
use super::sources::{
    engine_looks_left, faces_stay_apart, is_pure, lake_speaks_plainly, no_drawers, no_sql, one_writer_a_table,
    says_what_it_is_for,
};
use super::{Breach, SourceFile, read};

fn planted(name: &str) -> String {
    read(&format!("crates/bellwether/tests/fixtures/house/{name}"))
}

/// The lines on which a fixture says `BREACH` (in a comment, which the rules do not see).
fn lines_marked(text: &str) -> Vec<String> {
    let marked = text.lines().enumerate().filter(|(_, line)| line.contains("BREACH"));
    marked.map(|(index, _)| (index + 1).to_string()).collect()
}

/// A rule must find exactly the marked lines of a fixture, pretending that it lies at `path`, and advise `advice`.
#[track_caller]
fn catches(rule: impl Fn(&str, &str) -> Vec<Breach>, path: &str, fixture: &str, advice: &str) {
    let text = planted(fixture);
    let breaches = rule(path, &text);
    let lines: Vec<&str> = breaches.iter().filter_map(|breach| breach.place.rsplit(':').next()).collect();
    let said: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert_eq!(lines, lines_marked(&text), "{fixture}: {said:#?}");
    assert!(said.iter().all(|words| words.starts_with(path) && words.contains("instead: ")), "{said:#?}");
    assert!(said.iter().any(|words| words.contains(advice)), "{advice:?} is not advised by {said:#?}");
}

#[track_caller]
fn says(breaches: &[Breach], expected: &[&str]) {
    let said: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected) && said.contains("instead: "), "{expected:?} is not in {said}");
    }
}

#[test]
fn planted_sql_is_caught_also_in_tests_and_raw_strings() {
    catches(no_sql, "crates/bellwether/src/matching/pages.rs", "sql_in_a_handler.rs.txt", "ask crates/lake");
    catches(no_sql, "crates/engine/src/vetting/engagement.rs", "sql_in_a_handler.rs.txt", "crates/store");
    assert!(no_sql("crates/store/src/matching.rs", &planted("sql_in_a_handler.rs.txt")).is_empty());
    says(
        &sql_files_in_place(&["crates/lake/src/sql/a.sql", "crates/bellwether/src/b.sql"]),
        &["outside the lake and the store"],
    );
}

#[test]
fn a_planted_clock_file_and_dice_are_caught_in_the_engine_but_not_in_its_tests() {
    catches(
        is_pure,
        "crates/engine/src/vetting/growth.rs",
        "clock_in_the_engine.rs.txt",
        "take the moment as an argument",
    );
    catches(is_pure, "crates/synth/src/people.rs", "clock_in_the_engine.rs.txt", "the program reads files");
    assert!(is_pure("crates/bellwether/src/clock.rs", &planted("clock_in_the_engine.rs.txt")).is_empty());
}

#[test]
fn a_file_that_only_tests_compile_may_read_files() {
    let parent = SourceFile {
        path: "crates/synth/src/lib.rs".into(),
        text: "//! x\n#[cfg(test)]\nmod tests;\nmod world;\n".into(),
    };
    let found = test_files(&[parent]);
    assert!(found.contains("crates/synth/src/tests.rs"));
    assert!(!found.iter().any(|path| path.contains("world")));
}

#[test]
fn a_planted_look_to_the_right_is_caught_in_the_engine() {
    catches(
        engine_looks_left,
        "crates/engine/src/conversations/groups.rs",
        "engine_looks_right.rs.txt",
        "move what both need to the left",
    );
    assert!(engine_looks_left("crates/engine/src/matching/rank.rs", &planted("engine_looks_right.rs.txt")).is_empty());
}

#[test]
fn a_page_that_calls_a_command_is_caught_and_so_is_the_reverse() {
    catches(
        faces_stay_apart,
        "crates/bellwether/src/matching/pages.rs",
        "page_calls_command.rs.txt",
        "matching/mod.rs",
    );
    catches(
        faces_stay_apart,
        "crates/bellwether/src/matching/command.rs",
        "command_calls_page.rs.txt",
        "matching/mod.rs",
    );
    catches(
        faces_stay_apart,
        "crates/bellwether/src/creators/pages.rs",
        "pages_of_another_stage.rs.txt",
        "what two stages share",
    );
}

#[test]
fn a_planted_columnar_type_in_a_public_signature_is_caught() {
    catches(lake_speaks_plainly, "crates/lake/src/matching.rs", "columns_leave_the_lake.rs.txt", "plain columns");
}

#[test]
fn a_file_without_a_first_line_and_a_drawer_are_caught() {
    let path = "crates/engine/src/graph/leiden.rs";
    for text in ["use std::fmt;\n", "// Groups.\n", "//!\n", ""] {
        says(&says_what_it_is_for(path, text), &["begin it with"]);
    }
    assert!(says_what_it_is_for(path, "//! Groups of people who talk with each other.\n").is_empty());
    for drawer in
        ["crates/engine/src/utils.rs", "crates/store/src/helpers/mod.rs", "crates/bellwether/tests/it/common.rs"]
    {
        says(&no_drawers(drawer, ""), &["name it after what it holds"]);
    }
}

#[test]
fn planted_edges_are_caught_under_any_name_and_in_any_table() {
    let workspace = read("Cargo.toml");
    let manifest = planted("engine_with_wrong_edges.toml");
    says(
        &only_drawn_edges("crates/engine/Cargo.toml", &manifest, &workspace),
        &[
            "`engine` depends on `lake`",
            "`engine` depends on `store`",
            "`engine` depends on `synth`",
            "`engine` no longer depends on `model`",
        ],
    );
    says(&only_drawn_edges("crates/mailer/Cargo.toml", "", &workspace), &["`mailer` is an eighth crate"]);
    says(
        &owners_only("crates/engine/Cargo.toml", &manifest, &workspace),
        &[
            "names arrow-array in [dependencies]",
            "names rand in [dependencies]",
            "names tokio in [dev-dependencies]",
            "names sqlx-core in [target.cfg(unix).dependencies]",
        ],
    );
    says(
        &owners_only("crates/store/Cargo.toml", "[dependencies]\naxum = \"0.8\"\n", &workspace),
        &["belong to crates/bellwether"],
    );
    assert!(
        owners_only("crates/lake/Cargo.toml", "[dependencies]\ndatafusion.workspace = true\n", &workspace).is_empty()
    );
}

#[test]
fn a_second_copy_in_the_lock_file_is_caught() {
    let lock = planted("lock_with_two_arrows.toml");
    says(&one_copy("Cargo.lock", &lock), &["2 copies of arrow-array: 58.0.0, 59.3.2", "2 copies of object_store"]);
}

#[test]
fn a_tenth_word_and_a_missing_layer_are_caught() {
    says(
        &no_tenth_word(&["crates/bellwether/src/scoring/mod.rs", "crates/bellwether/src/web/mod.rs"]),
        &["`scoring` is a tenth word"],
    );
    let paths = [
        "crates/bellwether/src/creators/mod.rs",
        "crates/bellwether/src/creators/pages.rs",
        "crates/engine/src/creators.rs",
        "crates/lake/src/creators.rs",
        "docs/guides/creators.md",
        "crates/bellwether/tests/it/creators.rs",
    ];
    says(
        &words_in_every_layer(&paths),
        &["it exists although LAYERS says", "the program has `creators`, store does not", "no templates/creators/"],
    );
    says(&words_in_every_layer(&paths[..1])[2..], &["its guide", "its integration test"]);
}

#[test]
fn a_table_with_two_writing_files_is_caught() {
    let write = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let words = ["delete", "from brand where id = $1"].join(" ");
    let first = write("crates/store/src/matching.rs", &format!("//! x\nconst A: &str = \"{words}\";"));
    let second = write("crates/store/src/creators.rs", &format!("//! x\nconst B: &str = \"{words}\";"));
    assert!(one_writer_a_table(std::slice::from_ref(&first)).is_empty());
    says(&one_writer_a_table(&[first, second]), &["the table `brand` has 2 writing files"]);
}

#[test]
fn an_unnamed_command_an_invented_flag_and_a_wrong_example_are_caught() {
    let source = SourceFile { path: "cli.rs".into(), text: planted("command_line.rs.txt") };
    let line = command_line(&[source]);
    let known: Vec<&str> = line.commands.keys().map(String::as_str).collect();
    assert_eq!(known, ["", "ingest", "ingest read-file", "ingest undo", "serve"]);
    assert_eq!(line.commands["ingest read-file"], BTreeSet::from(["--again", "--observed-on"].map(str::to_owned)));
    says(
        &commands_are_documented(&line, &planted("commands.md.txt")),
        &[
            "`--json` of `bellwether ` is not",
            "`--observed-on` of `bellwether ingest read-file` is not",
            "`bellwether ingest undo` is not in the reference",
            "`bellwether serve` has no --port",
        ],
    );
    catches(
        |path, text| examples_are_real(&line, path, text),
        "docs/guides/ingest.md",
        "guide.md.txt",
        "write a command line that runs",
    );
}

#[test]
fn a_dead_link_and_an_unnamed_setting_are_caught() {
    let exists = |path: &str| path == "docs/guides/ingest.md";
    let text = "[there](../guides/ingest.md) [web](https://example.org/x)\n[gone](gone.md#part)\n";
    says(
        &links_lead_somewhere("docs/concepts/privacy.md", text, exists),
        &["docs/concepts/privacy.md:2: the link to gone.md"],
    );
    let text = "//! x\nconst NAME: &str = \"BELLWETHER_COLOUR\";".to_owned();
    let source = SourceFile { path: "crates/bellwether/src/cli.rs".into(), text };
    says(&settings_are_documented(&[source], "BELLWETHER_LOG"), &["BELLWETHER_COLOUR is not in the reference"]);
}

#[test]
fn the_reader_of_rust_is_not_fooled_by_strings_comments_and_lifetimes() {
    let text = planted("hard_to_read.rs.txt");
    let read = read_rust(&text);
    assert_eq!(read.code.lines().count(), text.lines().count(), "lines keep their numbers");
    let literals: Vec<&str> = read.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(literals, ["a   b", "raw \"quoted\" // no comment", "bytes", "two     lines"]);
    let names: Vec<String> = names_in(&without_tests(&read.code)).into_iter().map(|named| named.path).collect();
    for wanted in ["std::collections::BTreeMap", "std::io", "std::io::Read", "crate::a::b::C"] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is not in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("hidden")), "{names:?}");
}
