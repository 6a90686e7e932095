//! Which column of a file of own people is what: guessed from headings, corrected by a person.

use std::collections::BTreeMap;
use std::path::Path;

use model::Platform;
use serde::{Deserialize, Serialize};

use super::{OwnKind, instagram};
use crate::clock::{self, DateCell};
use crate::ingest::IngestError;
use crate::ingest::csv_file::{CsvFile, Next};

/// A field a column can be mapped to.
pub struct OwnField {
    /// The name in `--map` and in forms.
    pub name: &'static str,
    pub words: &'static str,
    /// Headings that usually mean it, in lower case without signs.
    headings: &'static [&'static str],
}

const fn field(name: &'static str, words: &'static str, headings: &'static [&'static str]) -> OwnField {
    OwnField { name, words, headings }
}

/// Every field, in the order in which columns are looked for.
pub const FIELDS: [OwnField; 13] = [
    field(
        "email",
        "E-mail address",
        &["email", "emailaddress", "mail", "customeremail", "subscriberemail", "contactemail", "billingemail"],
    ),
    field("email_sha256", "SHA-256 of the e-mail address", &["emailsha256", "sha256", "hashedemail", "emailhash"]),
    field("platform", "Platform", &["platform", "network", "socialnetwork"]),
    field(
        "handle",
        "Handle",
        &[
            "handle",
            "username",
            "account",
            "screenname",
            "follower",
            "commenter",
            "author",
            "ownerusername",
            "instagram",
            "instagramhandle",
            "instagramusername",
            "tiktok",
            "tiktokhandle",
            "tiktokusername",
            "youtube",
            "youtubehandle",
            "user",
            "socialhandle",
        ],
    ),
    field("id", "The platform’s own id", &["userid", "accountid", "nativeid", "pk", "channelid"]),
    field("first_name", "First name", &["firstname", "givenname", "billingfirstname"]),
    field("last_name", "Last name", &["lastname", "surname", "familyname", "billinglastname"]),
    field("name", "Name", &["fullname", "displayname", "customername", "billingname", "name", "customer"]),
    field("link", "Link", &["profileurl", "profilelink", "link", "url", "website", "site", "homepage"]),
    field(
        "first",
        "Day, or first day",
        &[
            "first",
            "firstat",
            "followedat",
            "firstorder",
            "firstorderdate",
            "since",
            "membersince",
            "subscribedat",
            "confirmtime",
            "optintime",
            "dateadded",
            "createdat",
            "created",
            "orderdate",
            "paidat",
            "date",
            "timestamp",
            "at",
        ],
    ),
    field("last", "Last day", &["last", "lastat", "lastorder", "lastorderdate", "lastseen", "lastopened"]),
    field(
        "count",
        "How many",
        &["count", "times", "orderscount", "totalorders", "numberoforders", "orders", "comments", "likes", "opens"],
    ),
    field("order", "Order number", &["order", "orderid", "ordernumber", "orderno"]),
];

/// Which column holds which field, and the zone of dates that do not say theirs.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct OwnMapping {
    /// Field to heading.
    pub columns: BTreeMap<String, String>,
    pub zone: Option<String>,
}

impl std::fmt::Display for OwnMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut pairs: Vec<String> = self.columns.iter().map(|(field, heading)| format!("{field}={heading}")).collect();
        pairs.extend(self.zone.iter().map(|zone| format!("zone={zone}")));
        f.write_str(&pairs.join(","))
    }
}

impl std::str::FromStr for OwnMapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut mapping = OwnMapping::default();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (field, heading) = pair
                .split_once('=')
                .ok_or_else(|| format!("{pair:?} is not FIELD=COLUMN; write it as handle=COLUMN,first=COLUMN"))?;
            let (field, heading) = (field.trim(), heading.trim().to_owned());
            match field {
                "zone" => mapping.zone = Some(heading),
                _ if FIELDS.iter().any(|known| known.name == field) => {
                    mapping.columns.insert(field.to_owned(), heading);
                }
                _ => {
                    let known: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
                    return Err(format!("there is no field {field:?}; fields are {}, zone", known.join(", ")));
                }
            }
        }
        Ok(mapping)
    }
}

/// What is made of a file before anything is kept.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OwnProposal {
    pub mapping: OwnMapping,
    /// What a heading says the handles are of.
    pub platform: Option<Platform>,
    /// Empty where the file has no columns.
    pub headings: Vec<String>,
    /// The first rows, as they stand.
    #[serde(skip)]
    pub rows: Vec<Vec<String>>,
    /// What must be answered before the file can be taken.
    pub questions: Vec<String>,
}

impl OwnProposal {
    /// The same with columns somebody chose before, and what is still to be answered then.
    pub fn with_mapping(self, mapping: OwnMapping, kind: OwnKind) -> OwnProposal {
        let questions = questions_about(&mapping, self.platform, kind, &self.headings, &self.rows);
        OwnProposal { mapping, questions, ..self }
    }
}

const ROWS_SHOWN: usize = 5;

/// Reads the headings and five rows, and says what each column seems to be.
pub fn propose(path: &Path, kind: OwnKind, platform: Option<Platform>) -> Result<OwnProposal, IngestError> {
    if instagram::is_json(path)? {
        return Ok(OwnProposal {
            mapping: OwnMapping::default(),
            platform: Some(Platform::Instagram),
            headings: vec![],
            rows: vec![],
            questions: vec![],
        });
    }
    let mut file = CsvFile::open(path)?;
    let headings = file.headings.clone();
    let mut rows = vec![];
    while rows.len() < ROWS_SHOWN {
        match file.next_row()? {
            Next::End => break,
            Next::Bad(_) => {}
            Next::Row(row) => {
                let cell = |column| row.text(column).unwrap_or("(not UTF-8)").to_owned();
                rows.push((0..headings.len()).map(cell).collect::<Vec<String>>());
            }
        }
    }
    let columns = guessed(&headings, &rows, kind);
    let platform = platform.or_else(|| columns.get("handle").and_then(|heading| platform_in(heading)));
    let mapping = OwnMapping { columns, zone: None };
    let questions = questions_about(&mapping, platform, kind, &headings, &rows);
    Ok(OwnProposal { mapping, platform, headings, rows, questions })
}

/// A heading in lower case without signs.
fn bare(heading: &str) -> String {
    heading.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The platform that a heading such as "Instagram handle" names.
fn platform_in(heading: &str) -> Option<Platform> {
    let bare = bare(heading);
    Platform::ALL
        .into_iter()
        .filter(|platform| !matches!(platform, Platform::Other | Platform::X))
        .find(|platform| bare.starts_with(platform.code()))
}

fn guessed(headings: &[String], rows: &[Vec<String>], kind: OwnKind) -> BTreeMap<String, String> {
    let mut columns: BTreeMap<String, String> = BTreeMap::new();
    // Shops call the order's number "Name" and write it "#1001".
    let numbered = |column: usize| rows.iter().any(|row| row[column].starts_with('#'));
    if kind == OwnKind::Orders
        && let Some(column) = headings.iter().position(|heading| bare(heading) == "name").filter(|at| numbered(*at))
    {
        columns.insert("order".to_owned(), headings[column].clone());
    }
    for field in &FIELDS {
        if columns.contains_key(field.name) || (field.name == "order" && kind != OwnKind::Orders) {
            continue;
        }
        let found = field.headings.iter().find_map(|wanted| {
            headings.iter().find(|heading| bare(heading) == *wanted && !columns.values().any(|taken| taken == *heading))
        });
        if let Some(found) = found {
            columns.insert(field.name.to_owned(), found.clone());
        }
    }
    columns
}

/// Fields by which somebody can be told.
pub(super) const TELLING: [&str; 5] = ["handle", "id", "email", "email_sha256", "link"];

/// What a person has to say about a mapping before rows can be taken.
fn questions_about(
    mapping: &OwnMapping,
    platform: Option<Platform>,
    kind: OwnKind,
    headings: &[String],
    rows: &[Vec<String>],
) -> Vec<String> {
    let has = |field: &str| mapping.columns.contains_key(field);
    let mut questions = vec![];
    if !TELLING.iter().any(|field| has(field)) {
        questions.push(
            "which column tells who somebody is: a handle, an id, an e-mail address, its SHA-256 or a link? \
             (--map handle=COLUMN)"
                .to_owned(),
        );
    }
    if kind.is_platform_export() && (has("handle") || has("id")) && !has("platform") && platform.is_none() {
        questions.push("which platform are the handles of? (--platform instagram)".to_owned());
    }
    let zoneless = ["first", "last"].iter().any(|field| {
        let column = mapping.columns.get(*field).and_then(|heading| headings.iter().position(|known| known == heading));
        column.is_some_and(|column| rows.iter().any(|row| date_cell(&row[column], None) == DateCell::NoZone))
    });
    if zoneless && mapping.zone.is_none() {
        questions.push("which time zone are the dates in? (add zone=Europe/Berlin, or zone=UTC, to --map)".to_owned());
    }
    questions
}

/// A date as shops and mailers write one: also `2026-03-01 10:00:00 -0500` and `2026-03-01 10:00 UTC`.
pub(super) fn date_cell(text: &str, zone: Option<&jiff::tz::TimeZone>) -> DateCell {
    let read = clock::parse_date_cell(text, zone);
    if read != DateCell::NotADate {
        return read;
    }
    let Some((moment, offset)) = text.trim().rsplit_once(' ') else { return read };
    let is_offset =
        offset.len() == 5 && offset.starts_with(['+', '-']) && offset[1..].bytes().all(|digit| digit.is_ascii_digit());
    let offset = match offset {
        "UTC" | "GMT" | "Z" => "Z".to_owned(),
        offset if is_offset => format!("{}:{}", &offset[..3], &offset[3..]),
        offset if offset.len() == 6 && offset.starts_with(['+', '-']) => offset.to_owned(),
        _ => return read,
    };
    clock::parse_date_cell(&format!("{}{offset}", moment.trim().replacen(' ', "T", 1)), zone)
}
