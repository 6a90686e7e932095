//! Files made by other people's tools: NDJSON of Zeeschuimer and 4CAT, and graphs in GEXF.

use std::path::{Path, PathBuf};

use model::{InteractionKind, Platform, SourcePolicy, Timestamp};
use platforms::{gexf, zeeschuimer};

use super::accounts::changed_at;
use super::csv_file::file_name;
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, policies, size_bytes_of};

/// What somebody's browser captured, item by item.
pub struct CapturedFile {
    path: PathBuf,
}

impl CapturedFile {
    pub fn new(path: &Path) -> CapturedFile {
        CapturedFile { path: path.to_owned() }
    }
}

impl ImportFormat for CapturedFile {
    fn source(&self) -> SourcePolicy {
        policies::of_captured(Platform::Other, "captured")
    }

    fn label(&self) -> String {
        file_name(&self.path)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        fingerprint_of(&[&self.path], "captured")
    }

    fn size_bytes(&self) -> u64 {
        size_bytes_of(&self.path)
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut file = opened(&self.path)?;
        Ok(zeeschuimer::read(&file_name(&self.path), &mut file, sink)?)
    }
}

/// A graph whose nodes are accounts and whose edges say how often one turned to another.
pub struct GraphFile {
    path: PathBuf,
    settings: gexf::Settings,
}

impl GraphFile {
    /// `kind` is that of all edges; `at` the day they are dated, without it the day the file was last changed.
    pub fn new(path: &Path, platform: Platform, kind: Option<InteractionKind>, at: Option<Timestamp>) -> GraphFile {
        let at = at.unwrap_or_else(|| changed_at(path));
        GraphFile { path: path.to_owned(), settings: gexf::Settings { platform, kind, at, names: gexf::Names::Label } }
    }
}

impl ImportFormat for GraphFile {
    fn source(&self) -> SourcePolicy {
        policies::of_captured(self.settings.platform, "graph")
    }

    fn label(&self) -> String {
        file_name(&self.path)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        let kind = self.settings.kind.map_or("", InteractionKind::code);
        fingerprint_of(&[&self.path], &format!("{} {kind}", self.settings.platform.code()))
    }

    fn size_bytes(&self) -> u64 {
        size_bytes_of(&self.path)
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut file = opened(&self.path)?;
        Ok(gexf::read(&file_name(&self.path), &mut file, &self.settings, sink)?)
    }
}

fn opened(path: &Path) -> Result<std::io::BufReader<std::fs::File>, IngestError> {
    let file = std::fs::File::open(path).map_err(|error| IngestError::from_io(path, &error))?;
    Ok(std::io::BufReader::with_capacity(1 << 20, file))
}
