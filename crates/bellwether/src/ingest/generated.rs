//! A made-up market, brought in the same way as real data and always labelled as made up.

use model::{SourceKind, SourcePolicy};
use synth::{World, WorldSettings};

use super::sink::Sink;
use super::{ImportFormat, IngestError};

/// A seeded world about to be imported.
pub struct GeneratedWorld {
    settings: WorldSettings,
}

impl GeneratedWorld {
    pub fn new(settings: WorldSettings) -> GeneratedWorld {
        GeneratedWorld { settings }
    }
}

impl ImportFormat for GeneratedWorld {
    fn source(&self) -> SourcePolicy {
        SourcePolicy {
            code: "generated".into(),
            kind: SourceKind::Generated,
            max_age: None,
            may_derive: true,
            may_mix: false,
            legal_basis: "made up; nobody is meant".into(),
            purpose: "show and test the product".into(),
            attribution: Some("Made-up market: every account, post and comment was generated.".into()),
        }
    }

    fn label(&self) -> String {
        format!("made-up market, seed {}", self.settings.seed)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        Ok(format!("{:?}", self.settings))
    }

    fn size_bytes(&self) -> u64 {
        0
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let world = World::plan(self.settings)
            .map_err(|error| IngestError::refused("the made-up market", error.to_string(), "choose other settings"))?;
        for batch in world.batches() {
            sink.rows_read((batch.posts.len() + batch.interactions.len() + batch.profiles.len()) as u64);
            sink.take_portion(batch)?;
        }
        sink.remark("This market is made up: every account, post and comment was generated from a seed.");
        Ok(())
    }
}
