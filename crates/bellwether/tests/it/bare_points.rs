//! No number without its interval: what a document, a table or a page shows is an estimate with all its parts, or one of the few
//! things that are no estimate and are named here.

use std::collections::BTreeSet;

use serde_json::Value;

/// What every estimate says beside its value.
const PARTS: [&str; 11] =
    ["value", "lo", "hi", "level", "n", "unit", "method", "version", "as_of", "grade", "explanation"];

/// Numbers of a document that stand in no estimate, each by its path without places (`found.days[].seen`), unless `allowed` names it
/// or what it ends with; and estimates that lack a part, or are neither known nor say why not.
pub(crate) fn of_document(document: &Value, allowed: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    in_value(document, "", allowed, &mut found);
    found
}

fn in_value(value: &Value, path: &str, allowed: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if fields.contains_key("n_of") => {
            for part in PARTS {
                if !fields.contains_key(part) {
                    found.insert(format!("{path} has no {part}"));
                }
            }
            if fields["value"].is_null() == fields.get("not_known").is_none_or(Value::is_null) {
                found.insert(format!("{path} is neither known nor says why not"));
            }
            if fields["as_of"].is_null() {
                found.insert(format!("{path} has no date"));
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                in_value(value, &path, allowed, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| in_value(value, &format!("{path}[]"), allowed, found)),
        Value::Number(_) if !allowed.iter().any(|end| is_named(path, end)) => {
            found.insert(path.to_owned());
        }
        _ => {}
    }
}

/// Whether the end of a path, or what it is a part of, is named so: `shares` names `found.shares.white`.
fn is_named(path: &str, end: &str) -> bool {
    format!(".{path}.").contains(&format!(".{end}."))
}

/// Columns of numbers that are no part of an estimate: those whose `…_lo` and `…_hi` (or `lo` and `hi`) are missing, unless allowed.
pub(crate) fn of_table(text: &str, allowed: &[&str]) -> BTreeSet<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headings: Vec<String> = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let is_of_numbers = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok())
    };
    let has = |name: String| headings.contains(&name);
    let mut found = BTreeSet::new();
    for (_, name) in headings.iter().enumerate().filter(|(column, _)| is_of_numbers(*column)) {
        let of_estimate = match name.rsplit_once('_') {
            Some((stem, "value" | "lo" | "hi" | "level" | "n" | "version")) => {
                has(format!("{stem}_lo")) && has(format!("{stem}_hi"))
            }
            _ => has(format!("{name}_lo")) && has(format!("{name}_hi")),
        };
        let of_only_estimate = matches!(name.as_str(), "value" | "lo" | "hi" | "level" | "n" | "version")
            && has("lo".into())
            && has("hi".into());
        if !of_estimate && !of_only_estimate && !allowed.contains(&name.as_str()) {
            found.insert(name.clone());
        }
    }
    found
}

/// Elements in which a number is no claim of its own: an estimate, which brings its parts; what is typed or chosen; pictures with their
/// tables of days; what a platform showed of one post; how many rows there are; names and addresses.
fn is_no_claim(tag: &str, classes: &str) -> bool {
    let of_class = |name: &str| classes.split_ascii_whitespace().any(|class| class == name);
    matches!(
        tag,
        "script" | "style" | "svg" | "select" | "textarea" | "code" | "bdi" | "nav" | "label" | "legend" | "option"
    ) || ["estimate", "estimate-cell", "definitions", "report-days", "lift-figure", "post-wall", "count", "thresholds"]
        .into_iter()
        .any(of_class)
}

/// Texts of a page's main part in which a number stands that is neither in an estimate nor part of a date, of a range (`900 to
/// 1,200`, `900–1,200`, `between 900 and 1,200`), or of a count of how many of how many.
pub(crate) fn of_page(html: &str, allowed: &[&str]) -> BTreeSet<String> {
    let main = html.split("<main").nth(1).expect("a page has a main part").split("</main>").next().expect("a part");
    let mut found = BTreeSet::new();
    // The open elements, and how many of them make what is in them no claim.
    let (mut open, mut shields): (Vec<(String, bool)>, usize) = (vec![], 0);
    for piece in format!("<main{main}").split('<').skip(1) {
        let Some((tag, text)) = piece.split_once('>') else { continue };
        if let Some(closed) = tag.strip_prefix('/') {
            // What is closed without being open closes nothing.
            let from = open.iter().rposition(|(name, _)| name == closed.trim()).unwrap_or(open.len());
            shields -= open.drain(from..).filter(|(_, is_shield)| *is_shield).count();
        } else if !tag.starts_with('!') {
            let name = tag.split([' ', '\n', '/']).next().unwrap_or("");
            let is_void = matches!(name, "input" | "br" | "img" | "hr" | "meta" | "link" | "wbr");
            if !is_void && !tag.ends_with('/') {
                let classes = tag.split("class=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
                let is_shield = is_no_claim(name, classes);
                shields += usize::from(is_shield);
                open.push((name.to_owned(), is_shield));
            }
        }
        if shields == 0 && is_bare(text) && !allowed.iter().any(|allowed| text.contains(allowed)) {
            found.insert(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    found
}

/// Whether a text makes a claim with a number that has no range.
fn is_bare(text: &str) -> bool {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // Points and commas within numbers end no sentence.
    let text = regex::Regex::new("([0-9])[.,]([0-9])").expect("a pattern").replace_all(text, "${1}${2}");
    let number = "[−-]?[0-9]+";
    let patterns = [
        // Dates and moments.
        "[0-9]{4}-[0-9]{2}-[0-9]{2}".to_owned(),
        "[0-9]{1,2}:[0-9]{2}".to_owned(),
        "[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*( [0-9]{4})?".to_owned(),
        // Lengths of time, and how many rows there were.
        "[0-9]+ (earlier |more )?(days|weeks|hours|periods|columns|windows|posts|controls)".to_owned(),
        // Ranges, and how many of how many.
        format!(r"{number}[^.;]{{0,24}}(–| to | and | of |up to ){number}"),
    ];
    let mut rest = text.into_owned();
    for pattern in patterns {
        rest = regex::Regex::new(&pattern).expect("a pattern").replace_all(&rest, "~").into_owned();
    }
    // A value is no bare one where its range follows it in the same sentence.
    rest.split(['.', ';', ':'])
        .any(|sentence| sentence.bytes().any(|byte| byte.is_ascii_digit()) && !sentence.contains('~'))
}

#[test]
fn numbers_without_their_interval_are_found_in_documents_tables_and_pages() {
    let estimate = serde_json::json!({ "value": 1.0, "lo": 0.5, "hi": 2.0, "level": 0.9, "n": 3, "n_of": "x", "unit": "people",
        "method": "m", "version": 1, "as_of": "2026-01-01", "grade": "B", "explanation": {} });
    let document =
        serde_json::json!({ "measurement": 4, "found": { "gained": estimate, "days": [{ "seen": 3 }], "reach": 900 } });
    let found = of_document(&document, &["measurement", "seen"]);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["found.reach"]);
    let table = "name,value,lo,hi,roi_value,roi_lo,roi_hi,clicks\na,1,0,2,3,2,4,9\n";
    assert_eq!(of_table(table, &[]).into_iter().collect::<Vec<_>>(), ["clicks"]);
    assert!(of_table(table, &["clicks"]).is_empty());
    for (html, is_found) in [
        ("<p>It brought 900 orders</p>", true),
        ("<p>It brought 900 orders, 700 to 1,100, until 2026-01-02</p>", false),
        ("<p>about 3,100 EUR more margin, between 900 and 5,200</p>", false),
        ("<p>It brought 900. It cost between 7 and 9</p>", true),
        ("<p>0 of 11 windows</p>", false),
        ("<details class=\"estimate wide\"><b>900</b></details><p>on 3 May</p>", false),
        ("<input value=\"3\"><td>900</td>", true),
        ("<svg><text>900</text></svg><code>12ab</code>", false),
    ] {
        assert_eq!(!of_page(&format!("<main id=\"x\">{html}</main>"), &[]).is_empty(), is_found, "{html}");
    }
}
