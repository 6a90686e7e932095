//! Files on contacts: a contract, a media kit, a picture of a parcel. They lie below `content/` under their hash, as drafts' do.

use serde::Serialize;
use store::outreach::files::ContactFileRow;

use super::{OutreachError, TEAM, contacts, content};
use crate::clock;
use crate::data_directory::DataDirectory;

/// Of one file.
pub const FILE_BYTES_MAX: u64 = 25 << 20;
/// Of one contact.
const FILES_MAX: usize = 500;
const NAME_LETTERS_MAX: usize = 120;

/// A file as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileShown {
    pub file: i64,
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub by: String,
    pub at: String,
}

pub fn file_shown(row: ContactFileRow) -> FileShown {
    FileShown {
        file: row.id,
        name: row.name,
        bytes: row.bytes,
        sha256: row.sha256,
        by: row.added_by,
        at: clock::minute(row.added_at),
    }
}

fn refused(problem: impl Into<String>) -> OutreachError {
    OutreachError::Field { field: "file", problem: problem.into() }
}

/// Why a file is not taken that is larger than any may be.
pub fn too_large() -> OutreachError {
    refused(format!("it is larger than {} MB, and nothing was kept; make it smaller", FILE_BYTES_MAX >> 20))
}

/// The last part of a name, without what no name should have.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let kept: String = last.chars().filter(|letter| !is_misleading(*letter)).collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    match kept.chars().count() {
        0 => "file".to_owned(),
        letters if letters > NAME_LETTERS_MAX => {
            // The ending says what it is.
            let ending: String = kept.rsplit_once('.').map_or("", |(_, ending)| ending).chars().take(10).collect();
            let begin: String = kept.chars().take(NAME_LETTERS_MAX - ending.chars().count() - 1).collect();
            if ending.is_empty() { begin } else { format!("{begin}.{ending}") }
        }
        _ => kept,
    }
}

/// Control letters, and those that turn the direction of writing so that `exe.pdf` reads otherwise.
fn is_misleading(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Keeps a file on a contact; its number.
pub async fn add(data: &DataDirectory, contact: i64, name: &str, bytes: &[u8]) -> Result<i64, OutreachError> {
    let contact = contacts::shown(data, contact).await?.row.id;
    if bytes.is_empty() {
        return Err(refused("no file was chosen, or it is empty"));
    }
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(too_large());
    }
    if data.store.contact_files(contact).await?.len() >= FILES_MAX {
        return Err(refused(format!("there are {FILES_MAX} files already; remove one first")));
    }
    let _held = content::hold(data).await.map_err(|error| refused(format!("the file could not be kept: {error}")))?;
    let row = ContactFileRow {
        id: 0,
        contact,
        sha256: content::keep_bytes(&data.path, bytes)?,
        name: plain_name(name),
        bytes: bytes.len() as u64,
        added_by: TEAM.to_owned(),
        added_at: data.now(),
    };
    data.store.add_contact_file(&row).await?.ok_or_else(|| OutreachError::NoContact(contact.to_string()))
}

/// The files of a contact, the newest first.
pub async fn of(data: &DataDirectory, contact: i64) -> Result<Vec<FileShown>, OutreachError> {
    Ok(data.store.contact_files(contact).await?.into_iter().map(file_shown).collect())
}

/// A file by its number.
pub async fn find(data: &DataDirectory, file: i64) -> Result<ContactFileRow, OutreachError> {
    data.store.contact_file(file).await?.ok_or(OutreachError::NoFile(file))
}

/// The bytes of a file.
pub fn read(data: &DataDirectory, file: &ContactFileRow) -> Result<Vec<u8>, OutreachError> {
    content::bytes_of(&data.path, &file.sha256).map_err(|_| OutreachError::NoFile(file.id))
}

/// Takes a file off a contact; its bytes go too where nothing else has them.
pub async fn remove(data: &DataDirectory, contact: i64, file: i64) -> Result<(), OutreachError> {
    if !data.store.remove_contact_file(contact, file, TEAM, data.now()).await? {
        return Err(OutreachError::NoFile(file));
    }
    content::sweep(data).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_and_never_misleads() {
        assert_eq!(plain_name("C:\\fakepath\\media kit.pdf"), "media kit.pdf");
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(plain_name("a\r\nb\t.txt"), "ab.txt");
        assert_eq!(plain_name("  "), "file");
        let long = plain_name(&format!("{}.pdf", "ü".repeat(400)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (NAME_LETTERS_MAX, true));
    }
}
