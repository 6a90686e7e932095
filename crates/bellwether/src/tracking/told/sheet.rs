//! Orders from a file, as shops export them: columns found by their headings or named, rows that cannot be taken said with row and
//! column, the others kept; the same file again adds nothing.

use std::path::Path;

use jiff::tz::TimeZone;
use model::{RowIssue, Timestamp};
use serde::Serialize;
use store::conversions::{ConversionKind, MoneyKind, OthersHear, Told};
use store::shops::ShopRow;

use super::{MoneyTold, Order, OrderStated, Visit, amounts, not_understood};
use crate::clock::{DateCell, parse_date_cell};
use crate::data_directory::DataDirectory;
use crate::ingest::csv_file::{CsvFile, CsvRow, Next, file_name};
use crate::tracking::TrackingError;
use crate::web::csv::as_typed;

/// Orders that are kept in one transaction.
const PORTION: usize = 500;
const DAY: i64 = 86_400_000_000;

/// Columns a file may have: what it is, the headings it is found by.
pub const COLUMNS: [(&str, &[&str]); 18] = [
    ("order", &["id", "order_id", "order_number", "order", "number", "name"]),
    ("name", &["name", "order_name"]),
    ("at", &["created_at", "date", "order_date", "date_created", "at", "paid_at", "time"]),
    ("amount", &["total", "amount", "order_total", "total_price", "value"]),
    ("currency", &["currency", "order_currency"]),
    ("code", &["discount_code", "discount_codes", "coupon", "coupon_code", "coupons", "code", "codes"]),
    ("email", &["email", "e_mail", "billing_email", "customer_email"]),
    ("country", &["country", "billing_country", "country_code"]),
    ("status", &["financial_status", "status", "order_status", "payment_status"]),
    ("cancelled_at", &["cancelled_at", "canceled_at"]),
    ("refunded", &["refunded_amount", "refunded", "refund", "amount_refunded"]),
    ("landing", &["landing_page", "landing_site", "landing"]),
    ("click", &["bw", "click", "click_id"]),
    ("link", &["link"]),
    ("heard_from", &["heard_from", "how_did_you_hear_about_us"]),
    ("new_customer", &["new_customer", "is_new_customer", "first_order"]),
    ("test", &["test", "is_test"]),
    ("kind", &["kind", "type"]),
];

/// How a file is to be read.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct SheetAsked {
    /// What a column is and its heading, where that is not found by itself.
    pub map: Vec<(String, String)>,
    /// Of amounts that name none; empty: the shop's.
    pub currency: String,
    pub is_try: bool,
}

/// What came of a file.
#[derive(Clone, Default, PartialEq, Debug, Serialize)]
pub struct OrdersImported {
    pub shop: i64,
    pub rows: u64,
    pub new: u64,
    pub changed: u64,
    pub known: u64,
    /// More lines of an order whose first line was taken.
    pub further_lines: u64,
    pub refused: Vec<RowIssue>,
    /// What each column was taken for.
    pub taken: Vec<(String, String)>,
    pub not_taken: Vec<String>,
    pub is_try: bool,
}

struct Places(Vec<(&'static str, usize)>);

impl Places {
    fn of(&self, name: &str) -> Option<usize> {
        self.0.iter().find(|(of, _)| *of == name).map(|(_, place)| *place)
    }
}

fn plain(heading: &str) -> String {
    heading.trim().to_lowercase().replace([' ', '-'], "_")
}

fn places(file: &CsvFile, asked: &SheetAsked) -> Result<Places, TrackingError> {
    let refused = |problem: String| Err(TrackingError::Field { field: "map", problem });
    let mut places: Vec<(&'static str, usize)> = vec![];
    for (what, heading) in &asked.map {
        let Some((name, _)) = COLUMNS.iter().find(|(name, _)| name == what) else {
            let all: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
            return refused(format!("{what:?} is none of {}", all.join(", ")));
        };
        let Some(place) = file.column(heading) else {
            return refused(format!("there is no column {heading:?}; the headings are {}", file.headings.join(", ")));
        };
        places.push((name, place));
    }
    for (name, headings) in COLUMNS {
        if places.iter().any(|(of, _)| *of == name) {
            continue;
        }
        // The first heading of the list that the file has and nothing else took.
        let found = headings.iter().find_map(|heading| {
            let place = file.headings.iter().position(|own| plain(own) == *heading)?;
            (!places.iter().any(|(_, taken)| *taken == place)).then_some(place)
        });
        places.extend(found.map(|place| (name, place)));
    }
    for needed in ["order", "at"] {
        if !places.iter().any(|(of, _)| *of == needed) {
            return refused(format!(
                "no column says the {needed}; the headings are {}: name one, as --map \"{needed}=HEADING\"",
                file.headings.join(", ")
            ));
        }
    }
    Ok(Places(places))
}

/// `2026-03-01 10:00:00 -0500`, as some shops write it, the way it is read everywhere.
fn with_offset(text: &str) -> String {
    let bytes = text.as_bytes();
    match text.rsplit_once(' ') {
        Some((moment, zone)) if zone.len() == 5 && matches!(zone.as_bytes()[0], b'+' | b'-') && bytes.is_ascii() => {
            format!("{}{}:{}", moment.replacen(' ', "T", 1), &zone[..3], &zone[3..])
        }
        _ => text.to_owned(),
    }
}

/// Brings orders in from a file, or only says what would come of it.
///
/// Errors: the file cannot be opened, or no column says the order or its moment. A wrong row is said and left out.
pub async fn import(
    data: &DataDirectory,
    shop: &ShopRow,
    path: &Path,
    asked: &SheetAsked,
) -> Result<OrdersImported, TrackingError> {
    let of_file = |error: crate::ingest::IngestError| {
        TrackingError::File(error.to_string().replace(&path.display().to_string(), &file_name(path)))
    };
    let mut file = CsvFile::open(path).map_err(of_file)?;
    let places = places(&file, asked)?;
    let headings = file.headings.clone();
    let used: Vec<usize> = places.0.iter().map(|(_, place)| *place).collect();
    let mut done = OrdersImported {
        shop: shop.id,
        is_try: asked.is_try,
        taken: places.0.iter().map(|(name, place)| ((*name).to_owned(), headings[*place].clone())).collect(),
        not_taken: headings
            .iter()
            .enumerate()
            .filter(|(at, _)| !used.contains(at))
            .map(|(_, own)| own.clone())
            .collect(),
        ..OrdersImported::default()
    };
    let zone = shop.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
    let currency = match asked.currency.trim() {
        "" => shop.currency.clone().unwrap_or_default(),
        currency => currency.to_uppercase(),
    };
    let name = file.name.clone();
    let mut seen = std::collections::HashSet::new();
    let mut told: Vec<Told> = vec![];
    loop {
        let row = match file.next_row().map_err(of_file)? {
            Next::End => break,
            Next::Bad(issue) => {
                done.rows += 1;
                done.refused.push(issue);
                continue;
            }
            Next::Row(row) => row,
        };
        done.rows += 1;
        let cells = Cells { row: &row, places: &places, headings: &headings, file: &name };
        match cells.order(zone.as_ref(), &currency) {
            // Files with a line for each article repeat the order without its amount.
            Err(_) if cells.is_further_line(&seen) => done.further_lines += 1,
            Err(issue) => done.refused.push(*issue),
            Ok(order) => {
                let source = format!("file {name}, row {}", row.number);
                let numbers = [cells.text("order"), cells.text("name")];
                let as_given = row.issue(&name, "", "", "mend the row and bring the file in again");
                match super::told(data, &data.token_key, &order, &source).await {
                    Ok(one) => {
                        seen.extend(numbers.into_iter().filter(|number| !number.is_empty()));
                        told.push(one);
                    }
                    Err(TrackingError::Field { field, problem }) => {
                        done.refused.push(RowIssue { column: Some(field.to_owned()), problem, ..as_given });
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        if told.len() >= PORTION {
            keep(data, shop, &mut told, &mut done).await?;
        }
    }
    keep(data, shop, &mut told, &mut done).await?;
    Ok(done)
}

async fn keep(
    data: &DataDirectory,
    shop: &ShopRow,
    told: &mut Vec<Told>,
    done: &mut OrdersImported,
) -> Result<(), TrackingError> {
    if done.is_try {
        done.new += told.len() as u64;
    } else {
        let taken = data.store.take_conversions(shop.id, None, told, OthersHear::No, data.now()).await?;
        done.new += taken.new;
        done.changed += taken.changed;
        done.known += taken.known;
    }
    told.clear();
    Ok(())
}

struct Cells<'a> {
    row: &'a CsvRow<'a>,
    places: &'a Places,
    headings: &'a [String],
    file: &'a str,
}

type Refused = Box<RowIssue>;

impl Cells<'_> {
    /// More of an order above: shops that write a line for each article leave its amount out, and some its number.
    fn is_further_line(&self, seen: &std::collections::HashSet<String>) -> bool {
        let is_seen = |of: &str| seen.contains(&self.text(of));
        self.text("amount").is_empty() && (is_seen("order") || (self.text("order").is_empty() && is_seen("name")))
    }

    fn text(&self, of: &str) -> String {
        self.places.of(of).and_then(|place| self.row.text(place)).map_or("", as_typed).trim().to_owned()
    }

    fn issue(&self, of: &str, problem: String, hint: &str) -> Refused {
        let heading = self.places.of(of).map_or(of, |place| &self.headings[place]);
        Box::new(self.row.issue(self.file, heading, problem, hint))
    }

    fn moment(&self, of: &str, zone: Option<&TimeZone>) -> Result<Option<Timestamp>, Refused> {
        let text = self.text(of);
        if text.is_empty() {
            return Ok(None);
        }
        match parse_date_cell(&with_offset(&text), zone) {
            // A day alone is over at its end: what was clicked on it lies before.
            DateCell::At(at) if text.len() == 10 && text.contains('-') => Ok(Some(Timestamp(at.0 + DAY - 1_000_000))),
            DateCell::At(at) => Ok(Some(at)),
            DateCell::NoZone => Err(self.issue(
                of,
                format!("{text:?} does not say in which zone"),
                "give the shop its zone, such as Europe/Berlin, or write moments as 2026-03-01T10:00:00+01:00",
            )),
            DateCell::NotADate => {
                Err(self.issue(of, format!("{text:?} is no moment"), "write it as 2026-03-01 or 2026-03-01T10:00:00Z"))
            }
        }
    }

    fn money(&self, of: &str, currency: &str) -> Result<Option<model::Money>, Refused> {
        let text = self.text(of);
        if text.is_empty() {
            return Ok(None);
        }
        if model::Currency::new(currency).is_ok_and(|currency| amounts::has_two_readings(&text, currency)) {
            let hint = "write it with its cents, as 1200.00";
            return Err(self.issue(of, format!("{text:?} may be read in two ways"), hint));
        }
        let found = super::amount(of, &text, currency);
        found.map(Some).map_err(|why| {
            let hint = match why.field.as_str() {
                "currency" => "give the file a column currency, or name one for all rows",
                _ => "write it as 49.90",
            };
            self.issue(if why.field == "currency" { "currency" } else { of }, why.problem, hint)
        })
    }

    fn is_yes(&self, of: &str) -> Option<bool> {
        match self.text(of).to_lowercase().as_str() {
            "1" | "yes" | "true" | "y" | "ja" => Some(true),
            "0" | "no" | "false" | "n" | "nein" => Some(false),
            _ => None,
        }
    }

    fn order(&self, zone: Option<&TimeZone>, currency: &str) -> Result<Order, Refused> {
        let number = self.text("order");
        if number.is_empty() {
            return Err(self.issue("order", "is empty".to_owned(), "every row needs the number of its order"));
        }
        let kind = match self.text("kind").to_lowercase().as_str() {
            "" | "sale" | "order" | "shop_order" => ConversionKind::Sale,
            "lead" => ConversionKind::Lead,
            other => {
                let problem = format!("{other:?} is neither a sale nor a lead");
                return Err(self.issue("kind", problem, "write sale or lead, or leave the column out"));
            }
        };
        let at = self
            .moment("at", zone)?
            .ok_or_else(|| self.issue("at", "is empty".to_owned(), "every row needs the moment of its order"))?;
        let own = self.text("currency").to_uppercase();
        let currency = if own.is_empty() { currency } else { own.as_str() };
        let amount = self.money("amount", currency)?;
        if kind == ConversionKind::Sale && amount.is_none() {
            return Err(self.issue("amount", "is empty".to_owned(), "an order needs its amount, as 49.90"));
        }
        let status = self.text("status").to_lowercase();
        let cancelled_at = self.moment("cancelled_at", zone)?;
        let (is_paid, is_over) = match status.as_str() {
            "" | "paid" | "partially_paid" | "partially_refunded" | "partially refunded" | "refunded" | "completed"
            | "complete" | "processing" | "succeeded" | "fulfilled" => (true, false),
            "pending" | "authorized" | "unpaid" | "on-hold" | "on hold" | "expired" | "draft" => (false, false),
            "cancelled" | "canceled" | "voided" | "failed" | "trash" => (false, true),
            other => {
                let problem = format!("{other:?} is no state known here");
                return Err(self.issue(
                    "status",
                    problem,
                    "write paid, pending, cancelled or refunded, or leave it empty",
                ));
            }
        };
        let mut order = Order::new(kind, number);
        let heading = self.places.of("order").map_or("", |place| &self.headings[place]);
        order.is_by_name = !matches!(plain(heading).as_str(), "id" | "order_id");
        order.native_name = Some(self.text("name")).filter(|name| !name.is_empty());
        order.stated = Some(OrderStated {
            // A file says nothing of when it was so: whatever the shop itself told later counts more.
            version: at,
            at,
            is_paid,
            is_test: self.is_yes("test").unwrap_or(false),
            amount,
            cancelled_at: cancelled_at.or(is_over.then_some(at)),
            is_new_customer: self.is_yes("new_customer"),
            country: Some(self.text("country")).filter(|country| !country.is_empty()),
        });
        // What is said to be refunded without an amount went back whole.
        let all = amount.filter(|_| status == "refunded");
        if let Some(mut refunded) = self.money("refunded", currency)?.filter(|money| money.minor_units != 0).or(all) {
            refunded.minor_units = -refunded.minor_units.abs();
            let (kind, external_id) = (MoneyKind::RefundedInFile, "file".to_owned());
            order.money.push(MoneyTold { kind, external_id, at, amount: refunded });
        }
        order.email = Some(self.text("email")).filter(|email| !email.is_empty());
        let codes = self.text("code");
        order.codes = codes.split([',', ';', ' ']).filter(|code| !code.is_empty()).map(str::to_owned).collect();
        let landing = self.text("landing");
        if !landing.is_empty() {
            order.visits.push(Visit { address: landing, at: None });
        }
        order.tokens.extend(Some(self.text("click")).filter(|token| !token.is_empty()));
        order.links.extend(Some(self.text("link")).filter(|link| !link.is_empty()).map(|link| (link, None)));
        order.answer = Some(self.text("heard_from")).filter(|answer| !answer.is_empty());
        Ok(order)
    }
}

/// Pairs such as `order=Order number`.
pub fn map_of(pairs: &[String]) -> Result<Vec<(String, String)>, TrackingError> {
    let read = |pair: &String| {
        let (what, heading) = pair.split_once('=').ok_or_else(|| {
            let why = not_understood("map", format!("{pair:?} is no pair such as order=Number"));
            TrackingError::Field { field: "map", problem: why.problem }
        })?;
        Ok((what.trim().to_lowercase(), heading.trim().to_owned()))
    };
    pairs.iter().map(read).collect()
}
