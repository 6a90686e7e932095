//! Why a question to the index was not answered.

/// What went wrong with the index, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the search index in {folder} cannot be used: {problem}\nhint: `bellwether refresh --full` makes it anew")]
    Index { folder: String, problem: String },
    #[error("there is no column {0:?} to filter, count or sort by")]
    NoSuchColumn(String),
    #[error("{0}")]
    Text(String),
}

impl SearchError {
    pub(crate) fn of(folder: &std::path::Path) -> impl Fn(tantivy::TantivyError) -> SearchError + '_ {
        move |problem| SearchError::Index { folder: folder.display().to_string(), problem: problem.to_string() }
    }
}
