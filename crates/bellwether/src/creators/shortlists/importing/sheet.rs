//! A file of people as it stands: its headings, its rows, whom each row names, and how a row is refused.

use std::path::Path;

use model::{AccountId, Platform, RowIssue};

use super::super::PEOPLE_MAX;
use super::super::exporting::{COLUMN_MARK, ESTIMATES, FIRST};
use crate::creators::CreatorsError;
use crate::ingest::csv_file::{CsvFile, Next};
use crate::web::csv::{PARTS, as_typed};

/// Rows of one file.
const ROWS_MAX: u64 = 20_000;

/// What a row says, as it stands in the file.
#[derive(Clone, Default, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) account: String,
    pub(super) platform: String,
    pub(super) native_id: String,
    pub(super) handle: String,
    pub(super) name: String,
    pub(super) link: String,
    pub(super) note: String,
    pub(super) owner: String,
    pub(super) added_at: String,
    pub(super) picked_on: String,
    /// By column's name.
    pub(super) values: Vec<(String, String)>,
}

/// A file as it was read.
pub(super) struct Sheet {
    pub(super) file: String,
    pub(super) rows: Vec<Row>,
    pub(super) refused: Vec<RowIssue>,
    pub(super) columns: Vec<String>,
    pub(super) not_taken: Vec<String>,
}

/// What a heading means.
pub(super) enum Heading {
    Part(fn(&mut Row) -> &mut String),
    Column(String),
    /// Known, and made here: not read back.
    Ours,
    Foreign,
}

pub(super) fn heading_of(heading: &str, held: &[String]) -> Heading {
    let plain = heading.trim().to_lowercase().replace([' ', '-'], "_");
    let part: fn(&mut Row) -> &mut String = match plain.as_str() {
        "account" | "account_id" => |row| &mut row.account,
        "platform" => |row| &mut row.platform,
        "native_id" | "id" => |row| &mut row.native_id,
        "handle" | "username" => |row| &mut row.handle,
        "name" | "creator" => |row| &mut row.name,
        "url" | "link" => |row| &mut row.link,
        "note" | "notes" => |row| &mut row.note,
        "owner" => |row| &mut row.owner,
        "added_at" => |row| &mut row.added_at,
        "picked_on" => |row| &mut row.picked_on,
        _ => {
            let marked = heading.trim().get(..COLUMN_MARK.len()).filter(|mark| mark.eq_ignore_ascii_case(COLUMN_MARK));
            if marked.is_some() {
                return Heading::Column(heading.trim()[COLUMN_MARK.len()..].trim().to_owned());
            }
            // What an export has of its own comes first: a column of the list may bear the same name, and has the mark there.
            let of_estimate = |name: &&str| PARTS.iter().any(|part| plain == format!("{name}_{part}"));
            let ours = FIRST.contains(&plain.as_str()) || ESTIMATES.iter().any(of_estimate);
            if ours {
                return Heading::Ours;
            }
            let same = held.iter().find(|name| name.to_lowercase() == heading.trim().to_lowercase());
            return same.map_or(Heading::Foreign, |name| Heading::Column(name.clone()));
        }
    };
    Heading::Part(part)
}

pub(super) fn unreadable(words: String) -> CreatorsError {
    CreatorsError::ListChange(words)
}

pub(super) fn read(place: &Path, held: &[String]) -> Result<Sheet, CreatorsError> {
    let mut file = CsvFile::open(place).map_err(|error| unreadable(error.to_string()))?;
    let headings: Vec<(String, Heading)> =
        file.headings.iter().map(|heading| (heading.clone(), heading_of(heading, held))).collect();
    let says_who = |heading: &Heading| match heading {
        Heading::Part(part) => {
            let mut row = Row::default();
            part(&mut row).push('x');
            [&row.account, &row.native_id, &row.handle, &row.name, &row.link].iter().any(|part| !part.is_empty())
        }
        _ => false,
    };
    if !headings.iter().any(|(_, heading)| says_who(heading)) {
        return Err(unreadable(format!(
            "no column of {} says who is meant; its headings are: {}\nhint: give a column account, url, handle (with \
             platform), native_id (with platform) or name",
            file.name,
            file.headings.join(", ")
        )));
    }
    let name = file.name.clone();
    let mut sheet = Sheet { file: name.clone(), rows: vec![], refused: vec![], columns: vec![], not_taken: vec![] };
    for (words, heading) in &headings {
        match heading {
            Heading::Column(column) if !sheet.columns.contains(column) => sheet.columns.push(column.clone()),
            Heading::Foreign => sheet.not_taken.push(words.clone()),
            _ => {}
        }
    }
    let mut count = 0;
    loop {
        let cells = match file.next_row().map_err(|error| unreadable(error.to_string()))? {
            Next::End => return Ok(sheet),
            Next::Bad(issue) => {
                sheet.refused.push(issue);
                continue;
            }
            Next::Row(cells) => cells,
        };
        count += 1;
        if count > ROWS_MAX {
            return Err(unreadable(format!(
                "{name} has more than {ROWS_MAX} rows\nhint: a shortlist holds {} people; split the file",
                PEOPLE_MAX
            )));
        }
        let mut row = Row { number: cells.number, ..Row::default() };
        let mut is_readable = true;
        for (place, (words, heading)) in headings.iter().enumerate() {
            if matches!(heading, Heading::Ours | Heading::Foreign) {
                continue;
            }
            let Some(cell) = cells.text(place) else {
                sheet.refused.push(cells.not_utf8(&name, words));
                is_readable = false;
                break;
            };
            let cell = as_typed(cell).to_owned();
            match heading {
                Heading::Part(part) => *part(&mut row) = cell,
                Heading::Column(column) => row.values.push((column.clone(), cell)),
                Heading::Ours | Heading::Foreign => {}
            }
        }
        if is_readable {
            sheet.rows.push(row);
        }
    }
}

pub(super) fn refusal(file: &str, row: &Row, column: &str, problem: impl Into<String>, hint: &str) -> RowIssue {
    RowIssue {
        file: file.to_owned(),
        row: Some(row.number),
        column: Some(column.to_owned()),
        problem: problem.into(),
        hint: hint.to_owned(),
        refused: true,
    }
}

/// A person as a row names them: where to look, and what the column is called.
pub(super) struct Named {
    pub(super) column: &'static str,
    pub(super) platform: Option<Platform>,
    /// Without `@`.
    pub(super) text: String,
    /// The accounts that have exactly this id.
    pub(super) accounts: Vec<AccountId>,
}

/// Everything a row says of who is meant, the surest first; or what is wrong with it.
pub(super) fn naming(row: &Row) -> Result<Vec<Named>, (&'static str, String, &'static str)> {
    let platform = match row.platform.as_str() {
        "" => None,
        code => Some(Platform::from_code(&code.replace([' ', '_', '-'], "")).ok_or((
            "platform",
            format!("is no platform known here: {code:?}"),
            "write it as instagram, tiktok, youtube, bluesky, mastodon, x, reddit, twitch, stackexchange or other",
        ))?),
    };
    let plain = |text: &str| text.trim_start_matches('@').to_owned();
    let by_id = |text: &str| platform.map(|platform| AccountId::of(platform, "", &plain(text))).into_iter().collect();
    let mut named = vec![];
    if !row.account.is_empty() {
        let account: AccountId = row.account.parse().map_err(|_| {
            let problem = format!("is no account’s number: {:?}", row.account);
            ("account", problem, "take it from an exported list, or name them by handle and platform")
        })?;
        named.push(Named { column: "account", platform, text: String::new(), accounts: vec![account] });
    }
    if !row.native_id.is_empty() {
        if platform.is_none() {
            return Err(("platform", "is empty".to_owned(), "an id says who is meant only with its platform"));
        }
        named.push(Named { column: "native_id", platform, text: String::new(), accounts: by_id(&row.native_id) });
    }
    if !row.link.is_empty() {
        match link_of(&row.link) {
            Some((platform, text)) => named.push(Named {
                column: "url",
                platform: Some(platform),
                accounts: vec![AccountId::of(platform, "", &text)],
                text,
            }),
            None if named.is_empty() && row.handle.is_empty() && row.name.is_empty() => {
                let problem = format!("leads to no account that can be told: {:?}", row.link);
                return Err(("url", problem, "give the address of a profile, or the handle with its platform"));
            }
            None => {}
        }
    }
    for (column, text) in [("handle", &row.handle), ("name", &row.name)] {
        if !text.is_empty() {
            named.push(Named { column, platform, text: plain(text), accounts: by_id(text) });
        }
    }
    if named.is_empty() {
        return Err((
            "account",
            "nothing in the row says who is meant".to_owned(),
            "fill in who it is, or drop the row",
        ));
    }
    Ok(named)
}

/// The platform and the name in a profile's address.
pub(super) fn link_of(link: &str) -> Option<(Platform, String)> {
    let bare =
        link.trim().strip_prefix("https://").or_else(|| link.trim().strip_prefix("http://")).unwrap_or(link.trim());
    let bare = bare.split(['?', '#']).next()?;
    let mut parts = bare.split('/').filter(|part| !part.is_empty());
    let host = parts.next()?.to_lowercase();
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).unwrap_or(&host).to_owned();
    let path: Vec<&str> = parts.collect();
    let first = |platform: Platform| Some((platform, path.first()?.trim_start_matches('@').to_owned()));
    let behind = |platform: Platform, words: &[&str]| {
        let at = path.iter().position(|part| words.contains(part))?;
        Some((platform, path.get(at + 1)?.trim_start_matches('@').to_owned()))
    };
    match host.as_str() {
        "instagram.com" => first(Platform::Instagram),
        "tiktok.com" => first(Platform::TikTok),
        "youtube.com" => behind(Platform::YouTube, &["channel", "c", "user"]).or_else(|| first(Platform::YouTube)),
        "bsky.app" => behind(Platform::Bluesky, &["profile"]),
        "x.com" | "twitter.com" => first(Platform::X),
        "reddit.com" | "old.reddit.com" => behind(Platform::Reddit, &["user", "u"]),
        "twitch.tv" => first(Platform::Twitch),
        host => {
            let site = host.strip_suffix(".stackexchange.com")?;
            let (platform, user) = behind(Platform::StackExchange, &["users"])?;
            Some((platform, format!("{site}/{user}")))
        }
    }
}
