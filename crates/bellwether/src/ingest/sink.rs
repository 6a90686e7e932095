//! Where a format puts what it reads: facts in bounded portions, refused rows with their reasons, and progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::facts::{FactBatch, TextFact};
use model::{RowIssue, TextId};
use tokio::sync::mpsc::Sender;

use super::IngestError;

/// A portion is handed on when it holds this many facts: about a megabyte, so that its room is soon used again.
const PORTION_FACTS: usize = 8_000;
/// Or texts of so many bytes, where they are long.
const PORTION_TEXT_BYTES: usize = 16 << 20;
/// Of a longer text the beginning is kept: nobody says this much in one go, and a broken file does.
pub const TEXT_BYTES_MAX: usize = 100_000;
/// Refused rows beyond this are counted, not listed one by one.
pub const ISSUES_MAX: usize = 10_000;

/// How far reading has come; shared with whoever draws the bar.
#[derive(Default, Debug)]
pub struct Progress {
    pub rows: AtomicU64,
    pub bytes: AtomicU64,
}

/// What reading to the end found.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Reading {
    pub rows_in: u64,
    pub refused: u64,
    pub issues: Vec<RowIssue>,
    pub remarks: Vec<String>,
}

/// Takes what a format reads.
pub struct Sink {
    /// The portion being filled; formats push facts here and then call [`Sink::hand_on_if_full`].
    pub facts: FactBatch,
    sender: Option<Sender<FactBatch>>,
    progress: Arc<Progress>,
    handed_on: u64,
    /// Bytes of the texts in the portion.
    text_bytes: usize,
    texts_cut: u64,
    reading: Reading,
}

impl Sink {
    /// A sink whose portions go to a writer.
    pub fn sending(sender: Sender<FactBatch>, progress: Arc<Progress>) -> Sink {
        Sink::new(Some(sender), progress)
    }

    /// A sink that only counts, for a dry run.
    pub fn counting(progress: Arc<Progress>) -> Sink {
        Sink::new(None, progress)
    }

    fn new(sender: Option<Sender<FactBatch>>, progress: Arc<Progress>) -> Sink {
        let facts = FactBatch::default();
        Sink { facts, sender, progress, handed_on: 0, text_bytes: 0, texts_cut: 0, reading: Reading::default() }
    }

    /// Takes what somebody said; of a text that is too long the beginning.
    pub fn take_text(&mut self, body: &str) -> TextId {
        let mut end = body.len().min(TEXT_BYTES_MAX);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        self.texts_cut += u64::from(end < body.len());
        self.text_bytes += end;
        let text = TextFact::new(body[..end].to_owned());
        let id = text.id;
        self.facts.texts.push(text);
        id
    }

    /// Notes that `rows` more rows were read.
    pub fn rows_read(&mut self, rows: u64) {
        self.reading.rows_in += rows;
        self.progress.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Notes how many bytes of the input have been read in all.
    pub fn bytes_read(&mut self, bytes: u64) {
        self.progress.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Leaves a row out, or takes it with a remark, as the issue says.
    pub fn note(&mut self, issue: RowIssue) {
        if issue.refused {
            self.reading.refused += 1;
        }
        if self.reading.issues.len() < ISSUES_MAX {
            self.reading.issues.push(issue);
        } else if self.reading.issues.len() == ISSUES_MAX {
            self.reading.issues.push(RowIssue {
                file: issue.file,
                row: issue.row,
                column: None,
                problem: format!("more than {ISSUES_MAX} rows have a problem; later ones are counted but not listed"),
                hint: "mend the first ones and import the file again; rows already taken are not doubled".into(),
                refused: false,
            });
        }
    }

    /// A sentence about the whole import, for a person.
    pub fn remark(&mut self, sentence: impl Into<String>) {
        self.reading.remarks.push(sentence.into());
    }

    /// Hands the portion on when it is large enough. Fails when nobody takes it any more.
    pub fn hand_on_if_full(&mut self) -> Result<(), IngestError> {
        let is_full = self.facts.len() >= PORTION_FACTS || self.text_bytes >= PORTION_TEXT_BYTES;
        if is_full { self.hand_on() } else { Ok(()) }
    }

    /// Hands a ready-made portion on after what is waiting.
    pub fn take_portion(&mut self, portion: FactBatch) -> Result<(), IngestError> {
        if !self.facts.is_empty() {
            self.hand_on()?;
        }
        self.facts = portion;
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<(), IngestError> {
        let portion = std::mem::take(&mut self.facts);
        self.text_bytes = 0;
        self.handed_on += portion.len() as u64;
        match &self.sender {
            Some(sender) => sender.blocking_send(portion).map_err(|_| IngestError::Stopped),
            None => Ok(()),
        }
    }

    /// How many facts were read so far.
    pub fn facts(&self) -> u64 {
        self.handed_on + self.facts.len() as u64
    }

    /// Hands the last portion on.
    pub fn finish(mut self) -> Result<Reading, IngestError> {
        if !self.facts.is_empty() {
            self.hand_on()?;
        }
        if self.texts_cut > 0 {
            let texts = if self.texts_cut == 1 { "text is" } else { "texts are" };
            self.remark(format!(
                "{} {texts} longer than {TEXT_BYTES_MAX} bytes; the beginning is kept, the rest left out",
                self.texts_cut
            ));
        }
        Ok(self.reading)
    }
}

impl platforms::Receiver for Sink {
    fn facts(&mut self) -> &mut FactBatch {
        &mut self.facts
    }

    fn take_text(&mut self, body: &str) -> TextId {
        Sink::take_text(self, body)
    }

    fn note(&mut self, issue: RowIssue) {
        Sink::note(self, issue);
    }

    fn remark(&mut self, sentence: String) {
        Sink::remark(self, sentence);
    }

    fn row_read(&mut self) -> Result<(), platforms::Stopped> {
        self.rows_read(1);
        self.hand_on_if_full().map_err(|_| platforms::Stopped)
    }
}
