//! A report as tables, the same ones as CSV and in a workbook: its figures, its creators, its days, and what it is a report of.

use model::Estimate;
use rust_xlsxwriter::XlsxError;

use super::found::{OutcomeFound, StudyFound};
use super::outcomes::date_of;
use super::{Report, words};
use crate::clock;
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::workbook::workbook;

/// The figures of a creator, by the name their columns begin with.
const OF_CREATORS: [&str; 11] = [
    "cost",
    "reach",
    "interactions",
    "clicks",
    "orders",
    "value",
    "orders_of_a_click",
    "a_click_brings",
    "cost_per_click",
    "cost_per_order",
    "return",
];

/// All tables of a report in one workbook.
pub fn book(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let tables = vec![
        ("About", about(report)),
        ("Figures", figures(report)),
        ("Creators", creators(report)),
        ("Days", days(report)),
    ];
    workbook(report.as_of, tables)
}

/// What was asked, of which days, and what the answer is in words.
fn about(report: &Report) -> Sheet {
    let (row, design) = (&report.study.row, &report.study.design);
    let mut sheet = Sheet::new(&["what", "words"]);
    for (what, words) in [
        ("measurement", row.name.clone()),
        ("answer", words::answer(report)),
        ("decides", design.primary.code()),
        ("first day", design.starts_on.to_string()),
        ("last day", design.ends_on.to_string()),
        ("days of", design.zone.clone()),
        ("asked at", clock::iso(row.created_at)),
        ("worked out at", clock::iso(report.as_of)),
        ("hash of what it was worked out from", report.data_hash.clone()),
    ] {
        sheet.row([what, words.as_str()]);
    }
    sheet
}

/// A row a figure that belongs to no creator, with all its parts.
pub fn figures(report: &Report) -> Sheet {
    let headings: Vec<&str> = std::iter::once("figure").chain(PARTS).collect();
    let mut sheet = Sheet::new(&headings);
    for (name, estimate) in named_figures(&report.found) {
        let mut cells = vec![name];
        push_estimate(&mut cells, Some(estimate), "");
        sheet.row(cells);
    }
    sheet
}

/// Every figure of a report that belongs to no creator, with what it is called.
fn named_figures(found: &StudyFound) -> Vec<(String, &Estimate)> {
    let mut all: Vec<(String, &Estimate)> = vec![
        ("cost".to_owned(), &found.cost.total),
        ("attributed margin".to_owned(), &found.attributed.margin),
        ("attributed return".to_owned(), &found.attributed.roi),
        ("incremental margin".to_owned(), &found.incremental.margin),
        ("incremental return".to_owned(), &found.incremental.roi),
        ("different people reached".to_owned(), &found.distinct),
        ("times each saw something".to_owned(), &found.frequency),
        ("share of voice".to_owned(), &found.share_of_voice),
    ];
    for outcome in std::iter::once(&found.primary).chain(&found.secondary) {
        all.push((format!("more {} than without", outcome.words), &outcome.gained));
        all.push((format!("more {} a day than without", outcome.words), &outcome.a_day));
        all.push((format!("more {} than without, as a share", outcome.words), &outcome.relative));
        for other in &outcome.others {
            all.push((format!("more {} a day than without, {}", outcome.words, other.name), &other.a_day));
        }
    }
    all.extend(found.funnel.iter().chain(&found.unit_costs).map(|step| (step.words.to_lowercase(), &step.estimate)));
    for promise in &found.promises {
        all.push((format!("{}, promised", promise.words.to_lowercase()), &promise.promised));
        all.push((format!("{}, came", promise.words.to_lowercase()), &promise.came));
    }
    all
}

/// A row a creator, each figure with all its parts.
pub fn creators(report: &Report) -> Sheet {
    let mut headings = vec!["contact".to_owned(), "creator".to_owned(), "posts".to_owned()];
    headings.extend(OF_CREATORS.iter().flat_map(|figure| PARTS.iter().map(move |part| format!("{figure}_{part}"))));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new(&headings);
    for one in &report.found.creators {
        let mut cells = vec![
            one.contact.to_string(),
            report.names.get(&one.contact).cloned().unwrap_or_default(),
            one.posts.to_string(),
        ];
        let estimates: [&Estimate; OF_CREATORS.len()] = [
            &one.cost,
            &one.reach,
            &one.interactions,
            &one.clicks,
            &one.orders,
            &one.value,
            &one.rate,
            &one.a_click,
            &one.cost_per_click,
            &one.cost_per_order,
            &one.roi,
        ];
        for estimate in estimates {
            push_estimate(&mut cells, Some(estimate), "");
        }
        sheet.row(cells);
    }
    sheet
}

/// A row a day and outcome, tidy for other programs.
pub fn days(report: &Report) -> Sheet {
    let mut sheet = Sheet::new(&[
        "outcome",
        "date",
        "seen",
        "expected",
        "expected_lo",
        "expected_hi",
        "gained",
        "gained_lo",
        "gained_hi",
        "level",
        "unit",
    ]);
    let found = &report.found;
    for outcome in std::iter::once(&found.primary).chain(&found.secondary) {
        push_days(&mut sheet, outcome);
    }
    sheet
}

fn push_days(sheet: &mut Sheet, outcome: &OutcomeFound) {
    let unit = match outcome.unit {
        model::Unit::Money(currency) => format!("{currency} minor units"),
        unit => serde_json::to_value(unit).ok().and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default(),
    };
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for day in &outcome.days {
        let mut cells = vec![outcome.words.clone(), date_of(day.day).to_string(), number(day.seen)];
        for three in [day.expected, day.gained] {
            cells.extend((0..3).map(|place| number(three.map(|three| three[place]))));
        }
        cells.extend([outcome.gained.level.to_string(), unit.clone()]);
        sheet.row(cells);
    }
}
