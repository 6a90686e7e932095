//! Bringing data in: exact figures on the real dump, bad rows, odd files, the same file twice, and taking it back.

use crate::harness::{Place, interactions_csv, real_data, text};

#[test]
fn the_beer_dump_gives_exactly_the_published_figures_and_adds_nothing_twice() {
    let name = "the_beer_dump_gives_exactly_the_published_figures_and_adds_nothing_twice";
    let Some(folder) = real_data(name, "beer-stackexchange") else { return };
    let place = Place::new();
    let first = place.json(&["ingest", "stack-exchange", &text(&folder)]);
    let remarks = first["remarks"].to_string();
    for figure in [
        "2106 posts: 591 questions, 1398 answers; 1989 conversation posts",
        "1860 comments, 3948 users, 837 active people",
        "133 rows in Tags.xml",
        "10798 rows in Votes.xml",
        "93 rows in PostLinks.xml",
        "8 conversation posts have no owner and 39 comments no user",
    ] {
        assert!(remarks.contains(figure), "{figure} is not in {remarks}");
    }
    assert_eq!(first["refused"], 0);
    let counts = place.json(&["conversations", "counts"]);
    assert_eq!(counts["ties_between_people"], 2776);
    assert_eq!(counts["pairs"], 2333);
    assert_eq!(counts["pairs_both_ways"], 510);
    let second = place.json(&["ingest", "stack-exchange", &text(&folder)]);
    assert_eq!((&second["inserted"], &second["same_as_import"]), (&0.into(), &1.into()));
    let again = place.json(&["ingest", "stack-exchange", &text(&folder), "--again"]);
    assert_eq!(again["inserted"], 0);
    let facts = |report: &serde_json::Value| {
        report["inserted"].as_u64().zip(report["already_known"].as_u64()).map(|(new, known)| new + known)
    };
    assert_eq!(facts(&again), facts(&first), "every fact of the file is known now");
    assert_eq!(place.json(&["conversations", "counts"]), counts);
}

#[test]
fn undoing_an_import_takes_back_exactly_what_it_brought() {
    let place = Place::new();
    let one = place.file("one.csv", interactions_csv(300));
    let two = place.file("two.csv", interactions_csv(500).replacen("u1,", "v1,", 100));
    place.json(&["ingest", "interactions", &text(&one)]);
    let before = place.json(&["conversations", "counts"]);
    let second = place.json(&["ingest", "interactions", &text(&two)]);
    assert_ne!(place.json(&["conversations", "counts"]), before);
    assert!(second["already_known"].as_u64() > Some(0), "the files overlap");
    place.json(&["ingest", "undo", "2"]);
    assert_eq!(place.json(&["conversations", "counts"]), before);
    // The accounts that only the second file named are gone, those of the first are still called by their names.
    assert!(place.refused(&["creators", "show", "other:v1"]).contains("no account is called"));
    assert_eq!(place.json(&["creators", "show", "other:u1"])["creator"]["handle"], "u1");
    let again = place.json(&["ingest", "interactions", &text(&two)]);
    assert_eq!(again["inserted"], second["inserted"]);
    assert!(place.refused(&["ingest", "undo", "2"]).contains("already undone"));
}

#[test]
fn what_a_later_import_shares_with_an_undone_one_comes_back_when_it_is_imported_again() {
    let place = Place::new();
    let (one, two) = (place.file("one.csv", interactions_csv(300)), place.file("two.csv", interactions_csv(500)));
    place.json(&["ingest", "interactions", &text(&one)]);
    place.json(&["ingest", "interactions", &text(&two)]);
    let whole = place.json(&["conversations", "counts"]);
    place.json(&["ingest", "undo", "1"]);
    assert_ne!(place.json(&["conversations", "counts"]), whole);
    let again = place.json(&["ingest", "interactions", &text(&two)]);
    assert!(again["same_as_import"].is_null(), "the earlier import of this file is no longer complete");
    assert_eq!(place.json(&["conversations", "counts"]), whole);
}

#[test]
fn broken_rows_are_named_and_the_good_ones_are_kept() {
    let place = Place::new();
    let mut content = interactions_csv(200).into_bytes();
    content.extend_from_slice(b"a,b,reply,\n");
    content.extend_from_slice(b"a,b,shout,1600000000\n");
    content.extend_from_slice(b",b,reply,1600000000\n");
    content.extend_from_slice(b"a,b,reply,2020-09-13 12:26:40\n");
    content.extend_from_slice(b"a,b\n");
    content.extend_from_slice(b"caf\xe9,b,reply,1600000000\n");
    content.extend_from_slice(b"self,self,reply,1600000000\n");
    let file = place.file("talk.csv", content);
    let report = place.json(&["ingest", "interactions", &text(&file)]);
    assert_eq!(report["refused"], 6, "{report}");
    assert_eq!(report["rows_in"], 207);
    let issues: Vec<String> = report["issues"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|issue| {
            format!("row {} column {} {}; {}", issue["row"], issue["column"], issue["problem"], issue["hint"])
                .replace('"', "")
        })
        .collect();
    insta::assert_snapshot!(issues.join("\n"), @r"
    row 202 column at_unix is empty; rows need the seconds since 1970 in UTC, e.g. 1082040961
    row 203 column kind is not a kind of interaction: \shout\; comment, reply, answer, message, mention, repost, quote, like, follow, tag
    row 204 column actor is empty; each row names who did it
    row 205 column at_unix is not a moment: \2020-09-13 12:26:40\; the date does not say its time zone; give seconds since 1970 in UTC, e.g. 1082040961
    row 206 column kind is missing: the row has 2 of 4 columns; the row may be cut off, or a quote may be left open
    row 207 column actor is not UTF-8 text; save the file as UTF-8 (in a spreadsheet: save as \CSV UTF-8\) and import it again
    ");
    let shown = place.json(&["ingest", "show", "1"]);
    assert_eq!(shown["issues"].as_array().map(Vec::len), Some(6));
    let counts = place.json(&["conversations", "counts"]);
    assert_eq!(counts["to_oneself"].as_u64(), Some(1 + to_oneself(200)));
}

fn to_oneself(rows: usize) -> u64 {
    (0..rows).filter(|row| row % 20 == (row * 7 + 3) % 20).count() as u64
}

#[test]
fn a_file_that_lacks_a_column_is_refused_with_the_headings_it_has() {
    let place = Place::new();
    let file = place.file("talk.csv", "who,whom\na,b\n");
    let said = place.refused(&["ingest", "interactions", &text(&file)]);
    assert!(said.contains("there is no column `actor`; the headings are: who, whom"), "{said}");
    assert!(place.json(&["ingest", "list"])[0]["state"] == "failed");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 0);
}

#[test]
fn files_that_are_not_there_or_are_no_text_are_refused_in_words() {
    let place = Place::new();
    assert!(place.refused(&["ingest", "interactions", "nowhere.csv"]).contains("hint: check the spelling"));
    let picture = place.file("talk.csv", b"\x89PNG\r\n\x1a\n\0\0\0");
    assert!(place.refused(&["ingest", "interactions", &text(&picture)]).contains("this is not a text file"));
    let empty = place.file("empty.csv", "");
    assert!(place.refused(&["ingest", "interactions", &text(&empty)]).contains("the file is empty"));
}

#[test]
fn spreadsheets_files_in_utf_16_with_semicolons_are_read() {
    let place = Place::new();
    let content = interactions_csv(50).replace(',', ";");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(content.encode_utf16().flat_map(u16::to_le_bytes));
    let file = place.file("talk.csv", bytes);
    assert_eq!(place.json(&["ingest", "interactions", &text(&file)])["rows_in"], 50);
    let marked = place.file("marked.csv", [b"\xef\xbb\xbf".as_slice(), interactions_csv(60).as_bytes()].concat());
    assert_eq!(place.json(&["ingest", "interactions", &text(&marked)])["refused"], 0);
}

#[test]
fn unknown_followers_stay_unknown() {
    let place = Place::new();
    let file = place.file("accounts.csv", "account,followers,following\nana,\"12,500\",\nben,,7\ncy,many,1\n");
    let report = place.json(&["ingest", "accounts", &text(&file), "--observed-on", "2026-03-01"]);
    assert_eq!((&report["refused"], &report["rows_in"]), (&1.into(), &3.into()));
    assert_eq!(place.json(&["creators", "show", "other:ana"])["creator"]["followers"], 12_500);
    assert!(place.json(&["creators", "show", "other:ben"])["creator"]["followers"].is_null());
    let shown = place.run(&["creators", "show", "other:ben"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("followers: not known"));
}

#[test]
fn a_generic_csv_goes_through_a_proposal_and_a_dry_run_before_anything_is_kept() {
    let place = Place::new();
    let file = place.file(
        "comments.csv",
        "Author,Channel,Date,Comment,cid,engagement_rate\n\
         ana,cafe,2026-03-01 10:00:00,Which grinder should I get?,c1,3.2\n\
         ben,cafe,2026-03-01 11:00:00,\"I bought it, no regrets\",c2,3.2\n\
         1.2E+17,cafe,2026-03-02 11:00:00,hello,c3,3.2\n",
    );
    let proposal = place.json(&["ingest", "csv", &text(&file)]);
    assert_eq!(proposal["mapping"]["columns"]["actor"], "Author");
    assert!(proposal["questions"].to_string().contains("which time zone"), "{proposal}");
    assert!(proposal["left_out"].to_string().contains("engagement_rate"));
    let map = "interactions:actor=Author,target=Channel,at=Date,text=Comment,id=cid,every-kind=comment";
    let dry = place.json(&["ingest", "csv", &text(&file), "--map", map, "--dry-run"]);
    assert_eq!(dry["refused"], 3, "dates without a zone are not guessed: {dry}");
    let map = format!("{map},zone=Europe/Berlin");
    let taken = place.json(&["ingest", "csv", &text(&file), "--map", &map, "--save-as", "comments"]);
    assert_eq!(taken["refused"], 1, "the rounded id is refused: {taken}");
    let between = place.json(&["conversations", "between", "other:ana", "other:cafe"]);
    assert_eq!(between["exchange"][0]["at"], "2026-03-01T09:00:00Z");
    assert_eq!(between["exchange"][0]["text"], "Which grinder should I get?");
    let by_name = place.json(&["ingest", "csv", &text(&file), "--map", "comments"]);
    assert_eq!(by_name["same_as_import"], taken["import"]);
}

#[test]
fn a_dump_folder_that_lacks_a_file_is_refused_and_a_cut_off_file_keeps_its_good_rows() {
    let place = Place::new();
    let users = r#"<users><row Id="1" DisplayName="Ana" LastAccessDate="2016-01-01T00:00:00.000" /><row Id="2" DisplayName="Ben" LastAccessDate="2016-01-01T00:00:00.000" /></users>"#;
    place.file("dump/Users.xml", users);
    place.file("dump/Comments.xml", "<comments></comments>");
    let folder = text(&place.folder.path().join("dump"));
    assert!(place.refused(&["ingest", "stack-exchange", &folder]).contains("the dump lacks Posts.xml"));
    place.file(
        "dump/Posts.xml",
        r#"<posts>
  <row Id="1" PostTypeId="1" CreationDate="2014-01-21T20:26:05.383" Body="&lt;p&gt;Which stout?&lt;/p&gt;" OwnerUserId="1" Title="Stout" Tags="&lt;stout&gt;" />
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2014-01-22T20:26:05.383" Body="This one" OwnerUserId="2" />
  <row Id="3" PostTypeId="2" ParentId="1" CreationDate="2014-01-2"#,
    );
    let report = place.json(&["ingest", "stack-exchange", &folder]);
    assert_eq!(report["refused"], 1, "{report}");
    assert!(report["issues"].to_string().contains("cut off or damaged"), "{report}");
    assert_eq!(place.json(&["conversations", "counts"])["ties_between_people"], 1);
}

#[test]
fn real_and_made_up_data_never_share_a_data_directory() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(20));
    place.json(&["ingest", "interactions", &text(&file)]);
    let said = place.refused(&["demo", "--no-serve"]);
    assert!(said.contains("made-up"), "{said}");
}

#[test]
fn a_row_repeated_far_apart_in_one_long_file_is_kept_once() {
    let place = Place::new();
    let mut talk = interactions_csv(510_000);
    let again: String = talk.lines().skip(1).take(300).map(|line| format!("{line}\n")).collect();
    talk.push_str(&again);
    let file = place.file("long.csv", talk);
    let report = place.json(&["ingest", "interactions", &text(&file)]);
    assert_eq!(report["rows_in"], 510_300);
    assert_eq!(report["already_known"], 300, "{report}");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 510_000);
}
