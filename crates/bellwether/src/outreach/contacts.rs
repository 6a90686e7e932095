//! Contacts: made from creators or by hand, found, moved along, tagged, with the timeline of every touch.

use std::collections::HashMap;

use model::outreach::{Channel, Stage, StopReason, SuppressionReason, TouchKind};
use model::{AccountId, Timestamp};
use serde::Serialize;
use store::outreach::contacts::{ContactChange, ContactFilter, ContactOrder, ContactRow, NewAddress, NewContact};
use store::outreach::tasks::TaskRow;
use store::outreach::touches::{NewTouch, TouchRow};

use super::mailboxes::looks_like_an_address;
use super::sealing::{address_hash, seal, unseal};
use super::settings::known_zone;
use super::{OutreachError, TEAM, one_line};
use crate::data_directory::DataDirectory;
use crate::{clock, creators};

const NAME_LETTERS_MAX: usize = 120;
const NOTE_LETTERS_MAX: usize = 20_000;

/// An address as it may be shown to whoever works here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AddressShown {
    pub id: i64,
    pub channel: Channel,
    pub address: String,
    pub basis: String,
    pub source: String,
    pub is_main: bool,
    /// Why it must not be written to.
    pub barred: Option<String>,
    #[serde(skip)]
    pub hash: String,
}

/// A contact as somebody gives one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ContactGiven {
    pub name: String,
    pub greeting: String,
    pub addresses: Vec<(Channel, String)>,
    /// Why the addresses may be written to, and where they came from.
    pub basis: String,
    pub source: String,
    pub accounts: Vec<AccountId>,
    pub owner: String,
    pub language: String,
    pub zone: String,
    pub tags: Vec<String>,
    pub stage: Option<Stage>,
}

/// Everything about a contact that their page shows.
#[derive(Clone, PartialEq, Debug)]
pub struct ContactShown {
    pub row: ContactRow,
    pub addresses: Vec<AddressShown>,
    pub accounts: Vec<AccountId>,
    pub tags: Vec<String>,
    pub tasks: Vec<TaskRow>,
    /// Field, its kind, what stands in it.
    pub fields: Vec<(store::outreach::tasks::FieldRow, String)>,
    /// Which of our mailboxes wrote last, and when.
    pub last_written: Option<(String, Timestamp)>,
}

/// An address about to be kept, sealed.
pub fn new_address(
    data: &DataDirectory,
    channel: Channel,
    address: &str,
    basis: &str,
    source: &str,
) -> Result<NewAddress, OutreachError> {
    let address = one_line("address", address, 254)?;
    if channel == Channel::Email && !looks_like_an_address(&address) {
        return Err(OutreachError::Field { field: "address", problem: format!("{address:?} is no e-mail address") });
    }
    if address.is_empty() {
        return Err(OutreachError::Field { field: "address", problem: "it is empty".to_owned() });
    }
    Ok(NewAddress {
        channel,
        sealed: seal(&data.outreach_key, "address", &address),
        hash: address_hash(&data.outreach_key, channel, &address),
        basis: one_line("basis", basis, 200)?,
        source: one_line("source", source, 300)?,
    })
}

/// What somebody gave, looked at; nothing is kept yet.
pub async fn checked(data: &DataDirectory, given: ContactGiven) -> Result<NewContact, OutreachError> {
    let mut name = one_line("name", &given.name, NAME_LETTERS_MAX)?;
    if name.is_empty() && !given.accounts.is_empty() {
        let names = creators::names(data, given.accounts.clone()).await?;
        name = given
            .accounts
            .iter()
            .find_map(|account| names.get(account))
            .map_or(String::new(), |name| name.name.clone());
    }
    if name.is_empty() {
        let problem = "a contact needs a name".to_owned();
        return Err(OutreachError::Field { field: "name", problem });
    }
    let mut addresses = Vec::with_capacity(given.addresses.len());
    for (channel, address) in &given.addresses {
        addresses.push(new_address(data, *channel, address, &given.basis, &given.source)?);
    }
    let hashes: Vec<String> = addresses.iter().map(|address| address.hash.clone()).collect();
    if data.store.suppressed(&hashes).await?.iter().any(|row| row.reason == SuppressionReason::Erased) {
        let problem = "whose address this is asked to be forgotten; nothing about them is taken in again".to_owned();
        return Err(OutreachError::Field { field: "address", problem });
    }
    let tags = given.tags.iter().map(|tag| one_line("tag", tag, 60)).collect::<Result<Vec<_>, _>>()?;
    Ok(NewContact {
        greeting: one_line("greeting", &given.greeting, 80)?,
        name,
        stage: given.stage.unwrap_or(Stage::Write),
        owner: one_line("owner", &given.owner, 80)?,
        language: one_line("language", &given.language, 10)?,
        zone: known_zone(given.zone.trim(), "zone")?,
        source: one_line("source", &given.source, 300)?,
        addresses,
        accounts: given.accounts,
        tags: tags.into_iter().filter(|tag| !tag.is_empty()).collect(),
    })
}

/// Makes a contact.
pub async fn add(data: &DataDirectory, given: ContactGiven) -> Result<i64, OutreachError> {
    let shown = given.addresses.first().map_or(String::new(), |(_, address)| address.clone());
    let held = data.store.contacts_of_accounts(&given.accounts).await?;
    if let Some((_, contact)) = held.first() {
        return Err(OutreachError::AddressTaken { address: "this creator".to_owned(), contact: *contact });
    }
    let new = checked(data, given).await?;
    match data.store.add_contact(&new, None, TEAM, data.now()).await? {
        Ok(id) => {
            data.store.adopt_mails(id, TEAM).await?;
            Ok(id)
        }
        Err(contact) => Err(OutreachError::AddressTaken { address: shown, contact }),
    }
}

/// A contact by their number, their address or, where only one is called so, their name.
pub async fn find(data: &DataDirectory, named: &str) -> Result<ContactRow, OutreachError> {
    let nobody = || OutreachError::NoContact(named.to_owned());
    if let Ok(id) = named.parse::<i64>() {
        return followed(data, id).await?.ok_or_else(nobody);
    }
    let mut filter = ContactFilter::default();
    if named.contains('@') {
        filter.address_hash = Some(address_hash(&data.outreach_key, Channel::Email, named));
    } else {
        filter.words = Some(named.to_owned());
    }
    let (found, _) = data.store.contacts_found(&filter, ContactOrder::Name, 0, 50).await?;
    let exactly: Vec<&ContactRow> = found.iter().filter(|row| row.name.eq_ignore_ascii_case(named)).collect();
    match (found.as_slice(), exactly.as_slice()) {
        ([one], _) => Ok(one.clone()),
        (_, [one]) => Ok((*one).clone()),
        ([], _) => Err(nobody()),
        (several, _) => Err(OutreachError::Refused(format!(
            "{} contacts are called {named:?}\nhint: give the number: {}",
            several.len(),
            several.iter().take(5).map(|row| format!("{} {}", row.id, row.name)).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// A contact, or the one they became part of.
async fn followed(data: &DataDirectory, mut id: i64) -> Result<Option<ContactRow>, OutreachError> {
    loop {
        match data.store.contact(id).await? {
            Some(row) => match row.merged_into {
                Some(into) => id = into,
                None => return Ok(Some(row)),
            },
            None => return Ok(None),
        }
    }
}

/// Everything their page shows.
pub async fn shown(data: &DataDirectory, id: i64) -> Result<ContactShown, OutreachError> {
    let row = followed(data, id).await?.ok_or_else(|| OutreachError::NoContact(id.to_string()))?;
    let id = row.id;
    let fields = data.store.contact_fields().await?;
    let values: HashMap<i64, String> =
        data.store.contact_values(&[id]).await?.into_iter().map(|(_, field, value)| (field, value)).collect();
    Ok(ContactShown {
        addresses: addresses(data, &[id]).await?.remove(&id).unwrap_or_default(),
        accounts: data.store.contact_accounts(id).await?,
        tags: data.store.contact_tags(&[id]).await?.into_iter().map(|(_, tag)| tag).collect(),
        tasks: data.store.open_tasks(&[id]).await?,
        fields: fields
            .into_iter()
            .map(|field| {
                let value = values.get(&field.id).cloned().unwrap_or_default();
                (field, value)
            })
            .collect(),
        last_written: data.store.last_written(&[id]).await?.pop().map(|(_, by, at)| (by, at)),
        row,
    })
}

/// The addresses of contacts, opened.
pub async fn addresses(
    data: &DataDirectory,
    contacts: &[i64],
) -> Result<HashMap<i64, Vec<AddressShown>>, OutreachError> {
    let rows = data.store.contact_addresses(contacts).await?;
    let hashes: Vec<String> = rows.iter().map(|row| row.hash.clone()).collect();
    let barred: HashMap<String, &'static str> =
        data.store.suppressed(&hashes).await?.into_iter().map(|row| (row.address_hash, row.reason.words())).collect();
    let mut found: HashMap<i64, Vec<AddressShown>> = HashMap::new();
    for row in rows {
        let shown = AddressShown {
            id: row.id,
            channel: row.channel,
            address: unseal(&data.outreach_key, "address", &row.sealed)?,
            basis: row.basis,
            source: row.source,
            is_main: row.is_main,
            barred: barred.get(&row.hash).map(|words| (*words).to_owned()),
            hash: row.hash,
        };
        found.entry(row.contact).or_default().push(shown);
    }
    Ok(found)
}

/// Where a contact's mail goes: their main address, else the first, of those that are not barred.
pub fn mail_address(addresses: &[AddressShown]) -> Option<&AddressShown> {
    let may = |address: &&AddressShown| address.channel == Channel::Email && address.barred.is_none();
    addresses.iter().find(|address| may(address) && address.is_main).or_else(|| addresses.iter().find(may))
}

/// Writes a touch that did not happen here into the timeline.
pub async fn note(
    data: &DataDirectory,
    contact: i64,
    kind: TouchKind,
    text: &str,
    at: Option<Timestamp>,
) -> Result<i64, OutreachError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NOTE_LETTERS_MAX {
        let problem = format!("it has between 1 and {NOTE_LETTERS_MAX} letters");
        return Err(OutreachError::Field { field: "note", problem });
    }
    let summary: String = text.lines().next().unwrap_or("").chars().take(160).collect();
    let touch = NewTouch {
        contact,
        at: at.unwrap_or(data.now()),
        kind,
        actor: TEAM.to_owned(),
        detail: if summary == text { String::new() } else { text.to_owned() },
        summary,
        mail: None,
    };
    Ok(data.store.add_touch(&touch).await?)
}

/// Adds something to be done; the day as 2026-03-01.
pub async fn add_task(
    data: &DataDirectory,
    contact: i64,
    title: &str,
    due_on: &str,
    owner: &str,
) -> Result<i64, OutreachError> {
    let title = one_line("task", title, 200)?;
    if title.is_empty() {
        return Err(OutreachError::Field { field: "task", problem: "say what is to be done".to_owned() });
    }
    let due_on: jiff::civil::Date = due_on.trim().parse().map_err(|_| OutreachError::Field {
        field: "due",
        problem: format!("{due_on:?} is no day such as {}", clock::iso_day(data.now())),
    })?;
    Ok(data.store.add_task(contact, &title, &due_on.to_string(), &one_line("owner", owner, 80)?, data.now()).await?)
}

/// Changes what a person may change of a contact.
pub async fn change(data: &DataDirectory, contact: i64, change: ContactChange) -> Result<(), OutreachError> {
    let change = ContactChange {
        name: change.name.map(|name| one_line("name", &name, NAME_LETTERS_MAX)).transpose()?,
        greeting: change.greeting.map(|text| one_line("greeting", &text, 80)).transpose()?,
        owner: change.owner.map(|text| one_line("owner", &text, 80)).transpose()?,
        language: change.language.map(|text| one_line("language", &text, 10)).transpose()?,
        zone: change.zone.map(|zone| known_zone(zone.trim(), "zone")).transpose()?,
    };
    if change.name.as_ref().is_some_and(String::is_empty) {
        return Err(OutreachError::Field { field: "name", problem: "a contact needs a name".to_owned() });
    }
    match data.store.change_contact(contact, &change).await? {
        true => Ok(()),
        false => Err(OutreachError::NoContact(contact.to_string())),
    }
}

/// Adds an address to a contact.
pub async fn add_address(
    data: &DataDirectory,
    contact: i64,
    channel: Channel,
    address: &str,
    basis: &str,
    source: &str,
) -> Result<i64, OutreachError> {
    let new = new_address(data, channel, address, basis, source)?;
    match data.store.add_contact_address(contact, &new, data.now()).await? {
        Ok(id) => {
            data.store.adopt_mails(contact, TEAM).await?;
            Ok(id)
        }
        Err(held) => Err(OutreachError::AddressTaken { address: address.trim().to_owned(), contact: held }),
    }
}

/// Bars an address by hand.
pub async fn bar(data: &DataDirectory, address: &str, why: &str) -> Result<bool, OutreachError> {
    use model::outreach::SuppressionReason;
    use store::outreach::suppressions::SuppressionRow;
    if !looks_like_an_address(address.trim()) {
        return Err(OutreachError::Field { field: "address", problem: format!("{address:?} is no e-mail address") });
    }
    let hash = address_hash(&data.outreach_key, Channel::Email, address);
    let row = SuppressionRow {
        address_hash: hash.clone(),
        reason: SuppressionReason::ByHand,
        at: data.now(),
        evidence: one_line("why", why, 300)?,
    };
    let is_new = data.store.suppress(&row).await?;
    if let Some(contact) = data.store.contact_with_address(Channel::Email, &hash).await? {
        data.store.stop_sequences(contact, StopReason::ByHand, data.now()).await?;
    }
    data.store.add_audit(data.now(), TEAM, "address barred", &hash, &row.evidence).await?;
    Ok(is_new)
}

/// Lifts a bar that was set by hand.
pub async fn unbar(data: &DataDirectory, address: &str) -> Result<(), OutreachError> {
    let hash = address_hash(&data.outreach_key, Channel::Email, address);
    if data.store.lift_suppression(&hash).await? {
        data.store.add_audit(data.now(), TEAM, "bar lifted", &hash, "").await?;
        return Ok(());
    }
    let why = data.store.suppressed(&[hash]).await?.first().map_or("it is not barred", |row| row.reason.words());
    Err(OutreachError::Refused(format!(
        "the bar of {address} cannot be lifted: {why}\nhint: only a bar that was set by hand is lifted by hand"
    )))
}

/// A touch as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TouchShown {
    pub id: i64,
    pub at: String,
    pub kind: &'static str,
    pub words: &'static str,
    pub actor: String,
    pub summary: String,
    pub detail: String,
    pub mail: Option<i64>,
}

pub fn touch_shown(row: TouchRow) -> TouchShown {
    TouchShown {
        id: row.id,
        at: clock::minute(row.at),
        kind: row.kind.code(),
        words: row.kind.words(),
        actor: row.actor,
        summary: row.summary,
        detail: row.detail,
        mail: row.mail,
    }
}

/// A filter from what a person typed: words in the name or a tag, or a whole e-mail address.
pub fn filter(
    data: &DataDirectory,
    words: Option<&str>,
    stage: Option<Stage>,
    owner: Option<String>,
    tag: Option<String>,
) -> ContactFilter {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let is_address = words.is_some_and(|words| words.contains('@'));
    ContactFilter {
        address_hash: words
            .filter(|_| is_address)
            .map(|address| address_hash(&data.outreach_key, Channel::Email, address)),
        words: words.filter(|_| !is_address).map(str::to_owned),
        stage,
        owner: owner.filter(|owner| !owner.is_empty()),
        tag: tag.filter(|tag| !tag.is_empty()),
        ..ContactFilter::default()
    }
}

/// Gives a contact exactly these tags.
pub async fn set_tags(
    data: &DataDirectory,
    contact: i64,
    held: &[String],
    tags: &[String],
) -> Result<(), OutreachError> {
    let tags = tags.iter().map(|tag| one_line("tags", tag, 60)).collect::<Result<Vec<_>, _>>()?;
    let on: Vec<String> = tags.iter().filter(|tag| !tag.is_empty() && !held.contains(tag)).cloned().collect();
    let off: Vec<String> = held.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
    Ok(data.store.tag_contacts(&[contact], &on, &off).await?)
}

/// Puts tags on many contacts, or takes them off.
pub async fn tag(data: &DataDirectory, contacts: &[i64], on: &[String], off: &[String]) -> Result<(), OutreachError> {
    let checked = |tags: &[String]| tags.iter().map(|tag| one_line("bulk_tag", tag, 60)).collect::<Result<Vec<_>, _>>();
    Ok(data.store.tag_contacts(contacts, &checked(on)?, &checked(off)?).await?)
}

/// Adds a field of the team's own.
pub async fn add_field(data: &DataDirectory, name: &str, kind: &str) -> Result<i64, OutreachError> {
    let name = one_line("field", name, 60)?;
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == ' ' || letter == '_';
    if name.is_empty() || !name.chars().all(is_plain) {
        let problem = "a field is called by letters, digits and spaces, so that templates can name it".to_owned();
        return Err(OutreachError::Field { field: "field", problem });
    }
    if !["text", "number", "day"].contains(&kind) {
        return Err(OutreachError::Field { field: "kind", problem: format!("{kind:?} is none of text, number, day") });
    }
    let added = data.store.add_contact_field(&name, kind, "").await?;
    added.ok_or_else(|| OutreachError::Field { field: "field", problem: format!("there is a field {name:?} already") })
}

/// Fills a field of a contact, looked at by its kind; an empty value empties it.
pub async fn fill(data: &DataDirectory, contact: i64, field: &str, value: &str) -> Result<(), OutreachError> {
    let fields = data.store.contact_fields().await?;
    let of = fields.iter().find(|of| of.name.eq_ignore_ascii_case(field.trim())).ok_or_else(|| {
        let all: Vec<&str> = fields.iter().map(|of| of.name.as_str()).collect();
        OutreachError::Field {
            field: "field",
            problem: format!("there is no field {field:?}; there are: {}", all.join(", ")),
        }
    })?;
    let value = one_line("value", value, 500)?;
    let is_right = match of.kind.as_str() {
        _ if value.is_empty() => true,
        "number" => value.parse::<f64>().is_ok_and(f64::is_finite),
        "day" => value.parse::<jiff::civil::Date>().is_ok(),
        _ => true,
    };
    if !is_right {
        return Err(OutreachError::Field { field: "value", problem: format!("{value:?} is no {}", of.kind) });
    }
    Ok(data.store.set_contact_value(contact, of.id, &value).await?)
}
