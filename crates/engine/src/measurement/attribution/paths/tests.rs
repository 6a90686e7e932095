//! What a file of paths may look like, and what is said where it does not.

use super::*;

fn read(text: &str) -> PathsFile {
    parse_paths("paths.csv", text, 2).expect("the heading is right")
}

fn said(text: &str) -> String {
    let issues = read(text).issues;
    assert_eq!(issues.len(), 1, "{issues:?}");
    issues[0].to_string()
}

#[test]
fn columns_are_found_by_name_under_either_name_and_with_any_separator() {
    let expected = read("path,conversions,nulls,value\na>b,2,7,19.90\n");
    assert_eq!(expected.creators, ["a", "b"]);
    assert_eq!(expected.journeys[0].touches.len(), 2);
    for text in [
        "\u{feff}total_null;noise;PATH;total_conversion_value;total_conversions\r\n7;x; a > b ;19.9;2\r\n",
        "conversions\tnon_conversions\tpath\tvalue\n2\t7\ta>b\t19.90",
        "path,conversions,nulls,value\n\"a>b\",\"2\",7,\"19.90\"\n\n",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn creators_are_numbered_by_name_so_the_order_of_rows_does_not_matter() {
    let one = read("path,conversions\nzoe>ana,1\nben,2\n");
    let other = read("path,conversions\nben,2\nzoe>ana,1\n");
    assert_eq!((&one.creators, &one.journeys[0]), (&other.creators, &other.journeys[1]));
    assert_eq!(one.creators, ["ana", "ben", "zoe"]);
}

#[test]
fn a_quoted_name_may_hold_separators_quotes_and_lines() {
    let file = read("path,conversions\n\"Ana, the \"\"first\"\"\nof two>ben\",1\nben,x\n");
    assert_eq!(file.creators, ["Ana, the \"first\"\nof two", "ben"]);
    assert_eq!(file.issues[0].row, Some(4));
}

#[test]
fn an_empty_path_is_an_order_without_a_touch() {
    let file = read("path,conversions,nulls\n,4,1\na,1,0\n");
    assert_eq!(file.journeys().expect("small").untouched().conversions, 4);
}

#[test]
fn money_is_read_digit_by_digit() {
    let amount = |text: &str, decimals| minor_units(text, decimals);
    for (text, decimals, expected) in [
        ("", 2, Some(0)),
        ("12", 2, Some(1_200)),
        ("12.5", 2, Some(1_250)),
        ("12.500", 2, Some(1_250)),
        ("-0.07", 2, Some(-7)),
        ("0.244", 3, Some(244)),
        ("1250", 0, Some(1_250)),
        ("12.505", 2, None),
        ("1,250", 2, None),
        ("1e3", 2, None),
        (".5", 2, None),
        ("-", 2, None),
        ("--1", 2, None),
        ("92233720368547758.07", 2, Some(i64::MAX)),
        ("92233720368547758.08", 2, None),
    ] {
        assert_eq!(amount(text, decimals), expected, "{text}");
    }
}

#[test]
fn days_before_make_the_times_of_touches() {
    let file = read("path,days_before,conversions\na>b,9>2.5,1\na,,1\n");
    assert_eq!(file.rows_with_days, 1);
    let at: Vec<i64> = file.journeys[0].touches.iter().map(|touch| touch.at.0).collect();
    assert_eq!(at, [-9 * 86_400_000_000, -5 * 43_200_000_000]);
}

#[test]
fn what_cannot_be_read_is_named_by_row_and_column_and_the_rest_goes_on() {
    for (row, expected) in [
        ("a>>b,1,0,,", "row 2 of paths.csv: column `path` has no name between two marks"),
        ("a,1.5,0,,", "row 2 of paths.csv: column `conversions` is not a whole number"),
        ("a,-1,0,,", "column `conversions`"),
        ("a,1,,,", "column `nulls` is not a whole number"),
        ("a,1", "column `nulls`"),
        ("a,1,0,12.345,", "column `value` is not an amount"),
        ("a>b,1,0,1,3", "column `days_before` does not hold one number of days a touch"),
        ("a>b,1,0,1,3>4", "column `days_before`"),
        ("a,1,0,1,NaN", "column `days_before`"),
        ("a,1,0,1,-1", "column `days_before`"),
    ] {
        let text = format!("path,conversions,nulls,value,days_before\n{row}\nb,1,0,,\n");
        assert!(said(&text).contains(expected), "{}", said(&text));
        assert_eq!(read(&text).creators, ["b"]);
    }
    assert!(said("path,conversions\na,1\n\"b,2\nc,3\n").contains("row 3 of paths.csv: opens a quotation"));
}

#[test]
fn a_heading_without_what_is_needed_is_said() {
    let said = |text: &str| parse_paths("p.csv", text, 2).expect_err("refused").to_string();
    assert!(said("").contains("column `path` is not in the heading"));
    assert!(said("path,nulls\na,1\n").contains("column `conversions` is not in the heading; begin the file with"));
    assert!(said("\"path,conversions\n").contains("column `path`"));
    assert_eq!(read("path,conversions\n").journeys, []);
}
