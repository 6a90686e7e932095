//! Any CSV file, through a column mapper: it proposes what each column means, shows rows, and asks where it cannot know.
//!
//! A mapping is written `interactions:actor=author,target=channel,at=date,text=comment` or `accounts:account=username,…`
//! and can be kept under a name. Nothing is guessed silently: a date without a zone is refused until a zone is given.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use model::facts::{AccountFact, InteractionFact, PostFact, PostKind, ProfileFact};
use model::{
    AccountId, InteractionId, InteractionKind, Platform, PostId, RowIssue, SourceKind, SourcePolicy, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::accounts::changed_at;
use super::csv_file::{CsvFile, CsvRow, Next, file_name, parse_count};
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, size_bytes_of};
use crate::clock::{self, DateCell};

/// What a row of the file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowsAre {
    Interactions,
    Accounts,
}

/// Which column holds which field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ColumnMapping {
    pub rows_are: RowsAre,
    /// Field to heading.
    pub columns: BTreeMap<String, String>,
    /// The kind of every row when there is no such column.
    pub kind: Option<String>,
    /// The time zone of dates that do not say theirs.
    pub zone: Option<String>,
}

/// A field a column can be mapped to, the headings that usually mean it, and whether rows need it.
struct Field {
    name: &'static str,
    headings: &'static [&'static str],
    needed: bool,
}

/// A field by its name, and whether rows need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldName {
    pub name: &'static str,
    pub needed: bool,
}

const fn field(name: &'static str, headings: &'static [&'static str], needed: bool) -> Field {
    Field { name, headings, needed }
}

const INTERACTION_FIELDS: [Field; 8] = [
    field(
        "actor",
        &["actor", "author", "authorname", "commenter", "from", "from_user", "user", "username", "sender"],
        true,
    ),
    field(
        "target",
        &["target", "to", "to_user", "channel", "channelusername", "ownerusername", "in_reply_to", "recipient"],
        true,
    ),
    field(
        "at",
        &["at", "at_unix", "date", "created_at", "timestamp", "time", "published_at", "publishedat", "datetime"],
        true,
    ),
    field("kind", &["kind", "type", "interaction", "action"], false),
    field("text", &["text", "comment", "body", "message", "content"], false),
    field("post", &["post", "post_id", "postid", "video", "video_id", "videoid", "media_id"], false),
    field("post_at", &["post_at", "post_created_at", "post_published_at", "video_published_at", "post_date"], false),
    field("id", &["id", "comment_id", "cid", "message_id"], false),
];

const ACCOUNT_FIELDS: [Field; 7] = [
    field("account", &["account", "handle", "username", "ownerusername", "channelusername", "user"], true),
    field(
        "followers",
        &["followers", "followerscount", "followers_count", "follower_count", "numberofsubscribers", "subscribers"],
        false,
    ),
    field("following", &["following", "followscount", "following_count", "follows"], false),
    field("display_name", &["display_name", "fullname", "full_name", "name", "displayname"], false),
    field("bio", &["bio", "biography", "description", "about"], false),
    field("country", &["country", "countrycode", "country_code"], false),
    field("language", &["language", "lang"], false),
];

/// Headings of rates whose unit cannot be known from the file; they are named, never taken.
const RATES: [&str; 4] = ["engagement_rate", "engagementrate", "er", "avg_engagement"];

impl RowsAre {
    fn fields(self) -> &'static [Field] {
        match self {
            RowsAre::Interactions => &INTERACTION_FIELDS,
            RowsAre::Accounts => &ACCOUNT_FIELDS,
        }
    }

    /// The fields a column can be mapped to, for a form that asks.
    pub fn field_names(self) -> Vec<FieldName> {
        self.fields().iter().map(|field| FieldName { name: field.name, needed: field.needed }).collect()
    }

    fn code(self) -> &'static str {
        match self {
            RowsAre::Interactions => "interactions",
            RowsAre::Accounts => "accounts",
        }
    }
}

impl std::fmt::Display for ColumnMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut pairs: Vec<String> = self.columns.iter().map(|(field, heading)| format!("{field}={heading}")).collect();
        pairs.extend(self.kind.iter().map(|kind| format!("every-kind={kind}")));
        pairs.extend(self.zone.iter().map(|zone| format!("zone={zone}")));
        write!(f, "{}:{}", self.rows_are.code(), pairs.join(","))
    }
}

impl std::str::FromStr for ColumnMapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form =
            "write it as interactions:actor=COLUMN,target=COLUMN,at=COLUMN or accounts:account=COLUMN,followers=COLUMN";
        let (rows, pairs) = text.split_once(':').ok_or_else(|| format!("{text:?} is not a mapping; {form}"))?;
        let rows_are = match rows.trim() {
            "interactions" => RowsAre::Interactions,
            "accounts" => RowsAre::Accounts,
            other => return Err(format!("{other:?} is not a kind of row; {form}")),
        };
        let mut mapping = ColumnMapping { rows_are, columns: BTreeMap::new(), kind: None, zone: None };
        for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (field, heading) =
                pair.split_once('=').ok_or_else(|| format!("{pair:?} is not FIELD=COLUMN; {form}"))?;
            let (field, heading) = (field.trim(), heading.trim().to_owned());
            match field {
                "every-kind" => mapping.kind = Some(heading),
                "zone" => mapping.zone = Some(heading),
                _ if rows_are.fields().iter().any(|known| known.name == field) => {
                    mapping.columns.insert(field.to_owned(), heading);
                }
                _ => {
                    let known: Vec<&str> = rows_are.fields().iter().map(|field| field.name).collect();
                    return Err(format!("there is no field {field:?}; fields are {}", known.join(", ")));
                }
            }
        }
        Ok(mapping)
    }
}

/// What the mapper makes of a file before anything is taken.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Proposal {
    pub mapping: ColumnMapping,
    pub headings: Vec<String>,
    /// The first rows, as they stand.
    pub rows: Vec<Vec<String>>,
    /// What must be answered before the file can be taken.
    pub questions: Vec<String>,
    /// Columns that are recognised and still not taken, and why.
    pub left_out: Vec<String>,
}

/// Reads the headings and five rows and proposes a mapping.
pub fn propose(path: &Path) -> Result<Proposal, IngestError> {
    let mut file = CsvFile::open(path)?;
    let interactions = best_columns(&file, RowsAre::Interactions);
    let rows_are = if interactions.contains_key("actor") && interactions.contains_key("target") {
        RowsAre::Interactions
    } else {
        RowsAre::Accounts
    };
    let columns = best_columns(&file, rows_are);
    let mut mapping = ColumnMapping { rows_are, columns, kind: None, zone: None };
    let headings = file.headings.clone();
    let mut rows = Vec::new();
    while rows.len() < 5 {
        match file.next_row()? {
            Next::End => break,
            Next::Bad(_) => {}
            Next::Row(row) => {
                rows.push(
                    (0..headings.len()).map(|column| row.text(column).unwrap_or("(not UTF-8)").to_owned()).collect(),
                );
            }
        }
    }
    let questions = questions_about(&mapping, &headings, &rows);
    if rows_are == RowsAre::Interactions && !mapping.columns.contains_key("kind") {
        mapping.kind = Some("comment".into());
    }
    let left_out = headings
        .iter()
        .filter(|heading| RATES.iter().any(|rate| heading.eq_ignore_ascii_case(rate)))
        .map(|heading| {
            format!("`{heading}` is another tool's rate: its formula and unit are not known, so it is not taken; Bellwether computes its own")
        })
        .collect();
    Ok(Proposal { mapping, headings, rows, questions, left_out })
}

fn best_columns(file: &CsvFile, rows_are: RowsAre) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    for field in rows_are.fields() {
        let found = field.headings.iter().find_map(|heading| {
            let column = file.column(heading)?;
            let name = &file.headings[column];
            (!columns.values().any(|taken| taken == name)).then(|| name.clone())
        });
        if let Some(found) = found {
            columns.insert(field.name.to_owned(), found);
        }
    }
    columns
}

fn questions_about(mapping: &ColumnMapping, headings: &[String], rows: &[Vec<String>]) -> Vec<String> {
    let mut questions: Vec<String> = mapping
        .rows_are
        .fields()
        .iter()
        .filter(|field| field.needed && !mapping.columns.contains_key(field.name))
        .map(|field| {
            format!("which column is the {}? (--map {}:{}=COLUMN)", field.name, mapping.rows_are.code(), field.name)
        })
        .collect();
    let at = mapping.columns.get("at").and_then(|heading| headings.iter().position(|known| known == heading));
    let cells = at.map(|column| rows.iter().map(move |row| row[column].as_str()));
    if cells.is_some_and(|mut cells| cells.any(|cell| clock::parse_date_cell(cell, None) == DateCell::NoZone)) {
        questions.push("which time zone are the dates in? (add zone=Europe/Berlin, or zone=UTC, to --map)".into());
    }
    questions
}

/// A CSV file with the mapping that says what its columns mean.
pub struct MappedCsv {
    path: PathBuf,
    platform: Platform,
    mapping: ColumnMapping,
    observed_at: Timestamp,
    zone: Option<TimeZone>,
    known: HashSet<AccountId>,
    posts_known: HashSet<PostId>,
}

impl MappedCsv {
    /// Refuses a mapping that lacks a field every row needs, or names an unknown kind or zone.
    pub fn new(path: &Path, platform: Platform, mapping: ColumnMapping) -> Result<MappedCsv, IngestError> {
        for field in mapping.rows_are.fields().iter().filter(|field| field.needed) {
            if !mapping.columns.contains_key(field.name) {
                return Err(IngestError::refused(
                    path.display(),
                    format!("the mapping does not say which column is the {}", field.name),
                    format!("add {}=COLUMN to --map; without --map a mapping is proposed", field.name),
                ));
            }
        }
        if let Some(kind) = &mapping.kind
            && InteractionKind::from_code(kind).is_none()
        {
            return Err(IngestError::refused(
                path.display(),
                format!("{kind:?} is not a kind of interaction"),
                "use every-kind=comment or another kind",
            ));
        }
        let zone = match &mapping.zone {
            None => None,
            Some(name) => Some(clock::zone(name).ok_or_else(|| {
                IngestError::refused(
                    path.display(),
                    format!("{name:?} is not a time zone"),
                    "name it as Europe/Berlin or UTC",
                )
            })?),
        };
        let observed_at = changed_at(path);
        Ok(MappedCsv {
            path: path.to_owned(),
            platform,
            mapping,
            observed_at,
            zone,
            known: HashSet::new(),
            posts_known: HashSet::new(),
        })
    }

    fn positions(&self, file: &CsvFile) -> Result<HashMap<&'static str, usize>, IngestError> {
        let mut positions = HashMap::new();
        for field in self.mapping.rows_are.fields() {
            if let Some(heading) = self.mapping.columns.get(field.name) {
                positions.insert(field.name, file.required_column(heading, &self.path, &self.mapping.to_string())?);
            }
        }
        Ok(positions)
    }

    fn account(&mut self, name: &str, sink: &mut Sink) -> AccountId {
        let name = name.trim_start_matches('@');
        let id = AccountId::of(self.platform, "", name);
        if self.known.insert(id) {
            sink.facts.accounts.push(AccountFact::new(self.platform, "", name));
        }
        id
    }

    fn interaction(&mut self, cells: &Cells<'_>, sink: &mut Sink) -> Result<(), RowIssue> {
        let (actor, target) = (cells.name("actor")?, cells.name("target")?);
        let at = self.moment(cells, "at", cells.needed("at")?)?;
        let post_at = cells.optional("post_at")?.map(|cell| self.moment(cells, "post_at", cell)).transpose()?;
        let kind = match cells.optional("kind")? {
            Some(code) => InteractionKind::from_code(code).ok_or_else(|| {
                cells.issue(
                    "kind",
                    format!("is not a kind of interaction: {code:?}"),
                    "comment, reply, answer, message, mention, repost, quote, like, follow, tag",
                )
            })?,
            None => {
                self.mapping.kind.as_deref().and_then(InteractionKind::from_code).unwrap_or(InteractionKind::Comment)
            }
        };
        let actor = self.account(actor, sink);
        let target = self.account(target, sink);
        let text_id = cells.optional("text")?.map(|body| sink.take_text(body));
        let post = cells.optional("post")?.map(|native| self.post(native, target, at, post_at, sink));
        let id = match cells.optional("id")? {
            Some(native) => InteractionId::native(self.platform, native),
            None => InteractionId::by_content(kind, actor, Some(target), post, at, text_id),
        };
        sink.facts.interactions.push(InteractionFact {
            id,
            kind,
            actor,
            target: Some(target),
            post,
            parent: None,
            at,
            text: text_id,
            by_author: post.is_some() && actor == target,
        });
        Ok(())
    }

    /// The moment in a cell.
    fn moment(&self, cells: &Cells<'_>, field: &str, cell: &str) -> Result<Timestamp, RowIssue> {
        match clock::parse_date_cell(cell, self.zone.as_ref()) {
            DateCell::At(at) => Ok(at),
            DateCell::NoZone => Err(cells.issue(
                field,
                format!("does not say its time zone: {cell:?}"),
                "add zone=UTC (or the right zone) to --map",
            )),
            DateCell::NotADate => {
                let relative = cell.ends_with("ago");
                let hint = if relative {
                    "a time such as \"2 weeks ago\" cannot be placed; export again with dates"
                } else {
                    "rows need a date, e.g. 2026-03-01T10:00:00Z"
                };
                let problem = if cell.is_empty() { "is empty".to_owned() } else { format!("is not a date: {cell:?}") };
                Err(cells.issue(field, problem, hint))
            }
        }
    }

    /// A post that something was said under; when it was made itself only some rows tell.
    fn post(
        &mut self,
        native: &str,
        author: AccountId,
        said_at: Timestamp,
        made_at: Option<Timestamp>,
        sink: &mut Sink,
    ) -> PostId {
        let id = PostId::of(self.platform, native);
        if self.posts_known.insert(id) {
            sink.facts.posts.push(PostFact {
                id,
                platform: self.platform,
                native_id: native.to_owned(),
                author: Some(author),
                created_at: made_at.unwrap_or(said_at),
                kind: if made_at.is_some() { PostKind::Post } else { PostKind::Undated },
                title: None,
                text: None,
                url: None,
                parent: None,
                tags: vec![],
                paid_disclosure: None,
            });
        }
        id
    }

    fn profile(&mut self, cells: &Cells<'_>, sink: &mut Sink) -> Result<(), RowIssue> {
        let account = cells.name("account")?.trim_start_matches('@');
        let count = |field: &str| {
            let Some(cell) = cells.optional(field)? else { return Ok(None) };
            parse_count(cell).map_err(|problem| {
                cells.issue(field, problem, "write a whole number, or leave the cell empty when it is not known")
            })
        };
        let text = |field: &str| cells.optional(field).map(|cell| cell.map(str::to_owned));
        let fact = AccountFact::new(self.platform, "", account);
        let profile = ProfileFact {
            handle: Some(account.to_owned()),
            followers: count("followers")?,
            following: count("following")?,
            display_name: text("display_name")?,
            bio: text("bio")?,
            country: text("country")?,
            language: text("language")?,
            ..ProfileFact::empty(fact.id, self.observed_at)
        };
        sink.facts.accounts.push(fact);
        sink.facts.profiles.push(profile);
        Ok(())
    }
}

/// The mapped cells of one row.
struct Cells<'a> {
    row: &'a CsvRow<'a>,
    positions: &'a HashMap<&'static str, usize>,
    headings: &'a [String],
    file: &'a str,
}

impl<'a> Cells<'a> {
    fn heading(&self, field: &str) -> &str {
        self.positions.get(field).map_or("", |column| self.headings[*column].as_str())
    }

    fn optional(&self, field: &str) -> Result<Option<&'a str>, RowIssue> {
        let Some(&column) = self.positions.get(field) else { return Ok(None) };
        let cell = self.row.text(column).ok_or_else(|| self.row.not_utf8(self.file, self.heading(field)))?;
        Ok((!cell.is_empty()).then_some(cell))
    }

    fn needed(&self, field: &str) -> Result<&'a str, RowIssue> {
        let example = if field == "at" { "rows need a date, e.g. 2026-03-01" } else { "each row needs it" };
        self.optional(field)?.ok_or_else(|| self.issue(field, "is empty", example))
    }

    /// An account's name; refuses what a spreadsheet has rounded.
    fn name(&self, field: &str) -> Result<&'a str, RowIssue> {
        let name = self.needed(field)?;
        let scientific = name.contains("E+") && name.chars().next().is_some_and(|digit| digit.is_ascii_digit());
        if scientific {
            return Err(self.issue(
                field,
                format!("was rounded by a spreadsheet: {name:?}"),
                "format the column as text before saving, so that long ids keep all digits",
            ));
        }
        Ok(name)
    }

    fn issue(&self, field: &str, problem: impl Into<String>, hint: &str) -> RowIssue {
        self.row.issue(self.file, self.heading(field), problem, hint)
    }
}

impl ImportFormat for MappedCsv {
    fn source(&self) -> SourcePolicy {
        SourcePolicy {
            code: format!("csv-{}", self.platform.code()),
            kind: SourceKind::File,
            max_age: Some(model::Days(180)),
            may_derive: true,
            may_mix: true,
            legal_basis: "legitimate interest".into(),
            purpose: "find the people buyers listen to".into(),
            attribution: None,
        }
    }

    fn label(&self) -> String {
        file_name(&self.path)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        fingerprint_of(&[&self.path], &format!("{} {}", self.platform.code(), self.mapping))
    }

    fn size_bytes(&self) -> u64 {
        size_bytes_of(&self.path)
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut file = CsvFile::open(&self.path)?;
        let positions = self.positions(&file)?;
        let (headings, name) = (file.headings.clone(), file.name.clone());
        let mut rows = 0u64;
        loop {
            match file.next_row()? {
                Next::End => break,
                Next::Bad(issue) => sink.note(issue),
                Next::Row(row) => {
                    let cells = Cells { row: &row, positions: &positions, headings: &headings, file: &name };
                    let taken = match self.mapping.rows_are {
                        RowsAre::Interactions => self.interaction(&cells, sink),
                        RowsAre::Accounts => self.profile(&cells, sink),
                    };
                    if let Err(issue) = taken {
                        sink.note(issue);
                    }
                }
            }
            rows += 1;
            sink.rows_read(1);
            if rows.is_multiple_of(4096) {
                sink.bytes_read(file.bytes_read());
            }
            sink.hand_on_if_full()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_as_it_is_written() {
        let text = "interactions:actor=author,at=date,target=channel,every-kind=comment,zone=UTC";
        let mapping: ColumnMapping = text.parse().expect("well formed");
        assert_eq!(mapping.to_string(), text);
        assert!("interactions:colour=red".parse::<ColumnMapping>().is_err());
        assert!("posts:a=b".parse::<ColumnMapping>().is_err());
    }
}
