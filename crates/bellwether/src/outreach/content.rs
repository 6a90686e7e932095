//! What is made under a deal: drafts with their files, what is checked of them before they are posted, who said what, and where
//! they were posted.
//!
//! Files lie below `content/` in the data directory under their hash. They arrive in pieces, so that an upload that was cut off
//! goes on where it stopped; what a file is, its first bytes say, never its name.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::vetting::disclosure::draft::{self, DraftCheck};
use model::outreach::deals::{DealState, DeliverableState, Party};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::outreach::content::{CommentRow, DeliverableRow, DraftFile, DraftRow, Step};
use uuid::Uuid;

use super::briefs::{self, Brief};
use super::deals::{self, Act, DealShown};
use super::{OutreachError, TEAM, one_line};
use crate::data_directory::DataDirectory;
use crate::tracking::webhooks::events::{self, SeenIn};

/// Of one file.
pub const FILE_BYTES_MAX: u64 = 512 << 20;
/// Held while a file is put below `content/` and noted, so that no sweep, of this program or of another, takes it for one that
/// nobody has.
pub(crate) struct ContentHeld {
    _file: std::fs::File,
}

/// Waits until nobody else puts or sweeps files.
pub(crate) async fn hold(data: &DataDirectory) -> std::io::Result<ContentHeld> {
    let file =
        std::fs::File::options().create(true).truncate(false).write(true).open(data.path.join("content.lock"))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(ContentHeld { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

const CAPTION_LETTERS_MAX: usize = 10_000;
const COMMENT_LETTERS_MAX: usize = 4_000;
/// Long enough to tell every kind that is taken.
const HEAD_BYTES: usize = 16;

/// A piece with its deal, its drafts and what was said of them.
#[derive(Clone, PartialEq, Debug)]
pub struct PieceShown {
    pub row: DeliverableRow,
    pub deal: DealShown,
    pub brief: Brief,
    /// The newest first.
    pub drafts: Vec<DraftShown>,
}

/// A draft as both sides see it.
#[derive(Clone, PartialEq, Debug)]
pub struct DraftShown {
    pub row: DraftRow,
    pub check: DraftCheck,
    /// What of the brief is found in its words: what, and whether it is there.
    pub asked: Vec<(String, bool)>,
    pub comments: Vec<CommentRow>,
}

/// A piece by its number.
pub async fn shown(data: &DataDirectory, id: i64) -> Result<PieceShown, OutreachError> {
    let row = data.store.deliverable(id).await?.ok_or(OutreachError::NoDeliverable(id))?;
    let deal = deals::shown(data, row.deal).await?;
    let brief = briefs::find(data, deal.row.brief, Some(deal.row.brief_version)).await?.brief;
    let comments = data.store.comments(id).await?;
    let today = data.now().day();
    let drafts = data.store.drafts(id).await?;
    let draft = |draft: DraftRow| DraftShown {
        check: check(&draft.caption, &row.platform, &brief, &deal, today),
        asked: asked_of(&draft.caption, &brief),
        comments: comments.iter().filter(|comment| comment.draft == draft.id).cloned().collect(),
        row: draft,
    };
    let drafts = drafts.into_iter().map(draft).collect();
    Ok(PieceShown { row, deal, brief, drafts })
}

/// How openly a caption says that it is paid for, by the rules of the brief's country and the piece's platform.
pub fn check(caption: &str, platform: &str, brief: &Brief, deal: &DealShown, on_day: i32) -> DraftCheck {
    check_with_label(caption, platform, brief, deal, on_day, None)
}

/// The same of what was posted, where somebody has seen whether it bears the platform's own label; `None`: not known.
pub fn check_with_label(
    caption: &str,
    platform: &str,
    brief: &Brief,
    deal: &DealShown,
    on_day: i32,
    has_paid_label: Option<bool>,
) -> DraftCheck {
    draft::check(&draft::Draft {
        caption,
        platform,
        country: &brief.country,
        language: &brief.language,
        on_day,
        has_paid_label,
        was_gift_only: deal.terms.fee.is_none() && deal.terms.commission_basis_points == 0,
    })
}

/// What the brief asks posts to carry, and whether a caption does.
fn asked_of(caption: &str, brief: &Brief) -> Vec<(String, bool)> {
    let words = caption.to_lowercase();
    let bare = |link: &str| {
        link.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_lowercase()
    };
    let all = [
        ("The tag", brief.tag.as_str(), brief.tag.to_lowercase()),
        ("The link", brief.link.as_str(), bare(&brief.link)),
        ("The code", brief.code.as_str(), brief.code.to_lowercase()),
    ];
    let given = all.into_iter().filter(|(_, shown, _)| !shown.is_empty());
    given.map(|(what, shown, sought)| (format!("{what} {shown}"), words.contains(&sought))).collect()
}

/// What a file is by its first bytes; `None` for what is not taken.
pub fn kind_of(head: &[u8]) -> Option<&'static str> {
    let has = |at: usize, bytes: &[u8]| head.get(at..at + bytes.len()) == Some(bytes);
    match () {
        () if has(0, &[0xff, 0xd8, 0xff]) => Some("image/jpeg"),
        () if has(0, b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if has(0, b"GIF8") => Some("image/gif"),
        () if has(0, b"RIFF") && has(8, b"WEBP") => Some("image/webp"),
        () if has(0, b"RIFF") && has(8, b"WAVE") => Some("audio/wav"),
        () if has(4, b"ftypqt") => Some("video/quicktime"),
        () if has(4, b"ftyp") && !has(8, b"heic") && !has(8, b"avif") => Some("video/mp4"),
        () if has(0, &[0x1a, 0x45, 0xdf, 0xa3]) => Some("video/webm"),
        () if has(0, b"ID3") || has(0, &[0xff, 0xfb]) => Some("audio/mpeg"),
        () if has(0, b"%PDF-") => Some("application/pdf"),
        () => None,
    }
}

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Note {
    contact: i64,
    deliverable: i64,
    name: String,
    bytes: u64,
}

/// How far an upload has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Upload {
    pub upload: Uuid,
    /// Bytes that are here.
    pub at: u64,
    /// Bytes of the whole file.
    pub bytes: u64,
}

fn refused_file(problem: impl Into<String>) -> OutreachError {
    OutreachError::Field { field: "file", problem: problem.into() }
}

fn unwritable(error: &std::io::Error) -> OutreachError {
    refused_file(format!("the file could not be kept: {error}"))
}

fn folder_of(data: &DataDirectory, upload: Uuid) -> PathBuf {
    data.path.join("uploads").join(format!("content-{upload}"))
}

fn content_path(folder: &Path, sha256: &str) -> PathBuf {
    folder.join("content").join(sha256)
}

/// Begins an upload of a file of so many bytes for a piece.
pub fn begin_upload(
    data: &DataDirectory,
    contact: i64,
    deliverable: i64,
    name: &str,
    bytes: u64,
) -> Result<Upload, OutreachError> {
    if bytes == 0 {
        return Err(refused_file("it is empty"));
    }
    if bytes > FILE_BYTES_MAX {
        return Err(refused_file(format!("it is larger than {} MB; make it smaller", FILE_BYTES_MAX >> 20)));
    }
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let name: String = last.chars().filter(|letter| !letter.is_control()).take(120).collect();
    let upload = Uuid::new_v4();
    let folder = folder_of(data, upload);
    let note = serde_json::to_vec(&Note { contact, deliverable, name, bytes }).expect("a note is plain");
    let kept = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("note.json"), note))
        .and_then(|()| std::fs::File::create(folder.join("file")));
    kept.map_err(|error| unwritable(&error))?;
    Ok(Upload { upload, at: 0, bytes })
}

fn note_of(data: &DataDirectory, contact: i64, upload: Uuid) -> Result<Note, OutreachError> {
    let gone = || refused_file("this upload is not here any more; choose the file again");
    let text = std::fs::read(folder_of(data, upload).join("note.json")).map_err(|_| gone())?;
    let note: Note = serde_json::from_slice(&text).map_err(|_| gone())?;
    if note.contact == contact { Ok(note) } else { Err(gone()) }
}

/// How far an upload of a contact has come.
pub fn upload(data: &DataDirectory, contact: i64, upload: Uuid) -> Result<Upload, OutreachError> {
    let note = note_of(data, contact, upload)?;
    let at = std::fs::metadata(folder_of(data, upload).join("file")).map_or(0, |metadata| metadata.len());
    Ok(Upload { upload, at, bytes: note.bytes })
}

/// Takes the next bytes of an upload, which begin where it stopped; how far it has come. Bytes for another place are not taken.
pub fn go_on(data: &DataDirectory, contact: i64, id: Uuid, at: u64, bytes: &[u8]) -> Result<Upload, OutreachError> {
    let held = upload(data, contact, id)?;
    if at != held.at {
        return Ok(held);
    }
    if held.at + bytes.len() as u64 > held.bytes {
        return Err(refused_file("more bytes came than the file has; choose it again"));
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(folder_of(data, id).join("file"))
        .map_err(|error| unwritable(&error))?;
    file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes)).map_err(|error| unwritable(&error))?;
    Ok(Upload { at: held.at + bytes.len() as u64, ..held })
}

/// A whole upload becomes a file of content; what it is, its first bytes say.
fn take_in(data: &DataDirectory, contact: i64, deliverable: i64, id: Uuid) -> Result<DraftFile, OutreachError> {
    let (note, held) = (note_of(data, contact, id)?, upload(data, contact, id)?);
    if note.deliverable != deliverable || held.at != held.bytes {
        return Err(refused_file("it has not arrived whole; choose it again and it goes on where it stopped"));
    }
    let path = folder_of(data, id).join("file");
    let (sha256, head) = hashed(&path).map_err(|error| unwritable(&error))?;
    let Some(kind) = kind_of(&head) else {
        drop(std::fs::remove_dir_all(folder_of(data, id)));
        return Err(refused_file(
            "it is no picture, film, sound or PDF that a browser can show; JPEG, PNG and MP4 always do",
        ));
    };
    let place = content_path(&data.path, &sha256);
    let kept = std::fs::create_dir_all(data.path.join("content")).and_then(|()| std::fs::rename(&path, &place));
    kept.and_then(|()| std::fs::File::open(&place)?.sync_all()).map_err(|error| unwritable(&error))?;
    drop(std::fs::remove_dir_all(folder_of(data, id)));
    Ok(DraftFile { sha256, name: note.name, kind: kind.to_owned(), bytes: note.bytes })
}

fn hashed(path: &Path) -> std::io::Result<(String, Vec<u8>)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut head, mut buffer) = (Sha256::new(), Vec::new(), vec![0u8; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        if head.len() < HEAD_BYTES {
            head.extend_from_slice(&buffer[..read.min(HEAD_BYTES - head.len())]);
        }
        hash.update(&buffer[..read]);
    }
    Ok((hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), head))
}

/// The file of a draft, for reading.
pub fn open_file(data: &DataDirectory, file: &DraftFile) -> std::io::Result<std::fs::File> {
    std::fs::File::open(content_path(&data.path, &file.sha256))
}

/// Puts bytes below `content/` of a data directory's folder under their hash, which it returns.
pub(crate) fn keep_bytes(folder: &Path, bytes: &[u8]) -> Result<String, OutreachError> {
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let place = content_path(folder, &sha256);
    let arriving = folder.join("content").join(format!("arriving-{}", Uuid::new_v4()));
    let kept = std::fs::create_dir_all(folder.join("content"))
        .and_then(|()| std::fs::write(&arriving, bytes))
        .and_then(|()| std::fs::File::open(&arriving)?.sync_all())
        .and_then(|()| std::fs::rename(&arriving, &place));
    if kept.is_err() {
        drop(std::fs::remove_file(&arriving));
    }
    kept.map_err(|error| unwritable(&error))?;
    Ok(sha256)
}

/// The bytes of a file below `content/` of a data directory's folder.
pub(crate) fn bytes_of(folder: &Path, sha256: &str) -> std::io::Result<Vec<u8>> {
    std::fs::read(content_path(folder, sha256))
}

/// Removes files that no draft, no contact and no measurement has any more, as after somebody was forgotten.
pub async fn sweep(data: &DataDirectory) -> Result<(), OutreachError> {
    Ok(sweep_unheld(data).await?)
}

/// The same, for whoever knows only the store's errors.
pub async fn sweep_unheld(data: &DataDirectory) -> Result<(), store::StoreError> {
    // Where it cannot be held nothing is swept; the next sweep finds the same.
    let Ok(_held) = hold(data).await else { return Ok(()) };
    let held: std::collections::HashSet<String> = data.store.content_files().await?.into_iter().collect();
    let folder = data.path.join("content");
    let swept = tokio::task::spawn_blocking(move || remove_others(&folder, &held));
    swept.await.expect("sweeping files does not panic");
    Ok(())
}

fn remove_others(folder: &Path, held: &std::collections::HashSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.len() == 64 && name.bytes().all(|letter| letter.is_ascii_hexdigit());
        if is_ours && !held.contains(&name) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

fn step<'a>(
    piece: &'a PieceShown,
    next: DeliverableState,
    by: Party,
    summary: String,
    data: &DataDirectory,
) -> Step<'a> {
    Step {
        deliverable: piece.row.id,
        next,
        by,
        actor: if by == Party::Us { TEAM } else { &piece.deal.row.contact_name },
        contact: piece.deal.row.contact,
        summary,
        at: data.now(),
        event: None,
    }
}

/// What is shown of a piece in the timeline: `story 2`.
pub fn piece_name(row: &DeliverableRow) -> String {
    format!("{} {}", row.format, row.number)
}

fn moved(piece: &PieceShown) -> OutreachError {
    OutreachError::Refused(format!(
        "{} is {} by now, and that does not follow\nhint: nothing was changed; look at it anew",
        piece_name(&piece.row),
        piece.row.state.words()
    ))
}

/// A draft of the creator: words, and a file that was uploaded whole.
pub async fn hand_in(
    data: &DataDirectory,
    piece: &PieceShown,
    caption: &str,
    uploaded: Option<Uuid>,
) -> Result<i64, OutreachError> {
    let caption = caption.replace("\r\n", "\n").trim().to_owned();
    if caption.chars().count() > CAPTION_LETTERS_MAX {
        let problem = format!("it is longer than {CAPTION_LETTERS_MAX} letters");
        return Err(OutreachError::Field { field: "caption", problem });
    }
    let held = hold(data).await.map_err(|error| unwritable(&error))?;
    let file = match uploaded {
        Some(id) => Some(take_in(data, piece.deal.row.contact, piece.row.id, id)?),
        None => None,
    };
    if caption.is_empty() && file.is_none() {
        let problem = "a draft needs its words or a file".to_owned();
        return Err(OutreachError::Field { field: "caption", problem });
    }
    let summary = format!("handed in a draft of {}", piece_name(&piece.row));
    // A draft of pictures alone may say it in them.
    let event = match caption.is_empty() {
        true => None,
        false => {
            let check = check(&caption, &piece.row.platform, &piece.brief, &piece.deal, data.now().day());
            events::disclosure_red(&piece.deal.row, &piece.row, &check, SeenIn::Draft)
        }
    };
    let step = Step { event, ..step(piece, DeliverableState::Drafted, Party::Creator, summary, data) };
    let version = data.store.add_draft(&step, &caption, file.as_ref()).await?.ok_or_else(|| moved(piece))?;
    drop(held);
    begin(data, piece, Party::Creator).await?;
    Ok(version)
}

/// The first piece of work puts a deal into work.
async fn begin(data: &DataDirectory, piece: &PieceShown, by: Party) -> Result<(), OutreachError> {
    match piece.deal.row.state {
        DealState::Accepted => deals::act(data, &piece.deal, piece.deal.row.version, by, Act::Begin).await,
        _ => Ok(()),
    }
}

/// Approves the newest draft, or asks for changes and says which.
pub async fn judge(
    data: &DataDirectory,
    piece: &PieceShown,
    draft: i64,
    is_approved: bool,
    said: &str,
) -> Result<(), OutreachError> {
    let said = comment_of(said)?;
    if !is_approved && said.is_empty() {
        let problem = "say what is to be changed, and why; one round is better than three".to_owned();
        return Err(OutreachError::Field { field: "comment", problem });
    }
    let (next, words) = match is_approved {
        true => (DeliverableState::Approved, "approved"),
        false => (DeliverableState::Changes, "asked for changes to"),
    };
    let summary = format!("{words} the draft of {}", piece_name(&piece.row));
    let version = piece.drafts.iter().find(|shown| shown.row.id == draft).map_or(0, |shown| shown.row.version);
    let event = is_approved.then(|| events::content_approved(&piece.deal.row, &piece.row, draft, version));
    let step = Step { event, ..step(piece, next, Party::Us, summary, data) };
    match data.store.judge_draft(&step, draft, &said).await? {
        true => Ok(()),
        false => Err(moved(piece)),
    }
}

/// An address as it can be noted on a piece.
pub fn address_of_post(url: &str) -> Result<String, OutreachError> {
    let url = one_line("url", url, 1_000)?;
    if !["https://", "http://"].iter().any(|way| url.len() > way.len() + 3 && url.starts_with(way)) || url.contains(' ')
    {
        return Err(OutreachError::Field {
            field: "url", problem: format!("{url:?} is no address such as https://…")
        });
    }
    Ok(url)
}

/// Notes where a piece was posted; with the last one, everything is delivered.
pub async fn posted(data: &DataDirectory, piece: &PieceShown, by: Party, url: &str) -> Result<(), OutreachError> {
    let url = address_of_post(url)?;
    let summary = format!("posted {}: {url}", piece_name(&piece.row));
    if !data.store.note_posted(&step(piece, DeliverableState::Live, by, summary, data), &url).await? {
        return Err(moved(piece));
    }
    begin(data, piece, by).await?;
    let all = data.store.deliverables(piece.row.deal).await?;
    let deal = deals::shown(data, piece.row.deal).await?;
    if deal.row.state == DealState::InWork && all.iter().all(|piece| piece.state == DeliverableState::Live) {
        deals::act(data, &deal, deal.row.version, Party::Us, Act::Deliver).await?;
    }
    Ok(())
}

fn comment_of(text: &str) -> Result<String, OutreachError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > COMMENT_LETTERS_MAX {
        let problem = format!("it is longer than {COMMENT_LETTERS_MAX} letters");
        return Err(OutreachError::Field { field: "comment", problem });
    }
    Ok(text)
}

/// A moment of a film as people type it, `1:05` or `65`; nothing typed is the whole.
pub fn second_of(text: &str) -> Result<Option<u32>, OutreachError> {
    let refused = || OutreachError::Field { field: "at", problem: format!("{text:?} is no moment such as 1:05") };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(refused());
    }
    let mut second: u32 = 0;
    for part in parts {
        let part: u32 = part.parse().map_err(|_| refused())?;
        second = second.checked_mul(60).and_then(|before| before.checked_add(part)).ok_or_else(refused)?;
    }
    Ok(Some(second))
}

/// A moment as it is shown: `1:05`.
pub fn second_words(second: u32) -> String {
    format!("{}:{:02}", second / 60, second % 60)
}

/// Says something about a draft.
pub async fn comment(
    data: &DataDirectory,
    piece: &PieceShown,
    draft: i64,
    by: Party,
    at: &str,
    text: &str,
) -> Result<(), OutreachError> {
    let text = comment_of(text)?;
    if text.is_empty() {
        return Err(OutreachError::Field { field: "comment", problem: "nothing was said".to_owned() });
    }
    if !piece.drafts.iter().any(|shown| shown.row.id == draft) {
        return Err(OutreachError::NoDeliverable(piece.row.id));
    }
    let actor = if by == Party::Us { TEAM } else { &piece.deal.row.contact_name };
    let comment = CommentRow {
        draft,
        party: by,
        actor: actor.to_owned(),
        at_second: second_of(at)?,
        text,
        created_at: data.now(),
    };
    Ok(data.store.add_comment(&comment).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say_whatever_its_name() {
        assert_eq!(kind_of(&[0xff, 0xd8, 0xff, 0xe0, 0, 0]), Some("image/jpeg"));
        assert_eq!(kind_of(b"\0\0\0\x20ftypisom\0\0\0\0"), Some("video/mp4"));
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(kind_of(b"<svg onload=alert(1)>"), None);
        assert_eq!(kind_of(b"<!doctype html>"), None);
        assert_eq!(kind_of(b""), None);
    }

    #[test]
    fn a_moment_of_a_film_is_read_as_people_write_it() {
        assert_eq!(second_of("1:05").expect("reads"), Some(65));
        assert_eq!(second_of(" 65 ").expect("reads"), Some(65));
        assert_eq!(second_of("").expect("reads"), None);
        assert!(second_of("soon").is_err());
        assert!(second_of("99999999:99999999:1").is_err());
        assert_eq!(second_words(65), "1:05");
    }

    #[test]
    fn what_the_brief_asks_for_is_found_in_the_words_however_they_are_cased() {
        let brief = Brief {
            tag: "@HopHouse".to_owned(),
            link: "https://hop.example/ana/".to_owned(),
            code: "ANA10".to_owned(),
            ..Brief::default()
        };
        let found = asked_of("With @hophouse, see hop.example/ana", &brief);
        assert_eq!(found.iter().map(|(_, is)| *is).collect::<Vec<_>>(), [true, true, false]);
    }
}
