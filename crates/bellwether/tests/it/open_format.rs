//! The lake is an open format: other programs read the same rows.

use std::process::Command;

use crate::harness::{Place, interactions_csv, text};

#[test]
fn polars_reads_the_same_number_of_interactions_from_the_lake() {
    let name = "polars_reads_the_same_number_of_interactions_from_the_lake";
    let present = Command::new("python3").args(["-c", "import polars, deltalake"]).output();
    if !present.is_ok_and(|output| output.status.success()) {
        println!("skipped: {name} because the Python packages polars and deltalake are not there");
        return;
    }
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(5_000));
    place.json(&["ingest", "interactions", &text(&file)]);
    let counts = place.json(&["conversations", "counts"]);
    let table = place.data_dir().join("lake/interaction");
    let script = "import sys, polars as pl\nt = pl.scan_delta(sys.argv[1]).collect()\n\
                  print(t.height, t['actor_id'].n_unique(), t.select(pl.struct('actor_id','target_id').n_unique()).item())";
    let output = Command::new("python3").args(["-c", script]).arg(&table).output().expect("python3 starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(
        numbers.first().copied(),
        counts["interactions"].as_u64(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(numbers.get(1), Some(&20));
}

#[test]
fn an_interactions_file_in_parquet_brings_the_same_rows_as_its_csv() {
    let name = "an_interactions_file_in_parquet_brings_the_same_rows_as_its_csv";
    let present = Command::new("python3").args(["-c", "import polars"]).output();
    if !present.is_ok_and(|output| output.status.success()) {
        println!("skipped: {name} because the Python package polars is not there");
        return;
    }
    let place = Place::new();
    // More rows than one portion holds.
    let csv = place.file("talk.csv", interactions_csv(120_000));
    let parquet = place.folder.path().join("talk.parquet");
    let script = "import sys, polars as pl\npl.read_csv(sys.argv[1]).write_parquet(sys.argv[2])";
    let made = Command::new("python3").args(["-c", script]).arg(&csv).arg(&parquet).status().expect("python3 starts");
    assert!(made.success());
    let first = place.json(&["ingest", "interactions", &text(&parquet)]);
    assert_eq!((&first["rows_in"], &first["refused"]), (&120_000.into(), &0.into()));
    let second = place.json(&["ingest", "interactions", &text(&csv)]);
    assert_eq!(second["inserted"], 0, "{second}");
}
