//! Everything about contacts taken out again: JSON with every touch and mail, a table, or cards that address books read.

use std::collections::HashMap;

use serde::Serialize;
use store::outreach::contacts::{ContactFilter, ContactOrder};

use super::contacts::{self, AddressShown, TouchShown, touch_shown};
use super::files::FileShown;
use super::inbox::{MailShown, mail_shown};
use super::{OutreachError, TEAM, choices, files};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::web::csv::Sheet;

/// Contacts read together.
const PORTION: u64 = 500;
/// Octets of a line of a card (RFC 6350, section 3.2).
const CARD_LINE_OCTETS: usize = 75;

/// As what contacts are taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportForm {
    Json,
    Csv,
    Cards,
}

impl ExportForm {
    pub fn from_code(code: &str) -> Option<ExportForm> {
        match code {
            "json" => Some(ExportForm::Json),
            "csv" => Some(ExportForm::Csv),
            "vcard" => Some(ExportForm::Cards),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            ExportForm::Json => "application/json",
            ExportForm::Csv => "text/csv; charset=utf-8",
            ExportForm::Cards => "text/vcard; charset=utf-8",
        }
    }
}

/// A contact with everything.
#[derive(Serialize)]
struct Whole {
    id: i64,
    name: String,
    greeting: String,
    stage: &'static str,
    stage_since: String,
    owner: String,
    language: String,
    zone: String,
    source: String,
    informed_at: Option<String>,
    addresses: Vec<AddressShown>,
    accounts: Vec<String>,
    tags: Vec<String>,
    fields: HashMap<String, String>,
    tasks: Vec<String>,
    files: Vec<FileShown>,
    touches: Vec<TouchShown>,
    mails: Vec<MailShown>,
    /// What they chose in deals, and where it is sent.
    choices: Vec<String>,
    /// Where a hand put them on the boards of campaigns.
    campaign_moves: Vec<String>,
    /// What they contested, with the answers.
    contests: Vec<String>,
}

/// Takes contacts out; the bytes of a file, and how many there are.
pub async fn export(
    data: &DataDirectory,
    filter: &ContactFilter,
    form: ExportForm,
) -> Result<(Vec<u8>, u64), OutreachError> {
    let mut people = Vec::new();
    loop {
        let (rows, _) = data.store.contacts_found(filter, ContactOrder::Name, people.len() as u64, PORTION).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            people.push(whole(data, row.id, form == ExportForm::Json).await?);
        }
    }
    let count = people.len() as u64;
    let bytes = match form {
        ExportForm::Json => {
            let mut bytes = serde_json::to_vec_pretty(&people).expect("contacts are plain");
            bytes.push(b'\n');
            bytes
        }
        ExportForm::Csv => table(&people),
        ExportForm::Cards => people.iter().map(card).collect::<String>().into_bytes(),
    };
    data.store.add_audit(data.now(), TEAM, "contacts taken out", &format!("{count} contacts"), "").await?;
    Ok((bytes, count))
}

async fn whole(data: &DataDirectory, id: i64, with_history: bool) -> Result<Whole, OutreachError> {
    let shown = contacts::shown(data, id).await?;
    let (mut touches, mut mails) = (Vec::new(), Vec::new());
    if with_history {
        touches = data.store.touches(id, None, u64::from(u32::MAX)).await?.into_iter().map(touch_shown).collect();
        let (threads, _) = data
            .store
            .threads(store::outreach::threads::ThreadsOf::Everything, Some(id), None, 0, u64::from(u32::MAX))
            .await?;
        for thread in threads {
            mails.extend(data.store.thread_mails(thread.id).await?.into_iter().map(mail_shown));
        }
    }
    let (mut chosen, mut moved) = (Vec::new(), Vec::new());
    if with_history {
        for (deal, choice) in choices::of_contact(data, id).await? {
            let place = choice.address.as_ref().map_or_else(String::new, |address| format!(", sent to {address}"));
            chosen.push(format!("deal {deal}: {}{place}", choice.words()));
        }
        for (campaign, one) in data.store.moves_of_contact(id).await? {
            let to = if one.held.to.is_empty() { "where the facts lead" } else { &one.held.to };
            moved.push(format!(
                "{}: {campaign}: {} to {to} by {}",
                clock::iso(one.held.at),
                one.stage_before,
                one.held.actor
            ));
        }
    }
    let mut contests = Vec::new();
    if with_history {
        for row in data.store.contests_of(id).await? {
            let answer = if row.answer.is_empty() { String::new() } else { format!("; answered: {}", row.answer) };
            let on = clock::iso(row.opened_at);
            contests.push(format!("{on}: {} ({}): {}, {}{answer}", row.what, row.said, row.claim, row.state.words()));
        }
    }
    let row = shown.row;
    Ok(Whole {
        id,
        name: row.name,
        greeting: row.greeting,
        stage: row.stage.code(),
        stage_since: clock::iso(row.stage_since),
        owner: row.owner,
        language: row.language,
        zone: row.zone,
        source: row.source,
        informed_at: row.informed_at.map(clock::iso),
        addresses: shown.addresses,
        accounts: shown.accounts.iter().map(ToString::to_string).collect(),
        tags: shown.tags,
        fields: shown
            .fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| (field.name, value))
            .collect(),
        tasks: shown.tasks.into_iter().map(|task| format!("{}: {}", task.due_on, task.title)).collect(),
        files: files::of(data, id).await?,
        touches,
        mails,
        choices: chosen,
        campaign_moves: moved,
        contests,
    })
}

/// One row a contact, with the headings that an import reads.
fn table(people: &[Whole]) -> Vec<u8> {
    let mut sheet = Sheet::new(&["name", "email", "greeting", "language", "zone", "owner", "tags", "source", "stage"]);
    for of in people {
        let emails: Vec<&str> = of.addresses.iter().map(|address| address.address.as_str()).collect();
        sheet.row([
            of.name.as_str(),
            &emails.join("; "),
            &of.greeting,
            &of.language,
            &of.zone,
            &of.owner,
            &of.tags.join("; "),
            &of.source,
            of.stage,
        ]);
    }
    sheet.bytes()
}

/// A card (vCard 4.0, RFC 6350).
fn card(of: &Whole) -> String {
    let escaped = |text: &str| {
        text.replace('\\', "\\\\")
            .replace(',', "\\,")
            .replace(';', "\\;")
            .replace("\r\n", "\\n")
            .replace(['\n', '\r'], "\\n")
    };
    let mut lines = vec!["BEGIN:VCARD".to_owned(), "VERSION:4.0".to_owned()];
    lines.push(format!("UID:bellwether-contact-{}", of.id));
    lines.push(format!("FN:{}", escaped(&of.name)));
    for address in of.addresses.iter().filter(|address| address.channel == model::outreach::Channel::Email) {
        let preferred = if address.is_main { ";PREF=1" } else { "" };
        lines.push(format!("EMAIL{preferred}:{}", escaped(&address.address)));
    }
    if !of.tags.is_empty() {
        let tags: Vec<String> = of.tags.iter().map(|tag| escaped(tag)).collect();
        lines.push(format!("CATEGORIES:{}", tags.join(",")));
    }
    if !of.zone.is_empty() {
        lines.push(format!("TZ:{}", escaped(&of.zone)));
    }
    if !of.language.is_empty() {
        lines.push(format!("LANG:{}", escaped(&of.language)));
    }
    if !of.source.is_empty() {
        lines.push(format!("NOTE:{}", escaped(&format!("from {}", of.source))));
    }
    lines.push("END:VCARD".to_owned());
    lines.iter().map(|line| format!("{}\r\n", folded(line))).collect()
}

/// A line broken after so many octets, never within a letter.
fn folded(line: &str) -> String {
    let mut text = String::with_capacity(line.len() + line.len() / 60);
    let mut octets = 0;
    for letter in line.chars() {
        if octets + letter.len_utf8() > CARD_LINE_OCTETS {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(letter);
        octets += letter.len_utf8();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_escapes_what_means_something_and_breaks_long_lines_between_letters() {
        let of = Whole {
            id: 7,
            name: "Ana; Brew, \"é\"".to_owned() + &"ü".repeat(60),
            greeting: String::new(),
            stage: "write",
            stage_since: String::new(),
            owner: String::new(),
            language: "de".to_owned(),
            zone: String::new(),
            source: "her\npage".to_owned(),
            informed_at: None,
            addresses: vec![],
            accounts: vec![],
            tags: vec!["a,b".to_owned()],
            fields: HashMap::new(),
            tasks: vec![],
            files: vec![],
            touches: vec![],
            mails: vec![],
            choices: vec![],
            campaign_moves: vec![],
            contests: vec![],
        };
        let card = card(&of);
        assert!(card.lines().all(|line| line.len() <= CARD_LINE_OCTETS), "{card}");
        let unfolded = card.replace("\r\n ", "");
        assert!(
            unfolded.contains("FN:Ana\\; Brew\\, \"é\"ü") && unfolded.contains("CATEGORIES:a\\,b\r\n"),
            "{unfolded}"
        );
        assert!(unfolded.contains("NOTE:from her\\npage\r\n"), "{unfolded}");
    }
}
