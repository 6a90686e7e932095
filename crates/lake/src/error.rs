//! What can go wrong with the lake, in words its operator can act on.

/// What the storage or query engine said, without its type.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the lake could not answer or keep something.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    #[error("the lake at {place} cannot be opened: {source}")]
    Open { place: String, source: Cause },
    #[error("writing to the table `{table}` failed: {source}; nothing of this import was kept")]
    Write { table: &'static str, source: Cause },
    #[error("there is no room left where the lake is kept; free some space and repeat the import, nothing was kept")]
    NoSpaceLeft,
    #[error("reading `{what}` failed: {source}")]
    Query { what: &'static str, source: Cause },
    #[error("two different accounts share the id {id}: `{first}` and `{second}`; the second was refused")]
    IdCollision { id: i64, first: String, second: String },
    #[error("the file {path} cannot be read: {problem}; {hint}")]
    File { path: String, problem: String, hint: String },
    #[error("{0}")]
    Place(String),
}

impl LakeError {
    pub(crate) fn write(table: &'static str, source: deltalake::DeltaTableError) -> LakeError {
        if says_no_space(&source.to_string()) {
            LakeError::NoSpaceLeft
        } else {
            LakeError::Write { table, source: Box::new(source) }
        }
    }

    pub(crate) fn query(what: &'static str, source: datafusion::error::DataFusionError) -> LakeError {
        LakeError::Query { what, source: Box::new(source) }
    }
}

/// Whether the system refused to write because the disk (or a quota) is full; the text is all that the storage
/// layers hand up.
fn says_no_space(text: &str) -> bool {
    ["No space left", "os error 28", "Disk quota exceeded", "File too large", "os error 27"]
        .iter()
        .any(|sign| text.contains(sign))
}
