//! An export as its platform hands it out: a zip file or the folder it was unpacked to, as a list of named entries.
//!
//! Whatever its names say, nothing outside it is read; an entry that unpacks to far more than it promises, or an archive of countless
//! entries, is refused. Archives within archives stay closed.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::IngestError;

/// Entries of one export: years of photographs are tens of thousands.
const ENTRIES_MAX: usize = 500_000;
/// Bytes of one entry that are read; of hundreds of millions of followers a list is not longer.
const ENTRY_BYTES_MAX: u64 = 16 << 30;
/// A text is rarely a fortieth of itself when packed; an entry that grows more than this is made to do harm.
const GROWTH_MAX: u64 = 400;
/// Below this no growth does harm.
const HARMLESS_BYTES: u64 = 64 << 20;
/// Folders within folders.
const DEPTH_MAX: usize = 20;

/// One named entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// With `/` between its parts, and never leading out of the export.
    pub path: String,
    pub size_bytes: u64,
    place: usize,
}

/// An opened export.
pub struct Archive {
    path: PathBuf,
    entries: Vec<Entry>,
    held: Held,
    /// Entries whose names lead elsewhere, and links: not read.
    pub passed_over: Vec<String>,
}

enum Held {
    Zip(Box<ZipArchive<BufReader<File>>>),
    Folder(Vec<PathBuf>),
}

/// Whether a file begins as a zip file does.
pub fn is_zip(path: &Path) -> bool {
    let mut start = [0u8; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"PK\x03\x04"
}

impl Archive {
    /// Opens a zip file or a folder.
    ///
    /// # Errors
    /// What is neither, cannot be read, or holds countless entries.
    pub fn open(path: &Path) -> Result<Archive, IngestError> {
        let found = std::fs::metadata(path).map_err(|error| IngestError::from_io(path, &error))?;
        let mut archive = if found.is_dir() { Archive::of_folder(path)? } else { Archive::of_zip(path)? };
        archive.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(archive)
    }

    fn of_zip(path: &Path) -> Result<Archive, IngestError> {
        let broken = |problem: String| {
            let hint =
                "the file may have been cut off on its way: fetch the export again, or unpack it and name the folder";
            IngestError::refused(path.display(), format!("cannot be read as a zip file: {problem}"), hint)
        };
        let file = File::open(path).map_err(|error| IngestError::from_io(path, &error))?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(error.to_string()))?;
        if zip.len() > ENTRIES_MAX {
            return Err(too_many(path));
        }
        let (mut entries, mut passed_over) = (vec![], vec![]);
        for place in 0..zip.len() {
            let entry = zip.by_index_raw(place).map_err(|error| broken(error.to_string()))?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map_err(|error| broken(error.to_string()))?.replace('\\', "/");
            match safe_path(&name) {
                Some(path) if !entry.is_symlink() => entries.push(Entry { path, size_bytes: entry.size(), place }),
                _ => passed_over.push(name.chars().take(200).collect()),
            }
        }
        Ok(Archive { path: path.to_owned(), entries, held: Held::Zip(Box::new(zip)), passed_over })
    }

    fn of_folder(path: &Path) -> Result<Archive, IngestError> {
        let (mut entries, mut places, mut passed_over) = (vec![], vec![], vec![]);
        let mut waiting = vec![(path.to_owned(), String::new(), 0)];
        while let Some((folder, name, depth)) = waiting.pop() {
            let listed = std::fs::read_dir(&folder).map_err(|error| IngestError::from_io(&folder, &error))?;
            for one in listed {
                let one = one.map_err(|error| IngestError::from_io(&folder, &error))?;
                let named = format!("{name}{}", one.file_name().to_string_lossy());
                // A link is looked at itself, not where it leads.
                let found = one.metadata().map_err(|error| IngestError::from_io(&one.path(), &error))?;
                if found.is_dir() && depth < DEPTH_MAX {
                    waiting.push((one.path(), format!("{named}/"), depth + 1));
                } else if found.is_file() {
                    entries.push(Entry { path: named, size_bytes: found.len(), place: places.len() });
                    places.push(one.path());
                } else {
                    passed_over.push(named);
                }
                if entries.len() > ENTRIES_MAX {
                    return Err(too_many(path));
                }
            }
        }
        Ok(Archive { path: path.to_owned(), entries, held: Held::Folder(places), passed_over })
    }

    /// Its entries in the order of their names.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Opens one entry. What it gives ends with an error where it is far larger than it may be.
    pub fn read(&mut self, entry: &Entry) -> Result<Box<dyn Read + '_>, IngestError> {
        let place = format!("{} in {}", entry.path, self.path.display());
        let (reader, most): (Box<dyn Read + '_>, u64) = match &mut self.held {
            Held::Folder(places) => {
                let path = &places[entry.place];
                let file = File::open(path).map_err(|error| IngestError::from_io(path, &error))?;
                (Box::new(file), ENTRY_BYTES_MAX)
            }
            Held::Zip(zip) => {
                let file = zip.by_index(entry.place).map_err(|error| {
                    IngestError::refused(
                        &place,
                        format!("cannot be unpacked: {error}"),
                        "unpack the export and name the folder",
                    )
                })?;
                let most = file.compressed_size().saturating_mul(GROWTH_MAX).clamp(HARMLESS_BYTES, ENTRY_BYTES_MAX);
                (Box::new(file), most)
            }
        };
        Ok(Box::new(Bounded { reader, left: most }))
    }
}

/// Ends with an error where more comes than may.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other("it unpacks to far more than an export holds")),
        }
        Ok(read)
    }
}

fn too_many(path: &Path) -> IngestError {
    IngestError::refused(
        path.display(),
        format!("holds more than {ENTRIES_MAX} entries"),
        "unpack it, and name the folder that holds the lists alone",
    )
}

/// A name that stays inside; `None` for one that leads out, or is no name.
fn safe_path(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let leads_out =
        name.starts_with('/') || name.contains('\0') || parts.contains(&"..") || name.get(1..2) == Some(":");
    (!leads_out && !parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    /// A zip file of these entries.
    pub(crate) fn zip_of(path: &Path, entries: &[(&str, &[u8])]) {
        let mut zip = zip::ZipWriter::new(File::create(path).expect("a file"));
        for (name, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(content).expect("its content");
        }
        zip.finish().expect("a zip file");
    }

    fn text(archive: &mut Archive, entry: &Entry) -> std::io::Result<String> {
        let mut text = String::new();
        archive.read(entry).expect("opens").read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn a_zip_file_and_its_folder_hold_the_same_entries_in_the_same_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let entries: [(&str, &[u8]); 2] = [("b/two.json", b"[2]"), ("a/one.json", b"[1]")];
        let zip = folder.path().join("export.zip");
        zip_of(&zip, &entries);
        let unpacked = folder.path().join("export");
        for (name, content) in entries {
            let place = unpacked.join(name);
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("makes it");
            std::fs::write(place, content).expect("writes it");
        }
        assert!(is_zip(&zip));
        for path in [zip, unpacked] {
            let mut archive = Archive::open(&path).expect("opens");
            let listed = archive.entries().to_vec();
            let named: Vec<&str> = listed.iter().map(|entry| entry.path.as_str()).collect();
            assert_eq!(named, ["a/one.json", "b/two.json"]);
            assert_eq!(text(&mut archive, &listed[0]).expect("reads"), "[1]");
        }
    }

    #[test]
    fn names_that_lead_out_and_links_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let zip = folder.path().join("export.zip");
        zip_of(
            &zip,
            &[("../../etc/passwd", b"x"), ("/etc/shadow", b"x"), ("C:\\boot.ini", b"x"), ("fine.json", b"[]")],
        );
        let archive = Archive::open(&zip).expect("opens");
        assert_eq!(archive.entries().len(), 1);
        assert_eq!(archive.passed_over.len(), 3);
        #[cfg(unix)]
        {
            let unpacked = folder.path().join("unpacked");
            std::fs::create_dir(&unpacked).expect("makes it");
            std::os::unix::fs::symlink("/etc/passwd", unpacked.join("followers_1.json")).expect("a link");
            let archive = Archive::open(&unpacked).expect("opens");
            assert_eq!((archive.entries().len(), archive.passed_over.len()), (0, 1));
        }
    }

    #[test]
    fn an_entry_that_unpacks_to_far_more_than_it_may_ends_with_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let zip = folder.path().join("bomb.zip");
        zip_of(&zip, &[("followers_1.json", &vec![b' '; 80 << 20])]);
        let mut archive = Archive::open(&zip).expect("opens");
        let entry = archive.entries()[0].clone();
        let error = text(&mut archive, &entry).expect_err("is refused");
        assert!(error.to_string().contains("far more"), "{error}");
    }

    #[test]
    fn what_is_no_archive_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("export.zip");
        std::fs::write(&file, b"PK\x03\x04 and no more").expect("writes it");
        let error = Archive::open(&file).err().expect("is refused").to_string();
        assert!(error.contains("fetch the export again"), "{error}");
    }
}
