//! Folders of a mailbox: their names as servers write them, what each is for, and the words they are asked for by.

use async_imap::imap_proto::NameAttribute;
use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// What a folder is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FolderRole {
    Inbox,
    Sent,
    Junk,
    Drafts,
    Trash,
    Archive,
    Other,
}

/// A folder that can be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// As the server writes it, to open the folder by.
    pub name: String,
    /// As people read it.
    pub shown: String,
    pub role: FolderRole,
}

/// A folder as it was listed.
pub(super) struct Listed {
    folder: Folder,
    delimiter: Option<String>,
}

/// Names in English, German, French, Spanish and Italian, lower case.
const NAMES: [(FolderRole, &[&str]); 5] = [
    (
        FolderRole::Sent,
        &[
            "sent",
            "sent items",
            "sent mail",
            "sent messages",
            "gesendet",
            "gesendete objekte",
            "gesendete elemente",
            "gesendete nachrichten",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "objets envoyés",
            "enviados",
            "elementos enviados",
            "mensajes enviados",
            "posta inviata",
            "inviati",
            "inviata",
            "messaggi inviati",
        ],
    ),
    (
        FolderRole::Junk,
        &[
            "junk",
            "junk email",
            "junk e-mail",
            "junk mail",
            "spam",
            "bulk mail",
            "unerwünscht",
            "spamverdacht",
            "indésirables",
            "courrier indésirable",
            "pourriel",
            "correo no deseado",
            "no deseado",
            "posta indesiderata",
            "indesiderata",
        ],
    ),
    (FolderRole::Drafts, &["drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze"]),
    (
        FolderRole::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "papierkorb",
            "gelöscht",
            "gelöschte objekte",
            "gelöschte elemente",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "cestino",
            "posta eliminata",
        ],
    ),
    (FolderRole::Archive, &["archive", "archives", "archiv", "archivo", "archivio"]),
];

/// Folders under which mail services put their own.
const ROOTS: [&str; 3] = ["inbox", "[gmail]", "[google mail]"];

/// A folder within the list; `None` for one that only holds others.
pub(super) fn listed(name: &str, delimiter: Option<&str>, attributes: &[NameAttribute<'_>]) -> Option<Listed> {
    let is_closed = attributes.iter().any(|attribute| match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(other) => other.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    });
    if is_closed {
        return None;
    }
    let said = attributes.iter().find_map(|attribute| match attribute {
        NameAttribute::Sent => Some(FolderRole::Sent),
        NameAttribute::Junk => Some(FolderRole::Junk),
        NameAttribute::Drafts => Some(FolderRole::Drafts),
        NameAttribute::Trash => Some(FolderRole::Trash),
        NameAttribute::Archive => Some(FolderRole::Archive),
        _ => None,
    });
    let is_inbox = name.eq_ignore_ascii_case("INBOX");
    let role = if is_inbox { FolderRole::Inbox } else { said.unwrap_or(FolderRole::Other) };
    let folder = Folder { name: name.to_string(), shown: shown(name), role };
    Some(Listed { folder, delimiter: delimiter.map(str::to_string) })
}

/// Gives folders the role their name says, for every role that no folder has by the server's word.
pub(super) fn with_roles_by_name(listed: Vec<Listed>) -> Vec<Folder> {
    let taken: Vec<FolderRole> = listed.iter().map(|one| one.folder.role).collect();
    let by_name = |one: Listed| {
        let found = role_by_name(&one.folder.shown, one.delimiter.as_deref());
        let role = match found {
            Some(role) if one.folder.role == FolderRole::Other && !taken.contains(&role) => role,
            _ => one.folder.role,
        };
        Folder { role, ..one.folder }
    };
    listed.into_iter().map(by_name).collect()
}

fn role_by_name(shown: &str, delimiter: Option<&str>) -> Option<FolderRole> {
    let shown = shown.to_lowercase();
    let name =
        match delimiter.filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| shown.split_once(delimiter)) {
            None => shown.as_str(),
            Some((root, name)) if ROOTS.contains(&root) => name,
            Some(_) => return None,
        };
    NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(role, _)| *role)
}

/// A folder's name in people's letters (modified UTF-7, RFC 3501, section 5.1.3); as it is where it is not written so.
fn shown(name: &str) -> String {
    decoded(name).unwrap_or_else(|| name.to_string())
}

fn decoded(name: &str) -> Option<String> {
    let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, shifted)) = rest.split_once('&') {
        let (letters, after) = shifted.split_once('-')?;
        shown.push_str(plain);
        if letters.is_empty() {
            shown.push('&');
        } else {
            let bytes = engine.decode(letters).ok()?;
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            shown.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    shown.push_str(rest);
    Some(shown)
}

/// A word in quotes as it may stand in a question; `None` for what cannot be said so.
pub(super) fn quoted(word: &str) -> Option<String> {
    let is_sayable = !word.is_empty() && word.len() <= 1_000 && word.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_sayable.then(|| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(listed_as: &[(&str, &str, &[NameAttribute<'static>])]) -> Vec<(String, FolderRole)> {
        let found =
            listed_as.iter().filter_map(|(name, delimiter, attributes)| listed(name, Some(delimiter), attributes));
        with_roles_by_name(found.collect()).into_iter().map(|folder| (folder.shown, folder.role)).collect()
    }

    #[test]
    fn the_servers_word_counts_more_than_a_name() {
        let found = roles(&[
            ("INBOX", "/", &[]),
            ("Sent", "/", &[]),
            ("Verschickt", "/", &[NameAttribute::Sent]),
            ("Entw&APw-rfe", "/", &[]),
            ("[Gmail]", "/", &[NameAttribute::NoSelect]),
            ("[Gmail]/Spam", "/", &[]),
            ("Clients/Trash", "/", &[]),
        ]);
        let expect = [
            ("INBOX", FolderRole::Inbox),
            ("Sent", FolderRole::Other),
            ("Verschickt", FolderRole::Sent),
            ("Entwürfe", FolderRole::Drafts),
            ("[Gmail]/Spam", FolderRole::Junk),
            ("Clients/Trash", FolderRole::Other),
        ];
        assert_eq!(found, expect.map(|(name, role)| (name.to_string(), role)));
    }

    #[test]
    fn names_are_known_in_five_languages() {
        for (name, role) in [
            ("Gesendete Elemente", FolderRole::Sent),
            ("&AMk-l&AOk-ments envoy&AOk-s", FolderRole::Sent),
            ("INBOX.Elementos enviados", FolderRole::Sent),
            ("Posta inviata", FolderRole::Sent),
            ("Courrier ind&AOk-sirable", FolderRole::Junk),
            ("Gel&APY-schte Objekte", FolderRole::Trash),
            ("Archivio", FolderRole::Archive),
            ("Borradores", FolderRole::Drafts),
            ("Ana &- Co", FolderRole::Other),
        ] {
            assert_eq!(roles(&[(name, ".", &[])])[0].1, role, "{name}");
        }
        assert_eq!(shown("Ana &- &U,BTFw-&ZeVnLIqe-"), "Ana & 台北日本語");
        assert_eq!(shown("broken &AP"), "broken &AP");
    }

    #[test]
    fn a_name_cannot_bring_a_command_along() {
        assert_eq!(quoted("a \"b\" \\c").as_deref(), Some("\"a \\\"b\\\" \\\\c\""));
        for wrong in ["", "a\r\nB DELETE INBOX", "größe", "a\0"] {
            assert_eq!(quoted(wrong), None);
        }
    }
}
