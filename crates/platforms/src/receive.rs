//! Where a reader puts what it finds: facts in portions, refused entries with their reasons, sentences about the whole.

use foldhash::{HashSet, HashSetExt};
use model::facts::{AccountFact, AccountKind, FactBatch, TextFact};
use model::{AccountId, Platform, RowIssue, TextId};

/// Nobody takes facts any more: reading ends at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("reading was stopped")]
pub struct Stopped;

/// Why reading could not go on. Entries before it were handed on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The file is not what it should be, as a whole or from a place on.
    #[error("{file}: {problem}\nhint: {hint}")]
    Broken { file: String, problem: String, hint: String },
}

impl ReadError {
    pub fn broken(file: &str, problem: impl Into<String>, hint: impl Into<String>) -> ReadError {
        ReadError::Broken { file: file.to_owned(), problem: problem.into(), hint: hint.into() }
    }
}

/// Takes what a reader finds. Two do: the sink of an import, which hands portions on to the lake, and [`Collected`].
pub trait Receiver {
    /// The portion being filled. Accounts come before, or in the same portion as, the facts that name them.
    fn facts(&mut self) -> &mut FactBatch;
    /// Takes what somebody said; of a text that is too long the beginning.
    fn take_text(&mut self, body: &str) -> TextId;
    /// Leaves an entry out, or takes it with a remark, as the issue says.
    fn note(&mut self, issue: RowIssue);
    /// A sentence about the whole, for a person.
    fn remark(&mut self, sentence: String);
    /// One more entry of the input was read and is complete: the portion may be handed on now.
    fn row_read(&mut self) -> Result<(), Stopped>;
}

/// Everything a reader found, held: for the answer of an interface, which is one page, and for tests.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Collected {
    pub facts: FactBatch,
    pub issues: Vec<RowIssue>,
    pub remarks: Vec<String>,
    pub rows: u64,
}

impl Receiver for Collected {
    fn facts(&mut self) -> &mut FactBatch {
        &mut self.facts
    }

    fn take_text(&mut self, body: &str) -> TextId {
        let text = TextFact::new(body.to_owned());
        let id = text.id;
        self.facts.texts.push(text);
        id
    }

    fn note(&mut self, issue: RowIssue) {
        self.issues.push(issue);
    }

    fn remark(&mut self, sentence: String) {
        self.remarks.push(sentence);
    }

    fn row_read(&mut self) -> Result<(), Stopped> {
        self.rows += 1;
        Ok(())
    }
}

/// The accounts a reader has named already, so that each is handed on once.
#[derive(Default)]
pub struct Named {
    known: HashSet<AccountId>,
}

impl Named {
    pub fn new() -> Named {
        Named { known: HashSet::new() }
    }

    /// How many accounts were named.
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// The account a platform calls so; handed on when it is named for the first time. Ids are global on the platform.
    pub fn account(&mut self, platform: Platform, native_id: &str, receiver: &mut dyn Receiver) -> AccountId {
        self.account_of_kind(platform, native_id, AccountKind::Unknown, receiver)
    }

    pub fn account_of_kind(
        &mut self,
        platform: Platform,
        native_id: &str,
        kind: AccountKind,
        receiver: &mut dyn Receiver,
    ) -> AccountId {
        let id = AccountId::of(platform, "", native_id);
        if self.known.insert(id) {
            receiver.facts().accounts.push(AccountFact { kind, ..AccountFact::new(platform, "", native_id) });
        }
        id
    }
}

/// What is wrong with one entry of a file; entries are counted from 1.
pub fn refused(file: &str, entry: u64, field: &str, problem: impl Into<String>, hint: impl Into<String>) -> RowIssue {
    RowIssue {
        file: file.to_owned(),
        row: Some(entry),
        column: Some(field.to_owned()).filter(|field| !field.is_empty()),
        problem: problem.into(),
        hint: hint.into(),
        refused: true,
    }
}
