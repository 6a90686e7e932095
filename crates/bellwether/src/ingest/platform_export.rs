//! What a platform hands to the owner of an account who asks for their data: of Instagram, TikTok, X and YouTube, zipped or unpacked.
//!
//! Of all its entries only those that say who follows, who was followed, what was published and said in public are read. Private
//! messages, logins, advertisements stay closed.

use std::path::{Path, PathBuf};

use model::{Platform, SourcePolicy, Timestamp};
use platforms::{Receiver, instagram_export, tiktok_export, x_archive, youtube_takeout};

use super::accounts::changed_at;
use super::archive::{Archive, Entry};
use super::csv_file::file_name;
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, policies, size_bytes_of};

/// Platforms whose exports are read.
pub const PLATFORMS: [Platform; 4] = [Platform::Instagram, Platform::TikTok, Platform::X, Platform::YouTube];

/// An export with whose it is.
pub struct PlatformExport {
    path: PathBuf,
    archive: Archive,
    platform: Platform,
    account: Option<String>,
    pieces: Vec<(Part, Entry)>,
    made_at: Timestamp,
}

/// One of the parts a platform's reader knows, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Instagram(instagram_export::Part),
    TikTok(tiktok_export::Part),
    X(x_archive::Part),
    YouTube(youtube_takeout::Part),
}

fn parts_of(platform: Platform, path: &str) -> Vec<Part> {
    match platform {
        Platform::Instagram => instagram_export::parts_of(path).iter().copied().map(Part::Instagram).collect(),
        Platform::TikTok => tiktok_export::parts_of(path).iter().copied().map(Part::TikTok).collect(),
        Platform::X => x_archive::parts_of(path).iter().copied().map(Part::X).collect(),
        Platform::YouTube => youtube_takeout::parts_of(path).iter().copied().map(Part::YouTube).collect(),
        _ => vec![],
    }
}

enum Reader {
    Instagram(instagram_export::Reader),
    TikTok(tiktok_export::Reader),
    X(x_archive::Reader),
    YouTube(youtube_takeout::Reader),
}

impl Reader {
    fn new(platform: Platform, account: Option<&str>, made_at: Timestamp) -> Reader {
        match platform {
            Platform::TikTok => Reader::TikTok(tiktok_export::Reader::new(account, made_at)),
            Platform::X => Reader::X(x_archive::Reader::new(account, made_at)),
            Platform::YouTube => Reader::YouTube(youtube_takeout::Reader::new(account, made_at)),
            _ => Reader::Instagram(instagram_export::Reader::new(account, made_at)),
        }
    }

    fn read(
        &mut self,
        part: Part,
        path: &str,
        entry: &mut dyn std::io::Read,
        receiver: &mut dyn Receiver,
    ) -> Result<(), platforms::ReadError> {
        match (self, part) {
            (Reader::Instagram(reader), Part::Instagram(part)) => reader.read(part, path, entry, receiver),
            (Reader::TikTok(reader), Part::TikTok(part)) => reader.read(part, path, entry, receiver),
            (Reader::X(reader), Part::X(part)) => reader.read(part, path, entry, receiver),
            (Reader::YouTube(reader), Part::YouTube(part)) => reader.read(part, path, entry, receiver),
            _ => unreachable!("parts are those of the reader's platform"),
        }
    }

    fn finish(&mut self, receiver: &mut dyn Receiver) -> Result<(), platforms::ReadError> {
        match self {
            Reader::Instagram(reader) => reader.finish(receiver),
            Reader::TikTok(reader) => reader.finish(receiver),
            Reader::X(reader) => reader.finish(receiver),
            Reader::YouTube(reader) => reader.finish(receiver),
        }
    }
}

/// The platform whose export it is, by the names of its entries; `None` where none of them is known.
pub fn recognise(archive: &Archive) -> Option<Platform> {
    let known = |platform: Platform| {
        archive.entries().iter().filter(|entry| !parts_of(platform, &entry.path).is_empty()).count()
    };
    PLATFORMS
        .into_iter()
        .map(|platform| (known(platform), platform))
        .filter(|(known, _)| *known > 0)
        .max_by_key(|one| one.0)
        .map(|one| one.1)
}

impl PlatformExport {
    /// Opens an export. `platform` is told from what it holds where it is not given; `account` is whose it is, where the export does not say.
    pub fn new(path: &Path, platform: Option<Platform>, account: Option<&str>) -> Result<PlatformExport, IngestError> {
        let archive = Archive::open(path)?;
        let unknown = || {
            let names: Vec<&str> = archive.entries().iter().take(3).map(|entry| entry.path.as_str()).collect();
            IngestError::refused(
                path.display(),
                format!(
                    "holds no list of an Instagram, TikTok, X or YouTube export (it begins with {})",
                    names.join(", ")
                ),
                "ask the platform for the data as JSON, not as HTML, and name the zip file or the folder it was unpacked to",
            )
        };
        let platform = platform.or_else(|| recognise(&archive)).ok_or_else(unknown)?;
        let mut pieces: Vec<(Part, Entry)> = (archive.entries().iter())
            .flat_map(|entry| parts_of(platform, &entry.path).into_iter().map(|part| (part, entry.clone())))
            .collect();
        if pieces.is_empty() {
            return Err(unknown());
        }
        // The second file of a list comes before the tenth.
        pieces.sort_by(|a, b| (a.0, a.1.path.len(), &a.1.path).cmp(&(b.0, b.1.path.len(), &b.1.path)));
        let account =
            account.map(|name| name.trim().trim_start_matches('@').to_owned()).filter(|name| !name.is_empty());
        Ok(PlatformExport { path: path.to_owned(), archive, platform, account, pieces, made_at: changed_at(path) })
    }

    pub fn platform(&self) -> Platform {
        self.platform
    }
}

impl ImportFormat for PlatformExport {
    fn source(&self) -> SourcePolicy {
        policies::of_own_export(self.platform)
    }

    fn label(&self) -> String {
        file_name(&self.path)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        let settings = format!("{} {}", self.platform.code(), self.account.as_deref().unwrap_or_default());
        if self.path.is_file() {
            return fingerprint_of(&[&self.path], &settings);
        }
        let mut places: Vec<PathBuf> = self.pieces.iter().map(|(_, entry)| self.path.join(&entry.path)).collect();
        places.dedup();
        let places: Vec<&Path> = places.iter().map(PathBuf::as_path).collect();
        fingerprint_of(&places, &settings)
    }

    fn size_bytes(&self) -> u64 {
        let read: u64 = self.pieces.iter().map(|(_, entry)| entry.size_bytes).sum();
        read.max(if self.path.is_file() { size_bytes_of(&self.path).min(1) } else { 0 })
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut reader = Reader::new(self.platform, self.account.as_deref(), self.made_at);
        let mut bytes = 0;
        for (part, entry) in &self.pieces {
            let mut content = self.archive.read(entry)?;
            reader.read(*part, &entry.path, &mut content, sink)?;
            bytes += entry.size_bytes;
            sink.bytes_read(bytes);
        }
        reader.finish(sink)?;
        let mut taken: Vec<&str> = self.pieces.iter().map(|(_, entry)| entry.path.as_str()).collect();
        taken.dedup();
        let closed = self.archive.entries().len() - taken.len();
        if closed > 0 {
            sink.remark(format!("{closed} other entries of the export were not opened"));
        }
        if !self.archive.passed_over.is_empty() {
            sink.remark(format!(
                "{} entries were passed over because their names lead out of the export or they are links, {:?} first",
                self.archive.passed_over.len(),
                self.archive.passed_over[0]
            ));
        }
        Ok(())
    }
}
